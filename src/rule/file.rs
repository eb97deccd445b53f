//! The form of a rule file, as TOML has it; `load` turns it into rules. Strict: an unknown key is an error.

use serde::Deserialize;
use toml::Spanned;

use super::model::{Attested, Boundary, Check, IdentityKind, Liveness, NearMiss, PartKind, Trim};
use super::token_check::TokenCheck;
use crate::severity::{Confidence, Severity};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    pub(super) provider: Spanned<String>,
    pub(super) name: String,
    /// For rules that have none of their own.
    #[serde(default)]
    pub(super) references: Vec<String>,
    /// Where the issuer's credentials are made and revoked, in its own words.
    pub(super) console: Option<String>,
    /// For rules that have none of their own.
    pub(super) since: Option<String>,
    /// For rules that have none of their own.
    #[serde(default)]
    pub(super) parts: Vec<RawPart>,
    #[serde(default, rename = "rule")]
    pub(super) rules: Vec<RawRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) kind: Option<Spanned<String>>,
    pub(super) identity: Option<IdentityKind>,
    #[serde(default)]
    pub(super) form: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) names: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) common: bool,
    #[serde(default)]
    pub(super) open: bool,
    pub(super) attested: Option<Attested>,
    #[serde(default)]
    pub(super) ambiguous_with: Vec<String>,
    pub(super) context: Option<Spanned<String>>,
    pub(super) assign: Option<Spanned<String>>,
    pub(super) value: Option<Spanned<String>>,
    pub(super) after: Option<Spanned<String>>,
    pub(super) left: Option<Boundary>,
    pub(super) right: Option<Boundary>,
    pub(super) max_len: Option<Spanned<usize>>,
    #[serde(default)]
    pub(super) digit: bool,
    #[serde(default)]
    pub(super) trim: Trim,
    #[serde(default)]
    pub(super) keywords: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) checks: Vec<RawCheck>,
    #[serde(default)]
    pub(super) parts: Vec<RawPart>,
    #[serde(default)]
    pub(super) distinctive: bool,
    pub(super) specificity: Option<u8>,
    pub(super) confidence: Option<Confidence>,
    pub(super) severity: Option<Severity>,
    #[serde(default)]
    pub(super) references: Vec<String>,
    pub(super) rotate: Option<String>,
    pub(super) revoke: Option<String>,
    pub(super) liveness: Option<Spanned<Liveness>>,
    pub(super) since: Option<String>,
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) examples: Vec<String>,
    #[serde(default)]
    pub(super) near_misses: Vec<NearMiss>,
}

/// An identifier that goes with the secret.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPart {
    pub(super) is: Spanned<PartKind>,
    #[serde(default)]
    pub(super) names: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) form: Vec<Spanned<String>>,
}

/// A check as a file writes it: a bare name, or a table with one parameter.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "the name of a check, { entropy = BITS } or { classes = NUMBER }")]
pub(super) enum RawCheck {
    Token(TokenCheck),
    Plain(PlainCheck),
    Measured(MeasuredCheck),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PlainCheck {
    AssignedLiteral,
    Literal,
    UrlPassword,
    NotWord,
    Argument,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum MeasuredCheck {
    Entropy(f64),
    Classes(u8),
}

impl From<RawCheck> for Check {
    fn from(raw: RawCheck) -> Self {
        match raw {
            RawCheck::Token(check) => Self::Token(check),
            RawCheck::Plain(PlainCheck::AssignedLiteral) => Self::AssignedLiteral,
            RawCheck::Plain(PlainCheck::Literal) => Self::Literal,
            RawCheck::Plain(PlainCheck::UrlPassword) => Self::UrlPassword,
            RawCheck::Plain(PlainCheck::NotWord) => Self::NotWord,
            RawCheck::Plain(PlainCheck::Argument) => Self::Argument,
            RawCheck::Measured(MeasuredCheck::Entropy(bits)) => Self::Entropy(bits),
            RawCheck::Measured(MeasuredCheck::Classes(number)) => Self::Classes(number),
        }
    }
}
