//! Who owns the files in which secrets were found, as `CODEOWNERS` of their repositories say.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::finding::{Finding, Ownership};
use crate::report::{Target, TargetKind};
use crate::source::CodeOwners;

/// Tells each place who owns it. Places of a bare repository, of standard input and of files outside of a work tree have no owners.
pub(super) fn name_owners(findings: &mut [Finding], targets: &[Target]) {
    if findings.is_empty() {
        return;
    }
    let files: Vec<Option<(CodeOwners, &[u8])>> = targets.iter().map(file).collect();
    let mut known: BTreeMap<(usize, Vec<u8>), Option<Arc<Ownership>>> = BTreeMap::new();
    for place in findings.iter_mut().flat_map(|finding| &mut finding.occurrences) {
        let target = place.origin.target();
        let Some((file, prefix)) = files.get(target).and_then(Option::as_ref) else { continue };
        // A file has many places.
        let path = [prefix, place.origin.path_bytes()].concat();
        let owners = known.entry((target, path)).or_insert_with_key(|(_, path)| {
            let owned = file.owners_of(path)?;
            let source = format!("{}, line {}", file.place(), owned.line);
            Some(Arc::new(Ownership { names: owned.owners, source }))
        });
        place.owners.clone_from(owners);
    }
}

/// What the repository around a target says of owners, and the path of the target in it.
fn file(target: &Target) -> Option<(CodeOwners, &[u8])> {
    let git = target.git.as_ref()?;
    if matches!(target.kind, TargetKind::Stdin | TargetKind::Repository) {
        return None;
    }
    // From the target up to the root, by as many folders as lie between.
    let mut root: PathBuf = target.given.canonicalize().ok()?;
    let mut prefix: &[u8] = &git.prefix;
    if target.kind == TargetKind::File {
        // Its prefix ends with its folder; paths of its places are its name.
        root.pop();
    }
    for _ in 0..prefix.iter().filter(|&&byte| byte == b'/').count() {
        root.pop();
    }
    if prefix == b"/" {
        prefix = b"";
    }
    Some((CodeOwners::read(&root)?, prefix))
}
