//! Signatures over the statement of a bundle: an envelope in the DSSE format (Dead Simple Signing Envelope 1.0.2,
//! `protocol.md` and `envelope.md`) with Ed25519 (RFC 8032).
//!
//! What is signed is the statement, which has the digest of the manifest, which has those of all other parts. The envelope is
//! canonical JSON, so that each of its bytes counts: one that was changed anywhere does not verify. A signature says who made a
//! bundle only to those who know the key from elsewhere, which is why [`Envelope::signer`] takes the keys that the caller pins
//! and ignores the hint in the envelope.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePublicKey as _, spki::der::pem::LineEnding,
};
use ed25519_dalek::{Signature, Signer as _};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::chain::sha256_hex;
use super::manifest::line;
use crate::blob::unhex;

/// The type of what is signed.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Signatures that an envelope has, at most.
const MAX_SIGNATURES: usize = 16;

/// DER of an Ed25519 private key in PKCS#8 version 1, without its 32 bytes of key (RFC 8410, section 7).
const PRIVATE_HEAD: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// A key or signature that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SignError {
    /// Not what the key's file has to hold.
    #[error("it is no Ed25519 private key in PKCS#8 PEM")]
    PrivateKey,
    /// Not what the key's file has to hold.
    #[error("it is no Ed25519 public key in SubjectPublicKeyInfo PEM")]
    PublicKey,
    /// Neither 64 bytes nor base64 or hexadecimal digits of so many.
    #[error("it is no Ed25519 signature: 64 bytes are needed, as they are, in base64 or in hexadecimal")]
    Signature,
    /// The signature is not one of this statement by this key.
    #[error("the signature is not one of this statement by this key")]
    Mismatch,
    /// The envelope is not one that this program writes.
    #[error("{0}")]
    Envelope(&'static str),
}

/// A private key. It is wiped from memory when it goes.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public().id())
    }
}

impl SigningKey {
    /// The key that these random bytes make.
    pub fn from_random(bytes: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(bytes))
    }

    /// Reads PKCS#8 PEM.
    ///
    /// # Errors
    ///
    /// [`SignError::PrivateKey`]; the message holds nothing of the text.
    pub fn from_pem(text: &str) -> Result<Self, SignError> {
        ed25519_dalek::SigningKey::from_pkcs8_pem(text.trim()).map(Self).map_err(|_| SignError::PrivateKey)
    }

    /// PKCS#8 PEM, version 1, which every program that knows Ed25519 reads; some refuse version 2.
    pub fn to_pem(&self) -> Zeroizing<String> {
        let der = Zeroizing::new([&PRIVATE_HEAD[..], self.0.as_bytes()].concat());
        let body = Zeroizing::new(STANDARD.encode(&*der));
        // Put together, so that the text of this program is no private key to any scanner.
        let frame = |side: &str| format!("-----{side} PRIVATE {}-----\n", "KEY");
        Zeroizing::new(format!("{}{}\n{}", frame("BEGIN"), *body, frame("END")))
    }

    /// The key that others check signatures with.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs a statement.
    fn sign(&self, statement: &[u8]) -> [u8; 64] {
        self.0.sign(&pae(statement)).to_bytes()
    }
}

/// A key that signatures are checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` in PEM.
    ///
    /// # Errors
    ///
    /// [`SignError::PublicKey`].
    pub fn from_pem(text: &str) -> Result<Self, SignError> {
        let key = ed25519_dalek::VerifyingKey::from_public_key_pem(text.trim()).map_err(|_| SignError::PublicKey)?;
        // With a key of small order signatures can be made that fit many messages.
        if key.is_weak() { Err(SignError::PublicKey) } else { Ok(Self(key)) }
    }

    /// `SubjectPublicKeyInfo` in PEM.
    pub fn to_pem(&self) -> String {
        self.0.to_public_key_pem(LineEnding::LF).expect("a key of 32 bytes can be laid out")
    }

    /// SHA-256 over the `SubjectPublicKeyInfo` in DER, in hexadecimal: what `openssl pkey -pubin -outform DER | sha256sum`
    /// says.
    pub fn id(&self) -> String {
        sha256_hex(self.0.to_public_key_der().expect("a key of 32 bytes can be laid out").as_bytes())
    }

    /// Whether this is a signature of `statement` by this key. Strict (no keys or points of small order), so that no two
    /// signatures or messages can be taken for each other.
    fn verifies(&self, statement: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(&pae(statement), &Signature::from_bytes(signature)).is_ok()
    }
}

