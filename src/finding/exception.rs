//! Exceptions: decisions of people to let findings stand until a day. Whether one holds is judged here, by what it says and
//! by the operator's policy; one that does not hold takes nothing out of the verdict and is told of with what it lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use globset::{Candidate, GlobBuilder, GlobMatcher};

use super::baseline::{SecretId, Under, secret_id};
use super::model::{Finding, Occurrence};
use super::standing::{AppliedException, Exception, ExceptionOutcome, ExceptionReason, Grade, Standing};
use crate::severity::Severity;

/// What an exception speaks of.
#[derive(Clone, Debug)]
pub enum Selector {
    /// One secret, wherever it lies: the fingerprint of its value, or of its place, in hexadecimal.
    Secret(String),
    /// What a rule finds at some paths.
    Place {
        /// The rule, by id.
        rule: String,
        /// Pattern of paths relative to the target.
        path: GlobMatcher,
    },
}

impl Selector {
    /// What `rule` finds at paths of this pattern: `*` and `?` do not match a slash, `**` does; a pattern without a slash
    /// holds at any depth.
    ///
    /// # Errors
    ///
    /// What is wrong with the pattern.
    pub fn place(rule: &str, pattern: &str) -> Result<Self, String> {
        let deep = if pattern.contains('/') { pattern.to_owned() } else { format!("**/{pattern}") };
        let glob = GlobBuilder::new(&deep).literal_separator(true).build().map_err(|error| error.kind().to_string())?;
        Ok(Self::Place { rule: rule.to_owned(), path: glob.compile_matcher() })
    }
}

/// Exceptions by what they speak of: there may be as many as there are findings.
#[derive(Default)]
struct Index<'s> {
    by_secret: BTreeMap<&'s str, Vec<usize>>,
    by_rule: BTreeMap<&'s str, Vec<(&'s GlobMatcher, usize)>>,
}

impl<'s> Index<'s> {
    fn of(stated: &'s [StatedException]) -> Self {
        let mut index = Self::default();
        for (at, one) in stated.iter().enumerate() {
            match &one.selector {
                Selector::Secret(id) => index.by_secret.entry(id).or_default().push(at),
                Selector::Place { rule, path } => index.by_rule.entry(rule).or_default().push((path, at)),
            }
        }
        index
    }

    /// The exceptions that speak of a place, in their order. A value that is new is not the one that was excepted by its place.
    fn fitting(&self, finding: &Finding, place: &Occurrence, under: Under<'_>) -> Vec<usize> {
        let id = secret_id(finding, place, under);
        let by_place_alone = matches!(id, SecretId::Place(_)) && place.value_is_new;
        let mut fitting = Vec::new();
        if !by_place_alone {
            fitting.extend(self.by_secret.get(id.text()).into_iter().flatten());
        }
        if let Some(globs) = self.by_rule.get(finding.rule.id.as_str()) {
            let path = String::from_utf8_lossy(place.origin.path_bytes());
            let path = Candidate::new(&*path);
            fitting.extend(globs.iter().filter(|(glob, _)| glob.is_match_candidate(&path)).map(|(_, at)| at));
        }
        fitting.sort_unstable();
        fitting
    }
}

/// An exception of the operator's files, with what it speaks of.
#[derive(Clone, Debug)]
pub struct StatedException {
    /// The exception.
    pub exception: Arc<Exception>,
    /// What it speaks of.
    pub selector: Selector,
    /// Whether only the change that is scanned brings it.
    pub proposed: bool,
}

/// Which exceptions hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionPolicy {
    /// Days from approval to end, at most.
    pub max_days: u32,
    /// The same where the secret works.
    pub accepted_risk_max_days: u32,
    /// Up to this severity.
    pub max_severity: Severity,
    /// For these reasons.
    pub reasons: BTreeSet<ExceptionReason>,
    /// Of this grade at least.
    pub min_grade: Grade,
    /// Only with a ticket.
    pub require_ticket: bool,
    /// Who alone approves where the secret works.
    pub risk_owner: Option<String>,
}

impl Default for ExceptionPolicy {
    fn default() -> Self {
        Self {
            max_days: 365,
            accepted_risk_max_days: 180,
            max_severity: Severity::Critical,
            reasons: ExceptionReason::ALL.iter().copied().collect(),
            min_grade: Grade::Claimed,
            require_ticket: false,
            risk_owner: None,
        }
    }
}

