//! The file policy: which of the files that the walk meets are scanned.
//!
//! Hidden files are. Of a git directory only configuration and hooks are. Untracked files that git ignores are not,
//! unless their name holds secrets by nature. Rules belong to directories: each directory that is under any rule has a
//! [`Zone`], made when the walk enters it, before it meets anything in it. A tree without git has no zones at all, so
//! that the policy costs it two look-ups of names a directory.
//!
//! Where the policy is in doubt (rules too large, an index that cannot be read) it scans. It decides by names and
//! places and reads no content but that of ignore files and indexes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use super::git::{self, GitDirectory, TrackedFiles};
use super::ignored::{self, Base, Level};
use super::names;
use super::os::Links;
use crate::blob::printable;
use crate::gap::ExclusionClass;

/// How many files of a directory were left out, and why.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) class: ExclusionClass,
    /// The topmost directory that was left out, relative to the target.
    pub(super) relative: Vec<u8>,
    pub(super) files: AtomicU64,
}

/// What holds for the files of one directory.
#[derive(Debug)]
pub(super) enum Zone {
    /// A directory of a git work tree.
    WorkTree(Rules),
    /// A git directory, or a directory in one.
    GitDirectory {
        tally: Arc<Tally>,
        /// Bytes of the git directory relative to the target, with the `/` behind it.
        below: usize,
        /// A bare repository. Its name does not tell it, so that only what is known to be git's is left out.
        bare: bool,
    },
}

/// The rules in a directory of a work tree.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    tree: Arc<WorkTree>,
    nearest: Option<Arc<Level>>,
    /// Set where the directory, or one above it, is ignored.
    ignored: Option<Arc<Tally>>,
}

/// A git work tree.
#[derive(Debug)]
struct WorkTree {
    root: PathBuf,
    base: Base,
    /// Its root relative to the target; `None` where that lies above the target.
    relative: Option<Vec<u8>>,
    /// The index, read when it is first asked for; `None` where it cannot be relied upon.
    tracked: OnceLock<Option<TrackedFiles>>,
    /// The work tree around this one, if that is in the target. Its index may hold files of this one, added before
    /// this one was made.
    outer: Option<Arc<WorkTree>>,
}

/// What becomes of a file, link or special file.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// It is looked at.
    Admit,
    /// It is left out and counted with the directory that is left out.
    Counted,
    /// It is left out for itself: ignored in a directory that is not.
    Ignored,
}

/// The policy for one target.
#[derive(Debug)]
pub(super) struct Policy {
    no_ignore: bool,
    zones: RwLock<HashMap<Vec<u8>, Arc<Zone>>>,
    tallies: Mutex<Vec<Arc<Tally>>>,
    notes: Mutex<Vec<String>>,
}

