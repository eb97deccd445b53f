//! The controls of the page.

use std::cmp::Reverse;

use serde::Serialize;

use super::charts::Bars;
use super::context::{Material, Scope};
use super::words;
use crate::evidence::reading::Exception;
use crate::govern::State;
use crate::severity::Severity;
use crate::view::{ControlRow, ControlView, Counts, StateOf};

/// Controls that get a bar.
const BARS: usize = 12;

/// What the page says of a control.
#[derive(Debug, Serialize)]
pub(super) struct Row<'v> {
    number: &'v str,
    title: &'v str,
    /// Its place in the catalogue.
    order: usize,
    state: &'static str,
    class: &'static str,
    /// Of its state, the most serious first.
    rank: usize,
    sentence: &'v str,
    contradicting: u64,
    affected: u64,
    response_due: u64,
    oldest: String,
    oldest_days: Option<u32>,
    /// Findings by severity in each role, where there are any.
    roles: Vec<(&'static str, Vec<Count>)>,
    exceptions: Vec<String>,
    /// Beside what is untested of all controls.
    untested: Vec<String>,
    /// Whether a scan can tell of it.
    testable: bool,
    every_scan: Option<&'static str>,
    evidence: Vec<Pointer<'v>>,
}

/// How many there are of a severity.
#[derive(Debug, Serialize)]
pub(super) struct Count {
    name: &'static str,
    count: u64,
}

/// The record that says so.
#[derive(Debug, Serialize)]
struct Pointer<'v> {
    scope: &'v str,
    state: &'static str,
    pointer: String,
}

/// The controls that findings bear on, and those of the rest about which the scans tell something.
#[derive(Debug, Default)]
pub(super) struct Rows<'v> {
    /// What is untested of every control that a scan can tell of, so that it is told once.
    pub(super) common: Vec<String>,
    pub(super) touched: Vec<Row<'v>>,
    pub(super) untouched: Vec<Row<'v>>,
}

impl<'v> Rows<'v> {
    /// `view` is of the bundles of `material`.
    pub(super) fn of(view: &'v ControlView<'_>, material: &'v Material<'_>, dated: bool) -> Self {
        let scopes = &material.scopes;
        let common = view.untested.iter().map(|untested| without_name(untested, scopes)).collect();
        let mut rows = Self { common, ..Self::default() };
        for (order, row) in view.controls.iter().enumerate() {
            let secrets = row.contradicting.total() + row.affected.total() + row.response_due.total();
            if secrets > 0 {
                rows.touched.push(Row::of(row, order, scopes, dated));
            } else if row.every_scan.is_some() || row.state != State::NotTestable {
                rows.untouched.push(Row::of(row, order, scopes, dated));
            }
        }
        rows.touched.sort_by_key(|row| (row.rank, Reverse(row.contradicting), row.order));
        rows
    }

    /// The controls that the most secrets contradict.
    pub(super) fn chart(touched: &[Row<'_>]) -> Bars {
        let mut rows: Vec<&Row<'_>> = touched.iter().filter(|row| row.contradicting > 0).collect();
        rows.sort_by_key(|row| (Reverse(row.contradicting), row.order));
        let bar = |row: &&Row<'_>| (format!("{} {}", row.number, row.title), "control", row.contradicting);
        let bars = rows.iter().take(BARS).map(bar).collect();
        Bars::of("by-control", "Controls by how many secrets contradict them", ["Control", "Secrets"], bars)
    }
}

impl<'v> Row<'v> {
    fn of(row: &'v ControlRow<'_>, order: usize, scopes: &'v [Scope<'_>], dated: bool) -> Self {
        let all = [row.contradicting, row.affected, row.response_due];
        let oldest = all.iter().filter_map(|counts| counts.oldest_days).max();
        let named = ["Contradict it", "Affect it", "Call for its response"].into_iter().zip(&all);
        let roles = named.filter(|(_, counts)| counts.total() > 0).map(|(name, counts)| (name, by_severity(counts)));
        Self {
            number: &row.control.number,
            title: &row.control.title,
            order,
            state: row.state.name(),
            class: class(row.state),
            rank: row.state as usize,
            sentence: &row.sentence,
            contradicting: row.contradicting.total(),
            affected: row.affected.total(),
            response_due: row.response_due.total(),
            oldest: oldest.map_or_else(|| "not known".to_owned(), words::age),
            oldest_days: oldest,
            roles: roles.collect(),
            exceptions: row.exceptions.iter().map(|exception| told(exception)).collect(),
            untested: row.untested.iter().map(|untested| without_name(untested, scopes)).collect(),
            testable: row.testable,
            every_scan: row.every_scan,
            evidence: if dated { pointers(row, scopes) } else { Vec::new() },
        }
    }
}

/// No state has the look of a success: what was not observed may be there.
fn class(state: State) -> &'static str {
    match state {
        State::Confirmed => "against",
        State::Untriaged => "open",
        State::Incomplete => "doubt",
        State::NoneObserved | State::NotTested | State::NotTestable => "quiet",
    }
}

fn by_severity(counts: &Counts) -> Vec<Count> {
    let all = Severity::ALL.iter().zip(counts.by_severity).rev().filter(|(_, count)| *count > 0);
    all.map(|(severity, count)| Count { name: severity.name(), count }).collect()
}

fn told(exception: &Exception) -> String {
    let Exception { id, reason, expires_on, standing, .. } = exception;
    format!("{id}: {}, {standing}, until {expires_on}", reason.words())
}

/// Where there is one bundle, its name says nothing.
fn without_name(untested: &str, scopes: &[Scope<'_>]) -> String {
    let [only] = scopes else { return untested.to_owned() };
    let own = untested.strip_prefix(only.reading.name.as_str()).and_then(|rest| rest.strip_prefix(": "));
    own.unwrap_or(untested).to_owned()
}

fn pointers<'v>(row: &'v ControlRow<'_>, scopes: &'v [Scope<'_>]) -> Vec<Pointer<'v>> {
    let of = |said: &StateOf<'_>| {
        let scope = scopes.iter().find(|scope| std::ptr::eq(scope.reading, said.reading));
        Pointer {
            scope: scope.map_or("", |scope| scope.label.as_str()),
            state: said.state.name(),
            pointer: format!("{}#{}", said.reading.scan, said.record),
        }
    };
    row.states.iter().map(of).collect()
}
