//! Finds a private key's base64 body in whatever text it was pasted into.
//!
//! Keys leave their files with line breaks escaped once or twice, quoted and concatenated line by
//! line in source code, indented in YAML, behind comment or diff marks, on one line, or without
//! their last line. This module undoes the layout and leaves the decoding to others.

/// A block of text armour: PEM (RFC 7468), the older form with headers (RFC 1421), `OpenPGP` armour
/// (RFC 9580, section 6.2) or SSH2 (RFC 4716).
#[derive(Debug)]
pub(super) struct Armor {
    /// The text between `BEGIN` and the dashes, such as `RSA PRIVATE KEY`.
    pub(super) label: String,
    /// Headers before the body; at most [`MAX_HEADERS`].
    pub(super) headers: Vec<(String, String)>,
    /// The characters of base64, without white space.
    pub(super) body: Vec<u8>,
    /// The 4 characters after `=` of `OpenPGP` armour.
    pub(super) checksum: Option<Vec<u8>>,
    /// Whether an `END` line follows.
    pub(super) complete: bool,
    /// Whether the body was interrupted by text that is not base64.
    pub(super) foreign: bool,
}

const MAX_HEADERS: usize = 16;
const MAX_LABEL: usize = 64;

impl Armor {
    /// The first value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// Undoes escapes: `\n`, `\r`, `\t`, `\u003d` and their like, however often the backslashes were
/// doubled. Base64 holds no backslash, so each one belongs to an escape.
pub(super) fn unescape(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let slashes = rest[at..].iter().take_while(|&&b| b == b'\\').count();
        rest = &rest[at + slashes..];
        let Some((&escaped, tail)) = rest.split_first() else {
            break;
        };
        rest = tail;
        match escaped {
            b'n' | b'r' => out.push(b'\n'),
            b't' => out.push(b' '),
            b'u' => match tail.first_chunk::<4>().and_then(|hex| unicode(*hex)) {
                Some(byte) => {
                    out.push(byte);
                    rest = &tail[4..];
                }
                None => out.push(b'u'),
            },
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest);
    out
}

fn unicode(hex: [u8; 4]) -> Option<u8> {
    let number = hex.iter().try_fold(0, |n, &b| Some(n * 16 + char::from(b).to_digit(16)?))?;
    u8::try_from(number).ok().filter(u8::is_ascii)
}

/// Reads the first private key block of unescaped text. Other blocks before it, such as curve
/// parameters and certificates, are stepped over.
pub(super) fn read(text: &[u8]) -> Option<Armor> {
    for begin in memchr::memmem::find_iter(text, b"BEGIN ") {
        let before = text[..begin].trim_ascii_end();
        let rest = &text[begin + b"BEGIN ".len()..];
        let Some(len) = memchr::memmem::find(&rest[..rest.len().min(MAX_LABEL)], b"--") else {
            continue;
        };
        let label = rest[..len].trim_ascii();
        if !before.ends_with(b"--") || memchr::memmem::find(label, b"PRIVATE KEY").is_none() {
            continue;
        }
        let rest = &rest[len..];
        let dashes = rest.iter().take_while(|&&b| b == b'-').count();
        let rest = &rest[dashes..];
        let end = memchr::memmem::find(rest, b"----").unwrap_or(rest.len());
        let after = rest[end..].trim_ascii_start();
        let dashes = after.iter().take_while(|&&b| b == b'-').count();
        let mut armor = Armor {
            label: String::from_utf8_lossy(label).into_owned(),
            headers: Vec::new(),
            body: Vec::with_capacity(end),
            checksum: None,
            complete: after[dashes..].trim_ascii_start().starts_with(b"END"),
            foreign: false,
        };
        armor.read_lines(&rest[..end]);
        return Some(armor);
    }
    None
}

impl Armor {
    fn read_lines(&mut self, text: &[u8]) {
        let lines = || text.split(|&b| b == b'\n' || b == b'\r').map(<[u8]>::trim_ascii);
        // No body begins with any of these characters: DER, OpenSSH and OpenPGP keys all start with
        // a letter. So what stands before the first line of text stands before each line.
        let is_mark = |b: &u8| b"#/*;>+-|!%.,".contains(b);
        let is_text = |line: &&[u8]| line.iter().any(u8::is_ascii_alphanumeric);
        let first = lines().skip(1).find(is_text).unwrap_or_default();
        let mark = &first[..first.iter().take_while(|&b| is_mark(b)).count()];
        for line in lines() {
            let line = line.strip_prefix(mark).unwrap_or(line).trim_ascii();
            if !self.read_quoted(line) {
                return;
            }
        }
    }

