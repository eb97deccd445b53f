//! Where content comes from. A blob is a piece of content on one worker; an origin says where it lies.

use std::fmt;
use std::sync::Arc;

use crate::span::Position;

/// The place of a blob, as reports name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A file below a target directory, or a target file itself.
    File(FilePlace),
    /// Standard input, by the index of the target that it is.
    Stdin(usize),
}

/// A file of one target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePlace {
    /// Index of the target on the command line, from 0.
    pub target: usize,
    /// Path relative to the target (for a target that is a file: its name), with `/` between components. Raw bytes,
    /// since names need not be UTF-8.
    pub path: Vec<u8>,
    /// The commit that brought the content there, in hexadecimal, where it comes from git's history.
    pub commit: Option<Arc<str>>,
    /// What of a history holds it, where it is not a file as it lies there.
    pub history: Option<FromHistory>,
}

/// What of a git history holds something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FromHistory {
    /// The object with this id, in hexadecimal.
    Object(Arc<str>),
    /// The log of a reference.
    Log,
}

impl FilePlace {
    /// A file as it lies there.
    pub fn new(target: usize, path: Vec<u8>) -> Self {
        Self { target, path, commit: None, history: None }
    }
}

impl Origin {
    /// The path relative to its target as raw bytes; `-` for standard input.
    pub fn path_bytes(&self) -> &[u8] {
        match self {
            Self::File(place) => &place.path,
            Self::Stdin(_) => b"-",
        }
    }

    /// Index of the target this lies in, or that it is.
    pub fn target(&self) -> usize {
        match self {
            Self::File(place) => place.target,
            Self::Stdin(target) => *target,
        }
    }

    /// The commit that brought the content there, where it comes from git's history.
    pub fn commit(&self) -> Option<&str> {
        match self {
            Self::File(place) => place.commit.as_deref(),
            Self::Stdin(_) => None,
        }
    }

    /// What of a history holds it, where it is not a file as it lies there.
    pub fn history(&self) -> Option<&FromHistory> {
        match self {
            Self::File(place) => place.history.as_ref(),
            Self::Stdin(_) => None,
        }
    }

    /// The path for people and logs; see [`printable`].
    pub fn display(&self) -> String {
        printable(self.path_bytes())
    }
}

/// Text that is safe on a terminal: bytes that are not UTF-8 as `\xHH`, control, bidirectional and other invisible
/// characters as `\u{HEX}`; a backslash of the name itself is doubled, so that no two names print alike.
pub fn printable(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character == '\\' {
                out.push_str("\\\\");
            } else if is_unsafe_to_print(character) {
                write!(out, "\\u{{{:x}}}", u32::from(character)).expect("writing to a string");
            } else {
                out.push(character);
            }
        }
        for byte in chunk.invalid() {
            write!(out, "\\x{byte:02x}").expect("writing to a string");
        }
    }
    out
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of hexadecimal digits in either case; none where the text is something else.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Text of our own that may hold names: as [`printable`], but backslashes stay, since messages quote names as they are.
pub fn printable_text(text: &str) -> String {
    text.chars()
        .map(|character| if is_unsafe_to_print(character) && character != '\n' { '\u{fffd}' } else { character })
        .collect()
}

/// Characters that move the cursor, reorder text or cannot be seen.
pub fn is_unsafe_to_print(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The git work tree around a target, as `versionControlProvenance` of SARIF 2.1.0 section 3.14.16 wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitInfo {
    /// Path of the target relative to the root of the work tree, with `/` between components and behind the last one;
    /// empty where the target is the root. For a target that is a file: that of the directory it lies in.
    pub prefix: Vec<u8>,
    /// URL of the remote `origin`, without any credential in it.
    pub repository: Option<String>,
    /// Commit that HEAD names.
    pub revision: Option<String>,
    /// Branch that HEAD names.
    pub branch: Option<String>,
    /// The commits whose changes were scanned, where it was not the files.
    pub range: Option<CommitRange>,
}

/// The commits that one has in its history and another has not; ids in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CommitRange {
    /// The commit whose history is left out.
    pub from: String,
    /// The commit whose history is scanned.
    pub to: String,
}

