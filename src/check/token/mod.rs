//! Offline checks of tokens: checksums, encodings and key structures.
//!
//! Many issuers build a checksum or a readable structure into their tokens. A check recomputes or
//! decodes it, so that a random string of the right shape is told from a real token, and reads out
//! what helps to find the owner: issuer, account, expiry, key size.
//!
//! Every check is total: any byte string gives an [`Evidence`], without a panic, in time linear in
//! the input and with memory bounded by a small multiple of it. Nothing here opens a file or a
//! connection, and no [`Fact`] holds the secret or a part of it that would help to guess it.

mod aws;
mod azure;
mod base58;
mod basic;
mod bech32;
mod crc;
mod der;
mod discord;
mod encoding;
mod gitlab;
mod jfrog;
mod json;
mod jwt;
mod keystore;
mod macaroon;
mod mnemonic;
mod nats;
mod openai;
mod openssh;
mod pem;
mod pgp;
mod private_key;
mod provider;
mod putty;
mod service_account;

use crate::rule::token_check::TokenCheck;

pub use crc::github_checksum;
pub use private_key::canonical_key;

/// The names that facts can have: a closed list, in kebab-case.
pub mod fact_name {
    /// Who issued the token: a URL, a host or a service.
    pub const ISSUER: &str = "issuer";
    /// The account, organisation, project or application that the token belongs to.
    pub const ACCOUNT: &str = "account";
    /// The principal that the token speaks for.
    pub const SUBJECT: &str = "subject";
    /// Whom the token is meant for.
    pub const AUDIENCE: &str = "audience";
    /// What the token permits.
    pub const SCOPES: &str = "scopes";
    /// `live` or `test`.
    pub const ENVIRONMENT: &str = "environment";
    /// When the token was issued, RFC 3339 in UTC.
    pub const ISSUED: &str = "issued";
    /// When the token expires, RFC 3339 in UTC.
    pub const EXPIRES: &str = "expires";
    /// The client, or application, that the secret belongs to.
    pub const CLIENT_ID: &str = "client-id";
    /// The tenant or directory that the account lies in.
    pub const TENANT: &str = "tenant";
    /// A public identifier of the key.
    pub const KEY_ID: &str = "key-id";
    /// `rsa`, `ec`, `ed25519`, `dsa`, `pgp` and so on.
    pub const KEY_TYPE: &str = "key-type";
    /// Size of the key in bits.
    pub const KEY_BITS: &str = "key-bits";
    /// Whether the key material is encrypted: `yes` or `no`.
    pub const ENCRYPTED: &str = "encrypted";
    /// How the key material is encrypted.
    pub const CIPHER: &str = "cipher";
    /// The role or kind of principal.
    pub const ROLE: &str = "role";
    /// The region of a cloud or service.
    pub const REGION: &str = "region";
    /// The host that the token is for.
    pub const HOST: &str = "host";
    /// A user name that is no secret.
    pub const USER: &str = "user";
    /// `SHA256:` and the unpadded base64 of the public key's digest, as `ssh-keygen` prints it.
    pub const PUBLIC_FINGERPRINT: &str = "public-fingerprint";
    /// The encoding or kind of the token.
    pub const FORMAT: &str = "format";

    /// Those that tell whom a credential speaks for, the surest first.
    pub const PRINCIPAL: [&str; 5] = [SUBJECT, CLIENT_ID, USER, ACCOUNT, KEY_ID];

    /// Every name, in the order of their declaration.
    pub const ALL: &[&str] = &[
        ISSUER,
        ACCOUNT,
        SUBJECT,
        AUDIENCE,
        SCOPES,
        ENVIRONMENT,
        ISSUED,
        EXPIRES,
        CLIENT_ID,
        TENANT,
        KEY_ID,
        KEY_TYPE,
        KEY_BITS,
        ENCRYPTED,
        CIPHER,
        ROLE,
        REGION,
        HOST,
        USER,
        PUBLIC_FINGERPRINT,
        FORMAT,
    ];
}

