//! Google service account key files.

use super::json::Object;
use super::{Evidence, Verdict, encoding, fact_name, private_key};

const FIELDS: &[&str] = &["type", "project_id", "private_key_id", "private_key", "client_email", "universe_domain"];

/// Checks a key file: JSON, a JSON text that holds it, or its base64. The private key inside must
/// parse as well.
pub(super) fn google(value: &[u8]) -> Evidence {
    let Some(object) = read(value) else {
        return Evidence::fail("not a JSON object");
    };
    if object.text("type") != Some("service_account") {
        return Evidence::fail("not of the type service_account");
    }
    let Some(email) = object.text("client_email").filter(|_| object.has("private_key")) else {
        return Evidence::fail("a field of the key file is missing");
    };
    // A key that was emptied is one that does not parse, like any other that was taken out.
    let key = object.text("private_key").unwrap_or_default();
    let key = private_key::private_key(key.as_bytes());
    let evidence = if key.verdict == Verdict::Pass {
        Evidence::pass("the key file is complete and its private key parses")
    } else {
        Evidence::unknown("the key file is complete, but its private key does not parse")
    };
    let mut evidence = evidence
        .with(fact_name::SUBJECT, email)
        .with_some(fact_name::ACCOUNT, object.text("project_id"))
        .with_some(fact_name::KEY_ID, object.text("private_key_id"))
        .with_some(fact_name::HOST, object.text("universe_domain"));
    evidence.facts.extend(key.facts);
    evidence
}

fn read(value: &[u8]) -> Option<Object> {
    if let Some(object) = Object::read(value, FIELDS) {
        return Some(object);
    }
    let inner = match value.first()? {
        b'"' => serde_json::from_slice::<String>(value).ok()?.into_bytes(),
        // The inside of a JSON text, cut out without its quotes.
        b'{' => {
            let quoted = [b"\"", value, b"\""].concat();
            serde_json::from_slice::<String>(&quoted).ok()?.into_bytes()
        }
        _ => encoding::base64(value)?,
    };
    Object::read(&inner, FIELDS)
}

#[cfg(test)]
mod tests {
    use super::super::private_key::tests::{pem, pkcs8_rsa};
    use super::super::tests::fact;
    use super::*;
    use base64::Engine as _;

    fn file(kind: &str, key: &str) -> String {
        serde_json::json!({
            "type": kind,
            "project_id": "project-1",
            "private_key_id": "0123abcd",
            "private_key": key,
            "client_email": "ci@project-1.iam.gserviceaccount.com",
        })
        .to_string()
    }

    #[test]
    fn key_files() {
        let key = pem("PRIVATE KEY", &pkcs8_rsa());
        let whole = file("service_account", &key);
        let quoted = serde_json::to_string(&whole).unwrap();
        let inside = quoted[1..quoted.len() - 1].to_owned();
        let base64 = base64::engine::general_purpose::STANDARD.encode(&whole);
        for value in [whole, quoted, inside, base64] {
            let evidence = google(value.as_bytes());
            assert_eq!(evidence.verdict, Verdict::Pass, "{}", evidence.reason);
            assert_eq!(fact(&evidence, fact_name::ACCOUNT), "project-1");
            assert_eq!(fact(&evidence, fact_name::KEY_ID), "0123abcd");
            assert_eq!(fact(&evidence, fact_name::KEY_TYPE), "rsa");
            assert_eq!(fact(&evidence, fact_name::SUBJECT), "ci@project-1.iam.gserviceaccount.com");
        }
        for broken in [file("authorized_user", &key), "{\"type\":\"service_account\"}".to_owned(), String::new()] {
            assert_eq!(google(broken.as_bytes()).verdict, Verdict::Fail);
        }
        for without_key in ["REDACTED", ""] {
            let evidence = google(file("service_account", without_key).as_bytes());
            assert_eq!(evidence.verdict, Verdict::Unknown, "it says whose key it is, not that it is one");
        }
    }
}
