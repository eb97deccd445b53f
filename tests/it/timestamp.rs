//! Time stamps of RFC 3161: sound ones of OpenSSL's, ones with one thing wrong, and what is none.
//!
//! `timestamp/make.sh` made the files, `timestamp/forge.rs` makes the rest.

mod forge;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use straykey::evidence::{TimeStamp, TimeStampError, verify_time_stamp};

use forge::{Certificate, Stamp, der, ess, ess_issued, octets, oid, pem, sequence};

const MESSAGE: &[u8] = b"What an authority stamped.\n";

/// Files and the authority of each. The signer of the last is in a file of its own.
const SOUND: [(&str, &[&str]); 10] = [
    ("rsa", &["root"]),
    ("rsa-token", &["root"]),
    ("rsa-4096-ess-v1", &["root-4096"]),
    ("rsa-4096-ess-v2", &["root-4096"]),
    ("p256", &["root-ec"]),
    ("p384-sha384", &["root-ec"]),
    ("p384-sha512", &["root-ec"]),
    ("cms", &["root"]),
    ("cms-key-id", &["root"]),
    ("rsa-without-certificate", &["root", "between", "rsa-signer"]),
];

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/timestamp").join(name)).unwrap()
}

fn token(name: &str) -> Vec<u8> {
    file(&format!("{name}.tsr"))
}

fn authorities(names: &[&str]) -> Vec<u8> {
    names.iter().flat_map(|name| file(&format!("{name}.pem"))).collect()
}

/// Asserts that it is refused, with an error that says `says`.
#[track_caller]
fn refused(result: Result<TimeStamp, TimeStampError>, says: &str) {
    let error = result.expect_err(says).to_string();
    assert!(error.contains(says), "{error:?} does not say {says:?}");
}

/// A time stamp made by hand, after `change`.
fn forged(change: impl FnOnce(&mut Stamp)) -> Result<TimeStamp, TimeStampError> {
    let mut stamp = Stamp::of(MESSAGE);
    change(&mut stamp);
    verify_time_stamp(&stamp.der(), MESSAGE, &stamp.pem())
}

#[test]
fn sound_ones_hold() {
    assert_eq!(file("message.txt"), MESSAGE);
    for (name, roots) in SOUND {
        let stamp = verify_time_stamp(&token(name), MESSAGE, &authorities(roots))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(stamp.policy, "1.3.6.1.4.1.32473.1", "{name}");
        assert_eq!(stamp.accuracy_seconds, Some(2), "{name}");
        assert!(stamp.authority.starts_with("CN=") && stamp.authority.ends_with(", O=Straykey tests"), "{stamp:?}");
        assert!(!stamp.serial.is_empty() && stamp.time.as_second() > 1_700_000_000, "{name}: {stamp:?}");
    }
}

#[test]
fn response_and_bare_token_say_the_same() {
    let verify = |name| verify_time_stamp(&token(name), MESSAGE, &authorities(&["root"])).unwrap();
    assert_eq!(verify("rsa"), verify("rsa-token"));
}

#[test]
fn one_made_by_hand_holds_and_says_what_is_in_it() {
    let stamp = forged(|_| ()).unwrap();
    assert_eq!(stamp.time.to_string(), "2024-01-01T00:00:00Z");
    assert_eq!((stamp.policy.as_str(), stamp.serial.as_str(), stamp.authority.as_str()), ("1.2.3", "ab", "CN=Signer"));
    assert_eq!(stamp.accuracy_seconds, None);
    assert_eq!(forged(|stamp| stamp.status = 1).unwrap(), stamp);
    // Milliseconds round up; ordering, nonce, the hint at the authority and an extension that is not critical pass.
    let extension = sequence(&[&oid(&[0x2a, 5]), &octets(b"")]);
    let accuracy = |parts: &[u8]| {
        let tail = [
            sequence(&[parts]),
            der(1, &[&[0xff]]),
            der(2, &[&[7]]),
            der(0xa0, &[&der(0x86, &[b"tsa"])]),
            der(0xa1, &[&extension]),
        ];
        forged(|stamp| stamp.tail = tail.concat()).map(|stamp| stamp.accuracy_seconds)
    };
    assert_eq!(accuracy(&[2, 1, 3]).unwrap(), Some(3));
    assert_eq!(accuracy(&[2, 1, 3, 0x80, 1, 1]).unwrap(), Some(4));
    assert_eq!(accuracy(&[0x81, 1, 1]).unwrap(), Some(1));
    assert!(accuracy(&[0x81, 1, 1, 2, 1, 3]).is_err());
}

