//! What the canned server says, whatever the framing, and the little it reads of what it hears.

use crate::payload::{VARIABLES_OF_3_9_KB, dialog_update};

/// The domain it calls itself.
pub(in crate::bench) const DOMAIN: &str = "fin-a.lab.example";
/// Whose events it publishes.
pub(in crate::bench) const AGENT: &str = "40217";

pub(super) const SUCCESS: &str = "<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>";

const PLAIN: &str =
    "<mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><mechanism>PLAIN</mechanism></mechanisms>";
const BIND: &str = "<bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/>";

/// Features before the password.
pub(super) fn features_before() -> String {
    features(PLAIN)
}

/// Features after it.
pub(super) fn features_after() -> String {
    features(BIND)
}

fn features(inside: &str) -> String {
    format!("<stream:features xmlns:stream=\"http://etherx.jabber.org/streams\">{inside}</stream:features>")
}

/// The dialog update as it stands inside of a stanza.
pub(in crate::bench) fn escaped_update() -> String {
    dialog_update(AGENT, "16804377", VARIABLES_OF_3_9_KB)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// One stanza with it. On a stream of TCP the namespace is inherited and not said again; the other framings must say it.
pub(in crate::bench) fn event(item: usize, update: &str, namespace: &str) -> String {
    format!(
        "<message{namespace} from=\"pubsub.{DOMAIN}\" to=\"{AGENT}@{DOMAIN}\" id=\"tX91bQz7\"><event xmlns=\"http://jabber.org/protocol/pubsub#event\">\
         <items node=\"/finesse/api/User/{AGENT}/Dialogs\"><item id=\"3d0c6f1e-52ab-4c1b-9a77-0f8d3b6c91aa{item}\">\
         <notification xmlns=\"urn:xmpp:push:0\">{update}</notification></item></items></event></message>"
    )
}

/// The namespace of stanzas, where it must be said.
pub(super) const CLIENT: &str = " xmlns=\"jabber:client\"";

/// What a client that binds a resource wants of the server.
pub(super) struct Wanted {
    resource: String,
    /// Events to publish.
    pub(super) events: usize,
    /// Each of them in an answer of its own, where the framing has answers.
    pub(super) singly: bool,
    /// Nothing is ever said again.
    pub(super) silent: bool,
}

impl Wanted {
    /// Reads the request to bind.
    pub(super) fn of(asked: &str) -> Self {
        let resource = between(asked, "<resource>", "</resource>").to_owned();
        let number = resource.strip_prefix("events-").unwrap_or_default();
        let bare = number.strip_suffix("-singly");
        Self {
            events: bare.unwrap_or(number).parse().unwrap_or_default(),
            singly: bare.is_some(),
            silent: resource == "silent",
            resource,
        }
    }

    /// The answer to the request.
    pub(super) fn bound(&self, asked: &str) -> String {
        let (id, resource) = (id(asked), &self.resource);
        format!(
            "<iq{CLIENT} type=\"result\" id=\"{id}\"><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\">\
             <jid>{AGENT}@{DOMAIN}/{resource}</jid></bind></iq>"
        )
    }
}

/// The answer to a ping.
pub(super) fn pong(asked: &str) -> String {
    format!("<iq{CLIENT} type=\"result\" id=\"{}\"/>", id(asked))
}

/// The last id; clients differ in the quotes they write.
fn id(text: &str) -> &str {
    let after = text.rsplit_once(" id=").map_or("", |(_, rest)| rest);
    after.split(['"', '\'']).nth(1).unwrap_or_default()
}

/// What stands between the last `begin` that is followed by `end` and that end.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let inside = text.rsplit_once(begin).map_or("", |(_, rest)| rest);
    inside.split_once(end).map_or(inside, |(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_says_what_is_wanted_in_whatever_quotes() {
        let asked =
            "<iq id='b1' type='set'><bind xmlns='urn:b'><resource>events-70-singly</resource></bind></iq>";
        let wanted = Wanted::of(asked);
        assert_eq!((wanted.events, wanted.singly, wanted.silent), (70, true, false));
        assert!(wanted.bound(asked).contains(" id=\"b1\""));
        let wanted = Wanted::of("<iq id=\"b2\"><bind><resource>events-70</resource></bind></iq>");
        assert_eq!((wanted.events, wanted.singly), (70, false));
        let wanted = Wanted::of("<iq id=\"b3\"><bind><resource>silent</resource></bind></iq>");
        assert_eq!((wanted.events, wanted.silent), (0, true));
    }
}
