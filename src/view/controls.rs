//! The control view: what the latest bundle of each series is evidence of, by control, clause and entry of other frameworks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Evidenced, Readings, Secret};
use crate::evidence::reading::{Assurance, Exception, Finding, Reading};
use crate::evidence::series::Subject;
use crate::finding::ExceptionReason;
use crate::govern::catalogue::{Catalogue, Control};
use crate::govern::crosswalk::{ClauseReason, Crosswalk, Record, Role};
use crate::govern::{State, Taxonomies, Taxonomy};
use crate::severity::Severity;
use crate::words::{counted, plural};

/// Days that divide the ages of findings: up to each, and over the last.
pub const AGES: [u32; 3] = [7, 30, 90];

/// Series without a bundle that are named.
const NAMED: usize = 10;

/// Secrets, counted in several ways. What the same rule found of the same value counts once, however many bundles have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// By severity, mildest first, as [`Severity::ALL`] has them.
    pub by_severity: [u64; Severity::ALL.len()],
    /// By age: up to 7, 30 and 90 days, and older.
    pub by_age: [u64; AGES.len() + 1],
    /// Those that their scan was the first to see, of which nobody knows the age.
    pub age_unknown: u64,
    /// Days for which the oldest of the others is known.
    pub oldest_days: Option<u32>,
}

impl Counts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.by_severity.iter().sum()
    }

    /// Counts one more; `age` is in days.
    pub fn add(&mut self, severity: Severity, age: Option<u32>) {
        self.by_severity[severity as usize] += 1;
        match age {
            Some(age) => self.by_age[AGES.iter().position(|&most| age <= most).unwrap_or(AGES.len())] += 1,
            None => self.age_unknown += 1,
        }
        self.oldest_days = self.oldest_days.max(age);
    }
}

/// What one bundle says of a control.
#[derive(Clone, Debug)]
pub struct StateOf<'r> {
    /// The bundle.
    pub reading: &'r Reading,
    /// Number of the record that says so, from 0.
    pub record: u64,
    /// The state.
    pub state: State,
    /// Names the tested aspect.
    pub sentence: &'r str,
}

/// A control, and all that the bundles are evidence of about it.
#[derive(Clone, Debug)]
pub struct ControlRow<'r> {
    /// The control.
    pub control: &'static Control,
    /// The state over all bundles: the most serious one, where none of them says more than its own scope.
    pub state: State,
    /// One sentence that names the tested aspect, or two.
    pub sentence: String,
    /// What each bundle says.
    pub states: Vec<StateOf<'r>>,
    /// Secrets that contradict it.
    pub contradicting: Counts,
    /// Secrets that affect it.
    pub affected: Counts,
    /// Secrets that call for its response.
    pub response_due: Counts,
    /// The findings that contradict it, worst first.
    pub findings: Vec<Evidenced<'r>>,
    /// Exceptions that cover places of these, by id.
    pub exceptions: Vec<&'r Exception>,
    /// Whether a scan can tell of an aspect of it.
    pub testable: bool,
    /// What remains untested of it, beside what is untested of every control ([`ControlView::untested_of`] has both).
    pub untested: Vec<String>,
    /// Why every scan is evidence about it, where it is.
    pub every_scan: Option<&'static str>,
}

impl ControlRow<'_> {
    /// Whether it can be tested, or findings or scans bear on it.
    pub fn is_touched(&self) -> bool {
        self.state != State::NotTestable
            || self.contradicting.total() + self.affected.total() + self.response_due.total() > 0
            || self.every_scan.is_some()
    }

    /// The observed state as statements of applicability want it: `contradicted`, `no contradiction found in scope`, `not tested`.
    pub fn observed(&self) -> &'static str {
        match self.state {
            State::Confirmed | State::Untriaged => "contradicted",
            State::NoneObserved => "no contradiction found in scope",
            State::Incomplete | State::NotTested | State::NotTestable => "not tested",
        }
    }

    /// When it was last tested: the latest bundle that could tell.
    pub fn last_tested(&self) -> Option<&str> {
        let told = self.states.iter().filter(|one| !matches!(one.state, State::NotTested | State::NotTestable));
        told.map(|one| one.reading.started.started.as_str()).max()
    }
}

