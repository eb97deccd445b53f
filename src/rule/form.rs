//! Forms: the shape of a value, written as text with generators (`acme_{{base62:32}}`).
//!
//! One form is at once what the rule looks for, what its samples are made of and what the property test draws from, so
//! that the three cannot drift apart. `docs/rule-format.md`, section Forms, is the reference.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::model::Boundary;

/// Longest run that a generator may ask for, in bytes.
const MAX_RUN: usize = 16 * 1024;

/// A parsed form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form(Vec<Part>);

/// A piece of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Part {
    /// Literal text.
    Text(String),
    /// Characters of an alphabet.
    Run {
        /// As written: `base62`, `[0-9a-z-]`.
        name: String,
        alphabet: String,
        least: usize,
        most: usize,
    },
}

/// The characters of an alphabet, by its name or as a class in brackets; none where it is neither.
pub fn alphabet(name: &str) -> Option<String> {
    const DIGITS: &str = "0123456789";
    const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
    const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let base62 = || format!("{DIGITS}{UPPER}{LOWER}");
    Some(match name {
        "digits" => DIGITS.to_owned(),
        "hex" => format!("{DIGITS}abcdef"),
        "HEX" => format!("{DIGITS}ABCDEF"),
        "lower" => LOWER.to_owned(),
        "upper" => UPPER.to_owned(),
        "alnum" => format!("{DIGITS}{LOWER}"),
        "ALNUM" => format!("{DIGITS}{UPPER}"),
        "base62" => base62(),
        "base64" => format!("{}+/", base62()),
        "base64url" => format!("{}-_", base62()),
        "base32" => format!("{UPPER}234567"),
        "base58" => base62().replace(['0', 'O', 'I', 'l'], ""),
        _ => return class(name.strip_prefix('[')?.strip_suffix(']')?),
    })
}

/// The characters of a class such as `0-9a-z_-`: ranges, single characters, a hyphen at either end for itself.
fn class(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut at = 0;
    while let Some(&first) = bytes.get(at) {
        let last = match (bytes.get(at + 1), bytes.get(at + 2)) {
            (Some(b'-'), Some(&last)) if last >= first => last,
            _ => first,
        };
        if !first.is_ascii_graphic() || !last.is_ascii_graphic() {
            return None;
        }
        out.extend((first..=last).map(char::from).filter(|new| !out.contains(*new)).collect::<Vec<_>>());
        at += if last > first { 3 } else { 1 };
    }
    (!out.is_empty()).then_some(out)
}

/// `kind:N` or `kind:N-M`: the alphabet's name and the bounds of the run's length.
pub fn run_of(generator: &str) -> Option<(&str, usize, usize)> {
    let (name, length) = generator.rsplit_once(':')?;
    let (least, most) = match length.split_once('-') {
        None => (length.parse().ok()?, length.parse().ok()?),
        Some((least, most)) => (least.parse().ok()?, most.parse().ok()?),
    };
    (least <= most && (1..=MAX_RUN).contains(&most)).then_some((name, least, most))
}

