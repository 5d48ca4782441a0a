//! Drives the engine through whole failures, with time of its own and two sides that are probed and opened as the shell and the monitors do.
//!
//! Names begin with the row of the catalogue of failures that a test plays: S service faults, C telephony, N network, G gray failures,
//! A agent, K both sides, T certificates and credentials, I invariants.

mod attached;
mod cold;
mod ends;
mod flapping;
mod moves;
mod random;
mod recovery;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use finesse_model::{Resource, SystemInfo, Update, Verb};
use finesse_notify::{EndCause, Event as LinkEvent, LinkError, Notification, Presence};

use super::{Attempt, FailoverCore, Input, Output};
use crate::event::Event;
use crate::failover::{Confirmations, Hybrid, Immediate, Policy, WaitAndRetry};
use crate::health::{GoodProbe, Heartbeat, Level, SideHealth, Status};
use crate::line::{Fault, LineEvent, LineReport, SessionFacts};
use crate::link::OpenError;
use crate::params::{PROBE_MIN_INTERVAL, Params};
use crate::side::Side::{A, B};
use crate::side::{Epoch, PerSide, Side};

const S: Duration = Duration::from_secs(1);

/// What happens to an attempt to open a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Opens,
    Fails(EndCause),
    Hangs,
}

/// One simulated side.
#[derive(Debug, Clone)]
struct World {
    status: Status,
    stream: Stream,
    /// Probes are not refused but swallowed.
    swallows: bool,
    /// No heartbeat has succeeded since.
    beatless_since: Option<Duration>,
    trust: Option<String>,
    probing: bool,
    again: bool,
    last_start: Option<Duration>,
    next_probe: Duration,
}

impl World {
    fn new() -> Self {
        Self {
            status: Status::Ready,
            stream: Stream::Opens,
            swallows: false,
            beatless_since: None,
            trust: None,
            probing: false,
            again: false,
            last_start: None,
            next_probe: Duration::MAX,
        }
    }
}

#[derive(Debug)]
enum Due {
    Probed(Side, Duration),
    Opened(Attempt),
    Failed(Attempt, Side, EndCause),
    Live(Epoch),
}

/// The engine between two simulated sides.
struct Rig {
    core: FailoverCore,
    now: Duration,
    zero: Duration,
    world: PerSide<World>,
    health: PerSide<SideHealth>,
    queue: BTreeMap<(Duration, u32), Due>,
    serial: u32,
    opening: Option<Attempt>,
    links: BTreeMap<Attempt, Side>,
    epoch: Epoch,
    triggered: Duration,
    /// Each epoch becomes live 100 ms after it has begun.
    lively: bool,
    ended: bool,
    log: Vec<(Duration, String)>,
}

fn without_jitter() -> Params {
    Params { switch_jitter: Duration::ZERO, ..Params::default() }
}

impl Rig {
    fn with(policy: impl Policy + 'static, params: Params, paired: bool) -> Self {
        // Not zero, so that nothing is taken for long ago by accident.
        let now = 1000 * S;
        let core = FailoverCore::new(Arc::new(policy), params, fastrand::Rng::with_seed(7), paired, now);
        let health = PerSide::new(SideHealth::unknown(A), SideHealth::unknown(B));
        Self {
            core,
            now,
            zero: now,
            world: PerSide::new(World::new(), World::new()),
            health,
            queue: BTreeMap::new(),
            serial: 0,
            opening: None,
            links: BTreeMap::new(),
            epoch: Epoch::default(),
            triggered: now,
            lively: true,
            ended: false,
            log: Vec::new(),
        }
    }

    fn hybrid() -> Self {
        Self::with(Hybrid::new(&without_jitter()), without_jitter(), true)
    }

    /// Live on side A for ten minutes under this policy; what was logged until then is forgotten.
    fn live_with(policy: impl Policy + 'static) -> Self {
        Self::with(policy, without_jitter(), true).made_live()
    }

    fn live() -> Self {
        Self::hybrid().made_live()
    }

    fn made_live(mut self) -> Self {
        self.run(600.0);
        assert_eq!((self.count("attach"), self.count("attach 1 A")), (1, 1), "{:#?}", self.log);
        self.mark();
        self
    }

