//! The stanzas a session writes, and the few shapes it reads in more than one place.

use base64::Engine as _;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{EndCause, LinkError, quoted};
use crate::stanza::{NS_CLIENT, Stanza};

pub(super) const NS_SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
const NS_BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
const NS_SESSION: &str = "urn:ietf:params:xml:ns:xmpp-session";
const NS_PING: &str = "urn:xmpp:ping";
const NS_PUBSUB: &str = "http://jabber.org/protocol/pubsub";
const NS_STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";

/// SASL PLAIN with an empty authorisation identity, the only form every Finesse is known to take.
pub(super) fn auth_plain(node: &str, secret: &SecretString) -> Stanza {
    let payload =
        base64::engine::general_purpose::STANDARD.encode(format!("\0{node}\0{}", secret.expose_secret()));
    Stanza::new("auth", NS_SASL).with("mechanism", "PLAIN").with_text(&payload)
}

pub(super) fn bind(id: &str, resource: &str) -> Stanza {
    let resource = Stanza::new("resource", NS_BIND).with_text(resource);
    iq("set", id).with_child(Stanza::new("bind", NS_BIND).with_child(resource))
}

pub(super) fn session(id: &str) -> Stanza {
    iq("set", id).with_child(Stanza::new("session", NS_SESSION))
}

/// Available, with this priority.
pub(super) fn presence(priority: i8) -> Stanza {
    let priority = Stanza::new("priority", NS_CLIENT).with_text(&priority.to_string());
    Stanza::new("presence", NS_CLIENT).with_child(priority)
}

pub(super) fn presence_unavailable() -> Stanza {
    Stanza::new("presence", NS_CLIENT).with("type", "unavailable")
}

pub(super) fn ping(id: &str, domain: &str) -> Stanza {
    iq("get", id).with("to", domain).with_child(Stanza::new("ping", NS_PING))
}

pub(super) fn subscribe(id: &str, service: &str, node: &str, jid: &str) -> Stanza {
    let subscribe = Stanza::new("subscribe", NS_PUBSUB).with("node", node).with("jid", jid);
    iq("set", id).with("to", service).with_child(Stanza::new("pubsub", NS_PUBSUB).with_child(subscribe))
}

pub(super) fn unsubscribe(id: &str, service: &str, node: &str, jid: &str, subid: Option<&str>) -> Stanza {
    let mut unsubscribe = Stanza::new("unsubscribe", NS_PUBSUB).with("node", node).with("jid", jid);
    if let Some(subid) = subid {
        unsubscribe = unsubscribe.with("subid", subid);
    }
    iq("set", id).with("to", service).with_child(Stanza::new("pubsub", NS_PUBSUB).with_child(unsubscribe))
}

/// Asks which subscriptions this agent has, under whatever resource.
pub(super) fn subscriptions(id: &str, service: &str) -> Stanza {
    let subscriptions = Stanza::new("subscriptions", NS_PUBSUB);
    iq("get", id).with("to", service).with_child(Stanza::new("pubsub", NS_PUBSUB).with_child(subscriptions))
}

/// One subscription of a list.
pub(super) struct Listed {
    pub(super) node: String,
    pub(super) jid: String,
    pub(super) subid: Option<String>,
}

/// The subscriptions that an answer lists; none if it is an error or never came.
pub(super) fn listed(answer: Option<&Stanza>) -> Vec<Listed> {
    let Some(list) = answer.and_then(|iq| iq.descend(&["pubsub", "subscriptions"])) else {
        return Vec::new();
    };
    list.children()
        .filter(|one| one.name() == "subscription")
        .filter_map(|one| {
            Some(Listed {
                node: one.attribute("node")?.to_owned(),
                jid: one.attribute("jid")?.to_owned(),
                subid: one.attribute("subid").map(str::to_owned),
            })
        })
        .collect()
}

/// True when the server refused because it keeps several subscriptions and was not told which one.
pub(super) fn wants_subid(iq: &Stanza) -> bool {
    iq.attribute("type") == Some("error") && iq.descend(&["error", "subid-required"]).is_some()
}

/// The answer to a request of the server: an empty result for what we understand, an error for everything else. Silence would be wrong.
pub(super) fn answer(request: &Stanza) -> Option<Stanza> {
    let id = request.attribute("id")?;
    let kind = request.attribute("type")?;
    let payload = request.children().next();
    let understood = match kind {
        "get" => payload.is_some_and(|p| p.name() == "ping"),
        // A roster push: nothing to keep, but it wants its receipt.
        "set" => payload.is_some_and(|p| p.name() == "query" && p.namespace() == "jabber:iq:roster"),
        _ => return None,
    };
    let mut reply = iq(if understood { "result" } else { "error" }, id);
    if let Some(from) = request.attribute("from") {
        reply = reply.with("to", from);
    }
    if !understood {
        let condition = Stanza::new("service-unavailable", NS_STANZAS);
        reply =
            reply.with_child(Stanza::new("error", NS_CLIENT).with("type", "cancel").with_child(condition));
    }
    Some(reply)
}

fn iq(kind: &str, id: &str) -> Stanza {
    Stanza::new("iq", NS_CLIENT).with("type", kind).with("id", id)
}

