//! The matching engine: every match of every rule in a text, by way of the lanes.
//!
//! What a match is, is defined in `docs/rule-format.md`, not by this code: a naive twin in the test suite tries every
//! rule at every offset, and the two are held equal. The engine only decides where *not* to look.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex_automata::hybrid::dfa::Cache;

use super::automata::{Automata, CompileError, ContextGroup, RuleCache, compiles};
use super::prefilter::{Candidate, Prefilter};
use super::shapes::ShapeTable;
use crate::rule::lane::{HEAD, LANE_LITERALS, Lane, MAX_CONTEXT, is_token_byte};
use crate::rule::{Boundary, LoadedRule, RuleSet};

/// A match: a rule and the bytes of its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// Offset of the value's first byte.
    pub start: usize,
    /// Offset behind its last byte.
    pub end: usize,
    /// Index of the rule in its [`RuleSet`].
    pub rule: usize,
}

/// The engine for one rule set. Immutable; workers bring their own [`Scratch`].
pub struct Engine {
    rules: RuleSet,
    automata: Vec<Automata>,
    prefixes: PrefixTable,
    keyword_rules: Vec<usize>,
    /// Made when the first candidate of the keyword lane is met.
    keywords: OnceLock<Keywords>,
    /// For each lane literal: contexts that hold it, by how far behind their start.
    contexts: Vec<Vec<Contexts>>,
    context_rules: Vec<usize>,
    /// What the values behind those contexts look like. Made when the first of their literals is met.
    context_shapes: OnceLock<ShapeTable>,
    /// For each lane literal: rules whose value holds it, and how far behind its start.
    values: Vec<Vec<(usize, usize)>>,
}

/// Contexts that hold a literal at the same place.
struct Contexts {
    /// Bytes between their start and the literal.
    offset: usize,
    group: ContextGroup,
    /// The rules they belong to, in the order of the group's patterns.
    rules: Vec<usize>,
    /// Number of the group's cache.
    cache: usize,
}

/// Working memory of one worker.
pub struct Scratch {
    prefilter: Prefilter,
    caches: Vec<RuleCache>,
    /// Boxed: they are taken out for each search, and are large.
    contexts: Vec<Option<Box<Cache>>>,
    keywords: KeywordWindow,
    /// Bytes that automata have stepped over in this text.
    steps: u64,
}

/// How a search of one text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All of it was searched.
    Whole,
    /// The budget of steps was used up; what lies behind `at` was not searched.
    OverBudget {
        /// Offset at which the search stopped.
        at: usize,
    },
}

/// Steps of the rules' automata that a text of `length` bytes may take. Ordinary text takes well under one a byte; the
/// bound is for texts that are made to be slow.
pub fn step_budget(length: usize) -> u64 {
    16 * 1024 * 1024 + 64 * length as u64
}

impl Engine {
    /// Prepares the lanes. Compiles no rule yet.
    pub fn new(rules: RuleSet) -> Self {
        let mut prefixes = Vec::new();
        let mut keyword_rules = Vec::new();
        let mut context_rules = Vec::new();
        let mut contexts = vec![BTreeMap::<usize, Vec<usize>>::new(); LANE_LITERALS.len()];
        let mut values = vec![Vec::new(); LANE_LITERALS.len()];
        for (index, loaded) in rules.iter().enumerate() {
            match &loaded.lane {
                Lane::Prefix(list) => prefixes.extend(list.iter().map(|&prefix| (prefix, index))),
                Lane::Keyword => keyword_rules.push(index),
                Lane::Context(list) => {
                    context_rules.push(index);
                    for &(literal, offset) in list {
                        contexts[literal].entry(offset).or_default().push(index);
                    }
                }
                Lane::Value(list) => list.iter().for_each(|&(literal, offset)| values[literal].push((index, offset))),
            }
        }
        let mut groups = 0..;
        let mut group = |(offset, members): (usize, Vec<usize>)| {
            let patterns = members.iter().filter_map(|&index| rules.get(index).rule.context.clone()).collect();
            let cache = groups.next().expect("there is always one more number");
            Contexts { offset, group: ContextGroup::new(patterns), rules: members, cache }
        };
        let contexts: Vec<Vec<Contexts>> =
            contexts.into_iter().map(|by_offset| by_offset.into_iter().map(&mut group).collect()).collect();
        Self {
            context_rules,
            context_shapes: OnceLock::new(),
            automata: (0..rules.len()).map(|_| Automata::new()).collect(),
            prefixes: PrefixTable::new(prefixes),
            keyword_rules,
            keywords: OnceLock::new(),
            contexts,
            values,
            rules,
        }
    }

