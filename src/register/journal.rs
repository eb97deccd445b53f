//! The journal of a register: a chain of records of all that became of its rows, appended before the file of the register is
//! replaced.
//!
//! It is what an auditor reads: which evidence was taken in, what it changed, what people decided, who attested what. It is also what
//! makes the file safe: a row that somebody deleted, or that a crash kept from being written, is in it.
//!
//! The records are those of [`crate::evidence::chain`]; their `scan` names the register.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use same_file::Handle;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::columns;
use super::row::{Attested, Decided, Kept, Observation, Row};
use crate::evidence::chain::{Broken, Record, Records, Writer};
use crate::evidence::reading::Key;
use crate::evidence::series::Subject;
use crate::finding::Grade;

/// What `schema` says in the first record.
pub const SCHEMA: &str = "straykey/register-journal/v1";

/// One record, by its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "Straykey register journal: the body of a record"))]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Entry {
    /// The first record.
    RegisterCreated(Created),
    /// By what rows are judged from now on, where that is not what it was.
    Settings(Settings),
    /// A bundle was taken in.
    EvidenceApplied(Applied),
    /// A row was made or changed.
    Row(RowChange),
    /// People changed what they keep of a row; noticed at the next update.
    Decision(DecisionChange),
    /// Somebody attested that a credential was made worthless.
    Attestation(Attestation),
    /// What a series is of is no more: nobody will scan it again.
    SeriesRetired(SeriesRetired),
    /// The end of what was written at once: without it the records before it, back to the last one of these, count for nothing.
    Committed(Committed),
}

/// The first record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Created {
    /// Names this format and its major version.
    pub schema: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// The key of the fingerprints: all evidence has to be under this one.
    pub key_id: String,
    /// Where that key came from.
    pub keyed: String,
}

/// The end of what was written at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Committed {
    /// How many records before this one belong to it.
    pub records: u64,
}

/// By what rows are judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Settings {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who, or what account, said so.
    pub by: String,
    /// The model of risk, by its name.
    pub risk: String,
    /// SHA-256 of the model, where it is not one that comes with straykey.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub risk_sha256: Option<String>,
    /// SHA-256 of the scope; none where there was none.
    pub scope_sha256: Option<String>,
    /// SHA-256 of the mapping of owners; none where there was none.
    pub owners_sha256: Option<String>,
}

/// A bundle that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Applied {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who, or what account, ran the update.
    pub by: String,
    /// The scan.
    pub scan: String,
    /// SHA-256 of the manifest of its bundle.
    pub manifest_sha256: String,
    /// `consistent` or `authentic`.
    pub assurance: String,
    /// The key that signed it, by its id, where that was pinned.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signed_by: Option<String>,
    /// Its series.
    #[cfg_attr(test, schemars(with = "Value"))]
    pub subject: Subject,
    /// When the scan began.
    pub started: String,
    /// What was to be scanned.
    pub targets: Vec<String>,
    /// It is older than one of the same series that was taken in before it, and told only since when things are known.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub late: bool,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RowChange {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// The day on which it was judged: that of a scan, or of the update.
    pub on: String,
    /// The row.
    pub id: String,
    /// `created`, `changed`, `closed` or `reopened`.
    pub event: String,
    /// The columns that are not as they were, with what they say now.
    pub columns: BTreeMap<String, String>,
}

/// What people decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DecisionChange {
    /// When it was noticed, RFC 3339 in UTC. When and by whom it was made the file cannot tell; its history in git can.
    pub at: String,
    /// The row.
    pub id: String,
    /// The columns that are not as they were, with what they say now.
    pub columns: BTreeMap<String, String>,
}

/// Somebody's word that a credential was made worthless, or that such a word is not so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Attestation {
    /// When it was recorded, RFC 3339 in UTC.
    pub at: String,
    /// Who, or what account, recorded it.
    pub recorded_by: String,
    /// The row.
    pub id: String,
    /// `rotated`: replaced, and the old value revoked. `revoked`: made worthless without another in its place. `withdrawn`: what was
    /// attested before is not so.
    #[cfg_attr(test, schemars(with = "String", extend("enum" = Attested::NAMES)))]
    pub what: Attested,
    /// The day on which it was done.
    pub on: String,
    /// Who says so.
    pub by: String,
    /// How far that can be relied upon.
    #[cfg_attr(test, schemars(with = "String", extend("enum" = Grade::NAMES)))]
    pub grade: Grade,
    /// What shows it: an answer of the issuer, a log, a change.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evidence: Option<String>,
    /// Where it was followed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ticket: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

/// Somebody's word that a repository, a branch or a unit is no more. Its credentials are no less valid for that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SeriesRetired {
    /// When it was recorded, RFC 3339 in UTC.
    pub at: String,
    /// Who, or what account, recorded it.
    pub recorded_by: String,
    /// The series.
    #[cfg_attr(test, schemars(with = "Value"))]
    pub subject: Subject,
    /// The day since which it is so.
    pub on: String,
    /// Who says so.
    pub by: String,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

