//! Commits and trees of a repository, without their content: what history consists of.
//!
//! Trees are kept as they are stored, each as the difference to the one that it is made of. A repository has as many
//! entries of trees as bytes of source, and nearly all of them are those of another tree.

use std::collections::HashMap;
use std::ops::Range;

use gix_hash::{ObjectId, oid};

use super::bulk::Base;
use super::catalogue::Catalogue;
use super::objects::NoObject;

/// No object, or none that the repository holds.
pub(super) const NONE: u32 = u32::MAX;

/// What an entry of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Folder,
    /// A file or a symbolic link.
    Content,
    Submodule,
}

/// An entry of a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// Number of the name.
    pub(super) name: u32,
    /// Number of the object, or [`NONE`].
    pub(super) child: u32,
    pub(super) kind: Sort,
}

/// A tree as the difference to another one.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) number: u32,
    /// The number of the tree that it is made of, or [`NONE`].
    pub(super) base: u32,
    /// How many trees it is made of, one of another. Those of one tree come in this order. [`Skeleton::join`] sets it.
    pub(super) depth: u32,
    /// Entries that the other has not, or has otherwise.
    edges: Range<u32>,
    /// Names of entries that the other has and this one has not.
    gone: Range<u32>,
}

/// A commit.
#[derive(Clone, Debug)]
pub(super) struct Commit {
    pub(super) number: u32,
    /// The number of its tree, or [`NONE`].
    pub(super) tree: u32,
    /// Those that the repository holds.
    pub(super) parents: Vec<u32>,
    /// Seconds since 1970, as the committer's clock told.
    pub(super) time: i64,
}

/// What one thread has seen of commits and trees.
#[derive(Default)]
pub struct Collector {
    names: HashMap<Box<[u8]>, u32>,
    edges: Vec<Edge>,
    gone: Vec<u32>,
    trees: Vec<Tree>,
    commits: Vec<Commit>,
    /// Entries whose object the repository does not hold: how many, and the first of their names.
    missing: (u64, Option<Box<[u8]>>),
    scratch: Scratch,
}

#[derive(Default)]
struct Scratch {
    /// Entries of the other tree that were taken over.
    kept: Vec<Range<usize>>,
    recent: Recent,
}

/// Objects that were looked up lately. Versions of a tree follow each other, and differ in the same entries.
struct Recent(Vec<(ObjectId, u32)>);

impl Default for Recent {
    fn default() -> Self {
        Self(vec![(ObjectId::null(gix_hash::Kind::Sha1), NONE); 1 << 12])
    }
}

impl Recent {
    /// The number of an object; see [`Catalogue::find`].
    fn find(&mut self, catalogue: &Catalogue<'_>, id: &oid) -> Option<u32> {
        let place = usize::from(u16::from_le_bytes([id.as_bytes()[0], id.as_bytes()[1]])) % self.0.len();
        let (known, number) = &mut self.0[place];
        if **known != *id {
            *known = id.to_owned();
            *number = catalogue.find(id).unwrap_or(NONE);
        }
        (*number != NONE).then_some(*number)
    }
}

/// Where the entries of a tree begin.
#[derive(Default)]
pub struct TreeStarts(Vec<u32>);

impl Collector {
    /// Takes in a tree. What it returns is to be handed in with trees that are made of this one.
    ///
    /// # Errors
    ///
    /// The tree is damaged. What comes before the damage was taken in.
    pub fn tree(
        &mut self,
        catalogue: &Catalogue<'_>,
        number: u32,
        bytes: &[u8],
        base: Option<Base<'_, TreeStarts>>,
    ) -> (TreeStarts, Result<(), NoObject>) {
        let (first_edge, first_gone) = (self.edges.len(), self.gone.len());
        let mut starts = TreeStarts(Vec::with_capacity(base.as_ref().map_or(16, |base| base.state.0.len() + 4)));
        self.scratch.kept.clear();
        // Of a damaged tree it is not known where its entries begin.
        let base = base.filter(|base| !base.state.0.is_empty());
        let read = self.entries(catalogue, bytes, base.as_ref(), &mut starts.0);
        if let Some(base) = &base {
            self.dropped(base, first_edge);
        }
        if read.is_err() {
            starts.0.clear();
        }
        self.trees.push(Tree {
            number,
            base: base.map_or(NONE, |base| base.number),
            depth: NONE,
            edges: first_edge as u32..self.edges.len() as u32,
            gone: first_gone as u32..self.gone.len() as u32,
        });
        (starts, read)
    }

