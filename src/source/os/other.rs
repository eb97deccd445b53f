//! Systems whose names are not bytes, such as Windows. Untested.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::Links;

/// The path in UTF-8 with `/` between components; what is not Unicode becomes U+FFFD.
pub(in crate::source) fn path_bytes(path: &Path) -> Cow<'_, [u8]> {
    let text = path.to_string_lossy();
    Cow::Owned(text.replace(std::path::MAIN_SEPARATOR, "/").into_bytes())
}

/// The path that these bytes name.
pub(in crate::source) fn path_from_bytes(bytes: &[u8]) -> Cow<'_, Path> {
    Cow::Owned(PathBuf::from(String::from_utf8_lossy(bytes).into_owned()))
}

/// Opens a file for reading.
pub(super) fn open(path: &Path, links: Links) -> io::Result<File> {
    if links == Links::Refuse && std::fs::symlink_metadata(path)?.is_symlink() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a symbolic link"));
    }
    File::open(path)
}
