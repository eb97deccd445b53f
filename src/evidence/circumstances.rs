//! Under what circumstances a scan was made, as far as they decide what it can find; and what of them differs between two
//! scans, which is why one found what the other did not.
//!
//! A cause is shown only where nothing but that differs, or where content was looked at again. Where the code may have changed
//! as well as the rules, the rules are named and the cause is not called proven: a better rule must never look like a new leak,
//! and a leak must never pass for a better rule.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::chain::{Record, canonical, sha256_hex};
use crate::finding::Cause;
use crate::finding::baseline::Made;
use crate::report::TargetKind;

/// Settings that decide what is found, by key. Those of single rules are told by `rules.`.
const DECIDING: [&str; 4] = ["scan.min_confidence", "scan.no_ignore", "budgets.file_size", "exclude"];

/// The circumstances of a scan. What is not known differs from nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Digest of the program's sources.
    pub engine: Option<String>,
    /// SHA-256 over the active rules.
    pub pack: Option<String>,
    /// Digests of the active rules, by id.
    pub rules: Option<BTreeMap<String, u64>>,
    /// See [`settings_digest`].
    pub settings: Option<String>,
    /// Whether histories were scanned.
    pub history: Option<bool>,
    /// The targets, in order.
    pub targets: Option<Vec<Looked>>,
    /// Paths that were not read, of any target.
    pub unread: BTreeSet<String>,
    /// The commits of the targets, in order.
    pub commits: Vec<Option<String>>,
}

/// What of a place a scan looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The kind of the target; none where a later version names one that this one does not know.
    pub kind: Option<TargetKind>,
    /// Its path in the work tree.
    pub prefix: String,
}

impl Looked {
    /// Whether this scan saw at least what `other` saw.
    fn covers(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (self.kind, other.kind) else { return false };
        let folder = |kind| kind != TargetKind::File && kind != TargetKind::Stdin;
        let same = own == others || folder(own) && folder(others) && !own.is_of_changes();
        same && self.prefix == other.prefix
    }

    /// Whether the scan saw a change alone.
    pub fn is_of_changes(&self) -> bool {
        self.kind.is_some_and(TargetKind::is_of_changes)
    }
}

/// A place that one of two scans found.
#[derive(Clone, Copy, Debug)]
pub struct At<'p> {
    /// The rule that found it.
    pub rule: &'p str,
    /// The target it lies in.
    pub target: usize,
    /// Path relative to the target, printable.
    pub path: &'p str,
    /// Whether only a history held it.
    pub history: bool,
}

/// A digest of those settings that decide what is found. `resolved` are all of them, as records hold them.
pub fn settings_digest(resolved: &Value) -> String {
    let settings = resolved.as_object().into_iter().flatten();
    let deciding = settings
        .filter(|(key, _)| DECIDING.contains(&key.as_str()) || key.starts_with("rules.") && !key.ends_with(".reason"));
    let value = |value: &Value| match &value["value"] {
        // Of an exclusion its reason changes nothing.
        Value::Array(entries) => entries.iter().map(|entry| entry.get("path").unwrap_or(entry).clone()).collect(),
        other => other.clone(),
    };
    let kept: Map<String, Value> = deciding.map(|(key, found)| (key.clone(), value(found))).collect();
    sha256_hex(&canonical(&json!(kept)))
}

impl Circumstances {
    /// Those of the scan that left these records.
    pub fn of_records(records: &[Record]) -> Self {
        let first = |kind: &str| records.iter().find(|record| record.kind() == kind);
        let started = first("scan-started");
        let text = |path: &[&str]| started.and_then(|record| record.text(path)).map(str::to_owned);
        let digests = first("rules").and_then(|record| record.member(&["digests"])?.as_object());
        let coverage = first("coverage");
        let targets = started.and_then(|record| record.member(&["targets"])?.as_array());
        let contexts = first("run-context").and_then(|record| record.member(&["targets"])?.as_array());
        let unread = records.iter().filter(|record| matches!(record.kind(), "gap" | "exclusion"));
        Self {
            engine: text(&["tool", "engine"]),
            pack: text(&["rule_pack", "sha256"]),
            rules: digests.map(|digests| {
                digests.iter().map(|(id, digest)| (id.clone(), digest.as_u64().unwrap_or_default())).collect()
            }),
            settings: started.and_then(|record| record.member(&["configuration", "resolved"])).map(settings_digest),
            history: coverage.map(|record| record.member(&["history"]).is_some()),
            targets: targets.map(|targets| targets.iter().map(looked).collect()),
            unread: unread.filter_map(|record| record.text(&["path"]).map(str::to_owned)).collect(),
            commits: contexts
                .into_iter()
                .flatten()
                .map(|context| context.pointer("/commit/value").and_then(Value::as_str).map(str::to_owned))
                .collect(),
        }
    }

    /// What a baseline file tells of the scan it was made from.
    pub fn of_baseline(made: &Made) -> Self {
        Self {
            engine: Some(made.engine.clone()),
            pack: Some(made.rules.clone()),
            settings: Some(made.settings.clone()),
            history: Some(made.history),
            commits: vec![made.commit.clone()],
            ..Self::default()
        }
    }

