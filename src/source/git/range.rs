//! What the commits of a range introduced: the content that none of their parents has.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use gix_hash::ObjectId;

use super::changes::{ChangedFile, Changes, Comparison};
use super::objects::{Commit, ObjectBuffers, Objects};
use super::refs::References;
use super::{GitDirectory, shallow};
use crate::gap::GapClass;

/// What the commits introduced that some of `to` have in their history, or are, and none of `from` has. The first note says
/// how many these are, behind `name`.
pub(super) fn changes(
    directory: &GitDirectory,
    objects: Objects,
    from: &[ObjectId],
    to: &[ObjectId],
    name: &str,
) -> Changes {
    let mut comparison = Comparison::new(&objects);
    let mut walk = Walk::new(shallow(directory));
    walk.run(from, to, &mut comparison);
    let range = walk.range();
    // The same content at the same path is told of once, unless it takes the place of something else.
    let mut seen = HashSet::new();
    let mut files = Vec::new();
    // The oldest first: what a commit introduced is not new in those that follow.
    for (id, commit) in range.iter().rev() {
        // Of a parent that cannot be read nothing is known, so that all counts as new.
        let parents = commit.parents.iter().filter_map(|parent| Some(walk.known.get(parent)?.as_ref()?.tree));
        comparison.trees(&[], &commit.tree, &parents.collect::<Vec<_>>(), 0);
        comparison.leave_out_moved();
        let commit: Arc<str> = Arc::from(id.to_string());
        for file in comparison.files.drain(..).filter(|file| seen.insert(file.clone())) {
            files.push(ChangedFile { commit: Some(Arc::clone(&commit)), ..file });
        }
    }
    let commits = if range.len() == 1 { "1 commit".to_owned() } else { format!("{} commits", range.len()) };
    // What names stand for changes; a record says which commits they were.
    let notes = vec![format!("{name} has {commits}")];
    let messages = range.into_iter().rev().map(|(id, _)| id).collect();
    let Comparison { mut submodules, gaps, .. } = comparison;
    submodules.sort();
    submodules.dedup();
    Changes { objects, files, messages, submodules, gaps, notes, bare: false }
}

