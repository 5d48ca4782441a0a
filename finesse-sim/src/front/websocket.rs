//! XMPP over WebSocket (RFC 7395) as Openfire does it.
//!
//! [`upgrade`] answers the HTTP request, [`serve`] carries frames. Facts follow what is known of Openfire 4.x: without the sub-protocol
//! `xmpp` there is no upgrade; the first element must be `open`; features come in a frame of their own; a text that does not parse is
//! ignored; every end says `close` before the socket closes; idle sockets are pinged.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::frames::{self, Fault, Message, Opcode, Reader};
use super::{Waited, loses_what_follows, write};
use crate::Side;
use crate::core::{Elem, Input, ListenerState, Port, StreamEnd, Transport};
use crate::handle::{Outgoing, Shared, WeakSim};

const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
const CLOSE: &str = "<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>";
/// What RFC 6455 appends to the client's key.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// After so many pings without an answer the socket is closed.
const PINGS: u32 = 2;

/// Whether a request of this port is for the WebSocket service.
pub(crate) fn is_for(shared: &Shared, port: Port, path: &str) -> bool {
    let service = &shared.profile().websocket;
    let here = match port {
        Port::Rest => service.on_8445,
        Port::Bosh => service.on_7443,
        Port::Xmpp | Port::PlainXmpp => false,
    };
    here && service.paths.iter().any(|one| one == path)
}

/// Answers a request for an upgrade, and serves the stream if it is one.
pub(crate) fn upgrade(
    shared: &Arc<Shared>,
    side: Side,
    port: Port,
    mut request: Request<Incoming>,
) -> Response<Bytes> {
    if !shared.notification_up(side) {
        return page(StatusCode::SERVICE_UNAVAILABLE, "the notification service does not answer");
    }
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let lists =
        |name: &str, token: &str| header(name).split(',').any(|one| one.trim().eq_ignore_ascii_case(token));
    let asks = request.method() == Method::GET
        && lists("connection", "upgrade")
        && lists("upgrade", "websocket")
        && header("sec-websocket-version") == "13"
        && STANDARD.decode(header("sec-websocket-key")).is_ok_and(|key| key.len() == 16);
    if !asks {
        return page(StatusCode::BAD_REQUEST, "no request for a WebSocket");
    }
    if !lists("sec-websocket-protocol", "xmpp") {
        return page(StatusCode::BAD_REQUEST, "the sub-protocol must be xmpp");
    }
    let key = header("sec-websocket-key");
    let digest =
        ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{GUID}").as_bytes());
    let response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_PROTOCOL, "xmpp")
        .header(SEC_WEBSOCKET_ACCEPT, STANDARD.encode(digest))
        .body(Bytes::new());
    let weak = Arc::downgrade(shared);
    let upgrade = hyper::upgrade::on(&mut request);
    shared.spawn(async move {
        match upgrade.await {
            Ok(io) => serve(TokioIo::new(io), weak, side, port).await,
            Err(error) => tracing::debug!(%error, "an upgrade to WebSocket failed"),
        }
    });
    response.unwrap_or_default()
}

fn page(status: StatusCode, text: &'static str) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .header("Content-Type", "text/html")
        .body(Bytes::from(format!("<html><body>{text}</body></html>")))
        .unwrap_or_default()
}

/// What woke the server of a stream.
enum Wake {
    Out(Option<Outgoing>),
    In(std::io::Result<usize>),
    Idle,
    PortGone,
}

