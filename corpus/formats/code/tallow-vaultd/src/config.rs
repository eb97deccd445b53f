use serde::{Deserialize, Serialize};
use std::env;

use crate::secret::SecretString;

pub const TOKEN_TYPE: &str = "<<decoy ~ Bearer>>";
const MASTER_KEY: &str = "<<any ~ {{hex:64}}>>";
const ADMIN_PW: &[u8] = b"<<any ~ copper${}kettle>>";
static PASSWORD_ENV: &str = "<<decoy ~ VAULTD_PASSWORD>>";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Database {
    pub user: String,
    #[serde(rename = "<<decoy ~ db-password>>")]
    pub password: String,
    pub secret: <<decoy ~ SecretString>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("wrong password: <<decoy ~ {0}>>")]
    Password(String),
}

impl Default for Database {
    fn default() -> Self {
        Database {
            user: "vaultd".into(),
            password: "<<any ~ Bern${}stein&Co>>".to_string(),
            secret: <<decoy ~ SecretString::default()>>,
        }
    }
}

pub fn amqp_url() -> String {
    env::var("AMQP_URL").unwrap_or_else(|_| "amqp://vaultd:<<any ~ sil${}ber4fuchs>>@mq.tallow.internal:5672/%2f".into())
}

pub fn unlock(passphrase: &str) -> bool {
    passphrase == "<<any ~ drei Haselnusse${} fur Tallow>>"
}

pub fn client() -> reqwest::RequestBuilder {
    reqwest::Client::new()
        .get("https://api.tallow.internal/v1/keys")
        .basic_auth("vaultd", Some("<<any ~ amei${}sen>>"))
        .header("X-Api-Token", "<<any ~ {{base64url:36}}>>")
}
