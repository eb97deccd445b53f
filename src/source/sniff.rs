//! What content is, told by its first bytes: text and in which encoding, binary, or a container.
//!
//! Knows bytes and, for a better name only, the path. Nothing here fails: what is not recognised is text or binary.

use super::budget::WINDOW;

/// Bytes at the beginning of content that decide.
pub(crate) const HEAD: usize = 8192;

/// How content is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Text in ASCII, UTF-8 or an eight-bit encoding, behind a byte order mark of so many bytes.
    Text {
        /// Bytes of the byte order mark: 3 or none.
        mark: usize,
    },
    /// Text in wide code units, behind a byte order mark of so many bytes.
    Wide {
        /// The code units.
        units: Units,
        /// Bytes of the byte order mark, or none.
        mark: usize,
    },
    /// Anything else.
    Binary,
}

/// The code units of an encoding wider than a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Units {
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// UTF-32, low byte first.
    Utf32Le,
    /// UTF-32, high byte first.
    Utf32Be,
}

impl Units {
    /// Bytes a unit.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::Utf16Le | Self::Utf16Be => 2,
            Self::Utf32Le | Self::Utf32Be => 4,
        }
    }

    /// The unit at the beginning of `bytes`, which hold a whole one.
    pub(crate) fn read(self, bytes: &[u8]) -> u32 {
        match self {
            Self::Utf16Le => u32::from(u16::from_le_bytes([bytes[0], bytes[1]])),
            Self::Utf16Be => u32::from(u16::from_be_bytes([bytes[0], bytes[1]])),
            Self::Utf32Le => u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
            Self::Utf32Be => u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        }
    }
}

/// Tells how to read content by its first bytes, of which [`HEAD`] at most are looked at.
pub(crate) fn sniff(head: &[u8]) -> Shape {
    let head = &head[..head.len().min(HEAD)];
    if head.starts_with(b"\xef\xbb\xbf") {
        return Shape::Text { mark: 3 };
    }
    // The mark of UTF-32LE begins with that of UTF-16LE.
    for (mark, units) in [
        (&b"\xff\xfe\0\0"[..], Units::Utf32Le),
        (b"\0\0\xfe\xff", Units::Utf32Be),
        (b"\xff\xfe", Units::Utf16Le),
        (b"\xfe\xff", Units::Utf16Be),
    ] {
        if let Some(rest) = head.strip_prefix(mark)
            && Survey::of(units, rest, usize::MAX).may_be_text()
        {
            return Shape::Wide { units, mark: mark.len() };
        }
    }
    let zeros = count(head, |byte| byte == 0);
    if zeros > 0 {
        // In wide text that is half ASCII every fourth byte is zero; most binaries are told by that alone.
        if zeros * 4 < head.len() {
            return Shape::Binary;
        }
        return [Units::Utf32Le, Units::Utf32Be, Units::Utf16Le, Units::Utf16Be]
            .into_iter()
            .find(|&units| Survey::of(units, head, 0).is_latin_text())
            .map_or(Shape::Binary, |units| Shape::Wide { units, mark: 0 });
    }
    // Escape begins terminal colours, backspace is in manual pages, form feed in old sources.
    let controls =
        count(head, |byte| (byte < 8) | (byte.wrapping_sub(14) < 13) | (byte.wrapping_sub(28) < 4) || (byte == 127));
    if controls * 10 > head.len() * 3 { Shape::Binary } else { Shape::Text { mark: 0 } }
}

/// Bytes of content that is handed on as one text, at most.
pub const LONGEST_TEXT: usize = WINDOW;

/// Bytes at the beginning of content that decide on how it is read.
pub const TELLING: usize = HEAD;

/// Whether a reader hands content on as one text of its own bytes: not decoded, not masked, not in windows. The bytes of the
/// byte order mark before it; none where it is not so, or where there is more to tell of the content.
pub fn plain_text(bytes: &[u8]) -> Option<usize> {
    if bytes.len() > LONGEST_TEXT || container(&bytes[..bytes.len().min(HEAD)], b"").is_some() {
        return None;
    }
    match sniff(bytes) {
        Shape::Text { mark } => Some(mark),
        Shape::Wide { .. } | Shape::Binary => None,
    }
}

/// How many bytes pass `test`. In parts that a byte can count, so that the compiler counts 32 at a time.
fn count(bytes: &[u8], test: impl Fn(u8) -> bool) -> usize {
    bytes.chunks(255).map(|part| usize::from(part.iter().map(|&byte| u8::from(test(byte))).sum::<u8>())).sum()
}

