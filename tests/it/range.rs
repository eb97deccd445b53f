//! `scan --range` and `--since`: what the commits of a range introduced.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;

use crate::plant::Noise;
use crate::repository::{command, commit, found, git, pairs, put, repository, secret, told};
use crate::run::{Ran, Run, array, string};

fn scan(target: &Path, arguments: &[&str]) -> Ran {
    Run::scan(target, &[arguments, &["--format", "json", "--show-secrets"]].concat()).go()
}

/// Paths and commits of the places.
fn commits(ran: &Ran) -> Vec<(String, String)> {
    let report = ran.json();
    let places = array(&report["findings"]).iter().flat_map(|finding| array(&finding["places"]));
    let mut commits: Vec<_> = places.map(|place| (string(&place["path"]), string(&place["commit"]))).collect();
    commits.sort();
    commits
}

#[test]
fn a_range_has_what_its_commits_introduced_and_when() {
    let folder = repository(&[], &[("old.env", &secret("old")), ("a.env", "a=1\n")]);
    let root = folder.path();
    git(root, &["tag", "-m", "annotated", "v1"]);
    git(root, &["checkout", "-qb", "feature/x"]);
    let first = commit(root, "a.env", &secret("first"));
    // Gone in the end, and in the history all the same.
    let gone = commit(root, "d/gone.env", &secret("gone"));
    git(root, &["rm", "-q", "d/gone.env"]);
    git(root, &["commit", "-qm", "removed"]);
    // The old secret moves to another line, a new one comes.
    let third = commit(root, "old.env", &format!("# x\n{}{}", secret("old"), secret("third")));
    let last = commit(root, "a.env", &format!("{}b=2\n", secret("first")));
    // What lies in the work tree or the index is in no commit.
    put(root, "loose.env", &secret("loose"));
    git(root, &["add", "loose.env"]);
    let names = ["old", "first", "gone", "third", "loose"];
    let expected = pairs(&[("a.env", "first"), ("d/gone.env", "gone"), ("old.env", "third")]);
    for range in [
        &["--range", "main..feature/x"][..],
        &["--range", "v1.."],
        &["--since", "main"],
        &["--since", "refs/heads/main"],
        &["--since", "HEAD~5"],
        &["--since", "@^^^^^"],
    ] {
        let ran = scan(root, range).expect(1);
        assert_eq!(found(&ran, &names), expected, "{range:?}");
        assert_eq!(commits(&ran), pairs(&[("a.env", &first), ("d/gone.env", &gone), ("old.env", &third)]), "{range:?}");
        assert_eq!(ran.json()["targets"][0]["kind"], "range");
        assert_eq!(ran.json()["targets"][0]["git"]["range"]["to"], *last);
        let note = string(&ran.json()["notes"][0]);
        assert!(note.starts_with("the range ") && note.ends_with(&format!("..{last} has 5 commits")), "{note}");
    }
    // A beginning of an id; below a folder; what is empty; the other way round.
    assert_eq!(
        found(&scan(root, &["--range", &format!("{}..{}", &first[..9], &gone)]).expect(1), &names),
        pairs(&[("d/gone.env", "gone")])
    );
    fs::create_dir_all(root.join("d")).unwrap();
    assert_eq!(found(&scan(&root.join("d"), &["--since", "main"]).expect(1), &names), pairs(&[("gone.env", "gone")]));
    assert_eq!(found(&scan(root, &["--since", "HEAD"]).expect(0), &names), []);
    assert_eq!(found(&scan(root, &["--range", "feature/x..main"]).expect(0), &names), []);
    // The same after all is packed.
    git(root, &["gc", "-q"]);
    assert_eq!(found(&scan(root, &["--since", "main"]).expect(1), &names), expected);
}

