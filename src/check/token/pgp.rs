//! `OpenPGP` secret keys (RFC 4880 and RFC 9580) as far as the first packets tell.

use super::openssh::bits;
use super::private_key::Key;
use super::{Evidence, encoding, fact_name};

const SECRET_KEY: u8 = 5;
const SECRET_SUBKEY: u8 = 7;
const USER_ID: u8 = 13;

/// Packets looked through for a user id: signatures may stand before it.
const MAX_PACKETS: usize = 16;

/// Checks the packets of a key block. `checksum` is the text after `=` of the armour, if any.
pub(super) fn describe(bytes: &[u8], checksum: Option<&[u8]>) -> Evidence {
    if let Some(text) = checksum {
        let sum = encoding::crc24(bytes).to_be_bytes();
        if encoding::base64(text).as_deref() != Some(&sum[1..]) {
            return Evidence::fail("CRC-24 checksum does not agree");
        }
    }
    let mut rest = bytes;
    let Some((tag, body)) = packet(&mut rest) else {
        return Evidence::fail("the first packet is cut off or malformed");
    };
    if tag != SECRET_KEY && tag != SECRET_SUBKEY {
        return Evidence::fail("the first packet is not a secret key");
    }
    let Some(secret) = SecretKey::read(body) else {
        return Evidence::fail("the secret key packet is malformed");
    };
    let user = (0..MAX_PACKETS)
        .map_while(|_| packet(&mut rest))
        .find(|(tag, _)| *tag == USER_ID)
        .map_or(&b""[..], |(_, id)| id);
    let format = format!("OpenPGP v{} {}", secret.version, secret.algorithm);
    if secret.stub {
        return Evidence::unknown("the primary key is a stub without secret material")
            .with(fact_name::KEY_TYPE, "pgp")
            .with(fact_name::FORMAT, format);
    }
    let mut key = Key::new("pgp").user(user);
    if let Some(bits) = secret.bits {
        key = key.bits(bits);
    }
    key.evidence(if secret.cipher.is_some() { "yes" } else { "no" }, secret.cipher)
        .with(fact_name::FORMAT, format)
        .with_epoch(fact_name::ISSUED, Some(i64::from(secret.created)))
}

/// Splits off one packet: its tag and content. Partial lengths do not occur in keys.
fn packet<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&header, tail) = rest.split_first()?;
    if header & 0x80 == 0 {
        return None;
    }
    let number = |bytes: &[u8]| bytes.iter().fold(0, |n, &b| n << 8 | usize::from(b));
    let (tag, len, tail) = if header & 0x40 != 0 {
        let (&first, tail) = tail.split_first()?;
        let (len, tail) = match first {
            0..=191 => (usize::from(first), tail),
            192..=223 => {
                let (&second, tail) = tail.split_first()?;
                ((usize::from(first) - 192) * 256 + usize::from(second) + 192, tail)
            }
            224..=254 => return None,
            255 => {
                let (bytes, tail) = tail.split_at_checked(4)?;
                (number(bytes), tail)
            }
        };
        (header & 0x3f, len, tail)
    } else {
        let size = 1 << (header & 3);
        // The fourth length type means: up to the end.
        let (len, tail) = if size == 8 {
            (tail.len(), tail)
        } else {
            let (bytes, tail) = tail.split_at_checked(size)?;
            (number(bytes), tail)
        };
        (header >> 2 & 15, len, tail)
    };
    let (body, tail) = tail.split_at_checked(len)?;
    *rest = tail;
    Some((tag, body))
}

struct SecretKey {
    version: u8,
    created: u32,
    algorithm: &'static str,
    bits: Option<usize>,
    /// `None` for unencrypted material.
    cipher: Option<&'static str>,
    /// Whether the material is left out or on a card (`GnuPG`'s extension of S2K).
    stub: bool,
}

