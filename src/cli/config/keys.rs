//! The one table of what a configuration may say. The reader, the JSON schema, the template of `init`, the list of keys
//! that can be delegated and the table in `docs/configuration.md` are all made from it, so that none can lag behind.

use serde_json::{Map, Value, json};

/// Levels of `scan.fail_on`.
pub(super) const LEVELS: &[&str] = &["info", "low", "medium", "high", "critical", "never"];

/// Severities.
pub(super) const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];

/// Grades of confidence.
pub(super) const GRADES: &[&str] = &["low", "medium", "high"];

/// Classes of gaps.
pub(super) const CLASSES: &[&str] = &["unreadable", "missing", "over-budget", "opaque"];

/// Bytes of the shortest salt: 128 bits cannot be tried out.
pub(super) const SALT_MIN: usize = 16;

/// Bytes of the longest salt.
pub(super) const SALT_MAX: usize = 1024;

/// Characters of the longest text.
pub(super) const TEXT_MAX: usize = 4096;

/// Bytes of the smallest memory budget. A large file takes all of it and then some; less would only make the others wait.
const MEMORY_MIN: u64 = 1 << 20;

/// Days of the longest life of an inline ignore: ten years.
const DAYS_MAX: u64 = 3650;

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Hexadecimal digits of [`SALT_MIN`] bytes or more; never shown.
    Salt,
    /// A line of text that is not blank.
    Text,
    /// A line of text that is a pattern of paths.
    Pattern,
    /// `true` or `false`.
    Bool,
    /// One of these names.
    Choice(&'static [&'static str]),
    /// A list of these names.
    Choices(&'static [&'static str]),
    /// A number of bytes, or a text such as `10 MiB`; at least so many bytes.
    Size(u64),
    /// A whole number of days, at most so many.
    Days(u64),
    /// A calendar day, as a TOML date or a text.
    Date,
    /// 64 hexadecimal digits.
    Sha256,
    /// A list of names out of [`delegable`].
    Keys,
}

impl Kind {
    /// What it takes, in words for messages and documents.
    pub(super) fn words(self) -> String {
        let names = |names: &[&str]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        match self {
            Self::Salt => format!("a text of at least {} hexadecimal digits", SALT_MIN * 2),
            Self::Text => "a text of one line".to_owned(),
            Self::Pattern => "a pattern of paths".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Choice(choices) => format!("one of {}", names(choices)),
            Self::Choices(choices) => format!("a list of {}", names(choices)),
            Self::Size(least) => format!("a number of bytes or a text such as \"10 MiB\", at least {}", size(least)),
            Self::Days(most) => format!("a whole number of days from 1 to {most}"),
            Self::Date => "a date such as 2027-01-31".to_owned(),
            Self::Sha256 => "a text of 64 hexadecimal digits".to_owned(),
            Self::Keys => "a list of names of keys".to_owned(),
        }
    }

    fn schema(self) -> Value {
        match self {
            Self::Salt => {
                json!({ "type": "string", "pattern": format!("^([0-9A-Fa-f]{{2}}){{{SALT_MIN},{SALT_MAX}}}$") })
            }
            Self::Text | Self::Pattern => json!({ "type": "string", "pattern": "\\S", "maxLength": TEXT_MAX }),
            Self::Bool => json!({ "type": "boolean" }),
            Self::Choice(choices) => json!({ "enum": choices }),
            Self::Choices(choices) => json!({ "type": "array", "items": { "enum": choices } }),
            Self::Size(least) => json!({ "anyOf": [
                { "type": "integer", "minimum": least },
                { "type": "string", "pattern": "^[0-9]+ ?(B|KiB|MiB|GiB)$" },
            ] }),
            Self::Days(most) => json!({ "type": "integer", "minimum": 1, "maximum": most }),
            Self::Date => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
            Self::Sha256 => json!({ "type": "string", "pattern": "^[0-9A-Fa-f]{64}$" }),
            Self::Keys => json!({ "type": "array", "items": { "enum": delegable() } }),
        }
    }
}

/// How a section is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The keys before the first section.
    Root,
    /// `[name]`, once.
    Table,
    /// `[[name]]`, any number of times.
    List,
    /// `[name.ID]`, once for each rule.
    Rules,
}

/// A section.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) doc: &'static str,
    pub(super) keys: &'static [Key],
}

/// A key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether an entry of a list needs it.
    pub(super) required: bool,
    /// What holds where nothing is said: TOML, or words where TOML has none.
    pub(super) default: &'static str,
    /// A value, as TOML.
    pub(super) example: &'static str,
    pub(super) doc: &'static str,
}

/// A key that may be left out.
const fn optional(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    example: &'static str,
    doc: &'static str,
) -> Key {
    Key { name, kind, required: false, default, example, doc }
}

