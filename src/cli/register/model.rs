//! The model of risk that a command is given, held against the one by which the rows are judged.

use std::path::Path;

use anyhow::{Context as _, bail};

use crate::blob::printable_text;
use crate::cli::file::{name, text};
use crate::evidence::chain::sha256_hex;
use crate::govern::RiskModel;
use crate::register::Settings;

/// A model of risk, and what it was read from.
pub(super) struct Model {
    pub(super) risk: RiskModel,
    /// SHA-256 of its file; none for one that comes with straykey.
    pub(super) sha256: Option<String>,
}

impl Model {
    /// The model called `named`, or in a file of that name.
    fn named(named: &str) -> anyhow::Result<Self> {
        let (risk, sha256) = match named {
            "5x5" => (RiskModel::embedded().clone(), None),
            "product" => (RiskModel::product().clone(), None),
            file => {
                let path = Path::new(file);
                let text = text(path).context("the model of risk: neither 5x5 nor product, and no file")?;
                (RiskModel::parse(&text, &name(path))?, Some(sha256_hex(text.as_bytes())))
            }
        };
        Ok(Self { risk, sha256 })
    }

    /// The model by which the rows of the register at `path` are judged, as its journal has it; `named` is what was asked for, which
    /// takes its place where `change`.
    pub(super) fn of(
        path: &Path,
        named: Option<&str>,
        recorded: Option<&Settings>,
        change: bool,
    ) -> anyhow::Result<Self> {
        let Some(recorded) = recorded else { return Self::named(named.unwrap_or("5x5")) };
        let called = printable_text(&recorded.risk);
        let model = match (named, &recorded.risk_sha256) {
            (Some(named), _) => Self::named(named)?,
            (None, None) => Self::named(&recorded.risk)?,
            (None, Some(_)) => {
                bail!("the rows of {} are judged by the model `{called}`: --risk FILE is needed", name(path))
            }
        };
        let same = model.risk.name == recorded.risk && model.sha256 == recorded.risk_sha256;
        if !same && !change {
            bail!(
                "the rows of {} are judged by the model `{called}`, and this is another one; `register update --change-risk` judges \
                 them by it",
                name(path)
            );
        }
        Ok(model)
    }
}