/// What the objects introduce that are pushed to a repository: the commits that no reference of it leads to yet, and tags.
pub(super) fn pushed(directory: &GitDirectory, objects: Objects, new: &[ObjectId]) -> Changes {
    let mut buffers = ObjectBuffers::default();
    let references = References::of(directory, objects.hash());
    let known = references.all.iter().filter_map(|known| objects.peel(&known.id, &mut buffers).ok());
    let known: Vec<ObjectId> = known.collect::<BTreeSet<_>>().into_iter().collect();
    let (mut commits, mut tags, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
    for reason in references.gaps {
        gaps.push((Vec::new(), GapClass::Unreadable, reason));
    }
    for id in new {
        match objects.peel(id, &mut buffers) {
            Ok(commit) => {
                tags.extend((commit != *id).then_some(*id));
                commits.push(commit);
            }
            Err(error) => {
                let (class, reason) = error.gap();
                gaps.push((Vec::new(), class, format!("the object {id} that is pushed: {reason}")));
            }
        }
    }
    let mut changes = changes(directory, objects, &known, &commits, "what is pushed");
    changes.messages.extend(tags);
    changes.gaps.extend(gaps);
    changes
}

/// A walk along the histories of commits.
struct Walk {
    /// The commits that were met; none for those that cannot be read.
    known: HashMap<ObjectId, Option<Commit>>,
    /// Those of them that one of the first has in its history, or is.
    old: HashSet<ObjectId>,
    /// The earliest time of a commit that was met from one of the second first.
    earliest: i64,
    /// Where a shallow clone ends.
    boundaries: BTreeSet<ObjectId>,
}

impl Walk {
    fn new(boundaries: BTreeSet<ObjectId>) -> Self {
        Self { known: HashMap::new(), old: HashSet::new(), earliest: i64::MAX, boundaries }
    }

    /// Walks both histories by the time of commits, the latest first, until what is left is in that of `from` and earlier
    /// than all that was met from `to`, as it is at once where clocks were right.
    ///
    /// Where they were wrong, a few commits that `from` has may count as new: more is scanned, never less.
    fn run(&mut self, from: &[ObjectId], to: &[ObjectId], comparison: &mut Comparison<'_>) {
        let mut queue = BinaryHeap::new();
        // Those in the queue that only `to` has, as far as is known.
        let mut pending = HashSet::new();
        let mut done = HashSet::new();
        self.old.extend(from);
        for &from in from {
            queue.push((self.meet(from, comparison), from));
        }
        for &to in to {
            if !self.old.contains(&to) && pending.insert(to) {
                queue.push((self.meet(to, comparison), to));
            }
        }
        let mut cut = false;
        while let Some((time, id)) = queue.pop() {
            if pending.is_empty() && time < self.earliest {
                break;
            }
            pending.remove(&id);
            let old = self.old.contains(&id);
            if !done.insert((id, old)) {
                continue;
            }
            let Some(commit) = &self.known[&id] else { continue };
            if self.boundaries.contains(&id) {
                cut |= !old;
                continue;
            }
            for parent in commit.parents.clone() {
                if old && self.old.insert(parent) {
                    pending.remove(&parent);
                } else if self.known.contains_key(&parent) {
                    continue;
                }
                let time = self.meet(parent, comparison);
                if !self.old.contains(&parent) {
                    pending.insert(parent);
                }
                queue.push((time, parent));
            }
        }
        if cut {
            let reason = "the clone is shallow and ends within the range; fetch more of it (`git fetch --unshallow`, \
                          `fetch-depth: 0`)";
            comparison.gaps.push((Vec::new(), GapClass::Missing, reason.to_owned()));
        }
    }

    /// Reads a commit, once, and returns its time. One that cannot be read is a gap, and is looked at first.
    fn meet(&mut self, id: ObjectId, comparison: &mut Comparison<'_>) -> i64 {
        let commit = self.known.entry(id).or_insert_with(|| {
            let found = comparison.objects.commit(&id, &mut comparison.buffers);
            comparison.or_gap(&[], &format!("the commit {id}"), found)
        });
        let time = commit.as_ref().map_or(i64::MAX, |commit| commit.time);
        if !self.old.contains(&id) {
            self.earliest = self.earliest.min(time);
        }
        time
    }

    /// The commits that only the second has, children before their parents.
    fn range(&self) -> Vec<(ObjectId, Commit)> {
        let new = self.known.iter().filter(|(id, _)| !self.old.contains(*id));
        let mut range = new.filter_map(|(id, commit)| Some((*id, commit.clone()?))).collect();
        sort_by_descent(&mut range);
        range
    }
}

/// Puts children before their parents; of others the later one first.
fn sort_by_descent(range: &mut Vec<(ObjectId, Commit)>) {
    let mut children: HashMap<ObjectId, usize> = range.iter().map(|(id, _)| (*id, 0)).collect();
    for (_, commit) in range.iter() {
        for parent in &commit.parents {
            if let Some(count) = children.get_mut(parent) {
                *count += 1;
            }
        }
    }
    let commits: HashMap<ObjectId, Commit> = range.drain(..).collect();
    let key = |id: &ObjectId| (commits[id].time, Reverse(*id));
    let mut ready: BinaryHeap<(i64, Reverse<ObjectId>)> =
        children.iter().filter(|(_, count)| **count == 0).map(|(id, _)| key(id)).collect();
    while let Some((_, Reverse(id))) = ready.pop() {
        for parent in &commits[&id].parents {
            if let Some(count) = children.get_mut(parent) {
                *count -= 1;
                if *count == 0 {
                    ready.push(key(parent));
                }
            }
        }
        range.push((id, commits[&id].clone()));
    }
}
