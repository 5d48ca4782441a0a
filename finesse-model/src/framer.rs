//! Finds the ends of the children of a root element in a stream of bytes, without building a tree.
//!
//! An XMPP stream is one long document whose children are the stanzas; a list of 6,000 users is one whose children are the users. Either
//! is read child by child: [`Framer::find`] says where the next piece ends, the caller takes it out of its own buffer and parses it alone.
//! The framer holds no bytes; it looks at tags, quotes and nesting, and leaves names, attributes and entities to the parser.
//!
//! | place | bytes | piece |
//! |---|---|---|
//! | before the root | byte order mark, white space, XML declaration | `Blank` |
//! | before the root | start tag | `Root`; an empty one is followed by `End` |
//! | inside the root | white space; under [`Rules::Document`] also text, comments, instructions | `Blank` |
//! | inside the root | an element, whole | `Child` |
//! | inside the root | the root's end tag | `End` |
//! | after the end | anything | `Blank` |
//!
//! Invariants: however the bytes are cut, the same pieces come out; every byte is looked at once, so a hostile peer that sends them one by
//! one costs no more than any other; no more than `cap` bytes and what arrived with them are ever asked to be kept; nothing panics.

use std::ops::Range;

use memchr::{memchr, memmem};
use quick_xml::Reader;
use quick_xml::events::Event;
use quick_xml::name::PrefixDeclaration;

/// Deepest nesting of a child. Real ones, with an unescaped update inside of a stanza, reach about fifteen.
pub const MAX_DEPTH: usize = 64;

/// Most declarations that are kept of one root. Real ones have up to five.
const MAX_NAMESPACES: usize = 64;

/// What may stand in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// An XMPP stream: no comments, CDATA, processing instructions or document types, and only white space between stanzas.
    Stream,
    /// A document of HTTP: comments, instructions and text around the children are skipped. A document type is refused.
    Document,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// The root's start tag.
    Root,
    /// One child, from its start tag to its end tag.
    Child,
    /// The root's end tag. Of an empty root the range is empty.
    End,
    /// Nothing of interest.
    Blank,
}

/// A piece and where it stands. The caller drops everything up to the end of the range before it asks again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub piece: Piece,
    /// Where it stands in the bytes that were given.
    pub range: Range<usize>,
}

/// Why the bytes are refused. Nothing can be found after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FramingError {
    /// The first byte begins no XML.
    #[error("not xml: the first byte begins no element")]
    NotXml,
    /// A construct that the rules forbid.
    #[error("{0} is not allowed")]
    Forbidden(&'static str),
    /// No XML can look so.
    #[error("malformed xml: {0}")]
    Malformed(&'static str),
    /// One piece is larger than the cap.
    #[error("one element is larger than the cap of {cap} bytes")]
    TooLarge {
        /// The cap in bytes.
        cap: usize,
    },
    /// One child is nested deeper than [`MAX_DEPTH`].
    #[error("elements nested deeper than {MAX_DEPTH}")]
    TooDeep,
}

/// The namespaces that a root declares, so that a child can be parsed alone. A child inherits them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Namespaces(Vec<(String, String)>);

impl Namespaces {
    /// Only a default namespace, for elements that come without a root.
    #[must_use]
    pub fn with_default(namespace: &str) -> Self {
        Self(vec![(String::new(), namespace.to_owned())])
    }

    /// Reads the declarations of a start tag. What cannot be read declares nothing.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        let mut declared = Vec::new();
        if let Ok(Event::Start(start) | Event::Empty(start)) = Reader::from_str(tag).read_event() {
            for attribute in start.attributes().with_checks(false).flatten() {
                if declared.len() == MAX_NAMESPACES {
                    break;
                }
                let prefix = match attribute.key.as_namespace_binding() {
                    Some(PrefixDeclaration::Default) => "",
                    Some(PrefixDeclaration::Named(prefix)) => prefix,
                    None => continue,
                };
                if let Ok(namespace) = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0) {
                    declared.push((prefix.to_owned(), namespace.into_owned()));
                }
            }
        }
        Self(declared)
    }

    /// The namespace of elements without a prefix.
    #[must_use]
    pub fn default_namespace(&self) -> Option<&str> {
        self.namespace("")
    }

    /// The namespace of this prefix; the empty one is the default.
    #[must_use]
    pub fn namespace(&self, prefix: &str) -> Option<&str> {
        self.0.iter().find(|(one, _)| one == prefix).map(|(_, namespace)| namespace.as_str())
    }
}

