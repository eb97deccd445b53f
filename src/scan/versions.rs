//! The scan of a text that is a version of another one: only what is new in it, and what hangs on that, is looked at.
//!
//! Histories consist of versions: of a megabyte that git puts together some kilobytes are new. Whether a match begins at a
//! place hangs on the bytes around it alone ([`BEHIND`], [`AHEAD`] and, for the few that look further, [`Scratch::far`]),
//! and so does what becomes of it ([`SETTLED`]). Where all of these were copied, the result is copied too. A test holds
//! the two ways of scanning equal.

use std::ops::Range;

use super::engine::{Scanner, Scratch, secrets_of};
use super::judge::is_dismissed;
use super::passages::{Found, Passages, moved};
use crate::check::TextFile;
use crate::detect::{AHEAD, BEHIND, Match};
use crate::finding::Fingerprint;
use crate::source::git::{Copied, Held};
use crate::source::{LONGEST_TEXT, TELLING, plain_text};

/// Bytes around a match that decide what becomes of it: the object that a key lies in, the file's other assignments, matches
/// that meet it or are parts of the same credential, and what decides on those.
const SETTLED: usize = 7 << 10;

/// Bytes around what is judged anew that hold matches which have a say in it.
const HEARD: usize = 1 << 10;

/// Bytes around a match by which it is told to be none where its place says so: its line, and what it is assigned to.
const DISMISSED: usize = 3 << 10;

/// What is known of a text.
#[derive(Debug, Default)]
pub(super) struct Version {
    /// Bytes of a byte order mark.
    mark: usize,
    length: usize,
    /// Matches of rules, sorted, and whether each was dismissed; see [`is_dismissed`].
    matches: Vec<(Match, bool)>,
    /// It was judged at one path, so that what was dismissed is for good.
    at_one_path: bool,
    /// Where rules looked far, and how far; sorted.
    far: Vec<Range<usize>>,
    /// What was found to be secrets, at which of the text's paths.
    pub(super) secrets: Vec<Placed>,
}

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Placed {
    /// Number of the path under which it is one.
    pub(super) path: u32,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Its number, and how sure it is.
    pub(super) held: Held,
}

/// What a text has from another one.
#[derive(Clone, Copy)]
pub(super) struct Older<'v> {
    pub(super) version: &'v Version,
    pub(super) copied: &'v [Copied],
}

impl Older<'_> {
    /// Whether both texts begin with the same `bytes` bytes.
    fn begins_alike(&self, bytes: usize) -> bool {
        self.copied.first().is_some_and(|run| run.from == 0 && run.to == 0 && run.length >= bytes)
    }

    /// How to read a text of `bytes`; see [`plain_text`], which looks at the beginning alone.
    pub(super) fn plain_text(&self, bytes: &[u8]) -> Option<usize> {
        if self.begins_alike(TELLING) && bytes.len() <= LONGEST_TEXT {
            Some(self.version.mark)
        } else {
            plain_text(bytes)
        }
    }

    /// Of what is copied the places that have so many copied bytes, or the end of both texts, before and behind them, in a
    /// text of `length` bytes; with how they are copied.
    fn inner(&self, length: usize, before: usize, behind: usize) -> impl Iterator<Item = (Range<usize>, &Copied)> {
        self.copied.iter().filter_map(move |run| {
            let begins = run.from == 0 && run.to == 0;
            let start = if begins { 0 } else { run.to + before };
            let end =
                if self.reaches_end(run, length) { length + 1 } else { (run.to + run.length).saturating_sub(behind) };
            (start < end).then_some((start..end, run))
        })
    }

    fn reaches_end(&self, run: &Copied, length: usize) -> bool {
        run.from + run.length == self.version.length && run.to + run.length == length
    }
}

impl Version {
    /// Searches a text behind a byte order mark of `mark` bytes. None where that takes more steps than it may.
    pub(super) fn search(
        scanner: &Scanner,
        scratch: &mut Scratch,
        passages: &Passages,
        bytes: &[u8],
        mark: usize,
        older: Option<Older<'_>>,
    ) -> Option<Self> {
        let mut new = Self { mark, length: bytes.len(), ..Self::default() };
        let text = &bytes[mark..];
        let mut found = Found::default();
        let mut find = |new: &mut Self, places: Range<usize>| {
            let places = places.start.max(mark) - mark..places.end.min(bytes.len()).max(mark) - mark;
            let whole = passages.find(scanner, scratch, text, places, &mut found);
            new.matches.extend(found.matches.drain(..).map(|one| (moved(&one, mark, 0), false)));
            new.far.extend(found.far.drain(..).map(|one| one.start + mark..one.end + mark));
            whole
        };
        let Some(older) = older.filter(|older| older.version.mark == mark) else {
            let whole = find(&mut new, 0..bytes.len());
            new.sort();
            return whole.then_some(new);
        };
        let old = older.version;
        let mut at = 0;
        for (places, run) in older.inner(bytes.len(), BEHIND, AHEAD) {
            if !find(&mut new, at..places.start) {
                return None;
            }
            at = places.end;
            let place_of = |place: usize| place - run.from + run.to;
            let (first, last) = (places.start - run.to + run.from, places.end - run.to + run.from);
            let mut again: Vec<usize> = Vec::new();
            let from = old.far.partition_point(|far| far.start < first);
            for far in old.far[from..].iter().take_while(|far| far.start < last) {
                if far.end <= run.from + run.length || older.reaches_end(run, bytes.len()) {
                    new.far.push(place_of(far.start)..place_of(far.end));
                } else if again.last() != Some(&far.start) {
                    again.push(far.start);
                }
            }
            let from = old.matches.partition_point(|(one, _)| one.start < first);
            let kept = old.matches[from..].iter().take_while(|(one, _)| one.start < last);
            let kept = kept.filter(|(one, _)| again.binary_search(&one.start).is_err());
            new.matches.extend(kept.map(|(one, dismissed)| (moved(one, run.to, run.from), *dismissed)));
            for place in again {
                if !find(&mut new, place_of(place)..place_of(place) + 1) {
                    return None;
                }
            }
        }
        if !find(&mut new, at..bytes.len()) {
            return None;
        }
        new.sort();
        Some(new)
    }

