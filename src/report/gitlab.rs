//! The report as GitLab's secret detection report, `gl-secret-detection-report.json` (security-report-schemas of GitLab,
//! 15.0 to 15.2).
//!
//! The format wants the commit of every place, so that there is no such report of what lies in no repository. It also wants
//! the times of the scan, which no other report has: they are handed in, since nothing here reads a clock.
//!
//! GitLab renders descriptions and solutions as Markdown; they are texts of rules. What others wrote stands in
//! `location.file`, which is not rendered.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeSeq as _, Serializer};

use super::words::counted;
use super::{Report, ci};
use crate::finding::{Finding, Fingerprint, Occurrence};

/// The version of the schema that is declared unless the operator says otherwise. A server refuses versions of which it ships
/// no `MAJOR.MINOR` ("Security report validation" in GitLab's documentation). Servers from 16.0 on ship 15.0 and 17.1 this
/// very one, but not 15.2 (work item 497405 of gitlab-org/gitlab); all that is written here is valid under 15.2.4 too.
pub const DEFAULT_VERSION: &str = "15.0.7";

/// Characters that the schema allows at most.
const LONGEST_NAME: usize = 255;
const LONGEST_SOLUTION: usize = 7_000;

/// What the report says of the scan beside what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of the schema to declare, `X.Y.Z`.
    pub version: String,
    /// When the scan began: `YYYY-MM-DDThh:mm:ss`, UTC.
    pub started: String,
    /// When it ended, in the same form.
    pub ended: String,
}

/// Whether there is a commit that places can be said to be of.
pub fn has_commit(targets: &[super::Target]) -> bool {
    targets.iter().any(|target| target.git.as_ref().is_some_and(|git| git.revision.is_some()))
}

/// Writes the report. Places that people took out of the verdict are left out, and so are those that lie in no commit, as
/// on standard input; `scan.messages` counts both.
///
/// # Errors
///
/// Those of `out`.
pub fn write(report: &Report, header: &Header, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        version: &header.version,
        schema: format!(
            "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v{}/dist/\
             secret-detection-report-format.json",
            header.version
        ),
        scan: Scan {
            analyzer: Tool::THIS,
            scanner: Tool::THIS,
            r#type: "secret_detection",
            start_time: &header.started,
            end_time: &header.ended,
            status: if report.outcome.complete { "success" } else { "failure" },
            messages: messages(report),
        },
        vulnerabilities: Vulnerabilities(report),
    };
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'r> {
    version: &'r str,
    schema: String,
    scan: Scan<'r>,
    vulnerabilities: Vulnerabilities<'r>,
}

#[derive(Serialize)]
struct Scan<'r> {
    analyzer: Tool,
    scanner: Tool,
    r#type: &'static str,
    start_time: &'r str,
    end_time: &'r str,
    status: &'static str,
    messages: Vec<Message>,
}

/// This program. The schema tells an analyzer from the scanner that it runs; here they are one.
#[derive(Serialize)]
struct Tool {
    id: &'static str,
    name: &'static str,
    url: &'static str,
    version: &'static str,
    vendor: Vendor,
}

impl Tool {
    const THIS: Self = Self {
        id: env!("CARGO_PKG_NAME"),
        name: env!("CARGO_PKG_NAME"),
        url: env!("CARGO_PKG_REPOSITORY"),
        version: env!("CARGO_PKG_VERSION"),
        vendor: Vendor { name: env!("CARGO_PKG_NAME") },
    };
}

#[derive(Serialize)]
struct Vendor {
    name: &'static str,
}

#[derive(Serialize)]
struct Message {
    level: &'static str,
    value: String,
}

/// What the list of vulnerabilities does not tell: counts, no text of others.
fn messages(report: &Report) -> Vec<Message> {
    let places = || report.findings.iter().flat_map(|finding| &finding.occurrences);
    let suppressed = places().filter(|place| place.is_suppressed()).count() as u64;
    let nowhere = places().filter(|place| !place.is_suppressed() && commit(report, place).is_none()).count() as u64;
    let notices = ci::notices(report).into_iter();
    let mut messages: Vec<_> = notices.map(|notice| Message { level: "warn", value: notice.what }).collect();
    if nowhere > 0 {
        let places = counted(nowhere, "place", "places");
        messages.push(Message { level: "warn", value: format!("left out: {places} in no commit") });
    }
    if suppressed > 0 {
        let places = counted(suppressed, "place", "places");
        let value = format!("left out: {places} that exceptions or honoured markers take out of the verdict");
        messages.push(Message { level: "info", value });
    }
    messages
}

