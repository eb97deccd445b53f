//! What the author of a change may try, who has every file, name, link and tag of the repository, against the files that
//! govern the scan. Each was a way past the gate once.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::over_time::{APPROVED, World, exception};
use crate::repository::{git, put, repository, secret, told};
use crate::run::{Ran, Run, array, token};

const EXCUSE: &str = "rule = \"github-personal-access-token\"\npath = \"**/*.env\"";

fn excuse() -> String {
    exception("EX-1", EXCUSE, "test-value", APPROVED)
}

/// A base with these files, and a branch on which a change is being written.
fn change(files: &[(&str, &str)]) -> World {
    let world = World::new(files);
    git(world.root(), &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    git(world.root(), &["checkout", "-qb", "change"]);
    world
}

/// A scan in a pipeline that runs for a merge request, from the root of the repository.
fn scan(world: &World, targets: &[&str], arguments: &[&str]) -> Ran {
    Run::new(["scan"])
        .args(targets)
        .args(["--format", "json", "--at", "2026-02-01"])
        .args(arguments)
        .env("CHANGE_TARGET", "main")
        .current_dir(world.root())
        .go()
}

#[track_caller]
fn refused(ran: &Ran, kind: &str) {
    assert_eq!(ran.status, 1, "{}\n{}", ran.text(), ran.stderr);
    let report = ran.json();
    let kinds: Vec<&str> = report["attempts"]
        .as_array()
        .map_or_else(Vec::new, |all| all.iter().map(|one| one["kind"].as_str().unwrap()).collect());
    assert!(kinds.contains(&kind), "{kinds:?}");
}

#[test]
fn a_link_is_content() {
    for (what, name) in
        [("file", "exceptions.toml"), ("folder", "policy/exceptions.toml"), ("inside", "exceptions.toml")]
    {
        let world = change(&[(name, ""), ("samples/fixture.toml", &excuse())]);
        let outside = world.write("outside.toml", &excuse());
        put(Path::new(&world.at("policy")), "exceptions.toml", &excuse());
        let place = world.root().join(name);
        fs::remove_file(&place).unwrap();
        match what {
            "file" => symlink(&outside, &place).unwrap(),
            "inside" => symlink("samples/fixture.toml", &place).unwrap(),
            _ => {
                fs::remove_dir(world.root().join("policy")).unwrap();
                symlink(world.at("policy"), world.root().join("policy")).unwrap();
            }
        }
        world.commit(&[("a.env", &secret("1"))]);
        refused(&scan(&world, &["."], &["--exceptions", name]), "exception");
    }
}

#[test]
fn a_link_that_the_base_has_is_followed_there() {
    let world = World::new(&[("policy/real.toml", &excuse())]);
    symlink("policy/real.toml", world.root().join("exceptions.toml")).unwrap();
    world.commit(&[]);
    git(world.root(), &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    world.commit(&[("a.env", &secret("1"))]);
    assert_eq!(scan(&world, &["."], &["--exceptions", "exceptions.toml"]).status, 0);
}

#[test]
fn a_folder_that_looks_like_a_repository_is_content() {
    let world = change(&[("src/x", "text\n")]);
    let decoy = repository(&[], &[("clean", "text\n")]);
    for part in ["HEAD", "config"] {
        fs::copy(decoy.path().join(".git").join(part), world.root().join("src").join(part)).unwrap();
    }
    for part in ["objects/keep", "refs/heads/keep"] {
        put(world.root(), &format!("src/{part}"), "x");
    }
    world.commit(&[("src/a.env", &secret("1")), ("src/app/b.env", &secret("2")), ("exceptions.toml", &excuse())]);
    for arguments in [&[][..], &["--history"]] {
        let ran = scan(&world, &["src"], arguments).expect(1);
        assert!(ran.text().contains("a.env"), "{}", ran.text());
    }
    refused(&scan(&world, &["src/app"], &["--exceptions", "exceptions.toml"]), "exception");
}

#[test]
fn every_target_is_governed() {
    let world = change(&[("src/x", "text\n"), ("lib/x", "text\n")]);
    let outside = world.write("image", "text\n");
    world.commit(&[("lib/a.env", &secret("1")), ("exceptions.toml", &excuse())]);
    for targets in [&["src", "lib"][..], &[&outside, "."], &["lib", &outside]] {
        refused(&scan(&world, targets, &["--exceptions", "exceptions.toml"]), "exception");
    }
    fs::remove_dir_all(world.root().join("src")).unwrap();
    fs::create_dir(world.beside("docs")).unwrap();
    symlink(world.beside("docs"), world.root().join("src")).unwrap();
    world.commit(&[]);
    refused(&scan(&world, &["src", "lib"], &["--exceptions", "exceptions.toml"]), "exception");
}

#[test]
fn what_a_baseline_says_of_its_scan_is_believed_no_more_than_its_entries() {
    let world = change(&[("x", "text\n")]);
    world.commit(&[("a.env", &secret("1"))]);
    let made = world.scan(&["--fail-on", "never", "--output", &format!("baseline={}", world.at("b.jsonl"))]);
    made.expect(0);
    let text = fs::read_to_string(world.at("b.jsonl")).unwrap();
    let head: Vec<&str> = text.lines().take(2).collect();
    let other = head.join("\n").replace("\"rules\":\"", "\"rules\":\"x");
    world.commit(&[("baseline.jsonl", &other)]);
    let ran = scan(&world, &["."], &["--baseline", "baseline.jsonl"]);
    refused(&ran, "baseline");
}

#[test]
fn a_tag_does_not_decide_what_a_range_begins_with() {
    let world = change(&[("x", "text\n")]);
    world.commit(&[("a.env", &secret("1"))]);
    git(world.root(), &["tag", "origin/main", "HEAD"]);
    let ran = world.scan(&["--since", "origin/main"]).expect(2);
    assert!(ran.stderr.contains("write the whole name"), "{}", ran.stderr);
    world.scan(&["--since", "refs/remotes/origin/main"]).expect(1);
}

#[test]
fn a_branch_that_is_called_like_a_commit_is_not_the_commit() {
    let world = change(&[("x", "text\n")]);
    world.commit(&[("a.env", &secret("1")), ("exceptions.toml", &excuse())]);
    let id = "7".repeat(40);
    git(world.root(), &["update-ref", &format!("refs/remotes/origin/{id}"), "HEAD"]);
    let with = |name: &str, value: &str| {
        Run::scan(world.root(), &["--exceptions", world.root().join("exceptions.toml").to_str().unwrap()])
            .env(name, value)
            .go()
    };
    with("CI_MERGE_REQUEST_DIFF_BASE_SHA", &id).expect(2);
    with("BITBUCKET_PR_DESTINATION_COMMIT", &id[..12]).expect(2);
    with("GITHUB_BASE_REF", "HEAD").expect(2);
}

/// Under the public key, the default of pipelines, a password has no fingerprint but that of its place.
#[test]
fn another_password_at_the_place_of_a_known_one_is_new() {
    let line = |value: &str| format!("db_password = \"{value}\"\n");
    let first = line(&["hunter2", "Blue!"].concat());
    let second = line(&["Tr0ub4", "dor&3x"].concat());
    let world = change(&[("conf.ini", &first)]);
    let public = |arguments: &[&str]| {
        Run::scan(world.root(), &[&["--format", "json"], arguments].concat())
            .without_key()
            .env("CI", "1")
            .env("CHANGE_TARGET", "main")
            .go()
    };
    let baseline = world.at("b.jsonl");
    public(&["--fail-on", "never", "--output", &format!("baseline={baseline}")]).expect(0);
    public(&["--baseline", &baseline]).expect(0);
    world.commit(&[("conf.ini", &second)]);
    public(&["--baseline", &baseline]).expect(1);
    public(&["--baseline", &baseline, "--since", "refs/remotes/origin/main"]).expect(1);
}

#[test]
fn a_push_does_not_mark_its_own_secrets() {
    let world = World::new(&[("x", "text\n")]);
    let server = world.beside("server.git");
    git(world.root(), &["clone", "-q", "--bare", ".", server.to_str().unwrap()]);
    let honour = world.write("honour.toml", "[inline_ignores]\nhonour = true\n");
    let marked = format!("T={} # straykey:ignore reason=test until=2026-02-20\n", token("1"));
    world.commit(&[("a.env", &marked)]);
    let id = |revision: &str| told(world.root(), &["rev-parse", revision]);
    let line = format!("{} {} refs/heads/main\n", id("HEAD~1"), id("HEAD"));
    git(&server, &["fetch", "-q", world.root().to_str().unwrap(), "HEAD"]);
    let push = ["--pre-receive", "--config", &honour, "--at", "2026-02-01", "--format", "json"];
    let ran = Run::scan(&server, &push).stdin(line.as_bytes()).go();
    refused(&ran, "inline-ignore");
}

#[test]
fn a_bundle_that_the_change_brings_knows_nothing() {
    let world = change(&[("x", "text\n")]);
    world.commit(&[("a.env", &secret("1"))]);
    let inside = world.root().join("previous");
    world.scan(&["--fail-on", "never", "--output", &format!("evidence={}", inside.display())]).expect(0);
    world.commit(&[]);
    let gates = world.write("gates.toml", "[[gate]]\nname = \"known\"\nthen = \"pass\"\nstate = \"known\"\n");
    let output = format!("evidence={}", world.at("e"));
    let ran = scan(&world, &["."], &["--previous", "previous", "--output", &output, "--config", &gates]);
    refused(&ran, "baseline");
    refused(&scan(&world, &["."], &["--baseline", "previous"]), "baseline");
}

#[test]
fn a_device_is_no_file_of_exceptions() {
    let world = change(&[("x", "text\n")]);
    let ran = world.scan(&["--exceptions", "/dev/zero"]).expect(2);
    assert!(ran.stderr.contains("no regular file"), "{}", ran.stderr);
    world.scan(&["--baseline", "/dev/zero"]).expect(2);
}

#[test]
fn line_ends_of_the_checkout_are_no_change() {
    let world = change(&[("exceptions.toml", &excuse()), (".gitattributes", "*.toml text eol=crlf\n")]);
    world.commit(&[("a.env", &secret("1"))]);
    fs::remove_file(world.root().join("exceptions.toml")).unwrap();
    git(world.root(), &["checkout", "--", "exceptions.toml"]);
    assert!(fs::read_to_string(world.root().join("exceptions.toml")).unwrap().contains("\r\n"));
    let ran = scan(&world, &["."], &["--exceptions", "exceptions.toml"]).expect(0);
    assert!(ran.json()["attempts"].is_null() || array(&ran.json()["attempts"]).is_empty());
}

#[test]
fn a_history_that_was_not_looked_at_excuses_only_what_it_had_then() {
    let world = World::new(&[("old.env", &secret("1"))]);
    git(world.root(), &["rm", "-q", "old.env"]);
    world.commit(&[("x", "text\n")]);
    let baseline = world.at("b.jsonl");
    world.scan(&["--fail-on", "never", "--output", &format!("baseline={baseline}")]).expect(0);
    // What the history had at the time of the baseline is out of the scope that the baseline had.
    let ran = world.scan(&["--history", "--baseline", &baseline]).expect(0);
    assert_eq!(ran.json()["findings"][0]["places"][0]["verdict"]["state"], "newly-detected");
    // What was committed and taken away since is a leak.
    world.commit(&[("new.env", &secret("2"))]);
    git(world.root(), &["rm", "-q", "new.env"]);
    world.commit(&[]);
    world.scan(&["--history", "--baseline", &baseline]).expect(1);
}

#[test]
fn a_marker_that_the_change_edits_is_one_that_it_brings() {
    let line = |marker: &str| format!("T={} # {marker}\n", token("1"));
    let world = change(&[("a.env", &line("straykey:ignore reason=old until=2026-02-10"))]);
    let honour = world.write("honour.toml", "[inline_ignores]\nhonour = true\n");
    scan(&world, &["."], &["--config", &honour]).expect(0);
    world.commit(&[("a.env", &line("straykey:ignore reason=mine until=2026-02-20"))]);
    refused(&scan(&world, &["."], &["--config", &honour]), "inline-ignore");
}
