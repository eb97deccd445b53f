//! The other parts of a credential: the identifiers that go with a secret and stand near it, such as the access key id
//! of an AWS key pair, the account of a Twilio token or the client id of an OAuth secret. They are no secrets; they say
//! whose the secret is.

use std::ops::Range;

use super::token::{Fact, MAX_FACT_BYTES};
use crate::rule::{Part, Rule};

/// Bytes on either side of a secret in which its other parts are looked for. Windows of content overlap by more.
const REACH: usize = 512;

/// Bytes of operator, quotes and blanks that may stand between the name of an identifier and the identifier.
const OPERATOR: usize = 12;

/// A part that was found: what it says, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The fact for the identity.
    pub fact: Fact,
    /// Bytes of the text.
    pub span: Range<usize>,
    /// It has a form of its own, so that it is no secret whatever else it looks like.
    pub formed: bool,
}

/// The parts of the credential whose secret stands at `secret` in `text`: of each kind the nearest one, whatever side
/// it is on. Ties go to the one before the secret.
pub fn parts(rule: &Rule, text: &[u8], secret: Range<usize>) -> Vec<Found> {
    let mut out: Vec<Found> = Vec::new();
    if rule.parts.is_empty() {
        return out;
    }
    // A word that the reach would cut is left out: what is left of it may look like something else.
    let inside = |&byte: &u8| !of_identifier(byte);
    let first = secret.start.saturating_sub(REACH);
    let first = if first == 0 { 0 } else { first + text[first..secret.start].iter().position(inside).unwrap_or(0) };
    let last = text.len().min(secret.end + REACH);
    let last = if last == text.len() {
        last
    } else {
        secret.end + text[secret.end..last].iter().rposition(inside).map_or(last - secret.end, |at| at + 1)
    };
    let lower = text[first..last].to_ascii_lowercase();
    for part in &rule.parts {
        let name = part.kind.name();
        if out.iter().any(|found| found.fact.name == name) {
            continue;
        }
        let distance = |span: &Range<usize>| {
            if span.end <= secret.start { secret.start - span.end } else { span.start.saturating_sub(secret.end) }
        };
        let apart = |span: &Range<usize>| span.end <= secret.start || span.start >= secret.end;
        let nearest = words(&text[first..last])
            .map(|word| first + word.start..first + word.end)
            .filter(apart)
            .filter(|word| is_part(part, text, &lower[..word.start - first], word))
            .min_by_key(|word| (distance(word), word.start));
        if let Some(span) = nearest {
            let value = String::from_utf8_lossy(&text[span.clone()]).into_owned();
            out.push(Found { fact: Fact { name, value }, span, formed: !part.forms.is_empty() });
        }
    }
    out
}

/// Whether `value` by itself is such a part, not a secret.
pub(super) fn is_identifier(rule: &Rule, value: &[u8]) -> bool {
    let formed = |part: &Part| part.names.is_empty() && part.forms.iter().any(|form| form.fits(value));
    rule.parts.iter().any(formed)
}

fn of_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@')
}

/// The runs of the bytes that identifiers are made of, without the full stops and hyphens around them.
fn words(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].iter().position(|&byte| of_identifier(byte))?;
        let length = text[start..].iter().position(|&byte| !of_identifier(byte)).unwrap_or(text.len() - start);
        at = start + length;
        Some(start..at)
    })
    .map(|word| {
        let trimmed = |byte: &u8| !matches!(byte, b'.' | b'-' | b'@');
        let bytes = &text[word.clone()];
        let start = bytes.iter().position(trimmed).unwrap_or(0);
        let end = bytes.iter().rposition(trimmed).map_or(start, |end| end + 1);
        word.start + start..word.start + end
    })
}

/// Whether the word at `word` of `text` is that part. `before` is the text before it, in lower case.
fn is_part(part: &Part, text: &[u8], before: &[u8], word: &Range<usize>) -> bool {
    let value = &text[word.clone()];
    let formed = part.forms.iter().any(|form| form.fits(value));
    if !part.forms.is_empty() && !formed {
        return false;
    }
    if part.names.is_empty() {
        return formed;
    }
    // Without a form of its own a digit tells an identifier from the words that stand for one.
    let plausible = formed || (4..=MAX_FACT_BYTES).contains(&value.len()) && value.iter().any(u8::is_ascii_digit);
    plausible
        && name_before(before).is_some_and(|name| part.names.iter().any(|wanted| name.ends_with(wanted.as_bytes())))
}

