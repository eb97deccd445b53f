//! `assign`: from the name of a setting to the context of its value.
//!
//! The expansion covers the ways in which formats and languages give a value to a name, all bounded: the rest of the
//! name, what closes it, an operator, and what opens the value.

/// The rest of the name, and quotes, brackets or an index that close it.
const CLOSE: &str = r#"[0-9A-Za-z_.\-]{0,32}(?:\\{0,3}["'`]|[\])}]|%>){0,3}"#;

/// The same for values that take their quotes along: other scripts, `[]` behind a C array, an index behind the name.
const CLOSE_QUOTED: &str =
    r#"[0-9A-Za-z_.\-\x80-\xff]{0,32}(?:\\{0,3}["'`]|\[?[\])}]|%>){0,3}(?:\[["'][0-9A-Za-z_.\-]{1,16}["']\])?"#;

/// What stands between name and value.
const OPERATORS: [&str; 5] = [
    // assignment, member, argument, comparison, default value, element, table cell
    r"[ \t]{0,24}(?:=>|:{1,3}=|={1,3}|!={1,2}|\|\|=?|\?\?=?|[-+.?]=|->|<-|[:,(>|])",
    // a type in between: `key: &str = ...`, `key: string = ...` ...
    r"[ \t]{0,4}:[ \t]{0,4}[&*'0-9A-Za-z_.<>\[\]]{1,24}[ \t]{0,4}=",
    // and in Go: `key string = ...`
    r"[ \t]{1,4}[*0-9A-Za-z_.\[\]]{1,24}[ \t]{1,4}=",
    // XML: `<add key="name" value="..."/>`, `<key>name</key> <string>...`
    r"[ \t]{1,4}(?i:value|content|default)[ \t]{0,2}=",
    r"</[0-9A-Za-z:]{1,16}>\s{0,16}<[0-9A-Za-z:]{1,16}>",
];

/// More of them for values that take their quotes along.
const OPERATORS_QUOTED: [&str; 7] = [
    // a default within a reference: `${NAME:-value}`; where there is none: `getenv("NAME") ?: "value"`
    r":-",
    r"[ \t]{1,4}\?:",
    // a named argument that gives a default: `getenv("NAME", unset = "value")`
    r",[ \t]{0,4}(?i:unset|default(?:_?value)?)[ \t]{0,2}[:=]",
    // a choice: `key = test ? a : "value"`, `key = test ? "value" : b`
    r#"[ \t]{0,4}[:=][^\r\n"'?;{}]{1,40}[ \t]\?(?:[^\r\n"'?:;{}]{1,32}[ \t]:)?[ \t]"#,
    // a comparison in Objective-C
    r"[ \t]{1,2}isEqualToString:",
    // Julia: `key::String = ...`
    r"::[0-9A-Za-z_]{1,24}[ \t]{0,4}=",
    // Basic: `key As String = ...`
    r"[ \t]As[ \t][0-9A-Za-z_.]{1,24}[ \t]{1,4}=",
];

/// Command lines, `.netrc`: a blank alone. Prose has it too, so it only serves values that have a shape.
const BLANK: &str = r"[ \t]{1,4}";

/// What may open a value: blanks, one line break, brackets.
const OPEN: &str = r"[ \t]{0,8}(?:\\?[\r\n]{1,2}[ \t]{0,24})?[(\[{]{0,2}[ \t]{0,2}";

/// The same for values that take their quotes along: also an anchor (YAML 1.2, section 6.9.2), the mark of a block scalar
/// (section 8.1), a CDATA section, and two of three quotes.
const OPEN_QUOTED: &str = concat!(
    r"[ \t]{0,16}(?:&[0-9A-Za-z_-]{1,12}[ \t])?(?:(?:\\|[|>][-+]?)?[\r\n]{1,2}[ \t]{0,24})?",
    r#"(?:<!\[CDATA\[|[(\[{]{0,2})[ \t]{0,2}(?:\b[bBfFrRuULN]{1,2}|[@$]{1,2})?(?:""|'')?"#
);

/// The prefixes that languages give to string literals.
const STRING_PREFIX: &str = r"\b[bBfFrRuULN@$]{1,2}";

/// The quotes before a value, escaped or tripled.
const QUOTES: &str = r#"(?:\\{0,3}["'`]){1,3}"#;