/// Counts over the code units of a head.
struct Survey {
    units: usize,
    /// ASCII that text consists of.
    ascii: usize,
    /// Other characters below U+0250: Latin letters and signs.
    latin: usize,
    /// What no text has: NUL, unpaired surrogates, numbers that are no code point.
    invalid: usize,
    /// Control characters other than white space.
    controls: usize,
}

impl Survey {
    /// Counts until more than `most` units are invalid.
    fn of(units: Units, head: &[u8], most: usize) -> Self {
        let mut survey = Self { units: 0, ascii: 0, latin: 0, invalid: 0, controls: 0 };
        let mut high_before = false;
        for bytes in head.chunks_exact(units.width()) {
            survey.units += 1;
            let unit = units.read(bytes);
            let pairs = units.width() == 2;
            let completes = high_before && (0xdc00..0xe000).contains(&unit);
            if high_before && !completes {
                survey.invalid += 1;
            }
            high_before = pairs && (0xd800..0xdc00).contains(&unit);
            match unit {
                0x09 | 0x0a | 0x0c | 0x0d | 0x20..=0x7e => survey.ascii += 1,
                0 | 0x0011_0000.. => survey.invalid += 1,
                0x01..=0x1f | 0x7f..=0x9f => survey.controls += 1,
                0xa0..=0x024f => survey.latin += 1,
                0xd800..=0xdfff if !completes && !high_before => survey.invalid += 1,
                _ => {}
            }
            if survey.invalid > most {
                break;
            }
        }
        survey
    }

    /// Whether content that begins with a byte order mark may be believed. Of random units one in 32 is a surrogate;
    /// text may be damaged here and there.
    fn may_be_text(&self) -> bool {
        self.invalid + self.controls <= 3 + self.units / 64
    }

    /// Whether content without a mark is text: mostly ASCII, nearly all Latin, nothing that text does not have. A
    /// table of small numbers has zeros or control characters among them.
    fn is_latin_text(&self) -> bool {
        self.units >= 2
            && self.invalid == 0
            && self.controls * 50 <= self.units
            && self.ascii * 2 >= self.units
            && (self.ascii + self.latin) * 10 >= self.units * 7
    }
}

/// A format that holds content which its own bytes do not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Container {
    /// The format's name.
    pub(crate) name: &'static str,
    /// Why its bytes do not show it.
    pub(crate) hides: Hides,
}

/// What of a container cannot be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hides {
    /// Files within a file.
    Members,
    /// A compressed stream.
    Stream,
    /// Streams inside a document.
    Streams,
    /// Everything: the content is encrypted.
    All,
}

impl Container {
    /// The reason of the gap.
    pub(crate) fn reason(self) -> String {
        let hidden = match self.hides {
            Hides::Members => "its members are not unpacked",
            Hides::Stream => "it is not decompressed",
            Hides::Streams => "the streams in it are not decoded",
            Hides::All => "it is encrypted",
        };
        format!("{}: {hidden}; printable strings were searched", self.name)
    }
}

/// Recognises a container by its magic bytes; `path` only chooses a better name for a zip archive.
///
/// `SQLite` databases and class files of Java are none: they keep their texts as they are. The magic numbers are
/// those of the formats' own specifications.
pub(crate) fn container(head: &[u8], path: &[u8]) -> Option<Container> {
    let found = |name, hides| Some(Container { name, hides });
    // Most content is text that begins with a letter or a sign: one look at the first byte settles that.
    match head.first()? {
        b'P' if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x07\x08") => {
            return found(zip_name(path), Hides::Members);
        }
        b'P' if head.starts_with(b"PACK\0\0\0\x02") || head.starts_with(b"PACK\0\0\0\x03") => {
            return found("git pack", Hides::Members);
        }
        0..=0x1f
        | b'!'
        | b'$'
        | b'%'
        | b'('
        | b'-'
        | b'0'
        | b'7'
        | b'B'
        | b'L'
        | b'M'
        | b'R'
        | b'S'
        | b'a'
        | b'h'
        | 0x80.. => {
            for &(magic, name, hides) in MAGIC {
                if head.starts_with(magic) {
                    return found(name, hides);
                }
            }
            if head.starts_with(b"BZh") && matches!(head.get(4..10), Some(b"\x31\x41\x59\x26\x53\x59")) {
                return found("bzip2 stream", Hides::Stream);
            }
            if is_openpgp_message(head) {
                return found("OpenPGP message", Hides::All);
            }
        }
        _ => {}
    }
    // POSIX and GNU archives: `ustar` behind the first header's checksum and type.
    (head.get(257..262) == Some(b"ustar")).then_some(Container { name: "tar archive", hides: Hides::Members })
}

