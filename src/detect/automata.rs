//! The automata of the rules: lazy DFAs, compiled when a rule is first needed, run step by step so that their work can
//! be counted.
//!
//! All searches are anchored and see the text around their span, as look-around needs. Lazy DFAs never give up here:
//! their caches are cleared when full, and no byte makes them quit, since Unicode word boundaries are off.

use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, NFA};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

use crate::rule::{Boundary, LoadedRule, Rule};

/// Bytes that the states of one rule's lazy DFA may take on one worker. Hundreds of rules have one each; when it is
/// full it is cleared, and built anew as needed.
const RULE_CACHE: usize = 256 << 10;

/// The same for the contexts of one lane literal, which are run far more often and are few.
const GROUP_CACHE: usize = 2 << 20;

/// Bytes that the compiled form of one expression may take.
const NFA_LIMIT: usize = 4 << 20;

/// Why a rule's expression cannot be compiled.
#[derive(Debug, thiserror::Error)]
#[error("rule `{rule}`: its regular expression cannot be compiled: {message}")]
pub struct CompileError {
    rule: String,
    message: String,
}

fn nfa(patterns: &[String], reverse: bool) -> Result<NFA, String> {
    let captures = if reverse { thompson::WhichCaptures::None } else { thompson::WhichCaptures::All };
    thompson::Compiler::new()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .configure(
            thompson::Config::new()
                .utf8(false)
                .reverse(reverse)
                .which_captures(captures)
                .nfa_size_limit(Some(NFA_LIMIT)),
        )
        .build_many(patterns)
        .map_err(|error| error.to_string())
}

fn lazy_dfa(nfa: NFA, kind: MatchKind, cache: usize) -> Result<DFA, String> {
    DFA::builder()
        .configure(
            DFA::config()
                .match_kind(kind)
                .cache_capacity(cache)
                .skip_cache_capacity_check(true)
                .starts_for_each_pattern(false),
        )
        .build_from_nfa(nfa)
        .map_err(|error| error.to_string())
}

/// `(value)after` of one rule: finds the end of the one match that begins at a place.
pub(super) struct ValueMatcher {
    dfa: DFA,
    /// What ends a match.
    tail: Tail,
    /// Finds where the value ends and what follows begins; runs on matches only, and only where the tail leaves doubt.
    captures: PikeVM,
}

/// What follows the value in a match.
#[derive(Clone, Copy, PartialEq)]
enum Tail {
    /// Nothing.
    Empty,
    /// One byte of a boundary class, or the end of the text.
    Byte,
    /// The same, or a full stop before it.
    ByteOrStop,
    /// An expression.
    Expression,
}

impl ValueMatcher {
    fn new(rule: &Rule) -> Result<Self, String> {
        let after = rule.after.as_deref().unwrap_or_else(|| rule.right.right_pattern());
        let nfa = nfa(&[format!("({})(?:{after})", rule.value)], false)?;
        let captures = PikeVM::new_from_nfa(nfa.clone()).map_err(|error| error.to_string())?;
        let tail = match (after, &rule.after) {
            ("", _) => Tail::Empty,
            (_, None) if rule.right.right_reach() == 1 => Tail::Byte,
            (_, None) if rule.right == Boundary::Path => Tail::ByteOrStop,
            (_, _) => Tail::Expression,
        };
        Ok(Self { dfa: lazy_dfa(nfa, MatchKind::LeftmostFirst, RULE_CACHE)?, tail, captures })
    }

    /// The end of the value that begins at `span.start`, looking no further than `span.end`.
    fn end(&self, cache: &mut Cache, text: &[u8], span: Range<usize>, steps: &mut u64) -> Option<usize> {
        let end = forward(&self.dfa, cache, text, span.clone(), steps)?;
        match self.tail {
            Tail::Empty => return Some(end),
            // At the end of the text the last byte may be the value's or the tail's.
            Tail::Byte if end < text.len() => return Some(end - 1),
            // A full stop may be the value's or the tail's.
            Tail::ByteOrStop if end < text.len() && text[span.start..end - 1].last() != Some(&b'.') => {
                return Some(end - 1);
            }
            Tail::Byte | Tail::ByteOrStop | Tail::Expression => {}
        }
        *steps += (end - span.start) as u64;
        let mut slots = [None; 4];
        let input = Input::new(text).range(span.start..span.end).anchored(Anchored::Yes);
        // The whole span again, not up to `end`: the two engines agree only on the same question.
        self.captures.search_slots(&mut self.captures.create_cache(), &input, &mut slots)?;
        slots[3].map(regex_automata::util::primitives::NonMaxUsize::get)
    }
}

/// The compiled form of one rule, made at first use and shared by all workers.
pub(super) struct Automata {
    value: OnceLock<ValueMatcher>,
    context: OnceLock<DFA>,
}

/// What one worker needs to run one rule's automata.
#[derive(Default)]
pub(super) struct RuleCache {
    value: Option<Cache>,
    context: Option<Cache>,
}

impl Automata {
    pub(super) fn new() -> Self {
        Self { value: OnceLock::new(), context: OnceLock::new() }
    }

    fn value(&self, rule: &Rule) -> &ValueMatcher {
        self.value.get_or_init(|| ValueMatcher::new(rule).expect("the engine was built from rules that compile"))
    }

    fn context(&self, pattern: &str) -> &DFA {
        self.context.get_or_init(|| context_dfa(pattern).expect("the engine was built from rules that compile"))
    }

