//! Content in bounded memory: blobs of a whole, or windows that slide over it.
//!
//! A window is `[look-behind | owned | look-ahead]` in one buffer. Every offset of the content is owned by exactly
//! one window; what lies around it is context, so that a match at an edge is seen whole. Where the windows lie
//! depends on the bytes alone, not on how they arrive: a file and a stream of the same bytes give the same blobs.

use std::collections::TryReserveError;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use super::budget::{Buffer, MemoryBudget, Permit, Sizes};
use super::decode::{REACH, mask, wide_string};
use super::keyfile::{self, ENCODED};
use super::sniff::{HEAD, Shape, Units, container, sniff};
use crate::blob::{Blob, Content, Offsets, Origin};
use crate::gap::GapClass;
use crate::span::Position;

/// Bytes that come in, up to a stated size or to the end.
pub(crate) struct Source<'r> {
    input: &'r mut dyn Read,
    left: Option<u64>,
    ended: bool,
    /// Bytes that came.
    pub(crate) bytes: u64,
    /// What ended it before its end, if anything did.
    pub(crate) failure: Option<Failure>,
}

/// Why content was not read to its end.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Reading failed.
    Read(io::Error),
    /// There was no memory for more.
    Memory,
}

impl<'r> Source<'r> {
    /// A source of `size` bytes, or of as many as come.
    pub(crate) fn new(input: &'r mut dyn Read, size: Option<u64>) -> Self {
        Self { input, left: size, ended: false, bytes: 0, failure: None }
    }

    /// Reads until `buffer` holds `limit` bytes, is full, or nothing more comes.
    fn fill(&mut self, buffer: &mut Buffer, limit: usize) {
        let limit = limit.min(buffer.bytes.len());
        while !self.ended && buffer.filled < limit {
            let wanted = limit - buffer.filled;
            let wanted = self.left.map_or(wanted, |left| wanted.min(saturating(left)));
            match self.input.read(&mut buffer.bytes[buffer.filled..buffer.filled + wanted]) {
                Ok(0) => self.ended = true,
                Ok(came) => {
                    let came = came.min(wanted);
                    buffer.filled += came;
                    self.bytes += came as u64;
                    if let Some(left) = &mut self.left {
                        *left -= came as u64;
                        self.ended = *left == 0;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.stop(Failure::Read(error)),
            }
        }
    }

    fn stop(&mut self, failure: Failure) {
        self.ended = true;
        self.failure.get_or_insert(failure);
    }
}

fn saturating(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Where blobs go.
pub(crate) struct Sink<'s> {
    /// The place of the content.
    pub(crate) origin: &'s Arc<Origin>,
    /// What takes its blobs.
    pub(crate) each: &'s mut dyn FnMut(&Blob<'_>),
}

/// The buffers of one worker.
#[derive(Debug)]
pub(crate) struct Windows {
    sizes: Sizes,
    budget: Arc<MemoryBudget>,
    permit: Option<Permit>,
    raw: Buffer,
    text: Buffer,
    checkpoints: Vec<(usize, u64)>,
    /// The end of a binary's window as it was before the mask.
    tail: Vec<u8>,
}

impl Windows {
    pub(crate) fn new(budget: Arc<MemoryBudget>, sizes: Sizes) -> Self {
        let units = (sizes.behind + 2) * 4;
        assert!(sizes.window > sizes.behind + REACH && sizes.ahead > REACH, "windows have a middle");
        assert!(sizes.wide_window > units && sizes.wide_window.is_multiple_of(4), "windows have a middle");
        assert!(sizes.idle <= sizes.window.min(sizes.wide_window), "what is idle is one window");
        Self {
            sizes,
            budget,
            permit: None,
            raw: Buffer::default(),
            text: Buffer::default(),
            checkpoints: Vec::new(),
            tail: Vec::new(),
        }
    }

    /// Reads all that `source` gives and hands it to `sink`. Returns what the content is, or nothing where not a byte
    /// of it could be searched; containers are noted in `gaps`, failures in `source`.
    ///
    /// While `sink` runs, this may hold a permit of the memory budget: it must not ask for another.
    pub(crate) fn search(
        &mut self,
        source: &mut Source<'_>,
        sink: &mut Sink<'_>,
        gaps: &mut Vec<(GapClass, String)>,
    ) -> Option<Content> {
        // Not only afterwards: a sink that panicked leaves its file's buffers behind.
        self.rest();
        self.begin(source);
        if self.raw.filled == 0 && source.failure.is_some() {
            return None;
        }
        let head = &self.raw.bytes[..self.raw.filled.min(HEAD)];
        let shape = sniff(head);
        if let Some(found) = container(head, sink.origin.path_bytes()) {
            gaps.push((GapClass::Opaque, found.reason()));
        }
        if self.fit(source, shape).is_err() {
            source.stop(Failure::Memory);
            self.fit(source, shape).ok()?;
        }
        let content = match shape {
            Shape::Text { mark } => {
                self.plain(source, sink, mark, Content::Text);
                Content::Text
            }
            Shape::Binary => {
                self.plain(source, sink, 0, Content::Binary);
                Content::Binary
            }
            Shape::Wide { units, mark } => {
                self.wide(source, sink, mark, units);
                Content::Decoded
            }
        };
        self.rest();
        Some(content)
    }

