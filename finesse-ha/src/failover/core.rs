//! The engine: a state machine over both sides' health, the links and the reports of the layer above.
//!
//! | Phase | Meant | Leaves when | To |
//! |---|---|---|---|
//! | cold | no epoch yet; A is preferred | a link is open and its side can be used | attached |
//! | attached | an epoch runs | the stream ends, the side is out of service, presence is lost, the re-sync fails | recovering |
//! | attached, listen-only | the same, but requests go unanswered | the side answers; or the policy moves | attached; recovering |
//! | recovering | the gap is open | the current side is whole; or the move to the other has succeeded | attached |
//! | ended | over | | |
//!
//! Invariants: input of any attempt but the current one changes nothing, and so does a report of any epoch but the current one. Each epoch that
//! ends opens exactly one gap, unless the line ends with it; no notification is emitted outside an epoch. A move begins with exactly one
//! `Switching`, towards a side that has passed its target test with probes begun after the trigger. A current side that is whole wins over
//! any wish of the policy. After `End` nothing follows.
//!
//! Time: every comparison with a moment to come goes through [`FailoverCore::due`], which is also what [`FailoverCore::wake_at`] answers from;
//! so no timer can be forgotten, and none is in the past.

mod attached;
mod bars;
mod cold;
mod hold_down;
mod moves;
mod news;
mod recovery;
mod seam;
#[cfg(test)]
mod tests;
mod tries;

use std::mem::{Discriminant, discriminant};
use std::sync::Arc;
use std::time::Duration;

use finesse_notify::{EndCause, Event as LinkEvent, Presence};

pub(crate) use self::seam::{Attach, Attempt, Input, Output};

use self::attached::{Alarm, Attached};
use self::cold::Cold;
use self::hold_down::HoldDown;
use self::news::News;
use self::recovery::Recovery;
use self::tries::{Tries, pause};
use super::policy::{Policy, Trigger};
use crate::event::Event;
use crate::health::{SideHealth, Status};
use crate::line::{LineEnd, LineEvent, SessionFacts};
use crate::link::OpenError;
use crate::params::Params;
use crate::side::{Epoch, PerSide, Side};

/// A program that holds the same session is given this long to let go, if it is a dead session that is not known to be our own.
const LET_GO: Duration = Duration::from_secs(2);
/// A side notices a dead client after this long at the latest (Cisco's desktop guide). Until then a session of ours that broke may block its own
/// successor, on a server that refuses the newer of two sessions.
const GHOST_LIFE: Duration = Duration::from_secs(120);

enum Phase {
    Cold(Cold),
    Attached(Attached),
    Recovering(Recovery),
    Ended,
}

/// An opening that is under way.
#[derive(Debug, Clone, Copy)]
struct Opening {
    attempt: Attempt,
    side: Side,
    began: Duration,
}

/// A link that is open.
#[derive(Debug)]
struct Held {
    attempt: Attempt,
    side: Side,
    /// The user `finesse` has said that it is unavailable.
    presence_lost: bool,
    /// An epoch on this link was live: the subscriptions stand, and the agent is claimed.
    settled: bool,
}

impl Held {
    fn new(opening: Opening) -> Self {
        Self { attempt: opening.attempt, side: opening.side, presence_lost: false, settled: false }
    }
}

/// The link of the side that was left, kept open and unheard until the agent is claimed on the other side: it keeps his presence
/// there alive, so that no forced logout is under way before.
#[derive(Debug)]
struct Muted {
    held: Held,
    until: Duration,
}

/// What has happened since the session was last live.
#[derive(Debug, Default)]
struct Struggle {
    /// How many epochs have ended without having been live.
    rounds: u32,
    /// How many moves were begun, and when the next may be.
    moves: u32,
    next_move: Duration,
    /// The trigger that keeps coming, and when it first came: what a policy counts its grace from.
    failing: Option<(Discriminant<Trigger>, Duration)>,
    conflicts: u32,
}

