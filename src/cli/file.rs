//! The files and bundles that commands are given: how messages call them, and how they are read, never more than is fitting.

use std::fs::File;
use std::io::{Read as _, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Serialize;

use super::{ExitCode, print};
use crate::blob::{printable, printable_text};
use crate::evidence::{Bundle, Verified, verify};
use crate::report::file::write_atomically;

/// Bytes of the largest file that people keep by hand.
const MAX_BYTES: u64 = 16 << 20;

/// How messages call the file at `path`.
pub(super) fn name(path: &Path) -> String {
    printable(path.as_os_str().as_encoded_bytes())
}

/// What the regular file at `path` holds, if that is one that people can keep by hand.
pub(super) fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    bytes_up_to(path, MAX_BYTES)
}

/// What the regular file at `path` holds, if that is no more than `most` bytes.
pub(super) fn bytes_up_to(path: &Path, most: u64) -> anyhow::Result<Vec<u8>> {
    let name = name(path);
    let read = || format!("cannot read {name}");
    // Opening what is no regular file may wait for ever, and reading it may never end.
    if !std::fs::metadata(path).with_context(read)?.is_file() {
        bail!("{name} is no regular file");
    }
    let mut bytes = Vec::new();
    File::open(path).with_context(read)?.take(most + 1).read_to_end(&mut bytes).with_context(read)?;
    if bytes.len() as u64 > most {
        bail!("{name} is larger than {most} bytes");
    }
    Ok(bytes)
}

/// What the text file at `path` holds.
pub(super) fn text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(bytes(path)?).with_context(|| format!("{} is not UTF-8", name(path)))
}

/// JSON for tools, and for people who look into it.
pub(super) fn pretty(document: &impl Serialize, out: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    out.write_all(b"\n")
}

/// Writes one file, or standard output.
pub(super) fn write(
    path: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> anyhow::Result<ExitCode> {
    match path {
        Some(path) => {
            write_atomically(path, false, write)?;
            Ok(0)
        }
        None => print(|out| {
            write(out).context("cannot write the export")?;
            Ok(0)
        }),
    }
}

/// The bundle in `folder`, whose parts agree with each other.
pub(super) fn consistent_bundle(folder: &Path) -> anyhow::Result<(Bundle, Verified)> {
    let bundle = Bundle::read(folder)?;
    match verify(&bundle) {
        Ok(verified) => Ok((bundle, verified)),
        Err(found) => bail!("{} is not consistent: {}", name(folder), printable_text(&found[0].to_string())),
    }
}
