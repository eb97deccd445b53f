//! The end of the page: counts, what was read, what was not, and the verdict.

use std::io;

use anstyle::Style as Ink;

use super::page::{Page, TEXT_COLUMN, Text, ink};
use super::{by_severity, counted, grouped};
use crate::gap::{Exclusion, Gap, GapClass};
use crate::report::Report;
use crate::report::standing;
use crate::report::words::{self, bytes, history, named};
use crate::slot::{Counts, tally};

/// Gaps of one class that are shown where `all` is not asked for.
const GAPS_SHOWN: usize = 10;

/// Exclusions of one class that are shown where `all` is not asked for.
const EXCLUSIONS_SHOWN: usize = 3;

/// Absent secrets that are shown where `all` is not asked for.
const ABSENT_SHOWN: usize = 5;

/// Exceptions with something wrong that are shown where `all` is not asked for.
const EXCEPTIONS_SHOWN: usize = 10;

/// Areas that are shown where `all` is not asked for.
const AREAS_SHOWN: usize = 5;

/// Writes all but the verdict.
pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    found(page, report)?;
    slots(page, report)?;
    read(page, report)?;
    not_read(page, report)?;
    left_out(page, report)?;
    withheld(page, report)?;
    compared(page, report)?;
    exceptions(page, report)?;
    attempts(page, report)?;
    for note in &report.notes {
        let mut text = Text::new();
        text.say(note);
        page.entry(0, (ink::TITLE, "Note"), &text)?;
    }
    Ok(())
}

/// The verdict, and how to show it.
pub(super) fn verdict(report: &Report) -> (String, Ink) {
    let ink = match (report.outcome.failed, report.outcome.complete) {
        _ if report.bypass.is_some() => ink::BAD,
        (true, _) => ink::BAD,
        (false, false) => ink::DOUBT,
        (false, true) => ink::GOOD,
    };
    (words::verdict(report), ink)
}

fn found(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let places = || report.findings.iter().flat_map(|finding| &finding.occurrences);
    let marked = places().filter(|place| place.ignore.as_ref().is_some_and(|ignore| !ignore.expired)).count() as u64;
    let mut text = Text::new();
    text.say(&counted(report.findings.len() as u64, "secret", "secrets"));
    text.say("at").say(&counted(places().count() as u64, "place", "places")).glue(":");
    text.say(&by_severity(report.findings.iter()));
    if marked > 0 {
        text.glue(";").say(&counted(marked, "place is", "places are"));
        text.say("marked to be ignored");
    }
    page.entry(0, (ink::TITLE, "Found"), &text)
}

/// Where the credentials are that the scope needs, and in which areas some lie in the open.
fn slots(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let tally = tally(&report.slots, &report.findings);
    if report.slots.is_empty() {
        return Ok(());
    }
    let mut text = Text::new();
    text.say(&counted(tally.counts.total, "credential slot", "credential slots")).glue(":");
    text.say(&held(&tally.counts));
    page.entry(0, (ink::TITLE, "Slots"), &text)?;
    let several = tally.areas.len() > 1;
    let shown = if several { page.style().shown(tally.areas.len(), AREAS_SHOWN) } else { 0 };
    for area in &tally.areas[..shown] {
        let mut text = Text::new();
        text.whole(ink::PLAIN, area.area.as_bytes(), ":").say(&held(&area.counts));
        page.paragraph(TEXT_COLUMN + 2, TEXT_COLUMN + 4, &text)?;
    }
    if several { rest(page, tally.areas.len() - shown) } else { Ok(()) }
}

/// `3 in the open, 12 in vaults`.
fn held(counts: &Counts) -> String {
    let parts = [
        (counts.open, "in the open"),
        (counts.store, "in vaults"),
        (counts.encrypted, "encrypted"),
        (counts.environment, "in variables"),
        (counts.federated, "without a secret"),
    ];
    let said = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{} {what}", grouped(*count)));
    said.collect::<Vec<_>>().join(", ")
}

fn read(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let coverage = &report.coverage;
    let mut text = Text::new();
    text.say(&counted(coverage.files_read, "file", "files"));
    let kinds: Vec<String> = [
        (coverage.text_files, "text"),
        (coverage.decoded_files, "UTF-16 or UTF-32"),
        (coverage.binary_files, "binary"),
    ]
    .iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, kind)| format!("{} {kind}", grouped(*count)))
    .collect();
    if !kinds.is_empty() {
        text.say(&format!("({})", kinds.join(", ")));
    }
    text.glue(",").say(&bytes(coverage.bytes_read));
    if coverage.directories > 0 {
        text.glue(",").say(&counted(coverage.directories, "directory", "directories"));
    }
    page.entry(0, (ink::TITLE, "Read"), &text)?;
    if coverage.history.repositories > 0 {
        let mut text = Text::new();
        text.say(&history(&coverage.history));
        page.entry(0, (ink::TITLE, "History"), &text)?;
    }
    Ok(())
}

