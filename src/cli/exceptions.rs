//! `exceptions.toml`: read strictly, listed, checked and added to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::args::{ExceptionAdd, ExceptionQuery, Exceptions as Command};
use super::config::{
    At, ConfigError, Document, Fault, Key, Kind, Known, Section, Shape, Value, Values, check_pattern, load, optional,
    read_strictly, required, template_of,
};
use super::file::{bytes, name};
use super::governed::Governed;
use super::{ExitCode, print};
use crate::blob::{hex, printable_text};
use crate::finding::exception::{ExceptionPolicy, Selector, StatedException};
use crate::finding::{Exception, ExceptionReason, Grade, Standing};
use crate::report::file::write_atomically;
use crate::rule::RuleSet;

/// The exit code of `check` where an exception does not hold.
const DOES_NOT_HOLD: ExitCode = 1;

/// All that a file of exceptions may say.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "",
        shape: Shape::Root,
        doc: "",
        keys: &[optional(
            "key_id",
            Kind::Text,
            "none",
            "\"0123456789abcdef\"",
            "The key under which fingerprints are given; reports name it. Needed where one is.",
        )],
    },
    Section {
        name: "exception",
        shape: Shape::List,
        doc: "Findings that may stand until a day. Each speaks of one secret (`fingerprint`), or of what a rule finds at some \
              paths (`rule` and `path`).",
        keys: EXCEPTION,
    },
];

const EXCEPTION: &[Key] = &[
    required("id", Kind::Text, "\"EX-2026-001\"", "Its name, which no other has."),
    optional(
        "fingerprint",
        Kind::Sha256,
        "none",
        "\"0000000000000000000000000000000000000000000000000000000000000000\"",
        "Fingerprint of the value, or of the place where reports have none of the value.",
    ),
    optional("rule", Kind::Text, "none", "\"generic-assigned-password\"", "Id of a rule."),
    optional("path", Kind::Pattern, "none", "\"tests/fixtures/**\"", "Pattern of paths relative to the target."),
    required("reason", Kind::Choice(ExceptionReason::NAMES), "\"test-value\"", "Why."),
    required("text", Kind::Text, "\"made by the fixture generator, opens nothing\"", "The same in words."),
    required("requested_by", Kind::Text, "\"dev@example.org\"", "Who asked for it."),
    optional(
        "approved_by",
        Kind::Text,
        "none",
        "\"lead@example.org\"",
        "Who approved it: somebody else; for accepted risks and compensating controls the unit's risk owner. Without it the \
         exception does not hold.",
    ),
    optional("approved_on", Kind::Date, "none", "2026-01-31", "When."),
    required("expires_on", Kind::Date, "2026-07-31", "The last day on which it holds."),
    optional("ticket", Kind::Text, "none", "\"SEC-123\"", "Where it was discussed."),
    optional(
        "grade",
        Kind::Choice(Grade::NAMES),
        "\"claimed\"",
        "\"claimed\"",
        "How far the approval can be relied upon.",
    ),
];

/// The file that `init` writes.
pub(super) fn template() -> String {
    let head = "Exceptions of straykey: findings that may stand until a day, with who asked and who approved. The file is read \
                only where --exceptions names it; where a change is scanned, as it was before that change. Keep it under the \
                review of those who may approve (CODEOWNERS). `straykey exceptions add` adds an entry.";
    template_of(SECTIONS, head, None)
}

/// A file that was read.
#[derive(Debug, Default)]
pub(super) struct ExceptionsFile {
    /// The key of its fingerprints.
    pub(super) key_id: Option<String>,
    /// Its entries, in order.
    pub(super) entries: Vec<Stated>,
}

