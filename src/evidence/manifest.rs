//! The manifest and the statement over it. Both follow from the other parts alone, so that a verifier can make them again
//! and compare byte by byte.

use serde::Serialize;
use serde_json::{Value, json};

use super::MANIFEST;
use super::chain::{Head, Record, canonical, sha256_hex};

/// What `schema` says in a manifest.
pub(super) const SCHEMA: &str = "straykey/manifest/v1";

/// `predicateType` of the statement.
const PREDICATE: &str = "https://github.com/straykey/straykey/attestation/secret-scan/v1";

/// Size and digest of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Part {
    pub(super) path: &'static str,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Part {
    pub(super) fn of(path: &'static str, content: &[u8]) -> Self {
        Self { path, bytes: content.len() as u64, sha256: sha256_hex(content) }
    }
}

/// The manifest of these parts.
pub(super) fn manifest(scan: &str, head: &Head, parts: &[Part; 2]) -> Vec<u8> {
    line(&json!({
        "schema": SCHEMA,
        "scan": scan,
        "parts": parts,
        "chain": { "records": head.records, "head": head.hash },
    }))
}

/// The in-toto Statement v1 (in-toto attestation framework, `spec/v1/statement.md`) over a manifest. `started` and
/// `completed` are the first and the last record.
pub(super) fn statement(manifest: &[u8], head: &Head, started: &Record, completed: &Record) -> Vec<u8> {
    let of = |record: &Record, path: &[&str]| record.member(path).cloned().unwrap_or(Value::Null);
    line(&json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": MANIFEST, "digest": { "sha256": sha256_hex(manifest) } }],
        "predicateType": PREDICATE,
        "predicate": {
            "scan": started.scan,
            "tool": of(started, &["tool"]),
            "rulePack": of(started, &["rule_pack"]),
            "configuration": { "sha256": of(started, &["configuration", "sha256"]) },
            "key": of(started, &["key"]),
            "previous": of(started, &["previous"]),
            "started": of(started, &["started"]),
            "completed": of(completed, &["completed"]),
            "outcome": of(completed, &["outcome"]),
            "findings": of(completed, &["findings"]),
            "chain": { "records": head.records, "head": head.hash },
        },
    }))
}

pub(super) fn line(value: &Value) -> Vec<u8> {
    let mut text = canonical(value);
    text.push(b'\n');
    text
}