    /// Reads a line that may be quoted as in source code. `false` ends the body.
    fn read_quoted(&mut self, line: &[u8]) -> bool {
        let is_quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`');
        let quotes = line.iter().filter(|&b| is_quote(b)).count();
        if quotes == 0 {
            // What joins or ends lines in source code.
            let line = line.strip_suffix(b" +").unwrap_or(line);
            let line = line.strip_suffix(b",").or(line.strip_suffix(b";")).unwrap_or(line);
            return self.read_segment(line);
        }
        for (index, segment) in line.split(is_quote).map(<[u8]>::trim_ascii).enumerate() {
            // With all quotes in pairs, only what stands inside counts; else a quote opened or
            // closed on another line, and whatever is not mere punctuation counts.
            let inside = index % 2 == 1 || quotes % 2 == 1;
            let punctuation = !segment.iter().any(|b| b.is_ascii_alphanumeric() || *b == b'=');
            if inside && !punctuation && !self.read_segment(segment) {
                return false;
            }
        }
        true
    }

    /// Reads headers and base64 of one piece of a line. `false` ends the body.
    fn read_segment(&mut self, segment: &[u8]) -> bool {
        let mut rest = segment;
        while let Some(colon) = memchr::memchr(b':', rest) {
            let name = rest[..colon].trim_ascii();
            let after = rest[colon + 1..].trim_ascii_start();
            if name.len() > 32 || !name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-') {
                return self.stop();
            }
            // Only these two stand on one line with what follows, when a key is put on one line.
            let short = name == b"Proc-Type" || name == b"DEK-Info";
            let len =
                if short { after.iter().position(u8::is_ascii_whitespace).unwrap_or(after.len()) } else { after.len() };
            if self.headers.len() < MAX_HEADERS {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                self.headers.push((text(name), text(&after[..len])));
            }
            rest = &after[len..];
        }
        for token in rest.split(u8::is_ascii_whitespace).filter(|token| !token.is_empty()) {
            let known = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
            if !token.iter().all(known) {
                return self.stop();
            }
            match token.strip_prefix(b"=") {
                Some(checksum) if checksum.len() == 4 => self.checksum = Some(checksum.to_vec()),
                _ => self.body.extend_from_slice(token),
            }
        }
        true
    }

    /// Text that is not base64 ends a body whose end line is missing, and spoils any other.
    fn stop(&mut self) -> bool {
        self.foreign = self.complete || self.body.is_empty();
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::dashed;
    use super::*;

    fn check(text: &str, body: &str) {
        let unescaped = unescape(dashed(text).as_bytes());
        let armor = read(&unescaped).unwrap_or_else(|| panic!("no block in {text}"));
        assert_eq!(String::from_utf8_lossy(&armor.body), body, "{text}");
        assert!(!armor.foreign, "{text}");
    }

    #[test]
    fn layouts() {
        let (begin, end) = ("@@BEGIN RSA PRIVATE KEY@@", "@@END RSA PRIVATE KEY@@");
        let lines = ["MIIabc", "//de+f", "+/ghi="];
        let whole = lines.concat();
        let joined = |line: &dyn Fn(&str) -> String| -> String { lines.iter().map(|l| line(l)).collect() };
        for text in [
            format!("{begin}\n{}\n{end}\n", lines.join("\n")),
            format!("{begin}\r\n{}\r\n{end}", lines.join("\r\n")),
            format!(r"{begin}\n{}\n{end}\n", lines.join(r"\n")),
            format!(r"{begin}\\n{}\\n{end}", lines.join(r"\\n")),
            format!(r"{begin}\r\n{}\r\n{end}", lines.join(r"\r\n")),
            format!("key: |\n  {begin}\n  {}\n  {end}", lines.join("\n  ")),
            format!("# {begin}\n# {}\n# {end}", lines.join("\n# ")),
            format!("//{begin}\n//{}\n//{end}", lines.join("\n//")),
            format!(" * {begin}\n * {}\n * {end}", lines.join("\n * ")),
            format!("+{begin}\n+{}\n+{end}", lines.join("\n+")),
            format!("-{begin}\n-{}\n-{end}", lines.join("\n-")),
            format!("{begin} {} {end}", lines.join(" ")),
            format!("{begin}{whole}{end}"),
            format!("{begin}\n{}", lines.join("\n")),
            format!("{begin}\n{}\n\n}}; // no end", lines.join("\n")),
            format!("\"{begin}\" +\n{}\"{end}\"", joined(&|l| format!("\"{l}\" +\n"))),
            format!("\"{begin}\\n\" +\n{}\"{end}\"", joined(&|l| format!("    \"{l}\\n\" +\n"))),
            format!("\"{begin}\\n\"\n{}+ \"{end}\"", joined(&|l| format!("+ \"{l}\\n\"\n"))),
            format!("'{begin}' .\n{}'{end}'", joined(&|l| format!("'{l}' . \n"))),
            format!("[\"{begin}\",\n{}\"{end}\"]", joined(&|l| format!("\"{l}\",\n"))),
            format!("\"{begin}\\n\\\n{}{end}\"", joined(&|l| format!("{l}\\n\\\n"))),
            format!("@@BEGIN EC PARAMETERS@@\nBgg=\n@@END EC PARAMETERS@@\n{begin}\n{whole}\n{end}"),
        ] {
            check(&text, &whole);
        }
    }

    #[test]
    fn headers_and_checksums() {
        for joint in ["\n", " ", "\\n", "\r\n"] {
            let text = [
                "@@BEGIN RSA PRIVATE KEY@@",
                "Proc-Type: 4,ENCRYPTED",
                "DEK-Info: AES-256-CBC,00FF",
                "",
                "QUJD",
                "@@END RSA PRIVATE KEY@@",
            ]
            .join(joint);
            let armor = read(&unescape(dashed(&text).as_bytes())).unwrap();
            assert_eq!(armor.body, b"QUJD");
            assert_eq!(armor.header("proc-type"), Some("4,ENCRYPTED"));
            assert_eq!(armor.header("DEK-Info"), Some("AES-256-CBC,00FF"));
            assert!(armor.complete);
        }
        let text = "@@BEGIN PGP PRIVATE KEY BLOCK@@\nVersion: X 1.0\nComment: a b c\n\n\
                    QUJD\n=AbCd\n\
                    @@END PGP PRIVATE KEY BLOCK@@";
        let armor = read(dashed(text).as_bytes()).unwrap();
        assert_eq!((&armor.body[..], armor.checksum.as_deref()), (&b"QUJD"[..], Some(&b"AbCd"[..])));
        assert_eq!(armor.headers.len(), 2);
    }

    #[test]
    fn foreign_text_is_noticed() {
        for body in ["...", "<redacted>", "QUJD\n****\nQUJD", "your key: here"] {
            let text = format!("@@BEGIN PRIVATE KEY@@\n{body}\n@@END PRIVATE KEY@@");
            assert!(read(dashed(&text).as_bytes()).unwrap().foreign, "{body}");
        }
        let public = dashed("@@BEGIN PUBLIC KEY@@\nQUJD\n@@END PUBLIC KEY@@");
        assert!(read(public.as_bytes()).is_none());
        assert!(read(b"BEGIN PRIVATE KEY").is_none());
    }

    #[test]
    fn escapes() {
        for (text, want) in [
            (r"a\nb", "a\nb"),
            (r"a\\\\nb", "a\nb"),
            (r"a\u003d\u002B\/", "a=+/"),
            (r"a\u00e9", "au00e9"),
            (r"a\u12", "au12"),
            ("a\\", "a"),
        ] {
            assert_eq!(String::from_utf8(unescape(text.as_bytes())).unwrap(), want);
        }
    }
}
