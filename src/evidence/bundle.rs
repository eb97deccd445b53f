//! Writes a bundle: into a folder beside its place, which is renamed when every part is on the disk, so that nobody
//! meets half of one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::chain::{self, Record, Writer};
use super::manifest::{Part, manifest, statement};
use super::reading::{Reading, ReadingError};
use super::record::{
    AbsentRecord, Body, Configuration, ControlStateRecord, CoverageRecord, FormResult, Previous, RulePack, RulesRecord,
    RunContext, SCHEMA, ScanCompleted, ScanStarted, SelfTest, ToolIdentity, slot_records,
};
use super::sign::{Envelope, SigningKey};
use super::{ENVELOPE, MANIFEST, RECORDS, RESULTS, STATEMENT};
use crate::blob::{hex, printable};
use crate::govern::{KindRules, Tested, control_states};
use crate::report::json::{
    AttemptRow, BypassRow, CoverageRow, ExceptionOutcomeRow, ExclusionRow, FindingRow, GapRow, KeyRow, OutcomeRow,
    TargetRow,
};
use crate::report::{Report, sarif};
use crate::rule::Rule;
use crate::scan::{Canaries, CanaryOutcome};
use crate::slot::tally;

/// All that a bundle is made of.
#[derive(Debug)]
pub struct Evidence<'e> {
    /// Names the scan; no two scans share it.
    pub scan: String,
    /// The report, complete and sorted.
    pub report: &'e Report,
    /// The active rules, in order of id.
    pub rules: &'e [Arc<Rule>],
    /// Rules that the configuration switched off.
    pub disabled: &'e [Arc<Rule>],
    /// SHA-256 over the active rules.
    pub rules_sha256: [u8; 32],
    /// A digest of each of them, by id.
    pub rule_digests: &'e BTreeMap<String, u64>,
    /// What the self-test says.
    pub canaries: &'e Canaries,
    /// The program.
    pub tool: ToolIdentity,
    /// The settings.
    pub configuration: Configuration,
    /// Where and by whom.
    pub context: RunContext,
    /// When the scan began, RFC 3339 in UTC.
    pub started: String,
    /// The bundle before this one in its series.
    pub previous: Option<Previous>,
    /// What signs the statement.
    pub key: Option<&'e SigningKey>,
}

/// A bundle that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} the evidence bundle {}", printable(.path.as_os_str().as_encoded_bytes()))]
pub struct BundleError {
    /// The folder that the operator gave.
    pub path: PathBuf,
    /// What failed, in words that follow "cannot".
    pub operation: &'static str,
    /// Why.
    pub source: io::Error,
}

/// Refuses a place at which something lies already: evidence is not overwritten. An empty folder is free.
///
/// # Errors
///
/// Something other than an empty folder lies there, or it cannot be looked at.
pub fn check_free(path: &Path) -> Result<(), BundleError> {
    let fail = |source| BundleError { path: path.to_owned(), operation: "write", source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(fail(error)),
        Ok(found) if !found.is_dir() => Err(fail(io::Error::new(io::ErrorKind::AlreadyExists, "no folder"))),
        Ok(_) => match fs::read_dir(path).map_err(fail)?.next() {
            None => Ok(()),
            Some(_) => Err(fail(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the folder holds something already; evidence is not overwritten",
            ))),
        },
    }
}

/// Writes the bundle to the folder `path`; `end` is asked for the time and the milliseconds since the start when all
/// but the last record is written.
///
/// # Errors
///
/// The place is not free (see [`check_free`]), or a part could not be written. Nothing is left behind then.
pub fn write_bundle(
    evidence: &Evidence<'_>,
    path: &Path,
    end: impl FnOnce() -> (String, u64),
) -> Result<(), BundleError> {
    check_free(path)?;
    let fail = |operation| move |source| BundleError { path: path.to_owned(), operation, source };
    let above = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let folder = temporary_folder(above).map_err(fail("make a folder for"))?;
    write_parts(evidence, folder.path(), end).map_err(fail("write"))?;
    // A rename replaces an empty folder, and fails if something has come to lie in it.
    fs::rename(folder.path(), path).map_err(fail("put into place"))?;
    // The name it had is free again; there is nothing to remove.
    drop(folder.keep());
    Ok(())
}

