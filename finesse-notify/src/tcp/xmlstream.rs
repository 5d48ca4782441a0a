//! The XML side of a TCP stream, and the only module that knows tokio-xmpp.
//!
//! Used is its lowest layer, which neither reconnects nor answers by itself. Its timeouts are switched off, because liveness is the session's
//! business and the same for every framing. After the first terminal item the transport is dead: some peers repeat the last error for ever.

use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{SinkExt, StreamExt as _};
use tokio_xmpp::minidom::rxml::{AttrMap, Event, QName};
use tokio_xmpp::parsers::ping::Ping;
use tokio_xmpp::xmlstream::{
    InitiatingStream, ReadError, StreamHeader, Timeouts, XmlStream, initiate_stream,
};
use xso::error::FromEventsError;
use xso::{Context, FromEventsBuilder, FromXml};

use super::wire::{BufferedWire, WireEnd, WireHandle};
use crate::error::{EndCause, LinkError, quoted};
use crate::stanza::{Builder, NS_CLIENT, Stanza, StanzaError};
use crate::transport::{Activity, Transport};

/// Far beyond any link's life.
const NEVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

pub(super) struct TcpTransport {
    stream: Option<XmlStream<BufferedWire, Element>>,
    wire: WireHandle,
    domain: String,
    dead: Option<LinkError>,
    /// A read was begun and not finished: the parser may stand inside of a stanza.
    reading: bool,
}

impl TcpTransport {
    /// Opens the stream; the features come as the first stanza.
    pub(super) async fn open(io: BufferedWire, wire: WireHandle, domain: &str) -> Result<Self, LinkError> {
        let timeouts = Timeouts { read_timeout: NEVER, response_timeout: NEVER };
        let pending = initiate_stream(io, NS_CLIENT, header(domain), timeouts)
            .await
            .map_err(|e| ended(&wire, &e.to_string(), "opening the stream"))?;
        Ok(Self {
            stream: Some(pending.skip_features()),
            wire,
            domain: domain.to_owned(),
            dead: None,
            reading: false,
        })
    }

    fn die(&mut self, error: LinkError) -> LinkError {
        self.dead = Some(error.clone());
        error
    }

    fn alive(&mut self) -> Result<&mut XmlStream<BufferedWire, Element>, LinkError> {
        match (&self.dead, &mut self.stream) {
            (Some(error), _) => Err(error.clone()),
            (None, Some(stream)) => Ok(stream),
            (None, None) => {
                Err(LinkError::new(EndCause::Protocol, "the stream was left in the middle of a restart"))
            }
        }
    }

    async fn flush(&mut self) -> Result<(), LinkError> {
        let wire = self.wire.clone();
        let stream = self.alive()?;
        // The type names what could be sent this way; nothing is.
        match SinkExt::<&Ping>::flush(stream).await {
            Ok(()) => Ok(()),
            Err(error) => {
                let error = ended(&wire, &error.to_string(), "writing");
                Err(self.die(error))
            }
        }
    }
}

#[async_trait]
impl Transport for TcpTransport {
    async fn send(&mut self, stanza: Stanza) -> Result<(), LinkError> {
        self.alive()?;
        self.wire.queue(&stanza.to_xml_within(NS_CLIENT));
        self.flush().await
    }

    async fn next(&mut self) -> Result<Stanza, LinkError> {
        let wire = self.wire.clone();
        loop {
            self.alive()?;
            self.reading = true;
            let Some(stream) = &mut self.stream else {
                return Err(self.alive().err().unwrap_or_else(closed));
            };
            // Cancel-safe: what was parsed so far stays inside of the stream.
            let item = Pin::new(stream).next().await;
            self.reading = false;
            let error = match item {
                Some(Ok(Element(Ok(stanza)))) => {
                    wire.stanza_done();
                    return Ok(stanza);
                }
                Some(Ok(Element(Err(error)))) => refused(&error),
                // Cannot come before ten years; then it means nothing.
                Some(Err(ReadError::SoftTimeout)) => continue,
                Some(Err(ReadError::StreamFooterReceived)) => closed(),
                Some(Err(ReadError::HardError(error))) => ended(&wire, &error.to_string(), "reading"),
                Some(Err(ReadError::ParseError(error))) => ended(&wire, &error.to_string(), "reading"),
                None => ended(&wire, "end of stream", "reading"),
            };
            return Err(self.die(error));
        }
    }

