//! The arguments, as `clap` reads them.

mod records;
mod register;

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum, ValueHint};
use gix_hash::ObjectId;

use crate::finding::{Confidence, Severity};
use crate::gap::GapClass;
use crate::report::gitlab;

pub use records::{
    Baseline, ControlsFormat, ControlsReport, Evidence, EvidenceSample, EvidenceSeries, ExceptionAdd, ExceptionQuery,
    Exceptions, SampleFormat, Triage, TriageAdd,
};
pub use register::{
    Register, RegisterAttest, RegisterExport, RegisterFormat, RegisterList, RegisterModel, RegisterRetire,
    RegisterUpdate,
};

/// Finds secrets of non-human identities that lie outside vaults, and maps each to the ISO/IEC 27002 controls it is
/// evidence about.
#[derive(Debug, Parser)]
#[command(name = "straykey", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Tell more on standard error; twice, more still
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Print nothing but what was asked for by --format or --output
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
}

const EXIT_CODES: &str = "Exit codes:
  0  all of the scope was read, and no finding fails the scan, by --fail-on or a gate; those that a
     baseline, an exception or a marker lets stand do not
  1  findings that fail the scan
  2  could not run: usage, configuration, key, target, bad rule, report not written
  3  incomplete: gaps of failing classes, or nothing to scan; no such findings";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan directories, files or standard input for secrets
    #[command(after_help = EXIT_CODES)]
    Scan(Box<Scan>),
    /// Look at and test the detection rules
    #[command(subcommand)]
    Rules(Rules),
    /// Look at the controls, and at what bears on each
    #[command(subcommand)]
    Controls(Controls),
    /// Tell step by step why a line was reported, or not
    Explain(Explain),
    /// Verify, read, sign and line up evidence bundles
    #[command(subcommand)]
    Evidence(Evidence),
    /// Tell what two evidence bundles differ in and why; exit code 1 where the later has something new
    Compare {
        /// The earlier bundle
        earlier: PathBuf,
        /// The later bundle
        later: PathBuf,
        /// Layout
        #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
        format: ShowFormat,
    },
    /// Look at and renew baselines
    #[command(subcommand)]
    Baseline(Baseline),
    /// List, check and add exceptions
    #[command(subcommand)]
    Exceptions(Exceptions),
    /// Record decisions on findings
    #[command(subcommand)]
    Triage(Triage),
    /// Keep the risk register: take in evidence, attest, list, show, export
    #[command(subcommand)]
    Register(Register),
    /// Look at what configurations come to
    #[command(subcommand)]
    Config(Config),
    /// Write a commented configuration, a file for exceptions and a job for each CI system that is used; never overwrites
    Init {
        /// Directory to write to
        #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// `straykey scan`.
#[derive(Debug, clap::Args)]
pub struct Scan {
    /// Directory or file; `-` is standard input
    #[arg(default_value = ".")]
    pub targets: Vec<PathBuf>,
    /// What standard output gets
    #[arg(long, value_name = "F", help_heading = "Reports")]
    pub format: Option<Format>,
    /// Also write format F to PATH; may be repeated. `evidence=DIR` writes an evidence bundle, `baseline=FILE` a baseline
    #[arg(long, value_name = "F=PATH", value_parser = parse_output, help_heading = "Reports")]
    pub output: Vec<Output>,
    /// What is known already, and does not fail the scan: a baseline file, or an evidence bundle. It stays in the report
    #[arg(long, value_name = "FILE|BUNDLE", help_heading = "Verdict")]
    pub baseline: Option<PathBuf>,
    /// Exceptions with approver and end; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Verdict")]
    pub exceptions: Vec<PathBuf>,
    /// Read the files that govern the scan (configuration, exceptions, baseline, rules, triage, scope) and lie in the
    /// repository from this revision, so that a change cannot excuse itself [default: the target branch of a merge or pull
    /// request that the pipeline names, else what --since, --range or --staged start from]
    #[arg(long, value_name = "REV", help_heading = "Verdict")]
    pub exceptions_from: Option<String>,
    /// What people found who looked at findings; see `straykey triage`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Verdict")]
    pub triage: Option<PathBuf>,
    /// The units of the ISMS, which names who accepts the risks of each
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Verdict")]
    pub scope: Option<PathBuf>,
    /// Let the scan pass whatever it finds, for this reason, which every report tells; the configuration has to allow it
    #[arg(long, value_name = "REASON", help_heading = "Verdict")]
    pub bypass: Option<String>,
    /// The bundle before the one that `--output evidence=DIR` writes: the two become links of a series
    #[arg(long, value_name = "BUNDLE", value_hint = ValueHint::DirPath, help_heading = "Reports")]
    pub previous: Option<PathBuf>,
    /// Private key (PKCS#8 PEM) that signs the evidence bundle; the variable `STRAYKEY_SIGNING_KEY` holds one itself
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Reports")]
    pub sign_key: Option<PathBuf>,
    /// Version of the schema that the format `gitlab` declares; a server takes those it ships
    #[arg(long, value_name = "X.Y.Z", value_parser = parse_version, default_value = gitlab::DEFAULT_VERSION, help_heading = "Reports")]
    pub gitlab_version: String,
    /// The organisational unit that answers for the targets, for the evidence bundle
    #[arg(long, value_name = "NAME", help_heading = "Reports")]
    pub unit: Option<String>,
    /// Show all secrets and places, not the first 50
    #[arg(long, help_heading = "Reports")]
    pub all: bool,
    /// Show values, on a terminal or in JSON; a file is made readable by its owner only
    #[arg(long, help_heading = "Reports")]
    pub show_secrets: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t = Color::Auto, help_heading = "Reports")]
    pub color: Color,
    /// No progress bar
    #[arg(long, help_heading = "Reports")]
    pub no_progress: bool,
    /// Lowest severity that makes the exit code 1 [default: low]
    #[arg(long, value_name = "LEVEL", value_enum, help_heading = "Verdict")]
    pub fail_on: Option<FailOn>,
    /// Lowest confidence that is reported [default: medium]
    #[arg(long, value_name = "GRADE", value_enum, help_heading = "Verdict")]
    pub min_confidence: Option<MinConfidence>,
    /// Classes of gaps that make the scan incomplete [default: unreadable,missing,over-budget]
    #[arg(long, value_name = "CLASS,...", value_enum, value_delimiter = ',', help_heading = "Verdict")]
    pub fail_on_gap: Option<Vec<FailingGap>>,
    /// No gap makes the scan incomplete
    #[arg(long, conflicts_with = "fail_on_gap", help_heading = "Verdict")]
    pub allow_gaps: bool,
    /// A scan that finds nothing to read is complete
    #[arg(long, help_heading = "Verdict")]
    pub allow_empty: bool,
    /// The moment against which expiries are judged: a date or a time [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_day, help_heading = "Verdict")]
    pub at: Option<String>,
    /// Configuration; may be repeated, the first decides unless it delegates. Those that the variable `STRAYKEY_CONFIG`
    /// lists, separated as in PATH, come first
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Scope")]
    pub config: Vec<PathBuf>,
    /// Folder with more rules; may be repeated. A rule with an id that exists replaces it
    #[arg(long, value_name = "DIR", help_heading = "Scope")]
    pub rules: Vec<PathBuf>,
    /// Scan what `git commit` would record now, in place of the files: the index, as far as HEAD does not have it
    #[arg(long, help_heading = "Scope")]
    pub staged: bool,
    /// Scan what the commits introduced that B reaches and A does not, in place of the files
    #[arg(long, value_name = "A..B", value_parser = parse_range, conflicts_with_all = ["staged", "since"], help_heading = "Scope")]
    pub range: Option<(String, String)>,
    /// The same as --range REV..HEAD
    #[arg(long, value_name = "REV", conflicts_with = "staged", help_heading = "Scope")]
    pub since: Option<String>,
    /// Scan what is pushed: lines of an old id, a new id and a reference on standard input, as git hands them to the hook
    /// `pre-receive`
    #[arg(long, conflicts_with_all = ["staged", "range", "since"], help_heading = "Scope")]
    pub pre_receive: bool,
    /// Also scan the history of each target that is a git repository: every object of it, whether or not a branch leads to
    /// it, the messages of commits and tags, the logs of references
    #[arg(long, conflicts_with_all = ["staged", "range", "since", "pre_receive"], help_heading = "Scope")]
    pub history: bool,
    /// With --history, remember in FILE which objects were searched, so that the next scan reads only what is new. Whoever can
    /// write the file can hide findings; it holds no secrets
    #[arg(long, value_name = "FILE", requires = "history", value_hint = ValueHint::FilePath, help_heading = "Scope")]
    pub cache: Option<PathBuf>,
    /// With --history, name the authors of commits, in place of pseudonyms
    #[arg(long, requires = "history", help_heading = "Reports")]
    pub authors: bool,
    /// With --history, also read git directories and objects that lie outside of a target: those of linked work trees, and
    /// those that alternates name
    #[arg(long, requires = "history", help_heading = "Scope")]
    pub allow_outside: bool,
    /// Also scan untracked files that git ignores
    #[arg(long, help_heading = "Scope")]
    pub no_ignore: bool,
    /// Threads [default: one a processor]
    #[arg(short = 'j', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Scope")]
    pub threads: Option<u16>,
    /// File with the key for fingerprints; the variable `STRAYKEY_FINGERPRINT_KEY` holds one itself
    #[arg(long, value_name = "FILE", help_heading = "Fingerprints")]
    pub fingerprint_key_file: Option<PathBuf>,
}

