//! Signed bundles: who made them, and that every change to one is noticed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use straykey::evidence::sign::PublicKey;
use straykey::evidence::{Bundle, ENVELOPE, MANIFEST, RECORDS, RESULTS, STATEMENT, verify};
use tempfile::TempDir;

use crate::formats::{assert_valid, schema};
use crate::plant::Noise;
use crate::run::{Run, token, tree};

/// A folder with a pair of keys, `k` and `k.pub`.
fn keys() -> TempDir {
    let folder = TempDir::with_prefix("keys-").unwrap();
    Run::new(["evidence", "keygen"]).args([folder.path().join("k")]).go().expect(0);
    folder
}

/// Scans a tree with a secret of its own into the bundle `name` of `above`.
fn scan(above: &Path, name: &str, arguments: &[&str]) -> PathBuf {
    let folder = tree(&[("a.env", &format!("T={}\n", token(name)))]);
    let bundle = above.join(name);
    let output = format!("evidence={}", bundle.display());
    Run::scan(folder.path(), &["--fail-on", "never", "--output", &output]).args(arguments).go().expect(0);
    bundle
}

fn path(file: &Path) -> &str {
    file.to_str().unwrap()
}

#[test]
fn a_signed_bundle_is_authentic_to_those_who_pin_its_key() {
    let (keys, other) = (keys(), keys());
    let (key, public) = (keys.path().join("k"), keys.path().join("k.pub"));
    let bundle = scan(keys.path(), "b", &["--sign-key", path(&key)]);
    let verify = |arguments: &[&Path]| {
        let options = arguments.iter().flat_map(|key| ["--key", path(key)]);
        Run::new(["evidence", "verify", path(&bundle)]).args(options).go()
    };
    let text = verify(&[&public]).expect(0).text();
    assert!(text.contains(": authentic (key "), "{text}");
    let envelope = serde_json::from_slice(&fs::read(bundle.join(ENVELOPE)).unwrap()).unwrap();
    assert_valid(&schema("tests/it/schemas/dsse-envelope-v1.schema.json"), &envelope);
    assert!(verify(&[&other.path().join("k.pub"), &public]).expect(0).text().contains(": authentic (key "));
    // Nobody pinned a key: what is signed is no more than consistent.
    let text = verify(&[]).expect(0).text();
    assert!(text.contains(": consistent\n") && !text.contains("authentic"), "{text}");
    let text = verify(&[&other.path().join("k.pub")]).expect(1).text();
    assert!(text.contains("not authentic: it is signed, but by none of the keys given"), "{text}");
    for bad in [&key, &bundle.join(MANIFEST)] {
        assert!(verify(&[bad]).expect(2).stderr.contains("no Ed25519 public key"));
    }
    let json =
        Run::new(["evidence", "verify", "--format", "json", path(&bundle), "--key", path(&public)]).go().expect(0);
    assert_eq!(json.json()["state"], "authentic");
}

#[test]
fn a_bundle_without_a_signature_is_never_authentic() {
    let keys = keys();
    let bundle = scan(keys.path(), "b", &[]);
    let public = keys.path().join("k.pub");
    let ran = Run::new(["evidence", "verify", path(&bundle), "--key", path(&public)]).go().expect(1);
    assert!(ran.text().contains("consistent, not authentic: it is not signed"), "{}", ran.text());
}

#[test]
fn a_key_from_the_environment_signs_and_is_never_shown() {
    let keys = keys();
    let pem = fs::read_to_string(keys.path().join("k")).unwrap();
    let bundle = keys.path().join("b");
    let folder = tree(&[("a", "text\n")]);
    let output = format!("evidence={}", bundle.display());
    Run::scan(folder.path(), &["--output", &output]).env("STRAYKEY_SIGNING_KEY", &pem).go().expect(0);
    let public = [PublicKey::from_pem(&fs::read_to_string(keys.path().join("k.pub")).unwrap()).unwrap()];
    assert!(Bundle::read(&bundle).unwrap().signer(&public).is_some());
    let body = pem.lines().nth(1).unwrap();
    for entry in fs::read_dir(&bundle).unwrap() {
        assert!(!fs::read_to_string(entry.unwrap().path()).unwrap().contains(body));
    }
    let bad =
        Run::scan(folder.path(), &["--output", &format!("{output}2")]).env("STRAYKEY_SIGNING_KEY", &pem[..60]).go();
    let bad = bad.expect(2);
    assert!(bad.stderr.contains("STRAYKEY_SIGNING_KEY") && !bad.stderr.contains(&body[..16]), "{}", bad.stderr);
}

