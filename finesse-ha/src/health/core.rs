//! The rules of health: a state machine over probes and passive evidence.
//!
//! | Evidence | Weight | Leads to |
//! |---|---|---|
//! | SystemInfo IN_SERVICE, heartbeat good | conclusive | `Ready` (or `Draining` in maintenance) |
//! | SystemInfo IN_SERVICE, heartbeat failed or old | conclusive | `Suspect`: never a target, no reason to leave |
//! | SystemInfo with any other status, 503 SERVER_OUT_OF_SERVICE, push of OUT_OF_SERVICE | conclusive | `OutOfService` |
//! | push of IN_SERVICE | a hint | `Suspect` and a probe at once |
//! | refused, no route, DNS, TLS, reset, 502, 504, another 503 | medium: two of three within 15 s | `Unreachable` |
//! | time-out, 500 | weak: three in a row | `Unreachable` |
//! | 401 to SystemInfo | neutral | `Unauthorised` |
//!
//! Invariants: evidence of a request that began in an earlier generation changes nothing; a probe never overlaps another; two probes never
//! begin within `PROBE_MIN_INTERVAL`, and a check asked for during a probe follows it; only a full probe leads out of `OutOfService`.

use std::sync::Arc;
use std::time::Duration;

use finesse_model::{SystemInfo, SystemStatus};
use finesse_rest::ErrorKind;

use super::{GoodProbe, Level, SideHealth, Status, heartbeat, verdict};
use crate::params::{PROBE_MIN_INTERVAL, Params};
use crate::side::{Generation, Side};

/// Medium evidence counts together when it falls into this window.
const MEDIUM_WINDOW: Duration = Duration::from_secs(15);
/// So much medium evidence within the window is proof.
const MEDIUM_PROOF: usize = 2;
/// So much weak evidence in a row is proof, as with CTI's three heartbeats.
const WEAK_PROOF: usize = 3;
/// How many good probes are remembered; enough for the two of the common-mode guard at the fastest rate.
const GOOD_KEPT: usize = 64;
/// Two answers with the same time on them come from a cache, if so much lies between the requests; some servers tell whole seconds.
const CLOCK_MUST_MOVE: Duration = Duration::from_secs(2);
/// Periodic probes are spread by this share, so that many clients do not probe in step.
const SPREAD: f64 = 0.2;

/// Why a probe failed.
#[derive(Debug, Clone)]
pub(crate) struct ProbeFailure {
    pub(crate) kind: ErrorKind,
    pub(crate) why: String,
    /// What is wrong with the certificate, if that is it.
    pub(crate) trust: Option<String>,
}

/// What is learnt in passing.
#[derive(Debug, Clone)]
pub(crate) enum Evidence {
    /// A request of a session ended: well (`None`) or badly.
    Rest(Option<ErrorKind>),
    /// A SystemInfo notification.
    Push(Box<SystemInfo>),
    /// A stream was bound.
    LinkOpened,
    /// A stream ended.
    LinkEnded,
    /// Presence of `finesse` changed.
    Presence(bool),
}

#[derive(Debug, Clone)]
pub(crate) enum Input {
    Tick,
    CheckNow,
    /// One session more, or one less, uses this side; a side that nobody uses is probed less often.
    InUse(bool),
    ProbeDone {
        generation: Generation,
        started: Duration,
        result: Result<Box<SystemInfo>, ProbeFailure>,
    },
    Seen {
        generation: Generation,
        evidence: Evidence,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// Read SystemInfo; answer with the generation.
    Probe(Generation),
    /// Something that others look at has changed.
    Changed,
}

/// The state machine of one side.
#[derive(Debug)]
pub(crate) struct HealthCore {
    params: Params,
    random: fastrand::Rng,
    health: SideHealth,
    probing: bool,
    /// A check was asked for while a probe was under way.
    again: bool,
    last_start: Option<Duration>,
    next_probe: Duration,
    failing_pause: Duration,
    users: usize,
    medium: Vec<Duration>,
    weak: usize,
    /// When the last answered probe began and what the side's clock said, to notice an answer from a cache.
    server_time: Option<(Duration, i64)>,
}

impl HealthCore {
    pub(crate) fn new(side: Side, params: Params, random: fastrand::Rng) -> Self {
        Self {
            failing_pause: params.probe_interval_failing,
            params,
            random,
            health: SideHealth::unknown(side),
            probing: false,
            again: false,
            last_start: None,
            next_probe: Duration::ZERO,
            users: 0,
            medium: Vec::new(),
            weak: 0,
            server_time: None,
        }
    }

