//! `straykey register`.

mod model;
mod store;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use jiff::civil::Date;
use serde_json::{Value, json};

use store::{Judged, Opened, located, open, with_register};

use super::args::{
    Register as Command, RegisterAttest, RegisterExport, RegisterFormat, RegisterList, RegisterModel, RegisterRetire,
    RegisterUpdate, ShowFormat,
};
use super::bundles::{found, reading, readings};
use super::file::{name, pretty, text, write};
use super::{ExitCode, context, day, moment, now, print, signing, today};
use crate::blob::printable_text;
use crate::evidence::series::Subject;
use crate::finding::Grade;
use crate::govern::RiskModel;
use crate::govern::risk::label;
use crate::oscal;
use crate::register::columns::{Keeper, in_file};
use crate::register::export::{self, ColumnMap, Exported};
use crate::register::journal::Entry;
use crate::register::{
    Access, Act, Attestation, Attested, Changes, Register, RegisterError, Row, SeriesRetired, Setting, Status,
};
use crate::report::file::Staged;
use crate::view::{ControlView, Readings};
use crate::words::counted;

/// Runs `straykey register`.
pub(super) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Update(args) => update(&args),
        Command::Attest(args) => attest(&args),
        Command::Retire(args) => retire(&args),
        Command::List(args) => list(&args),
        Command::Show { id: Some(id), register, risk, format } => show(&id, &register, risk.as_deref(), format),
        Command::Show { id: None, register, risk, format } => show_register(&register, risk.as_deref(), format),
        Command::Export(args) => export_register(&args),
    }
}

/// How a register is changed.
struct Change<'a> {
    /// By what rows are judged.
    model: &'a RegisterModel,
    access: Access,
    /// Rows may be judged by another model of risk than before.
    change_risk: bool,
    dry_run: bool,
}

/// By what a change is judged, who makes it, and the day that it is judged on.
type Circumstances<'a> = (Setting<'a>, Act<'a>, Date);

impl Change<'_> {
    /// Lets `make` change the register and writes it; gives what `make` gave.
    fn make<T>(
        &self,
        mut make: impl FnMut(&mut Register, Circumstances<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<(Register, T)> {
        let judged = Judged::of(self.model)?;
        let today = day(self.model.at.as_deref())?;
        let (at, by) = (now(), context::actor());
        let act = Act { at: &at, by: &by };
        let risk = (self.model.risk.as_deref(), self.change_risk);
        with_register(&self.model.register, self.access, risk, self.dry_run, |register, model| {
            register.judge_by(judged.settings(model, act))?;
            make(register, (Setting { model: &model.risk, directory: &judged.directory }, act, today))
        })
    }
}

/// What somebody says of a register that is there.
fn word(model: &RegisterModel) -> Change<'_> {
    Change { model, access: Access::Write, change_risk: false, dry_run: false }
}

fn update(args: &RegisterUpdate) -> anyhow::Result<ExitCode> {
    let keys = signing::public_keys(&args.key)?;
    let today = day(args.model.at.as_deref())?;
    if !args.dry_run && day(None)?.tomorrow().is_ok_and(|tomorrow| today > tomorrow) {
        tracing::warn!("{today} is still to come: rows say what will hold then, until the next update");
    }
    let bundles = found(&args.evidence)?;
    let path = &args.model.register;
    let access = if args.evidence.is_empty() { Access::Write } else { Access::Create };
    let change = Change { model: &args.model, access, change_risk: args.change_risk, dry_run: args.dry_run };
    let (register, (known, changes)) = change.make(|register, (setting, act, today)| {
        register.notice_decisions(act);
        let mut known = 0;
        for one in &bundles {
            if register.has_taken_in(&one.name, &one.scan, &one.manifest_sha256)? {
                known += 1;
                continue;
            }
            register.apply(&reading(one, &keys)?, setting, act)?;
        }
        register.judge_all(setting, act, today);
        Ok((known, register.changes().clone()))
    })?;
    let today = today.to_string();
    print(|out| {
        let Changes { applied, skipped, created, closed, reopened, changed, decided, restored } = &changes;
        let dry = if args.dry_run { " (nothing was written)" } else { "" };
        writeln!(out, "{}{dry}", name(path))?;
        writeln!(out, "  evidence  {applied} taken in, {known} known before, {} passed over", skipped.len())?;
        // A row that came and went is told of as new and as closed; what else changed in it is no news.
        let others =
            changed.iter().filter(|id| ![created, closed, reopened].iter().any(|set| set.contains(*id))).count();
        let [created, closed, reopened] = [created, closed, reopened].map(BTreeSet::len);
        writeln!(out, "  rows      {created} new, {others} changed, {closed} closed, {reopened} opened again")?;
        writeln!(out, "  people    wrote into {}", counted(*decided as u64, "row"))?;
        writeln!(out, "  now       {}", standing(&register, &today))?;
        for one in skipped {
            writeln!(out, "  note      {}", printable_text(one))?;
        }
        for id in restored {
            writeln!(out, "  restored  {id}: the file did not have it as the journal does")?;
        }
        Ok(0)
    })
}

