//! Translates what the transport brought into what it means. The rules are in [`crate::outcome`].

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tower::{Layer, Service};

use super::Call;
use crate::outcome::{self, Answer, Fault};
use crate::transport::HttpTransport;

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

impl<S: HttpTransport> Service<Call> for Classify<S> {
    type Response = Answer;
    type Error = Box<Fault>;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Box<Fault>>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Box<Fault>>> {
        // A transport that is not ready has not been given anything; what it says about sending holds as it is.
        self.inner.poll_ready(cx).map_err(|error| Box::new(outcome::of_failure(&error, false)))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let write = call.write;
        let exchange = self.inner.call(call.request);
        Box::pin(async move {
            match exchange.await {
                Ok(answer) => outcome::of_answer(answer, write),
                Err(error) => Err(Box::new(outcome::of_failure(&error, write))),
            }
        })
    }
}