/// What is signed: the statement behind its type and length (DSSE, `protocol.md`, "Signature Definition").
pub fn pae(statement: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), statement.len()).into_bytes();
    out.extend_from_slice(statement);
    out
}

/// A signature from its 64 bytes, or from base64 or hexadecimal digits of them, as key services hand them out.
///
/// # Errors
///
/// [`SignError::Signature`].
pub fn read_signature(text: &[u8]) -> Result<[u8; 64], SignError> {
    if let Ok(raw) = text.try_into() {
        return Ok(raw);
    }
    let text = std::str::from_utf8(text).map_err(|_| SignError::Signature)?.trim();
    let bytes = unhex(text).filter(|bytes| bytes.len() == 64).or_else(|| STANDARD.decode(text).ok());
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(SignError::Signature)
}

/// One signature, with the id of the key that it is said to be by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Signed {
    key_id: String,
    signature: [u8; 64],
}

/// Signatures of one statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    signatures: Vec<Signed>,
}

impl Envelope {
    /// Reads an envelope of `statement`.
    ///
    /// # Errors
    ///
    /// It is not, byte for byte, an envelope that [`Envelope::to_bytes`] makes of this statement.
    pub fn read(text: &[u8], statement: &[u8]) -> Result<Self, SignError> {
        let document: Value =
            serde_json::from_slice(text).map_err(|_| SignError::Envelope("it is no JSON document"))?;
        if document["payloadType"] != PAYLOAD_TYPE {
            return Err(SignError::Envelope("its payload is of another type than an in-toto statement"));
        }
        if document["payload"].as_str() != Some(STANDARD.encode(statement).as_str()) {
            return Err(SignError::Envelope("its payload is not the statement beside it"));
        }
        let signatures = document["signatures"].as_array().map(Vec::as_slice).unwrap_or_default();
        if signatures.is_empty() || signatures.len() > MAX_SIGNATURES {
            return Err(SignError::Envelope("it has no signature, or too many"));
        }
        let read = |one: &Value| {
            let bytes = STANDARD.decode(one["sig"].as_str()?).ok()?;
            Some(Signed { key_id: one["keyid"].as_str()?.to_owned(), signature: bytes.try_into().ok()? })
        };
        let signatures: Option<Vec<Signed>> = signatures.iter().map(read).collect();
        let envelope = Self { signatures: signatures.ok_or(SignError::Envelope("it has a signature that is none"))? };
        if envelope.to_bytes(statement) != text {
            return Err(SignError::Envelope("it says more or other things than its signatures"));
        }
        Ok(envelope)
    }

    /// The envelope of `statement` as canonical JSON.
    pub fn to_bytes(&self, statement: &[u8]) -> Vec<u8> {
        let row = |one: &Signed| json!({ "keyid": one.key_id, "sig": STANDARD.encode(one.signature) });
        line(&json!({
            "payload": STANDARD.encode(statement),
            "payloadType": PAYLOAD_TYPE,
            "signatures": self.signatures.iter().map(row).collect::<Vec<_>>(),
        }))
    }

    /// Signs `statement` too; a signature by the same key is replaced.
    pub fn sign(&mut self, statement: &[u8], key: &SigningKey) {
        self.put(Signed { key_id: key.public().id(), signature: key.sign(statement) });
    }

    /// Adds a signature that somebody else made.
    ///
    /// # Errors
    ///
    /// [`SignError::Mismatch`].
    pub fn attach(&mut self, statement: &[u8], key: &PublicKey, signature: &[u8; 64]) -> Result<(), SignError> {
        if !key.verifies(statement, signature) {
            return Err(SignError::Mismatch);
        }
        self.put(Signed { key_id: key.id(), signature: *signature });
        Ok(())
    }

    fn put(&mut self, signed: Signed) {
        self.signatures.retain(|other| other.key_id != signed.key_id);
        self.signatures.push(signed);
        self.signatures.sort_by(|one, other| one.key_id.cmp(&other.key_id));
    }

