//! What a scan found: one secret by one rule, at one or more places. Holds no secret bytes unless the operator asked
//! to see them.

use std::fmt;
use std::sync::Arc;

use super::standing::{AppliedException, Change, Exception, Standing, Triage, Verdict};
use crate::blob::{Content, Origin};
use crate::check::Reason;
use crate::check::token::Fact;
use crate::rule::Rule;
use crate::secret::{Preview, Secret};
use crate::severity::{Confidence, Severity};
use crate::span::{ByteSpan, Region};

/// HMAC-SHA256 over a value, or over a place; see [`crate::finding::fingerprint`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// A marker in the text that asks scanners to look away. It is recorded; whether it is honoured is policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InlineIgnore {
    /// The marker found: `straykey:ignore`, `gitleaks:allow`, `pragma: allowlist secret`, `trufflehog:ignore`.
    pub marker: &'static str,
    /// The reason it gives, printable and cut to 200 characters.
    pub reason: Option<String>,
    /// The day (`YYYY-MM-DD`) through which it asks to hold.
    pub until: Option<String>,
    /// True where `until` lies before the moment of the scan: recorded, no suppression.
    pub expired: bool,
    /// True where the operator's policy lets it take its place out of the verdict.
    pub honoured: bool,
}

/// One place of a secret.
#[derive(Clone, Debug)]
pub struct Occurrence {
    /// The file or stream.
    pub origin: Arc<Origin>,
    /// Bytes of the secret in the original content.
    pub span: ByteSpan,
    /// The same in lines and columns; for binary content lines are counted over its newline bytes.
    pub region: Region,
    /// Text, decoded or binary.
    pub content: Content,
    /// Fingerprint of the place: value, path and the `ordinal`, or, where the value gets no fingerprint, rule, path
    /// and ordinal.
    pub place: Fingerprint,
    /// The how-manieth place of this secret in this file, from 1.
    pub ordinal: u32,
    /// How sure, here.
    pub confidence: Confidence,
    /// How bad, here (a test fixture counts less than a deployment).
    pub severity: Severity,
    /// How the confidence came about.
    pub reasons: Vec<Reason>,
    /// A marker that asks to ignore it.
    pub ignore: Option<InlineIgnore>,
    /// When it came into the history of its repository, and until when it was there; where the history was scanned.
    pub lifetime: Option<Arc<Lifetime>>,
    /// What became of it since an earlier scan; where there is one to compare with.
    pub change: Option<Change>,
    /// Who owns the file, as a file of its repository says.
    pub owners: Option<Arc<Ownership>>,
    /// The exception that speaks of it; one that holds before others.
    pub exception: Option<AppliedException>,
    /// The value was not here before, as the content of then shows. Matters where the value has no fingerprint, so that files name
    /// the place alone, and another value there would be taken for the one that was known.
    pub value_is_new: bool,
    /// Whether it counts for the exit code. What the scanner hands out counts for nothing until the policy has judged it.
    pub verdict: Verdict,
}

/// Who owns a file, as the repository itself says: a claim of whoever may change it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Owners"))]
pub struct Ownership {
    /// Names and addresses; untrusted text.
    pub names: Vec<String>,
    /// The file that says so, and its line.
    pub source: String,
}

/// A commit, as reports name it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CommitRef {
    /// Its id in hexadecimal.
    pub id: String,
    /// When it was committed, by the committer's clock: RFC 3339, UTC.
    pub time: Option<String>,
    /// A pseudonym of its author, the same for the same mail address and key of fingerprints; or, where the operator asked for
    /// that, name and mail address.
    pub author: Option<String>,
}

/// The life of a secret at a path of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The git object that holds it, in hexadecimal: of the versions of the file in which it is the surest the first, or a
    /// commit or tag whose message it is.
    pub object: Arc<str>,
    /// The commit that introduced it: of those whose parents do not have it there the earliest. None where no commit has it.
    pub introduced: Option<Arc<CommitRef>>,
    /// The latest commit that has it there.
    pub last: Option<Arc<CommitRef>>,
    /// References whose commits have it there; the first of them, branches before others.
    pub at: Vec<String>,
    /// How many such references there are.
    pub references: u64,
}

impl Occurrence {
    /// Whether the operator's policy lets a marker take this place out of the verdict.
    pub fn is_honoured(&self) -> bool {
        self.ignore.as_ref().is_some_and(|ignore| ignore.honoured)
    }

    /// The exception that takes this place out of the verdict.
    pub fn excepted(&self) -> Option<&Exception> {
        let holds = |applied: &&AppliedException| applied.standing == Standing::Active;
        self.exception.as_ref().filter(holds).map(|applied| &*applied.exception)
    }

    /// Whether people took this place out of the verdict: by an exception that holds, or by a marker that the policy honours.
    pub fn is_suppressed(&self) -> bool {
        self.is_honoured() || self.excepted().is_some()
    }
}

/// One secret by one rule.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that won.
    pub rule: Arc<Rule>,
    /// Fingerprint of the value; none for values of low entropy under a public key.
    pub fingerprint: Option<Fingerprint>,
    /// What may be shown.
    pub preview: Preview,
    /// The value, only where the operator asked for it.
    pub value: Option<Secret>,
    /// The highest of its places.
    pub confidence: Confidence,
    /// The highest of its places.
    pub severity: Severity,
    /// What could be read out of the value: issuer, account, expiry, ...
    pub facts: Vec<Fact>,
    /// The places, sorted by target, path and offset; never empty.
    pub occurrences: Vec<Occurrence>,
    /// Fingerprint of the value under the key of the scan, also of one that reports do not show. For comparison inside a scan;
    /// never written.
    pub value_id: Fingerprint,
    /// What somebody decided who looked at it.
    pub triage: Option<Arc<Triage>>,
    /// Fingerprints of the value under the other keys of the scan, in their order; as [`Finding::fingerprint`], those of weak
    /// values under a public key are left out.
    pub aliases: Vec<Option<Fingerprint>>,
}
