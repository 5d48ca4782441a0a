//! HTTP of one side: REST, BOSH and the way into WebSocket, each on its port.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::websocket;
use crate::Side;
use crate::core::Port;
use crate::handle::{HttpFault, WeakSim};

/// The largest request body that is read.
const BODY_CAP: usize = 1024 * 1024;

/// Serves one connection to its end.
pub(crate) async fn serve<S>(stream: S, weak: WeakSim, side: Side, port: Port)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| answer(weak.clone(), side, port, request));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A connection that ends badly is the client's business.
    let _ = connection.with_upgrades().await;
}

async fn answer(
    weak: WeakSim,
    side: Side,
    port: Port,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, HttpFault> {
    let Some(shared) = weak.upgrade() else { return Err(HttpFault::Reset) };
    // A connection from before the port was closed is cut by the next request on it.
    shared.admit(side, port).await?;
    if websocket::is_for(&shared, port, request.uri().path()) {
        return Ok(websocket::upgrade(&shared, side, port, request).map(Full::new));
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_CAP).collect().await else { return Err(HttpFault::Reset) };
    let request = http::Request::from_parts(parts, body.to_bytes());
    let answer = match port {
        Port::Bosh => super::bosh::exchange(&shared, side, request).await?,
        Port::Rest | Port::Xmpp | Port::PlainXmpp => shared.request(side, request).await?,
    };
    Ok(answer.map(Full::new))
}
