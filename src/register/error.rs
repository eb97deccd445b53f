//! What can be wrong with a register.

use super::journal::JournalError;
use super::table::TableError;

/// A register that cannot be used, or cannot take something in.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The file is damaged.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The journal is damaged.
    #[error("the journal: {0}")]
    Journal(#[from] JournalError),
    /// File and journal do not belong together.
    #[error("{0}")]
    Apart(String),
    /// A bundle is under another key.
    #[error(
        "the bundle {bundle} has fingerprints under the key {found}, and the register is under {wanted}: nothing can be told to be the same"
    )]
    Key {
        /// The bundle.
        bundle: String,
        /// Its key, by its id.
        found: String,
        /// The key of the register.
        wanted: String,
    },
    /// A bundle cannot be taken in.
    #[error("the bundle {bundle} {why}")]
    Bundle {
        /// The bundle.
        bundle: String,
        /// Why, in words that follow its name.
        why: String,
    },
    /// There is no such row.
    #[error("there is no row {0}")]
    NoRow(String),
    /// Something cannot be attested.
    #[error("{0}")]
    Attestation(String),
    /// A series cannot be retired.
    #[error("{0}")]
    Retirement(String),
}
