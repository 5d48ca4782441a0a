//! Sides that refuse the agent: his credentials, or the session by their rules.
//!
//! Credentials that the side last live with has accepted may still be refused by the other one, whose cache is cold or whose account is locked. That
//! is no reason to give the first one up: the refusing side is barred, is not asked again while it counts refusals, and the first one is awaited.
//!
//! Invariants: no side is asked a second time within [`BAR`] of its refusal; a refusal by the side last live, at the start, or by both, ends the line.

use std::time::Duration;

use super::FailoverCore;
use crate::event::Event;
use crate::line::LineEnd;
use crate::side::Side;

/// Finesse counts refused passwords within five minutes, and a lock lasts as long.
const BAR: Duration = Duration::from_secs(300);

impl FailoverCore {
    /// A side refuses the agent; `end` is how the line ends if nothing else can be had.
    pub(super) fn refused(&mut self, side: Side, kind: &str, end: LineEnd) -> Result<(), LineEnd> {
        let is_target = self.home.is_some_and(|home| home != side);
        if !is_target || self.is_barred(side.other()) {
            return Err(end);
        }
        *self.barred.of_mut(side) = self.now + BAR;
        self.tell(Event::AttentionRequired { kind: kind.to_owned(), why: end.to_string() });
        Ok(())
    }

    /// Whether the side is to be left alone; wakes when it is not any more.
    pub(super) fn is_barred(&mut self, side: Side) -> bool {
        let until = *self.barred.of(side);
        !self.due(until)
    }
}
