//! Refuses answers beyond the cap, whatever the transport let through.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use tower::{Layer, Service};

use super::Exchange;
use crate::transport::{HttpTransport, TransportError, TransportErrorKind};

/// The largest answer accepted by default: 8 MiB. The list of all users is the largest document there is, some 2 kB for each of a few
/// thousand users; everything about one agent stays far below 1 MiB.
pub(crate) const BODY_CAP: usize = 8 * 1024 * 1024;

#[derive(Clone, Copy)]
pub(super) struct BodyCapLayer {
    cap: usize,
}

impl BodyCapLayer {
    pub(super) fn new(cap: usize) -> Self {
        Self { cap }
    }
}

impl<S> Layer<S> for BodyCapLayer {
    type Service = BodyCap<S>;

    fn layer(&self, inner: S) -> BodyCap<S> {
        BodyCap { inner, cap: self.cap }
    }
}

#[derive(Clone)]
pub(super) struct BodyCap<S> {
    inner: S,
    cap: usize,
}

impl<S: HttpTransport> Service<Request<Bytes>> for BodyCap<S> {
    type Response = S::Response;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Exchange> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let exchange = self.inner.call(request);
        let cap = self.cap;
        Box::pin(async move {
            let answer = exchange.await?;
            if answer.body().len() > cap {
                return Err(TransportError::new(
                    TransportErrorKind::TooLarge,
                    true,
                    format!("the answer is larger than {cap} bytes"),
                ));
            }
            Ok(answer)
        })
    }
}
