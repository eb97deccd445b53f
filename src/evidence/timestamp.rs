//! Verifies, offline, a time stamp of RFC 3161 (with RFC 5816) against authorities that the caller pins.
//!
//! A time stamp says that some bytes existed at a time, in the name of whoever owns the key it is signed with. Who that
//! is, the pinned certificates decide; nothing is asked of the system's store, and nothing of the network. The path from
//! the signer's certificate to a pinned one has to hold *at the time of the stamp*, so that a stamp can be checked when
//! the certificates are long expired. Revocation is not looked at: that would need lists from the network.
//!
//! | module | what it does |
//! | --- | --- |
//! | `der` | reads DER, bounded |
//! | `token` | takes response, CMS and `TSTInfo` apart |
//! | `certificate` | what the checks need of X.509 |
//! | `algorithm` | digests and signatures that are supported |

mod algorithm;
mod certificate;
mod der;
mod token;

use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

use crate::blob::hex;
use algorithm::Digest;
use certificate::{Certificate, TIME_STAMPING};
use token::{EssId, Info, SignerId, Token};

/// Bytes of a time stamp, at most: room for long chains of certificates.
const MAX_TOKEN: usize = 64 << 10;

/// Bytes of the file of pinned certificates, at most: room for the whole store of a system.
const MAX_ROOTS: usize = 1 << 20;

/// Pinned certificates, at most.
const MAX_PINNED: usize = 512;

/// A time stamp that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeStamp {
    /// When the bytes existed, by the clock of the authority (`genTime`).
    pub time: Timestamp,
    /// How far that clock may be off, in seconds, rounded up; `None` where the authority does not say.
    pub accuracy_seconds: Option<u64>,
    /// The policy it was issued under, an object identifier with dots.
    pub policy: String,
    /// Its number at the authority, in hexadecimal.
    pub serial: String,
    /// The subject of the certificate it is signed with, as RFC 4514 writes names. Safe to print.
    pub authority: String,
}

