//! The reader, the layers and what is made from the table of keys.

use std::fs;
use std::path::Path;

use clap::ValueEnum as _;
use proptest::prelude::*;

use super::*;
use crate::cli::args::{FailOn, MinConfidence};
use crate::finding::Confidence;
use crate::gap::GapClass;

/// A salt that no file holds.
fn salt() -> String {
    (0..32_u8).map(|byte| format!("{:02x}", byte.wrapping_mul(37).wrapping_add(11))).collect()
}

/// The template with every example switched on.
fn full() -> String {
    let switched = |line: &str| {
        let setting = line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c == '[' || c.is_alphabetic()));
        setting.unwrap_or(line).to_owned() + "\n"
    };
    template(&salt()).lines().map(switched).collect()
}

#[track_caller]
fn faults(text: &str) -> Vec<Fault> {
    check("straykey.toml", text.as_bytes()).expect_err("this configuration must be refused").faults
}

#[test]
fn every_fault_names_its_place_its_key_and_what_is_valid() {
    // Text, line, column, key, a part of the message.
    let cases: &[(&str, usize, usize, &str, &str)] = &[
        ("unti = \"a\"", 1, 1, "unti", "did you mean `unit`?"),
        ("[scam]\nfail_on = \"low\"", 1, 2, "scam", "did you mean `scan`?"),
        ("[scan]\nfail_onn = \"low\"", 2, 1, "scan.fail_onn", "did you mean `fail_on`?"),
        ("[scan]\nfail-on = \"low\"", 2, 1, "scan.fail-on", "did you mean `fail_on`?"),
        ("fail_on = \"low\"", 1, 1, "fail_on", "it belongs into [scan]"),
        ("[scan]\nunit = \"a\"", 2, 1, "scan.unit", "it belongs above the first section"),
        ("[scan]\nhonour = true", 2, 1, "scan.honour", "it belongs into [inline_ignores]"),
        ("[scan]\nbananas = 1", 2, 1, "scan.bananas", "known here: fail_on, min_confidence"),
        ("\n[scan]\nfail_on = \"hgih\"", 3, 11, "scan.fail_on", "did you mean `high`?"),
        ("[scan]\nmin_confidence = \"sure\"", 2, 18, "scan.min_confidence", "known here: low, medium, high"),
        ("[scan]\nfail_on = 3", 2, 11, "scan.fail_on", "this is a whole number, not one of \"info\""),
        ("[scan]\nfail_on_gap = \"opaque\"", 2, 15, "scan.fail_on_gap", "this is a text, not a list of"),
        ("[scan]\nfail_on_gap = [\"opaque\", \"overbudget\"]", 2, 26, "scan.fail_on_gap", "did you mean `over-budget`"),
        ("[scan]\nfail_on_gap = [1]", 2, 16, "scan.fail_on_gap", "this is a whole number, not a text"),
        ("[scan]\nno_ignore = \"yes\"", 2, 13, "scan.no_ignore", "not true or false"),
        ("scan = 1", 1, 1, "scan", "not a table: write [scan]"),
        ("[[scan]]\nfail_on = \"low\"", 1, 3, "scan", "this is a list, not a table"),
        ("[exclude]\npath = \"a\"", 1, 2, "exclude", "write [[exclude]], with two pairs of brackets"),
        ("exclude = [\"vendor\"]", 1, 12, "exclude[1]", "write [[exclude]] and its keys"),
        ("[[exclude]]\npath = \"a\"", 1, 1, "exclude[1].reason", "is missing"),
        ("[[exclude]]\npath = \"a\"\nreason = \"  \"", 3, 10, "exclude[1].reason", "is blank"),
        ("[[exclude]]\npath = \"a\"\nreason = \"a\\nb\"", 3, 10, "exclude[1].reason", "one line is wanted"),
        ("[[exclude]]\npath = \"a[\"\nreason = \"r\"", 2, 8, "exclude[1].path", "unclosed character class"),
        ("[[exclude]]\npath = \"/a\"\nreason = \"r\"", 2, 8, "exclude[1].path", "relative to the target"),
        ("[[exclude]]\npath = \"a/../b\"\nreason = \"r\"", 2, 8, "exclude[1].path", "out of the target"),
        ("unit = \"\"", 1, 8, "unit", "is blank"),
        ("[budgets]\nfile_size = \"10 MB\"", 2, 13, "budgets.file_size", "a text such as \"10 MiB\""),
        ("[budgets]\nfile_size = -1", 2, 13, "budgets.file_size", "at least 1 B"),
        ("[budgets]\nfile_size = 99999999999999999999", 2, 13, "budgets.file_size", "at least 1 B"),
        ("[budgets]\nfile_size = 1.5", 2, 13, "budgets.file_size", "this is a fraction"),
        ("[budgets]\nmemory = \"1 KiB\"", 2, 10, "budgets.memory", "at least 1 MiB"),
        ("[inline_ignores]\nmax_days = 0", 2, 12, "inline_ignores.max_days", "from 1 to 3650"),
        ("[inline_ignores]\nmax_days = 3651", 2, 12, "inline_ignores.max_days", "from 1 to 3650"),
        ("delegate = [\"scan.failon\"]", 1, 13, "delegate", "did you mean `scan.fail_on`?"),
        ("delegate = [\"delegate\"]", 1, 13, "delegate", "cannot be delegated"),
        ("[rules.generic-assigned-kei]\nenabled = true", 1, 8, "rules.generic-assigned-kei", "`generic-assigned-key`?"),
        ("[rules.x]\nenabled = true", 1, 8, "rules.x", "`straykey rules list` lists them"),
        (
            "[rules.generic-auth]\nenabled = false",
            1,
            8,
            "rules.generic-auth.reason",
            "`enabled = false` needs a reason",
        ),
        ("[rules.generic-auth]\nseverity = \"low\"", 1, 8, "rules.generic-auth.reason", "`severity` needs a reason"),
        ("[rules.generic-auth]\nconfidence = \"low\"", 1, 8, "rules.generic-auth.reason", "`confidence` needs"),
        ("[rules.generic-auth]\nreason = \"a\"", 1, 8, "rules.generic-auth", "changes nothing"),
        (
            "[rules.generic-auth]\nseverity = \"never\"\nreason = \"a\"",
            2,
            12,
            "rules.generic-auth.severity",
            "known here",
        ),
        ("[rules]\ngeneric-auth = false", 2, 1, "rules.generic-auth", "write [rules.generic-auth]"),
        ("rules = 1", 1, 1, "rules", "write [rules.ID]"),
        ("salt = \"abc\"", 1, 8, "salt", "even number of hexadecimal digits"),
        ("salt = \"0123\"", 1, 8, "salt", "has 2 bytes; from 16"),
        ("salt = \"00000000000000000000000000000000\"", 1, 8, "salt", "anybody can guess"),
        ("salt = 12", 1, 8, "salt", "this is a whole number"),
        ("unit = \"a\"\nunit = \"b\"", 2, 1, "unit", "is set a second time"),
        ("[scan]\n[scan]", 2, 2, "scan", "is set a second time"),
        ("unit = a", 1, 8, "", "no valid TOML: string values must be quoted"),
        ("unit = ", 1, 8, "", "no valid TOML"),
        ("[scan\n", 1, 6, "", "no valid TOML"),
    ];
    for (text, line, column, key, message) in cases {
        let found = faults(text);
        assert_eq!(found.len(), 1, "{text}\n{found:#?}");
        let fault = &found[0];
        assert_eq!((fault.place, fault.key.as_str()), (Some((*line, *column)), *key), "{text}\n{fault}");
        assert!(fault.message.contains(message), "{text}\n{fault}");
        assert!(fault.to_string().starts_with(&format!("straykey.toml:{line}:{column}: ")), "{fault}");
        assert!(fault.to_string().contains(&format!("\n  {line} | ")), "the line is shown: {fault}");
    }
}

