//! Walks a target and tells of every file that is to be scanned, and of everything that is not.
//!
//! The walk itself is that of the `ignore` crate, in parallel and with all of its filters off: they drop files without
//! a word. What is left out is decided by the file policy, and counted. Symbolic links are never followed, but for the
//! target itself. Knows nothing of content.

use std::collections::BTreeMap;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::exclude::{LeftOut, PathExclusions};
use super::os;
use super::policy::{Policy, Verdict, Zone};
use crate::blob::{FilePlace, Origin};
use crate::gap::{Exclusion, ExclusionClass, GapClass};

/// How to walk.
#[derive(Clone, Debug, Default)]
pub struct WalkOptions {
    /// Scan untracked files that git ignores, too.
    pub no_ignore: bool,
    /// Number of threads; 0 leaves the choice to the walker.
    pub threads: usize,
    /// Paths that the operator leaves out.
    pub exclude: Arc<PathExclusions>,
    /// Files with more bytes than this are left out.
    pub max_file_size: Option<u64>,
}

/// Something that the walk met. Paths are relative to the target, with `/` between components; the target itself has
/// the empty path, or its name if it is a file.
#[derive(Debug)]
pub enum Met<'a> {
    /// A file to scan.
    File {
        /// Where to open it.
        path: &'a Path,
        /// Its relative path.
        relative: Vec<u8>,
    },
    /// Something that could not be looked at.
    Gap {
        /// Its class.
        class: GapClass,
        /// Its relative path, or that of the nearest directory known.
        relative: Vec<u8>,
        /// Why, in a clause without the path.
        reason: String,
        /// How many files the gap itself stands for: 1 for an entry of a directory that could not be looked at, 0 for
        /// a directory, whose files nobody knows, and for a gap in what is read anyway.
        files: u64,
    },
    /// A link or special file that is left out.
    Excluded {
        /// Why.
        class: ExclusionClass,
        /// Its relative path.
        relative: Vec<u8>,
    },
    /// A directory; those that turn out to be unreadable are told of as gaps as well.
    Directory,
    /// A symbolic link to a place inside the target, where its content is scanned.
    LinkInside,
}

/// What only the whole walk knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkSummary {
    /// What git ignores, and what is git's own, with the number of files; sorted. Nothing in here was told to a visitor.
    pub exclusions: Vec<Exclusion>,
    /// What the operator should know, sorted.
    pub notes: Vec<String>,
}

/// Told of what one thread meets.
pub type Visitor<'s> = Box<dyn FnMut(Met<'_>) + Send + 's>;

/// Makes the visitors, one for each thread.
pub type MakeVisitor<'m, 's> = dyn Fn() -> Visitor<'s> + Sync + 'm;

/// Walks `root`, the target with the index `target`, and calls a visitor for everything it meets, in no order.
///
/// `visitor` is called once on each thread that has something to tell. Every file, link and special file becomes
/// exactly one of [`Met::File`], [`Met::LinkInside`], [`Met::Excluded`], [`Met::Gap`] with one file, or one of the files
/// of an exclusion in the summary. Nothing is an error: what cannot be read is a gap.
pub fn walk(root: &Path, target: usize, options: &WalkOptions, visitor: &MakeVisitor<'_, '_>) -> WalkSummary {
    let outcome = match fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => fs::canonicalize(root),
        Ok(metadata) => {
            let name = root.file_name().unwrap_or(root.as_os_str());
            let relative = os::path_bytes(Path::new(name)).into_owned();
            visitor()(if metadata.is_file() {
                Met::File { path: root, relative }
            } else {
                Met::Excluded { class: ExclusionClass::SpecialFile, relative }
            });
            return WalkSummary::default();
        }
        Err(error) => Err(error),
    };
    let resolved = match outcome {
        Ok(resolved) => resolved,
        Err(error) => {
            visitor()(unreadable(Vec::new(), reason(&error), 0));
            return WalkSummary::default();
        }
    };
    walk_directory(root, resolved, target, options, visitor)
}

fn walk_directory(
    root: &Path,
    resolved: PathBuf,
    target: usize,
    options: &WalkOptions,
    visitor: &MakeVisitor<'_, '_>,
) -> WalkSummary {
    // The walker takes "-" for standard input.
    let start = if root == Path::new("-") { Path::new("./-") } else { root };
    let shared = Shared {
        skip: os::path_bytes(start).len(),
        policy: Policy::new(options.no_ignore),
        ignored: Mutex::default(),
        left_out: Mutex::default(),
        options,
        resolved,
    };
    WalkBuilder::new(start).standard_filters(false).follow_links(false).threads(options.threads).build_parallel().run(
        || {
            let mut worker = Worker {
                shared: &shared,
                make: visitor,
                visitor: None,
                directory: (Vec::new(), None),
                directory_left_out: None,
                left_out: BTreeMap::new(),
                fresh: false,
                entered: Vec::new(),
                ignored: Vec::new(),
            };
            Box::new(move |entry| {
                worker.meet(entry);
                WalkState::Continue
            })
        },
    );
    shared.summary(target)
}

