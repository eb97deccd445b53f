//! The objects of the JSON formats that speak of the scan. They borrow from the report and compute nothing but layout.
//!
//! The documentation of each field becomes its description in the published schema, so it speaks to
//! the readers of a report. Enumerations appear in the schema only where the set is closed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::Findings;
use super::finding::FindingRow;
use super::standing::{AttemptRow, BypassRow, ComparisonRow, ExceptionOutcomeRow};
use crate::blob::{CommitRange, Origin};
use crate::finding::Occurrence;
use crate::gap::{Coverage, Exclusion, Gap, HistoryCoverage};
use crate::report::standing::Standings;
use crate::report::{GitInfo, KeyInfo, Keyed, Outcome, Report, Target, TargetKind};
use crate::severity::Severity;
use crate::slot::{Tally, tally};

/// A report of one scan. Arrays are sorted; equal inputs give equal bytes. Members may be added.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(title = "Straykey report"))]
pub(super) struct Document<'r> {
    /// Names this format and its major version.
    #[cfg_attr(test, schemars(extend("const" = super::REPORT_SCHEMA)))]
    pub(super) schema: &'static str,
    pub(super) tool: Tool,
    /// What was scanned, in the order of the command line.
    pub(super) targets: Vec<TargetRow<'r>>,
    pub(super) key: KeyRow<'r>,
    pub(super) outcome: OutcomeRow,
    pub(super) summary: Summary,
    pub(super) coverage: CoverageRow,
    /// The secrets, worst first, then by rule and first place.
    #[cfg_attr(test, schemars(with = "Vec<FindingRow<'_>>"))]
    pub(super) findings: Findings<'r>,
    /// What could not be read, or not wholly.
    pub(super) gaps: Vec<GapRow<'r>>,
    /// What was left out by policy.
    pub(super) exclusions: Vec<ExclusionRow<'r>>,
    pub(super) withheld: Withheld,
    #[serde(flatten)]
    pub(super) standing: StandingRows<'r>,
    /// Hints for the operator.
    pub(super) notes: &'r [String],
}

/// One line of a scan in JSON Lines.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(title = "Straykey event"))]
pub(super) struct Event<'r> {
    /// Names this format and its major version.
    #[cfg_attr(test, schemars(extend("const" = super::EVENT_SCHEMA)))]
    pub(super) schema: &'static str,
    #[serde(flatten)]
    pub(super) body: EventBody<'r>,
}

/// What a line says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) enum EventBody<'r> {
    /// The first line.
    Start(Start<'r>),
    /// A secret.
    Finding(Box<FindingRow<'r>>),
    /// Something that could not be read.
    Gap(GapRow<'r>),
    /// Something that policy left out.
    Exclusion(ExclusionRow<'r>),
    /// The last line; output without it is not complete.
    Summary(Box<SummaryEvent<'r>>),
}

/// What is known before the first finding.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Start<'r> {
    pub(super) tool: Tool,
    /// What was scanned, in the order of the command line.
    pub(super) targets: Vec<TargetRow<'r>>,
    pub(super) key: KeyRow<'r>,
}

/// What is known after the last finding.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct SummaryEvent<'r> {
    pub(super) outcome: OutcomeRow,
    pub(super) summary: Summary,
    pub(super) coverage: CoverageRow,
    pub(super) withheld: Withheld,
    #[serde(flatten)]
    pub(super) standing: StandingRows<'r>,
    /// Hints for the operator.
    pub(super) notes: &'r [String],
}

/// What the scan was held against, and what people decided; each only where there is any.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct StandingRows<'r> {
    /// The earlier scan that it was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<ComparisonRow<'r>>,
    /// The exceptions that the operator named, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exceptions: Vec<ExceptionOutcomeRow<'r>>,
    /// What the change that was scanned would have had obeyed, and was not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attempts: Vec<AttemptRow<'r>>,
    /// The process ends with 0 by this order, whatever else `outcome` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    bypass: Option<BypassRow<'r>>,
}

impl<'r> StandingRows<'r> {
    pub(super) fn new(report: &'r Report) -> Self {
        Self {
            comparison: ComparisonRow::of(report),
            exceptions: ExceptionOutcomeRow::all(report),
            attempts: AttemptRow::all(report),
            bypass: BypassRow::of(report),
        }
    }
}

/// The program that made the report.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    pub(super) fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

/// One target of the scan.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Target"))]
pub(crate) struct TargetRow<'r> {
    /// As given on the command line; `-` for standard input. Where it is not UTF-8, with U+FFFD.
    given: String,
    /// The same as base64, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_bytes: Option<String>,
    /// `directory`, `file`, `stdin`; more may come.
    #[cfg_attr(test, schemars(with = "String"))]
    kind: TargetKind,
    git: Option<GitRow<'r>>,
}

