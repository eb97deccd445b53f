//! Rewrites patterns of git so that the pattern engine understands them as git does.
//!
//! The engine takes braces for alternatives, lets character classes match a slash, knows neither escapes nor names in
//! classes, and trims white space that git keeps. Each of these could hide files that git does not ignore. The meaning
//! of patterns is that of gitignore(5) and of git's `wildmatch.c`.

use std::borrow::Cow;

/// The pattern of one line, without its newline, for the engine; `None` where the line can match nothing.
pub(super) fn translate(line: &str) -> Option<Cow<'_, str>> {
    let line = trim(line.strip_suffix('\r').unwrap_or(line));
    if line.starts_with('#') {
        return None;
    }
    let (sign, body) = match line.strip_prefix('!') {
        Some(body) => ("!", body),
        None => ("", line),
    };
    let (body, directory) = match body.strip_suffix('/') {
        Some(body) => (body, "/"),
        None => (body, ""),
    };
    if body.is_empty() {
        return None;
    }
    if !line.contains(['{', '}', '[', '\\', '/']) && !line.ends_with(char::is_whitespace) {
        return Some(Cow::Borrowed(line));
    }
    let mut out = String::with_capacity(line.len() + 16);
    let mut rest = body;
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        match character {
            '\\' => {
                let escaped = rest[1..].chars().next()?;
                length += escaped.len_utf8();
                literal(escaped, &mut out);
            }
            '[' => {
                let (class, end) = Class::parse(rest)?;
                class.write(&mut out)?;
                length = end;
            }
            '{' | '}' => literal(character, &mut out),
            // No path has an empty component.
            '/' if out.ends_with('/') => return None,
            // Such a one at the end of the line would be trimmed.
            other if other.is_whitespace() => literal(other, &mut out),
            other => out.push(other),
        }
        rest = &rest[length..];
    }
    if out.ends_with('/') {
        return None;
    }
    // A slash in a pattern ties it to the directory of its file. The classes may have lost or got one.
    let tie = match (body.contains('/'), out.contains('/')) {
        (false, true) => "**/",
        (true, false) => "/",
        _ => "",
    };
    Some(Cow::Owned(format!("{sign}{tie}{out}{directory}")))
}

/// Without the spaces at the end that no backslash keeps.
fn trim(line: &str) -> &str {
    let text = line.trim_end_matches(' ');
    let backslashes = text.bytes().rev().take_while(|&byte| byte == b'\\').count();
    if backslashes % 2 == 1 && text.len() < line.len() { &line[..=text.len()] } else { text }
}

/// Writes a character that stands for itself.
fn literal(character: char, out: &mut String) {
    if character.is_whitespace() {
        out.extend(['{', character, '}']);
    } else {
        out.extend(['\\', character]);
    }
}

