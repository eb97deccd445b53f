//! How a place stands: to what was known before it, to what people decided about it, and to the verdict.
//!
//! Nothing here is decided by the scanner. Baselines and exceptions are the operator's files; whoever adds a secret must not
//! be able to add the entry that excuses it, which is why an exception carries who asked for it and who approved it.

use std::sync::Arc;

use super::baseline::Entry;

named! {
    /// What became of a place since the scan that it is compared with.
    ChangeState {
        /// The earlier scan did not know the secret.
        New = "new",
        /// The earlier scan knew the secret, and knew it here.
        Unchanged = "unchanged",
        /// The earlier scan knew the secret at another path, where it is no longer.
        Moved = "moved",
        /// The earlier scan knew the secret at other paths, where it still is.
        Spread = "spread",
        /// The earlier scan knew the secret as one that had gone.
        Reintroduced = "re-introduced",
    }
}

named! {
    /// Why two scans differ.
    Cause {
        /// What was scanned is another.
        Code = "code",
        /// Rules, or the program that runs them, are others.
        Rules = "rules",
        /// The operator's settings are others.
        Configuration = "configuration",
        /// One of the scans did not look there.
        Scope = "scope",
        /// Fingerprints are under different keys, so that nothing can be compared.
        Key = "key",
    }
}

/// What became of a place, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What became of it.
    pub state: ChangeState,
    /// Why, where it is not as it was.
    pub cause: Option<Cause>,
    /// Whether the cause was shown; else it is what differs between the scans, and the code may differ too.
    pub proven: bool,
    /// The day (`YYYY-MM-DD`) since which it is known; none for what is new.
    pub since: Option<String>,
}

named! {
    /// Why an exception was made.
    ExceptionReason {
        /// No secret at all.
        FalsePositive = "false-positive",
        /// A value made for tests, which opens nothing.
        TestValue = "test-value",
        /// The issuer no longer takes it.
        Revoked = "revoked",
        /// It works, and somebody answers for the risk.
        AcceptedRisk = "accepted-risk",
        /// It works, and something else keeps it from being used.
        CompensatingControl = "compensating-control",
    }
}

impl ExceptionReason {
    /// The reason as people say it. A risk that somebody took is never called a false positive.
    pub fn words(self) -> &'static str {
        match self {
            Self::FalsePositive => "false positive",
            Self::TestValue => "test value",
            Self::Revoked => "revoked",
            Self::AcceptedRisk => "accepted risk",
            Self::CompensatingControl => "compensating control",
        }
    }

    /// Whether it says that there is a secret that works, so that the control stays contradicted.
    pub fn is_risk(self) -> bool {
        matches!(self, Self::AcceptedRisk | Self::CompensatingControl)
    }
}

named! {
    /// How far a statement of a person can be relied upon.
    Grade {
        /// Somebody wrote it down.
        Claimed = "claimed",
        /// It was committed by that person.
        Committed = "committed",
        /// That person signed it.
        Signed = "signed",
        /// The issuer of the credential confirms it.
        IssuerConfirmed = "issuer-confirmed",
    }
}

/// A decision of people to let findings stand until a day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exception {
    /// Its name, which no other has.
    pub id: String,
    /// Why it was made.
    pub reason: ExceptionReason,
    /// The same in words.
    pub text: String,
    /// Who asked for it.
    pub requested_by: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// The day on which that was.
    pub approved_on: Option<String>,
    /// The last day on which it holds.
    pub expires_on: String,
    /// Where it was discussed.
    pub ticket: Option<String>,
    /// How far the approval can be relied upon, as the file says.
    pub grade: Grade,
}

/// Whether an exception holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It holds.
    Active,
    /// Its last day is over.
    Expired,
    /// Nobody approved it who may: a clause that says what lacks.
    Unapproved(String),
    /// The operator's policy has no such exceptions: a clause that says which.
    Refused(String),
    /// The change that is scanned brings it itself.
    Proposed,
}

impl Standing {
    /// The name that reports use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Unapproved(_) => "unapproved",
            Self::Refused(_) => "refused",
            Self::Proposed => "proposed",
        }
    }

    /// What lacks, in a clause.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Active => None,
            Self::Expired => Some("its last day is over"),
            Self::Proposed => Some("only the change that is scanned brings it"),
            Self::Unapproved(why) | Self::Refused(why) => Some(why),
        }
    }
}