/// Where in the markup the scan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Markup {
    /// In text.
    None,
    /// At a `<` whose kind is not known yet.
    Undecided,
    /// In a tag, perhaps inside of quotes.
    Tag(Option<u8>),
    /// In a comment, CDATA section or instruction, up to this end.
    Until(&'static [u8]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    BeforeRoot,
    Inside,
    /// The root was an empty element; its end was not told yet.
    EmptyRoot,
    Over,
}

/// See the [module](self).
#[derive(Debug, Clone)]
pub struct Framer {
    rules: Rules,
    cap: usize,
    phase: Phase,
    markup: Markup,
    /// Open elements below the root.
    depth: usize,
    /// Where the current piece begins, once something of it was seen.
    start: Option<usize>,
    /// The `<` of the current markup.
    open: usize,
    /// Up to here the bytes were looked at.
    at: usize,
    root: Vec<u8>,
    namespaces: Namespaces,
    failed: Option<FramingError>,
    /// Something was found already, so no byte order mark may follow.
    begun: bool,
}

impl Framer {
    /// A framer at the beginning of a document. No piece may have more than `cap` bytes.
    #[must_use]
    pub fn new(rules: Rules, cap: usize) -> Self {
        Self {
            rules,
            cap,
            phase: Phase::BeforeRoot,
            markup: Markup::None,
            depth: 0,
            start: None,
            open: 0,
            at: 0,
            root: Vec::new(),
            namespaces: Namespaces::default(),
            failed: None,
            begun: false,
        }
    }

    /// The namespaces that the root declares; empty before it was found.
    #[must_use]
    pub fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// True after the end of the root.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// True while a piece has begun and is not whole.
    #[must_use]
    pub fn is_inside_a_piece(&self) -> bool {
        self.start.is_some()
    }

