//! Whether the letters of a value follow each other as in words, or as drawn at random.
//!
//! The measure is the mean, over the pairs of neighbouring letters, of how much likelier the pair is within words than in
//! random text. The table is `patterns/letter-pairs.tsv`; the script beside it tells how it was made.

use std::sync::LazyLock;

/// Letters that a value needs for the measure to say anything: shorter words are often abbreviations.
const LEAST: i32 = 10;

/// Eighths of a bit a pair. Of random letters of length 12 and 20, 98% and 99.6% stay under 0; of the quoted words and
/// names of 12 and more letters in a registry of crates, 2% do.
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

/// Whether the letters of `value`, whatever their case, are no words. False where there are too few to tell.
pub(super) fn are_random(value: &[u8]) -> bool {
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
    let bound = if letters < 12 { RANDOM_SHORT } else { RANDOM };
    letters >= LEAST && pairs * 2 >= LEAST && sum < bound * pairs
}

#[cfg(test)]
mod tests {
    use super::*;

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
