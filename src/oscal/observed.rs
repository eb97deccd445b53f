//! What one bundle saw: the scan, what it is of, and its observations.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::ids::{control_id, id, secret, series};
use super::model::{
    Actor, Component, ComponentStatus, ControlSelection, InventoryItem, Observation, Origin, Property,
    RelevantEvidence, ReviewedControls, SelectedControl, SubjectReference,
};
use super::{code, counted, escaped, maybe, moment, prop, props, title};
use crate::evidence::RECORDS;
use crate::evidence::reading::{Assurance, ControlState, Finding, Reading, Target};
use crate::evidence::series::Subject;
use crate::govern::State;

/// Places of a secret that an observation names.
const PLACES: usize = 20;

/// The names of a series in words.
pub(super) fn of_series(subject: &Subject) -> String {
    let known: Vec<&str> = series(subject).into_iter().filter(|part| !part.is_empty()).collect();
    if known.is_empty() { "what has no name".to_owned() } else { known.join(", ") }
}

/// One bundle, with the ids of what its observations are of.
#[derive(Debug)]
pub(super) struct Scan<'r> {
    pub(super) reading: &'r Reading,
    /// The id of the program.
    pub(super) tool: String,
    /// By index of the target.
    targets: Vec<String>,
}

impl<'r> Scan<'r> {
    pub(super) fn of(reading: &'r Reading) -> Self {
        let [unit, repository, branch] = series(&reading.subject);
        let mut met: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        let mut targets = Vec::new();
        for (at, target) in reading.started.targets.iter().enumerate() {
            let [unit, repository, branch] = series(reading.subject_of_target(at));
            let count = met.entry((target.kind.name(), target.given.as_str())).or_default();
            *count += 1;
            let nth = count.to_string();
            let name = [unit, repository, branch, target.kind.name(), target.given.as_str(), nth.as_str()];
            targets.push(id("inventory-item", &name));
        }
        let tool = id("component", &[reading.started.tool.name.as_str(), unit, repository, branch]);
        Self { reading, tool, targets }
    }

    /// Who says so: the program.
    pub(super) fn origin(&self) -> Origin {
        Origin { actors: vec![Actor { kind: "tool", actor_uuid: self.tool.clone(), role_id: None }] }
    }

    /// The program.
    pub(super) fn component(&self) -> Component {
        let started = &self.reading.started;
        Component {
            uuid: self.tool.clone(),
            kind: "software",
            title: title(&format!("{} {}", started.tool.name, started.tool.version)),
            description: "Scanner for secrets of non-human identities.",
            props: props([
                prop("version", &started.tool.version),
                prop("rules", &started.rule_pack.rules.to_string()),
                prop("rule-pack-sha256", &started.rule_pack.sha256),
                prop("configuration-sha256", &started.configuration.sha256),
            ]),
            status: ComponentStatus { state: "operational" },
        }
    }

    /// What was scanned.
    pub(super) fn inventory(&self) -> Vec<InventoryItem> {
        let targets = self.reading.started.targets.iter().zip(&self.targets).enumerate();
        let item = |(at, (target, uuid)): (usize, (&Target, &String))| {
            let Subject { unit, repository, branch } = self.reading.subject_of_target(at);
            let of = repository.as_ref().map(|name| format!(", of the repository {}", code(name))).unwrap_or_default();
            InventoryItem {
                uuid: uuid.clone(),
                description: format!("Target of scans: {} ({}){of}", code(&target.given), target.kind.name()),
                props: props([
                    prop("target", &target.given),
                    prop("target-kind", target.kind.name()),
                    maybe("unit", unit.as_deref()),
                    maybe("repository", repository.as_deref()),
                    maybe("branch", branch.as_deref()),
                    // A reading has the commit of the first target alone.
                    maybe("commit", self.reading.commit.as_deref().filter(|_| at == 0)),
                ]),
            }
        };
        targets.map(item).collect()
    }

