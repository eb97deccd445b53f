//! The report as GitLab's Code Quality reads it: the part of the Code Climate specification that GitLab uses, an array of
//! issues ("Code Quality report format" in GitLab's documentation; `SPEC.md`, "Data Types", of codeclimate/platform).
//!
//! GitLab compares the fingerprints of two branches and shows what one has and the other has not.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeSeq as _, Serializer};

use super::{Report, ci};
use crate::finding::{Finding, Occurrence};
use crate::severity::Severity;

/// Writes the report. Places that people took out of the verdict are left out, and so are those that the history alone has.
///
/// # Errors
///
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Issues(report))?;
    out.write_all(b"\n")
}

/// The issues, made one by one while they are written.
struct Issues<'r>(&'r Report);

impl Serialize for Issues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut distinct = ci::Distinct::default();
        let mut issues = serializer.serialize_seq(None)?;
        for finding in &self.0.findings {
            for place in finding.occurrences.iter().filter(|place| !place.is_suppressed() && !ci::is_past(place)) {
                let fingerprint = distinct.next(self.0, finding, place).to_string();
                issues.serialize_element(&Issue::new(self.0, finding, place, fingerprint))?;
            }
        }
        issues.end()
    }
}

#[derive(Serialize)]
struct Issue<'r> {
    r#type: &'static str,
    check_name: &'r str,
    description: String,
    content: Content,
    categories: [&'static str; 1],
    severity: &'static str,
    fingerprint: String,
    location: Location,
}

/// Markdown by the specification; texts of rules only.
#[derive(Serialize)]
struct Content {
    body: String,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
    end: u64,
}

impl<'r> Issue<'r> {
    fn new(report: &Report, finding: &'r Finding, place: &Occurrence, fingerprint: String) -> Self {
        let rule = &finding.rule;
        Self {
            r#type: "issue",
            check_name: &rule.id,
            description: format!("{}: {}", rule.title, finding.preview),
            content: Content { body: ci::remedy(rule) },
            categories: ["Security"],
            severity: severity(place.severity),
            fingerprint,
            location: Location {
                path: ci::path(report, &place.origin),
                lines: Lines { begin: place.region.start_line, end: place.region.end_line },
            },
        }
    }
}

/// The five severities of the specification, which are as many as ours.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "minor",
        Severity::Medium => "major",
        Severity::High => "critical",
        Severity::Critical => "blocker",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::sample::{clean_report, sample_report};
    use super::*;

    fn issues(report: &Report) -> Vec<Value> {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        assert!(out.ends_with(b"\n"));
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn the_sample_reads() {
        insta::assert_json_snapshot!("codeclimate", issues(&sample_report()));
    }

    #[test]
    fn suppressed_places_and_those_of_the_history_are_left_out() {
        let paths: Vec<String> = issues(&sample_report())
            .iter()
            .map(|issue| issue["location"]["path"].as_str().unwrap().to_owned())
            .collect();
        for (path, told) in [
            ("deploy/tls.yaml", true),
            ("services/b\u{e4}r/tests/fixtures/keys.env", true),
            ("services/b\u{e4}r/bin/app", false),
            ("services/b\u{e4}r/old/keys.env", false),
            ("-", true),
        ] {
            assert_eq!(paths.iter().any(|one| one == path), told, "{path}");
        }
    }

    #[test]
    fn fingerprints_are_those_of_the_places_and_each_is_there_once() {
        let mut report = sample_report();
        let first = report.findings[0].occurrences[0].place.to_string();
        report.findings.extend(report.findings.clone());
        let issues = issues(&report);
        assert_eq!(issues[0]["fingerprint"], Value::String(first));
        let distinct: BTreeSet<&str> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
        assert_eq!(distinct.len(), issues.len());
    }

    #[test]
    fn a_clean_report_has_no_issue() {
        assert!(issues(&clean_report()).is_empty());
    }
}
