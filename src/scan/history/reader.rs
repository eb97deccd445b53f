//! One thread's share of the scan of a history: what is read of objects, and what is kept of that.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use gix_object::Kind;

use super::super::message::{message, path_of_message};
use super::super::passages::Passages;
use super::super::pipeline::{Options, Worker};
use super::super::versions::{Older, Version};
use super::cache::{KEY, Key};
use super::made::Made;
use super::telling::{NOWHERE, Names};
use crate::blob::Origin;
use crate::finding::{Fingerprint, Hit};
use crate::gap::{ExclusionClass, Gap, GapClass, HistoryCoverage};
use crate::source::git::{
    Base, Collector, Content, Held, History, Met, NoObject, ObjectBuffers, Paths, Skeleton, TreeStarts,
};
use crate::source::plain_text;

/// Secrets by their numbers, as all workers use them.
pub(super) struct Things {
    /// The places of rules in their set, by id.
    rules: HashMap<String, usize>,
    numbers: Mutex<HashMap<(usize, Fingerprint), u32>>,
}

impl Things {
    pub(super) fn new(worker: &Worker<'_>) -> Self {
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

    pub(super) fn of_hit(&self, hit: &Hit) -> u32 {
        self.number(self.rule(hit), hit.value_id)
    }

    /// The number of a secret in a name, which is another than that of the same secret in a file.
    pub(super) fn in_name(&self, hit: &Hit) -> u32 {
        self.of_hit(hit) | IN_NAME
    }

    pub(super) fn is_in_name(thing: u32) -> bool {
        thing & IN_NAME != 0
    }
}

/// Set in the numbers of secrets in names.
const IN_NAME: u32 = 1 << 31;

/// What all workers use.
pub(super) struct Shared<'r> {
    pub(super) history: &'r History<'r>,
    pub(super) things: Things,
    pub(super) passages: Passages,
    /// Files in which an earlier scan found nothing.
    pub(super) clean: HashSet<Key>,
}

/// What is known of a repository before its files are looked at.
pub(super) struct Outline<'o> {
    pub(super) skeleton: Skeleton,
    pub(super) paths: Paths,
    /// Names that hold secrets.
    pub(super) names: Names,
    shared: &'o Shared<'o>,
    options: &'o Options,
    /// Where there is a cache: a hash of each path.
    hashes: Vec<u64>,
}

impl<'o> Outline<'o> {
    pub(super) fn new(
        skeleton: Skeleton,
        paths: Paths,
        names: Names,
        options: &'o Options,
        (shared, prefix): (&'o Shared<'o>, &[u8]),
    ) -> Self {
        let hashes =
            options.cache.as_ref().map_or_else(Vec::new, |cache| paths.hashes(&skeleton, cache.seed(), prefix));
        Self { skeleton, paths, names, shared, options, hashes }
    }

    /// What stands for a file at its paths in a cache.
    fn key(&self, number: u32) -> Key {
        let id = self.shared.history.catalogue.id(number).as_bytes();
        let mut key = [0; KEY];
        let (first, last) = key.split_at_mut(KEY - 8);
        first.copy_from_slice(&id[..KEY - 8]);
        let paths = self.paths.of_object(number).map(|path| self.hashes[path as usize]);
        // In whatever order they come.
        last.copy_from_slice(&paths.fold(0, u64::wrapping_add).to_le_bytes());
        key
    }

    /// How many files were passed over since an earlier scan found nothing in them.
    pub(super) fn known(&self, made: &Made, loose: &[(u32, Kind)]) -> u64 {
        let history = self.shared.history;
        let loose = loose.iter().filter(|(_, kind)| *kind == Kind::Blob).map(|(number, _)| *number);
        let clean = |number: &u32| self.is_clean(*number) && history.catalogue.is_first(*number);
        let all = if self.shared.clean.is_empty() { 0 } else { history.files().chain(loose).filter(clean).count() };
        // One that cannot be read as a version of another is counted once more.
        (all as u64).saturating_sub(made.again)
    }

    /// Whether an earlier scan found nothing in a file at its paths.
    pub(super) fn is_clean(&self, number: u32) -> bool {
        !self.shared.clean.is_empty() && self.shared.clean.contains(&self.key(number))
    }
}

