//! The plan of action and milestones: what the register says is to be done, and what was.

use std::collections::{BTreeMap, BTreeSet};
use std::{iter, mem};

use super::ids::{People, control_id, id};
use super::model::{
    Actor, AssociatedRisk, Characterization, Component, ComponentStatus, Facet, LogEntry, Observation, OnDate, Origin,
    Poam, PoamDefinitions, PoamDocument, PoamItem, Property, RelatedObservation, Remediation, Responsible, Risk,
    RiskLog, RiskStatus, SystemId, Task, Timing,
};
use super::observed::Scan;
use super::results::{is_requested, logged_by, metadata, recommendation};
use super::{NS, beginning, counted, end, escaped, line, maybe, prop, props, title};
use crate::evidence::reading::{Exception, Finding, Reading};
use crate::govern::RiskModel;
use crate::register::{Acceptance, Condition, Kept, Row, Status};
use crate::view::ControlView;
use crate::words::capitalised;

/// The document with its root.
pub(super) fn document(rows: &[Row], model: &RiskModel, view: &ControlView<'_>, now: &str) -> PoamDocument {
    let scans: Vec<Scan<'_>> = view.readings.iter().copied().map(Scan::of).collect();
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by(|a, b| a.kept.id.cmp(&b.kept.id));
    let plan = Plan { model, scans: &scans, tool: id("component", &["register"]) };
    let known = by_fingerprint(&scans);
    let items: Vec<Item<'_>> = rows.iter().map(|row| plan.item(row, &known)).collect();
    let mut people = People::default();
    let risks: Vec<Risk> = items.iter().map(|item| plan.risk(item, &mut people)).collect();
    let observed: BTreeSet<&str> = items.iter().flat_map(|item| &item.observations).map(String::as_str).collect();
    let seen = |scan: &Scan<'_>, finding: &Finding| observed.contains(scan.observation_id(finding).as_str());
    let mut observations: Vec<Observation> = Vec::new();
    for scan in &scans {
        let findings = scan.reading.findings.iter().filter(|finding| seen(scan, finding));
        observations.extend(findings.map(|finding| scan.observation(finding, now)));
    }
    let responsible = responsible(&rows, &mut people);
    let system = system(&scans, &rows);
    PoamDocument {
        plan_of_action_and_milestones: Poam {
            uuid: document_id(&scans, &rows, now),
            metadata: metadata(&format!("Secrets outside vaults: {}", system.id), now, &people, responsible),
            system_id: system,
            local_definitions: PoamDefinitions {
                components: iter::once(plan.component()).chain(scans.iter().map(Scan::component)).collect(),
                inventory_items: scans.iter().flat_map(Scan::inventory).collect(),
            },
            observations,
            risks,
            poam_items: plan.poam_items(&items),
        },
    }
}

/// Made of all that the document is made of: scans, rows as the journal last changed them, the moment.
fn document_id(scans: &[Scan<'_>], rows: &[&Row], now: &str) -> String {
    let scans = scans.iter().map(|scan| scan.reading.scan.clone());
    let rows = rows.iter().map(|row| format!("{} {}", row.kept.id, row.kept.record));
    let name: Vec<String> = scans.chain(rows).chain([now.to_owned()]).collect();
    id("plan-of-action-and-milestones", &name.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The system, by the names of its units; where none has a name, by those of its repositories.
fn system(scans: &[Scan<'_>], rows: &[&Row]) -> SystemId {
    let subjects = || scans.iter().map(|scan| &scan.reading.subject);
    let mut names: BTreeSet<&str> = subjects().filter_map(|subject| subject.unit.as_deref()).collect();
    names.extend(rows.iter().flat_map(|row| row.units()));
    if names.is_empty() {
        names.extend(subjects().filter_map(|subject| subject.repository.as_deref()));
        names.extend(rows.iter().flat_map(|row| row.repositories()));
    }
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    SystemId {
        identifier_type: format!("{NS}/system"),
        id: line(&names).unwrap_or_else(|| "what has no name".to_owned()),
    }
}

/// Who answers for rows.
fn responsible(rows: &[&Row], people: &mut People) -> Vec<Responsible> {
    let mut of = |role_id: &'static str, name: fn(&Row) -> &str| {
        let parties: BTreeSet<String> = rows.iter().filter_map(|row| people.id_of(name(row))).collect();
        Responsible { role_id, party_uuids: parties.into_iter().collect() }
    };
    let all = [of("owner", Row::owner), of("risk-owner", Row::risk_owner)];
    all.into_iter().filter(|one| !one.party_uuids.is_empty()).collect()
}

/// Findings by the fingerprint that a row has of them: that of the value, else those of the places.
fn by_fingerprint<'r>(scans: &[Scan<'r>]) -> BTreeMap<&'r str, Vec<(usize, &'r Finding)>> {
    let mut known: BTreeMap<&'r str, Vec<(usize, &'r Finding)>> = BTreeMap::new();
    for (at, scan) in scans.iter().enumerate() {
        let reading: &'r Reading = scan.reading;
        for finding in &reading.findings {
            let prints: BTreeSet<&'r str> = match &finding.fingerprint {
                Some(fingerprint) => BTreeSet::from([fingerprint.as_str()]),
                None => finding.places.iter().map(|place| place.place_fingerprint.as_str()).collect(),
            };
            for print in prints {
                known.entry(print).or_default().push((at, finding));
            }
        }
    }
    known
}

