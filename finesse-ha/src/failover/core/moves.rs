//! Whether to move, and the move itself.
//!
//! What a policy wants is weighed here against the rules that hold whatever it wants.

use std::time::Duration;

use super::recovery::Recovery;
use super::{FailoverCore, Held, Muted, Output, Phase, Tries};
use finesse_notify::EndCause;

use crate::event::Event;
use crate::failover::policy::{COMMON_MODE_APART, Confirmations, Context, Decision, Trigger};
use crate::health::{Level, Status};
use crate::side::Side;

/// Before a move the current side is looked at once more, if what is known of it is older than what is known of the target; for no longer than
/// this. Enough for a probe of a side that answers, small beside any grace for one that does not.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Before the session moves away from a current side that serves, an attempt begun as lately as this has failed ..
const LATELY: Duration = Duration::from_millis(500);
/// .. or has hung for this long. Ten times the first pause.
const COURTESY: Duration = Duration::from_secs(2);
/// Between checks of a target that is still to be confirmed.
const URGE: Duration = Duration::from_secs(1);

/// The circumstances under which a policy is asked.
pub(super) struct Case {
    /// The current side.
    pub(super) side: Side,
    pub(super) trigger: Trigger,
    /// Probes of the other side count if they began after this.
    pub(super) noticed: Duration,
    /// What the policy counts from: the first of a row of equal triggers.
    triggered: Duration,
    chance: f64,
    pub(super) serves_since: Option<Duration>,
    /// It was seen not to serve since the trigger.
    was_down: bool,
    looked_again: Option<Duration>,
    /// Nothing but the courtesy has been in the way of a move since.
    last_call: Option<Duration>,
    urge_at: Duration,
    /// When the policy's patience has ended with a move in common mode: the other side's heartbeats count from here.
    patient_until: Option<Duration>,
}

impl Case {
    pub(super) fn new(
        side: Side,
        trigger: Trigger,
        noticed: Duration,
        triggered: Duration,
        chance: f64,
    ) -> Self {
        let urge_at = noticed + URGE;
        Self {
            side,
            trigger,
            noticed,
            triggered,
            chance,
            serves_since: None,
            was_down: false,
            looked_again: None,
            last_call: None,
            urge_at,
            patient_until: None,
        }
    }

    /// The stream is gone too. A notification service that stops takes presence with it, perhaps a moment earlier; then the stream is what counts.
    pub(super) fn stream_lost(&mut self, cause: EndCause) {
        if self.trigger == Trigger::PresenceLost {
            self.trigger = Trigger::StreamLost { cause };
        }
    }
}

/// What came of the weighing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Weighed {
    /// Move now.
    Go,
    /// The policy wants to wait for a time.
    Patient,
    /// The policy wants to stay.
    Stay,
    /// The policy wants to move, and the other side has not passed its test.
    NoTarget,
    /// The policy wants to move, and may not yet.
    Held,
}

impl Weighed {
    pub(super) fn is_go(&self) -> bool {
        *self == Self::Go
    }
}

impl FailoverCore {
    /// Whether the current side serves, by evidence gathered after the trigger.
    pub(super) fn serves(&self, case: &Case) -> bool {
        let health = self.health.of(case.side);
        let probed = health.probed.is_some_and(|began| began >= case.noticed);
        match health.status {
            Status::Ready => health.passes(case.noticed, Confirmations::One),
            Status::Draining | Status::Unauthorised => probed,
            // In service with a bad heartbeat: no reason to leave, but not enough to come back to after an outage.
            Status::Suspect => probed && health.level >= Level::L1 && case.trigger != Trigger::OutOfService,
            Status::Unknown | Status::Unreachable | Status::OutOfService => false,
        }
    }

