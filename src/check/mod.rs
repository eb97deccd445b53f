//! Checks: what is measured on a match, and what it does to the confidence. Every verdict carries its reasons.
//!
//! Confidence is counted in points from 0 to 100. A rule's own grade is the base; each check adds or takes; the sum
//! falls into the grades low (from [`LOW`]), medium (from [`MEDIUM`]) and high (from [`HIGH`]), or into rejection.

mod argument;
mod assigned;
mod join;
mod kind;
mod letters;
pub mod measure;
pub mod model;
mod name;
mod named;
pub mod parts;
mod placeholder;
mod published;
pub mod token;
mod value;
mod words;

use std::cmp::Ordering;
use std::ops::Range;

pub use kind::{TextFile, TextKind};

use crate::rule::token_check::TokenCheck;
use crate::rule::{Check, Rule};
use crate::severity::Confidence;
use argument::no_argument;
use assigned::{Assigned, no_literal, not_assigned, url_password};
use placeholder::{Placeholder, placeholder};
use token::{Fact, Verdict, fact_name};

/// Points from which a match is reported with low confidence; below it is rejected.
pub const LOW: i32 = 15;
/// Points from which the confidence is medium.
pub const MEDIUM: i32 = 50;
/// Points from which the confidence is high.
pub const HIGH: i32 = 80;

/// Points that a verified checksum or structure adds.
const VERIFIED: i32 = 25;
/// Points that a failed one takes.
const REFUTED: i32 = -35;
/// Points that a doubtful place takes.
pub const DOUBTFUL: i32 = -25;
/// Points that a form takes which names things more often than it opens them.
const NAMING: i32 = -15;
/// Points that it takes in tests, which make it up.
const MADE_UP: i32 = -50;
/// Points that the usual form of an issuer's credentials adds.
const USUAL: i32 = 10;
/// Points that a placeholder's look takes.
const PLACEHOLDER: i32 = -45;
/// Points that a counting sequence takes from what has the form of an issuer's credential.
const COUNTING: i32 = -10;

/// The kind of findings that are passwords.
const PASSWORD: &str = "hardcoded-password";

/// Bytes from which a value that counts is a key rather than a sample of a password.
const LONG: usize = 20;

/// Bytes around a key in which the object that holds it begins and ends.
const OBJECT_REACH: usize = 4096;

/// One step of the judgement of a match: what was measured and what it did to the confidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// What moved.
    pub effect: Effect,
    /// A clause such as "CRC-32 checksum agrees"; never holds a part of the value.
    pub text: String,
}

/// What a reason did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// The match itself, with the rule's own confidence.
    Base,
    /// Raised the confidence.
    Raise,
    /// Lowered the confidence.
    Lower,
    /// Noted, without an effect.
    Note,
}

/// A match that was judged to be a secret, more or less.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Points, 0 to 100.
    pub points: i32,
    /// The grade that they fall into.
    pub confidence: Confidence,
    /// An offline check verified the value.
    pub verified: bool,
    /// Whether it has a form that the issuer named before it is known to make; none where that cannot be told.
    pub usual: Option<bool>,
    /// Where the issuer's name stands that made it one, if that is what did.
    pub name: Option<Range<usize>>,
    /// How the points came about.
    pub reasons: Vec<Reason>,
    /// What was read out of the value.
    pub facts: Vec<Fact>,
}

impl Judgement {
    /// Lowers the confidence for a reason that came up beside the match. False where nothing is left of it.
    pub fn doubt(&mut self, why: &str) -> bool {
        self.points += DOUBTFUL;
        self.reasons.push(Reason { effect: Effect::Lower, text: why.to_owned() });
        grade(self.points).is_some_and(|confidence| {
            self.confidence = confidence;
            true
        })
    }
}

/// The grade that `points` fall into; none where they are too few.
fn grade(points: i32) -> Option<Confidence> {
    match points {
        HIGH.. => Some(Confidence::High),
        MEDIUM.. => Some(Confidence::Medium),
        LOW.. => Some(Confidence::Low),
        _ => None,
    }
}

