//! Any bytes as a register file: rows or a line that is wrong, never a panic; what was read is written as it is read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use straykey::register::{Scales, Table};

const SCALES: Scales = Scales { likelihood: 5, impact: 5 };

fuzz_target!(|bytes: &[u8]| match Table::read(bytes, SCALES) {
    Ok(table) => {
        assert_eq!(Table::read(&table.bytes(), SCALES).expect("what was written can be read"), table);
    }
    Err(error) => {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        assert!((1..=lines).contains(&error.line) && !error.what.is_empty(), "{error}");
    }
});
