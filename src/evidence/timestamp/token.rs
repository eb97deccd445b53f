//! Takes a time stamp apart: `TimeStampResp` and `TSTInfo` (RFC 3161 section 2.4.2) around and inside a CMS `SignedData`
//! (RFC 5652 section 5). Decides nothing but whether it has the form.

use jiff::Timestamp;

use super::TimeStampError;
use super::algorithm::Digest;
use super::der::{self, Element, Reader};

/// Certificates in one token, at most. A path has three or four.
const MAX_CERTIFICATES: usize = 16;

/// id-signedData, 1.2.840.113549.1.7.2.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
/// id-ct-TSTInfo, 1.2.840.113549.1.9.16.1.4.
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x10, 1, 4];

/// Types of signed attributes: contentType and messageDigest (RFC 5652 section 11), signingCertificate (RFC 2634 section
/// 5.4), signingCertificateV2 (RFC 5035 section 3).
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
const SIGNING_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x10, 2, 12];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x10, 2, 47];

/// A signed time stamp, nothing of which was verified.
pub(super) struct Token<'a> {
    /// The `TSTInfo`, as it was signed.
    pub(super) content: &'a [u8],
    /// Certificates that came with it.
    pub(super) certificates: Vec<&'a [u8]>,
    pub(super) signer: Signer<'a>,
}

/// The one `SignerInfo`.
pub(super) struct Signer<'a> {
    pub(super) id: SignerId<'a>,
    pub(super) digest: Digest,
    /// Inside of the `AlgorithmIdentifier`.
    pub(super) algorithm: Reader<'a>,
    pub(super) signature: &'a [u8],
    pub(super) attributes: Attributes<'a>,
    /// What is signed: the attributes as a SET OF (RFC 5652 section 5.4).
    pub(super) signed: Vec<u8>,
}

/// How the signer's certificate is named. Nothing signs this; see [`EssId`].
pub(super) enum SignerId<'a> {
    Issued { issuer: &'a [u8], serial: &'a [u8] },
    KeyId(&'a [u8]),
}

/// Values of the signed attributes that are needed; each of them whole.
#[derive(Default)]
pub(super) struct Attributes<'a> {
    content_type: Option<&'a [u8]>,
    message_digest: Option<&'a [u8]>,
    signing_certificate: Option<&'a [u8]>,
    signing_certificate_v2: Option<&'a [u8]>,
}

/// The signed name of the signer's certificate: `ESSCertID` (RFC 2634) or `ESSCertIDv2` (RFC 5035).
pub(super) struct EssId<'a> {
    /// `None` stands for SHA-1, the only one of the first version.
    pub(super) digest: Option<Digest>,
    pub(super) hash: &'a [u8],
    /// Issuer, where it is one directory name, and serial number.
    pub(super) issued: Option<(Option<&'a [u8]>, &'a [u8])>,
}

/// A `TSTInfo`.
pub(super) struct Info<'a> {
    pub(super) policy: String,
    /// Inside of the `AlgorithmIdentifier`.
    pub(super) digest: Reader<'a>,
    pub(super) imprint: &'a [u8],
    pub(super) serial: &'a [u8],
    pub(super) time: Timestamp,
    pub(super) accuracy_seconds: Option<u64>,
    pub(super) has_critical_extension: bool,
}

/// The token: of a response that granted it, or `bytes` themselves.
pub(super) fn granted(bytes: &[u8]) -> Result<&[u8], TimeStampError> {
    let malformed = || TimeStampError::Malformed("the response");
    let mut response = Reader::only(bytes, der::SEQUENCE).ok_or_else(malformed)?;
    if response.peek() == Some(der::OID) {
        return Ok(bytes);
    }
    let status = status(response.enter(der::SEQUENCE).ok_or_else(malformed)?).ok_or_else(malformed)?;
    // granted and grantedWithMods: what was modified shows in the token.
    if status > 1 {
        return Err(TimeStampError::NotGranted(status));
    }
    let token = response.element(der::SEQUENCE).ok_or_else(malformed)?;
    response.end().ok_or_else(malformed)?;
    Ok(token.whole)
}