/// A row, and what the scans have of it.
struct Item<'a> {
    row: &'a Row,
    risk: String,
    findings: Vec<&'a Finding>,
    observations: Vec<String>,
}

/// What a treatment makes of a risk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Treatment {
    /// Nobody decided, or it was called off.
    Undecided,
    /// It is borne.
    Accepted,
    /// It is made smaller.
    Mitigated,
    /// It is avoided, or somebody else bears it.
    Other,
}

/// What people decided. Words of ISO/IEC 27005 stand for those of registers.
fn treatment(row: &Row) -> Treatment {
    match row.decided.get("treatment").trim().to_ascii_lowercase().as_str() {
        "" | "open" | "cancelled" => Treatment::Undecided,
        "accept" | "retain" => Treatment::Accepted,
        "mitigate" | "modify" => Treatment::Mitigated,
        _ => Treatment::Other,
    }
}

/// What a row makes of its risk.
fn status(item: &Item<'_>) -> RiskStatus {
    let row = item.row;
    let treated = matches!(treatment(row), Treatment::Mitigated | Treatment::Other);
    match row.kept.status {
        Status::Closed => RiskStatus::Closed,
        Status::Accepted => RiskStatus::DeviationApproved,
        Status::Open if treated && row.decided.given("ticket").is_some() => RiskStatus::Remediating,
        // To accept a risk takes an exception that somebody approved.
        Status::Open if treatment(row) == Treatment::Accepted => RiskStatus::DeviationRequested,
        Status::Open if item.findings.iter().any(|finding| is_requested(finding)) => RiskStatus::DeviationRequested,
        Status::Open => RiskStatus::Open,
    }
}

/// The day by which something is to be done, or until which nothing is.
fn deadline(row: &Row) -> Option<&str> {
    match row.kept.status {
        Status::Closed => None,
        Status::Accepted => row.kept.acceptance.as_ref().map(|one| one.until.as_str()).or_else(|| row.due_on()),
        Status::Open => row.due_on(),
    }
}

/// What is still to be done about an open row, each step by the day that it is due.
fn tasks(row: &Row, owner: Option<&str>) -> Vec<Task> {
    let kept = &row.kept;
    if kept.status != Status::Open {
        return Vec::new();
    }
    let mut steps: Vec<(&'static str, &'static str)> = Vec::new();
    if kept.rotation.is_none() {
        steps.extend([("revoke", "Revoke it at its issuer"), ("rotate", "Replace it")]);
    }
    if kept.condition != Condition::Removed {
        steps.push(("remove", "Remove it from where it lies"));
    }
    let task = |(step, title): (&str, &'static str)| Task {
        uuid: id("task", &[kept.id.as_str(), step]),
        kind: "milestone",
        title,
        timing: row.due_on().and_then(end).map(|date| Timing { on_date: OnDate { date } }),
        responsible_roles: owner
            .map(|owner| Responsible { role_id: "owner", party_uuids: vec![owner.to_owned()] })
            .into_iter()
            .collect(),
    };
    steps.into_iter().map(task).collect()
}

