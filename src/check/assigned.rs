//! Is a value a literal that is assigned to a name, and does the name speak of a secret? For generic rules, whose
//! patterns match every assignment to a name with `password`, `token` or `key` in it.
//!
//! Works on the line and on the kind of file; a reader of whole formats would see more.

use std::ops::Range;

use super::join::{Join, join};
use super::kind::{TextFile, TextKind};
use super::letters::are_random;
use super::measure::{classes, shannon};
use super::name::names_something_else;
use super::value::{is_identifier, is_uuid, is_wordy, mostly_words, names_a_secret, not_a_value, reference};
use super::words::{WORDS, words_of};

/// What the check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assigned {
    /// It looks like a secret that is assigned; the text says why.
    Likely(&'static str),
    /// It is assigned, but may be something else.
    Doubtful(&'static str),
    /// It is no secret.
    No(&'static str),
}

/// Bytes of a line before a value in which it is looked for the quotes that it stands in.
const EMBEDDED: usize = 1024;

/// Why an unquoted value in code is none.
const EXPRESSION: &str = "an unquoted value in source code is an expression";

/// Why the value at `span` of `text` cannot be a literal that is assigned to a name; none where it may be one. `password`
/// says that the rule is one for passwords.
pub(super) fn not_assigned(
    text: &[u8],
    span: Range<usize>,
    file: &TextFile<'_>,
    password: bool,
) -> Option<&'static str> {
    if file.lock {
        return Some("a lock file lists digests");
    }
    if file.kind == TextKind::Code && is_expression(text, &span) {
        return Some(EXPRESSION);
    }
    let join = join(text, span.clone());
    not_joined(text, &span, &join)
        .or_else(|| of_a_sentence(&text[span.clone()], &join, file))
        .or_else(|| not_under_its_name(&text[span.clone()], &join, file, password))
        .or_else(|| not_a_literal(text, &span, &join, file.kind))
}

/// The usual case in code by far, told without reading the line backward: no quote stands before the value, at most two
/// blanks away, nor around it.
fn is_expression(text: &[u8], span: &Range<usize>) -> bool {
    let head = &text[..span.start];
    let head = head.strip_suffix(b" ").unwrap_or(head);
    let head = head.strip_suffix(b" ").unwrap_or(head);
    let opens = head.last().is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'|' | b';'));
    !opens && !stands_in_quotes(text, span.start)
}

