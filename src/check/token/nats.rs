//! NATS nkeys: base32 of a role prefix, 32 bytes of key and a CRC-16/XMODEM of both, least
//! significant byte first (the `nkeys` libraries of the NATS project).

use super::encoding;
use super::{Evidence, fact_name};

const SEED: u8 = 18 << 3;
const PRIVATE: u8 = 15 << 3;

/// Checks a seed (`S` and the letter of its role) or a private key (`P`). A public key is no
/// secret and fails.
pub(super) fn nkey(value: &[u8]) -> Evidence {
    // Longest is a private key: prefix, 64 bytes and checksum.
    if value.len() > 110 || !value.iter().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7')) {
        return Evidence::fail("not upper-case base32 of a key's length");
    }
    let Some(bytes) = encoding::base32(value) else {
        return Evidence::fail("not base32");
    };
    let Some((body, sum)) = bytes.split_last_chunk::<2>() else {
        return Evidence::fail("too short");
    };
    if encoding::crc16_xmodem(body) != u16::from_le_bytes(*sum) {
        return Evidence::fail("CRC-16 checksum does not agree");
    }
    match *body {
        // A seed has 5 bits of type, then the 8 bits of the role's prefix, spread over 2 bytes.
        [first, second, ..] if first & 0xf8 == SEED && body.len() == 34 => {
            let prefix = (first & 7) << 5 | second >> 3;
            match role(prefix) {
                Some(role) => Evidence::pass("CRC-16 checksum agrees")
                    .with(fact_name::ROLE, role)
                    .with(fact_name::FORMAT, "nkey seed")
                    .with(fact_name::KEY_TYPE, if role == "curve" { "x25519" } else { "ed25519" }),
                None => Evidence::fail("the seed names no known role"),
            }
        }
        [PRIVATE, ..] if body.len() == 65 => Evidence::pass("CRC-16 checksum agrees")
            .with(fact_name::FORMAT, "nkey private key")
            .with(fact_name::KEY_TYPE, "ed25519"),
        [prefix, ..] if role(prefix).is_some() => Evidence::fail("a public key, not a seed"),
        _ => Evidence::fail("not the layout of a seed or private key"),
    }
}

/// The role of a prefix byte: the 5 bits of its letter's base32 value and 3 zero bits.
fn role(prefix: u8) -> Option<&'static str> {
    Some(match prefix {
        0 => "account",
        0x10 => "cluster",
        0x68 => "server",
        0x70 => "operator",
        0xa0 => "user",
        0xb8 => "curve",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::{Noise, fact};
    use super::*;

    fn base32(bytes: &[u8]) -> String {
        let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
        (0..(bytes.len() * 8).div_ceil(5))
            .map(|digit| (0..5).fold(0, |value, n| value << 1 | bit(digit * 5 + n)))
            .map(|value| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::from(value)]))
            .collect()
    }

    fn signed(mut body: Vec<u8>) -> String {
        let mut crc = 0_u32;
        for &byte in &body {
            crc ^= u32::from(byte) << 8;
            for _ in 0..8 {
                crc <<= 1;
                if crc & 0x1_0000 != 0 {
                    crc ^= 0x1_1021;
                }
            }
        }
        body.extend((crc as u16).to_le_bytes());
        base32(&body)
    }

    #[test]
    fn seeds_name_their_role() {
        let mut noise = Noise(3);
        for (letter, name) in [('A', "account"), ('U', "user"), ('O', "operator"), ('N', "server"), ('C', "cluster")] {
            let prefix = (letter as u8 - b'A') << 3;
            let mut body = vec![SEED | prefix >> 5, prefix << 3];
            body.extend(noise.bytes(32));
            let value = signed(body);
            assert!(value.starts_with(&format!("S{letter}")) && value.len() == 58);
            let evidence = nkey(value.as_bytes());
            assert_eq!(evidence.verdict, Verdict::Pass);
            assert_eq!(fact(&evidence, fact_name::ROLE), name);
            let mut broken = value.into_bytes();
            broken[20] = if broken[20] == b'A' { b'B' } else { b'A' };
            assert_eq!(nkey(&broken).verdict, Verdict::Fail);
        }
    }

    #[test]
    fn other_layouts() {
        let mut noise = Noise(4);
        let private = signed([vec![PRIVATE], noise.bytes(64)].concat());
        assert_eq!(nkey(private.as_bytes()).verdict, Verdict::Pass);
        let public = signed([vec![0xa0], noise.bytes(32)].concat());
        assert_eq!(nkey(public.as_bytes()).verdict, Verdict::Fail);
        let role = signed([vec![SEED | 7, 0xf8], noise.bytes(32)].concat());
        assert_eq!(nkey(role.as_bytes()).verdict, Verdict::Fail);
    }
}
