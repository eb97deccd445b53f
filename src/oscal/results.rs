//! Assessment results: what each bundle is evidence of.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::ids::{People, control_id, id, secret, series};
use super::model::{
    Actor, AssessmentAssets, AssessmentResults, AssociatedRisk, BackMatter, Characterization, Facet, Finding,
    FindingTarget, ImportPlan, LogEntry, LoggedBy, Metadata, Origin, Outcome, OutcomeDefinitions, Platform,
    RelatedObservation, Remediation, Resource, Responsible, ResultsDocument, Risk, RiskLog, RiskStatus, Role,
    TargetStatus, UsedComponent,
};
use super::observed::{Scan, of_series};
use super::{NS, OSCAL_VERSION, beginning, counted, end, escaped, maybe, moment, prop, props, title};
use crate::evidence::reading::{self, ControlState, Reading};
use crate::finding::{Decision, ExceptionReason};
use crate::govern::State;
use crate::register::scenario_id;
use crate::view::ControlView;

/// Roles that people have in our documents.
const ROLES: [(&str, &str); 5] = [
    ("approver", "Approves exceptions"),
    ("attester", "Says what was done"),
    ("owner", "Puts it right"),
    ("reviewer", "Looks at findings and says what they are"),
    ("risk-owner", "Accepts the risk"),
];

/// What is said of a scan whose record has no time.
const NO_START: &str = "The record does not say when the scan began; the moment of the document stands in its place.";

/// The document with its root.
pub(super) fn document(view: &ControlView<'_>, now: &str) -> ResultsDocument {
    let evidence = Evidence::of(view.readings.iter().copied().map(Scan::of).collect());
    let mut people = People::default();
    let outcomes = (0..evidence.scans.len()).map(|at| evidence.outcome(at, now, &mut people)).collect();
    let scans = evidence.scans.iter().map(|scan| scan.reading.scan.as_str());
    let name: Vec<&str> = scans.clone().chain([now]).collect();
    let plan = id("plan", &scans.collect::<Vec<_>>());
    let of = match &evidence.scans[..] {
        [only] => of_series(&only.reading.subject),
        all => format!("{} series", all.len()),
    };
    ResultsDocument {
        assessment_results: AssessmentResults {
            uuid: id("assessment-results", &name),
            metadata: metadata(&format!("Scans for secrets outside vaults: {of}"), now, &people, Vec::new()),
            import_ap: ImportPlan {
                href: format!("#{plan}"),
                remarks: "There is no plan in OSCAL. The resource says what was to be scanned, and how.",
            },
            results: outcomes,
            back_matter: BackMatter {
                resources: vec![Resource {
                    uuid: plan,
                    title: "What was to be scanned, and how",
                    description: evidence.scans.iter().map(Scan::plan).collect::<Vec<_>>().join("\n\n"),
                }],
            },
        },
    }
}

/// What stands at the head of both documents.
pub(super) fn metadata(name: &str, now: &str, people: &People, responsible: Vec<Responsible>) -> Metadata {
    Metadata {
        title: title(name),
        last_modified: moment(now).unwrap_or_else(|| now.to_owned()),
        version: env!("CARGO_PKG_VERSION"),
        oscal_version: OSCAL_VERSION,
        roles: ROLES.iter().map(|&(id, title)| Role { id, title }).collect(),
        parties: people.parties(),
        responsible_parties: responsible,
    }
}

/// Whether somebody said that it is a secret.
fn is_confirmed(finding: &reading::Finding) -> bool {
    finding.triage.as_ref().is_some_and(|triage| triage.decision.is_secret())
}

/// One secret, as the scans found it.
#[derive(Debug)]
struct Secret<'r> {
    risk: String,
    /// The scan that it stands with.
    first: usize,
    /// All findings of it, with the scan of each.
    seen: Vec<(usize, &'r reading::Finding)>,
}

/// The id of the risk of a secret: that of its row in a register, so that results and plan speak of the same one.
fn risk_id(finding: &reading::Finding, reading: &Reading) -> String {
    id("risk", &[scenario_id(finding, reading).as_str()])
}

