//! What the targets of a scan held at earlier commits, opened when it is first asked for: most scans never ask.

use std::cell::OnceCell;

use super::governed::Governed;
use super::settings::Settings;
use crate::report::Target;
use crate::scan::Before;
use crate::source::git::CommitFiles;

/// For each target its content of then.
pub(super) struct Contents<'s> {
    settings: &'s Settings,
    /// For each target, the commits of which the first that is to be had counts.
    commits: Vec<Vec<String>>,
    opened: Vec<OnceCell<Option<Before<'s>>>>,
}

impl<'s> Contents<'s> {
    /// That of the commits that `commits` names for each target.
    pub(super) fn new(settings: &'s Settings, commits: impl Fn(usize, &Target) -> Vec<String>) -> Self {
        let targets = settings.targets.iter().enumerate();
        let commits: Vec<_> = targets.map(|(index, target)| commits(index, target)).collect();
        Self { settings, opened: commits.iter().map(|_| OnceCell::new()).collect(), commits }
    }

    /// That from which the change of each target starts. None for a scan of changes, where all is what the change brings.
    pub(super) fn before_the_change(settings: &'s Settings, governed: &Governed) -> Self {
        Self::new(settings, |_, target| {
            let base = governed.base_commit(&target.given).filter(|_| !target.kind.is_of_changes());
            base.map(str::to_owned).into_iter().collect()
        })
    }

    /// The content of then of the target with this index, if it is to be had.
    pub(super) fn of(&mut self, target: usize) -> Option<&mut Before<'s>> {
        let (settings, cell) = (self.settings, self.opened.get_mut(target)?);
        cell.get_or_init(|| {
            let (target, commits) = (&settings.targets[target], &self.commits[target]);
            let prefix = target.git.as_ref()?.prefix.clone();
            let files = commits.iter().find_map(|commit| CommitFiles::open(&target.given, commit).ok())?;
            Some(Before::new(&settings.scanner, files, prefix, settings.resolved.min_confidence.value))
        });
        cell.get_mut()?.as_mut()
    }
}
