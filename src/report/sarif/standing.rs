//! How results stand: to an earlier scan, to what people decided, to the verdict.
//!
//! What an exception or a triage says is anybody's text. It stands in plain strings of the format, never in a message, and
//! without characters that cannot be seen.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use serde_sarif::sarif;

use super::rules::FiredRules;
use super::uri::Bases;
use super::{bag, guid, text};
use crate::blob::printable_text;
use crate::finding::{
    Absent, AppliedException, ChangeState, ExceptionOutcome, Finding, InlineIgnore, Occurrence, Standing,
};
use crate::report::Report;
use crate::report::json::{AbsentRow, AttemptRow, BypassRow, ChangeRow, ExceptionRow, TriageRow, VerdictRow};
use crate::report::standing::Standings;

/// What a place is in comparison with the earlier scan (section 3.27.24). Where there is one every result has to say it; a
/// place that nobody compared is told of as new, since nothing says that it was known.
pub(super) fn baseline_state(occurrence: &Occurrence) -> &'static str {
    match occurrence.change.as_ref().map(|change| change.state) {
        Some(ChangeState::Unchanged) => "unchanged",
        Some(ChangeState::Moved | ChangeState::Spread) => "updated",
        Some(ChangeState::New | ChangeState::Reintroduced) | None => "new",
    }
}

/// Adds to the properties of a result how its place stands.
pub(super) fn add_properties(told: &mut BTreeMap<String, Value>, finding: &Finding, occurrence: &Occurrence) {
    told.insert("verdict".to_owned(), inert(json!(VerdictRow::new(&occurrence.verdict))));
    if let Some(change) = &occurrence.change {
        told.insert("change".to_owned(), json!(ChangeRow::new(change)));
        if change.state == ChangeState::Reintroduced {
            told.insert("reintroduced".to_owned(), json!(true));
        }
    }
    if let Some(triage) = &finding.triage {
        told.insert("triage".to_owned(), inert(json!(TriageRow::new(triage))));
    }
    let suppressed = occurrence.is_suppressed();
    if let Some(marker) = &occurrence.ignore {
        if marker.expired {
            told.insert("expiredMarker".to_owned(), marker_properties(marker));
        } else if suppressed && !marker.honoured {
            told.insert("unreviewedMarker".to_owned(), marker_properties(marker));
        }
    }
    if let Some(applied) = &occurrence.exception {
        let name = match applied.standing {
            Standing::Active => return,
            Standing::Expired => "expiredException",
            _ if suppressed => "unacceptedException",
            _ => return,
        };
        told.insert(name.to_owned(), Value::Object(exception_properties(applied)));
    }
}

/// What asks to suppress the result at a place. Readers take a result for suppressed only where all that is listed is
/// accepted; so where something took the place out of the verdict, what did not is a property of the result instead.
pub(super) fn suppressions(occurrence: &Occurrence) -> Vec<sarif::Suppression> {
    let suppressed = occurrence.is_suppressed();
    let counts = |accepted: bool| accepted || !suppressed;
    let marker = occurrence.ignore.as_ref().filter(|marker| !marker.expired && counts(marker.honoured));
    let exception = occurrence
        .exception
        .as_ref()
        .filter(|applied| applied.standing != Standing::Expired && counts(applied.standing == Standing::Active));
    marker.map(in_source).into_iter().chain(exception.map(external)).collect()
}

/// A marker in the source asks for a suppression that nobody has reviewed. One that has expired asks for nothing.
fn in_source(marker: &InlineIgnore) -> sarif::Suppression {
    // Accepted by the operator's policy, not by the marker itself.
    let status = if marker.honoured { "accepted" } else { "underReview" };
    let mut suppression = sarif::Suppression::builder().kind("inSource").status(status).build();
    suppression.justification.clone_from(&marker.reason);
    suppression.properties = Some(bag([
        ("marker", json!(marker.marker)),
        ("until", json!(marker.until)),
        ("expired", json!(marker.expired)),
    ]));
    suppression
}

fn marker_properties(marker: &InlineIgnore) -> Value {
    json!({
        "marker": marker.marker,
        "reason": marker.reason,
        "until": marker.until,
        "expired": marker.expired,
    })
}

