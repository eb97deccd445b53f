//! `docs/rules/` is made from the rule pack; a change of the one without the other fails here.
//! `STRAYKEY_UPDATE=1 cargo test rule_docs` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use straykey::rule::{Attested, Rule, RuleSet};

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn page_of(provider: &str) -> String {
    let first = provider.chars().next().unwrap();
    if first.is_ascii_alphabetic() { first.to_string() } else { "0-9".to_owned() }
}

fn attested(rule: &Rule) -> &'static str {
    match rule.attested {
        Attested::Issuer => "issuer",
        Attested::Peers => "other scanners",
        Attested::Family => "family",
    }
}

/// The pages by name.
fn pages() -> BTreeMap<String, String> {
    let rules = RuleSet::embedded();
    let mut providers: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for loaded in rules.iter() {
        providers.entry(&loaded.rule.provider.id).or_default().push(&loaded.rule);
    }
    let count = |who: Attested| rules.iter().filter(|loaded| loaded.rule.attested == who).count();
    let mut index = format!(
        "# The rule pack\n\n{} rules for {} providers. Made from the rules; `straykey rules show ID` tells all of one.\n\n\
         | attested by | rules | what it means |\n| --- | --- | --- |\n\
         | issuer | {} | the issuer's documentation, or a public standard, tells the form |\n\
         | other scanners | {} | only other scanners' rules know the form |\n\
         | family | {} | an opaque value under the issuer's name; a usual form, where one is known, only weighs |\n\n\
         ## Providers\n\n| provider | rules | documentation |\n| --- | --- | --- |\n",
        rules.len(),
        providers.len(),
        count(Attested::Issuer),
        count(Attested::Peers),
        count(Attested::Family),
    );
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    for (provider, rules) in &providers {
        let page = page_of(provider);
        let name = cell(&rules[0].provider.name);
        let reference = rules.iter().find_map(|rule| rule.references.first()).map_or("", String::as_str);
        writeln!(index, "| [{name}]({page}.md#{provider}) | {} | {reference} |", rules.len()).unwrap();
        let text = pages.entry(page.clone()).or_insert_with(|| format!("# Rules: {page}\n"));
        let head = "| rule | finds | attested by | confidence |\n| --- | --- | --- | --- |";
        writeln!(text, "\n## <a id=\"{provider}\"></a>{name}\n\n{head}").unwrap();
        for rule in rules {
            let title = cell(&rule.title);
            writeln!(text, "| `{}` | {title} | {} | {} |", rule.id, attested(rule), rule.confidence.name()).unwrap();
        }
    }
    pages.insert("README".to_owned(), index);
    pages
}

#[test]
fn the_pages_are_those_of_the_pack() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let pages = pages();
    if std::env::var_os("STRAYKEY_UPDATE").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in &pages {
            fs::write(folder.join(format!("{name}.md")), text).unwrap();
        }
    }
    for (name, text) in &pages {
        let there = fs::read_to_string(folder.join(format!("{name}.md"))).unwrap_or_default();
        assert!(there == *text, "docs/rules/{name}.md is not what the rules say; set STRAYKEY_UPDATE=1");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), pages.len(), "a page too many");
}
