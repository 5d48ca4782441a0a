//! Walks through a document element by element, without building a tree.
//!
//! Invariants: elements nested deeper than [`MAX_DEPTH`] are an error, so nothing recurses without bound; every element that is
//! opened is read to its end; nothing is copied but what is kept.

use quick_xml::Reader;
use quick_xml::errors::{Error as XmlError, IllFormedError, SyntaxError};
use quick_xml::events::{BytesRef, Event};

use crate::element::{Element, Extra};
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::scalar::{Scalar, Timestamp};

/// Deeper than any document of Finesse (about ten), shallow enough for any stack.
const MAX_DEPTH: usize = 64;
/// The largest document that is read. A list of 6,000 users is about 10 MB.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Reads an object out of the element that the cursor has just opened, to its end.
pub(crate) trait Read: Sized {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError>;
}

pub(crate) struct Cursor<'a> {
    reader: Reader<&'a [u8]>,
    depth: usize,
    /// Attributes of the element opened last, raw.
    attributes: String,
}

impl<'a> Cursor<'a> {
    /// Opens the root element; returns its local name.
    pub(crate) fn open(text: &'a str) -> Result<(Self, String), DecodeError> {
        sniff(text)?;
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut cursor = Self { reader, depth: 0, attributes: String::new() };
        loop {
            match cursor.event()? {
                Event::Start(start) => {
                    let name = start.local_name().into_inner().to_owned();
                    cursor.depth = 1;
                    return Ok((cursor, name));
                }
                Event::Eof => return Err(cursor.error(Kind::NotXml, "there is no element in it")),
                Event::Text(content) if !content.trim().is_empty() => {
                    return Err(cursor.error(Kind::NotXml, "text before the first element"));
                }
                _ => {}
            }
        }
    }

    /// Opens the next child of the current element; `None` when that element ends (and is thereby left).
    pub(crate) fn child(&mut self) -> Result<Option<String>, DecodeError> {
        loop {
            match self.event()? {
                Event::Start(start) => {
                    let name = start.local_name().into_inner().to_owned();
                    self.attributes.clear();
                    self.attributes.push_str(start.attributes_raw());
                    self.enter()?;
                    return Ok(Some(name));
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(None);
                }
                Event::Eof => return Err(self.error(Kind::Truncated, "the document ends inside an element")),
                _ => {}
            }
        }
    }

