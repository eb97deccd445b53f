//! The `controls` commands.

use crate::run::{Run, array, string, tree};

#[test]
fn the_list_has_every_control_of_the_standard() {
    let json = Run::new(["controls", "list", "--format", "json"]).go().expect(0).json();
    assert_eq!(json["schema"], "straykey/controls/v1");
    let controls = array(&json["controls"]);
    assert_eq!(controls.len(), 93);
    let table = Run::new(["controls", "list"]).go().expect(0).text();
    let markdown = Run::new(["controls", "list", "--format", "markdown"]).go().expect(0).text();
    for control in controls {
        let title = string(&control["control"]["title"]);
        assert!(table.contains(&title) && markdown.contains(&title), "{title} is missing");
    }
    let testable = Run::new(["controls", "list", "--testable"]).go().expect(0).text();
    assert!(testable.contains("Authentication information") && !testable.contains("Physical entry"));
}

#[test]
fn show_takes_ids_of_all_frameworks_and_prints_the_official_ones() {
    for (id, parts) in [
        ("A.5.17", &["5.17 Authentication information", "contradicts", "hardcoded-provider-key", "preventive"][..]),
        ("GV.OC-1", &["GV.OC-01", "every scan"]),
        ("nhi2", &["NHI2:2025 Secret Leakage", "hardcoded-provider-key"]),
        ("CWE-798", &["Use of Hard-coded Credentials"]),
        ("6.1.2", &["ISO/IEC 27001:2022, 6.1.2"]),
        ("7.2", &["not testable here"]),
    ] {
        let text = Run::new(["controls", "show", id]).go().expect(0).text();
        for part in parts {
            assert!(text.contains(part), "{id}: {part} is missing:\n{text}");
        }
        let json = Run::new(["controls", "show", id, "--format", "json"]).go().expect(0).json();
        assert_eq!(json["schema"], "straykey/control/v1", "{id}");
    }
    let unknown = Run::new(["controls", "show", "5.99"]).go().expect(2);
    assert!(unknown.stderr.contains("`5.99`") && unknown.stderr.contains("controls list"), "{}", unknown.stderr);
}

#[test]
fn a_name_that_says_production_keeps_the_severity_in_tests() {
    let value = ["kettle", "Walk-31"].concat();
    let folder = tree(&[
        ("tests/prod/a.env", &format!("PROD_DB_PASSWORD={value}\n")),
        ("tests/other/b.env", &format!("STAGE_DB_PASSWORD={value}x\n")),
    ]);
    let report = Run::scan(folder.path(), &["--format", "json"]).go().expect(1).json();
    let severity = |path: &str| {
        let found = array(&report["findings"]).iter().find(|finding| finding["places"][0]["path"] == path);
        found.expect("the password is found")["severity"].clone()
    };
    assert_eq!(severity("tests/prod/a.env"), "high");
    assert_eq!(severity("tests/other/b.env"), "medium");
}
