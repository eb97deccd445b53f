//! How places stand to an earlier scan and to what people decided: counted, and in words.
//!
//! The words hold names, reasons and paths that others wrote. They are given as they are; each format makes them inert in
//! its own way.

use std::collections::BTreeMap;

use super::Report;
use super::words::{counted, grouped};
use crate::finding::{
    AppliedException, Attempt, Bypass, Cause, Change, ChangeState, Exception, ExceptionOutcome, Occurrence, Standing,
    Verdict,
};

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

/// What is to be said of a place: a clause for its change, its gate and its exception each, where there is one.
pub(super) fn remarks(place: &Occurrence) -> Vec<String> {
    let change = place.change.as_ref().map(changed);
    let gate = match &place.verdict {
        Verdict::FailsGate(gate) => Some(format!("fails the gate {gate}")),
        Verdict::PassesGate(gate) => Some(format!("passes the gate {gate}")),
        _ => None,
    };
    let exception = place.exception.as_ref().map(|AppliedException { exception, standing }| match standing {
        Standing::Active => {
            format!("excepted by {} ({}, until {})", exception.id, exception.reason.words(), exception.expires_on)
        }
        _ => fault(exception, standing),
    });
    change.into_iter().chain(gate).chain(exception).collect()
}

fn changed(change: &Change) -> String {
    let mut told = match (change.state, &change.since) {
        (ChangeState::New, _) => "new".to_owned(),
        (ChangeState::Unchanged, Some(since)) => format!("known since {since}"),
        (ChangeState::Unchanged, None) => "known".to_owned(),
        (ChangeState::Moved, _) => "moved".to_owned(),
        (ChangeState::Spread, _) => "spread to here".to_owned(),
        (ChangeState::Reintroduced, _) => "re-introduced".to_owned(),
    };
    if let (ChangeState::Moved | ChangeState::Spread | ChangeState::Reintroduced, Some(since)) =
        (change.state, &change.since)
    {
        told.push_str(&format!(", known since {since}"));
    }
    // That the code changed goes without saying, unless it is a guess.
    match change.cause {
        Some(cause) if cause != Cause::Code || !change.proven => {
            told.push_str(&format!(", {}", by(cause, change.proven)));
        }
        _ => {}
    }
    told
}

fn by(cause: Cause, proven: bool) -> String {
    let what = match cause {
        Cause::Code => "the code",
        Cause::Rules => "other rules",
        Cause::Configuration => "other settings",
        Cause::Scope => "another scope",
        Cause::Key => "another key",
    };
    format!("{}by {what}", if proven { "" } else { "perhaps " })
}

/// Why an exception does not hold, in a clause that names it.
fn fault(exception: &Exception, standing: &Standing) -> String {
    let id = &exception.id;
    match standing {
        Standing::Active => format!("{id} holds"),
        Standing::Expired => format!("{id} expired on {}", exception.expires_on),
        Standing::Refused(why) => format!("{id} is refused: {why}"),
        Standing::Unapproved(_) | Standing::Proposed => {
            format!("{id} does not hold: {}", standing.why().unwrap_or_default())
        }
    }
}

/// Places by what became of them, and what is absent, with causes. None where there was nothing to compare with.
pub(super) fn compared(report: &Report) -> Option<String> {
    let comparison = report.comparison.as_ref()?;
    let mut causes: BTreeMap<ChangeState, Causes> = BTreeMap::new();
    for change in report.findings.iter().flat_map(|finding| &finding.occurrences).filter_map(|one| one.change.as_ref())
    {
        causes.entry(change.state).or_default().add(change.cause, change.proven);
    }
    let mut told: Vec<String> = causes
        .iter()
        .map(|(state, causes)| {
            let name = if *state == ChangeState::Unchanged { "known" } else { state.name() };
            format!("{} {name}{}", grouped(causes.total), causes.words())
        })
        .collect();
    let mut absent = Causes::default();
    comparison.absent.iter().for_each(|one| absent.add(Some(one.cause), one.proven));
    if absent.total > 0 {
        told.push(format!("{} absent{}", grouped(absent.total), absent.words()));
    }
    Some(if told.is_empty() { "nothing was known, and nothing is new".to_owned() } else { told.join(", ") })
}

/// How often things came about for a reason.
#[derive(Default)]
struct Causes {
    total: u64,
    by: BTreeMap<(Cause, bool), u64>,
}

impl Causes {
    fn add(&mut self, cause: Option<Cause>, proven: bool) {
        self.total += 1;
        if let Some(cause) = cause {
            *self.by.entry((cause, !proven)).or_default() += 1;
        }
    }

    /// In brackets; nothing where all of it is by what changed in the code, which goes without saying.
    fn words(&self) -> String {
        if self.by.keys().all(|cause| *cause == (Cause::Code, false)) {
            return String::new();
        }
        let each =
            self.by.iter().map(|((cause, guessed), count)| format!("{} {}", grouped(*count), by(*cause, !guessed)));
        format!(" ({})", each.collect::<Vec<_>>().join(", "))
    }
}

