//! Credentials of several parts: one finding, its secret, and the identifiers beside it as facts of its identity.

use crate::plant::{Noise, expand};
use crate::run::{Run, array, string, tree};

/// The findings in `text`: rule, and its facts as `name=value`.
fn findings(text: &str) -> Vec<(String, Vec<String>)> {
    let folder = tree(&[("settings.txt", text)]);
    let report = Run::scan(folder.path(), &["--format", "json"]).go().expect(1).json();
    let facts = |finding: &serde_json::Value| {
        array(&finding["facts"])
            .iter()
            .map(|fact| format!("{}={}", string(&fact["name"]), string(&fact["value"])))
            .collect()
    };
    array(&report["findings"]).iter().map(|finding| (string(&finding["rule"]["id"]), facts(finding))).collect()
}

fn drawn(generator: &str) -> String {
    expand(generator, &mut Noise::seeded(generator)).unwrap()
}

/// Every order of the lines.
fn orders(lines: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    for first in 0..lines.len() {
        let mut turned = lines.to_vec();
        turned.rotate_left(first);
        out.push(turned.join("\n"));
        turned.reverse();
        out.push(turned.join("\n"));
    }
    out
}

#[track_caller]
fn assert_one(text: &str, rule: &str, facts: &[String]) {
    let found = findings(text);
    let [(found_rule, found_facts)] = found.as_slice() else { panic!("{} findings for {rule}", found.len()) };
    assert_eq!(found_rule, rule);
    for fact in facts {
        assert!(found_facts.contains(fact), "{rule}: {fact} is not among {} facts", found_facts.len());
    }
}

#[test]
fn an_aws_key_pair_is_one_finding_in_either_order() {
    let (id, secret) = (drawn("AKIAQ{{base32:15}}"), drawn("{{base64:40}}"));
    let pair = [format!("aws_access_key_id = {id}"), format!("aws_secret_access_key = {secret}")];
    for text in orders(&pair) {
        assert_one(&text, "aws-secret-access-key", &[format!("key-id={id}")]);
    }
    // What the id tells by itself is not lost with its own finding.
    assert!(findings(&pair.join("\n"))[0].1.iter().any(|fact| fact.starts_with("account=")));
    assert_one(&format!("deploy,{id},{secret}"), "aws-secret-access-key-in-pair", &[format!("key-id={id}")]);
    assert_one(&pair[0], "aws-access-key-id", &[]);
    let apart = pair.join(&"\n# far away".repeat(80));
    assert_eq!(findings(&apart).len(), 2, "parts belong together only where they are near");
}

#[test]
fn accounts_clients_and_tenants_go_with_their_secrets() {
    let (account, token) = (drawn("AC{{hex:32}}"), drawn("{{hex:31}}7"));
    let twilio = [format!("TWILIO_ACCOUNT_SID={account}"), format!("TWILIO_AUTH_TOKEN={token}")];
    for text in orders(&twilio) {
        assert_one(&text, "twilio-auth-token", &[format!("account={account}")]);
    }
    let (tenant, client) = (drawn("{{uuid}}"), drawn("0{{hex:7}}-{{hex:4}}-4{{hex:3}}-a{{hex:3}}-{{hex:12}}"));
    let secret = drawn("{{base62:3}}8Q~{{base62:34}}");
    let azure = [
        format!("AZURE_TENANT_ID={tenant}"),
        format!("AZURE_CLIENT_ID={client}"),
        format!("AZURE_CLIENT_SECRET={secret}"),
    ];
    for text in orders(&azure) {
        let facts = [format!("tenant={tenant}"), format!("client-id={client}")];
        assert_one(&text, "azure-entra-client-secret", &facts);
    }
    let client = drawn("{{digits:12}}-{{alnum:32}}.apps.googleusercontent.com");
    let secret = drawn("GOCSPX-{{base64url:28}}");
    let google = format!("{{\"client_id\":\"{client}\",\"project\":\"shop\",\"client_secret\":\"{secret}\"}}");
    assert_one(&google, "google-oauth-client-secret", &[format!("client-id={client}")]);
    let (client, secret) = (drawn("0oa{{base62:17}}"), drawn("{{base62:38}}4x"));
    let okta = [format!("OKTA_CLIENT_ID={client}"), format!("OKTA_CLIENT_SECRET={secret}")];
    for text in orders(&okta) {
        assert_one(&text, "okta-client-secret", &[format!("client-id={client}")]);
    }
    let (id, secret) = (drawn("LTAI{{base62:20}}"), drawn("{{base62:28}}4x"));
    let alibaba = [format!("ALIBABA_ACCESS_KEY_ID={id}"), format!("ALIBABA_ACCESS_KEY_SECRET={secret}")];
    for text in orders(&alibaba) {
        assert_one(&text, "alibaba-named-credential", &[format!("key-id={id}")]);
    }
    let secret = drawn("{{base62:30}}4x");
    let oauth = [format!("client_secret: {secret}"), "client_id: shop-4711".to_owned()];
    for text in orders(&oauth) {
        assert_one(&text, "generic-assigned-secret", &["client-id=shop-4711".to_owned()]);
    }
}

#[test]
fn explain_says_where_a_part_went() {
    let (id, secret) = (drawn("AKIA{{base32:16}}"), drawn("{{base64:40}}"));
    let folder = tree(&[("a.env", &format!("aws_access_key_id={id}\naws_secret_access_key={secret}\n"))]);
    let place = format!("{}:1", folder.path().join("a.env").display());
    let told = Run::new(["explain", &place, "--rule", "aws-access-key-id"]).go().text();
    assert!(told.contains("aws-access-key-id is a part of the finding of aws-secret-access-key"), "{told}");
}

#[test]
fn secrets_beside_each_other_are_no_parts_of_each_other() {
    let keys = [drawn("{{hex:39}}1"), drawn("{{hex:39}}2")];
    let text = format!("WANDB_API_KEY = '{}'\nWANDB_API_KEY= '{}'\n", keys[0], keys[1]);
    assert_eq!(findings(&text).len(), 2);
    let (key, secret) = (drawn("{{base62:24}}7"), drawn("{{base62:49}}7"));
    let found = findings(&format!("TWITTER_CONSUMER_KEY={key}\nTWITTER_CONSUMER_SECRET={secret}\n"));
    assert!(found.iter().flat_map(|(_, facts)| facts).all(|fact| !fact.contains(&key)), "a finding's value is no fact");
}

#[test]
fn a_secret_has_the_facts_of_all_its_places_whatever_their_order() {
    let secret = drawn("{{base64:40}}");
    let ids: Vec<String> = ["AKIAQ{{base32:15}}", "AKIAR{{base32:15}}"].map(drawn).into();
    let pair = |id: &String| format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    let alone = format!("aws_secret_access_key = {secret}\n");
    let (first, second) = (pair(&ids[0]), pair(&ids[1]));
    let folder = tree(&[("a.txt", alone.as_str()), ("b.txt", first.as_str()), ("c.txt", second.as_str())]);
    let facts = |threads: &str| {
        let report = Run::scan(folder.path(), &["--format", "json", "-j", threads]).go().expect(1).json();
        let findings = array(&report["findings"]).to_vec();
        assert_eq!(findings.len(), 1);
        array(&findings[0]["facts"]).iter().map(|fact| string(&fact["value"])).collect::<Vec<String>>()
    };
    let one = facts("1");
    assert!(ids.iter().all(|id| one.contains(id)), "{} facts", one.len());
    for _ in 0..8 {
        assert_eq!(facts("3"), one);
    }
}
