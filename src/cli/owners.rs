//! Who owns the files in which secrets were found, as `CODEOWNERS` of their repositories say.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::{Finding, Ownership};
use crate::report::Target;
use crate::source::{CodeOwners, git};
use crate::words::counted;

/// Steps that the paths of one target may take together: some seconds, where somebody made the patterns to be slow.
const MAX_STEPS: usize = 1 << 30;

/// What a repository says of owners, and the path of a target in it.
struct File<'t> {
    owners: CodeOwners,
    prefix: &'t [u8],
    /// Steps that are left.
    steps: usize,
}

impl<'t> File<'t> {
    /// That of the work tree around a target: places of a bare repository and of standard input have no owners.
    fn of(target: &'t Target) -> Option<Self> {
        let git = target.git.as_ref()?;
        let owners = CodeOwners::read(&git::work_tree_root(&target.given)?)?;
        Some(Self { owners, prefix: &git.prefix, steps: MAX_STEPS })
    }
}

/// Tells each place who owns it; returns what is to be told of the files that say so.
pub(super) fn name_owners(findings: &mut [Finding], targets: &[Target]) -> Vec<String> {
    if findings.is_empty() {
        return Vec::new();
    }
    let mut files: Vec<Option<File<'_>>> = targets.iter().map(File::of).collect();
    let mut known: BTreeMap<(usize, Vec<u8>), Option<Arc<Ownership>>> = BTreeMap::new();
    for place in findings.iter_mut().flat_map(|finding| &mut finding.occurrences) {
        let target = place.origin.target();
        let Some(file) = files.get_mut(target).and_then(Option::as_mut) else { continue };
        // A file has many places.
        let path = [file.prefix, place.origin.path_bytes()].concat();
        let owners = known.entry((target, path)).or_insert_with_key(|(_, path)| {
            let owned = file.owners.owners_within(path, &mut file.steps)?;
            let source = format!("{}, line {}", file.owners.place(), owned.line);
            Some(Arc::new(Ownership { names: owned.owners, source }))
        });
        place.owners.clone_from(owners);
    }
    let mut notes = Vec::new();
    for File { owners, steps, .. } in files.into_iter().flatten() {
        let place = owners.place();
        if owners.skipped > 0 {
            notes.push(format!(
                "{place}: {} that cannot be understood, so that owners may lack",
                counted(owners.skipped as u64, "line")
            ));
        }
        if steps == 0 {
            notes.push(format!("{place}: its patterns take too long, so that owners lack"));
        }
    }
    notes
}
