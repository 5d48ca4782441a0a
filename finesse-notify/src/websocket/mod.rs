//! XMPP over WebSocket (RFC 7395), the usual URLs being `wss://HOST:8445/ws` and, on older releases, `wss://HOST:7443/ws/`.
//!
//! `core` decides what a frame means, `wire` is the byte side, `handshake` the HTTP side, `transport` the thin shell between them. Frames
//! are read by tungstenite, which answers pings by itself; nothing here reconnects.

#[cfg(all(any(test, feature = "fuzzing"), feature = "tcp", feature = "bosh"))]
mod canned;
mod core;
mod handshake;
mod transport;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use finesse_net::Dialer;

#[cfg(all(any(test, feature = "fuzzing"), feature = "tcp", feature = "bosh"))]
pub(crate) use self::canned::frames_of;
use self::handshake::{Refusal, upgrade};
use self::transport::WebSocketTransport;
use crate::error::LinkError;
use crate::transport::{Connect, Flights, Transport};
use crate::url::{Schemes, WebAddress};

const SCHEMES: Schemes = Schemes { transport: "WebSocket", tls: "wss", plain: "ws" };

/// Largest message accepted: 1 MiB, what Openfire itself allows a client. Events of 15 kB are ordinary, the largest dialogs known have
/// some 64 kB.
const MESSAGE_CAP: usize = 1 << 20;

/// Opens WebSocket streams at one URL. Where the path is refused, the same with or without its last slash is tried; what worked is
/// remembered, and shared by clones.
#[derive(Clone)]
pub struct WebSocketConnect {
    dialer: Arc<dyn Dialer>,
    address: WebAddress,
    other_path: String,
    other_worked: Arc<AtomicBool>,
    message_cap: usize,
    flights: Flights,
}

impl WebSocketConnect {
    /// XMPP over WebSocket and TLS (`wss`).
    ///
    /// # Errors
    /// The URL is none, or not `wss`.
    pub fn new(dialer: Arc<dyn Dialer>, url: &str) -> Result<Self, LinkError> {
        Self::parse(dialer, url, false)
    }

    /// XMPP over WebSocket with TLS or without (`ws`): the password travels readably over the latter. Only for tests, and for old servers
    /// on a network of one's own.
    ///
    /// # Errors
    /// The URL is none.
    pub fn insecure(dialer: Arc<dyn Dialer>, url: &str) -> Result<Self, LinkError> {
        Self::parse(dialer, url, true)
    }

    fn parse(dialer: Arc<dyn Dialer>, url: &str, plain_allowed: bool) -> Result<Self, LinkError> {
        let address = WebAddress::parse(url, &SCHEMES, plain_allowed)?;
        let other_path = other_spelling(&address.path);
        Ok(Self {
            dialer,
            address,
            other_path,
            other_worked: Arc::default(),
            message_cap: MESSAGE_CAP,
            flights: Flights::new(),
        })
    }

    /// What is known of this side's patience with a login in two flights, for values that are made anew for each link. Default: nothing, kept
    /// by this value and its clones.
    #[must_use]
    pub fn flights(mut self, flights: Flights) -> Self {
        self.flights = flights;
        self
    }

    /// The largest message accepted, in bytes, whole or in fragments; a larger one ends the link. Default 1 MiB.
    #[must_use]
    pub fn message_cap(mut self, bytes: usize) -> Self {
        self.message_cap = bytes;
        self
    }

    async fn try_path(&self, path: &str, domain: &str) -> Result<Box<dyn Transport>, Refusal> {
        let (socket, wire) = upgrade(self.dialer.as_ref(), &self.address, path, self.message_cap).await?;
        let flights = self.address.target.is_tls().then(|| self.flights.clone());
        Ok(Box::new(WebSocketTransport::new(socket, wire, domain, flights)))
    }
}

impl std::fmt::Debug for WebSocketConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebSocketConnect").field("url", &self.address.described).finish_non_exhaustive()
    }
}

#[async_trait]
impl Connect for WebSocketConnect {
    async fn connect(&self, domain: &str) -> Result<Box<dyn Transport>, LinkError> {
        let swapped = self.other_worked.load(Ordering::Relaxed);
        let (first, second) = match swapped {
            false => (self.address.path.as_str(), self.other_path.as_str()),
            true => (self.other_path.as_str(), self.address.path.as_str()),
        };
        let refusal = match self.try_path(first, domain).await {
            Ok(transport) => return Ok(transport),
            Err(refusal) if !refusal.elsewhere => return Err(refusal.error),
            Err(refusal) => refusal,
        };
        match self.try_path(second, domain).await {
            Ok(transport) => {
                self.other_worked.store(!swapped, Ordering::Relaxed);
                Ok(transport)
            }
            // Nothing there either: what was asked for is what is told.
            Err(again) if again.elsewhere => Err(refusal.error),
            Err(nearer) => Err(nearer.error),
        }
    }

    fn describe(&self) -> String {
        self.address.described.clone()
    }
}

/// `/ws` for `/ws/` and the other way round. A query stays.
fn other_spelling(path_and_query: &str) -> String {
    let (path, query) = match path_and_query.split_once('?') {
        Some((path, query)) => (path, format!("?{query}")),
        None => (path_and_query, String::new()),
    };
    match path.strip_suffix('/') {
        Some("") => format!("/ws{query}"),
        Some(bare) => format!("{bare}{query}"),
        None => format!("{path}/{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_other_spelling() {
        for (path, other) in [("/ws", "/ws/"), ("/ws/", "/ws"), ("/", "/ws"), ("/x?a=b", "/x/?a=b")] {
            assert_eq!(other_spelling(path), other);
        }
    }
}