/// An entry, as it stands in the file.
#[derive(Clone, Debug)]
pub(super) struct Stated {
    pub(super) exception: Exception,
    /// The secret, or the rule and the pattern of paths.
    selects: Selects,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Selects {
    Secret(String),
    Place(String, String),
}

impl Stated {
    /// For use in a scan.
    pub(super) fn stated(&self, proposed: bool) -> StatedException {
        let selector = match &self.selects {
            Selects::Secret(fingerprint) => Selector::Secret(fingerprint.clone()),
            Selects::Place(rule, path) => Selector::place(rule, path).expect("the reader has checked the pattern"),
        };
        StatedException { exception: Arc::new(self.exception.clone()), selector, proposed }
    }

    /// Whether the two say the same, wherever they stand.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.exception == other.exception && self.selects == other.selects
    }

    fn selected(&self) -> String {
        match &self.selects {
            Selects::Secret(fingerprint) => fingerprint.get(..16).unwrap_or(fingerprint).to_owned() + "...",
            Selects::Place(rule, path) => format!("{rule} at {path}"),
        }
    }
}

/// Reads a file of exceptions; `file` is how messages call it.
///
/// # Errors
///
/// All that is wrong with it.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<ExceptionsFile, ConfigError> {
    let rules = BTreeSet::new();
    let known = Known { sections: SECTIONS, rules: &rules, pattern: check };
    let Document { settings, mut lists, .. } =
        read_strictly(file, bytes, known).map_err(|faults| ConfigError { faults })?;
    let key_id = match settings.get("key_id").map(|found| &found.value) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let mut faults = Vec::new();
    let mut fail = |line: usize, key: &str, message: &str| {
        let (file, key) = (file.to_owned(), format!("exception.{key}"));
        faults.push(Fault { file, place: Some((line, 1)), key, message: message.to_owned(), line: None });
    };
    let (mut entries, mut ids) = (Vec::new(), BTreeMap::new());
    for At { value: values, line } in lists.remove("exception").unwrap_or_default() {
        let id = text(&values, "id").unwrap_or_default();
        if let Some(first) = ids.insert(id.clone(), line) {
            fail(line, "id", &format!("the exception of line {first} has the same"));
        }
        let selects =
            match (values.get("fingerprint").map(|found| &found.value), text(&values, "rule"), text(&values, "path")) {
                (Some(Value::Sha256(digest)), None, None) => {
                    if key_id.is_none() {
                        fail(
                            line,
                            "fingerprint",
                            "is under a key, which `key_id` above the first exception has to name",
                        );
                    }
                    Selects::Secret(hex(digest))
                }
                (None, Some(rule), Some(path)) => Selects::Place(rule, path),
                _ => {
                    fail(
                        line,
                        "fingerprint",
                        "either this, or `rule` and `path`, has to say what the exception speaks of",
                    );
                    continue;
                }
            };
        entries.push(Stated { exception: exception(id, &values), selects });
    }
    if faults.is_empty() { Ok(ExceptionsFile { key_id, entries }) } else { Err(ConfigError { faults }) }
}

fn check(pattern: &str) -> Result<(), String> {
    check_pattern(pattern)?;
    Selector::place("", pattern).map(drop)
}

fn text(values: &Values, key: &str) -> Option<String> {
    match values.get(key).map(|found| &found.value) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

fn exception(id: String, values: &Values) -> Exception {
    let name = |key: &str| match values.get(key).map(|found| &found.value) {
        Some(Value::Name(name)) => Some(*name),
        _ => None,
    };
    Exception {
        id,
        reason: name("reason").and_then(ExceptionReason::named).expect("the reader has checked the reason"),
        text: text(values, "text").unwrap_or_default(),
        requested_by: text(values, "requested_by").unwrap_or_default(),
        approved_by: text(values, "approved_by"),
        approved_on: text(values, "approved_on"),
        expires_on: text(values, "expires_on").unwrap_or_default(),
        ticket: text(values, "ticket"),
        grade: name("grade").and_then(Grade::named).unwrap_or(Grade::Claimed),
    }
}

/// Runs `straykey exceptions`.
pub(super) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add(add) => self::add(&add),
        Command::List(query) => {
            let judged = judged(&query)?;
            print(|out| {
                judged.iter().try_for_each(|(one, standing)| line(one, standing, out))?;
                Ok(0)
            })
        }
        Command::Check { query, expires_within } => {
            let judged = judged(&query)?;
            let today = query.at.clone().unwrap_or_else(super::today);
            let soon = expires_within.map(|days| later(&today, days)).transpose()?;
            let ends = |one: &Stated| soon.as_ref().is_some_and(|soon| one.exception.expires_on <= *soon);
            let bad: Vec<_> =
                judged.iter().filter(|(one, standing)| *standing != Standing::Active || ends(one)).collect();
            print(|out| {
                bad.iter().try_for_each(|(one, standing)| line(one, standing, out))?;
                writeln!(out, "exceptions: {}, of which {} do not hold or end soon", judged.len(), bad.len())?;
                Ok(if bad.is_empty() { 0 } else { DOES_NOT_HOLD })
            })
        }
    }
}

