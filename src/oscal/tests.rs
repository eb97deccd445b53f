//! The documents under the schemas of NIST, and what they say of scans and rows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::slice;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::*;
use crate::evidence::reading::sample::{self, read};
use crate::evidence::reading::{Assurance, ControlState, Finding, Reading};
use crate::evidence::series::Subject;
use crate::finding::Grade;
use crate::register::{Acceptance, Attested, Condition, Decided, Kept, Observation, Rotation, Status, UNASSIGNED};
use crate::severity::Severity;
use crate::view::Readings;

const NOW: &str = "2026-06-02T08:00:00Z";

/// A finding that contradicts 5.17 and 8.28, with the fingerprint `fingerprint`.
fn finding(record: u64, fingerprint: &str) -> Finding {
    let place = |line: u64| {
        json!({
            "path": "deploy/app_config.env", "target": 0, "region": { "start_line": line, "start_column": 1 },
            "place_fingerprint": format!("{fingerprint}-place-{line}"), "severity": "high", "confidence": "high",
            "verdict": { "state": "fails" },
        })
    };
    let control = |number: &str, role: &str| json!({ "control": number, "title": "T", "role": role, "why": "W." });
    let body = json!({
        "rule": {
            "id": "sample-key", "title": "Sample API key", "provider": { "id": "sample", "name": "Sample" },
            "kind": "hardcoded-provider-key", "identity": "api-key",
        },
        "fingerprint": fingerprint, "preview": "sk_ (24 to 31 characters)", "severity": "high", "confidence": "high",
        "facts": [], "cwe": ["CWE-798"], "nhi": [], "csf": [],
        "controls": [control("5.17", "contradicts"), control("8.28", "contradicts"), control("8.4", "affected")],
        "remediation": { "revoke": "Revoke it in the console.", "rotate": "Make another.", "references": [] },
        "places": [place(3), place(7)],
    });
    Finding { record, ..serde_json::from_value(body).unwrap() }
}

fn state(record: u64, control: &str, state: &str) -> ControlState {
    let body = json!({
        "control": control, "title": "Title", "state": state, "secrets": 1, "places": 2,
        "sentence": format!("Tested: whether {control} holds in *what* was scanned. A sentence."),
    });
    ControlState { record, ..serde_json::from_value(body).unwrap() }
}

/// A scan in which something untriaged was found.
fn reading(scan: &str, unit: &str) -> Reading {
    Reading {
        name: format!("bundles/{scan}"),
        assurance: Assurance::Authentic("0123456789abcdef".into()),
        scan: scan.into(),
        manifest_sha256: "ab".repeat(32),
        commit: Some("c".repeat(40)),
        self_test: read(json!({ "found": ["sample-key"], "not_found": [], "not_tested": [] })),
        findings: vec![finding(5, "f1")],
        controls: vec![
            state(8, "5.17", "contradicting evidence (untriaged)"),
            state(9, "8.28", "incomplete"),
            state(10, "8.33", "tested aspect: none observed"),
            state(11, "7.2", "not testable here"),
        ],
        ..sample::reading(unit, "2026-06-01")
    }
}

/// The same after somebody confirmed what was found.
fn confirmed(scan: &str) -> Reading {
    let mut reading = reading(scan, "shop");
    reading.findings[0].triage = Some(read(json!({
        "decision": "confirmed", "by": "lead@example.org", "at": "2026-06-01T12:00:00Z", "grade": "committed",
    })));
    reading.controls[0] = state(8, "5.17", "contradicting evidence (confirmed)");
    reading
}

/// The same after somebody accepted the risk, or asked for it, as `standing` says.
fn excepted(standing: &str) -> Reading {
    let mut reading = reading("scan-1", "shop");
    for place in &mut reading.findings[0].places {
        place.exception = Some(read(json!({
            "id": "E-1", "reason": "accepted-risk", "text": "It goes in autumn.", "requested_by": "dev@example.org",
            "approved_by": "owner@example.org", "approved_on": "2026-05-20", "expires_on": "2026-09-30",
            "grade": "signed", "standing": standing,
        })));
    }
    reading
}

