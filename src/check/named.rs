//! Is an opaque value near the name of an issuer a credential of that issuer? For rules with `names`.
//!
//! What speaks for it: the usual form of the issuer's keys, a word such as key or token between name and value, an
//! operator that assigns. What speaks against it: digests, commits and paths, which have the same look.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::assigned::{Assigned, credential, is_grouped, line_start};
use super::kind::TextFile;
use super::measure::{classes, shannon};
use super::value::{is_public_key, is_uuid, is_wordy, mostly_words};
use crate::rule::Named;
use crate::rule::assign::begins_word;

/// Bytes before a value in which its name is looked for: as far as the context of the rules reaches.
const REACH: usize = 160;

/// Bytes before a name that are looked at for a word that speaks of a secret.
const IDENTIFIER: usize = 24;

/// Words that speak of a secret, in lower case.
const SECRET_WORDS: [&str; 15] = [
    "key", "token", "secret", "pass", "pwd", "auth", "cred", "access", "private", "api", "pat", "bearer", "licen",
    "webhook", "login",
];

/// Words that speak of something that looks like a credential and is none, in lower case.
const DIGEST_WORDS: [&str; 14] = [
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "md5",
    "integrity",
    "commit",
    "checksum",
    "digest",
    "revision",
    "etag",
    "sha-",
    "hash",
    "private-mac",
];

static SECRETS: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(&SECRET_WORDS));
static DIGESTS: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(&DIGEST_WORDS));

/// Whether `text`, in lower case, has one of the words that speak of a secret. The others begin longer words that do so
/// too (`keys`, `authorization`); those that `pat` begins do not (`path`, `patch`, `pattern`).
fn speaks_of_a_secret(text: &[u8]) -> bool {
    let whole = |end: usize| text.get(end).is_none_or(|byte| !byte.is_ascii_alphabetic());
    SECRETS.find_iter(text).any(|found| &text[found.range()] != b"pat" || whole(found.end()))
}

fn automaton(words: &[&str]) -> AhoCorasick {
    AhoCorasick::new(words).expect("the words are few and short")
}

/// What the check says.
pub(super) struct Judged {
    pub(super) verdict: Assigned,
    /// The value has a form that the issuer's credentials usually have; none where no form is known.
    pub(super) usual: Option<bool>,
    /// Where the name stands in the text.
    pub(super) name: Option<Range<usize>>,
}

/// How a value stands to the forms that an issuer's credentials usually have.
#[derive(Clone, Copy, PartialEq)]
enum FormOf {
    Usual,
    /// Perhaps the usual one with more behind it.
    Longer,
    Another,
}

fn form_of(value: &[u8], rule: &Named) -> FormOf {
    // Hexadecimal text is written in either case.
    let hex = value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    let lower = hex.then(|| value.to_ascii_lowercase()).or_else(|| as_uuid(value));
    if rule.usual.iter().any(|form| form.fits(value) || lower.as_ref().is_some_and(|lower| form.fits(lower))) {
        FormOf::Usual
    } else if rule.usual.iter().any(|form| form.fits_head(value)) {
        FormOf::Longer
    } else {
        FormOf::Another
    }
}

/// Judges the value at `span` of `text` near one of `names` (lower case).
pub(super) fn named(text: &[u8], span: Range<usize>, file: &TextFile<'_>, names: &[String], rule: &Named) -> Judged {
    let value = &text[span.clone()];
    let form = form_of(value, rule);
    let fits = form == FormOf::Usual;
    let before = text[span.start.saturating_sub(REACH)..span.start].to_ascii_lowercase();
    let element = in_secret_element(&before);
    // A longer value may be the usual one with more behind it; only what does not even begin like one is unusual.
    let any = rule.open || rule.usual.is_empty() || element;
    let unusual = form == FormOf::Another && !any;
    let usual = if fits { Some(true) } else { unusual.then_some(false) };
    let first = span.start - before.len();
    let Some(place) = last_name(&text[first..span.start], &before, names, rule.common) else {
        return Judged { verdict: Assigned::No("the issuer's name is a part of another word"), usual, name: None };
    };
    let name = Some(first + place.start..first + place.end);
    Judged {
        verdict: judge(text, span, file, &before, place, Known { common: rule.common, usual: fits, element }),
        usual,
        name,
    }
}