/// The exceptions of a file, with whether they hold.
fn judged(query: &ExceptionQuery) -> anyhow::Result<Vec<(Stated, Standing)>> {
    let ExceptionQuery { file, at, config, scope, unit } = query;
    let read = read(&name(file), &bytes(file)?)?;
    let resolved = load(config, &RuleSet::embedded(), &mut Governed::by_nothing())?;
    let unit = unit.as_deref().or(resolved.unit.value.as_deref());
    let risk_owner = match scope {
        Some(path) => super::scope::risk_owner(path, &bytes(path)?, unit)?,
        None => None,
    };
    let policy = resolved.exception_policy(risk_owner);
    let today = at.clone().unwrap_or_else(super::today);
    let judge = |one: Stated| {
        let standing = policy.standing(&one.exception, &today);
        (one, standing)
    };
    Ok(read.entries.into_iter().map(judge).collect())
}

fn later(today: &str, days: u32) -> anyhow::Result<String> {
    let today: jiff::civil::Date = today.parse().context("a day is needed")?;
    Ok(today.checked_add(jiff::Span::new().try_days(days)?)?.to_string())
}

fn line(one: &Stated, standing: &Standing, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
    let Exception { id, reason, expires_on, approved_by, .. } = &one.exception;
    let why = standing.why().map(|why| format!(": {}", printable_text(why))).unwrap_or_default();
    let id = printable_text(id);
    writeln!(
        out,
        "{id:<16} {:<11} {:<21} until {expires_on}  {}",
        standing.name(),
        reason.name(),
        printable_text(&one.selected())
    )?;
    let approved = approved_by.as_deref().unwrap_or("nobody");
    writeln!(
        out,
        "{:<16} asked by {}, approved by {}{why}",
        "",
        printable_text(&one.exception.requested_by),
        printable_text(approved)
    )?;
    Ok(())
}

