//! When files came into a history, and until when they were there.
//!
//! Most commits change nothing that is of interest. So trees are told apart by what they hold of it alone: those that hold
//! the same at the same paths are of one class, and commits whose trees are of one class need not be compared.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::paths::{Paths, ROOT};
use super::skeleton::{Commit, Edge, Skeleton, Sort, Tree};

/// A thing that an object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// Its number.
    pub thing: u32,
    /// How sure it is that it is one, here: the more, the surer.
    pub grade: u8,
}

/// What is of interest: which things, by their numbers, which objects hold at which paths.
#[derive(Default)]
pub struct Interest {
    /// By object and path, sorted.
    held: HashMap<(u32, u32), Vec<Held>>,
    objects: HashSet<u32>,
}

impl Interest {
    /// Notes that `object`, at `path`, holds these things.
    pub fn add(&mut self, object: u32, path: u32, things: impl IntoIterator<Item = Held>) {
        self.objects.insert(object);
        let held = self.held.entry((object, path)).or_default();
        held.extend(things);
        // Of several places the surest counts.
        held.sort_unstable_by_key(|held| (held.thing, Reverse(held.grade)));
        held.dedup_by_key(|held| held.thing);
    }

    fn of(&self, object: u32, path: u32) -> &[Held] {
        self.held.get(&(object, path)).map_or(&[], Vec::as_slice)
    }

    fn has(&self, object: u32, path: u32, thing: u32) -> bool {
        self.of(object, path).binary_search_by_key(&thing, |held| held.thing).is_ok()
    }
}

/// The life of a thing at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// The path.
    pub path: u32,
    /// The thing.
    pub thing: u32,
    /// The object that shows it: of those in which it is the surest the first.
    pub object: u32,
    /// Number of the commit that brought this object there. None where no commit has it.
    pub commit: Option<u32>,
    /// Number of the commit that introduced it: of those whose parents do not have it the earliest. None where no commit
    /// has it.
    pub introduced: Option<u32>,
    /// Number of the latest commit that has it.
    pub last: Option<u32>,
    /// The references, by their places, whose commits have it.
    pub at: Vec<u32>,
}

/// An entry of a class of trees.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Entry {
    name: u32,
    folder: bool,
    /// The class of the folder, or the object.
    child: u32,
}

/// The class of trees that hold nothing of interest.
const NOTHING: u32 = 0;

/// Classes of trees.
struct Classes {
    /// For each object that is a tree its class.
    of: Vec<u32>,
    /// Sorted by name.
    entries: Vec<Vec<Entry>>,
    numbers: HashMap<Vec<Entry>, u32>,
}

impl Classes {
    fn of(skeleton: &Skeleton, paths: &Paths, interest: &Interest) -> Self {
        let mut classes = Self {
            of: vec![NOTHING; skeleton.objects()],
            entries: vec![Vec::new()],
            numbers: HashMap::from([(Vec::new(), NOTHING)]),
        };
        // What lies deeper comes first, since the class of a folder is that of what lies in it; of trees in as many folders
        // those that others are made of come first.
        let mut order: Vec<&Tree> = skeleton.trees.iter().collect();
        order.sort_by_cached_key(|tree| (Reverse(paths.level(tree.number)), tree.depth, tree.number));
        for tree in order {
            let known = skeleton.tree(tree.base).filter(|base| paths.level(base.number) == paths.level(tree.number));
            let mut entries: Vec<Entry> = match known {
                Some(base) => {
                    let class = classes.of[base.number as usize];
                    let (edges, gone) = (skeleton.edges(tree), skeleton.gone(tree));
                    let new = edges.iter().filter_map(|edge| classes.entry(edge, interest));
                    let old = classes.entries_of(class);
                    let at = |name: u32| {
                        let first = old.partition_point(|entry| entry.name < name);
                        old[first..].iter().take_while(move |entry| entry.name == name)
                    };
                    // Most trees differ in what is of no interest, or are of folders of the same class.
                    let same = edges.iter().all(|edge| at(edge.name).copied().eq(classes.entry(edge, interest)))
                        && gone.iter().all(|&name| at(name).next().is_none());
                    if same {
                        classes.of[tree.number as usize] = class;
                        continue;
                    }
                    let lost = |old: &Entry| gone.contains(&old.name) || edges.iter().any(|new| new.name == old.name);
                    old.iter().filter(|old| !lost(old)).copied().chain(new).collect()
                }
                None => skeleton.entries(tree).iter().filter_map(|edge| classes.entry(edge, interest)).collect(),
            };
            if !entries.is_empty() {
                entries.sort_unstable();
                classes.of[tree.number as usize] = classes.number(entries);
            }
        }
        classes
    }

