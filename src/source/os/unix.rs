//! Unix: names are bytes already.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::Links;

/// The path as raw bytes with `/` between components.
pub(in crate::source) fn path_bytes(path: &Path) -> Cow<'_, [u8]> {
    Cow::Borrowed(path.as_os_str().as_bytes())
}

/// The path that these bytes name.
pub(in crate::source) fn path_from_bytes(bytes: &[u8]) -> Cow<'_, Path> {
    Cow::Borrowed(Path::new(OsStr::from_bytes(bytes)))
}

/// Opens a file for reading. `O_NONBLOCK` lets a FIFO open at once instead of waiting for its writer.
pub(super) fn open(path: &Path, links: Links) -> io::Result<File> {
    let follow = match links {
        Links::Refuse => libc::O_NOFOLLOW,
        Links::Follow => 0,
    };
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | follow).open(path)
}
