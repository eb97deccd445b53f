//! The matching engine: every match of every rule in a text, by way of the lanes.
//!
//! What a match is, is defined in `docs/rule-format.md`, not by this code: a naive twin in the test suite tries every
//! rule at every offset, and the two are held equal. The engine only decides where *not* to look.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::hybrid::dfa::Cache;

use super::automata::{Automata, CompileError, RuleCache, compiles};
use super::contexts::{Contexts, Ending, Endings};
use super::keywords::{KeywordWindow, Keywords, Places};
use super::prefilter::{Candidate, Prefilter};
use super::shapes::ShapeTable;
use super::tail::value_places;
use crate::rule::assign::{ABOVE, BELOW, NEAR, near_reaches};
use crate::rule::lane::{HEAD, LANE_LITERALS, Lane, MAX_CONTEXT, RUN, is_token_byte};
use crate::rule::shape::Shape;
use crate::rule::{Boundary, Form, LoadedRule, RuleSet};

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
    /// For each rule the first one with the same value and what follows it, whose automaton serves both.
    values_of: Vec<usize>,
    prefixes: PrefixTable,
    keyword_rules: Vec<usize>,
    /// Made when the first candidate of the keyword lane is met.
    keywords: OnceLock<Keywords<1>>,
    near_rules: Vec<usize>,
    /// The same for the near keyword lane.
    near: OnceLock<Keywords<3>>,
    /// The beginnings of issuers' values that are long enough to tell them, sorted. Made at first need.
    heads: OnceLock<Vec<String>>,
    /// The forms of identifiers that go with secrets and are told by their form alone. Made at first need.
    identifiers: OnceLock<Vec<Form>>,
    /// For each lane literal: contexts that hold it, by how far behind their start.
    contexts: Vec<Vec<Contexts>>,
    context_rules: Vec<usize>,
    /// What the values behind those contexts look like. Made when the first of their literals is met.
    context_shapes: OnceLock<ShapeTable<1>>,
    /// For each lane literal: rules whose value holds it, and how far behind its start.
    values: Vec<Vec<(usize, usize)>>,
}

/// Working memory of one worker.
pub struct Scratch {
    /// Boxed, and away during a search: it is large.
    prefilter: Option<Box<Prefilter>>,
    caches: Vec<RuleCache>,
    /// Boxed: they are taken out for each search, and are large.
    contexts: Vec<Option<Box<Cache>>>,
    keywords: KeywordWindow,
    near: KeywordWindow,
    /// The rules of a group whose contexts end at one place.
    ending: Endings,
    /// Bytes that automata have stepped over in this text.
    steps: u64,
    /// Where rules were tried that looked further than [`AHEAD`], and where they stopped at the latest.
    far: Vec<Range<usize>>,
}

/// Bytes before a match that decide whether it is one: its context, and what stands before that.
pub const BEHIND: usize = MAX_CONTEXT + 16;

/// Bytes from the beginning of a match on that decide whether it is one, but for what [`Scratch::far`] tells of.
pub const AHEAD: usize = 256;

impl Scratch {
    /// Where matches of the text that was searched last begin, or might, that hang on more than [`AHEAD`] bytes, and how far
    /// the bytes reach that decide on them. In no order.
    pub fn far(&self) -> &[Range<usize>] {
        &self.far
    }
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
        let mut near_rules = Vec::new();
        let mut context_rules = Vec::new();
        let mut contexts = vec![BTreeMap::<usize, Vec<usize>>::new(); LANE_LITERALS.len()];
        let mut values = vec![Vec::new(); LANE_LITERALS.len()];
        for (index, loaded) in rules.iter().enumerate() {
            match &loaded.lane {
                Lane::Prefix(list) => prefixes.extend(list.iter().map(|&prefix| (prefix, index))),
                Lane::Keyword => keyword_rules.push(index),
                Lane::Near => near_rules.push(index),
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
            let cache = groups.next().expect("there is always one more number");
            Contexts::new(&rules, offset, &members, cache)
        };
        let contexts: Vec<Vec<Contexts>> =
            contexts.into_iter().map(|by_offset| by_offset.into_iter().map(&mut group).collect()).collect();
        Self {
            context_rules,
            context_shapes: OnceLock::new(),
            automata: (0..rules.len()).map(|_| Automata::new()).collect(),
            values_of: same_values(&rules),
            prefixes: PrefixTable::new(prefixes),
            keyword_rules,
            keywords: OnceLock::new(),
            near_rules,
            near: OnceLock::new(),
            heads: OnceLock::new(),
            identifiers: OnceLock::new(),
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
            prefilter: None,
            caches: (0..self.rules.len()).map(|_| RuleCache::default()).collect(),
            contexts: self.contexts.iter().flatten().map(|_| None).collect(),
            keywords: KeywordWindow::new(self.rules.len()),
            near: KeywordWindow::new(self.rules.len()),
            ending: Endings::default(),
            steps: 0,
            far: Vec::new(),
        }
    }

