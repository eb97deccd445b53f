//! The objects of the JSON formats that speak of a finding; see [`super::rows`].

use serde::{Serialize, Serializer};

use super::rows::{PathRow, text_and_bytes};
use super::standing::{ChangeRow, ExceptionRow, TriageRow, VerdictRow};
use crate::blob::Content;
use crate::check::token::Fact;
use crate::finding::{CommitRef, Effect, Finding, Fingerprint, InlineIgnore, Lifetime, Occurrence, Ownership, Reason};
use crate::govern::{self, ControlRef};
use crate::rule::{IdentityKind, Rule};
#[cfg(test)]
use crate::severity::Severity;

/// One secret by one rule.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Finding"))]
pub(crate) struct FindingRow<'r> {
    rule: RuleRow<'r>,
    /// HMAC-SHA256 over the value, in hexadecimal; null for values of low entropy under a public key.
    fingerprint: Option<Hex>,
    /// Public prefix and length class of the value.
    preview: String,
    /// The value, only where the operator asked for it. Where it is not UTF-8, with U+FFFD.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// The value as base64, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    value_bytes: Option<String>,
    /// The highest of its places.
    #[cfg_attr(test, schemars(extend("enum" = severities())))]
    severity: &'static str,
    /// The highest of its places.
    #[cfg_attr(test, schemars(extend("enum" = ["low", "medium", "high"])))]
    confidence: &'static str,
    /// What could be read out of the value.
    facts: Vec<FactRow<'r>>,
    /// Controls of ISO/IEC 27002:2022 that the finding is evidence about, by role, then by number.
    controls: Vec<ControlRow<'r>>,
    /// Weaknesses, the headline first.
    cwe: Vec<&'r str>,
    /// Entries of the OWASP Non-Human Identities Top 10.
    nhi: Vec<&'r str>,
    /// Subcategories of NIST CSF 2.0.
    csf: Vec<&'r str>,
    remediation: Remediation<'r>,
    /// What somebody decided who looked at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    triage: Option<TriageRow<'r>>,
    /// The places, by target, path and offset.
    #[cfg_attr(test, schemars(length(min = 1)))]
    places: Vec<PlaceRow<'r>>,
}

impl<'r> FindingRow<'r> {
    pub(crate) fn new(finding: &'r Finding, show_secrets: bool) -> Self {
        let mapping = govern::mapping_of(finding);
        let (value, value_bytes) = match &finding.value {
            Some(secret) if show_secrets => {
                // The operator asked for it, and the caller makes the file private.
                let (text, bytes) = text_and_bytes(secret.expose());
                (Some(text), bytes)
            }
            _ => (None, None),
        };
        Self {
            rule: RuleRow::new(&finding.rule),
            fingerprint: finding.fingerprint.map(Hex),
            preview: finding.preview.to_string(),
            value,
            value_bytes,
            severity: finding.severity.name(),
            confidence: finding.confidence.name(),
            facts: finding.facts.iter().map(FactRow::new).collect(),
            controls: mapping.controls.iter().copied().map(ControlRow::new).collect(),
            cwe: mapping.cwe.iter().map(String::as_str).collect(),
            nhi: mapping.nhi.iter().map(String::as_str).collect(),
            csf: mapping.csf.iter().map(String::as_str).collect(),
            remediation: Remediation {
                revoke: &finding.rule.revoke,
                rotate: &finding.rule.rotate,
                references: &finding.rule.references,
            },
            triage: finding.triage.as_deref().map(TriageRow::new),
            places: finding.occurrences.iter().map(PlaceRow::new).collect(),
        }
    }
}

/// The rule that found it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Rule"))]
struct RuleRow<'r> {
    /// Stable for ever.
    id: &'r str,
    title: &'r str,
    provider: ProviderRow<'r>,
    /// Finding kind, a key of the crosswalk to controls.
    kind: &'r str,
    /// What the credential speaks as, such as `api-key`; more may come.
    #[cfg_attr(test, schemars(with = "String"))]
    identity: IdentityKind,
}

impl<'r> RuleRow<'r> {
    fn new(rule: &'r Rule) -> Self {
        Self {
            id: &rule.id,
            title: &rule.title,
            provider: ProviderRow { id: &rule.provider.id, name: &rule.provider.name },
            kind: &rule.kind,
            identity: rule.identity,
        }
    }
}

/// Who issues the credential.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Provider"))]
struct ProviderRow<'r> {
    id: &'r str,
    name: &'r str,
}

/// Something read out of the value; no part of the secret.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Fact"))]
struct FactRow<'r> {
    /// Kebab-case, such as `account` or `expires`; more may come.
    name: &'r str,
    /// Untrusted text.
    value: &'r str,
}

impl<'r> FactRow<'r> {
    fn new(fact: &'r Fact) -> Self {
        Self { name: fact.name, value: &fact.value }
    }
}

/// A control that the finding is evidence about.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Control"))]
struct ControlRow<'r> {
    /// Number in ISO/IEC 27002:2022, such as `5.17`.
    control: &'r str,
    title: &'r str,
    /// How the finding bears on it. Only `contradicts` sets a control's state.
    #[cfg_attr(test, schemars(extend("enum" = crate::govern::Role::NAMES)))]
    role: &'static str,
    /// One sentence.
    why: &'r str,
}

impl<'r> ControlRow<'r> {
    fn new(control: &'r ControlRef) -> Self {
        Self { control: &control.control, title: &control.title, role: control.role.name(), why: &control.why }
    }
}

/// How to put it right.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Remediation<'r> {
    /// How to make the credential worthless.
    revoke: &'r str,
    /// How to replace it.
    rotate: &'r str,
    /// Where the format is documented.
    references: &'r [String],
}

