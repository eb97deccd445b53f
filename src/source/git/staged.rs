//! What `git commit` would record: the entries of the index that are not as in the commit of HEAD.
//!
//! The index is compared with trees as git does it (`diff-index --cached`), by ids alone: content is read by whoever scans
//! it. Folders whose tree the index knows (its cache-tree extension, git's `Documentation/gitformat-index`) and that HEAD
//! has as well are passed over, so that the cost is that of reading the index.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use bstr::ByteSlice as _;
use gix_hash::ObjectId;
use gix_index::entry::{Flags, Mode};
use gix_index::extension::Tree;
use gix_index::{Entry, State};
use gix_object::tree::EntryKind;

use super::objects::{NoObject, ObjectBuffers, Objects, TreeEntry, clause};
use super::{GitDirectory, check_index, head};
use crate::gap::GapClass;

/// Folders within each other.
pub(super) const MAX_DEPTH: usize = 1024;

/// Entries of removed folders that are looked at, for what was moved.
const MAX_REMOVED: usize = 1 << 20;

/// What is staged in a work tree.
pub struct Staged {
    /// Where the content lies.
    pub objects: Objects,
    /// Files and links whose content HEAD does not have at their path, in the order of their paths.
    pub files: Vec<StagedFile>,
    /// Paths of submodules whose commit is another than in HEAD. Their content is in repositories of their own.
    pub submodules: Vec<Vec<u8>>,
    /// Whether there are paths with conflicts, so that `git commit` would refuse.
    pub unmerged: bool,
    /// What could not be compared: path, class and a clause that says why. All that lies there counts as staged.
    pub gaps: Vec<(Vec<u8>, GapClass, String)>,
}

/// A file that is staged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedFile {
    /// Path from the root of the work tree, with `/` between components.
    pub path: Vec<u8>,
    /// Its content.
    pub id: ObjectId,
    /// The content that HEAD has at this path.
    pub before: Option<ObjectId>,
}

/// Reads what is staged in the work tree at `workdir`, from its index or from `index`, which git's hooks name where a
/// commit is made of less or more than the index holds.
///
/// The error is a clause that says why the index cannot be relied upon.
pub fn staged(workdir: &Path, index: Option<&Path>) -> Result<Staged, String> {
    let directory = GitDirectory::of(workdir)?;
    let hash = directory.object_format()?;
    let own = directory.own.join("index");
    let path = index.unwrap_or(&own);
    let state = match check_index(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => State::new(hash),
        Err(error) => return Err(format!("the index: {error}")),
        Ok(()) => read_index(path, hash)?,
    };
    let objects = Objects::open(&directory, hash);
    let mut comparison = Comparison {
        state: &state,
        objects: &objects,
        buffers: ObjectBuffers::default(),
        files: Vec::new(),
        submodules: Vec::new(),
        unmerged: false,
        gaps: Vec::new(),
        removed: Vec::new(),
    };
    let tree = comparison.tree_of_head(&directory);
    comparison.folder(0, 0..state.entries().len(), tree, state.tree(), 0);
    comparison.leave_out_moved();
    let Comparison { files, submodules, unmerged, gaps, .. } = comparison;
    Ok(Staged { objects, files, submodules, unmerged, gaps })
}

fn read_index(path: &Path, hash: gix_hash::Kind) -> Result<State, String> {
    let length = fs::metadata(path).map_or(0, |found| found.len());
    let options = gix_index::decode::Options {
        // An index in its fourth version leaves out what paths have in common.
        alloc_limit_bytes: usize::try_from(length.saturating_mul(64).max(16 << 20)).ok(),
        ..Default::default()
    };
    let (mut state, _) = gix_index::File::at(path, hash, false, options)
        .map_err(|error| format!("the index: {}", clause(&error)))?
        .into_parts();
    let sorted = state.entries().is_sorted_by_key(|entry| entry.path(&state));
    if !sorted {
        state.sort_entries();
    }
    Ok(state)
}

struct Comparison<'s> {
    state: &'s State,
    objects: &'s Objects,
    buffers: ObjectBuffers,
    files: Vec<StagedFile>,
    submodules: Vec<Vec<u8>>,
    unmerged: bool,
    gaps: Vec<(Vec<u8>, GapClass, String)>,
    /// Entries that HEAD has at paths that the index does not have.
    removed: Vec<TreeEntry>,
}

