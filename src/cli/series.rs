//! `straykey evidence series` and `straykey evidence sample`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::args::{EvidenceSample, EvidenceSeries, SampleFormat, ShowFormat};
use super::bundles::bundles_in;
use super::file::{bytes, consistent_bundle, name};
use super::scope::{self, Scope, Unit};
use super::{ExitCode, print, signing};
use crate::blob::{hex, printable_text};
use crate::evidence::sample::{Item, draw, items, scan};
use crate::evidence::series::{Fault, Head, Member, Series, Subject, cut, repository_name, series_of};
use crate::evidence::sign::PublicKey;
use crate::evidence::{Bundle, verify};
use crate::report::csv::inert;
use crate::report::file::write_atomically;
use crate::words::counted;

/// The exit code of a series of which something does not hold.
const DOES_NOT_HOLD: ExitCode = 1;

/// A bundle that cannot be relied upon, and why.
struct Refused {
    bundle: String,
    why: String,
}

/// The bundles of a folder that can be relied upon, and those that cannot.
fn read(root: &Path, keys: &[PublicKey]) -> anyhow::Result<(Vec<Member>, Vec<Refused>)> {
    let (mut members, mut refused) = (Vec::new(), Vec::new());
    for (folder, bundle) in bundles_in(root)? {
        match member(&folder, &bundle, keys) {
            Ok(member) => members.push(member),
            Err(why) => refused.push(Refused { bundle, why }),
        }
    }
    Ok((members, refused))
}

fn member(folder: &Path, bundle: &str, keys: &[PublicKey]) -> Result<Member, String> {
    let read = Bundle::read(folder).map_err(|error| format!("{error}: {}", error.source))?;
    let verified = verify(&read).map_err(|found| format!("not consistent: {}", found[0]))?;
    if !keys.is_empty() && read.signer(keys).is_none() {
        return Err("not signed by any of the keys given".to_owned());
    }
    let member = Member::of(bundle.to_owned(), &read, &verified.manifest_sha256).ok_or("it has no records")?;
    match member.started {
        None => Err("it does not say when it began".to_owned()),
        // Clocks differ; a scan of tomorrow would never be late.
        Some(started) if started > Timestamp::now() + SignedDuration::from_hours(24) => {
            Err(format!("it says that it began on {started}, which is still to come"))
        }
        Some(_) => Ok(member),
    }
}

/// How a repository and branch of the scope, or of a bundle, stand.
struct Row {
    subject: Subject,
    /// `scanned`, `late`, `missing` or `unknown`.
    state: &'static str,
    last: Option<String>,
    bundles: usize,
    /// Times at which scans were further apart than they should be.
    late: Vec<(Timestamp, Timestamp)>,
    faults: Vec<Fault>,
}

/// Runs `straykey evidence series`.
pub(super) fn series(args: &EvidenceSeries) -> anyhow::Result<ExitCode> {
    let keys = signing::public_keys(&args.key)?;
    let scope = args.scope.as_deref().map(load_scope).transpose()?;
    let heads = args.heads.as_deref().map(read_heads).transpose()?.unwrap_or_default();
    let now = args.at.as_deref().map_or_else(|| Ok(Timestamp::now()), end_of_day)?;
    let (mut members, refused) = read(&args.folder, &keys)?;
    // What came later says nothing of that day.
    members.retain(|member| member.started.is_none_or(|started| started <= now));
    if members.is_empty() && refused.is_empty() && scope.is_none() {
        bail!("there is no evidence bundle in {}", name(&args.folder));
    }
    let mut all = series_of(members);
    let missing = cut(&all, &heads);
    let is_cut = !missing.is_empty();
    for (subject, faults) in missing {
        all.entry(subject).or_default().faults.extend(faults);
    }
    let rows = rows(&all, scope.as_ref().map(|(scope, _)| scope), now);
    let notes = scope.map(|(_, notes)| notes).unwrap_or_default();
    let holds = refused.is_empty()
        && notes.is_empty()
        && rows.iter().all(|row| row.state == "scanned" && row.faults.is_empty() && row.late.is_empty());
    if let Some(path) = &args.write_heads {
        if is_cut {
            bail!("{} is not written: a head that was kept is not there any more", name(path));
        }
        let heads: Vec<Head> = all.values().filter_map(Series::head).collect();
        write_atomically(path, false, |out| {
            heads.iter().try_for_each(|head| {
                serde_json::to_writer(&mut *out, head)?;
                out.write_all(b"\n")
            })
        })?;
    }
    print(|out| {
        match args.format {
            ShowFormat::Text => text(&rows, &refused, &notes, !keys.is_empty(), out)?,
            ShowFormat::Json => {
                serde_json::to_writer_pretty(&mut *out, &document(&rows, &refused, &notes, now))?;
                writeln!(out)?;
            }
        }
        Ok(if holds { 0 } else { DOES_NOT_HOLD })
    })
}

