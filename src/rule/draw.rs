//! Random texts that an expression matches, for samples of rules that come without any.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Repetitions beyond the least that are drawn at most.
const SPREAD: u32 = 24;

/// Xorshift64* (Vigna 2016, "An experimental exploration of Marsaglia's xorshift generators"). Not for secrets: for
/// texts that look like them.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that repeats itself for the same `seed`.
    pub fn new(seed: &str) -> Self {
        // FNV-1a, 64 bits; zero would be a fixed point of the generator.
        let hash = seed
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(hash | 1)
    }

    /// A number below `bound`, which is at least 1.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % bound
    }
}

/// A random text for `pattern`, of printable ASCII where the pattern leaves the choice. Look-around is not heeded, so
/// that a text drawn for a pattern with any may not match it. None where the pattern cannot be read or only matches
/// bytes that are no ASCII.
pub fn draw(pattern: &str, random: &mut Random) -> Option<String> {
    let hir = super::loader::syntax::parse(pattern).ok()?;
    let mut out = Vec::new();
    draw_into(&hir, random, &mut out)?;
    String::from_utf8(out).ok()
}

fn draw_into(hir: &Hir, random: &mut Random, out: &mut Vec<u8>) -> Option<()> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend_from_slice(&literal.0),
        HirKind::Class(class) => {
            let bytes: Vec<u8> = match class {
                Class::Bytes(class) => class.iter().flat_map(|range| range.start()..=range.end()).collect(),
                Class::Unicode(class) => {
                    let class = class.to_byte_class()?;
                    class.iter().flat_map(|range| range.start()..=range.end()).collect()
                }
            };
            // Escapes would mean something else to the formats around the text.
            let plain = |byte: &u8| (b' '..=b'~').contains(byte) && !matches!(byte, b'\\' | b'%');
            let good: Vec<u8> = bytes.iter().copied().filter(plain).collect();
            let from = if good.is_empty() { bytes } else { good };
            out.push(*from.get(random.below(from.len().max(1)))?);
        }
        HirKind::Capture(capture) => draw_into(&capture.sub, random, out)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| draw_into(part, random, out))?,
        HirKind::Alternation(parts) => draw_into(&parts[random.below(parts.len())], random, out)?,
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(SPREAD));
            let count = repetition.min as usize + random.below((most - repetition.min + 1) as usize);
            (0..count).try_for_each(|_| draw_into(&repetition.sub, random, out))?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_matches() {
        for pattern in [r"ab_[0-9a-f]{32}", r"(?i:key)[ \t]{0,4}=(x|yz)", r"[^\r\n]{1,9}\.[A-Z]+"] {
            let whole = regex::Regex::new(&format!(r"\A(?:{pattern})\z")).unwrap();
            let mut random = Random::new(pattern);
            for _ in 0..50 {
                let text = draw(pattern, &mut random).unwrap();
                assert!(whole.is_match(&text), "{pattern}: {text}");
            }
        }
        assert_eq!(draw("(", &mut Random::new("")), None);
    }
}
