//! How a work tree stands to the commit that it shows: what an audit record says of the place it was made from.
//!
//! As everywhere in this module nothing of the repository is obeyed: objects and index are opened by themselves, never
//! the repository with its configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::path::Path;

use git2::{IndexEntry, ObjectType, Odb, Oid, Repository, TreeWalkMode, TreeWalkResult};
use gix_hash::ObjectId;

use super::{GitDirectory, check_index, head, prepare, shallow, work_tree_root};
use crate::source::os::{self, Links};

/// Bytes of tracked files that are hashed, at most, where the index cannot say that they are unchanged.
const MAX_HASHED: u64 = 256 << 20;

/// Commits that are followed to find the depth of a shallow clone, at most.
const MAX_DEPTH: u64 = 100_000;

/// Mode bits that tell what an entry is (git's `Documentation/gitformat-index`).
const KIND: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

/// How a work tree stands to its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// Tracked paths whose content differs from that of the commit: changed, staged, or gone. The error is a clause
    /// that says why it is not known. Content is compared byte by byte, so that a file which a filter or a
    /// conversion of line ends has rewritten counts as changed unless the index vouches for it.
    pub changed: Result<u64, String>,
    /// Commits at which a shallow clone ends; 0 for a whole one.
    pub shallow_boundaries: u64,
    /// Commits from HEAD, along first parents, to the end of a shallow clone, both counted.
    pub depth: Option<u64>,
    /// `remote.origin.fetch`, in the order of the configuration.
    pub refspecs: Vec<String>,
}

/// Looks at the work tree around `target`; nothing outside of work trees, or where its repository is damaged.
pub fn checkout(target: &Path) -> Option<Checkout> {
    prepare();
    let workdir = work_tree_root(target)?;
    let directory = GitDirectory::of(&workdir).ok()?;
    let refspecs = directory
        .settings()
        .ok()?
        .into_iter()
        .filter(|setting| setting.section == b"remote" && setting.subsection == b"origin" && setting.name == b"fetch")
        .filter_map(|setting| String::from_utf8(setting.value?).ok())
        .collect();
    let boundaries = shallow(&directory);
    let opened = open(&directory);
    let depth = match &opened {
        Ok((objects, head)) if !boundaries.is_empty() => depth(objects, *head, &boundaries),
        _ => None,
    };
    let changed = opened.and_then(|(objects, head)| changed(&workdir, &directory, &objects, head));
    Some(Checkout { changed, shallow_boundaries: boundaries.len() as u64, depth, refspecs })
}

/// The objects of a repository, without its configuration, and the commit of HEAD.
fn open(directory: &GitDirectory) -> Result<(Repository, Oid), String> {
    directory.check_format()?;
    let text = |error: git2::Error| error.message().to_owned();
    let objects = directory.common.join("objects");
    let path = objects.to_str().ok_or("the path of its objects is not UTF-8")?;
    let odb = Odb::new().map_err(text)?;
    odb.add_disk_alternate(path).map_err(text)?;
    let repository = Repository::from_odb(odb).map_err(text)?;
    let head = head::head(directory).1.ok_or("HEAD names no commit")?;
    Ok((repository, Oid::from_str(&head).map_err(text)?))
}

fn depth(objects: &Repository, head: Oid, boundaries: &BTreeSet<ObjectId>) -> Option<u64> {
    let mut at = head;
    for depth in 1..=MAX_DEPTH {
        if boundaries.contains(&ObjectId::from_bytes_or_panic(at.as_bytes())) {
            return Some(depth);
        }
        at = objects.find_commit(at).ok()?.parent_id(0).ok()?;
    }
    None
}

/// Counts tracked paths that are not as in the commit `head`.
fn changed(workdir: &Path, directory: &GitDirectory, objects: &Repository, head: Oid) -> Result<u64, String> {
    let text = |error: git2::Error| error.message().to_owned();
    let tree = objects.find_commit(head).and_then(|commit| commit.tree()).map_err(text)?;
    let mut committed: BTreeMap<Vec<u8>, (Oid, u32)> = BTreeMap::new();
    tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
        if entry.kind() != Some(ObjectType::Tree) {
            let path = [folder.as_bytes(), entry.name_bytes()].concat();
            committed.insert(path, (entry.id(), entry.filemode().cast_unsigned() & KIND));
        }
        TreeWalkResult::Ok
    })
    .map_err(text)?;
    let path = directory.own.join("index");
    check_index(&path).map_err(|error| error.to_string())?;
    let written = fs::metadata(&path).map_err(|error| error.to_string())?;
    let index = git2::Index::open(&path).map_err(text)?;
    let mut budget = MAX_HASHED;
    let mut changed = 0;
    for entry in index.iter() {
        let same_as_commit = committed.remove(&entry.path) == Some((entry.id, entry.mode & KIND));
        if !same_as_commit || !is_unchanged(workdir, &entry, &written, &mut budget)? {
            changed += 1;
        }
    }
    // What is left was removed from the index.
    Ok(changed + committed.len() as u64)
}