/// What is known before the place is judged.
#[derive(Clone, Copy)]
struct Known {
    /// The name is a word of its own in other senses.
    common: bool,
    /// The value has a form that the issuer's credentials usually have.
    usual: bool,
    /// It stands in an element that holds secrets.
    element: bool,
}

/// The UUID that `value` would be if its letters were hexadecimal digits, where it is laid out like one. Some issuers draw
/// its places from all letters.
fn as_uuid(value: &[u8]) -> Option<Vec<u8>> {
    let lower = value.to_ascii_lowercase();
    let mapped: Vec<u8> = lower.iter().map(|byte| if matches!(byte, b'g'..=b'z') { b'a' } else { *byte }).collect();
    is_uuid(&mapped).then_some(mapped)
}

fn judge(
    text: &[u8],
    span: Range<usize>,
    file: &TextFile<'_>,
    before: &[u8],
    place: Range<usize>,
    Known { common, usual, element }: Known,
) -> Assigned {
    let value = &text[span.clone()];
    let between = &before[place.end..];
    let told = element || speaks_of_a_secret(between) || speaks_of_a_secret(words_before(&before[..place.start]));
    // `h1:` in go.sum is the first kind of hash of Go's modules.
    if file.lock || between.ends_with(b" h1:") {
        return Assigned::No("a lock file lists digests");
    }
    if DIGESTS.is_match(between) || between.ends_with(b"@") || between.ends_with(b"#") {
        return Assigned::No("it is a digest or a revision");
    }
    if text[..span.start].ends_with(b"}") || text[span.end..].starts_with(b"{") || text[span.end..].starts_with(b"${") {
        return Assigned::No("it is a part of a template");
    }
    if cut_short(text, &span) {
        return Assigned::No("it is a part of a quoted text");
    }
    if is_inside_quotes(text, &span, between) || is_glued(text, &span, between) {
        return Assigned::No("it is a part of a longer text");
    }
    if let Some(line) = memchr::memrchr(b'\n', between) {
        let (above, below) = (between[..line].trim_ascii_end(), &between[line..]);
        let continued = assigns(above) && !above.is_empty() && assigns(below) && !below.contains(&b':');
        // `# Acme` or `acme {`, and a setting below that speaks of a secret; a default value below the setting's name.
        let whole = text.get(span.end).is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'`,;)}]<\\".contains(byte));
        let likely = usual || !common && whole && ends_with_secret_word(setting_name(below));
        let setting = likely && speaks_of_a_secret(below);
        if !(continued || setting || told && sets_default(below)) {
            return Assigned::No("the issuer's name stands on another line");
        }
    }
    if is_wordy(value) || shannon(value) < 2.5 {
        return Assigned::No("it is made of words or repeats itself");
    }
    let joiners = value.iter().filter(|byte| matches!(byte, b'-' | b'_')).count();
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    if joiners >= 2 && digits * 12 < value.len() && mostly_words(value) && !is_grouped(value) {
        return Assigned::No("it is an identifier with a number");
    }
    if is_public_key(value) {
        return Assigned::No("it is a public key");
    }
    if !told && in_table_of_digests(text, &span) {
        return Assigned::No("it is one of the digests of a table");
    }
    if is_uuid(value) && text[..span.start].ends_with(b"{") {
        return Assigned::No("it is a GUID in braces, which names a class or an interface");
    }
    let assigned_to = assigns(between);
    let quoted = text[..span.start].last().is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    if !told && (in_path(between) || names_an_id(between)) {
        return Assigned::No("it is a part of an address, or an identifier");
    }
    if !usual {
        if span.start > 0 && matches!(text[span.start - 1], b'-' | b'.' | b'/' | b'+') {
            return Assigned::No("it is a part of a longer text");
        }
        if element {
            return Assigned::Likely("it stands in an element that holds secrets, with the issuer's name");
        }
        if !told {
            let random = !common && classes(value) >= 3 && value.len() >= 20 && !is_digest(value);
            if !(random && is_sole_name(before, &place) && (set_to(between) || quoted && is_blank(between))) {
                return Assigned::No("nothing says that it is a credential");
            }
        }
        // Under a name that speaks of an issuer's credentials a UUID is one more often than not.
        let judged = credential(text, span, file, ends_with_secret_word(between));
        let named_uuid = is_uuid(value) && matches!(judged, Assigned::Doubtful(_)) && !names_an_id(between);
        return if named_uuid { Assigned::Likely("a UUID under a name that speaks of a credential") } else { judged };
    }
    if told {
        return Assigned::Likely("it has the usual form, and a name that speaks of the issuer's credentials");
    }
    let operator = between.iter().any(|byte| matches!(byte, b'=' | b':' | b'>'));
    // `openweather = "..."`, `metabase '...'`: the name alone, and its value.
    if is_sole_name(before, &place) && (set_to(between) || quoted && !common) && !(common && is_digest(value)) {
        return Assigned::Likely("it has the usual form of the issuer's credentials, under its name");
    }
    if common || is_digest(value) && !(assigned_to && operator) {
        return Assigned::No("nothing says that it is a credential");
    }
    if assigned_to || classes(value) >= 3 {
        return Assigned::Likely("it has the usual form of the issuer's credentials");
    }
    Assigned::Doubtful("nothing but its form says that it is a credential")
}