#[cfg(unix)]
fn temporary_folder(above: &Path) -> io::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt as _;
    // The system takes the umask off these bits, as it does for any new folder.
    let mode = fs::Permissions::from_mode(0o777);
    tempfile::Builder::new().prefix(".straykey-").suffix(".tmp").permissions(mode).tempdir_in(above)
}

#[cfg(not(unix))]
fn temporary_folder(above: &Path) -> io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix(".straykey-").suffix(".tmp").tempdir_in(above)
}

fn write_parts(evidence: &Evidence<'_>, folder: &Path, end: impl FnOnce() -> (String, u64)) -> io::Result<()> {
    let results = write_part(folder, RESULTS, |out| sarif::write(evidence.report, evidence.rules, out))?;
    let mut ends = None;
    let records = write_part(folder, RECORDS, |out| {
        ends = Some(write_records(evidence, out, end)?);
        Ok(())
    })?;
    let (head, started, completed) = ends.expect("the part was written");
    let manifest = manifest(&evidence.scan, &head, &[records, results]);
    write_part(folder, MANIFEST, |out| out.write_all(&manifest))?;
    let statement = statement(&manifest, &head, &started, &completed);
    write_part(folder, STATEMENT, |out| out.write_all(&statement))?;
    if let Some(key) = evidence.key {
        let mut envelope = Envelope::default();
        envelope.sign(&statement, key);
        write_part(folder, ENVELOPE, |out| out.write_all(&envelope.to_bytes(&statement)))?;
    }
    Ok(())
}

/// What the bundle would say, without writing one.
///
/// # Errors
///
/// Those of [`Reading`]; a report of this version always has one.
pub fn reading_of(evidence: &Evidence<'_>, end: impl FnOnce() -> (String, u64)) -> Result<Reading, ReadingError> {
    let mut text = Vec::new();
    write_records(evidence, &mut text, end).expect("a vector takes all that is written");
    let (records, broken) = chain::read(&text);
    debug_assert_eq!(broken, None, "what was written is a chain");
    Reading::of_records(&records, |record| record.whole(&text))
}

/// Writes and syncs one part, and takes its digest on the way.
fn write_part(
    folder: &Path,
    name: &'static str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Part> {
    let mut out =
        Digesting { out: BufWriter::new(File::create_new(folder.join(name))?), sha256: Sha256::new(), bytes: 0 };
    write(&mut out)?;
    let Digesting { out, sha256, bytes } = out;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(Part { path: name, bytes, sha256: hex(&sha256.finalize()) })
}

