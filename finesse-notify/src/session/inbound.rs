//! What one frame says to a session: the only way from the text of a stanza to what the session takes, whatever the framing.
//!
//! Notifications are read straight from the text, because they are nearly all of the traffic and a tree of one costs more than everything
//! else together. The quick reader takes the ordinary form only (`message` / `event` / `items` / `item` / `notification` with escaped text)
//! and gives up on anything else; then the same is read from a tree. Invariant: whatever the quick reader says, the tree says too.

use std::borrow::Cow;

use memchr::memchr;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::items::{self, Said};
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

impl Inbound {
    pub(crate) fn read(frame: &Frame) -> Result<Self, StanzaError> {
        if let Some(message) = quick(frame.as_str()) {
            return Ok(Self::Message(message));
        }
        let stanza = frame.parse()?;
        Ok(match from_tree(&stanza) {
            Some(message) => Self::Message(message),
            None => Self::Stanza(stanza),
        })
    }
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
    if let (Some(quick), Some(tree)) = (quick(text), tree) {
        assert_eq!(quick, tree, "{text}");
    }
}

/// One notification in the ordinary form, before it is known whether the message was kept for later.
struct Item<'a> {
    node: String,
    id: Option<String>,
    payload: Cow<'a, str>,
}

/// Reads a message of the ordinary form; `None` for everything else, be it wrong or merely unusual.
fn quick(text: &str) -> Option<Message> {
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
                event(text, &mut reader, &mut found)?;
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
    let said =
        found.into_iter().map(|item| items::said(&item.node, item.id, delayed, &item.payload)).collect();
    Some(Message { from, kind, said })
}

fn event<'a>(text: &'a str, reader: &mut Reader<&'a [u8]>, found: &mut Vec<Item<'a>>) -> Option<()> {
    loop {
        match reader.read_event().ok()? {
            Event::Start(items) if items.local_name().as_ref() == "items" => {
                let node = attribute(&items, "node")?.unwrap_or_default();
                list(text, reader, &node, found)?;
            }
            Event::Text(white) if is_white(&white) => {}
            Event::End(_) => return Some(()),
            _ => return None,
        }
    }
}

fn list<'a>(
    text: &'a str,
    reader: &mut Reader<&'a [u8]>,
    node: &str,
    found: &mut Vec<Item<'a>>,
) -> Option<()> {
    loop {
        match reader.read_event().ok()? {
            Event::Start(item) if item.local_name().as_ref() == "item" => {
                let id = attribute(&item, "id")?;
                found.push(Item { node: node.to_owned(), id, payload: notification(text, reader)? });
            }
            Event::Text(white) if is_white(&white) => {}
            Event::End(_) => return Some(()),
            _ => return None,
        }
    }
}

/// The content of an item that holds one `notification` with nothing but text in it.
fn notification<'a>(text: &'a str, reader: &mut Reader<&'a [u8]>) -> Option<Cow<'a, str>> {
    let mut payload = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(child) if payload.is_none() && child.local_name().as_ref() == "notification" => {
                // The parser would stop at each of some hundred references; all we need is the next tag.
                let begin = usize::try_from(reader.buffer_position()).ok()?;
                let length = memchr(b'<', text.get(begin..)?.as_bytes())?;
                payload = Some(unescape(text.get(begin..begin + length)?)?);
                std::io::BufRead::consume(&mut reader.stream(), length);
                let Event::End(_) = reader.read_event().ok()? else { return None };
            }
            Event::Text(white) if is_white(&white) => {}
            Event::End(_) => return payload,
            _ => return None,
        }
    }
}

/// Undoes the escaping of a text; `None` where that cannot be done.
///
/// Some hundred of the five predefined references are most of what there is to undo in an event, and looking for each in turn is twice as
/// quick as the library, which is asked for everything else.
fn unescape(raw: &str) -> Option<Cow<'_, str>> {
    const PREDEFINED: [(&str, char); 5] =
        [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"'), ("&apos;", '\'')];
    let mut rest = raw;
    let mut text = String::with_capacity(raw.len());
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        let (before, reference) = rest.split_at(at);
        text.push_str(before);
        let Some((name, character)) = PREDEFINED.iter().find(|(name, _)| reference.starts_with(name)) else {
            return quick_xml::escape::unescape(raw).ok();
        };
        text.push(*character);
        rest = &reference[name.len()..];
    }
    text.push_str(rest);
    Some(Cow::Owned(text))
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