/// A quote stands right before the value and none behind it, blanks aside.
fn cut_short(text: &[u8], span: &Range<usize>) -> bool {
    let quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`');
    let opened = text[..span.start].last().is_some_and(quote);
    let rest = &text[span.end..];
    let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
    opened && rest.get(blanks).is_some_and(|byte| !quote(byte) && !matches!(byte, b'\\' | b'\r' | b'\n'))
}

/// A quote opens behind the issuer's name, the value ends where it closes, and something else comes first that does not
/// speak of a secret: the value is the end of a longer one.
fn is_inside_quotes(text: &[u8], span: &Range<usize>, between: &[u8]) -> bool {
    let Some(&close) = text.get(span.end).filter(|byte| matches!(byte, b'"' | b'\'' | b'`')) else { return false };
    let Some(open) = memchr::memrchr(close, between) else { return false };
    let inside = &between[open + 1..];
    !inside.is_empty() && !inside.iter().any(u8::is_ascii_whitespace) && !speaks_of_a_secret(inside)
}

/// A sign stands next to the value that neither ends nor begins one: what matched is a piece of something, of a password
/// with signs for example. Escapes such as `%22`, and the `@` behind the credential of a URL, are no such signs.
fn is_glued(text: &[u8], span: &Range<usize>, between: &[u8]) -> bool {
    let glue = |byte: &u8| matches!(byte, b'!' | b'?' | b'%' | b'^' | b'*' | b'~' | b'@');
    let rest = &text[span.end..];
    let left = &text[..span.start];
    let escape =
        |at: &[u8]| at.first() == Some(&b'%') && at.get(1..3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    let ends = match rest.first() {
        Some(b'@') => memchr::memmem::find(between, b"://").is_some(),
        Some(byte) => !glue(byte) || escape(rest),
        None => true,
    };
    !ends || left.last().is_some_and(glue)
}

/// The last of `names` in `lower` that stands as a word, or as a part of a name for distinctive ones.
fn last_name(original: &[u8], lower: &[u8], names: &[String], common: bool) -> Option<Range<usize>> {
    let mut best: Option<Range<usize>> = None;
    for name in names {
        for start in memchr::memmem::rfind_iter(lower, name.as_bytes()) {
            let end = start + name.len();
            // Three or four letters are met inside any text, base64 above all.
            let short = name.len() <= 4;
            let in_base64 = |byte: Option<&u8>| matches!(byte, Some(b'+' | b'/'));
            if !begins_word(original[..start].last().copied(), original[start])
                || (common || short) && !ends_word(original, end)
                || short && (in_base64(original[..start].last()) || in_base64(original.get(end)))
            {
                continue;
            }
            if best.as_ref().is_none_or(|best| end > best.end) {
                best = Some(start..end);
            }
            break;
        }
    }
    best
}

/// No letter follows, or the case changes, or a word that speaks of a secret begins: `boxToken`, `boxTOKEN`, `BOX_TOKEN`,
/// `boxkey`, not `boxes`.
fn ends_word(text: &[u8], end: usize) -> bool {
    let Some(&next) = text.get(end) else { return true };
    let last = text[end - 1];
    !last.is_ascii_alphanumeric()
        || !next.is_ascii_alphanumeric() && next < 0x80
        || (next.is_ascii_uppercase() && last.is_ascii_lowercase())
        || SECRET_WORDS
            .iter()
            .any(|word| text[end..].get(..word.len()).is_some_and(|at| at.eq_ignore_ascii_case(word.as_bytes())))
}

/// The text before the value stands in an element such as `<secret>` or `<apiToken>` that is still open on its line.
fn in_secret_element(before: &[u8]) -> bool {
    let line = memchr::memrchr(b'\n', before).map_or(before, |line| &before[line..]);
    let Some(open) = memchr::memrchr(b'<', line) else { return false };
    let Some(close) = memchr::memchr(b'>', &line[open..]) else { return false };
    ["secret", "token", "password", "apikey", "privatekey"].iter().any(|word| {
        let tag = &line[open + 1..open + close];
        tag.ends_with(word.as_bytes())
    })
}

/// The name at `place` is the whole of the name of a setting.
fn is_sole_name(before: &[u8], place: &Range<usize>) -> bool {
    !before[..place.start]
        .last()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/'))
}

/// Nothing but an operator that assigns, quotes and blanks leads from the name to the value.
fn set_to(between: &[u8]) -> bool {
    let rest = |byte: &&u8| !matches!(byte, b'"' | b'\'' | b'`' | b' ');
    matches!(between.iter().filter(rest).copied().collect::<Vec<u8>>().as_slice(), b"=" | b":" | b":=" | b"=>")
}

/// The last word of `between` speaks of a secret.
fn ends_with_secret_word(between: &[u8]) -> bool {
    let end = between.trim_ascii_end();
    ["key", "token", "secret", "password"].iter().any(|word| end.ends_with(word.as_bytes()))
}

/// Nothing but quotes and blanks.
fn is_blank(between: &[u8]) -> bool {
    between.iter().all(|byte| matches!(byte, b'"' | b'\'' | b'`' | b' '))
}

/// The beginning of a line as far as the operator that assigns, without quotes and blanks at its end.
fn setting_name(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| matches!(byte, b'=' | b':')).unwrap_or(0);
    let tail = |byte: &u8| matches!(byte, b'=' | b':' | b'"' | b'\'' | b'`' | b' ');
    &line[..line[..end].iter().rposition(|byte| !tail(byte)).map_or(0, |at| at + 1)]
}

