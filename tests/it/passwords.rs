//! Passwords that people choose, and what only looks like them, in the formats where they lie: how many are found.
//!
//! The files of `corpus/formats` were written before the rules that meet them, by people who did not know these. The model of
//! assignments learns from them too (`patterns/model/train.py`), which also prints what it makes of files that it did not
//! learn from.

use crate::plant::{self, Label, Planted};
use crate::run::{Place, Run};

/// Least share of the named secrets that is found, in percent.
const FOUND: usize = 95;

/// Largest share of the decoys that is reported, in percent.
const REPORTED: usize = 2;

fn met(place: &Place, planted: &Planted) -> bool {
    place.path == planted.path && place.span.0 < planted.span.end && planted.span.start < place.span.1
}

#[test]
fn chosen_passwords_are_found_and_decoys_are_not() {
    let corpus = plant::project(plant::FORMATS);
    let found = Run::scan(corpus.root(), &["--format", "json"]).go().expect(1).places();
    let count = |label: &Label| {
        let slots: Vec<&Planted> = corpus.planted.iter().filter(|planted| planted.label == *label).collect();
        let (reached, rest): (Vec<_>, Vec<_>) =
            slots.iter().partition(|planted| found.iter().any(|place| met(place, planted)));
        let rows = |slots: &[&&Planted]| {
            slots.iter().map(|slot| format!("\n  {}:{}:{}", slot.path, slot.line, slot.column)).collect::<String>()
        };
        (reached.len(), slots.len(), rows(&reached), rows(&rest))
    };
    let (secrets, named, _, lost) = count(&Label::Named);
    let (reported, decoys, gained, _) = count(&Label::Decoy);
    assert!(named >= 1000 && decoys >= 1000, "{named} secrets and {decoys} decoys are too few");
    assert!(secrets * 100 >= named * FOUND, "{secrets} of {named} secrets are found; not:{lost}");
    assert!(reported * 100 <= decoys * REPORTED, "{reported} of {decoys} decoys are reported:{gained}");
}
