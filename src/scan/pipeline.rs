//! The scan of whole targets: sources feed blobs to workers, workers hand in hits, gaps and counts.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::engine::{Ordinals, Scanner, Scratch, scan_blob};
use super::history::Cache;
use super::{changes, history};
use crate::blob::{Blob, Content, FilePlace, FromHistory, Origin, printable};
use crate::detect::Ended;
use crate::finding::Hit;
use crate::gap::{Coverage, Exclusion, Gap, GapClass};
use crate::slot::Slot;
use crate::source::git::Wanted;
use crate::source::{MemoryBudget, Met, Outcome, PathExclusions, Reader, WalkOptions, walk};

/// What to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A directory tree, or a file.
    Path(PathBuf),
    /// A FIFO or device that the operator named, read like standard input.
    Stream(PathBuf),
    /// Standard input.
    Stdin,
    /// A bare repository, whose history is scanned.
    Bare(PathBuf),
    /// What changed below a directory of a git work tree.
    Changes(PathBuf, Wanted),
}

/// How to scan.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Worker threads, at least 1.
    pub threads: usize,
    /// Scan untracked files that git ignores, too.
    pub no_ignore: bool,
    /// Paths that the operator leaves out.
    pub exclude: Arc<PathExclusions>,
    /// Files with more bytes than this are left out.
    pub max_file_size: Option<u64>,
    /// Scan the histories of repositories, too.
    pub history: bool,
    /// What is remembered of histories.
    pub cache: Option<Arc<Cache>>,
    /// Of histories tell the names of authors, in place of pseudonyms.
    pub authors: bool,
    /// Of histories also read what lies outside the target.
    pub allow_outside: bool,
    /// Bytes of content that may be held at a time; [`MemoryBudget::DEFAULT`] where nothing is said.
    pub memory: Option<usize>,
    /// Configuration files that are obeyed, absolute and without links; others that lie in a target are named.
    pub obeyed: Vec<PathBuf>,
}

/// The name of the program's configuration files.
pub const CONFIGURATION: &str = "straykey.toml";

/// What a scan found and what it did not see. Hits and gaps are in no order.
#[derive(Debug, Default)]
pub struct Collected {
    /// Secrets at single places.
    pub hits: Vec<Hit>,
    /// Places that need a credential and do not hold one in the open.
    pub slots: Vec<Slot>,
    /// What could not be searched.
    pub gaps: Vec<Gap>,
    /// What was left out.
    pub exclusions: Vec<Exclusion>,
    /// What was read.
    pub coverage: Coverage,
    /// What the operator should know.
    pub notes: Vec<String>,
}

/// Counts that can be watched while a scan runs.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files searched.
    pub files: AtomicU64,
    /// Bytes searched.
    pub bytes: AtomicU64,
    /// Hits so far.
    pub hits: AtomicU64,
    /// Objects of the repository whose history is scanned.
    pub objects: AtomicU64,
    /// Of these: objects that are done.
    pub objects_done: AtomicU64,
}