/// `PKIStatusInfo`. Its texts are not signed, so they are not told.
fn status(mut info: Reader<'_>) -> Option<u64> {
    let status = info.number()?;
    info.optional(der::SEQUENCE)?;
    info.optional(der::BIT_STRING)?;
    info.end()?;
    Some(status)
}

impl<'a> Token<'a> {
    /// Reads a `ContentInfo`.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, TimeStampError> {
        let malformed = || TimeStampError::Malformed("the SignedData");
        let mut info = Reader::only(bytes, der::SEQUENCE).ok_or_else(malformed)?;
        is_type(info.take(der::OID).ok_or_else(malformed)?, SIGNED_DATA)?;
        let signed = info.take(der::context(0)).ok_or_else(malformed)?;
        info.end().ok_or_else(malformed)?;
        let parts = Parts::read(signed).ok_or_else(malformed)?;
        is_type(parts.content_type, TST_INFO)?;
        let content = parts.content.ok_or_else(malformed)?;

        let [signer] = parts.signers[..] else { return Err(TimeStampError::Signers(parts.signers.len())) };
        let signer = Signer::read(signer)?;
        let mut digests = parts.digests.iter().map(|algorithm| Digest::read(*algorithm, "the list of digests"));
        if !digests.any(|digest| digest.is_ok_and(|digest| digest == signer.digest)) {
            return Err(TimeStampError::Malformed("the list of digests"));
        }
        let certificates =
            certificates(parts.certificates).ok_or(TimeStampError::Malformed("the set of certificates"))?;
        Ok(Self { content, certificates, signer })
    }
}

fn is_type(found: &[u8], expected: &[u8]) -> Result<(), TimeStampError> {
    if found == expected {
        return Ok(());
    }
    Err(TimeStampError::NotATimeStamp(der::dotted(found).unwrap_or_else(|| "unreadable".to_owned())))
}

/// The members of a `SignedData`.
struct Parts<'a> {
    digests: Vec<Reader<'a>>,
    content_type: &'a [u8],
    content: Option<&'a [u8]>,
    certificates: &'a [u8],
    signers: Vec<Reader<'a>>,
}

impl<'a> Parts<'a> {
    fn read(signed: &'a [u8]) -> Option<Self> {
        let mut data = Reader::only(signed, der::SEQUENCE)?;
        // 3 for a content that is no data, and certificates that are all of X.509 (RFC 5652 section 5.1).
        if data.number()? != 3 {
            return None;
        }
        let digests = sequences(data.enter(der::SET)?)?;
        let mut encapsulated = data.enter(der::SEQUENCE)?;
        let content_type = encapsulated.take(der::OID)?;
        let content = match encapsulated.optional(der::context(0))? {
            Some(explicit) => Some(der::only(explicit, der::OCTET_STRING)?),
            None => None,
        };
        encapsulated.end()?;
        let certificates = data.optional(der::context(0))?.unwrap_or_default();
        // Revocation lists: nothing is asked of them. docs/evidence.md says so.
        data.optional(der::context(1))?;
        let signers = sequences(data.enter(der::SET)?)?;
        data.end()?;
        Some(Self { digests, content_type, content, certificates, signers })
    }
}

fn sequences(mut set: Reader<'_>) -> Option<Vec<Reader<'_>>> {
    let mut members = Vec::new();
    while !set.is_empty() {
        members.push(set.enter(der::SEQUENCE)?);
    }
    Some(members)
}

/// The certificates; `None` where there are too many, or what is none of X.509 stands among them.
fn certificates(set: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut found, mut set) = (Vec::new(), Reader::new(set));
    while !set.is_empty() {
        if found.len() == MAX_CERTIFICATES {
            return None;
        }
        found.push(set.element(der::SEQUENCE)?.whole);
    }
    Some(found)
}