    /// Whether `value` begins like the values of a rule that an issuer stands behind.
    pub fn begins_like_issued(&self, value: &[u8]) -> bool {
        let heads = self.heads.get_or_init(|| {
            let rules = self.rules.iter().filter(|loaded| !loaded.rule.is_generic());
            let mut heads: Vec<String> = rules.flat_map(|loaded| loaded.heads.iter().cloned()).collect();
            heads.sort_unstable();
            heads.dedup();
            heads
        });
        // Of sorted heads one that begins `value` is not far before the place of `value` itself.
        let place = heads.partition_point(|head| head.as_bytes() <= value);
        heads[..place]
            .iter()
            .rev()
            .take_while(|head| head.as_bytes()[0] == value[0])
            .any(|head| value.starts_with(head.as_bytes()))
    }

    /// Whether `value` has the form of an identifier that goes with some issuer's secret: of a client, an account, a key.
    pub fn identifies(&self, value: &[u8]) -> bool {
        let identifiers = self.identifiers.get_or_init(|| {
            let parts = self.rules.iter().flat_map(|loaded| loaded.rule.parts.iter());
            let mut forms: Vec<Form> =
                parts.filter(|part| part.names.is_empty()).flat_map(|part| part.forms.iter().cloned()).collect();
            forms.dedup();
            forms
        });
        identifiers.iter().any(|form| form.fits(value))
    }

    /// All matches that begin in `owned`, sorted by start, end and rule, without doubles.
    pub fn find(&self, scratch: &mut Scratch, text: &[u8], owned: Range<usize>, out: &mut Vec<Match>) -> Ended {
        out.clear();
        scratch.steps = 0;
        scratch.far.clear();
        scratch.keywords.reset();
        scratch.near.reset();
        // A context may begin before what is owned; the head of a value may reach behind it.
        let first = owned.start.saturating_sub(MAX_CONTEXT);
        let last = text.len().min(owned.end + HEAD);
        let budget = step_budget(text.len());
        let mut over = None;
        let mut prefilter = scratch.prefilter.take().unwrap_or_default();
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
        scratch.prefilter = Some(prefilter);
        out.sort_unstable();
        out.dedup();
        over.map_or(Ended::Whole, |at| Ended::OverBudget { at })
    }
}

