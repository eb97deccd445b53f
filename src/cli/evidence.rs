//! Evidence bundles: the record that a scan leaves, `straykey evidence verify` and `straykey evidence show`.

use std::cell::OnceCell;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use serde::Serializer as _;
use serde_json::{Value, json};

use super::args::{Evidence as Command, OutputKind, Scan, ShowFormat};
use super::config::{Origin, Sourced};
use super::file::{consistent_bundle, name};
use super::scan::has_export;
use super::settings::Settings;
use super::{ExitCode, context, print, series, signing};
use crate::blob::{hex, printable, printable_text};
use crate::evidence::chain::{Record as ChainRecord, canonical, sha256_hex};
use crate::evidence::reading::Reading;
use crate::evidence::series::{Member, Subject, repository_name};
use crate::evidence::sign::{PublicKey, SigningKey};
use crate::evidence::{
    Bundle, Claim, Configuration, ConfigurationFile, Disagreement, Evidence, Previous, RunContext, STAMP, TimeStamp,
    ToolIdentity, Verified, check_free, reading_of, verify, verify_time_stamp, write_bundle,
};
use crate::report::{Report, gitlab, json as json_report};
use crate::rule::Rule;
use crate::scan::{Canaries, plant_canaries};
use crate::source::digest_of;

/// The exit code of a bundle whose parts do not agree.
const DISAGREES: ExitCode = 1;

/// Bytes of a scan's name.
const SCAN_ID: usize = 16;

/// The record of a scan that has begun.
pub(super) struct Record<'s> {
    settings: &'s Settings,
    /// Where the bundle goes; none where only exports are made of the record.
    bundle: Option<BundleTo<'s>>,
    clock: Instant,
    canaries: Canaries,
    unit: Option<Claim<String>>,
    configuration: Configuration,
    tool: ToolIdentity,
    /// Made when it is first asked for: it compares the tracked files with the commit.
    context: OnceCell<RunContext>,
}

/// A bundle that is to be written.
struct BundleTo<'s> {
    folder: &'s Path,
    scan: String,
    started: String,
    previous: Option<Previous>,
    key: Option<SigningKey>,
}

impl<'s> Record<'s> {
    /// Begins the record that `--output evidence=DIR` asks for, or a format that is made of one, if any does; the self-test runs here,
    /// before anything is read, so that a record cannot claim rules that do not work.
    pub(super) fn begin(args: &'s Scan, settings: &'s Settings) -> anyhow::Result<Option<Self>> {
        let clock = Instant::now();
        let unit = unit(settings);
        let bundle = bundle_to(args, settings, unit.as_ref())?;
        if bundle.is_none() && !has_export(args) {
            return Ok(None);
        }
        let resolved = settings.resolved.to_json();
        let files = settings.resolved.files.iter().map(|file| ConfigurationFile {
            name: file.name.clone(),
            sha256: hex(&file.sha256),
            named_by: file.named_by.to_string(),
        });
        let files = files.collect();
        Ok(Some(Self {
            settings,
            bundle,
            clock,
            canaries: plant_canaries(&settings.scanner, settings.resolved.min_confidence.value),
            unit,
            configuration: Configuration { sha256: sha256_hex(&canonical(&resolved)), files, resolved },
            tool: tool(),
            context: OnceCell::new(),
        }))
    }

