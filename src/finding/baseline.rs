//! Baselines: what an earlier scan knew, so that a gate can ask for what is new alone.
//!
//! A baseline takes nothing out of a report: what it knows stays open and grows older. A file has one line for each secret and
//! path, sorted, without line numbers and without values, so that two branches can each change it and be merged; the same entry
//! twice is the same as once (`merge=union` in `.gitattributes` is the driver for it). A secret is known by the fingerprint of its
//! value, under the key that the file names, whatever rule found it then; where the value has none, by that of its place.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::fingerprint::FingerprintKey;
use super::model::{Finding, Occurrence};
use super::standing::{Change, ChangeState};
use crate::blob::printable;

/// What `schema` says in the first line.
pub const SCHEMA: &str = "straykey/baseline/v1";

/// Bytes of a baseline, at most: more than a million entries.
pub const MAX_BYTES: u64 = 512 << 20;

/// How a file names a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretId {
    /// By the fingerprint of its value, in hexadecimal.
    Fingerprint(String),
    /// By the fingerprint of its place, in hexadecimal, where the value has none.
    Place(String),
}

impl SecretId {
    /// The fingerprint, whatever it is of.
    pub fn text(&self) -> &str {
        match self {
            Self::Fingerprint(text) | Self::Place(text) => text,
        }
    }
}

/// A secret at a path, as an earlier scan knew it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// The secret.
    #[serde(flatten)]
    pub secret: SecretId,
    /// Path relative to the target; see [`path_name`].
    pub path: String,
    /// The rule that found it.
    pub rule: String,
    /// The day (`YYYY-MM-DD`) on which it was first known.
    pub since: String,
    /// The day on which it was seen to have gone. Kept, so that it is known again if it comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<String>,
    /// Only a history held it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub history: bool,
}

/// The scan that a baseline file was last made from, as far as that tells why later ones differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// The commit that was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Digest of the program's sources.
    pub engine: String,
    /// Whether histories were scanned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub history: bool,
    /// SHA-256 over the active rules.
    pub rules: String,
    /// Digest of the settings that decide what is found.
    pub settings: String,
}

/// What an earlier scan knew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// The key of its fingerprints, by its id.
    pub key_id: String,
    /// Where that key came from, as reports name it.
    pub keyed: String,
    /// The scans that it was made from: one, unless branches were merged.
    pub made: BTreeSet<Made>,
    /// The entries.
    pub entries: BTreeSet<Entry>,
}

/// A line of a baseline file.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Head(Head),
    Made { made: Made },
    Entry(Entry),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    schema: String,
    key_id: String,
    keyed: String,
}

/// A baseline that cannot be read: the line, from 1, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct BaselineError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, in a clause.
    pub what: String,
}

