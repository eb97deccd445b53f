//! The rules that results refer to, as reporting descriptors.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;
use serde_sarif::sarif;

use super::{PROJECT, bag, taxonomies, text};
use crate::finding::{Confidence, Severity};
use crate::govern::{Catalogue, Crosswalk, Mapping, ModifierSet, Role};
use crate::report::Report;
use crate::rule::Rule;

/// The key of the one message that each rule has.
pub(super) const MESSAGE_ID: &str = "default";

/// Tags a rule that code hosts keep; the rest they cut off.
const MOST_TAGS: usize = 10;

/// The rules that results of a run refer to, sorted by the ids that they have there.
pub(super) struct FiredRules<'r> {
    rules: BTreeMap<Cow<'r, str>, Listed<'r>>,
}

/// A rule of the list.
struct Listed<'r> {
    index: usize,
    rule: &'r Rule,
    /// The severity that the descriptor tells.
    severity: Severity,
}

impl<'r> FiredRules<'r> {
    /// The rules that found something, and those of the pack that did so in the scan that this one is compared with.
    pub(super) fn of(report: &'r Report, pack: &'r [Arc<Rule>]) -> Self {
        let found = report.findings.iter().map(|finding| &*finding.rule);
        let absent = report.comparison.as_ref().map_or(&[][..], |comparison| &comparison.absent);
        let names: BTreeSet<&str> = absent.iter().map(|absent| absent.rule.as_str()).collect();
        let lost = pack.iter().filter(|rule| names.contains(rule.id.as_str())).map(|rule| &**rule);
        // Found ones last: they are those that the results were made with.
        Self::list(lost.chain(found).map(|rule| (Cow::Borrowed(rule.id.as_str()), rule, severity(rule))))
    }

    /// The same rule once for each severity that results of it have.
    pub(super) fn by_severity(found: impl Iterator<Item = (&'r Rule, Severity)>) -> Self {
        Self::list(found.map(|(rule, severity)| (bucket(rule, severity), rule, severity)))
    }

    fn list(rules: impl Iterator<Item = (Cow<'r, str>, &'r Rule, Severity)>) -> Self {
        let listed = rules.map(|(id, rule, severity)| (id, Listed { index: 0, rule, severity }));
        let mut rules: BTreeMap<_, _> = listed.collect();
        rules.values_mut().enumerate().for_each(|(index, listed)| listed.index = index);
        Self { rules }
    }

    /// The place of the rule that has this id in the list.
    pub(super) fn index(&self, id: &str) -> i64 {
        self.get(id).expect("the list was made from the same findings").0
    }

    /// The rule that has this id, and its place in the list.
    pub(super) fn get(&self, id: &str) -> Option<(i64, &'r Rule)> {
        let listed = self.rules.get(id)?;
        Some((i64::try_from(listed.index).expect("rules are fewer than i64 counts"), listed.rule))
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = &'r Rule> {
        self.rules.values().map(|listed| listed.rule)
    }

    /// `driver.rules`.
    pub(super) fn descriptors(&self) -> Vec<sarif::ReportingDescriptor> {
        self.rules.iter().map(|(id, listed)| descriptor(id, listed.rule, listed.severity)).collect()
    }
}

/// The id under which a host that knows no severities of results but those of rules finds a rule: its own where the results
/// have the severity of the rule, else with that of the results behind a full stop, which no id of a rule holds.
pub(super) fn bucket(rule: &Rule, of_results: Severity) -> Cow<'_, str> {
    if of_results == severity(rule) {
        Cow::Borrowed(&rule.id)
    } else {
        Cow::Owned(format!("{}.{}", rule.id, of_results.name()))
    }
}

/// What a rule maps to wherever it hits. None where the pack names a kind that the crosswalk does
/// not know.
pub(super) fn mapping(rule: &Rule) -> Option<Mapping<'static>> {
    Crosswalk::embedded().map(&rule.kind, ModifierSet::EMPTY)
}

/// The text of a result's message, with the preview, the confidence and the severity filled in.
pub(super) fn message_text(rule: &Rule, [preview, confidence, severity]: [&str; 3]) -> String {
    let title = text::literal(&rule.title);
    format!(
        "{title} '{preview}' lies outside a vault; confidence '{confidence}', severity \
         '{severity}'. The value is withheld."
    )
}

/// The level of a severity. `none` would hide the result in most viewers.
pub(super) fn level(severity: Severity) -> sarif::ResultLevel {
    match severity {
        Severity::Critical | Severity::High => sarif::ResultLevel::Error,
        Severity::Medium => sarif::ResultLevel::Warning,
        Severity::Low | Severity::Info => sarif::ResultLevel::Note,
    }
}

