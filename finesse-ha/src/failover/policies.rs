//! The policies that come with the crate.

use std::sync::Arc;
use std::time::Duration;

use finesse_notify::EndCause;

use super::policy::{Confirmations, Context, Decision, Health, Policy, Trigger};
use crate::health::Status;
use crate::params::{Params, RECONNECT_PAUSES};

/// To the other side on any trigger, if it is ready.
///
/// Good for a dead host and for tests. Bad where CTI is common to both sides, and for glitches of a healthy side's stream: there one
/// attempt to reopen is made first, because leaving a healthy side ends in a forced logout.
#[derive(Debug, Clone, Copy, Default)]
pub struct Immediate;

impl Policy for Immediate {
    fn name(&self) -> &str {
        "immediate"
    }

    fn decide(&self, trigger: &Trigger, sides: &Health, context: &Context) -> Decision {
        /// The first attempt comes within 0.3 s; two seconds is all that an immediate policy waits for it.
        const PATIENCE: Duration = Duration::from_secs(2);
        /// A side that was silent for two pings is dead, unless it answers the probe of the trigger; it is to be left within two seconds.
        const SILENT_PATIENCE: Duration = Duration::from_secs(1);
        let glitch = matches!(trigger, Trigger::StreamLost { .. });
        let current = sides.of(context.current);
        let undecided = current.probed.is_none_or(|at| at < context.triggered);
        let silent = matches!(trigger, Trigger::StreamLost { cause: EndCause::Silent });
        let patience = if silent && undecided { SILENT_PATIENCE } else { PATIENCE };
        if glitch
            && context.reconnects == 0
            && context.elapsed() < patience
            && (undecided || current.status == Status::Ready)
        {
            return Decision::wait(patience);
        }
        Decision::switch()
    }
}

/// Stay, never switch, or only when it has taken too long.
#[derive(Debug, Clone, Copy, Default)]
pub struct WaitAndRetry {
    /// Switch after this long; `None` is never.
    pub give_up: Option<Duration>,
}

impl Policy for WaitAndRetry {
    fn name(&self) -> &str {
        "wait"
    }

    fn decide(&self, _: &Trigger, _: &Health, context: &Context) -> Decision {
        match self.give_up {
            None => Decision::Stay,
            Some(after) if context.elapsed() < after => Decision::wait(after),
            Some(_) => Decision::switch(),
        }
    }
}

/// Decides by cause: a grace for each trigger on the current side, the other side examined meanwhile, and a guard against faults that are
/// common to both. The default.
#[derive(Debug, Clone, PartialEq)]
pub struct Hybrid {
    stream_grace_healthy: Duration,
    presence_grace: Duration,
    oos_grace: Option<Duration>,
    rest_grace: Duration,
    switch_jitter: Duration,
}

impl Default for Hybrid {
    fn default() -> Self {
        Self::new(&Params::default())
    }
}

impl Hybrid {
    /// With the graces of these parameters.
    #[must_use]
    pub fn new(params: &Params) -> Self {
        Self {
            stream_grace_healthy: params.stream_grace_healthy,
            presence_grace: params.presence_grace,
            oos_grace: params.oos_grace,
            rest_grace: params.rest_grace,
            switch_jitter: params.switch_jitter,
        }
    }

    /// Three heartbeats of the side, at least five seconds: the window in which the other side notices a common fault.
    fn out_of_service_grace(&self, sides: &Health, context: &Context) -> Duration {
        /// With the documented interval of 5 s.
        const DOCUMENTED: Duration = Duration::from_secs(15);
        let measured = || {
            let interval = sides.of(context.current).heartbeat.map(|beat| beat.interval);
            interval.map_or(DOCUMENTED, |interval| (interval * 3).max(Duration::from_secs(5)))
        };
        self.oos_grace.unwrap_or_else(measured)
    }

    /// Those who lose most by waiting draw from the front of the range.
    fn jitter(&self, context: &Context) -> Duration {
        let share = if context.on_call {
            0.25
        } else if context.ready {
            0.5
        } else {
            1.0
        };
        self.switch_jitter.mul_f64(share * context.chance)
    }
}

impl Policy for Hybrid {
    fn name(&self) -> &str {
        "hybrid"
    }

    fn decide(&self, trigger: &Trigger, sides: &Health, context: &Context) -> Decision {
        let current = sides.of(context.current);
        let probed = current.probed.is_some_and(|at| at >= context.triggered);
        let tries = u32::try_from(RECONNECT_PAUSES.len()).unwrap_or(u32::MAX);
        let quick: Duration = RECONNECT_PAUSES.iter().sum();
        let (grace, confirmations) = match trigger {
            Trigger::StreamLost { .. } if probed && current.status == Status::Ready => {
                (self.stream_grace_healthy, Confirmations::One)
            }
            // The notification service, the host or the network is dead; three attempts settle it, or the time they take.
            Trigger::StreamLost { .. } if context.reconnects >= tries => (Duration::ZERO, Confirmations::One),
            Trigger::StreamLost { .. } => (quick.mul_f64(1.5), Confirmations::One),
            Trigger::OutOfService => (self.out_of_service_grace(sides, context), Confirmations::Two),
            Trigger::PresenceLost => (self.presence_grace, Confirmations::One),
            Trigger::RestDead => (self.rest_grace, Confirmations::One),
            Trigger::ResyncFailed => (self.presence_grace, Confirmations::One),
        };
        let grace = grace + if grace.is_zero() { Duration::ZERO } else { self.jitter(context) };
        if context.elapsed() < grace { Decision::wait(grace) } else { Decision::Switch { confirmations } }
    }
}

impl Policy for Arc<dyn Policy> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn decide(&self, trigger: &Trigger, sides: &Health, context: &Context) -> Decision {
        (**self).decide(trigger, sides, context)
    }
}

#[cfg(test)]
#[path = "policies_tests.rs"]
mod tests;
