//! Takes the notifications out of the tree of a pubsub message, by local names only: the namespaces of event and payload differ between
//! releases. Most messages are read without a tree, see `inbound`; what an item means is decided here for both.
//!
//! The payload is an `Update` document, either as escaped text or as child elements. An item that cannot be read is still handed up, with
//! the reason: that something happened on this node is worth knowing.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use finesse_model::Update;

use crate::event::Notification;
use crate::stanza::Stanza;

pub(super) const NS_OLD_DELAY: &str = "jabber:x:delay";

/// What one message says.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    Item(Notification, Fingerprint),
    NodeDeleted(String),
}

/// Identifies an item for the dropping of doubles: node, item id and content. Content too, because other servers reuse ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fingerprint(Option<u64>);

pub(super) fn read_message(message: &Stanza) -> Vec<Said> {
    let delayed =
        message.children().any(|c| c.name() == "delay" || (c.name() == "x" && c.namespace() == NS_OLD_DELAY));
    let mut said = Vec::new();
    for event in message.children().filter(|c| c.name() == "event") {
        for part in event.children() {
            let node = part.attribute("node").unwrap_or_default();
            match part.name() {
                "items" => {
                    for item in part.children() {
                        match item.name() {
                            "item" => {
                                if let Some(one) = read_item(node, item, delayed) {
                                    said.push(one);
                                }
                            }
                            other => tracing::debug!(node, element = other, "ignored inside of items"),
                        }
                    }
                }
                "delete" => said.push(Said::NodeDeleted(node.to_owned())),
                other => tracing::debug!(node, element = other, "ignored pubsub event"),
            }
        }
    }
    said
}

fn read_item(node: &str, item: &Stanza, delayed: bool) -> Option<Said> {
    let is_update = |c: &&Stanza| c.name().eq_ignore_ascii_case("update");
    let payload = match item.child("notification").or_else(|| item.children().find(is_update)) {
        Some(update) if is_update(&update) => as_document(update),
        Some(notification) => {
            match notification.children().find(is_update).or_else(|| notification.children().next()) {
                Some(inner) => as_document(inner),
                None => notification.text().to_owned(),
            }
        }
        // A node without payloads: the bare fact. An item with a foreign payload is not ours.
        None if item.children().next().is_none() => item.text().to_owned(),
        None => {
            tracing::debug!(node, "an item with an unknown payload was ignored");
            return None;
        }
    };
    Some(said(node.to_owned(), item.attribute("id").map(str::to_owned), delayed, &payload))
}

/// One item, its payload read.
pub(super) fn said(node: String, item_id: Option<String>, delayed: bool, payload: &str) -> Said {
    let item_id = item_id.filter(|id| !id.is_empty());
    let fingerprint = Fingerprint(item_id.as_deref().map(|id| fingerprint(&[&node, id, payload])));
    let update = Update::from_xml(payload);
    if let Err(error) = &update {
        tracing::warn!(%node, %error, "a notification could not be read");
    }
    Said::Item(Notification { node, item_id, delayed, update }, fingerprint)
}

/// A hash with fixed keys, so that equal runs behave equally. A server that constructs collisions only drops its own events.
fn fingerprint(texts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    hasher.finish()
}

/// An unescaped payload as a document of its own; namespaces it inherited from the envelope are not repeated.
fn as_document(element: &Stanza) -> String {
    element.to_xml_within(element.namespace())
}

/// The items seen lately on this link.
pub(super) struct Seen {
    order: VecDeque<u64>,
    known: BTreeSet<u64>,
}

impl Seen {
    /// How many items are remembered. Doubles follow their original within moments: the second copy of an item subscribed twice comes
    /// next, re-routed ones within the burst after a reconnect.
    const WINDOW: usize = 1024;

    pub(super) fn new() -> Self {
        Self { order: VecDeque::new(), known: BTreeSet::new() }
    }

