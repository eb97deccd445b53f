//! The charts of the page, measured: what the template draws as SVG. Widths are shares of what there is, so that a chart fits a phone
//! and no text in it is scaled.

use serde::Serialize;

use super::words::{counted, grouped};
use crate::severity::Severity;
use crate::slot::Counts;
use crate::view::Point;

/// Points of a series that are drawn and listed, the last ones.
pub(super) const POINTS: usize = 60;

/// Columns of a chart that have room for a number above each.
const NUMBERED: usize = 16;

/// A bar for each of several things, one below the other.
#[derive(Debug, Serialize)]
pub(super) struct Bars {
    id: &'static str,
    title: &'static str,
    /// The heading of what the bars are of.
    column: &'static str,
    /// The heading of the numbers.
    unit: &'static str,
    /// The same in a sentence.
    told: String,
    height: usize,
    bars: Vec<Bar>,
}

#[derive(Debug, Serialize)]
struct Bar {
    label: String,
    class: &'static str,
    value: u64,
    width: String,
    /// Where its text stands.
    text: usize,
    /// Where it begins.
    top: usize,
}

impl Bars {
    /// A chart of `rows`: what each is of, its class and its number.
    pub(super) fn of(
        id: &'static str,
        title: &'static str,
        [column, unit]: [&'static str; 2],
        rows: Vec<(String, &'static str, u64)>,
    ) -> Self {
        /// Pixels from one bar to the next.
        const STEP: usize = 38;
        let most = rows.iter().map(|(.., value)| *value).max().unwrap_or_default();
        let told: Vec<String> = rows.iter().map(|(label, _, value)| format!("{label}: {}", grouped(*value))).collect();
        let told = format!("{}.", told.join("; "));
        let height = rows.len() * STEP;
        let bar = |(at, (label, class, value)): (usize, (String, &'static str, u64))| {
            let width = percent(value, most);
            Bar { label, class, value, width, text: at * STEP + 14, top: at * STEP + 20 }
        };
        Self { id, title, column, unit, told, height, bars: rows.into_iter().enumerate().map(bar).collect() }
    }
}

/// A column for each scan of a series.
#[derive(Debug, Serialize)]
pub(super) struct Columns {
    id: String,
    title: &'static str,
    told: String,
    height: u64,
    /// The line on which they stand.
    base: u64,
    /// Where the text below them stands.
    label: u64,
    first: String,
    last: String,
    /// Whether there is room for their numbers.
    numbered: bool,
    legend: Vec<&'static str>,
    columns: Vec<Column>,
}

#[derive(Debug, Serialize)]
struct Column {
    x: String,
    width: String,
    middle: String,
    /// Where its number stands.
    top: u64,
    total: u64,
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
struct Part {
    class: &'static str,
    y: u64,
    height: u64,
}

impl Columns {
    /// Secrets by severity.
    pub(super) fn of_secrets(index: usize, points: &[Point], names: &[String]) -> Self {
        let parts = |point: &Point| {
            let counts = Severity::ALL.iter().zip(point.by_severity).rev();
            counts.map(|(severity, count)| (severity.name(), count)).collect::<Vec<_>>()
        };
        let stacks: Vec<_> = points.iter().map(parts).collect();
        let legend = Severity::ALL.iter().rev().map(|severity| severity.name()).collect();
        Self::of(format!("secrets-{index}"), "Secrets by severity, scan by scan", "secret", &stacks, names, legend)
    }

    /// Slots in the open.
    pub(super) fn of_slots(index: usize, points: &[Point], names: &[String]) -> Self {
        let stacks: Vec<_> = points.iter().map(|point| vec![("slot", point.open_slots)]).collect();
        let title = "Credential slots in the open, scan by scan";
        Self::of(format!("open-{index}"), title, "slot in the open", &stacks, names, Vec::new())
    }

    fn of(
        id: String,
        title: &'static str,
        unit: &str,
        stacks: &[Vec<(&'static str, u64)>],
        names: &[String],
        legend: Vec<&'static str>,
    ) -> Self {
        /// Pixels above the columns, and of the highest of them.
        const ABOVE: u64 = 20;
        const HIGHEST: u64 = 120;
        let totals: Vec<u64> = stacks.iter().map(|parts| parts.iter().map(|(_, count)| count).sum()).collect();
        let most = totals.iter().copied().max().unwrap_or_default().max(1);
        let base = ABOVE + HIGHEST;
        let count = stacks.len() as u64;
        let columns = (0_u64..).zip(stacks.iter().zip(&totals)).map(|(at, (parts, total))| {
            let mut below = 0_u64;
            let mut y = base;
            let mut drawn = Vec::new();
            for (class, value) in parts.iter().filter(|(_, value)| *value > 0) {
                below = below.saturating_add(*value);
                // Heights are rounded from the bottom up, so that their sum is that of the column.
                let risen = u64::try_from(scaled(below, most, HIGHEST)).unwrap_or(HIGHEST);
                let top = (base - risen).min(y - 1);
                drawn.push(Part { class, y: top, height: y - top });
                y = top;
            }
            // A quarter of the room is left between columns.
            let (x, width) = (hundredths(8 * at + 1, 8 * count), hundredths(6, 8 * count));
            Column { x, width, middle: hundredths(2 * at + 1, 2 * count), top: y - 5, total: *total, parts: drawn }
        });
        let columns = columns.collect();
        let ends = (totals.first().copied().unwrap_or_default(), totals.last().copied().unwrap_or_default());
        Self {
            id,
            title,
            told: format!(
                "{}; {} in the first of them, {} in the last, {} at most.",
                counted(count, "scan"),
                counted(ends.0, unit),
                grouped(ends.1),
                grouped(totals.iter().copied().max().unwrap_or_default()),
            ),
            height: base + 24,
            base,
            label: base + 18,
            first: names.first().cloned().unwrap_or_default(),
            last: names.last().filter(|_| names.len() > 1).cloned().unwrap_or_default(),
            numbered: stacks.len() <= NUMBERED,
            legend,
            columns,
        }
    }
}

/// Slots by where their credential is held, as one bar.
#[derive(Debug, Serialize)]
pub(super) struct Slots {
    pub(super) total: u64,
    title: &'static str,
    told: String,
    parts: Vec<SlotPart>,
    names: [&'static str; 6],
    /// What the rows are of.
    by: &'static str,
    rows: Vec<SlotRow>,
    all: [u64; 6],
    /// How many rows are not listed.
    rest: String,
}

#[derive(Debug, Serialize)]
struct SlotPart {
    class: &'static str,
    label: &'static str,
    value: u64,
    share: String,
    x: String,
    width: String,
}

/// A row of the table of slots.
#[derive(Debug, Serialize)]
pub(super) struct SlotRow {
    name: String,
    counts: [u64; 6],
}

impl SlotRow {
    pub(super) fn new(name: String, counts: &Counts) -> Self {
        Self { name, counts: cells(counts) }
    }
}

/// The counts in the order of the table.
fn cells(counts: &Counts) -> [u64; 6] {
    [counts.total, counts.open, counts.store, counts.encrypted, counts.environment, counts.federated]
}

impl Slots {
    /// `rows` are of `by` each; `rest` says how many are not listed.
    pub(super) fn of(counts: &Counts, by: &'static str, rows: Vec<SlotRow>, rest: String) -> Self {
        let held = [
            ("store", "in vaults", counts.store),
            ("encrypted", "encrypted", counts.encrypted),
            ("environment", "in variables", counts.environment),
            ("federated", "without a secret", counts.federated),
            ("open", "in the open", counts.open),
        ];
        let mut before = 0_u64;
        let mut parts = Vec::new();
        for (class, label, value) in held.into_iter().filter(|(.., value)| *value > 0) {
            let (x, width) = (hundredths(before, counts.total), hundredths(value, counts.total));
            parts.push(SlotPart { class, label, value, share: share(value, counts.total), x, width });
            before = before.saturating_add(value);
        }
        let told: Vec<String> = parts.iter().map(|part| format!("{} {}", grouped(part.value), part.label)).collect();
        let needs = if counts.total == 1 { "place needs" } else { "places need" };
        Self {
            total: counts.total,
            title: "Places that need a credential, by where it is held",
            told: format!("{} {} a credential: {}.", grouped(counts.total), needs, told.join(", ")),
            parts,
            names: ["slots", "in the open", "in vaults", "encrypted", "in variables", "without a secret"],
            by,
            rows,
            all: cells(counts),
            rest,
        }
    }
}

/// The share that `value` is of `most`, as a length; what is there is never too short to be seen.
fn percent(value: u64, most: u64) -> String {
    let permille = scaled(value, most, 1000);
    let shown = if value > 0 { permille.max(6) } else { 0 };
    format!("{}.{}%", shown / 10, shown % 10)
}

/// The share that `value` is of `all`, as a length.
fn hundredths(value: u64, all: u64) -> String {
    let parts = scaled(value, all, 10_000);
    format!("{}.{:02}%", parts / 100, parts % 100)
}

/// The share that `value` is of `all`, for people.
fn share(value: u64, all: u64) -> String {
    match (scaled(value, all, 1000) + 5) / 10 {
        0 if value > 0 => "under 1%".to_owned(),
        share => format!("{share}%"),
    }
}

/// How many of `whole` parts `value` is of `all`. Counts in records may be anything.
fn scaled(value: u64, all: u64, whole: u64) -> u128 {
    let whole = u128::from(whole);
    (u128::from(value) * whole).checked_div(u128::from(all)).unwrap_or_default().min(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_shares() {
        assert_eq!(percent(1, 4), "25.0%");
        assert_eq!(percent(1, 100_000), "0.6%");
        assert_eq!(percent(0, 0), "0.0%");
        assert_eq!(hundredths(1, 3), "33.33%");
        assert_eq!(share(1, 1000), "under 1%");
        assert_eq!(share(0, 0), "0%");
        assert_eq!(share(6, 51), "12%");
        assert_eq!(share(u64::MAX, 1), "100%", "counts in records may be anything");
    }

    #[test]
    fn the_parts_of_a_column_make_up_its_height() {
        let stacks = [vec![("critical", 1), ("low", 0), ("info", 2)], vec![("critical", 0)], vec![("critical", 1000)]];
        let names = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let chart = Columns::of("x".to_owned(), "t", "secret", &stacks, &names, Vec::new());
        let heights: Vec<u64> =
            chart.columns.iter().map(|column| column.parts.iter().map(|part| part.height).sum()).collect();
        assert_eq!(heights, [2, 0, 120], "what is there is a pixel high at least");
        assert_eq!(chart.columns[0].total, 3);
        assert_eq!(chart.told, "3 scans; 3 secrets in the first of them, 1,000 in the last, 1,000 at most.");
    }
}
