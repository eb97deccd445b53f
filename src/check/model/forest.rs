//! The trees that weigh the features, and how they are read from `patterns/model/weights.txt`.
//!
//! Gradient-boosted trees (Friedman 2001, "Greedy function approximation"): each tree sends a candidate from its root to a
//! leaf, and the sum of the leaves is the logarithm of the odds. Values are whole numbers, millionths of it, so that the sum
//! is the same on every machine. What a feature gave is the sum of the changes of value at the splits that asked for it
//! (Saabas 2014, "Interpreting random forests").

use super::features::{COUNT, NAMES, Vector};

/// One node: a question, or a leaf, which asks for no feature.
struct Node {
    /// Number of the feature; [`LEAF`] for a leaf.
    feature: u8,
    /// Where the feature is at most this, the left child is next.
    threshold: f32,
    /// The right child; the left one is the next node.
    right: u16,
    /// Mean over what came here when the trees were made, in millionths.
    value: i32,
}

const LEAF: u8 = u8::MAX;
const _: () = assert!(COUNT < LEAF as usize, "a feature's number fits into a byte");

/// All trees, and from which sum how many points are given.
pub(super) struct Forest {
    /// The nodes of each tree, the root first.
    trees: Vec<Vec<Node>>,
    /// What the sum begins with, in millionths.
    base: i64,
    /// The least sum for 1, 2, ... 100 points.
    cuts: Vec<i64>,
}

/// What the trees say of a candidate.
pub(super) struct Weighed {
    /// 0 to 100.
    pub(super) points: i32,
    /// What each feature gave, in millionths.
    pub(super) given: [i64; COUNT],
}

impl Forest {
    /// Reads the text of the weights. The error names the line.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut forest = Self { trees: Vec::new(), base: 0, cuts: Vec::new() };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let fault = |what: &str| format!("line {}: {what}", number + 1);
            let (kind, rest) = line.split_once(' ').ok_or_else(|| fault("it has no kind"))?;
            let whole = |text: &str| text.parse::<i64>().map_err(|_| fault("a number is not whole"));
            match kind {
                "features" => {
                    if !rest.split(' ').eq(NAMES.iter().copied()) {
                        return Err(fault("the weights are for other features"));
                    }
                }
                "base" => forest.base = whole(rest)?,
                "cuts" => forest.cuts = rest.split(' ').map(whole).collect::<Result<_, _>>()?,
                "tree" => forest.trees.push(tree(rest).ok_or_else(|| fault("it is no tree"))?),
                _ => return Err(fault("its kind is not known")),
            }
        }
        let rising = forest.cuts.is_sorted() && forest.cuts.len() == 100;
        if forest.trees.is_empty() || !rising { Err("trees or cuts are missing".to_owned()) } else { Ok(forest) }
    }

    /// Weighs a candidate.
    pub(super) fn weigh(&self, vector: &Vector) -> Weighed {
        let mut given = [0i64; COUNT];
        let mut sum = self.base;
        for tree in &self.trees {
            let mut at = 0;
            while tree[at].feature != LEAF {
                let node = &tree[at];
                let feature = usize::from(node.feature);
                let next = if vector.0[feature] <= node.threshold { at + 1 } else { usize::from(node.right) };
                given[feature] += i64::from(tree[next].value) - i64::from(node.value);
                at = next;
            }
            sum += i64::from(tree[at].value);
        }
        let points = self.cuts.partition_point(|&cut| cut <= sum);
        Weighed { points: i32::try_from(points).expect("there are 100 cuts"), given }
    }
}

/// `feature:threshold:value` for a question, `value` for a leaf; a left child follows its parent, then comes the right one.
fn tree(text: &str) -> Option<Vec<Node>> {
    let mut nodes: Vec<Node> = Vec::new();
    // Questions whose left branch is being read, then those whose right one is: the last is the nearest.
    let mut open: Vec<(usize, bool)> = Vec::new();
    for word in text.split(' ') {
        let at = nodes.len();
        if at > 0 {
            let (parent, right) = open.last_mut()?;
            if *right {
                nodes[*parent].right = u16::try_from(at).ok()?;
                open.pop();
            } else {
                *right = true;
            }
        }
        let mut parts = word.split(':');
        let (first, threshold, value) = (parts.next()?, parts.next(), parts.next());
        match (threshold, value) {
            (None, None) => {
                nodes.push(Node { feature: LEAF, threshold: 0.0, right: 0, value: first.parse().ok()? });
            }
            (Some(threshold), Some(value)) => {
                let feature: u8 = first.parse().ok().filter(|&feature| usize::from(feature) < COUNT)?;
                let (threshold, value) = (threshold.parse().ok()?, value.parse().ok()?);
                nodes.push(Node { feature, threshold, right: 0, value });
                open.push((at, false));
            }
            _ => return None,
        }
    }
    open.is_empty().then_some(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(trees: &[&str]) -> String {
        let cuts: Vec<String> = (0..100).map(|cut| (cut * 10 - 500).to_string()).collect();
        let trees: String = trees.iter().map(|tree| format!("tree {tree}\n")).collect();
        format!("# made up\nfeatures {}\nbase 5\ncuts {}\n{trees}", NAMES.join(" "), cuts.join(" "))
    }

    #[test]
    fn questions_lead_to_leaves() {
        let forest = Forest::read(&text(&["0:8.5:10 -100 1:0.5:60 40 90", "7"])).unwrap();
        let mut vector = Vector([0.0; COUNT]);
        // 5 + -100 + 7
        assert_eq!(forest.weigh(&vector).points, 42);
        vector.0[0] = 9.0;
        // 5 + 40 + 7
        let weighed = forest.weigh(&vector);
        assert_eq!((weighed.points, weighed.given[0], weighed.given[1]), (56, 50, -20));
        vector.0[1] = 1.0;
        assert_eq!(forest.weigh(&vector).given[1], 30);
    }

    #[test]
    fn what_is_no_weights_is_refused() {
        for (tree, fault) in [
            ("0:8.5:10 -100", "line 5: it is no tree"),
            ("0:8.5:10 1 2 3", "line 5: it is no tree"),
            ("255:8.5:10 1 2", "line 5: it is no tree"),
            ("0:8.5 1 2", "line 5: it is no tree"),
        ] {
            assert_eq!(Forest::read(&text(&[tree])).err().as_deref(), Some(fault), "{tree}");
        }
        assert!(Forest::read("").is_err());
        assert!(Forest::read(&text(&["1"]).replace("value_length", "value_width")).is_err());
        assert!(Forest::read(&text(&["1"]).replace("cuts -500", "cuts 9999")).is_err());
    }
}
