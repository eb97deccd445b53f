//! Where results lie: relative references, the bases they are relative to, and the repositories
//! behind those.
//!
//! No absolute path of the scanned machine goes into the file. A base has a name and a description;
//! the reader knows where their copy lies.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_sarif::sarif;

use crate::blob::{FilePlace, Origin};
use crate::report::{GitInfo, Target, TargetKind};

/// The reference for standard input, whose own name `-` would read as a file.
const STDIN: &str = "stdin";

/// The targets as bases of relative references.
pub(super) struct Bases<'r> {
    targets: &'r [Target],
}

impl<'r> Bases<'r> {
    pub(super) fn new(targets: &'r [Target]) -> Self {
        Self { targets }
    }

    /// Where `origin` lies: below the root of its git work tree if there is one, so that hosts of
    /// the repository find the file; else below its target.
    pub(super) fn location(&self, origin: &Origin) -> sarif::ArtifactLocation {
        let Origin::File(place) = origin else {
            return sarif::ArtifactLocation::builder().uri(STDIN).build();
        };
        let git = self.targets.get(place.target).and_then(|target| target.git.as_ref());
        let path = match git {
            Some(GitInfo { prefix, .. }) if !prefix.is_empty() => &[prefix.as_slice(), place.path.as_slice()].concat(),
            _ => &place.path,
        };
        sarif::ArtifactLocation::builder().uri(relative_reference(path)).uri_base_id(self.name(place.target)).build()
    }

    /// Where `path` lies, which is relative to a target that nobody knows where there are several: then below no base.
    pub(super) fn below_target(&self, path: &str) -> sarif::ArtifactLocation {
        match self.targets {
            [target] if target.kind != TargetKind::Stdin => {
                self.location(&Origin::File(FilePlace::new(0, path.as_bytes().to_vec())))
            }
            _ => sarif::ArtifactLocation::builder().uri(relative_reference(path.as_bytes())).build(),
        }
    }

    /// What the bases stand for, without telling where they lie. Standard input has none.
    pub(super) fn original(&self) -> BTreeMap<String, sarif::ArtifactLocation> {
        self.files()
            .map(|(index, target)| {
                let what = match (&target.git, target.kind) {
                    (Some(_), _) => "Root of the git work tree that the target lies in.",
                    (None, TargetKind::File) => "The directory that the target file lies in.",
                    (None, _) => "The target directory.",
                };
                let location = sarif::ArtifactLocation::builder().description(what).build();
                (self.name(index), location)
            })
            .collect()
    }

    /// Which commits the bases were on. A repository without a remote, or without a commit, cannot
    /// be named.
    pub(super) fn provenance(&self) -> Vec<sarif::VersionControlDetails> {
        self.files()
            .filter_map(|(index, target)| {
                let git = target.git.as_ref()?;
                let base = sarif::ArtifactLocation::builder().uri_base_id(self.name(index)).build();
                let mut details = sarif::VersionControlDetails::builder()
                    .repository_uri(repository_uri(git.repository.as_deref()?)?)
                    .revision_id(git.revision.as_deref()?)
                    .mapped_to(base)
                    .build();
                details.branch.clone_from(&git.branch);
                Some(details)
            })
            .collect()
    }

    fn files(&self) -> impl Iterator<Item = (usize, &'r Target)> {
        let targets = self.targets.iter().enumerate();
        targets.filter(|(_, target)| target.kind != TargetKind::Stdin)
    }

    /// The name that code hosts expect where there is one target; a number each where there are
    /// several.
    fn name(&self, target: usize) -> String {
        if self.targets.len() > 1 { format!("TARGET{target}") } else { "SRCROOT".to_owned() }
    }
}

/// `path` as a relative reference (RFC 3986 section 4.2): all but the characters of a path segment
/// is percent-encoded, byte by byte. So is the colon, since `a:b` would have the scheme `a`, and a
/// slash at the start, which would make the reference absolute.
pub(super) fn relative_reference(path: &[u8]) -> String {
    if path.is_empty() {
        return "./".to_owned();
    }
    let mut out = String::with_capacity(path.len());
    for (index, &byte) in path.iter().enumerate() {
        let plain = match byte {
            b'/' => index > 0,
            _ => byte.is_ascii_alphanumeric() || b"-._~@!$&'()*+,;=".contains(&byte),
        };
        push(&mut out, byte, plain);
    }
    out
}

/// The URL of a remote as an absolute URI without a login. Git also takes `host:path`, which means
/// SSH. None for what names a place of this machine only, or is no URL at all.
fn repository_uri(remote: &str) -> Option<String> {
    let (scheme, rest) = if let Some((scheme, rest)) = remote.split_once("://") {
        (scheme.to_ascii_lowercase(), rest.to_owned())
    } else {
        let (host, path) = remote.split_once(':')?;
        // A letter alone is a drive, and a slash before the colon makes it a path.
        if host.len() < 2 || host.contains(['/', '\\']) {
            return None;
        }
        ("ssh".to_owned(), format!("{host}/{}", path.trim_start_matches('/')))
    };
    if !matches!(scheme.as_str(), "http" | "https" | "ssh" | "git") {
        return None;
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if host.is_empty() {
        return None;
    }
    let mut out = format!("{scheme}://");
    for byte in host.bytes() {
        push(&mut out, byte, byte.is_ascii_alphanumeric() || b"-._~[]:".contains(&byte));
    }
    for byte in path.bytes() {
        push(&mut out, byte, byte.is_ascii_alphanumeric() || b"-._~/%@:+,=".contains(&byte));
    }
    Some(out)
}

fn push(out: &mut String, byte: u8, plain: bool) {
    if plain {
        out.push(char::from(byte));
    } else {
        write!(out, "%{byte:02X}").expect("writing to a string");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative_references() {
        for (path, expect) in [
            (&b"src/main.rs"[..], "src/main.rs"),
            (b"a:b", "a%3Ab"),
            (b"//host/x", "%2F/host/x"),
            (b"\xff \x1b", "%FF%20%1B"),
            ("c\u{f6}\u{1f511}".as_bytes(), "c%C3%B6%F0%9F%94%91"),
            (b"app/(x)/[id]/#?%.ts", "app/(x)/%5Bid%5D/%23%3F%25.ts"),
            (b"a\\b", "a%5Cb"),
            (b"", "./"),
        ] {
            assert_eq!(relative_reference(path), expect);
        }
    }

    #[test]
    fn remotes_become_uris_without_a_login_or_a_local_path() {
        for (remote, expect) in [
            ("https://git.example.com/team/x.git", Some("https://git.example.com/team/x.git")),
            ("https://user:password@git.example.com/x", Some("https://git.example.com/x")),
            ("https://git.example.com/x?a=b#c", Some("https://git.example.com/x")),
            ("git@git.example.com:team/x.git", Some("ssh://git.example.com/team/x.git")),
            ("ssh://git@git.example.com:22/x y", Some("ssh://git.example.com:22/x%20y")),
            ("/srv/git/x.git", None),
            ("file:///srv/git/x.git", None),
            ("C:\\git\\x", None),
            ("../x", None),
            ("https://", None),
        ] {
            assert_eq!(repository_uri(remote).as_deref(), expect, "{remote}");
        }
    }
}
