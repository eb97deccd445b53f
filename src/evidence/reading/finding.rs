//! What the records say of secrets, their places, and how these stand.

use serde::Deserialize;

use crate::finding::{Confidence, Decision, ExceptionReason, Grade, Severity};
use crate::govern::Role;

/// One secret by one rule.
#[derive(Clone, Debug, Deserialize)]
pub struct Finding {
    /// Number of its record in the chain, from 0.
    #[serde(skip)]
    pub record: u64,
    /// The rule that found it.
    pub rule: Rule,
    /// HMAC-SHA256 over the value; none for values of low entropy under a public key.
    pub fingerprint: Option<String>,
    /// Public prefix and length class of the value.
    pub preview: String,
    /// The highest of its places.
    pub severity: Severity,
    /// The highest of its places.
    pub confidence: Confidence,
    /// What could be read out of the value.
    pub facts: Vec<Fact>,
    /// Controls that it is evidence about, by role, then by number.
    pub controls: Vec<Control>,
    /// Weaknesses, the headline first.
    pub cwe: Vec<String>,
    /// Entries of the OWASP Non-Human Identities Top 10.
    pub nhi: Vec<String>,
    /// Subcategories of NIST CSF 2.0.
    pub csf: Vec<String>,
    /// How to put it right.
    pub remediation: Remediation,
    /// What somebody decided who looked at it.
    pub triage: Option<Triage>,
    /// The places, by target, path and offset; never empty.
    pub places: Vec<Place>,
}

impl Finding {
    /// Whether triage says that it is no secret, or, where nobody looked at it, exceptions at all places for reasons that `wanted` names.
    pub fn is_dismissed(&self, wanted: fn(ExceptionReason) -> bool) -> bool {
        match &self.triage {
            Some(triage) => !triage.decision.is_secret(),
            None => self.places.iter().all(|place| place.excepted().is_some_and(|exception| wanted(exception.reason))),
        }
    }

    /// Whether one of its places fails the scan.
    pub fn fails(&self) -> bool {
        self.places.iter().any(|place| place.verdict.fails())
    }

    /// Numbers of the controls that it contradicts.
    pub fn contradicted(&self) -> impl Iterator<Item = &str> {
        self.controls.iter().filter(|one| one.role == Role::Contradicts).map(|one| one.control.as_str())
    }

    /// The same at some of its places.
    pub(super) fn at(&self, places: Vec<Place>) -> Self {
        Self {
            record: self.record,
            rule: self.rule.clone(),
            fingerprint: self.fingerprint.clone(),
            preview: self.preview.clone(),
            // As bad as it is there, and as sure.
            severity: places.iter().map(|place| place.severity).max().unwrap_or(self.severity),
            confidence: places.iter().map(|place| place.confidence).max().unwrap_or(self.confidence),
            facts: self.facts.clone(),
            controls: self.controls.clone(),
            cwe: self.cwe.clone(),
            nhi: self.nhi.clone(),
            csf: self.csf.clone(),
            remediation: self.remediation.clone(),
            triage: self.triage.clone(),
            places,
        }
    }

    /// A fact, by its name.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str())
    }
}

/// The rule that found a secret.
#[derive(Clone, Debug, Deserialize)]
pub struct Rule {
    /// Stable for ever.
    pub id: String,
    /// A noun phrase.
    pub title: String,
    /// Who issues the credential.
    pub provider: Provider,
    /// Finding kind.
    pub kind: String,
    /// What the credential speaks as.
    pub identity: String,
}

