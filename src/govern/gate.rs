//! The verdict on each place: what the operator's policy makes of severity, kind, controls, context, age, baseline and
//! exceptions.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::assess::{mapping_at, modifiers_at};
use super::crosswalk::Role;
use super::modifier::{ModifierId, ModifierSet};
use crate::finding::{ChangeState, Finding, Occurrence, Severity, Verdict};
use crate::nhi::Identity;

named! {
    /// What a credential is for, as far as that is known.
    Environment {
        /// Its form, or the name it is assigned to, says that it is live.
        Production = "production",
        /// It lies among tests or documentation, and nothing says that it is live.
        Test = "test",
        /// Neither.
        Other = "other",
    }
}

/// One rule of the policy. What it does not say fits all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Reports name it.
    pub name: Arc<str>,
    /// Whether what fits fails the scan, or passes.
    pub fails: bool,
    /// This severity, and worse.
    pub severity: Option<Severity>,
    /// Kinds of findings, by id.
    pub kinds: BTreeSet<String>,
    /// Rules, by id.
    pub rules: BTreeSet<String>,
    /// Controls on which the finding bears in the role.
    pub controls: BTreeSet<String>,
    /// How it bears on them.
    pub role: Role,
    /// What the path says; one of these is enough.
    pub context: ModifierSet,
    /// What the credential is for.
    pub environment: Option<Environment>,
    /// Whether the baseline knows the place.
    pub known: Option<bool>,
    /// Known for more days than these.
    pub older_than_days: Option<u32>,
}

/// The policy of a scan.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Lowest severity that fails where nothing else decides; none where none does.
    pub fail_on: Option<Severity>,
    /// The first that fits decides, before all that follows.
    pub gates: Vec<Gate>,
    /// Whether what is known from before passes.
    pub baseline: bool,
    /// Whether what better rules or other settings find in what was there fails.
    pub newly_detected_fails: bool,
    /// Whether a known secret at a further path passes.
    pub spread_passes: bool,
    /// The day of the scan, `YYYY-MM-DD`.
    pub today: String,
}

/// What a credential at this place is for.
pub fn environment_at(finding: &Finding, place: &Occurrence) -> Environment {
    if Identity::of(finding).live {
        return Environment::Production;
    }
    let about_tests = modifiers_at(place).contains_any(&[ModifierId::Test, ModifierId::Documentation]);
    if about_tests { Environment::Test } else { Environment::Other }
}

/// Days for which the secret is known to have been here; none where nothing tells.
pub fn age_in_days(place: &Occurrence, today: &str) -> Option<u32> {
    let known = place.change.as_ref().and_then(|change| change.since.as_deref());
    let introduced = place.lifetime.as_ref().and_then(|life| life.introduced.as_ref()?.time.as_deref()?.get(..10));
    let first: jiff::civil::Date = [known, introduced].into_iter().flatten().min()?.parse().ok()?;
    let today: jiff::civil::Date = today.parse().ok()?;
    // A clock that was wrong makes nothing younger than new.
    u32::try_from(first.until(today).ok()?.get_days().max(0)).ok()
}

impl Gate {
    fn fits(&self, finding: &Finding, place: &Occurrence, policy: &Policy) -> bool {
        let among = |set: &BTreeSet<String>, one: &str| set.is_empty() || set.contains(one);
        let bears =
            || mapping_at(finding, place).with_role(self.role).any(|control| self.controls.contains(&control.control));
        let context = || self.context.is_empty() || modifiers_at(place).iter().any(|one| self.context.contains(one));
        let known = place.change.as_ref().filter(|_| policy.baseline).map(|change| is_known(change.state));
        self.severity.is_none_or(|least| place.severity >= least)
            && among(&self.kinds, &finding.rule.kind)
            && among(&self.rules, &finding.rule.id)
            && (self.controls.is_empty() || bears())
            && context()
            && self.environment.is_none_or(|wanted| environment_at(finding, place) == wanted)
            && self.known.is_none_or(|wanted| known == Some(wanted))
            && self.older_than_days.is_none_or(|days| age_in_days(place, &policy.today).is_some_and(|age| age > days))
    }
}

fn is_known(state: ChangeState) -> bool {
    matches!(state, ChangeState::Unchanged | ChangeState::Moved)
}

/// Sets the verdict on each place.
pub fn judge(findings: &mut [Finding], policy: &Policy) {
    for finding in findings {
        let verdicts: Vec<Verdict> = finding.occurrences.iter().map(|place| verdict(finding, place, policy)).collect();
        for (place, verdict) in finding.occurrences.iter_mut().zip(verdicts) {
            place.verdict = verdict;
        }
    }
}

