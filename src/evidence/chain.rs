//! A chain of records: JSON Lines in which each record carries the hash of the one before.
//!
//! A record is `{"body":..., "hash":..., "prev":..., "scan":..., "seq":...}` in the canonical form of RFC 8785. `hash` is
//! SHA-256, in hexadecimal, over the canonical form of the record without its `hash`; `prev` is the hash of the record
//! before, and null in the first; `seq` counts from 0. As the members are sorted, the hashed text is the line with its
//! own hash cut out, which a shell can do.

use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::blob::hex;

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The canonical form of RFC 8785.
pub fn canonical(value: &Value) -> Vec<u8> {
    // Fails for keys that are not strings and for numbers that are not finite; a JSON value has neither.
    serde_jcs::to_vec(value).expect("a JSON value has a canonical form")
}

/// How a record begins.
const BODY: &str = "{\"body\":";

/// What follows the hash of a record, in its canonical form.
fn members(prev: Option<&str>, scan: &str, seq: u64) -> String {
    let text = |text: &str| String::from_utf8(canonical(&json!(text))).expect("JSON is UTF-8");
    format!(",\"prev\":{},\"scan\":{},\"seq\":{seq}}}", prev.map_or_else(|| "null".to_owned(), text), text(scan))
}

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Records.
    pub records: u64,
    /// Hash of the last one.
    pub hash: String,
}

/// Writes a chain.
pub struct Writer<W> {
    out: W,
    scan: String,
    records: u64,
    prev: Option<String>,
}

impl<W: Write> Writer<W> {
    /// An empty chain of the scan called `scan`.
    pub fn new(out: W, scan: &str) -> Self {
        Self::after(out, scan, 0, None)
    }

    /// Goes on with a chain that has so many records, the last of which has the hash `prev`.
    pub fn after(out: W, scan: &str, records: u64, prev: Option<String>) -> Self {
        Self { out, scan: scan.to_owned(), records, prev }
    }

    /// Appends a record.
    ///
    /// # Errors
    ///
    /// Those of the writer. A body that is no JSON is an error of the kind [`io::ErrorKind::InvalidData`].
    pub fn append(&mut self, body: &impl Serialize) -> io::Result<()> {
        // The members stand in the order of their names, so that the body is put into its canonical form once, and all else
        // follows it.
        let body = serde_jcs::to_vec(body)?;
        let rest = members(self.prev.as_deref(), &self.scan, self.records);
        let hash = hex(&Sha256::new().chain_update(BODY).chain_update(&body).chain_update(&rest).finalize());
        for part in [BODY.as_bytes(), &body, b",\"hash\":\"", hash.as_bytes(), b"\"", rest.as_bytes(), b"\n"] {
            self.out.write_all(part)?;
        }
        self.records += 1;
        self.prev = Some(hash);
        Ok(())
    }

    /// How many records there are so far.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Ends the chain.
    ///
    /// # Errors
    ///
    /// Those of flushing the writer.
    pub fn finish(mut self) -> io::Result<(W, Head)> {
        self.out.flush()?;
        Ok((self.out, Head { records: self.records, hash: self.prev.unwrap_or_default() }))
    }
}

/// A record of a chain that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it says; of findings, absent secrets and credential slots no more than the type, see [`Record::whole`].
    pub body: Map<String, Value>,
    /// The scan it belongs to.
    pub scan: String,
    /// Its own hash.
    pub hash: String,
    /// Its line in the text of the chain.
    line: Range<usize>,
}

/// Types of records of which there may be tens of thousands. As JSON values they would take many times the memory of their
/// text.
const MANY: [&str; 3] = ["finding", "absent", "credential-slot"];

impl Record {
    /// A record that is not, or not yet, one of a chain.
    pub(super) fn new(body: Map<String, Value>, scan: &str) -> Self {
        Self { body, scan: scan.to_owned(), hash: String::new(), line: 0..0 }
    }

    /// The same with all that it says. `text` is that of the chain that it was read from.
    #[must_use]
    pub fn whole(&self, text: &[u8]) -> Self {
        let mut whole = self.clone();
        if MANY.contains(&self.kind())
            && let Some(Value::Object(body)) = text
                .get(self.line.clone())
                .and_then(|line| serde_json::from_slice::<Value>(line).ok())
                .map(|mut record| record["body"].take())
        {
            whole.body = body;
        }
        whole
    }

    /// What kind of record it is.
    pub fn kind(&self) -> &str {
        self.body.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    /// A number of the body, by the names on the way to it.
    pub fn number(&self, path: &[&str]) -> Option<u64> {
        self.member(path)?.as_u64()
    }

    /// A text of the body, by the names on the way to it.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.member(path)?.as_str()
    }

    /// A member of the body, by the names on the way to it.
    pub fn member(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.body.get(*first)?, |value, name| value.get(name))
    }
}

/// A line that does not continue the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which record, from 0.
    pub record: u64,
    /// What is wrong with it, in a clause.
    pub what: String,
}

/// Reads a chain up to the first record that does not continue it.
pub fn read(text: &[u8]) -> (Vec<Record>, Option<Broken>) {
    let mut records = Vec::new();
    for record in Records::of(text) {
        match record {
            Ok(record) => records.push(record),
            Err(broken) => return (records, Some(broken)),
        }
    }
    (records, None)
}

/// The records of a chain, one after the other, up to the first that does not continue it.
#[derive(Debug)]
pub struct Records<'t> {
    text: &'t [u8],
    /// Where the next one begins.
    at: usize,
    number: u64,
    /// Hash and scan of the one before.
    before: Option<(String, String)>,
}

