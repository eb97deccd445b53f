//! Reading a few fields out of one JSON object of untrusted size.
//!
//! Only the fields asked for are kept, and of nested values only the first scalars, so that the
//! memory stays within the size of the input whatever its shape. Depth is bounded by the parser.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The most elements kept of a nested list or object.
const MAX_ELEMENTS: usize = 32;

/// The fields of an object, as far as they were asked for.
#[derive(Debug)]
pub(super) struct Object {
    fields: Vec<(&'static str, Field)>,
}

/// A value of a field.
#[derive(Debug)]
enum Field {
    /// A text, number or truth value.
    Scalar(Scalar),
    /// The scalars of a list.
    List(Vec<String>),
    /// The scalars of an object, by name.
    Map(Vec<(String, String)>),
}

#[derive(Debug)]
enum Scalar {
    Text(String),
    Number(f64),
    Other,
}

impl Object {
    /// Reads the `wanted` fields of the object that `bytes` hold and nothing else. `None` if they
    /// hold anything but one JSON object in UTF-8. Of repeated names the last counts.
    pub(super) fn read(bytes: &[u8], wanted: &[&'static str]) -> Option<Self> {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let object = reader.deserialize_map(ObjectVisitor { wanted }).ok()?;
        reader.end().ok()?;
        Some(object)
    }

    fn get(&self, name: &str) -> Option<&Field> {
        self.fields.iter().rev().find(|(known, _)| *known == name).map(|(_, field)| field)
    }

    /// Whether the field is there, of whatever type.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The field's text, if it is a text that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Field::Scalar(Scalar::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The field as one line: a text or number as it is, the elements of a list joined by spaces.
    pub(super) fn line(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Field::Scalar(scalar) => scalar.line(),
            Field::List(elements) if !elements.is_empty() => Some(elements.join(" ")),
            Field::List(_) | Field::Map(_) => None,
        }
    }

    /// The field as a whole number: a JSON number, or decimal digits in a text. Fractions go.
    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Field::Scalar(Scalar::Number(number)) if number.is_finite() => Some(*number as i64),
            Field::Scalar(Scalar::Text(text)) => text.parse().ok(),
            _ => None,
        }
    }

    /// The text of a field of the object that is the field `name`.
    pub(super) fn nested(&self, name: &str, inner: &str) -> Option<&str> {
        match self.get(name)? {
            Field::Map(entries) => entries.iter().find(|(known, _)| known == inner).map(|(_, text)| text.as_str()),
            _ => None,
        }
    }
}

impl Scalar {
    fn line(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string()),
            Self::Other => None,
        }
    }
}

struct ObjectVisitor<'w> {
    wanted: &'w [&'static str],
}

impl<'de> Visitor<'de> for ObjectVisitor<'_> {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut fields: Vec<(&'static str, Field)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let Some(&name) = self.wanted.iter().find(|wanted| **wanted == name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let field = map.next_value()?;
            fields.retain(|(known, _)| *known != name);
            fields.push((name, field));
        }
        Ok(Object { fields })
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserializer.deserialize_any(ScalarVisitor)? {
            Some(scalar) => scalar,
            None => Self::Other,
        })
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field, E> {
        Ok(Field::Scalar(Scalar::Other))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Field, E> {
        Ok(Field::Scalar(Scalar::Number(number as f64)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Field, E> {
        Ok(Field::Scalar(Scalar::Number(number as f64)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Field, E> {
        Ok(Field::Scalar(Scalar::Number(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field, E> {
        Ok(Field::Scalar(Scalar::Text(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Field, E> {
        Ok(Field::Scalar(Scalar::Other))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Field, A::Error> {
        let mut elements = Vec::new();
        while elements.len() < MAX_ELEMENTS {
            match seq.next_element::<Scalar>()? {
                Some(scalar) => elements.extend(scalar.line()),
                None => return Ok(Field::List(elements)),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field, A::Error> {
        let mut entries = Vec::new();
        while entries.len() < MAX_ELEMENTS {
            match map.next_entry::<String, Scalar>()? {
                Some((name, scalar)) => entries.extend(scalar.line().map(|line| (name, line))),
                None => return Ok(Field::Map(entries)),
            }
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Map(entries))
    }
}

/// Gives `None` for lists and objects, which it skips.
struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Option<Scalar>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Number(number as f64)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Number(number as f64)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Number(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Text(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &[&str] = &["a", "b", "c", "d", "e"];

    #[test]
    fn reads_what_was_asked_for() {
        let text = br#"{"a":"x","b":17.9,"c":["r",1,["deep"],{"k":2},"w"],"d":{"r":"eu","n":[1]},
            "e":true,"other":[[[{}]]]}"#;
        let object = Object::read(text, WANTED).unwrap();
        assert_eq!(object.text("a"), Some("x"));
        assert_eq!(object.integer("b"), Some(17));
        assert_eq!(object.line("c").as_deref(), Some("r 1 w"));
        assert_eq!(object.nested("d", "r"), Some("eu"));
        assert_eq!(object.nested("d", "n"), None);
        assert!(object.has("e") && !object.has("other"));
        assert_eq!(object.line("e"), None);
    }

    #[test]
    fn odd_input() {
        for text in ["", "[]", "null", "{", "{}x", "{\"a\":}", "\u{feff}{}", "{\"a\":1,}"] {
            assert!(Object::read(text.as_bytes(), WANTED).is_none(), "{text}");
        }
        assert!(Object::read(b"{\"a\":\"\xff\"}", WANTED).is_none());
        assert!(Object::read("{\"a\":".repeat(5000).as_bytes(), WANTED).is_none());
        let last = Object::read(br#"{"a":"x","a":"y"}"#, WANTED).unwrap();
        assert_eq!(last.text("a"), Some("y"));
        let big = Object::read(br#"{"a":1e300,"b":"123","c":"1x"}"#, WANTED).unwrap();
        assert_eq!(big.integer("a"), Some(i64::MAX));
        assert_eq!(big.integer("b"), Some(123));
        assert_eq!(big.integer("c"), None);
        let long = format!("{{\"a\":[{}1]}}", "2,".repeat(100));
        let long = Object::read(long.as_bytes(), WANTED).unwrap();
        assert_eq!(long.line("a").unwrap().len(), 2 * MAX_ELEMENTS - 1);
    }
}
