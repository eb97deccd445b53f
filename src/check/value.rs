//! What a value looks like by itself: a reference, a path, a name, a date; for the checks that judge assignments.

use super::kind::TextKind;
use super::letters::can_be_said;
use super::measure::{classes, shannon};
use super::words::{WORDS, words_of};

fn starts_caseless(value: &[u8], prefix: &str) -> bool {
    value.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Values that point elsewhere.
pub(super) fn reference(value: &[u8], quoted: bool, kind: TextKind) -> Option<&'static str> {
    // A quoted value may well begin with a dollar sign: `"$ecret!"`; then only closed forms are references.
    let dollar = value.first() == Some(&b'$')
        && (!quoted || kind != TextKind::Code || value.get(1).is_some_and(|byte| matches!(byte, b'{' | b'(' | b'[')));
    let variable = dollar
        && value[1..].iter().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(
                    byte,
                    b'_' | b'{' | b'}' | b'(' | b')' | b'.' | b':' | b'-' | b'[' | b']' | b'\'' | b'"' | b' ' | b'$'
                )
        });
    if variable {
        return Some("it names a variable");
    }
    let prefixes = WORDS.reference_prefixes.iter().filter(|prefix| *prefix != "$" && (!quoted || prefix.len() > 1));
    if prefixes.into_iter().any(|prefix| starts_caseless(value, prefix)) {
        return Some("it refers to where the value really is");
    }
    if has_slot(value) {
        return Some("it is filled in from elsewhere");
    }
    let percent = value.len() > 2 && value[0] == b'%' && value[value.len() - 1] == b'%';
    // An object of JSON in a string is a value.
    let object = value.contains(&b';') || value.contains(&b'"');
    let braces = value.len() > 2 && value[0] == b'{' && value[value.len() - 1] == b'}' && !object;
    // SealedSecrets: the length of a wrapped key comes first, 512 in base64.
    if value.len() >= 24 && value.starts_with(b"Ag") && (b'A'..=b'D').contains(&value[2]) {
        return Some("it is sealed");
    }
    let angles = value.len() > 2 && value[0] == b'<' && value[value.len() - 1] == b'>';
    // `@NAME@` and `@NAME`, as templates of configurations have them.
    let at = value.strip_prefix(b"@").map(|name| name.strip_suffix(b"@").unwrap_or(name));
    let named = |byte: &u8| byte.is_ascii_uppercase() || *byte == b'_';
    let at = at.is_some_and(|name| name.len() >= 3 && name.iter().all(named));
    let dunder = value.len() > 4 && value.starts_with(b"__") && value.ends_with(b"__");
    let square = value.len() > 2 && value[0] == b'[' && value[value.len() - 1] == b']';
    let format = square || matches!(value, b"%s" | b"%d" | b"%v" | b"%q" | b"{}");
    (percent || braces || angles || at || dunder || format).then_some("it is filled in from elsewhere")
}

/// A slot of a template: `${NAME}`, `{{ name }}`, `$(command)`, `#{code}`, `<%= code %>`, `%(name)s`. Long values from all
/// characters hold the first bytes of one by chance, but no name behind them, or no end.
fn has_slot(value: &[u8]) -> bool {
    let slots: [(&[u8], &[u8]); 6] =
        [(b"${", b"}"), (b"{{", b"}"), (b"$(", b")"), (b"#{", b"}"), (b"<%", b"%>"), (b"%(", b")")];
    slots.into_iter().any(|(open, close)| {
        memchr::memmem::find_iter(value, open).any(|at| {
            let inside = &value[at + open.len()..];
            // What is cut off at the end of the value may go on behind it.
            let end = memchr::memmem::find(inside, close).unwrap_or(inside.len());
            let named = |byte: &u8| byte.is_ascii_alphanumeric() || b" _.-=:|'\"()/$,[]?*!#@>{".contains(byte);
            let first = inside[..end].trim_ascii_start().first();
            inside[..end].iter().all(named)
                && first.is_none_or(|byte| !matches!(byte, b'!' | b'?' | b'*' | b'#' | b')'))
        })
    })
}

