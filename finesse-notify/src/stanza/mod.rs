//! One XML element as it travels on a stream: stanzas, features, stream errors.
//!
//! The tree is our own and small: names, attributes, children, and the text of an element joined into one piece. It is looked at by local
//! names, because namespaces vary between releases. Invariants: depth and number of nodes are bounded while a tree is built, so neither
//! dropping nor walking it can exhaust the stack; `Debug` shows names only, never content, because content may be a password.

mod build;
mod frame;
mod read;
mod write;

use build::Builder;
pub use frame::Frame;
#[cfg(any(feature = "bosh", feature = "websocket"))]
pub(crate) use read::parse_tag;
pub(crate) use read::parse_within;
#[cfg(any(feature = "tcp", feature = "bosh", feature = "websocket"))]
pub(crate) use write::escape;

use std::fmt;

/// Deepest nesting accepted. Real stanzas with an unescaped `Update` inside reach about fifteen.
pub(crate) const MAX_DEPTH: usize = 64;
/// Most elements and attributes accepted in one tree. A dialog of 100 call variables, unescaped, has under 1,000; one BOSH body may
/// carry some hundred queued events.
pub(crate) const MAX_NODES: usize = 32_768;

pub(crate) const NS_CLIENT: &str = "jabber:client";
pub(crate) const NS_XML: &str = "http://www.w3.org/XML/1998/namespace";

/// One XML element with all it contains.
#[derive(Clone, PartialEq, Eq)]
pub struct Stanza {
    name: String,
    ns: String,
    attributes: Vec<Attribute>,
    text: String,
    children: Vec<Self>,
}

#[derive(Clone, PartialEq, Eq)]
struct Attribute {
    ns: String,
    name: String,
    value: String,
}

impl Stanza {
    /// Reads one element from a piece of text. Nothing but white space may follow it.
    ///
    /// # Errors
    /// Malformed XML, document types and processing instructions, too deep or too many elements.
    pub fn parse(text: &str) -> Result<Self, StanzaError> {
        Frame::new(text).parse()
    }

    /// Writes the element as XML with its namespace declared.
    pub fn to_xml(&self) -> String {
        write::to_xml(self, "")
    }

    /// Writes the element as XML inside a parent whose default namespace is `parent`.
    pub(crate) fn to_xml_within(&self, parent: &str) -> String {
        write::to_xml(self, parent)
    }

    /// The local name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The namespace; empty if there is none.
    pub fn namespace(&self) -> &str {
        &self.ns
    }

    /// The value of the attribute with this local name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.name == name).map(|a| a.value.as_str())
    }

    /// The text directly inside the element, joined.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The child elements in their order.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.children.iter()
    }

    /// The first child with this local name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    /// The first descendant reached by following these local names.
    pub(crate) fn descend(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |at, name| at.child(name))
    }

    /// A new element. The name must be an XML name; all callers pass literals.
    pub(crate) fn new(name: &str, ns: &str) -> Self {
        Self {
            name: name.to_owned(),
            ns: ns.to_owned(),
            attributes: Vec::new(),
            text: String::new(),
            children: Vec::new(),
        }
    }

    /// The element with one more attribute.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.attributes.push(Attribute { ns: String::new(), name: name.to_owned(), value: value.to_owned() });
        self
    }

    /// The element with this text.
    #[must_use]
    pub(crate) fn with_text(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// The element with one more child.
    #[must_use]
    pub(crate) fn with_child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }
}

impl fmt::Debug for Stanza {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stanza(<{}> in {}, {} children)", self.name, self.ns, self.children.len())
    }
}

/// Why a text is not one acceptable element.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StanzaError {
    /// The text is not well-formed XML.
    #[error("malformed xml: {0}")]
    Malformed(String),
    /// The text ended inside an element.
    #[error("the xml ends inside an element")]
    Truncated,
    /// There was no element at all.
    #[error("no element found")]
    Empty,
    /// A document type, processing instruction or other construct that XMPP forbids.
    #[error("{0} is not allowed in a stream")]
    Forbidden(&'static str),
    /// Nested deeper than is accepted.
    #[error("elements nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// More elements and attributes than are accepted.
    #[error("more than {MAX_NODES} elements and attributes")]
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_content() {
        let auth = Stanza::new("auth", "urn:ietf:params:xml:ns:xmpp-sasl").with_text("AGEAc2VjcmV0");
        assert!(!format!("{auth:?}").contains("AGEAc2VjcmV0"));
    }

    #[test]
    fn written_and_read_again_it_is_the_same() {
        let iq = Stanza::new("iq", NS_CLIENT).with("type", "set").with("id", "a\"b<c>&'d").with_child(
            Stanza::new("q", "urn:x").with_text("5 < 6 & 7 > 3").with_child(Stanza::new("none", "urn:y")),
        );
        assert_eq!(Stanza::parse(&iq.to_xml()).unwrap(), iq);
    }

    #[test]
    fn descend_follows_local_names_in_any_namespace() {
        let message = Stanza::parse(
            "<message><x:event xmlns:x='urn:1'><items xmlns='urn:2' node='n'/></x:event></message>",
        )
        .unwrap();
        let items = message.descend(&["event", "items"]).unwrap();
        assert_eq!(items.attribute("node"), Some("n"));
        assert_eq!(items.namespace(), "urn:2");
    }
}
