//! `PyPI` API tokens: macaroons in libmacaroons' binary format 2, in base64url after `pypi-`.
//!
//! A macaroon is the byte 2, then a section of location and identifier, one section a caveat, an
//! empty section, and the signature. A field is type, length (both as varints) and content; the
//! byte 0 ends a section.

use serde_json::Value;

use super::encoding;
use super::{Evidence, fact_name};

const END: u64 = 0;
const LOCATION: u64 = 1;
const IDENTIFIER: u64 = 2;
const VERIFICATION: u64 = 4;
const SIGNATURE: u64 = 6;

/// Caveats beyond these bounds are stepped over: the issuer writes a handful of short ones.
const MAX_CAVEATS: usize = 16;
const MAX_CAVEAT_BYTES: usize = 4096;

/// Checks that the token decodes and that its location is the package index.
pub(super) fn pypi(value: &[u8]) -> Evidence {
    let Some(body) = value.strip_prefix(b"pypi-") else {
        return Evidence::fail("not a PyPI token prefix");
    };
    let Some(bytes) = encoding::base64(body) else {
        return Evidence::fail("not base64url");
    };
    let Some(macaroon) = Macaroon::read(&bytes) else {
        return Evidence::fail("does not decode to a macaroon");
    };
    let environment = match macaroon.location {
        b"pypi.org" => "live",
        b"test.pypi.org" => "test",
        _ => return Evidence::fail("the macaroon is not for the package index"),
    };
    let mut evidence = Evidence::pass("decodes to a macaroon with its signature")
        .with(fact_name::HOST, macaroon.location)
        .with(fact_name::ENVIRONMENT, environment)
        .with(fact_name::KEY_ID, macaroon.identifier);
    let mut scopes = Vec::new();
    for caveat in macaroon.caveats {
        evidence = describe(evidence, caveat, &mut scopes);
    }
    evidence.with(fact_name::SCOPES, scopes.join("; "))
}

/// Reads a caveat. The current form is a list of a number and arguments, the older one an object
/// with `permissions` (pypi/warehouse, `macaroons/caveats`).
fn describe(evidence: Evidence, caveat: &[u8], scopes: &mut Vec<String>) -> Evidence {
    let Ok(caveat) = serde_json::from_slice::<Value>(caveat) else {
        return evidence;
    };
    match &caveat {
        Value::Array(items) => {
            let argument = items.get(1).unwrap_or(&Value::Null);
            match items.first().and_then(Value::as_u64) {
                Some(0) => return evidence.with_epoch(fact_name::EXPIRES, argument.as_i64()),
                Some(1) => scopes.extend(names("projects", argument)),
                Some(2) => scopes.extend(names("project ids", argument)),
                Some(3) => return evidence.with_some(fact_name::SUBJECT, argument.as_str()),
                _ => {}
            }
        }
        Value::Object(fields) => match fields.get("permissions") {
            Some(Value::String(text)) => scopes.push(text.clone()),
            Some(Value::Object(inner)) => {
                scopes.extend(inner.get("projects").and_then(|list| names("projects", list)));
            }
            _ => {}
        },
        _ => {}
    }
    evidence
}

fn names(kind: &str, list: &Value) -> Option<String> {
    let names: Vec<&str> = list.as_array()?.iter().filter_map(Value::as_str).collect();
    Some(format!("{kind}: {}", names.join(", ")))
}

struct Macaroon<'a> {
    location: &'a [u8],
    identifier: &'a [u8],
    caveats: Vec<&'a [u8]>,
}

impl<'a> Macaroon<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(&[2])?;
        let location = field(&mut rest, LOCATION)?;
        let identifier = field(&mut rest, IDENTIFIER)?;
        end(&mut rest)?;
        let mut caveats = Vec::new();
        while rest.first() != Some(&0) {
            if rest.first().map(|&b| u64::from(b)) == Some(LOCATION) {
                field(&mut rest, LOCATION)?;
            }
            let caveat = field(&mut rest, IDENTIFIER)?;
            if rest.first().map(|&b| u64::from(b)) == Some(VERIFICATION) {
                field(&mut rest, VERIFICATION)?;
            }
            end(&mut rest)?;
            if caveats.len() < MAX_CAVEATS && caveat.len() <= MAX_CAVEAT_BYTES {
                caveats.push(caveat);
            }
        }
        end(&mut rest)?;
        let signature = field(&mut rest, SIGNATURE)?;
        (signature.len() == 32 && rest.is_empty() && !identifier.is_empty()).then_some(Self {
            location,
            identifier,
            caveats,
        })
    }
}

