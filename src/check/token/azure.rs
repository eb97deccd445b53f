//! Azure keys that end in a Marvin32 checksum.
//!
//! Two layouts, both after microsoft/security-utilities. *Identifiable keys* are base64 whose last
//! 4 bytes are the checksum of all bytes before, started with a seed that tells the service and the
//! kind of key; the 4 characters before the checksum are the service's signature. *Common annotated
//! security keys* hold a fixed signature at character 52 and the checksum of their first 60 bytes
//! at the end.

use super::encoding;
use super::{Evidence, fact_name};

/// The 64-bit seed is text of 8 characters, read most significant byte first.
const fn seed(text: [u8; 8]) -> u64 {
    u64::from_be_bytes(text)
}

/// A seed and the kind of key that it stands for.
type Seed = (u64, &'static str);

const MESSAGING: &[Seed] = &[
    (seed(*b"Send0000"), "send"),
    (seed(*b"Listen00"), "listen"),
    (seed(*b"Manage00"), "manage"),
    (seed(*b"System00"), "system"),
    (seed(*b"Unknown0"), ""),
];

/// Signature, service and seeds.
const SERVICES: &[(&[u8; 4], &str, &[Seed])] = &[
    (b"+ASt", "Azure Storage", &[(seed(*b"Default0"), "account")]),
    (
        b"ACDb",
        "Azure Cosmos DB",
        &[
            (seed(*b"MastRW00"), "master read-write"),
            (seed(*b"MastRO00"), "master read-only"),
            (seed(*b"SystRW00"), "system read-write"),
            (seed(*b"SystRO00"), "system read-only"),
            (seed(*b"SysAll00"), "system"),
            (seed(*b"Encryp00"), "data encryption"),
            (seed(*b"Resour00"), "resource"),
        ],
    ),
    (b"AzCa", "Azure Cache for Redis", &[(seed(*b"Access00"), "access")]),
    (
        b"AzFu",
        "Azure Functions",
        &[(seed(*b"Functi00"), "function"), (seed(*b"Master00"), "master"), (seed(*b"System00"), "system")],
    ),
    (b"AzSe", "Azure AI Search", &[(seed(*b"Query000"), "query"), (seed(*b"PAdmin00"), "admin")]),
    (
        b"APIM",
        "Azure API Management",
        &[
            (seed(*b"Tenant00"), "direct management"),
            (seed(*b"IoTHub00"), "subscription"),
            (seed(*b"Gatewy00"), "gateway"),
            (seed(*b"GitKey00"), "repository"),
        ],
    ),
    (
        b"AIoT",
        "Azure IoT",
        &[(seed(*b"IoTHub00"), "hub"), (seed(*b"DpsKey00"), "device provisioning"), (seed(*b"Device00"), "device")],
    ),
    (b"+ARm", "Azure Relay", MESSAGING),
    (b"+AEh", "Azure Event Hubs", MESSAGING),
    (b"+ASb", "Azure Service Bus", MESSAGING),
    (b"+ABa", "Azure Batch", &[(seed(*b"AbAcct00"), "account")]),
    (b"AZEG", "Azure Event Grid", &[(seed(*b"SendRecv"), "send and receive")]),
    (b"+ACR", "Azure Container Registry", &[(seed(*b"ACRDflt0"), "registry")]),
    (b"+AMC", "Azure Machine Learning (classic)", &[(seed(*b"Classic0"), "web service")]),
    (b"+SQL", "Azure SQL", &[(seed(*b"UsrPwd00"), "user password")]),
];

/// The seed of annotated keys, and of services that name no other.
const DEFAULT_SEED: u64 = seed(*b"Default0");

/// The Marvin32 checksum folded to 32 bits, as in .NET's string hashing and in `SymCrypt`.
fn marvin32(bytes: &[u8], seed: u64) -> u32 {
    let hash = marvin64(bytes, seed);
    (hash >> 32) as u32 ^ hash as u32
}

fn marvin64(bytes: &[u8], seed: u64) -> u64 {
    fn mix(low: &mut u32, high: &mut u32) {
        *high ^= *low;
        *low = low.rotate_left(20).wrapping_add(*high);
        *high = high.rotate_left(9) ^ *low;
        *low = low.rotate_left(27).wrapping_add(*high);
        *high = high.rotate_left(19);
    }
    let (mut low, mut high) = (seed as u32, (seed >> 32) as u32);
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let word = [word[0], word[1], word[2], word[3]];
        low = low.wrapping_add(u32::from_le_bytes(word));
        mix(&mut low, &mut high);
    }
    let mut last = [0; 4];
    let rest = words.remainder();
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    low = low.wrapping_add(u32::from_le_bytes(last));
    mix(&mut low, &mut high);
    mix(&mut low, &mut high);
    (u64::from(high) << 32) | u64::from(low)
}

