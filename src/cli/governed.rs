//! Files by which a scan is governed (configuration, exceptions, baselines, triage), where they lie in the repository that is
//! scanned.
//!
//! Whoever writes a change can edit them in the same change. So where a change is scanned they are read from the commit that it
//! starts from, and what the change would make of them is reported as an attempt. Files that lie elsewhere are the operator's.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::args::Scan;
use super::config;
use crate::blob::printable;
use crate::finding::Attempt;
use crate::source::git::{self, CommitFiles};

/// Variables by which systems of pipelines name the branch or commit that a merge or pull request is for (from the systems' own
/// lists of predefined variables).
const VARIABLES: [&str; 8] = [
    "CI_MERGE_REQUEST_DIFF_BASE_SHA",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "GITHUB_BASE_REF",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "BITBUCKET_PR_DESTINATION_COMMIT",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    "CHANGE_TARGET",
];

/// Where a change that is scanned starts from.
enum Base {
    /// No change is scanned.
    None,
    /// This commit.
    Commit(Box<CommitFiles>),
    /// It is not to be had: why, and what the operator can do.
    Unknown(String),
}

/// The versions of a file that bear on a scan.
pub(super) struct Versions {
    /// What holds; none where it holds nothing, since the change brings the file.
    pub(super) obeyed: Option<Vec<u8>>,
    /// What lies there, where that is something else.
    pub(super) proposed: Option<Vec<u8>>,
}

/// Decides which version of a file holds.
pub(super) struct Governed {
    base: Base,
    root: Option<PathBuf>,
    /// Whether the operator lets changes excuse themselves.
    pub(super) may_excuse_itself: bool,
    /// What the change would have had obeyed.
    pub(super) attempts: Vec<Attempt>,
}

impl Governed {
    /// For commands that scan no change.
    pub(super) fn by_nothing() -> Self {
        Self { base: Base::None, root: None, may_excuse_itself: false, attempts: Vec::new() }
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
        let Some(target) = args.targets.first().filter(|target| target.exists()) else { return Ok(Self::by_nothing()) };
        let root = git::work_tree_root(target);
        let named = args.exceptions_from.as_deref().or(args.since.as_deref());
        let named = named.or(args.range.as_ref().map(|(from, _)| from.as_str()));
        let base = match named.or(args.staged.then_some("HEAD")) {
            Some(revision) => match CommitFiles::open(target, revision) {
                Ok(files) => Base::Commit(Box::new(files)),
                Err(reason) if args.exceptions_from.is_some() => bail!("--exceptions-from {revision}: {reason}"),
                Err(reason) => {
                    Base::Unknown(format!("the commit before the change is not to be had: `{revision}`: {reason}"))
                }
            },
            None => of_pipeline(target),
        };
        Ok(Self { base, root, ..Self::by_nothing() })
    }

    /// Whether a change is scanned.
    pub(super) fn is_change(&self) -> bool {
        !matches!(self.base, Base::None)
    }

    /// The commit that the change starts from, to be read from once more.
    pub(super) fn base_commit(&self) -> Option<&str> {
        match &self.base {
            Base::Commit(files) => Some(&files.commit),
            Base::None | Base::Unknown(_) => None,
        }
    }

    /// The versions of the file at `path`, which holds `bytes`, that bear on the scan.
    pub(super) fn versions(&mut self, path: &Path, bytes: Vec<u8>) -> anyhow::Result<Versions> {
        let as_it_is = |bytes| Ok(Versions { obeyed: Some(bytes), proposed: None });
        if self.may_excuse_itself {
            return as_it_is(bytes);
        }
        let Some(below) = self.in_tree(path) else { return as_it_is(bytes) };
        let files = match &mut self.base {
            Base::None => return as_it_is(bytes),
            Base::Commit(files) => files,
            Base::Unknown(why) => bail!(
                "{} lies in the repository whose change is scanned, so that it is read from the commit before; {why}",
                name(path)
            ),
        };
        match files.read(&below) {
            Ok(Some(before)) if before == bytes => as_it_is(bytes),
            Ok(obeyed) => Ok(Versions { obeyed, proposed: Some(bytes) }),
            Err(reason) => bail!("cannot read {} of the commit {}: {reason}", name(path), files.commit),
        }
    }

    /// The bytes of the configuration at `path` that hold; tells of the attempt to change it.
    pub(super) fn configuration(&mut self, path: &Path, bytes: Vec<u8>) -> anyhow::Result<Option<Vec<u8>>> {
        let Versions { obeyed, proposed } = self.versions(path, bytes)?;
        if proposed.is_some() {
            let commit = self.base_commit().unwrap_or_default().to_owned();
            let what = match obeyed {
                Some(_) => format!("the change edits it; that of the commit {commit} is obeyed"),
                None => format!("the change brings it; the commit {commit} has none, so that nothing of it is obeyed"),
            };
            self.attempt("configuration", path, what, None);
        }
        Ok(obeyed)
    }

