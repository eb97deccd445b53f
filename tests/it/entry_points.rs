//! The ways in from other tools: pre-commit's manifest, the GitHub action, the CI templates. Their shell steps are run as the
//! CI system would, with the built binary or with a stand-in that records how it is called.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::repository::{git, put, repository, secret, told};
use crate::run::{Run, array, string, token};
use crate::tidy::{read, root};

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

const ACTION: &str = "action.yml";
const WORKFLOW: &str = "templates/github-workflow.yml";
const GITLAB: &str = "templates/straykey.gitlab-ci.yml";
const AZURE: &str = "templates/azure-pipelines.yml";
const JENKINS: &str = "templates/Jenkinsfile";

/// The steps of an action or of the only job of a workflow.
fn steps(path: &str) -> Vec<Value> {
    let document = yaml(path);
    let holder = if path == ACTION { &document["runs"] } else { &document["jobs"]["secrets"] };
    array(&holder["steps"]).to_vec()
}

/// A program in place of the built one. It notes its arguments, writes the reports it is asked for, and ends with
/// `STAND_IN_CODE`, or with `STAND_IN_GATE` where it is asked for a range.
const STAND_IN: &str = r#"#!/bin/sh
if [ "$1" = --version ]; then exit 0; fi
printf '[%s]\n' "$@" >>"$STAND_IN_LOG"
echo "${STRAYKEY_FINGERPRINT_KEY-none}" >"$STAND_IN_LOG.key"
code=${STAND_IN_CODE:-0}
for one in "$@"; do if [ "$one" = --since ]; then code=${STAND_IN_GATE:-0}; fi; done
if [ "$code" = 2 ]; then exit 2; fi
while [ $# -gt 0 ]; do
  if [ "$1" = --output ]; then
    case "$2" in
      evidence=*) mkdir "${2#*=}" && echo '{}' >"${2#*=}/manifest.json" ;;
      *) echo report >"${2#*=}" ;;
    esac
    shift
  fi
  shift
done
exit "$code"
"#;

/// A machine of a CI system: a search path with a `straykey` at its head, folders, variables.
struct Machine {
    folder: TempDir,
    variables: BTreeMap<String, String>,
}

/// How a script ended, and what it printed.
#[derive(Debug)]
struct Done {
    code: i32,
    log: String,
}

impl Machine {
    /// With the built binary.
    fn real() -> Self {
        let machine = Self::empty();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_straykey"), machine.path("bin/straykey")).unwrap();
        machine
    }

    /// With the stand-in.
    fn stand_in() -> Self {
        let machine = Self::empty();
        machine.program("straykey", STAND_IN);
        machine
    }

    fn empty() -> Self {
        let folder = TempDir::with_prefix("machine-").unwrap();
        let mut machine = Self { folder, variables: BTreeMap::new() };
        for below in ["bin", "home", "temp", "staging"] {
            fs::create_dir(machine.path(below)).unwrap();
        }
        let search = std::env::var("PATH").expect("a search path");
        let path = |below: &str| machine.path(below).display().to_string();
        let variables = [
            ("PATH", format!("{}:{search}", path("bin"))),
            ("HOME", path("home")),
            ("CI", "true".to_owned()),
            ("RUNNER_TEMP", path("temp")),
            ("GITHUB_STEP_SUMMARY", path("summary.md")),
            ("GITHUB_ACTION_PATH", root().display().to_string()),
            ("BUILD_ARTIFACTSTAGINGDIRECTORY", path("staging")),
            ("STAND_IN_LOG", path("calls.log")),
        ];
        machine.variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        machine
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn set(mut self, variables: &[(&str, &str)]) -> Self {
        self.variables.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }

    /// Runs a script in `tree`, with more variables.
    fn run(&self, shell: &[&str], script: &str, tree: &Path, more: &BTreeMap<String, String>) -> Done {
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg("-c").arg(script).current_dir(tree);
        command.env_clear().envs(&self.variables).envs(more);
        let output = command.output().expect("the shell runs");
        let mut log = String::from_utf8_lossy(&output.stdout).into_owned();
        log.push_str(&String::from_utf8_lossy(&output.stderr));
        Done { code: output.status.code().unwrap_or(-1), log }
    }

    /// What the stand-in was called with: one argument a line, in brackets.
    fn calls(&self) -> String {
        fs::read_to_string(self.path("calls.log")).unwrap_or_default()
    }

    fn summary(&self) -> String {
        fs::read_to_string(self.path("summary.md")).unwrap_or_default()
    }
}

/// What GitHub makes of steps: expressions, outputs, conditions. It knows what the files under test use, and panics at the
/// rest.
struct Github<'a> {
    machine: &'a Machine,
    /// Values of `inputs.*`, `secrets.*` and `steps.*.outputs.*`.
    known: BTreeMap<String, String>,
    failed: Option<i32>,
    log: String,
    /// Actions that were used, with what they were given.
    used: Vec<(String, BTreeMap<String, String>)>,
}