#[test]
fn a_merge_introduces_what_neither_side_has() {
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    let root = folder.path();
    git(root, &["checkout", "-qb", "side"]);
    let side = commit(root, "side.env", &secret("side"));
    git(root, &["checkout", "-q", "main"]);
    commit(root, "main.env", &secret("main"));
    git(root, &["merge", "-q", "--no-commit", "--no-ff", "side"]);
    let merge = commit(root, "evil.env", &secret("evil"));
    let names = ["main", "side", "evil"];
    let ran = scan(root, &["--range", "HEAD^..HEAD"]).expect(1);
    assert_eq!(found(&ran, &names), pairs(&[("evil.env", "evil"), ("side.env", "side")]));
    assert_eq!(commits(&ran), pairs(&[("evil.env", &merge), ("side.env", &side)]));
    let ran = scan(root, &["--range", "side..main"]).expect(1);
    assert_eq!(found(&ran, &names), pairs(&[("evil.env", "evil"), ("main.env", "main")]));
}

#[test]
fn what_a_commit_moved_is_nothing_new() {
    let folder = repository(&[], &[("a.env", &secret("a")), ("d/b.env", &secret("b"))]);
    let root = folder.path();
    git(root, &["mv", "a.env", "moved.env"]);
    git(root, &["mv", "d", "elsewhere"]);
    git(root, &["commit", "-qm", "moved"]);
    assert_eq!(found(&scan(root, &["--since", "HEAD^"]).expect(0), &[]), []);
    commit(root, "copy.env", &secret("a"));
    assert_eq!(found(&scan(root, &["--since", "HEAD~2"]).expect(1), &["a"]), pairs(&[("copy.env", "a")]));
}

#[test]
fn the_same_content_is_new_where_it_takes_the_place_of_something_else() {
    let folder = repository(&[], &[("x", "1\n")]);
    let root = folder.path();
    git(root, &["checkout", "-qb", "before"]);
    commit(root, "a.env", &format!("# one\n{}", secret("a")));
    git(root, &["checkout", "-qb", "side", "main"]);
    // Here the secret is new; there it was moved to another line.
    let new = commit(root, "a.env", &format!("# two\n{}", secret("a")));
    git(root, &["checkout", "-q", "before"]);
    commit(root, "a.env", &format!("# two\n{}", secret("a")));
    git(root, &["merge", "-q", "-m", "both", "side"]);
    let ran = scan(root, &["--range", "before~2..HEAD"]).expect(1);
    assert_eq!(commits(&ran), pairs(&[("a.env", &new)]), "{}", ran.text());
}

#[test]
fn a_whole_id_is_no_name_of_a_reference() {
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    let root = folder.path();
    let first = commit(root, "b.env", &secret("b"));
    commit(root, "c.env", &secret("c"));
    // A branch that is called like the first commit and is the second.
    put(root, &format!(".git/refs/heads/{first}"), &told(root, &["rev-parse", "HEAD"]));
    let range = format!("{first}..HEAD");
    assert_eq!(found(&scan(root, &["--range", &range]).expect(1), &["b", "c"]), pairs(&[("c.env", "c")]));
}

#[test]
fn submodules_are_named_and_stores_that_are_not_read_refused() {
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    let root = folder.path();
    let inner = repository(&[], &[("b.env", &secret("inner"))]);
    git(root, &["submodule", "--quiet", "add", inner.path().to_str().unwrap(), "inner"]);
    git(root, &["commit", "-qm", "x"]);
    let report = scan(root, &["--since", "HEAD^"]).expect(0).json();
    assert!(array(&report["notes"]).iter().any(|note| string(note).starts_with("inner: another commit")), "{report}");
    let folder = repository(&["--ref-format=reftable"], &[("a.env", "a=1\n")]);
    let ran = scan(folder.path(), &["--since", "main"]).expect(2);
    assert!(ran.stderr.contains("a store that is not read"), "{}", ran.stderr);
}

#[test]
fn clocks_that_were_wrong_hide_nothing() {
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    let root = folder.path();
    for (name, time) in [("one", "1000000000 +0000"), ("two", "1900000000 +0000"), ("three", "1100000000 +0000")] {
        put(root, &format!("{name}.env"), &secret(name));
        git(root, &["add", "."]);
        let done = command(root).args(["commit", "-qm", name]).env("GIT_COMMITTER_DATE", time).status().unwrap();
        assert!(done.success());
    }
    let names = ["one", "two", "three"];
    assert_eq!(
        found(&scan(root, &["--since", "HEAD~2"]).expect(1), &names),
        pairs(&[("three.env", "three"), ("two.env", "two")])
    );
    assert_eq!(found(&scan(root, &["--since", "HEAD~3"]).expect(1), &names).len(), 3);
}