/// The longest value of a fact, in bytes of UTF-8.
pub const MAX_FACT_BYTES: usize = 200;

/// What an offline check says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The checksum agrees, or the structure is complete.
    Pass,
    /// The value is not what it looks like: made up, cut off or altered.
    Fail,
    /// The value is of a form that carries nothing to verify.
    Unknown,
    /// The value is what it looks like, and that is no secret.
    NoSecret,
}

/// One fact read out of a value: never the secret itself or a part of it that would help to guess
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// One of the names in [`fact_name`].
    pub name: &'static str,
    /// Printable text of at most [`MAX_FACT_BYTES`] bytes; its source is untrusted.
    pub value: String,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The outcome.
    pub verdict: Verdict,
    /// Why, as a short clause such as "CRC-32 checksum agrees". Holds nothing of the value.
    pub reason: String,
    /// What could be read out; empty for most values that fail.
    pub facts: Vec<Fact>,
}

impl Evidence {
    fn new(verdict: Verdict, reason: &str) -> Self {
        Self { verdict, reason: reason.to_owned(), facts: Vec::new() }
    }

    fn pass(reason: &str) -> Self {
        Self::new(Verdict::Pass, reason)
    }

    fn fail(reason: &str) -> Self {
        Self::new(Verdict::Fail, reason)
    }

    fn unknown(reason: &str) -> Self {
        Self::new(Verdict::Unknown, reason)
    }

    fn no_secret(reason: &str) -> Self {
        Self::new(Verdict::NoSecret, reason)
    }

    /// Adds a fact, made printable and short; a value that is empty then is left out.
    fn with(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = printable(value.as_ref());
        if !value.is_empty() {
            self.facts.push(Fact { name, value });
        }
        self
    }

