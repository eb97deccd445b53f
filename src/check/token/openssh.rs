//! The `openssh-key-v1` format (OpenSSH, `PROTOCOL.key`) and SSH public key blobs (RFC 4253, RFC
//! 5656, RFC 8709), from which fingerprints are taken.

use sha2::{Digest as _, Sha256};

use super::private_key::Key;
use super::{Evidence, encoding};

/// What every key of the format begins with.
pub(super) const MAGIC: &[u8] = b"openssh-key-v1\0";

/// Reads the fields of SSH's wire format.
#[derive(Clone, Copy)]
pub(super) struct Wire<'a>(pub(super) &'a [u8]);

impl<'a> Wire<'a> {
    pub(super) fn number(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*bytes))
    }

    /// Bytes after their length.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let len = usize::try_from(ahead.number()?).ok()?;
        let (bytes, rest) = ahead.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    /// The magnitude of a number of arbitrary size.
    pub(super) fn big(&mut self) -> Option<&'a [u8]> {
        self.string().map(magnitude)
    }
}

/// A big-endian number without leading zeros.
pub(super) fn magnitude(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|&&b| b == 0).count();
    &bytes[zeros..]
}

/// The size of a number without leading zeros, in bits.
pub(super) fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// Whether `n` can be `p` times `q`: by size, and modulo a prime of 32 bits. Any change of a real
/// key shows but for one in four thousand million.
pub(super) fn is_product(n: &[u8], p: &[u8], q: &[u8]) -> bool {
    const MODULUS: u64 = 4_294_967_291;
    let rest = |number: &[u8]| number.iter().fold(0, |rest, &b| (rest << 8 | u64::from(b)) % MODULUS);
    let size = bits(p) + bits(q);
    (bits(n) == size || bits(n) + 1 == size) && !p.is_empty() && !q.is_empty() && rest(n) == rest(p) * rest(q) % MODULUS
}

/// Joins byte strings, each after its length.
pub(super) fn blob(strings: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for string in strings {
        // Inputs are parts of one value, far below 4 GiB.
        out.extend((string.len() as u32).to_be_bytes());
        out.extend_from_slice(string);
    }
    out
}

/// A number as SSH writes it: with a zero byte in front where the first bit is set.
pub(super) fn signed(number: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(number.len() + 1);
    if number.first().is_some_and(|first| first & 0x80 != 0) {
        out.push(0);
    }
    out.extend_from_slice(number);
    out
}

/// The fingerprint of a public key blob as `ssh-keygen -l` prints it.
pub(super) fn fingerprint(blob: &[u8]) -> String {
    format!("SHA256:{}", encoding::base64_unpadded(&Sha256::digest(blob)))
}

/// Reads a public key blob. `None` if its parts do not fit its type.
pub(super) fn public(bytes: &[u8]) -> Option<Key> {
    let mut wire = Wire(bytes);
    let kind = wire.string()?;
    let key = match kind {
        b"ssh-rsa" => {
            let (e, n) = (wire.big()?, wire.big()?);
            if bits(n) < 256 || e.is_empty() {
                return None;
            }
            Key::rsa(n, e)
        }
        b"ssh-dss" => Key::new("dsa").bits(bits(wire.big()?)),
        b"ssh-ed25519" => {
            wire.string().filter(|point| point.len() == 32)?;
            Key::new("ed25519").bits(256)
        }
        b"ssh-ed448" => {
            wire.string().filter(|point| point.len() == 57)?;
            Key::new("ed448").bits(456)
        }
        b"sk-ssh-ed25519@openssh.com" => Key::new("ed25519-sk").bits(256),
        b"sk-ecdsa-sha2-nistp256@openssh.com" => Key::new("ec-sk").bits(256),
        b"ecdsa-sha2-nistp256" => Key::new("ec").bits(256),
        b"ecdsa-sha2-nistp384" => Key::new("ec").bits(384),
        b"ecdsa-sha2-nistp521" => Key::new("ec").bits(521),
        _ => Key::new("other"),
    };
    Some(key.public(Some(bytes.to_vec())))
}

/// Checks a key of the format, [`MAGIC`] included.
pub(super) fn describe(bytes: &[u8]) -> Evidence {
    parse(bytes).unwrap_or_else(|| Evidence::fail("the key is cut off or its parts disagree"))
}

fn parse(bytes: &[u8]) -> Option<Evidence> {
    let mut wire = Wire(bytes.strip_prefix(MAGIC)?);
    let cipher = wire.string()?;
    let kdf = wire.string()?;
    wire.string()?;
    // Several keys in one file were planned, and never came.
    if wire.number()? != 1 {
        return None;
    }
    let blob = wire.string()?;
    let secret = wire.string()?;
    let key = public(blob)?.format("OpenSSH");
    if cipher != b"none" {
        let encrypted = kdf != b"none" && secret.len() >= 16;
        let cipher = std::str::from_utf8(cipher).ok()?;
        return encrypted.then(|| key.evidence("yes", Some(cipher)));
    }
    let comment = check_secret(secret, blob)?;
    Some(key.user(comment).evidence("no", None))
}

/// Checks the unencrypted part against the public key and gives the comment.
fn check_secret<'a>(secret: &'a [u8], blob: &[u8]) -> Option<&'a [u8]> {
    let mut wire = Wire(secret);
    if wire.number()? != wire.number()? {
        return None;
    }
    let kind = wire.string()?;
    let mut public = Wire(blob);
    if public.string()? != kind {
        return None;
    }
    match kind {
        b"ssh-rsa" => {
            let (n, _e, _d, _iqmp) = (wire.big()?, wire.big()?, wire.big()?, wire.big()?);
            let (p, q) = (wire.big()?, wire.big()?);
            if !is_product(n, p, q) {
                return None;
            }
        }
        b"ssh-ed25519" => {
            let point = wire.string()?;
            // The secret is the seed followed by the public half.
            let pair = wire.string().filter(|pair| pair.len() == 64)?;
            if public.string()? != point || &pair[32..] != point {
                return None;
            }
        }
        b"ssh-dss" => {
            for _ in 0..5 {
                wire.big()?;
            }
        }
        _ if kind.starts_with(b"ecdsa-sha2-") => {
            let (_curve, point, _scalar) = (wire.string()?, wire.string()?, wire.big()?);
            public.string()?;
            if public.string()? != point {
                return None;
            }
        }
        // Security keys and types to come: their fields are not known, so neither is the comment.
        _ => return Some(&[]),
    }
    wire.string()
}