/// Histories with merges and roots at random, as `git fast-import` reads them; each commit is a branch. Times are up to
/// `skew` commits away from the order.
fn history(noise: &mut Noise, commits: usize, skew: usize) -> String {
    let mut stream = String::new();
    for number in 1..=commits {
        let time = 1_000_000_000 + 10 * (number + noise.below(2 * skew + 1));
        let _ =
            write!(stream, "commit refs/heads/b{number}\nmark :{number}\ncommitter A <a@example.org> {time} +0000\n");
        let _ = write!(stream, "data 1\nx\n");
        let mut parents: Vec<usize> = Vec::new();
        for _ in 0..[0, 1, 1, 1, 1, 2, 2, 3][noise.below(8)].min(number - 1) {
            let parent = if noise.below(4) > 0 {
                number - 1 - noise.below(4).min(number - 2)
            } else {
                1 + noise.below(number - 1)
            };
            if !parents.contains(&parent) {
                let _ = writeln!(stream, "{} :{parent}", if parents.is_empty() { "from" } else { "merge" });
                parents.push(parent);
            }
        }
        let _ = write!(stream, "M 100644 inline f{number}\ndata 2\nx\n\n");
    }
    stream
}

#[test]
fn a_range_has_the_commits_that_git_says() {
    let mut noise = Noise::seeded("histories");
    for (commits, skew) in [(5, 0), (30, 0), (60, 0), (12, 2), (30, 5), (60, 60)] {
        let folder = repository(&[], &[]);
        let root = folder.path();
        let mut import = command(root).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
        import.stdin.take().unwrap().write_all(history(&mut noise, commits, skew).as_bytes()).unwrap();
        assert!(import.wait().unwrap().success());
        for _ in 0..8 {
            let range = format!("b{}..b{}", 1 + noise.below(commits), 1 + noise.below(commits));
            let listed = command(root).args(["rev-list", "--count", &range]).output().unwrap().stdout;
            let expected: u64 = String::from_utf8(listed).unwrap().trim().parse().unwrap();
            let report = scan(root, &["--range", &range]).expect(0).json();
            let note = array(&report["notes"]).iter().map(string).find(|note| note.starts_with("the range")).unwrap();
            let counted: u64 = note.split(' ').nth_back(1).unwrap().parse().unwrap();
            // Clocks that were wrong may add some, and hide none.
            assert!(counted == expected || skew > 0 && counted > expected, "{range}: {counted} of {expected}, {skew}");
        }
    }
}

#[test]
fn a_shallow_clone_says_how_to_deepen() {
    let whole = repository(&[], &[("a.env", "a=1\n")]);
    for name in ["b", "c", "d"] {
        commit(whole.path(), &format!("{name}.env"), &secret(name));
    }
    let folder = TempDir::new().unwrap();
    let from = format!("file://{}", whole.path().display());
    git(folder.path(), &["clone", "-q", "--depth", "2", &from, "clone"]);
    let clone = folder.path().join("clone");
    let names = ["b", "c", "d"];
    assert_eq!(found(&scan(&clone, &["--since", "HEAD^"]).expect(1), &names), pairs(&[("d.env", "d")]));
    let ran = scan(&clone, &["--since", "HEAD~2"]).expect(2);
    assert!(ran.stderr.contains("fetch-depth: 0"), "{}", ran.stderr);
    // Of a commit on another line the clone does not have the common past.
    git(&clone, &["checkout", "-q", "--orphan", "other"]);
    git(&clone, &["commit", "-qm", "other"]);
    let ran = scan(&clone, &["--range", "other..main"]).expect(1);
    let report = ran.json();
    let gap = &array(&report["gaps"])[0];
    assert_eq!(string(&gap["class"]), "missing");
    assert!(string(&gap["reason"]).contains("fetch-depth: 0"));
}

