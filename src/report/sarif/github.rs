//! The profile for code scanning at GitHub, which reads less than the standard has and refuses files beyond some limits.
//!
//! What differs from the whole file, and why:
//!
//! - A result is a secret in a file; its other places there are related locations. Alerts of the host are one a result, and
//!   a secret is dealt with once.
//! - What people took out of the verdict, and what is absent, is left out: the host does not read `suppressions` or
//!   `baselineState`, and would open an alert. What a baseline knows stays, since alerts of what is left out are closed.
//! - The host knows severities of rules, not of results. A rule is listed once for each severity that its results have.
//! - `primaryLocationLineHash`, by which the host knows an alert again, is made of the secret's keyed fingerprint and the
//!   file. The host's own is a hash of the line, by which guesses of a secret could be tried out by anybody who reads it.
//! - Of each run the most severe results are kept, as many as the host shows and the file may hold. What is left out is
//!   counted in the run.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Write};
use std::sync::Arc;

use libdeflater::{CompressionLvl, Compressor};
use serde::Serialize;
use serde_json::{Value, json};
use serde_sarif::sarif;
use sha2::{Digest, Sha256};

use super::invocation::{self, Notifications};
use super::results::{self, Part};
use super::rules::{self, FiredRules, MESSAGE_ID};
use super::uri::Bases;
use super::{Invocation, Log, Run, SCHEMA, Stream, bag, text};
use crate::blob::hex;
use crate::finding::{Confidence, Finding, Occurrence, Severity};
use crate::report::Report;
use crate::report::words::{counted, grouped};
use crate::rule::Rule;

/// Results of a run that the host shows; it takes five times as many.
const MOST_RESULTS: usize = 5_000;

/// Locations of a result that the host keeps, with the first.
const MOST_LOCATIONS: usize = 100;

/// Places that a message links to.
const MOST_LINKS: usize = 10;

/// Bytes that results and rules may take when they are compressed. The host takes 10 MB of gzip for the whole file; the rest
/// of it, and compressors that are worse than ours, have the difference.
const MOST_PACKED: usize = 8_000_000;

/// The same before they are compressed. The host states no bound; whoever reads the file needs the memory for it.
const MOST_TEXT: usize = 64_000_000;

/// Bytes that are compressed at a time, each time from the start, which makes the sum an upper bound.
const BLOCK: usize = 256 * 1024;

/// Bytes of notifications in a run, as they are written.
const MOST_TOLD: usize = 256 * 1024;

/// Items of a list in the properties of a run.
const MOST_LISTED: usize = 100;

/// The message of a result with several places.
const SEVERAL: &str = "several";

/// What the limits of the host left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Results, by their severity.
    pub results: BTreeMap<Severity, u64>,
    /// Places of results that are there.
    pub places: u64,
    /// Notifications of what was not searched.
    pub notifications: u64,
}

impl Cut {
    /// All results that were left out.
    pub fn total(&self) -> u64 {
        self.results.values().sum()
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds the results and places of a run.
    fn add(&mut self, other: &Self) {
        for (severity, count) in &other.results {
            *self.results.entry(*severity).or_default() += count;
        }
        self.places += other.places;
    }
}

/// Writes `report` to `out` for code scanning at GitHub, and says what its limits left out. `rules` is the whole active rule
/// pack.
///
/// # Errors
///
/// Those of `out`.
pub fn write_github(report: &Report, rules: &[Arc<Rule>], out: &mut dyn Write) -> std::io::Result<Cut> {
    let mut out = BufWriter::new(out);
    let bases = Bases::new(&report.targets);
    let notifications = Notifications::new(report, &bases);
    let told = fitting(notifications.iter());
    // Each run has them all.
    let untold = (notifications.iter().count() - told) as u64;
    let (mut kept, mut cuts) = select(report, &bases);
    let parts = Part::all(report);
    let mut all = Cut { notifications: untold, ..Cut::default() };
    let mut listed = Vec::new();
    for part in &parts {
        let rows = kept.remove(part).unwrap_or_default();
        let mut cut = cuts.remove(part).unwrap_or_default();
        cut.notifications = untold;
        all.add(&cut);
        let fired = FiredRules::by_severity(rows.iter().map(|row| (&*row.finding(report).rule, row.severity)));
        listed.push((rows, cut, fired));
    }
    let runs = parts.iter().zip(&listed).map(|(part, (rows, cut, fired))| {
        let note = (!cut.is_empty()).then(|| notification(cut));
        Run {
            head: head(report, *part, rules.len(), fired, &bases, cut),
            invocations: [Invocation {
                head: invocation::invocation(report),
                notifications: Stream(notifications.iter().take(told).chain(note)),
            }],
            results: Stream(rows.iter().map(|row| row.result(report, &bases, fired))),
        }
    });
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: runs.collect() };
    log.serialize(&mut serde_json::Serializer::new(&mut out))?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(all)
}

