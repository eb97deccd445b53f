//! Evidence bundles: what they say adds up, and every later change to one is named.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use straykey::evidence::{Bundle, Disagreement, MANIFEST, RECORDS, RESULTS, STATEMENT, chain, verify};
use tempfile::TempDir;

use crate::formats::{assert_valid, schema};
use crate::plant::{self, Noise};
use crate::repository::git;
use crate::run::{Run, array, put, token, tree};

/// A folder for bundles, and in it the bundle of a scan of `target`.
fn bundle_of(target: &Path, arguments: &[&str]) -> (TempDir, PathBuf) {
    let above = TempDir::with_prefix("evidence-").unwrap();
    let bundle = above.path().join("bundle");
    let output = format!("evidence={}", bundle.display());
    let ran = Run::scan(target, &["--fail-on", "never", "--output", &output]).args(arguments).go();
    assert!(bundle.is_dir(), "{}", ran.stderr);
    (above, bundle)
}

/// A tree with findings, an exclusion, gaps and names that are hard to print.
fn eventful() -> TempDir {
    let folder = tree(&[
        ("a b/ünï#%.env", &format!("A={} # gitleaks:allow\nB={}\n", token("1"), token("2"))),
        ("deploy.sh", &format!("export TOKEN={}\n", token("1"))),
        ("tests/c.txt", &format!("é\u{1f511} {}\n", token("3"))),
        ("notes/\u{7f}\u{202e}name", "text\n"),
    ]);
    put(folder.path(), "x.zip", &[b"PK\x03\x04\x14\0\0\0\x08\0", Noise::seeded("zip").bytes(100).as_slice()].concat());
    put(folder.path(), "wide.txt", &"password".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    symlink("/etc", folder.path().join("out")).unwrap();
    symlink("deploy.sh", folder.path().join("alias")).unwrap();
    symlink("loop", folder.path().join("loop")).unwrap();
    folder
}

/// The bodies of the records, by type.
fn records(bundle: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut by_type: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in fs::read_to_string(bundle.join(RECORDS)).unwrap().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let body = &record["body"];
        by_type.entry(body["type"].as_str().unwrap().to_owned()).or_default().push(body.clone());
    }
    by_type
}

#[track_caller]
fn disagreements(bundle: &Path) -> Vec<Disagreement> {
    verify(&Bundle::read(bundle).unwrap()).unwrap_err()
}

