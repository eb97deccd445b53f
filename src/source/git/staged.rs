//! What `git commit` would record: the entries of the index that are not as in the commit of HEAD.
//!
//! As in `diff-index --cached`. Folders whose tree the index knows (its cache-tree extension, git's
//! `Documentation/gitformat-index`) and that HEAD has as well are passed over, so that the cost is that of reading the index.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use bstr::ByteSlice as _;
use gix_hash::ObjectId;
use gix_index::State;
use gix_index::entry::{Flags, Mode};
use gix_index::extension::Tree;
use gix_object::tree::EntryKind;

use super::changes::{Changes, Comparison};
use super::objects::{Objects, clause};
use super::{GitDirectory, check_index, head};
use crate::gap::GapClass;

/// What is staged in the index of a work tree, or in `index`, which git's hooks name where a commit is made of less or more
/// than the index holds.
///
/// The error is a clause that says why the index cannot be relied upon.
pub(super) fn changes(directory: &GitDirectory, objects: Objects, index: Option<&Path>) -> Result<Changes, String> {
    let own = directory.own.join("index");
    let path = index.unwrap_or(&own);
    let state = match check_index(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => State::new(objects.hash()),
        Err(error) => return Err(format!("the index: {error}")),
        Ok(()) => read_index(path, objects.hash())?,
    };
    let mut staged = Staged { state: &state, comparison: Comparison::new(&objects), unmerged: false };
    let tree = staged.tree_of_head(directory);
    staged.folder(0, 0..state.entries().len(), tree, state.tree(), 0);
    let Staged { mut comparison, unmerged, .. } = staged;
    comparison.leave_out_moved();
    let Comparison { files, submodules, gaps, .. } = comparison;
    let conflicts = "there are conflicts, with which `git commit` refuses; all versions were scanned";
    let notes = unmerged.then(|| conflicts.to_owned()).into_iter().collect();
    Ok(Changes { objects, files, messages: Vec::new(), submodules, gaps, notes, bare: false })
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
    if !state.entries().is_sorted_by_key(|entry| entry.path(&state)) {
        state.sort_entries();
    }
    Ok(state)
}

/// The path and the id of an entry of an index.
pub(super) type Indexed = (Vec<u8>, ObjectId);

/// The entries of the index at `path` but for folders, first files, then submodules.
pub(super) fn entries(path: &Path, hash: gix_hash::Kind) -> Result<[Vec<Indexed>; 2], String> {
    let state = read_index(path, hash)?;
    let (mut files, mut submodules) = (Vec::new(), Vec::new());
    for entry in state.entries() {
        let place = (entry.path(&state).to_vec(), entry.id);
        match entry.mode.to_tree_entry_mode().map(|mode| mode.kind()) {
            Some(EntryKind::Commit) => submodules.push(place),
            Some(EntryKind::Tree) => {}
            _ => files.push(place),
        }
    }
    Ok([files, submodules])
}

struct Staged<'s> {
    state: &'s State,
    comparison: Comparison<'s>,
    /// There are paths with conflicts.
    unmerged: bool,
}

impl Staged<'_> {
    /// The tree of the commit that HEAD names; none before the first commit. Where it cannot be read, all is new.
    fn tree_of_head(&mut self, directory: &GitDirectory) -> Option<ObjectId> {
        let comparison = &mut self.comparison;
        match head::commit(directory, comparison.objects.hash()) {
            Ok(commit) => {
                let found = comparison.objects.commit(&commit?, &mut comparison.buffers);
                comparison.or_gap(&[], "the commit of HEAD", found).map(|commit| commit.tree)
            }
            Err(reason) => {
                comparison.gaps.push((Vec::new(), GapClass::Unreadable, reason));
                None
            }
        }
    }

    /// Compares the entries `range`, whose paths begin with the same `prefix` bytes, with the tree of that folder in HEAD.
    /// `known` is what the index says of it.
    fn folder(
        &mut self,
        prefix: usize,
        range: Range<usize>,
        tree: Option<ObjectId>,
        known: Option<&Tree>,
        depth: usize,
    ) {
        let same = |known: &Tree| known.num_entries.is_some() && Some(known.id) == tree;
        if known.is_some_and(same) {
            return;
        }
        let state = self.state;
        let path = |index: usize| state.entries()[index].path(state).as_bytes();
        let folder = if prefix == 0 { &[][..] } else { &path(range.start)[..prefix - 1] };
        if self.comparison.is_too_deep(folder, depth) {
            return;
        }
        let mut before = tree.and_then(|tree| self.comparison.entries(folder, &tree)).unwrap_or_default();
        let known: HashMap<&[u8], &Tree> =
            known.into_iter().flat_map(|known| &known.children).map(|child| (&child.name[..], child)).collect();
        let mut at = range.start;
        while at < range.end {
            let entry = &state.entries()[at];
            let rest = &path(at)[prefix..];
            if let Some(slash) = memchr::memchr(b'/', rest) {
                let name = &rest[..slash];
                let below = &path(at)[..=prefix + slash];
                let length = (at..range.end).take_while(|&index| path(index).starts_with(below)).count();
                let before = before.remove(name);
                if entry.mode == Mode::DIR {
                    // Of a sparse index: a folder that is not checked out.
                    let path = path(at)[..prefix + slash].to_vec();
                    self.comparison.entry(path, EntryKind::Tree, entry.id, before.into_iter().collect(), depth);
                } else {
                    let (tree, other) = match before {
                        Some(before) if before.kind == EntryKind::Tree => (Some(before.id), None),
                        other => (None, other),
                    };
                    self.comparison.removed.extend(other);
                    self.folder(prefix + slash + 1, at..at + length, tree, known.get(name).copied(), depth + 1);
                }
                at += length;
                continue;
            }
            // A path with conflicts has several entries.
            let versions = (at..range.end).take_while(|&index| path(index)[prefix..] == *rest).count();
            let entries = &state.entries()[at..at + versions];
            self.unmerged |= entries.iter().any(|entry| entry.stage_raw() != 0);
            // What is only announced (`add --intent-to-add`) a commit leaves out.
            if !entry.flags.contains(Flags::INTENT_TO_ADD) {
                let before = before.remove(rest);
                for entry in entries {
                    let kind = if entry.mode == Mode::COMMIT { EntryKind::Commit } else { EntryKind::Blob };
                    self.comparison.entry(
                        path(at).to_vec(),
                        kind,
                        entry.id,
                        before.clone().into_iter().collect(),
                        depth,
                    );
                }
            }
            at += versions;
        }
        self.comparison.removed.extend(before.into_values());
    }
}
