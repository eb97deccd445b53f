//! Is a value a literal that is assigned to a name, and does the name speak of a secret? For generic rules, whose
//! patterns match every assignment to a name with `password`, `token` or `key` in it.
//!
//! Works on the line and on the kind of file; a reader of whole formats would see more.

use std::ops::Range;

use super::join::{Join, join};
use super::kind::{TextKind, is_lock_file, text_kind};
use super::letters::are_random;
use super::measure::{classes, shannon};
use super::value::{
    is_identifier, is_uuid, is_wordy, mostly_words, names_a_scheme, names_a_secret, not_a_value, reference,
};
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

/// Bytes before a value in which its option is looked for.
const OPTION: usize = 64;

/// Why an unquoted value in code is none.
const EXPRESSION: &str = "an unquoted value in source code is an expression";

/// Judges the value at `span` of `text`.
pub(super) fn assigned(text: &[u8], span: Range<usize>, path: &[u8]) -> Assigned {
    if is_lock_file(path) {
        return Assigned::No("a lock file lists digests");
    }
    let kind = text_kind(path);
    let join = join(text, span.clone());
    if kind == TextKind::Code && !join.quoted && join.operator != b'|' {
        return Assigned::No(reference(&text[span], false, kind).unwrap_or(EXPRESSION));
    }
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

/// Judges the value behind an option: `--password VALUE`, `"-Password", "VALUE"`.
pub(super) fn argument(text: &[u8], span: Range<usize>, path: &[u8]) -> Assigned {
    let value = &text[span.clone()];
    let head = text[span.start.saturating_sub(OPTION)..span.start].trim_ascii_end();
    let end = head.iter().rposition(|byte| !matches!(byte, b'"' | b'\'' | b',' | b' ' | b'\t')).map_or(0, |at| at + 1);
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let start = head[..end].iter().rposition(|byte| !word(byte)).map_or(0, |at| at + 1);
    let before = head[..start].last();
    if head.get(start) != Some(&b'-') || before.is_some_and(|byte| !b" \t\r\n\"'`[(,".contains(byte)) {
        return Assigned::No("no option of a command stands before it");
    }
    if value.starts_with(b"-") || value.contains(&b'=') {
        return Assigned::No("it is another option");
    }
    literal(text, span, path)
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
    // `"name": ` on the line below; what `?` chooses is followed by a colon too.
    let closing = text.get(span.end).is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let closed = span.end + usize::from(closing);
    if join.quoted && join.operator != b'?' && text.get(closed) == Some(&b':') && text.get(closed + 1) != Some(&b':') {
        return Assigned::No("it is a key of its own");
    }
    let numbered = join.operator == b'|' && is_numbered(&text[..span.start]);
    if join.operator == b'|' && !numbered {
        return Assigned::No("it is an alternative, not a value");
    }
    if !join.quoted && !numbered {
        if value.ends_with(b":") {
            return Assigned::No("it is a key of its own");
        }
        if value[0] == b':' {
            return Assigned::No("it is a member of what is named");
        }
        let bracket = |byte: u8| matches!(byte, b'{' | b'(' | b'[');
        if span.start > 0 && bracket(text[span.start - 1]) || bracket(value[0]) {
            return Assigned::No("it stands in brackets: an expression, a type or a slot");
        }
        if kind == TextKind::Code {
            return Assigned::No(EXPRESSION);
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
        Name::Key => judge_key(value, join, kind),
    }
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

/// What a name promises.
#[derive(Clone, Copy, PartialEq)]
enum Name {
    Password,
    Token,
    /// A key of something: `acme_key`, `signer.key`.
    Key,
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
    let other_key = words.len() > 1 && words.last().is_some_and(|word| word == "key");
    if !password && !secret && !key && !other_key {
        return Err("the name does not speak of a secret");
    }
    // The last word says what the thing is: `password_hint`, `token_type`.
    if words.last().is_some_and(|word| WORDS.harmless_names.contains(word)) {
        return Err("the name speaks of something beside the secret");
    }
    if has(&WORDS.public_names) {
        return Err("the name speaks of something that is no secret");
    }
    if password {
        Ok(Name::Password)
    } else if secret || key {
        Ok(Name::Token)
    } else if words.iter().any(|word| WORDS.harmless_names.contains(word)) {
        Err("the name speaks of a key that opens nothing")
    } else {
        Ok(Name::Key)
    }
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
    let unsigned = value.strip_prefix(b"-").or_else(|| value.strip_prefix(b"+")).unwrap_or(value);
    if value.contains(&b'.') && unsigned.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
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

/// Judges a value under a name that says no more than that it is a key. Keys of tables, caches and files are called so too,
/// which are words, paths, digests and identifiers, and public keys, which are 32 bytes in base64.
fn judge_key(value: &[u8], join: &Join<'_>, kind: TextKind) -> Assigned {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let token = value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let drawn = are_random(value) || classes(value) >= 3 && digits >= 2;
    if value.len() < 20 || value.len() == 43 || !token || !drawn || !matches!(join.operator, b'=' | b':' | b'>' | b'?')
    {
        return Assigned::No("the name does not speak of a secret");
    }
    match judge_token(value, join, kind) {
        Assigned::Likely(_) => Assigned::Likely("a random value is assigned to a key name"),
        judged => judged,
    }
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
            ("a.yml", "acme_key: '@'", "hfCnuVcYOgiRjlDEmAoRbN"),
            ("a.js", "const signerKey = '@'", "k9Fa7d6s5A4f3g2H1mqz"),
            ("a.txt", "token = '@'", "vZrEclFwOqeA"),
            ("a.txt", "token = '@'", "b_ByDfulghxvvmHbArJSFfQhxemJPQHOwplxuydlKEEbfe"),
            ("a.txt", "token = '@'", "IZAT6SA-AJUQES1-BZWZYWJ-VDIXPVG"),
        ] {
            let judged = judge(path, line, value);
            assert!(matches!(judged, Assigned::Likely(_)), "{line}: {judged:?}");
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
    fn arguments_of_options() {
        let judge = |line: &str, value: &str| {
            let start = line.find('@').expect("a place for the value");
            let text = line.replacen('@', value, 1);
            argument(text.as_bytes(), start..start + value.len(), b"a.sh")
        };
        for line in ["tool --password @", "tool -u a -Password @ b", "[\"--db-password\", \"@\"]", "-pass @"] {
            assert!(matches!(judge(line, "Copper7Lane"), Assigned::Likely(_)), "{line}");
        }
        for (line, value) in [
            ("a two-pass @", "equivalent2"),
            ("id=\"opt-redis-password\" @", "href=#opt7"),
            ("tool --ask-password, @", "--ask-pass2"),
            ("tool --password @", "${DB_PASSWORD}"),
        ] {
            assert!(matches!(judge(line, value), Assigned::No(_)), "{line}");
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
        ] {
            let judged = judge(path, line, value);
            assert!(matches!(judged, Assigned::No(_)), "{line}: {judged:?}");
        }
    }
}
