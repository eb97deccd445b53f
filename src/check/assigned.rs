//! Is a value a literal that is assigned to a name, and does the name speak of a secret? For generic rules, whose
//! patterns match every assignment to a name with `password`, `token` or `key` in it.
//!
//! Works on the line and on the kind of file; a reader of whole formats would see more.

use std::ops::Range;

use super::measure::{classes, shannon};
use super::value::{is_identifier, is_uuid, is_wordy, names_a_scheme, names_a_secret, not_a_value, reference};
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

/// What kind of text a file holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// Source code: what is not quoted is an expression.
    Code,
    /// Settings: values need no quotes.
    Settings,
    /// Prose and mark-up for people.
    Prose,
    /// Cannot be told.
    Unknown,
}

/// The kind of the file at `path` (raw bytes, `/` between components).
pub fn text_kind(path: &[u8]) -> TextKind {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path).to_ascii_lowercase();
    let name = String::from_utf8_lossy(&name).into_owned();
    if name.starts_with(".env") || name.starts_with("dockerfile") || name.ends_with("rc") {
        return TextKind::Settings;
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        "rs" | "go" | "py" | "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "java" | "kt" | "kts" | "scala"
        | "groovy" | "gradle" | "c" | "h" | "cc" | "cpp" | "cxx" | "hpp" | "hh" | "cs" | "vb" | "fs" | "swift"
        | "m" | "mm" | "php" | "phtml" | "rb" | "erb" | "pl" | "pm" | "lua" | "dart" | "ex" | "exs" | "erl" | "hs"
        | "clj" | "elm" | "jl" | "r" | "sol" | "vue" | "svelte" | "zig" | "nim" | "ml" | "pas" | "asm" | "proto"
        | "graphql" | "ipynb" | "css" | "scss" | "jsp" | "aspx" | "cshtml" | "cr" | "coffee" | "cmake" | "bicep" => {
            TextKind::Code
        }
        "env" | "yml" | "yaml" | "toml" | "ini" | "cfg" | "conf" | "cnf" | "config" | "properties" | "props"
        | "json" | "json5" | "jsonc" | "xml" | "plist" | "tf" | "tfvars" | "tfstate" | "hcl" | "sh" | "bash"
        | "zsh" | "fish" | "ksh" | "ps1" | "bat" | "cmd" | "sql" | "service" | "reg" | "netrc" | "npmrc" | "pypirc"
        | "htpasswd" | "envrc" | "dist" | "template" | "tpl" | "j2" | "settings" | "credentials" | "tfrc" => {
            TextKind::Settings
        }
        "md" | "markdown" | "rst" | "adoc" | "asciidoc" | "html" | "htm" | "tex" | "org" | "po" | "pot" | "mdx"
        | "man" | "1" | "3" | "5" | "7" | "8" => TextKind::Prose,
        _ => TextKind::Unknown,
    }
}

/// How value and name are joined.
struct Join<'t> {
    /// The whole name, as far as it can be seen on the line.
    name: &'t [u8],
    /// The name stands in quotes, or in a tag.
    name_quoted: bool,
    /// The value stands in quotes.
    quoted: bool,
    /// The last character of the operator; 0 for a blank.
    operator: u8,
    /// The operator is a comparison.
    comparison: bool,
}

/// Judges the value at `span` of `text`.
pub(super) fn assigned(text: &[u8], span: Range<usize>, path: &[u8]) -> Assigned {
    let kind = text_kind(path);
    let join = join(text, span.clone());
    if join.operator == b'(' && join.name.rsplit(|byte| *byte == b'.').next() == Some(b"pass") {
        return Assigned::No("it is passed to a function, not assigned");
    }
    if join.operator == b',' && !join.name_quoted {
        return Assigned::No("the name is an argument of its own");
    }
    // Prose lists words of code in back quotes, one after the other.
    let back_quoted = span.start > 0 && text[span.start - 1] == b'`' || text[span.start] == b'`';
    if back_quoted && !matches!(join.operator, b'=' | b':' | b'>') {
        return Assigned::No("it is a word of code in prose");
    }
    match judge_name(join.name) {
        Ok(name) => judge(text, span, &join, kind, name),
        Err(why) => Assigned::No(why),
    }
}

/// Judges the value at `span` of `text`, of which it is known that it stands near a name that speaks of a credential.
/// `bare` says that a blank alone leads from the name to it.
pub(super) fn credential(text: &[u8], span: Range<usize>, path: &[u8], bare: bool) -> Assigned {
    let join = join(text, span.clone());
    let join = if bare && join.operator == 0 { Join { operator: b'=', ..join } } else { join };
    judge(text, span, &join, text_kind(path), Name::Token)
}

