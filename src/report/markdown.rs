//! The report in Markdown (GitHub's dialect), for comments on pull requests and summaries of jobs.
//!
//! It is short enough for a comment whatever was found: what does not fit is counted, never dropped in silence. Text that
//! others wrote, such as names of files, is put into code spans, where neither mark-up nor mentions have an effect.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::standing::{attempted, bypassed, compared, holding, remarks, trouble};
use super::words::{
    abbreviated, by_severity, bytes, counted, failing_first, failing_places_first, fate, history, shown, verdict,
};
use super::{Report, ci};
use crate::blob::printable_text;
use crate::finding::{Finding, Occurrence};

/// Bytes that the report takes at most. GitHub refuses comments of more than 65,536 characters, and others put text of
/// their own around it.
pub const MAX_BYTES: usize = 60_000;

/// What is kept for the end of the report: the note on what did not fit, and the last lines.
const RESERVE: usize = 4_000;

/// Places of one secret that get a row.
const PLACES: usize = 5;

/// Attempts and exceptions that are listed.
const DECISIONS: usize = 20;

/// Gaps that are listed.
const GAPS: usize = 20;

/// Writes the report.
///
/// # Errors
///
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut page = String::new();
    let _ = writeln!(page, "### {}\n", verdict(report));
    if let Some(bypass) = &report.bypass {
        let _ = writeln!(page, "> **{}**\n", text(&printable_text(&bypassed(bypass))));
    }
    findings(report, &mut page);
    standing(report, &mut page);
    remediation(report, &mut page);
    gaps(report, &mut page);
    coverage(report, &mut page);
    debug_assert!(page.len() <= MAX_BYTES, "the parts keep to their shares");
    out.write_all(page.as_bytes())
}

/// A row for each place of each secret, as long as they fit.
fn findings(report: &Report, page: &mut String) {
    if report.findings.is_empty() {
        return;
    }
    page.push_str("| severity | what | where | contradicts (ISO/IEC 27002) |\n| --- | --- | --- | --- |\n");
    let mut fitting = 0;
    let findings = failing_first(report);
    for finding in &findings {
        let rows = rows(report, finding);
        // Half of the page is for the table; what it leaves, the other parts may take.
        if page.len() + rows.len() > MAX_BYTES / 2 {
            break;
        }
        page.push_str(&rows);
        fitting += 1;
    }
    page.push('\n');
    let rest = &findings[fitting..];
    if !rest.is_empty() {
        let more = counted(rest.len() as u64, "more secret", "more secrets");
        let _ = writeln!(
            page,
            "{more} ({}) not shown here; the other reports have them.\n",
            by_severity(rest.iter().copied())
        );
    }
}

fn rows(report: &Report, finding: &Finding) -> String {
    let mut rows = String::new();
    for place in failing_places_first(finding).into_iter().take(PLACES) {
        let _ = writeln!(
            rows,
            "| {} | {}: {} | {}{}{}{} | {} |",
            place.severity.name(),
            text(&finding.rule.title),
            code(&finding.preview.to_string()),
            code(&format!("{}:{}", shown(report, &place.origin), place.region.start_line)),
            origin(place),
            ignored(place),
            stands(place),
            ci::contradicted(finding, place),
        );
    }
    let more = finding.occurrences.len().saturating_sub(PLACES);
    if more > 0 {
        let _ = writeln!(rows, "| | | and {} of it | |", counted(more as u64, "more place", "more places"));
    }
    rows
}

/// The commit that a place is of, or what became of it.
fn origin(place: &Occurrence) -> String {
    match (&place.lifetime, place.origin.commit()) {
        (Some(lifetime), _) => format!(" ({})", text(&fate(lifetime))),
        (None, Some(commit)) => format!(" in {}", code(abbreviated(commit))),
        (None, None) => String::new(),
    }
}

fn ignored(place: &Occurrence) -> String {
    match &place.ignore {
        Some(ignore) if ignore.expired => format!(" (its {} has expired)", code(ignore.marker)),
        Some(ignore) if ignore.honoured => format!(" (marked {}, honoured by the policy)", code(ignore.marker)),
        Some(ignore) => format!(" (marked {}, under review)", code(ignore.marker)),
        None => String::new(),
    }
}

/// How a place stands to an earlier scan, and to what people decided.
fn stands(place: &Occurrence) -> String {
    let remarks = remarks(place);
    if remarks.is_empty() { String::new() } else { format!(" ({})", text(&printable_text(&remarks.join("; ")))) }
}

