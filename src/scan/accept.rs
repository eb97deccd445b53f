//! Gaps that the operator has accepted: each with the content it was accepted for, by whom, and until when.

use std::path::PathBuf;
use std::sync::Arc;

use super::pipeline::Target;
use crate::blob::{FilePlace, Origin, hex, printable};
use crate::gap::{AcceptedGap, Gap, GapClass};
use crate::source::digest_of;

/// Marks the gaps that are accepted. `today` is the day of the scan, `YYYY-MM-DD`. Returns what the operator should know,
/// sorted: entries that hold no longer, or for nothing.
///
/// An entry holds for one path, and for one content where that can be read at all: content that has changed since is
/// new, and has to be accepted anew.
pub fn settle<'a>(
    gaps: &mut [Gap],
    accepted: impl IntoIterator<Item = &'a AcceptedGap>,
    targets: &[Target],
    today: &str,
) -> Vec<String> {
    let mut notes = Vec::new();
    for entry in accepted {
        let path = printable(entry.path.as_bytes());
        let mut met = false;
        for gap in gaps.iter_mut() {
            let same = gap.origin.path_bytes() == entry.path.as_bytes();
            if !same || entry.class.is_some_and(|class| class != gap.class) {
                continue;
            }
            met = true;
            match holds(entry, gap, targets, today) {
                Ok(()) => gap.accepted = Some(Arc::new(entry.acceptance.clone())),
                Err(why) => notes.push(format!("the accepted gap {path} does not hold: {why}")),
            }
        }
        if !met {
            notes.push(format!("the accepted gap {path} was not met; its entry can go"));
        }
    }
    notes.sort();
    notes.dedup();
    notes
}

fn holds(entry: &AcceptedGap, gap: &Gap, targets: &[Target], today: &str) -> Result<(), String> {
    if entry.acceptance.until.as_str() < today {
        return Err(format!("it ended on {}", entry.acceptance.until));
    }
    let found = file_of(gap, targets).and_then(|path| digest_of(&path).ok());
    match (found, entry.sha256) {
        (Some(found), Some(expected)) if found == expected => Ok(()),
        (Some(found), Some(_)) => Err(format!("the content has the SHA-256 {} now", hex(&found))),
        (Some(found), None) => {
            Err(format!("its content can be read, so the entry has to name it: sha256 = \"{}\"", hex(&found)))
        }
        (None, Some(_)) => Err("its content cannot be read, so it is not known to be the same".to_owned()),
        // What is to be read only in part, or is known to be there but closed, can be accepted by its place alone.
        (None, None) if matches!(gap.class, GapClass::Unreadable | GapClass::Missing | GapClass::Opaque) => Ok(()),
        (None, None) => Err("its content cannot be read".to_owned()),
    }
}

fn file_of(gap: &Gap, targets: &[Target]) -> Option<PathBuf> {
    let Origin::File(FilePlace { target, path, .. }) = &*gap.origin else { return None };
    match targets.get(*target)? {
        Target::Path(root) if root.is_dir() => Some(crate::source::join(root, path)),
        Target::Path(file) => Some(file.clone()),
        // What is staged or committed need not be what lies in the work tree.
        Target::Stream(_) | Target::Stdin | Target::Changes(..) | Target::Bare(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::gap::Acceptance;

    fn gap(path: &str, class: GapClass) -> Gap {
        Gap::new(class, Arc::new(Origin::File(FilePlace::new(0, path.into()))), "x".to_owned())
    }

    fn entry(path: &str, sha256: Option<[u8; 32]>, until: &str) -> AcceptedGap {
        let acceptance = Acceptance { reason: "r".into(), approver: "a".into(), until: until.into() };
        AcceptedGap { path: path.to_owned(), class: None, sha256, acceptance }
    }

    #[test]
    fn an_entry_holds_for_its_content_and_its_time() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.zip"), "content").unwrap();
        let targets = [Target::Path(folder.path().to_owned())];
        let digest: [u8; 32] = Sha256::digest("content").into();
        let other: [u8; 32] = Sha256::digest("other").into();
        for (entry, accepted, note) in [
            (entry("a.zip", Some(digest), "2026-01-01"), true, None),
            (entry("a.zip", Some(other), "2026-01-01"), false, Some("SHA-256")),
            (entry("a.zip", None, "2026-01-01"), false, Some("has to name it")),
            (entry("a.zip", Some(digest), "2025-12-31"), false, Some("ended on 2025-12-31")),
            (entry("b.zip", Some(digest), "2026-01-01"), false, Some("was not met")),
            (
                AcceptedGap { class: Some(GapClass::Missing), ..entry("a.zip", Some(digest), "2026-01-01") },
                false,
                Some("was not met"),
            ),
        ] {
            let mut gaps = [gap("a.zip", GapClass::OverBudget)];
            let notes = settle(&mut gaps, std::slice::from_ref(&entry), &targets, "2026-01-01");
            assert_eq!(gaps[0].accepted.is_some(), accepted, "{entry:?}");
            assert_eq!(notes.len(), usize::from(note.is_some()), "{notes:?}");
            assert!(note.is_none_or(|note| notes[0].contains(note)), "{notes:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_accepted_by_its_place() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("closed")).unwrap();
        let targets = [Target::Path(folder.path().to_owned())];
        let mut gaps = [gap("closed", GapClass::Unreadable)];
        assert!(settle(&mut gaps, &[entry("closed", None, "2026-01-01")], &targets, "2026-01-01").is_empty());
        assert!(gaps[0].accepted.is_some());
        gaps[0].accepted = None;
        assert_eq!(settle(&mut gaps, &[entry("closed", Some([0; 32]), "2026-01-01")], &targets, "2026-01-01").len(), 1);
        assert!(gaps[0].accepted.is_none());
    }
}
