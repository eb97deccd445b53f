//! A bounded walk over DER (ITU-T X.690): what has one length form, one tag byte and an end.
//!
//! Each level is entered by name and nothing recurses, so depth is fixed whatever the input. BER, which CMS allows, is
//! refused: RFC 3161 section 3 hands tokens over as DER, and one spelling is one meaning.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag of a constructed member `[number]`.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One tag-length-value triple.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// With tag and length.
    pub(super) whole: &'a [u8],
}

/// The content of the one triple that `bytes` are, if its tag is `tag`.
pub(super) fn only(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let mut outer = Reader(bytes);
    let content = outer.take(tag)?;
    outer.end()?;
    Some(content)
}

/// Reads triples one after the other.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// As [`only`], to read what is in it.
    pub(super) fn only(bytes: &'a [u8], tag: u8) -> Option<Self> {
        only(bytes, tag).map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tag of the next triple.
    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next triple, whatever its tag.
    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        // Tags of several bytes occur in none of the structures read here.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (len, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let len = bytes.iter().fold(0, |len, &byte| len << 8 | usize::from(byte));
                // The shortest form only.
                if len < 0x80 || bytes[0] == 0 {
                    return None;
                }
                (len, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some(Element { tag, content, whole })
    }

    /// The next triple, if its tag is `tag`; else stays in place.
    pub(super) fn element(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = *self;
        let element = ahead.next().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element)
    }

    /// As [`Reader::element`], its content alone.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.element(tag).map(|element| element.content)
    }

    /// As [`Reader::element`], to read what is in it.
    pub(super) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(Self)
    }

    /// A BOOLEAN that may be absent, which is false: `None` where it is there and broken.
    pub(super) fn flag(&mut self) -> Option<bool> {
        self.optional(BOOLEAN).map(|value| value.is_some_and(|value| value != [0]))
    }

    /// A member that may be absent: `None` where it is there and broken.
    #[expect(clippy::option_option, reason = "`?` tells broken from absent")]
    pub(super) fn optional(&mut self, tag: u8) -> Option<Option<&'a [u8]>> {
        if self.peek() == Some(tag) { self.take(tag).map(Some) } else { Some(None) }
    }

    /// The value of a short integer that is not negative.
    pub(super) fn number(&mut self) -> Option<u64> {
        number(self.take(INTEGER)?)
    }

    /// Nothing follows.
    pub(super) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    /// A time of a certificate (RFC 5280 section 4.1.2.5) or, with a fraction, of a time stamp.
    pub(super) fn time(&mut self) -> Option<Timestamp> {
        let element = self.next()?;
        match element.tag {
            UTC_TIME => {
                let century: &[u8] = if digits(element.content.get(..2)?)? >= 50 { b"19" } else { b"20" };
                time(&[century, element.content].concat()).filter(|_| element.content.len() == 13)
            }
            GENERALIZED_TIME => time(element.content),
            _ => None,
        }
    }
}

/// The value of the content of an INTEGER in its shortest form, if it is not negative and has 64 bits at most.
pub(super) fn number(content: &[u8]) -> Option<u64> {
    match content {
        [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => None,
        _ if content.len() > 9 || (content.len() == 9 && content[0] != 0) => None,
        _ => Some(content.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))),
    }
}

/// `YYYYMMDDhhmmss[.f]Z`; the fraction has no zero at its end (RFC 3161 section 2.4.2). Leap seconds are refused.
fn time(text: &[u8]) -> Option<Timestamp> {
    let (whole, rest) = text.split_at_checked(14)?;
    let fraction = match rest.strip_suffix(b"Z")? {
        [] => 0,
        [b'.', fraction @ ..] if (1..=9).contains(&fraction.len()) && !fraction.ends_with(b"0") => {
            digits(fraction)? * 10_i64.pow(9 - u32::try_from(fraction.len()).ok()?)
        }
        _ => return None,
    };
    let part = |from: usize, to: usize| i8::try_from(digits(&whole[from..to])?).ok();
    let date_time = DateTime::new(
        i16::try_from(digits(&whole[..4])?).ok()?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?,
        i32::try_from(fraction).ok()?,
    );
    Offset::UTC.to_timestamp(date_time.ok()?).ok()
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |value, &byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
}