/// A secret in a file: small, since all of them are sorted before the first is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    /// Index of the finding.
    finding: usize,
    /// Index of its first place there.
    first: usize,
    part: Part,
    /// The highest of the places.
    severity: Severity,
    /// The highest of the places.
    confidence: Confidence,
}

impl Row {
    fn all(report: &Report) -> Vec<Self> {
        let mut rows = Vec::new();
        for (index, finding) in report.findings.iter().enumerate() {
            let mut first = 0;
            for file in finding.occurrences.chunk_by(same_file) {
                for part in Part::EACH {
                    let places = || file.iter().enumerate().filter(|(_, place)| counts(place, part));
                    let severity = places().map(|(_, place)| place.severity).max();
                    let confidence = places().map(|(_, place)| place.confidence).max();
                    if let (Some((at, _)), Some(severity), Some(confidence)) = (places().next(), severity, confidence) {
                        rows.push(Self { finding: index, first: first + at, part, severity, confidence });
                    }
                }
                first += file.len();
            }
        }
        rows
    }

    fn finding(self, report: &Report) -> &Finding {
        &report.findings[self.finding]
    }

    /// The places of the secret in the file; there is one at least.
    fn places(self, report: &Report) -> impl Iterator<Item = &Occurrence> + Clone {
        let places = &self.finding(report).occurrences[self.first..];
        let first = &places[0];
        places.iter().take_while(move |place| same_file(first, place)).filter(move |place| counts(place, self.part))
    }

    fn result(self, report: &Report, bases: &Bases<'_>, fired: &FiredRules<'_>) -> sarif::Result {
        let id = rules::bucket(&self.finding(report).rule, self.severity);
        self.result_of(report, bases, (&id, fired.index(&id)))
    }

    fn result_of(self, report: &Report, bases: &Bases<'_>, rule: (&str, i64)) -> sarif::Result {
        let finding = self.finding(report);
        let mut places = self.places(report);
        let first = places.next().unwrap_or(&finding.occurrences[self.first]);
        let mut result = results::result(report, bases, (finding, first), rule);
        result.level = Some(rules::level(self.severity));
        result.message = self.message(finding, places.clone());
        let count = places.clone().count() + 1;
        let related = places.take(MOST_LOCATIONS - 1).zip(1..).map(|(place, id)| {
            sarif::Location::builder()
                .id(id)
                .physical_location(results::physical(bases, place))
                .message("The same secret.")
                .build()
        });
        result.related_locations = Some(related.collect()).filter(|related: &Vec<_>| !related.is_empty());
        if let Some(fingerprints) = &mut result.partial_fingerprints {
            fingerprints.insert("primaryLocationLineHash".to_owned(), line_hash(bases, finding, first));
        }
        let told = &mut result.properties.get_or_insert_default().additional_properties;
        told.insert("severity".to_owned(), json!(self.severity));
        told.insert("confidence".to_owned(), json!(self.confidence));
        told.insert("rule".to_owned(), json!(finding.rule.id));
        told.insert("places".to_owned(), json!(count));
        result
    }

    /// The message, with links to other places: the host shows related locations only where the text has links to them.
    fn message<'r>(self, finding: &Finding, others: impl Iterator<Item = &'r Occurrence> + Clone) -> sarif::Message {
        let preview = finding.preview.to_string();
        let (confidence, severity) = (self.confidence.name(), self.severity.name());
        let mut text = rules::message_text(&finding.rule, [&text::literal(&preview), confidence, severity]);
        let mut arguments = vec![preview, confidence.to_owned(), severity.to_owned()];
        let links: Vec<String> = others
            .clone()
            .take(MOST_LINKS)
            .zip(1..)
            .map(|(place, id): (_, u64)| format!("[line {}]({id})", place.region.start_line))
            .collect();
        let mut id = MESSAGE_ID;
        if !links.is_empty() {
            let more = others.count() - links.len();
            let mut links = links.join(", ");
            if more > 0 {
                links.push_str(&format!(" and {}", counted(more as u64, "more place", "more places")));
            }
            text.push_str(&also(&links));
            arguments.push(links);
            id = SEVERAL;
        }
        sarif::Message::builder().text(text).id(id).arguments(arguments).build()
    }
}

