//! From what a scan collected to its report: what is known from before, what people decided, and what the operator's policy
//! makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::args::Scan;
use super::contents::Contents;
use super::governed::Governed;
use super::settings::Settings;
use super::{context, owners, past};
use crate::blob::printable;
use crate::finding::baseline::{Baseline, Under};
use crate::finding::{Bypass, Confidence, ExceptionOutcome, Finding, Standing, exception, group};
use crate::govern::{Policy, assess, gate};
use crate::report::{Outcome, Report};
use crate::scan::{Collected, settle};

/// The report of a scan.
pub(super) fn report_of(args: &Scan, settings: &Settings, mut governed: Governed, collected: Collected) -> Report {
    let Collected { hits, mut slots, mut gaps, mut exclusions, coverage, mut notes } = collected;
    let mut findings = group(hits);
    assess(&mut findings);
    let resolved = &settings.resolved;
    let min_confidence = resolved.min_confidence.value;
    let withheld = withhold(&mut findings, min_confidence);
    notes.extend(owners::name_owners(&mut findings, &settings.targets));
    let today = &settings.scanner.today;
    let accepted = resolved.accepted_gap.iter().map(|entry| &entry.value);
    notes.extend(settle(&mut gaps, accepted, &settings.scan_targets, today));
    slots.sort();
    slots.dedup();
    gaps.sort();
    gaps.dedup();
    exclusions.sort();
    let comparison = settings.past.as_ref().map(|past| {
        let now = past::circumstances(settings, coverage.history.repositories > 0, &gaps, &exclusions);
        past.compare(&mut findings, settings, &now, &mut governed)
    });
    settings.ignore_policy.apply(&mut findings, today);
    let mut before = Contents::before_the_change(settings, &governed);
    find_new_values(&mut findings, settings, &governed, &mut before);
    leave_to_the_commit_before(&mut findings, &mut governed, &mut before);
    let exceptions = except(&mut findings, settings, &mut governed);
    if let Some(decisions) = &settings.decisions {
        let under = decisions.key_id.as_ref().map_or(Under::Main, |key| settings.under(key));
        decisions.apply(&mut findings, under);
    }
    let policy = Policy {
        fail_on: resolved.fail_on.value.severity(),
        gates: resolved.gates.iter().map(|gate| gate.value.clone()).collect(),
        baseline: settings.past.as_ref().is_some_and(|past| past.gates),
        newly_detected_fails: resolved.newly_detected_fails.value,
        spread_passes: resolved.spread_passes.value,
        today: today.clone(),
    };
    gate::judge(&mut findings, &policy);
    notes.extend(settings.notes.iter().cloned());
    notes.sort();
    notes.dedup();
    // A commit that only removes files is no mistake.
    let changes = settings.targets.iter().all(|target| target.kind.is_of_changes());
    let empty = coverage.files_read == 0
        && coverage.history.commits + coverage.history.files == 0
        && gaps.is_empty()
        && !changes;
    if empty && !resolved.allow_empty.value {
        notes.push("there was nothing to scan; --allow-empty accepts that".to_owned());
    }
    let outcome = Outcome {
        failed: findings.iter().flat_map(|finding| &finding.occurrences).any(|place| place.verdict.fails()),
        complete: (!empty || resolved.allow_empty.value)
            && !gaps.iter().any(|gap| gap.accepted.is_none() && resolved.fail_on_gap.value.contains(&gap.class)),
    };
    let bypass = args.bypass.as_ref().map(|reason| {
        let (by, exit_code) = (context::actor(), outcome.exit_code());
        Bypass { reason: reason.clone(), by, exit_code }
    });
    let mut attempts = governed.attempts;
    attempts.sort();
    Report {
        targets: settings.targets.clone(),
        findings,
        withheld,
        min_confidence,
        slots,
        coverage,
        gaps,
        exclusions,
        key: settings.scanner.key.info(),
        outcome,
        comparison,
        exceptions,
        attempts,
        bypass,
        notes,
    }
}

