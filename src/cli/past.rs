//! What a scan is held against: a baseline file or a bundle. Reads it, tells what became of each place since, and why.

use std::collections::BTreeSet;
use std::path::Path;

use super::baseline::{known, parse};
use super::contents::Contents;
use super::file::{bytes_up_to, name};
use super::governed::{Governed, Versions};
use super::settings::Settings;
use crate::blob::hex;
use crate::evidence::circumstances::{At, Circumstances, Looked, difference, settings_digest};
use crate::finding::baseline::{
    Baseline, Entry, MAX_BYTES, SecretId, Under, entries, hold_against, path_name, secret_id,
};
use crate::finding::{Absent, Cause, Change, ChangeState, Comparison, Finding, FingerprintKey, Occurrence};
use crate::gap::{Exclusion, Gap};
use crate::report::{Target, TargetKind};

/// What an earlier scan knew.
pub(super) struct Past {
    /// As the operator named it.
    name: String,
    /// The scan, where it is a bundle.
    scan: Option<String>,
    /// The key of its fingerprints.
    pub(super) key_id: String,
    /// The circumstances of the scans that it comes from; several where branches were merged.
    circumstances: Vec<Circumstances>,
    entries: BTreeSet<Entry>,
    /// Whether the change that is scanned brings or edits it.
    by_change: bool,
    /// Secrets that only that knows.
    proposed: BTreeSet<SecretId>,
    /// Whether what it knows passes the gate.
    pub(super) gates: bool,
}

impl Past {
    /// Reads the baseline at `path`: a file, or the folder of a bundle.
    pub(super) fn baseline(path: &Path, governed: &mut Governed) -> anyhow::Result<Self> {
        let name = name(path);
        if path.is_dir() {
            return Ok(Self { gates: true, ..Self::bundle(path, governed)? });
        }
        let bytes = bytes_up_to(path, MAX_BYTES)?;
        let read = |bytes: &[u8]| parse(&name, bytes);
        let Versions { obeyed, proposed } = governed.versions(path, bytes)?;
        let proposed = proposed.as_deref().map(&read).transpose()?;
        let by_change = proposed.is_some();
        let (baseline, more) = match (obeyed.as_deref().map(&read).transpose()?, proposed) {
            (Some(obeyed), None) => (obeyed, BTreeSet::new()),
            (Some(obeyed), Some(proposed)) => {
                let more = proposed.entries.difference(&obeyed.entries).cloned().collect();
                (obeyed, more)
            }
            // What the change says of the scan that it was made from is believed no more than its entries.
            (None, Some(proposed)) => {
                (Baseline { entries: BTreeSet::new(), made: BTreeSet::new(), ..proposed.clone() }, proposed.entries)
            }
            (None, None) => unreachable!("a file has a version"),
        };
        Ok(Self {
            name,
            scan: None,
            key_id: baseline.key_id,
            circumstances: baseline.made.iter().map(Circumstances::of_baseline).collect(),
            entries: baseline.entries,
            by_change,
            proposed: more.into_iter().map(|entry| entry.secret).collect(),
            gates: true,
        })
    }

    /// Reads the bundle in the folder `path`, which is compared with and gates nothing.
    pub(super) fn bundle(path: &Path, governed: &mut Governed) -> anyhow::Result<Self> {
        let name = name(path);
        let by_change = !governed.is_unchanged(path)?;
        let known = known(path)?;
        let mut past = Self {
            name,
            scan: Some(known.scan),
            key_id: known.key_id,
            circumstances: vec![known.circumstances],
            entries: known.entries.into_iter().map(|(_, entry)| entry).collect(),
            by_change,
            proposed: BTreeSet::new(),
            gates: false,
        };
        if by_change {
            past.proposed = std::mem::take(&mut past.entries).into_iter().map(|entry| entry.secret).collect();
            past.circumstances.clear();
        }
        Ok(past)
    }

