//! Who owns a place: what the file `CODEOWNERS` of a repository says of a path.
//!
//! GitHub and GitLab give the name to files that differ (as their documentation has it: "About code owners" of GitHub,
//! "Syntax of `CODEOWNERS` file" and "Advanced `CODEOWNERS` configuration" of GitLab). One reader reads both:
//!
//! - In `.github/` only GitHub looks, and in `.gitlab/` only GitLab: such a file is read as its forge reads it.
//! - Elsewhere both look. A file there is GitLab's if any of its lines is the header of a section, `[Name]` or
//!   `^[Name]`, which GitHub refuses as invalid syntax; else it is GitHub's, without sections and exclusions.
//!
//! | | GitHub | GitLab |
//! | --- | --- | --- |
//! | a pattern with a slash in its middle | is tied to the root | holds at any depth, unless a slash leads it |
//! | a pattern of a folder | is about all below it, but for one that ends in `/*` | needs a slash at its end for that |
//! | `[a-z]` | is refused | is a character class |
//! | `!pattern` | is refused | takes out of its section, for good |
//! | `\#` at the start | is refused | is a `#` |
//! | `#` behind a pattern | begins a comment | begins none: owners behind it count |
//! | a word that is no owner | makes the line invalid | is passed over |
//!
//! Of matching lines the last one counts, in each section by itself; what the sections say adds up. Lines that cannot
//! be read are skipped and counted. Whether owners exist, or may approve anything, only the forge knows. Owners are
//! text of the scanned tree: they have the form of a name or an address, but who prints them escapes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::os::{self, Links};

#[cfg(test)]
mod tests;

/// Lines that are kept, headers among them. Further ones are skipped.
const MAX_ENTRIES: usize = 50_000;

/// Bytes of a pattern.
const MAX_PATTERN: usize = 4096;

/// Bytes of an owner: as many as an address of e-mail may have.
const MAX_OWNER: usize = 254;

/// Owners of one line. Further ones are left out.
const MAX_LINE_OWNERS: usize = 20;

/// Owners of one path, where many sections add up. Further ones are left out.
const MAX_PATH_OWNERS: usize = 200;

/// Steps that may be spent on one path: several times what files of the largest size need that nobody made to be slow.
const MAX_STEPS: usize = 1 << 25;

/// Bytes that a search for a slash reads in about the time of one step.
const BYTES_A_STEP: usize = 32;

/// What a file `CODEOWNERS` says.
#[derive(Clone, Debug)]
pub struct CodeOwners {
    place: String,
    /// In the order in which they begin; the first has what stands before any header.
    sections: Vec<Section>,
    /// Lines with text that are neither comment nor header nor entry: syntax that the forge refuses, and what is over a
    /// budget.
    pub skipped: usize,
}

/// The owners of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// `@name`, `@organisation/team`, `@@role` or an address of e-mail, as the file has them, each once. Never empty.
    pub owners: Vec<String>,
    /// The line that decided, from 1; that of the last section, where several did.
    pub line: usize,
}

