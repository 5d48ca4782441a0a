//! Lists as whole documents and in `data`: one bad item does not cost the others.

use serde::{Serialize, Serializer};

use crate::content::Content;
use crate::cursor::{Cursor, Tag};
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

/// The readable ones.
impl<T> std::ops::Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
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

/// Reads the element that the cursor has just opened inside of a list. The document goes on behind an item that is well-formed and makes
/// no sense.
pub(crate) fn read_item<T: Item>(
    list: &mut List<T>,
    cursor: &mut Cursor<'_>,
    tag: &Tag<'_>,
) -> Result<(), DecodeError> {
    if !tag.name().eq_ignore_ascii_case(T::NAME) {
        return cursor.skip();
    }
    let outside = cursor.depth() - 1;
    cursor.spend::<T>()?;
    match T::read(cursor) {
        Ok(item) => list.items.extend(item),
        Err(error) if error.is_of_sense() => {
            list.rejected.push(error);
            cursor.leave(outside)?;
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

impl<T: Item> Content for List<T> {
    fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError> {
        let mut list = Self::default();
        list.add(cursor)?;
        Ok(Some(list))
    }

    /// A list may be spread over several collections.
    fn add(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, DecodeError> {
        while let Some(tag) = cursor.child()? {
            read_item(self, cursor, &tag)?;
        }
        Ok(true)
    }

    fn write(&self, writer: &mut Writer) {
        for item in &self.items {
            writer.element(T::NAME, item);
        }
    }

    fn shape() -> Shape {
        Shape::List { item: T::NAME, of: Box::new(T::shape()) }
    }

    fn rejected<'a>(&'a self, into: &mut Vec<&'a DecodeError>) {
        into.extend(&self.rejected);
        self.items.iter().for_each(|item| item.rejected(into));
    }
}
