//! The prefilter: from a text to the few places where a match may begin, in one pass.
//!
//! It anchors on values rather than on keywords: runs of token bytes that can begin a value, and a handful of literals
//! for secrets without a shape. Its cost does not depend on the number of rules.

use super::masks::{BLOCK, Kernel, Masks, PEEK, best_kernel, fingerprint_offset};
use crate::rule::lane::{HEAD, LANE_LITERALS};

/// A place that deserves a closer look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Candidate {
    /// A run of token bytes begins here, or a word does inside one, and 15 more token bytes follow.
    Run {
        /// Offset.
        at: usize,
        /// A digit follows within the run and the first [`HEAD`] bytes.
        digit: bool,
    },
    /// A lane literal lies here.
    Literal {
        /// Offset of its first byte.
        at: usize,
        /// Index in [`LANE_LITERALS`].
        literal: usize,
    },
}

/// Blocks that are classified at a time: 4 KiB of text and 3 KiB of masks stay in the first-level cache.
const CHUNK: usize = 64;

/// Blocks for the end of a text: two and a bit, and one to look into.
const TAIL: usize = 4;

/// The prefilter with its working memory.
pub struct Prefilter {
    kernel: Kernel,
    masks: [Masks; CHUNK + 1],
}

impl Default for Prefilter {
    fn default() -> Self {
        Self::with_kernel(best_kernel())
    }
}

/// Bits carried from one block to the next: what the bytes before it were.
#[derive(Default)]
struct Carry {
    word: u64,
    backslash: u64,
    percent: u64,
}

impl Prefilter {
    /// A prefilter that uses `kernel`.
    pub fn with_kernel(kernel: Kernel) -> Self {
        Self { kernel, masks: [Masks::default(); CHUNK + 1] }
    }

    /// Calls `found` for each candidate of `text`, in rising order of the block they lie in.
    pub fn scan(&mut self, text: &[u8], mut found: impl FnMut(Candidate)) {
        let mut carry = Carry::default();
        let mut start = 0;
        // A block is looked at together with the one behind it, since runs reach into that.
        while let Some(blocks) = (text.len() - start).checked_sub(PEEK + BLOCK).map(|rest| (rest / BLOCK).min(CHUNK))
            && blocks > 0
        {
            (self.kernel)(&text[start..start + (blocks + 1) * BLOCK + PEEK], &mut self.masks[..=blocks]);
            for index in 0..blocks {
                let at = start + index * BLOCK;
                block(text, at, &self.masks[index], &self.masks[index + 1], &mut carry, &mut found);
            }
            start += blocks * BLOCK;
        }
        // What is left is shorter than two blocks and what is peeked at; zeros behind it make it whole.
        let mut tail = [0; TAIL * BLOCK + PEEK];
        tail[..text.len() - start].copy_from_slice(&text[start..]);
        (self.kernel)(&tail, &mut self.masks[..TAIL]);
        for index in 0..TAIL - 1 {
            let at = start + index * BLOCK;
            if at < text.len() {
                block(text, at, &self.masks[index], &self.masks[index + 1], &mut carry, &mut found);
            }
        }
    }
}

#[inline]
fn block(text: &[u8], base: usize, now: &Masks, next: &Masks, carry: &mut Carry, found: &mut impl FnMut(Candidate)) {
    let mut literals = now.literal;
    while literals != 0 {
        let at = base + literals.trailing_zeros() as usize;
        literals &= literals - 1;
        if at >= text.len() {
            break;
        }
        if let Some(candidate) = literal_at(text, at) {
            found(candidate);
        }
    }

    let token = u128::from(now.token) | u128::from(next.token) << 64;
    let mut run = token & token >> 1;
    run &= run >> 2;
    run &= run >> 4;
    run &= run >> 8;
    let run = run as u64;
    if run != 0 {
        let after_word = now.word << 1 | carry.word;
        // Behind an escape sequence a word begins, whatever letter the escape ends with: \n, \xHH, \uHHHH, %HH.
        let escaped = (now.backslash << 2 | carry.backslash >> 62)
            | (now.backslash << 4 | carry.backslash >> 60)
            | (now.backslash << 6 | carry.backslash >> 58)
            | (now.percent << 3 | carry.percent >> 61);
        let mut starts = run & (!after_word | escaped);
        if starts != 0 {
            let digits = u128::from(now.digit) | u128::from(next.digit) << 64;
            while starts != 0 {
                let bit = starts.trailing_zeros();
                starts &= starts - 1;
                // Both are HEAD bits; of the run at least 16 are set.
                let length = ((token >> bit) as u64).trailing_ones();
                let head = (digits >> bit) as u64 & u64::MAX >> (HEAD as u32 - length);
                found(Candidate::Run { at: base + bit as usize, digit: head != 0 });
            }
        }
    }
    carry.word = now.word >> 63;
    carry.backslash = now.backslash;
    carry.percent = now.percent;
}

