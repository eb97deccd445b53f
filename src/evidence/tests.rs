use std::fs;
use std::path::{Path, PathBuf};

use super::record::Body;

/// The schema of a record of the chain.
fn record_schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let body = settings.into_generator().into_root_schema_for::<Body<'_>>();
    let mut body = body.to_value();
    let definitions = body.as_object_mut().and_then(|body| {
        body.remove("$schema");
        body.remove("$defs")
    });
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:straykey:schema:evidence:v1",
        "title": "Straykey evidence: a record of the chain",
        "description": "One line of evidence.jsonl, in the canonical form of RFC 8785.",
        "type": "object",
        "required": ["body", "hash", "prev", "scan", "seq"],
        "additionalProperties": false,
        "properties": {
            "body": body,
            "hash": {
                "description": "SHA-256, in hexadecimal, over the canonical form of the record without this member.",
                "type": "string",
                "pattern": "^[0-9a-f]{64}$"
            },
            "prev": {
                "description": "Hash of the record before; null in the first.",
                "type": ["string", "null"],
                "pattern": "^[0-9a-f]{64}$"
            },
            "scan": { "description": "Names the scan.", "type": "string" },
            "seq": { "description": "Number of the record, from 0.", "type": "integer", "minimum": 0 }
        },
        "$defs": definitions
    })
}

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas/evidence-v1.schema.json")
}

#[test]
fn the_committed_schema_is_that_of_the_records() {
    let mut schema = record_schema();
    schema.sort_all_objects();
    let expect = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("STRAYKEY_UPDATE").is_some() {
        fs::write(committed(), &expect).unwrap();
    }
    assert_eq!(
        fs::read_to_string(committed()).unwrap_or_default(),
        expect,
        "docs/schemas/evidence-v1.schema.json is out of date: run STRAYKEY_UPDATE=1 cargo test, then look at the \
         difference; v1 may gain members, but lose or change none"
    );
}

#[test]
fn a_record_is_canonical_whether_or_not_it_was_a_value_before() {
    let report = crate::report::sample::sample_report();
    for finding in &report.findings {
        let body = Body::Finding(Box::new(crate::report::json::FindingRow::new(finding, false)));
        let direct = serde_jcs::to_vec(&body).unwrap();
        assert_eq!(direct, super::chain::canonical(&serde_json::to_value(&body).unwrap()));
    }
}
