//! Any bytes as a time stamp, and as the certificates it is checked against: never a panic, and an error is a clause. What
//! is behind its first byte comes in two parts, which that byte cuts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use straykey::evidence::verify_time_stamp;

/// What the time stamps of the tests stamp, so that they are a start for the fuzzer.
const MESSAGE: &[u8] = b"What an authority stamped.\n";
const ROOTS: [&[u8]; 3] = [
    include_bytes!("../../tests/it/timestamp/root.pem"),
    include_bytes!("../../tests/it/timestamp/root-4096.pem"),
    include_bytes!("../../tests/it/timestamp/root-ec.pem"),
];

fn verify(token: &[u8], roots: &[u8]) {
    match verify_time_stamp(token, MESSAGE, roots) {
        Ok(stamp) => {
            for text in [&stamp.policy, &stamp.serial, &stamp.authority] {
                assert!(!text.is_empty() && !text.chars().any(char::is_control), "{stamp:?}");
            }
            assert_eq!(verify_time_stamp(token, MESSAGE, roots).ok(), Some(stamp), "it is a function of its bytes");
        }
        Err(error) => {
            let text = error.to_string();
            assert!(!text.is_empty() && !text.chars().any(char::is_control), "{text:?}");
        }
    }
}

fuzz_target!(|input: &[u8]| {
    verify(input, &ROOTS.concat());
    let Some((&first, rest)) = input.split_first() else { return };
    let (token, roots) = rest.split_at(rest.len() * usize::from(first) / 255);
    verify(token, roots);
});
