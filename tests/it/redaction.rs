//! No value leaves the program unless the operator asks for it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::plant::{self, Corpus};
use crate::run::{Ran, Run};

/// Texts that would give a value away: the value itself, and each longer line of a value of several lines.
fn telltales(corpus: &Corpus) -> Vec<(String, String)> {
    let mut telltales = Vec::new();
    for secret in corpus.secrets() {
        let place = format!("{}:{} {:?}", secret.path, secret.line, secret.label);
        let lines: Vec<&str> = secret.value.split('\n').flat_map(|line| line.split("\\n")).map(str::trim).collect();
        if lines.len() == 1 {
            telltales.push((place, secret.value.clone()));
        } else {
            let body = lines.iter().filter(|line| line.len() >= 16 && !line.starts_with("-----"));
            telltales.extend(body.map(|line| (place.clone(), (*line).to_owned())));
        }
    }
    telltales
}

fn assert_silent(corpus: &Corpus, what: &str, text: &str) {
    let told: Vec<String> = telltales(corpus)
        .into_iter()
        .filter(|(_, value)| text.contains(value.as_str()))
        .map(|(place, _)| place)
        .collect();
    assert!(told.is_empty(), "{what} tells {} values, of:\n  {}", told.len(), told.join("\n  "));
}

fn stdout_and_stderr(ran: &Ran) -> String {
    format!("{}{}", ran.text(), ran.stderr)
}

#[test]
fn reports_and_logs_hold_no_value() {
    let corpus = plant::whole();
    for format in ["pretty", "json", "jsonl", "sarif", "csv", "markdown"] {
        for verbosity in [&["-v", "-v"][..], &["-v", "-v", "-v", "-v"], &[]] {
            let ran = Run::scan(corpus.root(), &["--format", format, "--all", "--min-confidence", "low"])
                .args(verbosity)
                .env("RUST_LOG", "trace")
                .env("RUST_BACKTRACE", "1")
                .go();
            assert_silent(&corpus, &format!("{format} with {verbosity:?}"), &stdout_and_stderr(&ran));
        }
    }
}

#[test]
fn show_secrets_shows_them_in_json_alone() {
    let corpus = plant::project("django-shop");
    let ran = Run::scan(corpus.root(), &["--format", "json", "--show-secrets"]).go();
    for place in ran.places() {
        assert!(place.value.is_some(), "{}:{} has no value", place.path, place.region[0]);
    }
    for format in ["sarif", "pretty", "csv", "markdown"] {
        let ran = Run::scan(corpus.root(), &["--format", format, "--show-secrets"]).go();
        assert_silent(&corpus, &format!("{format} with --show-secrets into a pipe"), &stdout_and_stderr(&ran));
    }
}

#[test]
fn a_file_with_values_is_private() {
    let corpus = plant::project("agents");
    let folder = tempfile::tempdir().unwrap();
    let (open, closed, sarif) = (folder.path().join("o"), folder.path().join("c"), folder.path().join("s"));
    // A file that was there before, for all to read, becomes private too.
    fs::write(&closed, "old").unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o644)).unwrap();
    let outputs = [format!("json={}", closed.display()), format!("sarif={}", sarif.display())];
    Run::scan(corpus.root(), &["--show-secrets", "--output", &outputs[0], "--output", &outputs[1]]).go().expect(1);
    let mode = fs::metadata(&closed).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "{mode:o}");
    let report = serde_json::from_slice(&fs::read(&closed).unwrap()).unwrap();
    let places = crate::run::places(&report);
    assert!(!places.is_empty() && places.iter().all(|place| place.value.is_some()));
    assert_silent(&corpus, "the SARIF file", &fs::read_to_string(&sarif).unwrap());

    Run::scan(corpus.root(), &["--output", &format!("json={}", open.display())]).go().expect(1);
    assert_silent(&corpus, "the JSON file", &fs::read_to_string(&open).unwrap());
}

#[test]
fn nothing_is_left_in_the_folder_for_temporary_files() {
    let corpus = plant::project("dotfiles");
    let folder = tempfile::tempdir().unwrap();
    let json = format!("json={}", folder.path().join("report.json").display());
    let temporary = folder.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    Run::scan(corpus.root(), &["--quiet", "--show-secrets", "--output", &json])
        .env("TMPDIR", &temporary)
        .go()
        .expect(1);
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "report and folder, nothing else");
}

#[test]
fn usage_errors_do_not_repeat_values() {
    let token = crate::run::token("usage");
    let ran = Run::new(["scan", "--fail-on", "never"]).stdin(token.as_bytes()).args(["-", "--format", "pretty"]).go();
    assert!(!stdout_and_stderr(&ran).contains(&token));
}
