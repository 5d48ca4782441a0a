//! An epoch runs: what ends it, and what is reported about it.

use std::mem::discriminant;
use std::time::Duration;

use finesse_model::{Resource, SystemInfo, SystemStatus};
use finesse_notify::{EndCause, Notification};

use super::moves::Case;
use super::recovery::Recovery;
use super::{FailoverCore, Output, Phase, Struggle, Tries};
use crate::event::Event;
use crate::failover::policy::Trigger;
use crate::health::Status;
use crate::line::{Fault, LineEnd, LineEvent, LineReport};
use crate::side::{Epoch, Side};

/// A second deaf stream within this time is no accident of the stream.
const DEAF_AGAIN: Duration = Duration::from_secs(600);

/// The state of an epoch.
pub(super) struct Attached {
    pub(super) side: Side,
    /// Requests go unanswered while events flow.
    rest_dead: Option<Case>,
}

impl Attached {
    pub(super) fn new(side: Side) -> Self {
        Self { side, rest_dead: None }
    }
}

/// What will end the epoch.
pub(super) struct Alarm {
    trigger: Trigger,
    why: String,
    /// How long the current side is not to be taken for whole, so that the policy has its say.
    suspend: Duration,
}

impl FailoverCore {
    pub(super) fn attached(&mut self, mut attached: Attached) -> Phase {
        let side = attached.side;
        if let Some(alarm) = self.alarm.take() {
            return self.gap(side, alarm);
        }
        if self.link.as_ref().is_some_and(|link| link.presence_lost) {
            self.raise(
                Trigger::PresenceLost,
                format!("the web application of side {side} is gone: presence is unavailable"),
            );
        } else if self.health.of(side).status == Status::OutOfService {
            self.raise(
                Trigger::OutOfService,
                format!("side {side} is out of service: {}", self.health.of(side).why),
            );
        }
        if let Some(alarm) = self.alarm.take() {
            return self.gap(side, alarm);
        }
        if self.health.of(side).status == Status::Unreachable {
            let why = format!("requests to side {side} go unanswered: {}", self.health.of(side).why);
            let case = attached.rest_dead.get_or_insert_with(|| {
                self.check_both();
                self.case(side, Trigger::RestDead)
            });
            if !std::mem::replace(&mut self.listen_only, true) {
                self.tell(Event::Degraded { kind: String::from("listen-only"), why: why.clone() });
            }
            // What comes over the stream is still true, so the epoch goes on until there is somewhere better to be.
            if self.weigh(case).is_go() {
                self.open_gap(side, why);
                if let Some(case) = attached.rest_dead {
                    return self.begin_move(Recovery::new(case, self.now));
                }
            }
        } else if attached.rest_dead.take().is_some() {
            // The epoch was live all the while: the next time is another failure, with a grace of its own.
            self.struggle.failing = None;
            self.listen_only = false;
            self.tell(Event::Recovered {
                kind: String::from("listen-only"),
                why: format!("side {side} answers requests"),
            });
        }
        self.standby(side);
        Phase::Attached(attached)
    }

    /// Remembers what will end the epoch; the first alarm counts.
    pub(super) fn raise(&mut self, trigger: Trigger, why: String) {
        if self.alarm.is_some() {
            return;
        }
        let suspend = match trigger {
            // A side that has just failed to serve a re-sync is given time, and more each time.
            Trigger::ResyncFailed => self.pause(self.struggle.rounds),
            _ => Duration::ZERO,
        };
        self.alarm = Some(Alarm { trigger, why, suspend });
    }

    /// A notification of the current link: passed on within an epoch, dropped outside.
    pub(super) fn notified(&mut self, notification: Notification) {
        let Phase::Attached(Attached { side, .. }) = self.phase else { return };
        let out = says_out_of_service(&notification);
        self.out.push(Output::Emit(LineEvent::Notification { epoch: self.epoch, notification }));
        if let Some(what) = out {
            self.raise(Trigger::OutOfService, format!("side {side} says that it is {what}"));
        }
    }

    pub(super) fn report(&mut self, report: LineReport) -> Result<(), LineEnd> {
        match report {
            LineReport::Facts(facts) => self.facts = facts,
            LineReport::Close => return Err(LineEnd::Closed),
            LineReport::Committed(epoch) if self.is_current(epoch) => self.commit(),
            LineReport::Live(epoch) if self.is_current(epoch) => self.live(),
            LineReport::Failed { epoch, fault, why } if self.is_current(epoch) => {
                self.epoch_failed(fault, why)?
            }
            // Of an epoch that has ended.
            _ => {}
        }
        Ok(())
    }

    fn is_current(&self, epoch: Epoch) -> bool {
        epoch == self.epoch && matches!(self.phase, Phase::Attached(_))
    }

