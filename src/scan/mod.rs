//! Scanning: one blob ([`scan_blob`], pure), whole targets ([`scan()`], with threads and files), the rules' own
//! samples ([`self_test`]), and canaries ([`plant_canaries`]).

mod accept;
mod before;
mod canary;
mod changes;
mod engine;
mod explain;
mod history;
mod judge;
mod message;
mod passages;
mod pipeline;
mod sample;
mod selftest;
mod versions;

pub use accept::settle;
pub use before::Before;
pub use canary::{Canaries, Canary, CanaryOutcome, Form, plant_canaries};
pub use engine::{Ordinals, Scanner, Scratch, scan_blob};
pub use explain::{Decision, LineTrace, MatchTrace, Outcome, RuleTrace, explain_blob};
pub use history::Cache;
pub use pipeline::{CONFIGURATION, Collected, Options, Progress, Target, scan};
pub use sample::expand;
pub use selftest::{Failure, SelfTest, scan_text, scan_text_at, self_test, stands_for};