/// A key service is played by OpenSSL, which signs what `statement --pae` hands out.
#[test]
fn others_can_sign() {
    let keys = keys();
    let (key, public) = (keys.path().join("k"), keys.path().join("k.pub"));
    let bundle = scan(keys.path(), "b", &[]);
    let encoded = Run::new(["evidence", "statement", "--pae", path(&bundle)]).go().expect(0).stdout;
    assert!(encoded.starts_with(b"DSSEv1 28 application/vnd.in-toto+json "));
    let (message, signature) = (keys.path().join("m"), keys.path().join("s"));
    fs::write(&message, &encoded).unwrap();
    let signed = Command::new("openssl")
        .args(["pkeyutl", "-sign", "-rawin", "-inkey", path(&key), "-in", path(&message), "-out", path(&signature)])
        .output()
        .unwrap();
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    let attach = |signature: &Path| {
        let arguments = ["--signature", path(signature), "--public-key", path(&public)];
        Run::new(["evidence", "attach-signature", path(&bundle)]).args(arguments).go()
    };
    let mut wrong = fs::read(&signature).unwrap();
    wrong[5] ^= 1;
    fs::write(keys.path().join("w"), wrong).unwrap();
    assert!(attach(&keys.path().join("w")).expect(2).stderr.contains("not one of this statement"));
    assert!(!bundle.join(ENVELOPE).exists());
    attach(&signature).expect(0);
    let ran = Run::new(["evidence", "verify", path(&bundle), "--key", path(&public)]).go().expect(0);
    assert!(ran.text().contains("authentic"));
    // Our own signature is the same, as Ed25519 has it.
    let before = fs::read(bundle.join(ENVELOPE)).unwrap();
    fs::remove_file(bundle.join(ENVELOPE)).unwrap();
    Run::new(["evidence", "sign", path(&bundle), "--key", path(&key)]).go().expect(0);
    assert_eq!(fs::read(bundle.join(ENVELOPE)).unwrap(), before);
}

#[test]
fn a_changed_bundle_is_not_signed() {
    let keys = keys();
    let bundle = scan(keys.path(), "b", &[]);
    let mut records = fs::read(bundle.join(RECORDS)).unwrap();
    records[100] ^= 1;
    fs::write(bundle.join(RECORDS), records).unwrap();
    let ran = Run::new(["evidence", "sign", path(&bundle), "--key", path(&keys.path().join("k"))]).go().expect(2);
    assert!(ran.stderr.contains("not consistent"), "{}", ran.stderr);
    assert!(!bundle.join(ENVELOPE).exists());
}

#[test]
fn a_key_is_not_overwritten_and_its_owner_alone_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let keys = keys();
    let file = keys.path().join("k");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&file).unwrap();
    assert!(Run::new(["evidence", "keygen", path(&file)]).go().expect(2).stderr.contains("not overwritten"));
    assert_eq!(fs::read(&file).unwrap(), before);
}