/// What the scan was held against, and what people decided.
fn standing(report: &Report, page: &mut String) {
    if let (Some(compared), Some(comparison)) = (compared(report), &report.comparison) {
        let _ = writeln!(page, "Compared with {}: {compared}.\n", code(&printable_text(&comparison.with)));
    }
    let troubles = report.exceptions.iter().filter_map(trouble).map(|trouble| text(&printable_text(&trouble)));
    let attempts = report.attempts.iter().map(|attempt| {
        let (file, what) = (code(&printable_text(&attempt.file)), text(&printable_text(&attempted(attempt))));
        format!("the change brings {file} itself ({}), which was not obeyed: {what}", attempt.kind)
    });
    let mut list = String::new();
    let mut fitting = 0;
    // Attempts first: they are what a reviewer has to see.
    let all: Vec<String> = attempts.chain(troubles).collect();
    for item in all.iter().take(DECISIONS) {
        if page.len() + list.len() + item.len() > MAX_BYTES * 5 / 8 {
            break;
        }
        let _ = writeln!(list, "- {item}");
        fitting += 1;
    }
    let more = all.len() - fitting;
    if more > 0 {
        let _ = writeln!(list, "- and {}", counted(more as u64, "more", "more"));
    }
    if let Some(holding) = holding(report) {
        let _ = writeln!(page, "{holding}.\n");
    }
    if !list.is_empty() {
        let _ = writeln!(page, "{list}");
    }
}

/// What to do, once for each rule.
fn remediation(report: &Report, page: &mut String) {
    let mut told = Vec::new();
    let mut list = String::new();
    for finding in &report.findings {
        let rule = &finding.rule;
        if told.contains(&&rule.id) {
            continue;
        }
        let item = format!("- **{}**: {} {}\n", text(&rule.title), text(&rule.revoke), text(&rule.rotate));
        if page.len() + list.len() + item.len() > MAX_BYTES * 3 / 4 {
            list.push_str("- and others; `straykey rules show RULE` tells\n");
            break;
        }
        told.push(&rule.id);
        list.push_str(&item);
    }
    if !list.is_empty() {
        let _ = writeln!(page, "<details><summary>What to do</summary>\n\n{list}\n</details>\n");
    }
}

fn gaps(report: &Report, page: &mut String) {
    if report.gaps.is_empty() {
        return;
    }
    let mut list = String::new();
    let mut fitting = 0;
    for gap in report.gaps.iter().take(GAPS) {
        let path = code(&shown(report, &gap.origin));
        let accepted = gap.accepted.as_ref().map_or_else(String::new, |accepted| {
            format!(" (accepted by {} until {}: {})", text(&accepted.approver), accepted.until, text(&accepted.reason))
        });
        let item = format!("- {} {path}: {}{accepted}\n", gap.class.name(), text(&gap.reason));
        if page.len() + list.len() + item.len() > MAX_BYTES - RESERVE {
            break;
        }
        list.push_str(&item);
        fitting += 1;
    }
    let more = report.gaps.len() - fitting;
    if more > 0 {
        let _ = writeln!(list, "- and {}", counted(more as u64, "more", "more"));
    }
    let gaps = counted(report.gaps.len() as u64, "place was", "places were");
    let _ = writeln!(page, "<details><summary>{gaps} not, or not wholly, searched</summary>\n\n{list}\n</details>\n");
}

fn coverage(report: &Report, page: &mut String) {
    let coverage = &report.coverage;
    let _ = write!(page, "Read: {}, {}.", counted(coverage.files_read, "file", "files"), bytes(coverage.bytes_read));
    if coverage.history.repositories > 0 {
        let _ = write!(page, " History: {}.", history(&coverage.history));
    }
    if coverage.files_excluded > 0 {
        let _ = write!(page, " Left out by policy: {}.", counted(coverage.files_excluded, "file", "files"));
    }
    if report.withheld > 0 {
        let places = counted(report.withheld, "place", "places");
        let _ = write!(page, " Withheld below {} confidence: {places}.", report.min_confidence.name());
    }
    page.push('\n');
}

/// Longest text of others that is shown, in characters.
const LONGEST: usize = 300;

