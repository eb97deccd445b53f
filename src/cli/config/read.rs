//! One file, strictly: every key is one of the table, every value is what its key takes, and all that is not is told in
//! one go. Pure: text in, [`Document`] or faults out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Faults, Lines, nearest, suggest, without_runs};
use super::keys::{Key, Kind, SALT_MAX, SALT_MIN, Section, Shape, TEXT_MAX, delegable};
use crate::blob::unhex;
use crate::secret::Secret;

/// A value that its key takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Value {
    Text(String),
    Bool(bool),
    Name(&'static str),
    Names(BTreeSet<&'static str>),
    Number(u64),
    Sha256([u8; 32]),
    Salt(Secret),
    Keys(BTreeSet<String>),
    Texts(Vec<String>),
}

/// Something with the line it stands on, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct At<T> {
    pub(in crate::cli) value: T,
    pub(in crate::cli) line: usize,
}

/// The keys of a section that are set.
pub(in crate::cli) type Values = BTreeMap<&'static str, At<Value>>;

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Document {
    /// Keys of the root and of tables, by full name.
    pub(in crate::cli) settings: BTreeMap<String, At<Value>>,
    /// Entries of the sections that are lists, by the section's name.
    pub(in crate::cli) lists: BTreeMap<&'static str, Vec<At<Values>>>,
    /// Changes to rules, by id.
    pub(in crate::cli) rules: BTreeMap<String, At<Values>>,
}

/// What the reader has to know to judge values.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Known<'a> {
    /// What the file may say.
    pub(in crate::cli) sections: &'static [Section],
    /// Ids of the rules.
    pub(in crate::cli) rules: &'a BTreeSet<&'a str>,
    /// Says what is wrong with a pattern of paths.
    pub(in crate::cli) pattern: fn(&str) -> Result<(), String>,
}

/// Reads a file. `file` is how messages call it.
pub(in crate::cli) fn read(file: &str, bytes: &[u8], known: Known<'_>) -> Result<Document, Vec<Fault>> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = str::from_utf8(&bytes[..error.valid_up_to()]).expect("it is UTF-8 up to there");
            let mut faults = Faults::new(file, good);
            faults.push(good.len()..good.len(), "", "this byte is not UTF-8; save the file in UTF-8");
            return Err(faults.finish());
        }
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        text,
        known,
        faults: Faults::new(file, text),
        lines: Lines::new(text),
        broken: !errors.is_empty(),
        document: Document::default(),
    };
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let (key, message) = match (error.message(), text.get(span.clone())) {
            ("duplicate key", Some(key)) => {
                (without_runs(key.trim()), "is set a second time; keep one of the two".to_owned())
            }
            (message, _) => (String::new(), format!("no valid TOML: {message}")),
        };
        reader.faults.push(span, key, message);
    }
    reader.root(table.get_ref());
    if reader.faults.is_empty() { Ok(reader.document) } else { Err(reader.faults.finish()) }
}

struct Reader<'a> {
    text: &'a str,
    known: Known<'a>,
    faults: Faults<'a>,
    lines: Lines<'a>,
    /// The text is no TOML, so that what seems to be missing may be there.
    broken: bool,
    document: Document,
}

impl<'a> Reader<'a> {
    fn root(&mut self, table: &DeTable<'a>) {
        let root = self.known.sections.first().expect("the table begins with what stands before the first section");
        for (name, value) in table {
            let (key, span) = (name.get_ref().as_ref(), name.span());
            if let Some(known) = root.key(key) {
                if let Some(found) = self.value(known, key, value) {
                    self.document.settings.insert(key.to_owned(), found);
                }
            } else if let Some(section) = self.known.sections[1..].iter().find(|section| section.name == key) {
                self.section(section, span, value);
            } else {
                self.unknown(root, "", key, span);
            }
        }
    }

