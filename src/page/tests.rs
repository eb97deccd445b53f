//! The page, as text: what is in it, and what cannot be.

use jiff::civil::date;
use serde_json::{Value as Json, json};

use super::*;
use crate::evidence::reading::sample::{self, read};
use crate::evidence::reading::{Assurance, Exclusion, Finding, Gap, Reading};
use crate::evidence::series::Subject;
use crate::govern::State as ControlState;

/// A name that would be mark-up, end an attribute, turn its neighbours round, and end the list of secrets.
const HOSTILE: &str = "a\"'<img src=x onerror=alert(1)>\u{202e}\u{1b}[31m</script><!--findings-->{{ 7 * 7 }}";

/// The record of a secret at these places.
fn finding(rule: &str, severity: &str, places: &[Json]) -> Finding {
    let mut finding: Finding = read(json!({
        "rule": {
            "id": rule, "title": format!("Title of {rule}"), "provider": { "id": "sample", "name": "Sample" },
            "kind": "hardcoded-provider-key", "identity": "api-key"
        },
        "fingerprint": "ab".repeat(32),
        "preview": "smp_... (16 to 31 bytes)",
        "severity": severity,
        "confidence": "high",
        "facts": [{ "name": "account", "value": "12" }],
        "controls": [
            { "control": "5.17", "title": "Authentication information", "role": "contradicts", "why": "It lies in the open." },
            { "control": "5.16", "title": "Identity management", "role": "affected", "why": "Nobody knows it." }
        ],
        "cwe": ["CWE-798"], "nhi": ["NHI2:2025"], "csf": ["PR.AA-01"],
        "remediation": {
            "revoke": "Run `sample revoke`.", "rotate": "Make another.",
            "references": ["https://example.org/keys", "javascript:alert(1)"]
        },
        "triage": null,
        "places": places
    }));
    finding.record = 7;
    finding
}

fn place(path: &str, verdict: &str) -> Json {
    json!({
        "path": path, "target": 0, "region": { "start_line": 3, "start_column": 5 },
        "place_fingerprint": "cd".repeat(32), "severity": "high", "confidence": "high", "ignore": null,
        "verdict": { "state": verdict }
    })
}

fn exception(id: &str, reason: &str, standing: &str) -> Json {
    json!({
        "id": id, "reason": reason, "text": "words of somebody", "requested_by": "dev@example.org",
        "approved_by": "owner@example.org", "approved_on": "2026-01-10", "expires_on": "2026-06-30", "ticket": null,
        "grade": "claimed", "standing": standing, "why": (standing != "active").then_some("what lacks")
    })
}

/// A scan that found nothing, in a complete and clean scope.
fn clean() -> Reading {
    let outcome = json!({ "exit_code": 0, "failed": false, "complete": true });
    let counts = json!({ "total": 3, "store": 2, "encrypted": 0, "environment": 0, "federated": 0, "open": 1 });
    let mut slots = counts.clone();
    slots["areas"] = json!([{ "area": "src" }]);
    for (name, count) in counts.as_object().unwrap() {
        slots["areas"][0][name] = count.clone();
    }
    let state = |number: &str, state: ControlState| {
        let sentence = format!("Tested: aspect of {number}. Words.");
        read(json!({
            "control": number, "title": "", "state": state, "sentence": sentence, "secrets": 0, "places": 0
        }))
    };
    Reading {
        name: "bundle-1".to_owned(),
        assurance: Assurance::Made,
        scan: "scan-of-the-sample".to_owned(),
        manifest_sha256: "ef".repeat(32),
        subject: Subject::default(),
        commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        started: read(json!({
            "started": "2026-03-04T05:06:07.890Z", "tool": { "name": "straykey", "version": "1.2.3" },
            "rule_pack": { "rules": 12, "sha256": "11".repeat(32) }, "configuration": { "sha256": "22".repeat(32) },
            "key": { "id": "key-1", "keyed": "salt" }, "targets": [{ "given": "shop", "kind": "directory" }]
        })),
        completed: read(json!({ "completed": "2026-03-04T05:06:08.000Z", "outcome": outcome })),
        coverage: read(json!({
            "files_seen": 9, "files_read": 8, "files_excluded": 1, "files_unreadable": 0, "bytes_read": 2048,
            "history": null, "withheld": 0
        })),
        slots: read(slots),
        self_test: read(json!({ "found": ["a", "b"], "not_found": [], "not_tested": ["c"] })),
        controls: vec![state("5.17", ControlState::NoneObserved), state("8.24", ControlState::Incomplete)],
        ..sample::reading("shop", "2026-03-04")
    }
}

