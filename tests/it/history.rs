//! `scan --history`: every object of a repository, and when what it holds came and went.

mod cache;
mod damage;
mod forms;

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::repository::{commit, found, git, pairs, put, repository, secret, told};
use crate::run::{Ran, Run, array, string, token};

fn scan(target: &Path, arguments: &[&str]) -> Ran {
    Run::scan(target, &[arguments, &["--format", "json", "--show-secrets"]].concat()).go()
}

fn history(target: &Path) -> Ran {
    scan(target, &["--history"])
}

/// The places of the secret `name`: path, commit or an empty text, and all that is told of its life.
fn lives(ran: &Ran, name: &str) -> Vec<(String, String, Value)> {
    let report = ran.json();
    let of_it = array(&report["findings"]).iter().filter(|finding| finding["value"] == *token(name));
    let places = of_it.flat_map(|finding| array(&finding["places"]));
    places
        .map(|place| {
            let commit = place["commit"].as_str().unwrap_or_default().to_owned();
            (string(&place["path"]), commit, place["history"].clone())
        })
        .collect()
}

/// The one place of a secret.
#[track_caller]
fn life(ran: &Ran, name: &str) -> (String, String, Value) {
    let places = lives(ran, name);
    assert_eq!(places.len(), 1, "{name}: {places:?}\n{}", ran.stderr);
    places.into_iter().next().unwrap()
}

#[test]
fn a_secret_is_told_of_where_it_came_and_until_when_it_was_there() {
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    let root = folder.path();
    let came = commit(root, "a.env", &secret("gone"));
    let moved = commit(root, "a.env", &format!("# a line above\n{}", secret("gone")));
    let removed = commit(root, "a.env", "a=2\n");
    let kept = commit(root, "d/kept.env", &secret("kept"));
    let later = commit(root, "b.env", "b=1\n");
    // On a branch of its own, and not merged.
    git(root, &["checkout", "-qb", "side", &removed]);
    let side = commit(root, "side.env", &secret("side"));
    git(root, &["checkout", "-q", "main"]);
    for packed in [false, true] {
        if packed {
            git(root, &["gc", "-q"]);
        }
        let ran = history(root).expect(1);
        let (path, at, told) = life(&ran, "gone");
        assert_eq!((path.as_str(), &at), ("a.env", &came));
        assert_eq!(
            (&told["introduced"]["id"], &told["last_seen"]["id"]),
            (&Value::from(&*came), &Value::from(&*moved))
        );
        assert_eq!((&told["references"], array(&told["at"]).len()), (&0.into(), 0));
        // In the work tree it keeps its place, and has a life all the same.
        let (path, at, told) = life(&ran, "kept");
        assert_eq!((path.as_str(), at.as_str()), ("d/kept.env", ""));
        assert_eq!(
            (&told["introduced"]["id"], &told["last_seen"]["id"]),
            (&Value::from(&*kept), &Value::from(&*later))
        );
        assert_eq!(told["at"], serde_json::json!(["refs/heads/main"]));
        let (path, at, told) = life(&ran, "side");
        assert_eq!((path.as_str(), &at), ("side.env", &side));
        assert_eq!(told["at"], serde_json::json!(["refs/heads/side"]));
        let author = string(&told["introduced"]["author"]);
        assert!(author.starts_with("person-") && !author.contains('@'), "{author}");
        assert!(string(&told["introduced"]["time"]).ends_with('Z'));
    }
    let ran = scan(root, &["--history", "--authors"]).expect(1);
    assert_eq!(life(&ran, "gone").2["introduced"]["author"], "A <a@example.org>");
    // Without the option none of it is seen but what lies there.
    assert_eq!(found(&scan(root, &[]).expect(1), &["kept"]), pairs(&[("d/kept.env", "kept")]));
}

