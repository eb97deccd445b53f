//! The scan of a repository's history: every object, whether or not anything leads to it.
//!
//! Trees and commits come first, since a file is judged in the light of its path. Files come next, each once and as the
//! difference to the one that git keeps it as a difference to ([`Version`]). When and where secrets came into the history is
//! worked out for them alone, and they are told of where they came in: in the file of that commit, not in all its versions.

mod places;

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gix_object::Kind;

use super::passages::Passages;
use super::pipeline::{Options, Worker};
use super::versions::{Older, Version};
use crate::blob::Origin;
use crate::finding::{Fingerprint, Hit};
use crate::gap::{Exclusion, ExclusionClass, Gap, GapClass};
use crate::source::git::{
    Base, Collector, Content, History, Interest, Met, NoObject, ObjectBuffers, Paths, Skeleton, TreeStarts,
};
use crate::source::plain_text;

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
        let mut first = worker();
        first.prefix.clone_from(&prefix);
        let opened = catch_unwind(AssertUnwindSafe(|| History::open(&root, scope)))
            .unwrap_or_else(|_| Err("reading it failed; please report this".to_owned()));
        let history = match opened {
            Ok(Some(history)) => history,
            Ok(None) => {
                first.own.notes.push("it is no git repository, and has no history to scan".to_owned());
                continue;
            }
            Err(reason) => {
                first.gap(GapClass::Unreadable, format!("its history cannot be read: {reason}"));
                continue;
            }
        };
        for (path, checked_out) in history.submodules() {
            let below = [&prefix[..], path, b"/"].concat();
            if *checked_out && depth < MAX_DEPTH {
                repositories.push((crate::source::join(&root, path), below, depth + 1));
            } else {
                let origin = first.origin(first.below(path), None);
                let reason = "a submodule that is not checked out: its history is not there".to_owned();
                first.own.gaps.push(Gap::new(GapClass::Missing, origin, reason));
            }
        }
        repository(first, &history, options, &|| {
            let mut worker = worker();
            worker.prefix.clone_from(&prefix);
            worker
        });
    }
}

