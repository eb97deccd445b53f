//! The columns of the register file, in their order, and how rows become cells and back.
//!
//! `docs/register.md` has the table of them; a test holds the two together.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::row::{Decided, Kept, Observation, Row};
use crate::severity::Severity;

/// Who keeps a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// Straykey. What is changed by hand is damage.
    Straykey,
    /// Straykey, in the journal alone: it is longer than cells of spreadsheets are, and nobody reads it.
    Journal,
    /// People. Straykey reads it.
    People,
}

/// What a cell of a column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Any text.
    Text,
    /// A day, `YYYY-MM-DD`.
    Day,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A step of the likelihood, from 1.
    Likelihood,
    /// A step of the impact, from 1.
    Impact,
    /// What straykey wrote, in a form of its own.
    Own,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its header.
    pub name: &'static str,
    /// Who keeps it.
    pub keeper: Keeper,
    /// What its cells hold, where they hold anything.
    pub holds: Holds,
    /// What it says.
    pub doc: &'static str,
}

/// Treatments, in the words of registers: ISO/IEC 27005 calls mitigating modification, accepting retention, transferring sharing.
pub const TREATMENTS: &[&str] = &["open", "mitigate", "accept", "avoid", "transfer", "cancelled"];

const fn own(name: &'static str, doc: &'static str) -> Column {
    Column { name, keeper: Keeper::Straykey, holds: Holds::Own, doc }
}

const fn own_day(name: &'static str, doc: &'static str) -> Column {
    Column { name, keeper: Keeper::Straykey, holds: Holds::Day, doc }
}

const fn theirs(name: &'static str, holds: Holds, doc: &'static str) -> Column {
    Column { name, keeper: Keeper::People, holds, doc }
}

/// All columns.
pub const COLUMNS: &[Column] = &[
    own(
        "id",
        "`SK-` and 12 hexadecimal digits: the same for the same credential in every scan, unit and format, for ever.",
    ),
    own("status", "`open`, `accepted` or `closed`. A row is closed, never deleted."),
    own("condition", "What scans, exceptions and attestations make of it."),
    own("reason", "Why, in a sentence."),
    own("title", "What it is, and where."),
    own("asset", "What the credential opens or speaks for."),
    own("units", "Units in which it was seen."),
    own("repositories", "Repositories in which it was seen."),
    own("places", "Where the latest scans have it: the first place in each series, and how many more."),
    own("kinds", "The vulnerability: kinds of findings, the headline first."),
    own("threat", "Who could use it."),
    own("consequence", "What would follow."),
    own("controls", "Controls of ISO/IEC 27002:2022 that it contradicts, as Annex A of 27001 numbers them."),
    own("severity", "The worst severity of its places."),
    own("likelihood_estimated", "Step of the scale, from 1."),
    own("likelihood_inputs", "Every input of that."),
    own("impact_estimated", "Step of the scale, from 1."),
    own("impact_inputs", "Every input of that."),
    own("level", "Level of the likelihood and impact that hold."),
    theirs("likelihood", Holds::Likelihood, "Holds instead of the estimate."),
    theirs("impact", Holds::Impact, "Holds instead of the estimate."),
    theirs("override_reason", Holds::Text, "Why they do."),
    own("owner_proposed", "Who is to put it right, as far as evidence and scope tell; else `unassigned`."),
    own("owner_source", "Where that is said."),
    theirs("owner", Holds::Text, "Holds instead of the proposal."),
    own("risk_owner_proposed", "Who accepts its risk, as the scope says; else `unassigned`."),
    theirs("risk_owner", Holds::Text, "Holds instead of the proposal."),
    theirs(
        "treatment",
        Holds::OneOf(TREATMENTS),
        "What is to be done. Empty is `open`, and `accept` for what an exception accepts.",
    ),
    theirs("treatment_controls", Holds::Text, "By which controls or measures, divided by `;`."),
    theirs("existing_controls", Holds::Text, "What keeps the risk down already, divided by `;`."),
    theirs("ticket", Holds::Text, "Where it is followed."),
    own_day("due_proposed", "The day by which it is to be dealt with, by the table of the model."),
    theirs("due_on", Holds::Day, "Holds instead of that."),
    theirs("residual_likelihood", Holds::Likelihood, "What is left after treatment."),
    theirs("residual_impact", Holds::Impact, "What is left after treatment."),
    theirs("review_on", Holds::Day, "When somebody looks at it again."),
    theirs("notes", Holds::Text, "Anything else."),
    own(
        "acceptance",
        "The exception that accepts the risk, or did: id, reason, who approved it, until when, and how far that can be relied upon.",
    ),
    own("rotation", "The attested rotation or revocation: which, when, by whom, and how far that can be relied upon."),
    own("triage", "What somebody found who looked at it."),
    own_day("first_seen", "The day since which it is known."),
    own_day("last_seen", "The day of the last scan that says where it is."),
    own_day("opened_on", "The day on which the row was opened, or opened again."),
    own_day("closed_on", "The day on which it was closed."),
    own("reopened", "How often it was opened again."),
    own_day("back_on", "The day on which it came back."),
    own("remediation", "How to make it worthless, and to replace it."),
    own("rule", "The rule that says the most of it."),
    own("fingerprint", "Keyed fingerprint of the value, else of the place."),
    Column {
        name: "observed",
        keeper: Keeper::Journal,
        holds: Holds::Own,
        doc: "What the scans of each series say, for straykey itself.",
    },
    own("record", "The record of the journal that last changed the row."),
    own(
        "check",
        "`c` and the first digits of SHA-256 over the columns that straykey keeps, so that a change of them is noticed.",
    ),
];

