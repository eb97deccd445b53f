//! The profile, over the sample report and over what is too much for the host.

use super::*;
use crate::blob::{FilePlace, Origin};
use crate::finding::Fingerprint;
use crate::gap::{Gap, GapClass};
use crate::report::sample::{clean_report, sample_report, sample_rules};

fn written(report: &Report) -> (Vec<u8>, Cut) {
    let mut out = Vec::new();
    let cut = write_github(report, &sample_rules(), &mut out).unwrap();
    (out, cut)
}

fn runs(report: &Report) -> Value {
    serde_json::from_slice::<Value>(&written(report).0).unwrap()["runs"].take()
}

fn strings<'v>(values: &'v Value, pointer: &str) -> Vec<&'v str> {
    let values = values.as_array().unwrap();
    values.iter().map(|value| value.pointer(pointer).unwrap().as_str().unwrap()).collect()
}

fn file(path: &[u8]) -> Arc<Origin> {
    Arc::new(Origin::File(FilePlace::new(0, path.to_vec())))
}

/// A report of `count` secrets that fail, each in a file of its own, all of the last severity given but for the first ones.
fn many(count: usize, severities: &[Severity], path: impl Fn(usize) -> Vec<u8>) -> Report {
    let mut report = sample_report();
    let finding = report.findings.swap_remove(3);
    let last = severities.len() - 1;
    report.findings = (0..count)
        .map(|number| {
            let mut finding = finding.clone();
            finding.fingerprint = Some(Fingerprint(Sha256::digest(number.to_le_bytes()).into()));
            finding.severity = severities[number.min(last)];
            finding.occurrences[0].severity = finding.severity;
            finding.occurrences[0].origin = file(&path(number));
            finding
        })
        .collect();
    report.coverage.history.repositories = 0;
    report
}

#[test]
fn the_types_of_the_standard_read_it_without_loss() {
    for report in [sample_report(), clean_report()] {
        let text = written(&report).0;
        let read: sarif::Sarif = serde_json::from_slice(&text).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), serde_json::from_slice::<Value>(&text).unwrap());
        assert_eq!(text, written(&report).0, "equal reports give equal bytes");
    }
}

#[test]
fn what_is_suppressed_or_gone_is_left_out() {
    let report = sample_report();
    let runs = runs(&report);
    let uri = "/locations/0/physicalLocation/artifactLocation/uri";
    let expect = [
        "deploy/tls.yaml",
        "src/c%C3%B6nfig%20'a'%25%5B%7B0%7D%5D.py",
        "a%3Ab/%FFkey.env",
        "services/b%C3%A4r/tests/fixtures/keys.env",
        "stdin",
    ];
    assert_eq!(strings(&runs[0]["results"], uri), expect);
    assert_eq!(strings(&runs[1]["results"], uri), ["services/b%C3%A4r/old/keys.env"]);
    assert_eq!(runs[0]["properties"]["suppressedPlaces"], 2);
    let ids = strings(&runs, "/automationDetails/id");
    assert_eq!(ids, ["straykey/tree/", "straykey/history/"]);
    for result in runs.as_array().unwrap().iter().flat_map(|run| run["results"].as_array().unwrap()) {
        assert_eq!((result.get("suppressions"), result.get("baselineState")), (None, None));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    }
    assert_eq!(written(&report).1, Cut::default());
}

#[test]
fn a_secret_is_one_result_a_file_with_links_to_its_other_places() {
    let mut report = sample_report();
    let places = &mut report.findings[1].occurrences;
    places.truncate(4);
    let template = places[0].clone();
    let at = |line| {
        let mut place = template.clone();
        (place.region.start_line, place.region.end_line) = (line, line);
        place
    };
    *places = (1..=13).map(at).chain([places[3].clone()]).collect();
    places[2].severity = Severity::Critical;
    let exception = places[13].exception.clone();
    places[3].exception = exception;
    let results = runs(&report)[0]["results"].clone();
    assert_eq!(results.as_array().unwrap().len(), 3);
    let result = &results[1];
    assert_eq!(result["ruleId"], "sample-api-key.critical", "the worst place decides");
    assert_eq!(result["level"], "error");
    let related = result["relatedLocations"].as_array().unwrap();
    let lines: Vec<_> = related.iter().map(|one| one["physicalLocation"]["region"]["startLine"].clone()).collect();
    assert_eq!(lines, [2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13], "the fourth is excepted");
    let ids: Vec<_> = related.iter().map(|one| one["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (1..=11).collect::<Vec<_>>());
    let text = result["message"]["text"].as_str().unwrap();
    assert!(text.contains("also stands at [line 2](1), [line 3](2), "), "{text}");
    assert!(text.ends_with(", [line 12](10) and 1 more place."), "{text}");
    assert_eq!(result["message"]["id"], "several");
    assert_eq!(result["message"]["arguments"].as_array().unwrap().len(), 4);
    assert_eq!(result["properties"]["places"], 12);
    assert_eq!(results[0].get("relatedLocations"), None);
}

#[test]
fn places_beyond_what_the_host_keeps_are_counted() {
    let mut report = sample_report();
    let place = report.findings[0].occurrences[0].clone();
    report.findings[0].occurrences = vec![place; 150];
    let (text, cut) = written(&report);
    assert_eq!((cut.places, cut.total()), (50, 0));
    let runs = serde_json::from_slice::<Value>(&text).unwrap()["runs"].take();
    assert_eq!(runs[0]["results"][0]["relatedLocations"].as_array().unwrap().len(), MOST_LOCATIONS - 1);
    let told = runs[0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&told["level"], &told["descriptor"]["id"]), (&"note".into(), &CUT.into()));
    assert!(told["message"]["text"].as_str().unwrap().contains("50 places of results"), "{told}");
    assert_eq!(runs[1]["properties"].get("cut"), None, "the other run has all");
}

#[test]
fn a_rule_is_listed_once_for_each_severity_of_its_results() {
    let runs = runs(&sample_report());
    let rules = runs[0]["tool"]["driver"]["rules"].as_array().unwrap();
    let told: Vec<_> = rules
        .iter()
        .map(|rule| {
            let score = rule["properties"]["security-severity"].as_str().unwrap();
            (rule["id"].as_str().unwrap(), score, rule["defaultConfiguration"]["level"].as_str().unwrap())
        })
        .collect();
    let expect = [
        ("sample-api-key", "8.0", "error"),
        ("sample-api-key.medium", "5.5", "warning"),
        ("sample-private-key", "9.5", "error"),
        ("sample-session-token", "2.5", "note"),
    ];
    assert_eq!(told, expect);
    let results = runs[0]["results"].as_array().unwrap();
    assert_eq!(results[3]["ruleId"], "sample-api-key.medium");
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(result["ruleId"], rule["id"]);
        assert_eq!(result["level"], rule["defaultConfiguration"]["level"]);
        assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
        assert!(rule["messageStrings"].get(result["message"]["id"].as_str().unwrap()).is_some());
    }
}

