use std::sync::Arc;

use super::*;
use crate::blob::{FilePlace, FromHistory, Origin};
use crate::finding::{CommitRef, Fingerprint, Lifetime};
use crate::report::sample::sample_report;

const DAY: &str = "2026-02-01";

/// A finding with the value `value` at these paths.
fn finding(value: u8, paths: &[&str]) -> Finding {
    let mut finding = sample_report().findings.swap_remove(1);
    finding.fingerprint = Some(Fingerprint([value; 32]));
    let place = finding.occurrences[0].clone();
    let at = |path: &&str| Occurrence {
        origin: Arc::new(Origin::File(FilePlace::new(0, path.as_bytes().to_vec()))),
        change: None,
        ..place.clone()
    };
    finding.occurrences = paths.iter().map(at).collect();
    finding
}

/// The same in a history alone, introduced on `day`.
fn in_history(mut finding: Finding, day: &str) -> Finding {
    for place in &mut finding.occurrences {
        let path = place.origin.path_bytes().to_vec();
        let history = Some(FromHistory::Object("a".into()));
        place.origin = Arc::new(Origin::File(FilePlace { target: 0, path, commit: None, history }));
        let commit = CommitRef { id: "c".into(), time: Some(format!("{day}T00:00:00Z")), author: None };
        place.lifetime = Some(Arc::new(Lifetime {
            object: "a".into(),
            introduced: Some(Arc::new(commit)),
            last: None,
            at: Vec::new(),
            references: 0,
        }));
    }
    finding
}

fn entry(value: u8, path: &str) -> Entry {
    Entry {
        secret: SecretId::Fingerprint(Fingerprint([value; 32]).to_string()),
        path: path.into(),
        rule: "old-rule".into(),
        since: "2026-01-01".into(),
        gone: None,
        history: false,
    }
}

