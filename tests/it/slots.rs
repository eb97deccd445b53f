//! Credential slots: every form of the table is found in its examples and not in its near misses; counts reach the reports.

use serde_json::Value;
use straykey::detect::Engine;
use straykey::rule::RuleSet;
use straykey::scan::{Scanner, Scratch, scan_text_at};
use straykey::slot::{Held, forms};

use crate::run::{Run, array, put, tree};

/// The forms of the slots of `text`, as if it stood in the file at `path`.
fn slots(scanner: &Scanner, scratch: &mut Scratch, path: &str, text: &str) -> Vec<usize> {
    scan_text_at(scanner, scratch, path, text);
    scratch.slots().iter().map(|&(_, form)| form).collect()
}

#[test]
fn every_form_is_found_in_its_examples_alone() {
    let scanner = Scanner::new(Engine::new(RuleSet::embedded()));
    let mut scratch = scanner.scratch();
    let (mut lost, mut gained, mut unseen, mut examples) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (index, form) in forms().iter().enumerate() {
        let before = lost.len();
        for example in &form.examples {
            examples += 1;
            let found = slots(&scanner, &mut scratch, &form.path, &example.replace("${}", ""));
            // Several forms may have the same text; the one that is counted has to say the same of it.
            if !found.iter().any(|&other| other == index || forms()[other].held == form.held) {
                let others: Vec<&str> = found.iter().map(|&other| forms()[other].id.as_str()).collect();
                lost.push(format!("\n  {} ({}): {example:?}; {others:?}", form.id, form.path));
            }
        }
        if lost.len() - before == form.examples.len() {
            unseen.push(format!("\n  {} ({}): {:?}", form.id, form.path, form.examples));
        }
        for miss in &form.near_misses {
            if slots(&scanner, &mut scratch, &form.path, &miss.replace("${}", "")).contains(&index) {
                gained.push(format!("\n  {} ({}): {miss:?}", form.id, form.path));
            }
        }
    }
    let elsewhere = forms().iter().filter(|form| form.held != Held::Environment).count();
    assert!(elsewhere >= 60 && examples >= 600, "{elsewhere} forms, {examples} examples");
    assert!(gained.is_empty(), "{} near misses are slots:{}", gained.len(), gained.concat());
    assert!(unseen.is_empty(), "{} forms are never found:{}", unseen.len(), unseen.concat());
    // Names that no rule knows, values above or below their name, and quotes within quotes are not all reached.
    assert!(lost.len() * 40 <= examples, "{} of {examples} examples are no slots:{}", lost.len(), lost.concat());
}

#[test]
fn slots_are_counted_by_area() {
    let folder = tree(&[
        (".github/workflows/ci.yml", "env:\n  TOKEN: ${{ secrets.DEPLOY_TOKEN }}\n  KEY: ${{ secrets.SIGN_KEY }}\n"),
        ("app/settings.py", "DB_PASSWORD = os.environ[\"DB_PASSWORD\"]\n"),
        ("app/values.yaml", "password: ENC[AES256_GCM,data:c2VhbGVk,iv:aXY=,tag:dGFn,type:str]\n"),
    ]);
    let chosen = ["kettle", "Walk-31"].concat();
    put(folder.path(), "app/prod.env", format!("DB_PASSWORD={chosen}\nAPI_TOKEN=${{API_TOKEN}}\n").as_bytes());
    let run = Run::scan(folder.path(), &["--format", "json"]).go();
    let counts = &run.json()["summary"]["credential_slots"];
    let count = |counts: &Value, name: &str| counts[name].as_u64().unwrap();
    assert_eq!(count(counts, "store"), 2, "{counts}");
    assert_eq!(count(counts, "environment"), 2, "{counts}");
    assert_eq!(count(counts, "encrypted"), 1, "{counts}");
    assert_eq!(count(counts, "open"), 1, "{counts}");
    assert_eq!(count(counts, "total"), 6, "{counts}");
    let areas = array(&counts["areas"]);
    let names: Vec<&str> = areas.iter().map(|area| area["area"].as_str().unwrap()).collect();
    assert_eq!(names, ["app", ".github"], "those with slots in the open first");
    let page = String::from_utf8(Run::scan(folder.path(), &[]).go().stdout).unwrap();
    assert!(page.contains("6 credential slots: 1 in the open, 2 in vaults, 1 encrypted, 2 in variables"), "{page}");

    let bundle = tempfile::TempDir::new().unwrap();
    let place = bundle.path().join("evidence");
    Run::scan(folder.path(), &["--output", &format!("evidence={}", place.display())]).go();
    let records = std::fs::read_to_string(place.join("evidence.jsonl")).unwrap();
    let bodies: Vec<Value> =
        records.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["body"].clone()).collect();
    let of = |kind: &str| bodies.iter().filter(|body| body["type"] == kind).collect::<Vec<_>>();
    assert_eq!(of("credential-slots")[0]["total"], 6);
    let rows = of("credential-slot");
    assert_eq!(rows.len(), 4, "one for each file and form: {rows:?}");
    assert_eq!(rows[0]["path"], ".github/workflows/ci.yml");
    assert_eq!(rows[0]["lines"], serde_json::json!([2, 3]));
    assert_eq!(rows[0]["held"], "store");
}
