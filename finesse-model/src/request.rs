//! The bodies of requests. Writing is strict: what XML cannot express is refused before it is sent, with the field named.

use std::fmt::Write as _;

/// A request that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the field {field} cannot be sent: {why}")]
pub struct RequestError {
    field: String,
    why: &'static str,
}

impl RequestError {
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
    xml: String,
}

impl Body {
    /// Begins a body with this root.
    #[must_use]
    pub fn new(root: &'static str) -> Self {
        Self { root, xml: format!("<{root}>") }
    }

    /// Adds an element with text.
    ///
    /// # Errors
    ///
    /// The text holds a character that XML 1.0 cannot express.
    pub fn field(mut self, name: &str, text: &str) -> Result<Self, RequestError> {
        element(&mut self.xml, name, text)?;
        Ok(self)
    }

    /// Adds an element with text, if there is one.
    ///
    /// # Errors
    ///
    /// The text holds a character that XML 1.0 cannot express.
    pub fn optional(self, name: &str, text: Option<&str>) -> Result<Self, RequestError> {
        match text {
            Some(text) => self.field(name, text),
            None => Ok(self),
        }
    }

    /// Adds an element that holds the elements which `inside` adds.
    ///
    /// # Errors
    ///
    /// Whatever `inside` fails with.
    pub fn group(
        mut self,
        name: &'static str,
        inside: impl FnOnce(Self) -> Result<Self, RequestError>,
    ) -> Result<Self, RequestError> {
        let group = inside(Self::new(name))?;
        self.xml.push_str(&group.into_xml());
        Ok(self)
    }

    /// The finished document.
    #[must_use]
    pub fn into_xml(mut self) -> String {
        // Writing to a string cannot fail.
        let _ = write!(self.xml, "</{}>", self.root);
        self.xml
    }
}

fn element(xml: &mut String, name: &str, text: &str) -> Result<(), RequestError> {
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    if !text.chars().all(legal) {
        return Err(RequestError {
            field: name.to_owned(),
            why: "it holds a character that XML cannot express",
        });
    }
    let _ = write!(xml, "<{name}>{}</{name}>", quick_xml::escape::escape(text));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_once() {
        let body = Body::new("User").field("extension", "a<b & \"c\"").unwrap().into_xml();
        assert!(body.contains("a&lt;b &amp;"), "{body}");
    }

    #[test]
    fn a_control_character_is_refused_with_the_field_named() {
        assert_eq!(Body::new("Dialog").field("toAddress", "7\u{0}").unwrap_err().field(), "toAddress");
    }
}