    fn entries(
        &mut self,
        catalogue: &Catalogue<'_>,
        bytes: &[u8],
        base: Option<&Base<'_, TreeStarts>>,
        starts: &mut Vec<u32>,
    ) -> Result<(), NoObject> {
        let hash = catalogue.objects.hash().len_in_bytes();
        let copied = base.map_or(&[][..], |base| base.copied);
        let (mut at, mut run) = (0, 0);
        while at < bytes.len() {
            while copied.get(run).is_some_and(|run| run.to + run.length <= at) {
                run += 1;
            }
            // Entries that lie whole in what is copied are those of the other tree.
            if let (Some(base), Some(run)) = (base, copied.get(run))
                && run.to <= at
                && let Ok(first) = base.state.0.binary_search(&((run.from + at - run.to) as u32))
            {
                let old = &base.state.0;
                let end = run.from + run.length;
                // The last one ends where the next begins, or with the tree.
                let behind = if end == base.bytes.len() {
                    old.len()
                } else {
                    old.partition_point(|&start| start as usize <= end).saturating_sub(1)
                };
                if behind > first {
                    let (from, to) = (run.from as u32, run.to as u32);
                    starts.extend(old[first..behind].iter().map(|&start| start - from + to));
                    let next = old.get(behind).map_or(base.bytes.len(), |&start| start as usize);
                    at = run.to + next - run.from;
                    self.scratch.kept.push(first..behind);
                    continue;
                }
            }
            let entry = Entry::parse(&bytes[at..], hash).ok_or_else(|| NoObject::Damaged("damaged".to_owned()))?;
            starts.push(at as u32);
            at += entry.length;
            let name = self.name(entry.name);
            let id = oid::try_from_bytes(entry.id).map_err(|_| NoObject::Damaged("damaged".to_owned()))?;
            let recent = &mut self.scratch.recent;
            let child = if entry.kind == Sort::Submodule { None } else { recent.find(catalogue, id) };
            if child.is_none() && entry.kind != Sort::Submodule {
                self.missing.0 += 1;
                first(&mut self.missing.1, entry.name);
            }
            self.edges.push(Edge { name, child: child.unwrap_or(NONE), kind: entry.kind });
        }
        Ok(())
    }

    /// Notes the names of entries that were not taken over and did not get another object.
    fn dropped(&mut self, base: &Base<'_, TreeStarts>, first_edge: usize) {
        let mut kept = std::mem::take(&mut self.scratch.kept);
        kept.sort_unstable_by_key(|kept| kept.start);
        let mut next = 0;
        let all = base.state.0.len();
        for kept in kept.iter().cloned().chain(std::iter::once(all..all)) {
            for place in next..kept.start {
                let Some(entry) = Entry::parse(&base.bytes[base.state.0[place] as usize..], 0) else { continue };
                let name = self.name(entry.name);
                if self.edges[first_edge..].iter().all(|edge| edge.name != name) {
                    self.gone.push(name);
                }
            }
            next = next.max(kept.end);
        }
        self.scratch.kept = kept;
    }

    fn name(&mut self, name: &[u8]) -> u32 {
        if let Some(&known) = self.names.get(name) {
            return known;
        }
        let number = self.names.len() as u32;
        self.names.insert(Box::from(name), number);
        number
    }

    /// Takes in a commit.
    ///
    /// # Errors
    ///
    /// The commit is damaged.
    pub fn commit(&mut self, catalogue: &Catalogue<'_>, number: u32, bytes: &[u8]) -> Result<(), NoObject> {
        let damaged = || NoObject::Damaged("damaged".to_owned());
        let mut rest = bytes;
        let mut id = |name: &[u8]| {
            let line = rest.strip_prefix(name)?;
            let end = memchr::memchr(b'\n', line)?;
            let id = ObjectId::from_hex(&line[..end]).ok()?;
            rest = &line[end + 1..];
            Some(id)
        };
        let tree = id(b"tree ").ok_or_else(damaged)?;
        let parents = std::iter::from_fn(|| id(b"parent ")).filter_map(|parent| catalogue.find(&parent)).collect();
        self.commits.push(Commit {
            number,
            tree: catalogue.find(&tree).unwrap_or(NONE),
            parents,
            // A time that cannot be read orders a commit among the oldest.
            time: time_of(rest).unwrap_or(i64::MIN),
        });
        Ok(())
    }
}

