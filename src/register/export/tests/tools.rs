//! The rules of the importers of CISO Assistant and `DefectDojo`, one by one.

use sha2::{Digest as _, Sha256};

use super::*;
use crate::blob::hex;
use crate::register::columns::TREATMENTS;
use crate::register::export::ciso::{exception_status, finding_status};
use crate::register::row::{Attested, Rotation};

#[test]
fn severities_have_the_case_that_each_importer_wants() {
    let dojo = |row: &Row| {
        let file: Value = serde_json::from_str(&text_of(defectdojo, &exported(std::slice::from_ref(row)))).unwrap();
        file["findings"][0]["severity"].as_str().unwrap().to_owned()
    };
    let words = [("info", "Info"), ("low", "Low"), ("medium", "Medium"), ("high", "High"), ("critical", "Critical")];
    for (severity, (lower, capital)) in Severity::ALL.into_iter().zip(words) {
        let mut row = row("SK-1");
        row.kept.severity = severity;
        assert_eq!(only(ciso_findings, &row, "severity"), lower);
        assert_eq!(dojo(&row), capital);
    }
}

#[test]
fn every_condition_has_a_status() {
    let known = "identified|confirmed|dismissed|assigned|in_progress|mitigated|resolved|closed|deprecated";
    for &condition in Condition::ALL {
        assert!(known.split('|').any(|status| status == finding_status(&in_condition("SK-1", condition))));
    }
    let of = |condition| finding_status(&in_condition("SK-1", condition));
    assert_eq!(of(Condition::RotatedPresent), "mitigated");
    assert_eq!((of(Condition::Rotated), of(Condition::NoSecret)), ("closed", "dismissed"));
    assert_eq!((of(Condition::Accepted), of(Condition::Removed)), ("confirmed", "identified"));
    let mut confirmed = row("SK-1");
    confirmed.kept.confirmed = true;
    assert_eq!(finding_status(&confirmed), "confirmed");
    let owned = decide(confirmed, &[("owner", "a@example.org")]);
    assert_eq!(finding_status(&owned), "assigned");
    assert_eq!(finding_status(&decide(owned, &[("ticket", "T-1")])), "in_progress");
}

#[test]
fn findings_have_one_asset_a_priority_and_a_due_day() {
    let row = row("SK-1");
    assert_eq!(only(ciso_findings, &row, "asset"), "what the service account opens shop billing eu");
    assert_eq!(only(ciso_findings, &row, "vulnerabilities"), "hardcoded-provider-key|hardcoded-password");
    assert_eq!(only(ciso_findings, &row, "eta"), "2026-05-01");
    assert_eq!(only(ciso_findings, &decide(row.clone(), &[("due_on", "2026-07-01")]), "due_date"), "2026-07-01");
    for (likelihood, impact, priority) in
        [("5", "5", "1"), ("3", "4", "2"), ("3", "3", "3"), ("2", "2", "4"), ("1", "1", "4")]
    {
        let row = decide(row.clone(), &[("likelihood", likelihood), ("impact", impact)]);
        assert_eq!(only(ciso_findings, &row, "priority"), priority, "{likelihood} {impact}");
    }
}

#[test]
fn labels_are_divided_by_pipes_and_hold_nothing_else() {
    let labels = only(ciso_findings, &row("SK-1"), "filtering_labels");
    assert_eq!(labels, "straykey|present|iso27002-5-17|iso27002-8-24|unit-shop-eu");
    assert_eq!(tag(" -- =Ä|b,c. "), "b-c");
    assert_eq!(tag(&"x".repeat(90)).len(), 36);
    assert!(tag("@\u{e9}").is_empty());
}

#[test]
fn names_differ_where_titles_do_not() {
    let names = column(ciso_findings, &exported(&[row("SK-1"), row("SK-2")]), "name");
    assert_eq!(names, ["API key in team/shop (SK-1)", "API key in team/shop (SK-2)"]);
    let mut long = row("SK-000000000001");
    long.kept.title = "é".repeat(500);
    let name = only(ciso_risk_scenarios, &long, "name");
    assert!(name.chars().count() == 200 && name.ends_with("… (SK-000000000001)"), "{name}");
}

#[test]
fn estimates_are_labels_of_the_model() {
    let of = |row: &Row, header| only(ciso_risk_scenarios, row, header);
    let proposed = row("SK-1");
    assert_eq!(
        (of(&proposed, "current_proba"), of(&proposed, "current_impact")),
        ("3 - likely".into(), "4 - critical".into())
    );
    for empty in ["inherent_proba", "inherent_impact", "residual_proba", "residual_impact"] {
        assert_eq!(of(&proposed, empty), "", "{empty}");
    }
    let cells = [("likelihood", "5"), ("impact", "1"), ("residual_likelihood", "1"), ("residual_impact", "9")];
    let decided = decide(proposed, &cells);
    assert_eq!(
        (of(&decided, "current_proba"), of(&decided, "current_impact")),
        ("5 - almost certain".into(), "1 - minor".into())
    );
    assert_eq!(
        (of(&decided, "residual_proba"), of(&decided, "residual_impact")),
        ("1 - unlikely".into(), "5 - catastrophic".into())
    );
}