/// The columns that are no part of the check, nor of the journal: they change with every scan, or follow from the rest.
pub(super) const DERIVED: [&str; 3] = ["last_seen", "record", "check"];

/// The columns of the file.
pub fn in_file() -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().filter(|column| column.keeper != Keeper::Journal)
}

/// The columns whose changes the journal has.
pub(super) fn in_journal() -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().filter(|column| column.keeper != Keeper::People && !DERIVED.contains(&column.name))
}

/// The columns that the check is about.
pub(super) fn checked() -> impl Iterator<Item = &'static Column> {
    in_journal().filter(|column| column.keeper == Keeper::Straykey)
}

/// The column called `name`.
pub fn column(name: &str) -> Option<&'static Column> {
    COLUMNS.iter().find(|column| column.name == name)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data is JSON")
}

/// What stands in the column `name`, which straykey keeps, but for those that are derived from the file.
pub(super) fn cell(kept: &Kept, name: &str) -> String {
    let list = |texts: &[String]| texts.join(", ");
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let of_series = |get: fn(&Observation) -> Option<&String>| {
        let mut all: Vec<&str> = kept.observed.iter().filter_map(get).map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        all.join(", ")
    };
    let cell = match name {
        "id" => kept.id.clone(),
        "status" => kept.status.to_string(),
        "condition" => kept.condition.to_string(),
        "reason" => kept.reason.clone(),
        "title" => kept.title.clone(),
        "asset" => kept.asset.clone(),
        "units" => of_series(|one| one.unit.as_ref()),
        "repositories" => of_series(|one| one.repository.as_ref()),
        "places" => kept.places(),
        "kinds" => list(&kept.kinds),
        "threat" => kept.threat.clone(),
        "consequence" => kept.consequence.clone(),
        "controls" => kept.controls.iter().map(|number| annex(number)).collect::<Vec<_>>().join(", "),
        "severity" => kept.severity.name().to_owned(),
        "likelihood_estimated" => kept.likelihood.to_string(),
        "likelihood_inputs" => kept.likelihood_inputs.clone(),
        "impact_estimated" => kept.impact.to_string(),
        "impact_inputs" => kept.impact_inputs.clone(),
        "level" => kept.level.clone(),
        "owner_proposed" => kept.owner_proposed.clone(),
        "owner_source" => kept.owner_source.clone(),
        "risk_owner_proposed" => kept.risk_owner_proposed.clone(),
        "due_proposed" => optional(&kept.due_proposed),
        "acceptance" => kept.acceptance.as_ref().map(json).unwrap_or_default(),
        "rotation" => kept.rotation.as_ref().map(json).unwrap_or_default(),
        "triage" => kept.triage.as_ref().map(|text| json(&(text, kept.confirmed))).unwrap_or_default(),
        "first_seen" => kept.first_seen.clone(),
        "last_seen" => kept.last_seen.clone(),
        "opened_on" => kept.opened_on.clone(),
        "closed_on" => optional(&kept.closed_on),
        "reopened" => kept.reopened.to_string(),
        "back_on" => optional(&kept.back_on),
        "remediation" => kept.remediation.clone(),
        "rule" => kept.rule.clone(),
        "fingerprint" => kept.fingerprint.clone(),
        "observed" => json(&kept.observed),
        "record" => kept.record.to_string(),
        _ => String::new(),
    };
    with_plain_lines(cell)
}

/// A cell whose lines end with LF, as the file has them: one that kept CR LF would not be read as it was written.
pub(super) fn with_plain_lines(cell: String) -> String {
    if !cell.contains("\r\n") {
        return cell;
    }
    let mut plain = String::with_capacity(cell.len());
    for line in cell.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => plain.extend([line.trim_end_matches('\r'), "\n"]),
            None => plain.push_str(line),
        }
    }
    plain
}

