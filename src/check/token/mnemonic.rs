//! Mnemonics of wallets (BIP-39): 12 to 24 words of a list of 2,048, the last bits of which are a checksum.

use bip39::{Error, Language, Mnemonic};

use super::{Evidence, fact_name};

/// The words on which wallets of test networks and of documentation stand: the first of the list and its checksum
/// word, and the one that Hardhat and Ganache print at each start.
const PUBLISHED: [&str; 3] = ["abandon abandon abandon", "test test test test test", "zoo zoo zoo zoo"];

/// Checks English words between white space, which is what practically all wallets use.
pub(super) fn bip39(value: &[u8]) -> Evidence {
    let Ok(text) = std::str::from_utf8(value) else {
        return Evidence::no_secret("is no text");
    };
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let text = words.join(" ");
    if PUBLISHED.iter().any(|start| text.starts_with(start)) {
        return Evidence::no_secret("a mnemonic that documentation publishes");
    }
    match Mnemonic::parse_in_normalized(Language::English, &text) {
        Ok(_) => Evidence::pass("all words are in the list and the checksum agrees")
            .with(fact_name::FORMAT, format!("BIP-39, {} words", words.len())),
        Err(Error::InvalidChecksum) => Evidence::fail("the checksum of the words does not agree"),
        Err(_) => Evidence::no_secret("not the words of a mnemonic"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn checksums_of_the_standard_agree() {
        // The test vectors of BIP-39 for 7f7f…, 8080… and a random entropy.
        for words in [
            "legal winner thank year wave sausage worth useful legal winner thank yellow",
            "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
            "gravity machine north sort system female filter attitude volume fold club stay feature office ecology stable narrow fog",
        ] {
            let evidence = bip39(words.as_bytes());
            assert_eq!(evidence.verdict, Verdict::Pass, "{words}");
            assert!(evidence.facts[0].value.starts_with("BIP-39, 1"));
            let (other, _) = words.rsplit_once(' ').unwrap();
            assert_eq!(bip39(format!("{other} abandon").as_bytes()).verdict, Verdict::Fail);
            assert_eq!(bip39(other.as_bytes()).verdict, Verdict::NoSecret);
        }
    }

    #[test]
    fn sentences_and_published_words_are_no_secret() {
        for words in [
            "the quick brown fox jumps over the lazy dog and runs away",
            &format!("{}about", "abandon ".repeat(11)),
            &format!("{}junk", "test ".repeat(11)),
        ] {
            assert_eq!(bip39(words.as_bytes()).verdict, Verdict::NoSecret, "{words}");
        }
        assert_eq!(bip39(b"\xff").verdict, Verdict::NoSecret);
    }
}
