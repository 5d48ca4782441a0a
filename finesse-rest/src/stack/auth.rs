//! Writes the `Authorization` header. The innermost layer: the secret is in the request only from here on.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use tower::{Layer, Service};

#[derive(Clone)]
pub(super) struct AuthLayer {
    value: Option<HeaderValue>,
}

impl AuthLayer {
    pub(super) fn new(value: Option<HeaderValue>) -> Self {
        Self { value }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth { inner, value: self.value.clone() }
    }
}

#[derive(Clone)]
pub(super) struct Auth<S> {
    inner: S,
    value: Option<HeaderValue>,
}

impl<S: Service<Request<Bytes>>> Service<Request<Bytes>> for Auth<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Bytes>) -> S::Future {
        if let Some(value) = &self.value {
            request.headers_mut().insert(AUTHORIZATION, value.clone());
        }
        self.inner.call(request)
    }
}