/// The context of values assigned to a name that matches `name`, caselessly. A rule whose value takes its quotes along
/// (`takes_quotes`) gets a context that ends before them, and has no shape that could tell it from prose, so that a
/// blank alone is no assignment for it.
pub(super) fn expand(name: &str, takes_quotes: bool) -> String {
    format!("{}{}", caseless(name), tail(takes_quotes))
}

/// The name's part of the context that `assign` is expanded to.
pub fn caseless(name: &str) -> String {
    format!("(?i:{name})")
}

/// The rest of the context that `assign` is expanded to: the same behind every name.
pub fn tail(takes_quotes: bool) -> String {
    let mut operators = OPERATORS.join("|");
    if takes_quotes {
        let more = OPERATORS_QUOTED.join("|");
        return format!("{CLOSE_QUOTED}(?:{operators}|{more}){OPEN_QUOTED}");
    }
    operators.push('|');
    operators.push_str(BLANK);
    format!("{CLOSE}(?:{operators}){OPEN}(?:(?:{STRING_PREFIX})?{QUOTES})?")
}

/// Longest stretch between a name and its value on one line, in bytes.
pub const NEAR: usize = 64;

/// Longest stretch between a name and the end of its line, where the value stands on the next one, in bytes.
pub const ABOVE: usize = 24;

/// Longest stretch between the beginning of a line and the value, where the name stands on the line above, in bytes.
pub const BELOW: usize = 40;

/// The context of values near one of `names`, caselessly: on the same line, or on the next one. A name begins where a word
/// does, see [`begins_word`]. What stands between is weighed by the check, not by the expression. The engine's near lane
/// relies on this form.
///
/// [`near_reaches`] is the same without an expression.
pub(super) fn near<'n>(names: impl Iterator<Item = &'n str> + Clone) -> String {
    let alternatives = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join("|");
    let plain = alternatives(&mut names.clone().map(regex_syntax::escape));
    // `myName`: the capital is written out, what follows it is caseless.
    let camel = alternatives(
        &mut names
            .filter(|name| name.starts_with(|first: char| first.is_ascii_lowercase()))
            .map(|name| format!("{}(?i:{})", name[..1].to_ascii_uppercase(), regex_syntax::escape(&name[1..]))),
    );
    let camel = if camel.is_empty() { camel } else { format!("|[a-z](?:{camel})") };
    format!(
        r"(?:(?:\A|[^A-Za-z])(?i:{plain}){camel})(?:[^\r\n]{{0,{NEAR}}}|[^\r\n]{{0,{ABOVE}}}\r?\n[^\r\n]{{0,{BELOW}}})"
    )
}

/// Whether a word begins with `byte` behind `before`: at the start of a text, behind what is no letter, and where small
/// letters give way to a capital.
pub const fn begins_word(before: Option<u8>, byte: u8) -> bool {
    match before {
        None => true,
        Some(before) => !before.is_ascii_alphabetic() || before.is_ascii_lowercase() && byte.is_ascii_uppercase(),
    }
}

/// Whether the context of a rule with `names` may have `between` behind the name: the same as its expression says.
pub fn near_reaches(between: &[u8]) -> bool {
    let Some(line) = between.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
        return between.len() <= NEAR;
    };
    let (above, rest) = between.split_at(line);
    let below = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"));
    above.len() <= ABOVE
        && below.is_some_and(|below| below.len() <= BELOW && !below.iter().any(|byte| matches!(byte, b'\r' | b'\n')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_is_what_the_expression_says() {
        let expression = regex::bytes::Regex::new(&format!(r"(?-u)\A{}\z", near(["n"].into_iter()))).unwrap();
        let blank = |length: usize| " ".repeat(length);
        for (above, below) in [(0, 0), (NEAR, 0), (NEAR + 1, 0), (ABOVE, BELOW), (ABOVE + 1, 0), (0, BELOW + 1)] {
            for line in ["", "\n", "\r\n", "\r", "\n\n", "\n\r", "x\n"] {
                let between = format!("{}{line}{}", blank(above), blank(below));
                let expected = expression.is_match(format!("n{between}").as_bytes());
                assert_eq!(near_reaches(between.as_bytes()), expected, "{above} {line:?} {below}");
            }
        }
    }
}
