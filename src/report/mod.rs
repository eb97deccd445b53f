//! Reports: what a scan found, in the formats that people and machines read.
//!
//! A [`Report`] is complete and sorted before a format sees it. Formats compute nothing but layout, so that all of
//! them tell the same story; none of them carries a clock, a thread count or a command line, so that equal inputs give
//! equal bytes. GitLab's schema alone wants the times of the scan; they are handed in.

pub mod annotations;
mod ci;
pub mod codeclimate;
pub mod csv;
pub mod file;
pub mod gitlab;
pub mod json;
pub mod junit;
pub mod markdown;
pub(crate) mod markup;
pub mod pretty;
#[cfg(test)]
pub(crate) mod sample;
pub mod sarif;
mod standing;
mod words;

use std::path::PathBuf;

pub use crate::blob::GitInfo;
pub use crate::finding::{KeyInfo, Keyed};

use crate::finding::{Attempt, Bypass, Comparison, Confidence, ExceptionOutcome, Finding};
use crate::gap::{Coverage, Exclusion, Gap};
use crate::slot::Slot;

/// All that formats may tell.
#[derive(Debug)]
pub struct Report {
    /// What was scanned, in the order of the command line.
    pub targets: Vec<Target>,
    /// Findings at or above the confidence asked for, sorted by severity (worst first), rule and first place.
    pub findings: Vec<Finding>,
    /// How many places were found but withheld for their confidence.
    pub withheld: u64,
    /// The confidence below which places were withheld.
    pub min_confidence: Confidence,
    /// Places that need a credential and do not hold one in the open, sorted.
    pub slots: Vec<Slot>,
    /// What was read.
    pub coverage: Coverage,
    /// What could not be read, sorted.
    pub gaps: Vec<Gap>,
    /// What was left out by policy, sorted.
    pub exclusions: Vec<Exclusion>,
    /// The key of the fingerprints.
    pub key: KeyInfo,
    /// The verdict.
    pub outcome: Outcome,
    /// What it was held against.
    pub comparison: Option<Comparison>,
    /// The exceptions that the operator named, sorted by id, with what came of them.
    pub exceptions: Vec<ExceptionOutcome>,
    /// What the change that was scanned would have had obeyed, sorted.
    pub attempts: Vec<Attempt>,
    /// Why the exit code is 0 whatever was found.
    pub bypass: Option<Bypass>,
    /// Hints for the operator, such as a configuration file in the tree that was not obeyed.
    pub notes: Vec<String>,
}

impl Report {
    /// What the process ends with: that of the outcome, unless the operator lets the scan pass all the same.
    pub fn exit_code(&self) -> u8 {
        if self.bypass.is_some() { 0 } else { self.outcome.exit_code() }
    }
}

/// One target of the scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As given on the command line; `-` for standard input.
    pub given: PathBuf,
    /// What it is.
    pub kind: TargetKind,
    /// The git work tree it lies in.
    pub git: Option<GitInfo>,
}

named! {
    /// Kinds of targets.
    TargetKind {
        /// A directory tree.
        Directory = "directory",
        /// One file.
        File = "file",
        /// Standard input.
        Stdin = "stdin",
        /// What `git commit` would record of a directory.
        Staged = "staged",
        /// What the commits of a range introduced below a directory.
        Range = "range",
        /// A bare git repository: the files of its HEAD, or all objects where its history is scanned.
        Repository = "repository",
    }
}

impl TargetKind {
    /// Whether a target of this kind is a change, so that what is not in it may be there all the same.
    pub const fn is_of_changes(self) -> bool {
        matches!(self, Self::Staged | Self::Range)
    }
}

/// How the scan ended. The exit codes are those of the contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Some place fails the scan, by its severity or a gate.
    pub failed: bool,
    /// All of the scope was read, but for exclusions and gaps of classes that do not fail.
    pub complete: bool,
}

impl Outcome {
    /// 0, 1 or 3; what the process ends with is for [`Report::exit_code`].
    pub fn exit_code(self) -> u8 {
        match self {
            Self { failed: true, .. } => 1,
            Self { complete: false, .. } => 3,
            _ => 0,
        }
    }
}
