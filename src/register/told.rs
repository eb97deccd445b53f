//! What the journal tells of rows, as far as it has to be at hand when they change.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher as _};

use super::columns::{COLUMNS, Keeper, in_journal};
use super::journal::Known;
use super::row::{Decided, Status};

/// What the journal tells of a row, as far as it has to be known when the row changes.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) status: Option<Status>,
    /// A hash of each cell that straykey keeps, in the order of the columns: the cells themselves stand in the row.
    pub(super) kept: Vec<u64>,
    /// What people kept.
    pub(super) decided: BTreeMap<String, String>,
}

impl Told {
    pub(super) fn of(known: &Known) -> Self {
        let cell = |name: &str| known.kept.get(name).map_or("", String::as_str);
        Self {
            status: Status::named(cell("status")),
            kept: in_journal().map(|column| hash(cell(column.name))).collect(),
            decided: known.decided.clone(),
        }
    }
}

pub(super) fn hash(cell: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(cell.as_bytes());
    hasher.finish()
}

/// What people keep, by column.
pub(super) fn decided(decided: &Decided) -> BTreeMap<String, String> {
    let people = COLUMNS.iter().filter(|column| column.keeper == Keeper::People);
    let ours = people.map(|column| (column.name.to_owned(), decided.get(column.name).to_owned()));
    let all = ours.chain(decided.others.iter().map(owned));
    all.filter(|(_, cell)| !cell.is_empty()).collect()
}

/// A column and its cell.
pub(super) fn owned((name, cell): (&String, &String)) -> (String, String) {
    (name.clone(), cell.clone())
}