/// When a commit was made, by the header that begins with its author: `committer`, a name, a mail address in angle brackets,
/// seconds since 1970, a time zone (git's `commit.c`).
fn time_of(header: &[u8]) -> Option<i64> {
    let start = memchr::memmem::find(header, b"\ncommitter ")? + 1;
    let line = &header[start..start + memchr::memchr(b'\n', &header[start..])?];
    let time = line[memchr::memrchr(b'>', line)? + 1..].trim_ascii_start();
    let end = time.iter().position(u8::is_ascii_whitespace).unwrap_or(time.len());
    std::str::from_utf8(&time[..end]).ok()?.parse().ok()
}

/// Keeps the first of names in their order.
fn first(known: &mut Option<Box<[u8]>>, name: &[u8]) {
    if known.as_ref().is_none_or(|known| name < &**known) {
        *known = Some(Box::from(name));
    }
}

/// An entry of a tree as it is stored (git's `tree-walk.c`: mode in octal, blank, name, NUL, id).
struct Entry<'b> {
    kind: Sort,
    name: &'b [u8],
    id: &'b [u8],
    length: usize,
}

impl<'b> Entry<'b> {
    /// The entry at the beginning of `bytes`, with an id of `hash` bytes.
    fn parse(bytes: &'b [u8], hash: usize) -> Option<Self> {
        // The longest mode that git writes has six digits; it accepts leading zeros.
        const MODE: usize = 12;
        let blank = memchr::memchr(b' ', &bytes[..bytes.len().min(MODE)])?;
        let mode = std::str::from_utf8(&bytes[..blank]).ok().and_then(|mode| u32::from_str_radix(mode, 8).ok())?;
        let end = blank + 1 + memchr::memchr(0, &bytes[blank + 1..])?;
        let kind = match mode & 0o170_000 {
            0o040_000 => Sort::Folder,
            0o160_000 => Sort::Submodule,
            _ => Sort::Content,
        };
        let id = bytes.get(end + 1..end + 1 + hash)?;
        Some(Self { kind, name: &bytes[blank + 1..end], id, length: end + 1 + hash })
    }
}

/// Commits and trees of all threads.
pub struct Skeleton {
    /// The names of entries, by their numbers.
    names: Vec<Box<[u8]>>,
    numbers: HashMap<Box<[u8]>, u32>,
    edges: Vec<Edge>,
    gone: Vec<u32>,
    pub(super) trees: Vec<Tree>,
    pub(super) commits: Vec<Commit>,
    /// For each object its place among the trees or commits, or [`NONE`].
    places: Vec<u32>,
    /// Entries whose object the repository does not hold: how many, and the first of their names.
    pub(super) missing: (u64, Option<Box<[u8]>>),
}

