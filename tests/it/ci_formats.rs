//! The formats that CI systems read: workflow commands, GitLab's two reports, `JUnit`. Valid, and inert whatever files are
//! called.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use roxmltree::Document;
use serde_json::Value;
use tempfile::TempDir;

use crate::formats::{assert_valid, schema};
use crate::repository::{git, put, repository, secret, told};
use crate::run::{Run, array, string, token, tree};

const FORMATS: [&str; 4] = ["annotations", "gitlab", "codeclimate", "junit"];

/// Names of files as somebody would choose them who wants more than a file, and how reports spell them.
const HOSTILE: [(&[u8], &str); 9] = [
    (b"a\n::error file=b::x.env", "a\\u{a}::error file=b::x.env"),
    (b"::set-env name=PATH::x.env", "::set-env name=PATH::x.env"),
    (b"%0A::error::x,title=y.env", "%0A::error::x,title=y.env"),
    (b"##[error]x.env", "##[error]x.env"),
    (b"<img src=x onerror=\"alert(1)\">.env", "<img src=x onerror=\"alert(1)\">.env"),
    (b"]]><failure>&lt;.env", "]]><failure>&lt;.env"),
    (b"\",\"severity\":\"info.env", "\",\"severity\":\"info.env"),
    (b"\xff\x1b[31m.env", "\\xff\\u{1b}[31m.env"),
    ("\u{1f511} [[ATTACHMENT|x]].env".as_bytes(), "\u{1f511} [[ATTACHMENT|x]].env"),
];

/// A repository with a secret in each such file, below a folder that is hard to write too.
fn hostile() -> TempDir {
    let folder = repository(&[], &[("a, b:c/plain.env", &secret("plain"))]);
    for (number, (name, _)) in HOSTILE.iter().enumerate() {
        let file = folder.path().join("a, b:c").join(OsStr::from_bytes(name));
        fs::write(file, secret(&number.to_string())).unwrap();
    }
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "more"]);
    folder
}

/// The paths that reports have of it, sorted.
fn hostile_paths() -> Vec<String> {
    let names = HOSTILE.iter().map(|(_, spelt)| *spelt).chain(["plain.env"]);
    let mut paths: Vec<String> = names.map(|name| format!("a, b:c/{name}")).collect();
    paths.sort();
    paths
}

fn head(root: &Path) -> String {
    told(root, &["rev-parse", "HEAD"])
}

fn sorted(paths: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut paths: Vec<String> = paths.into_iter().collect();
    paths.sort();
    paths
}

/// A workflow command, read as the runner of GitHub Actions reads a line (`ActionCommand.TryParseV2`).
#[derive(Debug)]
struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    text: String,
}

#[track_caller]
fn read_command(line: &str) -> Command {
    let rest = line.strip_prefix("::").unwrap_or_else(|| panic!("no command: {line}"));
    let (head, text) = rest.split_once("::").unwrap_or_else(|| panic!("no end: {line}"));
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let decode = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
    let property = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or_else(|| panic!("no property: {line}"));
        (key.to_owned(), decode(value).replace("%3A", ":").replace("%2C", ",").replace("%25", "%"))
    };
    let properties = properties.split(',').map(property).collect();
    Command { name: name.to_owned(), properties, text: decode(text).replace("%25", "%") }
}

fn commands(text: &str) -> Vec<Command> {
    text.split('\n').filter(|line| !line.is_empty()).map(read_command).collect()
}

#[test]
fn no_name_of_a_file_makes_a_workflow_command() {
    let folder = hostile();
    let text = Run::scan(&folder.path().join("a, b:c"), &["--format", "annotations"]).go().expect(1).text();
    let commands = commands(&text);
    assert!(commands.iter().all(|command| command.name == "error"), "{text}");
    assert_eq!(sorted(commands.iter().map(|command| command.properties["file"].clone())), hostile_paths());
    for command in &commands {
        let keys: Vec<&str> = command.properties.keys().map(String::as_str).collect();
        assert_eq!(keys, ["col", "endColumn", "endLine", "file", "line", "title"], "{text}");
        assert_eq!(command.properties["line"], "1");
        assert!(command.text.contains("Contradicts ISO/IEC 27002"), "{}", command.text);
    }
}

