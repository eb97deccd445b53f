//! JSON text that is safe to look at in a terminal or an editor.

use std::io::{self, Write};

use serde_json::ser::Formatter;

use crate::blob::is_unsafe_to_print;

/// Compact JSON in which characters that move the cursor, reorder text or cannot be seen are
/// written as `\u` and four hexadecimal digits, beyond U+FFFF as a surrogate pair (RFC 8259 section 7). Readers get the same
/// string either way.
pub(super) struct InertFormatter;

impl Formatter for InertFormatter {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        let mut written = 0;
        for (at, character) in fragment.char_indices() {
            if is_unsafe_to_print(character) {
                writer.write_all(&fragment.as_bytes()[written..at])?;
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
                written = at + character.len_utf8();
            }
        }
        writer.write_all(&fragment.as_bytes()[written..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize as _;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, InertFormatter);
        text.serialize(&mut serializer).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn unsafe_characters_are_escaped_and_read_back() {
        for (text, expect) in [
            ("plain \u{e9} \u{1f511}", "\"plain \u{e9} \u{1f511}\""),
            ("\u{1b}[31m\n\"\\", r#""\u001b[31m\n\"\\""#),
            ("a\u{202e}b\u{feff}", r#""a\u202eb\ufeff""#),
            ("\u{7f}\u{9b}", r#""\u007f\u009b""#),
            ("x\u{e0041}y", r#""x\udb40\udc41y""#),
        ] {
            let json = written(text);
            assert_eq!(json, expect);
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