impl Skeleton {
    /// Puts together what threads have seen, of `objects` objects in all.
    pub(super) fn join(collectors: Vec<Collector>, objects: usize) -> Self {
        let mut all = Self {
            names: Vec::new(),
            numbers: HashMap::new(),
            edges: Vec::new(),
            gone: Vec::new(),
            trees: Vec::new(),
            commits: Vec::new(),
            places: vec![NONE; objects],
            missing: (0, None),
        };
        // Nothing is made larger than it has to be: these are most of what is held.
        all.edges.reserve_exact(collectors.iter().map(|one| one.edges.len()).sum());
        all.gone.reserve_exact(collectors.iter().map(|one| one.gone.len()).sum());
        all.trees.reserve_exact(collectors.iter().map(|one| one.trees.len()).sum());
        all.commits.reserve_exact(collectors.iter().map(|one| one.commits.len()).sum());
        for collector in collectors {
            let mut own = vec![0; collector.names.len()];
            let mut names: Vec<_> = collector.names.into_iter().collect();
            names.sort_unstable_by_key(|(_, number)| *number);
            for (name, number) in names {
                own[number as usize] = all.number_of_name(&name);
            }
            let name = |name: u32| own[name as usize];
            let (edges, gone) = (all.edges.len() as u32, all.gone.len() as u32);
            all.edges.extend(collector.edges.into_iter().map(|edge| Edge { name: name(edge.name), ..edge }));
            all.gone.extend(collector.gone.into_iter().map(name));
            let moved = |range: Range<u32>, by: u32| range.start + by..range.end + by;
            all.trees.extend(collector.trees.into_iter().map(|tree| Tree {
                edges: moved(tree.edges, edges),
                gone: moved(tree.gone, gone),
                ..tree
            }));
            all.commits.extend(collector.commits);
            all.missing.0 += collector.missing.0;
            if let Some(name) = collector.missing.1 {
                first(&mut all.missing.1, &name);
            }
        }
        // What threads saw in which order is not to be seen.
        all.trees.sort_unstable_by_key(|tree| tree.number);
        all.commits.sort_unstable_by_key(|commit| commit.number);
        for (place, tree) in all.trees.iter().enumerate() {
            all.places[tree.number as usize] = place as u32;
        }
        for (place, commit) in all.commits.iter().enumerate() {
            all.places[commit.number as usize] = place as u32;
        }
        all.measure();
        all
    }

    /// Finds the depths of all trees.
    fn measure(&mut self) {
        let mut chain = Vec::new();
        for place in 0..self.trees.len() {
            let mut at = Some(place);
            while let Some(place) = at.filter(|&place| self.trees[place].depth == NONE) {
                chain.push(place);
                at = self.place_of_tree(self.trees[place].base);
            }
            let mut depth = at.map_or(0, |place| self.trees[place].depth + 1);
            while let Some(place) = chain.pop() {
                self.trees[place].depth = depth;
                depth += 1;
            }
        }
    }

    fn place(&self, number: u32) -> Option<usize> {
        self.places.get(number as usize).filter(|&&place| place != NONE).map(|&place| place as usize)
    }

    /// A name, by its number.
    pub fn name(&self, number: u32) -> &[u8] {
        &self.names[number as usize]
    }

    /// All names, with their numbers.
    pub fn names(&self) -> impl Iterator<Item = (u32, &[u8])> {
        (0..).zip(self.names.iter().map(|name| &**name))
    }

    /// How many objects the repository has.
    pub(super) fn objects(&self) -> usize {
        self.places.len()
    }

    /// The number of a name, which is made known where it is not.
    pub(super) fn number_of_name(&mut self, name: &[u8]) -> u32 {
        if let Some(&known) = self.numbers.get(name) {
            return known;
        }
        let number = self.names.len() as u32;
        self.names.push(Box::from(name));
        self.numbers.insert(Box::from(name), number);
        number
    }

    /// The tree with this number.
    pub(super) fn tree(&self, number: u32) -> Option<&Tree> {
        Some(&self.trees[self.place_of_tree(number)?])
    }

    fn place_of_tree(&self, number: u32) -> Option<usize> {
        self.place(number).filter(|&place| self.trees.get(place).is_some_and(|tree| tree.number == number))
    }

    /// The commit with this number.
    pub(super) fn commit(&self, number: u32) -> Option<&Commit> {
        self.commits.get(self.place(number)?).filter(|commit| commit.number == number)
    }

    /// The entries that a tree has and the one that it is made of has not, or has otherwise.
    pub(super) fn edges(&self, tree: &Tree) -> &[Edge] {
        &self.edges[tree.edges.start as usize..tree.edges.end as usize]
    }

    /// The names of entries that the tree that it is made of has and this one has not.
    pub(super) fn gone(&self, tree: &Tree) -> &[u32] {
        &self.gone[tree.gone.start as usize..tree.gone.end as usize]
    }

    /// All entries of a tree, in no order.
    pub(super) fn entries(&self, tree: &Tree) -> Vec<Edge> {
        let mut settled = std::collections::HashSet::new();
        let mut entries = Vec::new();
        let mut at = Some(tree);
        while let Some(tree) = at {
            entries.extend(self.edges(tree).iter().filter(|edge| settled.insert(edge.name)));
            settled.extend(self.gone(tree));
            at = self.tree(tree.base);
        }
        entries
    }
}
