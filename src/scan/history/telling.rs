//! Where what was found in a history is told of, and what is told of its life.
//!
//! What is told hangs on the repository and a few records of what was found, so that it can be told again from a cache
//! that holds neither secrets nor what could be made of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use gix_object::Kind;
use serde::{Deserialize, Serialize};

use super::super::message::{message, path_of_message};
use super::super::pipeline::{Options, Worker};
use super::{Outline, Things};
use crate::blob::FromHistory;
use crate::finding::{CommitRef, Fingerprint, Hit, Lifetime};
use crate::gap::GapClass;
use crate::source::git::{Content, Held, History, Interest, Life, NoObject, ObjectBuffers, Repository};

/// The number of the path of objects that have none.
pub(super) const NOWHERE: u32 = u32::MAX;

/// References that are named of those that have a secret.
const NAMED: usize = 5;

impl Worker<'_> {
    /// The path of what lies in the git directory.
    pub(super) fn in_git_directory(&self, repository: &Repository, path: &[u8]) -> Vec<u8> {
        let folder: &[u8] = if repository.bare { b"" } else { b".git/" };
        self.below(&[folder, path].concat())
    }

    /// The path under which an object is told of that has none.
    pub(super) fn object_path(&self, repository: &Repository, id: &str) -> Vec<u8> {
        self.in_git_directory(repository, format!("objects/{id}").as_bytes())
    }
}

/// The life of a secret, with commits by their ids in hexadecimal.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct LifeRecord {
    introduced: Option<String>,
    last: Option<String>,
    at: Vec<String>,
    references: u64,
}

/// What is told of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FileRecord {
    /// The object, in hexadecimal.
    object: String,
    /// Its path from the target.
    path: Vec<u8>,
    /// The commit that brought it there, in hexadecimal.
    commit: Option<String>,
    /// Which of what a scan of it finds, by which rules, and their lives.
    found: Vec<(u32, String, LifeRecord)>,
}

/// Names that hold secrets.
#[derive(Default)]
pub(super) struct Names {
    /// By the number of the name: what it looks like without them.
    masked: HashMap<u32, Vec<u8>>,
    /// By the number of the name: the numbers of the secrets.
    things: HashMap<u32, Vec<u32>>,
}

impl Names {
    /// True where no name holds any.
    pub(super) fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// Takes in a name and what was found in it.
    pub(super) fn add(&mut self, number: u32, name: &[u8], hits: &[Hit], things: &Things) {
        if hits.is_empty() {
            return;
        }
        let mut masked = name.to_vec();
        for hit in hits {
            let span = hit.occurrence.span;
            masked[span.start as usize..span.end as usize].fill(b'*');
        }
        self.masked.insert(number, masked);
        self.things.insert(number, hits.iter().map(|hit| things.in_name(hit)).collect());
    }
}

impl Outline<'_> {
    /// A path as it may be shown: without the secrets that its names hold.
    fn shown(&self, names: &[u32]) -> Vec<u8> {
        let masked = |name: &u32| self.names.masked.get(name).map_or_else(|| self.skeleton.name(*name), Vec::as_slice);
        names.iter().map(masked).collect::<Vec<&[u8]>>().join(&b'/')
    }

    /// Adds what lies at paths whose names hold secrets.
    fn add_names(&self, history: &History<'_>, interest: &mut Interest) {
        if self.names.is_empty() {
            return;
        }
        for object in 0..history.catalogue.numbers() {
            for path in self.paths.of_object(object) {
                let names = self.paths.names(path).into_iter();
                let things = names.filter_map(|name| self.names.things.get(&name)).flatten();
                let things: Vec<Held> = things.map(|&thing| Held { thing, grade: 0 }).collect();
                if !things.is_empty() {
                    interest.add(object, path, things);
                }
            }
        }
    }
}

/// Tells of all secrets that are of interest, at the places where they came into the history. Returns records to tell of
/// those in files again.
pub(super) fn tell(
    teller: &mut Teller<'_, '_>,
    history: &History<'_>,
    tree: &Outline<'_>,
    things: &Things,
    mut interest: Interest,
) -> Vec<FileRecord> {
    tree.add_names(history, &mut interest);
    let lives = history.lives(&tree.skeleton, &tree.paths, &interest);
    let (in_names, in_files): (Vec<Life>, Vec<Life>) =
        lives.into_iter().partition(|life| Things::is_in_name(life.thing));
    let mut by_file: BTreeMap<_, Vec<Life>> = BTreeMap::new();
    for life in in_files {
        by_file.entry((life.path, life.commit, life.object)).or_default().push(life);
    }
    let mut records = Vec::new();
    for ((path, commit, object), lives) in by_file {
        let object = history.catalogue.id(object).to_string();
        let commit = commit.map(|commit| history.catalogue.id(commit).to_string());
        let path = if path == NOWHERE {
            teller.worker.object_path(history.repository, &object)
        } else {
            teller.worker.below(&tree.shown(&tree.paths.names(path)))
        };
        let lives = lives.iter().map(|life| (life.thing, record(history, life))).collect();
        let record = FileRecord { object, path, commit, found: Vec::new() };
        records.extend(teller.found(record, lives, things));
    }
    teller.names(history, tree, things, &in_names);
    records
}