    /// Compiles every rule, for the error of the first that cannot be.
    pub fn compile_all(&self) -> Result<(), CompileError> {
        use rayon::prelude::*;
        let rules: Vec<&LoadedRule> = self.rules.iter().collect();
        rules.par_iter().map(|loaded| compiles(loaded)).collect()
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Working memory for one worker.
    pub fn scratch(&self) -> Scratch {
        Scratch {
            prefilter: Prefilter::default(),
            caches: (0..self.rules.len()).map(|_| RuleCache::default()).collect(),
            contexts: self.contexts.iter().flatten().map(|_| None).collect(),
            keywords: KeywordWindow::new(self.rules.len()),
            steps: 0,
        }
    }

    /// All matches that begin in `owned`, sorted by start, end and rule, without doubles.
    pub fn find(&self, scratch: &mut Scratch, text: &[u8], owned: Range<usize>, out: &mut Vec<Match>) -> Ended {
        out.clear();
        scratch.steps = 0;
        scratch.keywords.reset();
        // A context may begin before what is owned; the head of a value may reach behind it.
        let first = owned.start.saturating_sub(MAX_CONTEXT);
        let last = text.len().min(owned.end + HEAD);
        let budget = step_budget(text.len());
        let mut over = None;
        let mut prefilter = std::mem::take(&mut scratch.prefilter);
        let seen = &text[..last];
        prefilter.scan(&seen[first..], |candidate| {
            if over.is_some() {
                return;
            }
            if scratch.steps > budget {
                over = Some(first + candidate_offset(candidate));
                return;
            }
            let mut search = Search { engine: self, scratch, text, owned: &owned, out };
            match candidate {
                Candidate::Run { at, digit } => search.run(first + at, digit),
                Candidate::Literal { at, literal } => search.literal(first + at, literal),
            }
        });
        scratch.prefilter = prefilter;
        out.sort_unstable();
        out.dedup();
        over.map_or(Ended::Whole, |at| Ended::OverBudget { at })
    }
}

fn candidate_offset(candidate: Candidate) -> usize {
    match candidate {
        Candidate::Run { at, .. } | Candidate::Literal { at, .. } => at,
    }
}

struct Search<'s, 'e> {
    engine: &'e Engine,
    scratch: &'s mut Scratch,
    text: &'s [u8],
    owned: &'s Range<usize>,
    out: &'s mut Vec<Match>,
}

impl Search<'_, '_> {
    fn run(&mut self, at: usize, digit: bool) {
        if !self.owned.contains(&at) {
            return;
        }
        let engine = self.engine;
        for &rule in engine.prefixes.rules_at(self.text, at) {
            self.attempt(rule, at, true);
        }
        if !digit {
            return;
        }
        if engine.keyword_rules.is_empty() {
            return;
        }
        let keywords = engine.keywords.get_or_init(|| Keywords::new(&engine.rules, &engine.keyword_rules));
        // Without a byte before the value there is no context.
        let Some(before) = at.checked_sub(1) else { return };
        let shapes = keywords.shapes.of(&self.text[before..]);
        if shapes == 0 {
            return;
        }
        let mut window = std::mem::take(&mut self.scratch.keywords);
        window.rules_before(keywords, self.text, at, |rule| {
            if keywords.shapes.has(shapes, rule) {
                self.attempt(rule, at, true);
            }
        });
        self.scratch.keywords = window;
    }