    async fn restart(&mut self) -> Result<(), LinkError> {
        self.alive()?;
        if self.reading {
            // The library would panic; the parser's state would be lost.
            let error = LinkError::new(
                EndCause::Protocol,
                "a stream cannot be restarted while a stanza is being received",
            );
            return Err(self.die(error));
        }
        let wire = self.wire.clone();
        let domain = self.domain.clone();
        let Some(stream) = self.stream.take() else { return Err(closed()) };
        let initiating: InitiatingStream<BufferedWire> = stream.initiate_reset();
        match initiating.send_header(header(&domain)).await {
            Ok(pending) => {
                wire.stanza_done();
                self.stream = Some(pending.skip_features());
                Ok(())
            }
            Err(error) => {
                let error = ended(&wire, &error.to_string(), "restarting the stream");
                Err(self.die(error))
            }
        }
    }

    async fn close(&mut self) {
        if self.dead.is_some() || self.flush().await.is_err() {
            return;
        }
        let Some(stream) = &mut self.stream else { return };
        if stream.shutdown().await.is_ok() {
            // Until the peer has closed too: closing with unread bytes would reset the connection, and our last words with it.
            while self.next().await.is_ok() {}
        }
        self.dead.get_or_insert_with(closed);
    }

    fn activity(&self) -> Option<Activity> {
        Some(self.wire.activity.clone())
    }
}

fn header(domain: &str) -> StreamHeader<'_> {
    StreamHeader { from: None, to: Some(domain.into()), id: None }
}

fn closed() -> LinkError {
    LinkError::new(EndCause::Network, "the server closed the stream without giving a reason")
}

fn refused(error: &StanzaError) -> LinkError {
    let kind = match error {
        StanzaError::TooDeep | StanzaError::TooMany => EndCause::TooLarge,
        _ => EndCause::Protocol,
    };
    LinkError::new(kind, format!("refused a stanza: {error}"))
}

/// How the stream ended: what the wire saw decides, the library's words are only for people.
fn ended(wire: &WireHandle, words: &str, doing: &str) -> LinkError {
    match wire.end() {
        Some(WireEnd::Eof { inside: false }) => {
            LinkError::new(EndCause::Network, "the server closed the connection")
        }
        Some(WireEnd::Eof { inside: true }) => {
            LinkError::new(EndCause::Network, "the connection ended in the middle of a stanza")
        }
        Some(WireEnd::Failed(why)) => {
            LinkError::new(EndCause::Network, format!("the connection broke while {doing}: {}", quoted(&why)))
        }
        Some(WireEnd::TooLarge { cap }) => {
            LinkError::new(EndCause::TooLarge, format!("a stanza is larger than the cap of {cap} bytes"))
        }
        Some(WireEnd::NotXml) => LinkError::new(
            EndCause::Protocol,
            "the server does not speak XMPP on this port: its first byte begins no XML",
        ),
        None => LinkError::new(
            EndCause::Protocol,
            format!("the server does not speak XMPP ({doing}: {})", quoted(words)),
        ),
    }
}

/// One element of the stream in our own form. A tree that breaks the bounds is yielded at once as an error, before the rest of it is read.
#[derive(Debug)]
struct Element(Result<Stanza, StanzaError>);

struct Assembler {
    builder: Builder,
    broken: Option<StanzaError>,
}

impl Assembler {
    fn start(&mut self, name: &QName, attributes: &AttrMap) -> Result<(), StanzaError> {
        let (ns, local) = name;
        self.builder.start(local.as_str(), ns.as_str())?;
        for ((ns, name), value) in attributes.iter() {
            self.builder.attribute(ns.as_str(), name.as_str(), value)?;
        }
        Ok(())
    }

    fn on_event(&mut self, event: &Event) -> Result<Option<Stanza>, StanzaError> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        match event {
            Event::XmlDeclaration(..) => Err(StanzaError::Forbidden("an XML declaration")),
            Event::StartElement(_, name, attributes) => self.start(name, attributes).map(|()| None),
            Event::Text(_, text) => self.builder.text(text).map(|()| None),
            Event::EndElement(_) => self.builder.end(),
        }
    }
}

impl FromEventsBuilder for Assembler {
    type Output = Element;

    fn feed(&mut self, event: Event, _: &Context<'_>) -> Result<Option<Element>, xso::error::Error> {
        Ok(self.on_event(&event).transpose().map(Element))
    }
}

impl FromXml for Element {
    type Builder = Assembler;

    fn from_events(name: QName, attributes: AttrMap, _: &Context<'_>) -> Result<Assembler, FromEventsError> {
        let mut assembler = Assembler { builder: Builder::default(), broken: None };
        assembler.broken = assembler.start(&name, &attributes).err();
        Ok(assembler)
    }
}
