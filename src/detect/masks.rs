//! Byte classes of a text as bit masks, 64 bytes a word: the first stage of the prefilter.
//!
//! Two kernels make the same masks: a scalar one, and one in AVX2 (`avx2.rs`) that is chosen at run time. A test holds
//! them equal. The literal mask is that of Teddy (Langdale, in Hyperscan; described in the aho-corasick crate's
//! `packed/teddy` notes): three bytes of each literal are looked up by nibble, and places where all three agree are
//! candidates, to be verified by the caller.

use std::sync::LazyLock;

use crate::rule::lane::{LANE_LITERALS, is_token_byte};

/// Bytes a mask covers.
pub const BLOCK: usize = 64;

/// Bytes behind a block that its literal mask looks at.
pub const PEEK: usize = 2;

/// The classes of 64 bytes; bit 0 is the first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    /// Token bytes, see [`is_token_byte`].
    pub token: u64,
    /// `[0-9A-Za-z_]`.
    pub word: u64,
    /// `[0-9]`.
    pub digit: u64,
    /// `\`.
    pub backslash: u64,
    /// `%`.
    pub percent: u64,
    /// The fingerprint of some lane literal may begin here.
    pub literal: u64,
}

/// Fills one [`Masks`] for each block of `text`, which must be `BLOCK * masks.len() + PEEK` bytes long at least.
pub type Kernel = fn(text: &[u8], masks: &mut [Masks]);

/// The fastest kernel that this machine runs.
pub fn best_kernel() -> Kernel {
    #[cfg(target_arch = "x86_64")]
    if let Some(kernel) = super::avx2::kernel() {
        return kernel;
    }
    scalar
}

/// For each literal, Teddy's bucket and where in the literal the three bytes of its fingerprint lie. Literals of one
/// bucket are also taken for each other's mixtures (`pas` and `bea` for `res`), so both were chosen together, by simulated
/// annealing over how often three bytes stand in 12 MB of source code. The mask was wrong at 69 of 10,000 places there, where
/// literals that were added one by one to the best place left were wrong at 132; the program of that one run is not kept.
/// The last two were added to the best places left, by the same count over another 6 MB: 66 of 10,000 places became 78.
const FINGERPRINT: [(u8, usize); LANE_LITERALS.len()] = [
    (3, 0), // pas
    (5, 0), // pwd
    (6, 1), // ecr
    (0, 0), // tok
    (6, 0), // key
    (1, 0), // aut
    (4, 0), // cre
    (4, 1), // asi
    (4, 2), // are
    (1, 7), // ied
    (0, 0), // ://
    (0, 3), // --b
    (7, 0), // mne
    (3, 2), // ras
    (7, 1), // enn
    (4, 5), // ase
    (3, 1), // lav
    (7, 1), // enh
    (4, 1), // asl
    (0, 2), // slo
    (4, 1), // aro
    (1, 2), // cht
    (3, 2), // las
    (2, 0), // sif
    (7, 0), // c5 9f 69
    (7, 1), // eno
    (3, 5), // 80 d0 be
    (5, 2), // 86 e7 a0
    (5, 2), // 86 e7 a2
    (4, 6), // e3 83 af
    (6, 3), // eb b0 80
    (5, 0), // pw=
    (5, 0), // pw:
    (5, 0), // pw"
    (5, 0), // pw'
    (5, 0), // pw and a blank
    (6, 1), // epp
    (6, 0), // kty
    (5, 1), // url
    (3, 1), // ecu
    (2, 0), // psk
    (5, 2), // sql
    (2, 4), // s-c
    (2, 1), // qlc
    (7, 0), // mon
    (6, 3), // ker
    (6, 5), // ear
    (4, 1), // ari
    (0, 1), // qab
    (1, 0), // crv
];

/// Where in its literal the three bytes of a fingerprint lie.
pub const fn fingerprint_offset(literal: usize) -> usize {
    FINGERPRINT[literal].1
}