/// Scans all targets, one after the other, each with all threads.
pub fn scan(scanner: &Scanner, targets: &[Target], options: &Options, progress: &Progress) -> Collected {
    let budget = Arc::new(options.memory.map_or_else(MemoryBudget::default, MemoryBudget::new));
    let collected = Mutex::new(Collected::default());
    for (index, target) in targets.iter().enumerate() {
        let worker = || Worker {
            scanner,
            target: index,
            prefix: Vec::new(),
            obeyed: &options.obeyed,
            reader: Reader::new(Arc::clone(&budget)),
            scratch: scanner.scratch(),
            progress,
            own: Collected::default(),
            into: &collected,
        };
        match target {
            Target::Path(path) => {
                let walking = WalkOptions {
                    no_ignore: options.no_ignore,
                    threads: options.threads,
                    exclude: Arc::clone(&options.exclude),
                    max_file_size: options.max_file_size,
                };
                let summary = walk(path, index, &walking, &|| {
                    let mut worker = worker();
                    Box::new(move |met| worker.met(met))
                });
                let mut all = collected.lock().unwrap_or_else(PoisonError::into_inner);
                for exclusion in &summary.exclusions {
                    all.coverage.files_seen += exclusion.files;
                    all.coverage.files_excluded += exclusion.files;
                }
                all.exclusions.extend(summary.exclusions);
                all.notes.extend(summary.notes);
                drop(all);
                if options.history && path.is_dir() {
                    history::scan(path, options, &worker);
                }
            }
            Target::Bare(path) => history::scan(path, options, &worker),
            Target::Stream(path) => worker().opened(path),
            Target::Changes(path, wanted) => changes::scan(path, wanted, options, &worker),
            Target::Stdin => worker().stream(&mut std::io::stdin().lock(), &Arc::new(Origin::Stdin(index))),
        }
    }
    collected.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// One thread's share of a scan; hands it in when it is dropped.
pub(super) struct Worker<'s> {
    pub(super) scanner: &'s Scanner,
    pub(super) target: usize,
    /// Path of the repository that is scanned from the target, with a `/` behind it unless it is empty.
    pub(super) prefix: Vec<u8>,
    obeyed: &'s [PathBuf],
    reader: Reader,
    pub(super) scratch: Scratch,
    pub(super) progress: &'s Progress,
    pub(super) own: Collected,
    pub(super) into: &'s Mutex<Collected>,
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let mut all = self.into.lock().unwrap_or_else(PoisonError::into_inner);
        all.hits.append(&mut self.own.hits);
        all.slots.append(&mut self.own.slots);
        all.gaps.append(&mut self.own.gaps);
        all.exclusions.append(&mut self.own.exclusions);
        all.coverage.add(&self.own.coverage);
        all.notes.append(&mut self.own.notes);
    }
}

