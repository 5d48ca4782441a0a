//! Whether a side can be used: the three criteria in order, with evidence that can be stale.
//!
//! A side is usable only if, in this order, its SystemInfo says IN_SERVICE, a stream can be opened, and the presence of the
//! user `finesse` is available. Health belongs to a side, not to a session: one monitor per side and process.

mod core;
mod layer;
mod monitor;
mod service;
mod turns;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use finesse_model::{Scalar, SystemInfo, SystemStatus};
use serde::Serialize;

pub use self::layer::HealthLayer;
pub use self::monitor::HealthMonitor;
pub use self::service::{HealthService, Monitored};
use crate::failover::policy::{COMMON_MODE_APART, Confirmations};
use crate::side::{Generation, Side};

/// What is known of a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Status {
    /// Nothing yet.
    Unknown,
    /// It does not answer.
    Unreachable,
    /// It answers 401 to SystemInfo: reachable, health unknown. Never "down".
    Unauthorised,
    /// It says so itself, or it says anything else than IN_SERVICE.
    OutOfService,
    /// It claims to be back, or weak evidence speaks against it: not proven either way.
    Suspect,
    /// IN_SERVICE with a good heartbeat, by a full probe.
    Ready,
    /// In Finesse maintenance mode: serves, but is about to stop.
    Draining,
}

/// How deep the last probe reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Level {
    /// Nothing.
    None,
    /// The name resolves and TCP connects.
    L0,
    /// TLS is verified and SystemInfo was read.
    L1,
    /// In service with a good heartbeat.
    L2,
    /// A stream is bound and presence is not lost.
    L3,
}

/// The CTI heartbeat as the side reports it. Both times come from the same answer, so no clock of ours is involved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// The last one succeeded.
    pub success: bool,
    /// How old the last success was, by the side's own clock.
    pub age: Duration,
    /// The interval that the side works with.
    pub interval: Duration,
    /// The side's own time of the last success, in Unix milliseconds.
    pub last_success: i64,
}

impl Heartbeat {
    /// The last one succeeded and is not older than two intervals. At three, CTI itself would notice the loss; a side that has
    /// missed one heartbeat is no place to go to, and no reason to leave.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.success && self.age <= self.interval * 2
    }
}

/// The heartbeat that a SystemInfo reports; `None` where the release reports none.
#[must_use]
pub fn heartbeat(info: &SystemInfo) -> Option<Heartbeat> {
    /// The interval of the 12.6(2) and 15.0 guides, where SystemInfo does not say it.
    const DOCUMENTED: u64 = 5;
    /// No site beats more slowly; a larger number is a mistake of the side's, and must not become one of ours.
    const LONGEST: u64 = 300;
    let success = info
        .last_cti_heartbeat_status
        .as_deref()
        .filter(|status| !status.is_empty())?
        .eq_ignore_ascii_case("success");
    let number = |scalar: &Option<Scalar<i64>>| scalar.as_ref().and_then(Scalar::value).copied();
    let last_success = number(&info.last_success_cti_heartbeat_time)?;
    let age = info.heartbeat_age_millis()?;
    let interval = number(&info.cti_heartbeat_interval).filter(|seconds| *seconds > 0);
    let interval = interval.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(DOCUMENTED);
    Some(Heartbeat {
        success,
        age: Duration::from_millis(u64::try_from(age).unwrap_or(0)),
        interval: Duration::from_secs(interval.min(LONGEST)),
        last_success,
    })
}

