//! XMPP over a byte stream: TCP with TLS in the socket front end, a pipe in the one in memory.
//!
//! On the plain port a stream may become encrypted; what came before that is forgotten.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc::UnboundedReceiver;

use super::framer::{Framer, NotXmpp, Piece};
use super::{Waited, loses_what_follows, write};
use crate::Side;
use crate::core::{Input, StreamEnd, Transport};
use crate::handle::{Outgoing, Shared, WeakSim};

/// Bytes in both directions.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for T {}

type Io = Box<dyn ByteStream>;

/// Serves one stream to its end.
pub(crate) async fn serve(mut io: Io, weak: WeakSim, side: Side, transport: Transport) {
    let Some(pieces) = weak.upgrade().map(|shared| shared.profile().write_pieces) else { return };
    let mut framer = Framer::default();
    let mut buffer = vec![0; 16 * 1024];
    let mut stream: Option<(u64, UnboundedReceiver<Outgoing>)> = None;
    let mut headers = 0_u32;
    loop {
        let event = tokio::select! {
            biased;
            out = async {
                match &mut stream {
                    Some((_, outgoing)) => outgoing.recv().await,
                    None => std::future::pending().await,
                }
            } => Event::Out(out),
            read = io.read(&mut buffer) => Event::In(read),
        };
        match event {
            Event::Out(Some(Outgoing::Send(xml))) => {
                if write(&mut io, xml.as_bytes(), pieces).await.is_err() {
                    break;
                }
            }
            Event::Out(Some(Outgoing::Secure)) => {
                // Nothing that was said in the clear may be taken for something said after it.
                framer = Framer::default();
                let acceptor = weak.upgrade().and_then(|shared| Some(shared.sockets()?.acceptor(side)));
                let Some(acceptor) = acceptor else { break };
                match acceptor.accept(io).await {
                    Ok(encrypted) => io = Box::new(encrypted),
                    Err(error) => {
                        tracing::debug!(%error, "a TLS handshake within a stream failed");
                        close(&weak, &stream);
                        return;
                    }
                }
            }
            Event::Out(Some(Outgoing::End(how))) => return end(io, how, pieces).await,
            // The pair has ended.
            Event::Out(None) => return,
            Event::In(Ok(0) | Err(_)) => break,
            Event::In(Ok(length)) => {
                framer.push(&buffer[..length]);
                let Some(shared) = weak.upgrade() else { return };
                match take_pieces(&mut framer, &shared, (side, transport), &mut stream, &mut headers, &mut io)
                    .await
                {
                    Ok(true) => {}
                    Ok(false) => {
                        if let Some((conn, _)) = &stream {
                            shared.close_stream(*conn, true);
                        }
                        return end(io, StreamEnd::Clean, pieces).await;
                    }
                    Err(NotXmpp(condition)) => {
                        if let Some((conn, _)) = &stream {
                            shared.close_stream(*conn, false);
                        }
                        return end(io, StreamEnd::StreamError(condition.to_owned()), pieces).await;
                    }
                }
            }
        }
    }
    close(&weak, &stream);
}

fn close(weak: &WeakSim, stream: &Option<(u64, UnboundedReceiver<Outgoing>)>) {
    if let (Some((conn, _)), Some(shared)) = (stream, weak.upgrade()) {
        shared.close_stream(*conn, false);
    }
}

enum Event {
    Out(Option<Outgoing>),
    In(std::io::Result<usize>),
}

/// Handles every whole piece; false after the footer.
async fn take_pieces(
    framer: &mut Framer,
    shared: &Arc<Shared>,
    (side, transport): (Side, Transport),
    stream: &mut Option<(u64, UnboundedReceiver<Outgoing>)>,
    headers: &mut u32,
    io: &mut Io,
) -> Result<bool, NotXmpp> {
    let pipelining = shared.profile().pipelining;
    while let Some(piece) = framer.next()? {
        let waited = match &piece {
            Piece::Header => Some(Waited::Header(*headers)),
            Piece::Element(xml) if xml.starts_with("<auth") => Some(Waited::Auth),
            _ => None,
        };
        if waited.is_some_and(|what| loses_what_follows(pipelining, &what)) {
            framer.forget();
        }
        match piece {
            Piece::Header => {
                *headers += 1;
                let header = format!(
                    "<?xml version='1.0' encoding='UTF-8'?><stream:stream xmlns:stream=\"http://etherx.jabber.org/streams\" \
                     xmlns=\"jabber:client\" from=\"{}\" id=\"s{}x{headers}\" xml:lang=\"en\" version=\"1.0\">",
                    shared.host(side),
                    stream.as_ref().map_or(0, |(conn, _)| *conn),
                );
                // A client that is gone is noticed by the next read.
                let _ = write(io, header.as_bytes(), shared.profile().write_pieces).await;
                match stream {
                    Some((conn, _)) => shared.input(Input::XmppRestarted { conn: *conn }),
                    None => *stream = Some(shared.open_stream(side, transport)),
                }
            }
            Piece::Element(xml) => match stream {
                Some((conn, _)) => shared.input(Input::XmppStanza { conn: *conn, xml }),
                None => return Err(NotXmpp("bad-format")),
            },
            Piece::Footer => return Ok(false),
        }
    }
    Ok(true)
}

async fn end(mut io: Io, how: StreamEnd, pieces: Option<usize>) {
    // Errors do not matter here: the stream is over.
    match how {
        StreamEnd::StreamError(condition) => {
            let error = format!("{}</stream:stream>", super::stream_error(&condition));
            let _ = write(&mut io, error.as_bytes(), pieces).await;
            let _ = io.shutdown().await;
        }
        StreamEnd::Clean => {
            let _ = write(&mut io, b"</stream:stream>", pieces).await;
            let _ = io.shutdown().await;
        }
        // Dropping it writes nothing: over TLS the missing close_notify reads as a cut.
        StreamEnd::Reset => {}
        StreamEnd::Cut(xml) => {
            let _ = write(&mut io, &xml.as_bytes()[..xml.len() / 2], pieces).await;
        }
        StreamEnd::Abandon => {
            let _kept = io;
            std::future::pending::<()>().await;
        }
    }
}
