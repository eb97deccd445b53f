//! Ids: UUIDs of version 5 (RFC 9562, section 5.5), made of names, and tokens.
//!
//! | what | name |
//! | --- | --- |
//! | risk | the scenario, as the register calls it; with it remediations, tasks and entries of its log |
//! | item of the plan | the row of the register |
//! | inventory item, component | the series, and the target in it |
//! | party | its name |
//! | observation, finding, result | the scan, and the record |
//! | document | all scans, and its moment |
//!
//! So risks and what hangs on them are the same over time, and what was seen is new with each scan. No id is there twice in a document.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use uuid::Uuid;

use super::line;
use super::model::Party;
use crate::evidence::reading::{Finding, Reading};
use crate::evidence::series::Subject;
use crate::register::UNASSIGNED;

/// The name space of all of them: a random UUID, drawn once, for ever.
const SPACE: Uuid = Uuid::from_u128(0x4d59_fa3a_fdc0_4e87_a6f8_543a_e0e6_d48f);

/// The id of what is a `kind` and has this name. Parts carry their length, so that no two names run together.
pub(super) fn id(kind: &str, name: &[&str]) -> String {
    let mut whole = kind.to_owned();
    for part in name {
        let _ = write!(whole, "\n{}:{part}", part.len());
    }
    Uuid::new_v5(&SPACE, whole.as_bytes()).to_string()
}

/// The id of a control: a token, which cannot begin with a digit.
pub(super) fn control_id(number: &str) -> String {
    let token = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
    let number: String = number.chars().map(|character| if token(character) { character } else { '_' }).collect();
    format!("a.{number}")
}

/// What names a series.
pub(super) fn series(subject: &Subject) -> [&str; 3] {
    [&subject.unit, &subject.repository, &subject.branch].map(|part| part.as_deref().unwrap_or_default())
}

/// What names a secret over time: the fingerprint of its value; where it has none its place, which is one of its repository.
pub(super) fn secret<'r>(finding: &'r Finding, reading: &'r Reading) -> [&'r str; 2] {
    if let Some(fingerprint) = &finding.fingerprint {
        return ["", fingerprint.as_str()];
    }
    let repository = reading.subject.repository.as_deref().unwrap_or_default();
    [repository, finding.places.first().map_or("", |place| place.place_fingerprint.as_str())]
}

/// The people of a document, each once.
#[derive(Debug, Default)]
pub(super) struct People {
    names: BTreeSet<String>,
}

impl People {
    /// The id of the one called `name`; none where that names nobody.
    pub(super) fn id_of(&mut self, name: &str) -> Option<String> {
        let name = line(name).filter(|name| name != UNASSIGNED)?;
        let id = id("party", &[&name]);
        self.names.insert(name);
        Some(id)
    }

    /// All of them, by name.
    pub(super) fn parties(&self) -> Vec<Party> {
        let party = |name: &String| Party { uuid: id("party", &[name]), kind: kind_of(name), name: name.clone() };
        self.names.iter().map(party).collect()
    }
}

/// A mail address is a person's. Of other names nothing tells; who answers for a repository mostly is a team.
fn kind_of(name: &str) -> &'static str {
    if name.find('@').is_some_and(|at| at > 0) { "person" } else { "organization" }
}