impl SecretKey {
    fn read(body: &[u8]) -> Option<Self> {
        let (&version, rest) = body.split_first()?;
        let (created, mut rest) = rest.split_first_chunk::<4>()?;
        if version == 3 {
            // Days of validity.
            rest = rest.get(2..)?;
        } else if !(4..=6).contains(&version) {
            return None;
        }
        let (&algorithm, mut rest) = rest.split_first()?;
        if version >= 5 {
            // The length of the public part, which its fields give as well.
            rest = rest.get(4..)?;
        }
        let (algorithm, bits) = public_part(algorithm, &mut rest)?;
        let (&usage, rest) = rest.split_first()?;
        let mut key =
            Self { version, created: u32::from_be_bytes(*created), algorithm, bits, cipher: None, stub: false };
        match usage {
            0 => {
                // Version 6 dropped the checksum, version 5 counts the bytes before them.
                let summed = version > 4 || additive_checksum(rest)?;
                return (summed && !rest.is_empty()).then_some(key);
            }
            253..=255 => {
                let rest = if version >= 5 { rest.get(1..)? } else { rest };
                let (&id, rest) = rest.split_first()?;
                key.cipher = Some(cipher(id));
                let rest = if usage == 253 { rest.get(1..)? } else { rest };
                key.stub = matches!(rest, [101, _, b'G', b'N', b'U', ..]);
                if rest.len() < 16 && !key.stub {
                    return None;
                }
            }
            id => key.cipher = Some(cipher(id)),
        }
        Some(key)
    }
}

/// Whether the last 2 bytes are the sum of those before.
fn additive_checksum(material: &[u8]) -> Option<bool> {
    let (summed, sum) = material.split_last_chunk::<2>()?;
    let computed = summed.iter().fold(0_u16, |sum, &b| sum.wrapping_add(u16::from(b)));
    Some(computed == u16::from_be_bytes(*sum))
}

/// Steps over the public fields; gives the algorithm's name and the key's size.
fn public_part(algorithm: u8, rest: &mut &[u8]) -> Option<(&'static str, Option<usize>)> {
    let (name, numbers) = match algorithm {
        1..=3 => ("RSA", 2),
        16 | 20 => ("Elgamal", 3),
        17 => ("DSA", 4),
        18 | 19 | 22 => {
            let (&len, tail) = rest.split_first()?;
            let (oid, tail) = tail.split_at_checked(usize::from(len))?;
            *rest = tail;
            big(rest)?;
            if algorithm == 18 {
                // The parameters of the key derivation.
                let (&len, tail) = rest.split_first()?;
                *rest = tail.get(usize::from(len)..)?;
            }
            let name = match algorithm {
                18 => "ECDH",
                19 => "ECDSA",
                _ => "EdDSA",
            };
            return Some((name, curve_bits(oid)));
        }
        25..=28 => {
            let (name, bits, len) = match algorithm {
                25 => ("X25519", 256, 32),
                26 => ("X448", 448, 56),
                27 => ("Ed25519", 256, 32),
                _ => ("Ed448", 456, 57),
            };
            *rest = rest.get(len..)?;
            return Some((name, Some(bits)));
        }
        _ => return None,
    };
    let first = big(rest)?;
    for _ in 1..numbers {
        big(rest)?;
    }
    Some((name, Some(bits(first))))
}

/// A number after its size in bits. The size must be exact, as the format demands.
fn big<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (size, tail) = rest.split_first_chunk::<2>()?;
    let size = usize::from(u16::from_be_bytes(*size));
    let (number, tail) = tail.split_at_checked(size.div_ceil(8))?;
    *rest = tail;
    (bits(number) == size).then_some(number)
}

fn curve_bits(oid: &[u8]) -> Option<usize> {
    Some(match oid {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]
        | [0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7]
        | [0x2b, 0x81, 4, 0, 0x0a]
        | [0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1]
        | [0x2b, 6, 1, 4, 1, 0x97, 0x55, 1, 5, 1] => 256,
        [0x2b, 0x81, 4, 0, 0x22] | [0x2b, 0x24, 3, 3, 2, 8, 1, 1, 0x0b] => 384,
        [0x2b, 0x24, 3, 3, 2, 8, 1, 1, 0x0d] => 512,
        [0x2b, 0x81, 4, 0, 0x23] => 521,
        _ => return None,
    })
}

