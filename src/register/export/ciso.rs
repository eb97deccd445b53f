//! The register for the data wizard of CISO Assistant (community, 2026): one table for each of its objects that we can fill.
//!
//! Facts of its importer that shape the tables:
//!
//! - Headers are taken as they are. A row updates the object with its `ref_id`, else the one with its name whatever the case of
//!   letters. Two scenarios can have the same title, so that names end with the id.
//! - Severities are in lower case; any other spelling counts as none without a word. Statuses and treatments are closed lists.
//! - Likelihood and impact are the labels of the matrix. They are those of our model, which is the matrix
//!   `risk-matrix-5x5-iso-27005` unless the operator named another.
//! - Inherent likelihood and impact stay empty: they speak of the risk without any control, and no scan sees a credential in such a
//!   world. What we estimate is the risk as it is, which is called current there. Residual ones are only what people gave.
//! - A finding has one asset. Cells that hold several names are split at line ends, `|`, `;` and `,`; names are freed of these, and
//!   joined with `|`. Labels are `[A-Za-z0-9_-]{1,36}`.
//! - Controls and assets that it does not know are created by name, so that applied controls should be imported before risk scenarios.
//!   On a conflict, "skip" keeps what people changed there; "update" also empties owners where the cell is empty.

use std::collections::BTreeMap;
use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use super::{
    Exported, KnownException, NAME, cut, is_email, is_url, lines, names_in, one_line, plain, single, table, tags,
};
use crate::blob::hex;
use crate::finding::Severity;
use crate::govern::risk::label;
use crate::register::columns::TREATMENTS;
use crate::register::row::{Condition, Row, Status, UNASSIGNED};

/// Columns of findings.
pub(super) const FINDINGS: [&str; 12] = [
    "ref_id",
    "name",
    "description",
    "severity",
    "status",
    "priority",
    "eta",
    "due_date",
    "observation",
    "asset",
    "filtering_labels",
    "vulnerabilities",
];

/// Columns of risk scenarios.
pub(super) const RISK_SCENARIOS: [&str; 15] = [
    "ref_id",
    "name",
    "description",
    "inherent_proba",
    "inherent_impact",
    "existing_applied_controls",
    "current_proba",
    "current_impact",
    "applied_controls",
    "residual_proba",
    "residual_impact",
    "treatment",
    "justification",
    "assets",
    "filtering_labels",
];

/// Columns of applied controls.
pub(super) const APPLIED_CONTROLS: [&str; 18] = [
    "name",
    "description",
    "category",
    "csf_function",
    "ref_id",
    "status",
    "priority",
    "effort",
    "control_impact",
    "link",
    "start_date",
    "eta",
    "expiry_date",
    "observation",
    "filtering_labels",
    "reference_control",
    "owner",
    "domain",
];

/// Columns of security exceptions.
pub(super) const EXCEPTIONS: [&str; 8] =
    ["ref_id", "name", "description", "domain", "status", "severity", "expiration_date", "observation"];

/// Characters that a justification may have.
const JUSTIFICATION: usize = 2000;

/// Characters that a reference may have.
const REFERENCE: usize = 100;

/// Hexadecimal digits of SHA-256 in the reference of a control.
const DIGITS: usize = 12;

/// Writes the scenarios as findings.
///
/// # Errors
///
/// Those of `out`.
pub fn ciso_findings(e: &Exported<'_>, out: &mut dyn Write) -> io::Result<()> {
    table(&FINDINGS, e.rows.iter().map(|row| finding(e, row)), out)
}

/// Writes the scenarios as risk scenarios.
///
/// # Errors
///
/// Those of `out`.
pub fn ciso_risk_scenarios(e: &Exported<'_>, out: &mut dyn Write) -> io::Result<()> {
    table(&RISK_SCENARIOS, e.rows.iter().map(|row| risk_scenario(e, row)), out)
}

/// Writes the controls that people named in the scenarios, each once.
///
/// # Errors
///
/// Those of `out`.
pub fn ciso_applied_controls(e: &Exported<'_>, out: &mut dyn Write) -> io::Result<()> {
    table(&APPLIED_CONTROLS, applied(e).iter().map(|(key, control)| applied_control(e, key, control)), out)
}

/// Writes the exceptions that bundles and scenarios tell of.
///
/// # Errors
///
/// Those of `out`.
pub fn ciso_exceptions(e: &Exported<'_>, out: &mut dyn Write) -> io::Result<()> {
    table(&EXCEPTIONS, e.exceptions().iter().map(|(id, exception)| security_exception(e, id, exception)), out)
}

/// A name that no other scenario has.
fn name(row: &Row) -> String {
    let id = one_line(&row.kept.id);
    let room = NAME.saturating_sub(id.chars().count() + " ()".len());
    format!("{} ({id})", cut(&one_line(&row.kept.title), room))
}

