//! Key stores: PKCS#12 (RFC 7292), and the JKS and JCEKS formats of Java (the JDK's `sun.security.provider.JavaKeyStore`
//! documents the layout).
//!
//! Says whether there is a private key in it, and whether it opens with a password that is a published default: such
//! a store protects nothing.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::der::{INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, SET};
use super::{Evidence, encoding, fact_name, pem};

/// Passwords that tools and their documentation set: the JDK, Google's service account keys, none, Android's debug key,
/// Jetty, and what examples use. In the order in which they are tried.
const DEFAULTS: [&str; 8] = ["changeit", "", "notasecret", "android", "password", "storepwd", "changeme", "secret"];

/// Rounds of a hash that passwords may cost, for each byte of the store: input that was made to be slow stays cheap.
const ROUNDS: usize = 16;

const OPEN: &str = "a private key in a key store that opens with a published default password";
const LOCKED: &str = "a private key in a key store with a password";
const CUT_OFF: &str = "a key store, cut off before it names a key";

/// Checks a key store in base64.
pub(super) fn key_store(value: &[u8]) -> Evidence {
    let mut text = pem::unescape(value);
    text.retain(|byte| !byte.is_ascii_whitespace());
    let Some(bytes) = encoding::base64(&text) else {
        return Evidence::fail("is no base64");
    };
    match bytes[..] {
        [0xfe, 0xed, 0xfe, 0xed, ..] => java(&bytes, "JKS"),
        [0xce, 0xce, 0xce, 0xce, ..] => java(&bytes, "JCEKS"),
        _ => pkcs12(&bytes),
    }
}

/// What the entries of a store are.
#[derive(Default)]
struct Entries<'a> {
    /// There is a key.
    key: bool,
    /// One that is not encrypted.
    bare: bool,
    /// Something that cannot be looked into.
    hidden: bool,
    /// The name of the first key.
    alias: Option<&'a [u8]>,
    /// When it was made, in milliseconds since 1970.
    made: Option<u64>,
}

impl Entries<'_> {
    fn evidence(&self, opens: bool, format: &str) -> Evidence {
        let evidence = match (self.key, self.hidden) {
            (true, _) if self.bare => Evidence::pass("a private key in a key store, not encrypted"),
            (true, _) => Evidence::pass(if opens { OPEN } else { LOCKED }),
            (false, true) => Evidence::unknown("a key store that does not show whether it holds a key"),
            (false, false) => Evidence::no_secret("a key store without a key"),
        };
        evidence
            .with_some(fact_name::ENCRYPTED, self.key.then_some(if self.bare { "no" } else { "yes" }))
            .with(fact_name::FORMAT, format)
            .with_epoch(fact_name::ISSUED, self.made.and_then(|made| i64::try_from(made / 1000).ok()))
    }
}

/// A JKS or JCEKS store: magic, version, number of entries, the entries, and the SHA-1 of password, a fixed phrase and
/// all that.
fn java(bytes: &[u8], format: &str) -> Evidence {
    let mut entries = Entries::default();
    let mut rest = Fields(&bytes[4..]);
    let whole = java_entries(&mut rest, &mut entries).is_some();
    if !whole && !entries.key {
        return Evidence::unknown(CUT_OFF).with(fact_name::FORMAT, format);
    }
    let opens = whole && rest.0.len() == 20 && {
        let (signed, digest) = bytes.split_at(bytes.len() - 20);
        DEFAULTS.iter().any(|password| {
            let wide: Vec<u8> = password.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let made = Sha1::new_with_prefix(wide).chain_update(b"Mighty Aphrodite").chain_update(signed);
            made.finalize()[..] == *digest
        })
    };
    let evidence = entries.evidence(opens, format);
    evidence.with_some(fact_name::KEY_ID, entries.alias)
}

/// Reads the entries up to the end, or to what cannot be read; nothing where it stopped.
fn java_entries<'a>(rest: &mut Fields<'a>, entries: &mut Entries<'a>) -> Option<()> {
    let version = rest.number()?;
    for _ in 0..rest.number()? {
        let kind = rest.number()?;
        let alias = rest.name()?;
        let made = u64::from(rest.number()?) << 32 | u64::from(rest.number()?);
        let certificates = match kind {
            1 | 3 => {
                if !entries.key {
                    *entries = Entries { key: true, alias: Some(alias), made: Some(made), ..Entries::default() };
                }
                if kind == 3 {
                    // A serialised Java object, which does not say how long it is.
                    return None;
                }
                rest.block()?;
                rest.number()?
            }
            2 => 1,
            _ => return None,
        };
        for _ in 0..certificates {
            if version > 1 {
                rest.name()?;
            }
            rest.block()?;
        }
    }
    Some(())
}

/// Reads what Java's `DataOutputStream` writes.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(*self.take(4)?.first_chunk()?))
    }

    fn name(&mut self) -> Option<&'a [u8]> {
        let len = u16::from_be_bytes(*self.take(2)?.first_chunk()?);
        self.take(usize::from(len))
    }

    fn block(&mut self) -> Option<&'a [u8]> {
        let len = self.number()?;
        self.take(usize::try_from(len).ok()?)
    }
}

/// `1.2.840.113549.1.7.1`, data of PKCS#7.
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
/// `1.2.840.113549.1.12.10.1`, the bags of PKCS#12; one number follows.
const BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1];
/// `1.2.840.113549.1.9.20`, the friendly name.
const FRIENDLY_NAME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 20];

