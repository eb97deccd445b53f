//! The register as CSV with the columns of some tool, which a file of the operator's names: the column map.
//!
//! ```toml
//! name = "our tool"
//! only = ["open", "accepted"]     # statuses; all where it is left out
//!
//! [[column]]
//! header = "Subject"
//! from = "title"                  # a column of the neutral export
//! max_length = 100
//!
//! [[column]]
//! header = "State"
//! from = "status"
//! values = { open = "New", accepted = "Accepted" }
//! default = "New"                 # where the cell is empty
//!
//! [[column]]
//! header = "Source"
//! text = "straykey"               # the same in all rows
//! ```
//!
//! `docs/column-map.example.toml` is a longer one.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::neutral::{COLUMNS, cells};
use super::{Exported, csv_writer, cut};
use crate::blob::printable_text;
use crate::register::row::{Row, Status};
use crate::report::csv::inert;

/// A column map that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct MapError {
    /// The file's name, as the caller knows it.
    pub file: String,
    /// The line, from 1; 1 as well where the fault is in no line.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// Which columns a tool takes, and what of the register goes into each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMap {
    /// How people call it.
    pub name: String,
    /// What divides cells.
    delimiter: u8,
    /// Statuses that are exported; none for all.
    only: Option<BTreeSet<Status>>,
    /// The columns, in order.
    columns: Vec<Column>,
}

/// A column of the tool.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    header: String,
    source: Source,
}

/// What goes into a column.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// The same text in all rows, as the operator wrote it.
    Text(String),
    /// A cell of the neutral export.
    Cell {
        /// Index of its column.
        at: usize,
        /// What stands for some of its values.
        values: BTreeMap<String, String>,
        /// What stands for an empty one.
        default: String,
        /// Characters that the tool takes.
        max_length: Option<usize>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMap {
    name: String,
    delimiter: Option<Spanned<String>>,
    only: Option<Vec<Spanned<String>>>,
    #[serde(default, rename = "column")]
    columns: Vec<RawColumn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawColumn {
    header: Spanned<String>,
    from: Option<Spanned<String>>,
    text: Option<String>,
    values: Option<BTreeMap<String, String>>,
    default: Option<String>,
    max_length: Option<Spanned<usize>>,
}

/// What is wrong, and where in the text.
type Fault = (Range<usize>, String);

impl ColumnMap {
    /// Reads a map from TOML; `file` is the name that an error gives.
    ///
    /// # Errors
    ///
    /// The text is no TOML of this form, names a column or status that there is not, or a header twice.
    pub fn parse(text: &str, file: &str) -> Result<Self, MapError> {
        let fault = |(place, what): Fault| MapError {
            file: file.to_owned(),
            line: text.bytes().take(place.start).filter(|&byte| byte == b'\n').count() + 1,
            what: printable_text(&what),
        };
        let raw: RawMap =
            toml::from_str(text).map_err(|error| fault((error.span().unwrap_or(0..0), error.message().to_owned())))?;
        Self::of(raw).map_err(fault)
    }

    fn of(raw: RawMap) -> Result<Self, Fault> {
        let delimiter = raw.delimiter.as_ref().map_or(Ok(b','), delimiter)?;
        let only = raw.only.map(|names| names.iter().map(status).collect::<Result<BTreeSet<_>, _>>()).transpose()?;
        if only.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err((0..0, "`only` names no status, so that nothing would be exported".to_owned()));
        }
        if raw.columns.is_empty() {
            return Err((0..0, "there is no `[[column]]`".to_owned()));
        }
        let mut headers: BTreeSet<String> = BTreeSet::new();
        for header in raw.columns.iter().map(|column| &column.header) {
            if !headers.insert(header.get_ref().clone()) {
                return Err((header.span(), format!("there are two columns with the header `{}`", header.get_ref())));
            }
        }
        let columns = raw.columns.into_iter().map(Column::of).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { name: raw.name, delimiter, only, columns })
    }

    /// Whether scenarios of this status are exported.
    fn takes(&self, status: Status) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&status))
    }
}

fn delimiter(text: &Spanned<String>) -> Result<u8, Fault> {
    match text.get_ref().as_bytes() {
        [one] if (one.is_ascii_graphic() || *one == b'\t') && *one != b'"' => Ok(*one),
        _ => Err((text.span(), "`delimiter` has to be one ASCII character that is no quotation mark".to_owned())),
    }
}

fn status(name: &Spanned<String>) -> Result<Status, Fault> {
    let unknown = || format!("there is no status `{}`; there are {}", name.get_ref(), Status::NAMES.join(", "));
    Status::named(name.get_ref()).ok_or_else(|| (name.span(), unknown()))
}

impl Column {
    fn of(raw: RawColumn) -> Result<Self, Fault> {
        let RawColumn { header, from, text, values, default, max_length } = raw;
        let place = header.span();
        let header = header.into_inner();
        if header.trim().is_empty() {
            return Err((place, "`header` is empty".to_owned()));
        }
        let source = match (from, text) {
            (Some(_), Some(_)) => return Err((place, format!("`{header}`: `from` and `text` exclude each other"))),
            (None, None) => return Err((place, format!("`{header}` needs `from` or `text`"))),
            (None, Some(text)) => {
                if values.is_some() || default.is_some() || max_length.is_some() {
                    let what = format!("`{header}`: `values`, `default` and `max_length` are for columns with `from`");
                    return Err((place, what));
                }
                Source::Text(text)
            }
            (Some(from), None) => {
                let unknown = || {
                    format!(
                        "`{header}`: the register has no column `{}`; there are {}",
                        from.get_ref(),
                        COLUMNS.join(", ")
                    )
                };
                let at = COLUMNS.iter().position(|column| column == from.get_ref());
                let at = at.ok_or_else(|| (from.span(), unknown()))?;
                if let Some(none) = max_length.as_ref().filter(|most| *most.get_ref() == 0) {
                    return Err((none.span(), format!("`{header}`: `max_length` is 0")));
                }
                Source::Cell {
                    at,
                    values: values.unwrap_or_default(),
                    default: default.unwrap_or_default(),
                    max_length: max_length.map(Spanned::into_inner),
                }
            }
        };
        Ok(Self { header, source })
    }

    /// What of the neutral `cells` of a scenario goes into this column. What the operator wrote is written as it is, since tools match
    /// it; what comes out of the register is no formula.
    fn cell(&self, cells: &[String; COLUMNS.len()]) -> String {
        match &self.source {
            Source::Text(text) => text.clone(),
            Source::Cell { at, values, default, max_length } => {
                let cell = &cells[*at];
                if let Some(value) = values.get(cell) {
                    return value.clone();
                }
                if cell.is_empty() {
                    return default.clone();
                }
                let cell = inert(cell);
                max_length.map_or_else(|| cell.clone(), |most| cut(&cell, most))
            }
        }
    }
}

/// Writes the scenarios with the columns of `map`.
///
/// # Errors
///
/// Those of `out`.
pub fn mapped(e: &Exported<'_>, map: &ColumnMap, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv_writer(map.delimiter, out);
    csv.write_record(map.columns.iter().map(|column| column.header.as_str()))?;
    let wanted = |row: &&Row| map.takes(row.kept.status);
    for row in e.rows.iter().filter(wanted) {
        let of_register = cells(e, row);
        csv.write_record(map.columns.iter().map(|column| column.cell(&of_register)))?;
    }
    csv.flush()
}
