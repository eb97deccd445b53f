//! Writes a report to a path so that readers see the old file or the whole new one, never a part.
//!
//! The report goes to a temporary file in the same directory, which is synced and then renamed over
//! the target. A symbolic link at the target is replaced, not followed: the path may lie in a
//! scanned tree, whose author must not choose what gets overwritten. Pipes and devices cannot be
//! replaced and are written straight into.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::blob::printable;

/// Bytes that are collected before they go to the file.
const BUFFER: usize = 64 * 1024;

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {}", printable(.path.as_os_str().as_encoded_bytes()))]
pub struct WriteError {
    /// The path that the operator gave.
    pub path: PathBuf,
    /// What failed, in words that follow "cannot".
    pub operation: &'static str,
    /// Why.
    pub source: io::Error,
}

/// A report that is written and synced, but not yet at its place.
///
/// Several reports become visible together, or none of them, where the caller stages all before it
/// commits the first. Dropping a staged report removes its temporary file. What goes to a pipe or a
/// device has been sent by then and cannot be taken back; stage such targets last.
#[derive(Debug)]
#[must_use = "a staged report appears only when it is committed"]
pub struct Staged {
    target: PathBuf,
    /// None where the report went straight into a pipe or a device.
    temporary: Option<NamedTempFile>,
}

impl Staged {
    /// Runs `write` on a buffered temporary file next to `path` and syncs it.
    ///
    /// With `private` the file will be readable by its owner alone (mode 0600); otherwise it gets
    /// the mode that the umask gives to new files. An existing pipe or character device, and what
    /// `/dev/stdout` and its like lead to, is written directly.
    ///
    /// # Errors
    ///
    /// The directory is missing or not writable, the target is a directory, `write` failed, or the
    /// bytes did not reach the disk. The temporary file is gone then.
    pub fn stage(
        path: &Path,
        private: bool,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Self, WriteError> {
        let fail = |operation| move |source| WriteError { path: path.to_owned(), operation, source };
        match destination(path).map_err(fail("look at"))? {
            Destination::Stream => {
                // Appending matters only where `/dev/stdout` leads to a regular file: what it holds
                // already must stay.
                let mut file = OpenOptions::new().append(true).open(path).map_err(fail("open"))?;
                buffered(&mut file, write).map_err(fail("write"))?;
                Ok(Self { target: path.to_owned(), temporary: None })
            }
            Destination::File => {
                let mut temporary =
                    os::create_temporary(directory(path), private).map_err(fail("create a temporary file for"))?;
                buffered(temporary.as_file_mut(), write).map_err(fail("write"))?;
                temporary.as_file().sync_all().map_err(fail("sync"))?;
                Ok(Self { target: path.to_owned(), temporary: Some(temporary) })
            }
        }
    }

    /// Gives the new file the mode of the one that it replaces, where there is one.
    ///
    /// # Errors
    ///
    /// The mode cannot be read or set.
    pub fn with_mode_of_target(self) -> Result<Self, WriteError> {
        let Some(temporary) = &self.temporary else { return Ok(self) };
        let kept = match std::fs::metadata(&self.target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(before) => temporary.as_file().set_permissions(before.permissions()),
        };
        match kept {
            Ok(()) => Ok(self),
            Err(source) => Err(WriteError { path: self.target, operation: "keep the mode of", source }),
        }
    }

    /// Renames the temporary file over the target and syncs the directory.
    ///
    /// # Errors
    ///
    /// The rename failed, in which case the target is as it was and the temporary file is gone; or
    /// the directory could not be synced, in which case the new report is in place, but might not
    /// survive a crash of the machine.
    pub fn commit(self) -> Result<(), WriteError> {
        let Self { target, temporary } = self;
        let Some(temporary) = temporary else { return Ok(()) };
        if let Err(error) = temporary.persist(&target) {
            return Err(WriteError { path: target, operation: "replace", source: error.error });
        }
        os::sync_directory(directory(&target)).map_err(|source| WriteError {
            path: target,
            operation: "sync the directory of",
            source,
        })
    }
}

/// Stages one report and commits it at once; see [`Staged`].
///
/// # Errors
///
/// Those of [`Staged::stage`] and [`Staged::commit`].
pub fn write_atomically(
    path: &Path,
    private: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    Staged::stage(path, private, write)?.commit()
}

fn buffered(file: &mut File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = BufWriter::with_capacity(BUFFER, file);
    write(&mut buffer)?;
    buffer.flush()
}

/// How a path has to be written.
enum Destination {
    /// Replaced as a whole.
    File,
    /// Written into as it is.
    Stream,
}

fn destination(path: &Path) -> io::Result<Destination> {
    let link = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Destination::File),
        Err(error) => return Err(error),
    };
    if link.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    if !link.is_symlink() {
        return Ok(if os::is_stream(&link) { Destination::Stream } else { Destination::File });
    }
    // `/dev/stdout`, `/dev/fd/3` and `/proc/self/fd/3` are links, perhaps to a regular file; to
    // replace the link itself would damage the system.
    let into_system = ["/dev", "/proc"].iter().any(|top| path.starts_with(top));
    let leads_to_stream = path.metadata().is_ok_and(|metadata| os::is_stream(&metadata));
    Ok(if into_system || leads_to_stream { Destination::Stream } else { Destination::File })
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
mod os {
    use std::fs::Permissions;
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};

    use super::{File, Metadata, NamedTempFile, Path, io};

    /// Creates the file with its final mode, so that there is no moment at which it is open to
    /// more readers than asked for.
    pub(super) fn create_temporary(directory: &Path, private: bool) -> io::Result<NamedTempFile> {
        // The system takes the umask off these bits, as it does for any new file.
        let mode = if private { 0o600 } else { 0o666 };
        tempfile::Builder::new()
            .prefix(".straykey-")
            .suffix(".tmp")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(directory)
    }

    pub(super) fn is_stream(metadata: &Metadata) -> bool {
        let kind = metadata.file_type();
        kind.is_fifo() || kind.is_char_device()
    }

    /// A rename is durable only once the directory is; file systems that cannot sync a directory
    /// say so with `EINVAL`, which is no failure of the report.
    pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
        match File::open(directory)?.sync_all() {
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            result => result,
        }
    }
}

