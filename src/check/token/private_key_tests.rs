//! Keys built from their structure, with numbers that are no real keys.

use super::super::Verdict;
use super::super::tests::{Noise, dashed, fact};
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

pub(in super::super) fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    dashed(&format!("@@BEGIN {label}@@\n{}\n@@END {label}@@\n", lines.join("\n")))
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let head = match len {
        0..=127 => vec![tag, len as u8],
        128..=255 => vec![tag, 0x81, len as u8],
        _ => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    [&head[..], content].concat()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn integer(number: &[u8]) -> Vec<u8> {
    tlv(2, &if number[0] & 0x80 == 0 { number.to_vec() } else { [&[0], number].concat() })
}

/// An odd number of `len` bytes with the first bit set.
fn number(noise: &mut Noise, len: usize) -> Vec<u8> {
    let mut bytes = noise.bytes(len);
    bytes[0] |= 0x80;
    bytes[len - 1] |= 1;
    bytes
}

/// Long multiplication of big-endian numbers.
fn product(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut out = vec![0_u32; a.len() + b.len()];
    for (i, x) in a.iter().rev().enumerate() {
        for (j, y) in b.iter().rev().enumerate() {
            out[i + j] += u32::from(*x) * u32::from(*y);
            out[i + j + 1] += out[i + j] >> 8;
            out[i + j] &= 0xff;
        }
    }
    out.iter().rev().map(|&b| b as u8).skip_while(|&b| b == 0).collect()
}

struct Numbers {
    n: Vec<u8>,
    p: Vec<u8>,
    q: Vec<u8>,
}

fn numbers() -> Numbers {
    let mut noise = Noise(31);
    let (p, q) = (number(&mut noise, 128), number(&mut noise, 128));
    Numbers { n: product(&p, &q), p, q }
}

fn pkcs1() -> Vec<u8> {
    let Numbers { n, p, q } = numbers();
    let other = || integer(&[0x55; 128]);
    sequence(&[
        integer(&[0]),
        integer(&n),
        integer(&[1, 0, 1]),
        other(),
        integer(&p),
        integer(&q),
        other(),
        other(),
        other(),
    ])
}

fn pkcs8(algorithm: &[Vec<u8>], secret: &[u8]) -> Vec<u8> {
    sequence(&[integer(&[0]), sequence(algorithm), tlv(4, secret)])
}

pub(in super::super) fn pkcs8_rsa() -> Vec<u8> {
    pkcs8(&[tlv(6, RSA), vec![5, 0]], &pkcs1())
}

fn sec1(curve: bool, point: bool) -> Vec<u8> {
    let mut parts = vec![integer(&[1]), tlv(4, &[0x42; 32])];
    if curve {
        parts.push(tlv(0xa0, &tlv(6, P256)));
    }
    if point {
        parts.push(tlv(0xa1, &tlv(3, &[&[0, 4][..], &[0x17; 64]].concat())));
    }
    sequence(&parts)
}

fn check(value: &str, verdict: Verdict, facts: &[(&str, &str)]) {
    let evidence = private_key(value.as_bytes());
    assert_eq!(evidence.verdict, verdict, "{}: {value}", evidence.reason);
    for (name, want) in facts {
        assert_eq!(fact(&evidence, name), *want, "{name} of {value}");
    }
}

fn modulus_bits() -> String {
    bits(&numbers().n).to_string()
}

fn rsa_fingerprint() -> String {
    openssh::fingerprint(&blob(&[b"ssh-rsa", &[1, 0, 1], &signed(&numbers().n)]))
}

#[test]
fn plain_der_keys() {
    let ed25519 = pkcs8(&[tlv(6, &[0x2b, 0x65, 0x70])], &tlv(4, &[7; 32]));
    let dsa = {
        let mut noise = Noise(32);
        let (p, q) = (number(&mut noise, 128), number(&mut noise, 20));
        sequence(&[integer(&[0]), integer(&p), integer(&q), integer(&[2]), integer(&p), integer(&[9])])
    };
    for (label, der, kind, bits) in [
        ("RSA PRIVATE KEY", pkcs1(), "rsa", modulus_bits()),
        ("PRIVATE KEY", pkcs8_rsa(), "rsa", modulus_bits()),
        // A wrong label does not hide the key.
        ("RSA PRIVATE KEY", pkcs8_rsa(), "rsa", modulus_bits()),
        ("EC PRIVATE KEY", sec1(true, true), "ec", "256".to_owned()),
        ("EC PRIVATE KEY", sec1(true, false), "ec", "256".to_owned()),
        ("PRIVATE KEY", pkcs8(&[tlv(6, EC), tlv(6, P256)], &sec1(false, true)), "ec", "256".to_owned()),
        ("PRIVATE KEY", ed25519, "ed25519", "256".to_owned()),
        ("DSA PRIVATE KEY", dsa, "dsa", "1024".to_owned()),
    ] {
        let facts = [(fact_name::KEY_TYPE, kind), (fact_name::KEY_BITS, &bits), (fact_name::ENCRYPTED, "no")];
        let text = pem(label, &der);
        check(&text, Verdict::Pass, &facts);
        check(&STANDARD.encode(&text), Verdict::Pass, &facts);
        check(&STANDARD.encode(&der), Verdict::Pass, &facts);
        check(&pem(label, &der[..der.len() - 3]), Verdict::Fail, &[]);
    }
}

#[test]
fn fingerprints_agree_across_formats() {
    let want = rsa_fingerprint();
    for der in [pkcs1(), pkcs8_rsa()] {
        check(&pem("PRIVATE KEY", &der), Verdict::Pass, &[(fact_name::PUBLIC_FINGERPRINT, &want)]);
    }
}

#[test]
fn altered_modulus_fails() {
    let mut der = pkcs1();
    der[100] ^= 4;
    check(&pem("RSA PRIVATE KEY", &der), Verdict::Fail, &[]);
}

#[test]
fn every_layout_gives_the_same_key() {
    let whole = pem("RSA PRIVATE KEY", &pkcs1());
    let lines: Vec<&str> = whole.lines().collect();
    let want = canonical_key(whole.as_bytes());
    assert_eq!(want, STANDARD.encode(pkcs1()).trim_end_matches('=').as_bytes());
    let source: Vec<String> = lines.iter().map(|line| format!("    \"{line}\\n\"")).collect();
    for text in [
        whole.replace('\n', "\r\n"),
        whole.replace('\n', r"\n"),
        whole.replace('\n', r"\\n"),
        whole.replace('\n', r"\r\n"),
        format!("\"{}\"", whole.replace('\n', r"\n")),
        lines.join("\n        "),
        lines.join("\n# "),
        lines.join("\n// "),
        lines.join(" "),
        lines.concat(),
        lines[..lines.len() - 1].join("\n"),
        source.join(" +\n"),
        source.join("\n"),
        STANDARD.encode(&whole),
        STANDARD.encode(pkcs1()),
        lines[1..lines.len() - 1].concat(),
    ] {
        assert_eq!(canonical_key(text.as_bytes()), want, "{text}");
        check(&text, Verdict::Pass, &[(fact_name::KEY_TYPE, "rsa")]);
    }
    assert_eq!(canonical_key(b"no key: at+all"), b"nokeyat+all");
}

#[test]
fn encrypted_pkcs8() {
    const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0d];
    const AES: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42];
    let scheme = sequence(&[tlv(6, AES), tlv(4, &[1; 16])]);
    let parameters = sequence(&[sequence(&[]), scheme]);
    let der = sequence(&[sequence(&[tlv(6, PBES2), parameters]), tlv(4, &[3; 1200])]);
    let facts = [(fact_name::ENCRYPTED, "yes"), (fact_name::CIPHER, "aes-256-cbc")];
    check(&pem("ENCRYPTED PRIVATE KEY", &der), Verdict::Pass, &facts);
    let public = sequence(&[sequence(&[tlv(6, RSA)]), tlv(3, &[0; 40])]);
    check(&pem("PRIVATE KEY", &public), Verdict::Fail, &[]);
}

