//! What was not scanned, and why. An incomplete scan is never a clean one.

use std::sync::Arc;

use crate::blob::Origin;

/// The classes of gaps, as the contract names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapClass {
    /// I/O error, permission, a path that is too long, a file that changed while it was read, a panic.
    Unreadable,
    /// An object that is absent from a shallow or partial clone, a reference or a submodule that is not there.
    Missing,
    /// A built-in budget was reached.
    OverBudget,
    /// An encrypted, unsupported or damaged container: its printable strings were scanned.
    Opaque,
}

impl GapClass {
    /// All classes, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Unreadable, Self::Missing, Self::OverBudget, Self::Opaque];

    /// The name that options and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Missing => "missing",
            Self::OverBudget => "over-budget",
            Self::Opaque => "opaque",
        }
    }

    /// Whether a gap of this class makes the scan incomplete where nobody says otherwise.
    pub fn fails_by_default(self) -> bool {
        !matches!(self, Self::Opaque)
    }
}

/// A part of the scope that was not, or not wholly, searched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Its class.
    pub class: GapClass,
    /// Where it is.
    pub origin: Arc<Origin>,
    /// Why, in a clause without the path and without any content of the file.
    pub reason: String,
    /// Who has accepted it, and until when. It is still told of, but makes no scan incomplete.
    pub accepted: Option<Arc<Acceptance>>,
}

impl Gap {
    /// A gap that nobody has accepted.
    pub fn new(class: GapClass, origin: Arc<Origin>, reason: String) -> Self {
        Self { class, origin, reason, accepted: None }
    }
}

/// The acceptance of a gap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Acceptance {
    /// Why it may stay.
    pub reason: String,
    /// Who said so.
    pub approver: String,
    /// The last day, `YYYY-MM-DD`, on which that holds.
    pub until: String,
}

/// A gap that the operator's configuration accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedGap {
    /// Path relative to the target, with `/` between components.
    pub path: String,
    /// Only a gap of this class; any, where there is none.
    pub class: Option<GapClass>,
    /// SHA-256 of the content that was accepted; needed wherever the content can be read.
    pub sha256: Option<[u8; 32]>,
    /// By whom, why, until when.
    pub acceptance: Acceptance,
}

/// Why something was left out on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExclusionClass {
    /// Untracked files that the repository's ignore rules name.
    GitIgnored,
    /// What lies in a `.git` directory, but for `config` and hooks.
    GitDirectory,
    /// FIFOs, sockets and devices.
    SpecialFile,
    /// A symbolic link that leads out of its target.
    LinkOutOfTarget,
    /// A symbolic link that leads nowhere, or to itself.
    BrokenLink,
    /// Paths that the operator's configuration names.
    Configured,
    /// Files larger than the operator's budget.
    OverConfiguredSize,
}

impl ExclusionClass {
    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::GitIgnored => "git-ignored",
            Self::GitDirectory => "git-directory",
            Self::SpecialFile => "special-file",
            Self::LinkOutOfTarget => "link-out-of-target",
            Self::BrokenLink => "broken-link",
            Self::Configured => "configured",
            Self::OverConfiguredSize => "over-configured-size",
        }
    }

    /// The reason in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::GitIgnored => "untracked and ignored by git; --no-ignore scans it",
            Self::GitDirectory => "git's own files; only config and hooks are read",
            Self::SpecialFile => "a FIFO, socket or device",
            Self::LinkOutOfTarget => "a symbolic link that leads out of the target",
            Self::BrokenLink => "a symbolic link that leads nowhere",
            Self::Configured => "left out by the configuration",
            Self::OverConfiguredSize => "larger than the configured budget for a file",
        }
    }
}

/// A part of the scope that policy left out. A directory stands for the files below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exclusion {
    /// Why.
    pub class: ExclusionClass,
    /// Why, in the words of the operator's configuration.
    pub stated: Option<Arc<str>>,
    /// The file, or the topmost directory that was left out.
    pub origin: Arc<Origin>,
    /// How many files it stands for.
    pub files: u64,
}

impl Exclusion {
    /// The operator's reason, else that of the class.
    pub fn reason(&self) -> &str {
        self.stated.as_deref().unwrap_or_else(|| self.class.reason())
    }
}

/// What of histories a scan looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HistoryCoverage {
    /// Repositories whose history was scanned.
    pub repositories: u64,
    /// References that were met.
    pub references: u64,
    /// Logs of references that were searched.
    pub logs: u64,
    /// Commits whose messages were searched.
    pub commits: u64,
    /// Tags whose messages were searched.
    pub tags: u64,
    /// Trees whose names were searched.
    pub trees: u64,
    /// Files and links that were searched, each version once.
    pub files: u64,
    /// Of these: those that an earlier scan searched, as a cache says.
    pub known: u64,
    /// Bytes of the others.
    pub bytes: u64,
}

impl HistoryCoverage {
    /// Adds the counts of another part.
    pub fn add(&mut self, other: &Self) {
        self.repositories += other.repositories;
        self.references += other.references;
        self.logs += other.logs;
        self.commits += other.commits;
        self.tags += other.tags;
        self.trees += other.trees;
        self.files += other.files;
        self.known += other.known;
        self.bytes += other.bytes;
    }
}

/// What a scan looked at: `files_seen = files_read + files_excluded + files_unreadable`, and `bytes_read = text_bytes +
/// decoded_bytes + binary_bytes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Coverage {
    /// Files met, and special files and links that lead nowhere or out of the target; not links to places inside.
    pub files_seen: u64,
    /// Files whose content was searched, whole or in part.
    pub files_read: u64,
    /// Of these: text.
    pub text_files: u64,
    /// Of these: decoded from UTF-16 or UTF-32.
    pub decoded_files: u64,
    /// Of these: binary, searched for printable strings.
    pub binary_files: u64,
    /// Files that could not be read at all; each is a gap too.
    pub files_unreadable: u64,
    /// Files left out by policy.
    pub files_excluded: u64,
    /// Symbolic links to places inside the target, beside `files_seen`: their content is searched where it lies.
    pub links_inside: u64,
    /// Directories entered.
    pub directories: u64,
    /// Bytes of content searched.
    pub bytes_read: u64,
    /// Of these: of text files.
    pub text_bytes: u64,
    /// Of these: of files that were decoded, as they lie on the disk.
    pub decoded_bytes: u64,
    /// Of these: of binary files.
    pub binary_bytes: u64,
    /// What of histories was searched, beside all of the above.
    pub history: HistoryCoverage,
}

impl Coverage {
    /// Adds the counts of another worker.
    pub fn add(&mut self, other: &Self) {
        self.files_seen += other.files_seen;
        self.files_read += other.files_read;
        self.text_files += other.text_files;
        self.decoded_files += other.decoded_files;
        self.binary_files += other.binary_files;
        self.files_unreadable += other.files_unreadable;
        self.files_excluded += other.files_excluded;
        self.links_inside += other.links_inside;
        self.directories += other.directories;
        self.bytes_read += other.bytes_read;
        self.text_bytes += other.text_bytes;
        self.decoded_bytes += other.decoded_bytes;
        self.binary_bytes += other.binary_bytes;
        self.history.add(&other.history);
    }
}
