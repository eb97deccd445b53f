//! Is a value the argument of an option or of a directive? For rules whose context says that a password or a token may come,
//! but no more than a blank lies between.

use std::ops::Range;

use super::assigned::{line_start, no_literal};
use super::kind::{TextFile, TextKind};

/// Bytes before a value in which its option is looked for.
const OPTION: usize = 64;

/// Why the value behind an option (`--password VALUE`, `"-Password", "VALUE"`) cannot be a secret.
pub(super) fn no_argument(text: &[u8], span: Range<usize>, file: &TextFile<'_>) -> Option<&'static str> {
    let value = &text[span.clone()];
    let head = text[span.start.saturating_sub(OPTION)..span.start].trim_ascii_end();
    let end = head.iter().rposition(|byte| !matches!(byte, b'"' | b'\'' | b',' | b' ' | b'\t')).map_or(0, |at| at + 1);
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let start = head[..end].iter().rposition(|byte| !word(byte)).map_or(0, |at| at + 1);
    let before = head[..start].last();
    let option = head.get(start) == Some(&b'-') && before.is_none_or(|byte| b" \t\r\n\"'`[(,".contains(byte));
    // `two-pass` is a word of prose, `requirepass` one of a configuration.
    let ahead = head[..start].iter().rfind(|byte| !matches!(byte, b' ' | b'\t'));
    let first = ahead.is_none_or(|byte| *byte == b'\n');
    let directive = (first || !head[start..end].contains(&b'-')) && is_directive(text, &span, first, file.kind);
    if !option && !directive {
        return Some("no option of a command stands before it");
    }
    if value.starts_with(b"-") {
        return Some("it is another option");
    }
    no_literal(text, span, file)
}

/// `requirepass VALUE` and nothing else on the line: so do many programs write their settings, and `.netrc` a login.
fn is_directive(text: &[u8], span: &Range<usize>, first: bool, kind: TextKind) -> bool {
    let end = memchr::memchr2(b'\r', b'\n', &text[span.end..]).map_or(text.len(), |at| span.end + at);
    let rest = text[span.end..end].trim_ascii();
    let rest = rest.strip_suffix(b";").unwrap_or(rest).trim_ascii_end();
    let quotes = rest.iter().take_while(|byte| matches!(byte, b'"' | b'\'')).count();
    let quoted = matches!(text[..span.start].last(), Some(b'"' | b'\''));
    let closed = rest.is_empty() || quoted && quotes == rest.len();
    // `setenv NAME VALUE` of shells and servers.
    let head = text[line_start(text, span.start)..span.start].trim_ascii_start();
    // The history of fish.
    let head = head.strip_prefix(b"- cmd: ").unwrap_or(head);
    let set = [&b"set "[..], b"setenv ", b"export ", b"env ", b"enable "]
        .iter()
        .any(|word| head.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)));
    // `.netrc` has several to a line, and says whose they are.
    let login = [&b"login "[..], b"user ", b"machine "].iter().any(|word| memchr::memmem::find(head, word).is_some());
    // `echo "machine ... password VALUE" > .netrc`
    let written = login && quotes == 1 && rest[1..].trim_ascii_start().starts_with(b">");
    let settings = matches!(kind, TextKind::Settings | TextKind::Unknown);
    closed && (set || settings && (first || login)) || written && settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_options() {
        let judge = |path: &str, line: &str, value: &str| {
            let start = line.find('@').expect("a place for the value");
            let text = line.replacen('@', value, 1);
            no_argument(text.as_bytes(), start..start + value.len(), &TextFile::at(path.as_bytes()))
        };
        for line in ["tool --password @", "tool -u a -Password @ b", "[\"--db-password\", \"@\"]", "-pass @"] {
            assert_eq!(judge("a.sh", line, "Copper7Lane"), None, "{line}");
        }
        for (line, value) in [
            ("a two-pass @", "equivalent2"),
            ("id=\"opt-redis-password\" @", "href=#opt7"),
            ("tool --ask-password, @", "--ask-pass2"),
            ("tool --password @", "${DB_PASSWORD}"),
        ] {
            assert!(judge("a.sh", line, value).is_some(), "{line}");
        }
        // Directives, histories, and what is written to `.netrc`.
        for (path, line) in [
            ("redis.conf", "masterauth @"),
            (".netrc", "machine h login u password @"),
            ("fish_history", "- cmd: set -x SERVICE_TOKEN @"),
            ("Dockerfile", "RUN echo \"machine h login u password @\" > /root/.netrc"),
        ] {
            assert_eq!(judge(path, line, "Copper7Lane"), None, "{line}");
        }
        for (path, line) in [("a.md", "login and password @"), ("a.conf", "set a password @ and go on")] {
            assert!(judge(path, line, "Copper7Lane").is_some(), "{line}");
        }
    }
}