/// A decision of people. The reason stands before its words, since some readers show suppressed results as false positives,
/// which a risk that was accepted is not.
fn external(applied: &AppliedException) -> sarif::Suppression {
    let exception = &applied.exception;
    let status = match applied.standing {
        Standing::Active => "accepted",
        Standing::Refused(_) => "rejected",
        Standing::Expired | Standing::Unapproved(_) | Standing::Proposed => "underReview",
    };
    let mut properties = exception_properties(applied);
    // It is the justification.
    properties.remove("text");
    sarif::Suppression::builder()
        .kind("external")
        .status(status)
        .guid(guid(&format!("exception/{}", exception.id)))
        .justification(printable_text(&format!("{}: {}", exception.reason.words(), exception.text)))
        .properties(sarif::PropertyBag { tags: None, additional_properties: properties.into_iter().collect() })
        .build()
}

/// The members of an exception; its id is called `exception`, as a property beside others.
fn exception_properties(applied: &AppliedException) -> Map<String, Value> {
    let row = inert(super::camel_case_keys(json!(ExceptionRow::new(applied))));
    let Value::Object(mut properties) = row else { unreachable!("it is made as an object") };
    let id = properties.remove("id").unwrap_or_default();
    properties.insert("exception".to_owned(), id);
    properties
}

/// What the earlier scan knew and is not there any more, as results without a place in the text: nobody knows it now. They
/// are no failures, for readers that do not know of baselines.
pub(super) fn absent_result(
    absent: &Absent,
    fired: &FiredRules<'_>,
    bases: &Bases<'_>,
    with_suppressions: bool,
) -> Option<sarif::Result> {
    let (index, rule) = fired.get(&absent.rule)?;
    let since = absent.since.as_ref().map_or_else(String::new, |since| format!(", known since {since},"));
    let title = &rule.title;
    let message = format!("{title}{since} was not found any more; cause: {}.", absent.cause.name());
    // Hosts ask for a location, and a physical one for a region; a line would be invented.
    let file =
        sarif::LogicalLocation::builder().fully_qualified_name(printable_text(&absent.path)).kind("resource").build();
    let mut result = sarif::Result::builder()
        .rule_id(&absent.rule)
        .rule_index(index)
        .kind(sarif::ResultKind::Informational)
        .level(sarif::ResultLevel::None)
        .message(text::literal(&message).as_str())
        .locations([sarif::Location::builder().logical_locations([file]).build()])
        .analysis_target(bases.below_target(&absent.path))
        .baseline_state("absent")
        .properties(bag([("absent", inert(json!(AbsentRow::new(absent))))]))
        .build();
    result.suppressions = with_suppressions.then(Vec::new);
    Some(result)
}

/// Adds to the properties of a run what the scan was held against and what people decided, as far as there is any.
pub(super) fn add_run_properties(told: &mut BTreeMap<String, Value>, report: &Report, fired: &FiredRules<'_>) {
    let mut tell = |name: &str, value: Value| told.insert(name.to_owned(), inert(value));
    if let Some(comparison) = &report.comparison {
        let Standings { new, unchanged, moved, spread, reintroduced, .. } = Standings::of(report);
        tell(
            "comparison",
            json!({
                "with": comparison.with,
                "scan": comparison.scan,
                "new": new,
                "unchanged": unchanged,
                "moved": moved,
                "spread": spread,
                "reintroduced": reintroduced,
                "absent": comparison.absent.len(),
            }),
        );
        // A result needs a rule that is listed.
        let unknown = comparison.absent.iter().filter(|absent| fired.get(&absent.rule).is_none());
        let unknown: Vec<_> = unknown.map(AbsentRow::new).collect();
        if !unknown.is_empty() {
            tell("absent", json!(unknown));
        }
    }
    if !report.exceptions.is_empty() {
        tell("exceptions", report.exceptions.iter().map(outcome).collect());
    }
    if !report.attempts.is_empty() {
        tell("attempts", json!(AttemptRow::all(report)));
    }
    if let Some(bypass) = BypassRow::of(report) {
        tell("bypass", super::camel_case_keys(json!(bypass)));
    }
}

fn outcome(outcome: &ExceptionOutcome) -> Value {
    json!({
        "id": outcome.exception.id,
        "reason": outcome.exception.reason,
        "standing": outcome.standing.name(),
        "places": outcome.places,
        "stale": outcome.stale,
    })
}

