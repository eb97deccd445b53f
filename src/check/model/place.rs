//! What is measured of the place of a value: how it is joined to its name, its line, what holds it, its file.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

use super::super::join::Join;
use super::super::kind::{TextFile, TextKind, role_of};
use super::super::words::{WORDS, words_of};
use super::features::{COUNT, Feature, Vector};
use super::value::count;

/// Bytes around a value in which its neighbours are looked for, each way and within three lines.
const NEIGHBOURS: usize = 160;

/// Bytes around a value in which it is counted how often it occurs.
const COUNTED: usize = 4096;

/// Words near a value that say something of it, by the feature that they count for.
const NEAR: [(Feature, &[&str]); 7] = [
    (Feature::near_user, &["user", "login", "email", "@", "account", "admin"]),
    (Feature::near_host, &["host", "port", "server", "database", "jdbc", "://", "endpoint", "domain"]),
    (Feature::near_assert, &["assert", "expect", "should", "equal", "test", "mock", "verify", "==", "fixture"]),
    (
        Feature::near_message,
        &["error", "message", "label", "title", "print", "log", "throw", "msg", "invalid", "enter ", "must ", "text"],
    ),
    (Feature::near_hash, &["hash", "crypt", "sha", "md5", "digest", "cipher", "salt", "hmac"]),
    (Feature::near_example, &["example", "sample", "your", "demo", "dummy", "fake", "default", "e.g.", "placeholder"]),
    (Feature::near_form, &["input", "<div", "type=", "class", "field", "href", "form", "id=", "schema", "column"]),
];

static NEAR_WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasickBuilder::new()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostFirst)
        .build(NEAR.iter().flat_map(|(_, words)| words.iter()))
        .expect("the words are few and short")
});

/// The feature of each word, in the order of the automaton's patterns.
static NEAR_FEATURES: LazyLock<Vec<Feature>> =
    LazyLock::new(|| NEAR.iter().flat_map(|(feature, words)| words.iter().map(|_| *feature)).collect());

/// Measures the place of the value at `span` of `text`, a part of `file`.
pub(super) fn measure(vector: &mut Vector, text: &[u8], span: &Range<usize>, join: &Join<'_>, file: &TextFile<'_>) {
    of_join(vector, text, span, join);
    of_line(vector, text, span, join);
    of_parent(vector, text, span);
    of_file(vector, file);
}

fn of_join(vector: &mut Vector, text: &[u8], span: &Range<usize>, join: &Join<'_>) {
    use Feature as F;
    let operator = match join.operator {
        b'=' => 1,
        b':' => 2,
        b'>' => 3,
        b',' => 4,
        b'(' => 5,
        b'?' => 6,
        b'|' => 7,
        b'<' => 8,
        b'+' => 9,
        0 => 0,
        _ => 10,
    };
    vector.set(F::join_operator, operator);
    vector.set(F::join_comparison, u8::from(join.comparison));
    let before = text[..span.start].last().copied();
    let quote = match before {
        Some(b'\'') => 1,
        Some(b'"') => 2,
        Some(b'`') => 3,
        _ => 0,
    };
    vector.set(F::join_quote, if join.quoted { quote } else { 4 * u8::from(quote > 0) });
    let opening = span.start.saturating_sub(2)..span.start;
    vector.set(F::join_escaped, u8::from(text[opening].first() == Some(&b'\\') && quote > 0));
    let prefix = span.start.checked_sub(2).map(|at| text[at]);
    vector.set(
        F::join_prefixed,
        u8::from(quote > 0 && prefix.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'@')),
    );
    let line = line_of(text, span);
    let head = &text[line.start..span.start];
    let opened = head.iter().fold(0i32, |open, byte| match byte {
        b'(' => open + 1,
        b')' => (open - 1).max(0),
        _ => open,
    });
    vector.set(F::join_call, f64::from(opened));
    let callee = callee(head);
    vector.set(F::join_callee, callee.map_or(0, kind_of_callee));
    vector.set(F::join_wrapped, u8::from(callee.is_some_and(|callee| callee != join.name)));
    let behind = span.end + usize::from(quote > 0 && text.get(span.end).copied() == before);
    let after = text.get(behind).copied().unwrap_or(b'\n');
    let after = match after {
        b'\n' | b'\r' => 0,
        b',' => 1,
        b';' => 2,
        b')' => 3,
        b'}' | b']' => 4,
        b' ' | b'\t' => 5,
        b'<' | b'>' => 6,
        b'\\' => 7,
        b'.' => 8,
        b':' => 9,
        b'+' | b'%' | b'(' | b'[' => 10,
        _ => 11,
    };
    vector.set(F::join_after, after);
    vector.set(F::join_rest, line.end.saturating_sub(behind).min(200) as f64);
    vector.set(F::join_before, head.trim_ascii_start().len().min(200) as f64);
}

/// The name of the function whose brackets open right before the value, if one does: `getenv(`, `Some(`, `String::from(`.
fn callee(head: &[u8]) -> Option<&[u8]> {
    let end = head.iter().rposition(|byte| !matches!(byte, b'"' | b'\'' | b'`' | b' ' | b'@'))?;
    let head = head[..=end].strip_suffix(b"(")?;
    let start = head.iter().rposition(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':')));
    Some(&head[start.map_or(0, |at| at + 1)..]).filter(|name| !name.is_empty())
}

/// 1 for what only converts, 2 for what looks up or shows, 3 for what sets or logs in, 4 for others.
fn kind_of_callee(name: &[u8]) -> u8 {
    let words = words_of(name);
    let has = |list: &std::collections::HashSet<String>| words.iter().any(|word| list.contains(word));
    if has(&WORDS.lookup_calls) {
        2
    } else if has(&WORDS.setting_calls) {
        3
    } else if has(&WORDS.converting_calls) {
        1
    } else {
        4
    }
}

