//! How likely it is that a value that is assigned to a name is a secret.
//!
//! No single property tells: passwords are words as often as not, and labels have signs and digits. So the
//! features of value, name, place and neighbours are weighed together by trees that were made from labelled files
//! (`patterns/model/train.py`). The trees are data, the way through them is exact, and what decided can be told.

mod features;
mod forest;
mod place;
mod value;

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::LazyLock;

use super::kind::TextFile;
use features::{COUNT, MEANINGS};
use forest::Forest;

/// The weights, read at first use.
static FOREST: LazyLock<Forest> = LazyLock::new(|| {
    Forest::read(include_str!("../../../patterns/model/weights.txt")).expect("the embedded weights are well-formed")
});

/// How likely a value is a secret, and what made it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likelihood {
    /// 0 to 100; the grades of confidence are cut from it.
    pub points: i32,
    /// What spoke for it most, the most first.
    pub for_it: Vec<&'static str>,
    /// What spoke against it most.
    pub against: Vec<&'static str>,
}

/// Reasons that are told of each side.
const TOLD: usize = 3;

/// A reason below this many millionths of the logarithm of the odds is not worth telling.
const WORTH_TELLING: i64 = 100_000;

/// Weighs the value at `span` of `text`, a part of `file`.
pub fn weigh(text: &[u8], span: Range<usize>, file: &TextFile<'_>) -> Likelihood {
    let weighed = FOREST.weigh(&features::measure(text, span, file));
    let mut order: [usize; COUNT] = std::array::from_fn(|feature| feature);
    order.sort_by_key(|&feature| Reverse(weighed.given[feature].abs()));
    let told = |sign: i64| {
        let worth = order.iter().filter(|&&feature| weighed.given[feature] * sign >= WORTH_TELLING);
        worth.take(TOLD).map(|&feature| MEANINGS[feature].trim_start()).collect()
    };
    Likelihood { points: weighed.points, for_it: told(1), against: told(-1) }
}

/// The numbers that are weighed, for those who make the weights.
pub fn measure(text: &[u8], span: Range<usize>, file: &TextFile<'_>) -> Vec<f32> {
    features::measure(text, span, file).0.to_vec()
}

/// The names of those numbers, in order.
pub fn feature_names() -> &'static [&'static str] {
    features::NAMES
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_weights_are_those_that_were_made() {
        let text = include_str!("../../../patterns/model/weights.txt");
        let head: usize = text.lines().take_while(|line| line.starts_with('#')).map(|line| line.len() + 1).sum();
        let (head, body) = text.split_at(head);
        let digest: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(head.contains(&digest), "the digest in the head is not that of the weights: {digest}");
    }

    #[test]
    fn what_decided_is_told() {
        let text = format!("db_{} = \"{}\"", ["pass", "word"].concat(), ["Walrus", "-and-9-pens"].concat());
        let told = weigh(text.as_bytes(), 15..text.len() - 1, &TextFile::at(b"settings.py"));
        assert!(told.points >= 80, "{told:?}");
        assert!((1..=TOLD).contains(&told.for_it.len()), "{told:?}");
        assert!(told.for_it.iter().chain(&told.against).all(|reason| !reason.is_empty() && !reason.starts_with(' ')));
    }
}
