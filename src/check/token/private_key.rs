//! Private keys in any of their text formats, and in whatever layout they were pasted.

use super::openssh::{self, bits, blob, signed};
use super::pem::{self, Armor};
use super::{Evidence, der, encoding, fact_name, pgp, public_user, putty};

/// The first bytes of keys of the company SSH (Tectia).
const SSH2_MAGIC: &[u8] = &[0x3f, 0x6f, 0xf9, 0xeb];

/// What was read out of a key's structure.
pub(super) struct Key {
    kind: &'static str,
    format: &'static str,
    bits: Option<usize>,
    public: Option<Vec<u8>>,
    user: Option<Vec<u8>>,
}

impl Key {
    pub(super) fn new(kind: &'static str) -> Self {
        Self { kind, format: "", bits: None, public: None, user: None }
    }

    /// An RSA key by modulus and public exponent.
    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Self {
        let public = blob(&[b"ssh-rsa", &signed(e), &signed(n)]);
        Self::new("rsa").bits(bits(n)).public(Some(public))
    }

    /// A DSA key by its parameters and public number.
    pub(super) fn dsa(p: &[u8], q: &[u8], g: &[u8], y: &[u8]) -> Self {
        let public = blob(&[b"ssh-dss", &signed(p), &signed(q), &signed(g), &signed(y)]);
        Self::new("dsa").bits(bits(p)).public(Some(public))
    }

    pub(super) fn bits(mut self, bits: usize) -> Self {
        self.bits = Some(bits);
        self
    }

    pub(super) fn format(mut self, format: &'static str) -> Self {
        self.format = format;
        self
    }

    /// The public key as an SSH blob, for the fingerprint.
    pub(super) fn public(mut self, blob: Option<Vec<u8>>) -> Self {
        self.public = blob;
        self
    }

    /// The comment or user id that came with the key.
    pub(super) fn user(mut self, user: &[u8]) -> Self {
        self.user = public_user(user).map(<[u8]>::to_vec);
        self
    }

    /// The evidence for a key that parsed.
    pub(super) fn evidence(self, encrypted: &str, cipher: Option<&str>) -> Evidence {
        let reason = if cipher.is_some() { "the encrypted private key parses" } else { "the private key parses" };
        Evidence::pass(reason)
            .with(fact_name::KEY_TYPE, self.kind)
            .with_some(fact_name::KEY_BITS, self.bits.map(|bits| bits.to_string()))
            .with(fact_name::ENCRYPTED, encrypted)
            .with_some(fact_name::CIPHER, cipher)
            .with(fact_name::FORMAT, self.format)
            .with_some(fact_name::USER, self.user)
            .with_some(fact_name::PUBLIC_FINGERPRINT, self.public.map(|b| openssh::fingerprint(&b)))
    }
}

/// Checks a private key: PEM of any kind, OpenSSH, `PuTTY`, `OpenPGP`, bare DER, or base64 of any
/// of these.
pub(super) fn private_key(value: &[u8]) -> Evidence {
    match inside_base64(value) {
        Some(inner) if inner.first() == Some(&0x30) => der::describe(&inner),
        Some(inner) => direct(&inner),
        None => direct(value),
    }
}

fn direct(value: &[u8]) -> Evidence {
    // A DER sequence with a long length; in text the second character is never above 0x7f.
    if matches!(value, [0x30, 0x81..=0x84, ..]) || value.starts_with(openssh::MAGIC) {
        return binary(value);
    }
    let text = pem::unescape(value);
    if memchr::memmem::find(&text, putty::MAGIC).is_some() {
        return putty::describe(&text);
    }
    match pem::read(&text) {
        Some(armor) => armored(&armor),
        None => Evidence::fail("holds no private key block"),
    }
}

/// The content of base64 text without armour that holds a key or a file with a key.
fn inside_base64(value: &[u8]) -> Option<Vec<u8>> {
    // The base64 of `-----`, `PuTTY`, `openssh`, of DER sequences of 128 bytes and more, and of
    // the shorter keys on curves (PKCS#8 of versions 0 and 1, SEC 1).
    const KNOWN: [&[u8]; 12] = [
        b"LS0tLS",
        b"UHVUVF",
        b"b3BlbnNz",
        b"MIG",
        b"MIH",
        b"MII",
        b"MIM",
        b"MC4CAQAw",
        b"MFECAQEw",
        b"MHcCAQEE",
        b"MHQCAQEE",
        b"MDECAQEE",
    ];
    if !KNOWN.iter().any(|start| value.trim_ascii_start().starts_with(start)) {
        return None;
    }
    let mut text = pem::unescape(value);
    text.retain(|b| !b.is_ascii_whitespace());
    encoding::base64(&text)
}

