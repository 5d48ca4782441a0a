//! Phone books with their contacts, whole or by ranges of contacts.

use std::future::IntoFuture;

use finesse_model::request::RequestError;
use finesse_model::{ContactsOf, List, PhoneBook};
use http::HeaderValue;
use http::header::RANGE;

use crate::client::{Boxed, Client};
use crate::error::{Error, ErrorKind};
use crate::plan::Plan;

/// There are never more contacts than this in what one user sees.
const MOST: u32 = 6000;
/// What the server says to a part of the whole.
const PARTIAL: u16 = 206;

/// A range of contacts, counted from 1 over all books, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectRange {
    first: u32,
    last: u32,
}

impl ObjectRange {
    /// A range within 1 to 6000.
    ///
    /// # Errors
    ///
    /// It is empty or goes beyond.
    pub fn new(first: u32, last: u32) -> Result<Self, RequestError> {
        if first == 0 || last < first || last > MOST {
            let why = format!("{first} to {last} is no range of contacts within 1 to {MOST}");
            return Err(RequestError::new("Range", why));
        }
        Ok(Self { first, last })
    }

    /// The first.
    #[must_use]
    pub fn first(self) -> u32 {
        self.first
    }

    /// The last.
    #[must_use]
    pub fn last(self) -> u32 {
        self.last
    }
}

/// A read of phone books under construction: awaiting it gives one page, [`PhoneBooks::pages`] gives them all.
#[derive(Debug, Clone)]
#[must_use = "nothing is read before it is awaited"]
pub struct PhoneBooks<'a> {
    client: &'a Client,
    operation: String,
    path: Result<String, RequestError>,
    range: Result<Option<ObjectRange>, RequestError>,
}

impl<'a> PhoneBooks<'a> {
    pub(super) fn new(client: &'a Client, operation: String, path: Result<String, RequestError>) -> Self {
        Self { client, operation, path, range: Ok(None) }
    }

    /// Only these contacts, 1 to 6000. Needed before 12.6(2).
    pub fn range(mut self, first: u32, last: u32) -> Self {
        self.range = ObjectRange::new(first, last).map(Some);
        self
    }

    /// Page by page, each of this many contacts.
    #[must_use]
    pub fn pages(self, size: u32) -> Pages<'a> {
        Pages { books: self, size: size.clamp(1, MOST), next: Some(1) }
    }
}

impl<'a> IntoFuture for PhoneBooks<'a> {
    type Output = Result<Page, Error>;
    type IntoFuture = Boxed<'a, Page>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { client, operation, path, range } = self;
            let asked = range.clone().ok().flatten();
            let plan = range.and_then(|range| {
                let plan = Plan::get(path?);
                let Some(range) = range else { return Ok(plan) };
                // Digits and ASCII words are always good in a header.
                let value = HeaderValue::try_from(format!("objects={}-{}", range.first, range.last))
                    .map_err(|error| RequestError::new("Range", error.to_string()))?;
                Ok(plan.header(RANGE, value))
            });
            let answer = client.ask(plan, &operation, None).await?;
            let books = client.decode(&operation, &answer, List::<PhoneBook>::from_xml)?;
            Ok(Page { books, partial: answer.status == PARTIAL, range: asked })
        })
    }
}

/// A part of somebody's phone books.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The books, with the contacts of this page; one book may go on in the next page.
    pub books: List<PhoneBook>,
    /// Whether the server says that this is not all (206).
    pub partial: bool,
    /// What was asked for.
    pub range: Option<ObjectRange>,
}

impl Page {
    /// How many contacts are in it, those too that could not be read.
    #[must_use]
    pub fn contacts(&self) -> usize {
        let count = |book: &PhoneBook| match &book.contacts {
            Some(ContactsOf::Inline(contacts)) => contacts.len() + contacts.rejected.len(),
            _ => 0,
        };
        self.books.items.iter().map(count).sum()
    }
}

/// Pages one after the other. The end is told by a page that is whole (200), empty or shorter than asked for, by 416, and by the limit of 6000.
#[derive(Debug)]
pub struct Pages<'a> {
    books: PhoneBooks<'a>,
    size: u32,
    next: Option<u32>,
}

impl Pages<'_> {
    /// The next page; `None` after the last, and after an error.
    pub async fn next(&mut self) -> Option<Result<Page, Error>> {
        let first = self.next.take()?;
        let last = first.saturating_add(self.size - 1).min(MOST);
        match self.books.clone().range(first, last).await {
            Ok(page) => {
                let wanted = usize::try_from(last - first + 1).unwrap_or(usize::MAX);
                if page.partial && page.contacts() >= wanted && last < MOST {
                    self.next = Some(last + 1);
                }
                Some(Ok(page))
            }
            // The page before was full to the brim.
            Err(error) if error.kind() == ErrorKind::OutOfRange && first > 1 => None,
            Err(error) => Some(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else a full page with a bad contact would be taken for the last.
    #[test]
    fn a_page_counts_contacts_that_could_not_be_read() {
        let books = finesse_model::PhoneBooks::from_xml(
            "<PhoneBooks><PhoneBook><name>n</name><contacts><Contact><firstName>a</firstName></Contact>\
             <Contact><firstName>a</firstName><firstName>b</firstName></Contact></contacts></PhoneBook></PhoneBooks>",
        )
        .unwrap();
        assert_eq!(Page { books, partial: true, range: None }.contacts(), 2);
    }

    #[test]
    fn ranges_lie_within_1_to_6000() {
        assert!(ObjectRange::new(1, 6000).is_ok() && ObjectRange::new(7, 7).is_ok());
        for (first, last) in [(0, 5), (6, 5), (1, 6001)] {
            assert_eq!(ObjectRange::new(first, last).unwrap_err().field(), "Range");
        }
    }
}
