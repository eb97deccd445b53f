//! The scan of changes: what `git commit` would record, or what the commits of a range introduced, and only what is new
//! in it.
//!
//! The content comes from the object store, not from the work tree, so that a file that is staged in part is seen as the
//! commit will hold it. A secret that the same file had before is not told of again: the plain scan and the history tell of
//! it, and a check of changes that stops at what is old is soon switched off.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::message::{message, path_of_message};
use super::pipeline::{Options, Worker};
use crate::blob::{Origin, printable};
use crate::finding::{Fingerprint, Hit};
use crate::gap::{Exclusion, ExclusionClass, Gap, GapClass};
use crate::source::git::{ChangedFile, Changes, Content, ObjectBuffers, Objects, Wanted, changes};

/// Changed files for each worker at least: one has working memory of its own, and most changes are small.
const FILES_EACH: usize = 4;

/// Scans what changed below `target`, a directory of a work tree, with workers that `worker` makes.
pub(super) fn scan<'s>(target: &Path, wanted: &Wanted, options: &Options, worker: &(impl Fn() -> Worker<'s> + Sync)) {
    let found = catch_unwind(AssertUnwindSafe(|| changes(target, wanted)))
        .unwrap_or_else(|_| Err("reading it failed; please report this".to_owned()));
    let mut first = worker();
    let (changes, prefix) = match found {
        Ok(found) => found,
        Err(reason) => {
            let origin = first.origin(Vec::new(), None);
            let reason = format!("what changed is not known: {reason}");
            return first.own.gaps.push(Gap::new(GapClass::Unreadable, origin, reason));
        }
    };
    first.tell(&changes, &prefix);
    let mut buffers = ObjectBuffers::default();
    for id in &changes.messages {
        first.message(&changes, id, &mut buffers);
    }
    let files = first.in_scope(changes.files, &prefix, options);
    let next = AtomicUsize::new(0);
    let work = |mut worker: Worker<'s>| {
        let mut buffers = ObjectBuffers::default();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            worker.changed(&changes.objects, file, options.max_file_size, &mut buffers);
        }
    };
    let threads = options.threads.min(files.len().div_ceil(FILES_EACH));
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| work(worker()));
        }
        work(first);
    });
}

