//! What several configurations and the command line come to, each value with where it comes from.
//!
//! The first file is the organisation's: it decides every key, also those it leaves at their defaults, but for those
//! that it delegates. A later file is obeyed in what all files before it delegate; a value it sets there replaces an
//! earlier one, and its entries of lists are added. Options of the command line go before files, since the same operator
//! types both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum as _;

use super::read::{At, Document, Value, Values};
use crate::cli::args::{FailOn, MinConfidence, Scan};
use crate::finding::exception::ExceptionPolicy;
use crate::finding::{Confidence, ExceptionReason, Grade, Severity};
use crate::gap::{Acceptance, AcceptedGap, GapClass};
use crate::govern::{Environment, Gate, ModifierId, ModifierSet, Role};
use crate::secret::Secret;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A configuration.
    File {
        /// The file, as it was named.
        file: String,
        /// Its line, from 1.
        line: usize,
    },
    /// A variable of the environment.
    Environment,
    /// An option.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Environment => f.write_str("environment"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// A value with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    fn default(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }
}

/// A configuration that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// As it was named, safe to print.
    pub name: String,
    /// Its canonical path.
    pub path: PathBuf,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Who named it: the environment or the command line.
    pub named_by: Origin,
}

/// Files that are not scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExcludedPath {
    /// Pattern, relative to the target.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What is changed of one rule. The first file that sets a field decides it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleChange {
    /// Whether it is used.
    pub enabled: Option<Sourced<bool>>,
    /// The severity of its findings.
    pub severity: Option<Sourced<Severity>>,
    /// The confidence that its findings start with.
    pub confidence: Option<Sourced<Confidence>>,
    /// Why, one for each file that changes something.
    pub reasons: Vec<Sourced<String>>,
}

/// All settings, each with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The files, in the order in which they count.
    pub files: Vec<ConfigFile>,
    /// What files set and may not, for the operator.
    pub notes: Vec<String>,
    /// Key for fingerprints.
    pub salt: Option<Sourced<Secret>>,
    /// The organisational unit.
    pub unit: Sourced<Option<String>>,
    /// Lowest severity that makes the exit code 1.
    pub fail_on: Sourced<FailOn>,
    /// Lowest confidence that is reported.
    pub min_confidence: Sourced<Confidence>,
    /// Classes of gaps that make the scan incomplete.
    pub fail_on_gap: Sourced<BTreeSet<GapClass>>,
    /// Whether untracked files that git ignores are scanned.
    pub no_ignore: Sourced<bool>,
    /// Whether a scan of nothing is complete.
    pub allow_empty: Sourced<bool>,
    /// Bytes over which a file is left out.
    pub file_size: Sourced<Option<u64>>,
    /// Bytes that the buffers for large files share; none is the built-in number.
    pub memory: Sourced<Option<u64>>,
    /// Whether inline ignores count.
    pub honour: Sourced<bool>,
    /// Whether they need a reason to count.
    pub require_reason: Sourced<bool>,
    /// Days from now in which they have to end to count.
    pub max_days: Sourced<u32>,
    /// Files that are not scanned.
    pub exclude: Vec<Sourced<ExcludedPath>>,
    /// Changes to rules, by id.
    pub rules: BTreeMap<String, RuleChange>,
    /// Gaps that were accepted.
    pub accepted_gap: Vec<Sourced<AcceptedGap>>,
    /// Whether what is newly detected fails.
    pub newly_detected_fails: Sourced<bool>,
    /// Whether a known secret at a further path passes.
    pub spread_passes: Sourced<bool>,
    /// Days of an exception.
    pub exception_days: Sourced<u32>,
    /// Days of an exception where the secret works.
    pub risk_days: Sourced<u32>,
    /// Severity up to which there are exceptions.
    pub exception_severity: Sourced<Severity>,
    /// Reasons for which there are exceptions.
    pub exception_reasons: Sourced<BTreeSet<ExceptionReason>>,
    /// Grade that the approval of an exception needs.
    pub exception_grade: Sourced<Grade>,
    /// Whether exceptions need a ticket.
    pub exception_ticket: Sourced<bool>,
    /// Who accepts risks.
    pub risk_owner: Sourced<Option<String>>,
    /// Whether a change may excuse itself.
    pub may_excuse_itself: Sourced<bool>,
    /// Whether a scan may be ordered to pass.
    pub allow_bypass: Sourced<bool>,
    /// Rules of the verdict, the first before the later.
    pub gates: Vec<Sourced<Gate>>,
}