    fn section(&mut self, section: &'static Section, span: Range<usize>, value: &Spanned<DeValue<'a>>) {
        let name = section.name;
        match section.shape {
            Shape::Root => {}
            Shape::Table => match value.get_ref() {
                DeValue::Table(table) => {
                    for (key, found) in self.entry(section, name, table) {
                        self.document.settings.insert(section.path(key), found);
                    }
                }
                other => self.wrong_shape(span, name, other, &format!("a table: write [{name}]")),
            },
            Shape::List => match value.get_ref() {
                DeValue::Array(entries) => {
                    for (index, entry) in entries.iter().enumerate() {
                        let label = format!("{name}[{}]", index + 1);
                        match entry.get_ref() {
                            DeValue::Table(table) => self.list_entry(section, &label, entry.span(), table),
                            other => self.wrong_shape(
                                entry.span(),
                                &label,
                                other,
                                &format!("a table: write [[{name}]] and its keys"),
                            ),
                        }
                    }
                }
                other => {
                    let hint = format!("a list of tables: write [[{name}]], with two pairs of brackets");
                    self.wrong_shape(span, name, other, &hint);
                }
            },
            Shape::Rules => match value.get_ref() {
                DeValue::Table(rules) => {
                    for (id, value) in rules {
                        self.rule(section, id, value);
                    }
                }
                other => self.wrong_shape(span, name, other, "tables: write [rules.ID] with the id of a rule"),
            },
        }
    }

    fn list_entry(&mut self, section: &'static Section, label: &str, span: Range<usize>, table: &DeTable<'a>) {
        let line = self.lines.place(span.start).0;
        let given: BTreeSet<&str> = table.keys().map(|key| key.get_ref().as_ref()).collect();
        for key in section.keys.iter().filter(|key| key.required && !given.contains(key.name)) {
            self.missing(span.clone(), &format!("{label}.{}", key.name), &format!("is missing: {}", key.doc));
        }
        let values = self.entry(section, label, table);
        if section.name == "accepted_gap" && !given.contains("sha256") {
            let class = values.get("class").map(|class| &class.value);
            let unreadable = matches!(class, Some(Value::Name("unreadable" | "missing")));
            if !unreadable && (class.is_some() || !given.contains("class")) {
                let message = "is missing: the digest of the file that was looked at; only the classes unreadable and \
                               missing, where there is nothing to read, do without";
                self.missing(span, &format!("{label}.sha256"), message);
            }
        }
        self.document.lists.entry(section.name).or_default().push(At { value: values, line });
    }