/// An object identifier as numbers with dots between (X.690 section 8.19). Arcs have 128 bits at most, as those made of
/// a UUID (X.667) have.
pub(super) fn dotted(oid: &[u8]) -> Option<String> {
    let (mut arcs, mut arc, mut fresh) = (Vec::new(), 0_u128, true);
    for &byte in oid {
        if (fresh && byte == 0x80) || arc >> 121 != 0 {
            return None;
        }
        arc = arc << 7 | u128::from(byte & 0x7f);
        fresh = byte & 0x80 == 0;
        if fresh {
            arcs.push(std::mem::take(&mut arc));
        }
    }
    let (&first, rest) = arcs.split_first().filter(|_| fresh)?;
    let top = (first / 40).min(2);
    Some(rest.iter().fold(format!("{top}.{}", first - 40 * top), |text, arc| format!("{text}.{arc}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_one_form_and_its_bytes() {
        let next = |bytes: &[u8]| Reader::new(bytes).next().map(|element| element.content.len());
        assert_eq!(next(&[4, 1, 0]), Some(1));
        assert_eq!(next(&[&[4, 0x81, 0x80][..], &[0; 128]].concat()), Some(128));
        for broken in [
            &[4, 2, 0][..],         // cut off
            &[4, 0x81, 1, 0],       // longer than needed
            &[4, 0x82, 0, 0x80],    // longer than needed
            &[0x24, 0x80, 0, 0],    // indefinite
            &[0x1f, 0x81, 0x01, 0], // tag of several bytes
            &[4, 0x84, 1, 0, 0, 0], // more than 16 MiB
            &[4],
            &[],
        ] {
            assert_eq!(next(broken), None, "{broken:02x?}");
        }
        assert!(Reader::only(&[4, 0, 0], OCTET_STRING).is_none(), "a byte behind the end");
    }

    #[test]
    fn numbers_are_short_and_not_negative() {
        assert_eq!(number(&[0]), Some(0));
        assert_eq!(number(&[0, 0x80]), Some(128));
        assert_eq!(number(&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Some(u64::MAX));
        for broken in [&[][..], &[0x80], &[0, 1], &[1; 9]] {
            assert_eq!(number(broken), None, "{broken:02x?}");
        }
    }

    #[test]
    fn times_are_utc() {
        let read = |tag: u8, text: &str| {
            let bytes = [&[tag, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
            Reader::new(&bytes).time().map(|time| time.to_string())
        };
        assert_eq!(read(0x18, "20240229235959Z").unwrap(), "2024-02-29T23:59:59Z");
        assert_eq!(read(0x18, "20240229235959.05Z").unwrap(), "2024-02-29T23:59:59.05Z");
        assert_eq!(read(0x17, "491231235959Z").unwrap(), "2049-12-31T23:59:59Z");
        assert_eq!(read(0x17, "500101000000Z").unwrap(), "1950-01-01T00:00:00Z");
        for broken in [
            "20240229235959",
            "20240230000000Z",
            "20240229235960Z",
            "20240229235959.50Z",
            "20240229235959.Z",
            "20240229235959.1234567891Z",
            "20240229235959+0100",
            "2024022923595 Z",
            "",
        ] {
            assert_eq!(read(0x18, broken), None, "{broken}");
        }
        assert_eq!(read(0x17, "4912312359Z"), None);
        assert_eq!(read(0x17, "491231235959.5Z"), None);
        assert_eq!(read(0x04, "20240229235959Z"), None);
    }

    #[test]
    fn identifiers_are_written_with_dots() {
        assert_eq!(dotted(&[0x2a, 0x86, 0x48]).unwrap(), "1.2.840");
        assert_eq!(dotted(&[0x88, 0x37, 3]).unwrap(), "2.999.3");
        assert_eq!(dotted(&[0x00]).unwrap(), "0.0");
        for broken in [&[][..], &[0x2a, 0x80, 1], &[0x2a, 0x86], &[0xff; 20]] {
            assert_eq!(dotted(broken), None, "{broken:02x?}");
        }
    }
}