/// Scans the history of one repository.
fn repository<'s>(
    mut first: Worker<'s>,
    history: &History,
    options: &Options,
    worker: &(impl Fn() -> Worker<'s> + Sync),
) {
    history.gaps().into_iter().for_each(|(class, reason)| first.gap(class, reason));
    first.own.coverage.history.references += history.references().len() as u64;
    first.own.coverage.history.repositories += 1;
    let things = Things::new(&first);
    let passages = Passages::new(seed());
    let readers = (0..options.threads.max(1)).map(|_| Reader::new(worker(), history, &things, &passages)).collect();

    let outline = [Kind::Commit, Kind::Tree, Kind::Tag];
    first.progress.objects.store(history.catalogue.len() as u64, Ordering::Relaxed);
    let (readers, unread) = history.read(&outline, readers, &Reader::outline);
    let loose = first.loose(history);
    let singles: Vec<u32> =
        loose.iter().filter(|(_, kind)| *kind != Kind::Blob).map(|(number, _)| *number).chain(unread).collect();
    let mut readers = each(readers, &singles, |reader: &mut Reader<'_, '_>, number| reader.single(number, None));

    let collectors = readers.iter_mut().map(|reader| std::mem::take(&mut reader.collector)).collect();
    let (skeleton, paths, gaps) = history.skeleton(collectors);
    gaps.into_iter().for_each(|(class, reason)| first.gap(class, reason));
    let names = first.names(&skeleton, &things);
    let tree = Outline { skeleton, paths, names, options };

    let visit = |reader: &mut Reader<'_, '_>, met: Met<'_, Option<Version>>| reader.blob(&tree, met);
    let (readers, unread) = history.read(&[Kind::Blob], readers, &visit);
    let singles: Vec<u32> =
        loose.iter().filter(|(_, kind)| *kind == Kind::Blob).map(|(number, _)| *number).chain(unread).collect();
    let readers = each(readers, &singles, |reader: &mut Reader<'_, '_>, number| reader.single(number, Some(&tree)));

    let mut interest = Interest::default();
    for mut reader in readers {
        for (object, path, things) in std::mem::take(&mut reader.found) {
            interest.add(object, path, things);
        }
        first.left_out(std::mem::take(&mut reader.left_out));
    }
    first.logs(history);
    places::tell(&mut first, history, &tree, &things, interest);
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

/// Secrets by their numbers, as all workers use them.
struct Things {
    /// The places of rules in their set, by id.
    rules: HashMap<String, usize>,
    numbers: Mutex<HashMap<(usize, Fingerprint), u32>>,
}

impl Things {
    fn new(worker: &Worker<'_>) -> Self {
        let rules = worker.scanner.engine.rules().iter().enumerate();
        let rules = rules.map(|(index, loaded)| (loaded.rule.id.clone(), index)).collect();
        Self { rules, numbers: Mutex::default() }
    }

    /// The number of a secret, by its rule and value.
    fn number(&self, rule: usize, value: Fingerprint) -> u32 {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let next = numbers.len() as u32;
        *numbers.entry((rule, value)).or_insert(next)
    }

    /// The place of a hit's rule in the set.
    fn rule(&self, hit: &Hit) -> usize {
        self.rules[&hit.rule.id]
    }

    fn of_hit(&self, hit: &Hit) -> u32 {
        self.number(self.rule(hit), hit.value_id)
    }

    /// The number of a secret in a name, which is another than that of the same secret in a file.
    fn in_name(&self, hit: &Hit) -> u32 {
        self.number(self.rules.len() + self.rule(hit), hit.value_id)
    }

    fn is_in_name(&self, thing: u32) -> bool {
        self.all()[thing as usize].0 >= self.rules.len()
    }

    /// Rule and value of all secrets, by their numbers.
    fn all(&self) -> Vec<(usize, Fingerprint)> {
        let numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = numbers.iter().map(|(secret, number)| (*number, *secret)).collect();
        all.sort_unstable_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, secret)| secret).collect()
    }
}

/// What is known of a repository before its files are looked at.
struct Outline<'o> {
    skeleton: Skeleton,
    paths: Paths,
    /// Names that hold secrets.
    names: places::Names,
    options: &'o Options,
}

/// What commits, trees and tags are remembered as for those that are made of them.
enum Outlined {
    Tree(TreeStarts),
    Other,
}

/// What files that are left out are told of with: why, and where.
type LeftOut = BTreeMap<(ExclusionClass, Option<Arc<str>>, Vec<u8>), u64>;

/// One thread's share of the work.
struct Reader<'s, 'h> {
    worker: Worker<'s>,
    history: &'h History,
    things: &'h Things,
    collector: Collector,
    buffers: ObjectBuffers,
    passages: &'h Passages,
    /// Which objects hold which secrets at which paths.
    found: Vec<(u32, u32, Vec<u32>)>,
    left_out: LeftOut,
}

impl<'s, 'h> Reader<'s, 'h> {
    fn new(worker: Worker<'s>, history: &'h History, things: &'h Things, passages: &'h Passages) -> Self {
        Self {
            worker,
            history,
            things,
            collector: Collector::default(),
            buffers: ObjectBuffers::default(),
            passages,
            found: Vec::new(),
            left_out: LeftOut::new(),
        }
    }

    /// Takes in a commit, a tree or a tag of a pack.
    fn outline(&mut self, met: Met<'_, Outlined>) -> Outlined {
        let Met { number, kind, bytes, base, .. } = met;
        let base = base.and_then(|base| match base.state {
            Outlined::Tree(state) => Some(Base { number: base.number, bytes: base.bytes, state, copied: base.copied }),
            Outlined::Other => None,
        });
        self.outlined(number, kind, bytes, base)
    }

