//! A row of the register: one scenario, which is one credential, and the columns that it is written in.
//!
//! Each column has one keeper. What straykey keeps follows from evidence, attestations and the model of risk, and is made again at
//! each update; what people keep is theirs, and straykey never writes into it. Where both have a say, there are two columns: what
//! straykey proposes, and what somebody decided instead.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::columns::{Keeper, cell, column, in_file};
use crate::finding::{Decision, Grade, Severity};

named! {
    /// Whether a scenario is still to be dealt with.
    Status {
        /// It is.
        Open = "open",
        /// Somebody who may accepted it until a day.
        Accepted = "accepted",
        /// It is not: rotated and gone, or no secret. Rows are closed, never deleted.
        Closed = "closed",
    }
}

named! {
    /// What scans, exceptions and attestations make of a credential.
    Condition {
        /// It lies in the open.
        Present = "present",
        /// No file holds it any more, a history does.
        HistoryOnly = "in history only",
        /// It is where it was, and the acceptance of its risk is over.
        AcceptanceExpired = "acceptance expired",
        /// It had gone or was rotated, and is back.
        Reintroduced = "re-introduced",
        /// It is gone from what was scanned. That alone makes it no less valid.
        Removed = "removed, not rotated",
        /// It was rotated, and the old value is still there.
        RotatedPresent = "rotated, still there",
        /// It was rotated, and is gone from the files.
        Rotated = "rotated",
        /// Its risk is accepted, or kept down by something else.
        Accepted = "risk accepted",
        /// Somebody who answers for it found that it is no secret, or one of a test that opens nothing.
        NoSecret = "no secret",
    }
}

impl Condition {
    /// What it means for the status.
    pub fn status(self) -> Status {
        match self {
            Self::Rotated | Self::NoSecret => Status::Closed,
            Self::Accepted => Status::Accepted,
            _ => Status::Open,
        }
    }
}

named! {
    /// Where a scan saw a credential.
    Seen {
        /// In a file.
        File = "file",
        /// In a history alone.
        History = "history",
        /// It looked, and did not see it.
        Gone = "gone",
    }
}

/// What the scans of one series say of a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The unit.
    pub unit: Option<String>,
    /// The repository.
    pub repository: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// Where it was last seen, or that it has gone.
    pub seen: Seen,
    /// The day since which the series knows it.
    pub since: String,
    /// The day of the first scan that said what is said here.
    pub on: String,
    /// That scan. Later ones said the same.
    pub scan: String,
    /// Its places there; those of the last scan that saw it.
    pub places: u64,
    /// The first of them, `path:line`.
    pub first: String,
    /// What the last scan that saw it says of the rest.
    #[serde(default)]
    pub facts: SeriesFacts,
}

/// What a scan says of a credential, beside where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeriesFacts {
    /// The rule that says the most of it.
    pub rule: String,
    /// Kinds of findings, the headline first.
    pub kinds: Vec<String>,
    /// What the credential is: title of the rule, identity, provider, principal.
    pub title: String,
    /// What it speaks as.
    pub identity: String,
    /// Who issues it; none for what no issuer claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Whom it speaks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The worst severity of its places.
    pub severity: Option<Severity>,
    /// Controls that it contradicts.
    pub controls: Vec<String>,
    /// How to put it right.
    pub remediation: String,
    /// All of its places are test material.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub test_only: bool,
    /// It is ciphertext under a passphrase.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub encrypted: bool,
    /// It has administrator rights.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
    /// It says that it belongs to production.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub production: bool,
    /// Exceptions by which all of its places are out of the verdict, for a reason of risk: the one that ends first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<Acceptance>,
    /// Why it is no secret, or one that opens nothing, and until when somebody says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dismissed: Option<Dismissal>,
    /// An exception says that its issuer no longer takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Acceptance>,
    /// What triage said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub triage: Option<Said>,
    /// A commit has it, so that its history will hold it when it has gone from the files.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub committed: bool,
    /// What the last scan that saw it covered, and by what.
    #[serde(skip_serializing_if = "Covered::is_unknown")]
    pub covered: Covered,
    /// Who is to put it right, as the evidence has it, and where that is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<(String, String)>,
    /// Why the last scan of the series says nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_looked: Option<String>,
    /// Who said that what the series is of is no more, and when, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired: Option<String>,
}

/// What a scan covered, and by what: the same has to be true of one that is to show that something has gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Covered {
    /// Paths of its targets in their repositories, each with a slash before and behind; of what is in none as it was given.
    pub targets: Vec<String>,
    /// First digits of the digest of its rules.
    pub rules: String,
    /// First digits of the digest of its settings.
    pub configuration: String,
}

