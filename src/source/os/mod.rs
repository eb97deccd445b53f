//! What differs between operating systems: names as bytes, and opening files that may not be what they seem.
//!
//! Knows nothing of git, policy or reports.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use other as system;
#[cfg(unix)]
use unix as system;

pub(super) use system::{path_bytes, path_from_bytes};

/// Whether a symbolic link may stand where a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// A link is an error.
    Refuse,
    /// The file that a link leads to is read.
    Follow,
}

/// A path below `root`, from the bytes that reports name it by.
pub fn join(root: &Path, relative: &[u8]) -> PathBuf {
    root.join(path_from_bytes(relative))
}

/// SHA-256 of a regular file; a link is not followed.
///
/// # Errors
///
/// It cannot be opened or read, or is no regular file.
pub fn digest_of(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = system::open(path, Links::Refuse)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut sha256 = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(sha256.finalize().into()),
            read => sha256.update(&buffer[..read]),
        }
    }
}

/// Opens a regular file; anything else is an error of the kind [`io::ErrorKind::InvalidInput`]. Never waits for a writer.
pub(super) fn open_regular(path: &Path, links: Links) -> io::Result<File> {
    let file = system::open(path, links)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

/// The content of a regular file of at most `limit` bytes.
///
/// Never waits for a writer, since a FIFO is refused, not read. A larger file is an error of the kind
/// [`io::ErrorKind::FileTooLarge`], anything but a regular file one of the kind [`io::ErrorKind::InvalidInput`].
pub fn read_file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_regular(path, limit, Links::Follow)
}

/// Reads a regular file of at most `limit` bytes.
pub(super) fn read_regular(path: &Path, limit: u64, links: Links) -> io::Result<Vec<u8>> {
    let file = open_regular(path, links)?;
    let mut content = Vec::new();
    // The length that the system tells is not trusted: files may grow, and those of /proc claim to be empty.
    file.take(limit + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "too large"));
    }
    Ok(content)
}
