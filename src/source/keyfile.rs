//! Binary files that are a key or a key store: told by their first bytes, and turned into the base64 in which the same
//! structures lie in text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Bytes of such a file that are encoded: their base64 is as long as the longest value of a rule. A multiple of three,
/// so that no padding stands where the file was cut.
pub(crate) const ENCODED: usize = 48 << 10;

/// Whether content that begins with `head`, or is that, may be a key store of Java or a structure in DER: a sequence
/// as long as the content (ITU-T X.690, section 8.1.3), or one that says of itself that it is longer than `head`.
pub(crate) fn may_hold_a_key(head: &[u8]) -> bool {
    match *head {
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => true,
        // The indefinite form: where it ends is not said.
        [0x30, 0x80, 2, 1, ..] => true,
        [0x30, length @ 0..=0x7f, ..] => is_end(head, 2 + usize::from(length)),
        [0x30, 0x81, length, ..] => is_end(head, 3 + usize::from(length)),
        [0x30, 0x82, high, low, ..] => is_end(head, 4 + usize::from(u16::from_be_bytes([high, low]))),
        [0x30, 0x83, a, b, c, ..] => is_end(head, 5 + (usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c))),
        _ => false,
    }
}

/// Whether a structure of so many bytes is all of `head`, or more; tools may have left a line's end behind it.
fn is_end(head: &[u8], length: usize) -> bool {
    length >= head.trim_ascii_end().len() && head.len() >= 32
}

/// Bytes of base64 that so many bytes become.
pub(crate) fn encoded_length(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

/// Encodes `raw` into `text`, which is of the [`encoded_length`].
pub(crate) fn encode(raw: &[u8], text: &mut [u8]) {
    let written = STANDARD.encode_slice(raw, text).expect("the text is as long as the encoding");
    debug_assert_eq!(written, text.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(header: &[u8], content: usize) -> Vec<u8> {
        let mut out = header.to_vec();
        out.resize(header.len() + content, 5);
        out
    }

    #[test]
    fn sequences_as_long_as_the_file_are_told_from_others() {
        for (header, length) in [
            (&[0x30, 46][..], 46),
            (&[0x30, 0x81, 135], 135),
            (&[0x30, 0x82, 4, 189], 4 * 256 + 189),
            (&[0x30, 0x83, 1, 0, 2], 65_536 + 2),
        ] {
            let whole = sequence(header, length);
            assert!(may_hold_a_key(&whole), "{header:?}");
            assert!(may_hold_a_key(&[&whole[..], b"\r\n"].concat()), "{header:?} and a line's end");
            assert!(may_hold_a_key(&whole[..40]), "{header:?}, cut off");
            assert!(!may_hold_a_key(&[&whole[..], b"more"].concat()), "{header:?} and more");
        }
    }

    #[test]
    fn key_stores_are_told_by_their_magic_and_other_files_are_not() {
        assert!(may_hold_a_key(b"\xfe\xed\xfe\xed\0\0\0\x02"));
        assert!(may_hold_a_key(b"\xce\xce\xce\xce\0\0\0\x02"));
        assert!(may_hold_a_key(b"\x30\x80\x02\x01\x03\x30\x80"));
        for other in
            [&b""[..], b"0", b"0\0\0\0", b"\x7fELF\x02\x01\x01\0", b"\xca\xfe\xba\xbe\0\0\0\x34", b"0\x03\x02\x01\0"]
        {
            assert!(!may_hold_a_key(other), "{other:?}");
        }
    }

    #[test]
    fn what_is_cut_has_no_padding() {
        let mut text = vec![0; encoded_length(ENCODED)];
        encode(&vec![7; ENCODED], &mut text);
        assert!(!text.contains(&b'='));
        assert_eq!(text.len(), 64 << 10);
    }
}
