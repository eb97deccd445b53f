//! One secret of the page, as its template wants it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use serde::Serialize;

use super::words::{self, STANDS, counted, grouped};
use crate::blob::printable;
use crate::evidence::reading::{Finding, Place, Reading, Triage};
use crate::finding::ExceptionReason;
use crate::govern::{Role, Taxonomies, Taxonomy};
use crate::report::TargetKind;
use crate::view::{day_of, days_between};

/// Places of one secret that are listed.
const PLACES: usize = 100;

/// A finding, with where it is from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'r> {
    /// Index of its series.
    pub(super) scope: usize,
    /// The bundle.
    pub(super) reading: &'r Reading,
    /// The finding.
    pub(super) finding: &'r Finding,
}

impl Found<'_> {
    /// The index in [`STANDS`] of the most serious of its places.
    pub(super) fn stand(&self) -> usize {
        let stands = self.finding.places.iter().map(|place| words::stand(&place.verdict));
        stands.min().unwrap_or(STANDS.len() - 1)
    }

    /// The day since which it is known, and whether a commit says so; none where this scan was the first to see it.
    pub(super) fn known(&self) -> Option<(Date, bool)> {
        let days = self.finding.places.iter().flat_map(|place| {
            let introduced = place.history.as_ref().and_then(|life| life.introduced.as_ref()?.time.as_deref());
            let seen = place.change.as_ref().and_then(|change| change.since.as_deref());
            [introduced.and_then(day_of).map(|day| (day, true)), seen.and_then(day_of).map(|day| (day, false))]
        });
        days.flatten().min()
    }

    /// The days since which it is known.
    pub(super) fn age(&self, today: Date) -> Option<u32> {
        self.known().map(|(day, _)| days_between(day, today))
    }

    /// Why it is excepted, where it is.
    pub(super) fn excepted(&self) -> Option<ExceptionReason> {
        self.finding.places.iter().find_map(Place::excepted).map(|exception| exception.reason)
    }

    /// What the filter finds it by: how its places stand, what became of them, and what triage said.
    fn tokens(&self) -> String {
        let places = &self.finding.places;
        let stands = STANDS.iter().enumerate().filter(|(at, _)| {
            let at = *at;
            places.iter().any(|place| words::stand(&place.verdict) == at)
        });
        let mut tokens: Vec<&str> = stands.map(|(_, stand)| stand.token).collect();
        let became =
            |state: &str| places.iter().any(|place| place.change.as_ref().is_some_and(|change| change.state == state));
        tokens.extend(words::CHANGES.iter().filter(|one| became(one.state)).map(|one| one.token));
        tokens.push(self.finding.triage.as_ref().map_or("untriaged", |triage| triage.decision.name()));
        tokens.join(" ")
    }
}

/// What the template of a secret is given.
#[derive(Debug, Serialize)]
pub(super) struct Card<'r> {
    index: usize,
    scope: usize,
    scope_label: &'r str,
    severity: &'static str,
    rank: usize,
    tokens: String,
    /// In days, for sorting; none where it is not known.
    age: Option<u32>,
    total: usize,
    title: &'r str,
    preview: &'r str,
    first: String,
    more: String,
    stand: &'static str,
    chip: &'static str,
    facts: Vec<(&'static str, String)>,
    fingerprint: Option<&'r str>,
    revoke: Vec<Span<'r>>,
    rotate: Vec<Span<'r>>,
    references: Vec<Reference<'r>>,
    places: Vec<PlaceCells>,
    rest: String,
    controls: Vec<ControlCells<'r>>,
}

/// Where a format is documented.
#[derive(Debug, Serialize)]
struct Reference<'r> {
    text: &'r str,
    /// Whether it is one that a reader may follow.
    link: bool,
}

/// A piece of text, or of code in it.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Span<'r> {
    text: &'r str,
    code: bool,
}

#[derive(Debug, Serialize)]
struct PlaceCells {
    at: String,
    notes: Vec<String>,
    severity: &'static str,
    confidence: &'static str,
    stands: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ControlCells<'r> {
    number: &'r str,
    title: &'r str,
    role: &'static str,
    why: &'r str,
}

impl<'r> Card<'r> {
    /// The card of the secret `found`, the `index`-th of the page; `scope_label` is empty where there is one series.
    pub(super) fn of(found: Found<'r>, index: usize, scope_label: &'r str, today: Date, dated: bool) -> Self {
        let Found { scope, reading, finding } = found;
        let stand = STANDS[found.stand()];
        let more = finding.places.len().saturating_sub(1) as u64;
        // What fails the scan comes first, so that it is among those that are listed.
        let mut places: Vec<&Place> = finding.places.iter().collect();
        places.sort_by_key(|place| !place.verdict.fails());
        let rest = finding.places.len().saturating_sub(PLACES) as u64;
        Self {
            index,
            scope,
            scope_label,
            severity: finding.severity.name(),
            rank: finding.severity as usize,
            tokens: found.tokens(),
            age: found.age(today),
            total: finding.places.len(),
            title: &finding.rule.title,
            preview: &finding.preview,
            first: places
                .first()
                .map_or_else(String::new, |place| format!("{}:{}", path(place, reading), place.region.start_line)),
            more: if more > 0 { format!("and {}", counted(more, "more place")) } else { String::new() },
            stand: stand.token,
            chip: stand.chip,
            facts: facts(found, today, dated),
            fingerprint: finding.fingerprint.as_deref(),
            revoke: spans(&finding.remediation.revoke),
            rotate: spans(&finding.remediation.rotate),
            references: finding.remediation.references.iter().map(|text| reference(text)).collect(),
            places: places.into_iter().take(PLACES).map(|place| cells(place, reading)).collect(),
            rest: if rest > 0 {
                format!("{} more of its places are not listed here.", grouped(rest))
            } else {
                String::new()
            },
            controls: finding
                .controls
                .iter()
                .map(|control| ControlCells {
                    number: &control.control,
                    title: &control.title,
                    role: role(control.role),
                    why: &control.why,
                })
                .collect(),
        }
    }
}

