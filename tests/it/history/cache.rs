//! What a cache of `scan --history` remembers, and that it changes nothing else.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::{finds_both, history, life, lives, removed, scan};
use crate::repository::{commit, git, put, secret};
use crate::run::{Ran, array, token};

/// A report without what tells of how much was read, which a cache changes.
fn without_counts(ran: &Ran) -> Value {
    let mut report = ran.json();
    let history = report["coverage"]["history"].as_object_mut().unwrap();
    history.remove("known");
    history.remove("bytes");
    report
}

#[test]
fn a_cache_changes_nothing_but_what_is_read() {
    let folder = removed(&[]);
    let root = folder.path();
    git(root, &["commit", "-qm", &secret("message"), "--allow-empty"]);
    put(root, ".gitattributes", "x\n");
    fs::write(root.join("a.zip"), b"PK\x03\x04 a container").unwrap();
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "more"]);
    let place = TempDir::with_prefix("cache-").unwrap();
    let cache = place.path().join("history.cache");
    let cached =
        |arguments: &[&str]| scan(root, &[&["--history", "--cache", cache.to_str().unwrap()], arguments].concat());
    let known = |ran: &Ran| ran.json()["coverage"]["history"]["known"].as_u64().unwrap();
    let same = |ran: &Ran, what: &str| {
        assert_eq!(without_counts(ran), without_counts(&history(root)), "{what}");
        assert!(lives(ran, "old").len() == 1 && !lives(ran, "message").is_empty(), "{what}");
    };
    let first = cached(&[]).expect(1);
    same(&first, "first");
    assert_eq!(known(&first), 0);
    let second = cached(&[]).expect(1);
    same(&second, "second");
    assert_eq!(second.json()["coverage"]["history"]["bytes"], 0);
    assert_eq!(known(&second), 4);
    // It tells nothing of what was found.
    let content = fs::read(&cache).unwrap();
    for name in ["old", "there", "message"] {
        assert!(memchr::memmem::find(&content, token(name).as_bytes()).is_none());
    }
    // What is new is found, also in a file that was known under another path.
    git(root, &["mv", "a.zip", "b.zip"]);
    commit(root, "new.env", &secret("new"));
    git(root, &["gc", "-q"]);
    let third = cached(&[]).expect(1);
    same(&third, "third");
    assert_eq!(lives(&third, "new").len(), 1);
    assert!(known(&third) > 0);
    // References that moved, and commits that went.
    git(root, &["branch", "more"]);
    let ran = cached(&[]).expect(1);
    same(&ran, "branch");
    assert_eq!(life(&ran, "new").2["references"], 2);
    git(root, &["branch", "-D", "-q", "more"]);
    git(root, &["reset", "-q", "--hard", "HEAD~1"]);
    git(root, &["-c", "gc.reflogExpire=now", "-c", "gc.reflogExpireUnreachable=now", "gc", "-q", "--prune=now"]);
    let ran = cached(&[]).expect(1);
    same(&ran, "pruned");
    assert_eq!(lives(&ran, "new").len(), 0);
    // Other rules, other settings: nothing is known.
    let configuration = place.path().join("c.toml");
    put(place.path(), "c.toml", "[[exclude]]\npath = \"there.env\"\nreason = \"x\"\n");
    let ran = cached(&["--config", configuration.to_str().unwrap()]).expect(1);
    assert_eq!((known(&ran), lives(&ran, "there").len()), (0, 0));
    let ran = cached(&["--config", configuration.to_str().unwrap()]).expect(1);
    assert!(known(&ran) > 0);
    assert_eq!(array(&ran.json()["exclusions"]).iter().filter(|one| one["path"] == "there.env").count(), 2);
    // Another cache, whatever it holds, is none.
    same(&cached(&[]).expect(1), "again");
    let whole = fs::read(&cache).unwrap();
    for (at, what) in [(0, "magic"), (30, "sum"), (whole.len() / 2, "middle"), (whole.len() - 1, "end")] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&cache, &bytes).unwrap();
        same(&cached(&[]).expect(1), what);
        fs::write(&cache, &whole[..at]).unwrap();
        same(&cached(&[]).expect(1), what);
    }
    // One that cannot be written is told of.
    let ran = scan(root, &["--history", "--cache", place.path().join("none/x").to_str().unwrap()]).expect(1);
    assert!(ran.json()["notes"].to_string().contains("the cache cannot be written"), "{}", ran.json()["notes"]);
}

#[test]
fn scans_may_share_a_cache() {
    let place = TempDir::with_prefix("cache-").unwrap();
    let cache = place.path().join("history.cache");
    let folders: Vec<TempDir> = (0..4).map(|_| removed(&[])).collect();
    for folder in &folders {
        commit(folder.path(), "own.env", &format!("# {}\n", folder.path().display()));
    }
    let arguments = ["--history", "--cache", cache.to_str().unwrap()];
    std::thread::scope(|scope| {
        for folder in folders.iter().chain(&folders) {
            scope.spawn(|| finds_both(&scan(folder.path(), &arguments).expect(1)));
        }
    });
    for folder in &folders {
        let ran = scan(folder.path(), &arguments).expect(1);
        finds_both(&ran);
        assert_eq!(without_counts(&ran), without_counts(&history(folder.path())));
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is left behind");
}
