//! Revisions as people write them (git's gitrevisions(7)): names of references, ids and their beginnings, `~N`, `^N`.
//!
//! What needs reflogs, dates, messages or paths (`@{...}`, `:/text`, `rev:path`) is refused in words.

use std::path::Path;

use gix_hash::{ObjectId, Prefix};

use super::objects::{ObjectBuffers, Objects};
use super::{GitDirectory, head, is_bare_repository, shallow, work_tree_root};

/// The least beginning of an id.
const LEAST_ID: usize = 4;

/// The commits that two revisions name in the repository of the work tree around `target`. The error is a clause that
/// says which of them names none, and why.
pub fn resolve_range(target: &Path, from: &str, to: &str) -> Result<(ObjectId, ObjectId), String> {
    let directory = if is_bare_repository(target) {
        GitDirectory::bare(target)
    } else {
        GitDirectory::of(&work_tree_root(target).ok_or("it lies in no git work tree")?)?
    };
    let objects = Objects::open(&directory, &[], &|_| false)?;
    let resolve = |text: &str| commit(&directory, &objects, text).map_err(|reason| format!("`{text}`: {reason}"));
    resolve(from).and_then(|from| Ok((from, resolve(to)?)))
}

/// The commit that `text` names.
pub(super) fn commit(directory: &GitDirectory, objects: &Objects, text: &str) -> Result<ObjectId, String> {
    Names { directory, objects, buffers: ObjectBuffers::default() }.commit(text).map_err(|reason| {
        let hint = "; the clone is shallow, so that it may lie outside (`fetch-depth: 0` fetches all)";
        if shallow(directory).is_empty() { reason } else { reason + hint }
    })
}

/// Looks names up.
struct Names<'r> {
    directory: &'r GitDirectory,
    objects: &'r Objects,
    buffers: ObjectBuffers,
}

impl Names<'_> {
    /// The commit that `text` names.
    fn commit(&mut self, text: &str) -> Result<ObjectId, String> {
        let end = text.find(['~', '^']).unwrap_or(text.len());
        let (name, mut steps) = text.split_at(end);
        let id = self.object(name)?;
        let mut at = self.objects.peel(&id, &mut self.buffers).map_err(|error| error.gap().1)?;
        while let Some(&kind) = steps.as_bytes().first() {
            let digits = steps[1..].bytes().take_while(u8::is_ascii_digit).count();
            let number = &steps[1..=digits];
            let unknown = || "it is no revision that is understood".to_owned();
            let number: usize = if number.is_empty() { 1 } else { number.parse().map_err(|_| unknown())? };
            match (kind, number) {
                (b'~', number) => {
                    for _ in 0..number {
                        at = self.parent(&at, 1)?;
                    }
                }
                (b'^', 0) => {}
                (b'^', number) => at = self.parent(&at, number)?,
                _ => return Err(unknown()),
            }
            steps = &steps[1 + digits..];
        }
        // A commit knows its parents' ids, whether or not they are there.
        self.objects.commit(&at, &mut self.buffers).map(|_| at).map_err(|error| error.gap().1)
    }

    fn parent(&mut self, commit: &ObjectId, number: usize) -> Result<ObjectId, String> {
        let commit = self.objects.commit(commit, &mut self.buffers).map_err(|error| error.gap().1)?;
        commit.parents.get(number - 1).copied().ok_or_else(|| "there is no such parent".to_owned())
    }

    /// The object that a name without steps stands for. As in git, a whole id is never the name of a reference.
    fn object(&self, name: &str) -> Result<ObjectId, String> {
        if let Ok(id) = ObjectId::from_hex(name.as_bytes()) {
            return Ok(id);
        }
        if matches!(name, "HEAD" | "@") {
            return head::commit(self.directory, self.objects.hash())?
                .ok_or_else(|| "HEAD has no commit yet".to_owned());
        }
        if let Some(id) = head::reference(self.directory, name)? {
            return ObjectId::from_hex(id.as_bytes()).map_err(|_| "the reference is damaged".to_owned());
        }
        let none = || "it names no reference and no commit of the repository".to_owned();
        let hexadecimal = name.len() >= LEAST_ID && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let prefix = Prefix::from_hex(name).ok().filter(|_| hexadecimal).ok_or_else(none)?;
        match &self.objects.ids_with(prefix)[..] {
            [id] => Ok(*id),
            [] => Err(none()),
            _ => Err("it is the beginning of several ids".to_owned()),
        }
    }
}