/// A key that each entry of its list needs.
const fn required(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> Key {
    Key { name, kind, required: true, default: "", example, doc }
}

/// All that a configuration may say, in the order of the template.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "",
        shape: Shape::Root,
        doc: "",
        keys: &[
            optional(
                "salt",
                Kind::Salt,
                "none",
                "",
                "Key for fingerprints, so that all who scan with this file give a secret the same fingerprint. Whoever \
                 has it can try guesses against reports: guard it as you guard the repository. The variable \
                 STRAYKEY_FINGERPRINT_KEY and --fingerprint-key-file go before it.",
            ),
            optional("unit", Kind::Text, "none", "\"payments\"", "The organisational unit that the scans speak for."),
            optional(
                "delegate",
                Kind::Keys,
                "[]",
                "[\"scan.fail_on\", \"exclude\"]",
                "Keys that configurations named after this one may set. What is not listed is decided here, whether \
                 this file sets it or leaves it at its default.",
            ),
        ],
    },
    Section {
        name: "scan",
        shape: Shape::Table,
        doc: "What is scanned, and what the verdict is. Options of the command line go before these.",
        keys: &[
            optional(
                "fail_on",
                Kind::Choice(LEVELS),
                "\"low\"",
                "\"high\"",
                "Lowest severity that makes the exit code 1.",
            ),
            optional(
                "min_confidence",
                Kind::Choice(GRADES),
                "\"medium\"",
                "\"medium\"",
                "Lowest confidence that is reported; the number withheld is always told.",
            ),
            optional(
                "fail_on_gap",
                Kind::Choices(CLASSES),
                "[\"unreadable\", \"missing\", \"over-budget\"]",
                "[\"unreadable\", \"missing\", \"over-budget\", \"opaque\"]",
                "Classes of gaps that make the scan incomplete, which is exit code 3.",
            ),
            optional("no_ignore", Kind::Bool, "false", "true", "Also scan untracked files that git ignores."),
            optional("allow_empty", Kind::Bool, "false", "true", "A scan that finds nothing to read is complete."),
        ],
    },
    Section {
        name: "budgets",
        shape: Shape::Table,
        doc: "How much a scan may read and use. What a budget set here leaves out is listed as an exclusion.",
        keys: &[
            optional("file_size", Kind::Size(1), "no limit", "\"100 MiB\"", "Larger files are left out."),
            optional(
                "memory",
                Kind::Size(MEMORY_MIN),
                "\"24 MiB\"",
                "\"64 MiB\"",
                "Memory that the buffers for large files share.",
            ),
        ],
    },
    Section {
        name: "inline_ignores",
        shape: Shape::Table,
        doc: "Whether marks in the scanned files, such as `straykey:ignore`, change the verdict. They are recorded \
              either way.",
        keys: &[
            optional("honour", Kind::Bool, "false", "true", "Findings under a mark do not count for the exit code."),
            optional("require_reason", Kind::Bool, "true", "true", "Only marks that give a reason are honoured."),
            optional(
                "max_days",
                Kind::Days(DAYS_MAX),
                "90",
                "90",
                "Only marks that end are honoured, and only if their end is at most so many days away.",
            ),
        ],
    },
    Section {
        name: "exclude",
        shape: Shape::List,
        doc: "Files that are not scanned. They are counted and listed with the reason.",
        keys: &[
            required(
                "path",
                Kind::Pattern,
                "\"vendor/**\"",
                "Path relative to the target, with `*`, `?`, `[...]` and `**`; without a `/` it holds at any depth.",
            ),
            required("reason", Kind::Text, "\"third-party code, scanned by its publisher\"", "Why; reports show it."),
        ],
    },
    Section {
        name: "rules",
        shape: Shape::Rules,
        doc: "Changes to single rules; `straykey rules list` names them.",
        keys: &[
            optional("enabled", Kind::Bool, "true", "false", "Whether the rule is used. Needs a reason if it is not."),
            optional(
                "severity",
                Kind::Choice(SEVERITIES),
                "the rule's own",
                "\"high\"",
                "Severity of its findings. Needs a reason.",
            ),
            optional(
                "confidence",
                Kind::Choice(GRADES),
                "the rule's own",
                "\"low\"",
                "Confidence that its findings start with. Needs a reason.",
            ),
            optional("reason", Kind::Text, "none", "\"tokens of a test system that is wiped each night\"", "Why."),
        ],
    },
    Section {
        name: "accepted_gap",
        shape: Shape::List,
        doc: "Gaps that somebody has looked at and accepted until a day. They stay listed, but do not make the scan \
              incomplete.",
        keys: &[
            required("path", Kind::Text, "\"backup/legacy.zip\"", "Path relative to the target."),
            optional("class", Kind::Choice(CLASSES), "any", "\"over-budget\"", "Class of the gap."),
            optional(
                "sha256",
                Kind::Sha256,
                "none",
                "\"0000000000000000000000000000000000000000000000000000000000000000\"",
                "SHA-256 of the file that was looked at. Needed unless the class is \"unreadable\" or \"missing\", and there \
                 too where the content can be read: another content is another gap.",
            ),
            required("reason", Kind::Text, "\"reviewed by hand, no credentials\"", "Why it is accepted."),
            required("approver", Kind::Text, "\"j.doe@example.org\"", "Who accepted it."),
            required("until", Kind::Date, "2027-01-31", "Last day on which it holds."),
        ],
    },
];