/// A clause of ISO/IEC 27001 that the bundles serve.
#[derive(Clone, Debug)]
pub struct Clause {
    /// The clause, the kind of record that serves it, and why.
    pub clause: &'static ClauseReason,
    /// Whether such a record is there.
    pub served: bool,
    /// What serves it, in a clause.
    pub by: String,
}

/// An entry of another framework that findings bear on.
#[derive(Clone, Debug)]
pub struct TermRow {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Secrets.
    pub secrets: u64,
    /// Why every scan is evidence about it, where it is.
    pub every_scan: Option<&'static str>,
}

/// The control view.
#[derive(Clone, Debug)]
pub struct ControlView<'r> {
    /// The day on which ages are judged.
    pub today: Date,
    /// The bundles that it is made from: the latest of each series.
    pub readings: Vec<&'r Reading>,
    /// Series that there are to be, and of which there is no bundle.
    pub unscanned: Vec<Subject>,
    /// What is untested of every control that a scan can tell of.
    pub untested: Vec<String>,
    /// The secrets of these.
    pub secrets: Vec<Secret<'r>>,
    /// All controls of the catalogue, in its order.
    pub controls: Vec<ControlRow<'r>>,
    /// Clauses of ISO/IEC 27001.
    pub clauses: Vec<Clause>,
    /// Subcategories of NIST CSF 2.0.
    pub csf: Vec<TermRow>,
    /// Entries of the OWASP Non-Human Identities Top 10.
    pub nhi: Vec<TermRow>,
}

impl<'r> ControlView<'r> {
    /// The view of the latest bundle of each series on the day `today`.
    pub fn of(readings: &Readings<'r>, today: Date) -> Self {
        let current: Vec<&Reading> = readings.current().collect();
        let over_time = readings.series.values().any(|bundles| bundles.len() > 1)
            || current.iter().any(|reading| reading.findings.iter().any(has_past));
        let secrets = Secret::all(&current);
        let controls = Catalogue::embedded().controls.iter();
        let controls = controls.map(|control| row(control, &current, &secrets, today)).collect();
        Self {
            today,
            controls,
            clauses: clauses(&current, over_time),
            csf: terms(&secrets, |finding| &finding.csf, &csf_of_every_scan(over_time), &Taxonomies::embedded().csf),
            nhi: terms(&secrets, |finding| &finding.nhi, &BTreeMap::new(), &Taxonomies::embedded().nhi),
            readings: current,
            unscanned: Vec::new(),
            untested: untested_of_all(readings),
            secrets,
        }
    }

    /// The same, with what of `expected` there is no bundle of: it is untested.
    #[must_use]
    pub fn expecting(mut self, expected: impl IntoIterator<Item = Subject>) -> Self {
        let there: BTreeSet<&Subject> = self.readings.iter().flat_map(|reading| &reading.subjects).collect();
        self.unscanned = expected.into_iter().filter(|subject| !there.contains(subject)).collect();
        self.untested.extend(self.unscanned_told());
        self
    }

    /// All that remains untested of a control.
    pub fn untested_of<'a>(&'a self, row: &'a ControlRow<'_>) -> impl Iterator<Item = &'a str> {
        let of_all = self.untested.iter().filter(|_| row.testable);
        of_all.chain(&row.untested).map(String::as_str)
    }

    /// The series without a bundle, in a clause; none where each has one.
    pub fn unscanned_told(&self) -> Option<String> {
        let all = self.unscanned.len();
        let names: Vec<String> = self.unscanned.iter().take(NAMED).map(ToString::to_string).collect();
        let more = if all > NAMED { format!(" and {} more", all - NAMED) } else { String::new() };
        (all > 0).then(|| {
            format!(
                "{}: {}{more}",
                plural(
                    all as u64,
                    "repository or branch of the scope has no bundle",
                    "repositories or branches of the scope have no bundle"
                ),
                names.join(", ")
            )
        })
    }

    /// The row of a control, by its number.
    pub fn control(&self, number: &str) -> Option<&ControlRow<'r>> {
        self.controls.iter().find(|row| row.control.number == number)
    }
}

/// Whether the scan was compared with an earlier one, as far as the finding tells.
fn has_past(finding: &Finding) -> bool {
    finding.places.iter().any(|place| place.change.is_some())
}

