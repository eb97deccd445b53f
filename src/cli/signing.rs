//! Keys and signatures of evidence bundles: `straykey evidence keygen`, `sign`, `statement` and `attach-signature`.
//!
//! A signing key in every pipeline would be a stray secret of its own. So signing is not tied to this program: `statement --pae`
//! hands out the bytes that a key service or a keyless step signs, `attach-signature` puts the signature into the bundle.

use std::env;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use zeroize::Zeroizing;

use super::file::{consistent_bundle, name};
use super::{ExitCode, print};
use crate::evidence::sign::{Envelope, PublicKey, SigningKey, pae, read_signature};
use crate::evidence::{Bundle, ENVELOPE};
use crate::report::file::{Staged, write_atomically};

/// Name of the environment variable that holds a private key in PEM.
const VARIABLE: &str = "STRAYKEY_SIGNING_KEY";

/// Bytes of a key's file or a signature, at most.
const MAX_FILE: u64 = 64 << 10;

/// The key of `file`, else that of the environment, if there is one.
pub(super) fn signing_key(file: Option<&Path>) -> anyhow::Result<Option<SigningKey>> {
    let (text, source) = match file {
        Some(path) => (Zeroizing::new(read_text(path)?), name(path)),
        None => match env::var(VARIABLE) {
            Ok(text) if !text.is_empty() => (Zeroizing::new(text), VARIABLE.to_owned()),
            Ok(_) | Err(env::VarError::NotPresent) => return Ok(None),
            Err(env::VarError::NotUnicode(_)) => bail!("the signing key in {VARIABLE}: it is no text"),
        },
    };
    let key = SigningKey::from_pem(&text).with_context(|| format!("the signing key in {source}"))?;
    Ok(Some(key))
}

/// The public keys of these files.
pub(super) fn public_keys(files: &[PathBuf]) -> anyhow::Result<Vec<PublicKey>> {
    let read =
        |path: &PathBuf| PublicKey::from_pem(&read_text(path)?).with_context(|| format!("the key in {}", name(path)));
    files.iter().map(read).collect()
}

/// Makes a pair of keys: the private one in `file`, for its owner alone, the public one beside it.
pub(super) fn keygen(file: &Path) -> anyhow::Result<ExitCode> {
    let public = beside(file);
    for path in [file, &public] {
        if path.symlink_metadata().is_ok() {
            bail!("{} exists; a key is not overwritten", name(path));
        }
    }
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(|error| anyhow!("no random bytes for a key are to be had: {error}"))?;
    let key = SigningKey::from_random(&bytes);
    let secret = Staged::stage(file, true, |out| out.write_all(key.to_pem().as_bytes()))?;
    let open = Staged::stage(&public, false, |out| out.write_all(key.public().to_pem().as_bytes()))?;
    secret.commit()?;
    open.commit()?;
    print(|out| {
        writeln!(out, "{}: the private key; whoever has it can sign in its name", name(file))?;
        writeln!(out, "{}: the public key, for evidence verify --key", name(&public))?;
        writeln!(out, "key id {}", key.public().id())?;
        Ok(0)
    })
}

/// `FILE.pub`.
fn beside(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".pub");
    path.into()
}

/// Writes the statement of the bundle in `folder`, or the bytes that are signed of it, to standard output.
pub(super) fn statement(folder: &Path, encoded: bool) -> anyhow::Result<ExitCode> {
    let bundle = consistent(folder)?;
    print(|out| {
        let bytes = bundle.statement();
        if encoded { out.write_all(&pae(bytes)) } else { out.write_all(bytes) }?;
        Ok(0)
    })
}

/// Signs the bundle in `folder`.
pub(super) fn sign(folder: &Path, file: Option<&Path>) -> anyhow::Result<ExitCode> {
    let bundle = consistent(folder)?;
    let Some(key) = signing_key(file)? else { bail!("a signing key is needed: --key FILE or the variable {VARIABLE}") };
    let mut envelope = bundle.envelope().unwrap_or_default();
    envelope.sign(bundle.statement(), &key);
    write(folder, &bundle, &envelope, &key.public())
}

/// Puts the signature in `signature` (`-`: standard input), which is one by the key in `public`, into the bundle in `folder`.
pub(super) fn attach(folder: &Path, signature: &Path, public: &Path) -> anyhow::Result<ExitCode> {
    let bundle = consistent(folder)?;
    let key = PublicKey::from_pem(&read_text(public)?).with_context(|| format!("the key in {}", name(public)))?;
    let text = read(signature)?;
    let signature = read_signature(&text).with_context(|| format!("the signature in {}", name(signature)))?;
    let mut envelope = bundle.envelope().unwrap_or_default();
    envelope.attach(bundle.statement(), &key, &signature).with_context(|| name(folder))?;
    write(folder, &bundle, &envelope, &key)
}

fn write(folder: &Path, bundle: &Bundle, envelope: &Envelope, key: &PublicKey) -> anyhow::Result<ExitCode> {
    if bundle.stamp.is_some() {
        bail!("{} has a time stamp of its signatures already; another one would make that worthless", name(folder));
    }
    let bytes = envelope.to_bytes(bundle.statement());
    write_atomically(&folder.join(ENVELOPE), false, |out| out.write_all(&bytes))?;
    print(|out| {
        writeln!(out, "{}: signed by {}", name(folder), key.id())?;
        Ok(0)
    })
}

/// The bundle in `folder`. One whose parts do not agree is not signed: a signature would vouch for it.
fn consistent(folder: &Path) -> anyhow::Result<Bundle> {
    consistent_bundle(folder).map(|(bundle, _)| bundle)
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(read(path)?).map_err(|_| anyhow!("{} is no text", name(path)))
}

/// What `path` holds; `-` is standard input.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut take = |input: &mut dyn io::Read| input.take(MAX_FILE + 1).read_to_end(&mut bytes);
    if path.as_os_str() == "-" {
        take(&mut io::stdin().lock()).context("standard input")?;
    } else {
        let mut file = fs::File::open(path).with_context(|| format!("cannot read {}", name(path)))?;
        take(&mut file).with_context(|| format!("cannot read {}", name(path)))?;
    }
    if bytes.len() as u64 > MAX_FILE {
        bail!("{} is larger than any key or signature", name(path));
    }
    Ok(bytes)
}
