//! Any bytes as a refusal.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = finesse_model::fuzzing::errors(bytes);
});