/// What is to be done, what somebody does, what was done.
fn remediations(item: &Item<'_>, people: &mut People) -> Vec<Remediation> {
    let Row { kept, decided } = item.row;
    let owner = people.id_of(item.row.owner());
    let mut open = tasks(item.row, owner.as_deref());
    let mut all = vec![recommendation(&item.risk, escaped(&kept.remediation))];
    let planned = treatment(item.row) == Treatment::Mitigated && kept.status != Status::Closed;
    if let Some(ticket) = decided.given("ticket").filter(|_| planned) {
        let controls = decided.given("treatment_controls");
        let by = controls.map(|controls| format!(" By: {}.", escaped(controls))).unwrap_or_default();
        all.push(Remediation {
            uuid: id("remediation", &[item.risk.as_str(), "planned"]),
            lifecycle: "planned",
            title: title(&format!("Mitigation, followed in {ticket}")),
            description: format!("It was decided to mitigate the risk, which is followed in {}.{by}", escaped(ticket)),
            props: props([prop("ticket", ticket)]),
            tasks: mem::take(&mut open),
        });
    }
    all[0].tasks = open;
    if let Some(rotation) = &kept.rotation {
        all.push(Remediation {
            uuid: id("remediation", &[item.risk.as_str(), "completed"]),
            lifecycle: "completed",
            title: capitalised(rotation.what.name()),
            description: format!(
                "On {}, as {} says ({}).",
                escaped(&rotation.on),
                escaped(&rotation.by),
                rotation.grade
            ),
            props: props([
                prop("attested", rotation.what.name()),
                prop("attested-on", &rotation.on),
                prop("attested-by", &rotation.by),
                prop("grade", rotation.grade.name()),
            ]),
            tasks: Vec::new(),
        });
    }
    all
}

/// What a row says of itself.
fn row_props(row: &Row) -> Vec<Property> {
    let Row { kept, decided } = row;
    let mut all = props([
        prop("register-id", &kept.id),
        prop("state", kept.status.name()),
        prop("condition", kept.condition.name()),
        prop("level", &kept.level),
        prop("severity", kept.severity.name()),
        prop("rule-id", &kept.rule),
        prop("owner", row.owner()),
        maybe("owner-source", Some(kept.owner_source.as_str()).filter(|_| decided.given("owner").is_none())),
        prop("risk-owner", row.risk_owner()),
        prop("treatment", row.treatment()),
        maybe("ticket", decided.given("ticket")),
        maybe("due-on", row.due_on()),
        maybe("review-on", decided.given("review_on")),
        maybe("triage", kept.triage.as_deref()),
        prop("first-seen", &kept.first_seen),
        prop("opened-on", &kept.opened_on),
        maybe("closed-on", kept.closed_on.as_deref()),
        prop("reopened", &kept.reopened.to_string()),
    ]);
    if let Some(acceptance) = &kept.acceptance {
        all.extend(props([
            prop("exception", &acceptance.exception),
            prop("accepted-by", &acceptance.by),
            prop("accepted-until", &acceptance.until),
        ]));
    }
    all.extend(row.units().into_iter().filter_map(|unit| prop("unit", unit)));
    all.extend(row.repositories().into_iter().filter_map(|repository| prop("repository", repository)));
    all.extend(kept.controls.iter().filter_map(|number| prop("contradicts", &control_id(number))));
    all
}

/// An entry of the log of a risk, where it has a day.
fn entry(item: &Item<'_>, what: &str, day: &str, name: String, description: String) -> Option<LogEntry> {
    Some(LogEntry {
        uuid: id("log-entry", &[item.risk.as_str(), what, day]),
        title: name,
        description,
        start: beginning(day)?,
        end: None,
        props: Vec::new(),
        logged_by: Vec::new(),
        status_change: None,
    })
}

