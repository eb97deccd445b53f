//! The prefilter's kernel in AVX2. One of the crate's two modules with `unsafe`: vector loads take raw pointers.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8,
    _mm256_setr_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
};

use super::masks::{BLOCK, FINGERPRINTS, Kernel, Masks, PEEK};

/// Class bits, by nibble: a byte has a class where both of its nibbles do. Each class is a product of a set of low and
/// a set of high nibbles, so that the two look-ups are exact.
mod class {
    /// `0-9`.
    pub(super) const DIGIT: i8 = 1;
    /// `A-O`, `a-o`.
    pub(super) const LETTER_LOW: i8 = 2;
    /// `P-Z`, `p-z`.
    pub(super) const LETTER_HIGH: i8 = 4;
    /// `_`.
    pub(super) const UNDERSCORE: i8 = 8;
    /// `+`, `-`, `.`, `/`.
    pub(super) const SIGN: i8 = 16;
    /// `\`.
    pub(super) const BACKSLASH: i8 = 32;
    /// `%`.
    pub(super) const PERCENT: i8 = 64;
}

/// The kernel, if this machine has AVX2.
pub(super) fn kernel() -> Option<Kernel> {
    is_x86_feature_detected!("avx2").then_some(checked as Kernel)
}

fn checked(text: &[u8], masks: &mut [Masks]) {
    assert!(masks.is_empty() || text.len() >= BLOCK * masks.len() + PEEK, "the text is shorter than its masks");
    // SAFETY: `kernel` hands this function out only where AVX2 was detected, and the assertion above is what `fill`
    // asks of its arguments.
    unsafe { fill(text, masks) }
}

struct Tables {
    class_low: __m256i,
    class_high: __m256i,
    low: [__m256i; 3],
    high: [__m256i; 3],
}

#[target_feature(enable = "avx2")]
fn both_halves(table: [i8; 16]) -> __m256i {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = table;
    _mm256_setr_epi8(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
}

#[target_feature(enable = "avx2")]
fn tables() -> Tables {
    use class::{BACKSLASH, DIGIT, LETTER_HIGH, LETTER_LOW, PERCENT, SIGN, UNDERSCORE};
    let mut low = [0i8; 16];
    for (nibble, bits) in low.iter_mut().enumerate() {
        *bits |= if nibble <= 9 { DIGIT } else { 0 };
        *bits |= if nibble >= 1 { LETTER_LOW } else { 0 };
        *bits |= if nibble <= 10 { LETTER_HIGH } else { 0 };
        *bits |= if nibble == 15 { UNDERSCORE } else { 0 };
        *bits |= if matches!(nibble, 11 | 13 | 14 | 15) { SIGN } else { 0 };
        *bits |= if nibble == 12 { BACKSLASH } else { 0 };
        *bits |= if nibble == 5 { PERCENT } else { 0 };
    }
    let mut high = [0i8; 16];
    high[2] = SIGN | PERCENT;
    high[3] = DIGIT;
    high[4] = LETTER_LOW;
    high[5] = LETTER_HIGH | UNDERSCORE | BACKSLASH;
    high[6] = LETTER_LOW;
    high[7] = LETTER_HIGH;
    let fingerprints = &*FINGERPRINTS;
    Tables {
        class_low: both_halves(low),
        class_high: both_halves(high),
        low: [
            both_halves(fingerprints.low[0].map(u8::cast_signed)),
            both_halves(fingerprints.low[1].map(u8::cast_signed)),
            both_halves(fingerprints.low[2].map(u8::cast_signed)),
        ],
        high: [
            both_halves(fingerprints.high[0].map(u8::cast_signed)),
            both_halves(fingerprints.high[1].map(u8::cast_signed)),
            both_halves(fingerprints.high[2].map(u8::cast_signed)),
        ],
    }
}

/// The set bits of `classes` as a mask, for the bytes that have any of `bits`.
#[target_feature(enable = "avx2")]
fn having(classes: __m256i, bits: i8) -> u64 {
    let masked = _mm256_and_si256(classes, _mm256_set1_epi8(bits));
    let without = _mm256_cmpeq_epi8(masked, _mm256_setzero_si256());
    u64::from(!_mm256_movemask_epi8(without).cast_unsigned())
}

#[target_feature(enable = "avx2")]
fn look_up(bytes: __m256i, low: __m256i, high: __m256i) -> __m256i {
    let nibble = _mm256_set1_epi8(15);
    let low = _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble));
    let high = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
    _mm256_and_si256(low, high)
}

/// # Safety
/// `text` holds `BLOCK * masks.len() + PEEK` bytes at least, unless there are no masks to fill.
#[target_feature(enable = "avx2")]
unsafe fn fill(text: &[u8], masks: &mut [Masks]) {
    use class::{BACKSLASH, DIGIT, LETTER_HIGH, LETTER_LOW, PERCENT, SIGN, UNDERSCORE};
    const WORD: i8 = DIGIT | LETTER_LOW | LETTER_HIGH | UNDERSCORE;
    let tables = tables();
    for (index, out) in masks.iter_mut().enumerate() {
        let mut made = Masks::default();
        for half in [0, 32] {
            let at = index * BLOCK + half;
            // SAFETY: the three loads read 34 bytes from `at`; the last one ends at BLOCK * (index + 1) + PEEK, which
            // the caller vouches for.
            let (first, second, third) = unsafe {
                let start = text.as_ptr().add(at);
                (
                    _mm256_loadu_si256(start.cast()),
                    _mm256_loadu_si256(start.add(1).cast()),
                    _mm256_loadu_si256(start.add(2).cast()),
                )
            };
            let classes = look_up(first, tables.class_low, tables.class_high);
            made.token |= having(classes, WORD | SIGN) << half;
            made.word |= having(classes, WORD) << half;
            made.digit |= having(classes, DIGIT) << half;
            made.backslash |= having(classes, BACKSLASH) << half;
            made.percent |= having(classes, PERCENT) << half;
            let buckets = _mm256_and_si256(
                look_up(first, tables.low[0], tables.high[0]),
                _mm256_and_si256(
                    look_up(second, tables.low[1], tables.high[1]),
                    look_up(third, tables.low[2], tables.high[2]),
                ),
            );
            made.literal |= having(buckets, -1) << half;
        }
        *out = made;
    }
}
