//! Series of bundles: a repository as it changes, told the same in every place; and what is missing, late or was tampered with.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::over_time::{APPROVED, World, exception, norvale};
use crate::plant::Noise;
use crate::repository::{git, put, secret};
use crate::rules::OPERATOR_RULES;
use crate::run::{Ran, Run, array};

/// One scan of the series: its bundle, its reports, its exit code.
struct Step {
    bundle: String,
    pretty: String,
    sarif: Value,
    github: Value,
    records: Vec<Value>,
}

impl Step {
    /// Scans `world` into the bundle `name`, behind the bundle `previous`.
    fn scan(world: &World, name: &str, previous: Option<&Step>, arguments: &[&str], code: i32) -> Self {
        let at = |ending: &str| world.at(&format!("{name}{ending}"));
        let outputs = [
            format!("evidence={}", world.at(name)),
            format!("sarif={}", at(".sarif")),
            format!("github={}", at(".github")),
        ];
        let outputs = outputs.iter().flat_map(|output| ["--output", output]);
        let link = previous.iter().flat_map(|step| ["--previous", step.bundle.as_str()]).collect::<Vec<_>>();
        let ran =
            Run::scan(world.root(), &["--unit", "shop"]).args(outputs).args(link).args(arguments).go().expect(code);
        let json = |path: String| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let records = fs::read_to_string(Path::new(&world.at(name)).join("evidence.jsonl")).unwrap();
        let body = |line: &str| serde_json::from_str::<Value>(line).unwrap()["body"].clone();
        Self {
            bundle: world.at(name),
            pretty: ran.text(),
            sarif: json(at(".sarif")),
            github: json(at(".github")),
            records: records.lines().map(body).collect(),
        }
    }

    /// `(path, baselineState, number of suppressions)` of each result.
    fn results(&self) -> Vec<(String, String, usize)> {
        let runs = array(&self.sarif["runs"]);
        let results = runs.iter().flat_map(|run| array(&run["results"]));
        let row = |result: &Value| {
            let path = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            let state = result["baselineState"].as_str().unwrap_or("-");
            let suppressions = result["suppressions"].as_array().map_or(0, Vec::len);
            (path.as_str().unwrap_or_default().to_owned(), state.to_owned(), suppressions)
        };
        results.map(row).collect()
    }

    fn in_github(&self) -> usize {
        array(&self.github["runs"]).iter().map(|run| array(&run["results"]).len()).sum()
    }

    fn records(&self, kind: &str) -> Vec<&Value> {
        self.records.iter().filter(|record| record["type"] == kind).collect()
    }

    /// State, cause and verdict of the only place, as the record has them.
    fn place(&self) -> (String, String, String) {
        let place = &self.records("finding")[0]["places"][0];
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        (text(&place["change"]["state"]), text(&place["change"]["cause"]), text(&place["verdict"]["state"]))
    }

    /// `(state, cause, proven)` of the differences to the step before.
    fn compared(&self, before: &Step, code: i32) -> Vec<(String, String, bool)> {
        let ran = Run::new(["compare", "--format", "json", &before.bundle, &self.bundle]).go().expect(code);
        let row = |row: &Value| {
            (
                row["state"].as_str().unwrap().to_owned(),
                row["cause"].as_str().unwrap().to_owned(),
                row["proven"] == true,
            )
        };
        array(&ran.json()["differences"]).iter().map(row).collect()
    }
}

fn place(state: &str, cause: &str, verdict: &str) -> (String, String, String) {
    (state.into(), cause.into(), verdict.into())
}

fn row(state: &str, cause: &str) -> Vec<(String, String, bool)> {
    vec![(state.into(), cause.into(), true)]
}

