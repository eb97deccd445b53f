//! Runs the program as a user would, in an environment of its own.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The fingerprint key of the tests.
pub(crate) const TEST_KEY: &str = "a key for tests, as public as this file";

/// One run that is being prepared.
pub(crate) struct Run {
    command: Command,
    stdin: Vec<u8>,
    home: TempDir,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; -1 where a signal ended the program.
    pub(crate) status: i32,
    /// Standard output.
    pub(crate) stdout: Vec<u8>,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Run {
    /// A run with these arguments, a new home, a fixed fingerprint key and nothing else in the environment.
    pub(crate) fn new<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        let home = TempDir::with_prefix("home-").expect("a temporary folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_straykey"));
        command.args(arguments).env_clear().env("STRAYKEY_FINGERPRINT_KEY", TEST_KEY).env("NO_COLOR", "1");
        let mut run = Self { command, stdin: Vec::new(), home };
        let path = run.home.path().to_owned();
        run.set_home(&path);
        run
    }

    /// `straykey scan TARGET` with more arguments.
    pub(crate) fn scan(target: &Path, arguments: &[&str]) -> Self {
        let mut run = Self::new(["scan"]).args(arguments);
        run.command.arg(target);
        run
    }

    /// More arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes the fingerprint key out of the environment.
    pub(crate) fn without_key(mut self) -> Self {
        self.command.env_remove("STRAYKEY_FINGERPRINT_KEY");
        self
    }

    /// Uses a home that outlives the run.
    pub(crate) fn home(mut self, home: &Path) -> Self {
        self.set_home(home);
        self
    }

    fn set_home(&mut self, home: &Path) {
        self.command.env("HOME", home);
        for (name, below) in [
            ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_STATE_HOME", "state"),
        ] {
            self.command.env(name, home.join(below));
        }
    }

    /// What standard input holds; nothing unless it is said.
    pub(crate) fn stdin(mut self, bytes: &[u8]) -> Self {
        self.stdin = bytes.to_vec();
        self
    }

    /// The working directory.
    pub(crate) fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it to its end.
    pub(crate) fn go(mut self) -> Ran {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let mut pipe = child.stdin.take().expect("standard input is a pipe");
        let input = std::mem::take(&mut self.stdin);
        // A program that does not read its input may be gone before all is written.
        let writer = std::thread::spawn(move || drop(pipe.write_all(&input)));
        let output = child.wait_with_output().expect("the program ends");
        writer.join().expect("the writer ends");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        for panic in ["panicked at", "internal error at"] {
            assert!(!stderr.contains(panic), "the program panicked:\n{stderr}");
        }
        Ran { status: output.status.code().unwrap_or(-1), stdout: output.stdout, stderr }
    }
}

impl Ran {
    /// Checks the exit code and hands the run back.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "stdout:\n{}\nstderr:\n{}", self.text(), self.stderr);
        self
    }

    /// Standard output as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output as a JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}\nstdout:\n{}\nstderr:\n{}", self.text(), self.stderr))
    }

    /// Standard output as the findings of a JSON report.
    #[track_caller]
    pub(crate) fn places(&self) -> Vec<Place> {
        places(&self.json())
    }
}

/// One place of a finding in a JSON report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Relative to the target.
    pub(crate) path: String,
    /// Bytes of the original content.
    pub(crate) span: (u64, u64),
    /// The rule that found it.
    pub(crate) rule: String,
    /// First line, first column, last line, last column.
    pub(crate) region: [u64; 4],
    /// The value, where it was asked for and is UTF-8.
    pub(crate) value: Option<String>,
    /// Fingerprint of the value.
    pub(crate) fingerprint: Option<String>,
    /// Fingerprint of the place.
    pub(crate) place_fingerprint: String,
    /// How sure.
    pub(crate) confidence: String,
}

/// All places of a JSON report, in its order.
#[track_caller]
pub(crate) fn places(report: &Value) -> Vec<Place> {
    let mut places = Vec::new();
    for finding in array(&report["findings"]) {
        for place in array(&finding["places"]) {
            let region = |name: &str| number(&place["region"][name]);
            places.push(Place {
                path: string(&place["path"]),
                span: (number(&place["span"]["start"]), number(&place["span"]["end"])),
                rule: string(&finding["rule"]["id"]),
                region: ["start_line", "start_column", "end_line", "end_column"].map(region),
                value: finding["value"].as_str().filter(|_| finding["value_bytes"].is_null()).map(str::to_owned),
                fingerprint: finding["fingerprint"].as_str().map(str::to_owned),
                place_fingerprint: string(&place["place_fingerprint"]),
                confidence: string(&place["confidence"]),
            });
        }
    }
    places
}

/// The elements of a JSON array.
#[track_caller]
pub(crate) fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("an array is expected, not {value}"))
}

/// A JSON string.
#[track_caller]
pub(crate) fn string(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a string is expected, not {value}")).to_owned()
}

#[track_caller]
fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a number is expected, not {value}"))
}

/// A temporary folder with these files.
pub(crate) fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::with_prefix("tree-").expect("a temporary folder");
    for (path, text) in files {
        put(folder.path(), path, text.as_bytes());
    }
    folder
}

/// Writes a file below `root`, with the folders it needs.
pub(crate) fn put(root: &Path, path: &str, bytes: &[u8]) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().expect("a file has a folder")).expect("the folder can be made");
    fs::write(file, bytes).expect("the file can be written");
}

/// A checksummed token that no other seed gives: found with high confidence wherever it stands.
pub(crate) fn token(seed: &str) -> String {
    crate::plant::expand("{{crc32:gh${}p_}}", &mut crate::plant::Noise::seeded(seed)).expect("the generator is known")
}
