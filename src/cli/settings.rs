//! From arguments to what a scan runs with: rules, key, targets, all checked before any work is done.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, bail};

use super::args::Scan;
use super::key;
use crate::detect::Engine;
use crate::gap::GapClass;
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
    pub(super) failing_gaps: BTreeSet<GapClass>,
    pub(super) notes: Vec<String>,
    resolved: serde_json::Value,
}

impl Settings {
    /// Every setting that a record states.
    pub(super) fn resolved(&self) -> serde_json::Value {
        self.resolved.clone()
    }

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
        let engine = Engine::new(rule_set(&args.rules)?);
        if !args.rules.is_empty() {
            engine.compile_all()?;
        }
        let found = key::find(args.fingerprint_key_file.as_deref())?;
        let today = args
            .at
            .clone()
            .unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string());
        let failing_gaps = if args.allow_gaps {
            BTreeSet::new()
        } else if let Some(classes) = &args.fail_on_gap {
            classes.iter().map(|&class| class.into()).collect()
        } else {
            GapClass::ALL.into_iter().filter(|class| class.fails_by_default()).collect()
        };
        Ok(Self {
            scanner: Scanner { engine, key: found.key, keep_values: args.show_secrets, today },
            scan_targets,
            targets,
            threads,
            failing_gaps,
            notes: found.note.into_iter().collect(),
            resolved: resolved(args),
        })
    }
}

/// The options of a scan that decide what it finds and how it ends.
fn resolved(args: &Scan) -> serde_json::Value {
    let rules: Vec<String> = args.rules.iter().map(|folder| folder.display().to_string()).collect();
    serde_json::json!({ "rules": rules, "no_ignore": args.no_ignore, "allow_empty": args.allow_empty })
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
