//! A bundle as its readers want it: the records as typed values.
//!
//! Registers, control views and exports are made from readings alone, so that they can tell nothing that the evidence does not. All
//! text in a reading is as untrusted as the tree that was scanned.

mod finding;
#[cfg(test)]
pub(crate) mod sample;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

pub use finding::{
    Change, Commit, Control, Exception, ExceptionOutcome, Fact, Finding, History, Ignore, Owners, Place, Provider,
    Region, Remediation, Rule, Triage, Verdict,
};

use super::chain::Record;
use super::series::Subject;
use super::verify::{Bundle, Verified};
use crate::govern::State;
use crate::report::TargetKind;
use crate::slot::Tally;

/// A bundle that does not say what its records promise.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    /// A record is of another form.
    #[error("record {record} of the bundle is no `{kind}` as this version knows it")]
    Record {
        /// Its number, from 0.
        record: usize,
        /// Its type.
        kind: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// There is no record of a type that every bundle has.
    #[error("the bundle has no record `{0}`")]
    Missing(&'static str),
}

/// How far a bundle can be relied upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assurance {
    /// It was made in this run and never written.
    Made,
    /// Its parts agree with each other.
    Consistent,
    /// A key that the caller pinned signed it; this is the key's id.
    Authentic(String),
}

impl Assurance {
    /// What it is called.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Made => "made in this run",
            Self::Consistent => "consistent",
            Self::Authentic(_) => "authentic",
        }
    }

    /// The pinned key that signed it, by its id.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Authentic(key) => Some(key),
            Self::Made | Self::Consistent => None,
        }
    }
}

impl std::fmt::Display for Assurance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.key() {
            Some(key) => write!(f, "{} (key {key})", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

/// A bundle, read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// How people call it: its folder.
    pub name: String,
    /// How far it can be relied upon.
    pub assurance: Assurance,
    /// The scan.
    pub scan: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
    /// What series it belongs to: what its first target is of.
    pub subject: Subject,
    /// What each of its targets is of.
    pub subjects: Vec<Subject>,
    /// The commit that was scanned, as far as it is known.
    pub commit: Option<String>,
    /// What is known before anything is read.
    pub started: Started,
    /// How it ended.
    pub completed: Completed,
    /// What was read.
    pub coverage: Coverage,
    /// Places that need a credential, by where it is held.
    pub slots: Tally,
    /// Which rules proved that they work.
    pub self_test: SelfTest,
    /// The secrets.
    pub findings: Vec<Finding>,
    /// Secrets at paths that an earlier scan knew and this one did not find.
    pub absent: Vec<Absent>,
    /// Exceptions that the operator named, and what came of them.
    pub exceptions: Vec<ExceptionOutcome>,
    /// What the change that was scanned would have had obeyed.
    pub attempts: Vec<Attempt>,
    /// The order to let the scan pass.
    pub bypass: Option<Bypass>,
    /// What could not be read, or not wholly.
    pub gaps: Vec<Gap>,
    /// What policy left out.
    pub exclusions: Vec<Exclusion>,
    /// What the scan says of each control of the catalogue.
    pub controls: Vec<ControlState>,
}

/// The first record.
#[derive(Clone, Debug, Deserialize)]
pub struct Started {
    /// RFC 3339, UTC, by the clock of the host.
    pub started: String,
    /// The program.
    pub tool: Tool,
    /// The rules.
    pub rule_pack: RulePack,
    /// The settings.
    pub configuration: ConfigurationDigest,
    /// The key of the fingerprints.
    pub key: Key,
    /// What was to be scanned.
    pub targets: Vec<Target>,
}

/// The program that made the record.
#[derive(Clone, Debug, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The rules that were active.
#[derive(Clone, Debug, Deserialize)]
pub struct RulePack {
    /// How many.
    pub rules: u64,
    /// SHA-256 over all of them.
    pub sha256: String,
}

/// The settings that the scan ran with.
#[derive(Clone, Debug, Deserialize)]
pub struct ConfigurationDigest {
    /// SHA-256 over all of them.
    pub sha256: String,
}

/// The key of the fingerprints.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Key {
    /// Names it.
    pub id: String,
    /// Where it came from: `secret`, `salt`, `user` or `public`.
    pub keyed: String,
}

