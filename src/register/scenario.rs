//! From the findings of a bundle to what the register says of a credential.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use uuid::Uuid;

use super::row::{Acceptance, Covered, Dismissal, Said, SeriesFacts};
use crate::blob::printable_text;
use crate::evidence::reading::{Exception, Finding, Place, Reading, Triage};
use crate::finding::{ExceptionReason, Severity, fact_name};
use crate::govern::{ModifierId, Visibility, modifiers_of_path};

/// The name space of ids of scenarios (RFC 9562, section 5.5); drawn once, for ever.
const SCENARIOS: Uuid = Uuid::from_u128(0x5f2d_9c1e_83a7_4b06_9d54_c1e2_7a80_36bf);

/// Hexadecimal digits of an id.
const DIGITS: usize = 12;

/// The control about privileged access rights.
const PRIVILEGED: &str = "8.2";

/// Names a scenario: by its fingerprint and key, so that the same credential has the same id in every unit and repository. Where the
/// value has no fingerprint, its first place in its repository stands for it.
pub(super) fn id_of(finding: &Finding, reading: &Reading) -> (String, String) {
    let key = &reading.started.key.id;
    let (fingerprint, name) = if let Some(fingerprint) = &finding.fingerprint {
        (fingerprint.clone(), format!("{key}\n{fingerprint}"))
    } else {
        let first = finding.places.first();
        let place = first.map(|place| place.place_fingerprint.clone()).unwrap_or_default();
        let subject = first.map_or(&reading.subject, |place| reading.subject_of(place));
        let repository = subject.repository.as_deref().unwrap_or_default();
        let name = format!("{key}\n{repository}\n{place}");
        (place, name)
    };
    let digits = Uuid::new_v5(&SCENARIOS, name.as_bytes()).simple().to_string();
    (format!("SK-{}", &digits[..DIGITS]), fingerprint)
}

/// What all `findings` of one credential, which a bundle has, say of it. There is one at least.
pub(super) fn facts_of(findings: &[&Finding]) -> SeriesFacts {
    let worst = *findings.iter().max_by_key(|finding| finding.severity).expect("there is a finding");
    let places = || findings.iter().flat_map(|finding| &finding.places);
    let mut kinds: Vec<String> = vec![worst.rule.kind.clone()];
    for finding in findings {
        if !kinds.contains(&finding.rule.kind) {
            kinds.push(finding.rule.kind.clone());
        }
    }
    let contradicted: BTreeSet<&str> = findings.iter().flat_map(|finding| finding.contradicted()).collect();
    let fact = |name: &str| worst.fact(name).map(printable_text);
    let generic = worst.rule.provider.id == crate::rule::GENERIC;
    let triage = findings.iter().filter_map(|finding| finding.triage.as_ref()).max_by_key(|triage| &triage.at);
    SeriesFacts {
        rule: worst.rule.id.clone(),
        kinds,
        title: printable_text(&worst.rule.title),
        identity: worst.rule.identity.clone(),
        provider: (!generic).then(|| printable_text(&worst.rule.provider.name)),
        principal: fact_name::PRINCIPAL.into_iter().find_map(fact),
        severity: Some(worst.severity),
        controls: contradicted.iter().map(|&control| control.to_owned()).collect(),
        remediation: remediation(worst),
        test_only: places().all(is_test),
        encrypted: worst.fact(fact_name::ENCRYPTED) == Some("yes") || worst.rule.kind == "private-key-encrypted",
        privileged: contradicted.contains(PRIVILEGED),
        production: findings.iter().any(|finding| finding.fact(fact_name::ENVIRONMENT) == Some("live")),
        acceptance: acceptance(places(), ExceptionReason::is_risk),
        dismissed: dismissal(places()),
        revoked: acceptance(places(), |reason| reason == ExceptionReason::Revoked),
        triage: triage.map(|triage| Said { at: triage.at.clone(), decision: triage.decision, words: words_of(triage) }),
        committed: places().any(is_committed),
        covered: Covered::default(),
        owner: owner(&places().collect::<Vec<_>>()),
        not_looked: None,
        retired: None,
    }
}

/// Who is to put it right, as the evidence has it: the owners of its first place that has any, else the last committer, where the scan
/// was asked to name them.
fn owner(places: &[&Place]) -> Option<(String, String)> {
    let owned = places.iter().find_map(|place| place.owners.as_ref()).map(|owners| {
        (
            owners.names.iter().map(|name| printable_text(name)).collect::<Vec<_>>().join("; "),
            printable_text(&owners.source),
        )
    });
    owned.or_else(|| {
        let last = |place: &&Place| {
            let author = place.history.as_ref()?.last_seen.as_ref()?.author.as_deref()?;
            // A pseudonym is nobody who could be asked.
            author.contains('@').then(|| (printable_text(author), "last committer".to_owned()))
        };
        places.iter().find_map(last)
    })
}

fn remediation(finding: &Finding) -> String {
    let parts = [&finding.remediation.revoke, &finding.remediation.rotate];
    parts.into_iter().filter(|part| !part.is_empty()).map(|part| printable_text(part)).collect::<Vec<_>>().join(" ")
}

fn is_test(place: &Place) -> bool {
    let modifiers = modifiers_of_path(&place.path);
    modifiers.contains(ModifierId::Test) || modifiers.contains(ModifierId::Documentation)
}