    fn outlined(&mut self, number: u32, kind: Kind, bytes: &[u8], base: Option<Base<'_, TreeStarts>>) -> Outlined {
        let catalogue = &self.history.catalogue;
        self.worker.progress.objects_done.fetch_add(1, Ordering::Relaxed);
        if kind == Kind::Tree {
            let (starts, read) = self.collector.tree(catalogue, number, bytes, base);
            self.damaged(number, read.err().map(NoObject::gap));
            self.worker.own.coverage.history.trees += u64::from(catalogue.is_first(number));
            return Outlined::Tree(starts);
        }
        if !catalogue.is_first(number) {
            return Outlined::Other;
        }
        let counts = &mut self.worker.own.coverage.history;
        if kind == Kind::Commit {
            counts.commits += 1;
            let read = self.collector.commit(catalogue, number, bytes);
            self.damaged(number, read.err().map(NoObject::gap));
        } else {
            counts.tags += 1;
        }
        self.message(number, kind, bytes);
        Outlined::Other
    }

    /// Searches what people wrote in a commit or tag.
    fn message(&mut self, number: u32, kind: Kind, bytes: &[u8]) {
        // The ids that it begins with are nobody's words.
        let header: &[u8] = if kind == Kind::Commit { b"\nauthor " } else { b"\ntag " };
        let start = memchr::memmem::find(bytes, header).map_or(0, |at| at + 1);
        let text = &bytes[start..];
        if !self.worker.may_hold_secrets(text) {
            return;
        }
        let id = self.history.catalogue.id(number).to_string();
        let commit = (kind == Kind::Commit).then(|| Arc::from(id.as_str()));
        let origin = self.worker.origin_of_object(&id, self.worker.message_path(self.history, &id), commit);
        let (mut hits, gaps) = self.worker.apart(|worker| worker.bytes(&bytes[start..], &origin));
        // Lines are counted from the beginning of the object, as `git cat-file` shows it.
        let before = bytes[..start].iter().filter(|&&byte| byte == b'\n').count() as u64;
        let key = &self.worker.scanner.key;
        let lifetime = Arc::new(places::of_message(self.history, &mut self.buffers, key, number, kind));
        for hit in &mut hits {
            let occurrence = &mut hit.occurrence;
            occurrence.span.start += start as u64;
            occurrence.span.end += start as u64;
            occurrence.region.start_line += before;
            occurrence.region.end_line += before;
            occurrence.lifetime = Some(Arc::clone(&lifetime));
        }
        self.worker.own.hits.extend(hits);
        self.worker.own.gaps.extend(gaps);
    }

    fn damaged(&mut self, number: u32, gap: Option<(GapClass, String)>) {
        if let Some((class, reason)) = gap {
            let path = self.worker.object_path(self.history, &self.history.catalogue.id(number).to_string());
            let origin = self.worker.origin(path, None);
            self.worker.own.gaps.push(Gap::new(class, origin, reason));
        }
    }

    /// Reads an object by its id. Files are looked at where the outline is known, all else where it is not.
    fn single(&mut self, number: u32, tree: Option<&Outline<'_>>) {
        let history = self.history;
        if !history.catalogue.is_first(number) {
            return;
        }
        let mut buffers = std::mem::take(&mut self.buffers);
        let mut large = Vec::new();
        match history.catalogue.read(number, &mut buffers) {
            Err(error) => self.damaged(number, Some(error.gap())),
            Ok(single) => match (single.content, tree) {
                (Content::Large(mut object), Some(tree)) if single.kind == Kind::Blob => {
                    self.stream(tree, number, object.left(), &mut |worker, origin| worker.stream(&mut object, origin));
                }
                (Content::Large(object), _) => match object.take(places::MAX_OUTLINE).read_to_end(&mut large) {
                    Ok(_) => drop(self.outlined(number, single.kind, &large, None)),
                    Err(_) => {
                        self.damaged(number, Some((GapClass::Unreadable, "its object cannot be read".to_owned())));
                    }
                },
                (Content::Whole(bytes, _), Some(tree)) if single.kind == Kind::Blob => {
                    drop(self.file(tree, number, bytes, None));
                }
                (Content::Whole(bytes, _), None) if single.kind != Kind::Blob => {
                    drop(self.outlined(number, single.kind, bytes, None));
                }
                // What is of another kind than its place says is looked at in its own turn.
                (Content::Whole(..), _) => {}
            },
        }
        buffers.rest();
        self.buffers = buffers;
    }