    fn entry(&self, edge: &Edge, interest: &Interest) -> Option<Entry> {
        let child = match edge.kind {
            Sort::Folder => self.of.get(edge.child as usize).copied().filter(|class| *class != NOTHING)?,
            Sort::Content => Some(edge.child).filter(|child| interest.objects.contains(child))?,
            Sort::Submodule => return None,
        };
        Some(Entry { name: edge.name, folder: edge.kind == Sort::Folder, child })
    }

    fn number(&mut self, entries: Vec<Entry>) -> u32 {
        if let Some(&known) = self.numbers.get(&entries) {
            return known;
        }
        let number = self.entries.len() as u32;
        self.entries.push(entries.clone());
        self.numbers.insert(entries, number);
        number
    }

    /// The class of the tree of a commit.
    fn of_commit(&self, commit: &Commit) -> u32 {
        self.of.get(commit.tree as usize).copied().unwrap_or(NOTHING)
    }

    fn entries_of(&self, class: u32) -> &[Entry] {
        &self.entries[class as usize]
    }

    /// Calls `found` for each object that a class has at a path at which none of the others has it, with those that they have
    /// there.
    fn compare(
        &self,
        paths: &Paths,
        class: u32,
        others: &[u32],
        folder: u32,
        found: &mut impl FnMut(u32, u32, &[u32]),
    ) {
        if class == NOTHING || others.contains(&class) {
            return;
        }
        for entry in self.entries_of(class) {
            let Some(path) = paths.joined(folder, entry.name) else { continue };
            let there = others.iter().filter_map(|&other| {
                let entries = self.entries_of(other);
                let place = entries.binary_search_by_key(&(entry.name, entry.folder), |one| (one.name, one.folder));
                Some(entries[place.ok()?].child)
            });
            let there: Vec<u32> = there.collect();
            if entry.folder {
                self.compare(paths, entry.child, &there, path, found);
            } else if !there.contains(&entry.child) {
                found(path, entry.child, &there);
            }
        }
    }
}

/// What is known of an object that shows a thing, in the order of what counts.
type Shown = (Reverse<(u8, bool)>, Reverse<bool>, i64, u32, u32);

/// What is gathered of a life.
#[derive(Default)]
struct Gathered {
    /// Whether it can be reached, when, and the commit. The first of them counts.
    introduced: Option<(Reverse<bool>, i64, u32)>,
    /// How sure it is, whether it is new there, the same as above, and the object. The first of them counts.
    shown: Option<Shown>,
    last: Option<(i64, u32)>,
    at: Vec<u32>,
}