    /// What was to be scanned, and how.
    pub(super) fn plan(&self) -> String {
        let started = &self.reading.started;
        let targets: Vec<String> = started.targets.iter().map(|target| code(&target.given)).collect();
        format!(
            "The scan {} of {}, begun at {} by {} {}:\n\n- Targets: {}\n- Rules: {}, SHA-256 {}\n- Settings: SHA-256 {}\n- \
             Key of the fingerprints: {} ({})",
            code(&self.reading.scan),
            escaped(&of_series(&self.reading.subject)),
            escaped(&started.started),
            escaped(&started.tool.name),
            escaped(&started.tool.version),
            if targets.is_empty() { "none".to_owned() } else { targets.join(", ") },
            started.rule_pack.rules,
            code(&started.rule_pack.sha256),
            code(&started.configuration.sha256),
            code(&started.key.id),
            escaped(&started.key.keyed),
        )
    }

    /// When what was seen was seen.
    fn collected(&self, now: &str) -> String {
        moment(&self.reading.completed.completed).unwrap_or_else(|| now.to_owned())
    }

    /// The record that says so.
    fn evidence(&self, record: u64) -> Vec<RelevantEvidence> {
        let Reading { name, scan, manifest_sha256, assurance, .. } = self.reading;
        if *assurance == Assurance::Made {
            // It is in no bundle that could be looked at.
            return Vec::new();
        }
        let manifest = match manifest_sha256.as_str() {
            "" => String::new(),
            digest => format!(", whose manifest has the SHA-256 {}", code(digest)),
        };
        let bundle = if name.is_empty() { String::new() } else { format!(", in the bundle {}", code(name)) };
        vec![RelevantEvidence {
            href: format!("{RECORDS}#{record}"),
            description: format!("Record {record}, from 0, of the scan {}{bundle}{manifest}", code(scan)),
        }]
    }

    fn subjects(&self, targets: impl Iterator<Item = usize>) -> Vec<SubjectReference> {
        let targets: BTreeSet<usize> = targets.collect();
        let known = targets.into_iter().filter_map(|target| self.targets.get(target));
        known.map(|uuid| SubjectReference { subject_uuid: uuid.clone(), kind: "inventory-item" }).collect()
    }

    /// The id of what the scan saw of a secret.
    pub(super) fn observation_id(&self, finding: &Finding) -> String {
        let [repository, fingerprint] = secret(finding, self.reading);
        let record = finding.record.to_string();
        let (scan, rule) = (self.reading.scan.as_str(), finding.rule.id.as_str());
        let name = [scan, "finding", record.as_str(), rule, repository, fingerprint];
        id("observation", &name)
    }

    /// What the scan saw of a secret. Never the value.
    pub(super) fn observation(&self, finding: &Finding, now: &str) -> Observation {
        let key = &self.reading.started.key;
        // Under a key that others have as well, or that nobody else has, a fingerprint is of no use in a document that is handed on.
        let of_team = matches!(key.keyed.as_str(), "secret" | "salt");
        let fingerprint = finding.fingerprint.as_deref().filter(|_| of_team);
        let mut props = props([
            prop("rule-id", &finding.rule.id),
            prop("kind", &finding.rule.kind),
            prop("provider", &finding.rule.provider.name),
            prop("identity", &finding.rule.identity),
            prop("severity", finding.severity.name()),
            prop("confidence", finding.confidence.name()),
            prop("places", &finding.places.len().to_string()),
            maybe("fingerprint", fingerprint),
            maybe("key-id", fingerprint.map(|_| key.id.as_str())),
            maybe("triage", finding.triage.as_ref().map(|triage| triage.decision.name())),
        ]);
        props.extend(finding.contradicted().filter_map(|one| prop("contradicts", &control_id(one))));
        Observation {
            uuid: self.observation_id(finding),
            title: title(&finding.rule.title),
            description: places(finding),
            props,
            methods: vec!["EXAMINE"],
            types: vec!["finding"],
            origins: vec![self.origin()],
            subjects: self.subjects(finding.places.iter().map(|place| place.target)),
            relevant_evidence: self.evidence(finding.record),
            collected: self.collected(now),
        }
    }

