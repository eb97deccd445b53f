//! What a row says, made from what the scans of each series observed, what was attested, and the day.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use super::owners::Directory;
use super::row::{Acceptance, Condition, Observation, Row, Said, Seen, SeriesFacts, Status, UNASSIGNED};
use super::scenario;
use crate::govern::catalogue::number_order;
use crate::govern::risk::{Facts, RiskModel, Visibility};
use crate::govern::{Crosswalk, Role};

/// The kind of a credential that lies in several repositories.
const REUSED: &str = "shared-secret-reuse";
/// The kind of one that is older than its rotation period.
const LONG_LIVED: &str = "long-lived-secret";

/// By what rows are assessed.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'s> {
    /// How risks are estimated.
    pub model: &'s RiskModel,
    /// Owners and units.
    pub directory: &'s Directory,
}

/// Makes the row say what holds on the day `today`.
pub(super) fn assess(row: &mut Row, setting: Setting<'_>, today: Date) {
    let day = today.to_string();
    let before = row.kept.status;
    let condition = condition(row, &day);
    let reason = reason(row, condition, &day);
    let kept = &mut row.kept;
    kept.condition = condition;
    kept.reason = reason;
    kept.status = condition.status();
    kept.acceptance = acceptance(&kept.observed).cloned();
    if kept.status == Status::Closed {
        if before != Status::Closed || kept.closed_on.is_none() {
            kept.closed_on = Some(day);
        }
    } else if before == Status::Closed {
        kept.reopened += 1;
        kept.opened_on = day;
        kept.closed_on = None;
    }
    describe(row, setting, today);
    score(row, setting, today);
}

/// Observations of what is still there; where nothing is, all.
fn bearing(observed: &[Observation]) -> Vec<&Observation> {
    let here: Vec<&Observation> = observed.iter().filter(|one| one.seen != Seen::Gone).collect();
    if here.is_empty() { observed.iter().collect() } else { here }
}

/// The observation that says the most: the worst, then the first.
fn headline(observed: &[Observation]) -> Option<&Observation> {
    bearing(observed).into_iter().rev().max_by_key(|one| one.facts.severity)
}

/// What accepts the risk at all places that are there, or did: what ends first.
fn acceptance(observed: &[Observation]) -> Option<&Acceptance> {
    let all: Option<Vec<&Acceptance>> =
        bearing(observed).into_iter().map(|one| one.facts.acceptance.as_ref()).collect();
    all?.into_iter().min_by_key(|one| (&one.until, &one.exception))
}

/// What makes it worthless: an attested rotation, or an exception that says that its issuer no longer takes it.
fn worthless(row: &Row, day: &str) -> Option<String> {
    if let Some(rotation) = &row.kept.rotation {
        return Some(format!("{} on {}, as {} says ({})", rotation.what, rotation.on, rotation.by, rotation.grade));
    }
    let all: Option<Vec<&Acceptance>> =
        bearing(&row.kept.observed).into_iter().map(|one| one.facts.revoked.as_ref()).collect();
    let first = all?.into_iter().min_by_key(|one| &one.until)?;
    let holds = first.until.as_str() >= day;
    holds.then(|| {
        format!("no longer taken by its issuer, as {} says ({}, exception {})", first.by, first.grade, first.exception)
    })
}

/// The last word of triage, whichever series has it.
fn last_word(observed: &[Observation]) -> Option<&Said> {
    observed.iter().filter_map(|one| one.facts.triage.as_ref()).max_by_key(|said| &said.at)
}

/// Why there is nothing to treat: triage, else exceptions that cover all places.
fn dismissed(row: &Row, day: &str) -> Option<String> {
    if let Some(said) = last_word(&row.kept.observed) {
        // Who looked last has the last word.
        return (!said.decision.is_secret()).then(|| format!("triage: {}", said.words));
    }
    let holds = |one: &Observation| {
        let dismissal = one.facts.dismissed.clone();
        dismissal.filter(|said| said.until.as_deref().is_none_or(|until| until >= day)).map(|said| said.why)
    };
    let all: Option<Vec<String>> = bearing(&row.kept.observed).into_iter().map(holds).collect();
    all?.into_iter().next()
}

fn condition(row: &Row, day: &str) -> Condition {
    let kept = &row.kept;
    let seen = |seen: Seen| kept.observed.iter().any(|one| one.seen == seen);
    if dismissed(row, day).is_some() {
        return Condition::NoSecret;
    }
    if worthless(row, day).is_some() {
        return if seen(Seen::File) { Condition::RotatedPresent } else { Condition::Rotated };
    }
    if !seen(Seen::File) && !seen(Seen::History) {
        return Condition::Removed;
    }
    match acceptance(&kept.observed) {
        Some(accepted) if accepted.until.as_str() >= day => return Condition::Accepted,
        Some(_) => return Condition::AcceptanceExpired,
        None => {}
    }
    match (seen(Seen::File), &kept.back_on) {
        (true, Some(_)) => Condition::Reintroduced,
        (true, None) => Condition::Present,
        (false, _) => Condition::HistoryOnly,
    }
}

