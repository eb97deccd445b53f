//! GitLab routable tokens (GitLab handbook, design document "Routable Tokens").
//!
//! `<prefix><payload>.<payload length><crc>` or, later, `<prefix><payload>.<version>.<payload
//! length><crc>`. The length takes 2 characters and the CRC-32 of everything before it takes 7,
//! both in base36. The payload is base64url of routing lines (`o:1`, `u:2`; ids in base36), random
//! bytes, and one byte with the number of random bytes.

use super::encoding;
use super::{Evidence, fact_name};

const LENGTH_DIGITS: usize = 2;
const CRC_DIGITS: usize = 7;

/// Checks a token; the older tokens without a suffix carry nothing to verify.
pub(super) fn routable(value: &[u8]) -> Evidence {
    let Some(last_dot) = memchr::memrchr(b'.', value) else {
        return Evidence::unknown("tokens without a routing suffix carry no checksum");
    };
    let suffix = &value[last_dot + 1..];
    if suffix.len() != LENGTH_DIGITS + CRC_DIGITS {
        return Evidence::fail("the suffix does not hold a length and a checksum");
    }
    let (summed, crc) = value.split_at(value.len() - CRC_DIGITS);
    let sum = format!("{:0>7}", encoding::base36(crc32fast::hash(summed)));
    if sum.as_bytes() != crc {
        return Evidence::fail("CRC-32 checksum does not agree");
    }
    let head = &value[..last_dot];
    let head = match memchr::memchr(b'.', head) {
        Some(dot) if head.len() - dot == 3 => &head[..dot],
        Some(_) => return Evidence::fail("the version field is malformed"),
        None => head,
    };
    let evidence = Evidence::pass("CRC-32 checksum agrees");
    match payload(head, &suffix[..LENGTH_DIGITS]) {
        Some(payload) => describe(evidence, &payload),
        None => Evidence::fail("the payload does not decode"),
    }
}

/// The routing lines of the payload that ends `head`.
fn payload(head: &[u8], length: &[u8]) -> Option<Vec<u8>> {
    let length = usize::try_from(encoding::parse_base36(length)?).ok()?;
    let mut payload = encoding::base64(&head[head.len().checked_sub(length)?..])?;
    let random = usize::from(payload.pop()?);
    payload.truncate(payload.len().checked_sub(random)?);
    Some(payload)
}

fn describe(mut evidence: Evidence, payload: &[u8]) -> Evidence {
    let mut owners = Vec::new();
    // The handbook allows ten routing lines at most.
    for line in payload.split(|&b| b == b'\n').take(10) {
        let [key, b':', id @ ..] = line else { continue };
        let Some(id) = encoding::parse_base36(id) else {
            continue;
        };
        match key {
            b'o' => owners.push(format!("organization {id}")),
            b'g' => owners.push(format!("group {id}")),
            b'p' => owners.push(format!("project {id}")),
            b'c' => evidence = evidence.with(fact_name::REGION, format!("cell {id}")),
            b'u' => evidence = evidence.with(fact_name::SUBJECT, format!("user {id}")),
            b't' => {
                let role = match id {
                    1 => "instance runner",
                    2 => "group runner",
                    3 => "project runner",
                    _ => continue,
                };
                evidence = evidence.with(fact_name::ROLE, role);
            }
            _ => {}
        }
    }
    evidence.with(fact_name::ACCOUNT, owners.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::fact;
    use super::*;
    use base64::Engine as _;

    fn radix36(mut number: u64, width: usize) -> String {
        let mut out = vec![b'0'; width];
        for digit in out.iter_mut().rev() {
            *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize];
            number /= 36;
        }
        String::from_utf8(out).unwrap()
    }

    fn token(routing: &str, version: &str) -> String {
        let mut payload = routing.as_bytes().to_vec();
        payload.extend((0..16).map(|n| 0x80 | (n * 7)));
        payload.push(16);
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload);
        let length = radix36(payload.len() as u64, 2);
        let summed = format!("{}-{payload}{version}.{length}", "glpat");
        let mut crc = u32::MAX;
        for byte in summed.bytes() {
            crc ^= u32::from(byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        format!("{summed}{}", radix36(u64::from(!crc), 7))
    }

    #[test]
    fn both_layouts_pass_and_name_their_owner() {
        for version in ["", ".01"] {
            let evidence = routable(token("c:1\ng:zz\no:1\nt:2\nu:a1", version).as_bytes());
            assert_eq!(evidence.verdict, Verdict::Pass, "{evidence:?}");
            assert_eq!(fact(&evidence, fact_name::ACCOUNT), "group 1295, organization 1");
            assert_eq!(fact(&evidence, fact_name::SUBJECT), "user 361");
            assert_eq!(fact(&evidence, fact_name::ROLE), "group runner");
            assert_eq!(fact(&evidence, fact_name::REGION), "cell 1");
        }
    }

    #[test]
    fn any_changed_character_fails() {
        let value = token("o:1\nu:2", ".01");
        for at in 0..value.len() {
            let mut broken = value.clone().into_bytes();
            broken[at] = if broken[at] == b'q' { b'r' } else { b'q' };
            assert_eq!(routable(&broken).verdict, Verdict::Fail, "{at}");
        }
        let plain = format!("{}-{}", "glpat", "x".repeat(20));
        assert_eq!(routable(plain.as_bytes()).verdict, Verdict::Unknown);
    }
}