    /// Keeps in mind since when the current side serves. True if it has just returned.
    pub(super) fn note_service(&mut self, case: &mut Case) -> bool {
        let serves = self.serves(case);
        case.was_down |= !serves && self.is_down(case.side);
        let returned = serves && std::mem::take(&mut case.was_down);
        case.serves_since = if serves { case.serves_since.or(Some(self.now)) } else { None };
        returned
    }

    /// A side that keeps going out and in must stay in service for a while before it is used; until when.
    fn proven_at(&self, side: Side) -> Option<Duration> {
        let is_restless = self.hold_down.is_restless(side, self.now);
        is_restless.then(|| self.health.of(side).since + self.params.stable_for)
    }

    /// The side has not gone out so often, or has stayed in service for long enough since.
    pub(super) fn is_proven(&mut self, side: Side) -> bool {
        self.proven_at(side).is_none_or(|at| self.due(at))
    }

    /// Asks the policy, and lets the rules have the last word.
    pub(super) fn weigh(&mut self, case: &mut Case) -> Weighed {
        if !self.paired {
            return Weighed::Stay;
        }
        let context = Context {
            current: case.side,
            now: self.now,
            triggered: case.triggered,
            reconnects: self.tries.of(case.side).failed,
            on_call: self.facts.on_call,
            ready: self.facts.ready,
            chance: case.chance,
        };
        let confirmations = match self.policy.decide(&case.trigger, &self.health, &context) {
            Decision::Switch { confirmations } => confirmations,
            Decision::Wait(grace) => {
                self.due(case.triggered.saturating_add(grace));
                return Weighed::Patient;
            }
            Decision::Stay => return Weighed::Stay,
        };
        let to = case.side.other();
        if self.is_barred(to) {
            return Weighed::Held;
        }
        // A side that could not be opened must prove itself again after that.
        let mut since = case.noticed.max(self.tries.of(to).failed_at.unwrap_or_default());
        if confirmations == Confirmations::Two {
            // A heartbeat of the window in which the other side may yet lose what this side has lost proves nothing.
            since = since.max(*case.patient_until.get_or_insert(self.now));
        }
        if !self.is_proven(to) {
            (case.looked_again, case.last_call) = (None, None);
            return Weighed::NoTarget;
        }
        since = since.max(self.proven_at(to).unwrap_or_default());
        if !self.health.of(to).passes(since, confirmations) {
            (case.looked_again, case.last_call) = (None, None);
            self.urge(case, to, since, confirmations);
            return Weighed::NoTarget;
        }
        let held_until = self
            .hold_down
            .free_at(&self.params, case.serves_since.is_some())
            .max(self.struggle.next_move)
            .max(self.tries.of(to).not_before);
        if !self.due(held_until) {
            case.last_call = None;
            return Weighed::Held;
        }
        // Both at once: neither waits for the other.
        let (has_looked, was_courteous) = (self.has_looked_again(case, to), self.was_courteous(case));
        if has_looked && was_courteous { Weighed::Go } else { Weighed::Patient }
    }

    /// Has a target probed that is ready and still to be confirmed. One that is not ready is probed by its monitor anyway, with growing
    /// pauses: a storm of probes does not make it recover sooner.
    fn urge(&mut self, case: &mut Case, to: Side, since: Duration, confirmations: Confirmations) {
        let health = self.health.of(to);
        if health.status != Status::Ready {
            return;
        }
        let first = health.good.iter().find(|probe| probe.started >= since);
        let useful = match (confirmations, first) {
            (Confirmations::Two, Some(first)) => {
                first.started
                    + first.heartbeat.map_or(COMMON_MODE_APART, |beat| beat.interval.min(COMMON_MODE_APART))
            }
            _ => self.now,
        };
        if self.due(case.urge_at.max(useful)) {
            case.urge_at = self.now + URGE;
            self.due(case.urge_at);
            self.out.push(Output::CheckNow(to));
        }
    }

