//! One secret of the page, as its template wants it.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use serde::Serialize;

use super::context::{DETAILED, Material};
use super::words::{self, STANDS, counted, grouped};
use crate::blob::printable;
use crate::evidence::reading::{Control, Finding, Place, Reading, Triage};
use crate::finding::ExceptionReason;
use crate::govern::{Role, Taxonomies, Taxonomy};
use crate::report::TargetKind;
use crate::severity::Severity;
use crate::view::{Evidenced, Secret, days_between};

/// Places of one secret that are listed.
const PLACES: usize = 100;

/// A secret, with what is asked of it again and again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'r> {
    /// The secret.
    pub(super) secret: &'r Secret<'r>,
    /// Its severity.
    pub(super) severity: Severity,
    /// The index in [`STANDS`] of the most serious of its places.
    pub(super) stand: usize,
}

impl<'r> Found<'r> {
    pub(super) fn of(secret: &'r Secret<'r>) -> Self {
        let stands = secret.places().map(|(_, place)| words::stand(&place.verdict));
        Self { secret, severity: secret.severity(), stand: stands.min().unwrap_or(STANDS.len() - 1) }
    }

    /// Whether it is a severe one that nobody took out of the verdict: only the threshold lets the scan end well.
    pub(super) fn is_serious(&self) -> bool {
        self.severity >= Severity::High && matches!(STANDS[self.stand].token, "newly" | "minor" | "gate" | "other")
    }

    /// Why it is excepted, where it is.
    pub(super) fn excepted(&self) -> Option<ExceptionReason> {
        self.secret.places().find_map(|(_, place)| place.excepted()).map(|exception| exception.reason)
    }

    /// What the filter finds it by: how its places stand, what became of them, and what triage said.
    fn tokens(&self) -> String {
        let places = || self.secret.places().map(|(_, place)| place);
        let stands = STANDS.iter().enumerate().filter(|(at, _)| {
            let at = *at;
            places().any(|place| words::stand(&place.verdict) == at)
        });
        let mut tokens: Vec<&str> = stands.map(|(_, stand)| stand.token).collect();
        let became =
            |state: &str| places().any(|place| place.change.as_ref().is_some_and(|change| change.state == state));
        tokens.extend(words::CHANGES.iter().filter(|one| became(one.state)).map(|one| one.token));
        let mut triage: Vec<&str> = self.secret.seen.iter().map(|one| decision(one.finding)).collect();
        triage.dedup();
        tokens.extend(triage);
        tokens.join(" ")
    }
}

/// What the filter calls what triage said.
fn decision(finding: &Finding) -> &'static str {
    finding.triage.as_ref().map_or("untriaged", |triage| triage.decision.name())
}

/// What the template of a secret is given.
#[derive(Debug, Serialize)]
pub(super) struct Card<'r> {
    index: usize,
    /// One line, without details.
    brief: bool,
    /// Indices of its series, divided by blanks.
    scopes: String,
    scope_label: String,
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
    places: Vec<PlaceCells<'r>>,
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
struct PlaceCells<'r> {
    scope: &'r str,
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
    /// The card of the secret `found`, the `index`-th of the page.
    pub(super) fn of(found: Found<'r>, index: usize, material: &'r Material<'r>, today: Date, dated: bool) -> Self {
        let secret = found.secret;
        let finding = secret.worst();
        let stand = STANDS[found.stand];
        // What fails the scan comes first, so that it is among those that are listed.
        let mut places: Vec<(Evidenced<'r>, &Place)> = secret.places().collect();
        places.sort_by_key(|(_, place)| !place.verdict.fails());
        let total = places.len();
        let (more, rest) = (total.saturating_sub(1) as u64, total.saturating_sub(PLACES) as u64);
        let scopes: Vec<String> = secret.seen.iter().map(|one| one.bundle.to_string()).collect();
        let several = secret.seen.len() > 1;
        let first = places.first();
        Self {
            index,
            brief: index >= DETAILED,
            scopes: scopes.join(" "),
            scope_label: match (first.map_or("", |(one, _)| material.label(one.bundle)), secret.seen.len() as u64 - 1) {
                (label, 0) => label.to_owned(),
                (label, others) => format!("{label} and {}", counted(others, "other")),
            },
            severity: found.severity.name(),
            rank: found.severity as usize,
            tokens: found.tokens(),
            age: secret.age(today),
            total,
            title: &finding.rule.title,
            preview: &finding.preview,
            first: first.map_or_else(String::new, |(one, place)| {
                format!("{}:{}", path(place, one.reading), place.region.start_line)
            }),
            more: if more > 0 { format!("and {}", counted(more, "more place")) } else { String::new() },
            stand: stand.token,
            chip: stand.chip,
            facts: facts(secret, material, today, dated),
            fingerprint: finding.fingerprint.as_deref(),
            revoke: spans(&finding.remediation.revoke),
            rotate: spans(&finding.remediation.rotate),
            references: finding.remediation.references.iter().map(|text| reference(text)).collect(),
            places: places
                .into_iter()
                .take(PLACES)
                .map(|(one, place)| cells(place, one.reading, if several { material.label(one.bundle) } else { "" }))
                .collect(),
            rest: if rest > 0 {
                format!("{} more of its places are not listed here.", grouped(rest))
            } else {
                String::new()
            },
            controls: controls(secret),
        }
    }
}

