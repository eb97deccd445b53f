//! The corpus: every planted secret is found by its rule at its place, and nothing else is.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use serde::Deserialize;

use crate::plant::{self, Label, Planted};
use crate::run::{Place, Run};

/// A finding outside the planted places that is put up with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accepted {
    path: String,
    rule: String,
    line: u64,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AcceptedList {
    #[serde(default)]
    accepted: Vec<Accepted>,
}

fn accepted() -> Vec<Accepted> {
    let text = fs::read_to_string(plant::templates().join("accepted.toml")).expect("accepted.toml is there");
    let list: AcceptedList = toml::from_str(&text).expect("accepted.toml is well-formed");
    list.accepted
}

fn is_at(place: &Place, planted: &Planted) -> bool {
    place.path == planted.path && place.span == (planted.span.start, planted.span.end)
}

fn overlaps(place: &Place, planted: &Planted) -> bool {
    place.path == planted.path && place.span.0 < planted.span.end && planted.span.start < place.span.1
}

/// What differs between the planted secrets and the places that were found, one line each.
fn differences(planted: &[Planted], found: &[Place], accepted: &[Accepted]) -> (Vec<String>, Vec<String>) {
    let (mut lost, mut gained) = (Vec::new(), Vec::new());
    for secret in planted.iter().filter(|planted| planted.rule().is_some()) {
        let rule = secret.rule().expect("it was filtered");
        if found.iter().any(|place| is_at(place, secret) && place.rule == rule) {
            continue;
        }
        let mut row = format!("{}:{}:{} {rule}", secret.path, secret.line, secret.column);
        for place in found.iter().filter(|place| overlaps(place, secret)) {
            let (start, end) = (place.span.0.cast_signed(), place.span.1.cast_signed());
            write!(
                row,
                "; there: {}, start {:+}, end {:+}",
                place.rule,
                start - secret.span.start.cast_signed(),
                end - secret.span.end.cast_signed()
            )
            .expect("writing to a string");
        }
        lost.push(row);
    }
    for place in found {
        let expected = planted.iter().any(|planted| is_at(place, planted) && planted.rule() == Some(&place.rule));
        let known =
            accepted.iter().any(|it| it.path == place.path && it.rule == place.rule && it.line == place.region[0]);
        if !expected && !known {
            let what =
                planted.iter().find(|planted| overlaps(place, planted)).map_or("no slot".to_owned(), |planted| {
                    match &planted.label {
                        Label::Rule(rule) => format!("slot of {rule}"),
                        Label::Unreached => "unreached; relabel the slot".to_owned(),
                        Label::Decoy => "decoy".to_owned(),
                        Label::Named | Label::Unnamed => "a slot of formats".to_owned(),
                    }
                });
            gained.push(format!("{}:{}:{} {} ({what})", place.path, place.region[0], place.region[1], place.rule));
        }
    }
    (lost, gained)
}

#[test]
fn planted_secrets_are_found_and_nothing_else() {
    let corpus = plant::whole();
    let found = Run::scan(corpus.root(), &["--format", "json"]).go().expect(1).places();
    let accepted = accepted();
    let (lost, gained) = differences(&corpus.planted, &found, &accepted);
    let total = corpus.secrets().count();
    assert!(
        lost.is_empty() && gained.is_empty(),
        "of {total} planted secrets {} were lost:\n  {}\nand {} places were gained:\n  {}\n",
        lost.len(),
        lost.join("\n  "),
        gained.len(),
        gained.join("\n  ")
    );
    for it in &accepted {
        assert!(!it.reason.trim().is_empty(), "{}:{} is accepted without a reason", it.path, it.line);
        assert!(
            found.iter().any(|place| it.path == place.path && it.rule == place.rule && it.line == place.region[0]),
            "{}:{} {} is accepted, but not found any more: take it out",
            it.path,
            it.line,
            it.rule
        );
    }
    assert!(accepted.len() * 50 <= total, "too much is accepted");
}