/// A scan that found nothing.
fn clean() -> Reading {
    let mut reading = reading("scan-1", "shop");
    reading.findings.clear();
    reading.controls[0] = state(8, "5.17", "tested aspect: none observed");
    reading
}

fn row(id: &str, fingerprint: &str) -> Row {
    let kept = Kept {
        id: id.into(),
        status: Status::Open,
        condition: Condition::Present,
        reason: "It lies in the open.".into(),
        title: "Sample API key in team/shop".into(),
        asset: "what the API key of Sample opens".into(),
        kinds: vec!["hardcoded-provider-key".into()],
        threat: "Those who work on it.".into(),
        consequence: "Who has it acts in the name of the organisation.".into(),
        controls: vec!["5.17".into(), "8.28".into()],
        severity: Severity::High,
        likelihood: 4,
        likelihood_inputs: "3: private; +1: confirmed".into(),
        impact: 4,
        impact_inputs: "4: severity high".into(),
        level: "4 - high".into(),
        owner_proposed: "@org/team-shop".into(),
        owner_source: "CODEOWNERS".into(),
        risk_owner_proposed: UNASSIGNED.into(),
        first_seen: "2026-05-01".into(),
        opened_on: "2026-06-01".into(),
        closed_on: None,
        reopened: 0,
        back_on: None,
        due_proposed: Some("2026-06-08".into()),
        acceptance: None,
        rotation: None,
        triage: None,
        confirmed: false,
        fingerprint: fingerprint.into(),
        rule: "sample-key".into(),
        remediation: "Revoke it in the console. Make another.".into(),
        observed: vec![read::<Observation>(json!({
            "unit": "shop", "repository": "git.example.org/team/shop", "branch": "main", "seen": "file",
            "since": "2026-05-01", "on": "2026-06-01", "scan": "scan-1", "places": 2, "first": "deploy/app_config.env:3",
        }))],
        last_seen: "2026-06-01".into(),
        record: 1,
    };
    Row { kept, decided: Decided::default() }
}

fn closed(id: &str, fingerprint: &str, condition: Condition) -> Row {
    let mut row = row(id, fingerprint);
    row.kept.status = Status::Closed;
    row.kept.condition = condition;
    row.kept.closed_on = Some("2026-06-02".into());
    row.kept.due_proposed = None;
    if condition == Condition::Rotated {
        let (on, by) = ("2026-06-01".into(), "ops@example.org".into());
        row.kept.rotation = Some(Rotation { what: Attested::Rotated, on, by, grade: Grade::IssuerConfirmed });
    }
    row
}

fn schema(name: &str) -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/schemas").join(name);
    jsonschema::validator_for(&serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()).unwrap()
}

/// All members called `name`, and all arrays, wherever they are.
fn walk<'v>(value: &'v Value, visit: &mut dyn FnMut(&'v str, &'v Value)) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| walk(one, visit)),
        Value::Object(members) => members.iter().for_each(|(name, one)| {
            visit(name, one);
            walk(one, visit);
        }),
        _ => {}
    }
}

fn members<'v>(document: &'v Value, wanted: &str) -> Vec<&'v str> {
    let mut found = Vec::new();
    walk(document, &mut |name, value| {
        if name == wanted {
            found.extend(value.as_str());
        }
    });
    found
}

/// What holds of every document: it is valid, has no id twice and no empty list, and refers to nothing that is not there.
#[track_caller]
fn sound(schema_name: &str, document: Value) -> Value {
    let schema = schema(schema_name);
    let faults: Vec<String> =
        schema.iter_errors(&document).take(20).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let ids = members(&document, "uuid");
    let each: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), each.len(), "an id is there twice");
    walk(&document, &mut |name, value| {
        assert!(value.as_array().is_none_or(|all| !all.is_empty()), "{name} is empty");
        if name.ends_with("-uuid") {
            assert!(each.contains(value.as_str().unwrap()), "{name} {value} leads nowhere");
        }
        if name.ends_with("-uuids") {
            assert!(value.as_array().unwrap().iter().all(|one| each.contains(one.as_str().unwrap())), "{value}");
        }
    });
    document
}

