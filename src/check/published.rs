//! Credentials that issuers and standards publish as examples, or that emulators share: everybody has them. They are
//! known here by their digests, so that no scanner takes this file for a leak.

use sha2::{Digest as _, Sha256};

/// SHA-256 of each value.
const DIGESTS: [[u8; 32]; 4] = [
    // The account key of the Azurite and Azure Storage emulators.
    digest("0011cc25eb4320717494d2703e8cba85743e71b500283c21c8b88147992f9059"),
    // The key of the Azure Cosmos DB emulator.
    digest("aa6547439583c3a275d4542a0df6c1ad6a863971be9f2a2220f027cc02aef615"),
    // The user Aladdin and his password, as RFC 7617, section 2, has them in base64.
    digest("cf4d418ed3de92d71f767db5391d5a2dacd40e1ce49e75d1137e2ecf4982d844"),
    // The same as many documentations of HTTP spell them.
    digest("73f71af093fdf1541b2c376f03436d71d1209d8a181f87d36e53a44b87ac4c4f"),
];

/// Their lengths in bytes: of few values a digest has to be made.
const LENGTHS: [usize; 3] = [24, 28, 88];

/// Whether `value` is one of them.
pub(super) fn is_published(value: &[u8]) -> bool {
    LENGTHS.contains(&value.len()) && DIGESTS.contains(&Sha256::digest(value).into())
}

const fn digest(hexadecimal: &str) -> [u8; 32] {
    const fn nibble(byte: u8) -> u8 {
        match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => panic!("a digit is not hexadecimal"),
        }
    }
    let text = hexadecimal.as_bytes();
    assert!(text.len() == 64, "a digest has 64 digits");
    let mut out = [0; 32];
    let mut at = 0;
    while at < 32 {
        out[at] = nibble(text[2 * at]) << 4 | nibble(text[2 * at + 1]);
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_are_known() {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(["Aladdin:", "open sesame"].concat());
        assert!(is_published(encoded.as_bytes()));
        let other = base64::engine::general_purpose::STANDARD.encode(["Aladdin:", "open Sesame"].concat());
        assert!(!is_published(other.as_bytes()));
    }
}
