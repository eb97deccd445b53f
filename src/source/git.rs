//! What the scan of files needs to know of git: where work trees begin, what their index holds, which commit they show.
//!
//! Nothing that a repository says is executed or obeyed: no hook, filter, include, alias or external command, and no
//! configuration outside the repository is read. The git library reads the index; the few other facts lie in small
//! text files, which are read here. Knows nothing of ignore rules or reports.

mod bulk;
mod catalogue;
mod changes;
mod checkout;
mod config;
mod delta;
mod files;
mod forest;
mod head;
mod history;
mod lifetime;
mod loose;
mod objects;
mod paths;
mod range;
mod refs;
mod repository;
mod revision;
mod setup;
mod skeleton;
mod staged;

pub use bulk::{Base, Met};
pub use catalogue::Catalogue;
pub use changes::{ChangedFile, Changes, Wanted, changes};
pub use checkout::{Checkout, checkout};
pub use delta::Copied;
pub use files::CommitFiles;
pub use history::History;
pub use lifetime::{Held, Interest, Life};
pub use loose::LooseObject;
pub use objects::{Content, NoObject, ObjectBuffers, Objects};
pub use paths::Paths;
pub use refs::Reference;
pub use repository::{CommitFacts, Repository};
pub use revision::resolve_range;
pub use skeleton::{Collector, Skeleton, TreeStarts};

use crate::blob::GitInfo;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::os::{self, Links};

/// Bytes of a `.git` file, `commondir` or configuration, at most.
const MAX_TEXT: u64 = 1 << 20;

/// Bytes of an index, at most: some eight million files.
const MAX_INDEX: u64 = 1 << 30;

/// Bytes that an entry of the index has at least: its fixed part of 62 bytes. (git's `Documentation/gitformat-index`.)
const MIN_ENTRY: u64 = 62;

/// Extensions of the repository format under which the index means what it always meant. (git's
/// `Documentation/technical/repository-version`.)
const EXTENSIONS: &[&str] = &[
    "noop",
    "partialclone",
    "preciousobjects",
    "worktreeconfig",
    "refstorage",
    "relativeworktrees",
    "compatobjectformat",
];

/// Sets the git library up, once a process. Everything here that uses the library calls it; other users of the
/// library must call it before they do anything else with it.
pub fn prepare() {
    setup::isolate();
}

/// The paths in the index of a work tree.
#[derive(Debug, Default)]
pub struct TrackedFiles {
    /// All paths, one behind the other: an allocation each would cost several times their bytes.
    bytes: Vec<u8>,
    /// Ranges in `bytes`, sorted by the path.
    paths: Vec<(usize, usize)>,
}

impl TrackedFiles {
    /// Whether the index holds this path, which is relative to the root of the work tree, with `/` between components.
    pub fn contains(&self, path: &[u8]) -> bool {
        self.paths.binary_search_by(|&(start, end)| self.bytes[start..end].cmp(path)).is_ok()
    }

    /// Number of entries; a file with merge conflicts has up to three.
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// True where the index holds nothing.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    fn push(&mut self, path: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(path);
        self.paths.push((start, self.bytes.len()));
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.paths.sort_unstable_by(|a, b| bytes[a.0..a.1].cmp(&bytes[b.0..b.1]));
    }
}

/// Reads the index of the work tree at `workdir`. A repository without an index tracks nothing.
///
/// The error is a clause that says why the index cannot be relied upon: the repository is damaged, or of a format that
/// is not understood (SHA-256 objects, a split or sparse index, unknown extensions).
pub fn tracked(workdir: &Path) -> Result<TrackedFiles, String> {
    prepare();
    let directory = GitDirectory::of(workdir)?;
    directory.check_format()?;
    let path = directory.own.join("index");
    match check_index(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(TrackedFiles::default()),
        Err(error) => return Err(error.to_string()),
        Ok(()) => {}
    }
    // The index alone is opened, not the repository, whose configuration could name other files.
    let index = git2::Index::open(&path).map_err(|error| error.message().to_owned())?;
    let mut tracked = TrackedFiles::default();
    for entry in index.iter() {
        tracked.push(&entry.path);
    }
    tracked.sort();
    Ok(tracked)
}

