//! `straykey controls report`: what bundles are evidence of.

use std::io::Write;

use serde_json::{Value, json};

use crate::blob::printable_text;
use crate::cli::args::{ControlsFormat, ControlsReport};
use crate::cli::bundles::readings;
use crate::cli::file::{pretty, write};
use crate::cli::{ExitCode, day, moment, scope, signing};
use crate::evidence::reading::Reading;
use crate::govern::{Catalogue, RiskModel};
use crate::register::export::{self, Exported};
use crate::register::{Directory, Setting, scenarios};
use crate::severity::Severity;
use crate::view::{AGES, ControlRow, ControlView, Counts, Readings};
use crate::words::counted;
use crate::{oscal, page};

pub(super) fn run(args: &ControlsReport) -> anyhow::Result<ExitCode> {
    let keys = signing::public_keys(&args.key)?;
    let at = args.at.as_deref();
    let today = day(at)?;
    let read = readings(&args.bundles, &keys, today)?;
    let sorted = Readings::of(&read);
    let scope = args.scope.as_deref().map(scope::load).transpose()?;
    let expected = scope.iter().flat_map(scope::Scope::expected).map(|(subject, _)| subject);
    let view = ControlView::of(&sorted, today).expecting(expected);
    let output = args.output.as_deref();
    // All bundles, since a plan tells of what has gone as well.
    let rows = || {
        let units = scope.as_ref().map(scope::Scope::units).unwrap_or_default();
        let directory = Directory { units, ..Directory::default() };
        let setting = Setting { model: RiskModel::embedded(), directory: &directory };
        anyhow::Ok(scenarios(&read.iter().collect::<Vec<_>>(), setting, today)?)
    };
    match args.format {
        ControlsFormat::Text => write(output, |out| text(&view, out)),
        ControlsFormat::Json => write(output, |out| pretty(&document(&view), out)),
        ControlsFormat::Html => {
            let input = page::Input { readings: &sorted, view: &view, dated: true };
            write(output, |out| page::write(&input, out))
        }
        ControlsFormat::Soa => {
            let (rows, today) = (rows()?, today.to_string());
            let exported = Exported { rows: &rows, model: RiskModel::embedded(), view: Some(&view), today: &today };
            write(output, |out| export::soa(&exported, out))
        }
        ControlsFormat::OscalAr => write(output, |out| pretty(&oscal::assessment_results(&view, &moment(at)), out)),
        ControlsFormat::OscalPoam => {
            let rows = rows()?;
            write(output, |out| pretty(&oscal::poam(&rows, RiskModel::embedded(), &view, &moment(at)), out))
        }
    }
}

/// Severities of which there are any, worst first: `2 critical, 1 low`.
fn severities(counts: &Counts) -> String {
    let all = Severity::ALL.iter().rev().map(|&severity| (severity, counts.by_severity[severity as usize]));
    let some = all.filter(|(_, count)| *count > 0).map(|(severity, count)| format!("{count} {}", severity.name()));
    some.collect::<Vec<_>>().join(", ")
}

fn text(view: &ControlView<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{}, as {} evidence of it on {}\n",
        Catalogue::embedded().edition,
        if view.readings.len() == 1 {
            "1 bundle is".to_owned()
        } else {
            format!("{} bundles are", view.readings.len())
        },
        view.today
    )?;
    for reading in &view.readings {
        let name = printable_text(&reading.name);
        writeln!(out, "bundle  {name}  {}  {}", printable_text(&reading.started.started), reading.assurance)?;
    }
    for reading in &view.readings {
        if let Some(bypass) = &reading.bypass {
            let (by, reason) = (printable_text(&bypass.by), printable_text(&bypass.reason));
            let code = bypass.exit_code;
            writeln!(
                out,
                "bypass  {} by {by}: {reason}; the exit code would have been {code}",
                printable_text(&reading.name)
            )?;
        }
    }
    if let Some(told) = view.unscanned_told() {
        writeln!(out, "missing {}", printable_text(&told))?;
    }
    writeln!(out, "\nOf every control that can be tested")?;
    for untested in &view.untested {
        writeln!(out, "  untested      {}", printable_text(untested))?;
    }
    for row in view.controls.iter().filter(|row| row.is_touched()) {
        control(row, out)?;
    }
    writeln!(out, "\nISO/IEC 27001:2022, clauses that records serve\n")?;
    for clause in &view.clauses {
        let mark = if clause.served { "served" } else { "not served" };
        writeln!(out, "{:<6} {mark:<10} by {}. {}", clause.clause.clause, clause.by, clause.clause.why)?;
    }
    for (name, terms) in [("NIST CSF 2.0", &view.csf), ("OWASP Non-Human Identities Top 10", &view.nhi)] {
        writeln!(out, "\n{name}\n")?;
        for term in terms {
            let every = if term.every_scan.is_some() { ", and every scan" } else { "" };
            writeln!(out, "{:<10} {}{every}  {}", term.id, counted(term.secrets, "secret"), term.title)?;
        }
    }
    writeln!(
        out,
        "\nNo state says that a control passes. What is not testable here is not listed unless scans touch on it."
    )
}

