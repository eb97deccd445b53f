//! The non-human identity behind a credential: what kind it is, who issued it, and what the credential itself says of
//! it.

use crate::finding::{Fact, Finding, fact_name};
use crate::rule::IdentityKind;

/// The identity that a finding speaks for, as far as the value alone tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity<'f> {
    /// What kind of identity it is.
    pub kind: IdentityKind,
    /// The issuer's name; none for generic rules.
    pub provider: Option<&'f str>,
    /// The principal: subject, user, account or key id, whichever the value tells first.
    pub principal: Option<&'f str>,
    /// What it may do.
    pub scope: Option<&'f str>,
    /// The value, or the name that it is assigned to, says that it belongs to a live environment, not a test one.
    pub live: bool,
}

impl<'f> Identity<'f> {
    /// The identity behind `finding`.
    pub fn of(finding: &'f Finding) -> Self {
        let fact =
            |name: &str| finding.facts.iter().find(|fact: &&Fact| fact.name == name).map(|fact| fact.value.as_str());
        Self {
            kind: finding.rule.identity,
            provider: (!finding.rule.is_generic()).then_some(finding.rule.provider.name.as_str()),
            principal: fact_name::PRINCIPAL.into_iter().find_map(fact),
            scope: fact(fact_name::SCOPES),
            live: fact(fact_name::ENVIRONMENT) == Some("live"),
        }
    }
}
