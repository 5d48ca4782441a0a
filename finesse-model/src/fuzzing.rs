//! What the fuzz targets ask, and the same questions over a corpus as an ordinary test. Not part of the interface.
//!
//! Invariant: whatever the bytes are, nothing panics, and what was read whole and can be written is read the same again.

use crate::document::lists::ApiErrors;
use crate::document::{Document, Resource, decode, decode_all, decode_bytes, utf8};
use crate::error::DecodeError;
use crate::update::Update;

/// Reads bytes as the body of an answer.
///
/// # Errors
///
/// As [`decode_bytes`].
pub fn rest_body(bytes: &[u8]) -> Result<(), DecodeError> {
    let document = decode_bytes(bytes)?;
    let _ = document.to_json();
    if let Document::Resource(resource) = document {
        written_it_reads_the_same(&resource);
    }
    Ok(())
}

/// Reads bytes as what a notification carries, and as a whole stanza.
///
/// # Errors
///
/// It is neither; the error of the stanza.
pub fn update(bytes: &[u8]) -> Result<(), DecodeError> {
    let text = utf8(bytes)?;
    let alone = Update::from_xml(text);
    if let Ok(update) = &alone {
        let _ = update.change();
    }
    let all = decode_all(text);
    for document in all.iter().flat_map(|list| &list.items) {
        let _ = document.to_json();
    }
    alone.map(drop).or(all.map(drop))
}

/// Reads bytes as a refusal.
///
/// # Errors
///
/// As [`ApiErrors::from_xml`], or what is wrong with the first error that could not be read.
pub fn errors(bytes: &[u8]) -> Result<(), DecodeError> {
    let errors = ApiErrors::from_xml(utf8(bytes)?)?;
    let _ = errors.says("SERVER_OUT_OF_SERVICE");
    errors.rejected.into_iter().next().map_or(Ok(()), Err)
}

/// What was left out cannot come again, and control characters can be read and not written.
fn written_it_reads_the_same(resource: &Resource) {
    if !resource.rejected().is_empty() {
        return;
    }
    if let Ok(xml) = resource.to_xml() {
        assert_eq!(decode(&xml), Ok(Document::Resource(resource.clone())), "{xml}");
    }
}
