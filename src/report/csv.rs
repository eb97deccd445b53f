//! The report as CSV (RFC 4180) for spreadsheets: one row for each place of a finding, each gap and each exclusion, so
//! that a list of findings cannot be taken for the whole; and one for each secret that is absent, each exception that does not
//! hold or speaks of nothing, each attempt to get past the gate, and an order to let the scan pass.
//!
//! Cells hold text that others wrote: names of files, reasons of ignore markers. A cell that a spreadsheet would take
//! for a formula gets an apostrophe in front ("CSV Injection", OWASP). Values of secrets are never written.

use std::io::{self, Write};

use super::Report;
use super::standing::{attempted, bypassed, trouble};
use super::words::{counted, shown};
use crate::blob::printable_text;
use crate::finding::{CommitRef, Finding, Occurrence};
use crate::govern::{self, Role};

/// The columns, in order. New ones are added at the end.
pub const COLUMNS: [&str; 38] = [
    "type",
    "path",
    "line",
    "column",
    "end_line",
    "end_column",
    "severity",
    "confidence",
    "rule",
    "title",
    "provider",
    "kind",
    "preview",
    "iso27002_contradicts",
    "cwe",
    "owasp_nhi",
    "nist_csf",
    "fingerprint",
    "place_fingerprint",
    "ignored_by",
    "reason",
    "revoke",
    "rotate",
    "commit",
    "introduced",
    "introduced_at",
    "last_seen",
    "last_seen_at",
    "still_at",
    "change",
    "cause",
    "since",
    "exception",
    "exception_reason",
    "exception_standing",
    "expires_on",
    "verdict",
    "triage",
];

/// Writes the report.
///
/// # Errors
///
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    csv.write_record(COLUMNS)?;
    for finding in &report.findings {
        for place in &finding.occurrences {
            csv.write_record(finding_row(report, finding, place).map(|cell| inert(&cell)))?;
        }
    }
    for gap in &report.gaps {
        let path = shown(report, &gap.origin);
        csv.write_record(row("gap", &[("kind", gap.class.name()), ("path", &path), ("reason", &gap.reason)]))?;
    }
    for exclusion in &report.exclusions {
        let reason = format!("{} ({})", exclusion.reason(), counted(exclusion.files, "file", "files"));
        let path = shown(report, &exclusion.origin);
        csv.write_record(row("exclusion", &[("kind", exclusion.class.name()), ("path", &path), ("reason", &reason)]))?;
    }
    standing_rows(report).try_for_each(|row| csv.write_record(row))?;
    csv.flush()
}

/// What the report says beside places, gaps and exclusions. Paths and texts are those of files that others wrote.
fn standing_rows(report: &Report) -> impl Iterator<Item = [String; COLUMNS.len()]> {
    let absent = report.comparison.iter().flat_map(|comparison| &comparison.absent).map(|absent| {
        row(
            "absent",
            &[
                ("path", &printable_text(&absent.path)),
                ("rule", &printable_text(&absent.rule)),
                ("fingerprint", &absent.fingerprint),
                ("change", "absent"),
                ("cause", absent.cause.name()),
                ("since", absent.since.as_deref().unwrap_or_default()),
            ],
        )
    });
    let exceptions = report.exceptions.iter().filter_map(|outcome| {
        let exception = &*outcome.exception;
        let cells = [
            ("reason", &*printable_text(&trouble(outcome)?)),
            ("exception", &printable_text(&exception.id)),
            ("exception_reason", exception.reason.name()),
            ("exception_standing", outcome.standing.name()),
            ("expires_on", &printable_text(&exception.expires_on)),
        ];
        Some(row("exception", &cells))
    });
    let attempts = report.attempts.iter().map(|attempt| {
        row(
            "attempt",
            &[
                ("kind", attempt.kind),
                ("path", &printable_text(&attempt.file)),
                ("reason", &printable_text(&attempted(attempt))),
            ],
        )
    });
    let bypass = report.bypass.iter().map(|bypass| row("bypass", &[("reason", &printable_text(&bypassed(bypass)))]));
    absent.chain(exceptions).chain(attempts).chain(bypass)
}

