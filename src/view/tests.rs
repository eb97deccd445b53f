//! The view over several bundles.

use jiff::civil::date;
use serde_json::json;

use super::*;
use crate::evidence::reading::HistoryCoverage;
use crate::evidence::reading::sample::{self, read};

fn finding(fingerprint: Option<&str>, severity: &str, history_only: bool) -> Finding {
    read(json!({
        "rule": {
            "id": "sample-key", "title": "Sample key", "provider": { "id": "sample", "name": "Sample" },
            "kind": "hardcoded-provider-key", "identity": "api-key",
        },
        "fingerprint": fingerprint, "preview": "", "severity": severity, "confidence": "high", "facts": [],
        "controls": [{ "control": "5.17", "title": "T", "role": "contradicts", "why": "W." }],
        "cwe": [], "nhi": ["NHI2:2025"], "csf": [],
        "remediation": { "revoke": "", "rotate": "", "references": [] }, "triage": null,
        "places": [{
            "path": "a.env", "target": 0, "region": { "start_line": 1, "start_column": 1 }, "place_fingerprint": "00",
            "severity": severity, "confidence": "high", "history_only": history_only, "verdict": { "state": "fails" },
        }],
    }))
}

fn scan(unit: &str, day: &str, findings: Vec<Finding>) -> Reading {
    let state = json!({
        "control": "5.17", "title": "T", "state": "contradicting evidence (untriaged)", "sentence": "Tested: it. It is.",
        "secrets": 1, "places": 1,
    });
    Reading { findings, controls: vec![read(state)], ..sample::reading(unit, day) }
}

#[test]
fn the_same_value_in_two_repositories_is_one_secret_with_the_worst_of_both() {
    let readings = [
        scan("shop", "2026-01-01", vec![finding(Some("aa"), "low", false), finding(None, "low", false)]),
        scan("pay", "2026-01-02", vec![finding(Some("aa"), "high", false), finding(None, "low", false)]),
    ];
    let view = ControlView::of(&Readings::of(&readings), date(2026, 1, 3));
    let row = view.control("5.17").unwrap();
    assert_eq!(row.contradicting.by_severity, [0, 2, 0, 1, 0], "values without a fingerprint are told apart");
    assert_eq!((row.contradicting.age_unknown, row.contradicting.oldest_days), (3, None));
    assert_eq!(row.findings.len(), 4, "all of the evidence is pointed at");
    assert_eq!(view.nhi.iter().map(|term| term.secrets).collect::<Vec<_>>(), [3]);
}

#[test]
fn what_the_scope_names_and_no_bundle_is_of_is_untested() {
    let readings = [scan("shop", "2026-01-01", Vec::new())];
    let sorted = Readings::of(&readings);
    let subject = |unit: &str| sample::reading(unit, "2026-01-01").subject;
    let view = ControlView::of(&sorted, date(2026, 1, 3)).expecting([subject("shop"), subject("pay")]);
    assert_eq!(view.unscanned, [subject("pay")]);
    let told = "1 repository or branch of the scope has no bundle: pay git.example.org/team/pay main";
    assert_eq!(view.unscanned_told().unwrap(), told);
    assert_eq!(view.untested_of(view.control("5.17").unwrap()).last().unwrap(), told);
    let whole = ControlView::of(&sorted, date(2026, 1, 3)).expecting([subject("shop")]);
    assert_eq!(whole.unscanned_told(), None);
}

#[test]
fn a_history_that_was_searched_before_is_not_forgotten() {
    let mut first =
        scan("shop", "2026-01-01", vec![finding(Some("aa"), "high", false), finding(Some("bb"), "high", true)]);
    first.coverage.history = Some(HistoryCoverage { commits: 3, files: 3 });
    let second = scan("shop", "2026-01-02", vec![finding(Some("aa"), "high", false)]);
    let untested = |readings: &[Reading]| {
        let view = ControlView::of(&Readings::of(readings), date(2026, 1, 3));
        view.untested_of(view.control("5.17").unwrap()).collect::<Vec<_>>().join("; ")
    };
    let told = untested(&[first.clone(), second.clone()]);
    assert!(told.contains("the scan of 2026-01-01 found 1 secret that no file held"), "{told}");
    assert!(untested(&[second]).ends_with("the history of the repository"));
    assert!(!untested(&[first]).contains("history"));
}
