//! The thin shell: frames between socket and core.

use async_trait::async_trait;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::Message;

use super::core::{CLOSE, Core, Meaning, binary, closed_by_code};
use super::handshake::{Socket, failed};
use super::wire::WireHandle;
use crate::error::{EndCause, LinkError};
use crate::stanza::{Frame, Stanza};
use crate::transport::{Activity, Transport};

pub(super) struct WebSocketTransport {
    socket: Socket,
    wire: WireHandle,
    core: Core,
    /// Masks hide nothing over TLS and need be unguessable only where a script in a browser chooses the text.
    masks: fastrand::Rng,
    /// Came before the server opened its stream.
    early: Option<Frame>,
    dead: Option<LinkError>,
}

impl WebSocketTransport {
    /// Opens the stream; the features come as the first stanza.
    pub(super) async fn open(socket: Socket, wire: WireHandle, domain: &str) -> Result<Self, LinkError> {
        let (core, masks) = (Core::new(domain), fastrand::Rng::new());
        let mut this = Self { socket, wire, core, masks, early: None, dead: None };
        this.restart().await?;
        while !this.core.is_open() {
            if let Meaning::Stanza(error) = this.message().await? {
                // Only a stream error comes before `<open/>`; what it means is the session's business.
                this.early = Some(error);
            }
        }
        Ok(this)
    }

    fn die(&mut self, error: LinkError) -> LinkError {
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
        result.map_err(|error| self.die(failed(&error, "writing")))
    }

    async fn write(&mut self, text: &str) -> Result<(), LinkError> {
        self.alive()?;
        // Before our frame goes out, nothing of the library's may be half written.
        self.write_out().await?;
        self.wire.queue(text, self.masks.u32(..).to_ne_bytes());
        self.write_out().await
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

    async fn next(&mut self) -> Result<Frame, LinkError> {
        if let Some(frame) = self.early.take() {
            return Ok(frame);
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
        if self.write(CLOSE).await.is_ok() {
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
}