    fn literal(&mut self, at: usize, literal: usize) {
        let engine = self.engine;
        for &(rule, offset) in &engine.values[literal] {
            if let Some(start) = at.checked_sub(offset) {
                self.attempt(rule, start, true);
            }
        }
        if engine.contexts[literal].is_empty() {
            return;
        }
        let shape_table =
            engine.context_shapes.get_or_init(|| ShapeTable::of_values(&engine.rules, &engine.context_rules));
        for Contexts { offset, group, rules, cache } in &engine.contexts[literal] {
            let Some(start) = at.checked_sub(*offset) else { continue };
            let span = start..self.text.len().min(start + MAX_CONTEXT);
            let mut states = self.scratch.contexts[*cache].take();
            let mut steps = 0;
            group.ends(&mut states, self.text, span, &mut steps, |end, patterns| {
                // Contexts end at many places, several at each; nearly all have no value behind them.
                let shapes = shape_table.of(&self.text[end..]);
                if shapes != 0 {
                    for rule in patterns.map(|pattern| rules[pattern]) {
                        if shape_table.has(shapes, rule) {
                            self.attempt(rule, end, false);
                        }
                    }
                }
            });
            self.scratch.contexts[*cache] = states;
            self.scratch.steps += steps;
        }
    }

    /// Tries `rule` at `at`: the cheapest tests first.
    fn attempt(&mut self, rule: usize, at: usize, context: bool) {
        if !self.owned.contains(&at) {
            return;
        }
        let loaded = self.engine.rules.get(rule);
        if !left_is_free(self.text, at, loaded.rule.left) {
            return;
        }
        let automata = &self.engine.automata[rule];
        let cache = &mut self.scratch.caches[rule];
        let steps = &mut self.scratch.steps;
        if context && !automata.context_ends(loaded, cache, self.text, at, steps) {
            return;
        }
        let Some(end) = automata.value_end(loaded, cache, self.text, at, steps) else { return };
        if loaded.rule.digit && !head_has_digit(&self.text[at..end]) {
            return;
        }
        self.out.push(Match { start: at, end, rule });
    }
}

/// Whether a value may begin at `at`: the byte before is outside `boundary`, or ends an escape sequence.
pub(crate) fn left_is_free(text: &[u8], at: usize, boundary: Boundary) -> bool {
    let before = &text[..at];
    let Some(&last) = before.last() else { return true };
    if !boundary.forbids_left(last) {
        return true;
    }
    let hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    matches!(before, [.., b'\\', b'n' | b'r' | b't'])
        || matches!(before, [.., b'%', a, b] if hex(&[*a, *b]))
        || matches!(before, [.., b'\\', b'x', a, b] if hex(&[*a, *b]))
        || matches!(before, [.., b'\\', b'u', a, b, c, d] if hex(&[*a, *b, *c, *d]))
}

fn head_has_digit(value: &[u8]) -> bool {
    value.iter().take(HEAD).take_while(|&&byte| is_token_byte(byte)).any(u8::is_ascii_digit)
}

/// Three-byte beginnings of values and the rules they belong to.
struct PrefixTable {
    /// One bit for each hash of a beginning: 8 KiB that answer nearly every probe.
    bits: Box<[u64; 1024]>,
    /// Beginnings, read as little-endian numbers, in rising order.
    keys: Vec<(u32, Range<usize>)>,
    rules: Vec<usize>,
}

impl PrefixTable {
    fn new(entries: Vec<([u8; 3], usize)>) -> Self {
        let mut entries: Vec<(u32, usize)> =
            entries.into_iter().map(|([a, b, c], rule)| (u32::from_le_bytes([a, b, c, 0]), rule)).collect();
        entries.sort_unstable();
        entries.dedup();
        let mut table = Self { bits: Box::new([0; 1024]), keys: Vec::new(), rules: Vec::new() };
        for (prefix, rule) in entries {
            let hash = Self::hash(prefix);
            table.bits[hash >> 6] |= 1 << (hash & 63);
            let at = table.rules.len();
            table.rules.push(rule);
            match table.keys.last_mut() {
                Some((last, range)) if *last == prefix => range.end = at + 1,
                _ => table.keys.push((prefix, at..at + 1)),
            }
        }
        table
    }

