//! Writes the `Authorization` header. The innermost layer: the secret is in the request only from here on.
//!
//! A token is looked up for each request, so that a refreshed one is used at once.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use tower::{Layer, Service};

use crate::credentials::{Credentials, Token};

/// Stands in the extensions of a request that must not carry credentials.
#[derive(Clone, Copy)]
pub(crate) struct Anonymous;

/// What is written.
#[derive(Clone)]
enum Authorization {
    Nothing,
    Fixed(HeaderValue),
    Token(Token),
}

#[derive(Clone)]
pub(super) struct AuthLayer {
    authorization: Authorization,
}

impl AuthLayer {
    pub(super) fn new(credentials: Option<&Credentials>) -> Self {
        let authorization = match credentials {
            None => Authorization::Nothing,
            Some(Credentials::Bearer { token, .. }) => Authorization::Token(token.clone()),
            Some(credentials) => credentials.header().map_or(Authorization::Nothing, Authorization::Fixed),
        };
        Self { authorization }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth { inner, authorization: self.authorization.clone() }
    }
}

#[derive(Clone)]
pub(super) struct Auth<S> {
    inner: S,
    authorization: Authorization,
}

impl<S: Service<Request<Bytes>>> Service<Request<Bytes>> for Auth<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Bytes>) -> S::Future {
        let value = match &self.authorization {
            _ if request.extensions().get::<Anonymous>().is_some() => None,
            Authorization::Nothing => None,
            Authorization::Fixed(value) => Some(value.clone()),
            Authorization::Token(token) => token.header(),
        };
        if let Some(value) = value {
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        self.inner.call(request)
    }
}
