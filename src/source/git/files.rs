//! The files of one commit, each read when it is asked for.

use std::path::{Path, PathBuf};

use gix_hash::ObjectId;
use gix_object::tree::EntryKind;

use super::objects::{ObjectBuffers, Objects};
use super::{GitDirectory, is_bare_repository, revision, work_tree_root};

/// The files of a commit of the repository around a target.
pub struct CommitFiles {
    objects: Objects,
    buffers: ObjectBuffers,
    tree: ObjectId,
    root: PathBuf,
    /// Its id in hexadecimal.
    pub commit: String,
}

impl CommitFiles {
    /// Looks up what `revision` names in the repository of the work tree around `target`, or in the bare repository that
    /// `target` is. The error is a clause that says why there is no such commit.
    pub fn open(target: &Path, revision: &str) -> Result<Self, String> {
        let target = target.canonicalize().map_err(|error| error.kind().to_string())?;
        let (directory, root) = if is_bare_repository(&target) {
            (GitDirectory::bare(&target), target)
        } else {
            let folder = if target.is_dir() { target.as_path() } else { target.parent().unwrap_or(Path::new("/")) };
            let root = work_tree_root(folder).ok_or("it lies in no git work tree")?;
            (GitDirectory::of(&root)?, root)
        };
        let objects = Objects::open(&directory, &[], &|_| false)?;
        let id = revision::commit(&directory, &objects, revision)?;
        let mut buffers = ObjectBuffers::default();
        let tree = objects.commit(&id, &mut buffers).map_err(|error| error.gap().1)?.tree;
        Ok(Self { objects, buffers, tree, root, commit: id.to_string() })
    }

    /// The root of the work tree, without links.
    pub fn root(&self) -> &Path {
        &self.root
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

    fn entry(&mut self, path: &[u8]) -> Result<Option<(EntryKind, ObjectId)>, String> {
        let mut at = (EntryKind::Tree, self.tree);
        for name in path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()) {
            if at.0 != EntryKind::Tree {
                return Ok(None);
            }
            let entries = self.objects.tree(&at.1, &mut self.buffers).map_err(|error| error.gap().1)?;
            match entries.into_iter().find(|entry| entry.name == name) {
                Some(entry) => at = (entry.kind, entry.id),
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }
}
