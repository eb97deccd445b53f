//! Random valid values of every rule, each found by that rule.
//!
//! The values are drawn from the rule's own expressions, not from its samples, so that a rule whose lane, boundary or
//! check misses a part of what it describes is caught. Values that a rule's checks refuse (placeholders by chance, too
//! little entropy) are drawn again; a rule that refuses most of what it describes fails. Rules without an issuer, which
//! describe nearly any text, get values in the places of their samples' own.

use base64::Engine as _;
use rayon::prelude::*;
use straykey::check::{TextFile, judge};
use straykey::detect::Engine;
use straykey::finding::{Confidence, Hit};
use straykey::rule::draw::{Random, draw};
use straykey::rule::token_check::TokenCheck;
use straykey::rule::{Check, LoadedRule, Rule, RuleSet};
use straykey::scan::{Scanner, Scratch, expand, scan_text, stands_for};

/// Values drawn for each rule.
const VALUES: usize = 200;

/// How many drawn values a rule's own checks may refuse for each that they let pass.
const REFUSED: usize = 2;

/// How many of the values of a rule without an issuer may look like words, identifiers or placeholders by chance.
const LOST: usize = VALUES / 50;

fn drawn(pattern: &str, random: &mut Random) -> String {
    draw(pattern, random).unwrap_or_else(|| panic!("nothing can be drawn for {pattern}"))
}

/// Five ways in which a value stands in a file, and where it begins. A name that ends with a separator keeps it.
fn places(name: &str, value: &str) -> Vec<(String, usize)> {
    let joined = name.ends_with(['_', '-', '.', ' ']);
    let (word, dash) = if joined { ("", "") } else { ("_", "-") };
    let upper = name.to_ascii_uppercase();
    [
        format!("{upper}{word}TOKEN="),
        format!("  {name}{word}key: \""),
        format!("{{\"{name}Secret\": \""),
        format!("const {name}{word}api_key = '"),
        format!("curl -H \"X-{name}{dash}Token: "),
    ]
    .into_iter()
    .zip(["\n", "\"\n", "\"}\n", "';\n", "\"\n"])
    .map(|(before, behind)| (format!("{before}{value}{behind}"), before.len()))
    .collect()
}

fn is_named(rule: &Rule) -> bool {
    rule.checks.iter().any(|check| matches!(check, Check::Named(_)))
}

/// Texts with one random value each: the text and the value's first byte.
fn texts(rule: &Rule, number: usize, random: &mut Random) -> Vec<(String, usize, usize)> {
    let mut value = drawn(&rule.value, random);
    let head = |value: &str| value.bytes().take(16).any(|byte| byte.is_ascii_digit());
    while rule.digit && !head(&value) {
        value = drawn(&rule.value, random);
    }
    let length = value.len();
    let with_length = |(text, start): (String, usize)| (text, start, start + length);
    if is_named(rule) {
        let name = rule.keywords[number % rule.keywords.len()].as_str();
        return places(name, &value).into_iter().map(with_length).collect();
    }
    let Some(context) = &rule.context else {
        return places("service", &value).into_iter().map(with_length).collect();
    };
    let after = rule.after.as_deref().map(|after| drawn(after, random));
    let whole = regex::bytes::Regex::new(&format!(r"(?-u)\A\n(?:{context})\z")).unwrap();
    let around = |random: &mut Random| {
        // Look-around is not drawn, so that some of what is drawn does not match.
        let matches = |before: &String| whole.is_match(format!("\n{before}").as_bytes());
        let before = std::iter::repeat_with(|| drawn(context, random)).find(matches).expect("there is no end of them");
        let behind = match (&after, before.bytes().last()) {
            (Some(after), _) => after.clone(),
            (None, Some(quote @ (b'"' | b'\'' | b'`'))) => char::from(quote).to_string(),
            (None, _) => String::new(),
        };
        (format!("\n{before}{value}{behind}\n"), before.len() + 1)
    };
    (0..5).map(|_| with_length(around(random))).collect()
}

