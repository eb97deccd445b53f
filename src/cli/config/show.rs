//! `straykey config show`, and the same as JSON for evidence.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

use super::keys::size;
use super::layer::{Origin, Resolved, Sourced};
use crate::blob::{hex, printable_text};
use crate::cli::ExitCode;
use crate::cli::args::{ConfigFormat, ConfigShow};
use crate::cli::governed::Governed;
use crate::cli::settings::rule_set;
use crate::finding::{FingerprintKey, Keyed};
use crate::govern::Gate;
use crate::source::MemoryBudget;

/// Runs `straykey config show`.
pub(in crate::cli) fn show(args: &ConfigShow) -> anyhow::Result<ExitCode> {
    let resolved = super::load(&args.config, &rule_set(&args.rules)?, &mut Governed::by_nothing())?;
    crate::cli::print(|out| {
        match args.format {
            ConfigFormat::Json => {
                serde_json::to_writer_pretty(&mut *out, &document(&resolved))?;
                writeln!(out)?;
            }
            ConfigFormat::Table => table(&resolved, out)?,
        }
        Ok(0)
    })
}

fn document(resolved: &Resolved) -> Value {
    let files: Vec<Value> = resolved
        .files
        .iter()
        .map(|file| json!({ "file": file.name, "sha256": hex(&file.sha256), "named_by": file.named_by.to_string() }))
        .collect();
    json!({
        "schema": "straykey/config/v1",
        "files": files,
        "settings": resolved.to_json(),
        "notes": resolved.notes,
    })
}

impl Resolved {
    /// All settings with their origins, as `{ "KEY": { "value": ..., "origin": "..." }, ... }` in the order of the keys.
    /// Of the salt only the id of the key is told, as `salt.key_id`.
    pub fn to_json(&self) -> Value {
        let rows =
            self.rows().into_iter().map(|(key, value, origin)| (key, json!({ "value": value, "origin": origin })));
        // Sorted by hand: whether a JSON object keeps its order is up to a feature that any dependency can switch on.
        let rows: BTreeMap<String, Value> = rows.collect();
        Value::Object(rows.into_iter().collect())
    }

    /// Key, value and origin of each setting, in the order of the template.
    fn rows(&self) -> Vec<(String, Value, String)> {
        let mut rows = Vec::new();
        let mut row = |key: &str, value: Value, origin: &Origin| rows.push((key.to_owned(), value, origin.to_string()));
        match &self.salt {
            Some(Sourced { value, origin }) => {
                let key = FingerprintKey::new(value.expose(), Keyed::Salt).info().key_id;
                row("salt.key_id", key.into(), origin);
            }
            None => row("salt.key_id", Value::Null, &Origin::Default),
        }
        row("unit", json!(self.unit.value), &self.unit.origin);
        row("scan.fail_on", self.fail_on.value.name().into(), &self.fail_on.origin);
        row("scan.min_confidence", self.min_confidence.value.name().into(), &self.min_confidence.origin);
        let classes: Vec<&str> = self.fail_on_gap.value.iter().map(|class| class.name()).collect();
        row("scan.fail_on_gap", json!(classes), &self.fail_on_gap.origin);
        row("scan.no_ignore", self.no_ignore.value.into(), &self.no_ignore.origin);
        row("scan.allow_empty", self.allow_empty.value.into(), &self.allow_empty.origin);
        row("budgets.file_size", json!(self.file_size.value), &self.file_size.origin);
        let memory = self.memory.value.unwrap_or(MemoryBudget::DEFAULT as u64);
        row("budgets.memory", memory.into(), &self.memory.origin);
        row("inline_ignores.honour", self.honour.value.into(), &self.honour.origin);
        row("inline_ignores.require_reason", self.require_reason.value.into(), &self.require_reason.origin);
        row("inline_ignores.max_days", self.max_days.value.into(), &self.max_days.origin);
        let then = |fails: bool| if fails { "fail" } else { "pass" };
        row("baseline.newly_detected", then(self.newly_detected_fails.value).into(), &self.newly_detected_fails.origin);
        row("baseline.spread", then(!self.spread_passes.value).into(), &self.spread_passes.origin);
        row("exceptions.max_days", self.exception_days.value.into(), &self.exception_days.origin);
        row("exceptions.accepted_risk_max_days", self.risk_days.value.into(), &self.risk_days.origin);
        row("exceptions.max_severity", self.exception_severity.value.name().into(), &self.exception_severity.origin);
        row("exceptions.reasons", json!(self.exception_reasons.value), &self.exception_reasons.origin);
        row("exceptions.min_grade", json!(self.exception_grade.value), &self.exception_grade.origin);
        row("exceptions.require_ticket", self.exception_ticket.value.into(), &self.exception_ticket.origin);
        row("exceptions.risk_owner", json!(self.risk_owner.value), &self.risk_owner.origin);
        row("change_requests.may_excuse_itself", self.may_excuse_itself.value.into(), &self.may_excuse_itself.origin);
        row("bypass.allow", self.allow_bypass.value.into(), &self.allow_bypass.origin);
        rows.push(("gate".to_owned(), self.gates.iter().map(gate).collect(), origins(&self.gates)));
        let entries = self.exclude.iter().map(|entry| {
            json!({ "path": entry.value.path, "reason": entry.value.reason, "origin": entry.origin.to_string() })
        });
        rows.push(("exclude".to_owned(), entries.collect(), origins(&self.exclude)));
        for (id, change) in &self.rules {
            let mut row = |field: &str, value: Value, origin: String| {
                rows.push((format!("rules.{id}.{field}"), value, origin));
            };
            if let Some(enabled) = &change.enabled {
                row("enabled", enabled.value.into(), enabled.origin.to_string());
            }
            if let Some(severity) = &change.severity {
                row("severity", severity.value.name().into(), severity.origin.to_string());
            }
            if let Some(confidence) = &change.confidence {
                row("confidence", confidence.value.name().into(), confidence.origin.to_string());
            }
            if !change.reasons.is_empty() {
                let reasons: Vec<&str> = change.reasons.iter().map(|reason| reason.value.as_str()).collect();
                row("reason", reasons.join("; ").into(), origins(&change.reasons));
            }
        }
        let entries = self.accepted_gap.iter().map(|entry| {
            let gap = &entry.value;
            json!({
                "path": gap.path,
                "class": gap.class.map(crate::gap::GapClass::name),
                "sha256": gap.sha256.as_ref().map(|digest| hex(digest)),
                "reason": gap.acceptance.reason,
                "approver": gap.acceptance.approver,
                "until": gap.acceptance.until,
                "origin": entry.origin.to_string(),
            })
        });
        rows.push(("accepted_gap".to_owned(), entries.collect(), origins(&self.accepted_gap)));
        rows
    }
}

