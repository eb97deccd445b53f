//! Views of raw bytes that can be searched: wide encodings as UTF-8, binaries with all but their strings masked, and
//! the wide strings inside binaries.
//!
//! Pure functions over slices; nothing here reads, allocates more than it is given, or knows where content lies.

use std::ops::Range;

use super::sniff::Units;
use crate::blob::CHECKPOINT;

/// Code units between two checkpoints: no unit becomes more than four bytes of UTF-8.
const STRIDE: usize = CHECKPOINT / 4;

/// What stands for a byte that is not shown: no value of any rule goes across a vertical tab.
const MASK: u8 = 0x0b;

/// Bytes on either side of a byte that decide whether it is masked: three for the sequence that it may be part of,
/// three more for the run.
pub(crate) const REACH: usize = 6;

/// The shortest run of printable bytes that a binary keeps, as strings(1) has it.
const RUN: usize = 4;

/// The shortest wide string inside a binary that is worth a look, in characters.
const WIDE_RUN: usize = 8;

impl Units {
    /// Bytes of UTF-8 that `raw` bytes in these units become at most.
    pub(crate) fn decoded_bound(self, raw: usize) -> usize {
        match self {
            // Three bytes for one unit; a pair of units becomes four.
            Self::Utf16Le | Self::Utf16Be => raw.div_ceil(2) * 3,
            Self::Utf32Le | Self::Utf32Be => raw,
        }
    }

    /// The last offset up to `at` where `raw` can be cut without parting a surrogate pair; `at` lies between units,
    /// and a whole unit follows it.
    pub(crate) fn cut(self, raw: &[u8], at: usize) -> usize {
        let width = self.width();
        let parts_a_pair = width == 2
            && at >= 2
            && (0xd800..0xdc00).contains(&self.read(&raw[at - 2..]))
            && (0xdc00..0xe000).contains(&self.read(&raw[at..]));
        if parts_a_pair { at - width } else { at }
    }

    /// Decodes `raw`, whole units that lie at `offset` of the content, to UTF-8 into `out` from `filled` on, and
    /// returns how far `out` is filled then. `out` has room for [`Units::decoded_bound`] bytes more. What is no
    /// character becomes U+FFFD, one a unit. Checkpoints as [`crate::blob::Offsets::Mapped`] wants them are added.
    pub(crate) fn decode(
        self,
        raw: &[u8],
        offset: u64,
        out: &mut [u8],
        filled: usize,
        checkpoints: &mut Vec<(usize, u64)>,
    ) -> usize {
        // One loop for each encoding, in which the compiler knows width and order of the bytes.
        match self {
            Self::Utf16Le => decode::<2, false>(raw, offset, out, filled, checkpoints),
            Self::Utf16Be => decode::<2, true>(raw, offset, out, filled, checkpoints),
            Self::Utf32Le => decode::<4, false>(raw, offset, out, filled, checkpoints),
            Self::Utf32Be => decode::<4, true>(raw, offset, out, filled, checkpoints),
        }
    }
}

fn decode<const WIDTH: usize, const BIG: bool>(
    raw: &[u8],
    offset: u64,
    out: &mut [u8],
    mut filled: usize,
    checkpoints: &mut Vec<(usize, u64)>,
) -> usize {
    /// Units that are tried at once for being ASCII.
    const BLOCK: usize = 16;
    let (raw, _) = raw.as_chunks::<WIDTH>();
    let mut at = 0;
    while at < raw.len() {
        checkpoints.push((filled, offset + (at * WIDTH) as u64));
        let stop = raw.len().min(at + STRIDE);
        while at < stop {
            if stop - at >= BLOCK
                && let Some(block) = raw[at..].first_chunk::<BLOCK>()
            {
                let units = block.map(unit::<WIDTH, BIG>);
                if units.iter().fold(0, |all, unit| all | unit) < 0x80 {
                    out[filled..filled + BLOCK].copy_from_slice(&units.map(|unit| unit as u8));
                    filled += BLOCK;
                    at += BLOCK;
                    continue;
                }
            }
            let block_end = stop.min(at + BLOCK);
            while at < block_end {
                let (character, units) = character::<WIDTH, BIG>(&raw[at..]);
                filled += character.encode_utf8(&mut out[filled..]).len();
                at += units;
            }
        }
    }
    filled
}

/// The number that a unit's bytes stand for.
fn unit<const WIDTH: usize, const BIG: bool>(bytes: [u8; WIDTH]) -> u32 {
    let mut number = 0;
    for place in 0..WIDTH {
        let byte = if BIG { bytes[place] } else { bytes[WIDTH - 1 - place] };
        number = number << 8 | u32::from(byte);
    }
    number
}