    /// What the record says of the scan called `scan`.
    fn evidence<'e>(
        &'e self,
        report: &'e Report,
        rules: &'e [Arc<Rule>],
        scan: String,
        started: String,
    ) -> Evidence<'e> {
        let set = self.settings.scanner.engine.rules();
        Evidence {
            scan,
            report,
            rules,
            disabled: set.disabled(),
            rules_sha256: set.digest(),
            rule_digests: set.digests(),
            canaries: &self.canaries,
            tool: self.tool.clone(),
            configuration: self.configuration.clone(),
            context: self.context.get_or_init(|| context::run_context(self.unit.clone(), &report.targets)).clone(),
            started,
            previous: self.bundle.as_ref().and_then(|bundle| bundle.previous.clone()),
            key: self.bundle.as_ref().and_then(|bundle| bundle.key.as_ref()),
        }
    }

    /// Writes the bundle, if one is asked for. `rules` are the active rules, in order of id.
    pub(super) fn write(self, report: &Report, rules: &[Arc<Rule>]) -> anyhow::Result<()> {
        let Some(BundleTo { folder, scan, started, .. }) = &self.bundle else { return Ok(()) };
        let evidence = self.evidence(report, rules, scan.clone(), started.clone());
        let end = || (now(), u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX));
        write_bundle(&evidence, folder, end)?;
        Ok(())
    }

    /// What exports of this scan are made from. It is called as its bundle is, where there is one; else after what it found, so
    /// that equal scans of one moment are called the same.
    pub(super) fn reading(
        &self,
        report: &Report,
        rules: &[Arc<Rule>],
        header: &gitlab::Header,
    ) -> anyhow::Result<Reading> {
        let time = |time: &str| format!("{time}Z");
        let (scan, started, ended) = if let Some(bundle) = &self.bundle {
            // The times of the clock, as in the bundle, whatever the day of `--at`.
            (bundle.scan.clone(), bundle.started.clone(), now())
        } else {
            let mut told = Vec::new();
            json_report::write_json(report, false, &mut told)?;
            let of = json!({
                "report": sha256_hex(&told),
                "rules": hex(&self.settings.scanner.engine.rules().digest()),
                "configuration": self.configuration.sha256,
                "started": header.started,
            });
            (sha256_hex(&canonical(&of))[..2 * SCAN_ID].to_owned(), time(&header.started), time(&header.ended))
        };
        let mut reading = reading_of(&self.evidence(report, rules, scan, started), || (ended, 0))?;
        "this scan".clone_into(&mut reading.name);
        Ok(reading)
    }
}

/// The bundle that `--output evidence=DIR` asks for, if it does.
fn bundle_to<'s>(
    args: &'s Scan,
    settings: &Settings,
    unit: Option<&Claim<String>>,
) -> anyhow::Result<Option<BundleTo<'s>>> {
    let mut bundles = args.output.iter().filter(|output| output.kind == OutputKind::Evidence);
    let Some(output) = bundles.next() else {
        if args.previous.is_some() || args.sign_key.is_some() {
            bail!("--previous and --sign-key are about an evidence bundle: --output evidence=DIR is needed");
        }
        return Ok(None);
    };
    if bundles.next().is_some() {
        bail!("a scan leaves one evidence bundle; --output evidence=DIR was given twice");
    }
    check_free(&output.path)?;
    let key = signing::signing_key(args.sign_key.as_deref())?;
    let previous = args.previous.as_deref().map(|folder| previous(folder, settings, unit)).transpose()?;
    let started = now();
    let mut id = [0; SCAN_ID];
    if let Err(error) = getrandom::fill(&mut id) {
        bail!("the system gives no random bytes for the name of the scan: {error}");
    }
    Ok(Some(BundleTo { folder: &output.path, scan: hex(&id), started, previous, key }))
}

/// The unit that the operator names.
fn unit(settings: &Settings) -> Option<Claim<String>> {
    let Sourced { value, origin } = &settings.resolved.unit;
    let source = if *origin == Origin::CommandLine { "--unit".to_owned() } else { origin.to_string() };
    value.clone().map(|unit| Claim::asserted(unit, source))
}

