//! Findings: one secret by one rule at one or more places, with fingerprints that survive edits.

pub mod baseline;
pub mod exception;
pub mod fingerprint;
mod group;
mod ignore;
pub mod merge;
mod model;
mod standing;

pub use crate::check::token::{Fact, fact_name};
pub use crate::check::{Effect, Reason};
pub use crate::severity::{Confidence, Severity};
pub use fingerprint::{FingerprintKey, KeyInfo, Keyed};
pub use group::{Hit, group};
pub use ignore::{IgnorePolicy, inline_ignore};
pub use model::{CommitRef, Finding, Fingerprint, InlineIgnore, Lifetime, Occurrence, Ownership};
pub use standing::{
    Absent, AppliedException, Attempt, Bypass, Cause, Change, ChangeState, Comparison, Decision, Exception,
    ExceptionOutcome, ExceptionReason, Grade, Standing, Triage, Verdict,
};
