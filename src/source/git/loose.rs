//! Loose objects: a file each, a zlib stream of a header (`blob 12` and a NUL) and the content.
//!
//! They are read as they come, so that content of any size passes through the windows of a reader, and by plain reads: a
//! mapping for each of many small files costs more than reading them, above all on several threads.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use gix_hash::oid;
use gix_object::Kind;
use gix_zlib::Decompress;
use gix_zlib::stream::inflate;

use super::objects::NoObject;
use crate::source::os::{self, Links};

/// Bytes of the longest header: a kind, a blank, the digits of a number of 64 bits, a NUL.
const HEADER: usize = 32;

/// An object that is being read.
pub struct LooseObject {
    file: BufReader<File>,
    state: Box<Decompress>,
    /// What came with the header.
    head: [u8; HEADER],
    /// The part of it that is still to be handed out.
    ready: std::ops::Range<usize>,
    kind: Kind,
    /// Bytes of content that are still to come.
    left: u64,
}

impl LooseObject {
    /// Opens the file of an object in the folder `objects`, if there is one.
    pub(super) fn open(folder: &Path, id: &oid) -> Result<Option<Self>, NoObject> {
        let name = id.to_hex().to_string();
        let file = match os::open_regular(&folder.join(&name[..2]).join(&name[2..]), Links::Follow) {
            Ok(file) => BufReader::new(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(NoObject::Damaged(error.kind().to_string())),
        };
        let damaged = || NoObject::Damaged("damaged".to_owned());
        let mut object =
            Self { file, state: Box::default(), head: [0; HEADER], ready: 0..0, kind: Kind::Blob, left: 0 };
        let mut head = [0; HEADER];
        let filled = object.inflate(&mut head).map_err(|_| damaged())?;
        object.head = head;
        let end = memchr::memchr(0, &object.head[..filled]).ok_or_else(damaged)?;
        let (kind, size) = header(&object.head[..end]).ok_or_else(damaged)?;
        object.ready = end + 1..filled;
        (object.kind, object.left) = (kind, size);
        Ok(Some(object))
    }

    fn inflate(&mut self, out: &mut [u8]) -> io::Result<usize> {
        inflate::read(&mut self.file, &mut self.state, out).map_err(|_| io::ErrorKind::InvalidData.into())
    }

    /// The end of the content, where the stream has to end too, with a checksum that agrees.
    fn finish(&mut self) -> io::Result<usize> {
        if self.ready.is_empty() && self.inflate(&mut [0])? == 0 {
            return Ok(0);
        }
        Err(io::ErrorKind::InvalidData.into())
    }

    /// What it is.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Bytes of content that are still to come: of an object that was opened just now, all of them.
    pub fn left(&self) -> u64 {
        self.left
    }
}

fn header(text: &[u8]) -> Option<(Kind, u64)> {
    let blank = memchr::memchr(b' ', text)?;
    let kind = Kind::from_bytes(&text[..blank]).ok()?;
    let digits = &text[blank + 1..];
    let size = std::str::from_utf8(digits).ok()?.parse().ok()?;
    digits.iter().all(u8::is_ascii_digit).then_some((kind, size))
}

impl Read for LooseObject {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return self.finish();
        }
        let wanted = out.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let out = &mut out[..wanted];
        let count = if self.ready.is_empty() {
            self.inflate(out)?
        } else {
            let count = wanted.min(self.ready.len());
            out[..count].copy_from_slice(&self.head[self.ready.start..self.ready.start + count]);
            self.ready.start += count;
            count
        };
        if count == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_a_kind_and_a_number() {
        assert_eq!(header(b"blob 0"), Some((Kind::Blob, 0)));
        assert_eq!(header(b"commit 18446744073709551615"), Some((Kind::Commit, u64::MAX)));
        for bad in [&b"blob"[..], b"blob ", b"blob +1", b"blob 1 ", b"blob 18446744073709551616", b"blub 1", b""] {
            assert_eq!(header(bad), None, "{}", String::from_utf8_lossy(bad));
        }
        assert!(b"commit 18446744073709551615".len() < HEADER);
    }
}
