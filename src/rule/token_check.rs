//! The closed list of offline token checks that a rule may name.
//!
//! A check reads the structure or the checksum that an issuer builds into its tokens. This module
//! only names the checks, so that rule files can ask for them; `check::token` carries them out.

use serde::{Deserialize, Serialize};

/// An offline check of a token's own structure or checksum.
///
/// Its name in rule files is the kebab-case form that [`TokenCheck::name`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenCheck {
    /// GitHub classic tokens: CRC-32 in base62.
    #[serde(rename = "github-crc32")]
    GithubCrc32,
    /// npm access tokens: CRC-32 in base62.
    #[serde(rename = "npm-crc32")]
    NpmCrc32,
    /// GitLab routable tokens: CRC-32 in base36 and a routing payload.
    GitlabRoutable,
    /// Azure identifiable keys: Marvin32 with a seed a service.
    #[serde(rename = "azure-marvin32")]
    AzureMarvin32,
    /// Azure common annotated security keys: Marvin32 over the first 60 bytes.
    AzureCask,
    /// Azure DevOps legacy personal access tokens: CRC-32 spread over the bytes.
    AzureDevopsPat,
    /// Grafana service account tokens: CRC-32 in hexadecimal.
    #[serde(rename = "grafana-crc32")]
    GrafanaCrc32,
    /// Grafana Cloud and legacy API keys: base64 of a JSON object.
    GrafanaJson,
    /// Atlassian API tokens: CRC-32 in hexadecimal.
    #[serde(rename = "atlassian-crc32")]
    AtlassianCrc32,
    /// Cloudflare tokens: CRC-32 in hexadecimal.
    #[serde(rename = "cloudflare-crc32")]
    CloudflareCrc32,
    /// Zuplo API keys: CRC-32 in hexadecimal.
    #[serde(rename = "zuplo-crc32")]
    ZuploCrc32,
    /// Confluent Cloud API secrets: CRC-32 in base64.
    #[serde(rename = "confluent-crc32")]
    ConfluentCrc32,
    /// NATS seeds and private keys: CRC-16 and a role prefix.
    NatsNkey,
    /// age secret keys: Bech32 checksum.
    #[serde(rename = "age-bech32")]
    AgeBech32,
    /// `PyPI` API tokens: a macaroon in the binary version 2 format.
    PypiMacaroon,
    /// JSON Web Tokens: header and claims.
    Jwt,
    /// Sentry organisation tokens: base64 of a JSON object.
    SentryJson,
    /// 1Password service account tokens: base64 of a JSON object.
    #[serde(rename = "onepassword-json")]
    OnePasswordJson,
    /// AWS access key ids: alphabet and account number.
    AwsAccessKeyId,
    /// Amazon Bedrock API keys: base64 of a presigned URL or of a user name and secret.
    BedrockUrl,
    /// `JFrog` reference tokens and API keys.
    #[serde(rename = "jfrog-reference")]
    JfrogReference,
    /// Discord bot tokens: application id and issue time.
    DiscordBot,
    /// `OpenAI` keys: the fixed marker inside.
    #[serde(rename = "openai-marker")]
    OpenAiMarker,
    /// `Base58Check` values such as wallet keys: double SHA-256 checksum.
    #[serde(rename = "base58check")]
    Base58Check,
    /// Private keys in PEM, OpenSSH, `PuTTY` and `OpenPGP` formats.
    PrivateKey,
    /// Key stores in base64: PKCS#12, JKS and JCEKS.
    KeyStore,
    /// Mnemonics of BIP-39: word list and checksum.
    #[serde(rename = "bip39")]
    Bip39,
    /// Google service account key files.
    ServiceAccountJson,
    /// HTTP basic credentials in base64.
    BasicAuth,
}

impl TokenCheck {
    /// Every check, in the order of their declaration.
    pub const ALL: &[Self] = &[
        Self::GithubCrc32,
        Self::NpmCrc32,
        Self::GitlabRoutable,
        Self::AzureMarvin32,
        Self::AzureCask,
        Self::AzureDevopsPat,
        Self::GrafanaCrc32,
        Self::GrafanaJson,
        Self::AtlassianCrc32,
        Self::CloudflareCrc32,
        Self::ZuploCrc32,
        Self::ConfluentCrc32,
        Self::NatsNkey,
        Self::AgeBech32,
        Self::PypiMacaroon,
        Self::Jwt,
        Self::SentryJson,
        Self::OnePasswordJson,
        Self::AwsAccessKeyId,
        Self::BedrockUrl,
        Self::JfrogReference,
        Self::DiscordBot,
        Self::OpenAiMarker,
        Self::Base58Check,
        Self::PrivateKey,
        Self::KeyStore,
        Self::Bip39,
        Self::ServiceAccountJson,
        Self::BasicAuth,
    ];