fn verdict(finding: &Finding, place: &Occurrence, policy: &Policy) -> Verdict {
    if place.excepted().is_some() {
        return Verdict::Excepted;
    }
    if place.is_honoured() {
        return Verdict::Ignored;
    }
    if let Some(gate) = policy.gates.iter().find(|gate| gate.fits(finding, place, policy)) {
        let name = Arc::clone(&gate.name);
        return if gate.fails { Verdict::FailsGate(name) } else { Verdict::PassesGate(name) };
    }
    if let (true, Some(change)) = (policy.baseline, &place.change) {
        let other_cause = change.proven && change.cause.is_some_and(|cause| cause != crate::finding::Cause::Code);
        match change.state {
            state if is_known(state) => return Verdict::Known,
            ChangeState::Spread if policy.spread_passes => return Verdict::Known,
            ChangeState::New | ChangeState::Spread if other_cause && !policy.newly_detected_fails => {
                return Verdict::NewlyDetected;
            }
            _ => {}
        }
    }
    if policy.fail_on.is_some_and(|least| place.severity >= least) { Verdict::Fails } else { Verdict::Minor }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Cause, Change};
    use crate::report::sample::sample_report;

    fn gate(fails: bool) -> Gate {
        Gate {
            name: "g".into(),
            fails,
            severity: None,
            kinds: BTreeSet::new(),
            rules: BTreeSet::new(),
            controls: BTreeSet::new(),
            role: Role::Contradicts,
            context: ModifierSet::EMPTY,
            environment: None,
            known: None,
            older_than_days: None,
        }
    }

    fn policy() -> Policy {
        Policy { fail_on: Some(Severity::High), baseline: true, today: "2026-02-01".into(), ..Policy::default() }
    }

    /// The verdict on a place that is as `change` says, of a finding of severity high.
    fn on(change: impl Into<Option<Change>>, policy: &Policy) -> Verdict {
        let mut findings = vec![sample_report().findings.swap_remove(1)];
        findings[0].occurrences.truncate(1);
        findings[0].occurrences[0].change = change.into();
        judge(&mut findings, policy);
        findings[0].occurrences[0].verdict.clone()
    }

    fn change(state: ChangeState, cause: Option<Cause>, proven: bool) -> Change {
        Change { state, cause, proven, since: Some("2026-01-01".into()) }
    }

    #[test]
    fn a_baseline_passes_what_it_knows_and_nothing_else() {
        assert_eq!(on(None, &policy()), Verdict::Fails);
        assert_eq!(on(change(ChangeState::Unchanged, None, true), &policy()), Verdict::Known);
        assert_eq!(on(change(ChangeState::Moved, None, true), &policy()), Verdict::Known);
        assert_eq!(on(change(ChangeState::Spread, Some(Cause::Code), true), &policy()), Verdict::Fails);
        assert_eq!(on(change(ChangeState::Reintroduced, Some(Cause::Rules), true), &policy()), Verdict::Fails);
        let spread = Policy { spread_passes: true, ..policy() };
        assert_eq!(on(change(ChangeState::Spread, Some(Cause::Code), true), &spread), Verdict::Known);
        let none = Policy { baseline: false, ..policy() };
        assert_eq!(on(change(ChangeState::Unchanged, None, true), &none), Verdict::Fails, "it is only compared");
    }

    #[test]
    fn a_better_rule_is_no_leak_where_that_is_shown() {
        let rules = |proven| change(ChangeState::New, Some(Cause::Rules), proven);
        assert_eq!(on(rules(true), &policy()), Verdict::NewlyDetected);
        assert_eq!(on(rules(false), &policy()), Verdict::Fails, "it may be a leak as well");
        assert_eq!(on(change(ChangeState::New, Some(Cause::Code), true), &policy()), Verdict::Fails);
        let strict = Policy { newly_detected_fails: true, ..policy() };
        assert_eq!(on(rules(true), &strict), Verdict::Fails);
    }

    #[test]
    fn the_first_gate_that_fits_decides() {
        let known = || change(ChangeState::Unchanged, None, true);
        let with = |gates: Vec<Gate>| Policy { gates, ..policy() };
        let fails = Verdict::FailsGate("g".into());
        let passes = Verdict::PassesGate("g".into());
        assert_eq!(on(known(), &with(vec![Gate { older_than_days: Some(30), ..gate(true) }])), fails);
        assert_eq!(on(known(), &with(vec![Gate { older_than_days: Some(31), ..gate(true) }])), Verdict::Known);
        assert_eq!(on(None, &with(vec![Gate { known: Some(false), ..gate(false) }])), Verdict::Fails, "no baseline");
        assert_eq!(on(known(), &with(vec![Gate { known: Some(true), ..gate(true) }])), fails);
        let set = |text: &str| BTreeSet::from([text.to_owned()]);
        for (fitting, other) in [
            (
                Gate { severity: Some(Severity::High), ..gate(false) },
                Gate { severity: Some(Severity::Critical), ..gate(false) },
            ),
            (Gate { kinds: set("hardcoded-provider-key"), ..gate(false) }, Gate { kinds: set("x"), ..gate(false) }),
            (Gate { rules: set("sample-api-key"), ..gate(false) }, Gate { rules: set("x"), ..gate(false) }),
            (
                Gate { controls: set("5.17"), ..gate(false) },
                Gate { controls: set("5.17"), role: Role::Affected, ..gate(false) },
            ),
            (
                Gate { environment: Some(Environment::Other), ..gate(false) },
                Gate { environment: Some(Environment::Test), ..gate(false) },
            ),
        ] {
            assert_eq!(on(None, &with(vec![other.clone()])), Verdict::Fails, "{other:?}");
            assert_eq!(on(None, &with(vec![other, fitting.clone(), gate(true)])), passes, "{fitting:?}");
        }
    }
}
