//! Windows against wholes: what they own, where they say it lies, what they hold in memory.

use super::*;
use crate::source::budget::WINDOW;
use crate::span::LineIndex;

const TINY: Sizes = Sizes { window: 64, wide_window: 128, string_window: 48, behind: 16, ahead: 24, idle: 64 };

/// A blob that outlives its buffer.
struct Seen {
    text: Vec<u8>,
    owned: Range<usize>,
    base: Position,
    originals: Vec<u64>,
    content: Content,
}

impl Seen {
    fn of(blob: &Blob<'_>) -> Self {
        let original = |at| blob.offsets.original(blob.text, at);
        Self {
            text: blob.text.to_vec(),
            owned: blob.owned.clone(),
            base: blob.base,
            originals: (0..blob.text.len()).map(original).collect(),
            content: blob.content,
        }
    }

    /// Of every owned byte: offset in the original, the byte, its position.
    fn owned(&self) -> impl Iterator<Item = (u64, u8, Position)> {
        let lines = LineIndex::new(&self.text, self.base);
        self.owned.clone().map(move |at| (self.originals[at], self.text[at], lines.position(&self.text, at)))
    }
}

/// Gives a few bytes at a time, and is interrupted now and then.
struct Trickle<'b>(&'b [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 += 1;
        if self.1.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = buffer.len().min(1 + self.1 % 7);
        self.0.read(&mut buffer[..length])
    }
}

fn search(input: &mut dyn Read, size: Option<u64>, sizes: Sizes) -> (Vec<Seen>, Option<Content>) {
    let budget = Arc::new(MemoryBudget::default());
    let mut windows = Windows::new(budget, sizes);
    let origin = Arc::new(Origin::Stdin(0));
    let mut seen = Vec::new();
    let mut each = |blob: &Blob<'_>| seen.push(Seen::of(blob));
    let mut source = Source::new(input, size);
    let mut sink = Sink { origin: &origin, each: &mut each };
    let content = windows.search(&mut source, &mut sink, &mut Vec::new());
    (seen, content)
}

fn xorshift(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 16) as usize
}

/// Lines of text with characters of every length.
fn prose(length: usize, state: &mut u64) -> String {
    let alphabet: Vec<char> = "abcdefgh = \n\u{e9}\u{416}\u{5bc6}\u{1f511}".chars().collect();
    (0..length).map(|_| alphabet[xorshift(state) % alphabet.len()]).collect()
}

fn encodings(text: &str) -> Vec<Vec<u8>> {
    let marked = format!("\u{feff}{text}");
    let text = text.as_bytes().to_vec();
    vec![
        [&b"plain "[..], &text].concat(),
        marked.as_bytes().to_vec(),
        marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        [marked.encode_utf16().flat_map(u16::to_be_bytes).collect(), vec![b'x']].concat(),
        marked.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
        marked.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
        [&b"\0\x01\x02"[..], &text].concat(),
    ]
}

/// Strings of all kinds between noise.
fn binary(length: usize, state: &mut u64) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0xfe];
    while bytes.len() < length {
        match xorshift(state) % 5 {
            0 => bytes.extend_from_slice(prose(xorshift(state) % 30, state).as_bytes()),
            1 => bytes.extend((0..xorshift(state) % 30).map(|_| xorshift(state) as u8)),
            2 => bytes.extend_from_slice(&vec![0; xorshift(state) % 40]),
            3 => bytes.extend_from_slice(b"ab\ncd\xe2\x82"),
            _ => {
                for at in 0..xorshift(state) % 90 {
                    bytes.extend_from_slice(&[b"line of words\n"[at % 14], 0]);
                }
                bytes.push(0xff);
            }
        }
    }
    bytes
}

/// What all blobs together own, in the order of the original; main view and wide strings apart.
fn owned(seen: &[Seen], strings: bool) -> Vec<(u64, u8, Position)> {
    let is_string = |blob: &&Seen| blob.originals.get(1).is_some_and(|second| *second > blob.originals[0] + 1);
    seen.iter()
        .filter(|blob| (blob.content == Content::Binary && is_string(blob)) == strings)
        .flat_map(Seen::owned)
        .collect()
}

