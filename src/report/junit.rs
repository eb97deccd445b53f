//! The report as `JUnit` XML, which CI systems show as results of tests: what Jenkins (`junit-10.xsd` of its xunit plugin),
//! GitLab and Azure Pipelines have in common.
//!
//! Each target is a suite, each place a test. A test `coverage` fails with an error where the target was not searched as a
//! whole, so that an incomplete scan is not green, and passes else, so that a clean scan is a report with a test in it.
//!
//! There is no `system-out`: Jenkins and GitLab look there for `[[ATTACHMENT|path]]`, and names of files are anybody's to
//! choose. GitLab shows the text of a failure and not its message, so that both are written.

use std::collections::BTreeSet;
use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use super::markup::markup;
use super::words::{abbreviated, counted};
use super::{Report, Target, ci};
use crate::blob::printable;
use crate::finding::{Finding, Occurrence, Verdict};
use crate::gap::Gap;

/// Gaps of a target that are named.
const GAPS: usize = 20;

/// Writes the report.
///
/// # Errors
///
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let suites: Vec<Suite<'_>> = (0..report.targets.len()).map(|target| Suite::new(report, target)).collect();
    let sum = |part: fn(&Counts) -> u64| suites.iter().map(|suite| part(&suite.counts)).sum::<u64>();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"straykey\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
        sum(|counts| counts.tests),
        sum(|counts| counts.failures),
        sum(|counts| counts.errors),
    )?;
    let mut names = Names::default();
    for suite in &suites {
        suite.write(&mut names, out)?;
    }
    writeln!(out, "</testsuites>")
}

/// What a suite says of its tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

/// A target.
struct Suite<'r> {
    report: &'r Report,
    target: &'r Target,
    index: usize,
    name: String,
    counts: Counts,
    /// What keeps the scan of it from being complete, if anything does.
    incomplete: Option<Vec<&'r Gap>>,
}

impl<'r> Suite<'r> {
    fn new(report: &'r Report, index: usize) -> Self {
        let target = &report.targets[index];
        let mut suite = Self {
            report,
            target,
            index,
            name: printable(target.given.as_os_str().as_encoded_bytes()),
            counts: Counts::default(),
            incomplete: incomplete(report, index),
        };
        let errors = u64::from(suite.incomplete.is_some());
        let mut counts = Counts { tests: 1, errors, ..Counts::default() };
        for (_, place) in suite.places() {
            counts.tests += 1;
            *(if skipped(place).is_some() { &mut counts.skipped } else { &mut counts.failures }) += 1;
        }
        suite.counts = counts;
        suite
    }

    fn places(&self) -> impl Iterator<Item = (&'r Finding, &'r Occurrence)> {
        let (report, index) = (self.report, self.index);
        let places =
            report.findings.iter().flat_map(|finding| finding.occurrences.iter().map(move |one| (finding, one)));
        places.filter(move |(_, place)| place.origin.target() == index)
    }

