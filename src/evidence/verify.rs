//! Verifies a bundle: its parts must agree with each other, byte for byte.
//!
//! What this shows is that the parts are those of one scan and unchanged since the statement was made; whether the
//! statement itself is the original one is for a signature, or a digest kept elsewhere, to show.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::chain::{self, Head, Record};
use super::manifest::{Part, SCHEMA as MANIFEST_SCHEMA, manifest, statement};
use super::record::SCHEMA;
use super::sign::{Envelope, PublicKey};
use super::{ENVELOPE, MANIFEST, RECORDS, RESULTS, STAMP, STATEMENT};
use crate::blob::hex;

/// Bytes of a part, at most: several million findings.
const MAX_PART: u64 = 4 << 30;

/// A bundle as it was read.
#[derive(Debug)]
pub struct Bundle {
    /// The records, up to the first that does not continue the chain; see [`Bundle::whole`].
    pub records: Vec<Record>,
    broken: Option<chain::Broken>,
    records_text: Vec<u8>,
    results: Part,
    manifest: Vec<u8>,
    statement: Vec<u8>,
    /// None where the bundle is not signed.
    envelope: Option<Vec<u8>>,
    /// An outside time stamp, as it lies there.
    pub stamp: Option<Vec<u8>>,
    /// Names in the folder that are no part of a bundle.
    pub strangers: Vec<String>,
}

/// A part that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", crate::blob::printable(.path.as_os_str().as_encoded_bytes()))]
pub struct ReadError {
    /// The part, or the folder.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// What does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The part.
    pub part: &'static str,
    /// The record of the chain, from 0, where it is about one.
    pub record: Option<u64>,
    /// What is wrong, in a clause.
    pub what: String,
}

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.record {
            Some(record) => write!(f, "{}, record {record} (line {}): {}", self.part, record + 1, self.what),
            None => write!(f, "{}: {}", self.part, self.what),
        }
    }
}

/// A bundle whose parts agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The scan.
    pub scan: String,
    /// The end of the chain.
    pub head: Head,
    /// SHA-256 of the manifest, which the statement is about.
    pub manifest_sha256: String,
    /// Ids of the keys that signatures of the statement are said to be by; empty where it is not signed. Whether they are is
    /// for [`Bundle::signer`].
    pub signed_by: Vec<String>,
}

impl Bundle {
    /// Reads the parts of the bundle in `folder`. A part that is absent counts as empty, so that verification names it.
    ///
    /// # Errors
    ///
    /// `folder` is no folder or holds no part of a bundle, or a part cannot be read, is no regular file or is too large.
    pub fn read(folder: &Path) -> Result<Self, ReadError> {
        let mut strangers = Vec::new();
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source| ReadError { path, source }
        };
        let mut parts = 0;
        for entry in fs::read_dir(folder).map_err(fail(folder))? {
            let name = entry.map_err(fail(folder))?.file_name();
            match name.to_str() {
                Some(RECORDS | RESULTS | MANIFEST | STATEMENT) => parts += 1,
                Some(ENVELOPE | STAMP) => {}
                _ => strangers.push(name.to_string_lossy().into_owned()),
            }
        }
        if parts == 0 {
            let source = io::Error::new(io::ErrorKind::NotFound, "there is no evidence bundle in it");
            return Err(ReadError { path: folder.to_owned(), source });
        }
        strangers.sort();
        let read = |name: &str| {
            let path = folder.join(name);
            read_part(&path).map_err(fail(&path))
        };
        let records_text = read(RECORDS)?;
        let (records, broken) = chain::read(&records_text);
        Ok(Self {
            records,
            broken,
            records_text,
            results: digest_part(&folder.join(RESULTS)).map_err(fail(&folder.join(RESULTS)))?,
            manifest: read(MANIFEST)?,
            statement: read(STATEMENT)?,
            envelope: Some(read(ENVELOPE)?).filter(|text| !text.is_empty()),
            stamp: Some(read(STAMP)?).filter(|text| !text.is_empty()),
            strangers,
        })
    }

    /// A record with all that it says; see [`Record::whole`].
    pub fn whole(&self, record: &Record) -> Record {
        record.whole(&self.records_text)
    }

    /// The statement, as it lies there.
    pub fn statement(&self) -> &[u8] {
        &self.statement
    }

    /// The signatures, as they lie there: what an outside time stamp is about. None where the bundle is not signed.
    pub fn envelope_text(&self) -> Option<&[u8]> {
        self.envelope.as_deref()
    }

    /// The signatures; none where the bundle is not signed, or what lies there is no envelope of its statement.
    pub fn envelope(&self) -> Option<Envelope> {
        Envelope::read(self.envelope.as_ref()?, &self.statement).ok()
    }

    /// The first of the pinned `keys` by which the statement is signed. It says nothing of the other parts; see [`verify`].
    pub fn signer<'k>(&self, keys: &'k [PublicKey]) -> Option<&'k PublicKey> {
        self.envelope()?.signer(&self.statement, keys)
    }
}

