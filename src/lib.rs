//! straykey finds secrets of non-human identities that lie outside vaults, and maps each to the controls of ISO/IEC
//! 27002 that it is evidence about.
//!
//! The scanner half ([`source`], [`rule`], [`detect`], [`check`], [`finding`], [`scan`]) turns bytes into findings and
//! knows nothing of standards; the other half ([`nhi`], [`govern`], [`report`], [`evidence`]) turns findings into evidence and never
//! sees a byte of input. `ARCHITECTURE.md` is the map.
//!
//! ```
//! use straykey::detect::Engine;
//! use straykey::rule::RuleSet;
//! use straykey::scan::{Scanner, scan_text};
//!
//! let scanner = Scanner::new(Engine::new(RuleSet::embedded()));
//! let token = ["gh", "p_", "0123abcdefghij4567ABCDEFGHIJ89zyxwvu"].concat();
//! let hits = scan_text(&scanner, &mut scanner.scratch(), &format!("token = \"{token}\""));
//! assert_eq!(hits[0].rule.provider.id, "github");
//! assert!(hits[0].value.is_none(), "values are only kept where the operator asks for them");
//! ```

#[macro_use]
mod named;

pub mod blob;
pub mod check;
pub mod cli;
pub mod detect;
pub mod evidence;
pub mod finding;
pub mod gap;
pub mod govern;
pub mod nhi;
pub mod oscal;
pub mod page;
pub mod register;
pub mod report;
pub mod rule;
pub mod scan;
pub mod secret;
pub mod severity;
pub mod slot;
pub mod source;
pub mod span;
pub mod view;
mod words;
