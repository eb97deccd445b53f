//! Time stamps made by hand, so that one thing of them can be made wrong. Authorities and signers have keys on P-384 that
//! follow from their names.

use p384::ecdsa::signature::hazmat::PrehashSigner as _;
use p384::ecdsa::{Signature, SigningKey};
use sha2::{Digest as _, Sha256, Sha384};

pub(super) const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
pub(super) const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
pub(super) const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x10, 1, 4];
pub(super) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
pub(super) const SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
pub(super) const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
pub(super) const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
pub(super) const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];
pub(super) const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x10, 2, 47];

/// A tag, its length and `parts` behind it.
pub(super) fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = content.len();
    let head = match len {
        0..0x80 => vec![tag, u8::try_from(len).unwrap()],
        0x80..0x100 => vec![tag, 0x81, u8::try_from(len).unwrap()],
        0x100..0x1_0000 => vec![tag, 0x82, u8::try_from(len >> 8).unwrap(), u8::try_from(len & 0xff).unwrap()],
        _ => [&[tag, 0x83][..], &u32::try_from(len).unwrap().to_be_bytes()[1..]].concat(),
    };
    [head, content].concat()
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    der(0x30, parts)
}

pub(super) fn set(parts: &[&[u8]]) -> Vec<u8> {
    der(0x31, parts)
}

pub(super) fn oid(id: &[u8]) -> Vec<u8> {
    der(6, &[id])
}

pub(super) fn octets(content: &[u8]) -> Vec<u8> {
    der(4, &[content])
}

pub(super) fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(kind), &set(&[value])])
}

fn algorithm(id: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id)])
}

fn name(common: &str) -> Vec<u8> {
    let part = sequence(&[&oid(&[0x55, 4, 3]), &der(0x0c, &[common.as_bytes()])]);
    sequence(&[&set(&[&part])])
}

fn key(name: &str) -> SigningKey {
    SigningKey::from_slice(&Sha384::digest(name)).unwrap()
}

fn sign(name: &str, message: &[u8]) -> Vec<u8> {
    let signature: Signature = key(name).sign_prehash(&Sha384::digest(message)).unwrap();
    signature.to_der().as_bytes().to_vec()
}

/// A certificate to be.
#[derive(Clone)]
pub(super) struct Certificate {
    pub(super) name: &'static str,
    pub(super) issuer: &'static str,
    pub(super) first: &'static str,
    pub(super) last: &'static str,
    /// `cA`, and how many authorities may stand below.
    pub(super) constraints: Option<(bool, Option<u8>)>,
    /// The first byte of its bits.
    pub(super) key_usage: Option<u8>,
    /// Whether critical, and the purposes.
    pub(super) extended: Option<(bool, Vec<&'static [u8]>)>,
    pub(super) serial: u8,
}

impl Certificate {
    pub(super) fn authority(name: &'static str, issuer: &'static str) -> Self {
        Self {
            name,
            issuer,
            first: "200101000000Z",
            last: "400101000000Z",
            constraints: Some((true, None)),
            key_usage: Some(0x06),
            extended: None,
            serial: 1,
        }
    }

    pub(super) fn signer(name: &'static str, issuer: &'static str) -> Self {
        let extended = Some((true, vec![TIME_STAMPING]));
        Self { constraints: None, key_usage: Some(0x80), extended, ..Self::authority(name, issuer) }
    }

    pub(super) fn der(&self) -> Vec<u8> {
        let extension = |id: u8, critical: bool, value: &[u8]| {
            let critical = if critical { der(1, &[&[0xff]]) } else { Vec::new() };
            sequence(&[&oid(&[0x55, 0x1d, id]), &critical, &octets(value)])
        };
        let mut extensions = Vec::new();
        if let Some((is_authority, below)) = self.constraints {
            let is_authority = if is_authority { der(1, &[&[0xff]]) } else { Vec::new() };
            let below = below.map_or(Vec::new(), |below| der(2, &[&[below]]));
            extensions.push(extension(19, true, &sequence(&[&is_authority, &below])));
        }
        if let Some(bits) = self.key_usage {
            extensions.push(extension(15, true, &der(3, &[&[0, bits]])));
        }
        if let Some((critical, purposes)) = &self.extended {
            let purposes: Vec<u8> = purposes.iter().flat_map(|purpose| oid(purpose)).collect();
            extensions.push(extension(37, *critical, &sequence(&[&purposes])));
        }
        let point = key(self.name).verifying_key().to_sec1_point(false);
        let curve = sequence(&[&oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]), &oid(&[0x2b, 0x81, 4, 0, 0x22])]);
        let body = sequence(&[
            &der(0xa0, &[&der(2, &[&[2]])]),
            &der(2, &[&[self.serial]]),
            &algorithm(ECDSA_SHA384),
            &name(self.issuer),
            &sequence(&[&der(0x17, &[self.first.as_bytes()]), &der(0x17, &[self.last.as_bytes()])]),
            &name(self.name),
            &sequence(&[&curve, &der(3, &[&[0], point.as_bytes()])]),
            &der(0xa3, &[&sequence(&[&extensions.concat()])]),
        ]);
        sequence(&[&body, &algorithm(ECDSA_SHA384), &der(3, &[&[0], &sign(self.issuer, &body)])])
    }
}

