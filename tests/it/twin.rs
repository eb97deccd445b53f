//! The engine and its naive twin find the same.
//!
//! The twin is the definition of a match in `docs/rule-format.md`, written down with no thought of speed: every rule at
//! every offset, with a virtual machine that simulates the expression. It shares the rule model with the engine, and
//! nothing else. An optimisation that loses a match fails here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, NFA};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};
use straykey::detect::{Ended, Engine, Match};
use straykey::rule::{Boundary, Rule, RuleSet};
use straykey::scan::expand;

/// One rule, ready to be tried anywhere.
struct NaiveRule {
    rule: std::sync::Arc<Rule>,
    value: PikeVM,
    context: Option<PikeVM>,
    /// Longest text that `after` may match; text beyond the longest value and this is not looked at.
    after: usize,
}

/// No context is longer: the rule format's own bound.
const CONTEXT: usize = 256;

fn machine(pattern: &str, kind: MatchKind) -> PikeVM {
    let nfa: NFA = thompson::Compiler::new()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .configure(thompson::Config::new().utf8(false))
        .build(pattern)
        .expect("rules compile");
    PikeVM::builder().configure(PikeVM::config().match_kind(kind)).build_from_nfa(nfa).expect("rules compile")
}

impl NaiveRule {
    fn new(rule: std::sync::Arc<Rule>) -> Self {
        let after = rule.after.clone().unwrap_or_else(|| {
            match rule.right {
                Boundary::None => "",
                Boundary::Word => r"[^0-9A-Za-z_]|\z",
                Boundary::Token => r"[^0-9A-Za-z_\-]|\z",
                Boundary::Path => r"[^0-9A-Za-z_./+=\-]|\.(?:[^0-9A-Za-z_./+=\-]|\z)|\z",
                Boundary::Base64 => r"[^0-9A-Za-z+/=_]|\z",
            }
            .to_owned()
        });
        let value = machine(&format!("({})(?:{after})", rule.value), MatchKind::LeftmostFirst);
        let context = rule.context.as_deref().map(|pattern| machine(pattern, MatchKind::All));
        let parsed = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(&after);
        let after = match rule.after {
            None if rule.right == Boundary::Path => 2,
            None => 1,
            Some(_) => parsed.expect("rules compile").properties().maximum_len().expect("`after` is bounded"),
        };
        Self { rule, value, context, after }
    }

    fn left_is_free(&self, text: &[u8], at: usize) -> bool {
        let Some(before) = at.checked_sub(1).map(|last| text[last]) else { return true };
        let in_class = match self.rule.left {
            Boundary::None => false,
            Boundary::Word => before.is_ascii_alphanumeric() || before == b'_',
            Boundary::Token => before.is_ascii_alphanumeric() || b"_-".contains(&before),
            Boundary::Path => before.is_ascii_alphanumeric() || b"_./+".contains(&before),
            Boundary::Base64 => before.is_ascii_alphanumeric() || b"_+/".contains(&before),
        };
        let escape = |form: &[u8]| {
            // `h` stands for a hexadecimal digit, `e` for n, r or t.
            let Some(start) = at.checked_sub(form.len()) else { return false };
            form.iter().zip(&text[start..at]).all(|(form, byte)| match form {
                b'h' => byte.is_ascii_hexdigit(),
                b'e' => b"nrt".contains(byte),
                _ => form == byte,
            })
        };
        !in_class || escape(b"\\e") || escape(b"\\xhh") || escape(b"\\uhhhh") || escape(b"%hh")
    }

    fn context_ends(&self, text: &[u8], at: usize) -> bool {
        let Some(machine) = &self.context else { return true };
        let mut cache = machine.create_cache();
        (at.saturating_sub(CONTEXT)..at).any(|start| {
            // With all matches asked for, the machine tells of the longest one in the span.
            let input = Input::new(text).range(start..at).anchored(Anchored::Yes);
            let mut slots = [None; 2];
            machine.search_slots(&mut cache, &input, &mut slots);
            slots[1].is_some_and(|end| end.get() == at)
        })
    }

    fn end(&self, cache: &mut thompson::pikevm::Cache, text: &[u8], at: usize) -> Option<usize> {
        let span = at..text.len().min(at + self.rule.max_len + self.after);
        let mut slots = [None; 4];
        let input = Input::new(text).range(span).anchored(Anchored::Yes);
        self.value.search_slots(cache, &input, &mut slots)?;
        let end = slots[3]?.get();
        let value = &text[at..end];
        let head = value.iter().take(64).take_while(|byte| byte.is_ascii_alphanumeric() || b"_-+/.".contains(byte));
        let digit = !self.rule.digit || head.clone().any(u8::is_ascii_digit);
        (value.len() <= self.rule.max_len && digit).then_some(end)
    }
}

/// Every match of every rule, in the engine's order.
fn twin(rules: &[NaiveRule], text: &[u8]) -> Vec<Match> {
    let mut found: Vec<Match> = rules
        .par_iter()
        .enumerate()
        .flat_map_iter(|(index, naive)| {
            let mut cache = naive.value.create_cache();
            let mut own = Vec::new();
            for start in 0..text.len() {
                if !naive.left_is_free(text, start) {
                    continue;
                }
                if let Some(end) = naive.end(&mut cache, text, start)
                    && naive.context_ends(text, start)
                {
                    own.push(Match { start, end, rule: index });
                }
            }
            own
        })
        .collect();
    found.sort();
    found
}

struct Pair {
    engine: Engine,
    naive: Vec<NaiveRule>,
}

