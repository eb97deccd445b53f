//! The risk register as commands keep it: fed by scans of repositories as they change, told alike by register, OSCAL and control view.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde_json::Value;
use tempfile::TempDir;

use crate::formats::{assert_valid, schema};
use crate::over_time::{World, exception};
use crate::repository::{git, secret};
use crate::run::{Ran, Run, array, string, token, tree};

const RISK_OWNER: &str = "owner@example.org";

const POAM: &str = "tests/it/schemas/oscal_poam_schema.json";
const RESULTS: &str = "tests/it/schemas/oscal_assessment-results_schema.json";

/// Two repositories, and the register of both.
struct Isms {
    shop: World,
    pay: World,
    folder: TempDir,
}

impl Isms {
    fn new() -> Self {
        let world = |name: &str| {
            let world = World::new(&[("readme.txt", "text\n")]);
            git(world.root(), &["remote", "add", "origin", &format!("https://git.example.org/team/{name}.git")]);
            world
        };
        let isms = Self { shop: world("shop"), pay: world("pay"), folder: TempDir::with_prefix("isms-").unwrap() };
        let unit = |name: &str| {
            format!(
                "[[unit]]\nname = \"{name}\"\nrepositories = [\"https://git.example.org/team/{name}\"]\n\
                 owner = \"{name} team\"\nrisk_owner = \"{RISK_OWNER}\"\nvisibility = \"private\"\ncadence_days = 1\n"
            )
        };
        fs::write(isms.at("scope.toml"), unit("shop") + &unit("pay")).unwrap();
        isms
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }

    fn scan(&self, unit: &str, name: &str, previous: Option<&str>, arguments: &[&str]) {
        fs::create_dir_all(self.at("evidence")).unwrap();
        let world = if unit == "shop" { &self.shop } else { &self.pay };
        let output = format!("evidence={}", self.text(&format!("evidence/{name}")));
        let previous = previous.map(|name| self.text(&format!("evidence/{name}")));
        let link = previous.iter().flat_map(|bundle| ["--previous", bundle.as_str()]);
        let scope = self.text("scope.toml");
        let fixed = ["--unit", unit, "--scope", &scope, "--output", &output, "--fail-on", "never"];
        Run::scan(world.root(), &fixed).args(link).args(arguments).go().expect(0);
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Run::new(["register"]).args(arguments).args(["--register", &self.text("register.csv")]).go()
    }

    /// Takes in all bundles.
    fn update(&self, arguments: &[&str]) -> Ran {
        let (evidence, scope) = (self.text("evidence"), self.text("scope.toml"));
        let fixed = ["update", "--evidence", &evidence, "--scope", &scope];
        self.run(&[&fixed[..], arguments].concat()).expect(0)
    }

    /// The only scenario.
    fn scenario(&self) -> Value {
        let all = self.run(&["list", "--format", "json"]).expect(0).json();
        let all = array(&all["scenarios"]);
        assert_eq!(all.len(), 1);
        all[0].clone()
    }

    fn says(&self) -> (String, String) {
        let scenario = self.scenario();
        (string(&scenario["status"]), string(&scenario["condition"]))
    }

    /// The status of the only risk of the plan, which is valid.
    fn planned(&self) -> String {
        let evidence = self.text("evidence");
        let plan = self.run(&["export", "--format", "oscal-poam", "--evidence", &evidence]).expect(0).json();
        assert_valid(&schema(POAM), &plan);
        let risks = array(&plan["plan-of-action-and-milestones"]["risks"]);
        assert_eq!(risks.len(), 1);
        string(&risks[0]["status"])
    }

    /// What the latest bundles say of 5.17, in the control view and, where it is valid, in OSCAL.
    fn control(&self) -> (String, bool) {
        let report = |format: &str| {
            Run::new(["controls", "report", &self.text("evidence"), "--format", format]).go().expect(0).json()
        };
        let view = report("json");
        let row =
            array(&view["controls"]).iter().find(|row| row["control"] == "5.17").expect("scans touch on it").clone();
        let results = report("oscal-ar");
        assert_valid(&schema(RESULTS), &results);
        let results = results["assessment-results"]["results"].to_string();
        assert!(!results.contains("\"satisfied\""), "no scan says so");
        (string(&row["state"]), results.contains("not-satisfied"))
    }
}

fn pair(status: &str, condition: &str) -> (String, String) {
    (status.to_owned(), condition.to_owned())
}

