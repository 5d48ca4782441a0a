//! Any bytes as the body of an answer: a value or an error; a value turns into JSON, and what is written of it reads the same again.
#![no_main]

use finesse_model::{Document, Resource, decode_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = decode_bytes(bytes) else { return };
    let _ = document.to_json();
    if let Document::Resource(Resource::User(user)) = &document {
        // Control characters in the text itself can be read and not written.
        if let Ok(xml) = user.to_xml() {
            assert_eq!(finesse_model::User::from_xml(&xml).as_ref(), Ok(user.as_ref()));
        }
    }
    if let Document::Resource(Resource::Dialog(dialog)) = &document {
        if let Ok(xml) = dialog.to_xml() {
            assert_eq!(finesse_model::Dialog::from_xml(&xml).as_ref(), Ok(dialog.as_ref()));
        }
    }
});