/// Checks an identifiable key, or an Entra client secret (`8Q~` or `7Q~` after 3 characters).
pub(super) fn identifiable_key(value: &[u8]) -> Evidence {
    if value.get(4..6) == Some(b"Q~") {
        return client_secret(value);
    }
    let text = unpadded(value);
    // 6 characters hold the checksum; longer text than any documented key is not hashed.
    let Some(at) = text.len().checked_sub(10).filter(|_| value.len() <= 200) else {
        return Evidence::fail("not the length of an identifiable key");
    };
    let signature = &text[at..at + 4];
    let Some(&(_, service, seeds)) = SERVICES.iter().find(|(known, ..)| known[..] == *signature) else {
        return Evidence::unknown("holds no service signature that is known");
    };
    let Some(bytes) = encoding::base64(value).filter(|bytes| bytes.len() > 4) else {
        return Evidence::fail("not base64");
    };
    let (body, sum) = bytes.split_at(bytes.len() - 4);
    for &(seed, role) in seeds {
        if marvin32(body, seed).to_le_bytes() == *sum {
            return Evidence::pass("Marvin32 checksum agrees")
                .with(fact_name::ISSUER, service)
                .with(fact_name::ROLE, role);
        }
    }
    if signature == b"AzCa" {
        return redis(text, body).with(fact_name::ISSUER, service);
    }
    Evidence::fail("Marvin32 checksum does not agree")
}

/// Redis keys are written without `+` and `/`: these became `P` and `F` after the checksum was
/// computed. Where this happened in the summed part, the checksum cannot be recomputed.
fn redis(text: &[u8], body: &[u8]) -> Evidence {
    let sum = marvin32(body, seed(*b"Access00")).to_le_bytes();
    let whole = encoding::base64_unpadded(&[body, &sum[..]].concat());
    let same = whole.len() == text.len()
        && whole.bytes().zip(text).all(|(computed, &given)| match computed {
            b'+' => given == b'P',
            b'/' => given == b'F',
            other => given == other,
        });
    if same {
        Evidence::pass("Marvin32 checksum agrees").with(fact_name::ROLE, "access")
    } else {
        Evidence::unknown("the checksum of this form cannot always be recomputed")
    }
}

/// Entra client secrets end in 3 of the 6 characters of a checksum in their own alphabet. The
/// issuer's generator is public only in part, so a difference decides nothing.
fn client_secret(value: &[u8]) -> Evidence {
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";
    let issuer = "Microsoft Entra ID";
    if !(37..=40).contains(&value.len()) || !value.iter().all(|b| ALPHABET.contains(b)) {
        return Evidence::fail("not the shape of a client secret");
    }
    let (body, tail) = value.split_at(value.len() - 3);
    let sum = encoding::digits(marvin32(body, seed(*b"AadPwd00")), ALPHABET);
    // `a` is the zero digit.
    if format!("{sum:a>6}").as_bytes()[..3] == *tail {
        Evidence::pass("Marvin32 checksum agrees").with(fact_name::ISSUER, issuer)
    } else {
        Evidence::unknown("no checksum of a known form").with(fact_name::ISSUER, issuer)
    }
}

fn unpadded(value: &[u8]) -> &[u8] {
    let padding = value.iter().rev().take_while(|&&b| b == b'=').count().min(2);
    &value[..value.len() - padding]
}

