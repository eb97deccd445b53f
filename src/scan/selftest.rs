//! Runs the rules' own examples and near misses through the whole scan of a blob.

use std::sync::Arc;

use super::engine::{Ordinals, Scanner, Scratch, scan_blob};
use super::sample::expand;
use crate::blob::{Blob, Content, FilePlace, Offsets, Origin};
use crate::finding::{Confidence, Hit};
use crate::rule::{Attested, Rule};
use crate::span::Position;

/// A sample that did not behave as its rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The rule.
    pub rule: String,
    /// Which sample: `example 1`, `near miss 2 (length)`.
    pub sample: String,
    /// What happened instead.
    pub what: String,
}

/// What a self-test did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelfTest {
    /// Rules tested.
    pub rules: usize,
    /// Samples tested.
    pub samples: usize,
    /// Those that failed, in order of rule and sample.
    pub failures: Vec<Failure>,
}

/// Tests all rules of `scanner`.
pub fn self_test(scanner: &Scanner) -> SelfTest {
    let mut scratch = scanner.scratch();
    let mut test = SelfTest::default();
    for loaded in scanner.engine.rules().iter() {
        let rule = &*loaded.rule;
        test.rules += 1;
        for (number, example) in (1..).zip(&rule.examples) {
            test.samples += 1;
            let text = expand(example, &format!("{}/example/{number}", rule.id));
            if let Some(what) = not_found(rule, &scan_text(scanner, &mut scratch, &text)) {
                test.failures.push(Failure { rule: rule.id.clone(), sample: format!("example {number}"), what });
            }
        }
        for (number, near_miss) in (1..).zip(&rule.near_misses) {
            test.samples += 1;
            let text = expand(&near_miss.text, &format!("{}/near-miss/{number}", rule.id));
            if reported(rule, &scan_text(scanner, &mut scratch, &text)) {
                let sample = format!("near miss {number} ({})", near_miss.breaks);
                test.failures.push(Failure { rule: rule.id.clone(), sample, what: "is found".to_owned() });
            }
        }
    }
    test
}

/// The hits of all rules in `text`, as a file without a telling name.
pub fn scan_text(scanner: &Scanner, scratch: &mut Scratch, text: &str) -> Vec<Hit> {
    scan_text_at(scanner, scratch, "sample", text)
}

/// As [`scan_text`], as if it were the file at `path`.
pub fn scan_text_at(scanner: &Scanner, scratch: &mut Scratch, path: &str, text: &str) -> Vec<Hit> {
    let origin = Arc::new(Origin::File(FilePlace::new(0, path.as_bytes().to_vec())));
    let blob = Blob {
        origin: &origin,
        text: text.as_bytes(),
        owned: 0..text.len(),
        base: Position::default(),
        offsets: Offsets::Shifted(0),
        content: Content::Text,
    };
    let mut hits = Vec::new();
    scan_blob(scanner, &blob, scratch, &mut Ordinals::default(), &mut hits);
    hits
}

fn reported(rule: &Rule, hits: &[Hit]) -> bool {
    hits.iter().any(|hit| hit.rule.id == rule.id && hit.occurrence.confidence >= Confidence::Medium)
}

/// Whether `found` may stand for `rule`: it is that rule, one that the rule says it cannot be told from, or, for a family
/// rule, which stands behind all others, one of the same issuer.
pub fn stands_for(found: &Rule, rule: &Rule) -> bool {
    found.id == rule.id
        || rule.ambiguous_with.contains(&found.id)
        || rule.attested == Attested::Family && found.provider == rule.provider
}

fn not_found(rule: &Rule, hits: &[Hit]) -> Option<String> {
    let medium = |hit: &&Hit| hit.occurrence.confidence >= Confidence::Medium;
    if hits.iter().filter(medium).any(|hit| stands_for(&hit.rule, rule)) {
        return None;
    }
    if hits.is_empty() {
        return Some("is not found".to_owned());
    }
    let found: Vec<String> =
        hits.iter().map(|hit| format!("{} ({})", hit.rule.id, hit.occurrence.confidence.name())).collect();
    Some(format!("is not found at medium confidence; found: {}", found.join(", ")))
}
