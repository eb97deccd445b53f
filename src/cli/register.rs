//! `straykey register`.

mod model;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use model::Model;

use super::args::{
    Register as Command, RegisterAttest, RegisterExport, RegisterFormat, RegisterList, RegisterModel, RegisterUpdate,
    ShowFormat,
};
use super::bundles::{found, reading, readings};
use super::file::{bytes, bytes_up_to, name, pretty, text, write};
use super::{ExitCode, context, day, now, print, scope, signing, today};
use crate::blob::printable_text;
use crate::evidence::chain::sha256_hex;
use crate::finding::Grade;
use crate::govern::RiskModel;
use crate::govern::risk::label;
use crate::oscal;
use crate::register::columns::{COLUMNS, Keeper};
use crate::register::export::{self, ColumnMap, Exported};
use crate::register::journal::Entry;
use crate::register::{
    Access, Act, Attestation, Changes, Directory, Journal, Owners, Register, RegisterError, Row, Scales, Setting,
    Settings, Status,
};
use crate::report::file::Staged;
use crate::view::{ControlView, Readings};
use crate::words::counted;

/// Bytes of the largest register.
const MAX_BYTES: u64 = 1 << 30;

/// How often an update begins anew because somebody saved the file meanwhile.
const ATTEMPTS: usize = 3;

/// Runs `straykey register`.
pub(super) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Update(args) => update(&args),
        Command::Attest(args) => attest(&args),
        Command::List(args) => list(&args),
        Command::Show { id: Some(id), register, risk, format } => show(&id, &register, risk.as_deref(), format),
        Command::Show { id: None, register, risk, format } => show_register(&register, risk.as_deref(), format),
        Command::Export(args) => export_register(&args),
    }
}

/// Where the journal of the register at `path` lies.
fn journal_of(path: &Path) -> PathBuf {
    path.with_extension("journal.jsonl")
}

/// Owners, units and what they were read from.
struct Judged {
    directory: Directory,
    scope_sha256: Option<String>,
    owners_sha256: Option<String>,
}

impl Judged {
    /// Those that the arguments name. The files are read once, so that the digests are of what rows are judged by.
    fn of(args: &RegisterModel) -> anyhow::Result<Self> {
        let (mut directory, mut owners_sha256) = (Directory::default(), None);
        let scope = args.scope.as_deref().map(bytes).transpose()?;
        if let (Some(path), Some(bytes)) = (&args.scope, &scope) {
            directory.units = scope::read(&name(path), bytes)?.units();
        }
        if let Some(path) = &args.owners {
            let text = text(path)?;
            owners_sha256 = Some(sha256_hex(text.as_bytes()));
            // The name alone: rows tell where an owner is said, and folders of a machine are nobody's business.
            let file = path.file_name().map_or_else(String::new, |file| name(Path::new(file)));
            directory.owners = Owners::parse(&text, &file)?;
        }
        Ok(Self { directory, scope_sha256: scope.map(|bytes| sha256_hex(&bytes)), owners_sha256 })
    }

    /// By what rows are judged, for the journal.
    fn settings(&self, model: &Model, act: Act<'_>) -> Settings {
        Settings {
            at: act.at.to_owned(),
            by: act.by.to_owned(),
            risk: model.risk.name.clone(),
            risk_sha256: model.sha256.clone(),
            scope_sha256: self.scope_sha256.clone(),
            owners_sha256: self.owners_sha256.clone(),
        }
    }
}

fn scales(model: &RiskModel) -> Scales {
    Scales { likelihood: model.likelihood.len(), impact: model.impact.len() }
}

/// What the file at `path` holds; none where there is no such file.
fn content(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        _ => bytes_up_to(path, MAX_BYTES).map(Some),
    }
}

/// A register that was opened.
struct Opened {
    register: Register,
    /// By what its rows are judged.
    model: Model,
    /// SHA-256 of its file.
    file: Option<String>,
}