impl<'a> Signer<'a> {
    fn read(info: Reader<'a>) -> Result<Self, TimeStampError> {
        let raw = RawSigner::read(info).ok_or(TimeStampError::Malformed("the SignerInfo"))?;
        Ok(Self {
            id: raw.id,
            digest: Digest::read(raw.digest, "the digest of the signed attributes")?,
            algorithm: raw.algorithm,
            signature: raw.signature,
            attributes: Attributes::read(raw.attributes.content)?,
            // Signed is the SET OF, whose tag the member [0] replaces; the length is the same.
            signed: [&[der::SET], &raw.attributes.whole[1..]].concat(),
        })
    }
}

/// The members of a `SignerInfo` (RFC 5652 section 5.3).
struct RawSigner<'a> {
    id: SignerId<'a>,
    digest: Reader<'a>,
    attributes: Element<'a>,
    algorithm: Reader<'a>,
    signature: &'a [u8],
}

impl<'a> RawSigner<'a> {
    fn read(mut info: Reader<'a>) -> Option<Self> {
        let version = info.number()?;
        let id = match (version, info.peek()?) {
            (1, der::SEQUENCE) => {
                let mut id = info.enter(der::SEQUENCE)?;
                let (issuer, serial) = (id.take(der::SEQUENCE)?, id.take(der::INTEGER)?);
                id.end()?;
                SignerId::Issued { issuer, serial }
            }
            (3, 0x80) => SignerId::KeyId(info.take(0x80)?),
            _ => return None,
        };
        let digest = info.enter(der::SEQUENCE)?;
        // They may be absent for a content that is data, which a TSTInfo is not.
        let attributes = info.element(der::context(0))?;
        let algorithm = info.enter(der::SEQUENCE)?;
        let signature = info.take(der::OCTET_STRING)?;
        // Nothing signs the unsigned attributes.
        info.optional(der::context(1))?;
        info.end()?;
        Some(Self { id, digest, attributes, algorithm, signature })
    }
}

impl<'a> Attributes<'a> {
    fn read(content: &'a [u8]) -> Result<Self, TimeStampError> {
        let malformed = || TimeStampError::Malformed("the signed attributes");
        let (mut found, mut set) = (Self::default(), Reader::new(content));
        while !set.is_empty() {
            let (kind, value) = attribute(&mut set).ok_or_else(malformed)?;
            let place = match kind {
                CONTENT_TYPE => &mut found.content_type,
                MESSAGE_DIGEST => &mut found.message_digest,
                SIGNING_CERTIFICATE => &mut found.signing_certificate,
                SIGNING_CERTIFICATE_V2 => &mut found.signing_certificate_v2,
                _ => continue,
            };
            // Each of these may stand there once, and has one value.
            let value = value.filter(|_| place.is_none()).ok_or_else(malformed)?;
            *place = Some(value);
        }
        Ok(found)
    }

    /// Whether they are about a `TSTInfo`.
    pub(super) fn are_of_a_time_stamp(&self) -> bool {
        let id = self.content_type.and_then(|value| der::only(value, der::OID));
        id == Some(TST_INFO)
    }

    /// The digest of what is signed.
    pub(super) fn message_digest(&self) -> Option<&'a [u8]> {
        der::only(self.message_digest?, der::OCTET_STRING)
    }

    /// The names of the signer's certificate: of each attribute there is, the first one (RFC 5035 section 5).
    pub(super) fn certificate_ids(&self) -> Result<Vec<EssId<'a>>, TimeStampError> {
        let malformed = || TimeStampError::Malformed("the name of the signer's certificate");
        let mut ids = Vec::new();
        if let Some(value) = self.signing_certificate {
            ids.push(EssId::read(first_id(value).ok_or_else(malformed)?, None).ok_or_else(malformed)?);
        }
        if let Some(value) = self.signing_certificate_v2 {
            let mut id = first_id(value).ok_or_else(malformed)?;
            let digest = match id.peek() {
                Some(der::SEQUENCE) => {
                    let algorithm = id.enter(der::SEQUENCE).ok_or_else(malformed)?;
                    Digest::read(algorithm, "the name of the signer's certificate")?
                }
                _ => Digest::Sha256,
            };
            ids.push(EssId::read(id, Some(digest)).ok_or_else(malformed)?);
        }
        Ok(ids)
    }
}