#[test]
fn windows_own_what_the_whole_owns_and_agree_on_positions() {
    let mut state = 0x5eed;
    for round in 0..60 {
        let length = round * 13;
        let text = prose(length, &mut state);
        let mut inputs = encodings(&text);
        inputs.push(binary(length, &mut state));
        for (kind, input) in inputs.iter().enumerate() {
            let size = Some(input.len() as u64);
            let (whole, content) = search(&mut &input[..], size, Sizes::DEFAULT);
            let (windows, same) = search(&mut &input[..], size, TINY);
            assert_eq!(content, same, "round {round} kind {kind}");
            for strings in [false, true] {
                assert!(
                    owned(&whole, strings) == owned(&windows, strings),
                    "round {round} kind {kind} strings {strings}"
                );
            }
            let (trickled, _) = search(&mut Trickle(input, 0), None, TINY);
            assert_eq!(windows.len(), trickled.len(), "round {round} kind {kind}");
            for (one, other) in windows.iter().zip(&trickled) {
                assert!(one.text == other.text && one.originals == other.originals);
                assert!(one.owned == other.owned && one.base == other.base);
            }
        }
    }
}

#[test]
fn every_byte_of_text_is_owned_once() {
    for length in 0..400_usize {
        let input = vec![b'x'; length];
        let (windows, _) = search(&mut &input[..], None, TINY);
        let offsets: Vec<u64> = owned(&windows, false).into_iter().map(|(offset, ..)| offset).collect();
        assert_eq!(offsets, (0..length as u64).collect::<Vec<_>>());
    }
}

#[test]
fn a_marker_at_any_place_is_whole_in_the_window_that_owns_it() {
    const MARKER: &str = "key=MARKER";
    for place in 0..260 {
        let text = format!("{}{MARKER}{}", "\u{e9}\n".repeat(place / 2), "- ".repeat(200));
        for (kind, input) in encodings(&text).into_iter().enumerate() {
            let (windows, _) = search(&mut &input[..], None, TINY);
            let mut found = Vec::new();
            for blob in &windows {
                let starts = memchr::memmem::find_iter(&blob.text, MARKER.as_bytes());
                found.extend(starts.filter(|at| blob.owned.contains(at)).map(|at| {
                    let lines = LineIndex::new(&blob.text, blob.base);
                    (blob.originals[at], lines.position(&blob.text, at).line)
                }));
            }
            let [(original, line)] = found[..] else { panic!("found {found:?}, place {place}, kind {kind}") };
            let rest = &input[original as usize..];
            let begins = rest.starts_with(b"k") || rest.starts_with(b"\0k");
            assert!(begins || rest.starts_with(b"\0\0\0k"), "place {place}, kind {kind}");
            assert_eq!(line, (place / 2) as u64);
        }
    }
}

#[test]
fn a_wide_string_keeps_context_over_its_windows() {
    let words = (0..300).map(|number| format!("w{number}=v")).collect::<Vec<_>>().join("\n");
    let mut input = vec![0, 1, 2];
    input.extend(words.encode_utf16().flat_map(u16::to_le_bytes));
    input.extend_from_slice(&[0xff; 9]);
    let (windows, content) = search(&mut &input[..], None, TINY);
    assert_eq!(content, Some(Content::Binary));
    for number in 0..300 {
        let word = format!("w{number}=v");
        let mut hits = 0;
        for blob in windows.iter().filter(|blob| blob.text.contains(&b'w')) {
            let starts = memchr::memmem::find_iter(&blob.text, word.as_bytes());
            hits += starts.filter(|at| blob.owned.contains(at)).count();
        }
        assert_eq!(hits, 1, "{word}");
    }
}

#[test]
fn memory_stays_within_its_bounds_and_is_given_back() {
    let budget = Arc::new(MemoryBudget::default());
    let mut windows = Windows::new(budget, Sizes::DEFAULT);
    let origin = Arc::new(Origin::Stdin(0));
    let text = io::repeat(b'x').take(40 << 20);
    let wide = (&b"\xff\xfe"[..]).chain(io::repeat(b'0').take(20 << 20));
    let binary = (&b"\0"[..]).chain(io::repeat(b'x').take(40 << 20));
    let inputs: [(Box<dyn Read>, usize); 3] = [(Box::new(text), 3), (Box::new(wide), 5), (Box::new(binary), 3)];
    for (mut input, expected) in inputs {
        let mut blobs = 0;
        let mut each = |_: &Blob<'_>| blobs += 1;
        let mut source = Source::new(&mut input, None);
        windows.search(&mut source, &mut Sink { origin: &origin, each: &mut each }, &mut vec![]);
        assert_eq!(blobs, expected);
        assert!(windows.raw.bytes.capacity() <= 1 << 20);
        assert!(windows.text.bytes.capacity() <= 1 << 20);
        assert!(windows.permit.is_none());
    }
}

#[test]
fn content_up_to_a_window_is_one_blob() {
    let input = vec![b'x'; WINDOW];
    let (blobs, _) = search(&mut &input[..], None, Sizes::DEFAULT);
    assert_eq!(blobs.len(), 1);
    assert_eq!(blobs[0].owned, 0..WINDOW);
}
