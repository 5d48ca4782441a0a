//! Writes the headers that are the same for every request.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Request};
use tower::{Layer, Service};

/// Without it the server refuses bodies.
const XML: HeaderValue = HeaderValue::from_static("application/xml");
/// So that an administrator finds us in the server's access log.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("finesse-rest/", env!("CARGO_PKG_VERSION")));

#[derive(Clone, Copy)]
pub(super) struct HeadersLayer;

impl<S> Layer<S> for HeadersLayer {
    type Service = Headers<S>;

    fn layer(&self, inner: S) -> Headers<S> {
        Headers { inner }
    }
}

#[derive(Clone)]
pub(super) struct Headers<S> {
    inner: S,
}

impl<S: Service<Request<Bytes>>> Service<Request<Bytes>> for Headers<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Bytes>) -> S::Future {
        // Forms and files say what they are themselves.
        if !request.body().is_empty() && !request.headers().contains_key(CONTENT_TYPE) {
            request.headers_mut().insert(CONTENT_TYPE, XML);
        }
        request.headers_mut().entry(ACCEPT).or_insert(XML);
        request.headers_mut().insert(USER_AGENT, AGENT);
        self.inner.call(request)
    }
}
