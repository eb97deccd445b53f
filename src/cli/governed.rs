//! Files by which a scan is governed (configuration, exceptions, baselines, rules, triage, scope), where they lie in a
//! repository that is scanned, or from which it is.
//!
//! Whoever writes a change can edit them in the same change. So where a change is scanned they are read from the commit that it
//! starts from, and what the change would make of them is reported as an attempt. Where a file lies is told by the name that the
//! operator gives, before links are followed: a link is content, and leads where the change wants. Files that lie elsewhere are
//! the operator's.

use std::collections::BTreeMap;
use std::env;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};

use super::args::Scan;
use super::config;
use super::file::{bytes_up_to, name};
use crate::blob::printable;
use crate::finding::Attempt;
use crate::source::git::{self, CommitFiles};

/// Variables by which systems of pipelines name the branch that a merge or pull request is for (from the systems' own lists of
/// predefined variables).
const BRANCHES: [&str; 12] = [
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "CHANGE_TARGET",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    "DRONE_TARGET_BRANCH",
    "CI_COMMIT_TARGET_BRANCH",
    "CIRRUS_BASE_BRANCH",
    "PULL_BASE_REF",
    "CODEBUILD_WEBHOOK_BASE_REF",
    "APPVEYOR_PULL_REQUEST_BASE_BRANCH",
];

/// The same for its commit.
const COMMITS: [&str; 4] =
    ["CI_MERGE_REQUEST_DIFF_BASE_SHA", "BITBUCKET_PR_DESTINATION_COMMIT", "PULL_BASE_SHA", "CIRRUS_BASE_SHA"];

/// Bytes of the largest file in a folder that governs a scan.
const MAX_BYTES: u64 = 64 << 20;

/// Where a change that is scanned starts from.
enum Base {
    /// This commit.
    Commit(Box<CommitFiles>),
    /// It is not to be had: why, and what the operator can do.
    Unknown(String),
}

/// A work tree whose change is scanned.
struct Root {
    /// Without links.
    path: PathBuf,
    base: Base,
}

/// The versions of a file that bear on a scan.
pub(super) struct Versions {
    /// What holds; none where it holds nothing, since the change brings the file.
    pub(super) obeyed: Option<Vec<u8>>,
    /// What lies there, where that is something else.
    pub(super) proposed: Option<Vec<u8>>,
}

/// A file, by its name.
pub(super) type Named = (String, Vec<u8>);

/// Decides which version of a file holds.
pub(super) struct Governed {
    /// Whether a change is scanned.
    change: bool,
    roots: Vec<Root>,
    /// Whether the operator lets changes excuse themselves.
    pub(super) may_excuse_itself: bool,
    /// What the change would have had obeyed.
    pub(super) attempts: Vec<Attempt>,
}

/// What says from where a change starts.
enum Start {
    /// A revision; whether the operator named it for this.
    Named(String, bool),
    /// Variables of a pipeline.
    Pipeline,
}

impl Governed {
    /// For commands that scan no change.
    pub(super) fn by_nothing() -> Self {
        Self { change: false, roots: Vec::new(), may_excuse_itself: false, attempts: Vec::new() }
    }

    /// For a scan. A revision that the operator names and that is none is an error.
    pub(super) fn of(args: &Scan) -> anyhow::Result<Self> {
        let listed = env::var_os(config::VARIABLE).is_some_and(|value| !value.is_empty());
        let files = [&args.config, &args.exceptions, &args.rules].iter().any(|files| !files.is_empty());
        let others = [&args.baseline, &args.triage, &args.scope, &args.previous].iter().any(|file| file.is_some());
        if !listed && !files && !others && args.exceptions_from.is_none() {
            // Nothing governs the scan; most hooks need not look at the repository for it.
            return Ok(Self::by_nothing());
        }
        let Some(start) = start(args) else {
            return Ok(Self { change: args.pre_receive, ..Self::by_nothing() });
        };
        let mut roots: Vec<Root> = Vec::new();
        let here = PathBuf::from(".");
        for place in args.targets.iter().filter(|target| target.as_os_str() != "-").chain([&here]) {
            for path in work_trees_above(place) {
                if roots.iter().all(|root| root.path != path) {
                    let base = base_of(&path, &start)?;
                    roots.push(Root { path, base });
                }
            }
        }
        if roots.is_empty() && matches!(start, Start::Named(_, true)) {
            bail!("--exceptions-from: no target lies in a git work tree");
        }
        Ok(Self { change: true, roots, ..Self::by_nothing() })
    }

