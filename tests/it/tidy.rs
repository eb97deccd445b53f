//! Invariants of the source tree that no compiler checks. Each has a made-up line that it must refuse.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The order of the modules: each with those it may name. What is not here may not be a module of the crate.
const ORDER: &[(&str, &[&str])] = &[
    ("named", &[]),
    ("span", &[]),
    ("secret", &[]),
    ("severity", &[]),
    ("words", &[]),
    ("blob", &["span"]),
    ("gap", &["blob"]),
    ("source", &["blob", "gap", "span"]),
    ("rule", &["span", "severity"]),
    ("detect", &["rule", "blob", "secret", "span"]),
    ("check", &["detect", "rule", "secret", "span", "severity"]),
    ("finding", &["detect", "check", "blob", "secret", "severity", "span", "rule"]),
    ("slot", &["check", "blob", "finding"]),
    ("scan", &["span", "secret", "severity", "blob", "gap", "source", "rule", "detect", "check", "finding", "slot"]),
    ("nhi", &["finding", "rule"]),
    ("govern", &["nhi", "finding", "words"]),
    (
        "report",
        &["finding", "govern", "gap", "blob", "nhi", "rule", "check", "secret", "severity", "slot", "span", "words"],
    ),
    ("evidence", &["report", "govern", "scan", "slot", "finding", "rule", "blob", "severity"]),
    ("view", &["evidence", "govern", "finding", "severity", "words"]),
    ("register", &["view", "evidence", "report", "govern", "finding", "rule", "blob", "severity"]),
    ("oscal", &["register", "view", "evidence", "govern", "finding", "blob", "severity", "words"]),
    ("page", &["view", "evidence", "report", "govern", "finding", "blob", "severity", "slot", "words"]),
    ("cli", ANY),
    ("main", ANY),
    ("lib", ANY),
];

/// May name every module.
const ANY: &[&str] = &["*"];

/// Lines that a source file may have.
const MAX_LINES: usize = 600;

/// Modules that may print.
const PRINTERS: [&str; 3] = ["cli", "report", "main"];

const PRINTING: [&str; 5] = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `folder` of the repository, as paths relative to it, sorted.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        // Folders such as `benches` may be absent.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("the source tree can be listed").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_owned();
            if path.is_symlink() || matches!(name.as_str(), ".git" | "target" | "node_modules") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(root()).expect("it lies below").to_owned());
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Rust files of `folders`.
fn rust(folders: &[&str]) -> Vec<PathBuf> {
    let all = folders.iter().flat_map(|folder| files(folder));
    all.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The source of the crate without its tests: path and text, where lines of tests are empty.
fn sources() -> Vec<(PathBuf, String)> {
    let paths = rust(&["src"]);
    let mut test_files = BTreeSet::new();
    for path in &paths {
        for name in test_modules(&read(path)) {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("source files have UTF-8 names");
            let folder = path.parent().expect("it lies in a folder");
            let folder = if matches!(stem, "mod" | "lib" | "main") { folder.to_owned() } else { folder.join(stem) };
            test_files.insert(folder.join(format!("{name}.rs")));
            test_files.insert(folder.join(name));
        }
    }
    let is_test = |path: &Path| {
        let named = path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| stem.ends_with("_tests"));
        named || path.ancestors().any(|ancestor| test_files.contains(ancestor))
    };
    paths
        .into_iter()
        .filter(|path| !is_test(path))
        .map(|path| {
            let text = code(&read(&path));
            (path, text)
        })
        .collect()
}

/// Names of the modules in files of their own that exist in tests alone.
fn test_modules(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let marked = |pair: &&[&str]| pair[0] == "#[cfg(test)]";
    let name = |pair: &[&str]| -> Option<usize> {
        let line = pair[1].trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        (line.starts_with("mod ") && line.ends_with(';')).then_some(line.len())
    };
    lines
        .windows(2)
        .filter(marked)
        .filter(|pair| name(pair).is_some())
        .filter_map(|pair| pair[1].rsplit(' ').next()?.strip_suffix(';'))
        .collect()
}

/// `text` with comments and items under `#[cfg(test)]` blanked, line by line. An item ends with the first line that
/// closes it at its own indentation, which rustfmt sees to.
fn code(text: &str) -> String {
    let mut out = String::new();
    let mut skipping: Option<String> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        let lead = &line[..line.len() - trimmed.len()];
        if let Some(indent) = &skipping {
            let at_home = lead == indent && !trimmed.is_empty();
            let attribute = trimmed.starts_with("#[");
            let ends = at_home
                && !attribute
                && (trimmed.starts_with('}')
                    || trimmed.ends_with(';')
                    || trimmed.ends_with("},")
                    || trimmed.ends_with('}'));
            if ends {
                skipping = None;
            }
        } else if trimmed == "#[cfg(test)]" {
            skipping = Some(lead.to_owned());
        } else if !trimmed.starts_with("//") {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

/// The top module a file of `src` belongs to.
fn module(path: &Path) -> String {
    let below = path.strip_prefix("src").expect("it lies in src");
    let first = below.iter().next().and_then(|part| part.to_str()).expect("source files have UTF-8 names");
    first.strip_suffix(".rs").unwrap_or(first).to_owned()
}

/// The modules that a text names behind `crate::`, with their lines from 1.
fn named_modules(text: &str) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        if text[..at].ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | '$' | ':')) {
            continue;
        }
        let line = text[..at].matches('\n').count() + 1;
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => named.extend(group_heads(group).into_iter().map(|head| (line, head))),
            None => named.push((line, identifier(rest))),
        }
    }
    named
}