/// The line gives the value or the default of what stands above it: `default = "`, `value: `.
fn sets_default(line: &[u8]) -> bool {
    let name = setting_name(line);
    let words = [&b"default"[..], b"value", b"\"default", b"\"value", b"'default", b"'value"];
    words.contains(&name.trim_ascii_start())
}

/// The name of the value says that it is an identifier: `client_id = `, `"appId": "`.
fn names_an_id(between: &[u8]) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let end = between.iter().rposition(word).map_or(0, |at| at + 1);
    between[..end].ends_with(b"id")
}

/// What stands before a name on its line, as far as it may speak of the name.
fn words_before(before: &[u8]) -> &[u8] {
    let near = &before[before.len().saturating_sub(IDENTIFIER)..];
    memchr::memrchr(b'\n', near).map_or(near, |line| &near[line..])
}

/// Whether an operator that assigns ends `between`, quotes and brackets aside, or nothing else stands there.
fn assigns(between: &[u8]) -> bool {
    let skipped =
        |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b' ' | b'\t' | b'\r' | b'\n' | b'(' | b'[' | b'{' | b'\\');
    let end = between.iter().rposition(|byte| !skipped(byte)).map_or(0, |at| at + 1);
    end == 0 || matches!(between[..end].last(), Some(b'=' | b':' | b'>' | b','))
}