pub(super) fn descriptor(id: &str, rule: &Rule, severity: Severity) -> sarif::ReportingDescriptor {
    let mapping = mapping(rule);
    let configuration = sarif::ReportingConfiguration::builder().level(json!(level(severity))).build();
    let help = sarif::MultiformatMessageString::builder()
        .text(help_text(rule, mapping.as_ref()))
        .markdown(help_markdown(rule, mapping.as_ref()))
        .build();
    let mut descriptor = sarif::ReportingDescriptor::builder()
        .id(id)
        .name(text::pascal_case(id))
        .short_description(&text::literal(&text::sentence(&rule.title)))
        .full_description(&full_description(rule))
        .help(help)
        .help_uri(format!("{PROJECT}/blob/main/docs/rules/{}.md", rule.id))
        .message_strings(BTreeMap::from([(
            MESSAGE_ID.to_owned(),
            sarif::MultiformatMessageString::from(&message_text(rule, ["{0}", "{1}", "{2}"])),
        )]))
        .default_configuration(configuration)
        .properties(properties(rule, severity, mapping.as_ref()))
        .build();
    descriptor.relationships = mapping.as_ref().map(taxonomies::relationships);
    descriptor
}

/// The severity of a rule before the place of a hit moves it.
fn severity(rule: &Rule) -> Severity {
    let of_kind = || Crosswalk::embedded().kind(&rule.kind).map(|kind| kind.severity);
    rule.severity.or_else(of_kind).unwrap_or(Severity::High)
}

fn full_description(rule: &Rule) -> String {
    let issuer = if rule.is_generic() {
        "No issuer claims the format of the value.".to_owned()
    } else {
        format!("The issuer is {}.", rule.provider.name)
    };
    let title = text::sentence(&rule.title);
    text::literal(&format!(
        "{title} {issuer} Kind of identity: {}. A credential of a non-human identity that lies \
         outside a vault can be used by everyone who can read the place.",
        rule.identity.words()
    ))
}

/// Why a hit matters: the controls that it is evidence against.
fn reasons(mapping: Option<&Mapping<'_>>) -> Vec<String> {
    let edition = &Catalogue::embedded().edition;
    mapping.map_or_else(Vec::new, |mapping| {
        mapping
            .with_role(Role::Contradicts)
            .map(|control| format!("{edition} {} {}: {}", control.control, control.title, control.why))
            .collect()
    })
}

fn help_text(rule: &Rule, mapping: Option<&Mapping<'_>>) -> String {
    let mut out = String::new();
    for reason in reasons(mapping) {
        out.push_str(&reason);
        out.push('\n');
    }
    write!(out, "Revoke: {}\nRotate: {}", rule.revoke, rule.rotate).expect("writing to a string");
    for reference in &rule.references {
        write!(out, "\nSee {reference}").expect("writing to a string");
    }
    text::literal(&out)
}

fn help_markdown(rule: &Rule, mapping: Option<&Mapping<'_>>) -> String {
    let mut out = String::new();
    let mut section = |title: &str, body: &str| {
        if !body.is_empty() {
            let gap = if out.is_empty() { "" } else { "\n\n" };
            write!(out, "{gap}**{title}**\n\n{body}").expect("writing to a string");
        }
    };
    let list = |items: Vec<String>| items.into_iter().map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n");
    section("Why it matters", &list(reasons(mapping)));
    section("Revoke", &rule.revoke);
    section("Rotate", &rule.rotate);
    section("References", &list(rule.references.iter().map(|uri| format!("<{uri}>")).collect()));
    out.replace('{', "{{").replace('}', "}}")
}

/// The properties that code hosts read: `security-severity` (0.1 to 10 in four bands, here their
/// middle), `precision` and tags.
fn properties(rule: &Rule, severity: Severity, mapping: Option<&Mapping<'_>>) -> sarif::PropertyBag {
    let score = match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
        Severity::Info => "0.0",
    };
    let precision = match rule.confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "medium",
    };
    let mut tags: Vec<String> = Vec::new();
    let weaknesses = mapping.map_or(&[][..], |mapping| mapping.cwe);
    let fixed = ["security", "secret", "nhi", &rule.provider.id].map(String::from);
    for tag in fixed.into_iter().chain(weaknesses.iter().map(|id| format!("external/cwe/{}", id.to_lowercase()))) {
        // Tags are a set.
        if tags.len() < MOST_TAGS && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let mut properties = bag([
        ("security-severity", json!(score)),
        ("precision", json!(precision)),
        ("kind", json!(rule.kind)),
        ("identity", json!(rule.identity)),
        ("since", json!(rule.since)),
    ]);
    properties.tags = Some(tags);
    properties
}