impl Default for Resolved {
    fn default() -> Self {
        let exceptions = ExceptionPolicy::default();
        let failing = GapClass::ALL.into_iter().filter(|class| class.fails_by_default()).collect();
        Self {
            files: Vec::new(),
            notes: Vec::new(),
            salt: None,
            unit: Sourced::default(None),
            fail_on: Sourced::default(FailOn::Low),
            min_confidence: Sourced::default(Confidence::Medium),
            fail_on_gap: Sourced::default(failing),
            no_ignore: Sourced::default(false),
            allow_empty: Sourced::default(false),
            file_size: Sourced::default(None),
            memory: Sourced::default(None),
            honour: Sourced::default(false),
            require_reason: Sourced::default(true),
            max_days: Sourced::default(90),
            exclude: Vec::new(),
            rules: BTreeMap::new(),
            accepted_gap: Vec::new(),
            newly_detected_fails: Sourced::default(false),
            spread_passes: Sourced::default(false),
            exception_days: Sourced::default(exceptions.max_days),
            risk_days: Sourced::default(exceptions.accepted_risk_max_days),
            exception_severity: Sourced::default(exceptions.max_severity),
            exception_reasons: Sourced::default(exceptions.reasons),
            exception_grade: Sourced::default(exceptions.min_grade),
            exception_ticket: Sourced::default(exceptions.require_ticket),
            risk_owner: Sourced::default(exceptions.risk_owner),
            may_excuse_itself: Sourced::default(false),
            allow_bypass: Sourced::default(false),
            gates: Vec::new(),
        }
    }
}

impl Resolved {
    /// What files come to, the first before the later.
    pub(super) fn layer(files: Vec<(ConfigFile, Document)>) -> Self {
        let mut resolved = Self::default();
        // For each file so far: its name and what it delegates.
        let mut before: Vec<(String, BTreeSet<String>)> = Vec::new();
        for (file, document) in files {
            resolved.add(&file.name, &document, &before);
            let delegated = match document.settings.get("delegate") {
                Some(At { value: Value::Keys(keys), .. }) => keys.clone(),
                _ => BTreeSet::new(),
            };
            before.push((file.name.clone(), delegated));
            resolved.files.push(file);
        }
        resolved
    }

    fn add(&mut self, file: &str, document: &Document, before: &[(String, BTreeSet<String>)]) {
        let obeyed = |key: &str, line: usize, notes: &mut Vec<String>| {
            let Some((withholds, _)) = before.iter().find(|(_, delegated)| !delegated.contains(key)) else {
                return true;
            };
            notes.push(format!(
                "{file}:{line}: `{key}` is not obeyed, since {withholds} does not delegate it; to allow it, add \
                 \"{key}\" to `delegate` in {withholds}"
            ));
            false
        };
        let origin = |line: usize| Origin::File { file: file.to_owned(), line };
        for (key, found) in &document.settings {
            if key != "delegate" && obeyed(key, found.line, &mut self.notes) {
                self.set(key, &found.value, origin(found.line));
            }
        }
        for (&name, entries) in &document.lists {
            let Some(first) = entries.first() else { continue };
            if !obeyed(name, first.line, &mut self.notes) {
                continue;
            }
            for entry in entries {
                let origin = origin(entry.line);
                match name {
                    "exclude" => self.exclude.push(Sourced { value: excluded(&entry.value), origin }),
                    "gate" => self.gates.push(Sourced { value: gate(&entry.value), origin }),
                    _ => self.accepted_gap.push(Sourced { value: accepted(&entry.value), origin }),
                }
            }
        }
        if let Some(first) = document.rules.values().map(|rule| rule.line).min()
            && obeyed("rules", first, &mut self.notes)
        {
            for (id, change) in &document.rules {
                self.change_rule(file, id, &change.value);
            }
        }
    }