/// Whether the letters and digits of one are those that the other begins or ends with: `kx_psk`, `"kx-psk"`; `AccessReview`,
/// `"accessreviews"`.
fn repeats(name: &[u8], value: &[u8]) -> bool {
    // Short words that a name ends with are chosen as passwords.
    const LEAST: usize = 8;
    if name.get(..value.len()).is_some_and(|head| head.eq_ignore_ascii_case(value)) {
        return true;
    }
    let plain = |text: &[u8]| -> Vec<u8> {
        text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    let (name, value) = (plain(name), plain(value));
    name.len() >= LEAST && value.starts_with(&name) && value.len() <= name.len() + 2
        || value.len() >= LEAST && name.ends_with(&value)
        || !value.is_empty() && name == value
}

/// `changeme`, `password`.
pub(super) fn stands_for_a_value(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| WORDS.placeholder_values.contains(text))
}

/// Values that are words of the language, labels, identifiers, paths and the like.
pub(super) fn not_a_value(value: &[u8], name: &[u8]) -> Option<&'static str> {
    let lower = value.to_ascii_lowercase();
    let trimmed = lower.strip_suffix(b";").unwrap_or(&lower);
    let trimmed = trimmed.strip_suffix(b",").unwrap_or(trimmed);
    let trimmed = trimmed.strip_suffix(b":").unwrap_or(trimmed);
    if stands_for_a_value(trimmed) {
        return Some("it is a word that stands for a value");
    }
    if repeats(name, value) {
        return Some("it repeats the name");
    }
    if [&b"\\u"[..], b"\\x", b"\\033", b"\\e["].iter().any(|escape| value.starts_with(escape)) && value.len() < 16 {
        return Some("it is a sign or a command of the terminal");
    }
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    if value.contains(&b'/') && names_a_secret(value) && (value.len() < 64 || digits * 16 < value.len()) {
        return Some("it is the path of a secret");
    }
    let has = |needle: &[u8]| memchr::memmem::find(value, needle).is_some();
    if has(b"://") || has(b"->") || has(b"::") || has(b"()") || has(b"=>") || has(b"</") || has(b"/>") {
        return Some("it is an address or code");
    }
    if is_credential_scope(value) {
        return Some("it is the scope of a signature, not its key");
    }
    if is_date(value) {
        return Some("it is a date");
    }
    if is_short_hexadecimal(value) {
        return Some("it is a number");
    }
    if value.starts_with(b"dep:") {
        return Some("it is a dependency");
    }
    if is_host_and_port(value) {
        return Some("it is a host and a port");
    }
    // The base64 of `{"alg":` and `{"typ":`; what is secret of a token comes behind its first dot.
    if (value.starts_with(b"eyJhbGciOi") || value.starts_with(b"eyJ0eXAiOi")) && !value.contains(&b'.') {
        return Some("it is the header of a token");
    }
    // The second: keys of devices in Matrix ("Key algorithms").
    if is_public_key(value) || value.starts_with(b"curve25519:") || value.starts_with(b"ed25519:") {
        return Some("it is a public key");
    }
    // The base64 of `-----BEGIN `: rules of their own know what stands behind it.
    if value.starts_with(b"LS0tLS1CRUdJTi") {
        return Some("it is armoured text in base64");
    }
    if sets_a_switch(trimmed) {
        return Some("it is another setting and its value");
    }
    if names_algorithms(value) {
        return Some("it names an algorithm");
    }
    if has(b".*") || has(b".+") || has(b"\\p{") || has(b"[^") {
        return Some("it is a pattern");
    }
    let path_like = value.iter().filter(|&&byte| byte == b'/').count() >= 2 && classes(value) <= 2
        || value.starts_with(b"/")
        || value.starts_with(b"./")
        || value.starts_with(b"../")
        || value.starts_with(b"~/");
    if path_like && value.len() < 100 && shannon(value) < 4.6 {
        return Some("it is a path");
    }
    let extension = value.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    if extension.len() < value.len()
        && matches!(
            extension,
            b"pem"
                | b"key"
                | b"crt"
                | b"txt"
                | b"json"
                | b"yml"
                | b"yaml"
                | b"js"
                | b"ts"
                | b"py"
                | b"html"
                | b"php"
                | b"conf"
                | b"env"
                | b"md"
                | b"rs"
                | b"go"
                | b"java"
                | b"xml"
                | b"war"
                | b"jar"
                | b"zip"
                | b"gz"
                | b"tgz"
                | b"p12"
                | b"pfx"
                | b"jks"
                | b"cer"
                | b"asc"
                | b"gpg"
                | b"psk"
        )
    {
        return Some("it is a file name");
    }
    if is_dotted_name(value) {
        return Some("it is a dotted name");
    }
    if names_a_header(value) {
        return Some("it is the name of a header");
    }
    None
}

