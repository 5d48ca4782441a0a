//! Lists as whole documents and in `data`: one bad item does not cost the others.

use serde::{Serialize, Serializer};

use crate::content::Content;
use crate::cursor::Cursor;
use crate::error::DecodeError;
use crate::schema::Shape;
use crate::writer::Writer;

/// The name of a resource's element inside of a list.
pub(crate) trait Item: Content {
    /// The name.
    const NAME: &'static str;
}

/// A list of resources. One that cannot be read stands beside the readable ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T> {
    /// The readable ones, in order.
    pub items: Vec<T>,
    /// What was wrong with the others.
    pub rejected: Vec<DecodeError>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { items: Vec::new(), rejected: Vec::new() }
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, rejected: Vec::new() }
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.items.serialize(serializer)
    }
}

impl<T: Item> Content for List<T> {
    fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError> {
        let mut list = Self::default();
        let outside = cursor.depth();
        while let Some(tag) = cursor.child()? {
            if !tag.name().eq_ignore_ascii_case(T::NAME) {
                cursor.skip()?;
                continue;
            }
            match T::read(cursor) {
                Ok(item) => list.items.extend(item),
                // The document goes on behind an item that is well-formed and makes no sense.
                Err(error) if error.is_of_sense() => {
                    list.rejected.push(error);
                    cursor.leave(outside)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Some(list))
    }

    fn write(&self, writer: &mut Writer) {
        for item in &self.items {
            writer.element(T::NAME, item);
        }
    }

    fn shape() -> Shape {
        Shape::List { item: T::NAME, of: Box::new(T::shape()) }
    }
}
