//! What HEAD and the remote `origin` of a repository name, read from their files.
//!
//! Nothing is resolved through the git library, since opening a repository with it obeys the repository's
//! configuration, includes among it. References in other stores than files (reftable) are simply not found.

use std::fs;
use std::path::Path;

use gix_hash::ObjectId;

use super::{GitDirectory, config};
use crate::source::os::{self, Links};

/// Bytes of a loose reference or HEAD, at most.
pub(super) const MAX_REFERENCE: u64 = 4096;

/// Bytes of `packed-refs`, at most: about a million references.
pub(super) const MAX_PACKED: u64 = 64 << 20;

/// Symbolic references that name each other, at most; git has the same limit.
const MAX_STEPS: usize = 5;

/// The branch and the commit of HEAD, where it names them.
pub(super) fn head(directory: &GitDirectory) -> (Option<String>, Option<String>) {
    let Ok(text) = os::read_regular(&directory.own.join("HEAD"), MAX_REFERENCE, Links::Follow) else {
        return (None, None);
    };
    match symbolic(&text) {
        None => (None, object_id(&text)),
        Some(name) => {
            // "refs/heads/.invalid" stands in HEAD where references are kept in a reftable.
            let branch = name.strip_prefix("refs/heads/").filter(|branch| *branch != ".invalid");
            (branch.map(str::to_owned), resolve(directory, name))
        }
    }
}

/// The commit that HEAD names; none before the first commit of its branch. The error is a clause.
pub(super) fn commit(directory: &GitDirectory, hash: gix_hash::Kind) -> Result<Option<ObjectId>, String> {
    let text = os::read_regular(&directory.own.join("HEAD"), MAX_REFERENCE, Links::Follow)
        .map_err(|error| format!("HEAD: {error}"))?;
    let parse = |id: String| {
        let id = ObjectId::from_hex(id.as_bytes()).ok().filter(|id| id.kind() == hash);
        id.map(Some).ok_or_else(|| "HEAD names an object of another format".to_owned())
    };
    let Some(name) = symbolic(&text) else {
        return object_id(&text).map_or_else(|| Err("HEAD is damaged".to_owned()), parse);
    };
    check_store(directory)?;
    match resolve(directory, name) {
        Some(id) => parse(id),
        // A reference that is there and names nothing is damage, not the time before the first commit.
        None if fs::symlink_metadata(directory.common.join(name)).is_ok() => Err(format!("{name} is damaged")),
        None => Ok(None),
    }
}

/// Refuses repositories that keep their references in another store than files.
pub(super) fn check_store(directory: &GitDirectory) -> Result<(), String> {
    let settings = directory.settings()?;
    let mut stores = settings.iter().filter(|one| one.section == b"extensions" && one.name == b"refstorage");
    if stores.any(|one| !one.value.as_deref().unwrap_or_default().eq_ignore_ascii_case(b"files")) {
        return Err("references are kept in a store that is not read".to_owned());
    }
    Ok(())
}

/// What a short or full name of a reference stands for, looked for where git does (gitrevisions(7)). The error is a clause.
pub(super) fn reference(directory: &GitDirectory, name: &str) -> Result<Option<String>, String> {
    let plain = !name.is_empty()
        && !name.contains("..")
        && !name.starts_with('/')
        && !name.contains(|c: char| c.is_control() || " \\:?*[".contains(c));
    if !plain {
        return Ok(None);
    }
    check_store(directory)?;
    // `MERGE_HEAD` and its like lie beside HEAD.
    if name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
        let text = os::read_regular(&directory.own.join(name), MAX_REFERENCE, Links::Follow).ok();
        if let Some(id) = text.and_then(|text| object_id(&text)) {
            return Ok(Some(id));
        }
    }
    if name.starts_with("refs/") {
        return Ok(resolve(directory, name));
    }
    let folders = ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
    let names = folders.iter().map(|folder| format!("{folder}{name}")).chain([format!("refs/remotes/{name}/HEAD")]);
    let mut found = names.into_iter().filter_map(|name| resolve(directory, &name).map(|id| (name, id)));
    let Some((first, id)) = found.next() else { return Ok(None) };
    // git takes the first and warns. Whoever can push a tag could decide so what a range begins with.
    match found.find(|(_, other)| *other != id) {
        Some((other, _)) => Err(format!("it may be {first} or {other}; write the whole name")),
        None => Ok(Some(id)),
    }
}

/// The commit that a reference names.
fn resolve(directory: &GitDirectory, name: &str) -> Option<String> {
    let mut name = name.to_owned();
    for _ in 0..MAX_STEPS {
        let Ok(text) = os::read_regular(&directory.common.join(&name), MAX_REFERENCE, Links::Follow) else {
            return packed(&directory.common, &name);
        };
        match symbolic(&text) {
            Some(next) => next.clone_into(&mut name),
            None => return object_id(&text),
        }
    }
    None
}

/// The target of a symbolic reference. Names that git would refuse count as none, above all those that lead out of
/// the repository.
pub(super) fn symbolic(text: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(text.strip_prefix(b"ref:")?).ok()?.trim();
    let plain = name.starts_with("refs/")
        && !name.contains("..")
        && !name.contains(|c: char| c.is_control() || c == ' ' || c == '\\');
    plain.then_some(name)
}