    /// Gives back all but what a small file needs.
    fn rest(&mut self) {
        self.raw.reset(self.sizes.idle);
        self.text.reset(self.sizes.idle);
        self.permit = None;
    }

    /// Reads what fits without a permit: most files are read whole here, by one call.
    fn begin(&mut self, source: &mut Source<'_>) {
        /// What is tried first where the size is unknown.
        const FIRST: usize = 64 << 10;
        let idle = self.sizes.idle;
        let mut wanted = source.left.map_or(FIRST, saturating).min(idle);
        loop {
            if self.raw.reserve(wanted, idle).is_err() {
                return source.stop(Failure::Memory);
            }
            source.fill(&mut self.raw, wanted);
            if source.ended || wanted == idle {
                return;
            }
            wanted = (wanted * 2).min(idle);
        }
    }

    /// Makes room for one window of what is still to come, with a permit if it is large.
    fn fit(&mut self, source: &Source<'_>, shape: Shape) -> Result<(), TryReserveError> {
        let idle = self.sizes.idle;
        let coming = if source.ended { 0 } else { source.left.map_or(usize::MAX, saturating) };
        let raw = self.raw.filled.saturating_add(coming).min(self.sizes.raw_bound(shape));
        let text = match shape {
            Shape::Wide { units, .. } => units.decoded_bound(raw),
            Shape::Text { .. } | Shape::Binary => 0,
        };
        // Before another is asked for; see the rule of the budget.
        self.permit = None;
        if raw.max(text) > idle {
            self.permit = Some(self.budget.acquire(raw + text));
        }
        self.raw.reserve(raw, idle)?;
        self.text.reserve(text, idle)
    }

    /// Windows over bytes that are searched as they are, or masked in place.
    fn plain(&mut self, source: &mut Source<'_>, sink: &mut Sink<'_>, mark: usize, content: Content) {
        let Sizes { window, behind, ahead, .. } = self.sizes;
        let binary = content == Content::Binary;
        // The mask of a byte depends on its neighbours, so they are kept although they belong to no text any more.
        let margin = if binary { REACH } else { 0 };
        // Offset of the buffer in the content; in the buffer, where the text and where the owned part begin.
        let (mut at, mut from, mut own) = (0_u64, mark, mark);
        let mut base = Position::default();
        let mut unmasked_base = base;
        loop {
            let limit = own + window + ahead;
            source.fill(&mut self.raw, limit + 1);
            let filled = self.raw.filled;
            let last = filled <= limit;
            let end = filled.min(limit);
            let own_end = if last { end } else { own + window };
            let next_from = if last { end } else { own_end - behind };
            let cut = next_from.saturating_sub(margin);
            if binary {
                if at == 0 {
                    self.key_file(source, sink, end);
                }
                let frame = Frame { at, text: from..end, owned: own..own_end, base: unmasked_base };
                self.wide_strings(source, sink, &frame);
                if !last {
                    unmasked_base = advance(unmasked_base, &self.raw.bytes[from..next_from]);
                    self.tail.clear();
                    self.tail.extend_from_slice(&self.raw.bytes[cut..filled]);
                }
                mask(&mut self.raw.bytes[..end]);
            }
            if own < own_end {
                (sink.each)(&Blob {
                    origin: sink.origin,
                    text: &self.raw.bytes[from..end],
                    owned: own - from..own_end - from,
                    base,
                    offsets: Offsets::Shifted(at + from as u64),
                    content,
                });
            }
            if last {
                return;
            }
            base = base.advance(&self.raw.bytes[from..next_from]);
            if binary {
                self.raw.bytes[..self.tail.len()].copy_from_slice(&self.tail);
            } else {
                self.raw.bytes.copy_within(cut..filled, 0);
            }
            self.raw.filled = filled - cut;
            at += cut as u64;
            (from, own) = (next_from - cut, own_end - cut);
        }
    }

    /// A file that may be a key or a key store, as the base64 in which such files lie in text: one set of rules finds
    /// both. `end` bytes of it are there.
    fn key_file(&mut self, source: &mut Source<'_>, sink: &mut Sink<'_>, end: usize) {
        let raw = &self.raw.bytes[..end];
        if !keyfile::may_hold_a_key(raw) {
            return;
        }
        let raw = &raw[..raw.len().min(ENCODED)];
        let room = keyfile::encoded_length(raw.len());
        if self.text.reserve(room, self.sizes.idle).is_err() {
            return source.stop(Failure::Memory);
        }
        let text = &mut self.text.bytes[..room];
        keyfile::encode(raw, text);
        (sink.each)(&Blob {
            origin: sink.origin,
            text,
            owned: 0..room,
            base: Position::default(),
            offsets: Offsets::Base64 { length: raw.len() as u64 },
            content: Content::Binary,
        });
    }