impl<'a> Github<'a> {
    /// Runs all steps of `path` in `tree`; `inputs` are those that differ from the defaults, or secrets.
    fn run(machine: &'a Machine, path: &str, tree: &Path, inputs: &[(&str, &str)]) -> Self {
        let document = yaml(path);
        let mut known = BTreeMap::new();
        for (name, input) in document["inputs"].as_object().into_iter().flatten() {
            known.insert(format!("inputs.{name}"), string(&input["default"]));
        }
        for (name, value) in inputs {
            known.insert((*name).to_owned(), (*value).to_owned());
        }
        let mut github = Self { machine, known, failed: None, log: String::new(), used: Vec::new() };
        for (number, step) in steps(path).iter().enumerate() {
            github.step(number, step, tree);
        }
        github
    }

    fn step(&mut self, number: usize, step: &Value, tree: &Path) {
        let condition = step["if"].as_str().unwrap_or("success()");
        if !self.holds(condition) {
            return;
        }
        if let Some(action) = step["uses"].as_str() {
            let with = self.values(&step["with"]);
            self.used.push((action.split('@').next().unwrap().to_owned(), with));
            return;
        }
        let mut variables = self.values(&step["env"]);
        let outputs = self.machine.path(&format!("outputs-{number}"));
        variables.insert("GITHUB_OUTPUT".to_owned(), outputs.display().to_string());
        assert_eq!(step["shell"], "bash");
        let shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail"];
        let done = self.machine.run(&shell, step["run"].as_str().unwrap(), tree, &variables);
        self.log.push_str(&done.log);
        if done.code != 0 {
            self.failed = Some(done.code);
        }
        for line in fs::read_to_string(outputs).unwrap_or_default().lines() {
            let (name, value) = line.split_once('=').expect("an output");
            self.known.insert(format!("steps.{}.outputs.{name}", string(&step["id"])), value.to_owned());
        }
    }

    fn value(&self, name: &str) -> String {
        let known = ["inputs.", "secrets.", "steps."].iter().any(|context| name.starts_with(context));
        assert!(known, "what is {name}?");
        self.known.get(name).cloned().unwrap_or_default()
    }

    fn values(&self, map: &Value) -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), |text| self.fill(text));
        map.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
    }

    fn fill(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("${{") else { return text.to_owned() };
        let (name, after) = rest.split_once("}}").expect("an expression ends");
        format!("{before}{}{}", self.value(name.trim()), self.fill(after))
    }

    fn holds(&self, condition: &str) -> bool {
        let bare = condition.trim().trim_start_matches("${{").trim_end_matches("}}");
        bare.split("&&").map(str::trim).all(|part| match part {
            "success()" => self.failed.is_none(),
            "!cancelled()" => true,
            _ => {
                let (name, equal, value) = match (part.split_once(" == "), part.split_once(" != ")) {
                    (Some((name, value)), None) => (name, true, value),
                    (None, Some((name, value))) => (name, false, value),
                    _ => panic!("what is {part}?"),
                };
                (self.value(name) == value.trim_matches('\'')) == equal
            }
        })
    }

    fn code(&self) -> i32 {
        self.failed.unwrap_or(0)
    }

    /// The file or folder that an action was given.
    #[track_caller]
    fn given(&self, action: &str, name: &str) -> PathBuf {
        let (_, with) =
            self.used.iter().find(|(used, _)| used == action).unwrap_or_else(|| panic!("{action}: not used"));
        PathBuf::from(&with[name])
    }

    fn uses(&self, action: &str) -> bool {
        self.used.iter().any(|(used, _)| used == action)
    }
}

const UPLOAD_SARIF: &str = "github/codeql-action/upload-sarif";
const UPLOAD: &str = "actions/upload-artifact";

/// The CI systems whose templates are one script.
const SYSTEMS: [&str; 4] = [WORKFLOW, GITLAB, AZURE, JENKINS];