#[track_caller]
fn results_of(readings: &[Reading]) -> Value {
    let view = ControlView::of(&Readings::of(readings), "2026-06-02".parse().unwrap());
    let document = serde_json::to_value(assessment_results(&view, NOW)).unwrap();
    assert_eq!(document, serde_json::to_value(assessment_results(&view, NOW)).unwrap());
    sound("oscal_assessment-results_schema.json", document)["assessment-results"].take()
}

#[track_caller]
fn poam_of(rows: &[Row], readings: &[Reading]) -> Value {
    let view = ControlView::of(&Readings::of(readings), "2026-06-02".parse().unwrap());
    let document = serde_json::to_value(poam(rows, RiskModel::embedded(), &view, NOW)).unwrap();
    sound("oscal_poam_schema.json", document)["plan-of-action-and-milestones"].take()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Values of the property `name` of `of`.
fn values<'v>(of: &'v Value, name: &str) -> Vec<&'v str> {
    let named = list(&of["props"]).iter().filter(|prop| prop["name"] == name);
    named.map(|prop| prop["value"].as_str().unwrap()).collect()
}

#[test]
fn what_nobody_judged_is_seen_and_no_finding() {
    let document = results_of(&[reading("scan-1", "shop")]);
    let result = &document["results"][0];
    assert!(result["findings"].is_null());
    assert_eq!(result["risks"][0]["status"], "open");
    let titles: Vec<&str> = list(&result["observations"]).iter().map(|one| one["title"].as_str().unwrap()).collect();
    let states = [
        "5.17 Title: contradicting evidence (untriaged)",
        "8.28 Title: incomplete",
        "8.33 Title: tested aspect: none observed",
    ];
    assert_eq!(titles[0], "Sample API key");
    assert_eq!(titles[1..], states);
    let seen = &result["observations"][0];
    assert_eq!(seen["relevant-evidence"][0]["href"], "evidence.jsonl#5");
    assert_eq!(values(seen, "fingerprint"), ["f1"]);
    assert_eq!(values(seen, "contradicts"), ["a.5.17", "a.8.28"]);
    assert!(
        seen["description"].as_str().unwrap().ends_with("\n- `deploy/app_config.env:3`\n- `deploy/app_config.env:7`")
    );
    let reviewed = &result["reviewed-controls"]["control-selections"][0]["include-controls"];
    let reviewed: Vec<&str> = list(reviewed).iter().map(|one| one["control-id"].as_str().unwrap()).collect();
    assert_eq!(reviewed, ["a.5.17", "a.8.28", "a.8.33"]);
    assert_eq!(
        document["import-ap"]["href"],
        format!("#{}", document["back-matter"]["resources"][0]["uuid"].as_str().unwrap())
    );
}

#[test]
fn what_somebody_confirmed_is_not_satisfied() {
    let document = results_of(&[confirmed("scan-1")]);
    let result = &document["results"][0];
    let findings = list(&result["findings"]);
    assert_eq!(findings.len(), 1, "8.28 is contradicted as well, but the scan says something else of it");
    assert_eq!(findings[0]["target"]["target-id"], "a.5.17");
    assert_eq!(findings[0]["target"]["status"]["state"], "not-satisfied");
    assert_eq!(findings[0]["related-observations"][0]["observation-uuid"], result["observations"][0]["uuid"]);
    assert_eq!(findings[0]["related-risks"][0]["risk-uuid"], result["risks"][0]["uuid"]);
    assert_eq!(document["metadata"]["parties"][0]["name"], "lead@example.org");
    assert_eq!(result["risks"][0]["risk-log"]["entries"][0]["title"], "Triage: confirmed");
}

