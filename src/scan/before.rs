//! What a file held at an earlier commit, by the rules and settings of this scan: so that what a change brought can be told
//! from what better rules find in what was there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::engine::{Ordinals, Scanner, Scratch, scan_blob};
use crate::blob::{FilePlace, Origin};
use crate::finding::{Confidence, Fingerprint, Hit, InlineIgnore};
use crate::source::git::CommitFiles;
use crate::source::{MemoryBudget, Reader};

/// The files of an earlier commit, scanned as they are asked for.
pub struct Before<'s> {
    scanner: &'s Scanner,
    scratch: Scratch,
    files: CommitFiles,
    /// Path of the target in the work tree, with a `/` behind it unless it is empty.
    prefix: Vec<u8>,
    /// Lowest confidence that is reported.
    least: Confidence,
    known: BTreeMap<Vec<u8>, Held>,
}

/// What a file held.
enum Held {
    /// There was no such file.
    Absent,
    /// It cannot be read.
    Unknown,
    /// These secrets.
    Secrets(Vec<Hit>),
}

impl<'s> Before<'s> {
    /// The files of this commit below `prefix`; what is less sure than `least` counts as not there.
    pub fn new(scanner: &'s Scanner, files: CommitFiles, prefix: Vec<u8>, least: Confidence) -> Self {
        Self { scanner, scratch: scanner.scratch(), files, prefix, least, known: BTreeMap::new() }
    }

    /// Whether the file at `path`, from the target, held this value; none where that is not known. `value` is the fingerprint
    /// under the scanner's key, whether or not reports show it.
    pub fn held(&mut self, path: &[u8], value: &Fingerprint) -> Option<bool> {
        match self.file(path) {
            Held::Absent => Some(false),
            Held::Unknown => None,
            Held::Secrets(hits) => Some(hits.iter().any(|hit| hit.value_id == *value)),
        }
    }

    /// Whether the file at `path` held this value under the same marker, for the same reason and until the same day.
    pub fn was_ignored(&mut self, path: &[u8], value: &Fingerprint, ignore: &InlineIgnore) -> bool {
        let same = |one: &InlineIgnore| {
            (one.marker, &one.reason, &one.until) == (ignore.marker, &ignore.reason, &ignore.until)
        };
        match self.file(path) {
            Held::Secrets(hits) => {
                hits.iter().any(|hit| hit.value_id == *value && hit.occurrence.ignore.as_ref().is_some_and(same))
            }
            Held::Absent | Held::Unknown => false,
        }
    }

    /// Whether the commit, or one before it, is `id`.
    pub fn has_in_history(&mut self, id: &str) -> bool {
        self.files.has_in_history(id)
    }

    fn file(&mut self, path: &[u8]) -> &Held {
        if !self.known.contains_key(path) {
            let held = match self.files.read(&[&self.prefix, path].concat()) {
                Ok(None) => Held::Absent,
                Err(_) => Held::Unknown,
                Ok(Some(bytes)) => Held::Secrets(self.secrets(path, &bytes)),
            };
            self.known.insert(path.to_vec(), held);
        }
        &self.known[path]
    }

    fn secrets(&mut self, path: &[u8], bytes: &[u8]) -> Vec<Hit> {
        let origin = Arc::new(Origin::File(FilePlace::new(0, path.to_vec())));
        let mut reader = Reader::new(Arc::new(MemoryBudget::default()));
        let (mut hits, mut ordinals) = (Vec::new(), Ordinals::default());
        reader.bytes(bytes, &origin, &mut |blob| {
            scan_blob(self.scanner, blob, &mut self.scratch, &mut ordinals, &mut hits);
        });
        hits.retain(|hit| hit.occurrence.confidence >= self.least);
        hits
    }
}
