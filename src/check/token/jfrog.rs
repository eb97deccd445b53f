//! `JFrog` reference tokens and API keys.

use super::base58;
use super::encoding;
use super::{Evidence, fact_name};

/// Checks a reference token, the base64 of `reftkn:<n>:<expiry>:<random>`, where the expiry is in
/// seconds since 1970 and 0 for tokens that do not expire. API keys (`AKCp`) are base58 without a
/// checksum.
pub(super) fn reference(value: &[u8]) -> Evidence {
    if value.starts_with(b"AKCp") {
        return match base58::decode(value) {
            Some(bytes) if bytes.len() == 54 => {
                Evidence::unknown("API keys carry no checksum").with(fact_name::FORMAT, "API key")
            }
            _ => Evidence::fail("not base58 of 54 bytes"),
        };
    }
    let decoded = encoding::base64(value).unwrap_or_default();
    let mut parts = decoded.splitn(4, |&b| b == b':');
    let (Some(b"reftkn"), Some(number), Some(expires), Some(random)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Evidence::fail("does not decode to a reference token");
    };
    let expires = encoding::parse_decimal(expires);
    if encoding::parse_decimal(number).is_none() || random.is_empty() || !random.iter().all(u8::is_ascii_graphic) {
        return Evidence::fail("does not decode to a reference token");
    }
    let Some(expires) = expires else {
        return Evidence::fail("the expiry is not a number");
    };
    Evidence::pass("decodes to a reference token")
        .with(fact_name::FORMAT, "reference token")
        .with_epoch(fact_name::EXPIRES, i64::try_from(expires).ok().filter(|&time| time > 0))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::fact;
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn reference_tokens() {
        let random = "aB3".repeat(9);
        for (text, verdict, expires) in [
            (format!("reftkn:01:1714521600:{random}"), Verdict::Pass, "2024-05-01T00:00:00Z"),
            (format!("reftkn:01:0000000000:{random}"), Verdict::Pass, ""),
            (format!("reftkn:01:soon:{random}"), Verdict::Fail, ""),
            ("reftkn:01:1714521600:".to_owned(), Verdict::Fail, ""),
            ("reftkn:01".to_owned(), Verdict::Fail, ""),
            (format!("other:01:1714521600:{random}"), Verdict::Fail, ""),
        ] {
            let evidence = reference(STANDARD.encode(&text).as_bytes());
            assert_eq!(evidence.verdict, verdict, "{text}");
            assert_eq!(fact(&evidence, fact_name::EXPIRES), expires);
        }
    }

    #[test]
    fn api_keys_carry_nothing() {
        let value = format!("{}{}", ["AK", "Cp"].concat(), "5zQ".repeat(23));
        assert_eq!(reference(value.as_bytes()).verdict, Verdict::Unknown);
        assert_eq!(reference(&value.as_bytes()[..60]).verdict, Verdict::Fail);
        assert_eq!(reference(value.replace('z', "0").as_bytes()).verdict, Verdict::Fail);
    }
}
