//! What the formats for CI systems share: paths as the host of a repository knows them, fingerprints that no two places
//! have, and short texts of rules.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::Report;
use super::words::counted;
use crate::blob::{FromHistory, Origin, printable};
use crate::finding::{Finding, Fingerprint, Occurrence};
use crate::govern::{self, Role};
use crate::rule::Rule;

/// The path from the root of the repository, as its host and the jobs that run in a checkout know it. Outside of
/// repositories it is the path from the working directory, or from a target that lies elsewhere: never one that tells where
/// on this machine that is.
fn path_bytes(report: &Report, origin: &Origin) -> Vec<u8> {
    let Origin::File(place) = origin else { return origin.path_bytes().to_vec() };
    let Some(target) = report.targets.get(place.target) else { return place.path.clone() };
    if let Some(git) = &target.git {
        return [git.prefix.as_slice(), &place.path].concat();
    }
    let elsewhere = |part| !matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir);
    if target.given.components().any(elsewhere) {
        return place.path.clone();
    }
    let named = super::words::named(report, origin);
    named.strip_prefix(b"./").map_or(named.clone(), <[u8]>::to_vec)
}

/// [`path_bytes`] as text without effect. Names that are not UTF-8 or cannot be seen are spelt out, so that hosts do not
/// link them; no format has another form for them.
pub(super) fn path(report: &Report, origin: &Origin) -> String {
    printable(&path_bytes(report, origin))
}

/// Whether only the history has it, so that no line of a checkout can be pointed at.
pub(super) fn is_past(place: &Occurrence) -> bool {
    place.origin.history().is_some()
}

/// What to do about a secret of this rule: first what stops it, then what replaces it.
pub(super) fn remedy(rule: &Rule) -> String {
    format!("To revoke: {} To rotate: {}", rule.revoke, rule.rotate)
}

/// The controls of ISO/IEC 27002 that a place contradicts, by number.
pub(super) fn contradicted(finding: &Finding, place: &Occurrence) -> String {
    let mapping = govern::mapping_at(finding, place);
    let numbers: Vec<&str> = mapping.with_role(Role::Contradicts).map(|control| control.control.as_str()).collect();
    numbers.join(", ")
}

/// Fingerprints of places of which each is handed out once.
///
/// That of a place is under its path from the target, so that two targets, or a file and its history, may share one. The
/// first place keeps it; of those after it, path, rule, commit and object are hashed in. Hosts match findings by such
/// numbers, and drop what has the number of another.
#[derive(Default)]
pub(super) struct Distinct {
    taken: BTreeSet<Fingerprint>,
}

impl Distinct {
    /// The fingerprint of the next place.
    pub(super) fn next(&mut self, report: &Report, finding: &Finding, place: &Occurrence) -> Fingerprint {
        let mut fingerprint = place.place;
        let mut count = 0_u64;
        while !self.taken.insert(fingerprint) {
            count += 1;
            fingerprint = told_apart(report, finding, place, count);
        }
        fingerprint
    }
}

fn told_apart(report: &Report, finding: &Finding, place: &Occurrence, count: u64) -> Fingerprint {
    let object = match place.origin.history() {
        Some(FromHistory::Object(id)) => id,
        Some(FromHistory::Log) => "log",
        None => "",
    };
    let path = path_bytes(report, &place.origin);
    let commit = place.origin.commit().unwrap_or_default();
    let mut sha256 = Sha256::new_with_prefix(place.place.0);
    for part in [finding.rule.id.as_bytes(), &path, commit.as_bytes(), object.as_bytes()] {
        sha256.update((part.len() as u64).to_le_bytes());
        sha256.update(part);
    }
    sha256.update(count.to_le_bytes());
    Fingerprint(sha256.finalize().into())
}

/// Something to be told of a scan as a whole; no text of others.
pub(super) struct Notice {
    /// What, in a sentence.
    pub(super) what: String,
    /// What the other reports say of it, in sentences.
    pub(super) more: &'static str,
}

/// What is to be told of the scan as a whole: what keeps it from being complete, what it did not obey, and what it did.
pub(super) fn notices(report: &Report) -> Vec<Notice> {
    let mut told = Vec::new();
    // The exit code of an incomplete scan fails a step too; without a word of it nobody would know why.
    if !report.outcome.complete {
        let more = "Not everything was searched; the other reports say what.";
        told.push(Notice { what: incomplete(report.gaps.len() as u64), more });
    }
    if let Some(attempts) = attempts(report) {
        let what = format!("The change would excuse itself, which was not obeyed: {attempts}.");
        told.push(Notice { what, more: "The other reports say how." });
    }
    if let Some(bypass) = &report.bypass {
        let what = format!("The scan was ordered to pass; its exit code would have been {}.", bypass.exit_code);
        told.push(Notice { what, more: "The other reports say by whom." });
    }
    told
}

/// What keeps a scan with so many gaps from being complete.
pub(super) fn incomplete(gaps: u64) -> String {
    let why = if gaps == 0 { "there was nothing to scan".to_owned() } else { counted(gaps, "gap", "gaps") };
    format!("The scan is incomplete: {why}.")
}

/// What a change would have had obeyed, by kind: `configuration (1), exception (2)`. None where there was nothing.
fn attempts(report: &Report) -> Option<String> {
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    report.attempts.iter().for_each(|attempt| *kinds.entry(attempt.kind).or_default() += 1);
    let told: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} ({count})")).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::sample::{clean_report, sample_report};
    use super::*;
    use crate::blob::FilePlace;

    #[test]
    fn paths_are_those_of_the_repository() {
        let report = sample_report();
        let at = |target, name: &[u8]| path(&report, &Origin::File(FilePlace::new(target, name.to_vec())));
        assert_eq!(at(0, b"a/b"), "a/b");
        assert_eq!(at(1, b"a/b"), "services/b\u{e4}r/a/b");
        assert_eq!(at(0, b"\xff\n"), "\\xff\\u{a}");
        assert_eq!(path(&report, &Origin::Stdin(2)), "-");
        assert_eq!(at(9, b"a/b"), "a/b");
    }

    #[test]
    fn outside_of_repositories_no_path_tells_of_the_machine() {
        let mut report = clean_report();
        for (given, expect) in
            [(".", "x"), ("./a", "a/x"), ("a/", "a/x"), ("/srv/a", "x"), ("../a", "x"), ("a/../../b", "x")]
        {
            report.targets[0].given = PathBuf::from(given);
            assert_eq!(path(&report, &Origin::File(FilePlace::new(0, b"x".to_vec()))), expect, "{given}");
        }
    }

    #[test]
    fn no_two_places_have_one_fingerprint() {
        let report = sample_report();
        let mut distinct = Distinct::default();
        let places =
            report.findings.iter().flat_map(|finding| finding.occurrences.iter().map(move |one| (finding, one)));
        let places: Vec<_> = places.collect();
        let plain: BTreeSet<_> = places.iter().map(|(_, place)| place.place).collect();
        assert!(plain.len() < places.len(), "the sample has two places with one fingerprint");
        let mut all = BTreeSet::new();
        for (finding, place) in places.iter().chain(&places) {
            all.insert(distinct.next(&report, finding, place));
        }
        assert_eq!(all.len(), 2 * places.len());
        assert!(plain.is_subset(&all), "the first of each keeps its own");
    }
}