/// A scan in which there is something of everything.
fn full() -> Reading {
    let mut known = place("src/known.env", "known");
    known["change"] = json!({ "state": "unchanged", "cause": null, "proven": false, "since": "2025-12-01" });
    known["ignore"] = json!({ "marker": "straykey:ignore", "expired": false, "honoured": false });
    let commit = json!({ "id": "fedcba9876543210", "time": "2025-11-30T00:00:00Z", "author": "person-1" });
    let mut fails = place("src/new.env", "fails");
    fails["history"] = json!({ "introduced": commit, "last_seen": commit, "references": 0 });
    fails["history_only"] = json!(true);
    fails["change"] = json!({ "state": "new", "cause": "rules", "proven": false, "since": null });
    let mut excepted = place("src/risk.env", "excepted");
    excepted["exception"] = exception("EX-1", "accepted-risk", "active");
    let mut gate = place("src/gate.env", "fails-gate");
    gate["verdict"]["gate"] = json!("keys");
    gate["exception"] = exception("EX-2", "test-value", "unapproved");
    let mut triaged = finding("rule-b", "critical", &[gate, place("src/gate.env", "minor")]);
    triaged.triage = Some(read(json!({
        "decision": "incident", "by": "lead@example.org", "at": "2026-03-01T00:00:00Z", "grade": "claimed",
        "note": "seen in use", "ticket": "T-1"
    })));
    let outcome = |id: &str, reason: &str, standing: &str| {
        let mut outcome = exception(id, reason, standing);
        outcome["places"] = json!(1);
        outcome["stale"] = json!(standing != "active");
        read(outcome)
    };
    let accepted = json!({ "reason": "known", "approver": "lead@example.org", "until": "2026-12-31" });
    let mut reading = clean();
    reading.findings = vec![finding("rule-a", "high", &[known, fails]), finding("rule-c", "low", &[excepted]), triaged];
    reading.completed.outcome = read(json!({ "exit_code": 0, "failed": true, "complete": false }));
    reading.exceptions = vec![outcome("EX-1", "accepted-risk", "active"), outcome("EX-2", "test-value", "unapproved")];
    reading.attempts =
        vec![read(json!({ "kind": "exception", "file": "exceptions.toml", "what": "excepts 2 places" }))];
    reading.bypass = Some(read(json!({ "reason": "a release", "by": "dev@example.org", "exit_code": 1 })));
    reading.gaps =
        vec![read::<Gap>(json!({ "class": "unreadable", "path": "a", "reason": "denied", "accepted": accepted }))];
    reading.exclusions = vec![read::<Exclusion>(json!({ "class": "c", "path": "b", "reason": "policy", "files": 1 }))];
    reading.absent = vec![read(json!({
        "fingerprint": null, "place": null, "path": "old.env", "rule": "rule-a", "since": "2025-01-01",
        "gone": "2026-03-04", "cause": "code", "proven": true
    }))];
    reading.controls[0].state = ControlState::Untriaged;
    reading
}

/// The same of a unit, as one of several.
fn of_unit(unit: &str, scan: &str, month: u32) -> Reading {
    let mut reading = full();
    reading.subject.unit = Some(unit.to_owned());
    scan.clone_into(&mut reading.scan);
    reading.started.started = format!("2026-{month:02}-04T05:06:07.890Z");
    reading
}

fn page(readings: &[Reading], dated: bool) -> String {
    let readings = Readings::of(readings);
    let mut out = Vec::new();
    let view = ControlView::of(&readings, date(2026, 3, 5));
    write(&Input { readings: &readings, view: &view, dated }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The tags of the page. No text and no attribute of it has an angle bracket, but for style and script.
fn tags(page: &str) -> Vec<&str> {
    let pieces = page.split('<').skip(1).filter_map(|piece| Some(piece.split_once('>')?.0));
    pieces.collect()
}

fn between<'p>(page: &'p str, before: &str, after: &str) -> &'p str {
    page.split_once(before).unwrap().1.split_once(after).unwrap().0
}

