//! `straykey baseline` and `straykey compare`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::args::{Baseline as Command, ShowFormat};
use super::file::{bytes_up_to, consistent_bundle, name};
use super::{ExitCode, print};
use crate::blob::{printable, printable_text};
use crate::evidence::circumstances::Looked;
use crate::evidence::compare::{Difference, Differences, Known, compare as hold};
use crate::finding::Cause;
use crate::finding::baseline::{Baseline, MAX_BYTES, SecretId};
use crate::report::file::write_atomically;

/// The exit code of a comparison whose later bundle has something new.
const SOMETHING_NEW: ExitCode = 1;

/// Runs `straykey baseline`.
pub(super) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Show { file, at } => {
            let baseline = read(&file)?;
            let today = at.unwrap_or_else(super::today);
            print(|out| show(&baseline, &today, out).map(|()| 0))
        }
        Command::Update { file, from, only_known, prune } => update(&file, &from, only_known, prune),
    }
}

fn read(file: &Path) -> anyhow::Result<Baseline> {
    parse(&name(file), &bytes_up_to(file, MAX_BYTES)?)
}

/// Reads a baseline; `file` is how messages call it.
pub(super) fn parse(file: &str, bytes: &[u8]) -> anyhow::Result<Baseline> {
    let text = str::from_utf8(bytes).with_context(|| format!("{file} is not UTF-8"))?;
    Baseline::read(text).map_err(|error| anyhow::anyhow!("{file}:{}: {}", error.line, error.what))
}

fn show(baseline: &Baseline, today: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "key      {} ({})", printable_text(&baseline.key_id), printable_text(&baseline.keyed))?;
    let (gone, live): (Vec<_>, Vec<_>) = baseline.entries.iter().partition(|entry| entry.gone.is_some());
    writeln!(out, "known    {} (one for each secret and path), and {} that have gone", live.len(), gone.len())?;
    let today: jiff::civil::Date = today.parse()?;
    let mut ages: BTreeMap<&str, (u64, i32)> = BTreeMap::new();
    for entry in live {
        let since: jiff::civil::Date = entry.since.parse()?;
        let days = since.until(today)?.get_days();
        let (count, oldest) = ages.entry(&entry.rule).or_default();
        *count += 1;
        *oldest = days.max(*oldest);
    }
    for (rule, (count, oldest)) in ages {
        writeln!(out, "  {count:>6}  {}, the oldest for {oldest} days", printable_text(rule))?;
    }
    Ok(())
}

/// What the consistent bundle in `folder` knows.
pub(super) fn known(folder: &Path) -> anyhow::Result<Known> {
    consistent_bundle(folder).map(|(bundle, _)| Known::of(&bundle))
}

fn update(file: &Path, from: &Path, only_known: bool, prune: bool) -> anyhow::Result<ExitCode> {
    let known = known(from)?;
    if known.circumstances.targets.iter().flatten().any(Looked::is_of_changes) {
        bail!("{} is of a scan of changes, which does not tell what has gone", name(from));
    }
    let mut baseline = if file.exists() {
        read(file)?
    } else {
        let (key_id, keyed) = (known.key_id.clone(), known.keyed.clone());
        Baseline { key_id, keyed, made: BTreeSet::new(), entries: BTreeSet::new() }
    };
    if baseline.key_id != known.key_id {
        bail!(
            "{} is under the key {}, the bundle under {}",
            name(file),
            printable_text(&baseline.key_id),
            known.key_id
        );
    }
    let secrets: BTreeSet<SecretId> = baseline.entries.iter().map(|entry| entry.secret.clone()).collect();
    let entries = known.entries.into_iter().map(|(_, entry)| entry);
    let (gone, live): (Vec<_>, Vec<_>) = entries.partition(|entry| entry.gone.is_some());
    let (taken, left): (Vec<_>, Vec<_>) =
        live.into_iter().partition(|entry| !only_known || secrets.contains(&entry.secret));
    let today = known.started.get(..10).unwrap_or_default();
    baseline.update(&taken, known.circumstances.made(), today);
    if prune {
        baseline.entries.retain(|entry| entry.gone.is_none());
    } else {
        let met: BTreeSet<_> = baseline.entries.iter().map(|one| (one.secret.clone(), one.path.clone())).collect();
        let remembered = gone.into_iter().filter(|one| !met.contains(&(one.secret.clone(), one.path.clone())));
        baseline.entries.extend(remembered);
    }
    write_atomically(file, false, |out| baseline.write(out))?;
    print(|out| {
        let gone = baseline.entries.iter().filter(|entry| entry.gone.is_some()).count();
        let live = baseline.entries.len() - gone;
        writeln!(out, "{}: {live} known (one for each secret and path), {gone} gone", name(file))?;
        if only_known && !left.is_empty() {
            writeln!(out, "{} are new and were not taken in", left.len())?;
        }
        Ok(0)
    })
}

/// Runs `straykey compare`.
pub(super) fn compare(earlier: &Path, later: &Path, format: ShowFormat) -> anyhow::Result<ExitCode> {
    let (before, now) = (known(earlier)?, known(later)?);
    let found = hold(&before, &now);
    // What may be a leak as well is no proof that there is none.
    let may_be_code = |one: &&Difference| one.cause == Cause::Code || !one.proven;
    let new = found.differences.iter().filter(may_be_code).any(|one| !matches!(one.state, "absent" | "moved"));
    print(|out| {
        match format {
            ShowFormat::Json => {
                let document = json!({
                    "schema": "straykey/comparison/v1",
                    "earlier": { "scan": before.scan, "started": before.started },
                    "later": { "scan": now.scan, "started": now.started },
                    "unchanged": found.unchanged,
                    "differences": found.differences,
                });
                serde_json::to_writer_pretty(&mut *out, &document)?;
                writeln!(out)?;
            }
            ShowFormat::Text => text(&before, &now, &found, out)?,
        }
        Ok(if new { SOMETHING_NEW } else { 0 })
    })
}

fn text(before: &Known, now: &Known, found: &Differences, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "earlier  {} of {}", before.scan, printable_text(&before.started))?;
    writeln!(out, "later    {} of {}", now.scan, printable_text(&now.started))?;
    if before.key_id != now.key_id {
        writeln!(
            out,
            "The fingerprints are under different keys ({}, {}), so that no secret can be known again.",
            printable_text(&before.key_id),
            printable_text(&now.key_id)
        )?;
    }
    writeln!(out, "\nunchanged      {}", found.unchanged)?;
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for one in &found.differences {
        *counts.entry((one.state, one.cause.name())).or_default() += 1;
    }
    for ((state, cause), count) in &counts {
        writeln!(out, "{state:<14} {count} by {cause}")?;
    }
    for one in &found.differences {
        let doubt = if one.proven { "" } else { " (the code may differ too: scan with --baseline tells)" };
        let (rule, path) = (printable_text(&one.rule), printable(one.path.as_bytes()));
        writeln!(
            out,
            "\n{}  {rule}  {path}\n  {} since {}, by {}{doubt}",
            one.state,
            short(&one.fingerprint),
            one.since,
            one.cause.name()
        )?;
    }
    Ok(())
}

fn short(fingerprint: &str) -> String {
    printable_text(fingerprint.get(..16).unwrap_or(fingerprint))
}
