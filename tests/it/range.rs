//! `scan --range` and `--since`: what the commits of a range introduced.

use std::path::Path;

use crate::repository::{command, found, git, pairs, put, repository, secret};
use crate::run::{Ran, Run, array, string};

fn scan(target: &Path, arguments: &[&str]) -> Ran {
    Run::scan(target, &[arguments, &["--format", "json", "--show-secrets"]].concat()).go()
}

fn commit(root: &Path, path: &str, content: &str) -> String {
    put(root, path, content);
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", path]);
    let output = command(root).args(["rev-parse", "HEAD"]).output().unwrap().stdout;
    String::from_utf8(output).unwrap().trim().to_owned()
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
    std::fs::create_dir_all(root.join("d")).unwrap();
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

#[test]
fn a_shallow_clone_says_how_to_deepen() {
    let whole = repository(&[], &[("a.env", "a=1\n")]);
    for name in ["b", "c", "d"] {
        commit(whole.path(), &format!("{name}.env"), &secret(name));
    }
    let folder = tempfile::TempDir::new().unwrap();
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