    /// Sets a key of the root or of a table.
    fn set(&mut self, key: &str, value: &Value, origin: Origin) {
        match (key, value) {
            ("salt", Value::Salt(salt)) => self.salt = Some(Sourced { value: salt.clone(), origin }),
            ("unit", Value::Text(unit)) => self.unit = Sourced { value: Some(unit.clone()), origin },
            ("scan.fail_on", Value::Name(name)) => self.fail_on = Sourced { value: level(name), origin },
            ("scan.min_confidence", Value::Name(name)) => self.min_confidence = Sourced { value: grade(name), origin },
            ("scan.fail_on_gap", Value::Names(names)) => {
                self.fail_on_gap = Sourced { value: names.iter().map(|name| class(name)).collect(), origin };
            }
            ("scan.no_ignore", Value::Bool(on)) => self.no_ignore = Sourced { value: *on, origin },
            ("scan.allow_empty", Value::Bool(on)) => self.allow_empty = Sourced { value: *on, origin },
            ("budgets.file_size", Value::Number(bytes)) => self.file_size = Sourced { value: Some(*bytes), origin },
            ("budgets.memory", Value::Number(bytes)) => self.memory = Sourced { value: Some(*bytes), origin },
            ("inline_ignores.honour", Value::Bool(on)) => self.honour = Sourced { value: *on, origin },
            ("inline_ignores.require_reason", Value::Bool(on)) => self.require_reason = Sourced { value: *on, origin },
            ("inline_ignores.max_days", Value::Number(days)) => self.max_days = Sourced { value: few(*days), origin },
            ("baseline.newly_detected", Value::Name(then)) => {
                self.newly_detected_fails = Sourced { value: *then == "fail", origin };
            }
            ("baseline.spread", Value::Name(then)) => self.spread_passes = Sourced { value: *then == "pass", origin },
            ("exceptions.max_days", Value::Number(days)) => self.exception_days = Sourced { value: few(*days), origin },
            ("exceptions.accepted_risk_max_days", Value::Number(days)) => {
                self.risk_days = Sourced { value: few(*days), origin };
            }
            ("exceptions.max_severity", Value::Name(name)) => {
                self.exception_severity = Sourced { value: severity(name), origin };
            }
            ("exceptions.reasons", Value::Names(names)) => {
                let reason = |name: &&str| ExceptionReason::named(name).expect("the table lists the reasons");
                self.exception_reasons = Sourced { value: names.iter().map(reason).collect(), origin };
            }
            ("exceptions.min_grade", Value::Name(name)) => {
                let grade = Grade::named(name).expect("the table lists the grades");
                self.exception_grade = Sourced { value: grade, origin };
            }
            ("exceptions.require_ticket", Value::Bool(on)) => self.exception_ticket = Sourced { value: *on, origin },
            ("exceptions.risk_owner", Value::Text(owner)) => {
                self.risk_owner = Sourced { value: Some(owner.clone()), origin };
            }
            ("change_requests.may_excuse_itself", Value::Bool(on)) => {
                self.may_excuse_itself = Sourced { value: *on, origin };
            }
            ("bypass.allow", Value::Bool(on)) => self.allow_bypass = Sourced { value: *on, origin },
            (key, _) => unreachable!("the table has the key {key}, and nothing obeys it"),
        }
    }

    /// Which exceptions hold; `risk_owner` is who the scope file says.
    pub(in crate::cli) fn exception_policy(&self, risk_owner: Option<String>) -> ExceptionPolicy {
        ExceptionPolicy {
            max_days: self.exception_days.value,
            accepted_risk_max_days: self.risk_days.value,
            max_severity: self.exception_severity.value,
            reasons: self.exception_reasons.value.clone(),
            min_grade: self.exception_grade.value,
            require_ticket: self.exception_ticket.value,
            risk_owner: risk_owner.or_else(|| self.risk_owner.value.clone()),
        }
    }

    fn change_rule(&mut self, file: &str, id: &str, values: &Values) {
        let change = self.rules.entry(id.to_owned()).or_default();
        let origin = |line: usize| Origin::File { file: file.to_owned(), line };
        let notes = &mut self.notes;
        let mut kept = |field: &str, line: usize, first: Option<&Origin>| match first {
            Some(first) => {
                notes.push(format!("{file}:{line}: `rules.{id}.{field}` is not obeyed, since {first} sets it"));
                true
            }
            None => false,
        };
        for (&field, found) in values {
            let (line, origin) = (found.line, origin(found.line));
            match (field, &found.value) {
                ("enabled", Value::Bool(on)) => {
                    if !kept(field, line, change.enabled.as_ref().map(|first| &first.origin)) {
                        change.enabled = Some(Sourced { value: *on, origin });
                    }
                }
                ("severity", Value::Name(name)) => {
                    if !kept(field, line, change.severity.as_ref().map(|first| &first.origin)) {
                        change.severity = Some(Sourced { value: severity(name), origin });
                    }
                }
                ("confidence", Value::Name(name)) => {
                    if !kept(field, line, change.confidence.as_ref().map(|first| &first.origin)) {
                        change.confidence = Some(Sourced { value: grade(name), origin });
                    }
                }
                ("reason", Value::Text(reason)) => change.reasons.push(Sourced { value: reason.clone(), origin }),
                (field, _) => unreachable!("the table has the key rules.ID.{field}, and nothing obeys it"),
            }
        }
    }

