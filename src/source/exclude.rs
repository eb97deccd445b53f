//! Paths that the operator leaves out, each with a reason.
//!
//! A pattern is a glob over the path relative to the target: `*` and `?` do not match a slash, `**` does. One without a
//! slash, but for one at its end, holds at any depth, as in `.gitignore`; one that ends in `/` or `/**` is about a folder
//! and all below it. Matching is by bytes.

use std::sync::Arc;

use globset::{Candidate, GlobBuilder, GlobMatcher};

use super::os;

/// A pattern that is no glob.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is no pattern of paths: {message}")]
pub struct PathPatternError {
    /// Which of the patterns, from 0.
    pub index: usize,
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub message: String,
}

/// The patterns, in the order in which they count.
#[derive(Debug, Default)]
pub struct PathExclusions {
    rules: Vec<PathRule>,
}

#[derive(Debug)]
struct PathRule {
    matcher: GlobMatcher,
    folders_only: bool,
    reason: Arc<str>,
}

/// What leaves a path out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LeftOut {
    /// The operator's reason.
    pub(super) reason: Arc<str>,
    /// Bytes of the path up to the end of the topmost folder that is left out, or of the file itself.
    pub(super) length: usize,
}

impl PathExclusions {
    /// Patterns with their reasons.
    ///
    /// # Errors
    ///
    /// The first pattern that is no glob, or matches nothing because it is empty.
    pub fn new(rules: impl IntoIterator<Item = (String, String)>) -> Result<Self, PathPatternError> {
        let rules = rules
            .into_iter()
            .enumerate()
            .map(|(index, (pattern, reason))| {
                PathRule::new(&pattern, &reason).map_err(|message| PathPatternError { index, pattern, message })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// True where nothing is left out.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What leaves a folder out, or one above it.
    pub(super) fn folder(&self, relative: &[u8]) -> Option<LeftOut> {
        if self.rules.is_empty() || relative.is_empty() {
            return None;
        }
        let ends = memchr::memchr_iter(b'/', relative).chain([relative.len()]);
        ends.into_iter().find_map(|end| self.one(&relative[..end], true))
    }

    /// What leaves this file out by itself.
    pub(super) fn file(&self, relative: &[u8]) -> Option<LeftOut> {
        self.one(relative, false)
    }

    /// What leaves a file out, by itself or with a folder above it: the reason, and the file's path or that of the
    /// topmost such folder.
    pub fn leaves_out<'p>(&self, relative: &'p [u8]) -> Option<(Arc<str>, &'p [u8])> {
        let folder = memchr::memrchr(b'/', relative).map_or(&[][..], |slash| &relative[..slash]);
        let LeftOut { reason, length } = self.folder(folder).or_else(|| self.file(relative))?;
        Some((reason, &relative[..length]))
    }

    fn one(&self, path: &[u8], folder: bool) -> Option<LeftOut> {
        if self.rules.is_empty() {
            return None;
        }
        let native = os::path_from_bytes(path);
        let candidate = Candidate::new(&native);
        let rule = self
            .rules
            .iter()
            .find(|rule| (folder || !rule.folders_only) && rule.matcher.is_match_candidate(&candidate))?;
        Some(LeftOut { reason: Arc::clone(&rule.reason), length: path.len() })
    }
}

impl PathRule {
    fn new(pattern: &str, reason: &str) -> Result<Self, String> {
        let anchored = pattern.strip_prefix('/');
        let body = anchored.unwrap_or(pattern);
        let folder = body.strip_suffix("/**").or_else(|| body.strip_suffix('/'));
        let body = folder.unwrap_or(body);
        if body.is_empty() {
            return Err("it names no path".to_owned());
        }
        if body == "**" {
            return Err("it names every path".to_owned());
        }
        let anywhere = anchored.is_none() && !pattern.trim_end_matches('/').contains('/');
        let glob = if anywhere { format!("**/{body}") } else { body.to_owned() };
        let matcher = GlobBuilder::new(&glob)
            .literal_separator(true)
            .build()
            .map_err(|error| error.kind().to_string())?
            .compile_matcher();
        Ok(Self { matcher, folders_only: folder.is_some(), reason: reason.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_out(pattern: &str, path: &str) -> Option<usize> {
        let rules = PathExclusions::new([(pattern.to_owned(), "why".to_owned())]).unwrap();
        let above = memchr::memrchr(b'/', path.as_bytes()).map_or("", |at| &path[..at]);
        rules.folder(above.as_bytes()).or_else(|| rules.file(path.as_bytes())).map(|found| found.length)
    }

    #[test]
    fn patterns_hold_where_they_say() {
        for (pattern, path, expected) in [
            ("vendor/", "vendor/a/b.txt", Some(6)),
            ("vendor/**", "vendor/a/b.txt", Some(6)),
            ("vendor", "x/vendor/a.txt", Some(8)),
            ("vendor/", "x/vendor/a.txt", Some(8)),
            ("vendor/**", "x/vendor/a.txt", None),
            ("/vendor", "x/vendor/a.txt", None),
            ("/vendor", "vendor/a.txt", Some(6)),
            ("vendor/", "vendor", None),
            ("vendor", "vendor", Some(6)),
            ("*.min.js", "a/b/x.min.js", Some(12)),
            ("a/*.txt", "a/b.txt", Some(7)),
            ("a/*.txt", "a/b/c.txt", None),
            ("a/**/c.txt", "a/b/x/c.txt", Some(11)),
            ("third_party/*/test", "third_party/x/test/a", Some(18)),
            ("vendor", "vendored/a", None),
        ] {
            assert_eq!(left_out(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_an_error() {
        for pattern in ["", "/", "/**", "a[", "{a"] {
            let rules = [("ok".to_owned(), String::new()), (pattern.to_owned(), String::new())];
            let error = PathExclusions::new(rules).unwrap_err();
            assert_eq!((error.index, error.pattern.as_str()), (1, pattern));
        }
    }
}