impl Baseline {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// A line that is none of a baseline, such as one that a merge left in conflict, or two lines that name different keys.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let mut head: Option<Head> = None;
        let (mut made, mut entries) = (BTreeSet::new(), BTreeSet::new());
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let fail = |what: String| BaselineError { line: number, what };
            if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark)) {
                return Err(fail("a merge left a conflict: keep the entries of both sides".to_owned()));
            }
            match serde_json::from_str(line) {
                Ok(Line::Head(found)) if found.schema != SCHEMA => {
                    return Err(fail("a format that this version does not know".to_owned()));
                }
                Ok(Line::Head(found)) => match &head {
                    Some(first) if first.key_id != found.key_id => {
                        let what =
                            "another key than that of the line before: two baselines under different keys were merged";
                        return Err(fail(what.to_owned()));
                    }
                    _ => head = Some(found),
                },
                Ok(Line::Made { made: found }) => {
                    made.insert(found);
                }
                Ok(Line::Entry(entry)) if is_day(&entry.since) && entry.gone.as_deref().is_none_or(is_day) => {
                    entries.insert(entry);
                }
                Ok(Line::Entry(_)) => return Err(fail("a day is needed, such as 2026-01-31".to_owned())),
                Err(_) => return Err(fail("no line of a baseline".to_owned())),
            }
        }
        let Some(Head { key_id, keyed, .. }) = head else {
            return Err(BaselineError {
                line: 1,
                what: "no baseline: its first line names the schema and the key".to_owned(),
            });
        };
        Ok(Self { key_id, keyed, made, entries })
    }

    /// Writes the file: the head, the scan, then the entries, sorted.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let head = Head { schema: SCHEMA.to_owned(), key_id: self.key_id.clone(), keyed: self.keyed.clone() };
        let mut line = |line: &Line| {
            serde_json::to_writer(&mut *out, line)?;
            out.write_all(b"\n")
        };
        line(&Line::Head(head))?;
        self.made.iter().try_for_each(|made| line(&Line::Made { made: made.clone() }))?;
        self.entries.iter().try_for_each(|entry| line(&Line::Entry(entry.clone())))
    }

    /// Takes over what a later scan knows: what it found is known (since the day it was first known), and what of its scope
    /// it did not find is gone since `today`. What only a history held stays, where the later scan saw none.
    pub fn update(&mut self, now: &[Entry], made: Made, today: &str) {
        let history = made.history;
        let key = |entry: &Entry| (entry.secret.clone(), entry.path.clone());
        let present: BTreeSet<(SecretId, String)> = now.iter().map(key).collect();
        let mut merged: BTreeMap<(SecretId, String), Entry> = BTreeMap::new();
        for entry in std::mem::take(&mut self.entries) {
            let mut entry = entry;
            if !present.contains(&key(&entry)) && entry.gone.is_none() && (history || !entry.history) {
                entry.gone = Some(today.to_owned());
            }
            // Of two entries of merged branches the older one holds.
            let first = merged.get(&key(&entry)).is_none_or(|other| entry.since < other.since);
            if first {
                merged.insert(key(&entry), entry);
            }
        }
        for entry in now {
            let since = merged.get(&key(entry)).map_or(&entry.since, |known| &known.since).clone();
            merged.insert(key(entry), Entry { since, ..entry.clone() });
        }
        self.entries = merged.into_values().collect();
        self.made = BTreeSet::from([made]);
    }
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok_and(|day| day.to_string() == text)
}

/// How entries name a path: as it is, where it is UTF-8, else printable.
pub fn path_name(path: &[u8]) -> String {
    str::from_utf8(path).map_or_else(|_| printable(path), str::to_owned)
}

/// Which key of the scan the fingerprints of a file are under.
#[derive(Clone, Copy)]
pub enum Under<'k> {
    /// That of the scan.
    Main,
    /// Another one, by its index among [`Finding::aliases`].
    Other(usize, &'k FingerprintKey),
}

/// How a finding is named at one of its places under a key.
pub fn secret_id(finding: &Finding, place: &Occurrence, under: Under<'_>) -> SecretId {
    let value = match under {
        Under::Main => finding.fingerprint,
        Under::Other(index, _) => finding.aliases.get(index).copied().flatten(),
    };
    match (value, under) {
        (Some(value), _) => SecretId::Fingerprint(value.to_string()),
        (None, Under::Main) => SecretId::Place(place.place.to_string()),
        (None, Under::Other(_, key)) => {
            let place = key.place_without_value(&finding.rule.id, place.origin.path_bytes(), place.ordinal);
            SecretId::Place(place.to_string())
        }
    }
}

/// The entries that these findings make. `today` is since when what has no [`Change::since`] is known.
pub fn entries(findings: &[Finding], under: Under<'_>, today: &str) -> Vec<Entry> {
    let mut all: BTreeMap<(SecretId, String), Entry> = BTreeMap::new();
    for finding in findings {
        for place in &finding.occurrences {
            let since = place.change.as_ref().and_then(|change| change.since.clone());
            let entry = Entry {
                secret: secret_id(finding, place, under),
                path: path_name(place.origin.path_bytes()),
                rule: finding.rule.id.clone(),
                since: since.unwrap_or_else(|| today.to_owned()),
                gone: None,
                history: place.origin.history().is_some(),
            };
            all.entry((entry.secret.clone(), entry.path.clone()))
                .and_modify(|known| known.history &= entry.history)
                .or_insert(entry);
        }
    }
    all.into_values().collect()
}