/// A journal that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read, locked or written.
    #[error("cannot {operation} it")]
    Io {
        /// What failed, in words that follow "cannot".
        operation: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A record is damaged, or is not where it was written.
    #[error("record {record} (line {line}): {what}", line = record + 1)]
    Broken {
        /// Its number, from 0.
        record: u64,
        /// What is wrong, in a clause.
        what: String,
    },
}

/// What a journal knows of a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The record that last changed what straykey keeps.
    pub(super) record: u64,
    /// What straykey keeps, by column.
    pub(super) kept: BTreeMap<String, String>,
    /// What people kept when it was last looked at, by column.
    pub(super) decided: BTreeMap<String, String>,
}

impl Known {
    /// What the scans of each series say of it, which the journal alone has.
    pub(super) fn observed(&self) -> Result<Vec<Observation>, &'static str> {
        columns::observed(self.kept.get("observed").map_or("", String::as_str))
    }

    /// The row as the journal has it.
    pub(super) fn row(&self) -> Result<Row, &'static str> {
        let record = self.record.to_string();
        let get = |name: &str| match name {
            "record" => record.as_str(),
            name => self.kept.get(name).map_or("", String::as_str),
        };
        let kept: Kept = columns::kept(get)?;
        let mut decided = Decided::default();
        for (name, cell) in &self.decided {
            match columns::column(name) {
                Some(column) => decided.set(column.name, cell.clone()),
                None => drop(decided.others.insert(name.clone(), cell.clone())),
            }
        }
        Ok(Row { kept, decided })
    }
}

/// The last bundle that was taken in of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// The scan.
    pub scan: String,
    /// When it began.
    pub started: String,
    /// The day since which there is nothing more to be scanned, where somebody said so after it.
    pub retired: Option<String>,
}

/// What a journal is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To be read; others may read it meanwhile.
    Read,
    /// To be written; nobody else has it meanwhile.
    Write,
    /// The same, and it is made where there is none.
    Create,
}

/// A journal, held until it is dropped.
#[derive(Debug)]
pub struct Journal {
    /// None where nothing is to be kept.
    file: Option<File>,
    /// Bytes of the records that were read.
    length: u64,
    /// Names the register.
    pub(super) register: String,
    /// Records.
    pub(super) records: u64,
    head: Option<String>,
    /// The key of the fingerprints; none where the journal is new.
    pub(super) key: Option<Key>,
    pub(super) rows: BTreeMap<String, Known>,
    pub(super) last: BTreeMap<Subject, Last>,
    /// Scans that were taken in.
    pub(super) applied: BTreeMap<String, String>,
    /// By what rows were judged last.
    pub(super) settings: Option<Settings>,
}

impl Journal {
    /// Opens the journal at `path`, waits until no other process writes it, and reads it.
    ///
    /// # Errors
    ///
    /// It cannot be opened, locked or read, or a record does not follow the one before.
    pub fn open(path: &Path, access: Access) -> Result<Self, JournalError> {
        let fail = |operation| move |source| JournalError::Io { operation, source };
        let mut options = OpenOptions::new();
        options.read(true);
        if access != Access::Read {
            options.append(true).create(access == Access::Create);
        }
        let mut file = loop {
            let file = options.open(path).map_err(fail("open"))?;
            if access == Access::Read { file.lock_shared() } else { file.lock() }.map_err(fail("lock"))?;
            // While we waited, who had it may have taken an empty one away.
            let locked = Handle::from_file(file.try_clone().map_err(fail("lock"))?).map_err(fail("lock"))?;
            if Handle::from_path(path).is_ok_and(|there| there == locked) {
                break file;
            }
        };
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(fail("read"))?;
        let mut journal = Self { file: Some(file), ..Self::in_memory() };
        journal.read(&text)?;
        Ok(journal)
    }

    /// Reads the records of `text` up to the last [`Entry::Committed`]. A crash may have left what an update had begun to append. Nothing
    /// was made of it, since the file of the register is replaced afterwards, and the update is to be done once more.
    fn read(&mut self, text: &[u8]) -> Result<(), JournalError> {
        let whole = memchr::memrchr(b'\n', text).map_or(0, |end| end + 1);
        // One after the other: as JSON values all of them would take many times the memory of their text.
        let mut records = Records::of(&text[..whole]);
        let mut begun = Vec::new();
        while let Some(record) = records.next() {
            let record = record.map_err(|Broken { record, what }| JournalError::Broken { record, what })?;
            let number = self.records + begun.len() as u64;
            let (scan, hash) = (record.scan.clone(), record.hash.clone());
            let entry = entry_of(number, record)?;
            if matches!(entry, Entry::RegisterCreated(_)) != (number == 0) {
                let what = "a journal begins with the record of its register, and has one".to_owned();
                return Err(JournalError::Broken { record: number, what });
            }
            let is_end = matches!(entry, Entry::Committed(_));
            begun.push(entry);
            if is_end {
                begun.drain(..).for_each(|entry| self.learn(entry));
                self.register = scan;
                self.head = Some(hash);
                self.length = records.read() as u64;
            }
        }
        Ok(())
    }