fn end(rest: &mut &[u8]) -> Option<()> {
    (varint(rest)? == END).then_some(())
}

fn field<'a>(rest: &mut &'a [u8], kind: u64) -> Option<&'a [u8]> {
    if varint(rest)? != kind {
        return None;
    }
    let len = usize::try_from(varint(rest)?).ok()?;
    let (content, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    Some(content)
}

/// A little-endian base-128 number of at most 5 bytes.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in 0..5 {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        number |= u64::from(byte & 0x7f) << (7 * shift);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::{Noise, fact};
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;

    fn packet(kind: u8, content: &[u8]) -> Vec<u8> {
        let len = content.len();
        let mut out = vec![kind];
        if len < 128 {
            out.push(len as u8);
        } else {
            out.extend([(len & 0x7f) as u8 | 0x80, (len >> 7) as u8]);
        }
        out.extend_from_slice(content);
        out
    }

    fn token(location: &str, caveats: &[&str]) -> Vec<u8> {
        let mut bytes = vec![2];
        bytes.extend(packet(1, location.as_bytes()));
        bytes.extend(packet(2, b"0f2c3b9e-0000-4000-8000-000000000001"));
        bytes.push(0);
        for caveat in caveats {
            bytes.extend(packet(2, caveat.as_bytes()));
            bytes.push(0);
        }
        bytes.push(0);
        bytes.extend(packet(6, &Noise(12).bytes(32)));
        bytes
    }

    fn run(bytes: &[u8]) -> Evidence {
        pypi(format!("{}-{}", "pypi", B64.encode(bytes)).as_bytes())
    }

    #[test]
    fn caveats_become_facts() {
        let long = format!("[1, [\"{}\"]]", "p".repeat(140));
        for (caveats, scopes) in [
            (&[r#"{"version": 1, "permissions": "user"}"#][..], "user".to_owned()),
            (&[r#"{"version":1,"permissions":{"projects":["one","two"]}}"#], "projects: one, two".to_owned()),
            (&[r#"[1,["one"]]"#, r#"[2,["id-1"]]"#], "projects: one; project ids: id-1".to_owned()),
            (&[], String::new()),
            (&["not json", "7", "[]"], String::new()),
            (&[long.as_str()], format!("projects: {}", "p".repeat(140))),
        ] {
            let evidence = run(&token("pypi.org", caveats));
            assert_eq!(evidence.verdict, Verdict::Pass, "{caveats:?}");
            assert_eq!(fact(&evidence, fact_name::SCOPES), scopes);
            assert_eq!(fact(&evidence, fact_name::ENVIRONMENT), "live");
        }
        let evidence = run(&token("test.pypi.org", &["[0, 1714521600, 1714000000]", "[3, \"u-1\"]"]));
        assert_eq!(fact(&evidence, fact_name::EXPIRES), "2024-05-01T00:00:00Z");
        assert_eq!(fact(&evidence, fact_name::SUBJECT), "u-1");
        assert_eq!(fact(&evidence, fact_name::ENVIRONMENT), "test");
    }

    #[test]
    fn broken_structures_fail() {
        let whole = token("pypi.org", &["[0, 1]"]);
        for len in 0..whole.len() {
            assert_eq!(run(&whole[..len]).verdict, Verdict::Fail, "{len}");
        }
        let mut version = whole.clone();
        version[0] = 1;
        let longer = [&whole[..], &[0]].concat();
        for bytes in [version, longer, token("example.org", &[])] {
            assert_eq!(run(&bytes).verdict, Verdict::Fail);
        }
    }
}