/// Something that was to be scanned.
#[derive(Clone, Debug, Deserialize)]
pub struct Target {
    /// As given on the command line.
    pub given: String,
    /// What it is.
    pub kind: TargetKind,
    /// The git work tree around it.
    #[serde(default)]
    pub git: Option<TargetGit>,
}

/// The git work tree around a target.
#[derive(Clone, Debug, Deserialize)]
pub struct TargetGit {
    /// Path of the target below the root of the work tree, ending in `/`; empty at the root.
    pub prefix: String,
    /// URL of the remote `origin`.
    pub repository: Option<String>,
}

impl Started {
    /// Whether it is the scan of a change: what is not in it may be there all the same.
    pub fn is_of_changes(&self) -> bool {
        self.targets.iter().any(|target| target.kind.is_of_changes())
    }
}

/// The last record.
#[derive(Clone, Debug, Deserialize)]
pub struct Completed {
    /// RFC 3339, UTC, by the clock of the host.
    pub completed: String,
    /// How the scan ended.
    pub outcome: Outcome,
}

/// How a scan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Outcome {
    /// 0, 1 or 3.
    pub exit_code: u8,
    /// Some place fails the scan.
    pub failed: bool,
    /// All of the scope was read, but for exclusions and gaps of classes that do not fail.
    pub complete: bool,
}

/// What was read.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Coverage {
    /// Files met. `files_seen = files_read + files_excluded + files_unreadable`.
    pub files_seen: u64,
    /// Files whose content was searched.
    pub files_read: u64,
    /// Files left out by policy.
    pub files_excluded: u64,
    /// Files that could not be read.
    pub files_unreadable: u64,
    /// Bytes searched.
    pub bytes_read: u64,
    /// What of histories was searched.
    pub history: Option<HistoryCoverage>,
    /// Places that were found and not reported for their confidence.
    #[serde(default)]
    pub withheld: u64,
}

/// What of histories was searched.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct HistoryCoverage {
    /// Commits whose messages were searched.
    pub commits: u64,
    /// Files and links that were searched, each version once.
    pub files: u64,
}

/// Which rules proved that they work.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SelfTest {
    /// Rules that reported their canary, by id.
    pub found: Vec<String>,
    /// Active rules that did not.
    pub not_found: Vec<String>,
    /// Rules that the configuration switched off, and those without a sample.
    pub not_tested: Vec<String>,
}

/// A secret at a path that an earlier scan knew and this one did not find.
#[derive(Clone, Debug, Deserialize)]
pub struct Absent {
    /// Of the value.
    pub fingerprint: Option<String>,
    /// Of the place, where the value has none.
    pub place: Option<String>,
    /// Relative to the target.
    pub path: String,
    /// The rule that found it.
    pub rule: String,
    /// The day on which it was first known.
    pub since: String,
    /// The day on which it was seen to have gone.
    pub gone: Option<String>,
    /// Why it is absent now: `code`, `rules`, `configuration`, `scope`.
    pub cause: Option<String>,
    /// Whether nothing else can be the cause.
    pub proven: bool,
}

/// Something by which the change that was scanned would have got past the gate.
#[derive(Clone, Debug, Deserialize)]
pub struct Attempt {
    /// `exception`, `baseline` and the like.
    pub kind: String,
    /// The file that it is in.
    pub file: String,
    /// What it would do.
    pub what: String,
}

/// The order to let the scan pass.
#[derive(Clone, Debug, Deserialize)]
pub struct Bypass {
    /// Why.
    pub reason: String,
    /// Who gave it.
    pub by: String,
    /// The exit code that the scan would have had.
    pub exit_code: u8,
}

/// A part of the scope that could not be read, or not wholly.
#[derive(Clone, Debug, Deserialize)]
pub struct Gap {
    /// Its class.
    pub class: String,
    /// Where.
    pub path: String,
    /// Why.
    pub reason: String,
    /// Who has accepted it.
    pub accepted: Option<GapAcceptance>,
}

/// The acceptance of a gap.
#[derive(Clone, Debug, Deserialize)]
pub struct GapAcceptance {
    /// Why.
    pub reason: String,
    /// By whom.
    pub approver: String,
    /// The last day.
    pub until: String,
}

