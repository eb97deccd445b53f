//! The exit codes, each through the program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::run::{Run, array, string, token, tree};

fn clean() -> TempDir {
    tree(&[("README.md", "# Nothing here\n"), ("src/main.rs", "fn main() {}\n")])
}

fn dirty() -> TempDir {
    tree(&[("deploy/.env", &format!("GITHUB_TOKEN={}\n", token("dirty")))])
}

/// A target that cannot be read, with a folder to keep. The mode of a file does not stop the superuser; the memory of
/// a process at address zero stops everyone.
fn unreadable() -> (TempDir, PathBuf) {
    let folder = clean();
    let file = folder.path().join("locked.txt");
    fs::write(&file, "locked\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o0)).unwrap();
    if fs::File::open(&file).is_err() {
        let target = folder.path().to_owned();
        return (folder, target);
    }
    (folder, PathBuf::from("/proc/self/mem"))
}

#[test]
fn zero_for_a_clean_tree() {
    let ran = Run::scan(clean().path(), &["--format", "json"]).go().expect(0);
    let report = ran.json();
    assert_eq!(report["outcome"]["exit_code"], 0);
    assert_eq!(report["outcome"]["complete"], true);
    assert_eq!(report["coverage"]["files_read"], 2);
}

#[test]
fn one_for_findings() {
    for format in ["pretty", "json", "jsonl", "sarif"] {
        Run::scan(dirty().path(), &["--format", format]).go().expect(1);
    }
}

#[test]
fn the_verdict_follows_fail_on() {
    let critical = dirty();
    Run::scan(critical.path(), &["--fail-on", "never"]).go().expect(0);
    for level in ["info", "low", "medium", "high"] {
        Run::scan(critical.path(), &["--fail-on", level]).go().expect(1);
    }
    let report = Run::scan(critical.path(), &["--format", "json"]).go().json();
    let severity = string(&report["findings"][0]["severity"]);
    let expect = i32::from(severity == "critical");
    Run::scan(critical.path(), &["--fail-on", "critical"]).go().expect(expect);
    // Documentation counts less: at most high, whatever the kind.
    let mild = tree(&[("docs/README.md", &format!("Use {} to try it.\n", token("mild")))]);
    Run::scan(mild.path(), &["--fail-on", "critical"]).go().expect(0);
    Run::scan(mild.path(), &[]).go().expect(1);
}

#[test]
fn two_for_usage() {
    let folder = clean();
    for arguments in [
        &["--no-such-option"][..],
        &["--format", "no-such-format"],
        &["--output", "json"],
        &["--fail-on", "sometimes"],
        &["--min-confidence", "certain"],
        &["--fail-on-gap", "wide"],
        &["--at", "yesterday"],
        &["-j", "0"],
        &["--allow-gaps", "--fail-on-gap", "opaque"],
    ] {
        let ran = Run::scan(folder.path(), arguments).go().expect(2);
        assert!(ran.stdout.is_empty(), "{arguments:?} printed a report");
        assert!(!ran.stderr.is_empty(), "{arguments:?} did not say why");
    }
    Run::new(["no-such-command"]).go().expect(2);
}

#[test]
fn two_for_a_target_that_does_not_exist() {
    let folder = clean();
    let ran = Run::scan(&folder.path().join("missing"), &[]).go().expect(2);
    assert!(ran.stderr.contains("missing"), "{}", ran.stderr);
}

#[test]
fn two_for_a_report_named_like_standard_output() {
    let folder = clean();
    let ran = Run::scan(folder.path(), &["--output", "json=-"]).current_dir(folder.path()).go().expect(2);
    assert!(ran.stderr.contains("standard output is for --format"), "{}", ran.stderr);
    assert!(!folder.path().join("-").exists());
}

#[test]
fn two_for_a_report_that_cannot_be_written() {
    let folder = dirty();
    let nowhere = format!("json={}", folder.path().join("no/such/folder/report.json").display());
    let ran = Run::scan(folder.path(), &["--output", &nowhere]).go().expect(2);
    assert!(ran.stderr.contains("report.json"), "{}", ran.stderr);
    let taken = format!("sarif={}", folder.path().join("deploy").display());
    Run::scan(folder.path(), &["--output", &taken]).go().expect(2);
}

#[test]
fn two_for_a_bad_rule_or_a_missing_key() {
    let folder = clean();
    let rules = tree(&[("broken.toml", "provider = \"broken\"\nname = \"Broken\"\ncolour = \"red\"\n")]);
    let ran = Run::scan(folder.path(), &["--rules", rules.path().to_str().unwrap()]).go().expect(2);
    assert!(ran.stderr.contains("broken.toml:3"), "file and line: {}", ran.stderr);
    let nowhere = folder.path().join("no-key");
    let missing = ["--fingerprint-key-file", nowhere.to_str().unwrap()];
    Run::scan(folder.path(), &missing).without_key().go().expect(2);
    let rules = folder.path().join("no-rules");
    Run::scan(folder.path(), &["--rules", rules.to_str().unwrap()]).go().expect(2);
}

#[test]
fn three_for_a_bare_repository_without_a_commit() {
    let folder = TempDir::with_prefix("bare-").unwrap();
    git2::Repository::init_bare(folder.path()).unwrap();
    for arguments in [&["--format", "json"][..], &["--format", "json", "--history"]] {
        let ran = Run::scan(folder.path(), arguments).go().expect(3);
        assert!(ran.json()["notes"].to_string().contains("nothing to scan"), "{}", ran.text());
    }
    Run::scan(folder.path(), &["--staged"]).go().expect(2);
}

#[test]
fn three_for_what_cannot_be_read() {
    let (_folder, target) = unreadable();
    let ran = Run::scan(&target, &["--format", "json"]).go().expect(3);
    let report = ran.json();
    assert_eq!(report["outcome"]["complete"], false);
    assert_eq!(report["outcome"]["failed"], false);
    let gaps = array(&report["gaps"]);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!(gaps[0]["class"], "unreadable");
    assert!(!string(&gaps[0]["reason"]).is_empty());
    // What an operator allows is no failure, but it is told.
    let ran = Run::scan(&target, &["--format", "json", "--allow-gaps"]).go().expect(0);
    assert_eq!(array(&ran.json()["gaps"]).len(), 1);
    // No such gap among the failing ones: the scan is complete.
    Run::scan(&target, &["--fail-on-gap", "missing"]).go().expect(0);
    Run::scan(&target, &["--fail-on-gap", "missing,unreadable"]).go().expect(3);
}

#[test]
fn sarif_says_that_a_scan_was_incomplete() {
    let (_folder, target) = unreadable();
    let report = Run::scan(&target, &["--format", "sarif"]).go().expect(3).json();
    let invocation = &report["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert!(!array(&invocation["toolExecutionNotifications"]).is_empty());
}

#[test]
fn findings_outrank_gaps() {
    let (folder, target) = unreadable();
    let file = folder.path().join("leak.env");
    fs::write(&file, format!("TOKEN={}\n", token("outrank"))).unwrap();
    let run = |arguments: &[&str]| Run::scan(&target, arguments).args([&file]).go();
    run(&[]).expect(1);
    run(&["--fail-on", "never"]).expect(3);
}

#[test]
fn opaque_gaps_fail_only_when_asked() {
    let folder = clean();
    // A gzip stream that unpacks to nothing readable here: ten bytes of header and some noise.
    let noise = crate::plant::Noise::seeded("gzip").bytes(600);
    crate::run::put(folder.path(), "data.gz", &[b"\x1f\x8b\x08\0\0\0\0\0\0\x03", noise.as_slice()].concat());
    let ran = Run::scan(folder.path(), &["--format", "json"]).go().expect(0);
    assert_eq!(ran.json()["gaps"][0]["class"], "opaque");
    Run::scan(folder.path(), &["--fail-on-gap", "opaque"]).go().expect(3);
    Run::scan(folder.path(), &["--allow-gaps"]).go().expect(0);
}

#[test]
fn three_when_there_was_nothing_to_scan() {
    let empty = TempDir::with_prefix("empty-").unwrap();
    Run::scan(empty.path(), &[]).go().expect(3);
    Run::scan(empty.path(), &["--allow-empty"]).go().expect(0);
}

#[test]
fn help_version_completions_and_manual_are_zero() {
    for arguments in [&["--help"][..], &["--version"], &["scan", "--help"], &["completions", "bash"], &["man"]] {
        let ran = Run::new(arguments).go().expect(0);
        assert!(!ran.stdout.is_empty(), "{arguments:?}");
        assert!(ran.stderr.is_empty(), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn the_working_directory_is_the_default_target() {
    let folder = dirty();
    let ran = Run::new(["scan", "--format", "json"]).current_dir(folder.path()).go().expect(1);
    assert_eq!(ran.json()["targets"][0]["given"], ".");
    let here: &Path = folder.path();
    assert_eq!(Run::scan(here, &["--format", "json"]).go().places(), ran.places());
}

/// A limit on the size of files stands for a disk that fills: the report that is too large for it cannot be written.
#[test]
fn when_a_report_cannot_be_written_none_is_touched() {
    let lines: String = (0..200).map(|number| format!("T={}\n", token(&number.to_string()))).collect();
    let folder = tree(&[("a.env", &lines)]);
    let reports = TempDir::new().unwrap();
    let formats = ["markdown", "json", "sarif", "github", "csv", "junit", "codeclimate", "annotations"];
    for format in formats {
        fs::write(reports.path().join(format), "old").unwrap();
    }
    let outputs: Vec<String> =
        formats.iter().map(|format| format!("--output {format}={}", reports.path().join(format).display())).collect();
    let script = format!(
        "trap '' XFSZ; ulimit -f 100; exec {} scan {} {} --output evidence={}",
        env!("CARGO_BIN_EXE_straykey"),
        folder.path().display(),
        outputs.join(" "),
        reports.path().join("bundle").display()
    );
    let ran = std::process::Command::new("sh")
        .args(["-c", &script])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("STRAYKEY_FINGERPRINT_KEY", crate::run::TEST_KEY)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("cannot write"), "{stderr}");
    let mut left: Vec<_> =
        fs::read_dir(reports.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    let mut expected = formats.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(left, expected, "nothing half written is left");
    for format in formats {
        assert_eq!(fs::read_to_string(reports.path().join(format)).unwrap(), "old", "{format}");
    }
}
