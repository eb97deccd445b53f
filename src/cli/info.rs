//! Shell completions and the manual page, generated from the arguments.

use std::io;

use anyhow::Context as _;
use clap::CommandFactory as _;

use super::args::Args;

pub(super) fn completions(shell: clap_complete::Shell) {
    clap_complete::generate(shell, &mut Args::command(), "straykey", &mut io::stdout());
}

pub(super) fn man() -> anyhow::Result<()> {
    clap_mangen::Man::new(Args::command()).render(&mut io::stdout()).context("cannot write to standard output")
}
