//! File names that hold secrets by nature.
//!
//! People put such files into `.gitignore` *because* of what is in them. Skipping them with the build output would
//! miss the very secrets that lie outside a vault, so that the file policy scans them even where git ignores them.
//! Names are compared without regard to ASCII case. Knows nothing of files: a path goes in, a verdict comes out.

/// Whole names.
const NAMES: &[&str] = &[
    // Environments and package registries.
    ".envrc",
    ".flaskenv",
    ".dev.vars",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pypirc",
    "pip.conf",
    "pip.ini",
    ".condarc",
    "nuget.config",
    "auth.json",
    // Logins of network clients and databases.
    ".netrc",
    "_netrc",
    ".git-credentials",
    ".pgpass",
    "pgpass.conf",
    ".my.cnf",
    ".mylogin.cnf",
    ".htpasswd",
    ".htdigest",
    ".fetchmailrc",
    ".msmtprc",
    ".muttrc",
    ".ftpconfig",
    "sftp-config.json",
    "ws_ftp.ini",
    "filezilla.xml",
    "sitemanager.xml",
    "recentservers.xml",
    "rclone.conf",
    ".rclone.conf",
    "datasources.local.xml",
    "webservers.xml",
    // Clouds, clusters and their tools.
    "credentials",
    "kubeconfig",
    ".dockercfg",
    ".dockerconfigjson",
    ".vault-token",
    ".s3cfg",
    ".boto",
    ".databrickscfg",
    ".terraformrc",
    "terraform.rc",
    "accesstokens.json",
    "msal_token_cache.json",
    "accesskeys.csv",
    "rootkey.csv",
    "ngrok.yml",
    "google-services.json",
    "googleservice-info.plist",
    // Applications and their frameworks.
    "appsettings.json",
    "local.settings.json",
    "local_settings.py",
    "localsettings.php",
    "wp-config.php",
    "config.inc.php",
    "database.yml",
    "parameters.yml",
    "local.properties",
    "key.properties",
    "keystore.properties",
    "signing.properties",
    "settings-security.xml",
    // Histories of shells and clients whose names follow no pattern.
    ".history",
    "fish_history",
    "consolehost_history.txt",
];

/// Extensions, without the dot.
const EXTENSIONS: &[&str] = &[
    "env",
    "pem",
    "key",
    "p8",
    "pk8",
    "p12",
    "pfx",
    "pkcs12",
    "jks",
    "jceks",
    "bks",
    "keystore",
    "ppk",
    "kdb",
    "kdbx",
    "keytab",
    "snk",
    "ovpn",
    "tfvars",
    "kubeconfig",
    "publishsettings",
    "rdg",
];

/// Beginnings of names of private keys, as OpenSSH writes them; the public halves end in `.pub`.
const SSH_KEYS: &[&str] = &["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_xmss", "ssh_host_"];

/// Extensions of configuration in whose names `secret` and `credential` count.
const CONFIGURATION: &[&str] = &[
    "",
    "json",
    "jsonc",
    "json5",
    "yaml",
    "yml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "config",
    "cnf",
    "properties",
    "props",
    "xml",
    "plist",
    "csv",
    "txt",
    "db",
];

/// Names that count only in one directory: (directory, name).
const PLACES: &[(&str, &str)] = &[
    (".aws", "config"),
    (".kube", "config"),
    (".docker", "config.json"),
    (".m2", "settings.xml"),
    (".gradle", "gradle.properties"),
    (".oci", "config"),
    (".snowsql", "config"),
    (".netlify", "config.json"),
    (".circleci", "cli.yml"),
    ("gh", "hosts.yml"),
    ("doctl", "config.yaml"),
];

/// Directories that hold nothing but keys.
const KEY_DIRECTORIES: &[&str] = &[".ssh", ".gnupg"];

/// Whether a file of this name and place is likely to hold secrets whatever else is known of it.
///
/// `path` has `/` between components; only the last component and the one before it are looked at.
pub(super) fn holds_secrets(path: &[u8]) -> bool {
    let (directories, name) = match memchr::memrchr(b'/', path) {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (&path[..0], path),
    };
    let parent = match memchr::memrchr(b'/', directories) {
        Some(slash) => &directories[slash + 1..],
        None => directories,
    };
    let name = name.to_ascii_lowercase();
    named_so(&name) || placed_so(parent, &name)
}

