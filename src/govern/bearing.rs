//! The crosswalk read from the other end: what bears on a control, or on an entry of another framework.

use serde::Serialize;

use super::catalogue::{Catalogue, Control};
use super::crosswalk::{ClauseReason, Crosswalk, Role};
use super::taxonomy::{Taxonomies, Taxonomy, Term, normalise_csf};
use crate::finding::Severity;

/// Something that findings can be evidence about.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// A control of ISO/IEC 27002.
    Control(&'static Control),
    /// An entry of a taxonomy, with that.
    Term(&'static Taxonomy, &'static Term),
    /// A clause of ISO/IEC 27001.
    Clause(&'static ClauseReason),
}

/// A kind of finding that bears on a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KindBearing {
    /// The kind's id.
    pub kind: &'static str,
    /// The kind's title.
    pub title: &'static str,
    /// The kind's severity before rule and context.
    pub severity: Severity,
    /// How it bears on a control; none for other frameworks, which have no roles here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Why, for a control.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

/// A context (a kind of place) that makes findings bear on a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ContextBearing {
    /// The modifier's id.
    pub context: &'static str,
    /// How.
    pub role: Role,
    /// Why.
    pub why: &'static str,
}

/// All that bears on one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bearing {
    /// Kinds of findings, by role, then in the order of the crosswalk.
    pub kinds: Vec<KindBearing>,
    /// Contexts.
    pub contexts: Vec<ContextBearing>,
    /// What every scan contributes, whatever it finds.
    pub every_scan: Option<&'static str>,
}

impl Subject {
    /// The subject with this id: `5.17` or `A.5.17`, `6.1.2`, `PR.AA-01` or `PR.AA-1`, `NHI2:2025` or `NHI2`,
    /// `CWE-798`; in any case.
    pub fn find(id: &str) -> Option<Self> {
        let id = id.trim().to_ascii_uppercase();
        let number = id.strip_prefix("A.").unwrap_or(&id);
        if let Some(control) = Catalogue::embedded().control(number) {
            return Some(Self::Control(control));
        }
        let taxonomies = Taxonomies::embedded();
        let edition = format!(":{}", taxonomies.nhi.version);
        let nhi = if id.starts_with("NHI") && !id.contains(':') { id.clone() + &edition } else { id.clone() };
        let csf = normalise_csf(&id);
        for (taxonomy, id) in
            [(&taxonomies.cwe, Some(&id)), (&taxonomies.nhi, Some(&nhi)), (&taxonomies.csf, csf.as_ref())]
        {
            if let Some(term) = id.and_then(|id| taxonomy.get(id)) {
                return Some(Self::Term(taxonomy, term));
            }
        }
        Crosswalk::embedded().run.clauses.iter().find(|clause| clause.clause == id).map(Self::Clause)
    }

    /// What bears on it.
    pub fn bearing(self) -> Bearing {
        let crosswalk = Crosswalk::embedded();
        match self {
            Self::Control(control) => of_control(crosswalk, &control.number),
            Self::Term(_, term) => of_term(crosswalk, &term.id),
            Self::Clause(clause) => Bearing { every_scan: Some(&clause.why), ..Bearing::default() },
        }
    }
}

fn of_control(crosswalk: &'static Crosswalk, number: &str) -> Bearing {
    let mut kinds: Vec<KindBearing> = Vec::new();
    for kind in &crosswalk.kinds {
        for control in kind.controls.iter().filter(|control| control.control == number) {
            kinds.push(KindBearing {
                kind: &kind.id,
                title: &kind.title,
                severity: kind.severity,
                role: Some(control.role),
                why: Some(&control.why),
            });
        }
    }
    kinds.sort_by_key(|bearing| bearing.role);
    let contexts = crosswalk
        .modifiers
        .iter()
        .flat_map(|modifier| modifier.adds.iter().map(move |control| (modifier, control)))
        .filter(|(_, control)| control.control == number)
        .map(|(modifier, control)| ContextBearing {
            context: modifier.id.name(),
            role: control.role,
            why: &control.why,
        })
        .collect();
    let every_scan = crosswalk.run.iso27002.iter().find(|item| item.control == number).map(|item| item.why.as_str());
    Bearing { kinds, contexts, every_scan }
}