fn control(row: &ControlRow<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "\n{} {}: {}", row.control.number, row.control.title, row.state)?;
    writeln!(out, "  {}", printable_text(&row.sentence))?;
    for (role, counts) in
        [("contradicts", &row.contradicting), ("affected", &row.affected), ("response due", &row.response_due)]
    {
        if counts.total() > 0 {
            let oldest = match counts.oldest_days {
                Some(days) => format!("the oldest is known for {}", counted(days.into(), "day")),
                None => "first seen by these scans".to_owned(),
            };
            writeln!(out, "  {role:<13} {}: {}; {oldest}", counted(counts.total(), "secret"), severities(counts))?;
        }
    }
    for exception in &row.exceptions {
        let until = &exception.expires_on;
        let (id, reason) = (printable_text(&exception.id), exception.reason);
        writeln!(
            out,
            "  exception     {id} ({reason}), {}, until {}",
            printable_text(&exception.standing),
            printable_text(until)
        )?;
    }
    for said in &row.states {
        let name = printable_text(&said.reading.name);
        writeln!(
            out,
            "  evidence      {name}, scan {}, record {}: {}",
            printable_text(&said.reading.scan),
            said.record,
            said.state
        )?;
    }
    for untested in &row.untested {
        writeln!(out, "  untested      {}", printable_text(untested))?;
    }
    if let Some(why) = row.every_scan {
        writeln!(out, "  every scan    {why}")?;
    }
    Ok(())
}

fn document(view: &ControlView<'_>) -> Value {
    let counts = |counts: &Counts| {
        let by_severity: serde_json::Map<String, Value> = Severity::ALL
            .iter()
            .map(|&severity| (severity.name().to_owned(), counts.by_severity[severity as usize].into()))
            .collect();
        let bounds = AGES.iter().map(|most| Some(*most)).chain([None]);
        let by_age: Vec<Value> =
            bounds.zip(counts.by_age).map(|(most, count)| json!({ "up_to_days": most, "secrets": count })).collect();
        json!({
            "secrets": counts.total(), "by_severity": by_severity, "by_age": by_age, "age_unknown": counts.age_unknown,
            "oldest_days": counts.oldest_days,
        })
    };
    let pointer =
        |reading: &Reading, record: u64| json!({ "bundle": reading.name, "scan": reading.scan, "record": record });
    let control = |row: &ControlRow<'_>| {
        let states = row.states.iter().map(|said| {
            json!({ "evidence": pointer(said.reading, said.record), "state": said.state, "sentence": said.sentence })
        });
        let findings = row.findings.iter().map(|one| pointer(one.reading, one.finding.record));
        let exceptions = row.exceptions.iter().map(|one| {
            json!({
                "id": one.id, "reason": one.reason, "standing": one.standing, "expires_on": one.expires_on,
                "approved_by": one.approved_by, "grade": one.grade,
            })
        });
        json!({
            "control": row.control.number,
            "title": row.control.title,
            "state": row.state,
            "sentence": row.sentence,
            "observed": row.observed(),
            "last_tested": row.last_tested(),
            "contradicting": counts(&row.contradicting),
            "affected": counts(&row.affected),
            "response_due": counts(&row.response_due),
            "states": states.collect::<Vec<_>>(),
            "findings": findings.collect::<Vec<_>>(),
            "exceptions": exceptions.collect::<Vec<_>>(),
            "untested": row.untested,
            "every_scan": row.every_scan,
        })
    };
    let bundles = view.readings.iter().map(|reading| {
        json!({
            "bundle": reading.name, "scan": reading.scan, "manifest_sha256": reading.manifest_sha256,
            "subject": reading.subject, "started": reading.started.started, "assurance": reading.assurance.to_string(),
            "complete": reading.completed.outcome.complete, "exit_code": reading.completed.outcome.exit_code,
            "bypass": reading.bypass.as_ref().map(|bypass| {
                json!({ "reason": bypass.reason, "by": bypass.by, "exit_code": bypass.exit_code })
            }),
        })
    });
    let clauses = view.clauses.iter().map(|clause| {
        json!({
            "clause": clause.clause.clause, "record": clause.clause.record, "why": clause.clause.why,
            "served": clause.served, "by": clause.by,
        })
    });
    let terms = |terms: &[crate::view::TermRow]| {
        let row = |term: &crate::view::TermRow| json!({ "id": term.id, "title": term.title, "secrets": term.secrets, "every_scan": term.every_scan });
        terms.iter().map(row).collect::<Vec<_>>()
    };
    json!({
        "schema": "straykey/control-report/v1",
        "edition": Catalogue::embedded().edition,
        "at": view.today.to_string(),
        "bundles": bundles.collect::<Vec<_>>(),
        "without_bundle": view.unscanned,
        "untested": view.untested,
        "controls": view.controls.iter().filter(|row| row.is_touched()).map(control).collect::<Vec<_>>(),
        "clauses": clauses.collect::<Vec<_>>(),
        "csf": terms(&view.csf),
        "nhi": terms(&view.nhi),
    })
}