#[test]
fn it_holds_for_its_bytes_alone() {
    for (name, roots) in SOUND {
        refused(verify_time_stamp(&token(name), b"Other bytes.\n", &authorities(roots)), "stamps other bytes");
        refused(verify_time_stamp(&token(name), b"", &authorities(roots)), "stamps other bytes");
    }
    refused(forged(|stamp| stamp.imprint.truncate(31)), "stamps other bytes");
}

#[test]
fn only_pinned_authorities_count() {
    for (name, _) in &SOUND[..9] {
        let other = if name.starts_with('p') { "root" } else { "root-ec" };
        refused(verify_time_stamp(&token(name), MESSAGE, &authorities(&[other])), "none of the pinned ones issued it");
    }
    // The name of the authority with another key.
    let renamed = Certificate { issuer: "Impostor", ..Certificate::authority("Root", "Impostor") };
    let stamp =
        Stamp { between: Certificate { issuer: "Impostor", ..Stamp::of(MESSAGE).between }, ..Stamp::of(MESSAGE) };
    assert!(verify_time_stamp(&stamp.der(), MESSAGE, &stamp.pem()).is_err());
    assert!(verify_time_stamp(&stamp.der(), MESSAGE, &pem(&[renamed.der()])).is_err());
    // Pinning the certificate of the signer itself pins no authority.
    refused(verify_time_stamp(&token("rsa"), MESSAGE, &authorities(&["rsa-signer"])), "no pinned one was");
    // An authority in between is one as well, and enough.
    verify_time_stamp(&token("rsa"), MESSAGE, &authorities(&["between"])).unwrap();
    verify_time_stamp(&token("rsa-without-certificate"), MESSAGE, &authorities(&["between", "rsa-signer"])).unwrap();
}