#[cfg(not(unix))]
mod os {
    use super::{Metadata, NamedTempFile, Path, io};

    /// Access is what the directory's access list gives; there are no modes to set.
    pub(super) fn create_temporary(directory: &Path, _private: bool) -> io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix(".straykey-").suffix(".tmp").tempfile_in(directory)
    }

    pub(super) fn is_stream(_metadata: &Metadata) -> bool {
        false
    }

    pub(super) fn sync_directory(_directory: &Path) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
    use std::process::Command;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn replaces_the_whole_file_and_leaves_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("report.json");
        fs::write(&path, "a longer old report").unwrap();
        write_atomically(&path, false, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(place.path()), ["report.json"]);
    }

    #[test]
    fn a_failing_writer_leaves_the_old_file_and_no_temporary_one() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("report.json");
        fs::write(&path, "old").unwrap();
        let error = write_atomically(&path, false, |out| {
            out.write_all(&vec![b'x'; 2 * BUFFER])?;
            Err(io::Error::other("disk on fire"))
        })
        .unwrap_err();
        assert_eq!(error.operation, "write");
        assert_eq!(error.source.to_string(), "disk on fire");
        assert!(error.to_string().ends_with("/report.json"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(place.path()), ["report.json"]);
    }

    #[test]
    fn a_panicking_writer_leaves_no_temporary_file() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("report.json");
        let outcome = std::panic::catch_unwind(|| write_atomically(&path, true, |_| panic!("a format has a bug")));
        assert!(outcome.is_err());
        assert!(names(place.path()).is_empty());
    }

    #[test]
    fn staged_reports_appear_together_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let (a, b) = (place.path().join("a"), place.path().join("b"));
        let first = Staged::stage(&a, false, |out| out.write_all(b"a")).unwrap();
        assert!(!a.exists());
        drop(Staged::stage(&b, false, |out| out.write_all(b"b")).unwrap());
        first.commit().unwrap();
        assert_eq!(names(place.path()), ["a"]);
    }

    #[test]
    fn private_files_are_for_their_owner_and_others_follow_the_umask() {
        let place = tempfile::tempdir().unwrap();
        let (private, public, plain) =
            (place.path().join("private"), place.path().join("public"), place.path().join("plain"));
        // The mode of a file that was there is not inherited: it could be wider.
        fs::write(&private, "").unwrap();
        write_atomically(&private, true, |_| Ok(())).unwrap();
        write_atomically(&public, false, |_| Ok(())).unwrap();
        File::create(&plain).unwrap();
        assert_eq!(mode(&private), 0o600);
        assert_eq!(mode(&public), mode(&plain));
    }

    #[test]
    fn links_are_replaced_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let (victim, path) = (place.path().join("victim"), place.path().join("report"));
        fs::write(&victim, "untouched").unwrap();
        symlink(&victim, &path).unwrap();
        write_atomically(&path, false, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"untouched");
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
    }

    #[test]
    fn pipes_and_devices_are_written_into() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let reader = std::thread::spawn({
            let path = path.clone();
            move || fs::read(path).unwrap()
        });
        write_atomically(&path, true, |out| out.write_all(b"through")).unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
        assert!(fs::metadata(&path).unwrap().file_type().is_fifo());

        write_atomically(Path::new("/dev/null"), false, |out| out.write_all(b"x")).unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_directory_and_a_missing_directory_fail_at_staging() {
        let place = tempfile::tempdir().unwrap();
        let error = Staged::stage(place.path(), false, |_| Ok(())).unwrap_err();
        assert_eq!(error.source.kind(), io::ErrorKind::IsADirectory);
        let error = Staged::stage(&place.path().join("no/report"), false, |_| Ok(())).unwrap_err();
        assert_eq!(error.operation, "create a temporary file for");
        assert_eq!(error.source.kind(), io::ErrorKind::NotFound);
    }
}
