//! Wording of the page: numbers, days, and how a place stands, in clauses.
//!
//! Clauses hold names and reasons that others wrote. They are given as they are; what prints them makes them inert.

use crate::blob::printable;
use crate::evidence::reading::{Change, Commit, Exception, Ignore, Place, Reading, Verdict};
use crate::evidence::series::Subject;
use crate::severity::Severity;
pub(super) use crate::words::{grouped, plural};

/// `1 file`, `2 files`.
pub(super) fn counted(count: u64, one: &str) -> String {
    plural(count, one, &format!("{one}s"))
}

/// A number of bytes in binary units, with one decimal from KiB on, rounded down.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return counted(count, "byte");
    }
    let unit = (count.ilog2() / 10) as usize;
    let tenths = u128::from(count) * 10 / (1_u128 << (10 * unit));
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit - 1])
}

/// `2 critical, 1 low`: the severities that occur, worst first.
pub(super) fn by_severity(counts: &[u64; Severity::ALL.len()]) -> String {
    let told = Severity::ALL.iter().zip(counts).rev().filter(|(_, count)| **count > 0);
    told.map(|(severity, count)| format!("{} {}", grouped(*count), severity.name())).collect::<Vec<_>>().join(", ")
}

/// The number of what is not listed, with where it is.
pub(super) fn rest(all: usize, listed: usize) -> String {
    let more = all.saturating_sub(listed);
    if more == 0 {
        return String::new();
    }
    format!("{} more are not listed here; the records of the scan have all of them.", grouped(more as u64))
}

/// The day of a moment as records write it, unless it is something else.
pub(super) fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

/// The same, to the minute.
pub(super) fn moment(time: &str) -> String {
    match (time.get(..10), time.get(11..16)) {
        (Some(day), Some(minute)) if time.ends_with('Z') => format!("{day} {minute} UTC"),
        _ => time.to_owned(),
    }
}

/// How long something has been known, where that is less than a day too.
pub(super) fn age(days: u32) -> String {
    if days == 0 { "less than a day".to_owned() } else { counted(u64::from(days), "day") }
}

/// The beginning of an object id, long enough to tell it in all but the largest repositories.
pub(super) fn abbreviated(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// What people call a series: its unit, repository and branch, as far as they are known; else what was to be scanned.
pub(super) fn label(subject: &Subject, reading: &Reading) -> String {
    let parts = [&subject.unit, &subject.repository, &subject.branch];
    let known: Vec<&str> = parts.into_iter().filter_map(|part| part.as_deref()).collect();
    if known.is_empty() { targets(reading) } else { known.join(" · ") }
}

/// What was to be scanned.
pub(super) fn targets(reading: &Reading) -> String {
    let name = |given: &str| match given {
        "." | "./" | "" => "the current folder".to_owned(),
        "-" => "standard input".to_owned(),
        given => printable(given.as_bytes()),
    };
    match &reading.started.targets[..] {
        [] => "nothing".to_owned(),
        [only] => name(&only.given),
        [first, others @ ..] => format!("{} and {}", name(&first.given), counted(others.len() as u64, "more target")),
    }
}

/// How a secret or a place stands to the verdict.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stand {
    /// What the filter calls it.
    pub(super) token: &'static str,
    /// In a word or two.
    pub(super) chip: &'static str,
    /// What it means.
    pub(super) words: &'static str,
}

/// How a place may stand, the most serious first.
pub(super) const STANDS: [Stand; 8] = [
    Stand { token: "fails", chip: "fails", words: "reaches the severity that fails a scan, or is failed by a gate" },
    Stand {
        token: "newly",
        chip: "newly detected",
        words: "was there before; better rules or other settings show it now, which does not fail the scan",
    },
    Stand {
        token: "known",
        chip: "known",
        words: "the baseline knows it, which leaves it open, but does not fail the scan",
    },
    Stand { token: "minor", chip: "below threshold", words: "below the severity that fails a scan" },
    Stand { token: "gate", chip: "let stand", words: "a gate of the policy lets it stand" },
    Stand { token: "ignored", chip: "ignored", words: "a marker in the text takes it out, which the policy honours" },
    Stand { token: "excepted", chip: "excepted", words: "an exception that holds takes it out of the verdict" },
    Stand { token: "other", chip: "other", words: "in a way that this version does not know" },
];

/// The index in [`STANDS`] of how a place stands.
pub(super) fn stand(verdict: &Verdict) -> usize {
    match verdict.state.as_str() {
        "fails" | "fails-gate" => 0,
        "newly-detected" => 1,
        "known" => 2,
        "minor" => 3,
        "passes-gate" => 4,
        "ignored" => 5,
        "excepted" => 6,
        _ => 7,
    }
}

