//! The shapes of many rules' values, compared with a text at once.

use crate::rule::{ByteSet, RuleSet};

/// Shapes that are told apart. Rules share them, and what is beyond the last shares that.
const SHAPES: usize = 64;

/// For each place and byte the set of shapes that allow it, as bits.
pub(super) struct ShapeTable {
    /// As many as the longest shape has places. Few are used by far: most texts fail at one of the first.
    places: Vec<[u64; 256]>,
    /// For each rule of the set the bit of its shape; zero for rules that are not in the table.
    bits: Vec<u64>,
}

impl ShapeTable {
    /// The shapes of the rules `members`, from the first byte of their values on.
    pub(super) fn of_values(rules: &RuleSet, members: &[usize]) -> Self {
        let shape = |&index: &usize| (index, rules.get(index).shape.places().cloned().collect());
        Self::new(rules.len(), members.iter().map(shape))
    }

    /// The shapes of the rules `members`, from the byte before their values on.
    pub(super) fn with_byte_before(rules: &RuleSet, members: &[usize]) -> Self {
        let shape = |&index: &usize| {
            let rule = rules.get(index);
            let before = ByteSet::of(|byte| rule.before.binary_search(&byte).is_ok());
            (index, std::iter::once(before).chain(rule.shape.places().cloned()).collect())
        };
        Self::new(rules.len(), members.iter().map(shape))
    }

    fn new(rules: usize, members: impl Iterator<Item = (usize, Vec<ByteSet>)>) -> Self {
        let mut shapes: Vec<Vec<ByteSet>> = Vec::new();
        let mut bits = vec![0; rules];
        for (index, shape) in members {
            let number = shapes.iter().position(|known| *known == shape).unwrap_or_else(|| {
                shapes.push(shape);
                shapes.len() - 1
            });
            bits[index] = 1 << number.min(SHAPES - 1);
        }
        let longest = shapes.iter().map(Vec::len).max().unwrap_or(0);
        let mut places = vec![[0; 256]; longest];
        let anything = ByteSet::of(|_| true);
        for (number, shape) in shapes.iter().enumerate() {
            for (place, set) in places.iter_mut().zip(shape.iter().chain(std::iter::repeat(&anything))) {
                set.iter().for_each(|byte| place[usize::from(byte)] |= 1 << number.min(SHAPES - 1));
            }
        }
        Self { places, bits }
    }

    /// The shapes that `text` begins with. What lies behind its end is not held against any.
    #[inline]
    pub(super) fn of(&self, text: &[u8]) -> u64 {
        let mut shapes = u64::MAX;
        for (place, &byte) in self.places.iter().zip(text) {
            shapes &= place[usize::from(byte)];
            if shapes == 0 {
                break;
            }
        }
        shapes
    }

    /// Whether the shape of `rule` is among `shapes`.
    #[inline]
    pub(super) fn has(&self, shapes: u64, rule: usize) -> bool {
        shapes & self.bits[rule] != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(bytes: &[u8]) -> ByteSet {
        ByteSet::of(|byte| bytes.contains(&byte))
    }

    #[test]
    fn a_text_has_the_shapes_that_allow_its_bytes() {
        let (digit, dash) = (set(b"0123456789"), set(b"-"));
        let members =
            [(0, vec![digit.clone(), dash.clone()]), (2, vec![digit.clone()]), (3, vec![digit.clone(), dash])];
        let table = ShapeTable::new(5, members.into_iter());
        let of = |text: &[u8]| (0..5).filter(|&rule| table.has(table.of(text), rule)).collect::<Vec<_>>();
        assert_eq!(of(b"1-x"), [0, 2, 3]);
        assert_eq!(of(b"1x"), [2], "behind its last place a shape says nothing");
        assert_eq!(of(b"x-"), [0; 0]);
        assert_eq!(of(b"1"), [0, 2, 3], "the end of the text is held against none");
        assert_eq!(of(b""), [0, 2, 3]);
    }

    #[test]
    fn more_shapes_than_bits_share_the_last() {
        let members = (0..200_u8).map(|number| (usize::from(number), vec![set(&[number])]));
        let table = ShapeTable::new(201, members);
        for number in 0..=255_u8 {
            let shapes = table.of(&[number]);
            for rule in 0..201 {
                let shared = rule >= SHAPES - 1 && (SHAPES - 1..200).contains(&usize::from(number)) && rule < 200;
                assert_eq!(table.has(shapes, rule), shared || (rule < 200 && rule == usize::from(number)), "{rule}");
            }
        }
    }
}
