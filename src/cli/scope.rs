//! `scope.toml`: the units that an ISMS has in scope, with their repositories, owners, and how often they are scanned.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::bail;

use super::config::{
    At, ConfigError, DAYS_MAX, Document, Fault, Kind, Known, Section, Shape, Value, Values, optional, read_strictly,
    required,
};
use super::file::{bytes, name};
use crate::blob::{hex, printable_text};
use crate::evidence::series::{Subject, repository_name};
use crate::govern::{Criticality, Visibility};
use crate::register::Units;

/// All that a scope may say.
pub(super) const SECTIONS: &[Section] = &[
    Section { name: "", shape: Shape::Root, doc: "", keys: &[] },
    Section {
        name: "population",
        shape: Shape::Table,
        doc: "Where the list of repositories comes from, so that somebody else can draw it again: completeness is a claim about \
              that list.",
        keys: &[
            optional(
                "source",
                Kind::Text,
                "none",
                "\"GitHub organisation example, all repositories\"",
                "What was asked.",
            ),
            optional("taken_on", Kind::Date, "none", "2026-01-31", "When."),
            optional("file", Kind::Text, "none", "\"population.csv\"", "The list itself, relative to this file."),
            optional(
                "sha256",
                Kind::Sha256,
                "none",
                "\"0000000000000000000000000000000000000000000000000000000000000000\"",
                "SHA-256 of the list.",
            ),
        ],
    },
    Section {
        name: "unit",
        shape: Shape::List,
        doc: "What is scanned, and who answers for it.",
        keys: &[
            required("name", Kind::Text, "\"payments\"", "As `--unit` and `unit` of the configuration say it."),
            required(
                "repositories",
                Kind::Texts,
                "[\"https://git.example.org/payments/api\"]",
                "URLs of the remote `origin`, as bundles record them.",
            ),
            optional(
                "branches",
                Kind::Texts,
                "[\"main\"]",
                "[\"main\", \"release\"]",
                "Branches of each that are scanned.",
            ),
            required("owner", Kind::Text, "\"payments@example.org\"", "Who puts findings right."),
            required("risk_owner", Kind::Text, "\"cfo@example.org\"", "Who accepts risks."),
            optional(
                "criticality",
                Kind::Choice(Criticality::NAMES),
                "\"medium\"",
                "\"high\"",
                "How much would be lost.",
            ),
            optional(
                "visibility",
                Kind::Choice(Visibility::NAMES),
                "none",
                "\"organisation\"",
                "Who can read the repositories: everybody, the organisation, those who work on them.",
            ),
            required("cadence_days", Kind::Days(DAYS_MAX), "1", "Days after which a scan is late."),
        ],
    },
];

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) name: String,
    pub(super) repositories: Vec<String>,
    pub(super) branches: Vec<String>,
    pub(super) owner: String,
    pub(super) risk_owner: String,
    pub(super) criticality: Criticality,
    pub(super) visibility: Option<Visibility>,
    pub(super) cadence_days: u32,
}

/// Where the list of repositories comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Population {
    pub(super) source: Option<String>,
    pub(super) taken_on: Option<String>,
    pub(super) file: Option<String>,
    pub(super) sha256: Option<String>,
}

/// A scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) population: Population,
    pub(super) units: Vec<Unit>,
}

impl Scope {
    /// The series that there are to be, each with its unit: one for each branch of each repository.
    pub(super) fn expected(&self) -> impl Iterator<Item = (Subject, &Unit)> {
        self.units.iter().flat_map(|unit| {
            let branches = move |repository: &'_ String| {
                let repository = repository_name(repository);
                unit.branches.iter().map(move |branch| {
                    let subject = Subject {
                        unit: Some(unit.name.clone()),
                        repository: Some(repository.clone()),
                        branch: Some(branch.clone()),
                    };
                    (subject, unit)
                })
            };
            unit.repositories.iter().flat_map(branches)
        })
    }

    /// What the register asks of the units, by their names.
    pub(super) fn units(&self) -> Units {
        let known = |unit: &Unit| {
            let facts = crate::register::Unit {
                owner: Some(unit.owner.clone()),
                risk_owner: Some(unit.risk_owner.clone()),
                visibility: unit.visibility,
                criticality: Some(unit.criticality),
            };
            (unit.name.clone(), facts)
        };
        self.units.iter().map(known).collect()
    }
}

