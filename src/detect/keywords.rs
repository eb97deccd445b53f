//! Keywords before a value: which of the words that rules ask for stand in reach of a candidate.
//!
//! A table of the hashes of four bytes tells nearly every place of a text at once, without the chain of look-ups of an
//! automaton: the places do not wait for each other, and the table fits into the first-level cache.

use std::collections::{BTreeMap, VecDeque};

use super::shapes::ShapeTable;
use crate::rule::RuleSet;
use crate::rule::assign::begins_word;

/// Where the keywords of a lane may stand.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Places {
    /// Anywhere.
    All,
    /// Where a word begins.
    Words,
}

/// The keywords of one lane.
pub(super) struct Keywords<const WORDS: usize> {
    index: WordIndex,
    places: Places,
    /// For each keyword the rules that ask for it.
    rules: Vec<Vec<usize>>,
    /// What the values of the lane look like, with the byte before them.
    pub(super) shapes: ShapeTable<WORDS>,
    /// Bytes of the longest keyword.
    pub(super) longest: usize,
    /// Longest context of a rule of the lane.
    reach: usize,
}

impl<const WORDS: usize> Keywords<WORDS> {
    pub(super) fn new(rules: &RuleSet, members: &[usize], places: Places) -> Self {
        let mut by_word: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &index in members {
            let rule = &rules.get(index).rule;
            rule.keywords.iter().for_each(|word| by_word.entry(word).or_default().push(index));
        }
        let reach = members.iter().map(|&index| rules.get(index).context_max).max().unwrap_or(0);
        let longest = by_word.keys().map(|word| word.len()).max().unwrap_or(0);
        let shapes = ShapeTable::with_byte_before(rules, members);
        let index = WordIndex::new(by_word.keys().copied());
        Self { index, places, shapes, rules: by_word.into_values().collect(), longest, reach }
    }
}

/// Lower-case words of three bytes or more, found in a text whatever its case.
struct WordIndex {
    /// One bit for each hash of the first five bytes of a word.
    long: Box<[u64; 1024]>,
    /// One bit for each hash of the first three bytes of a word that has less than five.
    short: Box<[u64; 1024]>,
    /// For each short hash of three bytes the place in `words` of the first with that hash; one more at the end.
    buckets: Box<[u16; BUCKETS + 1]>,
    /// In the order of those hashes.
    words: Vec<Word>,
}

/// Places that are looked at together.
const STEP: usize = 32;

/// Short hashes of the first three bytes of words.
const BUCKETS: usize = 1 << 12;

struct Word {
    /// The first four bytes as [`WordIndex::key`] makes them, of which `mask` leaves those that the word has.
    head: u32,
    mask: u32,
    /// Its place among the words that the index was made of.
    number: usize,
    bytes: Box<[u8]>,
}

