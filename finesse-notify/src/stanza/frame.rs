//! One element as it came over the stream, not looked into yet.

use std::fmt;
use std::sync::Arc;

use bytestring::ByteString;
use finesse_model::framer::Namespaces;

use super::{NS_CLIENT, Stanza, StanzaError, parse_within};

/// The text of one element, and the namespaces it inherits from the stream around it. What a framing yields; the session reads it.
///
/// The text may be a part of what was read from the network, which is kept as long as the frame: frames are read and dropped.
#[derive(Clone)]
pub struct Frame {
    text: ByteString,
    inherited: Option<Arc<Namespaces>>,
}

impl Frame {
    /// An element that inherits nothing but the namespace of stanzas, as on a WebSocket.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into().into(), inherited: None }
    }

    /// An element that stood inside of a root with these namespaces.
    #[cfg(any(feature = "tcp", feature = "bosh"))]
    pub(crate) fn within(text: ByteString, inherited: &Arc<Namespaces>) -> Self {
        Self { text, inherited: Some(Arc::clone(inherited)) }
    }

    /// The text of the element.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Reads the element.
    ///
    /// # Errors
    /// It is malformed, forbidden in a stream, or above the bounds.
    pub fn parse(&self) -> Result<Stanza, StanzaError> {
        match &self.inherited {
            Some(inherited) => parse_within(&self.text, inherited),
            None => parse_within(&self.text, &Namespaces::with_default(NS_CLIENT)),
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} bytes)", self.text.len())
    }
}