impl ExceptionPolicy {
    /// Whether an exception holds on `today` (`YYYY-MM-DD`), severities aside.
    pub fn standing(&self, exception: &Exception, today: &str) -> Standing {
        let unapproved = |why: &str| Standing::Unapproved(why.to_owned());
        let (Some(by), Some(on)) = (&exception.approved_by, &exception.approved_on) else {
            return unapproved("nobody has approved it, or the day is not told");
        };
        if is_same_person(by, &exception.requested_by) {
            return unapproved("who approved it asked for it as well");
        }
        if on.as_str() > today {
            return unapproved("the day of its approval is still to come");
        }
        if exception.reason.is_risk() {
            match &self.risk_owner {
                None => return unapproved("only the unit's risk owner approves it, and nobody says who that is"),
                Some(owner) if !is_same_person(owner, by) => {
                    return Standing::Unapproved(format!("only the unit's risk owner approves it, who is {owner}"));
                }
                Some(_) => {}
            }
        }
        if !self.reasons.contains(&exception.reason) {
            return Standing::Refused(format!("the policy has none for the reason {}", exception.reason.name()));
        }
        if exception.grade < self.min_grade {
            return Standing::Refused(format!(
                "the policy asks for an approval of the grade {}",
                self.min_grade.name()
            ));
        }
        if self.require_ticket && exception.ticket.is_none() {
            return Standing::Refused("the policy asks for a ticket".to_owned());
        }
        let most = if exception.reason.is_risk() { self.accepted_risk_max_days } else { self.max_days };
        match days_between(on, &exception.expires_on) {
            Some(days) if days <= i64::from(most) => {}
            _ => {
                return Standing::Refused(format!(
                    "the policy has it end {most} days after its approval at the latest"
                ));
            }
        }
        if exception.expires_on.as_str() < today { Standing::Expired } else { Standing::Active }
    }
}

fn days_between(from: &str, to: &str) -> Option<i64> {
    let day = |text: &str| text.parse::<jiff::civil::Date>().ok();
    Some(i64::from(day(from)?.until(day(to)?).ok()?.get_days()))
}

/// Mail addresses and logins are the same person's whatever their case.
fn is_same_person(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other.trim())
}

