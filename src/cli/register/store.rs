//! The files of a register: opened, changed and written so that nobody's work is lost.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::model::Model;
use crate::blob::printable_text;
use crate::cli::args::RegisterModel;
use crate::cli::file::{bytes, bytes_up_to, name, text};
use crate::cli::scope;
use crate::evidence::chain::sha256_hex;
use crate::govern::RiskModel;
use crate::register::{Access, Act, Directory, Journal, Owners, Register, RegisterError, Scales, Settings};
use crate::report::file::Staged;

/// Bytes of the largest register.
const MAX_BYTES: u64 = 1 << 30;

/// How often an update begins anew because somebody saved the file meanwhile.
const ATTEMPTS: usize = 3;

/// Where the journal of the register at `path` lies.
pub(super) fn journal_of(path: &Path) -> PathBuf {
    path.with_extension("journal.jsonl")
}

/// Owners, units and what they were read from.
pub(super) struct Judged {
    pub(super) directory: Directory,
    scope_sha256: Option<String>,
    owners_sha256: Option<String>,
}

impl Judged {
    /// Those that the arguments name. The files are read once, so that the digests are of what rows are judged by.
    pub(super) fn of(args: &RegisterModel) -> anyhow::Result<Self> {
        let (mut directory, mut owners_sha256) = (Directory::default(), None);
        let scope = args.scope.as_deref().map(bytes).transpose()?;
        if let (Some(path), Some(bytes)) = (&args.scope, &scope) {
            directory.units = scope::read(&name(path), bytes)?.units();
        }
        if let Some(path) = &args.owners {
            let text = text(path)?;
            owners_sha256 = Some(sha256_hex(text.as_bytes()));
            // The name alone: rows tell where an owner is said, and folders of a machine are nobody's business.
            let file = path.file_name().map_or_else(String::new, |file| name(Path::new(file)));
            directory.owners = Owners::parse(&text, &file)?;
        }
        Ok(Self { directory, scope_sha256: scope.map(|bytes| sha256_hex(&bytes)), owners_sha256 })
    }

    /// By what rows are judged, for the journal.
    pub(super) fn settings(&self, model: &Model, act: Act<'_>) -> Settings {
        Settings {
            at: act.at.to_owned(),
            by: act.by.to_owned(),
            risk: model.risk.name.clone(),
            risk_sha256: model.sha256.clone(),
            scope_sha256: self.scope_sha256.clone(),
            owners_sha256: self.owners_sha256.clone(),
        }
    }
}

fn scales(model: &RiskModel) -> Scales {
    Scales { likelihood: model.likelihood.len(), impact: model.impact.len() }
}

/// What the file at `path` holds; none where there is no such file.
fn content(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        _ => bytes_up_to(path, MAX_BYTES).map(Some),
    }
}

/// Where the file at `path` is to be written: the register is the operator's own, so that a link is followed, and not replaced.
fn destination(path: &Path) -> anyhow::Result<PathBuf> {
    if path.is_symlink() {
        return path.canonicalize().with_context(|| format!("cannot follow the link {}", name(path)));
    }
    Ok(path.to_owned())
}

/// A register that was opened.
pub(super) struct Opened {
    pub(super) register: Register,
    /// By what its rows are judged.
    pub(super) model: Model,
    /// SHA-256 of its file.
    file: Option<String>,
}

/// Opens the register at `path`, whose rows are judged by the model `risk`. The journal is the lock: the file is read when it is had.
pub(super) fn open(path: &Path, access: Access, risk: Option<&str>, change_risk: bool) -> anyhow::Result<Opened> {
    let beside = journal_of(path);
    if access != Access::Create && !beside.exists() {
        bail!("there is no register at {}: its journal {} is not there", name(path), name(&beside));
    }
    if access == Access::Create && !beside.exists() && content(path)?.is_some() {
        bail!("{} is there, and its journal {} is not: the file alone is no register", name(path), name(&beside));
    }
    let journal = Journal::open(&beside, access).map_err(|error| located(path, error.into()))?;
    let model = Model::of(path, risk, journal.settings(), change_risk)?;
    let file = content(path)?;
    let register =
        Register::open(file.as_deref(), journal, scales(&model.risk)).map_err(|error| located(path, error))?;
    Ok(Opened { register, model, file: file.map(|bytes| sha256_hex(&bytes)) })
}

/// An error with the file that it is about.
pub(super) fn located(path: &Path, error: RegisterError) -> anyhow::Error {
    match error {
        RegisterError::Table(error) => {
            anyhow::anyhow!("{}:{}: {}", name(path), error.line, printable_text(&error.what))
        }
        RegisterError::Journal(error) => {
            anyhow::Error::new(error).context(format!("the journal {}", name(&journal_of(path))))
        }
        RegisterError::Apart(what) => anyhow::anyhow!("{}: {}", name(path), printable_text(&what)),
        other => other.into(),
    }
}

