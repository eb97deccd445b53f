//! The report as workflow commands of GitHub Actions, which show findings beside the lines of a pull request.
//!
//! Commands are lines, `::error file=a,line=1::text`. What others wrote, which is the path alone, stands in a property, where
//! line breaks, commas and colons are escaped; so it can end neither the line nor the property. Runners that read the last
//! `::` of a line as its separator, not the first, find no other one in ours.
//!
//! GitHub shows ten annotations of each level for a step and drops the rest without a word. So the most severe come
//! first, and the last one counts what is not shown.

use std::cmp::Reverse;
use std::io::{self, Write};

use super::Report;
use super::ci::{self, Notice};
use super::words::counted;
use crate::blob::{Origin, printable_text};
use crate::finding::{Finding, Occurrence};
use crate::severity::Severity;

/// Annotations of one level that GitHub shows for a step ("Limitations" in `docs/problem-matchers.md` of actions/toolkit).
const SHOWN: usize = 10;

/// Levels of annotations, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Notice];

    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }

    /// What fails the scan is an error; of the rest, what is to be fixed soon is a warning.
    fn of(place: &Occurrence) -> Self {
        match place.severity {
            _ if place.verdict.fails() => Self::Error,
            Severity::Medium | Severity::High | Severity::Critical => Self::Warning,
            Severity::Info | Severity::Low => Self::Notice,
        }
    }
}

/// Writes the report: a line for each annotation, nothing where there is nothing to tell. Places that people took out of
/// the verdict are left out, and so are those that the history alone has, since there is no line to show them at.
///
/// # Errors
///
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let places =
        report.findings.iter().flat_map(|finding| finding.occurrences.iter().map(move |place| (finding, place)));
    let told: Vec<_> = places.filter(|(_, place)| !place.is_suppressed() && !ci::is_past(place)).collect();
    let mut levels = Level::ALL.map(|level| {
        let mut places: Vec<_> = told.iter().copied().filter(|(_, place)| Level::of(place) == level).collect();
        places.sort_by_key(|(_, place)| Reverse(place.severity));
        places
    });
    let general = ci::notices(report);
    let mut rest = Vec::new();
    let room = [SHOWN, SHOWN - general.len(), SHOWN];
    for ((level, places), room) in Level::ALL.iter().zip(&mut levels).zip(room) {
        let mut cut = places.len().saturating_sub(room);
        // The count itself is a notice.
        if *level == Level::Notice && places.len() == SHOWN && !rest.is_empty() {
            cut = 1;
        } else if *level == Level::Notice && cut > 0 {
            cut += 1;
        }
        places.truncate(places.len() - cut);
        if cut > 0 {
            let many = format!("{}s", level.name());
            rest.push((cut as u64, counted(cut as u64, level.name(), &many)));
        }
    }
    for (level, places) in Level::ALL.into_iter().zip(&levels) {
        for Notice { what, more } in general.iter().filter(|_| level == Level::Warning) {
            writeln!(out, "::warning title=straykey::{}", data(&format!("{what} {more}")))?;
        }
        for (finding, place) in places {
            annotation(report, level, finding, place, out)?;
        }
    }
    if !rest.is_empty() {
        let more = counted(rest.iter().map(|(count, _)| count).sum(), "more place", "more places");
        let levels: Vec<String> = rest.into_iter().map(|(_, words)| words).collect();
        let text = format!("{more} not shown here ({}); the other reports have them.", levels.join(", "));
        writeln!(out, "::notice title=straykey::{}", data(&text))?;
    }
    Ok(())
}

fn annotation(
    report: &Report,
    level: Level,
    finding: &Finding,
    place: &Occurrence,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rule = &finding.rule;
    write!(out, "::{} ", level.name())?;
    let file = matches!(*place.origin, Origin::File(_)).then(|| ci::path(report, &place.origin));
    if let Some(file) = file {
        let region = place.region;
        write!(out, "file={},line={},endLine={},", property(&file), region.start_line, region.end_line)?;
        // Columns hold on one line only ("Annotations object" of the checks API).
        if region.start_line == region.end_line {
            write!(out, "col={},endColumn={},", region.start_column, region.end_column)?;
        }
    }
    let title = format!("{} ({})", rule.title, place.severity.name());
    let controls = ci::contradicted(finding, place);
    let contradicts =
        if controls.is_empty() { String::new() } else { format!(" Contradicts ISO/IEC 27002 {controls}.") };
    let text = format!("{}: {}.{contradicts} {}", rule.title, finding.preview, ci::remedy(rule));
    writeln!(out, "title={}::{}", property(&title), data(&text))
}

/// Text as the data of a command: what ends a line, and what escapes. A pair of colons is parted, see above.
fn data(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in escaped(text).chars() {
        if character == ':' && out.ends_with(':') {
            out.push(' ');
        }
        out.push(character);
    }
    out
}

/// Text as a property of a command: also what ends a property, and what ends them all.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