/// A match that was judged to be no secret; the text says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection(pub String);

/// What was weighed: each reason with the points it gave or took, and the least that the points may come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighing {
    /// The reasons in order, those of the rule first.
    pub steps: Vec<(Reason, i32)>,
    /// The points do not fall below this.
    pub floor: i32,
}

/// Judges the value of `rule` at `span` of `text`, a part of `file`.
pub fn judge(rule: &Rule, text: &[u8], span: Range<usize>, file: &TextFile<'_>) -> Result<Judgement, Rejection> {
    // Most matches of the rules that go by a name are code; nothing is put together for them.
    if let Some(why) = excluded(rule, text, span.clone(), file) {
        return Err(Rejection(why.to_owned()));
    }
    let mut tally = Tally::new(rule);
    measure_all(&mut tally, rule, text, span, file)?;
    tally.finish()
}

/// As [`judge`], and tells what was weighed, also where the verdict is a rejection.
pub fn weigh(
    rule: &Rule,
    text: &[u8],
    span: Range<usize>,
    file: &TextFile<'_>,
) -> (Weighing, Result<Judgement, Rejection>) {
    let mut tally = Tally::new(rule);
    let measured = match excluded(rule, text, span.clone(), file) {
        Some(why) => Err(Rejection(why.to_owned())),
        None => measure_all(&mut tally, rule, text, span, file),
    };
    let steps = tally.reasons.iter().cloned().zip(tally.given.iter().copied()).collect();
    let weighing = Weighing { steps, floor: tally.floor };
    (weighing, measured.and_then(|()| tally.finish()))
}

/// Why the value at `span` of `text` cannot be a secret by the place at which `rule` found it; none where it may be one,
/// and where no check of the rule looks at the place.
pub fn excluded(rule: &Rule, text: &[u8], span: Range<usize>, file: &TextFile<'_>) -> Option<&'static str> {
    rule.checks.iter().find_map(|check| match check {
        Check::AssignedLiteral => not_assigned(text, span.clone(), file, rule.kind == PASSWORD),
        Check::Literal => no_literal(text, span.clone(), file),
        Check::Argument => no_argument(text, span.clone(), file),
        _ => None,
    })
}

/// Whether the check asks for the place of a value, which the model then weighs.
fn looks_at_the_place(check: &Check) -> bool {
    matches!(check, Check::AssignedLiteral | Check::Literal | Check::Argument)
}

/// Whether the value at `span` of `text`, which `rule` found, stands under a name that speaks of a secret.
pub fn names_a_slot(rule: &Rule, text: &[u8], span: Range<usize>) -> bool {
    rule.checks.contains(&Check::AssignedLiteral) && name::names_a_secret_itself(text, span)
}

fn measure_all(
    tally: &mut Tally,
    rule: &Rule,
    text: &[u8],
    span: Range<usize>,
    file: &TextFile<'_>,
) -> Result<(), Rejection> {
    let value = &text[span.clone()];
    if !rule.checks.iter().any(looks_at_the_place) {
        tally.placeholder(rule, value, file)?;
    }
    if parts::is_identifier(rule, value) {
        return Err(Rejection("it identifies the issuer's client or account, and is no secret".to_owned()));
    }
    for check in &rule.checks {
        match *check {
            Check::Token(TokenCheck::ServiceAccountJson) => {
                tally.token(rule, TokenCheck::ServiceAccountJson, enclosing_object(text, span.clone()))?;
            }
            Check::Token(check) => tally.token(rule, check, value)?,
            Check::Entropy(least) => {
                let bits = measure::shannon(value);
                if bits < least {
                    return Err(Rejection(format!("entropy of {bits:.2} bits a byte is under {least:.2}")));
                }
                tally.add(Effect::Note, 0, format!("entropy of {bits:.2} bits a byte"));
            }
            Check::Classes(least) => {
                let classes = measure::classes(value);
                if classes < least {
                    return Err(Rejection(format!("{classes} character classes are fewer than {least}")));
                }
            }
            Check::AssignedLiteral | Check::Literal | Check::Argument => {
                tally.likelihood(&model::weigh(text, span.clone(), file));
                if rule.kind != PASSWORD && value::is_uuid(value) {
                    // Tests make them up where any token will do.
                    let points = if kind::role_of(file.path).test { MADE_UP } else { NAMING };
                    tally.add(Effect::Lower, points, "it is a UUID, which names more often than it opens".to_owned());
                }
                tally.placeholder(rule, value, file)?;
                if name::marks_production(text, span.clone()) {
                    tally.add(Effect::Note, 0, "its name says that it belongs to production".to_owned());
                    tally.facts.push(Fact { name: fact_name::ENVIRONMENT, value: "live".to_owned() });
                }
            }
            Check::UrlPassword => tally.assigned(url_password(text, span.clone()))?,
            Check::Named(ref names) => tally.named(named::named(text, span.clone(), file, &rule.keywords, names))?,
            Check::NotWord => {
                if value.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b' ')) {
                    return Err(Rejection("it is made of words".to_owned()));
                }
            }
        }
    }
    Ok(())
}

