//! Loads rule files: parses, completes and proves each rule. Errors name the file and the line.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use regex_syntax::hir::{Hir, HirKind};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::assign;
use super::compact;
use super::file::{RawRule, RuleFile};
use super::lane::{Lane, MAX_AFTER, MAX_CONTEXT, lane_of};
use super::model::{Boundary, Check, Liveness, Provider, Rule};
use super::shape::Shape;
use super::syntax::{ByteSet, Seen, common_prefix, first_bytes, heads, last_bytes, parse};

/// Longest value that a rule may ask for, in bytes.
pub const MAX_VALUE: usize = 64 * 1024;

/// A rule that could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or folder could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file or folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file holds something that is no rule.
    #[error("{0}")]
    Invalid(Fault),
}

/// A mistake at a place of a rule file.
#[derive(Debug)]
pub struct Fault {
    /// The file's name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in bytes.
    pub column: usize,
    /// Id of the rule, if it was read so far.
    pub rule: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if let Some(rule) = &self.rule {
            write!(f, "rule `{rule}`: ")?;
        }
        f.write_str(&self.message)
    }
}

/// A rule with what the loader proved of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadedRule {
    /// The rule.
    pub rule: Arc<Rule>,
    /// The lane that reaches it.
    pub lane: Lane,
    /// The name in its context, where the rest of it is the tail that all values have that are assigned to a name.
    pub name: Option<String>,
    /// Longest text its context can match, in bytes.
    pub context_max: usize,
    /// Longest text that may follow its value, in bytes.
    pub after_max: usize,
    /// The bytes that its context may begin with; empty without a context.
    pub first: ByteSet,
    /// The bytes that its context may end with; empty without a context.
    pub before: ByteSet,
    /// Texts, one of which every value begins with, where there are few and they end with a separator.
    pub heads: Vec<String>,
    /// The shapes of the value and of what follows it: every match has one of them.
    pub shapes: Vec<Shape>,
}

/// The rules of one file. `file` is its name, for errors.
pub fn load_text(file: &str, text: &str) -> Result<Vec<LoadedRule>, LoadError> {
    let fault = |span: Range<usize>, rule: Option<&str>, message: String| {
        let before = &text[..span.start.min(text.len())];
        LoadError::Invalid(Fault {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1,
            rule: rule.map(str::to_owned),
            message,
        })
    };
    let parsed: RuleFile =
        toml::from_str(text).map_err(|error| fault(error.span().unwrap_or(0..0), None, error.message().to_owned()))?;
    if !is_kebab(parsed.provider.get_ref()) {
        return Err(fault(parsed.provider.span(), None, "`provider` has to be kebab-case".to_owned()));
    }
    let RuleFile { provider, name, references, console, since, parts, rules } = parsed;
    let provider = Provider { id: provider.into_inner(), name };
    let common = compact::Common { provider: &provider, references: &references, console, since, parts };
    rules
        .into_iter()
        .map(|raw| {
            let id = raw.id.get_ref().clone();
            common
                .fill(raw)
                .and_then(|raw| complete(raw, &provider))
                .map_err(|(span, message)| fault(span, Some(&id), message))
        })
        .collect()
}

/// The rules of all `*.toml` files of a folder, in the order of their names.
pub fn load_folder(folder: &Path) -> Result<Vec<LoadedRule>, LoadError> {
    let read = |source| LoadError::Read { path: folder.display().to_string(), source };
    let mut paths = std::fs::read_dir(folder)
        .map_err(read)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(read)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let mut rules = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|source| LoadError::Read { path: name.clone(), source })?;
        rules.extend(load_text(&name, &text)?);
    }
    Ok(rules)
}

/// Where a mistake is, and what it is.
pub(super) type Wrong = (Range<usize>, String);

