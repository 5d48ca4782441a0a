//! The byte side of a TCP stream: counts what arrives, stops what is too large, remembers how it ended, and writes our stanzas.
//!
//! Our stanzas are written here and not by the XML library, because that one may log what it writes, and one of them is the password.
//! Invariants: no more than `cap` bytes (and one read buffer) are taken in since the last whole stanza; the first end or failure is
//! remembered, so that the XML side need not guess from an error's text.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use finesse_net::Io;
use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};

use crate::transport::Activity;

/// What a stream is read through. 4 KiB: most events fit, and an idle link should be small.
pub(super) type BufferedWire = BufReader<Wire>;
const READ_BUFFER: usize = 4 << 10;

/// How the byte stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WireEnd {
    /// The peer closed; `inside` if it had begun something.
    Eof { inside: bool },
    /// Reading or writing failed.
    Failed(String),
    /// The first byte was none of XML.
    NotXml,
    /// More bytes than allowed without a whole stanza.
    TooLarge { cap: usize },
}

#[derive(Debug)]
struct State {
    begun: bool,
    since_stanza: usize,
    cap: usize,
    end: Option<WireEnd>,
    outgoing: BytesMut,
}

/// The end of the wire that stays with the transport while the XML side owns the other.
#[derive(Debug, Clone)]
pub(super) struct WireHandle {
    state: Arc<Mutex<State>>,
    pub(super) activity: Activity,
}

impl WireHandle {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while holding it; and if it did, the counters would still be sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A whole stanza came out.
    pub(super) fn stanza_done(&self) {
        self.state().since_stanza = 0;
    }

    /// Queues bytes; they are written by the next flush.
    pub(super) fn queue(&self, text: &str) {
        self.state().outgoing.extend_from_slice(text.as_bytes());
    }

    pub(super) fn end(&self) -> Option<WireEnd> {
        self.state().end.clone()
    }
}

pub(super) struct Wire {
    io: Box<dyn Io>,
    handle: WireHandle,
}

impl Wire {
    pub(super) fn new(io: Box<dyn Io>, cap: usize) -> (BufferedWire, WireHandle) {
        let state = State { begun: false, since_stanza: 0, cap, end: None, outgoing: BytesMut::new() };
        let handle = WireHandle { state: Arc::new(Mutex::new(state)), activity: Activity::new() };
        let wire = Self { io, handle: handle.clone() };
        (BufReader::with_capacity(READ_BUFFER, wire), handle)
    }

    fn failed(&self, error: io::Error) -> io::Error {
        self.handle.state().end.get_or_insert_with(|| WireEnd::Failed(finesse_net::cause_words(&error)));
        error
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        {
            let mut state = self.handle.state();
            if state.since_stanza >= state.cap {
                let cap = state.cap;
                state.end.get_or_insert(WireEnd::TooLarge { cap });
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "stanza above the cap")));
            }
        }
        let before = buf.filled().len();
        match ready!(Pin::new(&mut self.io).poll_read(cx, buf)) {
            Ok(()) => {
                let read = buf.filled().len() - before;
                let mut state = self.handle.state();
                if read == 0 {
                    let inside = state.since_stanza > 0;
                    state.end.get_or_insert(WireEnd::Eof { inside });
                } else {
                    let first = buf.filled().get(before).copied();
                    // The parser would wait for more of what it takes for text, and the login for its deadline.
                    if !state.begun && !matches!(first, Some(b'<' | b' ' | b'\r' | b'\n' | b'\t' | 0xEF)) {
                        state.end.get_or_insert(WireEnd::NotXml);
                        return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "not XML")));
                    }
                    state.begun = true;
                    state.since_stanza += read;
                    drop(state);
                    self.handle.activity.touch();
                }
                Poll::Ready(Ok(()))
            }
            Err(error) => Poll::Ready(Err(self.failed(error))),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, buf));
        Poll::Ready(written.map_err(|e| self.failed(e)))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            let mut state = this.handle.state();
            if state.outgoing.is_empty() {
                break;
            }
            let written = ready!(Pin::new(&mut this.io).poll_write(cx, &state.outgoing));
            match written {
                Ok(0) => {
                    drop(state);
                    return Poll::Ready(Err(this.failed(io::ErrorKind::WriteZero.into())));
                }
                Ok(n) => state.outgoing.advance(n),
                Err(error) => {
                    drop(state);
                    return Poll::Ready(Err(this.failed(error)));
                }
            }
        }
        let flushed = ready!(Pin::new(&mut this.io).poll_flush(cx));
        Poll::Ready(flushed.map_err(|e| this.failed(e)))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
