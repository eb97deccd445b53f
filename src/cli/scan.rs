//! `straykey scan`.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use jiff::civil::Date;
use rayon::prelude::*;

use super::args::{Color, Format, Output, OutputKind, Scan};
use super::evidence::Record;
use super::file::pretty;
use super::progress;
use super::settings::Settings;
use super::{ExitCode, is_broken_pipe, verdict};
use crate::evidence::reading::Reading;
use crate::finding::baseline::Baseline;
use crate::govern::RiskModel;
use crate::register::{Directory, Setting, scenarios};
use crate::report::file::Staged;
use crate::report::{Report, annotations, codeclimate, csv, gitlab, json, junit, markdown, pretty, sarif};
use crate::rule::Rule;
use crate::scan::scan;
use crate::view::{ControlView, Readings};
use crate::{oscal, page};

/// Columns of a report that no terminal shows.
const DEFAULT_WIDTH: usize = 100;

pub(super) fn run(args: &Scan, quiet: bool, verbose: u8) -> anyhow::Result<ExitCode> {
    check_outputs(args, quiet)?;
    let started = moment(args);
    let (settings, governed) = Settings::resolve(args)?;
    check_commit(args, &settings)?;
    let record = Record::begin(args, &settings)?;
    tracing::info!(rules = settings.scanner.engine.rules().len(), threads = settings.options.threads, "scanning");
    let show = !quiet && !args.no_progress && verbose == 0 && io::stderr().is_terminal();
    let mut collected =
        progress::watch(show, |progress| scan(&settings.scanner, &settings.scan_targets, &settings.options, progress));
    // A scan that cannot be remembered is a scan all the same.
    if let Some(Err(error)) = settings.options.cache.as_ref().map(|cache| cache.save()) {
        collected.notes.push(format!("the cache cannot be written: {}", error.kind()));
    }
    let report = verdict::report_of(args, &settings, governed, collected);
    let today = settings.scanner.today.parse().context("the day of the scan")?;
    let header = gitlab::Header { version: args.gitlab_version.clone(), started, ended: moment(args) };
    let rules: Vec<_> = settings.scanner.engine.rules().iter().map(|loaded| Arc::clone(&loaded.rule)).collect();
    let reading = record.as_ref().filter(|_| has_export(args)).map(|record| record.reading(&report, &rules, &header));
    let export = reading.transpose()?.map(|reading| Export { readings: [reading], today });
    let content = Content {
        report: &report,
        rules: &rules,
        show_secrets: args.show_secrets,
        header: &header,
        export: export.as_ref(),
    };
    let baseline = || verdict::baseline_of(&report, &settings);
    write_all(args, quiet, &content, &baseline, record)?;
    Ok(report.exit_code())
}

/// Refuses what cannot be written before any work is done.
fn check_outputs(args: &Scan, quiet: bool) -> anyhow::Result<()> {
    let mut paths = BTreeSet::new();
    for output in &args.output {
        if !paths.insert(&output.path) {
            bail!("two reports are to be written to {}", output.path.display());
        }
        // Better before a scan of an hour than after it.
        let above = output.path.parent().filter(|above| !above.as_os_str().is_empty());
        if let Some(above) = above.filter(|above| !above.is_dir()) {
            bail!("{} is to be written, and {} is no folder", output.path.display(), above.display());
        }
    }
    if args.show_secrets {
        let json = |format: Format| matches!(format, Format::Json | Format::Jsonl);
        let on_terminal =
            args.format.unwrap_or(Format::Pretty) == Format::Pretty && io::stdout().is_terminal() && !quiet;
        if !on_terminal
            && !args.format.is_some_and(json)
            && !args.output.iter().any(|output| matches!(output.kind, OutputKind::Report(format) if json(format)))
        {
            bail!("--show-secrets needs a terminal, or the format json or jsonl");
        }
    }
    Ok(())
}

/// Refuses a report that wants a commit where there is none, before any work is done.
fn check_commit(args: &Scan, settings: &Settings) -> anyhow::Result<()> {
    let mut formats = args.output.iter().filter_map(|output| match output.kind {
        OutputKind::Report(format) => Some(format),
        OutputKind::Evidence | OutputKind::Baseline => None,
    });
    let asked = args.format == Some(Format::Gitlab) || formats.any(|format| format == Format::Gitlab);
    if asked && !gitlab::has_commit(&settings.targets) {
        bail!(
            "the format gitlab names the commit of each place, and no target lies in a git repository with a commit; \
             codeclimate, junit and sarif do without"
        );
    }
    Ok(())
}

/// The moment, for the formats whose schemas want times: the day of `--at`, so that a scan can be repeated byte for byte,
/// else that of the clock. UTC, to the second, without the zone.
fn moment(args: &Scan) -> String {
    match &args.at {
        Some(day) => format!("{day}T00:00:00"),
        None => jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string(),
    }
}

