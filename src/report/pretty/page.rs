//! Lines on a terminal: styled words, wrapping with hanging indents, labelled entries.

use std::io::{self, Write};

use anstyle::Style as Ink;
use unicode_width::UnicodeWidthStr as _;

use super::Style;
use crate::blob::{is_unsafe_to_print, printable};

/// The column at which the text of labelled entries begins.
pub(super) const TEXT_COLUMN: usize = 12;

/// The styles in use; few, so that the eye finds what matters.
pub(super) mod ink {
    use anstyle::{AnsiColor, Color, Style};

    use crate::severity::Severity;

    pub(in super::super) const PLAIN: Style = Style::new();
    pub(in super::super) const TITLE: Style = Style::new().bold();
    pub(in super::super) const LABEL: Style = Style::new().dimmed();
    pub(in super::super) const MARK: Style = color(AnsiColor::Yellow);
    pub(in super::super) const GOOD: Style = color(AnsiColor::Green).bold();
    pub(in super::super) const DOUBT: Style = color(AnsiColor::Yellow).bold();
    pub(in super::super) const BAD: Style = color(AnsiColor::Red).bold();

    /// The style of a severity's badge.
    pub(in super::super) fn badge(severity: Severity) -> Style {
        match severity {
            Severity::Critical => color(AnsiColor::Red).bold().invert(),
            Severity::High => BAD,
            Severity::Medium => DOUBT,
            Severity::Low => color(AnsiColor::Cyan).bold(),
            Severity::Info => TITLE,
        }
    }

    const fn color(color: AnsiColor) -> Style {
        Style::new().fg_color(Some(Color::Ansi(color)))
    }
}

/// A word, or something that must not be broken, such as a path.
#[derive(Debug)]
struct Word {
    text: String,
    ink: Ink,
}

/// Words that are wrapped as one paragraph.
///
/// There are three ways in: [`Text::say`] for this program's text, which keeps backslashes;
/// [`Text::prose`] and [`Text::whole`] for what others wrote, through [`printable`]. None lets a
/// character pass that moves the cursor, reorders text or cannot be seen.
#[derive(Debug, Default)]
pub(super) struct Text {
    words: Vec<Word>,
}

impl Text {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds words of this program.
    pub(super) fn say(&mut self, text: &str) -> &mut Self {
        self.styled(ink::PLAIN, text)
    }

    /// Adds words of this program in a style.
    pub(super) fn styled(&mut self, ink: Ink, text: &str) -> &mut Self {
        let text = inert(text);
        self.words.extend(split(&text).map(|word| Word { text: word.to_owned(), ink }));
        self
    }

    /// Adds untrusted words.
    pub(super) fn prose(&mut self, ink: Ink, text: &str) -> &mut Self {
        let text = printable(text.as_bytes());
        self.words.extend(split(&text).map(|word| Word { text: word.to_owned(), ink }));
        self
    }

    /// Adds something untrusted that stays in one piece, with spaces and all; `behind` is text of
    /// this program that follows without a space.
    pub(super) fn whole(&mut self, ink: Ink, bytes: &[u8], behind: &str) -> &mut Self {
        let mut text = printable(bytes);
        if behind.is_empty() {
            // Spaces at the end of a line could not be seen.
            let spaces = text.len() - text.trim_end_matches(' ').len();
            text.truncate(text.len() - spaces);
            text.push_str(&"\\u{20}".repeat(spaces));
        }
        text.push_str(behind);
        self.words.push(Word { text, ink });
        self
    }

    /// Appends to the last word, without a space.
    pub(super) fn glue(&mut self, text: &str) -> &mut Self {
        if let Some(word) = self.words.last_mut() {
            word.text.push_str(text);
        }
        self
    }

    /// The words of `items`, with `separator` glued behind all but the last.
    pub(super) fn list<'t>(&mut self, items: impl Iterator<Item = &'t str>, separator: &str) -> &mut Self {
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.glue(separator);
            }
            self.say(item);
        }
        self
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|word| !word.is_empty())
}

/// Text of this program, which may quote names that are escaped already: nothing is escaped twice.
fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe_to_print(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// The terminal, a paragraph at a time.
pub(super) struct Page<'w> {
    style: Style,
    out: &'w mut dyn Write,
}

impl<'w> Page<'w> {
    pub(super) fn new(style: Style, out: &'w mut dyn Write) -> Self {
        Self { style, out }
    }

    pub(super) fn style(&self) -> Style {
        self.style
    }

    pub(super) fn blank(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// Writes a paragraph: its first line indented by `indent` columns, the others by `hanging`.
    pub(super) fn paragraph(&mut self, indent: usize, hanging: usize, text: &Text) -> io::Result<()> {
        write!(self.out, "{:indent$}", "")?;
        self.wrapped(indent, hanging, text)
    }

    /// Writes a label at `indent` and the text at [`TEXT_COLUMN`].
    pub(super) fn entry(&mut self, indent: usize, (ink, label): (Ink, &str), text: &Text) -> io::Result<()> {
        write!(self.out, "{:indent$}", "")?;
        self.inked(ink, label)?;
        let column = TEXT_COLUMN.max(indent + label.len() + 1);
        write!(self.out, "{:1$}", "", column - indent - label.len())?;
        self.wrapped(column, TEXT_COLUMN, text)
    }

    /// Writes the words from `column` on, and the end of the line.
    fn wrapped(&mut self, column: usize, hanging: usize, text: &Text) -> io::Result<()> {
        let width = self.style.width.max(Style::MIN_WIDTH);
        let mut at = column;
        let mut line = Vec::new();
        for word in &text.words {
            let shown = self.shown(&word.text);
            let length = shown.width();
            let space = usize::from(!line.is_empty());
            if !line.is_empty() && at + space + length > width {
                self.line(&line)?;
                line.clear();
                write!(self.out, "\n{:hanging$}", "")?;
                at = hanging + length;
            } else {
                at += space + length;
            }
            line.push((word.ink, shown));
        }
        self.line(&line)?;
        self.blank()
    }

    /// Writes words with spaces between them; a style runs over the spaces inside it.
    fn line(&mut self, words: &[(Ink, String)]) -> io::Result<()> {
        for (at, run) in words.chunk_by(|a, b| a.0 == b.0).enumerate() {
            if at > 0 {
                self.out.write_all(b" ")?;
            }
            let texts: Vec<&str> = run.iter().map(|(_, text)| text.as_str()).collect();
            self.inked(run[0].0, &texts.join(" "))?;
        }
        Ok(())
    }

    fn inked(&mut self, ink: Ink, text: &str) -> io::Result<()> {
        if self.style.color {
            write!(self.out, "{}{text}{}", ink.render(), ink.render_reset())
        } else {
            self.out.write_all(text.as_bytes())
        }
    }

    /// A word as this terminal can show it.
    fn shown(&self, text: &str) -> String {
        if self.style.unicode || text.is_ascii() {
            return text.to_owned();
        }
        text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
            match character {
                '\u{2026}' => out.push_str("..."),
                character if character.is_ascii() => out.push(character),
                character => out.extend(character.escape_unicode()),
            }
            out
        })
    }
}