fn of_term(crosswalk: &'static Crosswalk, id: &str) -> Bearing {
    let has = |ids: &[String]| ids.iter().any(|known| known == id);
    let kinds = crosswalk
        .kinds
        .iter()
        .filter(|kind| has(&kind.csf) || has(&kind.nhi) || has(&kind.cwe))
        .map(|kind| KindBearing { kind: &kind.id, title: &kind.title, severity: kind.severity, role: None, why: None })
        .collect();
    let every_scan = crosswalk.run.csf.iter().find(|item| item.id == id).map(|item| item.why.as_str());
    Bearing { kinds, contexts: Vec::new(), every_scan }
}

impl Bearing {
    /// How many kinds bear on the subject in this role.
    pub fn with_role(&self, role: Role) -> usize {
        self.kinds.iter().filter(|bearing| bearing.role == Some(role)).count()
    }

    /// What a scan can say of a control, in a clause.
    pub fn testable(&self) -> &'static str {
        if self.with_role(Role::Contradicts) > 0 || self.contexts.iter().any(|one| one.role == Role::Contradicts) {
            "findings set its state, for the tested aspect"
        } else if self.kinds.is_empty() && self.contexts.is_empty() && self.every_scan.is_none() {
            "not testable here: scanning content gives no evidence about it"
        } else {
            "scans touch on it, but set no state"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(subject: Option<Subject>) -> Option<String> {
        subject.map(|subject| match subject {
            Subject::Control(control) => control.number.clone(),
            Subject::Term(_, term) => term.id.clone(),
            Subject::Clause(clause) => clause.clause.clone(),
        })
    }

    #[test]
    fn subjects_are_found_by_all_their_spellings() {
        for (given, expected) in [
            ("5.17", "5.17"),
            ("A.5.17", "5.17"),
            ("a.8.28", "8.28"),
            ("GV.OC-1", "GV.OC-01"),
            ("gv.oc-01", "GV.OC-01"),
            ("NHI2", "NHI2:2025"),
            ("nhi2:2025", "NHI2:2025"),
            ("cwe-798", "CWE-798"),
            ("6.1.2", "6.1.2"),
        ] {
            assert_eq!(id(Subject::find(given)).as_deref(), Some(expected), "{given}");
        }
        for unknown in ["", "5.99", "A.", "GV.OC-99", "NHI11", "CWE-1", "4.9", "CWE", "A.CWE-798"] {
            assert_eq!(id(Subject::find(unknown)), None, "{unknown}");
        }
    }

    #[test]
    fn the_crosswalk_and_its_reverse_agree() {
        let crosswalk = Crosswalk::embedded();
        let mut found = 0;
        for control in &Catalogue::embedded().controls {
            let bearing = Subject::Control(control).bearing();
            for one in &bearing.kinds {
                let kind = crosswalk.kind(one.kind).unwrap();
                let stated = kind.controls.iter().find(|stated| stated.control == control.number).unwrap();
                assert_eq!((one.role, one.why), (Some(stated.role), Some(stated.why.as_str())));
            }
            found += bearing.kinds.len();
        }
        assert_eq!(found, crosswalk.kinds.iter().map(|kind| kind.controls.len()).sum::<usize>());
    }

    #[test]
    fn what_is_testable() {
        let of = |id| Subject::find(id).unwrap().bearing().testable();
        assert!(of("5.17").starts_with("findings set its state"));
        assert!(of("8.16").starts_with("scans touch on it"));
        assert!(of("7.2").starts_with("not testable here"));
    }
}
