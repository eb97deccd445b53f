//! The arguments of `straykey register`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Subcommand, ValueEnum, ValueHint};

use super::{ShowFormat, parse_day};
use crate::finding::Grade;
use crate::register::Status;

/// `straykey register`.
#[derive(Debug, Subcommand)]
pub enum Register {
    /// Take in evidence bundles: adds rows, judges them anew, closes them; keeps what people wrote
    Update(RegisterUpdate),
    /// Record that a credential was made worthless at its issuer
    Attest(RegisterAttest),
    /// Record that a repository, a branch or a unit is no more, so that no scan will tell of it again
    Retire(RegisterRetire),
    /// List the scenarios, the worst first
    List(RegisterList),
    /// Show a scenario with all that became of it, or what the register is made from
    Show {
        /// The id of the scenario
        id: Option<String>,
        /// The register
        #[arg(long, value_name = "FILE", default_value = FILE, value_hint = ValueHint::FilePath)]
        register: PathBuf,
        /// How risks are estimated, where that is a file of one's own
        #[arg(long, value_name = "NAME|FILE")]
        risk: Option<String>,
        /// Layout
        #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
        format: ShowFormat,
    },
    /// Write the register for another tool
    Export(RegisterExport),
}

/// Where the register lies, if nobody says otherwise.
const FILE: &str = "register.csv";

/// By what rows are judged.
#[derive(Debug, clap::Args)]
pub struct RegisterModel {
    /// The register: a CSV file, beside which its journal lies
    #[arg(long, value_name = "FILE", default_value = FILE, value_hint = ValueHint::FilePath)]
    pub register: PathBuf,
    /// The units of the ISMS: owners, risk owners, criticality, who can read them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub scope: Option<PathBuf>,
    /// Places and who is to put them right, before what evidence and scope say
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub owners: Option<PathBuf>,
    /// How risks are estimated: `5x5`, `product`, or a file of that form [default: as the rows are; at first 5x5]
    #[arg(long, value_name = "NAME|FILE")]
    pub risk: Option<String>,
    /// The day on which acceptances, ages and due dates are judged [default: today]
    #[arg(long, value_name = "TIME", value_parser = parse_day)]
    pub at: Option<String>,
}

/// `straykey register update`.
#[derive(Debug, clap::Args)]
pub struct RegisterUpdate {
    /// A bundle, or a folder with bundles in it at any depth; may be repeated. Those that were taken in before are passed over
    #[arg(long, value_name = "DIR", num_args = 1.., value_hint = ValueHint::DirPath)]
    pub evidence: Vec<PathBuf>,
    /// Public key (PEM) by which bundles have to be signed; may be repeated, one of them is enough
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Vec<PathBuf>,
    /// Judge all rows by another model of risk than before
    #[arg(long, requires = "risk")]
    pub change_risk: bool,
    /// Tell what would change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// By what rows are judged.
    #[command(flatten)]
    pub model: RegisterModel,
}

/// `straykey register attest`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["rotated", "revoked", "withdrawn"]))]
pub struct RegisterAttest {
    /// The id of the scenario
    pub id: String,
    /// It was replaced, and the old value revoked
    #[arg(long)]
    pub rotated: bool,
    /// It was made worthless without another in its place
    #[arg(long)]
    pub revoked: bool,
    /// What was attested of it before is not so
    #[arg(long)]
    pub withdrawn: bool,
    /// Who says so
    #[arg(long, value_name = "WHO")]
    pub by: String,
    /// The day on which it was done [default: that of --at]
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    pub on: Option<String>,
    /// How far that can be relied upon
    #[arg(long, value_parser = PossibleValuesParser::new(Grade::NAMES), default_value = Grade::Claimed.name())]
    pub grade: String,
    /// What shows it: an answer of the issuer, a log, a change
    #[arg(long, value_name = "TEXT")]
    pub proof: Option<String>,
    /// Where it was followed
    #[arg(long)]
    pub ticket: Option<String>,
    /// Anything else
    #[arg(long)]
    pub note: Option<String>,
    /// By what rows are judged.
    #[command(flatten)]
    pub model: RegisterModel,
}

/// `straykey register retire`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true).args(["unit", "repository", "branch"]))]
pub struct RegisterRetire {
    /// The unit
    #[arg(long, value_name = "NAME")]
    pub unit: Option<String>,
    /// The repository, as `straykey register show` names it
    #[arg(long, value_name = "NAME")]
    pub repository: Option<String>,
    /// The branch
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Who says so
    #[arg(long, value_name = "WHO")]
    pub by: String,
    /// The day since which it is so [default: that of --at]
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    pub on: Option<String>,
    /// Anything else
    #[arg(long)]
    pub note: Option<String>,
    /// By what rows are judged.
    #[command(flatten)]
    pub model: RegisterModel,
}

/// `straykey register list`.
#[derive(Debug, clap::Args)]
pub struct RegisterList {
    /// The register
    #[arg(long, value_name = "FILE", default_value = FILE, value_hint = ValueHint::FilePath)]
    pub register: PathBuf,
    /// Only those with this status; may be repeated
    #[arg(long, value_parser = PossibleValuesParser::new(Status::NAMES))]
    pub status: Vec<String>,
    /// Only those of this unit
    #[arg(long, value_name = "NAME")]
    pub unit: Option<String>,
    /// Only those of this owner
    #[arg(long, value_name = "WHO")]
    pub owner: Option<String>,
    /// Only those whose day is over
    #[arg(long)]
    pub overdue: bool,
    /// How risks are estimated, where that is a file of one's own
    #[arg(long, value_name = "NAME|FILE")]
    pub risk: Option<String>,
    /// The day on which rows are overdue [default: today]
    #[arg(long, value_name = "TIME", value_parser = parse_day)]
    pub at: Option<String>,
    /// Layout
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    pub format: ShowFormat,
}

/// `straykey register export`.
#[derive(Debug, clap::Args)]
pub struct RegisterExport {
    /// For what
    #[arg(long, value_enum)]
    pub format: RegisterFormat,
    /// Where it goes: a file, for `ciso-assistant` a folder that is there [default: standard output]
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Which columns `csv` has, from what, in the order of another tool
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub columns: Option<PathBuf>,
    /// Bundles from which controls, exceptions and coverage are told; may be repeated. The latest of each series counts
    #[arg(long, value_name = "DIR", num_args = 1.., value_hint = ValueHint::DirPath)]
    pub evidence: Vec<PathBuf>,
    /// Public key (PEM) by which bundles have to be signed; may be repeated, one of them is enough
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Vec<PathBuf>,
    /// The register
    #[arg(long, value_name = "FILE", default_value = FILE, value_hint = ValueHint::FilePath)]
    pub register: PathBuf,
    /// How risks are estimated, where that is a file of one's own
    #[arg(long, value_name = "NAME|FILE")]
    pub risk: Option<String>,
    /// The day on which ages and due dates are judged [default: today]
    #[arg(long, value_name = "TIME", value_parser = parse_day)]
    pub at: Option<String>,
}

/// What exports are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RegisterFormat {
    /// CSV for people and other tools; with --columns, in the columns of another tool
    Csv,
    /// A workbook with a sheet each for register, controls, exceptions and coverage
    Xlsx,
    /// CISO Assistant: findings, risk scenarios, applied controls and security exceptions, a CSV file each, in a folder
    CisoAssistant,
    /// `DefectDojo`: generic findings, JSON
    Defectdojo,
    /// Evidence columns for a statement of applicability, CSV
    Soa,
    /// OSCAL plan of action and milestones, JSON; needs --evidence
    OscalPoam,
}