impl<'t> Records<'t> {
    /// Those of `text`.
    pub fn of(text: &'t [u8]) -> Self {
        Self { text, at: 0, number: 0, before: None }
    }

    /// Bytes of the records that were read so far.
    pub fn read(&self) -> usize {
        self.at
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let (number, start) = (self.number, self.at);
        let read = match memchr::memchr(b'\n', rest) {
            None => Err("it has no end of line: it was cut".to_owned()),
            Some(end) => {
                self.at += end + 1;
                let before = self.before.as_ref().map(|(hash, scan)| (hash.as_str(), scan.as_str()));
                read_record(&rest[..end], number, before).map(|record| Record { line: start..start + end, ..record })
            }
        };
        self.number += 1;
        match read {
            Ok(record) => {
                self.before = Some((record.hash.clone(), record.scan.clone()));
                Some(Ok(record))
            }
            Err(what) => {
                self.at = self.text.len();
                Some(Err(Broken { record: number, what }))
            }
        }
    }
}

fn read_record(line: &[u8], number: u64, before: Option<(&str, &str)>) -> Result<Record, String> {
    let value: Value = serde_json::from_slice(line).map_err(|_| "it is no JSON")?;
    if canonical(&value) != line {
        return Err("it is not in the canonical form of RFC 8785".to_owned());
    }
    let Value::Object(mut members) = value else { return Err("it is no record".to_owned()) };
    let Some(Value::String(hash)) = members.remove("hash") else { return Err("it has no hash".to_owned()) };
    let found = sha256_without(line, &hash);
    if found != hash {
        return Err(format!("its content has the hash {found}, not the one it carries"));
    }
    if members.get("seq").and_then(Value::as_u64) != Some(number) {
        let seq = members.get("seq").cloned().unwrap_or_default();
        return Err(format!("record {seq} stands in its place"));
    }
    if members.get("prev").and_then(Value::as_str) != before.map(|(hash, _)| hash) {
        return Err("it does not follow the record before it".to_owned());
    }
    let (Some(Value::Object(mut body)), Some(Value::String(scan))) = (members.remove("body"), members.remove("scan"))
    else {
        return Err("it has no body, or no scan".to_owned());
    };
    if before.is_some_and(|(_, before)| before != scan) {
        return Err("it is of another scan".to_owned());
    }
    if members.keys().any(|key| !matches!(key.as_str(), "seq" | "prev")) {
        return Err("it has members that no record has".to_owned());
    }
    if body.get("type").and_then(Value::as_str).is_some_and(|kind| MANY.contains(&kind)) {
        body.retain(|name, _| name == "type");
    }
    Ok(Record { body, scan, hash, line: 0..0 })
}

/// The hash over a line of canonical JSON without its last member `hash`; members that begin alike stand further back in no
/// record, since `prev`, `scan` and `seq` alone follow.
fn sha256_without(line: &[u8], hash: &str) -> String {
    let member = format!("\"hash\":{},", json!(hash));
    let at = memchr::memmem::rfind(line, member.as_bytes());
    let (before, after) = at.map_or((line, &[][..]), |at| (&line[..at], &line[at + member.len()..]));
    hex(&Sha256::new().chain_update(before).chain_update(after).finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), "s");
        for number in 0..4 {
            writer.append(&json!({ "type": "t", "n": number, "text": "\u{e9}\u{1f511}\"\\\u{7f}" })).unwrap();
        }
        let (out, head) = writer.finish().unwrap();
        assert_eq!(head.records, 4);
        out
    }

    #[test]
    fn a_chain_reads_as_it_was_written() {
        let (records, broken) = read(&chain());
        assert_eq!(broken, None);
        assert_eq!(records.len(), 4);
        assert_eq!(records[3].number(&["n"]), Some(3));
    }

    #[test]
    fn the_hash_is_that_of_the_line_without_it() {
        let text = chain();
        let line = text.split(|&byte| byte == b'\n').next().unwrap();
        let line = std::str::from_utf8(line).unwrap();
        let hash = &read(&text).0[0].hash;
        let without = line.replace(&format!("\"hash\":\"{hash}\","), "");
        assert_ne!(without, line);
        assert_eq!(&sha256_hex(without.as_bytes()), hash);
    }

    #[test]
    fn every_byte_counts() {
        let text = chain();
        let lines: Vec<usize> = memchr::memchr_iter(b'\n', &text).collect();
        for at in 0..text.len() {
            for flip in [1, 0x20, 0x80] {
                let mut changed = text.clone();
                changed[at] ^= flip;
                let (_, broken) = read(&changed);
                let expected = lines.partition_point(|&end| end < at) as u64;
                assert_eq!(broken.map(|broken| broken.record), Some(expected), "byte {at} ^ {flip}");
            }
        }
    }

    #[test]
    fn records_cannot_move_or_double() {
        let text = chain();
        let lines: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
        let broken = |order: &[usize]| {
            let text: Vec<u8> = order.iter().flat_map(|&line| lines[line].iter().copied()).collect();
            read(&text).1.map(|broken| broken.record)
        };
        assert_eq!(broken(&[0, 1, 2, 3]), None);
        assert_eq!(broken(&[0, 2, 1, 3]), Some(1));
        assert_eq!(broken(&[0, 1, 1, 2, 3]), Some(2));
        assert_eq!(broken(&[0, 2, 3]), Some(1));
        assert_eq!(broken(&[1, 2, 3]), Some(0));
        assert_eq!(broken(&[0, 1, 2]), None, "the manifest and the last record show a cut tail");
    }
}
