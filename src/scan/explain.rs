//! Why rules did or did not report something on one line: the trace of what [`scan_blob`] decides.
//!
//! Whether a rule reports is asked of the scan itself; the trace repeats its steps on the same blob to tell the reasons.

use std::ops::Range;
use std::sync::Arc;

use super::engine::{Ordinals, Scanner, Scratch, scan_blob};
use super::judge::{Judgements, judge_all};
use crate::blob::Blob;
use crate::check::{self, Reason, Rejection, TextFile, Weighing};
use crate::detect::Match;
use crate::finding::Hit;
use crate::finding::merge::{join_parts, settle};
use crate::rule::lane::{LANE_LITERALS, Lane};
use crate::rule::{LoadedRule, Rule};
use crate::secret::{LengthClass, Preview};
use crate::span::{LineIndex, Region};

/// What became of one rule on a line.
#[derive(Debug)]
pub struct RuleTrace {
    /// The rule.
    pub rule: Arc<Rule>,
    /// How the engine comes to look at it.
    pub lane: &'static str,
    /// The literal on the line that made it look, in the rule's spelling.
    pub woken_by: Option<String>,
    /// How far it came.
    pub outcome: Outcome,
}

/// How far a rule came.
#[derive(Debug)]
pub enum Outcome {
    /// A literal of the rule is there, its form is not.
    NoMatch,
    /// Its form matches, and what follows decided.
    Matched(Box<MatchTrace>),
}

/// A match and its judgement.
#[derive(Debug)]
pub struct MatchTrace {
    /// Where.
    pub region: Region,
    /// What may be shown of the value.
    pub preview: Preview,
    /// What was measured, with the points each took or gave.
    pub weighing: Weighing,
    /// The decision.
    pub decision: Decision,
}

/// What a match came to.
#[derive(Debug)]
pub enum Decision {
    /// The checks say that it is no secret.
    Rejected(Rejection),
    /// Another rule knows the same bytes better.
    LostTo {
        /// That rule's id.
        rule: String,
    },
    /// It is an identifier that goes with the secret of another finding.
    PartOf {
        /// The id of that finding's rule.
        rule: String,
    },
    /// It is a hit of the scan.
    Hit(Box<Hit>),
}

/// What is known of one line.
#[derive(Debug, Default)]
pub struct LineTrace {
    /// Lines of the content so far; a last line without an end counts.
    pub lines: u64,
    /// The rules that came near, in order of id.
    pub rules: Vec<RuleTrace>,
}

