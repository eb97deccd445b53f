//! `straykey controls`.

use std::io::Write;

use anyhow::bail;
use serde_json::{Value, json};

use super::ExitCode;
use super::args::{Controls, ListFormat, ShowFormat};
use crate::govern::{Bearing, Catalogue, Control, Crosswalk, Role, Subject};

mod report;

pub(super) fn run(command: Controls) -> anyhow::Result<ExitCode> {
    match command {
        Controls::Report(args) => report::run(&args),
        Controls::List { format, testable } => super::print(|out| list(format, testable, out).map(|()| 0)),
        Controls::Show { id, format } => super::print(|out| show(&id, format, out).map(|()| 0)),
    }
}

fn list(format: ListFormat, testable: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let all = Catalogue::embedded().controls.iter().map(|control| (control, Subject::Control(control).bearing()));
    let rows: Vec<(&Control, Bearing)> =
        all.filter(|(_, bearing)| !testable || bearing.with_role(Role::Contradicts) > 0).collect();
    let cells = |(control, bearing): &(&Control, Bearing)| {
        let [contradicts, affected, due] =
            [Role::Contradicts, Role::Affected, Role::ResponseDue].map(|role| bearing.with_role(role));
        let every = if bearing.every_scan.is_some() { "yes" } else { "" };
        (control.number.clone(), contradicts, affected, due, every, control.title.clone())
    };
    match format {
        ListFormat::Table => {
            writeln!(out, "NO     CONTRADICTS  AFFECTED  RESPONSE DUE  EVERY SCAN  TITLE")?;
            for (number, contradicts, affected, due, every, title) in rows.iter().map(cells) {
                writeln!(out, "{number:5}  {contradicts:>11}  {affected:>8}  {due:>12}  {every:10}  {title}")?;
            }
            let edition = &Catalogue::embedded().edition;
            writeln!(out, "\n{} controls of {edition}; numbers are kinds of findings", rows.len())?;
        }
        ListFormat::Markdown => {
            writeln!(out, "| control | title | contradicts | affected | response due | every scan |")?;
            writeln!(out, "| --- | --- | --- | --- | --- | --- |")?;
            for (number, contradicts, affected, due, every, title) in rows.iter().map(cells) {
                writeln!(out, "| {number} | {title} | {contradicts} | {affected} | {due} | {every} |")?;
            }
        }
        ListFormat::Json => {
            let crosswalk = Crosswalk::embedded();
            let rows: Vec<Value> =
                rows.iter().map(|(control, bearing)| document(Subject::Control(control), bearing)).collect();
            let document = json!({
                "schema": "straykey/controls/v1",
                "edition": Catalogue::embedded().edition,
                "controls": rows,
                "clauses": crosswalk.run.clauses,
                "editions": crosswalk.editions,
            });
            serde_json::to_writer_pretty(&mut *out, &document)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

fn document(subject: Subject, bearing: &Bearing) -> Value {
    match subject {
        Subject::Control(control) => json!({
            "control": control,
            "annex_a": format!("A.{}", control.number),
            "testable": bearing.testable(),
            "bearing": bearing,
        }),
        Subject::Term(taxonomy, term) => json!({
            "framework": taxonomy.name,
            "version": taxonomy.version,
            "term": term,
            "bearing": bearing,
        }),
        Subject::Clause(clause) => json!({ "clause": clause, "bearing": bearing }),
    }
}

fn show(id: &str, format: ShowFormat, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(subject) = Subject::find(id) else {
        bail!(
            "there is no control, clause or entry `{id}`; `straykey controls list` lists the controls, and other ids look \
             like PR.AA-01, NHI2:2025 and CWE-798"
        );
    };
    let bearing = subject.bearing();
    if format == ShowFormat::Json {
        let mut document = document(subject, &bearing);
        document["schema"] = json!("straykey/control/v1");
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)?;
        return Ok(());
    }
    facts(subject, &bearing, out)?;
    let field = |name: &str, text: &str, out: &mut dyn Write| writeln!(out, "{name:<14} {text}");
    if let Some(why) = bearing.every_scan {
        field("every scan", why, out)?;
    }
    for one in &bearing.kinds {
        let name = one.role.map_or("kind", Role::name);
        let why = one.why.map_or_else(String::new, |why| format!(": {why}"));
        field(name, &format!("{} ({}){why}", one.kind, one.severity.name()), out)?;
    }
    for one in &bearing.contexts {
        field(one.role.name(), &format!("anything in the context `{}`: {}", one.context, one.why), out)?;
    }
    Ok(())
}

fn facts(subject: Subject, bearing: &Bearing, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut field = |name: &str, text: &str| {
        if text.is_empty() { Ok(()) } else { writeln!(out, "{name:<14} {text}") }
    };
    match subject {
        Subject::Control(control) => {
            field("control", &format!("{} {}", control.number, control.title))?;
            field(
                "standard",
                &format!("{}; Annex A of ISO/IEC 27001:2022, A.{}", Catalogue::embedded().edition, control.number),
            )?;
            field("theme", control.theme.name())?;
            field("type", &names(&control.control_type))?;
            field("properties", &names(&control.cia))?;
            field("concepts", &names(&control.cybersecurity_concepts))?;
            field("capabilities", &names(&control.operational_capabilities))?;
            field("domains", &names(&control.security_domains))?;
            field("2013", &control.predecessors_2013.join(", "))?;
            field("scans", bearing.testable())?;
        }
        Subject::Term(taxonomy, term) => {
            field("entry", &format!("{} {}", term.id, term.title))?;
            field("framework", &format!("{} {}", taxonomy.name, taxonomy.version))?;
        }
        Subject::Clause(clause) => {
            field("clause", &format!("ISO/IEC 27001:2022, {}", clause.clause))?;
            field("record", clause.record.name())?;
        }
    }
    Ok(())
}

fn names(list: &[impl ToString]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