#[test]
fn annotations_are_few_and_count_what_they_leave_out() {
    let files: Vec<(String, String)> = (0..25).map(|n| (format!("{n}.env"), secret(&n.to_string()))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = tree(&files);
    let text = Run::scan(folder.path(), &["--format", "annotations"]).go().expect(1).text();
    let commands = commands(&text);
    let errors = commands.iter().filter(|command| command.name == "error").count();
    assert_eq!((errors, commands.len()), (10, 11), "{text}");
    assert!(commands[10].text.starts_with("15 more places not shown here (15 errors)"), "{text}");
    // What does not fail the scan is no error.
    let lenient = Run::scan(folder.path(), &["--format", "annotations", "--fail-on", "never"]).go().expect(0).text();
    assert!(self::commands(&lenient)[..10].iter().all(|command| command.name == "warning"), "{lenient}");
}

#[test]
fn gitlab_is_valid_under_the_schema() {
    let schema = schema("tests/it/schemas/gitlab-secret-detection-report-format.json");
    let folder = hostile();
    let below = folder.path().join("a, b:c");
    for (target, more) in
        [(below.as_path(), &[][..]), (folder.path(), &["--history"]), (&below, &["--gitlab-version", "15.2.4"])]
    {
        let report = Run::scan(target, &["--format", "gitlab"]).args(more).go().expect(1).json();
        assert_valid(&schema, &report);
        assert_eq!(report["version"], if more.len() == 2 { "15.2.4" } else { "15.0.7" });
        assert_eq!(report["scan"]["status"], "success");
        let found = array(&report["vulnerabilities"]);
        assert_eq!(sorted(found.iter().map(|one| string(&one["location"]["file"]))), hostile_paths());
        let ids: BTreeSet<String> = found.iter().map(|one| string(&one["id"])).collect();
        assert_eq!(ids.len(), found.len());
        for one in found {
            assert_eq!(one["location"]["commit"]["sha"], head(folder.path()));
            assert_eq!(one["raw_source_code_extract"], Value::Null);
        }
    }
}

#[test]
fn gitlab_is_refused_without_a_commit() {
    let none = tree(&[("a.env", &secret("1"))]);
    let unborn = TempDir::with_prefix("repository-").unwrap();
    git(unborn.path(), &["init", "-q"]);
    put(unborn.path(), "a.env", &secret("1"));
    for folder in [none.path(), unborn.path()] {
        let (gitlab, json) = (folder.join("gl.json"), folder.join("other.json"));
        let outputs = [format!("gitlab={}", gitlab.display()), format!("json={}", json.display())];
        let ran = Run::scan(folder, &["--output", &outputs[0], "--output", &outputs[1]]).go().expect(2);
        assert!(ran.stderr.contains("no target lies in a git repository with a commit"), "{}", ran.stderr);
        assert!(!gitlab.exists() && !json.exists());
        Run::scan(folder, &["--format", "gitlab"]).go().expect(2);
    }
    let input = Run::scan(Path::new("-"), &["--format", "gitlab"]).stdin(secret("1").as_bytes()).go().expect(2);
    assert!(input.stdout.is_empty());
    // One target with a commit will do; what lies in none is counted.
    let whole = repository(&[], &[("a.env", &secret("2"))]);
    let report = Run::scan(none.path(), &["--format", "gitlab"]).args([whole.path()]).go().expect(1).json();
    assert_eq!(array(&report["vulnerabilities"]).len(), 1);
    assert_eq!(report["scan"]["messages"][0]["value"], "left out: 1 place in no commit");
}

#[test]
fn gitlab_declares_versions_only() {
    let folder = repository(&[], &[]);
    for version in ["15", "15.0", "15.0.x", "15.0.7.1", "v15.0.7", "", "15..7"] {
        let ran = Run::scan(folder.path(), &["--format", "gitlab", "--gitlab-version", version]).go().expect(2);
        assert!(ran.stderr.contains("three numbers"), "{}", ran.stderr);
    }
}

#[test]
fn gitlab_has_the_times_of_the_scan_unless_a_day_is_given() {
    let folder = repository(&[], &[("a.env", &secret("1"))]);
    let scan = |more: &[&str]| Run::scan(folder.path(), &["--format", "gitlab"]).args(more).go().expect(1);
    let fixed = scan(&["--at", "2026-01-31"]);
    assert_eq!(fixed.json()["scan"]["start_time"], "2026-01-31T00:00:00");
    assert_eq!(fixed.json()["scan"]["end_time"], "2026-01-31T00:00:00");
    assert_eq!(fixed.text(), scan(&["--at", "2026-01-31", "-j", "1"]).text());
    let clock = scan(&[]).json();
    let (start, end) = (string(&clock["scan"]["start_time"]), string(&clock["scan"]["end_time"]));
    assert!(start.as_str() > "2025-01-01T00:00:00" && start <= end, "{start} {end}");
}

#[test]
fn places_of_the_history_have_their_commit_and_no_line_of_the_checkout() {
    let folder = repository(&[], &[("gone.env", &secret("gone")), ("here.env", &secret("here"))]);
    let root = folder.path();
    let first = head(root);
    git(root, &["rm", "-q", "gone.env"]);
    git(root, &["commit", "-qm", "removed"]);
    let scan = |format| Run::scan(root, &["--history", "--format", format]).go().expect(1);
    let report = scan("gitlab").json();
    let commits: BTreeMap<String, String> = array(&report["vulnerabilities"])
        .iter()
        .map(|one| (string(&one["location"]["file"]), string(&one["location"]["commit"]["sha"])))
        .collect();
    assert_eq!(commits, BTreeMap::from([("gone.env".to_owned(), first.clone()), ("here.env".to_owned(), head(root))]));
    let issues = scan("codeclimate").json();
    let paths: Vec<String> = array(&issues).iter().map(|issue| string(&issue["location"]["path"])).collect();
    assert_eq!(paths, ["here.env"]);
    let annotations = scan("annotations").text();
    assert!(annotations.contains("file=here.env,") && !annotations.contains("gone.env"), "{annotations}");
    let junit = scan("junit").text();
    assert!(junit.contains("name=\"here.env:1:3: ") && junit.contains(&format!("gone.env:1:3 in {}", &first[..12])));
    // In a range, each place is of the commit that brought it.
    put(root, "more.env", &secret("more"));
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "more"]);
    let brought = head(root);
    git(root, &["commit", "-qm", "nothing", "--allow-empty"]);
    let range = Run::scan(root, &["--since", &first, "--format", "gitlab"]).go().expect(1).json();
    assert_eq!(range["vulnerabilities"][0]["location"]["commit"]["sha"], brought);
    assert_eq!(array(&range["vulnerabilities"]).len(), 1);
}

