//! The objects of a repository, found by their ids: from its packs and its loose files, and from nowhere else.
//!
//! Objects that another directory holds (`objects/info/alternates`) are not read, since it need not belong to the scope,
//! and no remote is asked for those that a partial clone lacks: both are told apart from damage.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gix_hash::{Kind, ObjectId, oid};
use gix_pack::Bundle;

use super::GitDirectory;
use crate::gap::GapClass;

/// Bytes that an object may have.
const MAX_OBJECT: u64 = 256 << 20;

/// The object store of one repository. Shared by all workers.
pub struct Objects {
    hash: Kind,
    packs: Vec<Bundle>,
    loose: gix_odb::loose::Store,
    /// `objects`.
    folder: PathBuf,
    /// Packs that cannot be opened, by name, and why.
    damaged: Vec<(String, &'static str)>,
    alternates: bool,
}

/// Working memory of one reader of objects.
#[derive(Default)]
pub struct ObjectBuffers {
    inflate: gix_zlib::Inflate,
    bytes: Vec<u8>,
}

/// Why there is no content for an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoObject {
    /// The repository does not hold it; the clause says what may be the reason.
    Missing(String),
    /// It is there and cannot be read.
    Damaged(String),
    /// It has more bytes than the budget for one object.
    TooLarge(u64),
}

impl NoObject {
    /// The class of the gap, and a clause that says why.
    pub fn gap(self) -> (GapClass, String) {
        match self {
            Self::Missing(reason) => (GapClass::Missing, reason),
            Self::Damaged(reason) => (GapClass::Unreadable, format!("its object cannot be read: {reason}")),
            Self::TooLarge(size) => {
                (GapClass::OverBudget, format!("its object has {size} bytes, more than the {MAX_OBJECT} of the budget"))
            }
        }
    }
}

impl Objects {
    /// Opens the packs of a repository. What cannot be opened is missed when an object is not found.
    pub(super) fn open(directory: &GitDirectory, hash: Kind) -> Self {
        let folder = directory.common.join("objects");
        let (mut packs, mut damaged) = (Vec::new(), Vec::new());
        for path in indexes(&folder.join("pack")) {
            match Bundle::at(&path, hash) {
                Ok(pack) => packs.push(pack),
                Err(error) => {
                    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    damaged.push((name, clause(&error)));
                }
            }
        }
        let alternates = fs::symlink_metadata(folder.join("info/alternates")).is_ok();
        let options =
            gix_odb::loose::Options { alloc_limit_bytes: usize::try_from(MAX_OBJECT).ok(), ..Default::default() };
        let loose = gix_odb::loose::Store::at_opts(&folder, hash, options);
        Self { hash, packs, loose, folder, damaged, alternates }
    }

    /// The kind of the repository's object ids.
    pub fn hash(&self) -> Kind {
        self.hash
    }

