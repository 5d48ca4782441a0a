//! The tower layer.

use std::sync::Arc;

use tower::Layer;

use super::{FailoverService, Pair, Policy};
use crate::clock::Clock;
use crate::params::Params;

/// Makes of two services that open links one that opens lines.
#[derive(Clone)]
pub struct FailoverLayer {
    policy: Arc<dyn Policy>,
    params: Params,
    clock: Clock,
    random: fastrand::Rng,
}

impl std::fmt::Debug for FailoverLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FailoverLayer").field("policy", &self.policy.name()).finish_non_exhaustive()
    }
}

impl FailoverLayer {
    /// Leaves a side when this policy says so. The clock must be the one that the sides' health is measured by; all jitter comes from
    /// `random`.
    #[must_use]
    pub fn new(policy: impl Policy + 'static, params: Params, clock: Clock, random: fastrand::Rng) -> Self {
        Self { policy: Arc::new(policy), params, clock, random }
    }
}

impl<S> Layer<Pair<S>> for FailoverLayer {
    type Service = FailoverService<S>;

    fn layer(&self, sides: Pair<S>) -> Self::Service {
        FailoverService::new(
            sides,
            Arc::clone(&self.policy),
            self.params.clone(),
            self.clock,
            self.random.clone(),
        )
    }
}
