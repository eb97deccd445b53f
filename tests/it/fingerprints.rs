//! Fingerprints: the same for the same value under the same key, whatever moves around it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use crate::run::{Place, Run, array, token, tree};

fn scan(folder: &TempDir) -> Vec<Place> {
    Run::scan(folder.path(), &["--format", "json"]).go().expect(1).places()
}

#[test]
fn one_value_in_two_files_is_one_finding() {
    let value = token("twice");
    let folder = tree(&[("a.env", &format!("A={value}\n")), ("b/c.py", &format!("x = connect('{value}')\n"))]);
    let report = Run::scan(folder.path(), &["--format", "json"]).go().expect(1).json();
    assert_eq!(array(&report["findings"]).len(), 1);
    assert_eq!(report["summary"]["secrets"], 1);
    assert_eq!(report["summary"]["places"], 2);
    let places = crate::run::places(&report);
    assert_eq!(places[0].fingerprint, places[1].fingerprint);
    assert_ne!(places[0].place_fingerprint, places[1].place_fingerprint);
    assert_eq!([places[0].path.as_str(), places[1].path.as_str()], ["a.env", "b/c.py"]);
}

#[test]
fn the_same_value_twice_in_a_file_has_two_places() {
    let value = token("ordinal");
    let folder = tree(&[("a.env", &format!("A={value}\nB={value}\n"))]);
    let report = Run::scan(folder.path(), &["--format", "json"]).go().expect(1).json();
    let places = array(&report["findings"][0]["places"]);
    assert_eq!((places[0]["ordinal"].as_u64(), places[1]["ordinal"].as_u64()), (Some(1), Some(2)));
    assert_ne!(places[0]["place_fingerprint"], places[1]["place_fingerprint"]);
}

#[test]
fn moving_lines_changes_neither_fingerprint() {
    let (one, two) = (token("one"), token("two"));
    let before = tree(&[("a.env", &format!("ONE={one}\nTWO={two}\n"))]);
    let after = tree(&[("a.env", &format!("# moved\n\n  TWO = \"{two}\"\nX=1\nONE={one}\n"))]);
    let prints = |folder| {
        let mut prints: Vec<_> =
            scan(folder).into_iter().map(|place| (place.fingerprint, place.place_fingerprint)).collect();
        prints.sort();
        prints
    };
    assert_eq!(prints(&before), prints(&after));
}

#[test]
fn a_longer_path_changes_the_place_alone() {
    let value = token("path");
    let one = scan(&tree(&[("a.env", &value)]));
    let two = scan(&tree(&[("x/a.env", &value)]));
    assert_eq!(one[0].fingerprint, two[0].fingerprint);
    assert_ne!(one[0].place_fingerprint, two[0].place_fingerprint);
}

#[test]
fn the_encoding_of_a_file_does_not_change_the_value() {
    let value = token("wide");
    let folder = tree(&[("a.env", &format!("A={value}\r\n"))]);
    let wide: Vec<u8> = format!("\u{feff}A={value}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    crate::run::put(folder.path(), "b.env", &wide);
    let report = Run::scan(folder.path(), &["--format", "json"]).go().expect(1).json();
    assert_eq!(array(&report["findings"]).len(), 1);
    assert_eq!(array(&report["findings"][0]["places"]).len(), 2);
}

#[test]
fn another_key_gives_other_fingerprints() {
    let folder = tree(&[("a.env", &token("key"))]);
    let report = |key: &str| {
        Run::scan(folder.path(), &["--format", "json"]).env("STRAYKEY_FINGERPRINT_KEY", key).go().expect(1).json()
    };
    let (one, same, two) = (
        report("a first key of some length"),
        report("a first key of some length"),
        report("another key of some length"),
    );
    assert_eq!(one, same);
    assert_eq!(one["key"]["keyed"], "secret");
    assert_ne!(one["key"]["id"], two["key"]["id"]);
    assert_ne!(one["findings"][0]["fingerprint"], two["findings"][0]["fingerprint"]);
    assert_ne!(
        one["findings"][0]["places"][0]["place_fingerprint"],
        two["findings"][0]["places"][0]["place_fingerprint"]
    );
}

#[test]
fn a_key_file_is_the_same_as_the_variable() {
    let folder = tree(&[("a.env", &token("file"))]);
    let keys = tree(&[("key", "a key that lies in a file\n")]);
    let file = keys.path().join("key");
    let arguments = ["--format", "json", "--fingerprint-key-file", file.to_str().unwrap()];
    let from_file = Run::scan(folder.path(), &arguments).without_key().go().expect(1).json();
    let from_variable = Run::scan(folder.path(), &["--format", "json"])
        .env("STRAYKEY_FINGERPRINT_KEY", "a key that lies in a file")
        .go()
        .expect(1)
        .json();
    assert_eq!(from_file["key"]["keyed"], "secret");
    assert_eq!(from_file, from_variable);
}

#[test]
fn an_empty_key_is_refused() {
    let folder = tree(&[("a.env", "A=1\n"), ("key", "\n")]);
    Run::scan(folder.path(), &[]).env("STRAYKEY_FINGERPRINT_KEY", "").go().expect(2);
    let file = folder.path().join("key");
    Run::scan(folder.path(), &["--fingerprint-key-file", file.to_str().unwrap()]).without_key().go().expect(2);
}

#[test]
fn continuous_integration_without_a_key_uses_the_public_one() {
    let weak = crate::plant::expand("Summer${}2024!", &mut crate::plant::Noise::seeded("")).unwrap();
    let folder = tree(&[("a.env", &format!("DB_PASSWORD={weak}\nTOKEN={}\n", token("ci")))]);
    let run = || Run::scan(folder.path(), &["--format", "json"]).without_key().env("CI", "true").go().expect(1).json();
    let report = run();
    assert_eq!(report["key"]["keyed"], "public");
    assert_eq!(report, run(), "the public key is the same everywhere");
    let places = crate::run::places(&report);
    assert_eq!(places.len(), 2, "{places:?}");
    for place in places {
        let strong = place.rule.starts_with("github");
        assert_eq!(place.fingerprint.is_some(), strong, "{}", place.rule);
        assert_eq!(place.place_fingerprint.len(), 64);
    }
}

#[test]
fn a_key_of_the_user_is_made_once_and_is_private() {
    let home = TempDir::with_prefix("home-").unwrap();
    let folder = tree(&[("a.env", &token("user"))]);
    let run = || Run::scan(folder.path(), &["--format", "json"]).without_key().home(home.path()).go().expect(1).json();
    let first = run();
    assert_eq!(first["key"]["keyed"], "user");
    let file = home.path().join("data/straykey/fingerprint.key");
    let (bytes, mode) = (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().permissions().mode() & 0o777);
    assert_eq!(mode, 0o600, "{mode:o}");
    assert_eq!(first, run());
    assert_eq!(fs::read(&file).unwrap(), bytes, "the key is reused");

    let other = TempDir::with_prefix("home-").unwrap();
    let theirs = Run::scan(folder.path(), &["--format", "json"]).without_key().home(other.path()).go().expect(1).json();
    assert_ne!(theirs["key"]["id"], first["key"]["id"]);
}