    /// The agent is claimed on the side in use. Only now a switch has been made.
    fn commit(&mut self) {
        self.close_muted();
        let moved = self.left.take().is_some();
        if moved && self.hold_down.switched(self.now) {
            self.tell_flapping("three switches within ten minutes: moves are made less readily");
        }
    }

    fn live(&mut self) {
        self.commit();
        if let Some(link) = &mut self.link {
            link.settled = true;
        }
        self.struggle = Struggle::default();
        self.home = self.in_use;
        for side in Side::BOTH {
            // Until when a side is to be spared is not forgotten.
            let tries = self.tries.of_mut(side);
            *tries = Tries { not_before: tries.not_before, ..Tries::default() };
        }
    }

    fn epoch_failed(&mut self, fault: Fault, why: String) -> Result<(), LineEnd> {
        let Phase::Attached(Attached { side, .. }) = self.phase else { return Ok(()) };
        match fault {
            Fault::Credentials => {
                self.refused(side, "credentials", LineEnd::Credentials(why.clone()))?;
                // What it shows of the agent is nothing, so there is nothing to listen to either.
                if let Some(link) = self.link.take() {
                    self.out.push(Output::Close { attempt: link.attempt });
                }
                self.tell(Event::SwitchFailed { to: side, why: why.clone() });
                self.raise(Trigger::ResyncFailed, why);
            }
            Fault::Deaf => {
                if let Some(link) = self.link.take() {
                    self.out.push(Output::Close { attempt: link.attempt });
                }
                let again = self
                    .deaf
                    .of_mut(side)
                    .replace(self.now)
                    .is_some_and(|at| self.now.saturating_sub(at) <= DEAF_AGAIN);
                self.raise(Trigger::StreamLost { cause: EndCause::Silent }, why);
                let other_is_ready = self.paired && self.health.of(side.other()).status == Status::Ready;
                if let Some(alarm) = self.alarm.as_mut().filter(|_| again && other_is_ready) {
                    // Opening it anew has been tried. Twice the time that a flapping side must prove itself for is enough for any grace.
                    alarm.trigger = Trigger::ResyncFailed;
                    alarm.suspend = self.params.stable_for * 2;
                }
            }
            Fault::UserUnknown => {
                // It may not have loaded its agents yet; it is no place to come back to before it has had time for that.
                self.tries.of_mut(side).not_before = self.now + self.params.stable_for;
                self.raise(Trigger::ResyncFailed, why);
            }
            Fault::Side => self.raise(Trigger::ResyncFailed, why),
        }
        Ok(())
    }

    pub(super) fn tell_flapping(&mut self, why: &str) {
        self.tell(Event::Degraded { kind: String::from("flapping"), why: why.to_owned() });
    }

    fn open_gap(&mut self, side: Side, why: String) {
        tracing::debug!(%side, epoch = %self.epoch, why, "the epoch has ended");
        let last_seen = self.last_heard.min(self.now);
        self.out.push(Output::Emit(LineEvent::GapOpened {
            epoch: self.epoch,
            last_seen,
            noticed: self.now,
            why,
        }));
        self.struggle.rounds = self.struggle.rounds.saturating_add(1);
    }

    /// The epoch is over.
    fn gap(&mut self, side: Side, alarm: Alarm) -> Phase {
        let Alarm { trigger, why, suspend } = alarm;
        // A side that refuses the agent is not the one to wait for.
        let side = self.home.filter(|_| self.is_barred(side)).unwrap_or(side);
        let first = self.pause(self.struggle.rounds);
        self.open_gap(side, why.clone());
        self.tell(Event::Recovering { side, why });
        if trigger == Trigger::OutOfService {
            self.note_outage(side);
        }
        self.check_both();
        let case = self.case(side, trigger);
        if self.link.is_none() {
            *self.tries.of_mut(side) = Tries { not_before: self.now + first, ..Tries::default() };
        }
        Phase::Recovering(Recovery::new(case, self.now + suspend))
    }

    /// The circumstances of a trigger.
    fn case(&mut self, side: Side, trigger: Trigger) -> Case {
        let kind = discriminant(&trigger);
        let since = match self.struggle.failing {
            // The same again, without having been live in between: the policy's patience goes on.
            Some((before, since)) if before == kind => since,
            _ => self.now,
        };
        self.struggle.failing = Some((kind, since));
        Case::new(side, trigger, self.now, since, self.random.f64())
    }
}

/// What a notification says of its side, if it says that it is anything but in service.
fn says_out_of_service(notification: &Notification) -> Option<String> {
    if notification.delayed {
        return None;
    }
    let Some(Resource::SystemInfo(info)) = notification.update.as_ref().ok()?.data.as_ref() else {
        return None;
    };
    let SystemInfo { status, .. } = info.as_ref();
    match status {
        Some(SystemStatus::InService) => None,
        Some(status) => Some(status.as_str().to_owned()),
        None => Some(String::from("in no status at all")),
    }
}
