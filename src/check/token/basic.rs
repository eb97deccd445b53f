//! Basic credentials of HTTP (RFC 7617), as in `Authorization` headers, Docker's `auth` and npm's
//! `_auth`: the base64 of `user:password`.

use super::super::value::stands_for_a_value;
use super::encoding;
use super::{Evidence, fact_name, public_user};

/// Least length of a user name that may be a token.
const TOKEN: usize = 20;

/// Checks that the value decodes to a printable user name and password, both not empty. A leading
/// `Basic` is allowed.
pub(super) fn auth(value: &[u8]) -> Evidence {
    let body = match value.split_at_checked(6) {
        Some((scheme, body)) if scheme.eq_ignore_ascii_case(b"basic ") => body.trim_ascii(),
        _ => value,
    };
    let Some(decoded) = encoding::base64(body) else {
        return Evidence::fail("not base64");
    };
    let Some(colon) = memchr::memchr(b':', &decoded) else {
        return Evidence::fail("does not decode to a user name and a password");
    };
    let (user, password) = (&decoded[..colon], &decoded[colon + 1..]);
    if user.is_empty() || password.is_empty() {
        return Evidence::fail("the user name or the password is empty");
    }
    let printable = std::str::from_utf8(&decoded).is_ok_and(|text| !text.contains(char::is_control));
    if !printable {
        return Evidence::fail("does not decode to printable text");
    }
    // Samples say `username:password`; a token may go with a word in the other's place.
    if user.len() < TOKEN && stands_for_a_value(password) {
        return Evidence::fail("the password is a word that stands for one");
    }
    Evidence::pass("decodes to a user name and a password").with_some(fact_name::USER, public_user(user))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::fact;
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn credentials() {
        let opaque = "x1Y2".repeat(10);
        for (text, verdict, user) in [
            ("deploy:hunter2".to_owned(), Verdict::Pass, "deploy"),
            ("jörg:straße:1".to_owned(), Verdict::Pass, "jörg"),
            (format!("{opaque}:x-oauth-basic"), Verdict::Pass, ""),
            ("deploy:".to_owned(), Verdict::Fail, ""),
            ("username:password".to_owned(), Verdict::Fail, ""),
            (":hunter2".to_owned(), Verdict::Fail, ""),
            ("deploy".to_owned(), Verdict::Fail, ""),
            ("de\u{1}ploy:hunter2".to_owned(), Verdict::Fail, ""),
        ] {
            for scheme in ["", "Basic ", "basic  "] {
                let value = format!("{scheme}{}", STANDARD.encode(&text));
                let evidence = auth(value.as_bytes());
                assert_eq!(evidence.verdict, verdict, "{text}");
                assert_eq!(fact(&evidence, fact_name::USER), user);
            }
        }
        let binary = STANDARD.encode(b"a:\xff\xfe");
        assert_eq!(auth(binary.as_bytes()).verdict, Verdict::Fail);
        assert_eq!(auth(b"no base64!").verdict, Verdict::Fail);
    }
}