/// Judges a value of which the rule's context has said that it is a password.
pub(super) fn literal(text: &[u8], span: Range<usize>, path: &[u8]) -> Assigned {
    let kind = text_kind(path);
    // It may stand bare inside a larger string, as in a connection string.
    let join = Join { operator: b'=', quoted: true, ..join(text, span.clone()) };
    judge(text, span, &join, kind, Name::Password)
}

/// Judges the password of a URL by itself and by the host that follows it.
pub(super) fn url_password(text: &[u8], span: Range<usize>) -> Assigned {
    let value = &text[span.clone()];
    if let Some(why) = reference(value, false, TextKind::Unknown).or_else(|| not_a_value(value, b"")) {
        return Assigned::No(why);
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

fn judge(text: &[u8], span: Range<usize>, join: &Join<'_>, kind: TextKind, name: Name) -> Assigned {
    let value = &text[span.clone()];
    if let Some(why) = reference(value, join.quoted, kind) {
        return Assigned::No(why);
    }
    if let Some(why) = not_a_value(value, join.name) {
        return Assigned::No(why);
    }
    if !join.quoted && value.ends_with(b"=") && value[..value.len() - 1].iter().all(u8::is_ascii_lowercase) {
        return Assigned::No("it is the name of another setting");
    }
    let numbered = join.operator == b'|' && is_numbered(&text[..span.start]);
    if join.operator == b'|' && !numbered {
        return Assigned::No("it is an alternative, not a value");
    }
    if !join.quoted && !numbered {
        if value.ends_with(b":") {
            return Assigned::No("it is a key of its own");
        }
        let bracket = |byte: u8| matches!(byte, b'{' | b'(' | b'[');
        if span.start > 0 && bracket(text[span.start - 1]) || bracket(value[0]) {
            return Assigned::No("it stands in brackets: an expression, a type or a slot");
        }
        if kind == TextKind::Code {
            return Assigned::No("an unquoted value in source code is an expression");
        }
        if text.get(span.end).is_some_and(|byte| matches!(byte, b'(' | b'[')) || value.contains(&b'(') {
            return Assigned::No("it is a call or an index");
        }
        if matches!(join.operator, b',' | b'(' | b'|' | b'>' | b'?' | 0) && kind != TextKind::Settings {
            return Assigned::No("it is not assigned");
        }
    }
    match name {
        Name::Password => judge_password(value, join, kind),
        Name::Token => judge_token(value, join, kind),
    }
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

/// What a name promises.
#[derive(Clone, Copy, PartialEq)]
enum Name {
    Password,
    Token,
}

fn judge_name(name: &[u8]) -> Result<Name, &'static str> {
    let words = words_of(name);
    let has = |list: &std::collections::HashSet<String>| words.iter().any(|word| list.contains(word));
    // Glued names are told by their end: PGPASSWORD, dbpasswd.
    let glued = |word: &String| ["password", "passwd", "passphrase"].iter().any(|end| word.ends_with(end));
    let password = has(&WORDS.password_names) || words.iter().any(glued);
    let secret = has(&WORDS.secret_names);
    let key = has(&WORDS.key_names)
        || (words.iter().any(|word| word == "key" || word == "keys") && has(&WORDS.key_companions));
    if !password && !secret && !key {
        return Err("the name does not speak of a secret");
    }
    // The last word says what the thing is: `password_hint`, `token_type`.
    if words.last().is_some_and(|word| WORDS.harmless_names.contains(word)) {
        return Err("the name speaks of something beside the secret");
    }
    if has(&WORDS.public_names) {
        return Err("the name speaks of something that is no secret");
    }
    Ok(if password { Name::Password } else { Name::Token })
}

/// Walks back from the value: opening quote, brackets, operator, closing quote, name.
fn join(text: &[u8], span: Range<usize>) -> Join<'_> {
    let before = &text[span.start.saturating_sub(256)..span.start];
    let mut at = before.len();
    // Blanks between the quotes and the value are nobody's intention, and happen.
    let blanks = |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|byte| **byte == b' ').count();
    let opening = before.len() - blanks(&mut before.iter().rev()).min(2);
    let closing = span.end + blanks(&mut text[span.end..].iter()).min(2);
    let quote = before[..opening].last().copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let quoted = quote.is_some_and(|quote| match text.get(closing) {
        Some(&close) => close == quote || (close == b'\\' && text.get(closing + 1) == Some(&quote)),
        None => false,
    });
    if quoted {
        at = opening;
    }
    let skip = |at: &mut usize, test: &dyn Fn(u8) -> bool| {
        while *at > 0 && test(before[*at - 1]) {
            *at -= 1;
        }
    };
    skip(&mut at, &|byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'@' | b'$'));
    // String prefixes such as b"", L"", r"".
    if quote.is_some() && at >= 2 && before[at - 1].is_ascii_alphabetic() && !before[at - 2].is_ascii_alphanumeric() {
        at -= 1;
    }
    skip(&mut at, &|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'[' | b'{'));
    let operator_end = at;
    skip(&mut at, &|byte| matches!(byte, b'=' | b':' | b'>' | b',' | b'(' | b'|' | b'?' | b'<' | b'!' | b'+' | b'-'));
    // `.=` appends, and a dot before another operator is none.
    if before[at..].first() == Some(&b'=') && before[..at].last() == Some(&b'.') {
        at -= 1;
    }
    let operator = &before[at..operator_end];
    // `||` gives a default, `|` an alternative or a filter.
    let last = if operator.ends_with(b"||") { b'?' } else { operator.last().copied().unwrap_or(0) };
    if operator.ends_with(b">") && !operator.contains(&b'=') {
        // `<name>value` and `<key>name</key><string>value`
        if let Some(name) = element_name(&before[..operator_end]) {
            return Join { name, name_quoted: true, quoted, operator: b'=', comparison: false };
        }
    }
    skip(&mut at, &|byte| byte.is_ascii_whitespace());
    if operator == b"=" {
        at = skip_type(before, at);
        at = skip_go_type(before, at);
    }
    skip(&mut at, &|byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']' | b')' | b' ' | b'\t'));
    let end = at;
    skip(&mut at, &|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | 0x80..));
    let mut name = &before[at..end];
    if matches!(name, b"value" | b"content" | b"default") {
        name = name_before(&before[..at]).unwrap_or(name);
    }
    let comparison = matches!(operator, b"==" | b"===" | b"!=" | b"!==");
    let name_quoted = before.get(end).is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\'));
    Join { name, name_quoted, quoted, operator: last, comparison }
}

