//! Tests against repositories that the `git` program makes.

use std::process::Command;

use super::*;

/// Runs git in a folder, free of the configuration of whoever runs the tests, and returns what it prints.
pub(in crate::source) fn git(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("git")
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("a search path"))
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" })
        .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.org")])
        .envs([("GIT_COMMITTER_NAME", "A"), ("GIT_COMMITTER_EMAIL", "a@example.org")])
        .envs([("GIT_AUTHOR_DATE", "1700000000 +0000"), ("GIT_COMMITTER_DATE", "1700000000 +0000")])
        .args(["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .output()
        .expect("git runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {message}");
    output.stdout
}

/// Writes a file and the folders above it.
pub(in crate::source) fn write(folder: &Path, path: &str, content: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    fs::write(path, content).expect("a file");
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("temporary directory")
}

fn repository() -> tempfile::TempDir {
    let folder = temporary();
    git(folder.path(), &["init", "-q"]);
    write(folder.path(), "a.txt", "a");
    write(folder.path(), "b/c.txt", "c");
    write(folder.path(), "untracked", "u");
    git(folder.path(), &["add", "a.txt", "b"]);
    git(folder.path(), &["commit", "-qm", "x"]);
    folder
}

fn head_of(folder: &Path) -> String {
    String::from_utf8(git(folder, &["rev-parse", "HEAD"])).expect("hexadecimal").trim().to_owned()
}

#[test]
fn the_index_in_each_of_its_versions() {
    for version in ["2", "3", "4"] {
        let folder = repository();
        git(folder.path(), &["update-index", "--index-version", version]);
        let tracked = tracked(folder.path()).expect("readable");
        assert_eq!(tracked.len(), 2);
        assert!(tracked.contains(b"a.txt") && tracked.contains(b"b/c.txt"), "version {version}");
        assert!(!tracked.contains(b"untracked") && !tracked.contains(b"b"));
    }
}

#[test]
fn the_order_of_paths_in_the_index_does_not_matter() {
    let folder = temporary();
    git(folder.path(), &["init", "-q"]);
    let names = ["a", "a-b", "a.b", "a/b", "a0", "B", "\u{e9}", "z z"];
    for name in names.iter().filter(|name| **name != "a") {
        write(folder.path(), name, "x");
    }
    git(folder.path(), &["add", "."]);
    let tracked = tracked(folder.path()).expect("readable");
    assert_eq!(tracked.len(), 7);
    for name in names {
        assert_eq!(tracked.contains(name.as_bytes()), name != "a", "{name}");
    }
}

#[test]
fn an_index_that_cannot_be_relied_upon_is_an_error() {
    let folder = repository();
    let index = folder.path().join(".git/index");
    let whole = fs::read(&index).expect("an index");
    let mut damaged = whole.clone();
    damaged[40] ^= 1;
    let mut greedy = whole.clone();
    greedy[8..12].fill(0xff);
    for content in [&whole[..20], &whole[..5], &damaged, &greedy, b"", b"DIRC"] {
        fs::write(&index, content).expect("write");
        assert!(tracked(folder.path()).is_err());
    }
    fs::write(&index, &whole).expect("write");
    assert!(tracked(folder.path()).is_ok());

    git(folder.path(), &["config", "extensions.strange", "true"]);
    assert!(tracked(folder.path()).expect_err("unknown").contains("extension"));
    fs::remove_file(folder.path().join(".git/HEAD")).expect("remove");
    assert!(tracked(folder.path()).is_err());
}

#[test]
fn repositories_of_other_formats_are_errors() {
    let folder = temporary();
    git(folder.path(), &["init", "-q", "--object-format=sha256"]);
    write(folder.path(), "a", "a");
    git(folder.path(), &["add", "a"]);
    assert!(tracked(folder.path()).expect_err("sha256").contains("sha1"));

    let folder = repository();
    git(folder.path(), &["update-index", "--split-index"]);
    assert!(tracked(folder.path()).is_err());
}

#[test]
fn a_repository_without_an_index_tracks_nothing() {
    let folder = temporary();
    git(folder.path(), &["init", "-q"]);
    assert!(tracked(folder.path()).expect("readable").is_empty());
    let folder = temporary();
    fs::create_dir(folder.path().join(".git")).expect("mkdir");
    assert!(tracked(folder.path()).is_err(), "an empty .git is no repository");
}

#[cfg(unix)]
#[test]
fn nothing_waits_for_a_fifo() {
    for name in ["index", "HEAD", "config", "packed-refs", "commondir"] {
        let folder = repository();
        let path = folder.path().join(".git").join(name);
        let _absent = fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
        let _outcome = tracked(folder.path());
        assert!(info(folder.path()).is_some(), "{name}");
    }
}

#[test]
fn info_names_commit_branch_and_remote() {
    let folder = repository();
    let url = "https://someone:password@example.org/a/b.git?private_token=x";
    git(folder.path(), &["remote", "add", "origin", url]);
    let expected = GitInfo {
        prefix: b"b/".to_vec(),
        repository: Some("https://example.org/a/b.git".to_owned()),
        revision: Some(head_of(folder.path())),
        branch: Some("main".to_owned()),
        range: None,
    };
    assert_eq!(info(&folder.path().join("b")), Some(expected.clone()));
    assert_eq!(info(&folder.path().join("b/c.txt")), Some(expected.clone()));
    git(folder.path(), &["pack-refs", "--all"]);
    assert_eq!(info(&folder.path().join("b")), Some(expected.clone()));
    git(folder.path(), &["checkout", "-q", "--detach"]);
    let root = GitInfo { prefix: Vec::new(), branch: None, ..expected };
    assert_eq!(info(folder.path()), Some(root));
    assert_eq!(info(temporary().path()), None);
}

#[test]
fn info_before_the_first_commit_and_without_a_repository_behind_git() {
    let folder = temporary();
    git(folder.path(), &["init", "-q"]);
    let expected = GitInfo { branch: Some("main".to_owned()), ..GitInfo::default() };
    assert_eq!(info(folder.path()), Some(expected));
    let folder = temporary();
    write(folder.path(), ".git", "gitdir: /nowhere\n");
    assert_eq!(info(folder.path()), Some(GitInfo::default()));
}

#[test]
fn linked_work_trees_and_submodules_have_their_own_head_and_index() {
    let folder = repository();
    let linked = temporary();
    let linked = linked.path().join("w");
    let name = linked.to_str().expect("a plain name");
    git(folder.path(), &["worktree", "add", "-q", "-b", "other", name]);
    write(&linked, "new.txt", "n");
    git(&linked, &["add", "new.txt"]);
    assert!(tracked(&linked).expect("readable").contains(b"new.txt"));
    assert!(!tracked(folder.path()).expect("readable").contains(b"new.txt"));
    let info = info(&linked).expect("a work tree");
    assert_eq!(info.branch.as_deref(), Some("other"));
    assert_eq!(info.revision, Some(head_of(folder.path())));

    let outer = repository();
    let url = folder.path().to_str().expect("a plain name");
    git(outer.path(), &["submodule", "--quiet", "add", url, "sub"]);
    assert!(tracked(&outer.path().join("sub")).expect("readable").contains(b"b/c.txt"));
    assert_eq!(work_tree_root(&outer.path().join("sub/b")), fs::canonicalize(outer.path().join("sub")).ok());
}

#[test]
fn includes_and_programs_of_the_configuration_are_not_obeyed() {
    let folder = repository();
    let evil = folder.path().join("evil");
    write(folder.path(), "evil", "[remote \"origin\"]\n\turl = https://example.org/evil.git\n");
    let marker = folder.path().join("ran");
    let run = format!("touch {}", marker.display());
    for (key, value) in [
        ("include.path", evil.to_str().expect("a plain name")),
        ("core.fsmonitor", &run),
        ("core.sshCommand", &run),
        ("core.worktree", "/"),
    ] {
        git(folder.path(), &["config", "--file", ".git/config", key, value]);
    }
    assert_eq!(info(folder.path()).expect("a work tree").repository, None);
    assert_eq!(tracked(folder.path()).expect("readable").len(), 2);
    assert!(!marker.exists());
}

#[test]
fn bare_repositories_are_known_by_their_layout() {
    let folder = temporary();
    git(folder.path(), &["init", "-q", "--bare", "store"]);
    let store = folder.path().join("store");
    assert!(is_bare_repository(&store));
    assert_eq!(work_tree_root(&store.join("refs")), None);
    let tree = repository();
    assert!(!is_bare_repository(tree.path()));
    assert!(!is_bare_repository(&tree.path().join(".git")));
    assert_eq!(work_tree_root(&tree.path().join(".git/refs")), None);
    assert_eq!(work_tree_root(&tree.path().join("b")), fs::canonicalize(tree.path()).ok());
}
