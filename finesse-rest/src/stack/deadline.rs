//! Ends an exchange that takes too long. Of a streamed answer this is the time to its head.
//!
//! tower's own time-out forgets the type of the error. Here the result is a `TransportError` that says the truth: bytes may have been
//! written, so the outcome of a write is unknown.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tower::{Layer, Service};

use super::Exchange;
use crate::body::Body;
use crate::transport::{HttpTransport, TransportError, TransportErrorKind};

#[derive(Clone, Copy)]
pub(super) struct DeadlineLayer {
    limit: Duration,
}

impl DeadlineLayer {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Deadline<S> {
        Deadline { inner, limit: self.limit }
    }
}

#[derive(Clone)]
pub(super) struct Deadline<S> {
    inner: S,
    limit: Duration,
}

impl<S: HttpTransport<Body>> Service<Request<Bytes>> for Deadline<S> {
    type Response = S::Response;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Exchange> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let exchange = self.inner.call(request);
        let limit = self.limit;
        Box::pin(async move {
            match tokio::time::timeout(limit, exchange).await {
                Ok(result) => result,
                Err(_) => Err(TransportError::new(
                    TransportErrorKind::Timeout,
                    true,
                    format!("no answer within {} ms", limit.as_millis()),
                )),
            }
        })
    }
}