/// Locks hold single insertions only, so that what a panic leaves behind is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Policy {
    /// The policy for a target; with `no_ignore`, git's ignore rules do not count.
    pub(super) fn new(no_ignore: bool) -> Self {
        Self { no_ignore, zones: RwLock::default(), tallies: Mutex::default(), notes: Mutex::default() }
    }

    /// The zone of a directory, which was entered before; `None` where no rules hold.
    pub(super) fn zone(&self, relative: &[u8]) -> Option<Arc<Zone>> {
        self.zones.read().unwrap_or_else(PoisonError::into_inner).get(relative).cloned()
    }

    /// Enters the target itself, whose absolute path is `path`. Returns the reason of a gap of the class opaque, if
    /// the directory is one.
    ///
    /// An operator who names a directory wants it scanned: rules that ignore the target as a whole do not count, those
    /// that ignore what lies in it do, from the root of the work tree down.
    pub(super) fn enter_target(&self, path: &Path) -> Option<&'static str> {
        if path.file_name().is_some_and(|name| name == ".git") {
            self.enter_git_directory(&[], false);
            return Some("git directory: its objects are not read");
        }
        if git::is_bare_repository(path) {
            self.enter_git_directory(&[], true);
            return Some(BARE);
        }
        if self.no_ignore {
            return None;
        }
        let root = git::work_tree_root(path)?;
        let prefix = git::prefix(&root, path)?;
        let tree = Arc::new(WorkTree {
            relative: prefix.is_empty().then(Vec::new),
            base: Base { above: prefix.clone(), below: 0 },
            tracked: OnceLock::new(),
            outer: None,
            root: root.clone(),
        });
        let mut nearest = self.exclude_file(&tree);
        let mut directory = root;
        let mut rest: &[u8] = &prefix;
        loop {
            let base = Base { above: rest.to_vec(), below: 0 };
            let place = rest.is_empty().then_some(rest);
            nearest = self.push(nearest, &directory.join(".gitignore"), base, Links::Refuse, place);
            let Some(slash) = memchr::memchr(b'/', rest) else { break };
            directory.push(super::os::path_from_bytes(&rest[..slash]));
            rest = &rest[slash + 1..];
        }
        self.set(&[], Arc::new(Zone::WorkTree(Rules { tree, nearest, ignored: None })));
        None
    }

    /// Enters a directory below the target; `outer` is the zone of the directory it lies in. Returns the reason of a
    /// gap of the class opaque, if the directory is one.
    pub(super) fn enter(&self, outer: Option<&Arc<Zone>>, relative: &[u8], path: &Path) -> Option<&'static str> {
        let rules = match outer.map(Arc::as_ref) {
            Some(Zone::GitDirectory { .. }) => {
                self.inherit(outer, relative);
                return None;
            }
            Some(Zone::WorkTree(rules)) => Some(rules),
            None => None,
        };
        if is_named_git(relative) {
            self.enter_git_directory(relative, false);
        } else if git::begins_work_tree(path) {
            if !self.no_ignore {
                self.enter_work_tree(rules, relative, path);
            }
        } else if git::is_bare_repository(path) {
            self.enter_git_directory(relative, true);
            return Some(BARE);
        } else if let Some(rules) = rules {
            self.enter_directory(outer, rules, relative, path);
        }
        None
    }

    fn enter_git_directory(&self, relative: &[u8], bare: bool) {
        let below = if relative.is_empty() { 0 } else { relative.len() + 1 };
        let tally = self.tally(ExclusionClass::GitDirectory, relative);
        self.set(relative, Arc::new(Zone::GitDirectory { tally, below, bare }));
    }

    fn enter_work_tree(&self, outer: Option<&Rules>, relative: &[u8], path: &Path) {
        let base = Base { above: Vec::new(), below: relative.len() + 1 };
        let tree = Arc::new(WorkTree {
            root: path.to_path_buf(),
            base: base.clone(),
            relative: Some(relative.to_vec()),
            tracked: OnceLock::new(),
            outer: outer.map(|rules| Arc::clone(&rules.tree)),
        });
        let above = self.exclude_file(&tree);
        let nearest = self.push(above, &path.join(".gitignore"), base, Links::Refuse, Some(relative));
        self.set(relative, Arc::new(Zone::WorkTree(Rules { tree, nearest, ignored: None })));
    }

    /// An ordinary directory of a work tree.
    fn enter_directory(&self, outer: Option<&Arc<Zone>>, rules: &Rules, relative: &[u8], path: &Path) {
        if rules.ignored.is_some() {
            return self.inherit(outer, relative);
        }
        let mut own = rules.clone();
        if ignored::is_ignored(rules.nearest.as_ref(), relative, true) {
            own.ignored = Some(self.tally(ExclusionClass::GitIgnored, relative));
        } else {
            let base = Base { above: Vec::new(), below: relative.len() + 1 };
            let above = rules.nearest.clone();
            own.nearest = self.push(above, &path.join(".gitignore"), base, Links::Refuse, Some(relative));
            let same = match (&own.nearest, &rules.nearest) {
                (Some(own), Some(above)) => Arc::ptr_eq(own, above),
                (None, None) => true,
                _ => false,
            };
            if same {
                return self.inherit(outer, relative);
            }
        }
        self.set(relative, Arc::new(Zone::WorkTree(own)));
    }

    /// The rules of `.git/info/exclude`, which all `.gitignore` files take precedence over.
    fn exclude_file(&self, tree: &WorkTree) -> Option<Arc<Level>> {
        let directory = GitDirectory::of(&tree.root).ok()?;
        let path = directory.common.join("info/exclude");
        self.push(None, &path, tree.base.clone(), Links::Follow, tree.relative.as_deref())
    }

    /// Adds the rules of an ignore file to those `above`; `directory` names it to the operator.
    fn push(
        &self,
        above: Option<Arc<Level>>,
        path: &Path,
        base: Base,
        links: Links,
        directory: Option<&[u8]>,
    ) -> Option<Arc<Level>> {
        match ignored::read(path, links) {
            Ok(Some(rules)) => Some(Level::over(above, rules, base)),
            Ok(None) => above,
            Err(why) => {
                let place = match directory {
                    None => "above the target".to_owned(),
                    Some([]) => "of the target".to_owned(),
                    Some(directory) => format!("of {}", printable(directory)),
                };
                lock(&self.notes).push(format!("the git ignore file {place} is not obeyed: {why}"));
                above
            }
        }
    }

    /// What becomes of a file, link or special file at `relative`, in a directory of this zone.
    pub(super) fn judge(&self, zone: Option<&Zone>, relative: &[u8]) -> Verdict {
        match zone {
            None => Verdict::Admit,
            Some(Zone::GitDirectory { tally, below, bare }) => {
                let inner = &relative[*below..];
                if is_read_of_git(inner) || (*bare && !is_known_to_git(inner)) {
                    Verdict::Admit
                } else {
                    tally.files.fetch_add(1, Ordering::Relaxed);
                    Verdict::Counted
                }
            }
            // What makes a directory a linked work tree or a submodule is no content of it.
            Some(Zone::WorkTree(_)) if is_named_git(relative) => Verdict::Admit,
            Some(Zone::WorkTree(rules)) => {
                let ignored = rules.ignored.is_some() || ignored::is_ignored(rules.nearest.as_ref(), relative, false);
                if !ignored || names::holds_secrets(relative) || self.is_tracked(&rules.tree, relative) {
                    return Verdict::Admit;
                }
                match &rules.ignored {
                    None => Verdict::Ignored,
                    Some(tally) => {
                        tally.files.fetch_add(1, Ordering::Relaxed);
                        Verdict::Counted
                    }
                }
            }
        }
    }

    /// Whether a file is in the index of its work tree or of one around it. Where the index of its own work tree cannot
    /// be relied upon, every file counts as tracked.
    fn is_tracked(&self, tree: &WorkTree, relative: &[u8]) -> bool {
        let Some(own) = self.index(tree) else { return true };
        if own.contains(&tree.base.within(relative)) {
            return true;
        }
        let mut outer = tree.outer.as_ref();
        while let Some(tree) = outer {
            if self.index(tree).is_some_and(|index| index.contains(&tree.base.within(relative))) {
                return true;
            }
            outer = tree.outer.as_ref();
        }
        false
    }

    fn index<'t>(&self, tree: &'t WorkTree) -> Option<&'t TrackedFiles> {
        let index = tree.tracked.get_or_init(|| match git::tracked(&tree.root) {
            Ok(tracked) => Some(tracked),
            Err(why) => {
                let place = match tree.relative.as_deref() {
                    None => "the git work tree around the target".to_owned(),
                    Some([]) => "the git work tree at the target".to_owned(),
                    Some(relative) => format!("the git work tree {}", printable(relative)),
                };
                lock(&self.notes)
                    .push(format!("nothing counts as ignored in {place}: its index cannot be relied upon ({why})"));
                None
            }
        });
        index.as_ref()
    }

    fn tally(&self, class: ExclusionClass, relative: &[u8]) -> Arc<Tally> {
        let tally = Arc::new(Tally { class, relative: relative.to_vec(), files: AtomicU64::new(0) });
        lock(&self.tallies).push(Arc::clone(&tally));
        tally
    }

    fn inherit(&self, outer: Option<&Arc<Zone>>, relative: &[u8]) {
        if let Some(zone) = outer {
            self.set(relative, Arc::clone(zone));
        }
    }

    fn set(&self, relative: &[u8], zone: Arc<Zone>) {
        let mut zones = self.zones.write().unwrap_or_else(PoisonError::into_inner);
        zones.insert(relative.to_vec(), zone);
    }

    /// The directories that were left out, in no order, and what the operator should know, sorted.
    pub(super) fn finish(self) -> (Vec<Arc<Tally>>, Vec<String>) {
        let tallies = self.tallies.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut notes = self.notes.into_inner().unwrap_or_else(PoisonError::into_inner);
        notes.sort_unstable();
        notes.dedup();
        (tallies, notes)
    }
}

