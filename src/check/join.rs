//! How a value is joined to a name: what stands before it on its line, read backward.
//!
//! Knows formats and languages by the way they assign, and nothing of secrets.

use std::ops::Range;

/// How value and name are joined.
pub(super) struct Join<'t> {
    /// The whole name, as far as it can be seen on the line.
    pub(super) name: &'t [u8],
    /// The name stands in quotes, or in a tag.
    pub(super) name_quoted: bool,
    /// The value stands in quotes.
    pub(super) quoted: bool,
    /// The last character of the operator; 0 for a blank.
    pub(super) operator: u8,
    /// The operator is a comparison.
    pub(super) comparison: bool,
    /// A line ends between operator and value.
    pub(super) below: bool,
    /// A blank stands before the operator.
    pub(super) spaced: bool,
    /// A quote stands right before the name.
    pub(super) name_opened: bool,
    /// What stands before the name, and before the quote that opens it; nothing where the name is no plain one.
    pub(super) head: &'t [u8],
}

impl Join<'_> {
    /// Nothing but a value. What names with a syntax of their own have in common.
    const BARE: Self = Self {
        name: b"",
        name_quoted: false,
        quoted: false,
        operator: 0,
        comparison: false,
        below: false,
        spaced: false,
        name_opened: true,
        head: b"",
    };
}

/// Keys, arguments and messages that give a value to a name which stands before them.
const GIVERS: [&[u8]; 9] = [
    b"value",
    b"content",
    b"default",
    b"Default",
    b"Value",
    b"defaultValue",
    b"default_value",
    b"unset",
    b"isEqualToString",
];

/// How HTML writes quotes.
const ENTITIES: [&[u8]; 5] = [b"&quot;", b"&#34;", b"&#39;", b"&#x22;", b"&#x27;"];

/// Walks back from the value: opening quote, brackets, operator, closing quote, name.
pub(super) fn join(text: &[u8], span: Range<usize>) -> Join<'_> {
    let before = &text[span.start.saturating_sub(256)..span.start];
    let before = before.strip_suffix(b"<![CDATA[").unwrap_or(before);
    let (before, entity) = match ENTITIES.iter().find_map(|entity| before.strip_suffix(*entity)) {
        Some(before) => (before, true),
        None => (before, false),
    };
    let mut at = before.len();
    // Blanks between the quotes and the value are nobody's intention, and happen.
    let blanks = |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|byte| **byte == b' ').count();
    let opening = before.len() - blanks(&mut before.iter().rev()).min(2);
    let closing = span.end + blanks(&mut text[span.end..].iter()).min(2);
    let quote = before[..opening].last().copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let quoted = quote.is_some_and(|quote| match text.get(closing) {
        Some(&close) => close == quote || (close == b'\\' && text.get(closing + 1) == Some(&quote)),
        None => false,
    });
    let quoted = quoted || entity && text.get(span.end) == Some(&b'&');
    if quoted {
        at = opening;
    }
    let skip = |at: &mut usize, test: &dyn Fn(u8) -> bool| {
        while *at > 0 && test(before[*at - 1]) {
            *at -= 1;
        }
    };
    skip(&mut at, &|byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'@' | b'$'));
    // String prefixes such as b"", L"", r"".
    if quote.is_some() && at >= 2 && before[at - 1].is_ascii_alphabetic() && !before[at - 2].is_ascii_alphanumeric() {
        at -= 1;
    }
    skip(&mut at, &|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'[' | b'{'));
    let operator_end = at;
    skip(&mut at, &|byte| matches!(byte, b'=' | b':' | b'>' | b',' | b'(' | b'|' | b'?' | b'<' | b'!' | b'+' | b'-'));
    // `.=` appends, and a dot before another operator is none.
    if before[at..].first() == Some(&b'=') && before[..at].last() == Some(&b'.') {
        at -= 1;
    }
    let below = before[operator_end..].contains(&b'\n');
    // `name: |` and the value on the next line: a block scalar (YAML 1.2, section 8.1).
    if below && matches!(&before[at..operator_end], b"|" | b">" | b"|-" | b">-" | b"|+" | b">+") {
        let colon = before[..at].trim_ascii_end();
        if let Some(name) = colon.strip_suffix(b":") {
            return block_scalar(name);
        }
    }
    let operator = &before[at..operator_end];
    // `||` gives a default, `|` an alternative or a filter.
    let last = if operator.ends_with(b"||") { b'?' } else { operator.last().copied().unwrap_or(0) };
    if operator.ends_with(b">") && !operator.contains(&b'=') {
        // `<name>value` and `<key>name</key><string>value`
        if let Some(name) = element_name(&before[..operator_end]) {
            return Join { name, name_quoted: true, quoted, operator: b'=', below, ..Join::BARE };
        }
    }
    let operator_start = at;
    skip(&mut at, &|byte| byte.is_ascii_whitespace());
    let spaced = at < operator_start;
    if operator == b"=" {
        at = skip_type(before, at);
        at = skip_go_type(before, at);
    }
    skip(&mut at, &|byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']' | b')' | b' ' | b'\t'));
    let end = at;
    skip(&mut at, &is_of_name);
    let mut name = &before[at..end];
    if GIVERS.contains(&name) {
        name = name_before(&before[..at]).unwrap_or(name);
    } else if quoted && spaced && matches!(operator, b":" | b"?") {
        name = chooser(&before[..operator_start], operator == b":").unwrap_or(name);
    }
    let comparison = matches!(operator, b"==" | b"===" | b"!=" | b"!==");
    let name_quoted = before.get(end).is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\'));
    let head = before[..at].trim_ascii_end();
    let outside = head.strip_suffix(b"\"").or_else(|| head.strip_suffix(b"'"));
    let (name_opened, head) = (outside.is_some(), outside.unwrap_or(head));
    Join { name, name_quoted, quoted, operator: last, comparison, below, spaced, name_opened, head }
}

