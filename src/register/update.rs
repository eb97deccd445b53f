//! The register itself: rows from the file, brought up to the journal, changed by evidence and attestations, and written back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::assess::{Setting, assess};
use super::columns::{self, Column, in_journal};
use super::error::RegisterError;
use super::journal::{Applied, Created, DecisionChange, Entry, Journal, Known, Last, RowChange, SCHEMA, Settings};
use super::observe::{covered, is_of, new_row, not_looked, observed, same, series};
use super::row::{Observation, Row, Seen, Status};
use super::scenario::id_of;
use super::table::{Scales, Table};
use super::told::{Told, decided, hash, owned};
use crate::evidence::reading::{Absent, Finding, Reading};
use crate::evidence::series::Subject;
use crate::finding::ChangeState;
use crate::view::{day_of, known_since};

/// Who does something, and when.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// RFC 3339 in UTC.
    pub at: &'a str,
    /// Who, or what account.
    pub by: &'a str,
}

/// What an update came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Bundles that were taken in.
    pub applied: usize,
    /// Bundles that were not taken in, each with why.
    pub skipped: Vec<String>,
    /// Rows that were made.
    pub created: BTreeSet<String>,
    /// Rows that were closed.
    pub closed: BTreeSet<String>,
    /// Rows that were opened again.
    pub reopened: BTreeSet<String>,
    /// Rows that say something else, with those of the above that changed more than once.
    pub changed: BTreeSet<String>,
    /// Rows that people changed.
    pub decided: usize,
    /// Rows that were missing in the file, or older there than in the journal, and were brought back.
    pub restored: Vec<String>,
}

/// A bundle that is being taken in.
#[derive(Clone, Copy)]
struct Taken<'r> {
    reading: &'r Reading,
    /// When its scan began.
    day: Date,
    /// A later one of its series was taken in before it.
    late: bool,
}

/// A register that is open: nobody else changes it.
#[derive(Debug)]
pub struct Register {
    pub(super) table: Table,
    pub(super) journal: Journal,
    /// What the journal tells of each row, with what is to be appended.
    told: BTreeMap<String, Told>,
    /// What is to be appended; nothing where nobody keeps the journal.
    entries: Vec<Entry>,
    /// How many records these are, or would be.
    recorded: u64,
    /// By what rows are judged, until the journal has its first record.
    settings: Option<Settings>,
    /// Bundles of changes are taken in as well: there is nothing else that they could be held against.
    takes_changes: bool,
    changes: Changes,
}

impl Register {
    /// Opens the register whose file holds `file`; none where there is no file yet. Rows that the journal has and the file lacks are
    /// brought back.
    ///
    /// # Errors
    ///
    /// The file is damaged, or the two do not belong together.
    pub fn open(file: Option<&[u8]>, mut journal: Journal, scales: Scales) -> Result<Self, RegisterError> {
        let table = file.map(|bytes| Table::read(bytes, scales)).transpose()?.unwrap_or_default();
        let known = std::mem::take(&mut journal.rows);
        if journal.is_empty() && !table.rows.is_empty() {
            return Err(RegisterError::Apart(
                "the file has rows, and the journal, which has to lie beside it, is not there or is empty".to_owned(),
            ));
        }
        let mut register = Self {
            table,
            journal,
            told: BTreeMap::new(),
            entries: Vec::new(),
            recorded: 0,
            settings: None,
            takes_changes: false,
            changes: Changes::default(),
        };
        register.heal(known)?;
        Ok(register)
    }