impl Worker<'_> {
    pub(super) fn origin(&self, path: Vec<u8>, commit: Option<Arc<str>>) -> Arc<Origin> {
        Arc::new(Origin::File(FilePlace { target: self.target, path, commit, history: None }))
    }

    /// The place of content that a history holds.
    pub(super) fn origin_in_history(
        &self,
        history: FromHistory,
        path: Vec<u8>,
        commit: Option<Arc<str>>,
    ) -> Arc<Origin> {
        Arc::new(Origin::File(FilePlace { target: self.target, path, commit, history: Some(history) }))
    }

    /// A path of the repository that is scanned as one of the target.
    pub(super) fn below(&self, path: &[u8]) -> Vec<u8> {
        [&self.prefix[..], path].concat()
    }

    fn met(&mut self, met: Met<'_>) {
        match met {
            Met::File { path, relative } => {
                self.note_configuration(path, &relative);
                let origin = self.origin(relative, None);
                self.content(&origin, |reader, each| reader.file(path, &origin, each));
            }
            Met::Gap { class, relative, reason, files } => {
                self.own.coverage.files_seen += files;
                self.own.coverage.files_unreadable += files;
                let origin = self.origin(relative, None);
                self.own.gaps.push(Gap::new(class, origin, reason));
            }
            Met::Excluded { class, relative } => {
                self.own.coverage.files_seen += 1;
                self.own.coverage.files_excluded += 1;
                let origin = self.origin(relative, None);
                self.own.exclusions.push(Exclusion { class, stated: None, origin, files: 1 });
            }
            Met::Directory => self.own.coverage.directories += 1,
            Met::LinkInside => self.own.coverage.links_inside += 1,
        }
    }

    /// Says of a configuration in the scanned tree that it is not obeyed: its author is not the operator.
    fn note_configuration(&mut self, path: &Path, relative: &[u8]) {
        let name = relative.rsplit(|&byte| byte == b'/').next();
        if name != Some(CONFIGURATION.as_bytes()) {
            return;
        }
        if path.canonicalize().is_ok_and(|path| self.obeyed.contains(&path)) {
            return;
        }
        self.own.notes.push(format!(
            "{} lies in the scanned tree and is not obeyed; --config names a configuration that is",
            printable(relative)
        ));
    }

    /// Reads a FIFO or device that was named as a target.
    fn opened(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or(path.as_os_str());
        let origin = self.origin(name.as_encoded_bytes().to_vec(), None);
        match crate::source::open_stream(path) {
            Ok(mut file) => self.stream(&mut file, &origin),
            Err(error) => {
                self.own.coverage.files_seen += 1;
                self.own.coverage.files_unreadable += 1;
                let reason = format!("cannot be opened: {}", error.kind());
                self.own.gaps.push(Gap::new(GapClass::Unreadable, origin, reason));
            }
        }
    }

    pub(super) fn stream(&mut self, input: &mut dyn Read, origin: &Arc<Origin>) {
        self.content(origin, |reader, each| reader.stream(input, origin, each));
    }

    /// Scans content that is at hand.
    pub(super) fn bytes(&mut self, bytes: &[u8], origin: &Arc<Origin>) {
        self.content(origin, |reader, each| reader.bytes(bytes, origin, each));
    }

    pub(super) fn file(&mut self, path: &Path, origin: &Arc<Origin>) {
        self.content(origin, |reader, each| reader.file(path, origin, each));
    }

    /// What `scan` finds, and what it cannot search, without its being told of.
    pub(super) fn apart(&mut self, scan: impl FnOnce(&mut Self)) -> (Vec<Hit>, Vec<Gap>) {
        let own = std::mem::take(&mut self.own);
        scan(self);
        let apart = std::mem::replace(&mut self.own, own);
        (apart.hits, apart.gaps)
    }

    /// Whether a rule matches anywhere in a text, whatever its checks say.
    pub(super) fn may_hold_secrets(&mut self, text: &[u8]) -> bool {
        let found = catch_unwind(AssertUnwindSafe(|| {
            let mut matches = Vec::new();
            self.scanner.engine.find(self.scratch.detect(), text, 0..text.len(), &mut matches) != Ended::Whole
                || !matches.is_empty()
        }));
        found.unwrap_or_else(|_| {
            self.renew();
            true
        })
    }

    /// Whatever state the worker's memory was left in, it is not used again.
    pub(super) fn renew(&mut self) {
        self.scratch = self.scanner.scratch();
    }

    /// Reads and scans one piece of content. A panic in between is a gap.
    fn content(&mut self, origin: &Arc<Origin>, read: impl FnOnce(&mut Reader, &mut dyn FnMut(&Blob<'_>)) -> Outcome) {
        let before = self.own.hits.len();
        let mut ordinals = Ordinals::default();
        let mut over = None;
        let Self { scanner, reader, scratch, own, progress, .. } = self;
        let (hits, slots) = (&mut own.hits, &mut own.slots);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            read(&mut *reader, &mut |blob| {
                progress.bytes.fetch_add(blob.owned.len() as u64, Ordering::Relaxed);
                if let Ended::OverBudget { at } = scan_blob(scanner, blob, scratch, &mut ordinals, hits) {
                    over.get_or_insert(blob.offsets.original(blob.text, at));
                }
                let found = scratch.slots().iter();
                slots.extend(found.map(|&(line, form)| Slot { origin: Arc::clone(origin), line, form }));
            })
        }));
        let coverage = &mut own.coverage;
        coverage.files_seen += 1;
        let outcome = outcome.unwrap_or_else(|_| {
            // Whatever state the worker's memory was left in, it is not used again; the reader resets itself.
            *scratch = scanner.scratch();
            Outcome {
                bytes: 0,
                content: Some(Content::Text),
                gaps: vec![(GapClass::Unreadable, "the scanner failed on it; please report this".to_owned())],
            }
        });
        match outcome.content {
            None => coverage.files_unreadable += 1,
            Some(content) => {
                coverage.files_read += 1;
                coverage.bytes_read += outcome.bytes;
                let (files, bytes) = match content {
                    Content::Text => (&mut coverage.text_files, &mut coverage.text_bytes),
                    Content::Decoded => (&mut coverage.decoded_files, &mut coverage.decoded_bytes),
                    Content::Binary => (&mut coverage.binary_files, &mut coverage.binary_bytes),
                };
                *files += 1;
                *bytes += outcome.bytes;
            }
        }
        let over = over.map(|at| {
            (
                GapClass::OverBudget,
                format!("matching took more steps than its budget; not searched from about byte {at} on"),
            )
        });
        own.gaps.extend(
            outcome.gaps.into_iter().chain(over).map(|(class, reason)| Gap::new(class, Arc::clone(origin), reason)),
        );
        progress.files.fetch_add(1, Ordering::Relaxed);
        progress.hits.fetch_add((own.hits.len() - before) as u64, Ordering::Relaxed);
    }
}
