//! Judges the matches of a text: each by its own rule's checks, then in the light of the others.
//!
//! A generic rule, or one that goes by an issuer's name, knows less than the rule of an issuer that met the same bytes.
//! What the latter knows is held against what the former found.

use std::ops::Range;

use super::engine::Scanner;
use crate::check::{TextFile, excluded, judge, names_a_slot};
use crate::detect::Match;
use crate::finding::merge::Judged;
use crate::rule::{Attested, Rule};
use crate::severity::Confidence;
use crate::slot::may_refer;

/// Whether a match is none by its place, and of a rule that no other match is judged by: it may be left out of what is judged.
/// Its bytes, and some kilobytes around them, decide on that.
pub(super) fn is_dismissed(scanner: &Scanner, text: &[u8], file: &TextFile<'_>, found: &Match) -> bool {
    let rule = &*scanner.engine.rules().get(found.rule).rule;
    let inner = rule.trim.range(&text[found.start..found.end]);
    !is_issued(rule) && excluded(rule, text, found.start + inner.start..found.start + inner.end, file).is_some()
}

/// What became of the matches of a text.
pub(super) struct Judgements<'r> {
    /// Those that are secrets, more or less. They may overlap.
    pub(super) kept: Vec<Judged<'r>>,
    /// Those that passed their own checks and were dropped for what others say: rule, place, and why.
    pub(super) dropped: Vec<(usize, Range<usize>, &'static str)>,
    /// Those that did not pass, in the order of the matches: rule and place.
    pub(super) refused: Vec<(&'r Rule, Range<usize>)>,
}

impl Judgements<'_> {
    /// What stands under the name of a secret in `text` and may refer to where it is.
    pub(super) fn references(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut references: Vec<Range<usize>> = Vec::new();
        for (rule, span) in &self.refused {
            let again = references.last().is_some_and(|last| last.start <= span.start && span.start < last.end);
            if !again && may_refer(text, span) && names_a_slot(rule, text, span.clone()) {
                references.push(span.clone());
            }
        }
        references
    }
}

/// Judges `matches` of `text`, a part of `file`.
pub(super) fn judge_all<'r>(
    scanner: &'r Scanner,
    text: &[u8],
    file: &TextFile<'_>,
    matches: &[Match],
) -> Judgements<'r> {
    let mut kept: Vec<Judged<'r>> = Vec::with_capacity(matches.len());
    let mut refused = Vec::new();
    for found in matches {
        let rule = &*scanner.engine.rules().get(found.rule).rule;
        let inner = rule.trim.range(&text[found.start..found.end]);
        let span = found.start + inner.start..found.start + inner.end;
        if let Ok(judgement) = judge(rule, text, span.clone(), file) {
            kept.push(Judged { rule, index: found.rule, span, judgement });
            continue;
        }
        refused.push((rule, span));
    }
    if kept.iter().all(|one| is_issued(one.rule)) {
        return Judgements { kept, dropped: Vec::new(), refused };
    }
    let others = Others::of(&kept, &refused);
    let mut dropped = Vec::new();
    kept.retain_mut(|one| {
        let why = if others.name_a_whole(one) {
            Some("the name is a part of another issuer's")
        } else if !is_issued(one.rule) && scanner.engine.identifies(&text[one.span.clone()]) {
            Some("it identifies a client, an account or a key of an issuer, and is no secret")
        } else {
            others.doubt(scanner, text, one).filter(|why| !one.judgement.doubt(why))
        };
        dropped.extend(why.map(|why| (one.index, one.span.clone(), why)));
        why.is_none()
    });
    Judgements { kept, dropped, refused }
}

/// Whether an issuer, or at least its credentials' form, stands behind the rule.
fn is_issued(rule: &Rule) -> bool {
    !rule.is_generic() && rule.attested != Attested::Family
}

/// Places of a text that carry something, to be asked which of them meet another place. Windows hold hundreds of
/// thousands of matches where somebody wants them to, so that looking at each from each is out of the question.
struct Places<T> {
    /// In order of their starts.
    places: Vec<(Range<usize>, T)>,
    /// For each place the last end of it and those before it.
    reach: Vec<usize>,
}

