//! Exports of the register: for tools that keep risks, for spreadsheets, and by a map for formats of one's own.
//!
//! | export | what takes it |
//! | --- | --- |
//! | [`ciso_findings`], [`ciso_risk_scenarios`], [`ciso_applied_controls`], [`ciso_exceptions`] | the data wizard of CISO Assistant |
//! | [`defectdojo()`] | `DefectDojo`, as "Generic Findings Import" |
//! | [`neutral()`] | people, and tools that map columns by hand |
//! | [`mapped()`] | a tool whose columns a [`ColumnMap`] names |
//! | [`soa`] | whoever keeps the statement of applicability |
//! | [`workbook()`] | people who want one file |
//!
//! An export tells what holds: where people decided, that, else what straykey proposes. It decides nothing, and says of no control
//! that it is implemented but of those that people named as existing. Equal registers give equal bytes on the same day.
//! Fingerprints are not exported: who holds the key could ask them about any value.
//!
//! Titles, places, names and notes are text that others wrote. In CSV no cell begins as a formula does; in the workbook all text is
//! stored as text, where nothing is run.

mod ciso;
mod defectdojo;
mod mapped;
mod neutral;
#[cfg(test)]
mod tests;
mod workbook;

use std::collections::BTreeMap;
use std::io::{self, Write};

pub use ciso::{ciso_applied_controls, ciso_exceptions, ciso_findings, ciso_risk_scenarios};
pub use defectdojo::defectdojo;
pub use mapped::{ColumnMap, MapError, mapped};
pub use neutral::{COLUMNS, neutral, soa};
pub use workbook::{ExportError, workbook};

use sha2::{Digest as _, Sha256};

use crate::blob::{hex, printable_text};
use crate::evidence::reading::Exception;
use crate::finding::{Decision, ExceptionReason};
use crate::govern::RiskModel;
use crate::register::row::{Acceptance, Condition, Dismissal, Row, Status};
use crate::report::csv::inert;
use crate::view::ControlView;

/// Characters that a name may have in the tools that we export to.
const NAME: usize = 200;

/// Characters that a label may have there.
const LABEL: usize = 36;

/// Scenarios that are named in the row of a control.
const RISKS: usize = 500;

/// Hexadecimal digits that tell exceptions apart which share an id.
const APART: usize = 6;

/// What exports are made from.
#[derive(Clone, Copy, Debug)]
pub struct Exported<'r> {
    /// The scenarios, in the order in which they are exported.
    pub rows: &'r [Row],
    /// The scales that they are estimated on.
    pub model: &'r RiskModel,
    /// What the latest bundles are evidence of; none where no bundle was given.
    pub view: Option<&'r ControlView<'r>>,
    /// The day of the export, `YYYY-MM-DD`.
    pub today: &'r str,
}

impl<'r> Exported<'r> {
    /// The level of the likelihood and impact that hold, from 0.
    fn level(&self, row: &Row) -> usize {
        self.model.level(row.likelihood(), row.impact())
    }

