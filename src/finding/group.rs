//! From single hits to findings: the same value by the same rule is one finding with many places.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::{Finding, Fingerprint, Occurrence};
use crate::blob::FromHistory;
use crate::check::token::Fact;
use crate::rule::Rule;
use crate::secret::{Preview, Secret};

/// Facts that a finding keeps: a secret may stand at thousands of places, beside another identifier at each.
const FACTS: usize = 32;

/// A secret at one place, as a scan of one blob finds it.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The rule that won.
    pub rule: Arc<Rule>,
    /// Fingerprint of the value, for grouping only.
    pub value_id: Fingerprint,
    /// Whether reports may show it.
    pub shown: bool,
    /// What may be shown of the value.
    pub preview: Preview,
    /// The value, only where the operator asked for it.
    pub value: Option<Secret>,
    /// What was read out of it.
    pub facts: Vec<Fact>,
    /// The place.
    pub occurrence: Occurrence,
    /// Fingerprints of the value under the other keys of the scan; see [`Finding::aliases`].
    pub aliases: Vec<Option<Fingerprint>>,
}

/// Groups hits, whatever their order, into findings sorted by rule and first place, with sorted places. What one place
/// tells of a secret, an identifier beside it for example, holds of the secret: a finding has the facts of all its places,
/// in their order.
pub fn group(mut hits: Vec<Hit>) -> Vec<Finding> {
    hits.sort_by(|a, b| place_of(&a.occurrence).cmp(&place_of(&b.occurrence)));
    let mut by_secret: BTreeMap<(String, Fingerprint), Finding> = BTreeMap::new();
    for hit in hits {
        let key = (hit.rule.id.clone(), hit.value_id);
        let finding = by_secret.entry(key).or_insert_with(|| Finding {
            rule: hit.rule,
            fingerprint: hit.shown.then_some(hit.value_id),
            preview: hit.preview,
            value: hit.value,
            confidence: hit.occurrence.confidence,
            severity: hit.occurrence.severity,
            facts: Vec::new(),
            occurrences: Vec::new(),
            value_id: hit.value_id,
            triage: None,
            aliases: hit.aliases,
        });
        for fact in hit.facts {
            if finding.facts.len() < FACTS && !finding.facts.contains(&fact) {
                finding.facts.push(fact);
            }
        }
        finding.confidence = finding.confidence.max(hit.occurrence.confidence);
        finding.severity = finding.severity.max(hit.occurrence.severity);
        finding.occurrences.push(hit.occurrence);
    }
    let mut findings: Vec<Finding> = by_secret.into_values().collect();
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| finding.rule.id.clone();
        key(a).cmp(&key(b)).then_with(|| place_of(&a.occurrences[0]).cmp(&place_of(&b.occurrences[0])))
    });
    findings
}

fn place_of(occurrence: &Occurrence) -> (usize, &[u8], u64, u64, Option<&str>, Option<&FromHistory>) {
    let origin = &occurrence.origin;
    let span = occurrence.span;
    (origin.target(), origin.path_bytes(), span.start, span.end, origin.commit(), origin.history())
}