#[test]
fn encrypted_traditional() {
    let body = STANDARD.encode(Noise(33).bytes(608));
    let text = |cipher: &str| {
        dashed(&format!(
            "@@BEGIN RSA PRIVATE KEY@@\nProc-Type: 4,ENCRYPTED\nDEK-Info: {cipher}\n\n{body}\n\
             @@END RSA PRIVATE KEY@@"
        ))
    };
    let facts = [(fact_name::ENCRYPTED, "yes"), (fact_name::CIPHER, "aes-128-cbc"), (fact_name::KEY_TYPE, "rsa")];
    let whole = text("AES-128-CBC,00112233");
    check(&whole, Verdict::Pass, &facts);
    check(&whole.replace('\n', r"\n"), Verdict::Pass, &facts);
    check(&whole.replace('\n', " "), Verdict::Pass, &facts);
    check(&text(""), Verdict::Fail, &[]);
}

fn openssh_rsa(cipher: &str, p: &[u8]) -> Vec<u8> {
    let Numbers { n, q, .. } = numbers();
    let public = blob(&[b"ssh-rsa", &[1, 0, 1], &signed(&n)]);
    let mut secret = vec![1, 2, 3, 4, 1, 2, 3, 4];
    secret.extend(blob(&[
        b"ssh-rsa",
        &signed(&n),
        &[1, 0, 1],
        &[9; 100],
        &[8; 90],
        &signed(p),
        &signed(&q),
        b"ci@host",
    ]));
    secret.extend([1, 2, 3]);
    let kdf: &[u8] = if cipher == "none" { b"none" } else { b"bcrypt" };
    let mut out = openssh::MAGIC.to_vec();
    out.extend(blob(&[cipher.as_bytes(), kdf, b""]));
    out.extend(1_u32.to_be_bytes());
    out.extend(blob(&[&public, &secret]));
    out
}

