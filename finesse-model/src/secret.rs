//! Text that is never printed.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::content::Content;
use crate::cursor::Cursor;
use crate::error::DecodeError;
use crate::schema::Shape;
use crate::writer::Writer;

/// A password in a resource. It is written to the server and shown to nobody: `Debug` and JSON say only whether there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn mask(&self) -> &'static str {
        if self.0.is_empty() { "" } else { "***" }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.mask())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.mask())
    }
}

impl Content for Secret {
    fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError> {
        cursor.text().map(|text| Some(Self(text.to_owned())))
    }

    fn write(&self, writer: &mut Writer) {
        writer.text(&self.0);
    }

    fn shape() -> Shape {
        Shape::Secret
    }
}
