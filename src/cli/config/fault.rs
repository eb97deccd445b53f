//! What is wrong with a configuration: place, key, message, and the line itself as far as it may be shown.

use std::fmt;
use std::ops::Range;

use crate::blob::is_unsafe_to_print;

/// Faults that are shown; of the rest the number is told.
const SHOWN: usize = 50;

/// Columns of a line that are shown.
const WIDTH: usize = 120;

/// Letters and digits in a row that are taken for the salt, and not shown, wherever they stand.
const HIDDEN_RUN: usize = 20;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// Line and column, both from 1, columns in characters; none where the file could not be read.
    pub place: Option<(usize, usize)>,
    /// The key, such as `scan.fail_on`; empty where the fault is in no key.
    pub key: String,
    /// What is wrong, and what is valid.
    pub message: String,
    /// The line, without what could be the salt.
    pub line: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        f.write_str(": ")?;
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        f.write_str(&self.message)?;
        if let (Some(text), Some((line, _))) = (&self.line, self.place) {
            write!(f, "\n  {line} | {text}")?;
        }
        Ok(())
    }
}

/// All that is wrong with the configurations that were named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The faults, in the order of the files and in each by place; never none.
    pub faults: Vec<Fault>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [fault] = self.faults.as_slice() {
            return fault.fmt(f);
        }
        write!(f, "{} errors in the configuration", self.faults.len())?;
        for fault in self.faults.iter().take(SHOWN) {
            write!(f, "\n{fault}")?;
        }
        if self.faults.len() > SHOWN {
            write!(f, "\n{} more", self.faults.len() - SHOWN)?;
        }
        Ok(())
    }
}

/// Collects the faults of one file.
pub(super) struct Faults<'a> {
    file: String,
    text: &'a str,
    found: Vec<(Range<usize>, String, String)>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(file: &str, text: &'a str) -> Self {
        Self { file: file.to_owned(), text, found: Vec::new() }
    }

    /// Notes a fault at a span of the text.
    pub(super) fn push(&mut self, span: Range<usize>, key: impl Into<String>, message: impl Into<String>) {
        self.found.push((span, printable(&key.into()), printable(&message.into())));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The faults by place, each once.
    pub(super) fn finish(mut self) -> Vec<Fault> {
        self.found.sort_by(|a, b| (a.0.start, a.0.end, &a.1, &a.2).cmp(&(b.0.start, b.0.end, &b.1, &b.2)));
        self.found.dedup();
        let lines = Lines::new(self.text);
        let place = |(span, key, message): (Range<usize>, String, String)| {
            let (line, column) = lines.place(span.start);
            Fault { file: self.file.clone(), place: Some((line, column)), key, message, line: Some(lines.shown(line)) }
        };
        self.found.into_iter().map(place).collect()
    }
}

/// The lines of a configuration.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// Lines whose whole content is part of a salt that goes over several.
    hidden: Vec<bool>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let starts: Vec<usize> =
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect();
        let mut hidden = Vec::with_capacity(starts.len());
        let mut until: Option<&str> = None;
        for line in text.split('\n') {
            hidden.push(until.is_some());
            let quotes = |quote: &str| line.matches(quote).count();
            match until {
                Some(quote) if quotes(quote) > 0 => until = None,
                Some(_) => {}
                None if names_salt(line) => until = ["\"\"\"", "'''"].into_iter().find(|quote| quotes(quote) == 1),
                None => {}
            }
        }
        Self { text, starts, hidden }
    }

    /// Line and column of a byte, both from 1.
    pub(super) fn place(&self, at: usize) -> (usize, usize) {
        let at = self.text.floor_char_boundary(at);
        let line = self.starts.partition_point(|&start| start <= at);
        let column = self.text[self.starts[line - 1]..at].chars().count() + 1;
        (line, column)
    }

    /// The line from 1, without what could be the salt: it can stand under a misspelt key or in the wrong place, which
    /// is just when its line is shown.
    fn shown(&self, line: usize) -> String {
        if self.hidden[line - 1] {
            return "(not shown: it may be part of the salt)".to_owned();
        }
        let end = self.starts.get(line).map_or(self.text.len(), |next| next - 1);
        let text = self.text[self.starts[line - 1]..end].trim_end();
        let mut out = if names_salt(text) {
            let key = text.split('=').next().unwrap_or_default();
            if key.len() == text.len() { "(not shown: it may hold the salt)".to_owned() } else { format!("{key}= ...") }
        } else {
            without_runs(text)
        };
        if let Some((at, _)) = out.char_indices().nth(WIDTH) {
            out.truncate(at);
            out.push_str(" ...");
        }
        printable(&out)
    }
}