#[test]
fn accepted_gaps_are_whole() {
    let gap = |body: &str| {
        format!("[[accepted_gap]]\npath = \"a\"\nreason = \"r\"\napprover = \"x\"\nuntil = 2027-01-31\n{body}")
    };
    let digest = format!("sha256 = \"{}\"", "0f".repeat(32));
    for good in [digest.as_str(), "class = \"unreadable\"", "class = \"missing\""] {
        check("a", gap(good).as_bytes()).unwrap();
    }
    check("a", gap(&digest).replace("2027-01-31", "\"2027-01-31\"").as_bytes()).unwrap();
    for (bad, key) in [
        (gap(""), "accepted_gap[1].sha256"),
        (gap("class = \"opaque\""), "accepted_gap[1].sha256"),
        (gap("sha256 = \"0f\""), "accepted_gap[1].sha256"),
        (gap("class = \"opake\""), "accepted_gap[1].class"),
        (gap(&digest).replace("2027-01-31", "\"2027-02-30\""), "accepted_gap[1].until"),
        (gap(&digest).replace("2027-01-31", "\"20270131\""), "accepted_gap[1].until"),
        (gap(&digest).replace("2027-01-31", "2027-01-31T10:00:00Z"), "accepted_gap[1].until"),
        (gap(&digest).replace("approver = \"x\"\n", ""), "accepted_gap[1].approver"),
    ] {
        let found = faults(&bad);
        assert_eq!(found.iter().map(|fault| fault.key.as_str()).collect::<Vec<_>>(), [key], "{bad}\n{found:#?}");
    }
}