/// How many rows stand how.
fn standing(register: &Register, today: &str) -> String {
    let count = |status: Status| register.rows().filter(|row| row.kept.status == status).count();
    let overdue = register.rows().filter(|row| row.is_overdue(today)).count();
    let [open, accepted, closed] = [Status::Open, Status::Accepted, Status::Closed].map(count);
    format!(
        "{}: {open} open, of which {overdue} overdue; {accepted} accepted; {closed} closed",
        counted((open + accepted + closed) as u64, "scenario")
    )
}

fn attest(args: &RegisterAttest) -> anyhow::Result<ExitCode> {
    let what = match (args.rotated, args.revoked) {
        (true, _) => Attested::Rotated,
        (false, true) => Attested::Revoked,
        (false, false) => Attested::Withdrawn,
    };
    let (register, ()) = word(&args.model).make(|register, (setting, act, today)| {
        let attestation = Attestation {
            at: act.at.to_owned(),
            recorded_by: act.by.to_owned(),
            id: args.id.clone(),
            what,
            on: args.on.clone().unwrap_or_else(|| today.to_string()),
            by: args.by.clone(),
            grade: Grade::named(&args.grade).expect("clap takes the names alone"),
            evidence: args.proof.clone(),
            ticket: args.ticket.clone(),
            note: args.note.clone(),
        };
        Ok(register.attest(attestation, setting, act, today)?)
    })?;
    let row = register.row(&args.id).context("the row is there: it was attested")?;
    print(|out| {
        writeln!(out, "{}: {}, {}", row.kept.id, row.kept.status, row.kept.condition)?;
        writeln!(out, "  {}", printable_text(&row.kept.reason))?;
        Ok(0)
    })
}

fn retire(args: &RegisterRetire) -> anyhow::Result<ExitCode> {
    let today = day(args.model.at.as_deref())?;
    let (register, retired) = word(&args.model).make(|register, (setting, act, today)| {
        let retired = SeriesRetired {
            at: act.at.to_owned(),
            recorded_by: act.by.to_owned(),
            subject: Subject {
                unit: args.unit.clone(),
                repository: args.repository.clone(),
                branch: args.branch.clone(),
            },
            on: args.on.clone().unwrap_or_else(|| today.to_string()),
            by: args.by.clone(),
            note: args.note.clone(),
        };
        Ok(register.retire(&retired, setting, act, today)?)
    })?;
    print(|out| {
        for subject in &retired {
            writeln!(out, "retired   {}", printable_text(&subject.to_string()))?;
        }
        writeln!(out, "{}", standing(&register, &today.to_string()))?;
        Ok(0)
    })
}

/// The rows that are asked for, the worst first.
fn listed<'r>(register: &'r Register, args: &RegisterList, model: &RiskModel, today: &str) -> Vec<&'r Row> {
    let wanted = |row: &&Row| {
        (args.status.is_empty() || args.status.iter().any(|name| name == row.kept.status.name()))
            && args.unit.as_deref().is_none_or(|unit| row.units().contains(&unit))
            && args.owner.as_deref().is_none_or(|owner| row.owner() == owner)
            && (!args.overdue || row.is_overdue(today))
    };
    let mut rows: Vec<&Row> = register.rows().filter(wanted).collect();
    rows.sort_by_key(|row| {
        let level = model.level(row.likelihood(), row.impact());
        (row.kept.status, Reverse(level), row.due_on().unwrap_or_default().to_owned(), row.kept.id.clone())
    });
    rows
}

fn list(args: &RegisterList) -> anyhow::Result<ExitCode> {
    let Opened { register, model, .. } = open(&args.register, Access::Read, args.risk.as_deref(), false)?;
    let model = model.risk;
    let today = day(args.at.as_deref())?.to_string();
    let rows = listed(&register, args, &model, &today);
    print(|out| {
        match args.format {
            ShowFormat::Json => {
                let rows: Vec<Value> = rows.iter().map(|row| document(row, &model, &today)).collect();
                let document = json!({ "schema": "straykey/register/v1", "scenarios": rows });
                pretty(&document, out)?;
            }
            ShowFormat::Text => {
                for row in &rows {
                    let due = row.due_on().map_or_else(String::new, |due| {
                        format!("due {due}{}", if row.is_overdue(&today) { ", OVERDUE" } else { "" })
                    });
                    let kept = &row.kept;
                    writeln!(
                        out,
                        "{}  {:<8} {:<14} {:<21} {}",
                        kept.id,
                        kept.status,
                        printable_text(model.level_label(row.likelihood(), row.impact())),
                        kept.condition,
                        printable_text(&kept.title)
                    )?;
                    writeln!(out, "{:<15}  {} {due}", "", printable_text(row.owner()))?;
                }
                writeln!(out, "{}", standing(&register, &today))?;
            }
        }
        Ok(0)
    })
}

