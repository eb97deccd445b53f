//! `straykey explain`: why each rule did or did not report a line.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::args::{Explain, ShowFormat};
use super::governed::Governed;
use super::settings::{overrides, rule_set};
use super::{ExitCode, config, key, print};
use crate::blob::{FilePlace, Origin, printable};
use crate::check::{HIGH, LOW, MEDIUM};
use crate::detect::Engine;
use crate::finding::{Confidence, Effect, Finding, IgnorePolicy, group};
use crate::govern::{assess, modifiers_at};
use crate::scan::{Decision, LineTrace, MatchTrace, Ordinals, Outcome, RuleTrace, Scanner, explain_blob};
use crate::source::{MemoryBudget, Reader, git};

/// Rules without a match that are named without `--all`.
const NAMED: usize = 6;

/// What became of a line, ready to print.
struct Explained {
    path: String,
    line: u64,
    trace: LineTrace,
    /// What the file source had to say: clauses.
    gaps: Vec<String>,
    min_confidence: Confidence,
    policy: IgnorePolicy,
    today: String,
}

/// The end of a rule's way.
struct Ending {
    reported: bool,
    /// How far it came; larger is farther.
    rank: u8,
    text: String,
}

pub(super) fn run(args: &Explain) -> anyhow::Result<ExitCode> {
    let explained = explain(args)?;
    print(|out| {
        match args.format {
            ShowFormat::Text => write_text(&explained, args, out)?,
            ShowFormat::Json => write_json(&explained, args, out)?,
        }
        Ok(0)
    })
}

/// `PATH:LINE` as path and line.
fn place(text: &str) -> anyhow::Result<(&str, u64)> {
    let parts = text.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse().ok()?)));
    match parts {
        Some((path, line)) if line > 0 && !path.is_empty() => Ok((path, line)),
        _ => bail!(
            "`{}` is no place; a path, a colon and a line are needed, as in deploy/.env:3",
            printable(text.as_bytes())
        ),
    }
}

fn explain(args: &Explain) -> anyhow::Result<Explained> {
    let (path, line) = place(&args.place)?;
    let found = std::fs::metadata(path).with_context(|| format!("cannot explain {}", printable(path.as_bytes())))?;
    if !found.is_file() {
        bail!("{} is no regular file", printable(path.as_bytes()));
    }
    git::prepare();
    let rules = rule_set(&args.rules)?;
    let resolved = config::load(&args.config, &rules, &mut Governed::by_nothing())?;
    let rules = rules.configure(&overrides(&resolved));
    if let Some(id) = &args.rule
        && rules.find(id).is_none()
    {
        let off = if rules.disabled().iter().any(|rule| rule.id == *id) { " switched on" } else { "" };
        bail!("there is no rule `{id}`{off}; `straykey rules list` lists them");
    }
    let found = key::find(None, resolved.salt.as_ref().map(|salt| &salt.value))?;
    let today = args.at.clone().unwrap_or_else(super::today);
    let scanner = Scanner { key: found.key, today: today.clone(), ..Scanner::new(Engine::new(rules)) };
    let relative = relative_path(Path::new(path));
    let origin = Arc::new(Origin::File(FilePlace::new(0, relative)));
    let (mut trace, mut scratch, mut ordinals) = (LineTrace::default(), scanner.scratch(), Ordinals::default());
    let outcome = Reader::new(Arc::new(MemoryBudget::default())).file(Path::new(path), &origin, &mut |blob| {
        explain_blob(&scanner, blob, &mut scratch, &mut ordinals, line, &mut trace);
    });
    if line > trace.lines && outcome.content.is_some() {
        bail!("{} has {} lines", printable(path.as_bytes()), trace.lines);
    }
    if let Some(id) = &args.rule {
        trace.rules.retain(|rule| rule.rule.id == *id);
    }
    Ok(Explained {
        path: printable(path.as_bytes()),
        line,
        trace,
        gaps: outcome.gaps.into_iter().map(|(class, reason)| format!("{}: {reason}", class.name())).collect(),
        min_confidence: args.min_confidence.map_or(resolved.min_confidence.value, Confidence::from),
        policy: IgnorePolicy {
            honour: resolved.honour.value,
            require_reason: resolved.require_reason.value,
            max_days: Some(resolved.max_days.value),
        },
        today,
    })
}

/// The path as a scan of the work tree, or else of the working directory, names it: checks and context look at it.
fn relative_path(path: &Path) -> Vec<u8> {
    let absolute = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let top = git::work_tree_root(&absolute).or_else(|| std::env::current_dir().ok()?.canonicalize().ok());
    let relative =
        top.and_then(|top| absolute.strip_prefix(top).ok().map(Path::to_path_buf)).unwrap_or_else(|| path.to_owned());
    relative.as_os_str().as_encoded_bytes().to_vec()
}

