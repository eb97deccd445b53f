//! One result a place. Results of the same secret share its fingerprint.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use serde_sarif::sarif;

use super::rules::{FiredRules, MESSAGE_ID, level, message_text};
use super::uri::Bases;
use super::{bag, camel_case_keys, standing, taxonomies, text};
use crate::blob::Content;
use crate::finding::{Finding, Occurrence};
use crate::govern::{Mapping, mapping_at};
use crate::report::json::LifetimeRow;
use crate::report::{Report, TargetKind};

/// A part of what was scanned, which has a run of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Files as they lie there, or what is staged.
    Tree,
    /// What commits introduced.
    Range,
    /// What only the history of a repository holds.
    History,
}

impl Part {
    /// All of them, in the order of their runs.
    pub(super) const EACH: [Self; 3] = [Self::Tree, Self::Range, Self::History];

    pub(super) fn of(place: &Occurrence) -> Self {
        match (place.origin.history(), place.origin.commit()) {
            (Some(_), _) => Self::History,
            (None, Some(_)) => Self::Range,
            (None, None) => Self::Tree,
        }
    }

    /// The parts that were scanned.
    pub(super) fn all(report: &Report) -> Vec<Self> {
        let history = report.coverage.history.repositories > 0;
        let of_targets = |part: &Self| {
            report.targets.iter().any(|target| match target.kind {
                TargetKind::Directory | TargetKind::File | TargetKind::Stdin | TargetKind::Staged => {
                    *part == Self::Tree
                }
                TargetKind::Range => *part == Self::Range,
                TargetKind::Repository => *part == if history { Self::History } else { Self::Tree },
            })
        };
        let parts = Self::EACH.into_iter();
        parts.filter(|part| of_targets(part) || history && *part == Self::History).collect()
    }

    /// The id under which hosts compare a run with those before (section 3.17.3).
    pub(super) fn automation_id(self) -> &'static str {
        match self {
            Self::Tree => "straykey/tree/",
            Self::Range => "straykey/range/",
            Self::History => "straykey/history/",
        }
    }
}

/// Builds results one at a time.
pub(super) struct Results<'r> {
    report: &'r Report,
    bases: &'r Bases<'r>,
    fired: &'r FiredRules<'r>,
    /// Whether any place has a marker or an exception: then every result has to carry `suppressions` (section 3.27.23).
    suppressions: bool,
    /// The part whose run tells what is not there any more; nobody knows which part had it.
    first: Option<Part>,
}

impl<'r> Results<'r> {
    pub(super) fn new(report: &'r Report, bases: &'r Bases<'r>, fired: &'r FiredRules<'r>) -> Self {
        let mut places = report.findings.iter().flat_map(|finding| &finding.occurrences);
        let suppressions = places.any(|place| place.ignore.is_some() || place.exception.is_some());
        Self { report, bases, fired, suppressions, first: Part::all(report).first().copied() }
    }

    /// The results of one part of what was scanned, in the order of the report; behind those of the first part, what is not
    /// there any more.
    pub(super) fn iter(&self, part: Part) -> impl Iterator<Item = sarif::Result> + Clone {
        let found = self.report.findings.iter().flat_map(move |finding| {
            let places = finding.occurrences.iter().filter(move |place| Part::of(place) == part);
            places.map(move |occurrence| self.standing(finding, occurrence))
        });
        let comparison = self.report.comparison.as_ref().filter(|_| self.first == Some(part));
        let absent = comparison.map_or(&[][..], |comparison| &comparison.absent);
        let with = self.suppressions;
        found.chain(absent.iter().filter_map(move |one| standing::absent_result(one, self.fired, self.bases, with)))
    }

    /// The result of a place, with how it stands.
    fn standing(&self, finding: &Finding, occurrence: &Occurrence) -> sarif::Result {
        let rule = (finding.rule.id.as_str(), self.fired.index(&finding.rule.id));
        let mut result = result(self.report, self.bases, (finding, occurrence), rule);
        result.suppressions = self.suppressions.then(|| standing::suppressions(occurrence));
        result.baseline_state = self.report.comparison.as_ref().map(|_| standing::baseline_state(occurrence).into());
        result
    }
}