fn row<'r>(control: &'static Control, readings: &[&'r Reading], secrets: &[Secret<'r>], today: Date) -> ControlRow<'r> {
    let number = control.number.as_str();
    let states = readings.iter().filter_map(|&reading| {
        let said = reading.controls.iter().find(|said| said.control == number)?;
        Some(StateOf { reading, record: said.record, state: said.state, sentence: &said.sentence })
    });
    let states: Vec<StateOf<'_>> = states.collect();
    let mut counts = [Counts::default(); Role::ALL.len()];
    let (mut findings, mut exceptions) = (Vec::new(), BTreeMap::new());
    for secret in secrets {
        // What somebody who answers for it judged to be no secret contradicts nothing, here as in the states of the records.
        let bearing = secret.seen.iter().filter_map(|one| {
            let control = one.finding.controls.iter().find(|control| control.control == number)?;
            let dismissed = one.finding.is_dismissed(|reason| reason == ExceptionReason::FalsePositive);
            (!dismissed).then_some((control.role, *one))
        });
        let bearing: Vec<(Role, Evidenced<'r>)> = bearing.collect();
        // The roles are declared by what they weigh.
        let Some(role) = bearing.iter().map(|(role, _)| *role).min() else { continue };
        let of_role = || bearing.iter().filter(|(one, _)| *one == role).map(|(_, one)| *one);
        let severity = of_role().map(|one| one.finding.severity).max().expect("it bears on the control in this role");
        counts[role as usize].add(severity, secret.age(today));
        if role == Role::Contradicts {
            for one in of_role() {
                findings.push(one);
                let covering = one.finding.places.iter().filter_map(|place| place.exception.as_ref());
                exceptions.extend(covering.map(|exception| (exception.identity(), exception)));
            }
        }
    }
    findings.sort_by_key(|one| std::cmp::Reverse(one.finding.severity));
    let (state, sentence) = over_all(&states);
    let testable = Crosswalk::embedded().aspect(number).is_some();
    let every_scan = Crosswalk::embedded().run.iso27002.iter().find(|one| one.control == number);
    ControlRow {
        control,
        state,
        sentence,
        contradicting: counts[Role::Contradicts as usize],
        affected: counts[Role::Affected as usize],
        response_due: counts[Role::ResponseDue as usize],
        findings,
        exceptions: exceptions.into_values().collect(),
        testable,
        untested: untested(testable, &states),
        every_scan: every_scan.map(|one| one.why.as_str()),
        states,
    }
}