/// A part of the scope that policy left out.
#[derive(Clone, Debug, Deserialize)]
pub struct Exclusion {
    /// Its class.
    pub class: String,
    /// Where.
    pub path: String,
    /// Why.
    pub reason: String,
    /// How many files it stands for.
    pub files: u64,
}

/// What the scan says of a control.
#[derive(Clone, Debug, Deserialize)]
pub struct ControlState {
    /// Number of its record in the chain, from 0.
    #[serde(skip)]
    pub record: u64,
    /// Number in ISO/IEC 27002:2022.
    pub control: String,
    /// Its title.
    pub title: String,
    /// The state.
    pub state: State,
    /// Names the tested aspect.
    pub sentence: String,
    /// Secrets that contradict it.
    pub secrets: u64,
    /// Places of theirs.
    pub places: u64,
}

impl Reading {
    /// Reads `bundle`, whose parts agree as `verified` says; `name` is how people call it.
    ///
    /// # Errors
    ///
    /// A record is not what its type promises. Verification says that the records are those that were written, not that this
    /// version understands them.
    pub fn of(name: &str, bundle: &Bundle, verified: &Verified, assurance: Assurance) -> Result<Self, ReadingError> {
        let mut reading = Self::of_records(&bundle.records, |record| bundle.whole(record))?;
        name.clone_into(&mut reading.name);
        reading.manifest_sha256.clone_from(&verified.manifest_sha256);
        reading.assurance = assurance;
        Ok(reading)
    }

    /// Lets exceptions that held at the time of the scan end, where their last day is over on `day`, `YYYY-MM-DD`. What the scan made of
    /// them stays in its verdicts.
    pub fn judge_on(&mut self, day: &str) {
        let places = self.findings.iter_mut().flat_map(|finding| &mut finding.places);
        let of_places = places.filter_map(|place| place.exception.as_mut());
        let all = self.exceptions.iter_mut().map(|outcome| &mut outcome.exception).chain(of_places);
        for exception in all.filter(|exception| exception.is_active() && exception.expires_on.as_str() < day) {
            "expired".clone_into(&mut exception.standing);
            exception.why = Some(format!("its last day was {}, after the scan", exception.expires_on));
        }
    }

    /// What the target with this index is of.
    pub fn subject_of_target(&self, target: usize) -> &Subject {
        match self.subjects.get(target) {
            Some(subject) if self.subjects.len() > 1 => subject,
            _ => &self.subject,
        }
    }

    /// What the place is of.
    pub fn subject_of(&self, place: &Place) -> &Subject {
        self.subject_of_target(place.target)
    }

    /// Whether its targets are of different repositories or branches.
    pub fn is_of_several(&self) -> bool {
        self.subjects.windows(2).any(|pair| pair[0] != pair[1])
    }