    /// What the scan says of a control in which it saw nothing, or could not tell.
    pub(super) fn observation_of(&self, control: &ControlState, now: &str) -> Observation {
        let (scan, record) = (self.reading.scan.as_str(), control.record.to_string());
        Observation {
            uuid: id("observation", &[scan, "control", record.as_str(), control.control.as_str()]),
            title: title(&format!("{} {}: {}", control.control, control.title, control.state)),
            description: escaped(&control.sentence),
            props: props([prop("control", &control_id(&control.control)), prop("state", control.state.name())]),
            methods: vec!["EXAMINE"],
            types: vec!["control-objective"],
            origins: vec![self.origin()],
            subjects: self.subjects(0..self.targets.len()),
            relevant_evidence: self.evidence(control.record),
            collected: self.collected(now),
        }
    }

    pub(super) fn reviewed(&self) -> ReviewedControls {
        let testable = self.reading.controls.iter().filter(|one| one.state != State::NotTestable);
        let mut controls: Vec<SelectedControl> =
            testable.map(|one| SelectedControl { control_id: control_id(&one.control) }).collect();
        if controls.is_empty() {
            // A selection of nothing is not valid, and one of everything would not be true.
            controls.push(SelectedControl { control_id: "none".to_owned() });
        }
        ReviewedControls {
            description: "Controls of ISO/IEC 27002:2022 of which scanning content can test an aspect. What it is, the \
                          observations say.",
            control_selections: vec![ControlSelection { include_controls: controls }],
        }
    }

    /// How the scan went.
    pub(super) fn told(&self) -> String {
        let Reading { coverage, completed, gaps, .. } = self.reading;
        let complete = if completed.outcome.complete { "It is complete" } else { "It is incomplete" };
        let bypass = self.reading.bypass.as_ref().map_or_else(String::new, |bypass| {
            let (by, reason) = (escaped(&bypass.by), escaped(&bypass.reason));
            format!(
                " It was bypassed by {by} ({reason}): without that its exit code would have been {}.",
                bypass.exit_code
            )
        });
        format!(
            "{complete}: of {} files met, {} were searched, {} were left out by policy and {} could not be read; {}. What was \
             not searched has records in the evidence.{bypass}",
            coverage.files_seen,
            coverage.files_read,
            coverage.files_excluded,
            coverage.files_unreadable,
            counted(gaps.len(), "gap", "gaps"),
        )
    }

    pub(super) fn props(&self) -> Vec<Property> {
        let Reading { name, assurance, scan, manifest_sha256, subject, started, completed, .. } = self.reading;
        props([
            prop("scan", scan),
            maybe("bundle", Some(name.as_str()).filter(|_| self.reading.assurance != Assurance::Made)),
            prop("manifest-sha256", manifest_sha256),
            prop("assurance", assurance.name()),
            maybe("signed-by-key", assurance.key()),
            maybe("unit", subject.unit.as_deref()),
            maybe("repository", subject.repository.as_deref()),
            maybe("branch", subject.branch.as_deref()),
            maybe("commit", self.reading.commit.as_deref()),
            prop("rule-pack-sha256", &started.rule_pack.sha256),
            prop("configuration-sha256", &started.configuration.sha256),
            prop("key-id", &started.key.id),
            prop("keyed", &started.key.keyed),
            prop("exit-code", &completed.outcome.exit_code.to_string()),
        ])
    }
}

/// Where a secret lies: the first places, and how many more.
fn places(finding: &Finding) -> String {
    let all = finding.places.len();
    let mut text = format!("The rule {} found it at {}:\n", code(&finding.rule.id), counted(all, "place", "places"));
    for place in finding.places.iter().take(PLACES) {
        let history = if place.history_only { ", in the history alone" } else { "" };
        let _ = write!(text, "\n- {}{history}", code(&format!("{}:{}", place.path, place.region.start_line)));
    }
    if all > PLACES {
        let _ = write!(text, "\n- and {} more", all - PLACES);
    }
    text
}