impl Form {
    /// Reads a form. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.replace("${}", "");
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some(open) = rest.find("{{") {
            push_text(&mut parts, &rest[..open]);
            let close = rest[open..].find("}}").ok_or("a generator is not closed")? + open;
            let generator = &rest[open + 2..close];
            if generator == "uuid" {
                for (number, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
                    push_text(&mut parts, if number == 0 { "" } else { "-" });
                    parts.push(run("hex", length, length).expect("hex is an alphabet"));
                }
            } else {
                let (name, least, most) = run_of(generator)
                    .ok_or_else(|| format!("`{generator}` is no generator: `alphabet:LENGTH` or `alphabet:MIN-MAX`"))?;
                parts.push(run(name, least, most).ok_or_else(|| format!("`{name}` is no alphabet"))?);
            }
            rest = &rest[close + 2..];
        }
        push_text(&mut parts, rest);
        if !parts.iter().any(|part| matches!(part, Part::Run { .. })) {
            return Err("a form needs at least one generator".to_owned());
        }
        Ok(Self(parts))
    }

    /// The regular expression of the values that have the form.
    pub(super) fn pattern(&self) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(&regex_syntax::escape(text)),
                Part::Run { alphabet, least, most, .. } => {
                    out.push_str(&class_pattern(alphabet));
                    let bounds = if least == most { format!("{{{least}}}") } else { format!("{{{least},{most}}}") };
                    out.push_str(&bounds);
                }
            }
        }
        out
    }

    /// Whether the whole of `value` has the form.
    pub fn fits(&self, value: &[u8]) -> bool {
        let (shortest, longest) = self.lengths();
        (shortest..=longest).contains(&value.len()) && self.fits_head(value) && self.ends(value)[value.len()]
    }

    /// Whether `value` begins with a text that has the form.
    pub fn fits_head(&self, value: &[u8]) -> bool {
        // Up to the first run of no fixed length there is one way to read it.
        let mut rest = value;
        for part in &self.0 {
            match part {
                Part::Text(text) => match rest.strip_prefix(text.as_bytes()) {
                    Some(behind) => rest = behind,
                    None => return false,
                },
                Part::Run { alphabet, least, most, .. } => {
                    let fixed = rest.get(..*least);
                    if !fixed.is_some_and(|run| run.iter().all(|byte| alphabet.as_bytes().contains(byte))) {
                        return false;
                    }
                    if least != most {
                        return self.ends(value).contains(&true);
                    }
                    rest = &rest[*least..];
                }
            }
        }
        true
    }

    /// For each place of `value`, and the one behind it, whether a text of the form may end there.
    fn ends(&self, value: &[u8]) -> Vec<bool> {
        // The places that the parts so far may have led to, as in a simulation of the pattern.
        let mut places = vec![false; value.len() + 1];
        places[0] = true;
        for part in &self.0 {
            let mut next = vec![false; value.len() + 1];
            for (at, _) in places.iter().enumerate().filter(|(_, here)| **here) {
                match part {
                    Part::Text(text) if value[at..].starts_with(text.as_bytes()) => next[at + text.len()] = true,
                    Part::Text(_) => {}
                    Part::Run { alphabet, least, most, .. } => {
                        let run = value[at..].iter().take_while(|byte| alphabet.as_bytes().contains(byte)).count();
                        (*least..=run.min(*most)).for_each(|length| next[at + length] = true);
                    }
                }
            }
            places = next;
        }
        places
    }

    /// Shortest and longest value, in bytes.
    pub(super) fn lengths(&self) -> (usize, usize) {
        self.0.iter().fold((0, 0), |(shortest, longest), part| match part {
            Part::Text(text) => (shortest + text.len(), longest + text.len()),
            Part::Run { least, most, .. } => (shortest + least, longest + most),
        })
    }

    /// Whether its first bytes tell it from identifiers, paths and versions: they hold no `_`, `.`, `/` or `+`, or the
    /// length is fixed.
    pub(super) fn is_telling(&self) -> bool {
        let (shortest, longest) = self.lengths();
        if shortest == longest || self.literal_head().len() >= 4 {
            return true;
        }
        let mut seen = 0;
        self.0
            .iter()
            .take_while(|part| {
                let before = seen;
                seen += match part {
                    Part::Text(text) => text.len(),
                    Part::Run { least, .. } => *least,
                };
                before < 16
            })
            .all(|part| match part {
                Part::Text(_) => true,
                Part::Run { alphabet, .. } => !alphabet.contains(['_', '.', '/', '+']),
            })
    }

    /// The boundary that tells a longer run of the last alphabet from the value.
    pub(super) fn right(&self) -> Boundary {
        let last = match self.0.last() {
            Some(Part::Run { alphabet, .. }) => alphabet.as_str(),
            Some(Part::Text(text)) => text.as_str(),
            None => "",
        };
        match last {
            last if last.contains(['+', '/', '=']) => Boundary::Base64,
            last if last.contains('-') => Boundary::Token,
            _ => Boundary::Word,
        }
    }

    /// True for a text that begins with the literal part of the form, if it has one.
    pub(super) fn literal_head(&self) -> &str {
        match self.0.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// The alphabet of the longest run has digits, so that a value without any is worth a near miss.
    pub(super) fn has_digits(&self) -> bool {
        let mixed =
            self.longest_run().is_some_and(|(_, alphabet)| alphabet.contains('0') && alphabet.contains(['a', 'A']));
        mixed && !self.0.iter().any(|part| matches!(part, Part::Text(text) if text.bytes().any(|b| b.is_ascii_digit())))
    }

    fn longest_run(&self) -> Option<(usize, &str)> {
        let runs = self.0.iter().enumerate().filter_map(|(at, part)| match part {
            Part::Run { alphabet, most, .. } => Some((*most, at, alphabet.as_str())),
            Part::Text(_) => None,
        });
        runs.max_by_key(|&(most, at, _)| (most, at)).map(|(_, at, alphabet)| (at, alphabet))
    }

    /// A template for samples with every run at its shortest (`long` false) or longest, within reason.
    pub(super) fn template(&self, long: bool) -> String {
        self.write(|_, least, most| if long { most.min(least.max(96)) } else { least }, None)
    }

    /// A template that is one character too short.
    pub(super) fn too_short(&self) -> String {
        let fixed = |part: &Part| matches!(part, Part::Run { least, .. } if *least > 0);
        let last = self.0.iter().rposition(fixed);
        self.write(|at, least, _| if Some(at) == last { least - 1 } else { least }, None)
    }

    /// A template with a character that no alphabet has in the middle of the longest run.
    pub(super) fn broken(&self) -> String {
        self.write(|_, least, most| least.max(most.min(2)), self.longest_run().map(|(at, _)| at))
    }

    /// A template without a digit in the longest run.
    pub(super) fn without_digits(&self) -> String {
        let mut out = self.clone();
        for part in &mut out.0 {
            if let Part::Run { name, alphabet, .. } = part {
                let upper = !alphabet.contains('a');
                let hex = !alphabet.contains('z') && !alphabet.contains('Z');
                let letters = match (upper, hex) {
                    (false, false) => "lower",
                    (true, false) => "upper",
                    (false, true) => "[a-f]",
                    (true, true) => "[A-F]",
                };
                letters.clone_into(name);
            }
        }
        out.template(false)
    }

    fn write(&self, length: impl Fn(usize, usize, usize) -> usize, broken: Option<usize>) -> String {
        let mut out = String::new();
        for (at, part) in self.0.iter().enumerate() {
            match part {
                Part::Text(text) => out.push_str(&joined(text)),
                Part::Run { name, least, most, .. } => {
                    let length = length(at, *least, *most);
                    let halves = if broken == Some(at) { [length / 2, length - length / 2 - 1] } else { [length, 0] };
                    for (number, half) in halves.into_iter().enumerate() {
                        if number == 1 && broken == Some(at) {
                            out.push('!');
                        }
                        if half > 0 {
                            write!(out, "{{{{{name}:{half}}}}}").expect("strings take all that is written");
                        }
                    }
                }
            }
        }
        out
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Run { name, least, most, .. } if least == most => write!(f, "{{{{{name}:{least}}}}}")?,
                Part::Run { name, least, most, .. } => write!(f, "{{{{{name}:{least}-{most}}}}}")?,
            }
        }
        Ok(())
    }
}

