//! The `rules` commands, and rules of the operator.

use std::collections::BTreeSet;

use crate::plant::{Noise, expand};
use crate::run::{Run, array, string, token, tree};

/// A rule file of an operator. `{{...}}` are generators of the rule format.
pub(crate) const OPERATOR_RULES: &str = r#"
provider = "norvale"
name = "Norvale"

[[rule]]
id = "norvale-deploy-key"
title = "Norvale deployment key"
kind = "hardcoded-provider-key"
identity = "api-key"
value = '''nrv_(?:live|test)_[0-9a-z]{24}'''
max_len = 33
confidence = "high"
references = ["https://norvale.example/keys"]
rotate = "Ask the platform group for a second key, deploy it, then have the first deleted."
revoke = "The platform group deletes it; it stops working at once."
since = "0.1.0"
examples = ["KEY=nrv_live_{{alnum:24}}", "deploy('nrv_test_{{alnum:24}}')"]
near_misses = [
  { text = "KEY=nrv_live_{{alnum:23}}", breaks = "length" },
  { text = "xnrv_live_{{alnum:24}}", breaks = "left boundary" },
]
"#;

fn operator_key() -> String {
    expand("nrv${}_live_{{alnum:24}}", &mut Noise::seeded("norvale")).unwrap()
}

#[test]
fn the_list_names_every_rule_once() {
    let table = Run::new(["rules", "list"]).go().expect(0).text();
    let json = Run::new(["rules", "list", "--format", "json"]).go().expect(0).json();
    assert_eq!(json["schema"], "straykey/rules/v1");
    let rules = array(&json["rules"]);
    assert!(rules.len() >= 900, "{}", rules.len());
    let providers: BTreeSet<String> = rules.iter().map(|rule| string(&rule["provider"]["id"])).collect();
    assert!(providers.len() >= 800, "{}", providers.len());
    let peers = rules.iter().filter(|rule| rule["attested"] == "peers").count();
    assert!(peers * 4 <= rules.len(), "{peers} rules are attested by other scanners only");
    let ids: Vec<String> = rules.iter().map(|rule| string(&rule["id"])).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "ids are unique");
    assert!(ids.is_sorted());
    for rule in rules {
        let id = string(&rule["id"]);
        assert!(table.contains(&id), "the table lacks {id}");
        let told = !array(&rule["references"]).is_empty() || rule["note"].as_str().is_some_and(|note| !note.is_empty());
        assert!(told, "{id} has neither a reference nor a note that says why there is none");
        for field in ["title", "kind", "severity", "confidence", "lane", "rotate", "revoke"] {
            assert!(!string(&rule[field]).is_empty(), "{id} has no {field}");
        }
    }
}

