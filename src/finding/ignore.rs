//! Inline ignores: markers in the text that ask scanners to look away.
//!
//! They are recorded, never obeyed here: whether a marker is honoured is the operator's policy, since whoever adds a
//! secret can add the marker too.

use std::ops::Range;

use super::model::{Finding, InlineIgnore};
use crate::blob::is_unsafe_to_print;

/// Markers that hold for the line they stand on, with the tool they belong to.
const SAME_LINE: [&str; 7] = [
    "straykey:ignore",
    "gitleaks:allow",
    "betterleaks:allow",
    "trufflehog:ignore",
    "pragma: allowlist secret",
    "pragma: whitelist secret",
    "kingfisher:ignore",
];

/// Markers that hold for the line below.
const LINE_ABOVE: [&str; 2] = ["straykey:ignore", "pragma: allowlist nextline secret"];

/// Bytes around a value in which a marker is looked for. On a line of megabytes it would speak of something else.
const REACH: usize = 1024;

/// Longest reason that is kept, in characters.
const REASON: usize = 200;

/// The marker that speaks of the value of `rule` at `span`, if any. `today` is the day of the scan as `YYYY-MM-DD`.
pub fn inline_ignore(text: &[u8], span: Range<usize>, rule: &str, today: &str) -> Option<InlineIgnore> {
    // No further back: the line may be as long as the text, and have thousands of findings.
    let first = span.start.saturating_sub(REACH);
    let line = memchr::memrchr(b'\n', &text[first..span.start]).map(|at| first + at);
    let before = &text[line.map_or(first, |at| at + 1)..span.start];
    let rest = &text[span.end..text.len().min(span.end + REACH)];
    let after = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let same = SAME_LINE.iter().find_map(|marker| [after, before].iter().find_map(|part| read(part, marker, rule)));
    let found = same.or_else(|| {
        let above_end = line?;
        let above = &text[above_end.saturating_sub(REACH)..above_end];
        let above = &above[memchr::memrchr(b'\n', above).map_or(0, |at| at + 1)..];
        // Only a line that is a comment and nothing else speaks of the one below.
        if !is_comment(above) {
            return None;
        }
        LINE_ABOVE.iter().find_map(|marker| read(above, marker, rule))
    })?;
    let expired = found.until.as_deref().is_some_and(|until| until < today);
    Some(InlineIgnore { expired, ..found })
}

/// What the operator's policy makes of inline ignores. Nothing, unless it says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IgnorePolicy {
    /// Markers take their places out of the verdict.
    pub honour: bool,
    /// Only those that give a reason.
    pub require_reason: bool,
    /// Only those that end, and at most so many days after the scan.
    pub max_days: Option<u32>,
}

impl IgnorePolicy {
    /// Marks the ignores that are honoured on the day `today` (`YYYY-MM-DD`).
    pub fn apply(&self, findings: &mut [Finding], today: &str) {
        let places = findings.iter_mut().flat_map(|finding| &mut finding.occurrences);
        places.filter_map(|place| place.ignore.as_mut()).for_each(|ignore| self.judge(ignore, today));
    }

    fn judge(&self, ignore: &mut InlineIgnore, today: &str) {
        let reasoned = ignore.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
        let ends = self.max_days.is_none_or(|days| match (latest(today, days), &ignore.until) {
            (Some(latest), Some(until)) => *until <= latest,
            _ => false,
        });
        ignore.honoured = self.honour && !ignore.expired && (reasoned || !self.require_reason) && ends;
    }
}

/// The day so many days after `today`.
fn latest(today: &str, days: u32) -> Option<String> {
    let today: jiff::civil::Date = today.parse().ok()?;
    let days = jiff::Span::new().try_days(i64::from(days)).ok()?;
    today.checked_add(days).ok().map(|day| day.to_string())
}

fn is_comment(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    [&b"#"[..], b"//", b"/*", b"*", b"--", b";", b"<!--", b"%", b"'", b"REM ", b"rem "]
        .iter()
        .any(|mark| text.starts_with(mark))
}

