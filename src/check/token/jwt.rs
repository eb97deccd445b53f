//! JSON Web Tokens (RFC 7519) in the compact forms of JWS (RFC 7515) and JWE (RFC 7516).

use super::encoding;
use super::json::Object;
use super::{Evidence, fact_name};

const HEADER: &[&str] = &["alg", "enc", "kid"];
const CLAIMS: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "scope",
    "scp",
    "scopes",
    "permissions",
    "role",
    "roles",
    "iat",
    "exp",
    "client_id",
    "azp",
    "org_id",
    "tid",
    "ref",
];

/// Decodes header and claims. The signature is not verified: that takes the issuer's key.
pub(super) fn jwt(value: &[u8]) -> Evidence {
    let mut parts = value.splitn(6, |&b| b == b'.');
    let header = parts.next().unwrap_or_default();
    let rest: Vec<&[u8]> = parts.collect();
    let Some(header) = encoding::base64(header).and_then(|h| Object::read(&h, HEADER)) else {
        return Evidence::fail("the header does not decode to a JSON object");
    };
    let Some(algorithm) = header.text("alg") else {
        return Evidence::fail("the header names no algorithm");
    };
    if rest.len() == 4 && header.has("enc") {
        return if rest.iter().all(|part| encoding::is_base64_like(part)) {
            Evidence::unknown("the token is encrypted, so its claims cannot be read")
                .with_some(fact_name::KEY_ID, header.text("kid"))
                .with(fact_name::FORMAT, "JWE")
        } else {
            Evidence::fail("a part is not base64url")
        };
    }
    let unsecured = algorithm.eq_ignore_ascii_case("none");
    let (payload, signature) = match rest[..] {
        [payload, signature] => (payload, signature),
        [payload] if unsecured => (payload, &b""[..]),
        _ => return Evidence::fail("not three parts"),
    };
    if signature.is_empty() != unsecured || !encoding::is_base64_like(signature) {
        return Evidence::fail("the signature is missing or malformed");
    }
    let Some(claims) = encoding::base64(payload).and_then(|p| Object::read(&p, CLAIMS)) else {
        return Evidence::fail("the payload does not decode to a JSON object");
    };
    let first = |names: &[&str]| names.iter().find_map(|name| claims.line(name));
    Evidence::pass("header and payload decode")
        .with_some(fact_name::ISSUER, claims.line("iss"))
        .with_some(fact_name::SUBJECT, first(&["sub", "client_id", "azp"]))
        .with_some(fact_name::AUDIENCE, claims.line("aud"))
        .with_some(fact_name::ACCOUNT, first(&["tid", "org_id", "ref"]))
        .with_some(fact_name::SCOPES, first(&["scope", "scp", "scopes", "permissions"]))
        .with_some(fact_name::ROLE, first(&["role", "roles"]))
        .with_epoch(fact_name::ISSUED, claims.integer("iat"))
        .with_epoch(fact_name::EXPIRES, claims.integer("exp"))
        .with_some(fact_name::KEY_ID, header.text("kid"))
        .with(fact_name::FORMAT, format!("JWS {algorithm}"))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::fact;
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;

    fn token(header: &str, payload: &str, tail: &str) -> String {
        format!("{}.{}{tail}", B64.encode(header), B64.encode(payload))
    }

    #[test]
    fn verdicts() {
        let signed = r#"{"alg":"HS256","typ":"JWT"}"#;
        for (header, payload, tail, verdict) in [
            (signed, "{}", ".c2ln", Verdict::Pass),
            (r#"{"alg":"none"}"#, "{}", "", Verdict::Pass),
            (r#"{"alg":"none"}"#, "{}", ".", Verdict::Pass),
            (r#"{"alg":"none"}"#, "{}", ".c2ln", Verdict::Fail),
            (signed, "{}", "", Verdict::Fail),
            (signed, "{}", ".", Verdict::Fail),
            (signed, "{}", ".<sig>", Verdict::Fail),
            (signed, "[]", ".c2ln", Verdict::Fail),
            (signed, "{\"a\":", ".c2ln", Verdict::Fail),
            (r#"{"typ":"JWT"}"#, "{}", ".c2ln", Verdict::Fail),
            ("text", "{}", ".c2ln", Verdict::Fail),
            (signed, "{}", ".a.b.c.d.e", Verdict::Fail),
            (r#"{"alg":"dir","enc":"A128GCM"}"#, "", ".aXY.Y3Q.dGFn", Verdict::Unknown),
        ] {
            let value = token(header, payload, tail);
            assert_eq!(jwt(value.as_bytes()).verdict, verdict, "{header} {payload} {tail}");
        }
    }

    #[test]
    fn claims_become_facts() {
        let value = token(
            r#"{"alg":"RS256","kid":"key-1"}"#,
            r#"{"iss":"https://id.example","sub":"system:serviceaccount:ci:deployer",
                "aud":["a","b"],"scp":["read","write"],"role":"service_role",
                "iat":1714521600,"exp":1746057600.5}"#,
            ".c2ln",
        );
        let evidence = jwt(value.as_bytes());
        for (name, want) in [
            (fact_name::ISSUER, "https://id.example"),
            (fact_name::SUBJECT, "system:serviceaccount:ci:deployer"),
            (fact_name::AUDIENCE, "a b"),
            (fact_name::SCOPES, "read write"),
            (fact_name::ROLE, "service_role"),
            (fact_name::ISSUED, "2024-05-01T00:00:00Z"),
            (fact_name::EXPIRES, "2025-05-01T00:00:00Z"),
            (fact_name::KEY_ID, "key-1"),
            (fact_name::FORMAT, "JWS RS256"),
        ] {
            assert_eq!(fact(&evidence, name), want);
        }
    }

    #[test]
    fn times_in_milliseconds_are_left_out() {
        let value = token(r#"{"alg":"HS256"}"#, r#"{"exp":1714521600000,"iat":-5}"#, ".c2ln");
        let evidence = jwt(value.as_bytes());
        assert_eq!(evidence.verdict, Verdict::Pass);
        assert_eq!(fact(&evidence, fact_name::EXPIRES), "");
        assert_eq!(fact(&evidence, fact_name::ISSUED), "");
    }
}
