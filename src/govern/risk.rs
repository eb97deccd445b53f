//! How risks are estimated: likelihood and impact from what is known of a credential, each with its inputs, and a level from a matrix
//! that is data.
//!
//! The way is that of ISO/IEC 27005: scenarios on scales that the organisation chose. Which circumstance counts how much is judgement,
//! stands in `patterns/risk`, and an operator's own file takes its place.

use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;

use super::problem::LoadError;
use crate::finding::Severity;

named! {
    /// Who can read what was scanned.
    Visibility {
        /// Everybody.
        Public = "public",
        /// Everybody in the organisation.
        Organisation = "organisation",
        /// Those who work on it.
        Private = "private",
    }
}

named! {
    /// How much would be lost with a unit.
    Criticality {
        /// Little.
        Low = "low",
        /// What can be borne.
        Medium = "medium",
        /// What hurts.
        High = "high",
        /// What the organisation lives of.
        Critical = "critical",
    }
}

named! {
    /// How a level follows from likelihood and impact.
    Method {
        /// It is read from a grid.
        Grid = "grid",
        /// It is that of their product.
        Product = "product",
    }
}

/// Steps that a scale may have.
const STEPS: std::ops::RangeInclusive<usize> = 2..=10;

/// Days that a period may have.
const DAYS_MAX: u32 = 3650;