/// Marks the places that `stated` speaks of, and tells what came of each, sorted by id. `rules` are the ids of all rules that
/// there are, active or not.
pub fn apply(
    findings: &mut [Finding],
    stated: &[StatedException],
    policy: &ExceptionPolicy,
    rules: &BTreeSet<&str>,
    under: Under<'_>,
    today: &str,
) -> Vec<ExceptionOutcome> {
    let mut outcomes: Vec<ExceptionOutcome> = stated
        .iter()
        .map(|one| ExceptionOutcome {
            exception: Arc::clone(&one.exception),
            standing: if one.proposed { Standing::Proposed } else { policy.standing(&one.exception, today) },
            places: 0,
            stale: matches!(&one.selector, Selector::Place { rule, .. } if !rules.contains(rule.as_str())),
        })
        .collect();
    let index = Index::of(stated);
    for finding in findings.iter_mut() {
        let mut applied: Vec<Option<AppliedException>> = Vec::with_capacity(finding.occurrences.len());
        for place in &finding.occurrences {
            // Another file may have spoken of it.
            let mut best = place.exception.clone();
            for at in index.fitting(finding, place, under) {
                let (one, outcome) = (&stated[at], &mut outcomes[at]);
                outcome.places += 1;
                let standing = match &outcome.standing {
                    Standing::Active if place.severity > policy.max_severity => Standing::Refused(format!(
                        "the policy has none above the severity {}",
                        policy.max_severity.name()
                    )),
                    other => other.clone(),
                };
                let candidate = AppliedException { exception: Arc::clone(&one.exception), standing };
                // One that holds goes before others; of several the one that holds longest.
                let rank = |applied: &AppliedException| {
                    (applied.standing == Standing::Active, applied.exception.expires_on.clone())
                };
                if best.as_ref().is_none_or(|best| rank(&candidate) > rank(best)) {
                    best = Some(candidate);
                }
            }
            applied.push(best);
        }
        for (place, exception) in finding.occurrences.iter_mut().zip(applied) {
            place.exception = exception;
        }
    }
    outcomes.sort_by(|one, other| one.exception.id.cmp(&other.exception.id));
    outcomes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample_report;

    const TODAY: &str = "2026-06-01";

    fn exception() -> Exception {
        Exception {
            id: "E".into(),
            reason: ExceptionReason::FalsePositive,
            text: "t".into(),
            requested_by: "dev@example.org".into(),
            approved_by: Some("lead@example.org".into()),
            approved_on: Some("2026-05-01".into()),
            expires_on: "2026-12-31".into(),
            ticket: None,
            grade: Grade::Claimed,
        }
    }

    #[test]
    fn an_exception_needs_another_person_and_an_end() {
        let policy = ExceptionPolicy::default();
        let name = |exception: &Exception, policy: &ExceptionPolicy| policy.standing(exception, TODAY).name();
        let plain = exception();
        assert_eq!(name(&plain, &policy), "active");
        for (changed, expected) in [
            (Exception { approved_by: None, ..plain.clone() }, "unapproved"),
            (Exception { approved_on: None, ..plain.clone() }, "unapproved"),
            (Exception { approved_by: Some("DEV@example.org ".into()), ..plain.clone() }, "unapproved"),
            (Exception { approved_on: Some("2026-06-02".into()), ..plain.clone() }, "unapproved"),
            (Exception { expires_on: "2026-05-31".into(), ..plain.clone() }, "expired"),
            (Exception { expires_on: TODAY.into(), ..plain.clone() }, "active"),
            (Exception { expires_on: "2027-05-02".into(), ..plain.clone() }, "refused"),
        ] {
            assert_eq!(name(&changed, &policy), expected, "{changed:?}");
        }
        for (stricter, expected) in [
            (ExceptionPolicy { require_ticket: true, ..policy.clone() }, "refused"),
            (ExceptionPolicy { min_grade: Grade::Committed, ..policy.clone() }, "refused"),
            (ExceptionPolicy { reasons: BTreeSet::from([ExceptionReason::Revoked]), ..policy.clone() }, "refused"),
            (ExceptionPolicy { max_days: 30, ..policy.clone() }, "refused"),
        ] {
            assert_eq!(name(&plain, &stricter), expected, "{stricter:?}");
        }
    }

    #[test]
    fn only_the_risk_owner_accepts_a_risk() {
        let risk = Exception {
            reason: ExceptionReason::AcceptedRisk,
            expires_on: "2026-10-01".into(),
            approved_by: Some("Owner@example.org".into()),
            ..exception()
        };
        let standing = |owner: Option<&str>| {
            let policy = ExceptionPolicy { risk_owner: owner.map(str::to_owned), ..ExceptionPolicy::default() };
            policy.standing(&risk, TODAY)
        };
        assert_eq!(standing(Some("owner@example.org")), Standing::Active);
        assert!(standing(None).why().is_some_and(|why| why.contains("nobody says who")));
        assert!(standing(Some("other@example.org")).why().is_some_and(|why| why.contains("other@example.org")));
        let policy = ExceptionPolicy { risk_owner: Some("owner@example.org".into()), ..ExceptionPolicy::default() };
        let long = Exception { expires_on: "2026-12-31".into(), ..risk.clone() };
        assert_eq!(policy.standing(&long, TODAY).name(), "refused", "half a year, unless the policy says otherwise");
    }

    #[test]
    fn an_exception_speaks_of_a_secret_or_of_a_rule_at_paths() {
        let mut findings = sample_report().findings;
        let secret = findings[1].fingerprint.unwrap().to_string();
        let stated = |id: &str, selector| StatedException {
            exception: Arc::new(Exception { id: id.into(), ..exception() }),
            selector,
            proposed: false,
        };
        let place = |rule: &str, path: &str| Selector::place(rule, path).unwrap();
        let all = [
            stated("secret", Selector::Secret(secret)),
            stated("depth", place("generic-password", "*.ini")),
            stated("other path", place("generic-password", "*.env")),
            stated("no rule", place("gone-rule", "*")),
            StatedException { proposed: true, ..stated("proposed", place("sample-private-key", "deploy/**")) },
        ];
        let rules = BTreeSet::from(["generic-password", "sample-api-key", "sample-private-key"]);
        let policy = ExceptionPolicy { max_severity: Severity::High, ..ExceptionPolicy::default() };
        let outcomes = apply(&mut findings, &all, &policy, &rules, Under::Main, TODAY);
        let told: Vec<_> = outcomes
            .iter()
            .map(|one| (one.exception.id.as_str(), one.standing.name(), one.places, one.stale))
            .collect();
        assert_eq!(
            told,
            [
                ("depth", "active", 1, false),
                ("no rule", "active", 0, true),
                ("other path", "active", 0, false),
                ("proposed", "proposed", 1, false),
                ("secret", "active", 5, false),
            ]
        );
        assert!(findings[1].occurrences.iter().all(Occurrence::is_suppressed));
        assert!(!findings[0].occurrences[0].is_suppressed(), "it is only proposed");
        let low = ExceptionPolicy { max_severity: Severity::Low, ..policy };
        findings[1].occurrences.iter_mut().for_each(|place| place.exception = None);
        apply(&mut findings, &all, &low, &rules, Under::Main, TODAY);
        let applied = findings[1].occurrences[0].exception.as_ref().unwrap();
        assert_eq!(applied.standing.name(), "refused", "it is too severe");
    }
}
