//! Stores that OpenSSL 3 and the JDK's keytool made for these tests.

use super::super::Verdict;
use super::super::tests::{Noise, fact};
use super::*;

fn store(name: &str) -> Vec<u8> {
    let text = match name {
        "bare.p12" => include_str!("../../../corpus/keystores/bare.p12.hex"),
        "certs.p12" => include_str!("../../../corpus/keystores/certs.p12.hex"),
        "default.p12" => include_str!("../../../corpus/keystores/default.p12.hex"),
        "locked.p12" => include_str!("../../../corpus/keystores/locked.p12.hex"),
        "sha1.p12" => include_str!("../../../corpus/keystores/sha1.p12.hex"),
        "certs.jks" => include_str!("../../../corpus/keystores/certs.jks.hex"),
        "default.jks" => include_str!("../../../corpus/keystores/default.jks.hex"),
        "locked.jks" => include_str!("../../../corpus/keystores/locked.jks.hex"),
        "secret.jceks" => include_str!("../../../corpus/keystores/secret.jceks.hex"),
        other => panic!("no store is called {other}"),
    };
    let digits: Vec<u8> =
        text.bytes().filter_map(|byte| char::from(byte).to_digit(16).map(|digit| digit as u8)).collect();
    digits.as_chunks().0.iter().map(|[high, low]| high << 4 | low).collect()
}

fn check(bytes: &[u8]) -> Evidence {
    key_store(encoding::base64_unpadded(bytes).as_bytes())
}

#[test]
fn keys_are_told_from_certificates_and_default_passwords_from_others() {
    for (name, reason, alias) in [
        ("default.p12", OPEN, "build-signing"),
        ("sha1.p12", OPEN, "old"),
        ("locked.p12", LOCKED, "build-signing"),
        ("bare.p12", "a private key in a key store, not encrypted", "none"),
        ("default.jks", OPEN, "upload"),
        ("locked.jks", LOCKED, "upload"),
        // The length of a secret key is not said, so the digest behind it is not looked for.
        ("secret.jceks", LOCKED, "hmac"),
    ] {
        let evidence = check(&store(name));
        assert_eq!((evidence.verdict, evidence.reason.as_str()), (Verdict::Pass, reason), "{name}");
        assert_eq!(fact(&evidence, fact_name::KEY_ID), alias, "{name}");
        assert_eq!(fact(&evidence, fact_name::ENCRYPTED), if name == "bare.p12" { "no" } else { "yes" }, "{name}");
    }
    for name in ["certs.p12", "certs.jks"] {
        assert_eq!(check(&store(name)).verdict, Verdict::NoSecret, "{name}");
    }
    let evidence = check(&store("default.jks"));
    assert_eq!(fact(&evidence, fact_name::FORMAT), "JKS");
    assert!(fact(&evidence, fact_name::ISSUED).starts_with("20"));
}

#[test]
fn a_store_with_another_password_does_not_open() {
    for name in ["default.p12", "sha1.p12", "default.jks"] {
        let mut bytes = store(name);
        let last = bytes.len() - 1;
        // The digest of the JKS store, the rounds of the others.
        bytes[last] ^= 1;
        assert_eq!(check(&bytes).reason, LOCKED, "{name}");
    }
}

#[test]
fn a_store_that_was_cut_off_is_unknown_or_shows_its_key() {
    for name in ["default.p12", "default.jks", "certs.jks"] {
        let bytes = store(name);
        for length in 12..bytes.len() {
            let evidence = check(&bytes[..length]);
            match evidence.verdict {
                Verdict::Unknown => assert_eq!(evidence.reason, CUT_OFF, "{name} {length}"),
                Verdict::Pass => assert_eq!((name, evidence.reason.as_str()), ("default.jks", LOCKED), "{length}"),
                // All entries are there; only of the digest behind them some is missing.
                Verdict::NoSecret => assert!(name == "certs.jks" && length >= bytes.len() - 20, "{name} {length}"),
                Verdict::Fail => panic!("{name} {length}"),
            }
        }
    }
}

#[test]
fn slow_stores_cost_no_more_than_their_size_allows() {
    // Ten million rounds: no password is tried, and the answer is there at once.
    let bytes = store("default.p12");
    let at = bytes.len() - 2;
    assert_eq!(bytes[at - 2..], [2, 2, 8, 0], "the rounds are the last number");
    let mut slow = bytes.clone();
    slow.truncate(at - 2);
    slow.extend([2, 3, 0x7f, 0xff, 0xff]);
    // Each sequence around the number is a byte longer.
    slow[3] += 1;
    let mac = memchr::memmem::rfind(&slow, &[0x30, 0x31, 0x30, 0x0d]).expect("the digest of the MAC");
    slow[mac - 1] += 1;
    assert_eq!(check(&slow).reason, LOCKED);
}

#[test]
fn damaged_stores_do_not_panic() {
    let mut noise = Noise(0x5eed);
    for name in ["default.p12", "bare.p12", "default.jks", "secret.jceks"] {
        for _ in 0..400 {
            let mut bytes = store(name);
            for _ in 0..=noise.next() % 4 {
                let at = noise.next() as usize % bytes.len();
                bytes[at] = noise.next() as u8;
            }
            assert!(!check(&bytes).reason.is_empty());
        }
    }
}
