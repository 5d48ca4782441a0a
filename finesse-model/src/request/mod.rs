//! The bodies of requests. Writing is strict: what XML cannot express is refused before it is sent, with the field named.

mod checks;
mod configuration;
mod settings;

pub use self::configuration::{Draft, Purpose, assignment};

use crate::writer::Writer;

/// A request that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the field {field} cannot be sent: {why}")]
pub struct RequestError {
    field: String,
    why: String,
}

impl RequestError {
    /// `field` cannot be sent, because of `why`: a lower-case fragment.
    #[must_use]
    pub fn new(field: &str, why: impl Into<String>) -> Self {
        Self { field: field.to_owned(), why: why.into() }
    }

    /// The field's name in the REST API.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }
}

/// A request body under construction: elements in the order in which they are added.
#[derive(Debug, Clone)]
pub struct Body {
    root: &'static str,
    writer: Writer,
}

impl Body {
    /// Begins a body with this root.
    #[must_use]
    pub fn new(root: &'static str) -> Self {
        let mut writer = Writer::default();
        writer.open(root);
        Self { root, writer }
    }

    /// Adds an element with text.
    #[must_use]
    pub fn field(mut self, name: &str, text: &str) -> Self {
        self.writer.open(name);
        self.writer.text(text);
        self.writer.close(name);
        self
    }

    /// Adds an element with text, if there is one.
    #[must_use]
    pub fn optional(self, name: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.field(name, text),
            None => self,
        }
    }

    /// Adds an element that holds the elements which `inside` adds.
    #[must_use]
    pub fn group(mut self, name: &str, inside: impl FnOnce(Self) -> Self) -> Self {
        self.writer.open(name);
        let mut body = inside(self);
        body.writer.close(name);
        body
    }

    /// The finished document.
    ///
    /// # Errors
    ///
    /// A text holds a character that XML 1.0 cannot express; the first such field is named.
    pub fn into_xml(mut self) -> Result<String, RequestError> {
        self.writer.close(self.root);
        self.writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_once() {
        let body = Body::new("User").field("extension", "a<b & \"c\"").into_xml().unwrap();
        assert!(body.contains("a&lt;b &amp;"), "{body}");
    }

    #[test]
    fn a_control_character_is_refused_with_the_field_named() {
        assert_eq!(
            Body::new("Dialog").field("toAddress", "7\u{0}").into_xml().unwrap_err().field(),
            "toAddress"
        );
    }
}
