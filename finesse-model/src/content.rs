//! What can stand in an element: how it is read, written and described.
//!
//! Every field of every resource is of a type with this trait; the resources themselves get it from the macro in `resource.rs`.

use crate::cursor::Cursor;
use crate::error::DecodeError;
use crate::scalar::{Scalar, Timestamp};
use crate::schema::Shape;
use crate::writer::Writer;

/// The content of one element.
pub(crate) trait Content: Sized {
    /// Reads it from the element that the cursor has just opened, to its end. `None` for what is as good as absent.
    fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError>;

    /// Adds what stands in another element of the same name. False for what may stand there once.
    fn add(&mut self, _: &mut Cursor<'_>) -> Result<bool, DecodeError> {
        Ok(false)
    }

    /// Writes it, without the element around it.
    fn write(&self, writer: &mut Writer);

    /// How it looks in JSON.
    fn shape() -> Shape;

    /// Adds what was wrong with the items of lists in it that could not be read, however deep.
    fn rejected<'a>(&'a self, _: &mut Vec<&'a DecodeError>) {}
}

impl Content for String {
    fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError> {
        cursor.text().map(|text| Some(text.to_owned()))
    }

    fn write(&self, writer: &mut Writer) {
        writer.text(self);
    }

    fn shape() -> Shape {
        Shape::Text
    }
}

impl Content for Scalar<i64> {
    fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError> {
        cursor.text().map(|text| Some(Self::read(text)))
    }

    fn write(&self, writer: &mut Writer) {
        writer.text(&self.to_string());
    }

    fn shape() -> Shape {
        Shape::Number
    }
}

impl Content for Scalar<bool> {
    fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError> {
        cursor.text().map(|text| Some(Self::read(text)))
    }

    fn write(&self, writer: &mut Writer) {
        writer.text(&self.to_string());
    }

    fn shape() -> Shape {
        Shape::Flag
    }
}

impl Content for Timestamp {
    fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError> {
        cursor.text().map(|text| Some(Self(text.to_owned())))
    }

    fn write(&self, writer: &mut Writer) {
        writer.text(&self.0);
    }

    fn shape() -> Shape {
        Shape::Text
    }
}