    /// The wide strings inside a binary's window that has not been masked yet, each a blob of its own. Their
    /// positions are those in the original bytes; see [`advance`].
    fn wide_strings(&mut self, source: &mut Source<'_>, sink: &mut Sink<'_>, frame: &Frame) {
        let Sizes { string_window, behind, ahead, idle, .. } = self.sizes;
        let raw = &self.raw.bytes[..frame.text.end];
        let (mut known, mut position) = (frame.text.start, frame.base);
        let mut searched = frame.text.start;
        while let Some(string) = wide_string(raw, searched) {
            searched = string.end;
            // A unit belongs to the window that owns its first byte.
            let unit_from = |offset: usize| string.start + offset.saturating_sub(string.start).next_multiple_of(2);
            let mut own = unit_from(frame.owned.start);
            let own_end = unit_from(frame.owned.end).min(string.end);
            while own < own_end {
                let stop = own_end.min(own + string_window);
                let first = own.saturating_sub(behind * 2).max(string.start);
                let last = string.end.min(stop + ahead * 2);
                if self.text.reserve(Units::Utf16Le.decoded_bound(last - first), idle).is_err() {
                    return source.stop(Failure::Memory);
                }
                self.checkpoints.clear();
                let offset = frame.at + first as u64;
                let text = &mut self.text.bytes;
                let length = Units::Utf16Le.decode(&raw[first..last], offset, text, 0, &mut self.checkpoints);
                position = advance(position, &raw[known..first]);
                known = first;
                (sink.each)(&Blob {
                    origin: sink.origin,
                    text: &text[..length],
                    owned: (own - first) / 2..(stop - first) / 2,
                    base: position,
                    offsets: Offsets::Mapped { checkpoints: &self.checkpoints, unit: 2 },
                    content: Content::Binary,
                });
                own = stop;
            }
        }
    }

    /// Windows over wide code units, decoded.
    fn wide(&mut self, source: &mut Source<'_>, sink: &mut Sink<'_>, mark: usize, units: Units) {
        let width = units.width();
        let window = self.sizes.wide_window;
        let (behind, ahead) = (self.sizes.behind * width, self.sizes.ahead * width);
        let (mut at, mut from, mut own) = (0_u64, mark, mark);
        let mut base = Position::default();
        loop {
            let limit = own + window + ahead;
            source.fill(&mut self.raw, limit + width);
            let filled = self.raw.filled;
            let raw = &self.raw.bytes[..filled];
            // Part of a unit at the very end is no character of any encoding.
            let whole = filled - filled % width;
            let last = whole <= limit;
            let (end, own_end) =
                if last { (whole, whole) } else { (units.cut(raw, limit), units.cut(raw, own + window)) };
            let next_from = if last { end } else { units.cut(raw, own_end - behind) };
            self.checkpoints.clear();
            let text = &mut self.text.bytes;
            let mut length = 0;
            let mut start = from;
            let [own_text, next_text, own_end_text, _] = [own, next_from, own_end, end].map(|stop| {
                let offset = at + start as u64;
                let part = &raw[start..stop];
                length = units.decode(part, offset, text, length, &mut self.checkpoints);
                start = stop;
                length
            });
            if own < own_end {
                (sink.each)(&Blob {
                    origin: sink.origin,
                    text: &text[..length],
                    owned: own_text..own_end_text,
                    base,
                    offsets: Offsets::Mapped { checkpoints: &self.checkpoints, unit: if width == 2 { 2 } else { 4 } },
                    content: Content::Decoded,
                });
            }
            if last {
                return;
            }
            base = base.advance(&text[..next_text]);
            self.raw.bytes.copy_within(next_from..filled, 0);
            self.raw.filled = filled - next_from;
            at += next_from as u64;
            (from, own) = (0, own_end - next_from);
        }
    }
}

/// The position in a binary after `bytes`. NULs take no column: so a wide character is one, as it is in the blob of
/// its string, and positions agree wherever a window cuts that string.
fn advance(position: Position, bytes: &[u8]) -> Position {
    let line = memchr::memrchr(b'\n', bytes).map_or(0, |last| last + 1);
    let Position { line: number, column } = position.advance(bytes);
    let nuls = memchr::memchr_iter(0, &bytes[line..]).count() as u64;
    Position { line: number, column: column - nuls }
}

/// A window in the buffer.
struct Frame {
    /// Offset in the content of the buffer's first byte.
    at: u64,
    /// The bytes that lie in this window.
    text: Range<usize>,
    /// Those of them that it owns.
    owned: Range<usize>,
    /// Position of the first of them in the original bytes.
    base: Position,
}

#[cfg(test)]
mod tests;
