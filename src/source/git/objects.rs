//! The objects of a repository, found by their ids: from its packs and its loose files, and from nowhere else.
//!
//! Objects that another directory holds (`objects/info/alternates`) are not read, since it need not belong to the scope,
//! and no remote is asked for those that a partial clone lacks: both are told apart from damage.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gix_hash::{ObjectId, oid};
use gix_object::Kind;
use gix_pack::Bundle;
use gix_pack::data::decode::header::ResolvedBase;

use super::GitDirectory;
use super::loose::LooseObject;
use crate::gap::GapClass;

/// Bytes that an object may have that is held whole: all of packs, whose objects are built of others.
const MAX_OBJECT: u64 = 64 << 20;

/// Bytes that putting an object of a pack together may take: what it is built of, beside itself.
const MAX_PACKED: usize = 3 * MAX_OBJECT as usize;

/// Larger loose objects are read as they come; of larger ones of packs one is held at a time.
const WHOLE: u64 = 1 << 20;

/// The object store of one repository. Shared by all workers.
pub struct Objects {
    hash: gix_hash::Kind,
    packs: Vec<Bundle>,
    /// `objects`, where loose ones lie.
    folder: PathBuf,
    /// Packs that cannot be opened, by name, and why.
    damaged: Vec<(String, &'static str)>,
    alternates: bool,
    /// Held by who holds a large object of a pack.
    large: Mutex<()>,
}

/// Working memory of one reader of objects.
#[derive(Default)]
pub struct ObjectBuffers {
    inflate: gix_zlib::Inflate,
    bytes: Vec<u8>,
}

/// The content of an object. Only one may be held at a time by a thread.
pub enum Content<'b> {
    /// All of it, and the right to hold it where it is large.
    Whole(&'b [u8], Option<MutexGuard<'b, ()>>),
    /// A file to read it from.
    Large(LooseObject),
}

/// Where an object was found.
enum Found<'o> {
    /// In a pack; with the right to hold it where it is large.
    Packed(Kind, Option<MutexGuard<'o, ()>>),
    /// In a file of its own.
    Loose(LooseObject),
}

/// Why there is no content for an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoObject {
    /// The repository does not hold it; the clause says what may be the reason.
    Missing(String),
    /// It is there and cannot be read.
    Damaged(String),
    /// It has more bytes than the budget for one object, or is built of objects that have.
    OverBudget(String),
}

impl NoObject {
    fn too_large(size: u64) -> Self {
        Self::OverBudget(format!("its object has {size} bytes; {MAX_OBJECT} are the most that are held at once"))
    }

    /// The class of the gap, and a clause that says why.
    pub fn gap(self) -> (GapClass, String) {
        match self {
            Self::Missing(reason) => (GapClass::Missing, reason),
            Self::Damaged(reason) => (GapClass::Unreadable, format!("its object cannot be read: {reason}")),
            Self::OverBudget(reason) => (GapClass::OverBudget, reason),
        }
    }
}

impl Objects {
    /// Opens the packs of a repository. What cannot be opened is missed when an object is not found.
    ///
    /// The error is a clause: the repository is of a form that is not understood.
    pub(super) fn open(directory: &GitDirectory) -> Result<Self, String> {
        let hash = directory.object_format()?;
        let folder = directory.common.join("objects");
        let (mut packs, mut damaged) = (Vec::new(), Vec::new());
        for path in indexes(&folder.join("pack")) {
            match Bundle::at(&path, hash) {
                Ok(mut pack) => {
                    pack.pack = pack.pack.with_alloc_limit_bytes(Some(MAX_PACKED));
                    packs.push(pack);
                }
                Err(error) => {
                    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    damaged.push((name, clause(&error)));
                }
            }
        }
        let alternates = fs::symlink_metadata(folder.join("info/alternates")).is_ok();
        Ok(Self { hash, packs, folder, damaged, alternates, large: Mutex::new(()) })
    }

    /// The kind of the repository's object ids.
    pub(super) fn hash(&self) -> gix_hash::Kind {
        self.hash
    }