/// Whether a line names the salt, or nearly so.
fn names_salt(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let key = lower.split('=').next().unwrap_or_default();
    let last = key.rsplit('.').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    lower.contains("salt") || (last.len() <= 8 && strsim::osa_distance(last, "salt") <= 2)
}

/// Text with long runs of letters and digits that hold both, such as keys, left out.
pub(super) fn without_runs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(run);
        let mixed = head.bytes().any(|byte| byte.is_ascii_digit());
        out.push_str(if head.len() >= HIDDEN_RUN && mixed { "..." } else { head });
        let next = tail.chars().next().map_or(0, char::len_utf8);
        out.push_str(&tail[..next]);
        rest = &tail[next..];
    }
    out
}

/// One line that is safe on a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' => ' ',
            other if is_unsafe_to_print(other) => '\u{fffd}',
            other => other,
        })
        .collect()
}

/// The one of `valid` that `given` was meant to be, if one is near enough: a third of its length may be wrong.
pub(super) fn nearest<'v>(given: &str, valid: impl IntoIterator<Item = &'v str>) -> Option<&'v str> {
    if given.is_empty() || given.len() > 80 {
        return None;
    }
    let given = given.to_lowercase().replace(['-', ' '], "_");
    let distance = |known: &str| strsim::osa_distance(&given, &known.to_lowercase().replace('-', "_"));
    let (far, name) = valid.into_iter().map(|known| (distance(known), known)).min()?;
    (far <= (name.len().max(given.len()) / 3).max(1)).then_some(name)
}

/// The nearest of `valid` as the end of a message, else all of them.
pub(super) fn suggest(given: &str, valid: &[&str]) -> String {
    match nearest(given, valid.iter().copied()) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => format!("; known here: {}", valid.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_near() {
        assert_eq!(nearest("fail-on", ["fail_on", "fail_on_gap"]), Some("fail_on"));
        assert_eq!(nearest("hgih", ["low", "high"]), Some("high"));
        assert_eq!(nearest("bananas", ["low", "high"]), None);
        assert_eq!(nearest("", ["low"]), None);
    }

    #[test]
    fn lines_do_not_show_a_salt() {
        let digits = "0123456789abcdef".repeat(2);
        for text in [
            format!("salt = \"{digits}\""),
            format!("slat = \"{digits}\""),
            format!("unit = \"{digits}\""),
            format!("a.Salt=\"{digits}"),
            format!("scan = {{ salt = '{digits}' }}"),
            format!("{digits} = 1"),
        ] {
            let shown = Lines::new(&text).shown(1);
            assert!(!shown.contains("0123456789"), "{shown}");
        }
        let lines = "salt = \"\"\"\nfirst words\nmore\"\"\"\nunit = \"shown\"";
        let lines = Lines::new(lines);
        assert!(lines.shown(2).starts_with("(not shown") && lines.shown(3).starts_with("(not shown"));
        assert_eq!(lines.shown(4), "unit = \"shown\"");
        let plain = Lines::new("salt = \"correct horse\"\n").shown(1);
        assert_eq!(plain, "salt = ...");
    }

    #[test]
    fn places_count_characters_from_one() {
        let lines = Lines::new("aé=1\n\tb");
        assert_eq!([lines.place(0), lines.place(3), lines.place(7), lines.place(99)], [(1, 1), (1, 3), (2, 2), (2, 3)]);
    }
}