impl Explained {
    /// The finding that a hit comes to, in its context.
    fn finding(&self, matched: &MatchTrace) -> Option<Finding> {
        let Decision::Hit(hit) = &matched.decision else { return None };
        let mut findings = group(vec![(**hit).clone()]);
        assess(&mut findings);
        self.policy.apply(&mut findings, &self.today);
        findings.pop()
    }

    fn ending(&self, rule: &RuleTrace) -> Ending {
        let end = |reported, rank, text| Ending { reported, rank, text };
        let Outcome::Matched(matched) = &rule.outcome else {
            return end(false, 1, format!("the form of {} is not there", rule.rule.id));
        };
        match &matched.decision {
            Decision::Rejected(why) => end(false, 2, format!("{} was rejected: {}", rule.rule.id, why.0)),
            Decision::LostTo { rule: winner } => {
                end(false, 3, format!("{} lost the same bytes to {winner}", rule.rule.id))
            }
            Decision::PartOf { rule: whole } => {
                end(false, 3, format!("{} is a part of the finding of {whole}, whose identity it names", rule.rule.id))
            }
            Decision::Hit(hit) => {
                let confidence = hit.occurrence.confidence;
                if confidence < self.min_confidence {
                    let (have, need) = (confidence.name(), self.min_confidence.name());
                    return end(
                        false,
                        4,
                        format!("{} has {have} confidence; less than {need} is withheld", rule.rule.id),
                    );
                }
                let severity = self.finding(matched).map_or(hit.occurrence.severity, |finding| finding.severity);
                let text = format!("{}, {} severity, {} confidence", rule.rule.id, severity.name(), confidence.name());
                end(true, 5, text)
            }
        }
    }

    fn verdict(&self, only: Option<&str>) -> String {
        let endings: Vec<Ending> = self.trace.rules.iter().map(|rule| self.ending(rule)).collect();
        let reported: Vec<&str> = endings.iter().filter(|end| end.reported).map(|end| end.text.as_str()).collect();
        if !reported.is_empty() {
            return format!("reported as {}", reported.join("; as "));
        }
        let farthest = endings.iter().map(|end| end.rank).max();
        match (farthest, only) {
            (None, None) => {
                "not reported: no rule came near; the line holds none of the prefixes, keywords and literals \
                             that rules look for"
                    .to_owned()
            }
            (None, Some(rule)) => {
                format!("not reported: {rule} did not look; none of the literals that lead to it is on the line")
            }
            (Some(1), None) => "not reported: words that wake rules are there, but the form of none of them".to_owned(),
            (Some(rank), _) => {
                let texts: Vec<&str> =
                    endings.iter().filter(|end| end.rank == rank).map(|end| end.text.as_str()).collect();
                format!("not reported: {}", texts.join("; "))
            }
        }
    }
}

fn write_text(explained: &Explained, args: &Explain, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "{}:{}\n", explained.path, explained.line)?;
    let (matched, woken): (Vec<&RuleTrace>, Vec<&RuleTrace>) =
        explained.trace.rules.iter().partition(|rule| matches!(rule.outcome, Outcome::Matched(_)));
    for rule in &matched {
        if let Outcome::Matched(found) = &rule.outcome {
            write_match(explained, rule, found, out)?;
        }
    }
    write_woken(&woken, args, out)?;
    for gap in &explained.gaps {
        writeln!(out, "gap  {gap}\n")?;
    }
    if args.liveness {
        write_liveness(&matched, out)?;
    }
    writeln!(out, "{}", explained.verdict(args.rule.as_deref()))?;
    Ok(())
}

fn write_match(explained: &Explained, rule: &RuleTrace, found: &MatchTrace, out: &mut dyn Write) -> anyhow::Result<()> {
    let region = found.region;
    writeln!(out, "{}  {}", rule.rule.id, rule.rule.title)?;
    writeln!(out, "  lane     {}{}", rule.lane, woken_by(rule))?;
    writeln!(
        out,
        "  form     matches from {}:{} to {}:{}: {}",
        region.start_line, region.start_column, region.end_line, region.end_column, found.preview
    )?;
    let mut label = "checks ";
    for (reason, points) in &found.weighing.steps {
        let points = if reason.effect == Effect::Base { points.to_string() } else { format!("{points:+}") };
        writeln!(out, "  {label}  {points:>4}  {}", reason.text)?;
        label = "       ";
    }
    writeln!(out, "           {}", arithmetic(found))?;
    if let Some(finding) = explained.finding(found) {
        let place = &finding.occurrences[0];
        let context: Vec<&str> = modifiers_at(place).iter().map(crate::govern::ModifierId::name).collect();
        let context =
            if context.is_empty() { "nothing that changes the severity".to_owned() } else { context.join(", ") };
        writeln!(out, "  context  {context}: {} severity", finding.severity.name())?;
        if let Some(ignore) = &place.ignore {
            let state = match (ignore.expired, ignore.honoured) {
                (true, _) => "has expired",
                (false, true) => "is honoured by the policy: reported, but out of the verdict",
                (false, false) => "is recorded; the policy does not honour it, so it still counts",
            };
            writeln!(out, "  ignore   `{}` {state}", ignore.marker)?;
        }
    }
    let ending = explained.ending(rule);
    let label = if ending.reported { "reported: " } else { "not reported: " };
    writeln!(out, "  ->       {label}{}\n", ending.text)?;
    Ok(())
}

