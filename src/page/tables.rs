//! The tables of the page: what was read and what was not, what people decided, where all of it comes from.

use jiff::civil::Date;
use serde::Serialize;

use super::Input;
use super::charts::{Columns, POINTS, SlotRow, Slots};
use super::context::Material;
use super::words::{self, because, bytes, counted, grouped, plural, rest};
use crate::blob::printable;
use crate::evidence::reading::{Absent, Assurance, Attempt, Exception, Exclusion, Gap, Reading};
use crate::slot::Counts;
use crate::view::{Point, days_between, trend};

/// Rows of a table that may have very many.
const LISTED: usize = 500;

/// Areas whose slots are listed.
const AREAS: usize = 20;

/// Series whose course is drawn.
const TRENDS: usize = 12;

/// Rules that are named where they did not find their canary.
const SILENT: usize = 10;

/// What was read, over all series.
pub(super) fn coverage(material: &Material<'_>) -> Vec<(&'static str, String)> {
    let sum = |count: fn(&Reading) -> u64| material.sum(count);
    let scopes = &material.scopes;
    let complete = scopes.iter().filter(|scope| scope.reading.completed.outcome.complete).count();
    let whole = match (complete, scopes.len()) {
        (complete, all) if complete == all => "whole, but for what was left out and gaps that do not count".to_owned(),
        (0, 1) => "not whole: the scan is incomplete".to_owned(),
        (complete, all) => format!("whole in {complete} of {all} scans"),
    };
    let gaps = sum(|reading| reading.gaps.len() as u64);
    let accepted = sum(|reading| reading.gaps.iter().filter(|gap| gap.accepted.is_some()).count() as u64);
    let files = format!(
        "{} met: {} read, {} left out by policy, {} could not be read",
        grouped(sum(|reading| reading.coverage.files_seen)),
        grouped(sum(|reading| reading.coverage.files_read)),
        grouped(sum(|reading| reading.coverage.files_excluded)),
        grouped(sum(|reading| reading.coverage.files_unreadable)),
    );
    let mut rows = vec![
        ("Scope", whole),
        ("Files", files),
        ("Bytes searched", bytes(sum(|reading| reading.coverage.bytes_read))),
        ("History", history(material)),
        (
            "Gaps",
            if gaps == 0 { "none".to_owned() } else { format!("{}, {} accepted", grouped(gaps), grouped(accepted)) },
        ),
    ];
    let withheld = sum(|reading| reading.coverage.withheld);
    if withheld > 0 {
        let places = counted(withheld, "place");
        rows.push(("Withheld", format!("{places} below the confidence that was asked for")));
    }
    rows.push(("Self-test of the rules", self_test(material)));
    rows
}

/// Which rules proved that they work.
fn self_test(material: &Material<'_>) -> String {
    let tests = || material.scopes.iter().map(|scope| &scope.reading.self_test);
    let found: u64 = tests().map(|test| test.found.len() as u64).sum();
    let untested: u64 = tests().map(|test| test.not_tested.len() as u64).sum();
    let silent: Vec<&str> = tests().flat_map(|test| &test.not_found).map(String::as_str).collect();
    let mut told = format!("{} found their canary, {} did not", grouped(found), grouped(silent.len() as u64));
    if !silent.is_empty() {
        told.push_str(&format!(" ({}", silent[..silent.len().min(SILENT)].join(", ")));
        told.push_str(if silent.len() > SILENT { " and others)" } else { ")" });
    }
    told.push_str(&format!(", {} were not tested", grouped(untested)));
    if material.several() {
        told.push_str(&format!("; each counted in each of {} scans", grouped(material.scopes.len() as u64)));
    }
    told
}