    /// Finds an object. The content of a packed one is in the buffers then. A panic of the library is damage of the object.
    fn find(&self, id: &oid, buffers: &mut ObjectBuffers) -> Result<Found<'_>, NoObject> {
        catch_unwind(AssertUnwindSafe(|| self.look_up(id, buffers)))
            .unwrap_or_else(|_| Err(NoObject::Damaged("reading it failed".to_owned())))
    }

    fn look_up(&self, id: &oid, buffers: &mut ObjectBuffers) -> Result<Found<'_>, NoObject> {
        let mut failed = None;
        for pack in &self.packs {
            let Some(index) = pack.index.lookup(id) else { continue };
            match self.packed(pack, index, buffers) {
                Ok(found) => return Ok(found),
                // Another pack, or a loose file, may hold it too.
                Err(error) => failed = Some(error),
            }
        }
        match LooseObject::open(&self.folder, id)? {
            Some(object) => Ok(Found::Loose(object)),
            None => Err(failed.unwrap_or_else(|| self.missing())),
        }
    }

    /// Kind and content of an object that is held whole.
    fn read<'b>(&self, id: &oid, buffers: &'b mut ObjectBuffers) -> Result<(Kind, &'b [u8]), NoObject> {
        let kind = match self.find(id, buffers)? {
            Found::Packed(kind, _) => kind,
            Found::Loose(object) => buffers.fill(object)?,
        };
        Ok((kind, &buffers.bytes))
    }

    /// The content of an object: whole where it is small.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn content<'b>(&'b self, id: &oid, buffers: &'b mut ObjectBuffers) -> Result<Content<'b>, NoObject> {
        let held = match self.find(id, buffers)? {
            Found::Loose(object) if object.left() > WHOLE => return Ok(Content::Large(object)),
            Found::Loose(object) => {
                buffers.fill(object)?;
                None
            }
            Found::Packed(_, held) => held,
        };
        Ok(Content::Whole(&buffers.bytes, held))
    }

    /// Reads an object of a pack.
    fn packed(&self, pack: &Bundle, index: u32, buffers: &mut ObjectBuffers) -> Result<Found<'_>, NoObject> {
        let failed = |error: gix_error::Error| match clause(&error) {
            reason if error.is_resource_exhausted() => NoObject::OverBudget(reason.to_owned()),
            reason => NoObject::Damaged(reason.to_owned()),
        };
        let entry = pack.pack.entry(pack.index.pack_offset_at_index(index)).map_err(failed)?;
        let base = |id: &oid| {
            let offset = pack.index.lookup(id).map(|index| pack.index.pack_offset_at_index(index));
            offset.map(|offset| pack.pack.entry(offset).map(ResolvedBase::InPack)).transpose()
        };
        let header = pack.pack.decode_header(entry, &mut buffers.inflate, &base).map_err(failed)?;
        if header.object_size > MAX_OBJECT {
            return Err(NoObject::too_large(header.object_size));
        }
        let held = (header.object_size > WHOLE).then(|| self.large.lock().unwrap_or_else(PoisonError::into_inner));
        let mut cache = gix_pack::cache::Never;
        let (found, _) =
            pack.get_object_by_index(index, &mut buffers.bytes, &mut buffers.inflate, &mut cache).map_err(failed)?;
        Ok(Found::Packed(found.kind, held))
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
        if kind != Kind::Tree {
            return Err(NoObject::Damaged(format!("a {kind} stands where a tree should")));
        }
        let entries = gix_object::TreeRefIter::from_bytes(bytes, self.hash).map(|entry| {
            let entry = entry.map_err(|error| NoObject::Damaged(clause(&error).to_owned()))?;
            Ok(TreeEntry { name: entry.filename.to_vec(), kind: entry.mode.kind(), id: entry.oid.to_owned() })
        });
        entries.collect()
    }

    /// What is read of a commit.
    pub(super) fn commit(&self, id: &oid, buffers: &mut ObjectBuffers) -> Result<Commit, NoObject> {
        let (kind, bytes) = self.read(id, buffers)?;
        if kind != Kind::Commit {
            return Err(NoObject::Damaged(format!("a {kind} stands where a commit should")));
        }
        let damage = |error: gix_error::Error| NoObject::Damaged(clause(&error).to_owned());
        let commit = gix_object::CommitRef::from_bytes(bytes, self.hash).map_err(damage)?;
        // A time that cannot be read orders a commit among the oldest.
        let time = commit.committer().map_or(i64::MIN, |committer| committer.seconds());
        Ok(Commit { tree: commit.tree(), parents: commit.parents().collect(), time })
    }

    /// The commit that an object is, or that a tag names, through as many tags as it takes.
    pub(super) fn peel(&self, id: &oid, buffers: &mut ObjectBuffers) -> Result<ObjectId, NoObject> {
        const TAGS: usize = 16;
        let mut at = id.to_owned();
        for _ in 0..TAGS {
            let (kind, bytes) = self.read(&at, buffers)?;
            match kind {
                Kind::Commit => return Ok(at),
                Kind::Tag => {
                    let target = gix_object::TagRefIter::from_bytes(bytes, self.hash).target_id();
                    at = target.map_err(|error| NoObject::Damaged(clause(&error).to_owned()))?;
                }
                _ => return Err(NoObject::Damaged(format!("a {kind} stands where a commit should"))),
            }
        }
        Err(NoObject::Damaged("too many tags of tags".to_owned()))
    }

    /// The ids that begin with `prefix`: two at most.
    pub(super) fn ids_with(&self, prefix: gix_hash::Prefix) -> Vec<ObjectId> {
        let mut found = BTreeSet::new();
        for pack in &self.packs {
            let mut candidates = 0..0;
            pack.index.lookup_prefix(prefix, Some(&mut candidates));
            found.extend(candidates.take(2).map(|index| pack.index.oid_at_index(index).to_owned()));
        }
        let text = prefix.to_string();
        let files = fs::read_dir(self.folder.join(&text[..2])).into_iter().flatten().filter_map(Result::ok);
        let names = files.filter_map(|file| Some(format!("{}{}", &text[..2], file.file_name().to_str()?)));
        found.extend(
            names.filter(|name| name.starts_with(&text)).filter_map(|name| ObjectId::from_hex(name.as_bytes()).ok()),
        );
        found.into_iter().take(2).collect()
    }
}

impl ObjectBuffers {
    /// Reads all of a loose object, and returns its kind.
    fn fill(&mut self, mut object: LooseObject) -> Result<Kind, NoObject> {
        let size = object.left();
        if size > MAX_OBJECT {
            return Err(NoObject::too_large(size));
        }
        self.bytes.clear();
        // A header can claim what it likes; memory comes with the content.
        object.read_to_end(&mut self.bytes).map_err(|_| NoObject::Damaged("damaged".to_owned()))?;
        Ok(object.kind())
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

/// What is read of a commit.
#[derive(Clone, Debug)]
pub(super) struct Commit {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    /// Seconds since 1970, as the committer's clock told.
    pub(super) time: i64,
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
