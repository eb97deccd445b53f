//! Classes of bytes that the tail of `assign` is made of, see [`super::tail`].

/// A class of bytes, as a bit; several of them are their union.
pub(super) type Class = u32;

/// `[0-9A-Za-z_.-]`
pub(super) const NAME: Class = 1;
/// `[\x80-\xff]`
pub(super) const HIGH: Class = 1 << 1;
/// `[ \t]`
pub(super) const BLANK: Class = 1 << 2;
/// `[\r\n]`
pub(super) const LINE: Class = 1 << 3;
/// `\s`
pub(super) const SPACE: Class = 1 << 4;
/// `[0-9A-Za-z_]`
pub(super) const WORD: Class = 1 << 5;
/// `[&*'0-9A-Za-z_.<>\[\]]`
pub(super) const TYPE: Class = 1 << 6;
/// `[*0-9A-Za-z_.\[\]]`
pub(super) const PLAIN_TYPE: Class = 1 << 7;
/// `[0-9A-Za-z:]`
pub(super) const ELEMENT: Class = 1 << 8;
/// `[^\r\n"'?;{}]`
pub(super) const TEST: Class = 1 << 9;
/// `[^\r\n"'?:;{}]`
pub(super) const CHOICE: Class = 1 << 10;
/// `[(\[{]`
pub(super) const BRACKET: Class = 1 << 11;
/// `[bBfFrRuULN]`
pub(super) const PREFIX: Class = 1 << 12;
/// `[@$]`
pub(super) const SIGIL: Class = 1 << 13;
/// Quotes of all kinds.
pub(super) const QUOTE: Class = 1 << 14;
/// `[0-9A-Za-z_.]`
pub(super) const DOTTED: Class = 1 << 15;
/// `[0-9A-Za-z_-]`
pub(super) const ANCHOR: Class = 1 << 16;
/// `\`
pub(super) const ESCAPE: Class = 1 << 17;
/// What begins a closer or an operator, blanks aside.
pub(super) const GOES_ON: Class = 1 << 18;

/// The classes of each byte.
static CLASSES: [Class; 256] = {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let mut class = 0;
        if byte.is_ascii_alphanumeric() {
            class |= NAME | WORD | TYPE | PLAIN_TYPE | ELEMENT | DOTTED | ANCHOR;
        }
        class |= match byte {
            b'_' => NAME | WORD | TYPE | PLAIN_TYPE | DOTTED | ANCHOR,
            b'.' => NAME | TYPE | PLAIN_TYPE | DOTTED | GOES_ON,
            b'-' => NAME | ANCHOR | GOES_ON,
            b' ' | b'\t' => BLANK | SPACE,
            b'\r' | b'\n' => LINE | SPACE,
            b'\x0b' | b'\x0c' => SPACE,
            b'&' => TYPE,
            b'*' => TYPE | PLAIN_TYPE,
            b'<' | b'>' => TYPE | GOES_ON,
            b'[' => TYPE | PLAIN_TYPE | BRACKET | GOES_ON,
            b']' => TYPE | PLAIN_TYPE | GOES_ON,
            b':' => ELEMENT | GOES_ON,
            b'(' | b'{' => BRACKET | GOES_ON,
            b'\'' => TYPE | QUOTE | GOES_ON,
            b'"' | b'`' => QUOTE | GOES_ON,
            b'\\' => ESCAPE | GOES_ON,
            b')' | b'}' | b'%' | b'=' | b'!' | b'|' | b'?' | b'+' | b',' => GOES_ON,
            b'b' | b'B' | b'f' | b'F' | b'r' | b'R' | b'u' | b'U' | b'L' | b'N' => PREFIX,
            b'@' | b'$' => SIGIL,
            0x80..=0xff => HIGH,
            _ => 0,
        };
        if !matches!(byte, b'\r' | b'\n' | b'"' | b'\'' | b'?' | b';' | b'{' | b'}') {
            class |= TEST;
            if byte != b':' {
                class |= CHOICE;
            }
        }
        classes[at] = class;
        at += 1;
    }
    classes
};

/// Whether `byte` is in one of the classes of `class`.
#[inline]
pub(super) fn is(byte: u8, class: Class) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}
