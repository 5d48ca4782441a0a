//! The tower layer.

use tower::Layer;

use super::ResyncService;
use crate::clock::Clock;
use crate::params::Params;

/// Wraps whatever opens lines, so that what comes out is one agent's session without silent gaps.
#[derive(Debug, Clone)]
pub struct ResyncLayer {
    params: Params,
    clock: Clock,
    random: fastrand::Rng,
}

impl ResyncLayer {
    /// With these numbers, this clock (the same as the layers below) and this source of request ids.
    #[must_use]
    pub fn new(params: Params, clock: Clock, random: fastrand::Rng) -> Self {
        Self { params, clock, random }
    }
}

impl<S> Layer<S> for ResyncLayer {
    type Service = ResyncService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ResyncService::new(inner, self.params.clone(), self.clock, self.random.clone())
    }
}