fn armored(armor: &Armor) -> Evidence {
    if armor.foreign {
        return Evidence::fail("the body holds characters outside base64");
    }
    let Some(bytes) = decode(armor) else {
        return Evidence::fail("the body is empty or not base64");
    };
    if armor.label.starts_with("PGP") {
        return pgp::describe(&bytes, armor.checksum.as_deref());
    }
    if armor.header("Proc-Type").is_some_and(|kind| kind.contains("ENCRYPTED")) {
        return traditional(armor, &bytes);
    }
    binary(&bytes)
}

/// Decodes the body up to its padding. Without an end line, a last incomplete group is dropped.
fn decode(armor: &Armor) -> Option<Vec<u8>> {
    let end = memchr::memchr(b'=', &armor.body).unwrap_or(armor.body.len());
    let mut body = &armor.body[..end];
    if !armor.complete && body.len() % 4 == 1 {
        body = &body[..body.len() - 1];
    }
    encoding::base64(body).filter(|bytes| !bytes.is_empty())
}

fn binary(bytes: &[u8]) -> Evidence {
    if bytes.starts_with(openssh::MAGIC) {
        return openssh::describe(bytes);
    }
    if let Some(rest) = bytes.strip_prefix(SSH2_MAGIC) {
        return ssh2(rest);
    }
    der::describe(bytes)
}

/// OpenSSL's older encryption: the DER is encrypted as a whole (RFC 1421 headers).
fn traditional(armor: &Armor, bytes: &[u8]) -> Evidence {
    let cipher = armor.header("DEK-Info").and_then(|info| info.split(',').next());
    let Some(cipher) = cipher.map(str::trim).filter(|cipher| !cipher.is_empty()) else {
        return Evidence::fail("the cipher is not named");
    };
    // Every cipher in use has blocks of 8 or 16 bytes, and the shortest key takes several.
    if bytes.len() < 32 || !bytes.len().is_multiple_of(8) {
        return Evidence::fail("the encrypted body is cut off");
    }
    let kind = match armor.label.as_str() {
        "RSA PRIVATE KEY" => "rsa",
        "EC PRIVATE KEY" => "ec",
        "DSA PRIVATE KEY" => "dsa",
        _ => "",
    };
    Key::new(kind).format("traditional PEM").evidence("yes", Some(&cipher.to_ascii_lowercase()))
}

/// Keys of the company SSH: total length, type, cipher, content.
fn ssh2(rest: &[u8]) -> Evidence {
    let mut wire = openssh::Wire(rest);
    let fields = (wire.number(), wire.string(), wire.string(), wire.string());
    let (Some(_), Some(kind), Some(cipher), Some(_)) = fields else {
        return Evidence::fail("the key is cut off");
    };
    let holds = |name: &[u8]| memchr::memmem::find(kind, name).is_some();
    let kind = if holds(b"rsa") {
        "rsa"
    } else if holds(b"dsa") {
        "dsa"
    } else {
        "other"
    };
    let key = Key::new(kind).format("SSH2");
    if cipher == b"none" {
        key.evidence("no", None)
    } else {
        key.evidence("yes", Some(&String::from_utf8_lossy(cipher)))
    }
}

/// The base64 of a key alone: no headers, white space, escapes, comment marks or padding. The same
/// key gives the same bytes in any layout, so this is what a fingerprint is taken of.
///
/// For `PuTTY` files it is the public and then the private half. Text without a key block gives its
/// base64 characters.
pub fn canonical_key(value: &[u8]) -> Vec<u8> {
    let inner = inside_base64(value);
    // Base64 of DER is the body already; base64 of a file is opened first.
    let opened = inner.filter(|inner| !matches!(inner[..], [0x30 | b'o', ..]));
    let text = pem::unescape(opened.as_deref().unwrap_or(value));
    let mut body = putty::body(&text).or_else(|| pem::read(&text).map(|armor| armor.body)).unwrap_or(text);
    body.retain(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    body
}

#[cfg(test)]
#[path = "private_key_tests.rs"]
pub(super) mod tests;
