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
use crate::finding::Finding;
use crate::severity::Severity;

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
    for finding in &report.findings[..shown] {
        finding::write(&mut page, report, finding)?;
        page.blank()?;
    }
    let rest = &report.findings[shown..];
    if !rest.is_empty() {
        let mut text = Text::new();
        text.say(&counted(rest.len() as u64, "more secret", "more secrets"));
        text.say(&format!("({}) not shown here; --all shows them.", by_severity(rest)));
        page.paragraph(0, 2, &text)?;
        page.blank()?;
    }
    summary::write(&mut page, report)?;
    page.blank()?;
    let (verdict, style) = summary::verdict(report);
    let mut text = Text::new();
    text.styled(style, &verdict);
    page.paragraph(0, 2, &text)
}

/// `2 critical, 1 low`: the severities that occur, worst first.
fn by_severity(findings: &[Finding]) -> String {
    let counts = Severity::ALL.iter().rev().filter_map(|&severity| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        (count > 0).then(|| format!("{} {}", grouped(count as u64), severity.name()))
    });
    counts.collect::<Vec<_>>().join(", ")
}

/// `1 file`, `2 files`.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests;