#[test]
fn what_is_no_revision_is_refused() {
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    for range in
        ["nothing..HEAD", "HEAD~9..HEAD", "HEAD@{1}..HEAD", "main...HEAD", "main", "..refs/../x", "HEAD:a.env..HEAD"]
    {
        scan(folder.path(), &["--range", range]).expect(2);
    }
    scan(folder.path(), &["--range", "HEAD..HEAD", "--staged"]).expect(2);
}

#[test]
fn messages_of_a_range_are_scanned() {
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    let root = folder.path();
    git(root, &["commit", "-q", "--allow-empty", "-m", &secret("before")]);
    git(root, &["commit", "-q", "--allow-empty", "-m", &format!("x\n\n{}", secret("message"))]);
    let ran = scan(root, &["--since", "HEAD~1"]).expect(1);
    let places = ran.places();
    assert_eq!(places.len(), 1);
    assert_eq!(places[0].value.as_deref(), Some(&*crate::run::token("message")));
    assert_eq!(places[0].path, format!(".git/objects/{}/message", commits(&ran)[0].1));
    scan(root, &["--since", "HEAD"]).expect(0);
    // In a repository without a work tree nothing lies below `.git`.
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["clone", "-q", "--bare", root.to_str().unwrap(), "bare"]);
    let ran = scan(&folder.path().join("bare"), &["--since", "HEAD~1"]).expect(1);
    assert_eq!(ran.places()[0].path, format!("objects/{}/message", commits(&ran)[0].1));
}

/// Pushes, and returns whether the hook let it pass.
fn push(root: &Path, references: &[&str]) -> bool {
    let output = command(root).args([&["push", "-q", "origin"], references].concat()).output().unwrap();
    output.status.success()
}

#[test]
fn a_hook_of_a_server_refuses_what_is_pushed_with_secrets() {
    let server = TempDir::with_prefix("server-").unwrap();
    git(server.path(), &["init", "-q", "--bare", "x.git"]);
    let bare = server.path().join("x.git");
    let hook = bare.join("hooks/pre-receive");
    fs::create_dir_all(bare.join("hooks")).unwrap();
    let log = server.path().join("log");
    let (program, log) = (env!("CARGO_BIN_EXE_straykey"), log.display());
    let line = format!("exec {program} scan --pre-receive --format jsonl > {log} 2>&1");
    fs::write(&hook, format!("#!/bin/sh\n{line}\n")).unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    let root = folder.path();
    git(root, &["remote", "add", "origin", bare.to_str().unwrap()]);
    let said = || fs::read_to_string(server.path().join("log")).unwrap();
    assert!(push(root, &["main"]), "{}", said());
    // A new branch, whose first commit is known; secrets that were removed again; a tag; a deletion.
    git(root, &["checkout", "-qb", "side"]);
    let came = commit(root, "b.env", &secret("b"));
    git(root, &["rm", "-q", "b.env"]);
    git(root, &["commit", "-qm", "removed"]);
    assert!(!push(root, &["side"]));
    assert!(said().contains(&came) && said().contains("what is pushed has 2 commits"), "{}", said());
    git(root, &["reset", "-q", "--hard", "main"]);
    commit(root, "c.env", "c=1\n");
    assert!(push(root, &["side"]), "{}", said());
    git(root, &["tag", "-a", "v1", "-m", &format!("x\n\n{}", secret("tag"))]);
    assert!(!push(root, &["v1"]), "{}", said());
    assert!(push(root, &["--delete", "side"]), "{}", said());
    // What git would not say.
    let ran = Run::scan(&bare, &["--pre-receive"]).stdin(b"x y\n").go().expect(2);
    assert!(ran.stderr.contains("line 1 is no old id, new id and reference"), "{}", ran.stderr);
    let line = format!("{} {} refs/heads/x\n", "0".repeat(40), "1".repeat(40));
    Run::scan(&bare, &["--pre-receive"]).stdin(line.as_bytes()).go().expect(3);
    Run::scan(&bare, &["--pre-receive"]).stdin(b"").go().expect(0);
}
