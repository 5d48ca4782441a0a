//! Walks through a document element by element, without building a tree.
//!
//! Invariants: elements nested deeper than [`MAX_DEPTH`] are an error, so nothing recurses without bound; every element that is
//! opened is read to its end; nothing is copied but what is kept.

use std::borrow::Cow;
use std::str::FromStr;

use quick_xml::Reader;
use quick_xml::errors::{Error as XmlError, IllFormedError, SyntaxError};
use quick_xml::events::{BytesRef, BytesStart, BytesText, Event};

use crate::content::Content;
use crate::element::{Element, Extra};
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::writer::is_legal;

/// Deeper than any document of Finesse (about ten), shallow enough for any stack.
const MAX_DEPTH: usize = 64;
/// The largest document that is read. A list of 6,000 users is about 10 MB.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// A document becomes objects of at most this multiple of its length, and [`SPARE`]: an empty `<User/>` of seven bytes would else
/// become a thousand, and an answer of the largest size a gigabyte. A real list of users stays below its own length.
const MULTIPLE: usize = 8;
/// What a document may take in any case: ten thousand users of whom hardly anything is told.
const SPARE: usize = 16 * 1024 * 1024;

/// The start of an element.
pub(crate) struct Tag<'a>(BytesStart<'a>);

impl Tag<'_> {
    /// The name without a prefix: namespaces differ between releases.
    pub(crate) fn name(&self) -> &str {
        local(self.full_name())
    }

    /// The name as it stands there, which nearly always has no prefix; quicker than [`Tag::name`].
    pub(crate) fn full_name(&self) -> &str {
        self.0.name().into_inner()
    }

    fn is(&self, name: &str) -> bool {
        self.full_name() == name || self.name().eq_ignore_ascii_case(name)
    }

    /// An attribute by its local name.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        self.attributes().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// All attributes that can be read, in order; declarations of namespaces are left out.
    pub(crate) fn attributes(&self) -> Vec<(String, String)> {
        self.0
            .attributes()
            .with_checks(false)
            .flatten()
            .filter(|attribute| !attribute.key.into_inner().starts_with("xmlns"))
            .map(|attribute| {
                let value = quick_xml::escape::unescape(&attribute.value)
                    .map_or_else(|_| attribute.value.to_string(), Cow::into_owned);
                (local(attribute.key.into_inner()).to_owned(), value)
            })
            .collect()
    }
}

/// What stands behind the last colon: a name with several has no meaning in XML, and is read all the same.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

pub(crate) struct Cursor<'a> {
    reader: Reader<&'a [u8]>,
    depth: usize,
    /// Texts that do not stand in one piece in the document are put together here.
    scratch: String,
    /// The text of the last id that was none.
    no_id: Option<String>,
    /// Bytes that objects may still take, beside their texts.
    budget: usize,
}