/// The status of a finding. What is open has the furthest step that somebody made: named a ticket, named an owner, confirmed it.
/// An accepted risk is a finding that stands, and its exception is an object of its own.
pub(super) fn finding_status(row: &Row) -> &'static str {
    match row.kept.condition {
        Condition::NoSecret => "dismissed",
        Condition::Rotated => "closed",
        // Nothing can be done with it any more; it still has to be removed.
        Condition::RotatedPresent => "mitigated",
        Condition::Accepted => "confirmed",
        Condition::Present
        | Condition::HistoryOnly
        | Condition::AcceptanceExpired
        | Condition::Reintroduced
        | Condition::Removed => {
            if row.decided.given("ticket").is_some() {
                "in_progress"
            } else if row.owner() != UNASSIGNED {
                "assigned"
            } else if row.kept.confirmed {
                "confirmed"
            } else {
                "identified"
            }
        }
    }
}

/// The treatment by the words of risk scenarios.
fn treatment(row: &Row) -> &'static str {
    let given = row.treatment().trim().to_lowercase();
    TREATMENTS.iter().copied().find(|&one| one == given).unwrap_or("open")
}

fn description(e: &Exported<'_>, row: &Row) -> String {
    let kept = &row.kept;
    let likelihood = format!("{} ({})", label(&e.model.likelihood, row.likelihood()), kept.likelihood_inputs);
    let impact = format!("{} ({})", label(&e.model.impact, row.impact()), kept.impact_inputs);
    let text = lines(&[
        ("Threat", &kept.threat),
        ("Vulnerability", &kept.kinds.join(", ")),
        ("Consequence", &kept.consequence),
        ("Contradicts controls of ISO/IEC 27002:2022", &kept.controls.join(", ")),
        ("Likelihood", &likelihood),
        ("Impact", &impact),
        ("Level", e.level_label(row)),
        ("Remediation", &kept.remediation),
    ]);
    plain(&text)
}

fn finding(e: &Exported<'_>, row: &Row) -> [String; FINDINGS.len()] {
    let kept = &row.kept;
    let observation = lines(&[
        ("Condition", kept.condition.name()),
        ("Reason", &kept.reason),
        ("Places", &kept.places()),
        ("Owner", row.owner()),
        ("Ticket", row.decided.get("ticket")),
        ("Notes", row.decided.get("notes")),
    ]);
    let due = row.due_on().map(one_line).unwrap_or_default();
    [
        kept.id.clone(),
        name(row),
        description(e, row),
        kept.severity.name().to_owned(),
        finding_status(row).to_owned(),
        e.priority(row).to_string(),
        due.clone(),
        due,
        plain(&observation),
        single(&kept.asset),
        tags(row).join("|"),
        kept.kinds.iter().map(|kind| single(kind)).collect::<Vec<_>>().join("|"),
    ]
}

fn risk_scenario(e: &Exported<'_>, row: &Row) -> [String; RISK_SCENARIOS.len()] {
    let residual = |column: &str, labels: &[String]| {
        row.scale(column).map(|step| label(labels, step).to_owned()).unwrap_or_default()
    };
    let names = |column: &str| names_in(row.decided.get(column)).join("|");
    [
        row.kept.id.clone(),
        name(row),
        description(e, row),
        String::new(),
        String::new(),
        names("existing_controls"),
        label(&e.model.likelihood, row.likelihood()).to_owned(),
        label(&e.model.impact, row.impact()).to_owned(),
        names("treatment_controls"),
        residual("residual_likelihood", &e.model.likelihood),
        residual("residual_impact", &e.model.impact),
        treatment(row).to_owned(),
        justification(row),
        single(&row.kept.asset),
        tags(row).join("|"),
    ]
}

/// Why it is treated so: the acceptance, and why people estimated otherwise.
fn justification(row: &Row) -> String {
    let accepted = match &row.kept.acceptance {
        Some(one) if row.kept.status == Status::Accepted => {
            format!("{} until {} by {} ({}; {})", one.exception, one.until, one.by, one.reason, one.grade)
        }
        _ => String::new(),
    };
    let text = lines(&[
        ("Accepted", &accepted),
        ("Risk owner", row.risk_owner()),
        ("Estimated otherwise", row.decided.get("override_reason")),
    ]);
    cut(&plain(&text), JUSTIFICATION)
}

/// A control that people named.
#[derive(Default)]
struct Applied<'r> {
    /// As it was first written.
    name: String,
    /// It is there already, for one scenario at least.
    exists: bool,
    /// The scenarios that it is to treat.
    treats: Vec<&'r Row>,
    /// Those that it keeps down already.
    keeps: Vec<&'r Row>,
}