    /// Brings rows up to what the journal knows of them: a crash kept them from being written, or somebody deleted them or put an older
    /// file back.
    fn heal(&mut self, known: BTreeMap<String, Known>) -> Result<(), RegisterError> {
        let apart = |what: String| Err(RegisterError::Apart(what));
        let unsound = |column, id: &str| RegisterError::Apart(format!("the journal has no sound `{column}` of {id}"));
        if let Some(id) = self.table.rows.keys().find(|id| !known.contains_key(*id)) {
            return apart(format!("{id} is in the file and not in the journal: they do not belong together"));
        }
        for (id, known) in known {
            if known.kept.is_empty() {
                return apart(format!("the journal tells of {id} and never made it"));
            }
            match self.table.rows.get_mut(&id) {
                Some(row) if row.kept.record == known.record => {
                    // The file does not have them, and some of its cells follow from them.
                    row.kept.observed = known.observed().map_err(|column| unsound(column, &id))?;
                    // The check in the file is one that anybody can make anew; the journal is not.
                    let differs = |column: &&Column| {
                        known.kept.get(column.name).map_or("", String::as_str) != columns::cell(&row.kept, column.name)
                    };
                    if let Some(column) = columns::checked().find(differs) {
                        return apart(format!("{id}: `{}` is not as the journal has it", column.name));
                    }
                }
                Some(row) if row.kept.record > known.record => {
                    let record = row.kept.record;
                    return apart(format!(
                        "{id} was last changed by record {record}, and the journal has none such of it: its end is missing"
                    ));
                }
                row => {
                    let whole = known.row().map_err(|column| unsound(column, &id))?;
                    // What people wrote into a file that is older than the journal is theirs all the same; what is empty there may only
                    // have been written later.
                    let mut decided = whole.decided;
                    if let Some(row) = row {
                        decided.overlay(&row.decided);
                    }
                    self.changes.restored.push(id.clone());
                    self.table.rows.insert(id.clone(), Row { kept: whole.kept, decided });
                }
            }
            self.told.insert(id, Told::of(&known));
        }
        Ok(())
    }