impl WordIndex {
    fn new<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let (mut long, mut short) = (Box::new([0; 1024]), Box::new([0; 1024]));
        let mut words: Vec<Word> = words
            .enumerate()
            .map(|(number, word)| {
                let bytes = word.as_bytes();
                let mut four = [0; 4];
                four.iter_mut().zip(bytes).for_each(|(to, &from)| *to = from);
                let mask = if bytes.len() > 3 { u32::MAX } else { 0x00ff_ffff };
                let head = Self::key(four) & mask;
                let fifth = bytes.get(4).copied();
                let hash = fifth.map_or(Self::hash(head & 0x00ff_ffff), |fifth| Self::hash_five(head, fifth));
                let bits = if fifth.is_some() { &mut long } else { &mut short };
                bits[hash >> 6] |= 1 << (hash & 63);
                Word { head, mask, number, bytes: Box::from(bytes) }
            })
            .collect();
        words.sort_by_key(|word| (Self::bucket(word.head), word.number));
        let mut buckets = Box::new([0; BUCKETS + 1]);
        for (bucket, first) in buckets.iter_mut().enumerate() {
            let place = words.partition_point(|word| Self::bucket(word.head) < bucket);
            *first = u16::try_from(place).expect("rule packs have some thousands of keywords");
        }
        Self { long, short, buckets, words }
    }

    /// Four bytes as a number in which upper and lower case are the same; so are a few other bytes.
    #[inline]
    fn key(bytes: [u8; 4]) -> u32 {
        u32::from_le_bytes(bytes) | 0x2020_2020
    }

    /// Sixteen bits by multiplication with the golden ratio.
    #[inline]
    fn hash(key: u32) -> usize {
        (key.wrapping_mul(0x9e37_79b1) >> 16) as usize
    }

    /// The hash of five bytes, of which `key` has four.
    #[inline]
    fn hash_five(key: u32, fifth: u8) -> usize {
        Self::hash(key ^ u32::from(fifth | 0x20).wrapping_mul(0x85eb_ca6b))
    }

    #[inline]
    fn bucket(key: u32) -> usize {
        Self::hash(key & 0x00ff_ffff) >> 4
    }

    /// One if a word may begin with the bytes of `key` and `fifth`.
    #[inline]
    fn may_begin(&self, key: u32, fifth: u8) -> u64 {
        let (long, short) = (Self::hash_five(key, fifth), Self::hash(key & 0x00ff_ffff));
        (self.long[long >> 6] >> (long & 63) | self.short[short >> 6] >> (short & 63)) & 1
    }

    /// Calls `found` with start, end and number of each word of `text` that begins in `places`.
    #[inline]
    fn find(&self, text: &[u8], places: std::ops::Range<usize>, mut found: impl FnMut(usize, usize, usize)) {
        let mut at = places.start;
        // Four places at a time: one branch for all of them, and none of the look-ups waits for another.
        while at + 4 <= places.end
            && let Some(&eight) = text[at..].first_chunk::<8>()
        {
            let eight = u64::from_le_bytes(eight) | 0x2020_2020_2020_2020;
            let bit = |place: u32| {
                let from = eight >> (8 * place);
                self.may_begin(from as u32, (from >> 32) as u8) << place
            };
            let mut hits = bit(0) | bit(1) | bit(2) | bit(3);
            while hits != 0 {
                let place = hits.trailing_zeros();
                hits &= hits - 1;
                self.verify(text, at + place as usize, (eight >> (8 * place)) as u32, &mut found);
            }
            at += 4;
        }
        // A value of sixteen bytes and more follows, so that five bytes can be read at every place.
        for at in at..places.end {
            if let Some(&[a, b, c, d, fifth]) = text[at..].first_chunk::<5>() {
                let key = Self::key([a, b, c, d]);
                if self.may_begin(key, fifth) != 0 {
                    self.verify(text, at, key, &mut found);
                }
            }
        }
    }

    /// As [`WordIndex::find`], at those places where a word begins.
    #[inline]
    fn find_at_words(&self, text: &[u8], places: std::ops::Range<usize>, mut found: impl FnMut(usize, usize, usize)) {
        let mut probe = |at: usize| {
            if let Some(&[a, b, c, d, fifth]) = text[at..].first_chunk::<5>() {
                let key = Self::key([a, b, c, d]);
                if self.may_begin(key, fifth) != 0 {
                    self.verify(text, at, key, &mut found);
                }
            }
        };
        let mut at = places.start;
        if at == 0 && at < places.end {
            probe(at);
            at += 1;
        }
        // Comparisons of bytes that the compiler turns into vectors; few places begin a word.
        while at + STEP <= places.end {
            let mut begins = [0; STEP];
            for ((begins, &before), &byte) in
                begins.iter_mut().zip(&text[at - 1..at - 1 + STEP]).zip(&text[at..at + STEP])
            {
                let capital = before.is_ascii_lowercase() & byte.is_ascii_uppercase();
                *begins = u8::from(byte.is_ascii_alphanumeric() & (!before.is_ascii_alphabetic() | capital));
            }
            for (eight, begins) in begins.chunks_exact(8).enumerate() {
                let mut begins = u64::from_le_bytes(begins.try_into().expect("eight bytes"));
                while begins != 0 {
                    probe(at + 8 * eight + begins.trailing_zeros() as usize / 8);
                    begins &= begins - 1;
                }
            }
            at += STEP;
        }
        (at..places.end).filter(|&at| begins_word(Some(text[at - 1]), text[at])).for_each(probe);
    }

    fn verify(&self, text: &[u8], at: usize, key: u32, found: &mut impl FnMut(usize, usize, usize)) {
        let bucket = Self::bucket(key);
        let range = usize::from(self.buckets[bucket])..usize::from(self.buckets[bucket + 1]);
        for word in self.words[range].iter().filter(|word| key & word.mask == word.head) {
            let here = text[at..].get(..word.bytes.len());
            if here.is_some_and(|here| here.eq_ignore_ascii_case(&word.bytes)) {
                found(at, at + word.bytes.len(), word.number);
            }
        }
    }
}