/// The controls that it is evidence about: of what several bundles say of one, the strongest.
fn controls<'r>(secret: &Secret<'r>) -> Vec<ControlCells<'r>> {
    let mut all: Vec<&'r Control> = secret.seen.iter().flat_map(|one| &one.finding.controls).collect();
    if secret.seen.len() > 1 {
        // The sort is stable, and each finding has them by role, then by number.
        all.sort_by_key(|control| control.role);
        let mut met = HashSet::new();
        all.retain(|control| met.insert(&control.control));
    }
    let cells = |control: &'r Control| ControlCells {
        number: &control.control,
        title: &control.title,
        role: role(control.role),
        why: &control.why,
    };
    all.into_iter().map(cells).collect()
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

fn facts(secret: &Secret<'_>, material: &Material<'_>, today: Date, dated: bool) -> Vec<(&'static str, String)> {
    let finding = secret.worst();
    let rule = &finding.rule;
    let mut facts = vec![
        ("Rule", rule.id.clone()),
        ("Confidence", finding.confidence.name().to_owned()),
        ("Provider", rule.provider.name.clone()),
        ("Identity", rule.identity.clone()),
        ("Kind", rule.kind.clone()),
        ("Known", known(secret, today)),
    ];
    if !finding.facts.is_empty() {
        let told: Vec<String> = finding.facts.iter().map(|fact| format!("{} {}", fact.name, fact.value)).collect();
        facts.push(("Read from the value", told.join("; ")));
    }
    facts.push(("Triage", triaged(secret, material)));
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
        let records = secret.seen.iter().map(|one| format!("{}#{}", one.reading.scan, one.finding.record));
        facts.push(("Evidence", records.collect::<Vec<_>>().join("; ")));
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

fn known(secret: &Secret<'_>, today: Date) -> String {
    match secret.known {
        Some((day, by_commit)) => {
            let by = if by_commit { "by the commit that brought it in" } else { "by an earlier scan" };
            format!("for {}, since {day}, {by}", words::age(days_between(day, today)))
        }
        None => "first seen by this scan; how long it was there before is not known".to_owned(),
    }
}

/// What was decided, in each series where it is not the same in all of them.
fn triaged(secret: &Secret<'_>, material: &Material<'_>) -> String {
    let of = |finding: &Finding| finding.triage.as_ref().map_or_else(|| "nobody has judged it yet".to_owned(), triage);
    let all: Vec<String> = secret.seen.iter().map(|one| of(one.finding)).collect();
    match &all[..] {
        [first, others @ ..] if others.iter().all(|other| other == first) => first.clone(),
        _ => {
            let labels = secret.seen.iter().map(|one| material.label(one.bundle));
            labels.zip(&all).map(|(label, told)| format!("{label}: {told}")).collect::<Vec<_>>().join("; ")
        }
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

/// The cells of a place; `scope` is empty where it goes without saying.
fn cells<'r>(place: &Place, reading: &Reading, scope: &'r str) -> PlaceCells<'r> {
    PlaceCells {
        scope,
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