/// The end of a day: what was scanned on it is on time.
fn end_of_day(day: &str) -> anyhow::Result<Timestamp> {
    super::end_of_day(day).parse().with_context(|| format!("`{day}` is no day"))
}

fn rows(all: &BTreeMap<Subject, Series>, scope: Option<&Scope>, now: Timestamp) -> Vec<Row> {
    let row = |subject: &Subject, series: Option<&Series>, unit: Option<&Unit>| {
        let cadence = unit.map(|unit| SignedDuration::from_hours(24 * i64::from(unit.cadence_days)));
        let late = match (series, cadence) {
            (Some(series), Some(cadence)) => series.intervals_over(cadence, now),
            _ => Vec::new(),
        };
        let state = match (series.and_then(Series::last), unit, scope) {
            (_, None, Some(_)) => "unknown",
            (None, ..) => "missing",
            (Some(_), ..) if late.last().is_some_and(|(_, to)| *to == now) => "late",
            (Some(_), ..) => "scanned",
        };
        Row {
            subject: subject.clone(),
            state,
            last: series.and_then(Series::last).and_then(|last| last.started).map(|time| time.to_string()),
            bundles: series.map_or(0, |series| series.members.len()),
            late,
            faults: series.map_or_else(Vec::new, |series| series.faults.clone()),
        }
    };
    let mut rows = Vec::new();
    let mut expected = BTreeSet::new();
    for (subject, unit) in scope.into_iter().flat_map(Scope::expected) {
        rows.push(row(&subject, all.get(&subject), Some(unit)));
        expected.insert(subject);
    }
    let others = all.iter().filter(|(subject, _)| !expected.contains(*subject));
    rows.extend(others.map(|(subject, series)| row(subject, Some(series), None)));
    rows
}

fn text(rows: &[Row], refused: &[Refused], notes: &[String], keyed: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let count = |state: &str| rows.iter().filter(|row| row.state == state).count();
    let faulty = rows.iter().filter(|row| !row.faults.is_empty()).count();
    writeln!(
        out,
        "{} series, {} expected: {} scanned, {} late, {} missing, {} unknown; {faulty} with links that do not hold",
        rows.len(),
        rows.len() - count("unknown"),
        count("scanned"),
        count("late"),
        count("missing"),
        count("unknown")
    )?;
    let called = if keyed { "authentic" } else { "consistent (no key was given, so that nobody knows who made them)" };
    if rows.iter().any(|row| row.bundles > 0) {
        writeln!(out, "The bundles that count are {called}.")?;
    }
    writeln!(out)?;
    for row in rows {
        let last = row.last.as_deref().unwrap_or("never");
        writeln!(
            out,
            "{:<8} {}  {}, last {last}",
            row.state,
            printable_text(&row.subject.to_string()),
            counted(row.bundles as u64, "bundle")
        )?;
        for (from, to) in &row.late {
            writeln!(out, "         no scan from {from} to {to}")?;
        }
        for fault in &row.faults {
            writeln!(out, "         {}", printable_text(&fault.to_string()))?;
        }
    }
    for one in refused {
        writeln!(out, "refused  {}: {}", one.bundle, printable_text(&one.why))?;
    }
    for note in notes {
        writeln!(out, "note     {}", printable_text(note))?;
    }
    Ok(())
}

