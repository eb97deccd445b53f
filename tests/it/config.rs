//! The configuration, through the program: what is obeyed, what is refused, what is shown.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::run::{Run, array, put, string, token, tree};

/// Hexadecimal digits of a salt.
fn salt() -> String {
    (0..32_u8).map(|byte| format!("{:02x}", byte.wrapping_mul(91).wrapping_add(5))).collect()
}

/// A folder for configurations, apart from what is scanned.
fn configs(files: &[(&str, &str)]) -> TempDir {
    tree(files)
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn dirty() -> TempDir {
    tree(&[("deploy/.env", &format!("GITHUB_TOKEN={}\n", token("config")))])
}

#[test]
fn a_configuration_that_is_named_is_obeyed() {
    let target = dirty();
    let folder = configs(&[("a.toml", "[scan]\nfail_on = \"never\"\n")]);
    let a = path(&folder, "a.toml");
    Run::scan(target.path(), &["--config", &a]).go().expect(0);
    Run::scan(target.path(), &[]).env("STRAYKEY_CONFIG", &a).go().expect(0);
    // The operator types both; an option goes before a file.
    Run::scan(target.path(), &["--config", &a, "--fail-on", "low"]).go().expect(1);
    Run::scan(target.path(), &[]).env("STRAYKEY_CONFIG", "").go().expect(1);
}

#[test]
fn each_setting_of_a_scan_reaches_it() {
    let empty = TempDir::new().unwrap();
    Run::scan(empty.path(), &[]).go().expect(3);
    let folder = configs(&[
        ("empty.toml", "[scan]\nallow_empty = true\n"),
        ("ignore.toml", "[scan]\nno_ignore = true\n"),
        ("confidence.toml", "[scan]\nmin_confidence = \"high\"\n"),
        ("gap.toml", "[scan]\nfail_on_gap = [\"opaque\"]\n"),
        ("gaps.toml", "[scan]\nfail_on_gap = []\n"),
    ]);
    Run::scan(empty.path(), &["--config", &path(&folder, "empty.toml")]).go().expect(0);

    let ignored = tree(&[(".gitignore", "build/\n"), ("build/a.txt", &format!("A={}\n", token("ignored")))]);
    git2::Repository::init(ignored.path()).unwrap();
    Run::scan(ignored.path(), &[]).go().expect(0);
    Run::scan(ignored.path(), &["--config", &path(&folder, "ignore.toml")]).go().expect(1);

    // The rule for headers has no model behind it, so that the sample stays in its grade.
    let header = ["Authorization: Bearer ", "q7Zt4mVb", "9kLx2WcR", "8pNs6YdF", "3hJg5TaQ"].concat();
    let doubtful = tree(&[("a.txt", &format!("{header}\n"))]);
    let count = |arguments: &[&str]| {
        array(&Run::scan(doubtful.path(), arguments).args(["--format", "json"]).go().json()["findings"]).len()
    };
    let least = |grade: &str| count(&["--min-confidence", grade]);
    assert_eq!(count(&["--config", &path(&folder, "confidence.toml")]), least("high"));
    assert_eq!(count(&[]), least("medium"));
    assert_ne!(least("medium"), least("high"), "the sample tells the two apart");

    let zip = TempDir::new().unwrap();
    put(zip.path(), "a.zip", b"PK\x03\x04 and more that is no archive");
    Run::scan(zip.path(), &[]).go().expect(0);
    Run::scan(zip.path(), &["--config", &path(&folder, "gap.toml")]).go().expect(3);
    Run::scan(zip.path(), &["--config", &path(&folder, "gap.toml"), "--allow-gaps"]).go().expect(0);
    Run::scan(zip.path(), &["--config", &path(&folder, "gaps.toml"), "--fail-on-gap", "opaque"]).go().expect(3);
}

#[test]
fn a_configuration_in_the_tree_is_not_obeyed() {
    let target = dirty();
    let plain = Run::scan(target.path(), &["--format", "json"]).go().expect(1).json();
    put(target.path(), "straykey.toml", b"[scan]\nfail_on = \"never\"\n[[exclude]]\npath = \"**\"\nreason = \"all\"\n");
    put(target.path(), "deploy/straykey.toml", b"this is no configuration");
    let mut report = Run::scan(target.path(), &["--format", "json"]).current_dir(target.path()).go().expect(1).json();
    let notes: Vec<String> = array(&report["notes"]).iter().map(string).collect();
    assert_eq!(notes.len(), 2, "{notes:?}");
    for (note, name) in notes.iter().zip(["deploy/straykey.toml", "straykey.toml"]) {
        assert!(note.starts_with(&format!("{name} lies in the scanned tree and is not obeyed")), "{note}");
    }
    // But for those lines, and the two files that were read more, nothing has changed.
    report["notes"] = plain["notes"].clone();
    report["coverage"] = plain["coverage"].clone();
    assert_eq!(report, plain);
    // The one that the operator names is obeyed and not spoken of.
    put(target.path(), "straykey.toml", b"[scan]\nfail_on = \"never\"\n");
    let named = path(&target, "straykey.toml");
    let report = Run::scan(target.path(), &["--format", "json", "--config", &named]).go().expect(0).json();
    assert_eq!(array(&report["notes"]).len(), 1, "{}", report["notes"]);
}

#[test]
fn faults_of_all_files_are_told_at_once() {
    let folder = configs(&[("a.toml", "[scan]\nfail_onn = \"high\"\n"), ("b.toml", "unit = 1\n")]);
    let (a, b) = (path(&folder, "a.toml"), path(&folder, "b.toml"));
    let ran = Run::scan(folder.path(), &["--config", &a, "--config", &b]).go().expect(2);
    assert!(ran.stderr.starts_with("straykey: 2 errors in the configuration\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("{a}:2:1: `scan.fail_onn`: unknown key; did you mean `fail_on`?\n")));
    assert!(ran.stderr.contains("\n  2 | fail_onn = \"high\"\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("{b}:1:8: `unit`: ")), "{}", ran.stderr);
    assert_eq!(ran.text(), "");
    Run::new(["config", "show", "--config", &a]).go().expect(2);
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = configs(&[]);
    fs::write(folder.path().join("wide.toml"), b"\xff\xfeu\0n\0").unwrap();
    fs::write(folder.path().join("large.toml"), vec![b'#'; (1 << 20) + 1]).unwrap();
    let missing = path(&folder, "missing.toml");
    let wide = path(&folder, "wide.toml");
    let large = path(&folder, "large.toml");
    let directory = folder.path().display().to_string();
    for (name, message) in [
        (&missing, "cannot read the configuration: No such file"),
        (&directory, "is a directory, not a configuration"),
        (&wide, ":1:1: this byte is not UTF-8"),
        (&large, "is larger than 1 MiB"),
    ] {
        let ran = Run::scan(folder.path(), &["--config", name]).go().expect(2);
        assert!(ran.stderr.contains(name.as_str()) && ran.stderr.contains(message), "{}", ran.stderr);
    }
    // A name with a line break in it cannot write lines of its own.
    let ran = Run::scan(folder.path(), &["--config", "x\nstraykey: all is well"]).go().expect(2);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn the_organisation_decides() {
    let target = dirty();
    let folder = configs(&[
        ("org.toml", "[scan]\nfail_on = \"high\"\n"),
        ("lenient.toml", "delegate = [\"scan.fail_on\"]\n[scan]\nfail_on = \"high\"\n"),
        ("team.toml", "[scan]\nfail_on = \"never\"\n"),
    ]);
    let [org, lenient, team] = ["org.toml", "lenient.toml", "team.toml"].map(|name| path(&folder, name));
    let ran = Run::scan(target.path(), &["--config", &team, "--format", "json"]).env("STRAYKEY_CONFIG", &org).go();
    let report = ran.expect(1).json();
    let notes: Vec<String> = array(&report["notes"]).iter().map(string).collect();
    let note = format!("{team}:2: `scan.fail_on` is not obeyed, since {org} does not delegate it");
    assert!(notes.iter().any(|text| text.starts_with(&note)), "{notes:?}");
    Run::scan(target.path(), &["--config", &lenient, "--config", &team]).go().expect(0);
    let both = std::env::join_paths([&lenient, &team]).unwrap();
    Run::scan(target.path(), &[]).env("STRAYKEY_CONFIG", both).go().expect(0);
}

#[test]
fn the_salt_is_the_key_and_never_shown() {
    let (salt, target) = (salt(), dirty());
    let folder = configs(&[("a.toml", &format!("salt = \"{salt}\"\n")), ("bad.toml", &format!("slat = \"{salt}\"\n"))]);
    let a = path(&folder, "a.toml");
    let scan = |arguments: &[&str]| Run::scan(target.path(), arguments).args(["--format", "json"]).without_key();
    let report = scan(&["--config", &a]).go().expect(1).json();
    assert_eq!(report["key"]["keyed"], "salt");
    // It goes before the public default of CI, and behind a key that is given.
    assert_eq!(scan(&["--config", &a]).env("CI", "true").go().expect(1).json()["key"]["keyed"], "salt");
    let given = scan(&["--config", &a]).env("STRAYKEY_FINGERPRINT_KEY", "a key of sixteen and more").go().json();
    assert_eq!(given["key"]["keyed"], "secret");
    assert_eq!(scan(&[]).env("CI", "true").go().json()["key"]["keyed"], "public");

    let shown = Run::new(["config", "show", "--format", "json", "--config", &a]).go().expect(0);
    assert_eq!(shown.json()["settings"]["salt.key_id"]["value"], report["key"]["id"]);
    let mut texts = vec![shown.text()];
    texts.push(Run::new(["config", "show", "--config", &a]).go().expect(0).text());
    let refused = scan(&["-vvv", "--config", &path(&folder, "bad.toml")]).go().expect(2);
    assert!(refused.stderr.contains("did you mean `salt`?"), "{}", refused.stderr);
    texts.extend([refused.stderr, scan(&["-vvv", "--config", &a]).go().stderr]);
    for text in texts {
        assert!(!text.contains(&salt[..12]), "{text}");
    }
}

#[test]
fn config_show_tells_values_and_origins() {
    let folder = configs(&[
        ("org.toml", "unit = \"bank\"\ndelegate = [\"exclude\"]\n[scan]\nfail_on = \"high\"\n"),
        ("team.toml", "unit = \"team\"\n[[exclude]]\npath = \"vendor/**\"\nreason = \"theirs\"\n"),
    ]);
    let (org, team) = (path(&folder, "org.toml"), path(&folder, "team.toml"));
    let run =
        |format: &str| Run::new(["config", "show", "--format", format, "--config", &team]).env("STRAYKEY_CONFIG", &org);
    let shown = run("json").go().expect(0).json();
    assert_eq!(shown["schema"], "straykey/config/v1");
    let settings = &shown["settings"];
    assert_eq!(settings["unit"], serde_json::json!({ "value": "bank", "origin": format!("{org}:1") }));
    assert_eq!(settings["scan.fail_on"]["origin"], format!("{org}:4"));
    assert_eq!(settings["scan.min_confidence"], serde_json::json!({ "value": "medium", "origin": "default" }));
    assert_eq!(settings["exclude"]["value"][0]["path"], "vendor/**");
    assert_eq!(settings["exclude"]["origin"], format!("{team}:2"));
    let named: Vec<String> = array(&shown["files"]).iter().map(|file| string(&file["named_by"])).collect();
    assert_eq!(named, ["environment", "command line"]);
    assert_eq!(string(&shown["files"][0]["sha256"]).len(), 64);
    assert_eq!(array(&shown["notes"]).len(), 1);
    let text = run("table").go().expect(0).text();
    for part in ["bank", "vendor/**", &format!("{org}:4"), "`unit` is not obeyed", "named by the environment"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    Run::new(["config", "show"]).go().expect(0);
}

#[test]
fn init_writes_what_the_reader_takes_and_never_overwrites() {
    let signs =
        [(".gitlab-ci.yml", "stages: [test]\n"), ("azure-pipelines.yml", "steps: []\n"), ("Jenkinsfile", "// x\n")];
    let folder = tree(&signs);
    fs::create_dir(folder.path().join(".github")).unwrap();
    let init = || Run::new(["init"]).current_dir(folder.path()).go();
    let first = init().expect(0);
    let jobs =
        [".github/workflows/straykey.yml", ".gitlab/straykey.yml", ".azure/straykey.yml", "Jenkinsfile.straykey"];
    let files = ["straykey.toml", jobs[0], jobs[1], jobs[2], jobs[3]];
    let read = || files.map(|name| fs::read_to_string(folder.path().join(name)).unwrap());
    for (name, text) in files.iter().zip(read()) {
        assert!(first.text().contains(name), "{}", first.text());
        // The configuration that was written is named, and severity high and up gates.
        let set = |variable: &str, value: &str| {
            let values = [format!("{variable}: {value}"), format!("{variable} = '{value}'")];
            text.lines().any(|line| values.iter().any(|start| line.trim_start().starts_with(start.as_str())))
        };
        let job = set("STRAYKEY_CONFIG", "straykey.toml")
            && set("STRAYKEY_EXCEPTIONS", "exceptions.toml")
            && set("STRAYKEY_FAIL_ON", "high");
        assert!(job || *name == "straykey.toml", "{name}:\n{text}");
    }
    assert!(first.text().contains("- local: .gitlab/straykey.yml"));
    // What it wrote passes the gate that it sets up.
    let gate = ["scan", ".", "--config", "straykey.toml", "--fail-on", "info", "--format", "json"];
    let report = Run::new(gate).current_dir(folder.path()).without_key().go().expect(0).json();
    assert_eq!(report["key"]["keyed"], "salt");
    assert_eq!(array(&report["findings"]).len(), 0, "{report:#}");

    let before = read();
    let second = init().expect(2);
    assert!(second.text().contains("left ") && second.stderr.contains("nothing was written"), "{second:?}");
    assert_eq!(read(), before);
    fs::remove_file(folder.path().join(files[1])).unwrap();
    init().expect(0);
    assert_eq!(read(), before, "the file that was gone is the same again, the others are as they were");

    let other = TempDir::new().unwrap();
    Run::new(["init"]).args([other.path()]).go().expect(0);
    let salt_of = |text: &str| text.lines().find(|line| line.starts_with("salt")).unwrap().to_owned();
    let text = fs::read_to_string(other.path().join("straykey.toml")).unwrap();
    assert_ne!(salt_of(&text), salt_of(&before[0]), "each salt is new");
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 2, "the configuration, and the file of exceptions");
    Run::new(["init", "/nowhere/at/all"]).go().expect(2);
}

/// The JSON report of a scan with this text as its configuration.
fn configured(target: &TempDir, text: &str) -> Value {
    let folder = configs(&[("c.toml", text)]);
    let arguments = ["--fail-on", "never", "--format", "json", "--config", &path(&folder, "c.toml")];
    Run::scan(target.path(), &arguments).go().json()
}

fn rules_of(report: &Value) -> Vec<String> {
    array(&report["findings"]).iter().map(|finding| string(&finding["rule"]["id"])).collect()
}

#[test]
fn excluded_paths_are_left_out_counted_and_reasoned() {
    let target = dirty();
    put(target.path(), "deploy/more/x.txt", b"text");
    put(target.path(), "kept.txt", b"text");
    let report = configured(&target, "[[exclude]]\npath = \"deploy/\"\nreason = \"another team's\"\n");
    assert_eq!(rules_of(&report), [""; 0]);
    let row = &report["exclusions"][0];
    assert_eq!((row["class"].as_str(), row["path"].as_str()), (Some("configured"), Some("deploy")));
    assert_eq!((row["reason"].as_str(), row["files"].as_u64()), (Some("another team's"), Some(2)));
    assert_eq!(report["coverage"]["files_seen"], 3);
    let folder = configs(&[("c.toml", "\n[[exclude]]\npath = \"a[\"\nreason = \"r\"\n")]);
    let file = path(&folder, "c.toml");
    let ran = Run::scan(target.path(), &["--config", &file]).go().expect(2);
    assert!(ran.stderr.contains(&format!("{file}:3")), "{}", ran.stderr);
}

#[test]
fn a_budget_of_the_operator_makes_an_exclusion() {
    let target = dirty();
    put(target.path(), "large.txt", &[b'x'; 3000]);
    let report = configured(&target, "[budgets]\nfile_size = \"2 KiB\"\nmemory = \"32 MiB\"\n");
    assert_eq!(report["exclusions"][0]["class"], "over-configured-size");
    assert_eq!(report["exclusions"][0]["path"], "large.txt");
    assert_eq!(report["outcome"]["complete"], true);
    assert_eq!(array(&report["findings"]).len(), 1);
}

#[test]
fn rules_are_switched_off_and_changed() {
    let target = dirty();
    let report = configured(&target, "");
    assert_eq!(rules_of(&report), ["github-personal-access-token"]);
    let rule = "[rules.github-personal-access-token]\nreason = \"r\"\n";
    let off = configured(&target, &format!("{rule}enabled = false\n"));
    assert!(!rules_of(&off).contains(&"github-personal-access-token".to_owned()));
    let info = configured(&target, &format!("{rule}severity = \"info\"\n"));
    assert_eq!(info["findings"][0]["severity"], "info");
    let folder = configs(&[("off.toml", &format!("{rule}enabled = false\n"))]);
    let bundle = TempDir::new().unwrap();
    let output = format!("evidence={}", bundle.path().display());
    let arguments = ["--config", &path(&folder, "off.toml"), "--fail-on", "never", "--output", &output];
    Run::scan(target.path(), &arguments).go().expect(0);
    let text = fs::read_to_string(bundle.path().join("evidence.jsonl")).unwrap();
    let body = |kind: &str| {
        let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["body"].clone());
        records.filter(|body| body["type"] == kind).collect::<Vec<_>>()
    };
    assert_eq!(body("self-test")[0]["not_tested"], serde_json::json!(["github-personal-access-token"]));
    let origin = &body("scan-started")[0]["configuration"]["resolved"];
    assert!(origin.to_string().contains("off.toml:"), "{origin}");
    let file = &body("scan-started")[0]["configuration"]["files"][0];
    let bytes = fs::read(folder.path().join("off.toml")).unwrap();
    assert_eq!(string(&file["sha256"]), straykey::evidence::chain::sha256_hex(&bytes));
}

#[test]
fn inline_ignores_count_only_where_the_policy_says_so() {
    let marked = |marker: &str| tree(&[("a.env", &format!("T={} # {marker}\n", token("marked")))]);
    let policy = "[inline_ignores]\nhonour = true\nrequire_reason = true\nmax_days = 30\n";
    let folder = configs(&[("policy.toml", policy)]);
    let file = path(&folder, "policy.toml");
    for (marker, code) in [
        ("straykey:ignore reason=fixture until=2026-01-20", 0),
        ("straykey:ignore until=2026-01-20", 1),
        ("straykey:ignore reason=fixture", 1),
        ("straykey:ignore reason=fixture until=2026-06-01", 1),
        ("gitleaks:allow", 1),
    ] {
        let target = marked(marker);
        Run::scan(target.path(), &["--at", "2026-01-01"]).go().expect(1);
        let arguments = ["--at", "2026-01-01", "--config", &file, "--format", "sarif"];
        let ran = Run::scan(target.path(), &arguments).go().expect(code);
        let status = ran.json()["runs"][0]["results"][0]["suppressions"][0]["status"].clone();
        assert_eq!(status, if code == 0 { "accepted" } else { "underReview" }, "{marker}");
    }
}

#[test]
fn an_accepted_gap_is_told_but_does_not_fail() {
    let target = TempDir::new().unwrap();
    put(target.path(), "a.zip", b"PK\x03\x04 and more that is no archive");
    let sha256 = straykey::evidence::chain::sha256_hex(b"PK\x03\x04 and more that is no archive");
    let entry = |sha256: &str, until: &str| {
        format!(
            "[scan]\nfail_on_gap = [\"opaque\"]\n[[accepted_gap]]\npath = \"a.zip\"\nsha256 = \"{sha256}\"\n\
             reason = \"looked at\"\napprover = \"j.doe\"\nuntil = {until}\n"
        )
    };
    let folder = configs(&[
        ("good.toml", &entry(&sha256, "2026-12-31")),
        ("late.toml", &entry(&sha256, "2025-12-31")),
        ("other.toml", &entry(&sha256.replace(|digit: char| digit.is_ascii_digit(), "a"), "2026-12-31")),
    ]);
    for (name, code, note) in
        [("good.toml", 0, None), ("late.toml", 3, Some("ended on")), ("other.toml", 3, Some("SHA-256"))]
    {
        let arguments = ["--at", "2026-06-01", "--format", "json", "--config", &path(&folder, name)];
        let report = Run::scan(target.path(), &arguments).go().expect(code).json();
        assert_eq!(array(&report["gaps"]).len(), 1, "it stays listed");
        assert_eq!(report["gaps"][0]["accepted"]["approver"].as_str(), (code == 0).then_some("j.doe"));
        let notes = report["notes"].to_string();
        assert!(note.is_none_or(|note| notes.contains(note)), "{notes}");
    }
}