fn reason(row: &Row, condition: Condition, day: &str) -> String {
    let kept = &row.kept;
    let places = kept.places();
    let mut reason = match condition {
        Condition::Present => format!("It lies in {places}."),
        Condition::HistoryOnly => {
            format!("No file holds it any more, but a history does: {places}. Nobody attested that it was rotated.")
        }
        Condition::Removed => {
            let on = kept.observed.iter().map(|one| one.on.as_str()).max().unwrap_or_default();
            format!(
                "It has gone from what was scanned, by {on}. That makes it no less valid: nobody attested that it was rotated."
            )
        }
        Condition::Accepted | Condition::AcceptanceExpired => {
            let Acceptance { exception, reason, by, until, grade } =
                acceptance(&kept.observed).expect("the condition follows from it");
            if condition == Condition::Accepted {
                format!("The exception {exception} ({reason}), approved by {by} ({grade}), holds until {until}.")
            } else {
                format!("The exception {exception} ({reason}) ended on {until}, and it is still there: {places}.")
            }
        }
        Condition::Reintroduced => {
            let back = kept.back_on.as_deref().unwrap_or_default();
            format!("It had gone, and is back since {back}: {places}. What was attested of it before counts no more.")
        }
        Condition::Rotated => format!("It was {}, and no file holds it.", worthless(row, day).unwrap_or_default()),
        Condition::RotatedPresent => {
            format!("It was {}; the old value is still there: {places}.", worthless(row, day).unwrap_or_default())
        }
        Condition::NoSecret => {
            format!("It is no secret that opens anything: {}.", dismissed(row, day).unwrap_or_default())
        }
    };
    for one in &kept.observed {
        if let Some(why) = &one.facts.not_looked {
            let where_ = one.repository.as_deref().or(one.unit.as_deref()).unwrap_or("what was scanned");
            reason.push_str(&format!(" The last scan of {where_} tells nothing of it: {why}."));
        }
    }
    for one in &kept.observed {
        if let Some(said) = &one.facts.retired {
            let where_ = one.repository.as_deref().or(one.unit.as_deref()).unwrap_or("what was scanned");
            reason.push_str(&format!(" There is no {where_} any more since {said}."));
        }
    }
    if row.decided.get("treatment") == "accept" && matches!(condition.status(), Status::Open) {
        reason.push_str(" Its treatment is to accept it, and no exception does.");
    }
    reason
}

/// What does not depend on estimates.
fn describe(row: &mut Row, setting: Setting<'_>, today: Date) {
    let kept = &mut row.kept;
    let facts = headline(&kept.observed).map(|one| one.facts.clone()).unwrap_or_default();
    let repositories = repositories(&kept.observed);
    let named: Vec<&str> = repositories.iter().map(String::as_str).collect();
    let unit = kept.observed.iter().find_map(|one| one.unit.as_deref());
    kept.title = scenario::title(&facts, if any_repository(&kept.observed) { &named } else { &[] }, unit);
    kept.asset = scenario::asset(&facts);
    kept.rule.clone_from(&facts.rule);
    kept.remediation.clone_from(&facts.remediation);
    kept.severity = facts.severity.unwrap_or(scenario::LEAST);
    kept.first_seen = kept.observed.iter().map(|one| one.since.as_str()).min().unwrap_or_default().to_owned();
    let mut kinds = facts.kinds;
    for one in bearing(&kept.observed) {
        kinds.extend(one.facts.kinds.iter().cloned());
    }
    if repositories.len() > 1 {
        kinds.push(REUSED.to_owned());
    }
    if kept.first_seen.parse().is_ok_and(|since| setting.model.is_long_lived(since, today)) {
        kinds.push(LONG_LIVED.to_owned());
    }
    kept.kinds = each_once(kinds);
    let mut controls: Vec<String> =
        bearing(&kept.observed).into_iter().flat_map(|one| one.facts.controls.iter().cloned()).collect();
    for kind in [REUSED, LONG_LIVED].into_iter().filter(|kind| kept.kinds.iter().any(|one| one == kind)) {
        let kind = Crosswalk::embedded().kind(kind);
        let stated = kind.into_iter().flat_map(|kind| &kind.controls).filter(|one| one.role == Role::Contradicts);
        controls.extend(stated.map(|one| one.control.clone()));
    }
    controls.sort_by_key(|number| number_order(number));
    controls.dedup();
    kept.controls = controls;
    kept.consequence = scenario::consequence(kept.kinds.first().map_or("", String::as_str)).to_owned();
    scenario::threat(visibility(&kept.observed, setting.directory)).clone_into(&mut kept.threat);
    let said = last_word(&kept.observed).cloned();
    kept.confirmed = said.as_ref().is_some_and(|said| said.decision.is_secret());
    kept.triage = said.map(|said| said.words);
    let owners = bearing(&kept.observed).into_iter().map(|one| {
        let path = one.first.rsplit_once(':').map_or(one.first.as_str(), |(path, _)| path);
        setting.directory.owner(one.unit.as_deref(), one.repository.as_deref(), path, one.facts.owner.as_ref())
    });
    let (owners, sources): (Vec<String>, Vec<String>) = owners.unzip();
    kept.owner_proposed = people(owners);
    kept.owner_source = each_once(sources).into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>().join("; ");
    let risk_owner = |one: &Observation| setting.directory.unit(one.unit.as_deref())?.risk_owner.clone();
    kept.risk_owner_proposed = people(kept.observed.iter().filter_map(risk_owner).collect());
}

