//! Writes the id under which the server reports the outcome of a write. The id travels to here as an extension of the request.

use std::task::{Context, Poll};

use bytes::Bytes;
use finesse_model::RequestId;
use http::{HeaderName, HeaderValue, Request};
use tower::{Layer, Service};

/// Cisco writes `requestId`; names of headers have no case.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("requestid");

#[derive(Clone, Copy)]
pub(super) struct RequestIdLayer;

impl<S> Layer<S> for RequestIdLayer {
    type Service = WithRequestId<S>;

    fn layer(&self, inner: S) -> WithRequestId<S> {
        WithRequestId { inner }
    }
}

#[derive(Clone)]
pub(super) struct WithRequestId<S> {
    inner: S,
}

impl<S: Service<Request<Bytes>>> Service<Request<Bytes>> for WithRequestId<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Bytes>) -> S::Future {
        // An id with characters that no header may carry is refused before it gets here.
        let value =
            request.extensions().get::<RequestId>().and_then(|id| HeaderValue::from_str(id.as_str()).ok());
        if let Some(value) = value {
            request.headers_mut().insert(HEADER, value);
        }
        self.inner.call(request)
    }
}
