//! From arguments to what a scan runs with: rules, key, targets, all checked before any work is done.

use std::path::Path;

use anyhow::{Context as _, bail};

use super::args::Scan;
use super::config::{self, Resolved};
use super::key;
use crate::detect::Engine;
use crate::govern::Crosswalk;
use crate::report::{Target, TargetKind};
use crate::rule::{RuleSet, load_folder};
use crate::scan::{Scanner, Target as ScanTarget};
use crate::source::git;

/// A scan that is ready to run.
pub(super) struct Settings {
    pub(super) scanner: Scanner,
    pub(super) scan_targets: Vec<ScanTarget>,
    pub(super) targets: Vec<Target>,
    pub(super) threads: usize,
    pub(super) resolved: Resolved,
    pub(super) notes: Vec<String>,
}

impl Settings {
    /// Resolves the arguments of a scan.
    pub(super) fn resolve(args: &Scan) -> anyhow::Result<Self> {
        let threads = match args.threads {
            Some(threads) => usize::from(threads),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        // The walker's threads do the scanning; this pool compiles rules and writes reports.
        drop(rayon::ThreadPoolBuilder::new().num_threads(threads).build_global());
        git::prepare();
        let (scan_targets, targets) = resolve_targets(&args.targets)?;
        let rules = rule_set(&args.rules)?;
        let mut resolved = config::load(&args.config, &rules)?;
        resolved.command_line(args);
        refuse_unsupported(&resolved)?;
        let engine = Engine::new(rules);
        if !args.rules.is_empty() {
            engine.compile_all()?;
        }
        let salt = resolved.salt.as_ref().map(|salt| &salt.value);
        let found = key::find(args.fingerprint_key_file.as_deref(), salt)?;
        let today = args
            .at
            .clone()
            .unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string());
        let mut notes = resolved.notes.clone();
        notes.extend(found.note);
        Ok(Self {
            scanner: Scanner { engine, key: found.key, keep_values: args.show_secrets, today },
            scan_targets,
            targets,
            threads,
            resolved,
            notes,
        })
    }
}

/// Refuses settings that are read, but that no part of a scan applies yet: a scan that passes over what the operator
/// wrote would say that it was done their way.
fn refuse_unsupported(resolved: &Resolved) -> anyhow::Result<()> {
    let mut refused = Vec::new();
    let mut refuse = |key: &str, origin: &config::Origin| {
        refused.push(format!("{origin}: `{key}` is not supported by this version's scan; take it out"));
    };
    for (key, budget) in [("budgets.file_size", &resolved.file_size), ("budgets.memory", &resolved.memory)] {
        if budget.value.is_some() {
            refuse(key, &budget.origin);
        }
    }
    if resolved.honour.value {
        refuse("inline_ignores.honour", &resolved.honour.origin);
    }
    resolved.exclude.iter().for_each(|entry| refuse("exclude", &entry.origin));
    for (id, change) in &resolved.rules {
        if let Some(enabled) = &change.enabled {
            refuse(&format!("rules.{id}.enabled"), &enabled.origin);
        }
        if let Some(severity) = &change.severity {
            refuse(&format!("rules.{id}.severity"), &severity.origin);
        }
        if let Some(confidence) = &change.confidence {
            refuse(&format!("rules.{id}.confidence"), &confidence.origin);
        }
    }
    resolved.accepted_gap.iter().for_each(|entry| refuse("accepted_gap", &entry.origin));
    if refused.is_empty() { Ok(()) } else { bail!(refused.join("\n")) }
}

/// The built-in rules and those of `folders`.
pub(super) fn rule_set(folders: &[impl AsRef<Path>]) -> anyhow::Result<RuleSet> {
    let mut rules = RuleSet::embedded();
    for folder in folders {
        let loaded = load_folder(folder.as_ref())?;
        if loaded.is_empty() {
            bail!("there are no rules in {}", folder.as_ref().display());
        }
        for rule in &loaded {
            let kind = &rule.rule.kind;
            if Crosswalk::embedded().kind(kind).is_none() {
                bail!(
                    "rule `{}` in {} names the unknown finding kind `{kind}`",
                    rule.rule.id,
                    folder.as_ref().display()
                );
            }
        }
        rules.extend(loaded);
    }
    Ok(rules)
}

fn resolve_targets(given: &[std::path::PathBuf]) -> anyhow::Result<(Vec<ScanTarget>, Vec<Target>)> {
    let mut scan_targets = Vec::new();
    let mut targets = Vec::new();
    for path in given {
        let (scan, kind) = if path.as_os_str() == "-" {
            (ScanTarget::Stdin, TargetKind::Stdin)
        } else {
            let found = std::fs::metadata(path).with_context(|| format!("cannot scan {}", path.display()))?;
            if found.is_dir() {
                if git::is_bare_repository(path) {
                    bail!("{} is a bare git repository; only work trees can be scanned", path.display());
                }
                (ScanTarget::Path(path.clone()), TargetKind::Directory)
            } else if found.is_file() {
                (ScanTarget::Path(path.clone()), TargetKind::File)
            } else {
                (ScanTarget::Stream(path.clone()), TargetKind::File)
            }
        };
        let git = (kind != TargetKind::Stdin).then(|| git::info(path)).flatten();
        if scan == ScanTarget::Stdin && scan_targets.contains(&ScanTarget::Stdin) {
            bail!("standard input can be scanned only once");
        }
        scan_targets.push(scan);
        targets.push(Target { given: path.clone(), kind, git });
    }
    Ok((scan_targets, targets))
}
