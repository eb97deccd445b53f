//! Any text, and any part of it that is owned: matches begin in that part, are in order and not doubled, and two halves
//! of the part find what the whole finds.

#![no_main]

use std::cell::RefCell;
use std::ops::Range;

use libfuzzer_sys::fuzz_target;
use straykey::detect::{Ended, Match, Scratch};

mod common;

use common::SCANNER;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(SCANNER.engine.scratch());
}

/// All matches in `owned`, or nothing where the text is too costly to search whole.
fn find(text: &[u8], owned: Range<usize>) -> Option<Vec<Match>> {
    let mut found = Vec::new();
    let ended = SCRATCH.with_borrow_mut(|scratch| SCANNER.engine.find(scratch, text, owned.clone(), &mut found));
    assert!(found.is_sorted(), "{found:?}");
    assert!(found.windows(2).all(|pair| pair[0] != pair[1]), "doubled: {found:?}");
    for one in &found {
        assert!(owned.contains(&one.start), "{one:?} begins outside of {owned:?}");
        let rule = &SCANNER.engine.rules().get(one.rule).rule;
        assert!(one.start < one.end && one.end <= text.len(), "{one:?} in {} bytes", text.len());
        assert!(one.end - one.start <= rule.max_len, "{one:?} is longer than {} allows", rule.id);
    }
    match ended {
        Ended::Whole => Some(found),
        Ended::OverBudget { at } => {
            assert!(at <= text.len(), "stopped at {at} of {}", text.len());
            None
        }
    }
}

fuzz_target!(|input: ([u16; 3], &[u8])| {
    let (cuts, bytes) = input;
    let text = common::text(bytes);
    let mut cuts = cuts.map(|cut| usize::from(cut) % (text.len() + 1));
    cuts.sort_unstable();
    let [start, middle, end] = cuts;
    for (start, end) in [(0, text.len()), (start, end)] {
        let (whole, first, second) = (find(&text, start..end), find(&text, start..middle), find(&text, middle..end));
        if let (Some(whole), Some(mut parts), Some(second)) = (whole, first, second) {
            parts.extend(second);
            assert_eq!(whole, parts, "{start}..{end} cut at {middle}");
        }
    }
});
