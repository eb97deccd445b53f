//! A repository as it is found: where its objects lie, its references, its index. Opening one reads no object.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use gix_hash::ObjectId;
use gix_object::Kind;
use sha2::{Digest as _, Sha256};

use super::objects::{Content, NoObject, ObjectBuffers, Objects};
use super::refs::{Reference, References};
use super::{GitDirectory, begins_work_tree, check_index, is_bare_repository, shallow, staged, work_tree_root};
use crate::source::os;

/// A repository.
pub struct Repository {
    /// Whether it has no work tree.
    pub bare: bool,
    pub(super) objects: Objects,
    pub(super) references: References,
    pub(super) directory: GitDirectory,
    /// The files of the index, with their ids, or why it cannot be relied upon.
    pub(super) indexed: Result<Vec<staged::Indexed>, String>,
    /// Paths of submodules in the work tree, and whether they are checked out.
    submodules: Vec<(Vec<u8>, bool)>,
}

/// A commit as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitFacts {
    /// Its id in hexadecimal.
    pub id: String,
    /// Seconds since 1970, as the committer's clock told.
    pub time: Option<i64>,
    /// The name and the mail address of its author.
    pub author: Option<(String, String)>,
}

impl Repository {
    /// Opens the repository at `target`: the root of a work tree, or a bare repository. None where there is no repository.
    /// What it names outside of `scope` is read only where there is none.
    ///
    /// # Errors
    ///
    /// A clause that says why it cannot be read.
    pub fn open(target: &Path, scope: Option<&Path>) -> Result<Option<Self>, String> {
        let bare = is_bare_repository(target);
        let target = target.canonicalize().map_err(|error| error.kind().to_string())?;
        let scope = scope.map(Path::canonicalize).transpose().map_err(|error| error.kind().to_string())?;
        let may_read = |path: &Path| {
            let path = path.canonicalize();
            scope.as_ref().is_none_or(|scope| path.is_ok_and(|path| path.starts_with(scope)))
        };
        let directory = if bare {
            GitDirectory::bare(&target)
        } else {
            match work_tree_root(&target) {
                None => return Ok(None),
                Some(root) if root != target => {
                    return Err("it lies within a work tree, whose root has the history".to_owned());
                }
                Some(root) => GitDirectory::of(&root)?,
            }
        };
        if !may_read(&directory.own) || !may_read(&directory.common) {
            return Err("its git directory lies outside of the target; --allow-outside reads it".to_owned());
        }
        let objects = Objects::open(&directory, &[], &may_read)?;
        let references = References::of(&directory, objects.hash());
        let mut repository =
            Self { bare, objects, references, directory, indexed: Ok(Vec::new()), submodules: Vec::new() };
        if !bare {
            repository.read_index(&target);
        }
        Ok(Some(repository))
    }

    fn read_index(&mut self, root: &Path) {
        let path = self.directory.own.join("index");
        let read = match check_index(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => Err(error.to_string()),
            Ok(()) => staged::entries(&path, self.objects.hash()),
        };
        self.indexed = read.map(|[files, submodules]| {
            let checked_out = |path: &[u8]| begins_work_tree(&root.join(os::path_from_bytes(path)));
            let submodules = submodules.into_iter().map(|(path, _)| path);
            self.submodules = submodules.map(|path| (path.clone(), checked_out(&path))).collect();
            files
        });
    }

    /// The paths of submodules in the work tree, and whether they are checked out.
    pub fn submodules(&self) -> &[(Vec<u8>, bool)] {
        &self.submodules
    }

    /// The references that name objects.
    pub fn references(&self) -> &[Reference] {
        &self.references.all
    }

    /// Files with the logs of references, and their paths from the git directory.
    pub fn logs(&self) -> &[(PathBuf, Vec<u8>)] {
        &self.references.logs
    }

    /// Reads an object by its id in hexadecimal.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn read<'b>(&'b self, id: &str, buffers: &'b mut ObjectBuffers) -> Result<(Kind, Content<'b>), NoObject> {
        let id = ObjectId::from_hex(id.as_bytes()).map_err(|_| NoObject::Damaged("it has no such id".to_owned()))?;
        self.objects.content(&id, buffers)
    }

    /// What people know of a commit, whose id is given in hexadecimal.
    pub fn commit_facts(&self, id: &str, buffers: &mut ObjectBuffers) -> CommitFacts {
        let known = ObjectId::from_hex(id.as_bytes()).ok().and_then(|id| self.objects.facts(&id, buffers));
        known.unwrap_or_else(|| CommitFacts { id: id.to_owned(), time: None, author: None })
    }

    /// SHA-256 over all that its history hangs on: names, sizes and times of the packs that were opened, names and sizes of
    /// loose objects, references, the index. Where it is the same, the history is.
    pub fn state(&self) -> [u8; 32] {
        let mut sha256 = Sha256::new();
        let mut add = |bytes: &[u8]| {
            sha256.update((bytes.len() as u64).to_le_bytes());
            sha256.update(bytes);
        };
        add(&[u8::from(self.bare), u8::from(self.objects.has_alternates())]);
        for path in self.objects.packs().iter().flat_map(|pack| [pack.index.path(), pack.pack.path()]) {
            let found = fs::metadata(path).ok();
            add(path.file_name().unwrap_or_default().as_encoded_bytes());
            add(&found.as_ref().map_or(0, Metadata::len).to_le_bytes());
            add(format!("{:?}", found.and_then(|found| found.modified().ok())).as_bytes());
        }
        for (name, reason) in self.objects.damaged() {
            add(name.as_bytes());
            add(reason.as_bytes());
        }
        for folder in self.objects.folders() {
            for first in 0..=u8::MAX {
                for (name, found) in listed(&folder.join(format!("{first:02x}"))) {
                    add(&[first]);
                    add(name.as_bytes());
                    add(&found.len().to_le_bytes());
                }
            }
        }
        for reference in &self.references.all {
            add(reference.name.as_bytes());
            add(reference.id.as_bytes());
        }
        self.references.gaps.iter().for_each(|reason| add(reason.as_bytes()));
        for commit in shallow(&self.directory) {
            add(commit.as_bytes());
        }
        match &self.indexed {
            Ok(entries) => entries.iter().for_each(|(path, id)| {
                add(path);
                add(id.as_bytes());
            }),
            Err(reason) => add(reason.as_bytes()),
        }
        for (path, checked_out) in &self.submodules {
            add(path);
            add(&[u8::from(*checked_out)]);
        }
        sha256.finalize().into()
    }
}

/// The files in a folder, sorted by name.
fn listed(folder: &Path) -> Vec<(String, Metadata)> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let files =
        entries.filter_map(|entry| Some((entry.file_name().to_string_lossy().into_owned(), entry.metadata().ok()?)));
    let mut files: Vec<_> = files.filter(|(_, found)| found.is_file()).collect();
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    files
}
