//! What front ends and the core say to each other.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Fault, Side, WorldAction};

/// What a front end tells the core.
#[derive(Debug)]
pub enum Input {
    /// A complete HTTP request for `/finesse/...` arrived.
    Http {
        /// Number of the request, unique for ever; chosen by the front end.
        id: u64,
        /// At which side.
        side: Side,
        /// The request.
        request: http::Request<Bytes>,
    },
    /// The client of a request went away.
    HttpGone {
        /// Number of the request.
        id: u64,
    },
    /// A stream was opened and the headers were exchanged. The core answers with the features.
    XmppOpened {
        /// Number of the stream, unique for ever; chosen by the front end.
        conn: u64,
        /// At which side.
        side: Side,
        /// By which transport.
        transport: Transport,
    },
    /// The client restarted the stream and the headers were exchanged. The core answers with the features.
    XmppRestarted {
        /// Number of the stream.
        conn: u64,
    },
    /// One top-level element arrived.
    XmppStanza {
        /// Number of the stream.
        conn: u64,
        /// The element.
        xml: String,
    },
    /// The stream ended on the client's side.
    XmppClosed {
        /// Number of the stream.
        conn: u64,
        /// True if it was closed in the protocol's own way.
        clean: bool,
    },
    /// A text of the caller's own is published; nothing in the world changes by it.
    Publish {
        /// At which side.
        side: Side,
        /// Node.
        node: String,
        /// Item id.
        item_id: String,
        /// The text of the item's `notification`, unescaped.
        update: String,
    },
    /// A fault happens.
    Fault(Fault),
    /// Something happens in the world.
    World(WorldAction),
    /// Time has passed.
    Tick,
}

/// What the core tells a front end.
#[derive(Debug)]
pub enum Output {
    /// Answer a request.
    HttpReply {
        /// Number of the request.
        id: u64,
        /// The answer.
        response: http::Response<Bytes>,
    },
    /// Reset the connection of a request.
    HttpReset {
        /// Number of the request.
        id: u64,
    },
    /// Send one top-level element.
    XmppSend {
        /// Number of the stream.
        conn: u64,
        /// The element.
        xml: String,
    },
    /// Encrypt a stream: `proceed` was sent before, the client begins the handshake and then a new stream.
    XmppSecure {
        /// Number of the stream.
        conn: u64,
    },
    /// End a stream.
    XmppEnd {
        /// Number of the stream.
        conn: u64,
        /// In which way.
        how: StreamEnd,
    },
    /// From now on a port behaves like this. Streams and requests in progress are ended by outputs of their own.
    Listener {
        /// At which side.
        side: Side,
        /// Which port.
        port: Port,
        /// How it behaves.
        state: ListenerState,
    },
    /// A side's web app did something at its notification service. Who listens is no matter of the core's.
    Published {
        /// At which side.
        side: Side,
        /// What it did.
        publication: Publication,
    },
}

/// What a side's web app does at its notification service: enough to do the same at another XMPP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "publication", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Publication {
    /// The presence of the user `finesse` changes.
    Presence {
        /// Whether it is available now.
        available: bool,
    },
    /// An item is published.
    Item {
        /// Node.
        node: String,
        /// Item id.
        item_id: String,
        /// The `Update`: text of the item's `notification`, unescaped.
        update: String,
    },
}

/// How a stream ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamEnd {
    /// With a stream error of this condition, then a close. The front end writes the error in its framing.
    StreamError(String),
    /// With an ordinary close of the stream.
    Clean,
    /// With a reset of the connection, nothing written.
    Reset,
    /// With a reset of the connection after half of this element was written.
    Cut(String),
    /// Not at all: the connection stays, nothing is answered any more.
    Abandon,
}

/// A kind of notification transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// XMPP over TCP.
    Tcp,
    /// XMPP over TCP that is not encrypted; it may become so.
    PlainTcp,
    /// XMPP over long polling.
    Bosh,
    /// XMPP over WebSocket.
    WebSocket,
}

impl Transport {
    /// Whether a stream header declares the namespace of stanzas for all of them.
    pub(super) fn declares_namespace(self) -> bool {
        matches!(self, Self::Tcp | Self::PlainTcp)
    }
}

/// A port of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Port {
    /// REST, and WebSocket.
    Rest,
    /// XMPP over TCP.
    Xmpp,
    /// BOSH and WebSocket.
    Bosh,
    /// XMPP over TCP without TLS from the first byte.
    PlainXmpp,
}

impl Port {
    /// All ports.
    pub const ALL: [Self; 4] = [Self::Rest, Self::Xmpp, Self::Bosh, Self::PlainXmpp];
}

/// How a port treats a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListenerState {
    /// Accepts.
    Open,
    /// Refuses.
    Refusing,
    /// Never answers, as if the host were gone.
    BlackHole,
}

/// Where a side can be reached, as its SystemInfo says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeAddress {
    /// Host name; also the XMPP domain.
    pub host: String,
    /// Port of REST.
    pub https_port: u16,
    /// Port of plain XMPP.
    pub xmpp_port: u16,
    /// Port of XMPP over TLS.
    pub xmpp_secure_port: u16,
}
