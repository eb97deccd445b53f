//! The HTML report and the OSCAL documents of scans.

use crate::formats::{assert_valid, schema};
use crate::repository::secret;
use crate::run::{Run, tree};

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
    for (format, root, file) in [
        ("oscal-ar", "assessment-results", "tests/it/schemas/oscal_assessment-results_schema.json"),
        ("oscal-poam", "plan-of-action-and-milestones", "tests/it/schemas/oscal_poam_schema.json"),
    ] {
        let scan = |target: &std::path::Path, code| {
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