/// The lives of all that is of interest. `tips` are the commits of references, by the place of each reference.
pub(super) fn lives(skeleton: &Skeleton, paths: &Paths, interest: &Interest, tips: &[(u32, u32)]) -> Vec<Life> {
    if interest.objects.is_empty() {
        return Vec::new();
    }
    let classes = Classes::of(skeleton, paths, interest);
    let reached = reached(skeleton, tips.iter().map(|&(_, commit)| commit));
    let mut gathered: BTreeMap<(u32, u32), Gathered> = BTreeMap::new();
    let mut is_parent = vec![false; skeleton.objects()];
    let (mut parents, mut before) = (Vec::new(), Vec::new());
    for commit in &skeleton.commits {
        commit.parents.iter().for_each(|&parent| is_parent[parent as usize] = true);
        let class = classes.of_commit(commit);
        parents.clear();
        parents.extend(commit.parents.iter().filter_map(|&parent| skeleton.commit(parent)));
        before.clear();
        before.extend(parents.iter().map(|parent| classes.of_commit(parent)));
        classes.compare(paths, class, &before, ROOT, &mut |path, object, there| {
            for &Held { thing, grade } in interest.of(object, path) {
                let (reachable, number) = (Reverse(reached[commit.number as usize]), commit.number);
                let life = gathered.entry((path, thing)).or_default();
                let introduces = there.iter().all(|&old| !interest.has(old, path, thing));
                let shown = (Reverse((grade, introduces)), reachable, commit.time, number, object);
                life.shown = Some(life.shown.map_or(shown, |known| known.min(shown)));
                if introduces {
                    let introduced = (reachable, commit.time, number);
                    life.introduced = Some(life.introduced.map_or(introduced, |known| known.min(introduced)));
                }
            }
        });
        for (parent, &old) in parents.iter().zip(&before) {
            classes.compare(paths, old, &[class], ROOT, &mut |path, object, there| {
                let lost = |held: &&Held| there.iter().all(|&new| !interest.has(new, path, held.thing));
                for held in interest.of(object, path).iter().filter(lost) {
                    seen(&mut gathered, (path, held.thing), parent);
                }
            });
        }
    }
    // What the ends of history have was not lost yet.
    let mut ends: BTreeMap<u32, &Commit> = BTreeMap::new();
    for commit in skeleton.commits.iter().filter(|commit| !is_parent[commit.number as usize]) {
        let end = ends.entry(classes.of_commit(commit)).or_insert(commit);
        if (end.time, end.number) < (commit.time, commit.number) {
            *end = commit;
        }
    }
    for (class, commit) in ends {
        classes.compare(paths, class, &[], ROOT, &mut |path, object, _| {
            interest.of(object, path).iter().for_each(|held| seen(&mut gathered, (path, held.thing), commit));
        });
    }
    let mut at: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for &(reference, commit) in tips {
        if let Some(commit) = skeleton.commit(commit) {
            at.entry(classes.of_commit(commit)).or_default().push(reference);
        }
    }
    for (class, references) in at {
        classes.compare(paths, class, &[], ROOT, &mut |path, object, _| {
            for held in interest.of(object, path) {
                gathered.entry((path, held.thing)).or_default().at.extend(&references);
            }
        });
    }
    // What no commit shows.
    let mut outside: BTreeMap<(u32, u32), (Reverse<u8>, u32)> = BTreeMap::new();
    let mut held: Vec<_> = interest.held.iter().collect();
    held.sort_unstable_by_key(|(place, _)| **place);
    for (&(object, path), things) in held {
        let shown = |held: &&Held| gathered.get(&(path, held.thing)).is_some_and(|life| life.shown.is_some());
        for &Held { thing, grade } in things.iter().filter(|held| !shown(held)) {
            let known = outside.entry((path, thing)).or_insert((Reverse(grade), object));
            *known = (*known).min((Reverse(grade), object));
        }
    }
    let mut lives: Vec<Life> = gathered
        .into_iter()
        .filter_map(|((path, thing), mut life)| {
            life.at.sort_unstable();
            life.at.dedup();
            let (.., commit, object) = life.shown?;
            let introduced = life.introduced.map(|(.., commit)| commit);
            let last = life.last.map(|(_, commit)| commit);
            Some(Life { path, thing, object, commit: Some(commit), introduced, last, at: life.at })
        })
        .collect();
    lives.extend(outside.into_iter().map(|((path, thing), (_, object))| Life {
        path,
        thing,
        object,
        commit: None,
        introduced: None,
        last: None,
        at: Vec::new(),
    }));
    lives
}

/// Notes that a commit has something, and others have not that follow it.
fn seen(gathered: &mut BTreeMap<(u32, u32), Gathered>, what: (u32, u32), commit: &Commit) {
    let life = gathered.entry(what).or_default();
    life.last = life.last.max(Some((commit.time, commit.number)));
}

/// Which objects are commits that others lead to, or one of these.
fn reached(skeleton: &Skeleton, from: impl Iterator<Item = u32>) -> Vec<bool> {
    let mut reached = vec![false; skeleton.objects()];
    let mut next: Vec<u32> = from.collect();
    while let Some(number) = next.pop() {
        if !std::mem::replace(&mut reached[number as usize], true)
            && let Some(commit) = skeleton.commit(number)
        {
            next.extend(&commit.parents);
        }
    }
    reached
}
