//! The register as CSV for people and for tools whose columns are mapped by hand, and the evidence columns of a statement of
//! applicability.

use std::io::{self, Write};

use super::{Exported, one_line, plain, table};
use crate::govern::risk::label;
use crate::govern::{Catalogue, Control, State};
use crate::register::columns::annex;
use crate::register::row::{Row, Status};
use crate::view::{ControlRow, ControlView, StateOf};

/// Columns of the register, in order. New ones are added at the end. Cells that hold several texts have them divided by `; `.
pub const COLUMNS: [&str; 41] = [
    "id",
    "status",
    "condition",
    "reason",
    "title",
    "asset",
    "units",
    "repositories",
    "kinds",
    "threat",
    "consequence",
    "controls",
    "existing_controls",
    "likelihood",
    "likelihood_inputs",
    "impact",
    "impact_inputs",
    "level",
    "owner",
    "risk_owner",
    "treatment",
    "treatment_controls",
    "ticket",
    "due_on",
    "overdue",
    "residual_likelihood",
    "residual_impact",
    "residual_level",
    "accepted_by",
    "accepted_until",
    "acceptance_grade",
    "attested",
    "attested_on",
    "attested_by",
    "attestation_grade",
    "first_seen",
    "closed_on",
    "reopened",
    "review_on",
    "notes",
    "places",
];

/// Columns of the statement of applicability. Those behind the title up to `owner` are for its owner to fill.
pub(super) const SOA: [&str; 12] = [
    "control",
    "title",
    "applicable",
    "justification_for_inclusion",
    "implementation_status",
    "justification_for_exclusion",
    "owner",
    "evidence",
    "last_tested",
    "test_scope",
    "observed_state",
    "risks_linked",
];

/// What is said where no bundle was given.
pub(super) const NO_EVIDENCE: &str = "no evidence was given";

/// Findings of a control to whose records we point.
const POINTERS: usize = 50;

/// Writes the scenarios, with what holds of each.
///
/// # Errors
///
/// Those of `out`.
pub fn neutral(e: &Exported<'_>, out: &mut dyn Write) -> io::Result<()> {
    table(&COLUMNS, e.rows.iter().map(|row| cells(e, row)), out)
}

/// Writes what evidence and register know of each control that a statement of applicability names (ISO/IEC 27001:2022, 6.1.3 d). Whether
/// a control applies, why, and whether it is implemented is its owner's to say.
///
/// # Errors
///
/// Those of `out`.
pub fn soa(e: &Exported<'_>, out: &mut dyn Write) -> io::Result<()> {
    match e.view {
        Some(view) => table(&SOA, view.controls.iter().map(|row| soa_row(e, row.control, Some(row))), out),
        None => table(&SOA, Catalogue::embedded().controls.iter().map(|control| soa_row(e, control, None)), out),
    }
}

fn soa_row(e: &Exported<'_>, control: &Control, row: Option<&ControlRow<'_>>) -> [String; SOA.len()] {
    [
        annex(&control.number),
        control.title.clone(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        plain(
            &row.map_or_else(
                || NO_EVIDENCE.to_owned(),
                |row| if is_tested(row) { pointers(row) } else { String::new() },
            ),
        ),
        row.map(last_tested).unwrap_or_default(),
        plain(&row.filter(|row| is_tested(row)).map(|row| test_scope(row, e.view)).unwrap_or_default()),
        row.map_or("not tested", ControlRow::observed).to_owned(),
        e.risks(&control.number),
    ]
}

/// Whether any scan tested an aspect of the control: what none did has neither scope nor evidence of a test.
fn is_tested(row: &ControlRow<'_>) -> bool {
    !matches!(row.state, State::NotTested | State::NotTestable)
}

/// Where the evidence about a control is: scan and record, first of the states, then of the findings that contradict it.
pub(super) fn pointers(row: &ControlRow<'_>) -> String {
    let states = row.states.iter().map(|one| format!("{}#{}", one.reading.scan, one.record));
    let findings = row.findings.iter().take(POINTERS);
    let findings = findings.map(|one| format!("{}#{}", one.reading.scan, one.finding.record));
    let more = row.findings.len().saturating_sub(POINTERS);
    let more = (more > 0).then(|| format!("and {more} more"));
    states.chain(findings).chain(more).collect::<Vec<_>>().join("; ")
}

/// The day on which a control was last tested; empty where it was not.
pub(super) fn last_tested(row: &ControlRow<'_>) -> String {
    row.last_tested().map(|time| one_line(time.get(..10).unwrap_or(time))).unwrap_or_default()
}

/// What was looked through, a bundle each.
fn test_scope(row: &ControlRow<'_>, view: Option<&ControlView<'_>>) -> String {
    let scope = |StateOf { reading, .. }: &StateOf<'_>| {
        let subject = &reading.subject;
        let parts: Vec<&str> =
            [&subject.unit, &subject.repository, &subject.branch].into_iter().filter_map(Option::as_deref).collect();
        let what = if parts.is_empty() { reading.name.clone() } else { parts.join(" ") };
        let complete = if reading.completed.outcome.complete { "complete" } else { "incomplete" };
        let history = if reading.coverage.history.is_some() { ", with history" } else { "" };
        let bypass = if reading.bypass.is_some() { ", bypassed" } else { "" };
        format!("{what}: {} files read, {complete}{history}{bypass}", reading.coverage.files_read)
    };
    row.states.iter().map(scope).chain(view.and_then(ControlView::unscanned_told)).collect::<Vec<_>>().join("; ")
}