/// Opens the register, lets `change` change it, and writes it; the whole once more, where somebody saved the file meanwhile. What is in
/// the journal already is not done again: opening brings the rows up to that.
pub(super) fn with_register<T>(
    path: &Path,
    access: Access,
    risk: (Option<&str>, bool),
    dry_run: bool,
    mut change: impl FnMut(&mut Register, &Model) -> anyhow::Result<T>,
) -> anyhow::Result<(Register, T)> {
    let mut told = None;
    for _ in 0..ATTEMPTS {
        let Opened { mut register, model, file: before } = open(path, access, risk.0, risk.1)?;
        let (value, is_told) = if let Some(value) = told.take() {
            (value, true)
        } else {
            let is_new = register.journal().is_empty();
            let changed = change(&mut register, &model);
            if is_new && (changed.is_err() || dry_run) {
                // An empty journal tells nothing. It goes while nobody else has it; who waits for it notices that it has gone.
                drop(std::fs::remove_file(journal_of(path)));
            }
            (changed?, false)
        };
        if dry_run {
            return Ok((register, value));
        }
        let file = register.file();
        if !register.is_changed() && before.as_deref() == Some(&sha256_hex(&file)) {
            return Ok((register, value));
        }
        let staged = Staged::stage(&destination(path)?, false, |out| out.write_all(&file))?.with_mode_of_target()?;
        let is_as_before = || anyhow::Ok(content(path)?.map(|bytes| sha256_hex(&bytes)) == before);
        if !is_as_before()? {
            told = is_told.then_some(value);
            continue;
        }
        register.commit().map_err(|error| located(path, error))?;
        // The journal took its time. Who saved the file meanwhile must not lose that.
        if !is_as_before()? {
            told = Some(value);
            continue;
        }
        staged.commit()?;
        return Ok((register, value));
    }
    let name = name(path);
    match told {
        None => bail!("{name} was changed by somebody else, again and again; nothing was written"),
        Some(_) => bail!(
            "{name} was changed by somebody else, again and again; the journal has what was to be written, and the next update brings \
             it into the file"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::reading;
    use crate::register::Setting;

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_a_mode_kept() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let (path, target) = (folder.path().join("register.csv"), folder.path().join("kept.csv"));
        let directory = Directory::default();
        let update = |day: &str| {
            let change = |register: &mut Register, model: &Model| {
                let setting = Setting { model: &model.risk, directory: &directory };
                let act = Act { at: "2026-12-01T00:00:00Z", by: "tester" };
                Ok(register.apply(&reading::sample::reading("shop", day), setting, act)?)
            };
            with_register(&path, Access::Create, (None, false), false, change).map(|_| ())
        };
        update("2026-01-01").unwrap();
        std::fs::rename(&path, &target).unwrap();
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("kept.csv", &path).unwrap();
        // As a spreadsheet saves it, so that it is written anew.
        let text = std::fs::read_to_string(&target).unwrap().replace('\n', "\r\n");
        std::fs::write(&target, &text).unwrap();
        update("2026-01-02").unwrap();
        assert!(path.is_symlink() && std::fs::read_to_string(&target).unwrap() != text);
        assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_file_that_is_saved_meanwhile_is_read_once_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.csv");
        let (act, directory) = (Act { at: "2026-12-01T00:00:00Z", by: "tester" }, Directory::default());
        let update = |day: &str, calls: &mut usize, saved: &mut dyn FnMut()| {
            let change = |register: &mut Register, model: &Model| {
                *calls += 1;
                let setting = Setting { model: &model.risk, directory: &directory };
                register.apply(&reading::sample::reading("shop", day), setting, act)?;
                saved();
                Ok(())
            };
            with_register(&path, Access::Create, (None, false), false, change).map(|_| ())
        };
        let mut calls = 0;
        update("2026-01-01", &mut calls, &mut || {}).unwrap();
        let (sound, journal) = (std::fs::read(&path).unwrap(), std::fs::read(journal_of(&path)).unwrap());
        // Somebody saves it once, with a column of their own.
        let mut once = Some([sound.trim_ascii_end(), b",\"cost centre\"\n"].concat());
        let mut save = || {
            if let Some(bytes) = once.take() {
                std::fs::write(&path, bytes).unwrap();
            }
        };
        update("2026-01-02", &mut calls, &mut save).unwrap();
        assert_eq!(calls, 3, "what was made of an older file counts for nothing");
        assert!(std::fs::read_to_string(&path).unwrap().contains("cost centre"));
        assert_eq!(Journal::open(&journal_of(&path), Access::Read).unwrap().series().count(), 1);
        // Somebody never stops.
        let (kept, mut count) = (std::fs::read(journal_of(&path)).unwrap(), 0);
        assert!(kept.len() > journal.len());
        let mut save = || {
            count += 1;
            std::fs::write(&path, [&sound[..], "\n".repeat(count).as_bytes()].concat()).unwrap();
        };
        let error = update("2026-01-03", &mut calls, &mut save).unwrap_err().to_string();
        assert!(error.contains("nothing was written"), "{error}");
        assert_eq!(std::fs::read(journal_of(&path)).unwrap(), kept);
    }
}
