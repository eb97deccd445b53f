//! What was found in passages of texts that come again and again.
//!
//! Of the bytes that versions of files do not have from the version that git keeps them as a difference to, most
//! stand in other versions too, with the same bytes around them: branches that go their own ways from the same change, and
//! differences to the same version. They are told by a keyed hash (`HighwayHash` of 128 bits, under a key that is drawn for
//! each run), so that nobody can write a passage that is taken for another one.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use highway::{HighwayHash as _, HighwayHasher, Key};

use super::engine::{Scanner, Scratch};
use crate::detect::{AHEAD, BEHIND, Ended, Match};

/// Bytes of a passage, at least, but for the last one of a part of a text.
const LEAST: usize = 2 << 10;

/// Bytes of a passage, at most.
const MOST: usize = 16 << 10;

/// Passages that are remembered: some 20 MiB.
const REMEMBERED: usize = 400_000;

/// Parts of the memory, each with a lock of its own.
const SHARDS: usize = 64;

/// What was found in passages. Shared by all workers.
pub(super) struct Passages {
    key: Key,
    shards: [Mutex<Shard>; SHARDS],
}

/// By the hash of the passage, and of all that decides on what is found in it; nothing in most.
type Shard = HashMap<[u64; 2], Option<Arc<Found>>, BuildHasherDefault<Hashed>>;

/// Takes a part of a keyed hash for the hash that it is.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Of the second half, since the first one chooses the shard.
        self.0 = bytes.last_chunk().map_or(0, |bytes| u64::from_ne_bytes(*bytes));
    }
}

/// What was found in a text, or in a passage, counted from its beginning.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Matches of rules.
    pub(super) matches: Vec<Match>,
    /// Where rules looked far, and how far; see [`crate::detect::Scratch::far`].
    pub(super) far: Vec<Range<usize>>,
}

impl Passages {
    /// Remembers nothing yet. The same seed makes the same hashes.
    pub(super) fn new(seed: [u64; 4]) -> Self {
        Self { key: Key(seed), shards: std::array::from_fn(|_| Mutex::default()) }
    }

    /// How many passages are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Searches a part of a text, or remembers what was found there, and adds what begins in it to `out`, in no order. False
    /// where that takes more steps than it may.
    pub(super) fn find(
        &self,
        scanner: &Scanner,
        scratch: &mut Scratch,
        text: &[u8],
        places: Range<usize>,
        out: &mut Found,
    ) -> bool {
        let mut new = Vec::new();
        let mut start = places.start;
        while start < places.end {
            let passage = start..end_of_passage(text, start, places.end);
            start = passage.end;
            let key = self.key_of(text, &passage);
            let known = self.shard(key).get(&key).cloned();
            let Some(known) = known else {
                new.push((passage, key));
                continue;
            };
            if let Some(known) = known {
                let at = passage.start;
                out.matches.extend(known.matches.iter().map(|one| moved(one, at, 0)));
                out.far.extend(known.far.iter().map(|one| one.start + at..one.end + at));
            }
            if !self.search(scanner, scratch, text, &mut new, out) {
                return false;
            }
        }
        self.search(scanner, scratch, text, &mut new, out)
    }

    /// Searches passages that follow each other.
    fn search(
        &self,
        scanner: &Scanner,
        scratch: &mut Scratch,
        text: &[u8],
        passages: &mut Vec<(Range<usize>, [u64; 2])>,
        out: &mut Found,
    ) -> bool {
        let (Some((first, _)), Some((last, _))) = (passages.first(), passages.last()) else { return true };
        let mut matches = scratch.take_matches();
        let ended = scanner.engine.find(scratch.detect(), text, first.start..last.end, &mut matches);
        if ended != Ended::Whole {
            return false;
        }
        let reached = scratch.detect().far();
        for (passage, key) in passages.drain(..) {
            let at = passage.start;
            let far = reached.iter().filter(|one| passage.contains(&one.start));
            // What hangs on bytes behind those that were hashed is looked at each time.
            if far.clone().any(|one| one.end > passage.end + AHEAD) {
                continue;
            }
            let from = matches.partition_point(|one| one.start < at);
            let own = matches[from..].iter().take_while(|one| one.start < passage.end);
            let own = Found {
                matches: own.map(|one| moved(one, 0, at)).collect(),
                far: far.map(|one| one.start - at..one.end - at).collect(),
            };
            let mut shard = self.shard(key);
            if shard.len() < REMEMBERED / SHARDS {
                let nothing = own.matches.is_empty() && own.far.is_empty();
                shard.insert(key, (!nothing).then(|| Arc::new(own)));
            }
        }
        out.matches.append(&mut matches);
        out.far.extend_from_slice(reached);
        scratch.put_matches(matches);
        true
    }

    fn shard(&self, key: [u64; 2]) -> MutexGuard<'_, Shard> {
        self.shards[key[0] as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The hash of all that decides on what is found in a passage.
    fn key_of(&self, text: &[u8], passage: &Range<usize>) -> [u64; 2] {
        let first = passage.start.saturating_sub(BEHIND);
        let last = (passage.end + AHEAD).min(text.len());
        let mut hasher = HighwayHasher::new(self.key);
        hasher.append(&text[first..last]);
        // How many of the bytes stand before and behind it, and whether the text ends there.
        let around = [passage.start - first, last - passage.end].map(|bytes| bytes as u16);
        let [a, b] = around.map(u16::to_le_bytes);
        hasher.append(&[a[0], a[1], b[0], b[1], u8::from(first == 0), u8::from(last == text.len())]);
        hasher.finalize128()
    }
}

/// A match by as many bytes further on, or further back.
pub(super) fn moved(one: &Match, on: usize, back: usize) -> Match {
    Match { start: one.start + on - back, end: one.end + on - back, rule: one.rule }
}

/// Where a passage ends that begins at `start`: where a line does, of lines that only their own bytes choose, so that
/// passages begin at the same places wherever their text stands.
fn end_of_passage(text: &[u8], start: usize, end: usize) -> usize {
    let last = end.min(start + MOST);
    let mut at = start + LEAST;
    while at < last {
        let Some(line) = memchr::memchr(b'\n', &text[at..last]) else { break };
        at += line + 1;
        let Some(head) = text[at..last].first_chunk() else { break };
        let hash = u64::from_le_bytes(*head).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if hash >> 61 == 0 {
            return at;
        }
    }
    last
}
