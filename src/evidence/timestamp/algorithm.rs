//! The algorithms a time stamp may use: digests and signatures, by their identifiers in CMS (RFC 5754).
//!
//! Signatures are verified by ring, through webpki, which also compares the kind of the key. What ring lacks is ECDSA on
//! P-384 with SHA-512, which an authority uses that has a key of that curve and signs all it signs with SHA-512; that
//! is p384's. Rejected: aws-lc-rs, which has all of them, for the size of its C.

use p384::ecdsa::signature::hazmat::PrehashVerifier as _;
use p384::ecdsa::{Signature, VerifyingKey};
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use webpki::ring;

use super::TimeStampError;
use super::der::{self, Reader};

type Algorithm = &'static dyn SignatureVerificationAlgorithm;

/// A digest. SHA-1 and older ones are refused: a time stamp has to hold for years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// Reads the content of an `AlgorithmIdentifier` of `place`.
    pub(super) fn read(identifier: Reader<'_>, place: &'static str) -> Result<Self, TimeStampError> {
        let id = identify(identifier, place)?;
        Ok(match id {
            // id-sha256 and its sisters: 2.16.840.1.101.3.4.2.1 to 3 (RFC 5754 section 2).
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1] => Self::Sha256,
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2] => Self::Sha384,
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3] => Self::Sha512,
            _ => return Err(unsupported(place, id)),
        })
    }

    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// The algorithms that a signature with `digest` may be of, from the content of its `AlgorithmIdentifier`; which of them
/// it is, the key says. The digest of the signature has to be that of the attributes (RFC 8933 section 3).
pub(super) fn signatures(identifier: Reader<'_>, digest: Digest) -> Result<Vec<Algorithm>, TimeStampError> {
    const PLACE: &str = "the signature";
    let id = identify(identifier, PLACE)?;
    Ok(match (id, digest) {
        // rsaEncryption, where the digest is that of the SignerInfo, and sha256WithRSAEncryption and its sisters.
        ([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 | 11], Digest::Sha256) => vec![ring::RSA_PKCS1_2048_8192_SHA256],
        ([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 | 12], Digest::Sha384) => vec![ring::RSA_PKCS1_2048_8192_SHA384],
        ([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 | 13], Digest::Sha512) => vec![ring::RSA_PKCS1_2048_8192_SHA512],
        // ecdsa-with-SHA256 and its sisters.
        ([0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2], Digest::Sha256) => {
            vec![ring::ECDSA_P256_SHA256, ring::ECDSA_P384_SHA256]
        }
        ([0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3], Digest::Sha384) => {
            vec![ring::ECDSA_P256_SHA384, ring::ECDSA_P384_SHA384]
        }
        ([0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4], Digest::Sha512) => vec![ECDSA_P384_SHA512],
        _ => return Err(unsupported(PLACE, id)),
    })
}

/// What the signatures of certificates may be of.
pub(super) fn of_certificates() -> Vec<Algorithm> {
    [webpki::ALL_VERIFICATION_ALGS, &[ECDSA_P384_SHA512]].concat()
}

/// The identifier, where its parameters are absent or NULL, as those of all algorithms above.
fn identify<'a>(mut identifier: Reader<'a>, place: &'static str) -> Result<&'a [u8], TimeStampError> {
    let malformed = TimeStampError::Malformed(place);
    let Some(id) = identifier.take(der::OID) else { return Err(malformed) };
    if identifier.optional(der::NULL) == Some(Some(&[])) || identifier.is_empty() {
        identifier.end().ok_or(malformed).map(|()| id)
    } else {
        Err(unsupported(place, id))
    }
}

fn unsupported(place: &'static str, id: &[u8]) -> TimeStampError {
    let algorithm = der::dotted(id).unwrap_or_else(|| "unreadable".to_owned());
    TimeStampError::Algorithm { place, algorithm }
}

static ECDSA_P384_SHA512: Algorithm = &EcdsaP384Sha512;

/// ECDSA on P-384 over SHA-512, whose leftmost 384 bits are signed (FIPS 186-5 section 6.4.1).
#[derive(Debug)]
struct EcdsaP384Sha512;

impl SignatureVerificationAlgorithm for EcdsaP384Sha512 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify_prehash(&Sha512::digest(message), &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P384
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA512
    }
}
