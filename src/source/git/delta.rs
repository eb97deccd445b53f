//! Deltas: how an object of a pack is made of another one (git's gitformat-pack(5), "Deltified representation").
//!
//! Besides the object itself they tell which of its bytes are those of the other one, so that who knows the one need not
//! look at them again in the other.

use super::objects::NoObject;

/// A run of bytes that an object has from the one that it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Where it begins in the other object.
    pub from: usize,
    /// Where it begins in this one.
    pub to: usize,
    /// Bytes.
    pub length: usize,
}

/// Makes an object of `base`: its bytes in `out`, and what is copied in `copied`, in order of `to`. Runs that follow each
/// other on both sides are one.
///
/// # Errors
///
/// The delta is damaged or belongs to another object, or the object has more than `most` bytes.
pub(super) fn apply(
    delta: &[u8],
    base: &[u8],
    most: u64,
    out: &mut Vec<u8>,
    copied: &mut Vec<Copied>,
) -> Result<(), NoObject> {
    let damaged = || NoObject::Damaged("damaged".to_owned());
    out.clear();
    copied.clear();
    let mut delta = Bytes(delta);
    if delta.size() != Some(base.len() as u64) {
        return Err(damaged());
    }
    let size = delta.size().ok_or_else(damaged)?;
    if size > most {
        return Err(NoObject::too_large(size));
    }
    let size = usize::try_from(size).map_err(|_| NoObject::too_large(size))?;
    out.reserve(size);
    while let Some(code) = delta.byte() {
        if code & 0x80 == 0 {
            // Nothing is inserted by a byte that is reserved.
            let inserted = delta.take(usize::from(code)).filter(|_| code != 0).ok_or_else(damaged)?;
            out.extend_from_slice(inserted);
        } else {
            let (from, length) = delta.copy(code).ok_or_else(damaged)?;
            let to = out.len();
            out.extend_from_slice(base.get(from..from + length).ok_or_else(damaged)?);
            match copied.last_mut() {
                Some(last) if last.from + last.length == from && last.to + last.length == to => last.length += length,
                _ => copied.push(Copied { from, to, length }),
            }
        }
        if out.len() > size {
            return Err(damaged());
        }
    }
    if out.len() == size { Ok(()) } else { Err(damaged()) }
}

/// Bytes of the object that a delta makes, as it says itself.
pub(super) fn size_of_result(delta: &[u8]) -> Option<u64> {
    let mut delta = Bytes(delta);
    delta.size()?;
    delta.size()
}

/// What is left of a delta.
struct Bytes<'d>(&'d [u8]);

impl<'d> Bytes<'d> {
    #[inline]
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    #[inline]
    fn take(&mut self, count: usize) -> Option<&'d [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number in groups of seven bits, the lowest first.
    fn size(&mut self) -> Option<u64> {
        let mut size = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return None;
            }
            size |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(size);
            }
        }
        None
    }

    /// Where to copy from and how much, of which the bits of `code` say which bytes follow.
    #[inline]
    fn copy(&mut self, code: u8) -> Option<(usize, usize)> {
        /// What no length at all stands for.
        const WHOLE: usize = 0x1_0000;
        let (mut from, mut length) = (0, 0);
        for byte in 0..4 {
            if code & 1 << byte != 0 {
                from |= usize::from(self.byte()?) << (8 * byte);
            }
        }
        for byte in 0..3 {
            if code & 0x10 << byte != 0 {
                length |= usize::from(self.byte()?) << (8 * byte);
            }
        }
        Some((from, if length == 0 { WHOLE } else { length }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &[u8] = b"abcdefghij";

    fn made(delta: &[u8]) -> Result<(Vec<u8>, Vec<Copied>), NoObject> {
        let (mut out, mut copied) = (Vec::new(), Vec::new());
        apply(delta, BASE, 1 << 20, &mut out, &mut copied).map(|()| (out, copied))
    }

    #[test]
    fn objects_are_made_of_copies_and_insertions() {
        // Two copies that follow each other, an insertion, a copy from the beginning.
        let delta = [10, 10, 0x91, 2, 3, 0x91, 5, 1, 3, b'X', b'Y', b'Z', 0x90, 3];
        let (out, copied) = made(&delta).unwrap();
        assert_eq!(out, b"cdefXYZabc");
        assert_eq!(copied, [Copied { from: 2, to: 0, length: 4 }, Copied { from: 0, to: 7, length: 3 }]);
        assert_eq!(made(&[10, 0]).unwrap(), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_copy_without_a_length_takes_64_kib() {
        let base = vec![7; 0x1_0000];
        let (mut out, mut copied) = (Vec::new(), Vec::new());
        apply(&[0x80, 0x80, 4, 0x80, 0x80, 4, 0x80], &base, 1 << 20, &mut out, &mut copied).unwrap();
        assert_eq!(out, base);
    }

    #[test]
    fn what_does_not_fit_is_damage() {
        for delta in [
            &[][..],
            &[10],
            &[9, 1, 1, b'x'],
            &[10, 2, 1, b'x'],
            &[10, 1, 2, b'x', b'y'],
            &[10, 1, 0, 1, b'x'],
            &[10, 2, 2, b'x'],
            &[10, 3, 0x91, 9, 3],
            &[10, 3, 0x91, 9],
            &[10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f],
        ] {
            assert_eq!(made(delta), Err(NoObject::Damaged("damaged".to_owned())), "{delta:?}");
        }
        assert!(matches!(made(&[10, 0x80, 0x80, 0x80, 0x80, 1]), Err(NoObject::OverBudget(_))));
    }
}
