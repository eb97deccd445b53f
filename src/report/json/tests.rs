use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
use crate::finding::{Bypass, Verdict};
use crate::report::sample::{clean_report, sample_report};
use crate::secret::Secret;

const VALUE: &[u8] = b"correct-horse\xff";

fn json(report: &Report, show_secrets: bool) -> String {
    let mut out = Vec::new();
    write_json(report, show_secrets, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn jsonl(report: &Report, show_secrets: bool) -> String {
    let mut out = Vec::new();
    write_jsonl(report, show_secrets, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A report that holds a value, as it does when the operator asked for one.
fn telling_report() -> Report {
    let mut report = sample_report();
    report.findings[0].value = Some(Secret::new(VALUE));
    report.findings[1].value = Some(Secret::new(b"battery\x1bstaple"));
    report
}

/// The schema that a type has when it is written.
fn schema_of<T: schemars::JsonSchema>(id: &str) -> Value {
    let mut schema =
        schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    schema.insert("$id".into(), id.into());
    schema.to_value()
}

fn report_schema() -> Value {
    schema_of::<Document<'_>>("urn:straykey:schema:report:v1")
}

fn event_schema() -> Value {
    schema_of::<Event<'_>>("urn:straykey:schema:event:v1")
}

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas").join(name)
}

#[test]
fn the_committed_schemas_are_those_of_the_rows() {
    for (name, schema) in [("report-v1.schema.json", report_schema()), ("event-v1.schema.json", event_schema())] {
        let path = committed(name);
        let mut schema = schema;
        schema.sort_all_objects();
        let expect = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("STRAYKEY_UPDATE").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &expect).unwrap();
        }
        assert_eq!(
            fs::read_to_string(&path).unwrap_or_default(),
            expect,
            "docs/schemas/{name} is out of date: run STRAYKEY_UPDATE=1 cargo test, then look at the \
             difference; v1 may gain members, but lose or change none"
        );
    }
}

#[test]
fn reports_are_valid_under_their_schema() {
    let validator = jsonschema::validator_for(&report_schema()).unwrap();
    for report in [sample_report(), clean_report(), telling_report()] {
        let document: Value = serde_json::from_str(&json(&report, true)).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({ "schema": REPORT_SCHEMA })));
}