impl CodeOwners {
    /// Names of the files, relative to the root of the repository, in the order in which they are looked for.
    pub const PLACES: [&str; 4] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];

    /// Bytes that a file may have. GitHub does not load a larger one.
    pub const MAX_BYTES: u64 = 3 << 20;

    /// Reads the text of the file that lies at `place`, relative to the root of its repository. Whatever the text is,
    /// this does not fail. One that is larger than [`Self::MAX_BYTES`] says nothing.
    pub fn parse(place: &str, text: &[u8]) -> Self {
        let text: &[u8] = if text.len() as u64 > Self::MAX_BYTES { &[] } else { text };
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let mut reading = Reading::new(Dialect::of(place, text));
        let skipped = lines(text).zip(1..).filter(|&(line, number)| reading.take(line, number).is_none()).count();
        Self { place: place.to_owned(), sections: reading.sections, skipped }
    }

    /// Reads the file of a repository: the first of [`Self::PLACES`] that is a regular file. Links are not followed,
    /// neither there nor to its folder, since they may lead out of the repository.
    ///
    /// `None` where there is none, and where that one cannot be read or is larger than [`Self::MAX_BYTES`]: the forge
    /// would not look any further either.
    pub fn read(root: &Path) -> Option<Self> {
        let kind = |path: &str| fs::symlink_metadata(root.join(path)).ok().map(|found| found.file_type());
        let place = Self::PLACES.into_iter().find(|place| {
            let folder = place.rsplit_once('/').map(|(folder, _)| folder);
            let inside = folder.is_none_or(|folder| kind(folder).is_some_and(|kind| kind.is_dir()));
            inside && kind(place).is_some_and(|kind| kind.is_file())
        })?;
        let text = os::read_regular(&root.join(place), Self::MAX_BYTES, Links::Refuse).ok()?;
        Some(Self::parse(place, &text))
    }

    /// Who owns a file, by its path relative to the root of the repository with `/` between components.
    ///
    /// `None` where no line matches, where the last one that does names no owner, and where the patterns are made to be
    /// so slow that this does not come to an end within its steps: nobody is better than somebody else.
    pub fn owners_of(&self, path: &[u8]) -> Option<Owned> {
        self.owners_within(path, &mut { MAX_STEPS })
    }

    /// The same for one of many paths, for which there are `all` steps together: those that it takes are taken off.
    pub fn owners_within(&self, path: &[u8], all: &mut usize) -> Option<Owned> {
        if path.is_empty() {
            return None;
        }
        let most = MAX_STEPS.min(*all);
        let mut steps = Steps(most);
        let mut owned = Owned { owners: Vec::new(), line: 0 };
        for section in &self.sections {
            let Some(entry) = section.entry_for(path, &mut steps) else { continue };
            owned.line = entry.line;
            for owner in &*entry.owners {
                if owned.owners.len() < MAX_PATH_OWNERS && !owned.owners.contains(owner) {
                    owned.owners.push(owner.clone());
                }
            }
        }
        *all -= most - steps.0;
        (!owned.owners.is_empty() && steps.0 > 0).then_some(owned)
    }

    /// Where the file lies, relative to the root of the repository.
    pub fn place(&self) -> &str {
        &self.place
    }
}

/// Whose rules a file follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    GitHub,
    GitLab,
}

impl Dialect {
    fn of(place: &str, text: &[u8]) -> Self {
        let gitlab = place.starts_with(".gitlab/")
            || !place.starts_with(".github/") && lines(text).any(|line| header(line).is_some());
        if gitlab { Self::GitLab } else { Self::GitHub }
    }

    /// The owners that a text names; `None` where it makes its line invalid.
    fn owners(self, text: &[u8]) -> Option<Vec<String>> {
        let mut owners: Vec<String> = Vec::new();
        for word in text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
            if self == Self::GitHub && word.starts_with(b"#") {
                break;
            }
            match owner(word) {
                Some(owner) if owners.len() < MAX_LINE_OWNERS && !owners.iter().any(|known| known == owner) => {
                    owners.push(owner.to_owned());
                }
                None if self == Self::GitHub => return None,
                _ => {}
            }
        }
        Some(owners)
    }
}

/// Lines that are tried against a path by themselves.
#[derive(Clone, Debug, Default)]
struct Section {
    entries: Vec<Entry>,
    /// What no entry of the section is about, wherever it stands.
    exclusions: Vec<Pattern>,
}

#[derive(Clone, Debug)]
struct Entry {
    pattern: Pattern,
    /// Shared, since those of a header are owners of many entries.
    owners: Arc<[String]>,
    line: usize,
}

impl Section {
    /// The entry that decides about a path, if it names owners.
    fn entry_for(&self, path: &[u8], steps: &mut Steps) -> Option<&Entry> {
        let entry = self.entries.iter().rev().find(|entry| entry.pattern.matches(path, steps))?;
        let excluded = self.exclusions.iter().any(|pattern| pattern.matches(path, steps));
        (!excluded && !entry.owners.is_empty()).then_some(entry)
    }
}

/// A file, as far as it has been read.
#[derive(Debug)]
struct Reading {
    dialect: Dialect,
    sections: Vec<Section>,
    /// The sections by their names, whose case does not count.
    names: BTreeMap<String, usize>,
    /// The section that the next entry belongs to.
    current: usize,
    /// Who owns what the entries below the last header are about, where these name nobody.
    defaults: Arc<[String]>,
    kept: usize,
}

impl Reading {
    fn new(dialect: Dialect) -> Self {
        let sections = vec![Section::default()];
        Self { dialect, sections, names: BTreeMap::new(), current: 0, defaults: Arc::default(), kept: 0 }
    }

