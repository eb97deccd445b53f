//! What changed: the content that a tree, or the index, has and what came before it has not at the same path.
//!
//! Trees are compared by ids alone, as git does it; content is read by whoever scans it.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix_hash::ObjectId;
use gix_object::tree::EntryKind;

use super::objects::{NoObject, ObjectBuffers, Objects, TreeEntry};
use super::skeleton::Sort;
use super::{GitDirectory, head, is_bare_repository, prefix, range, staged, work_tree_root};
use crate::gap::GapClass;

/// Folders within each other.
pub(super) const MAX_DEPTH: usize = 1024;

/// Entries of removed folders that are looked at, for what was moved.
const MAX_REMOVED: usize = 1 << 20;

/// Which changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What `git commit` would record: from this index, or from that of the work tree.
    Staged(Option<PathBuf>),
    /// What the commits introduced that the second has in its history, or is, and the first has not.
    Range(ObjectId, ObjectId),
    /// What these objects introduce, which are pushed to the repository and lie in these folders until they are accepted.
    Pushed(Vec<ObjectId>, Vec<PathBuf>),
    /// All files of the commit that HEAD names.
    Head,
}

/// What changed in a work tree. All paths are from its root, with `/` between components.
pub struct Changes {
    /// Where the content lies.
    pub objects: Objects,
    /// Files and links with content that they did not have before; those of older commits first.
    pub files: Vec<ChangedFile>,
    /// Commits and tags whose messages are new.
    pub messages: Vec<ObjectId>,
    /// Submodules with another commit than before. Their content is in repositories of their own.
    pub submodules: Vec<Vec<u8>>,
    /// What could not be compared: path, class and a clause that says why. All that lies there counts as changed.
    pub gaps: Vec<(Vec<u8>, GapClass, String)>,
    /// What the operator should know.
    pub notes: Vec<String>,
    /// Whether the repository has no work tree.
    pub bare: bool,
}

/// A file that changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChangedFile {
    /// Its path.
    pub path: Vec<u8>,
    /// Its content.
    pub id: ObjectId,
    /// What it held before, in HEAD or in the parents of the commit.
    pub before: Vec<ObjectId>,
    /// The commit that changed it, in hexadecimal; none for what is staged.
    pub commit: Option<Arc<str>>,
}

/// What changed in the work tree around the directory `target`, and the path of `target` in it, which ends in `/` unless
/// it is empty. The error is a clause that says why that is not known.
pub fn changes(target: &Path, wanted: &Wanted) -> Result<(Changes, Vec<u8>), String> {
    let none = || "it lies in no git work tree".to_owned();
    let bare = is_bare_repository(target);
    let target = target.canonicalize().map_err(|error| error.kind().to_string())?;
    let (directory, root) = if bare {
        (GitDirectory::bare(&target), target.clone())
    } else {
        let root = work_tree_root(&target).ok_or_else(none)?;
        (GitDirectory::of(&root)?, root)
    };
    let pushed = if let Wanted::Pushed(_, folders) = wanted { &folders[..] } else { &[] };
    let objects = Objects::open(&directory, pushed, &|_| false)?;
    let mut changes = match wanted {
        Wanted::Staged(index) => staged::changes(&directory, objects, index.as_deref())?,
        Wanted::Range(from, to) => {
            range::changes(&directory, objects, &[*from], &[*to], &format!("the range {from}..{to}"))
        }
        Wanted::Pushed(new, _) => range::pushed(&directory, objects, new),
        Wanted::Head => of_head(&directory, objects)?,
    };
    changes.bare = bare;
    Ok((changes, prefix(&root, &target).ok_or_else(none)?))
}

/// The files of the commit that HEAD names; none before the first commit.
fn of_head(directory: &GitDirectory, objects: Objects) -> Result<Changes, String> {
    let mut comparison = Comparison::new(&objects);
    if let Some(commit) = head::commit(directory, objects.hash())? {
        let found = objects.commit(&commit, &mut comparison.buffers);
        if let Some(commit) = comparison.or_gap(&[], "the commit of HEAD", found) {
            comparison.trees(&[], &commit.tree, &[], 0);
        }
    }
    let Comparison { files, submodules, gaps, .. } = comparison;
    Ok(Changes { objects, files, messages: Vec::new(), submodules, gaps, notes: Vec::new(), bare: false })
}