/// Only what is fetched under the eyes of nobody else is a link; what else stands in a record is text.
fn reference(text: &str) -> Reference<'_> {
    Reference { text, link: text.starts_with("https://") }
}

/// What stands between backticks is code, if each of them has its second.
fn spans(text: &str) -> Vec<Span<'_>> {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return vec![Span { text, code: false }];
    }
    (0_usize..).zip(pieces).map(|(at, text)| Span { text, code: at % 2 == 1 }).collect()
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Contradicts => "contradicts",
        Role::Affected => "affected",
        Role::ResponseDue => "response due",
    }
}

fn facts(found: Found<'_>, today: Date, dated: bool) -> Vec<(&'static str, String)> {
    let Found { reading, finding, .. } = found;
    let rule = &finding.rule;
    let mut facts = vec![
        ("Rule", rule.id.clone()),
        ("Confidence", finding.confidence.name().to_owned()),
        ("Provider", rule.provider.name.clone()),
        ("Identity", rule.identity.clone()),
        ("Kind", rule.kind.clone()),
        ("Known", known(found, today)),
    ];
    if !finding.facts.is_empty() {
        let told: Vec<String> = finding.facts.iter().map(|fact| format!("{} {}", fact.name, fact.value)).collect();
        facts.push(("Read from the value", told.join("; ")));
    }
    facts.push(("Triage", finding.triage.as_ref().map_or_else(|| "nobody has judged it yet".to_owned(), triage)));
    let taxonomies = Taxonomies::embedded();
    for (name, taxonomy, ids) in [
        ("Weaknesses", &taxonomies.cwe, &finding.cwe),
        ("OWASP NHI Top 10", &taxonomies.nhi, &finding.nhi),
        ("NIST CSF 2.0", &taxonomies.csf, &finding.csf),
    ] {
        if !ids.is_empty() {
            facts.push((name, titled(taxonomy, ids)));
        }
    }
    if dated {
        facts.push(("Evidence", format!("{}#{}", reading.scan, finding.record)));
    }
    facts
}

/// The ids, the first of them with its title.
fn titled(taxonomy: &Taxonomy, ids: &[String]) -> String {
    let title = ids.first().and_then(|id| taxonomy.get(id)).map_or("", |term| term.title.as_str());
    let mut told = ids.to_vec();
    if let Some(first) = told.first_mut().filter(|_| !title.is_empty()) {
        first.push(' ');
        first.push_str(title);
    }
    told.join("; ")
}

fn known(found: Found<'_>, today: Date) -> String {
    match found.known() {
        Some((day, by_commit)) => {
            let by = if by_commit { "by the commit that brought it in" } else { "by an earlier scan" };
            format!("for {}, since {day}, {by}", words::age(days_between(day, today)))
        }
        None => "first seen by this scan; how long it was there before is not known".to_owned(),
    }
}

fn triage(triage: &Triage) -> String {
    let decision = triage.decision.name().replace('-', " ");
    let mut told = format!("{decision}, by {} on {} ({})", triage.by, words::day(&triage.at), triage.grade.name());
    for (before, part) in [(": ", &triage.note), ("; ", &triage.ticket)] {
        if let Some(part) = part {
            told.push_str(before);
            told.push_str(part);
        }
    }
    told
}

fn cells(place: &Place, reading: &Reading) -> PlaceCells {
    PlaceCells {
        at: format!("{}:{}:{}", path(place, reading), place.region.start_line, place.region.start_column),
        notes: words::life(place),
        severity: place.severity.name(),
        confidence: place.confidence.name(),
        stands: words::stands(place),
    }
}

/// The path of a place, below its target where there are several.
fn path(place: &Place, reading: &Reading) -> String {
    let bytes = place.path_bytes.as_ref().and_then(|bytes| STANDARD.decode(bytes).ok());
    let path = printable(bytes.as_deref().unwrap_or(place.path.as_bytes()));
    let targets = &reading.started.targets;
    let Some(target) = targets.get(place.target).filter(|_| targets.len() > 1) else { return path };
    let given = printable(target.given.as_bytes());
    match target.kind {
        TargetKind::File | TargetKind::Stdin => given,
        _ if matches!(given.as_str(), "." | "./" | "") => path,
        _ => format!("{}/{path}", given.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_between_two_backticks() {
        let told: Vec<(&str, bool)> = spans("run `a b`, then `c`").iter().map(|span| (span.text, span.code)).collect();
        assert_eq!(told, [("run ", false), ("a b", true), (", then ", false), ("c", true), ("", false)]);
        assert_eq!(spans("a ` b"), [Span { text: "a ` b", code: false }]);
    }

    #[test]
    fn only_what_is_fetched_unseen_is_a_link() {
        assert!(reference("https://example.org/keys").link);
        for text in ["http://example.org", "javascript:alert(1)", " https://example.org", "data:text/html,x"] {
            assert!(!reference(text).link, "{text}");
        }
    }
}