/// What was done about a risk, and when it was opened and closed.
fn log(item: &Item<'_>, scans: &[Scan<'_>], people: &mut People) -> Option<RiskLog> {
    let kept = &item.row.kept;
    let mut entries: Vec<LogEntry> = Vec::new();
    // A row that was opened again says when; the first time is about when the credential was first seen.
    let opened = if kept.reopened == 0 { &kept.opened_on } else { &kept.first_seen };
    let first = format!("Known since {}.", escaped(&kept.first_seen));
    let open = Some(RiskStatus::Open);
    entries.extend(
        entry(item, "opened", opened, "Opened".to_owned(), first).map(|one| LogEntry { status_change: open, ..one }),
    );
    if kept.reopened > 0 {
        let again = format!("Opened again, {} so far.", counted(kept.reopened as usize, "time", "times"));
        let again = entry(item, "opened again", &kept.opened_on, "Opened again".to_owned(), again);
        entries.extend(again.map(|one| LogEntry { status_change: open, ..one }));
    }
    if let Some(rotation) = &kept.rotation {
        let said = format!("{} says so ({}).", escaped(&rotation.by), rotation.grade);
        let rotated = entry(item, rotation.what.name(), &rotation.on, capitalised(rotation.what.name()), said);
        entries.extend(rotated.map(|one| LogEntry {
            props: props([prop("grade", rotation.grade.name())]),
            logged_by: logged_by(people, &rotation.by, "attester"),
            ..one
        }));
    }
    entries.extend(kept.acceptance.as_ref().and_then(|acceptance| accepted(item, acceptance, scans, people)));
    if let Some(day) = &kept.closed_on {
        let closed = entry(item, "closed", day, "Closed".to_owned(), escaped(&kept.reason));
        entries.extend(closed.map(|one| LogEntry { status_change: Some(RiskStatus::Closed), ..one }));
    }
    RiskLog::of(entries)
}

/// The acceptance of a risk. A row does not have the day on which it was approved, the exception does.
fn accepted(item: &Item<'_>, acceptance: &Acceptance, scans: &[Scan<'_>], people: &mut People) -> Option<LogEntry> {
    let stated = scans.iter().flat_map(|scan| scan.reading.exceptions.iter().map(|outcome| &outcome.exception));
    let held = item.findings.iter().flat_map(|finding| &finding.places).filter_map(|place| place.exception.as_ref());
    let of_that_name = |exception: &&Exception| exception.id == acceptance.exception;
    let on = stated.chain(held).find(of_that_name).and_then(|exception| exception.approved_on.as_deref());
    let Kept { status, opened_on, .. } = &item.row.kept;
    let said = format!(
        "{} by {} ({}), until {}.",
        escaped(&acceptance.reason),
        escaped(&acceptance.by),
        acceptance.grade,
        escaped(&acceptance.until)
    );
    let name = title(&format!("Exception {}", acceptance.exception));
    let what = format!("exception {}", acceptance.exception);
    let one = entry(item, &what, on.unwrap_or(opened_on), name, said)?;
    Some(LogEntry {
        end: end(&acceptance.until),
        props: props([prop("grade", acceptance.grade.name())]),
        logged_by: logged_by(people, &acceptance.by, "approver"),
        status_change: (*status == Status::Accepted).then_some(RiskStatus::DeviationApproved),
        ..one
    })
}

/// What all of a plan is made with.
struct Plan<'a> {
    model: &'a RiskModel,
    scans: &'a [Scan<'a>],
    /// The id of the program that keeps the register.
    tool: String,
}

impl<'a> Plan<'a> {
    fn component(&self) -> Component {
        Component {
            uuid: self.tool.clone(),
            kind: "software",
            title: format!("straykey {}", env!("CARGO_PKG_VERSION")),
            description: "Keeps the register of risks.",
            props: Vec::new(),
            status: ComponentStatus { state: "operational" },
        }
    }

    fn origin(&self) -> Origin {
        Origin { actors: vec![Actor { kind: "tool", actor_uuid: self.tool.clone(), role_id: None }] }
    }

