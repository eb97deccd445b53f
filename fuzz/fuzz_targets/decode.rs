//! Any bytes as the content of a file: offsets of blobs map into it and never go backwards, what blobs own covers it
//! once, and how the bytes arrive makes no difference.

#![no_main]

use std::cell::RefCell;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use straykey::blob::{Blob, Content, Offsets, Origin};
use straykey::source::{MemoryBudget, Reader};

static ORIGIN: LazyLock<Arc<Origin>> = LazyLock::new(|| Arc::new(Origin::Stdin(0)));

thread_local! {
    static READER: RefCell<Reader> = RefCell::new(Reader::new(Arc::new(MemoryBudget::default())));
}

/// More than any window of the reader owns, so that content of this size comes in several.
const LARGE: usize = 17 << 20;

/// What a blob says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    content: Content,
    /// In the original content.
    owned: Range<u64>,
    /// A wide string inside a binary, besides the window that it lies in.
    aside: bool,
    line: u64,
    column: u64,
    text: usize,
}

fn look(blob: &Blob<'_>, length: u64) -> Seen {
    let (text, owned) = (blob.text, blob.owned.clone());
    assert!(owned.start < owned.end && owned.end <= text.len(), "{owned:?} of {}", text.len());
    let original = |offset: usize| blob.offsets.original(text, offset);
    let mut before = original(0);
    for offset in (0..text.len()).step_by(text.len() / 64 + 1).chain([text.len()]) {
        let here = original(offset);
        assert!(before <= here && here <= length, "{offset} maps to {here}, {before} came before");
        before = here;
    }
    if blob.content != Content::Text {
        assert!(blob.content == Content::Binary || str::from_utf8(text).is_ok(), "decoded text is UTF-8");
    }
    Seen {
        content: blob.content,
        owned: original(owned.start)..original(owned.end),
        aside: blob.content == Content::Binary && matches!(blob.offsets, Offsets::Mapped { .. }),
        line: blob.base.line,
        column: blob.base.column,
        text: text.len(),
    }
}

/// All blobs of what `input` gives.
fn read(input: &mut dyn Read, length: usize) -> Vec<Seen> {
    let length = length as u64;
    let mut seen = Vec::new();
    let outcome = READER
        .with_borrow_mut(|reader| reader.stream(input, &ORIGIN, &mut |blob: &Blob<'_>| seen.push(look(blob, length))));
    assert_eq!(outcome.bytes, length);
    assert!(outcome.content.is_some(), "all of it could be read");
    assert!(seen.iter().all(|one| Some(one.content) == outcome.content));
    seen
}

/// Gives at most so many bytes at a time.
struct Slow<'c>(&'c [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let wanted = out.len().min(self.1);
        self.0.read(&mut out[..wanted])
    }
}

/// Whether `bytes` are repeated until they are large. Windows are costly to fill, so one input in 4,096 is, picked by a
/// digest (FNV-1a, 64 bits) that a fuzzer cannot aim at: else all that is bred from a large input would be large.
fn is_large(bytes: &[u8]) -> bool {
    let digest = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |digest, &byte| (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    !bytes.is_empty() && digest >> 52 == 0
}

fuzz_target!(|input: (u8, &[u8])| {
    let (step, bytes) = input;
    let large = is_large(bytes);
    let repeated: Vec<u8>;
    let content = if large {
        repeated = bytes.iter().copied().cycle().take(LARGE).collect();
        &repeated
    } else {
        bytes
    };
    let seen = read(&mut &*content, content.len());

    let mut windows = seen.iter().filter(|one| !one.aside);
    if let Some(first) = windows.next() {
        // A byte order mark may come before, and part of a code unit may be left at the end.
        assert!(first.owned.start <= 4, "{first:?}");
        let end = windows.fold(first.owned.end, |end, next| {
            assert_eq!(end, next.owned.start, "blobs own neither gaps nor overlaps");
            next.owned.end
        });
        let rest = content.len() as u64 - end;
        assert!(rest == 0 || (rest < 4 && first.content == Content::Decoded), "{rest} bytes are left");
    }

    let step = if large { 4096 + usize::from(step) } else { 1 + usize::from(step) };
    assert_eq!(read(&mut Slow(content, step), content.len()), seen, "{step} bytes at a time");
});
