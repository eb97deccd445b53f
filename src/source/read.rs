//! Reads files and streams into blobs.
//!
//! Paths come from a walk that has seen a regular file there; by now anything can lie there, so nothing is followed,
//! nothing blocks, and what is not as expected is a gap. Whatever bytes came are searched all the same.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::budget::{MemoryBudget, Sizes};
use super::window::{Failure, Sink, Source, Windows};
use crate::blob::{Blob, Content, Origin};
use crate::gap::GapClass;

/// Reads content into blobs; one a worker, since its buffers are reused.
#[derive(Debug)]
pub struct Reader {
    windows: Windows,
}

/// What became of one piece of content.
#[derive(Debug)]
pub struct Outcome {
    /// Bytes of content that were read.
    pub bytes: u64,
    /// What the content is; nothing where none of it could be searched.
    pub content: Option<Content>,
    /// What was not, or not wholly, searched: clauses without the path and without any content.
    pub gaps: Vec<(GapClass, String)>,
}

impl Outcome {
    fn unread(reason: String) -> Self {
        Self { bytes: 0, content: None, gaps: vec![(GapClass::Unreadable, reason)] }
    }
}

impl Reader {
    /// A reader that takes memory for large content from `budget`.
    pub fn new(budget: Arc<MemoryBudget>) -> Self {
        Self { windows: Windows::new(budget, Sizes::DEFAULT) }
    }

    /// Reads the regular file that a walk found at `path`, and hands its blobs to `each` in the order of the content.
    ///
    /// The wide strings inside a window of a binary come before the window. Empty content has no blob. While `each`
    /// runs, the reader may hold a permit of the memory budget, so `each` must not wait for one. After a panic in
    /// `each` the reader is as good as new.
    pub fn file(&mut self, path: &Path, origin: &Arc<Origin>, each: &mut dyn FnMut(&Blob<'_>)) -> Outcome {
        let opened = os::open(path).and_then(|file| file.metadata().map(|found| (file, found)));
        let (mut file, before) = match opened {
            Ok(opened) => opened,
            Err(error) => return Outcome::unread(open_reason(&error)),
        };
        if !before.is_file() {
            return Outcome::unread(NOT_REGULAR.to_owned());
        }
        // Pseudo-files have content but no size.
        let size = (before.len() > 0).then_some(before.len());
        let mut outcome = self.read(&mut file, size, origin, each);
        let failed = outcome.gaps.iter().any(|(class, _)| *class != GapClass::Opaque);
        if !failed && has_changed(&file, &before, outcome.bytes) {
            let reason = "changed while it was read".to_owned();
            outcome.gaps.push((GapClass::Unreadable, reason));
        }
        outcome
    }

    /// Reads `input`, for example standard input or a FIFO that the operator named, to its end. Otherwise as
    /// [`Reader::file`]: the same bytes give the same blobs.
    pub fn stream(&mut self, input: &mut dyn Read, origin: &Arc<Origin>, each: &mut dyn FnMut(&Blob<'_>)) -> Outcome {
        self.read(input, None, origin, each)
    }

    /// Reads content that is at hand. Otherwise as [`Reader::file`]: the same bytes give the same blobs.
    pub fn bytes(&mut self, mut bytes: &[u8], origin: &Arc<Origin>, each: &mut dyn FnMut(&Blob<'_>)) -> Outcome {
        let size = bytes.len() as u64;
        self.read(&mut bytes, Some(size), origin, each)
    }

    fn read(
        &mut self,
        input: &mut dyn Read,
        size: Option<u64>,
        origin: &Arc<Origin>,
        each: &mut dyn FnMut(&Blob<'_>),
    ) -> Outcome {
        let mut source = Source::new(input, size);
        let mut gaps = Vec::new();
        let content = self.windows.search(&mut source, &mut Sink { origin, each }, &mut gaps);
        match &source.failure {
            None => {}
            Some(Failure::Memory) => {
                gaps.push((GapClass::OverBudget, "not enough memory to read all of it".to_owned()));
            }
            Some(Failure::Read(error)) => {
                gaps.push((GapClass::Unreadable, format!("reading failed: {}", error_text(error))));
            }
        }
        Outcome { bytes: source.bytes, content, gaps }
    }
}

const NOT_REGULAR: &str = "is no regular file any more";

/// Whether the file is another than it was `before` it was read, or gave fewer bytes than it had then.
fn has_changed(file: &File, before: &Metadata, bytes: u64) -> bool {
    bytes < before.len() || file.metadata().map_or(true, |after| os::stamp(&after) != os::stamp(before))
}

fn open_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "vanished before it was read".to_owned(),
        _ => os::open_reason(error).map_or_else(|| error_text(error), str::to_owned),
    }
}

/// An error in words that name no path: those of the operating system for its own, else those of the kind. The
/// message of any other error is not to be trusted with that.
fn error_text(error: &io::Error) -> String {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::PermissionDenied, _) | (_, None) => error.kind().to_string(),
        (_, Some(code)) => io::Error::from_raw_os_error(code).to_string(),
    }
}