    fn item(&self, row: &'a Row, known: &BTreeMap<&'a str, Vec<(usize, &'a Finding)>>) -> Item<'a> {
        let kept = &row.kept;
        // A place is one of its repository, and the same path in another is another.
        let of_row = |at: usize, finding: &Finding| {
            let repository = &self.scans[at].reading.subject.repository;
            finding.fingerprint.is_some() || kept.observed.iter().any(|one| one.repository == *repository)
        };
        let all = known.get(kept.fingerprint.as_str()).into_iter().flatten();
        let seen: Vec<(usize, &'a Finding)> = all.copied().filter(|&(at, finding)| of_row(at, finding)).collect();
        Item {
            row,
            risk: id("risk", &[kept.id.as_str()]),
            findings: seen.iter().map(|&(_, finding)| finding).collect(),
            observations: seen.iter().map(|&(at, finding)| self.scans[at].observation_id(finding)).collect(),
        }
    }

    fn risk(&self, item: &Item<'_>, people: &mut People) -> Risk {
        let row = item.row;
        let kept = &row.kept;
        let part = |name: &str, text: &str| (!text.is_empty()).then(|| format!("{name}: {}", escaped(text)));
        let parts = [
            part("Asset", &kept.asset),
            part("Vulnerability", &kept.kinds.join(", ")),
            part("Threat", &kept.threat),
            part("Where", &kept.places()),
            part("State", &kept.reason),
        ];
        let model = self.model;
        let likelihood = (row.likelihood(), kept.likelihood, kept.likelihood_inputs.as_str());
        let impact = (row.impact(), kept.impact, kept.impact_inputs.as_str());
        Risk {
            uuid: item.risk.clone(),
            title: title(&kept.title),
            description: parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
            statement: escaped(&kept.consequence),
            props: row_props(row),
            status: status(item),
            origins: vec![self.origin()],
            characterizations: vec![Characterization {
                origin: self.origin(),
                facets: vec![
                    self.facet("likelihood", &model.likelihood, likelihood),
                    self.facet("impact", &model.impact, impact),
                ],
            }],
            deadline: deadline(row).and_then(end),
            remediations: remediations(item, people),
            risk_log: log(item, self.scans, people),
            related_observations: related(item),
        }
    }

    /// A step of a scale by its label, with the estimate and what led to it, which hold where people gave no step of their own.
    fn facet(&self, name: &'static str, labels: &[String], (step, estimated, inputs): (u8, u8, &str)) -> Facet {
        let at = usize::from(step).clamp(1, labels.len().max(1)) - 1;
        let safe = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '.' | '_');
        let model: String = self.model.name.chars().map(|one| if safe(one) { one } else { '-' }).collect();
        Facet {
            name,
            system: format!("{NS}/risk-model/{model}"),
            value: labels.get(at).and_then(|label| line(label)).unwrap_or_else(|| step.to_string()),
            props: props([
                prop("step", &step.to_string()),
                prop("estimated", &estimated.to_string()),
                prop("inputs", inputs),
            ]),
        }
    }

    /// What is to be done, a row each. What turned out to be no secret asks for nothing; its risk stays, and is closed.
    fn poam_items(&self, items: &[Item<'_>]) -> Vec<PoamItem> {
        let real = items.iter().filter(|item| item.row.kept.condition != Condition::NoSecret);
        let mut all: Vec<PoamItem> = real.map(|item| self.poam_item(item)).collect();
        if all.is_empty() {
            // A plan without items is not valid.
            all.push(PoamItem {
                uuid: id("poam-item", &["none"]),
                title: "Nothing to be done".to_owned(),
                description: "The register has no row that asks for anything.".to_owned(),
                props: props([prop("state", "none")]),
                origins: vec![self.origin()],
                related_observations: Vec::new(),
                related_risks: Vec::new(),
            });
        }
        all
    }

    fn poam_item(&self, item: &Item<'_>) -> PoamItem {
        let Row { kept, decided } = item.row;
        PoamItem {
            uuid: id("poam-item", &[kept.id.as_str()]),
            title: title(&kept.title),
            description: [&kept.reason, &kept.remediation].map(|part| escaped(part)).join("\n\n").trim_end().to_owned(),
            props: props([
                prop("register-id", &kept.id),
                prop("state", kept.status.name()),
                prop("condition", kept.condition.name()),
                prop("owner", item.row.owner()),
                prop("risk-owner", item.row.risk_owner()),
                prop("treatment", item.row.treatment()),
                maybe("ticket", decided.given("ticket")),
                maybe("due-on", item.row.due_on()),
            ]),
            origins: vec![self.origin()],
            related_observations: related(item),
            related_risks: vec![AssociatedRisk { risk_uuid: item.risk.clone() }],
        }
    }
}

fn related(item: &Item<'_>) -> Vec<RelatedObservation> {
    let observed = item.observations.iter();
    observed.map(|uuid| RelatedObservation { observation_uuid: uuid.clone() }).collect()
}