/// Checks a common annotated security key: 84 characters, or 88 with the whole checksum.
pub(super) fn annotated_key(value: &[u8]) -> Evidence {
    if value.len() != 84 && value.len() != 88 {
        return Evidence::fail("not 84 or 88 characters long");
    }
    if &value[52..57] != b"JQQJ9" || !matches!(value[57], b'9' | b'D' | b'H') {
        return Evidence::fail("the fixed signature is missing");
    }
    // Standard keys keep 3 of the 4 bytes of the checksum.
    let kept = if value.len() == 88 { 4 } else { 3 };
    let Some(bytes) = encoding::base64(value).filter(|bytes| bytes.len() == 60 + kept) else {
        return Evidence::fail("not base64");
    };
    let sum = marvin32(&bytes[..60], DEFAULT_SEED).to_le_bytes();
    let as_text = encoding::base64(annotated_sum(sum).as_bytes()).unwrap_or_default();
    let tail = &bytes[60..];
    if tail != &sum[..kept] && Some(tail) != as_text.get(..kept) {
        return Evidence::fail("Marvin32 checksum does not agree");
    }
    let format = match value[57] {
        b'D' => "derived key",
        b'H' => "hashed data",
        _ => "common annotated security key",
    };
    let evidence = Evidence::pass("Marvin32 checksum agrees").with(fact_name::FORMAT, format);
    let signature = &value[76..80];
    let evidence = if signature == b"AZDO" {
        evidence.with(fact_name::ISSUER, "Azure DevOps")
    } else {
        evidence.with(fact_name::ISSUER, [b"provider ", signature].concat())
    };
    evidence.with_some(fact_name::ISSUED, annotated_month(value[58], value[59]))
}

/// The checksum as 6 characters of base62. Its bytes are taken as a big-endian number; zero bytes
/// at the front stay as zero digits, and short results are filled up at the end.
fn annotated_sum(sum: [u8; 4]) -> String {
    let leading = sum.iter().take_while(|&&b| b == 0).count().min(3);
    let text = "0".repeat(leading) + &encoding::base62(u32::from_be_bytes(sum));
    format!("{text:0<6}")
}

