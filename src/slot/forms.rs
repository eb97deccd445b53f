//! The table of forms, read at first use.

use std::fmt;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::literal::{Extractor, Seq};
use serde::{Deserialize, Serialize};

/// Bytes that the states of one expression may take on one worker.
const CACHE: usize = 256 << 10;

/// Where the credential of a slot is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// A vault or secret store, a secret of the CI system, a secret of Kubernetes.
    Store,
    /// As ciphertext in the file.
    Encrypted,
    /// A plain variable of the environment, or a parameter.
    Environment,
    /// Nowhere: the workload proves who it is.
    Federated,
}

impl Held {
    /// All, in the order of the enumeration.
    pub const ALL: [Self; 4] = [Self::Store, Self::Encrypted, Self::Environment, Self::Federated];

    /// As the table writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Encrypted => "encrypted",
            Self::Environment => "environment",
            Self::Federated => "federated",
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A form by which a credential is referred to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Kebab-case, unique.
    pub id: String,
    /// The product or mechanism, as its maker writes it.
    pub store: String,
    /// Where the credential is.
    pub held: Held,
    /// What every instance of a stand-alone form holds.
    pub literal: Option<String>,
    /// What it looks like: a region with the literal, or the whole value.
    pub pattern: String,
    /// A file in which the examples could stand.
    pub path: String,
    /// The page that documents it.
    pub reference: String,
    /// Texts with one slot of this form.
    pub examples: Vec<String>,
    /// Texts without one.
    pub near_misses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    form: Vec<Form>,
}

/// The forms, and what finds them.
pub(super) struct Forms {
    pub(super) all: Vec<Form>,
    /// The literals of the stand-alone forms, each once.
    pub(super) literals: AhoCorasick,
    /// For each literal the forms that have it.
    pub(super) by_literal: Vec<Vec<usize>>,
    patterns: Vec<OnceLock<Regex>>,
    /// The value forms, in the order of the table. Made when the first value is asked for.
    values: OnceLock<Vec<ValueForm>>,
}

/// A form that is a whole value.
struct ValueForm {
    form: usize,
    /// What its values begin with. An expression takes far longer to compile than nearly all values take to be told from it
    /// by this.
    beginnings: Seq,
}

pub(super) static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("../../patterns/references.toml"))
        .expect("the embedded table of references is well-formed");
    let mut literals: Vec<&str> = table.form.iter().filter_map(|form| form.literal.as_deref()).collect();
    literals.sort_unstable();
    literals.dedup();
    let by_literal = literals
        .iter()
        .map(|literal| {
            let has = |(_, form): &(usize, &Form)| form.literal.as_deref() == Some(literal);
            table.form.iter().enumerate().filter(has).map(|(index, _)| index).collect()
        })
        .collect();
    Forms {
        literals: AhoCorasickBuilder::new()
            .kind(Some(AhoCorasickKind::DFA))
            .build(&literals)
            .expect("the literals are few and short"),
        by_literal,
        patterns: table.form.iter().map(|_| OnceLock::new()).collect(),
        values: OnceLock::new(),
        all: table.form,
    }
});

/// All forms, in the order of the table.
pub fn forms() -> &'static [Form] {
    &FORMS.all
}

impl Forms {
    /// The expression of a form; that of a value form is of the whole value.
    pub(super) fn pattern(&self, form: usize) -> &Regex {
        self.patterns[form].get_or_init(|| {
            let Form { pattern, literal, .. } = &self.all[form];
            let whole = if literal.is_some() { pattern } else { &format!(r"\A(?:{pattern})\z") };
            RegexBuilder::new(whole).unicode(false).dfa_size_limit(CACHE).build().expect("a test compiles every form")
        })
    }

    /// The first value form that is the whole of `value`.
    pub(super) fn of_value(&self, value: &[u8]) -> Option<usize> {
        let values = self.values.get_or_init(|| {
            let alone = (0..self.all.len()).filter(|&form| self.all[form].literal.is_none());
            alone.map(|form| ValueForm { form, beginnings: beginnings(&self.all[form].pattern) }).collect()
        });
        let begins = |literals: &Seq| {
            literals.literals().is_none_or(|all| all.iter().any(|literal| value.starts_with(literal.as_bytes())))
        };
        values.iter().find(|one| begins(&one.beginnings) && self.pattern(one.form).is_match(value)).map(|one| one.form)
    }
}

/// What the matches of `pattern` begin with; an infinite sequence where that is too much.
fn beginnings(pattern: &str) -> Seq {
    let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
    parser.parse(pattern).map_or_else(|_| Seq::infinite(), |hir| Extractor::new().extract(&hir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let all = forms();
        let held = |held: Held| all.iter().filter(|form| form.held == held).count();
        assert!(all.len() - held(Held::Environment) >= 200, "{} forms", all.len());
        let ids: std::collections::BTreeSet<&str> = all.iter().map(|form| form.id.as_str()).collect();
        assert_eq!(ids.len(), all.len(), "ids are unique");
        for (index, form) in all.iter().enumerate() {
            FORMS.pattern(index);
            assert!(form.examples.len() >= 2 && form.near_misses.len() >= 2, "{}", form.id);
            assert!(form.reference.starts_with("https://"), "{}", form.id);
            assert!(form.literal.as_ref().is_none_or(|literal| literal.len() >= 3), "{}", form.id);
        }
        assert_eq!(FORMS.of_value(b"${DB_PASSWORD}").map(|form| all[form].held), Some(Held::Environment));
        assert_eq!(FORMS.of_value(b"dragon1987"), None);
    }
}