/// An exception that speaks of a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppliedException {
    /// The exception.
    pub exception: Arc<Exception>,
    /// Whether it holds.
    pub standing: Standing,
}

named! {
    /// What somebody found who looked at a finding.
    Decision {
        /// It is a secret.
        Confirmed = "confirmed",
        /// It is none.
        FalsePositive = "false-positive",
        /// It was, or may have been, used by somebody who should not: an incident.
        Incident = "incident",
    }
}

impl Decision {
    /// Whether it says that there is a secret.
    pub fn is_secret(self) -> bool {
        match self {
            Self::Confirmed | Self::Incident => true,
            Self::FalsePositive => false,
        }
    }
}

/// The last decision on a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Triage {
    /// What was decided.
    pub decision: Decision,
    /// Who decided.
    pub by: String,
    /// When: RFC 3339, UTC, as that person says.
    pub at: String,
    /// How far that can be relied upon.
    pub grade: Grade,
    /// Remarks.
    pub note: Option<String>,
    /// Where it is dealt with.
    pub ticket: Option<String>,
}

/// Whether a place counts for the exit code, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It reaches the severity that fails a scan.
    Fails,
    /// A gate of the operator's policy fails it: the gate's name.
    FailsGate(Arc<str>),
    /// It does not reach the severity that fails a scan.
    Minor,
    /// A gate of the operator's policy passes it: the gate's name.
    PassesGate(Arc<str>),
    /// The baseline knows it.
    Known,
    /// It was there before; rules that are better, or settings that are others, show it now.
    NewlyDetected,
    /// An exception takes it out.
    Excepted,
    /// A marker in the text takes it out, which the policy honours.
    Ignored,
}

impl Verdict {
    /// Whether the place makes the exit code 1.
    pub fn fails(&self) -> bool {
        matches!(self, Self::Fails | Self::FailsGate(_))
    }

    /// The name that reports use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::FailsGate(_) => "fails-gate",
            Self::Minor => "minor",
            Self::PassesGate(_) => "passes-gate",
            Self::Known => "known",
            Self::NewlyDetected => "newly-detected",
            Self::Excepted => "excepted",
            Self::Ignored => "ignored",
        }
    }

    /// The gate that decided.
    pub fn gate(&self) -> Option<&str> {
        match self {
            Self::FailsGate(name) | Self::PassesGate(name) => Some(name),
            _ => None,
        }
    }
}

/// A secret at a path that an earlier scan knew and this one did not find.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Absent {
    /// The rule that found it.
    pub rule: String,
    /// Path relative to the target.
    pub path: String,
    /// Fingerprint of the value in hexadecimal; that of the place, where the value has none.
    pub fingerprint: String,
    /// Why it is not there.
    pub cause: Cause,
    /// Whether the cause was shown.
    pub proven: bool,
    /// The day since which it is known.
    pub since: Option<String>,
}

/// A scan held against an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The file or folder, as the operator named it.
    pub with: String,
    /// The scan whose bundle it is; none for a baseline file.
    pub scan: Option<String>,
    /// What it knew and this scan did not find, sorted.
    pub absent: Vec<Absent>,
    /// The same as entries, and those that had gone before: what has gone since has its day.
    pub remembered: Vec<Entry>,
}

/// An exception of the operator's files, and what came of it in this scan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExceptionOutcome {
    /// The exception.
    pub exception: Arc<Exception>,
    /// Whether it holds.
    pub standing: Standing,
    /// Places that it speaks of.
    pub places: u64,
    /// Whether it names a rule that there is not, so that it can speak of nothing.
    pub stale: bool,
}

/// Something by which the change that is scanned would get past the gate, and which was not obeyed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt {
    /// What it is: `exception`, `baseline`, `configuration`, `rules`, `inline-ignore`.
    pub kind: &'static str,
    /// The file that it is in, as it is named.
    pub file: String,
    /// What it does, in a clause.
    pub what: String,
    /// How many places it would take out of the verdict, as far as that is known.
    pub places: Option<u64>,
}

/// An order to let the scan pass whatever it finds, which is part of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bypass {
    /// Why.
    pub reason: String,
    /// Who gave it, and where that is said.
    pub by: String,
    /// The exit code that the scan would have had.
    pub exit_code: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_risk_is_no_false_positive() {
        for one in ExceptionReason::ALL {
            assert_eq!(one.words() == "false positive", *one == ExceptionReason::FalsePositive);
        }
    }
}