    /// Sets what became of each place, and why; `now` are the circumstances of this scan.
    pub(super) fn compare(
        &self,
        findings: &mut [Finding],
        settings: &Settings,
        now: &Circumstances,
        governed: &mut Governed,
    ) -> Comparison {
        let under = settings.under(&self.key_id);
        let today = &settings.scanner.today;
        let partial = settings.targets.iter().any(|one| one.kind.is_of_changes());
        let absent = hold_against(findings, &self.entries, under, partial);
        let mut again = Again::new(self, settings, governed);
        again.unmask(findings, partial);
        let mut attempted = 0;
        for finding in findings.iter_mut() {
            let causes: Vec<Option<(Cause, bool)>> =
                finding.occurrences.iter().map(|place| self.cause(finding, place, now, &mut again)).collect();
            let brings = |place: &Occurrence| {
                let id = secret_id(finding, place, under);
                self.proposed.contains(&id)
            };
            attempted += finding.occurrences.iter().filter(|place| is_new(place) && brings(place)).count() as u64;
            for (place, cause) in finding.occurrences.iter_mut().zip(causes) {
                if let (Some(change), Some((cause, proven))) = (&mut place.change, cause) {
                    *change = Change { cause: Some(cause), proven, ..change.clone() };
                }
            }
        }
        if self.by_change {
            let what =
                "the change brings or edits it; what it says more than the commit before knows nothing".to_owned();
            governed.attempt("baseline", Path::new(&self.name), what, Some(attempted));
        }
        let mut told = Vec::new();
        let mut remembered: Vec<Entry> = self.entries.iter().filter(|entry| entry.gone.is_some()).cloned().collect();
        for entry in absent {
            let (cause, proven) = self.cause_of_absence(entry, now, settings);
            told.push(Absent {
                rule: entry.rule.clone(),
                path: entry.path.clone(),
                fingerprint: entry.secret.text().to_owned(),
                cause,
                proven,
                since: Some(entry.since.clone()),
            });
            // What only was not looked at may still be there.
            let gone = (cause == Cause::Code).then(|| today.clone());
            remembered.push(Entry { gone, ..entry.clone() });
        }
        if partial {
            remembered.extend(self.unseen(findings, under));
        } else {
            let present: BTreeSet<_> = findings
                .iter()
                .flat_map(|finding| finding.occurrences.iter().map(move |place| secret_id(finding, place, under)))
                .collect();
            remembered.retain(|entry| entry.gone.is_none() || !present.contains(&entry.secret));
        }
        told.sort();
        remembered.sort();
        Comparison { with: self.name.clone(), scan: self.scan.clone(), absent: told, remembered }
    }

    /// The entries that a scan of changes did not see, and which are as they were.
    fn unseen(&self, findings: &[Finding], under: Under<'_>) -> Vec<Entry> {
        let seen: BTreeSet<_> = entries(findings, under, "").into_iter().map(|one| (one.secret, one.path)).collect();
        let live = self.entries.iter().filter(|one| one.gone.is_none());
        live.filter(|one| !seen.contains(&(one.secret.clone(), one.path.clone()))).cloned().collect()
    }

    /// Why a place is there that the earlier scan did not have; none where it had it.
    fn cause(
        &self,
        finding: &Finding,
        place: &Occurrence,
        now: &Circumstances,
        again: &mut Again<'_>,
    ) -> Option<(Cause, bool)> {
        let state = place.change.as_ref()?.state;
        if state == ChangeState::Unchanged {
            return None;
        }
        if state == ChangeState::Moved {
            return Some((Cause::Code, true));
        }
        let path = path_name(place.origin.path_bytes());
        let history = place.origin.history().is_some();
        let at = At { rule: &finding.rule.id, target: place.origin.target(), path: &path, history };
        if self.circumstances.is_empty() {
            return Some((Cause::Code, false));
        }
        let mut causes = self.circumstances.iter().map(|before| difference(now, before, at));
        // One of the scans looked there with these rules and settings, and would have found it.
        let Some(cause) = causes.try_fold(Cause::Code, |_, cause| cause) else { return Some((Cause::Code, true)) };
        if history {
            // A commit that came after the earlier scan was not out of its scope, but not there yet.
            let introduced = place.lifetime.as_ref().and_then(|life| life.introduced.as_ref());
            let before = introduced.is_some_and(|commit| again.was_there(place, &commit.id));
            return Some((cause, cause == Cause::Scope && before));
        }
        Some(match again.held(finding, place) {
            Some(true) => (cause, true),
            Some(false) => (Cause::Code, true),
            None => (cause, false),
        })
    }

