//! The crosswalk: finding kinds to controls and to other frameworks, and what the context adds.
//!
//! A mapping says which controls a finding is evidence about, in which role and why. It never says that a control fails
//! or passes.

mod file;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, number_order};
use super::modifier::{LiveOrProduction, ModifierId, ModifierSet};
use super::problem::{LoadError, Problem, duplicates};
use super::taxonomy::{Taxonomies, Taxonomy};
use crate::finding::Severity;
use file::CrosswalkFile;

/// Name under which errors speak of the embedded data.
const FILE: &str = "patterns/controls/crosswalk.toml";

named! {
    /// How a finding bears on a control; the strongest first.
    Role {
        /// The finding is evidence against the intent of the control. Only this role sets a control's state.
        Contradicts = "contradicts",
        /// The control shares the cause or the spread of what was found.
        Affected = "affected",
        /// Triage, incident handling or learning that is now called for.
        ResponseDue = "response-due",
    }
}

named! {
    /// What a modifier does to a severity.
    SeverityEffect {
        /// Nothing.
        None = "none",
        /// One step down, unless the credential is live or a production credential.
        Down = "down",
    }
}

named! {
    /// The record of the evidence that something belongs to.
    Record {
        /// The scan record.
        Scan = "scan",
        /// The record of what was in scope.
        Scope = "scope",
        /// Records of comparisons and reviews.
        Comparison = "comparison",
        /// Exceptions and triage.
        Decision = "decision",
        /// The signature of a bundle.
        Signature = "signature",
    }
}

/// A control that a finding is evidence about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ControlRef {
    /// Number such as `5.17`.
    pub control: String,
    /// Title from the catalogue; empty for a control that the catalogue does not have, see [`Crosswalk::validate`].
    pub title: String,
    /// How the finding bears on it.
    pub role: Role,
    /// One sentence.
    pub why: String,
    /// The number as numbers: sorting happens for every place of every finding.
    #[serde(skip)]
    order: (u8, u8),
}

impl ControlRef {
    fn new(stated: ControlReason, role: Role, catalogue: &Catalogue) -> Self {
        let title = catalogue.control(&stated.control).map_or_else(String::new, |control| control.title.clone());
        Self { order: number_order(&stated.control), control: stated.control, title, role, why: stated.why }
    }
}

/// A control number with the sentence that says why it is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlReason {
    /// Number such as `5.17`.
    pub control: String,
    /// One sentence.
    pub why: String,
}

/// What of a control a scan can test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aspect {
    /// Number such as `5.17`.
    pub control: String,
    /// What completes "Tested: ...": a clause that begins with "whether".
    pub text: String,
}

/// A kind of finding and what it maps to.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Kebab-case, for ever; rules name it.
    pub id: String,
    /// A noun phrase.
    pub title: String,
    /// The severity before a rule or the context changes it.
    pub severity: Severity,
    /// Controls by role, then by number.
    pub controls: Vec<ControlRef>,
    /// Subcategories of NIST CSF 2.0.
    pub csf: Vec<String>,
    /// Entries of the OWASP Non-Human Identities Top 10.
    pub nhi: Vec<String>,
    /// Weaknesses, the headline first; never empty in valid data.
    pub cwe: Vec<String>,
    /// Controls of NIST SP 800-53 Rev. 5.
    pub sp800_53: Vec<String>,
    /// Requirements of PCI DSS 4.0; see [`pci_needs_account_data`].
    pub pci: Vec<String>,
    /// Trust services criteria.
    pub soc2: Vec<String>,
    /// Safeguards of the CIS Controls 8.1.
    pub cis: Vec<String>,
    /// What else to know when judging such a finding.
    pub note: Option<String>,
}

/// What a context adds to the mapping of a kind.
#[derive(Clone, Debug)]
pub struct Modifier {
    /// Which context.
    pub id: ModifierId,
    /// A noun phrase with a full stop.
    pub description: String,
    /// What it does to the severity.
    pub severity: SeverityEffect,
    /// Controls it adds, by role, then by number.
    pub adds: Vec<ControlRef>,
}

