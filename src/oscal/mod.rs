//! Assessment results and the plan of action and milestones in OSCAL, the exchange format of NIST for assessments.
//!
//! The results are made of bundles (`results`), the plan of the register and of the bundles that it speaks of (`poam`). What a scan
//! saw is an observation and, for each secret, a risk. A finding, which says `not-satisfied` of a control, is made only where somebody
//! confirmed what contradicts that control. Nothing here says that a control is met: an aspect in which nothing was seen is an
//! observation with the sentence that names it.
//!
//! Both documents follow the JSON schemas of NIST, which refuse empty arrays, and have no id twice, which
//! compliance-trestle checks beside them. Ids are made of names (`ids`), so that equal input gives equal output.

mod ids;
mod model;
mod observed;
mod poam;
mod results;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::Serialize;

use crate::blob::{is_unsafe_to_print, printable_text};
use crate::govern::RiskModel;
use crate::register::Row;
use crate::view::{ControlView, day_of};
use model::Property;

/// The release of OSCAL that is written: the one that compliance-trestle 5.2 and the schemas in `tests/it/schemas` have. The two models
/// are the same in 1.2.2.
const OSCAL_VERSION: &str = "1.2.1";

/// The name space of our properties, beside the type of the predicate of statements.
const NS: &str = "https://github.com/straykey/straykey/ns/oscal";

/// The assessment results, with the root object around them: one result for each bundle of `view`. `now` is the moment of the document:
/// RFC 3339, UTC.
///
/// OSCAL knows no results without a result: what is made of a view without bundles is not valid.
pub fn assessment_results(view: &ControlView<'_>, now: &str) -> impl Serialize + use<> {
    results::document(view, now)
}

/// The plan of action and milestones, with the root object around it: a risk for each of `rows`, estimated by `model`, and observations
/// from the bundles of `view`. `now` is the moment of the document: RFC 3339, UTC.
pub fn poam(rows: &[Row], model: &RiskModel, view: &ControlView<'_>, now: &str) -> impl Serialize + use<> {
    poam::document(rows, model, view, now)
}

/// `text` in one line, as values of properties and names have to be: what breaks lines is a blank, what cannot be seen or reorders
/// text is U+FFFD. None where nothing is left.
fn line(text: &str) -> Option<String> {
    let flat: String = text
        .chars()
        .map(|character| {
            if character.is_control() || character.is_whitespace() {
                ' '
            } else if is_unsafe_to_print(character) {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect();
    let flat = flat.trim();
    (!flat.is_empty()).then(|| flat.to_owned())
}

/// `text` as Markdown that shows it as it is. Titles, descriptions and statements are Markdown in OSCAL, with `~` and `^` for
/// subscripts and superscripts, and braces for parameters.
fn escaped(text: &str) -> String {
    let text = printable_text(&text.replace("\r\n", "\n").replace(['\r', '\t'], " "));
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '~' | '^' | '[' | ']' | '<' | '>' | '{' | '}') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// `text` as a title, which is one line of Markdown.
fn title(text: &str) -> String {
    line(text).map_or_else(|| "(without a title)".to_owned(), |text| escaped(&text))
}

/// `text` as a code span (`CommonMark` 0.31.2, section 6.1).
fn code(text: &str) -> String {
    let text = line(text).unwrap_or_default();
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A property, where its value is not empty.
fn prop(name: &'static str, value: &str) -> Option<Property> {
    Some(Property { name, ns: NS, value: line(value)? })
}

/// The same for what need not be there.
fn maybe(name: &'static str, value: Option<&str>) -> Option<Property> {
    prop(name, value?)
}

/// OSCAL has years from 1900 to 2999 alone.
fn has_year(text: &str) -> bool {
    text.starts_with("19") || text.starts_with('2')
}

/// A moment of a record as OSCAL wants it; none where it is no moment.
fn moment(text: &str) -> Option<String> {
    let time: Timestamp = text.parse().ok()?;
    Some(time.to_string()).filter(|text| has_year(text))
}

/// The beginning of a day.
fn beginning(day: &str) -> Option<String> {
    Some(format!("{}T00:00:00Z", day_of(day.trim())?)).filter(|text| has_year(text))
}

/// The end of a day: days until which something holds, or by which it is due, are part of the time.
fn end(day: &str) -> Option<String> {
    Some(format!("{}T23:59:59Z", day_of(day.trim())?)).filter(|text| has_year(text))
}

/// Properties that are there.
fn props<const N: usize>(all: [Option<Property>; N]) -> Vec<Property> {
    all.into_iter().flatten().collect()
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
