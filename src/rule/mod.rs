//! Rules: the data, its loader, and the proof that the engine's lanes reach each of them. Knows nothing of the bytes
//! that are scanned.

pub mod draw;
pub mod import;
#[path = "loader.rs"]
mod loader;
mod set;

pub use loader::{
    Attested, Boundary, ByteSet, Check, Form, GENERIC, IdentityKind, Liveness, LoadError, LoadedRule, Named, NearMiss,
    Part, PartKind, Provider, Rule, Trim, assign, form, lane, load, load_folder, load_text, shape, token_check,
};
pub use set::{RuleOverride, RuleSet};
