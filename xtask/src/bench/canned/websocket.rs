//! The framing of WebSocket: a frame for each element.

use std::io;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Framing;
use super::socket::{Heard, Socket};
use super::texts::{CLIENT, DOMAIN};
use super::web::header;

/// A connection that was upgraded.
pub(super) struct WebSocket<S> {
    socket: WebSocketStream<S>,
    heard: Heard,
}

/// Grants the upgrade that is asked for.
pub(super) async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: Socket<S>,
) -> io::Result<WebSocket<S>> {
    let head = socket.hear("\r\n\r\n").await?;
    let accept = derive_accept_key(header(&head, "sec-websocket-key").as_bytes());
    socket
        .say(format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\
             Sec-WebSocket-Protocol: xmpp\r\n\r\n"
        ))
        .await?;
    // A thousand of them stand idle.
    let config = WebSocketConfig::default().read_buffer_size(1024);
    let socket = WebSocketStream::from_raw_socket(socket.io, Role::Server, Some(config)).await;
    Ok(WebSocket { socket, heard: Heard::default() })
}

impl<S: AsyncRead + AsyncWrite + Unpin> Framing for WebSocket<S> {
    const NAMESPACE: &'static str = CLIENT;

    async fn hear(&mut self, text: &str) -> io::Result<String> {
        loop {
            if let Some(heard) = self.heard.up_to(text) {
                return Ok(heard);
            }
            match self.socket.next().await {
                Some(Ok(message)) => self.heard.push(message.to_text().unwrap_or_default()),
                Some(Err(error)) => return Err(other(error)),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    async fn put(&mut self, text: String) -> io::Result<()> {
        self.socket.feed(Message::text(text)).await.map_err(other)
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.socket.flush().await.map_err(other)
    }

    async fn open(&mut self) -> io::Result<()> {
        self.hear("<open").await?;
        self.put(format!(
            "<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" from=\"{DOMAIN}\" id=\"s1\" xml:lang=\"en\" version=\"1.0\"/>"
        ))
        .await
    }
}

fn other(error: Error) -> io::Error {
    io::Error::other(error)
}
