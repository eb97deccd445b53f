//! The scan of a repository's history: every object, whether or not anything leads to it.
//!
//! Trees and commits come first, since a file is judged in the light of its path. Files come next, each once and as the
//! difference to the one that git keeps it as a difference to ([`Version`]). When and where secrets came into the history is
//! worked out for them alone, and they are told of where they came in: in the file of that commit, not in all its versions.

mod cache;
mod made;
mod reader;
mod telling;

pub use cache::Cache;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use gix_object::Kind;

use self::made::Made;
use self::reader::{LeftOut, Outline, Reader, Shared, Things};
use self::telling::{Names, Teller};
use super::passages::Passages;
use super::pipeline::{Options, Worker};
use super::versions::Version;
use crate::blob::FromHistory;
use crate::gap::{Exclusion, Gap, GapClass};
use crate::source::git::{History, Interest, Met, Repository, Skeleton};

/// Objects that are read by their ids, for each worker at least.
const SINGLES_EACH: usize = 16;

/// Submodules within each other.
const MAX_DEPTH: usize = 16;

/// Scans the history of the repository at `target`, if it is one, and those of its submodules that are checked out, with
/// workers that `worker` makes.
pub(super) fn scan<'s>(target: &Path, options: &Options, worker: &(impl Fn() -> Worker<'s> + Sync)) {
    let scope = (!options.allow_outside).then_some(target);
    // The repository, its path from the target, and in how many others it lies.
    let mut repositories = vec![(target.to_path_buf(), Vec::new(), 0)];
    while let Some((root, prefix, depth)) = repositories.pop() {
        let make = || {
            let mut worker = worker();
            worker.prefix.clone_from(&prefix);
            worker
        };
        let mut first = make();
        let opened = catch_unwind(AssertUnwindSafe(|| Repository::open(&root, scope)))
            .unwrap_or_else(|_| Err("reading it failed; please report this".to_owned()));
        let repository = match opened {
            Ok(Some(repository)) => repository,
            Ok(None) => {
                first.own.notes.push("it is no git repository, and has no history to scan".to_owned());
                continue;
            }
            Err(reason) => {
                first.gap(GapClass::Unreadable, format!("its history cannot be read: {reason}"));
                continue;
            }
        };
        for (path, checked_out) in repository.submodules() {
            let below = [&prefix[..], path, b"/"].concat();
            if *checked_out && depth < MAX_DEPTH {
                repositories.push((crate::source::join(&root, path), below, depth + 1));
            } else {
                let origin = first.origin(first.below(path), None);
                let reason = "a submodule that is not checked out: its history is not there".to_owned();
                first.own.gaps.push(Gap::new(GapClass::Missing, origin, reason));
            }
        }
        first.logs(&repository);
        // Before anything is read: what comes to the repository meanwhile must not be taken for what was searched.
        let state = options.cache.as_ref().map(|_| first.state(&repository, options));
        if !state.is_some_and(|state| first.remembered(&repository, options, &state)) {
            whole(&mut first, &repository, options, state, &make);
        }
    }
}

/// Scans the history of one repository.
fn whole<'s>(
    first: &mut Worker<'s>,
    repository: &Repository,
    options: &Options,
    state: Option<[u8; 32]>,
    worker: &(impl Fn() -> Worker<'s> + Sync),
) {
    let history = match History::of(repository) {
        Ok(history) => history,
        Err(reason) => return first.gap(GapClass::Unreadable, format!("its history cannot be read: {reason}")),
    };
    let mut made = Made::default();
    let known = first.own.gaps.len();
    history.gaps().into_iter().for_each(|(class, reason)| first.gap(class, reason));
    made.coverage.repositories = 1;
    made.coverage.references = repository.references().len() as u64;
    let shared = Shared {
        history: &history,
        things: Things::new(first),
        passages: Passages::new(seed()),
        clean: options.cache.as_ref().map_or_else(HashSet::new, |cache| cache.clean()),
    };
    let readers = (0..options.threads.max(1)).map(|_| Reader::new(worker(), &shared)).collect();

    let outline = [Kind::Commit, Kind::Tree, Kind::Tag];
    first.progress.objects.store(history.catalogue.numbers().into(), Ordering::Relaxed);
    let (readers, unread) = history.read(&outline, &|_| true, readers, &Reader::outline);
    let loose = first.loose(&history);
    let of_files = |files: bool| loose.iter().filter(move |(_, kind)| (*kind == Kind::Blob) == files).map(|one| one.0);
    let singles: Vec<u32> = of_files(false).chain(unread).collect();
    let mut readers = each(readers, &singles, |reader: &mut Reader<'_, '_>, number| reader.single(number, None));

    let collectors = readers.iter_mut().map(|reader| std::mem::take(&mut reader.collector)).collect();
    let (skeleton, paths, gaps) = history.skeleton(collectors);
    gaps.into_iter().for_each(|(class, reason)| first.gap(class, reason));
    let names = first.names(&skeleton, &shared.things);
    let prefix = first.prefix.clone();
    let tree = Outline::new(skeleton, paths, names, options, (&shared, &prefix));

    let visit = |reader: &mut Reader<'_, '_>, met: Met<'_, Option<Version>>| reader.blob(&tree, met);
    let wanted = |number: u32| !tree.is_clean(number);
    let (readers, unread) = history.read(&[Kind::Blob], &wanted, readers, &visit);
    let singles: Vec<u32> = of_files(true).chain(unread).filter(|&number| wanted(number)).collect();
    let readers = each(readers, &singles, |reader: &mut Reader<'_, '_>, number| reader.single(number, Some(&tree)));

    let mut interest = Interest::default();
    for reader in readers {
        made.take(reader, &mut interest);
    }
    made.coverage.known = tree.known(&made, &loose);
    made.coverage.files += made.coverage.known;
    first.left_out(&made.left_out);
    let mut teller = Teller::new(first, repository, options);
    made.messages.sort();
    made.messages.iter().for_each(|message| teller.found_in_message(message));
    let files = telling::tell(&mut teller, &history, &tree, &shared.things, interest);
    made.gaps.extend(first.own.gaps[known..].iter().cloned());
    first.own.coverage.history.add(&made.coverage);
    if let (Some(cache), Some(state)) = (&options.cache, state) {
        // Secrets in names are told of by the names alone, which are not written down.
        made.remember(cache, state, tree.names.is_empty().then_some(files));
    }
}