    /// What it says of each repository and branch that its targets are of; itself, where that is one. Coverage, gaps, exceptions and states of
    /// controls are those of the whole scan.
    pub fn by_subject(&self) -> Vec<Cow<'_, Self>> {
        if !self.is_of_several() {
            return vec![Cow::Borrowed(self)];
        }
        // Each finding is copied once, however many repositories there are.
        let mut findings: BTreeMap<&Subject, Vec<Finding>> =
            self.subjects.iter().map(|subject| (subject, Vec::new())).collect();
        for finding in &self.findings {
            let mut places: BTreeMap<&Subject, Vec<Place>> = BTreeMap::new();
            for place in &finding.places {
                places.entry(self.subject_of(place)).or_default().push(place.clone());
            }
            for (subject, places) in places {
                findings.entry(subject).or_default().push(finding.at(places));
            }
        }
        findings.into_iter().map(|(subject, findings)| Cow::Owned(self.part(subject, findings))).collect()
    }

    /// What it says of `subject` alone, which `findings` are of.
    fn part(&self, subject: &Subject, mut findings: Vec<Finding>) -> Self {
        let indices: Vec<usize> = (0..self.subjects.len()).filter(|&at| self.subjects[at] == *subject).collect();
        for place in findings.iter_mut().flat_map(|finding| &mut finding.places) {
            place.target = indices.iter().position(|&at| at == place.target).unwrap_or_default();
        }
        let targets = indices.iter().filter_map(|&at| self.started.targets.get(at)).cloned().collect();
        Self {
            name: self.name.clone(),
            assurance: self.assurance.clone(),
            scan: self.scan.clone(),
            manifest_sha256: self.manifest_sha256.clone(),
            subject: subject.clone(),
            subjects: vec![subject.clone(); indices.len()],
            commit: self.commit.clone().filter(|_| indices.first() == Some(&0)),
            started: Started { targets, ..self.started.clone() },
            completed: self.completed.clone(),
            coverage: self.coverage.clone(),
            slots: self.slots.clone(),
            self_test: self.self_test.clone(),
            findings,
            absent: self.absent.clone(),
            exceptions: self.exceptions.clone(),
            attempts: self.attempts.clone(),
            bypass: self.bypass.clone(),
            gaps: self.gaps.clone(),
            exclusions: self.exclusions.clone(),
            controls: self.controls.clone(),
        }
    }

    /// Reads records, of which `whole` gives all that they say; name and digest of the manifest are left empty.
    pub(super) fn of_records(records: &[Record], whole: impl Fn(&Record) -> Record) -> Result<Self, ReadingError> {
        let (mut started, mut completed, mut coverage, mut slots, mut self_test) = (None, None, None, None, None);
        let (mut findings, mut absent, mut exceptions, mut attempts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut gaps, mut exclusions, mut controls) = (Vec::new(), Vec::new(), Vec::new());
        let (mut bypass, mut commit) = (None, None);
        let context = records.iter().find(|record| record.kind() == "run-context");
        for (number, record) in records.iter().enumerate() {
            let kind = record.kind();
            let body = || Value::Object(whole(record).body);
            match kind {
                "scan-started" => started = Some(read(number, kind, body())?),
                "run-context" => {
                    let said = record.member(&["targets"]).and_then(|targets| targets.pointer("/0/commit/value"));
                    commit = said.and_then(Value::as_str).map(str::to_owned);
                }
                "coverage" => coverage = Some(read(number, kind, body())?),
                "credential-slots" => slots = Some(read(number, kind, body())?),
                "self-test" => self_test = Some(read(number, kind, body())?),
                "finding" => findings.push(Finding { record: number as u64, ..read(number, kind, body())? }),
                "control-state" => controls.push(ControlState { record: number as u64, ..read(number, kind, body())? }),
                "absent" => absent.push(read(number, kind, body())?),
                "exception" => exceptions.push(read(number, kind, body())?),
                "attempt" => attempts.push(read(number, kind, body())?),
                "gap" => gaps.push(read(number, kind, body())?),
                "exclusion" => exclusions.push(read(number, kind, body())?),
                "bypass" => bypass = Some(read(number, kind, body())?),
                "scan-completed" => completed = Some(read(number, kind, body())?),
                // Rules, single slots, and what later versions may have to say.
                _ => {}
            }
        }
        let started: Started = started.ok_or(ReadingError::Missing("scan-started"))?;
        Ok(Self {
            name: String::new(),
            assurance: Assurance::Made,
            scan: records.first().map(|record| record.scan.clone()).unwrap_or_default(),
            manifest_sha256: String::new(),
            subject: Subject::of(records),
            subjects: (0..started.targets.len()).map(|index| Subject::of_target(context, index)).collect(),
            commit,
            started,
            completed: completed.ok_or(ReadingError::Missing("scan-completed"))?,
            coverage: coverage.ok_or(ReadingError::Missing("coverage"))?,
            slots: slots.ok_or(ReadingError::Missing("credential-slots"))?,
            self_test: self_test.ok_or(ReadingError::Missing("self-test"))?,
            findings,
            absent,
            exceptions,
            attempts,
            bypass,
            gaps,
            exclusions,
            controls,
        })
    }
}

fn read<T: for<'d> Deserialize<'d>>(record: usize, kind: &str, body: Value) -> Result<T, ReadingError> {
    serde_json::from_value(body).map_err(|source| ReadingError::Record { record, kind: kind.to_owned(), source })
}
