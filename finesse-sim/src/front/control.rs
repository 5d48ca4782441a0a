//! Carries the control API over HTTP; [`crate::control`] answers.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::Sim;
use crate::control::{Answer, BODY_CAP, answer};
use crate::handle::WeakSim;

/// The pair is about to end: the connection is cut.
#[derive(Debug, thiserror::Error)]
#[error("the pair has ended")]
struct Ended;

/// Serves until the pair ends.
pub(crate) async fn listen(listener: TcpListener, weak: WeakSim) {
    loop {
        let accepted = listener.accept().await;
        let Some(shared) = weak.upgrade() else { return };
        match accepted {
            Ok((stream, _)) => shared.spawn(connection(stream, weak.clone())),
            Err(error) => {
                tracing::warn!(%error, "a connection to the control API cannot be accepted");
                drop(shared);
                tokio::time::sleep(super::RETRY).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, weak: WeakSim) {
    let service = service_fn(move |request| respond(weak.clone(), request));
    // A connection that ends badly is the client's business.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(
    weak: WeakSim,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Ended> {
    let (parts, body) = request.into_parts();
    let answer = match Limited::new(body, BODY_CAP).collect().await {
        Ok(body) => {
            let sim = Sim::of(&weak).ok_or(Ended)?;
            answer(&sim, &parts.method, parts.uri.path(), parts.uri.query(), &body.to_bytes())
        }
        Err(error) if error.is::<LengthLimitError>() => {
            Answer::error(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is above {BODY_CAP} bytes"))
        }
        Err(error) => Answer::error(StatusCode::BAD_REQUEST, format!("the body broke off: {error}")),
    };
    let mut response = http::Response::new(Full::new(Bytes::from(format!("{}\n", answer.body))));
    *response.status_mut() = answer.status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(allow) = answer.allow {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    }
    Ok(response)
}