struct Digesting<W> {
    out: W,
    sha256: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes all records; returns the head of the chain, the first record and the last.
fn write_records(
    evidence: &Evidence<'_>,
    out: &mut dyn Write,
    end: impl FnOnce() -> (String, u64),
) -> io::Result<(chain::Head, Record, Record)> {
    let report = evidence.report;
    let mut chain = Writer::new(out, &evidence.scan);
    let started = Body::ScanStarted(ScanStarted {
        schema: SCHEMA,
        started: &evidence.started,
        tool: &evidence.tool,
        rule_pack: RulePack { rules: evidence.rules.len(), sha256: hex(&evidence.rules_sha256) },
        configuration: &evidence.configuration,
        key: KeyRow::new(&report.key),
        targets: report.targets.iter().map(TargetRow::new).collect(),
        previous: evidence.previous.as_ref(),
    });
    chain.append(&started)?;
    chain.append(&Body::RunContext(&evidence.context))?;
    chain.append(&Body::Rules(RulesRecord { digests: evidence.rule_digests }))?;
    for exclusion in &report.exclusions {
        chain.append(&Body::Exclusion(ExclusionRow::new(exclusion)))?;
    }
    for gap in &report.gaps {
        chain.append(&Body::Gap(GapRow::new(gap)))?;
    }
    chain.append(&Body::Coverage(CoverageRecord {
        coverage: CoverageRow::new(&report.coverage),
        gaps: report.gaps.len(),
        exclusions: report.exclusions.len(),
        withheld: report.withheld,
    }))?;
    chain.append(&Body::CredentialSlots(tally(&report.slots, &report.findings)))?;
    for slot in slot_records(&report.slots) {
        chain.append(&Body::CredentialSlot(slot))?;
    }
    chain.append(&Body::SelfTest(self_test(evidence)))?;
    for finding in &report.findings {
        chain.append(&Body::Finding(Box::new(FindingRow::new(finding, false))))?;
    }
    if let Some(comparison) = &report.comparison {
        let absent: BTreeMap<_, _> =
            comparison.absent.iter().map(|one| ((one.fingerprint.as_str(), one.path.as_str()), one)).collect();
        for entry in &comparison.remembered {
            let told = absent.get(&(entry.secret.text(), entry.path.as_str())).copied();
            chain.append(&Body::Absent(AbsentRecord::new(entry, told)))?;
        }
    }
    for outcome in ExceptionOutcomeRow::all(report) {
        chain.append(&Body::Exception(outcome))?;
    }
    for attempt in AttemptRow::all(report) {
        chain.append(&Body::Attempt(attempt))?;
    }
    if let Some(bypass) = BypassRow::of(report) {
        chain.append(&Body::Bypass(bypass))?;
    }
    for state in &control_states(&report.findings, &tested(evidence)) {
        chain.append(&Body::ControlState(ControlStateRecord::new(state)))?;
    }
    let (completed, duration_milliseconds) = end();
    let completed = Body::ScanCompleted(ScanCompleted {
        completed,
        duration_milliseconds,
        outcome: OutcomeRow::new(report),
        findings: report.findings.len(),
        records: chain.records(),
    });
    chain.append(&completed)?;
    let (_, head) = chain.finish()?;
    Ok((head, record(&evidence.scan, &started)?, record(&evidence.scan, &completed)?))
}

/// A record as a reader of the chain would see it, as far as a statement asks.
fn record(scan: &str, body: &impl Serialize) -> io::Result<Record> {
    let mut wrapped = json!({ "body": serde_json::to_value(body)? });
    let body = wrapped["body"].as_object_mut().map(std::mem::take).unwrap_or_default();
    Ok(Record::new(body, scan))
}

fn self_test<'e>(evidence: &Evidence<'e>) -> SelfTest<'e> {
    let with = |outcome| {
        let canaries = evidence.canaries.rules.iter().filter(move |canary| canary.outcome == outcome);
        canaries.map(|canary| canary.rule.id.as_str()).collect::<Vec<_>>()
    };
    let planted = |rule: &&Arc<Rule>| evidence.canaries.rules.iter().any(|canary| canary.rule.id == rule.id);
    let mut not_tested: Vec<&str> = evidence.disabled.iter().map(|rule| rule.id.as_str()).collect();
    not_tested.extend(evidence.rules.iter().filter(|rule| !planted(rule)).map(|rule| rule.id.as_str()));
    not_tested.sort_unstable();
    SelfTest {
        found: with(CanaryOutcome::Found),
        not_found: with(CanaryOutcome::NotFound),
        not_tested,
        forms: evidence.canaries.forms.iter().map(|&(form, outcome)| FormResult { form, outcome }).collect(),
    }
}

/// What control states depend on.
fn tested(evidence: &Evidence<'_>) -> Tested {
    let mut tested = Tested {
        complete: evidence.report.outcome.complete,
        files: evidence.report.coverage.files_read,
        ..Tested::default()
    };
    let mut rules_of = |rule: &Rule, count: fn(&mut KindRules) -> &mut usize| {
        *count(tested.kinds.entry(rule.kind.clone()).or_default()) += 1;
    };
    for canary in &evidence.canaries.rules {
        match canary.outcome {
            CanaryOutcome::Found => rules_of(&canary.rule, |kind| &mut kind.working),
            CanaryOutcome::NotFound => rules_of(&canary.rule, |kind| &mut kind.silent),
        }
    }
    for rule in evidence.disabled {
        rules_of(rule, |kind| &mut kind.disabled);
    }
    tested
}