#[test]
fn nothing_is_ever_satisfied() {
    let document = results_of(&[clean()]);
    let result = &document["results"][0];
    assert_eq!(list(&result["observations"]).len(), 3);
    assert_eq!(
        result["observations"][0]["description"],
        "Tested: whether 5.17 holds in \\*what\\* was scanned. A sentence."
    );
    assert!(result["risks"].is_null());
    assert!(!document.to_string().contains("satisfied"));
}

#[test]
fn ids_of_risks_stay_and_those_of_observations_do_not() {
    let of = |scan: &str| {
        let document = results_of(&[confirmed(scan)]);
        let result = &document["results"][0];
        let id = |of: &Value| of["uuid"].as_str().unwrap().to_owned();
        let stable = [
            id(&result["risks"][0]),
            id(&result["risks"][0]["remediations"][0]),
            id(&result["local-definitions"]["inventory-items"][0]),
            id(&result["local-definitions"]["assessment-assets"]["components"][0]),
            id(&document["metadata"]["parties"][0]),
        ];
        let fresh = [&document, result, &result["observations"][0], &result["observations"][1], &result["findings"][0]];
        (stable, fresh.map(id))
    };
    let (one, other) = (of("scan-1"), of("scan-2"));
    assert_eq!(one.0, other.0);
    for (one, other) in one.1.iter().zip(&other.1) {
        assert_ne!(one, other);
    }
}

#[test]
fn a_secret_of_several_series_is_one_risk() {
    let mut other = reading("scan-2", "billing");
    other.findings.push(finding(6, "f2"));
    // Of a place of the same name in two repositories nothing tells that it holds the same.
    let mut unknown = finding(7, "f3");
    unknown.fingerprint = None;
    let mut first = reading("scan-1", "shop");
    first.findings.push(unknown.clone());
    other.findings.push(unknown);
    let document = results_of(&[first, other]);
    let risks = |at: usize| list(&document["results"][at]["risks"]).len();
    assert_eq!((risks(0), risks(1)), (3, 1), "in the order of the series, billing comes first");
    assert_eq!(list(&document["results"][0]["risks"][0]["related-observations"]).len(), 2);
}

#[test]
fn exceptions_decide_on_risks() {
    let risk = |standing: &str| results_of(&[excepted(standing)])["results"][0]["risks"][0].take();
    let accepted = risk("active");
    assert_eq!(accepted["status"], "deviation-approved");
    assert_eq!(accepted["deadline"], "2026-09-30T23:59:59Z");
    assert_eq!(accepted["risk-log"]["entries"][0]["status-change"], "deviation-approved");
    assert_eq!(risk("unapproved")["status"], "deviation-requested");
    assert_eq!(risk("expired")["status"], "open");
    let mut incident = confirmed("scan-1");
    incident.findings[0].triage.as_mut().unwrap().decision = crate::finding::Decision::Incident;
    assert_eq!(results_of(&[incident])["results"][0]["risks"][0]["status"], "investigating");
}

#[test]
fn of_many_places_the_first_are_named() {
    let mut reading = reading("scan-1", "shop");
    let place = reading.findings[0].places[0].clone();
    reading.findings[0].places = vec![place; 23];
    let document = results_of(&[reading]);
    let description = document["results"][0]["observations"][0]["description"].as_str().unwrap();
    assert_eq!(description.matches("app_config.env:3").count(), 20);
    assert!(description.ends_with("\n- and 3 more"), "{description}");
}

#[test]
fn under_a_key_of_others_no_fingerprint_is_told() {
    let mut reading = reading("scan-1", "shop");
    reading.started.key.keyed = "public".into();
    let document = results_of(&[reading]);
    let seen = &document["results"][0]["observations"][0];
    assert!(values(seen, "fingerprint").is_empty());
    assert_eq!(values(seen, "places"), ["2"]);
}