fn read_part(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    if let Some(mut file) = open_part(path)? {
        file.read_to_end(&mut content)?;
    }
    Ok(content)
}

/// Size and digest of the results, whose content nothing else asks for.
fn digest_part(path: &Path) -> io::Result<Part> {
    let (mut sha256, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    if let Some(mut file) = open_part(path)? {
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            sha256.update(&buffer[..read]);
            bytes += read as u64;
        }
    }
    Ok(Part { path: RESULTS, bytes, sha256: hex(&sha256.finalize()) })
}

/// The first record of the bundle in `folder`, as it lies there: nothing of it was verified. No more is read of it than such a record
/// takes.
///
/// # Errors
///
/// The part is not there, is no regular file, or cannot be read.
pub fn first_line(folder: &Path) -> io::Result<Vec<u8>> {
    /// Bytes of the largest first record: settings and targets are of the size of a command line and its files.
    const MOST: u64 = 16 << 20;
    let part = open_part(&folder.join(RECORDS))?.ok_or(io::ErrorKind::NotFound)?;
    let mut line = Vec::new();
    BufReader::new(part).take(MOST).read_until(b'\n', &mut line)?;
    Ok(line)
}

/// The part at `path`; none where there is no such file.
fn open_part(path: &Path) -> io::Result<Option<io::Take<fs::File>>> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no regular file"));
    }
    if found.len() > MAX_PART {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 4 GiB"));
    }
    Ok(Some(fs::File::open(path)?.take(MAX_PART)))
}

/// Compares all parts.
///
/// # Errors
///
/// What does not agree: broken records first, then the parts in the order of their dependence (records, results,
/// manifest, statement). Never empty.
pub fn verify(bundle: &Bundle) -> Result<Verified, Vec<Disagreement>> {
    let mut found = Vec::new();
    let chained = chain_of(bundle, &mut found);
    compare_parts(bundle, chained.as_ref(), &mut found);
    let envelope = bundle.envelope.as_ref().map(|text| Envelope::read(text, &bundle.statement));
    let signed_by = match envelope {
        None => Vec::new(),
        Some(Ok(envelope)) => envelope.key_ids().map(str::to_owned).collect(),
        Some(Err(error)) => {
            found.push(Disagreement { part: ENVELOPE, record: None, what: error.to_string() });
            Vec::new()
        }
    };
    match chained {
        Some(chained) if found.is_empty() => Ok(Verified {
            scan: chained.started.scan.clone(),
            head: chained.head,
            manifest_sha256: chain::sha256_hex(&bundle.manifest),
            signed_by,
        }),
        _ => Err(found),
    }
}

/// A chain that is whole in itself.
struct Chained<'b> {
    head: Head,
    started: &'b Record,
    completed: &'b Record,
}

/// The chain, if every record continues it and the records add up; else says what is wrong.
fn chain_of<'b>(bundle: &'b Bundle, found: &mut Vec<Disagreement>) -> Option<Chained<'b>> {
    let mut wrong = |record: Option<u64>, what: &str| {
        found.push(Disagreement { part: RECORDS, record, what: what.to_owned() });
        None
    };
    if let Some(broken) = &bundle.broken {
        return wrong(Some(broken.record), &broken.what);
    }
    let (Some(started), Some(completed)) = (bundle.records.first(), bundle.records.last()) else {
        return wrong(None, "it is empty or absent");
    };
    if started.kind() != "scan-started" {
        return wrong(Some(0), "it is not the start of a scan");
    }
    if started.text(&["schema"]) != Some(SCHEMA) {
        return wrong(Some(0), "it is of a format that this version does not know");
    }
    let last = bundle.records.len() as u64 - 1;
    if completed.kind() != "scan-completed" {
        return wrong(Some(last), "it is the last one, but not the end of a scan: the records behind it were cut off");
    }
    if let Some((record, what)) = miscounted(&bundle.records) {
        return wrong(Some(record), &what);
    }
    Some(Chained { head: Head { records: last + 1, hash: completed.hash.clone() }, started, completed })
}