/// A model of risk.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskModel {
    /// How people call it.
    pub name: String,
    /// Labels of the likelihood, from the lowest.
    pub likelihood: Vec<String>,
    /// Labels of the impact, from the lowest.
    pub impact: Vec<String>,
    /// Labels of the level, from the lowest.
    pub levels: Vec<String>,
    /// How a level comes about.
    pub method: Method,
    /// A row for each step of the likelihood, with the level from 0 for each step of the impact.
    #[serde(default)]
    grid: Vec<Vec<u8>>,
    /// The largest product of each level but the highest.
    #[serde(default)]
    bounds: Vec<u32>,
    likelihood_base: LikelihoodBase,
    likelihood_steps: LikelihoodSteps,
    impact_base: ImpactBase,
    impact_steps: ImpactSteps,
    impact_bounds: ImpactBounds,
    periods: Periods,
    due: Due,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct LikelihoodBase {
    public: u8,
    organisation: u8,
    private: u8,
    not_stated: u8,
    encrypted: u8,
    revoked: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct LikelihoodSteps {
    confirmed: i8,
    over_rotation_period: i8,
    reused: i8,
    test_only: i8,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImpactBase {
    info: u8,
    low: u8,
    medium: u8,
    high: u8,
    critical: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImpactSteps {
    privileged: i8,
    production: i8,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImpactBounds {
    low: [u8; 2],
    medium: [u8; 2],
    high: [u8; 2],
    critical: [u8; 2],
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Periods {
    rotation_days: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Due {
    days: Vec<u32>,
}

/// A model that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RiskError {
    /// It is no TOML of this form.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// What it says does not fit together.
    #[error("{file}: {what}")]
    Wrong {
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
}

/// What is known of a scenario, as far as it bears on its risk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The worst severity of its places.
    pub severity: Severity,
    /// Who can read it, at the most open of its places; none where the scope does not say.
    pub visibility: Option<Visibility>,
    /// All of its places are ciphertext under a passphrase.
    pub encrypted: bool,
    /// Why it opens nothing any more, in a clause.
    pub revoked: Option<String>,
    /// Who confirmed it, in a clause.
    pub confirmed: Option<String>,
    /// The day since which it is known.
    pub since: Date,
    /// The day on which its age is judged.
    pub today: Date,
    /// Repositories that hold or held it.
    pub repositories: usize,
    /// All of its places are test material.
    pub test_only: bool,
    /// It has administrator rights.
    pub privileged: bool,
    /// It says that it belongs to production.
    pub production: bool,
    /// The highest of its units; none where the scope does not say.
    pub criticality: Option<Criticality>,
}

/// A step of a scale, and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// From 1.
    pub step: u8,
    /// Every input, in the order in which they count.
    pub inputs: String,
}

impl RiskModel {
    /// The default model.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<RiskModel> =
            LazyLock::new(|| embedded(include_str!("../../patterns/risk/5x5.toml"), "patterns/risk/5x5.toml"));
        &EMBEDDED
    }

    /// Likelihood times impact.
    pub fn product() -> &'static Self {
        static EMBEDDED: LazyLock<RiskModel> =
            LazyLock::new(|| embedded(include_str!("../../patterns/risk/product.toml"), "patterns/risk/product.toml"));
        &EMBEDDED
    }

    /// Reads a model from TOML; `file` is the name that an error gives.
    ///
    /// # Errors
    ///
    /// The text is no TOML of this form, or scales, grid, steps and periods do not fit together.
    pub fn parse(text: &str, file: &str) -> Result<Self, RiskError> {
        let model: Self = toml::from_str(text).map_err(|source| LoadError { file: file.to_owned(), source })?;
        match model.problem() {
            None => Ok(model),
            Some(what) => Err(RiskError::Wrong { file: file.to_owned(), what }),
        }
    }

    /// What does not fit together.
    fn problem(&self) -> Option<String> {
        let (likelihoods, impacts, levels) = (self.likelihood.len(), self.impact.len(), self.levels.len());
        for (name, steps) in [("likelihood", likelihoods), ("impact", impacts), ("levels", levels)] {
            if !STEPS.contains(&steps) {
                return Some(format!(
                    "`{name}` has {steps} labels; from {} to {} are needed",
                    STEPS.start(),
                    STEPS.end()
                ));
            }
        }
        match self.method {
            Method::Grid => {
                if self.grid.len() != likelihoods {
                    return Some(format!("`grid` needs a row for each of the {likelihoods} steps of the likelihood"));
                }
                if let Some(row) = self.grid.iter().position(|row| row.len() != impacts) {
                    return Some(format!(
                        "row {} of `grid` needs a level for each of the {impacts} steps of the impact",
                        row + 1
                    ));
                }
                if self.grid.iter().flatten().any(|&level| usize::from(level) >= levels) {
                    return Some(format!("`grid` has a level over {}, and they count from 0", levels - 1));
                }
            }
            Method::Product => {
                if self.bounds.len() + 1 != levels || !self.bounds.is_sorted_by(|a, b| a < b) {
                    return Some(format!(
                        "`bounds` needs {} growing numbers: all levels but the highest have one",
                        levels - 1
                    ));
                }
            }
        }
        let LikelihoodBase { public, organisation, private, not_stated, encrypted, revoked } = self.likelihood_base;
        let bases = [public, organisation, private, not_stated, encrypted, revoked];
        if bases.iter().any(|&step| step == 0 || usize::from(step) > likelihoods) {
            return Some(format!("`likelihood_base` has a step that is not from 1 to {likelihoods}"));
        }
        let ImpactBase { info, low, medium, high, critical } = self.impact_base;
        if [info, low, medium, high, critical].iter().any(|&step| step == 0 || usize::from(step) > impacts) {
            return Some(format!("`impact_base` has a step that is not from 1 to {impacts}"));
        }
        let ImpactBounds { low, medium, high, critical } = self.impact_bounds;
        if [low, medium, high, critical]
            .iter()
            .any(|&[least, most]| least == 0 || least > most || usize::from(most) > impacts)
        {
            return Some(format!("`impact_bounds` needs pairs of a least and a most step, from 1 to {impacts}"));
        }
        if self.due.days.len() != levels {
            return Some(format!("`due.days` needs a number for each of the {levels} levels"));
        }
        if self.due.days.iter().any(|&days| days > DAYS_MAX) {
            return Some(format!("`due.days` has a number over {DAYS_MAX}"));
        }
        (self.periods.rotation_days == 0).then(|| "`periods.rotation_days` is 0".to_owned())
    }

    /// Whether a credential that is known since `since` should have been replaced by `today`.
    pub fn is_long_lived(&self, since: Date, today: Date) -> bool {
        since.saturating_add(i64::from(self.periods.rotation_days).days()) < today
    }

    /// The label of the level of a likelihood and an impact.
    pub fn level_label(&self, likelihood: u8, impact: u8) -> &str {
        &self.levels[self.level(likelihood, impact)]
    }

    /// Days in which a scenario of this level (from 0) is to be dealt with.
    pub fn due_days(&self, level: usize) -> u32 {
        self.due.days.get(level).copied().unwrap_or_default()
    }

    /// The level, from 0, of a likelihood and an impact, from 1; steps beyond a scale count as its end.
    pub fn level(&self, likelihood: u8, impact: u8) -> usize {
        let (likelihood, impact) = (at(likelihood, &self.likelihood), at(impact, &self.impact));
        match self.method {
            Method::Grid => usize::from(self.grid[likelihood - 1][impact - 1]),
            Method::Product => {
                let product = (likelihood * impact) as u32;
                self.bounds.iter().position(|&most| product <= most).unwrap_or(self.levels.len() - 1)
            }
        }
    }

    /// How likely it is that somebody uses the credential.
    pub fn estimate_likelihood(&self, facts: &Facts) -> Estimate {
        let base = &self.likelihood_base;
        if let Some(why) = &facts.revoked {
            return Estimate { step: base.revoked, inputs: format!("{}: {why}", base.revoked) };
        }
        let (start, why) = match (facts.encrypted, facts.visibility) {
            (true, _) => (base.encrypted, "encrypted under a passphrase".to_owned()),
            (_, Some(Visibility::Public)) => (base.public, "public".to_owned()),
            (_, Some(Visibility::Organisation)) => (base.organisation, "open to the organisation".to_owned()),
            (_, Some(Visibility::Private)) => (base.private, "open to those who work on it".to_owned()),
            (_, None) => (base.not_stated, "the scope does not say who can read it".to_owned()),
        };
        let steps = &self.likelihood_steps;
        let mut sum = Sum::new(start, &why, self.likelihood.len());
        let rotation = self.periods.rotation_days;
        if let Some(confirmed) = &facts.confirmed {
            sum.add(steps.confirmed, confirmed);
        } else if self.is_long_lived(facts.since, facts.today) {
            // Not its age, which would be another one every day.
            sum.add(
                steps.over_rotation_period,
                &format!("known since {}, to be replaced after {rotation} days", facts.since),
            );
        }
        if facts.repositories > 1 {
            sum.add(steps.reused, &format!("in {} repositories", facts.repositories));
        }
        if facts.test_only {
            sum.add(steps.test_only, "in test material alone");
        }
        sum.end()
    }

    /// How bad it is if somebody does.
    pub fn estimate_impact(&self, facts: &Facts) -> Estimate {
        let ImpactBase { info, low, medium, high, critical } = self.impact_base;
        let start = match facts.severity {
            Severity::Info => info,
            Severity::Low => low,
            Severity::Medium => medium,
            Severity::High => high,
            Severity::Critical => critical,
        };
        let mut sum = Sum::new(start, &format!("severity {}", facts.severity.name()), self.impact.len());
        if facts.privileged {
            sum.add(self.impact_steps.privileged, "administrator rights");
        }
        if facts.production {
            sum.add(self.impact_steps.production, "of production, by its own word");
        }
        if let Some(criticality) = facts.criticality {
            let bounds = &self.impact_bounds;
            let [least, most] = match criticality {
                Criticality::Low => bounds.low,
                Criticality::Medium => bounds.medium,
                Criticality::High => bounds.high,
                Criticality::Critical => bounds.critical,
            };
            sum.bound(least, most, &format!("the unit's criticality is {criticality}"));
        }
        sum.end()
    }
}

/// A step, from 1, as a scale with these labels has it: beyond it as its end.
fn at(step: u8, labels: &[String]) -> usize {
    usize::from(step).clamp(1, labels.len())
}

/// The label of a step, from 1; steps beyond the scale count as its end, as they do for the level.
pub(crate) fn label(labels: &[String], step: u8) -> &str {
    &labels[at(step, labels) - 1]
}

fn embedded(text: &str, file: &str) -> RiskModel {
    RiskModel::parse(text, file).expect("embedded data is sound: a unit test loads it")
}

/// A step that is being added up, with its inputs.
struct Sum {
    step: i16,
    most: i16,
    inputs: String,
}

impl Sum {
    fn new(start: u8, why: &str, steps: usize) -> Self {
        let most = i16::try_from(steps).unwrap_or(i16::MAX);
        Self { step: i16::from(start), most, inputs: format!("{start}: {why}") }
    }

    fn add(&mut self, steps: i8, why: &str) {
        if steps != 0 {
            self.step += i16::from(steps);
            let _ = write!(self.inputs, "; {steps:+}: {why}");
        }
    }

    fn bound(&mut self, least: u8, most: u8, why: &str) {
        let bounded = self.step.clamp(i16::from(least), i16::from(most));
        if bounded != self.step {
            let word = if bounded > self.step { "at least" } else { "at most" };
            let _ = write!(self.inputs, "; {word} {bounded}: {why}");
            self.step = bounded;
        }
    }

    fn end(self) -> Estimate {
        let step = self.step.clamp(1, self.most);
        Estimate { step: u8::try_from(step).expect("a scale has ten steps at most"), inputs: self.inputs }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn facts() -> Facts {
        Facts {
            severity: Severity::High,
            visibility: Some(Visibility::Private),
            encrypted: false,
            revoked: None,
            confirmed: None,
            since: date(2026, 1, 1),
            today: date(2026, 1, 4),
            repositories: 1,
            test_only: false,
            privileged: false,
            production: false,
            criticality: None,
        }
    }

    fn likelihood(facts: &Facts) -> (u8, String) {
        let Estimate { step, inputs } = RiskModel::embedded().estimate_likelihood(facts);
        (step, inputs)
    }

    fn impact(facts: &Facts) -> (u8, String) {
        let Estimate { step, inputs } = RiskModel::embedded().estimate_impact(facts);
        (step, inputs)
    }

    #[test]
    fn every_input_of_a_likelihood_is_shown() {
        assert_eq!(likelihood(&facts()), (3, "3: open to those who work on it".to_owned()));
        let old = Facts { today: date(2026, 4, 2), repositories: 2, ..facts() };
        let inputs = "3: open to those who work on it; +1: known since 2026-01-01, to be replaced after 90 days; +1: in 2 repositories";
        assert_eq!(likelihood(&old), (5, inputs.to_owned()));
        let confirmed = Facts { confirmed: Some("confirmed by a".to_owned()), ..old };
        let inputs = "3: open to those who work on it; +1: confirmed by a; +1: in 2 repositories";
        assert_eq!(likelihood(&confirmed), (5, inputs.to_owned()), "age adds nothing to what was confirmed");
        let test = Facts { visibility: None, test_only: true, ..facts() };
        let inputs = "4: the scope does not say who can read it; -1: in test material alone";
        assert_eq!(likelihood(&test), (3, inputs.to_owned()));
        let public = Facts { visibility: Some(Visibility::Public), repositories: 9, ..facts() };
        assert_eq!(likelihood(&public).0, 5, "a scale has an end");
        let encrypted = Facts { encrypted: true, ..public };
        assert_eq!(likelihood(&encrypted).0, 3);
        let revoked = Facts { revoked: Some("rotated by b".to_owned()), ..encrypted };
        assert_eq!(likelihood(&revoked), (1, "1: rotated by b".to_owned()));
    }

    #[test]
    fn every_input_of_an_impact_is_shown() {
        assert_eq!(impact(&facts()), (4, "4: severity high".to_owned()));
        let more = Facts { privileged: true, production: true, ..facts() };
        let inputs = "4: severity high; +1: administrator rights; +1: of production, by its own word";
        assert_eq!(impact(&more), (5, inputs.to_owned()));
        let low = Facts { criticality: Some(Criticality::Low), ..more };
        assert_eq!(impact(&low), (3, format!("{inputs}; at most 3: the unit's criticality is low")));
        let critical = Facts { severity: Severity::Info, criticality: Some(Criticality::Critical), ..facts() };
        assert_eq!(
            impact(&critical),
            (4, "1: severity info; at least 4: the unit's criticality is critical".to_owned())
        );
        let medium = Facts { criticality: Some(Criticality::Medium), ..facts() };
        assert_eq!(impact(&medium).1, "4: severity high", "what changes nothing is no input");
    }

    #[test]
    fn levels_are_those_of_the_matrix() {
        let grid = RiskModel::embedded();
        let row = |likelihood| (1..=5).map(|impact| grid.level(likelihood, impact)).collect::<Vec<_>>();
        assert_eq!(
            [row(1), row(2), row(3), row(4), row(5)].concat().iter().map(ToString::to_string).collect::<String>(),
            "0011101122112331233423344"
        );
        assert_eq!(grid.level(0, 99), grid.level(1, 5));
        let product = RiskModel::product();
        let levels =
            [(1, 1), (1, 3), (2, 5), (3, 5), (4, 4)].map(|(likelihood, impact)| product.level(likelihood, impact));
        assert_eq!(levels, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn both_models_agree_on_all_but_the_level() {
        let (grid, product) = (RiskModel::embedded(), RiskModel::product());
        let same = RiskModel {
            name: grid.name.clone(),
            method: grid.method,
            grid: grid.grid.clone(),
            bounds: Vec::new(),
            ..product.clone()
        };
        assert_eq!(&same, grid);
    }

    #[test]
    fn models_that_do_not_fit_together_are_refused() {
        let text = include_str!("../../patterns/risk/5x5.toml");
        for (from, to, part) in [
            ("[0, 0, 1, 1, 1],\n", "", "a row for each of the 5 steps"),
            ("[0, 0, 1, 1, 1]", "[0, 0, 1, 1]", "row 1 of `grid`"),
            ("[0, 0, 1, 1, 1]", "[0, 0, 1, 1, 5]", "a level over 4"),
            ("method = \"grid\"", "method = \"product\"", "`bounds` needs 4"),
            ("public = 5", "public = 6", "`likelihood_base`"),
            ("info = 1", "info = 0", "`impact_base`"),
            ("low = [1, 3]", "low = [4, 3]", "`impact_bounds`"),
            ("days = [180, 90, 30, 7, 1]", "days = [1]", "`due.days`"),
            ("rotation_days = 90", "rotation_days = 0", "is 0"),
            (
                "levels = [\"1 - very low\", \"2 - low\", \"3 - medium\", \"4 - high\", \"5 - very high\"]",
                "levels = [\"one\"]",
                "`levels`",
            ),
            ("confirmed = 1 ", "confirmd = 1 ", "m.toml"),
        ] {
            assert!(text.contains(from), "{from}");
            let error = RiskModel::parse(&text.replacen(from, to, 1), "m.toml").unwrap_err();
            assert!(error.to_string().contains(part), "{from}: {error}");
        }
    }
}