/// The day `days` from now.
fn day(days: i64) -> String {
    let today: Date = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    today.saturating_add(jiff::Span::new().days(days)).to_string()
}

#[test]
fn a_series_is_told_alike_by_register_plan_and_control_view() {
    const UNTRIAGED: &str = "contradicting evidence (untriaged)";
    const CLEAN: &str = "tested aspect: none observed";
    let isms = Isms::new();
    let state = |text: &str| (text.to_owned(), false);
    // Added.
    isms.shop.commit(&[("app.env", &secret("1"))]);
    isms.scan("shop", "s1", None, &[]);
    isms.update(&[]);
    assert_eq!((isms.says(), isms.planned()), (pair("open", "present"), "open".into()));
    assert_eq!(isms.control(), state(UNTRIAGED));
    let scenario = isms.scenario();
    let id = string(&scenario["id"]);
    assert_eq!((string(&scenario["owner"]), string(&scenario["level"])), ("shop team".into(), "4 - high".into()));
    // Accepted.
    let rule = scenario["columns"]["rule"].as_str().unwrap();
    let selector = format!("rule = \"{rule}\"\npath = \"**/*\"");
    let approval = format!("approved_by = \"{RISK_OWNER}\"\napproved_on = {}\nexpires_on = {}\n", day(-1), day(30));
    fs::write(isms.at("exceptions.toml"), exception("E1", &selector, "accepted-risk", &approval)).unwrap();
    let exceptions = isms.text("exceptions.toml");
    isms.scan("shop", "s2", Some("s1"), &["--exceptions", &exceptions]);
    isms.update(&[]);
    assert_eq!((isms.says(), isms.planned()), (pair("accepted", "risk accepted"), "deviation-approved".into()));
    assert_eq!(isms.control(), state(UNTRIAGED), "an accepted risk contradicts all the same");
    // The acceptance ends, with no scan in between.
    isms.update(&["--at", &day(31)]);
    assert_eq!((isms.says(), isms.planned()), (pair("open", "acceptance expired"), "open".into()));
    let evidence = isms.text("evidence");
    let later = Run::new(["controls", "report", &evidence, "--format", "json", "--at", &day(31)]).go().expect(0).json();
    let row = array(&later["controls"]).iter().find(|row| row["control"] == "5.17").unwrap().clone();
    assert_eq!(row["exceptions"][0]["standing"], "expired");
    // Removed, not rotated.
    git(isms.shop.root(), &["rm", "-q", "app.env"]);
    isms.shop.commit(&[]);
    isms.scan("shop", "s3", Some("s2"), &[]);
    isms.update(&[]);
    assert_eq!((isms.says(), isms.planned()), (pair("open", "removed, not rotated"), "open".into()));
    assert_eq!(isms.control(), state(CLEAN), "the files of today have none; the register has the risk");
    // Rotation attested.
    let scope = isms.text("scope.toml");
    let attest = ["attest", &id, "--rotated", "--by", "ops", "--grade", "issuer-confirmed", "--scope", &scope];
    isms.run(&attest).expect(0);
    assert_eq!((isms.says(), isms.planned()), (pair("closed", "rotated"), "closed".into()));
    // Reused in a second repository, where it was all along.
    isms.pay.commit(&[("pay.env", &secret("1"))]);
    isms.scan("pay", "p1", None, &[]);
    isms.update(&[]);
    assert_eq!(isms.says(), pair("open", "rotated, still there"));
    assert_eq!(string(&isms.scenario()["columns"]["units"]), "pay, shop");
    // Re-introduced.
    isms.shop.commit(&[("app.env", &secret("1"))]);
    isms.scan("shop", "s4", Some("s3"), &[]);
    isms.update(&[]);
    assert_eq!((isms.says(), isms.planned()), (pair("open", "re-introduced"), "open".into()));
    let scenario = isms.scenario();
    assert_eq!((string(&scenario["id"]), string(&scenario["columns"]["reopened"])), (id.clone(), "1".into()));
    assert!(string(&scenario["columns"]["kinds"]).contains("shared-secret-reuse"));
    // Triaged: only now is the control said not to be satisfied.
    let triage = isms.text("triage.jsonl");
    let key = isms.run(&["show", "--format", "json"]).expect(0).json();
    let fingerprint = string(&scenario["columns"]["fingerprint"]);
    Run::new(["triage", "add", &triage, "--fingerprint", &fingerprint, "--key-id", key["key"]["id"].as_str().unwrap()])
        .args(["--decision", "confirmed", "--by", "lead"])
        .go()
        .expect(0);
    isms.scan("shop", "s5", Some("s4"), &["--triage", &triage]);
    assert_eq!(isms.control(), ("contradicting evidence (confirmed)".into(), true));
    // All of it is in the journal.
    let shown = isms.run(&["show", &id]).expect(0).text();
    for part in ["created", "rotated on", "closed", "reopened", "issuer-confirmed"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_report_of_a_day_tells_nothing_that_came_later() {
    let (_folder, bundle, _) = register(1);
    let report = |day: &str| Run::new(["controls", "report", &bundle, "--format", "oscal-ar", "--at", day]).go();
    let error = report("2026-01-01").expect(2).stderr;
    assert!(error.contains("1 bundle is of later days than 2026-01-01, and there is no other"), "{error}");
    let later = day(3);
    let later = later.as_str();
    let once = report(later).expect(0).json();
    assert_eq!(once, report(later).expect(0).json(), "it can be made once more");
    assert_eq!(once["assessment-results"]["metadata"]["last-modified"], format!("{later}T23:59:59Z"));
}

#[test]
fn a_series_that_is_no_more_is_retired() {
    let (_folder, _, register) = register(2);
    let run = |arguments: &[&str]| Run::new(["register"]).args(arguments).args(["--register", &register]).go();
    run(&["retire", "--by", "head"]).expect(2);
    let refused = run(&["retire", "--unit", "other", "--by", "head"]).expect(2).stderr;
    assert!(refused.contains("there is no such series"), "{refused}");
    let told = run(&["retire", "--unit", "shop", "--by", "head", "--note", "merged into pay"]).expect(0).text();
    assert!(told.starts_with("retired   shop") && told.contains("2 open"), "{told}");
    assert!(run(&["show"]).expect(0).text().contains(", retired on "));
    let rows = run(&["list", "--format", "json"]).expect(0).json();
    assert!(array(&rows["scenarios"]).iter().all(|row| row["condition"] == "removed, not rotated"));
}

/// A register of one scan of a tree with secrets.
fn register(secrets: usize) -> (TempDir, String, String) {
    let files: Vec<(String, String)> =
        (0..secrets).map(|number| (format!("{number}.env"), secret(&number.to_string()))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (target, folder) = (tree(&files), TempDir::with_prefix("register-").unwrap());
    let (bundle, register) = (folder.path().join("b"), folder.path().join("register.csv"));
    let output = format!("evidence={}", bundle.display());
    Run::scan(target.path(), &["--unit", "shop", "--fail-on", "never", "--output", &output]).go().expect(0);
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (bundle, register) = (text(&bundle), text(&register));
    Run::new(["register", "update", "--evidence", &bundle, "--register", &register]).go().expect(0);
    (folder, bundle, register)
}

#[test]
fn a_damaged_register_is_refused_with_its_line_and_left_untouched() {
    let (folder, bundle, register) = register(3);
    let sound = fs::read_to_string(&register).unwrap();
    let journal = folder.path().join("register.journal.jsonl");
    let records = fs::read(&journal).unwrap();
    for (from, to) in [("present", "absent"), ("\"high\"", "\"low\""), ("\"open\",\"present\"", "\"open\"")] {
        let line = sound.lines().nth(2).unwrap();
        let damaged = sound.replace(line, &line.replacen(from, to, 1));
        assert_ne!(damaged, sound);
        fs::write(&register, &damaged).unwrap();
        for command in [
            vec!["update", "--evidence", &bundle],
            vec!["list"],
            vec!["attest", "SK-000000000000", "--rotated", "--by", "x"],
            vec!["export", "--format", "csv"],
        ] {
            let ran = Run::new(["register"]).args(command).args(["--register", &register]).go().expect(2);
            assert!(ran.stderr.contains("register.csv:3: "), "{}", ran.stderr);
        }
        assert_eq!(fs::read_to_string(&register).unwrap(), damaged);
        assert_eq!(fs::read(&journal).unwrap(), records);
    }
}

#[test]
fn two_updates_at_once_lose_nothing() {
    let folder = TempDir::with_prefix("register-").unwrap();
    let register = folder.path().join("register.csv");
    let bundles: Vec<PathBuf> = (0..6)
        .map(|number: u32| {
            let target = tree(&[("a.env", &secret(&number.to_string()))]);
            let bundle = folder.path().join(format!("b{number}"));
            let output = format!("evidence={}", bundle.display());
            let unit = format!("unit{number}");
            Run::scan(target.path(), &["--unit", &unit, "--fail-on", "never", "--output", &output]).go().expect(0);
            bundle
        })
        .collect();
    std::thread::scope(|scope| {
        for bundle in &bundles {
            let register = register.to_str().unwrap();
            scope.spawn(move || {
                let bundle = bundle.to_str().unwrap();
                Run::new(["register", "update", "--evidence", bundle, "--register", register]).go().expect(0);
            });
        }
    });
    let ran =
        Run::new(["register", "list", "--format", "json", "--register", register.to_str().unwrap()]).go().expect(0);
    assert_eq!(array(&ran.json()["scenarios"]).len(), bundles.len());
}

#[test]
fn what_cannot_be_told_apart_or_is_not_sound_is_refused() {
    let (folder, bundle, register) = register(1);
    let alone = folder.path().join("alone.csv").to_str().unwrap().to_owned();
    fs::copy(&register, &alone).unwrap();
    let ran = Run::new(["register", "update", "--evidence", &bundle, "--register", &alone]).go().expect(2);
    assert!(ran.stderr.contains("the file alone is no register"), "{}", ran.stderr);
    assert!(!folder.path().join("alone.journal.jsonl").exists());
    let update = |bundle: &str| Run::new(["register", "update", "--evidence", bundle, "--register", &register]).go();
    // The same bundle again changes nothing.
    let before = (fs::read(&register).unwrap(), fs::read(folder.path().join("register.journal.jsonl")).unwrap());
    assert!(update(&bundle).expect(0).text().contains("0 taken in, 1 known before"));
    let after = (fs::read(&register).unwrap(), fs::read(folder.path().join("register.journal.jsonl")).unwrap());
    assert_eq!(before, after);
    // One under another key.
    let target = tree(&[("a.env", &secret("1"))]);
    let other = folder.path().join("other").to_str().unwrap().to_owned();
    let output = format!("evidence={other}");
    let scan = Run::scan(target.path(), &["--fail-on", "never", "--output", &output]);
    scan.env("STRAYKEY_FINGERPRINT_KEY", "another key of sixteen bytes").go().expect(0);
    assert!(update(&other).expect(2).stderr.contains("nothing can be told to be the same"));
    // One that was changed.
    let records = Path::new(&bundle).join("evidence.jsonl");
    let text = fs::read_to_string(&records).unwrap();
    fs::write(&records, text.replacen("high", "info", 1)).unwrap();
    let copy = folder.path().join("fresh.csv").to_str().unwrap().to_owned();
    let ran = Run::new(["register", "update", "--evidence", &bundle, "--register", &copy]).go().expect(2);
    assert!(ran.stderr.contains("is not consistent"), "{}", ran.stderr);
    assert!(!Path::new(&copy).exists() && !folder.path().join("fresh.journal.jsonl").exists());
    // No register at all.
    let ran = Run::new(["register", "list", "--register", &copy]).go().expect(2);
    assert!(ran.stderr.contains("there is no register at"), "{}", ran.stderr);
}

#[test]
fn a_model_of_risk_that_is_forgotten_is_noticed() {
    let (folder, bundle, register) = register(1);
    let run = |arguments: &[&str]| Run::new(["register"]).args(arguments).args(["--register", &register]).go();
    assert!(run(&["update", "--evidence", &bundle, "--risk", "product"]).expect(2).stderr.contains("--change-risk"));
    run(&["update", "--evidence", &bundle, "--risk", "product", "--change-risk"]).expect(0);
    // From now on it need not be named.
    run(&["update", "--evidence", &bundle]).expect(0);
    assert!(run(&["list", "--risk", "5x5"]).expect(2).stderr.contains("judged by the model `product`"));
    let own = folder.path().join("own.toml");
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/patterns/risk/5x5.toml")).unwrap();
    fs::write(&own, text.replacen("name = \"5x5\"", "name = \"ours\"", 1)).unwrap();
    let own = own.to_str().unwrap();
    run(&["update", "--evidence", &bundle, "--risk", own, "--change-risk"]).expect(0);
    assert!(run(&["list"]).expect(2).stderr.contains("--risk FILE is needed"));
    run(&["list", "--risk", own]).expect(0);
}

#[test]
fn a_dry_run_writes_nothing() {
    let folder = TempDir::with_prefix("register-").unwrap();
    let target = tree(&[("a.env", &secret("1"))]);
    let bundle = folder.path().join("b");
    let output = format!("evidence={}", bundle.display());
    Run::scan(target.path(), &["--fail-on", "never", "--output", &output]).go().expect(0);
    let register = folder.path().join("register.csv");
    let ran = Run::new(["register", "update", "--dry-run", "--evidence", bundle.to_str().unwrap(), "--register"])
        .args([&register])
        .go()
        .expect(0);
    assert!(ran.text().contains("nothing was written") && ran.text().contains("1 new"), "{}", ran.text());
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["b"]);
}

#[test]
fn every_export_is_written_whole() {
    let (folder, bundle, register) = register(2);
    let export = |arguments: &[&str]| {
        Run::new(["register", "export", "--register", &register, "--evidence", &bundle]).args(arguments).go().expect(0)
    };
    let ciso = folder.path().join("ciso");
    fs::create_dir(&ciso).unwrap();
    export(&["--format", "ciso-assistant", "--output", ciso.to_str().unwrap()]);
    let mut names: Vec<_> = fs::read_dir(&ciso).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["applied-controls.csv", "findings.csv", "risk-scenarios.csv", "security-exceptions.csv"]);
    assert_eq!(array(&export(&["--format", "defectdojo"]).json()["findings"]).len(), 2);
    assert!(export(&["--format", "csv"]).text().starts_with("\"id\","));
    assert!(export(&["--format", "soa"]).text().contains("\"A.5.17\""));
    let map = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/column-map.example.toml");
    assert_eq!(export(&["--format", "csv", "--columns", map]).text().lines().count(), 3);
    let book = folder.path().join("register.xlsx");
    export(&["--format", "xlsx", "--output", book.to_str().unwrap()]);
    assert!(fs::read(book).unwrap().starts_with(b"PK"));
    // No value and no fingerprint leaves with them.
    let listed = Run::new(["register", "list", "--format", "json", "--register", &register]).go().expect(0).json();
    let fingerprints = array(&listed["scenarios"]).iter().map(|one| string(&one["columns"]["fingerprint"]));
    let secrets: Vec<String> = fingerprints.chain(["0", "1"].map(token)).collect();
    assert!(secrets.len() == 4 && secrets.iter().all(|secret| secret.len() > 16));
    let written = ["defectdojo", "csv", "soa", "oscal-poam"].map(|format| export(&["--format", format]).text());
    let files = fs::read_dir(&ciso).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    for (number, text) in written.into_iter().chain(files).enumerate() {
        // The plan names fingerprints of its own accord: by them observations are known again, under a key that is secret.
        let left = if number == 3 { &secrets[2..] } else { &secrets[..] };
        assert!(left.iter().all(|secret| !text.contains(secret.as_str())), "{text}");
    }
}

#[test]
fn places_have_the_owners_that_the_repository_names() {
    let world = World::new(&[
        (".github/CODEOWNERS", "* @everybody\n/app/ @team ops@example.org\n"),
        ("app/a.env", &secret("1")),
        ("b.env", &secret("2")),
    ]);
    let owners = |target: &Path| {
        let report = Run::scan(target, &["--format", "json"]).go().expect(1).json();
        let places = array(&report["findings"]).iter().flat_map(|finding| array(&finding["places"]).iter().cloned());
        let mut owners: Vec<_> =
            places.map(|place| (string(&place["owners"]["source"]), place["owners"]["names"].clone())).collect();
        owners.sort_by(|a, b| a.0.cmp(&b.0));
        owners
    };
    let team = (".github/CODEOWNERS, line 2".to_owned(), serde_json::json!(["@team", "ops@example.org"]));
    let all = (".github/CODEOWNERS, line 1".to_owned(), serde_json::json!(["@everybody"]));
    assert_eq!(owners(world.root()), [all, team.clone()]);
    // Wherever the scan begins.
    for begin in ["app", "app/a.env"] {
        assert_eq!(owners(&world.root().join(begin)), std::slice::from_ref(&team), "{begin}");
    }
    // Lines that cannot be understood are told of.
    world.commit(&[(".github/CODEOWNERS", "[a-z] @x\n* @everybody\n")]);
    let notes = Run::scan(world.root(), &["--format", "json"]).go().expect(1).json()["notes"].to_string();
    assert!(notes.contains(".github/CODEOWNERS: 1 line that cannot be understood"), "{notes}");
}
