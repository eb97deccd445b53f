//! Repositories that the `git` program makes, and what is found in them.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::run::{Ran, token};

/// Runs git in a folder, free of the configuration of whoever runs the tests.
#[track_caller]
pub(crate) fn git(folder: &Path, arguments: &[&str]) {
    let output = command(folder).args(arguments).output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("a search path"))
        .envs([("HOME", "/nonexistent"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
        .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.org")])
        .envs([("GIT_COMMITTER_NAME", "A"), ("GIT_COMMITTER_EMAIL", "a@example.org")])
        .args(["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"]);
    command
}

/// What git prints, without the line break.
#[track_caller]
pub(crate) fn told(root: &Path, arguments: &[&str]) -> String {
    let output = command(root).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn put(root: &Path, path: &str, text: &str) {
    crate::run::put(root, path, text.as_bytes());
}

/// Commits a file; the commit's id.
pub(crate) fn commit(root: &Path, path: &str, content: &str) -> String {
    put(root, path, content);
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", path]);
    told(root, &["rev-parse", "HEAD"])
}

/// A line with a secret of its own.
pub(crate) fn secret(name: &str) -> String {
    format!("T={}\n", token(name))
}

/// A repository with these files in a commit.
pub(crate) fn repository(options: &[&str], files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::with_prefix("repository-").unwrap();
    git(folder.path(), &[&["init", "-q"], options].concat());
    for (path, content) in files {
        put(folder.path(), path, content);
    }
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "x", "--allow-empty"]);
    folder
}

/// Paths and names of the secrets that are found; `names` are those that are known.
#[track_caller]
pub(crate) fn found(ran: &Ran, names: &[&str]) -> Vec<(String, String)> {
    let name = |value: Option<String>| {
        let value = value.expect("values are shown");
        (*names.iter().find(|name| token(name) == value).expect("a secret of this test")).to_owned()
    };
    let mut found: Vec<_> = ran.places().into_iter().map(|place| (place.path, name(place.value))).collect();
    found.sort();
    found
}

pub(crate) fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(path, name)| ((*path).to_owned(), (*name).to_owned())).collect()
}
