//! The planter: makes the labelled corpus whole in a temporary folder.
//!
//! Templates in `corpus/` hold slots instead of secrets (`corpus/README.md` has the syntax). The planter fills them with
//! values it draws itself, encodes each file as `corpus/encodings.toml` says, and writes down where it put what. These
//! records are what the scanner is measured against; nothing here knows the scanner.

mod generate;
mod keys;
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tempfile::TempDir;

pub(crate) use generate::{Noise, expand};

/// What a slot asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// A secret that the named rule has to find.
    Rule(String),
    /// A secret that no rule reaches; a person would call it one.
    Unreached,
    /// Random text that is no secret; in `formats`, whatever stands where a secret might.
    Decoy,
    /// A secret that is joined to a name that speaks of one; any rule may find it.
    Named,
    /// A secret that only a reader can tell: prose, columns, arguments without a name.
    Unnamed,
}

/// A filled slot.
#[derive(Clone, Debug)]
pub(crate) struct Planted {
    /// Path relative to the planted folder, with `/`.
    pub(crate) path: String,
    /// What it is.
    pub(crate) label: Label,
    /// The text that was put in, before the file was encoded.
    pub(crate) value: String,
    /// Bytes of the file as written.
    pub(crate) span: Range<u64>,
    /// First line, from 1.
    pub(crate) line: u64,
    /// Code points before it on its line, plus 1.
    pub(crate) column: u64,
    /// Last line.
    pub(crate) end_line: u64,
    /// Column behind the last character.
    pub(crate) end_column: u64,
}

impl Planted {
    /// The rule that has to find it.
    pub(crate) fn rule(&self) -> Option<&str> {
        match &self.label {
            Label::Rule(rule) => Some(rule),
            Label::Unreached | Label::Decoy | Label::Named | Label::Unnamed => None,
        }
    }
}

/// A planted folder. It is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Corpus {
    folder: TempDir,
    /// All filled slots, in the order of path and place.
    pub(crate) planted: Vec<Planted>,
    /// Number of files.
    pub(crate) files: usize,
}

impl Corpus {
    /// Where the files are.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The secrets that rules have to find.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Planted> {
        self.planted.iter().filter(|planted| planted.rule().is_some())
    }
}

/// The folder whose secrets are counted instead of being expected one by one.
pub(crate) const FORMATS: &str = "formats";

/// The whole corpus, without `formats`.
pub(crate) fn whole() -> Corpus {
    plant_below("")
}

/// One project of the corpus, with paths relative to it.
pub(crate) fn project(name: &str) -> Corpus {
    plant_below(name)
}

/// The folder of templates.
pub(crate) fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Encoding {
    /// UTF-8 without a mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-8 with a byte order mark.
    #[serde(rename = "utf-8-bom")]
    Utf8Bom,
    /// UTF-16, little-endian, with a byte order mark.
    #[serde(rename = "utf-16le-bom")]
    Utf16LeBom,
    /// UTF-16, big-endian, without a mark.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// ISO 8859-1.
    #[serde(rename = "latin-1")]
    Latin1,
}

/// Line ends of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Newline {
    /// `\n`
    Lf,
    /// `\r\n`
    Crlf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Encodings {
    file: Vec<EncodedFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EncodedFile {
    path: String,
    encoding: Encoding,
    newline: Newline,
}

/// Files of the corpus itself, which are not planted.
const OWN_FILES: [&str; 3] = ["README.md", "accepted.toml", "encodings.toml"];

fn plant_below(prefix: &str) -> Corpus {
    let templates = templates();
    let text = fs::read_to_string(templates.join("encodings.toml")).expect("encodings.toml is there");
    let encodings: Encodings = toml::from_str(&text).expect("encodings.toml is well-formed");
    let mut special: BTreeMap<&str, (Encoding, Newline)> =
        encodings.file.iter().map(|file| (file.path.as_str(), (file.encoding, file.newline))).collect();

    let folder = TempDir::with_prefix("corpus-").expect("a temporary folder");
    let mut corpus = Corpus { folder, planted: Vec::new(), files: 0 };
    let mut names = BTreeMap::new();
    let mut paths = Vec::new();
    list(&templates, &templates, &mut paths);
    paths.sort();
    for path in paths.iter().filter(|path| !OWN_FILES.contains(&path.as_str())) {
        let template = fs::read_to_string(templates.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (encoding, newline) = special.remove(path.as_str()).unwrap_or((Encoding::Utf8, Newline::Lf));
        // Filled even where it is not written: values that have a name may be drawn in another project.
        let filled = fill(path, &template, encoding, newline, &mut names);
        let below = match prefix {
            "" => Some(path.as_str()).filter(|path| !path.starts_with("formats/")),
            _ => path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')),
        };
        let Some(below) = below else { continue };
        let file = corpus.root().join(below);
        fs::create_dir_all(file.parent().expect("a file has a folder")).expect("the folder can be made");
        fs::write(&file, &filled.bytes).expect("the file can be written");
        corpus.files += 1;
        corpus.planted.extend(filled.planted.into_iter().map(|planted| Planted { path: below.to_owned(), ..planted }));
    }
    assert!(special.is_empty(), "encodings.toml names files that do not exist: {:?}", special.keys());
    assert!(corpus.files > 0, "the corpus has no project {prefix:?}");
    corpus
}

fn list(root: &Path, folder: &Path, paths: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the corpus can be listed") {
        let path = entry.expect("the corpus can be listed").path();
        if path.is_dir() {
            list(root, &path, paths);
        } else {
            let relative = path.strip_prefix(root).expect("it lies below");
            paths.push(relative.to_str().expect("names in the corpus are UTF-8").to_owned());
        }
    }
}

/// A file made whole.
struct Filled {
    bytes: Vec<u8>,
    planted: Vec<Planted>,
}

/// A value with a name, kept for the places that repeat it.
type Names = BTreeMap<String, (Label, String)>;

fn fill(path: &str, template: &str, encoding: Encoding, newline: Newline, names: &mut Names) -> Filled {
    let mut writer = Writer::new(encoding, newline);
    let mut planted = Vec::new();
    let mut rest = template;
    let mut ordinal = 0;
    while let Some((before, slot, after)) = next_slot(rest) {
        writer.text(before);
        ordinal += 1;
        let (label, value) = slot.resolve(path, ordinal, names);
        let value = value.replace('\n', &format!("\n{}", indent(template, rest, before)));
        let (start, line, column) = (writer.bytes.len() as u64, writer.line, writer.column);
        writer.text(&value);
        planted.push(Planted {
            path: path.to_owned(),
            label,
            value,
            span: start..writer.bytes.len() as u64,
            line,
            column,
            end_line: writer.line,
            end_column: writer.column,
        });
        rest = after;
    }
    writer.text(rest);
    Filled { bytes: writer.bytes, planted }
}

/// The white space before a slot that stands alone on its line; further lines of its value get the same.
fn indent<'t>(template: &'t str, rest: &str, before: &str) -> &'t str {
    let at = template.len() - rest.len() + before.len();
    let line = template[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let lead = &template[line..at];
    if lead.bytes().all(|byte| byte == b' ' || byte == b'\t') { lead } else { "" }
}

