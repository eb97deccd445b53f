//! All that a repository holds: its objects, whether or not anything leads to them.

use gix_object::Kind;

use super::bulk::{Met, read_packs};
use super::catalogue::Catalogue;
use super::forest::Forest;
use super::lifetime::{Interest, Life, lives};
use super::objects::{NoObject, ObjectBuffers};
use super::paths::Paths;
use super::refs::Reference;
use super::repository::Repository;
use super::shallow;
use super::skeleton::{Collector, Skeleton};
use crate::gap::GapClass;

/// The history of a repository.
pub struct History<'r> {
    /// The repository.
    pub repository: &'r Repository,
    /// Its objects.
    pub catalogue: Catalogue<'r>,
    forests: Vec<Forest>,
}

impl<'r> History<'r> {
    /// Lists the objects of a repository.
    ///
    /// # Errors
    ///
    /// A clause: there are too many.
    pub fn of(repository: &'r Repository) -> Result<Self, String> {
        let catalogue = Catalogue::of(&repository.objects)?;
        let forests = catalogue.objects.packs().iter().map(Forest::of).collect();
        Ok(Self { repository, catalogue, forests })
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
        gaps.extend(self.repository.references.gaps.iter().map(|reason| (GapClass::Unreadable, reason.clone())));
        let lacking = |one: &&Reference| self.catalogue.find(&one.id).is_none();
        for reference in self.repository.references.all.iter().filter(lacking) {
            gaps.push((GapClass::Missing, format!("{} names an object that is not there", reference.name)));
        }
        if !shallow(&self.repository.directory).is_empty() {
            let reason =
                "the clone is shallow: older commits are not there (`git fetch --unshallow`, `fetch-depth: 0`)";
            gaps.push((GapClass::Missing, reason.to_owned()));
        }
        gaps
    }

    /// Reads all objects of packs that are of these kinds; each once and in the order in which they are made of each other.
    pub fn read<S: Send + Sync, W: Send>(
        &self,
        kinds: &[Kind],
        wanted: &dyn Fn(u32) -> bool,
        workers: Vec<W>,
        visit: &(impl Fn(&mut W, Met<'_, S>) -> S + Sync),
    ) -> (Vec<W>, Vec<u32>) {
        read_packs(&self.catalogue, &self.forests, kinds, wanted, workers, visit)
    }

    /// The numbers of the files of packs.
    pub fn files(&self) -> impl Iterator<Item = u32> {
        self.forests.iter().enumerate().flat_map(move |(pack, forest)| {
            let roots = forest.roots.iter().filter(|(_, kind)| *kind == Kind::Blob);
            let entries = roots.flat_map(move |(entry, _)| forest.below(*entry));
            entries.map(move |index| self.catalogue.number(pack, index))
        })
    }

    /// The numbers of objects that lie in files of their own, and what they are.
    pub fn loose(&self) -> Vec<(u32, Result<Kind, NoObject>)> {
        self.catalogue.loose().map(|number| (number, self.catalogue.kind_of_loose(number))).collect()
    }

    /// Puts together what threads have collected.
    pub fn skeleton(&self, collectors: Vec<Collector>) -> (Skeleton, Paths, Vec<(GapClass, String)>) {
        let objects = self.catalogue.numbers() as usize;
        let mut skeleton = Skeleton::join(collectors, objects);
        let mut paths = Paths::of(&skeleton, objects);
        let mut gaps = Vec::new();
        let mut absent = 0_u64;
        match &self.repository.indexed {
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
        if let (count @ 1.., Some(name)) = &skeleton.missing {
            let name = crate::blob::printable(name);
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
        let tips = self.repository.references.all.iter().enumerate();
        let tips: Vec<(u32, u32)> =
            tips.filter_map(|(place, reference)| Some((place as u32, commit(reference)?))).collect();
        lives(skeleton, paths, interest, &tips)
    }
}