fn also(places: &str) -> String {
    format!(" In the same file it also stands at {places}.")
}

/// Places are sorted by file, so that those of one stand together.
fn same_file(one: &Occurrence, other: &Occurrence) -> bool {
    one.origin.target() == other.origin.target() && one.origin.path_bytes() == other.origin.path_bytes()
}

fn counts(place: &Occurrence, part: Part) -> bool {
    Part::of(place) == part && !place.is_suppressed()
}

/// What the host knows an alert by: the secret and the file, whatever its lines and how often it stands there. For a value
/// without a fingerprint it is the place, whose fingerprint does not know of lines either.
fn line_hash(bases: &Bases<'_>, finding: &Finding, place: &Occurrence) -> String {
    /// The host's own has 16 digits too.
    const DIGITS: usize = 16;
    let keyed = match finding.fingerprint {
        Some(secret) => {
            let file = bases.location(&place.origin).uri.unwrap_or_default();
            let digest = Sha256::new().chain_update("straykey/github/v1\0").chain_update(secret.0).chain_update(file);
            hex(&digest.finalize())
        }
        None => place.place.to_string(),
    };
    // Behind the colon the host counts equal lines of a file. There is one result for a secret.
    format!("{}:1", &keyed[..DIGITS])
}

/// The rows that the host takes, in the order of the report, and what is left out.
fn select(report: &Report, bases: &Bases<'_>) -> (BTreeMap<Part, Vec<Row>>, BTreeMap<Part, Cut>) {
    let mut rows = Row::all(report);
    rows.sort_by_key(|row| (Reverse(row.severity), Reverse(row.confidence), row.finding, row.first, row.part));
    let mut kept: BTreeMap<Part, Vec<Row>> = BTreeMap::new();
    let mut cuts: BTreeMap<Part, Cut> = BTreeMap::new();
    let mut file = Packed::default();
    let mut listed = BTreeSet::new();
    for row in &rows {
        let of_part = kept.entry(row.part).or_default();
        if of_part.len() < MOST_RESULTS && !file.full {
            of_part.push(*row);
            let rule = &row.finding(report).rule;
            let id = rules::bucket(rule, row.severity);
            file.write(&row.result_of(report, bases, (&id, 0)));
            if listed.insert((row.part, id.clone())) {
                file.write(&rules::descriptor(&id, rule, row.severity));
            }
            file.unsettled.push(*row);
            if file.block.len() >= BLOCK {
                file.settle();
            }
        } else {
            *cuts.entry(row.part).or_default().results.entry(row.severity).or_default() += 1;
        }
    }
    file.settle();
    for row in file.refused {
        kept.entry(row.part).or_default().retain(|kept| *kept != row);
        *cuts.entry(row.part).or_default().results.entry(row.severity).or_default() += 1;
    }
    for (part, rows) in &mut kept {
        rows.sort_unstable_by_key(|row| (row.finding, row.first));
        let places = rows.iter().map(|row| row.places(report).count().saturating_sub(MOST_LOCATIONS) as u64).sum();
        if places > 0 {
            cuts.entry(*part).or_default().places = places;
        }
    }
    (kept, cuts)
}

/// How large the file becomes when it is compressed.
#[derive(Default)]
struct Packed {
    block: Vec<u8>,
    /// Rows whose results are in the block.
    unsettled: Vec<Row>,
    /// Bytes of the blocks before, compressed.
    size: usize,
    /// Bytes of the blocks before.
    text: usize,
    full: bool,
    /// Rows that were in the block that was too much.
    refused: Vec<Row>,
}

impl Packed {
    fn write(&mut self, value: &impl Serialize) {
        serde_json::to_writer(&mut self.block, value)
            .expect("these types have no keys but strings, and memory takes all");
    }

