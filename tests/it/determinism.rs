//! Equal inputs give equal bytes, with any number of threads.

use crate::plant;
use crate::run::{Run, array};

#[test]
fn reports_do_not_depend_on_the_number_of_threads() {
    let corpus = plant::whole();
    for format in ["json", "jsonl", "sarif", "csv", "markdown", "pretty"] {
        let run = |threads| Run::scan(corpus.root(), &["--format", format, "-j", threads, "--all"]).go();
        let one = run("1");
        assert!(!one.stdout.is_empty(), "{format}: {}", one.stderr);
        for threads in ["2", "2", "7"] {
            let more = run(threads);
            assert_eq!(one.status, more.status, "{format}, {threads} threads");
            assert!(one.stdout == more.stdout, "{format} differs between one thread and {threads}");
        }
    }
}

#[test]
fn files_are_the_same_as_standard_output() {
    let corpus = plant::project("operations");
    let folder = tempfile::tempdir().unwrap();
    for format in ["json", "jsonl", "sarif", "csv", "markdown"] {
        let file = folder.path().join(format);
        let output = format!("{format}={}", file.display());
        let ran = Run::scan(corpus.root(), &["--format", format, "--output", &output]).go();
        assert!(ran.stdout == std::fs::read(&file).unwrap(), "{format} differs between file and standard output");
    }
}

#[test]
fn one_scan_writes_all_reports() {
    let corpus = plant::project("agents");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (json, sarif) = (format!("json={}", path("a").display()), format!("sarif={}", path("b").display()));
    Run::scan(corpus.root(), &["--quiet", "--output", &json, "--output", &sarif]).go().expect(1);
    let read =
        |name: &str| -> serde_json::Value { serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap() };
    let places = crate::run::places(&read("a")).len();
    assert_eq!(array(&read("b")["runs"][0]["results"]).len(), places, "SARIF has one result a place");
}

#[test]
fn order_of_creation_does_not_matter() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let files: Vec<(String, String)> = (0..40)
        .map(|at| (format!("d{}/f{at}.env", at % 7), format!("TOKEN={}\n", crate::run::token(&at.to_string()))))
        .collect();
    for (path, text) in &files {
        crate::run::put(one.path(), path, text.as_bytes());
    }
    for (path, text) in files.iter().rev() {
        crate::run::put(two.path(), path, text.as_bytes());
    }
    let report = |folder: &std::path::Path| Run::new(["scan", "--format", "json"]).current_dir(folder).go().expect(1);
    assert!(report(one.path()).stdout == report(two.path()).stdout);
}
