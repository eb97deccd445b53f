//! What a bundle says of one credential, as the register keeps it.

use jiff::civil::Date;

use super::row::{Condition, Covered, Decided, Kept, Observation, Row, Seen, SeriesFacts, Status};
use super::scenario::facts_of;
use crate::blob::printable_text;
use crate::evidence::reading::{Absent, Finding, Reading, Target};
use crate::evidence::series::Subject;
use crate::finding::Severity;

/// Whether an observation is of a series.
pub(super) fn is_of(one: &Observation, subject: &Subject) -> bool {
    series(one) == (&subject.unit, &subject.repository, &subject.branch)
}

/// The series of an observation.
pub(super) fn series(one: &Observation) -> (&Option<String>, &Option<String>, &Option<String>) {
    (&one.unit, &one.repository, &one.branch)
}

/// Whether two scans say the same, but for when.
pub(super) fn same(before: &Observation, now: &Observation) -> bool {
    let Observation { seen, since, places, first, facts, .. } = now;
    (&before.seen, &before.since, &before.places, &before.first, &before.facts) == (seen, since, places, first, facts)
}

/// What `reading` says of the credential that all `findings` are of, on the day `day` of its scan.
pub(super) fn observed(findings: &[&Finding], reading: &Reading, since: Date, day: Date) -> Observation {
    let all: Vec<_> = findings.iter().flat_map(|finding| &finding.places).collect();
    let in_files: Vec<_> = all.iter().copied().filter(|place| !place.history_only).collect();
    let (seen, places) = if in_files.is_empty() { (Seen::History, all) } else { (Seen::File, in_files) };
    let first = places.iter().min_by_key(|place| (&place.path, place.region));
    let Subject { unit, repository, branch } = reading.subject.clone();
    Observation {
        unit,
        repository,
        branch,
        seen,
        since: since.to_string(),
        on: day.to_string(),
        scan: reading.scan.clone(),
        places: places.len() as u64,
        first: first
            .map_or_else(String::new, |place| format!("{}:{}", printable_text(&place.path), place.region.start_line)),
        facts: SeriesFacts { covered: covered(reading), ..facts_of(findings) },
    }
}

/// Hexadecimal digits by which digests are told apart here.
const DIGITS: usize = 16;

/// What the scan of `reading` covered.
pub(super) fn covered(reading: &Reading) -> Covered {
    let target = |target: &Target| match &target.git {
        Some(git) => format!("/{}", git.prefix),
        None => target.given.clone(),
    };
    let digits = |digest: &str| digest.chars().take(DIGITS).collect();
    Covered {
        targets: reading.started.targets.iter().map(target).collect(),
        rules: digits(&reading.started.rule_pack.sha256),
        configuration: digits(&reading.started.configuration.sha256),
    }
}

/// Why a scan that covered `now` says nothing of a credential that was last seen by one that covered `before`, and that it does not have;
/// none where it shows that the credential has gone.
pub(super) fn not_looked(
    reading: &Reading,
    now: &Covered,
    before: &Covered,
    absent: Option<&[&Absent]>,
) -> Option<&'static str> {
    if let Some(all) = absent {
        // The scan was compared with the one before, and knows more than digests tell.
        let left = all.iter().find(|one| one.gone.is_none())?;
        return Some(match left.cause.as_deref() {
            Some("rules") => "its rules are others",
            Some("configuration") => "its settings are others",
            Some("scope") => "it did not look there",
            _ => "it did not look for it, nor did the one before",
        });
    }
    if !reading.completed.outcome.complete {
        Some("it is incomplete")
    } else if !now.holds(before) {
        Some("it was of other targets")
    } else if now.rules != before.rules {
        Some("its rules are others, and it was not compared with the one before (--previous)")
    } else if now.configuration != before.configuration {
        Some("its settings are others, and it was not compared with the one before (--previous)")
    } else {
        None
    }
}

/// A row that nothing was observed of yet.
pub(super) fn new_row(id: &str, fingerprint: &str, day: Date) -> Row {
    let kept = Kept {
        id: id.to_owned(),
        status: Status::Open,
        condition: Condition::Present,
        reason: String::new(),
        title: String::new(),
        asset: String::new(),
        kinds: Vec::new(),
        threat: String::new(),
        consequence: String::new(),
        controls: Vec::new(),
        severity: Severity::Info,
        likelihood: 1,
        likelihood_inputs: String::new(),
        impact: 1,
        impact_inputs: String::new(),
        level: String::new(),
        owner_proposed: String::new(),
        owner_source: String::new(),
        risk_owner_proposed: String::new(),
        first_seen: String::new(),
        opened_on: day.to_string(),
        closed_on: None,
        reopened: 0,
        back_on: None,
        due_proposed: None,
        acceptance: None,
        rotation: None,
        triage: None,
        confirmed: false,
        fingerprint: fingerprint.to_owned(),
        rule: String::new(),
        remediation: String::new(),
        observed: Vec::new(),
        last_seen: String::new(),
        record: 0,
    };
    Row { kept, decided: Decided::default() }
}