impl<'a> Cursor<'a> {
    /// Opens the root element.
    pub(crate) fn open(text: &'a str) -> Result<(Self, Tag<'a>), DecodeError> {
        sniff(text)?;
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut cursor = Self {
            reader,
            depth: 0,
            scratch: String::new(),
            no_id: None,
            budget: SPARE + text.len().saturating_mul(MULTIPLE),
        };
        loop {
            match cursor.event()? {
                Event::Start(start) => {
                    cursor.depth = 1;
                    return Ok((cursor, Tag(start)));
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
    ///
    /// This and [`text`](Self::text) read nearly everything. They look at the parser's events where they lie, because moving each through
    /// [`event`](Self::event) costs a fifth.
    pub(crate) fn child(&mut self) -> Result<Option<Tag<'a>>, DecodeError> {
        loop {
            match self.reader.read_event() {
                Ok(Event::Start(start)) => {
                    self.enter()?;
                    return Ok(Some(Tag(start)));
                }
                Ok(Event::End(_)) => {
                    self.depth -= 1;
                    return Ok(None);
                }
                Ok(Event::Eof) => return Err(self.cut_off()),
                Ok(_) => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
    }

    /// The text of the current element, trimmed; the element is thereby left. Elements inside are skipped.
    pub(crate) fn text(&mut self) -> Result<&str, DecodeError> {
        // Nearly every text stands in one piece, and is then lent as it stands.
        let mut whole: Option<&'a str> = None;
        self.scratch.clear();
        loop {
            match self.reader.read_event() {
                Ok(Event::Text(part)) => match (content(part), whole) {
                    (Cow::Borrowed(part), None) if self.scratch.is_empty() => whole = Some(part),
                    (part, first) => {
                        self.scratch.push_str(first.unwrap_or_default());
                        self.scratch.push_str(&part);
                        whole = None;
                    }
                },
                Ok(Event::GeneralRef(reference)) => {
                    self.scratch.push_str(whole.take().unwrap_or_default());
                    if let Some(unknown) = resolve(&reference, &mut self.scratch) {
                        return Err(self.unknown_entity(&unknown));
                    }
                }
                Ok(Event::End(_)) => {
                    self.depth -= 1;
                    return Ok(whole.unwrap_or(&self.scratch).trim());
                }
                Ok(Event::CData(part)) => {
                    self.scratch.push_str(whole.take().unwrap_or_default());
                    self.scratch.push_str(&part.xml10_content());
                }
                Ok(Event::Start(_)) => {
                    self.enter()?;
                    self.skip()?;
                }
                Ok(Event::Eof) => return Err(self.cut_off()),
                Ok(_) => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
    }

    /// The text of the current element with what `child` makes of the elements inside, which it must read to their ends.
    pub(crate) fn text_and_children(
        &mut self,
        mut child: impl FnMut(&mut Self, &Tag<'a>) -> Result<(), DecodeError>,
    ) -> Result<String, DecodeError> {
        let mut text = String::new();
        loop {
            match self.event()? {
                Event::Text(part) => text.push_str(&content(part)),
                Event::CData(part) => text.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) => {
                    if let Some(unknown) = resolve(&reference, &mut text) {
                        return Err(self.unknown_entity(&unknown));
                    }
                }
                Event::Start(start) => {
                    self.enter()?;
                    child(self, &Tag(start))?;
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(text.trim().to_owned());
                }
                Event::Eof => return Err(self.cut_off()),
                _ => {}
            }
        }
    }

    /// An id; `None` for a text that is none, which [`Cursor::fill`] keeps.
    pub(crate) fn id<T: FromStr>(&mut self) -> Result<Option<T>, DecodeError> {
        let text = self.text()?;
        match text.parse() {
            Ok(id) => Ok(Some(id)),
            Err(_) => {
                self.no_id = Some(text.to_owned());
                Ok(None)
            }
        }
    }

    /// Reads the current element into the slot of a field that may stand there once. An id that is none counts as absent; its text is kept
    /// under its name in `extra`.
    pub(crate) fn fill<T: Content>(
        &mut self,
        slot: &mut Option<T>,
        name: &'static str,
        extra: &mut Extra,
    ) -> Result<(), DecodeError> {
        if let Some(first) = slot {
            return match first.add(self)? {
                true => Ok(()),
                false => Err(self.error(Kind::Doubled, format!("<{name}> stands there twice"))),
            };
        }
        self.no_id = None;
        *slot = T::read(self)?;
        if slot.is_none()
            && let Some(text) = self.no_id.take()
        {
            extra.push(Element { name: name.to_owned(), text, ..Element::default() });
        }
        Ok(())
    }

    /// Adds the items of the current collection to the slot of a list. A list may be spread over several collections; what is no item is kept
    /// in `extra` as one more collection of that name.
    pub(crate) fn extend<T: Content>(
        &mut self,
        slot: &mut Option<Vec<T>>,
        item: &str,
        name: &'static str,
        extra: &mut Extra,
    ) -> Result<(), DecodeError> {
        let items = slot.get_or_insert_default();
        let mut unknown = Vec::new();
        while let Some(tag) = self.child()? {
            if tag.is(item) {
                self.spend::<T>()?;
                items.extend(T::read(self)?);
            } else {
                unknown.push(self.element(&tag)?);
            }
        }
        if !unknown.is_empty() {
            extra.push(Element { name: name.to_owned(), children: unknown, ..Element::default() });
        }
        Ok(())
    }

    /// Makes room for one more object, as far as the document may take.
    pub(crate) fn spend<T>(&mut self) -> Result<(), DecodeError> {
        match self.budget.checked_sub(size_of::<T>()) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => {
                Err(self
                    .error(Kind::TooLarge, "it would become far more objects than a document of its length"))
            }
        }
    }

    /// Leaves the current element without looking.
    pub(crate) fn skip(&mut self) -> Result<(), DecodeError> {
        let outside = self.depth - 1;
        self.leave(outside)
    }

    /// Goes on to the end of the element in which as many elements are open.
    pub(crate) fn leave(&mut self, outside: usize) -> Result<(), DecodeError> {
        while self.depth > outside {
            match self.event()? {
                Event::Start(_) => self.depth += 1,
                Event::End(_) => self.depth -= 1,
                Event::Eof => return Err(self.cut_off()),
                _ => {}
            }
        }
        Ok(())
    }

    /// How many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Keeps an element that the model does not know.
    pub(crate) fn keep(&mut self, tag: &Tag<'_>, extra: &mut Extra) -> Result<(), DecodeError> {
        let element = self.element(tag)?;
        extra.push(element);
        Ok(())
    }

    /// The current element as a tree.
    pub(crate) fn element(&mut self, tag: &Tag<'_>) -> Result<Element, DecodeError> {
        self.spend::<Element>()?;
        let mut children = Vec::new();
        let text = self.text_and_children(|cursor, tag| {
            children.push(cursor.element(tag)?);
            Ok(())
        })?;
        Ok(Element { name: tag.name().to_owned(), attributes: tag.attributes(), text, children })
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

    fn cut_off(&self) -> DecodeError {
        self.error(Kind::Truncated, "the document ends inside an element")
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

    #[cold]
    fn unknown_entity(&self, name: &str) -> DecodeError {
        let name: String = name.chars().take(40).collect();
        self.error(Kind::Syntax, format!("the entity &{name}; is not known"))
    }

    #[inline]
    fn event(&mut self) -> Result<Event<'a>, DecodeError> {
        match self.reader.read_event() {
            Ok(event) => Ok(event),
            Err(error) => Err(self.broken(&error)),
        }
    }

    #[cold]
    fn broken(&self, error: &XmlError) -> DecodeError {
        let at = usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX);
        let kind = match error {
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
        let what = if kind == Kind::Truncated { "the document is cut off" } else { "not well-formed XML" };
        DecodeError::new(kind, format!("{what}: {error}")).at(at)
    }
}

/// Adds what a reference stands for; gives its name if nobody knows it.
fn resolve(reference: &BytesRef<'_>, text: &mut String) -> Option<String> {
    if let Some(resolved) = quick_xml::escape::resolve_predefined_entity(reference) {
        text.push_str(resolved);
        return None;
    }
    match reference.resolve_char_ref() {
        Ok(Some(character)) if is_legal(character) => text.push(character),
        Ok(None) => return Some(reference.to_string()),
        // CTI data may hold characters that XML cannot express; one of them must not cost the whole document.
        Ok(Some(_)) | Err(_) => text.push('\u{FFFD}'),
    }
    None
}

/// A text with its line ends as XML wants them. Looking for the carriage return first spares nearly every text the work.
#[inline]
fn content(part: BytesText<'_>) -> Cow<'_, str> {
    if part.as_bytes().contains(&b'\r') { part.xml10_content() } else { part.into_inner() }
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
