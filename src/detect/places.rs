//! A set of places near one another.

use crate::rule::ByteSet;

/// The furthest place that a set can hold.
pub(super) const REACH: usize = u8::MAX as usize;

/// Places up to [`REACH`], counted from one that the set does not know.
#[derive(Default)]
pub(super) struct Places(ByteSet);

impl Places {
    /// Adds a place within reach.
    pub(super) fn insert(&mut self, place: usize) {
        debug_assert!(place <= REACH, "{place} is out of reach");
        self.0.insert(place as u8);
    }

    pub(super) fn extend(&mut self, places: impl IntoIterator<Item = usize>) {
        places.into_iter().for_each(|place| self.insert(place));
    }

    /// In rising order.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(usize::from)
    }
}