/// Year and month of issue are one digit of base64 each, from 2024 and from January on.
fn annotated_month(year: u8, month: u8) -> Option<String> {
    let years = match year {
        b'A'..=b'Z' => year - b'A',
        b'a'..=b'z' => year - b'a' + 26,
        b'0'..=b'9' => year - b'0' + 52,
        _ => return None,
    };
    if !(b'A'..=b'L').contains(&month) {
        return None;
    }
    let year = 2024 + u32::from(years);
    Some(format!("{year}-{:02}-01T00:00:00Z", month - b'A' + 1))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::{Noise, fact};
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    #[test]
    fn marvin_agrees_with_symcrypt() {
        for (seed, text, want) in [
            (0xd53c_d9ce_cd08_93b7, "abc", 0x22c7_4339_4927_69bf),
            (0x0ddd_deee_efff_f000, "abcdefghijklmnopqrstuvwxyz", 0xa128_eb7e_7260_aca2),
        ] {
            assert_eq!(marvin64(text.as_bytes(), seed), want, "{text}");
        }
    }

    /// A key of `len` bytes with the signature in place, by way of base64 text.
    fn identifiable(len: usize, signature: [u8; 4], seed: u64) -> Vec<u8> {
        let mut noise = Noise(seed);
        let mut bytes = noise.bytes(len);
        let chars = (len * 8).div_ceil(6);
        let mut text = STANDARD.encode(&bytes).into_bytes();
        text[chars - 10..chars - 6].copy_from_slice(&signature);
        bytes = encoding::base64(&text).unwrap();
        let sum = marvin32(&bytes[..len - 4], seed).to_le_bytes();
        bytes[len - 4..].copy_from_slice(&sum);
        bytes
    }

    #[test]
    fn every_service_and_seed_passes() {
        for (signature, service, seeds) in SERVICES {
            for &(seed, role) in *seeds {
                for len in [32, 33, 39, 40, 64] {
                    let bytes = identifiable(len, **signature, seed);
                    let text = STANDARD.encode(&bytes);
                    let evidence = identifiable_key(text.as_bytes());
                    assert_eq!(evidence.verdict, Verdict::Pass, "{service} {len}");
                    assert_eq!(fact(&evidence, fact_name::ISSUER), *service);
                    assert_eq!(fact(&evidence, fact_name::ROLE), role);
                    let mut broken = text.into_bytes();
                    broken[0] = if broken[0] == b'A' { b'B' } else { b'A' };
                    let want = if *signature == b"AzCa" { Verdict::Unknown } else { Verdict::Fail };
                    assert_eq!(identifiable_key(&broken).verdict, want);
                }
            }
        }
        let text = URL_SAFE_NO_PAD.encode(identifiable(40, *b"AzFu", seed(*b"Functi00")));
        assert_eq!(identifiable_key(text.as_bytes()).verdict, Verdict::Pass);
        assert_eq!(identifiable_key(&[b'A'; 44]).verdict, Verdict::Unknown);
    }

    #[test]
    fn redis_keys_with_replaced_characters_pass() {
        let mut found = false;
        for round in 1..200 {
            let mut noise = Noise(round);
            let mut text = noise.text(b"abcdefghABCDEFGH01234567", 44).into_bytes();
            text[34..38].copy_from_slice(b"AzCa");
            let mut bytes = encoding::base64(&text).unwrap();
            let sum = marvin32(&bytes[..29], seed(*b"Access00")).to_le_bytes();
            bytes[29..].copy_from_slice(&sum);
            let text = STANDARD.encode(&bytes);
            found |= text.contains(['+', '/']);
            let text = text.replace('+', "P").replace('/', "F");
            if text.as_bytes()[34..38] == *b"AzCa" {
                let verdict = identifiable_key(text.as_bytes()).verdict;
                assert_eq!(verdict, Verdict::Pass, "{round}");
            }
        }
        assert!(found);
    }

    #[test]
    fn annotated_keys() {
        let mut noise = Noise(9);
        for long in [false, true] {
            for base62 in [false, true] {
                let mut text = STANDARD.encode(noise.bytes(60)).into_bytes();
                text[52..60].copy_from_slice(b"JQQJ99BE");
                text[76..].copy_from_slice(b"AZDO");
                let mut bytes = STANDARD.decode(&text).unwrap();
                let sum = marvin32(&bytes, DEFAULT_SEED).to_le_bytes();
                if base62 {
                    let tail = encoding::base64(annotated_sum(sum).as_bytes()).unwrap();
                    bytes.extend(tail);
                } else {
                    bytes.extend(sum);
                }
                bytes.truncate(if long { 64 } else { 63 });
                let value = STANDARD.encode(&bytes);
                let evidence = annotated_key(value.as_bytes());
                assert_eq!(evidence.verdict, Verdict::Pass);
                assert_eq!(fact(&evidence, fact_name::ISSUED), "2025-05-01T00:00:00Z");
                assert_eq!(fact(&evidence, fact_name::ISSUER), "Azure DevOps");
                for at in [0, 53, 61, 82] {
                    let mut broken = value.clone().into_bytes();
                    broken[at] = if broken[at] == b'w' { b'x' } else { b'w' };
                    assert_eq!(annotated_key(&broken).verdict, Verdict::Fail, "{at}");
                }
            }
        }
    }

    #[test]
    fn annotated_sums_keep_leading_zeros() {
        for (sum, want) in
            [([0, 0, 0, 0], "000000"), ([0, 0, 0, 61], "000z00"), ([0, 0, 0, 62], "000100"), ([0xff; 4], "4gfFC3")]
        {
            let text = annotated_sum(sum);
            assert!(text.starts_with(want.trim_end_matches('0')) && text.len() == 6, "{text}");
        }
    }

    #[test]
    fn client_secrets() {
        let alphabet = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";
        let mut noise = Noise(11);
        let body = format!("{}8Q~{}", noise.text(&alphabet[..26], 3), noise.text(&alphabet[..62], 28));
        let mut sum = marvin32(body.as_bytes(), seed(*b"AadPwd00"));
        let mut tail = [0; 6];
        for digit in tail.iter_mut().rev() {
            *digit = alphabet[(sum % 66) as usize];
            sum /= 66;
        }
        let value = [body.as_bytes(), &tail[..3]].concat();
        assert_eq!(identifiable_key(&value).verdict, Verdict::Pass);
        let other = [body.as_bytes(), b"~~~"].concat();
        assert_eq!(identifiable_key(&other).verdict, Verdict::Unknown);
    }
}
