//! What one frame says to a session: the only way from the text of a stanza to what the session takes, whatever the framing.
//!
//! Notifications are read straight from the text, because they are nearly all of the traffic and a tree of one costs more than everything
//! else together. The quick reader takes the ordinary form only (`message` / `event` / `items` / `item` / `notification` with escaped text)
//! and gives up on anything else; then the same is read from a tree. Invariant: whatever the quick reader says, the tree says too.

use std::ops::Range;

use memchr::memchr;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::items::{self, Said};
use super::unescape::unescape;
use crate::error::{EndCause, LinkError};
use crate::stanza::{Frame, Stanza, StanzaError};

/// One frame, understood as far as its kind.
#[derive(Debug)]
pub(crate) enum Inbound {
    /// A message with pubsub events in it.
    Message(Message),
    /// Anything else.
    Stanza(Stanza),
}

/// A message with pubsub events in it.
#[derive(Debug, PartialEq)]
pub(crate) struct Message {
    pub(crate) from: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) said: Vec<Said>,
}

/// Reads the frames of one link.
#[derive(Debug, Default)]
pub(crate) struct InboundReader {
    /// The unescaped payloads of the message that is being read. Kept, because asking for some kilobytes anew with each event makes the
    /// allocator tidy up everything that the last event left.
    payloads: Vec<u8>,
}

impl InboundReader {
    /// What is kept between frames, in bytes: more than an ordinary event needs, and little beside a link.
    const KEPT: usize = 16 << 10;

    /// What the frame says.
    ///
    /// # Errors
    /// It cannot be read. That ends the stream, because nobody can say what was in it.
    pub(crate) fn read(&mut self, frame: &Frame) -> Result<Inbound, LinkError> {
        let quick = quick(frame.as_str(), &mut self.payloads);
        self.payloads.clear();
        self.payloads.shrink_to(Self::KEPT);
        if let Some(message) = quick {
            return Ok(Inbound::Message(message));
        }
        let stanza = frame.parse().map_err(|error| refused(&error))?;
        Ok(match from_tree(&stanza) {
            Some(message) => Inbound::Message(message),
            None => Inbound::Stanza(stanza),
        })
    }
}

fn refused(error: &StanzaError) -> LinkError {
    let kind = match error {
        StanzaError::TooDeep | StanzaError::TooMany => EndCause::TooLarge,
        _ => EndCause::Protocol,
    };
    LinkError::new(kind, format!("refused a stanza: {error}"))
}

fn from_tree(stanza: &Stanza) -> Option<Message> {
    if stanza.name() != "message" || stanza.child("event").is_none() {
        return None;
    }
    Some(Message {
        from: stanza.attribute("from").map(str::to_owned),
        kind: stanza.attribute("type").map(str::to_owned),
        said: items::read_message(stanza),
    })
}

/// Panics if the two ways to read a message disagree.
#[cfg(all(any(test, feature = "fuzzing"), feature = "tcp", feature = "bosh"))]
pub(crate) fn check_readers(text: &str) {
    let tree = Frame::new(text).parse().ok().as_ref().and_then(from_tree);
    if let (Some(quick), Some(tree)) = (quick(text, &mut Vec::new()), tree) {
        assert_eq!(quick, tree, "{text}");
    }
}

/// One notification in the ordinary form, before it is known whether the message was kept for later.
struct Item {
    node: String,
    id: Option<String>,
    /// Where its payload stands among the unescaped ones.
    payload: Range<usize>,
}

