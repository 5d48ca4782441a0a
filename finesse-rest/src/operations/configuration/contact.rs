//! Contacts of a phone book. At most 6,000 in a book and 50,000 in all.

use std::fmt;

use finesse_model::Contact;

use super::{Collection, Configuration};

impl<'a> Configuration<'a> {
    /// The contacts of a phone book.
    #[must_use]
    pub fn contacts(&self, phone_book: impl fmt::Display) -> Collection<'a, Contact> {
        self.collection(vec![String::from("PhoneBook"), phone_book.to_string()])
    }
}