/// Who issues a credential.
#[derive(Clone, Debug, Deserialize)]
pub struct Provider {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Something read out of a value.
#[derive(Clone, Debug, Deserialize)]
pub struct Fact {
    /// Kebab-case.
    pub name: String,
    /// Untrusted.
    pub value: String,
}

/// A control that a finding is evidence about.
#[derive(Clone, Debug, Deserialize)]
pub struct Control {
    /// Number in ISO/IEC 27002:2022.
    pub control: String,
    /// Its title.
    pub title: String,
    /// How the finding bears on it.
    pub role: Role,
    /// One sentence.
    pub why: String,
}

/// How to put a finding right.
#[derive(Clone, Debug, Deserialize)]
pub struct Remediation {
    /// How to make the credential worthless.
    pub revoke: String,
    /// How to replace it.
    pub rotate: String,
    /// Where the format is documented.
    pub references: Vec<String>,
}

/// The last decision on a secret.
#[derive(Clone, Debug, Deserialize)]
pub struct Triage {
    /// What.
    pub decision: Decision,
    /// By whom.
    pub by: String,
    /// When.
    pub at: String,
    /// How far that can be relied upon.
    pub grade: Grade,
    /// Untrusted.
    pub note: Option<String>,
    /// Where it is followed.
    pub ticket: Option<String>,
}

/// One place of a secret.
#[derive(Clone, Debug, Deserialize)]
pub struct Place {
    /// Relative to the target.
    pub path: String,
    /// The same as base64, where it is not UTF-8.
    pub path_bytes: Option<String>,
    /// The commit that brought the content there, where it comes from git's history.
    pub commit: Option<String>,
    /// Only a history holds it.
    #[serde(default)]
    pub history_only: bool,
    /// Index of the target.
    pub target: usize,
    /// Where in the file.
    pub region: Region,
    /// HMAC-SHA256 over value, path and ordinal.
    pub place_fingerprint: String,
    /// How bad, here.
    pub severity: Severity,
    /// How sure, here.
    pub confidence: Confidence,
    /// A marker that asks to ignore it.
    pub ignore: Option<Ignore>,
    /// When it came into the history of its repository, and until when it was there.
    pub history: Option<History>,
    /// What became of it since an earlier scan.
    pub change: Option<Change>,
    /// Who owns the file, as its repository says.
    pub owners: Option<Owners>,
    /// The exception that speaks of it.
    pub exception: Option<Exception>,
    /// Whether it counts for the exit code.
    pub verdict: Verdict,
}

impl Place {
    /// The exception that takes it out of the verdict.
    pub fn excepted(&self) -> Option<&Exception> {
        self.exception.as_ref().filter(|exception| exception.is_active())
    }
}

/// Who owns a file, as its repository says.
#[derive(Clone, Debug, Deserialize)]
pub struct Owners {
    /// Names and addresses.
    pub names: Vec<String>,
    /// The file that says so, and its line.
    pub source: String,
}

/// Lines and columns, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Region {
    /// The first line.
    pub start_line: u64,
    /// The column in it at which it begins.
    pub start_column: u64,
}

/// A marker in the text that asks to look away.
#[derive(Clone, Debug, Deserialize)]
pub struct Ignore {
    /// The marker.
    pub marker: String,
    /// Its day was over.
    pub expired: bool,
    /// The policy lets it take its place out of the verdict.
    pub honoured: bool,
}

/// The life of a secret at a path of a repository.
#[derive(Clone, Debug, Deserialize)]
pub struct History {
    /// The commit that introduced it.
    pub introduced: Option<Commit>,
    /// The latest commit that has it there.
    pub last_seen: Option<Commit>,
    /// How many references have it there.
    pub references: u64,
}

/// A commit.
#[derive(Clone, Debug, Deserialize)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// When, by the committer's clock.
    pub time: Option<String>,
    /// A pseudonym of its author, or the name, where the operator asked for that.
    pub author: Option<String>,
}

/// What became of a place since an earlier scan.
#[derive(Clone, Debug, Deserialize)]
pub struct Change {
    /// `new`, `unchanged`, `moved`, `spread` or `re-introduced`.
    pub state: String,
    /// Why, where it is not as it was.
    pub cause: Option<String>,
    /// The cause was shown.
    pub proven: bool,
    /// The day since which it is known.
    pub since: Option<String>,
}

/// An exception, and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Exception {
    /// Its name.
    pub id: String,
    /// Why it was made.
    pub reason: ExceptionReason,
    /// The same in words.
    pub text: String,
    /// Who asked for it.
    pub requested_by: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// When.
    pub approved_on: Option<String>,
    /// The last day on which it holds.
    pub expires_on: String,
    /// Where it was discussed.
    pub ticket: Option<String>,
    /// How far the approval can be relied upon.
    pub grade: Grade,
    /// `active`, `expired`, `unapproved`, `refused` or `proposed`.
    pub standing: String,
    /// What lacks, where it does not hold.
    pub why: Option<String>,
}

impl Exception {
    /// Whether it holds.
    pub fn is_active(&self) -> bool {
        self.standing == "active"
    }

    /// What tells it from those of other bundles: an id is one of its own file alone. Who renews an exception keeps these.
    pub fn identity(&self) -> (&str, ExceptionReason, &str, &str) {
        (&self.id, self.reason, &self.requested_by, &self.text)
    }
}

/// An exception that the operator named, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ExceptionOutcome {
    /// The exception.
    #[serde(flatten)]
    pub exception: Exception,
    /// Places that it speaks of.
    pub places: u64,
    /// It names a rule that there is not.
    pub stale: bool,
}

/// Whether a place counts for the exit code.
#[derive(Clone, Debug, Deserialize)]
pub struct Verdict {
    /// `fails` and `fails-gate` make the exit code 1.
    pub state: String,
    /// The gate that decided.
    pub gate: Option<String>,
}

impl Verdict {
    /// Whether it fails the scan.
    pub fn fails(&self) -> bool {
        matches!(self.state.as_str(), "fails" | "fails-gate")
    }
}