/// The name that `before` assigns to, without its joiners; none where no operator stands there.
fn name_before(before: &[u8]) -> Option<Vec<u8>> {
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let end = before.iter().rposition(in_name).map_or(0, |at| at + 1);
    let between = &before[end..];
    let assigns = between.iter().any(|byte| matches!(byte, b'=' | b':' | b'>' | b',' | b'('))
        || end > 0 && !between.is_empty() && between.iter().all(|byte| matches!(byte, b' ' | b'"' | b'\''));
    if !assigns || between.len() > OPERATOR || between.contains(&b'\n') {
        return None;
    }
    let start = before[..end].iter().rposition(|byte| !in_name(byte)).map_or(0, |at| at + 1);
    Some(before[start..end].iter().copied().filter(u8::is_ascii_alphanumeric).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::token::fact_name;
    use crate::report::sample::sample_rule;
    use crate::rule::{Form, PartKind};

    fn found(parts_of: &[(PartKind, &[&str], &[&str])], text: &str, secret: &str) -> Vec<(String, String)> {
        let mut rule = sample_rule("acme-secret", "hardcoded-provider-key");
        rule.parts = parts_of
            .iter()
            .map(|(kind, names, forms)| Part {
                kind: *kind,
                names: names.iter().map(|&name| name.to_owned()).collect(),
                forms: forms.iter().map(|form| Form::parse(form).unwrap()).collect(),
            })
            .collect();
        let start = text.find(secret).unwrap();
        let found = parts(&rule, text.as_bytes(), start..start + secret.len());
        found.into_iter().map(|part| (part.fact.name.to_owned(), part.fact.value)).collect()
    }

    const SECRET: &str = "S3cr3tS3cr3tS3cr3t";

    #[test]
    fn parts_are_found_on_either_side() {
        let id = (PartKind::ClientId, &["clientid"][..], &[][..]);
        for text in [
            "CLIENT_ID=app-4711\nCLIENT_SECRET=S3cr3tS3cr3tS3cr3t",
            "client_secret: 'S3cr3tS3cr3tS3cr3t'\nclient_id: 'app-4711'",
            "{\"secret\":\"S3cr3tS3cr3tS3cr3t\",\"clientId\":\"app-4711\"}",
            "--client-id app-4711 --client-secret S3cr3tS3cr3tS3cr3t",
            "<clientId>app-4711</clientId><secret>S3cr3tS3cr3tS3cr3t</secret>",
        ] {
            assert_eq!(found(&[id], text, SECRET), [("client-id".to_owned(), "app-4711".to_owned())], "{text}");
        }
    }

    #[test]
    fn the_nearest_of_a_form_is_taken() {
        let id = (PartKind::KeyId, &[][..], &["AK{{digits:4}}"][..]);
        let text = "AK0001 S3cr3tS3cr3tS3cr3t\n\n\n\n AK0002 AK00033";
        assert_eq!(found(&[id], text, SECRET)[0].1, "AK0001");
        assert_eq!(found(&[id], &text.replace("AK0001", "none"), SECRET)[0].1, "AK0002");
    }

    #[test]
    fn kinds_are_facts() {
        let kinds = [PartKind::ClientId, PartKind::Account, PartKind::Tenant, PartKind::KeyId];
        assert!(kinds.iter().all(|kind| fact_name::ALL.contains(&kind.name())));
    }

    #[test]
    fn words_are_no_identifiers() {
        let id = (PartKind::ClientId, &["clientid"][..], &[][..]);
        for text in [
            "client_id = os.environ\nsecret = S3cr3tS3cr3tS3cr3t",
            "client_identity 4711\nsecret = S3cr3tS3cr3tS3cr3t",
            "the client_id and\n4711 secret = S3cr3tS3cr3tS3cr3t",
        ] {
            assert_eq!(found(&[id], text, SECRET), [], "{text}");
        }
        // Of the longer word only four digits lie in reach.
        let key = (PartKind::KeyId, &[][..], &["{{digits:4}}"][..]);
        let cut = format!("00000000{}secret = {SECRET}", " ".repeat(REACH - 13));
        assert_eq!(found(&[key], &cut, SECRET), []);
        let cut = format!("{SECRET}{}00000000", " ".repeat(REACH - 4));
        assert_eq!(found(&[key], &cut, SECRET), []);
        let whole = format!("{SECRET}{}0000 ", " ".repeat(REACH - 6));
        assert_eq!(found(&[key], &whole, SECRET).len(), 1);
        let far = format!("client_id = app-4711{}secret = {SECRET}", " ".repeat(REACH));
        assert_eq!(found(&[id], &far, SECRET), []);
    }
}
