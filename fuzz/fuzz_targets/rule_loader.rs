//! Any text as a rule file: rules or an error that names a place in it, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use straykey::detect::compiles;
use straykey::rule::{LoadError, load_text};

fuzz_target!(|text: &str| {
    match load_text("fuzz.toml", text) {
        Ok(rules) => {
            for loaded in &rules {
                // What is too large to compile is an error as well.
                if let Err(error) = compiles(loaded) {
                    assert!(error.to_string().contains(&loaded.rule.id));
                }
            }
        }
        Err(error) => {
            assert!(error.to_string().starts_with("fuzz.toml:"), "{error}");
            let LoadError::Invalid(fault) = error else { panic!("nothing was read from a file") };
            assert!((1..=text.matches('\n').count() + 1).contains(&fault.line), "{fault}");
            assert!((1..=text.len() + 1).contains(&fault.column), "{fault}");
            assert!(!fault.message.is_empty());
        }
    }
});
