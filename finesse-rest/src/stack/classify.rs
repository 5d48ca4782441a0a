//! Translates what the transport brought into what it means. The rules are in [`crate::outcome`].

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use tower::{Layer, Service};

use super::Call;
use crate::body::Body;
use crate::outcome::{self, Answer, Fault};
use crate::transport::{HttpTransport, Streamed, TransportError};

#[derive(Clone, Copy)]
pub(super) struct ClassifyLayer;

impl<S> Layer<S> for ClassifyLayer {
    type Service = Classify<S>;

    fn layer(&self, inner: S) -> Classify<S> {
        Classify { inner }
    }
}

#[derive(Clone)]
pub(super) struct Classify<S> {
    inner: S,
}

impl<S: HttpTransport<Body>> Service<Call> for Classify<S> {
    type Response = Answer;
    type Error = Box<Fault>;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Box<Fault>>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Box<Fault>>> {
        // A transport that is not ready has not been given anything; what it says about sending holds as it is.
        self.inner.poll_ready(cx).map_err(|error| Box::new(outcome::of_failure(&error, false)))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let Call { request, write, expects } = call;
        let streamed = request.extensions().get::<Streamed>().is_some();
        let exchange = self.inner.call(request);
        Box::pin(async move {
            let failed = |error: TransportError| Box::new(outcome::of_failure(&error, write));
            let (head, body) = exchange.await.map_err(failed)?.into_parts();
            if streamed && head.status.is_success() {
                let (status, headers) = (head.status.as_u16(), head.headers);
                return Ok(Answer { status, headers, body: Bytes::new(), stream: Some(body) });
            }
            // Collected below already, up to the cap.
            let body = body.collect(usize::MAX).await.map_err(failed)?;
            outcome::of_answer(Response::from_parts(head, body), write, expects)
        })
    }
}
