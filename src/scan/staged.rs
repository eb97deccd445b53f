//! The scan of what is staged: what `git commit` would record, and only what is new in it.
//!
//! The content comes from the index, not from the work tree, so that a file that is staged in part is seen as the commit
//! will hold it. A secret that the same file has in HEAD already is not told of again: the plain scan and the history tell
//! of it, and a check before a commit that stops at what is old is soon switched off.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::pipeline::{Options, Worker};
use crate::blob::{Origin, printable};
use crate::finding::{Fingerprint, Hit};
use crate::gap::{Exclusion, ExclusionClass, Gap, GapClass};
use crate::source::git::{self, Content, NoObject, ObjectBuffers, Objects, Staged, StagedFile};

/// Staged files for each worker at least: one has working memory of its own, and most commits are small.
const FILES_EACH: usize = 4;

/// Scans what is staged below `target`, a directory of a work tree, with workers that `worker` makes.
pub(super) fn scan<'s>(
    target: &Path,
    index: Option<&Path>,
    options: &Options,
    worker: &(impl Fn() -> Worker<'s> + Sync),
) {
    let found = catch_unwind(AssertUnwindSafe(|| below(target, index)))
        .unwrap_or_else(|_| Err("reading it failed; please report this".to_owned()));
    let mut first = worker();
    let (staged, prefix) = match found {
        Ok(found) => found,
        Err(reason) => {
            let origin = first.origin(Vec::new());
            let reason = format!("what is staged is not known: {reason}");
            return first.own.gaps.push(Gap::new(GapClass::Unreadable, origin, reason));
        }
    };
    let files = first.files(&staged, &prefix, options);
    let next = AtomicUsize::new(0);
    let work = |mut worker: Worker<'s>| {
        let mut buffers = ObjectBuffers::default();
        while let Some((file, relative)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            worker.staged(&staged.objects, file, relative, options.max_file_size, &mut buffers);
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

/// What is staged in the work tree around `target`, and the path of `target` in it.
fn below(target: &Path, index: Option<&Path>) -> Result<(Staged, Vec<u8>), String> {
    let root = git::work_tree_root(target).ok_or("it lies in no git work tree")?;
    let prefix = git::info(target).ok_or("it lies in no git work tree")?.prefix;
    Ok((git::staged(&root, index)?, prefix))
}

impl Worker<'_> {
    /// The files below `prefix`, with their paths relative to it, that nobody leaves out. Tells of everything else.
    fn files<'f>(&mut self, staged: &'f Staged, prefix: &[u8], options: &Options) -> Vec<(&'f StagedFile, Vec<u8>)> {
        if staged.unmerged {
            let note = "there are conflicts, with which `git commit` refuses; all versions were scanned";
            self.own.notes.push(note.to_owned());
        }
        for path in staged.submodules.iter().filter_map(|path| path.strip_prefix(prefix)) {
            let path = printable(path);
            self.own
                .notes
                .push(format!("another commit of the submodule {path} is staged; it is a repository of its own"));
        }
        for (path, class, reason) in &staged.gaps {
            // What holds of a folder above holds here.
            let above = prefix.starts_with(path);
            if let Some(relative) = path.strip_prefix(prefix).or(above.then_some(&[])) {
                let origin = self.origin(relative.to_vec());
                self.own.gaps.push(Gap::new(*class, origin, reason.clone()));
            }
        }
        let mut left_out: BTreeMap<(Arc<str>, Vec<u8>), u64> = BTreeMap::new();
        let mut files = Vec::new();
        for file in &staged.files {
            let Some(relative) = file.path.strip_prefix(prefix) else { continue };
            match options.exclude.leaves_out(relative) {
                Some((reason, path)) => *left_out.entry((reason, path.to_vec())).or_default() += 1,
                None => files.push((file, relative.to_vec())),
            }
        }
        for ((reason, path), files) in left_out {
            self.own.coverage.files_seen += files;
            self.own.coverage.files_excluded += files;
            let origin = self.origin(path);
            self.own.exclusions.push(Exclusion {
                class: ExclusionClass::Configured,
                stated: Some(reason),
                origin,
                files,
            });
        }
        files
    }

    /// Scans one file, and keeps what the commit before it does not have there.
    fn staged(
        &mut self,
        objects: &Objects,
        file: &StagedFile,
        relative: &[u8],
        largest: Option<u64>,
        buffers: &mut ObjectBuffers,
    ) {
        let origin = self.origin(relative.to_vec());
        let mut content = match content(objects, &file.id, buffers) {
            Ok(content) => content,
            Err(error) => {
                let (class, reason) = error.gap();
                self.own.coverage.files_seen += 1;
                self.own.coverage.files_unreadable += 1;
                return self.own.gaps.push(Gap::new(class, origin, reason));
            }
        };
        let size = match &content {
            Content::Whole(bytes) => bytes.len() as u64,
            Content::Large(object) => object.left(),
        };
        if largest.is_some_and(|largest| size > largest) {
            self.own.coverage.files_seen += 1;
            self.own.coverage.files_excluded += 1;
            let class = ExclusionClass::OverConfiguredSize;
            return self.own.exclusions.push(Exclusion { class, stated: None, origin, files: 1 });
        }
        let known = self.own.hits.len();
        self.scan_content(&mut content, &origin);
        if self.own.hits.len() > known
            && let Some(before) = file.before
        {
            let old = self.aside(objects, &before, &origin, buffers);
            take_out(&mut self.own.hits, known, &old);
        }
        buffers.rest();
    }

    fn scan_content(&mut self, content: &mut Content<'_>, origin: &Arc<Origin>) {
        match content {
            Content::Whole(bytes) => self.stream(bytes, origin),
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
        let Ok(mut content) = content(objects, id, buffers) else { return Vec::new() };
        let own = std::mem::take(&mut self.own);
        self.scan_content(&mut content, origin);
        std::mem::replace(&mut self.own, own).hits
    }
}

/// The content of an object. A panic in the library is damage of the object.
fn content<'b>(objects: &Objects, id: &gix_hash::oid, buffers: &'b mut ObjectBuffers) -> Result<Content<'b>, NoObject> {
    let buffers = AssertUnwindSafe(buffers);
    catch_unwind(move || {
        let AssertUnwindSafe(buffers) = { buffers };
        objects.content(id, buffers)
    })
    .unwrap_or_else(|_| Err(NoObject::Damaged("reading it failed".to_owned())))
}

/// Takes out of `hits`, from the place `from` on, as many of each secret as are in `old`: the first ones.
fn take_out(hits: &mut Vec<Hit>, from: usize, old: &[Hit]) {
    let secret = |hit: &Hit| (hit.rule.id.clone(), hit.value_id);
    let mut known: BTreeMap<(String, Fingerprint), usize> = BTreeMap::new();
    for hit in old {
        *known.entry(secret(hit)).or_default() += 1;
    }
    let new = hits.split_off(from);
    hits.extend(new.into_iter().filter(|hit| match known.get_mut(&secret(hit)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    }));
}
