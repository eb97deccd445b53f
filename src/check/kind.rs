//! What kind of text a file holds, told by its path alone. Knows nothing of values and names.

/// What kind of text a file holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// Source code: what is not quoted is an expression.
    Code,
    /// Settings: values need no quotes.
    Settings,
    /// Prose and mark-up for people.
    Prose,
    /// Cannot be told.
    Unknown,
}

/// What the path of a file says of all values in it, read once.
#[derive(Clone, Copy, Debug)]
pub struct TextFile<'p> {
    /// Raw bytes, `/` between components.
    pub path: &'p [u8],
    /// What kind of text it holds.
    pub kind: TextKind,
    /// It lists what a package manager chose, with digests of it.
    pub lock: bool,
    /// It holds texts of a program in a human language.
    pub translation: bool,
    /// It is what somebody wrote into a commit or tag.
    pub message: bool,
}

impl<'p> TextFile<'p> {
    /// Reads `path`.
    pub fn at(path: &'p [u8]) -> Self {
        let (translation, message) = (is_translation(path), is_message(path));
        Self { path, kind: text_kind(path, translation, message), lock: is_lock_file(path), translation, message }
    }
}

/// Whether the file at `path` is one in which git keeps what somebody writes into a commit or tag, or stands for one.
fn is_message(path: &[u8]) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    let names: [&[u8]; 5] = [b"message", b"COMMIT_EDITMSG", b"MERGE_MSG", b"SQUASH_MSG", b"TAG_EDITMSG"];
    // The logs of references have the first line of each.
    let logs = |path: &[u8]| path.starts_with(b"logs/HEAD") || path.starts_with(b"logs/refs/");
    // Below `.git` where there is a work tree.
    let mut folders = memchr::memchr_iter(b'/', path).map(|slash| &path[slash + 1..]);
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
        || logs(path)
        || path.strip_prefix(b".git/").is_some_and(logs)
        || folders.any(|below| below.strip_prefix(b".git/").is_some_and(logs))
}

/// The kind of the file at `path` (raw bytes, `/` between components).
fn text_kind(path: &[u8], translation: bool, message: bool) -> TextKind {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path).to_ascii_lowercase();
    let name = String::from_utf8_lossy(&name).into_owned();
    if name.starts_with(".env") || name.starts_with("dockerfile") || name.ends_with("rc") {
        return TextKind::Settings;
    }
    if message {
        return TextKind::Prose;
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let kind =
        match extension {
            "rs" | "go" | "py" | "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "java" | "kt" | "kts" | "scala"
            | "groovy" | "gradle" | "c" | "h" | "cc" | "cpp" | "cxx" | "hpp" | "hh" | "cs" | "vb" | "fs" | "swift"
            | "m" | "mm" | "php" | "phtml" | "rb" | "erb" | "pl" | "pm" | "lua" | "dart" | "ex" | "exs" | "erl"
            | "hs" | "clj" | "elm" | "jl" | "r" | "sol" | "vue" | "svelte" | "zig" | "nim" | "ml" | "pas" | "asm"
            | "proto" | "graphql" | "ipynb" | "css" | "scss" | "jsp" | "aspx" | "cshtml" | "cr" | "coffee"
            | "cmake" | "bicep" => TextKind::Code,
            "env" | "yml" | "yaml" | "toml" | "ini" | "cfg" | "conf" | "cnf" | "config" | "properties" | "props"
            | "json" | "json5" | "jsonc" | "xml" | "plist" | "tf" | "tfvars" | "tfstate" | "hcl" | "sh" | "bash"
            | "zsh" | "fish" | "ksh" | "ps1" | "bat" | "cmd" | "sql" | "service" | "reg" | "netrc" | "npmrc"
            | "pypirc" | "htpasswd" | "envrc" | "dist" | "template" | "tpl" | "j2" | "settings" | "credentials"
            | "tfrc" => TextKind::Settings,
            "md" | "markdown" | "rst" | "adoc" | "asciidoc" | "html" | "htm" | "tex" | "org" | "po" | "pot" | "mdx"
            | "man" | "1" | "3" | "5" | "7" | "8" => TextKind::Prose,
            _ => TextKind::Unknown,
        };
    if kind != TextKind::Code && translation { TextKind::Prose } else { kind }
}

