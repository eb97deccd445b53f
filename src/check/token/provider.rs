//! Tokens that are the base64 of a JSON object: Grafana, Sentry and 1Password.

use super::encoding;
use super::json::Object;
use super::{Evidence, fact_name};

/// Grafana Cloud access policy tokens (`glc_`: `o` organisation, `n` name, `k` key, `m.r` region)
/// and legacy API keys (`k` key, `n` name, `id` organisation).
pub(super) fn grafana(value: &[u8]) -> Evidence {
    let (body, cloud) = match value.strip_prefix(b"glc_") {
        Some(body) => (body, true),
        None => (value, false),
    };
    let object = encoding::base64(body).and_then(|bytes| Object::read(&bytes, &["o", "n", "k", "m", "id"]));
    let Some(object) = object else {
        return Evidence::fail("does not decode to a JSON object");
    };
    let account = object.line(if cloud { "o" } else { "id" });
    if object.text("k").is_none() || !object.has("n") || account.is_none() {
        return Evidence::fail("a field of the token is missing");
    }
    Evidence::pass("decodes to a key with its name and organisation")
        .with_some(fact_name::ACCOUNT, account)
        .with_some(fact_name::SUBJECT, object.text("n"))
        .with_some(fact_name::REGION, object.nested("m", "r"))
        .with(fact_name::FORMAT, if cloud { "access policy token" } else { "API key" })
}

/// Sentry organisation tokens: `sntrys_`, the base64 of `iat`, `url`, `region_url` and `org`, `_`
/// and 43 characters of secret (Sentry RFC 0091).
pub(super) fn sentry(value: &[u8]) -> Evidence {
    const SECRET: usize = 43;
    let Some(body) = value.strip_prefix(b"sntrys_") else {
        return Evidence::fail("not a Sentry token prefix");
    };
    // The secret may hold an underscore itself, so count from the end.
    let Some((payload, [b'_', secret @ ..])) = body.len().checked_sub(SECRET + 1).map(|at| body.split_at(at)) else {
        return Evidence::fail("not the shape of an organisation token");
    };
    if !encoding::is_base64_like(secret) {
        return Evidence::fail("the secret part is not base64");
    }
    let object = encoding::base64(payload).and_then(|bytes| Object::read(&bytes, &["iat", "url", "region_url", "org"]));
    let Some(object) = object else {
        return Evidence::fail("does not decode to a JSON object");
    };
    let (Some(url), Some(_)) = (object.text("url"), object.integer("iat")) else {
        return Evidence::fail("a field of the token is missing");
    };
    Evidence::pass("decodes to an organisation and its address")
        .with_some(fact_name::ACCOUNT, object.text("org"))
        .with_some(fact_name::HOST, host(object.text("region_url").unwrap_or(url)))
        .with_epoch(fact_name::ISSUED, object.integer("iat"))
}

/// 1Password service account tokens: `ops_` and the base64url of the sign-in address, the account's
/// generated email address and its keys.
pub(super) fn onepassword(value: &[u8]) -> Evidence {
    const FIELDS: &[&str] = &["signInAddress", "email", "secretKey", "muk", "srpX"];
    let Some(body) = value.strip_prefix(b"ops_") else {
        return Evidence::fail("not a service account token prefix");
    };
    let Some(object) = encoding::base64(body).and_then(|bytes| Object::read(&bytes, FIELDS)) else {
        return Evidence::fail("does not decode to a JSON object");
    };
    if object.text("secretKey").is_none() || !object.has("muk") || !object.has("srpX") {
        return Evidence::fail("a field of the token is missing");
    }
    let (Some(address), Some(email)) = (object.text("signInAddress"), object.text("email")) else {
        return Evidence::fail("a field of the token is missing");
    };
    // The address is generated and names the account; the secrets are in the other fields.
    Evidence::pass("decodes to a service account and its address")
        .with_some(fact_name::HOST, host(address))
        .with(fact_name::USER, email)
}

