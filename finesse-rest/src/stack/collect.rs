//! Puts the pieces of an answer together, up to the cap: the one place that bounds what a server can make us hold.
//!
//! The body of a good answer to a streamed request is left in pieces; its reader bounds each of them. One that is no good is collected too, for
//! it says what was wrong.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tower::{Layer, Service};

use super::Exchange;
use crate::body::Body;
use crate::transport::{Streamed, TransportError, TransportErrorKind};

/// The largest answer accepted by default: 8 MiB. Everything about one agent stays far below 1 MiB, a phone book of 6,000 contacts is some
/// 2 MB; the list of all users, which can be larger, is read as a stream.
pub(crate) const BODY_CAP: usize = 8 * 1024 * 1024;

#[derive(Clone, Copy)]
pub(super) struct CollectLayer {
    cap: usize,
}

impl CollectLayer {
    pub(super) fn new(cap: usize) -> Self {
        Self { cap }
    }
}

impl<S> Layer<S> for CollectLayer {
    type Service = Collect<S>;

    fn layer(&self, inner: S) -> Collect<S> {
        Collect { inner, cap: self.cap }
    }
}

#[derive(Clone)]
pub(super) struct Collect<S> {
    inner: S,
    cap: usize,
}

impl<S> Collect<S> {
    fn announced_too_large(&self, answer: &Response<impl Sized>) -> bool {
        let length = answer.headers().get(http::header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
        length.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > self.cap))
    }
}

impl<S, B> Service<Request<Bytes>> for Collect<S>
where
    S: Service<Request<Bytes>, Response = Response<B>, Error = TransportError, Future: Send + 'static>,
    B: Into<Body> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Exchange> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let streamed = request.extensions().get::<Streamed>().is_some();
        let exchange = self.inner.call(request);
        let this = Collect { inner: (), cap: self.cap };
        Box::pin(async move {
            let answer = exchange.await?;
            if streamed && answer.status().is_success() {
                return Ok(answer.map(Into::into));
            }
            if this.announced_too_large(&answer) {
                return Err(TransportError::new(
                    TransportErrorKind::TooLarge,
                    true,
                    format!("the answer is larger than {} bytes", this.cap),
                ));
            }
            let (head, body) = answer.into_parts();
            let body: Body = body.into();
            Ok(Response::from_parts(head, Body::from(body.collect(this.cap).await?)))
        })
    }
}