    fn settle(&mut self) {
        let mut compressor = Compressor::new(CompressionLvl::default());
        let mut out = vec![0; compressor.gzip_compress_bound(self.block.len())];
        let size = compressor.gzip_compress(&self.block, &mut out).expect("the buffer has the size of the bound");
        let text = self.block.len();
        self.block.clear();
        if self.size + size > MOST_PACKED || self.text + text > MOST_TEXT {
            self.full = true;
            self.refused.append(&mut self.unsettled);
        } else {
            self.size += size;
            self.text += text;
            self.unsettled.clear();
        }
    }
}

/// How many of the notifications fit.
fn fitting(notifications: impl Iterator<Item = sarif::Notification>) -> usize {
    let mut size = 0;
    let fits = |notification: &sarif::Notification| {
        size += serde_json::to_string(notification).map_or(0, |text| text.len());
        size <= MOST_TOLD
    };
    notifications.take_while(fits).count()
}

/// The run without its results and invocations.
fn head(report: &Report, part: Part, pack: usize, fired: &FiredRules<'_>, bases: &Bases<'_>, cut: &Cut) -> sarif::Run {
    let mut run = super::run(report, part, pack, fired, bases);
    let driver = &mut run.tool.driver;
    for rule in driver.rules.iter_mut().flatten() {
        let several = rule.message_strings.as_ref().and_then(|strings| strings.get(MESSAGE_ID)).map(|one| {
            let text = one.text.clone() + &also("{3}");
            sarif::MultiformatMessageString::from(&text)
        });
        rule.message_strings.get_or_insert_default().extend(several.map(|string| (SEVERAL.to_owned(), string)));
    }
    let told = &mut run.properties.get_or_insert_default().additional_properties;
    for list in ["absent", "exceptions", "attempts"] {
        if let Some(Value::Array(items)) = told.get_mut(list) {
            items.truncate(MOST_LISTED);
        }
    }
    told.insert("profile".to_owned(), json!("github"));
    let places = report.findings.iter().flat_map(|finding| &finding.occurrences);
    let suppressed = places.filter(|place| Part::of(place) == part && place.is_suppressed()).count();
    told.insert("suppressedPlaces".to_owned(), json!(suppressed));
    if !cut.is_empty() {
        told.insert("cut".to_owned(), cut_properties(cut));
        driver.notifications.get_or_insert_default().push(descriptor());
    }
    run
}

fn cut_properties(cut: &Cut) -> Value {
    json!({
        "results": cut.total(),
        "bySeverity": cut.results.iter().map(|(severity, count)| (severity.name(), count)).collect::<BTreeMap<_, _>>(),
        "places": cut.places,
        "notifications": cut.notifications,
    })
}

const CUT: &str = "cut/host-limits";

/// Says what is not there.
fn notification(cut: &Cut) -> sarif::Notification {
    let mut told = Vec::new();
    if cut.total() > 0 {
        let severities = cut.results.iter().rev();
        let by: Vec<_> =
            severities.map(|(severity, count)| format!("{} {}", grouped(*count), severity.name())).collect();
        told.push(format!("{} ({})", counted(cut.total(), "result", "results"), by.join(", ")));
    }
    if cut.places > 0 {
        told.push(format!("{} of results that are here", counted(cut.places, "place", "places")));
    }
    if cut.notifications > 0 {
        told.push(format!("{} of what was not searched", counted(cut.notifications, "notification", "notifications")));
    }
    let level = if cut.total() > 0 { "warning" } else { "note" };
    let message = format!("Left out, since the host takes no more: {}. Other formats have all.", told.join("; "));
    sarif::Notification::builder()
        .descriptor(invocation::reference(CUT.to_owned()))
        .level(level)
        .message(message.as_str())
        .properties(bag([("cut", cut_properties(cut))]))
        .build()
}

fn descriptor() -> sarif::ReportingDescriptor {
    let short = "Results were left out for limits of the host.";
    let full = "The host shows 5,000 results of a run and 100 places of a result, and takes files of 10 MB. The most severe \
                results are kept.";
    let help = "Read another format of the same scan, such as `sarif` or `json`, which leaves nothing out.";
    invocation::descriptor(CUT.to_owned(), short, full, help)
}

#[cfg(test)]
mod tests;