#[test]
fn a_fresh_bundle_is_consistent_and_valid() {
    let folder = eventful();
    let (_above, bundle) = bundle_of(folder.path(), &["--unit", "payments"]);
    let ran = Run::new(["evidence", "verify"]).args([&bundle]).go().expect(0);
    assert!(ran.text().contains(": consistent\n"), "{}", ran.text());
    assert!(!ran.text().contains("valid"), "a bundle is never called valid");

    let records_schema = schema("docs/schemas/evidence-v1.schema.json");
    let mut kinds = Vec::new();
    for line in fs::read_to_string(bundle.join(RECORDS)).unwrap().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        assert_valid(&records_schema, &record);
        kinds.push(record["body"]["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds.first().map(String::as_str), Some("scan-started"));
    assert_eq!(kinds.last().map(String::as_str), Some("scan-completed"));
    for kind in ["run-context", "exclusion", "gap", "coverage", "self-test", "finding", "control-state"] {
        assert!(kinds.iter().any(|one| one == kind), "{kind} is missing");
    }
    let statement: Value = serde_json::from_slice(&fs::read(bundle.join(STATEMENT)).unwrap()).unwrap();
    assert_valid(&schema("tests/it/schemas/intoto-statement-v1.schema.json"), &statement);
    let sarif: Value = serde_json::from_slice(&fs::read(bundle.join(RESULTS)).unwrap()).unwrap();
    assert_valid(&schema("tests/it/schemas/sarif-schema-2.1.0.json"), &sarif);

    let records = records(&bundle);
    let unit = &records["run-context"][0]["unit"];
    assert_eq!((unit["value"].as_str(), unit["basis"].as_str()), (Some("payments"), Some("asserted")));
    let shown = Run::new(["evidence", "show"]).args([&bundle]).go().expect(0).text();
    for part in ["payments (asserted: --unit)", "contradicting evidence (untriaged)", "github-personal-access-token"] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    assert!(!shown.contains(['\u{7f}', '\u{202e}']), "names cannot write to the terminal");
}

#[test]
fn a_bundle_holds_no_secret_even_where_values_were_asked_for() {
    let folder = eventful();
    let (_above, bundle) = bundle_of(folder.path(), &["--format", "json", "--show-secrets"]);
    for part in [RECORDS, RESULTS, MANIFEST, STATEMENT] {
        let text = fs::read_to_string(bundle.join(part)).unwrap();
        for number in ["1", "2", "3"] {
            assert!(!text.contains(&token(number)), "{part} holds a value");
        }
    }
}

/// What a change must be named as.
type Named = (&'static str, Option<u64>);

/// Makes one random change to the copy of a bundle; `other` is a bundle of another scan.
fn change(noise: &mut Noise, bundle: &Path, other: &Path) -> (String, Named) {
    let part = [RECORDS, RECORDS, RESULTS, MANIFEST, STATEMENT][noise.below(5)];
    let path = bundle.join(part);
    let mut content = fs::read(&path).unwrap();
    let lines: Vec<Vec<u8>> = content.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let line_of = |content: &[u8], at: usize| memchr::memchr_iter(b'\n', &content[..at]).count() as u64;
    let in_records = |record: u64| (part, (part == RECORDS).then_some(record));
    let (what, changed, named) = match noise.below(6) {
        0 => {
            let at = noise.below(content.len());
            let named = in_records(line_of(&content, at));
            content[at] ^= 1 << noise.below(8);
            (format!("byte {at}"), content, named)
        }
        1 => {
            let at = noise.below(content.len());
            let named = in_records(if at == 0 { 0 } else { line_of(&content, at - 1) });
            content.truncate(at);
            let named = if part == RECORDS && at == 0 { (part, None) } else { named };
            (format!("cut at byte {at}"), content, named)
        }
        kind if part == RECORDS => {
            let mut order: Vec<usize> = (0..lines.len()).collect();
            let at = noise.below(lines.len() - 1);
            let (what, record) = match kind {
                2 => {
                    order.remove(at);
                    ("removed", at)
                }
                3 => {
                    order.swap(at, at + 1);
                    ("exchanged with the next", at)
                }
                4 => {
                    order.insert(at, at);
                    ("doubled", at + 1)
                }
                _ => {
                    order.truncate(at + 1);
                    ("the last one left", at)
                }
            };
            let changed = order.into_iter().flat_map(|line| lines[line].clone()).collect();
            (format!("record {at} {what}"), changed, (part, Some(record as u64)))
        }
        _ => ("exchanged with that of another bundle".to_owned(), fs::read(other.join(part)).unwrap(), (part, None)),
    };
    fs::write(&path, changed).unwrap();
    (format!("{part}: {what}"), named)
}

#[test]
fn two_hundred_random_changes_are_each_named() {
    let (_above, bundle) = bundle_of(eventful().path(), &[]);
    let (_above_other, other) = bundle_of(tree(&[("a.env", &format!("T={}\n", token("9")))]).path(), &[]);
    verify(&Bundle::read(&bundle).unwrap()).unwrap();
    verify(&Bundle::read(&other).unwrap()).unwrap();
    let mut noise = Noise::seeded("changes to bundles");
    for _ in 0..200 {
        let copy = TempDir::with_prefix("changed-").unwrap();
        for part in [RECORDS, RESULTS, MANIFEST, STATEMENT] {
            fs::copy(bundle.join(part), copy.path().join(part)).unwrap();
        }
        let (what, named) = change(&mut noise, copy.path(), &other);
        let found = disagreements(copy.path());
        assert_eq!((found[0].part, found[0].record), named, "{what}: {found:?}");
    }
}

#[test]
fn a_changed_bundle_ends_with_code_1_and_names_the_place() {
    let (_above, bundle) = bundle_of(eventful().path(), &[]);
    let path = bundle.join(RECORDS);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"untracked\"", "\"x\"", 1).replacen("files_seen\":", "files_seen\":1", 1))
        .unwrap();
    let ran = Run::new(["evidence", "verify"]).args([&bundle]).go().expect(1);
    let coverage = text.lines().position(|line| line.contains("files_seen")).unwrap();
    assert!(
        ran.text().contains(&format!("evidence.jsonl, record {coverage} (line {})", coverage + 1)),
        "{}",
        ran.text()
    );
    let json = Run::new(["evidence", "verify", "--format", "json"]).args([&bundle]).go().expect(1).json();
    assert_eq!(json["state"], "not consistent");
    assert_eq!(json["disagreements"][0]["record"], coverage);
    assert!(Run::new(["evidence", "show"]).args([&bundle]).go().expect(1).text().contains("NOT CONSISTENT"));
    let nothing = TempDir::new().unwrap();
    Run::new(["evidence", "verify"]).args([nothing.path()]).go().expect(2);
}

#[test]
fn a_chain_that_was_made_anew_does_not_fit_the_manifest() {
    let (_above, bundle) = bundle_of(eventful().path(), &[]);
    let read = Bundle::read(&bundle).unwrap();
    let mut writer = chain::Writer::new(Vec::new(), &read.records[0].scan);
    for record in &read.records {
        let mut body = read.whole(record).body;
        if record.kind() == "run-context" {
            body["host"]["value"] = "elsewhere".into();
        }
        writer.append(&body).unwrap();
    }
    fs::write(bundle.join(RECORDS), writer.finish().unwrap().0).unwrap();
    let found = disagreements(&bundle);
    assert_eq!((found[0].part, found[0].record), (RECORDS, None), "{found:?}");
}

#[test]
fn counts_of_a_record_are_checked_even_in_a_sound_chain() {
    let (_above, bundle) = bundle_of(eventful().path(), &[]);
    let read = Bundle::read(&bundle).unwrap();
    for (kind, member) in [("coverage", "files_seen"), ("coverage", "gaps"), ("scan-completed", "findings")] {
        let mut writer = chain::Writer::new(Vec::new(), &read.records[0].scan);
        let mut place = 0;
        for (number, record) in (0_u64..).zip(&read.records) {
            let mut body = read.whole(record).body;
            if record.kind() == kind {
                place = number;
                body[member] = (body[member].as_u64().unwrap() + 1).into();
            }
            writer.append(&body).unwrap();
        }
        fs::write(bundle.join(RECORDS), writer.finish().unwrap().0).unwrap();
        let found = disagreements(&bundle);
        assert_eq!(found[0].record, Some(place), "{kind} {member}: {found:?}");
    }
}

#[test]
fn evidence_is_not_overwritten() {
    let folder = tree(&[("a.txt", "text\n")]);
    let (_above, bundle) = bundle_of(folder.path(), &[]);
    let before = fs::read(bundle.join(RECORDS)).unwrap();
    let output = format!("evidence={}", bundle.display());
    let ran = Run::scan(folder.path(), &["--output", &output]).go().expect(2);
    assert!(ran.stderr.contains("not overwritten"), "{}", ran.stderr);
    assert_eq!(fs::read(bundle.join(RECORDS)).unwrap(), before);
    let empty = TempDir::new().unwrap();
    let output = format!("evidence={}", empty.path().display());
    Run::scan(folder.path(), &["--output", &output]).go().expect(0);
    verify(&Bundle::read(empty.path()).unwrap()).unwrap();
}

/// Counts what a scan has to account for: everything but folders, and links that lead to a place inside.
fn independent_count(root: &Path) -> (u64, u64) {
    let top = fs::canonicalize(root).unwrap();
    let (mut files, mut bytes) = (0, 0);
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let metadata = fs::symlink_metadata(entry.path()).unwrap();
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if metadata.is_symlink() {
                let inside = fs::canonicalize(entry.path()).is_ok_and(|target| target.starts_with(&top));
                files += u64::from(!inside);
            } else {
                files += 1;
                bytes += metadata.len();
            }
        }
    }
    (files, bytes)
}

