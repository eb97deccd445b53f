//! From arguments to what a scan runs with: rules, key, targets, all checked before any work is done.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use sha2::{Digest as _, Sha256};

use super::args::{Scan, parse_pushed};
use super::config::{self, Resolved, RuleChange};
use super::exceptions;
use super::file::{bytes, name};
use super::governed::{Governed, Versions};
use super::key;
use super::past::Past;
use super::scope;
use super::triage::Decisions;
use crate::blob::CommitRange;
use crate::detect::Engine;
use crate::finding::baseline::Under;
use crate::finding::exception::{ExceptionPolicy, StatedException};
use crate::finding::{FingerprintKey, IgnorePolicy};
use crate::govern::Crosswalk;
use crate::report::{Target, TargetKind};
use crate::rule::{LoadedRule, RuleOverride, RuleSet, load_folder, load_text};
use crate::scan::{Cache, Options, Scanner, Target as ScanTarget};
use crate::source::PathExclusions;
use crate::source::git::{self, Wanted};

/// A scan that is ready to run.
pub(super) struct Settings {
    pub(super) scanner: Scanner,
    pub(super) scan_targets: Vec<ScanTarget>,
    pub(super) targets: Vec<Target>,
    pub(super) options: Options,
    pub(super) ignore_policy: IgnorePolicy,
    pub(super) resolved: Resolved,
    pub(super) notes: Vec<String>,
    /// What the scan is held against.
    pub(super) past: Option<Past>,
    /// The files of exceptions that the operator names.
    pub(super) exceptions: Vec<ExceptionFile>,
    /// Which of them hold.
    pub(super) exception_policy: ExceptionPolicy,
    /// What people decided on findings.
    pub(super) decisions: Option<Decisions>,
}

/// The exceptions of a file.
pub(super) struct ExceptionFile {
    pub(super) path: PathBuf,
    /// The key of its fingerprints.
    pub(super) key_id: Option<String>,
    pub(super) stated: Vec<StatedException>,
}