#[cfg(unix)]
mod os {
    //! What Unix knows better than the standard library.

    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
    use std::path::Path;

    /// Opens without following a link, without waiting for a FIFO's writer, without acquiring a terminal.
    pub(super) fn open(path: &Path) -> io::Result<File> {
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
        OpenOptions::new().read(true).custom_flags(flags).open(path)
    }

    /// Why opening failed, where the kind of the error does not say it well.
    pub(super) fn open_reason(error: &io::Error) -> Option<&'static str> {
        match error.raw_os_error()? {
            libc::ENAMETOOLONG => Some("path too long"),
            // Of the flag, not of a loop: the directories above were walked a moment ago.
            libc::ELOOP => Some("became a symbolic link"),
            // A socket, or a device without a driver.
            libc::ENXIO | libc::ENODEV => Some(super::NOT_REGULAR),
            _ => None,
        }
    }

    /// What changes when the content does.
    pub(super) fn stamp(found: &Metadata) -> impl PartialEq + use<> {
        (found.size(), found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec())
    }
}

#[cfg(not(unix))]
mod os {
    //! The nearest that the standard library offers.

    use std::fs::{File, Metadata};
    use std::io;
    use std::path::Path;

    /// Opens what is a regular file, and no link, at this moment.
    pub(super) fn open(path: &Path) -> io::Result<File> {
        if !path.symlink_metadata()?.is_file() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        File::open(path)
    }

