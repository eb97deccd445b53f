//! Rules of other scanners, carried over into ours: gitleaks and betterleaks configurations in TOML, Kingfisher and Nosey
//! Parker rules in YAML.
//!
//! Those rules are one expression each, searched for; ours are a context, an anchored value and what follows. The
//! expression is cut at its group for the secret, open repetitions get a bound, and what has no counterpart here (allow
//! lists, paths, validation) is told. The caller finds samples and tests the result.

use regex_syntax::hir::{Capture, Hir, HirKind, Look, Repetition};
use serde::{Deserialize, Serialize};

use super::loader::lane::{HEAD, MAX_AFTER, MAX_CONTEXT};
use super::loader::syntax::parse;

/// Bound that an open repetition of a context gets.
const OPEN_CONTEXT: u32 = 32;

/// Bound that an open repetition of a value gets.
const OPEN_VALUE: u32 = 512;

/// Longest value of an imported rule, in bytes.
const LONGEST: usize = 16 * 1024;

/// Why a file cannot be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is not of a known form.
    #[error("{0}")]
    Form(String),
}

/// A rule as another scanner has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Foreign {
    /// Its id there.
    pub id: String,
    /// What it says of itself.
    pub title: String,
    /// The expression.
    pub pattern: String,
    /// Number of the group for the secret; none where the first one is, or there is none.
    pub group: Option<u32>,
    /// Least Shannon entropy, in bits a byte.
    pub entropy: Option<f64>,
    /// Words, one of which is near every match.
    pub keywords: Vec<String>,
    /// Where it is documented.
    pub references: Vec<String>,
    /// What it has and cannot be carried over.
    pub lost: Vec<String>,
}

#[derive(Deserialize)]
struct Gitleaks {
    #[serde(default)]
    rules: Vec<GitleaksRule>,
    allowlist: Option<toml::Value>,
    allowlists: Option<toml::Value>,
    extend: Option<toml::Value>,
}

#[derive(Deserialize)]
struct GitleaksRule {
    id: String,
    #[serde(default)]
    description: String,
    regex: Option<String>,
    #[serde(rename = "secretGroup")]
    group: Option<u32>,
    entropy: Option<f64>,
    #[serde(default)]
    keywords: Vec<String>,
    path: Option<String>,
    allowlist: Option<toml::Value>,
    allowlists: Option<toml::Value>,
    validate: Option<toml::Value>,
    required: Option<toml::Value>,
}

#[derive(Deserialize)]
struct Kingfisher {
    rules: Vec<KingfisherRule>,
}

#[derive(Deserialize)]
struct KingfisherRule {
    id: String,
    #[serde(default)]
    name: String,
    pattern: String,
    min_entropy: Option<f64>,
    #[serde(default)]
    references: Vec<String>,
    validation: Option<serde_json::Value>,
    depends_on_rule: Option<serde_json::Value>,
    pattern_requirements: Option<serde_json::Value>,
}

/// Reads a file of another scanner: TOML of gitleaks and betterleaks, or YAML of Kingfisher and Nosey Parker. The
/// second value tells what the file has beside its rules and is not carried over.
pub fn read(text: &str) -> Result<(Vec<Foreign>, Vec<String>), ImportError> {
    let toml_error = match toml::from_str::<Gitleaks>(text) {
        Ok(file) => return Ok(gitleaks(file)),
        Err(error) => error,
    };
    match serde_saphyr::from_str::<Kingfisher>(text) {
        Ok(file) => Ok((file.rules.into_iter().map(kingfisher).collect(), Vec::new())),
        Err(yaml_error) => Err(ImportError::Form(format!(
            "it is neither a gitleaks configuration (TOML: {}) nor a file of Kingfisher rules (YAML: {})",
            toml_error.message(),
            yaml_error.to_string().lines().next().unwrap_or_default()
        ))),
    }
}

fn gitleaks(file: Gitleaks) -> (Vec<Foreign>, Vec<String>) {
    let mut lost = Vec::new();
    if file.allowlist.or(file.allowlists).is_some() {
        lost.push(
            "the allow list of the whole file: use `exclude` and `accepted_gaps` of the configuration".to_owned(),
        );
    }
    if file.extend.is_some() {
        lost.push("`extend`: import the extended file too".to_owned());
    }
    let rule = |rule: GitleaksRule| {
        let lost = left_behind(&[
            (rule.allowlist.is_some() || rule.allowlists.is_some(), "its allow list"),
            (rule.path.is_some(), "its restriction to paths"),
            (rule.validate.is_some(), "its validation"),
            (rule.required.is_some(), "the other rules that it asks for"),
        ]);
        Foreign {
            id: rule.id,
            title: rule.description,
            pattern: rule.regex.unwrap_or_default(),
            group: rule.group.filter(|group| *group > 0),
            entropy: rule.entropy,
            keywords: rule.keywords.iter().map(|word| word.to_ascii_lowercase()).collect(),
            references: Vec::new(),
            lost,
        }
    };
    (file.rules.into_iter().map(rule).collect(), lost)
}

