//! The paths at which the trees of all commits hold their files.

use std::collections::HashMap;

use highway::{HighwayHash as _, HighwayHasher, Key};

use super::changes::MAX_DEPTH;
use super::skeleton::{NONE, Skeleton, Sort};

/// Paths of one object that are told apart. A repository can be made that has more paths than there are atoms.
const MOST: usize = 64;

/// Paths, by their numbers, and which objects lie at them.
pub struct Paths {
    /// Number of the folder that each lies in, and of its name there. The first is the root.
    nodes: Vec<(u32, u32)>,
    numbers: HashMap<(u32, u32), u32>,
    /// For each object the first of its paths, or [`NONE`].
    first: Vec<u32>,
    /// Further paths.
    more: HashMap<u32, Vec<u32>>,
    /// For each object that is a tree the most folders that it lies in.
    levels: Vec<u32>,
    /// Some trees lie in more folders than are looked into.
    pub(super) too_deep: bool,
}

/// The root of a tree.
pub(super) const ROOT: u32 = 0;

impl Paths {
    /// Finds the paths of all objects that commits lead to, and of those that lie in other trees.
    pub(super) fn of(skeleton: &Skeleton, objects: usize) -> Self {
        let mut paths = Self {
            nodes: vec![(NONE, NONE)],
            numbers: HashMap::new(),
            first: vec![NONE; objects],
            more: HashMap::new(),
            levels: vec![0; objects],
            too_deep: false,
        };
        let roots = skeleton.commits.iter().map(|commit| commit.tree).filter(|tree| skeleton.tree(*tree).is_some());
        paths.spread(skeleton, roots);
        // Trees that no commit has: those that lie in none of the others are roots.
        let unmet = |paths: &Self, number: u32| paths.first[number as usize] == NONE;
        let mut inner = vec![false; objects];
        for tree in skeleton.trees.iter().filter(|tree| unmet(&paths, tree.number)) {
            let folders = skeleton.edges(tree).iter().filter(|edge| edge.kind == Sort::Folder);
            folders.filter(|edge| edge.child != NONE).for_each(|edge| inner[edge.child as usize] = true);
        }
        let outer = skeleton.trees.iter().map(|tree| tree.number);
        let outer: Vec<u32> = outer.filter(|&tree| unmet(&paths, tree) && !inner[tree as usize]).collect();
        paths.spread(skeleton, outer.into_iter());
        paths
    }

    /// Walks down from roots, folder by folder of the same depth.
    fn spread(&mut self, skeleton: &Skeleton, roots: impl Iterator<Item = u32>) {
        let mut level = Vec::new();
        level.extend(roots.filter(|&root| self.add(root, ROOT)).map(|root| (root, ROOT)));
        for depth in 0..=MAX_DEPTH as u32 {
            // A tree that others are made of comes before them, since what they share is looked at once.
            level.sort_by_cached_key(|&(tree, path)| (skeleton.tree(tree).map(|tree| tree.depth), tree, path));
            let mut next = Vec::new();
            for (number, path) in level {
                let Some(tree) = skeleton.tree(number) else { continue };
                let whole;
                let edges = if self.lies_at(tree.base, path) {
                    skeleton.edges(tree)
                } else {
                    whole = skeleton.entries(tree);
                    &whole
                };
                self.levels[number as usize] = depth;
                for edge in edges.iter().filter(|edge| edge.child != NONE) {
                    let below = self.join(path, edge.name);
                    if self.add(edge.child, below) && edge.kind == Sort::Folder {
                        next.push((edge.child, below));
                    }
                }
            }
            if next.is_empty() {
                return;
            }
            level = next;
        }
        self.too_deep = true;
    }

    /// The path of a name in a folder.
    fn join(&mut self, folder: u32, name: u32) -> u32 {
        *self.numbers.entry((folder, name)).or_insert_with(|| {
            self.nodes.push((folder, name));
            self.nodes.len() as u32 - 1
        })
    }

    /// The path of a name in a folder, if anything lies there.
    pub(super) fn joined(&self, folder: u32, name: u32) -> Option<u32> {
        self.numbers.get(&(folder, name)).copied()
    }

    /// Notes that an object lies at a path. False where that is known, or where it lies at too many.
    fn add(&mut self, object: u32, path: u32) -> bool {
        let first = &mut self.first[object as usize];
        if *first == NONE {
            *first = path;
            return true;
        }
        if *first == path {
            return false;
        }
        let more = self.more.entry(object).or_default();
        let new = more.len() + 1 < MOST && !more.contains(&path);
        if new {
            more.push(path);
        }
        new
    }

    /// Notes that an object lies at a path that is written out, whose names are added to those of the skeleton.
    pub(super) fn add_written(&mut self, skeleton: &mut Skeleton, object: u32, path: &[u8]) {
        let mut at = ROOT;
        for name in path.split(|&byte| byte == b'/') {
            let name = skeleton.number_of_name(name);
            at = self.join(at, name);
        }
        self.add(object, at);
    }

    fn lies_at(&self, object: u32, path: u32) -> bool {
        let Some(&first) = self.first.get(object as usize) else { return false };
        first == path || first != NONE && self.of_object(object).any(|known| known == path)
    }

    /// The paths of an object.
    pub fn of_object(&self, object: u32) -> impl Iterator<Item = u32> + Clone {
        let first = self.first[object as usize];
        let more = self.more.get(&object).map_or(&[][..], Vec::as_slice);
        (first != NONE).then_some(first).into_iter().chain(more.iter().copied())
    }

    /// Whether two objects lie at the same paths.
    pub fn same(&self, one: u32, other: u32) -> bool {
        self.first[one as usize] == self.first[other as usize] && self.more.get(&one) == self.more.get(&other)
    }

    /// The most folders that a tree lies in.
    pub(super) fn level(&self, tree: u32) -> u32 {
        self.levels[tree as usize]
    }

    /// The names of a path, from the root on.
    pub fn names(&self, path: u32) -> Vec<u32> {
        let mut names = Vec::new();
        let mut at = path;
        while at != ROOT {
            let (folder, name) = self.nodes[at as usize];
            names.push(name);
            at = folder;
        }
        names.reverse();
        names
    }

    /// A hash of each path, by its number, as that of `prefix` and the path behind it.
    pub fn hashes(&self, skeleton: &Skeleton, seed: [u64; 4], prefix: &[u8]) -> Vec<u64> {
        let mut hashes: Vec<u64> = Vec::with_capacity(self.nodes.len());
        // A folder has a lower number than what lies in it.
        for &(folder, name) in &self.nodes {
            let mut hasher = HighwayHasher::new(Key(seed));
            if folder == NONE {
                hasher.append(prefix);
            } else {
                hasher.append(&hashes[folder as usize].to_le_bytes());
                hasher.append(skeleton.name(name));
            }
            hashes.push(hasher.finalize64());
        }
        hashes
    }

    /// A path with `/` between its names.
    pub fn write(&self, skeleton: &Skeleton, path: u32) -> Vec<u8> {
        let names = self.names(path);
        let names: Vec<&[u8]> = names.iter().map(|&name| skeleton.name(name)).collect();
        names.join(&b'/')
    }
}