#[test]
fn every_line_is_valid_under_the_schema_of_events() {
    let validator = jsonschema::validator_for(&event_schema()).unwrap();
    let text = jsonl(&telling_report(), true);
    let mut types = Vec::new();
    for line in text.lines() {
        assert!(line.starts_with(r#"{"schema":"straykey/event/v1","type":""#), "{line}");
        let event: Value = serde_json::from_str(line).unwrap();
        let errors: Vec<String> = validator.iter_errors(&event).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{line}: {errors:#?}");
        types.push(event["type"].as_str().unwrap().to_owned());
    }
    let mut expect = vec!["start"];
    expect.extend(["finding"; 4]);
    expect.extend(["gap"; 3]);
    expect.extend(["exclusion"; 2]);
    expect.push("summary");
    assert_eq!(types, expect);
    assert!(!validator.is_valid(&serde_json::json!({ "schema": EVENT_SCHEMA, "type": "gap" })));
}

#[test]
fn lines_hold_what_the_object_holds() {
    let document: Value = serde_json::from_str(&json(&sample_report(), false)).unwrap();
    let mut findings = Vec::new();
    for line in jsonl(&sample_report(), false).lines() {
        let mut event: Value = serde_json::from_str(line).unwrap();
        if event["type"] == "finding" {
            let row = event.as_object_mut().unwrap();
            row.remove("schema");
            row.remove("type");
            findings.push(event);
        }
    }
    assert_eq!(document["findings"], Value::Array(findings));
}

#[test]
fn values_appear_only_when_asked_for() {
    let report = telling_report();
    for text in [json(&report, false), jsonl(&report, false)] {
        assert!(!text.contains("correct-horse") && !text.contains("battery"), "{text}");
        assert!(!text.contains("\"value_bytes\""));
    }
    let document: Value = serde_json::from_str(&json(&report, true)).unwrap();
    let findings = &document["findings"];
    assert_eq!(findings[0]["value"], "correct-horse\u{fffd}");
    assert_eq!(findings[0]["value_bytes"], "Y29ycmVjdC1ob3JzZf8=");
    assert_eq!(findings[1]["value"], "battery\u{1b}staple");
    assert_eq!(findings[1].get("value_bytes"), None);
    assert_eq!(findings[2].get("value"), None);
}

#[test]
fn hostile_names_are_inert_and_exact() {
    let text = json(&sample_report(), false);
    assert!(text.contains(r"private/\u001b[31mlog"));
    assert!(!text.trim_end().chars().any(crate::blob::is_unsafe_to_print));
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["gaps"][0]["path"], "private/\u{1b}[31mlog");
    let place = &document["findings"][1]["places"][1];
    assert_eq!(place["path"], "a:b/\u{fffd}key.env");
    assert_eq!(place["path_bytes"], "YTpiL/9rZXkuZW52");
    assert_eq!(document["findings"][0]["places"][0].get("path_bytes"), None);
}

#[test]
fn one_finding_in_full() {
    let document: Value = serde_json::from_str(&json(&sample_report(), false)).unwrap();
    let mut finding = document["findings"][0].clone();
    // The data of the crosswalk has tests of its own.
    let mapped = finding.as_object_mut().unwrap();
    let first = &mapped["controls"][0];
    assert_eq!((&first["control"], &first["role"]), (&"5.17".into(), &"contradicts".into()));
    assert_eq!(mapped["cwe"][0], "CWE-321");
    for key in ["controls", "cwe", "nhi", "csf"] {
        assert!(!mapped.remove(key).unwrap().as_array().unwrap().is_empty(), "{key}");
    }
    let expect = serde_json::json!({
        "rule": {
            "id": "sample-private-key",
            "title": "Private key in PEM",
            "provider": { "id": "sample-cloud", "name": "Sample Cloud" },
            "kind": "private-key-unencrypted",
            "identity": "private-key",
        },
        "fingerprint": "11".repeat(32),
        "preview": "\u{2026} (256 bytes or more)",
        "severity": "critical",
        "confidence": "high",
        "facts": [
            { "name": "key-type", "value": "rsa" },
            { "name": "key-bits", "value": "2048" },
        ],
        "remediation": {
            "revoke": "Delete the key in the console under Access, API keys.",
            "rotate": "Make a second key in the console, move the callers to it, \
                       then delete the first.",
            "references": ["https://docs.example.com/api-keys"],
        },
        "triage": {
            "decision": "confirmed",
            "by": "j.doe@example.org",
            "at": "2026-01-20T10:00:00Z",
            "grade": "claimed",
            "note": null,
            "ticket": "SEC-11",
        },
        "places": [{
            "path": "deploy/tls.yaml",
            "target": 0,
            "span": { "start": 10, "end": 62 },
            "region": { "start_line": 2, "start_column": 3, "end_line": 4, "end_column": 23 },
            "content": "text",
            "ordinal": 1,
            "place_fingerprint": "a1".repeat(32),
            "severity": "critical",
            "confidence": "high",
            "reasons": [
                { "effect": "base", "text": "matched the rule" },
                { "effect": "raise", "text": "the key structure is complete" },
            ],
            "ignore": null,
            "history": {
                "object": "b".repeat(40),
                "introduced": {
                    "id": "c".repeat(40), "time": "2024-02-29T12:00:00Z", "author": "person-0123456789ab",
                },
                "last_seen": {
                    "id": "d".repeat(40), "time": "2025-03-01T08:30:00Z", "author": "person-0123456789ab",
                },
                "at": ["refs/heads/main", "refs/tags/v1"],
                "references": 7,
            },
            "change": { "state": "unchanged", "cause": null, "proven": true, "since": "2026-01-15" },
            "verdict": { "state": "known" },
        }],
    });
    assert_eq!(finding, expect);
}

#[test]
fn a_place_says_how_it_stands() {
    let mut report = sample_report();
    report.findings[1].occurrences[0].verdict = Verdict::FailsGate("main".into());
    let document: Value = serde_json::from_str(&json(&report, false)).unwrap();
    let places = &document["findings"][1]["places"];
    assert_eq!(places[0]["verdict"], serde_json::json!({ "state": "fails-gate", "gate": "main" }));
    assert_eq!(places[0].get("exception"), None);
    assert_eq!(
        places[4]["exception"],
        serde_json::json!({
            "id": "EX-2",
            "reason": "compensating-control",
            "text": "a \"reason\" with <markup> & {braces}",
            "requested_by": "dev@example.org",
            "approved_by": "risk.owner@example.org",
            "approved_on": "2026-01-10",
            "expires_on": "2026-01-31",
            "ticket": "SEC-12",
            "grade": "claimed",
            "standing": "expired",
            "why": "its last day is over",
        })
    );
    assert_eq!(
        places[4]["change"],
        serde_json::json!({ "state": "new", "cause": "rules", "proven": false, "since": null })
    );
    assert_eq!(document["summary"]["suppressed_places"], 2);
    assert_eq!(document["summary"]["failing_places"], 4);
}

#[test]
fn the_whole_says_what_it_was_held_against_and_what_people_decided() {
    let mut report = sample_report();
    report.bypass = Some(Bypass { reason: "a \u{202e}fire".into(), by: "j.doe".into(), exit_code: 1 });
    let document: Value = serde_json::from_str(&json(&report, false)).unwrap();
    let comparison = &document["comparison"];
    assert_eq!(comparison["with"], "evidence/2026-01-15");
    assert_eq!(
        comparison["places"],
        serde_json::json!({ "new": 6, "unchanged": 1, "moved": 1, "spread": 0, "reintroduced": 0 })
    );
    assert_eq!(comparison["absent"][1]["cause"], "configuration");
    let fourth = &document["exceptions"][3];
    assert_eq!(
        (&fourth["id"], &fourth["standing"], &fourth["why"], &fourth["places"], &fourth["stale"]),
        (&"EX-4".into(), &"unapproved".into(), &"nobody approved it".into(), &0.into(), &true.into())
    );
    assert_eq!(document["attempts"][0]["file"], "exceptions.toml");
    assert_eq!(document["bypass"]["exit_code"], 1);
    let last: Value = serde_json::from_str(jsonl(&report, false).lines().last().unwrap()).unwrap();
    for member in ["comparison", "exceptions", "attempts", "bypass"] {
        assert_eq!(last[member], document[member]);
    }
    assert!(!json(&report, false).contains('\u{202e}'));
    let clean = json(&clean_report(), false);
    assert!(["comparison", "exceptions", "attempts", "bypass"].iter().all(|member| !clean.contains(member)));
}
