//! straykey.

pub mod blob;
pub mod check;
pub mod cli;
pub mod detect;
pub mod finding;
pub mod gap;
pub mod govern;
pub mod nhi;
pub mod report;
pub mod rule;
pub mod scan;
pub mod secret;
pub mod severity;
pub mod source;
pub mod span;
