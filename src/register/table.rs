//! The register file: CSV that people open in a spreadsheet. Read strictly, since what is written back must hold what they wrote, and
//! nothing that a spreadsheet mangled.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use super::columns::{self, COLUMNS, Holds, Keeper, checked, in_file};
use super::days::Spelling;
use super::row::{Kept, Row};
use crate::blob::hex;
use crate::report::csv::inert;

/// Hexadecimal digits of a check.
const CHECK: usize = 12;

/// The mark of the byte order of UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A register file that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct TableError {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// What is wrong, in a clause.
    pub what: String,
}

/// What a register file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The scenarios, by id, without what the journal alone has of them.
    pub rows: BTreeMap<String, Row>,
    /// Columns that straykey does not know, in their order.
    pub others: Vec<String>,
    /// What divides cells: what the spreadsheet of who saved it last writes, since it may not read another.
    pub delimiter: u8,
}

impl Default for Table {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), others: Vec::new(), delimiter: b',' }
    }
}

/// The steps of the scales that cells may name.
#[derive(Clone, Copy, Debug)]
pub struct Scales {
    /// Of the likelihood.
    pub likelihood: usize,
    /// Of the impact.
    pub impact: usize,
}

impl Table {
    /// Reads the file that holds `bytes`. A mark of the byte order, CRLF, semicolons in place of commas, days in the order of a country,
    /// and rows and columns that hold nothing are what spreadsheets write, and are taken.
    ///
    /// # Errors
    ///
    /// The first line that is damaged: not UTF-8, too few cells, a cell that straykey keeps and did not write, a cell of people's that
    /// cannot be what its column says, an id that occurs twice.
    pub fn read(bytes: &[u8], scales: Scales) -> Result<Self, TableError> {
        let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
        let delimiter = delimiter(bytes);
        let reader = || ::csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(bytes);
        let mut records = reader().into_records();
        let header = match records.next() {
            Some(header) => header.map_err(|error| fault_of(&error))?,
            None => return Err(TableError { line: 1, what: "it has no header".to_owned() }),
        };
        let header = Header::of(header.iter().map(str::trim))?;
        let others = header.others.iter().map(|(name, _)| name.clone()).collect();
        // Asked by rows that do not tell by themselves: only a file that a spreadsheet saved with other days is read twice.
        let order = LazyCell::new(|| {
            let records = reader().into_records().skip(1).filter_map(Result::ok);
            records.map(|record| header.cells(&record)).find_map(|cells| match &readings(&cells)[..] {
                [(order, _)] => Some(*order),
                _ => None,
            })
        });
        let mut table = Self { rows: BTreeMap::new(), others, delimiter };
        let mut lines: BTreeMap<String, u64> = BTreeMap::new();
        for record in records {
            let record = record.map_err(|error| fault_of(&error))?;
            let line = record.position().map_or(0, ::csv::Position::line);
            // Spreadsheets write rows and columns that hold nothing.
            if record.iter().all(str::is_empty) {
                continue;
            }
            let row = header.row(&record, || *order, scales).map_err(|what| TableError { line, what })?;
            let id = row.kept.id.clone();
            if let Some(before) = lines.insert(id.clone(), line) {
                return Err(TableError { line, what: format!("{id} stands on line {before} already") });
            }
            table.rows.insert(id, row);
        }
        Ok(table)
    }

    /// The bytes of the file. Where it is not all ASCII it begins with a mark of the byte order: without it a spreadsheet would take its
    /// letters for others, and write them back so.
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = MARK.to_vec();
        let mut csv = ::csv::WriterBuilder::new()
            .delimiter(self.delimiter)
            .quote_style(::csv::QuoteStyle::Always)
            .from_writer(&mut text);
        let mut write = |cells: &mut dyn Iterator<Item = String>| {
            let cells: Vec<String> = cells.map(|cell| quoted(&cell)).collect();
            csv.write_record(cells).expect("a vector takes all that is written");
        };
        write(&mut in_file().map(|column| column.name.to_owned()).chain(self.others.iter().cloned()));
        for row in self.rows.values() {
            let cells = in_file().map(|column| match column.keeper {
                Keeper::People => row.decided.get(column.name).to_owned(),
                _ if column.name == "check" => check_of(&row.kept),
                _ => columns::cell(&row.kept, column.name),
            });
            let others = self.others.iter().map(|name| row.decided.others.get(name).cloned().unwrap_or_default());
            write(&mut cells.chain(others));
        }
        drop(csv);
        if text[MARK.len()..].is_ascii() {
            text.drain(..MARK.len());
        }
        text
    }
}