#[test]
fn names_that_would_be_mark_up_are_text() {
    let mut reading = full();
    reading.findings[0].places[0].path = HOSTILE.to_owned();
    reading.findings[0].rule.title = HOSTILE.to_owned();
    reading.findings[0].preview = HOSTILE.to_owned();
    reading.findings[0].remediation.references.push(format!("https://{HOSTILE}"));
    reading.gaps[0].path = HOSTILE.to_owned();
    reading.exceptions[0].exception.text = HOSTILE.to_owned();
    reading.exceptions[0].exception.standing = HOSTILE.to_owned();
    reading.bypass.as_mut().unwrap().reason = HOSTILE.to_owned();
    reading.slots.areas[0].area = HOSTILE.to_owned();
    reading.subject.unit = Some(HOSTILE.to_owned());
    let mut other = reading.clone();
    other.subject.branch = Some(HOSTILE.to_owned());
    for readings in [vec![reading.clone()], vec![reading, other]] {
        let page = page(&readings, true);
        assert!(!page.contains("<img"), "mark-up");
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
        assert!(page.contains("\\u{202e}"), "paths show what cannot be seen");
        assert!(!page.contains(['\u{202e}', '\u{1b}']));
        assert!(!page.contains(FINDINGS), "only one place is for the secrets");
        assert!(page.contains("{{ 7 * 7 }}"), "no template is made of it");
        assert_eq!(page.matches("<script").count(), 1);
        assert!(page.ends_with("</html>\n"));
    }
}

#[test]
fn nothing_is_styled_or_run_in_place() {
    let mut hostile = full();
    hostile.findings[0].rule.title = HOSTILE.to_owned();
    for page in [page(&[clean()], false), page(&[hostile], true)] {
        for tag in tags(&page) {
            // What is quoted is a value.
            let names: String = tag.split('"').step_by(2).collect();
            let names = names.to_ascii_lowercase();
            assert!(!names.contains(" style=") && !names.contains(" on"), "{tag}");
            assert!(!names.contains(" src=") && !names.starts_with("link"), "{tag}");
        }
        assert!(!page.contains("http://"));
    }
}

#[test]
fn the_policy_names_what_is_there() {
    let page = page(&[full()], true);
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let style = digest(between(&page, "<style>", "</style>"));
    let script = digest(between(&page, "<script>", "</script>"));
    assert_eq!(
        policy,
        format!("default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'")
    );
    let head = page.split_once("<style>").unwrap().0;
    assert!(head.contains("Content-Security-Policy") && head.contains("charset"), "they come before what they rule");
}

#[test]
fn only_references_that_are_fetched_unseen_are_links() {
    let page = page(&[full()], true);
    assert!(page.contains("<a href=\"https://example.org/keys\" rel=\"noopener noreferrer nofollow\">"));
    assert!(page.contains("javascript:alert(1)") && !page.contains("href=\"javascript"));
    for tag in tags(&page).iter().filter(|tag| tag.starts_with("a ")) {
        assert!(tag.contains("href=\"#") || tag.contains("href=\"https://"), "{tag}");
    }
}

#[test]
fn the_same_input_is_the_same_page() {
    let readings = [of_unit("one", "s1", 1), of_unit("one", "s2", 2), of_unit("two", "s3", 1)];
    assert_eq!(page(&readings, true), page(&readings, true));
    assert_eq!(page(&readings[..1], false), page(&readings[..1], false));
}

#[test]
fn no_control_is_said_to_pass() {
    let mut nothing = clean();
    nothing.coverage = read(json!({
        "files_seen": 0, "files_read": 0, "files_excluded": 0, "files_unreadable": 0, "bytes_read": 0, "history": null
    }));
    nothing.completed.outcome = read(json!({ "exit_code": 3, "failed": false, "complete": false }));
    for (reading, answer) in [
        (clean(), "Does not fail.</strong> No secret was found."),
        (nothing, "Incomplete.</strong> No secret was found; there was nothing to scan."),
        (full(), "Fails.</strong> 3 secrets were found (1 critical, 1 high, 1 low); 2 of them fail the scan"),
    ] {
        let page = page(&[reading], false);
        assert!(page.contains(answer), "{answer}");
        assert!(!page.to_lowercase().contains("passes"));
        assert!(page.contains(ControlState::Incomplete.name()));
    }
    let page = page(&[full()], false);
    assert!(page.contains("contradicting evidence (untriaged)") && page.contains("Tested: aspect of 5.17. Words."));
}