/// The commits at which a shallow clone ends: their parents are not there (git's `Documentation/technical/shallow`).
fn shallow(directory: &GitDirectory) -> BTreeSet<gix_hash::ObjectId> {
    let text = os::read_regular(&directory.common.join("shallow"), MAX_TEXT, Links::Follow).unwrap_or_default();
    let lines = text.split(|&byte| byte == b'\n');
    lines.filter_map(|line| gix_hash::ObjectId::from_hex(line.trim_ascii()).ok()).collect()
}

/// Refuses what the library would wait for, or believe: it opens a FIFO, and makes room for as many entries as the
/// header claims.
fn check_index(path: &Path) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    let invalid = |what| Err(io::Error::new(io::ErrorKind::InvalidData, what));
    if !metadata.is_file() {
        return invalid("not a regular file");
    }
    if metadata.len() > MAX_INDEX {
        return invalid("larger than 1 GiB");
    }
    let mut header = [0; 12];
    if fs::File::open(path)?.read_exact(&mut header).is_err() {
        return invalid("truncated");
    }
    let entries = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
    if !header.starts_with(b"DIRC") || u64::from(entries) > metadata.len() / MIN_ENTRY {
        return invalid("its header is damaged");
    }
    Ok(())
}

/// What git knows of the place of a target; `None` outside of repositories. What cannot be read is left out.
pub fn info(target: &Path) -> Option<GitInfo> {
    let bare = is_bare_repository(target);
    let target = fs::canonicalize(target).ok()?;
    let (directory, prefix) = if bare {
        (Ok(GitDirectory::bare(&target)), Vec::new())
    } else {
        let folder = if target.is_dir() { target.as_path() } else { target.parent()? };
        let workdir = work_tree_root(folder)?;
        (GitDirectory::of(&workdir), prefix(&workdir, folder)?)
    };
    let mut info = GitInfo { prefix, ..GitInfo::default() };
    if let Ok(directory) = directory {
        (info.branch, info.revision) = head::head(&directory);
        info.repository = directory.settings().ok().and_then(|settings| head::origin(&settings));
    }
    Some(info)
}

/// `folder` relative to `root`, which is above it, with a `/` behind every component.
pub(super) fn prefix(root: &Path, folder: &Path) -> Option<Vec<u8>> {
    let mut prefix = os::path_bytes(folder.strip_prefix(root).ok()?).into_owned();
    if !prefix.is_empty() {
        prefix.push(b'/');
    }
    Some(prefix)
}

/// Whether this directory is a repository without a work tree: `HEAD`, `objects/` and `refs/`, not called `.git` and
/// without a `.git` of its own. Files of these names that another repository tracks are its content: git takes them, so that
/// whoever commits them could hide all else in the folder.
pub fn is_bare_repository(path: &Path) -> bool {
    looks_bare(path) && !is_tracked_content(path)
}

/// Whether the `HEAD` of this directory is a file that the work tree around it tracks; also where that cannot be told.
fn is_tracked_content(path: &Path) -> bool {
    let Ok(path) = fs::canonicalize(path) else { return false };
    for directory in path.ancestors().skip(1) {
        if begins_work_tree(directory) {
            let Ok(below) = path.strip_prefix(directory) else { return false };
            let head = os::path_bytes(&below.join("HEAD")).into_owned();
            return tracked(directory).map_or(true, |tracked| tracked.contains(&head));
        }
        if directory.file_name().is_some_and(|name| name == ".git") {
            return false;
        }
    }
    false
}

fn looks_bare(path: &Path) -> bool {
    is_regular(&path.join("HEAD"))
        && path.join("objects").is_dir()
        && path.join("refs").is_dir()
        && path.file_name().is_none_or(|name| name != ".git")
        && !begins_work_tree(path)
}