/// The same without characters that cannot be seen or that reorder text.
fn inert(value: Value) -> Value {
    match value {
        Value::String(text) => printable_text(&text).into(),
        Value::Array(items) => items.into_iter().map(inert).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, inert(value))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample_report;

    /// The statuses of the suppressions of a place whose exception stands so, and the names of properties that tell of it.
    fn told(standing: Standing, marker: Option<bool>) -> (Vec<String>, Vec<String>) {
        let report = sample_report();
        let finding = &report.findings[1];
        let mut place = finding.occurrences[3].clone();
        place.exception.as_mut().unwrap().standing = standing;
        place.ignore = marker.map(|honoured| InlineIgnore {
            marker: "straykey:ignore",
            reason: None,
            until: None,
            expired: false,
            honoured,
        });
        let statuses = suppressions(&place);
        let statuses = statuses.iter().map(|one| one.status.as_ref().unwrap().as_str().unwrap().to_owned()).collect();
        let mut properties = BTreeMap::new();
        add_properties(&mut properties, finding, &place);
        let names = properties.keys().filter(|name| name.ends_with("Exception") || name.ends_with("Marker"));
        (statuses, names.cloned().collect())
    }

    #[test]
    fn suppressions_say_what_became_of_the_exception() {
        let why = || "nobody may".to_owned();
        for (standing, status, property) in [
            (Standing::Active, Some("accepted"), None),
            (Standing::Expired, None, Some("expiredException")),
            (Standing::Unapproved(why()), Some("underReview"), None),
            (Standing::Proposed, Some("underReview"), None),
            (Standing::Refused(why()), Some("rejected"), None),
        ] {
            let (statuses, properties) = told(standing, None);
            assert_eq!(statuses, status.into_iter().collect::<Vec<_>>());
            assert_eq!(properties, property.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_place_is_suppressed_for_readers_where_it_is_for_the_verdict() {
        for (standing, honoured, statuses, property) in [
            (Standing::Active, true, &["accepted", "accepted"][..], None),
            (Standing::Active, false, &["accepted"], Some("unreviewedMarker")),
            (Standing::Proposed, true, &["accepted"], Some("unacceptedException")),
            (Standing::Proposed, false, &["underReview", "underReview"], None),
        ] {
            let (found, properties) = told(standing, Some(honoured));
            assert_eq!(found, statuses);
            assert_eq!(properties, property.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_accepted_risk_is_called_one() {
        let report = sample_report();
        let suppression = suppressions(&report.findings[1].occurrences[3]).remove(0);
        assert_eq!(suppression.justification.unwrap(), "accepted risk: a \"reason\" with <markup> & {braces}");
        let properties = suppression.properties.unwrap().additional_properties;
        for (name, expect) in [
            ("exception", "EX-1"),
            ("reason", "accepted-risk"),
            ("requestedBy", "dev@example.org"),
            ("approvedBy", "risk.owner@example.org"),
            ("approvedOn", "2026-01-10"),
            ("expiresOn", "2026-12-31"),
            ("ticket", "SEC-12"),
            ("grade", "claimed"),
        ] {
            assert_eq!(properties[name], expect, "{name}");
        }
        let other = suppressions(&report.findings[2].occurrences[0]).remove(0);
        assert!(other.justification.unwrap().starts_with("false positive: "));
        assert_ne!(other.guid, suppression.guid);
        assert_eq!(suppression.guid, suppressions(&report.findings[1].occurrences[3])[0].guid);
    }

    #[test]
    fn texts_of_others_are_inert() {
        let mut report = sample_report();
        let applied = report.findings[1].occurrences[3].exception.as_mut().unwrap();
        let exception = std::sync::Arc::make_mut(&mut applied.exception);
        exception.text = "a\u{202e}b".into();
        exception.requested_by = "c\u{1b}d".into();
        let suppression = suppressions(&report.findings[1].occurrences[3]).remove(0);
        assert_eq!(suppression.justification.unwrap(), "accepted risk: a\u{fffd}b");
        assert_eq!(suppression.properties.unwrap().additional_properties["requestedBy"], "c\u{fffd}d");
    }
}