/// For each rule the first one whose expression behind the context is the same.
fn same_values(rules: &RuleSet) -> Vec<usize> {
    let mut first = BTreeMap::new();
    let key = |loaded: &LoadedRule| {
        let rule = &loaded.rule;
        (rule.value.clone(), rule.after.clone(), rule.right.right_pattern())
    };
    rules.iter().enumerate().map(|(index, loaded)| *first.entry(key(loaded)).or_insert(index)).collect()
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
            if begins_like(engine.rules.get(rule), &self.text[at..]) {
                self.attempt(rule, at, true);
            }
        }
        if !digit {
            return;
        }
        // Without a byte before the value there is no context.
        let Some(before) = at.checked_sub(1) else { return };
        if !engine.keyword_rules.is_empty() {
            let keywords =
                engine.keywords.get_or_init(|| Keywords::new(&engine.rules, &engine.keyword_rules, Places::All));
            let shapes = keywords.shapes.of(&self.text[before..]);
            if !shapes.is_empty() && self.scratch.keywords.move_to(keywords, self.text, at, 0) {
                let mut window = std::mem::take(&mut self.scratch.keywords);
                window.rules_before(keywords, at, |_, rule| {
                    if keywords.shapes.has(shapes, rule) {
                        self.attempt(rule, at, true);
                    }
                    true
                });
                self.scratch.keywords = window;
            }
        }
        // All rules of the near lane have this boundary; it spares the look at parts of paths.
        if !engine.near_rules.is_empty() && left_is_free(self.text, at, Boundary::Path) {
            let near = engine.near.get_or_init(|| Keywords::new(&engine.rules, &engine.near_rules, Places::Words));
            let shapes = near.shapes.of(&self.text[before..]);
            if !shapes.is_empty() {
                let least = near_start(self.text, at, near.longest);
                if self.scratch.near.move_to(near, self.text, at, least) {
                    let mut window = std::mem::take(&mut self.scratch.near);
                    window.rules_before(near, at, |keyword, rule| {
                        // A keyword in reach is the whole context of these rules.
                        if near.shapes.has(shapes, rule) && near_reaches(&self.text[keyword..at]) {
                            self.attempt(rule, at, false);
                            return true;
                        }
                        false
                    });
                    self.scratch.near = window;
                }
            }
        }
    }

    fn literal(&mut self, at: usize, literal: usize) {
        let engine = self.engine;
        for &(rule, offset) in &engine.values[literal] {
            if let Some(start) = at.checked_sub(offset)
                && begins_like(engine.rules.get(rule), &self.text[start..])
            {
                self.attempt(rule, start, true);
            }
        }
        if engine.contexts[literal].is_empty() {
            return;
        }
        let table = engine.context_shapes.get_or_init(|| ShapeTable::of_values(&engine.rules, &engine.context_rules));
        for contexts in &engine.contexts[literal] {
            let Some(start) = contexts.start(self.text, at) else { continue };
            let span = start..self.text.len().min(start + MAX_CONTEXT);
            let mut states = self.scratch.contexts[contexts.cache].take();
            let mut ending = std::mem::take(&mut self.scratch.ending);
            let mut steps = 0;
            contexts.group.ends(&mut states, self.text, span, &mut steps, |end, patterns| {
                ending.fill(patterns.map(|pattern| contexts.members[pattern]), table);
                self.behind_context(table, ending.whole(), end);
                for (names, takes_quotes) in ending.names() {
                    let places = value_places(self.text, end, takes_quotes, &mut self.scratch.steps);
                    places.iter().for_each(|place| self.behind_context(table, names, end + place));
                }
            });
            self.scratch.ending = ending;
            self.scratch.contexts[contexts.cache] = states;
            self.scratch.steps += steps;
        }
    }

    /// Tries the rules of `ending`, whose contexts end at `at`.
    #[inline]
    fn behind_context(&mut self, table: &ShapeTable<1>, ending: &Ending, at: usize) {
        // Contexts end at many places, several at each; nearly all have no value behind them.
        let shapes = table.of_these(ending.shapes, &self.text[at..]);
        if shapes.is_empty() {
            return;
        }
        for &rule in ending.rules.iter().filter(|&&rule| table.has(shapes, rule)) {
            self.attempt(rule, at, false);
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
        let steps = &mut self.scratch.steps;
        let caches = &mut self.scratch.caches;
        if context && !self.engine.automata[rule].context_ends(loaded, &mut caches[rule], self.text, at, steps) {
            return;
        }
        let same = self.engine.values_of[rule];
        let before = *steps;
        let found = self.engine.automata[same].value_end(loaded, &mut caches[same], self.text, at, steps);
        // Of a match they count more than it looked at.
        let looked = (*steps - before) as usize;
        if looked > AHEAD {
            self.scratch.far.push(at..at + looked);
        }
        let Some(end) = found else { return };
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

/// Whether the first bytes of `text` may begin a value of the rule. Three bytes of a prefix are met often where they
/// begin a word of the language; the next few tell.
fn begins_like(loaded: &LoadedRule, text: &[u8]) -> bool {
    let shape = |shape: &Shape| shape.places().zip(text).take(RUN).all(|(set, &byte)| set.contains(byte));
    loaded.shapes.iter().any(shape)
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

/// The first place at which a keyword of at most `longest` bytes may begin that is near the value at `at`; see
/// [`near_reaches`].
fn near_start(text: &[u8], at: usize, longest: usize) -> usize {
    let first = at.saturating_sub(NEAR + longest);
    let Some(line) = memchr::memrchr(b'\n', &text[first..at]).map(|line| first + line) else { return first };
    if at - line - 1 > BELOW {
        return line + 1;
    }
    let end = if text[..line].ends_with(b"\r") { line - 1 } else { line };
    let first = end.saturating_sub(ABOVE + longest);
    memchr::memrchr2(b'\r', b'\n', &text[first..end]).map_or(first, |above| first + above + 1)
}
