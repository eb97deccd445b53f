//! A report for the tests of all formats. It holds one of each thing that a format must get right:
//! several targets, names that are not UTF-8 or look like something else, columns behind characters
//! outside the basic plane, decoded and binary content, markers that ask to look away, gaps,
//! exclusions, and values without a fingerprint.
//!
//! The values are runs of one letter: nothing here looks like a secret of anybody.

use std::path::PathBuf;
use std::sync::Arc;

use super::{GitInfo, KeyInfo, Keyed, Outcome, Report, Target, TargetKind};
use crate::blob::{Content, FilePlace, FromHistory, Origin};
use crate::check::token::{Fact, fact_name};
use crate::finding::{
    Absent, AppliedException, Attempt, Cause, Change, ChangeState, CommitRef, Comparison, Confidence, Decision, Effect,
    Exception, ExceptionOutcome, ExceptionReason, Finding, Fingerprint, Grade, InlineIgnore, Lifetime, Occurrence,
    Reason, Severity, Standing, Triage, Verdict,
};
use crate::gap::{Coverage, Exclusion, ExclusionClass, Gap, GapClass, HistoryCoverage};
use crate::rule::{Boundary, IdentityKind, Provider, Rule, Trim};
use crate::secret::{LengthClass, Preview};
use crate::slot::Slot;
use crate::span::{ByteSpan, LineIndex, Position, Region};

/// A report over three targets with four findings at eight places, sorted as reports are.
pub(crate) fn sample_report() -> Report {
    Report {
        targets: sample_targets(),
        findings: sample_findings(),
        withheld: 2,
        min_confidence: Confidence::Medium,
        slots: vec![slot(b".github/workflows/ci.yml", 12), slot(b"deploy/app.yml", 3), slot(b"deploy/app.yml", 9)],
        coverage: sample_coverage(),
        gaps: vec![
            gap(GapClass::Unreadable, b"private/\x1b[31mlog", "permission denied"),
            gap(GapClass::OverBudget, b"dump.sql", "larger than 1 GiB; the rest was not read"),
            gap(GapClass::Opaque, b"backup.zip", "an encrypted ZIP archive"),
        ],
        exclusions: vec![
            exclusion(ExclusionClass::GitIgnored, b"target", 3),
            exclusion(ExclusionClass::GitDirectory, b".git", 2),
        ],
        key: KeyInfo { key_id: "0123456789abcdef".into(), keyed: Keyed::Salt },
        outcome: Outcome { failed: true, complete: false },
        comparison: Some(sample_comparison()),
        exceptions: sample_exceptions(),
        attempts: vec![Attempt {
            kind: "exception",
            file: "exceptions.toml".into(),
            what: "EX-3 would take out what the change itself brings".into(),
            places: Some(1),
        }],
        bypass: None,
        notes: vec!["straykey.toml in the tree was not obeyed; name it with --config".into()],
    }
}

/// A slot of the first form of the table, which is held in a store.
fn slot(path: &[u8], line: u64) -> Slot {
    Slot { origin: Arc::new(Origin::File(FilePlace::new(0, path.to_vec()))), line, form: 0 }
}

/// A report of a scan of one empty directory: nothing found, nothing left out.
pub(crate) fn clean_report() -> Report {
    Report {
        targets: vec![Target { given: PathBuf::from("."), kind: TargetKind::Directory, git: None }],
        findings: Vec::new(),
        withheld: 0,
        min_confidence: Confidence::Medium,
        slots: Vec::new(),
        coverage: Coverage { directories: 1, ..Coverage::default() },
        gaps: Vec::new(),
        exclusions: Vec::new(),
        key: KeyInfo { key_id: "fedcba9876543210".into(), keyed: Keyed::Public },
        outcome: Outcome { failed: false, complete: true },
        comparison: None,
        exceptions: Vec::new(),
        attempts: Vec::new(),
        bypass: None,
        notes: Vec::new(),
    }
}

/// The rules of the sample, sorted by id; `sample-webhook` has found nothing.
pub(crate) fn sample_rules() -> Vec<Arc<Rule>> {
    let mut password = sample_rule("generic-password", "hardcoded-password");
    password.title = "Password in source".into();
    password.provider = Provider { id: "generic".into(), name: "Generic".into() };
    password.identity = IdentityKind::ServiceLogin;
    password.confidence = Confidence::Medium;
    password.prefix = String::new();
    password.references = Vec::new();
    let mut private = sample_rule("sample-private-key", "private-key-unencrypted");
    private.title = "Private key in PEM".into();
    private.identity = IdentityKind::PrivateKey;
    private.prefix = String::new();
    let mut session = sample_rule("sample-session-token", "hardcoded-generic-token");
    session.title = "Sample session token".into();
    session.identity = IdentityKind::SessionToken;
    session.severity = Some(Severity::Low);
    let mut webhook = sample_rule("sample-webhook", "hardcoded-provider-key");
    webhook.identity = IdentityKind::Webhook;
    [password, sample_rule("sample-api-key", "hardcoded-provider-key"), private, session, webhook]
        .into_iter()
        .map(Arc::new)
        .collect()
}