/// A seed that nobody knows.
fn seed() -> [u64; 4] {
    let mut seed = [0; 32];
    // Without it the hashes could be known; what they are of is still compared by 128 bits.
    let _ = getrandom::fill(&mut seed);
    let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| seed[8 * at + byte]));
    std::array::from_fn(word)
}

/// Hands numbers to workers, each to one of them.
fn each<W: Send>(workers: Vec<W>, numbers: &[u32], work: impl Fn(&mut W, u32) + Sync) -> Vec<W> {
    let next = AtomicUsize::new(0);
    let threads = numbers.len().div_ceil(SINGLES_EACH);
    let take = |mut worker: W| {
        while let Some(&number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(&mut worker, number);
        }
        worker
    };
    std::thread::scope(|scope| {
        let mut idle = workers;
        let busy: Vec<W> = idle.drain(..threads.min(idle.len())).collect();
        let busy: Vec<_> = busy.into_iter().map(|worker| scope.spawn(|| take(worker))).collect();
        let done = busy.into_iter().map(std::thread::ScopedJoinHandle::join);
        let done = done.map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        done.collect::<Vec<W>>().into_iter().chain(idle).collect()
    })
}

impl Worker<'_> {
    fn gap(&mut self, class: GapClass, reason: String) {
        let path = self.prefix.strip_suffix(b"/").unwrap_or(&self.prefix).to_vec();
        let origin = self.origin(path, None);
        self.own.gaps.push(Gap::new(class, origin, reason));
    }

    /// The objects that lie in files of their own, and what they are. Those that are damaged are gaps.
    fn loose(&mut self, history: &History<'_>) -> Vec<(u32, Kind)> {
        let mut known = Vec::new();
        for (number, kind) in history.loose() {
            match kind {
                Ok(kind) => known.push((number, kind)),
                Err(error) => {
                    let (class, reason) = error.gap();
                    let origin = self
                        .origin(self.object_path(history.repository, &history.catalogue.id(number).to_string()), None);
                    self.own.gaps.push(Gap::new(class, origin, reason));
                }
            }
        }
        known
    }

    fn left_out(&mut self, left_out: &LeftOut) {
        for ((class, stated, path), &files) in left_out {
            let origin = self.origin(path.clone(), None);
            let (class, stated) = (*class, stated.clone());
            self.own.exclusions.push(Exclusion { class, stated, origin, files });
        }
    }

    /// Searches the names of files and folders.
    fn names(&mut self, skeleton: &Skeleton, things: &Things) -> Names {
        let held = skeleton.names().filter(|(_, name)| self.may_hold_secrets(name)).collect::<Vec<_>>();
        let mut names = Names::default();
        for (number, name) in held {
            let origin = self.origin(Vec::new(), None);
            let (hits, _) = self.apart(|worker| worker.bytes(name, &origin));
            names.add(number, name, &hits, things);
        }
        names
    }

    /// Searches the logs of references, as they lie in the git directory.
    fn logs(&mut self, repository: &Repository) {
        for (file, path) in repository.logs() {
            let origin = self.origin_in_history(FromHistory::Log, self.in_git_directory(repository, path), None);
            self.own.coverage.history.logs += 1;
            // The plain scan counts them among the files of the git directory.
            let (hits, gaps) = self.apart(|worker| worker.file(file, &origin));
            self.own.hits.extend(hits);
            self.own.gaps.extend(gaps);
        }
    }
}