    /// A journal of what nobody keeps.
    pub(super) fn in_memory() -> Self {
        Self {
            file: None,
            length: 0,
            register: String::new(),
            records: 0,
            head: None,
            key: None,
            rows: BTreeMap::new(),
            last: BTreeMap::new(),
            applied: BTreeMap::new(),
            settings: None,
        }
    }

    /// What it tells of the row `id`, each with the number of its record. The bundles that were taken in are those of all rows, and are
    /// left out.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is not as it was when it was opened.
    pub fn history(&self, id: &str) -> Result<Vec<(u64, Entry)>, JournalError> {
        let fail = |source| JournalError::Io { operation: "read", source };
        let mut text = Vec::new();
        if let Some(mut file) = self.file.as_ref() {
            file.seek(SeekFrom::Start(0)).map_err(fail)?;
            file.take(self.length).read_to_end(&mut text).map_err(fail)?;
        }
        let mut told = Vec::new();
        for (number, record) in (0..).zip(Records::of(&text)) {
            let entry =
                entry_of(number, record.map_err(|Broken { record, what }| JournalError::Broken { record, what })?)?;
            if let Entry::Row(RowChange { id: about, .. })
            | Entry::Decision(DecisionChange { id: about, .. })
            | Entry::Attestation(Attestation { id: about, .. }) = &entry
                && about == id
            {
                told.push((number, entry));
            }
        }
        Ok(told)
    }

    /// Whether anybody keeps it.
    pub(super) fn is_kept(&self) -> bool {
        self.file.is_some()
    }

    /// Whether it has no record yet.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// The hash of its last record: kept elsewhere, it shows that the end was not cut off.
    pub fn head(&self) -> Option<&str> {
        self.head.as_deref()
    }

    /// The key of the fingerprints; none where the journal is new.
    pub fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// By what rows were judged last.
    pub fn settings(&self) -> Option<&Settings> {
        self.settings.as_ref()
    }

    /// How many records it has.
    pub fn len(&self) -> u64 {
        self.records
    }

    /// The last bundle of each series that was taken in.
    pub fn series(&self) -> impl Iterator<Item = (&Subject, &Last)> {
        self.last.iter()
    }

    /// What the record that comes next says.
    fn learn(&mut self, entry: Entry) {
        match entry {
            Entry::RegisterCreated(Created { key_id, keyed, .. }) => self.key = Some(Key { id: key_id, keyed }),
            Entry::EvidenceApplied(Applied { scan, manifest_sha256, subject, started, late, .. }) => {
                self.applied.insert(scan.clone(), manifest_sha256);
                if !late {
                    self.last.insert(subject, Last { scan, started, retired: None });
                }
            }
            Entry::Row(RowChange { id, columns, .. }) => {
                let known = self.rows.entry(id).or_default();
                known.record = self.records;
                known.kept.extend(columns);
            }
            Entry::Decision(DecisionChange { id, columns, .. }) => {
                let known = self.rows.entry(id).or_default();
                known.decided.extend(columns);
                known.decided.retain(|_, cell| !cell.is_empty());
            }
            Entry::SeriesRetired(SeriesRetired { subject, on, .. }) => {
                if let Some(last) = self.last.get_mut(&subject) {
                    last.retired = Some(on);
                }
            }
            Entry::Settings(settings) => self.settings = Some(settings),
            // What the one says is in its row, and the other says nothing of any.
            Entry::Attestation(_) | Entry::Committed(_) => {}
        }
        self.records += 1;
    }

    /// Appends `entries`, and waits until they are on the disk. The records of rows get their numbers in the order given.
    ///
    /// # Errors
    ///
    /// They cannot be written. What was written of them is taken back, as far as that can be done.
    pub fn append(&mut self, mut entries: Vec<Entry>) -> Result<(), JournalError> {
        entries.push(Entry::Committed(Committed { records: entries.len() as u64 }));
        let fail = |operation| move |source| JournalError::Io { operation, source };
        let mut text = Vec::new();
        let mut writer = Writer::after(&mut text, &self.register, self.records, self.head.clone());
        for entry in &entries {
            writer.append(entry).map_err(fail("write"))?;
        }
        let (_, head) = writer.finish().map_err(fail("write"))?;
        if let Some(file) = &mut self.file {
            // What a crash left behind the last whole update goes.
            file.set_len(self.length).map_err(fail("cut"))?;
            file.seek(SeekFrom::End(0)).map_err(fail("write"))?;
            if let Err(source) = file.write_all(&text).and_then(|()| file.sync_all()) {
                drop(file.set_len(self.length));
                return Err(JournalError::Io { operation: "write", source });
            }
        }
        self.length += text.len() as u64;
        entries.into_iter().for_each(|entry| self.learn(entry));
        self.head = Some(head.hash);
        Ok(())
    }
}

/// What a record says; `number` is its own, from 0.
fn entry_of(number: u64, record: Record) -> Result<Entry, JournalError> {
    serde_json::from_value(Value::Object(record.body)).map_err(|_| JournalError::Broken {
        record: number,
        what: "it is of no type that this version knows".to_owned(),
    })
}