fn complete(filled: compact::Filled, provider: &Provider) -> Result<LoadedRule, Wrong> {
    let compact::Filled {
        raw,
        checks,
        parts,
        value: value_text,
        max_len: given_len,
        kind,
        identity,
        confidence,
        attested,
    } = filled;
    check_texts(&raw)?;
    let max_len = *given_len.get_ref();
    if !(1..=MAX_VALUE).contains(&max_len) {
        return Err((given_len.span(), format!("`max_len` has to be between 1 and {MAX_VALUE}")));
    }
    let value = parse_part("value", &value_text)?;
    if value.properties().minimum_len().unwrap_or(0) == 0 {
        return Err((value_text.span(), "`value` matches the empty text".to_owned()));
    }
    let (context, context_max) = complete_context(&raw)?;
    let name = raw.assign.as_ref().map(|name| name.get_ref().clone());
    let context_hir = context.as_deref().map(|text| parse(text).expect("the context was parsed before"));
    let left = raw.left.unwrap_or(if context.is_some() { Boundary::None } else { Boundary::Word });
    let right = raw.right.unwrap_or(if raw.after.is_some() { Boundary::None } else { Boundary::Word });
    let (after, after_max) = match &raw.after {
        None => (parse(right.right_pattern()).expect("the patterns of boundaries are constant"), right.right_reach()),
        Some(after) => {
            let hir = parse_part("after", after)?;
            let length = bounded("after", &hir, after.span(), MAX_AFTER)?;
            (hir, length)
        }
    };
    // The forms of a named rule differ much; a shape of all of them would say little.
    let shapes = match value.kind() {
        HirKind::Alternation(parts) if !raw.names.is_empty() => {
            parts.iter().map(|part| Shape::of(&[part, &after])).collect()
        }
        _ => vec![Shape::of(&[&value, &after])],
    };
    let span = raw.id.span();
    let prefix = public_prefix(&value);
    let named = !raw.names.is_empty();
    let specificity = raw.specificity.unwrap_or(match (provider.id.as_str(), prefix.len()) {
        ("generic", _) => {
            let by_name = checks.iter().any(|check| matches!(check, Check::AssignedLiteral | Check::Argument));
            u8::from(raw.after.is_some() || !by_name)
        }
        _ if named => 1,
        (_, 0..3) => 2,
        _ => 3,
    });
    let rule = Rule {
        id: raw.id.into_inner(),
        title: raw.title,
        provider: provider.clone(),
        kind,
        identity,
        prefix,
        specificity,
        context,
        value: value_text.into_inner(),
        after: raw.after.map(Spanned::into_inner),
        left,
        right,
        max_len,
        digit: raw.digit,
        trim: raw.trim,
        keywords: raw.keywords.into_iter().map(Spanned::into_inner).collect(),
        checks,
        parts,
        distinctive: raw.distinctive,
        confidence,
        severity: raw.severity,
        attested,
        ambiguous_with: raw.ambiguous_with,
        references: raw.references,
        rotate: raw.rotate.unwrap_or_default(),
        revoke: raw.revoke.unwrap_or_default(),
        since: raw.since.unwrap_or_default(),
        note: raw.note,
        liveness: raw.liveness.map(Spanned::into_inner),
        examples: raw.examples,
        near_misses: raw.near_misses,
    };
    let lane = match lane_of(&rule, &value, context_hir.as_ref()).map_err(|message| (span, message))? {
        // What `assign::near` makes crosses one line break at most.
        Lane::Keyword if named && rule.left == Boundary::Path => Lane::Near,
        lane => lane,
    };
    let first = context_hir.as_ref().map_or_else(ByteSet::empty, |hir| first_bytes(hir, 1));
    let before = context_hir.as_ref().map_or_else(ByteSet::empty, last_bytes);
    let heads = if named { Vec::new() } else { telling_heads(&value) };
    Ok(LoadedRule { rule: Arc::new(rule), lane, name, context_max, after_max, first, before, heads, shapes })
}

/// The beginnings of values up to the first separator behind three bytes, if there are few of them.
fn telling_heads(value: &Hir) -> Vec<String> {
    let telling = |head: &[u8]| match head.last() {
        Some(b'_' | b'-' | b'.') if head.len() >= 4 && head.iter().any(u8::is_ascii_alphabetic) => Seen::Enough,
        Some(byte) if byte.is_ascii_graphic() && head.len() < 16 => Seen::More,
        _ => Seen::Hopeless,
    };
    let found = heads(value, false, 32, &telling).unwrap_or_default();
    found.into_iter().filter_map(|head| String::from_utf8(head).ok()).collect()
}

