//! What the targets share: the embedded rules, and texts that hold samples of them.

#![allow(dead_code, reason = "each target is a crate of its own and uses a part of this")]

use std::sync::LazyLock;

use straykey::detect::Engine;
use straykey::rule::RuleSet;
use straykey::scan::{Scanner, expand};

/// A scanner with the embedded rules.
pub(crate) static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::new(Engine::new(RuleSet::embedded())));

/// Examples and near misses of all rules, made whole.
static SAMPLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut samples = Vec::new();
    for loaded in SCANNER.engine.rules().iter() {
        let rule = &loaded.rule;
        let near = rule.near_misses.iter().map(|near| &near.text);
        for template in rule.examples.iter().chain(near) {
            samples.push(expand(template, &format!("{}/{}", rule.id, samples.len())).into_bytes());
        }
    }
    samples
});

/// The byte before the number of a sample: in no UTF-8 text, and no part of any token.
const ESCAPE: u8 = 0xff;

/// Longest text that is made, in bytes: a few samples are larger than all the rest of an input.
const MAX_TEXT: usize = 64 << 10;

/// `input` with samples in place of their numbers. A number is two bytes, little-endian; those that no sample has stay
/// as they are.
pub(crate) fn text(input: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(input.len());
    let mut rest = input;
    while let Some((&first, tail)) = rest.split_first() {
        if first == ESCAPE
            && let Some((number, tail)) = tail.split_first_chunk()
            && let Some(sample) = SAMPLES.get(usize::from(u16::from_le_bytes(*number)))
            && text.len() + sample.len() <= MAX_TEXT
        {
            text.extend_from_slice(sample);
            rest = tail;
        } else {
            text.push(first);
            rest = tail;
        }
    }
    text
}