/// A rule of a made-up provider.
pub(crate) fn sample_rule(id: &str, kind: &str) -> Rule {
    Rule {
        id: id.into(),
        title: "Sample Cloud API key".into(),
        provider: Provider { id: "sample-cloud".into(), name: "Sample Cloud".into() },
        kind: kind.into(),
        identity: IdentityKind::ApiKey,
        context: None,
        value: "smp_x{40}".into(),
        after: None,
        left: Boundary::Word,
        right: Boundary::Word,
        max_len: 44,
        digit: false,
        trim: Trim::None,
        keywords: vec!["smp_".into()],
        checks: Vec::new(),
        parts: Vec::new(),
        distinctive: true,
        specificity: 2,
        confidence: Confidence::High,
        severity: None,
        prefix: "smp_".into(),
        references: vec!["https://docs.example.com/api-keys".into()],
        rotate: "Make a second key in the console, move the callers to it, then delete the first.".into(),
        revoke: "Delete the key in the console under Access, API keys.".into(),
        liveness: None,
        attested: crate::rule::Attested::Issuer,
        ambiguous_with: Vec::new(),
        since: "0.1.0".into(),
        note: None,
        examples: Vec::new(),
        near_misses: Vec::new(),
    }
}

fn sample_targets() -> Vec<Target> {
    let git = |prefix: &str| GitInfo {
        prefix: prefix.into(),
        repository: Some("https://git.example.com/team/shop".into()),
        revision: Some("0123456789abcdef0123456789abcdef01234567".into()),
        branch: Some("main".into()),
        range: None,
    };
    let directory = TargetKind::Directory;
    vec![
        Target { given: PathBuf::from("."), kind: directory, git: Some(git("")) },
        Target {
            given: PathBuf::from("../shop/services/b\u{e4}r"),
            kind: directory,
            git: Some(git("services/b\u{e4}r/")),
        },
        Target { given: PathBuf::from("-"), kind: TargetKind::Stdin, git: None },
    ]
}

fn sample_coverage() -> Coverage {
    Coverage {
        files_seen: 25,
        files_read: 19,
        text_files: 17,
        decoded_files: 1,
        binary_files: 1,
        files_unreadable: 1,
        files_excluded: 5,
        links_inside: 1,
        directories: 4,
        bytes_read: 123_456,
        text_bytes: 100_000,
        decoded_bytes: 20_000,
        binary_bytes: 3_456,
        history: HistoryCoverage {
            repositories: 1,
            references: 12,
            logs: 3,
            commits: 480,
            tags: 2,
            trees: 1_234,
            files: 2_345,
            known: 45,
            bytes: 34_567_890,
        },
    }
}

fn sample_findings() -> Vec<Finding> {
    let rules = sample_rules();
    let (private, api) = (&rules[2], &rules[1]);
    let (password, session) = (&rules[0], &rules[3]);
    let preview = |rule: &Rule, length| Preview { prefix: rule.prefix.clone(), length };
    vec![
        Finding {
            rule: Arc::clone(private),
            fingerprint: Some(Fingerprint([0x11; 32])),
            preview: preview(private, LengthClass::Document),
            value: None,
            confidence: Confidence::High,
            severity: Severity::Critical,
            facts: vec![
                Fact { name: fact_name::KEY_TYPE, value: "rsa".into() },
                Fact { name: fact_name::KEY_BITS, value: "2048".into() },
            ],
            occurrences: vec![private_key_place()],
            value_id: Fingerprint([0x99; 32]),
            triage: Some(Arc::new(Triage {
                decision: Decision::Confirmed,
                by: "j.doe@example.org".into(),
                at: "2026-01-20T10:00:00Z".into(),
                grade: Grade::Claimed,
                note: None,
                ticket: Some("SEC-11".into()),
            })),
            aliases: Vec::new(),
        },
        Finding {
            rule: Arc::clone(api),
            fingerprint: Some(Fingerprint([0x22; 32])),
            preview: preview(api, LengthClass::Long),
            value: None,
            confidence: Confidence::High,
            severity: Severity::High,
            facts: vec![Fact { name: fact_name::ACCOUNT, value: "shop-{0}\u{a0}\u{1f511}".into() }],
            occurrences: api_key_places(),
            value_id: Fingerprint([0x99; 32]),
            triage: None,
            aliases: Vec::new(),
        },
        Finding {
            rule: Arc::clone(password),
            fingerprint: None,
            preview: preview(password, LengthClass::Short),
            value: None,
            confidence: Confidence::Medium,
            severity: Severity::Medium,
            facts: Vec::new(),
            occurrences: vec![password_place()],
            value_id: Fingerprint([0x99; 32]),
            triage: None,
            aliases: Vec::new(),
        },
        Finding {
            rule: Arc::clone(session),
            fingerprint: Some(Fingerprint([0x44; 32])),
            preview: preview(session, LengthClass::Long),
            value: None,
            confidence: Confidence::Medium,
            severity: Severity::Low,
            facts: Vec::new(),
            occurrences: vec![Occurrence {
                origin: Arc::new(Origin::Stdin(2)),
                confidence: Confidence::Medium,
                severity: Severity::Low,
                ..place(file(0, b""), "token: smp_xxxxxxxx\n", "smp_xxxxxxxx", 0xa7)
            }],
            value_id: Fingerprint([0x99; 32]),
            triage: None,
            aliases: Vec::new(),
        },
    ]
}

