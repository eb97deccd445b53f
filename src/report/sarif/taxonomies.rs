//! The taxonomies that results are sorted into: ISO/IEC 27002, OWASP Non-Human Identities Top 10,
//! CWE.
//!
//! A control is no class of results, so rules relate to controls and to the NHI list by `relevant`,
//! and each result repeats those that hold for it (SARIF 2.1.0 section 3.27.8). Weaknesses contain
//! the results of a rule: `superset`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};
use serde_sarif::sarif;
use sha1::{Digest, Sha1};

use super::rules::FiredRules;
use super::{PROJECT, bag, text};
use crate::govern::{Catalogue, Mapping, Taxonomies};
use crate::report::Report;

/// One taxonomy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scheme {
    /// Controls of ISO/IEC 27002.
    Iso27002,
    /// OWASP Non-Human Identities Top 10.
    Nhi,
    /// MITRE CWE. Last, since some consumers take the last weakness they meet for the headline.
    Cwe,
}

impl Scheme {
    const ALL: [Self; 3] = [Self::Iso27002, Self::Nhi, Self::Cwe];

    fn name(self) -> &'static str {
        match self {
            Self::Iso27002 => &Catalogue::embedded().edition,
            Self::Nhi => &Taxonomies::embedded().nhi.name,
            Self::Cwe => &Taxonomies::embedded().cwe.name,
        }
    }

    fn version(self) -> &'static str {
        match self {
            // What stands behind the colon of the edition.
            Self::Iso27002 => self.name().rsplit(':').next().unwrap_or_default(),
            Self::Nhi => &Taxonomies::embedded().nhi.version,
            Self::Cwe => &Taxonomies::embedded().cwe.version,
        }
    }

    /// Who publishes it, where, and what it is.
    fn about(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Iso27002 => (
                "ISO/IEC",
                "https://www.iso.org/standard/75652.html",
                "Information security controls; numbers and titles only.",
            ),
            Self::Nhi => (
                "OWASP",
                "https://owasp.org/www-project-non-human-identities-top-10/",
                "The ten most pressing risks of non-human identities.",
            ),
            Self::Cwe => ("MITRE", "https://cwe.mitre.org/", "Common Weakness Enumeration."),
        }
    }

    fn title(self, id: &str) -> Option<&'static str> {
        let term = match self {
            Self::Iso27002 => {
                return Catalogue::embedded().control(id).map(|control| control.title.as_str());
            }
            Self::Nhi => Taxonomies::embedded().nhi.get(id),
            Self::Cwe => Taxonomies::embedded().cwe.get(id),
        };
        term.map(|term| term.title.as_str())
    }

    /// The guids of the taxonomies are asked for with every taxon of every result.
    fn guid(self) -> &'static str {
        static GUIDS: LazyLock<[String; 3]> =
            LazyLock::new(|| Scheme::ALL.map(|scheme| guid(&format!("taxonomy/{}", scheme.name()))));
        &GUIDS[self as usize]
    }

    fn taxon_guid(self, id: &str) -> String {
        guid(&format!("taxonomy/{}/{id}", self.name()))
    }

    /// How others refer to the taxonomy: by name and guid. An index is only for extensions (section
    /// 3.54.4).
    fn component(self) -> sarif::ToolComponentReference {
        sarif::ToolComponentReference::builder().name(self.name()).guid(self.guid()).build()
    }

    /// How others refer to the taxon `id`.
    pub(super) fn reference(self, id: &str) -> sarif::ReportingDescriptorReference {
        sarif::ReportingDescriptorReference::builder()
            .id(id)
            .guid(self.taxon_guid(id))
            .tool_component(self.component())
            .build()
    }

    fn taxon(self, id: &str) -> sarif::ReportingDescriptor {
        let title = self.title(id).unwrap_or(id);
        let mut taxon = sarif::ReportingDescriptor::builder()
            .id(id)
            .guid(self.taxon_guid(id))
            .name(text::pascal_case(title))
            .short_description(&text::sentence(title))
            .build();
        match self {
            Self::Cwe => {
                let number = id.trim_start_matches("CWE-");
                taxon.help_uri = Some(format!("https://cwe.mitre.org/data/definitions/{number}.html"));
            }
            Self::Iso27002 => {
                taxon.properties = Catalogue::embedded().control(id).map(|control| {
                    bag([
                        ("theme", json!(control.theme)),
                        ("controlType", json!(control.control_type)),
                        ("cybersecurityConcepts", json!(control.cybersecurity_concepts)),
                    ])
                });
            }
            Self::Nhi => {}
        }
        taxon
    }

    fn taxonomy<'a>(self, ids: impl Iterator<Item = &'a str>) -> sarif::ToolComponent {
        let (organization, uri, about) = self.about();
        sarif::ToolComponent::builder()
            .name(self.name())
            .version(self.version())
            .guid(self.guid())
            .organization(organization)
            .information_uri(uri)
            .short_description(&about.to_owned())
            .is_comprehensive(false)
            .taxa(ids.map(|id| self.taxon(id)).collect::<Vec<_>>())
            .build()
    }
}

/// The taxa of one result: controls by role, the strongest first, then the NHI list, then the
/// headline weakness, alone and last.
pub(super) fn taxa(mapping: &Mapping<'_>) -> Vec<sarif::ReportingDescriptorReference> {
    let controls = mapping.controls.iter().map(|control| {
        let mut taxon = Scheme::Iso27002.reference(&control.control);
        taxon.properties = Some(bag([("role", json!(control.role))]));
        taxon
    });
    let nhi = mapping.nhi.iter().map(|id| Scheme::Nhi.reference(id));
    let cwe = mapping.headline_cwe().map(|id| Scheme::Cwe.reference(id));
    controls.chain(nhi).chain(cwe).collect()
}