/// The state machine of one line.
pub(crate) struct FailoverCore {
    policy: Arc<dyn Policy>,
    params: Params,
    random: fastrand::Rng,
    /// There is a side B.
    paired: bool,
    now: Duration,
    wake: Option<Duration>,
    out: Vec<Output>,
    health: PerSide<SideHealth>,
    facts: SessionFacts,
    phase: Phase,
    epoch: Epoch,
    attempts: u64,
    opening: Option<Opening>,
    /// The link of the side in use.
    link: Option<Held>,
    muted: Option<Muted>,
    /// What will end the epoch as soon as the present input is dealt with.
    alarm: Option<Alarm>,
    last_heard: Duration,
    /// The side that the last move has left, until an epoch of the new side is committed.
    left: Option<Side>,
    in_use: Option<Side>,
    /// The application was told that the session can only listen.
    listen_only: bool,
    tries: PerSide<Tries>,
    struggle: Struggle,
    /// Until when a stream of ours that broke on this side may not have been missed there.
    ghost_until: PerSide<Duration>,
    /// The side that the session was last live on.
    home: Option<Side>,
    /// Until when a side that refuses the agent is left alone.
    barred: PerSide<Duration>,
    /// When a stream of this side was last found to be deaf.
    deaf: PerSide<Option<Duration>>,
    hold_down: HoldDown,
    news: News,
}

impl FailoverCore {
    /// An engine that has not begun; its first step (a tick will do) begins.
    pub(crate) fn new(
        policy: Arc<dyn Policy>,
        params: Params,
        random: fastrand::Rng,
        paired: bool,
        now: Duration,
    ) -> Self {
        Self {
            policy,
            params,
            random,
            paired,
            now,
            wake: Some(now),
            out: Vec::new(),
            health: PerSide::new(SideHealth::unknown(Side::A), SideHealth::unknown(Side::B)),
            facts: SessionFacts::default(),
            phase: Phase::Cold(Cold::new(now)),
            epoch: Epoch::default(),
            attempts: 0,
            opening: None,
            link: None,
            muted: None,
            alarm: None,
            last_heard: now,
            left: None,
            in_use: None,
            listen_only: false,
            tries: PerSide::default(),
            struggle: Struggle::default(),
            ghost_until: PerSide::default(),
            home: None,
            barred: PerSide::default(),
            deaf: PerSide::default(),
            hold_down: HoldDown::default(),
            news: News::default(),
        }
    }

    /// When the next tick is due.
    pub(crate) fn wake_at(&self) -> Option<Duration> {
        self.wake
    }

    /// The last byte of a link came at this time. Said before each input, because pings are bytes but no events.
    pub(crate) fn heard(&mut self, attempt: Attempt, at: Duration) {
        if self.link.as_ref().is_some_and(|link| link.attempt == attempt) {
            self.last_heard = self.last_heard.max(at);
        }
    }

    pub(crate) fn step(&mut self, now: Duration, input: Input) -> Vec<Output> {
        if matches!(self.phase, Phase::Ended) {
            return Vec::new();
        }
        self.now = self.now.max(now);
        self.wake = None;
        if let Err(end) = self.take(input).and_then(|()| self.advance()) {
            self.end(end);
        }
        std::mem::take(&mut self.out)
    }

    /// Takes notice of the input. What follows from it is the business of [`Self::advance`].
    fn take(&mut self, input: Input) -> Result<(), LineEnd> {
        match input {
            Input::Tick => Ok(()),
            Input::Health(health) => {
                self.learn(*health);
                Ok(())
            }
            Input::Opened { attempt } => {
                match self.opening.take_if(|opening| opening.attempt == attempt) {
                    Some(opening) => self.opened(opening),
                    // Given up while it was on its way here.
                    None => self.out.push(Output::Close { attempt }),
                }
                Ok(())
            }
            Input::OpenFailed { attempt, error } => {
                match self.opening.take_if(|opening| opening.attempt == attempt) {
                    Some(opening) => self.open_failed(opening, &error),
                    None => Ok(()),
                }
            }
            Input::Link { attempt, event } => self.link_says(attempt, event),
            Input::Report(report) => self.report(report),
        }
    }

