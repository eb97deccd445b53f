//! The formats: valid under their schemas, and stable by snapshot.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;

use crate::plant;
use crate::run::{Run, array, token, tree};

pub(crate) fn schema(path: &str) -> Validator {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
    let schema: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[track_caller]
pub(crate) fn assert_valid(schema: &Validator, document: &Value) {
    let faults: Vec<String> =
        schema.iter_errors(document).take(20).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A tree with all that a report can speak of: findings, an ignore, an exclusion, gaps, names that are hard to print.
fn eventful() -> tempfile::TempDir {
    let folder = tree(&[
        ("a b/ünï#%.env", &format!("A={} # gitleaks:allow\nB={}\n", token("1"), token("2"))),
        ("tests/c.txt", &format!("é\u{1f511} {}\n", token("1"))),
    ]);
    let noise = plant::Noise::seeded("zip").bytes(100);
    crate::run::put(folder.path(), "x.zip", &[b"PK\x03\x04\x14\0\0\0\x08\0", noise.as_slice()].concat());
    std::os::unix::fs::symlink("/etc", folder.path().join("out")).unwrap();
    folder
}

#[test]
fn json_is_valid_under_its_schema() {
    let schema = schema("docs/schemas/report-v1.schema.json");
    for (folder, more) in [(plant::whole().root(), &[][..]), (eventful().path(), &["--show-secrets"])] {
        let report = Run::scan(folder, &["--format", "json"]).args(more).go().expect(1).json();
        assert_eq!(report["schema"], "straykey/report/v1");
        assert_valid(&schema, &report);
    }
}

#[test]
fn json_lines_are_valid_under_their_schema() {
    let schema = schema("docs/schemas/event-v1.schema.json");
    let text = Run::scan(eventful().path(), &["--format", "jsonl"]).go().expect(1).text();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for event in &events {
        assert_eq!(event["schema"], "straykey/event/v1");
        assert_valid(&schema, event);
    }
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.first(), Some(&"start"));
    assert_eq!(kinds.last(), Some(&"summary"));
    for kind in ["finding", "gap", "exclusion"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
}

#[test]
fn sarif_is_valid_under_the_schema_of_the_standard() {
    let schema = schema("tests/it/schemas/sarif-schema-2.1.0.json");
    for folder in [plant::whole().root(), eventful().path()] {
        for format in ["sarif", "github"] {
            let report = Run::scan(folder, &["--format", format]).go().expect(1).json();
            assert_eq!(report["version"], "2.1.0");
            assert_valid(&schema, &report);
        }
    }
}

#[test]
fn sarif_has_one_result_a_place_and_shares_fingerprints() {
    let folder = eventful();
    let report = Run::scan(folder.path(), &["--format", "sarif"]).go().expect(1).json();
    let run = &report["runs"][0];
    let results = array(&run["results"]);
    let places = Run::scan(folder.path(), &["--format", "json"]).go().places();
    assert_eq!(results.len(), places.len());
    let rules = array(&run["tool"]["driver"]["rules"]);
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("a rule index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region["byteOffset"].is_u64() && region["byteLength"].is_u64(), "{region}");
        assert!(region["startLine"].is_u64() && region["startColumn"].is_u64(), "{region}");
    }
    let place = |result: &Value| -> (u64, u64) {
        let region = &result["locations"][0]["physicalLocation"]["region"];
        let start = region["byteOffset"].as_u64().unwrap();
        (start, start + region["byteLength"].as_u64().unwrap())
    };
    for result in results {
        assert!(places.iter().any(|known| known.span == place(result)), "{result}");
    }
    let uris: Vec<&str> = results
        .iter()
        .map(|result| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap())
        .collect();
    assert!(uris.contains(&"a%20b/%C3%BCn%C3%AF%23%25.env"), "{uris:?}");
}

#[test]
fn the_profile_for_github_has_one_result_a_file_of_a_secret() {
    let secret = token("1");
    let folder = tree(&[("a.env", &format!("A={secret}\nB={secret}\n")), ("tests/b.env", &format!("A={secret}\n"))]);
    let report = Run::scan(folder.path(), &["--format", "github"]).go().expect(1).json();
    let results = array(&report["runs"][0]["results"]);
    assert_eq!(results.len(), 2, "{results:#?}");
    assert_eq!(array(&results[0]["relatedLocations"]).len(), 1);
    let id = |result: &Value| result["ruleId"].as_str().unwrap().to_owned();
    assert_ne!(id(&results[0]), id(&results[1]), "in a test it is less severe, and hosts read the severity of rules");
    assert_eq!(id(&results[1]), format!("{}.{}", id(&results[0]), "medium"));
    assert!(!report.to_string().contains(&secret));
}

/// A report that does not depend on where it was made or by which version.
fn stable(format: &str, arguments: &[&str]) -> String {
    let corpus = plant::project("agents");
    let ran = Run::new(["scan", "--format", format]).args(arguments).current_dir(corpus.root()).go().expect(1);
    ran.text().replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn pretty_snapshot() {
    insta::assert_snapshot!("pretty", stable("pretty", &[]));
}

#[test]
fn csv_snapshot() {
    insta::assert_snapshot!("csv", stable("csv", &[]).replace("\r\n", "\n"));
}

#[test]
fn markdown_snapshot() {
    insta::assert_snapshot!("markdown", stable("markdown", &[]));
}

#[test]
fn json_snapshot() {
    let report: Value = serde_json::from_str(&stable("json", &[])).unwrap();
    insta::assert_json_snapshot!("json", report);
}

#[test]
fn json_lines_snapshot() {
    insta::assert_snapshot!("jsonl", stable("jsonl", &[]));
}

#[test]
fn sarif_snapshot() {
    let report: Value = serde_json::from_str(&stable("sarif", &[])).unwrap();
    insta::assert_json_snapshot!("sarif", report);
}

#[test]
fn github_snapshot() {
    let report: Value = serde_json::from_str(&stable("github", &[])).unwrap();
    insta::assert_json_snapshot!("github", report);
}

#[test]
fn colours_come_only_when_asked_for() {
    let corpus = plant::project("agents");
    let plain = Run::scan(corpus.root(), &[]).go().text();
    assert!(!plain.contains('\u{1b}'));
    let coloured = Run::scan(corpus.root(), &["--color", "always"]).go().text();
    assert!(coloured.contains("\u{1b}["));
    let never = Run::scan(corpus.root(), &["--color", "never"]).go().text();
    assert_eq!(plain, never);
}

#[test]
fn quiet_prints_nothing_but_what_was_asked_for() {
    let corpus = plant::project("agents");
    let ran = Run::scan(corpus.root(), &["--quiet"]).go().expect(1);
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
    let asked = Run::scan(corpus.root(), &["--quiet", "--format", "json"]).go().expect(1);
    assert!(!array(&asked.json()["findings"]).is_empty());
}