    fn write(&self, names: &mut Names, out: &mut dyn Write) -> io::Result<()> {
        let Counts { tests, failures, errors, skipped } = self.counts;
        writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
             skipped=\"{skipped}\">",
            markup(&self.name)
        )?;
        if let Some(git) = &self.target.git {
            let facts = [("repository", &git.repository), ("revision", &git.revision), ("branch", &git.branch)];
            let known = facts.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
            writeln!(out, "    <properties>")?;
            for (name, value) in known {
                writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", markup(value))?;
            }
            writeln!(out, "    </properties>")?;
        }
        self.coverage(names, out)?;
        for (finding, place) in self.places() {
            self.place(finding, place, names, out)?;
        }
        writeln!(out, "  </testsuite>")
    }

    fn coverage(&self, names: &mut Names, out: &mut dyn Write) -> io::Result<()> {
        let name = names.next(&self.name, "straykey", "coverage");
        write!(out, "    <testcase classname=\"straykey\" name=\"{}\"", markup(&name))?;
        let Some(gaps) = &self.incomplete else { return writeln!(out, "/>") };
        let message = ci::incomplete(gaps.len() as u64);
        writeln!(out, ">\n      <error type=\"incomplete\" message=\"{0}\">{0}", markup(&message))?;
        for gap in gaps.iter().take(GAPS) {
            let path = ci::path(self.report, &gap.origin);
            writeln!(out, "{} {}: {}", gap.class.name(), markup(&path), markup(&gap.reason))?;
        }
        if let Some(more) = gaps.len().checked_sub(GAPS).filter(|&more| more > 0) {
            writeln!(out, "and {}", counted(more as u64, "more", "more"))?;
        }
        writeln!(out, "</error>\n    </testcase>")
    }

    fn place(&self, finding: &Finding, place: &Occurrence, names: &mut Names, out: &mut dyn Write) -> io::Result<()> {
        let rule = &finding.rule;
        let region = place.region;
        let path = ci::path(self.report, &place.origin);
        let commit = place.origin.commit().map_or_else(String::new, |id| format!(" in {}", abbreviated(id)));
        let at = format!("{path}:{}:{}{commit}", region.start_line, region.start_column);
        let name = names.next(&self.name, &rule.id, &format!("{at}: {}", rule.title));
        writeln!(out, "    <testcase classname=\"{}\" name=\"{}\">", markup(&rule.id), markup(&name))?;
        let severity = place.severity.name();
        if let Some(why) = skipped(place) {
            writeln!(out, "      <skipped message=\"{0}\">{0}", markup(&why))?;
            writeln!(out, "{}</skipped>", markup(&format!("{severity}: {}: {}", rule.title, finding.preview)))?;
        } else {
            let message = format!("{}: {}", rule.title, finding.preview);
            let told = Self::tell(finding, place, &at).join("\n");
            writeln!(out, "      <failure type=\"{severity}\" message=\"{}\">{told}</failure>", markup(&message))?;
        }
        writeln!(out, "    </testcase>")
    }

    /// What there is to know of a place that fails the scan, as lines of character data.
    fn tell(finding: &Finding, place: &Occurrence, at: &str) -> Vec<String> {
        let rule = &finding.rule;
        let mut lines = vec![
            format!("{}: {}: {}", place.severity.name(), rule.title, finding.preview),
            format!("At: {at}"),
            format!("Rule: {}", rule.id),
        ];
        let controls = ci::contradicted(finding, place);
        if !controls.is_empty() {
            lines.push(format!("Contradicts ISO/IEC 27002: {controls}"));
        }
        lines.extend(place.verdict.gate().map(|gate| format!("Failed by the gate: {gate}")));
        if let Some((applied, why)) = place.exception.as_ref().and_then(|one| Some((one, one.standing.why()?))) {
            lines.push(format!("Exception {} does not hold: {why}", applied.exception.id));
        }
        lines.push(format!("Fingerprint of the place: {}", place.place));
        lines.push(format!("Revoke: {}", rule.revoke));
        lines.push(format!("Rotate: {}", rule.rotate));
        lines.iter().map(|line| markup(line)).collect()
    }
}

/// The gaps that keep a target from having been searched as a whole; none where it was. A report does not hold which
/// classes of gaps fail, so that in an incomplete scan each target with a gap that nobody accepted is incomplete, and all
/// are where there was nothing to scan.
fn incomplete(report: &Report, index: usize) -> Option<Vec<&Gap>> {
    if report.outcome.complete {
        return None;
    }
    let all: Vec<&Gap> = report.gaps.iter().filter(|gap| gap.accepted.is_none()).collect();
    let nothing = all.is_empty();
    let own: Vec<&Gap> = all.into_iter().filter(|gap| gap.origin.target() == index).collect();
    (nothing || !own.is_empty()).then_some(own)
}

