//! The report as one HTML page, which needs nothing beside itself: no network, and no scripts but to filter and sort.
//!
//! It tells of the latest bundle of each series, in templates ([`minijinja`]) that are given what the other files of this module
//! make of readings and the control view. It decides nothing: states of controls are those of the records.
//!
//! Everything in a reading is as untrusted as the tree that was scanned. One function prints all of it, so that nothing can be
//! forgotten; where others' text stands in an attribute, that is in double quotes, and no id or class is made of it. A policy in the page
//! itself lets a browser obey our own style and script, by their digests, and nothing else.

mod charts;
mod context;
mod controls;
mod finding;
mod tables;
#[cfg(test)]
mod tests;
mod words;

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, escape_formatter};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::report::markup::markup;
use crate::view::{ControlView, Readings};
use context::{Material, Page};
use finding::Card;

/// The style of the page.
const STYLE: &str = include_str!("report.css");

/// Its script.
const SCRIPT: &str = include_str!("report.js");

/// Where the secrets go. Text of others cannot look like it, since it is printed without mark-up.
const FINDINGS: &str = "<!--findings-->";

/// What a page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Input<'r> {
    /// The bundles. The page tells of the latest of each series, and of the course of those that have several.
    pub readings: &'r Readings<'r>,
    /// What they are evidence of; ages and ends are judged on its day.
    pub view: &'r ControlView<'r>,
    /// Whether to print when and as what a scan was recorded. The page of a scan itself has none of it, since it is the same for
    /// the same input.
    pub dated: bool,
}

/// Writes the page. The secrets are written one after the other, so that their number does not matter.
///
/// # Errors
///
/// Those of `out`.
pub fn write(input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
    let templates = templates().map_err(io::Error::other)?;
    let material = Material::of(input);
    let page = render(&templates, "report.html", &Page::of(input, &material))?;
    let page = page.trim_start();
    let (before, after) = page.split_once(FINDINGS).unwrap_or((page, ""));
    out.write_all(before.as_bytes())?;
    for (index, found) in material.found.iter().enumerate() {
        let card = Card::of(*found, index, &material, input.view.today, input.dated);
        // Blanks between thousands of neighbours make browsers slow to reorder them.
        out.write_all(render(&templates, "finding.html", &card)?.trim().as_bytes())?;
    }
    out.write_all(after.as_bytes())
}

fn templates() -> Result<Environment<'static>, Error> {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_formatter(print);
    // A name that a template has wrong is an error in every test, and not an empty place in a page.
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_trim_blocks(true);
    templates.set_lstrip_blocks(true);
    templates.set_keep_trailing_newline(true);
    templates.add_filter("n", words::grouped);
    templates.add_global("style", Value::from_safe_string(STYLE.to_owned()));
    templates.add_global("script", Value::from_safe_string(SCRIPT.to_owned()));
    templates.add_global("policy", Value::from_safe_string(policy()));
    templates.add_template("report.html", include_str!("report.html"))?;
    templates.add_template("finding.html", include_str!("finding.html"))?;
    Ok(templates)
}

fn render(templates: &Environment<'_>, name: &str, given: &impl Serialize) -> io::Result<String> {
    templates.get_template(name).and_then(|template| template.render(given)).map_err(io::Error::other)
}

/// What a browser may load and run for the page: its own style and script, by their digests (CSP Level 3, section 2.3.1).
fn policy() -> String {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// Prints a value into the page. Text can neither be mark-up, nor move, reorder or hide what stands around it; what is not there
/// is not printed.
fn print(out: &mut Output<'_>, state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        _ if value.is_none() => Ok(()),
        Some(text) if !value.is_safe() => out.write_str(&markup(text)).map_err(Error::from),
        _ => escape_formatter(out, state, value),
    }
}