impl<'r> TargetRow<'r> {
    pub(crate) fn new(target: &'r Target) -> Self {
        let (given, given_bytes) = text_and_bytes(target.given.as_os_str().as_encoded_bytes());
        Self { given, given_bytes, kind: target.kind, git: target.git.as_ref().map(GitRow::new) }
    }
}

/// The git work tree around a target.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Git"))]
struct GitRow<'r> {
    /// Path of the target below the root of the work tree, ending in `/`; empty at the root.
    prefix: String,
    /// URL of the remote `origin`, without credentials.
    repository: Option<&'r str>,
    /// Commit that HEAD names.
    revision: Option<&'r str>,
    /// Branch that HEAD names.
    branch: Option<&'r str>,
    /// The commits whose changes were scanned, where it was not the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<&'r CommitRange>,
}

impl<'r> GitRow<'r> {
    fn new(git: &'r GitInfo) -> Self {
        Self {
            prefix: String::from_utf8_lossy(&git.prefix).into_owned(),
            repository: git.repository.as_deref(),
            revision: git.revision.as_deref(),
            branch: git.branch.as_deref(),
            range: git.range.as_ref(),
        }
    }
}

/// The key of the fingerprints. Fingerprints compare only under the same key.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Key"))]
pub(crate) struct KeyRow<'r> {
    /// Names the key without telling it.
    id: &'r str,
    /// Where the key came from.
    #[cfg_attr(
        test,
        schemars(with = "String", extend("enum" = ["secret", "salt", "user", "public"]))
    )]
    keyed: Keyed,
}

impl<'r> KeyRow<'r> {
    pub(crate) fn new(key: &'r KeyInfo) -> Self {
        Self { id: &key.key_id, keyed: key.keyed }
    }
}

/// How the scan ended.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Outcome"))]
pub(crate) struct OutcomeRow {
    /// 0, 1 or 3: what the process ends with.
    exit_code: u8,
    /// Some place fails the scan, by its severity or a gate.
    failed: bool,
    /// All of the scope was read, but for exclusions and gaps of classes that do not fail.
    complete: bool,
}

impl OutcomeRow {
    pub(crate) fn new(report: &Report) -> Self {
        let Outcome { failed, complete } = report.outcome;
        Self { exit_code: report.exit_code(), failed, complete }
    }
}

/// Counts over the findings.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Summary {
    /// Secrets found; one secret by one rule counts once.
    secrets: usize,
    /// Places at which they were found.
    places: usize,
    /// Of the places, those with a marker that asks to ignore them and has not expired.
    ignored_places: usize,
    /// Of the places, those that people took out of the verdict: by an exception that holds, or a marker that is honoured.
    suppressed_places: u64,
    /// Of the places, those that fail the scan.
    failing_places: u64,
    /// Secrets by severity.
    by_severity: BySeverity,
    /// Places that need a credential, by where it is held.
    credential_slots: Tally,
}

impl Summary {
    pub(super) fn new(report: &Report) -> Self {
        let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
        let places = || report.findings.iter().flat_map(|finding| &finding.occurrences);
        let ignored = |place: &&Occurrence| place.ignore.as_ref().is_some_and(|ignore| !ignore.expired);
        let Standings { suppressed, failing, .. } = Standings::of(report);
        Self {
            secrets: report.findings.len(),
            places: places().count(),
            ignored_places: places().filter(ignored).count(),
            suppressed_places: suppressed,
            failing_places: failing,
            by_severity: BySeverity {
                info: count(Severity::Info),
                low: count(Severity::Low),
                medium: count(Severity::Medium),
                high: count(Severity::High),
                critical: count(Severity::Critical),
            },
            credential_slots: tally(&report.slots, &report.findings),
        }
    }
}

/// Secrets by severity.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BySeverity {
    info: usize,
    low: usize,
    medium: usize,
    high: usize,
    critical: usize,
}

/// What was read.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Coverage"))]
pub(crate) struct CoverageRow {
    /// Files met, and special files and links that lead nowhere or out of the target.
    /// `files_seen = files_read + files_excluded + files_unreadable`.
    files_seen: u64,
    /// Files whose content was searched, whole or in part.
    files_read: u64,
    /// Of these: text.
    text_files: u64,
    /// Of these: decoded from UTF-16 or UTF-32.
    decoded_files: u64,
    /// Of these: binary, searched for printable strings.
    binary_files: u64,
    /// Files that could not be read at all; each is a gap too.
    files_unreadable: u64,
    /// Files left out by policy.
    files_excluded: u64,
    /// Symbolic links to places inside a target, beside `files_seen`.
    links_inside: u64,
    /// Directories entered.
    directories: u64,
    /// Bytes of content searched.
    bytes_read: u64,
    /// Of these: of text files.
    text_bytes: u64,
    /// Of these: of files that were decoded, as they lie on the disk.
    decoded_bytes: u64,
    /// Of these: of binary files.
    binary_bytes: u64,
    /// What of histories was searched, beside all of the above; where any was.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Box<HistoryRow>>,
}