/// A row as JSON: each column, and what holds of those that two have a say in.
fn document(row: &Row, model: &RiskModel, today: &str) -> Value {
    let cells = row.cells().into_iter().filter(|(_, cell)| !cell.is_empty());
    let columns: serde_json::Map<String, Value> =
        cells.map(|(name, cell)| (name.to_owned(), Value::from(cell))).collect();
    json!({
        "id": row.kept.id,
        "status": row.kept.status,
        "condition": row.kept.condition,
        "owner": row.owner(),
        "risk_owner": row.risk_owner(),
        "treatment": row.treatment(),
        "likelihood": label(&model.likelihood, row.likelihood()),
        "impact": label(&model.impact, row.impact()),
        "level": model.level_label(row.likelihood(), row.impact()),
        "due_on": row.due_on(),
        "overdue": row.is_overdue(today),
        "observed": row.kept.observed,
        "columns": columns,
    })
}

fn show(id: &str, path: &Path, risk: Option<&str>, format: ShowFormat) -> anyhow::Result<ExitCode> {
    let Opened { register, model, .. } = open(path, Access::Read, risk, false)?;
    let row = register.row(id).ok_or_else(|| RegisterError::NoRow(printable_text(id)))?;
    let history = register.journal().history(id).map_err(|error| located(path, error.into()))?;
    let today = today();
    print(|out| {
        if format == ShowFormat::Json {
            let mut document = document(row, &model.risk, &today);
            document["schema"] = json!("straykey/scenario/v1");
            document["journal"] = history
                .iter()
                .map(|(record, entry)| json!({ "record": record, "entry": entry }))
                .collect::<Vec<_>>()
                .into();
            pretty(&document, out)?;
            return Ok(0);
        }
        for column in in_file().filter(|column| !matches!(column.name, "check" | "record")) {
            let cell = row.cell(column.name);
            if !cell.is_empty() {
                let whose = if column.keeper == Keeper::People { "*" } else { " " };
                writeln!(out, "{whose} {:<22} {}", column.name, printable_text(&cell))?;
            }
        }
        writeln!(out, "\n* kept by people\n")?;
        for (record, entry) in &history {
            writeln!(out, "record {record:<6} {}", printable_text(&told(entry)))?;
        }
        Ok(0)
    })
}

/// A record of the journal about a row, in a line.
fn told(entry: &Entry) -> String {
    let names = |columns: &BTreeMap<String, String>| columns.keys().cloned().collect::<Vec<_>>().join(", ");
    match entry {
        Entry::Row(row) => {
            let said = row.columns.get("reason").map(|reason| format!(": {reason}")).unwrap_or_default();
            // A new row has all of them.
            let columns = if row.event == "created" { String::new() } else { format!(" [{}]", names(&row.columns)) };
            format!("{} {}{said}{columns}", row.at, row.event)
        }
        Entry::Decision(decision) => format!("{} people changed {}", decision.at, names(&decision.columns)),
        Entry::Attestation(one) => {
            let proof = one.evidence.as_ref().map(|proof| format!("; {proof}")).unwrap_or_default();
            format!(
                "{} {} on {}, as {} says ({}), recorded by {}{proof}",
                one.at, one.what, one.on, one.by, one.grade, one.recorded_by
            )
        }
        // They are about no row.
        Entry::RegisterCreated(_)
        | Entry::Settings(_)
        | Entry::EvidenceApplied(_)
        | Entry::SeriesRetired(_)
        | Entry::Committed(_) => String::new(),
    }
}

fn show_register(path: &Path, risk: Option<&str>, format: ShowFormat) -> anyhow::Result<ExitCode> {
    let Opened { register, .. } = open(path, Access::Read, risk, false)?;
    let journal = register.journal();
    let (today, head) = (today(), journal.head().unwrap_or_default());
    print(|out| {
        if format == ShowFormat::Json {
            let series: Vec<Value> = journal
                .series()
                .map(|(subject, last)| json!({ "subject": subject, "scan": last.scan, "started": last.started, "retired": last.retired }))
                .collect();
            let document = json!({
                "schema": "straykey/register-state/v1",
                "key": journal.key().map(|key| json!({ "id": key.id, "keyed": key.keyed })),
                "records": journal.len(),
                "head": head,
                "series": series,
            });
            pretty(&document, out)?;
            return Ok(0);
        }
        writeln!(out, "{}: {}", name(path), standing(&register, &today))?;
        if let Some(key) = journal.key() {
            writeln!(out, "  key      {} ({})", printable_text(&key.id), printable_text(&key.keyed))?;
        }
        writeln!(out, "  journal  {} records, each follows the one before", journal.len())?;
        writeln!(out, "  head     {head}")?;
        for (subject, last) in journal.series() {
            let retired = last.retired.as_ref().map(|on| format!(", retired on {on}")).unwrap_or_default();
            writeln!(
                out,
                "  series   {}  last {}{}",
                printable_text(&subject.to_string()),
                printable_text(&last.started),
                printable_text(&retired)
            )?;
        }
        Ok(0)
    })
}