fn pkcs12(bytes: &[u8]) -> Evidence {
    const FORMAT: &str = "PKCS#12";
    let Some((safe, mac)) = pfx(bytes) else {
        // Also the indefinite lengths of BER, which some old tools write.
        return Evidence::unknown(CUT_OFF).with(fact_name::FORMAT, FORMAT);
    };
    let mut entries = Entries::default();
    let mut name = None;
    safe_entries(safe, &mut entries, &mut name);
    let opens = mac.is_some_and(|mac| opens(safe, mac, bytes.len()).unwrap_or(false));
    entries.evidence(opens, FORMAT).with_some(fact_name::KEY_ID, name)
}

/// The authenticated safe and the fields of its MAC (RFC 7292, section 4).
fn pfx(bytes: &[u8]) -> Option<(&[u8], Option<Reader<'_>>)> {
    let mut outer = Reader(Reader(bytes).expect(SEQUENCE)?);
    outer.expect(INTEGER).filter(|version| *version == [3])?;
    let mut content = Reader(outer.expect(SEQUENCE)?);
    content.expect(OID).filter(|kind| *kind == DATA)?;
    let safe = Reader(content.expect(0xa0)?).expect(OCTET_STRING)?;
    Some((safe, outer.optional(SEQUENCE).map(Reader)))
}

/// Looks into what of the safe is not encrypted; keys are encrypted one by one in there.
fn safe_entries(safe: &[u8], entries: &mut Entries<'_>, name: &mut Option<String>) -> Option<()> {
    let mut contents = Reader(Reader(safe).expect(SEQUENCE)?);
    while let Some(content) = contents.expect(SEQUENCE) {
        let mut content = Reader(content);
        if content.expect(OID)? != DATA {
            entries.hidden = true;
            continue;
        }
        let data = Reader(content.expect(0xa0)?).expect(OCTET_STRING)?;
        let mut bags = Reader(Reader(data).expect(SEQUENCE)?);
        while let Some(bag) = bags.expect(SEQUENCE) {
            let mut bag = Reader(bag);
            let kind = bag.expect(OID)?.strip_prefix(BAG)?;
            bag.expect(0xa0)?;
            // A key bag is a bare PKCS#8 key, a shrouded one is encrypted.
            if let [1 | 2] = kind {
                entries.key = true;
                entries.bare |= kind == [1];
                *name = name.take().or_else(|| friendly_name(bag.optional(SET)?));
            }
            entries.hidden |= matches!(kind, [5 | 6]);
        }
    }
    Some(())
}

fn friendly_name(attributes: &[u8]) -> Option<String> {
    const BMP_STRING: u8 = 0x1e;
    let mut attributes = Reader(attributes);
    loop {
        let mut attribute = Reader(attributes.expect(SEQUENCE)?);
        if attribute.expect(OID)? == FRIENDLY_NAME {
            let wide = Reader(attribute.expect(SET)?).expect(BMP_STRING)?;
            let units: Vec<u16> = wide.as_chunks().0.iter().map(|&unit| u16::from_be_bytes(unit)).collect();
            return Some(String::from_utf16_lossy(&units));
        }
    }
}

/// Whether one of the default passwords makes the MAC of `safe`. Nothing where the MAC is of another kind.
fn opens(safe: &[u8], mut mac: Reader<'_>, len: usize) -> Option<bool> {
    let mut info = Reader(mac.expect(SEQUENCE)?);
    let algorithm = Reader(info.expect(SEQUENCE)?).expect(OID)?;
    let digest = info.expect(OCTET_STRING)?;
    let salt = mac.expect(OCTET_STRING).filter(|salt| !salt.is_empty() && salt.len() <= 1024)?;
    let rounds = match mac.integer() {
        None => 1,
        Some(number) if number.len() <= 3 => number.iter().fold(0, |all, &byte| all << 8 | usize::from(byte)),
        Some(_) => return None,
    };
    let try_all = match *algorithm {
        [0x2b, 0x0e, 3, 2, 0x1a] => any_makes::<Sha1, Hmac<Sha1>, 64>,
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1] => any_makes::<Sha256, Hmac<Sha256>, 64>,
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2] => any_makes::<Sha384, Hmac<Sha384>, 128>,
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3] => any_makes::<Sha512, Hmac<Sha512>, 128>,
        _ => return None,
    };
    let most = len * ROUNDS / rounds.max(1);
    Some(try_all(safe, digest, salt, rounds, most))
}

/// Whether one of the first `most` passwords makes `digest`. `BLOCK` is the block of the hash in bytes.
fn any_makes<H: Digest, M: Mac + KeyInit, const BLOCK: usize>(
    safe: &[u8],
    digest: &[u8],
    salt: &[u8],
    rounds: usize,
    most: usize,
) -> bool {
    DEFAULTS.iter().take(most).any(|password| {
        // RFC 7292, appendix B.2, for a key as long as the hash: one block, with the id of MAC keys.
        let wide: Vec<u8> = password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
        let filled = |part: &[u8]| -> Vec<u8> {
            part.iter().copied().cycle().take(part.len().next_multiple_of(BLOCK)).collect()
        };
        let mut key = H::new_with_prefix([3; BLOCK]).chain_update(filled(salt)).chain_update(filled(&wide)).finalize();
        for _ in 1..rounds {
            key = H::digest(&key);
        }
        <M as KeyInit>::new_from_slice(&key).is_ok_and(|mac| mac.chain_update(safe).verify_slice(digest).is_ok())
    })
}

#[cfg(test)]
#[path = "keystore_tests.rs"]
mod tests;
