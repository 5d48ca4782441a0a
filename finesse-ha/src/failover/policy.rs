//! Failover policies: pure functions of what happened, the health of both sides and the session's facts.
//!
//! The engine that asks a policy keeps some rules whatever the policy says: it never moves to a side that has not passed its
//! target test after the trigger, never within a hold-down, and never away from a side that is fully usable.

use std::time::Duration;

use finesse_notify::EndCause;

use crate::health::SideHealth;
use crate::side::{PerSide, Side};

/// What made the current epoch end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trigger {
    /// The notification stream ended.
    StreamLost {
        /// How.
        cause: EndCause,
    },
    /// The stream is up and says, or a probe says, that the side is out of service: probably CTI, so probably common to both.
    OutOfService,
    /// The stream is up and the user `finesse` is unavailable: the web application is gone.
    PresenceLost,
    /// The stream is up and requests are not answered.
    RestDead,
    /// The session could not be made live on this side (a failed re-sync).
    ResyncFailed,
}

/// What the policy may weigh besides health.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Context {
    /// The side in use.
    pub current: Side,
    /// Now.
    pub now: Duration,
    /// When the trigger was noticed.
    pub triggered: Duration,
    /// Attempts made since then to open the stream on the current side.
    pub reconnects: u32,
    /// The agent has a dialog.
    pub on_call: bool,
    /// The agent is READY.
    pub ready: bool,
    /// A number drawn once for each trigger, in 0.0..1.0, for jitter.
    pub chance: f64,
}

impl Context {
    /// Time since the trigger.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now.saturating_sub(self.triggered)
    }
}

/// Health of both sides.
pub type Health = PerSide<SideHealth>;

/// What the policy wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Stay with the current side until this long after the trigger; ask again then, and whenever something changes.
    Wait(Duration),
    /// Stay until something changes.
    Stay,
    /// Move to the other side as soon as it passes its target test.
    Switch {
        /// How strict the test is.
        confirmations: Confirmations,
    },
}

impl Decision {
    /// Stay until `grace` after the trigger.
    #[must_use]
    pub fn wait(grace: Duration) -> Self {
        Self::Wait(grace)
    }

    /// Move after one good probe of the other side.
    #[must_use]
    pub fn switch() -> Self {
        Self::Switch { confirmations: Confirmations::One }
    }
}

/// How many good probes of the other side, all begun after the trigger, a move needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmations {
    /// One.
    One,
    /// Two, begun after the policy's patience has ended and at least [`COMMON_MODE_APART`] apart, the second with a heartbeat newer
    /// than the first: the common-mode guard. A policy that waits for the window in which the other side may yet notice a common
    /// fault gets a heartbeat from beyond that window.
    Two,
}

/// How far apart the two probes of the common-mode guard are. One heartbeat interval as documented (5 s); for a side that
/// reports a shorter interval, that interval.
pub const COMMON_MODE_APART: Duration = Duration::from_secs(5);

/// Decides what to do when an epoch has ended. Asked at the trigger, at the time it asked for, and on every change.
pub trait Policy: Send + Sync {
    /// The name shown to people.
    fn name(&self) -> &str {
        "custom"
    }

    /// The decision.
    fn decide(&self, trigger: &Trigger, sides: &Health, context: &Context) -> Decision;
}

impl<F> Policy for F
where
    F: Fn(&Trigger, &Health, &Context) -> Decision + Send + Sync,
{
    fn decide(&self, trigger: &Trigger, sides: &Health, context: &Context) -> Decision {
        self(trigger, sides, context)
    }
}