/// The next attribute: its type, and its value if it has exactly one.
fn attribute<'a>(set: &mut Reader<'a>) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let mut attribute = set.enter(der::SEQUENCE)?;
    let kind = attribute.take(der::OID)?;
    let mut values = attribute.enter(der::SET)?;
    attribute.end()?;
    let value = values.next()?.whole;
    Some((kind, values.is_empty().then_some(value)))
}

/// The first of the certificates that a `SigningCertificate` or a `SigningCertificateV2` names.
fn first_id(value: &[u8]) -> Option<Reader<'_>> {
    let mut attribute = Reader::only(value, der::SEQUENCE)?;
    attribute.enter(der::SEQUENCE)?.enter(der::SEQUENCE)
}

impl<'a> EssId<'a> {
    /// What follows the digest: the hash and, where it is there, `IssuerSerial`.
    fn read(mut rest: Reader<'a>, digest: Option<Digest>) -> Option<Self> {
        let hash = rest.take(der::OCTET_STRING)?;
        let issued = if rest.is_empty() { None } else { Some(issued(rest.enter(der::SEQUENCE)?)?) };
        rest.end()?;
        Some(Self { digest, hash, issued })
    }
}

/// An `IssuerSerial`: the issuer, where it is one directory name, and the serial number.
fn issued(mut issued: Reader<'_>) -> Option<(Option<&[u8]>, &[u8])> {
    let mut names = issued.enter(der::SEQUENCE)?;
    let serial = issued.take(der::INTEGER)?;
    issued.end()?;
    // A GeneralName [4] is a directory name, tagged explicitly.
    let name = names.take(der::context(4)).and_then(|name| der::only(name, der::SEQUENCE));
    Some((name.filter(|_| names.is_empty()), serial))
}

impl<'a> Info<'a> {
    /// Reads a `TSTInfo`.
    pub(super) fn read(content: &'a [u8]) -> Option<Self> {
        let mut info = Reader::only(content, der::SEQUENCE)?;
        if info.number()? != 1 {
            return None;
        }
        let policy = der::dotted(info.take(der::OID)?)?;
        let mut imprint = info.enter(der::SEQUENCE)?;
        let digest = imprint.enter(der::SEQUENCE)?;
        let hashed = imprint.take(der::OCTET_STRING)?;
        imprint.end()?;
        let serial = info.take(der::INTEGER).filter(|serial| !serial.is_empty())?;
        let time = (info.peek()? == der::GENERALIZED_TIME).then(|| info.time())??;
        let accuracy_seconds = match info.optional(der::SEQUENCE)? {
            Some(accuracy) => Some(seconds(Reader::new(accuracy))?),
            None => None,
        };
        // `ordering` and `nonce` serve who asked; the name of the authority is a hint, the signature says who it is.
        info.optional(der::BOOLEAN)?;
        info.optional(der::INTEGER)?;
        info.optional(der::context(0))?;
        let has_critical_extension = match info.optional(der::context(1))? {
            Some(extensions) => has_critical(Reader::new(extensions))?,
            None => false,
        };
        info.end()?;
        Some(Self { policy, digest, imprint: hashed, serial, time, accuracy_seconds, has_critical_extension })
    }
}

/// An `Accuracy` in seconds, rounded up.
fn seconds(mut accuracy: Reader<'_>) -> Option<u64> {
    let whole = if accuracy.peek() == Some(der::INTEGER) { accuracy.number()? } else { 0 };
    let mut fraction = false;
    // Milliseconds and microseconds.
    for tag in [0x80, 0x81] {
        if let Some(part) = accuracy.optional(tag)? {
            fraction |= (1..=999).contains(&der::number(part)?);
        }
    }
    accuracy.end()?;
    whole.checked_add(u64::from(fraction))
}

/// Whether one of the extensions is critical. None is known here.
fn has_critical(mut extensions: Reader<'_>) -> Option<bool> {
    let mut critical = false;
    while !extensions.is_empty() {
        let mut extension = extensions.enter(der::SEQUENCE)?;
        extension.take(der::OID)?;
        critical |= extension.flag()?;
        extension.take(der::OCTET_STRING)?;
        extension.end()?;
    }
    Some(critical)
}
