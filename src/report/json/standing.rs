//! The objects of the JSON formats that say how a place stands: to an earlier scan, to what people decided, to the verdict.
//!
//! Texts of exceptions, triage and attempts are anybody's, as names of files are.

use serde::Serialize;

use crate::finding::{
    Absent, AppliedException, Attempt, Bypass, Cause, Change, Comparison, Exception, ExceptionOutcome, Triage, Verdict,
};
#[cfg(test)]
use crate::finding::{ChangeState, Decision, ExceptionReason, Grade};
use crate::report::Report;
use crate::report::standing::Standings;

/// What became of a place since the scan that it is compared with.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Change"))]
pub(crate) struct ChangeRow<'r> {
    /// `new`: the secret was not known. `unchanged`: it was known here. `moved`: it was known elsewhere, where it is no longer.
    /// `spread`: it was known elsewhere, where it still is. `re-introduced`: it was known as gone.
    #[cfg_attr(test, schemars(extend("enum" = ChangeState::NAMES)))]
    state: &'static str,
    /// Why, where it is not as it was: what differs between the scans.
    #[cfg_attr(test, schemars(extend("enum" = or_null(Cause::NAMES))))]
    cause: Option<&'static str>,
    /// The cause was shown; else the code may differ too.
    proven: bool,
    /// The day (`YYYY-MM-DD`) since which it is known; null for what is new.
    since: Option<&'r str>,
}

impl<'r> ChangeRow<'r> {
    pub(crate) fn new(change: &'r Change) -> Self {
        let Change { state, cause, proven, since } = change;
        Self { state: state.name(), cause: cause.map(Cause::name), proven: *proven, since: since.as_deref() }
    }
}

/// An exception, and whether it holds.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Exception"))]
pub(crate) struct ExceptionRow<'r> {
    id: &'r str,
    /// Why it was made. Under `accepted-risk` and `compensating-control` the secret works, and the control stays
    /// contradicted.
    #[cfg_attr(
        test,
        schemars(extend("enum" = ExceptionReason::NAMES))
    )]
    reason: &'static str,
    /// The same in words; untrusted text.
    text: &'r str,
    requested_by: &'r str,
    approved_by: Option<&'r str>,
    /// The day of the approval.
    approved_on: Option<&'r str>,
    /// The last day on which it holds.
    expires_on: &'r str,
    ticket: Option<&'r str>,
    /// How far the approval can be relied upon.
    #[cfg_attr(test, schemars(extend("enum" = Grade::NAMES)))]
    grade: &'static str,
    /// Only an `active` one takes a place out of the verdict.
    #[cfg_attr(test, schemars(extend("enum" = ["active", "expired", "unapproved", "refused", "proposed"])))]
    standing: &'static str,
    /// What lacks, where it does not hold.
    why: Option<&'r str>,
}

impl<'r> ExceptionRow<'r> {
    pub(crate) fn new(applied: &'r AppliedException) -> Self {
        Self::standing(&applied.exception, &applied.standing)
    }

    fn standing(exception: &'r Exception, standing: &'r crate::finding::Standing) -> Self {
        // Taken apart by name, so that a new member cannot be forgotten here.
        let Exception { id, reason, text, requested_by, approved_by, approved_on, expires_on, ticket, grade } =
            exception;
        Self {
            id,
            reason: reason.name(),
            text,
            requested_by,
            approved_by: approved_by.as_deref(),
            approved_on: approved_on.as_deref(),
            expires_on,
            ticket: ticket.as_deref(),
            grade: grade.name(),
            standing: standing.name(),
            why: standing.why(),
        }
    }
}

/// An exception of the operator's files, and what came of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ExceptionOutcome"))]
pub(crate) struct ExceptionOutcomeRow<'r> {
    #[serde(flatten)]
    exception: ExceptionRow<'r>,
    /// Places that it speaks of.
    places: u64,
    /// It names a rule that there is not, so that it can speak of nothing.
    stale: bool,
}

impl<'r> ExceptionOutcomeRow<'r> {
    pub(crate) fn all(report: &'r Report) -> Vec<Self> {
        let row = |outcome: &'r ExceptionOutcome| Self {
            exception: ExceptionRow::standing(&outcome.exception, &outcome.standing),
            places: outcome.places,
            stale: outcome.stale,
        };
        report.exceptions.iter().map(row).collect()
    }
}

/// Whether a place counts for the exit code, and why.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Verdict"))]
pub(crate) struct VerdictRow<'r> {
    /// `fails` and `fails-gate` make the exit code 1; the others do not.
    #[cfg_attr(
        test,
        schemars(extend("enum" = [
            "fails", "fails-gate", "minor", "passes-gate", "known", "newly-detected", "excepted", "ignored"
        ]))
    )]
    state: &'static str,
    /// The gate of the operator's policy that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<&'r str>,
}