/// The JSON object around `span`, braces included; the span alone where there is none.
fn enclosing_object(text: &[u8], span: Range<usize>) -> &[u8] {
    let first = span.start.saturating_sub(OBJECT_REACH);
    let last = text.len().min(span.end + OBJECT_REACH);
    let open = memchr::memrchr(b'{', &text[first..span.start]).map(|at| first + at);
    let close = memchr::memchr(b'}', &text[span.end..last]).map(|at| span.end + at + 1);
    match (open, close) {
        (Some(open), Some(close)) => &text[open..close],
        _ => &text[span],
    }
}

struct Tally {
    usual: Option<bool>,
    name: Option<Range<usize>>,
    points: i32,
    floor: i32,
    verified: bool,
    reasons: Vec<Reason>,
    /// The points of each reason.
    given: Vec<i32>,
    facts: Vec<Fact>,
}

impl Tally {
    fn new(rule: &Rule) -> Self {
        let points = match rule.confidence {
            Confidence::Low => 30,
            Confidence::Medium => 60,
            Confidence::High => 90,
        };
        let mut tally = Self {
            usual: None,
            name: None,
            points,
            floor: 0,
            verified: false,
            reasons: vec![Reason { effect: Effect::Base, text: format!("matches the form of: {}", rule.title) }],
            given: vec![points],
            facts: Vec::new(),
        };
        if !rule.ambiguous_with.is_empty() {
            // Who has to rotate it must know that it may be another issuer's.
            tally.add(Effect::Note, 0, format!("the form is also that of: {}", rule.ambiguous_with.join(", ")));
        }
        tally
    }

    fn add(&mut self, effect: Effect, points: i32, text: String) {
        self.points += points;
        self.reasons.push(Reason { effect, text });
        self.given.push(points);
    }

    fn placeholder(&mut self, rule: &Rule, value: &[u8], file: &TextFile<'_>) -> Result<(), Rejection> {
        // Documents such as PEM blocks hold runs and words by chance and in their headers.
        if value.len() > 512 {
            return Ok(());
        }
        let body = value.strip_prefix(rule.prefix.as_bytes()).unwrap_or(value);
        match placeholder(body) {
            None => Ok(()),
            Some(Placeholder::Certain(why)) => Err(Rejection(format!("a placeholder: {why}"))),
            Some(Placeholder::Likely(why)) => {
                self.add(Effect::Lower, PLACEHOLDER, why.to_owned());
                Ok(())
            }
            Some(Placeholder::Counting { mostly }) => {
                let why = if mostly { "it counts up or down" } else { "a part of it counts up or down" };
                // Behind an issuer's prefix or name it may be a made-up credential of a test system that works; and keys
                // that count are set as defaults. Passwords and short texts that count are samples, as is all in prose.
                let sample = rule.kind == PASSWORD || value.len() < LONG || file.kind == TextKind::Prose;
                let sample = rule.is_generic() && sample;
                match (sample, mostly) {
                    (true, true) => return Err(Rejection(format!("a placeholder: {why}"))),
                    (true, false) => self.add(Effect::Lower, PLACEHOLDER, why.to_owned()),
                    (false, _) => self.add(Effect::Lower, COUNTING, why.to_owned()),
                }
                Ok(())
            }
        }
    }