fn private_key_place() -> Occurrence {
    let text = "cert: |\n  -----BEGIN SAMPLE-----\n  xxxx\n  -----END SAMPLE-----\n";
    let key = text.trim_start_matches("cert: |\n").trim();
    Occurrence {
        severity: Severity::Critical,
        reasons: vec![reason(Effect::Base, "matched the rule"), reason(Effect::Raise, "the key structure is complete")],
        change: Some(change(ChangeState::Unchanged, None, Some("2026-01-15"))),
        verdict: Verdict::Known,
        lifetime: Some(Arc::new(Lifetime {
            at: vec!["refs/heads/main".into(), "refs/tags/v1".into()],
            references: 7,
            ..lifetime()
        })),
        ..place(file(0, b"deploy/tls.yaml"), text, key, 0xa1)
    }
}

/// One secret at five places: behind an emoji, below a name that looks like a URL scheme, in a
/// test, in a binary file, in the history alone.
fn api_key_places() -> Vec<Occurrence> {
    let value = "smp_xxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    let plain = format!("# \u{1f511} f\u{fc}r {{0}}\nkey = \"\u{1f511}\u{1f511}\" + \"{value}\"\n");
    let line = format!("KEY={value}\n");
    vec![
        place(file(0, "src/c\u{f6}nfig 'a'%[{0}].py".as_bytes()), &plain, value, 0xa2),
        Occurrence {
            ignore: Some(InlineIgnore {
                marker: "straykey:ignore",
                reason: Some("used by the smoke test only".into()),
                until: Some("2031-12-31".into()),
                expired: false,
                honoured: false,
            }),
            ..place(file(0, b"a:b/\xffkey.env"), &line, value, 0xa3)
        },
        Occurrence {
            severity: Severity::Medium,
            confidence: Confidence::Medium,
            reasons: vec![reason(Effect::Base, "matched the rule"), reason(Effect::Lower, "lies in a test fixture")],
            ignore: Some(InlineIgnore {
                marker: "gitleaks:allow",
                reason: None,
                until: Some("2020-01-01".into()),
                expired: true,
                honoured: false,
            }),
            ..place(file(1, b"tests/fixtures/keys.env"), &line, value, 0xa4)
        },
        Occurrence {
            content: Content::Binary,
            ordinal: 2,
            exception: Some(applied(0)),
            verdict: Verdict::Excepted,
            ..place(file(1, b"bin/app"), "\u{b}\u{b}\n\u{b}smp_xxxxxxxxxxxxxxxxxxxxxxxxxxxx", value, 0xa5)
        },
        Occurrence {
            lifetime: Some(Arc::new(lifetime())),
            change: Some(Change { proven: false, ..change(ChangeState::New, Some(Cause::Rules), None) }),
            exception: Some(applied(1)),
            verdict: Verdict::NewlyDetected,
            ..place(removed(b"old/keys.env"), &line, value, 0xa7)
        },
    ]
}

/// A file of a commit, in a history that was scanned.
fn removed(path: &[u8]) -> Origin {
    let lifetime = lifetime();
    let commit = lifetime.introduced.as_ref().map(|commit| Arc::from(commit.id.as_str()));
    Origin::File(FilePlace {
        target: 1,
        path: path.to_vec(),
        commit,
        history: Some(FromHistory::Object(lifetime.object)),
    })
}

/// The life of a secret that no branch has any more.
fn lifetime() -> Lifetime {
    let commit = |id: &str, time: &str| {
        let author = Some("person-0123456789ab".to_owned());
        Some(Arc::new(CommitRef { id: id.repeat(40), time: Some(time.to_owned()), author }))
    };
    Lifetime {
        object: Arc::from("b".repeat(40)),
        introduced: commit("c", "2024-02-29T12:00:00Z"),
        last: commit("d", "2025-03-01T08:30:00Z"),
        at: Vec::new(),
        references: 0,
    }
}

