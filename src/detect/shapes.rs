//! The shapes of many rules' values, compared with a text at once.

use std::collections::{BTreeMap, BTreeSet};

use crate::rule::lane::RUN;
use crate::rule::shape::Shape;
use crate::rule::{ByteSet, RuleSet};

/// A set of shapes, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shapes<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> Default for Shapes<WORDS> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<const WORDS: usize> Shapes<WORDS> {
    pub(super) const NONE: Self = Self([0; WORDS]);

    /// Shapes that are told apart. Rules share them, and what is beyond the last shares that.
    const MOST: usize = 64 * WORDS;

    fn insert(&mut self, number: usize) {
        let number = number.min(Self::MOST - 1);
        self.0[number / 64] |= 1 << (number % 64);
    }

    #[inline]
    fn and(self, other: Self) -> Self {
        let mut words = self.0;
        for (mine, theirs) in words.iter_mut().zip(other.0) {
            *mine &= theirs;
        }
        Self(words)
    }

    #[inline]
    pub(super) fn or(self, other: Self) -> Self {
        let mut words = self.0;
        for (mine, theirs) in words.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
        Self(words)
    }

    /// True without any.
    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.0 == [0; WORDS]
    }
}

/// For each place and byte the set of shapes that allow it; 64 times `WORDS` shapes are told apart.
pub(super) struct ShapeTable<const WORDS: usize> {
    /// As many as the longest shape has places. Few are used by far: most texts fail at one of the first.
    places: Vec<[Shapes<WORDS>; 256]>,
    /// For each place the shapes that say anything of it or of a later one.
    open: Vec<Shapes<WORDS>>,
    /// For each rule of the set its shapes; none for rules that are not in the table.
    of_rules: Vec<Shapes<WORDS>>,
}

impl<const WORDS: usize> ShapeTable<WORDS> {
    /// The shapes of the rules `members`, from the first byte of their values on.
    pub(super) fn of_values(rules: &RuleSet, members: &[usize]) -> Self {
        let shapes = |&index: &usize| (index, rules.get(index).shapes.iter().map(places).collect());
        Self::new(rules.len(), members.iter().map(shapes))
    }

    /// The shapes of the rules `members`, from the byte before their values on.
    pub(super) fn with_byte_before(rules: &RuleSet, members: &[usize]) -> Self {
        let shapes = |&index: &usize| {
            let rule = rules.get(index);
            let shape = |shape| std::iter::once(rule.before.clone()).chain(places(shape)).collect();
            (index, rule.shapes.iter().map(shape).collect())
        };
        Self::new(rules.len(), members.iter().map(shapes))
    }

    fn new(rules: usize, members: impl Iterator<Item = (usize, Vec<Vec<ByteSet>>)>) -> Self {
        let mut members: Vec<(usize, Vec<Vec<ByteSet>>)> = members.collect();
        // Shapes differ early, so that comparing them is less work than hashing all their bytes.
        let distinct: BTreeSet<&Vec<ByteSet>> = members.iter().flat_map(|(_, shapes)| shapes).collect();
        if distinct.len() > Shapes::<WORDS>::MOST {
            let alphabets = Alphabets::new();
            members.iter_mut().flat_map(|(_, shapes)| shapes).for_each(|shape| alphabets.coarsen(shape));
        }
        let mut numbers: BTreeMap<Vec<ByteSet>, usize> = BTreeMap::new();
        let mut of_rules = vec![Shapes::NONE; rules];
        for (index, shapes) in members {
            for shape in shapes {
                let next = numbers.len();
                of_rules[index].insert(*numbers.entry(shape).or_insert(next));
            }
        }
        let longest = numbers.keys().map(Vec::len).max().unwrap_or(0);
        let mut places = vec![[Shapes::NONE; 256]; longest];
        let anything = ByteSet::of(|_| true);
        let mut open = vec![Shapes::NONE; longest];
        let mut shapes: Vec<_> = numbers.iter().collect();
        shapes.sort_unstable_by_key(|(_, number)| **number);
        for (shape, &number) in shapes {
            open[..shape.len()].iter_mut().for_each(|open| open.insert(number));
            for (place, set) in places.iter_mut().zip(shape.iter().chain(std::iter::repeat(&anything))) {
                set.iter().for_each(|byte| place[usize::from(byte)].insert(number));
            }
        }
        Self { places, open, of_rules }
    }

