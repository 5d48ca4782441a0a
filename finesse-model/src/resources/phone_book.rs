//! Phone books and their contacts.

use crate::content::Content;
use crate::cursor::Cursor;
use crate::error::DecodeError;
use crate::list::{List, read_item};
use crate::open_enum::open_enum;
use crate::resource::resource;
use crate::schema::Shape;
use crate::writer::Writer;

open_enum! {
    /// Who sees a phone book.
    PhoneBookType {
        /// Everybody.
        Global = "GLOBAL",
        /// The teams it is assigned to.
        Team = "TEAM",
    }
}

resource! {
    /// A phone book.
    PhoneBook {
        uri: String = "uri",
        /// At most 64 characters.
        name: String = "name",
        r#type: PhoneBookType = "type",
        contacts: ContactsOf = "contacts",
    }
}

/// The contacts of a phone book: only where they are (configuration), or the contacts themselves (agents' books).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactsOf {
    /// URI of the list.
    Uri(String),
    /// The contacts.
    Inline(List<Contact>),
}

impl Content for ContactsOf {
    fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError> {
        let mut contacts = List::default();
        let uri = cursor.text_and_children(|cursor, tag| read_item(&mut contacts, cursor, tag))?;
        let inline = uri.is_empty() || !contacts.items.is_empty() || !contacts.rejected.is_empty();
        Ok(Some(if inline { Self::Inline(contacts) } else { Self::Uri(uri) }))
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Uri(uri) => writer.text(uri),
            Self::Inline(contacts) => contacts.write(writer),
        }
    }

    fn shape() -> Shape {
        Shape::TextOr(Box::new(List::<Contact>::shape()))
    }

    fn rejected<'a>(&'a self, into: &mut Vec<&'a DecodeError>) {
        if let Self::Inline(contacts) = self {
            contacts.rejected(into);
        }
    }
}

impl serde::Serialize for ContactsOf {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Uri(uri) => serializer.serialize_str(uri),
            Self::Inline(contacts) => contacts.serialize(serializer),
        }
    }
}

resource! {
    /// A contact.
    Contact {
        uri: String = "uri",
        /// At most 128 characters.
        first_name: String = "firstName",
        /// At most 128 characters.
        last_name: String = "lastName",
        /// 1 to 32 characters.
        phone_number: String = "phoneNumber",
        /// At most 128 characters.
        description: String = "description",
    }
}
