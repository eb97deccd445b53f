//! Git's ignore rules: what the files `.gitignore` and `.git/info/exclude` say of a path.
//!
//! One [`Level`] holds the rules of one file and knows the levels above it, nearest first, as gitignore(5) orders them.
//! Only whether rules match is decided here; who asks, and what follows from it, is the policy's. Rules that this
//! module cannot read ignore nothing: a scan rather looks at too much.

mod pattern;

use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::os::{self, Links};

/// Bytes that an ignore file may have. Far above any that people write; a larger one is not obeyed.
const MAX_IGNORE_FILE: u64 = 1 << 20;

/// The rules of one ignore file, and those they take precedence over.
#[derive(Debug)]
pub(super) struct Level {
    /// Where the rules apply.
    base: Base,
    rules: Gitignore,
    above: Option<Arc<Level>>,
}

/// How to get from a path relative to the target to one relative to a directory, which may lie above the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Base {
    /// The target relative to the directory, with `/` behind it; empty unless the directory lies above the target.
    pub(super) above: Vec<u8>,
    /// Bytes of the directory relative to the target, with the `/` behind it; zero unless it lies below.
    pub(super) below: usize,
}

impl Base {
    /// The path as seen from the directory.
    pub(super) fn within<'p>(&self, relative: &'p [u8]) -> Cow<'p, [u8]> {
        if self.above.is_empty() {
            Cow::Borrowed(&relative[self.below..])
        } else {
            Cow::Owned([&self.above, relative].concat())
        }
    }
}

impl Level {
    /// Puts the rules of an ignore file, which apply from `base` down, before those `above`.
    pub(super) fn over(above: Option<Arc<Self>>, rules: Gitignore, base: Base) -> Arc<Self> {
        Arc::new(Self { base, rules, above })
    }
}

/// The rules of the ignore file at `path`; `None` where it has none.
///
/// A file that is not a regular one, or cannot be read, has no rules: the walk meets the file itself and tells of it.
/// The error is a clause about rules that are there, but too many to be obeyed.
pub(super) fn read(path: &Path, links: Links) -> Result<Option<Gitignore>, &'static str> {
    match os::read_regular(path, MAX_IGNORE_FILE, links) {
        Ok(text) => match parse(&text) {
            Some(rules) => Ok(Some(rules).filter(|rules| !rules.is_empty())),
            None => Err("its patterns take too much memory"),
        },
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Err("it is larger than 1 MiB"),
        Err(_) => Ok(None),
    }
}

/// Whether the rules of `nearest` and the levels above it ignore a path. A directory above it that is ignored must
/// have been found out before: within it, nothing can be included again.
pub(super) fn is_ignored(nearest: Option<&Arc<Level>>, relative: &[u8], directory: bool) -> bool {
    let mut next = nearest;
    while let Some(level) = next {
        let path = level.base.within(relative);
        match level.rules.matched(os::path_from_bytes(&path), directory) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => next = level.above.as_ref(),
        }
    }
    false
}

/// The rules of one file; `None` where they cannot be compiled within the limits of the pattern engine.
fn parse(text: &[u8]) -> Option<Gitignore> {
    // Candidates are relative to the directory of the rules; "." keeps the matcher from stripping them once more.
    let mut builder = GitignoreBuilder::new(".");
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    for line in text.split(|&byte| byte == b'\n') {
        // Lines that are not UTF-8 and malformed patterns ignore nothing.
        if let Ok(line) = std::str::from_utf8(line)
            && let Some(pattern) = pattern::translate(line)
        {
            let _malformed = builder.add_line(None, &pattern).is_err();
        }
    }
    builder.build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(text: &str, base: Base, above: Option<&Arc<Level>>) -> Arc<Level> {
        Level::over(above.cloned(), parse(text.as_bytes()).expect("small rules compile"), base)
    }

    fn check(level: &Arc<Level>, path: &str, directory: bool) -> bool {
        is_ignored(Some(level), path.as_bytes(), directory)
    }

    #[test]
    fn the_last_match_of_the_nearest_file_decides() {
        let top = level("*.log\n/build/\n", Base::default(), None);
        let below = Base { above: Vec::new(), below: "sub/".len() };
        let sub = level("!keep.log\n*.tmp\n", below, Some(&top));
        assert!(check(&top, "keep.log", false));
        assert!(check(&sub, "sub/other.log", false));
        assert!(!check(&sub, "sub/keep.log", false));
        assert!(check(&sub, "sub/deep/a.tmp", false));
        assert!(check(&top, "build", true));
        assert!(!check(&top, "build", false));
        assert!(!check(&sub, "sub/build", true));
    }

    #[test]
    fn rules_above_the_target_see_the_whole_path() {
        let base = Base { above: b"services/web/".to_vec(), below: 0 };
        let rules = level("/services/web/out\nweb/*.gen\n", base, None);
        assert!(check(&rules, "out", true));
        assert!(!check(&rules, "sub/out", true));
        assert!(!check(&rules, "a.gen", false), "a slash anchors the pattern");
    }

    #[test]
    fn odd_lines_ignore_nothing_and_hide_no_other() {
        let rules = parse(b"\xef\xbb\xbffirst\r\n\xff\xfe\n\\\n[a\n#x\nlast").expect("compiles");
        assert!(rules.matched("first", false).is_ignore());
        assert!(rules.matched("last", false).is_ignore());
        assert_eq!(rules.len(), 2);
    }

    #[test]
    fn an_oversized_file_is_named() {
        let folder = tempfile::tempdir().expect("temporary directory");
        let path = folder.path().join(".gitignore");
        let size = usize::try_from(MAX_IGNORE_FILE).expect("fits") + 1;
        std::fs::write(&path, vec![b'a'; size]).expect("write");
        assert!(read(&path, Links::Refuse).is_err());
    }
}