/// The first record whose sums are not those of the others.
fn miscounted(records: &[Record]) -> Option<(u64, String)> {
    let count = |kind: &str| records.iter().filter(|record| record.kind() == kind).count() as u64;
    let mut coverages = 0;
    for (number, record) in (0..).zip(records) {
        let sum = |names: &[&str]| names.iter().try_fold(0_u64, |sum, name| sum.checked_add(record.number(&[name])?));
        match record.kind() {
            "scan-started" if number > 0 => return Some((number, "a scan starts only once".to_owned())),
            "coverage" => {
                coverages += 1;
                for (whole, parts) in [
                    ("files_seen", &["files_read", "files_excluded", "files_unreadable"][..]),
                    ("files_read", &["text_files", "decoded_files", "binary_files"]),
                    ("bytes_read", &["text_bytes", "decoded_bytes", "binary_bytes"]),
                ] {
                    if record.number(&[whole]).is_none() || record.number(&[whole]) != sum(parts) {
                        return Some((number, format!("{whole} is not the sum of {}", parts.join(", "))));
                    }
                }
                for (name, kind) in [("gaps", "gap"), ("exclusions", "exclusion")] {
                    if record.number(&[name]) != Some(count(kind)) {
                        return Some((number, format!("{name} is not the number of such records")));
                    }
                }
                let excluded = records.iter().filter(|record| record.kind() == "exclusion");
                let mut files = excluded.filter_map(|record| record.number(&["files"]));
                let files = files.try_fold(0_u64, u64::checked_add);
                if files.is_none() || record.number(&["files_excluded"]) != files {
                    return Some((number, "files_excluded is not the sum over the exclusions".to_owned()));
                }
            }
            "scan-completed" => {
                if number + 1 != records.len() as u64 {
                    return Some((number, "records follow the end of the scan".to_owned()));
                }
                if record.number(&["records"]) != Some(number) || record.number(&["findings"]) != Some(count("finding"))
                {
                    return Some((number, "it does not count the records before it".to_owned()));
                }
            }
            _ => {}
        }
    }
    let rules: Vec<&Record> = records.iter().filter(|record| record.kind() == "rules").collect();
    let listed = rules
        .iter()
        .filter_map(|record| record.member(&["digests"])?.as_object())
        .map(serde_json::Map::len)
        .sum::<usize>();
    if rules.len() != 1 || records[0].number(&["rule_pack", "rules"]) != Some(listed as u64) {
        return Some((0, "its rules are not those that the record of the rules lists".to_owned()));
    }
    (coverages != 1).then(|| (0, format!("the scan has {coverages} records of its coverage, not one")))
}

/// Manifest and statement follow from the other parts, so both are made again; the one that differs was changed.
fn compare_parts(bundle: &Bundle, chained: Option<&Chained<'_>>, found: &mut Vec<Disagreement>) {
    let mut wrong = |part, what: String| found.push(Disagreement { part, record: None, what });
    let parts = [Part::of(RECORDS, &bundle.records_text), bundle.results.clone()];
    let stated: Value = serde_json::from_slice(&bundle.statement).unwrap_or_default();
    let subject = stated.pointer("/subject/0/digest/sha256").and_then(Value::as_str);
    // The statement vouches for the manifest. Where it does not, one of the two was changed: the manifest if it is not
    // the one that follows from the parts, else the statement.
    let vouched = subject == Some(&chain::sha256_hex(&bundle.manifest));
    let expected = chained.map(|chained| manifest(&chained.started.scan, &chained.head, &parts));
    if !vouched {
        match &expected {
            Some(expected) if *expected == bundle.manifest => {
                wrong(STATEMENT, "its subject is not the manifest beside it".to_owned());
            }
            Some(_) => wrong(MANIFEST, "it is neither what the statement is about nor what the parts give".to_owned()),
            None => wrong(MANIFEST, "it is not what the statement is about".to_owned()),
        }
        return;
    }
    let listed: Value = serde_json::from_slice(&bundle.manifest).unwrap_or_default();
    if listed.pointer("/schema").and_then(Value::as_str) != Some(MANIFEST_SCHEMA) {
        wrong(MANIFEST, "it is of a format that this version does not know".to_owned());
        return;
    }
    let mut parts_agree = true;
    for part in &parts {
        let entries = listed.pointer("/parts").and_then(Value::as_array);
        let entry = entries.and_then(|entries| entries.iter().find(|entry| entry["path"] == part.path));
        let digest = entry.and_then(|entry| entry["sha256"].as_str());
        if digest != Some(&part.sha256) {
            parts_agree = false;
            wrong(part.path, format!("its SHA-256 is {}, not the one in the manifest", part.sha256));
        }
    }
    let (Some(chained), Some(expected)) = (chained, expected) else { return };
    if !parts_agree {
        return;
    }
    if expected != bundle.manifest {
        wrong(MANIFEST, "it says more or other things than the parts give".to_owned());
    } else if statement(&bundle.manifest, &chained.head, chained.started, chained.completed) != bundle.statement {
        wrong(STATEMENT, "it says other things than the first and the last record".to_owned());
    }
}
