//! The files of one commit, each read when it is asked for.

use std::collections::HashSet;
use std::path::Path;

use gix_hash::ObjectId;
use gix_object::tree::EntryKind;

use super::objects::{ObjectBuffers, Objects};
use super::{GitDirectory, is_bare_repository, revision, work_tree_root};

/// Links that are followed on the way to a file, at most.
const MAX_LINKS: usize = 16;

/// The files of a commit of the repository around a target.
pub struct CommitFiles {
    objects: Objects,
    buffers: ObjectBuffers,
    id: ObjectId,
    tree: ObjectId,
    /// The commits of its history; empty until they are asked for.
    history: HashSet<ObjectId>,
    /// Its id in hexadecimal.
    pub commit: String,
}

impl CommitFiles {
    /// Looks up what `revision` names in the repository of the work tree around `target`, or in the bare repository that
    /// `target` is. The error is a clause that says why there is no such commit.
    pub fn open(target: &Path, revision: &str) -> Result<Self, String> {
        let target = target.canonicalize().map_err(|error| error.kind().to_string())?;
        let directory = if is_bare_repository(&target) {
            GitDirectory::bare(&target)
        } else {
            let folder = if target.is_dir() { target.as_path() } else { target.parent().unwrap_or(Path::new("/")) };
            let root = work_tree_root(folder).ok_or("it lies in no git work tree")?;
            GitDirectory::of(&root)?
        };
        let objects = Objects::open(&directory, &[], &|_| false)?;
        let id = revision::commit(&directory, &objects, revision)?;
        let mut buffers = ObjectBuffers::default();
        let tree = objects.commit(&id, &mut buffers).map_err(|error| error.gap().1)?.tree;
        Ok(Self { objects, buffers, id, tree, history: HashSet::new(), commit: id.to_string() })
    }

    /// What the file at `path`, from the root of the work tree, held. None where there was no regular file.
    ///
    /// # Errors
    ///
    /// A clause that says why that is not known: an object is not there, damaged or too large.
    pub fn read(&mut self, path: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let Some((kind, id)) = self.entry(path)? else { return Ok(None) };
        if !matches!(kind, EntryKind::Blob | EntryKind::BlobExecutable) {
            return Ok(None);
        }
        let content = self.objects.read(&id, &mut self.buffers).map_err(|error| error.gap().1)?.1.to_vec();
        self.buffers.rest();
        Ok(Some(content))
    }

    /// The names of the regular files of the folder at `path`, sorted; none where there was no such folder.
    ///
    /// # Errors
    ///
    /// As for [`CommitFiles::read`].
    pub fn list(&mut self, path: &[u8]) -> Result<Vec<Vec<u8>>, String> {
        let Some((EntryKind::Tree, tree)) = self.entry(path)? else { return Ok(Vec::new()) };
        let entries = self.objects.tree(&tree, &mut self.buffers).map_err(|error| error.gap().1)?;
        let files = entries.into_iter().filter(|one| matches!(one.kind, EntryKind::Blob | EntryKind::BlobExecutable));
        let mut names: Vec<Vec<u8>> = files.map(|one| one.name).collect();
        names.sort();
        Ok(names)
    }

    /// Whether the commit is `id`, or has it in its history. What cannot be read has nothing before it.
    pub fn has_in_history(&mut self, id: &str) -> bool {
        let Ok(wanted) = ObjectId::from_hex(id.as_bytes()) else { return false };
        if self.history.is_empty() {
            let mut queue = vec![self.id];
            while let Some(id) = queue.pop() {
                if self.history.insert(id)
                    && let Ok(commit) = self.objects.commit(&id, &mut self.buffers)
                {
                    queue.extend(commit.parents);
                }
            }
        }
        self.history.contains(&wanted)
    }

    /// The entry at `path`. Links are followed as far as they lead to something in the same tree.
    fn entry(&mut self, path: &[u8]) -> Result<Option<(EntryKind, ObjectId)>, String> {
        let names = |path: &[u8]| -> Vec<Vec<u8>> {
            path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect()
        };
        let mut left: Vec<Vec<u8>> = names(path).into_iter().rev().collect();
        // The entries from the root to where the walk is.
        let mut way = vec![(EntryKind::Tree, self.tree)];
        let mut links = 0;
        while let Some(name) = left.pop() {
            match &name[..] {
                b"." => continue,
                b".." if way.len() > 1 => {
                    way.pop();
                    continue;
                }
                b".." => return Ok(None),
                _ => {}
            }
            let Some(&(EntryKind::Tree, tree)) = way.last() else { return Ok(None) };
            let entries = self.objects.tree(&tree, &mut self.buffers).map_err(|error| error.gap().1)?;
            let Some(entry) = entries.into_iter().find(|entry| entry.name == name) else { return Ok(None) };
            if entry.kind != EntryKind::Link {
                way.push((entry.kind, entry.id));
                continue;
            }
            links += 1;
            let target = self.objects.read(&entry.id, &mut self.buffers).map_err(|error| error.gap().1)?.1.to_vec();
            if links > MAX_LINKS || target.starts_with(b"/") {
                return Ok(None);
            }
            left.extend(names(&target).into_iter().rev());
        }
        Ok(way.pop())
    }
}
