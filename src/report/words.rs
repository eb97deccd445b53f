//! Wording that several formats for people share: counts, the place of things, the verdict.

use std::collections::BTreeMap;

use super::standing::Standings;
use super::{Report, TargetKind};
use crate::blob::{Origin, printable, printable_text};
use crate::finding::{CommitRef, Finding, Lifetime, Occurrence, Verdict};
use crate::gap::HistoryCoverage;
use crate::severity::Severity;
pub(super) use crate::words::{grouped, plural as counted};

/// What the exit code means, in words.
///
/// The severity that `--fail-on` names is not part of a report, so it is spoken of by that name, and only where nothing else
/// had a say.
pub(super) fn verdict(report: &Report) -> String {
    let count = report.findings.len() as u64;
    let secrets = counted(count, "secret", "secrets");
    let failing = Standings::of(report).failing_secrets;
    let mut places = report.findings.iter().flat_map(|finding| &finding.occurrences);
    let by_severity = places.all(|place| matches!(place.verdict, Verdict::Fails | Verdict::Minor));
    let why = if by_severity { " (--fail-on)" } else { "" };
    let found = match (count, report.outcome.failed, failing) {
        (0, ..) if report.withheld > 0 => {
            format!("nothing found at or above {} confidence", report.min_confidence.name())
        }
        (0, ..) => "nothing found".to_owned(),
        (1, true, _) => format!("{secrets} found, which fails the scan{why}"),
        (_, true, 1) => format!("{secrets} found, 1 of which fails the scan{why}"),
        (_, true, _) if failing == count => format!("{secrets} found, all of which fail the scan{why}"),
        (_, true, _) => format!("{secrets} found, {} of which fail the scan{why}", grouped(failing)),
        (1, false, _) => format!("{secrets} found, which does not fail the scan{why}"),
        (_, false, _) => format!("{secrets} found, none of which fails the scan{why}"),
    };
    let gaps = report.gaps.len() as u64;
    let reach = match (report.outcome.complete, gaps) {
        (true, _) => String::new(),
        (false, 0) if report.coverage.files_read == 0 => {
            "; there was nothing to scan (--allow-empty accepts that)".to_owned()
        }
        (false, 0) => "; the scan is incomplete".to_owned(),
        (false, _) => format!("; the scan is incomplete: {}", counted(gaps, "gap", "gaps")),
    };
    let bypassed = report
        .bypass
        .as_ref()
        .map_or_else(String::new, |bypass| format!("; BYPASSED: the exit code is 0 in place of {}", bypass.exit_code));
    format!("straykey: {found}{reach}{bypassed}")
}

/// `2 critical, 1 low`: the severities that occur, worst first.
pub(super) fn by_severity<'f>(findings: impl Iterator<Item = &'f Finding>) -> String {
    let mut counts = BTreeMap::new();
    findings.for_each(|finding| *counts.entry(finding.severity).or_default() += 1);
    let counts = Severity::ALL.iter().rev().filter_map(|severity| {
        let count: usize = counts.get(severity).copied().unwrap_or_default();
        (count > 0).then(|| format!("{} {}", grouped(count as u64), severity.name()))
    });
    counts.collect::<Vec<_>>().join(", ")
}

/// The findings in the order in which people need them: those that fail the scan before those that do not, so that what is new
/// is not lost behind what is known. Else as in the report.
pub(super) fn failing_first(report: &Report) -> Vec<&Finding> {
    let fails = |finding: &&Finding| finding.occurrences.iter().any(|place| place.verdict.fails());
    let (mut first, then): (Vec<_>, Vec<_>) = report.findings.iter().partition(fails);
    first.extend(then);
    first
}

/// The places of a finding in the same order.
pub(super) fn failing_places_first(finding: &Finding) -> Vec<&Occurrence> {
    let (mut first, then): (Vec<_>, Vec<_>) = finding.occurrences.iter().partition(|place| place.verdict.fails());
    first.extend(then);
    first
}

/// A number of bytes in binary units, with one decimal from KiB on, rounded down.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return counted(count, "byte", "bytes");
    }
    let unit = (count.ilog2() / 10) as usize;
    let scale = 1_u128 << (10 * unit);
    let tenths = u128::from(count) * 10 / scale;
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit - 1])
}

/// The beginning of an object id, long enough to tell it in all but the largest repositories.
pub(super) fn abbreviated(id: &str) -> &str {
    const SHOWN: usize = 12;
    id.get(..SHOWN).unwrap_or(id)
}

/// What of histories was searched.
pub(super) fn history(coverage: &HistoryCoverage) -> String {
    let HistoryCoverage { references, commits, files, known, bytes: size, .. } = *coverage;
    let mut versions = counted(files, "version of files", "versions of files");
    if known > 0 {
        versions.push_str(&format!(" ({} known from a cache)", grouped(known)));
    }
    let (commits, references) = (counted(commits, "commit", "commits"), counted(references, "reference", "references"));
    format!("{commits}, {versions}, {}, {references}", bytes(size))
}

/// What became of a secret in the history of its repository: a clause.
pub(super) fn fate(lifetime: &Lifetime) -> String {
    /// Characters of a time that are the day.
    const DAY: usize = 10;
    let named = |commit: &CommitRef| {
        let day = commit.time.as_deref().and_then(|time| time.get(..DAY));
        abbreviated(&commit.id).to_owned() + &day.map_or_else(String::new, |day| format!(" of {day}"))
    };
    let Some(introduced) = &lifetime.introduced else { return "in no commit".to_owned() };
    let since = format!("since {}", named(introduced));
    match (&lifetime.at[..], &lifetime.last) {
        ([], Some(last)) if last == introduced => format!("only in {}", named(introduced)),
        ([], Some(last)) => format!("{since}, last in {}", named(last)),
        ([], None) => format!("in {}", named(introduced)),
        ([first, ..], _) => {
            let short = first.strip_prefix("refs/heads/").unwrap_or(first);
            let more = match lifetime.references - 1 {
                0 => String::new(),
                others => format!(" and {}", counted(others, "other reference", "other references")),
            };
            format!("{since}, still at {}{more}", printable_text(short))
        }
    }
}

/// The path as the operator can open it: below the target as given.
pub(super) fn named(report: &Report, origin: &Origin) -> Vec<u8> {
    let Origin::File(place) = origin else { return origin.path_bytes().to_vec() };
    let Some(target) = report.targets.get(place.target) else { return place.path.clone() };
    let given = target.given.as_os_str().as_encoded_bytes();
    match target.kind {
        TargetKind::File => given.to_vec(),
        _ if matches!(given, b"." | b"./" | b"") => place.path.clone(),
        _ => {
            let separator: &[u8] = if given.ends_with(b"/") { b"" } else { b"/" };
            [given, separator, &place.path].concat()
        }
    }
}

/// The same as text that is safe to print.
pub(super) fn shown(report: &Report, origin: &Origin) -> String {
    printable(&named(report, origin))
}