/// Adds an entry at the end of the file, which is made where there is none. What stands there stays, comments too.
fn add(args: &ExceptionAdd) -> anyhow::Result<ExitCode> {
    let file = &args.file;
    let mut text =
        if file.exists() { String::from_utf8(bytes(file)?).context("the file is not UTF-8")? } else { template() };
    let before = read(&name(file), text.as_bytes())?;
    if args.fingerprint.is_some() && before.key_id.is_none() {
        let Some(key) = &args.key_id else { bail!("a fingerprint is under a key: --key-id, as the report names it") };
        // Keys of the root stand before the first section.
        text = format!("key_id = {}\n\n{text}", quoted(key));
    } else if let (Some(given), Some(known)) = (&args.key_id, &before.key_id)
        && given != known
    {
        bail!("{} is under the key {}, not {}", name(file), printable_text(known), printable_text(given));
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str("\n[[exception]]\n");
    let mut key = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            text.push_str(&format!("{key} = {}\n", quoted(value)));
        }
    };
    key("id", Some(&args.id));
    key("fingerprint", args.fingerprint.as_deref());
    key("rule", args.rule.as_deref());
    key("path", args.path.as_deref());
    key("reason", Some(&args.reason));
    key("text", Some(&args.text));
    key("requested_by", Some(&args.requested_by));
    key("approved_by", args.approved_by.as_deref());
    key("approved_on", args.approved_on.as_deref());
    key("expires_on", Some(&args.expires_on));
    key("ticket", args.ticket.as_deref());
    key("grade", args.grade.as_deref());
    let read = read(&name(file), text.as_bytes())?;
    let standing =
        ExceptionPolicy::default().standing(&read.entries.last().expect("it was added").exception, &super::today());
    write_atomically(file, false, |out| out.write_all(text.as_bytes()))?;
    print(|out| {
        write!(out, "{}: added {}", name(file), printable_text(&args.id))?;
        match standing.why() {
            Some(why) => writeln!(out, "; it does not hold yet: {}", printable_text(why))?,
            None => writeln!(out)?,
        }
        if let Some(rule) = args.rule.as_deref().filter(|rule| RuleSet::embedded().find(rule).is_none()) {
            writeln!(out, "note: none of the built-in rules is called {}", printable_text(rule))?;
        }
        Ok(0)
    })
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "key_id = \"k\"\n[[exception]]\nid = \"A\"\nrule = \"r\"\npath = \"*.env\"\nreason = \"revoked\"\n\
                        text = \"t\"\nrequested_by = \"a\"\nexpires_on = 2026-01-31\n";

    #[test]
    fn what_is_read_is_what_stands_there() {
        let more = GOOD.replace("key_id = \"k\"\n", "").replace("\"A\"", "\"B\"");
        let more = more.replace("rule = \"r\"\npath = \"*.env\"", &format!("fingerprint = \"{}\"", "AB".repeat(32)));
        let file = read("x.toml", format!("{GOOD}{more}").as_bytes()).unwrap();
        assert_eq!(file.key_id.as_deref(), Some("k"));
        let [a, b] = &file.entries[..] else { panic!("two entries") };
        assert_eq!((a.exception.id.as_str(), a.exception.grade), ("A", Grade::Claimed));
        assert_eq!(b.selects, Selects::Secret("ab".repeat(32)));
        assert!(a.says_the_same(a) && !a.says_the_same(b));
    }

    #[test]
    fn each_fault_is_told_with_its_line() {
        for (from, to, line, part) in [
            ("key_id", "key", 1, "unknown key"),
            ("rule = \"r\"\n", "", 2, "either this"),
            ("path = \"*.env\"", "path = \"../x\"", 5, "leads out"),
            ("\"revoked\"", "\"because\"", 6, "not known"),
            ("2026-01-31", "\"soon\"", 9, "a date"),
            ("requested_by = \"a\"\n", "", 2, "is missing"),
        ] {
            let error = read("x.toml", GOOD.replace(from, to).as_bytes()).unwrap_err();
            let fault = &error.faults[0];
            assert_eq!(fault.place.map(|place| place.0), Some(line), "{error}");
            assert!(error.to_string().contains(part), "{error}");
        }
        let twice = read("x.toml", format!("{GOOD}{}", GOOD.replace("key_id = \"k\"\n", "")).as_bytes()).unwrap_err();
        assert!(twice.to_string().contains("line 2 has the same"), "{twice}");
    }

    #[test]
    fn the_template_is_a_file_without_entries() {
        let file = read("x.toml", template().as_bytes()).unwrap();
        assert!(file.entries.is_empty() && file.key_id.is_none());
    }

    #[test]
    fn the_committed_schema_and_table_are_those_of_the_keys() {
        let id = "urn:straykey:schema:exceptions:v1";
        let schema = crate::cli::config::schema_of(SECTIONS, id, "exceptions.toml");
        crate::cli::config::assert_committed("docs/schemas/exceptions-v1.schema.json", &schema);
        crate::cli::config::assert_table("docs/over-time.md", "exceptions", &crate::cli::config::markdown_of(SECTIONS));
    }
}
