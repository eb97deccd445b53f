//! Secrets over several bundles: what the same rule found of the same value is one, wherever it lies.

use std::collections::HashMap;

use jiff::civil::Date;

use super::{day_of, days_between};
use crate::evidence::reading::{Finding, Place, Reading};
use crate::severity::Severity;

/// A finding, with the bundle that has it.
#[derive(Clone, Copy, Debug)]
pub struct Evidenced<'r> {
    /// Index of the bundle, among those that are told of.
    pub bundle: usize,
    /// The bundle.
    pub reading: &'r Reading,
    /// The finding.
    pub finding: &'r Finding,
}

/// One secret by one rule.
#[derive(Clone, Debug)]
pub struct Secret<'r> {
    /// Where it was found, by bundle; never empty.
    pub seen: Vec<Evidenced<'r>>,
    /// The day since which it is known, and whether a commit says so; none where its scan was the first to see it, which says nothing of
    /// its age.
    pub known: Option<(Date, bool)>,
}

impl<'r> Secret<'r> {
    /// All secrets of `readings`, in the order in which they are first met. A value without a fingerprint cannot be told to be the same in
    /// another bundle.
    pub fn all(readings: &[&'r Reading]) -> Vec<Self> {
        let mut secrets: Vec<Self> = Vec::new();
        let mut known: HashMap<[&'r str; 3], usize> = HashMap::new();
        for (bundle, &reading) in readings.iter().enumerate() {
            for finding in &reading.findings {
                let seen = Evidenced { bundle, reading, finding };
                if let Some(fingerprint) = &finding.fingerprint {
                    let name = [reading.started.key.id.as_str(), fingerprint.as_str(), finding.rule.id.as_str()];
                    if let Some(&at) = known.get(&name) {
                        secrets[at].seen.push(seen);
                        continue;
                    }
                    known.insert(name, secrets.len());
                }
                secrets.push(Self { seen: vec![seen], known: None });
            }
        }
        for secret in &mut secrets {
            secret.known = known_since(secret.places().map(|(_, place)| place));
        }
        secrets
    }

    /// The most severe of the findings; of several the first.
    pub fn worst(&self) -> &'r Finding {
        let worst = self.seen.iter().rev().max_by_key(|one| one.finding.severity);
        worst.expect("a secret is one that was found").finding
    }

    /// Its severity: the highest of all of its places.
    pub fn severity(&self) -> Severity {
        self.worst().severity
    }

    /// Its places, with the bundle of each.
    pub fn places(&self) -> impl Iterator<Item = (Evidenced<'r>, &'r Place)> {
        self.seen.iter().flat_map(|&one| one.finding.places.iter().map(move |place| (one, place)))
    }

    /// Whether one of its places fails its scan.
    pub fn fails(&self) -> bool {
        self.seen.iter().any(|one| one.finding.fails())
    }

    /// The days for which it is known.
    pub fn age(&self, today: Date) -> Option<u32> {
        self.known.map(|(day, _)| days_between(day, today))
    }
}

/// The first day that commits or earlier scans name, and whether a commit does.
fn known_since<'r>(places: impl Iterator<Item = &'r Place>) -> Option<(Date, bool)> {
    let days = places.flat_map(|place| {
        let introduced = place.history.as_ref().and_then(|life| life.introduced.as_ref()?.time.as_deref());
        let seen = place.change.as_ref().and_then(|change| change.since.as_deref());
        [introduced.and_then(day_of).map(|day| (day, true)), seen.and_then(day_of).map(|day| (day, false))]
    });
    days.flatten().min()
}