/// `straykey rules`.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// List the rules: id, provider, kind, confidence, lane, controls
    List {
        /// Layout
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
        /// Folder with more rules; may be repeated
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
    /// Show all of one rule
    Show {
        /// The rule's id
        id: String,
        /// Folder with more rules; may be repeated
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
    /// Run the examples and near misses of the rules
    Test {
        /// Folder of rules to test instead of the built-in ones
        folder: Option<PathBuf>,
    },
    /// Carry over rules of gitleaks, betterleaks (TOML), Kingfisher or Nosey Parker (YAML); writes a rule file to standard
    /// output, and to standard error what could not be carried over
    Import {
        /// Configuration or rule file of the other scanner
        file: PathBuf,
    },
    /// List the offline checks that rules can name
    Checks,
}

/// `straykey controls`.
#[derive(Debug, Subcommand)]
pub enum Controls {
    /// List the controls of ISO/IEC 27002 with the number of finding kinds that bear on each
    List {
        /// Layout
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
        /// Only those that findings can contradict
        #[arg(long)]
        testable: bool,
    },
    /// Tell what bundles are evidence of: states of controls, findings, exceptions, what remains untested; clauses and other frameworks.
    /// Of a series the latest bundle counts
    Report(ControlsReport),
    /// Show a control, a clause or an entry of another framework, and what bears on it
    Show {
        /// Such as 5.17, A.5.17, PR.AA-01, NHI2:2025, CWE-798, or the clause 6.1.2
        id: String,
        /// Layout
        #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
        format: ShowFormat,
    },
}

/// `straykey explain`.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// Path and line, as in deploy/.env:3
    #[arg(value_name = "PATH:LINE")]
    pub place: String,
    /// Only this rule
    #[arg(long, value_name = "ID")]
    pub rule: Option<String>,
    /// List all rules that a word on the line woke, with the form they want
    #[arg(long)]
    pub all: bool,
    /// Tell the issuer's documented way to test whether a credential is live; contacts nobody
    #[arg(long)]
    pub liveness: bool,
    /// Layout
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    pub format: ShowFormat,
    /// Lowest confidence that is reported [default: medium]
    #[arg(long, value_name = "GRADE", value_enum)]
    pub min_confidence: Option<MinConfidence>,
    /// The moment against which inline ignores expire [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_day)]
    pub at: Option<String>,
    /// Configuration; may be repeated, the first decides unless it delegates
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Vec<PathBuf>,
    /// Folder with more rules; may be repeated
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub rules: Vec<PathBuf>,
}

