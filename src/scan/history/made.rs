//! What a scan of a history has come to, for a cache to remember.

use sha2::{Digest as _, Sha256};

use super::super::pipeline::{Options, Worker};
use super::cache::{Cache, Key, Snapshot};
use super::reader::{LeftOut, Reader};
use super::telling::{FileRecord, Teller};
use crate::gap::{Gap, GapClass, HistoryCoverage};
use crate::source::git::{Interest, Repository};

/// What was made of a history.
#[derive(Default)]
pub(super) struct Made {
    pub(super) coverage: HistoryCoverage,
    pub(super) gaps: Vec<Gap>,
    pub(super) messages: Vec<String>,
    pub(super) left_out: LeftOut,
    clean: Vec<Key>,
    /// Files that were searched although an earlier scan found nothing in them.
    pub(super) again: u64,
}

impl Made {
    /// Takes what one thread has made.
    pub(super) fn take(&mut self, mut reader: Reader<'_, '_>, interest: &mut Interest) {
        for (object, path, things) in std::mem::take(&mut reader.found) {
            interest.add(object, path, things);
        }
        for (what, files) in std::mem::take(&mut reader.left_out) {
            *self.left_out.entry(what).or_default() += files;
        }
        self.messages.append(&mut reader.messages);
        self.clean.append(&mut reader.clean);
        self.again += reader.again;
        self.coverage.add(&reader.counts);
        self.gaps.extend_from_slice(reader.gaps());
    }

    /// Has a cache remember it. `state` is that of the repository, and `files` what is to be told of files; none where not all
    /// that was found can be told again.
    pub(super) fn remember(self, cache: &Cache, state: [u8; 32], files: Option<Vec<FileRecord>>) {
        cache.add(self.clean);
        // What could not be read may be readable the next time.
        let passing = |gap: &Gap| matches!(gap.class, GapClass::Unreadable | GapClass::OverBudget);
        let Some(files) = files.filter(|_| !self.gaps.iter().any(passing)) else { return };
        let gaps = self.gaps.into_iter().map(|gap| (gap.class, gap.origin.path_bytes().to_vec(), gap.reason));
        let Self { coverage, left_out, messages, .. } = self;
        cache.keep(state, Snapshot { used: 0, coverage, gaps: gaps.collect(), left_out, files, messages });
    }
}

impl Worker<'_> {
    /// Tells of a history that a cache remembers in this state. False where it does not, or where what it remembers does not
    /// hold.
    pub(super) fn remembered(&mut self, repository: &Repository, options: &Options, state: &[u8; 32]) -> bool {
        let Some(cache) = &options.cache else { return false };
        let Some(snapshot) = cache.snapshot(state) else { return false };
        let mut teller = Teller::new(self, repository, options);
        let again = |teller: &mut Teller<'_, '_>| {
            let mut found = Vec::new();
            for message in &snapshot.messages {
                let hits = teller.message(message).ok().filter(|hits| !hits.is_empty())?;
                found.extend(hits);
            }
            for record in &snapshot.files {
                found.extend(teller.again(record)?);
            }
            Some(found)
        };
        let Some(found) = again(&mut teller) else {
            cache.forget(state);
            return false;
        };
        found.into_iter().for_each(|(hit, lifetime)| teller.tell(hit, &lifetime));
        for (class, path, reason) in snapshot.gaps {
            let origin = self.origin(path, None);
            self.own.gaps.push(Gap::new(class, origin, reason));
        }
        self.left_out(&snapshot.left_out);
        let known = snapshot.coverage.files;
        self.own.coverage.history.add(&HistoryCoverage { known, bytes: 0, ..snapshot.coverage });
        cache.touch(state);
        true
    }

    /// All that the outcome hangs on but for rules and settings: the repository, where it lies in the target, and what of it may
    /// be read.
    pub(super) fn state(&self, repository: &Repository, options: &Options) -> [u8; 32] {
        let mut sha256 = Sha256::new();
        sha256.update(repository.state());
        sha256.update([u8::from(options.allow_outside)]);
        sha256.update(&self.prefix);
        sha256.finalize().into()
    }
}
