//! `triage.jsonl`: what people found who looked at findings. Lines are only added, so that the file is its own history.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::args::{Triage as Command, TriageAdd};
use super::file::{bytes, name};
use super::{ExitCode, print};
use crate::blob::printable_text;
use crate::finding::baseline::{Under, secret_id};
use crate::finding::{Decision, Finding, Grade, Triage};

/// What `schema` says in every line.
const SCHEMA: &str = "straykey/triage/v1";

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    schema: String,
    /// The key of the fingerprint, by its id.
    key_id: String,
    /// Of the value, or of a place where the value has none.
    fingerprint: String,
    decision: Decision,
    by: String,
    at: String,
    grade: Grade,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
}

/// The last decision on each secret, by its fingerprint.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    /// The key of the fingerprints.
    pub(super) key_id: Option<String>,
    last: BTreeMap<String, Arc<Triage>>,
}

impl Decisions {
    /// Reads a file; `file` is how messages call it.
    pub(super) fn read(file: &str, bytes: &[u8]) -> anyhow::Result<Self> {
        let mut decisions = Self::default();
        for line in read(file, bytes)? {
            if decisions.key_id.as_ref().is_some_and(|key| *key != line.key_id) {
                bail!("{file}: its lines are under different keys; one file is needed for each");
            }
            decisions.key_id = Some(line.key_id);
            let Line { fingerprint, decision, by, at, grade, note, ticket, .. } = line;
            let later = decisions.last.get(&fingerprint).is_none_or(|before| before.at <= at);
            if later {
                decisions.last.insert(fingerprint, Arc::new(Triage { decision, by, at, grade, note, ticket }));
            }
        }
        Ok(decisions)
    }

    /// Hands each finding the decision on it.
    pub(super) fn apply(&self, findings: &mut [Finding], under: Under<'_>) {
        for finding in findings {
            let places = finding.occurrences.iter().map(|place| secret_id(finding, place, under));
            finding.triage = places.filter_map(|id| self.last.get(id.text()).cloned()).max_by(|a, b| a.at.cmp(&b.at));
        }
    }
}

fn read(file: &str, bytes: &[u8]) -> anyhow::Result<Vec<Line>> {
    let text = str::from_utf8(bytes).with_context(|| format!("{file} is not UTF-8"))?;
    let mut lines = Vec::new();
    for (number, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let line: Line = match serde_json::from_str(text) {
            Ok(line) => line,
            Err(error) => bail!("{file}:{number}: no line of a triage file: {error}"),
        };
        if line.schema != SCHEMA {
            bail!("{file}:{number}: a format that this version does not know");
        }
        if line.at.parse::<jiff::Timestamp>().is_err() {
            bail!("{file}:{number}: `at` is no time such as 2026-01-31T12:00:00Z");
        }
        lines.push(line);
    }
    Ok(lines)
}

/// Runs `straykey triage`.
pub(super) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add(args) => add(args),
        Command::List { file } => {
            let lines = read(&name(&file), &bytes(&file)?)?;
            print(|out| {
                for line in &lines {
                    let Line { fingerprint, decision, by, at, note, .. } = line;
                    let note = note.as_deref().map(|note| format!(": {}", printable_text(note))).unwrap_or_default();
                    let start = fingerprint.get(..16).unwrap_or(fingerprint);
                    writeln!(
                        out,
                        "{at}  {:<14} {}...  by {}{note}",
                        decision.name(),
                        printable_text(start),
                        printable_text(by)
                    )?;
                }
                Ok(0)
            })
        }
    }
}

fn add(args: TriageAdd) -> anyhow::Result<ExitCode> {
    let hexadecimal = args.fingerprint.len() == 64 && args.fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hexadecimal {
        bail!("a fingerprint of 64 hexadecimal digits is needed, as reports have it");
    }
    let line = Line {
        schema: SCHEMA.to_owned(),
        key_id: args.key_id,
        fingerprint: args.fingerprint.to_ascii_lowercase(),
        decision: Decision::named(&args.decision).expect("clap takes the names alone"),
        by: args.by,
        at: super::now(),
        grade: Grade::named(&args.grade).expect("clap takes the names alone"),
        note: args.note,
        ticket: args.ticket,
    };
    let file = name(&args.file);
    if args.file.exists() {
        // A decision must not be added to what cannot be read again.
        let known = Decisions::read(&file, &bytes(&args.file)?)?;
        if known.key_id.as_ref().is_some_and(|key| *key != line.key_id) {
            bail!("{file} is under another key than {}", printable_text(&line.key_id));
        }
    }
    let mut text = serde_json::to_string(&line)?;
    text.push('\n');
    append(&args.file, text.as_bytes()).with_context(|| format!("cannot write {file}"))?;
    print(|out| {
        writeln!(out, "{file}: {} by {}", line.decision.name(), printable_text(&line.by))?;
        Ok(0)
    })
}

/// One write at the end of the file, so that two people do not mix their lines.
fn append(path: &Path, line: &[u8]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(line)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(fingerprint: &str, decision: Decision, at: &str) -> String {
        let line = Line {
            schema: SCHEMA.to_owned(),
            key_id: "k".into(),
            fingerprint: fingerprint.into(),
            decision,
            by: "a".into(),
            at: at.into(),
            grade: Grade::Claimed,
            note: None,
            ticket: None,
        };
        serde_json::to_string(&line).unwrap() + "\n"
    }

    #[test]
    fn the_last_decision_holds() {
        let text = [
            line("1", Decision::Confirmed, "2026-01-02T00:00:00Z"),
            line("1", Decision::FalsePositive, "2026-01-01T00:00:00Z"),
            line("2", Decision::Incident, "2026-01-01T00:00:00Z"),
        ];
        let read = Decisions::read("t", text.concat().as_bytes()).unwrap();
        assert_eq!(read.last["1"].decision, Decision::Confirmed);
        assert_eq!((read.last.len(), read.key_id.as_deref()), (2, Some("k")));
    }

    #[test]
    fn a_line_that_is_none_is_told_with_its_number() {
        let good = line("1", Decision::Confirmed, "2026-01-02T00:00:00Z");
        for (bad, part) in [
            ("{}\n".to_owned(), "t:2: no line"),
            (good.replace("triage/v1", "triage/v2"), "t:2: a format"),
            (good.replace("2026-01-02T00:00:00Z", "soon"), "t:2: `at`"),
            (good.replace("\"k\"", "\"l\""), "different keys"),
        ] {
            let error = Decisions::read("t", format!("{good}{bad}").as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
