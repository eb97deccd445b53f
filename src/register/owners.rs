//! Who is to put findings right: a file in which the operator maps places to people, and what the scope says of units.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

use super::row::UNASSIGNED;
use crate::evidence::series::repository_name;
use crate::govern::{Criticality, Visibility};

/// What the scope says of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Who puts findings right.
    pub owner: Option<String>,
    /// Who accepts its risks.
    pub risk_owner: Option<String>,
    /// Who can read what is scanned.
    pub visibility: Option<Visibility>,
    /// How much would be lost.
    pub criticality: Option<Criticality>,
}

/// The units of the scope, by name.
pub type Units = BTreeMap<String, Unit>;

/// The operator's mapping of places to people.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    file: String,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    unit: Option<String>,
    repository: Option<String>,
    path: Option<GlobMatcher>,
    owner: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    owner: Vec<Stated>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    unit: Option<String>,
    repository: Option<String>,
    path: Option<String>,
    owner: String,
}

/// A mapping that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OwnersError {
    /// It is no TOML of this form.
    #[error("{file}: {source}")]
    Toml {
        /// The file.
        file: String,
        /// What the parser objects to, with the line.
        source: toml::de::Error,
    },
    /// An entry cannot be used.
    #[error("{file}: entry {entry}: {what}")]
    Entry {
        /// The file.
        file: String,
        /// Its number, from 1.
        entry: usize,
        /// What is wrong.
        what: String,
    },
}

impl Owners {
    /// Reads a mapping from TOML; `file` is how messages call it.
    ///
    /// # Errors
    ///
    /// It is no TOML of this form, or a pattern is none.
    pub fn parse(text: &str, file: &str) -> Result<Self, OwnersError> {
        let parsed: File =
            toml::from_str(text).map_err(|source| OwnersError::Toml { file: file.to_owned(), source })?;
        let mut entries = Vec::new();
        for (number, stated) in (1..).zip(parsed.owner) {
            let fail = |what: String| OwnersError::Entry { file: file.to_owned(), entry: number, what };
            if stated.owner.trim().is_empty() {
                return Err(fail("`owner` is empty".to_owned()));
            }
            let path = match stated.path {
                None => None,
                Some(pattern) => {
                    let deep = if pattern.contains('/') { pattern } else { format!("**/{pattern}") };
                    let glob = GlobBuilder::new(&deep).literal_separator(true).build();
                    Some(glob.map_err(|error| fail(error.kind().to_string()))?.compile_matcher())
                }
            };
            let repository = stated.repository.as_deref().map(repository_name);
            entries.push(Entry { unit: stated.unit, repository, path, owner: stated.owner });
        }
        Ok(Self { file: file.to_owned(), entries })
    }

    /// The owner of a place, with where that is said: the first entry all of whose conditions hold.
    fn of(&self, unit: Option<&str>, repository: Option<&str>, path: &str) -> Option<(String, String)> {
        let holds = |entry: &Entry| {
            entry.unit.as_deref().is_none_or(|wanted| unit == Some(wanted))
                && entry.repository.as_deref().is_none_or(|wanted| repository == Some(wanted))
                && entry.path.as_ref().is_none_or(|wanted| wanted.is_match(path))
        };
        let found = self.entries.iter().position(holds)?;
        Some((self.entries[found].owner.clone(), format!("{}, entry {}", self.file, found + 1)))
    }
}

/// Where owners and circumstances of units are looked up.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// The operator's mapping.
    pub owners: Owners,
    /// The units of the scope.
    pub units: Units,
}

impl Directory {
    /// Who is to put right what lies at `path`, and where that is said: the operator's mapping before what `evidence` has, before the
    /// owner of the unit.
    pub(super) fn owner(
        &self,
        unit: Option<&str>,
        repository: Option<&str>,
        path: &str,
        evidence: Option<&(String, String)>,
    ) -> (String, String) {
        let of_unit = || {
            let owner = self.units.get(unit?)?.owner.clone()?;
            Some((owner, "scope".to_owned()))
        };
        self.owners
            .of(unit, repository, path)
            .or_else(|| evidence.cloned())
            .or_else(of_unit)
            .unwrap_or_else(|| (UNASSIGNED.to_owned(), String::new()))
    }

    /// What the scope says of a unit.
    pub(super) fn unit(&self, unit: Option<&str>) -> Option<&Unit> {
        self.units.get(unit?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[[owner]]\nrepository = \"https://git.example.org/a.git\"\npath = \"*.tf\"\nowner = \"infra\"\n\
                        [[owner]]\nunit = \"shop\"\nowner = \"shop team\"\n";

    #[test]
    fn the_first_that_holds_counts() {
        let directory = Directory {
            owners: Owners::parse(FILE, "owners.toml").unwrap(),
            units: Units::from([("pay".to_owned(), Unit { owner: Some("pay team".to_owned()), ..Unit::default() })]),
        };
        let owner = |unit, repository, path| directory.owner(unit, repository, path, None);
        let said = |owner: &str, source: &str| (owner.to_owned(), source.to_owned());
        let a = Some("git.example.org/a");
        assert_eq!(owner(Some("shop"), a, "x/main.tf"), said("infra", "owners.toml, entry 1"));
        assert_eq!(owner(Some("shop"), a, "x/main.rs"), said("shop team", "owners.toml, entry 2"));
        assert_eq!(owner(Some("pay"), a, "main.rs"), said("pay team", "scope"));
        assert_eq!(owner(None, None, "main.rs"), said(UNASSIGNED, ""));
        let evidence = said("@team", "CODEOWNERS, line 3");
        assert_eq!(directory.owner(Some("pay"), a, "main.rs", Some(&evidence)), evidence);
        assert_eq!(directory.owner(Some("shop"), a, "main.rs", Some(&evidence)).0, "shop team");
    }

    #[test]
    fn faults_have_their_place() {
        for (text, part) in [
            ("[[owner]]\nownr = \"x\"\n", "line 2"),
            ("[[owner]]\nowner = \" \"\n", "entry 1"),
            ("[[owner]]\nowner = \"x\"\n[[owner]]\nowner = \"y\"\npath = \"[\"\n", "entry 2"),
        ] {
            let error = Owners::parse(text, "owners.toml").unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("owners.toml"), "{error}");
        }
    }
}