/// A baseline of what the scan found, and of what it remembers of the one before.
pub(super) fn baseline_of(report: &Report, settings: &Settings) -> Baseline {
    let now = past::circumstances(settings, report.coverage.history.repositories > 0, &report.gaps, &report.exclusions);
    // What was known under another key cannot be carried over to this one.
    let same_key = settings.past.as_ref().is_some_and(|past| past.key_id == report.key.key_id);
    let comparison = report.comparison.as_ref().filter(|_| same_key);
    past::baseline_of(&report.findings, comparison, &now, &settings.scanner.key, &settings.scanner.today)
}

/// Takes out the places under `least`, and the findings that have no other; returns how many places that were.
fn withhold(findings: &mut Vec<Finding>, least: Confidence) -> u64 {
    let mut withheld = 0;
    findings.retain_mut(|finding| {
        let before = finding.occurrences.len();
        finding.occurrences.retain(|one| one.confidence >= least);
        withheld += (before - finding.occurrences.len()) as u64;
        finding.severity = finding.occurrences.iter().map(|one| one.severity).max().unwrap_or(finding.severity);
        !finding.occurrences.is_empty()
    });
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    withheld
}

/// Marks what a change brings of values that files can name by their place alone.
fn find_new_values(findings: &mut [Finding], settings: &Settings, governed: &Governed, before: &mut Contents<'_>) {
    if !governed.is_change() {
        return;
    }
    for finding in findings.iter_mut().filter(|finding| finding.fingerprint.is_none()) {
        for place in &mut finding.occurrences {
            let target = place.origin.target();
            let held = before.of(target).and_then(|before| before.held(place.origin.path_bytes(), &finding.value_id));
            let of_changes = settings.targets.get(target).is_some_and(|target| target.kind.is_of_changes());
            place.value_is_new = of_changes || held == Some(false);
        }
    }
}

/// Where a change is scanned, honours only those markers that the commit before has as well.
fn leave_to_the_commit_before(findings: &mut [Finding], governed: &mut Governed, before: &mut Contents<'_>) {
    if !governed.is_change() || governed.may_excuse_itself {
        return;
    }
    let mut attempts: BTreeMap<String, u64> = BTreeMap::new();
    for finding in findings {
        for place in finding.occurrences.iter_mut().filter(|place| place.is_honoured()) {
            let path = place.origin.path_bytes().to_vec();
            let old = before.of(place.origin.target());
            let ignore = place.ignore.as_mut().expect("a place that is honoured has a marker");
            if old.is_some_and(|before| before.was_ignored(&path, &finding.value_id, ignore)) {
                continue;
            }
            ignore.honoured = false;
            *attempts.entry(printable(&path)).or_default() += 1;
        }
    }
    for (path, places) in attempts {
        let what = "the change brings a marker that asks to look away".to_owned();
        governed.attempt("inline-ignore", Path::new(&path), what, Some(places));
    }
}

/// Applies the exceptions of all files.
fn except(findings: &mut [Finding], settings: &Settings, governed: &mut Governed) -> Vec<ExceptionOutcome> {
    let set = settings.scanner.engine.rules();
    let rules: BTreeSet<&str> = set
        .iter()
        .map(|loaded| loaded.rule.id.as_str())
        .chain(set.disabled().iter().map(|rule| rule.id.as_str()))
        .collect();
    let mut outcomes = Vec::new();
    for file in &settings.exceptions {
        let under = file.key_id.as_ref().map_or(Under::Main, |key| settings.under(key));
        let policy = &settings.exception_policy;
        let found = exception::apply(findings, &file.stated, policy, &rules, under, &settings.scanner.today);
        for outcome in found.iter().filter(|outcome| outcome.standing == Standing::Proposed) {
            let what = format!("the change brings the exception {}", outcome.exception.id);
            governed.attempt("exception", &file.path, what, Some(outcome.places));
        }
        outcomes.extend(found);
    }
    outcomes.sort();
    outcomes
}