/// The cells of a scenario, safe to print, but not yet safe from being run as formulas.
pub(super) fn cells(e: &Exported<'_>, row: &Row) -> [String; COLUMNS.len()] {
    let kept = &row.kept;
    let given = |column: &str| row.decided.get(column).to_owned();
    let (likelihoods, impacts) = (&e.model.likelihood, &e.model.impact);
    let residual = |column: &str, labels: &[String]| {
        row.scale(column).map(|step| label(labels, step).to_owned()).unwrap_or_default()
    };
    let residual_level = row.scale("residual_likelihood").zip(row.scale("residual_impact"));
    let residual_level =
        residual_level.and_then(|(likelihood, impact)| e.model.levels.get(e.model.level(likelihood, impact)));
    let acceptance = kept.acceptance.as_ref();
    let rotation = kept.rotation.as_ref();
    let all = [
        kept.id.clone(),
        kept.status.to_string(),
        kept.condition.to_string(),
        kept.reason.clone(),
        kept.title.clone(),
        kept.asset.clone(),
        row.units().join("; "),
        row.repositories().join("; "),
        kept.kinds.join("; "),
        kept.threat.clone(),
        kept.consequence.clone(),
        kept.controls.iter().map(|number| annex(number)).collect::<Vec<_>>().join("; "),
        given("existing_controls"),
        label(likelihoods, row.likelihood()).to_owned(),
        inputs(row, "likelihood", label(likelihoods, kept.likelihood), &kept.likelihood_inputs),
        label(impacts, row.impact()).to_owned(),
        inputs(row, "impact", label(impacts, kept.impact), &kept.impact_inputs),
        e.level_label(row).to_owned(),
        row.owner().to_owned(),
        row.risk_owner().to_owned(),
        row.treatment().to_owned(),
        given("treatment_controls"),
        given("ticket"),
        row.due_on().unwrap_or_default().to_owned(),
        if row.is_overdue(e.today) { "yes" } else { "no" }.to_owned(),
        residual("residual_likelihood", likelihoods),
        residual("residual_impact", impacts),
        residual_level.cloned().unwrap_or_default(),
        acceptance.map(|one| one.by.clone()).unwrap_or_default(),
        acceptance.map(|one| one.until.clone()).unwrap_or_default(),
        acceptance.map(|one| one.grade.to_string()).unwrap_or_default(),
        rotation.map(|one| one.what.to_string()).unwrap_or_default(),
        rotation.map(|one| one.on.clone()).unwrap_or_default(),
        rotation.map(|one| one.by.clone()).unwrap_or_default(),
        rotation.map(|one| one.grade.to_string()).unwrap_or_default(),
        kept.first_seen.clone(),
        kept.closed_on.clone().filter(|_| kept.status == Status::Closed).unwrap_or_default(),
        kept.reopened.to_string(),
        given("review_on"),
        given("notes"),
        kept.places(),
    ];
    all.map(|cell| plain(&cell))
}

/// The inputs of an estimate; where people gave another step, why they did, and what they gave it instead of.
fn inputs(row: &Row, column: &str, estimated: &str, inputs: &str) -> String {
    if row.scale(column).is_none() {
        return inputs.to_owned();
    }
    let reason = row.decided.given("override_reason").unwrap_or("no reason was given");
    format!("decided: {reason}; estimated {estimated}: {inputs}")
}
