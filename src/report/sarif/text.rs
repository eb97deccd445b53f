//! Texts as SARIF wants them.

use crate::words::capitalised;

/// Literal text as a part of a message (section 3.11.5): braces would be placeholders, so they are
/// doubled. The pair of brackets that makes an embedded link (section 3.11.6) is broken up, since
/// names of files are anybody's to choose.
pub(super) fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}").replace("](", "\\](")
}

/// `clause` with a full stop at its end. Its first letter stays, since names such as `npm` begin
/// small.
pub(super) fn sentence(clause: &str) -> String {
    let clause = clause.trim_end();
    let stop = if clause.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{clause}{stop}")
}

/// `UseOfHardCodedCredentials` from `Use of Hard-coded Credentials`: the form of names that SARIF
/// recommends.
pub(super) fn pascal_case(words: &str) -> String {
    words.split(|character: char| !character.is_alphanumeric()).map(capitalised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sentences() {
        assert_eq!(pascal_case("aws-access-key"), "AwsAccessKey");
        assert_eq!(pascal_case("Use of Hard-coded Credentials"), "UseOfHardCodedCredentials");
        assert_eq!(sentence("npm access token"), "npm access token.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence(""), ".");
    }

    #[test]
    fn literal_text_holds_no_placeholder_and_no_link() {
        assert_eq!(literal("a{0}b"), "a{{0}}b");
        assert_eq!(literal("[x](https://example.com)"), "[x\\](https://example.com)");
        assert_eq!(literal("app/[slug]/page"), "app/[slug]/page");
    }
}
