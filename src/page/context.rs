//! What the template of the page is given: the answer first, then all that it rests on.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::Input;
use super::charts::{Bars, Slots};
use super::controls::{Row, Rows};
use super::finding::Found;
use super::tables::{self, Absents, Attempts, Exceptions, Exclusions, Gaps, Provenance, Trends};
use super::words::{self, Became, CHANGES, STANDS, by_severity, counted, grouped, plural};
use crate::evidence::reading::Reading;
use crate::evidence::series::Subject;
use crate::finding::{Decision, ExceptionReason};
use crate::severity::Severity;
use crate::view::{Clause, ControlView, Counts, TermRow};

/// Secrets that are told of in full. Of 44,001 all of them made a page of 134 MB, these and a line for each other one of 35 MB.
pub(super) const DETAILED: usize = 5_000;

/// Secrets that are printed whole; of more, only what was opened is.
const PRINTED: usize = 500;

/// A series, by its latest bundle.
#[derive(Clone, Debug)]
pub(super) struct Scope<'r> {
    /// What people call it.
    pub(super) label: String,
    /// What it is of.
    pub(super) subject: &'r Subject,
    /// The latest bundle.
    pub(super) reading: &'r Reading,
}

/// All that the page tells of, gathered and sorted.
#[derive(Debug)]
pub(super) struct Material<'r> {
    /// The series, in the order of the control view.
    pub(super) scopes: Vec<Scope<'r>>,
    /// The secrets, those that fail a scan first, then the most severe, else as the bundles have them.
    pub(super) found: Vec<Found<'r>>,
}

impl<'r> Material<'r> {
    pub(super) fn of(input: &Input<'r>) -> Self {
        let scope = |(subject, bundles): (&'r Subject, &Vec<&'r Reading>)| {
            let reading = *bundles.last()?;
            Some(Scope { label: words::label(subject, reading), subject, reading })
        };
        let scopes: Vec<Scope<'r>> = input.readings.series.iter().filter_map(scope).collect();
        let mut found: Vec<Found<'r>> = input.view.secrets.iter().map(Found::of).collect();
        found.sort_by_key(|one| (!one.secret.fails(), Reverse(one.severity)));
        Self { scopes, found }
    }

    /// Whether there are several series.
    pub(super) fn several(&self) -> bool {
        self.scopes.len() > 1
    }

    /// What names a series where that is needed.
    pub(super) fn label(&self, scope: usize) -> &str {
        if self.several() { self.scopes.get(scope).map_or("", |scope| scope.label.as_str()) } else { "" }
    }

    /// The sum of a count over all series.
    pub(super) fn sum(&self, count: impl Fn(&Reading) -> u64) -> u64 {
        self.scopes.iter().fold(0, |sum, scope| count(scope.reading).saturating_add(sum))
    }
}

/// What the template is given.
#[derive(Debug, Serialize)]
pub(super) struct Page<'m> {
    heading: String,
    about: String,
    dated: bool,
    several: bool,
    today: Option<String>,
    verdict: Sentence,
    bypasses: Vec<BypassCells<'m>>,
    reach: Vec<String>,
    contents: Vec<Entry>,
    figures: Vec<Figure>,
    severity_names: Vec<&'static str>,
    total: usize,
    /// What is said of entries that are brief; empty where none is.
    brief: String,
    /// There are more than anybody prints whole.
    many: bool,
    by_severity: Bars,
    by_age: Bars,
    stands: Vec<StandCells>,
    scopes: Vec<ScopeCells<'m>>,
    coverage: Vec<(&'static str, String)>,
    slots: Slots,
    changes: Changes<'m>,
    trends: Vec<Trends<'m>>,
    trends_rest: String,
    by_control: Bars,
    /// What is untested of every control.
    common: Vec<String>,
    touched: Vec<Row<'m>>,
    untouched: Vec<Row<'m>>,
    clauses: Vec<ClauseCells<'m>>,
    frameworks: Vec<Framework<'m>>,
    states: Vec<Group>,
    nothing: String,
    exceptions: Vec<Exceptions<'m>>,
    exceptions_told: String,
    attempts: Vec<Attempts<'m>>,
    attempts_rest: String,
    gaps: Vec<Gaps<'m>>,
    gaps_rest: String,
    gaps_none: &'static str,
    exclusions: Vec<Exclusions<'m>>,
    exclusions_rest: String,
    limits: Vec<String>,
    provenance: Vec<Provenance<'m>>,
}

