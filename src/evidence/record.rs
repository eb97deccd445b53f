//! What records say. The documentation of each member becomes its description in the published schema.
//!
//! Numbers are whole: RFC 8785 writes fractions as ECMAScript does, which not every checker can.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::blob::{Origin, printable};
use crate::finding::Absent;
use crate::finding::baseline::{Entry, SecretId};
use crate::govern::{ControlState, State};
use crate::report::json::{
    AttemptRow, BypassRow, CoverageRow, ExceptionOutcomeRow, ExclusionRow, FindingRow, GapRow, KeyRow, OutcomeRow,
    TargetRow,
};
use crate::scan::{CanaryOutcome, Form};
use crate::slot::{Slot, Tally, forms};

/// What `schema` says in the first record.
pub(super) const SCHEMA: &str = "straykey/evidence/v1";

/// How a statement about the run came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Straykey measured it itself.
    Verified,
    /// Somebody or something said so: an option, a variable, a file of the repository.
    Asserted,
}

/// A statement about the run, with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Claim{T}"))]
pub struct Claim<T> {
    /// The statement.
    pub value: T,
    /// Measured, or said by somebody.
    pub basis: Basis,
    /// Where it was read: an option, the name of a variable, a file.
    pub source: String,
}

impl<T> Claim<T> {
    /// Something that was measured.
    pub fn verified(value: T, source: impl Into<String>) -> Self {
        Self { value, basis: Basis::Verified, source: source.into() }
    }

    /// Something that was said.
    pub fn asserted(value: T, source: impl Into<String>) -> Self {
        Self { value, basis: Basis::Asserted, source: source.into() }
    }
}

