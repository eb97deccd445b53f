//! The configuration: `straykey.toml`, as many as the operator names, and what they come to.
//!
//! Only what `STRAYKEY_CONFIG` or `--config` names is read; a file that merely lies in a scanned tree is content, not
//! configuration. `keys` is the table of all keys, `read` holds a file against it, `layer` puts several together,
//! `show` prints the outcome. The salt never appears in a message.

mod fault;
mod keys;
mod layer;
mod read;
mod sections;
mod show;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest as _, Sha256};

pub use fault::{ConfigError, Fault};
pub(in crate::cli) use keys::{DAYS_MAX, Key, Kind, Section, Shape, optional, required, template_of};
pub use keys::{markdown, schema, template};
#[cfg(test)]
pub(in crate::cli) use keys::{markdown_of, schema_of};
pub use layer::{ConfigFile, ExcludedPath, Origin, Resolved, RuleChange, Sourced};
pub(in crate::cli) use read::{At, Document, Known, Value, Values, read as read_strictly};
pub(in crate::cli) use show::show;
#[cfg(test)]
pub(in crate::cli) use tests::{assert_committed, assert_table};

use super::governed::Governed;
use crate::rule::RuleSet;
use crate::source::PathExclusions;

/// Name of the environment variable that lists configurations, separated as in `PATH`.
pub(in crate::cli) const VARIABLE: &str = "STRAYKEY_CONFIG";

/// Bytes of the largest configuration.
const MAX_BYTES: u64 = 1 << 20;

/// Reads the configurations that the environment and `named` name, in this order. `rules` are those that they can change.
///
/// # Errors
/// All faults of all files: those that cannot be read, and every key and value that is not valid.
pub(in crate::cli) fn load(
    named: &[PathBuf],
    rules: &RuleSet,
    governed: &mut Governed,
) -> Result<Resolved, ConfigError> {
    let listed = env::var_os(VARIABLE).unwrap_or_default();
    let listed = env::split_paths(&listed).filter(|path| !path.as_os_str().is_empty());
    let listed = listed.map(|path| (path, Origin::Environment));
    let named = named.iter().map(|path| (path.clone(), Origin::CommandLine));
    let ids: BTreeSet<&str> = rules.iter().map(|loaded| loaded.rule.id.as_str()).collect();
    let (mut files, mut faults) = (Vec::<(ConfigFile, Document)>::new(), Vec::new());
    for (path, named_by) in listed.chain(named) {
        match load_file(&path, named_by, &ids, governed) {
            // A file that the environment lists and an option names again says nothing new.
            Ok(Some((file, _))) if file.path.is_file() && files.iter().any(|(known, _)| known.path == file.path) => {}
            Ok(Some(read)) => files.push(read),
            // The change that is scanned brings it, so that nothing of it is obeyed.
            Ok(None) => {}
            Err(more) => faults.extend(more),
        }
    }
    if faults.is_empty() { Ok(Resolved::layer(files)) } else { Err(ConfigError { faults }) }
}

fn load_file(
    path: &Path,
    named_by: Origin,
    rules: &BTreeSet<&str>,
    governed: &mut Governed,
) -> Result<Option<(ConfigFile, Document)>, Vec<Fault>> {
    let name = super::file::name(path);
    let unreadable =
        |message: String| vec![Fault { file: name.clone(), place: None, key: String::new(), message, line: None }];
    let failed = |error: std::io::Error| unreadable(format!("cannot read the configuration: {error}"));
    let mut file = fs::File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(unreadable("is a directory, not a configuration; name the file in it".to_owned()));
    }
    let mut bytes = Vec::new();
    (&mut file).take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unreadable(format!("is larger than {} and surely no configuration", keys::size(MAX_BYTES))));
    }
    let obeyed = governed.configuration(path, bytes).map_err(|error| unreadable(format!("{error:#}")))?;
    let Some(bytes) = obeyed else { return Ok(None) };
    let document = read::read(&name, &bytes, Known { sections: sections::SECTIONS, rules, pattern: check_pattern })?;
    let sha256 = Sha256::digest(&bytes).into();
    // What has no canonical path, such as a pipe, is called by the name it was given.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    Ok(Some((ConfigFile { name, path, sha256, named_by }, document)))
}

/// Reads one configuration from memory against the built-in rules. `file` is how faults call it.
///
/// # Errors
/// All that is wrong with it.
pub fn check(file: &str, bytes: &[u8]) -> Result<Resolved, ConfigError> {
    let rules = RuleSet::embedded();
    let ids: BTreeSet<&str> = rules.iter().map(|loaded| loaded.rule.id.as_str()).collect();
    let document = read::read(file, bytes, Known { sections: sections::SECTIONS, rules: &ids, pattern: check_pattern })
        .map_err(|faults| ConfigError { faults })?;
    let read = ConfigFile {
        name: file.to_owned(),
        path: file.into(),
        sha256: Sha256::digest(bytes).into(),
        named_by: Origin::CommandLine,
    };
    Ok(Resolved::layer(vec![(read, document)]))
}

/// What is wrong with a pattern of paths.
pub(in crate::cli) fn check_pattern(pattern: &str) -> Result<(), String> {
    if pattern.starts_with('/') {
        return Err("it begins with `/`, but paths are relative to the target".to_owned());
    }
    if pattern.split('/').any(|part| part == "..") {
        return Err("`..` leads out of the target".to_owned());
    }
    let rules = [(pattern.to_owned(), String::new())];
    PathExclusions::new(rules).map(drop).map_err(|error| error.message)
}