#[test]
fn openssh_keys() {
    let label = "OPENSSH PRIVATE KEY";
    let p = numbers().p;
    let (bits, print) = (modulus_bits(), rsa_fingerprint());
    let facts = |encrypted, cipher, user| {
        [
            (fact_name::KEY_TYPE, "rsa"),
            (fact_name::KEY_BITS, bits.as_str()),
            (fact_name::ENCRYPTED, encrypted),
            (fact_name::CIPHER, cipher),
            (fact_name::USER, user),
            (fact_name::PUBLIC_FINGERPRINT, print.as_str()),
            (fact_name::FORMAT, "OpenSSH"),
        ]
    };
    let plain = openssh_rsa("none", &p);
    check(&pem(label, &plain), Verdict::Pass, &facts("no", "", "ci@host"));
    let encrypted = pem(label, &openssh_rsa("aes256-ctr", &p));
    check(&encrypted, Verdict::Pass, &facts("yes", "aes256-ctr", ""));
    check(&pem(label, &plain[..plain.len() - 40]), Verdict::Fail, &[]);
    let mut other = p.clone();
    other[5] ^= 1;
    check(&pem(label, &openssh_rsa("none", &other)), Verdict::Fail, &[]);

    let curve_point = [0x21; 32];
    let public = blob(&[b"ssh-ed25519", &curve_point]);
    let mut secret = vec![0; 8];
    secret.extend(blob(&[b"ssh-ed25519", &curve_point, &[[7; 32], curve_point].concat(), b"deploy key"]));
    let mut key = openssh::MAGIC.to_vec();
    key.extend(blob(&[b"none", b"none", b""]));
    key.extend(1_u32.to_be_bytes());
    key.extend(blob(&[&public, &secret]));
    let facts = [(fact_name::KEY_TYPE, "ed25519"), (fact_name::USER, "deploy key")];
    check(&pem(label, &key), Verdict::Pass, &facts);
}