/// Of what a rule may have and cannot be carried over, what it has.
fn left_behind(parts: &[(bool, &str)]) -> Vec<String> {
    parts.iter().filter(|(there, _)| *there).map(|(_, what)| (*what).to_owned()).collect()
}

fn kingfisher(rule: KingfisherRule) -> Foreign {
    let lost = left_behind(&[
        (rule.validation.is_some(), "its validation"),
        (rule.depends_on_rule.is_some(), "the other rules that it asks for"),
        (rule.pattern_requirements.is_some(), "its requirements on characters"),
    ]);
    Foreign {
        id: rule.id,
        title: rule.name,
        pattern: rule.pattern,
        entropy: rule.min_entropy,
        references: rule.references.into_iter().filter(|url| url.starts_with("https://")).collect(),
        lost,
        ..Foreign::default()
    }
}

/// A rule in the form of our files.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Carried {
    /// Kebab-case.
    pub id: String,
    /// A noun phrase.
    pub title: String,
    /// See `docs/rule-format.md`, as all that follow.
    pub kind: &'static str,
    /// What it speaks as.
    pub identity: &'static str,
    /// What ends before the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The value.
    pub value: String,
    /// What follows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What must not stand before.
    pub left: &'static str,
    /// What must not follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<&'static str>,
    /// Longest value, in bytes.
    pub max_len: usize,
    /// Only values with a digit.
    pub digit: bool,
    /// Words of the context.
    pub keywords: Vec<String>,
    /// Measurements.
    pub checks: Vec<Entropy>,
    /// Worth of a bare match.
    pub confidence: &'static str,
    /// Pages.
    pub references: Vec<String>,
    /// How to replace it.
    pub rotate: &'static str,
    /// How to end it.
    pub revoke: &'static str,
    /// First version with it: the importing one.
    pub since: &'static str,
    /// Where it comes from.
    pub note: String,
    /// Texts that it finds.
    pub examples: Vec<String>,
    /// Texts that it does not find.
    pub near_misses: Vec<Miss>,
}

/// The entropy check of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entropy {
    /// Bits a byte.
    pub entropy: f64,
}

/// A near miss of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Miss {
    /// The text.
    pub text: String,
    /// The clause that it breaks.
    pub breaks: &'static str,
}

/// Carries a rule over, without samples. The error tells why it cannot be; `lost` of `foreign` is added to.
pub fn carry(foreign: &mut Foreign) -> Result<Carried, String> {
    if foreign.pattern.trim().is_empty() {
        return Err("it has no expression for content".to_owned());
    }
    let hir = parse(&foreign.pattern).map_err(|error| format!("its expression cannot be read: {error}"))?;
    let group = foreign.group.or_else(|| first_group(&hir));
    let cut = group.and_then(|group| cut_at(&hir, group));
    if group.is_some() && cut.is_none() {
        foreign.lost.push(
            "its group for the secret, which is optional or one of several: the whole match is reported".to_owned(),
        );
    }
    let (mut before, value, mut behind) = cut.unwrap_or_else(|| whole(&hir));
    let is_edge = |hir: &Hir| matches!(hir.kind(), HirKind::Look(Look::WordAscii | Look::WordUnicode));
    let mut left = "none";
    while before.last().is_some_and(is_edge) {
        before.pop();
        left = "word";
    }
    let mut right = None;
    while behind.first().is_some_and(is_edge) {
        behind.remove(0);
        right = Some("word");
    }
    let mut opened = false;
    let context = bounded(Hir::concat(before), OPEN_CONTEXT, &mut opened);
    let after = bounded(Hir::concat(behind), OPEN_CONTEXT, &mut opened);
    let value = bounded(value, OPEN_VALUE, &mut opened);
    if opened {
        foreign.lost.push(format!("open repetitions, which end at {OPEN_CONTEXT} more (in the secret {OPEN_VALUE})"));
    }
    let longest = |hir: &Hir| hir.properties().maximum_len().unwrap_or(0);
    let mut after_text = (longest(&after) > 0).then(|| after.to_string());
    if longest(&after) > MAX_AFTER {
        foreign.lost.push(format!("what follows the secret, which is longer than {MAX_AFTER} bytes"));
        after_text = None;
    }
    if longest(&context) > MAX_CONTEXT {
        return Err(format!(
            "what stands before the secret may be {} bytes long; {MAX_CONTEXT} is the most",
            longest(&context)
        ));
    }
    let context = (longest(&context) > 0).then(|| context.to_string());
    if context.is_none() && left == "none" {
        left = "word";
    }
    Ok(Carried {
        id: kebab(&foreign.id),
        title: title(foreign),
        kind: "hardcoded-provider-key",
        identity: "api-key",
        context,
        max_len: longest(&value).clamp(1, LONGEST),
        value: value.to_string(),
        right: right.filter(|_| after_text.is_none()).or(if after_text.is_none() { Some("none") } else { None }),
        after: after_text,
        left,
        digit: false,
        keywords: foreign.keywords.iter().filter(|word| word.len() >= 3).cloned().collect(),
        checks: foreign.entropy.filter(|bits| *bits > 0.0).map(|entropy| Entropy { entropy }).into_iter().collect(),
        confidence: "medium",
        references: foreign.references.clone(),
        rotate: "Make a second credential where the issuer lets you, deploy it from a vault or secret store, then revoke the old one.",
        revoke: "Delete or regenerate it where it was issued; treat every copy in version history as exposed.",
        since: env!("CARGO_PKG_VERSION"),
        note: format!("imported; its id there is {}", foreign.id),
        examples: Vec::new(),
        near_misses: Vec::new(),
    })
}