#[test]
fn codeclimate_is_what_gitlab_reads() {
    let folder = hostile();
    let below = folder.path().join("a, b:c");
    let issues = Run::scan(&below, &["--format", "codeclimate"]).go().expect(1).json();
    let places = Run::scan(&below, &["--format", "json"]).go().expect(1).places();
    assert_eq!(sorted(array(&issues).iter().map(|issue| string(&issue["location"]["path"]))), hostile_paths());
    let fingerprints = sorted(array(&issues).iter().map(|issue| string(&issue["fingerprint"])));
    assert_eq!(fingerprints, sorted(places.into_iter().map(|place| place.place_fingerprint)));
    for issue in array(&issues) {
        let keys: Vec<&str> = issue.as_object().unwrap().keys().map(String::as_str).collect();
        let all = ["categories", "check_name", "content", "description", "fingerprint", "location", "severity", "type"];
        assert_eq!(sorted(keys.into_iter().map(str::to_owned)), all);
        let severity = string(&issue["severity"]);
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity.as_str()), "{severity}");
        assert_eq!(issue["location"]["lines"], serde_json::json!({"begin": 1, "end": 1}));
    }
    let clean = tree(&[("a.txt", "nothing\n")]);
    assert_eq!(Run::scan(clean.path(), &["--format", "codeclimate"]).go().expect(0).text(), "[]\n");
}

/// What there is of tests, failures, errors and skipped tests, by the elements and not by the counts.
fn tests(text: &str) -> [usize; 4] {
    let document = Document::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
    let counts = ["testcase", "failure", "error", "skipped"].map(count);
    let suites = || document.descendants().filter(|node| node.has_tag_name("testsuite"));
    for (name, count) in ["tests", "failures", "errors", "skipped"].into_iter().zip(counts) {
        let told: usize = suites().map(|suite| suite.attribute(name).unwrap().parse::<usize>().unwrap()).sum();
        assert_eq!(told, count, "{name}");
    }
    counts
}

