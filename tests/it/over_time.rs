//! A repository over time: what baselines, comparisons, exceptions, triage and the policy make of it, in every place that
//! tells.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::repository::{git, put, repository, secret};
use crate::rules::OPERATOR_RULES;
use crate::run::{Ran, Run, array, string};

/// A repository, and beside it a folder for what is not its own.
pub(crate) struct World {
    repository: TempDir,
    beside: TempDir,
}

impl World {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self { repository: repository(&[], files), beside: TempDir::with_prefix("beside-").unwrap() }
    }

    pub(crate) fn root(&self) -> &Path {
        self.repository.path()
    }

    pub(crate) fn commit(&self, files: &[(&str, &str)]) {
        for (path, text) in files {
            put(self.root(), path, text);
        }
        git(self.root(), &["add", "-A"]);
        git(self.root(), &["commit", "-qm", "x"]);
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.beside.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.beside(name), text).unwrap();
        self.at(name)
    }

    pub(crate) fn at(&self, name: &str) -> String {
        self.beside(name).display().to_string()
    }

    /// A scan with JSON on standard output.
    pub(crate) fn scan(&self, arguments: &[&str]) -> Ran {
        Run::scan(self.root(), &["--format", "json"]).args(arguments).go()
    }

    /// A baseline of what is there now.
    fn baseline(&self, name: &str) -> String {
        let output = format!("baseline={}", self.at(name));
        self.scan(&["--fail-on", "never", "--output", &output]).expect(0);
        self.at(name)
    }
}

/// Path, state, cause and verdict of each place.
fn states(ran: &Ran) -> Vec<(String, String, String, String)> {
    let report = ran.json();
    let mut states: Vec<_> = array(&report["findings"])
        .iter()
        .flat_map(|finding| array(&finding["places"]))
        .map(|place| {
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let change = &place["change"];
            (string(&place["path"]), text(&change["state"]), text(&change["cause"]), text(&place["verdict"]["state"]))
        })
        .collect();
    states.sort();
    states
}

fn expected(rows: &[(&str, &str, &str, &str)]) -> Vec<(String, String, String, String)> {
    let row = |(path, state, cause, verdict): &(&str, &str, &str, &str)| {
        ((*path).to_owned(), (*state).to_owned(), (*cause).to_owned(), (*verdict).to_owned())
    };
    rows.iter().map(row).collect()
}

/// The fingerprint of the only finding at `path`, and the key.
fn fingerprint(ran: &Ran, path: &str) -> (String, String) {
    let report = ran.json();
    let at = |finding: &&Value| array(&finding["places"]).iter().any(|place| place["path"] == path);
    let finding = array(&report["findings"]).iter().find(at).expect("a finding at the path").clone();
    (string(&finding["fingerprint"]), string(&report["key"]["id"]))
}

#[test]
fn a_baseline_gates_what_is_new_and_keeps_the_rest_open() {
    let world = World::new(&[("old.env", &secret("1")), ("notes.txt", "text\n")]);
    let baseline = world.baseline("b.jsonl");
    let ran = world.scan(&["--baseline", &baseline]).expect(0);
    assert_eq!(states(&ran), expected(&[("old.env", "unchanged", "-", "known")]));
    world.commit(&[("new.env", &secret("2")), ("copy.env", &secret("1"))]);
    let ran = world.scan(&["--baseline", &baseline]).expect(1);
    assert_eq!(
        states(&ran),
        expected(&[
            ("copy.env", "spread", "code", "fails"),
            ("new.env", "new", "code", "fails"),
            ("old.env", "unchanged", "-", "known"),
        ])
    );
    git(world.root(), &["rm", "-q", "new.env", "copy.env"]);
    git(world.root(), &["mv", "old.env", "moved.env"]);
    world.commit(&[]);
    let ran = world.scan(&["--baseline", &baseline]).expect(0);
    assert_eq!(states(&ran), expected(&[("moved.env", "moved", "code", "known")]));
    // The history has what was removed: what the baseline knew is known there too.
    let ran = world.scan(&["--baseline", &baseline, "--history"]).expect(1);
    let told: Vec<_> = states(&ran).into_iter().map(|(path, state, cause, _)| (path, state, cause)).collect();
    assert!(told.contains(&("old.env".into(), "unchanged".into(), "-".into())), "{told:?}");
    assert!(told.contains(&("new.env".into(), "new".into(), "scope".into())), "{told:?}");
}

