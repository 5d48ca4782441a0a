//! One XMPP stream over bytes: frames what comes, queues what goes.
//!
//! Invariants: nothing is written before [`flush`](Transport::flush) or [`next`](Transport::next), so a flight leaves in one piece; an idle
//! stream holds no buffers; no more than the cap and one read are kept of an unfinished stanza; after the first failure every call fails the
//! same. Our stanzas go through no library's log, and one of them is the password.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use bytes::{Buf as _, BytesMut};
use bytestring::ByteString;
use finesse_model::framer::{Framer, FramingError, Namespaces, Piece, Rules};
use finesse_net::Io;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use crate::error::{EndCause, LinkError, quoted};
use crate::stanza::{Frame, NS_CLIENT, Stanza, escape};
use crate::transport::{Activity, Flights, Transport};

/// The most that is read at once: one TLS record. It stands on the stack, so a link that waits needs none of it.
const READ: usize = 16 << 10;

pub(super) struct TcpStream {
    io: Box<dyn Io>,
    framer: Framer,
    inherited: Arc<Namespaces>,
    inbound: BytesMut,
    outbound: BytesMut,
    /// Something was written that the layers below may still hold.
    unflushed: bool,
    /// The server has opened a stream on this connection, the present one or one before it.
    begun: bool,
    /// A frame that was looked at and is still to be yielded.
    put_back: Option<Frame>,
    dead: Option<LinkError>,
    activity: Activity,
    domain: String,
    cap: usize,
    flights: Option<Flights>,
}

impl TcpStream {
    /// A stream whose header is queued.
    pub(super) fn new(io: Box<dyn Io>, domain: &str, cap: usize) -> Self {
        let mut this = Self {
            io,
            framer: Framer::new(Rules::Stream, cap),
            inherited: Arc::default(),
            inbound: BytesMut::new(),
            outbound: BytesMut::new(),
            unflushed: false,
            begun: false,
            put_back: None,
            dead: None,
            activity: Activity::new(),
            domain: domain.to_owned(),
            cap,
            flights: None,
        };
        this.outbound.extend_from_slice(b"<?xml version='1.0'?>");
        this.queue_header();
        this
    }

    /// The login may be written ahead.
    pub(super) fn with_flights(mut self, flights: Flights) -> Self {
        self.flights = Some(flights);
        self
    }

    /// The bytes below, and whether something came that was not read yet.
    pub(super) fn into_io(self) -> (Box<dyn Io>, bool) {
        (self.io, !self.inbound.is_empty())
    }

    /// The next frame is to be this one again.
    pub(super) fn put_back(&mut self, frame: Frame) {
        self.put_back = Some(frame);
    }

    fn queue_header(&mut self) {
        let mut to = String::new();
        escape(&mut to, &self.domain);
        let header = format!(
            "<stream:stream to='{to}' version='1.0' xmlns='{NS_CLIENT}' xmlns:stream='http://etherx.jabber.org/streams'>"
        );
        self.outbound.extend_from_slice(header.as_bytes());
    }

    fn alive(&self) -> Result<(), LinkError> {
        self.dead.clone().map_or(Ok(()), Err)
    }

    fn die(&mut self, error: LinkError) -> LinkError {
        let error = if self.begun { error } else { error.before_stream() };
        self.dead = Some(error.clone());
        error
    }

    fn broke(&mut self, doing: &str, error: &io::Error) -> LinkError {
        let why = finesse_net::cause_words(error);
        self.die(LinkError::new(
            EndCause::Network,
            format!("the connection broke while {doing}: {}", quoted(&why)),
        ))
    }

