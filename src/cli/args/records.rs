//! The arguments of the commands about records: evidence and what it is evidence of, baselines, exceptions, triage.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Subcommand, ValueEnum, ValueHint};

use super::{ShowFormat, parse_day};
use crate::finding::{Decision, ExceptionReason, Grade};

/// `straykey evidence`.
#[derive(Debug, Subcommand)]
pub enum Evidence {
    /// Check that the parts of a bundle agree with each other and, with --key, who signed it; exit code 1 where that fails
    Verify {
        /// The folder of the bundle
        bundle: PathBuf,
        /// Public key (PEM) by which the bundle has to be signed; may be repeated, one of them is enough
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        key: Vec<PathBuf>,
        /// Certificates (PEM) of the authority by which the signatures have to be time-stamped, in `statement.tsr`
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "key")]
        tsa_ca: Option<PathBuf>,
        /// Layout
        #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
        format: ShowFormat,
    },
    /// Show what a bundle says, after checking it
    Show {
        /// The folder of the bundle
        bundle: PathBuf,
        /// Layout; JSON gives the records themselves
        #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
        format: ShowFormat,
    },
    /// Tell which series of bundles there are below a folder, whether their links hold, and with --scope what is late, missing
    /// or unknown; exit code 1 where something is not as it should be
    Series(EvidenceSeries),
    /// Draw a sample for re-performance, as a worksheet: records of a bundle, or scans of a series
    Sample(EvidenceSample),
    /// Make a pair of Ed25519 keys: FILE (PKCS#8 PEM, for its owner alone) and FILE.pub
    Keygen {
        /// Where the private key goes; never overwritten
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Sign a bundle, which adds `statement.dsse.json`
    Sign {
        /// The folder of the bundle
        bundle: PathBuf,
        /// Private key (PKCS#8 PEM); else the variable `STRAYKEY_SIGNING_KEY` holds it
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        key: Option<PathBuf>,
    },
    /// Write the statement of a bundle to standard output, for others to sign
    Statement {
        /// The folder of the bundle
        bundle: PathBuf,
        /// The bytes that are signed: the statement in the pre-authentication encoding of DSSE
        #[arg(long)]
        pae: bool,
    },
    /// Put a signature that others made of `statement --pae` into a bundle, after checking it
    AttachSignature {
        /// The folder of the bundle
        bundle: PathBuf,
        /// The signature: 64 bytes, or base64 or hexadecimal digits of them; `-` is standard input
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        signature: PathBuf,
        /// The public key (PEM) of the one who signed
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        public_key: PathBuf,
    },
}

/// `straykey evidence series`.
#[derive(Debug, clap::Args)]
pub struct EvidenceSeries {
    /// Folder with bundles in it, at any depth
    #[arg(value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// The units of the ISMS, with what is to be scanned and how often
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub scope: Option<PathBuf>,
    /// Public key (PEM) by which bundles have to be signed; may be repeated, one of them is enough
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Vec<PathBuf>,
    /// The last bundles of an earlier look, as --write-heads wrote them: none of them may be gone
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub heads: Option<PathBuf>,
    /// Write the last bundle of each series to FILE, to be kept where nobody who writes bundles can
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub write_heads: Option<PathBuf>,
    /// The day at whose end scans are late [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_day)]
    pub at: Option<String>,
    /// Layout
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    pub format: ShowFormat,
}

/// `straykey evidence sample`.
#[derive(Debug, clap::Args)]
pub struct EvidenceSample {
    /// A bundle, or a folder with bundles in it
    #[arg(value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// How many
    #[arg(short, long)]
    pub n: usize,
    /// What decides which: choose it after the evidence was made, and write it down
    #[arg(long)]
    pub seed: String,
    /// Layout
    #[arg(long, value_enum, default_value_t = SampleFormat::Csv)]
    pub format: SampleFormat,
}

/// Layouts of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SampleFormat {
    /// A worksheet
    Csv,
    /// JSON
    Json,
}

/// `straykey baseline`.
#[derive(Debug, Subcommand)]
pub enum Baseline {
    /// Tell what a baseline knows: entries by rule and age
    Show {
        /// The baseline file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// The moment against which ages are judged [default: now]
        #[arg(long, value_name = "TIME", value_parser = parse_day)]
        at: Option<String>,
    },
    /// Renew a baseline from a bundle: what the bundle found is known, what it did not find has gone; made where there is none
    Update {
        /// The baseline file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// The bundle
        #[arg(long, value_name = "BUNDLE", value_hint = ValueHint::DirPath)]
        from: PathBuf,
        /// Take in nothing that the baseline does not know yet
        #[arg(long)]
        only_known: bool,
        /// Forget what has gone, so that it is new if it comes back
        #[arg(long)]
        prune: bool,
    },
}