#[test]
fn treatments_are_words_of_the_list() {
    let of = |word: &str| only(ciso_risk_scenarios, &decide(row("SK-1"), &[("treatment", word)]), "treatment");
    for word in TREATMENTS {
        assert_eq!(of(word), *word);
    }
    assert_eq!((of(" Mitigate "), of("retain"), of("")), ("mitigate".into(), "open".into(), "open".into()));
    let accepted = in_condition("SK-1", Condition::Accepted);
    assert_eq!(only(ciso_risk_scenarios, &accepted, "treatment"), "accept");
    let why = only(ciso_risk_scenarios, &accepted, "justification");
    assert!(why.contains("EX-1 until 2026-08-01 by cro@example.org"), "{why}");
}

#[test]
fn controls_that_people_named_are_exported_once() {
    let first = [
        ("treatment_controls", "Vault, EU; key rotation"),
        ("existing_controls", "Code review"),
        ("owner", "a@example.org; Team B"),
        ("ticket", "https://tickets.example.org/1"),
    ];
    let rows =
        [decide(row("SK-1"), &first), decide(row("SK-2"), &[("treatment_controls", "code REVIEW;Key Rotation")])];
    let e = exported(&rows);
    let of = |header| column(ciso_applied_controls, &e, header);
    assert_eq!(of("name"), ["Code review", "key rotation", "Vault EU"]);
    assert_eq!(of("status"), ["active", "to_do", "to_do"]);
    assert_eq!((of("category")[0].as_str(), of("csf_function")[0].as_str()), ("technical", "protect"));
    assert_eq!(of("owner"), ["", "a@example.org", "a@example.org"]);
    assert_eq!(of("link"), ["", "https://tickets.example.org/1", "https://tickets.example.org/1"]);
    assert!(of("observation")[1].contains("Owners: Team B") && of("observation")[1].contains("To treat: SK-1, SK-2"));
    // The first digits of SHA-256 of `key rotation`.
    let digest = hex(&Sha256::digest("key rotation"));
    assert_eq!(of("ref_id")[1], format!("SKC-{}", &digest[..12]));
    assert_eq!(
        column(ciso_risk_scenarios, &e, "applied_controls"),
        ["Vault EU|key rotation", "code REVIEW|Key Rotation"]
    );
}

#[test]
fn exceptions_are_told_of_once_with_their_standing() {
    let mut expired = row("SK-2");
    expired.kept.acceptance = Some(accepted("EX-0", "2026-05-31"));
    let mut closed = in_condition("SK-3", Condition::Rotated);
    closed.kept.acceptance = Some(accepted("EX-3", "2026-08-01"));
    let rows = [in_condition("SK-1", Condition::Accepted), expired, closed];
    with_view(&rows, |e| {
        assert_eq!(column(ciso_exceptions, e, "ref_id"), ["EX-0", "EX-1", "EX-2", "EX-3"]);
        assert_eq!(column(ciso_exceptions, e, "status"), ["expired", "approved", "approved", "resolved"]);
        assert_eq!(column(ciso_exceptions, e, "severity"), ["high", "high", "", "high"]);
        assert_eq!(column(ciso_exceptions, e, "expiration_date")[2], "2026-12-31");
        let later = Exported { today: "2027-01-01", ..*e };
        assert_eq!(column(ciso_exceptions, &later, "status"), ["expired"; 4]);
    });
    for standing in ["unapproved", "refused", "proposed", "not in force"] {
        assert_eq!(exception_status(standing), "draft");
    }
}

#[test]
fn defectdojo_gets_keys_that_it_knows_and_no_others() {
    let allowed = "title severity description date cwe cve cwes mitigation impact references active verified false_p \
        risk_accepted is_mitigated mitigated line file_path component_name static_finding scanner_confidence \
        unique_id_from_tool vuln_id_from_tool service planned_remediation_date effort_for_fixing tags";
    let mut rows: Vec<Row> = Condition::ALL.iter().map(|&condition| in_condition("SK-1", condition)).collect();
    rows[0].kept.observed.clear();
    rows[0].kept.first_seen = "some day".into();
    rows[0].kept.kinds.clear();
    let file: Value = serde_json::from_str(&text_of(defectdojo, &exported(&rows))).unwrap();
    let top: Vec<&String> = file.as_object().unwrap().keys().collect();
    assert!(top.iter().all(|key| ["name", "type", "version", "description", "findings"].contains(&key.as_str())));
    for finding in file["findings"].as_array().unwrap() {
        for (key, value) in finding.as_object().unwrap() {
            assert!(allowed.split_whitespace().any(|one| one == key), "{key}");
            assert!(!value.is_null(), "{key}");
        }
        assert!(["title", "severity", "description"].iter().all(|key| finding[key].is_string()));
    }
    let (bare, full) = (&file["findings"][0], &file["findings"][1]);
    assert!(["date", "cwe", "cwes", "file_path", "line", "service"].iter().all(|key| bare.get(key).is_none()));
    assert_eq!((&full["cwe"], &full["cwes"][0]), (&json!(798), &json!("CWE-798")));
    assert_eq!((&full["file_path"], &full["line"]), (&json!("deploy/app.env"), &json!(12)));
    assert_eq!((&full["date"], &full["planned_remediation_date"]), (&json!("2026-01-10"), &json!("2026-05-01")));
    assert_eq!((&full["unique_id_from_tool"], &full["vuln_id_from_tool"]), (&json!("SK-1"), &json!("sample-api-key")));
    assert_eq!((&full["service"], &full["tags"][4]), (&json!("Shop, EU"), &json!("unit-shop-eu")));
}

