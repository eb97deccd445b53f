//! SARIF 2.1.0 (OASIS standard with errata 01): a run for each part of what was scanned, one result a place; and the profile
//! for GitHub, which has one result for each file of a secret.
//!
//! Only layout: what a result maps to comes from [`crate::govern`], all else from the [`Report`].
//! The file holds no snippet, no absolute path, no clock, no command line and no account, so that
//! it can be passed on and compared. A result takes two kilobytes while it is built; results and
//! notifications are therefore built one at a time while the file is written, and memory does not
//! grow with their number.

mod github;
mod invocation;
mod results;
mod rules;
mod standing;
mod taxonomies;
mod text;
mod uri;

use std::io::{BufWriter, Write};
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use serde_sarif::sarif;

pub use self::github::{Cut, write_github};
use self::invocation::Notifications;
use self::results::{Part, Results};
use self::rules::FiredRules;
use self::taxonomies::{Referenced, guid};
use self::uri::Bases;
use super::Report;
use super::json::CoverageRow;
use crate::govern::{Catalogue, Crosswalk};
use crate::rule::Rule;
use crate::words::capitalised;

/// The schema that the file declares: the one of errata 01.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Home of the project; help pages lie below it, and guids are made from it.
const PROJECT: &str = "https://github.com/straykey/straykey";

/// Writes `report` to `out`, pretty-printed and with a newline at the end. `rules` is the whole
/// active rule pack: the file tells how many rules looked, and lists those that found something.
///
/// # Errors
///
/// Those of `out`.
pub fn write(report: &Report, rules: &[Arc<Rule>], out: &mut dyn Write) -> std::io::Result<()> {
    let mut out = BufWriter::new(out);
    let bases = Bases::new(&report.targets);
    let fired = FiredRules::of(report, rules);
    let results = Results::new(report, &bases, &fired);
    let notifications = Notifications::new(report, &bases);
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: Part::all(report)
            .into_iter()
            .map(|part| Run {
                head: run(report, part, rules.len(), &fired, &bases),
                invocations: [Invocation {
                    head: invocation::invocation(report),
                    notifications: Stream(notifications.iter()),
                }],
                results: Stream(results.iter(part)),
            })
            .collect(),
    };
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    log.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// `sarif::Sarif`, but with runs that need not be in memory.
#[derive(Serialize)]
struct Log<N: Serialize, R: Serialize> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Run<N, R>>,
}

#[derive(Serialize)]
struct Run<N: Serialize, R: Serialize> {
    /// All that is small.
    #[serde(flatten)]
    head: sarif::Run,
    invocations: [Invocation<N>; 1],
    results: R,
}

#[derive(Serialize)]
struct Invocation<N: Serialize> {
    #[serde(flatten)]
    head: sarif::Invocation,
    #[serde(rename = "toolExecutionNotifications")]
    notifications: N,
}

/// Serialises what an iterator gives as an array, item by item.
struct Stream<I>(I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for Stream<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

/// The run without its results and invocations.
fn run(report: &Report, part: Part, pack: usize, fired: &FiredRules<'_>, bases: &Bases<'_>) -> sarif::Run {
    let referenced = Referenced::by(report, fired);
    let mut run = sarif::Run::builder()
        .tool(driver(report, fired, &referenced))
        .automation_details(sarif::RunAutomationDetails::builder().id(part.automation_id()).build())
        .column_kind("unicodeCodePoints")
        .newline_sequences(["\r\n", "\n"].map(String::from))
        .properties(properties(report, pack, fired))
        .build();
    run.original_uri_base_ids = some_if(bases.original(), |map| !map.is_empty());
    run.taxonomies = some_if(referenced.taxonomies(), |list| !list.is_empty());
    let provenance = bases.provenance();
    if provenance.len() == report.targets.len() {
        run.version_control_provenance = some_if(provenance, |list| !list.is_empty());
    } else if !provenance.is_empty() {
        // Consumers take this property of a run for a promise that every result lies in one of the
        // repositories, and warn where one does not: next to other targets it becomes a remark.
        let remarks = &mut run.properties.get_or_insert_default().additional_properties;
        remarks.insert("versionControlProvenance".to_owned(), json!(provenance));
    }
    run
}

fn driver(report: &Report, fired: &FiredRules<'_>, referenced: &Referenced) -> sarif::ToolComponent {
    let version = env!("CARGO_PKG_VERSION");
    let mut driver = sarif::ToolComponent::builder()
        .name("straykey")
        .organization("straykey")
        .version(version)
        .semantic_version(version)
        .information_uri(PROJECT)
        .rules(fired.descriptors())
        .build();
    driver.notifications = some_if(invocation::descriptors(report), |list| !list.is_empty());
    driver.supported_taxonomies = some_if(referenced.components(), |list| !list.is_empty());
    driver
}

/// What SARIF has no place for.
fn properties(report: &Report, pack: usize, fired: &FiredRules<'_>) -> sarif::PropertyBag {
    let run_controls: Vec<Value> = Crosswalk::embedded()
        .run
        .iso27002
        .iter()
        .map(|item| {
            let title = Catalogue::embedded().control(&item.control).map(|control| &control.title);
            json!({ "control": item.control, "title": title, "why": item.why })
        })
        .collect();
    let mut properties = bag([
        ("schema", json!("straykey/sarif/v1")),
        ("coverage", camel_case_keys(json!(CoverageRow::new(&report.coverage)))),
        ("rulesActive", json!(pack)),
        ("withheld", json!(report.withheld)),
        ("minConfidence", json!(report.min_confidence)),
        ("keyId", json!(report.key.key_id)),
        ("keyed", json!(report.key.keyed)),
        ("runControls", json!(run_controls)),
        ("notes", json!(report.notes)),
    ]);
    standing::add_run_properties(&mut properties.additional_properties, report, fired);
    properties
}

/// A property bag; its keys are sorted by their type.
fn bag<const N: usize>(entries: [(&str, Value); N]) -> sarif::PropertyBag {
    sarif::PropertyBag { tags: None, additional_properties: entries.map(|(key, value)| (key.to_owned(), value)).into() }
}

/// The keys of one object as SARIF spells names.
fn camel_case_keys(value: Value) -> Value {
    let Value::Object(entries) = value else { return value };
    entries
        .into_iter()
        .map(|(key, value)| {
            let mut words = key.split('_');
            let first = words.next().unwrap_or_default().to_owned();
            (words.map(capitalised).fold(first, |name, word| name + &word), value)
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// `value` where `keep` says so. Empty arrays and objects are left out, since an empty list of,
/// say, taxonomies would say that there are none rather than that none was needed.
fn some_if<T>(value: T, keep: impl FnOnce(&T) -> bool) -> Option<T> {
    if keep(&value) { Some(value) } else { None }
}

#[cfg(test)]
mod tests;