/// One record of the chain, by its type.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "Straykey evidence: the body of a record"))]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(super) enum Body<'r> {
    /// The first record.
    ScanStarted(ScanStarted<'r>),
    /// Where, for whom and by whom the scan was run.
    RunContext(&'r RunContext),
    /// Which rules were active, each with a digest.
    Rules(RulesRecord<'r>),
    /// A part of the scope that policy left out.
    Exclusion(ExclusionRow<'r>),
    /// A part of the scope that could not be read, or not wholly.
    Gap(GapRow<'r>),
    /// What was read. `seen = read + excluded + unreadable`.
    Coverage(CoverageRecord),
    /// Places that need a credential, by where it is held.
    CredentialSlots(Tally),
    /// Such places of one file that are not filled in the open.
    CredentialSlot(SlotRecord<'r>),
    /// Which rules proved that they work.
    SelfTest(SelfTest<'r>),
    /// A secret.
    Finding(Box<FindingRow<'r>>),
    /// A secret at a path that an earlier scan knew and this one did not find.
    Absent(AbsentRecord<'r>),
    /// A decision of people to let findings stand until a day, and what came of it.
    Exception(ExceptionOutcomeRow<'r>),
    /// Something by which the change that was scanned would have got past the gate.
    Attempt(AttemptRow<'r>),
    /// The order to let the scan pass whatever it finds.
    Bypass(BypassRow<'r>),
    /// What the scan says of a control.
    ControlState(ControlStateRecord<'r>),
    /// The last record.
    ScanCompleted(ScanCompleted),
}

/// What is known before anything is read.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ScanStarted<'r> {
    /// Names this format and its major version.
    #[cfg_attr(test, schemars(extend("const" = SCHEMA)))]
    pub(super) schema: &'static str,
    /// RFC 3339, UTC, by the clock of the host.
    pub(super) started: &'r str,
    pub(super) tool: &'r ToolIdentity,
    pub(super) rule_pack: RulePack,
    pub(super) configuration: &'r Configuration,
    pub(super) key: KeyRow<'r>,
    /// What was to be scanned, in the order of the command line.
    pub(super) targets: Vec<TargetRow<'r>>,
    /// The bundle before this one in its series; null in the first.
    pub(super) previous: Option<&'r Previous>,
}

/// The bundle before another one in a series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Previous {
    /// Its scan.
    pub scan: String,
    /// The hash of its last record.
    pub head: String,
    /// SHA-256 of its manifest, which its statement is about.
    pub manifest_sha256: String,
}

/// The program that made the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ToolIdentity {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// SHA-256 of the program file; null where it could not be read.
    pub sha256: Option<String>,
    /// Digest of the sources that the program was built from, rules included.
    pub engine: &'static str,
}

/// The rules that were active.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct RulePack {
    /// How many.
    pub(super) rules: usize,
    /// SHA-256 over all of them; differs as soon as one does.
    pub(super) sha256: String,
}

/// The active rules. A rule is the same in two scans where its digest is, whatever its pack is called.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct RulesRecord<'r> {
    /// By id: the first 48 bits of SHA-256 over the rule, as a number.
    pub(super) digests: &'r BTreeMap<String, u64>,
}

/// The settings that the scan ran with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Configuration {
    /// SHA-256 over the canonical form of `resolved`.
    pub sha256: String,
    /// The files that were read, in the order in which they count.
    pub files: Vec<ConfigurationFile>,
    /// Every setting with its value and where that comes from.
    pub resolved: Value,
}

/// A configuration that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConfigurationFile {
    /// As it was named.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Who named it: the environment or the command line.
    pub named_by: String,
}

/// Where, for whom and by whom a scan was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunContext {
    /// The organisational unit that answers for the targets.
    pub unit: Option<Claim<String>>,
    /// Name of the host.
    pub host: Option<Claim<String>>,
    /// Who, or what account, ran the scan.
    pub actor: Option<Claim<String>>,
    /// The pipeline that ran it.
    pub ci: Option<Ci>,
    /// What is known of each target, in the order of the command line.
    pub targets: Vec<TargetContext>,
}

/// A pipeline, as its variables describe it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ci {
    /// The system.
    pub system: Claim<String>,
    /// The run, as the system numbers it.
    pub run: Option<Claim<String>>,
    /// What started it.
    pub trigger: Option<Claim<String>>,
    /// The commit it says it runs for.
    pub commit: Option<Claim<String>>,
    /// The branch or tag it says it runs for.
    pub branch: Option<Claim<String>>,
    /// The repository it says it runs for.
    pub repository: Option<Claim<String>>,
}

/// What is known of a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TargetContext {
    /// URL of the remote `origin`, without credentials.
    pub repository: Option<Claim<String>>,
    /// Commit that HEAD names. Verified where all tracked files were compared with it and none differs.
    pub commit: Option<Claim<String>>,
    /// Branch that HEAD names.
    pub branch: Option<Claim<String>>,
    /// Tracked paths whose content differs from that of the commit.
    pub changed_files: Option<Claim<u64>>,
    /// Why `changed_files` is not known, in a work tree.
    pub changed_files_unknown: Option<String>,
    /// Commits at which a shallow clone ends; 0 for a whole one.
    pub shallow_boundaries: Option<Claim<u64>>,
    /// Depth of a shallow clone along first parents, with HEAD.
    pub clone_depth: Option<Claim<u64>>,
    /// What the clone fetches from `origin`.
    pub refspecs: Vec<Claim<String>>,
}

/// What was read.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct CoverageRecord {
    #[serde(flatten)]
    pub(super) coverage: CoverageRow,
    /// Records of gaps in this chain.
    pub(super) gaps: usize,
    /// Records of exclusions in this chain.
    pub(super) exclusions: usize,
    /// Places that were found, but not reported for their confidence.
    pub(super) withheld: u64,
}

/// The places of one file that refer to a credential, or hold it encrypted, in one form.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct SlotRecord<'r> {
    /// Index of the target, from 0.
    pub(super) target: usize,
    /// Path below the target; where it is not UTF-8, with U+FFFD.
    pub(super) path: String,
    /// The form, by id.
    pub(super) form: &'r str,
    /// The product or mechanism that holds the credential.
    pub(super) store: &'r str,
    /// `store`, `encrypted`, `environment` or `federated`.
    pub(super) held: &'r str,
    /// The lines at which they begin, from 1; one for each place.
    pub(super) lines: Vec<u64>,
}