fn script(path: &str) -> String {
    let document = || yaml(path);
    match path {
        GITLAB => string(&document()["straykey"]["script"][0]),
        AZURE => string(&document()["steps"][1]["bash"]),
        JENKINS => {
            let text = read(path);
            let (_, from) = text.split_once("script: '''#!/bin/sh\n").expect("the script begins");
            let (script, _) = from.split_once("\n                    '''").expect("the script ends");
            script.lines().map(|line| format!("{}\n", line.trim_start_matches(&" ".repeat(24)))).collect()
        }
        _ => {
            let step = steps(path).into_iter().find(|step| step["run"].is_string()).expect("a step that runs");
            string(&step["run"])
        }
    }
}

/// Runs the template of a system in `tree`. `secret` is what its secret store has for the key.
fn template(path: &str, machine: &Machine, tree: &Path, secret: Option<&str>) -> Done {
    let name = "STRAYKEY_FINGERPRINT_KEY";
    let mut variables = BTreeMap::from([("STRAYKEY_FAIL_ON".to_owned(), "high".to_owned())]);
    let shell: &[&str] = match path {
        WORKFLOW => {
            let secrets: Vec<_> = secret.map(|value| ("secrets.STRAYKEY_FINGERPRINT_KEY", value)).into_iter().collect();
            let github = Github::run(machine, path, tree, &secrets);
            return Done { code: github.code(), log: github.log };
        }
        AZURE => {
            // A secret that is not defined is not replaced.
            variables.insert(name.to_owned(), secret.unwrap_or("$(STRAYKEY_FINGERPRINT_KEY)").to_owned());
            &["bash"]
        }
        _ => {
            variables.extend(secret.map(|value| (name.to_owned(), value.to_owned())));
            &["sh", "-e"]
        }
    };
    machine.run(shell, &script(path), tree, &variables)
}

/// A repository whose main branch holds an old secret, on a branch that brings `files`.
fn change(files: &[(&str, &str)]) -> TempDir {
    let folder = repository(&[], &[("old.env", &secret("old"))]);
    let root = folder.path();
    git(root, &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    git(root, &["checkout", "-qb", "change"]);
    for (path, text) in files {
        put(root, path, text);
    }
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "change", "--allow-empty"]);
    folder
}

/// The variables by which the systems tell of a change request to `main`.
fn of_change(machine: Machine, tree: &Path) -> Machine {
    let base = told(tree, &["rev-parse", "origin/main"]);
    machine.set(&[
        ("GITHUB_BASE_REF", "main"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &base),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
        ("CHANGE_TARGET", "main"),
    ])
}

#[test]
fn the_hooks_are_what_pre_commit_reads() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let ids: Vec<_> = array(&hooks).iter().map(|hook| string(&hook["id"])).collect();
    assert_eq!(ids, ["straykey", "straykey-system"]);
    let clean = repository(&[], &[("a.txt", "a\n")]);
    let dirty = repository(&[], &[("a.txt", "a\n")]);
    put(dirty.path(), "b.env", &secret("staged"));
    git(dirty.path(), &["add", "."]);
    for (hook, language) in array(&hooks).iter().zip(["rust", "system"]) {
        // The keys of pre-commit's MANIFEST_HOOK_DICT; it warns of others.
        let keys = ["always_run", "description", "entry", "id", "language", "minimum_pre_commit_version", "name"];
        let found: Vec<_> = hook.as_object().unwrap().keys().map(String::as_str).collect();
        let known = |key: &&str| keys.contains(key) || ["pass_filenames", "stages"].contains(key);
        assert!(found.iter().all(known) && found.len() == keys.len() + 2, "{found:?}");
        assert_eq!(hook["language"], language);
        assert_eq!((&hook["pass_filenames"], &hook["always_run"]), (&Value::Bool(false), &Value::Bool(true)));
        assert_eq!(hook["stages"], serde_json::json!(["pre-commit"]));
        let entry = string(&hook["entry"]);
        let arguments: Vec<_> = entry.strip_prefix("straykey ").expect("the program").split(' ').collect();
        Run::new(&arguments).current_dir(dirty.path()).go().expect(1);
        Run::new(&arguments).current_dir(clean.path()).go().expect(0);
    }
}

