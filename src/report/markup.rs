//! Text in XML and HTML.

use crate::blob::printable_text;

/// Text as character data or as the value of an attribute in double quotes (XML 1.0, sections 2.4 and 3.3.3; the same in HTML).
/// What XML 1.0 cannot hold even as a reference (section 2.2), and what cannot be seen, becomes U+FFFD.
pub(crate) fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in printable_text(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // In an attribute a line break itself would be read as a blank.
            '\n' => out.push_str("&#10;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}