#[test]
fn pinned_certificates_have_to_be_readable() {
    let with = |roots: &[u8]| verify_time_stamp(&token("rsa"), MESSAGE, roots);
    refused(with(b""), "none in PEM");
    refused(with(&Stamp::of(MESSAGE).root.der()), "none in PEM");
    refused(with(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"), "not in PEM");
    refused(with(&pem(&[vec![0x30, 0]])), "cannot be read");
    refused(with(&vec![b' '; (1 << 20) + 1]), "larger than 1 MiB");
    refused(with(&pem(&vec![Stamp::of(MESSAGE).root.der(); 513])), "more than 512");
}

#[test]
fn an_answer_without_a_time_stamp_says_so() {
    refused(verify_time_stamp(&token("rejected"), MESSAGE, &authorities(&["root"])), "did not grant it (status 2)");
    for status in 2..=6 {
        refused(forged(|stamp| stamp.status = status), "did not grant it");
    }
}

#[test]
fn what_is_stamped_is_a_time_stamp() {
    refused(forged(|stamp| stamp.kind = forge::DATA), "content of the type 1.2.840.113549.1.7.1");
    refused(forged(|stamp| stamp.content_type = forge::DATA), "content of the type 1.2.840.113549.1.7.1");
    refused(forged(|stamp| stamp.attribute_type = forge::DATA), "content type of its attributes");
    refused(forged(|stamp| stamp.digest = Some(Sha256::digest(b"other").to_vec())), "digest of its attributes");
    refused(forged(|stamp| stamp.time = "20240101000000"), "the TSTInfo");
    refused(forged(|stamp| stamp.time = "19690101000000Z"), "no pinned one");
    let critical = sequence(&[&oid(&[0x2a, 5]), &der(1, &[&[0xff]]), &octets(b"")]);
    refused(forged(|stamp| stamp.tail = der(0xa1, &[&critical])), "critical extension");
}

#[test]
fn algorithms_are_those_that_hold() {
    refused(
        verify_time_stamp(&token("rsa-of-sha1"), MESSAGE, &authorities(&["root"])),
        "what is stamped is by the algorithm 1.3.14.3.2.26",
    );
    refused(verify_time_stamp(&token("pss"), MESSAGE, &authorities(&["root"])), "1.2.840.113549.1.1.10");
    refused(forged(|stamp| stamp.imprint_algorithm = &[0x2a, 3]), "by the algorithm 1.2.3");
    refused(
        forged(|stamp| stamp.digest_algorithm = &[0x2b, 14, 3, 2, 26]),
        "attributes is by the algorithm 1.3.14.3.2.26",
    );
    // A digest that is not that of the signature.
    refused(forged(|stamp| stamp.signature_algorithm = forge::ECDSA_SHA256), "the signature is by the algorithm");
    refused(
        forged(|stamp| stamp.signature_algorithm = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12]),
        "not by the key of CN=Signer",
    );
}

#[test]
fn there_is_one_signer() {
    refused(verify_time_stamp(&token("two-signers"), MESSAGE, &authorities(&["root", "root-ec"])), "2 signers");
    refused(forged(|stamp| stamp.signers = 0), "0 signers");
    refused(forged(|stamp| stamp.signers = 2), "2 signers");
}

#[test]
fn it_names_the_certificate_of_its_signer() {
    refused(verify_time_stamp(&token("without-ess"), MESSAGE, &authorities(&["root"])), "do not name the certificate");
    refused(forged(|stamp| stamp.ess = Some(ess(&Sha256::digest(b"other")))), "for another certificate");
    let hash = Sha256::digest(Stamp::of(MESSAGE).signer.der());
    forged(|stamp| stamp.ess = Some(ess_issued(&hash, "Between", 1))).unwrap();
    refused(forged(|stamp| stamp.ess = Some(ess_issued(&hash, "Root", 1))), "for another certificate");
    refused(forged(|stamp| stamp.ess = Some(ess_issued(&hash, "Between", 2))), "for another certificate");
    // Twice the attribute: which one counts?
    refused(forged(|stamp| stamp.attributes = ess(&hash)), "the signed attributes");
    // The certificate is there, but another one is called the signer's.
    refused(forged(|stamp| stamp.called = ("Between", 2)), "neither in it nor pinned");
    refused(forged(|stamp| stamp.called = ("Root", 1)), "for another certificate");
    refused(forged(|stamp| stamp.with_signer = false), "neither in it nor pinned");
    // The same key and name under a second certificate: the attribute tells them apart.
    let second = Certificate { last: "300101000000Z", ..Stamp::of(MESSAGE).signer };
    forged(|stamp| stamp.others = vec![second.der()]).unwrap();
}

#[test]
fn the_signature_is_by_the_key_of_the_signer() {
    refused(forged(|stamp| stamp.key = "Between"), "its signature is not by the key of CN=Signer");
}

#[test]
fn the_certificate_is_for_time_stamps_alone() {
    let signer = |change: fn(&mut Certificate)| forged(|stamp| change(&mut stamp.signer));
    refused(signer(|signer| signer.extended = None), "no extended key usage");
    refused(signer(|signer| signer.extended = Some((false, vec![forge::TIME_STAMPING]))), "is not critical");
    refused(signer(|signer| signer.extended = Some((true, vec![forge::CODE_SIGNING]))), "not timeStamping alone");
    refused(
        signer(|signer| signer.extended = Some((true, vec![forge::TIME_STAMPING, forge::CODE_SIGNING]))),
        "not timeStamping alone",
    );
    refused(signer(|signer| signer.key_usage = Some(0x20)), "key usage");
    refused(signer(|signer| signer.key_usage = Some(0x84)), "key usage");
    refused(signer(|signer| signer.constraints = Some((true, None))), "authority for certificates");
    signer(|signer| signer.key_usage = None).unwrap();
    signer(|signer| signer.key_usage = Some(0xc0)).unwrap();
}

#[test]
fn every_certificate_is_valid_at_the_time_of_the_stamp() {
    refused(verify_time_stamp(&token("expired"), MESSAGE, &authorities(&["root"])), "had expired");
    let (before, after) = ("231231235959Z", "240101000001Z");
    refused(forged(|stamp| stamp.signer.last = before), "had expired");
    refused(forged(|stamp| stamp.signer.first = after), "not valid yet");
    refused(forged(|stamp| stamp.between.last = before), "had expired");
    refused(forged(|stamp| stamp.between.first = after), "not valid yet");
    refused(forged(|stamp| stamp.root.last = before), "no pinned one was that of an authority then");
    refused(forged(|stamp| stamp.root.first = after), "no pinned one was that of an authority then");
    // Long expired by now, valid then.
    forged(|stamp| {
        stamp.signer.last = "240101000000Z";
        stamp.between.last = "240101000000Z";
        stamp.root.last = "240101000000Z";
    })
    .unwrap();
}

#[test]
fn authorities_may_issue_certificates() {
    let between = |change: fn(&mut Certificate)| forged(|stamp| change(&mut stamp.between));
    refused(between(|between| between.constraints = None), "not to issue certificates");
    refused(between(|between| between.constraints = Some((false, None))), "not to issue certificates");
    refused(between(|between| between.key_usage = Some(0x80)), "not to issue certificates");
    refused(between(|between| between.extended = Some((false, vec![forge::CODE_SIGNING]))), "not for time stamps");
    between(|between| between.extended = Some((false, vec![forge::TIME_STAMPING, forge::CODE_SIGNING]))).unwrap();
    between(|between| between.constraints = Some((true, Some(0)))).unwrap();
    refused(forged(|stamp| stamp.root.constraints = None), "no pinned one");
    refused(forged(|stamp| stamp.root.key_usage = Some(0x80)), "no pinned one");
    // No authority may stand below this root, and one does.
    refused(forged(|stamp| stamp.root.constraints = Some((true, Some(0)))), "not to issue certificates");
    forged(|stamp| stamp.root.constraints = Some((true, Some(1)))).unwrap();
}

#[test]
fn nothing_follows_the_last_member() {
    for place in 0..6 {
        refused(forged(|stamp| stamp.trailing[place] = der(0x0c, &[b"x"])), "with more behind its end");
    }
    for (name, roots) in SOUND {
        let longer = [&token(name)[..], &[0]].concat();
        refused(verify_time_stamp(&longer, MESSAGE, &authorities(roots)), "with more behind its end");
    }
}

#[test]
fn sizes_are_bounded() {
    refused(verify_time_stamp(&vec![0x30; (64 << 10) + 1], MESSAGE, &authorities(&["root"])), "larger than 64 KiB");
    let others = |many: usize| forged(|stamp| stamp.others = vec![stamp.root.der(); many]);
    others(14).unwrap();
    refused(others(15), "the set of certificates");
}

#[test]
fn a_part_of_one_is_none() {
    for (name, roots) in SOUND {
        let (whole, roots) = (token(name), authorities(roots));
        for len in 0..whole.len() {
            assert!(verify_time_stamp(&whole[..len], MESSAGE, &roots).is_err(), "{name}: {len} bytes of it");
        }
    }
}

/// Each byte of each token, changed once. What nothing signs may change where its meaning does not: a status that says it
/// was granted with modifications, and rsaEncryption for sha256WithRSAEncryption.
#[test]
fn a_changed_byte_is_noticed() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for (name, roots) in SOUND {
        let (sound, roots) = (token(name), authorities(roots));
        let stamp = verify_time_stamp(&sound, MESSAGE, &roots).unwrap();
        for at in 0..sound.len() {
            // xorshift64.
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let mut changed = sound.clone();
            changed[at] ^= u8::try_from(seed % 255).unwrap() + 1;
            if let Ok(found) = verify_time_stamp(&changed, MESSAGE, &roots) {
                assert_eq!(found, stamp, "{name}: byte {at}");
                let same = [[2, 1, 0], [2, 1, 1], [1, 1, 1], [1, 1, 11], [1, 1, 13]];
                let pair = [&sound, &changed].map(|token| same.contains(&token[at - 2..=at].try_into().unwrap()));
                assert_eq!(pair, [true; 2], "{name}: byte {at} may not be another one");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_no_time_stamp(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        prop_assert!(verify_time_stamp(&bytes, MESSAGE, &authorities(&["root"])).is_err());
        let inside = sequence(&[&sequence(&[&der(2, &[&[0]])]), &sequence(&[&bytes])]);
        prop_assert!(verify_time_stamp(&inside, MESSAGE, &authorities(&["root"])).is_err());
    }

    #[test]
    fn any_bytes_are_no_pinned_certificate(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(verify_time_stamp(&token("p256"), MESSAGE, &bytes).is_err());
        prop_assert!(verify_time_stamp(&token("p256"), MESSAGE, &pem(&[bytes])).is_err());
    }
}