/// Why a time stamp does not hold.
#[derive(Debug, thiserror::Error)]
pub enum TimeStampError {
    /// More than 64 KiB.
    #[error("it is larger than 64 KiB, which no time stamp is")]
    TooLarge,
    /// A part that is not what RFC 3161 or RFC 5652 has there.
    #[error("cannot read {0}: not as RFC 3161 has it, cut off, not in DER, or with more behind its end")]
    Malformed(&'static str),
    /// A response without a time stamp (RFC 3161 section 2.4.2).
    #[error("the authority did not grant it (status {0}): ask again")]
    NotGranted(u64),
    /// Signed is something else.
    #[error("it is no time stamp but content of the type {0}")]
    NotATimeStamp(String),
    /// An algorithm that is unknown, or no longer safe.
    #[error("{place} is by the algorithm {algorithm}, which is not supported")]
    Algorithm {
        /// Of what.
        place: &'static str,
        /// Its object identifier.
        algorithm: String,
    },
    /// The digests differ.
    #[error("it stamps other bytes than these")]
    OtherMessage,
    /// A critical extension of the time stamp, none of which is known.
    #[error("it has a critical extension that is not known")]
    Extension,
    /// Not exactly one signer.
    #[error("it has {0} signers, not one")]
    Signers(usize),
    /// The attributes that are signed are not about the content.
    #[error("what is signed is not its content: {0}")]
    Attributes(&'static str),
    /// The certificate to verify it with is missing.
    #[error(
        "the certificate of its signer is neither in it nor pinned: ask for one with it (`openssl ts -query -cert`)"
    )]
    NoSigner,
    /// `ESSCertID` or `ESSCertIDv2` names another certificate (RFC 5816).
    #[error("it was signed for another certificate than the one that is named as its signer's")]
    OtherSigner,
    /// The signature does not fit.
    #[error("its signature is not by the key of {0}")]
    Signature(String),
    /// The certificate is not one for time stamps.
    #[error("the certificate of {authority} is not one for time stamps: {why}")]
    Purpose {
        /// Whose.
        authority: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The path to a pinned certificate.
    #[error("the certificate of {authority} does not lead to a pinned one at {time}: {why}")]
    Untrusted {
        /// Whose.
        authority: String,
        /// The time of the stamp.
        time: Timestamp,
        /// What is wrong with it.
        why: String,
    },
    /// The pinned certificates cannot be used.
    #[error("the pinned certificates: {0}")]
    Roots(&'static str),
}

/// Verifies that `token` stamps `message`, in the name of an authority of `roots`.
///
/// `token` is the DER of a `TimeStampResp` (RFC 3161 section 2.4.2) or of the bare `TimeStampToken` in it. `roots` are
/// certificates in PEM: each one of an authority (`basicConstraints`) is an anchor, self-signed or not, as it was put
/// there by hand. Any other one is no anchor, but may be the signer's, of a time stamp that does not carry it.
///
/// # Errors
///
/// What is wrong, the first that is found.
pub fn verify_time_stamp(token: &[u8], message: &[u8], roots: &[u8]) -> Result<TimeStamp, TimeStampError> {
    if token.len() > MAX_TOKEN {
        return Err(TimeStampError::TooLarge);
    }
    let pinned = pinned(roots)?;
    let token = Token::read(token::granted(token)?)?;
    let info = Info::read(token.content).ok_or(TimeStampError::Malformed("the TSTInfo"))?;
    if info.has_critical_extension {
        return Err(TimeStampError::Extension);
    }
    if Digest::read(info.digest, "the digest of what is stamped")?.of(message) != info.imprint {
        return Err(TimeStampError::OtherMessage);
    }
    check_attributes(&token)?;
    let signer = signer_of(&token, &pinned)?;
    check_signature(&token, &signer)?;
    if let Some(why) = signer.not_for_time_stamps() {
        return Err(TimeStampError::Purpose { authority: signer.name(), why });
    }
    check_path(&signer, &token.certificates, &pinned, info.time)?;
    Ok(TimeStamp {
        time: info.time,
        accuracy_seconds: info.accuracy_seconds,
        policy: info.policy,
        serial: hex(info.serial.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(info.serial)),
        authority: signer.name(),
    })
}

/// The pinned certificates.
fn pinned(roots: &[u8]) -> Result<Vec<CertificateDer<'static>>, TimeStampError> {
    if roots.len() > MAX_ROOTS {
        return Err(TimeStampError::Roots("the file is larger than 1 MiB"));
    }
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(roots) {
        let certificate = certificate.map_err(|_| TimeStampError::Roots("the file is not in PEM"))?;
        if Certificate::read(&certificate).is_none() {
            return Err(TimeStampError::Roots("one of them cannot be read"));
        }
        if certificates.len() == MAX_PINNED {
            return Err(TimeStampError::Roots("there are more than 512"));
        }
        certificates.push(certificate);
    }
    if certificates.is_empty() {
        return Err(TimeStampError::Roots("there is none in PEM (`-----BEGIN CERTIFICATE-----`)"));
    }
    Ok(certificates)
}

/// The signed attributes are about the content (RFC 5652 section 5.6).
fn check_attributes(token: &Token<'_>) -> Result<(), TimeStampError> {
    let attributes = &token.signer.attributes;
    if !attributes.are_of_a_time_stamp() {
        return Err(TimeStampError::Attributes("the content type of its attributes is another"));
    }
    if attributes.message_digest() != Some(&token.signer.digest.of(token.content)[..]) {
        return Err(TimeStampError::Attributes("the digest of its attributes is another"));
    }
    Ok(())
}

/// The certificate it is signed with: named by the `SignerInfo`, which nothing signs, and by the signed attribute.
fn signer_of<'a>(token: &Token<'a>, pinned: &'a [CertificateDer<'_>]) -> Result<Certificate<'a>, TimeStampError> {
    let ids = token.signer.attributes.certificate_ids()?;
    if ids.is_empty() {
        return Err(TimeStampError::Attributes("they do not name the certificate of the signer"));
    }
    let mut is_named = false;
    let all = token.certificates.iter().copied().chain(pinned.iter().map(|pinned| &pinned[..]));
    for certificate in all.filter_map(Certificate::read) {
        let named = match token.signer.id {
            SignerId::Issued { issuer, serial } => certificate.issuer == issuer && certificate.serial == serial,
            SignerId::KeyId(id) => certificate.key_id == Some(id),
        };
        if named && ids.iter().all(|id| is_the_one(id, &certificate)) {
            return Ok(certificate);
        }
        is_named |= named;
    }
    Err(if is_named { TimeStampError::OtherSigner } else { TimeStampError::NoSigner })
}