/// The host of a URL, or of text that is a host already; without user name, port and path.
pub(super) fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!host.is_empty() && host.chars().all(known)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::tests::fact;
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    #[test]
    fn grafana_tokens() {
        let cloud = r#"{"o":"652992","n":"stack-reader","k":"kkkk","m":{"r":"prod-eu-west-2"}}"#;
        let evidence = grafana(format!("glc_{}", STANDARD.encode(cloud)).as_bytes());
        assert_eq!(evidence.verdict, Verdict::Pass);
        assert_eq!(fact(&evidence, fact_name::ACCOUNT), "652992");
        assert_eq!(fact(&evidence, fact_name::SUBJECT), "stack-reader");
        assert_eq!(fact(&evidence, fact_name::REGION), "prod-eu-west-2");
        let legacy = STANDARD.encode(r#"{"k":"kkkk","n":"dashboards","id":1}"#);
        let evidence = grafana(legacy.as_bytes());
        assert_eq!(evidence.verdict, Verdict::Pass);
        assert_eq!(fact(&evidence, fact_name::ACCOUNT), "1");
        for broken in [r#"{"n":"x","id":1}"#, r#"{"k":"","n":"x","id":1}"#, r#"{"k":"x""#, "text"] {
            let verdict = grafana(STANDARD.encode(broken).as_bytes()).verdict;
            assert_eq!(verdict, Verdict::Fail, "{broken}");
        }
    }

    #[test]
    fn sentry_tokens() {
        let payload = r#"{"iat":1714521600.25,"url":"https://sentry.io",
            "region_url":"https://de.sentry.io","org":"acme"}"#;
        let secret = "a+/_".repeat(11)[..43].to_owned();
        let value = format!("{}_{}_{secret}", "sntrys", STANDARD.encode(payload));
        let evidence = sentry(value.as_bytes());
        assert_eq!(evidence.verdict, Verdict::Pass);
        assert_eq!(fact(&evidence, fact_name::ACCOUNT), "acme");
        assert_eq!(fact(&evidence, fact_name::HOST), "de.sentry.io");
        assert_eq!(fact(&evidence, fact_name::ISSUED), "2024-05-01T00:00:00Z");
        for broken in [
            value[..value.len() - 1].to_owned(),
            value.replace("eyJ", "eyX"),
            format!("{}_{}_{secret}", "sntrys", STANDARD.encode(r#"{"org":"acme"}"#)),
            "sntrys_".to_owned(),
        ] {
            assert_eq!(sentry(broken.as_bytes()).verdict, Verdict::Fail, "{broken}");
        }
    }

    #[test]
    fn onepassword_tokens() {
        let payload = r#"{"signInAddress":"my.1password.eu",
            "email":"abc@1passwordserviceaccounts.com",
            "muk":{"k":"x"},"secretKey":"x","srpX":"x","deviceUuid":"x"}"#;
        let evidence = onepassword(format!("ops_{}", URL_SAFE_NO_PAD.encode(payload)).as_bytes());
        assert_eq!(evidence.verdict, Verdict::Pass);
        assert_eq!(fact(&evidence, fact_name::HOST), "my.1password.eu");
        assert_eq!(fact(&evidence, fact_name::USER), "abc@1passwordserviceaccounts.com");
        let without = payload.replace("srpX", "other");
        let evidence = onepassword(format!("ops_{}", URL_SAFE_NO_PAD.encode(without)).as_bytes());
        assert_eq!(evidence.verdict, Verdict::Fail);
    }

    #[test]
    fn hosts_come_without_credentials() {
        for (url, want) in [
            (concat!("https://user", ":pass@h.example:8443/p?q#f"), Some("h.example")),
            ("h.example", Some("h.example")),
            ("https://", None),
            ("https://a b/", None),
        ] {
            assert_eq!(host(url), want);
        }
    }
}
