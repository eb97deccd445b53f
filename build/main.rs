//! Compiles the rule files under `patterns/rules` into the compact form that the binary embeds.
//!
//! Parsing three hundred regular expressions and proving a lane for each takes a quarter of a second; doing it here
//! leaves the start of a scan with a few milliseconds. The code is the loader's own, so that there is one reading of
//! the format.
//!
//! Also digests the sources, so that what a cache of another engine remembers is not believed.

#![allow(clippy::print_stdout, reason = "build scripts speak to cargo on standard output")]

#[allow(dead_code, unused_imports, unreachable_pub, reason = "the loader is compiled here for one of its functions")]
#[path = "../src/rule/loader.rs"]
mod rule;
#[allow(dead_code, unreachable_pub, reason = "the loader needs the types, not all that they can do")]
#[path = "../src/severity.rs"]
mod severity;

use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// What the packed rules are made by and of.
const PACK: [&str; 4] = ["build", "patterns/rules", "src/rule", "src/severity.rs"];

/// What decides on the findings of a scan.
const ENGINE: [&str; 3] = ["src", "patterns", "Cargo.lock"];

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets the manifest directory");
    let root = Path::new(&root);
    for watched in PACK.iter().chain(&ENGINE) {
        println!("cargo::rerun-if-changed={watched}");
    }
    println!("cargo::rustc-env=STRAYKEY_ENGINE={:016x}", digest(root, &ENGINE));
    let out = env::var("OUT_DIR").expect("cargo sets the output directory");
    let (packed, made_of) = (Path::new(&out).join("rules.bin"), Path::new(&out).join("rules.digest"));
    // Packing takes seconds, and most changes are not of the rules.
    let digest = format!("{:016x}", digest(root, &PACK));
    if packed.exists() && fs::read_to_string(&made_of).is_ok_and(|known| known == digest) {
        return;
    }
    let rules = rule::load_folder(&root.join("patterns/rules")).unwrap_or_else(|error| {
        println!("cargo::error={error}");
        process::exit(1);
    });
    let bytes = postcard::to_stdvec(&rules).expect("rules are plain data");
    fs::write(packed, bytes).expect("the output directory can be written");
    fs::write(made_of, digest).expect("the output directory can be written");
}

/// A digest of files and of those in folders, by their paths and contents. It tells versions of our own sources apart.
fn digest(root: &Path, parts: &[&str]) -> u64 {
    let mut files = Vec::new();
    parts.iter().for_each(|part| list(&root.join(part), &mut files));
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        let path = file.strip_prefix(root).expect("it lies below the root");
        hasher.write(path.as_os_str().as_encoded_bytes());
        hasher.write(&fs::read(&file).unwrap_or_default());
        hasher.write_u8(0xff);
    }
    hasher.finish()
}

fn list(path: &Path, files: &mut Vec<PathBuf>) {
    match fs::read_dir(path) {
        Ok(entries) => entries.filter_map(Result::ok).for_each(|entry| list(&entry.path(), files)),
        Err(_) => files.push(path.to_path_buf()),
    }
}
