//! Tokens that end in, or hide, a CRC-32 (IEEE 802.3) of their other characters.

use super::encoding;
use super::{Evidence, fact_name, jwt};

/// Verdict of a comparison of checksums.
fn compare(agrees: bool) -> Evidence {
    if agrees { Evidence::pass("CRC-32 checksum agrees") } else { Evidence::fail("CRC-32 checksum does not agree") }
}

/// The checksum that GitHub and npm put behind 30 random characters: their CRC-32 in base62, in 6 characters.
pub fn github_checksum(random: &[u8]) -> String {
    format!("{:0>6}", encoding::base62(crc32fast::hash(random)))
}

/// Checks 30 base62 characters that are followed by their CRC-32, in base62, in 6 characters.
fn base62_tail(body: &[u8]) -> Evidence {
    if body.len() != 36 || !body.iter().all(u8::is_ascii_alphanumeric) {
        return Evidence::fail("the body is not 36 letters and digits");
    }
    let (random, tail) = body.split_at(30);
    compare(github_checksum(random).as_bytes() == tail)
}

/// GitHub tokens. Classic ones carry a checksum (issuer's note "Behind GitHub's new authentication
/// token formats", 2021); fine-grained ones carry none that is documented; the newer installation
/// tokens are an application id and a JWT.
pub(super) fn github(value: &[u8]) -> Evidence {
    if value.starts_with(b"github_pat_") {
        return Evidence::unknown("fine-grained tokens carry no documented checksum")
            .with(fact_name::FORMAT, "fine-grained personal access token");
    }
    let Some((prefix, body)) = value.split_at_checked(4) else {
        return Evidence::fail("not a GitHub token prefix");
    };
    let format = match prefix {
        b"ghp_" => "personal access token",
        b"gho_" => "OAuth access token",
        b"ghu_" => "GitHub App user token",
        b"ghs_" => "GitHub App installation token",
        b"ghr_" => "GitHub App refresh token",
        _ => return Evidence::fail("not a GitHub token prefix"),
    };
    if prefix == b"ghs_"
        && let Some(end) = memchr::memchr(b'_', body)
        && encoding::parse_decimal(&body[..end]).is_some()
        && body[end + 1..].starts_with(b"eyJ")
    {
        return jwt::jwt(&body[end + 1..]).with(fact_name::ACCOUNT, &body[..end]).with(fact_name::FORMAT, format);
    }
    base62_tail(body).with(fact_name::FORMAT, format)
}

/// npm access tokens: the same construction as GitHub's.
pub(super) fn npm(value: &[u8]) -> Evidence {
    match value.strip_prefix(b"npm_") {
        Some(body) => base62_tail(body),
        None => Evidence::fail("not an npm token prefix"),
    }
}

/// Grafana service account tokens: `glsa_`, 32 characters, `_`, and the CRC-32 of the first 37
/// characters in hexadecimal, least significant byte first.
pub(super) fn grafana(value: &[u8]) -> Evidence {
    if value.len() != 46 || !value.starts_with(b"glsa_") || value[37] != b'_' {
        return Evidence::fail("not the shape of a service account token");
    }
    let Some(sum) = encoding::hex32(&value[38..]) else {
        return Evidence::fail("the checksum is not hexadecimal");
    };
    compare(sum.swap_bytes() == crc32fast::hash(&value[..37]))
}

/// Atlassian API tokens end in the CRC-32 of all before it, in 8 upper-case hexadecimal digits.
/// Data Center tokens (`BBDC-`) are the base64 of an id and a random part.
pub(super) fn atlassian(value: &[u8]) -> Evidence {
    if let Some(body) = value.strip_prefix(b"BBDC-") {
        return data_center(body);
    }
    if value.starts_with(b"ATBB") {
        return Evidence::unknown("app passwords carry no documented checksum");
    }
    if !value.starts_with(b"ATATT3") && !value.starts_with(b"ATCTT3") {
        return Evidence::fail("not an Atlassian token prefix");
    }
    let (body, tail) = value.split_at(value.len().saturating_sub(8));
    let Some(sum) = encoding::hex32(tail).filter(|_| !tail.iter().any(u8::is_ascii_lowercase)) else {
        return Evidence::fail("the checksum is not upper-case hexadecimal");
    };
    compare(sum == crc32fast::hash(body))
}

fn data_center(body: &[u8]) -> Evidence {
    let decoded = encoding::base64(body).unwrap_or_default();
    let Some(colon) = memchr::memchr(b':', &decoded) else {
        return Evidence::fail("does not decode to an id and a random part");
    };
    let (id, random) = (&decoded[..colon], &decoded[colon + 1..]);
    if encoding::parse_decimal(id).is_none() || random.is_empty() {
        return Evidence::fail("does not decode to an id and a random part");
    }
    Evidence::pass("decodes to an id and a random part").with(fact_name::KEY_ID, id)
}