impl<T> FromIterator<(Range<usize>, T)> for Places<T> {
    fn from_iter<I: IntoIterator<Item = (Range<usize>, T)>>(places: I) -> Self {
        let mut places: Vec<(Range<usize>, T)> = places.into_iter().collect();
        places.sort_by_key(|(place, _)| (place.start, place.end));
        let reach = places.iter().scan(0, |last, (place, _)| {
            *last = place.end.max(*last);
            Some(*last)
        });
        Self { reach: reach.collect(), places }
    }
}

impl<T> Places<T> {
    /// What the places carry that share a byte with `span`, from behind.
    fn meeting(&self, span: &Range<usize>) -> impl Iterator<Item = &T> {
        let behind = self.places.partition_point(|(place, _)| place.start < span.end);
        let reaching = self.reach[..behind].iter().rev().take_while(move |&&reach| reach > span.start);
        let near = self.places[..behind].iter().rev().zip(reaching);
        near.filter(move |((place, _), _)| place.end > span.start).map(|((_, carried), _)| carried)
    }
}

/// What is known of a text beside a match.
struct Others<'r> {
    /// Values that stand under the name of an issuer whose credentials look otherwise.
    unusual: Places<()>,
    /// What has the form of an issuer's credentials.
    issued: Places<()>,
    /// Of those the ones that the issuer's rule refuses, or doubts.
    refused: Places<&'r Rule>,
    /// Names of issuers, with the end of the value that each made a credential.
    names: Places<(Range<usize>, usize)>,
}

impl<'r> Others<'r> {
    fn of(kept: &[Judged<'r>], refused: &[(&'r Rule, Range<usize>)]) -> Self {
        let low = kept.iter().filter(|one| one.judgement.confidence == Confidence::Low);
        let doubted = low.map(|one| (one.rule, one.span.clone()));
        let spans = |test: fn(&Judged<'_>) -> bool| {
            kept.iter().filter(|one| test(one)).map(|one| (one.span.clone(), ())).collect()
        };
        let named = |one: &Judged<'_>| {
            let name = one.judgement.name.clone()?;
            Some((name.clone(), (name, one.span.end)))
        };
        Self {
            unusual: spans(|one| one.judgement.usual == Some(false)),
            issued: spans(|one| is_issued(one.rule)),
            refused: refused
                .iter()
                .cloned()
                .chain(doubted)
                .filter(|(rule, _)| is_issued(rule))
                .map(|(rule, span)| (span, rule))
                .collect(),
            names: kept.iter().filter_map(named).collect(),
        }
    }

    /// Of names that overlap, the one that begins first or is longer is the whole: `cloud_convert`, not `convert_api`.
    fn name_a_whole(&self, one: &Judged<'_>) -> bool {
        one.judgement.name.as_ref().is_some_and(|name| {
            self.names.meeting(name).any(|(other, value_end)| {
                let whole = other.start < name.start || other.start == name.start && other.end > name.end;
                *value_end == one.span.end && whole
            })
        })
    }

    /// Why less is to be made of `one`, if anything speaks against it.
    fn doubt(&self, scanner: &Scanner, text: &[u8], one: &Judged<'_>) -> Option<&'static str> {
        if is_issued(one.rule) || one.judgement.usual == Some(true) {
            return None;
        }
        let generic = one.rule.is_generic();
        let refuses = |rule: &&Rule| rule.provider == one.rule.provider || generic && rule.prefix.len() >= 3;
        if generic && self.unusual.meeting(&one.span).next().is_some() {
            Some("the issuer named before it makes its credentials in another form")
        } else if self.refused.meeting(&one.span).any(refuses) {
            Some("it has the form of an issuer's credential, and that issuer's rule refuses it")
        } else if self.issued.meeting(&one.span).next().is_none()
            && scanner.engine.begins_like_issued(&text[one.span.clone()])
        {
            Some("it begins like a credential of a known issuer and is none")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_meet_are_those_that_share_a_byte() {
        let all = [0..4, 2..9, 3..3, 5..6, 6..20, 9..12, 30..31];
        let places: Places<usize> = all.iter().cloned().zip(0..).collect();
        for start in 0..34 {
            for end in start + 1..34 {
                let mut met: Vec<usize> = places.meeting(&(start..end)).copied().collect();
                met.sort_unstable();
                let shares = |place: &Range<usize>| place.start < end && start < place.end;
                let expected: Vec<usize> = (0..all.len()).filter(|&at| shares(&all[at])).collect();
                assert_eq!(met, expected, "{start}..{end}");
            }
        }
    }
}
