//! Readings for tests: a scan that found nothing, into which tests put what they are about.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Assurance, Coverage, Reading, SelfTest};
use crate::evidence::series::Subject;
use crate::slot::Tally;

/// A record, or a part of one.
pub(crate) fn read<T: DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).unwrap()
}

/// A whole scan of `unit` that began on `day`.
pub(crate) fn reading(unit: &str, day: &str) -> Reading {
    let subject = Subject {
        unit: Some(unit.to_owned()),
        repository: Some(format!("git.example.org/team/{unit}")),
        branch: Some("main".to_owned()),
    };
    Reading {
        name: format!("{unit}-{day}"),
        assurance: Assurance::Consistent,
        scan: format!("scan-{unit}-{day}"),
        manifest_sha256: format!("manifest-{unit}-{day}"),
        subjects: vec![subject.clone()],
        subject,
        commit: None,
        started: read(json!({
            "started": format!("{day}T10:00:00Z"), "tool": { "name": "straykey", "version": "0.1.0" },
            "rule_pack": { "rules": 3, "sha256": "cd".repeat(32) }, "configuration": { "sha256": "ef".repeat(32) },
            "key": { "id": "k1", "keyed": "secret" }, "targets": [{ "given": ".", "kind": "directory" }],
        })),
        completed: read(json!({
            "completed": format!("{day}T10:00:09Z"), "outcome": { "exit_code": 1, "failed": true, "complete": true },
        })),
        coverage: Coverage { files_seen: 3, files_read: 2, files_excluded: 1, bytes_read: 99, ..Coverage::default() },
        slots: Tally::default(),
        self_test: SelfTest::default(),
        findings: Vec::new(),
        absent: Vec::new(),
        exceptions: Vec::new(),
        attempts: Vec::new(),
        bypass: None,
        gaps: Vec::new(),
        exclusions: Vec::new(),
        controls: Vec::new(),
    }
}