/// A character class: inclusive ranges.
#[derive(Debug)]
struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    /// Reads the class at the start of `text`, and how many bytes it has. `None` where git would find that the pattern
    /// matches nothing: no bracket closes the class, or it names an unknown one.
    fn parse(text: &str) -> Option<(Self, usize)> {
        let mut rest = &text[1..];
        let negated = rest.starts_with(['!', '^']);
        rest = &rest[usize::from(negated)..];
        let mut ranges = Vec::new();
        // The last single character, from which a range may start.
        let mut last = None;
        let mut first = true;
        loop {
            let character = rest.chars().next()?;
            if character == ']' && !first {
                return Some((Self { negated, ranges }, text.len() - rest.len() + 1));
            }
            first = false;
            let name = rest.strip_prefix("[:").and_then(|name| name.split_once(']'));
            if let Some((name, behind)) = name
                && let Some(name) = name.strip_suffix(':')
            {
                ranges.extend_from_slice(named(name)?);
                (rest, last) = (behind, None);
            } else if character == '-'
                && let Some(start) = last
                && !rest[1..].starts_with(']')
            {
                let (end, behind) = member(&rest[1..])?;
                if start <= end {
                    ranges.push((start, end));
                }
                (rest, last) = (behind, None);
            } else {
                let (single, behind) = member(rest)?;
                ranges.push((single, single));
                (rest, last) = (behind, Some(single));
            }
        }
    }

    /// Writes the class for the engine, which has no escapes in classes: what is special there has a place where it is
    /// not. `None` for a class without members.
    fn write(&self, out: &mut String) -> Option<()> {
        const SPECIAL: [char; 5] = ['/', ']', '!', '^', '-'];
        let has = |member: char| {
            let within = self.ranges.iter().any(|&(start, end)| start <= member && member <= end);
            // No class matches a slash.
            if member == '/' { self.negated } else { within }
        };
        let mut ranges = String::new();
        for &(mut start, end) in &self.ranges {
            for special in ['!', '-', '/', ']', '^'] {
                if start <= special && special <= end {
                    push_range(start, before(special), &mut ranges);
                    start = after(special);
                }
            }
            push_range(start, end, &mut ranges);
        }
        if has('/') {
            ranges.push('/');
        }
        if ranges.is_empty() && !self.negated {
            let members: Vec<char> = SPECIAL.into_iter().filter(|&special| has(special)).collect();
            out.push('{');
            for (index, &special) in members.iter().enumerate() {
                out.push_str(if index == 0 { "\\" } else { ",\\" });
                out.push(special);
            }
            out.push('}');
            return (!members.is_empty()).then_some(());
        }
        out.push_str(if self.negated { "[!" } else { "[" });
        out.extend([']'].into_iter().filter(|&special| has(special)));
        out.push_str(&ranges);
        out.extend(['!', '^', '-'].into_iter().filter(|&special| has(special)));
        out.push(']');
        Some(())
    }
}

/// One character of a class, which a backslash may go before, and what follows it.
fn member(text: &str) -> Option<(char, &str)> {
    let text = text.strip_prefix('\\').unwrap_or(text);
    let mut characters = text.chars();
    Some((characters.next()?, characters.as_str()))
}

/// The ranges of a class of POSIX.
fn named(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "blank" => &[(' ', ' '), ('\t', '\t')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[(' ', ' '), ('\t', '\r')],
        "upper" => &[('A', 'Z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    })
}

fn push_range(start: char, end: char, out: &mut String) {
    if start < end {
        out.extend([start, '-', end]);
    } else if start == end {
        out.push(start);
    }
}

/// The ASCII character before a special one.
fn before(special: char) -> char {
    char::from(special as u8 - 1)
}

/// The ASCII character behind a special one.
fn after(special: char) -> char {
    char::from(special as u8 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_for_the_engine() {
        for (line, expected) in [
            ("plain/*.o", Some("plain/*.o")),
            ("# [", None),
            ("", None),
            ("!", None),
            ("a//b", None),
            ("a//", None),
            ("[/x/]y", Some("/[x]y")),
            ("/", None),
            ("trail  \r", Some("trail")),
            ("kept\\  ", Some("kept{ }")),
            ("two\\\\ ", Some("two\\\\")),
            ("tab\t", Some("tab{\t}")),
            ("*.{a,b}", Some("*.\\{a,b\\}")),
            ("\\{a\\}", Some("\\{a\\}")),
            ("dangling\\", None),
            ("\\/", None),
            ("[a", None),
            ("[]", None),
            ("[/]", None),
            ("[z-a]", Some("[z]")),
            ("[[:none:]]", None),
            ("a[!b]c", Some("**/a[!b/]c")),
            ("!a[^b]/", Some("!**/a[!b/]/")),
            ("/a[!b]c", Some("/a[!b/]c")),
            ("[+-9]", Some("[++-,.0-9-]")),
            ("[]-a]", Some("[]_-a^]")),
            ("[\\]a]", Some("[]a]")),
            ("[[:digit:]x-]", Some("[0-9x-]")),
            ("[!!]", Some("**/[!/!]")),
            ("[\\^!]", Some("{\\!,\\^}")),
            ("[-]", Some("{\\-}")),
            ("[{]", Some("[{]")),
            ("\u{e9}{", Some("\u{e9}\\{")),
        ] {
            assert_eq!(translate(line).as_deref(), expected, "{line}");
        }
    }
}