fn record(history: &History<'_>, life: &Life) -> LifeRecord {
    let references = history.repository.references();
    // Branches say more than what else there is.
    let branch = |place: &&u32| references[**place as usize].name.starts_with("refs/heads/");
    let (branches, others): (Vec<&u32>, Vec<&u32>) = life.at.iter().partition(branch);
    let named = branches.into_iter().chain(others).take(NAMED);
    let id = |number: u32| history.catalogue.id(number).to_string();
    LifeRecord {
        introduced: life.introduced.map(id),
        last: life.last.map(id),
        at: named.map(|&place| references[place as usize].name.clone()).collect(),
        references: life.at.len() as u64,
    }
}

/// A secret at a path of the work tree: path, rule and value.
type InTree = (Vec<u8>, String, Fingerprint);

/// Tells of secrets.
pub(super) struct Teller<'t, 's> {
    pub(super) worker: &'t mut Worker<'s>,
    repository: &'t Repository,
    /// Where the plain scan has them.
    in_tree: HashMap<InTree, Vec<usize>>,
    commits: HashMap<String, Arc<CommitRef>>,
    buffers: ObjectBuffers,
    /// Whether authors are told of by their names, not by pseudonyms.
    names_authors: bool,
}

impl<'t, 's> Teller<'t, 's> {
    /// Tells by way of a worker, when the plain scan of its target is done.
    pub(super) fn new(worker: &'t mut Worker<'s>, repository: &'t Repository, options: &Options) -> Self {
        let mut in_tree: HashMap<InTree, Vec<usize>> = HashMap::new();
        let collected = worker.into.lock().unwrap_or_else(PoisonError::into_inner);
        for (place, hit) in collected.hits.iter().enumerate() {
            let origin = &hit.occurrence.origin;
            if origin.target() == worker.target && origin.history().is_none() {
                let key = (origin.path_bytes().to_vec(), hit.rule.id.clone(), hit.value_id);
                in_tree.entry(key).or_default().push(place);
            }
        }
        drop(collected);
        Self {
            worker,
            repository,
            in_tree,
            commits: HashMap::new(),
            buffers: ObjectBuffers::default(),
            names_authors: options.authors,
        }
    }

    fn commit(&mut self, id: &str) -> Arc<CommitRef> {
        if let Some(known) = self.commits.get(id) {
            return Arc::clone(known);
        }
        let facts = self.repository.commit_facts(id, &mut self.buffers);
        let time = facts.time.and_then(|time| jiff::Timestamp::from_second(time).ok()).map(|time| time.to_string());
        let author = facts.author.map(|(name, mail)| {
            if self.names_authors {
                format!("{name} <{mail}>")
            } else {
                self.worker.scanner.key.person(mail.as_bytes())
            }
        });
        let commit = Arc::new(CommitRef { id: facts.id, time, author });
        self.commits.insert(id.to_owned(), Arc::clone(&commit));
        commit
    }

    fn lifetime(&mut self, object: &str, record: &LifeRecord) -> Arc<Lifetime> {
        Arc::new(Lifetime {
            object: Arc::from(object),
            introduced: record.introduced.as_ref().map(|id| self.commit(id)),
            last: record.last.as_ref().map(|id| self.commit(id)),
            at: record.at.clone(),
            references: record.references,
        })
    }

    /// Tells of a secret: where the plain scan has it at the same path, there, else at a place of its own.
    pub(super) fn tell(&mut self, mut hit: Hit, lifetime: &Arc<Lifetime>) {
        let key = (hit.occurrence.origin.path_bytes().to_vec(), hit.rule.id.clone(), hit.value_id);
        let Some(places) = self.in_tree.get(&key) else {
            hit.occurrence.lifetime = Some(Arc::clone(lifetime));
            return self.worker.own.hits.push(hit);
        };
        let mut collected = self.worker.into.lock().unwrap_or_else(PoisonError::into_inner);
        for &place in places {
            collected.hits[place].occurrence.lifetime = Some(Arc::clone(lifetime));
        }
    }

    /// What a scan finds in a file, as that of its commit.
    fn scan(&mut self, record: &FileRecord) -> Result<Vec<Hit>, NoObject> {
        let commit = record.commit.as_deref().map(Arc::from);
        let object = FromHistory::Object(Arc::from(record.object.as_str()));
        let origin = self.worker.origin_in_history(object, record.path.clone(), commit);
        let (_, content) = self.repository.read(&record.object, &mut self.buffers)?;
        let (hits, _) = self.worker.apart(|worker| match content {
            Content::Whole(bytes, _) => worker.bytes(bytes, &origin),
            Content::Large(mut object) => worker.stream(&mut object, &origin),
        });
        self.buffers.rest();
        Ok(hits)
    }