/// The check of what straykey keeps of a row.
fn check_of(kept: &Kept) -> String {
    check(|name| columns::cell(kept, name).into())
}

fn check<'c>(cell: impl Fn(&str) -> Cow<'c, str>) -> String {
    let mut sha256 = Sha256::new();
    for column in checked() {
        sha256.update(column.name);
        sha256.update([0]);
        sha256.update(cell(column.name).as_bytes());
        sha256.update([0]);
    }
    // The letter keeps spreadsheets from taking digits and an `e` for a number.
    format!("c{}", &hex(&sha256.finalize())[..CHECK])
}

/// A cell as one that no spreadsheet runs. Unlike [`inert`] alone it can be taken back, whatever the cell begins with.
fn quoted(cell: &str) -> String {
    if is_formula(cell.trim_start_matches('\'')) { format!("'{cell}") } else { cell.to_owned() }
}

/// What a cell said before it was written by [`quoted`], but for ends of lines, which some spreadsheets make others.
fn unquoted(cell: &str) -> String {
    let cell = columns::with_plain_lines(cell.to_owned());
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest.to_owned(),
        _ => cell,
    }
}

fn is_formula(cell: &str) -> bool {
    inert(cell) != cell
}

/// Commas, unless the header has semicolons and no comma: spreadsheets of some languages write these.
fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    if header.contains(&b';') && !header.contains(&b',') { b';' } else { b',' }
}

fn fault_of(error: &::csv::Error) -> TableError {
    let line = error.position().map_or(1, ::csv::Position::line);
    let what = match error.kind() {
        ::csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} cells, and the header has {expected_len}")
        }
        ::csv::ErrorKind::Utf8 { .. } => "it is not UTF-8, which spreadsheets call CSV UTF-8".to_owned(),
        _ => "it is no CSV".to_owned(),
    };
    TableError { line, what }
}

/// Where the columns are.
struct Header {
    at: BTreeMap<&'static str, usize>,
    others: Vec<(String, usize)>,
    /// Columns without a name.
    blank: Vec<usize>,
}

impl Header {
    fn of<'h>(names: impl Iterator<Item = &'h str>) -> Result<Self, TableError> {
        let fail = |what| Err(TableError { line: 1, what });
        let (mut at, mut others, mut seen) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        let mut blank = Vec::new();
        for (index, name) in names.enumerate() {
            let name = unquoted(name);
            if name.is_empty() {
                blank.push(index);
                continue;
            }
            if !seen.insert(name.clone()) {
                return fail(format!("the column `{name}` is there twice"));
            }
            match columns::column(&name) {
                Some(column) => drop(at.insert(column.name, index)),
                None => others.push((name, index)),
            }
        }
        let missing = in_file().find(|column| column.keeper == Keeper::Straykey && !at.contains_key(column.name));
        match missing {
            Some(column) => fail(format!("the column `{}`, which straykey keeps, is not there", column.name)),
            None => Ok(Self { at, others, blank }),
        }
    }

    /// The cells of the columns that straykey knows.
    fn cells(&self, record: &::csv::StringRecord) -> Cells {
        self.at.iter().map(|(&name, &index)| (name, unquoted(record.get(index).unwrap_or_default()))).collect()
    }

    /// The row that `record` is; `order` is the one in which days of the file are, where one of its rows tells.
    fn row(
        &self,
        record: &::csv::StringRecord,
        order: impl FnOnce() -> Option<Spelling>,
        scales: Scales,
    ) -> Result<Row, String> {
        let cells = with_plain_days(self.cells(record), order).map_err(|what| {
            let id = self.at.get("id").and_then(|&index| record.get(index)).filter(|id| is_id(id));
            format!("{} {what}", id.unwrap_or("the row"))
        })?;
        let get = |name: &str| cells.get(name).map_or("", String::as_str);
        let id = get("id");
        if !is_id(id) {
            return Err("it has no id".to_owned());
        }
        for column in COLUMNS.iter().filter(|column| column.keeper == Keeper::People && column.holds != Holds::Text) {
            if let Some(fault) = columns::fault(column, get(column.name), scales.likelihood, scales.impact) {
                return Err(format!("{id}: `{}` {fault}", column.name));
            }
        }
        if self.blank.iter().any(|&index| record.get(index).is_some_and(|cell| !cell.is_empty())) {
            return Err(format!("{id}: there is something in a column that has no name"));
        }
        let mut row = columns::row(get).map_err(|column| format!("{id}: `{column}` is not as straykey writes it"))?;
        for (name, index) in &self.others {
            let cell = unquoted(record.get(*index).unwrap_or_default());
            if !cell.is_empty() {
                row.decided.others.insert(name.clone(), cell);
            }
        }
        Ok(row)
    }
}