impl Pair {
    fn new() -> Self {
        let rules = RuleSet::embedded();
        let naive = rules.iter().map(|loaded| NaiveRule::new(loaded.rule.clone())).collect();
        Self { engine: Engine::new(rules), naive }
    }

    fn engine(&self, text: &[u8], owned: Range<usize>) -> Vec<Match> {
        let mut out = Vec::new();
        let ended = self.engine.find(&mut self.engine.scratch(), text, owned, &mut out);
        assert_eq!(ended, Ended::Whole);
        out
    }

    /// Asserts that both find the same, and returns it.
    fn same(&self, text: &[u8], what: &str) -> Vec<Match> {
        let (got, expected) = (self.engine(text, 0..text.len()), twin(&self.naive, text));
        let tell = |one: &Match| format!("{} at {}..{} of {what}", self.naive[one.rule].rule.id, one.start, one.end);
        let lost: Vec<String> = expected.iter().filter(|one| !got.contains(one)).map(tell).take(20).collect();
        let extra: Vec<String> = got.iter().filter(|one| !expected.contains(one)).map(tell).take(20).collect();
        assert!(lost.is_empty() && extra.is_empty(), "lost: {lost:#?}\nextra: {extra:#?}");
        got
    }

    fn samples(&self) -> Vec<String> {
        let mut out = Vec::new();
        for naive in &self.naive {
            let rule = &naive.rule;
            let near = rule.near_misses.iter().map(|near| &near.text);
            for (number, template) in rule.examples.iter().chain(near).enumerate() {
                out.push(expand(template, &format!("{}/twin/{number}", rule.id)));
            }
        }
        out
    }
}

struct Noise(u64);

impl Noise {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// Joined with a line between them: each sample alone would spend its time on making machines.
#[test]
fn on_the_rules_own_samples() {
    let pair = Pair::new();
    let text = pair.samples().join("\n\n");
    let found = pair.same(text.as_bytes(), "the samples");
    let mut lanes: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &found {
        let lane = &pair.engine.rules().get(one.rule).lane;
        let name = match lane {
            straykey::rule::lane::Lane::Prefix(_) => "prefix",
            straykey::rule::lane::Lane::Keyword => "keyword",
            straykey::rule::lane::Lane::Near => "near",
            straykey::rule::lane::Lane::Context(_) => "context literal",
            straykey::rule::lane::Lane::Value(_) => "value literal",
        };
        *lanes.entry(name).or_default() += 1;
    }
    // Without any one of the lanes its matches would be lost here.
    assert_eq!(lanes.len(), 5, "{lanes:?}");
}

#[test]
fn on_damaged_and_glued_samples() {
    let pair = Pair::new();
    let samples = pair.samples();
    let mut noise = Noise(20_260_101);
    let mut text = Vec::new();
    while text.len() < 200_000 {
        let mut piece = samples[noise.below(samples.len())].clone().into_bytes();
        for _ in 0..noise.below(3) {
            let at = noise.below(piece.len());
            match noise.below(4) {
                0 => piece.truncate(at.max(1)),
                1 => piece[at] = b"\\n =:\"'/-_%aA0\x00\xff"[noise.below(16)],
                2 => drop(piece.drain(..at)),
                _ => piece.insert(at, b"\\n =:\"'/-_%aA0\x00\xff"[noise.below(16)]),
            }
            if piece.is_empty() {
                break;
            }
        }
        text.extend_from_slice(&piece);
        text.extend_from_slice([&b"\n"[..], b" ", b"", b"\\n", b"\"", b"%3D"][noise.below(6)]);
    }
    pair.same(&text, "damaged samples");
}

#[test]
fn a_split_of_what_is_owned_splits_the_matches() {
    let pair = Pair::new();
    let text = pair.samples().join("\n");
    let text = text.as_bytes();
    let whole = pair.engine(text, 0..text.len());
    let mut noise = Noise(7);
    for _ in 0..200 {
        let at = noise.below(text.len());
        let mut parts = pair.engine(text, 0..at);
        parts.extend(pair.engine(text, at..text.len()));
        assert_eq!(parts, whole, "split at {at}");
    }
}

#[test]
fn on_a_megabyte_of_real_code() {
    let found = Pair::new().same(&real_code(1 << 20, 1), "real code");
    assert!(!found.is_empty(), "text without a match compares nothing");
}

/// Fifty times as long; run it before a change of the engine lands: `cargo test --release --test it -- --ignored twin`.
#[test]
#[ignore = "fifty times the megabyte above: too long for every run"]
fn on_fifty_megabytes_of_real_code() {
    let pair = Pair::new();
    for seed in 0..50 {
        let found = pair.same(&real_code(1 << 20, 1000 + seed), &format!("real code, seed {}", 1000 + seed));
        assert!(!found.is_empty(), "text without a match compares nothing, seed {}", 1000 + seed);
        eprintln!("{} of 50: {} matches, the same", seed + 1, found.len());
    }
}

/// Text files of cargo's registry, drawn by `seed`, or of this crate where there is no registry.
fn real_code(length: usize, seed: u64) -> Vec<u8> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    let mut files = Vec::new();
    if let Some(home) = home {
        collect(&home.join("registry/src"), &mut files);
    }
    if files.is_empty() {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    }
    files.sort();
    let mut noise = Noise(seed);
    let mut text = Vec::new();
    while text.len() < length {
        if let Ok(content) = std::fs::read(&files[noise.below(files.len())]) {
            text.extend_from_slice(&content[..content.len().min(64 << 10)]);
        }
    }
    text.truncate(length);
    text
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(&entry.path(), files),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
}
