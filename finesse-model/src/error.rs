//! What is wrong with a text that should have been a Finesse document.

use std::fmt;

/// The class of a [`DecodeError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// There is nothing.
    Empty,
    /// An HTML page, as proxies and a dead web application send.
    Html,
    /// JSON, as the desktop interfaces send.
    Json,
    /// Something else that is not XML.
    NotXml,
    /// It ends too early.
    Truncated,
    /// It is not well-formed.
    Syntax,
    /// Well-formed, but not the document asked for.
    WrongRoot,
    /// An element that may stand there once stands there twice.
    Doubled,
    /// Not UTF-8.
    Encoding,
    /// An element without which the object means nothing is absent.
    MissingField,
    /// Elements are nested deeper than any document of Finesse.
    TooDeep,
    /// It is larger than any document of Finesse.
    TooLarge,
}

/// A text could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    message: String,
    offset: Option<usize>,
}

impl DecodeError {
    pub(crate) fn new(kind: DecodeErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), offset: None }
    }

    pub(crate) fn at(mut self, offset: usize) -> Self {
        self.offset.get_or_insert(offset);
        self
    }

    /// Says what it was found in.
    pub(crate) fn within(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Whether the text is well-formed as far as it was read, so that it can be read on behind the element that makes no sense.
    pub(crate) fn is_of_sense(&self) -> bool {
        matches!(
            self.kind,
            DecodeErrorKind::Doubled | DecodeErrorKind::MissingField | DecodeErrorKind::TooDeep
        )
    }

    /// The class.
    #[must_use]
    pub fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// The byte at which reading stopped, where that is known.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.offset
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.offset {
            Some(offset) => write!(f, " (at byte {offset})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DecodeError {}