/// What the path of a file says of it, beyond its kind.
pub(super) struct Role {
    /// Number of the language or format, 0 for one that is not known. The model of assignments knows them by number.
    pub(super) format: u8,
    pub(super) test: bool,
    pub(super) documentation: bool,
    /// The path speaks of settings or of secrets.
    pub(super) settings: bool,
}

/// Formats that are alike in how they assign, by their extensions.
const FORMATS: [&[&str]; 21] = [
    &["py", "pyi", "ipynb"],
    &["js", "jsx", "mjs", "cjs", "ts", "tsx", "vue", "svelte", "coffee"],
    &["java", "kt", "kts", "scala", "groovy", "gradle"],
    &["cs", "vb", "fs", "cshtml", "aspx"],
    &["go"],
    &["rb", "erb", "rake", "cr"],
    &["php", "phtml"],
    &["c", "h", "cc", "cpp", "cxx", "hpp", "hh", "m", "mm"],
    &["rs", "zig", "swift", "dart"],
    &["sh", "bash", "zsh", "fish", "ksh", "bats"],
    &["ps1", "psm1", "bat", "cmd"],
    &["yml", "yaml"],
    &["json", "json5", "jsonc", "har", "tfstate"],
    &["xml", "config", "plist", "csproj", "xsd"],
    &["properties", "props", "ini", "cfg", "conf", "cnf", "toml", "env", "envrc"],
    &["md", "markdown", "mdx", "rst", "adoc", "txt"],
    &["html", "htm", "jsp", "j2", "tpl", "template"],
    &["sql"],
    &["pl", "pm", "lua", "ex", "exs", "erl", "hs", "clj", "r", "jl", "ml", "pas"],
    &["tf", "tfvars", "hcl", "bicep"],
    &["po", "pot", "strings", "resx", "xlf", "xliff"],
];

/// Words of folders and files that stand for a role.
const TESTS: [&str; 15] = [
    "test",
    "tests",
    "spec",
    "specs",
    "testing",
    "testdata",
    "fixture",
    "fixtures",
    "mock",
    "mocks",
    "e2e",
    "unittest",
    "bench",
    "fuzz",
    "testcases",
];
const DOCUMENTATION: [&str; 12] = [
    "doc",
    "docs",
    "document",
    "documentation",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "readme",
    "tutorial",
    "wiki",
];
const SETTINGS: [&str; 12] = [
    "conf",
    "config",
    "configs",
    "setting",
    "settings",
    "env",
    "secret",
    "secrets",
    "deploy",
    "init",
    "initializers",
    "resources",
];

/// The role of the file at `path` (raw bytes, `/` between components).
pub(super) fn role_of(path: &[u8]) -> Role {
    let path = String::from_utf8_lossy(path).to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let format = FORMATS.iter().position(|format| format.contains(&extension)).map_or(0, |at| at + 1);
    let speaks = |words: &[&str]| path.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word));
    Role {
        format: u8::try_from(format).expect("the formats are few"),
        test: speaks(&TESTS),
        documentation: speaks(&DOCUMENTATION),
        settings: speaks(&SETTINGS),
    }
}

/// Codes of languages (ISO 639-1) that programs are most often translated to.
const LANGUAGES: [&str; 34] = [
    "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja",
    "ko", "lt", "nb", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sv", "tr", "uk", "vi", "zh",
];

