//! Two bundles held against each other: what is new, what has gone, and why.
//!
//! No content is at hand here, so that a cause is proven only where nothing else differs. A scan with `--baseline BUNDLE` has the
//! content and can look again.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;

use super::chain::Record;
use super::circumstances::{At, Circumstances, difference};
use super::verify::Bundle;
use crate::finding::Cause;
use crate::finding::baseline::{Entry, SecretId, path_name};

/// What a bundle knows.
#[derive(Clone, Debug)]
pub struct Known {
    /// The scan.
    pub scan: String,
    /// When it began.
    pub started: String,
    /// The key of its fingerprints, by its id.
    pub key_id: String,
    /// Where that key came from.
    pub keyed: String,
    /// Under which circumstances it was made.
    pub circumstances: Circumstances,
    /// Its findings, and what it remembers of those before it that had gone, each with the target it lies in.
    pub entries: Vec<(usize, Entry)>,
}

impl Known {
    /// What `bundle` knows.
    pub fn of(bundle: &Bundle) -> Self {
        let started = bundle.records.first();
        let text = |path: &[&str]| started.and_then(|record| record.text(path)).unwrap_or_default().to_owned();
        let day = text(&["started"]).get(..10).unwrap_or_default().to_owned();
        let mut found: BTreeMap<(SecretId, usize, String), Entry> = BTreeMap::new();
        for record in bundle.records.iter().filter(|record| record.kind() == "finding") {
            for (target, entry) in entries_of(&bundle.whole(record), &day) {
                let key = (entry.secret.clone(), target, entry.path.clone());
                found.entry(key).and_modify(|known| known.history &= entry.history).or_insert(entry);
            }
        }
        for record in bundle.records.iter().filter(|record| record.kind() == "absent") {
            if let Some((target, entry)) = absent_of(&bundle.whole(record)) {
                found.entry((entry.secret.clone(), target, entry.path.clone())).or_insert(entry);
            }
        }
        Self {
            scan: started.map(|record| record.scan.clone()).unwrap_or_default(),
            started: text(&["started"]),
            key_id: text(&["key", "id"]),
            keyed: text(&["key", "keyed"]),
            circumstances: Circumstances::of_records(&bundle.records),
            entries: found.into_iter().map(|((_, target, _), entry)| (target, entry)).collect(),
        }
    }
}

fn entries_of(record: &Record, day: &str) -> Vec<(usize, Entry)> {
    let rule = record.text(&["rule", "id"]).unwrap_or_default();
    let value = record.text(&["fingerprint"]);
    let places = record.member(&["places"]).and_then(Value::as_array);
    let entry = |place: &Value| {
        let secret = match value {
            Some(value) => SecretId::Fingerprint(value.to_owned()),
            None => SecretId::Place(place["place_fingerprint"].as_str()?.to_owned()),
        };
        let path = match place.get("path_bytes").and_then(Value::as_str) {
            Some(bytes) => path_name(&STANDARD.decode(bytes).ok()?),
            None => place["path"].as_str()?.to_owned(),
        };
        let entry = Entry {
            secret,
            path,
            rule: rule.to_owned(),
            since: place.pointer("/change/since").and_then(Value::as_str).unwrap_or(day).to_owned(),
            gone: None,
            history: place.get("history_only").and_then(Value::as_bool).unwrap_or_default(),
        };
        Some((place["target"].as_u64().unwrap_or_default() as usize, entry))
    };
    places.into_iter().flatten().filter_map(entry).collect()
}

fn absent_of(record: &Record) -> Option<(usize, Entry)> {
    let secret = match (record.text(&["fingerprint"]), record.text(&["place"])) {
        (Some(value), _) => SecretId::Fingerprint(value.to_owned()),
        (None, place) => SecretId::Place(place?.to_owned()),
    };
    let text = |name: &str| record.text(&[name]).map(str::to_owned);
    let entry = Entry {
        secret,
        path: text("path")?,
        rule: text("rule")?,
        since: text("since")?,
        gone: text("gone"),
        history: record.member(&["history"]).and_then(Value::as_bool).unwrap_or_default(),
    };
    Some((0, entry))
}

/// One difference between two bundles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// `new`, `moved` (at another path, which it left), `spread` (at a further path), `re-introduced` or `absent`.
    pub state: &'static str,
    /// Why.
    pub cause: Cause,
    /// Whether nothing else can be the cause.
    pub proven: bool,
    /// The rule.
    pub rule: String,
    /// Path relative to the target, printable.
    pub path: String,
    /// The fingerprint of the value; of the place, where the value has none.
    pub fingerprint: String,
    /// The day since which it is known.
    pub since: String,
}

/// Two bundles held against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differences {
    /// What is not in both, sorted.
    pub differences: Vec<Difference>,
    /// Secrets at paths that are in both.
    pub unchanged: u64,
}

