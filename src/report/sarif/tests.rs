//! The whole file, over the sample report.

use super::*;
use crate::report::sample::{clean_report, sample_report, sample_rules};

fn written(report: &Report) -> (String, Value) {
    let mut out = Vec::new();
    write(report, &sample_rules(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let value = serde_json::from_str(&text).unwrap();
    (text, value)
}

fn run_of(report: &Report) -> Value {
    written(report).1["runs"][0].clone()
}

fn strings<'v>(values: &'v Value, pointer: &str) -> Vec<&'v str> {
    let values = values.as_array().unwrap();
    values.iter().map(|value| value.pointer(pointer).unwrap().as_str().unwrap()).collect()
}

#[test]
fn the_types_of_the_standard_read_it_without_loss() {
    for report in [sample_report(), clean_report()] {
        let (text, value) = written(&report);
        let read: sarif::Sarif = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), value);
        assert!(text.ends_with("}\n"));
    }
}

#[test]
fn there_is_one_result_a_place_and_rules_are_those_that_fired() {
    let run = run_of(&sample_report());
    let rules = strings(&run["tool"]["driver"]["rules"], "/id");
    let expect = ["generic-password", "sample-api-key", "sample-private-key", "sample-session-token"];
    assert_eq!(rules, expect);
    assert_eq!(run["properties"]["rulesActive"], 5);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 7);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]);
    }
}

#[test]
fn places_are_relative_encoded_and_counted_in_code_points() {
    let run = run_of(&sample_report());
    let uri = "/locations/0/physicalLocation/artifactLocation/uri";
    assert_eq!(
        strings(&run["results"], uri),
        [
            "deploy/tls.yaml",
            "src/c%C3%B6nfig%20'a'%25%5B%7B0%7D%5D.py",
            "a%3Ab/%FFkey.env",
            "services/b%C3%A4r/tests/fixtures/keys.env",
            "services/b%C3%A4r/bin/app",
            "etc/settings.ini",
            "stdin",
        ]
    );
    let region = &run["results"][1]["locations"][0]["physicalLocation"]["region"];
    // `key = "` and two keys of four bytes each, `" + "`, then the value of 32 bytes.
    assert_eq!(region["startColumn"], 15);
    assert_eq!(region["endColumn"], 47);
    assert_eq!(region["byteLength"], 32);
    assert_eq!(run["originalUriBaseIds"].as_object().unwrap().len(), 2);
}

#[test]
fn repositories_are_those_of_the_run_only_where_every_target_has_one() {
    let mut report = sample_report();
    let run = run_of(&report);
    assert_eq!(run.get("versionControlProvenance"), None);
    let bases = ["TARGET0", "TARGET1"];
    let remark = &run["properties"]["versionControlProvenance"];
    assert_eq!(strings(remark, "/mappedTo/uriBaseId"), bases);
    report.targets.truncate(2);
    let run = run_of(&report);
    assert_eq!(strings(&run["versionControlProvenance"], "/mappedTo/uriBaseId"), bases);
    assert_eq!(run["properties"].get("versionControlProvenance"), None);
}

#[test]
fn every_result_has_suppressions_once_one_has() {
    let mut report = sample_report();
    let counts = |report: &Report| -> Vec<Option<usize>> {
        let run = run_of(report);
        let results = run["results"].as_array().unwrap();
        results.iter().map(|result| Some(result.get("suppressions")?.as_array()?.len())).collect()
    };
    assert_eq!(counts(&report), [0, 0, 1, 0, 0, 0, 0].map(Some));
    let expired = &run_of(&report)["results"][3]["properties"]["expiredMarker"];
    assert_eq!(expired["until"], "2020-01-01");
    for finding in &mut report.findings {
        finding.occurrences.iter_mut().for_each(|place| place.ignore = None);
    }
    assert_eq!(counts(&report), [None; 7]);
}

#[test]
fn the_headline_weakness_is_the_only_one_and_the_last() {
    let run = run_of(&sample_report());
    for result in run["results"].as_array().unwrap() {
        let taxonomies = strings(&result["taxa"], "/toolComponent/name");
        let weaknesses = taxonomies.iter().filter(|name| **name == "CWE").count();
        assert_eq!((weaknesses, taxonomies.last()), (1, Some(&"CWE")));
    }
}

#[test]
fn every_taxon_referred_to_is_declared() {
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Object(entries) => {
                if entries.contains_key("toolComponent") {
                    found.push(value);
                }
                entries.values().for_each(|entry| references(entry, found));
            }
            _ => {}
        }
    }
    let run = run_of(&sample_report());
    let taxonomies = run["taxonomies"].as_array().unwrap();
    let mut found = Vec::new();
    references(&run["results"], &mut found);
    references(&run["tool"], &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let taxonomy =
            taxonomies.iter().find(|taxonomy| taxonomy["guid"] == reference["toolComponent"]["guid"]).unwrap();
        let taxa = taxonomy["taxa"].as_array().unwrap();
        assert!(taxa.iter().any(|t| t["guid"] == reference["guid"] && t["id"] == reference["id"]), "{reference}");
    }
}

#[test]
fn gaps_and_exclusions_are_told() {
    let run = run_of(&sample_report());
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 1);
    let notifications = &invocation["toolExecutionNotifications"];
    assert_eq!(strings(notifications, "/level"), ["error", "error", "note", "note", "note"]);
    let told = strings(notifications, "/descriptor/id");
    assert_eq!(told, strings(&run["tool"]["driver"]["notifications"], "/id"));
    assert!(strings(notifications, "/message/text")[0].contains("\\u{{1b}}"));
}

#[test]
fn a_clean_scan_is_an_empty_list_of_results() {
    let run = run_of(&clean_report());
    assert_eq!(run["results"], json!([]));
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"], json!([]));
    assert_eq!(run.get("taxonomies"), None);
    assert!(run["originalUriBaseIds"]["SRCROOT"]["uri"].is_null());
}

#[test]
fn equal_reports_give_equal_bytes() {
    assert_eq!(written(&sample_report()).0, written(&sample_report()).0);
}
