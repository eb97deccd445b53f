//! Sources: which files are scanned ([`walk`]), and how their content becomes blobs ([`Reader`]). Knows nothing of rules
//! or findings.

mod budget;
mod codeowners;
mod decode;
mod exclude;
pub mod git;
mod ignored;
mod keyfile;
mod names;
mod os;
mod policy;
mod read;
mod sniff;
mod stream;
mod walk;
mod window;

pub use budget::MemoryBudget;
pub use codeowners::{CodeOwners, Owned};
pub use exclude::{PathExclusions, PathPatternError};
pub use os::{digest_of, join, read_file};
pub use read::{Outcome, Reader};
pub use sniff::{LONGEST_TEXT, TELLING, plain_text};
pub use stream::{Stream, open_stream};
pub use walk::{MakeVisitor, Met, Visitor, WalkOptions, WalkSummary, walk};