/// What a SystemInfo, by itself, says of its side: whether it serves, how deep that has been tested, and in words what the verdict rests on.
#[must_use]
pub fn verdict(info: &SystemInfo) -> (Status, Level, String) {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if info.status != Some(SystemStatus::InService) {
        let name = info.status.as_ref().map_or("no status", SystemStatus::as_str);
        let reason = filled(&info.status_reason).map_or(String::new(), |reason| format!(" ({reason})"));
        return (Status::OutOfService, Level::L1, format!("SystemInfo says {name}{reason}"));
    }
    if let Some(beat) = heartbeat(info).filter(|beat| !beat.is_good()) {
        let word = if beat.success { "success" } else { "failure" };
        let age = beat.age.as_secs_f64();
        let why = format!("IN_SERVICE, but the last CTI heartbeat is {word} and {age:.1} s old");
        return (Status::Suspect, Level::L1, why);
    }
    match filled(&info.finesse_m_mode) {
        Some(mode) => (Status::Draining, Level::L2, format!("IN_SERVICE, in maintenance ({mode})")),
        None => (Status::Ready, Level::L2, String::from("IN_SERVICE")),
    }
}

/// One good probe: IN_SERVICE with a good heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoodProbe {
    /// When its request was sent.
    pub started: Duration,
    /// When its answer arrived.
    pub arrived: Duration,
    /// The heartbeat it reported, if the release reports one.
    pub heartbeat: Option<Heartbeat>,
    /// The side's own time of the answer, in Unix milliseconds.
    pub server_time: Option<i64>,
}

/// Everything known of one side.
#[derive(Debug, Clone)]
pub struct SideHealth {
    /// The side.
    pub side: Side,
    /// The verdict.
    pub status: Status,
    /// How deep the last probe reached.
    pub level: Level,
    /// What the verdict rests on, in words.
    pub why: String,
    /// Since when the status holds.
    pub since: Duration,
    /// Grows with every transition into `Unreachable` or `OutOfService` and out of them.
    pub generation: Generation,
    /// The last heartbeat reported.
    pub heartbeat: Option<Heartbeat>,
    /// Good probes since the last bad evidence, oldest first: the first one and the last few.
    pub good: Vec<GoodProbe>,
    /// When the last probe that has ended, good or bad, began: what it saw is not older than that.
    pub probed: Option<Duration>,
    /// The last SystemInfo read.
    pub system_info: Option<Arc<SystemInfo>>,
    /// Why its certificate was not accepted, if that is what is wrong.
    pub trust: Option<String>,
}

impl Status {
    /// The status as one lower-case word, as in the feed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Unreachable => "unreachable",
            Self::Unauthorised => "unauthorised",
            Self::OutOfService => "out-of-service",
            Self::Suspect => "suspect",
            Self::Ready => "ready",
            Self::Draining => "draining",
        }
    }

    /// The side serves: also in maintenance, where it is about to stop.
    #[must_use]
    pub fn serves(self) -> bool {
        matches!(self, Self::Ready | Self::Draining)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl SideHealth {
    /// A side of which nothing is known.
    #[must_use]
    pub fn unknown(side: Side) -> Self {
        Self {
            side,
            status: Status::Unknown,
            level: Level::None,
            why: String::from("not probed yet"),
            since: Duration::ZERO,
            generation: Generation::default(),
            heartbeat: None,
            good: Vec::new(),
            probed: None,
            system_info: None,
            trust: None,
        }
    }

    /// Whether it passed the target test with probes that began after `trigger`.
    #[must_use]
    pub fn passes(&self, trigger: Duration, confirmations: Confirmations) -> bool {
        if self.status != Status::Ready {
            return false;
        }
        let mut since = self.good.iter().filter(|probe| probe.started >= trigger);
        let Some(first) = since.next() else { return false };
        match confirmations {
            Confirmations::One => true,
            Confirmations::Two => since.any(|probe| {
                let apart =
                    probe.heartbeat.map_or(COMMON_MODE_APART, |beat| beat.interval.min(COMMON_MODE_APART));
                // The reference is the side's own clock at the first probe, so that no clock of ours is involved.
                let beaten = match (probe.heartbeat, first.server_time) {
                    (Some(beat), Some(reference)) => beat.last_success > reference,
                    _ => true,
                };
                probe.started >= first.started + apart && beaten
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_named_as_it_is_serialised() {
        for status in [
            Status::Unknown,
            Status::Unreachable,
            Status::Unauthorised,
            Status::OutOfService,
            Status::Suspect,
            Status::Ready,
            Status::Draining,
        ] {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }
}
