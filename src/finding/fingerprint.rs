//! Fingerprints: keyed digests by which the same secret, and the same place, are known again.
//!
//! The algorithm is HMAC-SHA256 (RFC 2104, FIPS 180-4). A plain digest would be an oracle: whoever holds a report
//! could try passwords against it. With a key that only the team has, they cannot. The value fingerprint is made of
//! the value alone, so that it is equal in directory, history and archive scans, and survives moved lines and better
//! rules; a private key is reduced to its base64 body first, so that it is the same key in every layout.
//!
//! In CI, where no key may be at hand, a public default serves. Under it a value whose
//! [estimate](crate::check::measure::estimated_bits) is below [`LOW_ENTROPY_BITS`] gets no value fingerprint.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::model::Fingerprint;
use crate::check::measure::estimated_bits;
use crate::check::token::canonical_key;

/// Bits of estimated entropy under which a value is not fingerprinted with a public key.
pub const LOW_ENTROPY_BITS: f64 = 80.0;

/// The key of last resort. Public: it identifies, it does not protect.
const PUBLIC_KEY: &[u8] = b"straykey public default key, version 1";

/// Where a fingerprint key came from, as the contract names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keyed {
    /// Environment or key file.
    Secret,
    /// The operator's configuration.
    Salt,
    /// The user's own, made at first use.
    User,
    /// The built-in default for CI.
    Public,
}

impl Keyed {
    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Salt => "salt",
            Self::User => "user",
            Self::Public => "public",
        }
    }
}

/// Names a key without telling it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Sixteen hexadecimal digits, derived from the key.
    pub key_id: String,
    /// Where the key came from.
    pub keyed: Keyed,
}

/// A key for fingerprints.
#[derive(Clone)]
pub struct FingerprintKey {
    mac: Hmac<Sha256>,
    keyed: Keyed,
}

impl std::fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FingerprintKey({})", self.keyed.name())
    }
}

impl FingerprintKey {
    /// A key made of `bytes`, which may have any length.
    pub fn new(bytes: &[u8], keyed: Keyed) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(bytes).expect("HMAC takes keys of any length");
        Self { mac, keyed }
    }

    /// The public default.
    pub fn public() -> Self {
        Self::new(PUBLIC_KEY, Keyed::Public)
    }

    /// What reports say of the key.
    pub fn info(&self) -> KeyInfo {
        let digest = self.digest(b"straykey/key-id/v1", &[]);
        let key_id = digest.0[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        KeyInfo { key_id, keyed: self.keyed }
    }

    /// The fingerprint of a value. For use inside a scan; reports show it only where [`Self::shows`] says so.
    pub fn value(&self, value: &[u8]) -> Fingerprint {
        let key = canonical(value);
        self.digest(b"straykey/secret/v1", &[key.as_deref().unwrap_or(value)])
    }

    /// Whether the fingerprint of `value` may be shown.
    pub fn shows(&self, value: &[u8]) -> bool {
        self.keyed != Keyed::Public || estimated_bits(value) >= LOW_ENTROPY_BITS
    }

    /// The fingerprint of the `ordinal`-th place of a value in the file at `path`.
    pub fn place(&self, value: &[u8], path: &[u8], ordinal: u32) -> Fingerprint {
        let key = canonical(value);
        self.digest(b"straykey/place/v1", &[key.as_deref().unwrap_or(value), path, ordinal.to_string().as_bytes()])
    }

    /// The fingerprint of the `ordinal`-th place of any value of a rule in the file at `path`, for values whose own
    /// fingerprint is not shown.
    pub fn place_without_value(&self, rule: &str, path: &[u8], ordinal: u32) -> Fingerprint {
        self.digest(b"straykey/rule-place/v1", &[rule.as_bytes(), path, ordinal.to_string().as_bytes()])
    }

    /// A name for a person that tells nothing of them to who has no key, and is the same in all reports under this one.
    pub fn person(&self, mail: &[u8]) -> String {
        let digest = self.digest(b"straykey/person/v1", &[&mail.to_ascii_lowercase()]);
        format!("person-{}", crate::blob::hex(&digest.0[..6]))
    }

    /// HMAC over `purpose` and `parts`, each behind its length, so that no two lists of parts give the same text.
    fn digest(&self, purpose: &[u8], parts: &[&[u8]]) -> Fingerprint {
        let mut mac = self.mac.clone();
        mac.update(purpose);
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        Fingerprint(mac.finalize().into_bytes().into())
    }
}

/// The body of a private key or key store, which is what stays the same when it is laid out anew, with its armour or
/// without.
fn canonical(value: &[u8]) -> Option<Vec<u8>> {
    /// How the base64 of DER keys, PKCS#12, JKS and JCEKS begins.
    const BARE: [&[u8]; 5] = [b"MI", b"MHcCAQEE", b"MC4CAQAw", b"/u3+7Q", b"zs7Ozg"];
    let armoured = memchr::memmem::find(value, b"-----BEGIN ").is_some();
    let bare = value.len() >= 64 && BARE.iter().any(|start| value.starts_with(start));
    (armoured || bare).then(|| canonical_key(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_fingerprints_under_one_key_only() {
        let (one, two) = (FingerprintKey::new(b"one", Keyed::Secret), FingerprintKey::new(b"two", Keyed::Secret));
        assert_eq!(one.value(b"v"), one.value(b"v"));
        assert_ne!(one.value(b"v"), two.value(b"v"));
        assert_ne!(one.info().key_id, two.info().key_id);
        assert_ne!(one.place(b"v", b"a", 1), one.place(b"v", b"a", 2));
        assert_ne!(one.place(b"ab", b"c", 1), one.place(b"a", b"bc", 1), "parts are told apart");
    }

    #[test]
    fn a_public_key_hides_what_could_be_guessed() {
        let public = FingerprintKey::public();
        assert!(!public.shows(b"dragon1987"));
        assert!(public.shows(b"3f9a1c77e2b04d58a6c1909be47d25f3"));
        assert!(FingerprintKey::new(b"k", Keyed::User).shows(b"dragon1987"));
    }

    #[test]
    fn a_private_key_is_the_same_in_every_layout() {
        let key = FingerprintKey::public();
        let body = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3";
        let head = concat!("-----BEGIN ", "PRIVATE KEY-----");
        let foot = concat!("-----END ", "PRIVATE KEY-----");
        let lines = format!("{head}\n{}\n{}\n{foot}\n", &body[..64], &body[64..]);
        let escaped = format!("{head}\\n{}\\n{}\\n{foot}\\n", &body[..64], &body[64..]);
        assert_eq!(key.value(lines.as_bytes()), key.value(escaped.as_bytes()));
    }
}