    /// The next whole frame of what was read.
    fn take_frame(&mut self) -> Result<Option<Frame>, LinkError> {
        while let Some(found) = self.framer.find(&self.inbound).map_err(|error| refused(&error))? {
            let piece = self.inbound.get(found.range.clone()).unwrap_or_default();
            match found.piece {
                Piece::Root if is_stream(piece) => {
                    self.begun = true;
                    self.inherited = Arc::new(self.framer.namespaces().clone());
                }
                Piece::Root => {
                    let begin = quoted(&String::from_utf8_lossy(piece));
                    return Err(no_xmpp(&format!("it answered with {begin}")));
                }
                Piece::Child => {
                    let text = self.inbound.split_to(found.range.end).freeze().slice(found.range);
                    let text = ByteString::try_from(text).map_err(|error| {
                        LinkError::new(EndCause::Protocol, format!("refused a stanza: {error}"))
                    })?;
                    return Ok(Some(Frame::within(text, &self.inherited)));
                }
                Piece::Blank => {}
                Piece::End => {
                    return Err(LinkError::new(
                        EndCause::Network,
                        "the server closed the stream without giving a reason",
                    ));
                }
            }
            self.inbound.advance(found.range.end);
        }
        Ok(None)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outbound.is_empty() {
            self.unflushed = true;
            match ready!(Pin::new(&mut self.io).poll_write(cx, &self.outbound))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.outbound.advance(written),
            }
        }
        self.outbound = BytesMut::new();
        if self.unflushed {
            ready!(Pin::new(&mut self.io).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut bytes = [const { MaybeUninit::uninit() }; READ];
        let mut read = ReadBuf::uninit(&mut bytes);
        if Pin::new(&mut self.io).poll_read(cx, &mut read)?.is_pending() {
            if self.inbound.is_empty() {
                self.inbound = BytesMut::new();
            }
            return Poll::Pending;
        }
        self.inbound.extend_from_slice(read.filled());
        Poll::Ready(Ok(read.filled().len()))
    }

    /// Reads something; true at the end of the bytes. What is queued is written meanwhile.
    async fn read(&mut self) -> Result<bool, LinkError> {
        let mut doing = "writing";
        let read = poll_fn(|cx| {
            if let Poll::Ready(Err(error)) = self.poll_write(cx) {
                return Poll::Ready(Err(error));
            }
            doing = "reading";
            self.poll_read(cx)
        })
        .await;
        match read {
            Ok(0) => Ok(true),
            Ok(_) => {
                self.activity.touch();
                Ok(false)
            }
            Err(error) => Err(self.broke(doing, &error)),
        }
    }
}

#[async_trait]
impl Transport for TcpStream {
    async fn send(&mut self, stanza: Stanza) -> Result<(), LinkError> {
        self.alive()?;
        self.outbound.extend_from_slice(stanza.to_xml_within(NS_CLIENT).as_bytes());
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), LinkError> {
        self.alive()?;
        poll_fn(|cx| self.poll_write(cx)).await.map_err(|error| self.broke("writing", &error))
    }

    async fn next(&mut self) -> Result<Frame, LinkError> {
        loop {
            self.alive()?;
            if let Some(frame) = self.put_back.take() {
                return Ok(frame);
            }
            match self.take_frame() {
                Ok(Some(frame)) => return Ok(frame),
                Ok(None) => {}
                Err(error) => return Err(self.die(error)),
            }
            if self.read().await? {
                let detail = if self.framer.is_inside_a_piece() {
                    "the connection ended in the middle of a stanza"
                } else {
                    "the server closed the connection"
                };
                return Err(self.die(LinkError::new(EndCause::Network, detail)));
            }
        }
    }

    async fn restart(&mut self) -> Result<(), LinkError> {
        self.alive()?;
        self.framer = Framer::new(Rules::Stream, self.cap);
        self.queue_header();
        Ok(())
    }

    async fn close(&mut self) {
        if self.dead.is_some() {
            return;
        }
        self.outbound.extend_from_slice(b"</stream:stream>");
        if self.flush().await.is_ok() && poll_fn(|cx| Pin::new(&mut self.io).poll_shutdown(cx)).await.is_ok()
        {
            // Until the peer has closed too: closing with unread bytes would reset the connection, and our last words with it.
            while self.next().await.is_ok() {}
        }
        self.dead.get_or_insert_with(|| LinkError::new(EndCause::ClosedByUs, "the stream was closed by us"));
    }

    fn activity(&self) -> Option<Activity> {
        Some(self.activity.clone())
    }

    fn flights(&self) -> Option<Flights> {
        self.flights.clone()
    }
}

/// The root of a stream, whatever its prefix.
fn is_stream(tag: &[u8]) -> bool {
    let name = tag.split(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/')).next();
    name.is_some_and(|name| name.ends_with(b":stream") || name == b"<stream")
}

fn no_xmpp(why: &str) -> LinkError {
    LinkError::new(EndCause::Protocol, format!("the server does not speak XMPP on this port: {why}"))
}

fn refused(error: &FramingError) -> LinkError {
    match error {
        FramingError::NotXml => no_xmpp("its first byte begins no XML"),
        FramingError::TooLarge { .. } | FramingError::TooDeep => {
            LinkError::new(EndCause::TooLarge, format!("refused a stanza: {error}"))
        }
        _ => LinkError::new(EndCause::Protocol, format!("refused a stanza: {error}")),
    }
}