    /// From now on times count from now.
    fn mark(&mut self) {
        self.zero = self.now;
        self.log.clear();
    }

    fn step(&mut self, input: Input) {
        for attempt in self.links.keys() {
            self.core.heard(*attempt, self.now);
        }
        let outputs = self.core.step(self.now, input);
        for output in outputs {
            assert!(!self.ended, "nothing follows the end: {output:?}");
            self.carry_out(output);
        }
        assert!(self.core.wake_at().is_none_or(|at| at > self.now), "a timer in the past");
    }

    fn carry_out(&mut self, output: Output) {
        let line = match output {
            Output::Open { attempt, side, deadline } => {
                assert!(self.opening.replace(attempt).is_none(), "two openings at once");
                match self.world.of(side).stream {
                    Stream::Opens => self.later(50, Due::Opened(attempt)),
                    Stream::Fails(cause) => self.later(20, Due::Failed(attempt, side, cause)),
                    Stream::Hangs => {
                        let millis = u64::try_from(deadline.as_millis()).unwrap();
                        self.later(millis, Due::Failed(attempt, side, EndCause::Timeout));
                    }
                }
                format!("open {side}")
            }
            Output::Abandon { attempt } => {
                assert_eq!(self.opening.take(), Some(attempt));
                String::from("abandon")
            }
            Output::Close { attempt } => format!("close {}", self.links.remove(&attempt).unwrap()),
            Output::Attach(attach) => {
                assert_eq!(
                    self.links.get(&attach.attempt),
                    Some(&attach.side),
                    "attached to what is not open"
                );
                assert_eq!(attach.epoch, self.epoch.next());
                self.epoch = attach.epoch;
                if self.lively {
                    self.later(100, Due::Live(attach.epoch));
                }
                let resumed = if attach.resumed { " resumed" } else { "" };
                let left = match attach.left {
                    Some(left) => format!(" left {left}"),
                    None => String::new(),
                };
                format!("attach {} {}{resumed}{left}", attach.epoch, attach.side)
            }
            Output::CheckNow(side) => {
                self.check(side);
                format!("check {side}")
            }
            Output::InUse(side) => format!("in-use {side}"),
            Output::End(end) => {
                self.ended = true;
                format!("end {end}")
            }
            Output::Emit(event) => match event {
                LineEvent::Notification { epoch, notification } => {
                    format!("notification {epoch} {}", notification.node)
                }
                LineEvent::GapOpened { epoch, .. } => format!("gap {epoch}"),
                LineEvent::Told(event) => {
                    self.check_told(&event);
                    told(&event)
                }
                other => format!("{other:?}"),
            },
        };
        self.log.push((self.now - self.zero, line));
    }

    /// Invariant 19, in every test: no move to a side that has not passed since the trigger.
    fn check_told(&mut self, event: &Event) {
        match event {
            Event::Recovering { .. } => self.triggered = self.now,
            Event::Degraded { kind, .. } if kind == "listen-only" => self.triggered = self.now,
            Event::Switching { to, .. } => {
                let target = self.health.of(*to);
                assert!(
                    target.passes(self.triggered, Confirmations::One),
                    "moving to an unproven side: {target:?}"
                );
            }
            _ => {}
        }
    }

    fn later(&mut self, millis: u64, due: Due) {
        self.serial += 1;
        self.queue.insert((self.now + Duration::from_millis(millis), self.serial), due);
    }

    fn check(&mut self, side: Side) {
        let now = self.now;
        let world = self.world.of_mut(side);
        if world.probing {
            world.again = true;
        } else {
            world.next_probe = world.last_start.map_or(now, |last| (last + PROBE_MIN_INTERVAL).max(now));
        }
    }

    fn start_probe(&mut self, side: Side) {
        let now = self.now;
        let world = self.world.of_mut(side);
        (world.probing, world.last_start, world.next_probe) = (true, Some(now), Duration::MAX);
        let millis = if world.swallows { 3000 } else { 20 };
        self.later(millis, Due::Probed(side, now));
    }

