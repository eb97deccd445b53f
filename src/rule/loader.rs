//! The loader of rule files, from their text to rules that are proven to be reached. Compiled into the library for the
//! rules of operators, and into the build script for the built-in ones; so it uses nothing but its own folder and
//! [`crate::severity`].

pub mod assign;
mod compact;
mod file;
pub mod form;
pub mod lane;
pub mod load;
mod model;
pub mod shape;
pub(crate) mod syntax;
pub mod token_check;

pub use form::Form;
pub use load::{LoadError, LoadedRule, load_folder, load_text};
pub use model::{
    Attested, Boundary, Check, GENERIC, IdentityKind, Liveness, Named, NearMiss, Part, PartKind, Provider, Rule, Trim,
};
pub use syntax::ByteSet;