/// Cloudflare tokens: a prefix, 40 characters and the CRC-32 of these 40 in lower-case hexadecimal.
pub(super) fn cloudflare(value: &[u8]) -> Evidence {
    let (body, format) = if let Some(body) = value.strip_prefix(b"cfk_") {
        (body, "global API key")
    } else if let Some(body) = value.strip_prefix(b"cfut_") {
        (body, "user API token")
    } else if let Some(body) = value.strip_prefix(b"cfat_") {
        (body, "account API token")
    } else {
        return Evidence::fail("not a Cloudflare token prefix");
    };
    if body.len() != 48 {
        return Evidence::fail("the body is not 48 characters long");
    }
    let (random, tail) = body.split_at(40);
    compare(encoding::hex32(tail) == Some(crc32fast::hash(random))).with(fact_name::FORMAT, format)
}

/// Zuplo API keys: `zpka_`, 32 characters, `_` and the CRC-32 of these 32 in hexadecimal.
pub(super) fn zuplo(value: &[u8]) -> Evidence {
    let Some(body) = value.strip_prefix(b"zpka_") else {
        return Evidence::fail("not a Zuplo key prefix");
    };
    if body.len() != 41 || body[32] != b'_' {
        return Evidence::fail("not the shape of an API key");
    }
    compare(encoding::hex32(&body[33..]) == Some(crc32fast::hash(&body[..32])))
}

/// Confluent Cloud API secrets: `cflt`, 54 characters, and 6 characters of base64 over the CRC-32,
/// least significant byte first. The issuer does not say whether the prefix is summed with the
/// rest, so both readings are taken.
pub(super) fn confluent(value: &[u8]) -> Evidence {
    if value.len() != 64 || !value.starts_with(b"cflt") {
        return Evidence::fail("not the shape of a prefixed API secret");
    }
    let (head, tail) = value.split_at(58);
    let agrees = [head, &head[4..]].into_iter().any(|summed| {
        let sum = crc32fast::hash(summed).to_le_bytes();
        encoding::base64_unpadded(&sum).as_bytes() == tail
    });
    compare(agrees)
}