    /// Does what follows from the present state, until nothing follows any more. It ends: a phase is entered at one moment at most once on
    /// the same evidence, because recovering ends only by evidence that is newer than its trigger.
    fn advance(&mut self) -> Result<(), LineEnd> {
        self.expire();
        loop {
            let before = discriminant(&self.phase);
            // If the line ends here, this is already the right phase.
            self.phase = match std::mem::replace(&mut self.phase, Phase::Ended) {
                Phase::Cold(cold) => self.cold(cold)?,
                Phase::Attached(attached) => self.attached(attached),
                Phase::Recovering(recovery) => self.recovering(recovery),
                Phase::Ended => Phase::Ended,
            };
            if discriminant(&self.phase) == before {
                return Ok(());
            }
        }
    }

    /// What ends by time alone, in whatever phase.
    fn expire(&mut self) {
        // With the current link gone there is only one stream open.
        let until = self.muted.as_ref().filter(|_| self.link.is_some()).map(|muted| muted.until);
        if until.is_some_and(|until| self.due(until)) {
            self.close_muted();
        }
        if self.hold_down.calm_at().is_some_and(|at| self.due(at)) {
            self.hold_down.calm();
            let why = String::from("no switch and no outage for half an hour");
            self.tell(Event::Recovered { kind: String::from("flapping"), why });
        }
    }

    fn end(&mut self, end: LineEnd) {
        self.phase = Phase::Ended;
        self.wake = None;
        self.abandon();
        if let Some(link) = self.link.take() {
            self.out.push(Output::Close { attempt: link.attempt });
        }
        self.close_muted();
        self.out.push(Output::End(end));
    }

    /// Whether a moment has come; if not, asks to be woken then.
    fn due(&mut self, at: Duration) -> bool {
        if at <= self.now {
            return true;
        }
        self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
        false
    }

    fn tell(&mut self, event: Event) {
        self.out.push(Output::Emit(LineEvent::Told(event)));
    }