/// The sum of the points and the grade that it falls into.
fn arithmetic(found: &MatchTrace) -> String {
    let sum: i32 = found.weighing.steps.iter().map(|(_, points)| points).sum();
    let floor = match found.weighing.floor {
        0 => String::new(),
        floor => format!(", but the form alone is worth {floor}"),
    };
    let grades = format!("low from {LOW}, medium from {MEDIUM}, high from {HIGH}");
    match &found.decision {
        Decision::Rejected(why) => format!("= {sum}{floor}; rejected: {}", why.0),
        Decision::Hit(hit) => format!("= {sum}{floor}: {} confidence ({grades})", hit.occurrence.confidence.name()),
        Decision::LostTo { rule } => format!("= {sum}{floor} ({grades}); {rule} has the same bytes and goes first"),
        Decision::PartOf { rule } => format!("= {sum}{floor} ({grades}); it goes with the secret that {rule} found"),
    }
}

fn woken_by(rule: &RuleTrace) -> String {
    rule.woken_by.as_ref().map_or_else(String::new, |literal| format!(", woken by `{literal}`"))
}

fn write_woken(woken: &[&RuleTrace], args: &Explain, out: &mut dyn Write) -> anyhow::Result<()> {
    if woken.is_empty() {
        return Ok(());
    }
    let shown = if args.all || args.rule.is_some() { woken.len() } else { NAMED.min(woken.len()) };
    writeln!(out, "woken by a word on the line, but their form is not there:")?;
    for rule in &woken[..shown] {
        writeln!(out, "  {} ({}{})", rule.rule.id, rule.lane, woken_by(rule))?;
        if args.all || args.rule.is_some() {
            if let Some(context) = &rule.rule.context {
                writeln!(out, "    wants before the value:  {context}")?;
            }
            writeln!(out, "    wants as the value:      {}", rule.rule.value)?;
        }
    }
    if woken.len() > shown {
        writeln!(out, "  and {} more; --all lists them with the form they want", woken.len() - shown)?;
    }
    writeln!(out)?;
    Ok(())
}

fn write_liveness(matched: &[&RuleTrace], out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "How to tell whether it is live (nobody was contacted; only with the owner's consent):")?;
    let mut rules: Vec<_> = matched.iter().map(|rule| &rule.rule).collect();
    rules.dedup_by(|one, other| one.id == other.id);
    for rule in &rules {
        match &rule.liveness {
            Some(liveness) => writeln!(out, "  {}\n    {}\n    {}", rule.id, liveness.how, liveness.reference)?,
            None => writeln!(out, "  {}\n    no way that the issuer documents is recorded for this rule", rule.id)?,
        }
    }
    if rules.is_empty() {
        writeln!(out, "  the form of no rule is there")?;
    }
    writeln!(out)?;
    Ok(())
}

fn write_json(explained: &Explained, args: &Explain, out: &mut dyn Write) -> anyhow::Result<()> {
    let rules: Vec<Value> =
        explained.trace.rules.iter().map(|rule| rule_json(explained, rule, args.liveness)).collect();
    let reported = explained.trace.rules.iter().any(|rule| explained.ending(rule).reported);
    let document = json!({
        "schema": "straykey/explain/v1",
        "path": explained.path,
        "line": explained.line,
        "reported": reported,
        "verdict": explained.verdict(args.rule.as_deref()),
        "rules": rules,
        "gaps": explained.gaps,
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

fn rule_json(explained: &Explained, rule: &RuleTrace, liveness: bool) -> Value {
    let ending = explained.ending(rule);
    let mut row = json!({
        "rule": rule.rule.id,
        "lane": rule.lane,
        "woken_by": rule.woken_by,
        "matched": matches!(rule.outcome, Outcome::Matched(_)),
        "reported": ending.reported,
        "end": ending.text,
    });
    if let Outcome::Matched(found) = &rule.outcome {
        let region = found.region;
        let step = |(reason, points): &(crate::finding::Reason, i32)| json!({ "effect": reason.effect, "points": points, "text": reason.text });
        row["preview"] = json!(found.preview.to_string());
        row["region"] = json!({
            "start_line": region.start_line,
            "start_column": region.start_column,
            "end_line": region.end_line,
            "end_column": region.end_column,
        });
        row["steps"] = found.weighing.steps.iter().map(step).collect();
        row["sum"] = json!(found.weighing.steps.iter().map(|(_, points)| points).sum::<i32>());
        row["floor"] = json!(found.weighing.floor);
        if liveness {
            row["liveness"] = json!(rule.rule.liveness);
        }
    }
    row
}
