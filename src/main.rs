//! The `straykey` binary: arguments, run, exit code. The only place that ends the process.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use straykey::cli::{self, args::Args};

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        // Messages of panics can hold a piece of the text they came from, so only the place is told.
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        tell(&format!("internal error at {place}"));
    }));
    let args = Args::parse();
    match cli::run(args) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            tell(&format!("{error:#}"));
            ExitCode::from(cli::COULD_NOT_RUN)
        }
    }
}

fn tell(message: &str) {
    let message = straykey::blob::printable_text(message);
    // Nobody is left to tell if standard error is closed.
    drop(writeln!(std::io::stderr(), "straykey: {message}"));
}
