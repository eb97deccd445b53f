//! The one table of what a configuration may say. The reader, the JSON schema, the template of `init`, the list of keys
//! that can be delegated and the table in `docs/configuration.md` are all made from it, so that none can lag behind.

use serde_json::{Map, Value, json};

pub(super) use super::sections::SECTIONS;

/// Levels of `scan.fail_on`.
pub(super) const LEVELS: &[&str] = &["info", "low", "medium", "high", "critical", "never"];

/// Severities.
pub(in crate::cli) const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];

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

/// Days of the longest life of anything that ends: ten years.
pub(in crate::cli) const DAYS_MAX: u64 = 3650;

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Kind {
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
    /// A list of lines of text.
    Texts,
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
            Self::Texts => "a list of texts of one line".to_owned(),
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
            Self::Texts => {
                json!({ "type": "array", "items": { "type": "string", "pattern": "\\S", "maxLength": TEXT_MAX } })
            }
        }
    }
}

/// How a section is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Shape {
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
pub(in crate::cli) struct Section {
    pub(in crate::cli) name: &'static str,
    pub(in crate::cli) shape: Shape,
    pub(in crate::cli) doc: &'static str,
    pub(in crate::cli) keys: &'static [Key],
}

/// A key.
#[derive(Debug)]
pub(in crate::cli) struct Key {
    pub(in crate::cli) name: &'static str,
    pub(in crate::cli) kind: Kind,
    /// Whether an entry of a list needs it.
    pub(in crate::cli) required: bool,
    /// What holds where nothing is said: TOML, or words where TOML has none.
    pub(in crate::cli) default: &'static str,
    /// A value, as TOML.
    pub(in crate::cli) example: &'static str,
    pub(in crate::cli) doc: &'static str,
}

/// A key that may be left out.
pub(in crate::cli) const fn optional(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    example: &'static str,
    doc: &'static str,
) -> Key {
    Key { name, kind, required: false, default, example, doc }
}

/// A key that each entry of its list needs.
pub(in crate::cli) const fn required(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> Key {
    Key { name, kind, required: true, default: "", example, doc }
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
    schema_of(SECTIONS, "urn:straykey:schema:config:v1", "straykey.toml")
}

/// The JSON schema of a file with these sections.
pub(in crate::cli) fn schema_of(sections: &[Section], id: &str, title: &str) -> Value {
    let mut root = Map::new();
    for section in sections {
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
        "$id": id,
        "title": title,
        "type": "object",
        "properties": root,
        "additionalProperties": false,
    })
}

/// The commented configuration that `init` writes, with this salt as hexadecimal digits. Lines that begin with `#` and
/// a letter or bracket are settings to be switched on, those with `# ` are prose.
pub fn template(salt: &str) -> String {
    let head = "Configuration of straykey. It is read only where it is named, by --config or in STRAYKEY_CONFIG, never because \
         it lies in a scanned tree. Each key is shown with an example and its default; take the # away to set it. \
         Unknown keys are errors. `straykey config show --config FILE` tells what holds and why.";
    template_of(SECTIONS, head, Some(salt))
}

/// A commented file with these sections, none of whose settings is switched on.
pub(in crate::cli) fn template_of(sections: &[Section], head: &str, salt: Option<&str>) -> String {
    let mut out = String::new();
    prose(&mut out, head);
    for section in sections {
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
            match salt {
                Some(salt) if key.kind == Kind::Salt => out.push_str(&format!("{} = \"{salt}\"\n", key.name)),
                _ => out.push_str(&format!("#{} = {}\n", key.name, key.example)),
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
    markdown_of(SECTIONS)
}

/// The keys of these sections as a table in Markdown.
pub(in crate::cli) fn markdown_of(sections: &[Section]) -> String {
    let mut out = "| key | takes | default | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for section in sections {
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