/// The verdict.
#[derive(Debug, Serialize)]
struct Sentence {
    tone: &'static str,
    word: &'static str,
    sentence: String,
}

#[derive(Debug, Serialize)]
struct BypassCells<'m> {
    scope: &'m str,
    by: &'m str,
    reason: &'m str,
    exit_code: u8,
}

#[derive(Debug, Serialize)]
struct Entry {
    id: &'static str,
    title: &'static str,
    count: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Figure {
    name: &'static str,
    count: u64,
    tone: &'static str,
    note: String,
}

#[derive(Debug, Serialize)]
struct StandCells {
    token: &'static str,
    chip: &'static str,
    words: &'static str,
    count: usize,
}

#[derive(Debug, Serialize)]
struct ScopeCells<'m> {
    index: usize,
    label: &'m str,
    unit: &'m str,
    repository: &'m str,
    branch: &'m str,
    started: String,
    total: usize,
    by_severity: Vec<u64>,
    failing: usize,
    outcome: &'static str,
}

/// What became of places since an earlier scan.
#[derive(Debug, Default, Serialize)]
struct Changes<'m> {
    rows: Vec<ChangeCells>,
    absent: Vec<Absents<'m>>,
    rest: String,
}

#[derive(Debug, Serialize)]
struct ChangeCells {
    state: &'static str,
    words: &'static str,
    count: usize,
}

/// A clause of ISO/IEC 27001, and what serves it.
#[derive(Debug, Serialize)]
struct ClauseCells<'m> {
    clause: &'m str,
    by: &'m str,
    why: &'m str,
}

/// Entries of another framework.
#[derive(Debug, Serialize)]
struct Framework<'m> {
    name: &'static str,
    rows: Vec<TermCells<'m>>,
}

/// One entry.
#[derive(Debug, Serialize)]
struct TermCells<'m> {
    id: &'m str,
    title: &'m str,
    secrets: u64,
    every_scan: &'m str,
}

/// What the filter offers.
#[derive(Debug, Serialize)]
struct Group {
    name: &'static str,
    options: Vec<(&'static str, String)>,
}

impl<'m> Page<'m> {
    /// `material` is of the same bundles.
    pub(super) fn of(input: &Input<'m>, material: &'m Material<'m>) -> Self {
        let view = input.view;
        let Rows { common, touched, untouched } = Rows::of(view, material, input.dated);
        let by_control = Rows::chart(&touched);
        let (trends, trends_rest) = tables::trends(input, material);
        let (attempts, attempts_rest) = tables::attempts(material);
        let (gaps, gaps_rest) = tables::gaps(material);
        let (exclusions, exclusions_rest) = tables::exclusions(material);
        let exceptions = tables::exceptions(material, view.today);
        let mut page = Self {
            heading: heading(material),
            about: about(material, input.dated),
            dated: input.dated,
            several: material.several(),
            today: input.dated.then(|| view.today.to_string()),
            verdict: verdict(material),
            bypasses: bypasses(material),
            reach: reach(material).into_iter().chain(view.unscanned_told().map(|told| told + ".")).collect(),
            contents: Vec::new(),
            figures: figures(material),
            severity_names: Severity::ALL.iter().rev().map(|severity| severity.name()).collect(),
            total: material.found.len(),
            brief: brief(material),
            many: material.found.len() > PRINTED,
            by_severity: severities(material),
            by_age: ages(material, view.today),
            stands: stands(material),
            scopes: scopes(material, input.dated),
            coverage: tables::coverage(material),
            slots: tables::slots(material),
            changes: changes(material),
            trends,
            trends_rest,
            by_control,
            common,
            touched,
            untouched,
            clauses: clauses(view),
            frameworks: frameworks(view),
            states: states(),
            nothing: nothing(material),
            exceptions_told: tables::exceptions_told(&exceptions),
            exceptions,
            attempts,
            attempts_rest,
            gaps,
            gaps_rest,
            gaps_none: tables::gaps_none(material),
            exclusions,
            exclusions_rest,
            limits: tables::limits(material, view.unscanned_told()),
            provenance: tables::provenance(material, input.dated),
        };
        page.contents = page.contents();
        page
    }