    /// True when the item is new. Items without an id always are.
    pub(super) fn is_new(&mut self, fingerprint: Fingerprint) -> bool {
        let Some(hash) = fingerprint.0 else { return true };
        if !self.known.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        if self.order.len() > Self::WINDOW
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use finesse_model::Verb;

    use super::*;

    fn items(text: &str) -> Vec<(Notification, Fingerprint)> {
        read_message(&Stanza::parse(text).unwrap())
            .into_iter()
            .filter_map(|said| match said {
                Said::Item(n, f) => Some((n, f)),
                Said::NodeDeleted(_) => None,
            })
            .collect()
    }

    const UPDATE: &str = "&lt;Update&gt;&lt;event&gt;put&lt;/event&gt;&lt;source&gt;/finesse/api/User/7&lt;/source&gt;&lt;/Update&gt;";

    #[test]
    fn escaped_text_in_any_namespace_is_read() {
        for ns in [
            "http://jabber.org/protocol/pubsub",
            "urn:xmpp:push:0",
            "http://jabber.org/protocol/pubsub#event",
        ] {
            let all = items(&format!(
                "<message><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/finesse/api/User/7'>\
                 <item id='i1'><notification xmlns='{ns}' type='html'>\n{UPDATE}\n</notification></item></items></event></message>"
            ));
            let update = all[0].0.update.as_ref().unwrap();
            assert_eq!(update.source, "/finesse/api/User/7");
            assert_eq!(update.event, Verb::Put);
            assert_eq!(
                (all[0].0.node.as_str(), all[0].0.item_id.as_deref()),
                ("/finesse/api/User/7", Some("i1"))
            );
            assert!(!all[0].0.delayed);
        }
    }

    #[test]
    fn child_elements_instead_of_text_are_read() {
        let all = items(
            "<message><event xmlns='e'><items node='n'><item id='1'><notification xmlns='p'><Update><event>DELETE</event>\
             <source>/finesse/api/User/7</source></Update></notification></item>\
             <item id='2'><update xmlns='q'><event>PUT</event><source>s</source></update></item></items></event></message>",
        );
        assert_eq!(all[0].0.update.as_ref().unwrap().event, Verb::Delete);
        assert_eq!(all[1].0.update.as_ref().unwrap().source, "s");
    }

    #[test]
    fn several_items_keep_their_order_and_unknown_payloads_are_left_out() {
        let all = items(&format!(
            "<message><headers xmlns='http://jabber.org/protocol/shim'><header name='SubID'>x</header></headers><event><items node='n'>\
             <item id='1'><notification>{UPDATE}</notification></item><item id='2'><geoloc xmlns='g'/></item><retract id='0'/>\
             <item id='3'><notification>{UPDATE}</notification></item></items></event></message>"
        ));
        assert_eq!(all.iter().map(|(n, _)| n.item_id.clone().unwrap()).collect::<Vec<_>>(), ["1", "3"]);
    }

    #[test]
    fn an_unreadable_payload_is_carried_not_lost() {
        for payload in ["{\"a\":1}", "&lt;Update&gt;", "", "&lt;html&gt;&lt;/html&gt;"] {
            let all = items(&format!(
                "<message><event><items node='n'><item id='1'><notification>{payload}</notification></item></items></event></message>"
            ));
            assert!(all[0].0.update.is_err(), "{payload}");
        }
    }

    #[test]
    fn stored_messages_are_marked() {
        let all = items(&format!(
            "<message><event><items node='n'><item id='1'><notification>{UPDATE}</notification></item></items></event>\
             <delay xmlns='urn:xmpp:delay' stamp='2026-03-01T17:02:11.415Z'/></message>"
        ));
        assert!(all[0].0.delayed);
    }

    #[test]
    fn the_window_forgets_the_oldest() {
        let mut seen = Seen::new();
        assert!(seen.is_new(Fingerprint(Some(1))));
        assert!(!seen.is_new(Fingerprint(Some(1))));
        for n in 2..=1025 {
            assert!(seen.is_new(Fingerprint(Some(n))));
        }
        assert!(seen.is_new(Fingerprint(Some(1))));
        assert!(seen.known.len() <= Seen::WINDOW && seen.order.len() <= Seen::WINDOW);
        assert!(seen.is_new(Fingerprint(None)) && seen.is_new(Fingerprint(None)));
    }
}