/// How many files the operator leaves out, by reason and topmost path.
type LeftOutFiles = BTreeMap<(Arc<str>, Vec<u8>), u64>;

/// What all threads see.
struct Shared<'o> {
    options: &'o WalkOptions,
    /// The target, absolute and without links.
    resolved: PathBuf,
    /// Bytes of the target at the start of each path that the walker gives.
    skip: usize,
    policy: Policy,
    /// Files that are ignored by themselves, from the threads that are done.
    ignored: Mutex<Vec<Vec<u8>>>,
    /// How many files the operator leaves out below each path, with the reason, from the threads that are done.
    left_out: Mutex<LeftOutFiles>,
}

impl Shared<'_> {
    /// The path relative to the target.
    fn relative(&self, path: &Path) -> Vec<u8> {
        let bytes = os::path_bytes(path);
        let rest = bytes.get(self.skip..).unwrap_or_default();
        let start = rest.iter().take_while(|&&byte| byte == b'/').count();
        rest[start..].to_vec()
    }

    fn summary(self, target: usize) -> WalkSummary {
        let exclusion = |class, path, files| Exclusion {
            class,
            stated: None,
            origin: Arc::new(Origin::File(FilePlace::new(target, path))),
            files,
        };
        let (tallies, notes) = self.policy.finish();
        let mut exclusions: Vec<Exclusion> = tallies
            .iter()
            .map(|tally| (tally, tally.files.load(Ordering::Relaxed)))
            .filter(|&(_, files)| files > 0)
            .map(|(tally, files)| exclusion(tally.class, tally.relative.clone(), files))
            .collect();
        let single = self.ignored.into_inner().unwrap_or_else(PoisonError::into_inner);
        exclusions.extend(single.into_iter().map(|path| exclusion(ExclusionClass::GitIgnored, path, 1)));
        let left_out = self.left_out.into_inner().unwrap_or_else(PoisonError::into_inner);
        exclusions.extend(left_out.into_iter().map(|((reason, path), files)| Exclusion {
            stated: Some(reason),
            ..exclusion(ExclusionClass::Configured, path, files)
        }));
        exclusions.sort_unstable();
        WalkSummary { exclusions, notes }
    }
}

/// One thread of the walk.
struct Worker<'w, 'm, 's> {
    shared: &'w Shared<'w>,
    make: &'w MakeVisitor<'m, 's>,
    /// Made at the first use, since the walker makes more workers than it sets to work.
    visitor: Option<Visitor<'s>>,
    /// The directory of the last entry, and its zone: the walker gives most entries of a directory in a row.
    directory: (Vec<u8>, Option<Arc<Zone>>),
    /// What leaves the current directory out.
    directory_left_out: Option<LeftOut>,
    /// Files that the operator leaves out, by reason and topmost path.
    left_out: LeftOutFiles,
    /// False until `directory` holds one.
    fresh: bool,
    /// The directory entered last. The walker tells at once, on the same thread, if it could not list it.
    entered: Vec<u8>,
    /// Files that are ignored by themselves.
    ignored: Vec<Vec<u8>>,
}