    /// Takes the points of the model in place of those of the rule, which knows no more than that there is a name.
    fn likelihood(&mut self, likelihood: &model::Likelihood) {
        let effect = match likelihood.points.cmp(&self.points) {
            Ordering::Greater => Effect::Raise,
            Ordering::Equal => Effect::Note,
            Ordering::Less => Effect::Lower,
        };
        let side = |name: &str, told: &[&str]| match told {
            [] => String::new(),
            _ => format!("; {name}: {}", told.join(", ")),
        };
        let text = format!(
            "the model of assignments gives it {} of 100 points{}{}",
            likelihood.points,
            side("for it", &likelihood.for_it),
            side("against it", &likelihood.against)
        );
        self.add(effect, likelihood.points - self.points, text);
    }

    fn assigned(&mut self, judged: Assigned) -> Result<(), Rejection> {
        match judged {
            Assigned::Likely(why) => self.add(Effect::Note, 0, why.to_owned()),
            Assigned::Doubtful(why) => self.add(Effect::Lower, DOUBTFUL, why.to_owned()),
            Assigned::No(why) => return Err(Rejection(why.to_owned())),
        }
        Ok(())
    }

    fn named(&mut self, judged: named::Judged) -> Result<(), Rejection> {
        self.assigned(judged.verdict)?;
        self.usual = judged.usual;
        self.name = judged.name;
        match judged.usual {
            Some(true) => {
                self.add(Effect::Raise, USUAL, "it has the form that the issuer's credentials usually have".to_owned());
            }
            Some(false) => {
                self.add(Effect::Lower, DOUBTFUL, "the issuer's credentials usually look otherwise".to_owned());
            }
            None => {}
        }
        Ok(())
    }

    fn token(&mut self, rule: &Rule, check: TokenCheck, value: &[u8]) -> Result<(), Rejection> {
        let evidence = token::run(check, value);
        self.facts.extend(evidence.facts);
        match evidence.verdict {
            Verdict::Pass => {
                self.verified = true;
                self.add(Effect::Raise, VERIFIED, evidence.reason);
            }
            Verdict::Fail if rule.distinctive => {
                // Most published samples fail their checksum, and issuers change theirs: the form alone still says
                // that somebody took this for a token.
                let points = (MEDIUM - self.points).clamp(REFUTED, 0);
                self.floor = MEDIUM;
                self.add(Effect::Lower, points, evidence.reason);
            }
            Verdict::Fail => self.add(Effect::Lower, REFUTED, evidence.reason),
            Verdict::Unknown => self.add(Effect::Note, 0, evidence.reason),
            Verdict::NoSecret => return Err(Rejection(evidence.reason)),
        }
        Ok(())
    }

    fn finish(self) -> Result<Judgement, Rejection> {
        let doubted = self.reasons.iter().any(|reason| reason.text.contains("example"));
        let points = if doubted { self.points } else { self.points.max(self.floor) }.clamp(0, 100);
        let Some(confidence) = grade(points) else {
            let last = self.reasons.last().map_or("", |reason| reason.text.as_str());
            return Err(Rejection(format!("{points} points of confidence; last: {last}")));
        };
        Ok(Judgement {
            points,
            confidence,
            verified: self.verified,
            usual: self.usual,
            name: self.name,
            reasons: self.reasons,
            facts: self.facts,
        })
    }
}
