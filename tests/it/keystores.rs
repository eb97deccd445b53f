//! Keys and key stores as binary files, and the same bytes as base64 in text.

use std::fs;
use std::path::Path;

use base64::Engine as _;

use crate::run::{Run, array, string};

/// The bytes of a store of the corpus.
fn store(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/keystores").join(format!("{name}.hex"));
    let digits: Vec<u8> = fs::read(path)
        .expect("part of the corpus")
        .iter()
        .filter_map(|&byte| char::from(byte).to_digit(16).map(|digit| digit as u8))
        .collect();
    digits.as_chunks().0.iter().map(|[high, low]| high << 4 | low).collect()
}

/// Rule, fingerprint, start and end of each finding in a file of these bytes.
fn findings(name: &str, bytes: &[u8]) -> Vec<(String, String, Vec<u64>)> {
    let folder = tempfile::tempdir().expect("a temporary directory");
    fs::write(folder.path().join(name), bytes).expect("written");
    let run = Run::scan(folder.path(), &["--format", "json", "--fail-on", "never"]).go().expect(0);
    let report = run.json();
    array(&report["findings"])
        .iter()
        .map(|finding| {
            let place = &array(&finding["places"])[0]["region"];
            let number = |key: &str| place[key].as_u64();
            let numbers = ["start_line", "start_column", "end_line", "end_column"].into_iter().filter_map(number);
            (string(&finding["rule"]["id"]), string(&finding["fingerprint"]), numbers.collect())
        })
        .collect()
}

#[test]
fn binary_keys_and_stores_are_found_by_the_rules_for_their_base64() {
    for (name, rule) in [
        ("key.der", "private-key-der-base64"),
        ("default.p12", "key-store-pkcs12"),
        ("locked.p12", "key-store-pkcs12"),
        ("default.jks", "key-store-java"),
        ("secret.jceks", "key-store-java"),
    ] {
        let bytes = store(name);
        let raw = findings(name, &bytes);
        let [(found, fingerprint, place)] = &raw[..] else { panic!("{name}: {} findings", raw.len()) };
        assert_eq!((found.as_str(), &place[..]), (rule, &[1, 1, 1, 1][..]), "{name}");

        let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
        let wrapped: Vec<String> =
            text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into()).collect();
        for manifest in [format!("data:\n  {name}: {text}\n"), format!("blob: |\n    {}\n", wrapped.join("\n    "))] {
            let again = findings("manifest.yaml", manifest.as_bytes());
            let [(found, same, _)] = &again[..] else { panic!("{name} in text: {} findings", again.len()) };
            assert_eq!((found.as_str(), same), (rule, fingerprint), "{name} in text");
        }
    }
}

#[test]
fn stores_of_certificates_and_other_binaries_are_no_finding() {
    for name in ["certs.p12", "certs.jks"] {
        assert_eq!(findings(name, &store(name)), [], "{name}");
    }
    // What follows a key makes it something else than a key file.
    let mut more = store("key.der");
    more.extend([0; 40]);
    assert_eq!(findings("key.bin", &more), []);
}

#[test]
fn a_large_store_shows_the_key_at_its_beginning() {
    // Entries behind the first are certificates without end: the store is longer than any value.
    let mut bytes = store("default.jks");
    bytes.truncate(bytes.len() - 20);
    bytes[11] = 200;
    bytes.resize(1 << 20, 0);
    let found = findings("large.jks", &bytes);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "key-store-java");
}
