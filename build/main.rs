//! Compiles the rule files under `patterns/rules` into the compact form that the binary embeds.
//!
//! Parsing three hundred regular expressions and proving a lane for each takes a quarter of a second; doing it here
//! leaves the start of a scan with a few milliseconds. The code is the loader's own, so that there is one reading of
//! the format.

#![allow(clippy::print_stdout, reason = "build scripts speak to cargo on standard output")]

#[allow(dead_code, unused_imports, unreachable_pub, reason = "the loader is compiled here for one of its functions")]
#[path = "../src/rule/loader.rs"]
mod rule;
#[allow(dead_code, unreachable_pub, reason = "the loader needs the types, not all that they can do")]
#[path = "../src/severity.rs"]
mod severity;

use std::path::Path;
use std::{env, fs, process};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets the manifest directory");
    let folder = Path::new(&root).join("patterns/rules");
    for watched in ["build", "patterns/rules", "src/rule", "src/severity.rs"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    let rules = rule::load_folder(&folder).unwrap_or_else(|error| {
        println!("cargo::error={error}");
        process::exit(1);
    });
    let out = env::var("OUT_DIR").expect("cargo sets the output directory");
    let packed = postcard::to_stdvec(&rules).expect("rules are plain data");
    fs::write(Path::new(&out).join("rules.bin"), packed).expect("the output directory can be written");
}