/// One piece of content: a whole small file, or a window of a larger one.
#[derive(Debug)]
pub struct Blob<'b> {
    /// Where it lies.
    pub origin: &'b Arc<Origin>,
    /// The bytes to search: the original ones, or a decoded or masked view of them.
    pub text: &'b [u8],
    /// The offsets in `text` at which this blob owns matches. What lies before is context that the window before has
    /// searched, what lies behind is there so that matches are seen whole.
    pub owned: std::ops::Range<usize>,
    /// Position of the first byte of `text` in the whole content.
    pub base: Position,
    /// Translates offsets in `text` into offsets of the original content.
    pub offsets: Offsets<'b>,
    /// What kind of content this is.
    pub content: Content,
}

/// How the text of a blob was made from the original bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text, in ASCII, UTF-8 or an eight-bit encoding.
    Text,
    /// Text that was decoded from UTF-16 or UTF-32.
    Decoded,
    /// Binary content: all but printable runs is masked with vertical tabs, which end every rule's value.
    Binary,
}

/// From offsets in a blob's text to offsets in the original content.
#[derive(Clone, Copy, Debug)]
pub enum Offsets<'b> {
    /// `original = offset + base`.
    Shifted(u64),
    /// Decoded text: sorted pairs of (offset in the text, offset in the original), one at least every
    /// [`CHECKPOINT`] bytes of text, and the width of the code units.
    Mapped {
        /// The pairs.
        checkpoints: &'b [(usize, u64)],
        /// Bytes a code unit: 2 for UTF-16, 4 for UTF-32.
        unit: u8,
    },
    /// Base64 of the content from its beginning on: four bytes of text for three.
    Base64 {
        /// Bytes of content that the text stands for.
        length: u64,
    },
}

/// Bytes of decoded text between two offset checkpoints, at most.
pub const CHECKPOINT: usize = 4096;

impl Offsets<'_> {
    /// The offset in the original content of the byte at `offset` of `text`.
    pub fn original(&self, text: &[u8], offset: usize) -> u64 {
        match *self {
            Self::Shifted(base) => base + offset as u64,
            Self::Mapped { checkpoints, unit } => {
                let at = checkpoints.partition_point(|&(decoded, _)| decoded <= offset) - 1;
                let (decoded, original) = checkpoints[at];
                let units: u64 = text[decoded..offset]
                    .iter()
                    .map(|&byte| match byte {
                        0x80..=0xbf => 0,
                        // Four bytes of UTF-8 are a surrogate pair in UTF-16 and one unit in UTF-32.
                        0xf0..=0xff if unit == 2 => 2,
                        _ => 1,
                    })
                    .sum();
                original + units * u64::from(unit)
            }
            Self::Base64 { length } => (offset as u64 * 3 / 4).min(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_print_inert_and_distinct() {
        assert_eq!(printable(b"a\x1b[31mb"), "a\\u{1b}[31mb");
        assert_eq!(printable(b"\xffx"), "\\xffx");
        assert_eq!(printable("x\u{202e}cod".as_bytes()), "x\\u{202e}cod");
        assert_ne!(printable(b"\\xff"), printable(b"\xff"));
    }

    #[test]
    fn decoded_offsets_map_back() {
        // "a" U+00E9 U+1F511 "b" in UTF-16 behind a byte order mark: 2 + 2, 2, 4, 2 bytes.
        let text = "a\u{e9}\u{1f511}b".as_bytes();
        let offsets = Offsets::Mapped { checkpoints: &[(0, 2)], unit: 2 };
        let found: Vec<u64> = [0, 1, 3, 7, 8].iter().map(|&at| offsets.original(text, at)).collect();
        assert_eq!(found, [2, 4, 6, 10, 12]);
    }
}
