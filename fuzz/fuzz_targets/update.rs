//! Any bytes as what a notification carries, or as a whole stanza.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = finesse_model::fuzzing::update(bytes);
});
