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

use super::catalogue::loose_ids;
use super::loose::LooseObject;
use super::repository::CommitFacts;
use super::{GitDirectory, MAX_TEXT, is_regular};
use crate::gap::GapClass;
use crate::source::os::{self, Links};

/// Bytes that an object may have that is held whole: all of packs, whose objects are built of others.
pub(super) const MAX_OBJECT: u64 = 64 << 20;

/// Bytes that putting an object of a pack together may take: what it is built of, beside itself.
const MAX_PACKED: usize = 3 * MAX_OBJECT as usize;

/// Larger loose blobs are read as they come; of other larger objects one is held at a time.
const WHOLE: u64 = 1 << 20;

/// The object store of one repository. Shared by all workers.
pub struct Objects {
    hash: gix_hash::Kind,
    packs: Vec<Bundle>,
    /// `objects`, where loose ones lie, and others like it.
    folders: Vec<PathBuf>,
    /// Packs that cannot be opened, by name, and why.
    damaged: Vec<(String, &'static str)>,
    /// It names another directory with objects that is not read.
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
    /// A file to read it from, where it is a large blob.
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
    pub(super) fn too_large(size: u64) -> Self {
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
    /// Opens the packs of a repository and of `more` folders with objects of it, and those of other directories that they
    /// name, as far as `may_read` says so. What cannot be opened is missed when an object is not found.
    ///
    /// The error is a clause: the repository is of a form that is not understood.
    pub(super) fn open(
        directory: &GitDirectory,
        more: &[PathBuf],
        may_read: &dyn Fn(&Path) -> bool,
    ) -> Result<Self, String> {
        let hash = directory.object_format()?;
        let own = std::iter::once(directory.common.join("objects"));
        let (folders, alternates) = folders(own.chain(more.iter().cloned()).collect(), may_read);
        let (mut packs, mut damaged) = (Vec::new(), Vec::new());
        let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for path in folders.iter().flat_map(|folder| indexes(&folder.join("pack"))) {
            match Bundle::at(&path, hash) {
                Ok(mut pack) => {
                    pack.pack = pack.pack.with_alloc_limit_bytes(Some(MAX_PACKED));
                    packs.push(pack);
                }
                Err(error) => damaged.push((name(&path), clause(&error))),
            }
        }
        for path in folders.iter().flat_map(|folder| without_index(&folder.join("pack"))) {
            damaged.push((name(&path), "its index is not there"));
        }
        Ok(Self { hash, packs, folders, damaged, alternates, large: Mutex::new(()) })
    }

    /// The kind of the repository's object ids.
    pub(super) fn hash(&self) -> gix_hash::Kind {
        self.hash
    }

    /// The packs, in a fixed order.
    pub(super) fn packs(&self) -> &[Bundle] {
        &self.packs
    }

    /// The folders that hold objects.
    pub(super) fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Opens the file of a loose object.
    pub(super) fn loose(&self, id: &oid) -> Result<Option<LooseObject>, NoObject> {
        let mut failed = None;
        for folder in &self.folders {
            match LooseObject::open(folder, id) {
                Ok(Some(object)) => return Ok(Some(object)),
                Ok(None) => {}
                // It may lie elsewhere too.
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(None), Err)
    }

    /// Packs that cannot be opened, by name, and why.
    pub(super) fn damaged(&self) -> &[(String, &'static str)] {
        &self.damaged
    }

    /// Whether the repository names another directory with objects that is not read.
    pub(super) fn has_alternates(&self) -> bool {
        self.alternates
    }

    /// The ids of loose objects, sorted.
    pub(super) fn loose_ids(&self) -> Vec<ObjectId> {
        loose_ids(&self.folders, self.hash)
    }

    /// Waits for the right to hold large objects.
    pub(super) fn large(&self) -> MutexGuard<'_, ()> {
        self.large.lock().unwrap_or_else(PoisonError::into_inner)
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
        match self.loose(id)? {
            Some(object) => Ok(Found::Loose(object)),
            None => Err(failed.unwrap_or_else(|| self.missing())),
        }
    }

    /// Kind and content of an object that is held whole.
    pub(super) fn read<'b>(&self, id: &oid, buffers: &'b mut ObjectBuffers) -> Result<(Kind, &'b [u8]), NoObject> {
        let kind = match self.find(id, buffers)? {
            Found::Packed(kind, _) => kind,
            Found::Loose(object) => buffers.fill(object)?,
        };
        Ok((kind, &buffers.bytes))
    }

    /// What an object is, and its content: whole where it is small or no file.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn content<'b>(&'b self, id: &oid, buffers: &'b mut ObjectBuffers) -> Result<(Kind, Content<'b>), NoObject> {
        let (kind, held) = match self.find(id, buffers)? {
            Found::Loose(object) if object.left() > WHOLE && object.kind() == Kind::Blob => {
                return Ok((Kind::Blob, Content::Large(object)));
            }
            Found::Loose(object) => {
                let held = (object.left() > WHOLE).then(|| self.large());
                (buffers.fill(object)?, held)
            }
            Found::Packed(kind, held) => (kind, held),
        };
        Ok((kind, Content::Whole(&buffers.bytes, held)))
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
        let held = (header.object_size > WHOLE).then(|| self.large());
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

    /// What people know of a commit. Nothing where it cannot be read.
    pub(super) fn facts(&self, id: &oid, buffers: &mut ObjectBuffers) -> Option<CommitFacts> {
        let (kind, bytes) = self.read(id, buffers).ok()?;
        if kind != Kind::Commit {
            return None;
        }
        let commit = gix_object::CommitRef::from_bytes(bytes, self.hash).ok()?;
        let text = |bytes: &bstr::BStr| String::from_utf8_lossy(bytes).into_owned();
        let author = commit.author().ok().map(|author| (text(author.name), text(author.email)));
        let time = commit.committer().ok().map(|committer| committer.seconds());
        Some(CommitFacts { id: id.to_string(), time, author })
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
        let files = self.folders.iter().filter_map(|folder| fs::read_dir(folder.join(&text[..2])).ok());
        let files = files.flatten().filter_map(Result::ok);
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

/// Folders of objects and those that they name (git's gitrepository-layout(5), `objects/info/alternates`), and they in
/// turn, as far as they may be read; and whether some may not be, or are not there.
fn folders(mut folders: Vec<PathBuf>, may_read: &dyn Fn(&Path) -> bool) -> (Vec<PathBuf>, bool) {
    /// Git follows five.
    const MOST: usize = 32;
    let (mut next, mut left_out) = (0, false);
    while let Some(folder) = folders.get(next).cloned() {
        next += 1;
        let Ok(text) = os::read_regular(&folder.join("info/alternates"), MAX_TEXT, Links::Follow) else {
            left_out |= fs::symlink_metadata(folder.join("info/alternates")).is_ok();
            continue;
        };
        for line in text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii) {
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            match folder.join(os::path_from_bytes(line)).canonicalize() {
                Ok(path) if folders.contains(&path) => {}
                Ok(path) if path.is_dir() && folders.len() < MOST && may_read(&path) => folders.push(path),
                _ => left_out = true,
            }
        }
    }
    (folders, left_out)
}

/// The files in a folder with this extension, sorted; regular files alone, since the library maps what it opens.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension) && is_regular(path))
        .collect();
    paths.sort();
    paths
}

/// The indexes of packs in a folder.
fn indexes(folder: &Path) -> Vec<PathBuf> {
    let mut paths = files(folder, "idx");
    paths.retain(|path| is_regular(&path.with_extension("pack")));
    paths
}

/// Packs in a folder that have no index. Those that are being written have other names.
fn without_index(folder: &Path) -> Vec<PathBuf> {
    let mut paths = files(folder, "pack");
    let named = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"pack-"));
    paths.retain(|path| named(path) && !is_regular(&path.with_extension("idx")));
    paths
}
