//! The fingerprint key: from the environment, a file, the configuration, or the user's data directory.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, bail};

use crate::finding::{FingerprintKey, Keyed};
use crate::secret::Secret;

/// Name of the environment variable that holds a key.
const VARIABLE: &str = "STRAYKEY_FINGERPRINT_KEY";

/// Bytes of a key that is made here.
const KEY_LENGTH: usize = 32;

/// Length under which a key is called weak.
const WEAK: usize = 16;

/// A key, and what the operator should know of it.
pub(super) struct Found {
    pub(super) key: FingerprintKey,
    pub(super) note: Option<String>,
}

/// The first key that exists, in the order of the contract.
pub(super) fn find(file: Option<&Path>, salt: Option<&Secret>) -> anyhow::Result<Found> {
    if let Some(value) = env::var_os(VARIABLE) {
        return given(value.as_encoded_bytes(), VARIABLE);
    }
    if let Some(path) = file {
        let text =
            fs::read(path).with_context(|| format!("cannot read the fingerprint key file {}", path.display()))?;
        return given(text.trim_ascii_end(), &path.display().to_string());
    }
    if let Some(salt) = salt {
        return Ok(Found { key: FingerprintKey::new(salt.expose(), Keyed::Salt), note: None });
    }
    if let Some(path) = user_key_path().filter(|path| path.exists()) {
        return read_user_key(&path).map(|key| Found { key, note: None });
    }
    if env::var_os("CI").is_some_and(|value| !value.is_empty()) {
        return Ok(Found { key: FingerprintKey::public(), note: None });
    }
    match user_key_path().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)).and_then(|path| make_user_key(&path))
    {
        Ok(key) => Ok(Found { key, note: None }),
        // A container without a home must be able to scan; under the public key weak values get no fingerprint.
        Err(error) => Ok(Found {
            key: FingerprintKey::public(),
            note: Some(format!(
                "no fingerprint key of your own could be made ({}); the public default is used. Set {VARIABLE} to have one",
                error.kind()
            )),
        }),
    }
}

/// The key with this id, if it is to be had: any of those that could have been taken.
pub(super) fn named(id: &str, file: Option<&Path>, salt: Option<&Secret>) -> anyhow::Result<Option<FingerprintKey>> {
    let mut keys = vec![FingerprintKey::public()];
    if let Some(value) = env::var_os(VARIABLE) {
        keys.push(given(value.as_encoded_bytes(), VARIABLE)?.key);
    }
    if let Some(path) = file {
        let text =
            fs::read(path).with_context(|| format!("cannot read the fingerprint key file {}", path.display()))?;
        keys.push(given(text.trim_ascii_end(), &path.display().to_string())?.key);
    }
    keys.extend(salt.map(|salt| FingerprintKey::new(salt.expose(), Keyed::Salt)));
    if let Some(path) = user_key_path().filter(|path| path.exists()) {
        keys.push(read_user_key(&path)?);
    }
    Ok(keys.into_iter().find(|key| key.info().key_id == id))
}

fn given(bytes: &[u8], source: &str) -> anyhow::Result<Found> {
    if bytes.is_empty() {
        bail!("the fingerprint key in {source} is empty");
    }
    let note = (bytes.len() < WEAK).then(|| format!("the fingerprint key in {source} is shorter than {WEAK} bytes"));
    Ok(Found { key: FingerprintKey::new(bytes, Keyed::Secret), note })
}

/// `$XDG_DATA_HOME/straykey/fingerprint.key`, or below `~/.local/share` (XDG base directory specification 0.8).
fn user_key_path() -> Option<PathBuf> {
    let absolute = |value: OsString| Some(PathBuf::from(value)).filter(|path| path.is_absolute());
    let data = env::var_os("XDG_DATA_HOME")
        .and_then(absolute)
        .or_else(|| env::var_os("HOME").and_then(absolute).map(|home| home.join(".local/share")))?;
    Some(data.join("straykey").join("fingerprint.key"))
}

fn read_user_key(path: &Path) -> anyhow::Result<FingerprintKey> {
    let bytes = fs::read(path).with_context(|| format!("cannot read the fingerprint key {}", path.display()))?;
    if bytes.len() != KEY_LENGTH {
        bail!("the fingerprint key {} is damaged: it has {} bytes, not {KEY_LENGTH}", path.display(), bytes.len());
    }
    Ok(FingerprintKey::new(&bytes, Keyed::User))
}

/// Makes a key that only the user can read. Where another run is faster, its key is taken.
fn make_user_key(path: &Path) -> io::Result<FingerprintKey> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut bytes = [0; KEY_LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| io::Error::from(io::ErrorKind::Other))?;
    // Temporary files are made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&bytes)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(FingerprintKey::new(&bytes, Keyed::User)),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            let bytes = fs::read(path)?;
            Ok(FingerprintKey::new(&bytes, Keyed::User))
        }
        Err(error) => Err(error.error),
    }
}