    /// Kind and content of an object.
    pub fn read<'b>(&self, id: &oid, buffers: &'b mut ObjectBuffers) -> Result<(gix_object::Kind, &'b [u8]), NoObject> {
        let damage = |error: gix_error::Error| NoObject::Damaged(clause(&error).to_owned());
        let mut failed = None;
        for pack in &self.packs {
            let Some(index) = pack.index.lookup(id) else { continue };
            match packed(pack, index, buffers) {
                Ok(kind) => return Ok((kind, &buffers.bytes)),
                // Another pack, or a loose file, may hold it too.
                Err(error) => failed = Some(error),
            }
        }
        if !self.is_loose(id)? {
            return Err(failed.unwrap_or_else(|| self.missing()));
        }
        match self.loose.try_header(id).map_err(damage)? {
            Some((size, _)) if size > MAX_OBJECT => Err(NoObject::TooLarge(size)),
            Some(_) => {
                let found = self.loose.try_find(id, &mut buffers.bytes).map_err(damage)?;
                let kind = found.map(|data| data.kind).ok_or_else(|| self.missing())?;
                Ok((kind, &buffers.bytes))
            }
            None => Err(self.missing()),
        }
    }

    /// Whether an object has a file of its own. The library opens what is there, and would wait for the writer of a FIFO.
    fn is_loose(&self, id: &oid) -> Result<bool, NoObject> {
        let name = id.to_hex().to_string();
        match fs::metadata(self.folder.join(&name[..2]).join(&name[2..])) {
            Ok(found) if found.is_file() => Ok(true),
            Ok(_) => Err(NoObject::Damaged("not a regular file".to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(NoObject::Damaged(error.kind().to_string())),
        }
    }

    fn missing(&self) -> NoObject {
        NoObject::Missing(if let Some((name, reason)) = self.damaged.first() {
            format!("its object is not there; {name} cannot be opened: {reason}")
        } else if self.alternates {
            "its object is not there; objects/info/alternates names another directory, which is not read".to_owned()
        } else {
            "its object is not there".to_owned()
        })
    }

    /// The entries of a tree, in its order.
    pub(super) fn tree(&self, id: &oid, buffers: &mut ObjectBuffers) -> Result<Vec<TreeEntry>, NoObject> {
        let (kind, bytes) = self.read(id, buffers)?;
        if kind != gix_object::Kind::Tree {
            return Err(NoObject::Damaged(format!("a {kind} stands where a tree should")));
        }
        let entries = gix_object::TreeRefIter::from_bytes(bytes, self.hash).map(|entry| {
            let entry = entry.map_err(|error| NoObject::Damaged(clause(&error).to_owned()))?;
            Ok(TreeEntry { name: entry.filename.to_vec(), kind: entry.mode.kind(), id: entry.oid.to_owned() })
        });
        entries.collect()
    }

    /// The tree of a commit.
    pub(super) fn tree_of_commit(&self, id: &oid, buffers: &mut ObjectBuffers) -> Result<ObjectId, NoObject> {
        let (kind, bytes) = self.read(id, buffers)?;
        if kind != gix_object::Kind::Commit {
            return Err(NoObject::Damaged(format!("a {kind} stands where a commit should")));
        }
        gix_object::CommitRefIter::from_bytes(bytes, self.hash)
            .tree_id()
            .map_err(|error| NoObject::Damaged(clause(&error).to_owned()))
    }
}

impl ObjectBuffers {
    /// The content that was read last.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives back what large objects took.
    pub fn rest(&mut self) {
        const IDLE: usize = 1 << 20;
        if self.bytes.capacity() > IDLE {
            self.bytes = Vec::new();
        }
    }
}

/// An error of the library in words that name no path; its own messages do.
pub(super) fn clause(error: &gix_error::Error) -> &'static str {
    tracing::debug!(%error, "git objects");
    if error.is_permission_denied() {
        "permission denied"
    } else if error.is_unsupported() {
        "of a form that is not known"
    } else if error.is_resource_exhausted() {
        "it asks for more memory than it may have"
    } else {
        "damaged"
    }
}

/// Reads an object of a pack and returns its kind.
fn packed(pack: &Bundle, index: u32, buffers: &mut ObjectBuffers) -> Result<gix_object::Kind, NoObject> {
    use gix_pack::data::decode::header::ResolvedBase;
    let damage = |error: gix_error::Error| NoObject::Damaged(clause(&error).to_owned());
    let entry = pack.pack.entry(pack.index.pack_offset_at_index(index)).map_err(damage)?;
    let base = |id: &oid| {
        let offset = pack.index.lookup(id).map(|index| pack.index.pack_offset_at_index(index));
        offset.map(|offset| pack.pack.entry(offset).map(ResolvedBase::InPack)).transpose()
    };
    let header = pack.pack.decode_header(entry, &mut buffers.inflate, &base).map_err(damage)?;
    if header.object_size > MAX_OBJECT {
        return Err(NoObject::TooLarge(header.object_size));
    }
    let mut cache = gix_pack::cache::Never;
    let (found, _) =
        pack.get_object_by_index(index, &mut buffers.bytes, &mut buffers.inflate, &mut cache).map_err(damage)?;
    Ok(found.kind)
}

/// An entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TreeEntry {
    pub(super) name: Vec<u8>,
    pub(super) kind: gix_object::tree::EntryKind,
    pub(super) id: ObjectId,
}

/// The indexes of packs in a folder, sorted; regular files alone, since the library maps what it opens.
fn indexes(folder: &Path) -> Vec<PathBuf> {
    let regular = |path: &Path| fs::metadata(path).is_ok_and(|found| found.is_file());
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "idx"))
        .filter(|path| regular(path) && regular(&path.with_extension("pack")))
        .collect();
    paths.sort();
    paths
}
