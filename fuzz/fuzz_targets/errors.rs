//! Any bytes as a refusal.
#![no_main]

use finesse_model::{ApiErrors, utf8};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = utf8(bytes) else { return };
    if let Ok(errors) = ApiErrors::from_xml(text) {
        let _ = errors.says("SERVER_OUT_OF_SERVICE");
    }
});