fn check_texts(raw: &RawRule) -> Result<(), Wrong> {
    if !is_kebab(raw.id.get_ref()) {
        return Err((raw.id.span(), "`id` has to be kebab-case".to_owned()));
    }
    if raw.after.is_some() && raw.right.is_some() {
        return Err((raw.id.span(), "`after` and `right` exclude each other".to_owned()));
    }
    let texts = [
        ("title", Some(&raw.title)),
        ("rotate", raw.rotate.as_ref()),
        ("revoke", raw.revoke.as_ref()),
        ("since", raw.since.as_ref()),
    ];
    for (name, text) in texts {
        if text.is_none_or(|text| text.trim().is_empty()) {
            return Err((raw.id.span(), format!("`{name}` is missing or empty")));
        }
    }
    if raw.references.is_empty() && raw.note.is_none() {
        return Err((raw.id.span(), "neither `references` nor a `note` that says why there are none".to_owned()));
    }
    if let Some(liveness) = &raw.liveness {
        let Liveness { how, reference } = liveness.get_ref();
        if !how.contains('$') {
            return Err((liveness.span(), "`liveness.how` has no placeholder such as `$TOKEN`".to_owned()));
        }
        if !reference.starts_with("https://") {
            return Err((liveness.span(), "`liveness.reference` has to be an https address".to_owned()));
        }
    }
    for (name, number) in [("examples", raw.examples.len()), ("near_misses", raw.near_misses.len())] {
        if number < 2 {
            return Err((raw.id.span(), format!("`{name}` has {number}, at least 2 are needed")));
        }
    }
    for keyword in &raw.keywords {
        let text = keyword.get_ref();
        if text.len() < 3 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err((keyword.span(), format!("keyword `{text}` is shorter than 3 bytes or not lower case")));
        }
    }
    Ok(())
}

fn parse_part(name: &str, pattern: &Spanned<String>) -> Result<Hir, Wrong> {
    parse(pattern.get_ref()).map_err(|error| (pattern.span(), format!("`{name}` is no regular expression: {error}")))
}

fn bounded(name: &str, hir: &Hir, span: Range<usize>, most: usize) -> Result<usize, Wrong> {
    match hir.properties().maximum_len() {
        Some(length) if length <= most => Ok(length),
        Some(length) => Err((span, format!("`{name}` may be {length} bytes long; {most} is the most"))),
        None => Err((span, format!("`{name}` is unbounded; give every repetition an upper bound"))),
    }
}

fn complete_context(raw: &RawRule) -> Result<(Option<String>, usize), Wrong> {
    let (pattern, span) = match (&raw.context, &raw.assign) {
        (None, None) if raw.names.is_empty() => return Ok((None, 0)),
        (None, None) => {
            let letter =
                |name: &&Spanned<String>| !name.get_ref().starts_with(|first: char| first.is_ascii_alphanumeric());
            if let Some(name) = raw.names.iter().find(letter) {
                return Err((
                    name.span(),
                    format!("name `{}` does not begin with a letter or a digit", name.get_ref()),
                ));
            }
            (assign::near(raw.names.iter().map(|name| name.get_ref().as_str())), raw.names[0].span())
        }
        (Some(_), Some(assign)) => {
            return Err((assign.span(), "`assign` and `context` exclude each other".to_owned()));
        }
        (Some(context), None) => (context.get_ref().clone(), context.span()),
        (None, Some(name)) => {
            parse_part("assign", name)?;
            (assign::expand(name.get_ref(), raw.trim.takes_quotes()), name.span())
        }
    };
    let hir =
        parse(&pattern).map_err(|error| (span.clone(), format!("`context` is no regular expression: {error}")))?;
    if hir.properties().minimum_len().unwrap_or(0) == 0 {
        return Err((span, "`context` matches the empty text".to_owned()));
    }
    let length = bounded("context", &hir, span, MAX_CONTEXT)?;
    Ok((Some(pattern), length))
}

/// What may be shown of every value: its literal beginning, as far as it is printable and not the whole.
fn public_prefix(value: &Hir) -> String {
    let prefix = common_prefix(value);
    let shortest = value.properties().minimum_len().unwrap_or(0);
    let shown = prefix.len().min(24).min(shortest.saturating_sub(1));
    prefix[..shown]
        .iter()
        .take_while(|byte| byte.is_ascii_graphic() || **byte == b' ')
        .map(|&byte| char::from(byte))
        .collect()
}

