//! The rule set: all active rules, sorted by id.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};

use super::{LoadedRule, Rule};
use crate::severity::{Confidence, Severity};

/// The rule pack, as the build script packed it.
const EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.bin"));

/// All active rules.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: Vec<LoadedRule>,
    disabled: Vec<Arc<Rule>>,
    /// Made when it is first asked for, and anew where the rules change.
    digests: OnceLock<Digests>,
}

/// SHA-256 over the rules, and over each of them.
#[derive(Clone, Debug)]
struct Digests {
    all: [u8; 32],
    each: BTreeMap<String, u64>,
}

/// What an operator changes of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleOverride {
    /// Whether the rule looks at all.
    pub enabled: bool,
    /// The severity before context, instead of that of the rule or its kind.
    pub severity: Option<Severity>,
    /// The confidence of a match before checks, instead of the rule's.
    pub confidence: Option<Confidence>,
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
        self.digests = OnceLock::new();
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

    /// The rules that were switched off, sorted by id.
    pub fn disabled(&self) -> &[Arc<Rule>] {
        &self.disabled
    }

    /// SHA-256 over the active rules in order of id, each behind its length: two sets with the same digest find the
    /// same. It depends on the version of the program, which decides how a rule is laid out.
    pub fn digest(&self) -> [u8; 32] {
        self.laid_out().all
    }

    /// For each active rule, by id, the first 48 bits of SHA-256 over it: where they are the same in two sets, so is the rule. A
    /// number, since names of tokens beside hexadecimal digits look like the tokens themselves.
    pub fn digests(&self) -> &BTreeMap<String, u64> {
        &self.laid_out().each
    }

    fn laid_out(&self) -> &Digests {
        self.digests.get_or_init(|| {
            let (mut all, mut each) = (Sha256::new(), BTreeMap::new());
            for loaded in &self.rules {
                let bytes = postcard::to_stdvec(loaded).expect("a rule can be laid out: the build script does it");
                all.update((bytes.len() as u64).to_le_bytes());
                all.update(&bytes);
                let first = Sha256::digest(&bytes)[..6].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
                each.insert(loaded.rule.id.clone(), first);
            }
            Digests { all: all.finalize().into(), each }
        })
    }

    /// Applies what the operator says of single rules, by id. An id that no rule has changes nothing.
    #[must_use]
    pub fn configure(mut self, overrides: &BTreeMap<String, RuleOverride>) -> Self {
        let (active, disabled): (Vec<_>, Vec<_>) = std::mem::take(&mut self.rules)
            .into_iter()
            .partition(|loaded| overrides.get(&loaded.rule.id).is_none_or(|changed| changed.enabled));
        self.rules = active;
        self.digests = OnceLock::new();
        self.disabled.extend(disabled.into_iter().map(|loaded| loaded.rule));
        self.disabled.sort_by(|one, other| one.id.cmp(&other.id));
        for loaded in &mut self.rules {
            let Some(changed) = overrides.get(&loaded.rule.id) else { continue };
            let rule = Arc::make_mut(&mut loaded.rule);
            rule.severity = changed.severity.or(rule.severity);
            rule.confidence = changed.confidence.unwrap_or(rule.confidence);
        }
        self
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
    fn overrides_change_the_digest_and_what_is_active() {
        let plain = RuleSet::embedded();
        let change = |changed: RuleOverride| {
            RuleSet::embedded().configure(&BTreeMap::from([(plain.get(3).rule.id.clone(), changed)]))
        };
        let same = RuleOverride { enabled: true, severity: None, confidence: None };
        assert_eq!(change(same).digest(), plain.digest());
        let off = change(RuleOverride { enabled: false, ..same });
        assert_eq!((off.len(), off.disabled().len()), (plain.len() - 1, 1));
        assert_eq!(off.disabled()[0].id, plain.get(3).rule.id);
        assert_eq!(off.find(&plain.get(3).rule.id).map(|rule| &rule.id), None);
        let info = change(RuleOverride { severity: Some(Severity::Info), ..same });
        assert_eq!(info.get(3).rule.severity, Some(Severity::Info));
        let digests = [plain.digest(), off.digest(), info.digest()];
        assert!(digests[0] != digests[1] && digests[1] != digests[2] && digests[0] != digests[2]);
    }

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