impl Settings {
    /// Resolves the arguments of a scan, and tells which of the files that govern it hold.
    pub(super) fn resolve(args: &Scan) -> anyhow::Result<(Self, Governed)> {
        let threads = match args.threads {
            Some(threads) => usize::from(threads),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        // The walker's threads do the scanning; this pool compiles rules and writes reports.
        drop(rayon::ThreadPoolBuilder::new().num_threads(threads).build_global());
        git::prepare();
        let (scan_targets, targets) = resolve_targets(args)?;
        let mut governed = Governed::of(args)?;
        let mut rules = governed_rules(&args.rules, &mut governed)?;
        let mut resolved = config::load(&args.config, &rules, &mut governed)?;
        resolved.command_line(args);
        governed.may_excuse_itself = resolved.may_excuse_itself.value;
        if governed.may_excuse_itself && !args.rules.is_empty() {
            governed.attempts.retain(|attempt| attempt.kind != "rules");
            rules = rule_set(&args.rules)?;
        }
        if args.bypass.is_some() && !resolved.allow_bypass.value {
            bail!("--bypass is not allowed; `bypass.allow` of the configuration allows it");
        }
        let engine = Engine::new(rules.configure(&overrides(&resolved)));
        let cache = args.cache.as_ref().map(|path| Arc::new(Cache::open(path, cache_digest(&engine, &resolved))));
        let options = Options {
            threads,
            cache,
            no_ignore: resolved.no_ignore.value,
            exclude: Arc::new(exclusions(&resolved)?),
            max_file_size: resolved.file_size.value,
            history: args.history,
            allow_outside: args.allow_outside,
            authors: args.authors,
            memory: resolved.memory.value.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
            obeyed: resolved.files.iter().map(|file| file.path.clone()).collect(),
        };
        if !args.rules.is_empty() {
            engine.compile_all()?;
        }
        let salt = resolved.salt.as_ref().map(|salt| &salt.value);
        let key_file = args.fingerprint_key_file.as_deref();
        let found = key::find(key_file, salt)?;
        let past = match (&args.baseline, &args.previous) {
            (Some(path), _) => Some(Past::baseline(path, &mut governed)?),
            (None, Some(path)) => Some(Past::bundle(path, &mut governed)?),
            (None, None) => None,
        };
        let exceptions =
            args.exceptions.iter().map(|path| exceptions_of(path, &mut governed)).collect::<Result<Vec<_>, _>>()?;
        let decisions = args.triage.as_deref().map(|path| decisions_of(path, &mut governed)).transpose()?;
        let risk_owner = risk_owner(args, &resolved, &mut governed)?;
        let past_key = past.iter().map(|past| (&past.key_id, "the baseline"));
        let exception_keys = exceptions.iter().filter_map(|file| Some((file.key_id.as_ref()?, "the exceptions")));
        let triage_key = decisions.iter().filter_map(|one| Some((one.key_id.as_ref()?, "the triage file")));
        let mut other_keys: Vec<FingerprintKey> = Vec::new();
        let main = found.key.info().key_id;
        for (id, what) in past_key.chain(exception_keys).chain(triage_key) {
            if *id == main || other_keys.iter().any(|key| key.info().key_id == *id) {
                continue;
            }
            match key::named(id, key_file, salt)? {
                Some(key) => other_keys.push(key),
                None => bail!(
                    "{what} is under the key {}, which is not to be had; this scan is under {main}: give the scan that key \
                     too (STRAYKEY_FINGERPRINT_KEY, --fingerprint-key-file, `salt`)",
                    crate::blob::printable_text(id)
                ),
            }
        }
        let today = args.at.clone().unwrap_or_else(super::today);
        let mut notes = resolved.notes.clone();
        notes.extend(found.note);
        let settings = Self {
            scanner: Scanner { engine, key: found.key, other_keys, keep_values: args.show_secrets, today },
            scan_targets,
            targets,
            options,
            ignore_policy: IgnorePolicy {
                honour: resolved.honour.value,
                require_reason: resolved.require_reason.value,
                max_days: Some(resolved.max_days.value),
            },
            exception_policy: resolved.exception_policy(risk_owner),
            resolved,
            notes,
            past,
            exceptions,
            decisions,
        };
        Ok((settings, governed))
    }

    /// The key with this id, which was looked up before the scan.
    pub(super) fn under(&self, key_id: &str) -> Under<'_> {
        let other = self.scanner.other_keys.iter().enumerate().find(|(_, key)| key.info().key_id == key_id);
        other.map_or(Under::Main, |(index, key)| Under::Other(index, key))
    }
}

/// The exceptions of the file at `path`, those too that only the change that is scanned brings.
fn exceptions_of(path: &Path, governed: &mut Governed) -> anyhow::Result<ExceptionFile> {
    let name = name(path);
    let Versions { obeyed, proposed } = governed.versions(path, bytes(path)?)?;
    let read = |bytes: Option<Vec<u8>>| bytes.map(|bytes| exceptions::read(&name, &bytes)).transpose();
    let (obeyed, proposed) = (read(obeyed)?.unwrap_or_default(), read(proposed)?.unwrap_or_default());
    let mut stated: Vec<_> = obeyed.entries.iter().map(|one| one.stated(false)).collect();
    let more = proposed.entries.iter().filter(|one| !obeyed.entries.iter().any(|known| known.says_the_same(one)));
    // A fingerprint under another key speaks of nothing that can be known here.
    let same_key = obeyed.key_id.is_none() || proposed.key_id.is_none() || obeyed.key_id == proposed.key_id;
    stated.extend(more.filter(|_| same_key).map(|one| one.stated(true)));
    Ok(ExceptionFile { path: path.to_owned(), key_id: obeyed.key_id.or(proposed.key_id), stated })
}

fn decisions_of(path: &Path, governed: &mut Governed) -> anyhow::Result<Decisions> {
    let name = name(path);
    let Versions { obeyed, proposed } = governed.versions(path, bytes(path)?)?;
    if proposed.is_some() {
        let what = "the change brings decisions on its own findings, which do not count".to_owned();
        governed.attempt("triage", path, what, None);
    }
    Decisions::read(&name, &obeyed.unwrap_or_default())
}

