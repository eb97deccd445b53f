//! Any bytes as a token: every offline check ends with a verdict and a reason, and its facts are bounded and printable.

#![no_main]

use libfuzzer_sys::fuzz_target;
use straykey::check::token::{MAX_FACT_BYTES, canonical_key, fact_name, run};
use straykey::rule::token_check::TokenCheck;

mod common;

fn check_all(value: &[u8]) {
    for &check in TokenCheck::ALL {
        let evidence = run(check, value);
        assert!(!evidence.reason.is_empty(), "{check:?}");
        assert!(!evidence.reason.chars().any(char::is_control), "{check:?}");
        for fact in &evidence.facts {
            assert!(fact_name::ALL.contains(&fact.name), "{check:?}: {}", fact.name);
            assert!(!fact.value.is_empty() && fact.value.len() <= MAX_FACT_BYTES, "{check:?}: {}", fact.name);
            assert!(!fact.value.chars().any(char::is_control), "{check:?}: {}", fact.name);
        }
        assert_eq!(run(check, value), evidence, "{check:?} is a function of the value");
    }
    assert_eq!(canonical_key(value), canonical_key(value));
}

fuzz_target!(|input: &[u8]| {
    check_all(input);
    let text = common::text(input);
    if text != input {
        check_all(&text);
    }
});
