//! What all exports have in common, text that others wrote, and the tables for people. The rules of importers and the workbook are
//! beside.

mod sheets;
mod tools;

use serde_json::{Value, json};

use super::*;
use crate::evidence::reading::Reading;
use crate::evidence::reading::sample::{self, read};
use crate::evidence::series::Subject;
use crate::finding::{Grade, Severity};
use crate::register::row::{Decided, Kept, Observation, Seen, SeriesFacts, UNASSIGNED};
use crate::view::Readings;

const TODAY: &str = "2026-06-01";
const HOSTILE: &str = "=cmd|' /C calc'!A0";
const FINGERPRINT: &str = "f1f2f3f4f5f6f7f8";

type Export = fn(&Exported<'_>, &mut dyn Write) -> io::Result<()>;

const TABLES: [Export; 6] = [neutral, soa, ciso_findings, ciso_risk_scenarios, ciso_applied_controls, ciso_exceptions];

fn row(id: &str) -> Row {
    let observed = Observation {
        unit: Some("Shop, EU".into()),
        repository: Some("git.example.org/team/shop".into()),
        branch: Some("main".into()),
        seen: Seen::File,
        since: "2026-01-10".into(),
        on: "2026-05-30".into(),
        scan: "scan-1".into(),
        places: 2,
        first: "deploy/app.env:12".into(),
        facts: SeriesFacts::default(),
    };
    let kept = Kept {
        id: id.into(),
        status: Status::Open,
        condition: Condition::Present,
        reason: "It lies in a file.".into(),
        title: "API key in team/shop".into(),
        asset: "what the service account opens, shop | billing; eu".into(),
        kinds: vec!["hardcoded-provider-key".into(), "hardcoded-password".into()],
        threat: "Whoever can read it.".into(),
        consequence: "Data is read.".into(),
        controls: vec!["5.17".into(), "8.24".into()],
        severity: Severity::High,
        likelihood: 3,
        likelihood_inputs: "3: private".into(),
        impact: 4,
        impact_inputs: "4: severity high".into(),
        level: "4 - high".into(),
        owner_proposed: UNASSIGNED.into(),
        owner_source: String::new(),
        risk_owner_proposed: UNASSIGNED.into(),
        first_seen: "2026-01-10".into(),
        opened_on: "2026-01-10".into(),
        closed_on: None,
        reopened: 1,
        back_on: None,
        due_proposed: Some("2026-05-01".into()),
        acceptance: None,
        rotation: None,
        triage: None,
        confirmed: false,
        fingerprint: FINGERPRINT.into(),
        rule: "sample-api-key".into(),
        remediation: "Revoke it.".into(),
        observed: vec![observed],
        last_seen: "2026-05-30".into(),
        record: 1,
    };
    Row { kept, decided: Decided::default() }
}

/// A scenario of this condition.
fn in_condition(id: &str, condition: Condition) -> Row {
    let mut row = row(id);
    (row.kept.condition, row.kept.status) = (condition, condition.status());
    if row.kept.status == Status::Closed {
        row.kept.closed_on = Some("2026-05-20".into());
    }
    if condition == Condition::Accepted {
        row.kept.acceptance = Some(accepted("EX-1", "2026-08-01"));
    }
    row
}

fn accepted(exception: &str, until: &str) -> Acceptance {
    Acceptance {
        exception: exception.into(),
        reason: "accepted-risk".into(),
        by: "cro@example.org".into(),
        until: until.into(),
        grade: Grade::Committed,
    }
}

fn decide(mut row: Row, cells: &[(&'static str, &str)]) -> Row {
    for (column, cell) in cells {
        row.decided.set(column, (*cell).to_owned());
    }
    row
}

fn exported(rows: &[Row]) -> Exported<'_> {
    Exported { rows, model: RiskModel::embedded(), view: None, today: TODAY }
}

fn text_of(export: Export, e: &Exported<'_>) -> String {
    let mut out = Vec::new();
    export(e, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn records(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The cells of a column, without its header.
fn column(export: Export, e: &Exported<'_>, header: &str) -> Vec<String> {
    let records = records(&text_of(export, e));
    let at = records[0].iter().position(|name| name == header).unwrap();
    records[1..].iter().map(|record| record[at].clone()).collect()
}

fn only(export: Export, row: &Row, header: &str) -> String {
    let cells = column(export, &exported(std::slice::from_ref(row)), header);
    assert_eq!(cells.len(), 1);
    cells[0].clone()
}

fn reading() -> Reading {
    let exception = json!({
        "id": "EX-2", "reason": "false-positive", "text": HOSTILE, "requested_by": "a@example.org",
        "approved_by": "b@example.org", "approved_on": "2026-01-02", "expires_on": "2026-12-31", "ticket": null,
        "grade": "claimed", "standing": "active", "why": null, "places": 1, "stale": false,
    });
    let finding = json!({
        "rule": {
            "id": "sample-api-key", "title": "API key", "provider": { "id": "sample", "name": "Sample" },
            "kind": "hardcoded-provider-key", "identity": "service-account",
        },
        "fingerprint": FINGERPRINT, "preview": "key", "severity": "high", "confidence": "high", "facts": [],
        "controls": [{ "control": "5.17", "title": "Authentication information", "role": "contradicts", "why": "It is." }],
        "cwe": ["CWE-798"], "nhi": [], "csf": [],
        "remediation": { "revoke": "", "rotate": "", "references": [] }, "triage": null,
        "places": [{
            "path": "a.env", "target": 0, "region": { "start_line": 1, "start_column": 1 }, "place_fingerprint": "00",
            "severity": "high", "confidence": "high", "verdict": { "state": "fails", "gate": null },
        }],
    });
    Reading {
        name: "bundle-1".into(),
        scan: "scan-1".into(),
        manifest_sha256: String::new(),
        subject: Subject { unit: Some("shop".into()), repository: None, branch: Some("main".into()) },
        commit: None,
        started: read(json!({
            "started": "2026-05-30T08:00:00Z", "tool": { "name": "straykey", "version": "0.1.0" },
            "rule_pack": { "rules": 400, "sha256": "00" }, "configuration": { "sha256": "00" },
            "key": { "id": "k", "keyed": "salt" }, "targets": [],
        })),
        completed: read(json!({
            "completed": "2026-05-30T08:01:00Z", "outcome": { "exit_code": 1, "failed": true, "complete": true },
        })),
        coverage: read(json!({
            "files_seen": 10, "files_read": 8, "files_excluded": 2, "files_unreadable": 0, "bytes_read": 1234,
            "history": { "commits": 7, "files": 3 },
        })),
        slots: read(json!({
            "total": 5, "store": 2, "encrypted": 0, "environment": 1, "federated": 0, "open": 2, "areas": [],
        })),
        self_test: read(json!({ "found": ["a"], "not_found": ["quiet-rule"], "not_tested": [] })),
        findings: vec![read(finding)],
        exceptions: vec![read(exception)],
        controls: vec![read(json!({
            "control": "5.17", "title": "Authentication information", "state": "contradicting evidence (untriaged)",
            "sentence": "Tested: whether it lies there. 1 secret at 1 place contradicts it.", "secrets": 1, "places": 1,
        }))],
        ..sample::reading("shop", "2026-05-30")
    }
}

/// Hands `rows` with the view of one bundle to `check`.
fn with_view(rows: &[Row], check: impl FnOnce(&Exported<'_>)) {
    let bundles = [reading()];
    let view = ControlView::of(&Readings::of(&bundles), TODAY.parse().unwrap());
    check(&Exported { view: Some(&view), ..exported(rows) });
}

#[test]
fn headers_are_those_that_importers_ask_for() {
    let e = exported(&[]);
    for (export, headers) in [
        (
            ciso_findings as Export,
            "ref_id,name,description,severity,status,priority,eta,due_date,observation,asset,filtering_labels,vulnerabilities",
        ),
        (
            ciso_risk_scenarios as Export,
            "ref_id,name,description,inherent_proba,inherent_impact,existing_applied_controls,current_proba,current_impact,\
             applied_controls,residual_proba,residual_impact,treatment,justification,assets,filtering_labels",
        ),
        (
            ciso_applied_controls as Export,
            "name,description,category,csf_function,ref_id,status,priority,effort,control_impact,link,start_date,eta,\
             expiry_date,observation,filtering_labels,reference_control,owner,domain",
        ),
        (ciso_exceptions as Export, "ref_id,name,description,domain,status,severity,expiration_date,observation"),
    ] {
        assert_eq!(text_of(export, &e).lines().next().unwrap().replace('"', ""), headers);
    }
    assert!(!COLUMNS.contains(&"fingerprint"));
}

#[test]
fn cells_are_quoted_and_lines_end_with_a_line_feed() {
    let notes = "first \"quoted\", line\r\nsecond; a|b";
    let named = [("notes", notes), ("treatment_controls", "Vault"), ("existing_controls", "Review")];
    let mut rows = [decide(row("SK-1"), &named)];
    rows[0].kept.acceptance = Some(accepted("EX-1", "2026-08-01"));
    let e = exported(&rows);
    for export in TABLES {
        let text = text_of(export, &e);
        assert!(!text.contains('\r') && text.ends_with("\"\n") && text.starts_with('"'), "{text}");
        let header = text.lines().next().unwrap();
        assert!(header.split(',').all(|cell| cell.starts_with('"') && cell.ends_with('"')), "{header}");
        assert!(!text.contains(FINGERPRINT));
    }
    assert_eq!(column(neutral, &e, "notes"), ["first \"quoted\", line\nsecond; a|b"]);
    assert!(!text_of(defectdojo, &e).contains(FINGERPRINT));
}

#[test]
fn no_cell_of_a_table_is_a_formula() {
    let mut hostile = in_condition(HOSTILE, Condition::Accepted);
    let kept = &mut hostile.kept;
    for text in [&mut kept.reason, &mut kept.title, &mut kept.asset, &mut kept.threat, &mut kept.consequence] {
        HOSTILE.clone_into(text);
    }
    kept.acceptance = Some(accepted(HOSTILE, HOSTILE));
    (kept.kinds, kept.controls) = (vec![HOSTILE.into()], vec![HOSTILE.into()]);
    kept.observed[0].unit = Some("@unit".into());
    kept.observed[0].first = format!("{HOSTILE}:3");
    let text = "\t=1+1\n+2; -3";
    let people = ["owner", "ticket", "notes", "existing_controls", "treatment_controls", "due_on", "treatment"];
    let rows = [people.into_iter().fold(hostile, |row, column| decide(row, &[(column, text)]))];
    with_view(&rows, |e| {
        for export in TABLES {
            for cell in records(&text_of(export, e)).iter().flatten() {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell}");
            }
        }
        let scenario = column(ciso_risk_scenarios, e, "applied_controls");
        assert_eq!(scenario, ["'=1+1|'+2|'-3"], "importers split the cell, so that each name is inert");
        assert_eq!(column(ciso_applied_controls, e, "name"), ["'+2", "'-3", "'=1+1"]);
    });
}

#[test]
fn the_neutral_table_has_what_holds() {
    let cells =
        [("impact", "5"), ("override_reason", "payroll"), ("owner", "a@example.org"), ("residual_likelihood", "1")];
    let decided = decide(row("SK-1"), &cells);
    let of = |header| only(neutral, &decided, header);
    assert_eq!(
        (of("likelihood"), of("impact"), of("level")),
        ("3 - likely".into(), "5 - catastrophic".into(), "4 - high".into())
    );
    assert_eq!(of("likelihood_inputs"), "3: private");
    assert_eq!(of("impact_inputs"), "decided: payroll; estimated 4 - critical: 4: severity high");
    assert_eq!(
        (of("owner"), of("risk_owner"), of("treatment")),
        ("a@example.org".into(), UNASSIGNED.into(), "open".into())
    );
    assert_eq!((of("due_on"), of("overdue"), of("reopened")), ("2026-05-01".into(), "yes".into(), "1".into()));
    assert_eq!((of("residual_likelihood"), of("residual_level")), ("1 - unlikely".into(), String::new()));
    assert_eq!(of("controls"), "A.5.17; A.8.24");
    let accepted = in_condition("SK-1", Condition::Accepted);
    assert_eq!(only(neutral, &accepted, "acceptance_grade"), "committed");
    assert_eq!(only(neutral, &accepted, "overdue"), "no");
}

#[test]
fn a_statement_of_applicability_leaves_decisions_to_its_owner() {
    let rows = [row("SK-1")];
    let of = |e: &Exported<'_>| records(&text_of(soa, e)).into_iter().find(|record| record[0] == "A.5.17").unwrap();
    let without = of(&exported(&rows));
    assert_eq!((without[7].as_str(), without[10].as_str()), ("no evidence was given", "not tested"));
    with_view(&rows, |e| {
        let found = of(e);
        assert!(found[2..7].iter().all(String::is_empty));
        assert_eq!(
            found[7..10],
            ["scan-1#0; scan-1#0", "2026-05-30", "shop main: 8 files read, complete, with history"]
        );
        assert_eq!(found[10..], ["contradicted", "SK-1"]);
        assert_eq!(column(soa, e, "control").len(), 93);
    });
}

const MAP: &str = r#"name = "t"
delimiter = ";"
only = ["open"]
[[column]]
header = "Subject"
from = "title"
max_length = 8
[[column]]
header = "State"
from = "status"
values = { open = "-New" }
[[column]]
header = "Ticket"
from = "ticket"
default = "none"
[[column]]
header = "Source"
text = "=straykey"
"#;

#[test]
fn a_map_names_columns_and_what_goes_into_them() {
    let map = ColumnMap::parse(MAP, "m.toml").unwrap();
    let mut open = row("SK-1");
    open.kept.title = "=1+1 and so on".into();
    let rows = [open, in_condition("SK-2", Condition::Rotated)];
    let mut out = Vec::new();
    mapped(&exported(&rows), &map, &mut out).unwrap();
    let expected = "\"Subject\";\"State\";\"Ticket\";\"Source\"\n\"'=1+1 a…\";\"-New\";\"none\";\"=straykey\"\n";
    assert_eq!(
        String::from_utf8(out).unwrap(),
        expected,
        "what the operator wrote is theirs, what the register has is inert"
    );
    assert_eq!(map.name, "t");
}

#[test]
fn errors_of_a_map_name_the_place() {
    for (from, to, expected) in [
        ("from = \"title\"", "from = \"titel\"", "m.toml:6: `Subject`: the register has no column `titel`"),
        ("header = \"State\"", "header = \"Subject\"", "m.toml:9: there are two columns with the header `Subject`"),
        ("max_length = 8", "max_lenght = 8", "m.toml:7: unknown field `max_lenght`"),
        ("max_length = 8", "max_length = 0", "m.toml:7: `Subject`: `max_length` is 0"),
        ("only = [\"open\"]", "only = [\"done\"]", "m.toml:3: there is no status `done`"),
        ("only = [\"open\"]", "only = []", "m.toml:1: `only` names no status"),
        ("delimiter = \";\"", "delimiter = \"||\"", "m.toml:2: `delimiter`"),
        ("text = \"=straykey\"", "", "m.toml:17: `Source` needs `from` or `text`"),
        ("text = \"=straykey\"", "text = \"a\"\nfrom = \"id\"", "m.toml:17: `Source`: `from` and `text`"),
        ("text = \"=straykey\"", "text = \"a\"\ndefault = \"b\"", "m.toml:17: `Source`: `values`"),
        ("name = \"t\"", "name = t", "m.toml:1: "),
    ] {
        assert!(MAP.contains(from), "{from}");
        let error = ColumnMap::parse(&MAP.replacen(from, to, 1), "m.toml").unwrap_err().to_string();
        assert!(error.starts_with(expected), "{to}: {error}");
    }
    assert!(ColumnMap::parse("name = \"t\"\n", "m.toml").is_err());
}

#[test]
fn the_example_of_a_map_works() {
    let text = include_str!("../../../docs/column-map.example.toml");
    let map = ColumnMap::parse(text, "docs/column-map.example.toml").unwrap();
    let rows = [row("SK-1")];
    let mut out = Vec::new();
    mapped(&exported(&rows), &map, &mut out).unwrap();
    let records = records(&String::from_utf8(out).unwrap());
    let of = |header: &str| records[1][records[0].iter().position(|name| name == header).unwrap()].as_str();
    assert_eq!((of("risks_status"), of("risks_reference_id"), of("risks_owner")), ("New", "SK-1", ""));
    assert_eq!((of("riskscoring_CLASSIC_likelihood"), of("riskscoring_CLASSIC_impact")), ("3", "4"));
}