#[track_caller]
fn assert_accounted_for(root: &Path) -> BTreeMap<String, Vec<Value>> {
    let (_above, bundle) = bundle_of(root, &[]);
    verify(&Bundle::read(&bundle).unwrap()).unwrap();
    let records = records(&bundle);
    let coverage = &records["coverage"][0];
    let count = |name: &str| coverage[name].as_u64().unwrap_or_else(|| panic!("{name} is missing"));
    let (files, bytes) = independent_count(root);
    assert_eq!(count("files_seen"), files);
    assert_eq!(count("files_seen"), count("files_read") + count("files_excluded") + count("files_unreadable"));
    let nothing = Vec::new();
    let excluded = records.get("exclusion").unwrap_or(&nothing).iter().map(|row| row["files"].as_u64().unwrap());
    assert_eq!(count("files_excluded"), excluded.sum::<u64>());
    assert!(count("bytes_read") <= bytes);
    if count("files_excluded") + count("files_unreadable") == 0 {
        assert_eq!(count("bytes_read"), bytes);
    }
    records
}

#[test]
fn coverage_adds_up_on_the_corpus() {
    assert_accounted_for(plant::whole().root());
}

#[test]
fn coverage_adds_up_on_a_tree_full_of_gaps() {
    let folder = eventful();
    let root = folder.path();
    assert!(Command::new("mkfifo").arg(root.join("pipe")).status().unwrap().success());
    let _listener = UnixListener::bind(root.join("socket")).unwrap();
    put(root, "bare.git/HEAD", b"ref: refs/heads/main\n");
    put(root, "bare.git/objects/ab/cd", b"x");
    put(root, "bare.git/refs/heads/main", b"x");
    put(root, "work/.gitignore", b"*.log\nbuild/\n");
    put(root, "work/a.log", b"ignored");
    put(root, "work/build/b/c", b"ignored");
    put(root, "work/build/.env", b"read all the same");
    git(root, &["init", "-q", "work"]);
    // Not readable by anybody but root, who may run these tests.
    put(root, "closed", b"x");
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o000);
    fs::set_permissions(root.join("closed"), closed).unwrap();
    let records = assert_accounted_for(root);
    let classes: Vec<&str> = array_of(&records, "exclusion").map(|row| row["class"].as_str().unwrap()).collect();
    for class in ["git-ignored", "git-directory", "special-file", "link-out-of-target", "broken-link"] {
        assert!(classes.contains(&class), "{class} is not among {classes:?}");
    }
    assert!(array_of(&records, "gap").any(|row| row["class"] == "opaque" && row["path"] == "x.zip"));
    for row in array_of(&records, "exclusion").chain(array_of(&records, "gap")) {
        assert!(row["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{row}");
    }
}

