//! The shape of a value: which bytes may stand at each of its first places, and right behind it.
//!
//! A shape keeps less than the expression it is made of (not which byte follows which), so that every match has it and
//! most other text does not. Thirty-two hex digits and an end are told from a path or a long name by a few look-ups.

use regex_syntax::hir::{Hir, HirKind, Literal, Look};
use serde::{Deserialize, Serialize};

use super::syntax::{ByteSet, class_set};

/// Places that a shape speaks of at most: a SHA-256 in hex, what ends it, and some more.
pub const MAX_SHAPE: usize = 96;

/// For each place from a match's start on, the bytes that may stand there; of equal neighbours one with their number.
/// Behind the last place anything may follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape(Vec<(ByteSet, u8)>);

impl Shape {
    /// The shape of matches of `parts`, one right behind the other.
    pub(super) fn of(parts: &[&Hir]) -> Self {
        let mut places = vec![ByteSet::empty(); MAX_SHAPE];
        let ends = parts.iter().fold(1, |starts, part| walk(part, starts, &mut places));
        // From the first place where a match may have ended on, nothing is known.
        places.truncate(ends.trailing_zeros() as usize);
        let mut runs: Vec<(ByteSet, u8)> = Vec::new();
        for place in places {
            match runs.last_mut() {
                Some((set, count)) if *set == place => *count += 1,
                _ => runs.push((place, 1)),
            }
        }
        Self(runs)
    }

    /// The bytes that may stand at each place.
    pub fn places(&self) -> impl Iterator<Item = &ByteSet> {
        self.0.iter().flat_map(|(set, count)| std::iter::repeat_n(set, usize::from(*count)))
    }
}

/// Adds the bytes of all matches of `hir` that begin at the places `starts` (a set of bits), and returns the places at
/// which those matches end. What lies at [`MAX_SHAPE`] or behind is dropped.
fn walk(hir: &Hir, starts: u128, places: &mut [ByteSet]) -> u128 {
    const KNOWN: u128 = (1 << MAX_SHAPE) - 1;
    let step = |starts: u128, set: &ByteSet, places: &mut [ByteSet]| {
        for (at, place) in places.iter_mut().enumerate() {
            if starts >> at & 1 == 1 {
                place.extend(set);
            }
        }
        starts << 1 & KNOWN
    };
    if starts == 0 {
        return 0;
    }
    match hir.kind() {
        // The end of the text has no byte; whoever compares a shape with a text stops there.
        HirKind::Look(Look::End) => 0,
        HirKind::Empty | HirKind::Look(_) => starts,
        HirKind::Literal(Literal(bytes)) => {
            bytes.iter().fold(starts, |starts, &byte| step(starts, &ByteSet::of(|other| other == byte), places))
        }
        HirKind::Class(class) => step(starts, &class_set(class), places),
        HirKind::Capture(capture) => walk(&capture.sub, starts, places),
        HirKind::Concat(parts) => parts.iter().fold(starts, |starts, part| walk(part, starts, places)),
        HirKind::Alternation(parts) => parts.iter().fold(0, |ends, part| ends | walk(part, starts, places)),
        HirKind::Repetition(repetition) => {
            let mut now = (0..repetition.min).fold(starts, |now, _| walk(&repetition.sub, now, places));
            let mut ends = now;
            let most = repetition.max.unwrap_or(u32::MAX);
            for _ in repetition.min..most {
                // Only places that were not begun at before can lead to anything new.
                now = walk(&repetition.sub, now, places) & !ends;
                if now == 0 {
                    break;
                }
                ends |= now;
            }
            ends
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::syntax::parse;
    use super::*;

    fn shape(patterns: &[&str]) -> Vec<String> {
        let parts: Vec<Hir> = patterns.iter().map(|pattern| parse(pattern).expect("a test pattern")).collect();
        let text = |set: &ByteSet| match set.iter().count() {
            0..=8 => set.iter().map(char::from).collect(),
            count => format!("{count}"),
        };
        Shape::of(&parts.iter().collect::<Vec<_>>()).places().map(text).collect()
    }

    #[test]
    fn places_and_the_end() {
        assert_eq!(shape(&["ab[0-3]"]), ["a", "b", "0123"]);
        assert_eq!(shape(&["[ab]{2}", r"(?:[^a-z]|\z)"]), ["ab", "ab", "230"]);
        assert_eq!(shape(&["a{1,3}b"]), ["a", "ab"], "it may end at the third place");
        assert_eq!(shape(&["a{1,3}", "[.]"]), ["a", ".a"]);
        assert_eq!(shape(&["(?:ab|cde)f"]), ["ac", "bd", "ef"]);
        let dated = shape(&["x(?:-[0-9]{2}){2}$"]);
        assert_eq!(dated[..8], ["x", "-", "10", "10", "-", "10", "10", ""], "nothing may follow the last digit");
        assert_eq!(shape(&["a?"]), [""; 0], "what may be empty says nothing");
        assert_eq!(shape(&["[ab]{200}"]).len(), MAX_SHAPE);
        assert_eq!(shape(&["(?:ab){0,60}c"]), ["ac"]);
    }
}
