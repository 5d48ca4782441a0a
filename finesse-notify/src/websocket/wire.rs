//! The byte side of a WebSocket: counts what arrives, and writes our own text frames.
//!
//! Our frames are written here and not by the WebSocket library, because that one may log what it writes, and one of them is the password.
//! Invariant: a queued frame is written whole, before anything that the library writes after it. The library must have nothing half
//! written when a frame is queued; [`WebSocketTransport`](super::transport::WebSocketTransport) flushes it first.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BufMut as _, BytesMut};
use finesse_net::Io;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::Activity;

/// A text frame that is whole, and masked as a client's must be.
const FINAL_TEXT: u8 = 0x81;
const MASKED: u8 = 0x80;

/// The end of the wire that stays with the transport while the library owns the other.
#[derive(Clone)]
pub(super) struct WireHandle {
    outgoing: Arc<Mutex<BytesMut>>,
    pub(super) activity: Activity,
}

impl WireHandle {
    fn outgoing(&self) -> MutexGuard<'_, BytesMut> {
        // Nothing panics while holding it.
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True while something of ours waits to be written. Then the library has nothing half written, for it writes only behind ours.
    pub(super) fn is_queued(&self) -> bool {
        !self.outgoing().is_empty()
    }

    /// Queues one text frame; it is written by the next flush.
    pub(super) fn queue(&self, text: &str, mask: [u8; 4]) {
        encode(&mut self.outgoing(), text, mask);
    }
}

/// One masked text frame.
fn encode(out: &mut BytesMut, text: &str, mask: [u8; 4]) {
    out.reserve(text.len() + 14);
    out.put_u8(FINAL_TEXT);
    let length = text.len();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => out.put_u8(MASKED | short),
        (_, Ok(medium)) => {
            out.put_u8(MASKED | 126);
            out.put_u16(medium);
        }
        _ => {
            out.put_u8(MASKED | 127);
            // A length in memory fits.
            out.put_u64(length as u64);
        }
    }
    out.put_slice(&mask);
    out.extend(text.bytes().zip(mask.into_iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

pub(super) struct Wire {
    io: Box<dyn Io>,
    handle: WireHandle,
}

impl Wire {
    pub(super) fn new(io: Box<dyn Io>) -> (Self, WireHandle) {
        let handle = WireHandle { outgoing: Arc::default(), activity: Activity::new() };
        (Self { io, handle: handle.clone() }, handle)
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut outgoing = self.handle.outgoing();
            if outgoing.is_empty() {
                return Poll::Ready(Ok(()));
            }
            match ready!(Pin::new(&mut self.io).poll_write(cx, &outgoing)) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(n) => outgoing.advance(n),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.handle.activity.touch();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form_and_the_text_is_masked() {
        for (length, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let text = "x".repeat(length);
            let mut out = BytesMut::new();
            encode(&mut out, &text, [1, 2, 3, 4]);
            assert_eq!(out.len(), header + 4 + length, "{length}");
            assert_eq!((out[0], out[1] & 0x80), (0x81, 0x80));
            assert!(
                out[header + 4..]
                    .iter()
                    .zip([1, 2, 3, 4].iter().cycle())
                    .all(|(byte, mask)| byte ^ mask == b'x')
            );
        }
    }
}