/// Texts of a program in a human language: `messages_sv_SE.properties`, `locales/de.json`.
fn is_translation(path: &[u8]) -> bool {
    const FOLDERS: [&[u8]; 10] = [
        b"locale",
        b"locales",
        b"i18n",
        b"l10n",
        b"lang",
        b"langs",
        b"language",
        b"languages",
        b"translations",
        b"nls",
    ];
    const FILES: [&str; 6] = ["properties", "json", "yml", "yaml", "xml", "ini"];
    // Programs that are nothing but a table of texts: `lang/de.php`.
    const PROGRAMS: [&str; 4] = ["php", "js", "ts", "rb"];
    const TRANSLATIONS: [&str; 8] = ["po", "pot", "strings", "resx", "xlf", "xliff", "arb", "ftl"];
    let raw = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    let name = String::from_utf8_lossy(raw).to_ascii_lowercase();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    if TRANSLATIONS.contains(&extension) {
        return true;
    }
    let program = PROGRAMS.contains(&extension);
    if !program && !FILES.contains(&extension) {
        return false;
    }
    let mut folders = path.split(|&byte| byte == b'/').rev().skip(1).take(5);
    let folder = folders.any(|folder| FOLDERS.iter().any(|known| folder.eq_ignore_ascii_case(known)));
    // `de.json`, `pt-BR.yml`: one file a language.
    let language = stem.split(['-', '_']).next().unwrap_or_default();
    let named = LANGUAGES.contains(&language) && stem.len() <= 7;
    if folder && named || !program && (folder || named) {
        return true;
    }
    // `locale_fr-FR.ini`: language and region (RFC 5646, section 2.1).
    // The case tells, and names need not be UTF-8.
    let written = memchr::memrchr(b'.', raw).map_or(raw, |dot| &raw[..dot]);
    if let [before @ .., a, b, b'-' | b'_', c, d] = written
        && [a, b].iter().all(|byte| byte.is_ascii_lowercase())
        && [c, d].iter().all(|byte| byte.is_ascii_uppercase())
        && before.last().is_none_or(|byte| matches!(byte, b'-' | b'_' | b'.'))
    {
        return !program;
    }
    // ISO 639 and ISO 3166 codes behind the name of a bundle of resources (Java's `ResourceBundle`).
    let mut parts = stem.rsplit('_').take_while(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_lowercase()));
    extension == "properties" && stem.contains('_') && parts.next().is_some()
}

/// Whether the file at `path` lists what a package manager chose, with digests of it.
fn is_lock_file(path: &[u8]) -> bool {
    const NAMES: [&[u8]; 11] = [
        b"go.sum",
        b"go.work.sum",
        b"package-lock.json",
        b"npm-shrinkwrap.json",
        b"pnpm-lock.yaml",
        b"packages.lock.json",
        b"gradle.lockfile",
        b"verification-metadata.xml",
        b".terraform.lock.hcl",
        b"Package.resolved",
        b"bun.lockb",
    ];
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    name.ends_with(b".lock") || NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_path() {
        for (path, kind) in [
            ("src/main.rs", TextKind::Code),
            ("app/.env.local", TextKind::Settings),
            ("Dockerfile.dev", TextKind::Settings),
            ("README.md", TextKind::Prose),
            ("src/messages_pt_BR.properties", TextKind::Prose),
            ("web/Locales/de.json", TextKind::Prose),
            ("conf/log4j_dev.properties", TextKind::Settings),
            ("conf/locale_fr-FR.ini", TextKind::Prose),
            ("public/language/ru/admin/settings/api.json", TextKind::Prose),
            ("lang/de.php", TextKind::Code),
            ("lang/build.gradle", TextKind::Code),
            ("notes", TextKind::Unknown),
        ] {
            assert_eq!(TextFile::at(path.as_bytes()).kind, kind, "{path}");
        }
    }

    #[test]
    fn names_need_not_be_text() {
        assert_eq!(TextFile::at(b"\xff.json").kind, TextKind::Settings);
        assert!(TextFile::at(b"\xff\xfe_de-DE.ini").translation);
    }

    #[test]
    fn lock_files_by_path() {
        for (path, lock) in [
            ("a/go.sum", true),
            ("Cargo.lock", true),
            ("package-lock.json", true),
            ("lock.json", false),
            ("a.locks", false),
        ] {
            assert_eq!(is_lock_file(path.as_bytes()), lock, "{path}");
        }
    }
}