/// Why `join` does not lead from a name to the value at `span` of `text`.
fn not_joined(text: &[u8], span: &Range<usize>, join: &Join<'_>) -> Option<&'static str> {
    let value = &text[span.clone()];
    let head = &text[..span.start];
    // The prefixes of string literals are letters, and so are the first ones of bare values.
    if !join.quoted && head.last().is_some_and(u8::is_ascii_alphanumeric) {
        return Some("it begins inside a word");
    }
    // `&'a str, other: &'a str`
    if head.ends_with(b"&'") || head.ends_with(b"<'") {
        return Some("it lies between two lifetimes");
    }
    let before = head.trim_ascii_end();
    match join.operator {
        b',' if (!join.name_quoted && !compares(join.head)) || join.below && !join.name_opened => {
            return Some("the name is an argument of its own");
        }
        b',' if join.name.starts_with(b"-") => {
            return Some("it is the argument of an option, for which there are rules");
        }
        b',' if matches!(join.head.trim_ascii_end().last(), Some(b',' | b'[')) && !is_of_environment(join.head) => {
            let lower = value.iter().skip(1).all(|byte| !byte.is_ascii_uppercase());
            if join.below || lower && (is_wordy(value) || value.starts_with(b".") || value.starts_with(b"#")) {
                return Some("it is an element of a list");
            }
        }
        _ if join.quoted => {}
        _ if join.below && ends_an_element(before) => return Some("it stands below an element, not in it"),
        // What a `>` ends on the line above is no value unless another tag follows; with a blank before it, it compares.
        _ if !before.ends_with(b"=>") && !text[span.end..].trim_ascii_start().starts_with(b"</") => {
            let above = join.below && before.ends_with(b">") && !before.ends_with(b": >");
            if above || join.operator == b'>' && join.spaced {
                return Some("it is not assigned");
            }
        }
        _ => {}
    }
    // Prose lists words of code in back quotes, one after the other.
    let back_quoted = head.ends_with(b"`") || value.starts_with(b"`");
    let listed = back_quoted && !matches!(join.operator, b'=' | b':' | b'>');
    listed.then_some("it is a word of code in prose")
}

/// `strcmp(`, `secure_compare(`: what follows is compared with what comes after it.
fn compares(head: &[u8]) -> bool {
    let Some(call) = head.trim_ascii_end().strip_suffix(b"(") else { return false };
    let call = call[call.len().saturating_sub(24)..].to_ascii_lowercase();
    [&b"cmp"[..], b"compare", b"equal", b"equals", b"compare_digest"].iter().any(|end| call.ends_with(end))
}

/// `get(ENV, `: a look-up, whose last argument is a default.
fn is_of_environment(head: &[u8]) -> bool {
    let head = head.trim_ascii_end();
    let head = head.strip_suffix(b",").unwrap_or(head);
    head.len() >= 4 && head[head.len() - 3..].eq_ignore_ascii_case(b"env") && head[head.len() - 4] == b'('
}

/// Why `value` is no secret under the name that `join` found.
fn not_under_its_name(value: &[u8], join: &Join<'_>, file: &TextFile<'_>, password: bool) -> Option<&'static str> {
    let words = words_of(join.name);
    if let Some(why) = names_something_else(&words, value) {
        return Some(why);
    }
    // `update_password: always`, `mustChangePassword: on_create`
    if is_wordy(value) && words.first().is_some_and(|first| WORDS.verbs.contains(first)) {
        return Some("the name speaks of what is done with a secret");
    }
    if file.translation && (is_wordy(value) || value.iter().any(|byte| *byte == b' ' || *byte >= 0x80)) {
        return Some("it is a text for people");
    }
    if !password && words.iter().any(|word| WORDS.password_names.contains(word)) {
        return Some("the name speaks of a password, for which there are rules of their own");
    }
    if !password && is_path_of_words(value) {
        return Some("it is a path");
    }
    if !password && is_numbered_word(value) {
        return Some("it is a name with a number");
    }
    // `pass` is a word of its own.
    let called = join.name.rsplit(|byte| matches!(byte, b'.' | b':')).next().unwrap_or_default();
    let passed = called.eq_ignore_ascii_case(b"pass") && join.operator == b'(';
    passed.then_some("it is passed to a function, not assigned")
}

/// `attohttpc/tls-rustls`: two words or more, of small letters.
fn is_path_of_words(value: &[u8]) -> bool {
    let word =
        |part: &[u8]| !part.is_empty() && part.iter().all(|byte| byte.is_ascii_lowercase() || b"-_.".contains(byte));
    value.contains(&b'/') && value.split(|byte| *byte == b'/').all(word)
}

/// `variable-2`: a word of small letters, a joiner and a short number.
fn is_numbered_word(value: &[u8]) -> bool {
    let digits = value.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let head = &value[..value.len() - digits];
    let word = head.strip_suffix(b"-").or_else(|| head.strip_suffix(b"_"));
    matches!(digits, 1..=2) && word.is_some_and(|word| word.iter().all(u8::is_ascii_lowercase))
}

/// Whether `before` ends with `</name>`.
fn ends_an_element(before: &[u8]) -> bool {
    const NAME: usize = 64;
    let tag = &before[before.len().saturating_sub(NAME)..];
    tag.ends_with(b">") && memchr::memrchr(b'<', tag).is_some_and(|at| tag[at..].starts_with(b"</"))
}