    /// The sections that are there, as the template has them.
    fn contents(&self) -> Vec<Entry> {
        let changed = !self.changes.rows.is_empty() || !self.changes.absent.is_empty();
        [
            (true, "glance", "At a glance", None),
            (self.several, "units", "Units and repositories", Some(self.scopes.len())),
            (true, "read", "What was read", None),
            (self.slots.total > 0, "slots", "Where credentials are held", None),
            (changed, "changes", "Since the earlier scan", None),
            (!self.trends.is_empty(), "trend", "Over time", None),
            (true, "controls", "Controls", Some(self.touched.len())),
            (true, "secrets", "Secrets", Some(self.total)),
            (!self.exceptions.is_empty(), "exceptions", "Exceptions", Some(self.exceptions.len())),
            (!self.attempts.is_empty(), "attempts", "Attempts", Some(self.attempts.len())),
            (true, "gaps", "What could not be read", None),
            (true, "exclusions", "What was left out", None),
            (true, "limits", "What it does not say", None),
            (true, "provenance", "Provenance", None),
        ]
        .into_iter()
        .filter(|(there, ..)| *there)
        .map(|(_, id, title, count)| Entry { id, title, count })
        .collect()
    }
}

fn heading(material: &Material<'_>) -> String {
    match &material.scopes[..] {
        [] => "Secrets in nothing".to_owned(),
        [only] => {
            let named = only.subject.repository.as_ref().or(only.subject.unit.as_ref());
            let named = named.filter(|_| !only.reading.is_of_several());
            format!("Secrets in {}", named.cloned().unwrap_or_else(|| words::targets(only.reading)))
        }
        scopes => format!("Secrets in {} repositories and branches", grouped(scopes.len() as u64)),
    }
}

/// What was scanned, where it is one thing.
fn about(material: &Material<'_>, dated: bool) -> String {
    let [only] = &material.scopes[..] else { return String::new() };
    let (subject, reading) = (only.subject, only.reading);
    let parts = [
        ("Scanned: ", Some(words::targets(reading))),
        ("unit ", subject.unit.clone()),
        ("repository ", subject.repository.clone()),
        ("branch ", subject.branch.clone()),
        ("commit ", reading.commit.as_deref().map(|id| words::abbreviated(id).to_owned())),
        ("on ", dated.then(|| words::moment(&reading.started.started))),
    ];
    let told = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}{}", value?)));
    told.collect::<Vec<_>>().join(" · ")
}