    /// The rows, by id.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.table.rows.values()
    }

    /// The rows, by id, without what else an open register keeps.
    pub fn into_rows(self) -> Vec<Row> {
        self.table.rows.into_values().collect()
    }

    /// The row called `id`.
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.table.rows.get(id)
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What came of it so far.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Whether the bundle of the scan `scan`, whose manifest has this digest, was taken in before.
    ///
    /// # Errors
    ///
    /// Another bundle of the same scan was.
    pub fn has_taken_in(&self, bundle: &str, scan: &str, manifest_sha256: &str) -> Result<bool, RegisterError> {
        match self.journal.applied.get(scan) {
            None => Ok(false),
            Some(known) if known == manifest_sha256 => Ok(true),
            Some(_) => Err(RegisterError::Bundle {
                bundle: bundle.to_owned(),
                why: "is of a scan that was taken in already, and is not the same".to_owned(),
            }),
        }
    }

    /// Judges all rows on the day `today`, when all bundles were taken in.
    pub fn judge_all(&mut self, setting: Setting<'_>, act: Act<'_>, today: Date) {
        let ids: Vec<String> = self.table.rows.keys().cloned().collect();
        for id in ids {
            self.judge(&id, setting, act, today);
        }
        self.date_rows();
    }

    /// Records by what rows are judged, if that is not what it was.
    ///
    /// # Errors
    ///
    /// A scope or a mapping of owners was given before, and is not now: owners and estimates would change by a slip.
    pub fn judge_by(&mut self, settings: Settings) -> Result<(), RegisterError> {
        let Some(before) = &self.journal.settings else {
            self.settings = Some(settings);
            return Ok(());
        };
        for (option, before, now) in [
            ("--scope", &before.scope_sha256, &settings.scope_sha256),
            ("--owners", &before.owners_sha256, &settings.owners_sha256),
        ] {
            if before.is_some() && now.is_none() {
                return Err(RegisterError::Apart(format!(
                    "its rows were judged with {option} before, which has to be given: without it owners and estimates would be others"
                )));
            }
        }
        let same = Settings { at: before.at.clone(), by: before.by.clone(), ..settings.clone() } == *before;
        if !same {
            self.record(Entry::Settings(settings.clone()));
            self.journal.settings = Some(settings);
        }
        Ok(())
    }

    /// Records what people wrote since the last time.
    pub fn notice_decisions(&mut self, act: Act<'_>) {
        let mut noticed = Vec::new();
        for (id, row) in &self.table.rows {
            let Some(known) = self.told.get_mut(id) else { continue };
            let now = decided(&row.decided);
            let mut columns: BTreeMap<String, String> =
                now.iter().filter(|(name, cell)| known.decided.get(*name) != Some(cell)).map(owned).collect();
            let gone = known.decided.keys().filter(|name| !now.contains_key(*name));
            columns.extend(gone.map(|name| (name.clone(), String::new())));
            if !columns.is_empty() {
                known.decided = now;
                self.changes.decided += 1;
                noticed.push(DecisionChange { at: act.at.to_owned(), id: id.clone(), columns });
            }
        }
        noticed.into_iter().for_each(|change| self.record(Entry::Decision(change)));
    }

    /// Takes in one bundle. Those of a series are to come from the earliest to the latest: what comes after a later one tells only since
    /// when things are known.
    ///
    /// # Errors
    ///
    /// It is under another key, or another bundle of the same scan was taken in. Nothing of the register is to be written then.
    pub fn apply(&mut self, reading: &Reading, setting: Setting<'_>, act: Act<'_>) -> Result<(), RegisterError> {
        let bundle = reading.name.clone();
        let refused = |why: &str| RegisterError::Bundle { bundle: bundle.clone(), why: why.to_owned() };
        let day = day_of(&reading.started.started).ok_or_else(|| refused("does not say when it began"))?;
        if self.has_taken_in(&bundle, &reading.scan, &reading.manifest_sha256)? {
            return Ok(());
        }
        if !self.takes_changes && reading.started.is_of_changes() {
            self.changes.skipped.push(format!("{bundle} is of a change alone, which does not tell what else there is"));
            return Ok(());
        }
        // Clocks differ; beside a scan of next year every other would be late.
        if day_of(act.at).and_then(|now| now.tomorrow().ok()).is_some_and(|tomorrow| day > tomorrow) {
            return Err(refused("says that it began on a day that is still to come"));
        }
        self.check_key(reading, act)?;
        for part in reading.by_subject() {
            self.apply_part(&part, day, setting, act);
        }
        self.changes.applied += 1;
        Ok(())
    }

    /// Takes in what a bundle says of one repository; `day` is when its scan began.
    fn apply_part(&mut self, reading: &Reading, day: Date, setting: Setting<'_>, act: Act<'_>) {
        let last = self.journal.last.get(&reading.subject);
        let late = last.is_some_and(|last| last.started > reading.started.started);
        let targets: Vec<String> = reading.started.targets.iter().map(|target| target.given.clone()).collect();
        let mut found: BTreeMap<String, (String, Vec<&Finding>)> = BTreeMap::new();
        for finding in &reading.findings {
            let (id, fingerprint) = id_of(finding, reading);
            found.entry(id).or_insert_with(|| (fingerprint, Vec::new())).1.push(finding);
        }
        self.record_applied(reading, targets, late, act);
        let taken = Taken { reading, day, late };
        let mut touched: Vec<String> = Vec::new();
        for (id, (fingerprint, findings)) in &found {
            if self.see((id, fingerprint), findings, taken) {
                touched.push(id.clone());
            }
        }
        if !late {
            touched.extend(self.miss(reading, day, &found));
        }
        // What was judged on a later day is not to be judged on an earlier one; what comes late is judged at the end.
        let day =
            self.journal.last.values().filter_map(|last| day_of(&last.started)).max().map_or(day, |last| last.max(day));
        for id in touched.iter().filter(|_| !late) {
            self.judge(id, setting, act, day);
        }
    }

    /// Refuses a bundle under another key; the first one gives the register its key.
    fn check_key(&mut self, reading: &Reading, act: Act<'_>) -> Result<(), RegisterError> {
        let key = &reading.started.key;
        match &self.journal.key {
            Some(wanted) if wanted.id != key.id => Err(RegisterError::Key {
                bundle: reading.name.clone(),
                found: key.id.clone(),
                wanted: wanted.id.clone(),
            }),
            Some(_) => Ok(()),
            None => {
                // Nobody else has this scan's name, so nobody else has the register's.
                self.journal.register.clone_from(&reading.scan);
                self.journal.key = Some(key.clone());
                self.record(Entry::RegisterCreated(Created {
                    schema: SCHEMA.to_owned(),
                    at: act.at.to_owned(),
                    key_id: key.id.clone(),
                    keyed: key.keyed.clone(),
                }));
                if let Some(settings) = self.settings.take() {
                    self.record(Entry::Settings(settings.clone()));
                    self.journal.settings = Some(settings);
                }
                Ok(())
            }
        }
    }

    fn record_applied(&mut self, reading: &Reading, targets: Vec<String>, late: bool, act: Act<'_>) {
        let started = reading.started.started.clone();
        if !late {
            let last = Last { scan: reading.scan.clone(), started: started.clone(), retired: None };
            self.journal.last.insert(reading.subject.clone(), last);
        }
        self.journal.applied.insert(reading.scan.clone(), reading.manifest_sha256.clone());
        self.record(Entry::EvidenceApplied(Applied {
            at: act.at.to_owned(),
            by: act.by.to_owned(),
            scan: reading.scan.clone(),
            manifest_sha256: reading.manifest_sha256.clone(),
            assurance: reading.assurance.name().to_owned(),
            signed_by: reading.assurance.key().map(str::to_owned),
            subject: reading.subject.clone(),
            started,
            targets,
            late,
        }));
    }

    /// A credential that the bundle has. Whether its row says something else now.
    fn see(&mut self, (id, fingerprint): (&str, &str), findings: &[&Finding], taken: Taken<'_>) -> bool {
        let Taken { reading, day, late } = taken;
        let since = findings.iter().filter_map(|finding| known_since(finding, reading)).min().unwrap_or(day);
        let mut observation = observed(findings, reading, since, day);
        if late {
            // Whether the later scan, which was taken in first, would have seen it nobody knows any more. The next one will tell.
            observation.facts.not_looked = Some("it was taken in before this earlier one".to_owned());
        }
        let came_back = findings.iter().flat_map(|finding| &finding.places).any(|place| {
            let change = place.change.as_ref();
            change.is_some_and(|change| {
                ChangeState::named(&change.state) == Some(ChangeState::Reintroduced)
                    && change.cause.as_deref() == Some("code")
            })
        });
        let Some(row) = self.table.rows.get_mut(id) else {
            let mut row = new_row(id, fingerprint, day);
            if came_back && !late {
                row.kept.back_on = Some(day.to_string());
            }
            row.kept.observed.push(observation);
            self.table.rows.insert(id.to_owned(), row);
            return true;
        };
        let kept = &mut row.kept;
        let Some(at) = kept.observed.iter().position(|one| is_of(one, &reading.subject)) else {
            kept.observed.push(observation);
            kept.observed.sort_by(|a, b| series(a).cmp(&series(b)));
            return true;
        };
        let known = &mut kept.observed[at];
        if late {
            let earlier = observation.since < known.since;
            if earlier {
                known.since = observation.since;
            }
            return earlier;
        }
        observation.since = observation.since.min(known.since.clone());
        let back = observation.seen == Seen::File && known.seen != Seen::File;
        if same(known, &observation) {
            return false;
        }
        *known = observation;
        // What was attested of a later day holds all the same.
        let day = day.to_string();
        if back && kept.rotation.as_ref().is_none_or(|rotation| rotation.on <= day) {
            kept.back_on = Some(day);
            kept.rotation = None;
        }
        true
    }

    /// Credentials that the series had and the bundle does not have. The rows that say something else now.
    fn miss(&mut self, reading: &Reading, day: Date, found: &BTreeMap<String, (String, Vec<&Finding>)>) -> Vec<String> {
        let reads_history = reading.coverage.history.is_some();
        let now = covered(reading);
        // Of a secret at several paths all have to have gone.
        let mut absent: BTreeMap<&str, Vec<&Absent>> = BTreeMap::new();
        for one in &reading.absent {
            if let Some(secret) = one.fingerprint.as_deref().or(one.place.as_deref()) {
                absent.entry(secret).or_default().push(one);
            }
        }
        let mut touched = Vec::new();
        for (id, row) in &mut self.table.rows {
            if found.contains_key(id) {
                continue;
            }
            let absent = absent.get(row.kept.fingerprint.as_str());
            let Some(known) = row.kept.observed.iter_mut().find(|one| is_of(one, &reading.subject)) else { continue };
            if known.facts.retired.take().is_some() {
                // It is there again, and the credential is not in it.
                touched.push(id.clone());
            }
            if known.seen == Seen::Gone || (known.seen == Seen::History && !reads_history) {
                continue;
            }
            match not_looked(reading, &now, &known.facts.covered, absent.map(Vec::as_slice)) {
                Some(why) if known.facts.not_looked.as_deref() == Some(why) => continue,
                Some(why) => known.facts.not_looked = Some(why.to_owned()),
                None => {
                    // A scan of files says nothing of what a history holds.
                    let left = known.facts.committed && !reads_history;
                    known.seen = if left { Seen::History } else { Seen::Gone };
                    known.on = day.to_string();
                    known.scan.clone_from(&reading.scan);
                    known.facts.not_looked = None;
                }
            }
            touched.push(id.clone());
        }
        touched
    }

    /// Judges a row on a day, and records what it says now, if that is something else.
    pub(super) fn judge(&mut self, id: &str, setting: Setting<'_>, act: Act<'_>, today: Date) {
        let number = self.journal.len() + self.recorded;
        let Some(row) = self.table.rows.get_mut(id) else { return };
        if row.kept.observed.iter().all(|one| one.seen == Seen::Gone) {
            row.kept.back_on = None;
        }
        assess(row, setting, today);
        let told = self.told.entry(id.to_owned()).or_default();
        let before = told.status.replace(row.kept.status);
        let mut columns = BTreeMap::new();
        let mut hashes = Vec::new();
        for (at, column) in in_journal().enumerate() {
            let cell = columns::cell(&row.kept, column.name);
            let hash = hash(&cell);
            hashes.push(hash);
            // Of a new row what is empty goes without saying.
            if told.kept.get(at).map_or(!cell.is_empty(), |before| *before != hash) {
                columns.insert(column.name.to_owned(), cell);
            }
        }
        told.kept = hashes;
        if columns.is_empty() {
            return;
        }
        let (event, rows) = match (before, row.kept.status) {
            (None, _) => ("created", &mut self.changes.created),
            (Some(Status::Closed), Status::Open | Status::Accepted) => ("reopened", &mut self.changes.reopened),
            (Some(Status::Open | Status::Accepted), Status::Closed) => ("closed", &mut self.changes.closed),
            _ => ("changed", &mut self.changes.changed),
        };
        rows.insert(id.to_owned());
        row.kept.record = number;
        let (at, on, id) = (act.at.to_owned(), today.to_string(), id.to_owned());
        self.record(Entry::Row(RowChange { at, on, id, event: event.to_owned(), columns }));
    }

    /// Writes into each row when its series were last scanned.
    pub(super) fn date_rows(&mut self) {
        for row in self.table.rows.values_mut() {
            let day = |one: &Observation| {
                let subject =
                    Subject { unit: one.unit.clone(), repository: one.repository.clone(), branch: one.branch.clone() };
                let last = self.journal.last.get(&subject).map(|last| last.started.as_str());
                let told = if one.seen == Seen::Gone || one.facts.not_looked.is_some() { None } else { last };
                told.and_then(|time| time.get(..10)).unwrap_or(&one.on).to_owned()
            };
            row.kept.last_seen = row.kept.observed.iter().map(day).max().unwrap_or_default();
        }
    }

    /// Takes down what is to be appended to the journal.
    pub(super) fn record(&mut self, entry: Entry) {
        self.recorded += 1;
        // Records of all rows take more room than the rows.
        if self.journal.is_kept() {
            self.entries.push(entry);
        }
    }

    /// Whether anything is to be written.
    pub fn is_changed(&self) -> bool {
        !self.entries.is_empty() || !self.changes.restored.is_empty()
    }

    /// The file as it is to be.
    pub fn file(&self) -> Vec<u8> {
        self.table.bytes()
    }

    /// Appends to the journal what is to be appended. Call it when the new file is staged, and put that into its place at once
    /// afterwards; what is lost in between, the next opening brings back.
    ///
    /// # Errors
    ///
    /// The journal cannot be written.
    pub fn commit(&mut self) -> Result<(), RegisterError> {
        let entries = std::mem::take(&mut self.entries);
        self.recorded = 0;
        if !entries.is_empty() {
            self.journal.append(entries)?;
        }
        Ok(())
    }
}

/// The scenarios of bundles alone, which come from the earliest to the latest, as a register would have them that nobody wrote into.
///
/// # Errors
///
/// Those of [`Register::apply`].
pub fn scenarios(readings: &[&Reading], setting: Setting<'_>, today: Date) -> Result<Vec<Row>, RegisterError> {
    let scales = Scales { likelihood: setting.model.likelihood.len(), impact: setting.model.impact.len() };
    let mut register = Register::open(None, Journal::in_memory(), scales)?;
    register.takes_changes = true;
    let act = Act { at: "", by: "" };
    for reading in readings {
        register.apply(reading, setting, act)?;
    }
    register.judge_all(setting, act, today);
    Ok(register.into_rows())
}

/// Names the scenario of `finding`, which `reading` has: the id of its row in every register.
pub fn scenario_id(finding: &Finding, reading: &Reading) -> String {
    id_of(finding, reading).0
}
