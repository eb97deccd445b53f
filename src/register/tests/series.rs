//! What scans, exceptions and attestations make of rows over time.

use proptest::prelude::*;

use super::*;
use crate::report::TargetKind;

/// An exception of this reason that holds until `until`.
fn exception(reason: &str, until: &str) -> Value {
    json!({
        "id": "EX-1", "reason": reason, "text": "t", "requested_by": "dev", "approved_by": "head@example.org",
        "approved_on": "2026-01-01", "expires_on": until, "grade": "signed", "standing": "active",
    })
}

fn says(row: &Row) -> (Status, Condition) {
    (row.kept.status, row.kept.condition)
}

/// Every series of a unit.
fn of_unit(name: &str) -> Subject {
    Subject { unit: Some(name.to_owned()), ..Subject::default() }
}

#[test]
fn a_credential_goes_through_its_life() {
    let kept = Kept::new();
    kept.update(&[scan("shop", "2026-01-01", &[secret("a")])], "2026-01-01");
    let row = kept.row();
    let id = row.kept.id.clone();
    assert_eq!(says(&row), (Status::Open, Condition::Present));
    assert_eq!((row.owner(), row.risk_owner()), ("shop team", "head@example.org"));
    assert_eq!((row.kept.likelihood, row.kept.impact, row.kept.level.as_str()), (3, 4, "4 - high"));
    assert_eq!(row.due_on(), Some("2026-01-08"), "a high risk has seven days");

    let accepted = Secret { exception: Some(exception("accepted-risk", "2026-02-01")), ..secret("a") };
    kept.update(&[scan("shop", "2026-01-02", &[accepted])], "2026-01-02");
    let row = kept.row();
    assert_eq!(says(&row), (Status::Accepted, Condition::Accepted));
    assert_eq!((row.treatment(), row.due_on()), ("accept", Some("2026-02-01")));
    assert_eq!(row.kept.acceptance.as_ref().unwrap().by, "head@example.org");
    assert_ne!(row.kept.condition, Condition::NoSecret, "an accepted risk is no false positive");

    // No scan is needed for an acceptance to end.
    kept.update(&[], "2026-02-02");
    assert_eq!(says(&kept.row()), (Status::Open, Condition::AcceptanceExpired));
    assert_eq!(kept.row().due_on(), Some("2026-02-08"), "its days begin when it is no longer accepted");

    kept.update(&[scan("shop", "2026-02-03", &[])], "2026-02-03");
    let row = kept.row();
    assert_eq!(says(&row), (Status::Open, Condition::Removed), "that it is gone makes it no less valid");
    assert!(row.kept.reason.contains("nobody attested that it was rotated"), "{}", row.kept.reason);

    kept.attest(&id, "2026-02-04").unwrap();
    let row = kept.row();
    assert_eq!(says(&row), (Status::Closed, Condition::Rotated));
    assert_eq!((row.kept.closed_on.as_deref(), row.due_on(), row.kept.likelihood), (Some("2026-02-04"), None, 1));
    assert!(row.kept.likelihood_inputs.contains("issuer-confirmed"), "{}", row.kept.likelihood_inputs);

    kept.update(&[scan("shop", "2026-02-05", &[secret("a")])], "2026-02-05");
    let row = kept.row();
    assert_eq!(says(&row), (Status::Open, Condition::Reintroduced));
    assert_eq!((row.kept.reopened, row.kept.opened_on.as_str(), &row.kept.rotation), (1, "2026-02-05", &None));
    assert!(kept.attest(&id, "2026-02-04").is_err(), "what was done before it came back does not count");

    kept.update(&[scan("pay", "2026-02-06", &[secret("a")])], "2026-02-06");
    let row = kept.row();
    assert_eq!((row.kept.id.as_str(), row.units()), (id.as_str(), vec!["pay", "shop"]), "one scenario with both");
    assert!(row.kept.kinds.iter().any(|kind| kind == "shared-secret-reuse"));
    assert_eq!(row.kept.controls, ["5.16", "5.17"]);
    assert_eq!(row.owner(), "pay team; shop team");
    assert_eq!(row.kept.likelihood_inputs, "3: open to those who work on it; +1: in 2 repositories");
}