/// `name: &'static str =`: steps over the type, back to the end of the name.
fn skip_type(before: &[u8], at: usize) -> usize {
    let typed = before[..at].iter().rposition(|&byte| {
        !(byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'&' | b'\'' | b'<' | b'>' | b'*' | b'.' | b' ' | b'?' | b'[' | b']'))
    });
    match typed {
        Some(colon) if before[colon] == b':' && colon > 0 && before[colon - 1].is_ascii_alphanumeric() => colon,
        _ => at,
    }
}

/// `var name string =`: steps over the type, back to the end of the name.
fn skip_go_type(before: &[u8], at: usize) -> usize {
    let line = memchr::memrchr(b'\n', &before[..at]).map_or(0, |line| line + 1);
    let declared = before[line..at].trim_ascii_start();
    let mut words = declared.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(b"var" | b"const"), Some(_), Some(kind), None) => {
            before[..at].trim_ascii_end().len() - kind.len() - usize::from(before[at - kind.len() - 1] == b' ')
        }
        _ => at,
    }
}

/// The name of the element whose start tag ends `before`, or, for a value in `<string>`, what the `<key>` before says.
fn element_name(before: &[u8]) -> Option<&[u8]> {
    let open = memchr::memrchr(b'<', before)?;
    let tag = &before[open + 1..before.len() - 1];
    let end = tag.iter().position(u8::is_ascii_whitespace).unwrap_or(tag.len());
    let name = &tag[..end];
    if matches!(name, b"string" | b"value" | b"data" | b"val") {
        let close = memchr::memmem::rfind(&before[..open], b"</")?;
        let start = memchr::memrchr(b'>', &before[..close])? + 1;
        return Some(&before[start..close]);
    }
    Some(name)
}

/// `<add key="NAME" value=`, `{"name": "NAME", "value":`, `- name: NAME` and `value:` below it: the word before.
fn name_before(before: &[u8]) -> Option<&[u8]> {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let end = before.iter().rposition(|byte| word(byte) && *byte != b'-')? + 1;
    let start = before[..end].iter().rposition(|byte| !word(byte))? + 1;
    Some(&before[start..end])
}