/// What a client's frames lead to.
enum Next {
    GoOn,
    /// The client has closed, by the framing or by the socket.
    Closed,
    /// We end the stream with this error.
    Error(&'static str),
    /// We close the socket with this code.
    Fault(u16),
}

struct Socket<S> {
    io: S,
    reader: Reader,
    weak: WeakSim,
    side: Side,
    fragment: Option<usize>,
    pieces: Option<usize>,
    stream: Option<(u64, UnboundedReceiver<Outgoing>)>,
    opens: u32,
}

/// Serves one stream to its end.
async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send>(mut io: S, weak: WeakSim, side: Side, port: Port) {
    let Some(shared) = weak.upgrade() else { return };
    let profile = shared.profile();
    let service = &profile.websocket;
    if service.only_upgrades_on_8445 && port == Port::Rest {
        // The client may have gone first.
        let _ = io.shutdown().await;
        return;
    }
    let (ping_idle, follows_port) = (service.ping_idle, service.ends_with_tomcat && port == Port::Rest);
    let mut state = shared.watch(side, port);
    let mut socket = Socket {
        io,
        reader: Reader::new(service.largest),
        side,
        fragment: service.fragment,
        pieces: profile.write_pieces,
        stream: None,
        opens: 0,
        weak: weak.clone(),
    };
    drop(shared);
    let mut buffer = vec![0; 16 * 1024];
    let (mut heard, mut pings) = (Instant::now(), 0_u32);
    loop {
        let wake = tokio::select! {
            biased;
            out = async {
                match &mut socket.stream {
                    Some((_, outgoing)) => outgoing.recv().await,
                    None => std::future::pending().await,
                }
            } => Wake::Out(out),
            read = socket.io.read(&mut buffer) => Wake::In(read),
            gone = state.wait_for(|state| *state == ListenerState::Refusing), if follows_port => match gone {
                Ok(_) => Wake::PortGone,
                Err(_) => return,
            },
            () = tokio::time::sleep_until(idle_since(heard, ping_idle, pings)) => Wake::Idle,
        };
        let next = match wake {
            Wake::Out(Some(Outgoing::Send(xml))) => {
                if socket.say(&xml).await.is_err() {
                    break;
                }
                continue;
            }
            Wake::Out(Some(Outgoing::End(how))) => return socket.end(how).await,
            // Encryption is the business of HTTPS here; and the pair may have ended.
            Wake::Out(Some(Outgoing::Secure)) => continue,
            Wake::Out(None) => return,
            Wake::In(Ok(0) | Err(_)) | Wake::PortGone => break,
            Wake::In(Ok(length)) => {
                (heard, pings) = (Instant::now(), 0);
                socket.reader.push(&buffer[..length]);
                socket.take().await
            }
            Wake::Idle if pings == PINGS => break,
            Wake::Idle => {
                pings += 1;
                let ping = frames::frame(true, Opcode::Ping, b"");
                if socket.raw(&ping).await.is_err() {
                    break;
                }
                continue;
            }
        };
        match next {
            Next::GoOn => {}
            Next::Closed => {
                socket.forget(true);
                return socket.end(StreamEnd::Clean).await;
            }
            Next::Error(condition) => {
                socket.forget(false);
                return socket.end(StreamEnd::StreamError(condition.to_owned())).await;
            }
            Next::Fault(code) => {
                socket.forget(false);
                let _ = socket.raw(&frames::close(code)).await;
                let _ = socket.io.shutdown().await;
                return;
            }
        }
    }
    socket.forget(false);
}

/// When a socket that was last heard then is to be pinged for the next time, or given up.
fn idle_since(heard: Instant, idle: Duration, pings: u32) -> Instant {
    heard + idle * (pings + 1)
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket<S> {
    async fn raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        write(&mut self.io, bytes, self.pieces).await
    }

    async fn say(&mut self, xml: &str) -> std::io::Result<()> {
        let bytes = frames::text(xml, self.fragment);
        self.raw(&bytes).await
    }

    /// Tells the core that the stream is over.
    fn forget(&mut self, clean: bool) {
        if let (Some((conn, _)), Some(shared)) = (&self.stream, self.weak.upgrade()) {
            shared.close_stream(*conn, clean);
        }
    }

    /// Handles every whole message.
    async fn take(&mut self) -> Next {
        loop {
            let next = match self.reader.next() {
                Ok(None) => return Next::GoOn,
                Ok(Some(Message::Text(text))) => self.element(&text).await,
                // Openfire closes for it with "unsupported data".
                Ok(Some(Message::Binary)) => Next::Fault(1003),
                Ok(Some(Message::Close)) => Next::Closed,
                Ok(Some(Message::Ping(payload))) => {
                    let pong = frames::frame(true, Opcode::Pong, &payload);
                    // A client that is gone is noticed by the next read.
                    let _ = self.raw(&pong).await;
                    Next::GoOn
                }
                Ok(Some(Message::Pong)) => Next::GoOn,
                Err(Fault(code)) => Next::Fault(code),
            };
            if !matches!(next, Next::GoOn) {
                return next;
            }
        }
    }

    async fn element(&mut self, text: &str) -> Next {
        let Some(shared) = self.weak.upgrade() else { return Next::Closed };
        // What does not parse is logged by the real server, and nothing comes back.
        let Ok(element) = Elem::parse(text) else { return Next::GoOn };
        let waited = match element.name.as_str() {
            "open" => Some(Waited::Header(self.opens)),
            "auth" => Some(Waited::Auth),
            _ => None,
        };
        if waited.is_some_and(|what| loses_what_follows(shared.profile().pipelining, &what)) {
            self.reader.forget();
        }
        match (element.name.as_str(), element.ns == FRAMING) {
            ("open", true) => {
                let host = shared.host(self.side);
                if shared.profile().websocket.checks_to && element.at("to") != Some(host.as_str()) {
                    return Next::Error("host-unknown");
                }
                self.opens += 1;
                let conn = self.stream.as_ref().map_or(0, |(conn, _)| *conn);
                let open = format!(
                    "<open from='{host}' id='s{conn}x{}' xmlns='{FRAMING}' xml:lang='en' version='1.0'/>",
                    self.opens
                );
                let _ = self.say(&open).await;
                match &self.stream {
                    Some((conn, _)) => shared.input(Input::XmppRestarted { conn: *conn }),
                    None => self.stream = Some(shared.open_stream(self.side, Transport::WebSocket)),
                }
                Next::GoOn
            }
            ("close", true) => Next::Closed,
            ("open", false) if self.stream.is_none() => Next::Error("invalid-namespace"),
            _ => match &self.stream {
                Some((conn, _)) => {
                    shared.input(Input::XmppStanza { conn: *conn, xml: text.to_owned() });
                    Next::GoOn
                }
                None => Next::Error("unsupported-stanza-type"),
            },
        }
    }

    async fn end(mut self, how: StreamEnd) {
        // Errors do not matter here: the stream is over.
        match how {
            StreamEnd::StreamError(condition) => {
                let _ = self.say(&super::stream_error(&condition)).await;
                self.goodbye().await;
            }
            StreamEnd::Clean => self.goodbye().await,
            StreamEnd::Reset => {}
            StreamEnd::Cut(xml) => {
                let whole = frames::text(&xml, self.fragment);
                let _ = self.raw(&whole[..whole.len() / 2]).await;
            }
            StreamEnd::Abandon => std::future::pending::<()>().await,
        }
    }

    async fn goodbye(&mut self) {
        let _ = self.say(CLOSE).await;
        let _ = self.raw(&frames::close(1000)).await;
        let _ = self.io.shutdown().await;
    }
}
