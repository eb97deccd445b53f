//! The report as JSON (one object) and as JSON Lines (one event a line).
//!
//! Both hold all that a [`Report`] holds. Findings are turned into rows one at a time while they are
//! written, so that a large report is never held twice. The schemas in `docs/schemas` are generated
//! from the rows; a test compares them.

mod finding;
mod inert;
mod rows;
mod standing;

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeSeq as _, Serializer};

pub(crate) use self::finding::{FindingRow, LifetimeRow};
use self::inert::InertFormatter;
pub(crate) use self::rows::{CoverageRow, ExclusionRow, GapRow, KeyRow, OutcomeRow, TargetRow};
use self::rows::{Document, Event, EventBody, StandingRows, Start, Summary, SummaryEvent, Tool, Withheld};
pub(crate) use self::standing::{
    AbsentRow, AttemptRow, BypassRow, ChangeRow, ExceptionOutcomeRow, ExceptionRow, TriageRow, VerdictRow,
};
use super::Report;
use crate::finding::Finding;

/// What `schema` says in a JSON report.
pub const REPORT_SCHEMA: &str = "straykey/report/v1";

/// What `schema` says in each line of JSON Lines.
pub const EVENT_SCHEMA: &str = "straykey/event/v1";

/// Writes the report as one JSON object on one line. Values of secrets appear only with
/// `show_secrets`, and only where the findings hold them.
///
/// # Errors
///
/// Those of `out`.
pub fn write_json(report: &Report, show_secrets: bool, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: REPORT_SCHEMA,
        tool: Tool::this(),
        targets: report.targets.iter().map(TargetRow::new).collect(),
        key: KeyRow::new(&report.key),
        outcome: OutcomeRow::new(report),
        summary: Summary::new(report),
        coverage: CoverageRow::new(&report.coverage),
        findings: Findings { findings: &report.findings, show_secrets },
        gaps: report.gaps.iter().map(GapRow::new).collect(),
        exclusions: report.exclusions.iter().map(ExclusionRow::new).collect(),
        withheld: Withheld::new(report),
        standing: StandingRows::new(report),
        notes: &report.notes,
    };
    write_line(&document, out)
}

/// Writes the report as JSON Lines: a `start`, each `finding`, `gap` and `exclusion`, and at last
/// the `summary`, without which the output is not complete. Values appear as in [`write_json`].
///
/// # Errors
///
/// Those of `out`.
pub fn write_jsonl(report: &Report, show_secrets: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut event = |body| write_line(&Event { schema: EVENT_SCHEMA, body }, out);
    event(EventBody::Start(Start {
        tool: Tool::this(),
        targets: report.targets.iter().map(TargetRow::new).collect(),
        key: KeyRow::new(&report.key),
    }))?;
    for finding in &report.findings {
        event(EventBody::Finding(Box::new(FindingRow::new(finding, show_secrets))))?;
    }
    for gap in &report.gaps {
        event(EventBody::Gap(GapRow::new(gap)))?;
    }
    for exclusion in &report.exclusions {
        event(EventBody::Exclusion(ExclusionRow::new(exclusion)))?;
    }
    event(EventBody::Summary(Box::new(SummaryEvent {
        outcome: OutcomeRow::new(report),
        summary: Summary::new(report),
        coverage: CoverageRow::new(&report.coverage),
        withheld: Withheld::new(report),
        standing: StandingRows::new(report),
        notes: &report.notes,
    })))
}

fn write_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, InertFormatter);
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// The findings of a report, made into rows one by one.
struct Findings<'r> {
    findings: &'r [Finding],
    show_secrets: bool,
}

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.findings.len()))?;
        for finding in self.findings {
            sequence.serialize_element(&FindingRow::new(finding, self.show_secrets))?;
        }
        sequence.end()
    }
}

#[cfg(test)]
mod tests;