    /// Its label.
    fn level_label(&self, row: &Row) -> &'r str {
        self.model.level_label(row.likelihood(), row.impact())
    }

    /// 1 for the highest level to 4 for the lowest, with steps of the same width between.
    fn priority(&self, row: &Row) -> usize {
        let (level, levels) = (self.level(row), self.model.levels.len().max(1));
        if level + 1 >= levels { 1 } else { 4 - level * 4 / levels }
    }

    /// The scenarios that name this control, by their ids: those that are still to be dealt with first. Of very many the number, since a
    /// spreadsheet cuts what is longer than a cell.
    fn risks(&self, control: &str) -> String {
        let names = |row: &&Row| row.kept.controls.iter().any(|one| one == control);
        let mut rows: Vec<&Row> = self.rows.iter().filter(names).collect();
        rows.sort_by_key(|row| row.kept.status == Status::Closed);
        let more = rows.len().saturating_sub(RISKS);
        let more = (more > 0).then(|| format!("and {more} more"));
        let ids = rows.iter().take(RISKS).map(|row| row.kept.id.clone());
        ids.chain(more).collect::<Vec<_>>().join("; ")
    }

    /// All exceptions of the bundles and the scenarios, by id. Of what several bundles say of one, the latest holds that has places of
    /// it: one file may serve several units, and where it speaks of nothing nobody can tell whether it would hold. Where several share an
    /// id, since their files know nothing of each other, each gets an id that tells it from the others.
    fn exceptions(&self) -> Vec<(String, KnownException<'r>)> {
        let mut known: BTreeMap<[&'r str; 4], KnownException<'r>> = BTreeMap::new();
        let name = |exception: &'r Exception| {
            let (id, reason, requested_by, text) = exception.identity();
            [id, reason.name(), requested_by, text]
        };
        if let Some(view) = self.view {
            let mut readings = view.readings.clone();
            readings.sort_by(|a, b| (&a.started.started, &a.scan).cmp(&(&b.started.started, &b.scan)));
            for outcome in readings.into_iter().flat_map(|reading| &reading.exceptions) {
                let one = known.entry(name(&outcome.exception)).or_default();
                if outcome.places > 0 || one.places == 0 {
                    one.stated = Some(&outcome.exception);
                }
                one.places += outcome.places;
                one.stale = outcome.stale;
            }
            for exception in view.controls.iter().flat_map(|control| control.exceptions.iter().copied()) {
                known.entry(name(exception)).or_default().stated.get_or_insert(exception);
            }
        }
        for row in self.rows {
            if let Some(acceptance) = &row.kept.acceptance {
                let one = known.entry(stated_as(&known, acceptance)).or_default();
                one.acceptance = Some(acceptance);
                one.rows.push(row);
            }
        }
        let mut shared: BTreeMap<&str, usize> = BTreeMap::new();
        for [id, ..] in known.keys() {
            *shared.entry(id).or_default() += 1;
        }
        let told = |(name, exception): ([&str; 4], KnownException<'r>)| {
            let id = name[0];
            let id = if shared[id] > 1 {
                format!("{id}-{}", &hex(&Sha256::digest(name.join("\0")))[..APART])
            } else {
                id.to_owned()
            };
            (id, exception)
        };
        known.into_iter().map(told).collect()
    }
}

/// Which of the exceptions it is that a scenario names: the one of that id that says the same, else the first of that id.
fn stated_as<'r>(known: &BTreeMap<[&'r str; 4], KnownException<'r>>, acceptance: &'r Acceptance) -> [&'r str; 4] {
    let named = || known.iter().filter(|(name, _)| name[0] == acceptance.exception);
    let same = named().find(|(_, one)| {
        one.stated.is_some_and(|stated| {
            stated.expires_on == acceptance.until && stated.approved_by.as_deref() == Some(acceptance.by.as_str())
        })
    });
    let first = same.or_else(|| named().find(|(name, _)| name[1] == acceptance.reason)).or_else(|| named().next());
    first.map_or([&acceptance.exception, &acceptance.reason, "", ""], |(name, _)| *name)
}

/// An exception, from all that tells of it.
#[derive(Debug, Default)]
struct KnownException<'r> {
    /// As a bundle has it.
    stated: Option<&'r Exception>,
    /// Places that it speaks of, over all bundles.
    places: u64,
    /// It names a rule that there is not.
    stale: bool,
    /// As a scenario has it.
    acceptance: Option<&'r Acceptance>,
    /// The scenarios whose risk it accepts, or did.
    rows: Vec<&'r Row>,
}

impl KnownException<'_> {
    /// Whether it holds on `today`: `active`, `expired`, `unapproved`, `refused` or `proposed` as bundles have it; of an exception that
    /// no bundle was given for, `active`, `expired`, `resolved` where all its scenarios are closed, else `not in force`.
    fn standing(&self, today: &str) -> &str {
        match (self.stated, self.acceptance) {
            // A bundle says what held on its day.
            (Some(stated), _) if stated.is_active() && stated.expires_on.as_str() < today => "expired",
            (Some(stated), _) => &stated.standing,
            (None, Some(acceptance)) if acceptance.until.as_str() < today => "expired",
            (None, _) if self.rows.iter().any(|row| row.kept.status == Status::Accepted) => "active",
            (None, _) if self.rows.iter().all(|row| row.kept.status == Status::Closed) => "resolved",
            _ => "not in force",
        }
    }

    /// Its reason, by name.
    fn reason(&self) -> &str {
        let accepted = self.acceptance.map_or("", |acceptance| acceptance.reason.as_str());
        self.stated.map_or(accepted, |stated| stated.reason.name())
    }

    /// Who approved it.
    fn approved_by(&self) -> &str {
        let accepted = self.acceptance.map_or("", |acceptance| acceptance.by.as_str());
        self.stated.map_or(accepted, |stated| stated.approved_by.as_deref().unwrap_or_default())
    }

    /// How far the approval can be relied upon.
    fn grade(&self) -> &'static str {
        let accepted = self.acceptance.map_or("", |acceptance| acceptance.grade.name());
        self.stated.map_or(accepted, |stated| stated.grade.name())
    }

    /// The last day on which it holds.
    fn expires_on(&self) -> &str {
        let accepted = self.acceptance.map_or("", |acceptance| acceptance.until.as_str());
        self.stated.map_or(accepted, |stated| stated.expires_on.as_str())
    }
}