/// What goes wrong with the rule, if anything does.
fn failure(scanner: &Scanner, loaded: &LoadedRule, scratch: &mut Scratch) -> Option<String> {
    let rule = &*loaded.rule;
    let mut random = Random::new(&rule.id);
    let (mut sound, mut refused) = (0_usize, 0_usize);
    let mut number = 0;
    while sound < VALUES {
        number += 1;
        if refused > REFUSED * VALUES.max(sound) {
            return Some(format!("{}: its checks refuse {refused} values and let {sound} pass", rule.id));
        }
        let texts = if rule.checks.iter().any(|check| matches!(check, Check::Token(_))) {
            // Only the samples' generators know how to write what these checks verify.
            let sample = &rule.examples[number % rule.examples.len()];
            vec![(expand(sample, &format!("{}/{number}", rule.id)), 0, 0)]
        } else {
            texts(rule, number, &mut random)
        };
        let judged = |text: &str, start: usize, end: usize| {
            let inner = rule.trim.range(&text.as_bytes()[start..end]);
            judge(rule, text.as_bytes(), start + inner.start..start + inner.end, &TextFile::at(b"sample"))
                .is_ok_and(|judgement| judgement.confidence >= Confidence::Medium)
        };
        if texts.iter().any(|(text, start, end)| end > start && !judged(text, *start, *end)) {
            refused += 1;
            continue;
        }
        sound += 1;
        for (text, ..) in &texts {
            let hits = scan_text(scanner, scratch, text);
            if !hits.iter().any(|hit| stands_for(&hit.rule, rule)) {
                let found: Vec<&str> = hits.iter().map(|hit| hit.rule.id.as_str()).collect();
                return Some(format!("{}: not found in {text:?}; found: {found:?}", rule.id));
            }
        }
    }
    None
}

/// A password as people make them: two made-up words, a number, perhaps a sign.
fn password(random: &mut Random) -> String {
    let word = "[BDFGKLMNPRSTV][aeiou][bdfgklmnprstv][aeiou][dlnrst]";
    let joiner = if random.below(2) == 0 { "[-_.]?" } else { "" };
    drawn(&format!("{word}{joiner}{word}[1-9][0-9]"), random)
}

/// What goes wrong with a rule that knows no issuer. Their expressions describe nearly any text, so what is drawn anew is
/// the value of a sample: by its generators, or as a person would choose it.
fn generic_failure(scanner: &Scanner, loaded: &LoadedRule, scratch: &mut Scratch) -> Option<String> {
    let rule = &*loaded.rule;
    let mut random = Random::new(&rule.id);
    let mut lost = Vec::new();
    for number in 0..VALUES {
        let sample = &rule.examples[number % rule.examples.len()];
        let mut text = expand(sample, &format!("{}/{number}", rule.id));
        if !sample.contains("{{") {
            let place = scan_text(scanner, scratch, &text)
                .iter()
                .find(|hit| hit.rule.id == rule.id)
                .map(|hit| hit.occurrence.span.start as usize..hit.occurrence.span.end as usize);
            let Some(place) = place else { return Some(format!("{}: not found in {text:?}", rule.id)) };
            let password = password(&mut random);
            let value = if rule.checks.contains(&Check::Token(TokenCheck::BasicAuth)) {
                base64::engine::general_purpose::STANDARD.encode(format!("deploy:{password}"))
            } else {
                password
            };
            text.replace_range(place, &value);
        }
        let hits = scan_text(scanner, scratch, &text);
        let found = |hit: &Hit| hit.rule.id == rule.id && hit.occurrence.confidence >= Confidence::Medium;
        if !hits.iter().any(found) {
            lost.push(text);
        }
    }
    (lost.len() > LOST).then(|| format!("{}: {} not found, such as {:?}", rule.id, lost.len(), lost[0]))
}

#[test]
fn random_values_of_every_rule_are_found_by_it() {
    let engine = Engine::new(RuleSet::embedded());
    let scanner = Scanner::new(engine);
    let rules: Vec<&LoadedRule> = scanner.engine.rules().iter().collect();
    let failures: Vec<String> = rules
        .par_iter()
        .map_init(
            || scanner.scratch(),
            |scratch, loaded| {
                let test = if loaded.rule.is_generic() { generic_failure } else { failure };
                test(&scanner, loaded, scratch)
            },
        )
        .flatten()
        .collect();
    assert!(failures.is_empty(), "{} of {} rules:\n{}", failures.len(), rules.len(), failures.join("\n"));
}