fn ppk(encryption: &str, p: &[u8]) -> String {
    let Numbers { n, q, .. } = numbers();
    let wrap = |bytes: &[u8]| -> (usize, String) {
        let text = STANDARD.encode(bytes);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        (lines.len(), lines.join("\n"))
    };
    let (count, public) = wrap(&blob(&[b"ssh-rsa", &[1, 0, 1], &signed(&n)]));
    let (secrets, secret) = wrap(&blob(&[&[9; 100], &signed(p), &signed(&q), &[8; 90]]));
    format!(
        "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: {encryption}\nComment: ci@host\n\
         Public-Lines: {count}\n{public}\nPrivate-Lines: {secrets}\n{secret}\nPrivate-MAC: 00ff\n"
    )
}

#[test]
fn putty_keys() {
    let p = numbers().p;
    let facts = [
        (fact_name::KEY_TYPE, "rsa"),
        (fact_name::ENCRYPTED, "no"),
        (fact_name::FORMAT, "PuTTY v2"),
        (fact_name::USER, "ci@host"),
        (fact_name::PUBLIC_FINGERPRINT, &rsa_fingerprint()),
    ];
    let plain = ppk("none", &p);
    let body = canonical_key(plain.as_bytes());
    for text in [
        plain.clone(),
        plain.replace('\n', "\r\n"),
        plain.replace('\n', r"\r\n"),
        plain.replace('\n', "\n    "),
        STANDARD.encode(&plain),
    ] {
        check(&text, Verdict::Pass, &facts);
        assert_eq!(canonical_key(text.as_bytes()), body);
    }
    check(&ppk("aes256-cbc", &p), Verdict::Pass, &[(fact_name::CIPHER, "aes256-cbc")]);
    check(&ppk("none", &numbers().q[1..]), Verdict::Fail, &[]);
    check(&plain.replace("Private-Lines", "Other"), Verdict::Fail, &[]);
    check(&plain.replace("-Lines: ", "-Lines: 999999999"), Verdict::Fail, &[]);
}

#[test]
fn what_is_no_key_fails() {
    for text in [
        "",
        "@@BEGIN PRIVATE KEY@@",
        "@@BEGIN PRIVATE KEY@@\n...\n@@END PRIVATE KEY@@",
        "@@BEGIN RSA PRIVATE KEY@@\nMIIEpAIBAAKCAQEA\n@@END RSA PRIVATE KEY@@",
        "@@BEGIN PRIVATE KEY@@\nYour key here\n@@END PRIVATE KEY@@",
        "MIIabc",
        "LS0tLS",
        "PuTTY-User-Key-File-3: ssh-ed25519",
    ] {
        check(&dashed(text), Verdict::Fail, &[]);
    }
}

#[test]
fn mutations_never_panic() {
    let p = numbers().p;
    let mut noise = Noise(34);
    let armored = ppk("none", &p);
    let keys = [pkcs1(), pkcs8_rsa(), sec1(true, true), openssh_rsa("none", &p), armored.into_bytes()];
    for round in 0..2000 {
        let mut key = keys[round % keys.len()].clone();
        for _ in 0..=noise.next() % 4 {
            let at = noise.next() as usize % key.len();
            key[at] = noise.next() as u8;
        }
        key.truncate(noise.next() as usize % (key.len() + 1) + 1);
        let _ = private_key(&key);
        let _ = private_key(pem("PRIVATE KEY", &key).as_bytes());
        let _ = private_key(pem("PGP PRIVATE KEY BLOCK", &key).as_bytes());
        let _ = canonical_key(&key);
    }
}