fn finding_row(report: &Report, finding: &Finding, place: &Occurrence) -> [String; COLUMNS.len()] {
    let rule = &finding.rule;
    let mapping = govern::mapping_at(finding, place);
    let region = place.region;
    let contradicts: Vec<&str> = mapping.with_role(Role::Contradicts).map(|control| control.control.as_str()).collect();
    let ignore = place.ignore.as_ref();
    let marker = ignore.map_or_else(String::new, |ignore| {
        let state = match (ignore.expired, ignore.honoured) {
            (true, _) => " (expired)",
            (false, true) => " (honoured)",
            (false, false) => "",
        };
        format!("{}{state}", ignore.marker)
    });
    let lifetime = place.lifetime.as_deref();
    let commit = |commit: Option<&CommitRef>| {
        commit.map_or_else(Default::default, |commit| (commit.id.clone(), commit.time.clone().unwrap_or_default()))
    };
    let (introduced, introduced_at) = commit(lifetime.and_then(|lifetime| lifetime.introduced.as_deref()));
    let (last, last_at) = commit(lifetime.and_then(|lifetime| lifetime.last.as_deref()));
    let change = place.change.as_ref();
    let cause = change.and_then(|change| change.cause.map(|cause| (cause, change.proven)));
    let cause = cause.map_or_else(String::new, |(cause, proven)| {
        format!("{}{}", cause.name(), if proven { "" } else { " (not proven)" })
    });
    let exception = place.exception.as_ref().map(|applied| &*applied.exception);
    let gate = place.verdict.gate().map_or_else(String::new, |gate| format!(" ({gate})"));
    let verdict = format!("{}{gate}", place.verdict.name());
    [
        "finding".to_owned(),
        shown(report, &place.origin),
        region.start_line.to_string(),
        region.start_column.to_string(),
        region.end_line.to_string(),
        region.end_column.to_string(),
        place.severity.name().to_owned(),
        place.confidence.name().to_owned(),
        rule.id.clone(),
        rule.title.clone(),
        rule.provider.name.clone(),
        rule.kind.clone(),
        finding.preview.to_string(),
        contradicts.join(" "),
        mapping.cwe.join(" "),
        mapping.nhi.join(" "),
        mapping.csf.join(" "),
        finding.fingerprint.map_or_else(String::new, |fingerprint| fingerprint.to_string()),
        place.place.to_string(),
        marker,
        ignore.and_then(|ignore| ignore.reason.clone()).unwrap_or_default(),
        rule.revoke.clone(),
        rule.rotate.clone(),
        place.origin.commit().unwrap_or_default().to_owned(),
        introduced,
        introduced_at,
        last,
        last_at,
        lifetime.map_or_else(String::new, |lifetime| lifetime.at.join(" ")),
        change.map_or("", |change| change.state.name()).to_owned(),
        cause,
        change.and_then(|change| change.since.clone()).unwrap_or_default(),
        exception.map_or_else(String::new, |exception| printable_text(&exception.id)),
        exception.map_or("", |exception| exception.reason.name()).to_owned(),
        place.exception.as_ref().map_or("", |applied| applied.standing.name()).to_owned(),
        exception.map_or_else(String::new, |exception| printable_text(&exception.expires_on)),
        verdict,
        finding.triage.as_ref().map_or("", |triage| triage.decision.name()).to_owned(),
    ]
}

/// A row of its type with these cells; what others wrote in them is inert.
fn row(kind: &str, cells: &[(&str, &str)]) -> [String; COLUMNS.len()] {
    let cell = |column| match column {
        "type" => kind,
        _ => cells.iter().find(|(name, _)| *name == column).map_or("", |(_, cell)| *cell),
    };
    COLUMNS.map(|column| inert(cell(column)))
}