/// How many exceptions hold, and for how many places. None where the operator named none.
pub(super) fn holding(report: &Report) -> Option<String> {
    if report.exceptions.is_empty() {
        return None;
    }
    let active = || report.exceptions.iter().filter(|outcome| outcome.standing == Standing::Active);
    let excepted = report.findings.iter().flat_map(|finding| &finding.occurrences);
    let places = excepted.filter(|place| place.excepted().is_some()).count() as u64;
    let all = counted(report.exceptions.len() as u64, "exception", "exceptions");
    let hold = active().count() as u64;
    let verb = if report.exceptions.len() == 1 { "holds" } else { "hold" };
    Some(format!("{} of {all} {verb}, for {}", grouped(hold), counted(places, "place", "places")))
}

/// What is wrong with an exception: that it does not hold, or speaks of nothing. None where all is well.
pub(super) fn trouble(outcome: &ExceptionOutcome) -> Option<String> {
    let ExceptionOutcome { exception, standing, places, stale } = outcome;
    let active = *standing == Standing::Active;
    let reach = match (stale, places) {
        (true, _) => Some("it names a rule that there is not".to_owned()),
        (false, 0) => Some("it matches nothing".to_owned()),
        (false, _) if active => None,
        (false, places) => Some(format!("it would speak of {}", counted(*places, "place", "places"))),
    };
    match (active, reach) {
        (true, None) => None,
        (_, reach) => {
            let told = fault(exception, standing);
            Some(reach.map_or_else(|| told.clone(), |reach| format!("{told}; {reach}")))
        }
    }
}

/// What an attempt would have done.
pub(super) fn attempted(attempt: &Attempt) -> String {
    let places = attempt.places.map(|places| format!(" ({})", counted(places, "place", "places")));
    format!("{}{}", attempt.what, places.unwrap_or_default())
}

/// The order to let the scan pass.
pub(super) fn bypassed(bypass: &Bypass) -> String {
    let Bypass { reason, by, exit_code } = bypass;
    format!("BYPASSED by {by}: {reason}; the exit code would have been {exit_code}")
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

    #[test]
    fn a_place_is_told_of_in_clauses() {
        let report = sample_report();
        let told = |finding: usize, place: usize| remarks(&report.findings[finding].occurrences[place]).join("; ");
        assert_eq!(told(0, 0), "known since 2026-01-15");
        assert_eq!(told(1, 0), "new");
        assert_eq!(told(1, 3), "new; excepted by EX-1 (accepted risk, until 2026-12-31)");
        assert_eq!(told(1, 4), "new, perhaps by other rules; EX-2 expired on 2026-01-31");
        assert_eq!(told(2, 0), "moved, known since 2026-01-15; excepted by EX-3 (false positive, until 2026-12-31)");
    }

    #[test]
    fn every_standing_has_its_words() {
        let mut place = sample_report().findings[1].occurrences[3].clone();
        place.change = Some(Change {
            state: ChangeState::Reintroduced,
            cause: Some(Cause::Code),
            proven: true,
            since: Some("2025-01-01".into()),
        });
        place.verdict = Verdict::FailsGate("main".into());
        let mut told = |standing| {
            place.exception.as_mut().unwrap().standing = standing;
            remarks(&place).join("; ")
        };
        let before = "re-introduced, known since 2025-01-01; fails the gate main; EX-1 ";
        for (standing, expect) in [
            (Standing::Unapproved("nobody approved it".into()), "does not hold: nobody approved it"),
            (Standing::Refused("the policy has no such".into()), "is refused: the policy has no such"),
            (Standing::Proposed, "does not hold: only the change that is scanned brings it"),
        ] {
            assert_eq!(told(standing), format!("{before}{expect}"));
        }
    }

    #[test]
    fn what_is_gone_and_why_is_counted() {
        let mut report = sample_report();
        let told = compared(&report).unwrap();
        assert_eq!(
            told,
            "6 new (5 by the code, 1 perhaps by other rules), 1 known, 1 moved, \
             2 absent (1 by the code, 1 by other settings)"
        );
        report.comparison.as_mut().unwrap().absent.truncate(1);
        assert!(compared(&report).unwrap().ends_with(", 1 absent"));
        report.comparison = None;
        assert_eq!(compared(&report), None);
    }

    #[test]
    fn exceptions_that_do_nothing_are_told() {
        let mut report = sample_report();
        assert_eq!(holding(&report).unwrap(), "2 of 4 exceptions hold, for 2 places");
        let told: Vec<Option<String>> = report.exceptions.iter().map(trouble).collect();
        let expect = [
            None,
            Some("EX-2 expired on 2026-01-31; it would speak of 1 place"),
            None,
            Some("EX-4 does not hold: nobody approved it; it names a rule that there is not"),
        ];
        assert_eq!(told, expect.map(|text| text.map(str::to_owned)));
        report.exceptions[0].places = 0;
        assert_eq!(trouble(&report.exceptions[0]).unwrap(), "EX-1 holds; it matches nothing");
        assert_eq!(holding(&clean_report()), None);
    }
}