/// What a finding makes of the risk of its secret. The risk of a secret is that of the finding that asks for the most.
fn status(finding: &reading::Finding) -> RiskStatus {
    let nothing = |reason| matches!(reason, ExceptionReason::FalsePositive | ExceptionReason::TestValue);
    if finding.is_dismissed(nothing) {
        return RiskStatus::Closed;
    }
    let reasons = finding.places.iter().map(|place| place.excepted().map(|exception| exception.reason));
    let reasons: BTreeSet<ExceptionReason> = reasons.collect::<Option<_>>().unwrap_or_default();
    if reasons.iter().any(|reason| reason.is_risk()) {
        RiskStatus::DeviationApproved
    } else if reasons.contains(&ExceptionReason::Revoked) {
        // It opens nothing any more, and still lies there.
        RiskStatus::Remediating
    } else if finding.triage.as_ref().is_some_and(|triage| triage.decision == Decision::Incident) {
        RiskStatus::Investigating
    } else if is_requested(finding) {
        RiskStatus::DeviationRequested
    } else {
        RiskStatus::Open
    }
}

/// Whether somebody asked for an exception that nobody approved so far.
pub(super) fn is_requested(finding: &reading::Finding) -> bool {
    let asked = |exception: &reading::Exception| matches!(exception.standing.as_str(), "unapproved" | "proposed");
    finding.places.iter().filter_map(|place| place.exception.as_ref()).any(asked)
}

/// What is to be done about a risk, as the documentation of the credential has it.
pub(super) fn recommendation(risk: &str, description: String) -> Remediation {
    let description = if description.is_empty() {
        "Revoke it at its issuer, replace it, and remove it.".to_owned()
    } else {
        description
    };
    Remediation {
        uuid: id("remediation", &[risk, "recommendation"]),
        lifecycle: "recommendation",
        title: "Make it worthless, replace it, remove it".to_owned(),
        description,
        props: Vec::new(),
        tasks: Vec::new(),
    }
}

/// Who wrote it, as an entry of a log has that.
pub(super) fn logged_by(people: &mut People, name: &str, role_id: &'static str) -> Vec<LoggedBy> {
    people.id_of(name).map(|party_uuid| LoggedBy { party_uuid, role_id }).into_iter().collect()
}

/// All bundles, and the secrets in them.
#[derive(Debug)]
struct Evidence<'r> {
    scans: Vec<Scan<'r>>,
    /// In the order in which they are met first.
    secrets: Vec<Secret<'r>>,
}