#[test]
fn actions_are_pinned_and_scripts_hold_no_expressions() {
    let pinned = |line: &str| {
        let rest = line.split_once("uses: ").and_then(|(_, action)| action.split_once('@'));
        let (id, version) = rest.and_then(|(_, rest)| rest.split_once(" # v")).unwrap_or_default();
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        id.len() == 40 && id.bytes().all(hex) && version.split('.').count() == 3
    };
    for path in [ACTION, WORKFLOW] {
        let text = read(path);
        let uses: Vec<_> =
            text.lines().filter(|line| line.contains("uses:") && !line.trim().starts_with('#')).collect();
        assert!(uses.len() >= 2);
        assert!(uses.iter().all(|line| pinned(line)), "{uses:#?}");
        for step in steps(path) {
            let run = step["run"].as_str().unwrap_or_default();
            assert!(!run.contains("${{"), "an expression in a script: {run}");
            // A step without one of the two, or with both, is a mistake of indentation.
            assert!(step["uses"].is_string() != step["run"].is_string(), "{step:#}");
        }
    }
    assert!(!pinned("uses: actions/checkout@v4") && !pinned("uses: a/b@main # v1.2.3"));
    let [workflow, gitlab, azure, jenkins] = SYSTEMS.map(script);
    for text in [workflow, gitlab, azure, jenkins] {
        assert!(!text.contains("${{") && text.starts_with("set -eu\n"), "{text}");
    }
}

#[test]
fn the_templates_share_their_gate() {
    // What differs: where the base stands, which reports are written and where to.
    let differs = ["base=", "target=", "report=", "rm -rf", "mkdir", "scan \"$@\" --output", "  --output", "if [ -f"];
    let differs = |line: &&str| differs.iter().any(|start| line.starts_with(start));
    let common = |path: &str| {
        let script = script(path).replace(" --format annotations", "");
        let lines: Vec<_> = script.lines().filter(|line| !differs(line)).map(str::to_owned).collect();
        let is_summary = |line: &String| line.contains("GITHUB_") || line == "fi" || line.is_empty();
        lines.into_iter().filter(|line| !is_summary(line)).collect::<Vec<_>>()
    };
    let first = common(SYSTEMS[0]);
    assert!(first.len() > 20, "{first:#?}");
    for path in &SYSTEMS[1..] {
        assert_eq!(common(path), first, "{path}");
    }
}

#[test]
fn the_action_hands_its_inputs_on_as_they_are() {
    let tree = repository(&[], &[("a.txt", "a\n")]);
    let machine = Machine::stand_in();
    let inputs = [
        ("inputs.straykey-binary", "straykey"),
        ("inputs.paths", "a b\n-x\n$(touch pwned)\n"),
        ("inputs.args", "--unit\nit's `touch pwned`; \"*\"\n--since\nHEAD~1\n"),
        ("inputs.fail-on", "high"),
        ("inputs.config", "c d.toml"),
        ("inputs.baseline", "base line"),
        ("inputs.exceptions", "exceptions.toml"),
        ("inputs.evidence", "false"),
    ];
    let github = Github::run(&machine, ACTION, tree.path(), &inputs);
    assert_eq!(github.code(), 0, "{}", github.log);
    let calls = machine.calls();
    let (_, tail) = calls.split_once("[--fail-on]\n").expect("--fail-on is handed on");
    let expected = "[high]\n[--config]\n[c d.toml]\n[--baseline]\n[base line]\n[--exceptions]\n[exceptions.toml]\n[--unit]\n\
                    [it's `touch pwned`; \"*\"]\n[--since]\n[HEAD~1]\n[--]\n[a b]\n[-x]\n[$(touch pwned)]\n";
    assert_eq!(tail, expected);
    assert!(!tree.path().join("pwned").exists());
    assert!(calls.starts_with("[scan]\n[--no-progress]\n[--format]\n[annotations]\n[--output]\n[github="), "{calls}");
    assert!(!calls.contains("[evidence=") && !github.uses(UPLOAD));
}