/// Teddy's tables: for each of the three fingerprint bytes, the buckets by low and by high nibble.
pub(super) struct Fingerprints {
    pub(super) low: [[u8; 16]; 3],
    pub(super) high: [[u8; 16]; 3],
}

pub(super) static FINGERPRINTS: LazyLock<Fingerprints> = LazyLock::new(|| {
    let mut tables = Fingerprints { low: [[0; 16]; 3], high: [[0; 16]; 3] };
    for (index, literal) in LANE_LITERALS.iter().enumerate() {
        let bucket = 1 << FINGERPRINT[index].0;
        let offset = fingerprint_offset(index);
        for (place, &byte) in literal.as_bytes()[offset..offset + 3].iter().enumerate() {
            for variant in [byte, byte.to_ascii_uppercase()] {
                tables.low[place][usize::from(variant & 15)] |= bucket;
                tables.high[place][usize::from(variant >> 4)] |= bucket;
            }
        }
    }
    tables
});

/// Class bits of each byte value, for the scalar kernel.
static CLASSES: LazyLock<[u8; 256]> = LazyLock::new(|| {
    let mut classes = [0; 256];
    for (byte, class) in (0..=255u8).zip(classes.iter_mut()) {
        let bits = [
            is_token_byte(byte),
            byte.is_ascii_alphanumeric() || byte == b'_',
            byte.is_ascii_digit(),
            byte == b'\\',
            byte == b'%',
        ];
        *class = bits.iter().enumerate().map(|(bit, &set)| u8::from(set) << bit).sum();
    }
    classes
});

/// The kernel for every machine.
pub fn scalar(text: &[u8], masks: &mut [Masks]) {
    let (classes, tables) = (&*CLASSES, &*FINGERPRINTS);
    for (index, out) in masks.iter_mut().enumerate() {
        let block = &text[index * BLOCK..index * BLOCK + BLOCK + PEEK];
        let mut made = Masks::default();
        for bit in 0..BLOCK {
            let class = u64::from(classes[usize::from(block[bit])]);
            made.token |= (class & 1) << bit;
            made.word |= (class >> 1 & 1) << bit;
            made.digit |= (class >> 2 & 1) << bit;
            made.backslash |= (class >> 3 & 1) << bit;
            made.percent |= (class >> 4 & 1) << bit;
            let buckets = (0..3).fold(0xff, |buckets, place| {
                let byte = block[bit + place];
                buckets & tables.low[place][usize::from(byte & 15)] & tables.high[place][usize::from(byte >> 4)]
            });
            made.literal |= u64::from(buckets != 0) << bit;
        }
        *out = made;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_agree_on_every_byte_and_on_noise() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut text: Vec<u8> = (0..=255).chain(0..=255).collect();
        text.extend(b"PassWord pwd Secret TOKEN key :// -----BEGIN identified BEARER basic cred auth");
        text.resize(8 * BLOCK, b' ');
        for _ in 0..64 * BLOCK {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push(state as u8 & if state & 0x100 == 0 { 0x7f } else { 0xff });
        }
        let blocks = (text.len() - PEEK) / BLOCK;
        let (mut expected, mut got) = (vec![Masks::default(); blocks], vec![Masks::default(); blocks]);
        scalar(&text, &mut expected);
        best_kernel()(&text, &mut got);
        assert_eq!(expected, got);
    }

    #[test]
    fn every_literal_is_a_candidate_in_both_cases() {
        for (index, literal) in LANE_LITERALS.iter().enumerate() {
            for spelled in [(*literal).to_owned(), literal.to_ascii_uppercase()] {
                let mut text = format!("..{spelled}").into_bytes();
                text.resize(BLOCK + PEEK, b'.');
                let mut masks = [Masks::default()];
                scalar(&text, &mut masks);
                let place = 2 + fingerprint_offset(index);
                assert_ne!(masks[0].literal & 1 << place, 0, "{spelled}");
            }
        }
    }
}