/// `straykey config`.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Show every setting, its value and where it comes from
    Show(ConfigShow),
}

/// `straykey config show`.
#[derive(Debug, clap::Args)]
pub struct ConfigShow {
    /// Layout
    #[arg(long, value_enum, default_value_t = ConfigFormat::Table)]
    pub format: ConfigFormat,
    /// Configuration; may be repeated, the first decides unless it delegates
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Vec<PathBuf>,
    /// Folder with more rules, whose ids a configuration can name; may be repeated
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub rules: Vec<PathBuf>,
}

/// Layouts of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConfigFormat {
    /// Columns
    Table,
    /// JSON
    Json,
}

/// Formats of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Format {
    /// For people
    Pretty,
    /// One JSON document
    Json,
    /// One JSON document a line
    Jsonl,
    /// SARIF 2.1.0
    Sarif,
    /// SARIF 2.1.0 for code scanning at GitHub, within its limits
    Github,
    /// For spreadsheets: a row for each place, gap and exclusion
    Csv,
    /// For comments on pull requests and summaries of jobs
    Markdown,
    /// Workflow commands of GitHub Actions, for standard output of a step
    Annotations,
    /// GitLab's secret detection report; needs a commit
    Gitlab,
    /// GitLab's Code Quality
    Codeclimate,
    /// XML of `JUnit`, for views of test results
    Junit,
    /// One HTML page, which needs nothing beside itself
    Html,
    /// OSCAL assessment results, JSON
    OscalAr,
    /// OSCAL plan of action and milestones, JSON: an item for each secret
    OscalPoam,
}