    /// The shapes that `text` begins with. What lies behind its end is not held against any.
    #[inline]
    pub(super) fn of(&self, text: &[u8]) -> Shapes<WORDS> {
        self.of_these(Shapes([u64::MAX; WORDS]), text)
    }

    /// Those of `shapes` that `text` begins with.
    #[inline]
    pub(super) fn of_these(&self, mut shapes: Shapes<WORDS>, text: &[u8]) -> Shapes<WORDS> {
        for ((place, open), &byte) in self.places.iter().zip(&self.open).zip(text) {
            // What is left has all been said: this holds of the empty set too.
            if shapes.and(*open).is_empty() {
                break;
            }
            shapes = shapes.and(place[usize::from(byte)]);
        }
        shapes
    }

    /// The shapes of `rule`.
    #[inline]
    pub(super) fn of_rule(&self, rule: usize) -> Shapes<WORDS> {
        self.of_rules[rule]
    }

    /// Whether a shape of `rule` is among `shapes`.
    #[inline]
    pub(super) fn has(&self, shapes: Shapes<WORDS>, rule: usize) -> bool {
        !shapes.and(self.of_rules[rule]).is_empty()
    }
}

/// What shapes are made coarser with.
struct Alphabets {
    /// Letters and digits.
    plain: ByteSet,
    /// And hyphens.
    hyphened: ByteSet,
}

impl Alphabets {
    fn new() -> Self {
        let plain = ByteSet::of(|byte| byte.is_ascii_alphanumeric());
        let hyphened = ByteSet::of(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        Self { plain, hyphened }
    }

    /// Forgets what tells a shape from its like more than it tells it from other texts: what follows three literal
    /// bytes, what follows sixteen letters, digits and hyphens, and which alphabet within letters and digits it is.
    fn coarsen(&self, shape: &mut Vec<ByteSet>) {
        if let Some(head) = shape.windows(3).take(2).position(|head| head.iter().all(ByteSet::is_one)) {
            shape.truncate(head + 3);
            return;
        }
        if shape.len() > RUN && shape[1..=RUN].iter().all(|set| set.is_subset(&self.hyphened)) {
            shape.truncate(RUN + 1);
            shape[1..].fill(self.hyphened.clone());
            return;
        }
        let within = shape.iter_mut().filter(|set| !set.is_one() && set.is_subset(&self.plain));
        within.for_each(|set| self.plain.clone_into(set));
    }
}

fn places(shape: &Shape) -> Vec<ByteSet> {
    shape.places().cloned().collect()
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
        let members = [
            (0, vec![vec![digit.clone(), dash.clone()]]),
            (2, vec![vec![digit.clone()]]),
            (3, vec![vec![digit.clone(), dash]]),
        ];
        let table = ShapeTable::<1>::new(5, members.into_iter());
        let of = |text: &[u8]| (0..5).filter(|&rule| table.has(table.of(text), rule)).collect::<Vec<_>>();
        assert_eq!(of(b"1-x"), [0, 2, 3]);
        assert_eq!(of(b"1x"), [2], "behind its last place a shape says nothing");
        assert_eq!(of(b"x-"), [0; 0]);
        assert_eq!(of(b"1"), [0, 2, 3], "the end of the text is held against none");
        assert_eq!(of(b""), [0, 2, 3]);
    }

    const SHAPES: usize = Shapes::<3>::MOST;

    #[test]
    fn more_shapes_than_bits_share_the_last() {
        let pair = |number: usize| [(number / 256) as u8, (number % 256) as u8];
        let places = |number: usize| pair(number).iter().map(|&byte| set(&[byte])).collect();
        let rules = 2 * SHAPES;
        let table = ShapeTable::<3>::new(rules + 1, (0..rules).map(|number| (number, vec![places(number)])));
        for number in [0, 1, 255, SHAPES - 2, SHAPES - 1, SHAPES, rules - 1] {
            let shapes = table.of(&pair(number));
            for rule in 0..rules {
                // Those that share a bit have the shape of all of them together.
                let shared = rule >= SHAPES - 1;
                assert!(
                    table.has(shapes, rule) || rule != number && !(shared && number >= SHAPES - 1),
                    "{number} {rule}"
                );
                assert!(!table.has(shapes, rule) || shared || rule == number, "{number} {rule}");
            }
            assert!(!table.has(shapes, rules), "a rule without shapes");
        }
    }
}