/// What commits, trees and tags are remembered as for those that are made of them.
pub(super) enum Outlined {
    Tree(TreeStarts),
    Other,
}

/// What files that are left out are told of with: why, and where.
pub(super) type LeftOut = BTreeMap<(ExclusionClass, Option<Arc<str>>, Vec<u8>), u64>;

/// One thread's share of the work.
pub(super) struct Reader<'s, 'h> {
    worker: Worker<'s>,
    shared: &'h Shared<'h>,
    history: &'h History<'h>,
    pub(super) collector: Collector,
    buffers: ObjectBuffers,
    /// Which objects hold which secrets at which paths.
    pub(super) found: Vec<(u32, u32, Vec<Held>)>,
    /// Commits and tags whose messages may hold some, by their ids in hexadecimal.
    pub(super) messages: Vec<String>,
    pub(super) left_out: LeftOut,
    pub(super) counts: HistoryCoverage,
    /// Where there is a cache: files in which nothing was found.
    pub(super) clean: Vec<Key>,
    /// Files that were searched although an earlier scan found nothing in them, since others are made of them.
    pub(super) again: u64,
}

impl<'s, 'h> Reader<'s, 'h> {
    pub(super) fn new(worker: Worker<'s>, shared: &'h Shared<'h>) -> Self {
        Self {
            worker,
            shared,
            history: shared.history,
            collector: Collector::default(),
            buffers: ObjectBuffers::default(),
            found: Vec::new(),
            messages: Vec::new(),
            left_out: LeftOut::new(),
            counts: HistoryCoverage::default(),
            clean: Vec::new(),
            again: 0,
        }
    }

    /// What could not be searched so far.
    pub(super) fn gaps(&self) -> &[Gap] {
        &self.worker.own.gaps
    }

