//! What a scan of a history has come to, for a cache to remember.

use sha2::{Digest as _, Sha256};

use super::super::pipeline::{Options, Worker};
use super::cache::{Cache, Key, Snapshot};
use super::reader::{LeftOut, Reader};
use super::telling::{FileRecord, Teller};
use crate::gap::{Exclusion, ExclusionClass, Gap, GapClass, HistoryCoverage};
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
        let gaps = self
            .gaps
            .into_iter()
            .map(|gap| (gap.class.name().to_owned(), gap.origin.path_bytes().to_vec(), gap.reason));
        let left_out = self.left_out.into_iter().map(|((class, stated, path), files)| {
            (class.name().to_owned(), stated.as_deref().map(str::to_owned), path, files)
        });
        cache.keep(state, Snapshot::new(self.coverage, gaps.collect(), left_out.collect(), files, self.messages));
    }
}

impl Worker<'_> {
    /// Tells of a history that a cache remembers. False where it does not, or where what it remembers does not hold.
    pub(super) fn remembered(&mut self, repository: &Repository, options: &Options) -> bool {
        let Some(cache) = &options.cache else { return false };
        let state = self.state(repository, options);
        let Some(snapshot) = cache.snapshot(&state) else { return false };
        let known = self.own.hits.len();
        let mut teller = Teller::new(self, repository, options);
        let holds = snapshot.messages.iter().all(|message| teller.message(message))
            && snapshot.files.iter().all(|record| teller.again(record));
        if !holds {
            self.own.hits.truncate(known);
            cache.forget(&state);
            return false;
        }
        for (class, path, reason) in &snapshot.gaps {
            let Some(class) = GapClass::named(class) else { return false };
            let origin = self.origin(path.clone(), None);
            self.own.gaps.push(Gap::new(class, origin, reason.clone()));
        }
        for (class, stated, path, files) in &snapshot.left_out {
            let class = match class {
                class if *class == ExclusionClass::OverConfiguredSize.name() => ExclusionClass::OverConfiguredSize,
                _ => ExclusionClass::Configured,
            };
            let origin = self.origin(path.clone(), None);
            let stated = stated.as_deref().map(Into::into);
            self.own.exclusions.push(Exclusion { class, stated, origin, files: *files });
        }
        let mut coverage = snapshot.coverage;
        coverage.known = coverage.files;
        coverage.bytes = 0;
        self.own.coverage.history.add(&coverage);
        cache.touch(&state);
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