/// What may have become of a place since an earlier scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Became {
    /// As records write it.
    pub(super) state: &'static str,
    /// What the filter calls it.
    pub(super) token: &'static str,
    /// What it means.
    pub(super) words: &'static str,
}

/// What may have become of a place, what needs a look first.
pub(super) const CHANGES: [Became; 5] = [
    Became { state: "new", token: "new", words: "the earlier scan did not know the secret" },
    Became { state: "re-introduced", token: "back", words: "it knew the secret as one that had gone" },
    Became { state: "spread", token: "spread", words: "it knew the secret at other paths, where it still is" },
    Became { state: "moved", token: "moved", words: "it knew the secret at another path, where it is no longer" },
    Became { state: "unchanged", token: "unchanged", words: "it knew the secret, and knew it here" },
];

/// All that is to be said of how a place stands, the verdict first.
pub(super) fn stands(place: &Place) -> Vec<String> {
    let mut told = vec![verdict(&place.verdict)];
    told.extend(place.change.as_ref().map(changed));
    told.extend(place.exception.as_ref().map(excepted));
    told.extend(place.ignore.as_ref().map(ignored));
    told
}

fn verdict(verdict: &Verdict) -> String {
    let gate = verdict.gate.as_deref().unwrap_or("without a name");
    match verdict.state.as_str() {
        "fails" => "fails the scan".to_owned(),
        "fails-gate" => format!("fails the gate “{gate}”"),
        "newly-detected" => "newly detected: does not fail the scan".to_owned(),
        "known" => "known: does not fail the scan".to_owned(),
        "minor" => "below the severity that fails a scan".to_owned(),
        "passes-gate" => format!("let stand by the gate “{gate}”"),
        "ignored" => "ignored: a marker that the policy honours".to_owned(),
        "excepted" => "excepted: does not fail the scan".to_owned(),
        other => other.to_owned(),
    }
}

fn changed(change: &Change) -> String {
    let since = change.since.as_ref().map_or_else(String::new, |since| format!(", known since {since}"));
    // That the code changed goes without saying, unless it is a guess.
    let cause = match change.cause.as_deref() {
        None => String::new(),
        Some("code") if change.proven => String::new(),
        Some(cause) => format!(", {}", because(cause, change.proven)),
    };
    format!("{}{since}{cause}", change.state)
}

/// Why two scans differ, in a clause.
pub(super) fn because(cause: &str, proven: bool) -> String {
    let what = match cause {
        "code" => "the code",
        "rules" => "other rules",
        "configuration" => "other settings",
        "scope" => "another scope",
        "key" => "another key",
        other => other,
    };
    format!("{}by {what}", if proven { "" } else { "perhaps " })
}

fn excepted(exception: &Exception) -> String {
    let (id, reason) = (&exception.id, exception.reason.words());
    if exception.is_active() {
        return format!("exception {id} ({reason}) holds until {}", exception.expires_on);
    }
    let why = exception.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    format!("exception {id} ({reason}) does not hold, it is {}{why}", exception.standing)
}

fn ignored(ignore: &Ignore) -> String {
    let standing = match (ignore.expired, ignore.honoured) {
        (true, _) => "whose day is over",
        (false, true) => "which the policy honours",
        (false, false) => "under review",
    };
    format!("marked {}, {standing}", ignore.marker)
}

/// What there is to say of where a place comes from and how long it was there.
pub(super) fn life(place: &Place) -> Vec<String> {
    let mut told = Vec::new();
    if place.history_only {
        told.push("only in the history: no file holds it any more".to_owned());
    }
    let Some(history) = &place.history else {
        told.extend(place.commit.as_ref().map(|commit| format!("in commit {}", abbreviated(commit))));
        return told;
    };
    match &history.introduced {
        Some(commit) => told.push(format!("introduced in {}", named(commit))),
        None => told.push("in no commit".to_owned()),
    }
    told.extend(history.last_seen.as_ref().map(|commit| format!("last seen in {}", named(commit))));
    told.push(match history.references {
        0 => "on no branch or tag any more".to_owned(),
        count => format!("on {} now", counted(count, "reference")),
    });
    told
}

fn named(commit: &Commit) -> String {
    let on = commit.time.as_deref().map_or_else(String::new, |time| format!(" on {}", day(time)));
    let by = commit.author.as_ref().map_or_else(String::new, |author| format!(" by {author}"));
    format!("{}{on}{by}", abbreviated(&commit.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "secret"), "1 secret");
        assert_eq!(bytes(1_536), "1.5 KiB");
        assert_eq!(by_severity(&[0, 1, 0, 0, 2]), "2 critical, 1 low");
        assert_eq!(rest(3, 3), "");
        assert!(rest(1_103, 100).starts_with("1,003 more"));
        assert_eq!(moment("2026-01-02T03:04:05.678Z"), "2026-01-02 03:04 UTC");
        assert_eq!(age(0), "less than a day");
    }
}