    fn rule(&mut self, section: &'static Section, id: &Spanned<toml::de::DeString<'a>>, value: &Spanned<DeValue<'a>>) {
        let (name, span) = (id.get_ref().as_ref(), id.span());
        let label = format!("{}.{}", section.name, without_runs(name));
        if !self.known.rules.contains(name) {
            let hint = match nearest(name, self.known.rules.iter().copied()) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => "; `straykey rules list` lists them".to_owned(),
            };
            self.faults.push(span.clone(), &label, format!("there is no rule of this id{hint}"));
        }
        let DeValue::Table(table) = value.get_ref() else {
            let hint = format!("a table: write [{label}] and its keys");
            return self.wrong_shape(span, &label, value.get_ref(), &hint);
        };
        let values = self.entry(section, &label, table);
        let given: BTreeSet<&str> = table.keys().map(|key| key.get_ref().as_ref()).collect();
        let off = values.get("enabled").is_some_and(|enabled| enabled.value == Value::Bool(false));
        let change = if off {
            Some("`enabled = false`")
        } else if given.contains("severity") {
            Some("a change of `severity`")
        } else if given.contains("confidence") {
            Some("a change of `confidence`")
        } else {
            None
        };
        match change {
            Some(change) if !given.contains("reason") => {
                self.missing(span.clone(), &format!("{label}.reason"), &format!("is missing: {change} needs a reason"));
            }
            None if !given.contains("enabled") => {
                self.missing(span.clone(), &label, "changes nothing; set enabled, severity or confidence");
            }
            _ => {}
        }
        let line = self.lines.place(span.start).0;
        self.document.rules.insert(name.to_owned(), At { value: values, line });
    }

    /// The keys of one table. `label` is how messages call it.
    fn entry(&mut self, section: &'static Section, label: &str, table: &DeTable<'a>) -> Values {
        let mut values = Values::new();
        for (name, value) in table {
            let key = name.get_ref().as_ref();
            match section.key(key) {
                Some(known) => {
                    if let Some(found) = self.value(known, &format!("{label}.{key}"), value) {
                        values.insert(known.name, found);
                    }
                }
                None => self.unknown(section, label, key, name.span()),
            }
        }
        values
    }

    fn unknown(&mut self, section: &Section, label: &str, key: &str, span: Range<usize>) {
        let mut valid: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
        if section.shape == Shape::Root {
            valid.extend(self.known.sections.iter().map(|section| section.name).filter(|name| !name.is_empty()));
        }
        // A key that was only put into the wrong section is nearer than any misspelling.
        let elsewhere = self.known.sections.iter().find(|other| other.name != section.name && other.key(key).is_some());
        let hint = match elsewhere {
            Some(other) if other.shape == Shape::Root => "; it belongs above the first section".to_owned(),
            Some(other) => match other.shape {
                Shape::List => format!("; it belongs into [[{}]]", other.name),
                Shape::Rules => format!("; it belongs into [{}.ID]", other.name),
                _ => format!("; it belongs into [{}]", other.name),
            },
            None => suggest(key, &valid),
        };
        let key = without_runs(key);
        let full = if label.is_empty() { key } else { format!("{label}.{key}") };
        self.faults.push(span, full, format!("unknown key{hint}"));
    }

    fn wrong_shape(&mut self, span: Range<usize>, key: &str, found: &DeValue<'_>, wanted: &str) {
        self.faults.push(span, key, format!("this is {}, not {wanted}", type_of(found)));
    }

    fn missing(&mut self, span: Range<usize>, key: &str, message: &str) {
        if !self.broken {
            self.faults.push(span, key, message);
        }
    }

    /// The value of a key, if it is what the key takes.
    fn value(&mut self, key: &Key, path: &str, value: &Spanned<DeValue<'a>>) -> Option<At<Value>> {
        let line = self.lines.place(value.span().start).0;
        match convert(key.kind, value, self.known) {
            Ok(value) => return Some(At { value, line }),
            Err(wrong) => {
                for (span, message) in wrong {
                    // Where a value could not be parsed, that has been said.
                    if !self.broken || self.text.get(span.clone()).is_some_and(|text| !text.is_empty()) {
                        self.faults.push(span, path, message);
                    }
                }
            }
        }
        None
    }
}

/// Places in the text with what is wrong there.
type Wrong = Vec<(Range<usize>, String)>;