/// The answer in one sentence.
fn verdict(material: &Material<'_>) -> Sentence {
    let scopes = &material.scopes;
    let outcomes = || scopes.iter().map(|scope| scope.reading.completed.outcome);
    let (failing, incomplete) =
        (outcomes().filter(|one| one.failed).count() as u64, outcomes().filter(|one| !one.complete).count() as u64);
    let (tone, word) = match (failing, incomplete) {
        _ if scopes.is_empty() => ("doubt", "No scan."),
        (0, 0) if material.found.iter().any(Found::is_serious) => ("doubt", "Does not fail."),
        (0, 0) => ("calm", "Does not fail."),
        (0, _) => ("doubt", "Incomplete."),
        _ => ("bad", "Fails."),
    };
    let mut sentence = found(material);
    if material.several() {
        sentence.push_str(&format!(
            "; of {}, {} and {}",
            counted(scopes.len() as u64, "scan"),
            plural(failing, "fails", "fail"),
            plural(incomplete, "is incomplete", "are incomplete")
        ));
    } else if incomplete > 0 {
        sentence.push_str(&match material.sum(|reading| reading.gaps.len() as u64) {
            0 if material.sum(|reading| reading.coverage.files_read) == 0 => "; there was nothing to scan".to_owned(),
            0 => "; the scan is incomplete".to_owned(),
            gaps => format!("; the scan is incomplete: {}", counted(gaps, "gap")),
        });
    }
    let tone = if scopes.iter().any(|scope| scope.reading.bypass.is_some()) { "bad" } else { tone };
    sentence.push('.');
    Sentence { tone, word, sentence }
}

/// How many secrets were found, by severity, and how many of them fail.
fn found(material: &Material<'_>) -> String {
    let total = material.found.len() as u64;
    let failing = material.found.iter().filter(|one| one.secret.fails()).count() as u64;
    let mut counts = [0; Severity::ALL.len()];
    for one in &material.found {
        counts[one.severity as usize] += 1;
    }
    let found = format!("{} found ({})", plural(total, "secret was", "secrets were"), by_severity(&counts));
    match (total, failing) {
        (0, _) if material.sum(|reading| reading.coverage.withheld) > 0 => {
            "No secret was found at or above the confidence that was asked for".to_owned()
        }
        (0, _) => "No secret was found".to_owned(),
        (1, 0) => format!("{found}, and it does not fail the scan"),
        (1, _) => format!("{found}, and it fails the scan"),
        (_, 0) => format!("{found}, and none of them fails the scan"),
        (total, failing) if total == failing => format!("{found}, and all of them fail the scan"),
        _ => format!("{found}; {} the scan", plural(failing, "of them fails", "of them fail")),
    }
}

/// What is said of the entries that are brief.
fn brief(material: &Material<'_>) -> String {
    let rest = material.found.len().saturating_sub(DETAILED) as u64;
    if rest == 0 {
        return String::new();
    }
    let rest = plural(rest, "entry that follows has", "entries that follow have");
    format!(
        "The first {} are told of in full; the {rest} one line each. The records of the scan have all of them.",
        grouped(DETAILED as u64)
    )
}

fn nothing(material: &Material<'_>) -> String {
    format!("{}.", found(material))
}

fn bypasses<'m>(material: &'m Material<'m>) -> Vec<BypassCells<'m>> {
    let bypass = |(at, scope): (usize, &'m Scope<'m>)| {
        let bypass = scope.reading.bypass.as_ref()?;
        let scope = material.label(at);
        Some(BypassCells { scope, by: &bypass.by, reason: &bypass.reason, exit_code: bypass.exit_code })
    };
    material.scopes.iter().enumerate().filter_map(bypass).collect()
}

