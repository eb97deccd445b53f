//! `straykey rules`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;

use super::args::{ListFormat, Rules};
use super::settings::rule_set;
use super::{COULD_NOT_RUN, ExitCode};
use crate::detect::Engine;
use crate::govern::{Crosswalk, Role};
use crate::rule::token_check::TokenCheck;
use crate::rule::{Check, LoadedRule, Rule, RuleSet, load_folder};
use crate::scan::{Scanner, self_test};

pub(super) fn run(command: Rules) -> anyhow::Result<ExitCode> {
    super::print(|out| match command {
        Rules::List { format, rules } => list(&rule_set(&rules)?, format, out).map(|()| 0),
        Rules::Show { id, rules } => show(&rule_set(&rules)?, &id, out).map(|()| 0),
        Rules::Test { folder } => test(folder, out),
        Rules::Import { file } => super::import::run(&file, out),
        Rules::Checks => checks(out).map(|()| 0),
    })
}

fn contradicted(rule: &Rule) -> Vec<&'static str> {
    Crosswalk::embedded().kind(&rule.kind).map_or_else(Vec::new, |kind| {
        let controls = kind.controls.iter().filter(|control| control.role == Role::Contradicts);
        controls.map(|control| control.control.as_str()).collect()
    })
}

fn severity(rule: &Rule) -> &'static str {
    let of_kind = || Crosswalk::embedded().kind(&rule.kind).map(|kind| kind.severity);
    rule.severity.or_else(of_kind).map_or("", |severity| severity.name())
}

