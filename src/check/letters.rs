//! Whether the letters of a value follow each other as in words, or as drawn at random.
//!
//! The measure is the mean, over the pairs of neighbouring letters, of how much likelier the pair is within words than in
//! random text. The table is `patterns/letter-pairs.tsv`; the script beside it tells how it was made.

use std::sync::LazyLock;

/// Letters that a value needs for the measure to say anything: shorter words are often abbreviations.
const LEAST: i32 = 10;

/// Eighths of a bit a pair. How many random values and how many names stay under it is tested below.
const RANDOM: i32 = 0;

/// The bound for values of under 12 letters, where chance plays a larger part.
const RANDOM_SHORT: i32 = -2;

/// Logarithms of likelihood ratios, in eighths of a bit: first letter, second letter.
static PAIRS: LazyLock<[[i8; 26]; 26]> = LazyLock::new(|| {
    let mut pairs = [[0; 26]; 26];
    let rows = include_str!("../../patterns/letter-pairs.tsv").lines().filter(|line| !line.starts_with('#'));
    for (row, line) in pairs.iter_mut().zip(rows) {
        for (cell, text) in row.iter_mut().zip(line.split('\t').skip(1)) {
            *cell = text.parse().expect("the embedded table holds small numbers");
        }
    }
    pairs
});

/// The sum of the measure over the pairs of letters of `value`, whatever their case, the number of pairs and of letters.
fn sum_of_pairs(value: &[u8]) -> (i32, i32, i32) {
    let (mut sum, mut pairs, mut letters) = (0i32, 0i32, 0);
    let mut before: Option<usize> = None;
    for byte in value {
        let letter = byte.is_ascii_alphabetic().then(|| usize::from(byte.to_ascii_lowercase() - b'a'));
        letters += i32::from(letter.is_some());
        if let (Some(first), Some(second)) = (before, letter) {
            sum += i32::from(PAIRS[first][second]);
            pairs += 1;
        }
        before = letter;
    }
    (sum, pairs, letters)
}

/// How much likelier the pairs of letters of `value` are within words than at random: eighths of a bit a pair, 0 without
/// a pair.
pub(super) fn likeness(value: &[u8]) -> f64 {
    let (sum, pairs, _) = sum_of_pairs(value);
    if pairs == 0 { 0.0 } else { f64::from(sum) / f64::from(pairs) }
}

/// Whether the letters of `value`, whatever their case, are no words. False where there are too few to tell.
pub(super) fn are_random(value: &[u8]) -> bool {
    let (sum, pairs, letters) = sum_of_pairs(value);
    let bound = if letters < 12 { RANDOM_SHORT } else { RANDOM };
    letters >= LEAST && pairs * 2 >= LEAST && sum < bound * pairs
}

/// Whether a longer word, in lower case, has a vowel at least every five letters. Short ones are abbreviations as often. For
/// the words of a value, most of which have too few letters for [`are_random`].
pub(super) fn can_be_said(word: &str) -> bool {
    const ABBREVIATION: usize = 6;
    const CONSONANTS: usize = 4;
    let consonants = word.split(|letter| matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y') || !letter.is_ascii());
    word.len() <= ABBREVIATION || consonants.map(str::len).max().unwrap_or(0) <= CONSONANTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    /// How many of 10,000 values of `length` letters, drawn by a fixed seed, count as random.
    fn drawn_as_random(length: usize) -> usize {
        // Xorshift (Marsaglia 2003, section 3): the draw has to be even and the same at each run, no more.
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut letter = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            b'a' + u8::try_from((state >> 33) % 26).expect("26 letters")
        };
        (0..10_000).filter(|_| are_random(&(0..length).map(|_| letter()).collect::<Vec<u8>>())).count()
    }

    #[test]
    fn the_bounds_part_random_letters_from_names() {
        let (short, long) = (drawn_as_random(12), drawn_as_random(20));
        assert!(short >= 9_700 && long >= 9_900, "{short} {long}");
        let titles: Vec<String> = RuleSet::embedded().iter().map(|loaded| loaded.rule.title.clone()).collect();
        let words: Vec<&str> =
            titles.iter().flat_map(|title| title.split(' ')).filter(|word| word.len() >= 10).collect();
        let random = words.iter().filter(|word| are_random(word.as_bytes())).count();
        assert!(words.len() > 300 && random * 50 <= words.len(), "{random} of {}", words.len());
    }

    #[test]
    fn words_are_told_from_random_letters() {
        for random in
            ["vZrEclFwOqeA", "hfCnuVcYOgiRjlDEmAoRbN", "seugeupfknprstoe", "SSVmFDNCFfOHKXQAEckx", "qxzjkvwpbgth"]
        {
            assert!(are_random(random.as_bytes()), "{random}");
        }
        for words in [
            "SessionTokenProvider",
            "accessKeyRotationPolicy",
            "XMLHttpRequest",
            "DATABASE_CONNECTION_STRING",
            "Zugriffsschluessel",
            "contrasenaSegura",
            "correct-horse-battery",
            "abc",
            "",
            "1234567890123456",
        ] {
            assert!(!are_random(words.as_bytes()), "{words}");
        }
    }

    #[test]
    fn the_table_is_whole() {
        // Within words `q` is followed by `u`, and every row holds pairs of both kinds.
        assert!(PAIRS[16][20] > 20);
        assert!(PAIRS.iter().all(|row| row.iter().any(|cell| *cell > 0) && row.iter().any(|cell| *cell < 0)));
    }
}