    /// Takes in a line; `None` where it is skipped.
    fn take(&mut self, line: &[u8], number: usize) -> Option<()> {
        if line.is_empty() || line.starts_with(b"#") {
            return Some(());
        }
        if self.kept == MAX_ENTRIES {
            return None;
        }
        if self.dialect == Dialect::GitLab
            && let Some((name, owners)) = header(line)
        {
            self.begin(name, owners);
        } else {
            self.entry(line, number)?;
        }
        self.kept += 1;
        Some(())
    }

    /// Begins a section, or goes on with the one that has the name.
    fn begin(&mut self, name: &[u8], owners: &[u8]) {
        let next = self.sections.len();
        self.current = *self.names.entry(String::from_utf8_lossy(name).to_lowercase()).or_insert(next);
        if self.current == next {
            self.sections.push(Section::default());
        }
        self.defaults = self.dialect.owners(owners).unwrap_or_default().into();
    }

    fn entry(&mut self, line: &[u8], number: usize) -> Option<()> {
        let (pattern, text) = word(line);
        let section = &mut self.sections[self.current];
        if self.dialect == Dialect::GitLab
            && let Some(excluded) = pattern.strip_prefix(b"!")
        {
            section.exclusions.push(Pattern::new(excluded, self.dialect)?);
            return Some(());
        }
        let pattern = Pattern::new(pattern, self.dialect)?;
        let owners = if text.is_empty() { Arc::clone(&self.defaults) } else { Arc::from(self.dialect.owners(text)?) };
        section.entries.push(Entry { pattern, owners, line: number });
        Some(())
    }
}

/// The lines of a text, without the white space before them.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|&byte| byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line).trim_ascii_start())
}

/// The first word of a line, and what follows it. A backslash keeps white space in the word.
fn word(line: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    while let Some(&byte) = line.get(end)
        && !byte.is_ascii_whitespace()
    {
        end += if byte == b'\\' { 2 } else { 1 };
    }
    let (word, rest) = line.split_at(end.min(line.len()));
    (word, rest.trim_ascii())
}

/// The name in the header of a section and what follows it, if the line is one: `[Name]`, `^[Name]` where approval is
/// optional, `[Name][2]` where two approvals are needed.
fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let bracket = |text: &[u8]| memchr::memchr(b']', text);
    let text = line.strip_prefix(b"^").unwrap_or(line).strip_prefix(b"[")?;
    let end = bracket(text)?;
    let (name, mut rest) = (text[..end].trim_ascii(), &text[end + 1..]);
    if let Some(approvals) = rest.strip_prefix(b"[") {
        let end = bracket(approvals)?;
        // What is no number of people, such as 0 or -1, counts as 1 there.
        if !approvals[..end].iter().all(|&byte| byte.is_ascii_digit() || byte == b'-') {
            return None;
        }
        rest = &approvals[end + 1..];
    }
    (!name.is_empty() && rest.first().is_none_or(u8::is_ascii_whitespace)).then_some((name, rest))
}

/// The word, if it has the form of an owner. Printable ASCII without quotes, commas, brackets or backslashes.
fn owner(word: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(word).ok().filter(|text| text.len() <= MAX_OWNER)?;
    let known = match text.strip_prefix('@') {
        Some(name) => match name.strip_prefix('@') {
            Some(role) => !role.contains('.') && is_name(role),
            // Groups of GitLab lie in one another.
            None => name.split('/').all(is_name),
        },
        None => text.split_once('@').is_some_and(|(local, domain)| is_local(local) && domain.split('.').all(is_label)),
    };
    known.then_some(text)
}