    fn sort(&mut self) {
        self.matches.sort_unstable();
        self.matches.dedup_by(|again, one| again.0 == one.0);
        self.far.sort_unstable_by_key(|far| (far.start, far.end));
        self.far.dedup();
    }

    /// Whether any rule matches.
    pub(super) fn has_matches(&self) -> bool {
        !self.matches.is_empty()
    }

    /// Notes whether the text is judged at one path alone.
    pub(super) fn set_at_one_path(&mut self, at_one_path: bool) {
        self.at_one_path = at_one_path;
    }

    /// Judges the matches as those of a file at `path`, which has the number `number`. Where the older version was judged at
    /// the same path, what hangs on nothing new is taken from there. `thing` numbers secrets, by rule and value.
    pub(super) fn judge(
        &mut self,
        scanner: &Scanner,
        bytes: &[u8],
        (number, path): (u32, &[u8]),
        older: Option<Older<'_>>,
        thing: &mut impl FnMut(usize, Fingerprint) -> u32,
    ) {
        if self.matches.is_empty() {
            return;
        }
        let older = older.filter(|older| older.version.mark == self.mark);
        let places = |around: usize| {
            let places = older.map_or_else(Vec::new, |older| {
                older.inner(bytes.len(), around, around).map(|(places, run)| (places, *run)).collect()
            });
            Settled { places, length: bytes.len() }
        };
        let settled = places(SETTLED);
        // At several paths what is none at one may be one at another.
        let lasting = older.is_some_and(|older| older.version.at_one_path).then(|| places(DISMISSED));
        let text = &bytes[self.mark..];
        let file = TextFile::at(path);
        let mut heard = Vec::new();
        for (one, dismissed) in &mut self.matches {
            if settled.hold(one.start, one.end, HEARD) {
                continue;
            }
            if !(*dismissed && lasting.as_ref().is_some_and(|lasting| lasting.hold(one.start, one.end, 0))) {
                let one = moved(one, 0, self.mark);
                *dismissed = is_dismissed(scanner, text, &file, &one);
                heard.extend((!*dismissed).then_some(one));
            }
        }
        if !heard.is_empty() {
            for one in secrets_of(scanner, text, &file, &heard) {
                let (start, end) = (one.span.start + self.mark, one.span.end + self.mark);
                if !settled.hold(start, end, 0) {
                    let thing = thing(one.index, scanner.key.value(&text[one.span]));
                    let held = Held { thing, grade: one.judgement.confidence as u8 };
                    self.secrets.push(Placed { path: number, start, end, held });
                }
            }
        }
        let Some(older) = older else { return };
        for (places, run) in &settled.places {
            let old = older.version.secrets.iter().filter(|one| one.path == number);
            for one in old.filter(|one| one.start >= run.from && one.end <= run.from + run.length) {
                let (start, end) = (one.start - run.from + run.to, one.end - run.from + run.to);
                if places.contains(&start) && settled.hold(start, end, 0) {
                    self.secrets.push(Placed { path: number, start, end, held: one.held });
                }
            }
        }
    }
}

/// Places of a text around which nothing is new.
struct Settled {
    /// With how they are copied, in their order.
    places: Vec<(Range<usize>, Copied)>,
    /// Bytes of the text.
    length: usize,
}

impl Settled {
    /// Whether what lies from `start` to `end` lies within such places, and `margin` bytes more on either side.
    fn hold(&self, start: usize, end: usize, margin: usize) -> bool {
        let behind = self.places.partition_point(|(places, _)| places.start <= start);
        self.places[..behind].last().is_some_and(|(places, run)| {
            let (first, last) = (run.to == 0 && run.from == 0, places.end > self.length);
            (first || start >= places.start + margin) && (last || end + margin < places.end)
        })
    }
}

#[cfg(test)]
mod tests;