impl<'r> Evidence<'r> {
    fn of(scans: Vec<Scan<'r>>) -> Self {
        let mut secrets: Vec<Secret<'r>> = Vec::new();
        let mut known: BTreeMap<[&'r str; 2], usize> = BTreeMap::new();
        for (at, scan) in scans.iter().enumerate() {
            let reading: &'r Reading = scan.reading;
            for finding in &reading.findings {
                let index = *known.entry(secret(finding, reading)).or_insert(secrets.len());
                if index == secrets.len() {
                    secrets.push(Secret { risk: risk_id(finding, reading), first: at, seen: Vec::new() });
                }
                secrets[index].seen.push((at, finding));
            }
        }
        Self { scans, secrets }
    }

    /// The result of one scan. A secret that several scans hold is one risk, which stands with the first of them.
    fn outcome(&self, at: usize, now: &str, people: &mut People) -> Outcome {
        let scan = &self.scans[at];
        let reading = scan.reading;
        let [unit, repository, branch] = series(&reading.subject);
        let start = moment(&reading.started.started);
        let seen = reading.findings.iter().map(|finding| scan.observation(finding, now));
        // What contradicts a control is observed as well; a finding it is only after triage.
        let testable = reading.controls.iter().filter(|control| control.state != State::NotTestable);
        let observations = seen.chain(testable.map(|control| scan.observation_of(control, now))).collect();
        let own = self.secrets.iter().filter(|secret| secret.first == at);
        let risks = own.map(|secret| self.risk(secret, people)).collect();
        let confirmed = reading.controls.iter().filter(|control| control.state == State::Confirmed);
        Outcome {
            uuid: id("result", &[reading.scan.as_str()]),
            title: title(&format!("Scan {} of {}", reading.scan, of_series(&reading.subject))),
            description: scan.told(),
            remarks: start.is_none().then_some(NO_START),
            start: start.unwrap_or_else(|| now.to_owned()),
            end: moment(&reading.completed.completed),
            props: scan.props(),
            local_definitions: OutcomeDefinitions {
                inventory_items: scan.inventory(),
                assessment_assets: AssessmentAssets {
                    components: vec![scan.component()],
                    assessment_platforms: vec![Platform {
                        uuid: id("assessment-platform", &[unit, repository, branch]),
                        title: "Where the scan ran",
                        uses_components: vec![UsedComponent { component_uuid: scan.tool.clone() }],
                    }],
                },
            },
            reviewed_controls: scan.reviewed(),
            observations,
            risks,
            findings: confirmed.map(|control| finding_of(scan, control, people)).collect(),
        }
    }

    fn risk(&self, secret: &Secret<'r>, people: &mut People) -> Risk {
        let findings: Vec<&reading::Finding> = secret.seen.iter().map(|&(_, finding)| finding).collect();
        let worst = findings.iter().copied().min_by_key(|finding| Reverse(finding.severity));
        let worst = worst.expect("a secret is one that was found");
        let origin = self.scans[secret.first].origin();
        let scans: BTreeSet<usize> = secret.seen.iter().map(|&(at, _)| at).collect();
        let kinds: BTreeSet<&str> = findings.iter().map(|finding| finding.rule.kind.as_str()).collect();
        let places: usize = findings.iter().map(|finding| finding.places.len()).sum();
        let state = findings.iter().map(|finding| status(finding)).min().unwrap_or(RiskStatus::Open);
        let excepted = findings.iter().flat_map(|finding| &finding.places).filter_map(reading::Place::excepted);
        let until = excepted.map(|exception| exception.expires_on.as_str()).min();
        let accepted = state == RiskStatus::DeviationApproved;
        let facet = |name: &'static str, value: &str| Facet {
            name,
            system: format!("{NS}/{name}"),
            value: value.to_owned(),
            props: Vec::new(),
        };
        let parts = [&worst.remediation.revoke, &worst.remediation.rotate];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).map(|part| escaped(part)).collect();
        Risk {
            uuid: secret.risk.clone(),
            title: title(&worst.rule.title),
            description: format!(
                "A credential lies outside of a store made to protect it, at {} in {}.\n\nKinds of findings: {}. Issuer: {}.",
                counted(places, "place", "places"),
                counted(scans.len(), "series", "series"),
                kinds.iter().map(|kind| escaped(kind)).collect::<Vec<_>>().join(", "),
                escaped(&worst.rule.provider.name),
            ),
            statement: format!(
                "Who can read what was scanned can use the credential ({}) until its issuer no longer takes it.",
                escaped(&worst.rule.identity.replace('-', " ")),
            ),
            props: props([
                prop("rule-id", &worst.rule.id),
                prop("severity", worst.severity.name()),
                maybe("accepted-until", until.filter(|_| accepted)),
            ]),
            status: state,
            origins: vec![origin.clone()],
            characterizations: vec![Characterization {
                origin,
                facets: vec![facet("severity", worst.severity.name()), facet("confidence", worst.confidence.name())],
            }],
            deadline: until.filter(|_| accepted).and_then(end),
            remediations: vec![recommendation(&secret.risk, parts.join("\n\n"))],
            risk_log: decisions(&secret.risk, &findings, accepted, people),
            related_observations: secret
                .seen
                .iter()
                .map(|&(at, finding)| RelatedObservation { observation_uuid: self.scans[at].observation_id(finding) })
                .collect(),
        }
    }
}

