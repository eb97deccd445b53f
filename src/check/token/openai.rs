//! `OpenAI` API keys: the base64 of the vendor's name stands between two random parts.

use super::{Evidence, fact_name};

const MARKER: &[u8] = b"T3BlbkFJ";

/// The least number of random characters on either side of the marker.
const MIN_PART: usize = 20;

/// Checks for the marker in its place. Keys of other vendors that also begin with `sk-` fail.
pub(super) fn marker(value: &[u8]) -> Evidence {
    let Some(body) = value.strip_prefix(b"sk-") else {
        return Evidence::fail("not an OpenAI key prefix");
    };
    let kinds: [(&[u8], &str); 4] =
        [(b"proj-", "project"), (b"svcacct-", "service account"), (b"admin-", "administrator"), (b"None-", "")];
    let (body, role) =
        kinds.into_iter().find_map(|(prefix, role)| Some((body.strip_prefix(prefix)?, role))).unwrap_or((body, ""));
    if !body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        return Evidence::fail("holds characters outside the alphabet");
    }
    match memchr::memmem::find(body, MARKER) {
        Some(at) if at >= MIN_PART && body.len() - at - MARKER.len() >= MIN_PART => {
            Evidence::pass("the fixed marker is in its place").with(fact_name::ROLE, role)
        }
        Some(_) => Evidence::fail("the fixed marker is out of place"),
        None => Evidence::fail("the fixed marker is missing"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::fact;
    use super::*;

    #[test]
    fn marker_decides() {
        let marker_text = ["T3Blb", "kFJ"].concat();
        let part = |len: usize| "aB3".repeat(len).split_off(len * 2);
        for (left, right, verdict) in
            [(20, 20, Verdict::Pass), (74, 74, Verdict::Pass), (19, 21, Verdict::Fail), (30, 5, Verdict::Fail)]
        {
            for (prefix, role) in
                [("", ""), ("proj-", "project"), ("svcacct-", "service account"), ("admin-", "administrator")]
            {
                let value = format!("sk-{prefix}{}{marker_text}{}", part(left), part(right));
                let evidence = marker(value.as_bytes());
                assert_eq!(evidence.verdict, verdict, "{value}");
                if verdict == Verdict::Pass {
                    assert_eq!(fact(&evidence, fact_name::ROLE), role);
                }
            }
        }
        assert_eq!(marker(format!("sk-{}", part(48)).as_bytes()).verdict, Verdict::Fail);
    }
}