fn history(material: &Material<'_>) -> String {
    let searched: Vec<_> = material.scopes.iter().filter_map(|scope| scope.reading.coverage.history.as_ref()).collect();
    if searched.is_empty() {
        return "not searched".to_owned();
    }
    let commits = searched.iter().fold(0_u64, |sum, history| sum.saturating_add(history.commits));
    let files = searched.iter().fold(0_u64, |sum, history| sum.saturating_add(history.files));
    let told = format!("{}, {}", counted(commits, "commit"), plural(files, "version of a file", "versions of files"));
    let all = material.scopes.len();
    if searched.len() == all { told } else { format!("{told}, in {} of {all} scans", searched.len()) }
}

/// Where credentials are held: by area, or by series where there are several.
pub(super) fn slots(material: &Material<'_>) -> Slots {
    let mut all = Counts::default();
    for Counts { total, store, encrypted, environment, federated, open } in
        material.scopes.iter().map(|scope| scope.reading.slots.counts)
    {
        all.total = all.total.saturating_add(total);
        all.store = all.store.saturating_add(store);
        all.encrypted = all.encrypted.saturating_add(encrypted);
        all.environment = all.environment.saturating_add(environment);
        all.federated = all.federated.saturating_add(federated);
        all.open = all.open.saturating_add(open);
    }
    if let [only] = &material.scopes[..] {
        let areas = &only.reading.slots.areas;
        let name = |area: &str| if area == "." { "(top folder)".to_owned() } else { area.to_owned() };
        let rows = areas.iter().take(AREAS).map(|area| SlotRow::new(name(&area.area), &area.counts));
        return Slots::of(&all, "area", rows.collect(), rest(areas.len(), AREAS));
    }
    let rows = material.scopes.iter().take(LISTED);
    let rows = rows.map(|scope| SlotRow::new(scope.label.clone(), &scope.reading.slots.counts));
    Slots::of(&all, "unit", rows.collect(), rest(material.scopes.len(), LISTED))
}

/// A secret that is no longer found.
#[derive(Debug, Serialize)]
pub(super) struct Absents<'m> {
    scope: &'m str,
    path: String,
    rule: &'m str,
    since: &'m str,
    gone: &'m str,
    why: String,
}

/// What is no longer found, with the number of what is not listed.
pub(super) fn absents<'m>(material: &'m Material<'m>) -> (Vec<Absents<'m>>, String) {
    let cells = |(scope, absent): (&'m str, &'m Absent)| Absents {
        scope,
        path: printable(absent.path.as_bytes()),
        rule: &absent.rule,
        since: &absent.since,
        gone: absent.gone.as_deref().unwrap_or("–"),
        why: absent.cause.as_deref().map_or_else(|| "had gone before".to_owned(), |why| because(why, absent.proven)),
    };
    listed(material, |reading| &reading.absent, cells)
}

/// The first rows of what all readings have, with the number of what is not listed.
fn listed<'m, T: 'm, C>(
    material: &'m Material<'m>,
    of: fn(&Reading) -> &Vec<T>,
    cells: impl Fn((&'m str, &'m T)) -> C,
) -> (Vec<C>, String) {
    let scopes = || material.scopes.iter().enumerate();
    let all: usize = scopes().map(|(_, scope)| of(scope.reading).len()).sum();
    let rows = scopes().flat_map(|(at, scope)| of(scope.reading).iter().map(move |row| (material.label(at), row)));
    (rows.take(LISTED).map(cells).collect(), rest(all, LISTED))
}

/// The course of a series.
#[derive(Debug, Serialize)]
pub(super) struct Trends<'m> {
    scope: &'m str,
    caption: String,
    secrets: Columns,
    open: Columns,
    points: Vec<PointCells>,
}

#[derive(Debug, Serialize)]
struct PointCells {
    name: String,
    total: u64,
    by_severity: Vec<u64>,
    excepted: u64,
    open: u64,
    slots: u64,
    contradicted: u64,
    complete: &'static str,
}