/// The first character of `raw`, which is not empty, and the number of units it takes.
fn character<const WIDTH: usize, const BIG: bool>(raw: &[[u8; WIDTH]]) -> (char, usize) {
    let first = unit::<WIDTH, BIG>(raw[0]);
    if WIDTH == 2 && (0xd800..0xdc00).contains(&first) {
        let second = raw.get(1).map_or(0, |&bytes| unit::<WIDTH, BIG>(bytes));
        if (0xdc00..0xe000).contains(&second) {
            let number = 0x1_0000 + ((first - 0xd800) << 10 | (second - 0xdc00));
            let character = char::from_u32(number).expect("a surrogate pair is a character");
            return (character, 2);
        }
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 1)
}

/// Masks a binary in place with vertical tabs, so that only strings stay: runs of four bytes and more that are
/// printable ASCII, tab, CR, LF or valid UTF-8 sequences. Line feeds stay in any case, so lines count as before.
///
/// Whether a byte stays depends on the [`REACH`] bytes at its sides only; beyond the slice nothing is printable.
pub(crate) fn mask(bytes: &mut [u8]) {
    let mut raw = [0; SPAN];
    let mut at = 0;
    while at < bytes.len() {
        let length = BLOCK.min(bytes.len() - at);
        let taken = (length + REACH).min(bytes.len() - at);
        raw[REACH..REACH + taken].copy_from_slice(&bytes[at..at + taken]);
        raw[REACH + taken..].fill(0);
        let block = &mut bytes[at..at + length];
        if length == BLOCK && raw.iter().fold(0, |all, byte| all | byte) == 0 {
            block.fill(MASK);
        } else {
            block.copy_from_slice(&masked(&raw)[..length]);
        }
        raw.copy_within(length..length + REACH, 0);
        at += length;
    }
}

/// Bytes that are masked at once.
const BLOCK: usize = 512;

/// A block and what decides about its ends.
const SPAN: usize = REACH + BLOCK + REACH;

/// The block in the middle of `raw`, masked.
///
/// Every step looks at neighbours at fixed distances only and carries nothing from byte to byte: the compiler turns
/// each loop into vector code, and compressed data, half of any random byte printable, costs no mispredicted branch.
/// That is sound for UTF-8 as well, since no lead byte can be part of another sequence.
#[expect(clippy::needless_bitwise_bool, reason = "lazy operators are branches, which do not vectorise")]
fn masked(raw: &[u8; SPAN]) -> [u8; BLOCK] {
    let mut shown = [0_u8; SPAN];
    for (shown, &byte) in shown.iter_mut().zip(raw) {
        *shown = u8::from((byte.wrapping_sub(0x20) < 0x5f) | (byte == b'\t') | (byte == b'\n') | (byte == b'\r'));
    }
    if raw.iter().fold(0, |all, byte| all | byte) >= 0xc0 {
        let lengths = sequences(raw);
        for at in 3..SPAN - 3 {
            shown[at] |=
                u8::from((lengths[at] >= 2) | (lengths[at - 1] >= 2) | (lengths[at - 2] >= 3) | (lengths[at - 3] >= 4));
        }
    }
    let mut starts = [0_u8; SPAN];
    for at in 3..SPAN - REACH {
        starts[at] = shown[at] & shown[at + 1] & shown[at + 2] & shown[at + RUN - 1];
    }
    let mut out = [0; BLOCK];
    for (index, out) in out.iter_mut().enumerate() {
        let at = index + REACH;
        let in_run = starts[at] | starts[at - 1] | starts[at - 2] | starts[at + 1 - RUN];
        *out = if (in_run != 0) | (raw[at] == b'\n') { raw[at] } else { MASK };
    }
    out
}

/// For every byte that begins a valid UTF-8 sequence of two to four bytes, its length; zero for the others (the
/// Unicode Standard, table 3-7).
#[expect(clippy::needless_bitwise_bool, reason = "lazy operators are branches, which do not vectorise")]
fn sequences(raw: &[u8; SPAN]) -> [u8; SPAN] {
    let continues = |byte: u8| (byte & 0xc0) == 0x80;
    let mut lengths = [0_u8; SPAN];
    for at in 0..SPAN - 3 {
        let (first, second) = (raw[at], raw[at + 1]);
        let two = continues(second);
        let three = two & continues(raw[at + 2]);
        let four = three & continues(raw[at + 3]);
        let is_two = two & (0xc2..=0xdf).contains(&first);
        let is_three =
            three & (first & 0xf0 == 0xe0) & ((first != 0xe0) | (second >= 0xa0)) & ((first != 0xed) | (second < 0xa0));
        let is_four = four
            & (0xf0..=0xf4).contains(&first)
            & ((first != 0xf0) | (second >= 0x90))
            & ((first != 0xf4) | (second < 0x90));
        lengths[at] = u8::from(is_two) * 2 + u8::from(is_three) * 3 + u8::from(is_four) * 4;
    }
    lengths
}

