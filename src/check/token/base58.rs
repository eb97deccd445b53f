//! `Base58Check`: base58 of a version, a payload and the first 4 bytes of their double SHA-256, as
//! used for wallet import keys and extended keys (BIP-32).

use sha2::{Digest as _, Sha256};

use super::{Evidence, fact_name};

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Extended keys take 111 characters. Decoding is quadratic, hence the bound.
const MAX_CHARS: usize = 128;

/// Checks a value; a public key or an address passes too, and its `format` says so.
pub(super) fn checked(value: &[u8]) -> Evidence {
    let Some(bytes) = decode(value) else {
        return Evidence::fail("not base58 of at most 128 characters");
    };
    let Some((body, sum)) = bytes.split_last_chunk::<4>().filter(|(body, _)| body.len() > 1) else {
        return Evidence::fail("too short");
    };
    if Sha256::digest(Sha256::digest(body))[..4] != sum[..] {
        return Evidence::fail("double SHA-256 checksum does not agree");
    }
    let evidence = Evidence::pass("double SHA-256 checksum agrees");
    match describe(body) {
        Some((format, environment)) => {
            evidence.with(fact_name::FORMAT, format).with(fact_name::ENVIRONMENT, environment)
        }
        None => evidence,
    }
}

/// Format and environment by the version bytes of Bitcoin (and SLIP-132 for extended keys).
fn describe(body: &[u8]) -> Option<(&'static str, &'static str)> {
    if body.len() == 78 {
        let version = u32::from_be_bytes(*body.first_chunk()?);
        return Some(match version {
            0x0488_ade4 | 0x049d_7878 | 0x04b2_430c => ("extended private key", "live"),
            0x0435_8394 | 0x044a_4e28 | 0x045f_18bc => ("extended private key", "test"),
            0x0488_b21e | 0x049d_7cb2 | 0x04b2_4746 => ("extended public key", "live"),
            0x0435_87cf | 0x044a_5262 | 0x045f_1cf6 => ("extended public key", "test"),
            _ => return None,
        });
    }
    // A trailing 1 marks a key whose public half is used compressed.
    let private = body.len() == 33 || (body.len() == 34 && body[33] == 1);
    match (body[0], private, body.len()) {
        (0x80, true, _) => Some(("wallet import key", "live")),
        (0xef, true, _) => Some(("wallet import key", "test")),
        (0x00 | 0x05, _, 21) => Some(("address", "live")),
        (0x6f | 0xc4, _, 21) => Some(("address", "test")),
        _ => None,
    }
}

/// Decodes base58; `None` for other characters and for more than [`MAX_CHARS`].
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty() || text.len() > MAX_CHARS {
        return None;
    }
    // The number's bytes, least significant first.
    let mut number: Vec<u8> = Vec::with_capacity(text.len());
    for c in text {
        let mut carry = ALPHABET.iter().position(|known| known == c)?;
        for byte in &mut number {
            carry += usize::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        while carry > 0 {
            number.push(carry as u8);
            carry >>= 8;
        }
    }
    let zeros = text.iter().take_while(|&&c| c == b'1').count();
    number.extend(std::iter::repeat_n(0, zeros));
    number.reverse();
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::{Noise, fact};
    use super::*;

    /// Divides the big-endian number by 58 again and again.
    fn encode(bytes: &[u8]) -> String {
        let mut digits = Vec::new();
        let mut rest = bytes.to_vec();
        while rest.iter().any(|&b| b != 0) {
            let mut remainder = 0_u32;
            for byte in &mut rest {
                let value = remainder * 256 + u32::from(*byte);
                *byte = (value / 58) as u8;
                remainder = value % 58;
            }
            digits.push(ALPHABET[remainder as usize]);
        }
        digits.extend(bytes.iter().take_while(|&&b| b == 0).map(|_| b'1'));
        digits.reverse();
        String::from_utf8(digits).unwrap()
    }

    fn summed(mut body: Vec<u8>) -> String {
        let sum = Sha256::digest(Sha256::digest(&body));
        body.extend_from_slice(&sum[..4]);
        encode(&body)
    }

    #[test]
    fn decodes_published_vectors() {
        for (text, want) in [("2NEpo7TZRRrLZSi2U", &b"Hello World!"[..]), ("1", b"\0"), ("11112", b"\0\0\0\0\x01")] {
            assert_eq!(decode(text.as_bytes()).unwrap(), want);
        }
        assert_eq!(decode(b"0OIl"), None);
        assert_eq!(decode(&[b'2'; 129]), None);
    }

    #[test]
    fn keys_and_addresses() {
        let mut noise = Noise(6);
        let extended = |noise: &mut Noise, version: u32| [version.to_be_bytes().to_vec(), noise.bytes(74)].concat();
        let cases = [
            ([vec![0x80], noise.bytes(32)].concat(), "wallet import key", "live"),
            ([vec![0xef], noise.bytes(32), vec![1]].concat(), "wallet import key", "test"),
            ([vec![0], noise.bytes(20)].concat(), "address", "live"),
            (extended(&mut noise, 0x0488_ade4), "extended private key", "live"),
            (extended(&mut noise, 0x0435_87cf), "extended public key", "test"),
            ([vec![0x42], noise.bytes(9)].concat(), "", ""),
        ];
        for (body, format, environment) in cases {
            let value = summed(body);
            let evidence = checked(value.as_bytes());
            assert_eq!(evidence.verdict, Verdict::Pass);
            assert_eq!(fact(&evidence, fact_name::FORMAT), format);
            assert_eq!(fact(&evidence, fact_name::ENVIRONMENT), environment);
            let mut broken = value.into_bytes();
            let last = broken.len() - 1;
            broken[last] = if broken[last] == b'z' { b'y' } else { b'z' };
            assert_eq!(checked(&broken).verdict, Verdict::Fail);
        }
    }
}
