//! Any bytes as what a notification carries, or as a whole stanza.
#![no_main]

use finesse_model::{Update, decode_all, utf8};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = utf8(bytes) else { return };
    if let Ok(update) = Update::from_xml(text) {
        let _ = update.change();
    }
    for document in decode_all(text).into_iter().flatten() {
        let _ = document.to_json();
    }
});