/// Cells by the names of their columns.
type Cells = BTreeMap<&'static str, String>;

/// Whether what straykey keeps is as it was written.
fn is_sound(cells: &Cells) -> bool {
    let get = |name: &str| cells.get(name).map_or("", String::as_str);
    check(|name| get(name).into()) == get("check")
}

/// The cells with days as straykey writes them. Where its own do not tell in which order they are, `order` is asked, which is what those
/// of other rows tell; last of all, days of people: `3/14/2026` has one meaning.
///
/// # Errors
///
/// What is wrong, without the subject.
fn with_plain_days(cells: Cells, order: impl FnOnce() -> Option<Spelling>) -> Result<Cells, &'static str> {
    if is_sound(&cells) {
        return Ok(cells);
    }
    let mut readings = readings(&cells);
    let differ = |readings: &[(Spelling, Cells)]| readings.iter().any(|(_, read)| *read != readings[0].1);
    if differ(&readings) {
        if let Some(order) = order() {
            readings.retain(|(one, _)| *one == order);
        } else {
            let most = readings.iter().map(|(_, read)| days(read)).max();
            readings.retain(|(_, read)| Some(days(read)) == most);
        }
        if readings.is_empty() || differ(&readings) {
            return Err(
                "does not tell whether its days begin with the day or the month, nor does another; save them like 2027-01-31",
            );
        }
    }
    let read = readings.pop().map(|(_, read)| read);
    read.ok_or("is not as straykey wrote it: one of the columns that it keeps was changed, or the row is damaged")
}

/// The cells with days as straykey writes them, for each order in which what straykey keeps is as it was written: several where its days
/// cannot tell, as 5/5/2026 cannot.
fn readings(cells: &Cells) -> Vec<(Spelling, Cells)> {
    let read = |spelling| (spelling, spelled(cells, spelling));
    Spelling::ALL.into_iter().map(read).filter(|(_, read)| is_sound(read)).collect()
}

/// How many cells are days as straykey writes them.
fn days(cells: &Cells) -> usize {
    cells.iter().filter(|(name, cell)| is_day(name) && cell.parse::<Date>().is_ok()).count()
}

/// The cells with days as straykey writes them, where they were written as `spelling` says.
fn spelled(cells: &Cells, spelling: Spelling) -> Cells {
    let cell = |(&name, cell): (&&'static str, &String)| {
        let day = if is_day(name) { spelling.day(cell) } else { None };
        (name, day.unwrap_or_else(|| cell.clone()))
    };
    cells.iter().map(cell).collect()
}

fn is_day(name: &str) -> bool {
    columns::column(name).is_some_and(|column| column.holds == Holds::Day)
}

/// Whether `text` has the form of an id.
pub(super) fn is_id(text: &str) -> bool {
    text.strip_prefix("SK-").is_some_and(|rest| {
        rest.len() == 12 && rest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}