/// The condition inside of a stanza error, and the same for people: with the application's own condition and the text.
pub(super) fn error_condition(stanza: &Stanza) -> (String, String) {
    let Some(error) = stanza.child("error") else {
        return ("undefined-condition".to_owned(), "an error without a reason".to_owned());
    };
    let named = |c: &&Stanza| c.name() != "text";
    let general = error
        .children()
        .find(|c| named(c) && c.namespace() == NS_STANZAS)
        .or_else(|| error.children().find(named));
    let condition = match (general, error.attribute("code")) {
        (Some(general), _) => general.name().to_owned(),
        // Very old servers send the number alone.
        (None, Some("404")) => "item-not-found".to_owned(),
        (None, Some("409")) => "conflict".to_owned(),
        (None, Some("401")) => "not-authorized".to_owned(),
        (None, Some("403")) => "forbidden".to_owned(),
        (None, Some("503")) => "service-unavailable".to_owned(),
        (None, _) => "undefined-condition".to_owned(),
    };
    let mut words = quoted(&condition);
    if let Some(special) = error.children().filter(named).find(|c| c.name() != condition) {
        words.push_str(" (");
        words.push_str(&quoted(special.name()));
        words.push(')');
    }
    if let Some(text) = error.child("text").map(|t| quoted(t.text())).filter(|t| !t.is_empty()) {
        words.push_str(": ");
        words.push_str(&text);
    }
    (quoted(&condition), words)
}

/// True for `<stream:error>`, with or without its prefix declared.
pub(crate) fn is_stream_error(stanza: &Stanza) -> bool {
    stanza.name() == "error"
}

/// What a stream error means for the link.
pub(super) fn stream_error(stanza: &Stanza) -> LinkError {
    let condition =
        stanza.children().find(|c| c.name() != "text").map_or("undefined-condition", Stanza::name);
    let (kind, advice) = match condition {
        "conflict" => (
            EndCause::Conflict,
            "the same agent and resource signed in elsewhere; reconnecting would kick that session in turn",
        ),
        "policy-violation" => (
            EndCause::Policy,
            "the server's rules forbid this session; look into its logs before trying again",
        ),
        "not-authorized" => {
            (EndCause::Auth, "the server ended the session for lack of authorisation; check the credentials")
        }
        "system-shutdown" => (EndCause::Shutdown, "the notification service is stopping"),
        "connection-timeout"
        | "reset"
        | "remote-connection-failed"
        | "internal-server-error"
        | "resource-constraint"
        | "undefined-condition" => (EndCause::Network, "the server ended the session; open a new one"),
        "host-unknown" | "host-gone" | "improper-addressing" => {
            (EndCause::Protocol, "the server does not serve this domain; take xmppDomain from its SystemInfo")
        }
        _ => (EndCause::Protocol, "the server ended the stream"),
    };
    let mut detail = format!("stream error {}: {advice}", quoted(condition));
    if let Some(text) = stanza.child("text").map(|t| quoted(t.text())).filter(|t| !t.is_empty()) {
        detail.push_str(" (");
        detail.push_str(&text);
        detail.push(')');
    }
    LinkError::new(kind, detail).with_condition(quoted(condition))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_sends_an_empty_authzid_then_node_then_password() {
        let auth = auth_plain("40217", &"s3cret".to_owned().into());
        assert_eq!(auth.text(), "ADQwMjE3AHMzY3JldA==");
    }

    #[test]
    fn pubsub_errors_show_the_special_condition_too() {
        let iq = Stanza::parse(
            "<iq type='error'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
             <subid-required xmlns='http://jabber.org/protocol/pubsub#errors'/></error></iq>",
        )
        .unwrap();
        assert_eq!(
            error_condition(&iq),
            ("bad-request".to_owned(), "bad-request (subid-required)".to_owned())
        );
        let old = Stanza::parse("<iq type='error'><error code='404'/></iq>").unwrap();
        assert_eq!(error_condition(&old).0, "item-not-found");
    }

    #[test]
    fn stream_errors_have_the_right_class() {
        for (condition, kind) in [
            ("conflict", EndCause::Conflict),
            ("policy-violation", EndCause::Policy),
            ("system-shutdown", EndCause::Shutdown),
            ("not-authorized", EndCause::Auth),
            ("host-unknown", EndCause::Protocol),
            ("connection-timeout", EndCause::Network),
            ("xml-not-well-formed", EndCause::Protocol),
        ] {
            let stanza = Stanza::parse(&format!(
                "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
            ))
            .unwrap();
            assert!(is_stream_error(&stanza));
            assert_eq!(stream_error(&stanza).kind(), kind, "{condition}");
        }
    }

    #[test]
    fn pings_and_roster_pushes_get_results_and_the_rest_an_error() {
        let ask = |text: &str| answer(&Stanza::parse(text).unwrap());
        let pong = ask("<iq type='get' id='1' from='d'><ping xmlns='urn:xmpp:ping'/></iq>").unwrap();
        assert_eq!((pong.attribute("type"), pong.attribute("to")), (Some("result"), Some("d")));
        assert_eq!(
            ask("<iq type='set' id='2'><query xmlns='jabber:iq:roster'/></iq>").unwrap().attribute("type"),
            Some("result")
        );
        let no = ask("<iq type='get' id='3'><query xmlns='jabber:iq:version'/></iq>").unwrap();
        assert_eq!(error_condition(&no).0, "service-unavailable");
        assert!(ask("<iq type='result' id='4'/>").is_none());
        assert!(ask("<iq type='get'/>").is_none());
    }
}