/// Estimates, level, and the day by which it is due.
fn score(row: &mut Row, setting: Setting<'_>, today: Date) {
    let day = today.to_string();
    let kept = &row.kept;
    let here = bearing(&kept.observed);
    let all = |holds: fn(&SeriesFacts) -> bool| !here.is_empty() && here.iter().all(|one| holds(&one.facts));
    let any = |holds: fn(&SeriesFacts) -> bool| here.iter().any(|one| holds(&one.facts));
    let revoked = match kept.condition {
        Condition::NoSecret => dismissed(row, &day),
        _ => worthless(row, &day),
    };
    let facts = Facts {
        severity: kept.severity,
        visibility: visibility(&kept.observed, setting.directory),
        encrypted: all(|facts| facts.encrypted),
        revoked,
        confirmed: kept.triage.clone().filter(|_| kept.confirmed),
        since: kept.first_seen.parse().unwrap_or(today),
        today,
        repositories: repositories(&kept.observed).len(),
        test_only: all(|facts| facts.test_only),
        privileged: any(|facts| facts.privileged),
        production: any(|facts| facts.production),
        criticality: kept
            .observed
            .iter()
            .filter_map(|one| setting.directory.unit(one.unit.as_deref())?.criticality)
            .max(),
    };
    let (likelihood, impact) = (setting.model.estimate_likelihood(&facts), setting.model.estimate_impact(&facts));
    let kept = &mut row.kept;
    (kept.likelihood, kept.likelihood_inputs) = (likelihood.step, likelihood.inputs);
    (kept.impact, kept.impact_inputs) = (impact.step, impact.inputs);
    let level = setting.model.level(row.likelihood(), row.impact());
    let kept = &mut row.kept;
    kept.level.clone_from(&setting.model.levels[level]);
    kept.due_proposed = match kept.status {
        Status::Closed => None,
        Status::Accepted => kept.acceptance.as_ref().map(|one| one.until.clone()),
        Status::Open => {
            // As long as its risk was accepted, nothing was due.
            let accepted = kept.acceptance.as_ref().map_or("", |one| one.until.as_str());
            let from: Date = accepted.max(kept.opened_on.as_str()).parse().unwrap_or(today);
            Some(from.saturating_add(days(setting.model.due_days(level))).to_string())
        }
    };
}

fn days(count: u32) -> Span {
    i64::from(count).days()
}

/// Who can read the most open of the places; none where the scope does not say, and none is public.
fn visibility(observed: &[Observation], directory: &Directory) -> Option<Visibility> {
    let all = observed.iter().map(|one| directory.unit(one.unit.as_deref()).and_then(|unit| unit.visibility));
    let all: Vec<Option<Visibility>> = all.collect();
    if all.contains(&Some(Visibility::Public)) {
        return Some(Visibility::Public);
    }
    // The most open one is declared first.
    all.into_iter().collect::<Option<Vec<_>>>()?.into_iter().min()
}

/// What holds or held it, each once. Where a scan was of no repository, its unit stands for one.
fn repositories(observed: &[Observation]) -> Vec<String> {
    let name = |one: &Observation| one.repository.clone().or_else(|| one.unit.clone()).unwrap_or_default();
    let mut all: Vec<String> = observed.iter().map(name).collect();
    all.sort();
    all.dedup();
    all
}

fn any_repository(observed: &[Observation]) -> bool {
    observed.iter().any(|one| one.repository.is_some())
}

fn each_once(texts: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// Several people in one cell; nobody only where there is nobody else.
fn people(names: Vec<String>) -> String {
    let known: Vec<String> = each_once(names).into_iter().filter(|name| name != UNASSIGNED).collect();
    if known.is_empty() { UNASSIGNED.to_owned() } else { known.join("; ") }
}
