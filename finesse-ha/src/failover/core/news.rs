//! What the application is told besides the epochs: health as it changes, the standby side, and that nothing can be done at present.

use std::time::Duration;

use super::{FailoverCore, Phase};
use crate::event::Event;
use crate::health::{Level, SideHealth, Status};
use crate::side::{PerSide, Side};

/// What was said last.
#[derive(Debug, Default)]
pub(super) struct News {
    health: PerSide<Option<(Status, Level)>>,
    /// The ways in which a standby side was said to be unready since it was last ready.
    unready: PerSide<Vec<&'static str>>,
    /// The application knows that there is no side B.
    single: bool,
}

/// Why nothing can be done at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    BothOut,
    Offline,
    Waiting,
}

/// What was said of the present plight.
#[derive(Debug)]
pub(super) struct Outlook {
    since: Duration,
    told: Option<(Kind, Duration)>,
    overdue: bool,
}

impl Outlook {
    pub(super) fn new(since: Duration) -> Self {
        Self { since, told: None, overdue: false }
    }
}

impl FailoverCore {
    /// A side's health has changed.
    pub(super) fn learn(&mut self, health: SideHealth) {
        let side = health.side;
        if !self.sides().contains(&side) {
            return;
        }
        let seen = (health.status, health.level);
        let known = self.news.health.of_mut(side);
        let is_news = known.map_or(health.status != Status::Unknown, |known| known != seen);
        if is_news {
            *known = Some(seen);
            self.tell(Event::Health {
                side,
                status: health.status,
                level: health.level,
                why: health.why.clone(),
            });
        }
        if health.status == Status::Ready {
            self.news.unready.of_mut(side).clear();
        }
        // Between out of service and unreachable it is one outage, as when a host boots.
        let was_up = !self.is_down(side) && self.health.of(side).status != Status::Unknown;
        let went_out = was_up && health.status == Status::OutOfService;
        *self.health.of_mut(side) = health;
        if went_out && self.is_another_outage(side) {
            self.note_outage(side);
        }
    }

    /// That a side has gone out is an outage of its own, not the one that has ended, or is about to end, the epoch.
    fn is_another_outage(&self, side: Side) -> bool {
        match &self.phase {
            Phase::Attached(attached) => attached.side != side,
            Phase::Recovering(recovery) => recovery.case.side != side || recovery.case.serves_since.is_some(),
            Phase::Cold(_) | Phase::Ended => false,
        }
    }

    /// Counts an outage, and tells when that makes the side a flapping one.
    pub(super) fn note_outage(&mut self, side: Side) {
        if self.hold_down.went_out(side, self.now) {
            self.tell_flapping(&format!(
                "side {side} went out of service three times within ten minutes: it must prove itself"
            ));
        }
    }

    /// Tells, once until it is ready again, in what way the side not in use would be of no help.
    pub(super) fn standby(&mut self, in_use: Side) {
        let side = in_use.other();
        if !self.paired {
            if !std::mem::replace(&mut self.news.single, true) {
                let why = String::from("there is no side B: nothing to move to if side A fails");
                self.tell(Event::StandbyUnready { side, kind: String::from("none"), why });
            }
            return;
        }
        let health = self.health.of(side);
        if health.probed.is_none() {
            return;
        }
        let kind = match health.status {
            Status::Ready | Status::Unknown => return,
            _ if health.trust.is_some() => "tls",
            Status::Unreachable => "unreachable",
            Status::OutOfService => "out-of-service",
            Status::Suspect => "suspect",
            Status::Unauthorised => "unauthorised",
            Status::Draining => "maintenance",
        };
        let why = health.trust.clone().unwrap_or_else(|| health.why.clone());
        let told = self.news.unready.of_mut(side);
        if !told.contains(&kind) {
            told.push(kind);
            self.tell(Event::StandbyUnready { side, kind: kind.to_owned(), why });
        }
    }

    /// Tells that nothing can be done, for the reason given: when that begins or changes, and again from time to time. And tells once that it
    /// takes too long.
    pub(super) fn plight(&mut self, outlook: &mut Outlook, stuck: Option<String>) {
        let deadline = self.params.failover_deadline;
        if !outlook.overdue && self.due(outlook.since + deadline) {
            outlook.overdue = true;
            let why =
                format!("not recovered after {} s; it goes on. {}", deadline.as_secs(), self.both_sides());
            self.tell(Event::Offline { why });
        }
        let Some(why) = stuck else { return };
        let kind = self.kind();
        let pause = self.params.both_out_report;
        let again = match outlook.told {
            Some((told, at)) if told == kind => !pause.is_zero() && self.due(at + pause),
            _ => true,
        };
        if again {
            outlook.told = Some((kind, self.now));
            self.due(self.now + pause);
            self.tell(match kind {
                Kind::BothOut => Event::BothOut { why },
                Kind::Offline => Event::Offline { why },
                Kind::Waiting => Event::Waiting { why },
            });
        }
    }

    /// What both sides are like, in words.
    pub(super) fn both_sides(&self) -> String {
        let one = |side: &Side| {
            let (health, tries) = (self.health.of(*side), self.tries.of(*side));
            let error = if tries.failed > 0 { format!("; {}", tries.error) } else { String::new() };
            format!("side {side}: {}{error}", health.why)
        };
        self.sides().iter().map(one).collect::<Vec<_>>().join(" · ")
    }

    fn kind(&self) -> Kind {
        let all = |status| self.sides().iter().all(|side| self.health.of(*side).status == status);
        if self.paired && all(Status::OutOfService) {
            Kind::BothOut
        } else if all(Status::Unreachable) {
            Kind::Offline
        } else {
            Kind::Waiting
        }
    }
}