#[test]
fn places_are_exact_in_lines_columns_and_values() {
    let corpus = plant::whole();
    let found = Run::scan(corpus.root(), &["--format", "json", "--show-secrets"]).go().places();
    for secret in corpus.secrets() {
        for place in found.iter().filter(|place| is_at(place, secret)) {
            let expect = [secret.line, secret.column, secret.end_line, secret.end_column];
            assert_eq!(place.region, expect, "{} at {:?}", secret.path, secret.span);
            if let Some(value) = &place.value {
                assert_eq!(*value, secret.value, "{} at {:?}", secret.path, secret.span);
            }
        }
    }
}

#[test]
fn the_withheld_number_is_what_a_lower_bar_shows_more() {
    let corpus = plant::whole();
    let report = |grade| Run::scan(corpus.root(), &["--format", "json", "--min-confidence", grade]).go().json();
    let count = |report: &serde_json::Value| crate::run::places(report).len() as u64;
    let (low, medium, high) = (report("low"), report("medium"), report("high"));
    let withheld = |report: &serde_json::Value| report["withheld"]["count"].as_u64().expect("a number");
    assert_eq!(withheld(&low), 0);
    assert_eq!(withheld(&medium), count(&low) - count(&medium));
    assert_eq!(withheld(&high), count(&low) - count(&high));
    assert!(withheld(&high) > 0, "the corpus has medium findings");

    let pretty = Run::scan(corpus.root(), &["--min-confidence", "high"]).go().text();
    assert!(pretty.contains(&withheld(&high).to_string()), "the number is printed:\n{pretty}");
}

#[test]
fn the_templates_themselves_hold_no_secret() {
    let ran = Run::scan(&plant::templates(), &["--format", "json", "--fail-on", "info"]).go();
    let rows: Vec<String> =
        ran.places().iter().map(|place| format!("{}:{} {}", place.path, place.region[0], place.rule)).collect();
    assert!(rows.is_empty(), "slots look like secrets to the scanner:\n  {}", rows.join("\n  "));
    assert_eq!(ran.status, 0);
}

#[test]
fn every_label_names_a_rule() {
    let list = Run::new(["rules", "list", "--format", "json"]).go().expect(0).json();
    let rules: BTreeSet<String> =
        crate::run::array(&list["rules"]).iter().map(|rule| crate::run::string(&rule["id"])).collect();
    let corpus = plant::whole();
    let unknown: BTreeSet<&str> =
        corpus.secrets().filter_map(Planted::rule).filter(|rule| !rules.contains(*rule)).collect();
    assert!(unknown.is_empty(), "slots name rules that do not exist: {unknown:?}");
}

#[test]
fn differences_are_told_row_by_row() {
    let planted = |label, span| Planted {
        path: "a".into(),
        label,
        value: "v".into(),
        span,
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 2,
    };
    let place = |rule: &str, span| Place {
        path: "a".into(),
        span,
        rule: rule.into(),
        region: [1, 1, 1, 2],
        value: None,
        fingerprint: None,
        place_fingerprint: String::new(),
        confidence: "high".into(),
    };
    let slots = [planted(Label::Rule("one".into()), 0..4), planted(Label::Decoy, 6..9)];
    let (lost, gained) = differences(&slots, &[place("one", (0, 4))], &[]);
    assert!(lost.is_empty() && gained.is_empty());
    let (lost, gained) = differences(&slots, &[place("two", (0, 5)), place("two", (6, 9))], &[]);
    assert_eq!(lost, ["a:1:1 one; there: two, start +0, end +1"]);
    assert_eq!(gained, ["a:1:1 two (slot of one)", "a:1:1 two (decoy)"]);
    let known = Accepted { path: "a".into(), rule: "two".into(), line: 1, reason: "x".into() };
    assert!(differences(&slots, &[place("one", (0, 4)), place("two", (6, 9))], &[known]).1.is_empty());
}
