//! The walk-through for owners of an ISMS: its commands as they stand on the page, and what it promises of them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};
use serde_json::Value;
use tempfile::TempDir;

use crate::formats::{assert_valid, schema};
use crate::repository::told;
use crate::run::{Run, array, string};
use crate::tidy;

/// The shell commands of the page, in its order.
fn commands() -> String {
    let page = tidy::read("docs/isms-guide.md");
    let blocks: Vec<&str> = page.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 12, "the page has lost commands");
    blocks.concat()
}

/// What the commands leave behind.
struct Walk {
    folder: TempDir,
    stdout: String,
}

impl Walk {
    /// Runs all of the page as one script, with the built program at the head of the search path, and a home and an identity of its
    /// own.
    fn through() -> Self {
        let (folder, home) = (TempDir::with_prefix("guide-").unwrap(), TempDir::with_prefix("home-").unwrap());
        let program = Path::new(env!("CARGO_BIN_EXE_straykey")).parent().unwrap().to_owned();
        let inherited = std::env::var_os("PATH").expect("a search path");
        let path = std::env::join_paths(iter::once(program).chain(std::env::split_paths(&inherited))).unwrap();
        let ran = Command::new("sh")
            .args(["-eu", "-c", &commands()])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", home.path())
            .env("XDG_DATA_HOME", home.path().join("data"))
            .env("XDG_CONFIG_HOME", home.path().join("config"))
            .env("XDG_CACHE_HOME", home.path().join("cache"))
            .env("XDG_STATE_HOME", home.path().join("state"))
            .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_COUNT", "2")])
            .envs([("GIT_CONFIG_KEY_0", "user.name"), ("GIT_CONFIG_VALUE_0", "A")])
            .envs([("GIT_CONFIG_KEY_1", "user.email"), ("GIT_CONFIG_VALUE_1", "a@example.org")])
            .stdin(Stdio::null())
            .output()
            .expect("a shell is there");
        let stdout = String::from_utf8_lossy(&ran.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "stdout:\n{stdout}\nstderr:\n{stderr}");
        assert!(!stderr.contains("panicked at") && !stderr.contains("not found"), "{stderr}");
        Self { folder, stdout }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.at(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn text(&self, path: &str) -> String {
        String::from_utf8(self.bytes(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The rows of a CSV file, by column.
    fn table(&self, path: &str) -> Vec<BTreeMap<String, String>> {
        let text = self.text(path);
        let rows: Result<Vec<BTreeMap<String, String>>, csv::Error> =
            csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect();
        rows.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The folders of all bundles.
    fn bundles(&self) -> Vec<PathBuf> {
        let folders = fs::read_dir(self.at("evidence")).unwrap().map(|entry| entry.unwrap().path());
        let mut folders: Vec<PathBuf> = folders.collect();
        folders.sort();
        folders
    }
}

/// All files below `folder` but those of git.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if !path.is_dir() {
                found.push(path);
            } else if !path.ends_with(".git") {
                folders.push(path);
            }
        }
    }
    found
}

#[test]
fn the_walk_through_does_what_it_says() {
    let walk = Walk::through();
    the_register_is_as_the_page_says(&walk);
    the_bundles_are_signed_and_in_time(&walk);
    the_audit_has_its_papers(&walk);
    the_exports_can_be_read(&walk);
    no_value_is_in_any_record(&walk);
}

fn the_register_is_as_the_page_says(walk: &Walk) {
    let rows = walk.table("isms/register.csv");
    assert_eq!(rows.len(), 2, "the shared password is one credential");
    let row = |condition: &str| {
        let found = rows.iter().find(|row| row["condition"] == condition);
        found.unwrap_or_else(|| panic!("no row is {condition}: {rows:?}"))
    };
    let rotated = row("rotated");
    assert_eq!((&*rotated["status"], &*rotated["units"]), ("closed", "pay, shop"));
    assert!(rotated["rotation"].contains("dba@example.org"), "{rotated:?}");
    assert!(rotated["triage"].contains("confirmed by analyst@example.org"), "{rotated:?}");
    let people = ["owner", "treatment", "treatment_controls"].map(|column| rotated[column].as_str());
    assert_eq!(people, ["shop-team@example.org", "mitigate", "Vault for production"]);
    let accepted = row("risk accepted");
    assert_eq!((&*accepted["status"], &*accepted["units"]), ("accepted", "pay"));
    assert!(accepted["acceptance"].contains("EX-2026-001"), "{accepted:?}");
    let journal = walk.text("isms/register.journal.jsonl");
    for kind in ["register-created", "evidence-applied", "row", "decision", "attestation"] {
        assert!(journal.contains(&format!("\"type\":\"{kind}\"")), "no record is of type {kind}");
    }
    let again = Run::new(["register", "update", "--scope", "scope.toml", "--evidence", "../evidence"])
        .current_dir(&walk.at("isms"))
        .go()
        .expect(0)
        .text();
    assert!(again.contains("0 taken in, 8 known before") && again.contains("0 new, 0 changed"), "{again}");
}

fn the_bundles_are_signed_and_in_time(walk: &Walk) {
    let key = walk.at("audit-key.pub").display().to_string();
    let bundles = walk.bundles();
    assert_eq!(bundles.len(), 8);
    for bundle in &bundles {
        let said = Run::new(["evidence", "verify", "--key", &key]).args([bundle]).go().expect(0).text();
        assert!(said.contains("authentic (key "), "{said}");
    }
    // Those that there were at the audit, and the one that was looked at before.
    assert_eq!(walk.stdout.matches("and this key signed them.").count(), 7, "{}", walk.stdout);
    let series = Run::new(["evidence", "series", "../evidence", "--scope", "scope.toml", "--key", &key])
        .args(["--heads", "heads-q1.jsonl", "--format", "json"])
        .current_dir(&walk.at("isms"))
        .go()
        .expect(0)
        .json();
    let states: Vec<String> = array(&series["series"]).iter().map(|one| string(&one["state"])).collect();
    assert_eq!(states, ["scanned", "scanned"], "{series}");
    for missing in ["missing  shop", "missing  pay", "late     shop", "late     pay"] {
        assert!(walk.stdout.contains(missing), "{missing}:\n{}", walk.stdout);
    }
}

fn the_audit_has_its_papers(walk: &Walk) {
    for (worksheet, rows) in [("isms/worksheet-scans.csv", 3), ("isms/worksheet-pay.csv", 3)] {
        let sheet = walk.table(worksheet);
        assert_eq!(sheet.len(), rows, "{worksheet}");
        assert!(sheet.iter().all(|row| row["checked by"].is_empty() && !row["how to check"].is_empty()), "{sheet:?}");
    }
    for heads in ["isms/heads-q1.jsonl", "isms/heads-q2.jsonl"] {
        assert_eq!(walk.text(heads).lines().count(), 2, "{heads}");
    }
    let log = told(&walk.at("isms"), &["log", "--format=%s"]);
    assert_eq!(log.lines().count(), 4, "{log}");
    assert_eq!(told(&walk.at("isms"), &["status", "--short"]), "", "all that remains is committed");
}

fn the_exports_can_be_read(walk: &Walk) {
    let bytes = walk.bytes("isms/register.xlsx");
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["Register", "Controls", "Exceptions", "Coverage"]);
    let sheet = book.worksheet_range("Register").unwrap();
    assert_eq!(sheet.rows().count(), 3, "a header and two scenarios");
    assert!(sheet.rows().flatten().any(|cell| *cell == Data::String("rotated".to_owned())));

    for (file, root, schema_file) in [
        ("isms/poam.json", "plan-of-action-and-milestones", "oscal_poam_schema.json"),
        ("isms/assessment-results.json", "assessment-results", "oscal_assessment-results_schema.json"),
    ] {
        let document = walk.json(file);
        assert!(document[root].is_object(), "{file} has no root {root}");
        assert_valid(&schema(&format!("tests/it/schemas/{schema_file}")), &document);
    }
    let plan = walk.json("isms/poam.json");
    let risks = array(&plan["plan-of-action-and-milestones"]["risks"]);
    let mut states: Vec<String> = risks.iter().map(|risk| string(&risk["status"])).collect();
    states.sort();
    assert_eq!(states, ["closed", "deviation-approved"]);

    for (file, risks) in [("isms/soa-baseline.csv", 2), ("isms/soa.csv", 2)] {
        let table = walk.table(file);
        assert_eq!(table.len(), 93, "{file}");
        let control = table.iter().find(|row| row["control"] == "A.5.17").expect("the control is in the table");
        assert_eq!(control["observed_state"], "contradicted", "{file}");
        assert_eq!(control["risks_linked"].split("; ").count(), risks, "{file}");
        assert!(table.iter().all(|row| row["applicable"].is_empty()), "{file}: that is for people to say");
    }
    for (file, rows) in [("findings", 2), ("risk-scenarios", 2), ("applied-controls", 1), ("security-exceptions", 1)] {
        assert_eq!(walk.table(&format!("isms/ciso-assistant/{file}.csv")).len(), rows, "{file}");
    }
    let exception = &walk.table("isms/ciso-assistant/security-exceptions.csv")[0];
    assert_eq!((&*exception["ref_id"], &*exception["status"]), ("EX-2026-001", "approved"));
    let page = walk.text("isms/controls.html").to_lowercase();
    assert!(page.starts_with("<!doctype html>") && page.contains("over time"), "{}", &page[..200]);
}

fn no_value_is_in_any_record(walk: &Walk) {
    let password = told(&walk.at("shop"), &["show", "HEAD~1:config/production.env"]);
    let token = walk.text("pay/config/reports.env");
    let values = [password.as_str(), token.trim()].map(|text| text.rsplit('=').next().unwrap());
    assert!(values.iter().all(|value| value.len() == 32), "the page makes other values");
    for file in files(&walk.at("isms")).into_iter().chain(files(&walk.at("evidence"))) {
        let content = fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&content);
        for value in values {
            assert!(!text.contains(value), "{} holds a value", file.display());
        }
    }
    // What is compressed hides what it holds.
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(walk.bytes("isms/register.xlsx"))).unwrap();
    for (name, sheet) in book.worksheets() {
        let cells = sheet.rows().flatten().map(ToString::to_string).collect::<Vec<_>>();
        assert!(!cells.is_empty());
        assert!(cells.iter().all(|cell| values.iter().all(|value| !cell.contains(value))), "{name} holds a value");
    }
}