fn is_kebab(text: &str) -> bool {
    !text.is_empty()
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(body: &str) -> String {
        format!(
            r#"provider = "acme"
name = "Acme"

[[rule]]
id = "acme-key"
title = "Acme key"
kind = "hardcoded-provider-key"
identity = "api-key"
confidence = "high"
references = ["https://acme.example/keys"]
rotate = "Replace it."
revoke = "Delete it."
since = "0.1.0"
examples = ["a", "b"]
near_misses = [{{ text = "c", breaks = "length" }}, {{ text = "d", breaks = "charset" }}]
{body}
"#
        )
    }

    fn error(body: &str) -> String {
        load_text("acme.toml", &rule(body)).expect_err("this rule must be refused").to_string()
    }

    #[test]
    fn each_lane_is_proven() {
        let lane = |body: &str| load_text("acme.toml", &rule(body)).expect("a rule").remove(0).lane;
        assert_eq!(lane("value = 'acm_[0-9a-z]{32}'\nmax_len = 36"), Lane::Prefix(vec![*b"acm"]));
        let keyword =
            "assign = 'acme[_-]?key'\nkeywords = ['acme']\nvalue = '[0-9a-f]{32}'\ndigit = true\nmax_len = 32";
        assert_eq!(lane(keyword), Lane::Keyword);
        let literal = "assign = 'token'\nvalue = '[a-z]{8}'\nmax_len = 8";
        assert_eq!(lane(literal), Lane::Context(vec![(3, 0)]));
        let value = "value = 'https?://hooks\\.acme\\.example/[a-z]{8}'\nmax_len = 80";
        assert_eq!(lane(value), Lane::Value(vec![(10, 4), (10, 5)]));
    }

    #[test]
    fn parts_and_names_that_cannot_work_are_refused() {
        let value = "value = 'acm_[0-9a-z]{32}'\nmax_len = 36\n";
        let part = |part: &str| error(&format!("{value}parts = [{{ {part} }}]"));
        assert!(part("is = 'account'").contains("neither `names` nor a `form`"));
        assert!(part("is = 'account', names = ['account_id']").contains("lower-case letters and digits"));
        assert!(part("is = 'account', form = ['{{octal:3}}']").contains("no alphabet"));
        assert!(part("is = 'nobody', names = ['id']").contains("unknown variant `nobody`"));
        assert!(error("names = ['_acme']").contains("does not begin with a letter or a digit"));
        assert!(error("names = ['acme']\nvalue = 'x'").contains("`names` stand for"));
        assert!(error(&format!("{value}form = ['acm_{{{{hex:8}}}}']")).contains("exclude each other"));
    }

    #[test]
    fn what_no_lane_reaches_is_refused() {
        assert!(error("value = '[0-9a-f]{32}'\nmax_len = 32").contains("keyword lane: a context"));
        let unproven = "assign = 'ac.e'\nkeywords = ['acme']\nvalue = '[0-9a-f]{32}'\ndigit = true\nmax_len = 32";
        assert!(error(unproven).contains("one of which every context contains"));
        let no_digit = "assign = 'acme'\nkeywords = ['acme']\nvalue = '[0-9a-f]{32}'\nmax_len = 32";
        assert!(error(no_digit).contains("`digit = true`"));
        let glued = "context = 'acme'\nkeywords = ['acme']\nvalue = '[0-9a-f]{32}'\ndigit = true\nmax_len = 32";
        assert!(error(glued).contains("ends outside"));
    }

    #[test]
    fn errors_name_the_line() {
        assert!(
            error("value = '('\nmax_len = 3").starts_with("acme.toml:16:9: rule `acme-key`: `value` is no regular")
        );
        assert!(error("vaule = 'x'").contains("acme.toml:16:1: unknown field `vaule`"));
        assert!(error("value = 'x'\nmax_len = 70000").contains("acme.toml:17:11: rule `acme-key`: `max_len`"));
        let live = |table: &str| error(&format!("value = 'x'\nmax_len = 1\nliveness = {table}"));
        assert!(live("{ how = 'GET /me', reference = 'https://acme.example' }").contains("no placeholder"));
        assert!(live("{ how = 'GET /me $TOKEN', reference = 'acme.example' }").contains("has to be an https address"));
        let open = "context = 'token *='\nvalue = 'x'\nmax_len = 1";
        assert!(error(open).contains("`context` is unbounded"));
    }
}