    fn probed(&mut self, side: Side, started: Duration) {
        let now = self.now;
        let world = self.world.of_mut(side);
        world.probing = false;
        let success = world.beatless_since.map_or(now, |since| since.min(now));
        let (status, trust) = (world.status, world.trust.clone());
        let again = std::mem::take(&mut world.again);
        let millis = |at: Duration| i64::try_from(at.as_millis()).unwrap();
        let interval = 5 * S;
        let heartbeat = Heartbeat {
            success: success == now,
            age: now - success,
            interval,
            last_success: millis(success),
        };
        let status =
            if status == Status::Ready && now - success > interval * 2 { Status::Suspect } else { status };
        let pause = if status == Status::Ready { 30 * S } else { 2 * S };
        world.next_probe = now + if again { PROBE_MIN_INTERVAL } else { pause };
        let health = self.health.of_mut(side);
        (health.probed, health.trust) = (Some(started), trust);
        if status == Status::Ready {
            let heartbeat = Some(Heartbeat { success: true, ..heartbeat });
            health.good.push(GoodProbe { started, arrived: now, heartbeat, server_time: Some(millis(now)) });
        }
        self.found(side, status);
    }

    /// The monitor has come to this verdict.
    fn found(&mut self, side: Side, status: Status) {
        let health = self.health.of_mut(side);
        if health.status != status {
            health.since = self.now;
        }
        health.status = status;
        health.level = match status {
            Status::Unknown | Status::Unreachable => Level::None,
            Status::Unauthorised => Level::L0,
            Status::OutOfService | Status::Suspect => Level::L1,
            Status::Ready | Status::Draining => Level::L2,
        };
        health.why = format!("{status:?}");
        if status != Status::Ready {
            health.good.clear();
        }
        let health = Box::new(health.clone());
        self.step(Input::Health(health));
    }

    /// Lets so many seconds pass.
    fn run(&mut self, seconds: f64) {
        let until = self.now + Duration::from_secs_f64(seconds);
        if self.log.is_empty() && self.epoch == Epoch::default() {
            self.step(Input::Tick);
        }
        for _ in 0..100_000 {
            let queued = self.queue.keys().next().map(|(at, _)| *at);
            let probes = Side::BOTH.map(|side| self.world.of(side).next_probe);
            let times = [queued, Some(probes[0]), Some(probes[1]), self.core.wake_at()];
            let Some(next) = times.into_iter().flatten().min().filter(|next| *next <= until) else {
                self.now = until;
                return;
            };
            self.now = self.now.max(next);
            if queued == Some(next) {
                let (_, due) = self.queue.pop_first().unwrap();
                self.happens(due);
            } else if let Some(side) =
                Side::BOTH.into_iter().find(|side| self.world.of(*side).next_probe <= next)
            {
                self.start_probe(side);
            } else {
                self.step(Input::Tick);
            }
        }
        panic!("it does not come to rest: {:#?}", self.log.iter().rev().take(20).collect::<Vec<_>>());
    }

    fn happens(&mut self, due: Due) {
        match due {
            Due::Probed(side, started) => self.probed(side, started),
            Due::Opened(attempt) if self.opening == Some(attempt) => {
                self.opening = None;
                let side = Side::BOTH[usize::from(
                    self.log.iter().rev().find(|(_, line)| line.starts_with("open")).unwrap().1 == "open B",
                )];
                self.links.insert(attempt, side);
                self.step(Input::Opened { attempt });
            }
            Due::Failed(attempt, side, cause) if self.opening == Some(attempt) => {
                self.opening = None;
                let error = OpenError { side, cause, why: format!("it said {cause}") };
                self.step(Input::OpenFailed { attempt, error });
            }
            Due::Opened(_) | Due::Failed(..) => {}
            Due::Live(epoch) => self.step(Input::Report(LineReport::Live(epoch))),
        }
    }

    fn report(&mut self, report: LineReport) {
        self.step(Input::Report(report));
    }

    fn failed(&mut self, fault: Fault) {
        let epoch = self.epoch;
        self.report(LineReport::Failed { epoch, fault, why: format!("{fault:?}") });
    }

    /// The newest link of a side.
    fn link(&self, side: Side) -> Attempt {
        *self.links.iter().rev().find(|(_, of)| **of == side).expect("a link of that side").0
    }