impl Comparison<'_> {
    /// The tree of the commit that HEAD names; none before the first commit.
    fn tree_of_head(&mut self, directory: &GitDirectory) -> Option<ObjectId> {
        match head::commit(directory, self.objects.hash()) {
            Ok(None) => None,
            Ok(Some(commit)) => match self.objects.commit(&commit, &mut self.buffers) {
                Ok(commit) => Some(commit.tree),
                Err(error) => self.gap(Vec::new(), "the commit of HEAD", error),
            },
            Err(reason) => {
                self.gaps.push((Vec::new(), GapClass::Unreadable, reason));
                None
            }
        }
    }

    fn gap<T>(&mut self, path: Vec<u8>, what: &str, error: NoObject) -> Option<T> {
        let (class, reason) = error.gap();
        self.gaps.push((path, class, format!("{what}: {reason}")));
        None
    }

    /// Compares the entries `range`, whose paths begin with the same `prefix` bytes, with the tree of that folder.
    /// `known` is what the index says of it.
    fn folder(
        &mut self,
        prefix: usize,
        range: Range<usize>,
        tree: Option<ObjectId>,
        known: Option<&Tree>,
        depth: usize,
    ) {
        if let (Some(tree), Some(known)) = (tree, known)
            && known.num_entries.is_some()
            && known.id == tree
        {
            return;
        }
        let state = self.state;
        let path = |index: usize| state.entries()[index].path(state).as_bytes();
        let folder = || if prefix == 0 { Vec::new() } else { path(range.start)[..prefix - 1].to_vec() };
        if depth > MAX_DEPTH {
            self.gaps.push((
                folder(),
                GapClass::OverBudget,
                format!("more than {MAX_DEPTH} folders within each other"),
            ));
            return;
        }
        let committed = tree.and_then(|tree| match self.objects.tree(&tree, &mut self.buffers) {
            Ok(entries) => Some(entries),
            Err(error) => self.gap(folder(), "its tree in the commit of HEAD", error),
        });
        let mut committed: HashMap<Vec<u8>, TreeEntry> =
            committed.into_iter().flatten().map(|entry| (entry.name.clone(), entry)).collect();
        let folders: HashMap<&[u8], &Tree> =
            known.into_iter().flat_map(|known| &known.children).map(|child| (&child.name[..], child)).collect();
        let mut at = range.start;
        while at < range.end {
            let entry = &state.entries()[at];
            let rest = &path(at)[prefix..];
            let slash = memchr::memchr(b'/', rest);
            if entry.mode == Mode::DIR {
                // Of a sparse index: a folder that is not checked out.
                let name = rest.strip_suffix(b"/").unwrap_or(rest);
                let before = committed.remove(name).filter(|entry| entry.kind == EntryKind::Tree).map(|entry| entry.id);
                self.unpacked(&path(at)[..prefix + name.len()], entry.id, before, depth + 1);
                at += 1;
            } else if let Some(slash) = slash {
                let below = &path(at)[..=prefix + slash];
                let length = (at..range.end).take_while(|&index| path(index).starts_with(below)).count();
                let name = &rest[..slash];
                let before = committed.remove(name).filter(|entry| entry.kind == EntryKind::Tree).map(|entry| entry.id);
                self.folder(prefix + slash + 1, at..at + length, before, folders.get(name).copied(), depth + 1);
                at += length;
            } else {
                self.entry(entry, committed.get(rest));
                // A path with conflicts has several entries.
                let last = at + 1 == range.end || path(at + 1) != path(at);
                if last && !entry.flags.contains(Flags::INTENT_TO_ADD) {
                    committed.remove(rest);
                }
                at += 1;
            }
        }
        self.removed.extend(committed.into_values());
    }

    /// Takes out new files with the content of removed ones: what was moved as it was is not new.
    fn leave_out_moved(&mut self) {
        if self.files.iter().all(|file| file.before.is_some()) {
            return;
        }
        let mut moved = HashSet::new();
        for _ in 0..MAX_REMOVED {
            let Some(entry) = self.removed.pop() else { break };
            match entry.kind {
                // What cannot be read removes nothing.
                EntryKind::Tree => {
                    self.removed.extend(self.objects.tree(&entry.id, &mut self.buffers).into_iter().flatten());
                }
                kind if is_content(kind) => drop(moved.insert(entry.id)),
                _ => {}
            }
        }
        self.files.retain(|file| file.before.is_some() || !moved.contains(&file.id));
    }

    fn entry(&mut self, entry: &Entry, before: Option<&TreeEntry>) {
        if entry.flags.contains(Flags::INTENT_TO_ADD) {
            return;
        }
        self.unmerged |= entry.stage_raw() != 0;
        if before.is_some_and(|before| before.id == entry.id) {
            return;
        }
        let path = entry.path(self.state).to_vec();
        if entry.mode == Mode::COMMIT {
            self.submodules.push(path);
        } else {
            let before = before.filter(|before| is_content(before.kind)).map(|before| before.id);
            self.files.push(StagedFile { path, id: entry.id, before });
        }
    }

    /// Compares two trees, the first of which is staged.
    fn unpacked(&mut self, path: &[u8], tree: ObjectId, before: Option<ObjectId>, depth: usize) {
        if before == Some(tree) {
            return;
        }
        if depth > MAX_DEPTH {
            let reason = format!("more than {MAX_DEPTH} folders within each other");
            return self.gaps.push((path.to_vec(), GapClass::OverBudget, reason));
        }
        let mut read = |tree: ObjectId| match self.objects.tree(&tree, &mut self.buffers) {
            Ok(entries) => entries,
            Err(error) => self.gap(path.to_vec(), "its tree", error).unwrap_or_default(),
        };
        let entries = read(tree);
        let mut committed: HashMap<Vec<u8>, TreeEntry> =
            before.map(read).into_iter().flatten().map(|entry| (entry.name.clone(), entry)).collect();
        for entry in entries {
            let before = committed.remove(&entry.name);
            let same = before.as_ref().is_some_and(|before| before.id == entry.id);
            let below = [path, b"/", &entry.name].concat();
            match entry.kind {
                _ if same => {}
                EntryKind::Tree => {
                    let before = before.filter(|before| before.kind == EntryKind::Tree).map(|before| before.id);
                    self.unpacked(&below, entry.id, before, depth + 1);
                }
                EntryKind::Commit => self.submodules.push(below),
                EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link => {
                    let before = before.filter(|before| is_content(before.kind)).map(|before| before.id);
                    self.files.push(StagedFile { path: below, id: entry.id, before });
                }
            }
        }
        self.removed.extend(committed.into_values());
    }
}

pub(super) fn is_content(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link)
}