#[test]
fn a_changing_repository_is_told_the_same_everywhere() {
    let world = World::new(&[("readme", "text\n"), ("notes.md", &norvale('a'))]);
    let scope = "[[unit]]\nname = \"shop\"\nrepositories = [\"https://x\"]\nowner = \"o\"\n\
                 risk_owner = \"owner@example.org\"\ncadence_days = 1\n";
    let scope = world.write("scope.toml", scope);
    let selector = "rule = \"github-personal-access-token\"\npath = \"app.env\"";
    let exceptions = world.write("exceptions.toml", &exception("EX-1", selector, "accepted-risk", APPROVED));
    let accepting = |day: &'static str| ["--exceptions", &*exceptions, "--scope", &*scope, "--at", day];

    let clean = Step::scan(&world, "e1", None, &[], 0);
    assert!(clean.results().is_empty());

    // A secret is added.
    world.commit(&[("app.env", &secret("1"))]);
    let added = Step::scan(&world, "e2", Some(&clean), &[], 1);
    assert_eq!(added.place(), place("new", "code", "fails"));
    assert_eq!(added.results(), [("app.env".into(), "new".into(), 0)]);
    assert_eq!(added.in_github(), 1);
    assert_eq!(added.compared(&clean, 1), row("new", "code"));
    assert!(added.pretty.contains("new"), "{}", added.pretty);

    // Its risk is accepted.
    let accepted = Step::scan(&world, "e3", Some(&added), &accepting("2026-06-30"), 0);
    assert_eq!(accepted.place(), place("unchanged", "-", "excepted"));
    assert_eq!(accepted.results(), [("app.env".into(), "unchanged".into(), 1)]);
    assert_eq!(accepted.in_github(), 0, "code hosts do not read suppressions");
    assert_eq!(accepted.records("exception")[0]["standing"], "active");
    assert_eq!(accepted.compared(&added, 0), []);
    assert!(accepted.pretty.contains("EX-1") && !accepted.pretty.contains("false positive"), "{}", accepted.pretty);
    let control = accepted.records("control-state").into_iter().find(|state| state["control"] == "5.17").unwrap();
    assert_eq!(control["state"], "contradicting evidence (untriaged)", "a risk that is accepted is one");

    // The acceptance ends.
    let expired = Step::scan(&world, "e4", Some(&accepted), &accepting("2026-07-01"), 1);
    assert_eq!(expired.place(), place("unchanged", "-", "fails"));
    assert_eq!(expired.results(), [("app.env".into(), "unchanged".into(), 0)]);
    assert_eq!(expired.in_github(), 1);
    assert_eq!(expired.records("exception")[0]["standing"], "expired");
    assert!(expired.pretty.contains("EX-1") && expired.pretty.contains("expired"), "{}", expired.pretty);

    // It is removed, but not rotated.
    git(world.root(), &["rm", "-q", "app.env"]);
    world.commit(&[]);
    let removed = Step::scan(&world, "e5", Some(&expired), &[], 0);
    assert_eq!(removed.compared(&expired, 0), row("absent", "code"));
    let absent = &removed.records("absent")[0];
    assert_eq!((&absent["path"], &absent["cause"]), (&"app.env".into(), &"code".into()));
    assert!(absent["gone"].is_string());
    assert!(removed.pretty.contains("absent") || removed.pretty.contains("gone"), "{}", removed.pretty);
    assert_eq!(removed.in_github(), 0);

    // A scan later it is still remembered; then it comes back.
    let quiet = Step::scan(&world, "e6", Some(&removed), &[], 0);
    assert_eq!(quiet.records("absent").len(), 1);
    assert_eq!(quiet.compared(&removed, 0), []);
    world.commit(&[("app.env", &secret("1"))]);
    let back = Step::scan(&world, "e7", Some(&quiet), &["--baseline", &quiet.bundle], 1);
    assert_eq!(back.place(), place("re-introduced", "code", "fails"));
    assert_eq!(back.results(), [("app.env".into(), "new".into(), 0)]);
    assert_eq!(back.in_github(), 1);
    assert_eq!(back.compared(&quiet, 1), row("re-introduced", "code"));
    assert!(back.pretty.contains("re-introduced"), "{}", back.pretty);
    assert!(back.records("absent").is_empty());

    // The rules get better: what they find was there all the time.
    put(Path::new(&world.at("rules")), "norvale.toml", OPERATOR_RULES);
    let rules = world.at("rules");
    let upgraded = Step::scan(&world, "e8", Some(&back), &["--baseline", &back.bundle, "--rules", &rules], 0);
    let norvale =
        upgraded.records("finding").into_iter().find(|one| one["rule"]["id"] == "norvale-deploy-key").unwrap();
    let change = &norvale["places"][0]["change"];
    assert_eq!((&change["state"], &change["cause"], &change["proven"]), (&"new".into(), &"rules".into(), &true.into()));
    assert_eq!(norvale["places"][0]["verdict"]["state"], "newly-detected");
    assert_eq!(upgraded.compared(&back, 0), row("new", "rules"));

    // The series is whole, and one without a scan is not.
    let series = |more: &[&str]| Run::new(["evidence", "series", &world.at("")]).args(more).go();
    assert!(series(&[]).expect(0).text().contains("8 bundles"));
    fs::remove_dir_all(&quiet.bundle).unwrap();
    let text = series(&[]).expect(1).text();
    assert!(text.contains("e7 follows the scan") && text.contains("which is not there"), "{text}");
}