/// Opens the register at `path`, whose rows are judged by the model `risk`. The journal is the lock: the file is read when it is had.
fn open(path: &Path, access: Access, risk: Option<&str>, change_risk: bool) -> anyhow::Result<Opened> {
    let beside = journal_of(path);
    if access != Access::Create && !beside.exists() {
        bail!("there is no register at {}: its journal {} is not there", name(path), name(&beside));
    }
    if access == Access::Create && !beside.exists() && content(path)?.is_some() {
        bail!("{} is there, and its journal {} is not: the file alone is no register", name(path), name(&beside));
    }
    let journal = Journal::open(&beside, access).map_err(|error| located(path, error.into()))?;
    let model = Model::of(path, risk, journal.settings(), change_risk)?;
    let file = content(path)?;
    let register =
        Register::open(file.as_deref(), journal, scales(&model.risk)).map_err(|error| located(path, error))?;
    Ok(Opened { register, model, file: file.map(|bytes| sha256_hex(&bytes)) })
}

/// An error with the file that it is about.
fn located(path: &Path, error: RegisterError) -> anyhow::Error {
    match error {
        RegisterError::Table(error) => {
            anyhow::anyhow!("{}:{}: {}", name(path), error.line, printable_text(&error.what))
        }
        RegisterError::Journal(error) => {
            anyhow::Error::new(error).context(format!("the journal {}", name(&journal_of(path))))
        }
        RegisterError::Apart(what) => anyhow::anyhow!("{}: {}", name(path), printable_text(&what)),
        other => other.into(),
    }
}

/// Opens the register, lets `change` change it, and writes it; the whole once more, where somebody saved the file meanwhile. What is in
/// the journal already is not done again: opening brings the rows up to that.
fn with_register<T>(
    path: &Path,
    access: Access,
    risk: (Option<&str>, bool),
    dry_run: bool,
    mut change: impl FnMut(&mut Register, &Model) -> anyhow::Result<T>,
) -> anyhow::Result<(Register, T)> {
    let mut told = None;
    for _ in 0..ATTEMPTS {
        let Opened { mut register, model, file: before } = open(path, access, risk.0, risk.1)?;
        let (value, is_told) = if let Some(value) = told.take() {
            (value, true)
        } else {
            let is_new = register.journal().is_empty();
            let changed = change(&mut register, &model);
            if is_new && (changed.is_err() || dry_run) {
                // An empty journal tells nothing. It goes while nobody else has it; who waits for it notices that it has gone.
                drop(std::fs::remove_file(journal_of(path)));
            }
            (changed?, false)
        };
        if dry_run {
            return Ok((register, value));
        }
        let file = register.file();
        if !register.is_changed() && before.as_deref() == Some(&sha256_hex(&file)) {
            return Ok((register, value));
        }
        let staged = Staged::stage(path, false, |out| out.write_all(&file))?;
        let is_as_before = || anyhow::Ok(content(path)?.map(|bytes| sha256_hex(&bytes)) == before);
        if !is_as_before()? {
            told = is_told.then_some(value);
            continue;
        }
        register.commit().map_err(|error| located(path, error))?;
        // The journal took its time. Who saved the file meanwhile must not lose that.
        if !is_as_before()? {
            told = Some(value);
            continue;
        }
        staged.commit()?;
        return Ok((register, value));
    }
    let name = name(path);
    match told {
        None => bail!("{name} was changed by somebody else, again and again; nothing was written"),
        Some(_) => bail!(
            "{name} was changed by somebody else, again and again; the journal has what was to be written, and the next update brings \
             it into the file"
        ),
    }
}

