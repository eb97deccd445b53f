//! States of controls: what a scan observed of the aspect of each that it can test. Never that a control passes.

use std::collections::{BTreeMap, BTreeSet};

use super::assess::mapping_at;
use super::catalogue::{Catalogue, Control};
use super::crosswalk::{Crosswalk, Role};
use crate::finding::{Decision, ExceptionReason, Finding, Occurrence};
use crate::words::counted;

named! {
    /// What a record says of a control.
    State {
        /// Findings contradict it, and somebody confirmed them. Set by triage, never by a scan alone.
        Confirmed = "contradicting evidence (confirmed)",
        /// Findings contradict it that nobody has judged yet.
        Untriaged = "contradicting evidence (untriaged)",
        /// The aspect was tested, and nothing that contradicts it was seen.
        NoneObserved = "tested aspect: none observed",
        /// Nothing was seen, but a part of the scope or of the rules did not do its work.
        Incomplete = "incomplete",
        /// No rule that could tell was active, or none of them proved to work.
        NotTested = "not tested",
        /// Scanning content gives no evidence about this control.
        NotTestable = "not testable here",
    }
}

impl State {
    /// Whether findings contradict the control.
    pub fn is_contradicted(self) -> bool {
        matches!(self, Self::Confirmed | Self::Untriaged)
    }
}

/// The rules of one kind of finding, by what the self-test says of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindRules {
    /// Rules whose canary was reported.
    pub working: usize,
    /// Active rules whose canary was not reported.
    pub silent: usize,
    /// Rules that the configuration switched off.
    pub disabled: usize,
}

/// What a scan did, as far as control states depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tested {
    /// The rules of each kind, by the kind's id.
    pub kinds: BTreeMap<String, KindRules>,
    /// All of the scope was read, but for exclusions and gaps of classes that do not fail.
    pub complete: bool,
    /// Files whose content was searched.
    pub files: u64,
}

/// The state of one control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlState {
    /// The control.
    pub control: &'static Control,
    /// Its state.
    pub state: State,
    /// One sentence, or two, that name the tested aspect.
    pub sentence: String,
    /// Secrets that contradict it.
    pub secrets: usize,
    /// Places of theirs that contradict it.
    pub places: usize,
}

/// The states of all controls of the catalogue, in its order. Of the mappings only contradictions count. An inline ignore
/// changes nothing here, since it asks not to report and does not say that there is no secret; nor does the acceptance of a risk,
/// which is one. What somebody who answers for it judged to be no secret contradicts nothing, and is told of.
pub fn control_states(findings: &[Finding], tested: &Tested) -> Vec<ControlState> {
    let crosswalk = Crosswalk::embedded();
    let seen = contradictions(findings);
    let state_of = |control: &'static Control| {
        let seen = seen.get(control.number.as_str()).copied().unwrap_or_default();
        let (state, sentence) = match crosswalk.aspect(&control.number) {
            None => (State::NotTestable, not_testable(crosswalk, control)),
            Some(aspect) => {
                let rules = rules_for(crosswalk, &control.number, tested);
                let (state, rest) = verdict(rules, tested, seen);
                (state, format!("Tested: {aspect}. {rest}"))
            }
        };
        ControlState { control, state, sentence, secrets: seen.secrets, places: seen.places }
    };
    Catalogue::embedded().controls.iter().map(state_of).collect()
}

/// What contradicts a control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    secrets: usize,
    /// Of these: secrets that somebody confirmed.
    confirmed: usize,
    /// Of these: secrets whose risk is accepted, or kept down by something else, at all places.
    accepted: usize,
    places: usize,
    /// Findings that would, but were judged to be no secrets.
    dismissed: usize,
}

/// What contradicts each control.
fn contradictions(findings: &[Finding]) -> BTreeMap<&'static str, Seen> {
    let mut seen: BTreeMap<&'static str, Seen> = BTreeMap::new();
    for finding in findings {
        let decision = finding.triage.as_ref().map(|triage| triage.decision);
        let reason = |place: &Occurrence| place.excepted().map(|exception| exception.reason);
        let accepted = finding.occurrences.iter().all(|place| reason(place).is_some_and(ExceptionReason::is_risk));
        let (mut controls, mut without) = (BTreeSet::new(), BTreeSet::new());
        for occurrence in &finding.occurrences {
            // Who looked has the last word; an exception speaks where nobody did.
            let dismissed =
                decision.map_or(reason(occurrence) == Some(ExceptionReason::FalsePositive), |one| !one.is_secret());
            for control in mapping_at(finding, occurrence).with_role(Role::Contradicts) {
                if dismissed {
                    without.insert(control.control.as_str());
                } else {
                    seen.entry(&control.control).or_default().places += 1;
                    controls.insert(control.control.as_str());
                }
            }
        }
        for control in &controls {
            let seen = seen.entry(control).or_default();
            seen.secrets += 1;
            seen.confirmed += usize::from(decision.is_some_and(Decision::is_secret));
            seen.accepted += usize::from(accepted);
        }
        for control in without.difference(&controls) {
            seen.entry(control).or_default().dismissed += 1;
        }
    }
    seen
}

/// The rules that can contradict a control: those of the kinds that do, and all of them where a context does.
fn rules_for(crosswalk: &Crosswalk, control: &str, tested: &Tested) -> KindRules {
    let contradicts =
        |stated: &[super::ControlRef]| stated.iter().any(|one| one.control == control && one.role == Role::Contradicts);
    let any = crosswalk.modifiers.iter().any(|modifier| contradicts(&modifier.adds));
    let mut sum = KindRules::default();
    for kind in crosswalk.kinds.iter().filter(|kind| any || contradicts(&kind.controls)) {
        let rules = tested.kinds.get(&kind.id).copied().unwrap_or_default();
        sum.working += rules.working;
        sum.silent += rules.silent;
        sum.disabled += rules.disabled;
    }
    sum
}

