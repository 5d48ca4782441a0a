//! Any text as one stanza: read without a panic, and by both readers alike.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| finesse_notify::fuzzing::stanza(text));