/// Keywords seen lately. Each byte of a text is searched for keywords at most once, and only if it lies in reach of a
/// candidate.
#[derive(Default)]
pub(super) struct KeywordWindow {
    /// Start and end of each hit and the keyword, in order of their starts.
    hits: VecDeque<(usize, usize, usize)>,
    /// The places before this one have been searched, as far as they lie in reach.
    searched: usize,
    /// For each rule the number of the last candidate that it was tried at.
    tried: Vec<u32>,
    /// The number of the candidate. Candidates of all texts are counted: to forget those of the text before would take as
    /// long as there are rules, for each of the many texts that are short.
    candidate: u32,
}

impl KeywordWindow {
    pub(super) fn new(rules: usize) -> Self {
        Self { hits: VecDeque::new(), searched: 0, tried: vec![0; rules], candidate: 0 }
    }

    pub(super) fn reset(&mut self) {
        self.hits.clear();
        self.searched = 0;
    }

    /// Moves the window to what lies before `at`, no further back than `least` and than the rules reach. Whether any
    /// keyword begins there.
    #[inline]
    pub(super) fn move_to<const WORDS: usize>(
        &mut self,
        keywords: &Keywords<WORDS>,
        text: &[u8],
        at: usize,
        least: usize,
    ) -> bool {
        let reach = at.saturating_sub(keywords.reach).max(least);
        while self.hits.front().is_some_and(|&(start, ..)| start < reach) {
            self.hits.pop_front();
        }
        let hits = &mut self.hits;
        let from = reach.max(self.searched);
        if from < at {
            let found = |start, end, keyword| hits.push_back((start, end, keyword));
            match keywords.places {
                Places::All => keywords.index.find(text, from..at, found),
                Places::Words => keywords.index.find_at_words(text, from..at, found),
            }
            self.searched = at;
        }
        !self.hits.is_empty()
    }

    /// Calls `found` with the end of each keyword in the window before `at` and a rule that it belongs to; with other
    /// keywords of the rule too, as long as it returns false.
    pub(super) fn rules_before<const WORDS: usize>(
        &mut self,
        keywords: &Keywords<WORDS>,
        at: usize,
        mut found: impl FnMut(usize, usize) -> bool,
    ) {
        self.candidate = self.candidate.checked_add(1).unwrap_or_else(|| {
            self.tried.fill(0);
            1
        });
        for &(_, end, keyword) in self.hits.iter().filter(|&&(_, end, _)| end <= at) {
            for &rule in &keywords.rules[keyword] {
                if self.tried[rule] != self.candidate && found(end, rule) {
                    self.tried[rule] = self.candidate;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_their_case() {
        let index = WordIndex::new(["acme", "aha", "acme_cloud", "cloud"].into_iter());
        let all = |text: &str| {
            let mut out = Vec::new();
            index.find(text.as_bytes(), 0..text.len(), |start, end, word| out.push((start, end, word)));
            out
        };
        assert_eq!(all("an ACME_Cloud key: xxxx"), [(3, 7, 0), (3, 13, 2), (8, 13, 3)]);
        assert_eq!(all("Aha! xxxx"), [(0, 3, 1)]);
        assert_eq!(all("acm\u{45}!"), [(0, 4, 0)], "at the end of the text");
        assert_eq!(all("AHA"), [], "no value follows");
        assert_eq!(all("a-me clou d@"), []);
    }

    #[test]
    fn at_words_is_everywhere_but_inside_of_words() {
        let index = WordIndex::new(["acme", "aha", "1pass", "me"].into_iter().filter(|word| word.len() > 2));
        let text = b"acme Acme myAcme MYACME _acme9acme 1pass x1pass aha,AHA;ahA xacme\nacme...............".repeat(3);
        let collect = |at_words: bool, places: std::ops::Range<usize>| {
            let mut out = Vec::new();
            let push = |start, end, word| out.push((start, end, word));
            if at_words {
                index.find_at_words(&text, places, push);
            } else {
                index.find(&text, places, push);
            }
            out
        };
        let begins = |at: usize| begins_word(at.checked_sub(1).map(|before| text[before]), text[at]);
        for from in 0..40 {
            let mut all = collect(false, from..text.len());
            assert!(from > 0 || all.len() > 30);
            all.retain(|&(start, ..)| begins(start));
            assert_eq!(collect(true, from..text.len()), all);
        }
    }

    #[test]
    fn places_are_searched_once_and_words_that_end_later_are_kept() {
        let index = WordIndex::new(["acme_cloud"].into_iter());
        let mut starts = Vec::new();
        let text = b"acme_cloud acme_cloud xxxxxxxx";
        for places in [0..5, 5..12, 12..text.len()] {
            index.find(text, places, |start, _, _| starts.push(start));
        }
        assert_eq!(starts, [0, 11]);
    }
}