/// Who accepts the risks of the unit that is scanned, as the scope says.
fn risk_owner(args: &Scan, resolved: &Resolved, governed: &mut Governed) -> anyhow::Result<Option<String>> {
    let Some(path) = &args.scope else { return Ok(None) };
    let Versions { obeyed, proposed } = governed.versions(path, bytes(path)?)?;
    if proposed.is_some() {
        let what = "the change edits who accepts risks; the scope before it holds".to_owned();
        governed.attempt("scope", path, what, None);
    }
    scope::risk_owner(path, &obeyed.unwrap_or_default(), resolved.unit.value.as_deref())
}

/// A digest of all that decides on what is found in a history, but for the history and the program.
fn cache_digest(engine: &Engine, resolved: &Resolved) -> [u8; 32] {
    let mut sha256 = Sha256::new();
    sha256.update(engine.rules().digest());
    sha256.update(resolved.file_size.value.unwrap_or(u64::MAX).to_le_bytes());
    for exclude in resolved.exclude.iter().map(|entry| &entry.value) {
        for text in [&exclude.path, &exclude.reason] {
            sha256.update((text.len() as u64).to_le_bytes());
            sha256.update(text);
        }
    }
    sha256.finalize().into()
}

fn exclusions(resolved: &Resolved) -> anyhow::Result<PathExclusions> {
    let stated = resolved.exclude.iter().map(|entry| (entry.value.path.clone(), entry.value.reason.clone()));
    PathExclusions::new(stated)
        .map_err(|error| anyhow!("{}: `exclude.path`: {error}", resolved.exclude[error.index].origin))
}

/// What a configuration changes of rules, by id.
pub(super) fn overrides(resolved: &Resolved) -> BTreeMap<String, RuleOverride> {
    let change = |change: &RuleChange| RuleOverride {
        enabled: change.enabled.as_ref().is_none_or(|enabled| enabled.value),
        severity: change.severity.as_ref().map(|severity| severity.value),
        confidence: change.confidence.as_ref().map(|confidence| confidence.value),
    };
    resolved.rules.iter().map(|(id, changed)| (id.clone(), change(changed))).collect()
}

/// The built-in rules and those of `folders`.
pub(super) fn rule_set(folders: &[impl AsRef<Path>]) -> anyhow::Result<RuleSet> {
    folders.iter().try_fold(RuleSet::embedded(), |rules, folder| extended(rules, folder.as_ref()))
}

/// The same, with the rules of the commit before where a change is scanned that edits them.
fn governed_rules(folders: &[PathBuf], governed: &mut Governed) -> anyhow::Result<RuleSet> {
    let mut rules = RuleSet::embedded();
    for folder in folders {
        let Some(before) = governed.rules(folder)? else {
            rules = extended(rules, folder)?;
            continue;
        };
        for (name, bytes) in before {
            let text = String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
            add(&mut rules, load_text(&name, &text)?, folder)?;
        }
    }
    Ok(rules)
}

/// `rules` and those of `folder`.
fn extended(mut rules: RuleSet, folder: &Path) -> anyhow::Result<RuleSet> {
    let loaded = load_folder(folder)?;
    if loaded.is_empty() {
        bail!("there are no rules in {}", folder.display());
    }
    add(&mut rules, loaded, folder)?;
    Ok(rules)
}

/// Adds rules that were read from `folder`, whose kinds have to be known.
fn add(rules: &mut RuleSet, loaded: Vec<LoadedRule>, folder: &Path) -> anyhow::Result<()> {
    for rule in &loaded {
        let kind = &rule.rule.kind;
        if Crosswalk::embedded().kind(kind).is_none() {
            bail!("rule `{}` in {} names the unknown finding kind `{kind}`", rule.rule.id, folder.display());
        }
    }
    rules.extend(loaded);
    Ok(())
}

/// The index that git names to the hooks of a commit that is made of another than that of the work tree (`git commit
/// -a`, `git commit FILE`; git(1), "The Git Repository").
const INDEX_VARIABLE: &str = "GIT_INDEX_FILE";