/// Why a bare repository is a gap.
const BARE: &str = "bare git repository: its objects are not read";

/// Whether the last component of a path is `.git`.
fn is_named_git(relative: &[u8]) -> bool {
    relative.strip_suffix(b".git").is_some_and(|rest| rest.is_empty() || rest.ends_with(b"/"))
}

/// Whether a file of a git directory is scanned: configuration and hooks, its own and those of its submodules and linked
/// work trees. `inner` is relative to the git directory.
fn is_read_of_git(inner: &[u8]) -> bool {
    let mut parts = inner.split(|&byte| byte == b'/');
    let first = parts.next().unwrap_or_default();
    let name = inner.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let configuration = matches!(name, b"config" | b"config.worktree");
    match first {
        b"hooks" => inner.len() > first.len(),
        b"worktrees" => configuration && inner.split(|&byte| byte == b'/').count() == 3,
        // Submodules may have slashes in their names and submodules of their own, so that their git directories
        // begin at no fixed depth. Branches called "config" lie in refs and logs.
        b"modules" => {
            let mut hooks = false;
            for part in parts {
                match part {
                    b"objects" | b"refs" | b"logs" => return false,
                    b"hooks" => hooks = true,
                    _ => {}
                }
            }
            configuration || hooks
        }
        _ => inner == first && configuration,
    }
}