    /// Whether a change is scanned.
    pub(super) fn is_change(&self) -> bool {
        self.change
    }

    /// The commit that the change of the work tree around `target` starts from, to be read from once more.
    pub(super) fn base_commit(&self, target: &Path) -> Option<&str> {
        let root = git::work_tree_root(target)?;
        match &self.roots.iter().find(|one| one.path == root)?.base {
            Base::Commit(files) => Some(&files.commit),
            Base::Unknown(_) => None,
        }
    }

    /// The versions of the file at `path`, which holds `bytes`, that bear on the scan.
    pub(super) fn versions(&mut self, path: &Path, bytes: Vec<u8>) -> anyhow::Result<Versions> {
        let Some((files, below)) = self.governing(path)? else {
            return Ok(Versions { obeyed: Some(bytes), proposed: None });
        };
        match files.read(&below) {
            Ok(Some(before)) if is_same_text(&before, &bytes) => Ok(Versions { obeyed: Some(bytes), proposed: None }),
            Ok(obeyed) => Ok(Versions { obeyed, proposed: Some(bytes) }),
            Err(reason) => bail!("cannot read {} of the commit {}: {reason}", name(path), files.commit),
        }
    }

    /// The bytes of the configuration at `path` that hold; tells of the attempt to change it.
    pub(super) fn configuration(&mut self, path: &Path, bytes: Vec<u8>) -> anyhow::Result<Option<Vec<u8>>> {
        let Versions { obeyed, proposed } = self.versions(path, bytes)?;
        if proposed.is_some() {
            let what = match obeyed {
                Some(_) => "the change edits it; that of the commit before is obeyed",
                None => "the change brings it; the commit before has none, so that nothing of it is obeyed",
            };
            self.attempt("configuration", path, what.to_owned(), None);
        }
        Ok(obeyed)
    }

    /// Tells of something that was not obeyed.
    pub(super) fn attempt(&mut self, kind: &'static str, path: &Path, what: String, places: Option<u64>) {
        self.attempts.push(Attempt { kind, file: name(path), what, places });
    }

    /// Whether a folder holds only what the commit before has as well; true for one that is the operator's.
    pub(super) fn is_unchanged(&mut self, folder: &Path) -> anyhow::Result<bool> {
        let Some((files, below)) = self.governing(folder)? else { return Ok(true) };
        Ok(files_of(folder, "")? == before_of(files, &below, b"")?)
    }

    /// The rule files of `folder` that hold, with their names, where they are not those that lie there; tells of the attempt to
    /// change them: a rule of the id of another replaces it, and can find less.
    pub(super) fn rules(&mut self, folder: &Path) -> anyhow::Result<Option<Vec<Named>>> {
        let Some((files, below)) = self.governing(folder)? else { return Ok(None) };
        let before = before_of(files, &below, b".toml")?;
        if files_of(folder, ".toml")? == before {
            return Ok(None);
        }
        self.attempt("rules", folder, "the change edits rules; those of the commit before are obeyed".to_owned(), None);
        let named = |(file, bytes): (Vec<u8>, Vec<u8>)| (format!("{}/{}", name(folder), printable(&file)), bytes);
        Ok(Some(before.into_iter().map(named).collect()))
    }

    /// The commit before, and the path in it, that govern what lies at `path`; none where it is the operator's own.
    fn governing(&mut self, path: &Path) -> anyhow::Result<Option<(&mut CommitFiles, Vec<u8>)>> {
        if self.may_excuse_itself {
            return Ok(None);
        }
        let places = [Some(lexical(path)), path.canonicalize().ok()];
        for place in places.into_iter().flatten() {
            let Some(above) = place.ancestors().skip(1).find(|folder| git::begins_work_tree(folder)) else { continue };
            let below = place.strip_prefix(above).unwrap_or(&place).as_os_str().as_encoded_bytes().to_vec();
            let above = above.canonicalize().unwrap_or_else(|_| above.to_owned());
            if let Some(at) = self.roots.iter().position(|root| root.path == above) {
                return match &mut self.roots[at].base {
                    Base::Commit(files) => Ok(Some((files, below))),
                    Base::Unknown(why) => bail!(
                        "{} lies in the repository whose change is scanned, so that it is read from the commit before; {why}",
                        name(path)
                    ),
                };
            }
            if self.roots.iter().any(|root| is_submodule(&root.path, &above)) {
                bail!("{} lies in a submodule of what is scanned, which the change can move", name(path));
            }
        }
        Ok(None)
    }
}