#[test]
fn junit_has_a_test_for_each_place_and_one_for_the_coverage() {
    let folder = hostile();
    let below = folder.path().join("a, b:c");
    let text = Run::scan(&below, &["--format", "junit"]).go().expect(1).text();
    let all = HOSTILE.len() + 1;
    assert_eq!(tests(&text), [all + 1, all, 0, 0]);
    let document = Document::parse(&text).unwrap();
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let names: Vec<&str> = cases.filter_map(|case| case.attribute("name")).collect();
    for path in hostile_paths() {
        assert!(names.iter().any(|name| name.starts_with(&format!("{path}:1:3: "))), "{path}: {names:?}");
    }
    let lenient = Run::scan(&below, &["--format", "junit", "--fail-on", "never"]).go().expect(0).text();
    assert_eq!(tests(&lenient), [all + 1, 0, 0, all]);
    assert!(lenient.contains("<skipped message=\"below the severity of --fail-on\">"), "{lenient}");
}

#[test]
fn junit_is_green_for_what_is_clean_and_whole_only() {
    let clean = tree(&[("a.txt", "nothing\n")]);
    let empty = tree(&[]);
    let opaque = tree(&[]);
    crate::run::put(opaque.path(), "x.zip", &[&b"PK\x03\x04\x14\0\0\0\x08\0"[..], &[0x91; 100]].concat());
    let scan = |folder: &TempDir, more: &[&str], code| {
        Run::scan(folder.path(), &["--format", "junit"]).args(more).go().expect(code).text()
    };
    assert_eq!(tests(&scan(&clean, &[], 0)), [1, 0, 0, 0]);
    assert_eq!(tests(&scan(&empty, &[], 3)), [1, 0, 1, 0]);
    assert_eq!(tests(&scan(&opaque, &[], 0)), [1, 0, 0, 0]);
    let failing = ["--fail-on-gap", "opaque"];
    let text =
        Run::scan(opaque.path(), &failing).args([clean.path()]).args(["--format", "junit"]).go().expect(3).text();
    assert_eq!(tests(&text), [2, 0, 1, 0], "only the target with the gap is incomplete");
    assert!(text.contains("opaque x.zip: "), "{text}");
    let warned = Run::scan(opaque.path(), &failing).args(["--format", "annotations"]).go().expect(3).text();
    assert!(commands(&warned)[0].text.starts_with("The scan is incomplete: 1 gap."), "{warned}");
}

#[test]
fn what_the_policy_honours_is_no_finding_of_a_host() {
    let marked = format!("T={} # straykey:ignore reason=]]>&lt; until=2026-02-20\n", token("1"));
    let folder = repository(&[], &[("a.env", &marked), ("b.env", &secret("2"))]);
    let policy = tree(&[("straykey.toml", "[inline_ignores]\nhonour = true\n")]);
    let config = policy.path().join("straykey.toml");
    let scan = |format| {
        let run = Run::scan(folder.path(), &["--format", format, "--at", "2026-01-31"]);
        run.args([OsStr::new("--config"), config.as_os_str()]).go().expect(1)
    };
    assert_eq!(array(&scan("codeclimate").json()).len(), 1);
    assert_eq!(commands(&scan("annotations").text()).len(), 1);
    let report = scan("gitlab").json();
    assert_eq!(array(&report["vulnerabilities"]).len(), 1);
    assert!(string(&report["scan"]["messages"][0]["value"]).starts_with("left out: 1 place that exceptions"));
    let junit = scan("junit").text();
    assert_eq!(tests(&junit), [3, 1, 0, 1]);
    let why = "ignored by straykey:ignore, which the policy honours: ]]&gt;&amp;lt;";
    assert!(junit.contains(&format!("<skipped message=\"{why}\">")), "{junit}");
}

#[test]
fn no_format_has_a_value_and_all_are_the_same_for_any_number_of_threads() {
    let folder = hostile();
    let below = folder.path().join("a, b:c");
    let values: Vec<String> = (0..HOSTILE.len())
        .map(|number| number.to_string())
        .chain(["plain".to_owned()])
        .map(|seed| token(&seed))
        .collect();
    for format in FORMATS {
        let scan = |threads| {
            Run::scan(&below, &["--format", format, "--at", "2026-01-31", "-j", threads]).go().expect(1).text()
        };
        let text = scan("1");
        assert_eq!(text, scan("4"), "{format}");
        assert!(values.iter().all(|value| !text.contains(value)), "{format}");
        let control = |character: char| character.is_control() && character != '\n';
        assert!(!text.contains(control), "{format} has no control characters");
    }
}
