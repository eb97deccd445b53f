//! Bytes that must never be shown: a wrapper without `Display`, `Serialize` or a telling `Debug`.

use std::fmt;

/// An owned secret value. Its bytes leave only through [`Secret::expose`], which can be searched for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Takes a copy of `value`.
    pub fn new(value: &[u8]) -> Self {
        Self(value.into())
    }

    /// The bytes themselves. Each caller has to show that they reach no log, report or file that must not hold them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What may be shown of a secret: the public prefix that its rule declares, and how long it is, in classes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Preview {
    /// Literal characters that every token of the rule begins with; empty where there are none.
    pub prefix: String,
    /// The length class.
    pub length: LengthClass,
}

/// Coarse length of a value. Exact lengths of short passwords would help to guess them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LengthClass {
    /// Up to 15 bytes.
    Short,
    /// 16 to 31 bytes.
    Medium,
    /// 32 to 63 bytes.
    Long,
    /// 64 to 255 bytes.
    VeryLong,
    /// 256 bytes and more.
    Document,
}

impl LengthClass {
    /// The class of a value of `length` bytes.
    pub fn of(length: usize) -> Self {
        match length {
            0..=15 => Self::Short,
            16..=31 => Self::Medium,
            32..=63 => Self::Long,
            64..=255 => Self::VeryLong,
            _ => Self::Document,
        }
    }

    /// The class in words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Short => "under 16 bytes",
            Self::Medium => "16 to 31 bytes",
            Self::Long => "32 to 63 bytes",
            Self::VeryLong => "64 to 255 bytes",
            Self::Document => "256 bytes or more",
        }
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\u{2026} ({})", self.prefix, self.length.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(format!("{:?}", Secret::new(b"hunter2")), "Secret(..)");
    }
}