#[test]
fn the_action_gets_its_reports_out_whatever_the_scan_says() {
    let tree = repository(&[], &[("a.txt", "a\n")]);
    let binary = ("inputs.straykey-binary", "straykey");
    for code in [0, 1, 3] {
        let machine = Machine::stand_in().set(&[("STAND_IN_CODE", &code.to_string())]);
        let github = Github::run(&machine, ACTION, tree.path(), &[binary]);
        assert_eq!(github.code(), code, "{}", github.log);
        assert_eq!(github.known["steps.scan.outputs.exit-code"], code.to_string());
        assert!(github.given(UPLOAD_SARIF, "sarif_file").is_file());
        assert!(github.given(UPLOAD, "path").join("manifest.json").is_file());
        assert_eq!(machine.summary(), "report\n");
        assert_eq!(github.log.contains("::error"), code != 0, "{}", github.log);
    }
    let off = [binary, ("inputs.upload-sarif", "false"), ("inputs.evidence", "false"), ("inputs.summary", "false")];
    let machine = Machine::stand_in();
    let github = Github::run(&machine, ACTION, tree.path(), &off);
    assert_eq!((github.code(), github.used.len(), machine.summary().as_str()), (0, 0, ""));
    // Where there is no report, nothing is uploaded, and the summary says so.
    let machine = Machine::stand_in().set(&[("STAND_IN_CODE", "2")]);
    let github = Github::run(&machine, ACTION, tree.path(), &[binary]);
    assert_eq!((github.code(), github.used.len()), (2, 0), "{}", github.log);
    assert!(machine.summary().contains("exit code 2"));
    // A binary that is not there: the gate must not pass for want of an exit code.
    let missing = ("inputs.straykey-binary", "no-such-straykey");
    let machine = Machine::stand_in();
    let github = Github::run(&machine, ACTION, tree.path(), &[missing]);
    assert_eq!((github.code(), github.used.len()), (2, 0), "{}", github.log);
    assert!(machine.calls().is_empty());
}

#[test]
fn the_action_builds_its_own_checkout_and_not_in_the_scanned_tree() {
    let tree = repository(&[], &[("rust-toolchain.toml", "[toolchain]\nchannel = \"1.0\"\n")]);
    let machine = Machine::empty();
    let build = "#!/bin/sh\npwd >\"$RUNNER_TEMP/built-in\"\nprintf '%s ' \"$@\" >\"$RUNNER_TEMP/built-with\"\n\
                 mkdir -p \"$RUNNER_TEMP/straykey-install/bin\"\n\
                 cp \"$RUNNER_TEMP/stand-in\" \"$RUNNER_TEMP/straykey-install/bin/straykey\"\n";
    machine.program("cargo", build);
    machine.program("stand-in", STAND_IN);
    fs::rename(machine.path("bin/stand-in"), machine.path("temp/stand-in")).unwrap();
    let github = Github::run(&machine, ACTION, tree.path(), &[]);
    assert_eq!(github.code(), 0, "{}", github.log);
    let text = |below: &str| fs::read_to_string(machine.path(below)).unwrap();
    assert_eq!(Path::new(text("temp/built-in").trim()).canonicalize().unwrap(), root().canonicalize().unwrap());
    let built = text("temp/built-with");
    assert!(built.starts_with("install ") && built.contains("--locked --path . "), "{built}");
    assert!(machine.calls().starts_with("[scan]\n"));
}

#[test]
fn the_action_gates_with_the_built_binary() {
    let binary = ("inputs.straykey-binary", "straykey");
    let clean = repository(&[], &[("a.txt", "a\n")]);
    let dirty = repository(&[], &[("a.env", &secret("action"))]);
    // An empty variable is what a secret is in a pull request from a fork.
    for (tree, more, code) in [
        (&clean, &[("inputs.fail-on", "low")][..], 0),
        (&dirty, &[("inputs.fail-on", "high")], 1),
        (&dirty, &[("inputs.fail-on", "never")], 0),
        (&dirty, &[("inputs.config", "no-such.toml")], 2),
    ] {
        let machine = Machine::real().set(&[("STRAYKEY_FINGERPRINT_KEY", "")]);
        let github = Github::run(&machine, ACTION, tree.path(), &[more, &[binary]].concat());
        assert_eq!(github.code(), code, "{}", github.log);
        assert_eq!(github.uses(UPLOAD_SARIF), code != 2, "{}", github.log);
        assert!(!machine.summary().is_empty() && !machine.summary().contains(&token("action")));
        if code != 2 {
            let sarif = fs::read_to_string(github.given(UPLOAD_SARIF, "sarif_file")).unwrap();
            let sarif: Value = serde_json::from_str(&sarif).unwrap();
            let results = array(&sarif["runs"][0]["results"]).len();
            assert_eq!(results, usize::from(std::ptr::eq(tree, &raw const dirty)));
            let bundle = github.given(UPLOAD, "path");
            Run::new(["evidence", "verify"]).args([bundle]).go().expect(0);
        }
    }
}

