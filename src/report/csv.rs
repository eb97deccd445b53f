//! The report as CSV (RFC 4180) for spreadsheets: one row for each place of a finding, each gap and each exclusion, so
//! that a list of findings cannot be taken for the whole.
//!
//! Cells hold text that others wrote: names of files, reasons of ignore markers. A cell that a spreadsheet would take
//! for a formula gets an apostrophe in front ("CSV Injection", OWASP). Values of secrets are never written.

use std::io::{self, Write};

use super::Report;
use super::words::{counted, shown};
use crate::finding::{CommitRef, Finding, Occurrence};
use crate::govern::{self, Role};

/// The columns, in order. New ones are added at the end.
pub const COLUMNS: [&str; 29] = [
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
        csv.write_record(other_row("gap", gap.class.name(), &shown(report, &gap.origin), &gap.reason))?;
    }
    for exclusion in &report.exclusions {
        let reason = format!("{} ({})", exclusion.reason(), counted(exclusion.files, "file", "files"));
        csv.write_record(other_row("exclusion", exclusion.class.name(), &shown(report, &exclusion.origin), &reason))?;
    }
    csv.flush()
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
    ]
}

/// A gap or an exclusion; its class stands in the column of the kind.
fn other_row(kind: &str, class: &str, path: &str, reason: &str) -> [String; COLUMNS.len()] {
    let cell = |column| match column {
        "type" => kind.to_owned(),
        "path" => path.to_owned(),
        "kind" => class.to_owned(),
        "reason" => reason.to_owned(),
        _ => String::new(),
    };
    COLUMNS.map(|column| inert(&cell(column)))
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

    fn rows(report: &Report) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_slice());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn there_is_a_row_for_each_place_gap_and_exclusion() {
        let report = sample_report();
        let rows = rows(&report);
        let count = |kind: &str| rows.iter().filter(|row| row[0] == kind).count();
        let places: usize = report.findings.iter().map(|finding| finding.occurrences.len()).sum();
        assert_eq!(
            (count("finding"), count("gap"), count("exclusion")),
            (places, report.gaps.len(), report.exclusions.len())
        );
        assert_eq!(rows[0], COLUMNS);
        assert_eq!(rows.len(), 1 + places + report.gaps.len() + report.exclusions.len());
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