    /// Takes in a commit, a tree or a tag of a pack.
    pub(super) fn outline(&mut self, met: Met<'_, Outlined>) -> Outlined {
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
            self.counts.trees += u64::from(catalogue.is_first(number));
            return Outlined::Tree(starts);
        }
        if !catalogue.is_first(number) {
            return Outlined::Other;
        }
        if kind == Kind::Commit {
            self.counts.commits += 1;
            let read = self.collector.commit(catalogue, number, bytes);
            self.damaged(number, read.err().map(NoObject::gap));
        } else {
            self.counts.tags += 1;
        }
        self.message(number, kind, bytes);
        Outlined::Other
    }

    /// Searches what people wrote in a commit or tag.
    fn message(&mut self, number: u32, kind: Kind, bytes: &[u8]) {
        // A quick look at all but the ids that it begins with, which are nobody's words, before it is taken apart.
        let header: &[u8] = if kind == Kind::Commit { b"\nauthor " } else { b"\ntag " };
        let start = memchr::memmem::find(bytes, header).map_or(0, |at| at + 1);
        let text = &bytes[start..];
        if !self.worker.may_hold_secrets(text) {
            return;
        }
        let text = message(kind, bytes);
        let id = self.history.catalogue.id(number).to_string();
        let origin = self.worker.origin(self.worker.below(&path_of_message(self.history.repository.bare, &id)), None);
        let (hits, gaps) = self.worker.apart(|worker| worker.bytes(&text, &origin));
        self.worker.own.gaps.extend(gaps);
        if !hits.is_empty() {
            self.messages.push(id);
        }
    }

    fn damaged(&mut self, number: u32, gap: Option<(GapClass, String)>) {
        if let Some((class, reason)) = gap {
            let path = self.worker.object_path(self.history.repository, &self.history.catalogue.id(number).to_string());
            let origin = self.worker.origin(path, None);
            self.worker.own.gaps.push(Gap::new(class, origin, reason));
        }
    }

    /// Reads an object by its id. Files are looked at where the outline is known, all else where it is not.
    pub(super) fn single(&mut self, number: u32, tree: Option<&Outline<'_>>) {
        let history = self.history;
        if !history.catalogue.is_first(number) {
            return;
        }
        let mut buffers = std::mem::take(&mut self.buffers);
        match history.catalogue.read(number, &mut buffers) {
            Err(error) => self.damaged(number, Some(error.gap())),
            Ok((kind, content)) => match (content, tree) {
                (Content::Large(mut object), Some(tree)) => {
                    self.stream(tree, number, object.left(), &mut |worker, origin| worker.stream(&mut object, origin));
                }
                (Content::Whole(bytes, _), Some(tree)) if kind == Kind::Blob => {
                    drop(self.file(tree, number, bytes, None));
                }
                (Content::Whole(bytes, _), None) if kind != Kind::Blob => {
                    drop(self.outlined(number, kind, bytes, None));
                }
                // What is of another kind than its place says is looked at in its own turn.
                (Content::Large(_) | Content::Whole(..), _) => {}
            },
        }
        buffers.rest();
        self.buffers = buffers;
    }

    /// Looks at a file of a pack.
    pub(super) fn blob(&mut self, tree: &Outline<'_>, met: Met<'_, Option<Version>>) -> Option<Version> {
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
            let Self { worker, shared, .. } = self;
            Version::search(worker.scanner, &mut worker.scratch, &shared.passages, bytes, mark, known)
        }));
        let Ok(Some(mut version)) = searched else {
            // Whatever it is that takes so long, it is told of by who reads it as any other file.
            self.worker.renew();
            self.stream(tree, number, bytes.len() as u64, &mut |worker, origin| worker.bytes(bytes, origin));
            return None;
        };
        let first = self.history.catalogue.is_first(number);
        let gaps = self.worker.own.gaps.len();
        if first {
            self.count(tree, number, bytes.len() as u64);
            self.pointer(tree, number, bytes);
        }
        let mut whole = true;
        if version.has_matches() || !tree.options.exclude.is_empty() || tree.options.max_file_size.is_some() {
            let same = older.filter(|(_, same)| *same).map(|(older, _)| older);
            let (things, scanner) = (&self.shared.things, self.worker.scanner);
            let paths = self.in_scope(tree, number, bytes.len() as u64, first);
            whole = paths.len() == tree.paths.of_object(number).count();
            version.set_at_one_path(paths.len() == 1);
            for (place, path) in paths {
                version.judge(scanner, bytes, (place, &path), same, &mut |rule, value| things.number(rule, value));
            }
            if first {
                self.keep(number, &version);
            }
        }
        if first && whole && version.secrets.is_empty() && self.worker.own.gaps.len() == gaps {
            self.nothing_in(tree, number);
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
        let mut by_path: BTreeMap<u32, Vec<Held>> = BTreeMap::new();
        for secret in &version.secrets {
            by_path.entry(secret.path).or_default().push(secret.held);
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
        self.count(tree, number, size);
        let paths = self.in_scope(tree, number, size, true);
        let mut nothing = !paths.is_empty() && paths.len() == tree.paths.of_object(number).count();
        for (place, path) in paths {
            let origin = self.worker.origin(path, None);
            let (hits, gaps) = self.worker.apart(|worker| read(worker, &origin));
            let held =
                |hit: &Hit| Held { thing: self.shared.things.of_hit(hit), grade: hit.occurrence.confidence as u8 };
            let things: Vec<Held> = hits.iter().map(held).collect();
            nothing &= gaps.is_empty() && things.is_empty();
            self.worker.own.gaps.extend(gaps);
            if !things.is_empty() {
                self.found.push((number, place, things));
            }
        }
        if nothing {
            self.nothing_in(tree, number);
        }
    }

    /// Notes for a cache that there is nothing to tell of a file. What has no path would have to be told by its id.
    fn nothing_in(&mut self, tree: &Outline<'_>, number: u32) {
        if tree.options.cache.is_some() && tree.paths.of_object(number).next().is_some() {
            self.clean.push(tree.key(number));
        }
    }

    fn count(&mut self, tree: &Outline<'_>, number: u32, bytes: u64) {
        self.again += u64::from(tree.is_clean(number));
        self.counts.files += 1;
        self.counts.bytes += bytes;
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
            kept.push((NOWHERE, self.worker.object_path(self.history.repository, &id)));
        }
        kept
    }
}