fn escaped(text: &str) -> String {
    printable_text(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::sample::{clean_report, sample_report};
    use super::*;
    use crate::blob::{FilePlace, Origin};
    use crate::finding::Verdict;

    fn lines(report: &Report) -> Vec<String> {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'));
        text.lines().map(str::to_owned).collect()
    }

    fn count(lines: &[String], level: &str) -> usize {
        lines.iter().filter(|line| line.starts_with(&format!("::{level} "))).count()
    }

    #[test]
    fn the_sample_reads() {
        insta::assert_snapshot!("annotations", lines(&sample_report()).join("\n"));
    }

    #[test]
    fn nothing_is_said_of_a_clean_scan_and_something_of_an_incomplete_one() {
        let mut report = clean_report();
        assert!(lines(&report).is_empty());
        report.outcome.complete = false;
        let lines = lines(&report);
        assert_eq!(lines.len(), 1);
        assert!(
            lines[0].starts_with("::warning title=straykey::The scan is incomplete: there was nothing to scan."),
            "{}",
            lines[0]
        );
    }

    #[test]
    fn suppressed_places_and_those_of_the_history_are_left_out() {
        let report = sample_report();
        let text = lines(&report).join("\n");
        for (path, told) in
            [("deploy/tls.yaml", true), ("tests/fixtures/keys.env", true), ("bin/app", false), ("old/keys.env", false)]
        {
            assert_eq!(text.contains(path), told, "{path}");
        }
        assert!(text.contains("file=services/b\u{e4}r/tests/fixtures/keys.env,line=1,endLine=1,col=5,"), "{text}");
    }

    #[test]
    fn at_most_ten_of_a_level_are_written_and_the_rest_is_counted() {
        // Errors, warnings and notices of a complete scan; what is written of each, and whether the rest is counted.
        for (places, written, rest) in [
            ([10, 10, 10], [10, 10, 10], None),
            ([12, 0, 0], [10, 0, 1], Some("2 more places not shown here (2 errors)")),
            ([0, 0, 11], [0, 0, 10], Some("2 more places not shown here (2 notices)")),
            ([11, 0, 10], [10, 0, 10], Some("2 more places not shown here (1 error, 1 notice)")),
            ([0, 1200, 9], [0, 10, 10], Some("1,190 more places not shown here (1,190 warnings)")),
        ] {
            let mut report = sample_report();
            report.outcome.complete = true;
            report.attempts.clear();
            let mut finding = report.findings[1].clone();
            let place = finding.occurrences[0].clone();
            finding.occurrences.clear();
            for (level, &number) in places.iter().enumerate() {
                let verdict = if level == 0 { Verdict::Fails } else { Verdict::Minor };
                let severity = [Severity::Low, Severity::High, Severity::Info][level];
                let one = Occurrence { severity, verdict, ..place.clone() };
                finding.occurrences.extend(std::iter::repeat_n(one, number));
            }
            report.findings = vec![finding];
            let lines = lines(&report);
            let levels = ["error", "warning", "notice"].map(|level| count(&lines, level));
            assert_eq!(levels, written, "{places:?}");
            let last = lines.last().unwrap();
            assert_eq!(last.contains("more place"), rest.is_some(), "{last}");
            assert!(rest.is_none_or(|rest| last.starts_with(&format!("::notice title=straykey::{rest}"))), "{last}");
            report.outcome.complete = false;
            assert!(count(&self::lines(&report), "warning") <= SHOWN, "the scan itself has one of the ten");
        }
    }

    #[test]
    fn the_most_severe_come_first() {
        let mut report = sample_report();
        let place = report.findings[1].occurrences[0].clone();
        let of = |severity| Occurrence { severity, ..place.clone() };
        report.findings[1].occurrences = vec![of(Severity::Low), of(Severity::Critical), of(Severity::High)];
        let errors: Vec<String> = lines(&report).into_iter().filter(|line| line.starts_with("::error ")).collect();
        let at = |level: &str| errors.iter().position(|line| line.contains(&format!("({level})::"))).unwrap();
        assert!(at("critical") < at("high") && at("high") < at("low"), "{errors:?}");
    }

    #[test]
    fn no_name_of_a_file_makes_a_command_or_a_property() {
        let mut report = sample_report();
        report.findings.truncate(2);
        report.findings.remove(0);
        report.outcome.complete = true;
        report.attempts.clear();
        let place = report.findings[0].occurrences[0].clone();
        let names: [&[u8]; 6] = [
            b"a\n::error::x",
            b"a\r::set-env name=PATH::x",
            b"::stop-commands::x",
            b"a,title=b::c%0A::error::d",
            b"##[error]x",
            b"\xff\x1b[31m",
        ];
        report.findings[0].occurrences = names
            .iter()
            .map(|name| Occurrence {
                origin: Arc::new(Origin::File(FilePlace::new(0, name.to_vec()))),
                ..place.clone()
            })
            .collect();
        let lines = lines(&report);
        assert_eq!(lines.len(), names.len());
        for line in &lines {
            assert!(line.starts_with("::error file="), "{line}");
            assert_eq!(line.matches("::").count(), 2, "{line}");
            let (properties, _) = line[2..].split_once("::").unwrap();
            let keys: Vec<&str> =
                properties["error ".len()..].split(',').map(|pair| pair.split_once('=').unwrap().0).collect();
            assert_eq!(keys, ["file", "line", "endLine", "col", "endColumn", "title"]);
        }
        assert!(lines[0].contains("file=a\\u{a}%3A%3Aerror%3A%3Ax,"), "{}", lines[0]);
        assert!(lines[3].contains("file=a%2Ctitle=b%3A%3Ac%250A%3A%3Aerror%3A%3Ad,"), "{}", lines[3]);
    }

    #[test]
    fn texts_are_escaped() {
        assert_eq!(data("50%\r\nnext: a,b:::c"), "50%25\u{fffd}%0Anext: a,b: : :c");
        assert_eq!(property("50%\nx:y,z"), "50%25%0Ax%3Ay%2Cz");
        assert_eq!(data("\u{1b}[0m"), "\u{fffd}[0m");
    }
}