    /// Adds a fact if there is one.
    fn with_some(self, name: &'static str, value: Option<impl AsRef<[u8]>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds a time given in seconds since 1970-01-01 UTC; times out of range are left out.
    fn with_epoch(self, name: &'static str, seconds: Option<i64>) -> Self {
        self.with_some(name, seconds.and_then(rfc3339))
    }
}

/// Runs one check over a value. White space around the value is ignored.
pub fn run(check: TokenCheck, value: &[u8]) -> Evidence {
    let value = value.trim_ascii();
    match check {
        TokenCheck::GithubCrc32 => crc::github(value),
        TokenCheck::NpmCrc32 => crc::npm(value),
        TokenCheck::GitlabRoutable => gitlab::routable(value),
        TokenCheck::AzureMarvin32 => azure::identifiable_key(value),
        TokenCheck::AzureCask => azure::annotated_key(value),
        TokenCheck::AzureDevopsPat => crc::azure_devops(value),
        TokenCheck::GrafanaCrc32 => crc::grafana(value),
        TokenCheck::GrafanaJson => provider::grafana(value),
        TokenCheck::AtlassianCrc32 => crc::atlassian(value),
        TokenCheck::CloudflareCrc32 => crc::cloudflare(value),
        TokenCheck::ZuploCrc32 => crc::zuplo(value),
        TokenCheck::ConfluentCrc32 => crc::confluent(value),
        TokenCheck::NatsNkey => nats::nkey(value),
        TokenCheck::AgeBech32 => bech32::age(value),
        TokenCheck::PypiMacaroon => macaroon::pypi(value),
        TokenCheck::Jwt => jwt::jwt(value),
        TokenCheck::SentryJson => provider::sentry(value),
        TokenCheck::OnePasswordJson => provider::onepassword(value),
        TokenCheck::AwsAccessKeyId => aws::access_key_id(value),
        TokenCheck::BedrockUrl => aws::bedrock(value),
        TokenCheck::JfrogReference => jfrog::reference(value),
        TokenCheck::DiscordBot => discord::bot(value),
        TokenCheck::OpenAiMarker => openai::marker(value),
        TokenCheck::Base58Check => base58::checked(value),
        TokenCheck::PrivateKey => private_key::private_key(value),
        TokenCheck::KeyStore => keystore::key_store(value),
        TokenCheck::Bip39 => mnemonic::bip39(value),
        TokenCheck::ServiceAccountJson => service_account::google(value),
        TokenCheck::BasicAuth => basic::auth(value),
    }
}

/// Formats seconds since 1970-01-01 UTC as RFC 3339. `None` before 1970 and after the year 9999:
/// such numbers are not times, or are in milliseconds.
fn rfc3339(seconds: i64) -> Option<String> {
    if seconds < 0 {
        return None;
    }
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}

/// Untrusted bytes as one short line of text. Control characters go, and with them the format
/// characters that reorder or hide text in a terminal or a report.
fn printable(bytes: &[u8]) -> String {
    // Invalid bytes grow threefold as replacement characters; cut first, so that the work is
    // bounded by the size of the answer and not by that of the input.
    let head = &bytes[..bytes.len().min(4 * MAX_FACT_BYTES)];
    let mut text = String::new();
    for c in String::from_utf8_lossy(head).chars() {
        let hidden = matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
        if c.is_control() || hidden {
            continue;
        }
        if text.len() + c.len_utf8() > MAX_FACT_BYTES {
            break;
        }
        text.push(c);
    }
    text.trim().to_owned()
}

/// A user name to report, or `None` where the text may be a secret itself, as in
/// `token:x-oauth-basic`: a long unbroken run of letters with digits.
fn public_user(text: &[u8]) -> Option<&[u8]> {
    const LONGEST_RUN: usize = 19;
    if text.is_empty() || text.len() > 100 {
        return None;
    }
    let opaque = text
        .split(|b| !(b.is_ascii_alphanumeric() || *b == b'_'))
        .any(|run| run.len() > LONGEST_RUN && run.iter().any(u8::is_ascii_digit));
    (!opaque).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A xorshift generator: random enough to look for panics, the same in every run.
    pub(super) struct Noise(pub(super) u64);

    impl Noise {
        pub(super) fn next(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }

        pub(super) fn bytes(&mut self, len: usize) -> Vec<u8> {
            (0..len).map(|_| (self.next() >> 32) as u8).collect()
        }

        pub(super) fn text(&mut self, alphabet: &[u8], len: usize) -> String {
            (0..len).map(|_| char::from(alphabet[(self.next() >> 33) as usize % alphabet.len()])).collect()
        }
    }

    /// Writes `@@` as five dashes, so that no text of these tests looks like a key file.
    pub(super) fn dashed(text: &str) -> String {
        text.replace("@@", &"-".repeat(5))
    }

    /// The value of a fact, or the empty string.
    pub(super) fn fact<'a>(evidence: &'a Evidence, name: &str) -> &'a str {
        evidence.facts.iter().find(|f| f.name == name).map_or("", |f| f.value.as_str())
    }

    const OPENINGS: &[&str] = &[
        "",
        "ghp_",
        "ghs_12_",
        "npm_",
        "glpat-",
        "glsa_",
        "glc_",
        "ATATT3",
        "BBDC-",
        "cfut_",
        "zpka_",
        "cflt",
        "SU",
        "AGE-SECRET-KEY-1",
        "pypi-",
        "eyJ",
        "sntrys_",
        "ops_",
        "AKIA",
        "ABSK",
        "bedrock-api-key-",
        "cmVmdGtu",
        "AKCp",
        "MT",
        "sk-",
        "@@BEGIN PRIVATE KEY@@\n",
        "@@BEGIN PGP PRIVATE KEY BLOCK@@\n\n",
        "@@BEGIN OPENSSH PRIVATE KEY@@\nb3Blbn",
        "PuTTY-User-Key-File-2: ssh-rsa\nPublic-Lines: 99999999999\n",
        "{\"type\":",
        "Basic ",
        "@@BEGIN RSA PRIVATE KEY@@\nProc-Type: 4,ENCRYPTED\nDEK-Info: ",
        "\u{30}\u{7f}",
        "MIIEVwIBAzCCBA0GCSqGSIb3DQEHAaCC",
        "MIICCgIBAzCCAdAGCSqGSIb3DQEHAaCCAcEEggG9MIIBuTCCAbUGCSqGSIb3DQEHAaCCAa",
        "/u3+7QAAAAIAAAABAAAAAQAGdXBsb2Fk",
        "zs7OzgAAAAIAAAABAAAAAwAEaG1hYwAA",
        "legal winner thank year wave sausage worth useful legal winner thank ",
    ];

    #[test]
    fn no_input_makes_a_check_panic() {
        let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
        let alphabets: [&[u8]; 4] = [
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
            b"eyJ.-_=:\n\\n\"' {}[],0123456789abcdefA",
            b"{}[]\":,0123456789 truefalsnE",
        ];
        for round in 0..600 {
            let mut value = dashed(OPENINGS[noise.next() as usize % OPENINGS.len()]).into_bytes();
            let len = noise.next() as usize % 260;
            if round % 3 == 0 {
                value.extend(noise.bytes(len));
            } else {
                value.extend(noise.text(alphabets[round % 4], len).into_bytes());
            }
            check_all(&value);
        }
        for value in [&b""[..], b" ", b"=", b".", b"..", b"_", b"\0", b"\xff\xfe\x80", b"--BEGIN "] {
            check_all(value);
        }
    }

    fn check_all(value: &[u8]) {
        for &check in TokenCheck::ALL {
            let evidence = run(check, value);
            assert!(!evidence.reason.is_empty(), "{check:?}");
            for fact in &evidence.facts {
                assert!(fact_name::ALL.contains(&fact.name), "{check:?}: {}", fact.name);
                assert!(!fact.value.is_empty() && fact.value.len() <= MAX_FACT_BYTES);
                assert!(!fact.value.chars().any(char::is_control));
            }
        }
        let _ = canonical_key(value);
    }

    #[test]
    fn random_values_seldom_pass() {
        let mut noise = Noise(77);
        for _ in 0..300 {
            let value = noise.bytes(64);
            for &check in TokenCheck::ALL {
                assert_ne!(run(check, &value).verdict, Verdict::Pass, "{check:?}");
            }
        }
    }

    #[test]
    fn long_input_stays_cheap() {
        for byte in *b"A1=-\\\n{\"" {
            check_all(&vec![byte; 200_000]);
        }
        check_all(&b"[".repeat(100_000));
        check_all(&b"{\"a\":".repeat(50_000));
    }

    #[test]
    fn facts_are_made_printable() {
        for (raw, want) in [
            (&b"plain"[..], "plain"),
            (b"a\x1b[31m\x00b\r\nc", "a[31mbc"),
            ("x\u{202e}y\u{200b}z".as_bytes(), "xyz"),
            (b"\xff", "\u{fffd}"),
        ] {
            assert_eq!(printable(raw), want);
        }
        assert_eq!(printable("ä".repeat(500).as_bytes()).len(), MAX_FACT_BYTES);
    }

    #[test]
    fn times_are_bounded() {
        for (seconds, want) in [
            (0, Some("1970-01-01T00:00:00Z")),
            (1_714_521_600, Some("2024-05-01T00:00:00Z")),
            (-1, None),
            (1_714_521_600_000, None),
            (i64::MAX, None),
        ] {
            assert_eq!(rfc3339(seconds).as_deref(), want);
        }
    }

    #[test]
    fn opaque_user_names_are_withheld() {
        let opaque = "a1B2c3D4".repeat(4);
        for (user, shown) in [
            ("deploy", true),
            ("ci-bot@example.org", true),
            ("arn:aws:iam::123456789012:user/build", true),
            (opaque.as_str(), false),
            ("", false),
        ] {
            assert_eq!(public_user(user.as_bytes()).is_some(), shown, "{user}");
        }
    }
}