/// A SHA-1 or SHA-256 object id in hexadecimal at the start of `text`.
pub(super) fn object_id(text: &[u8]) -> Option<String> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let ends = text.get(digits).is_none_or(u8::is_ascii_whitespace);
    let id = (ends && matches!(digits, 40 | 64)).then(|| &text[..digits])?;
    String::from_utf8(id.to_ascii_lowercase()).ok()
}

/// Looks a reference up in `packed-refs`: lines of an object id, a space and a name.
fn packed(common: &Path, name: &str) -> Option<String> {
    let text = os::read_regular(&common.join("packed-refs"), MAX_PACKED, Links::Follow).ok()?;
    text.split(|&byte| byte == b'\n')
        .find(|line| line.strip_suffix(name.as_bytes()).is_some_and(|before| before.ends_with(b" ")))
        .and_then(object_id)
}

/// The URL of the remote `origin`, without anything that may be a credential; see [`without_credentials`].
pub(super) fn origin(settings: &[config::Setting]) -> Option<String> {
    let url = settings
        .iter()
        .find(|setting| setting.section == b"remote" && setting.subsection == b"origin" && setting.name == b"url")?;
    without_credentials(std::str::from_utf8(url.value.as_deref()?).ok()?)
}

/// A URL without user, password, parameters, query and fragment; git's short form `user@host:path` as an `ssh` URL.
///
/// `None` for local paths, for transports that are commands, and for what is not certain to be free of credentials.
fn without_credentials(url: &str) -> Option<String> {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme, rest.to_owned()),
        None => ("ssh", short_form(url)?),
    };
    let known = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
    let rest = rest.split(['?', '#', ';']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // An at sign or a colon behind the host is the rest of a password that was not encoded.
    let plain =
        is_host(host, scheme) && path.chars().all(|c| !c.is_control() && !c.is_whitespace() && c != '@' && c != ':');
    (known && plain).then(|| format!("{scheme}://{host}/{path}"))
}

/// `host:path` or `user@host:path` as what follows `ssh://`.
fn short_form(url: &str) -> Option<String> {
    let (host, path) = url.split_once(':')?;
    // A single letter is a drive of Windows; a slash before the colon makes it a local path; a second colon names a
    // remote helper.
    let short = host.len() > 1 && !host.contains(['/', '\\']) && !path.starts_with(':');
    short.then(|| format!("{host}/{}", path.trim_start_matches('/')))
}

/// A host name or address with an optional port. Only `file` goes without one.
fn is_host(text: &str, scheme: &str) -> bool {
    if text.is_empty() {
        return scheme.eq_ignore_ascii_case("file");
    }
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, after)) => {
            if !address.chars().all(|c| c.is_ascii_hexdigit() || c == ':' || c == '.') {
                return false;
            }
            ("address", after.strip_prefix(':').unwrap_or(after))
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    name.chars().all(|c| c.is_alphanumeric() || "-._~".contains(c))
        && port.len() <= 5
        && port.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_what_may_be_a_credential() {
        for (url, expected) in [
            ("https://example.org/a/b.git", Some("https://example.org/a/b.git")),
            ("https://user@example.org/a.git", Some("https://example.org/a.git")),
            ("https://user:password@example.org:8443/a.git", Some("https://example.org:8443/a.git")),
            ("https://user:password@example.org/a.git", Some("https://example.org/a.git")),
            (concat!("https://user:w@", "rd@example.org/a.git"), Some("https://example.org/a.git")),
            ("https://example.org/a.git?private_token=x", Some("https://example.org/a.git")),
            ("https://example.org/a.git#x", Some("https://example.org/a.git")),
            ("https://example.org/a.git;token=x", Some("https://example.org/a.git")),
            ("git@example.org:group/a.git", Some("ssh://example.org/group/a.git")),
            ("example.org:/srv/a.git", Some("ssh://example.org/srv/a.git")),
            ("ssh://git@[2001:db8::1]:22/a.git", Some("ssh://[2001:db8::1]:22/a.git")),
            ("file:///srv/a.git", Some("file:///srv/a.git")),
            ("https://user:wo/rd@example.org/a.git", None),
            ("https://user:12/rd:x@example.org/a.git", None),
            ("user:password@example.org:a.git", None),
            ("/srv/git/a.git", None),
            ("../a.git", None),
            ("C:\\git\\a.git", None),
            ("ext::sh -c whatever", None),
            ("https://example.org/a b", None),
            ("https://exa\u{1b}mple.org/a", None),
            ("https:///a", None),
            ("", None),
        ] {
            assert_eq!(without_credentials(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn references_cannot_lead_out() {
        assert_eq!(symbolic(b"ref: refs/heads/main\n"), Some("refs/heads/main"));
        assert_eq!(symbolic(b"ref: refs/../../secret"), None);
        assert_eq!(symbolic(b"ref: /etc/hostname"), None);
        assert_eq!(symbolic(b"ref: refs/heads/a\x1b[2J"), None);
    }

    #[test]
    fn object_ids_have_one_of_two_lengths() {
        let sha1 = "0123456789abcdef0123456789ABCDEF01234567";
        assert_eq!(object_id(sha1.as_bytes()), Some(sha1.to_ascii_lowercase()));
        assert_eq!(object_id(format!("{sha1} refs/heads/x").as_bytes()), Some(sha1.to_ascii_lowercase()));
        assert_eq!(object_id(format!("{sha1}x").as_bytes()), None);
        assert_eq!(object_id(&sha1.as_bytes()[1..]), None);
        assert_eq!(object_id(b""), None);
    }
}
