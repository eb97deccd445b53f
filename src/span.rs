//! Places in a text: byte spans, line and column positions.
//!
//! Knows nothing of blobs, rules or reports. Spans always count bytes of the *original* content; a decoded view
//! translates its own offsets before it makes one.

use std::cell::Cell;

/// A half-open range of bytes in the original content of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSpan {
    /// Offset of the first byte.
    pub start: u64,
    /// Offset behind the last byte.
    pub end: u64,
}

impl ByteSpan {
    /// A span from `start` up to, not including, `end`.
    pub fn new(start: u64, end: u64) -> Self {
        debug_assert!(start <= end, "a span ends behind its start");
        Self { start, end }
    }

    /// Length in bytes.
    pub fn len(self) -> u64 {
        self.end - self.start
    }

    /// True where the span covers no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// True where the two share at least one byte.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// A region in lines and columns, as SARIF 2.1.0 section 3.30 counts them: from 1, columns in Unicode code points,
/// the end column behind the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    /// First line, from 1.
    pub start_line: u64,
    /// Column of the first character, from 1.
    pub start_column: u64,
    /// Last line.
    pub end_line: u64,
    /// Column behind the last character.
    pub end_column: u64,
}

/// A point between two characters, counted from zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Lines before this one.
    pub line: u64,
    /// Code points before this one on its line.
    pub column: u64,
}

impl Position {
    /// The position after `text`, when `self` is the one before it.
    ///
    /// Code points are counted as the bytes that do not continue a UTF-8 sequence (`10xxxxxx`): exact for valid
    /// UTF-8, and additive over any split of the text, so that windows of a large file can carry it.
    #[must_use]
    pub fn advance(self, text: &[u8]) -> Self {
        match memchr::memrchr(b'\n', text) {
            None => Self { line: self.line, column: self.column + code_points(text) },
            Some(last) => Self {
                line: self.line + memchr::memchr_iter(b'\n', text).count() as u64,
                column: code_points(&text[last + 1..]),
            },
        }
    }
}

/// The number of code points in `text`; see [`Position::advance`] for what counts in invalid UTF-8.
pub fn code_points(text: &[u8]) -> u64 {
    // i8 above -65 is every byte but 0x80..=0xBF; the compiler vectorises this form.
    text.iter().filter(|&&byte| byte.cast_signed() >= -0x40).count() as u64
}

/// Line starts of one text, built only where a finding needs a position.
#[derive(Debug)]
pub struct LineIndex {
    base: Position,
    starts: Vec<usize>,
    /// The place that was asked for last: findings come in order, and a line may be as long as its file.
    last: Cell<Known>,
}

/// A place whose column within its line is known.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    line: usize,
    offset: usize,
    code_points: u64,
}

impl LineIndex {
    /// Indexes `text`, whose first byte lies at `base`.
    pub fn new(text: &[u8], base: Position) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text).map(|at| at + 1));
        Self { base, starts, last: Cell::default() }
    }

    /// The position of the byte at `offset` of the same `text`.
    pub fn position(&self, text: &[u8], offset: usize) -> Position {
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let known = Some(self.last.get()).filter(|known| known.line == line && known.offset <= offset);
        let (from, before) = known.map_or((self.starts[line], 0), |known| (known.offset, known.code_points));
        let column = before + code_points(&text[from..offset]);
        self.last.set(Known { line, offset, code_points: column });
        if line == 0 {
            Position { line: self.base.line, column: self.base.column + column }
        } else {
            Position { line: self.base.line + line as u64, column }
        }
    }

    /// The region of `start..end` in the same `text`.
    pub fn region(&self, text: &[u8], start: usize, end: usize) -> Region {
        let first = self.position(text, start);
        let last = self.position(text, end);
        Region {
            start_line: first.line + 1,
            start_column: first.column + 1,
            end_line: last.line + 1,
            end_column: last.column + 1,
        }
    }

    /// The bytes of the line that holds `offset`, without its newline.
    pub fn line<'t>(&self, text: &'t [u8], offset: usize) -> &'t [u8] {
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let end = self.starts.get(line + 1).map_or(text.len(), |&next| next - 1);
        &text[self.starts[line]..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_code_points_not_bytes() {
        let text = "a\u{e9}\u{1f511}x\nsecond".as_bytes();
        let index = LineIndex::new(text, Position::default());
        assert_eq!(index.position(text, 7), Position { line: 0, column: 3 });
        assert_eq!(index.position(text, 9), Position { line: 1, column: 0 });
        // In any order, after any other.
        for (offset, column) in [(7, 3), (0, 0), (8, 4), (1, 1), (3, 2), (7, 3), (9, 0), (12, 3), (10, 1), (3, 2)] {
            assert_eq!(index.position(text, offset).column, column, "{offset}");
        }
        assert_eq!(index.line(text, 10), b"second");
        assert_eq!(index.line(text, 0), &text[..8]);
    }

    #[test]
    fn advance_is_additive_over_any_split() {
        let text = "one\ntw\u{f6}\n\u{1f511}thr\u{e9}e".as_bytes();
        let whole = Position::default().advance(text);
        for split in 0..=text.len() {
            let parts = Position::default().advance(&text[..split]).advance(&text[split..]);
            assert_eq!(parts, whole, "split at {split}");
        }
    }

    #[test]
    fn a_base_position_shifts_the_first_line_only() {
        let text = b"ab\ncd";
        let index = LineIndex::new(text, Position { line: 4, column: 10 });
        let expected = Region { start_line: 5, start_column: 12, end_line: 6, end_column: 2 };
        assert_eq!(index.region(text, 1, 4), expected);
    }
}