/// Reads a scope; `file` is how messages call it.
///
/// # Errors
///
/// All that is wrong with it.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Scope, ConfigError> {
    let rules = BTreeSet::new();
    let known = Known { sections: SECTIONS, rules: &rules, pattern: |_| Ok(()) };
    let Document { settings, mut lists, .. } =
        read_strictly(file, bytes, known).map_err(|faults| ConfigError { faults })?;
    let setting = |key: &str| match settings.get(key).map(|found| &found.value) {
        Some(Value::Text(text)) => Some(text.clone()),
        Some(Value::Sha256(digest)) => Some(hex(digest)),
        _ => None,
    };
    let population = Population {
        source: setting("population.source"),
        taken_on: setting("population.taken_on"),
        file: setting("population.file"),
        sha256: setting("population.sha256"),
    };
    let (mut units, mut faults, mut names) = (Vec::<Unit>::new(), Vec::new(), BTreeSet::new());
    for At { value: values, line } in lists.remove("unit").unwrap_or_default() {
        let unit = unit(&values);
        if !names.insert(unit.name.clone()) {
            let (file, key) = (file.to_owned(), "unit.name".to_owned());
            let message = "a unit before it has the same".to_owned();
            faults.push(Fault { file, place: Some((line, 1)), key, message, line: None });
        }
        units.push(unit);
    }
    if faults.is_empty() { Ok(Scope { population, units }) } else { Err(ConfigError { faults }) }
}

fn unit(values: &Values) -> Unit {
    let found = |key: &str| values.get(key).map(|found| &found.value);
    let text = |key: &str| match found(key) {
        Some(Value::Text(text)) => text.clone(),
        _ => unreachable!("the reader has checked that {key} is there"),
    };
    let texts = |key: &str| match found(key) {
        Some(Value::Texts(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    let name = |key: &str| match found(key) {
        Some(Value::Name(name)) => Some(*name),
        _ => None,
    };
    let branches = match texts("branches") {
        none if none.is_empty() => vec!["main".to_owned()],
        some => some,
    };
    Unit {
        name: text("name"),
        repositories: texts("repositories"),
        branches,
        owner: text("owner"),
        risk_owner: text("risk_owner"),
        criticality: name("criticality").and_then(Criticality::named).unwrap_or(Criticality::Medium),
        visibility: name("visibility").and_then(Visibility::named),
        cadence_days: match found("cadence_days") {
            Some(Value::Number(days)) => u32::try_from(*days).unwrap_or(u32::MAX),
            _ => unreachable!("the reader has checked that cadence_days is there"),
        },
    }
}

/// Reads the scope at `path`.
pub(super) fn load(path: &Path) -> anyhow::Result<Scope> {
    Ok(read(&name(path), &bytes(path)?)?)
}

/// Who accepts the risks of `unit`, as the scope at `path`, which holds `bytes`, says.
pub(super) fn risk_owner(path: &Path, bytes: &[u8], unit: Option<&str>) -> anyhow::Result<Option<String>> {
    let scope = read(&name(path), bytes)?;
    let Some(unit) = unit else {
        bail!("--scope names the risk owner of a unit: --unit, or `unit` of the configuration, is needed")
    };
    match scope.units.into_iter().find(|one| one.name == unit) {
        Some(found) => Ok(Some(found.risk_owner)),
        None => bail!("the scope has no unit `{}`", printable_text(unit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[population]\nsource = \"s\"\ntaken_on = 2026-01-31\n[[unit]]\nname = \"payments\"\n\
                        repositories = [\"https://x/a\", \"https://x/b\"]\nowner = \"o\"\nrisk_owner = \"r\"\n\
                        cadence_days = 7\n";

    #[test]
    fn a_scope_is_read_with_its_defaults() {
        let scope = read("scope.toml", GOOD.as_bytes()).unwrap();
        let unit = &scope.units[0];
        assert_eq!(
            (unit.repositories.len(), &unit.branches[..], unit.criticality),
            (2, &["main".to_owned()][..], Criticality::Medium)
        );
        assert_eq!((unit.cadence_days, scope.population.taken_on.as_deref()), (7, Some("2026-01-31")));
    }

    #[test]
    fn faults_have_their_line() {
        for (from, to, part) in [
            ("[\"https://x/a\", \"https://x/b\"]", "[1]", "scope.toml:6:17"),
            ("cadence_days = 7", "cadence_days = 0", "scope.toml:9:16"),
            ("risk_owner = \"r\"\n", "", "is missing"),
            ("owner = \"o\"", "ownr = \"o\"", "did you mean"),
        ] {
            let error = read("scope.toml", GOOD.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        let twice = format!("{GOOD}{}", &GOOD[GOOD.find("[[unit]]").unwrap()..]);
        assert!(read("s", twice.as_bytes()).unwrap_err().to_string().contains("has the same"));
    }

    #[test]
    fn the_committed_schema_and_table_are_those_of_the_keys() {
        let id = "urn:straykey:schema:scope:v1";
        let schema = crate::cli::config::schema_of(SECTIONS, id, "scope.toml");
        crate::cli::config::assert_committed("docs/schemas/scope-v1.schema.json", &schema);
        crate::cli::config::assert_table("docs/over-time.md", "scope", &crate::cli::config::markdown_of(SECTIONS));
    }
}