const MAGIC: &[(&[u8], &str, Hides)] = &[
    (b"\x1f\x8b\x08", "gzip stream", Hides::Stream),
    (b"\x1f\x9d", "compress stream", Hides::Stream),
    (b"\xfd7zXZ\0", "xz stream", Hides::Stream),
    (b"\x28\xb5\x2f\xfd", "zstd stream", Hides::Stream),
    (b"\x04\x22\x4d\x18", "lz4 stream", Hides::Stream),
    (b"\x02\x21\x4c\x18", "lz4 stream", Hides::Stream),
    (b"LZIP\x01", "lzip stream", Hides::Stream),
    (b"7z\xbc\xaf\x27\x1c", "7z archive", Hides::Members),
    (b"Rar!\x1a\x07", "rar archive", Hides::Members),
    (b"!<arch>\ndebian-binary", "Debian package", Hides::Members),
    (b"!<arch>\n", "ar archive", Hides::Members),
    (b"\xed\xab\xee\xdb", "RPM package", Hides::Members),
    (b"MSCF\0\0\0\0", "cabinet archive", Hides::Members),
    (b"070701", "cpio archive", Hides::Members),
    (b"070702", "cpio archive", Hides::Members),
    (b"070707", "cpio archive", Hides::Members),
    (b"\xc7\x71", "cpio archive", Hides::Members),
    (b"hsqs", "squashfs image", Hides::Members),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE2 compound document", Hides::Streams),
    (b"%PDF-", "PDF document", Hides::Streams),
    (b"Salted__", "OpenSSL salted file", Hides::All),
    (b"age-encryption.org/v", "age file", Hides::All),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "armoured age file", Hides::All),
    (b"-----BEGIN PGP MESSAGE-----", "armoured OpenPGP message", Hides::All),
    (b"$ANSIBLE_VAULT;", "Ansible Vault file", Hides::All),
    (b"\0GITCRYPT\0", "git-crypt file", Hides::All),
    (b"LUKS\xba\xbe", "LUKS volume", Hides::All),
    (b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5", "KeePass database", Hides::All),
];

/// Zip archives go by many names; the path's extension says which it is to its owner.
fn zip_name(path: &[u8]) -> &'static str {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    let extension = name.iter().rposition(|&byte| byte == b'.').map_or(&[][..], |dot| &name[dot + 1..]);
    let is = |known: &[&str]| known.iter().any(|each| each.as_bytes().eq_ignore_ascii_case(extension));
    if is(&["jar", "war", "ear", "aar"]) {
        "Java archive (zip)"
    } else if is(&["docx", "xlsx", "pptx", "docm", "xlsm", "pptm", "dotx", "xltx", "vsdx"]) {
        "Office Open XML document (zip)"
    } else if is(&["odt", "ods", "odp", "odg"]) {
        "OpenDocument file (zip)"
    } else if is(&["apk", "aab", "xapk"]) {
        "Android package (zip)"
    } else if is(&["ipa"]) {
        "iOS package (zip)"
    } else if is(&["whl", "egg"]) {
        "Python package (zip)"
    } else if is(&["nupkg", "vsix", "xpi", "crx"]) {
        "package (zip)"
    } else if is(&["epub"]) {
        "EPUB document (zip)"
    } else {
        "zip archive"
    }
}

