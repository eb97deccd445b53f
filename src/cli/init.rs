//! `straykey init`: a commented configuration with a fresh salt, and a job for each CI system that is there, made from the
//! templates that people can copy. Never overwrites a file.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};

use super::{ExitCode, config};
use crate::blob::hex;

/// Bytes of a salt that is made here.
const SALT_LENGTH: usize = 32;

/// What people can run; the jobs gate at the same severity.
const GATE: &str = "straykey scan . --config straykey.toml --fail-on high";

/// A job for a CI system.
struct Job {
    /// What tells that the system is used, relative to the folder.
    sign: &'static str,
    /// Where the job is written.
    path: &'static str,
    /// The template, for people to copy as well.
    template: &'static str,
    /// How its comments begin.
    comment: &'static str,
    /// What is left to do by hand.
    rest: Option<&'static str>,
}

const JOBS: [Job; 4] = [
    Job {
        sign: ".github",
        path: ".github/workflows/straykey.yml",
        template: include_str!("../../templates/github-workflow.yml"),
        comment: "# ",
        rest: None,
    },
    Job {
        sign: ".gitlab-ci.yml",
        path: ".gitlab/straykey.yml",
        template: include_str!("../../templates/straykey.gitlab-ci.yml"),
        comment: "# ",
        rest: Some("add to .gitlab-ci.yml:\n  include:\n    - local: .gitlab/straykey.yml"),
    },
    Job {
        sign: "azure-pipelines.yml",
        path: ".azure/straykey.yml",
        template: include_str!("../../templates/azure-pipelines.yml"),
        comment: "# ",
        rest: Some("make a pipeline of .azure/straykey.yml, and a build validation of it for the branches to protect"),
    },
    Job {
        sign: "Jenkinsfile",
        path: "Jenkinsfile.straykey",
        template: include_str!("../../templates/Jenkinsfile"),
        comment: "// ",
        rest: Some("make a multibranch pipeline with the script path Jenkinsfile.straykey"),
    },
];

/// Variables of the templates that name what is written beside them.
const WRITTEN: [&str; 2] = ["STRAYKEY_CONFIG", "STRAYKEY_EXCEPTIONS"];

impl Job {
    /// The template, with the lines switched on that name the files written here.
    fn text(&self) -> String {
        WRITTEN
            .iter()
            .fold(self.template.to_owned(), |text, name| text.replace(&format!("{}{name}", self.comment), name))
    }
}

/// Runs `straykey init`.
pub(super) fn run(folder: &Path) -> anyhow::Result<ExitCode> {
    if !fs::metadata(folder).with_context(|| format!("cannot write to {}", folder.display()))?.is_dir() {
        bail!("{} is not a directory", folder.display());
    }
    let mut salt = [0; SALT_LENGTH];
    getrandom::fill(&mut salt).map_err(|error| anyhow!("no random bytes for a salt are to be had: {error}"))?;
    let mut files = vec![(PathBuf::from("straykey.toml"), config::template(&hex(&salt)))];
    files.push((PathBuf::from("exceptions.toml"), super::exceptions::template()));
    let jobs: Vec<_> = JOBS.iter().filter(|job| folder.join(job.sign).exists()).collect();
    files.extend(jobs.iter().map(|job| (job.path.into(), job.text())));
    let mut written = 0;
    let mut lines = Vec::new();
    for (below, text) in &files {
        let path = folder.join(below);
        let name = super::file::name(&path);
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
    lines.extend(jobs.iter().filter_map(|job| job.rest).map(str::to_owned));
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