fn convert(kind: Kind, value: &Spanned<DeValue<'_>>, known: Known<'_>) -> Result<Value, Wrong> {
    let span = value.span();
    let wrong = |message: String| vec![(span.clone(), message)];
    let other = |found: &DeValue<'_>| wrong(format!("this is {}, not {}", type_of(found), kind.words()));
    match (kind, value.get_ref()) {
        (Kind::Salt, DeValue::String(text)) => salt(text).map_err(wrong),
        (Kind::Text | Kind::Pattern, DeValue::String(text)) => {
            line_of_text(text).map_err(wrong)?;
            if kind == Kind::Pattern {
                (known.pattern)(text).map_err(|message| wrong(format!("no valid pattern of paths: {message}")))?;
            }
            Ok(Value::Text(text.to_string()))
        }
        (Kind::Bool, DeValue::Boolean(value)) => Ok(Value::Bool(*value)),
        (Kind::Choice(choices), DeValue::String(text)) => choice(text, choices).map(Value::Name).map_err(wrong),
        (Kind::Choices(choices), DeValue::Array(_)) => {
            texts(value, kind, |text| choice(text, choices)).map(Value::Names)
        }
        (Kind::Keys, DeValue::Array(_)) => {
            let names = delegable();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            texts(value, kind, |text| match names.iter().find(|name| **name == text) {
                Some(name) => Ok((*name).to_owned()),
                None => Err(format!("`{}` cannot be delegated{}", without_runs(text), suggest(text, &names))),
            })
            .map(Value::Keys)
        }
        (Kind::Texts, DeValue::Array(list)) => {
            let line = |entry: &Spanned<DeValue<'_>>| match entry.get_ref() {
                DeValue::String(text) => {
                    line_of_text(text).map(|()| text.to_string()).map_err(|message| (entry.span(), message))
                }
                other => Err((entry.span(), format!("this is {}, not a text of one line", type_of(other)))),
            };
            let (good, bad): (Vec<_>, Vec<_>) = list.iter().map(line).partition(Result::is_ok);
            let bad: Wrong = bad.into_iter().filter_map(Result::err).collect();
            if bad.is_empty() { Ok(Value::Texts(good.into_iter().filter_map(Result::ok).collect())) } else { Err(bad) }
        }
        (Kind::Size(least), found @ (DeValue::Integer(_) | DeValue::String(_))) => {
            let bytes = match found {
                DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
                DeValue::String(text) => parse_size(text),
                _ => None,
            };
            let bytes = bytes.filter(|&bytes| bytes >= least && i64::try_from(bytes).is_ok());
            bytes.map(Value::Number).ok_or_else(|| wrong(format!("not {}", kind.words())))
        }
        (Kind::Days(most), DeValue::Integer(number)) => u64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .filter(|days| (1..=most).contains(days))
            .map(Value::Number)
            .ok_or_else(|| wrong(format!("not {}", kind.words()))),
        (Kind::Date, DeValue::String(text)) => day(text).ok_or_else(|| wrong(format!("not {}", kind.words()))),
        (Kind::Date, DeValue::Datetime(date)) if date.time.is_none() => {
            day(&date.to_string()).ok_or_else(|| wrong(format!("not {}", kind.words())))
        }
        (Kind::Sha256, DeValue::String(text)) => match unhex(text).and_then(|bytes| bytes.try_into().ok()) {
            Some(digest) => Ok(Value::Sha256(digest)),
            None => Err(wrong(format!("not {}; this has {} characters", kind.words(), text.chars().count()))),
        },
        (_, found) => Err(other(found)),
    }
}

/// What all texts of a list are by `convert`.
fn texts<T: Ord>(
    list: &Spanned<DeValue<'_>>,
    kind: Kind,
    convert: impl Fn(&str) -> Result<T, String>,
) -> Result<BTreeSet<T>, Wrong> {
    let (mut found, mut wrong) = (BTreeSet::new(), Wrong::new());
    for entry in list.get_ref().as_array().into_iter().flat_map(|list| list.iter()) {
        let converted = match entry.get_ref() {
            DeValue::String(text) => convert(text),
            other => Err(format!("this is {}, not a text; the key takes {}", type_of(other), kind.words())),
        };
        match converted {
            Ok(value) => {
                found.insert(value);
            }
            Err(message) => wrong.push((entry.span(), message)),
        }
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

fn choice(text: &str, choices: &'static [&'static str]) -> Result<&'static str, String> {
    let known = choices.iter().find(|choice| **choice == text).copied();
    known.ok_or_else(|| format!("`{}` is not known{}", without_runs(text), suggest(text, choices)))
}

fn line_of_text(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is blank".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err("holds a line break or another control character; one line is wanted".to_owned());
    }
    if text.chars().count() > TEXT_MAX {
        return Err(format!("is longer than {TEXT_MAX} characters"));
    }
    Ok(())
}

fn salt(text: &str) -> Result<Value, String> {
    let bytes = unhex(text)
        .ok_or("is not an even number of hexadecimal digits; `straykey init` writes a new salt".to_owned())?;
    if bytes.len() < SALT_MIN || bytes.len() > SALT_MAX {
        return Err(format!("has {} bytes; from {SALT_MIN} to {SALT_MAX} are wanted", bytes.len()));
    }
    if bytes.iter().all(|&byte| byte == bytes[0]) {
        return Err("is the same byte over and over, which anybody can guess".to_owned());
    }
    Ok(Value::Salt(Secret::new(&bytes)))
}

fn parse_size(text: &str) -> Option<u64> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let shift = match unit.strip_prefix(' ').unwrap_or(unit) {
        "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

fn day(text: &str) -> Option<Value> {
    // The parser of dates takes more than the one form that sorts as text.
    let exact = text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == text);
    exact.then(|| Value::Text(text.to_owned()))
}

fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
