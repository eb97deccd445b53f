//! All references of a repository, those of its linked work trees too, and the logs of how they changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gix_hash::ObjectId;

use super::GitDirectory;
use super::head::{MAX_PACKED, MAX_REFERENCE, check_store, object_id, symbolic};
use crate::source::os::{self, Links};

/// Folders within each other below `refs` or `logs`.
const MAX_DEPTH: usize = 64;

/// A reference that names an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Its whole name, such as `refs/heads/main`; those of linked work trees begin with `worktrees/NAME/`.
    pub name: String,
    /// What it names.
    pub id: ObjectId,
}

/// The references of a repository.
#[derive(Debug, Default)]
pub(super) struct References {
    /// Sorted by name.
    pub(super) all: Vec<Reference>,
    /// Files with the logs of references, and their paths from the git directory.
    pub(super) logs: Vec<(PathBuf, Vec<u8>)>,
    /// Why some references are not known: clauses.
    pub(super) gaps: Vec<String>,
}

impl References {
    /// Reads the references of a repository.
    pub(super) fn of(directory: &GitDirectory, hash: gix_hash::Kind) -> Self {
        let mut found = Self::default();
        if let Err(reason) = check_store(directory) {
            found.gaps.push(reason);
        }
        let mut names: BTreeMap<String, ObjectId> = BTreeMap::new();
        // Those that are packed give way to those that have files.
        match os::read_regular(&directory.common.join("packed-refs"), MAX_PACKED, Links::Follow) {
            Ok(text) => names.extend(packed(&text, hash)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => found.gaps.push(format!("packed-refs: {error}")),
        }
        let mut seen = Vec::new();
        let common = &directory.common;
        let mut places = vec![(common.clone(), String::new())];
        if directory.own != *common {
            places.push((directory.own.clone(), String::new()));
        }
        let linked = fs::read_dir(common.join("worktrees")).into_iter().flatten().filter_map(Result::ok);
        places.extend(linked.map(|one| (one.path(), format!("worktrees/{}/", one.file_name().to_string_lossy()))));
        places.sort();
        for (folder, prefix) in &places {
            files(&folder.join("refs"), &format!("{prefix}refs"), 0, &mut seen);
            let beside = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
            let pseudo = beside.filter_map(|file| Some((file.path(), file.file_name().to_str()?.to_owned())));
            seen.extend(
                pseudo.filter(|(_, name)| beside_head(name)).map(|(path, name)| (path, format!("{prefix}{name}"))),
            );
            let mut logs = Vec::new();
            files(&folder.join("logs"), &format!("{prefix}logs"), 0, &mut logs);
            found.logs.extend(logs.into_iter().map(|(path, name)| (path, name.into_bytes())));
        }
        for (path, name) in seen {
            let Ok(text) = os::read_regular(&path, MAX_REFERENCE, Links::Follow) else {
                found.gaps.push(format!("{name} cannot be read"));
                continue;
            };
            if symbolic(&text).is_some() || text.starts_with(b"ref:") {
                continue;
            }
            match object_id(&text).and_then(|id| ObjectId::from_hex(id.as_bytes()).ok()) {
                Some(id) if id.kind() == hash => drop(names.insert(name, id)),
                _ if name.contains("refs/") && !text.is_empty() => found.gaps.push(format!("{name} is damaged")),
                _ => {}
            }
        }
        found.all = names.into_iter().map(|(name, id)| Reference { name, id }).collect();
        found.logs.sort();
        found.logs.dedup();
        found
    }
}

/// Whether a file of a git directory is a reference: HEAD and its like (git's `refs.c`, `is_root_ref`, but for `MERGE_HEAD`,
/// which names an object all the same). `FETCH_HEAD` is none, which has a line for each branch that was fetched; nor is `COMMIT_EDITMSG`. Both
/// may be of any size.
fn beside_head(name: &str) -> bool {
    const OTHERS: [&str; 6] =
        ["HEAD", "AUTO_MERGE", "BISECT_EXPECTED_REV", "MERGE_AUTOSTASH", "NOTES_MERGE_PARTIAL", "NOTES_MERGE_REF"];
    let upper = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-');
    let head = name.ends_with("_HEAD") && name != "FETCH_HEAD" && name.bytes().all(upper);
    head || OTHERS.contains(&name)
}

/// The references of `packed-refs`: lines of an object id, a blank and a name.
fn packed(text: &[u8], hash: gix_hash::Kind) -> Vec<(String, ObjectId)> {
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.starts_with(b"#") && !line.starts_with(b"^"));
    let named = lines.filter_map(|line| {
        let id = ObjectId::from_hex(object_id(line)?.as_bytes()).ok().filter(|id| id.kind() == hash)?;
        let name = line.get(hash.len_in_hex() + 1..)?.trim_ascii_end();
        (!name.is_empty()).then(|| (String::from_utf8_lossy(name).into_owned(), id))
    });
    named.collect()
}

/// The files below a folder, by their names from there on.
fn files(folder: &Path, name: &str, depth: usize, found: &mut Vec<(PathBuf, String)>) {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    for entry in entries {
        let below = format!("{name}/{}", entry.file_name().to_string_lossy());
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && depth < MAX_DEPTH {
            files(&entry.path(), &below, depth + 1, found);
        } else if kind.is_file() {
            found.push((entry.path(), below));
        }
    }
}
