//! The gap is open: the current side is tried and looked at, and the policy is asked whether to leave it.

use std::time::Duration;

use super::moves::{Case, Weighed};
use super::news::Outlook;
use super::{FailoverCore, Held, Output, Phase};
use crate::event::Event;
use crate::health::Status;
use crate::params::{FORCED_LOGOUT_WAIT, RECONNECT_PAUSES};
use crate::side::Side;

/// The longest pause between attempts on a side that serves, while the agent can still be saved from its forced logout. It answers requests, so
/// a refused connection every five seconds does not hurt it.
const KNOCK: Duration = Duration::from_secs(5);

/// The state of a recovery.
pub(super) struct Recovery {
    pub(super) case: Case,
    /// The current side is not taken for whole before this.
    not_before: Duration,
    /// A move is under way, away from this side.
    pub(super) leaving: Option<Side>,
    /// The other side's link, just opened.
    pub(super) arrived: Option<Held>,
    outlook: Outlook,
}

/// What the current side is like in a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wholeness {
    Broken,
    /// There is nothing wrong with it, but it has gone out so often that it must stay so for a while.
    Proving,
    Whole,
}

impl Recovery {
    pub(super) fn new(case: Case, not_before: Duration) -> Self {
        let outlook = Outlook::new(case.noticed);
        Self { case, not_before, leaving: None, arrived: None, outlook }
    }
}

impl FailoverCore {
    pub(super) fn recovering(&mut self, mut recovery: Recovery) -> Phase {
        let side = recovery.case.side;
        let other = side.other();
        if let Some(held) = recovery.arrived.take() {
            if !self.is_down(other) {
                return self.arrive(recovery, held);
            }
            self.out.push(Output::Close { attempt: held.attempt });
            let why = format!("side {other} has gone meanwhile: {}", self.health.of(other).why);
            let (now, pause) = (self.now, self.next_pause(other));
            self.tries.of_mut(other).fail(now, pause, why.clone());
            self.tell(Event::SwitchFailed { to: other, why });
        }
        let has_returned = self.note_service(&mut recovery.case);
        let wholeness = self.wholeness(&recovery);
        if let Some(held) = self.link.take_if(|_| wholeness == Wholeness::Whole) {
            if self.opening.is_some() {
                self.abandon();
                self.tell(Event::SwitchFailed {
                    to: other,
                    why: format!("not needed any more: side {side} is whole again"),
                });
            }
            return self.attach(held);
        }
        if self.opening.is_some_and(|opening| opening.side == other) {
            return Phase::Recovering(recovery);
        }
        recovery.leaving = None;
        let weighed = match wholeness {
            // Nothing is gained by leaving what serves, and the agent would pay with a forced logout.
            Wholeness::Proving => Weighed::Patient,
            _ => self.weigh(&mut recovery.case),
        };
        if weighed.is_go() {
            return self.begin_move(recovery);
        }
        self.reopen(&recovery.case, has_returned);
        let stuck = self.is_stuck(&recovery, &weighed).then(|| self.describe_plight(side, &weighed));
        self.plight(&mut recovery.outlook, stuck);
        Phase::Recovering(recovery)
    }

    /// Whether the current side is whole again: the stream is open, presence is not lost, and it serves.
    fn wholeness(&mut self, recovery: &Recovery) -> Wholeness {
        if recovery.case.serves_since.is_none()
            || self.link.as_ref().is_none_or(|link| link.presence_lost)
            || !self.due(recovery.not_before)
        {
            return Wholeness::Broken;
        }
        let side = recovery.case.side;
        if self.is_proven(side) { Wholeness::Whole } else { Wholeness::Proving }
    }

    /// Tries to open the stream of the current side again: the quick attempts always, later ones only while the side may answer.
    fn reopen(&mut self, case: &Case, has_returned: bool) {
        let side = case.side;
        if self.link.is_some() || self.opening.is_some() || self.is_barred(side) {
            return;
        }
        if has_returned {
            let soon = self.now + self.pause(0);
            self.knock(side, soon);
        }
        let saves = case.serves_since.is_some() && self.now < case.noticed + FORCED_LOGOUT_WAIT;
        if let Some(failed_at) = self.tries.of(side).failed_at.filter(|_| saves) {
            self.knock(side, failed_at + KNOCK);
        }
        let quick =
            usize::try_from(self.tries.of(side).failed).is_ok_and(|failed| failed < RECONNECT_PAUSES.len());
        if (quick || !self.is_down(side)) && self.due(self.tries.of(side).not_before) {
            self.open(side);
        }
    }

    /// Whether nothing can be done at present but wait: the current side is beyond the quick remedies, and there is nowhere to go.
    fn is_stuck(&self, recovery: &Recovery, weighed: &Weighed) -> bool {
        let side = recovery.case.side;
        let tried =
            usize::try_from(self.tries.of(side).failed).is_ok_and(|failed| failed >= RECONNECT_PAUSES.len());
        let hopeless = match &self.link {
            Some(link) => link.presence_lost || self.is_down(side),
            None => tried || self.is_down(side),
        };
        let nowhere = !self.paired || {
            let other = self.health.of(side.other());
            let probed = other.probed.is_some_and(|began| began >= recovery.case.noticed);
            self.is_down(side.other()) || (probed && other.status != Status::Ready)
        };
        hopeless && (nowhere || matches!(weighed, Weighed::Stay | Weighed::Held))
    }

    fn describe_plight(&self, side: Side, weighed: &Weighed) -> String {
        let what = match weighed {
            Weighed::Held => format!("waiting for side {side}: it is too soon for another switch"),
            Weighed::Stay if self.paired => format!("waiting for side {side}: the policy stays with it"),
            _ => String::from("waiting for the first side that can be used"),
        };
        format!("{what}. {}", self.both_sides())
    }
}
