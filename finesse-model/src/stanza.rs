//! A whole `<message>` stanza with notifications in it, as found in logs and captures.
//!
//! Everything is matched by local name: the namespace of `notification` differs between releases. The `Update` inside may be text that
//! was escaped once, or child elements. An item that is whole and makes no sense stands beside the readable ones.

use crate::content::Content;
use crate::cursor::Cursor;
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::list::List;
use crate::update::Update;

/// One item of a stanza.
#[derive(Debug, Clone, PartialEq)]
pub struct StanzaItem {
    /// The pubsub node.
    pub node: String,
    /// The item's id.
    pub item_id: Option<String>,
    /// Marked as kept for later: stale by definition.
    pub delayed: bool,
    /// What it carries.
    pub update: Update,
}

pub(crate) fn items(text: &str) -> Result<List<StanzaItem>, DecodeError> {
    let (mut cursor, _) = Cursor::open(text)?;
    let mut found = List::default();
    let mut delayed = false;
    while let Some(tag) = cursor.child()? {
        match tag.name() {
            "event" => event(&mut cursor, &mut found)?,
            "delay" => {
                delayed = true;
                cursor.skip()?;
            }
            _ => cursor.skip()?,
        }
    }
    cursor.finish()?;
    for item in &mut found.items {
        item.delayed = delayed;
    }
    Ok(found)
}

fn event(cursor: &mut Cursor<'_>, found: &mut List<StanzaItem>) -> Result<(), DecodeError> {
    while let Some(tag) = cursor.child()? {
        if tag.name() != "items" {
            cursor.skip()?;
            continue;
        }
        let node = tag.attribute("node").unwrap_or_default();
        while let Some(tag) = cursor.child()? {
            if tag.name() != "item" {
                cursor.skip()?;
                continue;
            }
            let item_id = tag.attribute("id");
            let inside = cursor.depth();
            while let Some(tag) = cursor.child()? {
                if tag.name() != "notification" {
                    cursor.skip()?;
                    continue;
                }
                match notification(cursor)? {
                    Ok(update) => found.items.push(StanzaItem {
                        node: node.clone(),
                        item_id: item_id.clone(),
                        delayed: false,
                        update,
                    }),
                    Err(error) => {
                        let name = format!("item {} of {node}", item_id.as_deref().unwrap_or("without id"));
                        found.rejected.push(error.within(&name));
                        cursor.leave(inside)?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// The update of a notification, or what is wrong with it where the stanza goes on behind it all the same.
fn notification(cursor: &mut Cursor<'_>) -> Result<Result<Update, DecodeError>, DecodeError> {
    let mut update = None;
    let text = cursor.text_and_children(|cursor, tag| {
        if tag.name().eq_ignore_ascii_case("Update") {
            update = Update::read(cursor)?;
            Ok(())
        } else {
            cursor.skip()
        }
    });
    let text = match text {
        Ok(text) => text,
        Err(error) if error.is_of_sense() => return Ok(Err(error)),
        Err(error) => return Err(error),
    };
    Ok(match update {
        Some(update) => Ok(update),
        None if text.is_empty() => Err(cursor.error(Kind::Empty, "a notification without content")),
        None => Update::from_xml(&text),
    })
}