/// Whether a file of a bare repository has a place that git gives its own files. A directory that merely looks like a
/// repository must not hide anything else.
fn is_known_to_git(inner: &[u8]) -> bool {
    let mut parts = inner.split(|&byte| byte == b'/');
    let first = parts.next().unwrap_or_default();
    let Some(second) = parts.next() else {
        return matches!(
            first,
            b"HEAD"
                | b"FETCH_HEAD"
                | b"ORIG_HEAD"
                | b"packed-refs"
                | b"description"
                | b"shallow"
                | b"index"
                | b"gc.log"
                | b"gc.pid"
        );
    };
    match first {
        b"objects" => {
            let fan_out = second.len() == 2 && second.iter().all(u8::is_ascii_hexdigit);
            fan_out || matches!(second, b"pack" | b"info")
        }
        b"refs" | b"logs" | b"info" | b"branches" | b"reftable" | b"lfs" | b"modules" | b"worktrees" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_git_directory_configuration_and_hooks_are_read() {
        for path in [
            "config",
            "config.worktree",
            "hooks/pre-commit",
            "hooks/lib/a.sh",
            "modules/a/config",
            "modules/group/a/config",
            "modules/a/modules/b/config.worktree",
            "modules/a/hooks/post-merge",
            "worktrees/w/config.worktree",
        ] {
            assert!(is_read_of_git(path.as_bytes()), "{path}");
        }
        for path in [
            "HEAD",
            "index",
            "hooks",
            "info/exclude",
            "refs/heads/config",
            "logs/refs/heads/config",
            "modules/a/refs/heads/config",
            "modules/a/refs/heads/hooks/x",
            "modules/a/HEAD",
            "objects/pack/config",
            "worktrees/w/HEAD",
            "worktrees/w/logs/config",
            "config/x",
        ] {
            assert!(!is_read_of_git(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn a_bare_repository_hides_only_what_is_git_s() {
        for path in ["HEAD", "objects/ab/cd", "objects/pack/pack-1.pack", "refs/heads/main"] {
            assert!(is_known_to_git(path.as_bytes()), "{path}");
        }
        for path in ["app.py", "objects/app.py", "objects/src/app.py", "src/HEAD"] {
            assert!(!is_known_to_git(path.as_bytes()), "{path}");
        }
    }
}
