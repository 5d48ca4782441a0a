//! One HTTP/1.1 request at a time over a connection of our own.

use std::sync::Arc;

use bytes::Bytes;
use finesse_net::{Dialer, cause_words};
use http::header::{CONTENT_TYPE, HOST, LOCATION};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;

use crate::dial;
use crate::error::{EndCause, LinkError, quoted};
use crate::transport::Activity;
use crate::url::WebAddress;

/// Where the requests go.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) dialer: Arc<dyn Dialer>,
    pub(super) address: WebAddress,
    pub(super) body_cap: usize,
}

/// An open connection. Dropping it closes the socket, whatever is going on.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    async fn open(endpoint: &Endpoint) -> Result<Self, LinkError> {
        let io = endpoint.dialer.dial(&endpoint.address.target).await.map_err(|e| dial::failure(&e))?;
        let (sender, connection) =
            handshake(TokioIo::new(io)).await.map_err(|e| broken("opening the connection", &e))?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a BOSH connection ended");
            }
        });
        Ok(Self { sender, driver })
    }
}

/// Sends one body and reads the answer. Returns the connection for the next request if it can be used again.
pub(super) async fn exchange(
    endpoint: &Endpoint,
    reuse: Option<Connection>,
    body: String,
    activity: &Activity,
) -> Result<(u16, String, Option<Connection>), LinkError> {
    let mut connection = match reuse.filter(|c| !c.sender.is_closed()) {
        Some(connection) => connection,
        None => Connection::open(endpoint).await?,
    };
    connection.sender.ready().await.map_err(|e| broken("writing the request", &e))?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(&endpoint.address.path)
        .header(HOST, &endpoint.address.authority)
        .header(CONTENT_TYPE, "text/xml; charset=utf-8")
        .body(Full::new(Bytes::from(body)))
        .map_err(|e| LinkError::new(EndCause::Protocol, format!("the BOSH URL makes no request: {e}")))?;
    let response =
        connection.sender.send_request(request).await.map_err(|e| broken("waiting for the answer", &e))?;
    activity.touch();
    let status = response.status();
    if let Some(location) = response.headers().get(LOCATION).filter(|_| status.is_redirection()) {
        let to = quoted(&String::from_utf8_lossy(location.as_bytes()));
        return Err(LinkError::new(
            EndCause::Protocol,
            format!("HTTP {}: redirected to {to}, which is not followed", status.as_u16()),
        ));
    }
    let bytes = Limited::new(response.into_body(), endpoint.body_cap).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            LinkError::new(
                EndCause::TooLarge,
                format!("a BOSH body is larger than the cap of {} bytes", endpoint.body_cap),
            )
        } else {
            LinkError::new(
                EndCause::Network,
                format!(
                    "the connection broke while reading the answer: {}",
                    quoted(&cause_words(error.as_ref()))
                ),
            )
        }
    })?;
    activity.touch();
    let Ok(text) = String::from_utf8(bytes.to_bytes().into()) else {
        return Err(LinkError::new(EndCause::Protocol, "the answer is not UTF-8"));
    };
    let again = (!connection.sender.is_closed()).then_some(connection);
    Ok((status.as_u16(), text, again))
}

fn broken(doing: &str, error: &hyper::Error) -> LinkError {
    let kind = if error.is_parse() { EndCause::Protocol } else { EndCause::Network };
    LinkError::new(kind, format!("the connection broke while {doing}: {}", quoted(&cause_words(error))))
}
