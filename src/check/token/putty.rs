//! `PuTTY` private keys, versions 1 to 3 (`PuTTY` manual, appendix "PPK file format").

use super::openssh::{self, Wire};
use super::{Evidence, encoding};

/// How every file begins; the version follows.
pub(super) const MAGIC: &[u8] = b"PuTTY-User-Key-File-";

/// The parts of a file.
struct File<'a> {
    version: u8,
    encryption: &'a [u8],
    comment: &'a [u8],
    public: Vec<u8>,
    secret: Vec<u8>,
}

/// Checks a file whose escapes are undone already.
pub(super) fn describe(text: &[u8]) -> Evidence {
    let Some(file) = File::read(text) else {
        return Evidence::fail("a part of the file is missing");
    };
    let (Some(public), Some(secret)) = (encoding::base64(&file.public), encoding::base64(&file.secret)) else {
        return Evidence::fail("the key is not base64");
    };
    let Some(key) = openssh::public(&public) else {
        return Evidence::fail("the public key does not parse");
    };
    let key = key.format(match file.version {
        b'1' => "PuTTY v1",
        b'2' => "PuTTY v2",
        _ => "PuTTY v3",
    });
    let key = key.user(file.comment);
    if file.encryption != b"none" {
        let cipher = String::from_utf8_lossy(file.encryption);
        return key.evidence("yes", Some(&cipher));
    }
    if agrees(&public, &secret).is_none() {
        return Evidence::fail("the private key does not belong to the public key");
    }
    key.evidence("no", None)
}

/// The base64 of the public and then of the private half.
pub(super) fn body(text: &[u8]) -> Option<Vec<u8>> {
    let file = File::read(text)?;
    Some([file.public, file.secret].concat())
}

impl<'a> File<'a> {
    fn read(text: &'a [u8]) -> Option<Self> {
        let start = memchr::memmem::find(text, MAGIC)?;
        let text = &text[start + MAGIC.len()..];
        let mut lines = text.split(|&b| b == b'\n' || b == b'\r').map(tidy).filter(|l| !l.is_empty());
        let (&version, _) = lines.next()?.split_first()?;
        let mut file = Self { version, encryption: b"", comment: b"", public: Vec::new(), secret: Vec::new() };
        while let Some(line) = lines.next() {
            let Some(colon) = memchr::memchr(b':', line) else {
                continue;
            };
            let value = line[colon + 1..].trim_ascii();
            let into = match &line[..colon] {
                b"Encryption" => {
                    file.encryption = value;
                    continue;
                }
                b"Comment" => {
                    file.comment = value;
                    continue;
                }
                b"Public-Lines" => &mut file.public,
                b"Private-Lines" => &mut file.secret,
                _ => continue,
            };
            let count = usize::try_from(encoding::parse_decimal(value)?).ok()?;
            for line in lines.by_ref().take(count) {
                into.extend_from_slice(line);
            }
        }
        let known = matches!(version, b'1'..=b'3') && !file.encryption.is_empty();
        (known && !file.public.is_empty() && !file.secret.is_empty()).then_some(file)
    }
}

/// A line without indentation, quotes and comment marks.
fn tidy(line: &[u8]) -> &[u8] {
    let noise = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'#' | b',');
    let start = line.iter().position(|b| !noise(b)).unwrap_or(line.len());
    let end = line.iter().rposition(|b| !noise(b)).map_or(start, |at| at + 1);
    &line[start..end.max(start)]
}

/// Compares the halves as far as that takes no arithmetic on curves.
fn agrees(public: &[u8], secret: &[u8]) -> Option<()> {
    let mut public = Wire(public);
    let mut secret = Wire(secret);
    if public.string()? == b"ssh-rsa" {
        let (_e, n) = (public.big()?, public.big()?);
        let (_d, p, q) = (secret.big()?, secret.big()?, secret.big()?);
        return openssh::is_product(n, p, q).then_some(());
    }
    secret.string().filter(|scalar| !scalar.is_empty()).map(|_| ())
}