/// Why a place does not fail the scan; none where it does.
fn skipped(place: &Occurrence) -> Option<String> {
    if let Some(exception) = place.excepted() {
        let (reason, until) = (exception.reason.name(), &exception.expires_on);
        return Some(format!("excepted by {} ({reason}) until {until}", exception.id));
    }
    if let Some(ignore) = place.ignore.as_ref().filter(|ignore| ignore.honoured) {
        let reason = ignore.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        return Some(format!("ignored by {}, which the policy honours{reason}", ignore.marker));
    }
    let since = || place.change.as_ref().and_then(|change| change.since.as_ref());
    Some(match &place.verdict {
        Verdict::Fails | Verdict::FailsGate(_) => return None,
        Verdict::Known => match since() {
            Some(day) => format!("known to the baseline since {day}"),
            None => "known to the baseline".to_owned(),
        },
        Verdict::NewlyDetected => "newly detected: it was there before, rules or settings show it now".to_owned(),
        Verdict::Minor => "below the severity of --fail-on".to_owned(),
        Verdict::PassesGate(gate) => format!("passed by the gate {gate}"),
        Verdict::Excepted => "excepted".to_owned(),
        Verdict::Ignored => "ignored".to_owned(),
    })
}

/// Names of tests of which each is handed out once: GitLab drops what has the suite, class and name of another.
#[derive(Default)]
struct Names {
    /// Of each name a digest, since a report may have very many.
    taken: BTreeSet<[u8; 32]>,
}

