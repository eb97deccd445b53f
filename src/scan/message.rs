//! Messages of commits and tags.

use gix_object::Kind;

/// The path under which the message of a commit or tag is told of, in a repository that is bare or has a work tree.
pub(super) fn path_of_message(bare: bool, id: &str) -> Vec<u8> {
    let folder = if bare { "" } else { ".git/" };
    format!("{folder}objects/{id}/message").into_bytes()
}

/// What people wrote in a commit or tag, at the lines at which `git cat-file` shows it: all of it but for the ids that it
/// begins with and the signatures, which are nobody's words.
pub(super) fn message(kind: Kind, bytes: &[u8]) -> Vec<u8> {
    let mut text = bytes.to_vec();
    let end = memchr::memmem::find(bytes, b"\n\n").map_or(bytes.len(), |at| at + 1);
    let first: &[u8] = if kind == Kind::Commit { b"author " } else { b"tag " };
    let (mut at, mut begun, mut hidden) = (0, false, true);
    while at < end {
        let next = memchr::memchr(b'\n', &bytes[at..end]).map_or(end, |line| at + line + 1);
        let line = &bytes[at..next];
        if !line.starts_with(b" ") {
            begun |= line.starts_with(first);
            hidden = !begun || line.starts_with(b"gpgsig");
        }
        if hidden {
            text[at..next].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        at = next;
    }
    // A tag is signed behind its message.
    if kind == Kind::Tag
        && let Some(signature) = memchr::memmem::rfind(bytes, b"\n-----BEGIN PGP SIGNATURE-----")
    {
        text.truncate(signature + 1);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_signatures_are_no_words_of_a_message() {
        let commit = b"tree 01\nparent 02\nauthor A\ncommitter B\ngpgsig -----BEGIN\n abc\n \n =def\nmine 1\n\nword\n\ngpgsig x\n";
        let text = String::from_utf8(message(Kind::Commit, commit)).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines, ["", "", "author A", "committer B", "", "", "", "", "mine 1", "", "word", "", "gpgsig x"]);
        assert_eq!(text.len(), commit.len());
        let begin = "-----BEGIN PGP SIGNATURE-----";
        let tag = format!("object 01\ntype commit\ntag v1\ntagger A\n\nword\n{begin}\n\nabc\n=def\n");
        let text = String::from_utf8(message(Kind::Tag, tag.as_bytes())).unwrap();
        assert_eq!(text.lines().map(str::trim).collect::<Vec<_>>(), ["", "", "tag v1", "tagger A", "", "word"]);
    }
}