/// A comparison that is under way.
pub(super) struct Comparison<'o> {
    pub(super) objects: &'o Objects,
    pub(super) buffers: ObjectBuffers,
    pub(super) files: Vec<ChangedFile>,
    pub(super) submodules: Vec<Vec<u8>>,
    pub(super) gaps: Vec<(Vec<u8>, GapClass, String)>,
    /// What was there before, at paths that are gone or hold something else.
    pub(super) removed: Vec<TreeEntry>,
}

impl<'o> Comparison<'o> {
    pub(super) fn new(objects: &'o Objects) -> Self {
        Self {
            objects,
            buffers: ObjectBuffers::default(),
            files: Vec::new(),
            submodules: Vec::new(),
            gaps: Vec::new(),
            removed: Vec::new(),
        }
    }

    /// The entries of the tree of the folder `path`, by name. One that cannot be read is a gap.
    pub(super) fn entries(&mut self, path: &[u8], tree: &ObjectId) -> Option<BTreeMap<Vec<u8>, TreeEntry>> {
        let found = self.objects.tree(tree, &mut self.buffers);
        let entries = self.or_gap(path, "its tree", found)?;
        Some(entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect())
    }

    /// What was found, or a gap at `path`.
    pub(super) fn or_gap<T>(&mut self, path: &[u8], what: &str, found: Result<T, NoObject>) -> Option<T> {
        found
            .map_err(|error| {
                let (class, reason) = error.gap();
                self.gaps.push((path.to_vec(), class, format!("{what}: {reason}")));
            })
            .ok()
    }

    /// Whether a folder lies too deep; a gap where it does.
    pub(super) fn is_too_deep(&mut self, path: &[u8], depth: usize) -> bool {
        if depth > MAX_DEPTH {
            let reason = format!("more than {MAX_DEPTH} folders within each other");
            self.gaps.push((path.to_vec(), GapClass::OverBudget, reason));
        }
        depth > MAX_DEPTH
    }

    /// Compares the folder `path` with the trees that it was `before`.
    pub(super) fn trees(&mut self, path: &[u8], tree: &ObjectId, before: &[ObjectId], depth: usize) {
        if before.contains(tree) || self.is_too_deep(path, depth) {
            return;
        }
        let Some(entries) = self.entries(path, tree) else { return };
        let mut before: Vec<_> = before.iter().filter_map(|tree| self.entries(path, tree)).collect();
        for (name, entry) in entries {
            let below = if path.is_empty() { name.clone() } else { [path, b"/", &name].concat() };
            let before = before.iter_mut().filter_map(|entries| entries.remove(&name)).collect();
            self.entry(below, entry.kind, entry.id, before, depth);
        }
        self.removed.extend(before.into_iter().flat_map(BTreeMap::into_values));
    }

    /// Compares what is at `path` with what was there `before`.
    pub(super) fn entry(&mut self, path: Vec<u8>, kind: EntryKind, id: ObjectId, before: Vec<TreeEntry>, depth: usize) {
        if before.iter().any(|before| before.id == id) {
            return;
        }
        let (before, others): (Vec<_>, Vec<_>) = before.into_iter().partition(|before| sort(before.kind) == sort(kind));
        self.removed.extend(others);
        let before: Vec<ObjectId> = before.into_iter().map(|before| before.id).collect();
        match sort(kind) {
            Sort::Folder => self.trees(&path, &id, &before, depth + 1),
            Sort::Submodule => self.submodules.push(path),
            Sort::Content => self.files.push(ChangedFile { path, id, before, commit: None }),
        }
    }

    /// Takes out new files with the content of removed ones: what was moved as it was is not new.
    pub(super) fn leave_out_moved(&mut self) {
        let mut removed = std::mem::take(&mut self.removed);
        if self.files.iter().all(|file| !file.before.is_empty()) {
            return;
        }
        let mut moved = HashSet::new();
        for _ in 0..MAX_REMOVED {
            let Some(entry) = removed.pop() else { break };
            match sort(entry.kind) {
                // What cannot be read was not moved.
                Sort::Folder => removed.extend(self.objects.tree(&entry.id, &mut self.buffers).into_iter().flatten()),
                Sort::Content => drop(moved.insert(entry.id)),
                Sort::Submodule => {}
            }
        }
        self.files.retain(|file| !file.before.is_empty() || !moved.contains(&file.id));
    }
}

/// What an entry of a tree stands for.
fn sort(kind: EntryKind) -> Sort {
    match kind {
        EntryKind::Tree => Sort::Folder,
        EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link => Sort::Content,
        EntryKind::Commit => Sort::Submodule,
    }
}
