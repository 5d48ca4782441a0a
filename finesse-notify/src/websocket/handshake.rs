//! The HTTP side: one upgrade on a new connection, and what a refusal means.
//!
//! A server that is asked with the wrong spelling of the path answers with a page, a redirect or an error; then, and only then, the other
//! spelling is worth a second connection.

use finesse_net::{Dialer, cause_words};
use http::header::{
    CONNECTION, HOST, LOCATION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, Request, StatusCode};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::wire::{Wire, WireHandle};
use crate::dial;
use crate::error::{EndCause, LinkError, quoted};
use crate::url::WebAddress;

/// What a link reads through. 4 KiB: most events fit, and an idle link should be small.
const READ_BUFFER: usize = 4 << 10;

pub(super) type Socket = WebSocketStream<Wire>;

/// A refused upgrade.
pub(super) struct Refusal {
    pub(super) error: LinkError,
    /// The service may be behind the other spelling of the path.
    pub(super) elsewhere: bool,
}

impl From<LinkError> for Refusal {
    fn from(error: LinkError) -> Self {
        Self { error, elsewhere: false }
    }
}

/// Connects and upgrades.
pub(super) async fn upgrade(
    dialer: &dyn Dialer,
    address: &WebAddress,
    path: &str,
    cap: usize,
) -> Result<(Socket, WireHandle), Refusal> {
    let io = dialer.dial(&address.target).await.map_err(|e| dial::failure(&e))?;
    let (wire, handle) = Wire::new(io);
    let request = Request::get(format!("wss://{}{path}", address.authority))
        .header(HOST, &address.authority)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, generate_key())
        .header(SEC_WEBSOCKET_PROTOCOL, "xmpp")
        .body(())
        .map_err(|e| LinkError::new(EndCause::Policy, format!("the WebSocket URL makes no request: {e}")))?;
    match client_async_with_config(request, wire, Some(limits(cap))).await {
        Ok((socket, _)) => Ok((socket, handle)),
        Err(Error::Http(response)) => Err(answered(response.status(), response.headers())),
        Err(error) => Err(failed(&error, "upgrading the connection").into()),
    }
}

/// How the library reads and writes, with this cap on a message.
pub(super) fn limits(cap: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        // Only pongs and closes are written by the library; they leave at once.
        .write_buffer_size(0)
        .max_message_size(Some(cap))
        .max_frame_size(Some(cap))
}

/// The server answered with something else than an upgrade.
fn answered(status: StatusCode, headers: &HeaderMap) -> Refusal {
    let code = status.as_u16();
    let (kind, detail) = match code {
        200..=299 => (
            EndCause::Protocol,
            "something else (a proxy or a log-in page?) answered with a page instead of a WebSocket; check the URL and proxies".to_owned(),
        ),
        300..=399 => {
            let to = headers.get(LOCATION).map_or_else(
                || "elsewhere".to_owned(),
                |to| format!("to {}", quoted(&String::from_utf8_lossy(to.as_bytes()))),
            );
            (EndCause::Protocol, format!("redirected {to}, which is not followed; check the URL"))
        }
        404 => (
            EndCause::Protocol,
            "there is no WebSocket service at this URL; the usual path is /ws on port 8445, or /ws/ on 7443".to_owned(),
        ),
        // As for BOSH: a service that is still starting answers so.
        400 => (EndCause::Network, "the service is still starting, or refuses the request".to_owned()),
        500..=599 => (EndCause::Network, "the service behind the address is not available".to_owned()),
        _ => (EndCause::Protocol, "the upgrade was refused".to_owned()),
    };
    Refusal {
        error: LinkError::new(kind, format!("HTTP {code}: {detail}")).with_condition(code.to_string()),
        elsewhere: matches!(code, 300..=399 | 400 | 403..=405 | 410 | 426 | 501),
    }
}

/// What a failure of the library means.
pub(super) fn failed(error: &Error, doing: &str) -> LinkError {
    match error {
        Error::Io(error) => LinkError::new(
            EndCause::Network,
            format!("the connection broke while {doing}: {}", quoted(&cause_words(error))),
        ),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake | ProtocolError::HandshakeIncomplete) => {
            LinkError::new(EndCause::Network, format!("the server closed the connection while {doing}"))
        }
        Error::ConnectionClosed | Error::AlreadyClosed => {
            LinkError::new(EndCause::Network, "the server closed the connection")
        }
        Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) => {
            LinkError::new(EndCause::TooLarge, format!("a frame is larger than the cap of {max_size} bytes"))
        }
        Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(error)) => LinkError::new(
            EndCause::Protocol,
            format!("the server upgrades, but not to XMPP ({error}); check the URL"),
        ),
        Error::AttackAttempt | Error::Capacity(_) => {
            LinkError::new(EndCause::TooLarge, "the head of the server's answer is too large")
        }
        other => LinkError::new(
            EndCause::Protocol,
            format!("the server does not speak WebSocket ({doing}: {})", quoted(&other.to_string())),
        ),
    }
}