#[test]
fn what_only_the_threshold_lets_pass_is_not_calm() {
    let with = |severity: &str, verdict: &str| {
        let mut reading = clean();
        reading.findings = vec![finding("rule-a", severity, &[place("a.env", verdict)])];
        page(&[reading], false)
    };
    for (severity, verdict, tone) in
        [("high", "minor", "doubt"), ("low", "minor", "calm"), ("high", "known", "calm"), ("high", "excepted", "calm")]
    {
        assert!(with(severity, verdict).contains(&format!("class=\"answer {tone}\"")), "{severity} {verdict}");
    }
}

#[test]
fn an_accepted_risk_is_called_one() {
    let page = page(&[full()], false);
    let row = between(&page, ">EX-1</th>", "</tr>");
    assert!(row.contains("accepted risk") && !row.contains("false positive"), "{row}");
    assert!(page.contains("1 accepted risk"), "the answer says why secrets are excepted");
    assert!(page.contains("exception EX-2 (test value) does not hold, it is unapproved: what lacks"));
}

#[test]
fn a_bypass_is_told_at_once() {
    let page = page(&[full()], false);
    let header = between(&page, "<header", "</header>");
    assert!(header.contains("Bypassed") && header.contains("a release") && header.contains("would have been 1"));
}

#[test]
fn several_series_are_a_table() {
    let several = page(&[of_unit("one", "s1", 1), of_unit("two", "s2", 1)], true);
    let units = between(&several, "<section id=\"units\"", "</section>");
    assert!(units.contains("<table") && units.contains(">one<") && units.contains(">two<"), "{units}");
    assert!(units.contains("2026-01-04 05:06") && several.contains("id=\"by-unit\""));
    let single = page(&[full()], true);
    assert!(!single.contains("id=\"units\"") && !single.contains("id=\"by-unit\""));
}

#[test]
fn a_secret_in_two_series_is_one_entry_of_both() {
    let (mut one, mut two) = (of_unit("one", "s1", 1), of_unit("two", "s2", 1));
    for (reading, path, severity) in [(&mut one, "a.env", "medium"), (&mut two, "b.env", "high")] {
        reading.findings = vec![finding("rule-a", severity, &[place(path, "minor")])];
    }
    two.findings[0].triage = Some(read(json!({
        "decision": "confirmed", "by": "lead@example.org", "at": "2026-03-01T00:00:00Z", "grade": "claimed",
        "note": null, "ticket": null
    })));
    let both = page(&[one.clone(), two.clone()], true);
    assert_eq!(both.matches("<details class=\"f\"").count(), 1);
    assert!(both.contains("1 secret was found (1 high)") && both.contains("data-u=\"0 1\""), "the worst of both holds");
    let card = between(&both, "<details class=\"f\"", "</details>");
    for told in ["a.env:3:5", "b.env:3:5", "s1#7; s2#7", "one: nobody has judged it yet; two: confirmed"] {
        assert!(card.contains(told), "{told}: {card}");
    }
    assert_eq!(card.matches("<td>5.17 ").count(), 1, "a control is named once");
    let row = between(&both, "<b class=\"number\">5.17</b>", "</tr>");
    assert!(row.contains(">1<") && !row.contains(">2<"), "{row}");
    // Under another key nobody can tell that it is the same.
    two.started.key.id = "key-2".to_owned();
    assert_eq!(page(&[one, two], true).matches("<details class=\"f\"").count(), 2);
}

#[test]
fn of_very_many_secrets_the_worst_are_told_in_full() {
    let mut reading = full();
    let of = |number: usize| {
        let severity = if number == 0 { "critical" } else { "low" };
        let mut one = finding("rule-a", severity, &[place("a.env", "minor")]);
        one.fingerprint = Some(format!("{number:064}"));
        one
    };
    reading.findings = (0..context::DETAILED + 2).rev().map(of).collect();
    let page = page(&[reading], true);
    assert_eq!(page.matches("<details class=\"f\"").count(), context::DETAILED);
    assert_eq!(page.matches("<div class=\"f brief\"").count(), 2);
    assert!(page.contains("The first 5,000 are told of in full; the 2 entries that follow have one line each."));
    assert!(between(&page, "<details class=\"f\"", "</summary>").contains("critical"));
    assert!(page.contains("<div id=\"list\" class=\"many\">"));
}

