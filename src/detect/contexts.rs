//! The contexts of rules by the literals of their lane, and which of them end at a place.

use super::automata::ContextGroup;
use super::shapes::{ShapeTable, Shapes};
use crate::rule::assign::caseless;
use crate::rule::{ByteSet, LoadedRule, RuleSet};

/// Contexts that hold a literal at the same place.
pub(super) struct Contexts {
    /// Bytes between their start and the literal.
    offset: usize,
    /// The bytes that they may begin with.
    first: ByteSet,
    pub(super) group: ContextGroup,
    /// The rules they belong to, in the order of the group's patterns.
    pub(super) members: Vec<Member>,
    /// Number of the group's cache.
    pub(super) cache: usize,
}

impl Contexts {
    /// The contexts of the rules `members`, which hold their literal `offset` bytes behind their start.
    pub(super) fn new(rules: &RuleSet, offset: usize, members: &[usize], cache: usize) -> Self {
        let mut first = ByteSet::empty();
        members.iter().for_each(|&rule| first.extend(&rules.get(rule).first));
        Self {
            offset,
            first,
            group: ContextGroup::new(members.iter().filter_map(|&rule| pattern(rules.get(rule))).collect()),
            members: members.iter().map(|&rule| Member { rule, found: Found::of(rules.get(rule)) }).collect(),
            cache,
        }
    }

    /// Where they begin that have their literal at `at`, if one of them can.
    #[inline]
    pub(super) fn start(&self, text: &[u8], at: usize) -> Option<usize> {
        at.checked_sub(self.offset).filter(|&start| self.first.contains(text[start]))
    }
}

/// The expression of what the automaton finds of a rule's context.
fn pattern(loaded: &LoadedRule) -> Option<String> {
    loaded.name.as_deref().map(caseless).or_else(|| loaded.rule.context.clone())
}

/// A rule of a group of contexts.
#[derive(Clone, Copy)]
pub(super) struct Member {
    rule: usize,
    found: Found,
}

/// What an automaton finds of a context.
#[derive(Clone, Copy)]
enum Found {
    /// All of it.
    Whole,
    /// The name that something is assigned to. What follows it is the same for all of them, so that it is looked at
    /// once, see [`super::tail`].
    Name,
    /// The same, where the value takes its quotes along.
    NameBeforeQuotes,
}

impl Found {
    fn of(loaded: &LoadedRule) -> Self {
        match &loaded.name {
            None => Self::Whole,
            Some(_) if loaded.rule.trim.takes_quotes() => Self::NameBeforeQuotes,
            Some(_) => Self::Name,
        }
    }
}

/// Rules whose contexts or names end at one place.
#[derive(Default)]
pub(super) struct Ending {
    pub(super) rules: Vec<usize>,
    /// What the values of any of them look like.
    pub(super) shapes: Shapes<1>,
}

/// The same, by what is found of the contexts.
#[derive(Default)]
pub(super) struct Endings([Ending; 3]);

impl Endings {
    /// Holds `members` and nothing else.
    pub(super) fn fill(&mut self, members: impl Iterator<Item = Member>, table: &ShapeTable<1>) {
        for ending in &mut self.0 {
            ending.rules.clear();
            ending.shapes = Shapes::NONE;
        }
        for Member { rule, found } in members {
            let ending = &mut self.0[found as usize];
            ending.rules.push(rule);
            ending.shapes = ending.shapes.or(table.of_rule(rule));
        }
    }

    /// Those whose whole context ends.
    pub(super) fn whole(&self) -> &Ending {
        &self.0[Found::Whole as usize]
    }

    /// Those whose name ends, and whether their values take their quotes along; only where there are any.
    pub(super) fn names(&self) -> impl Iterator<Item = (&Ending, bool)> {
        let names = [(Found::Name, false), (Found::NameBeforeQuotes, true)];
        let endings = names.map(|(found, takes_quotes)| (&self.0[found as usize], takes_quotes));
        endings.into_iter().filter(|(ending, _)| !ending.rules.is_empty())
    }
}
