//! What is measured of a value by itself.

use super::super::letters::{can_be_said, likeness};
use super::super::measure::{classes, longest_count, longest_repeat, shannon};
use super::super::value::{is_identifier, is_uuid, mostly_words, names_a_secret};
use super::super::words::{WORDS, words_of};
use super::features::{Feature, Vector};

/// Rows of keys that people walk along, forth and back.
const KEYBOARD: [&str; 5] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop"];

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// How many bytes of `text` pass the test.
pub(super) fn count(text: &[u8], test: impl Fn(u8) -> bool) -> usize {
    text.iter().filter(|&&byte| test(byte)).count()
}

pub(super) fn measure(vector: &mut Vector, value: &[u8]) {
    use Feature as F;
    let length = value.len();
    let of = |set: &'static [u8]| count(value, |byte| set.contains(&byte)) as f64;
    vector.set(F::value_length, length as f64);
    vector.set(F::value_lower, share(count(value, |byte| byte.is_ascii_lowercase()), length));
    vector.set(F::value_upper, share(count(value, |byte| byte.is_ascii_uppercase()), length));
    vector.set(F::value_digits, share(count(value, |byte| byte.is_ascii_digit()), length));
    vector.set(F::value_signs, share(count(value, |byte| byte.is_ascii_punctuation()), length));
    vector.set(F::value_classes, classes(value));
    let entropy = shannon(value);
    vector.set(F::value_entropy, entropy);
    vector.set(F::value_entropy_share, if length < 2 { 0.0 } else { entropy / (length as f64).log2() });
    vector.set(F::value_likeness, likeness(value));
    let words = words_of(value);
    let long = |word: &&String| word.len() >= 3;
    vector.set(F::value_words, words.iter().filter(long).count() as f64);
    vector.set(F::value_longest_word, words.iter().map(String::len).max().unwrap_or(0) as f64);
    let sayable = words.iter().filter(|word| word.len() >= 4 && can_be_said(word) && is_pronounced(word));
    vector.set(F::value_sayable, share(sayable.map(String::len).sum(), length));
    vector.set(F::value_digit_run, longest(value, |byte| byte.is_ascii_digit()) as f64);
    vector.set(F::value_counts, share(longest_count(value), length));
    vector.set(F::value_repeats, share(longest_repeat(value), length));
    let mut seen = [false; 256];
    value.iter().for_each(|&byte| seen[usize::from(byte)] = true);
    vector.set(F::value_distinct, share(seen.iter().filter(|&&seen| seen).count(), length));
    vector.set(F::value_hex, u8::from(length >= 8 && value.iter().all(u8::is_ascii_hexdigit)));
    vector.set(F::value_uuid, u8::from(is_uuid(value)));
    vector.set(F::value_blanks, of(b" \t"));
    vector.set(F::value_dots, of(b"."));
    vector.set(F::value_slashes, of(b"/"));
    vector.set(F::value_colons, of(b":;"));
    vector.set(F::value_joiners, of(b"-_"));
    vector.set(F::value_brackets, of(b"()[]{}<>"));
    vector.set(F::value_sigils, of(b"$%#&"));
    vector.set(F::value_lists, of(b"=,|"));
    vector.set(F::value_foreign, share(count(value, |byte| byte >= 0x80), length));
    vector.set(F::value_first, kind_of(value.first().copied()));
    vector.set(F::value_ends_in_sign, u8::from(value.last().is_some_and(u8::is_ascii_punctuation)));
    vector.set(F::value_identifier, u8::from(is_identifier(value)));
    let changes = value.windows(2).filter(|pair| kind_of(Some(pair[0])) != kind_of(Some(pair[1]))).count();
    vector.set(F::value_changes, share(changes, length));
    vector.set(F::value_speaks, u8::from(names_a_secret(value)));
    let weak = words.iter().filter(|word| WORDS.weak_words.contains(*word));
    vector.set(F::value_weak, share(weak.map(String::len).sum(), words.iter().map(String::len).sum()));
    vector.set(F::value_keyboard, keyboard_walk(value) as f64);
    vector.set(F::value_chosen, u8::from(is_chosen(value)));
    vector.set(F::value_placeholder, u8::from(words.iter().any(|word| WORDS.placeholder_words.contains(word))));
    vector.set(F::value_mostly_words, u8::from(mostly_words(value)));
    let vowel = |byte: u8| b"aeiouyAEIOUY".contains(&byte);
    vector.set(F::value_consonants, longest(value, |byte| byte.is_ascii_alphabetic() && !vowel(byte)) as f64);
}

/// A vowel among every four letters: as words have them.
fn is_pronounced(word: &str) -> bool {
    let vowels = word.bytes().filter(|byte| b"aeiouy".contains(byte)).count();
    vowels * 5 >= word.len()
}

/// 0 for none, 1 for a small letter, 2 for a capital, 3 for a digit, 4 for a sign or blank, 5 for another script.
fn kind_of(byte: Option<u8>) -> u8 {
    match byte {
        None => 0,
        Some(b'a'..=b'z') => 1,
        Some(b'A'..=b'Z') => 2,
        Some(b'0'..=b'9') => 3,
        Some(0x80..) => 5,
        Some(_) => 4,
    }
}

/// Length of the longest run of bytes that pass the test.
fn longest(value: &[u8], test: impl Fn(u8) -> bool) -> usize {
    value.split(|&byte| !test(byte)).map(<[u8]>::len).max().unwrap_or(0)
}

/// Length of the longest walk along a row of keys, if it has four keys at least.
fn keyboard_walk(value: &[u8]) -> usize {
    let place = |row: &str, byte: u8| row.bytes().position(|key| key == byte.to_ascii_lowercase());
    let walk = |row: &str| {
        let (mut longest, mut forth, mut back) = (0, 1, 1);
        for pair in value.windows(2) {
            let (a, b) = (place(row, pair[0]), place(row, pair[1]));
            let step = a.zip(b).map(|(a, b)| b.cast_signed() - a.cast_signed());
            forth = if step == Some(1) { forth + 1 } else { 1 };
            back = if step == Some(-1) { back + 1 } else { 1 };
            longest = longest.max(forth).max(back);
        }
        longest
    };
    KEYBOARD.iter().map(|row| walk(row)).max().filter(|&keys| keys >= 4).unwrap_or(0)
}

/// Letters, then digits, then at most two signs; or the digits first.
fn is_chosen(value: &[u8]) -> bool {
    let letters = value.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).count();
    let rest = &value[letters..];
    let signs = |rest: &[u8]| rest.iter().take_while(|byte| byte.is_ascii_punctuation()).count();
    let joined = usize::from(rest.len() > 1 && signs(rest) == 1);
    let digits = rest[joined..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let tail = &rest[joined + digits..];
    letters >= 3 && (1..=6).contains(&digits) && tail.len() <= 2 && signs(tail) == tail.len()
}