/// What is attached to every scan, whatever it finds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Controls that scanning itself serves.
    pub iso27002: Vec<ControlReason>,
    /// CSF subcategories, each with the record it belongs to.
    pub csf: Vec<CsfReason>,
    /// Controls of NIST SP 800-53.
    pub sp800_53: Vec<IdReason>,
    /// Clauses of ISO/IEC 27001 that the records serve.
    pub clauses: Vec<ClauseReason>,
}

/// A clause of ISO/IEC 27001:2022 that a record serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClauseReason {
    /// Number such as `6.1.2`.
    pub clause: String,
    /// The record that serves it.
    pub record: Record,
    /// One sentence.
    pub why: String,
}

/// A CSF subcategory attached to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsfReason {
    /// Official id such as `GV.OC-01`.
    pub id: String,
    /// The record it belongs to.
    pub record: Record,
    /// One sentence.
    pub why: String,
}

/// An id of another framework with the sentence that says why it is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdReason {
    /// Official id.
    pub id: String,
    /// One sentence.
    pub why: String,
}

/// The editions that the ids were taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Editions {
    /// ISO/IEC 27002.
    pub iso27002: String,
    /// NIST Cybersecurity Framework.
    pub csf: String,
    /// NIST SP 800-53.
    pub sp800_53: String,
    /// PCI DSS.
    pub pci: String,
    /// Trust services criteria.
    pub soc2: String,
    /// CIS Controls.
    pub cis: String,
    /// MITRE CWE.
    pub cwe: String,
    /// OWASP Non-Human Identities Top 10.
    pub nhi: String,
}

/// What one place of one finding maps to. Borrows from the crosswalk; making one allocates a single list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping<'c> {
    /// Controls by role, then by number; each number once.
    pub controls: Vec<&'c ControlRef>,
    /// Weaknesses, the headline first.
    pub cwe: &'c [String],
    /// Entries of the OWASP Non-Human Identities Top 10.
    pub nhi: &'c [String],
    /// Subcategories of NIST CSF 2.0.
    pub csf: &'c [String],
    /// Controls of NIST SP 800-53 Rev. 5.
    pub sp800_53: &'c [String],
    /// Requirements of PCI DSS 4.0; see [`pci_needs_account_data`].
    pub pci: &'c [String],
    /// Trust services criteria.
    pub soc2: &'c [String],
    /// Safeguards of the CIS Controls 8.1.
    pub cis: &'c [String],
}

impl<'c> Mapping<'c> {
    /// The controls in one role, by number.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &'c ControlRef> {
        self.controls.iter().copied().filter(move |control| control.role == role)
    }

    /// The weakness to show where there is room for one.
    pub fn headline_cwe(&self) -> Option<&'c str> {
        self.cwe.first().map(String::as_str)
    }
}

/// All kinds, all modifiers, and what belongs to every scan.
#[derive(Clone, Debug)]
pub struct Crosswalk {
    /// Editions of the frameworks.
    pub editions: Editions,
    /// The kinds in the order of the file.
    pub kinds: Vec<Kind>,
    /// The modifiers in the order of the file.
    pub modifiers: Vec<Modifier>,
    /// What is attached to every scan.
    pub run: Run,
    /// What a scan can test, one for each control that some kind or context contradicts.
    pub aspects: Vec<Aspect>,
}

