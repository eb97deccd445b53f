//! Bech32 (BIP-173) as the age tool uses it: without the limit of 90 characters.

use super::{Evidence, fact_name};

const CHARSET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Checks an age secret key, or the identity of an age plugin (`AGE-PLUGIN-NAME-1...`).
pub(super) fn age(value: &[u8]) -> Evidence {
    let Some((prefix, payload)) = decode(value) else {
        return Evidence::fail("Bech32 checksum does not agree");
    };
    if prefix == b"age-secret-key-" {
        // 32 bytes take 52 groups of 5 bits, and 4 bits are left over.
        return if payload.len() == 52 && payload[51].trailing_zeros() >= 4 {
            Evidence::pass("Bech32 checksum agrees").with(fact_name::KEY_TYPE, "x25519")
        } else {
            Evidence::fail("the key is not 32 bytes long")
        };
    }
    if prefix.starts_with(b"age-secret-key-pq") {
        return Evidence::pass("Bech32 checksum agrees").with(fact_name::KEY_TYPE, "hybrid");
    }
    match prefix.strip_prefix(b"age-plugin-") {
        Some(name) => Evidence::pass("Bech32 checksum agrees")
            .with(fact_name::FORMAT, [b"age plugin ", name.strip_suffix(b"-").unwrap_or(name)].concat()),
        None => Evidence::fail("not an age secret key"),
    }
}

/// The human-readable part in lower case, and the 5-bit groups without the checksum.
fn decode(value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let upper = value.iter().any(u8::is_ascii_uppercase);
    let lower = value.iter().any(u8::is_ascii_lowercase);
    if (upper && lower) || !value.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let value = value.to_ascii_lowercase();
    let separator = memchr::memrchr(b'1', &value)?;
    let (prefix, groups) = (&value[..separator], &value[separator + 1..]);
    if prefix.is_empty() || groups.len() < 6 {
        return None;
    }
    let groups = groups
        .iter()
        .map(|c| CHARSET.iter().position(|known| known == c).map(|at| at as u8))
        .collect::<Option<Vec<u8>>>()?;
    let expanded =
        prefix.iter().map(|b| b >> 5).chain([0]).chain(prefix.iter().map(|b| b & 31)).chain(groups.iter().copied());
    (polymod(expanded) == 1).then(|| (prefix.to_vec(), groups[..groups.len() - 6].to_vec()))
}

/// The remainder of BIP-173's BCH code; 1 for whole strings.
fn polymod(groups: impl Iterator<Item = u8>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    groups.fold(1, |state, group| {
        let top = state >> 25;
        GENERATOR
            .iter()
            .enumerate()
            .filter(|(bit, _)| top >> bit & 1 == 1)
            .fold(((state & 0x01ff_ffff) << 5) ^ u32::from(group), |state, (_, generator)| state ^ generator)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::{Noise, fact};
    use super::*;

    #[test]
    fn bip_173_vectors() {
        for valid in [
            "A12UEL5L",
            "a12uel5l",
            concat!("an83characterlonghumanreadablepartthatcontainsthenumber1", "andtheexcludedcharactersbio1tt5tgs"),
            "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
            "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
            "?1ezyfcl",
        ] {
            assert!(decode(valid.as_bytes()).is_some(), "{valid}");
        }
        for invalid in ["pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3", "A1G7SGD8", "10a06t8", "A12uEL5L"] {
            assert!(decode(invalid.as_bytes()).is_none(), "{invalid}");
        }
    }

    /// Builds by solving for the checksum, as the reference encoder does.
    fn encode(prefix: &str, groups: &[u8]) -> String {
        let expanded: Vec<u8> = prefix
            .bytes()
            .map(|b| b >> 5)
            .chain([0])
            .chain(prefix.bytes().map(|b| b & 31))
            .chain(groups.iter().copied())
            .chain([0; 6])
            .collect();
        let sum = polymod(expanded.into_iter()) ^ 1;
        let sums = (0..6).map(|n| (sum >> (5 * (5 - n)) & 31) as u8);
        let text: String =
            groups.iter().copied().chain(sums).map(|group| char::from(CHARSET[usize::from(group)])).collect();
        format!("{prefix}1{text}")
    }

    #[test]
    fn age_keys() {
        let mut groups: Vec<u8> = Noise(8).bytes(52).iter().map(|b| b & 31).collect();
        groups[51] &= 16;
        let value = encode(&["age-", "secret-key-"].concat(), &groups).to_uppercase();
        assert_eq!(age(value.as_bytes()).verdict, Verdict::Pass);
        for at in [0, 16, 30, value.len() - 1] {
            let mut broken = value.clone().into_bytes();
            broken[at] = if broken[at] == b'Q' { b'P' } else { b'Q' };
            assert_eq!(age(&broken).verdict, Verdict::Fail, "{at}");
        }
        let short = encode(&["age-", "secret-key-"].concat(), &groups[..40]);
        assert_eq!(age(short.as_bytes()).verdict, Verdict::Fail);
        let public = encode("age", &groups);
        assert_eq!(age(public.as_bytes()).verdict, Verdict::Fail);
        let plugin = age(encode("age-plugin-yubikey-", &groups).as_bytes());
        assert_eq!(fact(&plugin, fact_name::FORMAT), "age plugin yubikey");
    }
}