impl Worker<'_> {
    /// Tells of what holds below `prefix`, files aside.
    fn tell(&mut self, changes: &Changes, prefix: &[u8]) {
        self.own.notes.extend(changes.notes.iter().cloned());
        for path in changes.submodules.iter().filter_map(|path| path.strip_prefix(prefix)) {
            let note = "another commit of this submodule is recorded; it is a repository of its own";
            self.own.notes.push(format!("{}: {note}", printable(path)));
        }
        for (path, class, reason) in &changes.gaps {
            // What holds of a folder above holds here.
            let above = prefix.starts_with(path);
            if let Some(relative) = path.strip_prefix(prefix).or(above.then_some(&[])) {
                let origin = self.origin(relative.to_vec(), None);
                self.own.gaps.push(Gap::new(*class, origin, reason.clone()));
            }
        }
    }

    /// Scans the message of a commit or tag.
    fn message(&mut self, changes: &Changes, id: &gix_hash::oid, buffers: &mut ObjectBuffers) {
        let hexadecimal = id.to_string();
        // A folder of a work tree has no messages of its own, so that they are told of as those of the repository.
        let origin = self.origin(path_of_message(changes.bare, &hexadecimal), Some(hexadecimal.into()));
        match changes.objects.content(id, buffers) {
            Ok((kind, Content::Whole(bytes, _))) => {
                let (hits, gaps) = self.apart(|worker| worker.bytes(&message(kind, bytes), &origin));
                self.own.hits.extend(hits);
                self.own.gaps.extend(gaps);
            }
            // No commit or tag is read as it comes.
            Ok((_, Content::Large(_))) => {
                let reason = "a blob stands where a commit or a tag should".to_owned();
                self.own.gaps.push(Gap::new(GapClass::Unreadable, origin, reason));
            }
            Err(error) => {
                let (class, reason) = error.gap();
                self.own.gaps.push(Gap::new(class, origin, reason));
            }
        }
        buffers.rest();
    }

    /// The files below `prefix` that nobody leaves out, with their paths from there. Tells of those that are left out.
    fn in_scope(&mut self, files: Vec<ChangedFile>, prefix: &[u8], options: &Options) -> Vec<ChangedFile> {
        let mut left_out: BTreeMap<(Arc<str>, Vec<u8>), u64> = BTreeMap::new();
        let mut kept = Vec::new();
        for mut file in files {
            let Some(relative) = file.path.strip_prefix(prefix) else { continue };
            if let Some((reason, path)) = options.exclude.leaves_out(relative) {
                *left_out.entry((reason, path.to_vec())).or_default() += 1;
                continue;
            }
            file.path.drain(..prefix.len());
            kept.push(file);
        }
        for ((reason, path), files) in left_out {
            self.leave_out(ExclusionClass::Configured, Some(reason), path, files);
        }
        kept
    }

    fn leave_out(&mut self, class: ExclusionClass, stated: Option<Arc<str>>, path: Vec<u8>, files: u64) {
        self.own.coverage.files_seen += files;
        self.own.coverage.files_excluded += files;
        let origin = self.origin(path, None);
        self.own.exclusions.push(Exclusion { class, stated, origin, files });
    }

    /// Scans one file, and keeps what it did not have before.
    fn changed(&mut self, objects: &Objects, file: &ChangedFile, largest: Option<u64>, buffers: &mut ObjectBuffers) {
        let origin = self.origin(file.path.clone(), file.commit.clone());
        let mut content = match objects.content(&file.id, buffers) {
            Ok((_, content)) => content,
            Err(error) => {
                let (class, reason) = error.gap();
                self.own.coverage.files_seen += 1;
                self.own.coverage.files_unreadable += 1;
                return self.own.gaps.push(Gap::new(class, origin, reason));
            }
        };
        let size = match &content {
            Content::Whole(bytes, _) => bytes.len() as u64,
            Content::Large(object) => object.left(),
        };
        if largest.is_some_and(|largest| size > largest) {
            return self.leave_out(ExclusionClass::OverConfiguredSize, None, file.path.clone(), 1);
        }
        let known = self.own.hits.len();
        self.scan_content(&mut content, &origin);
        drop(content);
        if self.own.hits.len() > known && !file.before.is_empty() {
            let mut old = Secrets::new();
            for before in &file.before {
                for (secret, count) in count(&self.aside(objects, before, &origin, buffers)) {
                    let most = old.entry(secret).or_default();
                    *most = count.max(*most);
                }
            }
            take_out(&mut self.own.hits, known, old);
        }
        buffers.rest();
    }

    fn scan_content(&mut self, content: &mut Content<'_>, origin: &Arc<Origin>) {
        match content {
            Content::Whole(bytes, _) => self.bytes(bytes, origin),
            Content::Large(object) => self.stream(object, origin),
        }
    }

    /// What content holds, without its being told of. Content that cannot be read holds nothing.
    fn aside(
        &mut self,
        objects: &Objects,
        id: &gix_hash::oid,
        origin: &Arc<Origin>,
        buffers: &mut ObjectBuffers,
    ) -> Vec<Hit> {
        let Ok((_, mut content)) = objects.content(id, buffers) else { return Vec::new() };
        let own = std::mem::take(&mut self.own);
        self.scan_content(&mut content, origin);
        std::mem::replace(&mut self.own, own).hits
    }
}

/// How often each secret is there: by rule and value.
type Secrets = BTreeMap<(String, Fingerprint), usize>;

fn secret(hit: &Hit) -> (String, Fingerprint) {
    (hit.rule.id.clone(), hit.value_id)
}

fn count(hits: &[Hit]) -> Secrets {
    let mut secrets = Secrets::new();
    hits.iter().for_each(|hit| *secrets.entry(secret(hit)).or_default() += 1);
    secrets
}

/// Takes out of `hits`, from the place `from` on, as many of each secret as are `known`: the first ones.
fn take_out(hits: &mut Vec<Hit>, from: usize, mut known: Secrets) {
    let new = hits.split_off(from);
    hits.extend(new.into_iter().filter(|hit| match known.get_mut(&secret(hit)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    }));
}