/// The commit that a place is of: that which brought it, where it was found in what commits brought; else that which the
/// target was on.
fn commit<'r>(report: &'r Report, place: &'r Occurrence) -> Option<&'r str> {
    let introduced = || {
        let lifetime = place.lifetime.as_deref().filter(|_| ci::is_past(place))?;
        lifetime.introduced.as_deref().map(|commit| commit.id.as_str())
    };
    let revision = || {
        let target = report.targets.get(place.origin.target())?;
        target.git.as_ref()?.revision.as_deref()
    };
    place.origin.commit().or_else(introduced).or_else(revision)
}

/// The vulnerabilities, made one by one while they are written.
struct Vulnerabilities<'r>(&'r Report);

impl Serialize for Vulnerabilities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut distinct = ci::Distinct::default();
        let mut list = serializer.serialize_seq(None)?;
        for finding in &self.0.findings {
            for place in finding.occurrences.iter().filter(|place| !place.is_suppressed()) {
                if let Some(sha) = commit(self.0, place) {
                    let id = uuid(distinct.next(self.0, finding, place));
                    list.serialize_element(&Vulnerability::new(self.0, finding, place, id, sha))?;
                }
            }
        }
        list.end()
    }
}

#[derive(Serialize)]
struct Vulnerability<'r> {
    id: String,
    category: &'static str,
    name: String,
    description: String,
    severity: &'static str,
    solution: String,
    identifiers: Vec<Identifier<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link<'r>>,
    location: Location<'r>,
    details: Details,
}

#[derive(Serialize)]
struct Identifier<'r> {
    r#type: &'static str,
    name: String,
    value: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Link<'r> {
    url: &'r str,
}

#[derive(Serialize)]
struct Location<'r> {
    file: String,
    start_line: u64,
    end_line: u64,
    commit: Commit<'r>,
}

#[derive(Serialize)]
struct Commit<'r> {
    sha: &'r str,
}

/// A named list of the schema.
#[derive(Serialize)]
struct Details {
    confidence: Detail,
    #[serde(skip_serializing_if = "Option::is_none")]
    controls: Option<Detail>,
    place_fingerprint: Detail,
}

#[derive(Serialize)]
struct Detail {
    name: &'static str,
    r#type: &'static str,
    value: String,
}

