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

use gix_hash::ObjectId;

use super::pipeline::{Options, Worker};
use crate::blob::{Origin, printable};
use crate::finding::{Fingerprint, Hit};
use crate::gap::{Exclusion, ExclusionClass, Gap, GapClass};
use crate::source::git::{self, Content, NoObject, ObjectBuffers, Objects};

/// Changed files for each worker at least: one has working memory of its own, and most changes are small.
const FILES_EACH: usize = 4;

/// Which changes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which<'w> {
    /// What `git commit` would record, from this index where one is named.
    Staged(Option<&'w Path>),
    /// What the commits introduced that are reachable from the second revision and not from the first.
    Range(&'w str, &'w str),
}

/// What changed in a work tree.
struct Changes {
    objects: Objects,
    files: Vec<Changed>,
    gaps: Vec<(Vec<u8>, GapClass, String)>,
    /// Notes; those of paths with their path.
    notes: Vec<(Vec<u8>, String)>,
}

/// A file with other content than before.
struct Changed {
    /// From the root of the work tree; later from the target.
    path: Vec<u8>,
    id: ObjectId,
    before: Vec<ObjectId>,
    commit: Option<Arc<str>>,
}

/// Scans what changed below `target`, a directory of a work tree, with workers that `worker` makes.
pub(super) fn scan<'s>(target: &Path, which: Which<'_>, options: &Options, worker: &(impl Fn() -> Worker<'s> + Sync)) {
    let found = catch_unwind(AssertUnwindSafe(|| below(target, which)))
        .unwrap_or_else(|_| Err("reading it failed; please report this".to_owned()));
    let mut first = worker();
    let (changes, prefix) = match found {
        Ok(found) => found,
        Err(reason) => {
            let origin = first.origin(Vec::new(), None);
            let what = match which {
                Which::Staged(_) => "what is staged",
                Which::Range(..) => "what the range introduced",
            };
            let reason = format!("{what} is not known: {reason}");
            return first.own.gaps.push(Gap::new(GapClass::Unreadable, origin, reason));
        }
    };
    let Changes { objects, files, gaps, notes } = changes;
    first.tell(&gaps, notes, &prefix);
    let files = first.in_scope(files, &prefix, options);
    let next = AtomicUsize::new(0);
    let work = |mut worker: Worker<'s>| {
        let mut buffers = ObjectBuffers::default();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            worker.changed(&objects, file, options.max_file_size, &mut buffers);
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

/// What changed in the work tree around `target`, and the path of `target` in it.
fn below(target: &Path, which: Which<'_>) -> Result<(Changes, Vec<u8>), String> {
    let root = git::work_tree_root(target).ok_or("it lies in no git work tree")?;
    let prefix = git::info(target).ok_or("it lies in no git work tree")?.prefix;
    let changes = match which {
        Which::Staged(index) => staged(git::staged(&root, index)?),
        Which::Range(from, to) => introduced(git::introduced(&root, from, to)?),
    };
    Ok((changes, prefix))
}

fn staged(found: git::Staged) -> Changes {
    let mut notes: Vec<(Vec<u8>, String)> = Vec::new();
    if found.unmerged {
        let note = "there are conflicts, with which `git commit` refuses; all versions were scanned";
        notes.push((Vec::new(), note.to_owned()));
    }
    for path in found.submodules {
        let note = "another commit of this submodule is staged; it is a repository of its own";
        notes.push((path, note.to_owned()));
    }
    let files = found.files.into_iter();
    let changed = |file: git::StagedFile| {
        let before = file.before.into_iter().collect();
        Changed { path: file.path, id: file.id, before, commit: None }
    };
    Changes { objects: found.objects, files: files.map(changed).collect(), gaps: found.gaps, notes }
}

fn introduced(found: git::Introduced) -> Changes {
    let files = found.files.into_iter();
    let changed = |file: git::IntroducedFile| Changed {
        path: file.path,
        id: file.id,
        before: file.before,
        commit: Some(file.commit),
    };
    let commits = if found.commits == 1 { "1 commit".to_owned() } else { format!("{} commits", found.commits) };
    // What names stand for changes; a record says which commits they were.
    let notes = vec![(Vec::new(), format!("the range {}..{} has {commits}", found.from, found.to))];
    Changes { objects: found.objects, files: files.map(changed).collect(), gaps: found.gaps, notes }
}

impl Worker<'_> {
    /// Tells of what holds below `prefix`.
    fn tell(&mut self, gaps: &[(Vec<u8>, GapClass, String)], notes: Vec<(Vec<u8>, String)>, prefix: &[u8]) {
        for (path, note) in notes {
            match path.strip_prefix(prefix) {
                _ if path.is_empty() => self.own.notes.push(note),
                Some(path) => self.own.notes.push(format!("{}: {note}", printable(path))),
                None => {}
            }
        }
        for (path, class, reason) in gaps {
            // What holds of a folder above holds here.
            let above = prefix.starts_with(path);
            if let Some(relative) = path.strip_prefix(prefix).or(above.then_some(&[])) {
                let origin = self.origin(relative.to_vec(), None);
                self.own.gaps.push(Gap::new(*class, origin, reason.clone()));
            }
        }
    }

    /// The files below `prefix` that nobody leaves out, with their paths from there. Tells of those that are left out.
    fn in_scope(&mut self, files: Vec<Changed>, prefix: &[u8], options: &Options) -> Vec<Changed> {
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
            self.own.coverage.files_seen += files;
            self.own.coverage.files_excluded += files;
            let origin = self.origin(path, None);
            let stated = Some(reason);
            self.own.exclusions.push(Exclusion { class: ExclusionClass::Configured, stated, origin, files });
        }
        kept
    }

    /// Scans one file, and keeps what it did not have before.
    fn changed(&mut self, objects: &Objects, file: &Changed, largest: Option<u64>, buffers: &mut ObjectBuffers) {
        let origin = self.origin(file.path.clone(), file.commit.clone());
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