/// One place of a secret.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Place"))]
struct PlaceRow<'r> {
    #[serde(flatten)]
    path: PathRow,
    span: SpanRow,
    region: RegionRow,
    /// `text`, `decoded` (from UTF-16 or UTF-32) or `binary`; more may come.
    content: &'static str,
    /// The how-manieth place of this secret in this file.
    #[cfg_attr(test, schemars(range(min = 1)))]
    ordinal: u32,
    /// HMAC-SHA256 over value, path and ordinal, in hexadecimal.
    place_fingerprint: Hex,
    /// How bad, here.
    #[cfg_attr(test, schemars(extend("enum" = severities())))]
    severity: &'static str,
    /// How sure, here.
    #[cfg_attr(test, schemars(extend("enum" = ["low", "medium", "high"])))]
    confidence: &'static str,
    /// How the confidence came about.
    reasons: Vec<ReasonRow<'r>>,
    /// A marker in the text that asks to ignore it.
    ignore: Option<IgnoreRow<'r>>,
    /// When it came into the history of its repository, and until when it was there; where the history was scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<LifetimeRow<'r>>,
    /// What became of it since an earlier scan; where there is one to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangeRow<'r>>,
    /// Who owns the file, as a file of its repository says (`CODEOWNERS`).
    #[serde(skip_serializing_if = "Option::is_none")]
    owners: Option<&'r Ownership>,
    /// The exception that speaks of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<ExceptionRow<'r>>,
    verdict: VerdictRow<'r>,
}

impl<'r> PlaceRow<'r> {
    fn new(place: &'r Occurrence) -> Self {
        let (span, region) = (place.span, place.region);
        Self {
            path: PathRow::new(&place.origin),
            span: SpanRow { start: span.start, end: span.end },
            region: RegionRow {
                start_line: region.start_line,
                start_column: region.start_column,
                end_line: region.end_line,
                end_column: region.end_column,
            },
            content: match place.content {
                Content::Text => "text",
                Content::Decoded => "decoded",
                Content::Binary => "binary",
            },
            ordinal: place.ordinal,
            place_fingerprint: Hex(place.place),
            severity: place.severity.name(),
            confidence: place.confidence.name(),
            reasons: place.reasons.iter().map(ReasonRow::new).collect(),
            ignore: place.ignore.as_ref().map(IgnoreRow::new),
            history: place.lifetime.as_deref().map(LifetimeRow::new),
            change: place.change.as_ref().map(ChangeRow::new),
            owners: place.owners.as_deref(),
            exception: place.exception.as_ref().map(ExceptionRow::new),
            verdict: VerdictRow::new(&place.verdict),
        }
    }
}

/// The life of a secret at a path of a repository.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "History"))]
pub(crate) struct LifetimeRow<'r> {
    /// The git object that holds it: of the versions of the file in which it is the surest the first, or the commit or tag
    /// whose message it is.
    object: &'r str,
    /// The commit that introduced it: of those whose parents do not have it there the earliest. Null where no commit has
    /// it.
    introduced: Option<&'r CommitRef>,
    /// The latest commit that has it there.
    last_seen: Option<&'r CommitRef>,
    /// The first of the references whose commits have it there, branches before others.
    at: &'r [String],
    /// How many such references there are. Where there are none it was removed; that alone does not make it invalid.
    references: u64,
}

impl<'r> LifetimeRow<'r> {
    pub(crate) fn new(lifetime: &'r Lifetime) -> Self {
        let Lifetime { object, introduced, last, at, references } = lifetime;
        Self { object, introduced: introduced.as_deref(), last_seen: last.as_deref(), at, references: *references }
    }
}

/// Bytes of the original content, from 0, the end excluded.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Span"))]
struct SpanRow {
    start: u64,
    end: u64,
}

/// Lines and columns from 1, columns in Unicode code points, the end column excluded.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Region"))]
#[allow(clippy::struct_field_names, reason = "the names are those of the format")]
struct RegionRow {
    #[cfg_attr(test, schemars(range(min = 1)))]
    start_line: u64,
    #[cfg_attr(test, schemars(range(min = 1)))]
    start_column: u64,
    #[cfg_attr(test, schemars(range(min = 1)))]
    end_line: u64,
    #[cfg_attr(test, schemars(range(min = 1)))]
    end_column: u64,
}

/// One step of the judgement.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Reason"))]
struct ReasonRow<'r> {
    /// What it did to the confidence.
    #[cfg_attr(
        test,
        schemars(with = "String", extend("enum" = ["base", "raise", "lower", "note"]))
    )]
    effect: Effect,
    text: &'r str,
}

impl<'r> ReasonRow<'r> {
    fn new(reason: &'r Reason) -> Self {
        Self { effect: reason.effect, text: &reason.text }
    }
}

/// A marker in the text that asks scanners to look away.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Ignore"))]
struct IgnoreRow<'r> {
    /// The marker found.
    marker: &'r str,
    /// The reason it gives; untrusted text.
    reason: Option<&'r str>,
    /// The day through which it asks to hold.
    until: Option<&'r str>,
    /// That day was over at the time of the scan.
    expired: bool,
    /// True where the operator's policy lets it take its place out of the verdict.
    honoured: bool,
}

impl<'r> IgnoreRow<'r> {
    fn new(ignore: &'r InlineIgnore) -> Self {
        Self {
            marker: ignore.marker,
            reason: ignore.reason.as_deref(),
            until: ignore.until.as_deref(),
            expired: ignore.expired,
            honoured: ignore.honoured,
        }
    }
}

/// A fingerprint, written as 64 lower-case hexadecimal digits.
struct Hex(Fingerprint);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Hex {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Fingerprint".into()
    }

    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

#[cfg(test)]
fn severities() -> Vec<&'static str> {
    Severity::ALL.iter().map(|severity| severity.name()).collect()
}