    /// An attribute of the element that was opened last.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let raw = self.attributes.as_str();
        let mut attributes = quick_xml::events::attributes::Attributes::new(raw, 0);
        let found = attributes
            .with_checks(false)
            .flatten()
            .find(|attribute| attribute.key.local_name().into_inner() == name)?;
        Some(
            quick_xml::escape::unescape(&found.value)
                .map_or_else(|_| found.value.to_string(), |value| value.into_owned()),
        )
    }

    /// The text of the current element, which is thereby left. Elements inside are skipped.
    pub(crate) fn text(&mut self) -> Result<String, DecodeError> {
        let mut text = String::new();
        loop {
            match self.event()? {
                Event::Text(part) => text.push_str(&part.xml10_content()),
                Event::CData(part) => text.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) => self.resolve(&reference, &mut text)?,
                Event::Start(_) => {
                    self.enter()?;
                    self.skip()?;
                }
                Event::End(_) => {
                    self.depth -= 1;
                    let trimmed = text.trim();
                    if trimmed.len() != text.len() {
                        text = trimmed.to_owned();
                    }
                    return Ok(text);
                }
                Event::Eof => return Err(self.error(Kind::Truncated, "the document ends inside an element")),
                _ => {}
            }
        }
    }

    pub(crate) fn number(&mut self) -> Result<Scalar<i64>, DecodeError> {
        Ok(Scalar::read(&self.text()?))
    }

    pub(crate) fn flag(&mut self) -> Result<Scalar<bool>, DecodeError> {
        Ok(Scalar::read(&self.text()?))
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, DecodeError> {
        Ok(Timestamp(self.text()?))
    }

    /// The objects in the current collection whose element has this name, in any case; others are skipped.
    pub(crate) fn list<T: Read>(&mut self, item: &str) -> Result<Vec<T>, DecodeError> {
        let mut items = Vec::new();
        while let Some(name) = self.child()? {
            if name.eq_ignore_ascii_case(item) { items.push(T::read(self)?) } else { self.skip()? }
        }
        Ok(items)
    }

    /// The texts in the current collection.
    pub(crate) fn texts(&mut self, item: &str) -> Result<Vec<String>, DecodeError> {
        let mut items = Vec::new();
        while let Some(name) = self.child()? {
            if name.eq_ignore_ascii_case(item) { items.push(self.text()?) } else { self.skip()? }
        }
        Ok(items)
    }

    /// Leaves the current element without looking.
    pub(crate) fn skip(&mut self) -> Result<(), DecodeError> {
        let outside = self.depth - 1;
        while self.depth > outside {
            match self.event()? {
                Event::Start(_) => self.enter()?,
                Event::End(_) => self.depth -= 1,
                Event::Eof => return Err(self.error(Kind::Truncated, "the document ends inside an element")),
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps an element that the model does not know.
    pub(crate) fn keep(&mut self, name: String, extra: &mut Extra) -> Result<(), DecodeError> {
        let element = self.element(name)?;
        extra.push(element);
        Ok(())
    }

    /// The current element as a tree.
    pub(crate) fn element(&mut self, name: String) -> Result<Element, DecodeError> {
        let mut element = Element { name, text: String::new(), children: Vec::new() };
        loop {
            match self.event()? {
                Event::Text(part) => element.text.push_str(&part.xml10_content()),
                Event::CData(part) => element.text.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) => self.resolve(&reference, &mut element.text)?,
                Event::Start(start) => {
                    let name = start.local_name().into_inner().to_owned();
                    self.enter()?;
                    element.children.push(self.element(name)?);
                }
                Event::End(_) => {
                    self.depth -= 1;
                    element.text = element.text.trim().to_owned();
                    return Ok(element);
                }
                Event::Eof => return Err(self.error(Kind::Truncated, "the document ends inside an element")),
                _ => {}
            }
        }
    }

    /// Checks that nothing but white space and comments follows the root.
    pub(crate) fn finish(mut self) -> Result<(), DecodeError> {
        loop {
            match self.event()? {
                Event::Eof => return Ok(()),
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Comment(_) | Event::PI(_) => {}
                _ => return Err(self.error(Kind::Syntax, "something follows the end of the document")),
            }
        }
    }

    pub(crate) fn error(&self, kind: Kind, message: impl Into<String>) -> DecodeError {
        DecodeError::new(kind, message).at(self.position())
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn enter(&mut self) -> Result<(), DecodeError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(Kind::TooDeep, format!("elements are nested deeper than {MAX_DEPTH}")));
        }
        Ok(())
    }

    fn resolve(&self, reference: &BytesRef<'_>, text: &mut String) -> Result<(), DecodeError> {
        let name = reference.xml10_content();
        match reference.resolve_char_ref() {
            Ok(Some(character)) => text.push(character),
            Ok(None) => match quick_xml::escape::resolve_predefined_entity(&name) {
                Some(resolved) => text.push_str(resolved),
                None => return Err(self.error(Kind::Syntax, format!("the entity &{name}; is not known"))),
            },
            // CTI data may hold characters that XML cannot express; one of them must not cost the whole document.
            Err(_) => text.push('\u{FFFD}'),
        }
        Ok(())
    }

    fn event(&mut self) -> Result<Event<'a>, DecodeError> {
        self.reader.read_event().map_err(|error| {
            let at = usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX);
            let kind = match &error {
                XmlError::IllFormed(IllFormedError::MissingEndTag(_)) => Kind::Truncated,
                XmlError::Syntax(
                    SyntaxError::UnclosedTag
                    | SyntaxError::UnclosedCData
                    | SyntaxError::UnclosedComment
                    | SyntaxError::UnclosedXmlDecl
                    | SyntaxError::UnclosedSingleQuotedAttributeValue
                    | SyntaxError::UnclosedDoubleQuotedAttributeValue,
                ) => Kind::Truncated,
                _ => Kind::Syntax,
            };
            let what =
                if kind == Kind::Truncated { "the document is cut off" } else { "not well-formed XML" };
            DecodeError::new(kind, format!("{what}: {error}")).at(at)
        })
    }
}

/// Recognises what is certainly not a Finesse document by its first character or element.
fn sniff(text: &str) -> Result<(), DecodeError> {
    if text.len() > MAX_BYTES {
        return Err(DecodeError::new(
            Kind::TooLarge,
            format!("larger than {} MiB, which no document of Finesse is", MAX_BYTES >> 20),
        ));
    }
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    let start: String = text.chars().take(15).collect::<String>().to_ascii_lowercase();
    match start.chars().next() {
        None => Err(DecodeError::new(Kind::Empty, "there is nothing in it")),
        Some('{' | '[') => {
            Err(DecodeError::new(Kind::Json, "this is JSON, not a document of the REST API").at(0))
        }
        Some('<') if start.starts_with("<!doctype html") || start.starts_with("<html") => {
            Err(DecodeError::new(
                Kind::Html,
                "this is an HTML page, as a proxy or a server without the Finesse application sends",
            )
            .at(0))
        }
        Some('<') => Ok(()),
        Some(_) => Err(DecodeError::new(Kind::NotXml, "this is not XML").at(0)),
    }
}