/// The section called `name`; the empty name is what stands before the first section.
pub(super) fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

impl Section {
    /// Its key called `name`.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The full name of one of its keys, as messages and `delegate` use it.
    pub(super) fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

/// The keys and lists that `delegate` can name, in the order of the template.
pub(super) fn delegable() -> Vec<String> {
    let mut names = Vec::new();
    for section in SECTIONS {
        match section.shape {
            Shape::Root | Shape::Table => {
                names
                    .extend(section.keys.iter().filter(|key| key.kind != Kind::Keys).map(|key| section.path(key.name)));
            }
            Shape::List | Shape::Rules => names.push(section.name.to_owned()),
        }
    }
    names
}

/// Bytes in the largest unit that divides them.
pub(super) fn size(bytes: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes >= 1 << shift && bytes.is_multiple_of(1 << shift) {
            return format!("{} {unit}", bytes >> shift);
        }
    }
    format!("{bytes} B")
}

/// The JSON schema (draft 2020-12) of a configuration, for editors that know TOML by its JSON counterpart.
pub fn schema() -> Value {
    let mut root = Map::new();
    for section in SECTIONS {
        let mut properties = Map::new();
        let mut needed = Vec::new();
        for key in section.keys {
            let mut schema = key.kind.schema();
            schema["description"] = key.doc.into();
            properties.insert(key.name.to_owned(), schema);
            if key.required {
                needed.push(key.name);
            }
        }
        let mut entry = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if !needed.is_empty() {
            entry["required"] = json!(needed);
        }
        let (name, doc) = (section.name.to_owned(), section.doc);
        match section.shape {
            Shape::Root => root.extend(entry["properties"].as_object().cloned().unwrap_or_default()),
            Shape::Table => {
                entry["description"] = doc.into();
                root.insert(name, entry);
            }
            Shape::List => {
                root.insert(name, json!({ "type": "array", "items": entry, "description": doc }));
            }
            Shape::Rules => {
                root.insert(name, json!({ "type": "object", "additionalProperties": entry, "description": doc }));
            }
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:straykey:schema:config:v1",
        "title": "straykey.toml",
        "type": "object",
        "properties": root,
        "additionalProperties": false,
    })
}

/// The commented configuration that `init` writes, with this salt as hexadecimal digits. Lines that begin with `#` and
/// a letter or bracket are settings to be switched on, those with `# ` are prose.
pub fn template(salt: &str) -> String {
    let mut out = String::new();
    prose(
        &mut out,
        "Configuration of straykey. It is read only where it is named, by --config or in STRAYKEY_CONFIG, never because \
         it lies in a scanned tree. Each key is shown with an example and its default; take the # away to set it. \
         Unknown keys are errors. `straykey config show --config FILE` tells what holds and why.",
    );
    for section in SECTIONS {
        let listed = matches!(section.shape, Shape::List | Shape::Rules);
        out.push('\n');
        if !section.doc.is_empty() {
            prose(&mut out, section.doc);
        }
        match section.shape {
            Shape::Root => {}
            Shape::Table => out.push_str(&format!("[{}]\n", section.name)),
            Shape::List => out.push_str(&format!("#[[{}]]\n", section.name)),
            Shape::Rules => out.push_str(&format!("#[{}.generic-assigned-key]\n", section.name)),
        }
        for (index, key) in section.keys.iter().enumerate() {
            if index > 0 && !listed || section.shape == Shape::Table {
                out.push('\n');
            }
            let default = match (key.required, key.default) {
                (true, _) => " Required.".to_owned(),
                (false, default) => format!(" Default: {default}."),
            };
            prose(&mut out, &format!("{}{default}", key.doc));
            if key.kind == Kind::Salt {
                out.push_str(&format!("{} = \"{salt}\"\n", key.name));
            } else {
                out.push_str(&format!("#{} = {}\n", key.name, key.example));
            }
        }
    }
    out
}

/// Text as lines of comment of at most 100 columns.
fn prose(out: &mut String, text: &str) {
    let mut line = "#".to_owned();
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > 100 {
            out.push_str(&line);
            out.push('\n');
            "#".clone_into(&mut line);
        }
        line.push(' ');
        line.push_str(word);
    }
    out.push_str(&line);
    out.push('\n');
}

/// The keys as a table in Markdown, for `docs/configuration.md`.
pub fn markdown() -> String {
    let mut out = "| key | takes | default | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for section in SECTIONS {
        for key in section.keys {
            let path = match section.shape {
                Shape::Root | Shape::Table => section.path(key.name),
                Shape::List => format!("{}[].{}", section.name, key.name),
                Shape::Rules => format!("{}.ID.{}", section.name, key.name),
            };
            let default = if key.required {
                "required".to_owned()
            } else if key.default.parse::<toml::Value>().is_ok() {
                format!("`{}`", key.default)
            } else {
                key.default.to_owned()
            };
            out.push_str(&format!("| `{path}` | {} | {default} | {} |\n", key.kind.words(), key.doc));
        }
    }
    out
}