fn figures(material: &Material<'_>) -> Vec<Figure> {
    let places: u64 = material.found.iter().map(|one| one.secret.places().count() as u64).sum();
    let failing = material.found.iter().filter(|one| one.secret.fails()).count() as u64;
    let standing = |token: &'static str| material.found.iter().filter(move |one| STANDS[one.stand].token == token);
    let mut reasons: BTreeMap<ExceptionReason, u64> = BTreeMap::new();
    for reason in standing("excepted").filter_map(Found::excepted) {
        *reasons.entry(reason).or_default() += 1;
    }
    let reasons: Vec<String> =
        reasons.iter().map(|(reason, count)| format!("{} {}", grouped(*count), reason.words())).collect();
    let exceptions = material.sum(|reading| reading.exceptions.len() as u64);
    let active = |reading: &Reading| reading.exceptions.iter().filter(|one| one.exception.is_active()).count() as u64;
    let gaps = material.sum(|reading| reading.gaps.len() as u64);
    let accepted = |reading: &Reading| reading.gaps.iter().filter(|gap| gap.accepted.is_some()).count() as u64;
    let slots = material.sum(|reading| reading.slots.counts.total);
    let tone = |is: bool, tone: &'static str| if is { tone } else { "" };
    let figure = |name, count, tone, note| Figure { name, count, tone, note };
    let mut figures = vec![
        figure("Secrets", material.found.len() as u64, "", format!("at {}", counted(places, "place"))),
        figure("Fail the scan", failing, tone(failing > 0, "bad"), String::new()),
        figure("Known", standing("known").count() as u64, "", "to the baseline, still open".to_owned()),
        figure("Excepted", standing("excepted").count() as u64, "", reasons.join(", ")),
    ];
    if exceptions > 0 {
        let note = format!("of {}", grouped(exceptions));
        figures.push(figure("Exceptions hold", material.sum(active), "", note));
    }
    let note = if gaps > 0 { format!("{} accepted", grouped(material.sum(accepted))) } else { String::new() };
    figures.push(figure("Gaps", gaps, tone(gaps > 0, "doubt"), note));
    if slots > 0 {
        let open = material.sum(|reading| reading.slots.counts.open);
        figures.push(figure("In the open", open, "", format!("of {}", counted(slots, "slot"))));
    }
    figures
}

/// What the answer rests on: how much was read, and where credentials are held.
fn reach(material: &Material<'_>) -> Vec<String> {
    let read = material.sum(|reading| reading.coverage.files_read);
    let seen = material.sum(|reading| reading.coverage.files_seen);
    let with_history = material.scopes.iter().filter(|scope| scope.reading.coverage.history.is_some()).count();
    let history = match (with_history, material.scopes.len()) {
        (0, _) => "no history was searched".to_owned(),
        (1, 1) => "the history was searched too".to_owned(),
        (some, all) if some == all => format!("all {all} histories were searched too"),
        (some, all) => format!("of {all} histories, {some} were searched too"),
    };
    let excluded = material.sum(|reading| reading.coverage.files_excluded);
    let unreadable = material.sum(|reading| reading.coverage.files_unreadable);
    let mut files = format!("Of {}, {} were read", counted(seen, "file"), grouped(read));
    if excluded > 0 {
        files.push_str(&format!(", {} left out by policy", grouped(excluded)));
    }
    if unreadable > 0 {
        files.push_str(&format!(", {} could not be read", grouped(unreadable)));
    }
    let mut lines = vec![format!("{files}; {history}.")];
    let total = material.sum(|reading| reading.slots.counts.total);
    if total > 0 {
        let store = material.sum(|reading| reading.slots.counts.store);
        let open = material.sum(|reading| reading.slots.counts.open);
        lines.push(format!(
            "Of {} that need a credential, {} hold it in a vault and {} in the open.",
            counted(total, "place"),
            grouped(store),
            grouped(open)
        ));
    }
    lines
}

fn clauses<'m>(view: &'m ControlView<'_>) -> Vec<ClauseCells<'m>> {
    let cells = |one: &'m Clause| ClauseCells { clause: &one.clause.clause, by: &one.by, why: &one.clause.why };
    view.clauses.iter().map(cells).collect()
}

fn frameworks<'m>(view: &'m ControlView<'_>) -> Vec<Framework<'m>> {
    let row = |term: &'m TermRow| TermCells {
        id: &term.id,
        title: &term.title,
        secrets: term.secrets,
        every_scan: term.every_scan.unwrap_or_default(),
    };
    [("NIST CSF 2.0", &view.csf), ("OWASP Non-Human Identities Top 10", &view.nhi)]
        .into_iter()
        .map(|(name, terms)| Framework { name, rows: terms.iter().map(row).collect() })
        .collect()
}

fn severities(material: &Material<'_>) -> Bars {
    let count = |severity: Severity| material.found.iter().filter(|one| one.severity == severity).count() as u64;
    let bar = |severity: &Severity| (severity.name().to_owned(), severity.name(), count(*severity));
    let rows = Severity::ALL.iter().rev().map(bar).collect();
    Bars::of("by-severity", "Secrets by severity", ["Severity", "Secrets"], rows)
}

