//! Rules: the data, its loader, and the proof that the engine's lanes reach each of them. Knows nothing of the bytes
//! that are scanned.

#[path = "loader.rs"]
mod loader;
mod set;

pub use loader::{
    Boundary, ByteSet, Check, IdentityKind, Liveness, LoadError, LoadedRule, NearMiss, Provider, Rule, Trim, lane,
    load, load_folder, load_text, shape, token_check,
};
pub use set::{RuleOverride, RuleSet};
