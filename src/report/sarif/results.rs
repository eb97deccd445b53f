//! One result a place. Results of the same secret share its fingerprint.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use serde_sarif::sarif;

use super::rules::{FiredRules, MESSAGE_ID, level, message_text};
use super::uri::Bases;
use super::{bag, camel_case_keys, taxonomies, text};
use crate::blob::Content;
use crate::finding::{Finding, InlineIgnore, Occurrence};
use crate::govern::{Mapping, mapping_at};
use crate::report::json::LifetimeRow;
use crate::report::{Report, TargetKind};

/// A part of what was scanned, which has a run of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Files as they lie there, or what is staged.
    Tree,
    /// What commits introduced.
    Range,
    /// What only the history of a repository holds.
    History,
}

impl Part {
    fn of(place: &Occurrence) -> Self {
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
        let parts = [Self::Tree, Self::Range, Self::History].into_iter();
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
    /// Whether any place has a marker: then every result has to carry `suppressions` (section
    /// 3.27.23).
    markers: bool,
}

impl<'r> Results<'r> {
    pub(super) fn new(report: &'r Report, bases: &'r Bases<'r>, fired: &'r FiredRules<'r>) -> Self {
        let mut places = report.findings.iter().flat_map(|finding| &finding.occurrences);
        Self { report, bases, fired, markers: places.any(|place| place.ignore.is_some()) }
    }

    /// The results of one part of what was scanned, in the order of the report.
    pub(super) fn iter(&self, part: Part) -> impl Iterator<Item = sarif::Result> + Clone {
        self.report.findings.iter().flat_map(move |finding| {
            let places = finding.occurrences.iter().filter(move |place| Part::of(place) == part);
            places.map(move |occurrence| self.result(finding, occurrence))
        })
    }

    fn result(&self, finding: &Finding, occurrence: &Occurrence) -> sarif::Result {
        let mapping = mapping_at(finding, occurrence);
        let physical = sarif::PhysicalLocation::builder()
            .artifact_location(self.bases.location(&occurrence.origin))
            .region(region(occurrence))
            .build();
        let mut result = sarif::Result::builder()
            .rule_id(&finding.rule.id)
            .rule_index(self.fired.index(&finding.rule.id))
            .kind(sarif::ResultKind::Fail)
            .level(level(occurrence.severity))
            .message(message(finding, occurrence))
            .locations([sarif::Location::builder().physical_location(physical).build()])
            .partial_fingerprints(fingerprints(finding, occurrence))
            .taxa(taxonomies::taxa(&mapping))
            .properties(self.properties(finding, occurrence, &mapping))
            .build();
        if self.markers {
            result.suppressions = Some(suppressions(occurrence.ignore.as_ref()));
        }
        result
    }

    fn properties(&self, finding: &Finding, occurrence: &Occurrence, mapping: &Mapping<'_>) -> sarif::PropertyBag {
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
            ("keyId", json!(self.report.key.key_id)),
            ("ordinal", json!(occurrence.ordinal)),
            ("controls", taxonomies::controls_by_role(mapping)),
            ("csf", json!(mapping.csf)),
        ]);
        if let Some(lifetime) = &occurrence.lifetime {
            let told = &mut properties.additional_properties;
            told.insert("history".to_owned(), camel_case_keys(json!(LifetimeRow::new(lifetime))));
        }
        if let Some(commit) = occurrence.origin.commit() {
            properties.additional_properties.insert("commit".to_owned(), json!(commit));
        }
        if let Some(marker) = occurrence.ignore.as_ref().filter(|marker| marker.expired) {
            let told = &mut properties.additional_properties;
            told.insert("expiredMarker".to_owned(), marker_properties(marker));
        }
        properties
    }
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

/// Keyed hashes, with a version each. `primaryLocationLineHash` is not among them: hosts fill it in
/// from the source.
fn fingerprints(finding: &Finding, occurrence: &Occurrence) -> BTreeMap<String, String> {
    let secret = finding.fingerprint.map(|print| ("straykey/secret/v1".to_owned(), print.to_string()));
    let place = ("straykey/place/v1".to_owned(), occurrence.place.to_string());
    secret.into_iter().chain([place]).collect()
}

/// A marker in the source asks for a suppression that nobody has reviewed. One that has expired
/// asks for nothing.
fn suppressions(marker: Option<&InlineIgnore>) -> Vec<sarif::Suppression> {
    let Some(marker) = marker.filter(|marker| !marker.expired) else { return Vec::new() };
    // Accepted by the operator's policy, not by the marker itself.
    let status = if marker.honoured { "accepted" } else { "underReview" };
    let mut suppression = sarif::Suppression::builder().kind("inSource").status(status).build();
    suppression.justification.clone_from(&marker.reason);
    suppression.properties = Some(bag([
        ("marker", json!(marker.marker)),
        ("until", json!(marker.until)),
        ("expired", json!(marker.expired)),
    ]));
    vec![suppression]
}

fn marker_properties(marker: &InlineIgnore) -> Value {
    json!({
        "marker": marker.marker,
        "reason": marker.reason,
        "until": marker.until,
        "expired": marker.expired,
    })
}