/// How a rule relates to the taxa of its kind. The headline weakness comes last here too.
pub(super) fn relationships(mapping: &Mapping<'_>) -> Vec<sarif::ReportingDescriptorRelationship> {
    let relation = |scheme: Scheme, id: &str, kind: &str| {
        sarif::ReportingDescriptorRelationship::builder().target(scheme.reference(id)).kinds([kind.to_owned()]).build()
    };
    let controls = mapping.controls.iter().map(|control| {
        let mut related = relation(Scheme::Iso27002, &control.control, "relevant");
        related.description = Some(control.role.name().into());
        related
    });
    let nhi = mapping.nhi.iter().map(|id| relation(Scheme::Nhi, id, "relevant"));
    let cwe = mapping.cwe.iter().rev().map(|id| relation(Scheme::Cwe, id, "superset"));
    controls.chain(nhi).chain(cwe).collect()
}

/// The controls of a mapping by role, as numbers.
pub(super) fn controls_by_role(mapping: &Mapping<'_>) -> Value {
    let mut roles = serde_json::Map::new();
    for role in crate::govern::Role::ALL {
        let numbers: Vec<&str> = mapping.with_role(*role).map(|control| control.control.as_str()).collect();
        if !numbers.is_empty() {
            roles.insert(role.name().to_owned(), json!(numbers));
        }
    }
    roles.into()
}

/// The taxa that rules and results of one report refer to.
pub(super) struct Referenced {
    /// In the order of numbers, not of letters: 5.9 before 5.17.
    ids: BTreeSet<(Scheme, Vec<u32>, String)>,
}

impl Referenced {
    pub(super) fn by(report: &Report, fired: &FiredRules<'_>) -> Self {
        let mut referenced = Self { ids: BTreeSet::new() };
        for rule in fired.rules() {
            if let Some(mapping) = super::rules::mapping(rule) {
                referenced.add(&mapping);
            }
        }
        for finding in &report.findings {
            for occurrence in &finding.occurrences {
                referenced.add(&crate::govern::mapping_at(finding, occurrence));
            }
        }
        referenced
    }

    fn add(&mut self, mapping: &Mapping<'_>) {
        let controls = mapping.controls.iter().map(|control| (Scheme::Iso27002, &control.control));
        let nhi = mapping.nhi.iter().map(|id| (Scheme::Nhi, id));
        let cwe = mapping.cwe.iter().map(|id| (Scheme::Cwe, id));
        self.ids.extend(controls.chain(nhi).chain(cwe).map(|(scheme, id)| (scheme, numbers(id), id.clone())));
    }

    fn of(&self, scheme: Scheme) -> impl Iterator<Item = &str> {
        self.ids.iter().filter(move |(of, ..)| *of == scheme).map(|(.., id)| id.as_str())
    }

    fn schemes(&self) -> impl Iterator<Item = Scheme> {
        Scheme::ALL.into_iter().filter(|&scheme| self.of(scheme).next().is_some())
    }

    /// `run.taxonomies`.
    pub(super) fn taxonomies(&self) -> Vec<sarif::ToolComponent> {
        self.schemes().map(|scheme| scheme.taxonomy(self.of(scheme))).collect()
    }

    /// `driver.supportedTaxonomies`.
    pub(super) fn components(&self) -> Vec<sarif::ToolComponentReference> {
        self.schemes().map(Scheme::component).collect()
    }
}

/// The numbers in an id: 5 and 17, 798, 2 and 2025.
fn numbers(id: &str) -> Vec<u32> {
    id.split(|character: char| !character.is_ascii_digit()).filter_map(|run| run.parse().ok()).collect()
}

/// A guid that is the same for the same name in every run and version of this program.
pub(super) fn guid(name: &str) -> String {
    /// The namespace that RFC 9562 section 6.6 gives to URLs.
    const URL: u128 = 0x6ba7_b811_9dad_11d1_80b4_00c0_4fd4_30c8;
    static NAMESPACE: LazyLock<u128> = LazyLock::new(|| uuid_v5(URL, PROJECT));
    hyphenated(uuid_v5(*NAMESPACE, name))
}

/// A name-based UUID: RFC 9562 section 5.5. SHA-1 serves as a mixer here, not as a safeguard.
fn uuid_v5(namespace: u128, name: &str) -> u128 {
    let digest = Sha1::new().chain_update(namespace.to_be_bytes()).chain_update(name).finalize();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    let version_cleared = u128::from_be_bytes(first) & !(0xf << 76) & !(0b11 << 62);
    version_cleared | (5 << 76) | (0b10 << 62)
}

fn hyphenated(uuid: u128) -> String {
    let digits = format!("{uuid:032x}");
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|group| &digits[group]);
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_those_of_the_rfc() {
        // RFC 9562 appendix A.4: the DNS namespace and www.example.com.
        let dns = 0x6ba7_b810_9dad_11d1_80b4_00c0_4fd4_30c8;
        let uuid = uuid_v5(dns, "www.example.com");
        assert_eq!(hyphenated(uuid), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }

    #[test]
    fn ids_sort_by_number() {
        let mut ids = ["5.17", "8.3", "5.9"];
        ids.sort_by_key(|id| numbers(id));
        assert_eq!(ids, ["5.9", "5.17", "8.3"]);
        assert_eq!(numbers("NHI10:2025"), [10, 2025]);
    }

    #[test]
    fn every_scheme_has_a_version() {
        for scheme in Scheme::ALL {
            assert!(!scheme.version().is_empty());
            assert_ne!(scheme.version(), scheme.name());
        }
    }
}