/// Whether somebody who answers for it found that it is no secret at all; a value made for tests is one.
fn is_false_positive(row: &Row) -> bool {
    let by_triage = row.kept.triage.as_deref().is_some_and(|said| said.starts_with(Decision::FalsePositive.name()));
    let said = format!(": {}", ExceptionReason::FalsePositive);
    let dismissals: Vec<&Dismissal> = row.kept.observed.iter().filter_map(|one| one.facts.dismissed.as_ref()).collect();
    let by_exception = !dismissals.is_empty() && dismissals.iter().all(|dismissal| dismissal.why.contains(&said));
    row.kept.condition == Condition::NoSecret && (by_triage || by_exception)
}

/// A writer as all CSV exports have it: every cell quoted, and lines that end with `\n`.
fn csv_writer(delimiter: u8, out: &mut dyn Write) -> csv::Writer<&mut dyn Write> {
    csv::WriterBuilder::new()
        .delimiter(delimiter)
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_writer(out)
}

/// Writes a table in which no cell is a formula.
fn table<const N: usize>(
    headers: &[&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut csv = csv_writer(b',', out);
    csv.write_record(headers)?;
    for row in rows {
        csv.write_record(row.map(|cell| inert(&cell)))?;
    }
    csv.flush()
}

/// Text for people: line ends are `\n`, tabs are spaces, and what cannot be seen or moves the cursor is replaced.
fn plain(text: &str) -> String {
    printable_text(&text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " "))
}

/// The same on one line.
fn one_line(text: &str) -> String {
    plain(text).replace('\n', " ").trim().to_owned()
}

/// At most `most` characters, of which the last says that there was more.
fn cut(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Text as one name for importers that split cells at line ends, `|`, `;` and `,`, whatever it holds.
fn single(text: &str) -> String {
    let parts = plain(text);
    let parts = parts.split(['\n', '|', ';', ',']).map(str::trim).filter(|part| !part.is_empty());
    cut(&parts.collect::<Vec<_>>().join(" "), NAME)
}

/// A label that tools take: ASCII letters in lower case, digits, `_` and `-`. Those split labels at `|` and `,`, and refuse all else.
fn tag(text: &str) -> String {
    let mut tag = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            tag.push(character.to_ascii_lowercase());
        } else if !tag.is_empty() && !tag.ends_with('-') {
            tag.push('-');
        }
    }
    tag.truncate(LABEL);
    tag.trim_end_matches('-').to_owned()
}

/// The labels of a scenario, each once: the tool, the condition, controls and units.
fn tags(row: &Row) -> Vec<String> {
    let controls = row.kept.controls.iter().map(|control| format!("iso27002-{control}"));
    let units = row.units().into_iter().map(|unit| format!("unit-{unit}"));
    let all = ["straykey".to_owned(), row.kept.condition.to_string()].into_iter().chain(controls).chain(units);
    let mut tags: Vec<String> = Vec::new();
    for tag in all.map(|text| tag(&text)) {
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// The controls that people named in a cell, divided by `;` or line ends; each once, whatever the case of its letters. None of them
/// begins as a formula does, wherever it will stand in a cell.
fn names_in(cell: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in plain(cell).split(['\n', ';']).map(single).filter(|name| !name.is_empty()) {
        let name = inert(&name);
        if !names.iter().any(|one| one.to_lowercase() == name.to_lowercase()) {
            names.push(name);
        }
    }
    names
}

/// Whether `text` is a mail address as importers look users up by: one `@`, a dot behind it, and nothing that would divide it.
fn is_email(text: &str) -> bool {
    let fits = |part: &str| {
        part.starts_with(|first: char| first.is_alphanumeric())
            && part.chars().all(|one| one.is_alphanumeric() || matches!(one, '.' | '-' | '_' | '+'))
    };
    text.split_once('@').is_some_and(|(local, domain)| fits(local) && fits(domain) && domain.contains('.'))
}

/// Whether `text` is an address of the web.
fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(|one: char| one.is_whitespace() || one.is_control()))
}

/// `name: text` lines, for those that have a text.
fn lines(parts: &[(&str, &str)]) -> String {
    let said = parts.iter().filter(|(_, text)| !text.is_empty());
    said.map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join("\n")
}
