//! What a rule is. Pure data: immutable once loaded, shared by all workers. `docs/rule-format.md` is the reference of
//! the file format.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::form::Form;
use super::token_check::TokenCheck;
use crate::severity::{Confidence, Severity};

/// A detection rule, as loaded and completed by the loader.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// Kebab-case, unique, for ever.
    pub id: String,
    /// A noun phrase.
    pub title: String,
    /// Who issues the credential.
    pub provider: Provider,
    /// Finding kind, a key of the crosswalk.
    pub kind: String,
    /// What the credential speaks as.
    pub identity: IdentityKind,
    /// Regular expression of what ends right before the value; `assign` is expanded into this.
    pub context: Option<String>,
    /// Regular expression of the value.
    pub value: String,
    /// Regular expression of what follows; empty where the `right` class stands for it.
    pub after: Option<String>,
    /// What must not come before the value.
    pub left: Boundary,
    /// What must not follow the value, where there is no `after`.
    pub right: Boundary,
    /// Longest value, in bytes.
    pub max_len: usize,
    /// The value's head has to hold a digit.
    pub digit: bool,
    /// Surrounding quotes are no part of the value.
    pub trim: Trim,
    /// Lower-case literals, one of which every match has in its context.
    pub keywords: Vec<String>,
    /// What is measured on a match, in order.
    pub checks: Vec<Check>,
    /// Identifiers that go with the secret and stand near it.
    pub parts: Vec<Part>,
    /// The shape alone is proof enough of a token: a failing checksum does not take it below medium.
    pub distinctive: bool,
    /// Which of overlapping matches is reported: the higher one. By default 0 for generic rules that judge names, 1 for
    /// other generic ones, 2 for issuers' rules, 3 for those with a prefix of their own.
    pub specificity: u8,
    /// What a bare match is worth.
    pub confidence: Confidence,
    /// Overrides the severity of the kind.
    pub severity: Option<Severity>,
    /// Literal text that every value begins with and that is public; what previews show.
    pub prefix: String,
    /// Who stands behind the form of the value.
    pub attested: Attested,
    /// Ids of rules whose values cannot be told from those of this one.
    pub ambiguous_with: Vec<String>,
    /// Where the format is documented, the issuer's own page first.
    pub references: Vec<String>,
    /// How to replace the credential.
    pub rotate: String,
    /// How to make it worthless.
    pub revoke: String,
    /// The issuer's documented way to tell whether a credential is live; never done by this program.
    pub liveness: Option<Liveness>,
    /// First version that had the rule.
    pub since: String,
    /// A remark on the source of the format.
    pub note: Option<String>,
    /// Texts that must be found, with generators and joiners not yet expanded.
    pub examples: Vec<String>,
    /// Texts that must not be found by this rule.
    pub near_misses: Vec<NearMiss>,
}

/// The provider, by id, of rules that no issuer stands behind.
pub const GENERIC: &str = "generic";

impl Rule {
    /// True for rules that no issuer stands behind.
    pub fn is_generic(&self) -> bool {
        self.provider.id == GENERIC
    }
}

/// Who stands behind the form that a rule looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attested {
    /// The issuer's documentation states or shows it, or it is a public standard.
    #[default]
    Issuer,
    /// Only other scanners' rules attest it.
    Peers,
    /// It is no form of one issuer: an opaque value under a name that names the issuer.
    Family,
}

impl Attested {
    /// Who it is, in words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Issuer => "the issuer, or a public standard",
            Self::Peers => "other scanners' rules only",
            Self::Family => "nobody: an opaque value under the issuer's name",
        }
    }
}

/// The issuer of a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Kebab-case.
    pub id: String,
    /// As the issuer writes it.
    pub name: String,
}

/// How to tell whether a credential is live. It is told to people and never done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Liveness {
    /// The request or command, with `$TOKEN` in place of the credential, and what its answers mean.
    pub how: String,
    /// The issuer's page that documents it.
    pub reference: String,
}

/// A text next to a rule that must not match, and the clause it breaks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NearMiss {
    /// The text, with generators and joiners not yet expanded.
    pub text: String,
    /// The clause of the rule that it breaks.
    pub breaks: String,
}

/// An identifier that goes with a secret: not a finding of its own beside the secret, but what says whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it identifies.
    pub kind: PartKind,
    /// How the names end that it is assigned to, in lower case and without joiners; empty where its form tells it.
    pub names: Vec<String>,
    /// The forms it has; empty where its name tells it.
    pub forms: Vec<Form>,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        for (at, form) in self.forms.iter().enumerate() {
            write!(f, "{}{form}", if at == 0 { " of the form " } else { " or " })?;
        }
        if !self.names.is_empty() {
            write!(f, " assigned to a name that ends with {}", self.names.join(", "))?;
        }
        Ok(())
    }
}

/// What an identifier beside a secret stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartKind {
    /// A client or an application.
    ClientId,
    /// An account, organisation or project.
    Account,
    /// A tenant or directory.
    Tenant,
    /// The public half of a key pair.
    KeyId,
}

