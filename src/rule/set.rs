//! The rule set: all active rules, sorted by id.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{LoadedRule, Rule};

/// The rule pack, as the build script packed it.
const EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.bin"));

/// All active rules.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: Vec<LoadedRule>,
}

impl RuleSet {
    /// The rules that are part of the binary.
    pub fn embedded() -> Self {
        let rules = postcard::from_bytes(EMBEDDED).expect("the build script packed the rules with these types");
        let mut set = Self::default();
        set.extend(rules);
        set
    }

    /// Adds rules; one with an id that exists replaces the older.
    pub fn extend(&mut self, rules: Vec<LoadedRule>) {
        let mut by_id: BTreeMap<String, LoadedRule> =
            std::mem::take(&mut self.rules).into_iter().map(|loaded| (loaded.rule.id.clone(), loaded)).collect();
        by_id.extend(rules.into_iter().map(|loaded| (loaded.rule.id.clone(), loaded)));
        self.rules = by_id.into_values().collect();
    }

    /// The rules, sorted by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &LoadedRule> {
        self.rules.iter()
    }

    /// The rule at `index` of the sorted list.
    pub fn get(&self, index: usize) -> &LoadedRule {
        &self.rules[index]
    }

    /// The rule called `id`.
    pub fn find(&self, id: &str) -> Option<&Arc<Rule>> {
        let at = self.rules.binary_search_by(|loaded| loaded.rule.id.as_str().cmp(id)).ok()?;
        Some(&self.rules[at].rule)
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// True without any rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Bytes behind the start of a match that its rule may look at, for any rule.
    pub fn reach(&self) -> usize {
        self.rules.iter().map(|loaded| loaded.rule.max_len + loaded.after_max).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pack_is_what_its_files_say() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns/rules");
        let loaded = crate::rule::load_folder(&folder).unwrap();
        let packed = RuleSet::embedded();
        assert_eq!(loaded.len(), packed.len(), "two rules have the same id");
        for rule in loaded {
            let found = packed.find(&rule.rule.id).expect("a rule of the files is in the pack");
            assert_eq!(format!("{:?}", rule.rule), format!("{found:?}"));
        }
    }
}
