//! Where what was found in a history is told of, and what is told of its life.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use gix_object::Kind;

use super::super::pipeline::Worker;
use super::{Outline, Things};
use crate::finding::{CommitRef, FingerprintKey, Hit, Lifetime};
use crate::gap::GapClass;
use crate::source::git::{Content, History, Interest, Life, ObjectBuffers};

/// The number of the path of objects that have none.
pub(super) const NOWHERE: u32 = u32::MAX;

/// Bytes of a commit, tree or tag, at most.
pub(super) const MAX_OUTLINE: u64 = 64 << 20;

/// References that are named of those that have a secret.
const NAMED: usize = 5;

impl Worker<'_> {
    /// The path of what lies in the git directory.
    pub(super) fn in_git_directory(&self, history: &History, path: &[u8]) -> Vec<u8> {
        let folder: &[u8] = if history.bare { b"" } else { b".git/" };
        self.below(&[folder, path].concat())
    }

    /// The path under which an object is told of that has none.
    pub(super) fn object_path(&self, history: &History, id: &str) -> Vec<u8> {
        self.in_git_directory(history, format!("objects/{id}").as_bytes())
    }

    /// The path under which the message of a commit or tag is told of.
    pub(super) fn message_path(&self, history: &History, id: &str) -> Vec<u8> {
        self.in_git_directory(history, format!("objects/{id}/message").as_bytes())
    }
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
    fn shown(&self, path: u32) -> Vec<u8> {
        let names = self.paths.names(path).into_iter();
        let masked = |name: u32| self.names.masked.get(&name).map_or_else(|| self.skeleton.name(name), Vec::as_slice);
        names.map(masked).collect::<Vec<&[u8]>>().join(&b'/')
    }
}

/// What is told of a secret in the message of a commit or tag.
pub(super) fn of_message(
    history: &History,
    buffers: &mut ObjectBuffers,
    key: &FingerprintKey,
    number: u32,
    kind: Kind,
) -> Lifetime {
    let object = Arc::from(history.catalogue.id(number).to_string());
    let introduced = (kind == Kind::Commit).then(|| Arc::new(commit_ref(history, buffers, key, number)));
    Lifetime { object, introduced, last: None, at: Vec::new(), references: 0 }
}

fn commit_ref(history: &History, buffers: &mut ObjectBuffers, key: &FingerprintKey, number: u32) -> CommitRef {
    let facts = history.commit_facts(number, buffers);
    let time = jiff::Timestamp::from_second(facts.time).ok().map(|time| time.to_string());
    CommitRef { id: facts.id, time, author: facts.author.map(|(_, mail)| key.person(mail.as_bytes())) }
}

/// Tells of all secrets that are of interest, at the places where they came into the history.
pub(super) fn tell(
    worker: &mut Worker<'_>,
    history: &History,
    tree: &Outline<'_>,
    things: &Things,
    mut interest: Interest,
) {
    tree.add_names(history, &mut interest);
    let lives = history.lives(&tree.skeleton, &tree.paths, &interest);
    let mut teller =
        Teller { worker, history, tree, things, commits: HashMap::new(), buffers: ObjectBuffers::default() };
    let (in_names, in_files): (Vec<Life>, Vec<Life>) =
        lives.into_iter().partition(|life| things.is_in_name(life.thing));
    let in_files = teller.in_work_tree(in_files);
    // By path, commit and object.
    let mut by_file: BTreeMap<_, Vec<(u32, Arc<Lifetime>)>> = BTreeMap::new();
    for (life, lifetime) in in_files {
        by_file.entry((life.path, life.introduced, life.object)).or_default().push((life.thing, lifetime));
    }
    for ((path, _, object), lives) in by_file {
        teller.file(path, object, &lives);
    }
    teller.names(in_names);
}

impl Outline<'_> {
    /// Adds what lies at paths whose names hold secrets.
    fn add_names(&self, history: &History, interest: &mut Interest) {
        if self.names.things.is_empty() {
            return;
        }
        for object in 0..history.catalogue.len() as u32 {
            for path in self.paths.of_object(object) {
                let names = self.paths.names(path).into_iter();
                let things: Vec<u32> =
                    names.filter_map(|name| self.names.things.get(&name)).flatten().copied().collect();
                if !things.is_empty() {
                    interest.add(object, path, things);
                }
            }
        }
    }
}

/// Tells of secrets.
struct Teller<'t, 's, 'h> {
    worker: &'t mut Worker<'s>,
    history: &'h History,
    tree: &'t Outline<'h>,
    things: &'t Things,
    commits: HashMap<u32, Arc<CommitRef>>,
    buffers: ObjectBuffers,
}