/// What whoever can write to the folder may do: change, cut and remove parts, exchange them with those of another scan that the
/// same key signed.
#[test]
fn three_hundred_random_changes_to_signed_bundles_are_noticed() {
    let keys = keys();
    let key = keys.path().join("k");
    let (bundle, other) =
        (scan(keys.path(), "b", &["--sign-key", path(&key)]), scan(keys.path(), "c", &["--sign-key", path(&key)]));
    let pinned = [PublicKey::from_pem(&fs::read_to_string(keys.path().join("k.pub")).unwrap()).unwrap()];
    let authentic = |folder: &Path| {
        Bundle::read(folder).is_ok_and(|bundle| verify(&bundle).is_ok() && bundle.signer(&pinned).is_some())
    };
    assert!(authentic(&bundle) && authentic(&other));
    let parts = [RECORDS, RESULTS, MANIFEST, STATEMENT, ENVELOPE];
    let mut noise = Noise::seeded("changes to signed bundles");
    for _ in 0..300 {
        let copy = TempDir::with_prefix("changed-").unwrap();
        for part in parts {
            fs::copy(bundle.join(part), copy.path().join(part)).unwrap();
        }
        let part = parts[noise.below(parts.len())];
        let file = copy.path().join(part);
        let mut content = fs::read(&file).unwrap();
        let at = noise.below(content.len());
        let kind = noise.below(6);
        match kind {
            0 | 1 => content[at] ^= 1 << noise.below(8),
            2 => content.truncate(at),
            3 => content.insert(at, b' '),
            4 => content = fs::read(other.join(part)).unwrap(),
            _ => {}
        }
        if kind == 5 {
            fs::remove_file(&file).unwrap();
        } else {
            fs::write(&file, content).unwrap();
        }
        assert!(!authentic(copy.path()), "{part}, change {kind} at {at}");
    }
}

/// A time-stamping authority of a moment: a certificate that signs itself, and OpenSSL.
#[test]
fn an_outside_time_stamp_anchors_what_is_signed() {
    let keys = keys();
    let (key, public) = (keys.path().join("k"), keys.path().join("k.pub"));
    let bundle = scan(keys.path(), "b", &["--sign-key", path(&key)]);
    let script = "set -e\ncd \"$1\"\n\
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca \
          -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign\n\
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tsa.key -out tsa.csr -subj /CN=tsa\n\
        printf 'extendedKeyUsage=critical,timeStamping\\nkeyUsage=critical,digitalSignature\\n' > ext\n\
        openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -extfile ext -out tsa.pem\n\
        printf '[tsa]\\ndefault_tsa=t\\n[t]\\nserial=serial\\nsigner_cert=tsa.pem\\nsigner_key=tsa.key\\nsigner_digest=sha256\\n\
default_policy=1.3.6.1.4.1.32473.1\\ndigests=sha256\\ness_cert_id_alg=sha256\\n' > ts.cnf\n\
        openssl ts -query -data b/statement.dsse.json -sha256 -cert -out q\n\
        openssl ts -reply -config ts.cnf -queryfile q -out b/statement.tsr\n";
    let made = Command::new("sh").args(["-c", script, "sh", path(keys.path())]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let authority = keys.path().join("ca.pem");
    let verify =
        |more: &[&str]| Run::new(["evidence", "verify", path(&bundle), "--key", path(&public)]).args(more).go();
    let anchored = ["--tsa-ca", path(&authority)];
    let text = verify(&anchored).expect(0).text();
    assert!(text.contains(": anchored (key ") && text.contains("policy 1.3.6.1.4.1.32473.1"), "{text}");
    assert!(verify(&[]).expect(0).text().contains("not asked for: --tsa-ca"));
    // Another signature is not what was stamped.
    let refused = Run::new(["evidence", "sign", path(&bundle), "--key", path(&key)]).go().expect(2);
    assert!(refused.stderr.contains("time stamp"), "{}", refused.stderr);
    let other = scan(keys.path(), "c", &["--sign-key", path(&key)]);
    fs::copy(other.join(ENVELOPE), bundle.join(ENVELOPE)).unwrap();
    for part in [RECORDS, RESULTS, MANIFEST, STATEMENT] {
        fs::copy(other.join(part), bundle.join(part)).unwrap();
    }
    let text = verify(&anchored).expect(1).text();
    assert!(text.contains("not anchored: its time stamp does not hold"), "{text}");
    fs::remove_file(bundle.join("statement.tsr")).unwrap();
    assert!(verify(&anchored).expect(1).text().contains("not anchored: it has no time stamp"));
}