/// A repository with a secret in each place that a history has.
fn everywhere() -> TempDir {
    let folder = repository(&[], &[("readme", "nothing\n"), ("kept.txt", "a\nb\nc\n")]);
    let root = folder.path();
    git(root, &["checkout", "-qb", "gone"]);
    commit(root, "removed.env", &secret("on a branch"));
    git(root, &["checkout", "-q", "main"]);
    // A merge that adds what neither side has.
    git(root, &["checkout", "-qb", "other"]);
    commit(root, "other.txt", "x\n");
    git(root, &["checkout", "-q", "main"]);
    commit(root, "mine.txt", "y\n");
    git(root, &["merge", "-q", "--no-commit", "--no-ff", "other"]);
    put(root, "merge.env", &secret("in a merge"));
    git(root, &["add", "merge.env"]);
    git(root, &["commit", "-qm", "merged"]);
    // What attributes hide from `git log -p`.
    put(root, ".gitattributes", "hidden.env -diff binary\n");
    commit(root, "hidden.env", &secret("hidden by attributes"));
    git(root, &["rm", "-q", "hidden.env", "merge.env"]);
    git(root, &["commit", "-qm", "cleaned"]);
    // Messages of commits and tags; a note.
    git(root, &["commit", "-qm", &format!("a change\n\n{}", secret("in a message")), "--allow-empty"]);
    git(root, &["tag", "-a", "v1", "-m", &format!("a tag\n\n{}", secret("in a tag"))]);
    git(root, &["notes", "add", "-m", &secret("in a note")]);
    // Links and names.
    let target = format!("https://host/?T={}", token("in a link"));
    std::os::unix::fs::symlink(target, root.join("link")).unwrap();
    let name = format!("{}.txt", token("in a name"));
    put(root, &name, "nothing\n");
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "link and name"]);
    git(root, &["rm", "-q", "link", &name]);
    git(root, &["commit", "-qm", "without them"]);
    // Stashes: of the work tree, of the index, of untracked files.
    put(root, "kept.txt", &secret("stashed"));
    git(root, &["stash", "-q"]);
    put(root, "untracked.env", &secret("stashed untracked"));
    git(root, &["stash", "-q", "-u"]);
    put(root, "kept.txt", &secret("stashed index"));
    git(root, &["add", "kept.txt"]);
    put(root, "kept.txt", "a\n");
    git(root, &["stash", "-q"]);
    git(root, &["stash", "drop", "-q", "stash@{2}"]);
    // Nothing leads to it, or only a log.
    put(root, "amended.env", &secret("amended"));
    git(root, &["add", "amended.env"]);
    git(root, &["commit", "-qm", "to be amended", "amended.env"]);
    git(root, &["rm", "-q", "amended.env"]);
    git(root, &["commit", "-q", "--amend", "-m", "amended", "--allow-empty"]);
    put(root, "blob", &secret("never committed"));
    told(root, &["hash-object", "-w", "blob"]);
    fs::remove_file(root.join("blob")).unwrap();
    // A log of references has the texts that people gave.
    git(root, &["update-ref", "-m", &format!("because {}", secret("in a reflog")), "refs/heads/logged", "HEAD~1", ""]);
    git(root, &["config", "core.logAllRefUpdates", "always"]);
    // Other references than branches and tags.
    git(root, &["checkout", "-q", "--detach"]);
    let pull = commit(root, "pull.env", &secret("pull request"));
    git(root, &["update-ref", "refs/pull/7/head", &pull]);
    git(root, &["checkout", "-q", "main"]);
    // In the index alone.
    put(root, "staged.env", &secret("staged"));
    git(root, &["add", "staged.env"]);
    put(root, "staged.env", "a=1\n");
    folder
}

const PLACES: [(&str, &str); 16] = [
    ("on a branch", "removed.env"),
    ("in a merge", "merge.env"),
    ("hidden by attributes", "hidden.env"),
    ("in a message", "message"),
    ("in a tag", "message"),
    ("in a note", ""),
    ("in a link", "link"),
    ("in a name", ".txt"),
    ("stashed", "kept.txt"),
    ("stashed untracked", "untracked.env"),
    ("stashed index", "kept.txt"),
    ("staged", "staged.env"),
    ("amended", "amended.env"),
    ("never committed", "objects"),
    ("in a reflog", ".git/logs"),
    ("pull request", "pull.env"),
];

#[test]
fn every_place_that_a_history_has_is_searched() {
    let folder = everywhere();
    let root = folder.path();
    for packed in [false, true] {
        if packed {
            // All but what nothing leads to, which stays where it is.
            git(root, &["repack", "-qad", "--depth=50"]);
            git(root, &["pack-refs", "--all"]);
        }
        let ran = history(root).expect(1);
        for (name, part) in PLACES {
            let places = lives(&ran, name);
            assert!(!places.is_empty(), "{name} is not found, packed: {packed}\n{}", ran.text());
            assert!(places.iter().all(|(path, ..)| path.contains(part)), "{name}: {places:?}");
        }
        // Secrets in names are not printed with them.
        assert!(!ran.json()["findings"].to_string().contains(&format!("{}.txt", token("in a name"))));
        let (_, at, lifetime) = life(&ran, "in a message");
        assert_eq!((&lifetime["introduced"]["id"], lifetime["last_seen"].is_null()), (&Value::from(&*at), true));
        let (_, at, _) = life(&ran, "in a merge");
        assert_eq!(at, told(root, &["rev-parse", ":/merged"]));
        let counts = &ran.json()["coverage"]["history"];
        let objects = told(root, &["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"]);
        let count = |kind: &str| objects.lines().filter(|line| *line == kind).count() as u64;
        assert_eq!(counts["commits"], count("commit"));
        assert_eq!(counts["trees"], count("tree"));
        assert_eq!(counts["tags"], count("tag"));
        assert_eq!(counts["files"], count("blob"));
    }
    // None of it lies in the work tree, and in the index only what is staged.
    let none: [(String, String); 0] = [];
    assert_eq!(found(&scan(root, &[]).expect(0), &[]), none);
    assert_eq!(found(&scan(root, &["--staged"]).expect(1), &["staged"]), pairs(&[("staged.env", "staged")]));
}