#[test]
fn a_baseline_of_another_key_is_refused_unless_that_is_to_be_had() {
    let world = World::new(&[("old.env", &secret("1"))]);
    let baseline = world.baseline("b.jsonl");
    let refused = world_scan_with_key(&world, &["--baseline", &baseline], "another key of sixteen bytes").expect(2);
    assert!(refused.stderr.contains("which is not to be had"), "{}", refused.stderr);
    // The old key in a file, the new one in the environment: known under the old, reported under the new.
    let old = world.write("old.key", crate::run::TEST_KEY);
    let arguments = ["--baseline", &baseline, "--fingerprint-key-file", &old];
    let ran = world_scan_with_key(&world, &arguments, "another key of sixteen bytes").expect(0);
    assert_eq!(states(&ran), expected(&[("old.env", "unchanged", "-", "known")]));
}

fn world_scan_with_key(world: &World, arguments: &[&str], key: &str) -> Ran {
    Run::scan(world.root(), &["--format", "json"]).args(arguments).env("STRAYKEY_FINGERPRINT_KEY", key).go()
}

#[test]
fn baselines_of_two_branches_merge() {
    let world = World::new(&[("a.env", &secret("1")), (".gitattributes", "*.jsonl merge=union\n")]);
    let write = || {
        let output = format!("baseline={}", world.root().join("b.jsonl").display());
        world.scan(&["--fail-on", "never", "--output", &output]).expect(0);
    };
    write();
    world.commit(&[]);
    git(world.root(), &["checkout", "-qb", "side"]);
    put(world.root(), "b.env", &secret("2"));
    write();
    world.commit(&[]);
    git(world.root(), &["checkout", "-q", "main"]);
    put(world.root(), "c.env", &secret("3"));
    write();
    world.commit(&[]);
    git(world.root(), &["merge", "-q", "--no-edit", "side"]);
    let ran = world.scan(&["--baseline", world.root().join("b.jsonl").to_str().unwrap()]).expect(0);
    assert!(states(&ran).iter().all(|(.., verdict)| verdict == "known"), "{:?}", states(&ran));
    assert_eq!(states(&ran).len(), 3);
}

/// A key that only [`OPERATOR_RULES`] find.
pub(crate) fn norvale(letter: char) -> String {
    format!(
        "see {}_live_{} there\n",
        "nrv",
        ["3", "x9", "k2b"].concat() + &letter.to_string().repeat(2) + "7q4w8e5r6t1y3u9i"
    )
}

#[test]
fn a_better_rule_is_never_a_leak_and_a_leak_never_a_better_rule() {
    let world = World::new(&[("notes.md", &norvale('a')), ("old.env", &secret("1"))]);
    put(world.beside.path(), "rules/norvale.toml", OPERATOR_RULES);
    let rules = world.at("rules");
    let baseline = world.baseline("b.jsonl");
    let bundle = format!("evidence={}", world.at("e1"));
    world.scan(&["--fail-on", "never", "--output", &bundle]).expect(0);
    for past in [&baseline, &world.at("e1")] {
        let ran = world.scan(&["--baseline", past, "--rules", &rules]).expect(0);
        assert_eq!(
            states(&ran),
            expected(&[("notes.md", "new", "rules", "newly-detected"), ("old.env", "unchanged", "-", "known"),])
        );
    }
    // The same upgrade, and a leak with it.
    world.commit(&[("leak.md", &norvale('b'))]);
    for past in [&baseline, &world.at("e1")] {
        let ran = world.scan(&["--baseline", past, "--rules", &rules]).expect(1);
        assert_eq!(
            states(&ran),
            expected(&[
                ("leak.md", "new", "code", "fails"),
                ("notes.md", "new", "rules", "newly-detected"),
                ("old.env", "unchanged", "-", "known"),
            ])
        );
    }
    let strict = world.write("strict.toml", "[baseline]\nnewly_detected = \"fail\"\n");
    let ran = world.scan(&["--baseline", &baseline, "--rules", &rules, "--config", &strict]).expect(1);
    assert_eq!(states(&ran)[1].3, "fails");
}

/// An entry of exceptions.toml that speaks of a secret.
pub(crate) fn exception(id: &str, selector: &str, reason: &str, more: &str) -> String {
    format!(
        "[[exception]]\nid = \"{id}\"\n{selector}\nreason = \"{reason}\"\ntext = \"t\"\n\
         requested_by = \"dev@example.org\"\n{more}\n"
    )
}

pub(crate) const APPROVED: &str =
    "approved_by = \"owner@example.org\"\napproved_on = 2026-01-10\nexpires_on = 2026-06-30";