/// The state over several bundles, with a sentence. What contradicts in one is not outweighed by the others; where none does, one
/// that could not tell makes all of them incomplete.
fn over_all(states: &[StateOf<'_>]) -> (State, String) {
    if let [only] = states {
        return (only.state, only.sentence.to_owned());
    }
    let with = |state: State| states.iter().filter(|one| one.state == state).count();
    let all = states.len();
    let state = [State::Confirmed, State::Untriaged].into_iter().find(|&state| with(state) > 0).unwrap_or_else(|| {
        let observed = with(State::NoneObserved);
        let untold = with(State::NotTested);
        match () {
            () if with(State::NotTestable) == all => State::NotTestable,
            () if untold == all => State::NotTested,
            () if observed == all => State::NoneObserved,
            () => State::Incomplete,
        }
    });
    if all == 0 {
        return (State::NotTested, "There is no bundle that tells.".to_owned());
    }
    let aspect = states[0].sentence.split_once(". ").map_or(states[0].sentence, |(aspect, _)| aspect);
    let some = State::ALL.iter().filter(|&&state| with(state) > 0);
    let parts = some.map(|&state| format!("{} {}", with(state), state.name())).collect::<Vec<_>>().join(", ");
    let sentence = if state == State::NotTestable {
        states[0].sentence.to_owned()
    } else {
        format!("{}. Of {all} series: {parts}.", aspect.trim_end_matches('.'))
    };
    (state, sentence)
}

/// What people call the series of a bundle; its own name, where nothing else is known.
fn series_name(reading: &Reading) -> String {
    match (&reading.subject.unit, &reading.subject.repository) {
        (None, None) => reading.name.clone(),
        _ => reading.subject.to_string(),
    }
}

/// What is said of a history that was not searched; `last` searched it.
fn history(last: Option<&Reading>) -> String {
    let Some(last) = last else { return "the history of the repository".to_owned() };
    let alone = |finding: &&Finding| finding.places.iter().all(|place| place.history_only);
    let found = counted(last.findings.iter().filter(alone).count() as u64, "secret");
    let day = last.started.started.get(..10).unwrap_or(&last.started.started);
    format!("the history of the repository, in which the scan of {day} found {found} that no file held")
}

/// What is untested of every control, since the scans did not look there.
fn untested_of_all(readings: &Readings<'_>) -> Vec<String> {
    let mut untested = vec!["all of the control but the aspect that the sentence names".to_owned()];
    for reading in readings.current() {
        let name = series_name(reading);
        let failing = reading.gaps.iter().filter(|gap| gap.accepted.is_none()).count();
        if failing > 0 {
            untested.push(format!("{name}: {} could not be read, or not wholly", counted(failing as u64, "part")));
        }
        if reading.coverage.files_excluded > 0 {
            let files = reading.coverage.files_excluded;
            untested.push(format!("{name}: {} left out by policy", counted(files, "file")));
        }
        if reading.coverage.history.is_none() {
            untested.push(format!("{name}: {}", history(readings.last_with_history(reading))));
        }
    }
    untested
}

/// What is untested of one control alone.
fn untested(testable: bool, states: &[StateOf<'_>]) -> Vec<String> {
    if !testable {
        return vec!["all of it: scanning content sets no state for this control".to_owned()];
    }
    let silent = states.iter().filter(|one| one.state == State::NotTested);
    silent.map(|one| format!("{}: no rule that could tell was at work", series_name(one.reading))).collect()
}

fn clauses(readings: &[&Reading], over_time: bool) -> Vec<Clause> {
    let scans = readings.len();
    let clause = |clause: &'static ClauseReason| {
        let (served, by) = match clause.record {
            Record::Scan => (scans > 0, format!("records of {}", counted(scans as u64, "scan"))),
            Record::Scope => (scans > 0, format!("scope and coverage of {}", counted(scans as u64, "scan"))),
            Record::Comparison if over_time => (true, "comparisons with earlier scans".to_owned()),
            Record::Comparison => (false, "nothing: no scan was compared with an earlier one".to_owned()),
            Record::Decision => {
                let exceptions: usize = readings.iter().map(|reading| reading.exceptions.len()).sum();
                let triaged = readings.iter().flat_map(|reading| &reading.findings);
                let triaged = triaged.filter(|finding| finding.triage.is_some()).count();
                let by = [(exceptions, "exception"), (triaged, "triaged secret")];
                let by = by.into_iter().filter(|(count, _)| *count > 0);
                let by = by.map(|(count, one)| counted(count as u64, one)).collect::<Vec<_>>().join(" and ");
                if by.is_empty() {
                    (false, "nothing: no exception was named, and nothing triaged".to_owned())
                } else {
                    (true, by)
                }
            }
            Record::Signature => {
                let signed =
                    readings.iter().filter(|reading| matches!(reading.assurance, Assurance::Authentic(_))).count();
                let of = counted(scans as u64, "bundle");
                (signed > 0 && signed == scans, format!("signatures of {signed} of {of} by a key that was pinned"))
            }
        };
        Clause { clause, served, by }
    };
    Crosswalk::embedded().run.clauses.iter().map(clause).collect()
}

fn csf_of_every_scan(over_time: bool) -> BTreeMap<&'static str, &'static str> {
    let of_run = Crosswalk::embedded().run.csf.iter().filter(|one| over_time || one.record != Record::Comparison);
    of_run.map(|one| (one.id.as_str(), one.why.as_str())).collect()
}

fn terms(
    secrets: &[Secret<'_>],
    of: fn(&Finding) -> &Vec<String>,
    every_scan: &BTreeMap<&'static str, &'static str>,
    taxonomy: &Taxonomy,
) -> Vec<TermRow> {
    let mut counts: BTreeMap<&str, u64> = every_scan.keys().map(|&id| (id, 0)).collect();
    for secret in secrets {
        for id in secret.seen.iter().flat_map(|one| of(one.finding)).map(String::as_str).collect::<BTreeSet<_>>() {
            *counts.entry(id).or_default() += 1;
        }
    }
    let row = |(id, secrets): (&str, u64)| TermRow {
        id: id.to_owned(),
        title: taxonomy.get(id).map(|term| term.title.clone()).unwrap_or_default(),
        secrets,
        every_scan: every_scan.get(id).copied(),
    };
    counts.into_iter().map(row).collect()
}
