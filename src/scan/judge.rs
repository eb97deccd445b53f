//! Judges the matches of a text: each by its own rule's checks, then in the light of the others.
//!
//! A generic rule, or one that goes by an issuer's name, knows less than the rule of an issuer that met the same bytes.
//! What the latter knows is held against what the former found.

use std::ops::Range;

use super::engine::Scanner;
use crate::check::judge;
use crate::detect::Match;
use crate::finding::merge::Judged;
use crate::rule::{Attested, Rule};
use crate::severity::Confidence;

/// What became of the matches of a text.
pub(super) struct Judgements<'r> {
    /// Those that are secrets, more or less. They may overlap.
    pub(super) kept: Vec<Judged<'r>>,
    /// Those that passed their own checks and were dropped for what others say: rule, place, and why.
    pub(super) dropped: Vec<(usize, Range<usize>, &'static str)>,
}

/// Judges `matches` of `text`, a part of the file at `path`.
pub(super) fn judge_all<'r>(scanner: &'r Scanner, text: &[u8], path: &[u8], matches: &[Match]) -> Judgements<'r> {
    let mut kept: Vec<Judged<'r>> = Vec::with_capacity(matches.len());
    let mut refused = Vec::new();
    for found in matches {
        let rule = &*scanner.engine.rules().get(found.rule).rule;
        let inner = rule.trim.range(&text[found.start..found.end]);
        let span = found.start + inner.start..found.start + inner.end;
        match judge(rule, text, span.clone(), path) {
            Ok(judgement) => kept.push(Judged { rule, index: found.rule, span, judgement }),
            Err(_) => refused.push((rule, span)),
        }
    }
    if kept.iter().all(|one| is_issued(one.rule)) {
        return Judgements { kept, dropped: Vec::new() };
    }
    let others = Others::of(&kept, refused);
    let mut dropped = Vec::new();
    kept.retain_mut(|one| {
        let why = if others.name_a_whole(one) {
            Some("the name is a part of another issuer's")
        } else {
            others.doubt(scanner, text, one).filter(|why| !one.judgement.doubt(why))
        };
        dropped.extend(why.map(|why| (one.index, one.span.clone(), why)));
        why.is_none()
    });
    Judgements { kept, dropped }
}

/// Whether an issuer, or at least its credentials' form, stands behind the rule.
fn is_issued(rule: &Rule) -> bool {
    !rule.is_generic() && rule.attested != Attested::Family
}

fn meet(one: &Range<usize>, other: &Range<usize>) -> bool {
    other.start < one.end && one.start < other.end
}

/// What is known of a text beside a match.
struct Others<'r> {
    /// Places of values that stand under the name of an issuer whose credentials look otherwise.
    unusual: Vec<Range<usize>>,
    /// Places that have the form of an issuer's credentials.
    issued: Vec<Range<usize>>,
    /// Of those the ones that the issuer's rule refuses, or doubts.
    refused: Vec<(&'r Rule, Range<usize>)>,
    /// Names of issuers and the values that they made credentials.
    names: Vec<(Range<usize>, Range<usize>)>,
}

impl<'r> Others<'r> {
    fn of(kept: &[Judged<'r>], mut refused: Vec<(&'r Rule, Range<usize>)>) -> Self {
        let spans =
            |test: &dyn Fn(&&Judged<'r>) -> bool| kept.iter().filter(test).map(|one| one.span.clone()).collect();
        let low = kept.iter().filter(|one| one.judgement.confidence == Confidence::Low);
        refused.extend(low.map(|one| (one.rule, one.span.clone())));
        refused.retain(|(rule, _)| is_issued(rule));
        Self {
            unusual: spans(&|one| one.judgement.usual == Some(false)),
            issued: spans(&|one| is_issued(one.rule)),
            refused,
            names: kept.iter().filter_map(|one| Some((one.judgement.name.clone()?, one.span.clone()))).collect(),
        }
    }

    /// Of names that overlap, the one that begins first or is longer is the whole: `cloud_convert`, not `convert_api`.
    fn name_a_whole(&self, one: &Judged<'_>) -> bool {
        one.judgement.name.as_ref().is_some_and(|name| {
            let whole = |other: &Range<usize>| {
                meet(other, name) && (other.start < name.start || other.start == name.start && other.end > name.end)
            };
            self.names.iter().any(|(other, value)| value.end == one.span.end && whole(other))
        })
    }

    /// Why less is to be made of `one`, if anything speaks against it.
    fn doubt(&self, scanner: &Scanner, text: &[u8], one: &Judged<'_>) -> Option<&'static str> {
        if is_issued(one.rule) || one.judgement.usual == Some(true) {
            return None;
        }
        let generic = one.rule.is_generic();
        let refused = |(rule, span): &(&Rule, Range<usize>)| {
            meet(span, &one.span) && (rule.provider == one.rule.provider || generic && rule.prefix.len() >= 3)
        };
        if generic && self.unusual.iter().any(|span| meet(span, &one.span)) {
            Some("the issuer named before it makes its credentials in another form")
        } else if self.refused.iter().any(refused) {
            Some("it has the form of an issuer's credential, and that issuer's rule refuses it")
        } else if !self.issued.iter().any(|span| meet(span, &one.span))
            && scanner.engine.begins_like_issued(&text[one.span.clone()])
        {
            Some("it begins like a credential of a known issuer and is none")
        } else {
            None
        }
    }
}