    /// Why something that the earlier scan had is not there.
    fn cause_of_absence(&self, entry: &Entry, now: &Circumstances, settings: &Settings) -> (Cause, bool) {
        let at = At { rule: &entry.rule, target: 0, path: &entry.path, history: entry.history };
        let mut causes = self.circumstances.iter().map(|before| difference(before, now, at));
        let Some(Some(cause)) = causes.next() else { return (Cause::Code, !self.circumstances.is_empty()) };
        if cause == Cause::Scope {
            return (cause, true);
        }
        // What is not there cannot be found by any rule.
        let here = |target: &Target| target.kind == TargetKind::Directory && !target.given.join(&entry.path).exists();
        if !entry.history && settings.targets.iter().all(here) { (Cause::Code, true) } else { (cause, false) }
    }
}

fn is_new(place: &Occurrence) -> bool {
    place.change.as_ref().is_some_and(|change| !matches!(change.state, ChangeState::Unchanged | ChangeState::Moved))
}

/// Looks at the content of the earlier scan again, by the rules of this one.
struct Again<'s>(Contents<'s>);

impl<'s> Again<'s> {
    fn new(past: &Past, settings: &'s Settings, governed: &Governed) -> Self {
        Self(Contents::new(settings, |index, target| {
            let commits = past.circumstances.iter().filter_map(|one| one.commits.get(index)?.as_deref());
            commits.chain(governed.base_commit(&target.given)).map(str::to_owned).collect()
        }))
    }

    /// Whether the place held the secret then; none where that is not known.
    fn held(&mut self, finding: &Finding, place: &Occurrence) -> Option<bool> {
        self.0.of(place.origin.target())?.held(place.origin.path_bytes(), &finding.value_id)
    }

    /// Whether the commit of then has this one in its history.
    fn was_there(&mut self, place: &Occurrence, commit: &str) -> bool {
        self.0.of(place.origin.target()).is_some_and(|before| before.has_in_history(commit))
    }

    /// A value that has no fingerprint is known by its place alone, where another one may have come to stand. What a change
    /// brought is new whatever stood there; elsewhere the content of then tells.
    fn unmask(&mut self, findings: &mut [Finding], partial: bool) {
        for finding in findings.iter_mut().filter(|finding| finding.fingerprint.is_none()) {
            let new: Vec<bool> =
                finding.occurrences.iter().map(|place| partial || self.held(finding, place) == Some(false)).collect();
            for (place, new) in finding.occurrences.iter_mut().zip(new) {
                let known = place.change.as_ref().is_some_and(|change| change.state != ChangeState::New);
                if new && known {
                    place.change = Some(Change { state: ChangeState::New, cause: None, proven: false, since: None });
                }
            }
        }
    }
}

/// The circumstances of this scan.
pub(super) fn circumstances(
    settings: &Settings,
    history: bool,
    gaps: &[Gap],
    exclusions: &[Exclusion],
) -> Circumstances {
    let rules = settings.scanner.engine.rules();
    let unread = gaps.iter().map(|gap| &gap.origin).chain(exclusions.iter().map(|exclusion| &exclusion.origin));
    Circumstances {
        engine: Some(env!("STRAYKEY_ENGINE").to_owned()),
        pack: Some(hex(&rules.digest())),
        rules: Some(rules.digests().clone()),
        settings: Some(settings_digest(&settings.resolved.to_json())),
        history: Some(history),
        targets: Some(settings.targets.iter().map(looked).collect()),
        unread: unread.map(|origin| path_name(origin.path_bytes())).collect(),
        commits: settings.targets.iter().map(|target| target.git.as_ref()?.revision.clone()).collect(),
    }
}

fn looked(target: &Target) -> Looked {
    let prefix = target.git.as_ref().map(|git| String::from_utf8_lossy(&git.prefix).into_owned());
    Looked { kind: Some(target.kind), prefix: prefix.unwrap_or_default() }
}

/// A baseline of what this scan found and remembers.
pub(super) fn baseline_of(
    findings: &[Finding],
    comparison: Option<&Comparison>,
    now: &Circumstances,
    key: &FingerprintKey,
    today: &str,
) -> Baseline {
    let mut all: BTreeSet<Entry> = comparison.into_iter().flat_map(|one| one.remembered.iter().cloned()).collect();
    all.extend(entries(findings, Under::Main, today));
    let info = key.info();
    Baseline {
        key_id: info.key_id,
        keyed: info.keyed.name().to_owned(),
        made: BTreeSet::from([now.made()]),
        entries: all,
    }
}