    /// Tells of secrets in a file, by scanning it once more, now as the file of its commit. Returns the record with what was
    /// found.
    fn found(&mut self, mut record: FileRecord, lives: Vec<(u32, LifeRecord)>, things: &Things) -> Option<FileRecord> {
        let hits = match self.scan(&record) {
            Ok(hits) => hits,
            Err(error) => {
                self.lost(&record.object, Some(error));
                return None;
            }
        };
        for (wanted, life) in lives {
            let lifetime = self.lifetime(&record.object, &life);
            let of_it = (0..).zip(&hits).filter(|(_, hit)| things.of_hit(hit) == wanted);
            let of_it: Vec<(u32, Hit)> = of_it.map(|(place, hit)| (place, hit.clone())).collect();
            if of_it.is_empty() {
                self.lost(&record.object, None);
            }
            for (place, hit) in of_it {
                record.found.push((place, hit.rule.id.clone(), life.clone()));
                self.tell(hit, &lifetime);
            }
        }
        Some(record)
    }

    /// Secrets were found in an object, and cannot be told of: they are not found again, or there is no content any more.
    fn lost(&mut self, object: &str, error: Option<NoObject>) {
        let again =
            || (GapClass::Unreadable, "what was found in it was not found again; please report this".to_owned());
        let (class, reason) = error.map_or_else(again, NoObject::gap);
        self.worker.gap(class, format!("the object {object}, which holds secrets: {reason}"));
    }

    /// What was found in a file, by a scan of it. None where that does not find what it found before.
    pub(super) fn again(&mut self, record: &FileRecord) -> Option<Vec<(Hit, Arc<Lifetime>)>> {
        let hits = self.scan(record).ok()?;
        let found = record.found.iter().map(|(place, rule, life)| {
            let hit = hits.get(*place as usize).filter(|hit| hit.rule.id == *rule)?;
            Some((hit.clone(), self.lifetime(&record.object, life)))
        });
        found.collect()
    }

    /// Tells of the secrets in the message of a commit or tag that has some.
    pub(super) fn found_in_message(&mut self, object: &str) {
        match self.message(object) {
            Ok(found) if found.is_empty() => self.lost(object, None),
            Ok(found) => found.into_iter().for_each(|(hit, lifetime)| self.tell(hit, &lifetime)),
            Err(error) => self.lost(object, Some(error)),
        }
    }

    /// The secrets in the message of a commit or tag.
    pub(super) fn message(&mut self, object: &str) -> Result<Vec<(Hit, Arc<Lifetime>)>, NoObject> {
        let (kind, text) = match self.repository.read(object, &mut self.buffers)? {
            (kind, Content::Whole(bytes, _)) => (kind, message(kind, bytes)),
            (kind, Content::Large(_)) => {
                return Err(NoObject::Damaged(format!("a {kind} stands where a commit or a tag should")));
            }
        };
        let path = self.worker.below(&path_of_message(self.repository.bare, object));
        let commit = (kind == Kind::Commit).then(|| object.to_owned());
        let from = FromHistory::Object(Arc::from(object));
        let origin = self.worker.origin_in_history(from, path, commit.as_deref().map(Arc::from));
        let (hits, _) = self.worker.apart(|worker| worker.bytes(&text, &origin));
        let life = LifeRecord { introduced: commit, last: None, at: Vec::new(), references: 0 };
        let lifetime = self.lifetime(object, &life);
        self.buffers.rest();
        Ok(hits.into_iter().map(|hit| (hit, Arc::clone(&lifetime))).collect())
    }

    /// Tells of secrets in the names of files and folders, once for each name in a folder.
    fn names(&mut self, history: &History<'_>, tree: &Outline<'_>, things: &Things, lives: &[Life]) {
        // By names and thing: the earliest.
        let mut by_name: BTreeMap<_, (Option<String>, Arc<Lifetime>)> = BTreeMap::new();
        for life in lives {
            let names = tree.paths.names(life.path);
            let object = history.catalogue.id(life.object).to_string();
            let lifetime = self.lifetime(&object, &record(history, life));
            let time = lifetime.introduced.as_ref().and_then(|commit| commit.time.clone());
            let held = |name: &u32| tree.names.things.get(name).is_some_and(|things| things.contains(&life.thing));
            for end in (1..=names.len()).filter(|&end| held(&names[end - 1])) {
                let known =
                    by_name.entry((names[..end].to_vec(), life.thing)).or_insert((time.clone(), Arc::clone(&lifetime)));
                // A time that is not known is later than all others.
                if (time.is_none(), &time) < (known.0.is_none(), &known.0) {
                    *known = (time.clone(), Arc::clone(&lifetime));
                }
            }
        }
        for ((names, thing), (_, lifetime)) in by_name {
            let commit = lifetime.introduced.as_ref().map(|commit| Arc::from(commit.id.as_str()));
            let path = self.worker.below(&tree.shown(&names));
            let origin = self.worker.origin_in_history(FromHistory::Object(Arc::clone(&lifetime.object)), path, commit);
            let name = tree.skeleton.name(*names.last().expect("a path has a name"));
            let (hits, _) = self.worker.apart(|worker| worker.bytes(name, &origin));
            hits.into_iter().filter(|hit| things.in_name(hit) == thing).for_each(|hit| self.tell(hit, &lifetime));
        }
    }
}