#[test]
fn a_series_of_several_has_a_course() {
    let page = page(&[of_unit("one", "s1", 1), of_unit("one", "s2", 2)], true);
    let trend = between(&page, "<section id=\"trend\"", "</section>");
    assert!(trend.contains("2026-01-04") && trend.contains("2026-02-04"));
    assert!(trend.contains("aria-labelledby=\"secrets-0-t secrets-0-d\"") && trend.contains("id=\"open-0-t\""));
    assert!(!page.contains("id=\"units\""), "it is one series");
}

#[test]
fn the_page_of_a_scan_itself_has_no_time() {
    let undated = page(&[full()], false);
    for told in ["2026-03-04T", "05:06", "2026-03-05", "scan-of-the-sample", &"ef".repeat(32), "bundle-1"] {
        assert!(!undated.contains(told), "{told}");
    }
    let dated = page(&[full()], true);
    for told in ["2026-03-04T05:06:07.890Z", "2026-03-04 05:06 UTC", "scan-of-the-sample#7", &"ef".repeat(32)] {
        assert!(dated.contains(told), "{told}");
    }
    let mut later = full();
    later.started.started = "2026-03-05T00:00:00Z".to_owned();
    later.scan = "another".to_owned();
    assert_eq!(page(&[later], false), undated, "when it ran makes no difference");
}

#[test]
fn ages_say_what_they_rest_on() {
    let all = page(&[full()], true);
    assert!(all.contains("since 2025-11-30, by the commit that brought it in"));
    assert!(all.contains("first seen by this scan; how long it was there before is not known"));
    let mut reading = full();
    reading.findings.retain(|finding| finding.rule.id == "rule-c");
    let first = page(&[reading], true);
    assert!(between(&first, "data-l=\"oldest\"", "</td>").ends_with(">not known"));
}

#[test]
fn many_places_are_counted_and_failing_ones_listed() {
    let mut reading = full();
    let mut places: Vec<Json> = (0..150).map(|at| place(&format!("src/known-{at}.env"), "known")).collect();
    places.push(place("src/last.env", "fails"));
    reading.findings = vec![finding("rule-a", "high", &places)];
    let page = page(&[reading], true);
    assert!(page.contains("51 more of its places are not listed here."));
    assert!(page.contains("<code>src/last.env:3:5</code>") && !page.contains("src/known-99.env"));
    assert!(page.contains("and 150 more places"));
}

#[test]
fn entries_come_in_the_order_in_which_people_need_them() {
    let page = page(&[full()], true);
    let ids: Vec<usize> = ["Title of rule-b", "Title of rule-a", "Title of rule-c"]
        .iter()
        .map(|title| page.find(&format!("<h3>{title}</h3>")).unwrap())
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    assert!(page.contains("<details class=\"f\" id=\"f0\"") && page.contains("data-t=\"fails minor incident\""));
}

#[test]
fn what_is_untested_of_all_controls_is_told_once() {
    let page = page(&[full()], true);
    let count = |what: &str| page.matches(what).count();
    for told in ["all of the control but the aspect that the sentence names", "1 file left out by policy"] {
        assert_eq!(count(&format!("{told}</li>")), 1, "{told}");
    }
    assert!(between(&page, "In none of them was tested", "</details>").contains("the history of the repository"));
    let mut other = full();
    other.controls[0].state = ControlState::NotTested;
    let page = self::page(&[other], true);
    let more = between(&page, "<b class=\"number\">5.17</b>", "</tbody>");
    assert!(
        more.contains("What remains untested, beside the above") && more.contains("no rule that could tell"),
        "{more}"
    );
}

#[test]
fn charts_have_their_numbers_in_tables() {
    let page = page(&[full()], true);
    let count = |what: &str| page.matches(what).count();
    assert_eq!(count("<svg role=\"img\" aria-labelledby="), count("<svg"));
    assert_eq!(count("<svg"), 4, "severity, age, slots, controls");
    assert_eq!(count("<details class=\"numbers\""), 4);
    assert_eq!(count("<h1"), 1);
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let reading = [clean()];
    let readings = Readings::of(&reading);
    let mut little = [0_u8; 64];
    let mut out = &mut little[..];
    let view = ControlView::of(&readings, date(2026, 3, 5));
    let input = Input { readings: &readings, view: &view, dated: false };
    assert_eq!(write(&input, &mut out).unwrap_err().kind(), io::ErrorKind::WriteZero);
}