    /// Puts the options of a scan before what files say.
    pub(in crate::cli) fn command_line(&mut self, args: &Scan) {
        fn put<T>(setting: &mut Sourced<T>, value: Option<T>) {
            if let Some(value) = value {
                *setting = Sourced { value, origin: Origin::CommandLine };
            }
        }
        put(&mut self.unit, args.unit.clone().map(Some));
        put(&mut self.fail_on, args.fail_on);
        put(&mut self.min_confidence, args.min_confidence.map(Confidence::from));
        let classes = args.fail_on_gap.as_ref().map(|classes| classes.iter().map(|&class| class.into()).collect());
        put(&mut self.fail_on_gap, if args.allow_gaps { Some(BTreeSet::new()) } else { classes });
        put(&mut self.no_ignore, args.no_ignore.then_some(true));
        put(&mut self.allow_empty, args.allow_empty.then_some(true));
    }
}

fn text(values: &Values, key: &str) -> String {
    match values.get(key).map(|found| &found.value) {
        Some(Value::Text(text)) => text.clone(),
        _ => unreachable!("the reader has checked that {key} is there"),
    }
}

fn excluded(values: &Values) -> ExcludedPath {
    ExcludedPath { path: text(values, "path"), reason: text(values, "reason") }
}

fn accepted(values: &Values) -> AcceptedGap {
    AcceptedGap {
        path: text(values, "path"),
        class: match values.get("class").map(|found| &found.value) {
            Some(Value::Name(name)) => Some(class(name)),
            _ => None,
        },
        sha256: match values.get("sha256").map(|found| &found.value) {
            Some(Value::Sha256(digest)) => Some(*digest),
            _ => None,
        },
        acceptance: Acceptance {
            reason: text(values, "reason"),
            approver: text(values, "approver"),
            until: text(values, "until"),
        },
    }
}

fn gate(values: &Values) -> Gate {
    let found = |key: &str| values.get(key).map(|found| &found.value);
    let name = |key: &str| match found(key) {
        Some(Value::Name(name)) => Some(*name),
        _ => None,
    };
    let texts = |key: &str| match found(key) {
        Some(Value::Texts(texts)) => texts.iter().cloned().collect(),
        _ => BTreeSet::new(),
    };
    let modifier = |name: &&str| ModifierId::named(name);
    Gate {
        name: text(values, "name").into(),
        fails: name("then") == Some("fail"),
        severity: name("severity").map(severity),
        kinds: texts("kinds"),
        rules: texts("rules"),
        controls: texts("controls"),
        role: name("role").and_then(Role::named).unwrap_or(Role::Contradicts),
        context: match found("context") {
            Some(Value::Names(names)) => names.iter().filter_map(modifier).collect(),
            _ => ModifierSet::EMPTY,
        },
        environment: name("environment").and_then(Environment::named),
        known: name("state").map(|state| state == "known"),
        older_than_days: match found("older_than_days") {
            Some(Value::Number(days)) => Some(few(*days)),
            _ => None,
        },
    }
}

fn few(days: u64) -> u32 {
    u32::try_from(days).expect("the reader has checked the range")
}

fn severity(name: &str) -> Severity {
    level(name).severity().expect("the reader takes severities alone")
}

fn level(name: &str) -> FailOn {
    FailOn::from_str(name, false).expect("the table lists the levels")
}

fn grade(name: &str) -> Confidence {
    MinConfidence::from_str(name, false).expect("the table lists the grades").into()
}

fn class(name: &str) -> GapClass {
    GapClass::ALL.into_iter().find(|class| class.name() == name).expect("the table lists the classes")
}