impl Crosswalk {
    /// The crosswalk that comes with this build, with titles from [`Catalogue::embedded`].
    pub fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<Crosswalk> = LazyLock::new(|| {
            let text = include_str!("../../patterns/controls/crosswalk.toml");
            Crosswalk::parse(text, FILE, Catalogue::embedded()).expect("embedded data parses: a unit test loads it")
        });
        &EMBEDDED
    }

    /// Reads a crosswalk from TOML; `file` is the name that an error gives. Titles come from `catalogue`. Whether all
    /// ids exist is a question for [`Crosswalk::validate`].
    ///
    /// # Errors
    ///
    /// The text is no TOML, a key is unknown or missing, or a severity, role, modifier or record has no such name.
    pub fn parse(text: &str, file: &str, catalogue: &Catalogue) -> Result<Self, LoadError> {
        let parsed: CrosswalkFile =
            toml::from_str(text).map_err(|source| LoadError { file: file.to_owned(), source })?;
        Ok(Self {
            editions: parsed.editions,
            kinds: parsed.kind.into_iter().map(|kind| kind.resolve(catalogue)).collect(),
            modifiers: parsed.modifier.into_iter().map(|modifier| modifier.resolve(catalogue)).collect(),
            run: parsed.run,
            aspects: parsed.aspect,
        })
    }

    /// What of this control a scan can test; nothing for a control that no kind and no context contradicts.
    pub fn aspect(&self, control: &str) -> Option<&str> {
        self.aspects.iter().find(|aspect| aspect.control == control).map(|aspect| aspect.text.as_str())
    }

    /// The kind with this id.
    pub fn kind(&self, id: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.id == id)
    }

    /// What is said of this context.
    pub fn modifier(&self, id: ModifierId) -> Option<&Modifier> {
        self.modifiers.iter().find(|modifier| modifier.id == id)
    }

    /// What a finding of this kind in this context maps to. A control that kind and modifiers share keeps the strongest
    /// role, and of equal roles the one of the kind. None for a kind that does not exist: an empty mapping would look
    /// like a finding without bearing on any control.
    pub fn map(&self, kind: &str, modifiers: ModifierSet) -> Option<Mapping<'_>> {
        let kind = self.kind(kind)?;
        let mut controls: Vec<&ControlRef> = kind.controls.iter().collect();
        for added in modifiers.iter().filter_map(|id| self.modifier(id)).flat_map(|modifier| &modifier.adds) {
            match controls.iter_mut().find(|present| present.control == added.control) {
                None => controls.push(added),
                Some(present) if added.role < present.role => *present = added,
                Some(_) => {}
            }
        }
        controls.sort_by_key(|control| (control.role, control.order));
        Some(Mapping {
            controls,
            cwe: &kind.cwe,
            nhi: &kind.nhi,
            csf: &kind.csf,
            sp800_53: &kind.sp800_53,
            pci: &kind.pci,
            soc2: &kind.soc2,
            cis: &kind.cis,
        })
    }

    /// The severity in this context: `base` (the rule's, else the kind's), one step down if any modifier lowers it and
    /// nothing proves that the credential is live or a production credential. `Info` stays `Info`.
    ///
    /// For a kind whose base severity already allows for the place (`secret-in-test-fixture`), leave the modifier that
    /// says the same out of `set`.
    pub fn effective_severity(&self, base: Severity, set: ModifierSet, facts: LiveOrProduction) -> Severity {
        let lowers = |id| self.modifier(id).is_some_and(|modifier| modifier.severity == SeverityEffect::Down);
        if facts == LiveOrProduction::Unproven && set.iter().any(lowers) { one_step_down(base) } else { base }
    }

    /// Everything that does not hold together; empty for sound data.
    pub fn validate(&self, catalogue: &Catalogue, taxonomies: &Taxonomies) -> Vec<Problem> {
        let mut found = Validation { catalogue, problems: Vec::new() };
        found.unique("crosswalk", self.kinds.iter().map(|kind| kind.id.as_str()));
        for kind in &self.kinds {
            let at = format!("kind `{}`", kind.id);
            found.controls(&at, kind.controls.iter().map(|control| (control.control.as_str(), control.why.as_str())));
            if !kind.controls.iter().any(|control| control.role != Role::ResponseDue) {
                found.missing(&at, "a control that is contradicted or affected");
            }
            if kind.cwe.is_empty() {
                found.missing(&at, "a CWE");
            }
            found.terms(&at, &taxonomies.cwe, &kind.cwe);
            found.terms(&at, &taxonomies.nhi, &kind.nhi);
            found.terms(&at, &taxonomies.csf, &kind.csf);
            for ids in [&kind.sp800_53, &kind.pci, &kind.soc2, &kind.cis] {
                found.unique(&at, ids.iter().map(String::as_str));
            }
        }
        found.unique("modifiers", self.modifiers.iter().map(|modifier| modifier.id.name()));
        for id in ModifierId::ALL {
            if self.modifier(*id).is_none() {
                found.missing("modifiers", id.name());
            }
        }
        for modifier in &self.modifiers {
            let at = format!("modifier `{}`", modifier.id);
            found.controls(&at, modifier.adds.iter().map(|control| (control.control.as_str(), control.why.as_str())));
            if modifier.adds.is_empty() {
                found.missing(&at, "a control");
            }
        }
        found.controls("run", self.run.iso27002.iter().map(|item| (item.control.as_str(), item.why.as_str())));
        let csf: Vec<String> = self.run.csf.iter().map(|item| item.id.clone()).collect();
        found.terms("run", &taxonomies.csf, &csf);
        found.unique("clauses", self.run.clauses.iter().map(|item| item.clause.as_str()));
        for item in &self.run.clauses {
            // The requirements of the standard stand in its clauses 4 to 10.
            let numbers: Vec<Option<u8>> = item.clause.split('.').map(|part| part.parse().ok()).collect();
            if !matches!(numbers[..], [Some(4..=10), Some(1..), ..]) || numbers.contains(&None) {
                found.problems.push(Problem::Malformed { at: "clauses".to_owned(), value: item.clause.clone() });
            }
        }
        found.controls("aspects", self.aspects.iter().map(|aspect| (aspect.control.as_str(), aspect.text.as_str())));
        let stated = self.kinds.iter().flat_map(|kind| &kind.controls);
        let contradicted: std::collections::BTreeSet<&str> = stated
            .chain(self.modifiers.iter().flat_map(|modifier| &modifier.adds))
            .filter(|control| control.role == Role::Contradicts)
            .map(|control| control.control.as_str())
            .collect();
        let known = contradicted.iter().filter(|control| catalogue.control(control).is_some());
        for control in known.filter(|control| self.aspect(control).is_none()) {
            found.missing("aspects", control);
        }
        for aspect in self.aspects.iter().filter(|aspect| !contradicted.contains(aspect.control.as_str())) {
            found.missing("kinds that contradict", &aspect.control);
        }
        found.unique("run", self.run.sp800_53.iter().map(|item| item.id.as_str()));
        found.problems
    }
}

