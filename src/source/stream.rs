//! Streams that the operator names as targets: FIFOs, devices, process substitutions.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

/// Longest pause between two looks at a stream that has nothing to give yet.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// A stream that is read to its end without ever waiting for somebody to open its other side.
#[derive(Debug)]
pub struct Stream {
    file: File,
}

/// Opens a stream for reading. A FIFO that nobody writes to is at its end at once.
pub fn open_stream(path: &Path) -> io::Result<Stream> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC);
    options.open(path).map(|file| Stream { file })
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut pause = Duration::from_micros(100);
        loop {
            match self.file.read(buffer) {
                // A writer is there but has nothing to say yet; polling needs no unsafe code.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                result => return result,
            }
        }
    }
}