/// A slot as it stands in the template.
struct Slot<'t> {
    label: &'t str,
    name: Option<&'t str>,
    text: Option<&'t str>,
}

impl Slot<'_> {
    fn resolve(&self, path: &str, ordinal: u32, names: &mut Names) -> (Label, String) {
        let label = match self.label {
            "decoy" => Label::Decoy,
            "unreached" => Label::Unreached,
            "any" => Label::Named,
            "unnamed" => Label::Unnamed,
            rule => Label::Rule(rule.to_owned()),
        };
        let Some(text) = self.text else {
            let name = self.name.expect("a slot has a text or a name");
            let (first, value) = names.get(name).unwrap_or_else(|| panic!("{path}: @{name} is not defined before"));
            assert_eq!(*first, label, "{path}: @{name} has another label where it is defined");
            return (label, value.clone());
        };
        // A joiner between braces says that they open no generator.
        let guarded = text.replace("{${}{", "\u{1}");
        let value = expand(&guarded, &mut Noise::seeded(&format!("{path}#{ordinal}")))
            .unwrap_or_else(|fault| panic!("{path}: slot {ordinal}: {fault}"))
            .replace('\u{1}', "{{");
        if let Some(name) = self.name {
            let old = names.insert(name.to_owned(), (label.clone(), value.clone()));
            assert!(old.is_none(), "{path}: @{name} is defined twice");
        }
        (label, value)
    }
}

/// The text before the first slot, the slot, and the text behind it.
fn next_slot(text: &str) -> Option<(&str, Slot<'_>, &str)> {
    let mut from = 0;
    while let Some(found) = text[from..].find("<<") {
        let open = from + found;
        from = open + 1;
        let inner = &text[open + 2..];
        // A third bracket makes it a here-string of a shell or a heredoc of PHP.
        if text[..open].ends_with('<') {
            continue;
        }
        let close = inner.find(">>")?;
        let (inner, after) = (&inner[..close], &inner[close + 2..]);
        if let Some(slot) = parse_slot(inner) {
            return Some((&text[..open], slot, after));
        }
    }
    None
}

/// `LABEL ~ TEXT`, `LABEL @NAME ~ TEXT` or `LABEL @NAME`.
fn parse_slot(inner: &str) -> Option<Slot<'_>> {
    let (head, text) = match inner.split_once(" ~ ") {
        Some((head, text)) => (head, Some(text)),
        None => (inner, None),
    };
    let (label, name) = match head.split_once(" @") {
        Some((label, name)) => (label, Some(name)),
        None => (head, None),
    };
    let kebab = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let formed = kebab(label) && name.is_none_or(kebab) && (text.is_some() || name.is_some());
    formed.then_some(Slot { label, name, text })
}

/// Writes text in an encoding and counts bytes, lines and columns.
struct Writer {
    encoding: Encoding,
    newline: Newline,
    bytes: Vec<u8>,
    line: u64,
    column: u64,
}

impl Writer {
    fn new(encoding: Encoding, newline: Newline) -> Self {
        let bytes = match encoding {
            Encoding::Utf8Bom => b"\xef\xbb\xbf".to_vec(),
            Encoding::Utf16LeBom => b"\xff\xfe".to_vec(),
            Encoding::Utf8 | Encoding::Utf16Be | Encoding::Latin1 => Vec::new(),
        };
        Self { encoding, newline, bytes, line: 1, column: 1 }
    }

    fn text(&mut self, text: &str) {
        for character in text.chars() {
            if character == '\n' {
                if self.newline == Newline::Crlf {
                    self.encode('\r');
                }
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
            self.encode(character);
        }
    }

    fn encode(&mut self, character: char) {
        let mut units = [0; 2];
        match self.encoding {
            Encoding::Utf8 | Encoding::Utf8Bom => {
                self.bytes.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Encoding::Utf16LeBom => {
                self.bytes.extend(character.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_le_bytes()));
            }
            Encoding::Utf16Be => {
                self.bytes.extend(character.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
            }
            Encoding::Latin1 => {
                self.bytes.push(u8::try_from(character).expect("a character of Latin-1"));
            }
        }
    }
}
