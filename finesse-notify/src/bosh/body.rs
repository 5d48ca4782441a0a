//! The `<body>` wrapper: writing ours, reading the server's. What stands inside is cut out and not looked into.

use std::sync::Arc;

use bytestring::ByteString;
use finesse_model::framer::{Framer, FramingError, Piece, Rules};

use crate::error::{EndCause, LinkError, quoted};
use crate::stanza::{Frame, Stanza, parse_tag};

pub(super) const NS_HTTPBIND: &str = "http://jabber.org/protocol/httpbind";

/// The first request. `ver` 1.6 is what Openfire speaks; a lower one makes it omit attributes we need.
pub(super) fn create(rid: u64, domain: &str, wait: u64) -> String {
    let to = attribute(domain);
    format!(
        "<body xmlns='{NS_HTTPBIND}' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0' rid='{rid}' to='{to}' xml:lang='en' wait='{wait}' \
         hold='1' ver='1.6' content='text/xml; charset=utf-8'/>"
    )
}

/// The stream restart. The prefix `xmpp` is literal: Openfire looks for it as text.
pub(super) fn restart(rid: u64, sid: &str, domain: &str) -> String {
    let (sid, to) = (attribute(sid), attribute(domain));
    format!(
        "<body xmlns='{NS_HTTPBIND}' xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true' to='{to}' xml:lang='en' rid='{rid}' sid='{sid}'/>"
    )
}

/// A request with stanzas, or with none; the last one of a session says so.
pub(super) fn data(rid: u64, sid: &str, stanzas: &[String], terminate: bool) -> String {
    let sid = attribute(sid);
    let kind = if terminate { " type='terminate'" } else { "" };
    if stanzas.is_empty() {
        return format!("<body xmlns='{NS_HTTPBIND}' rid='{rid}' sid='{sid}'{kind}/>");
    }
    format!("<body xmlns='{NS_HTTPBIND}' rid='{rid}' sid='{sid}'{kind}>{}</body>", stanzas.concat())
}

fn attribute(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    crate::stanza::escape(&mut out, value);
    out
}

/// A response: the attributes of the body, and the stanzas inside.
#[derive(Debug)]
pub(super) struct Body {
    head: Stanza,
    frames: Vec<Frame>,
}

impl Body {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.head.attribute(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    pub(super) fn into_frames(self) -> Vec<Frame> {
        self.frames
    }
}

/// Reads a response with status 200.
pub(super) fn parse(text: &str) -> Result<Body, LinkError> {
    let head: String = text.trim_start().chars().take(9).collect::<String>().to_ascii_lowercase();
    let html = "something else (a proxy or a log-in page?) answered with HTML instead of a BOSH body; check the URL and proxies";
    if head.starts_with("<!doctype") || head.starts_with("<html") {
        return Err(LinkError::new(EndCause::Protocol, html));
    }
    let body = cut(text)?;
    match body.head.name() {
        "body" if body.head.namespace() == NS_HTTPBIND => Ok(body),
        "html" | "HTML" => Err(LinkError::new(EndCause::Protocol, html)),
        other => Err(LinkError::new(
            EndCause::Protocol,
            format!("the answer is a <{}> and no BOSH body", quoted(other)),
        )),
    }
}

fn cut(text: &str) -> Result<Body, LinkError> {
    let refuse = |kind, why: &dyn std::fmt::Display| {
        LinkError::new(kind, format!("the answer is no BOSH body: {why}"))
    };
    // The text as a whole was capped when it was read.
    let mut framer = Framer::new(Rules::Document, text.len());
    let (mut head, mut frames, mut inherited) = (None, Vec::new(), Arc::default());
    let text = ByteString::from(text);
    let mut rest: &str = &text;
    while !framer.is_over() {
        let found = framer.find(rest.as_bytes()).map_err(|error| match error {
            FramingError::TooDeep | FramingError::TooLarge { .. } => refuse(EndCause::TooLarge, &error),
            _ => refuse(EndCause::Protocol, &error),
        })?;
        let Some(found) = found else {
            let why = if head.is_some() { "it ends inside of an element" } else { "there is no element" };
            return Err(refuse(EndCause::Protocol, &why));
        };
        // Pieces begin at `<` and end behind `>`, so the text is never cut inside of a character.
        let piece = rest.get(found.range.clone()).unwrap_or_default();
        match found.piece {
            Piece::Root => {
                head = Some(parse_tag(piece).map_err(|error| refuse(EndCause::Protocol, &error))?);
                inherited = Arc::new(framer.namespaces().clone());
            }
            Piece::Child => frames.push(Frame::within(text.slice_ref(piece), &inherited)),
            Piece::End | Piece::Blank => {}
        }
        rest = rest.get(found.range.end..).unwrap_or_default();
    }
    let head = head.ok_or_else(|| refuse(EndCause::Protocol, &"there is no element"))?;
    Ok(Body { head, frames })
}

/// What `type='terminate'` means. A condition that the server may give by mistake (overactivity) is not made final here.
pub(super) fn terminated(body: &Body) -> LinkError {
    let condition = body.attribute("condition").unwrap_or("");
    let (kind, advice) = match condition {
        "" => (EndCause::Network, "the server ended the session; open a new one"),
        "item-not-found" => (EndCause::Network, "the server no longer knows the session; open a new one"),
        "conflict" => (EndCause::Conflict, "the same agent and resource signed in elsewhere"),
        "system-shutdown" => (EndCause::Shutdown, "the notification service is stopping"),
        "not-authorized" => (EndCause::Auth, "the server ended the session for lack of authorisation"),
        "remote-connection-failed"
        | "remote-stream-error"
        | "internal-server-error"
        | "undefined-condition" => (EndCause::Network, "the server ended the session"),
        "host-unknown" | "host-gone" | "improper-addressing" => {
            (EndCause::Protocol, "the server does not serve this domain; take xmppDomain from its SystemInfo")
        }
        "policy-violation" => {
            (EndCause::Protocol, "the server found the requests too many; repeated, it needs a person")
        }
        _ => (EndCause::Protocol, "the server ended the session"),
    };
    let words = if condition.is_empty() { "no condition".to_owned() } else { quoted(condition) };
    let error = LinkError::new(kind, format!("session terminated with {words}: {advice}"));
    if condition.is_empty() { error } else { error.with_condition(quoted(condition)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_with_status_200_is_named_as_such() {
        for text in ["<!DOCTYPE html><html><br></html>", "<html><body>x</body></html>", " \n<HTML/>"] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.kind(), EndCause::Protocol);
            assert!(error.to_string().contains("HTML"), "{error}");
        }
        assert!(parse("<stream/>").unwrap_err().to_string().contains("<stream>"));
        assert!(parse("").is_err());
    }

    #[test]
    fn our_bodies_are_well_formed_and_values_are_escaped() {
        let body = Stanza::parse(&create(7, "a'b&c", 30)).unwrap();
        assert_eq!(
            (body.attribute("to"), body.attribute("rid"), body.attribute("version")),
            (Some("a'b&c"), Some("7"), Some("1.0"))
        );
        assert!(restart(8, "s", "d").contains(" xmpp:restart='true'"));
        let body =
            Stanza::parse(&data(9, "s", &["<presence xmlns=\"jabber:client\"/>".to_owned()], true)).unwrap();
        assert_eq!((body.attribute("type"), body.children().count()), (Some("terminate"), 1));
    }
}
