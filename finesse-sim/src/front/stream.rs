//! XMPP over a byte stream: TCP with TLS in the socket front end, a pipe in the one in memory.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::UnboundedReceiver;

use super::framer::{Framer, NotXmpp, Piece};
use crate::Side;
use crate::core::{Input, StreamEnd, Transport};
use crate::handle::{Outgoing, Shared, WeakSim};

const STREAM_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-streams";

/// Serves one stream to its end.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    mut io: S,
    weak: WeakSim,
    side: Side,
) {
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
                if io.write_all(xml.as_bytes()).await.is_err() || io.flush().await.is_err() {
                    break;
                }
            }
            Event::Out(Some(Outgoing::End(how))) => return end(io, how).await,
            // The pair has ended.
            Event::Out(None) => return,
            Event::In(Ok(0) | Err(_)) => break,
            Event::In(Ok(length)) => {
                framer.push(&buffer[..length]);
                let Some(shared) = weak.upgrade() else { return };
                match take_pieces(&mut framer, &shared, side, &mut stream, &mut headers, &mut io).await {
                    Ok(true) => {}
                    Ok(false) => {
                        if let Some((conn, _)) = &stream {
                            shared.close_stream(*conn, true);
                        }
                        return end(io, StreamEnd::Clean).await;
                    }
                    Err(NotXmpp(condition)) => {
                        if let Some((conn, _)) = &stream {
                            shared.close_stream(*conn, false);
                        }
                        return end(io, StreamEnd::StreamError(condition.to_owned())).await;
                    }
                }
            }
        }
    }
    if let (Some((conn, _)), Some(shared)) = (&stream, weak.upgrade()) {
        shared.close_stream(*conn, false);
    }
}

enum Event {
    Out(Option<Outgoing>),
    In(std::io::Result<usize>),
}

/// Handles every whole piece; false after the footer.
async fn take_pieces<S: AsyncWrite + Unpin>(
    framer: &mut Framer,
    shared: &Arc<Shared>,
    side: Side,
    stream: &mut Option<(u64, UnboundedReceiver<Outgoing>)>,
    headers: &mut u32,
    io: &mut S,
) -> Result<bool, NotXmpp> {
    while let Some(piece) = framer.next()? {
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
                let _ = io.write_all(header.as_bytes()).await;
                let _ = io.flush().await;
                match stream {
                    Some((conn, _)) => shared.input(Input::XmppRestarted { conn: *conn }),
                    None => *stream = Some(shared.open_stream(side, Transport::Tcp)),
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

async fn end<S: AsyncRead + AsyncWrite + Unpin>(mut io: S, how: StreamEnd) {
    // Errors do not matter here: the stream is over.
    match how {
        StreamEnd::StreamError(condition) => {
            let error = format!(
                "<stream:error><{condition} xmlns=\"{STREAM_ERRORS}\"/></stream:error></stream:stream>"
            );
            let _ = io.write_all(error.as_bytes()).await;
            let _ = io.shutdown().await;
        }
        StreamEnd::Clean => {
            let _ = io.write_all(b"</stream:stream>").await;
            let _ = io.shutdown().await;
        }
        // Dropping it writes nothing: over TLS the missing close_notify reads as a cut.
        StreamEnd::Reset => {}
        StreamEnd::Abandon => {
            let _kept = io;
            std::future::pending::<()>().await;
        }
    }
}
