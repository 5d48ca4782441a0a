//! RFC 7395 as a pure state machine: what a frame means, and what is said at the beginning and at the end. It knows no socket.
//!
//! Rules kept here:
//! * A stream begins with `<open/>` from both sides, and again after SASL; nothing but the answer is taken before it has come.
//! * One text frame is one element, which is handed on unread unless it belongs to the framing. White space alone is nothing; binary frames
//!   end the link.
//! * `<close/>` and a close frame end the link, each with a typed cause. Where `<close/>` points to another place, that is told and not
//!   followed: only the side that was configured is trusted.

use crate::error::{EndCause, LinkError, quoted};
use crate::stanza::{Frame, Stanza, escape, parse_tag};

pub(super) const NS_FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
const NS_STREAMS: &str = "http://etherx.jabber.org/streams";

/// Said before the socket is closed.
pub(super) const CLOSE: &str = "<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// We have said `<open/>` and wait for the server's.
    Opening,
    Open,
}

/// What a text frame was.
#[derive(Debug)]
pub(super) enum Meaning {
    /// The server has opened its stream.
    Opened,
    Stanza(Frame),
    /// Nothing for anybody.
    Nothing,
}

/// One stream in its framing.
#[derive(Debug)]
pub(super) struct Core {
    domain: String,
    phase: Phase,
    /// The server has opened a stream on this connection, the present one or one before it.
    begun: bool,
}

impl Core {
    pub(super) fn new(domain: &str) -> Self {
        Self { domain: domain.to_owned(), phase: Phase::Opening, begun: false }
    }

    /// What a failure now means, whatever it was.
    pub(super) fn failed(&self, error: LinkError) -> LinkError {
        if self.begun { error } else { error.before_stream() }
    }

    fn opened(&mut self) {
        self.phase = Phase::Open;
        self.begun = true;
    }

    /// What to say at the beginning of a stream and of every restart. From now on the server's own is awaited.
    pub(super) fn open(&mut self) -> String {
        self.phase = Phase::Opening;
        let mut to = String::new();
        escape(&mut to, &self.domain);
        format!("<open xmlns=\"{NS_FRAMING}\" to=\"{to}\" version=\"1.0\"/>")
    }

    /// One text frame. An error ends the link.
    pub(super) fn on_text(&mut self, text: &str) -> Result<Meaning, LinkError> {
        if text.trim().is_empty() {
            return Ok(Meaning::Nothing);
        }
        // Nearly everything is a stanza on an open stream, and not looked at here.
        if self.phase == Phase::Open && !matches!(local_name(text), "open" | "close") {
            return Ok(Meaning::Stanza(Frame::new(text)));
        }
        let tag = parse_tag(without_declaration(text))
            .map_err(|error| protocol(format!("a frame is no stanza: {error}")))?;
        match (tag.name(), tag.namespace(), self.phase) {
            ("open", NS_FRAMING, Phase::Opening) => {
                self.opened();
                Ok(Meaning::Opened)
            }
            ("close", NS_FRAMING, _) => Err(closed(&tag)),
            (other, NS_FRAMING, _) => {
                Err(protocol(format!("a <{}> of the framing out of turn", quoted(other))))
            }
            // A server may refuse the stream, or the password that was written ahead, before it opens. Its reason must reach the session, or
            // the same password would be tried at the next place.
            ("error", NS_STREAMS | "", Phase::Opening) | ("failure", _, Phase::Opening) => {
                self.opened();
                Ok(Meaning::Stanza(Frame::new(text)))
            }
            (other, _, Phase::Opening) => {
                Err(protocol(format!("a <{}> where <open/> was due", quoted(other))))
            }
            (_, _, Phase::Open) => Ok(Meaning::Stanza(Frame::new(text))),
        }
    }
}

fn without_declaration(text: &str) -> &str {
    let text = text.trim_start();
    match text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest.trim_start(),
        None => text,
    }
}

/// The name of the first element without its prefix; empty if there is none.
fn local_name(text: &str) -> &str {
    let Some(tag) = without_declaration(text).strip_prefix('<') else { return "" };
    let end = tag.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).unwrap_or(tag.len());
    tag[..end].rsplit(':').next().unwrap_or_default()
}

/// A binary frame.
pub(super) fn binary() -> LinkError {
    protocol("a binary frame; XMPP over WebSocket has text frames only".to_owned())
}

/// The end by a close frame, with the code it carried.
pub(super) fn closed_by_code(code: Option<u16>, reason: &str) -> LinkError {
    let Some(code) = code else { return without_reason() };
    let (kind, words) = match code {
        1000 | 1005 => return without_reason(),
        1001 => (EndCause::Shutdown, "the server is going away"),
        1012 => (EndCause::Shutdown, "the server restarts"),
        1008 => (EndCause::Policy, "the server's rules forbid this session"),
        1009 => (EndCause::Protocol, "the server found a frame of ours too large"),
        1002 | 1003 | 1007 | 1010 => (EndCause::Protocol, "the server found fault with our frames"),
        1011 => (EndCause::Network, "the server met an error of its own"),
        1013 | 1014 => (EndCause::Network, "the service behind the address is not available"),
        _ => (EndCause::Network, "the server closed the socket"),
    };
    let reason = if reason.trim().is_empty() { String::new() } else { format!(": {}", quoted(reason)) };
    LinkError::new(kind, format!("{words} (close code {code}){reason}")).with_condition(code.to_string())
}

