//! Credential slots: places where configuration or code needs a credential, by where that credential is held.
//!
//! A finding is a slot that is filled in the open. The other slots are the positive evidence: they refer to a vault or a
//! variable, hold ciphertext, or need no secret at all. Each form of such a reference is a row of `patterns/references.toml`.
//!
//! Forms with a literal stand alone and are looked for in configuration, with one automaton for all literals; the others are
//! values of settings whose name speaks of a credential, and are only asked of what a generic rule matched and refused.

mod forms;
mod tally;
mod value;

use std::ops::Range;
use std::sync::Arc;

pub use forms::{Form, Held, forms};
pub use tally::{Area, Counts, Tally, tally};
pub use value::may_refer;

use crate::blob::Origin;
use crate::check::{TextFile, TextKind};
use forms::FORMS;

/// Bytes from the start of a literal's line in which a stand-alone form lies.
const REACH: usize = 512;

/// A slot that is not filled in the open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The file.
    pub origin: Arc<Origin>,
    /// First line, from 1.
    pub line: u64,
    /// Index of its form among [`forms()`].
    pub form: usize,
}

/// Finds the slots of `text`, a part of `file`, that begin in `owned`. `references` are the values that generic
/// rules refused and that may refer to something. Appends place and form, in order of place; no two overlap.
pub fn find(
    text: &[u8],
    owned: &Range<usize>,
    file: &TextFile<'_>,
    references: &[Range<usize>],
    out: &mut Vec<(Range<usize>, usize)>,
) {
    let before = out.len();
    if is_configuration(file) {
        stand_alone(text, owned, out);
    }
    let alone = before..out.len();
    for span in references {
        let value = value::whole(text, span, file.kind);
        let taken = out[alone.clone()].iter().any(|(place, _)| place.start < value.end && value.start < place.end);
        if !taken && let Some(form) = FORMS.of_value(&text[value.clone()]) {
            out.push((value, form));
        }
    }
    out[before..].sort_by_key(|(place, form)| (place.start, std::cmp::Reverse(place.end), *form));
    let mut end = 0;
    let mut kept = before;
    for at in before..out.len() {
        if out[at].0.start >= end || kept == before {
            end = out[at].0.end;
            out.swap(kept, at);
            kept += 1;
        }
    }
    out.truncate(kept);
}

/// Files in which stand-alone forms are looked for: settings, files without an extension or with a dot before their name,
/// and the code and templates that are configuration.
fn is_configuration(file: &TextFile<'_>) -> bool {
    const EXTENSIONS: [&[u8]; 16] = [
        b".groovy", b".gradle", b".kts", b".bicep", b".exs", b".rb", b".pp", b".ipynb", b".csproj", b".tpl", b".sls",
        b".eyaml", b".nomad", b".ctmpl", b".edn", b".cue",
    ];
    let name = file.path.rsplit(|&byte| byte == b'/').next().unwrap_or(file.path);
    match file.kind {
        TextKind::Settings => !file.lock,
        TextKind::Prose => false,
        TextKind::Code | TextKind::Unknown => {
            memchr::memrchr(b'.', name).is_none_or(|dot| dot == 0) || EXTENSIONS.iter().any(|end| name.ends_with(end))
        }
    }
}

fn stand_alone(text: &[u8], owned: &Range<usize>, out: &mut Vec<(Range<usize>, usize)>) {
    let mut line = 0..0;
    for found in FORMS.literals.find_overlapping_iter(&text[owned.start..text.len().min(owned.end + REACH)]) {
        let literal = owned.start + found.start()..owned.start + found.end();
        if !line.contains(&literal.start) {
            let first = literal.start.saturating_sub(REACH);
            let start = memchr::memrchr(b'\n', &text[first..literal.start]).map_or(first, |at| first + at + 1);
            let end = memchr::memchr(b'\n', &text[literal.start..]).map_or(text.len(), |at| literal.start + at);
            line = start..end.max(start + 1);
        }
        for &form in &FORMS.by_literal[found.pattern().as_usize()] {
            let window = &text[line.start..text.len().min(line.start + REACH)];
            let place =
                FORMS.pattern(form).find_iter(window).map(|place| line.start + place.start()..line.start + place.end());
            let mut covering = place.filter(|place| place.start <= literal.start && literal.end <= place.end);
            if let Some(place) = covering.next()
                && owned.contains(&place.start)
            {
                out.push((place, form));
            }
        }
    }
    out.sort_by_key(|(place, form)| (place.start, *form));
    out.dedup();
}