/// Judges the value at `span` of `text`, of which it is known that it stands near a name that speaks of a credential.
/// `bare` says that a blank alone leads from the name to it.
pub(super) fn credential(text: &[u8], span: Range<usize>, file: &TextFile<'_>, bare: bool) -> Assigned {
    let join = join(text, span.clone());
    let join = if bare && join.operator == 0 { Join { operator: b'=', ..join } } else { join };
    match not_a_literal(text, &span, &join, file.kind) {
        Some(why) => Assigned::No(why),
        None => judge_token(&text[span], &join, file.kind),
    }
}

/// Why a value of which the rule's context has said that it is a password cannot be one.
pub(super) fn no_literal(text: &[u8], span: Range<usize>, file: &TextFile<'_>) -> Option<&'static str> {
    // It may stand bare inside a larger string, as in a connection string.
    let join = Join { operator: b'=', quoted: true, ..join(text, span.clone()) };
    let value = &text[span.clone()];
    if file.message && value.strip_suffix(b".").unwrap_or(value).iter().all(u8::is_ascii_alphabetic) {
        return Some(SENTENCE);
    }
    not_a_literal(text, &span, &join, file.kind)
}

/// Why a word in a message is no value.
const SENTENCE: &str = "it is a word of a sentence";

/// What people write of passing things on, and of parts of a program: `pass "x" to`, `askpass: ask again`.
fn of_a_sentence(value: &[u8], join: &Join<'_>, file: &TextFile<'_>) -> Option<&'static str> {
    let words = value.iter().all(u8::is_ascii_alphabetic);
    let sentence = match join.operator {
        0 => join.quoted || words,
        b':' => !join.quoted && words,
        _ => false,
    };
    (file.message && sentence).then_some(SENTENCE)
}

/// Judges the password of a URL by itself and by the host that follows it.
pub(super) fn url_password(text: &[u8], span: Range<usize>) -> Assigned {
    let value = &text[span.clone()];
    if let Some(why) = reference(value, false, TextKind::Unknown).or_else(|| not_a_value(value, b"")) {
        return Assigned::No(why);
    }
    if holds_signs_alone(value) {
        return Assigned::No("it has no letter or digit");
    }
    // `AccountSid:AuthToken@`
    if is_wordy(value) && names_a_secret(value) {
        return Assigned::No("it names a secret");
    }
    let rest = text.get(span.end + 1..).unwrap_or_default();
    let end = rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')));
    let host = String::from_utf8_lossy(&rest[..end.unwrap_or(rest.len()).min(255)]).to_ascii_lowercase();
    // RFC 2606 and RFC 6761 reserve these for documentation and tests.
    let domain = |name: &str| host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
    let reserved = ["example", "test", "invalid", "example.com", "example.org", "example.net"];
    if reserved.into_iter().any(domain) || matches!(host.as_str(), "host" | "hostname" | "server" | "domain" | "url") {
        return Assigned::Doubtful("the host is one for documentation");
    }
    if value.iter().all(u8::is_ascii_digit) && value.len() < 6 {
        return Assigned::Doubtful("it is a short number");
    }
    Assigned::Likely("a URL holds it between user and host")
}

/// No letter or digit, escapes such as `%7B` decoded: what tests of parsers are made of.
fn holds_signs_alone(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some((&first, behind)) = rest.split_first() {
        let escaped = (first == b'%').then(|| behind.get(..2)).flatten();
        let code =
            escaped.and_then(|two| std::str::from_utf8(two).ok()).and_then(|two| u8::from_str_radix(two, 16).ok());
        let (byte, length) = code.map_or((first, 1), |code| (code, 3));
        if byte.is_ascii_alphanumeric() || byte >= 0x80 {
            return false;
        }
        rest = &rest[length..];
    }
    true
}