#[test]
fn one_update_with_all_bundles_says_what_one_by_one_says() {
    let scans = [
        scan("shop", "2026-01-01", &[secret("a"), secret("b")]),
        scan("shop", "2026-01-02", &[secret("b")]),
        scan("pay", "2026-01-03", &[secret("b"), secret("c")]),
        scan("shop", "2026-01-04", &[secret("a"), secret("b")]),
    ];
    let (at_once, one_by_one) = (Kept::new(), Kept::new());
    at_once.update(&scans, "2026-01-05");
    for scan in &scans {
        one_by_one.update(std::slice::from_ref(scan), &scan.started.started[..10]);
    }
    one_by_one.update(&[], "2026-01-05");
    let cells = |kept: &Kept| {
        let rows = kept.rows().into_values();
        rows.map(|row| {
            row.cells().into_iter().filter(|(name, _)| *name != "record").map(|(_, cell)| cell).collect::<Vec<_>>()
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(cells(&at_once), cells(&one_by_one));
}

#[test]
fn a_bundle_counts_once_and_a_late_one_tells_only_since_when() {
    let kept = Kept::new();
    let later = scan("shop", "2026-03-01", &[secret("a")]);
    assert_eq!(kept.update(std::slice::from_ref(&later), "2026-03-01").applied, 1);
    let again = kept.update(std::slice::from_ref(&later), "2026-03-01");
    assert_eq!((again.applied, again.changed.len()), (0, 0));
    // It has another secret, which the later scan does not have.
    kept.update(&[scan("shop", "2026-02-01", &[secret("a"), secret("b")])], "2026-03-01");
    let rows = kept.rows();
    let of = |name: &str| rows.values().find(|row| row.kept.fingerprint.starts_with(name)).unwrap();
    assert_eq!((of("a").kept.condition, of("a").kept.first_seen.as_str()), (Condition::Present, "2026-02-01"));
    assert_eq!(
        of("b").kept.condition,
        Condition::Present,
        "whether the later scan looked for it nobody knows any more"
    );
    assert!(of("b").kept.reason.contains("before this earlier one"), "{}", of("b").kept.reason);
    kept.update(&[scan("shop", "2026-03-02", &[secret("a")])], "2026-03-02");
    assert_eq!(kept.rows().values().filter(|row| row.kept.condition == Condition::Removed).count(), 1);

    let mut other = later;
    other.manifest_sha256 = "another".into();
    let mut register = kept.open().unwrap();
    let error = register.apply(&other, kept.setting(), ACT).unwrap_err().to_string();
    assert!(error.contains("is not the same"), "{error}");
}

#[test]
fn what_a_scan_did_not_look_for_has_not_gone() {
    let absent = |cause: &str| {
        json!({
            "fingerprint": secret("a").fingerprint, "path": "app/a.env", "rule": "sample-key", "since": "2026-01-01",
            "gone": null, "cause": cause, "proven": true,
        })
    };
    for (change, part) in [
        (
            Box::new(|scan: &mut Reading| scan.absent = vec![serde_json::from_value(absent("rules")).unwrap()])
                as Box<dyn Fn(&mut Reading)>,
            "its rules are others",
        ),
        (
            Box::new(|scan: &mut Reading| scan.absent = vec![serde_json::from_value(absent("scope")).unwrap()]),
            "did not look there",
        ),
        (Box::new(|scan: &mut Reading| scan.completed.outcome.complete = false), "it is incomplete"),
        (Box::new(|scan: &mut Reading| scan.started.targets[0].given = "src".into()), "it was of other targets"),
        (Box::new(|scan: &mut Reading| scan.started.rule_pack.sha256 = "others".into()), "its rules are others, and"),
        (
            Box::new(|scan: &mut Reading| scan.started.configuration.sha256 = "others".into()),
            "its settings are others, and",
        ),
    ] {
        let kept = Kept::new();
        kept.update(&[scan("shop", "2026-01-01", &[secret("a")])], "2026-01-01");
        let mut second = scan("shop", "2026-01-02", &[]);
        change(&mut second);
        kept.update(&[second], "2026-01-02");
        let row = kept.row();
        assert_eq!(row.kept.condition, Condition::Present);
        assert!(row.kept.reason.contains(part), "{}", row.kept.reason);
        assert_eq!(row.kept.last_seen, "2026-01-01", "the second scan did not see it");
    }
    let kept = Kept::new();
    kept.update(&[scan("shop", "2026-01-01", &[secret("a")])], "2026-01-01");
    let mut change = scan("shop", "2026-01-02", &[]);
    change.started.targets[0].kind = TargetKind::Range;
    assert_eq!(kept.update(&[change], "2026-01-02").skipped.len(), 1);
    assert_eq!(kept.row().kept.condition, Condition::Present);
}

#[test]
fn a_history_is_another_place() {
    let kept = Kept::new();
    let history = |day: &str, secrets: &[Secret]| {
        let mut scan = scan("shop", day, secrets);
        scan.coverage.history = Some(crate::evidence::reading::HistoryCoverage { commits: 3, files: 3 });
        scan
    };
    kept.update(&[history("2026-01-01", &[secret("a")])], "2026-01-01");
    let old = Secret { history: true, ..secret("a") };
    kept.update(&[history("2026-01-02", std::slice::from_ref(&old))], "2026-01-02");
    assert_eq!(says(&kept.row()), (Status::Open, Condition::HistoryOnly));
    // A plain scan does not look there.
    kept.update(&[scan("shop", "2026-01-03", &[])], "2026-01-03");
    assert_eq!(kept.row().kept.condition, Condition::HistoryOnly);
    kept.attest(&kept.row().kept.id, "2026-01-04").unwrap();
    assert_eq!(says(&kept.row()), (Status::Closed, Condition::Rotated), "a history cannot be emptied");
    kept.update(&[history("2026-01-05", &[old])], "2026-01-05");
    assert_eq!(kept.row().kept.condition, Condition::Rotated);
    kept.update(&[scan("shop", "2026-01-06", &[secret("a")])], "2026-01-06");
    assert_eq!(kept.row().kept.condition, Condition::Reintroduced);
}

#[test]
fn what_was_rotated_and_is_still_there_stays_open() {
    let kept = Kept::new();
    kept.update(&[scan("shop", "2026-01-01", &[secret("a")])], "2026-01-01");
    let id = kept.row().kept.id;
    kept.attest(&id, "2026-01-02").unwrap();
    let row = kept.row();
    assert_eq!((says(&row), row.kept.likelihood), ((Status::Open, Condition::RotatedPresent), 1));
    // The first scan of another repository finds what was there all along.
    kept.update(&[scan("pay", "2026-01-03", &[secret("a")])], "2026-01-03");
    assert_eq!(kept.row().kept.condition, Condition::RotatedPresent);
    kept.update(&[scan("shop", "2026-01-04", &[])], "2026-01-04");
    assert_eq!(kept.row().kept.condition, Condition::RotatedPresent);
    kept.update(&[scan("pay", "2026-01-05", &[])], "2026-01-05");
    assert_eq!(says(&kept.row()), (Status::Closed, Condition::Rotated));
    assert!(matches!(kept.attest("SK-000000000000", "2026-01-05"), Err(RegisterError::NoRow(_))));
}

#[test]
fn what_is_attested_is_not_undone_by_less() {
    let kept = Kept::new();
    let present = [secret("a")];
    kept.update(&[scan("shop", "2026-01-01", &present)], "2026-01-01");
    let id = kept.row().kept.id;
    kept.attest(&id, "2026-01-05").unwrap();
    assert!(kept.attest_as(&id, "2026-01-06", Grade::Claimed).is_err());
    // Scans from before the rotation, which come later: it had gone, and was back.
    let scans =
        [scan("shop", "2026-01-02", &[]), scan("shop", "2026-01-03", &present), scan("shop", "2026-01-07", &[])];
    kept.update(&scans, "2026-01-07");
    assert_eq!(says(&kept.row()), (Status::Closed, Condition::Rotated));
}

#[test]
fn decisions_of_several_series_are_judged_by_the_last() {
    let said = |decision: &str, at: &str| Secret {
        triage: Some(json!({ "decision": decision, "by": decision, "at": at, "grade": "claimed" })),
        ..secret("a")
    };
    let kept = Kept::new();
    let scans = [
        scan("shop", "2026-01-01", &[said("false-positive", "2026-01-01T00:00:00Z")]),
        scan("pay", "2026-01-02", &[said("confirmed", "2026-01-02T00:00:00Z")]),
    ];
    kept.update(&scans, "2026-01-02");
    let row = kept.row();
    assert_eq!((says(&row), row.kept.confirmed), ((Status::Open, Condition::Present), true));
    assert!(row.kept.triage.as_ref().unwrap().starts_with("confirmed by"), "{:?}", row.kept.triage);
}

#[test]
fn a_scan_of_next_year_is_refused() {
    let kept = Kept::new();
    let mut register = kept.open().unwrap();
    let error = register.apply(&scan("shop", "2027-12-31", &[]), kept.setting(), ACT).unwrap_err().to_string();
    assert!(error.contains("still to come"), "{error}");
}

#[test]
fn what_is_no_secret_is_closed_with_who_says_so() {
    let by_triage = |decision: &str| Secret {
        triage: Some(json!({ "decision": decision, "by": "lead", "at": "2026-01-02T00:00:00Z", "grade": "committed" })),
        ..secret("a")
    };
    let kept = Kept::new();
    kept.update(&[scan("shop", "2026-01-01", &[by_triage("false-positive")])], "2026-01-01");
    let row = kept.row();
    assert_eq!(says(&row), (Status::Closed, Condition::NoSecret));
    assert!(row.kept.reason.contains("lead"), "{}", row.kept.reason);
    kept.update(&[scan("shop", "2026-01-02", &[by_triage("confirmed")])], "2026-01-02");
    let row = kept.row();
    assert_eq!((says(&row), row.kept.reopened), ((Status::Open, Condition::Present), 1));
    assert!(row.kept.likelihood_inputs.contains("+1: confirmed by lead"), "{}", row.kept.likelihood_inputs);

    let kept = Kept::new();
    let test_value = Secret { exception: Some(exception("test-value", "2026-02-01")), ..secret("a") };
    kept.update(&[scan("shop", "2026-01-01", &[test_value])], "2026-01-01");
    assert_eq!(kept.row().kept.condition, Condition::NoSecret);
    kept.update(&[], "2026-02-02");
    assert_eq!(says(&kept.row()), (Status::Open, Condition::Present), "an exception ends");
    let revoked = Secret { exception: Some(exception("revoked", "2026-04-01")), ..secret("a") };
    kept.update(&[scan("shop", "2026-02-03", &[revoked])], "2026-02-03");
    assert_eq!(kept.row().kept.condition, Condition::RotatedPresent);
}

#[test]
fn what_people_wrote_holds_before_what_is_proposed() {
    let kept = Kept::new();
    kept.update(&[scan("shop", "2026-01-01", &[secret("a")])], "2026-01-01");
    let id = kept.row().kept.id;
    for (column, cell) in [
        ("owner", "ann"),
        ("impact", "1"),
        ("due_on", "2026-06-30"),
        ("treatment", "accept"),
        ("notes", "=1+1"),
        ("cost centre", "\u{e9} 42"),
    ] {
        kept.write(&id, column, cell);
    }
    let changes = kept.update(&[], "2026-01-02");
    assert_eq!(changes.decided, 1);
    let row = kept.row();
    assert_eq!((row.owner(), row.kept.owner_proposed.as_str()), ("ann", "shop team"));
    assert_eq!((row.impact(), row.kept.impact, row.kept.level.as_str()), (1, 4, "2 - low"));
    assert_eq!((row.due_on(), row.treatment()), (Some("2026-06-30"), "accept"));
    assert_eq!(row.kept.status, Status::Open, "a word in a cell accepts no risk");
    assert!(row.kept.reason.ends_with("no exception does."), "{}", row.kept.reason);
    assert_eq!((row.decided.get("notes"), row.decided.others["cost centre"].as_str()), ("=1+1", "\u{e9} 42"));
    let text = std::fs::read_to_string(kept.csv()).unwrap();
    assert!(text.contains("\"'=1+1\""), "a spreadsheet must not run it");
    assert_eq!(kept.update(&[], "2026-01-03").decided, 0);
}

#[test]
fn a_scan_of_two_repositories_tells_of_each() {
    let kept = Kept::new();
    let both = |day: &str, there: &[(&str, usize)]| {
        let (shop, pay) = (scan("shop", day, &[]), scan("shop", day, &[]));
        let mut all = shop;
        let other = Subject { repository: Some("git.example.org/team/pay".into()), ..pay.subject };
        all.subjects.push(other);
        all.started.targets.push(all.started.targets[0].clone());
        all.findings = there
            .iter()
            .map(|&(name, target)| {
                let mut found = scan("shop", day, &[secret(name)]).findings.remove(0);
                found.places[0].target = target;
                found
            })
            .collect();
        all
    };
    let first = both("2026-01-01", &[("a", 0), ("b", 1)]);
    let changes = kept.update(std::slice::from_ref(&first), "2026-01-01");
    assert_eq!((changes.applied, changes.created.len(), changes.skipped.len()), (1, 2, 0));
    let repository = |name: &str| {
        let rows = kept.rows();
        let row = rows.values().find(|row| row.kept.fingerprint.starts_with(name)).unwrap();
        (row.repositories().join(" "), row.kept.condition)
    };
    assert_eq!(repository("a"), ("git.example.org/team/shop".into(), Condition::Present));
    assert_eq!(repository("b"), ("git.example.org/team/pay".into(), Condition::Present));
    assert_eq!(kept.update(&[first], "2026-01-01").applied, 0, "it was taken in, in both of its parts");
    // One goes from where it was, and lies in the other.
    kept.update(&[both("2026-01-02", &[("a", 1), ("b", 1)])], "2026-01-02");
    assert_eq!(repository("a"), ("git.example.org/team/pay git.example.org/team/shop".into(), Condition::Present));
    // A scan of the one alone follows that of both.
    kept.update(&[scan("shop", "2026-01-03", &[])], "2026-01-03");
    assert_eq!(repository("b").1, Condition::Present);
    kept.update(&[both("2026-01-04", &[])], "2026-01-04");
    assert_eq!((repository("a").1, repository("b").1), (Condition::Removed, Condition::Removed));
}

#[test]
fn an_attestation_can_be_withdrawn() {
    let kept = Kept::new();
    kept.update(&[scan("shop", "2026-01-01", &[secret("a")])], "2026-01-01");
    kept.update(&[scan("shop", "2026-01-02", &[])], "2026-01-02");
    let id = kept.row().kept.id;
    assert!(kept.say(&id, Attested::Withdrawn, "2026-01-03", Grade::Claimed).is_err(), "there is none");
    kept.say(&id, Attested::Revoked, "2026-01-03", Grade::IssuerConfirmed).unwrap();
    assert_eq!(says(&kept.row()), (Status::Closed, Condition::Rotated));
    assert!(kept.row().kept.reason.starts_with("It was revoked on 2026-01-03"), "{}", kept.row().kept.reason);
    kept.say(&id, Attested::Withdrawn, "2026-01-05", Grade::Claimed).unwrap();
    let row = kept.row();
    assert_eq!(says(&row), (Status::Open, Condition::Removed));
    assert_eq!((row.kept.reopened, row.kept.rotation), (1, None));
}

#[test]
fn what_is_no_more_holds_nothing_and_rotates_nothing() {
    let kept = Kept::new();
    kept.update(&[scan("shop", "2026-01-01", &[secret("a")]), scan("pay", "2026-01-02", &[secret("a")])], "2026-01-02");
    let retire = |which: Subject, on: &str| kept.retire(&which, on, "2026-02-01");
    assert!(retire(of_unit("shop"), "2025-12-31").is_err(), "it was scanned afterwards");
    assert!(retire(of_unit("shop"), "2026-02-02").is_err(), "that day is still to come");
    assert!(retire(of_unit("other"), "2026-01-10").is_err(), "there is none");
    assert_eq!(retire(of_unit("shop"), "2026-01-10").unwrap().len(), 1);
    assert_eq!(kept.row().kept.condition, Condition::Present, "the other repository holds it");
    assert!(retire(of_unit("shop"), "2026-01-10").is_err(), "it was retired before");
    let branch = Subject { branch: Some("main".into()), ..Subject::default() };
    assert_eq!(retire(branch, "2026-01-11").unwrap().len(), 1);
    let row = kept.row();
    assert_eq!(says(&row), (Status::Open, Condition::Removed), "that the repository has gone makes it no less valid");
    let told = "There is no git.example.org/team/pay any more since 2026-01-11, as head@example.org says.";
    assert!(row.kept.reason.contains(told), "{}", row.kept.reason);
    // It is there again, at first without the credential.
    kept.update(&[scan("pay", "2026-01-19", &[])], "2026-01-19");
    let row = kept.row();
    assert_eq!(row.kept.condition, Condition::Removed);
    assert!(!row.kept.reason.contains("no git.example.org/team/pay"), "{}", row.kept.reason);
    kept.update(&[scan("pay", "2026-01-20", &[secret("a")])], "2026-01-20");
    assert_eq!(kept.row().kept.condition, Condition::Reintroduced);
    assert!(!kept.row().kept.reason.contains("no git.example.org/team/pay"), "{}", kept.row().kept.reason);
}

#[test]
fn bundles_under_another_key_are_refused() {
    let kept = Kept::new();
    kept.update(&[scan("shop", "2026-01-01", &[secret("a")])], "2026-01-01");
    let mut other = scan("shop", "2026-01-02", &[secret("a")]);
    other.started.key.id = "k2".into();
    let mut register = kept.open().unwrap();
    assert!(matches!(register.apply(&other, kept.setting(), ACT), Err(RegisterError::Key { .. })));
}

/// What may happen to a register.
#[derive(Clone, Debug)]
enum Step {
    /// A scan of one of the units that finds some of the secrets.
    Scan(bool, Vec<bool>),
    /// A person writes into a row.
    Write(usize, &'static str, String),
    /// Somebody attests a rotation.
    Attest(usize),
    /// Somebody withdraws what was attested.
    Withdraw(usize),
    /// A unit is given up.
    Retire(bool),
    /// Somebody deletes a row.
    Delete(usize),
    /// Days go by.
    Wait(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let text = prop_oneof![
        "[ -~]{0,12}",
        Just("=1+1".to_owned()),
        "'{0,2}[=+@-][ -~]{0,3}",
        Just("a\nb,\"c\";d".to_owned()),
        Just("\u{feff}\u{202e}x".to_owned()),
        Just("-".to_owned()),
    ];
    let write = prop_oneof![
        (0..4usize, prop_oneof![Just("owner"), Just("ticket"), Just("notes"), Just("own column")], text)
            .prop_map(|(row, column, cell)| Step::Write(row, column, cell)),
        (0..4usize, prop_oneof![Just("open"), Just("mitigate"), Just("accept"), Just("transfer"), Just("")])
            .prop_map(|(row, cell)| Step::Write(row, "treatment", cell.to_owned())),
        (0..4usize, 1..=5u8).prop_map(|(row, step)| Step::Write(row, "likelihood", step.to_string())),
    ];
    let step = prop_oneof![
        4 => (any::<bool>(), prop::collection::vec(any::<bool>(), 3)).prop_map(|(unit, there)| Step::Scan(unit, there)),
        4 => write,
        1 => (0..4usize).prop_map(Step::Attest),
        1 => (0..4usize).prop_map(Step::Withdraw),
        1 => any::<bool>().prop_map(Step::Retire),
        1 => (0..4usize).prop_map(Step::Delete),
        1 => (1..40u8).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..14)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Whatever scans find, people write and somebody deletes: no row goes, and each has what was last written into it.
    #[test]
    fn rows_keep_what_people_wrote(steps in steps()) {
        let kept = Kept::new();
        let mut written: BTreeMap<(String, &str), String> = BTreeMap::new();
        let mut ids: Vec<String> = Vec::new();
        let mut today = day("2026-01-01");
        for step in steps {
            today = today.tomorrow().unwrap();
            let now = today.to_string();
            match step {
                Step::Scan(unit, there) => {
                    let unit = if unit { "shop" } else { "pay" };
                    let found = ["a", "b", "c"].into_iter().zip(there).filter(|(_, there)| *there);
                    let found: Vec<Secret> = found.map(|(name, _)| secret(name)).collect();
                    kept.update(&[scan(unit, &now, &found)], &now);
                }
                Step::Write(row, column, cell) => {
                    let Some(id) = ids.get(row) else { continue };
                    kept.write(id, column, &cell);
                    // What a spreadsheet would run is written with a mark, which people see as a part of nothing.
                    let marked = |rest: &&str| rest.trim_start_matches('\'').starts_with(['=', '+', '-', '@']);
                    let cell = cell.strip_prefix('\'').filter(marked).unwrap_or(&cell).to_owned();
                    written.insert((id.clone(), column), cell);
                    kept.update(&[], &now);
                }
                Step::Attest(row) => {
                    let Some(id) = ids.get(row) else { continue };
                    kept.attest(id, &now).unwrap();
                }
                Step::Withdraw(row) => {
                    let Some(id) = ids.get(row) else { continue };
                    // Where nothing is attested, that is refused.
                    drop(kept.say(id, Attested::Withdrawn, &now, Grade::Claimed));
                }
                Step::Retire(unit) => drop(kept.retire(&of_unit(if unit { "shop" } else { "pay" }), &now, &now)),
                Step::Delete(row) => {
                    let Some(id) = ids.get(row) else { continue };
                    let text = std::fs::read_to_string(kept.csv()).unwrap();
                    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
                    let left: Vec<_> = reader.records().map(Result::unwrap).filter(|record| record[0] != **id).collect();
                    let mut writer = ::csv::Writer::from_path(kept.csv()).unwrap();
                    left.iter().for_each(|record| writer.write_record(record).unwrap());
                    writer.flush().unwrap();
                    drop(writer);
                    prop_assert_eq!(&kept.update(&[], &now).restored, std::slice::from_ref(id));
                }
                Step::Wait(days) => today = today.saturating_add(jiff::Span::new().days(i64::from(days))),
            }
            let rows = kept.rows();
            prop_assert!(ids.iter().all(|id| rows.contains_key(id)), "a row has gone");
            for id in rows.keys() {
                if !ids.contains(id) {
                    ids.push(id.clone());
                }
            }
            for ((id, column), cell) in &written {
                prop_assert_eq!(&rows[id].cell(column), cell, "{} of {}", column, id);
            }
        }
    }
}