#[test]
fn all_faults_are_told_at_once_and_in_order() {
    let text = "unti = \"a\"\n[scan]\nfail_on = \"hgih\"\nno_ignore = 1\n[[exclude]]\npath = \"\"\n";
    let places: Vec<usize> = faults(text).iter().filter_map(|fault| fault.place).map(|(line, _)| line).collect();
    assert_eq!(places, [1, 3, 4, 5, 6]);
    let error = check("a.toml", text.as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("5 errors in the configuration\na.toml:1:1: `unti`: "), "{error}");
    let many: String = (0..80).map(|number| format!("x{number} = 1\n")).collect();
    assert!(check("a", many.as_bytes()).unwrap_err().to_string().ends_with("\n30 more"));
}

#[test]
fn what_is_no_text_is_refused() {
    let error = check("a", b"unit = \"a\"\n# \xff\n").unwrap_err();
    assert_eq!((error.faults[0].place, error.faults[0].message.contains("not UTF-8")), (Some((2, 3)), true));
}

#[test]
fn no_fault_shows_the_salt() {
    let salt = salt();
    for text in [
        format!("salt = \"{salt}\"\nsalt = \"{salt}\""),
        format!("slat = \"{salt}\""),
        format!("unit = 1\nunit = \"{salt}\nx"),
        format!("salt = \"{salt}zz\""),
        format!("salt = {salt}"),
        format!("salt = [\"{salt}\"]"),
        format!("salt.value = \"{salt}\""),
        format!("[scan]\nsalt = \"{salt}\""),
        format!("[scan]\nfail_on = \"{salt}\""),
        format!("[rules.\"{salt}\"]\nenabled = true"),
        format!("delegate = [\"{salt}\"]"),
        format!("\"{salt}\" = 1"),
        format!("salt = \"\"\"\n{salt}\nfail\"\"\"\n\"\"\""),
    ] {
        let error = check("a", text.as_bytes()).unwrap_err();
        assert!(!error.to_string().contains(&salt[..12]), "{error}");
        assert!(!format!("{error:?}").contains(&salt[..12]), "{error:?}");
    }
    let good = check("a", format!("salt = \"{salt}\"").as_bytes()).unwrap();
    assert!(!format!("{good:?}").contains(&salt[..12]));
    let json = good.to_json();
    assert!(!json.to_string().contains(&salt[..12]));
    assert_eq!(json["salt.key_id"]["origin"], "a:1");
    assert_eq!(json["salt.key_id"]["value"].as_str().map(str::len), Some(16));
}

#[test]
fn the_template_is_a_valid_configuration_that_changes_nothing() {
    let resolved = check("a", template(&salt()).as_bytes()).unwrap();
    let mut expect = Resolved::default();
    expect.files.clone_from(&resolved.files);
    expect.salt.clone_from(&resolved.salt);
    assert!(resolved.salt.is_some());
    assert_eq!(resolved, expect);
}

#[test]
fn every_key_of_the_template_is_read_and_every_default_is_as_documented() {
    let resolved = check("a", full().as_bytes()).unwrap_or_else(|error| panic!("{error}\n{}", full()));
    let json = resolved.to_json();
    let named: BTreeSet<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    for section in keys::SECTIONS {
        for key in section.keys.iter().filter(|key| key.kind != Kind::Keys) {
            let path = match section.shape {
                Shape::Root | Shape::Table => section.path(key.name),
                Shape::List => section.name.to_owned(),
                Shape::Rules => format!("rules.generic-assigned-key.{}", key.name),
            };
            let path = if path == "salt" { "salt.key_id".to_owned() } else { path };
            assert!(named.contains(path.as_str()), "{path} is in the table, and nothing comes of it");
            assert_ne!(json[&path]["origin"], "default", "{path} is set");
        }
    }
    // The defaults of the table, set explicitly, change no value.
    let mut text = String::new();
    for section in keys::SECTIONS.iter().filter(|section| section.shape == Shape::Table) {
        text.push_str(&format!("[{}]\n", section.name));
        for key in section.keys.iter().filter(|key| !matches!(key.default, "no limit" | "none")) {
            text.push_str(&format!("{} = {}\n", key.name, key.default));
        }
    }
    let set = check("a", text.as_bytes()).unwrap().to_json();
    let default = Resolved::default().to_json();
    for (key, setting) in set.as_object().unwrap() {
        assert_eq!(setting["value"], default[key]["value"], "the documented default of {key}");
    }
}