fn update(args: &RegisterUpdate) -> anyhow::Result<ExitCode> {
    let judged = Judged::of(&args.model)?;
    let keys = signing::public_keys(&args.key)?;
    let today = day(args.model.at.as_deref())?;
    let bundles = found(&args.evidence)?;
    let path = &args.model.register;
    let access = if args.evidence.is_empty() { Access::Write } else { Access::Create };
    let (at, by) = (now(), context::actor());
    let act = Act { at: &at, by: &by };
    let risk = (args.model.risk.as_deref(), args.change_risk);
    let (register, (known, changes)) = with_register(path, access, risk, args.dry_run, |register, model| {
        let setting = Setting { model: &model.risk, directory: &judged.directory };
        register.judge_by(judged.settings(model, act))?;
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
    let judged = Judged::of(&args.model)?;
    let today = day(args.model.at.as_deref())?;
    let (at, by) = (now(), context::actor());
    let act = Act { at: &at, by: &by };
    let attestation = Attestation {
        at: at.clone(),
        recorded_by: by.clone(),
        id: args.id.clone(),
        what: if args.rotated { "rotated" } else { "revoked" }.to_owned(),
        on: args.on.clone().unwrap_or_else(|| today.to_string()),
        by: args.by.clone(),
        grade: Grade::named(&args.grade).expect("clap takes the names alone"),
        evidence: args.proof.clone(),
        ticket: args.ticket.clone(),
        note: args.note.clone(),
    };
    let path = &args.model.register;
    let risk = (args.model.risk.as_deref(), false);
    let (register, ()) = with_register(path, Access::Write, risk, false, |register, model| {
        let setting = Setting { model: &model.risk, directory: &judged.directory };
        register.judge_by(judged.settings(model, act))?;
        Ok(register.attest(attestation.clone(), setting, act, today)?)
    })?;
    let row = register.row(&args.id).context("the row is there: it was attested")?;
    print(|out| {
        writeln!(out, "{}: {}, {}", row.kept.id, row.kept.status, row.kept.condition)?;
        writeln!(out, "  {}", printable_text(&row.kept.reason))?;
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
        for column in COLUMNS.iter().filter(|column| !matches!(column.name, "observed" | "check" | "record")) {
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
            format!("{} {}{said} [{}]", row.at, row.event, names(&row.columns))
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
        Entry::RegisterCreated(_) | Entry::Settings(_) | Entry::EvidenceApplied(_) | Entry::Committed(_) => {
            String::new()
        }
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
                .map(|(subject, last)| json!({ "subject": subject, "scan": last.scan, "started": last.started }))
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
            writeln!(
                out,
                "  series   {}  last {}",
                printable_text(&subject.to_string()),
                printable_text(&last.started)
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
    let rows: Vec<Row> = register.rows().cloned().collect();
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
            let document = oscal::poam(&rows, &model, view, &now());
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
    use crate::evidence::reading;
    use crate::register::columns::Holds;

    #[test]
    fn the_committed_table_is_that_of_the_columns() {
        let mut table = String::from("| column | kept by | holds | meaning |\n| --- | --- | --- | --- |\n");
        for column in COLUMNS {
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

    #[test]
    fn a_file_that_is_saved_meanwhile_is_read_once_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.csv");
        let (act, directory) = (Act { at: "2026-12-01T00:00:00Z", by: "tester" }, Directory::default());
        let update = |day: &str, calls: &mut usize, saved: &mut dyn FnMut()| {
            let change = |register: &mut Register, model: &Model| {
                *calls += 1;
                let setting = Setting { model: &model.risk, directory: &directory };
                register.apply(&reading::sample::reading("shop", day), setting, act)?;
                saved();
                Ok(())
            };
            with_register(&path, Access::Create, (None, false), false, change).map(|_| ())
        };
        let mut calls = 0;
        update("2026-01-01", &mut calls, &mut || {}).unwrap();
        let (sound, journal) = (std::fs::read(&path).unwrap(), std::fs::read(journal_of(&path)).unwrap());
        // Somebody saves it once, with a column of their own.
        let mut once = Some([sound.trim_ascii_end(), b",\"cost centre\"\n"].concat());
        let mut save = || {
            if let Some(bytes) = once.take() {
                std::fs::write(&path, bytes).unwrap();
            }
        };
        update("2026-01-02", &mut calls, &mut save).unwrap();
        assert_eq!(calls, 3, "what was made of an older file counts for nothing");
        assert!(std::fs::read_to_string(&path).unwrap().contains("cost centre"));
        assert_eq!(Journal::open(&journal_of(&path), Access::Read).unwrap().series().count(), 1);
        // Somebody never stops.
        let (kept, mut count) = (std::fs::read(journal_of(&path)).unwrap(), 0);
        assert!(kept.len() > journal.len());
        let mut save = || {
            count += 1;
            std::fs::write(&path, [&sound[..], "\n".repeat(count).as_bytes()].concat()).unwrap();
        };
        let error = update("2026-01-03", &mut calls, &mut save).unwrap_err().to_string();
        assert!(error.contains("nothing was written"), "{error}");
        assert_eq!(std::fs::read(journal_of(&path)).unwrap(), kept);
    }
}