/// Sets what became of each place since `known`, causes aside, and returns the entries that nothing stands for any more. In a
/// `partial` scan, one of changes alone, nothing is known to have gone.
pub fn hold_against<'b>(
    findings: &mut [Finding],
    known: impl IntoIterator<Item = &'b Entry>,
    under: Under<'_>,
    partial: bool,
) -> Vec<&'b Entry> {
    let mut by_secret: BTreeMap<&'b SecretId, Vec<&'b Entry>> = BTreeMap::new();
    for entry in known {
        by_secret.entry(&entry.secret).or_default().push(entry);
    }
    // Findings of several rules may be of one value, so that what was met is known only at the end.
    let mut met: BTreeMap<&'b SecretId, BTreeSet<String>> = BTreeMap::new();
    for finding in findings.iter() {
        for place in &finding.occurrences {
            if let Some((&secret, _)) = by_secret.get_key_value(&secret_id(finding, place, under)) {
                met.entry(secret).or_default().insert(path_name(place.origin.path_bytes()));
            }
        }
    }
    let is_met = |entry: &Entry| met.get(&entry.secret).is_some_and(|paths| paths.contains(&entry.path));
    let mut moved_away: BTreeMap<&'b SecretId, Vec<&'b Entry>> = BTreeMap::new();
    let mut absent: BTreeSet<&'b Entry> = BTreeSet::new();
    if !partial {
        for (&secret, entries) in &by_secret {
            let vacated = entries.iter().filter(|entry| entry.gone.is_none() && !is_met(entry)).copied();
            absent.extend(vacated.clone());
            moved_away.insert(secret, vacated.filter(|entry| !entry.history).collect());
        }
    }
    for finding in findings {
        let ids: Vec<SecretId> = finding.occurrences.iter().map(|place| secret_id(finding, place, under)).collect();
        for (place, id) in finding.occurrences.iter_mut().zip(&ids) {
            let entries = by_secret.get(id).map(Vec::as_slice).unwrap_or_default();
            let mut change = change_at(place, entries);
            if change.state == ChangeState::Spread
                && let Some(from) = moved_away.get_mut(id).and_then(Vec::pop)
            {
                absent.remove(from);
                change = Change { state: ChangeState::Moved, since: Some(from.since.clone()), ..change };
            }
            place.change = Some(change);
        }
    }
    absent.into_iter().collect()
}

/// What became of one place, as far as that can be told without the others.
fn change_at(place: &Occurrence, entries: &[&Entry]) -> Change {
    let change = |state, since: Option<&String>| Change { state, cause: None, proven: false, since: since.cloned() };
    let live = || entries.iter().filter(|entry| entry.gone.is_none());
    let path = path_name(place.origin.path_bytes());
    let since = entries.iter().map(|entry| &entry.since).min();
    if entries.is_empty() {
        return change(ChangeState::New, None);
    }
    if let Some(here) = live().find(|entry| entry.path == path) {
        return change(ChangeState::Unchanged, Some(&here.since));
    }
    // What a history holds was there before, unless a commit says otherwise.
    let introduced = place.lifetime.as_ref().and_then(|life| life.introduced.as_ref()?.time.as_deref()?.get(..10));
    let last_known = entries.iter().map(|entry| entry.gone.as_ref().unwrap_or(&entry.since)).max();
    let old = introduced.is_none_or(|day| last_known.is_some_and(|known| day <= known.as_str()));
    if place.origin.history().is_some() && old {
        return change(ChangeState::Unchanged, since);
    }
    match live().next() {
        Some(_) => change(ChangeState::Spread, since),
        None => change(ChangeState::Reintroduced, since),
    }
}

#[cfg(test)]
mod tests;
