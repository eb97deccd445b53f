//! From findings to controls: the control catalogue, the crosswalk from finding kinds to controls and other frameworks,
//! and the context that the place of a finding adds.
//!
//! Inputs are kinds (names that rules carry), paths and severities. Nothing here sees scanned bytes, and nothing here
//! says that a control passes or fails: a [`Mapping`] names the controls that a finding is evidence about, each with a
//! [`Role`] and a reason.
//!
//! The data is embedded from `patterns/controls`. `docs/controls.md` says what it was checked against.

mod assess;
pub mod bearing;
pub mod catalogue;
pub mod crosswalk;
pub mod gate;
pub mod modifier;
pub mod problem;
pub mod risk;
pub mod state;
pub mod taxonomy;

pub use assess::{assess, mapping_at, mapping_of, modifiers_at};
pub use bearing::{Bearing, Subject};
pub use catalogue::{Catalogue, Control};
pub use crosswalk::{ControlRef, Crosswalk, Kind, Mapping, Role, effective_severity};
pub use gate::{Environment, Gate, Policy};
pub use modifier::{LiveOrProduction, ModifierId, ModifierSet, modifiers_of_path};
pub use problem::{LoadError, Problem};
pub use risk::{Criticality, RiskModel, Visibility};
pub use state::{ControlState, KindRules, State, Tested, control_states};
pub use taxonomy::{Taxonomies, Taxonomy, Term, normalise_csf};
