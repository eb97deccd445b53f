//! Markers that ask scanners to look away: recorded, judged, and not obeyed by themselves.

use serde_json::Value;

use crate::run::{Run, array, token, tree};

/// The report of a file with these lines, as JSON and as SARIF.
fn reports(lines: &str, at: &str) -> (Value, Value) {
    let folder = tree(&[("a.env", lines)]);
    let report = |format| Run::scan(folder.path(), &["--format", format, "--at", at]).go().expect(1).json();
    (report("json"), report("sarif"))
}

#[test]
fn markers_of_other_tools_count_on_their_line() {
    for marker in ["gitleaks:allow", "pragma: allowlist secret", "trufflehog:ignore"] {
        let (json, sarif) = reports(&format!("TOKEN={} # {marker}\n", token(marker)), "2025-01-01");
        let ignore = &json["findings"][0]["places"][0]["ignore"];
        assert_eq!(ignore["marker"], marker);
        assert_eq!(ignore["expired"], false);
        assert_eq!(json["summary"]["ignored_places"], 1);
        let suppressions = array(&sarif["runs"][0]["results"][0]["suppressions"]);
        assert_eq!(suppressions.len(), 1);
        assert_eq!(suppressions[0]["kind"], "inSource");
        assert_eq!(suppressions[0]["status"], "underReview");
    }
}

#[test]
fn our_marker_carries_reason_and_end() {
    let line = format!(
        "TOKEN={} # straykey:ignore github-personal-access-token reason=\"revoked in May\" until=2026-06-30\n",
        token("ours")
    );
    let (json, sarif) = reports(&line, "2026-06-30");
    let ignore = &json["findings"][0]["places"][0]["ignore"];
    assert_eq!(ignore["marker"], "straykey:ignore");
    assert_eq!(ignore["reason"], "revoked in May");
    assert_eq!(ignore["until"], "2026-06-30");
    assert_eq!(ignore["expired"], false, "the last day counts");
    let suppression = &sarif["runs"][0]["results"][0]["suppressions"][0];
    assert!(suppression["justification"].as_str().unwrap().contains("revoked in May"), "{suppression}");
}

#[test]
fn an_expired_marker_suppresses_nothing() {
    let line = format!("TOKEN={} # straykey:ignore reason=moving until=2026-06-30\n", token("expired"));
    let (json, sarif) = reports(&line, "2026-07-01");
    let ignore = &json["findings"][0]["places"][0]["ignore"];
    assert_eq!(ignore["expired"], true);
    assert_eq!(json["summary"]["ignored_places"], 0);
    let suppressions = &sarif["runs"][0]["results"][0]["suppressions"];
    assert!(suppressions.as_array().is_none_or(Vec::is_empty), "{suppressions}");
}

#[test]
fn our_marker_may_stand_on_the_line_before() {
    let text = format!("# straykey:ignore reason=rotated\nTOKEN={}\n", token("before"));
    let (json, _) = reports(&text, "2025-01-01");
    assert_eq!(json["findings"][0]["places"][0]["ignore"]["marker"], "straykey:ignore");
    // Those of others count on the same line only, and ours does not reach two lines down.
    for text in [
        format!("# gitleaks:allow\nTOKEN={}\n", token("other")),
        format!("# straykey:ignore reason=rotated\n\nTOKEN={}\n", token("far")),
        format!("TOKEN={}\n# straykey:ignore reason=rotated\n", token("after")),
    ] {
        let (json, _) = reports(&text, "2025-01-01");
        assert!(json["findings"][0]["places"][0]["ignore"].is_null(), "{text}");
    }
}

#[test]
fn a_marker_for_another_rule_does_not_count() {
    let text = format!("TOKEN={} # straykey:ignore npm-access-token reason=other\n", token("rule"));
    let (json, _) = reports(&text, "2025-01-01");
    assert!(json["findings"][0]["places"][0]["ignore"].is_null());
}

#[test]
fn an_ignored_finding_still_decides_the_exit_code() {
    let folder = tree(&[("a.env", &format!("TOKEN={} # gitleaks:allow\n", token("exit")))]);
    Run::scan(folder.path(), &[]).go().expect(1);
}

#[test]
fn a_reason_cannot_bring_control_characters_into_a_report() {
    let text = format!("TOKEN={} # straykey:ignore reason=\"red \u{1b}[31m\u{202e}\" until=2099-01-01\n", token("esc"));
    let folder = tree(&[("a.env", &text)]);
    for format in ["pretty", "json", "sarif"] {
        let out = Run::scan(folder.path(), &["--format", format]).go().expect(1).text();
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{format}");
    }
}