/// Judges the name alone; it is in lower case.
fn named_so(name: &[u8]) -> bool {
    let extension = match memchr::memrchr(b'.', name) {
        Some(dot) if dot > 0 => &name[dot + 1..],
        _ => &[],
    };
    contains(NAMES, name)
        || contains(EXTENSIONS, extension)
        || is_environment(name)
        || (SSH_KEYS.iter().any(|key| name.starts_with(key.as_bytes())) && extension != b"pub")
        || has(name, b".tfstate")
        || name.ends_with(b".tfvars.json")
        || (name.starts_with(b".") && name.ends_with(b"_history"))
        || (name.starts_with(b"appsettings.") && extension == b"json")
        || (is_service_account(name) && extension == b"json")
        || ((has(name, b"secret") || has(name, b"credential")) && contains(CONFIGURATION, extension))
        || (name.starts_with(b".secret") || name.starts_with(b".credential"))
}

/// `.env` and `.env.ANYTHING`; `ANYTHING.env` is known by its extension.
fn is_environment(name: &[u8]) -> bool {
    name == b".env" || name.starts_with(b".env.") || name.starts_with(b".env-")
}

/// Key files of Google service accounts, as people name them.
fn is_service_account(name: &[u8]) -> bool {
    [b"service-account".as_slice(), b"service_account", b"serviceaccount"].iter().any(|word| has(name, word))
}

/// Judges the name together with the directory it lies in.
fn placed_so(parent: &[u8], name: &[u8]) -> bool {
    let parent = parent.to_ascii_lowercase();
    contains(KEY_DIRECTORIES, &parent)
        || PLACES.iter().any(|&(directory, file)| directory.as_bytes() == parent.as_slice() && file.as_bytes() == name)
}

fn contains(list: &[&str], name: &[u8]) -> bool {
    list.iter().any(|item| item.as_bytes() == name)
}

fn has(name: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(name, word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hold_secrets() {
        for path in [
            ".env",
            "a/.env.production",
            "deploy/prod.env",
            "id_rsa",
            "keys/ID_ED25519",
            "id_rsa.bak",
            "tls/server.PEM",
            "a.key",
            "a.p12",
            "a.pfx",
            "a.jks",
            "debug.keystore",
            "a.ppk",
            "a.kdbx",
            "terraform.tfstate",
            "terraform.tfstate.backup",
            "terraform.tfstate.1700000000.backup",
            "prod.tfvars",
            "prod.auto.tfvars.json",
            ".npmrc",
            ".pypirc",
            ".netrc",
            "_netrc",
            ".git-credentials",
            ".pgpass",
            ".my.cnf",
            ".htpasswd",
            "kubeconfig",
            "home/.kube/config",
            "home/.docker/config.json",
            ".dockercfg",
            ".aws/credentials",
            ".aws/config",
            "service-account.json",
            "my-service-account-dev.json",
            "client_secret_web.json",
            "secrets.yml",
            "db-credentials.ini",
            ".vault-token",
            ".bash_history",
            ".zsh_history",
            ".psql_history",
            "office.ovpn",
            ".s3cfg",
            ".boto",
            "gcloud/application_default_credentials.json",
            "terraform.rc",
            "local.settings.json",
            "appsettings.Development.json",
            "wp-config.php",
            "config/master.key",
            ".ssh/deploy",
        ] {
            assert!(holds_secrets(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn names_of_build_output_are_left_alone() {
        for path in [
            "",
            "a.o",
            "node_modules/left-pad/index.js",
            "environment.js",
            "keyboard.rs",
            "key",
            "id_rsa.pub",
            "secret.js",
            "secretary.go",
            "config",
            "docker/config.json",
            "config.json",
            "history",
            "env",
            "monkey.txt",
            "a.pem.js",
        ] {
            assert!(!holds_secrets(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn lists_are_in_lower_case() {
        let lists = [NAMES, EXTENSIONS, SSH_KEYS, CONFIGURATION, KEY_DIRECTORIES];
        for item in lists.into_iter().flatten().copied().chain(PLACES.iter().map(|place| place.1)) {
            assert_eq!(item, item.to_ascii_lowercase());
        }
    }
}