    /// Why opening failed, where the kind of the error does not say it well.
    pub(super) fn open_reason(error: &io::Error) -> Option<&'static str> {
        (error.kind() == io::ErrorKind::Unsupported).then_some(super::NOT_REGULAR)
    }

    /// What changes when the content does.
    pub(super) fn stamp(found: &Metadata) -> impl PartialEq + use<> {
        (found.len(), found.modified().ok())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    fn reader() -> Reader {
        Reader::new(Arc::new(MemoryBudget::default()))
    }

    fn read(path: &Path) -> (Outcome, Vec<Vec<u8>>) {
        let mut texts = Vec::new();
        let origin = Arc::new(Origin::Stdin(0));
        let outcome = reader().file(path, &origin, &mut |blob| texts.push(blob.text.to_vec()));
        (outcome, texts)
    }

    fn unreadable(outcome: &Outcome) -> &str {
        let [(GapClass::Unreadable, reason)] = &outcome.gaps[..] else { panic!("not one gap: {:?}", outcome.gaps) };
        reason
    }

    #[test]
    fn a_file_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "key = value\n").unwrap();
        let (outcome, texts) = read(&path);
        assert_eq!(texts, [b"key = value\n"]);
        assert_eq!((outcome.bytes, outcome.content), (12, Some(Content::Text)));
        assert!(outcome.gaps.is_empty());
    }

    #[test]
    fn an_empty_file_has_no_blob_and_no_gap() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty");
        fs::write(&path, "").unwrap();
        let (outcome, texts) = read(&path);
        assert!(texts.is_empty() && outcome.gaps.is_empty());
        assert_eq!((outcome.bytes, outcome.content), (0, Some(Content::Text)));
    }

    #[test]
    fn what_is_no_regular_file_is_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let (outcome, _) = read(&folder.path().join("none"));
        assert_eq!(unreadable(&outcome), "vanished before it was read");
        assert_eq!(outcome.content, None);
        let (outcome, _) = read(&folder.path().join("n".repeat(5000)));
        if cfg!(unix) {
            assert_eq!(unreadable(&outcome), "path too long");
        }
        let (outcome, _) = read(folder.path());
        assert!(unreadable(&outcome).contains("no regular file"), "{outcome:?}");
    }

    #[cfg(unix)]
    #[test]
    fn links_fifos_and_sockets_are_neither_followed_nor_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "text").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        assert_eq!(unreadable(&read(&at("link")).0), "became a symbolic link");
        assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
        assert_eq!(unreadable(&read(&at("fifo")).0), NOT_REGULAR);
        let _listener = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        assert_eq!(unreadable(&read(&at("socket")).0), NOT_REGULAR);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_without_permission_is_a_gap() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("closed");
        fs::write(&path, "text").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        if File::open(&path).is_ok() {
            return; // The superuser may read it.
        }
        assert_eq!(unreadable(&read(&path).0), "permission denied");
    }

    #[test]
    fn a_file_that_changes_is_searched_and_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let origin = Arc::new(Origin::Stdin(0));
        let changes: [&dyn Fn(); 3] =
            [&|| fs::write(&path, "longer than before").unwrap(), &|| fs::write(&path, "").unwrap(), &|| {
                let file = File::options().write(true).open(&path).unwrap();
                file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
            }];
        for change in changes {
            fs::write(&path, "before").unwrap();
            let mut texts = Vec::new();
            let outcome = reader().file(&path, &origin, &mut |blob| {
                texts.push(blob.text.to_vec());
                change();
            });
            assert_eq!(texts, [b"before"]);
            assert_eq!(unreadable(&outcome), "changed while it was read");
        }
    }

    #[test]
    fn a_file_that_shrinks_under_its_windows_is_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        fs::write(&path, vec![b'x'; 20 << 20]).unwrap();
        let origin = Arc::new(Origin::Stdin(0));
        let outcome = reader().file(&path, &origin, &mut |_| {
            File::options().write(true).open(&path).unwrap().set_len(1).unwrap();
        });
        assert_eq!(unreadable(&outcome), "changed while it was read");
        assert!(outcome.bytes < 20 << 20);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pseudo_file_without_a_size_is_read_to_its_end() {
        let (outcome, texts) = read(Path::new("/proc/self/status"));
        assert!(outcome.gaps.is_empty(), "{outcome:?}");
        assert!(texts.concat().starts_with(b"Name:"));
    }

    #[test]
    fn a_stream_that_fails_midway_is_searched_so_far() {
        struct Fails;
        impl Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("a message with /a/path in it"))
            }
        }
        let origin = Arc::new(Origin::Stdin(0));
        let mut texts = Vec::new();
        let mut input = (&b"came"[..]).chain(Fails);
        let outcome = reader().stream(&mut input, &origin, &mut |blob| texts.push(blob.text.to_vec()));
        assert_eq!(texts, [b"came"]);
        assert_eq!(unreadable(&outcome), "reading failed: other error");
        assert_eq!((outcome.bytes, outcome.content), (4, Some(Content::Text)));
        let outcome = reader().stream(&mut Fails, &origin, &mut |_| panic!("nothing came"));
        assert_eq!((outcome.bytes, outcome.content), (0, None));
    }

    #[test]
    fn a_reader_outlives_a_panic_and_a_container_is_an_opaque_gap() {
        let origin = Arc::new(Origin::Stdin(0));
        let mut reader = reader();
        let input = vec![b'x'; 3 << 20];
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            reader.stream(&mut &input[..], &origin, &mut |_| panic!("a test's own panic"))
        }));
        assert!(caught.is_err());
        let mut blobs = 0;
        let outcome = reader.stream(&mut &b"\x1f\x8b\x08\0text"[..], &origin, &mut |_| blobs += 1);
        assert_eq!(blobs, 1);
        let [(GapClass::Opaque, reason)] = &outcome.gaps[..] else { panic!("{outcome:?}") };
        assert!(reason.starts_with("gzip stream: "));
        assert_eq!(outcome.content, Some(Content::Binary));
    }
}