/// The records of `slots`, which are sorted.
pub(super) fn slot_records(slots: &[Slot]) -> impl Iterator<Item = SlotRecord<'static>> {
    let mut by_form: BTreeMap<(&Origin, usize), Vec<u64>> = BTreeMap::new();
    for slot in slots {
        by_form.entry((&slot.origin, slot.form)).or_default().push(slot.line);
    }
    let rows = by_form.into_iter().map(|((origin, form), lines)| {
        let form = &forms()[form];
        let path = printable(origin.path_bytes());
        SlotRecord { target: origin.target(), path, form: &form.id, store: &form.store, held: form.held.name(), lines }
    });
    rows.collect::<Vec<_>>().into_iter()
}

/// Which rules proved that they work: a sample of each was sent through the source layer under the settings of the scan.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct SelfTest<'r> {
    /// Rules that reported their canary, by id.
    pub(super) found: Vec<&'r str>,
    /// Active rules that did not.
    pub(super) not_found: Vec<&'r str>,
    /// Rules that the configuration switched off, and those without a sample.
    pub(super) not_tested: Vec<&'r str>,
    /// Forms of content in which a canary was planted.
    #[cfg_attr(test, schemars(with = "Vec<FormSchema>"))]
    pub(super) forms: Vec<FormResult>,
}

/// One form of content.
#[derive(Serialize)]
pub(super) struct FormResult {
    pub(super) form: Form,
    pub(super) outcome: CanaryOutcome,
}

#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[schemars(rename = "FormResult")]
#[allow(dead_code, reason = "only its schema is used")]
struct FormSchema {
    /// `text`, `utf16`, `binary`; more may come.
    form: String,
    /// `found` or `not-found`.
    outcome: String,
}

/// A secret at a path that an earlier scan knew and this one did not find.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct AbsentRecord<'r> {
    /// Fingerprint of the value, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'r str>,
    /// Fingerprint of the place, where the value has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'r str>,
    /// Path relative to the target.
    path: &'r str,
    /// The rule that found it.
    rule: &'r str,
    /// The day on which it was first known.
    since: &'r str,
    /// The day on which it was seen to have gone; null where it only was not looked at, or with other rules or settings. That
    /// it is gone does not make it invalid.
    gone: Option<&'r str>,
    /// Only a history held it.
    history: bool,
    /// Why it is absent now: `code`, `rules`, `configuration`, `scope`; null where it had gone before.
    cause: Option<&'r str>,
    /// Whether nothing else can be the cause.
    proven: bool,
}

impl<'r> AbsentRecord<'r> {
    /// `told` is what the comparison says of it, where it went since the scan before.
    pub(super) fn new(entry: &'r Entry, told: Option<&'r Absent>) -> Self {
        let Entry { secret, path, rule, since, gone, history } = entry;
        let (fingerprint, place) = match secret {
            SecretId::Fingerprint(text) => (Some(text.as_str()), None),
            SecretId::Place(text) => (None, Some(text.as_str())),
        };
        Self {
            fingerprint,
            place,
            path,
            rule,
            since,
            gone: gone.as_deref(),
            history: *history,
            cause: told.map(|one| one.cause.name()),
            proven: told.is_some_and(|one| one.proven),
        }
    }
}

/// What the scan says of a control. Never that it passes.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ControlStateRecord<'r> {
    /// Number of the control in ISO/IEC 27002:2022.
    control: &'r str,
    title: &'r str,
    #[cfg_attr(test, schemars(with = "String", extend("enum" = states())))]
    state: State,
    /// Names the tested aspect.
    sentence: &'r str,
    /// Secrets that contradict it.
    secrets: usize,
    /// Places of theirs.
    places: usize,
}

impl<'r> ControlStateRecord<'r> {
    pub(super) fn new(state: &'r ControlState) -> Self {
        Self {
            control: &state.control.number,
            title: &state.control.title,
            state: state.state,
            sentence: &state.sentence,
            secrets: state.secrets,
            places: state.places,
        }
    }
}

/// The end of the scan.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ScanCompleted {
    /// RFC 3339, UTC, by the clock of the host.
    pub(super) completed: String,
    /// From the start of the scan to the writing of this record.
    pub(super) duration_milliseconds: u64,
    pub(super) outcome: OutcomeRow,
    /// Secrets.
    pub(super) findings: usize,
    /// Records before this one.
    pub(super) records: u64,
}

#[cfg(test)]
fn states() -> Vec<&'static str> {
    State::ALL.iter().map(|state| state.name()).collect()
}