impl Names {
    fn next(&mut self, suite: &str, class: &str, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut count = 1_u64;
        while !self.taken.insert(Sha256::digest(format!("{suite}\0{class}\0{name}")).into()) {
            count += 1;
            name = format!("{wanted} ({count})");
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use roxmltree::{Document, Node};

    use super::super::sample::{clean_report, sample_report};
    use super::*;
    use crate::blob::{FilePlace, Origin};
    use crate::finding::InlineIgnore;

    fn text(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn named<'a>(document: &'a Document<'a>, name: &'a str) -> Vec<Node<'a, 'a>> {
        document.descendants().filter(|node| node.has_tag_name(name)).collect()
    }

    /// Checks every count against the tests themselves, and hands out those of the whole.
    fn checked(document: &Document<'_>) -> [usize; 4] {
        let mut all = [0; 4];
        for suite in named(document, "testsuite") {
            let children = |name: &str| suite.descendants().filter(|node| node.has_tag_name(name)).count();
            let counts = ["testcase", "failure", "error", "skipped"].map(children);
            for (attribute, count) in ["tests", "failures", "errors", "skipped"].iter().zip(counts) {
                assert_eq!(suite.attribute(*attribute), Some(count.to_string().as_str()), "{attribute}");
            }
            for (all, count) in all.iter_mut().zip(counts) {
                *all += count;
            }
        }
        for (attribute, count) in ["tests", "failures", "errors"].iter().zip(all) {
            assert_eq!(document.root_element().attribute(*attribute), Some(count.to_string().as_str()), "{attribute}");
        }
        all
    }

    #[test]
    fn the_sample_reads() {
        insta::assert_snapshot!("junit", text(&sample_report()));
    }

    #[test]
    fn counts_are_those_of_the_tests() {
        let report = sample_report();
        let text = text(&report);
        let document = Document::parse(&text).unwrap();
        let places: Vec<_> = report.findings.iter().flat_map(|finding| &finding.occurrences).collect();
        let failing = places.iter().filter(|place| place.verdict.fails()).count();
        assert!(failing > 0 && failing < places.len());
        let targets = report.targets.len();
        // All gaps of the sample lie in the first target.
        assert_eq!(checked(&document), [places.len() + targets, failing, 1, places.len() - failing]);
        let suites: Vec<_> = named(&document, "testsuite").iter().filter_map(|suite| suite.attribute("name")).collect();
        assert_eq!(suites, [".", "../shop/services/b\u{e4}r", "-"]);
    }

    #[test]
    fn a_clean_scan_is_one_passed_test_and_an_incomplete_one_is_not_green() {
        let mut report = clean_report();
        let clean = text(&report);
        let document = Document::parse(&clean).unwrap();
        assert_eq!(checked(&document), [1, 0, 0, 0]);
        assert_eq!(named(&document, "testcase")[0].attribute("name"), Some("coverage"));
        report.outcome.complete = false;
        let empty = text(&report);
        let document = Document::parse(&empty).unwrap();
        assert_eq!(checked(&document), [1, 0, 1, 0]);
        assert!(empty.contains("there was nothing to scan"));
        report.gaps = sample_report().gaps.into_iter().cycle().take(50).collect();
        let incomplete = text(&report);
        let document = Document::parse(&incomplete).unwrap();
        let error = named(&document, "error")[0];
        assert_eq!(error.attribute("message"), Some("The scan is incomplete: 50 gaps."));
        let told = error.text().unwrap();
        assert!(told.contains("over-budget dump.sql: larger than 1 GiB") && told.contains("and 30 more"), "{told}");
    }

    #[test]
    fn skipped_tests_say_why() {
        let mut report = sample_report();
        let occurrence = report.findings[1].occurrences[0].clone();
        let verdicts = [
            (Verdict::Known, "known to the baseline"),
            (Verdict::NewlyDetected, "newly detected"),
            (Verdict::Minor, "below the severity of --fail-on"),
            (Verdict::PassesGate("merge".into()), "passed by the gate merge"),
        ];
        for (verdict, why) in verdicts {
            let place = Occurrence { verdict, change: None, ..occurrence.clone() };
            assert!(skipped(&place).unwrap().starts_with(why), "{why}");
        }
        for verdict in [Verdict::Fails, Verdict::FailsGate("merge".into())] {
            assert_eq!(skipped(&Occurrence { verdict, ..occurrence.clone() }), None);
        }
        let ignore = InlineIgnore {
            marker: "gitleaks:allow",
            reason: Some("]]><failure/>".into()),
            until: None,
            expired: false,
            honoured: true,
        };
        report.findings[1].occurrences[0].ignore = Some(ignore);
        let text = text(&report);
        let document = Document::parse(&text).unwrap();
        let messages: Vec<_> =
            named(&document, "skipped").iter().filter_map(|node| node.attribute("message")).collect();
        for why in [
            "excepted by EX-1 (accepted-risk) until 2026-12-31",
            "known to the baseline since 2026-01-15",
            "ignored by gitleaks:allow, which the policy honours: ]]><failure/>",
        ] {
            assert!(messages.contains(&why), "{why}: {messages:?}");
        }
        checked(&document);
    }

    #[test]
    fn names_of_files_are_text_and_no_two_tests_have_one_name() {
        let mut report = sample_report();
        let place = report.findings[1].occurrences[0].clone();
        let names: [&[u8]; 5] = [
            b"]]><failure/>",
            b"<img src=x onerror=\"alert(1)\">",
            b"a&amp;\x00\x0b\n",
            b"[[ATTACHMENT|/etc/x]]",
            b"\xff\xfe",
        ];
        report.findings[1].occurrences = names
            .iter()
            .flat_map(|name| {
                let origin = Arc::new(Origin::File(FilePlace::new(0, name.to_vec())));
                std::iter::repeat_n(Occurrence { origin, ..place.clone() }, 2)
            })
            .collect();
        let text = text(&report);
        let document = Document::parse(&text).unwrap();
        checked(&document);
        let cases: Vec<_> = named(&document, "testcase").iter().filter_map(|case| case.attribute("name")).collect();
        let distinct: BTreeSet<_> = cases.iter().collect();
        // The coverage of each target has one name in three suites.
        assert_eq!(distinct.len(), cases.len() - 2);
        for (path, expect) in names.iter().zip([
            "]]><failure/>",
            "<img src=x onerror=\"alert(1)\">",
            "a&amp;\\u{0}\\u{b}\\u{a}",
            "[[ATTACHMENT|/etc/x]]",
            "\\xff\\xfe",
        ]) {
            let starting = cases.iter().filter(|case| case.starts_with(&format!("{expect}:2:"))).count();
            assert_eq!(starting, 2, "{path:?}: {cases:?}");
        }
        assert!(named(&document, "system-out").is_empty(), "attachments would be looked for there");
    }

    #[test]
    fn text_is_what_xml_can_hold() {
        let raw = "a<b>&\"'\n\t\u{0}\u{1b}\u{fffe}\u{ffff}\u{1f511}]]>";
        let text = format!("<a b=\"{0}\">{0}</a>", markup(raw));
        let document = Document::parse(&text).unwrap();
        let expect = "a<b>&\"'\n\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{1f511}]]>";
        assert_eq!(document.root_element().attribute("b"), Some(expect));
        assert_eq!(document.root_element().text(), Some(expect));
    }
}