/// Certificates in PEM.
pub(super) fn pem(certificates: &[Vec<u8>]) -> Vec<u8> {
    use base64::Engine as _;
    let encode = |der: &Vec<u8>| {
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n").into_bytes()
    };
    certificates.iter().flat_map(encode).collect()
}

/// A time stamp to be. Made as it comes, it is sound.
pub(super) struct Stamp {
    pub(super) root: Certificate,
    pub(super) between: Certificate,
    pub(super) signer: Certificate,
    /// Further certificates that the token carries.
    pub(super) others: Vec<Vec<u8>>,
    /// Whether the token carries the signer's.
    pub(super) with_signer: bool,
    pub(super) status: u8,
    pub(super) kind: &'static [u8],
    pub(super) content_type: &'static [u8],
    pub(super) attribute_type: &'static [u8],
    pub(super) imprint_algorithm: &'static [u8],
    pub(super) imprint: Vec<u8>,
    pub(super) time: &'static str,
    /// What follows the time in the `TSTInfo`.
    pub(super) tail: Vec<u8>,
    /// The digest in the attributes, where it is not that of the content.
    pub(super) digest: Option<Vec<u8>>,
    pub(super) digest_algorithm: &'static [u8],
    pub(super) signature_algorithm: &'static [u8],
    /// The attribute that names the certificate, where it is not `SigningCertificateV2`.
    pub(super) ess: Option<Vec<u8>>,
    /// What the signer is called in the `SignerInfo`: issuer and serial number.
    pub(super) called: (&'static str, u8),
    /// Further attributes.
    pub(super) attributes: Vec<u8>,
    /// Whose key signs.
    pub(super) key: &'static str,
    pub(super) signers: usize,
    /// What follows the last member of each structure.
    pub(super) trailing: [Vec<u8>; 6],
}

impl Stamp {
    pub(super) fn of(message: &[u8]) -> Self {
        Self {
            root: Certificate::authority("Root", "Root"),
            between: Certificate::authority("Between", "Root"),
            signer: Certificate::signer("Signer", "Between"),
            others: Vec::new(),
            with_signer: true,
            status: 0,
            kind: SIGNED_DATA,
            content_type: TST_INFO,
            attribute_type: TST_INFO,
            imprint_algorithm: SHA256,
            imprint: Sha256::digest(message).to_vec(),
            time: "20240101000000Z",
            tail: Vec::new(),
            digest: None,
            digest_algorithm: SHA384,
            signature_algorithm: ECDSA_SHA384,
            ess: None,
            called: ("Between", 1),
            attributes: Vec::new(),
            key: "Signer",
            signers: 1,
            trailing: Default::default(),
        }
    }

    pub(super) fn pem(&self) -> Vec<u8> {
        pem(&[self.root.der()])
    }

    pub(super) fn der(&self) -> Vec<u8> {
        let [in_response, in_status, in_token, in_data, in_signer, in_info] = &self.trailing;
        let info = sequence(&[
            &der(2, &[&[1]]),
            &oid(&[0x2a, 3]),
            &sequence(&[&algorithm(self.imprint_algorithm), &octets(&self.imprint)]),
            &der(2, &[&[0, 0xab]]),
            &der(0x18, &[self.time.as_bytes()]),
            &self.tail,
            in_info,
        ]);
        let digest = self.digest.clone().unwrap_or_else(|| Sha384::digest(&info).to_vec());
        let ess = self.ess.clone().unwrap_or_else(|| ess(&Sha256::digest(self.signer.der())));
        let attributes = [
            attribute(CONTENT_TYPE, &oid(self.attribute_type)),
            attribute(MESSAGE_DIGEST, &octets(&digest)),
            ess,
            self.attributes.clone(),
        ]
        .concat();
        let signer = sequence(&[
            &der(2, &[&[1]]),
            &sequence(&[&name(self.called.0), &der(2, &[&[self.called.1]])]),
            &algorithm(self.digest_algorithm),
            &der(0xa0, &[&attributes]),
            &algorithm(self.signature_algorithm),
            &octets(&sign(self.key, &set(&[&attributes]))),
            in_signer,
        ]);
        let own = if self.with_signer { self.signer.der() } else { Vec::new() };
        let data = sequence(&[
            &der(2, &[&[3]]),
            &set(&[&algorithm(self.digest_algorithm)]),
            &sequence(&[&oid(self.content_type), &der(0xa0, &[&octets(&info)])]),
            &der(0xa0, &[&own, &self.between.der(), &self.others.concat()]),
            &set(&[&signer.repeat(self.signers)]),
            in_data,
        ]);
        let token = sequence(&[&oid(self.kind), &der(0xa0, &[&data]), in_token]);
        sequence(&[&sequence(&[&der(2, &[&[self.status]]), in_status]), &token, in_response])
    }
}

/// A `SigningCertificateV2` that names a certificate by its SHA-256.
pub(super) fn ess(hash: &[u8]) -> Vec<u8> {
    attribute(SIGNING_CERTIFICATE_V2, &sequence(&[&sequence(&[&sequence(&[&octets(hash)])])]))
}

/// As [`ess`], with an issuer and a serial number.
pub(super) fn ess_issued(hash: &[u8], issuer: &str, serial: u8) -> Vec<u8> {
    let issued = sequence(&[&sequence(&[&der(0xa4, &[&name(issuer)])]), &der(2, &[&[serial]])]);
    attribute(SIGNING_CERTIFICATE_V2, &sequence(&[&sequence(&[&sequence(&[&octets(hash), &issued])])]))
}
