//! The start: no epoch yet, and no side is the current one.
//!
//! A is preferred; B is opened once A has been looked at and cannot be used. That is no switch: nothing is left behind.

use std::time::Duration;

use super::news::Outlook;
use super::{FailoverCore, Output, Phase};
use crate::health::Status;
use crate::line::LineEnd;
use crate::side::Side;

/// The state of a start.
pub(super) struct Cold {
    begun: bool,
    outlook: Outlook,
}

impl Cold {
    pub(super) fn new(now: Duration) -> Self {
        Self { begun: false, outlook: Outlook::new(now) }
    }
}

impl FailoverCore {
    pub(super) fn cold(&mut self, mut cold: Cold) -> Result<Phase, LineEnd> {
        if !std::mem::replace(&mut cold.begun, true) {
            self.check_both();
        }
        if let Some(held) =
            self.link.take_if(|link| !link.presence_lost && is_open_to(self.health.of(link.side).status))
        {
            return Ok(self.attach(held));
        }
        let distrusted: Vec<String> = self.sides().iter().filter_map(|side| self.distrust(*side)).collect();
        if distrusted.len() == self.sides().len() {
            return Err(LineEnd::Trust(distrusted.join(" · ")));
        }
        let chosen = self.choice();
        self.leave_for(chosen);
        if let Some(side) = chosen.filter(|_| self.opening.is_none() && self.link.is_none()) {
            self.open(side);
        }
        let stuck = self.is_stuck_cold().then(|| format!("no side can be used. {}", self.both_sides()));
        self.plight(&mut cold.outlook, stuck);
        Ok(Phase::Cold(cold))
    }

    /// The side to be opened now.
    fn choice(&mut self) -> Option<Side> {
        let a = Side::A;
        // The link is open, and yet no epoch could begin.
        let a_is_lost = self.link.as_ref().is_some_and(|link| link.side == a && link.presence_lost);
        if is_open_to(self.health.of(a).status) && !a_is_lost && self.due(self.tries.of(a).not_before) {
            return Some(a);
        }
        let a_was_looked_at = self.health.of(a).probed.is_some() || self.tries.of(a).failed > 0;
        let b = Side::B;
        let b_can = self.paired && is_open_to(self.health.of(b).status) && a_was_looked_at;
        (b_can && self.due(self.tries.of(b).not_before)).then_some(b)
    }

    /// Gives up what is open, or being opened, on a side that has turned out to be down, if another can be had instead.
    fn leave_for(&mut self, chosen: Option<Side>) {
        let Some(chosen) = chosen else { return };
        if self.opening.is_some_and(|opening| opening.side != chosen && self.is_down(opening.side)) {
            self.abandon();
        }
        // A link that could be used would have been attached.
        if let Some(link) = self.link.take_if(|link| link.side != chosen) {
            self.out.push(Output::Close { attempt: link.attempt });
        }
    }

    fn distrust(&self, side: Side) -> Option<String> {
        let why = self.tries.of(side).distrust.as_ref().or(self.health.of(side).trust.as_ref())?;
        Some(format!("side {side}: {why}"))
    }

    /// Both sides have been looked at and neither can be opened, or the attempts have failed beyond a mishap.
    fn is_stuck_cold(&self) -> bool {
        self.opening.is_none()
            && self.sides().iter().all(|side| {
                let (health, tries) = (self.health.of(*side), self.tries.of(*side));
                let deaf = self.link.as_ref().is_some_and(|link| link.side == *side && link.presence_lost);
                let failing = deaf || tries.failed >= 3 || tries.distrust.is_some();
                if is_open_to(health.status) {
                    failing
                } else {
                    health.probed.is_some() || self.is_down(*side)
                }
            })
    }
}

/// Whether a link to a side of this status is worth opening at the start: it serves, or it can be reached and nobody knows.
fn is_open_to(status: Status) -> bool {
    matches!(status, Status::Ready | Status::Draining | Status::Unauthorised)
}