fn list(rules: &RuleSet, format: ListFormat, out: &mut dyn Write) -> anyhow::Result<()> {
    match format {
        ListFormat::Table => {
            let widths = rules.iter().fold((4, 8, 4), |(id, provider, kind), loaded| {
                let rule = &loaded.rule;
                (id.max(rule.id.len()), provider.max(rule.provider.name.chars().count()), kind.max(rule.kind.len()))
            });
            let (a, b, c) = widths;
            writeln!(
                out,
                "{:a$}  {:b$}  {:c$}  {:8}  {:10}  {:7}  CONTRADICTS",
                "RULE", "PROVIDER", "KIND", "SEVERITY", "CONFIDENCE", "LANE"
            )?;
            for loaded in rules.iter() {
                let rule = &loaded.rule;
                writeln!(
                    out,
                    "{:a$}  {:b$}  {:c$}  {:8}  {:10}  {:7}  {}",
                    rule.id,
                    rule.provider.name,
                    rule.kind,
                    severity(rule),
                    rule.confidence.name(),
                    loaded.lane.name(),
                    contradicted(rule).join(", "),
                )?;
            }
            writeln!(out, "\n{} rules", rules.len())?;
        }
        ListFormat::Markdown => {
            writeln!(
                out,
                "| rule | provider | what it finds | kind | severity | confidence |\n| --- | --- | --- | --- | --- | --- |"
            )?;
            for loaded in rules.iter() {
                let rule = &loaded.rule;
                writeln!(
                    out,
                    "| `{}` | {} | {} | {} | {} | {} |",
                    rule.id,
                    rule.provider.name,
                    rule.title,
                    rule.kind,
                    severity(rule),
                    rule.confidence.name()
                )?;
            }
        }
        ListFormat::Json => {
            let rows: Vec<_> = rules.iter().map(row).collect();
            let document = serde_json::json!({ "schema": "straykey/rules/v1", "rules": rows });
            serde_json::to_writer_pretty(&mut *out, &document)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

fn row(loaded: &LoadedRule) -> serde_json::Value {
    let rule = &loaded.rule;
    serde_json::json!({
        "id": rule.id,
        "title": rule.title,
        "provider": { "id": rule.provider.id, "name": rule.provider.name },
        "kind": rule.kind,
        "identity": rule.identity,
        "severity": severity(rule),
        "confidence": rule.confidence,
        "lane": loaded.lane.name(),
        "keywords": rule.keywords,
        "checks": rule.checks.iter().map(check_text).collect::<Vec<_>>(),
        "controls": contradicted(rule),
        "references": rule.references,
        "rotate": rule.rotate,
        "revoke": rule.revoke,
        "since": rule.since,
        "attested": rule.attested,
        "ambiguous_with": rule.ambiguous_with,
        "parts": rule.parts.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "note": rule.note,
        "examples": rule.examples.len(),
        "near_misses": rule.near_misses.len(),
    })
}

fn check_text(check: &Check) -> String {
    match check {
        Check::Token(check) => check.name().to_owned(),
        Check::Entropy(bits) => format!("entropy of at least {bits} bits a byte"),
        Check::Classes(number) => format!("at least {number} character classes"),
        Check::AssignedLiteral => "assigned-literal".to_owned(),
        Check::Literal => "literal".to_owned(),
        Check::UrlPassword => "url-password".to_owned(),
        Check::NotWord => "not-word".to_owned(),
        Check::Argument => "argument".to_owned(),
        Check::Named(named) if named.usual.is_empty() => "a credential of the issuer named before it".to_owned(),
        Check::Named(named) => format!(
            "a credential of the issuer named before it; usual form {}",
            named.usual.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
        ),
    }
}

fn show(rules: &RuleSet, id: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(loaded) = rules.iter().find(|loaded| loaded.rule.id == id) else {
        let near: Vec<&str> =
            rules.iter().map(|loaded| loaded.rule.id.as_str()).filter(|known| known.contains(id)).take(5).collect();
        if near.is_empty() {
            bail!("there is no rule `{id}`; `straykey rules list` lists them");
        }
        bail!("there is no rule `{id}`; did you mean {}?", near.join(", "));
    };
    let rule = &loaded.rule;
    let mut field = |name: &str, text: &str| {
        if text.is_empty() { Ok(()) } else { writeln!(out, "{name:<12} {text}") }
    };
    field("rule", &rule.id)?;
    field("title", &rule.title)?;
    field("provider", &rule.provider.name)?;
    field("kind", &rule.kind)?;
    field("identity", rule.identity.words())?;
    field("severity", severity(rule))?;
    field("confidence", rule.confidence.name())?;
    field("lane", loaded.lane.name())?;
    field("keywords", &rule.keywords.join(", "))?;
    field("context", rule.context.as_deref().unwrap_or(""))?;
    field("value", &rule.value)?;
    field("after", rule.after.as_deref().unwrap_or(""))?;
    field("max length", &format!("{} bytes", rule.max_len))?;
    for check in &rule.checks {
        field("check", &check_text(check))?;
    }
    for part in &rule.parts {
        field("part", &part.to_string())?;
    }
    if let Some(kind) = Crosswalk::embedded().kind(&rule.kind) {
        for control in &kind.controls {
            field(
                "control",
                &format!(
                    "ISO/IEC 27002:2022 {} {} ({}): {}",
                    control.control, control.title, control.role, control.why
                ),
            )?;
        }
        field("weaknesses", &kind.cwe.join(", "))?;
        field("OWASP NHI", &kind.nhi.join(", "))?;
        field("NIST CSF", &kind.csf.join(", "))?;
    }
    field("revoke", &rule.revoke)?;
    field("rotate", &rule.rotate)?;
    for reference in &rule.references {
        field("reference", reference)?;
    }
    field("attested by", rule.attested.words())?;
    field("ambiguous", &rule.ambiguous_with.join(", "))?;
    field("note", rule.note.as_deref().unwrap_or(""))?;
    field("since", &rule.since)?;
    field("samples", &format!("{} examples, {} near misses", rule.examples.len(), rule.near_misses.len()))?;
    Ok(())
}

fn test(folder: Option<PathBuf>, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let rules = match folder {
        None => rule_set(&[] as &[PathBuf])?,
        Some(folder) => {
            let loaded = load_folder(&folder)?;
            if loaded.is_empty() {
                bail!("there are no rules in {}", folder.display());
            }
            let mut set = RuleSet::default();
            set.extend(loaded);
            set
        }
    };
    for loaded in rules.iter() {
        if Crosswalk::embedded().kind(&loaded.rule.kind).is_none() {
            bail!("rule `{}` names the unknown finding kind `{}`", loaded.rule.id, loaded.rule.kind);
        }
    }
    let engine = Engine::new(rules);
    engine.compile_all()?;
    let scanner = Scanner::new(engine);
    let test = self_test(&scanner);
    for failure in &test.failures {
        writeln!(out, "{}: {} {}", failure.rule, failure.sample, failure.what)?;
    }
    writeln!(out, "{} rules, {} samples, {} failed", test.rules, test.samples, test.failures.len())?;
    Ok(if test.failures.is_empty() { 0 } else { COULD_NOT_RUN })
}

fn checks(out: &mut dyn Write) -> anyhow::Result<()> {
    for check in TokenCheck::ALL {
        writeln!(out, "{:<22} {}", check.name(), check.summary())?;
    }
    Ok(())
}
