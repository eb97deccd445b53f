//! The lists of ids besides the controls: CWE, OWASP Non-Human Identities Top 10, NIST CSF 2.0.

use std::sync::LazyLock;

use serde::Deserialize;

use super::problem::{LoadError, Problem, duplicates};

/// Name under which errors speak of the embedded data.
const FILE: &str = "patterns/controls/taxonomies.toml";

/// All taxonomies that a crosswalk may refer to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taxonomies {
    /// MITRE Common Weakness Enumeration; ids such as `CWE-798`.
    pub cwe: Taxonomy,
    /// OWASP Non-Human Identities Top 10; ids such as `NHI2:2025`.
    pub nhi: Taxonomy,
    /// NIST Cybersecurity Framework; ids of subcategories such as `PR.AA-01`, titles in this project's words.
    pub csf: Taxonomy,
}

/// One list of ids.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taxonomy {
    /// Name as reports print it.
    pub name: String,
    /// Version or edition.
    pub version: String,
    /// The entries in use, not all that the taxonomy has.
    pub entries: Vec<Term>,
}

/// One entry of a taxonomy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Official id.
    pub id: String,
    /// Official name, but for CSF a short form of our own.
    pub title: String,
}

impl Taxonomies {
    /// The taxonomies that come with this build.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<Taxonomies> = LazyLock::new(|| {
            Taxonomies::parse(include_str!("../../patterns/controls/taxonomies.toml"), FILE)
                .expect("embedded data parses: a unit test loads it")
        });
        &EMBEDDED
    }

    /// Reads taxonomies from TOML; `file` is the name that an error gives.
    ///
    /// # Errors
    ///
    /// The text is no TOML, or a key is unknown or missing.
    pub fn parse(text: &str, file: &str) -> Result<Self, LoadError> {
        toml::from_str(text).map_err(|source| LoadError { file: file.to_owned(), source })
    }

    /// What does not hold together: repeated ids, CSF ids that are not in the official form.
    pub fn validate(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for taxonomy in [&self.cwe, &self.nhi, &self.csf] {
            for id in duplicates(taxonomy.entries.iter().map(|term| term.id.as_str())) {
                problems.push(Problem::Duplicate { at: taxonomy.name.clone(), id: id.to_owned() });
            }
        }
        for term in &self.csf.entries {
            if normalise_csf(&term.id).as_deref() != Some(&term.id) {
                problems.push(Problem::Malformed { at: self.csf.name.clone(), value: term.id.clone() });
            }
        }
        problems
    }
}

impl Taxonomy {
    /// The entry with this id.
    pub fn get(&self, id: &str) -> Option<&Term> {
        self.entries.iter().find(|term| term.id == id)
    }
}

/// The official form of a CSF 2.0 subcategory id: upper case, two digits. `GV.OC-1` and `gv.oc-01` are both taken for
/// `GV.OC-01`. None if the text is no such id. Form and function are checked, not that the subcategory exists.
pub fn normalise_csf(id: &str) -> Option<String> {
    const FUNCTIONS: [&str; 6] = ["GV", "ID", "PR", "DE", "RS", "RC"];
    let (function, rest) = id.trim().split_once('.')?;
    let (category, number) = rest.split_once('-')?;
    let function = function.to_ascii_uppercase();
    let well_formed = FUNCTIONS.contains(&function.as_str())
        && category.len() == 2
        && category.bytes().all(|byte| byte.is_ascii_alphabetic())
        && matches!(number.len(), 1 | 2)
        && number.bytes().all(|byte| byte.is_ascii_digit());
    // `parse` alone would take a sign, too.
    let number: u8 = if well_formed {
        number.parse().ok()?
    } else {
        return None;
    };
    (number > 0).then(|| format!("{function}.{}-{number:02}", category.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_data_holds_together() {
        let taxonomies = Taxonomies::embedded();
        assert_eq!(taxonomies.validate(), []);
        assert_eq!(taxonomies.nhi.entries.len(), 10);
        for (index, term) in taxonomies.nhi.entries.iter().enumerate() {
            assert_eq!(term.id, format!("NHI{}:2025", index + 1));
        }
        let hard_coded = taxonomies.cwe.get("CWE-798").unwrap();
        assert_eq!(hard_coded.title, "Use of Hard-coded Credentials");
    }

    #[test]
    fn ids_that_consumers_refuse_are_not_in_the_list() {
        for id in ["CWE-16", "CWE-320", "CWE-200", "CWE-284"] {
            assert_eq!(Taxonomies::embedded().cwe.get(id), None, "{id}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        let text = "[cwe]\nname = 'CWE'\nversion = '1'\nentries = []\ncolour = 'red'\n";
        let error = Taxonomies::parse(text, "mine.toml").unwrap_err().to_string();
        assert!(error.starts_with("mine.toml: ") && error.contains("colour"), "{error}");
    }

    #[test]
    fn csf_ids_get_their_official_form() {
        for (given, expect) in [
            ("GV.OC-1", Some("GV.OC-01")),
            ("GV.OC-01", Some("GV.OC-01")),
            ("pr.aa-1", Some("PR.AA-01")),
            (" ID.IM-3 ", Some("ID.IM-03")),
            ("RS.MA-10", Some("RS.MA-10")),
            ("RC.RP-5", Some("RC.RP-05")),
            ("GV.OC", None),
            ("GV.OC-", None),
            ("GV.OC-0", None),
            ("GV.OC-00", None),
            ("GV.OC-001", None),
            ("GV.OC-+1", None),
            ("GV.OC-1a", None),
            ("GV.OCX-1", None),
            ("GV.1C-1", None),
            ("XX.OC-1", None),
            ("GVOC-1", None),
            ("", None),
        ] {
            assert_eq!(normalise_csf(given).as_deref(), expect, "{given:?}");
        }
    }

    #[test]
    fn validation_reports_each_defect() {
        let mut broken = Taxonomies::embedded().clone();
        broken.csf.entries[0].id = "GV.OC-1".to_owned();
        let repeated = broken.cwe.entries[0].clone();
        broken.cwe.entries.push(repeated);
        assert_eq!(broken.validate().len(), 2);
    }
}