/// Writes every report or, if one cannot be written, none.
fn write_all(
    args: &Scan,
    quiet: bool,
    content: &Content<'_>,
    baseline: &dyn Fn() -> Baseline,
    record: Option<Record<'_>>,
) -> anyhow::Result<()> {
    let mut staged = args
        .output
        .par_iter()
        .filter_map(|output| match output {
            Output { kind: OutputKind::Report(format), path } => Some((*format, path)),
            Output { kind: OutputKind::Evidence | OutputKind::Baseline, .. } => None,
        })
        .map(|(format, path)| {
            let style =
                pretty::Style { color: false, width: DEFAULT_WIDTH, all: args.all, show_secrets: false, unicode: true };
            Staged::stage(path, args.show_secrets, |out| write_format(format, content, &style, out))
        })
        .collect::<Result<Vec<_>, _>>()?;
    for output in args.output.iter().filter(|output| output.kind == OutputKind::Baseline) {
        staged.push(Staged::stage(&output.path, false, |out| baseline().write(out))?);
    }
    if let Some(record) = record {
        record.write(content.report, content.rules)?;
    }
    staged.into_iter().try_for_each(Staged::commit)?;
    if quiet && args.format.is_none() {
        return Ok(());
    }
    let written = write_stdout(args, content).context("cannot write to standard output");
    // A reader that went away has seen enough; the verdict stands.
    written.or_else(|error| if is_broken_pipe(&error) { Ok(()) } else { Err(error) })
}

fn write_stdout(args: &Scan, content: &Content<'_>) -> io::Result<()> {
    let stdout = io::stdout();
    let terminal = stdout.is_terminal();
    let color = match args.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
    };
    let width = terminal_size::terminal_size_of(&stdout).map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0));
    let style = pretty::Style {
        color,
        width,
        all: args.all,
        show_secrets: args.show_secrets && terminal,
        unicode: !terminal || speaks_unicode(),
    };
    let mut out = io::BufWriter::new(stdout.lock());
    write_format(args.format.unwrap_or(Format::Pretty), content, &style, &mut out)?;
    out.flush()
}

/// Whether the locale of the terminal has UTF-8; the first of the three variables that is set decides (POSIX.1-2024,
/// 8.2).
fn speaks_unicode() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty())
        .is_some_and(|value| value.to_string_lossy().to_ascii_lowercase().replace('-', "").contains("utf8"))
}

/// What formats are made of.
struct Content<'r> {
    report: &'r Report,
    rules: &'r [Arc<Rule>],
    show_secrets: bool,
    header: &'r gitlab::Header,
    /// Where a format asks for it.
    export: Option<&'r Export>,
}

/// What those formats are made of that are exports of evidence.
struct Export {
    readings: [Reading; 1],
    today: Date,
}

impl Export {
    fn write(&self, format: Format, out: &mut dyn Write) -> io::Result<()> {
        let readings = Readings::of(&self.readings);
        let view = ControlView::of(&readings, self.today);
        let now = &self.readings[0].completed.completed;
        match format {
            Format::OscalAr => pretty(&oscal::assessment_results(&view, now), out),
            Format::OscalPoam => {
                let (model, directory) = (RiskModel::embedded(), Directory::default());
                let setting = Setting { model, directory: &directory };
                let all: Vec<&Reading> = self.readings.iter().collect();
                let rows = scenarios(&all, setting, self.today).map_err(io::Error::other)?;
                pretty(&oscal::poam(&rows, model, &view, now), out)
            }
            // A page of this scan alone: when it was made stands in no report but the evidence.
            Format::Html => page::write(&page::Input { readings: &readings, view: &view, dated: false }, out),
            _ => unreachable!("it is no export, see `is_export`"),
        }
    }
}

/// Whether `format` is made of what the evidence says.
fn is_export(format: Format) -> bool {
    matches!(format, Format::Html | Format::OscalAr | Format::OscalPoam)
}

/// Whether a format is asked for that is made of what the evidence says.
pub(super) fn has_export(args: &Scan) -> bool {
    let written =
        args.output.iter().any(|output| matches!(output.kind, OutputKind::Report(format) if is_export(format)));
    written || args.format.is_some_and(is_export)
}

fn write_format(format: Format, content: &Content<'_>, style: &pretty::Style, out: &mut dyn Write) -> io::Result<()> {
    let &Content { report, rules, show_secrets, header, export } = content;
    match format {
        Format::Pretty => pretty::write(report, style, out),
        Format::Json => json::write_json(report, show_secrets, out),
        Format::Jsonl => json::write_jsonl(report, show_secrets, out),
        Format::Sarif => sarif::write(report, rules, out),
        // The file itself says what the host's limits left out.
        Format::Github => sarif::write_github(report, rules, out).map(drop),
        Format::Csv => csv::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Annotations => annotations::write(report, out),
        Format::Gitlab => gitlab::write(report, header, out),
        Format::Codeclimate => codeclimate::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Html | Format::OscalAr | Format::OscalPoam => {
            export.expect("it was made: the format is asked for").write(format, out)
        }
    }
}
