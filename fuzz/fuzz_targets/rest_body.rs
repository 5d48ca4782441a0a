//! Any bytes as the body of an answer.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = finesse_model::fuzzing::rest_body(bytes);
});
