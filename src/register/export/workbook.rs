//! The register as a workbook (XLSX) for people: the scenarios, the controls with the columns of a statement of applicability, the
//! exceptions, and what was looked through.
//!
//! All text is stored as text: no cell is a formula or a link, and days are text in the form of ISO 8601, which no locale turns into
//! something else. The time of creation is the day of the export, so that equal input gives equal bytes.

use std::io::{self, Write};

use rust_xlsxwriter::{DataValidation, DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::neutral::{self, NO_EVIDENCE, last_tested, pointers};
use super::{Exported, KnownException, one_line, plain};
use crate::evidence::reading::Reading;
use crate::finding::Severity;
use crate::register::columns::{TREATMENTS, annex};
use crate::view::{ControlRow, ControlView};

/// UTF-16 code units that Excel keeps of a cell.
pub(super) const MAX_TEXT: usize = 32_767;

/// Rows of a sheet.
const MAX_ROWS: usize = 1_048_576;

/// What stands at the end of a text that was cut.
pub(super) const MARK: &str = "… [cut]";

/// A workbook that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Its content.
    #[error("the workbook could not be made")]
    Workbook(#[from] XlsxError),
    /// Its bytes.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A column: header, and width in characters.
type Column = (&'static str, u8);

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// Text, whatever it begins with.
    Text(String),
    /// A number to count with.
    Number(u64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(plain(text))
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

const CONTROLS: [Column; 23] = [
    ("Control", 9),
    ("Title", 40),
    ("State", 34),
    ("What was tested", 60),
    ("Contradicting: critical", 12),
    ("Contradicting: high", 12),
    ("Contradicting: medium", 12),
    ("Contradicting: low", 12),
    ("Contradicting: info", 12),
    ("Affected", 10),
    ("Response due", 10),
    ("Oldest contradicting, days", 12),
    ("Exceptions", 20),
    ("Observed state", 28),
    ("Last tested", 12),
    ("Risks linked", 30),
    ("Evidence (scan#record)", 40),
    ("Untested", 50),
    ("Applicable", 12),
    ("Justification for inclusion", 30),
    ("Implementation status", 20),
    ("Justification for exclusion", 30),
    ("Owner", 20),
];

const EXCEPTIONS: [Column; 14] = [
    ("Exception", 16),
    ("Standing", 12),
    ("Why", 40),
    ("Reason", 20),
    ("Text", 50),
    ("Requested by", 24),
    ("Approved by", 24),
    ("Approved on", 12),
    ("Approval is", 14),
    ("Expires on", 12),
    ("Ticket", 24),
    ("Places", 8),
    ("Names an unknown rule", 12),
    ("Risks accepted", 30),
];

const COVERAGE: [Column; 25] = [
    ("Unit", 16),
    ("Repository", 36),
    ("Branch", 16),
    ("Started", 22),
    ("Complete", 10),
    ("Files seen", 10),
    ("Files read", 10),
    ("Files excluded", 10),
    ("Files unreadable", 10),
    ("Bytes read", 14),
    ("Gaps", 8),
    ("Gaps accepted", 8),
    ("Exclusions", 10),
    ("History: commits", 10),
    ("Slots", 8),
    ("Slots: in a store", 8),
    ("Slots: encrypted", 8),
    ("Slots: in the environment", 8),
    ("Slots: federated", 8),
    ("Slots: in the open", 8),
    ("Rules", 8),
    ("Rules that did not find their canary", 40),
    ("Scan", 38),
    ("Bundle", 24),
    ("Relied upon as", 24),
];

/// Columns of the register that hold sentences.
const WIDE: [&str; 10] = [
    "reason",
    "title",
    "threat",
    "consequence",
    "likelihood_inputs",
    "impact_inputs",
    "existing_controls",
    "treatment_controls",
    "notes",
    "places",
];

/// Writes the workbook. Where no bundle was given, the sheets that are made from bundles say so.
///
/// # Errors
///
/// Those of `out`, and a day of the export that is none.
pub fn workbook(e: &Exported<'_>, out: &mut dyn Write) -> Result<(), ExportError> {
    let created = ExcelDateTime::parse_from_str(e.today)?;
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_title("Risk register").set_creation_datetime(&created));
    register(e, &mut book)?;
    fill(&mut book, "Controls", &CONTROLS, controls(e).into_iter(), MAX_ROWS)?;
    fill(&mut book, "Exceptions", &EXCEPTIONS, exceptions(e).into_iter(), MAX_ROWS)?;
    fill(&mut book, "Coverage", &COVERAGE, coverage(e).into_iter(), MAX_ROWS)?;
    // A writer that can go to another thread is asked for, which ours need not be.
    let bytes = book.save_to_buffer()?;
    out.write_all(&bytes)?;
    Ok(())
}

fn register(e: &Exported<'_>, book: &mut Workbook) -> Result<(), XlsxError> {
    let columns = neutral::COLUMNS.map(|name| (name, if WIDE.contains(&name) { 40 } else { 18 }));
    // One after the other: the writer keeps all of them as well.
    let rows = e.rows.iter().map(|row| neutral::cells(e, row).into_iter().map(Cell::Text).collect());
    let sheet = fill(book, "Register", &columns, rows, MAX_ROWS)?;
    let last = e.rows.len().clamp(1, MAX_ROWS - 1) as u32;
    for at in (0_u16..).zip(neutral::COLUMNS).filter(|(_, name)| *name == "treatment").map(|(at, _)| at) {
        sheet.add_data_validation(1, at, last, at, &DataValidation::new().allow_list_strings(TREATMENTS)?)?;
    }
    Ok(())
}

/// Adds a sheet of at most `most` rows, its header among them. Where there are more, the last one says how many.
pub(super) fn fill<'b>(
    book: &'b mut Workbook,
    name: &str,
    columns: &[Column],
    rows: impl ExactSizeIterator<Item = Vec<Cell>>,
    most: usize,
) -> Result<&'b mut Worksheet, XlsxError> {
    let bold = Format::new().set_bold();
    let sheet = book.add_worksheet();
    sheet.set_name(name)?;
    for (at, &(header, width)) in (0_u16..).zip(columns) {
        sheet.write_string_with_format(0, at, header, &bold)?;
        sheet.set_column_width(at, width)?;
    }
    let room = most.saturating_sub(1);
    let all = rows.len();
    let shown = if all > room { room.saturating_sub(1) } else { all };
    for (line, row) in (1_u32..).zip(rows.take(shown)) {
        for (at, cell) in (0_u16..).zip(row) {
            match cell {
                Cell::Text(text) => sheet.write_string(line, at, fitting(text))?,
                Cell::Number(number) => sheet.write_number(line, at, number as f64)?,
            };
        }
    }
    let mut last = shown as u32;
    if shown < all {
        last += 1;
        sheet.write_string(last, 0, format!("{} more rows do not fit into a sheet", all - shown))?;
    }
    sheet.autofilter(0, 0, last, columns.len().saturating_sub(1) as u16)?;
    sheet.set_freeze_panes(1, 0)?;
    Ok(sheet)
}

/// Text that a cell takes: not longer than Excel allows, and none that the writer would take for marked-up text of its own, which it
/// copies into the file as it is.
pub(super) fn fitting(text: String) -> String {
    let text = if text.starts_with("<r>") && text.ends_with("</r>") { format!(" {text}") } else { text };
    if text.encode_utf16().count() <= MAX_TEXT {
        return text;
    }
    let mut room = MAX_TEXT - MARK.encode_utf16().count();
    let mut kept = String::new();
    for character in text.chars() {
        let Some(left) = room.checked_sub(character.len_utf16()) else { break };
        room = left;
        kept.push(character);
    }
    kept + MARK
}

/// The one row of a sheet for which there is no bundle.
fn no_evidence() -> Vec<Cell> {
    vec![Cell::from(format!("{NO_EVIDENCE}: this sheet is made from bundles"))]
}

fn controls(e: &Exported<'_>) -> Vec<Vec<Cell>> {
    let Some(view) = e.view else { return vec![no_evidence()] };
    view.controls.iter().map(|row| control(e, view, row)).collect()
}

fn control(e: &Exported<'_>, view: &ControlView<'_>, row: &ControlRow<'_>) -> Vec<Cell> {
    let by_severity = Severity::ALL.iter().rev().map(|&severity| row.contradicting.by_severity[severity as usize]);
    let exceptions: Vec<&str> = row.exceptions.iter().map(|exception| exception.id.as_str()).collect();
    let oldest = row.contradicting.oldest_days.map_or(Cell::from(""), |days| Cell::Number(u64::from(days)));
    let mut cells = vec![
        Cell::from(annex(&row.control.number)),
        Cell::from(row.control.title.as_str()),
        Cell::from(row.state.name()),
        Cell::from(row.sentence.as_str()),
    ];
    cells.extend(by_severity.map(Cell::Number));
    cells.extend([
        Cell::Number(row.affected.total()),
        Cell::Number(row.response_due.total()),
        oldest,
        Cell::from(exceptions.join("; ")),
        Cell::from(row.observed()),
        Cell::from(last_tested(row)),
        Cell::from(e.risks(&row.control.number)),
        Cell::from(pointers(row)),
        Cell::from(view.untested_of(row).collect::<Vec<_>>().join("; ")),
    ]);
    // The rest is the owner's.
    cells.resize(CONTROLS.len(), Cell::from(""));
    cells
}

fn exceptions(e: &Exported<'_>) -> Vec<Vec<Cell>> {
    let known = e.exceptions();
    let rows = known.iter().map(|(id, exception)| exception_row(e, id, exception));
    if e.view.is_some() { rows.collect() } else { std::iter::once(no_evidence()).chain(rows).collect() }
}

fn exception_row(e: &Exported<'_>, id: &str, exception: &KnownException<'_>) -> Vec<Cell> {
    let stated = exception.stated;
    let risks: Vec<&str> = exception.rows.iter().map(|row| row.kept.id.as_str()).collect();
    vec![
        Cell::from(id),
        Cell::from(exception.standing(e.today)),
        Cell::from(stated.and_then(|one| one.why.as_deref()).unwrap_or_default()),
        Cell::from(exception.reason()),
        Cell::from(stated.map_or("", |one| one.text.as_str())),
        Cell::from(stated.map_or("", |one| one.requested_by.as_str())),
        Cell::from(exception.approved_by()),
        Cell::from(stated.and_then(|one| one.approved_on.as_deref()).unwrap_or_default()),
        Cell::from(exception.grade()),
        Cell::from(exception.expires_on()),
        Cell::from(stated.and_then(|one| one.ticket.as_deref()).unwrap_or_default()),
        if stated.is_some() { Cell::Number(exception.places) } else { Cell::from("") },
        Cell::from(if exception.stale { "yes" } else { "" }),
        Cell::from(risks.join("; ")),
    ]
}

fn coverage(e: &Exported<'_>) -> Vec<Vec<Cell>> {
    let Some(view) = e.view else { return vec![no_evidence()] };
    view.readings.iter().map(|reading| reading_row(reading)).collect()
}

fn reading_row(reading: &Reading) -> Vec<Cell> {
    let Reading { subject, coverage, .. } = reading;
    let text = |part: &Option<String>| Cell::from(part.as_deref().unwrap_or_default());
    let slots = reading.slots.counts;
    let accepted = reading.gaps.iter().filter(|gap| gap.accepted.is_some()).count();
    let history = coverage.history.as_ref().map_or(Cell::from("not searched"), |history| Cell::Number(history.commits));
    let assurance = one_line(&reading.assurance.to_string());
    vec![
        text(&subject.unit),
        text(&subject.repository),
        text(&subject.branch),
        Cell::from(reading.started.started.as_str()),
        Cell::from(if reading.completed.outcome.complete { "yes" } else { "no" }),
        Cell::Number(coverage.files_seen),
        Cell::Number(coverage.files_read),
        Cell::Number(coverage.files_excluded),
        Cell::Number(coverage.files_unreadable),
        Cell::Number(coverage.bytes_read),
        Cell::Number(reading.gaps.len() as u64),
        Cell::Number(accepted as u64),
        Cell::Number(reading.exclusions.len() as u64),
        history,
        Cell::Number(slots.total),
        Cell::Number(slots.store),
        Cell::Number(slots.encrypted),
        Cell::Number(slots.environment),
        Cell::Number(slots.federated),
        Cell::Number(slots.open),
        Cell::Number(reading.started.rule_pack.rules),
        Cell::from(reading.self_test.not_found.join("; ")),
        Cell::from(reading.scan.as_str()),
        Cell::from(reading.name.as_str()),
        Cell::from(assurance),
    ]
}