/// A binary message encrypted to a key or with a passphrase, by the packets that may begin one (RFC 9580, sections
/// 4.2, 5.1 and 5.3). Two bytes would not tell; all fields of the packet that have few values must have one of them.
fn is_openpgp_message(head: &[u8]) -> bool {
    let (tag, body) = match *head {
        // The old format has the tag in bits 5 to 2 and the length of the length in the two below.
        [first @ (0x84 | 0x8c), _, ref body @ ..] | [first @ (0x85 | 0x8d), _, _, ref body @ ..] => {
            ((first >> 2) & 15, body)
        }
        // The new format has the tag in bits 5 to 0, and lengths from 192 on take two bytes.
        [first @ (0xc1 | 0xc3), length, ref body @ ..] if length < 192 => (first & 63, body),
        [0xc1, 192..=223, _, ref body @ ..] => (1, body),
        _ => return false,
    };
    match *body {
        // Session key encrypted to a public key: version 3, an eight-byte key id, an algorithm.
        [3, _, _, _, _, _, _, _, _, algorithm, ..] if tag == 1 => {
            matches!(algorithm, 1 | 2 | 16 | 18 | 25 | 26)
        }
        // Session key from a passphrase: version 4, a cipher, a string-to-key kind, a hash.
        [4, cipher, kind, hash, ..] if tag == 3 => {
            (1..=13).contains(&cipher) && matches!(kind, 0 | 1 | 3) && matches!(hash, 1..=3 | 8..=14)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, units: Units) -> Vec<u8> {
        match units {
            Units::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Units::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Units::Utf32Le => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
            Units::Utf32Be => text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
        }
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let step = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        std::iter::repeat_with(step).take(length).collect()
    }

    #[test]
    fn encodings_are_told_with_and_without_a_mark() {
        let text = "name = \"Zo\u{eb}\"\r\nkey = value \u{1f511}\n";
        for units in [Units::Utf16Le, Units::Utf16Be, Units::Utf32Le, Units::Utf32Be] {
            let bare = wide(text, units);
            assert_eq!(sniff(&bare), Shape::Wide { units, mark: 0 }, "{units:?}");
            let marked = [wide("\u{feff}", units), bare].concat();
            assert_eq!(sniff(&marked), Shape::Wide { units, mark: units.width() }, "{units:?}");
            let only = wide("\u{feff}", units);
            assert_eq!(sniff(&only), Shape::Wide { units, mark: units.width() }, "{units:?}");
        }
        assert_eq!(sniff(b"\xef\xbb\xbfkey"), Shape::Text { mark: 3 });
        let chinese = wide("\u{feff}\u{5bc6}\u{94a5}\u{7ba1}\u{7406}", Units::Utf16Be);
        assert_eq!(sniff(&chinese), Shape::Wide { units: Units::Utf16Be, mark: 2 });
    }

    #[test]
    fn eight_bit_and_damaged_text_is_text() {
        for text in
            [&b""[..], b"a", b"caf\xe9 = \xfcber\n", b"\xc3\x28 broken", b"\x1b[31mred\x1b[0m", b"a\x08ab\x0c\n"]
        {
            assert_eq!(sniff(text), Shape::Text { mark: 0 }, "{text:?}");
        }
        let mut late = vec![b'x'; HEAD];
        late.push(0);
        assert_eq!(sniff(&late), Shape::Text { mark: 0 });
    }

    #[test]
    fn binaries_are_not_taken_for_wide_text() {
        let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0\x40\x10\0\0\0\0\0\0".to_vec();
        elf.resize(4096, 0);
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0".to_vec();
        let numbers: Vec<u8> = (0..400_u16).flat_map(u16::to_le_bytes).collect();
        let marked_noise = [&b"\xff\xfe"[..], &noise(HEAD)].concat();
        let controls = b"\x01\x02\x03\x04abc".to_vec();
        for bytes in [elf, png, vec![0; 100], vec![0; 1], noise(HEAD), numbers, marked_noise, controls] {
            assert_eq!(sniff(&bytes), Shape::Binary, "{:?}", &bytes[..bytes.len().min(16)]);
        }
    }

    #[test]
    fn containers_are_named() {
        let name = |head: &[u8], path: &[u8]| container(head, path).map(|found| found.name);
        assert_eq!(name(b"PK\x03\x04\x14\0", b"a/b.zip"), Some("zip archive"));
        assert_eq!(name(b"PK\x03\x04\x14\0", b"a/app.JAR"), Some("Java archive (zip)"));
        assert_eq!(name(b"PK\x03\x04\x14\0", b"x.docx"), Some("Office Open XML document (zip)"));
        assert_eq!(name(b"\x1f\x8b\x08\0", b"-"), Some("gzip stream"));
        assert_eq!(name(b"BZh91AY&SY\0\0", b""), Some("bzip2 stream"));
        assert_eq!(name(b"!<arch>\ndebian-binary   ", b""), Some("Debian package"));
        assert_eq!(name(b"$ANSIBLE_VAULT;1.1;AES256\n", b""), Some("Ansible Vault file"));
        assert_eq!(name(b"\0GITCRYPT\0abc", b""), Some("git-crypt file"));
        assert_eq!(name(b"\x8c\x0d\x04\x09\x03\x08saltsalt", b""), Some("OpenPGP message"));
        assert_eq!(name(b"\x85\x01\x0c\x03keyidkey\x01\x08\0", b""), Some("OpenPGP message"));
        let mut tar = vec![b'n'; 257];
        tar.extend_from_slice(b"ustar\x0000");
        assert_eq!(name(&tar, b"a.tar"), Some("tar archive"));
        for none in [&b""[..], b"P", b"SQLite format 3\0", b"\xca\xfe\xba\xbe\0\0\0\x34", b"BZhello", b"0707"] {
            assert_eq!(name(none, b"x.zip"), None, "{none:?}");
        }
        let reason = container(b"PK\x03\x04", b"").expect("a zip archive").reason();
        assert_eq!(reason, "zip archive: its members are not unpacked; printable strings were searched");
    }

    #[test]
    fn every_magic_number_passes_the_look_at_its_first_byte() {
        for &(magic, expected, _) in MAGIC {
            assert_eq!(container(magic, b"").map(|found| found.name), Some(expected));
        }
    }
}
