//! The tower layer.

use tower::Layer;

use super::{HealthMonitor, HealthService};

/// Wraps whatever opens links to a side, so that everything that passes is evidence of the side's health.
#[derive(Debug, Clone)]
pub struct HealthLayer {
    monitor: HealthMonitor,
}

impl HealthLayer {
    /// Reports to this monitor, which many sessions may share.
    #[must_use]
    pub fn new(monitor: HealthMonitor) -> Self {
        Self { monitor }
    }
}

impl<S> Layer<S> for HealthLayer {
    type Service = HealthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HealthService::new(inner, self.monitor.clone())
    }
}