fn is_regular(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// Whether this directory has a `.git`: a directory, a file that names one (linked work trees, submodules), or a link.
pub fn begins_work_tree(directory: &Path) -> bool {
    fs::symlink_metadata(directory.join(".git")).is_ok()
}

/// The root of the innermost work tree around a file or directory. `None` outside of work trees, and inside of a
/// `.git` directory or a bare repository.
pub fn work_tree_root(path: &Path) -> Option<PathBuf> {
    let path = fs::canonicalize(path).ok()?;
    for directory in path.ancestors() {
        if begins_work_tree(directory) {
            return Some(directory.to_path_buf());
        }
        if directory.file_name().is_some_and(|name| name == ".git") || is_bare_repository(directory) {
            return None;
        }
    }
    None
}

/// Where the files of a repository lie.
#[derive(Debug)]
pub(super) struct GitDirectory {
    /// What belongs to this work tree alone: HEAD and index.
    pub(super) own: PathBuf,
    /// What all work trees of the repository share: configuration, references, `info/exclude`.
    pub(super) common: PathBuf,
}

impl GitDirectory {
    /// The git directory of the work tree at `workdir`; the error is a clause that says what is wrong with it.
    pub(super) fn of(workdir: &Path) -> Result<Self, String> {
        let dot = workdir.join(".git");
        let own = if dot.is_dir() {
            dot
        } else {
            let text = os::read_regular(&dot, MAX_TEXT, Links::Follow).map_err(|error| format!(".git: {error}"))?;
            let path = text.strip_prefix(b"gitdir:").ok_or(".git names no directory")?;
            workdir.join(os::path_from_bytes(path.trim_ascii()))
        };
        let common = match os::read_regular(&own.join("commondir"), MAX_TEXT, Links::Follow) {
            Ok(text) => own.join(os::path_from_bytes(text.trim_ascii())),
            Err(_) => own.clone(),
        };
        // What git itself asks of a git directory. A link may stand for HEAD, and need not lead anywhere yet.
        let whole = fs::symlink_metadata(own.join("HEAD")).is_ok_and(|head| !head.is_dir())
            && common.join("objects").is_dir()
            && common.join("refs").is_dir();
        if whole { Ok(Self { own, common }) } else { Err("not a git repository".to_owned()) }
    }

    /// The git directory of a bare repository.
    pub(super) fn bare(path: &Path) -> Self {
        Self { own: path.to_path_buf(), common: path.to_path_buf() }
    }

    /// The repository's own configuration; a repository may lack one.
    fn settings(&self) -> Result<Vec<config::Setting>, String> {
        match os::read_regular(&self.common.join("config"), MAX_TEXT, Links::Follow) {
            Ok(text) => Ok(config::parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(format!("its configuration: {error}")),
        }
    }

    /// The kind of the repository's object ids. Refuses repositories whose index may mean something else than this
    /// module understands.
    fn object_format(&self) -> Result<gix_hash::Kind, String> {
        let mut format = gix_hash::Kind::Sha1;
        for setting in self.settings()?.iter().filter(|setting| setting.section == b"extensions") {
            let name = String::from_utf8_lossy(&setting.name);
            if name == "objectformat" {
                format = match setting.value.as_deref().unwrap_or_default().to_ascii_lowercase().as_slice() {
                    b"sha1" => gix_hash::Kind::Sha1,
                    b"sha256" => gix_hash::Kind::Sha256,
                    _ => return Err("objects of an unknown format".to_owned()),
                };
            } else if !EXTENSIONS.contains(&&*name) {
                return Err("unknown repository extension".to_owned());
            }
        }
        Ok(format)
    }

    /// Refuses what [`GitDirectory::object_format`] does, and object ids that the git library cannot read.
    fn check_format(&self) -> Result<(), String> {
        match self.object_format()? {
            gix_hash::Kind::Sha1 => Ok(()),
            _ => Err("objects of another format than sha1".to_owned()),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
