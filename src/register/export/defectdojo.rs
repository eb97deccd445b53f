//! The register as "Generic Findings Import" of `DefectDojo`, in JSON.
//!
//! Its importer refuses the whole file for one key that it does not know, and parses `date` and `mitigated` wherever they stand, so that
//! the keys are those of a struct, and what is not known is left out instead of `null`. Severities begin with a capital.
//!
//! | condition | active | marked as |
//! | --- | --- | --- |
//! | risk accepted | no | `risk_accepted` |
//! | rotated | no | `is_mitigated`, on the day on which the row was closed |
//! | no secret | no | `false_p`, where triage or an exception says false positive; a value made for tests is none |
//! | all others | yes | |

use std::io::{self, Write};

use serde::Serialize;

use super::{Exported, cut, is_false_positive, lines, one_line, plain, tags};
use crate::govern::Crosswalk;
use crate::govern::risk::label;
use crate::register::row::{Condition, Row};
use crate::view::day_of;

/// Characters that a title may have.
const TITLE: usize = 511;

/// Characters that a service, an id of a rule or an id of a finding may have.
const SHORT: usize = 200;

/// Characters that a path may have.
const PATH: usize = 4000;

/// The largest number that its database takes for a line.
const LINES: u64 = 2_147_483_647;

/// The file.
#[derive(Serialize)]
struct File {
    name: &'static str,
    r#type: &'static str,
    version: &'static str,
    description: String,
    findings: Vec<Finding>,
}

/// One finding. Every field is a key that the importer takes.
#[derive(Serialize)]
struct Finding {
    title: String,
    severity: &'static str,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cwe: Option<u32>,
    /// Older versions refuse a file with this key, so that it is there only where it says more than `cwe`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cwes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    mitigation: String,
    impact: String,
    active: bool,
    verified: bool,
    false_p: bool,
    risk_accepted: bool,
    is_mitigated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mitigated: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    planned_remediation_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    static_finding: bool,
    tags: Vec<String>,
    unique_id_from_tool: String,
    vuln_id_from_tool: String,
}

/// Writes the scenarios as findings.
///
/// # Errors
///
/// Those of `out`.
pub fn defectdojo(e: &Exported<'_>, out: &mut dyn Write) -> io::Result<()> {
    let file = File {
        name: "straykey register",
        r#type: "straykey",
        version: env!("CARGO_PKG_VERSION"),
        description: format!("Scenarios of the risk register, as of {}.", one_line(e.today)),
        findings: e.rows.iter().map(|row| finding(e, row)).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &file)?;
    writeln!(out)
}

/// A day, where the text is one: the importer would refuse the file for anything else.
fn day(text: &str) -> Option<String> {
    day_of(text).map(|day| day.to_string())
}

fn finding(e: &Exported<'_>, row: &Row) -> Finding {
    let kept = &row.kept;
    let condition = kept.condition;
    let is_mitigated = condition == Condition::Rotated;
    let closed = kept.closed_on.as_deref().or(kept.rotation.as_ref().map(|rotation| rotation.on.as_str()));
    let (file_path, line) = first_place(row);
    let cwes = weaknesses(row);
    Finding {
        title: cut(&one_line(&kept.title), TITLE),
        severity: kept.severity.capitalised(),
        description: description(e, row),
        date: day(&kept.first_seen),
        cwe: cwes.first().and_then(|cwe| cwe.strip_prefix("CWE-")?.parse().ok()),
        cwes: if cwes.len() > 1 { cwes } else { Vec::new() },
        file_path,
        line,
        mitigation: plain(&kept.remediation),
        impact: plain(&kept.consequence),
        active: !matches!(condition, Condition::Accepted | Condition::Rotated | Condition::NoSecret),
        verified: kept.confirmed && condition != Condition::NoSecret,
        false_p: is_false_positive(row),
        risk_accepted: condition == Condition::Accepted,
        is_mitigated,
        mitigated: closed.filter(|_| is_mitigated).and_then(day),
        planned_remediation_date: row.due_on().and_then(day),
        service: row.units().first().map(|unit| cut(&one_line(unit), SHORT)),
        static_finding: true,
        tags: tags(row),
        unique_id_from_tool: cut(&one_line(&kept.id), SHORT),
        vuln_id_from_tool: cut(&one_line(&kept.rule), SHORT),
    }
}

fn description(e: &Exported<'_>, row: &Row) -> String {
    let kept = &row.kept;
    let text = lines(&[
        ("Asset", &kept.asset),
        ("Condition", kept.condition.name()),
        ("Reason", &kept.reason),
        ("Threat", &kept.threat),
        ("Contradicts controls of ISO/IEC 27002:2022", &kept.controls.join(", ")),
        ("Likelihood", label(&e.model.likelihood, row.likelihood())),
        ("Impact", label(&e.model.impact, row.impact())),
        ("Level", e.level_label(row)),
        ("Owner", row.owner()),
        ("Treatment", row.treatment()),
        ("Ticket", row.decided.get("ticket")),
        ("Places", &kept.places()),
    ]);
    plain(&text)
}

/// The first place that a file has it at, else one that a history has, else where it was.
fn first_place(row: &Row) -> (Option<String>, Option<u64>) {
    let Some(first) = row.kept.observed.iter().min_by_key(|one| one.seen).map(|one| one.first.as_str()) else {
        return (None, None);
    };
    let parts = first.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse::<u64>().ok()?)));
    let (path, line) = parts.map_or((first, None), |(path, line)| (path, Some(line)));
    let path = cut(&one_line(path), PATH);
    (Some(path).filter(|path| !path.is_empty()), line.filter(|line| (1..=LINES).contains(line)))
}

/// The weaknesses of its kinds, each once, the headline first.
fn weaknesses(row: &Row) -> Vec<String> {
    let crosswalk = Crosswalk::embedded();
    let mut all: Vec<String> = Vec::new();
    for cwe in row.kept.kinds.iter().filter_map(|kind| crosswalk.kind(kind)).flat_map(|kind| &kind.cwe) {
        if !all.contains(cwe) {
            all.push(cwe.clone());
        }
    }
    all
}