/// The course of each series that has several bundles, with a word on those that are not drawn.
pub(super) fn trends<'m>(input: &Input<'_>, material: &'m Material<'m>) -> (Vec<Trends<'m>>, String) {
    let long = material.scopes.iter().filter_map(|scope| {
        let bundles = input.readings.series.get(scope.subject)?;
        (bundles.len() > 1).then_some((scope.label.as_str(), bundles))
    });
    let all = long.clone().count();
    let drawn = long.take(TRENDS).enumerate();
    let trends = drawn.map(|(index, (scope, bundles))| course(index, scope, &trend(bundles), input.dated)).collect();
    (trends, rest(all, TRENDS))
}

fn course<'m>(index: usize, scope: &'m str, points: &[Point], dated: bool) -> Trends<'m> {
    let first = points.len().saturating_sub(POINTS);
    let points = &points[first..];
    let name = |(at, point): (usize, &Point)| {
        if dated { words::moment(&point.started) } else { format!("scan {}", first + at + 1) }
    };
    let names: Vec<String> = points.iter().enumerate().map(name).collect();
    let ends: Vec<String> = names.iter().map(|name| words::day(name).to_owned()).collect();
    let ends = if dated { &ends } else { &names };
    let cells = |(point, name): (&Point, &String)| PointCells {
        name: name.clone(),
        total: point.secrets(),
        by_severity: point.by_severity.iter().rev().copied().collect(),
        excepted: point.excepted,
        open: point.open_slots,
        slots: point.slots,
        contradicted: point.contradicted,
        complete: if point.complete { "whole" } else { "not whole" },
    };
    let caption = if first > 0 {
        format!("{scope}: the last {} of {}", counted(points.len() as u64, "scan"), first + points.len())
    } else {
        format!("{scope}: scan by scan")
    };
    Trends {
        scope,
        caption,
        secrets: Columns::of_secrets(index, points, ends),
        open: Columns::of_slots(index, points, ends),
        points: points.iter().zip(&names).map(cells).collect(),
    }
}

/// An exception, and what came of it.
#[derive(Debug, Serialize)]
pub(super) struct Exceptions<'m> {
    scope: &'m str,
    id: &'m str,
    ticket: Option<&'m str>,
    standing: &'m str,
    class: &'static str,
    why: Option<&'m str>,
    reason: &'static str,
    text: &'m str,
    requested_by: &'m str,
    approved: String,
    expires_on: &'m str,
    left: String,
    places: u64,
    stale: bool,
    #[serde(skip)]
    active: bool,
}

/// The exceptions that operators named.
pub(super) fn exceptions<'m>(material: &'m Material<'m>, today: Date) -> Vec<Exceptions<'m>> {
    let scopes = material.scopes.iter().enumerate();
    let all = scopes.flat_map(|(at, scope)| scope.reading.exceptions.iter().map(move |one| (material.label(at), one)));
    all.map(|(scope, outcome)| {
        let exception = &outcome.exception;
        let active = exception.is_active();
        Exceptions {
            scope,
            id: &exception.id,
            ticket: exception.ticket.as_deref(),
            standing: &exception.standing,
            class: if active { "holds" } else { "failing" },
            why: exception.why.as_deref(),
            reason: exception.reason.words(),
            text: &exception.text,
            requested_by: &exception.requested_by,
            approved: approved(exception),
            expires_on: &exception.expires_on,
            left: if active { left(exception, today) } else { String::new() },
            places: outcome.places,
            stale: outcome.stale,
            active,
        }
    })
    .collect()
}

fn approved(exception: &Exception) -> String {
    let Some(by) = &exception.approved_by else { return "approved by nobody".to_owned() };
    let on = exception.approved_on.as_deref().map_or_else(String::new, |day| format!(" on {day}"));
    format!("approved by {by}{on} ({})", exception.grade.name())
}

/// How long an exception still holds.
fn left(exception: &Exception, today: Date) -> String {
    match exception.expires_on.parse::<Date>() {
        Ok(day) if day == today => "its last day".to_owned(),
        Ok(day) if day > today => format!("{} left", words::age(days_between(today, day))),
        _ => String::new(),
    }
}