/// The folders in which git keeps what is pushed until a hook accepts it, and those of the repository (git-receive-pack(1),
/// "Quarantine Environment").
const OBJECT_VARIABLES: [&str; 2] = ["GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"];

/// The changes that are to be scanned in place of the files of `path`, if any are.
fn changes(args: &Scan, path: &Path) -> anyhow::Result<Option<Wanted>> {
    let since = args.since.as_ref().map(|since| (since.clone(), "HEAD".to_owned()));
    let range = args.range.clone().or(since);
    let bare = path.is_dir() && git::is_bare_repository(path);
    if !args.staged && !args.pre_receive && range.is_none() {
        // The files of a bare repository are those of its HEAD.
        return Ok((bare && !args.history).then_some(Wanted::Head));
    }
    let in_work_tree = path.is_dir() && git::work_tree_root(path).is_some();
    if !in_work_tree && (!bare || args.staged) {
        let options = "--staged, --range, --since and --pre-receive";
        bail!(
            "{options} need directories in git work trees, all but the first also bare repositories, and {} is none",
            path.display()
        );
    }
    if args.pre_receive {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input")?;
        let new = parse_pushed(&text).map_err(|reason| anyhow!("standard input: {reason}"))?;
        let folders = OBJECT_VARIABLES.iter().filter_map(std::env::var_os);
        let folders = folders.flat_map(|value| std::env::split_paths(&value).collect::<Vec<_>>());
        return Ok(Some(Wanted::Pushed(new, folders.filter(|folder| !folder.as_os_str().is_empty()).collect())));
    }
    let Some((from, to)) = range else {
        let index = std::env::var_os(INDEX_VARIABLE).filter(|index| !index.is_empty());
        return Ok(Some(Wanted::Staged(index.map(PathBuf::from))));
    };
    let resolved = git::resolve_range(path, &from, &to);
    let (from, to) = resolved.map_err(|reason| anyhow!("{}: {reason}", path.display()))?;
    Ok(Some(Wanted::Range(from, to)))
}

fn resolve_targets(args: &Scan) -> anyhow::Result<(Vec<ScanTarget>, Vec<Target>)> {
    if args.pre_receive && args.targets.len() > 1 {
        bail!("--pre-receive is about one repository");
    }
    let mut scan_targets = Vec::new();
    let mut targets = Vec::new();
    for path in &args.targets {
        let (scan, kind) = if let Some(wanted) = changes(args, path)? {
            let kind = match wanted {
                Wanted::Staged(_) => TargetKind::Staged,
                Wanted::Range(..) | Wanted::Pushed(..) => TargetKind::Range,
                Wanted::Head => TargetKind::Repository,
            };
            (ScanTarget::Changes(path.clone(), wanted), kind)
        } else if path.as_os_str() == "-" {
            (ScanTarget::Stdin, TargetKind::Stdin)
        } else {
            let found = std::fs::metadata(path).with_context(|| format!("cannot scan {}", path.display()))?;
            if found.is_dir() {
                if git::is_bare_repository(path) {
                    (ScanTarget::Bare(path.clone()), TargetKind::Repository)
                } else {
                    (ScanTarget::Path(path.clone()), TargetKind::Directory)
                }
            } else if found.is_file() {
                (ScanTarget::Path(path.clone()), TargetKind::File)
            } else {
                (ScanTarget::Stream(path.clone()), TargetKind::File)
            }
        };
        let mut git = (kind != TargetKind::Stdin).then(|| git::info(path)).flatten();
        if let (Some(git), ScanTarget::Changes(_, Wanted::Range(from, to))) = (&mut git, &scan) {
            git.range = Some(CommitRange { from: from.to_string(), to: to.to_string() });
        }
        if scan == ScanTarget::Stdin && scan_targets.contains(&ScanTarget::Stdin) {
            bail!("standard input can be scanned only once");
        }
        scan_targets.push(scan);
        targets.push(Target { given: path.clone(), kind, git });
    }
    Ok((scan_targets, targets))
}
