//! The control catalogue: the 93 controls of ISO/IEC 27002:2022 with their attributes.
//!
//! Numbers, titles and attribute values only; the standard's guidance is neither here nor needed.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::problem::{LoadError, Problem, duplicates};

/// Name under which errors speak of the embedded data.
const FILE: &str = "patterns/controls/iso27002.toml";

/// A catalogue of controls.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The edition, as reports print it.
    pub edition: String,
    /// The controls in the order of their numbers.
    #[serde(rename = "control")]
    pub controls: Vec<Control>,
}

/// One control.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Number such as `5.17`. Annex A of ISO/IEC 27001:2022 calls the same control A.5.17.
    pub number: String,
    /// Title as the standard prints it.
    pub title: String,
    /// The clause it stands in.
    pub theme: Theme,
    /// When it acts on the risk.
    pub control_type: Vec<ControlType>,
    /// Which properties of information it preserves.
    pub cia: Vec<Property>,
    /// Where it stands in the sequence from identifying to recovering.
    pub cybersecurity_concepts: Vec<Concept>,
    /// The practitioner's view.
    pub operational_capabilities: Vec<Capability>,
    /// The domain view.
    pub security_domains: Vec<Domain>,
    /// The controls of the 2013 edition it continues, such as `A.9.2.4`; empty for the eleven new ones.
    pub predecessors_2013: Vec<String>,
}

named! {
    /// The four clauses of the standard.
    Theme {
        /// Clause 5.
        Organizational = "organizational",
        /// Clause 6.
        People = "people",
        /// Clause 7.
        Physical = "physical",
        /// Clause 8.
        Technological = "technological",
    }
}

named! {
    /// When a control acts.
    ControlType {
        /// Before an incident.
        Preventive = "preventive",
        /// While it happens.
        Detective = "detective",
        /// Afterwards.
        Corrective = "corrective",
    }
}

named! {
    /// The properties of information that a control preserves.
    Property {
        /// Not open to the unauthorised.
        Confidentiality = "confidentiality",
        /// Complete and unaltered.
        Integrity = "integrity",
        /// There when needed.
        Availability = "availability",
    }
}

named! {
    /// The five cybersecurity concepts of ISO/IEC TS 27110.
    Concept {
        /// Know what is at risk.
        Identify = "identify",
        /// Keep it safe.
        Protect = "protect",
        /// Notice what happens.
        Detect = "detect",
        /// Act on it.
        Respond = "respond",
        /// Return to normal.
        Recover = "recover",
    }
}

named! {
    /// The fifteen operational capabilities.
    Capability {
        /// Governance.
        Governance = "governance",
        /// Asset management.
        AssetManagement = "asset-management",
        /// Information protection.
        InformationProtection = "information-protection",
        /// Human resource security.
        HumanResourceSecurity = "human-resource-security",
        /// Physical security.
        PhysicalSecurity = "physical-security",
        /// System and network security.
        SystemAndNetworkSecurity = "system-and-network-security",
        /// Application security.
        ApplicationSecurity = "application-security",
        /// Secure configuration.
        SecureConfiguration = "secure-configuration",
        /// Identity and access management.
        IdentityAndAccessManagement = "identity-and-access-management",
        /// Threat and vulnerability management.
        ThreatAndVulnerabilityManagement = "threat-and-vulnerability-management",
        /// Continuity.
        Continuity = "continuity",
        /// Supplier relationships security.
        SupplierRelationshipsSecurity = "supplier-relationships-security",
        /// Legal and compliance.
        LegalAndCompliance = "legal-and-compliance",
        /// Information security event management.
        InformationSecurityEventManagement = "information-security-event-management",
        /// Information security assurance.
        InformationSecurityAssurance = "information-security-assurance",
    }
}

named! {
    /// The four security domains.
    Domain {
        /// Governance and ecosystem.
        GovernanceAndEcosystem = "governance-and-ecosystem",
        /// Protection.
        Protection = "protection",
        /// Defence.
        Defence = "defence",
        /// Resilience.
        Resilience = "resilience",
    }
}