/// How many of the exceptions hold.
pub(super) fn exceptions_told(exceptions: &[Exceptions<'_>]) -> String {
    let active = exceptions.iter().filter(|one| one.active).count() as u64;
    let all = counted(exceptions.len() as u64, "exception");
    let verb = if exceptions.len() == 1 { "holds" } else { "hold" };
    format!(
        "{} of {all} {verb}. One that does not takes nothing out of the verdict. Under the reasons accepted risk and compensating \
         control the secret works, and its controls stay contradicted.",
        grouped(active)
    )
}

/// Something by which a change would have got past the gate.
#[derive(Debug, Serialize)]
pub(super) struct Attempts<'m> {
    scope: &'m str,
    kind: &'m str,
    file: &'m str,
    what: &'m str,
}

/// The attempts.
pub(super) fn attempts<'m>(material: &'m Material<'m>) -> (Vec<Attempts<'m>>, String) {
    listed(
        material,
        |reading| &reading.attempts,
        |(scope, attempt): (&'m str, &'m Attempt)| Attempts {
            scope,
            kind: &attempt.kind,
            file: &attempt.file,
            what: &attempt.what,
        },
    )
}

/// A part of the scope that could not be read.
#[derive(Debug, Serialize)]
pub(super) struct Gaps<'m> {
    scope: &'m str,
    class: &'m str,
    path: String,
    reason: &'m str,
    accepted: String,
}

/// The gaps.
pub(super) fn gaps<'m>(material: &'m Material<'m>) -> (Vec<Gaps<'m>>, String) {
    let accepted = |gap: &Gap| {
        gap.accepted.as_ref().map_or_else(
            || "no".to_owned(),
            |accepted| format!("by {} until {}: {}", accepted.approver, accepted.until, accepted.reason),
        )
    };
    listed(
        material,
        |reading| &reading.gaps,
        |(scope, gap): (&'m str, &'m Gap)| Gaps {
            scope,
            class: &gap.class,
            path: printable(gap.path.as_bytes()),
            reason: &gap.reason,
            accepted: accepted(gap),
        },
    )
}

/// What is said where there is no gap.
pub(super) fn gaps_none(material: &Material<'_>) -> &'static str {
    if material.sum(|reading| reading.coverage.files_read) == 0 {
        "No gap was met, and no file was read."
    } else {
        "No gap was met: what policy did not leave out was read."
    }
}

/// A part of the scope that policy left out.
#[derive(Debug, Serialize)]
pub(super) struct Exclusions<'m> {
    scope: &'m str,
    class: &'m str,
    path: String,
    reason: &'m str,
    files: u64,
}

/// The exclusions.
pub(super) fn exclusions<'m>(material: &'m Material<'m>) -> (Vec<Exclusions<'m>>, String) {
    listed(
        material,
        |reading| &reading.exclusions,
        |(scope, exclusion): (&'m str, &'m Exclusion)| Exclusions {
            scope,
            class: &exclusion.class,
            path: printable(exclusion.path.as_bytes()),
            reason: &exclusion.reason,
            files: exclusion.files,
        },
    )
}

