//! Any bytes as a configuration: settings or faults that name a place in it, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use straykey::cli::config::check;

fuzz_target!(|bytes: &[u8]| match check("fuzz.toml", bytes) {
    Ok(resolved) => drop(resolved.to_json()),
    Err(error) => {
        assert!(!error.faults.is_empty());
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
        for fault in &error.faults {
            let (line, column) = fault.place.expect("what is in memory can be read");
            assert!((1..=lines).contains(&line) && (1..=bytes.len() + 1).contains(&column), "{fault}");
            assert!(!fault.message.is_empty());
        }
        assert!(error.to_string().contains("fuzz.toml:"));
    }
});
