//! The command line: arguments ([`args`]), what they resolve to (`settings`, with [`config`]), and one module a command.
//!
//! The only part of the crate that reads the environment and the clock, and, with the reports, the only one that prints.

pub mod args;
mod baseline;
mod bundles;
pub mod config;
mod contents;
mod context;
mod controls;
mod evidence;
mod exceptions;
mod explain;
mod file;
mod governed;
mod import;
mod info;
mod init;
mod key;
mod owners;
mod past;
mod progress;
mod register;
mod rules;
mod scan;
mod scope;
mod series;
mod settings;
mod signing;
mod triage;
mod verdict;

use std::io::{self, Write};

use anyhow::Context as _;
use args::{Args, Command, Config};
use jiff::civil::Date;

/// How a command ended, as the contract's exit codes.
pub type ExitCode = u8;

/// The exit code of what could not run: usage, configuration, a bad rule, a report that could not be written.
pub const COULD_NOT_RUN: ExitCode = 2;

/// Runs the command that `args` name.
///
/// # Errors
/// Whatever kept the command from running; the caller prints it and exits with [`COULD_NOT_RUN`].
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    start_tracing(args.verbose);
    match args.command {
        Command::Scan(scan) => scan::run(&scan, args.quiet, args.verbose),
        Command::Rules(command) => rules::run(command),
        Command::Controls(command) => controls::run(command),
        Command::Explain(args) => explain::run(&args),
        Command::Evidence(command) => evidence::run(command),
        Command::Compare { earlier, later, format } => baseline::compare(&earlier, &later, format),
        Command::Baseline(command) => baseline::run(command),
        Command::Exceptions(command) => exceptions::run(command),
        Command::Triage(command) => triage::run(command),
        Command::Register(command) => register::run(command),
        Command::Config(Config::Show(show)) => config::show(&show),
        Command::Init { folder } => init::run(&folder),
        Command::Completions { shell } => {
            info::completions(shell);
            Ok(0)
        }
        Command::Man => info::man().map(|()| 0),
    }
}

/// Whether `error` is a reader that went away, as `head` does.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

/// Hands `write` a buffered standard output. A reader that went away has seen enough.
fn print(write: impl FnOnce(&mut dyn Write) -> anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let code = write(&mut out).and_then(|code| out.flush().context("cannot write to standard output").map(|()| code));
    match code {
        Err(error) if is_broken_pipe(&error) => Ok(0),
        other => other,
    }
}

/// The day in UTC, `YYYY-MM-DD`.
fn today() -> String {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

/// The day of `--at`, or today.
fn day(at: Option<&str>) -> anyhow::Result<Date> {
    let day = at.map_or_else(today, str::to_owned);
    day.parse().with_context(|| format!("`{day}` is no day"))
}

/// The moment of documents that are made of evidence: the end of the day of `--at`, so that they can be made once more byte for byte, else
/// that of the clock. UTC, to the second.
fn moment(at: Option<&str>) -> String {
    at.map_or_else(now, end_of_day)
}

/// The end of a day: what happened on it is a part of it.
fn end_of_day(day: &str) -> String {
    format!("{day}T23:59:59Z")
}

/// The moment in UTC, to the second.
fn now() -> String {
    format!("{:.0}", jiff::Timestamp::now())
}

/// Standard error is for people: warnings by default, more with each `-v`. Logs name places, never content.
fn start_tracing(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        2 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    // Only our own events: what libraries log of their input is not ours to vouch for.
    let filter = tracing_subscriber::filter::EnvFilter::new(format!("straykey={level}"));
    let subscriber =
        tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter).without_time().with_target(false);
    // Fails only where a subscriber is set already, as in tests.
    drop(subscriber.try_init());
}
