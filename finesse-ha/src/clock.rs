//! The one clock that the shells read.
//!
//! Cores never read it: they are given the time. Under tokio's paused time this clock is paused with it, which is what
//! makes simulated runs repeatable.

use std::time::Duration;

use tokio::time::Instant;

/// Monotonic time since a common start. Clones share the start, so that times of health and of sessions compare.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts now. One per process (or per simulated world) is enough, shared by cloning.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Time since the start.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Waits until `at`; returns at once when it has passed, never when there is none.
    pub async fn sleep_until(&self, at: Option<Duration>) {
        match at {
            // A moment that no clock reaches never comes.
            Some(at) => match self.start.checked_add(at) {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }
}