/// The link to the bundle in `folder`, which has to be one before this scan: of the same unit and branch. Else a series would
/// branch, or two would be joined, by a slip.
fn previous(folder: &Path, settings: &Settings, unit: Option<&Claim<String>>) -> anyhow::Result<Previous> {
    let name = name(folder);
    let (bundle, verified) = consistent_bundle(folder).context("the bundle before")?;
    let before =
        Member::of(name.clone(), &bundle, &verified.manifest_sha256).map(|member| member.subject).unwrap_or_default();
    let git = settings.targets.first().and_then(|target| target.git.as_ref());
    let commit = git.and_then(|git| git.revision.clone());
    let now = Subject {
        unit: unit.map(|unit| unit.value.clone()),
        repository: git.and_then(|git| git.repository.as_deref()).map(repository_name),
        branch: git.and_then(|git| git.branch.clone()).or_else(|| context::branch_of(commit.as_deref())),
    };
    for (what, before, now) in [
        ("unit", before.unit, now.unit),
        ("repository", before.repository, now.repository),
        ("branch", before.branch, now.branch),
    ] {
        if before != now {
            let text = |one: Option<String>| one.map_or("none".to_owned(), |one| format!("`{}`", printable_text(&one)));
            bail!("the bundle before, {name}, is of another {what}: {} there, {} here", text(before), text(now));
        }
    }
    Ok(Previous { scan: verified.scan, head: verified.head.hash, manifest_sha256: verified.manifest_sha256 })
}

/// The moment in UTC, to the millisecond.
fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

fn tool() -> ToolIdentity {
    let program = std::env::current_exe().and_then(|path| digest_of(&path));
    ToolIdentity {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        sha256: program.ok().map(|digest| hex(&digest)),
        engine: env!("STRAYKEY_ENGINE"),
    }
}

/// Runs `straykey evidence`.
pub(super) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Verify { bundle: folder, key, tsa_ca, format } => {
            let pinned = Pinned {
                keys: signing::public_keys(&key)?,
                authority: tsa_ca.as_deref().map(signing::read).transpose()?,
            };
            let bundle = Bundle::read(&folder)?;
            print(|out| match format {
                ShowFormat::Text => verify_text(&folder, &bundle, &pinned, out),
                ShowFormat::Json => verify_json(&bundle, &pinned, out),
            })
        }
        Command::Series(args) => series::series(&args),
        Command::Sample(args) => series::sample(&args),
        Command::Keygen { file } => signing::keygen(&file),
        Command::Sign { bundle, key } => signing::sign(&bundle, key.as_deref()),
        Command::Statement { bundle, pae } => signing::statement(&bundle, pae),
        Command::AttachSignature { bundle, signature, public_key } => signing::attach(&bundle, &signature, &public_key),
        Command::Show { bundle: folder, format } => {
            let bundle = Bundle::read(&folder)?;
            print(|out| match format {
                ShowFormat::Text => show_text(&folder, &bundle, out),
                ShowFormat::Json => show_json(&bundle, out),
            })
        }
    }
}

/// What the caller knows from elsewhere.
struct Pinned {
    keys: Vec<PublicKey>,
    /// Certificates of a time stamping authority, in PEM.
    authority: Option<Vec<u8>>,
}

