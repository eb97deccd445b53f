//! Context modifiers: what the place of a finding says about it, beyond its kind.
//!
//! This module decides which modifiers hold ([`modifiers_of_path`]); what they add to a mapping and to a severity is
//! data of the [crosswalk](super::crosswalk).

mod path;

use std::fmt;
use std::ops::BitOr;

use serde::{Serialize, Serializer};

pub use path::modifiers_of_path;

named! {
    /// A context that can be told from the path, or from the history.
    ModifierId {
        /// Tests, fixtures, samples.
        Test = "test",
        /// Definition of a build or delivery pipeline.
        Ci = "ci",
        /// Infrastructure as code, its variables, its state.
        Iac = "iac",
        /// Build or composition file of containers.
        Container = "container",
        /// Logs and output of builds.
        LogOrBuildOutput = "log-or-build-output",
        /// Code of others that is kept in the tree.
        Vendored = "vendored",
        /// Configuration of AI agents, LLM clients and MCP servers.
        Agent = "agent",
        /// Documentation and examples.
        Documentation = "documentation",
        /// A git history alone.
        History = "history",
    }
}

/// A set of modifiers. Iterates in the order of [`ModifierId::ALL`].
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModifierSet(u16);

const _: () = assert!(ModifierId::ALL.len() <= u16::BITS as usize, "one bit for each modifier");

impl ModifierSet {
    /// The set without members.
    pub const EMPTY: Self = Self(0);

    const fn bit(id: ModifierId) -> u16 {
        1 << id as u16
    }

    /// This set and `id`.
    #[must_use]
    pub const fn with(self, id: ModifierId) -> Self {
        Self(self.0 | Self::bit(id))
    }

    /// This set without `id`.
    #[must_use]
    pub const fn without(self, id: ModifierId) -> Self {
        Self(self.0 & !Self::bit(id))
    }

    /// Whether `id` is a member.
    pub const fn contains(self, id: ModifierId) -> bool {
        self.0 & Self::bit(id) != 0
    }

    /// Whether any of `ids` is a member.
    pub fn contains_any(self, ids: &[ModifierId]) -> bool {
        ids.iter().any(|id| self.contains(*id))
    }

    /// Whether there are no members.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Number of members.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The members, in the order of [`ModifierId::ALL`].
    pub fn iter(self) -> impl Iterator<Item = ModifierId> {
        ModifierId::ALL.iter().copied().filter(move |id| self.contains(*id))
    }
}

impl BitOr for ModifierSet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<ModifierId> for ModifierSet {
    fn from_iter<I: IntoIterator<Item = ModifierId>>(ids: I) -> Self {
        ids.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl<const N: usize> From<[ModifierId; N]> for ModifierSet {
    fn from(ids: [ModifierId; N]) -> Self {
        ids.into_iter().collect()
    }
}

impl fmt::Debug for ModifierSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for ModifierSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// Whether it is known of a credential that it works or that it belongs to production. Either keeps the severity up
/// wherever the credential lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LiveOrProduction {
    /// Nothing is known; the usual case.
    Unproven,
    /// Verified with the issuer, marked as a production credential by its own form or by the name that it is assigned to, or so stated by the
    /// operator.
    Proven,
}

impl From<bool> for LiveOrProduction {
    fn from(proven: bool) -> Self {
        if proven { Self::Proven } else { Self::Unproven }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set = ModifierSet::from([ModifierId::Documentation, ModifierId::Test]);
        assert_eq!(set.len(), 2);
        assert!(set.contains(ModifierId::Test) && !set.contains(ModifierId::Ci));
        assert!(set.contains_any(&[ModifierId::Ci, ModifierId::Test]));
        assert!(!set.contains_any(&[]));
        assert_eq!(set.without(ModifierId::Test), [ModifierId::Documentation].into());
        assert_eq!(set | ModifierSet::EMPTY, set);
        assert!(ModifierSet::EMPTY.is_empty() && !set.is_empty());
    }

    #[test]
    fn iteration_has_a_fixed_order() {
        let all: ModifierSet = ModifierId::ALL.iter().rev().copied().collect();
        assert!(all.iter().eq(ModifierId::ALL.iter().copied()));
        assert_eq!(
            serde_json::to_string(&ModifierSet::from([ModifierId::Iac, ModifierId::Test])).unwrap(),
            r#"["test","iac"]"#
        );
        assert_eq!(format!("{:?}", ModifierSet::from([ModifierId::Iac])), "{Iac}");
    }
}