fn array_of<'r>(records: &'r BTreeMap<String, Vec<Value>>, kind: &str) -> impl Iterator<Item = &'r Value> {
    records.get(kind).into_iter().flatten()
}

#[test]
#[ignore = "wants a registry of cargo with something in it; .ci/run has one and runs this"]
fn coverage_adds_up_on_the_registry() {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"));
    let records = assert_accounted_for(&home.join("registry/src"));
    assert!(records["coverage"][0]["files_read"].as_u64().unwrap() > 1000);
}

#[test]
fn the_self_test_covers_every_rule_and_form() {
    let folder = tree(&[("a.txt", "text\n")]);
    let (_above, bundle) = bundle_of(folder.path(), &[]);
    let test = &records(&bundle)["self-test"][0];
    let rules = straykey::rule::RuleSet::embedded();
    assert_eq!(array(&test["found"]).len(), rules.len());
    assert_eq!(test["not_found"], Value::Array(Vec::new()));
    assert_eq!(test["not_tested"], Value::Array(Vec::new()));
    let forms: Vec<(&str, &str)> = array(&test["forms"])
        .iter()
        .map(|row| (row["form"].as_str().unwrap(), row["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(forms, [("text", "found"), ("utf16", "found"), ("binary", "found")]);
}

#[test]
fn control_states_speak_of_what_was_tested() {
    let (_above, bundle) = bundle_of(tree(&[("a.txt", "text\n")]).path(), &[]);
    let states = |records: &BTreeMap<String, Vec<Value>>| -> BTreeMap<String, String> {
        let row =
            |row: &Value| (row["control"].as_str().unwrap().to_owned(), row["state"].as_str().unwrap().to_owned());
        array_of(records, "control-state").map(row).collect()
    };
    let clean = states(&records(&bundle));
    assert_eq!(clean.len(), 93);
    assert_eq!(clean["5.17"], "tested aspect: none observed");
    assert_eq!(clean["7.2"], "not testable here");
    let (_above, bundle) = bundle_of(eventful().path(), &[]);
    assert_eq!(states(&records(&bundle))["5.17"], "contradicting evidence (untriaged)");
    let (_above, bundle) = bundle_of(tree(&[]).path(), &[]);
    assert_eq!(states(&records(&bundle))["5.17"], "incomplete", "nothing was there to read");
}

#[test]
fn the_context_names_the_commit_and_whether_files_differ_from_it() {
    let folder = tree(&[("a.txt", "text\n")]);
    let git = |arguments: &[&str]| git(folder.path(), arguments);
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "x"]);
    let context = |variables: &[(&str, &str)]| {
        let above = TempDir::new().unwrap();
        let bundle = above.path().join("b");
        let mut run = Run::scan(folder.path(), &["--output", &format!("evidence={}", bundle.display())]);
        for (name, value) in variables {
            run = run.env(name, value);
        }
        run.go().expect(0);
        records(&bundle)["run-context"][0].clone()
    };
    let clean = context(&[]);
    assert_eq!(clean["ci"], Value::Null);
    assert_eq!(clean["targets"][0]["commit"]["basis"], "verified");
    assert_eq!(clean["targets"][0]["changed_files"]["value"], 0);
    assert_eq!(clean["targets"][0]["branch"]["value"], "main");
    fs::write(folder.path().join("a.txt"), "test\n").unwrap();
    let dirty = context(&[("GITHUB_ACTIONS", "true"), ("GITHUB_RUN_ID", "17"), ("GITHUB_ACTOR", "octo")]);
    assert_eq!(dirty["targets"][0]["commit"]["basis"], "asserted");
    assert_eq!(dirty["targets"][0]["changed_files"]["value"], 1);
    assert_eq!(dirty["ci"]["run"]["value"], "17");
    assert_eq!(dirty["actor"]["source"], "GITHUB_ACTOR");
}

/// The shell commands of the page for auditors, in its order.
fn auditor_commands() -> String {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/evidence.md")).unwrap();
    let blocks: Vec<&str> = page.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 5, "the page has lost commands");
    format!("set -eu\n{}", blocks.concat())
}

