use std::sync::Arc;

use unicode_width::UnicodeWidthStr as _;

use super::*;
use crate::blob::{FilePlace, Origin, is_unsafe_to_print};
use crate::finding::{Bypass, InlineIgnore, Verdict};
use crate::gap::{Exclusion, ExclusionClass, Gap, GapClass};
use crate::report::sample::{clean_report, sample_report};
use crate::report::words;
use crate::report::{Outcome, Report};
use crate::secret::Secret;

const STYLE: Style = Style { color: false, width: 100, all: false, show_secrets: false, unicode: true };

fn page(report: &Report, style: Style) -> String {
    let mut out = Vec::new();
    write(report, &style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn file(path: &[u8]) -> Arc<Origin> {
    Arc::new(Origin::File(FilePlace::new(0, path.to_vec())))
}

/// A report whose every text that comes from outside does its worst.
fn hostile_report() -> Report {
    let worst = "\u{1b}[2J\u{202e}a\nb \u{e9}\\";
    let mut report = sample_report();
    let finding = &mut report.findings[0];
    finding.value = Some(Secret::new(worst.as_bytes()));
    finding.facts[0].value = worst.into();
    finding.occurrences[0].origin = file(worst.as_bytes());
    finding.occurrences[0].reasons[0].text = worst.into();
    finding.occurrences[0].ignore = Some(InlineIgnore {
        marker: "gitleaks:allow",
        reason: Some(worst.into()),
        until: Some(worst.into()),
        expired: false,
        honoured: false,
    });
    let applied = report.findings[1].occurrences[4].exception.as_mut().unwrap();
    Arc::make_mut(&mut applied.exception).id = worst.into();
    Arc::make_mut(report.findings[0].triage.as_mut().unwrap()).by = worst.into();
    report.comparison.as_mut().unwrap().with = worst.into();
    report.comparison.as_mut().unwrap().absent[0].path = worst.into();
    Arc::make_mut(&mut report.exceptions[3].exception).id = worst.into();
    report.attempts[0].file = worst.into();
    report.attempts[0].what = worst.into();
    report.bypass = Some(Bypass { reason: worst.into(), by: worst.into(), exit_code: 1 });
    report.targets[1].given = worst.into();
    report.gaps[0] = Gap::new(GapClass::Missing, file(worst.as_bytes()), worst.into());
    report.exclusions[0].origin = file(worst.as_bytes());
    report.notes.push(worst.into());
    report
}

#[test]
fn the_sample_in_full() {
    insta::assert_snapshot!(page(&sample_report(), STYLE), @r"
    HIGH        Sample Cloud API key (Sample Cloud)
      value     smp_… (32 to 63 bytes)
      rule      sample-api-key, high confidence
      at        src/cönfig 'a'%[{0}].py:2:15 (new)
                a:b/\xffkey.env:1:5 (new) marked straykey:ignore until 2031-12-31: used by the smoke
                  test only
                ../shop/services/bär/tests/fixtures/keys.env:1:5 (medium here, medium confidence; new)
                  expired marker gitleaks:allow until 2020-01-01
                ../shop/services/bär/bin/app:2:2 (in binary content; new; excepted by EX-1 (accepted
                  risk, until 2026-12-31))
                ../shop/services/bär/old/keys.env:1:5 (since cccccccccccc of 2024-02-29, last in
                  dddddddddddd of 2025-03-01; new, perhaps by other rules; EX-2 expired on 2026-01-31)
      why       matched the rule; + CRC-32 checksum agrees
      facts     account: shop-{0} 🔑
      controls  contradicts ISO/IEC 27002 5.17 Authentication information; 8.10 Information deletion;
                8.28 Secure coding
                affects ISO/IEC 27002 5.16, 5.18, 5.23, 8.4, 8.12, 8.31, 8.33
                NHI2:2025 Secret Leakage; NHI7:2025 Long-Lived Secrets
                CWE-798 Use of Hard-coded Credentials; CWE-540
      do        revoke: Delete the key in the console under Access, API keys.
                rotate: Make a second key in the console, move the callers to it, then delete the first.
                see https://docs.example.com/api-keys

    LOW         Sample session token (Sample Cloud)
      value     smp_… (32 to 63 bytes)
      rule      sample-session-token, medium confidence
      at        -:1:8 (new)
      why       matched the rule; + CRC-32 checksum agrees
      controls  contradicts ISO/IEC 27002 5.17 Authentication information; 8.28 Secure coding
                affects ISO/IEC 27002 5.16, 5.18, 8.4, 8.12
                NHI2:2025 Secret Leakage; NHI7:2025 Long-Lived Secrets
                CWE-798 Use of Hard-coded Credentials; CWE-540
      do        revoke: Delete the key in the console under Access, API keys.
                rotate: Make a second key in the console, move the callers to it, then delete the first.
                see https://docs.example.com/api-keys

    CRITICAL    Private key in PEM (Sample Cloud)
      value     … (256 bytes or more)
      rule      sample-private-key, high confidence
      triage    confirmed by j.doe@example.org (claimed) at 2026-01-20T10:00:00Z, SEC-11
      at        deploy/tls.yaml:2:3 (since cccccccccccc of 2024-02-29, still at main and 6 other
                references; known since 2026-01-15)
      why       matched the rule; + the key structure is complete
      facts     key-type: rsa
                key-bits: 2048
      controls  contradicts ISO/IEC 27002 5.17 Authentication information; 8.24 Use of cryptography
                affects ISO/IEC 27002 5.16, 8.4, 8.5, 8.20
                NHI2:2025 Secret Leakage; NHI7:2025 Long-Lived Secrets
                CWE-321 Use of Hard-coded Cryptographic Key; CWE-312; CWE-522
      do        revoke: Delete the key in the console under Access, API keys.
                rotate: Make a second key in the console, move the callers to it, then delete the first.
                see https://docs.example.com/api-keys

    MEDIUM      Password in source
      value     … (under 16 bytes)
      rule      generic-password, medium confidence
      at        etc/settings.ini:1:12 (decoded text; moved, known since 2026-01-15; excepted by EX-3
                (false positive, until 2026-12-31))
      why       matched the rule
      controls  contradicts ISO/IEC 27002 5.17 Authentication information; 8.28 Secure coding
                affects ISO/IEC 27002 8.4 Access to source code; 8.5 Secure authentication; 8.12 Data
                  leakage prevention
                NHI2:2025 Secret Leakage
                CWE-259 Use of Hard-coded Password
      do        revoke: Delete the key in the console under Access, API keys.
                rotate: Make a second key in the console, move the callers to it, then delete the first.

    Found       4 secrets at 8 places: 1 critical, 1 high, 1 medium, 1 low; 1 place is marked to be
                ignored
    Slots       10 credential slots: 7 in the open, 3 in vaults
                  .: 1 in the open
                  a:b: 1 in the open
                  bin: 1 in the open
                  deploy: 1 in the open, 2 in vaults
                  etc: 1 in the open
                  and 3 more; --all shows them
    Read        19 files (17 text, 1 UTF-16 or UTF-32, 1 binary), 120.5 KiB, 4 directories
    History     480 commits, 2,345 versions of files (45 known from a cache), 32.9 MiB, 12 references
    Not read    unreadable, 1 place
                  private/\u{1b}[31mlog: permission denied
                over-budget, 1 place
                  dump.sql: larger than 1 GiB; the rest was not read
                opaque, 1 place (searched for printable text)
                  backup.zip: an encrypted ZIP archive
    Left out    git-ignored, 3 files: untracked and ignored by git; --no-ignore scans it
                  target (3 files)
                git-directory, 2 files: git's own files; only config and hooks are read
                  .git (2 files)
    Withheld    2 places below medium confidence; --min-confidence low shows them
    Compared    with evidence/2026-01-15: 6 new (5 by the code, 1 perhaps by other rules), 1 known, 1
                moved, 2 absent (1 by the code, 1 by other settings)
                  absent: gone/<b>.env sample-api-key
                  absent: other.env sample-api-key
    Excepted    2 of 4 exceptions hold, for 2 places
                  EX-2 expired on 2026-01-31; it would speak of 1 place
                  EX-4 does not hold: nobody approved it; it names a rule that there is not
    Attempt     the change brings exceptions.toml itself (exception), which was not obeyed: EX-3 would
                take out what the change itself brings (1 place)
    Note        straykey.toml in the tree was not obeyed; name it with --config

    straykey: 4 secrets found, 2 of which fail the scan; the scan is incomplete: 3 gaps
    ");
}

#[test]
fn a_clean_scan_is_a_few_lines() {
    let mut report = clean_report();
    report.coverage.files_read = 1;
    report.coverage.text_files = 1;
    report.coverage.bytes_read = 1;
    insta::assert_snapshot!(page(&report, STYLE), @"
    Read        1 file (1 text), 1 byte, 1 directory

    straykey: nothing found
    ");
}

#[test]
fn the_verdict_says_what_the_exit_code_means() {
    let verdict = |secrets: usize, failed, complete, gaps: usize| {
        let mut report = sample_report();
        report.findings.truncate(secrets);
        report.gaps.truncate(gaps);
        report.withheld = 0;
        report.outcome = Outcome { failed, complete };
        let places = report.findings.iter_mut().flat_map(|finding| &mut finding.occurrences);
        places.for_each(|place| place.verdict = if failed { Verdict::Fails } else { Verdict::Minor });
        summary::verdict(&report).0
    };
    for (given, expect) in [
        ((0, false, true, 0), "nothing found"),
        ((0, false, false, 2), "nothing found; the scan is incomplete: 2 gaps"),
        ((1, true, true, 0), "1 secret found, which fails the scan (--fail-on)"),
        ((3, true, false, 1), "3 secrets found, all of which fail the scan (--fail-on); the scan is incomplete: 1 gap"),
        ((2, false, true, 0), "2 secrets found, none of which fails the scan (--fail-on)"),
    ] {
        let (secrets, failed, complete, gaps) = given;
        assert_eq!(verdict(secrets, failed, complete, gaps), format!("straykey: {expect}"));
    }
    let told = |failing: usize, all: Verdict| {
        let mut report = sample_report();
        report.outcome = Outcome { failed: failing > 0, complete: true };
        for (at, finding) in report.findings.iter_mut().enumerate() {
            let verdict = if at < failing { Verdict::FailsGate("main".into()) } else { all.clone() };
            finding.occurrences.iter_mut().for_each(|place| place.verdict = verdict.clone());
        }
        summary::verdict(&report).0
    };
    assert_eq!(told(1, Verdict::Known), "straykey: 4 secrets found, 1 of which fails the scan");
    assert_eq!(told(2, Verdict::Excepted), "straykey: 4 secrets found, 2 of which fail the scan");
    assert_eq!(told(0, Verdict::Known), "straykey: 4 secrets found, none of which fails the scan");
    let mut empty = clean_report();
    empty.outcome.complete = false;
    assert!(summary::verdict(&empty).0.contains("nothing to scan"));
    empty.withheld = 1;
    assert!(summary::verdict(&empty).0.contains("nothing found at or above medium confidence"));
}

#[test]
fn lines_keep_to_the_width_and_have_no_trailing_spaces() {
    for width in [0, 40, 57, 80, 200] {
        let text = page(&sample_report(), Style { width, ..STYLE });
        for line in text.lines() {
            assert_eq!(line.trim_end(), line, "trailing space at width {width}");
            // What cannot be broken stands alone behind its indent or its label.
            let unbroken = line.split_whitespace().any(|word| word.width() > 20) || line.contains("[{0}]");
            assert!(line.width() <= width.max(40) || unbroken, "{width}: {line}");
        }
    }
}

#[test]
fn long_lists_are_cut_and_counted() {
    let mut report = sample_report();
    let place = report.findings[0].occurrences[0].clone();
    report.findings[0].occurrences = vec![place; 8];
    let first = report.findings[0].clone();
    report.findings.extend(vec![first; 60]);
    report.gaps = (0..12)
        .map(|n| Gap {
            class: GapClass::Unreadable,
            origin: file(format!("locked/{n}").as_bytes()),
            reason: "permission denied".into(),
            accepted: None,
        })
        .collect();
    report.exclusions = (0..1005)
        .map(|n| Exclusion {
            stated: None,
            class: ExclusionClass::GitIgnored,
            origin: file(format!("skipped/{n}").as_bytes()),
            files: 2,
        })
        .collect();

    let text = page(&report, STYLE);
    assert_eq!(text.matches("  value     ").count(), 50);
    assert!(text.contains("\n14 more secrets (14 critical) not shown here; --all shows them.\n"));
    assert!(text.contains("references; known since 2026-01-15)\n            and 3 more places\n"), "{text}");
    assert_eq!(text.matches("locked/").count(), 10);
    assert!(text.contains("permission denied\n              and 2 more; --all shows them\n"));
    assert!(text.contains("git-ignored, 2,010 files: "));
    assert_eq!(text.matches("skipped/").count(), 3);
    assert!(text.contains("and 1,002 more; --all shows them\n"));

    let text = page(&report, Style { all: true, ..STYLE });
    assert_eq!(text.matches("  value     ").count(), 64);
    assert_eq!(text.matches("locked/").count(), 12);
    assert!(!text.contains("--all") && !text.contains("more place"));
}

#[test]
fn what_others_wrote_is_inert() {
    let report = hostile_report();
    for show_secrets in [false, true] {
        let text = page(&report, Style { show_secrets, ..STYLE });
        assert!(!text.chars().any(|c| c != '\n' && is_unsafe_to_print(c)), "{text:?}");
        assert!(text.contains("\\u{1b}[2J\\u{202e}a\\u{a}b \u{e9}\\\\:2:3"), "{text}");
        let text = page(&report, Style { show_secrets, unicode: false, ..STYLE });
        assert!(text.is_ascii(), "{text}");
    }
}

#[test]
fn values_appear_only_when_asked_for() {
    let mut report = sample_report();
    report.findings[0].value = Some(Secret::new(b"correct-horse  "));
    let text = page(&report, STYLE);
    assert!(!text.contains("correct-horse"));
    assert!(text.contains("\u{2026} (256 bytes or more)"));
    let text = page(&report, Style { show_secrets: true, ..STYLE });
    assert!(text.contains("  value     correct-horse\\u{20}\\u{20}\n"), "{text}");
}

#[test]
fn colours_change_nothing_but_colours() {
    let plain = page(&sample_report(), STYLE);
    let coloured = page(&sample_report(), Style { color: true, ..STYLE });
    assert_eq!(coloured, page(&sample_report(), Style { color: true, ..STYLE }));
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        stripped.push_str(&rest[..at]);
        let end = rest[at..].find('m').unwrap();
        rest = &rest[at + end + 1..];
    }
    stripped.push_str(rest);
    assert_ne!(coloured, plain);
    assert_eq!(stripped, plain);
    assert!(!coloured.lines().any(|line| line.ends_with(' ')));
}

#[test]
fn places_are_named_from_where_the_operator_stands() {
    let report = sample_report();
    let named = |target, path: &[u8]| {
        let origin = Origin::File(FilePlace::new(target, path.to_vec()));
        String::from_utf8(words::named(&report, &origin)).unwrap()
    };
    assert_eq!(named(0, b"a/b"), "a/b");
    assert_eq!(named(1, b"a/b"), "../shop/services/b\u{e4}r/a/b");
    assert_eq!(words::named(&report, &Origin::Stdin(0)), b"-");
}

#[test]
fn numbers_are_for_people() {
    for (count, expect) in [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1,023 bytes"),
        (1024, "1.0 KiB"),
        (1_048_575, "1023.9 KiB"),
        (1_048_576, "1.0 MiB"),
        (u64::MAX, "15.9 EiB"),
    ] {
        assert_eq!(words::bytes(count), expect);
    }
    assert_eq!(grouped(0), "0");
    assert_eq!(grouped(999), "999");
    assert_eq!(grouped(1_234_567), "1,234,567");
}

#[test]
fn a_bypass_cannot_be_overlooked() {
    let mut report = sample_report();
    assert!(!page(&report, STYLE).contains("BYPASSED"));
    report.bypass = Some(Bypass { reason: "the shop is down".into(), by: "j.doe".into(), exit_code: 1 });
    let text = page(&report, Style { width: 200, ..STYLE });
    assert!(
        text.contains("\nBYPASSED by j.doe: the shop is down; the exit code would have been 1\nstraykey: "),
        "{text}"
    );
    assert!(text.contains("BYPASSED: the exit code is 0 in place of 1"), "{text}");
    report.outcome = Outcome { failed: false, complete: true };
    assert_eq!(summary::verdict(&report).1, page::ink::BAD);
}

#[test]
fn what_nobody_has_to_deal_with_is_quieter() {
    let text = page(&sample_report(), Style { color: true, ..STYLE });
    let quiet = |path: &str| text.contains(&format!("{}{path}", page::ink::LABEL.render()));
    assert!(quiet("deploy/tls.yaml"), "known");
    assert!(quiet("../shop/services/b\u{e4}r/bin/app"), "excepted");
    assert!(!quiet("../shop/services/b\u{e4}r/old/keys.env"), "its exception has expired");
    assert!(!quiet("-:1:8"));
}

#[test]
fn what_fails_comes_before_what_is_known() {
    let mut report = sample_report();
    let many = std::iter::repeat_n(report.findings[0].clone(), SECRETS_SHOWN);
    report.findings = many.chain([report.findings[3].clone()]).collect();
    assert!(report.findings[0].severity > report.findings[SECRETS_SHOWN].severity);
    let page = page(&report, STYLE);
    assert!(page.starts_with("LOW "), "{page}");
    assert!(page.contains("1 more secret (1 critical) not shown here"), "{page}");
}