/// Literal text as samples write it: with the joiner in the middle, so that no sample looks like a token of its own.
fn joined(text: &str) -> String {
    let middle = text.len() / 2;
    if text.len() < 3 || !text.is_char_boundary(middle) {
        return text.to_owned();
    }
    format!("{}${{}}{}", &text[..middle], &text[middle..])
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(last)) => last.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

fn run(name: &str, least: usize, most: usize) -> Option<Part> {
    Some(Part::Run { name: name.to_owned(), alphabet: alphabet(name)?, least, most })
}

/// A character class of the characters of `alphabet`, with ranges.
fn class_pattern(alphabet: &str) -> String {
    let mut bytes: Vec<u8> = alphabet.bytes().collect();
    bytes.sort_unstable();
    bytes.dedup();
    let mut out = "[".to_owned();
    for range in bytes.chunk_by(|one, next| next - one == 1) {
        let escape = |byte: u8| regex_syntax::escape(char::from(byte).encode_utf8(&mut [0; 4]));
        match range {
            [first, .., last] if range.len() > 2 => {
                let _ = write!(out, "{}-{}", escape(*first), escape(*last));
            }
            few => few.iter().for_each(|&byte| out.push_str(&escape(byte))),
        }
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Form {
        Form::parse(text).unwrap()
    }

    #[test]
    fn forms_become_patterns() {
        assert_eq!(form("ak_${}live_{{hex:32}}").pattern(), "ak_live_[0-9a-f]{32}");
        assert_eq!(form("{{base64url:20-44}}.{{digits:1}}").pattern(), r"[\-0-9A-Z_a-z]{20,44}\.[0-9]{1}");
        assert_eq!(form("{{[a-cx-]:3}}").pattern(), r"[\-a-cx]{3}");
        assert_eq!(form("{{uuid}}").lengths(), (36, 36));
        assert_eq!(form("x{{hex:2-5}}").lengths(), (3, 6));
        let short = form("ab{{hex:2-3}}-{{digits:0-1}}");
        assert!(short.fits(b"ab0f-") && short.fits(b"ab0fa-7"));
        assert!(!short.fits(b"ab0-7") && !short.fits(b"ab0f-77") && !short.fits(b"xab0f-"));
        assert!(form("{{uuid}}").pattern().starts_with(r"[0-9a-f]{8}\-[0-9a-f]{4}"));
    }

    #[test]
    fn samples_keep_or_break_the_form() {
        let key = form("acme_{{base62:20-40}}");
        assert_eq!(key.template(false), "ac${}me_{{base62:20}}");
        assert_eq!(key.template(true), "ac${}me_{{base62:40}}");
        assert_eq!(key.too_short(), "ac${}me_{{base62:19}}");
        assert_eq!(key.broken(), "ac${}me_{{base62:10}}!{{base62:9}}");
        assert_eq!(form("{{hex:32}}").without_digits(), "{{[a-f]:32}}");
        assert_eq!(key.right(), Boundary::Word);
        assert_eq!(form("{{base64:32}}").right(), Boundary::Base64);
    }

    #[test]
    fn mistakes_are_told() {
        for (text, part) in [
            ("acme", "at least one generator"),
            ("{{hex:0}}", "no generator"),
            ("{{hex:9-3}}", "no generator"),
            ("{{octal:3}}", "no alphabet"),
            ("{{hex:3", "not closed"),
        ] {
            assert!(Form::parse(text).unwrap_err().contains(part), "{text}");
        }
    }
}