    fn sides(&self) -> &'static [Side] {
        if self.paired { &Side::BOTH } else { &Side::BOTH[..1] }
    }

    fn check_both(&mut self) {
        for side in self.sides() {
            self.out.push(Output::CheckNow(*side));
        }
    }

    fn pause(&mut self, n: u32) -> Duration {
        pause(n, self.params.backoff_cap, &mut self.random)
    }

    /// The pause after one more failure on this side. Epochs that were never live count as failures.
    fn next_pause(&mut self, side: Side) -> Duration {
        self.pause(self.tries.of(side).failed.saturating_add(self.struggle.rounds))
    }

    /// A side that says, or of which it is proven, that it cannot be used. A suspicion is neither.
    fn is_down(&self, side: Side) -> bool {
        matches!(self.health.of(side).status, Status::OutOfService | Status::Unreachable)
    }

    fn open(&mut self, side: Side) {
        self.attempts += 1;
        let attempt = Attempt(self.attempts);
        self.opening = Some(Opening { attempt, side, began: self.now });
        // A connection, and then no more time than any other request gets.
        let deadline = self.params.connect_timeout + self.params.request_timeout;
        self.out.push(Output::Open { attempt, side, deadline });
    }

    fn abandon(&mut self) {
        if let Some(opening) = self.opening.take() {
            self.out.push(Output::Abandon { attempt: opening.attempt });
        }
    }

    fn close_muted(&mut self) {
        if let Some(muted) = self.muted.take() {
            self.out.push(Output::Close { attempt: muted.held.attempt });
        }
    }

    fn opened(&mut self, opening: Opening) {
        *self.ghost_until.of_mut(opening.side) = Duration::ZERO;
        let held = Held::new(opening);
        match &mut self.phase {
            Phase::Recovering(recovery) if recovery.case.side != opening.side => {
                recovery.arrived = Some(held)
            }
            _ => self.link = Some(held),
        }
    }

    fn open_failed(&mut self, opening: Opening, error: &OpenError) -> Result<(), LineEnd> {
        let side = opening.side;
        let mut wait = self.next_pause(side);
        match error.cause {
            EndCause::Auth => self.refused(side, "credentials", LineEnd::Credentials(error.to_string()))?,
            EndCause::Policy => self.refused(side, "policy", LineEnd::Failed(error.to_string()))?,
            // Nobody but us: the side can be used again when it has noticed, and the other one meanwhile.
            EndCause::Conflict if self.now < *self.ghost_until.of(side) => {}
            EndCause::Conflict => {
                self.struggle.conflicts += 1;
                if self.struggle.conflicts > 1 {
                    return Err(LineEnd::TakenOver(error.to_string()));
                }
                wait = LET_GO;
                // Going to the other side meanwhile would only move the quarrel.
                let other = self.tries.of_mut(side.other());
                other.not_before = other.not_before.max(self.now + LET_GO);
            }
            // A certificate does not become good by asking again soon.
            EndCause::Tls => wait = self.params.backoff_cap,
            _ => {}
        }
        let now = self.now;
        let tries = self.tries.of_mut(side);
        tries.fail(now, wait, error.to_string());
        tries.began = opening.began;
        tries.distrust = (error.cause == EndCause::Tls).then(|| error.why.clone());
        if matches!(&self.phase, Phase::Recovering(recovery) if recovery.case.side != side) {
            self.tell(Event::SwitchFailed { to: side, why: error.to_string() });
        }
        Ok(())
    }

    /// A stream of ours has ended. If it simply broke, the side may not know yet.
    fn note_ghost(&mut self, side: Side, cause: EndCause) {
        if matches!(cause, EndCause::Network | EndCause::Silent) {
            *self.ghost_until.of_mut(side) = self.now + GHOST_LIFE;
        }
    }

    /// Something came over a link. This is where stale links end: only the current one and the muted one are known.
    fn link_says(&mut self, attempt: Attempt, event: LinkEvent) -> Result<(), LineEnd> {
        if let Some(muted) = self.muted.as_mut().filter(|muted| muted.held.attempt == attempt) {
            match event {
                LinkEvent::FinessePresence(presence) => {
                    muted.held.presence_lost = presence == Presence::Unavailable
                }
                LinkEvent::Ended(error) => {
                    let side = muted.held.side;
                    self.muted = None;
                    self.note_ghost(side, error.kind());
                }
                _ => {}
            }
            return Ok(());
        }
        let Some(link) = self.link.as_mut().filter(|link| link.attempt == attempt) else { return Ok(()) };
        match event {
            LinkEvent::Notification(notification) => self.notified(notification),
            LinkEvent::FinessePresence(presence) => link.presence_lost = presence == Presence::Unavailable,
            LinkEvent::Ended(error) => {
                let side = link.side;
                self.link = None;
                self.note_ghost(side, error.kind());
                match error.kind() {
                    EndCause::Auth => {
                        self.refused(side, "credentials", LineEnd::Credentials(error.to_string()))?;
                    }
                    EndCause::Policy => self.refused(side, "policy", LineEnd::Failed(error.to_string()))?,
                    EndCause::Conflict => return Err(LineEnd::TakenOver(error.to_string())),
                    _ => {}
                }
                if let Phase::Attached(_) = self.phase {
                    self.raise(
                        Trigger::StreamLost { cause: error.kind() },
                        format!("the stream of side {side} ended: {error}"),
                    );
                } else {
                    let (now, wait) = (self.now, self.next_pause(side));
                    self.tries.of_mut(side).fail(now, wait, error.to_string());
                    if let Phase::Recovering(recovery) = &mut self.phase {
                        recovery.case.stream_lost(error.kind());
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Begins an epoch on a link.
    fn attach(&mut self, held: Held) -> Phase {
        let side = held.side;
        self.epoch = self.epoch.next();
        self.last_heard = self.now;
        let attach = Attach {
            attempt: held.attempt,
            epoch: self.epoch,
            side,
            resumed: held.settled,
            left: self.left,
            at: self.now,
        };
        self.link = Some(held);
        if self.in_use != Some(side) {
            self.in_use = Some(side);
            self.out.push(Output::InUse(side));
        }
        self.out.push(Output::Attach(attach));
        if std::mem::take(&mut self.listen_only) {
            self.tell(Event::Recovered {
                kind: String::from("listen-only"),
                why: format!("side {side} answers requests"),
            });
        }
        Phase::Attached(Attached::new(side))
    }
}
