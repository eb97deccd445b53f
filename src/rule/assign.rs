//! `assign`: from the name of a setting to the context of its value.
//!
//! The expansion covers the ways in which formats and languages give a value to a name, all bounded: the rest of the
//! name, what closes it, an operator, and what opens the value.

/// The rest of the name, and quotes, brackets or an index that close it.
const CLOSE: &str = r#"[0-9A-Za-z_.\-]{0,32}(?:\\{0,3}["'`]|[\])}]|%>){0,3}"#;

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

/// Command lines, `.netrc`: a blank alone. Prose has it too, so it only serves values that have a shape.
const BLANK: &str = r"[ \t]{1,4}";

/// What may open a value: blanks, one line break, brackets.
const OPEN: &str = r"[ \t]{0,8}(?:\\?[\r\n]{1,2}[ \t]{0,24})?[(\[{]{0,2}[ \t]{0,2}";

/// The prefixes that languages give to string literals.
const STRING_PREFIX: &str = r"\b[bBfFrRuULN@$]{1,2}";

/// The quotes before a value, escaped or tripled.
const QUOTES: &str = r#"(?:\\{0,3}["'`]){1,3}"#;

/// The context of values assigned to a name that matches `name`, caselessly. A rule whose value takes its quotes along
/// (`takes_quotes`) gets a context that ends before them, and has no shape that could tell it from prose, so that a
/// blank alone is no assignment for it.
pub(super) fn expand(name: &str, takes_quotes: bool) -> String {
    let mut operators = OPERATORS.join("|");
    if takes_quotes {
        return format!("(?i:{name}){CLOSE}(?:{operators}){OPEN}(?:{STRING_PREFIX})?");
    }
    operators.push('|');
    operators.push_str(BLANK);
    format!("(?i:{name}){CLOSE}(?:{operators}){OPEN}(?:(?:{STRING_PREFIX})?{QUOTES})?")
}
