//! How a series went: one point a scan.

use crate::evidence::reading::{Finding, Reading};
use crate::severity::Severity;

/// What one scan of a series found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// The scan.
    pub scan: String,
    /// When it began, RFC 3339.
    pub started: String,
    /// Whether it read all of its scope.
    pub complete: bool,
    /// Secrets by severity, mildest first, as [`Severity::ALL`] has them.
    pub by_severity: [u64; Severity::ALL.len()],
    /// Of these: secrets all of whose places people took out of the verdict.
    pub excepted: u64,
    /// Places that need a credential and hold it in the open.
    pub open_slots: u64,
    /// Places that need a credential.
    pub slots: u64,
    /// Controls that findings contradict.
    pub contradicted: u64,
}

impl Point {
    /// Secrets of all severities.
    pub fn secrets(&self) -> u64 {
        self.by_severity.iter().sum()
    }
}

/// The points of a series, from the earliest.
pub fn trend(series: &[&Reading]) -> Vec<Point> {
    series.iter().map(|reading| point(reading)).collect()
}

fn point(reading: &Reading) -> Point {
    let count = |severity| reading.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    let excepted = |finding: &&Finding| {
        finding.places.iter().all(|place| matches!(place.verdict.state.as_str(), "excepted" | "ignored"))
    };
    Point {
        scan: reading.scan.clone(),
        started: reading.started.started.clone(),
        complete: reading.completed.outcome.complete,
        by_severity: Severity::ALL.map(count),
        excepted: reading.findings.iter().filter(excepted).count() as u64,
        open_slots: reading.slots.counts.open,
        slots: reading.slots.counts.total,
        contradicted: reading.controls.iter().filter(|row| row.state.is_contradicted()).count() as u64,
    }
}