/// Azure DevOps personal access tokens of the older format: 52 base32 characters, hence 32 bytes.
/// Bytes 22, 8, 7 and 2 hold, least significant first, the CRC-32 of the other 28 exclusive-or a
/// constant that tells user tokens from application tokens (microsoft/security-utilities,
/// `AdoLegacyPat`).
pub(super) fn azure_devops(value: &[u8]) -> Evidence {
    const USER_MASK: u32 = 0xe0b9_692d;
    const APPLICATION_MASK: u32 = 0x1019_f92e;
    const SUM_AT: [usize; 4] = [22, 8, 7, 2];
    if value.len() != 52 {
        return Evidence::fail("not 52 characters long");
    }
    let Some(bytes) = encoding::base32(value).filter(|bytes| bytes.len() == 32) else {
        return Evidence::fail("not base32");
    };
    let sum = u32::from_le_bytes(SUM_AT.map(|at| bytes[at]));
    let summed: Vec<u8> = (0..32).filter(|at| !SUM_AT.contains(at)).map(|at| bytes[at]).collect();
    let role = match sum ^ crc32fast::hash(&summed) {
        USER_MASK => "user",
        APPLICATION_MASK => "application",
        _ => return compare(false),
    };
    compare(true).with(fact_name::ROLE, role)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::{Noise, fact};
    use super::*;

    const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const BASE32: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";

    /// A second implementation: the polynomial division bit by bit.
    fn naive_crc32(bytes: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for &byte in bytes {
            for bit in 0..8 {
                let odd = (crc ^ u32::from(byte >> bit)) & 1;
                crc = (crc >> 1) ^ (0xedb8_8320 * odd);
            }
        }
        !crc
    }

    fn naive_base62(number: u32) -> String {
        (0..6).rev().map(|power| char::from(BASE62[(u64::from(number) / 62_u64.pow(power) % 62) as usize])).collect()
    }

    /// Asserts that the value passes and that it fails once any one character is exchanged.
    fn passes_only_whole(check: fn(&[u8]) -> Evidence, value: &str) {
        assert_eq!(check(value.as_bytes()).verdict, Verdict::Pass, "{value}");
        for at in 0..value.len() {
            let mut broken = value.as_bytes().to_vec();
            broken[at] = if broken[at] == b'7' { b'2' } else { b'7' };
            assert_eq!(check(&broken).verdict, Verdict::Fail, "{at} of {value}");
        }
        assert_eq!(check(&value.as_bytes()[..value.len() - 1]).verdict, Verdict::Fail);
    }

    #[test]
    fn base62_tails() {
        let mut noise = Noise(1);
        for prefix in [["gh", "p_"], ["gh", "o_"], ["gh", "u_"], ["gh", "s_"], ["gh", "r_"]] {
            let body = noise.text(BASE62, 30);
            let tail = naive_base62(naive_crc32(body.as_bytes()));
            passes_only_whole(github, &format!("{}{body}{tail}", prefix.concat()));
        }
        let body = noise.text(BASE62, 30);
        let tail = naive_base62(naive_crc32(body.as_bytes()));
        passes_only_whole(npm, &format!("{}_{body}{tail}", "npm"));
        assert_eq!(github(b"github_pat_x").verdict, Verdict::Unknown);
    }

    #[test]
    fn small_sums_are_padded() {
        // Search for a body whose sum is below 62^5, so that the padding digit shows.
        let mut noise = Noise(5);
        let body = std::iter::repeat_with(|| noise.text(BASE62, 30))
            .find(|body| naive_crc32(body.as_bytes()) < 62_u32.pow(5))
            .unwrap();
        let tail = naive_base62(naive_crc32(body.as_bytes()));
        assert!(tail.starts_with('0'));
        let value = format!("{}_{body}{tail}", "ghp");
        assert_eq!(github(value.as_bytes()).verdict, Verdict::Pass);
    }

    #[test]
    fn github_installation_token_with_claims() {
        let claims = encoding::base64_unpadded(br#"{"iss":"github"}"#);
        let header = encoding::base64_unpadded(br#"{"alg":"RS256"}"#);
        let value = format!("{}_123456_{header}.{claims}.c2ln", "ghs");
        let evidence = github(value.as_bytes());
        assert_eq!(evidence.verdict, Verdict::Pass);
        assert_eq!(fact(&evidence, fact_name::ACCOUNT), "123456");
        assert_eq!(fact(&evidence, fact_name::ISSUER), "github");
    }

    #[test]
    fn hexadecimal_tails() {
        let mut noise = Noise(2);
        let body = noise.text(BASE62, 32);
        let sum = naive_crc32(format!("{}_{body}", "glsa").as_bytes()).swap_bytes();
        passes_only_whole(grafana, &format!("{}_{body}_{sum:08x}", "glsa"));

        let body = format!("{}{}=", ["ATA", "TT3"].concat(), noise.text(BASE62, 180));
        passes_only_whole(atlassian, &format!("{body}{:08X}", naive_crc32(body.as_bytes())));
        let lower = format!("{body}{:08x}", naive_crc32(body.as_bytes()));
        assert_eq!(atlassian(lower.as_bytes()).verdict, Verdict::Fail);

        for prefix in ["cfk", "cfut", "cfat"] {
            let body = noise.text(BASE62, 40);
            let sum = naive_crc32(body.as_bytes());
            passes_only_whole(cloudflare, &format!("{prefix}_{body}{sum:08x}"));
        }

        let body = noise.text(BASE62, 32);
        let sum = naive_crc32(body.as_bytes());
        passes_only_whole(zuplo, &format!("{}_{body}_{sum:08x}", "zpka"));
    }

    #[test]
    fn data_center_tokens_decode() {
        let body = encoding::base64_unpadded(b"987654:\x00\x01\x02random");
        let evidence = atlassian(format!("{}-{body}", "BBDC").as_bytes());
        assert_eq!(evidence.verdict, Verdict::Pass);
        assert_eq!(fact(&evidence, fact_name::KEY_ID), "987654");
        let body = encoding::base64_unpadded(b"words:random");
        assert_eq!(atlassian(format!("BBDC-{body}").as_bytes()).verdict, Verdict::Fail);
    }

    #[test]
    fn confluent_tails() {
        let mut noise = Noise(3);
        let body = noise.text(BASE62, 54);
        for summed in [body.clone(), format!("cflt{body}")] {
            let tail = encoding::base64_unpadded(&naive_crc32(summed.as_bytes()).to_le_bytes());
            passes_only_whole(confluent, &format!("{}{body}{tail}", "cflt"));
        }
    }

    #[test]
    fn azure_devops_masks() {
        let mut noise = Noise(4);
        for (mask, role) in [(0xe0b9_692d_u32, "user"), (0x1019_f92e, "application")] {
            // 52 characters hold 260 bits: 32 bytes and 4 bits that mean nothing.
            let mut bytes = noise.bytes(33);
            let mut rest = bytes[..32].to_vec();
            for at in [22, 8, 7, 2] {
                rest.remove(at);
            }
            let sum = (naive_crc32(&rest) ^ mask).to_be_bytes();
            (bytes[2], bytes[7], bytes[8], bytes[22]) = (sum[0], sum[1], sum[2], sum[3]);
            let value: String = (0..52)
                .map(|digit| {
                    let at = digit * 5;
                    let pair = u16::from_be_bytes([bytes[at / 8], bytes.get(at / 8 + 1).copied().unwrap_or(0)]);
                    char::from(BASE32[usize::from(pair >> (11 - at % 8)) & 31])
                })
                .collect();
            let evidence = azure_devops(value.as_bytes());
            assert_eq!(evidence.verdict, Verdict::Pass);
            assert_eq!(fact(&evidence, fact_name::ROLE), role);
            let broken = format!("{}{}", if value.starts_with('a') { 'b' } else { 'a' }, &value[1..]);
            assert_eq!(azure_devops(broken.as_bytes()).verdict, Verdict::Fail);
        }
        assert_eq!(azure_devops(&[b'a'; 52]).verdict, Verdict::Fail);
    }
}
