//! Decoders for the text encodings that tokens use. Each returns `None` for text outside its
//! alphabet and never allocates more than the input's size.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Issuers pad or not, and some leave bits over in the last character; neither tells a real token
/// from a made-up one.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Decodes base64 of either alphabet (RFC 4648, sections 4 and 5), padded or not. Text that mixes
/// both alphabets is refused.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    if text.iter().any(|b| matches!(b, b'-' | b'_')) { URL_SAFE.decode(text).ok() } else { STANDARD.decode(text).ok() }
}

/// Whether every character belongs to one of the base64 alphabets; for parts that are opaque and
/// whose length need not be that of whole bytes.
pub(super) fn is_base64_like(text: &[u8]) -> bool {
    text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'='))
}

/// Encodes in the standard alphabet without padding.
pub(super) fn base64_unpadded(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes)
}

/// Decodes base32 (RFC 4648, section 6) of either case without padding; bits left over at the end
/// are dropped.
pub(super) fn base32(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 5 / 8);
    let mut bits = 0_u32;
    let mut held = 0_u32;
    for &byte in text {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        held = (held << 5) | u32::from(digit);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    Some(out)
}

/// The digits of base62 in the order 0-9, A-Z, a-z.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The base62 text of a number, most significant digit first, without leading zeros; `0` for zero.
pub(super) fn base62(number: u32) -> String {
    digits(number, BASE62)
}

/// The base36 text of a number in lower case, without leading zeros; `0` for zero.
pub(super) fn base36(number: u32) -> String {
    digits(number, b"0123456789abcdefghijklmnopqrstuvwxyz")
}

/// A number in the positional system of `alphabet`, which has at least two characters of ASCII.
pub(super) fn digits(mut number: u32, alphabet: &[u8]) -> String {
    let base = alphabet.len() as u32;
    let mut out = Vec::with_capacity(8);
    loop {
        out.push(alphabet[(number % base) as usize]);
        number /= base;
        if number == 0 {
            break;
        }
    }
    out.iter().rev().map(|&b| char::from(b)).collect()
}

/// Reads a base36 number in lower case; `None` beyond 64 bits.
pub(super) fn parse_base36(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, &byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            _ => return None,
        };
        number.checked_mul(36)?.checked_add(u64::from(digit))
    })
}

/// Reads a decimal number of digits alone; `None` beyond 64 bits.
pub(super) fn parse_decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, &byte| {
        if !byte.is_ascii_digit() {
            return None;
        }
        number.checked_mul(10)?.checked_add(u64::from(byte - b'0'))
    })
}

/// Reads exactly 8 hexadecimal digits of either case.
pub(super) fn hex32(text: &[u8]) -> Option<u32> {
    if text.len() != 8 {
        return None;
    }
    text.iter().try_fold(0_u32, |number, &byte| Some((number << 4) | char::from(byte).to_digit(16)?))
}

/// CRC-16/XMODEM: polynomial 0x1021, start 0, not reflected.
pub(super) fn crc16_xmodem(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(
            crc ^ (u16::from(byte) << 8),
            |crc, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
            },
        )
    })
}

/// CRC-24 of `OpenPGP` armour (RFC 9580, section 6.1): polynomial 0x864CFB, start 0xB704CE.
pub(super) fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x00b7_04ce, |crc, &byte| {
        (0..8).fold(crc ^ (u32::from(byte) << 16), |crc, _| {
            let shifted = crc << 1;
            if shifted & 0x0100_0000 == 0 { shifted } else { shifted ^ 0x0186_4cfb }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_check_values_hold() {
        let nine = b"123456789";
        assert_eq!(crc32fast::hash(nine), 0xcbf4_3926);
        assert_eq!(crc16_xmodem(nine), 0x31c3);
        assert_eq!(crc24(nine), 0x0021_cf02);
    }

    #[test]
    fn base32_follows_rfc_4648() {
        for (text, want) in [("", ""), ("MY", "f"), ("MZXQ", "fo"), ("mzxw6", "foo"), ("MZXW6YTBOI", "foobar")] {
            assert_eq!(base32(text.as_bytes()).unwrap(), want.as_bytes());
        }
        assert_eq!(base32(b"A1"), None);
    }

    #[test]
    fn base64_takes_both_alphabets() {
        for (text, want) in [
            (&b"Zm9v"[..], Some(b"foo".to_vec())),
            (b"Zm8", Some(b"fo".to_vec())),
            (b"Zm8=", Some(b"fo".to_vec())),
            (b"-_-_", Some(vec![0xfb, 0xff, 0xbf])),
            (b"+/+/", Some(vec![0xfb, 0xff, 0xbf])),
            (b"+_+_", None),
            (b"Z", None),
            (b"Zm 8", None),
        ] {
            assert_eq!(base64(text), want);
        }
    }

    #[test]
    fn numbers_round_trip() {
        for number in [0, 1, 35, 36, 61, 62, 3843, 1_000_000, u32::MAX] {
            let text = base36(number);
            assert_eq!(parse_base36(text.as_bytes()), Some(u64::from(number)));
            assert_eq!(u32::from_str_radix(&text, 36).unwrap(), number);
        }
        assert_eq!(base62(u32::MAX), "4gfFC3");
        assert_eq!(hex32(b"CbF43926"), Some(0xcbf4_3926));
        assert_eq!(hex32(b"+bf43926"), None);
        assert_eq!(parse_base36(b"zzzzzzzzzzzzzzz"), None);
        assert_eq!(parse_decimal(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_decimal(b"18446744073709551616"), None);
    }
}