/// What somebody confirmed to contradict a control.
fn finding_of(scan: &Scan<'_>, control: &ControlState, people: &mut People) -> Finding {
    let reading = scan.reading;
    let of_control =
        |finding: &&reading::Finding| is_confirmed(finding) && finding.contradicted().any(|one| one == control.control);
    let confirmed: Vec<&reading::Finding> = reading.findings.iter().filter(of_control).collect();
    let by: BTreeSet<&str> =
        confirmed.iter().filter_map(|finding| finding.triage.as_ref()).map(|triage| triage.by.as_str()).collect();
    let reviewer = |actor_uuid| Actor { kind: "party", actor_uuid, role_id: Some("reviewer") };
    let reviewers = by.into_iter().filter_map(|name| people.id_of(name)).map(reviewer);
    let origins = reviewers.map(|actor| Origin { actors: vec![actor] }).collect::<Vec<_>>();
    let risks: BTreeSet<String> = confirmed.iter().map(|finding| risk_id(finding, reading)).collect();
    let name = format!("{} {}", control.control, control.title);
    let record = control.record.to_string();
    Finding {
        uuid: id("finding", &[reading.scan.as_str(), record.as_str(), control.control.as_str()]),
        title: title(&format!("{name}: {}", control.state)),
        description: escaped(&control.sentence),
        props: props([
            prop("control", &control_id(&control.control)),
            prop("secrets", &control.secrets.to_string()),
            prop("places", &control.places.to_string()),
            prop("confirmed", &confirmed.len().to_string()),
        ]),
        origins: [vec![scan.origin()], origins].concat(),
        target: FindingTarget {
            // Of the two kinds of targets the one that assessments are about; there is none for a control as a whole.
            kind: "objective-id",
            target_id: control_id(&control.control),
            title: title(&name),
            status: TargetStatus { state: "not-satisfied" },
        },
        related_observations: confirmed
            .iter()
            .map(|finding| RelatedObservation { observation_uuid: scan.observation_id(finding) })
            .collect(),
        related_risks: risks.into_iter().map(|risk_uuid| AssociatedRisk { risk_uuid }).collect(),
    }
}

/// What people decided about a secret, as far as the evidence has it.
fn decisions(risk: &str, findings: &[&reading::Finding], accepted: bool, people: &mut People) -> Option<RiskLog> {
    let mut entries: Vec<LogEntry> = Vec::new();
    for triage in findings.iter().filter_map(|finding| finding.triage.as_ref()) {
        let Some(start) = moment(&triage.at) else { continue };
        let said = triage.note.as_deref().map(|note| format!("\n\n{}", escaped(note))).unwrap_or_default();
        entries.push(LogEntry {
            uuid: id("log-entry", &[risk, "triage", triage.at.as_str(), triage.by.as_str(), triage.decision.name()]),
            title: format!("Triage: {}", triage.decision),
            description: format!("By {} ({}).{said}", escaped(&triage.by), triage.grade),
            start,
            end: None,
            props: props([prop("grade", triage.grade.name()), maybe("ticket", triage.ticket.as_deref())]),
            logged_by: logged_by(people, &triage.by, "reviewer"),
            status_change: None,
        });
    }
    let exceptions = findings.iter().flat_map(|finding| &finding.places).filter_map(|place| place.exception.as_ref());
    for exception in exceptions {
        let Some(start) = exception.approved_on.as_deref().and_then(beginning) else { continue };
        let by = exception.approved_by.as_deref().unwrap_or_default();
        let holds = exception.is_active();
        entries.push(LogEntry {
            uuid: id("log-entry", &[risk, "exception", &exception.id, &exception.requested_by, &exception.text]),
            title: title(&format!("Exception {}: {}", exception.id, exception.reason)),
            description: format!(
                "Asked for by {}, approved by {} ({}), until {}; {}.\n\n{}",
                escaped(&exception.requested_by),
                escaped(by),
                exception.grade,
                escaped(&exception.expires_on),
                escaped(exception.why.as_deref().unwrap_or("it holds")),
                escaped(&exception.text),
            ),
            start,
            end: end(&exception.expires_on),
            props: props([
                prop("exception", &exception.id),
                prop("standing", &exception.standing),
                prop("grade", exception.grade.name()),
                maybe("ticket", exception.ticket.as_deref()),
            ]),
            logged_by: logged_by(people, by, "approver"),
            status_change: (holds && accepted && exception.reason.is_risk()).then_some(RiskStatus::DeviationApproved),
        });
    }
    RiskLog::of(entries)
}
