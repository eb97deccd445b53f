//! Which context a path speaks of.
//!
//! Names are compared component by component without regard to ASCII case, against sorted tables: no regular
//! expressions, no allocation, a few binary searches a path. The tables err on the side of saying nothing where a name
//! is as common for ordinary code (`spec.yaml`, `src/sample.rs`, `src/infrastructure/`), since [`ModifierId::Test`] and
//! [`ModifierId::Documentation`] lower the severity.

mod tables;

use super::ModifierId::{self, Agent, Ci, Container, Documentation, Iac, LogOrBuildOutput, Test};
use super::ModifierSet;
use tables::{
    CODE, CONFIGURATION_DIRECTORIES, DIRECTORIES, ENDINGS, EXTENSIONS, FILES, FIRST_WORDS, LAST_WORDS, LONGEST_KEY,
    NESTED_DIRECTORIES, Only, STEMS,
};

/// The modifiers that hold for a path relative to the scan target, with `/` between its components. For a member of an
/// archive, unite those of the archive's path and of the member's.
pub fn modifiers_of_path(path: &str) -> ModifierSet {
    let (directories, file) = path.rsplit_once('/').unwrap_or(("", path));
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    let code = contains(CODE, extension);
    let above = of_directories(directories, code);
    let named = of_file_name(file, extension, code);
    let mut set = above | named | of_test_or_example_name(file, extension, code);
    if directories_end_in_role(directories) && file.eq_ignore_ascii_case("main.yml") {
        set = set.with(Iac);
    }
    // `.github/workflows/test.yml` runs tests; it holds no test data.
    if named.contains(Ci) || above.contains(Ci) {
        set = if above.contains(Test) { set } else { set.without(Test) };
    }
    // `build/ci/Dockerfile` was not put out by a build.
    if set.contains_any(&[Ci, Iac, Container]) && !named.contains(LogOrBuildOutput) {
        set = set.without(LogOrBuildOutput);
    }
    // Instructions for agents are often Markdown, and agents obey them.
    if set.contains(Agent) && !above.contains(Documentation) {
        set = set.without(Documentation);
    }
    set
}

fn of_directories(directories: &str, code: bool) -> ModifierSet {
    let mut set = ModifierSet::EMPTY;
    let mut parent = "";
    for name in directories.split('/').filter(|name| !name.is_empty()) {
        if let Some(id) = lookup(DIRECTORIES, name) {
            set = set.with(id);
        }
        // A package about containers or clusters is code, whatever its name.
        if let Some(id) = lookup(CONFIGURATION_DIRECTORIES, name).filter(|_| !code) {
            set = set.with(id);
        }
        for (first, second, id) in NESTED_DIRECTORIES {
            if parent.eq_ignore_ascii_case(first) && name.eq_ignore_ascii_case(second) {
                set = set.with(*id);
            }
        }
        if ends_in_camel_word(name, &["Test", "Tests", "TestData"]) {
            set = set.with(Test);
        }
        if let Some(id) = last_word(name).and_then(|word| lookup(LAST_WORDS, word)) {
            set = set.with(id);
        }
        if starts_with(name, "cmake-build-") {
            set = set.with(LogOrBuildOutput);
        }
        if starts_with(name, ".aider") {
            set = set.with(Agent);
        }
        parent = name;
    }
    set
}

/// Whether the last directory is one of those that an Ansible role consists of.
fn directories_end_in_role(directories: &str) -> bool {
    let last = directories.rsplit('/').next().unwrap_or_default();
    ["tasks", "vars", "defaults", "handlers"].iter().any(|part| last.eq_ignore_ascii_case(part))
}

