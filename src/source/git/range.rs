//! What the commits of a range introduced: the content that none of their parents has at the same path.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use gix_hash::ObjectId;
use gix_object::tree::EntryKind;

use super::objects::{NoObject, ObjectBuffers, Objects, TreeEntry};
use super::staged::{MAX_DEPTH, is_content};
use super::{GitDirectory, revision, shallow};
use crate::gap::GapClass;

/// What a range introduced.
pub struct Introduced {
    /// Where the content lies.
    pub objects: Objects,
    /// Files, those of older commits first.
    pub files: Vec<IntroducedFile>,
    /// The commit whose history is left out.
    pub from: ObjectId,
    /// The commit whose history is the range, as far as the other does not have it.
    pub to: ObjectId,
    /// How many commits the range has.
    pub commits: u64,
    /// What could not be compared: path, class and a clause that says why.
    pub gaps: Vec<(Vec<u8>, GapClass, String)>,
}

/// A file that a commit introduced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntroducedFile {
    /// Path from the root of the work tree, with `/` between components.
    pub path: Vec<u8>,
    /// Its content.
    pub id: ObjectId,
    /// The content that parents of the commit have at this path.
    pub before: Vec<ObjectId>,
    /// The commit, in hexadecimal.
    pub commit: Arc<str>,
}

/// What the commits introduced that are reachable from `to` and not from `from`. The error is a clause.
pub fn introduced(workdir: &Path, from: &str, to: &str) -> Result<Introduced, String> {
    let directory = GitDirectory::of(workdir)?;
    let objects = Objects::open(&directory, directory.object_format()?);
    let mut buffers = ObjectBuffers::default();
    let from = revision::commit(&directory, &objects, &mut buffers, from)?;
    let to = revision::commit(&directory, &objects, &mut buffers, to)?;
    let boundaries = shallow(&directory);
    let mut walk = Walk { objects: &objects, buffers, gaps: Vec::new(), seen: HashSet::new(), files: Vec::new() };
    let commits = walk.commits(from, to, &boundaries);
    // The oldest first: what a commit introduced is not new in those that follow.
    for (id, commit) in commits.iter().rev() {
        walk.introduced(id, commit);
    }
    let Walk { files, gaps, .. } = walk;
    Ok(Introduced { objects, files, from, to, commits: commits.len() as u64, gaps })
}

/// The id, in hexadecimal, of the commit that a revision names in the repository of a work tree. The error says in words
/// why it names none.
pub fn resolve_revision(workdir: &Path, text: &str) -> Result<String, String> {
    let directory = GitDirectory::of(workdir)?;
    let objects = Objects::open(&directory, directory.object_format()?);
    let found = revision::commit(&directory, &objects, &mut ObjectBuffers::default(), text);
    found.map(|id| id.to_string()).map_err(|reason| {
        let hint = if shallow(&directory).is_empty() {
            ""
        } else {
            "; the clone is shallow, so that it may lie outside (`fetch-depth: 0` fetches all)"
        };
        format!("{reason}{hint}")
    })
}

/// What is read of a commit.
#[derive(Clone, Debug)]
pub(super) struct Commit {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    /// Seconds since 1970, as the committer's clock told.
    pub(super) time: i64,
}

struct Walk<'o> {
    objects: &'o Objects,
    buffers: ObjectBuffers,
    gaps: Vec<(Vec<u8>, GapClass, String)>,
    /// Paths and content that were introduced already.
    seen: HashSet<(Vec<u8>, ObjectId)>,
    files: Vec<IntroducedFile>,
}