/// The next wide string in `raw` that begins at `from` or behind: eight and more units of UTF-16, low byte first, at
/// an even or odd offset, all printable ASCII, tab, CR or LF. The range is as long as it can be.
///
/// Of strings with the high byte first this finds all but the last character.
pub(crate) fn wide_string(raw: &[u8], from: usize) -> Option<Range<usize>> {
    let is_unit = |at: usize| {
        raw.get(at..at + 2).is_some_and(|unit| unit[1] == 0 && matches!(unit[0], b'\t' | b'\n' | b'\r' | 0x20..=0x7e))
    };
    let mut at = from;
    // Sixteen bytes hold an eight-byte word of any grid, so a word with a NUL in every other byte begins all finds.
    while let Some(word) = raw.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*word);
        let parity = if word & 0xff00_ff00_ff00_ff00 == 0 {
            0
        } else if word & 0x00ff_00ff_00ff_00ff == 0 {
            1
        } else {
            at += 8;
            continue;
        };
        let mut start = at + parity;
        let mut end = start;
        while start >= from + 2 && is_unit(start - 2) {
            start -= 2;
        }
        while is_unit(end) {
            end += 2;
        }
        if end >= start + WIDE_RUN * 2 {
            return Some(start..end);
        }
        at += 8;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::Offsets;

    const ALL: [Units; 4] = [Units::Utf16Le, Units::Utf16Be, Units::Utf32Le, Units::Utf32Be];

    fn encode(text: &str, units: Units) -> Vec<u8> {
        match units {
            Units::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Units::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Units::Utf32Le => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
            Units::Utf32Be => text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
        }
    }

    fn decode_all(raw: &[u8], units: Units) -> (Vec<u8>, Vec<(usize, u64)>) {
        let mut out = vec![0; units.decoded_bound(raw.len())];
        let mut checkpoints = Vec::new();
        let filled = units.decode(raw, 100, &mut out, 0, &mut checkpoints);
        out.truncate(filled);
        (out, checkpoints)
    }

    fn xorshift(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    #[test]
    fn decoding_is_the_inverse_of_encoding_and_offsets_point_back() {
        let mut state = 7;
        let alphabet: Vec<char> = "abcdefghijkl =\n\u{e9}\u{416}\u{5bc6}\u{fffd}\u{1f511}".chars().collect();
        for round in 0..40 {
            let length = round * 171;
            let text: String = (0..length)
                // Long stretches of ASCII take the fast path.
                .map(|at| match xorshift(&mut state) as usize {
                    pick if (at / 200) % 2 == 0 => alphabet[pick % 12],
                    pick => alphabet[pick % alphabet.len()],
                })
                .collect();
            for units in ALL {
                let raw = encode(&text, units);
                let (out, checkpoints) = decode_all(&raw, units);
                assert_eq!(out, text.as_bytes(), "{units:?}");
                for pair in checkpoints.windows(2) {
                    assert!(pair[1].0 - pair[0].0 <= CHECKPOINT);
                }
                let offsets = Offsets::Mapped { checkpoints: &checkpoints, unit: units.width() as u8 };
                for (at, character) in text.char_indices().step_by(37) {
                    let original = (offsets.original(&out, at) - 100) as usize;
                    let expected = encode(&character.to_string(), units);
                    assert!(raw[original..].starts_with(&expected), "{units:?} at {at}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_character_becomes_one_replacement_a_unit() {
        let raw: Vec<u8> = [0xd83d, 0x61, 0xdd11, 0xd83d, 0xd83d, 0xdd11, 0x62, 0xd83d]
            .into_iter()
            .flat_map(u16::to_le_bytes)
            .collect();
        let (out, checkpoints) = decode_all(&raw, Units::Utf16Le);
        assert_eq!(out, "\u{fffd}a\u{fffd}\u{fffd}\u{1f511}b\u{fffd}".as_bytes());
        let offsets = Offsets::Mapped { checkpoints: &checkpoints, unit: 2 };
        let b = out.iter().position(|&byte| byte == b'b').expect("planted");
        assert_eq!(offsets.original(&out, b), 100 + 12);
        let raw: Vec<u8> = [0xd800_u32, 0x61, 0x11_0000, u32::MAX].into_iter().flat_map(u32::to_be_bytes).collect();
        let (out, _) = decode_all(&raw, Units::Utf32Be);
        assert_eq!(out, "\u{fffd}a\u{fffd}\u{fffd}".as_bytes());
    }

    #[test]
    fn a_cut_never_parts_a_pair() {
        let raw = encode("a\u{1f511}b", Units::Utf16Be);
        let cuts: Vec<usize> = [0, 2, 4, 6].iter().map(|&at| Units::Utf16Be.cut(&raw, at)).collect();
        assert_eq!(cuts, [0, 2, 2, 6]);
    }

    /// The same mask, written to be evident.
    fn mask_slowly(bytes: &[u8]) -> Vec<u8> {
        let mut shown = vec![false; bytes.len()];
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            for character in chunk.valid().chars() {
                let length = character.len_utf8();
                let visible = length > 1 || matches!(character, '\t' | '\n' | '\r' | ' '..='~');
                shown[at..at + length].fill(visible);
                at += length;
            }
            at += chunk.invalid().len();
        }
        let mut out: Vec<u8> = vec![MASK; bytes.len()];
        let mut start = 0;
        while start < bytes.len() {
            let length = shown[start..].iter().take_while(|&&shown| shown).count();
            if length >= RUN {
                out[start..start + length].copy_from_slice(&bytes[start..start + length]);
            }
            start += length.max(1);
        }
        for (out, byte) in out.iter_mut().zip(bytes) {
            if *byte == b'\n' {
                *out = b'\n';
            }
        }
        out
    }

    #[test]
    fn the_mask_keeps_strings_and_line_feeds() {
        let mut bytes = b"\0\x01key=value\xff\nabc\0a\xc3\xa9b\0\xe2\x82\n\x80\x80long\xf0\x9f\x94\x91".to_vec();
        // `\nabc` is a run of four: a line feed counts.
        let expected = b"\x0b\x0bkey=value\x0b\nabc\x0ba\xc3\xa9b\x0b\x0b\x0b\n\x0b\x0blong\xf0\x9f\x94\x91";
        mask(&mut bytes);
        assert_eq!(bytes.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }

    #[test]
    fn the_mask_equals_its_evident_twin() {
        let mut state = 99;
        let pieces: [&[u8]; 14] = [
            b"\0",
            b"a",
            b"bc",
            b"\n",
            b"\x7f",
            "\u{e9}".as_bytes(),
            "\u{20ac}".as_bytes(),
            "\u{1f511}".as_bytes(),
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"\xe2\x82",
            b"\xf0\x9f\x94",
            b"\x80",
            b"\xe0\x9f\xbf",
        ];
        for round in 0..200 {
            let mut bytes = Vec::new();
            while bytes.len() < round * 11 {
                match xorshift(&mut state) as usize % 20 {
                    pick @ 0..14 => bytes.extend_from_slice(pieces[pick]),
                    14..18 => bytes.push(xorshift(&mut state) as u8),
                    18 => bytes.extend_from_slice(&[0; 700]),
                    _ => bytes.extend_from_slice(b"password = x"),
                }
            }
            let mut fast = bytes.clone();
            mask(&mut fast);
            assert_eq!(fast, mask_slowly(&bytes), "round {round}");
        }
    }

    #[test]
    fn wide_strings_are_found_at_any_offset() {
        let string = encode("user=example", Units::Utf16Le);
        for lead in 0..20 {
            for fill in [0_u8, 0xff, b'x'] {
                let mut raw = vec![fill; lead];
                // A byte that cannot belong to the string.
                raw.push(0xfe);
                let start = raw.len();
                raw.extend_from_slice(&string);
                raw.extend_from_slice(b"\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
                let end = start + string.len();
                assert_eq!(wide_string(&raw, 0), Some(start..end), "lead {lead} fill {fill}");
                assert_eq!(wide_string(&raw, end), None);
            }
        }
        assert_eq!(wide_string(&encode("sevenxx", Units::Utf16Le), 0), None);
        assert_eq!(wide_string(&encode("eightxxx", Units::Utf16Le), 0), Some(0..16));
        assert_eq!(wide_string(&[0; 64], 0), None);
        assert_eq!(wide_string(b"", 0), None);
    }
}
