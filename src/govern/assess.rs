//! From findings to what they mean: severity in context, and the controls that they are evidence about.

use super::crosswalk::{Crosswalk, Mapping, effective_severity};
use super::modifier::{LiveOrProduction, ModifierId, ModifierSet, modifiers_of_path};
use crate::finding::{Finding, Occurrence};
use crate::nhi::Identity;

/// Kind that stands in for one that the crosswalk does not have, which only an operator's own rule can name.
const FALLBACK_KIND: &str = "hardcoded-generic-token";

/// The modifiers of the place of `occurrence`.
pub fn modifiers_at(occurrence: &Occurrence) -> ModifierSet {
    let modifiers = modifiers_of_path(&String::from_utf8_lossy(occurrence.origin.path_bytes()));
    let removed = occurrence.lifetime.as_ref().is_some_and(|lifetime| lifetime.references == 0);
    if removed && occurrence.origin.history().is_some() { modifiers.with(ModifierId::History) } else { modifiers }
}

/// The mapping of `finding` at one of its places.
pub fn mapping_at(finding: &Finding, occurrence: &Occurrence) -> Mapping<'static> {
    map(&finding.rule.kind, modifiers_at(occurrence))
}

/// The mapping of `finding` over all its places.
pub fn mapping_of(finding: &Finding) -> Mapping<'static> {
    let modifiers = finding.occurrences.iter().map(modifiers_at).fold(ModifierSet::EMPTY, |all, one| all | one);
    map(&finding.rule.kind, modifiers)
}

fn map(kind: &str, modifiers: ModifierSet) -> Mapping<'static> {
    let crosswalk = Crosswalk::embedded();
    crosswalk
        .map(kind, modifiers)
        .or_else(|| crosswalk.map(FALLBACK_KIND, modifiers))
        .expect("the embedded crosswalk has the fallback kind")
}

/// Sets the severity of each place, and of each finding, from rule, kind and context, and sorts the findings: worst
/// first, then by rule and place.
pub fn assess(findings: &mut [Finding]) {
    for finding in findings.iter_mut() {
        let base = finding.rule.severity.unwrap_or_else(|| {
            let crosswalk = Crosswalk::embedded();
            let kind = crosswalk.kind(&finding.rule.kind).or_else(|| crosswalk.kind(FALLBACK_KIND));
            kind.expect("the embedded crosswalk has the fallback kind").severity
        });
        let live = LiveOrProduction::from(Identity::of(finding).live);
        for occurrence in &mut finding.occurrences {
            occurrence.severity = effective_severity(base, modifiers_at(occurrence), live);
        }
        finding.severity = finding.occurrences.iter().map(|one| one.severity).max().unwrap_or(base);
    }
    // Stable: within one severity the order by rule and place stays.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
}