/// Why the value at `span` of `text`, joined to a name by `join`, is no literal or stands for no secret.
fn not_a_literal(text: &[u8], span: &Range<usize>, join: &Join<'_>, kind: TextKind) -> Option<&'static str> {
    let value = &text[span.clone()];
    if let Some(why) = reference(value, join.quoted, kind) {
        return Some(why);
    }
    if let Some(why) = not_a_value(value, join.name) {
        return Some(why);
    }
    if !join.quoted && value.ends_with(b"=") && value[..value.len() - 1].iter().all(u8::is_ascii_lowercase) {
        return Some("it is the name of another setting");
    }
    // `"name": ` on the line below; what `?` chooses is followed by a colon too.
    let closing = text.get(span.end).is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let closed = span.end + usize::from(closing);
    let key = text.get(closed) == Some(&b':') && text.get(closed + 1) != Some(&b':');
    // Or its end: `'password:hashed': true`.
    let end_of_key = !join.quoted && closing && join.operator == b':' && !join.spaced;
    if key && (join.quoted && join.operator != b'?' || end_of_key) {
        return Some("it is a key of its own");
    }
    let rest = &text[span.end..];
    let head = &text[line_start(text, span.start)..span.start];
    let looked_up = memchr::memmem::rfind(head, b"{{").map(|at| &head[at..]).is_some_and(|inside| {
        memchr::memmem::find(inside, b"lookup").is_some() && memchr::memmem::find(inside, b"}}").is_none()
    });
    if looked_up {
        return Some("it says where the value is looked up");
    }
    // `Escape => write("Escape")`
    let case = head.trim_ascii_start();
    let case = case.strip_prefix(b"Self::").unwrap_or(case).strip_prefix(value);
    if case.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"=>")) {
        return Some("it is the name of a case");
    }
    // `[![coverage](https://.../badge.svg?token=...)`: whoever may see the page sees them.
    if head.ends_with(b"token=")
        && [&b"badge"[..], b"shields.io"].iter().any(|word| memchr::memmem::find(head, word).is_some())
    {
        return Some("it is the public token of a badge");
    }
    // Contexts take `$` for the prefix of a string.
    let opened = head.trim_ascii_end();
    let opened = opened.strip_suffix(b"$").unwrap_or(opened);
    if rest.starts_with(b"${") || rest.starts_with(b"{") && value.ends_with(b"$") || opened.ends_with(b"{{") {
        return Some("it is a part of a template");
    }
    // `"client_id: shop-4711"`
    let setting = |name: &[u8]| is_identifier(name) && name.contains(&b'_');
    if memchr::memmem::find(value, b": ").is_some_and(|colon| setting(&value[..colon])) {
        return Some("it is another setting and its value");
    }
    if value.split(|byte| *byte == b'|').count() > 2 {
        return Some("it is a list of rules");
    }
    let numbered = join.operator == b'|' && is_numbered(&text[..span.start]);
    if join.operator == b'|' && !numbered {
        return Some("it is an alternative, not a value");
    }
    if !join.quoted && !numbered {
        if value.ends_with(b":") {
            return Some("it is a key of its own");
        }
        if value[0] == b':' {
            return Some("it is a member of what is named");
        }
        let bracket = |byte: u8| matches!(byte, b'{' | b'(' | b'[');
        let section = text[..span.start].ends_with(b"<![CDATA[");
        if span.start > 0 && bracket(text[span.start - 1]) && !section || bracket(value[0]) {
            return Some("it stands in brackets: an expression, a type or a slot");
        }
        if kind == TextKind::Code && !stands_in_quotes(text, span.start) {
            return Some(EXPRESSION);
        }
        if text.get(span.end).is_some_and(|byte| matches!(byte, b'(' | b'[')) || value.contains(&b'(') {
            return Some("it is a call or an index");
        }
        if matches!(join.operator, b',' | b'(' | b'|' | b'>' | b'?' | 0) && kind != TextKind::Settings {
            return Some("it is not assigned");
        }
    }
    None
}

/// Where the line of `at` begins, at most [`EMBEDDED`] bytes before it.
pub(super) fn line_start(text: &[u8], at: usize) -> usize {
    let first = at.saturating_sub(EMBEDDED);
    memchr::memrchr(b'\n', &text[first..at]).map_or(first, |line| first + line + 1)
}

