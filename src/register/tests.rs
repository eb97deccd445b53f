//! Series of scans, damage to the file, and what people wrote, over all of the register.

mod damage;
mod series;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::*;
use crate::evidence::reading::Reading;
use crate::evidence::reading::sample::{self, read};
use crate::evidence::series::Subject;
use crate::finding::Grade;
use crate::govern::{Criticality, RiskModel, Visibility};

/// A secret of a scan, as tests speak of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Secret {
    fingerprint: String,
    path: String,
    history: bool,
    exception: Option<Value>,
    triage: Option<Value>,
    reintroduced: bool,
}

pub(super) fn secret(name: &str) -> Secret {
    Secret { fingerprint: name.repeat(64 / name.len()), path: format!("app/{name}.env"), ..Secret::default() }
}

impl Secret {
    fn finding(&self) -> Value {
        let change = self.reintroduced.then(|| json!({ "state": "re-introduced", "cause": "code", "proven": true }));
        json!({
            "rule": {
                "id": "sample-key", "title": "Sample API key", "provider": { "id": "sample", "name": "Sample" },
                "kind": "hardcoded-provider-key", "identity": "api-key",
            },
            "fingerprint": self.fingerprint, "preview": "sk_ (24 to 31 characters)", "severity": "high",
            "confidence": "high", "facts": [], "cwe": ["CWE-798"], "nhi": [], "csf": [],
            "controls": [{ "control": "5.17", "title": "T", "role": "contradicts", "why": "W." }],
            "remediation": { "revoke": "Revoke it.", "rotate": "Make another.", "references": [] },
            "triage": self.triage,
            "places": [{
                "path": self.path, "history_only": self.history, "target": 0,
                "region": { "start_line": 3, "start_column": 1 }, "place_fingerprint": "ab".repeat(32),
                "severity": "high", "confidence": "high", "exception": self.exception, "change": change,
                "verdict": { "state": "fails" },
            }],
        })
    }
}

/// A scan of `unit` that began on `day`.
pub(super) fn scan(unit: &str, day: &str, secrets: &[Secret]) -> Reading {
    Reading { findings: secrets.iter().map(|secret| read(secret.finding())).collect(), ..sample::reading(unit, day) }
}

pub(super) const ACT: Act<'_> = Act { at: "2026-12-01T00:00:00Z", by: "tester" };

pub(super) const SCALES: Scales = Scales { likelihood: 5, impact: 5 };

/// A register in a folder of its own, as the commands keep it.
pub(super) struct Kept {
    folder: tempfile::TempDir,
    directory: Directory,
}

impl Kept {
    pub(super) fn new() -> Self {
        let unit = |owner: &str| Unit {
            owner: Some(owner.to_owned()),
            risk_owner: Some("head@example.org".to_owned()),
            visibility: Some(Visibility::Private),
            criticality: Some(Criticality::Medium),
        };
        let units = Units::from([("shop".to_owned(), unit("shop team")), ("pay".to_owned(), unit("pay team"))]);
        let directory = Directory { owners: Owners::default(), units };
        Self { folder: tempfile::tempdir().unwrap(), directory }
    }

    pub(super) fn csv(&self) -> PathBuf {
        self.folder.path().join("register.csv")
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("register.journal.jsonl")
    }

    pub(super) fn open(&self) -> Result<Register, RegisterError> {
        let file = std::fs::read(self.csv()).ok();
        let journal = Journal::open(&self.journal(), Access::Create).map_err(RegisterError::Journal)?;
        Register::open(file.as_deref(), journal, SCALES)
    }

    fn setting(&self) -> Setting<'_> {
        Setting { model: RiskModel::embedded(), directory: &self.directory }
    }

    pub(super) fn close(&self, mut register: Register) {
        let file = register.file();
        register.commit().unwrap();
        std::fs::write(self.csv(), file).unwrap();
    }

    /// Takes in bundles and judges all rows on a day.
    pub(super) fn update(&self, readings: &[Reading], today: &str) -> Changes {
        let mut register = self.open().unwrap();
        register.notice_decisions(ACT);
        for reading in readings {
            register.apply(reading, self.setting(), ACT).unwrap();
        }
        register.judge_all(self.setting(), ACT, day(today));
        let changes = register.changes().clone();
        self.close(register);
        changes
    }

    pub(super) fn attest(&self, id: &str, on: &str) -> Result<(), RegisterError> {
        self.attest_as(id, on, Grade::IssuerConfirmed)
    }

    pub(super) fn attest_as(&self, id: &str, on: &str, grade: Grade) -> Result<(), RegisterError> {
        self.say(id, Attested::Rotated, on, grade)
    }

    /// Attests something.
    pub(super) fn say(&self, id: &str, what: Attested, on: &str, grade: Grade) -> Result<(), RegisterError> {
        let mut register = self.open()?;
        let attestation = Attestation {
            at: ACT.at.to_owned(),
            recorded_by: ACT.by.to_owned(),
            id: id.to_owned(),
            what,
            on: on.to_owned(),
            by: "ops".to_owned(),
            grade,
            evidence: None,
            ticket: None,
            note: None,
        };
        register.attest(attestation, self.setting(), ACT, day(on))?;
        self.close(register);
        Ok(())
    }

    /// Retires series, as of `on`, on the day `today`.
    pub(super) fn retire(&self, which: &Subject, on: &str, today: &str) -> Result<Vec<Subject>, RegisterError> {
        let mut register = self.open()?;
        let retired = SeriesRetired {
            at: ACT.at.to_owned(),
            recorded_by: ACT.by.to_owned(),
            subject: which.clone(),
            on: on.to_owned(),
            by: "head@example.org".to_owned(),
            note: None,
        };
        let all = register.retire(&retired, self.setting(), ACT, day(today))?;
        self.close(register);
        Ok(all)
    }

    pub(super) fn rows(&self) -> BTreeMap<String, Row> {
        let register = self.open().unwrap();
        register.rows().map(|row| (row.kept.id.clone(), row.clone())).collect()
    }

    /// The only row.
    pub(super) fn row(&self) -> Row {
        let rows = self.rows();
        assert_eq!(rows.len(), 1, "{:?}", rows.keys());
        rows.into_values().next().unwrap()
    }

    /// Writes into a cell, as a person does.
    pub(super) fn write(&self, id: &str, column: &str, cell: &str) {
        let bytes = std::fs::read(self.csv()).unwrap();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
        let mut records: Vec<Vec<String>> =
            reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        let at = records[0].iter().position(|name| name == column).unwrap_or_else(|| {
            records[0].push(column.to_owned());
            for record in &mut records[1..] {
                record.push(String::new());
            }
            records[0].len() - 1
        });
        let row = records.iter_mut().find(|record| record[0] == id).unwrap();
        cell.clone_into(&mut row[at]);
        let mut writer = ::csv::Writer::from_path(self.csv()).unwrap();
        for record in records {
            writer.write_record(record).unwrap();
        }
        writer.flush().unwrap();
    }
}

pub(super) fn day(text: &str) -> Date {
    text.parse().unwrap()
}
