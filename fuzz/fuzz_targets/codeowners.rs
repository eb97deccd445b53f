//! Any bytes as CODEOWNERS, and as a path: owners or none, never a panic, and no time without bound.

#![no_main]

use libfuzzer_sys::fuzz_target;
use straykey::source::CodeOwners;

fuzz_target!(|bytes: &[u8]| {
    let (path, text) = bytes.split_at(bytes.len().min(64));
    for place in CodeOwners::PLACES {
        let owners = CodeOwners::parse(place, text);
        if let Some(owned) = owners.owners_of(path) {
            let lines = text.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
            assert!(!owned.owners.is_empty() && (1..=lines).contains(&owned.line));
        }
    }
});