#[test]
fn the_templates_gate_on_what_a_change_brings() {
    let harmless = change(&[("new.txt", "nothing\n")]);
    let harmful = change(&[("new.env", &secret("new"))]);
    for path in SYSTEMS {
        for (tree, code) in [(&harmless, 0), (&harmful, 1)] {
            let done = template(path, &of_change(Machine::real(), tree.path()), tree.path(), None);
            assert_eq!(done.code, code, "{path}: {}", done.log);
            assert!(!done.log.contains(&token("new")), "{path}: {}", done.log);
            // Without a change the same tree is observed, again in the same place.
            let done = template(path, &Machine::real(), tree.path(), Some("a key of sixteen bytes"));
            assert_eq!(done.code, 0, "{path}: {}", done.log);
        }
        // A clone that lacks the target cannot tell what is new, and must not pass.
        let lone = repository(&[], &[("a.txt", "a\n")]);
        let machine = of_change(Machine::real(), harmless.path());
        assert_eq!(template(path, &machine, lone.path(), None).code, 2, "{path}");
    }
}

#[test]
fn the_templates_write_their_reports_also_where_the_gate_fails() {
    for (path, reports) in [
        (WORKFLOW, &[][..]),
        (GITLAB, &["gl-secret-detection-report.json", "codequality.json", "junit.xml", "evidence/manifest.json"]),
        (AZURE, &["straykey.sarif", "junit.xml", "straykey.md", "evidence/manifest.json"]),
        (JENKINS, &["straykey.sarif", "junit.xml", "straykey.md", "evidence/manifest.json"]),
    ] {
        let tree = change(&[("new.env", &secret("new"))]);
        let machine = of_change(Machine::real(), tree.path());
        if path == WORKFLOW {
            let github = Github::run(&machine, path, tree.path(), &[]);
            assert_eq!(github.code(), 1, "{}", github.log);
            assert!(github.given(UPLOAD_SARIF, "sarif_file").is_file());
            assert!(github.given(UPLOAD, "path").join("manifest.json").is_file());
            assert!(!machine.summary().is_empty());
            continue;
        }
        let done = template(path, &machine, tree.path(), None);
        assert_eq!(done.code, 1, "{path}: {}", done.log);
        let folder = if path == AZURE { machine.path("staging/straykey") } else { tree.path().join("straykey-report") };
        for report in reports {
            let below = if report.starts_with("gl-") { tree.path().join(report) } else { folder.join(report) };
            assert!(fs::metadata(&below).is_ok_and(|file| file.len() > 0), "{path}: {report}");
        }
        assert_eq!(done.log.contains("##vso[task.uploadsummary]"), path == AZURE, "{}", done.log);
    }
}

#[test]
fn the_templates_join_the_two_exit_codes() {
    let tree = change(&[]);
    for path in SYSTEMS {
        for (code, gate, joined) in
            [(0, 0, 0), (0, 1, 1), (3, 0, 3), (3, 1, 1), (0, 3, 3), (2, 1, 2), (3, 2, 2), (137, 0, 2)]
        {
            let codes = [("STAND_IN_CODE", code.to_string()), ("STAND_IN_GATE", gate.to_string())];
            let codes = codes.each_ref().map(|(name, code)| (*name, code.as_str()));
            let machine = of_change(Machine::stand_in(), tree.path()).set(&codes);
            let done = template(path, &machine, tree.path(), None);
            assert_eq!(done.code, joined, "{path}, {code} and {gate}: {}", done.log);
        }
    }
}

#[test]
fn the_templates_take_baseline_and_exceptions() {
    let tree = change(&[]);
    let files = [("STRAYKEY_BASELINE", "base line"), ("STRAYKEY_EXCEPTIONS", "exceptions.toml")];
    for path in SYSTEMS {
        let machine = Machine::stand_in().set(&files);
        assert_eq!(template(path, &machine, tree.path(), None).code, 0, "{path}");
        let calls = machine.calls();
        assert!(
            calls.contains("[--exceptions]\n[exceptions.toml]\n[--baseline]\n[base line]\n[--fail-on]\n[high]\n"),
            "{calls}"
        );
        assert!(!calls.contains("[--since]"), "{path}: {calls}");
        // A pull request from a fork has not the key of the baseline; what it brings is told by its commits.
        let machine = of_change(Machine::stand_in(), tree.path()).set(&files);
        assert_eq!(template(path, &machine, tree.path(), None).code, 0, "{path}");
        assert_eq!(fs::read_to_string(machine.path("calls.log.key")).unwrap(), "none\n", "{path}");
        let calls = machine.calls();
        assert!(!calls.contains("[--baseline]") && calls.contains("[--fail-on]\n[never]\n[--output]\n"), "{calls}");
        assert!(calls.contains("[--exceptions]\n[exceptions.toml]\n[--since]\n"), "{path}: {calls}");
    }
}