fn ages(material: &Material<'_>, today: Date) -> Bars {
    let mut counts = Counts::default();
    for one in &material.found {
        counts.add(one.severity, one.secret.age(today));
    }
    let names = ["up to 7 days", "8 to 30 days", "31 to 90 days", "over 90 days"];
    let mut rows: Vec<_> =
        names.iter().zip(counts.by_age).map(|(name, count)| ((*name).to_owned(), "age", count)).collect();
    rows.push(("not known, first seen by this scan".to_owned(), "unknown", counts.age_unknown));
    Bars::of("by-age", "Secrets by age", ["Age", "Secrets"], rows)
}

fn stands(material: &Material<'_>) -> Vec<StandCells> {
    let mut counts = [0; STANDS.len()];
    for one in &material.found {
        counts[one.stand] += 1;
    }
    let cells = STANDS.iter().zip(counts).filter(|(_, count)| *count > 0);
    cells.map(|(stand, count)| StandCells { token: stand.token, chip: stand.chip, words: stand.words, count }).collect()
}

fn scopes<'m>(material: &'m Material<'m>, dated: bool) -> Vec<ScopeCells<'m>> {
    let text = |part: Option<&'m str>| part.unwrap_or("–");
    let cells = |(index, scope): (usize, &'m Scope<'m>)| {
        let (subject, reading) = (scope.subject, scope.reading);
        let count =
            |severity: &Severity| reading.findings.iter().filter(|one| one.severity == *severity).count() as u64;
        let outcome = reading.completed.outcome;
        ScopeCells {
            index,
            label: &scope.label,
            unit: text(subject.unit.as_deref()),
            repository: text(subject.repository.as_deref()),
            branch: text(subject.branch.as_deref()),
            started: if dated { words::moment(&reading.started.started).replace(" UTC", "") } else { String::new() },
            total: reading.findings.len(),
            by_severity: Severity::ALL.iter().rev().map(count).collect(),
            failing: reading.findings.iter().filter(|finding| finding.fails()).count(),
            outcome: match (outcome.failed, outcome.complete, &reading.bypass) {
                (_, _, Some(_)) => "bypassed",
                (true, true, _) => "fails",
                (true, false, _) => "fails, incomplete",
                (false, false, _) => "incomplete",
                (false, true, _) => "does not fail",
            },
        }
    };
    material.scopes.iter().enumerate().map(cells).collect()
}

fn changes<'m>(material: &'m Material<'m>) -> Changes<'m> {
    let mut counts = [0; CHANGES.len()];
    let places = material.found.iter().flat_map(|one| one.secret.places());
    for change in places.filter_map(|(_, place)| place.change.as_ref()) {
        if let Some(at) = CHANGES.iter().position(|one| one.state == change.state) {
            counts[at] += 1;
        }
    }
    let compared = counts.iter().any(|count| *count > 0);
    let (absent, rest) = tables::absents(material);
    let row = |(one, count): (&Became, usize)| ChangeCells { state: one.state, words: one.words, count };
    let rows = if compared || !absent.is_empty() { CHANGES.iter().zip(counts).map(row).collect() } else { Vec::new() };
    Changes { rows, absent, rest }
}

fn states() -> Vec<Group> {
    let stands = STANDS.iter().map(|stand| (stand.token, stand.chip.to_owned()));
    let changes = CHANGES.iter().map(|one| (one.token, one.state.to_owned()));
    let triage = Decision::NAMES.iter().map(|name| (*name, name.replace('-', " ")));
    vec![
        Group { name: "Verdict", options: stands.collect() },
        Group { name: "Since the earlier scan", options: changes.collect() },
        Group { name: "Triage", options: [("untriaged", "untriaged".to_owned())].into_iter().chain(triage).collect() },
    ]
}