    /// The same for a baseline file that is made from this scan.
    pub fn made(&self) -> Made {
        Made {
            commit: self.commits.first().cloned().flatten(),
            engine: self.engine.clone().unwrap_or_default(),
            history: self.history.unwrap_or_default(),
            rules: self.pack.clone().unwrap_or_default(),
            settings: self.settings.clone().unwrap_or_default(),
        }
    }

    /// Whether this scan looked at the place that another one `found`.
    fn looked_at(&self, at: At<'_>, found: &Self) -> bool {
        let history = !at.history || self.history.unwrap_or(true);
        let target = found.targets.as_ref().and_then(|targets| targets.get(at.target));
        let same = match (target, &self.targets) {
            (Some(target), Some(all)) => all.iter().any(|one| one.covers(target)),
            _ => true,
        };
        let covered = |path: &str| {
            path.is_empty() || at.path == path || at.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        };
        let unread = self.unread.iter().any(|path| covered(path));
        history && same && !unread
    }
}

fn looked(target: &Value) -> Looked {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Looked { kind: TargetKind::named(&text(&target["kind"])), prefix: text(&target["git"]["prefix"]) }
}

/// Why `found` holds a place that `other` does not, code aside: none where only the code can be the cause.
pub fn difference(found: &Circumstances, other: &Circumstances, at: At<'_>) -> Option<Cause> {
    fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        matches!((one, other), (Some(one), Some(other)) if one != other)
    }
    if !other.looked_at(at, found) {
        return Some(Cause::Scope);
    }
    if differ(found.settings.as_ref(), other.settings.as_ref()) {
        return Some(Cause::Configuration);
    }
    let rule = match (&found.rules, &other.rules) {
        (Some(here), Some(there)) => here.get(at.rule) != there.get(at.rule),
        _ => differ(found.pack.as_ref(), other.pack.as_ref()),
    };
    (rule || differ(found.engine.as_ref(), other.engine.as_ref())).then_some(Cause::Rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(kind: &str, prefix: &str) -> Looked {
        Looked { kind: TargetKind::named(kind), prefix: prefix.into() }
    }

    fn plain() -> Circumstances {
        Circumstances {
            engine: Some("e".into()),
            pack: Some("p".into()),
            rules: Some(BTreeMap::from([("one".into(), 1), ("two".into(), 2)])),
            settings: Some("s".into()),
            history: Some(false),
            targets: Some(vec![target("directory", "")]),
            unread: BTreeSet::new(),
            commits: vec![Some("c".into())],
        }
    }

    const AT: At<'_> = At { rule: "one", target: 0, path: "a/b.env", history: false };

    #[test]
    fn where_nothing_else_differs_it_is_the_code() {
        let later = Circumstances { commits: vec![Some("d".into())], ..plain() };
        assert_eq!(difference(&later, &plain(), AT), None);
    }

    #[test]
    fn each_difference_is_named() {
        let rules =
            |rules: &[(&str, u64)]| Some(rules.iter().map(|(id, digest)| ((*id).to_owned(), *digest)).collect());
        let before = plain();
        for (other, cause) in [
            (
                Circumstances { rules: rules(&[("two", 2)]), pack: Some("q".into()), ..before.clone() },
                Some(Cause::Rules),
            ),
            (Circumstances { rules: rules(&[("one", 1), ("two", 3)]), pack: Some("q".into()), ..before.clone() }, None),
            (Circumstances { engine: Some("f".into()), ..before.clone() }, Some(Cause::Rules)),
            (Circumstances { rules: None, pack: Some("q".into()), ..before.clone() }, Some(Cause::Rules)),
            (Circumstances { settings: Some("t".into()), ..before.clone() }, Some(Cause::Configuration)),
            (Circumstances { unread: BTreeSet::from(["a".into()]), ..before.clone() }, Some(Cause::Scope)),
            (Circumstances { unread: BTreeSet::from(["a/b".into()]), ..before.clone() }, None),
            (Circumstances { targets: Some(vec![target("staged", "")]), ..before.clone() }, Some(Cause::Scope)),
            (Circumstances::default(), None),
        ] {
            assert_eq!(difference(&before, &other, AT), cause, "{other:?}");
        }
        let old = At { history: true, ..AT };
        assert_eq!(difference(&Circumstances { history: Some(true), ..plain() }, &plain(), old), Some(Cause::Scope));
    }

    #[test]
    fn only_settings_that_decide_are_digested() {
        let settings = |least: &str, unit: &str, reason: &str| {
            settings_digest(&json!({
                "scan.min_confidence": { "value": least, "origin": "default" },
                "unit": { "value": unit, "origin": "x" },
                "exclude": { "value": [{ "path": "vendor/**", "reason": reason, "origin": "y" }], "origin": "y" },
                "rules.one.reason": { "value": reason, "origin": "y" },
            }))
        };
        assert_eq!(settings("medium", "a", "r"), settings("medium", "b", "s"));
        assert_ne!(settings("medium", "a", "r"), settings("low", "a", "r"));
    }
}
