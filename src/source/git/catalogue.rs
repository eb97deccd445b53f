//! All objects that a repository holds, by numbers: those of its packs, and those that lie in files of their own.

use std::fs;
use std::path::PathBuf;

use gix_hash::{ObjectId, oid};
use gix_object::Kind;

use super::objects::{Content, NoObject, ObjectBuffers, Objects};

/// The objects of a repository. An object that lies at several places has several numbers, of which the first stands for
/// it.
pub struct Catalogue<'r> {
    pub(super) objects: &'r Objects,
    /// The number of the first object of each pack, and behind them that of the first loose one.
    starts: Vec<u32>,
    /// The ids of loose objects, sorted.
    loose: Vec<ObjectId>,
    /// The numbers of objects by the hashes of their ids, with as many free places and more. The indexes of packs are
    /// searched by halves, which takes four times as long, and trees name many objects.
    slots: Vec<Slot>,
    /// Ids are chosen by who can afford it; their hashes are not.
    factor: u64,
}

/// A place for a number, and other bits of the hash: an id is read where these are the same, which is hardly ever in vain.
#[derive(Clone, Copy)]
struct Slot {
    number: u32,
    bits: u32,
}

/// The number of a place that is free.
const FREE: u32 = u32::MAX;

impl<'r> Catalogue<'r> {
    /// Numbers the objects of a store. The error is a clause.
    pub(super) fn of(objects: &'r Objects) -> Result<Self, String> {
        let loose = objects.loose_ids();
        let mut next = 0_u32;
        let mut starts = Vec::new();
        let too_many = || "it has more objects than can be numbered".to_owned();
        for pack in objects.packs() {
            starts.push(next);
            next = next.checked_add(pack.index.num_objects()).ok_or_else(too_many)?;
        }
        starts.push(next);
        // One number is no object's.
        let all = u32::try_from(loose.len()).ok().and_then(|loose| next.checked_add(loose));
        let all = all.filter(|&all| all < FREE).ok_or_else(too_many)?;
        let slots = vec![Slot { number: FREE, bits: 0 }; (all as usize * 2).next_power_of_two().max(2)];
        let mut factor = [0; 8];
        let _ = getrandom::fill(&mut factor);
        let mut catalogue = Self { objects, starts, loose, slots, factor: u64::from_le_bytes(factor) | 1 };
        for number in 0..all {
            let (slot, bits) = catalogue.slot(catalogue.id(number));
            if catalogue.slots[slot].number == FREE {
                catalogue.slots[slot] = Slot { number, bits };
            }
        }
        Ok(catalogue)
    }

    /// The place of an id: that of its number, or a free one; and the bits of its hash that stand there.
    fn slot(&self, id: &oid) -> (usize, u32) {
        let first = id.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let hash = first.wrapping_mul(self.factor);
        let (mask, bits) = (self.slots.len() - 1, hash as u32);
        let mut place = (hash >> 32) as usize & mask;
        loop {
            let slot = self.slots[place];
            if slot.number == FREE || slot.bits == bits && self.id(slot.number) == id {
                return (place, bits);
            }
            place = (place + 1) & mask;
        }
    }

    /// How many numbers there are.
    pub fn numbers(&self) -> u32 {
        self.first_loose() + self.loose.len() as u32
    }

    fn first_loose(&self) -> u32 {
        *self.starts.last().expect("loose objects come last")
    }

    /// The numbers of loose objects.
    pub(super) fn loose(&self) -> impl Iterator<Item = u32> {
        self.first_loose()..self.first_loose() + self.loose.len() as u32
    }

    /// The number of the object at `index` of the index of a pack.
    pub(super) fn number(&self, pack: usize, index: u32) -> u32 {
        self.starts[pack] + index
    }

    /// The place of an object in the index of its pack.
    pub(super) fn index_in_pack(&self, pack: usize, number: u32) -> u32 {
        number - self.starts[pack]
    }

    /// The id of an object.
    pub fn id(&self, number: u32) -> &oid {
        if let Some(loose) = number.checked_sub(self.first_loose()) {
            return &self.loose[loose as usize];
        }
        let pack = self.starts.partition_point(|&start| start <= number) - 1;
        // Packs without objects have the number of the next one.
        self.objects.packs()[pack].index.oid_at_index(number - self.starts[pack])
    }

    /// The number that stands for an object; none where the repository does not hold it.
    pub fn find(&self, id: &oid) -> Option<u32> {
        let number = self.slots[self.slot(id).0].number;
        (number != FREE).then_some(number)
    }

    /// Whether a number stands for its object.
    pub fn is_first(&self, number: u32) -> bool {
        let single = self.starts.len() == 2 && self.loose.is_empty() || self.starts.len() == 1;
        single || self.find(self.id(number)) == Some(number)
    }

    /// What a loose object is.
    pub(super) fn kind_of_loose(&self, number: u32) -> Result<Kind, NoObject> {
        let id = self.id(number);
        let object = self.objects.loose(id)?;
        object.map(|object| object.kind()).ok_or_else(|| NoObject::Damaged("it has gone".to_owned()))
    }

    /// Reads an object by its number: what it is, and its content.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn read<'b>(&'b self, number: u32, buffers: &'b mut ObjectBuffers) -> Result<(Kind, Content<'b>), NoObject> {
        self.objects.content(self.id(number), buffers)
    }
}

/// The ids whose files lie in folders of loose objects, sorted.
pub(super) fn loose_ids(folders: &[PathBuf], hash: gix_hash::Kind) -> Vec<ObjectId> {
    let mut ids = Vec::new();
    for (folder, first) in folders.iter().flat_map(|folder| (0..=u8::MAX).map(move |first| (folder, first))) {
        let first = format!("{first:02x}");
        for file in fs::read_dir(folder.join(&first)).into_iter().flatten().filter_map(Result::ok) {
            let Some(rest) = file.file_name().to_str().map(str::to_owned) else { continue };
            let lower = rest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            let id = ObjectId::from_hex(format!("{first}{rest}").as_bytes()).ok();
            ids.extend(id.filter(|id| lower && id.kind() == hash));
        }
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}