fn words_of(triage: &Triage) -> String {
    let Triage { decision, by, at, grade, .. } = triage;
    format!("{decision} by {} on {} ({grade})", printable_text(by), printable_text(at.get(..10).unwrap_or(at)))
}

/// The exception for reasons that `wanted` names which covers all places, by itself or with others: the one that ends first. One that
/// has ended counts as well: it did cover them.
fn acceptance<'p>(places: impl Iterator<Item = &'p Place>, wanted: fn(ExceptionReason) -> bool) -> Option<Acceptance> {
    let covering = |place: &'p Place| -> Option<&'p Exception> {
        let held = |exception: &&Exception| matches!(exception.standing.as_str(), "active" | "expired");
        place.exception.as_ref().filter(held).filter(|exception| wanted(exception.reason))
    };
    let all: Option<Vec<&Exception>> = places.map(covering).collect();
    let first = all?.into_iter().min_by_key(|exception| (&exception.expires_on, &exception.id))?;
    Some(Acceptance {
        exception: printable_text(&first.id),
        reason: first.reason.to_string(),
        by: printable_text(first.approved_by.as_deref().unwrap_or_default()),
        until: first.expires_on.clone(),
        grade: first.grade,
    })
}

/// Whether a commit has the place.
fn is_committed(place: &Place) -> bool {
    place.history_only || place.history.as_ref().is_some_and(|life| life.introduced.is_some())
}

/// Why there is nothing to treat: exceptions that cover all places.
fn dismissal<'p>(places: impl Iterator<Item = &'p Place>) -> Option<Dismissal> {
    let nothing = |reason| matches!(reason, ExceptionReason::FalsePositive | ExceptionReason::TestValue);
    acceptance(places, nothing).map(|found| {
        let Acceptance { exception, reason, by, until, grade } = found;
        Dismissal { why: format!("exception {exception}: {reason}, approved by {by} ({grade})"), until: Some(until) }
    })
}

/// The texts that are data.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    threat: Threats,
    consequence: Vec<Consequence>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Threats {
    public: String,
    organisation: String,
    private: String,
    not_stated: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consequence {
    kind: String,
    text: String,
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    toml::from_str(include_str!("../../patterns/risk/scenarios.toml"))
        .expect("embedded data is sound: a unit test loads it")
});

/// By kind.
static CONSEQUENCES: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| TEXTS.consequence.iter().map(|one| (one.kind.as_str(), one.text.as_str())).collect());

/// Who could use a credential.
pub(super) fn threat(visibility: Option<Visibility>) -> &'static str {
    let threats = &TEXTS.threat;
    match visibility {
        Some(Visibility::Public) => &threats.public,
        Some(Visibility::Organisation) => &threats.organisation,
        Some(Visibility::Private) => &threats.private,
        None => &threats.not_stated,
    }
}

/// What would follow. Kinds that only an operator's own rule names are treated as any token.
pub(super) fn consequence(kind: &str) -> &'static str {
    const ANY: &str = "hardcoded-generic-token";
    CONSEQUENCES.get(kind).or_else(|| CONSEQUENCES.get(ANY)).copied().unwrap_or_default()
}

/// The asset: what a credential opens or speaks for.
pub(super) fn asset(facts: &SeriesFacts) -> String {
    let of = facts.provider.as_ref().map(|provider| format!(" of {provider}")).unwrap_or_default();
    let principal = facts.principal.as_ref().map(|principal| format!(", {principal}")).unwrap_or_default();
    let what = facts.identity.replace('-', " ");
    if facts.identity == "unknown" {
        format!("what the credential{of} opens{principal}")
    } else {
        format!("what the {what}{of} opens{principal}")
    }
}

/// A noun phrase for a credential in these repositories.
pub(super) fn title(facts: &SeriesFacts, repositories: &[&str], unit: Option<&str>) -> String {
    let short = |repository: &str| {
        let mut parts: Vec<&str> = repository.rsplit('/').take(2).collect();
        parts.reverse();
        parts.join("/")
    };
    match repositories {
        [] => match unit {
            Some(unit) => format!("{} in {unit}", facts.title),
            None => facts.title.clone(),
        },
        [one] => format!("{} in {}", facts.title, short(one)),
        more => format!("{} in {} repositories", facts.title, more.len()),
    }
}

/// A severity for what tells none, which no bundle of ours has.
pub(super) const LEAST: Severity = Severity::Info;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::govern::Crosswalk;

    #[test]
    fn every_kind_has_a_consequence() {
        let kinds: BTreeSet<&str> = Crosswalk::embedded().kinds.iter().map(|kind| kind.id.as_str()).collect();
        assert_eq!(CONSEQUENCES.keys().copied().collect::<BTreeSet<_>>(), kinds);
        assert_eq!(CONSEQUENCES.len(), TEXTS.consequence.len(), "each once");
        assert_eq!(consequence("an-operators-own"), consequence("hardcoded-generic-token"));
    }

    #[test]
    fn sentences_are_sentences() {
        let threats =
            [None, Some(Visibility::Public), Some(Visibility::Organisation), Some(Visibility::Private)].map(threat);
        for text in CONSEQUENCES.values().chain(&threats) {
            assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{text}");
        }
    }
}