impl<'r> VerdictRow<'r> {
    pub(crate) fn new(verdict: &'r Verdict) -> Self {
        Self { state: verdict.name(), gate: verdict.gate() }
    }
}

/// The last decision on a secret.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Triage"))]
pub(crate) struct TriageRow<'r> {
    #[cfg_attr(test, schemars(extend("enum" = Decision::NAMES)))]
    decision: &'static str,
    by: &'r str,
    /// RFC 3339, UTC, as that person says.
    at: &'r str,
    /// How far that can be relied upon.
    #[cfg_attr(test, schemars(extend("enum" = Grade::NAMES)))]
    grade: &'static str,
    /// Untrusted text.
    note: Option<&'r str>,
    ticket: Option<&'r str>,
}

impl<'r> TriageRow<'r> {
    pub(crate) fn new(triage: &'r Triage) -> Self {
        let Triage { decision, by, at, grade, note, ticket } = triage;
        Self {
            decision: decision.name(),
            by,
            at,
            grade: grade.name(),
            note: note.as_deref(),
            ticket: ticket.as_deref(),
        }
    }
}

/// The scan held against an earlier one.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Comparison"))]
pub(crate) struct ComparisonRow<'r> {
    /// The file or folder, as the operator named it.
    with: &'r str,
    /// The scan whose bundle it is; null for a baseline.
    scan: Option<&'r str>,
    places: ChangedPlaces,
    /// Secrets that are not there any more, by rule and path.
    absent: Vec<AbsentRow<'r>>,
}

/// Places by what became of them.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ChangedPlaces {
    new: u64,
    unchanged: u64,
    moved: u64,
    spread: u64,
    reintroduced: u64,
}

impl<'r> ComparisonRow<'r> {
    pub(super) fn of(report: &'r Report) -> Option<Self> {
        // What is remembered of the scans before is for records of evidence.
        let Comparison { with, scan, absent, remembered: _ } = report.comparison.as_ref()?;
        let Standings { new, unchanged, moved, spread, reintroduced, .. } = Standings::of(report);
        Some(Self {
            with,
            scan: scan.as_deref(),
            places: ChangedPlaces { new, unchanged, moved, spread, reintroduced },
            absent: absent.iter().map(AbsentRow::new).collect(),
        })
    }
}

/// A secret that the earlier scan knew, and that is not there any more.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Absent"))]
pub(crate) struct AbsentRow<'r> {
    /// The rule that found it.
    rule: &'r str,
    /// Relative to the target.
    path: &'r str,
    /// Of the value; of the place, where the value has none.
    fingerprint: &'r str,
    /// Why it is not there; only `code` says that somebody took it out.
    #[cfg_attr(test, schemars(extend("enum" = Cause::NAMES)))]
    cause: &'static str,
    /// The cause was shown.
    proven: bool,
    /// The day since which it is known.
    since: Option<&'r str>,
}

impl<'r> AbsentRow<'r> {
    pub(crate) fn new(absent: &'r Absent) -> Self {
        let Absent { rule, path, fingerprint, cause, proven, since } = absent;
        Self { rule, path, fingerprint, cause: cause.name(), proven: *proven, since: since.as_deref() }
    }
}

/// Something by which the change that was scanned would get past the gate, and which was not obeyed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Attempt"))]
pub(crate) struct AttemptRow<'r> {
    /// `exception`, `baseline`, `configuration`, `rules`, `inline-ignore`; more may come.
    kind: &'static str,
    /// The file that it is in.
    file: &'r str,
    /// What it would do.
    what: &'r str,
    /// How many places it would take out of the verdict, where that is known.
    places: Option<u64>,
}

impl<'r> AttemptRow<'r> {
    pub(crate) fn all(report: &'r Report) -> Vec<Self> {
        let row = |attempt: &'r Attempt| {
            let Attempt { kind, file, what, places } = attempt;
            Self { kind, file, what, places: *places }
        };
        report.attempts.iter().map(row).collect()
    }
}

/// An order to let the scan pass whatever it finds.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Bypass"))]
pub(crate) struct BypassRow<'r> {
    /// Why; untrusted text.
    reason: &'r str,
    /// Who gave it, and where that is said.
    by: &'r str,
    /// The exit code that the scan would have had.
    exit_code: u8,
}

impl<'r> BypassRow<'r> {
    pub(crate) fn of(report: &'r Report) -> Option<Self> {
        let Bypass { reason, by, exit_code } = report.bypass.as_ref()?;
        Some(Self { reason, by, exit_code: *exit_code })
    }
}

#[cfg(test)]
fn or_null(names: &[&'static str]) -> Vec<Option<&'static str>> {
    names.iter().copied().map(Some).chain([None]).collect()
}