#[test]
fn show_tells_all_of_one_rule() {
    let text = Run::new(["rules", "show", "github-personal-access-token"]).go().expect(0).text();
    for part in ["github-personal-access-token", "GitHub", "github-crc32", "5.17", "https://"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    let ran = Run::new(["rules", "show", "no-such-rule"]).go().expect(2);
    assert!(ran.stderr.contains("no-such-rule"));
}

#[test]
fn the_built_in_rules_pass_their_own_test() {
    Run::new(["rules", "test"]).go().expect(0);
}

#[test]
fn rules_of_a_folder_are_tested() {
    let rules = tree(&[("norvale.toml", OPERATOR_RULES)]);
    Run::new(["rules", "test"]).args([rules.path()]).go().expect(0);
    // An example that the rule does not find.
    let wrong = OPERATOR_RULES.replace("KEY=nrv_live_{{alnum:24}}", "KEY=nrv_stage_{{alnum:24}}");
    let rules = tree(&[("norvale.toml", &wrong)]);
    let ran = Run::new(["rules", "test"]).args([rules.path()]).go().expect(2);
    assert!(ran.text().contains("norvale-deploy-key"), "{}", ran.text());
}

#[test]
fn a_broken_rule_is_told_with_file_and_line() {
    let unclosed = OPERATOR_RULES.replace("[0-9a-z]{24}'''", "[0-9a-z]{24'''").replace("(?:live", "((?:live");
    let unknown = OPERATOR_RULES.replace("max_len = 33", "max_len = 33\ncolour = \"red\"");
    let unbounded =
        OPERATOR_RULES.replace("[0-9a-z]{24}'''", "[0-9a-z]+'''").replace("max_len = 33", "max_len = 99999");
    for (what, text, line) in
        [("regular expression", &unclosed, 10), ("unknown key", &unknown, 12), ("length", &unbounded, 11)]
    {
        let rules = tree(&[("norvale.toml", text)]);
        let ran = Run::new(["rules", "test"]).args([rules.path()]).go().expect(2);
        assert!(ran.stderr.contains("norvale.toml:"), "{what}: {}", ran.stderr);
        let told = format!("norvale.toml:{line}");
        assert!(ran.stderr.contains(&told), "{what}: not line {line}: {}", ran.stderr);
    }
}

#[test]
fn a_folder_without_rules_is_a_mistake() {
    let empty = tempfile::tempdir().unwrap();
    Run::new(["rules", "test"]).args([empty.path()]).go().expect(2);
}

#[test]
fn the_operators_rules_join_the_scan() {
    let rules = tree(&[("norvale.toml", OPERATOR_RULES)]);
    let folder = tree(&[("a.txt", &format!("deploy with {} and {}\n", operator_key(), token("join")))]);
    let without = Run::scan(folder.path(), &["--format", "json"]).go().expect(1).places();
    assert!(without.iter().all(|place| place.rule != "norvale-deploy-key"));
    let with = Run::scan(folder.path(), &["--format", "json", "--rules", rules.path().to_str().unwrap()])
        .go()
        .expect(1)
        .places();
    let ids: Vec<&str> = with.iter().map(|place| place.rule.as_str()).collect();
    assert!(ids.contains(&"norvale-deploy-key") && ids.contains(&"github-personal-access-token"), "{ids:?}");
}

#[test]
fn a_rule_with_a_known_id_replaces_it() {
    let text = OPERATOR_RULES.replace("norvale-deploy-key", "github-personal-access-token");
    let rules = tree(&[("norvale.toml", &text)]);
    let folder = tree(&[("a.txt", &format!("{}\n{}\n", operator_key(), token("replace")))]);
    let ran = Run::scan(folder.path(), &["--format", "json", "--rules", rules.path().to_str().unwrap()]).go().expect(1);
    let report = ran.json();
    let replaced: Vec<_> = array(&report["findings"])
        .iter()
        .filter(|finding| finding["rule"]["id"] == "github-personal-access-token")
        .collect();
    assert_eq!(replaced.len(), 1);
    assert_eq!(replaced[0]["rule"]["title"], "Norvale deployment key");
    assert_eq!(replaced[0]["places"][0]["region"]["start_line"], 1);
}

#[test]
fn rules_in_the_scanned_tree_are_not_obeyed() {
    let text = OPERATOR_RULES.replace("norvale-deploy-key", "github-personal-access-token");
    let folder = tree(&[
        ("patterns/rules/norvale.toml", &text),
        ("rules/norvale.toml", &text),
        (".straykey/norvale.toml", &text),
        ("a.txt", &format!("{}\n", token("tree"))),
    ]);
    let places = Run::scan(folder.path(), &["--format", "json"]).go().expect(1).places();
    assert!(places.iter().any(|place| place.path == "a.txt" && place.rule == "github-personal-access-token"));
}

#[test]
fn checks_are_listed() {
    let text = Run::new(["rules", "checks"]).go().expect(0).text();
    for check in ["github-crc32", "private-key", "jwt"] {
        assert!(text.contains(check), "{check}");
    }
}

/// A configuration as gitleaks and betterleaks have it, and rules as Kingfisher and Nosey Parker have them.
const GITLEAKS: &str = r#"
[[rules]]
id = "norvale-token"
description = "Norvale token"
regex = '''\bnrvt_[0-9a-z]{32}\b'''
keywords = ["nrvt_"]
[[rules.allowlists]]
regexes = ['''x''']

[[rules]]
id = "norvale-assigned"
description = "Norvale key by its name"
regex = '''(?i)norvale.{0,20}key\s*=\s*['"]([0-9a-f]{40})['"]'''
secretGroup = 1
entropy = 3.0
keywords = ["norvale"]

[[rules]]
id = "norvale-file"
description = "A file"
path = '''\.p12$'''
"#;

const KINGFISHER: &str = "rules:\n  - name: Norvale session\n    id: kingfisher.norvale.1\n    pattern: |\n      (?x)\n      \\b\n      (nrvs-[0-9a-f]{32})\n      \\b\n    references:\n      - https://norvale.example/sessions\n    validation:\n      type: Http\n";

#[test]
fn rules_of_other_scanners_are_carried_over_and_find() {
    for (name, text, ids, told) in [
        (
            "gitleaks.toml",
            GITLEAKS,
            &["norvale-token", "norvale-assigned"][..],
            &["norvale-token: not carried over: its allow list", "norvale-file: not imported", "2 of 3 rules imported"]
                [..],
        ),
        (
            "norvale.yml",
            KINGFISHER,
            &["kingfisher-norvale-1"][..],
            &["kingfisher.norvale.1: not carried over: its validation", "1 of 1 rules imported"][..],
        ),
    ] {
        let folder = tree(&[(name, text)]);
        let ran = Run::new(["rules", "import"]).args([folder.path().join(name)]).go().expect(0);
        for part in told {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
        let rules = tree(&[("imported.toml", &ran.text())]);
        Run::new(["rules", "test"]).args([rules.path()]).go().expect(0);
        let list = Run::new(["rules", "show", ids[0], "--rules", rules.path().to_str().unwrap()]).go().expect(0);
        assert!(list.text().contains("Norvale"), "{}", list.text());
        for id in ids {
            assert!(ran.text().contains(&format!("id = \"{id}\"")), "{}", ran.text());
        }
    }
    let neither = tree(&[("x.txt", "just text\n")]);
    let ran = Run::new(["rules", "import"]).args([neither.path().join("x.txt")]).go().expect(2);
    assert!(ran.stderr.contains("neither a gitleaks configuration"), "{}", ran.stderr);
}
