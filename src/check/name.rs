//! What the name that a value is assigned to speaks of.

use std::ops::Range;

use super::join::join;
use super::words::{WORDS, words_of};

/// Whether the name of the value at `span` of `text` is that of a secret, not of something beside it.
pub(super) fn names_a_secret_itself(text: &[u8], span: Range<usize>) -> bool {
    let join = join(text, span.clone());
    let spoken = |word: &String| {
        WORDS.password_names.contains(word) || WORDS.secret_names.contains(word) || WORDS.key_names.contains(word)
    };
    let words = words_of(join.name);
    !join.comparison
        && matches!(join.operator, b'=' | b':' | b'>')
        && (is_key_that_opens(&words) || words.iter().any(spoken))
        && names_something_else(&words, &text[span]).is_none()
}

/// Whether the name of the value at `span` of `text` says that it belongs to production: `PROD_DB_PASSWORD`.
pub(super) fn marks_production(text: &[u8], span: Range<usize>) -> bool {
    let words = words_of(join(text, span).name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    has(&["prod", "production"]) && !has(&["non", "no", "not", "pre", "test", "dev", "stage", "staging"])
}

/// `api_key`, `key_of_the_account`: keys of something that is opened.
fn is_key_that_opens(words: &[String]) -> bool {
    words.last().is_some_and(|last| last == "key") && words.iter().any(|word| WORDS.key_companions.contains(word))
}

/// Why a name of these words is that of no secret, but of something beside one, of what may be seen, or of a key that opens
/// nothing. The last word says what the thing is, as in `password_hint`, `token_type`.
pub(super) fn names_something_else(words: &[String], value: &[u8]) -> Option<&'static str> {
    let harmless = |word: &String| WORDS.harmless_names.contains(word);
    // What is repeated to confirm it is the secret itself.
    let beside = |word: &String| harmless(word) && !WORDS.trial_names.contains(word);
    if words.last().is_some_and(beside) {
        return Some("the name speaks of something beside the secret");
    }
    let last = words.last().map_or("", String::as_str);
    if last == "token" && words.iter().any(|word| WORDS.paging_names.contains(word)) {
        return Some("the name speaks of a place in a list");
    }
    let secret = words.iter().any(|word| WORDS.password_names.contains(word) || WORDS.secret_names.contains(word));
    if last == "key" && !is_key_that_opens(words) && !secret {
        if words.iter().any(harmless) {
            return Some("the name speaks of a key that opens nothing");
        }
        // `orders:1834`
        let part = |part: &[u8]| {
            !part.is_empty() && (part.iter().all(u8::is_ascii_lowercase) || part.iter().all(u8::is_ascii_digit))
        };
        if value.contains(&b':') && value.split(|byte| *byte == b':').all(part) {
            return Some("it is the key of an entry in a store");
        }
        // 32 bytes in base64 without padding.
        if value.len() == 43 {
            return Some("it has the form of a public key");
        }
    }
    // `hash_secret` and `primary_access_key` are secrets, `public_key` is none.
    let opens = WORDS.password_names.contains(last)
        || WORDS.secret_names.contains(last)
        || last == "key" && words.iter().rev().nth(1).is_some_and(|word| WORDS.key_companions.contains(word));
    let excused = |word: &String| matches!(word.as_str(), "hash" | "hashed" | "encrypted" | "primary" | "foreign");
    let public = |word: &String| WORDS.public_names.contains(word) && !(opens && excused(word));
    words.iter().any(public).then_some("the name speaks of something that is no secret")
}
