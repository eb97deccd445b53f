//! AWS access key ids and Amazon Bedrock API keys.

use super::encoding;
use super::{Evidence, fact_name, public_user};

/// The largest account number: 12 decimal digits.
const MAX_ACCOUNT: u64 = 999_999_999_999;

/// Checks an access key id, and reads the account number that ids issued since 2019 carry: bits 1
/// to 40 of the base32 after the 4 letters of the prefix.
pub(super) fn access_key_id(value: &[u8]) -> Evidence {
    let Some((prefix, body)) = value.split_at_checked(4) else {
        return Evidence::fail("too short");
    };
    let role = match prefix {
        b"AKIA" => "long-term key",
        b"ASIA" => "temporary key",
        b"ABIA" => "service bearer token",
        b"ACCA" => "context-specific credential",
        b"AIDA" => "user id",
        b"AROA" => "role id",
        b"AGPA" => "group id",
        b"AIPA" => "instance profile id",
        b"ANPA" | b"ANVA" => "policy id",
        b"APKA" => "public key",
        b"ASCA" => "certificate",
        _ => return Evidence::fail("not an access key id prefix"),
    };
    if body.len() < 16 || !body.iter().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7')) {
        return Evidence::fail("not 16 characters of upper-case base32");
    }
    if value.ends_with(b"EXAMPLE") {
        return Evidence::fail("an example of the issuer's documentation");
    }
    match account(body) {
        None => Evidence::unknown("ids of this age carry no account number"),
        Some(account) if account > MAX_ACCOUNT => Evidence::fail("the account number is out of range"),
        Some(account) => {
            Evidence::pass("an account number can be read").with(fact_name::ACCOUNT, format!("{account:012}"))
        }
    }
    .with(fact_name::ROLE, role)
}

/// The account number field. `None` for older ids, whose first bit is not set.
fn account(body: &[u8]) -> Option<u64> {
    let bytes = encoding::base32(body.get(..10)?)?;
    let number = bytes.first_chunk::<6>()?.iter().fold(0_u64, |n, &b| n << 8 | u64::from(b));
    (number >> 47 == 1).then_some(number >> 7 & ((1 << 40) - 1))
}

/// Checks a Bedrock API key: a presigned URL without its scheme (short-term keys), or the name and
/// the secret of a service-specific credential (long-term keys, `ABSK`).
pub(super) fn bedrock(value: &[u8]) -> Evidence {
    if let Some(body) = value.strip_prefix(b"bedrock-api-key-") {
        return presigned(body);
    }
    let Some(body) = value.strip_prefix(b"ABSK") else {
        return Evidence::fail("not a Bedrock key prefix");
    };
    let decoded = encoding::base64(body).unwrap_or_default();
    let Some(colon) = memchr::memchr(b':', &decoded) else {
        return Evidence::fail("does not decode to a name and a secret");
    };
    let (name, secret) = (&decoded[..colon], &decoded[colon + 1..]);
    if !name.starts_with(b"BedrockAPIKey-") || secret.is_empty() {
        return Evidence::fail("does not decode to a name and a secret");
    }
    // The name is `BedrockAPIKey-<suffix>-at-<account>`.
    let account = memchr::memmem::rfind(name, b"-at-")
        .map(|at| &name[at + 4..])
        .filter(|account| account.len() == 12 && account.iter().all(u8::is_ascii_digit));
    Evidence::pass("decodes to a name and a secret")
        .with_some(fact_name::ACCOUNT, account)
        .with_some(fact_name::USER, public_user(name))
        .with(fact_name::FORMAT, "long-term API key")
}

