//! The report for people at a terminal: the secrets, worst first, then what was read and what was
//! not, and at last a verdict in one line.
//!
//! Everything that does not come from this program's own text is made inert before it is printed;
//! see `page::Text`. The same report and style give the same bytes.

mod finding;
mod page;
mod summary;

use std::io::{self, Write};

use self::page::{Page, Text};
use super::Report;
use super::standing::bypassed;
use super::words::{by_severity, counted, failing_first, grouped};

/// Secrets that are shown where `all` is not asked for.
pub const SECRETS_SHOWN: usize = 50;

/// How to lay out the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Style {
    /// Whether to use ANSI colours.
    pub color: bool,
    /// Columns of the terminal; at least [`Style::MIN_WIDTH`] are used. Paths, links and values are
    /// never broken, so that they can be clicked and copied.
    pub width: usize,
    /// Show every secret, place, gap and exclusion, not only the first of each.
    pub all: bool,
    /// Print values in place of previews, where the findings hold them.
    pub show_secrets: bool,
    /// Whether the terminal shows more than ASCII. Otherwise other characters are escaped.
    pub unicode: bool,
}

impl Style {
    /// The least width of the layout, in columns.
    pub const MIN_WIDTH: usize = 40;

    /// How many of `count` things to show, where `limit` are shown by default.
    fn shown(self, count: usize, limit: usize) -> usize {
        if self.all { count } else { count.min(limit) }
    }
}

/// Writes the report.
///
/// # Errors
///
/// Those of `out`.
pub fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(*style, out);
    let shown = style.shown(report.findings.len(), SECRETS_SHOWN);
    let findings = failing_first(report);
    for finding in &findings[..shown] {
        finding::write(&mut page, report, finding)?;
        page.blank()?;
    }
    let rest = &findings[shown..];
    if !rest.is_empty() {
        let mut text = Text::new();
        text.say(&counted(rest.len() as u64, "more secret", "more secrets"));
        text.say(&format!("({}) not shown here; --all shows them.", by_severity(rest.iter().copied())));
        page.paragraph(0, 2, &text)?;
        page.blank()?;
    }
    summary::write(&mut page, report)?;
    page.blank()?;
    if let Some(bypass) = &report.bypass {
        let mut text = Text::new();
        text.prose(page::ink::BAD, &bypassed(bypass));
        page.paragraph(0, 2, &text)?;
    }
    let (verdict, style) = summary::verdict(report);
    let mut text = Text::new();
    text.styled(style, &verdict);
    page.paragraph(0, 2, &text)
}

#[cfg(test)]
mod tests;
