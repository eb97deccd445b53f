//! How places stand to an earlier scan and to what people decided: counted, and in words.

use super::Report;
use crate::finding::{ChangeState, ExceptionReason};

/// Counts over the places of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standings {
    /// Places of secrets that the earlier scan did not know.
    pub(super) new: u64,
    /// Places that it knew.
    pub(super) unchanged: u64,
    /// Places of secrets that it knew elsewhere, where they are no longer.
    pub(super) moved: u64,
    /// Places of secrets that it knew elsewhere, where they still are.
    pub(super) spread: u64,
    /// Places of secrets that it knew as gone.
    pub(super) reintroduced: u64,
    /// Places that people took out of the verdict.
    pub(super) suppressed: u64,
    /// Places that fail the scan.
    pub(super) failing: u64,
    /// Secrets with such a place.
    pub(super) failing_secrets: u64,
}

impl Standings {
    pub(super) fn of(report: &Report) -> Self {
        let mut counts = Self::default();
        for finding in &report.findings {
            let failing = counts.failing;
            for place in &finding.occurrences {
                if let Some(change) = &place.change {
                    *counts.state(change.state) += 1;
                }
                counts.suppressed += u64::from(place.is_suppressed());
                counts.failing += u64::from(place.verdict.fails());
            }
            counts.failing_secrets += u64::from(counts.failing > failing);
        }
        counts
    }

    fn state(&mut self, state: ChangeState) -> &mut u64 {
        match state {
            ChangeState::New => &mut self.new,
            ChangeState::Unchanged => &mut self.unchanged,
            ChangeState::Moved => &mut self.moved,
            ChangeState::Spread => &mut self.spread,
            ChangeState::Reintroduced => &mut self.reintroduced,
        }
    }
}

/// Why an exception was made, as people say it. A risk that somebody took is never called a false positive.
pub(super) fn reason_words(reason: ExceptionReason) -> &'static str {
    match reason {
        ExceptionReason::FalsePositive => "false positive",
        ExceptionReason::TestValue => "test value",
        ExceptionReason::Revoked => "revoked",
        ExceptionReason::AcceptedRisk => "accepted risk",
        ExceptionReason::CompensatingControl => "compensating control",
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{clean_report, sample_report};
    use super::*;

    #[test]
    fn places_are_counted_by_how_they_stand() {
        let expect = Standings {
            new: 6,
            unchanged: 1,
            moved: 1,
            spread: 0,
            reintroduced: 0,
            suppressed: 2,
            failing: 4,
            failing_secrets: 2,
        };
        assert_eq!(Standings::of(&sample_report()), expect);
        assert_eq!(Standings::of(&clean_report()), Standings::default());
    }
}