/// The line around `span`, at most 2 KiB each way.
fn line_of(text: &[u8], span: &Range<usize>) -> Range<usize> {
    const LINE: usize = 2048;
    let first = span.start.saturating_sub(LINE);
    let start = memchr::memrchr(b'\n', &text[first..span.start]).map_or(first, |at| first + at + 1);
    let last = text.len().min(span.end + LINE);
    let end = memchr::memchr(b'\n', &text[span.end..last]).map_or(last, |at| span.end + at);
    start..end
}

fn of_line(vector: &mut Vector, text: &[u8], span: &Range<usize>, join: &Join<'_>) {
    use Feature as F;
    let line = line_of(text, span);
    let head = text[line.start..span.start].trim_ascii_start();
    let whole = &text[line.clone()];
    let comment =
        [&b"#"[..], b"//", b"*", b"/*", b"--", b";", b"<!--", b"rem ", b"%"].iter().any(|mark| head.starts_with(mark));
    vector.set(F::line_comment, u8::from(comment));
    let quotes = |text: &[u8], quote: u8| count(text, |byte| byte == quote);
    let opening = text[..span.start].last().copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let outer = head.strip_suffix(opening.map_or(&[][..], |_| &head[head.len() - 1..])).unwrap_or(head);
    let embedded = [b'"', b'\'', b'`'].iter().any(|&quote| quotes(outer, quote) % 2 == 1);
    vector.set(F::line_embedded, u8::from(embedded));
    vector.set(F::line_length, whole.len().min(1000) as f64);
    vector.set(F::line_quotes, (quotes(whole, b'"') + quotes(whole, b'\'')).min(40) as f64);
    vector.set(F::line_tags, u8::from(whole.contains(&b'<') && whole.contains(&b'>')));
    let blanks = whole
        .trim_ascii()
        .windows(3)
        .filter(|three| three[0].is_ascii_lowercase() && three[1] == b' ' && three[2].is_ascii_lowercase());
    vector.set(F::line_prose, blanks.count().min(40) as f64);

    // Three lines, and no more than some bytes of each side.
    let first = span.start.saturating_sub(NEIGHBOURS);
    let above_end = line.start.saturating_sub(1).max(first);
    let above = memchr::memrchr(b'\n', &text[first..above_end]).map_or(first, |at| first + at + 1);
    let last = text.len().min(span.end + NEIGHBOURS);
    let below_start = (line.end + 1).min(last);
    let below = memchr::memchr(b'\n', &text[below_start..last]).map_or(last, |at| below_start + at);
    let mut near = [0u8; COUNT];
    for part in [&text[above.min(span.start)..span.start], &text[span.end..below.max(span.end)]] {
        for found in NEAR_WORDS.find_iter(part) {
            let at = NEAR_FEATURES[found.pattern().as_usize()] as usize;
            near[at] = near[at].saturating_add(1);
        }
    }
    for (feature, _) in &NEAR {
        vector.set(*feature, near[*feature as usize].min(6));
    }
    let around = span.start.saturating_sub(COUNTED)..text.len().min(span.end + COUNTED);
    let occurs = |needle: &[u8], part: Range<usize>| {
        if needle.len() < 3 { 0 } else { memchr::memmem::find_iter(&text[part], needle).take(8).count() }
    };
    // What is given twice on a line is confirmed there; on other lines it is used.
    let value = &text[span.clone()];
    let above = occurs(value, around.start.min(line.start)..line.start);
    let below = occurs(value, line.end..around.end.max(line.end));
    vector.set(F::near_repeats, (1 + above + below).min(8) as f64);
    vector.set(F::near_names, occurs(join.name, around) as f64);
}

/// What the lines above say that are less indented: keys of YAML and of JSON that is laid out, blocks of code.
fn of_parent(vector: &mut Vector, text: &[u8], span: &Range<usize>) {
    use Feature as F;
    const LINES: usize = 48;
    let indent = |line: &[u8]| line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let line = line_of(text, span);
    let mut depth = indent(&text[line.clone()]);
    vector.set(F::parent_indent, depth.min(40) as f64);
    let (mut speaks, mut harmless) = (0u8, 0u8);
    let above = &text[line.start.saturating_sub(COUNTED)..line.start];
    for line in above.rsplit(|&byte| byte == b'\n').skip(1).take(LINES) {
        if depth == 0 {
            break;
        }
        let own = indent(line);
        if own >= depth || line.trim_ascii().len() < 3 {
            continue;
        }
        depth = own;
        for word in words_of(&line[..line.len().min(120)]) {
            let secret = WORDS.password_names.contains(&word) || WORDS.secret_names.contains(&word);
            speaks = speaks.saturating_add(u8::from(secret));
            harmless = harmless.saturating_add(u8::from(WORDS.harmless_names.contains(&word)));
        }
    }
    vector.set(F::parent_speaks, speaks.min(4));
    vector.set(F::parent_harmless, harmless.min(6));
}

fn of_file(vector: &mut Vector, file: &TextFile<'_>) {
    use Feature as F;
    vector.set(
        F::file_kind,
        match file.kind {
            TextKind::Code => 0,
            TextKind::Settings => 1,
            TextKind::Prose => 2,
            TextKind::Unknown => 3,
        },
    );
    let role = role_of(file.path);
    vector.set(F::file_format, role.format);
    vector.set(F::file_test, u8::from(role.test));
    vector.set(F::file_documentation, u8::from(role.documentation));
    vector.set(F::file_settings, u8::from(role.settings));
    vector.set(F::file_translation, u8::from(file.translation));
}
