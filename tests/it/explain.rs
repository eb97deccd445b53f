//! `straykey explain` tells the step that decided, and never something else than a scan does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::plant::{self, Corpus, Label, Planted};
use crate::run::{Run, array, put, string, token, tree};

fn explain(root: &Path, place: &str, arguments: &[&str]) -> Run {
    Run::new(["explain", place]).args(arguments).current_dir(root)
}

fn json(root: &Path, place: &str) -> Value {
    explain(root, place, &["--format", "json", "--at", "2026-06-01"]).go().expect(0).json()
}

/// Ten places of ten rules that are reported, each in another folder where that is possible.
fn reported(corpus: &Corpus) -> Vec<String> {
    let mut rules = BTreeSet::new();
    let mut folders = BTreeSet::new();
    let of_folder = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    let mut places = Vec::new();
    for secret in corpus.secrets() {
        let rule = secret.rule().unwrap().to_owned();
        if places.len() < 10 && !rules.contains(&rule) && !folders.contains(&of_folder(&secret.path)) {
            rules.insert(rule);
            folders.insert(of_folder(&secret.path));
            places.push(format!("{}:{}", secret.path, secret.line));
        }
    }
    places
}

/// Lines of the corpus that speak of secrets and hold none: a reference to a store of the CI system, a variable of the
/// environment, a sentence.
const ORDINARY: [(&str, &str); 3] = [
    ("pipelines/.github/workflows/deploy.yml", "AWS_SECRET_ACCESS_KEY: ${{"),
    ("django-shop/shop/settings/base.py", "os.getenv(\"REPORTING_DB_PASSWORD\")"),
    ("agents/AGENTS.md", "Never print"),
];

/// Ten places that are not: decoys and what no rule reaches, then lines of ordinary text.
fn unreported(corpus: &Corpus) -> Vec<String> {
    let mut places = Vec::new();
    for (label, most) in [(Label::Decoy, 5), (Label::Unreached, 2)] {
        let mut files = BTreeSet::new();
        let alone = |it: &Planted| !corpus.secrets().any(|other| other.path == it.path && other.line == it.line);
        let labelled = corpus.planted.iter().filter(|planted| planted.label == label && alone(planted));
        let of_files = labelled.filter(|planted| files.insert(planted.path.clone()));
        places.extend(of_files.take(most).map(|planted| format!("{}:{}", planted.path, planted.line)));
    }
    for (path, needle) in ORDINARY {
        let text = fs::read_to_string(corpus.root().join(path)).unwrap();
        let line = text.lines().position(|line| line.contains(needle)).unwrap_or_else(|| panic!("{path}: {needle}"));
        places.push(format!("{path}:{}", line + 1));
    }
    places
}

#[test]
fn twenty_lines_of_the_corpus() {
    let corpus = plant::whole();
    let mut page = String::new();
    for (places, expected) in [(reported(&corpus), true), (unreported(&corpus), false)] {
        assert_eq!(places.len(), 10);
        for place in places {
            let text = explain(corpus.root(), &place, &["--at", "2026-06-01"]).go().expect(0).text();
            let verdict = text.lines().last().unwrap();
            assert_eq!(verdict.starts_with("reported as "), expected, "{text}");
            page += &text;
            page += "\n----------------------------------------\n\n";
        }
    }
    insta::assert_snapshot!(page);
}