impl Catalogue {
    /// The catalogue that comes with this build.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<Catalogue> = LazyLock::new(|| {
            Catalogue::parse(include_str!("../../patterns/controls/iso27002.toml"), FILE)
                .expect("embedded data parses: a unit test loads it")
        });
        &EMBEDDED
    }

    /// Reads a catalogue from TOML; `file` is the name that an error gives.
    ///
    /// # Errors
    ///
    /// The text is no TOML, a key is unknown or missing, or an attribute has a value that the standard does not know.
    pub fn parse(text: &str, file: &str) -> Result<Self, LoadError> {
        toml::from_str(text).map_err(|source| LoadError { file: file.to_owned(), source })
    }

    /// The control with this number, such as `5.17`.
    pub fn control(&self, number: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.number == number)
    }

    /// What does not hold together: repeated or malformed numbers, a theme other than the number says, no attributes.
    pub fn validate(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for number in duplicates(self.controls.iter().map(|control| control.number.as_str())) {
            problems.push(Problem::Duplicate { at: self.edition.clone(), id: number.to_owned() });
        }
        for control in &self.controls {
            let at = || format!("control {}", control.number);
            let clause = match control.theme {
                Theme::Organizational => 5,
                Theme::People => 6,
                Theme::Physical => 7,
                Theme::Technological => 8,
            };
            if parse_number(&control.number).is_none_or(|(given, _)| given != clause) {
                problems.push(Problem::Malformed { at: at(), value: control.number.clone() });
            }
            for (what, empty) in [
                ("title", control.title.is_empty()),
                ("control_type", control.control_type.is_empty()),
                ("cia", control.cia.is_empty()),
                ("cybersecurity_concepts", control.cybersecurity_concepts.is_empty()),
                ("operational_capabilities", control.operational_capabilities.is_empty()),
                ("security_domains", control.security_domains.is_empty()),
            ] {
                if empty {
                    problems.push(Problem::Missing { at: at(), what: what.to_owned() });
                }
            }
        }
        problems
    }
}

/// Key that sorts control numbers as numbers (5.9 before 5.17). What is no number comes last.
pub fn number_order(number: &str) -> (u8, u8) {
    parse_number(number).unwrap_or((u8::MAX, u8::MAX))
}

/// Clause and position of `5.17`; no signs, no leading zeros.
fn parse_number(number: &str) -> Option<(u8, u8)> {
    let part = |text: &str| {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        if plain { text.parse().ok() } else { None }
    };
    let (clause, position) = number.split_once('.')?;
    Some((part(clause)?, part(position)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_data_holds_together() {
        assert_eq!(Catalogue::embedded().validate(), []);
        assert_eq!(Catalogue::embedded().edition, "ISO/IEC 27002:2022");
    }

    #[test]
    fn themes_have_their_counts() {
        let catalogue = Catalogue::embedded();
        let count = |theme| catalogue.controls.iter().filter(|control| control.theme == theme).count();
        let counts: Vec<usize> = Theme::ALL.iter().map(|theme| count(*theme)).collect();
        assert_eq!(counts, [37, 8, 14, 34]);
        assert_eq!(catalogue.controls.len(), 93);
    }

    #[test]
    fn numbers_run_without_a_hole() {
        let numbers: Vec<_> =
            Catalogue::embedded().controls.iter().map(|control| number_order(&control.number)).collect();
        let expect: Vec<_> = [(5, 37), (6, 8), (7, 14), (8, 34)]
            .into_iter()
            .flat_map(|(clause, last)| (1..=last).map(move |position| (clause, position)))
            .collect();
        assert_eq!(numbers, expect);
    }

    #[test]
    fn predecessors_cover_the_2013_edition() {
        let controls = &Catalogue::embedded().controls;
        let all: Vec<&str> =
            controls.iter().flat_map(|control| &control.predecessors_2013).map(String::as_str).collect();
        assert_eq!(duplicates(all.iter().copied()), ["A.18.2.3"]);
        assert_eq!(all.len(), 115);
        assert_eq!(controls.iter().filter(|control| control.predecessors_2013.is_empty()).count(), 11);
    }

    #[test]
    fn lookup_is_by_exact_number() {
        let catalogue = Catalogue::embedded();
        assert_eq!(catalogue.control("5.17").unwrap().title, "Authentication information");
        assert_eq!(catalogue.control("8.24").unwrap().theme, Theme::Technological);
        for number in ["5.170", "5", "", "A.5.17", "5.1 "] {
            assert!(catalogue.control(number).is_none(), "{number:?}");
        }
    }

    #[test]
    fn numbers_sort_as_numbers() {
        let mut numbers = ["8.3", "5.17", "8.24", "x", "5.9"];
        numbers.sort_by_key(|number| number_order(number));
        assert_eq!(numbers, ["5.9", "5.17", "8.3", "8.24", "x"]);
        for bad in ["5.+1", "5.01", "05.1", "5.", ".1", "5", "5.1.1", "5.300"] {
            assert_eq!(parse_number(bad), None, "{bad}");
        }
    }

    #[test]
    fn validation_reports_each_defect() {
        let mut broken = Catalogue::embedded().clone();
        broken.controls[0].number = "8.1".to_owned();
        broken.controls[1].cia.clear();
        let problems = broken.validate();
        assert_eq!(problems.len(), 3, "{problems:?}");
    }

    #[test]
    fn foreign_attribute_values_are_refused() {
        let text = r#"
            edition = "x"
            [[control]]
            number = "5.1"
            title = "t"
            theme = "astral"
        "#;
        let error = Catalogue::parse(text, "mine.toml").unwrap_err().to_string();
        assert!(error.contains("astral"), "{error}");
    }
}
