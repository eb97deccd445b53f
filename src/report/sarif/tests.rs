//! The whole file, over the sample report.

use super::*;
use crate::finding::{Bypass, ChangeState};
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
    assert_eq!(results.len(), 9, "seven places, and two that are gone");
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]);
    }
}

#[test]
fn places_are_relative_encoded_and_counted_in_code_points() {
    let mut report = sample_report();
    report.comparison = None;
    let run = run_of(&report);
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
    assert_eq!(counts(&report), [0, 0, 1, 0, 1, 1, 0, 0, 0].map(Some));
    let expired = &run_of(&report)["results"][3]["properties"]["expiredMarker"];
    assert_eq!(expired["until"], "2020-01-01");
    for finding in &mut report.findings {
        finding.occurrences.iter_mut().for_each(|place| place.ignore = None);
    }
    assert_eq!(counts(&report), [0, 0, 0, 0, 1, 1, 0, 0, 0].map(Some));
    for finding in &mut report.findings {
        finding.occurrences.iter_mut().for_each(|place| place.exception = None);
    }
    assert_eq!(counts(&report), [None; 9]);
}

#[test]
fn the_headline_weakness_is_the_only_one_and_the_last() {
    let mut report = sample_report();
    report.comparison = None;
    let run = run_of(&report);
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

#[test]
fn every_result_says_how_it_stands_to_the_baseline_or_none_does() {
    let mut report = sample_report();
    let states = |report: &Report| -> Vec<Vec<Option<String>>> {
        let runs = written(report).1["runs"].as_array().unwrap().clone();
        let state = |result: &Value| Some(result.get("baselineState")?.as_str().unwrap().to_owned());
        runs.iter().map(|run| run["results"].as_array().unwrap().iter().map(state).collect()).collect()
    };
    let told = |names: &[&str]| names.iter().map(|name| Some((*name).to_owned())).collect::<Vec<_>>();
    let tree = ["unchanged", "new", "new", "new", "new", "updated", "new", "absent", "absent"];
    assert_eq!(states(&report), [told(&tree), told(&["new"])]);
    report.comparison = None;
    assert_eq!(states(&report), [vec![None; 7], vec![None; 1]]);
}

#[test]
fn what_is_gone_is_no_failure_and_has_a_rule_of_the_list() {
    let mut report = sample_report();
    let absent = &mut report.comparison.as_mut().unwrap().absent;
    absent[0].rule = "sample-webhook".into();
    absent[1].rule = "a-rule-of-old".into();
    let run = run_of(&report);
    let result = run["results"].as_array().unwrap().last().unwrap();
    assert_eq!(result["kind"], "informational");
    assert_eq!(result["level"], "none");
    assert_eq!(result["analysisTarget"]["uri"], "gone/%3Cb%3E.env");
    assert_eq!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "gone/<b>.env");
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "sample-webhook");
    assert_eq!(result["properties"]["absent"]["fingerprint"], "5".repeat(64));
    let text = result["message"]["text"].as_str().unwrap();
    assert_eq!(text, "Sample Cloud API key, known since 2026-01-15, was not found any more; cause: code.");
    assert_eq!(strings(&run["properties"]["absent"], "/rule"), ["a-rule-of-old"]);
    assert_eq!(run["properties"]["comparison"]["absent"], 2);
}

#[test]
fn results_and_runs_tell_what_people_decided() {
    let mut report = sample_report();
    report.bypass = Some(Bypass { reason: "fire\u{202e}".into(), by: "j.doe".into(), exit_code: 1 });
    report.findings[1].occurrences[0].change.as_mut().unwrap().state = ChangeState::Reintroduced;
    let runs = written(&report).1["runs"].clone();
    let (tree, history) = (&runs[0], &runs[1]);
    let properties = &tree["results"][1]["properties"];
    assert_eq!(properties["verdict"], json!({ "state": "fails" }));
    assert_eq!(properties["reintroduced"], true);
    assert_eq!(tree["results"][1]["baselineState"], "new");
    assert_eq!(tree["results"][2]["properties"].get("reintroduced"), None);
    assert_eq!(tree["results"][0]["properties"]["triage"]["decision"], "confirmed");
    let lost = &history["results"][0];
    assert_eq!(lost["suppressions"], json!([]));
    assert_eq!(lost["properties"]["expiredException"]["exception"], "EX-2");
    assert_eq!(lost["properties"]["change"]["proven"], false);
    let told = &tree["properties"];
    assert_eq!(strings(&told["exceptions"], "/standing"), ["active", "expired", "active", "unapproved"]);
    assert_eq!(told["exceptions"][3]["stale"], true);
    assert_eq!(told["attempts"][0]["kind"], "exception");
    assert_eq!(told["bypass"], json!({ "reason": "fire\u{fffd}", "by": "j.doe", "exitCode": 1 }));
    assert_eq!(tree["invocations"][0]["exitCode"], 0);
    assert!(tree["invocations"][0]["exitCodeDescription"].as_str().unwrap().contains("`bypass`"));
}