    /// Looks at a file of a pack.
    fn blob(&mut self, tree: &Outline<'_>, met: Met<'_, Option<Version>>) -> Option<Version> {
        let Met { number, bytes, base, .. } = met;
        let same = base.as_ref().is_some_and(|base| tree.paths.same(number, base.number));
        let older = base.and_then(|base| Some(Older { version: base.state.as_ref()?, copied: base.copied }));
        self.file(tree, number, bytes, older.map(|older| (older, same)))
    }

    /// Looks at a file that is at hand. `older` is what it is made of, and whether that lies at the same paths.
    fn file(
        &mut self,
        tree: &Outline<'_>,
        number: u32,
        bytes: &[u8],
        older: Option<(Older<'_>, bool)>,
    ) -> Option<Version> {
        let mark = older.map_or_else(|| plain_text(bytes), |(older, _)| older.plain_text(bytes));
        let Some(mark) = mark else {
            self.stream(tree, number, bytes.len() as u64, &mut |worker, origin| worker.bytes(bytes, origin));
            return None;
        };
        let known = older.map(|(older, _)| older);
        let searched = catch_unwind(AssertUnwindSafe(|| {
            let Self { worker, passages, .. } = self;
            Version::search(worker.scanner, &mut worker.scratch, passages, bytes, mark, known)
        }));
        let Ok(Some(mut version)) = searched else {
            // Whatever it is that takes so long, it is told of by who reads it as any other file.
            self.worker.renew();
            self.stream(tree, number, bytes.len() as u64, &mut |worker, origin| worker.bytes(bytes, origin));
            return None;
        };
        let first = self.history.catalogue.is_first(number);
        if first {
            self.count(bytes.len() as u64);
            self.pointer(tree, number, bytes);
        }
        if version.has_matches() || !tree.options.exclude.is_empty() || tree.options.max_file_size.is_some() {
            let same = older.filter(|(_, same)| *same).map(|(older, _)| older);
            let (things, scanner) = (self.things, self.worker.scanner);
            for (place, path) in self.in_scope(tree, number, bytes.len() as u64, first) {
                version.judge(scanner, bytes, (place, &path), same, &mut |rule, value| things.number(rule, value));
            }
            if first {
                self.keep(number, &version);
            }
        }
        Some(version)
    }

    /// Tells of files whose content is kept elsewhere.
    fn pointer(&mut self, tree: &Outline<'_>, number: u32, bytes: &[u8]) {
        // The first line of all pointers, which have less than 1024 bytes (the specification of Git LFS).
        if bytes.len() >= 1024 || !bytes.starts_with(b"version https://git-lfs.github.com/spec/v1\n") {
            return;
        }
        for (_, path) in self.in_scope(tree, number, bytes.len() as u64, false) {
            let origin = self.worker.origin(path, None);
            let reason = "a pointer of Git LFS: the content is kept elsewhere".to_owned();
            self.worker.own.gaps.push(Gap::new(GapClass::Missing, origin, reason));
        }
    }

    /// Notes which secrets a file holds at which paths.
    fn keep(&mut self, number: u32, version: &Version) {
        let mut by_path: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for secret in &version.secrets {
            by_path.entry(secret.path).or_default().push(secret.thing);
        }
        self.found.extend(by_path.into_iter().map(|(path, things)| (number, path, things)));
    }

    /// Looks at a file as a stream, once for each of its paths.
    fn stream(
        &mut self,
        tree: &Outline<'_>,
        number: u32,
        size: u64,
        read: &mut dyn FnMut(&mut Worker<'s>, &Arc<Origin>),
    ) {
        if !self.history.catalogue.is_first(number) {
            return;
        }
        self.count(size);
        for (place, path) in self.in_scope(tree, number, size, true) {
            let origin = self.worker.origin(path, None);
            let (hits, gaps) = self.worker.apart(|worker| read(worker, &origin));
            let things: Vec<u32> = hits.iter().map(|hit| self.things.of_hit(hit)).collect();
            self.worker.own.gaps.extend(gaps);
            if !things.is_empty() {
                self.found.push((number, place, things));
            }
        }
    }

    fn count(&mut self, bytes: u64) {
        let counts = &mut self.worker.own.coverage.history;
        counts.files += 1;
        counts.bytes += bytes;
        self.worker.progress.objects_done.fetch_add(1, Ordering::Relaxed);
        self.worker.progress.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The paths of a file that nobody leaves out, by number and written out. Tells of those that are left out.
    fn in_scope(&mut self, tree: &Outline<'_>, number: u32, size: u64, tell: bool) -> Vec<(u32, Vec<u8>)> {
        let mut kept = Vec::new();
        for place in tree.paths.of_object(number) {
            let path = self.worker.below(&tree.paths.write(&tree.skeleton, place));
            let left_out = if tree.options.max_file_size.is_some_and(|largest| size > largest) {
                Some((ExclusionClass::OverConfiguredSize, None, path.clone()))
            } else {
                let why = tree.options.exclude.leaves_out(&path);
                why.map(|(reason, path)| (ExclusionClass::Configured, Some(reason), path.to_vec()))
            };
            match left_out {
                Some(why) if tell => *self.left_out.entry(why).or_default() += 1,
                Some(_) => {}
                None => kept.push((place, path)),
            }
        }
        if tree.paths.of_object(number).next().is_none() {
            let id = self.history.catalogue.id(number).to_string();
            kept.push((places::NOWHERE, self.worker.object_path(self.history, &id)));
        }
        kept
    }
}

impl Worker<'_> {
    fn gap(&mut self, class: GapClass, reason: String) {
        let path = self.prefix.strip_suffix(b"/").unwrap_or(&self.prefix).to_vec();
        let origin = self.origin(path, None);
        self.own.gaps.push(Gap::new(class, origin, reason));
    }

    /// The objects that lie in files of their own, and what they are. Those that are damaged are gaps.
    fn loose(&mut self, history: &History) -> Vec<(u32, Kind)> {
        let mut known = Vec::new();
        for (number, kind) in history.loose() {
            match kind {
                Ok(kind) => known.push((number, kind)),
                Err(error) => {
                    let (class, reason) = error.gap();
                    let origin =
                        self.origin(self.object_path(history, &history.catalogue.id(number).to_string()), None);
                    self.own.gaps.push(Gap::new(class, origin, reason));
                }
            }
        }
        known
    }

    fn left_out(&mut self, left_out: LeftOut) {
        for ((class, stated, path), files) in left_out {
            let origin = self.origin(path, None);
            self.own.exclusions.push(Exclusion { class, stated, origin, files });
        }
    }

    /// Searches the names of files and folders.
    fn names(&mut self, skeleton: &Skeleton, things: &Things) -> places::Names {
        let held = skeleton.names().filter(|(_, name)| self.may_hold_secrets(name)).collect::<Vec<_>>();
        let mut names = places::Names::default();
        for (number, name) in held {
            let origin = self.origin(Vec::new(), None);
            let (hits, _) = self.apart(|worker| worker.bytes(name, &origin));
            names.add(number, name, &hits, things);
        }
        names
    }

    /// Searches the logs of references, as they lie in the git directory.
    fn logs(&mut self, history: &History) {
        for (file, path) in history.logs() {
            let origin = self.origin(self.in_git_directory(history, path), None);
            self.own.coverage.history.logs += 1;
            self.file(file, &origin);
        }
    }
}