/// [`Crosswalk::effective_severity`] of the embedded crosswalk.
pub fn effective_severity(base: Severity, set: ModifierSet, facts: LiveOrProduction) -> Severity {
    Crosswalk::embedded().effective_severity(base, set, facts)
}

/// Whether a PCI DSS requirement concerns only keys that protect stored account data (3.6 and 3.7). Reports mark these,
/// since a scan cannot tell what a key protects.
pub fn pci_needs_account_data(requirement: &str) -> bool {
    ["3.6", "3.7"]
        .iter()
        .any(|section| requirement.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

fn one_step_down(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium => Severity::Low,
        Severity::Low | Severity::Info => Severity::Info,
    }
}

/// Collects problems during validation.
struct Validation<'a> {
    catalogue: &'a Catalogue,
    problems: Vec<Problem>,
}

impl Validation<'_> {
    fn missing(&mut self, at: &str, what: &str) {
        self.problems.push(Problem::Missing { at: at.to_owned(), what: what.to_owned() });
    }

    fn unique<'a>(&mut self, at: &str, ids: impl IntoIterator<Item = &'a str>) {
        for id in duplicates(ids) {
            self.problems.push(Problem::Duplicate { at: at.to_owned(), id: id.to_owned() });
        }
    }

    fn controls<'a>(&mut self, at: &str, stated: impl IntoIterator<Item = (&'a str, &'a str)> + Clone) {
        self.unique(at, stated.clone().into_iter().map(|(control, _)| control));
        for (control, why) in stated {
            if self.catalogue.control(control).is_none() {
                self.problems.push(Problem::UnknownControl { at: at.to_owned(), control: control.to_owned() });
            }
            if why.is_empty() {
                self.missing(at, "a reason");
            }
        }
    }

    fn terms(&mut self, at: &str, taxonomy: &Taxonomy, ids: &[String]) {
        self.unique(at, ids.iter().map(String::as_str));
        for id in ids {
            if taxonomy.get(id).is_none() {
                let taxonomy = taxonomy.name.clone();
                self.problems.push(Problem::UnknownTerm { at: at.to_owned(), taxonomy, id: id.clone() });
            }
        }
    }
}

#[cfg(test)]
mod tests;
