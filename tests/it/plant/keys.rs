//! Keys, certificates and structured tokens: random numbers in the right structure. None of them opens anything; the
//! primes are no primes and the signatures sign nothing.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::generate::Noise;

/// A PEM private key: `rsa` (PKCS#1, 2048 bits), `ec` (SEC 1, P-256) or `ed25519` (PKCS#8).
pub(super) fn pem(kind: &str, noise: &mut Noise) -> Result<String, String> {
    let (label, der) = match kind {
        "rsa" => ("RSA PRIVATE KEY", rsa(noise)),
        "ec" => ("EC PRIVATE KEY", sec1(noise)),
        "ed25519" => ("PRIVATE KEY", ed25519(noise)),
        _ => return Err(format!("{kind:?} is no kind of key")),
    };
    Ok(armor(label, &der))
}

/// A certificate of the right outer structure (RFC 5280 section 4.1).
pub(super) fn certificate(noise: &mut Noise) -> String {
    let body = [integer(&noise.bytes(16)), element(0x04, &noise.bytes(420))].concat();
    let parts = [element(0x30, &body), element(0x30, RSA_SHA256), bits(&noise.bytes(256))];
    armor("CERTIFICATE", &element(0x30, &parts.concat()))
}

/// An RSA public key (`SubjectPublicKeyInfo`).
pub(super) fn public_pem(noise: &mut Noise) -> String {
    let key = element(0x30, &[integer(&large(noise, 256)), integer(&[1, 0, 1])].concat());
    armor("PUBLIC KEY", &element(0x30, &[element(0x30, RSA), bits(&key)].concat()))
}

/// An Ed25519 public key as `authorized_keys` has it, without a comment.
pub(super) fn ssh_public(noise: &mut Noise) -> String {
    format!("ssh-ed25519 {}", STANDARD_NO_PAD.encode(ssh_blob(&noise.bytes(32))))
}

/// An unencrypted Ed25519 key in the format of `PROTOCOL.key` of OpenSSH.
pub(super) fn openssh(noise: &mut Noise) -> String {
    let (seed, point) = (noise.bytes(32), noise.bytes(32));
    let check = noise.bytes(4);
    let mut secret = [check.clone(), check, ssh_string(b"ssh-ed25519"), ssh_string(&point)].concat();
    secret.extend(ssh_string(&[seed, point.clone()].concat()));
    secret.extend(ssh_string(b"deploy@norvale"));
    let pad = (8 - secret.len() % 8) % 8;
    secret.extend((1..=pad).map(|byte| byte as u8));
    let none = ssh_string(b"none");
    let parts = [
        b"openssh-key-v1\0".to_vec(),
        none.clone(),
        none,
        ssh_string(b""),
        1_u32.to_be_bytes().to_vec(),
        ssh_string(&ssh_blob(&point)),
        ssh_string(&secret),
    ];
    armor_wide("OPENSSH PRIVATE KEY", &parts.concat(), 70)
}

/// A JSON web token (RFC 7519) with a random signature.
pub(super) fn jwt(noise: &mut Noise) -> String {
    let header = serde_json::json!({ "alg": "HS256", "typ": "JWT" });
    let claims = serde_json::json!({
        "iss": "https://login.norvale.example",
        "sub": format!("svc-{}", noise.text(b"0123456789", 6)),
        "iat": 1_715_400_000,
        "exp": 1_746_936_000,
    });
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode(noise.bytes(32)))
}

/// A macaroon of the package index in libmacaroons' binary format 2: type, length and content of each field.
pub(super) fn pypi(noise: &mut Noise) -> String {
    let field = |kind: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).expect("fields are short");
        assert!(length < 0x80, "one byte is enough for the length");
        [&[kind, length], content].concat()
    };
    let identifier = noise.text(b"0123456789abcdef", 32);
    let parts = [
        vec![2],
        field(1, b"pypi.org"),
        field(2, identifier.as_bytes()),
        vec![0],
        field(2, br#"[3, "7f2b0a51-3d1f-4c22-9a86-5b8f6f1c7d90"]"#),
        vec![0, 0],
        field(6, &noise.bytes(32)),
    ];
    format!("pypi-{}", URL_SAFE_NO_PAD.encode(parts.concat()))
}

/// PKCS#1 (RFC 8017 appendix A.1.2): the modulus is the product of the two factors, the rest is random.
fn rsa(noise: &mut Noise) -> Vec<u8> {
    let (p, q) = (large(noise, 128), large(noise, 128));
    let mut numbers = vec![vec![0], product(&p, &q), vec![1, 0, 1], large(noise, 255), p, q];
    numbers.extend((0..3).map(|_| large(noise, 127)));
    element(0x30, &numbers.iter().flat_map(|number| integer(number)).collect::<Vec<_>>())
}

/// SEC 1 (RFC 5915) on P-256.
fn sec1(noise: &mut Noise) -> Vec<u8> {
    let curve = element(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    let point = [vec![4], noise.bytes(64)].concat();
    let parts = [integer(&[1]), element(0x04, &noise.bytes(32)), element(0xa0, &curve), element(0xa1, &bits(&point))];
    element(0x30, &parts.concat())
}

/// PKCS#8 with an Ed25519 seed (RFC 8410).
fn ed25519(noise: &mut Noise) -> Vec<u8> {
    let algorithm = element(0x30, &element(0x06, &[0x2b, 0x65, 0x70]));
    let seed = element(0x04, &element(0x04, &noise.bytes(32)));
    element(0x30, &[integer(&[0]), algorithm, seed].concat())
}

const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const RSA_SHA256: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";

/// An odd number of exactly `length` bytes with its two highest bits set, so that products keep their size.
fn large(noise: &mut Noise, length: usize) -> Vec<u8> {
    let mut bytes = noise.bytes(length);
    bytes[0] |= 0xc0;
    bytes[length - 1] |= 1;
    bytes
}

/// The product of two big-endian numbers.
pub(super) fn product(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut digits = vec![0_u32; left.len() + right.len()];
    for (i, &a) in left.iter().rev().enumerate() {
        let mut carry = 0;
        for (j, &b) in right.iter().rev().enumerate() {
            let sum = digits[i + j] + u32::from(a) * u32::from(b) + carry;
            digits[i + j] = sum & 0xff;
            carry = sum >> 8;
        }
        digits[i + right.len()] += carry;
    }
    digits.iter().rev().map(|&digit| digit as u8).collect()
}

/// A DER element (X.690 section 8.1) of definite length.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = u16::try_from(content.len()).expect("elements are short");
    match length {
        0..=0x7f => out.push(length as u8),
        0x80..=0xff => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend_from_slice(content);
    out
}

/// A DER integer of an unsigned big-endian number.
fn integer(number: &[u8]) -> Vec<u8> {
    let sign = if number[0] >= 0x80 { &[0][..] } else { &[] };
    element(0x02, &[sign, number].concat())
}

/// A DER bit string of whole bytes.
fn bits(content: &[u8]) -> Vec<u8> {
    element(0x03, &[&[0], content].concat())
}

fn ssh_string(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("strings are short");
    [&length.to_be_bytes(), content].concat()
}

fn ssh_blob(point: &[u8]) -> Vec<u8> {
    [ssh_string(b"ssh-ed25519"), ssh_string(point)].concat()
}

fn armor(label: &str, der: &[u8]) -> String {
    armor_wide(label, der, 64)
}

/// PEM (RFC 7468), without a newline at the end.
fn armor_wide(label: &str, der: &[u8], width: usize) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> =
        (0..body.len()).step_by(width).map(|start| &body[start..body.len().min(start + width)]).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"))
}