/// A path or an address leads from the name to the value, without a parameter in it.
fn in_path(between: &[u8]) -> bool {
    let parameter = between.iter().rposition(|byte| matches!(byte, b'=' | b' ' | b'"' | b'\'')).map_or(0, |at| at + 1);
    between[parameter..].contains(&b'/')
}

/// Digests and commits are hexadecimal of these lengths; identifiers are UUIDs.
fn is_digest(value: &[u8]) -> bool {
    is_uuid(value) || matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128) && value.iter().all(u8::is_ascii_hexdigit)
}

/// Bytes of a line next to a value that are looked at.
const NEXT_LINE: usize = 256;

/// Whether a digest, of SHA-1 at least, stands between lines of which one has another of its length.
fn in_table_of_digests(text: &[u8], span: &Range<usize>) -> bool {
    if span.len() < 40 || !is_digest(&text[span.clone()]) {
        return false;
    }
    let first = line_start(text, span.start);
    // Of a line that is too long for its beginning to be found, none is above.
    let above =
        text[..first].strip_suffix(b"\n").map_or(&[][..], |above| &above[above.len().saturating_sub(NEXT_LINE)..]);
    let above = memchr::memrchr(b'\n', above).map_or(above, |line| &above[line + 1..]);
    let rest = &text[span.end..text.len().min(span.end + 2 * NEXT_LINE)];
    let below = memchr::memchr(b'\n', rest).map_or(&[][..], |line| &rest[line + 1..]);
    let below = memchr::memchr(b'\n', below).map_or(below, |line| &below[..line]);
    let another = |line: &[u8]| line.split(|byte| !byte.is_ascii_hexdigit()).any(|run| run.len() == span.len());
    another(above) || another(below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Form;

    fn verdict(before: &str, value: &str, common: bool, forms: &[&str]) -> Assigned {
        let usual = forms.iter().map(|form| Form::parse(form).unwrap()).collect();
        let text = format!("{before}{value}\"");
        let span = before.len()..before.len() + value.len();
        named(
            text.as_bytes(),
            span,
            &TextFile::at(b"a.txt"),
            &["norvale".to_owned()],
            &Named { usual, common, open: false },
        )
        .verdict
    }

    fn likely(verdict: Assigned) -> bool {
        matches!(verdict, Assigned::Likely(_))
    }

    const HEX: &str = "7c21d0f48ab95e3366f1b27e90c4ad58";

    #[test]
    fn a_word_or_an_assignment_makes_a_credential() {
        let hex = ["{{hex:32}}"];
        for before in [
            "NORVALE_API_KEY=",
            "norvale SECRET ",
            "norvale: \"",
            "X-Api-Norvale \"",
            "norvaleTOKEN ",
            "<norvaleKey>\n  ",
        ] {
            assert!(likely(verdict(before, HEX, false, &hex)), "{before}");
        }
        for before in ["norvale/deploy@", "norvale sha256:", "at norvale.example/v1/", "norvale rev ", "binorvale_key="]
        {
            assert!(!likely(verdict(before, HEX, false, &hex)), "{before}");
        }
    }

    #[test]
    fn common_words_need_a_word_that_speaks_of_a_secret() {
        let hex = ["{{hex:32}}"];
        assert!(likely(verdict("norvaleKEY=", HEX, true, &hex)));
        assert!(!likely(verdict("norvale = \"", HEX, true, &hex)));
        assert!(!likely(verdict("norvales_key = \"", HEX, true, &hex)));
    }

    #[test]
    fn a_table_of_digests_holds_no_credential() {
        let digest = "c0ffee24".repeat(8);
        let table = |name: &str, other: &str| format!("\"one\": \"{other}\",\n\"{name}\": \"");
        let hex = ["{{hex:64}}"];
        let other = "0123abcd".repeat(8);
        assert!(!likely(verdict(&table("norvale", &other), &digest, false, &hex)));
        assert!(likely(verdict(&table("norvale", &other[1..]), &digest, false, &hex)), "of another length");
        assert!(likely(verdict(&table("norvale_token", &other), &digest, false, &hex)), "its name tells");
        for name in ["norvalePathProvider", "norvale_patch", "norvale pattern"] {
            assert!(!likely(verdict(&table(name, &other), &digest, false, &hex)), "{name} names no PAT");
        }
        assert!(likely(verdict(&table("norvale_pat", &other), &digest, false, &hex)));
        assert!(likely(verdict(&table("norvale", &other[..32]), &digest[..32], false, &["{{hex:32}}"])), "a short one");
        let text = format!("norvale = {digest}\nother = {other}\n");
        assert!(in_table_of_digests(text.as_bytes(), &(10..74)));
        assert!(!in_table_of_digests(&text.as_bytes()[..75], &(10..74)), "alone");
    }

    #[test]
    fn what_is_laid_out_as_a_uuid_has_its_form() {
        let laid_out = "uigi9zkt-7q3u-v1v9-5x2s-91p78wlmsuxv";
        assert!(likely(verdict("norvale_token = \"", laid_out, false, &["{{uuid}}"])));
        assert_eq!(as_uuid(laid_out.as_bytes()).map(|mapped| is_uuid(&mapped)), Some(true));
        assert_eq!(as_uuid(b"uigi9zkt-7q3u-v1v9-5x2s-91p78wlmsux"), None);
    }

    #[test]
    fn without_the_usual_form_the_place_has_to_be_an_assignment() {
        let value = "Q7f3kLm92xPzR4vTb81NcY";
        assert!(likely(verdict("norvale_api_key = \"", value, false, &[])));
        // Quotes right behind a name that is nothing else are one; those behind a word of the language are not.
        assert!(likely(verdict("norvale \"", value, false, &[])));
        assert!(!likely(verdict("norvale \"", value, true, &[])));
        assert!(!likely(verdict("norvale \"", "q7f3klm92xpzr4vtb81ncy", false, &[])), "of two classes of characters");
        assert!(!likely(verdict("norvale is \"", value, false, &[])));
        assert!(!likely(verdict("norvale_api_key = \"a-", value, false, &[])));
        // The end of a longer quoted text.
        assert!(!likely(verdict("norvale = \"=", value, false, &[])));
        assert!(likely(verdict("norvale = \"key=", value, false, &[])));
    }

    #[test]
    fn the_line_above_names_the_issuer_where_the_value_has_a_setting_of_its_own() {
        let value = "Q7f3kLm92xPzR4vTb81NcY";
        assert!(likely(verdict("# norvale\nAPI_KEY=\"", value, false, &[])));
        assert!(likely(verdict("norvale_token\" {\n  default = \"", value, false, &[])));
        assert!(!likely(verdict("# norvale\nregion=\"", value, false, &[])));
        assert!(!likely(verdict("norvale\" {\n  default = \"", value, false, &[])));
        assert!(!likely(verdict("# norvale\nAPI_KEY=\"", value, true, &[])));
    }
}