fn judge_password(value: &[u8], join: &Join<'_>, kind: TextKind) -> Assigned {
    let blanks = value.iter().filter(|byte| byte.is_ascii_whitespace()).count();
    let joined = value.iter().any(|byte| matches!(byte, b'_' | b'-' | b'.'));
    let camel = value.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    if is_wordy(value) {
        if names_a_secret(value) {
            return Assigned::No("it is a name or a label for a secret");
        }
        if blanks > 0 {
            return Assigned::No("it is prose or a label");
        }
        if join.operator == b',' || join.operator == b'(' || join.operator == b'>' || kind == TextKind::Prose {
            return Assigned::No("it is a word, and nothing says that it is assigned");
        }
        if joined || camel {
            return Assigned::Doubtful("it may be the name of something");
        }
        if value.iter().all(u8::is_ascii_uppercase) {
            return Assigned::Doubtful("it may be a constant's name");
        }
        if value.len() < 6 || (kind == TextKind::Code && value.len() < 8 && value.iter().all(u8::is_ascii_lowercase)) {
            return Assigned::Doubtful("it is one short word");
        }
        return Assigned::Likely("a word is assigned to a password name");
    }
    let passphrase = blanks <= 3 && value.len() <= 40 && join.quoted && value.iter().any(u8::is_ascii_digit);
    if blanks > 0 && (!passphrase || matches!(join.operator, b'(' | b',')) {
        return Assigned::No("it is prose");
    }
    if value.split(|byte| *byte == b'|').count() > 2 {
        return Assigned::No("it is a list of rules");
    }
    if value.contains(&b'.') && value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
        return Assigned::No("it is a number or a version");
    }
    if value.iter().all(u8::is_ascii_digit) && value.len() < 6 {
        return Assigned::Doubtful("it is a short number");
    }
    if join.comparison {
        return Assigned::Doubtful("it is compared, not assigned");
    }
    if kind == TextKind::Prose && !join.quoted && join.operator != b'=' {
        return Assigned::Doubtful("it stands in prose");
    }
    if is_identifier(value) && names_a_secret(value) && !value.iter().any(u8::is_ascii_digit) || names_a_scheme(value) {
        return Assigned::No("it is the name of a secret");
    }
    Assigned::Likely("it is assigned to a password name")
}

fn judge_token(value: &[u8], join: &Join<'_>, kind: TextKind) -> Assigned {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    if value.iter().any(u8::is_ascii_whitespace) {
        return Assigned::No("it holds blanks");
    }
    if is_wordy(value) {
        let mixed = value.iter().any(u8::is_ascii_lowercase) && value.iter().any(u8::is_ascii_uppercase);
        // Random letters change case about every other time, words do not.
        let turns =
            value.windows(2).filter(|pair| pair[0].is_ascii_lowercase() != pair[1].is_ascii_lowercase()).count();
        if !mixed || turns * 3 < value.len() || value.len() < 16 {
            return Assigned::No("it is made of words");
        }
    }
    if digits == value.len() {
        return Assigned::No("it is a number");
    }
    // `AWS4-HMAC-SHA256`, `PBE-WithKey128-CBC`: names of algorithms and schemes are made of short parts.
    let parts = value.split(|byte| matches!(byte, b'-' | b'_'));
    let short = parts.clone().all(|part| (1..=9).contains(&part.len()) && !part.iter().all(u8::is_ascii_digit));
    if parts.count() >= 3 && short && !value.iter().any(u8::is_ascii_lowercase) && !is_uuid(value) {
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
    if digits < 2 && classes(value) < 3 {
        return Assigned::No("it is the name of something");
    }
    if is_identifier(value) && mostly_words(value) {
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

/// Two thirds of the letters stand in words of four and more, and digits are few: `token_v2`, `KEY_SIZE_256`. Letters of
/// random text change case too often for that, lie between digits, or cannot be said.
pub(super) fn mostly_words(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits * 8 >= value.len() {
        return false;
    }
    let words = words_of(value);
    let letters: usize = words.iter().map(String::len).sum();
    words.iter().filter(|word| word.len() >= 4 && can_be_said(word)).map(String::len).sum::<usize>() * 3 >= letters * 2
}

/// Whether a longer word, in lower case, has a vowel at least every five letters. Short ones are abbreviations as often.
fn can_be_said(word: &str) -> bool {
    const ABBREVIATION: usize = 6;
    const CONSONANTS: usize = 4;
    let consonants = word.split(|letter| matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y') || !letter.is_ascii());
    word.len() <= ABBREVIATION || consonants.map(str::len).max().unwrap_or(0) <= CONSONANTS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Judges `value` where `line` has a `@`.
    fn judge(path: &str, line: &str, value: &str) -> Assigned {
        let start = line.find('@').expect("a place for the value");
        let text = line.replacen('@', value, 1);
        assigned(text.as_bytes(), start..start + value.len(), path.as_bytes())
    }

    #[test]
    fn secrets_that_are_assigned() {
        for (path, line, value) in [
            (".env", "DB_PASSWORD=@", "dragon1987"),
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
        ] {
            let judged = judge(path, line, value);
            assert!(matches!(judged, Assigned::Likely(_)), "{line}: {judged:?}");
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
        ] {
            let judged = judge(path, line, value);
            assert!(matches!(judged, Assigned::No(_)), "{line}: {judged:?}");
        }
    }
}
