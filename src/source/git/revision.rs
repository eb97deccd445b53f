//! Revisions as people write them (git's gitrevisions(7)): names of references, ids and their beginnings, `~N`, `^N`.
//!
//! What needs reflogs, dates, messages or paths (`@{...}`, `:/text`, `rev:path`) is refused in words.

use gix_hash::{ObjectId, Prefix};

use super::objects::{ObjectBuffers, Objects};
use super::{GitDirectory, head};

/// The least beginning of an id.
const LEAST_ID: usize = 4;

/// The commit that `text` names. The error is a clause.
pub(super) fn commit(
    directory: &GitDirectory,
    objects: &Objects,
    buffers: &mut ObjectBuffers,
    text: &str,
) -> Result<ObjectId, String> {
    let end = text.find(['~', '^']).unwrap_or(text.len());
    let (name, mut steps) = text.split_at(end);
    let id = named(directory, objects, name)?;
    let mut at = objects.peel(&id, buffers).map_err(|error| format!("{name}: {}", error.gap().1))?;
    while !steps.is_empty() {
        let kind = steps.as_bytes()[0];
        let digits = steps[1..].bytes().take_while(u8::is_ascii_digit).count();
        let number = &steps[1..=digits];
        let unknown = || format!("`{text}` is no revision that is understood");
        let number: usize = if number.is_empty() { 1 } else { number.parse().map_err(|_| unknown())? };
        match kind {
            b'~' => {
                for _ in 0..number {
                    at = parent(objects, buffers, &at, 1, text)?;
                }
            }
            b'^' if number > 0 => at = parent(objects, buffers, &at, number, text)?,
            b'^' => {}
            _ => return Err(unknown()),
        }
        steps = &steps[1 + digits..];
    }
    // A commit knows its parents' ids, whether or not they are there.
    objects.commit(&at, buffers).map(|_| at).map_err(|error| format!("{text}: {}", error.gap().1))
}

fn parent(
    objects: &Objects,
    buffers: &mut ObjectBuffers,
    commit: &ObjectId,
    number: usize,
    text: &str,
) -> Result<ObjectId, String> {
    let commit = objects.commit(commit, buffers).map_err(|error| format!("{text}: {}", error.gap().1))?;
    commit.parents.get(number - 1).copied().ok_or_else(|| format!("`{text}`: there is no such parent"))
}

/// The object that a name without steps stands for.
fn named(directory: &GitDirectory, objects: &Objects, name: &str) -> Result<ObjectId, String> {
    if matches!(name, "HEAD" | "@") {
        return head::commit(directory, objects.hash())?.ok_or_else(|| "HEAD has no commit yet".to_owned());
    }
    if let Some(id) = head::reference(directory, name) {
        return ObjectId::from_hex(id.as_bytes()).map_err(|_| format!("the reference {name} is damaged"));
    }
    let hexadecimal = name.len() >= LEAST_ID && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hexadecimal {
        return Err(format!("`{name}` names no reference and no commit of the repository"));
    }
    if let Ok(id) = ObjectId::from_hex(name.as_bytes()) {
        return Ok(id);
    }
    let prefix = Prefix::from_hex(name).map_err(|_| format!("`{name}` is no beginning of an id"))?;
    match &objects.ids_with(prefix, name)[..] {
        [id] => Ok(*id),
        [] => Err(format!("`{name}` names no reference and no commit of the repository")),
        _ => Err(format!("`{name}` is the beginning of several ids")),
    }
}