impl Detail {
    fn new(name: &'static str, value: String) -> Self {
        Self { name, r#type: "value", value }
    }
}

impl<'r> Vulnerability<'r> {
    fn new(report: &Report, finding: &'r Finding, place: &Occurrence, id: String, sha: &'r str) -> Self {
        let rule = &finding.rule;
        let mapping = crate::govern::mapping_at(finding, place);
        // The first identifier is the one that GitLab matches by.
        let own = Identifier {
            r#type: "straykey_rule_id",
            name: format!("straykey rule {}", rule.id),
            value: &rule.id,
            url: None,
        };
        let weaknesses = mapping.cwe.iter().map(|cwe| {
            let number = cwe.trim_start_matches("CWE-");
            let url = Some(format!("https://cwe.mitre.org/data/definitions/{number}.html"));
            Identifier { r#type: "cwe", name: format!("CWE-{number}"), value: number, url }
        });
        let controls = ci::contradicted(finding, place);
        let is_web = |reference: &&String| reference.starts_with("https://") || reference.starts_with("http://");
        Self {
            id,
            category: "secret_detection",
            name: cut(&rule.title, LONGEST_NAME),
            description: format!("{}: {}. The value is withheld.", rule.title, finding.preview),
            severity: place.severity.capitalised(),
            solution: cut(&ci::remedy(rule), LONGEST_SOLUTION),
            identifiers: std::iter::once(own).chain(weaknesses).collect(),
            links: rule.references.iter().filter(is_web).map(|url| Link { url }).collect(),
            location: Location {
                file: ci::path(report, &place.origin),
                start_line: place.region.start_line,
                end_line: place.region.end_line,
                commit: Commit { sha },
            },
            details: Details {
                confidence: Detail::new("Confidence", place.confidence.name().to_owned()),
                controls: (!controls.is_empty()).then(|| Detail::new("Contradicts ISO/IEC 27002:2022", controls)),
                place_fingerprint: Detail::new("Fingerprint of the place", place.place.to_string()),
            },
        }
    }
}

fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

/// A UUID of 122 bits of a fingerprint: version 8, whose bits are the maker's own (RFC 9562 section 5.8). Version 5 would
/// hash what is a hash.
fn uuid(Fingerprint(bytes): Fingerprint) -> String {
    let mut first = [0; 16];
    first.copy_from_slice(&bytes[..16]);
    first[6] = first[6] & 0x0f | 0x80;
    first[8] = first[8] & 0x3f | 0x80;
    let digits = crate::blob::hex(&first);
    [0..8, 8..12, 12..16, 16..20, 20..32].map(|group| &digits[group]).join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::sample::{clean_report, sample_report};
    use super::*;

    fn document(report: &Report) -> Value {
        let header = Header {
            version: DEFAULT_VERSION.to_owned(),
            started: "2026-01-31T00:00:00".to_owned(),
            ended: "2026-01-31T00:00:07".to_owned(),
        };
        let mut out = Vec::new();
        write(report, &header, &mut out).unwrap();
        assert!(out.ends_with(b"\n"));
        serde_json::from_slice(&out).unwrap()
    }

    fn vulnerabilities(document: &Value) -> &[Value] {
        document["vulnerabilities"].as_array().unwrap()
    }

    #[test]
    fn the_sample_reads() {
        let mut document = document(&sample_report());
        for tool in ["analyzer", "scanner"] {
            document["scan"][tool]["version"] = "VERSION".into();
        }
        insta::assert_json_snapshot!("gitlab", document);
    }

    #[test]
    fn the_scan_says_what_the_list_does_not() {
        let document = document(&sample_report());
        assert_eq!(document["scan"]["status"], "failure");
        let messages: Vec<&str> = document["scan"]["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["value"].as_str().unwrap())
            .collect();
        assert_eq!(messages.len(), 4, "{messages:?}");
        assert_eq!(messages[0], "The scan is incomplete: 3 gaps.");
        assert_eq!(messages[1], "The change would excuse itself, which was not obeyed: exception (1).");
        assert_eq!(messages[2], "left out: 1 place in no commit");
        let report = sample_report();
        let places = report.findings.iter().flat_map(|finding| &finding.occurrences);
        let suppressed = places.filter(|place| place.is_suppressed()).count();
        assert!(messages[3].starts_with(&format!("left out: {suppressed} place")), "{}", messages[3]);
        assert_eq!(vulnerabilities(&document).len(), 8 - 1 - suppressed);

        let clean = self::document(&clean_report());
        assert_eq!(clean["scan"]["status"], "success");
        assert!(vulnerabilities(&clean).is_empty() && clean["scan"]["messages"].as_array().unwrap().is_empty());
    }

    #[test]
    fn each_place_has_the_commit_that_it_is_of() {
        let document = document(&sample_report());
        let sha = |file: &str| {
            let one = vulnerabilities(&document).iter().find(|one| one["location"]["file"] == file);
            one.unwrap_or_else(|| panic!("{file}"))["location"]["commit"]["sha"].as_str().unwrap()
        };
        assert_eq!(
            sha("deploy/tls.yaml"),
            "0123456789abcdef0123456789abcdef01234567",
            "its own is older, but it is there"
        );
        assert_eq!(sha("services/b\u{e4}r/old/keys.env"), "c".repeat(40), "only the history has it");
    }

    #[test]
    fn ids_are_uuids_and_each_is_there_once() {
        let mut report = sample_report();
        report.findings.extend(report.findings.clone());
        let document = document(&report);
        let ids: BTreeSet<&str> = vulnerabilities(&document).iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), vulnerabilities(&document).len());
        assert_eq!(uuid(Fingerprint([0xff; 32])), "ffffffff-ffff-8fff-bfff-ffffffffffff");
    }

    #[test]
    fn the_rule_comes_first_and_links_lead_to_the_web() {
        let mut report = sample_report();
        let mut rule = (*report.findings[1].rule).clone();
        rule.references =
            ["https://a.example", "http://b.example", "javascript:alert(1)", "RFC 1"].map(str::to_owned).into();
        report.findings[1].rule = rule.into();
        let document = document(&report);
        let one = &vulnerabilities(&document)[1];
        assert_eq!(one["identifiers"][0]["type"], "straykey_rule_id");
        assert_eq!(one["identifiers"][0]["value"], "sample-api-key");
        assert_eq!(one["identifiers"][1]["value"], "798");
        assert_eq!(one["links"], serde_json::json!([{"url": "https://a.example"}, {"url": "http://b.example"}]));
    }

    #[test]
    fn only_a_commit_makes_a_report_possible() {
        let mut targets = sample_report().targets;
        assert!(has_commit(&targets));
        targets.iter_mut().filter_map(|target| target.git.as_mut()).for_each(|git| git.revision = None);
        assert!(!has_commit(&targets));
    }
}