/// Adds to `trace` what the part of `line` (from 1) that lies in this blob comes to. `ordinals` belong to the content, as in
/// a scan.
pub fn explain_blob(
    scanner: &Scanner,
    blob: &Blob<'_>,
    scratch: &mut Scratch,
    ordinals: &mut Ordinals,
    line: u64,
    trace: &mut LineTrace,
) {
    let mut hits = Vec::new();
    scan_blob(scanner, blob, scratch, ordinals, &mut hits);
    let end = blob.base.advance(&blob.text[..blob.owned.end]);
    let open = blob.text[..blob.owned.end].last().is_some_and(|&byte| byte != b'\n');
    trace.lines = trace.lines.max(end.line + u64::from(open));
    let index = LineIndex::new(blob.text, blob.base);
    let touches = |region: &Region| (region.start_line..=region.end_line).contains(&line);
    let mut matches = Vec::new();
    scanner.engine.find(scratch.detect(), blob.text, blob.owned.clone(), &mut matches);
    let rules = scanner.engine.rules();
    let file = TextFile::at(blob.origin.path_bytes());
    let span_of = |found: &Match| {
        let inner = rules.get(found.rule).rule.trim.range(&blob.text[found.start..found.end]);
        found.start + inner.start..found.start + inner.end
    };
    // Overlaps are settled among all matches, as the scan does, not among those of the line.
    let Judgements { kept, dropped, refused: _ } = judge_all(scanner, blob.text, &file, &matches);
    let doubts: Vec<(usize, Range<usize>, Reason)> = kept
        .iter()
        .filter_map(|one| {
            let own = check::weigh(one.rule, blob.text, one.span.clone(), &file).0.steps.len();
            Some((one.index, one.span.clone(), one.judgement.reasons.get(own)?.clone()))
        })
        .collect();
    let (kept, joined) = join_parts(settle(kept), blob.text);
    let kept: Vec<(usize, Range<usize>)> = kept.into_iter().map(|one| (one.index, one.span)).collect();
    let text = text_of_line(blob, line);
    let mut matched = vec![false; rules.len()];
    for found in &matches {
        let span = span_of(found);
        let region = index.region(blob.text, span.start, span.end);
        if !touches(&region) {
            continue;
        }
        matched[found.rule] = true;
        let loaded = rules.get(found.rule);
        let (mut weighing, mut verdict) = check::weigh(&loaded.rule, blob.text, span.clone(), &file);
        let here = |index: usize, place: &Range<usize>| index == found.rule && *place == span;
        if let Some((.., doubt)) = doubts.iter().find(|(index, place, _)| here(*index, place)) {
            weighing.steps.push((doubt.clone(), check::DOUBTFUL));
        }
        if let Some((.., why)) = dropped.iter().find(|(index, place, _)| here(*index, place)) {
            verdict = Err(Rejection((*why).to_owned()));
        }
        let decision = match verdict {
            Err(rejection) => Decision::Rejected(rejection),
            Ok(_) if kept.contains(&(found.rule, span.clone())) => {
                let at = hits.iter().position(|hit| hit.rule.id == loaded.rule.id && hit.occurrence.region == region);
                match at {
                    Some(at) => Decision::Hit(Box::new(hits.swap_remove(at))),
                    // The same secret by the same rule, found twice from different starts.
                    None => continue,
                }
            }
            Ok(_) => {
                let winner = kept.iter().find(|(_, other)| other.start < span.end && span.start < other.end);
                let name = |rule: usize| rules.get(rule).rule.id.clone();
                match joined.iter().find(|part| here(part.index, &part.span)) {
                    Some(part) => Decision::PartOf { rule: name(part.into) },
                    None => Decision::LostTo { rule: winner.map_or_else(String::new, |&(rule, _)| name(rule)) },
                }
            }
        };
        let length = LengthClass::of(span.len());
        trace.rules.push(RuleTrace {
            rule: Arc::clone(&loaded.rule),
            lane: loaded.lane.name(),
            woken_by: text.as_deref().and_then(|text| woken_by(loaded, text)),
            outcome: Outcome::Matched(Box::new(MatchTrace {
                region,
                preview: Preview { prefix: loaded.rule.prefix.clone(), length },
                weighing,
                decision,
            })),
        });
    }
    let Some(text) = text else { return };
    for (index, loaded) in rules.iter().enumerate() {
        if let Some(literal) = woken_by(loaded, &text).filter(|_| !matched[index]) {
            trace.rules.push(RuleTrace {
                rule: Arc::clone(&loaded.rule),
                lane: loaded.lane.name(),
                woken_by: Some(literal),
                outcome: Outcome::NoMatch,
            });
        }
    }
    trace.rules.sort_by(|one, other| one.rule.id.cmp(&other.rule.id));
}

/// The bytes of a line that the blob owns, in lower case.
fn text_of_line(blob: &Blob<'_>, line: u64) -> Option<Vec<u8>> {
    let mut start = 0;
    for (position, part) in (blob.base.line + 1..).zip(blob.text.split_inclusive(|&byte| byte == b'\n')) {
        let end = start + part.len();
        if position == line && start < blob.owned.end && end > blob.owned.start {
            return Some(part.to_ascii_lowercase());
        }
        start = end;
    }
    None
}

/// The literal by which a rule can come to look at a line.
fn woken_by(loaded: &LoadedRule, line: &[u8]) -> Option<String> {
    let holds = |literal: &str| memchr::memmem::find(line, literal.to_ascii_lowercase().as_bytes()).is_some();
    let lane_literals = |list: &[(usize, usize)]| {
        list.iter().map(|&(literal, _)| LANE_LITERALS[literal]).find(|literal| holds(literal)).map(str::to_owned)
    };
    match &loaded.lane {
        Lane::Prefix(_) => Some(loaded.rule.prefix.clone()).filter(|prefix| prefix.len() >= 3 && holds(prefix)),
        Lane::Keyword | Lane::Near => loaded.rule.keywords.iter().find(|word| holds(word)).cloned(),
        Lane::Context(list) | Lane::Value(list) => lane_literals(list),
    }
}