/// Classes and reasons of the gaps.
fn gaps(ran: &Ran) -> Vec<(String, String, String)> {
    let report = ran.json();
    let gaps = array(&report["gaps"]).iter();
    gaps.map(|gap| (string(&gap["class"]), string(&gap["path"]), string(&gap["reason"]))).collect()
}

#[track_caller]
fn has_gap(ran: &Ran, class: &str, words: &str) {
    let gaps = gaps(ran);
    let there = |(found, _, reason): &&(String, String, String)| found == class && reason.contains(words);
    assert!(gaps.iter().any(|gap| there(&gap)), "no gap `{words}`: {gaps:?}");
}

/// A repository with a secret that was removed, and one that is there.
fn removed(options: &[&str]) -> TempDir {
    let folder = repository(options, &[("old.env", &secret("old")), ("there.env", &secret("there"))]);
    git(folder.path(), &["rm", "-q", "old.env"]);
    git(folder.path(), &["commit", "-qm", "removed"]);
    folder
}

#[track_caller]
fn finds_both(ran: &Ran) {
    for name in ["old", "there"] {
        let places = lives(ran, name);
        let path = format!("{name}.env");
        assert!(!places.is_empty() && places.iter().all(|(found, ..)| *found == path), "{name}: {places:?}");
    }
}

#[test]
fn a_secret_is_shown_where_it_is_the_surest() {
    // In the first version the line stands alone; in the second the file tells what it is for. Joined, since they would be
    // secrets here.
    let line = |name: &str| [name, " = \"", "aq7Rk", "2mZx9Lw\"\n"].concat();
    let folder = repository(&[], &[("app.py", &line("value"))]);
    let root = folder.path();
    let second = commit(root, "app.py", &line("db_password"));
    let third = commit(root, "app.py", &format!("# a comment\n{}", line("db_password")));
    let ran = history(root).expect(1);
    let report = ran.json();
    let places: Vec<&Value> = array(&report["findings"]).iter().flat_map(|finding| array(&finding["places"])).collect();
    assert_eq!(places.len(), 1, "{report}");
    let told = &places[0]["history"];
    assert_eq!((&told["introduced"]["id"], &told["last_seen"]["id"]), (&Value::from(&*second), &Value::from(&*third)));
    // All that a scan of any version finds is found in the history.
    for commit in [&second, &third] {
        git(root, &["checkout", "-q", commit]);
        let tree = scan(root, &[]).expect(1).json();
        for finding in array(&tree["findings"]) {
            let known = array(&report["findings"]).iter();
            assert!(known.clone().any(|known| known["fingerprint"] == finding["fingerprint"]), "{commit}");
        }
    }
}

#[test]
fn the_report_does_not_hang_on_the_number_of_threads() {
    let folder = everywhere();
    let root = folder.path();
    git(root, &["repack", "-qad"]);
    let one = scan(root, &["--history", "-j", "1"]).expect(1);
    for threads in ["2", "7"] {
        assert_eq!(one.text(), scan(root, &["--history", "-j", threads]).text(), "{threads}");
    }
}

#[test]
fn what_people_write_of_a_change_is_no_password() {
    let folder = repository(&[], &[("a", "x\n")]);
    let root = folder.path();
    // Words are parted, since in source code they would be more than that.
    for message in [
        "hash-object: pa~ss 'write_object' as a flag",
        "It pa~sses \"count=1 bs=1\" to munge just a single byte",
        "git-gui--askpa~ss: coerce answers to UTF-8 on Windows",
        "[ p~w: tweak patch and commit message ]",
        "Work around a problem\n\nIdentified~ by Coverity.",
        "Bug identified~ by Dscho and others.",
    ] {
        let message = &message.replace('~', "");
        git(root, &["commit", "-q", "--allow-empty", "-m", message]);
    }
    assert_eq!(scan(root, &["--history"]).expect(0).json()["findings"], serde_json::json!([]));
    // What is a secret elsewhere is one here.
    let line = ["The pass", "word is now pass", "word = '", "Tulip", "Row!31x'"].concat();
    git(root, &["commit", "-q", "--allow-empty", "-m", &format!("rotate\n\n{line}")]);
    let ran = history(root).expect(1);
    let places = array(&ran.json()["findings"]).iter().flat_map(|finding| array(&finding["places"])).count();
    assert!(places >= 1, "{}", ran.text());
}