#[test]
fn explain_and_scan_agree_on_every_line_of_the_corpus_that_matters() {
    let corpus = plant::whole();
    let report = Run::scan(corpus.root(), &["--format", "json", "--fail-on", "never"]).go().expect(0).json();
    let mut found = BTreeSet::new();
    for finding in array(&report["findings"]) {
        for place in array(&finding["places"]) {
            let (path, line) = (string(&place["path"]), place["region"]["start_line"].as_u64().unwrap());
            let column = place["region"]["start_column"].as_u64().unwrap();
            found.insert((format!("{path}:{line}"), string(&finding["rule"]["id"]), column));
        }
    }
    assert!(found.len() > 150);
    let mut lines: BTreeSet<String> = found.iter().map(|(place, ..)| place.clone()).collect();
    lines.extend(corpus.planted.iter().map(|planted| format!("{}:{}", planted.path, planted.line)));
    for place in lines {
        let explained = json(corpus.root(), &place);
        let line: u64 = place.rsplit_once(':').unwrap().1.parse().unwrap();
        for rule in array(&explained["rules"]) {
            // What begins on an earlier line is that line's in the report.
            if rule["region"]["start_line"].as_u64().is_some_and(|start| start == line) {
                let reported = rule["reported"].as_bool().unwrap();
                let (id, column) = (string(&rule["rule"]), rule["region"]["start_column"].as_u64().unwrap());
                assert_eq!(reported, found.contains(&(place.clone(), id.clone(), column)), "{place} {id}: {rule}");
            }
        }
        let told: BTreeSet<String> = array(&explained["rules"])
            .iter()
            .filter(|rule| rule["reported"] == true)
            .map(|rule| string(&rule["rule"]))
            .collect();
        for (_, rule, _) in found.iter().filter(|(at, ..)| *at == place) {
            assert!(told.contains(rule), "{place}: {rule} is missing in {explained}");
        }
    }
}

#[test]
fn each_deciding_step_is_named() {
    let password = ["pass", "word"].concat();
    let folder = tree(&[
        ("a.env", &format!("T={}\n", token("explain"))),
        ("b.env", &format!("T={} # gitleaks:allow\n", token("explain"))),
        ("c.py", &format!("db_{password} = \"changeme\"\n")),
        ("d.txt", "nothing of note here\n"),
        ("e.txt", "the key to it\n"),
    ]);
    let verdict = |place: &str, arguments: &[&str]| {
        explain(folder.path(), place, arguments).go().expect(0).text().lines().last().unwrap().to_owned()
    };
    assert!(verdict("a.env:1", &[]).starts_with("reported as github-personal-access-token"));
    assert!(
        explain(folder.path(), "b.env:1", &[]).go().expect(0).text().contains("does not honour it, so it still counts")
    );
    assert!(verdict("c.py:1", &[]).contains("was rejected: "), "{}", verdict("c.py:1", &[]));
    assert!(verdict("d.txt:1", &[]).starts_with("not reported: no rule came near"));
    assert!(verdict("e.txt:1", &[]).contains("the form of none of them"));
    assert!(verdict("d.txt:1", &["--rule", "aws-access-key-id"]).contains("aws-access-key-id did not look"));
    let sums = json(folder.path(), "a.env:1");
    let rule = &array(&sums["rules"])[0];
    let points: i64 = array(&rule["steps"]).iter().map(|step| step["points"].as_i64().unwrap()).sum();
    assert_eq!(rule["sum"].as_i64(), Some(points));
    assert!(!sums.to_string().contains(&token("explain")), "the value is not shown");
    let live = explain(folder.path(), "a.env:1", &["--liveness"]).go().expect(0).text();
    assert!(live.contains("https://api.github.com/user"), "{live}");
}

#[test]
fn encodings_are_those_of_a_scan() {
    let folder = tree(&[]);
    let text = format!("\u{feff}one\ntwo {}\n", token("wide"));
    put(folder.path(), "wide.txt", &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let explained = json(folder.path(), "wide.txt:2");
    assert_eq!(explained["reported"], true, "{explained}");
}

#[test]
fn places_that_do_not_exist_are_errors() {
    let folder = tree(&[("a.txt", "one\ntwo")]);
    for (place, message) in [
        ("a.txt:3", "a.txt has 2 lines"),
        ("a.txt", "is no place"),
        ("a.txt:0", "is no place"),
        ("b.txt:1", "cannot explain b.txt"),
        (".:1", "no regular file"),
    ] {
        let ran = explain(folder.path(), place, &[]).go().expect(2);
        assert!(ran.stderr.contains(message), "{place}: {}", ran.stderr);
    }
    explain(folder.path(), "a.txt:2", &["--rule", "no-such-rule"]).go().expect(2);
}