/// The states of all places, by path, and the paths that nothing stands for any more.
fn states(mut findings: Vec<Finding>, known: &[Entry], partial: bool) -> (Vec<(String, &'static str)>, Vec<String>) {
    let absent = hold_against(&mut findings, known, Under::Main, partial);
    let absent = absent.into_iter().map(|entry| entry.path.clone()).collect();
    let places = findings.iter().flat_map(|finding| &finding.occurrences);
    let state = |place: &Occurrence| {
        (place.origin.display(), place.change.as_ref().expect("a comparison sets it").state.name())
    };
    (places.map(state).collect(), absent)
}

fn of(pairs: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    pairs.iter().map(|(path, state)| ((*path).to_owned(), *state)).collect()
}

#[test]
fn a_secret_is_known_by_its_value_whatever_rule_found_it() {
    let known = [entry(1, "a"), entry(2, "gone.env")];
    let (states, absent) = states(vec![finding(1, &["a"]), finding(3, &["a"])], &known, false);
    assert_eq!(states, of(&[("a", "unchanged"), ("a", "new")]));
    assert_eq!(absent, ["gone.env"]);
}

#[test]
fn what_moves_is_no_spread_and_what_spreads_is_told() {
    let known = [entry(1, "a")];
    assert_eq!(states(vec![finding(1, &["b"])], &known, false), (of(&[("b", "moved")]), vec![]));
    let found = states(vec![finding(1, &["b", "c"])], &known, false).0;
    assert_eq!(found, of(&[("b", "moved"), ("c", "spread")]), "one place was left, two are new");
    let found = states(vec![finding(1, &["a", "c"])], &known, false).0;
    assert_eq!(found, of(&[("a", "unchanged"), ("c", "spread")]));
    let (found, absent) = states(vec![finding(1, &["b"])], &known, true);
    assert_eq!((found, absent.len()), (of(&[("b", "spread")]), 0), "a scan of changes does not see what was left");
}

#[test]
fn what_was_gone_comes_back() {
    let known = [Entry { gone: Some("2026-01-20".into()), ..entry(1, "a") }];
    assert_eq!(states(vec![finding(1, &["a"])], &known, false).0, of(&[("a", "re-introduced")]));
    let old = in_history(finding(1, &["a"]), "2026-01-10");
    assert_eq!(states(vec![old], &known, false).0, of(&[("a", "unchanged")]), "the history has it still");
    let new = in_history(finding(1, &["a"]), "2026-01-30");
    assert_eq!(states(vec![new], &known, false).0, of(&[("a", "re-introduced")]), "another branch brought it back");
}

#[test]
fn a_baseline_of_files_knows_the_history_of_its_secrets() {
    let known = [entry(1, "a")];
    let found = vec![finding(1, &["a"]), in_history(finding(1, &["old/a"]), "2025-05-05")];
    assert_eq!(states(found, &known, false).0, of(&[("a", "unchanged"), ("old/a", "unchanged")]));
    let found = vec![finding(1, &["a"]), in_history(finding(1, &["copy"]), "2026-01-15")];
    assert_eq!(states(found, &known, false).0, of(&[("a", "unchanged"), ("copy", "spread")]));
}

#[test]
fn files_are_sorted_whole_and_free_of_lines() {
    let made = Made { engine: "e".into(), rules: "r".into(), settings: "s".into(), ..Made::default() };
    let found = [finding(2, &["b", "a"]), finding(1, &["z"])];
    let mut baseline = Baseline {
        key_id: "k".into(),
        keyed: "salt".into(),
        made: BTreeSet::from([made]),
        entries: entries(&found, Under::Main, DAY).into_iter().collect(),
    };
    baseline.entries.insert(Entry { gone: Some(DAY.into()), history: true, ..entry(9, "w") });
    let mut text = Vec::new();
    baseline.write(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(Baseline::read(&text).unwrap(), baseline);
    let lines: Vec<&str> = text.lines().skip(2).collect();
    assert!(lines.is_sorted() && lines.len() == 4, "{text}");
    assert!(!text.contains("\"line") && !text.contains("smp_"), "{text}");
    // Branches that were merged: doubled lines, two scans, another order.
    let more = text.replace("\"engine\":\"e\"", "\"engine\":\"f\"");
    let merged = Baseline::read(&format!("{text}{more}")).unwrap();
    assert_eq!((merged.entries, merged.made.len()), (baseline.entries.clone(), 2));
}

#[test]
fn a_file_that_cannot_be_relied_upon_is_refused_with_its_line() {
    let head = r#"{"schema":"straykey/baseline/v1","key_id":"k","keyed":"salt"}"#;
    let other = head.replace("\"k\"", "\"l\"");
    for (text, line, part) in [
        ("", 1, "first line"),
        (&*format!("{head}\n<<<<<<< main\n"), 2, "conflict"),
        (&format!("{head}\n{{\"fingerprint\":\"1\"}}\n"), 2, "no line"),
        (&format!("{head}\n{{\"fingerprint\":\"1\",\"path\":\"a\",\"rule\":\"r\",\"since\":\"soon\"}}\n"), 2, "day"),
        (&format!("{head}\n\n{other}\n"), 3, "another key"),
        (&head.replace("v1", "v2"), 1, "format"),
    ] {
        let error = Baseline::read(text).unwrap_err();
        assert_eq!(error.line, line, "{text}");
        assert!(error.what.contains(part), "{error}");
    }
}

#[test]
fn an_update_keeps_ages_and_remembers_what_went() {
    let old = [entry(1, "a"), entry(2, "b"), Entry { history: true, ..entry(3, "c") }];
    let mut baseline = Baseline {
        key_id: "k".into(),
        keyed: "salt".into(),
        made: BTreeSet::new(),
        entries: old.into_iter().collect(),
    };
    let now = [Entry { since: DAY.into(), ..entry(1, "a") }, Entry { since: DAY.into(), ..entry(4, "d") }];
    baseline.update(&now, Made::default(), DAY);
    let of = |path: &str| baseline.entries.iter().find(|entry| entry.path == path).unwrap();
    assert_eq!((of("a").since.as_str(), of("a").gone.as_ref()), ("2026-01-01", None));
    assert_eq!(of("b").gone.as_deref(), Some(DAY));
    assert_eq!(of("c").gone, None, "the scan looked at no history");
    assert_eq!(of("d").since, DAY);
    let back = [Entry { since: DAY.into(), ..entry(2, "b") }];
    baseline.update(&back, Made { history: true, ..Made::default() }, DAY);
    let of = |path: &str| baseline.entries.iter().find(|entry| entry.path == path).unwrap();
    assert_eq!((of("b").since.as_str(), of("b").gone.as_ref()), ("2026-01-01", None));
    assert!(of("a").gone.is_some() && of("c").gone.is_some());
}
