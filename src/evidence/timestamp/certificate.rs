//! What a time stamp asks of certificates (RFC 5280): names, validity, the extensions that say what a key is for. The
//! path itself is built and its signatures are verified by webpki; this reads what webpki leaves to its caller.

use jiff::Timestamp;

use crate::blob::is_unsafe_to_print;

use super::der::{self, Element, Reader};

const KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// id-kp-timeStamping (RFC 3161 section 2.3), 1.3.6.1.5.5.7.3.8.
pub(super) const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// Bits of `KeyUsage` (RFC 5280 section 4.2.1.3), the first one the highest.
const DIGITAL_SIGNATURE: u8 = 0x80;
const NON_REPUDIATION: u8 = 0x40;
const KEY_CERT_SIGN: u8 = 0x04;

/// Extensions of one certificate, at most.
const MAX_EXTENSIONS: usize = 64;

/// A certificate, nothing of which was verified.
#[derive(Clone, Debug)]
pub(super) struct Certificate<'a> {
    /// All of it.
    pub(super) der: &'a [u8],
    /// Content of the INTEGER.
    pub(super) serial: &'a [u8],
    /// Contents of the names' SEQUENCEs, as [`Certificate::public_key`].
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) public_key: &'a [u8],
    pub(super) key_id: Option<&'a [u8]>,
    not_before: Timestamp,
    not_after: Timestamp,
    is_authority: bool,
    /// How many authorities may stand between it and the end of the path, where that is bounded.
    max_below: Option<u64>,
    /// First byte of the bits of the extension, where it is there.
    key_usage: Option<u8>,
    extended: Option<Extended<'a>>,
}

#[derive(Clone, Debug)]
struct Extended<'a> {
    critical: bool,
    purposes: Vec<&'a [u8]>,
}

impl<'a> Certificate<'a> {
    /// Takes a certificate apart; `None` where it is none.
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let mut outer = Reader::only(der, der::SEQUENCE)?;
        let mut body = outer.enter(der::SEQUENCE)?;
        outer.take(der::SEQUENCE)?;
        outer.take(der::BIT_STRING)?;
        outer.end()?;

        body.optional(der::context(0))?;
        let serial = body.take(der::INTEGER).filter(|serial| !serial.is_empty())?;
        body.take(der::SEQUENCE)?;
        let issuer = body.take(der::SEQUENCE)?;
        let mut validity = body.enter(der::SEQUENCE)?;
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        validity.end()?;
        let subject = body.take(der::SEQUENCE)?;
        let public_key = body.take(der::SEQUENCE)?;
        // The unique identifiers of version 2.
        body.optional(0x81)?;
        body.optional(0x82)?;
        let extensions = body.optional(der::context(3))?;
        body.end()?;

        let mut certificate = Self {
            der,
            serial,
            issuer,
            subject,
            public_key,
            key_id: None,
            not_before,
            not_after,
            is_authority: false,
            max_below: None,
            key_usage: None,
            extended: None,
        };
        if let Some(extensions) = extensions {
            certificate.read_extensions(extensions)?;
        }
        Some(certificate)
    }

    fn read_extensions(&mut self, extensions: &'a [u8]) -> Option<()> {
        let mut extensions = Reader::only(extensions, der::SEQUENCE)?;
        let mut seen = Vec::new();
        while !extensions.is_empty() {
            let mut extension = extensions.enter(der::SEQUENCE)?;
            let id = extension.take(der::OID)?;
            let critical = extension.flag()?;
            let value = extension.take(der::OCTET_STRING)?;
            extension.end()?;
            if seen.contains(&id) || seen.len() == MAX_EXTENSIONS {
                return None;
            }
            seen.push(id);
            match id {
                KEY_ID => self.key_id = Some(der::only(value, der::OCTET_STRING)?),
                KEY_USAGE => {
                    // The first byte counts the bits left over; what is asked for here is in the second.
                    let [0..=7, bits @ ..] = der::only(value, der::BIT_STRING)? else { return None };
                    self.key_usage = Some(bits.first().copied().unwrap_or(0));
                }
                BASIC_CONSTRAINTS => {
                    let mut constraints = Reader::only(value, der::SEQUENCE)?;
                    self.is_authority = constraints.flag()?;
                    self.max_below = if constraints.is_empty() { None } else { Some(constraints.number()?) };
                    constraints.end()?;
                }
                EXTENDED_KEY_USAGE => {
                    let mut list = Reader::only(value, der::SEQUENCE)?;
                    let mut purposes = Vec::new();
                    while !list.is_empty() {
                        purposes.push(list.take(der::OID)?);
                    }
                    self.extended = Some(Extended { critical, purposes });
                }
                _ => {}
            }
        }
        Some(())
    }

    /// Whether `time` lies in its validity.
    pub(super) fn is_valid_at(&self, time: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&time)
    }

    /// Whether it may issue certificates, above a path of `below` other authorities.
    pub(super) fn may_issue(&self, below: usize) -> bool {
        self.is_authority
            && self.max_below.is_none_or(|most| u64::try_from(below).is_ok_and(|below| below <= most))
            && self.key_usage.is_none_or(|bits| bits & KEY_CERT_SIGN != 0)
    }

    /// Why its key may not sign time stamps; `None` where it may. RFC 3161 section 2.3 wants the one extended purpose,
    /// marked critical; of the key usage, where there is one, signing must be all, as OpenSSL has it.
    pub(super) fn not_for_time_stamps(&self) -> Option<&'static str> {
        let Some(extended) = &self.extended else { return Some("it has no extended key usage") };
        if extended.purposes != [TIME_STAMPING] {
            return Some("its extended key usage is not timeStamping alone");
        }
        if !extended.critical {
            return Some("its extended key usage is not critical");
        }
        let signing = DIGITAL_SIGNATURE | NON_REPUDIATION;
        self.key_usage
            .is_some_and(|bits| bits & signing == 0 || bits & !signing != 0)
            .then_some("its key usage is not that of signatures alone")
    }

    /// Its subject for people, or its serial number where the subject cannot be read.
    pub(super) fn name(&self) -> String {
        name(self.subject)
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| format!("serial number {}", crate::blob::hex(self.serial)))
    }
}