fn document(rows: &[Row], refused: &[Refused], notes: &[String], now: Timestamp) -> Value {
    let row = |row: &Row| {
        let late: Vec<Value> =
            row.late.iter().map(|(from, to)| json!({ "from": from.to_string(), "to": to.to_string() })).collect();
        json!({
            "subject": row.subject,
            "state": row.state,
            "last": row.last,
            "bundles": row.bundles,
            "late": late,
            "faults": row.faults,
        })
    };
    let refused: Vec<Value> = refused.iter().map(|one| json!({ "bundle": one.bundle, "why": one.why })).collect();
    json!({
        "schema": "straykey/series/v1",
        "at": now.to_string(),
        "series": rows.iter().map(row).collect::<Vec<_>>(),
        "refused": refused,
        "notes": notes,
    })
}

/// The scope at `path`, and what does not hold of its population.
fn load_scope(path: &Path) -> anyhow::Result<(Scope, Vec<String>)> {
    let scope = scope::load(path)?;
    let mut notes = Vec::new();
    if let Some(file) = &scope.population.file {
        let list = path.parent().unwrap_or(Path::new(".")).join(file);
        let bytes = bytes(&list).context("the population")?;
        let digest = hex(&Sha256::digest(&bytes));
        match &scope.population.sha256 {
            Some(stated) if *stated != digest => {
                notes
                    .push(format!("the population {file} has the SHA-256 {digest}, not the one that the scope states"));
            }
            _ => {}
        }
        let units = scope.units.iter().flat_map(|unit| &unit.repositories).map(|url| repository_name(url));
        let units: BTreeSet<String> = units.collect();
        let text = String::from_utf8_lossy(&bytes);
        let listed = text.lines().filter_map(|line| line.split([',', ';', '\t']).next());
        let listed = listed.map(|cell| cell.trim().trim_matches('"')).filter(|url| url.contains(['/', ':']));
        for url in listed.filter(|url| !units.contains(&repository_name(url))) {
            notes.push(format!("{url} is in the population and in no unit"));
        }
    }
    Ok((scope, notes))
}

fn read_heads(path: &Path) -> anyhow::Result<Vec<Head>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the heads {}", name(path)))?;
    let line = |(number, line): (usize, &str)| {
        serde_json::from_str(line).with_context(|| format!("{}:{number}: no head of a series", name(path)))
    };
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).map(line).collect()
}

/// Runs `straykey evidence sample`.
pub(super) fn sample(args: &EvidenceSample) -> anyhow::Result<ExitCode> {
    let folders = bundles_in(&args.folder)?;
    let mut population = Vec::new();
    let one = matches!(&folders[..], [(only, _)] if *only == args.folder);
    for (folder, name) in &folders {
        let (bundle, _) = consistent_bundle(folder)?;
        if one { population = items(name, &bundle) } else { population.extend(scan(name, &bundle)) }
    }
    if folders.is_empty() {
        bail!("there is no evidence bundle in {}", name(&args.folder));
    }
    let size = population.len();
    let drawn = draw(population, args.n, &args.seed);
    print(|out| {
        match args.format {
            SampleFormat::Csv => worksheet(&drawn, out)?,
            SampleFormat::Json => {
                let document = json!({
                    "schema": "straykey/sample/v1",
                    "seed": args.seed,
                    "population": size,
                    "items": drawn,
                });
                serde_json::to_writer_pretty(&mut *out, &document)?;
                writeln!(out)?;
            }
        }
        Ok(0)
    })
}

/// A sheet with a row for each item, and room for what comes of it.
fn worksheet(items: &[Item], out: &mut dyn Write) -> anyhow::Result<()> {
    let mut csv = ::csv::WriterBuilder::new().quote_style(::csv::QuoteStyle::Always).from_writer(out);
    csv.write_record([
        "number",
        "kind",
        "bundle",
        "record",
        "says",
        "how to check",
        "checked by",
        "checked on",
        "agrees (yes/no)",
        "remarks",
    ])?;
    for (number, Item { kind, id, bundle, says, check }) in (1..).zip(items) {
        let number: u64 = number;
        let cells =
            [&number.to_string(), *kind, &inert(bundle), &inert(id), &inert(says), &inert(check), "", "", "", ""];
        csv.write_record(cells)?;
    }
    csv.flush()?;
    Ok(())
}