    /// The first of the pinned `keys` by which `statement` is signed. The signature has to carry the id of its key, which
    /// counts for nothing otherwise.
    pub fn signer<'k>(&self, statement: &[u8], keys: &'k [PublicKey]) -> Option<&'k PublicKey> {
        keys.iter().find(|key| {
            let id = key.id();
            self.signatures.iter().any(|one| one.key_id == id && key.verifies(statement, &one.signature))
        })
    }

    /// The ids of the keys that the signatures are said to be by.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.signatures.iter().map(|one| one.key_id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_random(&[seed; 32])
    }

    #[test]
    fn keys_survive_their_files() {
        let key = key(7);
        let read = SigningKey::from_pem(&key.to_pem()).unwrap();
        assert_eq!(read.public(), key.public());
        assert_eq!(PublicKey::from_pem(&key.public().to_pem()).unwrap(), key.public());
        assert_eq!(SigningKey::from_pem(&key.public().to_pem()).unwrap_err(), SignError::PrivateKey);
        assert_eq!(PublicKey::from_pem(&key.to_pem()).unwrap_err(), SignError::PublicKey);
        assert!(!format!("{key:?}").contains("PRIVATE"));
    }

    /// RFC 8032, section 7.1, test 1: the key, and a public key that belongs to it.
    #[test]
    fn the_key_is_that_of_the_standard() {
        let seed = ["9d61b19deffd5a60", "ba844af492ec2cc4", "4449c5697b326919", "703bac031cae7f60"].concat();
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let key = SigningKey::from_random(&unhex(&seed).unwrap().try_into().unwrap());
        assert_eq!(crate::blob::hex(key.public().0.as_bytes()), public);
    }

    #[test]
    fn a_pinned_key_alone_makes_a_signer() {
        let statement = b"{\"a\":1}\n";
        let mut envelope = Envelope::default();
        envelope.sign(statement, &key(1));
        envelope.sign(statement, &key(2));
        let bytes = envelope.to_bytes(statement);
        let read = Envelope::read(&bytes, statement).unwrap();
        assert_eq!(read, envelope);
        let pinned = [key(3).public(), key(2).public()];
        assert_eq!(read.signer(statement, &pinned), Some(&pinned[1]));
        assert_eq!(read.signer(statement, &pinned[..1]), None);
        assert_eq!(read.signer(b"{\"a\":2}\n", &pinned), None);
        assert!(Envelope::read(&bytes, b"{\"a\":2}\n").is_err());
    }

    #[test]
    fn every_byte_of_an_envelope_counts() {
        let statement = b"{\"a\":1}\n";
        let mut envelope = Envelope::default();
        envelope.sign(statement, &key(1));
        let bytes = envelope.to_bytes(statement);
        let pinned = [key(1).public()];
        for at in 0..bytes.len() {
            for flip in [1, 0x20, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                let signer =
                    Envelope::read(&changed, statement).ok().and_then(|read| read.signer(statement, &pinned).cloned());
                assert_eq!(signer, None, "byte {at} ^ {flip}");
            }
        }
        for cut in 0..bytes.len() {
            assert!(Envelope::read(&bytes[..cut], statement).is_err());
        }
    }

    #[test]
    fn what_others_signed_is_checked_before_it_is_attached() {
        let statement = b"{}\n";
        let raw = key(4).sign(statement);
        let hexadecimal = crate::blob::hex(&raw);
        for text in [raw.to_vec(), format!("{hexadecimal}\n").into_bytes(), STANDARD.encode(raw).into_bytes()] {
            assert_eq!(read_signature(&text).unwrap(), raw);
        }
        assert_eq!(read_signature(b"abc").unwrap_err(), SignError::Signature);
        let mut envelope = Envelope::default();
        assert_eq!(envelope.attach(statement, &key(5).public(), &raw), Err(SignError::Mismatch));
        assert_eq!(envelope.key_ids().count(), 0);
        envelope.attach(statement, &key(4).public(), &raw).unwrap();
        assert_eq!(envelope.key_ids().collect::<Vec<_>>(), [key(4).public().id()]);
        assert_eq!(pae(b"{}\n"), b"DSSEv1 28 application/vnd.in-toto+json 3 {}\n");
    }
}
