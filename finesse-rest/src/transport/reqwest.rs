//! The production transport: reqwest over rustls.
//!
//! Invariants: HTTP/1.1 only; straight to the side, whatever proxy the environment names, since an answer of a proxy says nothing about a
//! side's health; no redirect is followed and nothing is sent a second time; the body is handed on in pieces as it comes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use finesse_net::{Trust, cause_words, trust_failure};
use http::{Request, Response};
use tower::Service;

use super::{Streamed, TransportError, TransportErrorKind};
use crate::body::{Body, ChunkSource};

/// Connections of a desktop are few: a command, a read and a probe at the same time. More are opened when needed and not kept.
const IDLE_CONNECTIONS: usize = 4;
/// Shorter than the 20 s after which Tomcat closes an idle connection by default, so that a request is rarely written into a connection that
/// the server is just closing. Such a request would have an unknown outcome.
const IDLE_TIME: Duration = Duration::from_secs(15);
/// A server that answers at all acknowledges within this time.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For name, TCP and TLS together. Default 3 s: a healthy side on a company's network takes milliseconds, one lost SYN costs one second and
    /// two lost ones three.
    pub connect: Duration,
    /// For the whole exchange. Default 10 s: slow answers of a loaded server take a few seconds, and one slow call is not an outage.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), request: Duration::from_secs(10) }
    }
}

impl Timeouts {
    /// Sets both.
    #[must_use]
    pub fn new(connect: Duration, request: Duration) -> Self {
        Self { connect, request }
    }
}

/// Sends requests by reqwest. Clones share one pool of connections.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    timeouts: Timeouts,
}

impl ReqwestTransport {
    /// A transport with a pool of its own.
    ///
    /// # Errors
    ///
    /// The trust cannot be used, for example an extra file without a certificate.
    pub fn new(trust: &Trust, timeouts: Timeouts) -> Result<Self, TransportError> {
        let setup = |detail: String| TransportError::new(TransportErrorKind::Other, false, detail);
        let config = trust.client_config().map_err(|error| setup(error.to_string()))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured((*config).clone())
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(timeouts.connect)
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .tcp_nodelay(true)
            .tcp_keepalive(KEEPALIVE)
            .build()
            .map_err(|error| setup(cause_words(&error)))?;
        Ok(Self { client, timeouts })
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").field("timeouts", &self.timeouts).finish_non_exhaustive()
    }
}

impl Service<Request<Bytes>> for ReqwestTransport {
    type Response = Response<Body>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let client = self.client.clone();
        // A long answer takes as long as it takes; its reader limits the time of each piece.
        let limit = request.extensions().get::<Streamed>().is_none().then_some(self.timeouts.request);
        Box::pin(async move {
            let mut request = reqwest::Request::try_from(request).map_err(failure)?;
            *request.timeout_mut() = limit;
            let mut answer = client.execute(request).await.map_err(failure)?;
            let mut response = Response::new(());
            *response.status_mut() = answer.status();
            *response.headers_mut() = std::mem::take(answer.headers_mut());
            Ok(response.map(|()| Body::chunks(answer)))
        })
    }
}

#[async_trait]
impl ChunkSource for reqwest::Response {
    async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        Self::chunk(self).await.map_err(failure)
    }
}

/// What reqwest says, in our classes. Only a connection that did not come about proves that nothing was written.
fn failure(error: reqwest::Error) -> TransportError {
    // The address stands in our own message already.
    let error = error.without_url();
    let sent = !(error.is_connect() || error.is_builder());
    let detail = cause_words(&error);
    let kind = if let Some(failure) = trust_failure(&error) {
        let detail = failure.to_string();
        return TransportError::new(TransportErrorKind::Tls(failure), sent, detail).with_source(error);
    } else if error.is_dns() {
        return TransportError::new(
            TransportErrorKind::Dns,
            sent,
            format!("the host name does not resolve ({detail})"),
        )
        .with_source(error);
    } else if error.is_timeout() {
        let detail = if sent { "no answer in time" } else { "no connection in time" };
        return TransportError::new(TransportErrorKind::Timeout, sent, detail).with_source(error);
    } else if error.is_connect() {
        TransportErrorKind::Connect
    } else if error.is_builder() {
        TransportErrorKind::Other
    } else {
        TransportErrorKind::Reset
    };
    TransportError::new(kind, sent, detail).with_source(error)
}