/// The first identifiers of the members of a group: `a::b, c::{d, e}, f}` gives a, c and f.
fn group_heads(group: &str) -> Vec<String> {
    let (mut heads, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                heads.push(identifier(group[start..at].trim_start()));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

/// Edges of `module` that the order forbids. Names that are no module of the crate (macros, items of the root) pass.
fn forbidden_edges(module: &str, text: &str) -> Vec<(usize, String)> {
    let order: BTreeMap<&str, &[&str]> = ORDER.iter().copied().collect();
    let allowed = order.get(module).copied().unwrap_or(&[]);
    named_modules(text)
        .into_iter()
        .filter(|(_, name)| order.contains_key(name.as_str()) && name != module)
        .filter(|(_, name)| allowed != ANY && !allowed.contains(&name.as_str()))
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        for (line, name) in forbidden_edges(&module(&path), &text) {
            faults.push(format!("{}:{line}: may not use {name}", path.display()));
        }
    }
    assert!(faults.is_empty(), "the order of the modules is broken:\n{}", faults.join("\n"));
}

#[test]
fn every_module_has_its_place_in_the_order() {
    let known: BTreeSet<&str> = ORDER.iter().map(|(name, _)| *name).collect();
    let modules: BTreeSet<String> = rust(&["src"]).iter().map(|path| module(path)).collect();
    let unknown: Vec<&String> = modules.iter().filter(|name| !known.contains(name.as_str())).collect();
    assert!(unknown.is_empty(), "give these a place in ORDER: {unknown:?}");
    // The order itself has no cycle: all that a module may use comes before it.
    let mut before = BTreeSet::new();
    for (name, uses) in ORDER {
        assert!(*uses == ANY || uses.iter().all(|used| before.contains(used)), "{name} uses what comes later");
        before.insert(*name);
    }
}

#[test]
fn the_order_refuses_what_it_should() {
    for (module, text) in [
        ("span", "use crate::blob::Blob;"),
        ("govern", "use crate::{nhi::Identity, source::walk};"),
        ("rule", "fn f(x: crate::finding::Finding) {}"),
        ("report", "use crate::{\n    finding::{Finding, Effect},\n    scan,\n};"),
    ] {
        assert_eq!(forbidden_edges(module, text).len(), 1, "{module}: {text}");
    }
    for (module, text) in [
        ("span", "use crate::span::Region;"),
        ("finding", "use crate::{blob::{Blob, Origin}, secret::Secret};"),
        ("cli", "use crate::report::Report;"),
        ("span", "macro_rules! m { () => { $crate::blob::x() } }"),
    ] {
        assert!(forbidden_edges(module, &code(text)).is_empty(), "{module}: {text}");
    }
    let tests = "fn a() {}\n#[cfg(test)]\nmod tests {\n    use crate::blob::Blob;\n}\n// crate::blob\n";
    assert!(forbidden_edges("span", &code(tests)).is_empty());
    assert_eq!(test_modules("#[cfg(test)]\nmod sample;\nmod other;\n"), ["sample"]);
}

/// Lines of a text that hold one of `needles` as a word of its own.
fn lines_with(text: &str, needles: &[&str]) -> Vec<usize> {
    let holds = |line: &str, needle: &str| {
        line.match_indices(needle)
            .any(|(at, _)| !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
    };
    let hit = |line: &str| needles.iter().any(|needle| holds(line, needle));
    text.lines().enumerate().filter(|(_, line)| hit(line)).map(|(at, _)| at + 1).collect()
}

#[test]
fn only_the_command_line_and_reports_print() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        if !PRINTERS.contains(&module(&path).as_str()) {
            faults.extend(lines_with(&text, &PRINTING).iter().map(|line| format!("{}:{line}", path.display())));
        }
    }
    assert!(faults.is_empty(), "printing outside of {PRINTERS:?}:\n{}", faults.join("\n"));
    assert_eq!(lines_with("a\n    println!(\"x\");\n", &PRINTING), [2]);
    assert_eq!(lines_with("dbg!(x)\n", &PRINTING), [1]);
    assert!(lines_with("my_println!(x)", &PRINTING).is_empty());
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    let unwrap = |text: &str| -> Vec<usize> {
        text.lines().enumerate().filter(|(_, line)| line.contains(".unwrap()")).map(|(at, _)| at + 1).collect()
    };
    let mut faults = Vec::new();
    for (path, text) in sources() {
        faults.extend(unwrap(&text).iter().map(|line| format!("{}:{line}", path.display())));
    }
    assert!(faults.is_empty(), "say why it cannot fail, with `expect`:\n{}", faults.join("\n"));
    assert_eq!(unwrap("let x = y.unwrap();"), [1]);
    assert!(unwrap(&code("#[cfg(test)]\nmod tests {\n    y.unwrap();\n}\n")).is_empty());
}