/// `straykey exceptions`.
#[derive(Debug, Subcommand)]
pub enum Exceptions {
    /// Add an exception to a file, which is made where there is none
    Add(Box<ExceptionAdd>),
    /// List the exceptions of a file and whether they hold
    List(ExceptionQuery),
    /// Tell which exceptions of a file do not hold, or end soon; exit code 1 where there are any
    Check {
        /// Which file, and by what it is judged
        #[command(flatten)]
        query: ExceptionQuery,
        /// Also those that end within so many days
        #[arg(long, value_name = "DAYS")]
        expires_within: Option<u32>,
    },
}

/// A file of exceptions, and by what it is judged.
#[derive(Debug, clap::Args)]
pub struct ExceptionQuery {
    /// The file
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The moment against which ends are judged [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_day)]
    pub at: Option<String>,
    /// Configuration with the policy for exceptions; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Vec<PathBuf>,
    /// The units of the ISMS, which names who accepts the risks of each
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub scope: Option<PathBuf>,
    /// The unit
    #[arg(long, value_name = "NAME")]
    pub unit: Option<String>,
}

/// `straykey exceptions add`.
#[derive(Debug, clap::Args)]
pub struct ExceptionAdd {
    /// The file
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Its name, which no other has
    #[arg(long)]
    pub id: String,
    /// Fingerprint of the value, as reports have it; of the place where they have none
    #[arg(long, conflicts_with_all = ["rule", "path"], required_unless_present = "rule")]
    pub fingerprint: Option<String>,
    /// The key of the fingerprint, as reports name it
    #[arg(long)]
    pub key_id: Option<String>,
    /// Id of a rule
    #[arg(long, requires = "path")]
    pub rule: Option<String>,
    /// Pattern of paths
    #[arg(long, requires = "rule")]
    pub path: Option<String>,
    /// Why
    #[arg(long, value_parser = PossibleValuesParser::new(ExceptionReason::NAMES))]
    pub reason: String,
    /// The same in words
    #[arg(long)]
    pub text: String,
    /// Who asks for it
    #[arg(long, value_name = "WHO")]
    pub requested_by: String,
    /// Who approved it
    #[arg(long, value_name = "WHO", requires = "approved_on")]
    pub approved_by: Option<String>,
    /// When
    #[arg(long, value_name = "DAY", requires = "approved_by")]
    pub approved_on: Option<String>,
    /// The last day on which it holds
    #[arg(long, value_name = "DAY")]
    pub expires_on: String,
    /// Where it is discussed
    #[arg(long)]
    pub ticket: Option<String>,
    /// How far the approval can be relied upon
    #[arg(long, value_parser = PossibleValuesParser::new(Grade::NAMES))]
    pub grade: Option<String>,
}

/// `straykey triage`.
#[derive(Debug, Subcommand)]
pub enum Triage {
    /// Record a decision at the end of a file, which is made where there is none
    Add(TriageAdd),
    /// List the decisions of a file
    List {
        /// The file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
}

/// `straykey triage add`.
#[derive(Debug, clap::Args)]
pub struct TriageAdd {
    /// The file
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Fingerprint of the value, as reports have it; of the place where they have none
    #[arg(long)]
    pub fingerprint: String,
    /// The key of the fingerprint, as reports name it
    #[arg(long)]
    pub key_id: String,
    /// What was found
    #[arg(long, value_parser = PossibleValuesParser::new(Decision::NAMES))]
    pub decision: String,
    /// Who found it
    #[arg(long, value_name = "WHO")]
    pub by: String,
    /// How far that can be relied upon
    #[arg(long, default_value = "claimed", value_parser = PossibleValuesParser::new(Grade::NAMES))]
    pub grade: String,
    /// Remarks
    #[arg(long)]
    pub note: Option<String>,
    /// Where it is dealt with
    #[arg(long)]
    pub ticket: Option<String>,
}

/// `straykey controls report`.
#[derive(Debug, clap::Args)]
pub struct ControlsReport {
    /// A bundle, or a folder with bundles in it at any depth
    #[arg(required = true, value_hint = ValueHint::DirPath)]
    pub bundles: Vec<PathBuf>,
    /// Layout
    #[arg(long, value_enum, default_value_t = ControlsFormat::Text)]
    pub format: ControlsFormat,
    /// Write to this file in place of standard output
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Public key (PEM) by which bundles have to be signed; may be repeated, one of them is enough
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Vec<PathBuf>,
    /// The units of the ISMS: which of their repositories and branches have no bundle; owners and risks of the OSCAL plan
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub scope: Option<PathBuf>,
    /// The day on which ages and ends are judged [default: today]
    #[arg(long, value_name = "TIME", value_parser = parse_day)]
    pub at: Option<String>,
}

/// Layouts of the control view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ControlsFormat {
    /// For people
    Text,
    /// Schema straykey/control-report/v1
    Json,
    /// One HTML page, with the course of each series
    Html,
    /// Evidence columns for a statement of applicability, CSV
    Soa,
    /// OSCAL assessment results, JSON
    OscalAr,
    /// OSCAL plan of action and milestones, JSON; with what people decided: `straykey register export`
    OscalPoam,
}
