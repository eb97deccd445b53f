//! Random text of given alphabets, from a seed: every run draws the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::keys;

/// xorshift64* (Marsaglia 2003, Vigna 2016): small, seeded, and good enough to look random.
#[derive(Clone, Debug)]
pub(crate) struct Noise(u64);

impl Noise {
    /// A generator that depends on `seed` alone, through FNV-1a.
    pub(crate) fn seeded(seed: &str) -> Self {
        let hash = seed
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(hash | 1)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number from 0 to `bound`, which is left out.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("it is below a usize")
    }

    /// `count` random bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 56) as u8).collect()
    }

    /// `count` characters of `alphabet`. From ten on, at least one digit and one letter, where it has both.
    pub(crate) fn text(&mut self, alphabet: &[u8], count: usize) -> String {
        let has = |text: &[u8], test: fn(&u8) -> bool| text.iter().any(test);
        let mixed = has(alphabet, u8::is_ascii_digit) && has(alphabet, u8::is_ascii_alphabetic) && count >= 10;
        loop {
            let text: Vec<u8> = (0..count).map(|_| alphabet[(self.next() >> 33) as usize % alphabet.len()]).collect();
            if !mixed || (has(&text, u8::is_ascii_digit) && has(&text, u8::is_ascii_alphabetic)) {
                return String::from_utf8(text).expect("alphabets are ASCII");
            }
        }
    }
}

const DIGITS: &[u8] = b"0123456789";
const LOWER_HEX: &[u8] = b"0123456789abcdef";
const UPPER_HEX: &[u8] = b"0123456789ABCDEF";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER_DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const UPPER_DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/";
const BASE64_URL: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Strips the joiner `${}` from `text` and replaces each `{{GENERATOR}}`.
pub(crate) fn expand(text: &str, noise: &mut Noise) -> Result<String, String> {
    let text = text.replace("${}", "");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, behind)) = rest.split_once("{{") {
        let (generator, after) = behind.split_once("}}").ok_or("a generator has no end")?;
        out.push_str(before);
        out.push_str(&generate(generator, noise)?);
        rest = after;
    }
    out.push_str(rest);
    if out.is_empty() { Err("the text is empty".into()) } else { Ok(out) }
}

fn generate(generator: &str, noise: &mut Noise) -> Result<String, String> {
    let (name, argument) = generator.split_once(':').unwrap_or((generator, ""));
    let alphabet = match name {
        "digits" => DIGITS,
        "hex" => LOWER_HEX,
        "HEX" => UPPER_HEX,
        "lower" => LOWER,
        "upper" => UPPER,
        "alnum" => LOWER_DIGITS,
        "ALNUM" => UPPER_DIGITS,
        "base62" => BASE62,
        "base64" => BASE64,
        "base64url" => BASE64_URL,
        "base32" => BASE32,
        "base58" => BASE58,
        "uuid" => return Ok(uuid(noise)),
        "crc32" => return Ok(checksummed(argument, noise)),
        "basic" => return Ok(STANDARD.encode(argument)),
        "jwt" => return Ok(keys::jwt(noise)),
        "pypi" => return Ok(keys::pypi(noise)),
        "openssh" => return Ok(keys::openssh(noise)),
        "sshpub" => return Ok(keys::ssh_public(noise)),
        "cert" => return Ok(keys::certificate(noise)),
        "pubpem" => return Ok(keys::public_pem(noise)),
        "base64cert" => return Ok(STANDARD.encode(keys::certificate(noise) + "\n")),
        "pem" => return keys::pem(argument, noise),
        "escaped" => return Ok(keys::pem(argument, noise)?.replace('\n', "\\n")),
        "base64pem" => return Ok(STANDARD.encode(keys::pem(argument, noise)? + "\n")),
        _ => return Err(format!("{{{{{generator}}}}} is no generator")),
    };
    let count = argument.parse().map_err(|_| format!("{{{{{generator}}}}} needs a length"))?;
    Ok(noise.text(alphabet, count))
}

/// A version 4 UUID of RFC 9562.
fn uuid(noise: &mut Noise) -> String {
    let mut bytes = noise.bytes(16);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// `prefix`, 30 base62 characters and their CRC-32 in six base62 digits, as GitHub described its tokens in 2021.
fn checksummed(prefix: &str, noise: &mut Noise) -> String {
    let body = noise.text(BASE62, 30);
    let mut sum = crc32(body.as_bytes());
    let mut tail = [0; 6];
    for digit in tail.iter_mut().rev() {
        *digit = BASE62[sum as usize % 62];
        sum /= 62;
    }
    format!("{prefix}{body}{}", tail.map(char::from).iter().collect::<String>())
}

/// The CRC-32 of IEEE 802.3, bit by bit: the scanner's own code is not what it is measured with.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    })
}
