//! Overlapping matches: the most specific one is reported.

use std::cmp::Reverse;
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
    let mut taken: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
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
    let mut taken: Vec<(Range<usize>, usize)> = Vec::new();
    for (taker, one) in settled.iter_mut().enumerate() {
        if one.judgement.confidence > Confidence::Low {
            for part in parts(one.rule, text, one.span.clone()) {
                add_facts(&mut one.judgement, [part.fact]);
                taken.push((part.span, taker));
            }
        }
    }
    let mut joined: Vec<Joined> = Vec::new();
    for (span, taker) in taken {
        let (into, issuer) = (settled[taker].index, &settled[taker].rule.provider.id);
        if let Some(part) = settled.iter().find(|one| one.span == span && one.rule.provider.id == *issuer) {
            joined.push(Joined { index: part.index, span, into });
            let facts = part.judgement.facts.clone();
            add_facts(&mut settled[taker].judgement, facts);
        }
    }
    settled.retain(|one| !joined.iter().any(|part| part.index == one.index && part.span == one.span));
    (settled, joined)
}

/// Adds the facts whose names are not there yet.
fn add_facts(judgement: &mut Judgement, facts: impl IntoIterator<Item = Fact>) {
    for fact in facts {
        if judgement.facts.iter().all(|known| known.name != fact.name) {
            judgement.facts.push(fact);
        }
    }
}
