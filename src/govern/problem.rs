//! What can be wrong with control data: text that does not parse, and ids that lead nowhere.

/// A data file that is not what its model asks for.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {source}")]
pub struct LoadError {
    /// The file's name, as the caller knows it.
    pub file: String,
    /// What the parser objects to, with the line.
    #[source]
    pub source: toml::de::Error,
}

/// Data that parses but does not hold together. `at` names the entry, such as ``kind `third-party-token` ``.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A control that the catalogue does not have.
    #[error("{at}: the catalogue has no control {control}")]
    UnknownControl {
        /// The entry.
        at: String,
        /// The number it gives.
        control: String,
    },
    /// An id that its taxonomy does not have.
    #[error("{at}: {taxonomy} has no entry {id}")]
    UnknownTerm {
        /// The entry.
        at: String,
        /// Name of the taxonomy.
        taxonomy: String,
        /// The id it gives.
        id: String,
    },
    /// An id that occurs twice where it may occur once: a control within a kind, a kind, a control in the catalogue.
    #[error("{at}: {id} occurs more than once")]
    Duplicate {
        /// The entry or list.
        at: String,
        /// What occurs twice.
        id: String,
    },
    /// A kind that neither contradicts nor affects any control, a modifier without additions, a kind without a CWE.
    #[error("{at}: {what} missing")]
    Missing {
        /// The entry or list.
        at: String,
        /// What is missing.
        what: String,
    },
    /// A value that does not have the form it should have.
    #[error("{at}: {value:?} is malformed")]
    Malformed {
        /// The entry.
        at: String,
        /// The value.
        value: String,
    },
}

/// Every value that occurs more than once, once each, in the order of first repetition.
pub(super) fn duplicates<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    let mut twice = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        } else if !twice.contains(&value) {
            twice.push(value);
        }
    }
    twice
}

#[cfg(test)]
mod tests {
    use super::duplicates;

    #[test]
    fn duplicates_are_listed_once() {
        assert_eq!(duplicates(["a", "b", "a", "c", "a", "b"]), ["a", "b"]);
        assert!(duplicates(["a", "b"]).is_empty());
    }
}