fn is_name(text: &str) -> bool {
    starts_plainly(text) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// What stands before the `@` of an address, as RFC 5322 has it without quotes.
fn is_local(text: &str) -> bool {
    starts_plainly(text)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&*+-./=?^_{|}~".contains(&byte))
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn starts_plainly(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
}

/// Steps that are left.
#[derive(Debug)]
struct Steps(usize);

impl Steps {
    /// False where there are not that many left, and from then on.
    fn spend(&mut self, steps: usize) -> bool {
        self.0 = self.0.saturating_sub(steps);
        self.0 > 0
    }
}

/// A pattern of paths. It is matched as it stands: there is nothing to compile, and the memory is that of the text.
///
/// The module for git's ignore rules is not used, though GitHub's patterns resemble them: its engine compiles all
/// patterns of a file at once, has no bound of steps, asks for each folder above a path anew, and takes no bytes but
/// UTF-8.
#[derive(Clone, Debug)]
struct Pattern {
    /// Segments with `/` between them, from the root of the repository; a segment `**` with another behind it stands
    /// for any number of components. Empty for the root itself.
    body: Box<[u8]>,
    tail: Tail,
    dialect: Dialect,
}

/// What may follow that which the segments of a pattern matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tail {
    /// Nothing: it must be the file.
    Nothing,
    /// Something: it must be a folder above the file.
    Something,
    /// Either.
    Anything,
}

impl Tail {
    fn allows(self, rest: Option<&[u8]>) -> bool {
        match self {
            Self::Nothing => rest.is_none(),
            Self::Something => rest.is_some(),
            Self::Anything => true,
        }
    }
}

impl Pattern {
    /// `None` where the pattern is refused or can match nothing.
    fn new(text: &[u8], dialect: Dialect) -> Option<Self> {
        let github = dialect == Dialect::GitHub;
        let refused = github
            && (text.starts_with(b"!") || text.starts_with(b"\\#") || text.windows(3).any(|window| window == b"***"));
        if refused || text.is_empty() || text.len() > MAX_PATTERN {
            return None;
        }
        if text == b"/" {
            // GitHub says that it never matches; GitLab takes it for the folder that all lies in.
            return (!github).then(|| Self { body: Box::default(), tail: Tail::Something, dialect });
        }
        let body = text.strip_prefix(b"/").unwrap_or(text);
        let rooted = body.len() < text.len();
        let segments = body.strip_suffix(b"/").unwrap_or(body);
        let folder = segments.len() < body.len();
        if !segments.split(|&byte| byte == b'/').all(|segment| is_whole(segment, dialect)) {
            return None;
        }
        let (core, more, tail) = match (last(segments), folder) {
            // To git, `**/` is any folder, and so is not the root.
            (b"**", true) if github => (segments, "/*", Tail::Something),
            (_, true) if github => (segments, "", Tail::Something),
            (b"**", false) if github => (without_deep(segments), "", Tail::Something),
            (b"*", false) if github => (segments, "", Tail::Nothing),
            (_, false) if github => (segments, "", Tail::Anything),
            (_, true) => (without_deep(segments), "", Tail::Something),
            (_, false) => (segments, "", Tail::Nothing),
        };
        let tied = rooted || core.is_empty() || github && segments.contains(&b'/');
        let lead = if tied { "" } else { "**/" };
        Some(Self { body: [lead.as_bytes(), core, more.as_bytes()].concat().into(), tail, dialect })
    }

    /// Whether the pattern is about a file. Tries no more than the last `**` at each component, since what the ones
    /// before it found first leaves the most to the others: at worst as many steps as the product of both lengths.
    fn matches(&self, path: &[u8], steps: &mut Steps) -> bool {
        let (mut pattern, mut path) = ((!self.body.is_empty()).then_some(&*self.body), Some(path));
        // What follows the last `**`, and the part of the path that it is tried at.
        let mut deep: Option<(&[u8], &[u8])> = None;
        loop {
            let next = match (pattern, path) {
                (None, rest) if self.tail.allows(rest) => return steps.spend(1),
                (Some(segments), Some(components)) => {
                    let (segment, behind) = first(segments);
                    let (component, below) = first(components);
                    if !steps.spend(1 + (segment.len() + component.len()) / BYTES_A_STEP) {
                        return false;
                    }
                    match behind {
                        Some(behind) if segment == b"**" => {
                            deep = Some((behind, components));
                            Some((Some(behind), Some(components)))
                        }
                        _ => fits(segment, component, self.dialect, steps).then_some((behind, below)),
                    }
                }
                _ => None,
            };
            let again = || {
                let (behind, components) = deep?;
                let below = first(components).1?;
                deep = Some((behind, below));
                Some((Some(behind), Some(below)))
            };
            match next.or_else(again) {
                Some(next) => (pattern, path) = next,
                None => return false,
            }
        }
    }
}

/// The first segment or component, and those behind it.
fn first(path: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'/', path) {
        Some(slash) => (&path[..slash], Some(&path[slash + 1..])),
        None => (path, None),
    }
}

/// The last segment.
fn last(segments: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', segments).map_or(segments, |slash| &segments[slash + 1..])
}

