//! Counts of slots, over all and by area of the scope.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Held, Slot, forms};
use crate::blob::{Origin, printable};
use crate::finding::Finding;

/// How many slots there are, by where their credential is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Counts {
    /// All of them.
    pub total: u64,
    /// In a vault or secret store.
    pub store: u64,
    /// As ciphertext in the file.
    pub encrypted: u64,
    /// In a plain variable of the environment, or a parameter.
    pub environment: u64,
    /// Nowhere: the workload proves who it is.
    pub federated: u64,
    /// In the open: the places of the findings.
    pub open: u64,
}

impl Counts {
    fn add(&mut self, held: Option<Held>) {
        self.total += 1;
        *match held {
            None => &mut self.open,
            Some(Held::Store) => &mut self.store,
            Some(Held::Encrypted) => &mut self.encrypted,
            Some(Held::Environment) => &mut self.environment,
            Some(Held::Federated) => &mut self.federated,
        } += 1;
    }
}

/// The slots of one area: a folder at the top of a target, or the files beside these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Area {
    /// Its name; `.` for the files at the top of a target.
    pub area: String,
    /// Its slots.
    #[serde(flatten)]
    pub counts: Counts,
}

/// All counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tally {
    /// Over all.
    #[serde(flatten)]
    pub counts: Counts,
    /// By area, those with the most slots in the open first, then by name.
    pub areas: Vec<Area>,
}

/// Counts `slots`, and the places of `findings` as slots in the open.
pub fn tally(slots: &[Slot], findings: &[Finding]) -> Tally {
    let mut areas: BTreeMap<String, Counts> = BTreeMap::new();
    let mut counts = Counts::default();
    let held = slots.iter().map(|slot| (&*slot.origin, Some(forms()[slot.form].held)));
    // What only a history holds fills no slot of today.
    let places = findings.iter().flat_map(|finding| &finding.occurrences);
    let open = places.map(|place| (&*place.origin, None)).filter(|(origin, _)| origin.history().is_none());
    for (origin, held) in held.chain(open) {
        counts.add(held);
        areas.entry(area(origin)).or_default().add(held);
    }
    let mut areas: Vec<Area> = areas.into_iter().map(|(area, counts)| Area { area, counts }).collect();
    areas.sort_by_key(|area| std::cmp::Reverse(area.counts.open));
    Tally { counts, areas }
}

fn area(origin: &Origin) -> String {
    let path = origin.path_bytes();
    match memchr::memchr(b'/', path) {
        Some(end) => printable(&path[..end]),
        None => ".".to_owned(),
    }
}
