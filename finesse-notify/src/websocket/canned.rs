//! A peer whose bytes are known beforehand, for the fuzz target: the shell is read through to its end without a runtime.
//!
//! Invariant: nothing here ever waits. A canned peer always has bytes, or is at its end, and takes all that is written.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::handshake::limits;
use super::transport::WebSocketTransport;
use super::wire::Wire;
use crate::error::LinkError;
use crate::stanza::Frame;
use crate::transport::Transport as _;

struct Canned {
    bytes: Vec<u8>,
    at: usize,
    chunk: usize,
}

impl AsyncRead for Canned {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let end = self.bytes.len().min(self.at + self.chunk.min(buf.remaining()));
        buf.put_slice(self.bytes.get(self.at..end).unwrap_or_default());
        self.at = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Canned {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The stanzas that come of these bytes, read in chunks of this size behind a handshake, and the error in which they end.
pub(crate) fn frames_of(bytes: &[u8], chunk: usize, cap: usize) -> (Vec<Frame>, LinkError) {
    let reading = async {
        let (wire, handle) = Wire::new(Box::new(Canned { bytes: bytes.to_vec(), at: 0, chunk }));
        let socket = WebSocketStream::from_raw_socket(wire, Role::Client, Some(limits(cap))).await;
        let mut transport = WebSocketTransport::new(socket, handle, "d", None);
        let mut frames = Vec::new();
        loop {
            match transport.next().await {
                Ok(frame) => frames.push(frame),
                Err(error) => {
                    let after = transport.next().await;
                    assert!(
                        after.is_err_and(|after| after.kind() == error.kind()),
                        "it goes on after {error}"
                    );
                    return (frames, error);
                }
            }
        }
    };
    match pin!(reading).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(read) => read,
        Poll::Pending => panic!("the reader waits although its peer is at its end"),
    }
}