    /// The end of the rule's value at `at`, if it matches there and is no longer than the rule allows.
    pub(super) fn value_end(
        &self,
        loaded: &LoadedRule,
        cache: &mut RuleCache,
        text: &[u8],
        at: usize,
        steps: &mut u64,
    ) -> Option<usize> {
        let rule = &*loaded.rule;
        let matcher = self.value(rule);
        let cache = cache.value.get_or_insert_with(|| matcher.dfa.create_cache());
        let end = text.len().min(at + rule.max_len + loaded.after_max);
        matcher.end(cache, text, at..end, steps).filter(|&end| end - at <= rule.max_len)
    }

    /// Whether the rule's context ends right before `at`.
    pub(super) fn context_ends(
        &self,
        loaded: &LoadedRule,
        cache: &mut RuleCache,
        text: &[u8],
        at: usize,
        steps: &mut u64,
    ) -> bool {
        let Some(pattern) = &loaded.rule.context else { return true };
        let dfa = self.context(pattern);
        let cache = cache.context.get_or_insert_with(|| dfa.create_cache());
        backward(dfa, cache, text, at.saturating_sub(loaded.context_max)..at, steps)
    }
}

fn context_dfa(pattern: &str) -> Result<DFA, String> {
    lazy_dfa(nfa(&[pattern.to_owned()], true)?, MatchKind::All, RULE_CACHE)
}

/// Compiles both expressions of a rule, for the error alone. The built-in rules are compiled by the test suite, those
/// of operators when they are loaded.
pub fn compiles(loaded: &LoadedRule) -> Result<(), CompileError> {
    let rule = &loaded.rule;
    let error = |message| CompileError { rule: rule.id.clone(), message };
    ValueMatcher::new(rule).map_err(error)?;
    rule.context.as_deref().map_or(Ok(()), |pattern| context_dfa(pattern).map(drop)).map_err(error)
}

/// The contexts that begin with one lane literal, run forward from it: finds every place where one of them ends.
pub(super) struct ContextGroup {
    dfa: OnceLock<DFA>,
    patterns: Vec<String>,
}

impl ContextGroup {
    pub(super) fn new(patterns: Vec<String>) -> Self {
        Self { dfa: OnceLock::new(), patterns }
    }

    /// Calls `found(end, patterns)` for every place where contexts of the group end that begin where `span` does.
    pub(super) fn ends(
        &self,
        cache: &mut Option<Box<Cache>>,
        text: &[u8],
        span: Range<usize>,
        steps: &mut u64,
        mut found: impl FnMut(usize, &mut dyn Iterator<Item = usize>),
    ) {
        let dfa = self.dfa.get_or_init(|| {
            nfa(&self.patterns, false)
                .and_then(|nfa| lazy_dfa(nfa, MatchKind::All, GROUP_CACHE))
                .expect("each of the contexts compiles on its own, and they are few")
        });
        let cache = &mut **cache.get_or_insert_with(|| Box::new(dfa.create_cache()));
        let input = Input::new(text).range(span.clone()).anchored(Anchored::Yes);
        let mut state = dfa.start_state_forward(cache, &input).expect("no start state quits");
        for at in span.start..=span.end {
            // The byte behind the span, or the end of the text, decides on a match that ends with the span.
            state = match text.get(at) {
                Some(&byte) => dfa.next_state(cache, state, byte),
                None => dfa.next_eoi_state(cache, state),
            }
            .expect("the cache may be cleared as often as it takes");
            *steps += 1;
            if state.is_match() {
                let patterns = 0..dfa.match_len(cache, state);
                found(at, &mut patterns.map(|index| dfa.match_pattern(cache, state, index).as_usize()));
            } else if state.is_dead() {
                return;
            }
        }
    }
}

/// The end of the leftmost-first match that begins at the start of `span`.
fn forward(dfa: &DFA, cache: &mut Cache, text: &[u8], span: Range<usize>, steps: &mut u64) -> Option<usize> {
    let input = Input::new(text).range(span.clone()).anchored(Anchored::Yes);
    let mut state = dfa.start_state_forward(cache, &input).expect("no start state quits");
    let mut last = None;
    let mut at = span.start;
    loop {
        // Matches are reported one byte late, so the byte behind the span is looked at too.
        state = match text.get(at) {
            Some(&byte) => dfa.next_state(cache, state, byte),
            None => dfa.next_eoi_state(cache, state),
        }
        .expect("the cache may be cleared as often as it takes");
        if state.is_tagged() {
            if state.is_match() {
                last = Some(at);
            } else if state.is_dead() {
                break;
            }
        }
        if at == span.end {
            break;
        }
        at += 1;
    }
    *steps += (at - span.start) as u64 + 1;
    last
}

/// Whether a match of the reversed automaton that ends with `span` begins somewhere in it.
fn backward(dfa: &DFA, cache: &mut Cache, text: &[u8], span: Range<usize>, steps: &mut u64) -> bool {
    let input = Input::new(text).range(span.clone()).anchored(Anchored::Yes);
    let mut state = dfa.start_state_reverse(cache, &input).expect("no start state quits");
    let mut at = span.end;
    let found = loop {
        state = match at.checked_sub(1) {
            Some(before) => dfa.next_state(cache, state, text[before]),
            None => dfa.next_eoi_state(cache, state),
        }
        .expect("the cache may be cleared as often as it takes");
        if state.is_match() {
            break true;
        }
        if state.is_dead() || at == span.start {
            break false;
        }
        at -= 1;
    };
    *steps += (span.end - at) as u64 + 1;
    found
}
