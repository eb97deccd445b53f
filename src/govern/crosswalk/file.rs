//! The crosswalk as its TOML file writes it, and how that resolves to the models of [`super`].

use serde::Deserialize;

use super::{Aspect, ControlReason, ControlRef, Editions, Kind, Modifier, Role, Run, SeverityEffect};
use crate::finding::Severity;
use crate::govern::catalogue::Catalogue;
use crate::govern::modifier::ModifierId;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CrosswalkFile {
    pub(super) editions: Editions,
    pub(super) kind: Vec<KindFile>,
    pub(super) modifier: Vec<ModifierFile>,
    pub(super) run: Run,
    pub(super) aspect: Vec<Aspect>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindFile {
    id: String,
    title: String,
    severity: Severity,
    contradicts: Vec<ControlReason>,
    affected: Vec<ControlReason>,
    response_due: Vec<ControlReason>,
    csf: Vec<String>,
    nhi: Vec<String>,
    cwe: Vec<String>,
    sp800_53: Vec<String>,
    pci: Vec<String>,
    soc2: Vec<String>,
    cis: Vec<String>,
    note: Option<String>,
}

impl KindFile {
    pub(super) fn resolve(self, catalogue: &Catalogue) -> Kind {
        let mut controls: Vec<ControlRef> = [
            (Role::Contradicts, self.contradicts),
            (Role::Affected, self.affected),
            (Role::ResponseDue, self.response_due),
        ]
        .into_iter()
        .flat_map(|(role, stated)| stated.into_iter().map(move |item| ControlRef::new(item, role, catalogue)))
        .collect();
        controls.sort_by_key(|control| (control.role, control.order));
        Kind {
            id: self.id,
            title: self.title,
            severity: self.severity,
            controls,
            csf: self.csf,
            nhi: self.nhi,
            cwe: self.cwe,
            sp800_53: self.sp800_53,
            pci: self.pci,
            soc2: self.soc2,
            cis: self.cis,
            note: self.note,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModifierFile {
    id: ModifierId,
    description: String,
    severity: SeverityEffect,
    adds: Vec<AdditionFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdditionFile {
    control: String,
    role: Role,
    why: String,
}

impl ModifierFile {
    pub(super) fn resolve(self, catalogue: &Catalogue) -> Modifier {
        let mut adds: Vec<ControlRef> = self
            .adds
            .into_iter()
            .map(|AdditionFile { control, role, why }| ControlRef::new(ControlReason { control, why }, role, catalogue))
            .collect();
        adds.sort_by_key(|control| (control.role, control.order));
        Modifier { id: self.id, description: self.description, severity: self.severity, adds }
    }
}