#[test]
fn an_alert_is_known_again_when_lines_move() {
    let mut report = sample_report();
    let hash = |report: &Report, result: usize| {
        let runs = runs(report);
        let prints = &runs[0]["results"][result]["partialFingerprints"];
        prints["primaryLocationLineHash"].as_str().unwrap().to_owned()
    };
    let before = hash(&report, 1);
    assert_eq!((before.len(), &before[16..]), (18, ":1"));
    assert_ne!(before, hash(&report, 2), "the same secret in another file");
    let place = &mut report.findings[1].occurrences[0];
    place.region.start_line += 7;
    place.ordinal = 2;
    place.place = Fingerprint([9; 32]);
    assert_eq!(hash(&report, 1), before);
    report.findings[1].fingerprint = Some(Fingerprint([3; 32]));
    assert_ne!(hash(&report, 1), before, "another secret in the same file");
    report.findings[1].fingerprint = None;
    assert_eq!(hash(&report, 1), "0909090909090909:1");
}

#[test]
fn the_most_severe_results_are_kept_and_the_rest_is_counted() {
    // The last in the report is the worst.
    let mut report = many(MOST_RESULTS + 20, &[Severity::Low], |number| format!("src/{number}.env").into_bytes());
    let last = report.findings.last_mut().unwrap();
    last.occurrences[0].severity = Severity::Critical;
    let surer = &mut report.findings[MOST_RESULTS + 5].occurrences[0];
    surer.confidence = Confidence::High;
    let (text, cut) = written(&report);
    assert_eq!(cut.results, BTreeMap::from([(Severity::Low, 20)]));
    let runs = serde_json::from_slice::<Value>(&text).unwrap()["runs"].take();
    let uris = strings(&runs[0]["results"], "/locations/0/physicalLocation/artifactLocation/uri");
    assert_eq!(uris.len(), MOST_RESULTS);
    assert_eq!(uris[MOST_RESULTS - 3..], ["src/4997.env", "src/5005.env", "src/5019.env"]);
    assert_eq!(runs[0]["properties"]["cut"]["results"], 20);
    assert_eq!(runs[0]["properties"]["cut"]["bySeverity"], json!({ "low": 20 }));
    let told = runs[0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(told["level"], "warning");
    assert!(told["message"]["text"].as_str().unwrap().contains("20 results (20 low)"), "{told}");
    let known = strings(&runs[0]["tool"]["driver"]["notifications"], "/id");
    assert!(known.contains(&told["descriptor"]["id"].as_str().unwrap()));
}

#[test]
fn the_file_is_small_enough_when_it_is_compressed() {
    let packed = |text: &[u8]| {
        let mut compressor = Compressor::new(CompressionLvl::default());
        let mut out = vec![0; compressor.gzip_compress_bound(text.len())];
        compressor.gzip_compress(text, &mut out).unwrap()
    };
    // Names that do not compress, as long as file systems allow.
    let noise = |number: usize| -> Vec<u8> {
        (0..127_u32).flat_map(|part| Sha256::digest(format!("{number}/{part}"))).map(|byte| byte | 1).collect()
    };
    let mut hostile = many(MOST_RESULTS, &[Severity::Critical, Severity::High], noise);
    hostile.gaps = (0..2_000)
        .map(|number| Gap::new(GapClass::Unreadable, file(&noise(number)), "permission denied".into()))
        .collect();
    let (text, cut) = written(&hostile);
    let size = packed(&text);
    assert!(size < 10_000_000, "{size}");
    assert!(cut.total() > 0 && !cut.results.contains_key(&Severity::Critical), "{cut:?}");
    assert!(cut.notifications > 1_900, "{cut:?}");
    // And with names as people give them nothing is lost.
    let usual = many(MOST_RESULTS, &[Severity::High], |number| format!("services/{number}/config.yaml").into_bytes());
    let (text, cut) = written(&usual);
    assert_eq!(cut, Cut::default());
    assert!(packed(&text) < MOST_PACKED / 4, "{}", packed(&text));
    // Places by the hundred compress well, and are too much text all the same.
    let mut wide = usual;
    for finding in &mut wide.findings {
        finding.occurrences = vec![finding.occurrences[0].clone(); MOST_LOCATIONS];
    }
    let (text, cut) = written(&wide);
    assert!(cut.total() > 0 && text.len() < MOST_TEXT * 11 / 10, "{cut:?}, {}", text.len());
}