/// Layouts of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// Columns
    Table,
    /// JSON
    Json,
    /// A table in Markdown
    Markdown,
}

/// Layouts of single things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    /// Lines of text
    Text,
    /// JSON
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal that wants them
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A report to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What to write.
    pub kind: OutputKind,
    /// Its file, or the folder of a bundle.
    pub path: PathBuf,
}

/// What can be written to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// A report.
    Report(Format),
    /// An evidence bundle.
    Evidence,
    /// What is known now, for `--baseline`.
    Baseline,
}

/// Severities that can fail a scan, and none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum FailOn {
    Info,
    Low,
    Medium,
    High,
    Critical,
    Never,
}

impl FailOn {
    /// The name that the option and the configuration use.
    pub fn name(self) -> &'static str {
        self.severity().map_or("never", Severity::name)
    }

    /// The severity, if any fails.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Info => Some(Severity::Info),
            Self::Low => Some(Severity::Low),
            Self::Medium => Some(Severity::Medium),
            Self::High => Some(Severity::High),
            Self::Critical => Some(Severity::Critical),
            Self::Never => None,
        }
    }
}

/// Grades of confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum MinConfidence {
    Low,
    Medium,
    High,
}

impl From<MinConfidence> for Confidence {
    fn from(grade: MinConfidence) -> Self {
        match grade {
            MinConfidence::Low => Self::Low,
            MinConfidence::Medium => Self::Medium,
            MinConfidence::High => Self::High,
        }
    }
}

/// Classes of gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum FailingGap {
    Unreadable,
    Missing,
    OverBudget,
    Opaque,
}

impl From<FailingGap> for GapClass {
    fn from(class: FailingGap) -> Self {
        match class {
            FailingGap::Unreadable => Self::Unreadable,
            FailingGap::Missing => Self::Missing,
            FailingGap::OverBudget => Self::OverBudget,
            FailingGap::Opaque => Self::Opaque,
        }
    }
}

fn parse_range(text: &str) -> Result<(String, String), String> {
    let (from, to) =
        text.split_once("..").ok_or("two revisions with `..` between them are needed, as in main..HEAD")?;
    let named = |text: &str| if text.is_empty() { "HEAD".to_owned() } else { text.to_owned() };
    if to.starts_with('.') {
        return Err("`A...B`, what either side has, is no range of changes; A..B is".to_owned());
    }
    Ok((named(from), named(to)))
}

/// The objects that are pushed, of lines as git hands them to hooks (githooks(5), "pre-receive"). References that are deleted
/// bring nothing.
pub(super) fn parse_pushed(text: &str) -> Result<Vec<ObjectId>, String> {
    let mut new = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.splitn(3, ' ');
        let mut id = || words.next().and_then(|word| ObjectId::from_hex(word.as_bytes()).ok());
        match (id(), id(), words.next()) {
            (Some(_), Some(id), Some(_)) => new.extend((!id.is_null()).then_some(id)),
            _ => return Err(format!("line {number} is no old id, new id and reference")),
        }
    }
    Ok(new)
}

fn parse_output(text: &str) -> Result<Output, String> {
    let (format, path) = text.split_once('=').ok_or("a format, `=` and a path are needed, as in sarif=report.sarif")?;
    if path.is_empty() {
        return Err("the path is empty".to_owned());
    }
    if path == "-" {
        let what = "standard output is for --format; a file of this name is written as ./-";
        return Err(what.to_owned());
    }
    let kind = match format {
        "evidence" => OutputKind::Evidence,
        "baseline" => OutputKind::Baseline,
        _ => {
            let format = Format::from_str(format, false);
            OutputKind::Report(format.map_err(|error| format!("{error} (or `evidence`, `baseline`)"))?)
        }
    };
    Ok(Output { kind, path: path.into() })
}

fn parse_version(text: &str) -> Result<String, String> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.split('.');
    if parts.clone().count() == 3 && parts.clone().all(is_number) {
        Ok(text.to_owned())
    } else {
        Err("three numbers with points between them are needed, as in 15.0.7".to_owned())
    }
}

fn parse_day(text: &str) -> Result<String, String> {
    let day = text
        .parse::<jiff::Timestamp>()
        .map(|moment| moment.to_zoned(jiff::tz::TimeZone::UTC).date())
        .or_else(|_| text.parse::<jiff::civil::Date>())
        .map_err(|_| "neither a date such as 2026-01-31 nor a time such as 2026-01-31T12:00:00Z".to_owned())?;
    Ok(day.to_string())
}