#[test]
fn hostile_text_stays_text() {
    let hostile = "a\r\n\u{2028}b\u{0}\u{202e}[x](javascript:y) <b> {{ insert: param }} `c` ";
    let mut reading = confirmed("scan-1");
    reading.name = hostile.into();
    reading.subject = Subject { unit: Some(hostile.into()), repository: Some("\n".into()), branch: None };
    reading.started.targets[0].given = hostile.into();
    reading.started.tool.version = String::new();
    reading.started.started = "9999-12-31T00:00:00Z".into();
    reading.completed.completed = hostile.into();
    reading.controls[0].title = hostile.into();
    reading.controls[1].control = hostile.into();
    let found = &mut reading.findings[0];
    found.rule.title = hostile.into();
    found.rule.id = hostile.into();
    found.rule.provider.name = "\u{feff}".into();
    found.places[0].path = hostile.into();
    found.places[1].target = 9;
    found.triage.as_mut().unwrap().by = hostile.into();
    let document = results_of(slice::from_ref(&reading));
    let observation = &document["results"][0]["observations"][0];
    let title = "a   b \u{fffd}\\[x\\](javascript:y) \\<b\\> \\{\\{ insert: param \\}\\} \\`c\\`";
    assert_eq!(observation["title"], title);
    assert!(observation["description"].as_str().unwrap().contains("``a   b \u{fffd}[x](javascript:y)"));
    assert_eq!(document["results"][0]["start"], NOW);
    let mut row = row("SK-000000000001", "f1");
    row.kept.title = hostile.into();
    row.kept.owner_proposed = hostile.into();
    row.kept.opened_on = hostile.into();
    row.decided.set("ticket", hostile.into());
    row.decided.set("treatment", "mitigate".into());
    row.decided.set("due_on", hostile.into());
    let plan = poam_of(&[row], &[reading]);
    assert_eq!(plan["risks"][0]["title"], title);
    assert_eq!(values(&plan["risks"][0], "ticket").len(), 1);
}

#[test]
fn ids_of_controls_are_tokens() {
    assert_eq!(ids::control_id("5.17"), "a.5.17");
    assert_eq!(ids::control_id("5 17\n\u{301}"), "a.5_17__");
}

#[test]
fn a_row_is_a_risk_and_something_to_be_done() {
    let mut open = row("SK-000000000001", "f1");
    let plan = poam_of(slice::from_ref(&open), &[reading("scan-1", "shop")]);
    let risk = &plan["risks"][0];
    assert_eq!(risk["status"], "open");
    assert_eq!(risk["deadline"], "2026-06-08T23:59:59Z");
    let facets = list(&risk["characterizations"][0]["facets"]);
    assert_eq!([&facets[0]["value"], &facets[1]["value"]], ["4 - very likely", "4 - critical"]);
    assert_eq!(facets[0]["system"], format!("{NS}/risk-model/5x5"));
    assert_eq!(values(risk, "level"), ["4 - high"]);
    assert_eq!((values(risk, "owner"), values(risk, "risk-owner")), (vec!["@org/team-shop"], vec![UNASSIGNED]));
    assert_eq!(list(&plan["metadata"]["parties"]).len(), 1, "unassigned is nobody");
    assert_eq!(plan["system-id"]["id"], "shop");
    let steps: Vec<&str> =
        list(&risk["remediations"][0]["tasks"]).iter().map(|task| task["title"].as_str().unwrap()).collect();
    assert_eq!(steps, ["Revoke it at its issuer", "Replace it", "Remove it from where it lies"]);
    let item = &plan["poam-items"][0];
    assert_eq!(item["related-risks"][0]["risk-uuid"], risk["uuid"]);
    assert_eq!(item["related-observations"][0]["observation-uuid"], plan["observations"][0]["uuid"]);
    assert_eq!(risk["risk-log"]["entries"][0]["status-change"], "open");

    open.decided.set("treatment", "mitigate".into());
    open.decided.set("ticket", "OPS-1".into());
    let plan = poam_of(slice::from_ref(&open), &[reading("scan-2", "shop")]);
    let treated = &plan["risks"][0];
    assert_eq!(treated["status"], "remediating");
    let lifecycles: Vec<&Value> = list(&treated["remediations"]).iter().map(|one| &one["lifecycle"]).collect();
    assert_eq!(lifecycles, ["recommendation", "planned"]);
    assert_eq!(treated["remediations"][1]["tasks"][0]["timing"]["on-date"]["date"], "2026-06-08T23:59:59Z");
    assert_eq!(plan["poam-items"][0]["uuid"], item["uuid"]);
    assert_eq!(treated["uuid"], risk["uuid"]);

    open.decided.set("treatment", "accept".into());
    assert_eq!(poam_of(&[open], &[])["risks"][0]["status"], "deviation-requested", "nobody has approved that");
}

