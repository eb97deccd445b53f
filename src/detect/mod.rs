//! Detection: from the bytes of a blob to matches of rules. Knows rules and bytes, nothing of findings or reports.

mod automata;
#[cfg(target_arch = "x86_64")]
mod avx2;
mod classes;
mod contexts;
mod engine;
mod keywords;
pub mod masks;
mod places;
pub mod prefilter;
mod shapes;
mod tail;

pub use automata::{CompileError, compiles};
pub use engine::{AHEAD, BEHIND, Ended, Engine, Match, Scratch, step_budget};
