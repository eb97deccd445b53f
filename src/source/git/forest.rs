//! The entries of a pack by what they are made of: each object that is stored whole is the root of a tree of those that
//! deltas make of it, directly or by way of others.

use gix_pack::Bundle;
use gix_pack::data::entry::Header;

/// No entry.
const NONE: u32 = u32::MAX;

/// An entry of a pack.
struct Entry {
    /// Where it begins in the pack.
    offset: u64,
    /// Its place in the index of the pack, which is sorted by id.
    index: u32,
    first_child: u32,
    next_sibling: u32,
    /// Entries that are made of this one, and itself.
    weight: u32,
}

/// The entries of one pack, by their numbers in the order of their offsets.
pub(super) struct Forest {
    entries: Vec<Entry>,
    /// The roots, with what they and all that is made of them are.
    pub(super) roots: Vec<(u32, gix_object::Kind)>,
    /// Places in the index of entries that no root leads to: their header is damaged, what they are made of is not in the
    /// pack, or they are made of each other.
    pub(super) lost: Vec<u32>,
}

impl Forest {
    /// Reads the headers of all entries of a pack.
    pub(super) fn of(pack: &Bundle) -> Self {
        let mut places: Vec<(u64, u32)> =
            (0..pack.index.num_objects()).map(|index| (pack.index.pack_offset_at_index(index), index)).collect();
        places.sort_unstable();
        let entry = |(offset, index)| Entry { offset, index, first_child: NONE, next_sibling: NONE, weight: 1 };
        let mut forest = Self { entries: places.into_iter().map(entry).collect(), roots: Vec::new(), lost: Vec::new() };
        for number in 0..forest.entries.len() as u32 {
            let offset = forest.offset(number);
            let Ok(entry) = pack.pack.entry(offset) else { continue };
            let base = match entry.header {
                Header::OfsDelta { base_distance } => Header::verified_base_pack_offset(offset, base_distance),
                Header::RefDelta { base_id } => {
                    pack.index.lookup(base_id).map(|index| pack.index.pack_offset_at_index(index))
                }
                header => {
                    let kind = header.as_kind().expect("what is no delta has a kind");
                    forest.roots.push((number, kind));
                    None
                }
            };
            let Some(base) = base else { continue };
            if let Ok(base) = forest.entries.binary_search_by_key(&base, |entry| entry.offset) {
                forest.entries[number as usize].next_sibling = forest.entries[base].first_child;
                forest.entries[base].first_child = number;
            }
        }
        forest.weigh();
        forest
    }

    /// Counts what each entry leads to, and finds those that no root leads to.
    fn weigh(&mut self) {
        let mut reached = vec![false; self.entries.len()];
        // With their bases, which come before them.
        let mut order: Vec<(u32, u32)> = self.roots.iter().map(|&(root, _)| (root, NONE)).collect();
        let mut next = 0;
        while let Some(&(entry, _)) = order.get(next) {
            next += 1;
            reached[entry as usize] = true;
            let children = self.children(entry).map(|child| (child, entry)).collect::<Vec<_>>();
            order.extend(children);
        }
        for &(entry, base) in order.iter().rev().filter(|(_, base)| *base != NONE) {
            self.entries[base as usize].weight += self.entries[entry as usize].weight;
        }
        let lost = self.entries.iter().zip(&reached).filter(|(_, reached)| !**reached);
        self.lost = lost.map(|(entry, _)| entry.index).collect();
    }

    /// Where an entry begins in its pack.
    pub(super) fn offset(&self, entry: u32) -> u64 {
        self.entries[entry as usize].offset
    }

    /// The place of an entry in the index of its pack.
    pub(super) fn index(&self, entry: u32) -> u32 {
        self.entries[entry as usize].index
    }

    /// How many entries are made of this one, itself among them.
    pub(super) fn weight(&self, entry: u32) -> u32 {
        self.entries[entry as usize].weight
    }

    /// The entries that are made of this one directly.
    pub(super) fn children(&self, entry: u32) -> impl Iterator<Item = u32> {
        let some = |entry: u32| (entry != NONE).then_some(entry);
        std::iter::successors(some(self.entries[entry as usize].first_child), move |&child| {
            some(self.entries[child as usize].next_sibling)
        })
    }

    /// The places in the index of all that is made of an entry, and of itself.
    pub(super) fn below(&self, entry: u32) -> impl Iterator<Item = u32> {
        let mut next = vec![entry];
        std::iter::from_fn(move || {
            let entry = next.pop()?;
            next.extend(self.children(entry));
            Some(self.index(entry))
        })
    }
}