fn not_read(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let mut first = true;
    for class in GapClass::ALL {
        let gaps: Vec<&Gap> = report.gaps.iter().filter(|gap| gap.class == class).collect();
        if gaps.is_empty() {
            continue;
        }
        let mut text = Text::new();
        text.styled(ink::MARK, class.name()).glue(",");
        text.say(&counted(gaps.len() as u64, "place", "places"));
        if class == GapClass::Opaque {
            text.say("(searched for printable text)");
        }
        group(page, &mut first, "Not read", &text)?;
        let shown = page.style().shown(gaps.len(), GAPS_SHOWN);
        for gap in &gaps[..shown] {
            let mut text = Text::new();
            text.whole(ink::PLAIN, &named(report, &gap.origin), ":").say(&gap.reason);
            if let Some(accepted) = &gap.accepted {
                text.glue(";").say("accepted by").prose(ink::PLAIN, &accepted.approver);
                text.say("until").say(&accepted.until).glue(":").prose(ink::PLAIN, &accepted.reason);
            }
            page.paragraph(TEXT_COLUMN + 2, TEXT_COLUMN + 4, &text)?;
        }
        rest(page, gaps.len() - shown)?;
    }
    Ok(())
}

fn left_out(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let mut sorted: Vec<&Exclusion> = report.exclusions.iter().collect();
    sorted.sort_unstable();
    let mut first = true;
    for exclusions in sorted.chunk_by(|one, other| one.class == other.class && one.stated == other.stated) {
        let files = exclusions.iter().map(|exclusion| exclusion.files).sum();
        let mut text = Text::new();
        text.say(exclusions[0].class.name()).glue(",").say(&counted(files, "file", "files")).glue(":");
        text.prose(ink::PLAIN, exclusions[0].reason());
        group(page, &mut first, "Left out", &text)?;
        let shown = page.style().shown(exclusions.len(), EXCLUSIONS_SHOWN);
        for exclusion in &exclusions[..shown] {
            let mut text = Text::new();
            text.whole(ink::PLAIN, &named(report, &exclusion.origin), "");
            if exclusion.files != 1 {
                text.say(&format!("({})", counted(exclusion.files, "file", "files")));
            }
            page.paragraph(TEXT_COLUMN + 2, TEXT_COLUMN + 4, &text)?;
        }
        rest(page, exclusions.len() - shown)?;
    }
    Ok(())
}

fn withheld(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    if report.withheld == 0 {
        return Ok(());
    }
    let mut text = Text::new();
    text.say(&counted(report.withheld, "place", "places"));
    text.say(&format!("below {} confidence; --min-confidence low shows them", report.min_confidence.name()));
    page.entry(0, (ink::TITLE, "Withheld"), &text)
}

/// What the scan was held against.
fn compared(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let (Some(compared), Some(comparison)) = (standing::compared(report), &report.comparison) else { return Ok(()) };
    let mut text = Text::new();
    text.say("with").whole(ink::PLAIN, comparison.with.as_bytes(), ":").say(&compared);
    page.entry(0, (ink::TITLE, "Compared"), &text)?;
    let shown = page.style().shown(comparison.absent.len(), ABSENT_SHOWN);
    for absent in &comparison.absent[..shown] {
        let mut text = Text::new();
        text.say("absent:").whole(ink::PLAIN, absent.path.as_bytes(), "").prose(ink::LABEL, &absent.rule);
        page.paragraph(TEXT_COLUMN + 2, TEXT_COLUMN + 4, &text)?;
    }
    rest(page, comparison.absent.len() - shown)
}

/// Which exceptions hold, and what is wrong with the others.
fn exceptions(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let Some(holding) = standing::holding(report) else { return Ok(()) };
    let mut text = Text::new();
    text.say(&holding);
    page.entry(0, (ink::TITLE, "Excepted"), &text)?;
    let troubles: Vec<String> = report.exceptions.iter().filter_map(standing::trouble).collect();
    let shown = page.style().shown(troubles.len(), EXCEPTIONS_SHOWN);
    for trouble in &troubles[..shown] {
        let mut text = Text::new();
        text.prose(ink::MARK, trouble);
        page.paragraph(TEXT_COLUMN + 2, TEXT_COLUMN + 4, &text)?;
    }
    rest(page, troubles.len() - shown)
}

/// What the change would have had obeyed. All of it is shown: whoever reviews the change has to see it.
fn attempts(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let mut first = true;
    for attempt in &report.attempts {
        let mut text = Text::new();
        text.say("the change brings").whole(ink::MARK, attempt.file.as_bytes(), "");
        text.say(&format!("itself ({}), which was not obeyed:", attempt.kind));
        text.prose(ink::PLAIN, &standing::attempted(attempt));
        group(page, &mut first, "Attempt", &text)?;
    }
    Ok(())
}

/// Writes the heading of a class; the label stands before the first only.
fn group(page: &mut Page<'_>, first: &mut bool, label: &str, text: &Text) -> io::Result<()> {
    if std::mem::take(first) {
        page.entry(0, (ink::TITLE, label), text)
    } else {
        page.paragraph(TEXT_COLUMN, TEXT_COLUMN, text)
    }
}

fn rest(page: &mut Page<'_>, count: usize) -> io::Result<()> {
    if count == 0 {
        return Ok(());
    }
    let mut text = Text::new();
    text.say(&format!("and {} more; --all shows them", grouped(count as u64)));
    page.paragraph(TEXT_COLUMN + 2, TEXT_COLUMN + 4, &text)
}