/// `redis.tls.insecure2=false`, in lower case.
fn sets_a_switch(value: &[u8]) -> bool {
    memchr::memrchr(b'=', value).is_some_and(|at| {
        let set_to = &value[at + 1..];
        at > 0 && matches!(set_to, b"true" | b"false" | b"on" | b"off" | b"yes" | b"no" | b"none" | b"null")
    })
}

/// `spring.datasource.password`, and with digits `org.matrix.msc4157.send.delayed_event`: a name within others. Tokens have
/// dots too, so that one with digits has four parts, of small letters that are mostly words.
fn is_dotted_name(value: &[u8]) -> bool {
    let dots = value.iter().filter(|byte| **byte == b'.').count();
    let parts = dots > 0 && value.split(|byte| *byte == b'.').all(is_identifier);
    let digits = value.iter().any(u8::is_ascii_digit);
    // People join words by dots too, with capitals, and seldom more than two.
    let named = dots >= 2 && !value.iter().any(u8::is_ascii_uppercase) || names_a_secret(value);
    parts
        && (!digits && named || digits && dots >= 3 && !value.iter().any(u8::is_ascii_uppercase) && mostly_words(value))
}

/// `X-Signature-Ed25519`: a header of HTTP that no standard knows.
fn names_a_header(value: &[u8]) -> bool {
    (value.starts_with(b"X-") || value.starts_with(b"x-")) && is_identifier(value) && mostly_words(value)
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

/// Letters, digits and joiners, no digit first.
pub(super) fn is_identifier(text: &[u8]) -> bool {
    !text.is_empty()
        && !text[0].is_ascii_digit()
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// `AES/CFB8/NoPadding`, `PBKDF2WithHmacSHA512`: nothing but names of algorithms, at least two; `prime256v1`.
fn names_algorithms(value: &[u8]) -> bool {
    let words = words_of(value);
    words.len() >= 2 && words.iter().all(|word| WORDS.algorithm_names.contains(word))
        || std::str::from_utf8(value).is_ok_and(|text| WORDS.curve_names.contains(text))
}

/// `0x0B96`: a number in a program.
fn is_short_hexadecimal(value: &[u8]) -> bool {
    value.strip_prefix(b"0x").is_some_and(|digits| digits.len() <= 8 && digits.iter().all(u8::is_ascii_hexdigit))
}

/// A public key in base64: the DER of a `SubjectPublicKeyInfo` (RFC 5280, section 4.1) names its algorithm first, then holds a
/// bit string. That of a private key (RFC 5958) holds an octet string at that place, so that the text differs there.
pub(super) fn is_public_key(value: &[u8]) -> bool {
    // RSA of the customary sizes, then P-256, P-384, P-521, Ed25519 and X25519.
    let heads: [&[u8]; 10] = [
        // SSH (RFC 4253, section 6.6): the length and the name of the algorithm.
        b"AAAAB3NzaC1yc2E",
        b"AAAAC3NzaC1lZDI1NTE5",
        b"AAAAE2VjZHNhLXNoYTItbmlzdHA",
        b"AAAAGnNrLXNzaC1lZDI1NTE5",
        b"AAAAInNrLWVjZHNhLXNoYTItbmlzdHA",
        b"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA",
        b"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgA",
        b"MIGbMBAGByqGSM49AgEGBSuBBAAjA4GG",
        b"MCowBQYDK2VwAyEA",
        b"MCowBQYDK2VuAyEA",
    ];
    // The length before it shifts the rest within the groups of four.
    let marks: [&[u8]; 2] = [b"BgkqhkiG9w0BAQEFAAO", b"GCSqGSIb3DQEBAQUAA4"];
    let head = &value[..value.len().min(44)];
    let rsa = head.starts_with(b"MI") && marks.iter().any(|mark| memchr::memmem::find(head, mark).is_some());
    rsa || heads.iter().any(|head| value.starts_with(head))
}

/// Has the form of a UUID (RFC 9562, section 4).
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Letters and joiners only: one or more words, but for their case.
pub(super) fn is_wordy(value: &[u8]) -> bool {
    value.iter().all(|byte| {
        byte.is_ascii_alphabetic()
            || *byte >= 0x80
            || matches!(byte, b'_' | b'-' | b' ' | b'.' | b':' | b',' | b'\'' | b'!' | b'?' | b'*' | b'|')
    })
}

/// The value speaks of secrets itself: `new_password`, `tokenField`.
pub(super) fn names_a_secret(value: &[u8]) -> bool {
    words_of(value).iter().any(|word| {
        WORDS.password_names.contains(word)
            || WORDS.secret_names.contains(word)
            || matches!(word.as_str(), "key" | "keys")
    })
}

/// `ID/20260131/region/service/aws4_request`: public parts of a request's signature (AWS Signature Version 4,
/// "Credential scope").
fn is_credential_scope(value: &[u8]) -> bool {
    // In the query of a URL its slashes are escaped.
    let scope = |end: &[u8], slash: &[u8]| {
        value.strip_suffix(end).is_some_and(|scope| memchr::memmem::find_iter(scope, slash).count() >= 2)
    };
    scope(b"/aws4_request", b"/") || scope(b"%2Faws4_request", b"%2F")
}

/// `2026-01-31`.
fn is_date(value: &[u8]) -> bool {
    value.len() == 10
        && value
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
}

/// `localhost:5000`, `db.internal:5432`: a name in lower case and a number of up to five digits.
fn is_host_and_port(value: &[u8]) -> bool {
    let Some(colon) = value.iter().position(|&byte| byte == b':') else { return false };
    let (host, port) = (&value[..colon], &value[colon + 1..]);
    let named = host == b"localhost" || host.contains(&b'.');
    named
        && (2..=5).contains(&port.len())
        && port.iter().all(u8::is_ascii_digit)
        && host.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_keys_are_told_from_private_ones() {
        for public in [
            "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1Lztpxs7yUxQEsbDFhjMc9kZ",
            "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ",
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeRFgMrQEHI",
            "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE",
        ] {
            assert_eq!(not_a_value(public.as_bytes(), b"key"), Some("it is a public key"), "{public}");
        }
        // The head of a PKCS#8 key: an octet string where the bit string would be.
        assert!(!is_public_key(concat!("MIIEvQIBADANBgkqhkiG", "9w0BAQEFAASCBKcwggSjAgEAAoIBAQDx").as_bytes()));
        assert!(!is_public_key(b"MIIB"));
    }

    #[test]
    fn another_setting_is_no_value() {
        assert_eq!(not_a_value(b"redis.tls.insecure2=false", b"token"), Some("it is another setting and its value"));
        assert_eq!(not_a_value(b"k9f8a7d6s5a4f3g2h1==", b"token"), None);
        assert_eq!(not_a_value(b"=no", b"token"), None);
    }
}