fn verdict(rules: KindRules, tested: &Tested, seen: Seen) -> (State, String) {
    let Seen { secrets, confirmed, accepted, places, dismissed } = seen;
    let KindRules { working, silent, disabled } = rules;
    let all = working + silent + disabled;
    if secrets > 0 {
        let triaged = match confirmed {
            0 => format!("nobody has triaged {} yet", if secrets == 1 { "it" } else { "them" }),
            _ if confirmed == secrets && secrets == 1 => "it was confirmed".to_owned(),
            _ if confirmed == secrets => "they were confirmed".to_owned(),
            _ => format!("{confirmed} of them {} confirmed", if confirmed == 1 { "was" } else { "were" }),
        };
        let accepted = match accepted {
            0 => String::new(),
            _ => format!("; the risk of {accepted} is accepted or compensated, until the day of the exception"),
        };
        let sentence = format!(
            "{} at {} contradict{} it; {triaged}{accepted}.",
            counted(secrets as u64, "secret"),
            counted(places as u64, "place"),
            if secrets == 1 { "s" } else { "" },
        );
        return (if confirmed > 0 { State::Confirmed } else { State::Untriaged }, sentence);
    }
    let dismissed = match dismissed {
        0 => String::new(),
        1 => " 1 finding was judged to be no secret.".to_owned(),
        _ => format!(" {dismissed} findings were judged to be no secrets."),
    };
    if all == 0 {
        return (State::NotTested, "No rule of this scan can tell.".to_owned());
    }
    if working == 0 {
        let why =
            if silent == 0 { "is switched off by the configuration" } else { "found its canary in the self-test" };
        let none = if silent == 0 { "Every" } else { "None" };
        return (State::NotTested, format!("{none} of the {} that can tell {why}.", counted(all as u64, "rule")));
    }
    let mut missing = Vec::new();
    if silent > 0 {
        missing.push(format!("{} did not find {} in the self-test", counted(silent as u64, "rule"), canaries(silent)));
    }
    if disabled > 0 {
        missing.push(format!(
            "{} {} switched off by the configuration",
            counted(disabled as u64, "rule"),
            if disabled == 1 { "is" } else { "are" }
        ));
    }
    if tested.files == 0 {
        missing.push("no file was read".to_owned());
    } else if !tested.complete {
        missing.push("the scan is incomplete, see its gaps".to_owned());
    }
    let by = format!("by {} in {}", counted(working as u64, "rule"), counted(tested.files, "file"));
    if missing.is_empty() {
        (State::NoneObserved, format!("Nothing that contradicts it was observed {by}.{dismissed}"))
    } else {
        (State::Incomplete, format!("Nothing was observed {by}, but {}.{dismissed}", missing.join("; ")))
    }
}

fn canaries(count: usize) -> &'static str {
    if count == 1 { "its canary" } else { "their canaries" }
}

fn not_testable(crosswalk: &Crosswalk, control: &Control) -> String {
    let touched = crosswalk
        .kinds
        .iter()
        .flat_map(|kind| &kind.controls)
        .chain(crosswalk.modifiers.iter().flat_map(|modifier| &modifier.adds))
        .any(|one| one.control == control.number);
    if touched {
        "Findings can affect this control or call for its response, but scanning content sets no state for it."
            .to_owned()
    } else {
        "Scanning content gives no evidence about this control.".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tested(kinds: &[(&str, KindRules)]) -> Tested {
        let kinds = kinds.iter().map(|&(kind, rules)| (kind.to_owned(), rules)).collect();
        Tested { kinds, complete: true, files: 3 }
    }

    fn state(tested: &Tested, number: &str) -> (State, String) {
        let states = control_states(&[], tested);
        let found = states.into_iter().find(|state| state.control.number == number).unwrap();
        (found.state, found.sentence)
    }

    const WORKING: KindRules = KindRules { working: 2, silent: 0, disabled: 0 };

    #[test]
    fn a_clean_scan_says_what_it_tested_and_no_more() {
        let tested = tested(&[("hardcoded-provider-key", WORKING)]);
        let (found, sentence) = state(&tested, "5.17");
        assert_eq!(found, State::NoneObserved);
        assert!(sentence.starts_with("Tested: whether authentication information lies"), "{sentence}");
        assert!(sentence.ends_with("observed by 2 rules in 3 files."), "{sentence}");
        assert_eq!(state(&tested, "6.5").0, State::NotTested, "no rule has the kind");
        assert_eq!(state(&tested, "7.2").0, State::NotTestable);
    }

    #[test]
    fn what_did_not_work_is_no_silence() {
        let kind = "hardcoded-provider-key";
        for (rules, expected) in [
            (KindRules { working: 0, silent: 0, disabled: 2 }, State::NotTested),
            (KindRules { working: 0, silent: 1, disabled: 0 }, State::NotTested),
            (KindRules { working: 1, silent: 1, disabled: 0 }, State::Incomplete),
            (KindRules { working: 1, silent: 0, disabled: 1 }, State::Incomplete),
        ] {
            assert_eq!(state(&tested(&[(kind, rules)]), "5.17").0, expected, "{rules:?}");
        }
        let incomplete = Tested { complete: false, ..tested(&[(kind, WORKING)]) };
        assert_eq!(state(&incomplete, "5.17").0, State::Incomplete);
        let empty = Tested { files: 0, ..tested(&[(kind, WORKING)]) };
        assert_eq!(state(&empty, "5.17").0, State::Incomplete);
    }
}