/// Whether the file of an entry holds what the entry names.
fn is_unchanged(workdir: &Path, entry: &IndexEntry, index: &Metadata, budget: &mut u64) -> Result<bool, String> {
    let path = workdir.join(os::path_from_bytes(&entry.path));
    let expected = match entry.mode & KIND {
        REGULAR => fs::FileType::is_file,
        LINK => fs::FileType::is_symlink,
        // A submodule has a commit of its own.
        _ => return Ok(true),
    };
    let Ok(found) = fs::symlink_metadata(&path) else { return Ok(false) };
    if !expected(&found.file_type()) {
        return Ok(false);
    }
    if vouched_for(entry, &found, index) {
        return Ok(true);
    }
    let content = if found.is_symlink() {
        fs::read_link(&path).map(|target| os::path_bytes(&target).into_owned())
    } else {
        let left = budget.checked_sub(found.len()).ok_or("too much to compare: the index vouches for too few files")?;
        *budget = left;
        os::read_regular(&path, found.len(), Links::Refuse)
    };
    let Ok(content) = content else { return Ok(false) };
    Ok(Oid::hash_object(ObjectType::Blob, &content).is_ok_and(|id| id == entry.id))
}

/// Whether size and time say that a file is as it was when it entered the index. A file as young as the index may have
/// changed after it (git's `Documentation/technical/racy-git`).
fn vouched_for(entry: &IndexEntry, found: &Metadata, index: &Metadata) -> bool {
    let Ok(modified) = found.modified() else { return false };
    let Ok(since) = modified.duration_since(std::time::UNIX_EPOCH) else { return false };
    let older = index.modified().is_ok_and(|index| modified < index);
    let seconds = u64::try_from(entry.mtime.seconds()).is_ok_and(|seconds| seconds == since.as_secs());
    // Without nanoseconds in the index, one second is all that can be told.
    let nanoseconds = entry.mtime.nanoseconds() == since.subsec_nanos();
    older && seconds && nanoseconds && u64::from(entry.file_size) == found.len()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{git, write};
    use super::*;

    fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "-q"]);
        for (path, content) in files {
            write(folder.path(), path, content);
        }
        git(folder.path(), &["add", "."]);
        git(folder.path(), &["commit", "-qm", "x", "--allow-empty"]);
        folder
    }

    #[test]
    fn what_differs_from_the_commit_is_counted() {
        let folder = repository(&[("a.txt", "one"), ("b/c.txt", "two"), ("d.txt", "three")]);
        let changed = || checkout(folder.path()).unwrap().changed;
        assert_eq!(changed(), Ok(0));
        write(folder.path(), "untracked", "x");
        assert_eq!(changed(), Ok(0), "untracked files are no change of the commit");
        write(folder.path(), "a.txt", "own");
        assert_eq!(changed(), Ok(1), "of the same length");
        fs::remove_file(folder.path().join("d.txt")).unwrap();
        assert_eq!(changed(), Ok(2));
        write(folder.path(), "a.txt", "one");
        assert_eq!(changed(), Ok(1), "written anew with the same content");
        write(folder.path(), "e.txt", "staged");
        git(folder.path(), &["add", "e.txt"]);
        git(folder.path(), &["rm", "-q", "--cached", "b/c.txt"]);
        assert_eq!(changed(), Ok(3), "added to the index, and removed from it");
    }

    #[test]
    fn a_repository_without_a_commit_says_so() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(checkout(folder.path()), None);
        git(folder.path(), &["init", "-q"]);
        assert_eq!(checkout(folder.path()).unwrap().changed, Err("HEAD names no commit".to_owned()));
    }

    #[test]
    fn the_depth_of_a_shallow_clone_is_counted() {
        let whole = repository(&[("a.txt", "one")]);
        for message in ["two", "three", "four"] {
            git(whole.path(), &["commit", "-qm", message, "--allow-empty"]);
        }
        let found = checkout(whole.path()).unwrap();
        assert_eq!((found.shallow_boundaries, found.depth), (0, None));
        let folder = tempfile::tempdir().unwrap();
        let from = format!("file://{}", whole.path().display());
        git(folder.path(), &["clone", "-q", "--depth", "3", &from, "clone"]);
        let found = checkout(&folder.path().join("clone")).unwrap();
        assert_eq!((found.shallow_boundaries, found.depth, found.changed), (1, Some(3), Ok(0)));
        assert_eq!(found.refspecs, ["+refs/heads/main:refs/remotes/origin/main"]);
    }
}