    /// The next piece. `bytes` begin where the last piece ended; `None` asks for the same bytes again with more behind them.
    ///
    /// # Errors
    /// The bytes break the rules or the bounds; asked again, it says the same.
    pub fn find(&mut self, bytes: &[u8]) -> Result<Option<Found>, FramingError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let found = self.scan(bytes);
        match &found {
            Ok(Some(found)) => {
                self.start = None;
                self.markup = Markup::None;
                self.at = 0;
                self.begun |= found.range.end > 0;
                if found.range.len() > self.cap && found.piece != Piece::Blank {
                    return self.fail(FramingError::TooLarge { cap: self.cap });
                }
            }
            Ok(None) => {
                let begun = self.start.unwrap_or(bytes.len());
                if bytes.len().saturating_sub(begun) > self.cap {
                    return self.fail(FramingError::TooLarge { cap: self.cap });
                }
            }
            Err(error) => self.failed = Some(*error),
        }
        found
    }

    fn fail(&mut self, error: FramingError) -> Result<Option<Found>, FramingError> {
        self.failed = Some(error);
        Err(error)
    }

    fn scan(&mut self, bytes: &[u8]) -> Result<Option<Found>, FramingError> {
        match self.phase {
            Phase::EmptyRoot => {
                self.phase = Phase::Over;
                return Ok(Some(Found { piece: Piece::End, range: 0..0 }));
            }
            Phase::Over => return Ok(blank(bytes.len())),
            Phase::BeforeRoot | Phase::Inside => {}
        }
        loop {
            match self.markup {
                Markup::None => match self.start {
                    Some(_) => {
                        let Some(offset) = memchr(b'<', rest(bytes, self.at)) else {
                            self.at = bytes.len();
                            return Ok(None);
                        };
                        self.open = self.at + offset;
                        self.markup = Markup::Undecided;
                    }
                    None => match self.between(bytes)? {
                        Between::Blank => return Ok(blank(bytes.len())),
                        Between::Cut => return Ok(None),
                        Between::Tag(open) => {
                            (self.start, self.open, self.markup) = (Some(open), open, Markup::Undecided);
                        }
                    },
                },
                Markup::Undecided => match self.decide(rest(bytes, self.open))? {
                    Some(markup) => {
                        self.markup = markup;
                        self.at = self.open + 1;
                    }
                    None => return Ok(None),
                },
                Markup::Tag(quote) => match tag_end(rest(bytes, self.at), quote)? {
                    Ok(offset) => {
                        let end = self.at + offset + 1;
                        self.at = end;
                        self.markup = Markup::None;
                        if let Some(piece) = self.tag(bytes.get(self.open..end).unwrap_or_default())? {
                            return Ok(Some(Found { piece, range: self.start.unwrap_or(0)..end }));
                        }
                    }
                    Err(quote) => {
                        self.markup = Markup::Tag(quote);
                        self.at = bytes.len();
                        return Ok(None);
                    }
                },
                Markup::Until(end) => {
                    let Some(offset) = memmem::find(rest(bytes, self.at), end) else {
                        // The end itself may be cut in two.
                        self.at = self.at.max(bytes.len().saturating_sub(end.len() - 1));
                        return Ok(None);
                    };
                    self.at += offset + end.len();
                    self.markup = Markup::None;
                    if self.at - self.start.unwrap_or(0) > self.cap {
                        return Err(FramingError::TooLarge { cap: self.cap });
                    }
                    if self.depth == 0 {
                        return Ok(blank(self.at));
                    }
                }
            }
        }
    }

    /// Skips what stands between children.
    fn between(&self, bytes: &[u8]) -> Result<Between, FramingError> {
        if self.phase == Phase::Inside && self.rules == Rules::Document {
            return Ok(memchr(b'<', bytes).map_or(Between::Blank, Between::Tag));
        }
        const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
        let mut skip = 0;
        if !self.begun && self.phase == Phase::BeforeRoot && bytes.starts_with(&BYTE_ORDER_MARK[..1]) {
            if bytes.starts_with(BYTE_ORDER_MARK) {
                skip = BYTE_ORDER_MARK.len();
            } else if BYTE_ORDER_MARK.starts_with(bytes) {
                return Ok(Between::Cut);
            }
        }
        let first = rest(bytes, skip).iter().position(|byte| !byte.is_ascii_whitespace());
        match first.map(|offset| (skip + offset, bytes.get(skip + offset))) {
            None => Ok(Between::Blank),
            Some((at, Some(b'<'))) => Ok(Between::Tag(at)),
            Some(_) if self.phase == Phase::BeforeRoot => Err(FramingError::NotXml),
            Some(_) => Err(FramingError::Malformed("text between elements")),
        }
    }

    /// What the `<` at the front begins; `None` if that cannot be said yet.
    fn decide(&self, markup: &[u8]) -> Result<Option<Markup>, FramingError> {
        let Some(second) = markup.get(1) else { return Ok(None) };
        match second {
            b'/' | b'_' | b':' | 0x80.. => Ok(Some(Markup::Tag(None))),
            letter if letter.is_ascii_alphabetic() => Ok(Some(Markup::Tag(None))),
            b'?' if self.rules == Rules::Document => Ok(Some(Markup::Until(b"?>"))),
            b'?' if self.phase == Phase::BeforeRoot && markup.starts_with(b"<?xml") => {
                Ok(Some(Markup::Until(b"?>")))
            }
            b'?' if self.phase == Phase::BeforeRoot && b"<?xml".starts_with(markup) => Ok(None),
            b'?' => Err(FramingError::Forbidden("a processing instruction")),
            b'!' => self.decide_declaration(markup),
            _ => Err(FramingError::Malformed("no name after <")),
        }
    }

    fn decide_declaration(&self, markup: &[u8]) -> Result<Option<Markup>, FramingError> {
        const FORMS: [(&[u8], &[u8], &str); 2] =
            [(b"<!--", b"-->", "a comment"), (b"<![CDATA[", b"]]>", "a CDATA section")];
        for (begin, end, name) in FORMS {
            if markup.starts_with(begin) {
                let section = name != "a comment";
                return match self.rules {
                    Rules::Stream => Err(FramingError::Forbidden(name)),
                    Rules::Document if section && self.phase == Phase::BeforeRoot => {
                        Err(FramingError::Malformed("text before the root"))
                    }
                    Rules::Document => Ok(Some(Markup::Until(end))),
                };
            }
            if begin.starts_with(markup) {
                return Ok(None);
            }
        }
        Err(FramingError::Forbidden("a document type"))
    }

    /// A tag is whole.
    fn tag(&mut self, tag: &[u8]) -> Result<Option<Piece>, FramingError> {
        let closing = tag.get(1) == Some(&b'/');
        let empty = !closing && tag.ends_with(b"/>");
        match (self.phase, closing, self.depth) {
            (Phase::BeforeRoot, true, _) => Err(FramingError::Malformed("an end tag before the root")),
            (Phase::BeforeRoot, false, _) => {
                self.root = name_of(rest(tag, 1)).to_vec();
                self.namespaces = std::str::from_utf8(tag).map(Namespaces::of_tag).unwrap_or_default();
                self.phase = if empty { Phase::EmptyRoot } else { Phase::Inside };
                Ok(Some(Piece::Root))
            }
            (_, true, 0) => {
                if name_of(rest(tag, 2)) != self.root {
                    return Err(FramingError::Malformed("an end tag without a beginning"));
                }
                self.phase = Phase::Over;
                Ok(Some(Piece::End))
            }
            (_, true, _) => {
                self.depth -= 1;
                Ok((self.depth == 0).then_some(Piece::Child))
            }
            (_, false, depth) if empty => Ok((depth == 0).then_some(Piece::Child)),
            (_, false, MAX_DEPTH..) => Err(FramingError::TooDeep),
            (_, false, _) => {
                self.depth += 1;
                Ok(None)
            }
        }
    }
}

/// What stands at the front, between children.
enum Between {
    /// Nothing but blanks, or nothing at all.
    Blank,
    /// Something that was cut and cannot be told apart yet.
    Cut,
    /// Markup begins here.
    Tag(usize),
}

/// The offset of the `>` outside of quotes, or the quote that is open at the end.
fn tag_end(bytes: &[u8], mut quote: Option<u8>) -> Result<Result<usize, Option<u8>>, FramingError> {
    for (offset, byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            (None, b'>') => return Ok(Ok(offset)),
            (None, b'<') => return Err(FramingError::Malformed("< inside of a tag")),
            _ => {}
        }
    }
    Ok(Err(quote))
}

/// The name at the front of what follows `<` or `</`.
fn name_of(tag: &[u8]) -> &[u8] {
    let end = tag.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'));
    tag.get(..end.unwrap_or(tag.len())).unwrap_or_default()
}

fn rest(bytes: &[u8], from: usize) -> &[u8] {
    bytes.get(from..).unwrap_or_default()
}

/// All of the bytes, if there are any.
fn blank(length: usize) -> Option<Found> {
    (length > 0).then_some(Found { piece: Piece::Blank, range: 0..length })
}

#[cfg(test)]
#[path = "framer_tests.rs"]
mod tests;