    pub(crate) fn health(&self) -> &SideHealth {
        &self.health
    }

    /// When the next tick is due; none while a probe is under way.
    pub(crate) fn wake_at(&self) -> Option<Duration> {
        (!self.probing).then_some(self.next_probe)
    }

    pub(crate) fn step(&mut self, now: Duration, input: Input) -> Vec<Output> {
        let before = (
            self.health.status,
            self.health.level,
            self.health.generation,
            self.health.good.len(),
            self.health.probed,
        );
        match input {
            Input::Tick => {}
            Input::CheckNow => self.soon(now),
            Input::InUse(true) => self.users += 1,
            Input::InUse(false) => self.users = self.users.saturating_sub(1),
            Input::ProbeDone { generation, started, result } => {
                self.probing = false;
                self.next_probe = now + PROBE_MIN_INTERVAL;
                if generation == self.health.generation {
                    self.health.probed = Some(started);
                    match result {
                        Ok(info) => self.read(now, started, *info),
                        Err(failure) => self.failed(now, failure),
                    }
                    self.plan(now);
                }
                if std::mem::take(&mut self.again) {
                    self.soon(now);
                }
            }
            Input::Seen { generation, evidence } if generation == self.health.generation => {
                self.seen(now, evidence)
            }
            Input::Seen { .. } => {}
        }
        let mut outputs = Vec::new();
        let after = (
            self.health.status,
            self.health.level,
            self.health.generation,
            self.health.good.len(),
            self.health.probed,
        );
        if before != after {
            outputs.push(Output::Changed);
        }
        if !self.probing && now >= self.next_probe {
            self.probing = true;
            self.again = false;
            self.last_start = Some(now);
            outputs.push(Output::Probe(self.health.generation));
        }
        outputs
    }

    /// Probes as soon as the smallest distance between probes allows.
    fn soon(&mut self, now: Duration) {
        // The probe under way may have begun before whatever asks for this one.
        self.again |= self.probing;
        let earliest = self.last_start.map_or(now, |last| (last + PROBE_MIN_INTERVAL).max(now));
        self.next_probe = self.next_probe.min(earliest);
    }

    /// When the next periodic probe is due.
    fn plan(&mut self, now: Duration) {
        let pause = if matches!(self.health.status, Status::Ready | Status::Draining) {
            self.failing_pause = self.params.probe_interval_failing;
            let base = if self.users > 0 {
                self.params.probe_interval_live
            } else {
                self.params.probe_interval_standby
            };
            base.mul_f64(1.0 - SPREAD + 2.0 * SPREAD * self.random.f64())
        } else {
            let pause = self.failing_pause;
            self.failing_pause = (pause * 2).min(self.params.backoff_cap);
            // Full jitter, but never less than the smallest distance.
            pause.mul_f64(self.random.f64())
        };
        self.next_probe = now + pause.max(PROBE_MIN_INTERVAL);
    }

    fn read(&mut self, now: Duration, started: Duration, info: SystemInfo) {
        self.medium.clear();
        self.weak = 0;
        self.health.trust = None;
        let server_time = info.current_timestamp.as_ref().and_then(finesse_model::Timestamp::unix_millis);
        let cached = self.server_time.is_some_and(|(at, time)| {
            Some(time) == server_time && started.saturating_sub(at) >= CLOCK_MUST_MOVE
        });
        if self.server_time.map(|(_, time)| time) != server_time {
            self.server_time = server_time.map(|time| (started, time));
        }
        let beat = heartbeat(&info);
        self.health.heartbeat = beat;
        let (status, level, why) = verdict(&info);
        self.health.system_info = Some(Arc::new(info));
        if cached {
            self.set(
                now,
                Status::Suspect,
                Level::L0,
                "its clock stands still between two probes: the answer comes from a cache or another host",
            );
            return;
        }
        if status != Status::Ready {
            self.set(now, status, level, why);
            return;
        }
        if self.health.good.len() >= GOOD_KEPT {
            // The first one stays: it may be the guard's reference.
            self.health.good.remove(1);
        }
        self.health.good.push(GoodProbe { started, arrived: now, heartbeat: beat, server_time });
        let level = if self.health.status == Status::Ready { self.health.level.max(level) } else { level };
        self.set(now, status, level, why);
    }