/// Whether the text at `at` lies within quotes that open on its line: a longer text in a program.
fn stands_in_quotes(text: &[u8], at: usize) -> bool {
    let line = line_start(text, at);
    let mut open = None;
    let mut escaped = false;
    for &byte in &text[line..at] {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' | b'\'' | b'`' if open.is_none() => open = Some(byte),
            _ if open == Some(byte) => open = None,
            _ => {}
        }
    }
    // An apostrophe of prose in a comment opens nothing.
    open.is_some_and(|quote| {
        quote != b'\'' || text[at..].iter().take_while(|byte| **byte != b'\n').any(|byte| *byte == quote)
    })
}

/// Groups of one length, letters and digits mixed, as keys are printed to be read: `7K2QX-M4D9A-...`.
pub(super) fn is_grouped(value: &[u8]) -> bool {
    let groups: Vec<&[u8]> = value.split(|byte| *byte == b'-').collect();
    let mixed = |group: &&[u8]| group.iter().any(u8::is_ascii_digit) && group.iter().any(u8::is_ascii_alphabetic);
    groups.len() >= 3
        && groups.iter().all(|group| group.len() == groups[0].len() && group.iter().all(u8::is_ascii_alphanumeric))
        && groups[0].len() >= 4
        && groups.iter().filter(|group| mixed(group)).count() >= 2
}

/// `12|` right before the value, where the value begins: Laravel Sanctum writes a token's number before it.
fn is_numbered(before: &[u8]) -> bool {
    let Some(head) = before.strip_suffix(b"|") else { return false };
    let digits = head.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0
        && head[..head.len() - digits]
            .last()
            .is_none_or(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'=' | b' ' | b':'))
}

