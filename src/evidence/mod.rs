//! The evidence bundle: a folder that states what a scan covered, with which rules and settings, what it found and what
//! that says of controls, and that shows any later change to it.
//!
//! | part | what it is |
//! | --- | --- |
//! | `evidence.jsonl` | the records, one a line, each naming the hash of the one before ([`chain`]) |
//! | `results.sarif` | the findings as SARIF |
//! | `manifest.json` | size and SHA-256 of each part, and the head of the chain |
//! | `statement.intoto.json` | an in-toto Statement v1 whose subject is the manifest |
//! | `statement.dsse.json` | signatures of the statement, where there are any ([`sign`]) |
//! | `statement.tsr` | the answer of a time stamping authority about those, where there is one |
//!
//! Every part that we make is canonical JSON (RFC 8785) but the SARIF, so that a part has one spelling and can be made again
//! from what it says. `docs/evidence.md` says what a bundle proves and what it does not.

mod bundle;
pub mod chain;
pub mod circumstances;
pub mod compare;
mod manifest;
pub mod reading;
mod record;
pub mod sample;
pub mod series;
pub mod sign;
mod timestamp;
mod verify;

pub use bundle::{BundleError, Evidence, check_free, reading_of, write_bundle};
pub use record::{
    Basis, Ci, Claim, Configuration, ConfigurationFile, Previous, RunContext, TargetContext, ToolIdentity,
};
pub use timestamp::{TimeStamp, TimeStampError, verify_time_stamp};
pub use verify::{Bundle, Disagreement, ReadError, Verified, first_line, verify};

/// The file of the records.
pub const RECORDS: &str = "evidence.jsonl";
/// The file of the results.
pub const RESULTS: &str = "results.sarif";
/// The file that names the others.
pub const MANIFEST: &str = "manifest.json";
/// The statement over the manifest.
pub const STATEMENT: &str = "statement.intoto.json";
/// The signatures of the statement.
pub const ENVELOPE: &str = "statement.dsse.json";
/// An outside time stamp.
pub const STAMP: &str = "statement.tsr";

#[cfg(test)]
mod tests;