/// What of histories was searched.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "HistoryCoverage"))]
struct HistoryRow {
    /// Repositories whose history was scanned.
    repositories: u64,
    /// References that were met.
    references: u64,
    /// Logs of references that were searched.
    logs: u64,
    /// Commits whose messages were searched.
    commits: u64,
    /// Tags whose messages were searched.
    tags: u64,
    /// Trees whose names were searched.
    trees: u64,
    /// Files and links that were searched, each version once.
    files: u64,
    /// Of these: those that an earlier scan searched, as a cache says.
    known: u64,
    /// Bytes of the others.
    bytes: u64,
}

impl HistoryRow {
    fn new(coverage: &HistoryCoverage) -> Option<Box<Self>> {
        let HistoryCoverage { repositories, references, logs, commits, tags, trees, files, known, bytes } = *coverage;
        let row = Self { repositories, references, logs, commits, tags, trees, files, known, bytes };
        (repositories > 0).then(|| Box::new(row))
    }
}

impl CoverageRow {
    pub(crate) fn new(coverage: &Coverage) -> Self {
        // Taken apart by name, so that a new count cannot be forgotten here.
        let Coverage {
            files_seen,
            files_read,
            text_files,
            decoded_files,
            binary_files,
            files_unreadable,
            files_excluded,
            links_inside,
            directories,
            bytes_read,
            text_bytes,
            decoded_bytes,
            binary_bytes,
            history,
        } = *coverage;
        Self {
            files_seen,
            files_read,
            text_files,
            decoded_files,
            binary_files,
            files_unreadable,
            files_excluded,
            links_inside,
            directories,
            bytes_read,
            text_bytes,
            decoded_bytes,
            binary_bytes,
            history: HistoryRow::new(&history),
        }
    }
}

/// A file or stream.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Path"))]
pub(super) struct PathRow {
    /// Relative to the target, with `/`; `-` for standard input. Where it is not UTF-8, with U+FFFD.
    path: String,
    /// The path as base64, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    /// The commit that brought the content there, where it comes from git's history.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    /// True where only a history holds it: it is no file as it lies there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    history_only: bool,
    /// Index into `targets`.
    target: usize,
}

impl PathRow {
    pub(super) fn new(origin: &Origin) -> Self {
        let (path, path_bytes) = text_and_bytes(origin.path_bytes());
        Self {
            path,
            path_bytes,
            commit: origin.commit().map(str::to_owned),
            history_only: origin.history().is_some(),
            target: origin.target(),
        }
    }
}

/// A part of the scope that could not be read, or not wholly.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Gap"))]
pub(crate) struct GapRow<'r> {
    #[cfg_attr(test, schemars(extend("enum" = gap_classes())))]
    class: &'static str,
    #[serde(flatten)]
    path: PathRow,
    reason: &'r str,
    /// Who has accepted it, why and until when. It does not make the scan incomplete then.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<AcceptanceRow<'r>>,
}

/// The acceptance of a gap by the operator's configuration.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Acceptance"))]
struct AcceptanceRow<'r> {
    reason: &'r str,
    approver: &'r str,
    /// The last day, `YYYY-MM-DD`.
    until: &'r str,
}

impl<'r> GapRow<'r> {
    pub(crate) fn new(gap: &'r Gap) -> Self {
        Self {
            class: gap.class.name(),
            path: PathRow::new(&gap.origin),
            reason: &gap.reason,
            accepted: gap.accepted.as_ref().map(|accepted| AcceptanceRow {
                reason: &accepted.reason,
                approver: &accepted.approver,
                until: &accepted.until,
            }),
        }
    }
}

/// A part of the scope that policy left out.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Exclusion"))]
pub(crate) struct ExclusionRow<'r> {
    /// Such as `git-ignored`; more may come.
    class: &'r str,
    #[serde(flatten)]
    path: PathRow,
    reason: &'r str,
    /// How many files it stands for.
    files: u64,
}

impl<'r> ExclusionRow<'r> {
    pub(crate) fn new(exclusion: &'r Exclusion) -> Self {
        Self {
            class: exclusion.class.name(),
            path: PathRow::new(&exclusion.origin),
            reason: exclusion.reason(),
            files: exclusion.files,
        }
    }
}

/// What was found, but is not reported.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Withheld {
    /// Places.
    count: u64,
    /// They have less than this confidence.
    #[cfg_attr(test, schemars(extend("enum" = ["low", "medium", "high"])))]
    below: &'static str,
}

impl Withheld {
    pub(super) fn new(report: &Report) -> Self {
        Self { count: report.withheld, below: report.min_confidence.name() }
    }
}

/// Bytes as text, and where that loses something, as base64 too.
pub(super) fn text_and_bytes(bytes: &[u8]) -> (String, Option<String>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (String::from_utf8_lossy(bytes).into_owned(), Some(STANDARD.encode(bytes))),
    }
}

#[cfg(test)]
fn gap_classes() -> Vec<&'static str> {
    crate::gap::GapClass::ALL.iter().map(|class| class.name()).collect()
}