fn closed(close: &Stanza) -> LinkError {
    match close.attribute("see-other-uri") {
        Some(uri) => LinkError::new(
            EndCause::Network,
            format!("the server sends us to {}, which is not followed", quoted(uri)),
        ),
        None => without_reason(),
    }
}

fn without_reason() -> LinkError {
    LinkError::new(EndCause::Network, "the server closed the stream without giving a reason")
}

fn protocol(detail: String) -> LinkError {
    LinkError::new(EndCause::Protocol, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Core {
        let mut core = Core::new("fin-a.lab.example");
        core.open();
        assert!(matches!(
            core.on_text("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"),
            Ok(Meaning::Opened)
        ));
        core
    }

    fn stanza(meaning: Result<Meaning, LinkError>) -> Stanza {
        match meaning {
            Ok(Meaning::Stanza(frame)) => frame.parse().unwrap(),
            other => panic!("expected a stanza, got {other:?}"),
        }
    }

    #[test]
    fn both_forms_of_an_empty_open_are_taken() {
        for open in [
            "<open from='fin-a.lab.example' id='4hq0t7c2mn' xmlns='urn:ietf:params:xml:ns:xmpp-framing' xml:lang='en' version='1.0'/>",
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'></open>",
            "<?xml version='1.0'?><f:open xmlns:f='urn:ietf:params:xml:ns:xmpp-framing'/>",
        ] {
            let mut core = Core::new("d");
            core.open();
            assert!(matches!(core.on_text(open), Ok(Meaning::Opened)), "{open}");
            assert_eq!(core.phase, Phase::Open);
        }
    }

    #[test]
    fn features_are_taken_with_prefix_without_it_and_with_an_undeclared_one() {
        for features in [
            "<stream:features xmlns:stream='http://etherx.jabber.org/streams'><bind xmlns='b'/></stream:features>",
            "<features xmlns='http://etherx.jabber.org/streams'><bind xmlns='b'/></features>",
            "<stream:features><bind xmlns='b'/></stream:features>",
        ] {
            let stanza = stanza(opened().on_text(features));
            assert_eq!((stanza.name(), stanza.child("bind").is_some()), ("features", true), "{features}");
        }
    }

    #[test]
    fn after_a_restart_the_servers_open_is_awaited_again() {
        let mut core = opened();
        assert!(core.open().contains("to=\"fin-a.lab.example\""));
        assert_eq!(core.on_text("<iq/>").unwrap_err().kind(), EndCause::Protocol);
    }

    #[test]
    fn a_stream_error_before_open_reaches_the_session() {
        let mut core = Core::new("d");
        core.open();
        let error = stanza(core.on_text("<stream:error xmlns:stream='http://etherx.jabber.org/streams'/>"));
        assert_eq!(error.name(), "error");
    }

    #[test]
    fn a_failure_is_before_the_stream_until_the_server_has_opened_one() {
        let mut core = Core::new("d");
        core.open();
        assert!(core.failed(binary()).is_before_stream());
        let mut core = opened();
        assert!(!core.failed(binary()).is_before_stream());
        // The stream after SASL is not the first.
        core.open();
        assert!(!core.failed(binary()).is_before_stream());
    }

    #[test]
    fn close_ends_the_link_and_another_address_is_not_followed() {
        let close = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";
        assert_eq!(opened().on_text(close).unwrap_err().kind(), EndCause::Network);
        let away =
            "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing' see-other-uri='wss://other.example/ws'/>";
        let error = opened().on_text(away).unwrap_err();
        assert!(error.to_string().contains("wss://other.example/ws"), "{error}");
    }

    #[test]
    fn before_open_nothing_else_is_taken_and_afterwards_no_other_open() {
        for text in ["junk", "<a/>", "{\"json\": 1}", "<presence/>"] {
            let mut core = Core::new("d");
            core.open();
            assert_eq!(core.on_text(text).unwrap_err().kind(), EndCause::Protocol, "{text}");
        }
        let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";
        assert_eq!(opened().on_text(open).unwrap_err().kind(), EndCause::Protocol);
        assert!(matches!(opened().on_text(" \n"), Ok(Meaning::Nothing)));
        // An element of another namespace is the session's, whatever its name.
        assert!(matches!(opened().on_text("<close xmlns='urn:x'/>"), Ok(Meaning::Stanza(_))));
    }

    #[test]
    fn every_close_code_has_its_cause() {
        for (code, kind) in [
            (None, EndCause::Network),
            (Some(1000), EndCause::Network),
            (Some(1001), EndCause::Shutdown),
            (Some(1002), EndCause::Protocol),
            (Some(1008), EndCause::Policy),
            (Some(1009), EndCause::Protocol),
            (Some(1011), EndCause::Network),
            (Some(1012), EndCause::Shutdown),
            (Some(4999), EndCause::Network),
        ] {
            assert_eq!(closed_by_code(code, "why").kind(), kind, "{code:?}");
        }
        assert_eq!(
            closed_by_code(Some(1008), "slow\ndown").to_string(),
            "the server's rules forbid this session (close code 1008): slow down"
        );
    }
}