fn title(foreign: &Foreign) -> String {
    let first = foreign.title.lines().next().unwrap_or_default().trim().trim_end_matches('.');
    if first.is_empty() { format!("Match of the imported rule {}", foreign.id) } else { first.to_owned() }
}

/// `text` in kebab-case.
fn kebab(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "imported".to_owned() } else { words.join("-") }
}

fn first_group(hir: &Hir) -> Option<u32> {
    match hir.kind() {
        HirKind::Capture(capture) => Some(capture.index),
        HirKind::Repetition(repetition) => first_group(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().find_map(first_group),
        _ => None,
    }
}

fn holds(hir: &Hir, group: u32) -> bool {
    match hir.kind() {
        HirKind::Capture(capture) => capture.index == group || holds(&capture.sub, group),
        HirKind::Repetition(repetition) => holds(&repetition.sub, group),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(|part| holds(part, group)),
        _ => false,
    }
}

/// What stands before a group, the group, and what stands behind it; none where the group is optional or repeated.
fn cut_at(hir: &Hir, group: u32) -> Option<(Vec<Hir>, Hir, Vec<Hir>)> {
    match hir.kind() {
        HirKind::Capture(Capture { index, sub, .. }) if *index == group => {
            Some((Vec::new(), (**sub).clone(), Vec::new()))
        }
        HirKind::Capture(capture) => cut_at(&capture.sub, group),
        HirKind::Concat(parts) => {
            let at = parts.iter().position(|part| holds(part, group))?;
            let (inner, value, behind) = cut_at(&parts[at], group)?;
            let before = parts[..at].iter().cloned().chain(inner).collect();
            Some((before, value, behind.into_iter().chain(parts[at + 1..].iter().cloned()).collect()))
        }
        _ => None,
    }
}

/// The whole as the value, word boundaries at its ends aside.
fn whole(hir: &Hir) -> (Vec<Hir>, Hir, Vec<Hir>) {
    let HirKind::Concat(parts) = hir.kind() else { return (Vec::new(), hir.clone(), Vec::new()) };
    let is_look = |hir: &&Hir| matches!(hir.kind(), HirKind::Look(_));
    let first = parts.iter().take_while(is_look).count();
    let last = parts.len() - parts.iter().rev().take_while(is_look).count();
    if first >= last {
        return (Vec::new(), hir.clone(), Vec::new());
    }
    (parts[..first].to_vec(), Hir::concat(parts[first..last].to_vec()), parts[last..].to_vec())
}

/// `hir` with a bound on every repetition, and without groups.
fn bounded(hir: Hir, more: u32, opened: &mut bool) -> Hir {
    match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(class),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Capture(capture) => bounded(*capture.sub, more, opened),
        HirKind::Concat(parts) => Hir::concat(parts.into_iter().map(|part| bounded(part, more, opened)).collect()),
        HirKind::Alternation(parts) => {
            Hir::alternation(parts.into_iter().map(|part| bounded(part, more, opened)).collect())
        }
        HirKind::Repetition(Repetition { min, max, greedy, sub }) => {
            *opened |= max.is_none();
            let sub = Box::new(bounded(*sub, more, opened));
            let max = Some(max.unwrap_or_else(|| min.saturating_add(more)));
            Hir::repetition(Repetition { min, max, greedy, sub })
        }
    }
}

