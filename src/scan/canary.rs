//! Canaries: a sample of each rule, sent through the source layer under the settings of the scan, so that a record can
//! say which rules were able to find what they are for. Nothing is written anywhere: a canary lives in memory.

use std::io::Cursor;
use std::sync::Arc;

use super::engine::{Ordinals, Scanner, Scratch, scan_blob};
use super::sample::expand;
use super::selftest::stands_for;
use crate::blob::{FilePlace, Origin};
use crate::finding::Hit;
use crate::rule::Rule;
use crate::severity::Confidence;
use crate::source::{MemoryBudget, Reader};

/// Rules after which working memory is made anew: a canary uses that of its own rule and little else, and a scan that
/// follows needs the memory for files.
const RULES_A_SCRATCH: usize = 16;

/// What became of a canary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CanaryOutcome {
    /// The rule reported it.
    Found,
    /// The rule did not report it, or with less confidence than was asked for.
    NotFound,
}

/// The canary of one rule.
#[derive(Clone, Debug)]
pub struct Canary {
    /// The rule.
    pub rule: Arc<Rule>,
    /// What became of it.
    pub outcome: CanaryOutcome,
}

/// A form of content that canaries were planted in, beside plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// UTF-8 text.
    Text,
    /// UTF-16, little endian, behind a byte order mark.
    Utf16,
    /// Between bytes that are no text.
    Binary,
}

/// What the self-test before a record says.
#[derive(Clone, Debug, Default)]
pub struct Canaries {
    /// One canary for each active rule that has an example, in order of id.
    pub rules: Vec<Canary>,
    /// The canary of the first rule that works, in each form of content.
    pub forms: Vec<(Form, CanaryOutcome)>,
}

/// Plants the first example of each active rule and looks for it, with `least` as the confidence asked for.
pub fn plant_canaries(scanner: &Scanner, least: Confidence) -> Canaries {
    let mut nest = Nest { scanner, reader: Reader::new(Arc::new(MemoryBudget::default())), scratch: scanner.scratch() };
    let mut canaries = Canaries::default();
    let mut proven: Option<(Arc<Rule>, String)> = None;
    for (number, loaded) in scanner.engine.rules().iter().enumerate() {
        if number % RULES_A_SCRATCH == 0 {
            nest.scratch = scanner.scratch();
        }
        let Some(example) = loaded.rule.examples.first() else { continue };
        let text = expand(example, &format!("{}/example/1", loaded.rule.id));
        let outcome = nest.plant(&loaded.rule, text.as_bytes(), least);
        if outcome == CanaryOutcome::Found && proven.is_none() {
            proven = Some((Arc::clone(&loaded.rule), text));
        }
        canaries.rules.push(Canary { rule: Arc::clone(&loaded.rule), outcome });
    }
    if let Some((rule, text)) = proven {
        let forms = [Form::Text, Form::Utf16, Form::Binary];
        canaries.forms = forms.map(|form| (form, nest.plant(&rule, &form.encode(&text), least))).to_vec();
    }
    canaries
}

impl Form {
    fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Text => text.as_bytes().to_vec(),
            Self::Utf16 => std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
            // NUL bytes are what makes content binary; those around the text end no value too early.
            Self::Binary => [b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", text.as_bytes(), &[0; 64]].concat(),
        }
    }
}

struct Nest<'s> {
    scanner: &'s Scanner,
    reader: Reader,
    scratch: Scratch,
}

impl Nest<'_> {
    fn plant(&mut self, rule: &Rule, content: &[u8], least: Confidence) -> CanaryOutcome {
        let origin = Arc::new(Origin::File(FilePlace::new(0, b"canary".to_vec())));
        let mut hits: Vec<Hit> = Vec::new();
        let mut ordinals = Ordinals::default();
        let Self { scanner, reader, scratch } = self;
        reader.stream(&mut Cursor::new(content), &origin, &mut |blob| {
            scan_blob(scanner, blob, scratch, &mut ordinals, &mut hits);
        });
        let reported = |hit: &Hit| stands_for(&hit.rule, rule) && hit.occurrence.confidence >= least;
        if hits.iter().any(reported) { CanaryOutcome::Found } else { CanaryOutcome::NotFound }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Engine;
    use crate::rule::RuleSet;

    fn scanner() -> Scanner {
        Scanner::new(Engine::new(RuleSet::embedded()))
    }

    #[test]
    fn every_rule_finds_its_canary_in_every_form() {
        let scanner = scanner();
        let canaries = plant_canaries(&scanner, Confidence::Medium);
        assert_eq!(canaries.rules.len(), scanner.engine.rules().len());
        let silent: Vec<&str> = canaries
            .rules
            .iter()
            .filter(|canary| canary.outcome != CanaryOutcome::Found)
            .map(|canary| canary.rule.id.as_str())
            .collect();
        assert!(silent.is_empty(), "{silent:?}");
        let found = [Form::Text, Form::Utf16, Form::Binary].map(|form| (form, CanaryOutcome::Found));
        assert_eq!(canaries.forms, found);
    }

    #[test]
    fn a_canary_below_the_confidence_asked_for_is_not_found() {
        let canaries = plant_canaries(&scanner(), Confidence::High);
        let silent = canaries.rules.iter().filter(|canary| canary.outcome == CanaryOutcome::NotFound).count();
        assert!(silent > 0 && silent < canaries.rules.len(), "{silent}");
    }
}
