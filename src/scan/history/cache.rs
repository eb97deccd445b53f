//! What a scan of a history remembers for the next one, in a file.
//!
//! It holds neither secrets nor anything that could be made of them: the ids of files in which nothing was found, and, for
//! repositories as they were found, which objects to look at again. Whoever can write it can hide findings: it belongs where
//! the configuration does. A file that is of another version, of other rules or settings, or damaged, is no error: nothing is
//! known then. It is written anew and renamed, and what others have written in the meantime is kept.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::reader::LeftOut;
use super::telling::FileRecord;
use crate::gap::{GapClass, HistoryCoverage};

/// The beginning of the file.
const MAGIC: &[u8] = b"straykey/history-cache/v1\n";

/// Bytes of the file, at most: some eight million files.
const MAX_FILE: u64 = 1 << 30;

/// Repositories that are remembered: those that were scanned last.
const SNAPSHOTS: usize = 64;

/// Bytes of what stands for a file at its paths: the first bytes of its id, and a hash of the paths.
pub(super) const KEY: usize = 28;

/// A file at its paths.
pub(super) type Key = [u8; KEY];

/// What is remembered of a repository that is as it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Snapshot {
    /// Counts up with every scan, to tell which is the oldest. [`Cache::keep`] sets it.
    pub(super) used: u64,
    pub(super) coverage: HistoryCoverage,
    /// Classes, paths and reasons.
    pub(super) gaps: Vec<(GapClass, Vec<u8>, String)>,
    pub(super) left_out: LeftOut,
    pub(super) files: Vec<FileRecord>,
    /// Commits and tags whose messages hold secrets, in hexadecimal.
    pub(super) messages: Vec<String>,
}

/// All that the file holds.
#[derive(Default, Serialize, Deserialize)]
struct Contents {
    /// Of rules, settings and the program.
    digest: [u8; 32],
    /// Of the hashes of paths.
    seed: [u64; 4],
    /// Keys of files in which nothing was found, one behind the other, sorted.
    clean: Vec<u8>,
    snapshots: BTreeMap<[u8; 32], Snapshot>,
}

/// A cache. Shared by all workers.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    /// Of rules and settings; other ones find something else.
    digest: [u8; 32],
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    seed: [u64; 4],
    clean: Vec<u8>,
    snapshots: BTreeMap<[u8; 32], Snapshot>,
    /// What this scan found nothing in.
    new: HashSet<Key>,
    changed: bool,
}

impl Cache {
    /// Reads the cache at `path`, if it is there, and was made with the same rules and settings, of which `digest` is a
    /// digest.
    pub fn open(path: &Path, digest: [u8; 32]) -> Self {
        let digest = of_this_program(digest);
        let mut state = State::default();
        if let Some(contents) = read(path).filter(|contents| contents.digest == digest) {
            (state.seed, state.clean, state.snapshots) = (contents.seed, contents.clean, contents.snapshots);
        }
        if state.seed == [0; 4] {
            state.seed = super::seed();
        }
        Self { path: path.to_path_buf(), digest, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of the hashes of paths.
    pub(super) fn seed(&self) -> [u64; 4] {
        self.lock().seed
    }

    /// The files in which nothing was found.
    pub(super) fn clean(&self) -> HashSet<Key> {
        let state = self.lock();
        state.clean.as_chunks::<KEY>().0.iter().chain(&state.new).copied().collect()
    }

    /// What is remembered of a repository in this state.
    pub(super) fn snapshot(&self, state: &[u8; 32]) -> Option<Snapshot> {
        self.lock().snapshots.get(state).cloned()
    }

    /// Remembers files in which nothing was found.
    pub(super) fn add(&self, clean: impl IntoIterator<Item = Key>) {
        let mut state = self.lock();
        let before = state.new.len();
        state.new.extend(clean);
        state.changed |= state.new.len() > before;
    }

    /// Remembers a repository.
    pub(super) fn keep(&self, key: [u8; 32], mut snapshot: Snapshot) {
        let mut state = self.lock();
        snapshot.used = 1 + state.snapshots.values().map(|known| known.used).max().unwrap_or(0);
        state.snapshots.insert(key, snapshot);
        state.changed = true;
    }

    /// Notes that what is remembered of a repository was used.
    pub(super) fn touch(&self, key: &[u8; 32]) {
        let mut state = self.lock();
        let last = state.snapshots.values().map(|known| known.used).max().unwrap_or(0);
        // Nothing is written for that alone.
        if let Some(snapshot) = state.snapshots.get_mut(key).filter(|snapshot| snapshot.used < last) {
            snapshot.used = last + 1;
        }
    }

    /// Forgets a repository, what is remembered of which does not hold.
    pub(super) fn forget(&self, key: &[u8; 32]) {
        let mut state = self.lock();
        state.changed |= state.snapshots.remove(key).is_some();
    }

    /// Writes the cache, if there is anything new, with what others have written since it was read.
    ///
    /// # Errors
    ///
    /// It cannot be written; the old one is left as it is.
    pub fn save(&self) -> io::Result<()> {
        let mut state = self.lock();
        if !state.changed {
            return Ok(());
        }
        let mut clean: Vec<Key> = state.clean.as_chunks::<KEY>().0.to_vec();
        clean.extend(state.new.drain());
        let mut snapshots = std::mem::take(&mut state.snapshots);
        // Of another seed the keys mean something else.
        let theirs = read(&self.path).filter(|theirs| theirs.digest == self.digest && theirs.seed == state.seed);
        if let Some(theirs) = theirs {
            // What this scan has forgotten it has made anew.
            clean.extend_from_slice(theirs.clean.as_chunks::<KEY>().0);
            for (key, snapshot) in theirs.snapshots {
                snapshots.entry(key).or_insert(snapshot);
            }
        }
        clean.sort_unstable();
        clean.dedup();
        while snapshots.len() > SNAPSHOTS {
            let oldest = snapshots.iter().min_by_key(|(_, snapshot)| snapshot.used).map(|(key, _)| *key);
            oldest.and_then(|oldest| snapshots.remove(&oldest));
        }
        let contents = Contents { digest: self.digest, seed: state.seed, clean: clean.into_flattened(), snapshots };
        let body = postcard::to_stdvec(&contents).map_err(io::Error::other)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        file.write_all(MAGIC)?;
        file.write_all(&Sha256::digest(&body))?;
        file.write_all(&body)?;
        file.persist(&self.path).map_err(|error| error.error)?;
        state.changed = false;
        Ok(())
    }
}

/// A digest of rules and settings, and of the program that uses them.
fn of_this_program(digest: [u8; 32]) -> [u8; 32] {
    let mut sha256 = Sha256::new();
    sha256.update(MAGIC);
    sha256.update(env!("CARGO_PKG_VERSION"));
    sha256.update(env!("STRAYKEY_ENGINE"));
    sha256.update(digest);
    sha256.finalize().into()
}

/// What the file at `path` holds; nothing where it is not there, or not whole.
fn read(path: &Path) -> Option<Contents> {
    let bytes = crate::source::read_file(path, MAX_FILE).ok()?;
    let body = bytes.strip_prefix(MAGIC)?;
    let (sum, body) = body.split_first_chunk::<32>()?;
    let whole = Sha256::digest(body)[..] == sum[..];
    let contents: Contents = postcard::from_bytes(body).ok().filter(|_| whole)?;
    contents.clean.len().is_multiple_of(KEY).then_some(contents)
}