/// What nobody may read into the page.
pub(super) fn limits(material: &Material<'_>, unscanned: Option<String>) -> Vec<String> {
    let scopes = &material.scopes;
    let mut limits = vec![
        "That there are no other secrets. It tells of what was read, by the rules that ran.".to_owned(),
        "That a control is fulfilled, or that it is not. A state is about one aspect of it; people judge the rest."
            .to_owned(),
        "Whether a secret still works, or whether anybody used it. Nothing was sent to its issuer.".to_owned(),
        "That a secret which is gone from the files is worthless. Only its issuer makes it so.".to_owned(),
        "That an accepted risk is none. The secret works, and somebody answers for it.".to_owned(),
    ];
    limits.extend(unscanned.map(|told| format!("What lies where nobody scanned: {told}.")));
    let without = scopes.iter().filter(|scope| scope.reading.coverage.history.is_none()).count();
    if without > 0 {
        let of = if scopes.len() > 1 { format!(" in {without} of {} scans", scopes.len()) } else { String::new() };
        limits.push(format!("What the history of a repository holds. It was not searched{of}."));
    }
    let withheld = material.sum(|reading| reading.coverage.withheld);
    if withheld > 0 {
        limits
            .push(format!("What lies at the {} that were withheld for their confidence.", counted(withheld, "place")));
    }
    let gaps = material.sum(|reading| reading.gaps.len() as u64);
    let excluded = material.sum(|reading| reading.coverage.files_excluded);
    if gaps > 0 || excluded > 0 {
        limits.push(format!(
            "What lies in the {} that could not be read, and in the {} that policy left out.",
            counted(gaps, "part"),
            counted(excluded, "file")
        ));
    }
    let idle = material.sum(|reading| (reading.self_test.not_found.len() + reading.self_test.not_tested.len()) as u64);
    if idle > 0 {
        limits.push(format!(
            "What the {} would have found that were switched off, have no sample, or did not find their canary.",
            counted(idle, "rule")
        ));
    }
    if scopes.iter().any(|scope| !matches!(scope.reading.assurance, Assurance::Authentic(_))) {
        limits.push("Who made it, where the provenance below does not name a key.".to_owned());
    }
    limits
}

/// Where what the page tells comes from.
#[derive(Debug, Serialize)]
pub(super) struct Provenance<'m> {
    scope: &'m str,
    rows: Vec<(&'static str, String)>,
}

/// The provenance of each bundle. A scan's own page has no bundle yet, and no time.
pub(super) fn provenance<'m>(material: &'m Material<'m>, dated: bool) -> Vec<Provenance<'m>> {
    material.scopes.iter().map(|scope| Provenance { scope: &scope.label, rows: made(scope.reading, dated) }).collect()
}

fn made(reading: &Reading, dated: bool) -> Vec<(&'static str, String)> {
    let started = &reading.started;
    let keyed = match started.key.keyed.as_str() {
        "secret" => "a secret of the operator",
        "salt" => "the salt of the configuration",
        "user" => "a key of the user who scanned",
        "public" => "the public default, by which anybody can try values",
        other => other,
    };
    let targets: Vec<String> = started.targets.iter().map(|one| format!("{} ({})", one.given, one.kind)).collect();
    let mut rows = vec![
        ("Tool", format!("{} {}", started.tool.name, started.tool.version)),
        ("Rule pack", format!("{}, SHA-256 {}", counted(started.rule_pack.rules, "rule"), started.rule_pack.sha256)),
        ("Configuration", format!("SHA-256 {}", started.configuration.sha256)),
        ("Key of the fingerprints", format!("{} (keyed: {}; {keyed})", started.key.id, started.key.keyed)),
        ("Targets", targets.join(", ")),
        ("Commit", reading.commit.clone().unwrap_or_else(|| "not known".to_owned())),
        ("Exit code", reading.completed.outcome.exit_code.to_string()),
        ("Assurance", assurance(&reading.assurance)),
    ];
    if dated {
        rows.push(("Bundle", reading.name.clone()));
        rows.push(("Scan", reading.scan.clone()));
        rows.push(("Manifest", format!("SHA-256 {}", reading.manifest_sha256)));
        rows.push(("Began, by the clock of the host", started.started.clone()));
        rows.push(("Ended", reading.completed.completed.clone()));
    }
    rows
}

fn assurance(assurance: &Assurance) -> String {
    match assurance {
        Assurance::Made => "made in this run, from what it found; it is no bundle that could be verified".to_owned(),
        Assurance::Consistent => {
            "consistent: the parts of the bundle agree with each other; that says nothing of who made it".to_owned()
        }
        Assurance::Authentic(key) => format!("authentic (key {key}): a key that the reader pinned signed the bundle"),
    }
}