impl PartKind {
    /// As rule files write it; the fact of this kind has the same name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientId => "client-id",
            Self::Account => "account",
            Self::Tenant => "tenant",
            Self::KeyId => "key-id",
        }
    }
}

/// One measurement on a match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Check {
    /// Offline verification of a token.
    Token(TokenCheck),
    /// Least Shannon entropy of the value, in bits a byte.
    Entropy(f64),
    /// Least number of character classes among lower, upper, digit and other.
    Classes(u8),
    /// The place is a literal that is assigned to a name that speaks of a secret.
    AssignedLiteral,
    /// The value is a literal; the context has said what it is.
    Literal,
    /// The value is the password of a URL, and an at sign and a host follow it.
    UrlPassword,
    /// The value is not made of words alone.
    NotWord,
    /// The value is the argument of an option on a command line.
    Argument,
    /// The value is a credential of the issuer whose name stands before it.
    Named(Named),
}

/// How values are judged that are known by the issuer's name before them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// The forms that the issuer's credentials usually have; empty where none is known.
    pub usual: Vec<Form>,
    /// The issuer has credentials of other forms too, which other rules know or nobody does.
    pub open: bool,
    /// The name is a word of its own in other senses, so that more has to speak for a credential.
    pub common: bool,
}

/// Bytes that must not stand next to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// Nothing is asked.
    None,
    /// `[0-9A-Za-z_]`.
    Word,
    /// `[0-9A-Za-z_-]`.
    Token,
    /// `[0-9A-Za-z_./+]` on the left, `[0-9A-Za-z_./+=-]` on the right but for a full stop that ends a sentence: parts
    /// of paths, hosts and versions.
    Path,
    /// `[0-9A-Za-z+/_]` on the left, `[0-9A-Za-z+/=_]` on the right.
    Base64,
}

impl Boundary {
    /// Whether `byte` may not come right before a value.
    pub fn forbids_left(self, byte: u8) -> bool {
        match self {
            Self::None => false,
            Self::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::Token => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Path => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'+'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'/'),
        }
    }

    /// The longest text that [`Boundary::right_pattern`] matches, in bytes.
    pub fn right_reach(self) -> usize {
        match self {
            Self::None => 0,
            Self::Path => 2,
            Self::Word | Self::Token | Self::Base64 => 1,
        }
    }

    /// The regular expression of what has to follow a value.
    pub fn right_pattern(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Word => r"(?:[^0-9A-Za-z_]|\z)",
            Self::Token => r"(?:[^0-9A-Za-z_\-]|\z)",
            Self::Path => r"(?:[^0-9A-Za-z_./+=\-]|\.(?:[^0-9A-Za-z_./+=\-]|\z)|\z)",
            Self::Base64 => r"(?:[^0-9A-Za-z+/=_]|\z)",
        }
    }
}

/// What is cut off a matched value before it is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trim {
    /// Nothing.
    #[default]
    None,
    /// One quote character at both ends, if both are the same.
    Quotes,
}

impl Trim {
    /// Whether values have their quotes with them when they are matched.
    pub fn takes_quotes(self) -> bool {
        self == Self::Quotes
    }

    /// The part of `value` to report, as offsets into it.
    pub fn range(self, value: &[u8]) -> std::ops::Range<usize> {
        let quoted = self.takes_quotes()
            && value.len() >= 2
            && matches!(value[0], b'"' | b'\'' | b'`')
            && value[value.len() - 1] == value[0];
        if quoted { 1..value.len() - 1 } else { 0..value.len() }
    }
}

/// What a credential speaks as: the kind of non-human identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the issuers' own terms")]
pub enum IdentityKind {
    ApiKey,
    PersonalAccessToken,
    ServiceAccountKey,
    AccessKeyPair,
    OauthClientSecret,
    OauthToken,
    AppToken,
    BotToken,
    DeployToken,
    CiToken,
    RegistryToken,
    Webhook,
    SessionToken,
    SigningKey,
    PrivateKey,
    EncryptionKey,
    DatabaseLogin,
    ServiceLogin,
    VaultToken,
    WorkloadToken,
    Unknown,
}

impl IdentityKind {
    /// The kind in words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::ApiKey => "API key",
            Self::PersonalAccessToken => "personal access token",
            Self::ServiceAccountKey => "service account key",
            Self::AccessKeyPair => "access key pair",
            Self::OauthClientSecret => "OAuth client secret",
            Self::OauthToken => "OAuth token",
            Self::AppToken => "app token",
            Self::BotToken => "bot token",
            Self::DeployToken => "deploy token",
            Self::CiToken => "CI token",
            Self::RegistryToken => "package registry token",
            Self::Webhook => "webhook",
            Self::SessionToken => "session token",
            Self::SigningKey => "signing key",
            Self::PrivateKey => "private key",
            Self::EncryptionKey => "encryption key",
            Self::DatabaseLogin => "database login",
            Self::ServiceLogin => "service login",
            Self::VaultToken => "vault token",
            Self::WorkloadToken => "workload token",
            Self::Unknown => "unknown identity",
        }
    }
}
