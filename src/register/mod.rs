//! The risk register: one scenario a credential, fed by evidence, kept by people.
//!
//! | part | what it is |
//! | --- | --- |
//! | `register.csv` | a row for each scenario (`row`), in columns of which each has one keeper ([`columns`]) |
//! | `register.journal.jsonl` | a chain of records of all that became of the rows ([`journal`]) |
//!
//! Rows are made from bundles of evidence (`update`), are judged on a day (`assess`), are closed and never deleted. What people
//! wrote stays as they wrote it.

mod assess;
mod attest;
pub mod columns;
mod days;
mod error;
pub mod export;
pub mod journal;
mod observe;
mod owners;
mod row;
mod scenario;
mod table;
mod told;
mod update;

pub use assess::Setting;
pub use error::RegisterError;
pub use journal::{Access, Attestation, Journal, JournalError, SeriesRetired, Settings};
pub use owners::{Directory, Owners, OwnersError, Unit, Units};
pub use row::{
    Acceptance, Attested, Condition, Covered, Decided, Dismissal, Kept, Observation, Rotation, Row, Said, Seen,
    SeriesFacts, Status, UNASSIGNED,
};
pub use table::{Scales, Table, TableError};
pub use update::{Act, Changes, Register, scenario_id, scenarios};

#[cfg(test)]
mod tests;