fn export_register(args: &RegisterExport) -> anyhow::Result<ExitCode> {
    let Opened { register, model, .. } = open(&args.register, Access::Read, args.risk.as_deref(), false)?;
    let model = model.risk;
    let today = day(args.at.as_deref())?;
    let keys = signing::public_keys(&args.key)?;
    let read = if args.evidence.is_empty() { Vec::new() } else { readings(&args.evidence, &keys, today)? };
    let sorted = Readings::of(&read);
    let view = (!read.is_empty()).then(|| ControlView::of(&sorted, today));
    let rows = register.into_rows();
    let today = today.to_string();
    let exported = Exported { rows: &rows, model: &model, view: view.as_ref(), today: &today };
    if args.columns.is_some() && args.format != RegisterFormat::Csv {
        bail!("--columns says which columns `csv` has; the other formats have their own");
    }
    match args.format {
        RegisterFormat::CisoAssistant => {
            let Some(folder) = &args.output else {
                bail!("`ciso-assistant` is several files: --output FOLDER is needed")
            };
            let files: [(&str, ExportTo); 4] = [
                ("findings.csv", export::ciso_findings),
                ("risk-scenarios.csv", export::ciso_risk_scenarios),
                ("applied-controls.csv", export::ciso_applied_controls),
                ("security-exceptions.csv", export::ciso_exceptions),
            ];
            let staged =
                files.iter().map(|(file, write)| Staged::stage(&folder.join(file), false, |out| write(&exported, out)));
            let staged = staged.collect::<Result<Vec<_>, _>>()?;
            staged.into_iter().try_for_each(Staged::commit)?;
            Ok(0)
        }
        RegisterFormat::Csv => match &args.columns {
            None => write(args.output.as_deref(), |out| export::neutral(&exported, out)),
            Some(path) => {
                let text = text(path)?;
                let map = ColumnMap::parse(&text, &name(path))?;
                write(args.output.as_deref(), |out| export::mapped(&exported, &map, out))
            }
        },
        RegisterFormat::Defectdojo => write(args.output.as_deref(), |out| export::defectdojo(&exported, out)),
        RegisterFormat::Soa => write(args.output.as_deref(), |out| export::soa(&exported, out)),
        RegisterFormat::OscalPoam => {
            let Some(view) = &view else { bail!("`oscal-poam` names what was observed: --evidence DIR is needed") };
            let document = oscal::poam(&rows, &model, view, &moment(args.at.as_deref()));
            write(args.output.as_deref(), |out| pretty(&document, out))
        }
        RegisterFormat::Xlsx => {
            write(args.output.as_deref(), |out| export::workbook(&exported, out).map_err(std::io::Error::other))
        }
    }
}

/// A writer of one export.
type ExportTo = fn(&Exported<'_>, &mut dyn Write) -> std::io::Result<()>;

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::cli::config::{assert_committed, assert_table};
    use crate::register::columns::Holds;

    #[test]
    fn the_committed_table_is_that_of_the_columns() {
        let mut table = String::from("| column | kept by | holds | meaning |\n| --- | --- | --- | --- |\n");
        for column in in_file() {
            let keeper = if column.keeper == Keeper::People { "people" } else { "straykey" };
            let holds = match column.holds {
                Holds::Own => String::new(),
                Holds::Text => "any text".to_owned(),
                Holds::Day => "a day such as 2027-01-31".to_owned(),
                Holds::OneOf(names) => format!("one of {}", names.join(", ")),
                Holds::Likelihood | Holds::Impact => "a step of the scale, from 1".to_owned(),
            };
            let _ = writeln!(table, "| `{}` | {keeper} | {holds} | {} |", column.name, column.doc);
        }
        assert_table("docs/register.md", "columns", &table);
    }

    #[test]
    fn the_committed_schema_is_that_of_the_journal() {
        let mut schema = schemars::schema_for!(Entry);
        schema.insert("$id".to_owned(), "urn:straykey:schema:register-journal:v1".into());
        assert_committed("docs/schemas/register-journal-v1.schema.json", schema.as_value());
    }
}
