//! A minimal walk over DER (ITU-T X.690) for private keys: PKCS#1 (RFC 8017), SEC 1 (RFC 5915),
//! OpenSSL's DSA form, PKCS#8 (RFC 5958) and encrypted PKCS#8.
//!
//! Each level is entered by name; nothing recurses, so depth is fixed whatever the input.

use super::openssh;
use super::private_key::Key;
use super::{Evidence, fact_name};

pub(super) const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// Reads tag-length-value triples one after the other.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next triple, whatever its tag.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (len, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // Up to 4 bytes of length; the indefinite form is no DER.
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |len, &b| len << 8 | usize::from(b)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next triple if its tag is the expected one.
    pub(super) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.optional(tag)
    }

    /// As [`Reader::expect`]; stays in place on another tag.
    pub(super) fn optional(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let content = ahead.next().filter(|(found, _)| *found == tag)?.1;
        *self = ahead;
        Some(content)
    }

    /// The magnitude of the next integer, without leading zeros.
    pub(super) fn integer(&mut self) -> Option<&'a [u8]> {
        let content = self.expect(INTEGER).filter(|content| !content.is_empty())?;
        Some(openssh::magnitude(content))
    }
}

/// Checks the DER of a private key.
pub(super) fn describe(bytes: &[u8]) -> Evidence {
    let mut outer = Reader(bytes);
    let Some(content) = outer.expect(SEQUENCE) else {
        return Evidence::fail("the key is cut off or not DER");
    };
    let mut inner = Reader(content);
    if inner.0.first() == Some(&SEQUENCE) {
        return encrypted(inner);
    }
    let Some(version) = inner.integer() else {
        return Evidence::fail("not a private key structure");
    };
    let key = match (version, inner.0.first()) {
        ([3], Some(&SEQUENCE)) => {
            return Evidence::unknown("a PKCS#12 container").with(fact_name::FORMAT, "PKCS#12");
        }
        ([] | [1], Some(&SEQUENCE)) => pkcs8(inner),
        ([1], Some(&OCTET_STRING)) => sec1(inner, None).map(|key| key.format("SEC 1")),
        ([] | [1], Some(&INTEGER)) => rsa_or_dsa(inner, version),
        _ => None,
    };
    match key {
        Some(key) => key.evidence("no", None),
        None => Evidence::fail("not a private key structure, or its parts disagree"),
    }
}

fn rsa_or_dsa(mut rest: Reader<'_>, version: &[u8]) -> Option<Key> {
    let mut numbers = Vec::with_capacity(8);
    while let Some(number) = rest.integer() {
        if numbers.len() == 8 {
            return None;
        }
        numbers.push(number);
    }
    match numbers[..] {
        [n, e, _d, p, q, _dp, _dq, _qinv] if !version.is_empty() || openssh::is_product(n, p, q) => {
            Some(Key::rsa(n, e).format("PKCS#1"))
        }
        [p, q, g, public, secret] if version.is_empty() && !secret.is_empty() && q.len() < p.len() => {
            Some(Key::dsa(p, q, g, public).format("OpenSSL DSA"))
        }
        _ => None,
    }
}

/// The private key of SEC 1 after its version. `curve` comes from PKCS#8, where the structure may
/// leave it out.
fn sec1(mut rest: Reader<'_>, curve: Option<&[u8]>) -> Option<Key> {
    let secret = rest.expect(OCTET_STRING).filter(|secret| !secret.is_empty())?;
    let parameters = rest.optional(0xa0);
    let named = parameters.and_then(|content| Reader(content).expect(OID)).or(curve);
    let point = rest
        .optional(0xa1)
        .and_then(|content| Reader(content).expect(BIT_STRING))
        .and_then(|bits| bits.strip_prefix(&[0]));
    let Some((bits, ssh_name)) = named.and_then(named_curve) else {
        return Some(Key::new("ec").bits(secret.len() * 8));
    };
    let len = bits.div_ceil(8);
    let fits = point.is_none_or(|point| match point.first() {
        Some(4) => point.len() == 1 + 2 * len,
        Some(2 | 3) => point.len() == 1 + len,
        _ => false,
    });
    if secret.len() > len || !fits {
        return None;
    }
    let blob = point.filter(|point| point[0] == 4 && !ssh_name.is_empty()).map(|point| {
        let algorithm = format!("ecdsa-sha2-{ssh_name}");
        openssh::blob(&[algorithm.as_bytes(), ssh_name.as_bytes(), point])
    });
    Some(Key::new("ec").bits(bits).public(blob))
}

