//! The word lists of `patterns/stopwords.toml`, and how names and values are split into words.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

/// The lists; the file says what each is for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) password_names: HashSet<String>,
    pub(super) secret_names: HashSet<String>,
    pub(super) key_companions: HashSet<String>,
    pub(super) key_names: HashSet<String>,
    pub(super) harmless_names: HashSet<String>,
    pub(super) public_names: HashSet<String>,
    pub(super) paging_names: HashSet<String>,
    pub(super) placeholder_values: HashSet<String>,
    pub(super) placeholder_words: HashSet<String>,
    pub(super) algorithm_names: HashSet<String>,
    pub(super) curve_names: HashSet<String>,
    pub(super) weak_words: HashSet<String>,
    pub(super) trial_names: HashSet<String>,
    pub(super) verbs: HashSet<String>,
    pub(super) lookup_calls: HashSet<String>,
    pub(super) setting_calls: HashSet<String>,
    pub(super) converting_calls: HashSet<String>,
    pub(super) reference_prefixes: Vec<String>,
}

/// The lists, read at first use: most scans meet no value that needs them.
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    toml::from_str(include_str!("../../patterns/stopwords.toml")).expect("the embedded word lists are well-formed")
});

/// Splits a name or value into lower-case words: at everything that is no letter or digit, between letters and digits,
/// and at changes of case (`userPassword`, `HTTPToken`).
pub(super) fn words_of(text: &[u8]) -> Vec<String> {
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Lower,
        Upper,
        Digit,
        Other,
    }
    let kind = |byte: u8| match byte {
        b'a'..=b'z' | 0x80.. => Kind::Lower,
        b'A'..=b'Z' => Kind::Upper,
        b'0'..=b'9' => Kind::Digit,
        _ => Kind::Other,
    };
    let mut words = Vec::new();
    let mut start = 0;
    for at in 0..=text.len() {
        let here = text.get(at).map_or(Kind::Other, |&byte| kind(byte));
        let before = if at == 0 { Kind::Other } else { kind(text[at - 1]) };
        let next = text.get(at + 1).map_or(Kind::Other, |&byte| kind(byte));
        let boundary = match (before, here) {
            (Kind::Lower, Kind::Lower) | (Kind::Digit, Kind::Digit) | (Kind::Other, Kind::Other) => false,
            // The last capital of a row belongs to the word that follows: HTTPToken.
            (Kind::Upper, Kind::Upper) => next == Kind::Lower && at > start,
            (Kind::Upper, Kind::Lower) => false,
            _ => true,
        };
        if boundary || at == text.len() {
            if before != Kind::Other && before != Kind::Digit && start < at {
                words.push(String::from_utf8_lossy(&text[start..at]).to_lowercase());
            }
            start = at;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        let check = |text: &str, expected: &[&str]| assert_eq!(words_of(text.as_bytes()), expected, "{text}");
        check("userPassword", &["user", "password"]);
        check("HTTPToken2", &["http", "token"]);
        check("DB_PASSWORD_PROD", &["db", "password", "prod"]);
        check("spring.datasource.password", &["spring", "datasource", "password"]);
        check("compass", &["compass"]);
        check("x-api-key", &["x", "api", "key"]);
        check("", &[]);
        check("a", &["a"]);
    }

    #[test]
    fn lists_are_lower_case() {
        let words = &*WORDS;
        for prefix in &words.reference_prefixes {
            assert_eq!(*prefix, prefix.to_lowercase());
        }
        assert!(words.placeholder_values.contains("changeme"));
    }
}
