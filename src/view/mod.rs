//! What one or several bundles say, put as people ask: by control ([`ControlView`]), over time ([`trend()`]). Exports, registers and pages
//! are made of these.
//!
//! Reads evidence alone and decides nothing: states come from the records, and no sum over them says that a control passes.

mod controls;
mod secrets;
#[cfg(test)]
mod tests;
mod trend;

pub use controls::{AGES, Clause, ControlRow, ControlView, Counts, StateOf, TermRow};
pub use secrets::{Evidenced, Secret};
pub use trend::{Point, trend};

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::evidence::reading::{Finding, Place, Reading};
use crate::evidence::series::Subject;

/// Bundles by series, each from the earliest to the latest.
#[derive(Clone, Debug)]
pub struct Readings<'r> {
    /// What each is of, and its bundles; never an empty one.
    pub series: BTreeMap<Subject, Vec<&'r Reading>>,
}

impl<'r> Readings<'r> {
    /// Sorts `readings`. Two of the same scan count once. Scans of changes are left out where there are others: what they did not find may
    /// be there all the same.
    pub fn of(readings: &'r [Reading]) -> Self {
        let mut series: BTreeMap<Subject, Vec<&Reading>> = BTreeMap::new();
        let changes_alone = readings.iter().all(|reading| reading.started.is_of_changes());
        for reading in readings.iter().filter(|reading| changes_alone || !reading.started.is_of_changes()) {
            series.entry(reading.subject.clone()).or_default().push(reading);
        }
        for bundles in series.values_mut() {
            bundles.sort_by(|a, b| (&a.started.started, &a.scan).cmp(&(&b.started.started, &b.scan)));
            bundles.dedup_by(|a, b| a.scan == b.scan);
        }
        Self { series }
    }

    /// The last bundle of the series of `reading` that tells of a history, where `reading` itself does not: what it found there is told by no
    /// later one.
    pub fn last_with_history(&self, reading: &Reading) -> Option<&'r Reading> {
        if reading.coverage.history.is_some() {
            return None;
        }
        let bundles = self.series.get(&reading.subject)?;
        bundles.iter().rev().copied().find(|bundle| bundle.coverage.history.is_some())
    }

    /// The latest bundle of each series.
    pub fn current(&self) -> impl Iterator<Item = &'r Reading> {
        self.series.values().filter_map(|bundles| bundles.last().copied())
    }
}

/// The day of a moment as records write it.
pub fn day_of(time: &str) -> Option<Date> {
    time.get(..10)?.parse().ok()
}

/// Whole days from `from` to `to`; 0 where `to` is not later.
pub fn days_between(from: Date, to: Date) -> u32 {
    let days = from.until(to).map_or(0, |span| span.get_days());
    u32::try_from(days).unwrap_or(0)
}

/// The day since which a place is known to hold the secret: the commit that introduced it, else what earlier scans knew, else the
/// scan itself.
pub fn since(place: &Place, reading: &Reading) -> Option<Date> {
    let introduced = place.history.as_ref().and_then(|life| life.introduced.as_ref()?.time.as_deref());
    let known = place.change.as_ref().and_then(|change| change.since.as_deref());
    [introduced, known, Some(reading.started.started.as_str())].into_iter().flatten().filter_map(day_of).min()
}

/// The day since which the secret is known at any of its places.
pub fn known_since(finding: &Finding, reading: &Reading) -> Option<Date> {
    finding.places.iter().filter_map(|place| since(place, reading)).min()
}