fn judge_token(value: &[u8], join: &Join<'_>, kind: TextKind) -> Assigned {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    if value.iter().any(u8::is_ascii_whitespace) {
        return Assigned::No("it holds blanks");
    }
    // Joined abbreviations are as unlike words as random letters are, but short.
    let longest = value.split(|byte| !byte.is_ascii_alphanumeric()).max_by_key(|run| run.len()).unwrap_or_default();
    let drawn = are_random(longest) && (longest.len() == value.len() || longest.len() >= 16)
        || are_random(value) && digits >= 2 && is_identifier(value);
    if is_wordy(value) && !drawn {
        return Assigned::No("it is made of words");
    }
    if digits == value.len() {
        return Assigned::No("it is a number");
    }
    // `AWS4-HMAC-SHA256`, `PBE-WithKey128-CBC`: names of algorithms and schemes are made of short parts.
    let parts = value.split(|byte| matches!(byte, b'-' | b'_'));
    let short = parts.clone().all(|part| (1..=9).contains(&part.len()) && !part.iter().all(u8::is_ascii_digit));
    if parts.count() >= 3 && short && !value.iter().any(u8::is_ascii_lowercase) && !is_uuid(value) && !is_grouped(value)
    {
        return Assigned::No("it names an algorithm");
    }
    // Random text holds short words by chance; long ones, or `key` between joiners, are meant.
    let joined = value.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let speaks = |word: &String| {
        word.len() >= 5 && (WORDS.password_names.contains(word) || WORDS.secret_names.contains(word))
            || joined && word == "key"
    };
    if words_of(value).iter().any(speaks) && digits * 4 < value.len() {
        return Assigned::No("it is the name of a secret");
    }
    if is_uuid(value) {
        return Assigned::Doubtful("it is a UUID, which names more often than it opens");
    }
    if value.len() < 12 {
        return Assigned::Doubtful("it is short for a token");
    }
    if digits < 2 && classes(value) < 3 && !drawn {
        return Assigned::No("it is the name of something");
    }
    if is_identifier(value) && !drawn && mostly_words(value) {
        return Assigned::No("it is an identifier with a number");
    }
    if join.comparison {
        return Assigned::Doubtful("it is compared, not assigned");
    }
    // Issuers draw tokens from one alphabet; Django and its like draw keys from all of them, and meet many.
    let strange = |byte: &&u8| !(byte.is_ascii_alphanumeric() || b"+/=_.:~-%|".contains(byte));
    if value.len() >= 20 && (1..=value.len() / 16).contains(&value.iter().filter(strange).count()) {
        return Assigned::Doubtful("a character of it is none that tokens are made of");
    }
    let random = value.len() >= 20 && digits >= 2 && shannon(value) >= 3.5;
    if kind == TextKind::Prose && !join.quoted && !random {
        return Assigned::Doubtful("it stands in prose");
    }
    Assigned::Likely("it is assigned to a name that speaks of a secret")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::MEDIUM;

    /// The points of `value` where `line` has a `@`; 0 where the place says that it is none.
    fn points(path: &str, line: &str, value: &str) -> i32 {
        let start = line.find('@').expect("a place for the value");
        let text = line.replacen('@', value, 1);
        let span = start..start + value.len();
        let file = TextFile::at(path.as_bytes());
        // The rules for passwords reach names that have one of these.
        let password = ["pass", "pwd", "\u{43f}\u{430}\u{440}\u{43e}\u{43b}"]
            .iter()
            .any(|word| line.to_ascii_lowercase().contains(word));
        match not_assigned(text.as_bytes(), span.clone(), &file, password) {
            Some(_) => 0,
            None => super::super::model::weigh(text.as_bytes(), span, &file).points,
        }
    }

    #[test]
    fn secrets_that_are_assigned() {
        for (path, line, value) in [
            (".env", "DB_PASSWORD=@", "dragon1987"),
            ("a.c", concat!("if (strcmp(pass", "word, \"@\") == 0)"), "Blue7Sky"),
            ("a.jl", "get(ENV, \"DB_PASSWORD\", \"@\")", "Blue.sky"),
            ("a.cpp", "std::string password = set ? set : \"@\";", "Blue7Sky"),
            ("a.ts", "const password: string = prod ? \"@\" : other();", "Blue7Sky"),
            ("a.py", "password = os.environ.get(\"DB_PASSWORD\", default=\"@\")", "Blue7Sky"),
            ("a.yml", "DbPassword:\n    Type: String\n    NoEcho: true\n    Default: @", "Blue7Sky"),
            ("a.yml", "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}: @", "\u{431}\u{435}\u{440}\u{435}\u{437}\u{430}7"),
            ("settings.py", "PASSWORD = '@'", "Summer2024!"),
            ("a.yml", "  password: @", "hunter2hunter"),
            ("a.rs", "const PASSWORD: &str = \"@\";", "t0ps3cret"),
            ("web.config", "<add key=\"SmtpPassword\" value=\"@\" />", "Blue7Sky"),
            ("a.xml", "<password>@</password>", "Blue7Sky"),
            ("a.plist", "<key>AdminPassword</key>\n<string>@</string>", "Blue7Sky"),
            ("a.yml", "- name: DB_PASSWORD\n  value: @", "Blue7Sky"),
            ("a.json", "{\"name\": \"DB_PASSWORD\", \"value\": \"@\"}", "Blue7Sky"),
            ("a.js", "const password = env.PASSWORD || '@'", "Blue7Sky"),
            ("a.js", "const apiKey = '@'", "k9f8a7d6s5a4f3g2h1"),
            ("a.js", "const apiKey = '@'", "sfq0hnlknhczbpzo6xkj"),
            ("a.go", "apiToken := `@`", "k9f8a7d6s5a4f3g2h1"),
            ("x.json", "\"client_secret\": \"@\",", "q8Zr-31_kfPwm2Xn"),
            ("a.yml", "acme_key: '@'", "hfCnuVcYOgiRjlDEmAoRbN"),
            ("a.js", "const signerKey = '@'", "k9Fa7d6s5A4f3g2H1mqz"),
            ("a.txt", "token = '@'", "vZrEclFwOqeA"),
            ("a.txt", "token = '@'", "b_ByDfulghxvvmHbArJSFfQhxemJPQHOwplxuydlKEEbfe"),
            ("a.txt", "token = '@'", "IZAT6SA-AJUQES1-BZWZYWJ-VDIXPVG"),
        ] {
            let points = points(path, line, value);
            assert!(points >= MEDIUM, "{path} {line} {value}: {points}");
        }
    }

    #[test]
    fn signs_alone_are_no_password() {
        for (value, alone) in
            [("%60%7B%7D", true), ("!!!", true), ("%4a", false), ("a%20", false), ("%zz", false), ("%", true)]
        {
            assert_eq!(holds_signs_alone(value.as_bytes()), alone, "{value}");
        }
    }

    #[test]
    fn what_only_looks_like_one() {
        for (path, line, value) in [
            ("a.py", "password = @()", "get_password"),
            ("a.go", "password := @", "config.Password"),
            ("a.js", "password: '@'", "Enter your password"),
            ("a.js", "password: '@'", "newPassword"),
            ("a.yml", "password: @", "${DB_PASSWORD}"),
            ("a.yml", "password: '@'", "{{ vault_db_password }}"),
            ("a.yml", "password: {{ .Values.password | @ }}", "b64enc"),
            ("a.yml", "password:\n  @\n", "staging:"),
            ("a.php", "'password' => '@'", "required|string|min:12"),
            ("a.ps1", "$Password = [@]$x", "string"),
            ("a.py", "password_hint = '@'", "dragon1987"),
            ("a.md", "The names are `token_v2`, `@`", "KEY_SIZE_256"),
            ("a.rs", "/// `secret`, `@` and others", "k9f8a7d6s5a4f3g2h1"),
            ("a.rs", "pass(\"@\")", "CRC-32 checksum agrees"),
            ("a.rs", "(1, Verdict::Pass, \"@\")", "2021-01-19T06:52:28Z"),
            ("a.ts", "compass = '@'", "north1987"),
            ("a.json", "\"token_type\": \"@\"", "bearer12345678"),
            ("de.properties", "login.token=@", "Zugriffsschl\u{fc}ssel"),
            ("a.py", "primary_key = '@'", "k9f8a7d6s5a4f3g2h1"),
            ("Cargo.toml", "Sys_PasswordList = [\"@\"]", "Sys_Password"),
            ("a.yml", "credentials: @", "owner7/home#assets/crates-credentials"),
            ("a.txt", "Authorization: @ Credential=x", "AWS4-HMAC-SHA256"),
            ("a.h", "#define SIGN_KEY \"@\"", "pbeWithSHA1And2-KeyTripleDES-CBC"),
            ("a.tf", "password = @", "random_password.db.result"),
            ("a.properties", "db.password=@", "changeme"),
            ("a.rs", "Plugin::Sha2Password => \"@\",", "caching_sha2_password"),
            ("a.rs", "let password = \"@\"", "2010-05-08"),
            ("a.rs", "auth_secret: \"@\"", "localhost:5000"),
            ("a.md", "password = \"@\"", "<password>"),
            ("a.json", "\"secret_key\": \"@\"", "AKID/20090213/us-east-1/s3/aws4_request"),
            ("a.rs", "let secret = \"@\"", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"),
            ("go.sum", "norvale.dev/token: '@'", "k9Fa7d6s5A4f3g2H1mqz"),
            ("res/index_hu.properties", "token.reset=@", "Visszaallit2024"),
            ("a_sv_SE.properties", "copy.password=@", "Kopiera"),
            ("locales/de.json", "\"password\": \"@\"", "Kennwort"),
            ("a.java", "Secret.getCipher(\"@\")", "AES/CFB8/NoPadding"),
            ("a.java", "SecretKeyFactory.getInstance(\"@\")", "PBKDF2WithHmacSHA512"),
            ("a.java", "password.check(\"@\")", ".*\\p{Punct}.*"),
            ("a.go", "\"x.token\",\n\"@\": \"y\"", "batches.0.scopeSpans.0.kind"),
            ("a.yml", "password: @", "@SMTP_PASSWORD@"),
            ("a.yml", "password: \"@\"", "urn:k8s:secret:oidc:redisPass"),
            ("a.yml", "sender_key: '@'", "aV9BpqYFqJpKYmgERyGv/6QyKMcgLqxM05V0gvzg9Yk"),
            ("a.rs", "headers.contains_key(\"@\")", "x-amz-content-sha256"),
            ("a.yml", "S3Key: '@'", "ci/beanstalk/gitlab_ci-611-1289.war"),
            ("a.yml", "cache_key: '@'", "k9Fa7d6s5A4f3g2H1mqz"),
            ("NEWS", "- mpi::SecretKeyMaterial:@", ":MLDSA65_Ed25519"),
            ("a.yml", "tls.key: @", concat!("LS0tLS1CRU", "dJTiBQUklWQVRFIEtFWS0tLS0tCi0tLS0t")),
            ("a.md", "redis.token: @", "traefik.tls.insecure2SkipVerify=false"),
            ("Cargo.toml", "credentials = [\"@\"]", "attohttpc/tls-rustls"),
            ("a.rs", "\"norvale.encryption_keys\", \"@\"", "org.norvale.msc4157.send.delayed_event"),
            ("a.rs", "/// token, given the `@` header", "X-Signature-Ed25519"),
            ("a.txt", "SPF_PASS=@", "-0.001"),
            ("a.rs", "fn open<'a>(secret: &'@a str)", "a str, token: &'"),
            ("a.py", "KEYS = ['secret', 'token', '@']", "session_cookie"),
            ("a.py", "args = ['--password', '@']", "k9Fa7d6s5A4f"),
            ("a.yml", "update_password: @", "on_create"),
            ("a.yml", "password: \"{{ lookup('file', '@') }}\"", "k9Fa7d6s5A4f"),
            ("a.log", "miss key=@", "orders:1834"),
            ("a.rs", "(\"md_lastpass\", '@'),", "\\u{f0446}"),
            ("a.rs", "RfBypass => f.write_str(\"@\"),", "RfBypass"),
            ("a.rs", "Self::SUBPASS_2 => Some(\"@\"),", "SUBPASS_2"),
            ("a.txt", "X-Amz-Credential=@", "ASIAR%2F20090213%2Fus-west-2%2Fs3express%2Faws4_request"),
            (".cirrus.yml", "CODECOV_TOKEN: @]", "ENCRYPTED[cfd48b16731c254067ef7b39a7083384127a594c"),
            ("README.md", "[![cov](https://codecov.io/gh/a/b/graph/badge.svg?token=@)]", "yt4XSmQNKQ"),
            ("a.json", "\"sender_key\": \"@\"", "curve25519:2n4iKRAGOTwcw54MuivfjtU"),
            ("a.xml", "<NextContinuationToken>@</NextContinuationToken>", "1SL9nYFaimMAwnR9dJnF4M5NMfm3Em6"),
            ("Cargo.toml", "cert-key-password = [\"@\", \"dep:pkcs8\"]", "dep:pem"),
            ("a.idl", "const GLenum STENCIL_PASS = @;", "0x0B96"),
            ("a.rs", "let key = \"@\";", "AAAAC3NzaC1lZDI1NTE5AAAAIK2pr"),
            ("a.c", "ec_key = \"@\";", "prime256v1"),
            ("a.js", "{ 'password:@': 1 }", "shaWrapped"),
            ("a.map", "[\"keyCode\",\"INCORRECT_PASSWORD\",\"@\",\"close\"]", "#verify"),
            ("conf/locale_cs-CZ.ini", "settings.slack_token=@", "Pouk\u{e1}zka"),
            ("language/cs/pages.json", "\"account/edit/password\": \"@\",", "\u{da}prava hesla %1"),
            ("a.js", "{ regex: /x/, token: \"@\" }", "variable-2"),
            (".env", "ADMIN_TOKEN={{$@ ADMIN}}", "dotenv"),
        ] {
            let points = points(path, line, value);
            assert!(points < MEDIUM, "{path} {line} {value}: {points}");
        }
    }
}