    /// Sixteen bits by multiplication with the golden ratio.
    fn hash(prefix: u32) -> usize {
        (prefix.wrapping_mul(0x9e37_79b1) >> 16) as usize
    }

    #[inline]
    fn rules_at(&self, text: &[u8], at: usize) -> &[usize] {
        // Read as one number: put together from three bytes it would go by way of memory. A fourth byte is always
        // there, as values of the lane are longer.
        let Some(&head) = text[at..].first_chunk::<4>() else { return &[] };
        let prefix = u32::from_le_bytes(head) & 0x00ff_ffff;
        let hash = Self::hash(prefix);
        if self.bits[hash >> 6] & 1 << (hash & 63) == 0 {
            return &[];
        }
        match self.keys.binary_search_by_key(&prefix, |(key, _)| *key) {
            Ok(found) => &self.rules[self.keys[found].1.clone()],
            Err(_) => &[],
        }
    }
}

/// The keywords of the keyword lane.
struct Keywords {
    automaton: AhoCorasick,
    /// For each keyword the rules that ask for it.
    rules: Vec<Vec<usize>>,
    /// What the values of the lane look like, with the byte before them.
    shapes: ShapeTable,
    longest: usize,
    /// Longest context of a rule of the lane.
    reach: usize,
}

impl Keywords {
    fn new(rules: &RuleSet, members: &[usize]) -> Self {
        let mut by_word: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &index in members {
            let rule = &rules.get(index).rule;
            rule.keywords.iter().for_each(|word| by_word.entry(word).or_default().push(index));
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(by_word.keys())
            .expect("keywords are short and few enough for an automaton");
        let reach = members.iter().map(|&index| rules.get(index).context_max).max().unwrap_or(0);
        let longest = by_word.keys().map(|word| word.len()).max().unwrap_or(0);
        let shapes = ShapeTable::with_byte_before(rules, members);
        Self { automaton, shapes, rules: by_word.into_values().collect(), longest, reach }
    }
}

/// Keywords seen lately. Each byte of a text is searched for keywords at most once, and only if it lies in reach of a
/// candidate.
#[derive(Default)]
struct KeywordWindow {
    /// Start of each hit and the keyword, in order of their ends.
    hits: VecDeque<(usize, usize)>,
    searched: usize,
    /// For each rule the place at which it was last tried.
    tried: Vec<usize>,
}

impl KeywordWindow {
    fn new(rules: usize) -> Self {
        Self { hits: VecDeque::new(), searched: 0, tried: vec![usize::MAX; rules] }
    }

    fn reset(&mut self) {
        self.hits.clear();
        self.searched = 0;
        self.tried.fill(usize::MAX);
    }

    fn rules_before(&mut self, keywords: &Keywords, text: &[u8], at: usize, mut found: impl FnMut(usize)) {
        let reach = at.saturating_sub(keywords.reach);
        while self.hits.front().is_some_and(|&(start, _)| start < reach) {
            self.hits.pop_front();
        }
        // Begin early enough for a keyword that reaches over the part that was searched before.
        let from = reach.max(self.searched.saturating_sub(keywords.longest - 1));
        for hit in keywords.automaton.find_overlapping_iter(&text[from..at]) {
            if from + hit.end() > self.searched {
                self.hits.push_back((from + hit.start(), hit.pattern().as_usize()));
            }
        }
        self.searched = at;
        for &(start, keyword) in &self.hits {
            if start < reach {
                continue;
            }
            for &rule in &keywords.rules[keyword] {
                if self.tried[rule] != at {
                    self.tried[rule] = at;
                    found(rule);
                }
            }
        }
    }
}