impl Teller<'_, '_, '_> {
    fn commit(&mut self, number: u32) -> Arc<CommitRef> {
        let Self { history, worker, buffers, .. } = self;
        let made = || Arc::new(commit_ref(history, buffers, &worker.scanner.key, number));
        Arc::clone(self.commits.entry(number).or_insert_with(made))
    }

    fn lifetime(&mut self, life: &Life) -> Arc<Lifetime> {
        let references = self.history.references();
        // Branches say more than what else there is.
        let branch = |place: &&u32| references[**place as usize].name.starts_with("refs/heads/");
        let (branches, others): (Vec<&u32>, Vec<&u32>) = life.at.iter().partition(branch);
        let named = branches.into_iter().chain(others).take(NAMED);
        Arc::new(Lifetime {
            object: Arc::from(self.history.catalogue.id(life.object).to_string()),
            introduced: life.introduced.map(|commit| self.commit(commit)),
            last: life.last.map(|commit| self.commit(commit)),
            at: named.map(|&place| references[place as usize].name.clone()).collect(),
            references: life.at.len() as u64,
        })
    }

    /// Gives what was found in the work tree its life, and returns the lives of what was not.
    fn in_work_tree(&mut self, lives: Vec<Life>) -> Vec<(Life, Arc<Lifetime>)> {
        let known = self.things.all();
        let mut lives: Vec<(Life, Arc<Lifetime>)> = lives
            .into_iter()
            .map(|life| {
                let lifetime = self.lifetime(&life);
                (life, lifetime)
            })
            .collect();
        let mut by_place = HashMap::new();
        for (place, (life, _)) in lives.iter().enumerate().filter(|(_, (life, _))| life.path != NOWHERE) {
            let path = self.worker.below(&self.tree.paths.write(&self.tree.skeleton, life.path));
            by_place.insert((path, known[life.thing as usize]), (place, false));
        }
        let mut collected = self.worker.into.lock().unwrap_or_else(PoisonError::into_inner);
        let target = self.worker.target;
        for hit in collected.hits.iter_mut().filter(|hit| hit.occurrence.origin.target() == target) {
            let path = hit.occurrence.origin.path_bytes().to_vec();
            let secret = (self.things.rule(hit), hit.value_id);
            if let Some((place, found)) = by_place.get_mut(&(path, secret)) {
                hit.occurrence.lifetime = Some(Arc::clone(&lives[*place].1));
                *found = true;
            }
        }
        drop(collected);
        let found: HashSet<usize> =
            by_place.into_values().filter(|(_, found)| *found).map(|(place, _)| place).collect();
        let mut place = 0..;
        lives.retain(|_| place.next().is_some_and(|place| !found.contains(&place)));
        lives
    }

    /// Tells of secrets in a file, by scanning it once more, now as the file of its commit.
    fn file(&mut self, path: u32, object: u32, lives: &[(u32, Arc<Lifetime>)]) {
        let id = self.history.catalogue.id(object).to_string();
        let shown = if path == NOWHERE {
            self.worker.object_path(self.history, &id)
        } else {
            self.worker.below(&self.tree.shown(path))
        };
        let commit = lives[0].1.introduced.as_ref().map(|commit| Arc::from(commit.id.as_str()));
        let origin = self.worker.origin_of_object(&id, shown, commit);
        let history = self.history;
        let (hits, _) = match history.catalogue.read(object, &mut self.buffers) {
            Ok(single) => self.worker.apart(|worker| match single.content {
                Content::Whole(bytes, _) => worker.bytes(bytes, &origin),
                Content::Large(mut object) => worker.stream(&mut object, &origin),
            }),
            Err(error) => {
                let (class, reason) = error.gap();
                return self.worker.gap(class, format!("the object {id}, which holds secrets: {reason}"));
            }
        };
        self.buffers.rest();
        let mut told = HashSet::new();
        for mut hit in hits {
            let thing = self.things.of_hit(&hit);
            if let Some((_, lifetime)) = lives.iter().find(|(wanted, _)| *wanted == thing) {
                told.insert(thing);
                hit.occurrence.lifetime = Some(Arc::clone(lifetime));
                self.worker.own.hits.push(hit);
            }
        }
        if lives.iter().any(|(thing, _)| !told.contains(thing)) {
            let reason = "what was found in it as a version of another file was not found again; please report this";
            self.worker.gap(GapClass::Unreadable, format!("the object {id}: {reason}"));
        }
    }

    /// Tells of secrets in the names of files and folders, once for each name in a folder.
    fn names(&mut self, lives: Vec<Life>) {
        // By names and thing: the earliest.
        let mut by_name: BTreeMap<_, (Option<String>, Arc<Lifetime>)> = BTreeMap::new();
        for life in lives {
            let names = self.tree.paths.names(life.path);
            let lifetime = self.lifetime(&life);
            let time = lifetime.introduced.as_ref().and_then(|commit| commit.time.clone());
            let held = |name: &u32| self.tree.names.things.get(name).is_some_and(|things| things.contains(&life.thing));
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
            let shown: Vec<&[u8]> = names
                .iter()
                .map(|name| {
                    self.tree.names.masked.get(name).map_or_else(|| self.tree.skeleton.name(*name), Vec::as_slice)
                })
                .collect();
            let commit = lifetime.introduced.as_ref().map(|commit| Arc::from(commit.id.as_str()));
            let origin = self.worker.origin_of_object(&lifetime.object, self.worker.below(&shown.join(&b'/')), commit);
            let name = self.tree.skeleton.name(*names.last().expect("a path has a name"));
            let (hits, _) = self.worker.apart(|worker| worker.bytes(name, &origin));
            for mut hit in hits.into_iter().filter(|hit| self.things.in_name(hit) == thing) {
                hit.occurrence.lifetime = Some(Arc::clone(&lifetime));
                self.worker.own.hits.push(hit);
            }
        }
    }
}