fn read(line: &[u8], marker: &'static str, rule: &str) -> Option<InlineIgnore> {
    let at = memchr::memmem::find(line, marker.as_bytes())?;
    let tail = String::from_utf8_lossy(&line[at + marker.len()..]).into_owned();
    if marker != "straykey:ignore" {
        return Some(InlineIgnore { marker, reason: None, until: None, expired: false, honoured: false });
    }
    let named = tail.split_whitespace().next().filter(|word| !word.contains('=') && is_rule_name(word));
    if named.is_some_and(|named| named != rule && named != "*") {
        return None;
    }
    let until = attribute(&tail, "until=").map(|text| text.split_whitespace().next().unwrap_or("").to_owned());
    // A day that is none must not make the marker hold for ever.
    let until = until.map(|day| if day.parse::<jiff::civil::Date>().is_ok() { day } else { "0000-00-00".to_owned() });
    let reason = attribute(&tail, "reason=").map(|text| {
        let text = text.split("until=").next().unwrap_or("").trim();
        let text = text.trim_end_matches("*/").trim_end_matches("-->").trim().trim_matches(['"', '\'']);
        text.chars().filter(|&character| !is_unsafe_to_print(character)).take(REASON).collect()
    });
    Some(InlineIgnore { marker, reason, until, expired: false, honoured: false })
}

fn attribute<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.find(name).map(|at| &text[at + name.len()..])
}

fn is_rule_name(word: &str) -> bool {
    word == "*"
        || word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') && word.len() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> Option<InlineIgnore> {
        let start = text.find("VALUE").expect("a value");
        inline_ignore(text.as_bytes(), start..start + 5, "acme-key", "2026-06-01")
    }

    #[test]
    fn markers_of_all_tools() {
        for marker in SAME_LINE {
            let found = find(&format!("a\nkey = VALUE # {marker}\nb")).expect(marker);
            assert_eq!(found.marker, marker);
        }
        assert!(find("key = VALUE\n# gitleaks:allow\n").is_none(), "another line");
        assert!(find("# pragma: allowlist nextline secret\nkey = VALUE\n").is_some());
        assert!(find("x = 1 # straykey:ignore\nkey = VALUE\n").is_none(), "that line is no comment of its own");
    }

    #[test]
    fn attributes() {
        let found =
            find("key = VALUE // straykey:ignore acme-key reason=\"demo key\" until=2026-12-31").expect("a marker");
        assert_eq!(found.reason.as_deref(), Some("demo key"));
        assert_eq!(found.until.as_deref(), Some("2026-12-31"));
        assert!(!found.expired);
        assert!(find("key = VALUE # straykey:ignore until=2026-05-31").expect("a marker").expired);
        assert!(find("key = VALUE # straykey:ignore until=whenever").expect("a marker").expired);
        assert!(find("key = VALUE # straykey:ignore other-rule").is_none());
        assert!(find("# straykey:ignore acme-key\nkey = VALUE").is_some());
    }
    #[test]
    fn only_the_policy_honours_a_marker() {
        let honoured = |policy: IgnorePolicy, marker: &str| {
            let mut ignore = find(&format!("key = VALUE # {marker}")).expect("a marker");
            policy.judge(&mut ignore, "2026-06-01");
            ignore.honoured
        };
        let all = IgnorePolicy { honour: true, ..IgnorePolicy::default() };
        assert!(!honoured(IgnorePolicy::default(), "gitleaks:allow"));
        assert!(honoured(all, "gitleaks:allow"));
        assert!(!honoured(all, "straykey:ignore until=2026-05-31"), "it has expired");
        let reasoned = IgnorePolicy { require_reason: true, ..all };
        assert!(!honoured(reasoned, "gitleaks:allow"));
        assert!(honoured(reasoned, "straykey:ignore reason=demo"));
        let month = IgnorePolicy { max_days: Some(30), ..all };
        assert!(!honoured(month, "straykey:ignore"), "it has no end");
        assert!(!honoured(month, "straykey:ignore until=2026-07-02"));
        assert!(honoured(month, "straykey:ignore until=2026-07-01"));
    }
}