#[test]
fn an_exception_holds_until_its_day_and_no_longer() {
    let world = World::new(&[("a.env", &secret("1"))]);
    let (value, key) = fingerprint(&world.scan(&[]).expect(1), "a.env");
    let selector = format!("fingerprint = \"{value}\"");
    let text = format!("key_id = \"{key}\"\n{}", exception("EX-1", &selector, "test-value", APPROVED));
    let file = world.write("exceptions.toml", &text);
    let at = |day: &str| world.scan(&["--exceptions", &file, "--at", day]);
    let ran = at("2026-06-30").expect(0);
    assert_eq!(states(&ran)[0].3, "excepted");
    let ran = at("2026-07-01").expect(1);
    assert_eq!(states(&ran)[0].3, "fails");
    let report = ran.json();
    assert_eq!(report["exceptions"][0]["standing"], "expired", "{}", report["exceptions"]);
    // Another key: the file speaks of nothing that can be known.
    let ran = Run::scan(world.root(), &["--exceptions", &file])
        .env("STRAYKEY_FINGERPRINT_KEY", "x".repeat(20))
        .go()
        .expect(2);
    assert!(ran.stderr.contains("the exceptions is under") || ran.stderr.contains("not to be had"), "{}", ran.stderr);
}

#[test]
fn only_the_risk_owner_accepts_a_risk_and_it_is_no_false_positive() {
    let world = World::new(&[("a.env", &secret("1"))]);
    let place = "rule = \"github-personal-access-token\"\npath = \"*.env\"";
    let file = world.write("exceptions.toml", &exception("EX-1", place, "accepted-risk", APPROVED));
    let scope = |owner: &str| {
        let text = format!(
            "[[unit]]\nname = \"shop\"\nrepositories = [\"https://x\"]\nowner = \"o\"\nrisk_owner = \"{owner}\"\ncadence_days = 1\n"
        );
        world.write(&format!("{owner}.toml"), &text)
    };
    let scan = |arguments: &[&str]| world.scan(&[&["--exceptions", &file, "--at", "2026-02-01"], arguments].concat());
    let ran = scan(&[]).expect(1);
    assert!(string(&ran.json()["exceptions"][0]["why"]).contains("nobody says who that is"));
    scan(&["--unit", "shop", "--scope", &scope("other@example.org")]).expect(1);
    let owner = scope("owner@example.org");
    let ran = scan(&["--unit", "shop", "--scope", &owner]).expect(0);
    let report = ran.json();
    let place = &report["findings"][0]["places"][0];
    assert_eq!(place["exception"]["reason"], "accepted-risk");
    let sarif =
        Run::scan(world.root(), &["--exceptions", &file, "--at", "2026-02-01", "--unit", "shop", "--scope", &owner])
            .args(["--format", "sarif"])
            .go()
            .expect(0);
    let suppression = &sarif.json()["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!((&suppression["kind"], &suppression["status"]), (&"external".into(), &"accepted".into()));
    assert!(!sarif.text().contains("false positive") && !sarif.text().contains("false-positive"));
}

/// The base commit has one secret that nothing excuses; a branch adds another with every excuse that there is.
#[test]
fn a_change_cannot_excuse_itself() {
    let world = World::new(&[("readme", "text\n"), ("straykey.toml", "[scan]\nfail_on = \"low\"\n")]);
    let root = world.root();
    git(root, &["update-ref", "refs/remotes/origin/main", "main"]);
    git(root, &["checkout", "-qb", "feature"]);
    put(root, "leak.env", &secret("1"));
    let (value, key) = fingerprint(&world.scan(&[]).expect(1), "leak.env");
    let output = format!("baseline={}", root.join("baseline.jsonl").display());
    world.scan(&["--fail-on", "never", "--output", &output]).expect(0);
    let selector = format!("fingerprint = \"{value}\"");
    let excuse = format!("key_id = \"{key}\"\n{}", exception("EX-1", &selector, "test-value", APPROVED));
    put(root, "exceptions.toml", &excuse);
    put(root, "straykey.toml", "[scan]\nfail_on = \"never\"\n");
    put(root, "marked.env", &secret("2").replace('\n', " # straykey:ignore reason=x until=2026-02-10\n"));
    world.commit(&[]);
    let file = |name: &str| root.join(name).display().to_string();
    let scan = |arguments: &[&str], variables: &[(&str, &str)]| {
        let more = [&["--format", "json", "--at", "2026-02-01"], arguments].concat();
        let run = Run::scan(root, &more);
        variables.iter().fold(run, |run, (name, value)| run.env(name, value)).go()
    };
    let (exceptions, config, baseline) = (file("exceptions.toml"), file("straykey.toml"), file("baseline.jsonl"));
    let honour = world.write("honour.toml", "[inline_ignores]\nhonour = true\n");
    let all = ["--exceptions", &exceptions, "--config", &config, "--baseline", &baseline];
    // As the operator's own files they hold: no change is scanned.
    scan(&all, &[]).expect(0);
    let in_pipeline: &[(&str, &str)] = &[("CI", "true"), ("CHANGE_TARGET", "main")];
    for (how, variables) in [
        (&["--exceptions-from", "main"][..], &[][..]),
        (&["--since", "main"], &[]),
        (&["--range", "main..feature"], &[]),
        (&[], in_pipeline),
    ] {
        let ran = scan(&[&all[..], how].concat(), variables).expect(1);
        let report = ran.json();
        let kinds: Vec<&str> = array(&report["attempts"]).iter().map(|one| one["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["baseline", "configuration", "exception"], "{how:?} {variables:?}");
        let leak = states(&ran).into_iter().find(|row| row.0 == "leak.env").unwrap();
        assert_eq!(leak.3, "fails", "{how:?}");
        let ran = scan(&[&["--config", &honour], how].concat(), variables).expect(1);
        let attempts = ran.json()["attempts"].clone();
        assert_eq!(attempts[0]["kind"], "inline-ignore", "{how:?}: {attempts}");
    }
    // What is staged, from the commit before.
    git(root, &["reset", "-q", "--soft", "main"]);
    let ran = scan(&[&all[..], &["--staged"]].concat(), &[]).expect(1);
    assert_eq!(array(&ran.json()["attempts"]).len(), 3);
    // The operator may allow it, in a file that the change does not touch.
    let allow = world.write("allow.toml", "[change_requests]\nmay_excuse_itself = true\n");
    let ran = scan(&["--config", &allow, "--exceptions", &exceptions, "--staged"], &[]);
    let leak = states(&ran).into_iter().find(|row| row.0 == "leak.env").unwrap();
    assert_eq!(leak.3, "excepted");
}

#[test]
fn a_change_cannot_weaken_the_rules_that_judge_it() {
    let world = World::new(&[("rules/norvale.toml", OPERATOR_RULES)]);
    git(world.root(), &["checkout", "-qb", "feature"]);
    let weak = OPERATOR_RULES
        .replace("{24}", "{25}")
        .replace(":24", ":25")
        .replace(":23", ":24")
        .replace("max_len = 33", "max_len = 34");
    world.commit(&[("rules/norvale.toml", &weak), ("leak.md", &norvale('a'))]);
    let rules = world.root().join("rules").display().to_string();
    let scan = |more: &[&str]| world.scan(&[&["--rules", &rules], more].concat());
    scan(&[]).expect(0);
    let ran = scan(&["--exceptions-from", "main"]).expect(1);
    assert_eq!(ran.json()["attempts"][0]["kind"], "rules");
    let allow = world.write("allow.toml", "[change_requests]\nmay_excuse_itself = true\n");
    assert!(scan(&["--exceptions-from", "main", "--config", &allow]).expect(0).json()["attempts"].is_null());
}

#[test]
fn what_the_base_has_excuses_a_change() {
    let place = "rule = \"github-personal-access-token\"\npath = \"tests/**\"";
    let world = World::new(&[("exceptions.toml", &exception("EX-1", place, "test-value", APPROVED))]);
    git(world.root(), &["checkout", "-qb", "feature"]);
    world.commit(&[("tests/a.env", &secret("1"))]);
    let file = world.root().join("exceptions.toml").display().to_string();
    world.scan(&["--exceptions", &file, "--at", "2026-02-01", "--since", "main"]).expect(0);
}

#[test]
fn a_pipeline_without_its_target_branch_does_not_guess() {
    let world = World::new(&[("exceptions.toml", ""), ("a", "text\n")]);
    let file = world.root().join("exceptions.toml").display().to_string();
    let run = || Run::scan(world.root(), &["--exceptions", &file]).env("GITHUB_BASE_REF", "release/9");
    let ran = run().go().expect(2);
    assert!(ran.stderr.contains("GITHUB_BASE_REF") && ran.stderr.contains("--exceptions-from"), "{}", ran.stderr);
    // Without a file in the tree nothing hangs on it.
    Run::scan(world.root(), &[]).env("GITHUB_BASE_REF", "release/9").go().expect(0);
}

#[test]
fn a_bypass_is_a_record() {
    let world = World::new(&[("a.env", &secret("1"))]);
    let ran = world.scan(&["--bypass", "INC-7: hotfix"]).expect(2);
    assert!(ran.stderr.contains("bypass.allow"), "{}", ran.stderr);
    let allow = world.write("allow.toml", "[bypass]\nallow = true\n");
    let bundle = format!("evidence={}", world.at("e"));
    let ran = world.scan(&["--bypass", "INC-7: hotfix", "--config", &allow, "--output", &bundle]).expect(0);
    let bypass = ran.json()["bypass"].clone();
    assert_eq!((&bypass["reason"], &bypass["exit_code"]), (&"INC-7: hotfix".into(), &1.into()));
    let shown = Run::new(["evidence", "show", &world.at("e")]).go().expect(0).text();
    assert!(shown.contains("BYPASS by") && shown.contains("INC-7: hotfix"), "{shown}");
    for format in ["pretty", "markdown", "sarif", "jsonl"] {
        let text = Run::scan(world.root(), &["--format", format, "--bypass", "INC-7: hotfix", "--config", &allow]).go();
        assert!(text.expect(0).text().contains("INC-7: hotfix"), "{format}");
    }
}

#[test]
fn gates_of_the_policy_decide_before_the_rest() {
    let world = World::new(&[("a.env", &secret("1")), ("tests/b.env", &secret("2"))]);
    let gates = "[[gate]]\nname = \"tests\"\nthen = \"pass\"\ncontext = [\"test\"]\n\n\
                 [[gate]]\nname = \"too old\"\nthen = \"fail\"\nstate = \"known\"\nolder_than_days = 30\n";
    let config = world.write("gates.toml", gates);
    let baseline = world.baseline("b.jsonl");
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let later = |days: i64| today.checked_add(jiff::Span::new().days(days)).unwrap().to_string();
    let scan = |day: &str| world.scan(&["--config", &config, "--baseline", &baseline, "--at", day]);
    let verdicts = |ran: &Ran| states(ran).into_iter().map(|row| row.3).collect::<Vec<_>>();
    assert_eq!(verdicts(&scan(&later(30)).expect(0)), ["known", "passes-gate"]);
    assert_eq!(verdicts(&scan(&later(31)).expect(1)), ["fails-gate", "passes-gate"]);
}

#[test]
fn triage_confirms_what_contradicts_a_control() {
    let world = World::new(&[("a.env", &secret("1"))]);
    let (value, key) = fingerprint(&world.scan(&[]).expect(1), "a.env");
    let file = world.at("triage.jsonl");
    let add = |decision: &str| {
        let arguments = ["triage", "add", &file, "--fingerprint", &value, "--key-id", &key, "--by", "a@b"];
        Run::new(arguments).args(["--decision", decision]).go()
    };
    add("confirmed").expect(0);
    let state = |name: &str| {
        let bundle = format!("evidence={}", world.at(name));
        world.scan(&["--triage", &file, "--fail-on", "never", "--output", &bundle]).expect(0);
        Run::new(["evidence", "show", &world.at(name)]).go().expect(0).text()
    };
    let shown = state("e1");
    assert!(shown.contains("contradicting evidence (confirmed)") && !shown.contains("(untriaged)"), "{shown}");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    add("false-positive").expect(0);
    let shown = state("e2");
    assert!(!shown.contains("contradicting evidence"), "{shown}");
    assert!(shown.contains("judged to be no secret"), "{shown}");
}

#[test]
fn exceptions_are_added_listed_and_checked() {
    let beside = TempDir::new().unwrap();
    let file = beside.path().join("exceptions.toml").display().to_string();
    let add = |id: &str, more: &[&str]| {
        let arguments = ["exceptions", "add", &file, "--id", id, "--rule", "generic-password", "--path", "tests/**"];
        let arguments =
            [&arguments[..], &["--reason", "test-value", "--text", "it's \"made\"", "--requested-by", "a"], more]
                .concat();
        Run::new(arguments).go()
    };
    add("E1", &["--expires-on", "2099-01-01"]).expect(0);
    let text =
        add("E2", &["--expires-on", "2026-12-31", "--approved-by", "b", "--approved-on", "2026-06-01"]).expect(0);
    assert!(text.text().contains("added E2"));
    assert!(add("E2", &["--expires-on", "2026-12-31"]).expect(2).stderr.contains("the same"));
    let list = Run::new(["exceptions", "list", &file, "--at", "2026-07-01"]).go().expect(0).text();
    assert!(list.contains("E1") && list.contains("unapproved") && list.contains("active"), "{list}");
    let check = Run::new(["exceptions", "check", &file, "--at", "2026-07-01"]).go().expect(1).text();
    assert!(check.contains("exceptions: 2, of which 1 "), "{check}");
    let soon =
        Run::new(["exceptions", "check", &file, "--at", "2026-12-20", "--expires-within", "30"]).go().expect(1).text();
    assert!(soon.contains("exceptions: 2, of which 2 "), "{soon}");
}