    /// The name used in rule files and reports, in kebab-case; the same as in serde.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GithubCrc32 => "github-crc32",
            Self::NpmCrc32 => "npm-crc32",
            Self::GitlabRoutable => "gitlab-routable",
            Self::AzureMarvin32 => "azure-marvin32",
            Self::AzureCask => "azure-cask",
            Self::AzureDevopsPat => "azure-devops-pat",
            Self::GrafanaCrc32 => "grafana-crc32",
            Self::GrafanaJson => "grafana-json",
            Self::AtlassianCrc32 => "atlassian-crc32",
            Self::CloudflareCrc32 => "cloudflare-crc32",
            Self::ZuploCrc32 => "zuplo-crc32",
            Self::ConfluentCrc32 => "confluent-crc32",
            Self::NatsNkey => "nats-nkey",
            Self::AgeBech32 => "age-bech32",
            Self::PypiMacaroon => "pypi-macaroon",
            Self::Jwt => "jwt",
            Self::SentryJson => "sentry-json",
            Self::OnePasswordJson => "onepassword-json",
            Self::AwsAccessKeyId => "aws-access-key-id",
            Self::BedrockUrl => "bedrock-url",
            Self::JfrogReference => "jfrog-reference",
            Self::DiscordBot => "discord-bot",
            Self::OpenAiMarker => "openai-marker",
            Self::Base58Check => "base58check",
            Self::PrivateKey => "private-key",
            Self::KeyStore => "key-store",
            Self::Bip39 => "bip39",
            Self::ServiceAccountJson => "service-account-json",
            Self::BasicAuth => "basic-auth",
        }
    }

    /// What the check verifies, in one line without a full stop.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::GithubCrc32 | Self::NpmCrc32 => "the last 6 characters are the base62 CRC-32 of the 30 before",
            Self::GitlabRoutable => "the base36 CRC-32 agrees and the payload decodes to routing fields",
            Self::AzureMarvin32 => "the last 4 bytes are the Marvin32 checksum of the rest, by the service's seed",
            Self::AzureCask => "the tail is the Marvin32 checksum of the first 60 bytes",
            Self::AzureDevopsPat => "4 of the 32 bytes are the CRC-32 of the other 28, masked by token kind",
            Self::GrafanaCrc32 | Self::AtlassianCrc32 => "the last 8 hexadecimal digits are the CRC-32 of the rest",
            Self::GrafanaJson => "decodes to a JSON object with the key, its name and its account",
            Self::CloudflareCrc32 | Self::ZuploCrc32 => "the last 8 hexadecimal digits are the CRC-32 of the body",
            Self::ConfluentCrc32 => "the last 6 characters are the base64 CRC-32 of the rest",
            Self::NatsNkey => "the CRC-16 agrees and the prefix names a role",
            Self::AgeBech32 => "the Bech32 checksum agrees",
            Self::PypiMacaroon => "decodes to a macaroon with location, identifier and signature",
            Self::Jwt => "header and payload decode to JSON objects and the header names an algorithm",
            Self::SentryJson => "decodes to a JSON object with the organisation and its address",
            Self::OnePasswordJson => "decodes to a JSON object with sign-in address and account",
            Self::AwsAccessKeyId => "the alphabet fits and an account number can be read",
            Self::BedrockUrl => "decodes to a presigned Bedrock URL, or to a key's name and secret",
            Self::JfrogReference => "decodes to a reference token record with an expiry",
            Self::DiscordBot => "the first part decodes to an application id with a creation time",
            Self::OpenAiMarker => "the fixed marker stands between two random parts",
            Self::Base58Check => "the last 4 bytes are the double SHA-256 checksum of the rest",
            Self::PrivateKey => "the key material parses; type, size and encryption are read",
            Self::KeyStore => "the key store holds a private key; its name and known passwords are read",
            Self::Bip39 => "every word is in the list and the SHA-256 checksum bits agree",
            Self::ServiceAccountJson => "the key file is complete and its private key parses",
            Self::BasicAuth => "decodes to a printable user name and password",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_agree_with_serde_and_are_unique() {
        for (index, &check) in TokenCheck::ALL.iter().enumerate() {
            let quoted = format!("\"{}\"", check.name());
            assert_eq!(serde_json::to_string(&check).unwrap(), quoted);
            assert_eq!(serde_json::from_str::<TokenCheck>(&quoted).unwrap(), check);
            assert_eq!(check as usize, index, "ALL follows the declaration");
            assert!(!check.summary().is_empty() && !check.summary().contains('\n'));
        }
        assert_eq!(TokenCheck::ALL.len(), TokenCheck::BasicAuth as usize + 1);
    }
}