/// A scan of a repository with a remote, into a bundle of `above`.
fn bundle(repository: &Path, above: &Path, name: &str, arguments: &[&str]) -> PathBuf {
    let bundle = above.join(name);
    fs::create_dir_all(bundle.parent().unwrap()).unwrap();
    let output = format!("evidence={}", bundle.display());
    Run::scan(repository, &["--unit", "shop", "--output", &output, "--fail-on", "never"])
        .args(arguments)
        .go()
        .expect(0);
    bundle
}

fn in_scope(url: &str) -> World {
    let world = World::new(&[("a.env", &secret("1"))]);
    git(world.root(), &["remote", "add", "origin", url]);
    world
}

#[test]
fn a_scope_tells_what_is_expected_late_missing_and_unknown() {
    let world = in_scope("git@git.example.org:shop/api.git");
    let other = in_scope("https://git.example.org/else/where");
    let above = TempDir::new().unwrap();
    bundle(world.root(), above.path(), "shop/1", &[]);
    bundle(other.root(), above.path(), "else/1", &[]);
    let list =
        "https://git.example.org/shop/api\nhttps://git.example.org/shop/web\nhttps://git.example.org/shop/lost\n";
    world.write("population.csv", list);
    let scope = "[population]\nsource = \"the host\"\ntaken_on = 2026-01-01\nfile = \"population.csv\"\n\
                 [[unit]]\nname = \"shop\"\n\
                 repositories = [\"https://git.example.org/shop/api\", \"https://git.example.org/shop/web\"]\n\
                 owner = \"o\"\nrisk_owner = \"r\"\ncadence_days = 7\n";
    let scope = world.write("scope.toml", scope);
    let folder = above.path().display().to_string();
    let series = |more: &[&str]| {
        Run::new(["evidence", "series", &folder, "--scope", &scope, "--format", "json"]).args(more).go()
    };
    let states = |ran: &Ran| {
        let report = ran.json();
        let row = |row: &Value| {
            format!("{} {}", row["subject"]["repository"].as_str().unwrap(), row["state"].as_str().unwrap())
        };
        array(&report["series"]).iter().map(row).collect::<Vec<_>>()
    };
    let now = series(&[]).expect(1);
    assert_eq!(
        states(&now),
        ["git.example.org/shop/api scanned", "git.example.org/shop/web missing", "git.example.org/else/where unknown",]
    );
    let notes = &now.json()["notes"];
    assert_eq!(array(notes).len(), 1);
    assert!(notes[0].as_str().unwrap().contains("shop/lost"), "{notes}");
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let later = today.checked_add(jiff::Span::new().days(8)).unwrap().to_string();
    assert_eq!(states(&series(&["--at", &later]).expect(1))[0], "git.example.org/shop/api late");
}