impl Covered {
    fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// Whether its targets hold all that those of `other` held.
    pub(super) fn holds(&self, other: &Self) -> bool {
        let holds = |one: &String| {
            let below =
                |target: &String| one == target || (target.starts_with('/') && one.starts_with(target.as_str()));
            self.targets.iter().any(below)
        };
        other.targets.iter().all(holds)
    }
}

/// What somebody found who looked at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// When, RFC 3339: the last word counts.
    pub at: String,
    /// What.
    pub decision: Decision,
    /// By whom and how far that can be relied upon, in words.
    pub words: String,
}

/// Somebody's word that a finding is nothing to be treated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dismissal {
    /// Who says what, in a clause.
    pub why: String,
    /// The last day on which that holds; none where it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

named! {
    /// What somebody attests of a credential.
    Attested {
        /// It was replaced, and the old value revoked.
        Rotated = "rotated",
        /// It was made worthless without another in its place.
        Revoked = "revoked",
        /// What was attested of it before is not so.
        Withdrawn = "withdrawn",
    }
}

/// What somebody said who made the credential worthless at its issuer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// What was done: [`Attested::Rotated`] or [`Attested::Revoked`].
    pub what: Attested,
    /// The day on which it was done.
    pub on: String,
    /// Who says so.
    pub by: String,
    /// How far that can be relied upon.
    pub grade: Grade,
}

/// The acceptance of the risk, by an exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The exception.
    pub exception: String,
    /// Its reason.
    pub reason: String,
    /// Who approved it.
    pub by: String,
    /// The last day on which it holds.
    pub until: String,
    /// How far the approval can be relied upon.
    pub grade: Grade,
}

/// What straykey keeps of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// `SK-` and 12 hexadecimal digits; the same for ever.
    pub id: String,
    /// Whether it is still to be dealt with.
    pub status: Status,
    /// What scans, exceptions and attestations make of it.
    pub condition: Condition,
    /// Why, in a sentence or two.
    pub reason: String,
    /// A noun phrase.
    pub title: String,
    /// What the credential opens or speaks for: asset at risk.
    pub asset: String,
    /// Kinds of findings, the headline first: the vulnerability.
    pub kinds: Vec<String>,
    /// Who or what could use it.
    pub threat: String,
    /// What would follow.
    pub consequence: String,
    /// Controls of ISO/IEC 27002 that it contradicts.
    pub controls: Vec<String>,
    /// The worst severity.
    pub severity: Severity,
    /// 1 to the length of the scale.
    pub likelihood: u8,
    /// Every input of it.
    pub likelihood_inputs: String,
    /// 1 to the length of the scale.
    pub impact: u8,
    /// Every input of it.
    pub impact_inputs: String,
    /// Of the likelihood and impact that hold: those of people where they gave any.
    pub level: String,
    /// Who is to put it right, as far as evidence and scope tell; `unassigned` where they do not.
    pub owner_proposed: String,
    /// Where that comes from.
    pub owner_source: String,
    /// Who accepts its risk, as the scope says; `unassigned` where it does not.
    pub risk_owner_proposed: String,
    /// The day on which it was first known.
    pub first_seen: String,
    /// The day on which the row was opened, or opened again.
    pub opened_on: String,
    /// The day on which it was closed.
    pub closed_on: Option<String>,
    /// How often it was opened again.
    pub reopened: u32,
    /// The day on which it came back, where it had gone or was rotated before.
    pub back_on: Option<String>,
    /// The day by which it is to be dealt with, by the table of the model of risk; none for what is closed.
    pub due_proposed: Option<String>,
    /// The acceptance of the risk, where there is or was one.
    pub acceptance: Option<Acceptance>,
    /// The rotation or revocation that was attested, where it was and still counts.
    pub rotation: Option<Rotation>,
    /// What triage said: decision, by whom, when, grade.
    pub triage: Option<String>,
    /// Triage confirmed that it is a secret, or made it an incident.
    pub confirmed: bool,
    /// Fingerprint of the value, else of the place. Keyed.
    pub fingerprint: String,
    /// The rule that says the most of it.
    pub rule: String,
    /// How to make it worthless, and to replace it.
    pub remediation: String,
    /// What the latest scan of each series says, by series.
    pub observed: Vec<Observation>,
    /// The day of the last scan of a series that holds it, or of the last that says that it has gone. Changes with every scan, and is no
    /// part of what the journal keeps.
    pub last_seen: String,
    /// The record of the journal that last changed the row.
    pub record: u64,
}

