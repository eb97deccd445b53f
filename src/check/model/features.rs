//! What is measured of a value, its name and its place before the model weighs it.
//!
//! Each feature is one number; [`NAMES`] gives them in order. The weights are only worth something for the features that
//! they were made with, so that the file of weights carries the names and is refused where they differ.

use std::ops::Range;

use super::super::join::{Join, join};
use super::super::kind::TextFile;
use super::super::words::{WORDS, words_of};
use super::{place, value};

macro_rules! features {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// The features by name.
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "their names are data: the weights carry them")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Feature { $($(#[doc = $doc])+ $name,)+ }

        /// The names, in the order of the numbers.
        pub(super) const NAMES: &[&str] = &[$(stringify!($name),)+];

        /// What each means, in words for people.
        pub(super) const MEANINGS: &[&str] = &[$(concat!($($doc),+),)+];
    };
}

features! {
    /// its length
    value_length,
    /// its share of small letters
    value_lower,
    /// its share of capitals
    value_upper,
    /// its share of digits
    value_digits,
    /// its share of signs
    value_signs,
    /// its classes of characters
    value_classes,
    /// its entropy
    value_entropy,
    /// its entropy for its length
    value_entropy_share,
    /// likeness of its letters to those of words
    value_likeness,
    /// number of words in it
    value_words,
    /// longest word
    value_longest_word,
    /// share of it in words that can be said
    value_sayable,
    /// longest run of digits
    value_digit_run,
    /// share of it that counts up or down
    value_counts,
    /// share of it that is one character repeated
    value_repeats,
    /// share of characters that differ
    value_distinct,
    /// it is hexadecimal
    value_hex,
    /// it has the form of a UUID
    value_uuid,
    /// blanks in it
    value_blanks,
    /// dots in it
    value_dots,
    /// slashes in it
    value_slashes,
    /// colons in it
    value_colons,
    /// hyphens and underscores in it
    value_joiners,
    /// brackets in it
    value_brackets,
    /// dollar and percent signs in it
    value_sigils,
    /// equals signs and commas in it
    value_lists,
    /// characters of other scripts in it
    value_foreign,
    /// its first character
    value_first,
    /// it ends with a sign
    value_ends_in_sign,
    /// it is an identifier
    value_identifier,
    /// its changes between kinds of characters
    value_changes,
    /// it speaks of secrets itself
    value_speaks,
    /// it shares a word with its name
    value_echoes,
    /// share of it in words such as admin and test
    value_weak,
    /// it walks over the keyboard
    value_keyboard,
    /// it is made as people choose passwords
    value_chosen,
    /// it holds the word of a placeholder
    value_placeholder,
    /// its letters are words for the most part
    value_mostly_words,
    /// its letters in a row without a vowel
    value_consonants,
    /// what its name speaks of
    name_speaks,
    /// words in its name
    name_words,
    /// length of its name
    name_length,
    /// the name is one word of secrets alone
    name_bare,
    /// the last word of the name speaks of a secret
    name_ends_speaking,
    /// the last word of the name is one of something beside a secret
    name_ends_harmless,
    /// words of the name that speak of something beside a secret
    name_harmless,
    /// the name speaks of something public
    name_public,
    /// how the name is written
    name_case,
    /// the name stands in quotes
    name_quoted,
    /// the name has dots
    name_dotted,
    /// the name goes with keys that open something
    name_companion,
    /// the name speaks of tests or of what is wrong, old or new
    name_trial,
    /// how name and value are joined
    join_operator,
    /// it is compared
    join_comparison,
    /// the quotes around it
    join_quote,
    /// quotes are escaped
    join_escaped,
    /// a string of a language is prefixed
    join_prefixed,
    /// brackets of calls that are open on its line
    join_call,
    /// the function it is handed to
    join_callee,
    /// the name stands before the function it is handed to
    join_wrapped,
    /// what follows the value
    join_after,
    /// bytes of the line behind it
    join_rest,
    /// bytes of the line before it
    join_before,
    /// it stands in a comment
    line_comment,
    /// it stands within a longer text in quotes
    line_embedded,
    /// length of the line
    line_length,
    /// quotes on the line
    line_quotes,
    /// the line holds tags
    line_tags,
    /// the line is prose
    line_prose,
    /// kind of the file
    file_kind,
    /// language or format of the file
    file_format,
    /// it is a test
    file_test,
    /// it is documentation or an example
    file_documentation,
    /// its path speaks of settings or of secrets
    file_settings,
    /// the file holds texts in a human language
    file_translation,
    /// what holds it speaks of secrets, by its indentation
    parent_speaks,
    /// what holds it speaks of something beside secrets
    parent_harmless,
    /// depth of its indentation
    parent_indent,
    /// a user or address near it
    near_user,
    /// a host or port near it
    near_host,
    /// a check or comparison near it
    near_assert,
    /// a message or label near it
    near_message,
    /// a hash or cipher near it
    near_hash,
    /// an example or placeholder near it
    near_example,
    /// mark-up or a form near it
    near_form,
    /// how often the value occurs around it
    near_repeats,
    /// how often its name occurs around it
    near_names,
}

/// The number of features.
pub(super) const COUNT: usize = NAMES.len();

/// The numbers of one candidate.
pub(super) struct Vector(pub(super) [f32; COUNT]);

impl Vector {
    pub(super) fn set(&mut self, feature: Feature, number: impl Into<f64>) {
        // Rounded, so that thresholds compare alike wherever they were written down.
        self.0[feature as usize] = ((number.into() * 1000.0).round() / 1000.0) as f32;
    }
}

/// Measures the value at `span` of `text`, a part of `file`.
pub(super) fn measure(text: &[u8], span: Range<usize>, file: &TextFile<'_>) -> Vector {
    let mut vector = Vector([0.0; COUNT]);
    let value = &text[span.clone()];
    let join = join(text, span.clone());
    value::measure(&mut vector, value);
    of_name(&mut vector, &join, value);
    place::measure(&mut vector, text, &span, &join, file);
    vector
}

fn of_name(vector: &mut Vector, join: &Join<'_>, value: &[u8]) {
    use Feature as F;
    let name = join.name;
    let words = words_of(name);
    let (mut password, mut secret, mut token, mut key, mut auth) = (false, false, false, false, false);
    for word in &words {
        password |= WORDS.password_names.contains(word) || word.contains("passw") || word.contains("passphrase");
        secret |= word.contains("secret") || word.contains("cred");
        token |= word.contains("token");
        key |= word.contains("key");
        auth |= word.starts_with("auth") || word == "bearer" || word == "oauth";
    }
    let speaks = [password, secret, token, key, auth].iter().position(|&speaks| speaks).map_or(0, |at| at + 1);
    vector.set(F::name_speaks, speaks as f64);
    vector.set(F::name_words, words.len() as f64);
    vector.set(F::name_length, name.len() as f64);
    vector.set(F::name_bare, u8::from(words.len() == 1));
    let last = words.last().map_or("", String::as_str);
    let speaking = |word: &str| {
        WORDS.password_names.contains(word)
            || WORDS.secret_names.contains(word)
            || WORDS.key_names.contains(word)
            || word == "key"
            || word.contains("passw")
    };
    vector.set(F::name_ends_speaking, u8::from(speaking(last)));
    vector.set(F::name_ends_harmless, u8::from(WORDS.harmless_names.contains(last)));
    let harmless = words.iter().filter(|word| WORDS.harmless_names.contains(*word)).count();
    vector.set(F::name_harmless, harmless as f64);
    vector.set(F::name_public, u8::from(words.iter().any(|word| WORDS.public_names.contains(word))));
    let lower = name.iter().any(u8::is_ascii_lowercase);
    let upper = name.iter().any(u8::is_ascii_uppercase);
    vector.set(F::name_case, u8::from(lower) + 2 * u8::from(upper));
    vector.set(F::name_quoted, u8::from(join.name_quoted));
    vector.set(F::name_dotted, u8::from(name.contains(&b'.')));
    vector.set(F::name_companion, u8::from(words.iter().any(|word| WORDS.key_companions.contains(word))));
    vector.set(F::name_trial, u8::from(words.iter().any(|word| WORDS.trial_names.contains(word))));
    let values = words_of(value);
    let echo = |word: &String| {
        word.len() >= 3
            && words.iter().any(|named| named.contains(word) || word.contains(named.as_str()) && named.len() >= 3)
    };
    vector.set(F::value_echoes, values.iter().filter(|word| echo(word)).count() as f64);
}
