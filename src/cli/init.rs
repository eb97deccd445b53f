//! `straykey init`: a commented configuration with a fresh salt, and a job for the CI system that is there. Never
//! overwrites a file.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};

use super::{ExitCode, config};
use crate::blob::hex;

/// Bytes of a salt that is made here.
const SALT_LENGTH: usize = 32;

/// The command that the jobs run, and that people can.
const GATE: &str = "straykey scan . --config straykey.toml --fail-on high";

/// The job for GitHub Actions. `persist-credentials` is off since the checkout would else write a token into
/// `.git/config`, which is scanned.
const GITHUB: &str = "\
# Fails a change that holds secrets of severity high or critical.
name: straykey
on:
  push:
    branches: [main]
  pull_request:
permissions:
  contents: read
jobs:
  secrets:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - run: cargo install --locked --git https://github.com/straykey/straykey straykey
      - run: GATE
";

/// The job for GitLab CI.
const GITLAB: &str = "\
# Fails a change that holds secrets of severity high or critical.
straykey:
  stage: test
  image: rust:1
  script:
    - cargo install --locked --git https://github.com/straykey/straykey straykey
    - GATE
";

/// Runs `straykey init`.
pub(super) fn run(folder: &Path) -> anyhow::Result<ExitCode> {
    if !fs::metadata(folder).with_context(|| format!("cannot write to {}", folder.display()))?.is_dir() {
        bail!("{} is not a directory", folder.display());
    }
    let mut salt = [0; SALT_LENGTH];
    getrandom::fill(&mut salt).map_err(|error| anyhow!("no random bytes for a salt are to be had: {error}"))?;
    let mut files = vec![(PathBuf::from("straykey.toml"), config::template(&hex(&salt)))];
    files.push((PathBuf::from("exceptions.toml"), super::exceptions::template()));
    let github = folder.join(".github").is_dir();
    let gitlab = folder.join(".gitlab-ci.yml").is_file();
    if github {
        files.push((".github/workflows/straykey.yml".into(), GITHUB.replace("GATE", GATE)));
    }
    if gitlab {
        files.push((".gitlab/straykey.yml".into(), GITLAB.replace("GATE", GATE)));
    }
    let mut written = 0;
    let mut lines = Vec::new();
    for (below, text) in &files {
        let path = folder.join(below);
        let name = crate::blob::printable(path.as_os_str().as_encoded_bytes());
        match write_new(&path, text) {
            Ok(()) => {
                written += 1;
                lines.push(format!("wrote {name}"));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                lines.push(format!("left {name} as it is: it exists"));
            }
            Err(error) => return Err(error).with_context(|| format!("cannot write {name}")),
        }
    }
    if gitlab {
        lines.push("add to .gitlab-ci.yml:\n  include:\n    - local: .gitlab/straykey.yml".to_owned());
    }
    lines.push(format!("run: {GATE}"));
    super::print(|out| {
        for line in &lines {
            writeln!(out, "{line}")?;
        }
        Ok(0)
    })?;
    if written == 0 {
        bail!("nothing was written: all files exist; remove or rename what is to be written anew");
    }
    Ok(0)
}

/// Writes a file that must not exist. One that could not be written whole is taken away again.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::File::create_new(path)?;
    let done = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if done.is_err() {
        drop(fs::remove_file(path));
    }
    done
}
