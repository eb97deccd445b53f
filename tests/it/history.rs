//! `scan --history`: every object of a repository, and when what it holds came and went.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::repository::{command, found, git, pairs, put, repository, secret};
use crate::run::{Ran, Run, array, string, token};

fn scan(target: &Path, arguments: &[&str]) -> Ran {
    Run::scan(target, &[arguments, &["--format", "json", "--show-secrets"]].concat()).go()
}

fn history(target: &Path) -> Ran {
    scan(target, &["--history"])
}

/// What git prints, without the line break.
fn told(root: &Path, arguments: &[&str]) -> String {
    let output = command(root).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn commit(root: &Path, path: &str, content: &str) -> String {
    put(root, path, content);
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", path]);
    told(root, &["rev-parse", "HEAD"])
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
        let (_, at, told) = life(&ran, "in a message");
        assert_eq!((&told["introduced"]["id"], told["last_seen"].is_null()), (&Value::from(&*at), true));
        let (_, at, _) = life(&ran, "in a merge");
        assert_eq!(at, self::told(root, &["rev-parse", ":/merged"]));
        let counts = &ran.json()["coverage"]["history"];
        let objects = self::told(root, &["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"]);
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
fn repositories_of_all_forms_are_read() {
    for options in [&[][..], &["--object-format=sha256"]] {
        let folder = removed(options);
        let root = folder.path();
        finds_both(&history(root).expect(1));
        // Several packs with an index of all of them, and a graph of commits.
        git(root, &["repack", "-qd"]);
        commit(root, "more.env", "a=1\n");
        git(root, &["repack", "-qd"]);
        git(root, &["multi-pack-index", "write"]);
        git(root, &["commit-graph", "write", "--reachable"]);
        let ran = history(root).expect(1);
        finds_both(&ran);
        assert_eq!(ran.json()["coverage"]["history"]["commits"], 3);
        // Bare, with an object in several packs: each is told of once.
        let bare = TempDir::with_prefix("bare-").unwrap();
        git(root, &["clone", "-q", "--bare", "--no-local", ".", bare.path().join("x.git").to_str().unwrap()]);
        let bare = bare.path().join("x.git");
        let pack = fs::read_dir(root.join(".git/objects/pack")).unwrap();
        for file in pack.map(Result::unwrap).filter(|file| file.file_name().to_string_lossy().starts_with("pack-")) {
            fs::copy(file.path(), bare.join("objects/pack").join(file.file_name())).unwrap();
        }
        let ran = history(&bare).expect(1);
        finds_both(&ran);
        assert_eq!(lives(&ran, "old").len(), 1);
        assert_eq!(ran.json()["targets"][0]["kind"], "repository");
        assert_eq!(ran.json()["coverage"]["history"]["commits"], 3);
        // Without the history it is the files of HEAD.
        let ran = scan(&bare, &[]).expect(1);
        assert_eq!(found(&ran, &["there"]), pairs(&[("there.env", "there")]));
        assert_eq!(ran.json()["targets"][0]["kind"], "repository");
    }
    // References in a reftable: what they name is not known, but all objects are.
    let folder = removed(&["--ref-format=reftable"]);
    let ran = history(folder.path()).expect(1);
    finds_both(&ran);
    has_gap(&ran, "unreadable", "references are kept in a store that is not read");
    // Replaced objects and grafts: both sides.
    let folder = removed(&[]);
    let root = folder.path();
    git(root, &["replace", "--graft", "HEAD"]);
    let blob = told(root, &["rev-parse", "HEAD:there.env"]);
    put(root, "other", &secret("other"));
    let other = told(root, &["hash-object", "-w", "other"]);
    git(root, &["replace", &blob, &other]);
    fs::remove_file(root.join("other")).unwrap();
    let ran = history(root).expect(1);
    finds_both(&ran);
    assert_eq!(lives(&ran, "other").len(), 1);
}

#[test]
fn what_is_not_there_is_a_gap() {
    let source = removed(&[]);
    let root = source.path();
    git(root, &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", root.display());
    let clone = |options: &[&str]| {
        let folder = TempDir::with_prefix("clone-").unwrap();
        git(folder.path(), &[&["clone", "-q"], options, &[&url, "x"]].concat());
        folder
    };
    let shallow = clone(&["--depth=1"]);
    let ran = history(&shallow.path().join("x")).expect(1);
    assert_eq!(found(&ran, &["there"]).len(), 1);
    has_gap(&ran, "missing", "fetch-depth: 0");
    let partial = clone(&["--filter=blob:none"]);
    let ran = history(&partial.path().join("x")).expect(1);
    assert_eq!(found(&ran, &["there"]).len(), 1);
    has_gap(&ran, "missing", "a part of the repository was not fetched");
    let ran = history(&clone(&["--filter=blob:none", "--bare"]).path().join("x")).expect(3);
    assert_eq!(found(&ran, &[]).len(), 0);
    // Objects elsewhere.
    let borrowing = clone(&["--reference", root.to_str().unwrap()]);
    let target = borrowing.path().join("x");
    let ran = history(&target);
    has_gap(&ran, "missing", "objects/info/alternates");
    let ran = scan(&target, &["--history", "--allow-outside"]).expect(1);
    finds_both(&ran);
    assert_eq!(gaps(&ran), []);
    // Pointers.
    commit(
        root,
        "big.bin",
        &format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 5\n", "0".repeat(64)),
    );
    has_gap(&history(root).expect(1), "missing", "Git LFS");
}

#[test]
fn git_directories_outside_are_not_read_unless_that_is_allowed() {
    let folder = removed(&[]);
    let root = folder.path();
    let elsewhere = TempDir::with_prefix("linked-").unwrap();
    let linked = elsewhere.path().join("tree");
    git(root, &["worktree", "add", "-q", "-b", "linked", linked.to_str().unwrap()]);
    git(&linked, &["checkout", "-q", "--detach"]);
    let detached = commit(&linked, "detached.env", &secret("detached"));
    // Seen from where it is linked, with what only its own HEAD leads to.
    let (path, at, told) = life(&history(root).expect(1), "detached");
    assert_eq!((path.as_str(), &at), ("detached.env", &detached));
    assert_eq!(told["at"], serde_json::json!(["worktrees/tree/HEAD"]));
    let ran = history(&linked).expect(1);
    has_gap(&ran, "unreadable", "lies outside of the target");
    let ran = scan(&linked, &["--history", "--allow-outside"]).expect(1);
    assert_eq!(gaps(&ran), []);
    assert!(found(&ran, &["old", "there", "detached"]).contains(&("old.env".to_owned(), "old".to_owned())));
}

#[test]
fn submodules_are_scanned_where_they_are_checked_out() {
    let module = removed(&[]);
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    let root = folder.path();
    git(root, &["submodule", "add", "-q", module.path().to_str().unwrap(), "deps/module"]);
    git(root, &["commit", "-qm", "with a module"]);
    let ran = history(root).expect(1);
    let (path, ..) = life(&ran, "old");
    assert_eq!(path, "deps/module/old.env");
    assert_eq!(gaps(&ran), []);
    assert_eq!(ran.json()["coverage"]["history"]["repositories"], 2);
    git(root, &["submodule", "deinit", "-q", "--all", "-f"]);
    let ran = history(root).expect(3);
    let expected = ("missing".to_owned(), "deps/module".to_owned());
    let gaps: Vec<_> = gaps(&ran).into_iter().map(|(class, path, _)| (class, path)).collect();
    assert_eq!(gaps, [expected]);
}

/// The place of an object in the pack of a repository that has one.
fn in_pack(root: &Path, id: &str) -> (std::path::PathBuf, usize, usize) {
    let pack = fs::read_dir(root.join(".git/objects/pack")).unwrap().map(|file| file.unwrap().path());
    let pack = pack.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "pack")).unwrap();
    let listed = told(root, &["verify-pack", "-v", pack.with_extension("idx").to_str().unwrap()]);
    let line = listed.lines().find(|line| line.starts_with(id)).unwrap();
    let fields: Vec<&str> = line.split_whitespace().collect();
    (pack, fields[4].parse().unwrap(), fields[3].parse().unwrap())
}

#[test]
fn damage_costs_what_is_damaged() {
    let folder = removed(&[]);
    let root = folder.path();
    // A file with versions, one of another.
    let text = |line: &str| (0..400).map(|n| format!("{n} of a file\n")).collect::<String>() + line;
    for version in ["a=1\n", &secret("version"), "a=3\n", "a=4\n"] {
        commit(root, "versions.txt", &text(version));
    }
    git(root, &["gc", "-q"]);
    let newest = told(root, &["rev-parse", "HEAD:versions.txt"]);
    let (pack, offset, length) = in_pack(root, &newest);
    let whole = fs::read(&pack).unwrap();
    let write = |bytes: &[u8]| {
        let mut permissions = fs::metadata(&pack).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
        fs::set_permissions(&pack, permissions).unwrap();
        fs::write(&pack, bytes).unwrap();
    };
    let mut bytes = whole.clone();
    bytes[offset + length / 2] ^= 0xff;
    write(&bytes);
    let ran = history(root).expect(1);
    finds_both(&ran);
    let damaged = gaps(&ran);
    assert!(damaged.iter().any(|(class, path, _)| class == "unreadable" && path.contains(&newest)), "{damaged:?}");
    // What is not damaged is still there, also where all the rest is cut off.
    for cut in [whole.len() - 21, whole.len() / 2, 40, 12, 0] {
        write(&whole[..cut]);
        let ran = history(root);
        assert!(matches!(ran.status, 1 | 3), "{cut}: {}\n{}", ran.status, ran.stderr);
        assert!(!gaps(&ran).is_empty(), "{cut}");
        assert!(!lives(&ran, "there").is_empty(), "{cut}");
    }
    write(&whole);
    // An index that is not there, one of another pack, and one that is cut off.
    let index = pack.with_extension("idx");
    let entries = fs::read(&index).unwrap();
    fs::remove_file(&index).unwrap();
    has_gap(&history(root).expect(1), "unreadable", "its index is not there");
    for cut in [0, 100, entries.len() / 2, entries.len() - 1] {
        fs::write(&index, &entries[..cut]).unwrap();
        let ran = history(root).expect(1);
        assert!(!gaps(&ran).is_empty(), "{cut}");
    }
    fs::write(&index, &entries).unwrap();
    finds_both(&history(root).expect(1));
    // Loose objects: damaged, of a name that is not theirs, no object at all.
    put(root, "loose.env", &secret("loose"));
    let loose = told(root, &["hash-object", "-w", "loose.env"]);
    fs::remove_file(root.join("loose.env")).unwrap();
    let file = root.join(".git/objects").join(&loose[..2]).join(&loose[2..]);
    let content = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    for bytes in [&content[..content.len() / 2], b"", b"text"] {
        fs::write(&file, bytes).unwrap();
        let ran = history(root).expect(1);
        finds_both(&ran);
        assert!(gaps(&ran).iter().any(|(_, path, _)| path.contains(&loose)), "{:?}", gaps(&ran));
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
    for message in [
        "hash-object: pass 'write_object' as a flag",
        "It passes \"count=1 bs=1\" to munge just a single byte",
        "git-gui--askpass: coerce answers to UTF-8 on Windows",
        "[ pw: tweak patch and commit message ]",
        "Work around a problem\n\nIdentified by Coverity.",
        "Bug identified by Dscho and others.",
    ] {
        git(root, &["commit", "-q", "--allow-empty", "-m", message]);
    }
    assert_eq!(scan(root, &["--history"]).expect(0).json()["findings"], serde_json::json!([]));
    // What is a secret elsewhere is one here.
    let line = ["The password", " is now password = '", "Tulip", "Row!31x'"].concat();
    git(root, &["commit", "-q", "--allow-empty", "-m", &format!("rotate\n\n{line}")]);
    let ran = history(root).expect(1);
    let places = array(&ran.json()["findings"]).iter().flat_map(|finding| array(&finding["places"])).count();
    assert!(places >= 1, "{}", ran.text());
}

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