impl Kept {
    /// Where the latest scans have it: the first place in each series, and how many more.
    pub fn places(&self) -> String {
        let here = self.observed.iter().filter(|one| one.seen != Seen::Gone);
        let of_series = |one: &Observation| {
            let where_ = match (&one.repository, &one.branch) {
                (Some(repository), Some(branch)) => format!("{repository} {branch}"),
                (Some(repository), None) => repository.clone(),
                (None, _) => one.unit.clone().unwrap_or_else(|| "no repository".to_owned()),
            };
            let history = if one.seen == Seen::History { ", history" } else { "" };
            let more = if one.places > 1 { format!(" and {} more", one.places - 1) } else { String::new() };
            format!("{where_}: {}{more}{history}", one.first)
        };
        here.map(of_series).collect::<Vec<_>>().join("; ")
    }
}

/// What people keep of a scenario. Free text, but where the table of columns says otherwise; empty where nobody decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// By column.
    cells: BTreeMap<&'static str, String>,
    /// Columns that straykey does not know, which people added.
    pub others: BTreeMap<String, String>,
}

impl Decided {
    /// What stands in a column that people keep; empty where nothing does.
    pub fn get(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// The same, where something stands there.
    pub fn given(&self, column: &str) -> Option<&str> {
        Some(self.get(column)).filter(|cell| !cell.trim().is_empty())
    }

    /// Puts what stands in `others` over what stands here.
    pub(super) fn overlay(&mut self, others: &Self) {
        self.cells.extend(others.cells.iter().map(|(&name, cell)| (name, cell.clone())));
        self.others.extend(others.others.iter().map(|(name, cell)| (name.clone(), cell.clone())));
    }

    /// Puts `cell` into a column that people keep.
    pub fn set(&mut self, column: &'static str, cell: String) {
        if cell.is_empty() {
            self.cells.remove(column)
        } else {
            self.cells.insert(column, cell)
        };
    }
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What straykey keeps.
    pub kept: Kept,
    /// What people keep.
    pub decided: Decided,
}

/// Cells of a row, by column.
impl Row {
    /// What stands in the column `name`; empty where there is no such column.
    pub fn cell(&self, name: &str) -> String {
        match column(name).map(|column| column.keeper) {
            Some(Keeper::People) => self.decided.get(name).to_owned(),
            Some(Keeper::Straykey | Keeper::Journal) => cell(&self.kept, name),
            None => self.decided.others.get(name).cloned().unwrap_or_default(),
        }
    }

    /// All cells of the file but the check, in the order of the columns; then those of people's own columns.
    pub fn cells(&self) -> Vec<(&str, String)> {
        let ours = in_file().filter(|column| column.name != "check");
        let ours = ours.map(|column| (column.name, self.cell(column.name)));
        ours.chain(self.decided.others.iter().map(|(name, cell)| (name.as_str(), cell.clone()))).collect()
    }
}

/// Who is named where nobody is known.
pub const UNASSIGNED: &str = "unassigned";

impl Row {
    /// Who is to put it right.
    pub fn owner(&self) -> &str {
        self.decided.given("owner").unwrap_or(&self.kept.owner_proposed)
    }

    /// Who accepts its risk.
    pub fn risk_owner(&self) -> &str {
        self.decided.given("risk_owner").unwrap_or(&self.kept.risk_owner_proposed)
    }

    /// The likelihood that holds.
    pub fn likelihood(&self) -> u8 {
        self.scale("likelihood").unwrap_or(self.kept.likelihood)
    }

    /// The impact that holds.
    pub fn impact(&self) -> u8 {
        self.scale("impact").unwrap_or(self.kept.impact)
    }

    /// A step of a scale that people gave in `column`.
    pub fn scale(&self, column: &str) -> Option<u8> {
        self.decided.given(column)?.trim().parse().ok()
    }

    /// The treatment that holds: that of people; else `accept` for what is accepted, and `open`.
    pub fn treatment(&self) -> &str {
        let proposed = if self.kept.status == Status::Accepted { "accept" } else { "open" };
        self.decided.given("treatment").unwrap_or(proposed)
    }

    /// The day by which it is to be dealt with.
    pub fn due_on(&self) -> Option<&str> {
        let open = self.kept.status != Status::Closed;
        self.decided.given("due_on").or(self.kept.due_proposed.as_deref()).filter(|_| open)
    }

    /// Whether that day is over.
    pub fn is_overdue(&self, today: &str) -> bool {
        self.kept.status == Status::Open && self.due_on().is_some_and(|due| due < today)
    }

    /// Units in which it was seen, each once.
    pub fn units(&self) -> Vec<&str> {
        each_once(self.kept.observed.iter().filter_map(|one| one.unit.as_deref()))
    }

    /// Repositories in which it was seen, each once.
    pub fn repositories(&self) -> Vec<&str> {
        each_once(self.kept.observed.iter().filter_map(|one| one.repository.as_deref()))
    }
}

fn each_once<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let mut all: Vec<&str> = texts.collect();
    all.sort_unstable();
    all.dedup();
    all
}
