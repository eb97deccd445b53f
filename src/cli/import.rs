//! `straykey rules import`: rules of other scanners in our form, with samples, each tested before it is written.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Serialize;

use super::{COULD_NOT_RUN, ExitCode};
use crate::detect::Engine;
use crate::finding::Confidence;
use crate::rule::draw::{Random, draw};
use crate::rule::import::{Carried, Foreign, Miss, carry, read, words_of};
use crate::rule::{LoadError, RuleSet, load_text};
use crate::scan::{Scanner, Scratch, expand, scan_text};

/// Texts that are drawn to find two that a rule reports.
const DRAWS: usize = 80;

#[derive(Serialize)]
struct File<'r> {
    provider: &'static str,
    name: &'static str,
    rule: &'r [Carried],
}

/// Writes the rules of `path` to `out` as one file of ours, and says on standard error what was left behind.
pub(super) fn run(path: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (foreign, lost) = read(&text).with_context(|| format!("cannot import {}", path.display()))?;
    if foreign.is_empty() {
        bail!("there are no rules in {}", path.display());
    }
    let built_in = RuleSet::embedded();
    let mut told = std::io::stderr().lock();
    for what in lost {
        writeln!(told, "not carried over: {what}")?;
    }
    let total = foreign.len();
    let mut ids = BTreeSet::new();
    let mut rules = Vec::new();
    for mut one in foreign {
        match whole(&mut one) {
            Ok(mut rule) => {
                while built_in.find(&rule.id).is_some() || !ids.insert(rule.id.clone()) {
                    rule.id.insert_str(0, "imported-");
                }
                for what in &one.lost {
                    writeln!(told, "{}: not carried over: {what}", one.id)?;
                }
                rules.push(rule);
            }
            Err(why) => writeln!(told, "{}: not imported: {why}", one.id)?,
        }
    }
    writeln!(told, "{} of {total} rules imported", rules.len())?;
    if rules.is_empty() {
        return Ok(COULD_NOT_RUN);
    }
    out.write_all(render(&rules)?.as_bytes())?;
    Ok(0)
}

fn render(rules: &[Carried]) -> anyhow::Result<String> {
    Ok(toml::to_string(&File { provider: "imported", name: "Imported rules", rule: rules })?)
}

/// A rule with a lane and with samples that prove it.
fn whole(foreign: &mut Foreign) -> Result<Carried, String> {
    let mut rule = carry(foreign)?;
    // So that the loader takes it before there are samples.
    rule.examples = vec![String::new(); 2];
    rule.near_misses = vec![Miss { text: String::new(), breaks: "context" }; 2];
    let mut set = load(&rule);
    if set.is_err() && rule.context.is_some() {
        if rule.keywords.is_empty() {
            rule.keywords = words_of(rule.context.as_deref().unwrap_or_default());
        }
        rule.digit = true;
        set = load(&rule);
        if set.is_ok() {
            foreign.lost.push("secrets without a digit: no lane of the engine would find them".to_owned());
        }
    }
    let engine = Engine::new(set?);
    engine.compile_all().map_err(|error| error.to_string())?;
    let scanner = Scanner::new(engine);
    add_samples(&mut rule, &scanner)?;
    Ok(rule)
}

fn load(rule: &Carried) -> Result<RuleSet, String> {
    let text = render(std::slice::from_ref(rule)).map_err(|error| error.to_string())?;
    let loaded = load_text("import", &text).map_err(|error| match error {
        LoadError::Invalid(fault) => fault.message,
        LoadError::Read { .. } => error.to_string(),
    })?;
    let mut set = RuleSet::default();
    set.extend(loaded);
    Ok(set)
}

fn add_samples(rule: &mut Carried, scanner: &Scanner) -> Result<(), String> {
    let mut scratch = scanner.scratch();
    let mut random = Random::new(&rule.id);
    rule.examples.clear();
    rule.near_misses.clear();
    for _ in 0..DRAWS {
        let Some(parts) = parts(rule, &mut random) else { break };
        let example = joined(&parts);
        if rule.examples.len() < 2 && found(scanner, &mut scratch, &example) {
            let [before, value, behind] = &parts;
            for (text, breaks) in [
                (format!("{before}{}{behind}", &value[..value.len() / 3]), "length"),
                (format!("{before}{}!{behind}", "!".repeat(value.len() / 2)), "charset"),
                ("nothing is assigned here".to_owned(), "context"),
            ] {
                let known = rule.near_misses.iter().any(|miss| miss.text == text);
                if !known && !found(scanner, &mut scratch, &text) {
                    rule.near_misses.push(Miss { text, breaks });
                }
            }
            rule.examples.push(example);
        }
    }
    if rule.examples.len() < 2 || rule.near_misses.len() < 2 {
        return Err("no two texts could be made that it reports".to_owned());
    }
    Ok(())
}

/// What stands before a value, the value, and what follows it.
fn parts(rule: &Carried, random: &mut Random) -> Option<[String; 3]> {
    let part = |pattern: &Option<String>, random: &mut Random| match pattern {
        None => Some(String::new()),
        Some(pattern) => draw(pattern, random),
    };
    let before = part(&rule.context, random)?;
    let value = draw(&rule.value, random)?;
    Some([before, value, part(&rule.after, random)?])
}

/// The text with the joiner inside the value, so that no file holds what looks like a credential.
fn joined([before, value, behind]: &[String; 3]) -> String {
    let (head, tail) = value.split_at(value.len() / 2);
    format!("{before}{head}${{}}{tail}{behind}")
}

fn found(scanner: &Scanner, scratch: &mut Scratch, text: &str) -> bool {
    let hits = scan_text(scanner, scratch, &expand(text, "import"));
    hits.iter().any(|hit| hit.occurrence.confidence >= Confidence::Medium)
}
