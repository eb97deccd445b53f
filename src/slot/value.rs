//! The whole of a value that refers to something: what a rule matched is often no more than its beginning.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use crate::check::TextKind;

/// Longest value that is looked at, in bytes.
const LONGEST: usize = 400;

/// What references begin with, beside signs, in lower case.
const BEGINNINGS: [&[u8]; 18] = [
    b"var.",
    b"ref+",
    b"enc(",
    b"encrypted[",
    b"local.",
    b"data.",
    b"module.",
    b"config",
    b"settings",
    b"random_password",
    b"vault",
    b"op://",
    b"secret",
    b"input",
    b"rails.",
    b"ephemeral.",
    b"arn:",
    b"st.secrets",
];

/// Bytes of an expression in which it is looked for what it calls.
const CALL: usize = 48;

/// What expressions call or index that look a credential up, in lower case.
const CALLED: [&[u8]; 11] = [
    b"env",
    b"secret",
    b"vault",
    b"lookup",
    b"config",
    b"require",
    b"userdata",
    b"connection",
    b"param",
    b"keyring",
    b"credential",
];

static CALLS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasickBuilder::new().ascii_case_insensitive(true).build(CALLED).expect("the words are few and short")
});

/// A cheap test before anything is compiled: whether what begins at `span` of `text` may be a reference.
pub fn may_refer(text: &[u8], span: &Range<usize>) -> bool {
    let value = &text[span.clone()];
    let Some(&first) = value.first() else { return false };
    let opened = text[..span.start].trim_ascii_end();
    let call = || {
        let called =
            value.iter().any(|byte| matches!(byte, b'(' | b'[')) || matches!(text.get(span.end), Some(b'(' | b'['));
        called && CALLS.is_match(&text[span.start..text.len().min(span.start + CALL)])
    };
    call()
        || [&b"{{"[..], b"((", b"[[", b"<%=", b"${", b"$("].iter().any(|open| opened.ends_with(open))
        || matches!(first, b'$' | b'%' | b'{' | b'@' | b'!' | b'#' | b'<' | b'(' | b'*' | b'?')
        || BEGINNINGS
            .iter()
            .filter(|start| start[0] == first.to_ascii_lowercase())
            .any(|start| value.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
        || value.windows(3).any(|three| matches!(three, [b'e' | b'E', b'n' | b'N', b'v' | b'V']))
        || value.windows(2).any(|two| two == b"{{")
}

/// The whole value that begins at or shortly before `span` of `text`: up to its closing quote, or up to the end of the
/// expression in code, of the line elsewhere.
pub(super) fn whole(text: &[u8], span: &Range<usize>, kind: TextKind) -> Range<usize> {
    let last = text.len().min(span.start + LONGEST);
    let line = memchr::memchr2(b'\n', b'\r', &text[span.start..last]).map_or(last, |at| span.start + at);
    let quote = text[..span.start].last().copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    if let Some(quote) = quote {
        let end = memchr::memchr(quote, &text[span.start..line]).map_or(line, |at| span.start + at);
        return span.start..end;
    }
    // Rules begin behind the brackets that open a template.
    let mut start = span.start;
    while start > 0
        && span.start - start < 6
        && matches!(text[start - 1], b'{' | b'(' | b'[' | b'$' | b'%' | b'!' | b' ')
    {
        start -= 1;
    }
    while matches!(text.get(start), Some(b' ' | b'(')) && start < span.start {
        start += 1;
    }
    // A template in quotes.
    let quote = text[..start].last().copied().filter(|byte| matches!(byte, b'"' | b'\''));
    if let Some(quote) = quote {
        let end = memchr::memchr(quote, &text[span.end.min(line)..line]).map_or(line, |at| span.end.min(line) + at);
        return start..end;
    }
    let end = if kind == TextKind::Code { expression(text, start..line) } else { uncommented(&text[..line], start) };
    let trimmed = text[start..end].trim_ascii_end();
    start..start + trimmed.len()
}

/// The end of the expression that begins at the start of `span`: a comma, a semicolon or a bracket that nothing opened.
fn expression(text: &[u8], span: Range<usize>) -> usize {
    let mut depth = 0;
    let mut quote = None;
    for at in span.clone() {
        match (text[at], quote) {
            (byte, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => {}
            (byte @ (b'"' | b'\'' | b'`'), None) => quote = Some(byte),
            (b'(' | b'[' | b'{', None) => depth += 1,
            (b')' | b']' | b'}', None) if depth == 0 => return at,
            (b')' | b']' | b'}', None) => depth -= 1,
            (b',' | b';', None) if depth == 0 => return at,
            _ => {}
        }
    }
    span.end
}

/// The end of a value of settings that begins at `start`: where a comment does, or a comma that ends it.
fn uncommented(line: &[u8], start: usize) -> usize {
    let value = &line[start..];
    let comment = memchr::memmem::find(value, b" #").unwrap_or(value.len());
    start + value[..comment].trim_ascii_end().strip_suffix(b",").map_or(comment, <[u8]>::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_whole() {
        for (line, kind, expected) in [
            ("password = os.@environ[\"DB_PASSWORD\"]; x", TextKind::Code, "environ[\"DB_PASSWORD\"]"),
            ("f(token=@get(env, \"A\"), 1)", TextKind::Code, "get(env, \"A\")"),
            ("password: \"@${DB_PASSWORD}\"", TextKind::Settings, "${DB_PASSWORD}"),
            ("password: {{ @vault_db }} # why", TextKind::Settings, "{{ vault_db }}"),
            ("password: \"{{ @vault_db }}\"", TextKind::Settings, "{{ vault_db }}"),
            ("PASSWORD=@$DB_PASSWORD", TextKind::Settings, "$DB_PASSWORD"),
            ("\"password\": @var.password,", TextKind::Settings, "var.password"),
        ] {
            let start = line.find('@').unwrap();
            let text = line.replacen('@', "", 1);
            let found = whole(text.as_bytes(), &(start..start + 4), kind);
            assert_eq!(&text[found], expected, "{line}");
        }
    }

    #[test]
    fn what_cannot_refer_is_passed_over() {
        for value in ["${A}", "%A%", "{{ a }}", "process.env.A", "os.environ", "var.a", "op://a/b"] {
            assert!(may_refer(value.as_bytes(), &(0..value.len())), "{value}");
        }
        assert!(!may_refer(b"dragon1987", &(0..10)) && !may_refer(b"", &(0..0)));
    }
}
