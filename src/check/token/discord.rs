//! Discord bot tokens: `<application id>.<issue time>.<HMAC>`, each part in base64url.

use super::encoding;
use super::{Evidence, fact_name};

/// Discord's epoch, the first second of 2015, in seconds since 1970 (developer documentation,
/// "Snowflakes").
const EPOCH_2015: i64 = 1_420_070_400;

/// Older tokens count seconds from the start of 2011, as the signing library did then.
const EPOCH_2011: i64 = 1_293_840_000;

/// Checks that the first part is a decimal snowflake id and that the other parts fit.
pub(super) fn bot(value: &[u8]) -> Evidence {
    let mut parts = value.split(|&b| b == b'.');
    let (Some(id), Some(time), Some(mac), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Evidence::fail("not three parts");
    };
    if time.len() != 6 || !(27..=40).contains(&mac.len()) || id.len() > 30 {
        return Evidence::fail("the parts are not as long as in a bot token");
    }
    let (Some(id), Some(time), true) = (encoding::base64(id), encoding::base64(time), encoding::is_base64_like(mac))
    else {
        return Evidence::fail("not base64url");
    };
    let Some(number) = encoding::parse_decimal(&id).filter(|_| (17..=20).contains(&id.len())) else {
        return Evidence::fail("the first part is not an application id");
    };
    // The time is 4 bytes, most significant first.
    let issued = time.first_chunk().map(|bytes| i64::from(u32::from_be_bytes(*bytes)));
    let issued = issued.map(|time| if time < EPOCH_2011 { time + EPOCH_2011 } else { time });
    let created = EPOCH_2015 + ((number >> 22) / 1000).cast_signed();
    Evidence::pass("the first part is an application id")
        .with(fact_name::ACCOUNT, &id)
        .with_epoch(fact_name::ISSUED, issued.filter(|&issued| issued >= created))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::fact;
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;

    #[test]
    fn tokens() {
        let mac = "a-B_3".repeat(6);
        for (id, time, verdict, issued) in [
            ("123456789012345678", 1_611_039_148_u32, Verdict::Pass, "2021-01-19T06:52:28Z"),
            ("123456789012345678", 173_901_105, Verdict::Pass, "2016-07-05T17:51:45Z"),
            ("12345678901234567", 1_611_039_148, Verdict::Pass, "2021-01-19T06:52:28Z"),
            ("not-a-number-at-all", 1_611_039_148, Verdict::Fail, ""),
            ("1234567890", 1_611_039_148, Verdict::Fail, ""),
        ] {
            let value = format!("{}.{}.{mac}", B64.encode(id), B64.encode(time.to_be_bytes()));
            let evidence = bot(value.as_bytes());
            assert_eq!(evidence.verdict, verdict, "{id}");
            assert_eq!(fact(&evidence, fact_name::ISSUED), issued);
            let account = if verdict == Verdict::Pass { id } else { "" };
            assert_eq!(fact(&evidence, fact_name::ACCOUNT), account);
        }
        for broken in ["", "a.b", "MTIz.abcdef", "a.b.c.d"] {
            assert_eq!(bot(broken.as_bytes()).verdict, Verdict::Fail);
        }
    }
}