#[test]
fn a_row_that_is_closed_stays() {
    let rows = [
        closed("SK-000000000003", "f3", Condition::NoSecret),
        closed("SK-000000000002", "f2", Condition::Rotated),
        row("SK-000000000001", "f1"),
    ];
    let plan = poam_of(&rows, &[reading("scan-1", "shop")]);
    let states: Vec<&Value> = list(&plan["risks"]).iter().map(|risk| &risk["status"]).collect();
    assert_eq!(states, ["open", "closed", "closed"]);
    let items = list(&plan["poam-items"]);
    assert_eq!(items.len(), 2, "what is no secret asks for nothing");
    assert_eq!(values(&items[1], "state"), ["closed"]);
    let rotated = &plan["risks"][1];
    assert_eq!(rotated["remediations"][1]["lifecycle"], "completed");
    assert_eq!(values(&rotated["remediations"][1], "grade"), ["issuer-confirmed"]);
    assert!(rotated["deadline"].is_null() && rotated["remediations"][0]["tasks"].is_null());
    let log: Vec<&Value> = list(&rotated["risk-log"]["entries"]).iter().map(|entry| &entry["title"]).collect();
    assert_eq!(log.last().unwrap().as_str(), Some("Closed"));
    assert!(log.iter().any(|title| **title == "Rotated"));
    assert_eq!(list(&plan["observations"]).len(), 1, "only what rows are about");

    let plan = poam_of(&[closed("SK-000000000003", "f3", Condition::NoSecret)], &[]);
    assert_eq!(plan["poam-items"][0]["title"], "Nothing to be done");
    assert_eq!(list(&plan["risks"]).len(), 1);
    poam_of(&[], &[]);
}

#[test]
fn a_row_that_is_accepted_says_until_when() {
    let mut accepted = row("SK-000000000001", "f1");
    accepted.kept.status = Status::Accepted;
    accepted.kept.condition = Condition::Accepted;
    accepted.kept.acceptance = Some(Acceptance {
        exception: "E-1".into(),
        reason: "accepted-risk".into(),
        by: "owner@example.org".into(),
        until: "2026-09-30".into(),
        grade: Grade::Signed,
    });
    let plan = poam_of(&[accepted], &[excepted("active")]);
    let risk = &plan["risks"][0];
    assert_eq!((&risk["status"], &risk["deadline"]), (&json!("deviation-approved"), &json!("2026-09-30T23:59:59Z")));
    assert_eq!(values(risk, "accepted-until"), ["2026-09-30"]);
    let entry = &risk["risk-log"]["entries"][0];
    assert_eq!(entry["title"], "Exception E-1");
    assert_eq!(entry["start"], "2026-05-20T00:00:00Z", "the exception says when it was approved");
    assert_eq!(entry["status-change"], "deviation-approved");
    assert_eq!(values(entry, "grade"), ["signed"]);
}

#[test]
fn a_row_that_is_open_again_says_so() {
    let mut again = row("SK-000000000001", "f1");
    again.kept.condition = Condition::Reintroduced;
    again.kept.reopened = 1;
    let plan = poam_of(&[again], &[]);
    let titles: Vec<&Value> =
        list(&plan["risks"][0]["risk-log"]["entries"]).iter().map(|entry| &entry["title"]).collect();
    assert_eq!(titles, ["Opened", "Opened again"]);
}
