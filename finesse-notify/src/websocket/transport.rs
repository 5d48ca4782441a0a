//! The thin shell: frames between socket and core.
//!
//! Our frames are queued and leave with the next [`flush`](Transport::flush) or [`next`](Transport::next), so a flight leaves in one piece.

use async_trait::async_trait;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::Message;

use super::core::{CLOSE, Core, Meaning, binary, closed_by_code};
use super::handshake::{Socket, failed};
use super::wire::WireHandle;
use crate::error::{EndCause, LinkError};
use crate::stanza::{Frame, Stanza};
use crate::transport::{Activity, Flights, Transport};

pub(super) struct WebSocketTransport {
    socket: Socket,
    wire: WireHandle,
    core: Core,
    /// Masks hide nothing over TLS and need be unguessable only where a script in a browser chooses the text.
    masks: fastrand::Rng,
    /// Something of ours is queued, or the layers below may still hold it.
    unflushed: bool,
    dead: Option<LinkError>,
    flights: Option<Flights>,
}

impl WebSocketTransport {
    /// A stream whose `<open/>` is queued. Whoever may not write the login ahead gives no `flights`.
    pub(super) fn new(socket: Socket, wire: WireHandle, domain: &str, flights: Option<Flights>) -> Self {
        let (core, masks) = (Core::new(domain), fastrand::Rng::new());
        let mut this = Self { socket, wire, core, masks, unflushed: false, dead: None, flights };
        // The library has written its request whole, and nothing since.
        let open = this.core.open();
        this.queue(&open);
        this
    }

    fn queue(&mut self, text: &str) {
        self.wire.queue(text, self.masks.u32(..).to_ne_bytes());
        self.unflushed = true;
    }

    fn die(&mut self, error: LinkError) -> LinkError {
        let error = self.core.failed(error);
        self.dead = Some(error.clone());
        error
    }

    fn alive(&self) -> Result<(), LinkError> {
        match &self.dead {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    async fn write_out(&mut self) -> Result<(), LinkError> {
        let result = self.socket.flush().await;
        result.map_err(|error| self.die(failed(&error, "writing")))?;
        self.unflushed = false;
        Ok(())
    }

    async fn write(&mut self, text: &str) -> Result<(), LinkError> {
        self.alive()?;
        // Behind our frame may stand another, but nothing of the library's that is half written.
        if !self.wire.is_queued() {
            self.write_out().await?;
        }
        self.queue(text);
        Ok(())
    }

    /// The next message's meaning. Cancel-safe: what was read so far stays in the socket.
    async fn message(&mut self) -> Result<Meaning, LinkError> {
        loop {
            self.alive()?;
            let meaning = match self.socket.next().await {
                Some(Ok(Message::Text(text))) => self.core.on_text(text.as_str()),
                Some(Ok(Message::Binary(_))) => Err(binary()),
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.as_ref().map(|frame| u16::from(frame.code));
                    Err(closed_by_code(code, frame.as_ref().map_or("", |frame| frame.reason.as_str())))
                }
                // The library answers pings by itself.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Err(error)) => Err(failed(&error, "reading")),
                None => Err(LinkError::new(EndCause::Network, "the server closed the connection")),
            };
            return meaning.map_err(|error| self.die(error));
        }
    }
}

#[async_trait]
impl Transport for WebSocketTransport {
    async fn send(&mut self, stanza: Stanza) -> Result<(), LinkError> {
        self.write(&stanza.to_xml()).await
    }

    async fn flush(&mut self) -> Result<(), LinkError> {
        self.alive()?;
        self.write_out().await
    }

    async fn next(&mut self) -> Result<Frame, LinkError> {
        if self.unflushed {
            self.flush().await?;
        }
        loop {
            if let Meaning::Stanza(frame) = self.message().await? {
                return Ok(frame);
            }
        }
    }

    async fn restart(&mut self) -> Result<(), LinkError> {
        let open = self.core.open();
        self.write(&open).await
    }

    async fn close(&mut self) {
        if self.write(CLOSE).await.is_ok() && self.flush().await.is_ok() {
            // Until the peer has closed too: closing with unread bytes would reset the connection, and our last words with it.
            while self.message().await.is_ok() {}
        }
        // Both frames' worth of politeness; the session bounds the time.
        let _ = self.socket.close(None).await;
        while let Some(Ok(_)) = self.socket.next().await {}
        self.dead.get_or_insert_with(|| LinkError::new(EndCause::ClosedByUs, "closed by us"));
    }

    fn activity(&self) -> Option<Activity> {
        Some(self.wire.activity.clone())
    }

    fn flights(&self) -> Option<Flights> {
        self.flights.clone()
    }
}
