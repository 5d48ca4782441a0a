//! The front ends: they carry bytes to the core and back, and know nothing of agents or calls.

pub(crate) mod bosh;
pub(crate) mod control;
pub(crate) mod framer;
mod frames;
pub(crate) mod sockets;
pub(crate) mod stream;
pub(crate) mod web;
mod websocket;

use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::profile::Pipelining;

/// How long to wait after a port could not be bound again, or a connection not be accepted (out of file descriptors): tried at once, it would fail
/// again.
const RETRY: Duration = Duration::from_millis(20);

/// Writes bytes, in pieces of their own if the profile says so.
async fn write<S: AsyncWrite + Unpin>(
    io: &mut S,
    bytes: &[u8],
    pieces: Option<usize>,
) -> std::io::Result<()> {
    for piece in bytes.chunks(pieces.unwrap_or(bytes.len()).max(1)) {
        io.write_all(piece).await?;
        io.flush().await?;
    }
    Ok(())
}

/// What of a log-in a client may have written something behind.
enum Waited {
    /// A header of the stream (`open` on a WebSocket), and how many were before it.
    Header(u32),
    Auth,
}

/// Whether the server loses what it has read behind this.
fn loses_what_follows(pipelining: Pipelining, what: &Waited) -> bool {
    match pipelining {
        Pipelining::Taken => false,
        Pipelining::DropsAfterHeader => matches!(what, Waited::Header(0)),
        Pipelining::DropsAfterAuth => matches!(what, Waited::Header(1..) | Waited::Auth),
    }
}

/// A stream error, with the prefix declared where it stands.
fn stream_error(condition: &str) -> String {
    format!(
        "<stream:error xmlns:stream=\"http://etherx.jabber.org/streams\"><{condition} xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/></stream:error>"
    )
}