fn gate(gate: &Sourced<Gate>) -> Value {
    let Sourced { value: gate, origin } = gate;
    json!({
        "name": &*gate.name,
        "then": if gate.fails { "fail" } else { "pass" },
        "severity": gate.severity,
        "kinds": gate.kinds,
        "rules": gate.rules,
        "controls": gate.controls,
        "role": gate.role,
        "context": gate.context,
        "environment": gate.environment,
        "state": gate.known.map(|known| if known { "known" } else { "new" }),
        "older_than_days": gate.older_than_days,
        "origin": origin.to_string(),
    })
}

/// The origins of a list's entries.
fn origins<T>(list: &[Sourced<T>]) -> String {
    if list.is_empty() {
        return Origin::Default.to_string();
    }
    list.iter().map(|entry| entry.origin.to_string()).collect::<Vec<_>>().join(", ")
}

fn table(resolved: &Resolved, out: &mut dyn Write) -> anyhow::Result<()> {
    if resolved.files.is_empty() {
        writeln!(out, "No configuration is named: --config FILE, or the variable STRAYKEY_CONFIG.")?;
    } else {
        writeln!(out, "Files, the first before the later:")?;
    }
    for file in &resolved.files {
        writeln!(out, "  {}  {}  (named by the {})", hex(&file.sha256), file.name, file.named_by)?;
    }
    writeln!(out)?;
    let mut cells = Vec::new();
    for (key, value, origin) in resolved.rows() {
        match value {
            Value::Array(entries) if entries.iter().any(Value::is_object) => {
                for (index, mut entry) in entries.into_iter().enumerate() {
                    let origin = entry["origin"].take();
                    let parts = entry.as_object().into_iter().flatten();
                    let parts = parts.filter(|(_, part)| !part.is_null());
                    let text = parts.map(|(name, part)| format!("{name} = {part}")).collect::<Vec<_>>().join(", ");
                    cells.push((format!("{key}[{}]", index + 1), text, origin.as_str().unwrap_or("").to_owned()));
                }
            }
            value => {
                let text = match (key.as_str(), &value) {
                    ("budgets.file_size" | "budgets.memory", Value::Number(bytes)) => {
                        size(bytes.as_u64().unwrap_or_default())
                    }
                    (_, Value::Null) => "-".to_owned(),
                    (_, Value::String(text)) => text.clone(),
                    (_, Value::Array(names)) => {
                        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
                        if names.is_empty() { "-".to_owned() } else { names.join(", ") }
                    }
                    (_, other) => other.to_string(),
                };
                cells.push((key, text, origin));
            }
        }
    }
    // A long value pushes its own origin away, not all others.
    let width = |cell: fn(&(String, String, String)) -> &str, most: usize| {
        cells.iter().map(|row| cell(row).chars().count()).filter(|&width| width <= most).max().unwrap_or(0)
    };
    let (keys, values) = (width(|row| &row.0, 60), width(|row| &row.1, 40));
    writeln!(out, "{:keys$}  {:values$}  ORIGIN", "KEY", "VALUE")?;
    for (key, value, origin) in &cells {
        let value = printable_text(value);
        writeln!(out, "{key:keys$}  {value:values$}  {origin}")?;
    }
    if !resolved.notes.is_empty() {
        writeln!(out, "\nNot obeyed:")?;
    }
    for note in &resolved.notes {
        writeln!(out, "  {note}")?;
    }
    Ok(())
}