    fn failed(&mut self, now: Duration, failure: ProbeFailure) {
        self.health.trust.clone_from(&failure.trust);
        match failure.kind {
            ErrorKind::Unauthorized => {
                // It has answered.
                self.weak = 0;
                self.set(
                    now,
                    Status::Unauthorised,
                    Level::L0,
                    "SystemInfo answers 401: reachable, health unknown",
                );
            }
            ErrorKind::OutOfService => self.set(now, Status::OutOfService, Level::L1, failure.why),
            // A certificate does not become good by asking again.
            ErrorKind::Tls => self.set(now, Status::Unreachable, Level::L0, failure.why),
            kind => self.count(now, kind, &failure.why),
        }
    }

    fn seen(&mut self, now: Duration, evidence: Evidence) {
        match evidence {
            Evidence::Rest(None) => self.weak = 0,
            Evidence::Rest(Some(ErrorKind::OutOfService)) => {
                self.set(
                    now,
                    Status::OutOfService,
                    Level::L1,
                    "a request was answered 503 SERVER_OUT_OF_SERVICE",
                );
                self.soon(now);
            }
            Evidence::Rest(Some(kind)) => self.count(now, kind, "requests fail"),
            Evidence::Push(info) if info.status == Some(SystemStatus::InService) => {
                if self.health.status == Status::OutOfService {
                    self.set(now, Status::Suspect, Level::L0, "says that it is back; not yet probed");
                }
                self.soon(now);
            }
            Evidence::Push(info) => {
                let name = info.status.as_ref().map_or("no status", SystemStatus::as_str);
                self.set(now, Status::OutOfService, Level::L1, format!("a notification says {name}"));
                self.soon(now);
            }
            Evidence::LinkOpened => {
                if self.health.status == Status::Ready {
                    self.health.level = self.health.level.max(Level::L3);
                }
            }
            Evidence::LinkEnded => {
                self.health.level = self.health.level.min(Level::L2);
                self.soon(now);
            }
            Evidence::Presence(available) => {
                if !available {
                    self.health.level = self.health.level.min(Level::L2);
                }
                self.soon(now);
            }
        }
    }

    fn count(&mut self, now: Duration, kind: ErrorKind, why: &str) {
        match kind {
            ErrorKind::Dns
            | ErrorKind::Connect
            | ErrorKind::Tls
            | ErrorKind::Reset
            | ErrorKind::BadGateway
            | ErrorKind::GatewayTimeout
            | ErrorKind::Unavailable
            | ErrorKind::NotFinesse => {
                self.medium.retain(|at| now.saturating_sub(*at) <= MEDIUM_WINDOW);
                self.medium.push(now);
            }
            ErrorKind::Timeout | ErrorKind::ServerError => self.weak += 1,
            // Any other answer shows that the side works.
            _ => {
                self.weak = 0;
                return;
            }
        }
        if self.medium.len() >= MEDIUM_PROOF || self.weak >= WEAK_PROOF {
            // A side that has said that it is out of service stays so; silence after that is no news.
            if self.health.status != Status::OutOfService || self.medium.len() >= MEDIUM_PROOF {
                self.set(now, Status::Unreachable, Level::None, why);
            }
        } else if self.health.status == Status::Ready {
            self.set(now, Status::Suspect, Level::L0, why);
        }
        self.soon(now);
    }

    fn set(&mut self, now: Duration, status: Status, level: Level, why: impl Into<String>) {
        let down = |status| matches!(status, Status::Unreachable | Status::OutOfService);
        if status != self.health.status {
            self.health.since = now;
            // On the way back too: an answer of the time when it was down must not take it down again.
            if down(status) != down(self.health.status) {
                self.health.generation = self.health.generation.next();
            }
        }
        if !matches!(status, Status::Ready) {
            self.health.good.clear();
        }
        self.health.status = status;
        self.health.level = level;
        self.health.why = why.into();
    }
}

#[cfg(test)]
#[path = "core_tests.rs"]
mod tests;