#[test]
fn names_are_those_of_the_options() {
    fn names<T: clap::ValueEnum>() -> Vec<String> {
        T::value_variants()
            .iter()
            .filter_map(clap::ValueEnum::to_possible_value)
            .map(|v| v.get_name().to_owned())
            .collect()
    }
    assert_eq!(names::<FailOn>(), keys::LEVELS);
    assert_eq!(names::<MinConfidence>(), keys::GRADES);
    assert_eq!(GapClass::ALL.map(GapClass::name), *keys::CLASSES);
    assert_eq!(crate::finding::Severity::ALL.map(crate::finding::Severity::name), *keys::SEVERITIES);
    for level in FailOn::value_variants() {
        assert_eq!(FailOn::from_str(level.name(), false), Ok(*level));
    }
}

/// Several files in order, each as a name and a text.
fn layered(files: &[(&str, &str)]) -> Resolved {
    let rules = RuleSet::embedded();
    let ids: BTreeSet<&str> = rules.iter().map(|loaded| loaded.rule.id.as_str()).collect();
    let read = |(name, text): &(&str, &str)| {
        let known = Known { sections: keys::SECTIONS, rules: &ids, pattern: check_pattern };
        let document = read::read(name, text.as_bytes(), known).unwrap();
        let named_by = Origin::CommandLine;
        (ConfigFile { name: (*name).to_owned(), path: (*name).into(), sha256: [0; 32], named_by }, document)
    };
    Resolved::layer(files.iter().map(read).collect())
}

#[test]
fn the_first_file_decides_unless_it_delegates() {
    let set = |level: &str| format!("[scan]\nfail_on = \"{level}\"\n");
    let give = |level: &str| format!("delegate = [\"scan.fail_on\"]\n{}", set(level));
    let only_give = "delegate = [\"scan.fail_on\"]";
    // Files in order, the level, its origin, number of notes.
    let cases: &[(&[&str], FailOn, &str, usize)] = &[
        (&[""], FailOn::Low, "default", 0),
        (&[&set("high")], FailOn::High, "0:2", 0),
        (&["", &set("never")], FailOn::Low, "default", 1),
        (&[&set("high"), &set("never")], FailOn::High, "0:2", 1),
        (&[&give("high"), &set("never")], FailOn::Never, "1:2", 0),
        (&[only_give, &set("never")], FailOn::Never, "1:2", 0),
        (&[&give("high"), &set("never"), &set("info")], FailOn::Never, "1:2", 1),
        (&[&give("high"), &give("never"), &set("info")], FailOn::Info, "2:2", 0),
        // Who may not set a key cannot pass it on.
        (&[&set("high"), &give("never"), &set("info")], FailOn::High, "0:2", 2),
        (&[&give("high"), "", &set("info")], FailOn::High, "0:3", 1),
    ];
    for (texts, level, origin, notes) in cases {
        let names = ["0", "1", "2"];
        let files: Vec<(&str, &str)> = names.into_iter().zip(texts.iter().copied()).collect();
        let resolved = layered(&files);
        assert_eq!(resolved.fail_on.value, *level, "{texts:?}");
        assert_eq!(resolved.fail_on.origin.to_string(), *origin, "{texts:?}");
        assert_eq!(resolved.notes.len(), *notes, "{texts:?}: {:?}", resolved.notes);
    }
    let note = layered(&[("org.toml", ""), ("team.toml", &set("never"))]).notes.remove(0);
    assert!(note.starts_with("team.toml:2: `scan.fail_on` is not obeyed, since org.toml does not delegate"), "{note}");
    assert!(note.ends_with("add \"scan.fail_on\" to `delegate` in org.toml"), "{note}");
}

#[test]
fn every_key_is_withheld_unless_delegated() {
    let delegable = keys::delegable();
    let all = format!("delegate = {delegable:?}");
    let withheld = layered(&[("org", ""), ("team", &full())]);
    assert_eq!(withheld.notes.len(), delegable.len(), "{:#?}", withheld.notes);
    let expect = Resolved { files: withheld.files.clone(), notes: withheld.notes.clone(), ..Resolved::default() };
    assert_eq!(withheld, expect);
    let given = layered(&[("org", &all), ("team", &full())]);
    assert_eq!(given.notes, [""; 0]);
    let alone = layered(&[("team", &full())]);
    assert_eq!(Resolved { files: alone.files.clone(), ..given }, alone);
}