fn presigned(body: &[u8]) -> Evidence {
    let Some(url) = encoding::base64(body) else {
        return Evidence::fail("not base64");
    };
    let Some(question) = memchr::memchr(b'?', &url) else {
        return Evidence::fail("does not decode to a presigned URL");
    };
    let (host, query) = (&url[..question], &url[question + 1..]);
    let host = host.strip_prefix(b"https://").unwrap_or(host);
    let host = host.split(|&b| b == b'/').next().unwrap_or_default();
    let parameter = |name: &[u8]| {
        query
            .split(|&b| b == b'&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix(b"="))
            .filter(|text| !text.is_empty())
    };
    let bedrock = host.starts_with(b"bedrock") && host.ends_with(b".amazonaws.com");
    let (true, Some(credential), Some(_)) = (bedrock, parameter(b"X-Amz-Credential"), parameter(b"X-Amz-Signature"))
    else {
        return Evidence::fail("does not decode to a presigned URL");
    };
    // `<key id>/<date>/<region>/<service>/aws4_request`, with the slashes percent-encoded or not.
    let credential = String::from_utf8_lossy(credential).replace("%2F", "/").replace("%2f", "/");
    let mut scope = credential.split('/');
    let (key_id, _date, region) = (scope.next(), scope.next(), scope.next());
    let issued = parameter(b"X-Amz-Date").and_then(basic_time);
    let lifetime = parameter(b"X-Amz-Expires").and_then(encoding::parse_decimal);
    let expires = issued.zip(lifetime).and_then(|(issued, lifetime)| issued.checked_add(i64::try_from(lifetime).ok()?));
    let account = key_id.and_then(|id| account(id.as_bytes().get(4..)?)).filter(|&account| account <= MAX_ACCOUNT);
    Evidence::pass("decodes to a presigned URL")
        .with(fact_name::HOST, host)
        .with_some(fact_name::REGION, region)
        .with_some(fact_name::KEY_ID, key_id)
        .with_some(fact_name::ACCOUNT, account.map(|account| format!("{account:012}")))
        .with_epoch(fact_name::ISSUED, issued)
        .with_epoch(fact_name::EXPIRES, expires)
        .with(fact_name::FORMAT, "short-term API key")
}

/// Reads `20240501T000000Z` as seconds since 1970.
fn basic_time(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() == 16)?;
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::fact;
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    /// An id that carries `account`, built from a string of bits.
    fn id(prefix: &str, first: char, account: u64) -> String {
        let bits = format!("{first}{account:040b}{}", "0110".repeat(10));
        let chars = bits.as_bytes().chunks(5).take(16).map(|five| {
            let digit = five.iter().fold(0, |n, bit| n * 2 + usize::from(bit - b'0'));
            char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[digit])
        });
        prefix.chars().chain(chars).collect()
    }

    #[test]
    fn ids_carry_accounts() {
        for (prefix, first, account, verdict, want) in [
            ("AKIA", '1', 123_456_789_012, Verdict::Pass, "123456789012"),
            ("ASIA", '1', 42, Verdict::Pass, "000000000042"),
            ("AKIA", '1', 1_000_000_000_000, Verdict::Fail, ""),
            ("AKIA", '0', 123_456_789_012, Verdict::Unknown, ""),
            ("AKIB", '1', 123_456_789_012, Verdict::Fail, ""),
        ] {
            let value = id(prefix, first, account);
            assert_eq!(value.len(), 20);
            let evidence = access_key_id(value.as_bytes());
            assert_eq!(evidence.verdict, verdict, "{prefix} {account}");
            assert_eq!(fact(&evidence, fact_name::ACCOUNT), want);
        }
        let whole = id("AKIA", '1', 7);
        let example = format!("{}EXAMPLE", &whole[..13]);
        for broken in [&whole[..19], "AKIA", example.as_str(), &whole.replacen('A', "1", 3)] {
            assert_eq!(access_key_id(broken.as_bytes()).verdict, Verdict::Fail, "{broken}");
        }
    }

    #[test]
    fn short_term_bedrock_keys() {
        let key_id = id("ASIA", '1', 123_456_789_012);
        for slash in ["/", "%2F"] {
            let credential = [key_id.as_str(), "20240501", "eu-west-1", "bedrock", "aws4_request"].join(slash);
            let url = format!(
                "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Credential={credential}\
                 &X-Amz-Date=20240501T000000Z&X-Amz-Expires=43200&X-Amz-Signature=00"
            );
            let value = format!("{}-{}", "bedrock-api-key", STANDARD.encode(&url));
            let evidence = bedrock(value.as_bytes());
            assert_eq!(evidence.verdict, Verdict::Pass);
            for (name, want) in [
                (fact_name::HOST, "bedrock.amazonaws.com"),
                (fact_name::REGION, "eu-west-1"),
                (fact_name::KEY_ID, key_id.as_str()),
                (fact_name::ACCOUNT, "123456789012"),
                (fact_name::ISSUED, "2024-05-01T00:00:00Z"),
                (fact_name::EXPIRES, "2024-05-01T12:00:00Z"),
            ] {
                assert_eq!(fact(&evidence, name), want);
            }
            for broken in [url.replace("Signature", "Other"), url.replace("bedrock.", "s3."), url] {
                let cut = &broken[..broken.len() - 1];
                let value = format!("bedrock-api-key-{}!", STANDARD.encode(cut));
                assert_eq!(bedrock(value.as_bytes()).verdict, Verdict::Fail);
            }
        }
    }

    #[test]
    fn long_term_bedrock_keys() {
        let body = STANDARD.encode("BedrockAPIKey-a1b2-at-123456789012:c2VjcmV0");
        let evidence = bedrock(format!("ABSK{body}").as_bytes());
        assert_eq!(evidence.verdict, Verdict::Pass);
        assert_eq!(fact(&evidence, fact_name::ACCOUNT), "123456789012");
        for broken in ["BedrockAPIKey-a1b2", "BedrockAPIKey-a:", "Other:secret"] {
            let value = format!("ABSK{}", STANDARD.encode(broken));
            assert_eq!(bedrock(value.as_bytes()).verdict, Verdict::Fail);
        }
    }
}