/// Size in bits, and the name in SSH (RFC 5656) if it has one.
fn named_curve(oid: &[u8]) -> Option<(usize, &'static str)> {
    Some(match oid {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7] => (256, "nistp256"),
        [0x2b, 0x81, 4, 0, 0x22] => (384, "nistp384"),
        [0x2b, 0x81, 4, 0, 0x23] => (521, "nistp521"),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1] => (192, ""),
        [0x2b, 0x81, 4, 0, 0x21] => (224, ""),
        // secp256k1, brainpoolP256r1 and its sisters, SM2.
        [0x2b, 0x81, 4, 0, 0x0a]
        | [0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7]
        | [0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d] => (256, ""),
        [0x2b, 0x24, 3, 3, 2, 8, 1, 1, 0x0b] => (384, ""),
        [0x2b, 0x24, 3, 3, 2, 8, 1, 1, 0x0d] => (512, ""),
        _ => return None,
    })
}

fn pkcs8(mut rest: Reader<'_>) -> Option<Key> {
    let mut algorithm = Reader(rest.expect(SEQUENCE)?);
    let oid = algorithm.expect(OID)?;
    let secret = rest.expect(OCTET_STRING).filter(|secret| !secret.is_empty())?;
    rest.optional(0xa0);
    let public = rest.optional(0x81).and_then(|bits| bits.strip_prefix(&[0]));
    let key = match oid {
        // rsaEncryption and RSASSA-PSS.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 | 10] => {
            let mut inner = Reader(Reader(secret).expect(SEQUENCE)?);
            let version = inner.integer()?;
            rsa_or_dsa(inner, version)?
        }
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1] => {
            let mut inner = Reader(Reader(secret).expect(SEQUENCE)?);
            inner.integer()?;
            sec1(inner, algorithm.optional(OID))?
        }
        [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1] => {
            let mut parameters = Reader(algorithm.expect(SEQUENCE)?);
            Reader(secret).integer()?;
            Key::new("dsa").bits(openssh::bits(parameters.integer()?))
        }
        [0x2b, 0x65, last @ 0x6e..=0x71] => {
            let (kind, bits, len) = match last {
                0x6e => ("x25519", 256, 32),
                0x6f => ("x448", 448, 56),
                0x70 => ("ed25519", 256, 32),
                _ => ("ed448", 456, 57),
            };
            Reader(secret).expect(OCTET_STRING).filter(|seed| seed.len() == len)?;
            let public = public.filter(|public| *last == 0x70 && public.len() == len);
            let blob = public.map(|public| openssh::blob(&[b"ssh-ed25519", public]));
            Key::new(kind).bits(bits).public(blob)
        }
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 3, 1] => Key::new("dh"),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x11..=0x13] => Key::new("ml-dsa"),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 4, 1..=3] => Key::new("ml-kem"),
        _ => Key::new("other"),
    };
    Some(key.format("PKCS#8"))
}

/// `EncryptedPrivateKeyInfo`: an algorithm and the encrypted bytes.
fn encrypted(mut rest: Reader<'_>) -> Evidence {
    let algorithm = rest.expect(SEQUENCE).map(Reader);
    let data = rest.expect(OCTET_STRING).filter(|data| data.len() >= 16);
    let (Some(mut algorithm), Some(_)) = (algorithm, data) else {
        return Evidence::fail("a certificate or a public key, or not a key structure");
    };
    let Some(oid) = algorithm.expect(OID) else {
        return Evidence::fail("not a private key structure");
    };
    let cipher = match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0d] => pbes2(algorithm),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 1 | 3 | 10] => Some("des-cbc"),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 1 | 2] => Some("rc4"),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 3 | 4] => Some("des-ede3-cbc"),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 4 | 6 | 11]
        | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 5 | 6] => Some("rc2-cbc"),
        _ => None,
    };
    match cipher {
        Some(cipher) => Key::new("").format("PKCS#8").evidence("yes", Some(cipher)),
        None => Evidence::fail("the encryption is not one of PKCS#5 or PKCS#12"),
    }
}

fn pbes2(mut algorithm: Reader<'_>) -> Option<&'static str> {
    let mut parameters = Reader(algorithm.expect(SEQUENCE)?);
    parameters.expect(SEQUENCE)?;
    let mut scheme = Reader(parameters.expect(SEQUENCE)?);
    Some(match scheme.expect(OID)? {
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2] => "aes-128-cbc",
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 6] => "aes-128-gcm",
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 22] => "aes-192-cbc",
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 26] => "aes-192-gcm",
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42] => "aes-256-cbc",
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 46] => "aes-256-gcm",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7] => "des-ede3-cbc",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 2] => "rc2-cbc",
        [0x2b, 0x0e, 3, 2, 7] => "des-cbc",
        _ => "other",
    })
}
