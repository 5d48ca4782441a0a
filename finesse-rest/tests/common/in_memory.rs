//! REST of a simulated side without sockets, so that time can be paused.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use finesse_rest::{TransportError, TransportErrorKind};
use finesse_sim::{HttpFault, Side, Sim};
use http::{Request, Response};
use tower::Service;

/// REST of one simulated side, in memory.
#[derive(Clone)]
pub(crate) struct InMemory {
    sim: Sim,
    side: Side,
}

impl InMemory {
    pub(crate) fn new(sim: &Sim, side: Side) -> Self {
        Self { sim: sim.clone(), side }
    }
}

impl Service<Request<Bytes>> for InMemory {
    type Response = Response<Bytes>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let Self { sim, side } = self.clone();
        Box::pin(async move {
            sim.http(side, request).await.map_err(|fault| match fault {
                HttpFault::NotConnected => {
                    TransportError::new(TransportErrorKind::Connect, false, fault.to_string())
                }
                _ => TransportError::new(TransportErrorKind::Reset, true, fault.to_string()),
            })
        })
    }
}