/// Words that stand in every text that `pattern` matches, in lower case, one of the longest first; for the keyword lane
/// of rules whose files name none.
pub fn words_of(pattern: &str) -> Vec<String> {
    let Ok(hir) = parse(pattern) else { return Vec::new() };
    let mut runs = vec![String::new()];
    collect_runs(&hir, &mut runs);
    let mut words: Vec<String> = runs.into_iter().filter(|run| run.len() >= 3 && run.len() <= HEAD).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.truncate(1);
    words
}

/// Appends runs of bytes that are certain to stand together; the last one is open.
fn collect_runs(hir: &Hir, runs: &mut Vec<String>) {
    let mut push = |byte: u8| {
        if let Some(run) = runs.last_mut() {
            run.push(char::from(byte.to_ascii_lowercase()));
        }
    };
    match hir.kind() {
        HirKind::Literal(literal) if literal.0.is_ascii() => literal.0.iter().copied().for_each(push),
        HirKind::Class(class) => {
            let set = super::loader::syntax::class_set(class);
            let mut folded: Vec<u8> = set.iter().map(|byte| byte.to_ascii_lowercase()).take(3).collect();
            folded.dedup();
            if let [byte] = folded[..] { push(byte) } else { runs.push(String::new()) }
        }
        HirKind::Capture(capture) => collect_runs(&capture.sub, runs),
        HirKind::Concat(parts) => parts.iter().for_each(|part| collect_runs(part, runs)),
        HirKind::Empty | HirKind::Look(_) => {}
        _ => runs.push(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(pattern: &str) -> (Carried, Vec<String>) {
        let mut foreign = Foreign { id: "Norvale.Key_1".to_owned(), pattern: pattern.to_owned(), ..Foreign::default() };
        let rule = carry(&mut foreign).unwrap();
        (rule, foreign.lost)
    }

    #[test]
    fn an_expression_is_cut_at_its_group() {
        let (rule, lost) = carried(r"(?i)norvale.{0,8}\b([0-9a-f]{32})\b");
        assert_eq!(rule.id, "norvale-key-1");
        assert!(rule.context.is_some_and(|context| context.len() > 7));
        assert_eq!((rule.left, rule.right, rule.max_len), ("word", Some("word"), 32));
        assert!(lost.is_empty(), "{lost:?}");
        let (rule, _) = carried(r"\bnv_[0-9a-z]{24}\b");
        assert_eq!((rule.context, rule.left, rule.max_len), (None, "word", 27));
        let (rule, _) = carried(r"key=([a-z]{8});");
        assert_eq!(rule.after.as_deref(), Some(";"));
    }

    #[test]
    fn what_cannot_be_carried_over_is_told() {
        let (rule, lost) = carried(r"key\s*=\s*([a-z]+)");
        assert!(lost.iter().any(|lost| lost.contains("open repetitions")), "{lost:?}");
        assert_eq!(rule.max_len, 513);
        let (_, lost) = carried(r"(?:a(b{16})|c(d{16}))");
        assert!(lost.iter().any(|lost| lost.contains("the whole match")), "{lost:?}");
        let mut long = Foreign { pattern: r"x.{300}(secret[0-9]{16})".to_owned(), ..Foreign::default() };
        assert!(carry(&mut long).unwrap_err().contains("bytes long"));
        assert!(carry(&mut Foreign::default()).is_err());
    }

    #[test]
    fn both_forms_are_read() {
        let toml = "[allowlist]\npaths=['x']\n[[rules]]\nid='a'\nregex='''k_([a-z]{20})'''\nentropy=3.0\nkeywords=['K_']\npath='x'\n";
        let (rules, lost) = read(toml).unwrap();
        assert_eq!((rules.len(), lost.len()), (1, 1));
        assert_eq!(rules[0].keywords, ["k_"]);
        assert_eq!(rules[0].lost, ["its restriction to paths"]);
        let yaml = "rules:\n  - name: A key\n    id: np.a.1\n    pattern: |\n      (?x)\n      k_([a-z]{20})\n    min_entropy: 3.5\n    references:\n      - https://a.example\n    validation:\n      type: Http\n";
        let (rules, _) = read(yaml).unwrap();
        assert_eq!(rules[0].entropy, Some(3.5));
        assert_eq!(rules[0].references, ["https://a.example"]);
        assert_eq!(rules[0].lost, ["its validation"]);
        assert!(read("[[rules]\n").is_err());
    }

    #[test]
    fn words_stand_in_every_match() {
        assert_eq!(words_of(r"(?i)norvale.{0,8}key"), ["norvale"]);
        assert_eq!(words_of(r"(?:a|b)[0-9]"), [""; 0]);
    }
}