/// Literals by the hash of their fingerprint, as [`folded`] has it; slots that are free have a fingerprint that no text
/// can have.
static BY_FINGERPRINT: [(u32, usize); SLOTS] = by_fingerprint();

const SLOTS: usize = 128;

const fn by_fingerprint() -> [(u32, usize); SLOTS] {
    let mut table = [(u32::MAX, 0); SLOTS];
    let mut literal = 0;
    while literal < LANE_LITERALS.len() {
        let (bytes, from) = (LANE_LITERALS[literal].as_bytes(), fingerprint_offset(literal));
        let number = folded([bytes[from], bytes[from + 1], bytes[from + 2]]);
        let slot = &mut table[slot(number)];
        assert!(slot.0 == u32::MAX, "two literals share a slot; take another multiplier");
        *slot = (number, literal);
        literal += 1;
    }
    table
}

/// Three bytes as a number that is the same for both cases of a letter, and for few other bytes.
const fn folded([a, b, c]: [u8; 3]) -> u32 {
    u32::from_le_bytes([a, b, c, 0]) | 0x0020_2020
}

/// The upper bits of a product with an odd number that was searched for: it keeps the fingerprints apart.
const fn slot(fingerprint: u32) -> usize {
    (fingerprint.wrapping_mul(0x1779_857b) >> 25) as usize
}

#[inline]
fn literal_at(text: &[u8], fingerprint: usize) -> Option<Candidate> {
    let number = folded(*text[fingerprint..].first_chunk::<3>()?);
    let (known, literal) = BY_FINGERPRINT[slot(number)];
    if known != number {
        return None;
    }
    let spelling = LANE_LITERALS[literal].as_bytes();
    let at = fingerprint.checked_sub(fingerprint_offset(literal))?;
    let there = text.get(at..at + spelling.len())?;
    there.eq_ignore_ascii_case(spelling).then_some(Candidate::Literal { at, literal })
}

#[cfg(test)]
mod tests {
    use super::super::masks::scalar;
    use super::*;
    use crate::rule::lane::{RUN, is_token_byte};

    /// The definition, byte by byte.
    fn naive(text: &[u8]) -> Vec<Candidate> {
        let mut out = Vec::new();
        for at in 0..text.len() {
            for (literal, spelling) in LANE_LITERALS.iter().enumerate() {
                if text[at..].len() >= spelling.len()
                    && text[at..at + spelling.len()].eq_ignore_ascii_case(spelling.as_bytes())
                {
                    out.push(Candidate::Literal { at, literal });
                }
            }
            let run: Vec<u8> = text[at..].iter().copied().take_while(|&byte| is_token_byte(byte)).take(HEAD).collect();
            let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let escape = |back: usize, lead: u8| at >= back && text[at - back] == lead;
            let starts = at == 0
                || !word(text[at - 1])
                || escape(2, b'\\')
                || escape(4, b'\\')
                || escape(6, b'\\')
                || escape(3, b'%');
            if run.len() >= RUN && starts {
                out.push(Candidate::Run { at, digit: run.iter().any(u8::is_ascii_digit) });
            }
        }
        out
    }

    fn sorted(mut list: Vec<Candidate>) -> Vec<Candidate> {
        list.sort_by_key(|candidate| match *candidate {
            Candidate::Literal { at, literal } => (at, 0, literal),
            Candidate::Run { at, .. } => (at, 1, 0),
        });
        list
    }

    #[test]
    fn candidates_are_those_of_the_definition() {
        let pieces: [&[u8]; 14] = [
            b"pass",
            b"Token",
            b"://",
            b"-----BEGIN",
            b"abcdefghijklmnop",
            b"0123456789abcdef",
            b" ",
            b"\n",
            b"\\n",
            b"%3D",
            b"\\u000a",
            b"=",
            b"_-./+",
            b"\xff",
        ];
        let mut state = 42_u64;
        for round in 0..300 {
            let mut text = Vec::new();
            while text.len() < 40 + round * 3 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.extend_from_slice(pieces[(state >> 33) as usize % pieces.len()]);
            }
            for kernel in [scalar as Kernel, best_kernel()] {
                let mut got = Vec::new();
                Prefilter::with_kernel(kernel).scan(&text, |candidate| got.push(candidate));
                assert_eq!(sorted(got), sorted(naive(&text)), "{:?}", String::from_utf8_lossy(&text));
            }
        }
    }
}