/// Without the segments `**` at the end.
fn without_deep(mut segments: &[u8]) -> &[u8] {
    while let Some(rest) = segments.strip_suffix(b"**").filter(|rest| rest.is_empty() || rest.ends_with(b"/")) {
        segments = rest.strip_suffix(b"/").unwrap_or(rest);
    }
    segments
}

/// What one character of a component is held against.
#[derive(Clone, Copy, Debug)]
enum Token<'p> {
    /// `*`: any number of characters.
    Star,
    /// `?`: one character.
    Any,
    /// What stands between the brackets of a class.
    Class(&'p [u8]),
    /// A byte that stands for itself.
    Byte(u8),
}

/// The first token of a segment, and what follows it; `None` at its end, and for what is refused: an escape of nothing,
/// a class that nothing closes, any class in a file of GitHub's.
fn token(segment: &[u8], dialect: Dialect) -> Option<(Token<'_>, &[u8])> {
    let (&byte, behind) = segment.split_first()?;
    Some(match byte {
        b'*' => (Token::Star, behind),
        b'?' => (Token::Any, behind),
        b'\\' => {
            let (&escaped, behind) = behind.split_first()?;
            (Token::Byte(escaped), behind)
        }
        b'[' | b']' if dialect == Dialect::GitHub => return None,
        b'[' => {
            let mut end = 0;
            while *behind.get(end)? != b']' {
                end += if behind[end] == b'\\' { 2 } else { 1 };
            }
            (Token::Class(&behind[..end]), &behind[end + 1..])
        }
        _ => (Token::Byte(byte), behind),
    })
}

/// Whether a segment has tokens, and nothing else.
fn is_whole(segment: &[u8], dialect: Dialect) -> bool {
    let mut rest = segment;
    while let Some((_, behind)) = token(rest, dialect) {
        rest = behind;
    }
    rest.is_empty() && !segment.is_empty()
}

/// Whether a segment matches a whole component. Tries no more than the last star at each character, for the reason that
/// [`Pattern::matches`] has.
fn fits(mut segment: &[u8], mut component: &[u8], dialect: Dialect, steps: &mut Steps) -> bool {
    // What follows the last star, and the part of the component that it is tried at.
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        let next = token(segment, dialect);
        if !steps.spend(next.map_or(1, |(_, behind)| segment.len() - behind.len())) {
            return false;
        }
        let next = match next {
            Some((Token::Star, [])) => return true,
            Some((Token::Star, behind)) => {
                star = Some((behind, component));
                star
            }
            Some((token, behind)) => strip(token, component).map(|rest| (behind, rest)),
            None if component.is_empty() => return true,
            None => None,
        };
        let again = || {
            let (behind, from) = star?;
            let (_, from) = character(from)?;
            star = Some((behind, from));
            star
        };
        match next.or_else(again) {
            Some(next) => (segment, component) = next,
            None => return false,
        }
    }
}

/// The text without what the token matches at its start; of a star that is nothing.
fn strip<'t>(token: Token<'_>, text: &'t [u8]) -> Option<&'t [u8]> {
    match token {
        Token::Star => Some(text),
        Token::Any => character(text).map(|(_, rest)| rest),
        Token::Class(members) => character(text).filter(|(one, _)| has(members, *one)).map(|(_, rest)| rest),
        Token::Byte(byte) => text.strip_prefix(&[byte]),
    }
}

/// The first character of a text, which is none where the bytes are not UTF-8, and what follows it.
fn character(text: &[u8]) -> Option<(Option<char>, &[u8])> {
    let (character, length) = bstr::decode_utf8(text);
    (length > 0).then(|| (character, &text[length..]))
}

/// Whether a class has a character, as `File.fnmatch` of Ruby decides it.
fn has(members: &[u8], one: Option<char>) -> bool {
    let (negated, mut rest) = match members {
        [b'!' | b'^', rest @ ..] => (true, rest),
        _ => (false, members),
    };
    let mut found = false;
    while let Some((low, behind)) = member(rest) {
        let range = behind.strip_prefix(b"-").and_then(member);
        let (high, behind) = range.unwrap_or((low, behind));
        found |= one.is_some_and(|one| (low..=high).contains(&one));
        rest = behind;
    }
    found != negated
}

/// One character of a class, which a backslash may go before, and what follows it.
fn member(members: &[u8]) -> Option<(char, &[u8])> {
    let (one, rest) = character(members.strip_prefix(b"\\").unwrap_or(members))?;
    Some((one?, rest))
}
