//! Any text as the answer to a BOSH request.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| finesse_notify::fuzzing::bosh_body(text));
