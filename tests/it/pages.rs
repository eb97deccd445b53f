//! The HTML report and the OSCAL documents of scans.

use std::path::Path;

use crate::formats::{assert_valid, schema};
use crate::over_time::World;
use crate::repository::{git, secret};
use crate::run::{Ran, Run, tree};

/// The formats of OSCAL, each with its root and its schema.
const OSCAL: [(&str, &str, &str); 2] = [
    ("oscal-ar", "assessment-results", "tests/it/schemas/oscal_assessment-results_schema.json"),
    ("oscal-poam", "plan-of-action-and-milestones", "tests/it/schemas/oscal_poam_schema.json"),
];

#[test]
fn names_of_files_are_inert_in_a_page() {
    let hostile = "<img src=x onerror=alert(1)>.env";
    let folder = tree(&[(hostile, &secret("1")), ("\u{202e}gpj.env", &secret("2")), ("a'\"&.env", &secret("3"))]);
    let page = Run::scan(folder.path(), &["--format", "html"]).go().expect(1).text();
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "the name is shown");
    assert!(!page.contains("<img") && !page.contains('\u{202e}'));
    assert!(page.contains("http-equiv=\"Content-Security-Policy\""));
    for outside in ["src=\"http", "@import", "url(http", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_page_is_the_same_for_the_same_input_and_has_no_value() {
    let folder = tree(&[("a.env", &secret("1")), ("b.env", &secret("2"))]);
    let page = |threads: &str| Run::scan(folder.path(), &["--format", "html", "-j", threads]).go().expect(1).stdout;
    let one = page("1");
    assert_eq!(one, page("2"));
    let text = String::from_utf8(one).unwrap();
    for name in ["1", "2"] {
        let value = secret(name);
        let value = value.trim().rsplit(['=', ' ', '"']).find(|part| part.len() > 15).unwrap();
        assert!(!text.contains(value));
    }
}

#[test]
fn oscal_of_a_scan_is_valid() {
    let folder = tree(&[("a.env", &secret("1"))]);
    for (format, root, file) in OSCAL {
        let scan = |target: &Path, code| {
            Run::scan(target, &["--format", format, "--at", "2026-01-31"]).go().expect(code).json()
        };
        let document = scan(folder.path(), 1);
        assert_valid(&schema(file), &document);
        assert_eq!(document[root]["metadata"]["last-modified"], "2026-01-31T00:00:00Z");
        assert_eq!(document, scan(folder.path(), 1), "the same scan of the same moment");
        let clean = tree(&[("a.txt", "text\n")]);
        assert_valid(&schema(file), &scan(clean.path(), 0));
        // With a bundle the times are those of the bundle.
        let bundles = tempfile::TempDir::with_prefix("bundles-").unwrap();
        let evidence = format!("evidence={}", bundles.path().join("one").display());
        let arguments = ["--format", format, "--at", "2026-01-31", "--output", &evidence];
        let document = Run::scan(folder.path(), &arguments).go().expect(1).json();
        let result = &document[root]["results"][0];
        assert!(result.is_null() || result["start"].as_str() <= result["end"].as_str(), "{result}");
    }
}

/// Scans `target` in all formats that are made of evidence, and gives the page; the others have to be valid.
fn exports(target: &Path, arguments: &[&str], code: i32) -> String {
    let scan =
        |format: &str| -> Ran { Run::scan(target, &[&["--format", format], arguments].concat()).go().expect(code) };
    for (format, _, file) in OSCAL {
        assert_valid(&schema(file), &scan(format).json());
    }
    scan("html").text()
}

#[test]
fn every_kind_of_scan_has_a_page() {
    let world = World::new(&[("old.env", &secret("1"))]);
    git(world.root(), &["checkout", "-qb", "change"]);
    world.commit(&[("new.env", &secret("2"))]);
    let answer = |page: &str| page.split_once("</strong> ").unwrap().1.split_once('<').unwrap().0.to_owned();
    let whole = exports(world.root(), &["--history"], 1);
    assert!(answer(&whole).starts_with("2 secrets were found"), "{}", answer(&whole));
    assert!(whole.contains("the history was searched too") && whole.contains("by the commit that brought it in"));
    // A change alone, by its commits and before it is one.
    let range = exports(world.root(), &["--range", "main..change"], 1);
    assert!(answer(&range).starts_with("1 secret was found") && !range.contains("old.env"), "{}", answer(&range));
    std::fs::write(world.root().join("staged.env"), secret("3")).unwrap();
    git(world.root(), &["add", "staged.env"]);
    let staged = exports(world.root(), &["--staged"], 1);
    assert!(answer(&staged).starts_with("1 secret was found") && staged.contains("staged.env"), "{}", answer(&staged));
    git(world.root(), &["reset", "-q", "--hard"]);
    // A repository without files; what was staged and given up is an object of it.
    let bare = tempfile::TempDir::with_prefix("bare-").unwrap();
    git(world.root(), &["clone", "-q", "--bare", ".", bare.path().to_str().unwrap()]);
    let bare = exports(bare.path(), &["--history"], 1);
    assert!(answer(&bare).starts_with("3 secrets were found"), "{}", answer(&bare));
    // Two targets, of which one is in no repository.
    let other = tree(&[("third.env", &secret("4"))]);
    let two = exports(world.root(), &[other.path().to_str().unwrap()], 1);
    assert!(answer(&two).starts_with("3 secrets were found") && two.contains("and 1 more target"), "{}", answer(&two));
    // A part that cannot be read, and a gate that is passed by an order.
    let damaged = tree(&[("a.txt", "text\n")]);
    let bytes = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3];
    std::fs::write(damaged.path().join("a.gz"), bytes).unwrap();
    let incomplete = exports(damaged.path(), &["--fail-on-gap", "opaque"], 3);
    assert!(incomplete.contains("Incomplete.</strong>") && incomplete.contains("1 gap"), "{}", answer(&incomplete));
    let allow = world.write("allow.toml", "[bypass]\nallow = true\n");
    let passed = exports(world.root(), &["--bypass", "INC-7: hotfix", "--config", &allow], 0);
    assert!(passed.contains("Bypassed") && passed.contains("INC-7: hotfix"), "{}", answer(&passed));
}