#[test]
fn an_accepted_risk_is_no_false_positive() {
    let flags = |row: &Row| {
        let file: Value = serde_json::from_str(&text_of(defectdojo, &exported(std::slice::from_ref(row)))).unwrap();
        let finding = &file["findings"][0];
        let set = ["active", "risk_accepted", "false_p", "is_mitigated"].map(|key| finding[key].as_bool().unwrap());
        (set, finding.get("mitigated").and_then(Value::as_str).map(str::to_owned))
    };
    let (yes, no) = (true, false);
    assert_eq!(flags(&row("SK-1")), ([yes, no, no, no], None));
    assert_eq!(flags(&in_condition("SK-1", Condition::Accepted)), ([no, yes, no, no], None));
    assert_eq!(flags(&in_condition("SK-1", Condition::RotatedPresent)), ([yes, no, no, no], None));
    let mut rotated = in_condition("SK-1", Condition::Rotated);
    assert_eq!(flags(&rotated), ([no, no, no, yes], Some("2026-05-20".into())));
    rotated.kept.closed_on = None;
    rotated.kept.rotation =
        Some(Rotation { what: Attested::Rotated, on: "2026-05-02".into(), by: "a".into(), grade: Grade::Claimed });
    assert_eq!(flags(&rotated).1, Some("2026-05-02".into()));
    let mut none = in_condition("SK-1", Condition::NoSecret);
    assert_eq!(flags(&none), ([no, no, no, no], None));
    let why = |reason: &str| format!("exception EX-1: {reason}, approved by b (claimed)");
    none.kept.observed[0].facts.dismissed = Some(Dismissal { why: why("test-value"), until: None });
    assert_eq!(flags(&none), ([no, no, no, no], None), "a value of a test is a secret that opens nothing");
    none.kept.observed[0].facts.dismissed = Some(Dismissal { why: why("false-positive"), until: None });
    assert_eq!(flags(&none), ([no, no, yes, no], None));
    none.kept.observed[0].facts.dismissed = None;
    none.kept.triage = Some("false-positive by b on 2026-05-01 (claimed)".into());
    assert_eq!(flags(&none), ([no, no, yes, no], None));
}

#[test]
fn of_very_many_risks_of_a_control_the_open_ones_are_named() {
    let mut rows: Vec<Row> = (0..502).map(|number| row(&format!("SK-{number:012}"))).collect();
    rows.iter_mut().for_each(|row| row.kept.controls = vec!["5.17".to_owned()]);
    rows[0].kept.status = Status::Closed;
    let linked = column(soa, &exported(&rows), "risks_linked");
    let linked = linked.iter().find(|cell| !cell.is_empty()).unwrap();
    assert!(linked.starts_with("SK-000000000001; ") && linked.ends_with("; SK-000000000500; and 2 more"), "{linked}");
}

#[test]
fn exceptions_of_two_files_that_share_an_id_are_two() {
    let (mut first, mut second) = (reading(), reading());
    second.subject.unit = Some("pay".into());
    second.scan = "scan-2".into();
    "another reason altogether".clone_into(&mut second.exceptions[0].exception.text);
    let ids = |bundles: &[Reading]| {
        let view = ControlView::of(&Readings::of(bundles), TODAY.parse().unwrap());
        column(ciso_exceptions, &Exported { view: Some(&view), ..exported(&[]) }, "ref_id")
    };
    let both = ids(&[first.clone(), second.clone()]);
    assert!(both.len() == 2 && both[0] != both[1] && both.iter().all(|id| id.starts_with("EX-2-")), "{both:?}");
    // One file that serves both, or one that was renewed, is one.
    second.exceptions[0].exception.text.clone_from(&first.exceptions[0].exception.text);
    "2027-12-31".clone_into(&mut second.exceptions[0].exception.expires_on);
    assert_eq!(ids(&[first.clone(), second]), ["EX-2"]);
    first.exceptions.clear();
    assert!(ids(&[first]).is_empty());
}

#[test]
fn mail_addresses_and_links_are_told_from_other_text() {
    for (text, mail) in
        [("a.b@example.org", true), ("a@b", false), ("=a@example.org", false), ("A <a@example.org>", false)]
    {
        assert_eq!(is_email(text), mail, "{text}");
    }
    assert!(
        is_url("https://tickets.example.org/1") && !is_url("T-1") && !is_url("https://a b") && !is_url("javascript:x")
    );
}