fn password_place() -> Occurrence {
    Occurrence {
        content: Content::Decoded,
        confidence: Confidence::Medium,
        severity: Severity::Medium,
        exception: Some(applied(2)),
        change: Some(change(ChangeState::Moved, Some(Cause::Code), Some("2026-01-15"))),
        verdict: Verdict::Excepted,
        reasons: vec![reason(Effect::Base, "matched the rule")],
        ..place(file(0, b"etc/settings.ini"), "password = xxxxxxxx\n", "xxxxxxxx", 0xa6)
    }
}

/// The place of `value` in `text`, found with high confidence and of high severity.
fn place(origin: Origin, text: &str, value: &str, place: u8) -> Occurrence {
    let (span, region) = found(text, value);
    Occurrence {
        origin: Arc::new(origin),
        span,
        region,
        content: Content::Text,
        place: Fingerprint([place; 32]),
        ordinal: 1,
        confidence: Confidence::High,
        severity: Severity::High,
        reasons: vec![reason(Effect::Base, "matched the rule"), reason(Effect::Raise, "CRC-32 checksum agrees")],
        ignore: None,
        lifetime: None,
        change: Some(change(ChangeState::New, Some(Cause::Code), None)),
        exception: None,
        owners: None,
        value_is_new: false,
        verdict: Verdict::Fails,
    }
}

fn change(state: ChangeState, cause: Option<Cause>, since: Option<&str>) -> Change {
    Change { state, cause, proven: true, since: since.map(str::to_owned) }
}

/// One exception of each outcome: a risk that was accepted, one whose time is over, a false positive, one that the change
/// brings itself, and one that nothing needs.
fn sample_exceptions() -> Vec<ExceptionOutcome> {
    let exception = |id: &str, reason, expires_on: &str| Exception {
        id: id.into(),
        reason,
        text: "a \"reason\" with <markup> & {braces}".into(),
        requested_by: "dev@example.org".into(),
        approved_by: Some("risk.owner@example.org".into()),
        approved_on: Some("2026-01-10".into()),
        expires_on: expires_on.into(),
        ticket: Some("SEC-12".into()),
        grade: Grade::Claimed,
    };
    let unapproved = Standing::Unapproved("nobody approved it".into());
    [
        (exception("EX-1", ExceptionReason::AcceptedRisk, "2026-12-31"), Standing::Active, 1, false),
        (exception("EX-2", ExceptionReason::CompensatingControl, "2026-01-31"), Standing::Expired, 1, false),
        (exception("EX-3", ExceptionReason::FalsePositive, "2026-12-31"), Standing::Active, 1, false),
        (exception("EX-4", ExceptionReason::TestValue, "2026-12-31"), unapproved, 0, true),
    ]
    .into_iter()
    .map(|(exception, standing, places, stale)| ExceptionOutcome {
        exception: Arc::new(exception),
        standing,
        places,
        stale,
    })
    .collect()
}

fn applied(number: usize) -> AppliedException {
    let ExceptionOutcome { exception, standing, .. } = sample_exceptions().swap_remove(number);
    AppliedException { exception, standing }
}

fn sample_comparison() -> Comparison {
    let absent = |path: &str, cause, proven| Absent {
        rule: "sample-api-key".into(),
        path: path.into(),
        fingerprint: "5".repeat(64),
        cause,
        proven,
        since: Some("2026-01-15".into()),
    };
    Comparison {
        with: "evidence/2026-01-15".into(),
        scan: Some("0".repeat(32)),
        remembered: Vec::new(),
        absent: vec![absent("gone/<b>.env", Cause::Code, true), absent("other.env", Cause::Configuration, true)],
    }
}

fn found(text: &str, value: &str) -> (ByteSpan, Region) {
    let start = text.find(value).expect("the sample text holds its value");
    let end = start + value.len();
    let index = LineIndex::new(text.as_bytes(), Position::default());
    (ByteSpan::new(start as u64, end as u64), index.region(text.as_bytes(), start, end))
}

fn file(target: usize, path: &[u8]) -> Origin {
    Origin::File(FilePlace::new(target, path.to_vec()))
}

fn reason(effect: Effect, text: &str) -> Reason {
    Reason { effect, text: text.into() }
}

fn gap(class: GapClass, path: &[u8], reason: &str) -> Gap {
    Gap::new(class, Arc::new(file(0, path)), reason.into())
}

fn exclusion(class: ExclusionClass, path: &[u8], files: u64) -> Exclusion {
    Exclusion { class, stated: None, origin: Arc::new(file(0, path)), files }
}