/// What names are made of, in whatever script.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | 0x80..)
}

/// A value that stands below its name, which ends `before`.
fn block_scalar(before: &[u8]) -> Join<'_> {
    let name_quoted = matches!(before.last(), Some(b'"' | b'\''));
    let end = before.len() - usize::from(name_quoted);
    let start = before[..end].iter().rposition(|byte| !is_of_name(*byte)).map_or(0, |at| at + 1);
    let name = &before[start..end];
    Join { name, name_quoted, operator: b':', below: true, ..Join::BARE }
}

/// `name: &'static str =`: steps over the type, back to the end of the name.
fn skip_type(before: &[u8], at: usize) -> usize {
    let typed = before[..at].iter().rposition(|&byte| {
        !(byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'&' | b'\'' | b'<' | b'>' | b'*' | b'.' | b' ' | b'?' | b'[' | b']'))
    });
    match typed {
        Some(colon) if before[colon] == b':' && colon > 0 && before[colon - 1].is_ascii_alphanumeric() => colon,
        _ => at,
    }
}

/// `var name string =`: steps over the type, back to the end of the name.
fn skip_go_type(before: &[u8], at: usize) -> usize {
    let line = memchr::memrchr(b'\n', &before[..at]).map_or(0, |line| line + 1);
    let declared = before[line..at].trim_ascii_start();
    let mut words = declared.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(b"var" | b"const"), Some(_), Some(kind), None) => {
            before[..at].trim_ascii_end().len() - kind.len() - usize::from(before[at - kind.len() - 1] == b' ')
        }
        _ => at,
    }
}

/// The name of the element whose start tag ends `before`, or, for a value in `<string>`, what the `<key>` before says.
fn element_name(before: &[u8]) -> Option<&[u8]> {
    let open = memchr::memrchr(b'<', before)?;
    let tag = &before[open + 1..before.len() - 1];
    let end = tag.iter().position(u8::is_ascii_whitespace).unwrap_or(tag.len());
    let name = &tag[..end];
    // `<Property name="password">value`
    if let Some(attribute) = memchr::memmem::find(tag, b" name=\"") {
        let rest = &tag[attribute + 7..];
        return Some(&rest[..memchr::memchr(b'"', rest)?]);
    }
    if matches!(name, b"string" | b"value" | b"data" | b"val") {
        let close = memchr::memmem::rfind(&before[..open], b"</")?;
        let start = memchr::memrchr(b'>', &before[..close])? + 1;
        return Some(&before[start..close]);
    }
    Some(name)
}

/// `NAME = test ? other : ` up to the colon (`second`), or `NAME = test ? ` up to the question mark: the name that gets what
/// is chosen.
fn chooser(before: &[u8], second: bool) -> Option<&[u8]> {
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |line| line + 1)..];
    let end = if second { memchr::memrchr(b'?', line)? } else { line.len() };
    let sign = |at: usize| line.get(at).is_some_and(|byte| matches!(byte, b'=' | b':' | b'!' | b'<' | b'>'));
    let assigns = |at: &usize| matches!(line[*at], b'=' | b':') && !sign(at + 1) && (*at == 0 || !sign(at - 1));
    let operator = (0..end).find(assigns)?;
    if line[operator..].iter().any(|byte| matches!(byte, b',' | b';' | b'{')) {
        return None;
    }
    let name = line[..operator].trim_ascii_end();
    let start = name.iter().rposition(|byte| !is_of_name(*byte)).map_or(0, |at| at + 1);
    (start < name.len()).then(|| &name[start..])
}

/// `<add key="NAME" value=`, `{"name": "NAME", "value":`, `- name: NAME` and `value:` below it: the word before. And `NAME: {
/// type: string, default:`, where the block says nothing of a name: the word before that.
fn name_before(before: &[u8]) -> Option<&[u8]> {
    let block = memchr::memrchr(b'{', before).filter(|&open| {
        let inside = &before[open..];
        let named = |key: &[u8]| memchr::memmem::find(inside, key).is_some();
        !inside.contains(&b'}') && !named(b"name") && !named(b"Name") && !named(b"key") && !named(b"Key")
    });
    let head = block
        .map(|open| before[..open].trim_ascii_end())
        .filter(|head| head.last().is_some_and(|last| matches!(last, b'"' | b'\'' | b':' | b'=')));
    let before = head.or_else(|| block_above(before)).unwrap_or(before);
    let end = before.iter().rposition(|byte| is_of_name(*byte) && *byte != b'-')? + 1;
    let start = before[..end].iter().rposition(|byte| !is_of_name(*byte))? + 1;
    Some(&before[start..end])
}

/// Where a key that is alone on its line so far ends `before`: up to the line above that names what it belongs to, which is
/// less indented or says `name`, `key` or `path`.
fn block_above(before: &[u8]) -> Option<&[u8]> {
    let indent = |line: &[u8]| line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let own = memchr::memrchr(b'\n', before)?;
    let (mut above, line) = (&before[..own], &before[own + 1..]);
    if !line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'')) {
        return None;
    }
    let own_indent = indent(line);
    loop {
        let start = memchr::memrchr(b'\n', above).map(|line| line + 1);
        let line = &above[start.unwrap_or(0)..];
        let said = line.trim_ascii_start();
        let said = said.strip_prefix(b"\"").unwrap_or(said);
        let names = [&b"name"[..], b"Name", b"key", b"Key", b"path"].iter().any(|key| said.starts_with(key));
        if !said.is_empty() && (names || indent(line) < own_indent) {
            return Some(above);
        }
        above = &above[..start?.checked_sub(1)?];
    }
}