impl Worker<'_, '_, '_> {
    fn tell(&mut self, met: Met<'_>) {
        self.visitor.get_or_insert_with(self.make)(met);
    }

    fn meet(&mut self, entry: Result<DirEntry, ignore::Error>) {
        match entry {
            Err(error) => self.fail(&error, None),
            Ok(entry) => {
                let Some(kind) = entry.file_type() else { return };
                let relative = self.shared.relative(entry.path());
                if kind.is_dir() {
                    self.enter(relative, entry.path());
                } else {
                    self.judge(relative, entry.path(), kind);
                }
            }
        }
    }

    fn enter(&mut self, relative: Vec<u8>, path: &Path) {
        let opaque = if relative.is_empty() {
            self.shared.policy.enter_target(&self.shared.resolved)
        } else {
            self.move_to(parent(&relative));
            self.shared.policy.enter(self.directory.1.as_ref(), &relative, path)
        };
        self.tell(Met::Directory);
        self.entered.clone_from(&relative);
        if let Some(reason) = opaque {
            let reason = reason.to_owned();
            self.tell(Met::Gap { class: GapClass::Opaque, relative, reason, files: 0 });
        }
    }

    /// Makes `directory` the current one.
    fn move_to(&mut self, directory: &[u8]) {
        if !self.fresh || self.directory.0 != directory {
            self.directory.0.clear();
            self.directory.0.extend_from_slice(directory);
            self.directory.1 = self.shared.policy.zone(directory);
            self.directory_left_out = self.shared.options.exclude.folder(directory);
            self.fresh = true;
        }
    }

    fn judge(&mut self, relative: Vec<u8>, path: &Path, kind: FileType) {
        self.move_to(parent(&relative));
        let left_out = self.directory_left_out.clone().or_else(|| self.shared.options.exclude.file(&relative));
        if let Some(LeftOut { reason, length }) = left_out {
            *self.left_out.entry((reason, relative[..length].to_vec())).or_default() += 1;
            return;
        }
        match self.shared.policy.judge(self.directory.1.as_deref(), &relative) {
            Verdict::Counted => {}
            Verdict::Ignored => self.ignored.push(relative),
            Verdict::Admit if kind.is_file() && self.is_too_large(path) => {
                self.tell(Met::Excluded { class: ExclusionClass::OverConfiguredSize, relative });
            }
            Verdict::Admit if kind.is_file() => self.tell(Met::File { path, relative }),
            Verdict::Admit if kind.is_symlink() => {
                let met = link(path, relative, &self.shared.resolved);
                self.tell(met);
            }
            Verdict::Admit => {
                self.tell(Met::Excluded { class: ExclusionClass::SpecialFile, relative });
            }
        }
    }

    /// Whether the operator's budget leaves a file out. What cannot be looked at is left to its reader.
    fn is_too_large(&self, path: &Path) -> bool {
        let Some(most) = self.shared.options.max_file_size else { return false };
        fs::symlink_metadata(path).is_ok_and(|found| found.len() > most)
    }

    /// Tells of an error of the walker. `path` is the path that an outer error named.
    fn fail(&mut self, error: &ignore::Error, path: Option<&Path>) {
        match error {
            ignore::Error::Partial(errors) => {
                for error in errors {
                    self.fail(error, path);
                }
            }
            ignore::Error::WithLineNumber { err, .. } | ignore::Error::WithDepth { err, .. } => {
                self.fail(err, path);
            }
            ignore::Error::WithPath { path, err } => self.fail(err, Some(path)),
            ignore::Error::Io(error) => self.unreadable(path, reason(error)),
            // The rest concerns loops of links, which are not followed, and patterns, of which there are none.
            other => self.unreadable(path, other.to_string()),
        }
    }

    fn unreadable(&mut self, path: Option<&Path>, reason: String) {
        let relative = match path {
            Some(path) => self.shared.relative(path),
            None => self.entered.clone(),
        };
        // Else it is an entry of the directory that the system does not tell the type of. It counts as a file.
        let listed = relative == self.entered;
        self.tell(unreadable(relative, reason, u64::from(!listed)));
    }
}

impl Drop for Worker<'_, '_, '_> {
    fn drop(&mut self) {
        let mut all = self.shared.ignored.lock().unwrap_or_else(PoisonError::into_inner);
        all.append(&mut self.ignored);
        let mut all = self.shared.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        for (path, files) in std::mem::take(&mut self.left_out) {
            *all.entry(path).or_default() += files;
        }
    }
}

fn unreadable(relative: Vec<u8>, reason: String, files: u64) -> Met<'static> {
    Met::Gap { class: GapClass::Unreadable, relative, reason, files }
}

/// The directory of a relative path.
fn parent(relative: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', relative).map_or(&[], |slash| &relative[..slash])
}

/// Where a symbolic link leads.
fn link(path: &Path, relative: Vec<u8>, target: &Path) -> Met<'static> {
    let error = match fs::canonicalize(path) {
        Ok(place) if place.starts_with(target) => return Met::LinkInside,
        Ok(_) => return Met::Excluded { class: ExclusionClass::LinkOutOfTarget, relative },
        Err(error) => error,
    };
    match fs::read_link(path) {
        // The link itself is the trouble: it has vanished, or its path is too long.
        Err(error) => unreadable(relative, reason(&error), 1),
        // It may well lead somewhere.
        Ok(_) if error.kind() == io::ErrorKind::PermissionDenied => {
            unreadable(relative, "permission denied on the way to where the link leads".to_owned(), 1)
        }
        Ok(_) => Met::Excluded { class: ExclusionClass::BrokenLink, relative },
    }
}

/// Why something could not be read.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotFound => "it is not there, or vanished during the scan".to_owned(),
        io::ErrorKind::InvalidFilename => "its path is too long for the system".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