#[test]
fn a_bundle_of_another_unit_or_branch_is_no_predecessor() {
    let world = in_scope("https://git.example.org/shop/api");
    let above = TempDir::new().unwrap();
    let first = bundle(world.root(), above.path(), "1", &[]);
    let scan = |arguments: &[&str]| {
        let output = format!("evidence={}", above.path().join("2").display());
        let link = ["--previous", first.to_str().unwrap(), "--output", &output];
        Run::scan(world.root(), &link).args(arguments).go()
    };
    assert!(scan(&["--unit", "other"]).expect(2).stderr.contains("of another unit"));
    git(world.root(), &["checkout", "-qb", "side"]);
    assert!(scan(&["--unit", "shop"]).expect(2).stderr.contains("of another branch"));
    let lone = Run::scan(world.root(), &["--previous", first.to_str().unwrap()]).go().expect(2);
    assert!(lone.stderr.contains("--output evidence=DIR is needed"), "{}", lone.stderr);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// What whoever can write to the folder of a series may do, against somebody who pins the key and keeps the heads.
#[test]
fn two_hundred_random_changes_to_a_signed_series_are_noticed() {
    let world = in_scope("https://git.example.org/shop/api");
    let keys = TempDir::new().unwrap();
    let key = keys.path().join("k").display().to_string();
    Run::new(["evidence", "keygen", &key]).go().expect(0);
    let public = format!("{key}.pub");
    let above = TempDir::new().unwrap();
    let mut previous: Option<PathBuf> = None;
    for number in 1..=4 {
        world.commit(&[("b.env", &secret(&number.to_string()))]);
        let link = previous.as_ref().map(|path| path.display().to_string());
        let link = link.iter().flat_map(|path| ["--previous", path.as_str()]).collect::<Vec<_>>();
        previous =
            Some(bundle(world.root(), above.path(), &number.to_string(), &[&["--sign-key", &key], &link[..]].concat()));
    }
    let heads = world.at("heads.jsonl");
    let look = |folder: &Path, more: &[&str]| {
        let folder = folder.display().to_string();
        Run::new(["evidence", "series", &folder, "--key", &public]).args(more).go()
    };
    look(above.path(), &["--write-heads", &heads]).expect(0);
    look(above.path(), &["--heads", &heads]).expect(0);
    let parts = ["evidence.jsonl", "results.sarif", "manifest.json", "statement.intoto.json", "statement.dsse.json"];
    let mut noise = Noise::seeded("changes to a series");
    for round in 0..200 {
        let changed = TempDir::new().unwrap();
        copy(above.path(), changed.path());
        let at = changed.path().join((1 + noise.below(4)).to_string());
        let file = at.join(parts[noise.below(parts.len())]);
        let mut content = fs::read(&file).unwrap();
        let place = noise.below(content.len());
        let what = noise.below(7);
        match what {
            // A byte, a cut part, a part that is taken away, one of another bundle.
            0 => content[place] ^= 1 << noise.below(8),
            1 => content.truncate(place),
            2 => content.clear(),
            3 => {
                let other = changed.path().join((1 + noise.below(4)).to_string()).join(file.file_name().unwrap());
                let other = fs::read(other).unwrap();
                content = if other == content { vec![b'x'] } else { other };
            }
            // A bundle, or the last ones, are taken away.
            4 => fs::remove_dir_all(&at).unwrap(),
            5 => (1 + noise.below(4)..=4)
                .for_each(|number| fs::remove_dir_all(changed.path().join(number.to_string())).unwrap()),
            // One is put in from elsewhere, signed by the same key but linked to nothing.
            _ => drop(bundle(world.root(), changed.path(), "9", &["--sign-key", &key])),
        }
        if what < 4 {
            fs::write(&file, content).unwrap();
        }
        let ran = look(changed.path(), &["--heads", &heads]);
        assert!(matches!(ran.status, 1 | 2), "round {round}, change {what}:\n{}", ran.text());
        // Without a pinned key nothing is ever called authentic.
        let folder = changed.path().display().to_string();
        let text = Run::new(["evidence", "series", &folder]).go().text();
        assert!(!text.contains("authentic"), "{text}");
    }
}

#[test]
fn a_sample_is_drawn_by_its_seed() {
    let world = in_scope("https://git.example.org/shop/api");
    let above = TempDir::new().unwrap();
    let files: Vec<(String, String)> =
        (0..20).map(|number| (format!("{number}.env"), secret(&number.to_string()))).collect();
    world.commit(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>());
    let one = bundle(world.root(), above.path(), "1", &[]);
    bundle(world.root(), above.path(), "2", &["--previous", one.to_str().unwrap()]);
    let draw = |folder: &Path, more: &[&str]| {
        let folder = folder.display().to_string();
        Run::new(["evidence", "sample", &folder, "-n", "5"]).args(more).go().expect(0)
    };
    let sheet = draw(&one, &["--seed", "2026-Q1"]).text();
    assert_eq!(sheet, draw(&one, &["--seed", "2026-Q1"]).text());
    assert_ne!(sheet, draw(&one, &["--seed", "2026-Q2"]).text());
    assert_eq!(sheet.lines().count(), 6);
    assert!(sheet.starts_with("\"number\",\"kind\",\"bundle\",\"record\""), "{sheet}");
    let scans = draw(above.path(), &["--seed", "s", "--format", "json"]).json();
    assert_eq!((&scans["population"], array(&scans["items"]).len()), (&2.into(), 2));
    assert_eq!(scans["items"][0]["kind"], "scan");
}
