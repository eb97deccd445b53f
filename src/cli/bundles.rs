//! Bundles that commands are given in folders: which there are, and what they say.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use jiff::civil::Date;
use serde_json::Value;

use super::file::{bytes, consistent_bundle, name};
use crate::evidence::chain::sha256_hex;
use crate::evidence::reading::{Assurance, Reading};
use crate::evidence::sign::PublicKey;
use crate::evidence::{MANIFEST, RECORDS, STATEMENT, first_line};
use crate::words::plural;

/// Folders below the one that is named, at most.
const MAX_DEPTH: usize = 6;

/// The folders of bundles in `root`, sorted, each with how messages call it: by its path below `root`, if there is any.
pub(super) fn bundles_in(root: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", name(&folder)))?;
        let mut below = Vec::new();
        let mut is_bundle = false;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read {}", name(&folder)))?;
            let file = entry.file_name();
            is_bundle |= [RECORDS, MANIFEST, STATEMENT].iter().any(|part| file == **part);
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                below.push((entry.path(), depth + 1));
            }
        }
        if is_bundle {
            found.push(folder);
        } else if depth < MAX_DEPTH {
            folders.extend(below);
        }
    }
    found.sort();
    let called = |folder: PathBuf| {
        let short = folder.strip_prefix(root).unwrap_or(&folder);
        let called = if short.as_os_str().is_empty() { name(&folder) } else { name(short) };
        (folder, called)
    };
    Ok(found.into_iter().map(called).collect())
}

/// A bundle that was found, and what its first record and its manifest say before anything is verified.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// When it says that it began. First, so that bundles sort by it.
    started: String,
    /// The scan that it says it is of.
    pub(super) scan: String,
    /// Its folder.
    pub(super) folder: PathBuf,
    /// How messages call it.
    pub(super) name: String,
    /// SHA-256 of its manifest.
    pub(super) manifest_sha256: String,
}

/// The bundles below `roots`, from the earliest to the latest by what they say of themselves; each once.
pub(super) fn found(roots: &[PathBuf]) -> anyhow::Result<Vec<Found>> {
    let mut all = Vec::new();
    for root in roots {
        let folders = bundles_in(root)?;
        if folders.is_empty() {
            bail!("there is no evidence bundle in {}", name(root));
        }
        for (folder, called) in folders {
            all.push(peek(folder, called)?);
        }
    }
    all.sort();
    all.dedup_by(|a, b| a.scan == b.scan && a.manifest_sha256 == b.manifest_sha256);
    Ok(all)
}

fn peek(folder: PathBuf, name: String) -> anyhow::Result<Found> {
    let line = first_line(&folder).with_context(|| format!("the bundle {name}"))?;
    let first: Value =
        serde_json::from_slice(&line).with_context(|| format!("the first record of the bundle {name}"))?;
    let text = |pointer: &str| first.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let manifest_sha256 = sha256_hex(&bytes(&folder.join(MANIFEST))?);
    Ok(Found { started: text("/body/started"), scan: text("/scan"), folder, name, manifest_sha256 })
}

/// What a bundle says, whose parts agree and, where `keys` were pinned, which one of them signed.
pub(super) fn reading(found: &Found, keys: &[PublicKey]) -> anyhow::Result<Reading> {
    let (bundle, verified) = consistent_bundle(&found.folder)?;
    let assurance = if keys.is_empty() {
        Assurance::Consistent
    } else {
        match bundle.signer(keys) {
            Some(key) => Assurance::Authentic(key.id()),
            None => bail!("the bundle {} is not signed by any of the keys given", found.name),
        }
    };
    Reading::of(&found.name, &bundle, &verified, assurance).with_context(|| format!("the bundle {}", found.name))
}

/// What all bundles below `roots` say that began by the end of the day `today`, with exceptions as they stand on it. Those that are left
/// out are told of: nobody knew of them on that day.
pub(super) fn readings(roots: &[PathBuf], keys: &[PublicKey], today: Date) -> anyhow::Result<Vec<Reading>> {
    let today = today.to_string();
    let mut readings = Vec::new();
    let mut later = 0;
    for one in &found(roots)? {
        let mut reading = reading(one, keys)?;
        if reading.started.started.get(..10).is_some_and(|day| day > today.as_str()) {
            later += 1;
            continue;
        }
        reading.judge_on(&today);
        readings.push(reading);
    }
    if later > 0 {
        let bundles = plural(later, "bundle is", "bundles are");
        if readings.is_empty() {
            bail!("{bundles} of later days than {today}, and there is no other");
        }
        tracing::warn!("{bundles} of later days than {today}, and left out");
    }
    Ok(readings)
}