fn cipher(id: u8) -> &'static str {
    match id {
        1 => "idea",
        2 => "3des",
        3 => "cast5",
        4 => "blowfish",
        7 => "aes128",
        8 => "aes192",
        9 => "aes256",
        10 => "twofish",
        11 => "camellia128",
        12 => "camellia192",
        13 => "camellia256",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Noise, fact};
    use super::super::{Verdict, encoding::crc24};
    use super::*;

    fn mpi(bytes: &[u8]) -> Vec<u8> {
        let size = bytes.len() * 8 - bytes[0].leading_zeros() as usize;
        [&(size as u16).to_be_bytes()[..], bytes].concat()
    }

    fn number(noise: &mut Noise, len: usize) -> Vec<u8> {
        let mut bytes = noise.bytes(len);
        bytes[0] |= 0x80;
        bytes
    }

    fn rsa_packet(tail: &[u8]) -> Vec<u8> {
        let mut noise = Noise(21);
        let mut body = vec![4];
        body.extend(1_714_521_600_u32.to_be_bytes());
        body.push(1);
        body.extend(mpi(&number(&mut noise, 256)));
        body.extend(mpi(&[1, 0, 1]));
        body.extend_from_slice(tail);
        // New format, two-octet length, then old format for the user id.
        let len = body.len() - 192;
        let mut out = vec![0xc0 | 5, (len >> 8) as u8 + 192, len as u8];
        out.extend(body);
        let id = b"Build Bot <ci@example.org>";
        out.extend([0x80 | 13 << 2, id.len() as u8]);
        out.extend_from_slice(id);
        out
    }

    fn plain() -> Vec<u8> {
        let mut noise = Noise(22);
        let material: Vec<u8> = (0..4).flat_map(|_| mpi(&number(&mut noise, 128))).collect();
        let sum = material.iter().map(|&b| u32::from(b)).sum::<u32>() as u16;
        rsa_packet(&[&[0][..], &material, &sum.to_be_bytes()].concat())
    }

    #[test]
    fn plain_and_encrypted_keys() {
        let protected = [&[254, 7, 3, 8][..], &[9; 40]].concat();
        let older = [&[3][..], &[9; 40]].concat();
        for (bytes, encrypted, cipher) in
            [(plain(), "no", ""), (rsa_packet(&protected), "yes", "aes128"), (rsa_packet(&older), "yes", "cast5")]
        {
            let evidence = describe(&bytes, None);
            assert_eq!(evidence.verdict, Verdict::Pass, "{}", evidence.reason);
            for (name, want) in [
                (fact_name::ENCRYPTED, encrypted),
                (fact_name::CIPHER, cipher),
                (fact_name::KEY_TYPE, "pgp"),
                (fact_name::KEY_BITS, "2048"),
                (fact_name::FORMAT, "OpenPGP v4 RSA"),
                (fact_name::ISSUED, "2024-05-01T00:00:00Z"),
                (fact_name::USER, "Build Bot <ci@example.org>"),
            ] {
                assert_eq!(fact(&evidence, name), want);
            }
        }
        let stub = rsa_packet(&[255, 0, 101, 0, b'G', b'N', b'U', 1]);
        assert_eq!(describe(&stub, None).verdict, Verdict::Unknown);
    }

    #[test]
    fn broken_keys_fail() {
        let whole = plain();
        for len in 0..200 {
            assert_eq!(describe(&whole[..len], None).verdict, Verdict::Fail);
        }
        let mut changed = whole.clone();
        changed[400] ^= 1;
        assert_eq!(describe(&changed, None).verdict, Verdict::Fail);
        let mut public = whole.clone();
        public[0] = 0xc0 | 6;
        assert_eq!(describe(&public, None).verdict, Verdict::Fail);
        let sum = encoding::base64_unpadded(&crc24(&whole).to_be_bytes()[1..]);
        assert_eq!(describe(&whole, Some(sum.as_bytes())).verdict, Verdict::Pass);
        assert_eq!(describe(&changed, Some(sum.as_bytes())).reason, "CRC-24 checksum does not agree");
    }
}