    fn says(&mut self, side: Side, event: LinkEvent) {
        let attempt = self.link(side);
        if let LinkEvent::Ended(_) = event {
            self.links.remove(&attempt);
        }
        self.step(Input::Link { attempt, event });
    }

    /// A stream ends. The monitor looks at the side because of it.
    fn cut(&mut self, side: Side, cause: EndCause) {
        self.says(side, LinkEvent::Ended(LinkError::new(cause, "it broke")));
        self.check(side);
    }

    fn presence(&mut self, side: Side, available: bool) {
        let presence = if available { Presence::Available } else { Presence::Unavailable };
        self.says(side, LinkEvent::FinessePresence(presence));
        self.check(side);
    }

    /// A side says by notification that it is in service or not; the monitor hears it too.
    fn push(&mut self, side: Side, status: Status) {
        self.world.of_mut(side).status = status;
        let name = if status == Status::Ready { "IN_SERVICE" } else { "OUT_OF_SERVICE" };
        self.says(side, LinkEvent::Notification(system_info(name, false)));
        if status == Status::OutOfService {
            self.found(side, status);
        }
        self.check(side);
    }

    /// Requests to a side are not answered any more, nor are openings.
    fn isolate(&mut self, side: Side, cause: EndCause) {
        let world = self.world.of_mut(side);
        world.status = Status::Unreachable;
        world.swallows = cause == EndCause::Timeout;
        world.stream = if world.swallows { Stream::Hangs } else { Stream::Fails(cause) };
    }

    /// A side is as it should be.
    fn mend(&mut self, side: Side) {
        let World { probing, again, last_start, next_probe, .. } = *self.world.of(side);
        *self.world.of_mut(side) = World { probing, again, last_start, next_probe, ..World::new() };
    }

    fn times(&self, line: &str) -> Vec<f64> {
        self.log.iter().filter(|(_, said)| said.starts_with(line)).map(|(at, _)| at.as_secs_f64()).collect()
    }

    fn count(&self, line: &str) -> usize {
        self.times(line).len()
    }

    /// When something was first said, in seconds since the mark.
    fn first(&self, line: &str) -> f64 {
        *self.times(line).first().unwrap_or_else(|| panic!("no \"{line}\" in {:#?}", self.log))
    }

    /// These lines come in this order, others between them.
    fn in_order(&self, lines: &[&str]) {
        let mut rest = self.log.iter();
        for line in lines {
            assert!(
                rest.any(|(_, said)| said.starts_with(line)),
                "no \"{line}\" in its place in {:#?}",
                self.log
            );
        }
    }
}

fn told(event: &Event) -> String {
    match event {
        Event::Health { side, status, .. } => format!("health {side} {status:?}"),
        Event::Recovering { side, .. } => format!("recovering {side}"),
        Event::Waiting { .. } => String::from("waiting"),
        Event::BothOut { .. } => String::from("both-out"),
        Event::Offline { why } if why.starts_with("not recovered") => String::from("overdue"),
        Event::Offline { .. } => String::from("offline"),
        Event::Switching { from, to, .. } => format!("switching {from} {to}"),
        Event::SwitchFailed { to, .. } => format!("switch-failed {to}"),
        Event::AttentionRequired { kind, .. } => format!("attention {kind}"),
        Event::Degraded { kind, .. } => format!("degraded {kind}"),
        Event::Recovered { kind, .. } => format!("recovered {kind}"),
        Event::StandbyUnready { side, kind, .. } => format!("standby {side} {kind}"),
        other => format!("{other:?}"),
    }
}

fn system_info(status: &str, delayed: bool) -> Notification {
    let info = SystemInfo::from_xml(&format!("<SystemInfo><status>{status}</status></SystemInfo>")).unwrap();
    let source = String::from("/finesse/api/SystemInfo");
    let data = Some(Resource::SystemInfo(Box::new(info)));
    let update = Ok(Update::new(Verb::Put, source.clone(), data));
    Notification { node: source, item_id: None, delayed, update }
}

fn news(node: &str) -> LinkEvent {
    let update = Ok(Update::new(Verb::Delete, node, None));
    LinkEvent::Notification(Notification { node: node.to_owned(), item_id: None, delayed: false, update })
}