/// Holds `later` against `earlier`.
pub fn compare(earlier: &Known, later: &Known) -> Differences {
    fn live(known: &Known) -> BTreeMap<(&SecretId, &str), (usize, &Entry)> {
        let places = known.entries.iter().filter(|(_, entry)| entry.gone.is_none());
        places.map(|(target, entry)| ((&entry.secret, entry.path.as_str()), (*target, entry))).collect()
    }
    let (before, now) = (live(earlier), live(later));
    let gone: BTreeSet<&SecretId> =
        earlier.entries.iter().filter(|(_, one)| one.gone.is_some()).map(|(_, one)| &one.secret).collect();
    let alive: BTreeSet<&SecretId> = before.keys().map(|(secret, _)| *secret).collect();
    let comparable = earlier.key_id == later.key_id;
    // Only one commit on both sides shows that the code is the same.
    let same_code = |target: usize| {
        let commit = |known: &Known| known.circumstances.commits.get(target).cloned().flatten();
        commit(earlier).is_some() && commit(earlier) == commit(later)
    };
    let cause = |found: &Known, other: &Known, target: usize, entry: &Entry| {
        if !comparable {
            return (Cause::Key, true);
        }
        let at = At { rule: &entry.rule, target, path: &entry.path, history: entry.history };
        match difference(&found.circumstances, &other.circumstances, at) {
            None => (Cause::Code, true),
            Some(cause) => (cause, cause == Cause::Scope || same_code(target)),
        }
    };
    let mut unchanged = 0;
    let mut differences = Vec::new();
    let mut tell = |state, (cause, proven), entry: &Entry| {
        differences.push(Difference {
            state,
            cause,
            proven,
            rule: entry.rule.clone(),
            path: entry.path.clone(),
            fingerprint: entry.secret.text().to_owned(),
            since: entry.since.clone(),
        });
    };
    let mut absent = before.clone();
    absent.retain(|key, _| !comparable || !now.contains_key(key));
    for (key, (target, entry)) in &now {
        if comparable && before.contains_key(key) {
            unchanged += 1;
            continue;
        }
        let mut left = absent.range((key.0, "")..).take_while(|(left, _)| left.0 == key.0);
        // What only a history held stays where it was.
        let left = left.find(|(_, (_, entry))| comparable && !entry.history).map(|(left, _)| *left);
        let state = match (left, alive.contains(&key.0), gone.contains(&key.0)) {
            (Some(_), _, _) => "moved",
            (None, true, _) if comparable => "spread",
            (None, false, true) if comparable => "re-introduced",
            _ => "new",
        };
        if let Some(left) = left {
            absent.remove(&left);
        }
        tell(state, cause(later, earlier, *target, entry), entry);
    }
    for (target, entry) in absent.into_values() {
        tell("absent", cause(earlier, later, target, entry), entry);
    }
    differences.sort();
    Differences { differences, unchanged }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(key_id: &str, entries: &[(&str, &str, Option<&str>)]) -> Known {
        let entry = |(value, path, gone): &(&str, &str, Option<&str>)| Entry {
            secret: SecretId::Fingerprint((*value).to_owned()),
            path: (*path).to_owned(),
            rule: "r".into(),
            since: "2026-01-01".into(),
            gone: gone.map(str::to_owned),
            history: false,
        };
        let rules = BTreeMap::from([("r".to_owned(), 1)]);
        Known {
            scan: "s".into(),
            started: "2026-01-02T00:00:00Z".into(),
            key_id: key_id.into(),
            keyed: "salt".into(),
            circumstances: Circumstances {
                rules: Some(rules),
                commits: vec![Some("c".into())],
                ..Circumstances::default()
            },
            entries: entries.iter().map(|one| (0, entry(one))).collect(),
        }
    }

    fn states(earlier: &Known, later: &Known) -> Vec<(&'static str, String, &'static str, bool)> {
        let found = compare(earlier, later).differences;
        found.into_iter().map(|one| (one.state, one.path, one.cause.name(), one.proven)).collect()
    }

    #[test]
    fn each_secret_has_its_state() {
        let before =
            known("k", &[("1", "a", None), ("2", "b", None), ("3", "c", None), ("4", "d", Some("2026-01-01"))]);
        let now =
            known("k", &[("1", "a", None), ("2", "x", None), ("1", "y", None), ("4", "d", None), ("5", "e", None)]);
        let expected = [
            ("absent", "c", "code"),
            ("moved", "x", "code"),
            ("new", "e", "code"),
            ("re-introduced", "d", "code"),
            ("spread", "y", "code"),
        ];
        assert_eq!(states(&before, &now), expected.map(|(state, path, cause)| (state, path.to_owned(), cause, true)));
        assert_eq!(compare(&before, &now).unchanged, 1);
    }

    #[test]
    fn under_another_key_nothing_is_known_again() {
        let found = states(&known("k", &[("1", "a", None)]), &known("l", &[("1", "a", None)]));
        assert_eq!(found, [("absent", "a".into(), "key", true), ("new", "a".into(), "key", true)]);
    }

    #[test]
    fn a_rule_that_differs_is_proven_only_at_the_same_commit() {
        let before = known("k", &[]);
        let mut now = known("k", &[("1", "a", None)]);
        now.circumstances.rules = Some(BTreeMap::from([("r".to_owned(), 2)]));
        assert_eq!(states(&before, &now), [("new", "a".into(), "rules", true)]);
        now.circumstances.commits = vec![Some("d".into())];
        assert_eq!(states(&before, &now), [("new", "a".into(), "rules", false)]);
    }
}
