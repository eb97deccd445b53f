//! The scan of one blob: matches, checks, overlaps, fingerprints. Pure: no input or output, no globals, no locks.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::judge::judge_all;
use crate::blob::{Blob, Content, Offsets};
use crate::check::TextFile;
use crate::detect::{Ended, Engine, Match, Scratch as DetectScratch};
use crate::finding::merge::{Judged, join_parts, settle};
use crate::finding::{Fingerprint, FingerprintKey, Hit, Occurrence, Severity, Verdict, inline_ignore};
use crate::secret::{LengthClass, Preview, Secret};
use crate::slot;
use crate::span::{ByteSpan, LineIndex};

/// What every worker shares.
pub struct Scanner {
    /// Rules and lanes.
    pub engine: Engine,
    /// The key of the fingerprints.
    pub key: FingerprintKey,
    /// Further keys, under which files of the operator name secrets.
    pub other_keys: Vec<FingerprintKey>,
    /// Keep values with the hits, since the operator asked to see them.
    pub keep_values: bool,
    /// The day of the scan, `YYYY-MM-DD`, against which inline ignores expire.
    pub today: String,
}

/// Working memory of one worker.
pub struct Scratch {
    detect: DetectScratch,
    matches: Vec<Match>,
    /// Slots of the text that was scanned last: line and form.
    slots: Vec<(u64, usize)>,
    places: Vec<(Range<usize>, usize)>,
}

/// How often each secret was met in the content so far. One for each file; carried over its windows.
#[derive(Debug, Default)]
pub struct Ordinals {
    values: BTreeMap<Fingerprint, u32>,
    rules: BTreeMap<usize, u32>,
}

impl Scanner {
    /// A scanner under the public key, which keeps no values and to which no inline ignore has expired.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            key: FingerprintKey::public(),
            other_keys: Vec::new(),
            keep_values: false,
            today: "1970-01-01".to_owned(),
        }
    }

    /// Working memory for one worker.
    pub fn scratch(&self) -> Scratch {
        Scratch { detect: self.engine.scratch(), matches: Vec::new(), slots: Vec::new(), places: Vec::new() }
    }
}

impl Scratch {
    /// The slots of the text that was scanned last, by line and form; see [`crate::slot`].
    pub fn slots(&self) -> &[(u64, usize)] {
        &self.slots
    }

    /// Memory for matches; to be given back.
    pub(super) fn take_matches(&mut self) -> Vec<Match> {
        std::mem::take(&mut self.matches)
    }

    /// Takes memory for matches back.
    pub(super) fn put_matches(&mut self, matches: Vec<Match>) {
        self.matches = matches;
    }

    /// Working memory of the search alone.
    pub(super) fn detect(&mut self) -> &mut DetectScratch {
        &mut self.detect
    }
}

/// Scans one blob and appends what it holds to `hits`, in order of place.
///
/// The severity of each place is that of the rule, or [`Severity::High`] where the rule has none; the kind and the
/// context of the place are weighed in later, by the half of the crate that knows them.
pub fn scan_blob(
    scanner: &Scanner,
    blob: &Blob<'_>,
    scratch: &mut Scratch,
    ordinals: &mut Ordinals,
    hits: &mut Vec<Hit>,
) -> Ended {
    let ended = scanner.engine.find(&mut scratch.detect, blob.text, blob.owned.clone(), &mut scratch.matches);
    let file = TextFile::at(blob.origin.path_bytes());
    scratch.slots.clear();
    scratch.places.clear();
    let judged = judge_all(scanner, blob.text, &file, &scratch.matches);
    if matches!(blob.content, Content::Text | Content::Decoded) {
        let references = judged.references(blob.text);
        slot::find(blob.text, &blob.owned, &file, &references, &mut scratch.places);
    }
    let (settled, _) = join_parts(settle(judged.kept), blob.text);
    if settled.is_empty() && scratch.places.is_empty() {
        return ended;
    }
    let lines = LineIndex::new(blob.text, blob.base);
    // What a rule reports is filled in the open, whatever it looks like.
    let open =
        |place: &Range<usize>| settled.iter().any(|one| one.span.start < place.end && place.start < one.span.end);
    let slots = scratch.places.iter().filter(|(place, _)| !open(place));
    scratch
        .slots
        .extend(slots.map(|(place, form)| (lines.region(blob.text, place.start, place.start).start_line, *form)));
    hits.extend(settled.into_iter().map(|one| hit(scanner, blob, &lines, ordinals, one)));
    ended
}

/// What of `matches` of `text`, a part of `file`, are secrets, in order of place and free of overlaps.
pub(super) fn secrets_of<'s>(
    scanner: &'s Scanner,
    text: &[u8],
    file: &TextFile<'_>,
    matches: &[Match],
) -> Vec<Judged<'s>> {
    join_parts(settle(judge_all(scanner, text, file, matches).kept), text).0
}

fn hit(scanner: &Scanner, blob: &Blob<'_>, lines: &LineIndex, ordinals: &mut Ordinals, one: Judged<'_>) -> Hit {
    let rule = Arc::clone(&scanner.engine.rules().get(one.index).rule);
    let value = &blob.text[one.span.clone()];
    let path = blob.origin.path_bytes();
    let value_id = scanner.key.value(value);
    let shown = scanner.key.shows(value);
    let counter =
        if shown { ordinals.values.entry(value_id).or_default() } else { ordinals.rules.entry(one.index).or_default() };
    *counter += 1;
    let place = if shown {
        scanner.key.place(value, path, *counter)
    } else {
        scanner.key.place_without_value(&rule.id, path, *counter)
    };
    // Lines of what was encoded for the search are lines of no file: such a finding begins where its file does.
    let last = if matches!(blob.offsets, Offsets::Base64 { .. }) { one.span.start } else { one.span.end };
    let occurrence = Occurrence {
        origin: Arc::clone(blob.origin),
        span: ByteSpan::new(
            blob.offsets.original(blob.text, one.span.start),
            blob.offsets.original(blob.text, one.span.end),
        ),
        region: lines.region(blob.text, one.span.start, last),
        content: blob.content,
        place,
        ordinal: *counter,
        confidence: one.judgement.confidence,
        severity: rule.severity.unwrap_or(Severity::High),
        reasons: one.judgement.reasons,
        ignore: inline_ignore(blob.text, one.span.clone(), &rule.id, &scanner.today),
        lifetime: None,
        change: None,
        exception: None,
        owners: None,
        value_is_new: false,
        verdict: Verdict::Minor,
    };
    let under = |key: &FingerprintKey| key.shows(value).then(|| key.value(value));

    Hit {
        preview: Preview { prefix: rule.prefix.clone(), length: LengthClass::of(value.len()) },
        value: scanner.keep_values.then(|| Secret::new(value)),
        facts: one.judgement.facts,
        rule,
        value_id,
        shown,
        occurrence,
        aliases: scanner.other_keys.iter().map(under).collect(),
    }
}