/// All controls that people named, by name in lower case, which is how the importer tells them apart.
fn applied<'r>(e: &Exported<'r>) -> BTreeMap<String, Applied<'r>> {
    let mut all: BTreeMap<String, Applied<'r>> = BTreeMap::new();
    for row in e.rows {
        for (column, exists) in [("existing_controls", true), ("treatment_controls", false)] {
            for name in names_in(row.decided.get(column)) {
                let control = all.entry(name.to_lowercase()).or_default();
                if control.name.is_empty() {
                    control.name = name;
                }
                control.exists |= exists;
                (if exists { &mut control.keeps } else { &mut control.treats }).push(row);
            }
        }
    }
    all
}

fn applied_control(e: &Exported<'_>, key: &str, control: &Applied<'_>) -> [String; APPLIED_CONTROLS.len()] {
    // Who treats a scenario answers for the control that is to do it. Whose an existing control is, nobody said.
    let open = || control.treats.iter().filter(|row| row.kept.status != Status::Closed);
    let (mut mails, mut people) = (Vec::new(), Vec::new());
    for owner in control.treats.iter().flat_map(|row| row.owner().split([';', ',', '\n'])).map(str::trim) {
        let list = if is_email(owner) { &mut mails } else { &mut people };
        if !owner.is_empty() && owner != UNASSIGNED && !list.contains(&owner) {
            list.push(owner);
        }
    }
    let mut tickets: Vec<&str> = Vec::new();
    for ticket in control.treats.iter().filter_map(|row| row.decided.given("ticket")).map(str::trim) {
        if !tickets.contains(&ticket) {
            tickets.push(ticket);
        }
    }
    let link = tickets.iter().copied().find(|ticket| is_url(ticket)).unwrap_or_default();
    let ids = |rows: &[&Row]| rows.iter().map(|row| row.kept.id.as_str()).collect::<Vec<_>>().join(", ");
    let observation = lines(&[
        ("To treat", &ids(&control.treats)),
        ("In place for", &ids(&control.keeps)),
        ("Owners", &people.join(", ")),
        ("Tickets", &tickets.join(", ")),
    ]);
    let digest = hex(&Sha256::digest(key.as_bytes()));
    let status = if control.exists { "active" } else { "to_do" };
    let due = open().filter_map(|row| row.due_on()).min().map(one_line).filter(|_| !control.exists);
    [
        control.name.clone(),
        "Named in the register of straykey.".to_owned(),
        "technical".to_owned(),
        "protect".to_owned(),
        format!("SKC-{}", &digest[..DIGITS]),
        status.to_owned(),
        open().map(|row| e.priority(row)).min().map(|priority| priority.to_string()).unwrap_or_default(),
        String::new(),
        String::new(),
        link.to_owned(),
        String::new(),
        due.unwrap_or_default(),
        String::new(),
        plain(&observation),
        "straykey".to_owned(),
        String::new(),
        mails.join(";"),
        String::new(),
    ]
}

/// The status of a security exception: one that does not hold is a draft, whatever it lacks.
pub(super) fn exception_status(standing: &str) -> &'static str {
    match standing {
        "active" => "approved",
        "expired" => "expired",
        "resolved" => "resolved",
        _ => "draft",
    }
}

fn security_exception(e: &Exported<'_>, id: &str, exception: &KnownException<'_>) -> [String; EXCEPTIONS.len()] {
    let stated = exception.stated;
    let worst = exception.rows.iter().map(|row| row.kept.severity).max();
    let rows: Vec<&str> = exception.rows.iter().map(|row| row.kept.id.as_str()).collect();
    let standing = exception.standing(e.today);
    let observation = lines(&[
        ("Standing", standing),
        ("Why", stated.and_then(|one| one.why.as_deref()).unwrap_or_default()),
        ("Requested by", stated.map_or("", |one| one.requested_by.as_str())),
        ("Approved by", exception.approved_by()),
        ("Approved on", stated.and_then(|one| one.approved_on.as_deref()).unwrap_or_default()),
        ("Approval is", exception.grade()),
        ("Ticket", stated.and_then(|one| one.ticket.as_deref()).unwrap_or_default()),
    ]);
    let description = lines(&[
        ("Reason", exception.reason()),
        ("Text", stated.map_or("", |one| one.text.as_str())),
        ("Risk scenarios", &rows.join(", ")),
    ]);
    [
        cut(&one_line(id), REFERENCE),
        cut(&format!("Exception {}", one_line(id)), NAME),
        plain(&description),
        String::new(),
        exception_status(standing).to_owned(),
        worst.map_or("", Severity::name).to_owned(),
        one_line(exception.expires_on()),
        plain(&observation),
    ]
}