/// What cells of columns that straykey keeps say; `get` is asked for the cell of a column.
///
/// # Errors
///
/// The column whose cell is not one that straykey writes.
pub(super) fn kept<'c>(get: impl Fn(&str) -> &'c str) -> Result<Kept, &'static str> {
    let text = |name: &str| get(name).to_owned();
    let optional = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let list = |name: &str| get(name).split(", ").filter(|one| !one.is_empty()).map(str::to_owned).collect();
    let triage: Option<(String, bool)> = parsed(get("triage"), "triage")?;
    Ok(Kept {
        id: text("id"),
        status: super::row::Status::named(get("status")).ok_or("status")?,
        condition: super::row::Condition::named(get("condition")).ok_or("condition")?,
        reason: text("reason"),
        title: text("title"),
        asset: text("asset"),
        kinds: list("kinds"),
        threat: text("threat"),
        consequence: text("consequence"),
        controls: list("controls").iter().map(|number: &String| plain_number(number)).collect(),
        severity: Severity::ALL.into_iter().find(|one| one.name() == get("severity")).ok_or("severity")?,
        likelihood: get("likelihood_estimated").parse().map_err(|_| "likelihood_estimated")?,
        likelihood_inputs: text("likelihood_inputs"),
        impact: get("impact_estimated").parse().map_err(|_| "impact_estimated")?,
        impact_inputs: text("impact_inputs"),
        level: text("level"),
        owner_proposed: text("owner_proposed"),
        owner_source: text("owner_source"),
        risk_owner_proposed: text("risk_owner_proposed"),
        first_seen: text("first_seen"),
        opened_on: text("opened_on"),
        closed_on: optional("closed_on"),
        reopened: get("reopened").parse().map_err(|_| "reopened")?,
        back_on: optional("back_on"),
        due_proposed: optional("due_proposed"),
        acceptance: parsed(get("acceptance"), "acceptance")?,
        rotation: parsed(get("rotation"), "rotation")?,
        confirmed: triage.as_ref().is_some_and(|(_, confirmed)| *confirmed),
        triage: triage.map(|(text, _)| text),
        fingerprint: text("fingerprint"),
        rule: text("rule"),
        remediation: text("remediation"),
        observed: observed(get("observed"))?,
        last_seen: text("last_seen"),
        record: get("record").parse().map_err(|_| "record")?,
    })
}

/// What the journal has of the scans of each series; nothing where a file was read, which has no such column.
///
/// # Errors
///
/// It is not what straykey writes.
pub(super) fn observed(cell: &str) -> Result<Vec<Observation>, &'static str> {
    Ok(parsed(cell, "observed")?.unwrap_or_default())
}

/// The number of a control as Annex A of ISO/IEC 27001 writes it. Without the letter spreadsheets take `5.10` for 5.1.
pub(super) fn annex(number: &str) -> String {
    format!("A.{number}")
}

fn plain_number(number: &str) -> String {
    number.strip_prefix("A.").unwrap_or(number).to_owned()
}

fn parsed<T: DeserializeOwned>(cell: &str, name: &'static str) -> Result<Option<T>, &'static str> {
    if cell.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(cell).map(Some).map_err(|_| name)
}

/// What is wrong with a cell of a column that people keep.
pub(super) fn fault(column: &Column, cell: &str, likelihoods: usize, impacts: usize) -> Option<String> {
    let cell = cell.trim();
    if cell.is_empty() {
        return None;
    }
    let step = |most: usize| {
        let fits = cell.parse::<usize>().is_ok_and(|step| (1..=most).contains(&step));
        (!fits).then(|| format!("is no step of the scale, which has 1 to {most}"))
    };
    match column.holds {
        Holds::Text | Holds::Own => None,
        Holds::Day => {
            let day = cell.len() == 10 && cell.parse::<jiff::civil::Date>().is_ok();
            (!day).then(|| "is no day; days are written like 2027-01-31".to_owned())
        }
        Holds::OneOf(names) => (!names.contains(&cell)).then(|| format!("is none of {}", names.join(", "))),
        Holds::Likelihood => step(likelihoods),
        Holds::Impact => step(impacts),
    }
}

/// A row from the cells of all columns.
///
/// # Errors
///
/// The column whose cell is not one that straykey writes.
pub(super) fn row<'c>(get: impl Fn(&str) -> &'c str) -> Result<Row, &'static str> {
    let kept = kept(&get)?;
    let mut decided = Decided::default();
    for column in COLUMNS.iter().filter(|column| column.keeper == Keeper::People) {
        // A blank that nobody sees would make another day of a day.
        let cell = get(column.name);
        decided.set(column.name, if column.holds == Holds::Text { cell } else { cell.trim() }.to_owned());
    }
    Ok(Row { kept, decided })
}