/// What is known of who made a bundle whose parts agree, and when.
enum Authenticity {
    /// A pinned key signed it; an authority that was pinned says when it was there already.
    Authentic(Box<PublicKey>, Option<TimeStamp>),
    /// No key was pinned, so nobody was asked for.
    NotAsked,
    /// It is not what was asked for: the state, and what is there instead, in a clause.
    Refused(&'static str, String),
}

fn authenticity(bundle: &Bundle, verified: &Verified, pinned: &Pinned) -> Authenticity {
    if pinned.keys.is_empty() {
        return Authenticity::NotAsked;
    }
    let Some(key) = bundle.signer(&pinned.keys) else {
        let why = match &verified.signed_by[..] {
            [] => "it is not signed".to_owned(),
            ids => format!("it is signed, but by none of the keys given; the signatures name {}", ids.join(", ")),
        };
        return Authenticity::Refused("not authentic", why);
    };
    let Some(authority) = &pinned.authority else { return Authenticity::Authentic(Box::new(key.clone()), None) };
    let (Some(stamp), Some(envelope)) = (&bundle.stamp, bundle.envelope_text()) else {
        return Authenticity::Refused("not anchored", format!("it has no time stamp ({STAMP})"));
    };
    match verify_time_stamp(stamp, envelope, authority) {
        Ok(stamp) => Authenticity::Authentic(Box::new(key.clone()), Some(stamp)),
        Err(error) => Authenticity::Refused("not anchored", format!("its time stamp does not hold: {error}")),
    }
}

fn verify_text(folder: &Path, bundle: &Bundle, pinned: &Pinned, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let name = name(folder);
    let code = match verify(bundle) {
        Ok(verified) => {
            let authenticity = authenticity(bundle, &verified, pinned);
            let Verified { scan, head, manifest_sha256, signed_by } = verified;
            match &authenticity {
                Authenticity::Authentic(key, None) => writeln!(out, "{name}: authentic (key {})", key.id())?,
                Authenticity::Authentic(key, Some(stamp)) => {
                    writeln!(out, "{name}: anchored (key {}, there by {})", key.id(), stamp.time)?;
                }
                Authenticity::NotAsked => writeln!(out, "{name}: consistent")?,
                Authenticity::Refused(state, why) => {
                    writeln!(out, "{name}: consistent, {state}: {}", printable_text(why))?;
                }
            }
            writeln!(out, "  scan      {scan}")?;
            writeln!(out, "  records   {}, each follows the one before", head.records)?;
            writeln!(out, "  head      {}", head.hash)?;
            writeln!(out, "  manifest  {manifest_sha256}")?;
            if bundle.stamp.is_some() && pinned.authority.is_none() {
                writeln!(out, "  stamped   by an authority that was not asked for: --tsa-ca FILE")?;
            }
            if let Some(previous) = bundle.records.first().and_then(|record| record.text(&["previous", "scan"])) {
                writeln!(out, "  previous  {}", printable_text(previous))?;
            }
            match authenticity {
                Authenticity::Authentic(_, stamp) => {
                    if let Some(stamp) = stamp {
                        let TimeStamp { time, accuracy_seconds, policy, serial, authority } = stamp;
                        let accuracy =
                            accuracy_seconds.map(|seconds| format!(" (within {seconds} s)")).unwrap_or_default();
                        writeln!(out, "  stamped   {time}{accuracy} by {authority}, policy {policy}, number {serial}")?;
                    }
                    writeln!(out, "The parts agree with each other, and this key signed them.")?;
                    0
                }
                Authenticity::NotAsked => {
                    for id in signed_by {
                        writeln!(out, "  signature names key {}, not checked: --key FILE", printable_text(&id))?;
                    }
                    writeln!(
                        out,
                        "The parts agree with each other. Who made them, and that they are the first ones made, is for a\n\
                         signature or a digest kept elsewhere to show."
                    )?;
                    0
                }
                Authenticity::Refused(..) => DISAGREES,
            }
        }
        Err(found) => {
            writeln!(out, "{name}: not consistent")?;
            for one in &found {
                writeln!(out, "  {}", printable_text(&one.to_string()))?;
            }
            DISAGREES
        }
    };
    for stranger in &bundle.strangers {
        writeln!(out, "  note: {} is no part of the bundle", printable(stranger.as_bytes()))?;
    }
    Ok(code)
}

fn verify_json(bundle: &Bundle, pinned: &Pinned, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let row = |one: &Disagreement| json!({ "part": one.part, "record": one.record, "what": one.what });
    let (document, code) = match verify(bundle) {
        Ok(verified) => {
            let authenticity = authenticity(bundle, &verified, pinned);
            let Verified { scan, head, manifest_sha256, signed_by } = verified;
            let chain = json!({ "records": head.records, "head": head.hash });
            let (state, key, stamp, why, code) = match authenticity {
                Authenticity::Authentic(key, None) => ("authentic", Some(key.id()), None, None, 0),
                Authenticity::Authentic(key, Some(stamp)) => ("anchored", Some(key.id()), Some(stamp), None, 0),
                Authenticity::NotAsked => ("consistent", None, None, None, 0),
                Authenticity::Refused(state, why) => (state, None, None, Some(why), DISAGREES),
            };
            let stamp = stamp.map(|stamp| {
                json!({
                    "time": stamp.time.to_string(),
                    "accuracy_seconds": stamp.accuracy_seconds,
                    "policy": stamp.policy,
                    "serial": stamp.serial,
                    "authority": stamp.authority,
                })
            });
            let document = json!({
                "state": state,
                "key": key,
                "time_stamp": stamp,
                "why": why,
                "scan": scan,
                "chain": chain,
                "manifest_sha256": manifest_sha256,
                "signed_by": signed_by,
            });
            (document, code)
        }
        Err(found) => {
            let rows: Vec<Value> = found.iter().map(row).collect();
            (json!({ "state": "not consistent", "disagreements": rows }), DISAGREES)
        }
    };
    let mut document = document;
    document["schema"] = json!("straykey/verification/v1");
    document["strangers"] = json!(bundle.strangers);
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(code)
}

fn show_json(bundle: &Bundle, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let code = if verify(bundle).is_ok() { 0 } else { DISAGREES };
    let mut writer = serde_json::Serializer::pretty(&mut *out);
    writer.collect_seq(bundle.records.iter().map(|record| bundle.whole(record).body))?;
    writeln!(out)?;
    Ok(code)
}

fn show_text(folder: &Path, bundle: &Bundle, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let name = name(folder);
    let code = match verify(bundle) {
        Ok(_) => {
            writeln!(out, "Evidence bundle {name}: consistent\n")?;
            0
        }
        Err(found) => {
            writeln!(out, "Evidence bundle {name}: NOT CONSISTENT; what follows cannot be relied upon")?;
            writeln!(out, "  {}\n", printable_text(&found[0].to_string()))?;
            DISAGREES
        }
    };
    for record in &bundle.records {
        show_record(&bundle.whole(record), out)?;
    }
    Ok(code)
}

/// The lines of one record; findings, gaps and exclusions take one each.
fn show_record(record: &ChainRecord, out: &mut dyn Write) -> anyhow::Result<()> {
    let text = |path: &[&str]| printable_text(record.text(path).unwrap_or("unknown"));
    let number = |path: &[&str]| record.number(path).unwrap_or_default();
    match record.kind() {
        "scan-started" => {
            writeln!(out, "Scan {}", record.scan)?;
            writeln!(out, "  started        {}", text(&["started"]))?;
            writeln!(out, "  tool           {} {}", text(&["tool", "name"]), text(&["tool", "version"]))?;
            writeln!(out, "  binary         {}", text(&["tool", "sha256"]))?;
            writeln!(out, "  rules          {} ({})", number(&["rule_pack", "rules"]), text(&["rule_pack", "sha256"]))?;
            writeln!(out, "  configuration  {}", text(&["configuration", "sha256"]))?;
            writeln!(out, "  key            {} ({})", text(&["key", "id"]), text(&["key", "keyed"]))?;
            for target in record.member(&["targets"]).and_then(Value::as_array).into_iter().flatten() {
                writeln!(out, "  target         {}", printable_text(target["given"].as_str().unwrap_or_default()))?;
            }
        }
        "run-context" => {
            writeln!(out, "\nContext")?;
            for name in ["unit", "host", "actor"] {
                show_claim(name, record.member(&[name]), out)?;
            }
            for name in ["system", "run", "trigger", "repository", "commit", "branch"] {
                show_claim(&format!("ci {name}"), record.member(&["ci", name]), out)?;
            }
            for target in record.member(&["targets"]).and_then(Value::as_array).into_iter().flatten() {
                for name in ["repository", "commit", "branch", "changed_files", "shallow_boundaries", "clone_depth"] {
                    show_claim(name, target.get(name), out)?;
                }
            }
        }
        "rules" => {}
        "credential-slots" => {
            let held = ["open", "store", "encrypted", "environment", "federated"];
            let [open, store, encrypted, environment, federated] = held.map(|held| number(&[held]));
            writeln!(
                out,
                "\nCredential slots {}: {open} in the open, {store} in vaults, {encrypted} encrypted, {environment} in \
                 variables, {federated} without a secret",
                number(&["total"])
            )?;
        }
        "credential-slot" => {}
        "absent" => writeln!(
            out,
            "Absent   {}  {}  known since {}{}",
            text(&["rule"]),
            text(&["path"]),
            text(&["since"]),
            record.text(&["gone"]).map_or_else(String::new, |day| format!(", gone on {}", printable_text(day)))
        )?,
        "exception" => writeln!(
            out,
            "Exception {}  {}  {}, until {}, approved by {}; {} places",
            text(&["id"]),
            text(&["standing"]),
            text(&["reason"]),
            text(&["expires_on"]),
            text(&["approved_by"]),
            number(&["places"])
        )?,
        "attempt" => writeln!(out, "Attempt  {}  {}: {}", text(&["kind"]), text(&["file"]), text(&["what"]))?,
        "bypass" => writeln!(
            out,
            "BYPASS by {}: {}; the exit code would have been {}",
            text(&["by"]),
            text(&["reason"]),
            number(&["exit_code"])
        )?,
        "exclusion" | "gap" => {
            let label = if record.kind() == "gap" { "Gap" } else { "Exclusion" };
            let (class, path, reason) = (text(&["class"]), text(&["path"]), text(&["reason"]));
            writeln!(out, "{label}  {class}  {path}: {reason}")?;
        }
        "coverage" => {
            writeln!(out, "\nCoverage")?;
            writeln!(
                out,
                "  files seen     {} = {} read + {} excluded + {} unreadable",
                number(&["files_seen"]),
                number(&["files_read"]),
                number(&["files_excluded"]),
                number(&["files_unreadable"])
            )?;
            writeln!(
                out,
                "  bytes read     {} = {} text + {} decoded + {} binary",
                number(&["bytes_read"]),
                number(&["text_bytes"]),
                number(&["decoded_bytes"]),
                number(&["binary_bytes"])
            )?;
            writeln!(
                out,
                "  gaps           {}\n  exclusions     {}\n  withheld       {}",
                number(&["gaps"]),
                number(&["exclusions"]),
                number(&["withheld"])
            )?;
        }
        "self-test" => {
            let count = |name| record.member(&[name]).and_then(Value::as_array).map_or(0, Vec::len);
            writeln!(
                out,
                "\nSelf-test: {} rules found their canary, {} did not, {} were not tested\n",
                count("found"),
                count("not_found"),
                count("not_tested")
            )?;
        }
        "finding" => {
            let places = record.member(&["places"]).and_then(Value::as_array);
            let first = places.and_then(|places| places.first());
            let path = first.and_then(|place| place["path"].as_str()).unwrap_or_default();
            let line = first.and_then(|place| place.pointer("/region/start_line")).and_then(Value::as_u64);
            writeln!(
                out,
                "Finding  {}  {}  {}{}  {}",
                text(&["severity"]),
                text(&["rule", "id"]),
                printable_text(path),
                line.map_or_else(String::new, |line| format!(":{line}")),
                places.map_or_else(String::new, |places| format!("({} in all)", places.len())),
            )?;
        }
        "control-state" if record.text(&["state"]) != Some("not testable here") => {
            writeln!(
                out,
                "Control {} {}\n  {}\n  {}",
                text(&["control"]),
                text(&["title"]),
                text(&["state"]),
                text(&["sentence"])
            )?;
        }
        "control-state" => {}
        "scan-completed" => {
            writeln!(
                out,
                "\nCompleted {} after {} ms: exit code {}, {} secrets, {} records before this one",
                text(&["completed"]),
                number(&["duration_milliseconds"]),
                number(&["outcome", "exit_code"]),
                number(&["findings"]),
                number(&["records"])
            )?;
        }
        other => writeln!(out, "Record of the type {}", printable_text(other))?,
    }
    Ok(())
}

fn show_claim(name: &str, claim: Option<&Value>, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(claim) = claim.filter(|claim| !claim.is_null()) else { return Ok(()) };
    let value = match &claim["value"] {
        Value::String(text) => printable_text(text),
        other => other.to_string(),
    };
    let part = |name: &str| printable_text(claim[name].as_str().unwrap_or("unknown"));
    writeln!(out, "  {name:<18} {value} ({}: {})", part("basis"), part("source"))?;
    Ok(())
}