/// What says that a change is scanned: what the operator names for it, then the pipeline, then the range.
fn start(args: &Scan) -> Option<Start> {
    let named = |revision: &str| Some(Start::Named(revision.to_owned(), false));
    if let Some(revision) = &args.exceptions_from {
        return Some(Start::Named(revision.clone(), true));
    }
    let set = |name: &&&str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if BRANCHES.iter().chain(&COMMITS).find(set).is_some() {
        return Some(Start::Pipeline);
    }
    if let Some(revision) = args.since.as_deref().or(args.range.as_ref().map(|(from, _)| from.as_str())) {
        return named(revision);
    }
    args.staged.then_some("HEAD").and_then(named)
}

/// Where the change of a work tree starts from.
fn base_of(root: &Path, start: &Start) -> anyhow::Result<Base> {
    match start {
        Start::Named(revision, demanded) => match CommitFiles::open(root, revision) {
            Ok(files) => Ok(Base::Commit(Box::new(files))),
            Err(reason) if *demanded => bail!("--exceptions-from {revision}: {reason}"),
            Err(reason) => Ok(Base::Unknown(format!("that is not to be had: `{revision}`: {reason}"))),
        },
        Start::Pipeline => Ok(of_pipeline(root)),
    }
}

/// What the variables of a pipeline say. A branch is only looked for among those of the remote, and a commit by its whole id: other
/// names are for the author of the change to make.
fn of_pipeline(root: &Path) -> Base {
    let value = |name: &&'static str| Some((*name, env::var(name).ok().filter(|value| !value.is_empty())?));
    let branch = |value: &str| {
        let branch = value.strip_prefix("refs/heads/").unwrap_or(value);
        format!("refs/remotes/origin/{branch}")
    };
    let branches = BRANCHES.iter().filter_map(value).map(|(name, value)| (name, branch(&value)));
    let whole = |id: &str| matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let commits = COMMITS.iter().filter_map(value).filter(|(_, id)| whole(id));
    let mut first = None;
    for (variable, revision) in branches.chain(commits) {
        match CommitFiles::open(root, &revision) {
            Ok(files) => return Base::Commit(Box::new(files)),
            Err(reason) => first = first.or(Some(format!("`{revision}` ({variable}): {reason}"))),
        }
    }
    let first = first.unwrap_or_else(|| "its variables name no commit".to_owned());
    Base::Unknown(format!(
        "the pipeline says that it runs for a merge or pull request, but {first}; fetch the target branch (`fetch-depth: 0`), or \
         name a revision with --exceptions-from"
    ))
}

/// The work trees that a place lies in, or is: by its name, and by where links lead.
fn work_trees_above(place: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for place in [Some(lexical(place)), place.canonicalize().ok()].into_iter().flatten() {
        for folder in place.ancestors().filter(|folder| git::begins_work_tree(folder)) {
            found.extend(folder.canonicalize());
        }
    }
    found
}

/// Whether `inner` is a work tree that `outer` tracks as a submodule.
fn is_submodule(outer: &Path, inner: &Path) -> bool {
    let Ok(below) = inner.strip_prefix(outer) else { return false };
    let below = below.as_os_str().as_encoded_bytes();
    !below.is_empty() && git::tracked(outer).map_or(true, |tracked| tracked.contains(below))
}

/// The absolute path without `.` and `..`, links as they are.
fn lexical(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut out = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// A checkout may write other line ends than the commit has.
fn is_same_text(one: &[u8], other: &[u8]) -> bool {
    let text = |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().filter(|&byte| byte != b'\r').collect() };
    one == other || text(one) == text(other)
}

/// The files of a folder whose names end so, by name.
fn files_of(folder: &Path, ending: &str) -> anyhow::Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", name(folder)))? {
        let entry = entry.with_context(|| format!("cannot read {}", name(folder)))?;
        let file = entry.file_name().as_encoded_bytes().to_vec();
        if file.ends_with(ending.as_bytes()) && entry.path().is_file() {
            files.insert(file, bytes_up_to(&entry.path(), MAX_BYTES)?);
        }
    }
    Ok(files)
}

/// The same of the commit before.
fn before_of(files: &mut CommitFiles, folder: &[u8], ending: &[u8]) -> anyhow::Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let unknown = |reason| anyhow::anyhow!("cannot read {} of the commit before: {reason}", printable(folder));
    let mut before = BTreeMap::new();
    for file in files.list(folder).map_err(unknown)?.into_iter().filter(|file| file.ends_with(ending)) {
        let bytes = files.read(&[folder, b"/", &file].concat()).map_err(unknown)?;
        before.insert(file, bytes.unwrap_or_default());
    }
    Ok(before)
}