impl Walk<'_> {
    /// The commits that are reachable from `to` and not from `from`, children before their parents.
    ///
    /// Both ends are walked by the time of commits, the latest first, until only commits are left that `from` reaches.
    /// Where clocks were wrong, a few commits that it reaches may be among the result: more is scanned, never less.
    fn commits(&mut self, from: ObjectId, to: ObjectId, boundaries: &BTreeSet<ObjectId>) -> Vec<(ObjectId, Commit)> {
        let mut known: HashMap<ObjectId, Option<Commit>> = HashMap::new();
        let mut old: HashSet<ObjectId> = HashSet::new();
        let mut queue = BinaryHeap::new();
        let mut ends_early = false;
        for (id, is_old) in [(from, true), (to, false)] {
            if is_old {
                old.insert(id);
            }
            let time = self.know(&mut known, id).map_or(i64::MAX, |commit| commit.time);
            queue.push((time, id));
        }
        let mut done = HashSet::new();
        while let Some((_, id)) = queue.pop() {
            if !done.insert((id, old.contains(&id))) {
                continue;
            }
            let is_old = old.contains(&id);
            let cut = boundaries.contains(&id);
            ends_early |= cut && !is_old;
            let parents =
                if cut { Vec::new() } else { known[&id].as_ref().map_or_else(Vec::new, |one| one.parents.clone()) };
            for parent in parents {
                let news = is_old && old.insert(parent);
                if !known.contains_key(&parent) || news {
                    let time = self.know(&mut known, parent).map_or(i64::MAX, |commit| commit.time);
                    queue.push((time, parent));
                }
            }
            if is_old && queue.iter().all(|(_, id)| old.contains(id)) && !may_change(&known, &old, &queue) {
                break;
            }
        }
        let mut range: Vec<(ObjectId, Commit)> = known
            .into_iter()
            .filter(|(id, _)| !old.contains(id))
            .filter_map(|(id, commit)| Some((id, commit?)))
            .collect();
        if ends_early {
            let reason = "the clone is shallow and ends within the range; fetch more of it (`git fetch --unshallow`, \
                          `fetch-depth: 0`)";
            self.gaps.push((Vec::new(), GapClass::Missing, reason.to_owned()));
        }
        sort_by_descent(&mut range);
        range
    }

    /// Reads a commit, once. A commit that cannot be read is a gap.
    fn know<'k>(&mut self, known: &'k mut HashMap<ObjectId, Option<Commit>>, id: ObjectId) -> Option<&'k Commit> {
        known
            .entry(id)
            .or_insert_with(|| match self.objects.commit(&id, &mut self.buffers) {
                Ok(commit) => Some(commit),
                Err(error) => {
                    let (class, reason) = error.gap();
                    self.gaps.push((Vec::new(), class, format!("the commit {id}: {reason}")));
                    None
                }
            })
            .as_ref()
    }

    /// Lists what a commit introduced.
    fn introduced(&mut self, id: &ObjectId, commit: &Commit) {
        let commit_name: Arc<str> = Arc::from(id.to_string());
        let mut parents = Vec::new();
        for parent in &commit.parents {
            // Of a parent that is not there nothing is known, so that all counts as new.
            if let Ok(parent) = self.objects.commit(parent, &mut self.buffers) {
                parents.push(parent.tree);
            }
        }
        self.folder(&[], commit.tree, &parents, &commit_name, 0);
    }

    fn folder(&mut self, path: &[u8], tree: ObjectId, parents: &[ObjectId], commit: &Arc<str>, depth: usize) {
        if parents.contains(&tree) {
            return;
        }
        if depth > MAX_DEPTH {
            let reason = format!("more than {MAX_DEPTH} folders within each other");
            return self.gaps.push((path.to_vec(), GapClass::OverBudget, reason));
        }
        let Some(entries) = self.tree(path, tree) else { return };
        let parents: Vec<BTreeMap<Vec<u8>, TreeEntry>> = parents
            .iter()
            .filter_map(|&tree| self.tree(path, tree))
            .map(|entries| entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect())
            .collect();
        for entry in entries {
            let before: Vec<&TreeEntry> = parents.iter().filter_map(|parent| parent.get(&entry.name)).collect();
            if before.iter().any(|before| before.id == entry.id) {
                continue;
            }
            let below = if path.is_empty() { entry.name.clone() } else { [path, b"/", &entry.name].concat() };
            let of = |wanted: fn(EntryKind) -> bool| -> Vec<ObjectId> {
                before.iter().filter(|before| wanted(before.kind)).map(|before| before.id).collect()
            };
            if entry.kind == EntryKind::Tree {
                let before = of(|kind| kind == EntryKind::Tree);
                self.folder(&below, entry.id, &before, commit, depth + 1);
            } else if is_content(entry.kind) && self.seen.insert((below.clone(), entry.id)) {
                let commit = Arc::clone(commit);
                self.files.push(IntroducedFile { path: below, id: entry.id, before: of(is_content), commit });
            }
        }
    }

    fn tree(&mut self, path: &[u8], tree: ObjectId) -> Option<Vec<TreeEntry>> {
        self.objects
            .tree(&tree, &mut self.buffers)
            .map_err(|error: NoObject| {
                let (class, reason) = error.gap();
                self.gaps.push((path.to_vec(), class, format!("its tree {tree}: {reason}")));
            })
            .ok()
    }
}

/// Whether a commit in the queue may still turn out to lead to one that counts as new.
fn may_change(
    known: &HashMap<ObjectId, Option<Commit>>,
    old: &HashSet<ObjectId>,
    queue: &BinaryHeap<(i64, ObjectId)>,
) -> bool {
    let latest = queue.peek().map_or(i64::MIN, |(time, _)| *time);
    known.iter().any(|(id, commit)| !old.contains(id) && commit.as_ref().is_some_and(|one| one.time <= latest))
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
