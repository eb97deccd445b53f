//! Overlapping matches: the most specific one is reported.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::check::Judgement;
use crate::check::parts::parts;
use crate::check::token::Fact;
use crate::rule::Rule;
use crate::severity::Confidence;

/// A match that was judged to be a secret, before overlaps are settled.
#[derive(Debug)]
pub struct Judged<'r> {
    /// Its rule.
    pub rule: &'r Rule,
    /// Index of the rule in its set.
    pub index: usize,
    /// Bytes of the secret in the blob's text.
    pub span: Range<usize>,
    /// The judgement.
    pub judgement: Judgement,
}

/// Keeps the best of each group of overlapping matches, in order of their places. The best one, in this order of
/// importance: is not of low confidence; has the more specific rule; was verified offline; is more certain; is longer;
/// begins earlier.
pub fn settle(mut judged: Vec<Judged<'_>>) -> Vec<Judged<'_>> {
    if judged.len() < 2 {
        return judged;
    }
    judged.sort_by_cached_key(|one| {
        let judgement = &one.judgement;
        Reverse((
            judgement.confidence > Confidence::Low,
            one.rule.specificity,
            judgement.verified,
            judgement.points,
            one.span.len(),
            Reverse(one.span.start),
            Reverse(one.index),
        ))
    });
    let mut kept: Vec<Judged<'_>> = Vec::with_capacity(judged.len());
    // Sorted by start, and free of overlaps: a neighbour on either side is all that can overlap.
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    for one in judged {
        let before = taken.range(..one.span.end).next_back();
        if before.is_none_or(|(_, &end)| end <= one.span.start) {
            taken.insert(one.span.start, one.span.end);
            kept.push(one);
        }
    }
    kept.sort_by_key(|one| one.span.start);
    kept
}

/// A finding that became a part of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Index of its rule.
    pub index: usize,
    /// Bytes of the identifier.
    pub span: Range<usize>,
    /// Index of the rule of the finding that took it.
    pub into: usize,
}

/// Adds to each finding the other parts of its credential that stand near it. Findings that are such parts are dropped,
/// and what they told goes to the finding that took them: a key pair is one finding, its secret, and the identity takes
/// the key id. Returns what is left, and what became a part.
pub fn join_parts<'r>(mut settled: Vec<Judged<'r>>, text: &[u8]) -> (Vec<Judged<'r>>, Vec<Joined>) {
    let mut joined: BTreeMap<usize, Joined> = BTreeMap::new();
    for taker in 0..settled.len() {
        let one = &settled[taker];
        if one.judgement.confidence == Confidence::Low || joined.contains_key(&taker) {
            continue;
        }
        for part in parts(one.rule, text, one.span.clone()) {
            let one = &settled[taker];
            let mut facts = vec![part.fact];
            // In order of their places, and free of overlaps.
            let met = settled.partition_point(|other| other.span.end <= part.span.start);
            if let Some(other) = settled.get(met).filter(|other| other.span.start < part.span.end) {
                // What may be a secret is shown to nobody, unless its form says that it is none.
                if !part.formed || other.span != part.span || other.rule.provider.id != one.rule.provider.id {
                    continue;
                }
                facts.extend(other.judgement.facts.iter().cloned());
                joined.insert(met, Joined { index: other.index, span: part.span, into: one.index });
            }
            add_facts(&mut settled[taker].judgement, facts);
        }
    }
    let mut place = 0..;
    settled.retain(|_| place.next().is_some_and(|place| !joined.contains_key(&place)));
    (settled, joined.into_values().collect())
}

/// Adds the facts whose names are not there yet.
fn add_facts(judgement: &mut Judgement, facts: impl IntoIterator<Item = Fact>) {
    for fact in facts {
        if judgement.facts.iter().all(|known| known.name != fact.name) {
            judgement.facts.push(fact);
        }
    }
}
