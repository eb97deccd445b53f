//! A set of places near one another.

/// The furthest place that a set can hold.
pub(super) const REACH: usize = 255;

/// Places, as bits, counted from one that the set does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Places([u64; (REACH + 1) / 64]);

impl Places {
    pub(super) fn insert(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    pub(super) fn extend(&mut self, places: impl IntoIterator<Item = usize>) {
        places.into_iter().for_each(|place| self.insert(place));
    }

    pub(super) fn len(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// In rising order.
    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        let (mut index, mut word) = (0, self.0[0]);
        std::iter::from_fn(move || {
            while word == 0 {
                index += 1;
                word = *self.0.get(index)?;
            }
            let bit = word.trailing_zeros() as usize;
            word &= word - 1;
            Some(64 * index + bit)
        })
    }
}