#[test]
fn files_are_short() {
    let too_long = |lines: usize| lines > MAX_LINES;
    let faults: Vec<String> = rust(&["src", "tests", "benches"])
        .into_iter()
        .map(|path| (read(&path).lines().count(), path))
        .filter(|(lines, _)| too_long(*lines))
        .map(|(lines, path)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(faults.is_empty(), "at most {MAX_LINES} lines:\n{}", faults.join("\n"));
    assert!(too_long(MAX_LINES + 1) && !too_long(MAX_LINES));
}

#[test]
fn every_module_says_what_it_is_for() {
    let documented = |text: &str| {
        let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("#!["));
        first.is_some_and(|line| line.starts_with("//! "))
    };
    let modules = sources().into_iter().map(|(path, _)| path).chain(rust(&["tests", "benches"]));
    let faults: Vec<String> =
        modules.filter(|path| !documented(&read(path))).map(|path| path.display().to_string()).collect();
    assert!(faults.is_empty(), "files without a `//!` doc:\n{}", faults.join("\n"));
    assert!(!documented("pub mod a;\n") && documented("\n//! Text.\n"));
}

/// Traces of the machine or the program that a text was made with: where this repository lies, where its user is at
/// home, and what editors and generators sign with.
/// What lies at the top of the tree. A report that somebody wrote there by mistake is none of it.
/// The names that the dependency tables of a manifest hold.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let manifest: toml::Table = manifest.parse().expect("a manifest");
    ["dependencies", "build-dependencies"]
        .iter()
        .filter_map(|table| manifest.get(*table)?.as_table())
        .flat_map(|table| table.keys().cloned())
        .collect()
}

#[test]
fn the_lock_of_the_fuzz_targets_knows_every_dependency() {
    let lock: toml::Table = read(root().join("fuzz/Cargo.lock")).parse().expect("a lock file");
    let locked: BTreeSet<String> = lock["package"]
        .as_array()
        .expect("packages")
        .iter()
        .filter(|package| package["name"].as_str() == Some("straykey"))
        .filter_map(|package| package["dependencies"].as_array())
        .flatten()
        // A name is followed by a version where the lock holds several.
        .filter_map(|name| name.as_str()?.split(' ').next().map(str::to_owned))
        .collect();
    let wanted = dependencies(&read(root().join("Cargo.toml")));
    assert!(wanted.len() > 20, "the manifest was not understood: {wanted:?}");
    let missing: Vec<&String> = wanted.difference(&locked).collect();
    assert!(missing.is_empty(), "run `cargo check` in fuzz/: its lock file lacks {missing:?}");
}

#[test]
fn the_top_of_the_tree_is_known() {
    const KNOWN: [&str; 27] = [
        ".ci",
        ".git",
        ".github",
        ".gitignore",
        ".pre-commit-hooks.yaml",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "SECURITY.md",
        "action.yml",
        "benches",
        "build",
        "clippy.toml",
        "corpus",
        "deny.toml",
        "docs",
        "fuzz",
        "patterns",
        "rustfmt.toml",
        "src",
        "templates",
        "tests",
    ];
    let ignored = fs::read_to_string(root().join(".gitignore")).unwrap();
    let strange: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !KNOWN.contains(&name.as_str()))
        .filter(|name| !ignored.lines().any(|line| line.trim_matches('/') == name))
        .collect();
    assert!(strange.is_empty(), "what is this doing at the top of the tree: {strange:?}");
}

fn traces(text: &str, places: &[String]) -> Vec<usize> {
    let signatures =
        [concat!("co-authored", "-by:"), concat!("generated", " with ["), concat!("generated", " by chat")];
    let lower = |line: &str| line.to_ascii_lowercase();
    let hit = |line: &str| {
        places.iter().any(|place| line.contains(place.as_str()))
            || signatures.iter().any(|signature| lower(line).contains(signature))
    };
    text.lines().enumerate().filter(|(_, line)| hit(line)).map(|(at, _)| at + 1).collect()
}

#[test]
fn texts_bear_no_trace_of_the_machine() {
    let mut places: Vec<String> = root().ancestors().take(2).map(|path| path.display().to_string()).collect();
    places.extend(std::env::var("HOME").ok());
    // Short names such as `/src` stand in many a text.
    places.retain(|place| place.len() >= 5 && place != "/root");
    for place in &mut places {
        place.push('/');
    }
    let mut faults = Vec::new();
    for path in files("") {
        // What is not UTF-8 is no text.
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
        faults.extend(traces(&text, &places).iter().map(|line| format!("{}:{line}", path.display())));
    }
    assert!(faults.is_empty(), "machine paths or signatures of tools:\n{}", faults.join("\n"));
    let places = ["/somewhere/else/".to_owned()];
    assert_eq!(traces("see\n/somewhere/else/a.rs\n", &places), [2]);
    assert_eq!(traces(&format!("{}-By: x", "Co-Authored"), &places), [1]);
    assert!(traces("the author of it", &places).is_empty());
}