/// Text without effect outside code spans: mark-up is escaped, line breaks become blanks.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for character in shortened(raw).chars() {
        match character {
            '\n' | '\r' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '(' | ')' | '#' | '!' | '|' | '~' | '@'
            | '&' => {
                // As a character reference: a backslash does not stop mentions.
                let _ = write!(out, "&#{};", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}

/// A code span that holds `raw` whatever it contains (`CommonMark` 0.31.2, section 6.1; in tables, pipes are escaped:
/// GitHub Flavored Markdown, section 4.10).
fn code(raw: &str) -> String {
    let flat: String =
        shortened(raw).chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    let longest = flat.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One blank at both ends is taken off again; it keeps a fence and a backtick, or blanks of the text, apart.
    let pad = if flat.starts_with(['`', ' ']) || flat.ends_with(['`', ' ']) || flat.is_empty() { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", flat.replace('|', "\\|"))
}

fn shortened(raw: &str) -> String {
    match raw.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &raw[..end]),
        None => raw.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{clean_report, sample_report};
    use super::*;
    use crate::finding::Bypass;

    fn page(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn it_says_what_was_found_and_what_was_not_searched() {
        let report = sample_report();
        let page = page(&report);
        assert!(page.starts_with("### straykey: 4 secrets found"), "{page}");
        for finding in &report.findings {
            assert!(page.contains(&text(&finding.rule.title)), "{}", finding.rule.title);
        }
        assert!(page.contains("3 places were not, or not wholly, searched"), "{page}");
        assert!(page.contains("Withheld below medium confidence: 2 places."), "{page}");
        assert!(self::page(&clean_report()).starts_with("### straykey: nothing found\n"));
    }

    #[test]
    fn a_comment_holds_it_whatever_was_found() {
        let mut report = sample_report();
        for _ in 0..8 {
            report.findings.extend(report.findings.clone());
            report.gaps.extend(report.gaps.clone());
        }
        for gap in &mut report.gaps {
            gap.reason = "@all <b>|`` ".repeat(100);
        }
        let page = page(&report);
        assert!(page.len() <= MAX_BYTES, "{}", page.len());
        assert!(page.contains("more secrets") && page.contains("- and "), "what is left out is counted");
        assert!(page.ends_with(".\n"), "the last line is whole");
    }

    #[test]
    fn it_says_how_places_stand_and_what_people_decided() {
        let mut report = sample_report();
        let page = page(&report);
        assert!(page.starts_with("### straykey: 4 secrets found, 2 of which fail the scan; "), "{page}");
        for told in [
            "(known since 2026-01-15) |",
            "(new; excepted by EX-1 &#40;accepted risk, until 2026-12-31&#41;) |",
            "(new, perhaps by other rules; EX-2 expired on 2026-01-31) |",
            "\nCompared with `evidence/2026-01-15`: 6 new (5 by the code, 1 perhaps by other rules), 1 known, 1 moved, 2 ",
            "\n2 of 4 exceptions hold, for 2 places.\n",
            "\n- the change brings `exceptions.toml` itself (exception), which was not obeyed: EX-3 would take out what",
            "\n- EX-4 does not hold: nobody approved it; it names a rule that there is not\n",
        ] {
            assert!(page.contains(told), "{told}: {page}");
        }
        assert!(!page.contains("BYPASSED"), "{page}");
        report.bypass = Some(Bypass { reason: "<b>\u{202e}@all".into(), by: "j.doe".into(), exit_code: 1 });
        let page = self::page(&report);
        assert!(page.lines().next().unwrap().ends_with("; BYPASSED: the exit code is 0 in place of 1"), "{page}");
        let told = "\n> **BYPASSED by j.doe: &#60;b&#62;\u{fffd}&#64;all; the exit code would have been 1**\n";
        assert!(page.contains(told), "{page}");
    }

    #[test]
    fn decisions_of_any_number_and_length_fit() {
        let mut report = sample_report();
        let mut attempt = report.attempts[0].clone();
        attempt.what = "@all <b>|`` ".repeat(100);
        attempt.file = "`".repeat(5_000);
        report.attempts = vec![attempt; 300];
        report.comparison.as_mut().unwrap().with = "`".repeat(5_000);
        for _ in 0..8 {
            report.findings.extend(report.findings.clone());
            report.gaps.extend(report.gaps.clone());
        }
        let page = page(&report);
        assert!(page.len() <= MAX_BYTES, "{}", page.len());
        let told = page.matches("which was not obeyed").count();
        assert!((1..=DECISIONS).contains(&told), "{told}");
        // Two exceptions have something wrong with them too.
        assert!(page.contains(&format!("\n- and {} more\n", 302 - told)), "what is left out is counted: {page}");
    }

    #[test]
    fn text_of_others_has_no_effect() {
        assert_eq!(text("a|b <img> @user `x`\n# y"), "a&#124;b &#60;img&#62; &#64;user &#96;x&#96; &#35; y");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("a\nb"), "`a b`");
    }
}
