//! Inputs that the benches share. All are made anew from fixed seeds, so that every run measures the same bytes, and
//! nothing that looks like a secret lies in the tree.

#![allow(dead_code, reason = "each bench is a crate of its own and uses a part of this")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use straykey::blob::{Blob, Content, FilePlace, Offsets, Origin};
use straykey::detect::Engine;
use straykey::rule::RuleSet;
use straykey::scan::Scanner;
use straykey::span::Position;

/// Bytes of the texts that stand for large inputs.
pub(crate) const LARGE: usize = 4 << 20;

/// Xorshift64* (Vigna 2016, "An experimental exploration of Marsaglia's xorshift generators").
pub(crate) struct Random(u64);

impl Random {
    /// A generator; `seed` is not zero.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(crate) fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// One of `choices`.
    pub(crate) fn pick<'c, T: ?Sized>(&mut self, choices: &[&'c T]) -> &'c T {
        choices[(self.number() >> 33) as usize % choices.len()]
    }

    /// `length` bytes of `alphabet`.
    pub(crate) fn text(&mut self, alphabet: &[u8], length: usize) -> Vec<u8> {
        (0..length).map(|_| alphabet[(self.number() >> 33) as usize % alphabet.len()]).collect()
    }
}

/// The source files of this crate, one behind the other and over again: ordinary source text.
pub(crate) fn source(length: usize) -> Vec<u8> {
    let mut text = Vec::new();
    append(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
    assert!(!text.is_empty(), "the crate has source files");
    text.iter().copied().cycle().take(length).collect()
}

fn append(folder: &Path, text: &mut Vec<u8>) {
    let entries = fs::read_dir(folder).expect("the folder of the sources can be listed");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("its entries can be read").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            append(&path, text);
        } else {
            text.extend(fs::read(&path).expect("a source file can be read"));
        }
    }
}

/// One line like that of a bundler: short names, much punctuation, and here and there the hash of a chunk.
pub(crate) fn minified(length: usize) -> Vec<u8> {
    const PIECES: [&str; 12] = [
        "function ",
        "return ",
        "(",
        "){",
        "});",
        "=>",
        ",",
        ".prototype.",
        "!0,",
        "\"use strict\";",
        ".exports=",
        "&&",
    ];
    let mut random = Random::new(11);
    let mut text = Vec::with_capacity(length + 64);
    while text.len() < length {
        let name = 1 + random.number() as usize % 3;
        text.extend(random.text(b"abcdefghijklmnopqrstuvwxyz", name));
        text.extend(random.pick(&PIECES).as_bytes());
        if random.number().is_multiple_of(64) {
            text.extend(b"\"chunk-");
            text.extend(random.text(b"0123456789abcdef", 20));
            text.extend(b".js\"");
        }
    }
    text.truncate(length);
    text
}

/// Bytes of every value: what is left of compressed or compiled content.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut random = Random::new(12);
    (0..length).map(|_| (random.number() >> 56) as u8).collect()
}

/// The texts that throughput is measured on, with their names.
pub(crate) fn texts() -> [(&'static str, Vec<u8>); 3] {
    [("source", source(LARGE)), ("minified", minified(LARGE)), ("noise", noise(LARGE))]
}

/// A scanner with the embedded rules.
pub(crate) fn scanner() -> Scanner {
    Scanner::new(Engine::new(RuleSet::embedded()))
}

/// The origin of a file called `path`.
pub(crate) fn origin(path: &str) -> Arc<Origin> {
    Arc::new(Origin::File(FilePlace::new(0, path.as_bytes().to_vec())))
}

/// `text` as one blob.
pub(crate) fn blob<'b>(origin: &'b Arc<Origin>, text: &'b [u8]) -> Blob<'b> {
    let (base, offsets) = (Position::default(), Offsets::Shifted(0));
    Blob { origin, text, owned: 0..text.len(), base, offsets, content: Content::Text }
}