#[test]
fn delegated_lists_are_added() {
    let entry = |path: &str| format!("[[exclude]]\npath = \"{path}\"\nreason = \"r\"\n");
    let org = format!("delegate = [\"exclude\", \"rules\"]\n{}", entry("a"));
    let resolved = layered(&[("org", &org), ("team", &(entry("b") + &entry("c")))]);
    let paths: Vec<_> = resolved.exclude.iter().map(|e| (e.value.path.as_str(), e.origin.to_string())).collect();
    assert_eq!(paths, [("a", "org:2".into()), ("b", "team:1".into()), ("c", "team:4".into())]);
    let rule = |body: &str| format!("[rules.generic-auth]\n{body}\n");
    let org = format!("delegate = [\"rules\"]\n{}", rule("enabled = true\nseverity = \"high\"\nreason = \"one\""));
    let team = rule("enabled = false\nconfidence = \"low\"\nreason = \"two\"");
    let resolved = layered(&[("org", &org), ("team", &team)]);
    let change = &resolved.rules["generic-auth"];
    assert_eq!(change.enabled.as_ref().map(|e| (e.value, e.origin.to_string())), Some((true, "org:3".into())));
    assert_eq!(change.confidence.as_ref().map(|c| c.value), Some(Confidence::Low));
    assert_eq!(change.reasons.len(), 2);
    assert_eq!(resolved.notes, ["team:2: `rules.generic-auth.enabled` is not obeyed, since org:3 sets it"]);
}

fn committed(path: &str, expect: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if env::var_os("STRAYKEY_UPDATE").is_some() {
        fs::write(&path, expect).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expect, "{} is out of date: run STRAYKEY_UPDATE=1 cargo test", path.display());
}

#[test]
fn the_committed_schema_and_documents_are_those_of_the_table() {
    assert_committed("docs/schemas/config-v1.schema.json", &schema());
    assert_table("docs/configuration.md", "keys", &markdown());
}

/// Holds a schema against the committed one.
pub(in crate::cli) fn assert_committed(path: &str, schema: &serde_json::Value) {
    let mut schema = schema.clone();
    schema.sort_all_objects();
    committed(path, &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
}

/// Holds a table against the one between the marks `name` of a page.
pub(in crate::cli) fn assert_table(path: &str, name: &str, table: &str) {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let (before, rest) = page.split_once(&begin).expect("the page has a place for the table");
    let (_, after) = rest.split_once(&end).expect("the place has an end");
    committed(path, &format!("{before}{begin}\n{table}\n{end}{after}"));
}

/// TOML as JSON, as editors that check against a schema see it.
fn as_json(text: &str) -> serde_json::Value {
    fn convert(value: toml::Value) -> serde_json::Value {
        match value {
            toml::Value::Datetime(date) => date.to_string().into(),
            toml::Value::Array(list) => list.into_iter().map(convert).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, convert(value))).collect(),
            other => serde_json::to_value(other).unwrap(),
        }
    }
    convert(toml::Value::Table(text.parse().unwrap()))
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for text in [template(&salt()), full(), String::new()] {
        let errors: Vec<String> = validator.iter_errors(&as_json(&text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    for text in [
        "unti = \"a\"",
        "unit = \" \"",
        "[scan]\nfail_on = \"hgih\"",
        "[scan]\nno_ignore = 1",
        "[budgets]\nfile_size = \"1 MB\"",
        "[inline_ignores]\nmax_days = 0",
        "[[exclude]]\npath = \"a\"",
        "[rules.generic-auth]\nenable = true",
        "delegate = [\"delegate\"]",
        "salt = \"0123\"",
    ] {
        assert!(!validator.is_valid(&as_json(text)), "{text}");
        faults(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(check("a", &bytes).map_err(|error| error.to_string()));
    }

    #[test]
    fn any_edit_of_a_configuration_is_read_or_refused(
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..40, ".{0,4}|[\\[\\]=\"'.#\n]{0,4}"), 1..5),
    ) {
        let mut text = full();
        for (at, cut, put) in edits {
            let start = text.floor_char_boundary(at.index(text.len() + 1));
            let end = text.floor_char_boundary((start + cut).min(text.len())).max(start);
            text.replace_range(start..end, &put);
        }
        if let Err(error) = check("a", text.as_bytes()) {
            prop_assert!(!error.faults.is_empty());
            let lines = text.split('\n').count();
            for fault in &error.faults {
                let (line, column) = fault.place.expect("what is in memory can be read");
                prop_assert!((1..=lines).contains(&line) && (1..=text.len() + 1).contains(&column));
                prop_assert!(!fault.message.is_empty());
            }
            drop(error.to_string());
        }
    }
}