/// Whether `id` names `certificate`. SHA-1 is enough here: to put another certificate in its place, a pinned authority
/// would have to issue one with the same digest and for the same key.
fn is_the_one(id: &EssId<'_>, certificate: &Certificate<'_>) -> bool {
    use sha1::Digest as _;
    let hash = match id.digest {
        Some(digest) => digest.of(certificate.der),
        None => sha1::Sha1::digest(certificate.der).to_vec(),
    };
    let issued = |(issuer, serial): (Option<&[u8]>, &[u8])| {
        issuer.is_some_and(|issuer| issuer == certificate.issuer) && serial == certificate.serial
    };
    hash == id.hash && id.issued.is_none_or(issued)
}

/// The signature over the attributes is by the key of `signer`.
fn check_signature(token: &Token<'_>, signer: &Certificate<'_>) -> Result<(), TimeStampError> {
    let der = CertificateDer::from(signer.der);
    let certificate =
        EndEntityCert::try_from(&der).map_err(|_| TimeStampError::Malformed("the certificate of the signer"))?;
    let algorithms = algorithm::signatures(token.signer.algorithm, token.signer.digest)?;
    let holds =
        |algorithm| certificate.verify_signature(algorithm, &token.signer.signed, token.signer.signature).is_ok();
    if algorithms.iter().any(|algorithm| holds(*algorithm)) {
        return Ok(());
    }
    Err(TimeStampError::Signature(signer.name()))
}

/// The certificate of the signer leads to a pinned one, all of them valid at `time` (RFC 5280 section 6).
fn check_path(
    signer: &Certificate<'_>,
    others: &[&[u8]],
    pinned: &[CertificateDer<'_>],
    time: Timestamp,
) -> Result<(), TimeStampError> {
    let untrusted = |why: String| TimeStampError::Untrusted { authority: signer.name(), time, why };
    let read = pinned.iter().filter_map(|pinned| Certificate::read(pinned).map(|read| (pinned, read)));
    let authorities: Vec<_> = read.filter(|(_, read)| read.may_issue(0) && read.is_valid_at(time)).collect();
    let anchors: Vec<TrustAnchor<'_>> =
        authorities.iter().filter_map(|(pinned, _)| anchor_from_trusted_cert(pinned).ok()).collect();
    if anchors.is_empty() {
        return Err(untrusted("no pinned one was that of an authority then".to_owned()));
    }
    let others: Vec<CertificateDer<'_>> = others.iter().copied().map(CertificateDer::from).collect();
    let at = u64::try_from(time.as_second()).map_err(|_| untrusted("that is before 1970".to_owned()))?;
    // What webpki does not look at: what the keys of authorities are for, and how long a path an anchor allows.
    let may_issue = |path: &VerifiedPath<'_>| {
        let between: Vec<CertificateDer<'_>> = path.intermediate_certificates().map(webpki::Cert::der).collect();
        let between_may = between
            .iter()
            .enumerate()
            .all(|(below, der)| Certificate::read(der).is_some_and(|certificate| certificate.may_issue(below)));
        let is_anchor = |read: &Certificate<'_>| {
            read.subject == &path.anchor().subject[..] && read.public_key == &path.anchor().subject_public_key_info[..]
        };
        let anchor_may = authorities.iter().any(|(_, read)| is_anchor(read) && read.may_issue(between.len()));
        if between_may && anchor_may { Ok(()) } else { Err(webpki::Error::EndEntityUsedAsCa) }
    };
    let der = CertificateDer::from(signer.der);
    let certificate =
        EndEntityCert::try_from(&der).map_err(|_| TimeStampError::Malformed("the certificate of the signer"))?;
    certificate
        .verify_for_usage(
            &algorithm::of_certificates(),
            &anchors,
            &others,
            UnixTime::since_unix_epoch(Duration::from_secs(at)),
            KeyUsage::required_if_present(TIME_STAMPING),
            None,
            Some(&may_issue),
        )
        .map(drop)
        .map_err(|error| untrusted(clause(&error)))
}

/// What webpki says, for people.
fn clause(error: &webpki::Error) -> String {
    use webpki::Error;
    let known = match error {
        Error::UnknownIssuer => "none of the pinned ones issued it",
        Error::CertExpired { .. } => "it, or one between, had expired",
        Error::CertNotValidYet { .. } => "it, or one between, was not valid yet",
        Error::CaUsedAsEndEntity => "it is that of an authority for certificates",
        Error::EndEntityUsedAsCa => "one between was not to issue certificates",
        Error::InvalidSignatureForPublicKey => "the signature of it, or of one between, is another's",
        Error::RequiredEkuNotFoundContext(_) => "one between was not for time stamps",
        Error::PathLenConstraintViolated => "there are more between than an authority allows",
        _ => return format!("{error:?}"),
    };
    known.to_owned()
}