/// The text of a cell that no spreadsheet runs: formulas begin with one of these characters, some programs also take
/// their full-width forms.
pub(crate) fn inert(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{clean_report, sample_report};
    use super::*;
    use crate::finding::{Bypass, Verdict};

    fn rows(report: &Report) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_slice());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    /// The cells of a row in these columns.
    fn cells<'r>(row: &'r [String], columns: &[&str]) -> Vec<&'r str> {
        let column = |name: &&str| COLUMNS.iter().position(|column| column == name).unwrap();
        columns.iter().map(|name| row[column(name)].as_str()).collect()
    }

    #[test]
    fn there_is_a_row_for_each_thing_that_a_report_tells() {
        let mut report = sample_report();
        report.bypass = Some(Bypass { reason: "=fire".into(), by: "j.doe".into(), exit_code: 1 });
        let rows = rows(&report);
        let count = |kind: &str| rows.iter().filter(|row| row[0] == kind).count();
        let places: usize = report.findings.iter().map(|finding| finding.occurrences.len()).sum();
        assert_eq!(
            (count("finding"), count("gap"), count("exclusion")),
            (places, report.gaps.len(), report.exclusions.len())
        );
        let other = ["absent", "exception", "attempt", "bypass"].map(count);
        assert_eq!(other, [2, 2, 1, 1]);
        assert_eq!(rows[0], COLUMNS);
        assert_eq!(rows.len(), 1 + places + report.gaps.len() + report.exclusions.len() + 6);
    }

    #[test]
    fn places_say_how_they_stand() {
        let mut report = sample_report();
        report.findings[1].occurrences[0].verdict = Verdict::FailsGate("main".into());
        let rows = rows(&report);
        let columns = [
            "change",
            "cause",
            "since",
            "exception",
            "exception_reason",
            "exception_standing",
            "expires_on",
            "verdict",
            "triage",
        ];
        let told = |row: usize| cells(&rows[row], &columns).join("|");
        assert_eq!(told(1), "unchanged||2026-01-15|||||known|confirmed");
        assert_eq!(told(2), "new|code||||||fails-gate (main)|");
        assert_eq!(told(5), "new|code||EX-1|accepted-risk|active|2026-12-31|excepted|");
        assert_eq!(told(6), "new|rules (not proven)||EX-2|compensating-control|expired|2026-01-31|newly-detected|");
    }

    #[test]
    fn what_is_gone_or_does_nothing_has_a_row() {
        let mut report = sample_report();
        report.attempts[0].file = "@x\u{202e}".into();
        let rows = rows(&report);
        let of = |kind: &str| rows.iter().filter(|row| row[0] == kind).collect::<Vec<_>>();
        let absent = cells(of("absent")[0], &["path", "rule", "change", "cause", "since"]);
        assert_eq!(absent, ["gone/<b>.env", "sample-api-key", "absent", "code", "2026-01-15"]);
        let exception = cells(of("exception")[1], &["exception", "exception_reason", "exception_standing", "reason"]);
        assert_eq!(exception[..3], ["EX-4", "test-value", "unapproved"]);
        assert_eq!(exception[3], "EX-4 does not hold: nobody approved it; it names a rule that there is not");
        let attempt = cells(of("attempt")[0], &["kind", "path", "reason"]);
        assert_eq!(
            attempt,
            ["exception", "'@x\u{fffd}", "EX-3 would take out what the change itself brings (1 place)"]
        );
    }

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_its_row() {
        let mut report = sample_report();
        for (at, gap) in report.gaps.iter_mut().enumerate() {
            gap.reason = ["=cmd|' /C calc'!A0", "+1\r\n@SUM(A1)", "\"quoted\", and more"][at % 3].to_owned();
        }
        let rows = rows(&report);
        for row in &rows {
            assert_eq!(row.len(), COLUMNS.len());
            for cell in row {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell}");
            }
        }
        let reasons: Vec<&String> = rows.iter().filter(|row| row[0] == "gap").map(|row| &row[20]).collect();
        assert_eq!(reasons, ["'=cmd|' /C calc'!A0", "'+1\r\n@SUM(A1)", "\"quoted\", and more"]);
    }

    #[test]
    fn a_clean_report_is_its_header() {
        assert_eq!(rows(&clean_report()), [COLUMNS]);
    }
}