/// Reads a message of the ordinary form; `None` for everything else, be it wrong or merely unusual. Its payloads are put into `payloads`.
fn quick(text: &str, payloads: &mut Vec<u8>) -> Option<Message> {
    // Cheap, and true for every other stanza.
    if !text.starts_with("<message") {
        return None;
    }
    let mut reader = Reader::from_str(text);
    let Event::Start(message) = reader.read_event().ok()? else { return None };
    if message.name().as_ref() != "message" {
        return None;
    }
    let (from, kind) = (attribute(&message, "from")?, attribute(&message, "type")?);
    let (mut found, mut delayed) = (Vec::new(), false);
    loop {
        match reader.read_event().ok()? {
            Event::Start(child) if child.local_name().as_ref() == "event" => {
                event(text, &mut reader, payloads, &mut found)?;
            }
            Event::Start(child) => {
                delayed |= is_delay(&child);
                skip(&mut reader, &child)?;
            }
            Event::Empty(child) => delayed |= is_delay(&child),
            Event::Text(white) if is_white(&white) => {}
            Event::End(_) => break,
            _ => return None,
        }
    }
    if !matches!(reader.read_event().ok()?, Event::Eof) || found.is_empty() {
        return None;
    }
    let mut said = Vec::with_capacity(found.len());
    for item in found {
        let payload = std::str::from_utf8(payloads.get(item.payload)?).ok()?;
        said.push(items::said(item.node, item.id, delayed, payload));
    }
    Some(Message { from, kind, said })
}

fn event(
    text: &str,
    reader: &mut Reader<&[u8]>,
    payloads: &mut Vec<u8>,
    found: &mut Vec<Item>,
) -> Option<()> {
    loop {
        match reader.read_event().ok()? {
            Event::Start(items) if items.local_name().as_ref() == "items" => {
                let node = attribute(&items, "node")?.unwrap_or_default();
                list(text, reader, &node, payloads, found)?;
            }
            Event::Text(white) if is_white(&white) => {}
            Event::End(_) => return Some(()),
            _ => return None,
        }
    }
}

fn list(
    text: &str,
    reader: &mut Reader<&[u8]>,
    node: &str,
    payloads: &mut Vec<u8>,
    found: &mut Vec<Item>,
) -> Option<()> {
    loop {
        match reader.read_event().ok()? {
            Event::Start(item) if item.local_name().as_ref() == "item" => {
                let id = attribute(&item, "id")?;
                found.push(Item {
                    node: node.to_owned(),
                    id,
                    payload: notification(text, reader, payloads)?,
                });
            }
            Event::Text(white) if is_white(&white) => {}
            Event::End(_) => return Some(()),
            _ => return None,
        }
    }
}

/// The content of an item that holds one `notification` with nothing but text in it.
fn notification(text: &str, reader: &mut Reader<&[u8]>, payloads: &mut Vec<u8>) -> Option<Range<usize>> {
    let mut payload = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(child) if payload.is_none() && child.local_name().as_ref() == "notification" => {
                // The parser would stop at each of some hundred references; all we need is the next tag.
                let begin = usize::try_from(reader.buffer_position()).ok()?;
                let length = memchr(b'<', text.get(begin..)?.as_bytes())?;
                let start = payloads.len();
                unescape(text.get(begin..begin + length)?, payloads)?;
                payload = Some(start..payloads.len());
                std::io::BufRead::consume(&mut reader.stream(), length);
                let Event::End(_) = reader.read_event().ok()? else { return None };
            }
            Event::Text(white) if is_white(&white) => {}
            Event::End(_) => return payload,
            _ => return None,
        }
    }
}

/// The value of an attribute, if it is there; `None` if it cannot be read.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<Option<String>> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.ok()?;
        if attribute.key.local_name().as_ref() == name && attribute.key.as_namespace_binding().is_none() {
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
            return Some(Some(value.into_owned()));
        }
    }
    Some(None)
}

fn is_delay(tag: &BytesStart<'_>) -> bool {
    match tag.local_name().as_ref() {
        "delay" => true,
        "x" => tag
            .attributes()
            .with_checks(false)
            .flatten()
            .any(|a| a.key.as_namespace_binding().is_some() && a.value.as_ref() == items::NS_OLD_DELAY),
        _ => false,
    }
}

fn skip(reader: &mut Reader<&[u8]>, tag: &BytesStart<'_>) -> Option<()> {
    reader.read_to_end(tag.name()).ok().map(drop)
}

fn is_white(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

#[cfg(test)]
#[path = "inbound_tests.rs"]
mod tests;
