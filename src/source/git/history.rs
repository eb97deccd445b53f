//! All that a repository holds: its objects, whether or not anything leads to them, and its references.

use std::io;
use std::path::{Path, PathBuf};

use gix_object::Kind;

use super::bulk::{Met, read_packs};
use super::catalogue::Catalogue;
use super::forest::Forest;
use super::lifetime::{Interest, Life, lives};
use super::objects::{NoObject, ObjectBuffers, Objects};
use super::paths::Paths;
use super::refs::{Reference, References};
use super::skeleton::{Collector, Skeleton};
use super::{GitDirectory, begins_work_tree, check_index, is_bare_repository, shallow, staged, work_tree_root};
use crate::gap::GapClass;
use crate::source::os;

/// The history of a repository.
pub struct History {
    /// Its objects.
    pub catalogue: Catalogue,
    /// Whether it has no work tree.
    pub bare: bool,
    forests: Vec<Forest>,
    references: References,
    directory: GitDirectory,
    /// The files of the index, with their ids, or why it cannot be relied upon.
    indexed: Result<Vec<staged::Indexed>, String>,
    /// Paths of submodules in the work tree, and whether they are checked out.
    submodules: Vec<(Vec<u8>, bool)>,
}

/// A commit as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitFacts {
    /// Its id in hexadecimal.
    pub id: String,
    /// Seconds since 1970, as the committer's clock told.
    pub time: i64,
    /// The name and the mail address of its author.
    pub author: Option<(String, String)>,
}

impl History {
    /// Opens the repository at `target`: the root of a work tree, or a bare repository. None where there is no repository.
    /// What it names outside of `scope` is read only where there is none.
    ///
    /// # Errors
    ///
    /// A clause that says why it cannot be read.
    pub fn open(target: &Path, scope: Option<&Path>) -> Result<Option<Self>, String> {
        let target = target.canonicalize().map_err(|error| error.kind().to_string())?;
        let scope = scope.map(Path::canonicalize).transpose().map_err(|error| error.kind().to_string())?;
        let may_read = |path: &Path| {
            let path = path.canonicalize();
            scope.as_ref().is_none_or(|scope| path.is_ok_and(|path| path.starts_with(scope)))
        };
        let bare = is_bare_repository(&target);
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
        let objects = Objects::open(&directory, &may_read)?;
        let references = References::of(&directory, objects.hash());
        let catalogue = Catalogue::of(objects)?;
        let forests = catalogue.objects.packs().iter().map(Forest::of).collect();
        let mut history =
            Self { catalogue, bare, forests, references, directory, indexed: Ok(Vec::new()), submodules: Vec::new() };
        if !bare {
            history.read_index(&target);
        }
        Ok(Some(history))
    }

    fn read_index(&mut self, root: &Path) {
        let path = self.directory.own.join("index");
        let read = match check_index(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => Err(error.to_string()),
            Ok(()) => staged::entries(&path, self.catalogue.objects.hash()),
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

    /// What is known not to be there from the beginning on: classes and clauses.
    pub fn gaps(&self) -> Vec<(GapClass, String)> {
        let mut gaps = Vec::new();
        for (name, reason) in self.catalogue.objects.damaged() {
            gaps.push((GapClass::Unreadable, format!("{name} cannot be opened: {reason}")));
        }
        if self.catalogue.objects.has_alternates() {
            let reason = "objects/info/alternates names another directory with objects, which is not there or lies outside \
                          of the target; --allow-outside reads it";
            gaps.push((GapClass::Missing, reason.to_owned()));
        }
        gaps.extend(self.references.gaps.iter().map(|reason| (GapClass::Unreadable, reason.clone())));
        let lacking = |one: &&Reference| self.catalogue.find(&one.id).is_none();
        for reference in self.references.all.iter().filter(lacking) {
            gaps.push((GapClass::Missing, format!("{} names an object that is not there", reference.name)));
        }
        if !shallow(&self.directory).is_empty() {
            let reason =
                "the clone is shallow: older commits are not there (`git fetch --unshallow`, `fetch-depth: 0`)";
            gaps.push((GapClass::Missing, reason.to_owned()));
        }
        gaps
    }

    /// The references that name objects.
    pub fn references(&self) -> &[Reference] {
        &self.references.all
    }

    /// Files with the logs of references, and their paths from the git directory.
    pub fn logs(&self) -> &[(PathBuf, Vec<u8>)] {
        &self.references.logs
    }

    /// Reads all objects of packs that are of these kinds; each once and in the order in which they are made of each other.
    pub fn read<S: Send + Sync, W: Send>(
        &self,
        kinds: &[Kind],
        workers: Vec<W>,
        visit: &(impl Fn(&mut W, Met<'_, S>) -> S + Sync),
    ) -> (Vec<W>, Vec<u32>) {
        read_packs(&self.catalogue, &self.forests, kinds, workers, visit)
    }

    /// The numbers of objects that lie in files of their own, and what they are.
    pub fn loose(&self) -> Vec<(u32, Result<Kind, NoObject>)> {
        self.catalogue.loose().map(|number| (number, self.catalogue.kind_of_loose(number))).collect()
    }

    /// Puts together what threads have collected.
    pub fn skeleton(&self, collectors: Vec<Collector>) -> (Skeleton, Paths, Vec<(GapClass, String)>) {
        let objects = self.catalogue.len();
        let mut skeleton = Skeleton::join(collectors, objects);
        let mut paths = Paths::of(&skeleton, objects);
        let mut gaps = Vec::new();
        let mut absent = 0_u64;
        match &self.indexed {
            Ok(entries) => {
                for (path, id) in entries {
                    match self.catalogue.find(id) {
                        Some(object) => paths.add_written(&mut skeleton, object, path),
                        None => absent += 1,
                    }
                }
            }
            Err(reason) => gaps.push((GapClass::Unreadable, format!("the index cannot be relied upon: {reason}"))),
        }
        if absent > 0 {
            let reason = format!("{absent} entries of the index name objects that are not there");
            gaps.push((GapClass::Missing, reason));
        }
        if let (count @ 1.., Some(name)) = skeleton.missing {
            let name = crate::blob::printable(skeleton.name(name));
            let reason = format!(
                "{count} entries of trees name objects that are not there, `{name}` among them: a part of the repository \
                 was not fetched"
            );
            gaps.push((GapClass::Missing, reason));
        }
        if paths.too_deep {
            let reason = "trees lie in more folders within each other than are looked into; files there have no path";
            gaps.push((GapClass::OverBudget, reason.to_owned()));
        }
        (skeleton, paths, gaps)
    }

    /// The lives of all that is of interest.
    pub fn lives(&self, skeleton: &Skeleton, paths: &Paths, interest: &Interest) -> Vec<Life> {
        let mut buffers = ObjectBuffers::default();
        let mut commit = |reference: &Reference| {
            let commit = self.catalogue.objects.peel(&reference.id, &mut buffers).ok()?;
            self.catalogue.find(&commit)
        };
        let tips = self.references.all.iter().enumerate();
        let tips: Vec<(u32, u32)> =
            tips.filter_map(|(place, reference)| Some((place as u32, commit(reference)?))).collect();
        lives(skeleton, paths, interest, &tips)
    }

    /// What people know of a commit.
    pub fn commit_facts(&self, number: u32, buffers: &mut ObjectBuffers) -> CommitFacts {
        let id = self.catalogue.id(number);
        let facts = self.catalogue.objects.facts(id, buffers);
        let (time, author) = facts.unwrap_or((0, None));
        CommitFacts { id: id.to_string(), time, author }
    }
}
