//! Repositories of all forms, whole and not, and where their parts may lie.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use super::{finds_both, gaps, has_gap, history, life, lives, removed, scan};
use crate::repository::{command, commit, found, git, pairs, put, repository, secret, told};
use crate::run::{Run, array};

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
    // Logs of a bare repository are told of in the run of the history, and are no files of a work tree.
    let folder = TempDir::with_prefix("bare-").unwrap();
    git(removed(&[]).path(), &["clone", "-q", "--bare", ".", folder.path().join("x.git").to_str().unwrap()]);
    let bare = folder.path().join("x.git");
    git(&bare, &["config", "core.logAllRefUpdates", "always"]);
    git(&bare, &["update-ref", "-m", &secret("log"), "refs/heads/logged", "HEAD"]);
    let ran = history(&bare).expect(1);
    assert_eq!(life(&ran, "log").0, "logs/refs/heads/logged");
    assert_eq!(ran.json()["coverage"]["files_seen"], 0);
    let sarif = Run::scan(&bare, &["--history", "--format", "sarif"]).go().expect(1).json();
    let runs = array(&sarif["runs"]);
    assert_eq!((runs.len(), &runs[0]["automationDetails"]["id"]), (1, &"straykey/history/".into()));
    assert_eq!(array(&runs[0]["results"]).len(), ran.places().len());
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

/// Writes an object that git reads from its standard input, and returns its id.
fn written(root: &Path, arguments: &[&str], input: &str) -> String {
    let mut child = command(root).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn strange_repositories_neither_hang_nor_hide() {
    // Ten folders with ten folders each, ten times over, all the same: more paths than anybody can name.
    let folder = removed(&[]);
    let root = folder.path();
    let mut tree = written(
        root,
        &["mktree"],
        &format!("100644 blob {}\tthere.env\n", told(root, &["rev-parse", "HEAD:there.env"])),
    );
    for _ in 0..10 {
        let entries: String = (0..10).map(|n| format!("040000 tree {tree}\td{n}\n")).collect();
        tree = written(root, &["mktree"], &entries);
    }
    let commit = told(root, &["commit-tree", "-m", "bomb", &tree]);
    git(root, &["update-ref", "refs/heads/bomb", &commit]);
    let ran = history(root).expect(1);
    assert!((2..=65).contains(&lives(&ran, "there").len()), "{}", lives(&ran, "there").len());
    assert_eq!(lives(&ran, "old").len(), 1);
    // Folders within each other, more than there are anywhere.
    let mut tree = written(root, &["mktree"], "");
    for _ in 0..1500 {
        tree = written(root, &["mktree"], &format!("040000 tree {tree}\td\n"));
    }
    let commit = told(root, &["commit-tree", "-m", "deep", &tree]);
    git(root, &["update-ref", "refs/heads/deep", &commit]);
    let ran = history(root).expect(1);
    has_gap(&ran, "over-budget", "more folders within each other");
    // A commit whose date cannot be read has none, and is not of 1970.
    put(root, "undated.env", &secret("undated"));
    git(root, &["add", "undated.env"]);
    let tree = told(root, &["write-tree"]);
    let text = format!("tree {tree}\nauthor A <a@example.org> x\ncommitter A <a@example.org> x\n\nundated\n");
    let commit = written(root, &["hash-object", "-t", "commit", "-w", "--literally", "--stdin"], &text);
    git(root, &["update-ref", "refs/heads/undated", &commit]);
    git(root, &["rm", "-q", "--cached", "undated.env"]);
    fs::remove_file(root.join("undated.env")).unwrap();
    let introduced = &life(&history(root).expect(1), "undated").2["introduced"];
    assert_eq!((&introduced["id"], introduced.get("time")), (&commit.into(), Some(&Value::Null)));
    // Formats and extensions that nobody knows, and what is no repository at all.
    for (name, value) in [("extensions.strange", "1"), ("extensions.objectFormat", "md5")] {
        let folder = removed(&[]);
        let root = folder.path();
        git(root, &["config", "core.repositoryFormatVersion", "1"]);
        git(root, &["config", name, value]);
        let ran = history(root).expect(1);
        has_gap(&ran, "unreadable", "its history cannot be read");
        assert_eq!(lives(&ran, "there").len(), 1, "the work tree is scanned all the same");
    }
    for content in ["gitdir: /nowhere\n", "gitdir: .\n", "text", ""] {
        let folder = TempDir::new().unwrap();
        put(folder.path(), ".git", content);
        put(folder.path(), "a.env", &secret("a"));
        has_gap(&history(folder.path()).expect(1), "unreadable", "its history cannot be read");
    }
    // A folder without a repository has no history, which is told.
    let folder = TempDir::new().unwrap();
    put(folder.path(), "a.env", &secret("a"));
    let ran = history(folder.path()).expect(1);
    assert!(ran.json()["notes"].to_string().contains("no git repository"), "{}", ran.json()["notes"]);
    // So has a file.
    let file = folder.path().join("a.env");
    assert_eq!(gaps(&history(&file).expect(1)), []);
    // Within a work tree the root has it.
    let folder = removed(&[]);
    put(folder.path(), "d/x", "x\n");
    has_gap(&history(&folder.path().join("d")).expect(3), "unreadable", "whose root has the history");
}
