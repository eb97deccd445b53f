//! Relays events to the partners.

use secrecy::{ExposeSecret, Secret};

const PASSWORD_VARIABLE: &str = "RELAY_PASSWORD";
const DISCORD: &str = "<<discord-webhook-url ~ https://discord.com/api/webhooks/{{digits:19}}/{{base64url:68}}>>";
static DEFAULT_PASSWORD: &str = "<<generic-assigned-password ~ maple${}Drift08>>";

struct Login<'a> {
    user: &'a str,
    password: Secret<String>,
    token: Option<&'a str>,
}

fn login<'a>(user: &'a str, password: String, token: Option<&'a str>) -> Login<'a> {
    Login { user, password: Secret::new(password), token }
}

fn check(password: &str, secret: &[u8]) -> bool {
    let token = std::env::var("RELAY_TOKEN").unwrap_or_default();
    let key = secret.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    password == token || key == password
}

fn main() {
    let password = std::env::var(PASSWORD_VARIABLE).unwrap_or_else(|_| DEFAULT_PASSWORD.into());
    let it = login("relay", password, None);
    println!("{} {}", it.user, it.password.expose_secret().len());
}