    /// Tells of something that was not obeyed.
    pub(super) fn attempt(&mut self, kind: &'static str, path: &Path, what: String, places: Option<u64>) {
        self.attempts.push(Attempt { kind, file: name(path), what, places });
    }

    /// Whether a folder holds only what the commit before has as well; true for one outside of the repository.
    pub(super) fn is_unchanged(&mut self, folder: &Path) -> bool {
        if self.may_excuse_itself {
            return true;
        }
        let Some(below) = self.in_tree(folder) else { return true };
        let files = match &mut self.base {
            Base::None => return true,
            Base::Unknown(_) => return false,
            Base::Commit(files) => files,
        };
        let Ok(entries) = std::fs::read_dir(folder) else { return false };
        let Ok(mut before) = files.list(&below) else { return false };
        for entry in entries.flatten() {
            let file = entry.file_name().as_encoded_bytes().to_vec();
            let here = std::fs::read(entry.path()).ok();
            if here.is_none() || files.read(&[&below, &b"/"[..], &file].concat()).ok().flatten() != here {
                return false;
            }
            before.retain(|name| *name != file);
        }
        before.is_empty()
    }

    /// The rule files of `folder` that hold, with their names, where they are not those that lie there; tells of the attempt to
    /// change them: a rule of the id of another replaces it, and can find less.
    pub(super) fn rules(&mut self, folder: &Path) -> anyhow::Result<Option<Vec<(String, Vec<u8>)>>> {
        let Some(below) = self.in_tree(folder) else { return Ok(None) };
        let files = match &mut self.base {
            Base::None => return Ok(None),
            Base::Commit(files) => files,
            Base::Unknown(why) => bail!(
                "{} lies in the repository whose change is scanned, so that it is read from the commit before; {why}",
                name(folder)
            ),
        };
        let unknown = |reason| anyhow::anyhow!("cannot read {} of the commit before: {reason}", name(folder));
        let mut before = BTreeMap::new();
        for file in files.list(&below).map_err(unknown)?.into_iter().filter(|file| file.ends_with(b".toml")) {
            let bytes = files.read(&[&below, &b"/"[..], &file].concat()).map_err(unknown)?;
            before.insert(file, bytes.unwrap_or_default());
        }
        let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        let here = entries.into_iter().filter(|entry| entry.path().extension().is_some_and(|one| one == "toml"));
        let here: BTreeMap<Vec<u8>, Vec<u8>> = here
            .map(|entry| Ok((entry.file_name().as_encoded_bytes().to_vec(), std::fs::read(entry.path())?)))
            .collect::<std::io::Result<_>>()?;
        if here == before {
            return Ok(None);
        }
        let commit = &files.commit;
        let what = format!("the change edits rules; those of the commit {commit} are obeyed");
        self.attempt("rules", folder, what, None);
        Ok(Some(
            before.into_iter().map(|(file, bytes)| (format!("{}/{}", name(folder), printable(&file)), bytes)).collect(),
        ))
    }

    /// The path from the root of the work tree, if the file lies in it.
    fn in_tree(&self, path: &Path) -> Option<Vec<u8>> {
        let below = path.canonicalize().ok()?.strip_prefix(self.root.as_ref()?).ok()?.to_owned();
        Some(below.as_os_str().as_encoded_bytes().to_vec())
    }
}

/// What the variables of a pipeline say of the change it runs for.
fn of_pipeline(target: &Path) -> Base {
    let set = VARIABLES.iter().filter_map(|name| Some((*name, env::var(name).ok().filter(|value| !value.is_empty())?)));
    let mut tried = Vec::new();
    for (variable, value) in set {
        let branch = value.strip_prefix("refs/heads/").unwrap_or(&value);
        for revision in [format!("refs/remotes/origin/{branch}"), branch.to_owned()] {
            match CommitFiles::open(target, &revision) {
                Ok(files) => return Base::Commit(Box::new(files)),
                Err(reason) => tried.push(format!("`{revision}` ({variable}): {reason}")),
            }
        }
    }
    match tried.first() {
        None => Base::None,
        Some(first) => Base::Unknown(format!(
            "the pipeline says that it runs for a merge or pull request, but {first}; fetch the target branch \
             (`fetch-depth: 0`), or name a revision with --exceptions-from"
        )),
    }
}

fn name(path: &Path) -> String {
    printable(path.as_os_str().as_encoded_bytes())
}