/// A name as RFC 4514 writes it, but for a space behind commas; the most specific part is the first.
fn name(content: &[u8]) -> Option<String> {
    let (mut parts, mut rest) = (Vec::new(), Reader::new(content));
    while !rest.is_empty() {
        let (mut set, mut attributes) = (rest.enter(der::SET)?, Vec::new());
        while !set.is_empty() {
            let mut attribute = set.enter(der::SEQUENCE)?;
            let kind = attribute_name(attribute.take(der::OID)?)?;
            let value = attribute.next()?;
            attribute.end()?;
            attributes.push(format!("{kind}={}", text(&value)));
        }
        parts.push(attributes.join("+"));
    }
    parts.reverse();
    Some(parts.join(", "))
}

fn attribute_name(oid: &[u8]) -> Option<String> {
    let known = match oid {
        [0x55, 4, 3] => "CN",
        [0x55, 4, 5] => "serialNumber",
        [0x55, 4, 6] => "C",
        [0x55, 4, 7] => "L",
        [0x55, 4, 8] => "ST",
        [0x55, 4, 10] => "O",
        [0x55, 4, 11] => "OU",
        [0x55, 4, 13] => "description",
        [0x55, 4, 97] => "organizationIdentifier",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1] => "emailAddress",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 0x19] => "DC",
        _ => return der::dotted(oid),
    };
    Some(known.to_owned())
}

/// A string of a name, escaped so that it cannot look like another part (RFC 4514 section 2.4) and prints safely.
fn text(value: &Element<'_>) -> String {
    let text = match value.tag {
        // UTF8String, PrintableString, IA5String.
        0x0c | 0x13 | 0x16 => String::from_utf8_lossy(value.content).into_owned(),
        // TeletexString, in practice Latin-1.
        0x14 => value.content.iter().copied().map(char::from).collect(),
        // BMPString.
        0x1e => {
            let units =
                value.content.chunks(2).map(|pair| pair.iter().fold(0, |unit, &byte| unit << 8 | u16::from(byte)));
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        _ => return format!("#{}", crate::blob::hex(value.whole)),
    };
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe_to_print(character) {
            out.push(char::REPLACEMENT_CHARACTER);
            continue;
        }
        if matches!(character, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn attribute(oid: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        tlv(der::SEQUENCE, &[tlv(der::OID, oid), tlv(tag, value)].concat())
    }

    #[test]
    fn names_print_safely_and_one_part_never_looks_like_two() {
        let set = |content: &[u8]| tlv(der::SET, content);
        let content = [
            set(&attribute(&[0x55, 4, 10], 0x0c, b"A, O=B\x1b[2J")),
            set(&[attribute(&[0x55, 4, 3], 0x1e, &[0, b'T', 0x20, 0x2e]), attribute(&[0x2a, 3], 0x02, &[1])].concat()),
        ]
        .concat();
        assert_eq!(name(&content).unwrap(), "CN=T\u{fffd}+1.2.3=#020101, O=A\\, O\\=B\u{fffd}[2J");
        assert_eq!(name(&content[..content.len() - 1]), None);
        assert_eq!(name(&[]).unwrap(), "");
    }
}