/// The result of a place, under the rule that has this id and index in its run.
pub(super) fn result(
    report: &Report,
    bases: &Bases<'_>,
    (finding, occurrence): (&Finding, &Occurrence),
    (rule_id, index): (&str, i64),
) -> sarif::Result {
    let mapping = mapping_at(finding, occurrence);
    sarif::Result::builder()
        .rule_id(rule_id)
        .rule_index(index)
        .kind(sarif::ResultKind::Fail)
        .level(level(occurrence.severity))
        .message(message(finding, occurrence))
        .locations([sarif::Location::builder().physical_location(physical(bases, occurrence)).build()])
        .partial_fingerprints(fingerprints(finding, occurrence))
        .taxa(taxonomies::taxa(&mapping))
        .properties(properties(report, finding, occurrence, &mapping))
        .build()
}

pub(super) fn physical(bases: &Bases<'_>, occurrence: &Occurrence) -> sarif::PhysicalLocation {
    sarif::PhysicalLocation::builder()
        .artifact_location(bases.location(&occurrence.origin))
        .region(region(occurrence))
        .build()
}

fn properties(
    report: &Report,
    finding: &Finding,
    occurrence: &Occurrence,
    mapping: &Mapping<'_>,
) -> sarif::PropertyBag {
    let facts: Vec<Value> =
        finding.facts.iter().map(|fact| json!({ "name": fact.name, "value": fact.value })).collect();
    let reasons: Vec<&str> = occurrence.reasons.iter().map(|reason| reason.text.as_str()).collect();
    let content = match occurrence.content {
        Content::Text => "text",
        Content::Decoded => "decoded",
        Content::Binary => "binary",
    };
    let mut properties = bag([
        ("confidence", json!(occurrence.confidence)),
        ("severity", json!(occurrence.severity)),
        ("kind", json!(finding.rule.kind)),
        ("identity", json!(finding.rule.identity)),
        ("provider", json!(finding.rule.provider.id)),
        ("preview", json!(finding.preview.to_string())),
        ("content", json!(content)),
        ("reasons", json!(reasons)),
        ("facts", json!(facts)),
        ("keyId", json!(report.key.key_id)),
        ("ordinal", json!(occurrence.ordinal)),
        ("controls", taxonomies::controls_by_role(mapping)),
        ("csf", json!(mapping.csf)),
    ]);
    let told = &mut properties.additional_properties;
    if let Some(lifetime) = &occurrence.lifetime {
        told.insert("history".to_owned(), camel_case_keys(json!(LifetimeRow::new(lifetime))));
    }
    if let Some(commit) = occurrence.origin.commit() {
        told.insert("commit".to_owned(), json!(commit));
    }
    standing::add_properties(told, finding, occurrence);
    properties
}

/// The message twice over: as text for those that read nothing else, and as id and arguments for
/// translation.
fn message(finding: &Finding, occurrence: &Occurrence) -> sarif::Message {
    let preview = finding.preview.to_string();
    let (confidence, severity) = (occurrence.confidence.name(), occurrence.severity.name());
    sarif::Message::builder()
        .text(message_text(&finding.rule, [&text::literal(&preview), confidence, severity]))
        .id(MESSAGE_ID)
        .arguments([preview, confidence.to_owned(), severity.to_owned()])
        .build()
}

/// The place in lines and code points, and in bytes of the original file. Code hosts ask for lines
/// in binary files too.
fn region(occurrence: &Occurrence) -> sarif::Region {
    let (region, span) = (occurrence.region, occurrence.span);
    sarif::Region::builder()
        .start_line(signed(region.start_line))
        .start_column(signed(region.start_column))
        .end_line(signed(region.end_line))
        .end_column(signed(region.end_column))
        .byte_offset(signed(span.start))
        .byte_length(signed(span.len()))
        .build()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).expect("no file is longer than i64 counts")
}

/// Keyed hashes, with a version each. `primaryLocationLineHash` is not among them: the profile for GitHub adds it.
fn fingerprints(finding: &Finding, occurrence: &Occurrence) -> BTreeMap<String, String> {
    let secret = finding.fingerprint.map(|print| ("straykey/secret/v1".to_owned(), print.to_string()));
    let place = ("straykey/place/v1".to_owned(), occurrence.place.to_string());
    secret.into_iter().chain([place]).collect()
}