fn audit(bundle: &Path) -> (bool, String) {
    let ran = Command::new("sh")
        .args(["-c", &auditor_commands()])
        .current_dir(bundle)
        .stdin(Stdio::null())
        .output()
        .expect("a shell is there");
    let error = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(!error.contains("not found"), "sha256sum, sed and jq are needed: {error}");
    (ran.status.success(), String::from_utf8_lossy(&ran.stdout).into_owned() + &error)
}

#[test]
fn the_commands_for_auditors_work_and_notice_changes() {
    let folder = eventful();
    let (_above, bundle) = bundle_of(folder.path(), &[]);
    let (sound, text) = audit(&bundle);
    assert!(sound, "{text}");
    assert!(text.contains("evidence.jsonl: OK") && text.contains("results.sarif: OK"), "{text}");
    assert!(text.contains("github-personal-access-token"), "{text}");
    let original = fs::read_to_string(bundle.join(RECORDS)).unwrap();

    for part in [RECORDS, RESULTS, MANIFEST] {
        let path = bundle.join(part);
        let before = fs::read(&path).unwrap();
        let mut changed = before.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        fs::write(&path, changed).unwrap();
        assert!(!audit(&bundle).0, "{part}");
        fs::write(&path, before).unwrap();
    }
    // A removed record, with manifest and statement made to fit: the chain itself shows it.
    let lines: Vec<&str> = original.lines().collect();
    let without = [&lines[..3], &lines[4..]].concat().join("\n") + "\n";
    fs::write(bundle.join(RECORDS), &without).unwrap();
    let refit = |part: &str, old: &str, new: &str| {
        let text = fs::read_to_string(bundle.join(part)).unwrap();
        fs::write(bundle.join(part), text.replace(old, new)).unwrap();
    };
    let digest = |part: &str| chain::sha256_hex(&fs::read(bundle.join(part)).unwrap());
    let old_manifest = digest(MANIFEST);
    refit(MANIFEST, &chain::sha256_hex(original.as_bytes()), &chain::sha256_hex(without.as_bytes()));
    refit(STATEMENT, &old_manifest, &digest(MANIFEST));
    assert!(!audit(&bundle).0, "a record is missing");
}

#[test]
fn numbers_that_no_sum_can_have_are_a_disagreement() {
    let (_above, bundle) = bundle_of(eventful().path(), &[]);
    let read = Bundle::read(&bundle).unwrap();
    let mut writer = chain::Writer::new(Vec::new(), &read.records[0].scan);
    for record in &read.records {
        let mut body = read.whole(record).body;
        if record.kind() == "coverage" {
            for member in ["files_read", "files_excluded", "text_files", "binary_files"] {
                body[member] = 9_223_372_036_854_776_000_u64.into();
            }
        }
        writer.append(&body).unwrap();
    }
    fs::write(bundle.join(RECORDS), writer.finish().unwrap().0).unwrap();
    assert!(disagreements(&bundle)[0].what.contains("is not the sum"));
}