fn of_file_name(file: &str, extension: &str, code: bool) -> ModifierSet {
    let mut set = ModifierSet::EMPTY;
    let has_extension = extension.len() < file.len();
    let exact = lookup(FILES, file);
    let by_extension = lookup(EXTENSIONS, extension).filter(|_| has_extension);
    set = exact.into_iter().chain(by_extension).fold(set, ModifierSet::with);
    for (stem, only, id) in STEMS {
        let suits = match only {
            Only::Yaml => is_any_of(extension, &["yaml", "yml"]),
            Only::NoCode => !code,
        };
        // The stem has to end where the name's word ends: `compose.yml`, but not `composer.yml`.
        let ends = file.as_bytes().get(stem.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        if suits && ends && starts_with(file, stem) {
            set = set.with(*id);
        }
    }
    for (ending, id) in ENDINGS {
        if ends_with(file, ending) {
            set = set.with(*id);
        }
    }
    // Rotated logs: `app.log.1`, `app.log.2024-05-01`, `app.log.gz`.
    if !code && file.split('.').skip(1).any(|part| part.eq_ignore_ascii_case("log")) {
        set = set.with(LogOrBuildOutput);
    }
    if starts_with(file, ".aider") {
        set = set.with(Agent);
    }
    set
}

/// Test and example files by the forms of name that languages and frameworks ask for.
fn of_test_or_example_name(file: &str, extension: &str, code: bool) -> ModifierSet {
    let mut set = ModifierSet::EMPTY;
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let last = last_word(stem);
    // `foo_test.go`, `foo.test.ts`, `config.sample.yml`, `config-example.json`
    if let Some(id) = last.and_then(|word| lookup(LAST_WORDS, word)) {
        set = set.with(id);
    }
    // `foo_spec.rb`, `foo.spec.ts`, `foo.cy.js`; but `openapi-spec.yaml` is no test.
    if code && last.is_some_and(|word| is_any_of(word, &["spec", "specs", "cy", "e2e"])) {
        set = set.with(Test);
    }
    // `test_foo.py`, `test-foo.js`, `tests.py`, `fixtures.json`, `example.env`
    let first = stem.split(['.', '-', '_']).next().unwrap_or_default();
    if let Some(id) = lookup(FIRST_WORDS, first) {
        set = set.with(id);
    }
    // `sample.rs` may handle samples of sound; `sample.json` is one.
    if !code && is_any_of(first, &["sample", "samples"]) {
        set = set.with(Test);
    }
    // `.env.test`, `settings.example`
    if extension.len() < file.len()
        && let Some(id) = lookup(LAST_WORDS, extension)
    {
        set = set.with(id);
    }
    // `FooTest.java`, `FooTests.cs`, `FooSpec.scala`, `TestFoo.java`
    let camel = ends_in_camel_word(stem, &["Test", "Tests", "TestCase", "Spec", "IT", "Mock", "Mocks", "Fixture"]);
    let leading = stem.strip_prefix("Test").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    if code && (camel || leading) {
        set = set.with(Test);
    }
    set
}

/// The part behind the last `-`, `_` or `.`; none if there is nothing before it.
fn last_word(name: &str) -> Option<&str> {
    name.rsplit_once(['-', '_', '.']).filter(|(before, _)| !before.is_empty()).map(|(_, word)| word)
}

/// Whether a name in camel case ends in one of `words`: `FooTest`, but not `Contest`, `Test` or `FOOTEST`.
fn ends_in_camel_word(name: &str, words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| name.strip_suffix(word).is_some_and(|before| before.ends_with(|c: char| c.is_ascii_alphanumeric())))
}

fn is_any_of(name: &str, known: &[&str]) -> bool {
    known.iter().any(|other| name.eq_ignore_ascii_case(other))
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.as_bytes().get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}

fn ends_with(name: &str, suffix: &str) -> bool {
    let start = name.len().checked_sub(suffix.len());
    start.is_some_and(|start| name.as_bytes()[start..].eq_ignore_ascii_case(suffix.as_bytes()))
}

fn lookup(table: &[(&str, ModifierId)], name: &str) -> Option<ModifierId> {
    search(table, name, |(known, _)| known).map(|(_, id)| *id)
}

fn contains(table: &[&str], name: &str) -> bool {
    search(table, name, |known| known).is_some()
}

/// Binary search in a table sorted by lower-case keys.
fn search<'t, T>(table: &'t [T], name: &str, key: impl Fn(&T) -> &str) -> Option<&'t T> {
    let mut buffer = [0; LONGEST_KEY];
    let lower = buffer.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let at = table.binary_search_by(|entry| key(entry).as_bytes().cmp(lower)).ok()?;
    table.get(at)
}

#[cfg(test)]
mod tests;
