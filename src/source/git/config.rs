//! Reads git's configuration syntax, and nothing more: `include` is a section like any other and is not followed.
//!
//! The syntax is that of git-config(1). Written here since the readers of git libraries obey includes, which name
//! files outside the repository.

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// Section, in lower case.
    pub(super) section: Vec<u8>,
    /// Subsection as written; empty where there is none.
    pub(super) subsection: Vec<u8>,
    /// Name, in lower case.
    pub(super) name: Vec<u8>,
    /// Value; `None` for a name without an equals sign, which means true.
    pub(super) value: Option<Vec<u8>>,
}

/// All settings in the order of the file. Malformed lines are passed over.
pub(super) fn parse(text: &[u8]) -> Vec<Setting> {
    let mut reader = Reader { rest: text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) };
    let mut section = Vec::new();
    let mut subsection = Vec::new();
    let mut settings = Vec::new();
    while let Some(byte) = reader.peek() {
        match byte {
            b'[' => match reader.header() {
                Some(header) => (section, subsection) = header,
                None => reader.skip_line(),
            },
            b'#' | b';' => reader.skip_line(),
            byte if byte.is_ascii_alphabetic() => {
                let name = reader.name();
                let value = reader.value();
                settings.push(Setting { section: section.clone(), subsection: subsection.clone(), name, value });
            }
            byte if byte.is_ascii_whitespace() => reader.advance(1),
            _ => reader.skip_line(),
        }
    }
    settings
}

struct Reader<'t> {
    rest: &'t [u8],
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes.min(self.rest.len())..];
    }

    fn skip_line(&mut self) {
        let end = memchr::memchr(b'\n', self.rest).map_or(self.rest.len(), |at| at + 1);
        self.advance(end);
    }

    /// `[section]`, `[section.subsection]` or `[section "subsection"]`.
    fn header(&mut self) -> Option<(Vec<u8>, Vec<u8>)> {
        self.advance(1);
        let length =
            self.rest.iter().take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.').count();
        let name = self.rest[..length].to_ascii_lowercase();
        self.advance(length);
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.advance(1);
        }
        let mut quoted = Vec::new();
        if self.peek() == Some(b'"') {
            self.advance(1);
            loop {
                match self.peek()? {
                    b'"' => break,
                    b'\n' => return None,
                    b'\\' => {
                        self.advance(1);
                        quoted.push(self.peek()?);
                    }
                    byte => quoted.push(byte),
                }
                self.advance(1);
            }
            self.advance(1);
        }
        if self.peek() != Some(b']') {
            return None;
        }
        self.advance(1);
        if quoted.is_empty()
            && let Some(dot) = memchr::memchr(b'.', &name)
        {
            return Some((name[..dot].to_vec(), name[dot + 1..].to_vec()));
        }
        Some((name, quoted))
    }

    /// The name of a setting, in lower case.
    fn name(&mut self) -> Vec<u8> {
        let length = self.rest.iter().take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'-').count();
        let name = self.rest[..length].to_ascii_lowercase();
        self.advance(length);
        name
    }

    /// What follows a name up to the end of its line, with quotes, escapes and comments taken out.
    fn value(&mut self) -> Option<Vec<u8>> {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.advance(1);
        }
        if self.peek() != Some(b'=') {
            self.skip_line();
            return None;
        }
        self.advance(1);
        let mut value = Vec::new();
        // Length of the value without white space at its end; what was quoted is never trimmed.
        let mut kept = 0;
        let mut quoted = false;
        while let Some(byte) = self.peek() {
            self.advance(1);
            match byte {
                b'\n' => break,
                b'"' => quoted = !quoted,
                b'#' | b';' if !quoted => {
                    self.skip_line();
                    break;
                }
                b'\\' => {
                    // A backslash at the end of a line continues it.
                    if self.rest.starts_with(b"\r\n") {
                        self.advance(1);
                    }
                    match self.peek() {
                        Some(b'\n') | None => {}
                        Some(b'n') => value.push(b'\n'),
                        Some(b't') => value.push(b'\t'),
                        Some(b'b') => value.push(8),
                        Some(other) => value.push(other),
                    }
                    self.advance(1);
                    kept = value.len();
                }
                byte if byte.is_ascii_whitespace() && !quoted => {
                    if !value.is_empty() {
                        value.push(byte);
                    }
                }
                byte => {
                    value.push(byte);
                    kept = value.len();
                }
            }
        }
        value.truncate(kept);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str, &str, Option<&str>)]) {
        let found = parse(text.as_bytes());
        let expected: Vec<Setting> = expected
            .iter()
            .map(|&(section, subsection, name, value)| Setting {
                section: section.into(),
                subsection: subsection.into(),
                name: name.into(),
                value: value.map(Into::into),
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn sections_names_and_values() {
        check(
            "# c\n[Core]\n\tBare = false\n\tflag\n[remote \"Or\\\"igin\"] url = a b  ; comment\n",
            &[
                ("core", "", "bare", Some("false")),
                ("core", "", "flag", None),
                ("remote", "Or\"igin", "url", Some("a b")),
            ],
        );
        check("[a.B]c=\" x # \"y\\\n z\r\n", &[("a", "b", "c", Some(" x # y z"))]);
        check("[a]\nb = \"un\\tclosed\n[c]\nd=1", &[("a", "", "b", Some("un\tclosed")), ("c", "", "d", Some("1"))]);
    }

    #[test]
    fn malformed_text_ends() {
        for text in ["[", "[a", "[a \"", "[a \"\\", "[a]\nb=\\", "=\n=", "[a]b", "\\", "[a \"b\nc\"]d=1"] {
            parse(text.as_bytes());
        }
    }
}
