//! Placeholders: values that stand where a secret would, and say so.

use super::measure::{longest_count, longest_repeat};
use super::published::is_published;
use super::words::{WORDS, words_of};

/// How plainly a value is a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// It cannot be a secret; the text says why.
    Certain(&'static str),
    /// It may be one.
    Likely(&'static str),
    /// It counts up or down, as made-up samples do; as does many a test credential that works.
    Counting {
        /// More than half of it does.
        mostly: bool,
    },
}

/// Judges the part of a token behind its public prefix (`body`), or a whole value without one.
pub(super) fn placeholder(body: &[u8]) -> Option<Placeholder> {
    use Placeholder::{Certain, Counting, Likely};
    if body.is_empty() {
        return Some(Certain("nothing follows the prefix"));
    }
    let letters = body.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte >= 0x80).count();
    if letters == 0 {
        return Some(Certain("it has no letter or digit"));
    }
    if letters * 3 < body.len() && body.len() >= 8 {
        return Some(Certain("it is mostly punctuation"));
    }
    let distinct = distinct_bytes(body);
    if body.len() >= 6 && distinct <= 2 {
        return Some(Certain("it repeats one or two characters"));
    }
    if body.len() >= 16 && longest_repeat(body) * 2 >= body.len() {
        return Some(Certain("it is mostly one character"));
    }
    if body.len() >= 16 && (2..=4).any(|period| body[period..] == body[..body.len() - period]) {
        return Some(Certain("it repeats a few characters"));
    }
    if body.windows(6).any(|window| window.iter().all(|byte| matches!(byte, b'x' | b'X' | b'*' | b'.'))) {
        return Some(Certain("it is masked"));
    }
    if is_published(body) {
        return Some(Likely("it is a published example: everybody has it"));
    }
    if body.len() >= 12 && longest_count(body) * 2 > body.len() {
        return Some(Counting { mostly: true });
    }
    if words_of(body).iter().any(|word| WORDS.placeholder_words.contains(word)) || holds_upper_example(body) {
        return Some(Likely("it says that it is an example"));
    }
    if body.len() >= 20 && longest_count(body) >= 10 {
        return Some(Counting { mostly: false });
    }
    None
}

/// Published samples glue the word to the rest: `...7EXAMPLE`, `EXAMPLEKEY`.
fn holds_upper_example(body: &[u8]) -> bool {
    let holds = |word: &[u8]| memchr::memmem::find(body, word).is_some();
    holds(b"EXAMPLE") || holds(b"example") || body.windows(7).any(|seven| seven.eq_ignore_ascii_case(b"invalid"))
}

fn distinct_bytes(value: &[u8]) -> usize {
    let mut seen = [false; 256];
    value.iter().for_each(|&byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|&&seen| seen).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_secret_is_told() {
        for body in
            ["xxxxxxxxxxxxxxxxxxxx", "********", "abababab", "MSKMSKMSKMSKMSKMSK", "0000000000000000", "....", ""]
        {
            let judged = placeholder(body.as_bytes());
            assert!(matches!(judged, Some(Placeholder::Certain(_))), "{body}: {judged:?}");
        }
        assert_eq!(placeholder(b"1234567890abcdefgh"), Some(Placeholder::Counting { mostly: true }));
        assert_eq!(placeholder(b"Q7f31234567890abcdeT"), Some(Placeholder::Counting { mostly: false }));
        for body in ["IOSFODNN7EXAMPLE", concat!("your-token-", "goes-here-1"), "insert_Key_7af3"] {
            let judged = placeholder(body.as_bytes());
            assert!(matches!(judged, Some(Placeholder::Likely(_))), "{body}: {judged:?}");
        }
        for body in ["Q7f3kLm92xPzR4vT", "dragon1987", "Summer2024!", "correct horse", "\u{441}\u{43d}\u{435}\u{433}7"]
        {
            assert_eq!(placeholder(body.as_bytes()), None, "{body}");
        }
    }
}