    /// The current side was looked at about as lately as the target, or did not answer when it was.
    fn has_looked_again(&mut self, case: &mut Case, to: Side) -> bool {
        let target = self.health.of(to).good.last().map_or(self.now, |probe| probe.started);
        let probed = self.health.of(case.side).probed;
        if probed.is_some_and(|began| began + LOOK_AGAIN >= target) {
            return true;
        }
        let asked = if probed.is_none_or(|began| began < case.noticed) {
            // Both sides are looked at as soon as there is a trigger, and this one has not answered since.
            case.noticed
        } else {
            *case.looked_again.get_or_insert_with(|| {
                self.out.push(Output::CheckNow(case.side));
                self.now
            })
        };
        self.due(asked + LOOK_AGAIN)
    }

    /// A current side that serves and whose stream is down has had a chance, just now, to let it be opened. It is given one if not.
    fn was_courteous(&mut self, case: &mut Case) -> bool {
        let Some(since) = case.serves_since.filter(|_| self.link.is_none()) else { return true };
        let called = *case.last_call.get_or_insert(self.now);
        let is_fresh = |began: Duration, age: Duration| began >= since && began + age >= called;
        if is_fresh(self.tries.of(case.side).began, LATELY) {
            return true;
        }
        match self.opening {
            Some(opening) if is_fresh(opening.began, COURTESY * 2) => {
                return self.due(opening.began + COURTESY);
            }
            // It began when this side may have been another: what hangs from then says nothing of now.
            Some(_) => self.abandon(),
            None => {}
        }
        self.knock(case.side, self.now);
        self.due(called + COURTESY)
    }

    /// The next attempt on a side comes not later than this; unless it would be of no use, because of a certificate or another program.
    pub(super) fn knock(&mut self, side: Side, at: Duration) {
        let has_rival = self.struggle.conflicts > 0;
        let tries = self.tries.of_mut(side);
        if tries.distrust.is_none() && !has_rival {
            tries.not_before = tries.not_before.min(at);
        }
    }

    /// Goes to the other side.
    pub(super) fn begin_move(&mut self, mut recovery: Recovery) -> Phase {
        let from = recovery.case.side;
        let to = from.other();
        self.abandon();
        let pause = self.pause(self.struggle.moves);
        self.struggle.moves = self.struggle.moves.saturating_add(1);
        self.struggle.next_move = self.now + pause;
        recovery.leaving = Some(from);
        let why = format!("policy {}: {}", self.policy.name(), describe(&recovery.case.trigger, from));
        self.tell(Event::Switching { from, to, why });
        // Back to a side whose stream was kept: it needs no opening.
        match self.muted.take_if(|muted| !muted.held.presence_lost) {
            Some(muted) => self.arrive(recovery, muted.held),
            None => {
                self.close_muted();
                self.open(to);
                Phase::Recovering(recovery)
            }
        }
    }

    /// The link to the other side is open.
    pub(super) fn arrive(&mut self, recovery: Recovery, held: Held) -> Phase {
        self.left = Some(recovery.leaving.unwrap_or(recovery.case.side));
        if let Some(mut old) = self.link.take() {
            // What it says from now on is lost, so its epoch cannot be resumed.
            old.settled = false;
            self.muted = Some(Muted { held: old, until: self.now + self.params.overlap_max });
        }
        *self.tries.of_mut(held.side) = Tries::default();
        // The pauses between moves go on growing; those between attempts on one side begin anew.
        self.struggle.failing = None;
        self.struggle.rounds = 0;
        self.attach(held)
    }
}

fn describe(trigger: &Trigger, side: Side) -> String {
    match trigger {
        Trigger::StreamLost { cause } => format!("the stream of side {side} is lost ({cause})"),
        Trigger::OutOfService => format!("side {side} is out of service"),
        Trigger::PresenceLost => format!("the web application of side {side} is gone"),
        Trigger::RestDead => format!("side {side} does not answer requests"),
        Trigger::ResyncFailed => format!("the session could not be made live on side {side}"),
    }
}
