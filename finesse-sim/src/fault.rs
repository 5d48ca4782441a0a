//! Faults that can be put into a running pair. Each is one primitive; schedules are made of several.
//!
//! In JSON a fault is an object with its name under `fault`: `{"fault": "cti_cut", "side": "A"}`. Where `side` may be
//! left out, both sides are meant. Faults that switch something on have a counterpart or a value that ends them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Side, duration_text};

/// One fault, or the end of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// The notification service stops: streams end, XMPP and BOSH ports refuse, the side goes out of service.
    StopNotification {
        /// Where.
        side: Side,
    },
    /// The notification service starts again, with a new item-id seed; sessions are gone, subscriptions are kept.
    StartNotification {
        /// Where.
        side: Side,
    },
    /// Tomcat stops: REST does not answer; streams stay up; presence of `finesse` goes unavailable.
    StopTomcat {
        /// Where.
        side: Side,
    },
    /// Tomcat starts: REST answers 503 until CTI is attached, then the side is back.
    StartTomcat {
        /// Where.
        side: Side,
    },
    /// The web app crashes while Tomcat lives: every REST path answers an HTML error page.
    CrashWebapp {
        /// Where.
        side: Side,
    },
    /// The web app is deployed again.
    RestoreWebapp {
        /// Where.
        side: Side,
    },
    /// The CTI connection breaks with a socket error, which the side sees at once.
    CtiCut {
        /// Where; both if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<Side>,
    },
    /// The CTI connection goes silent: the side notices only after three missed heartbeats.
    CtiSilent {
        /// Where; both if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<Side>,
    },
    /// A CTI server can be reached again; the side recovers by itself.
    CtiRestore {
        /// Where; both if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<Side>,
    },
    /// The host loses power: nothing answers any more, nothing is closed.
    KillHost {
        /// Where.
        side: Side,
    },
    /// The host boots: ports refuse, then open one after the other, then the side comes into service.
    Boot {
        /// Where.
        side: Side,
    },
    /// Notification streams are reset; the side is healthy.
    StreamReset {
        /// Where.
        side: Side,
        /// Whose; everybody's if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
    },
    /// Notification streams go dead without a close in either direction.
    HalfOpen {
        /// Where.
        side: Side,
        /// Whose; everybody's if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
    },
    /// Notification streams are reset in the middle of a stanza (over BOSH: of an answer).
    CutStanza {
        /// Where.
        side: Side,
        /// Whose; everybody's if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
    },
    /// Notification streams end with a stream error.
    StreamError {
        /// Where.
        side: Side,
        /// Whose; everybody's if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// Its condition, for example `policy-violation`.
        condition: String,
    },
    /// So many old events are in the store of a user without a stream, above any cap; his next one gets them all.
    OfflineFlood {
        /// Where.
        side: Side,
        /// Whose.
        user: String,
        /// How many, 10,000 at the most.
        count: u32,
    },
    /// REST requests are taken and never answered.
    RestHang {
        /// Where.
        side: Side,
        /// On or off.
        on: bool,
        /// Only paths that contain this text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
    },
    /// User and Dialog requests answer 500 with this probability; 0 ends it.
    #[serde(rename = "user_500")]
    User500 {
        /// Where.
        side: Side,
        /// From 0 to 1.
        probability: f64,
    },
    /// Events are lost with this probability; 0 ends it.
    DropEvents {
        /// Where.
        side: Side,
        /// Only nodes that contain this text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
        /// From 0 to 1.
        probability: f64,
    },
    /// An item is sent twice, both times with the same item id, with this probability; 0 ends it.
    DupEvents {
        /// Where.
        side: Side,
        /// Only nodes that contain this text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
        /// From 0 to 1.
        probability: f64,
    },
    /// An event is published twice, equal in content under two item ids, with this probability; 0 ends it.
    RepeatEvents {
        /// Where.
        side: Side,
        /// Only nodes that contain this text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
        /// From 0 to 1.
        probability: f64,
    },
    /// Events are published late by a uniform delay between the two bounds; 0 and 0 ends it.
    DelayEvents {
        /// Where.
        side: Side,
        /// Only nodes that contain this text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
        /// Shortest extra delay.
        #[serde(with = "duration_text")]
        min: Duration,
        /// Longest extra delay.
        #[serde(with = "duration_text")]
        max: Duration,
    },
    /// SystemInfo says something untrue.
    SiLies {
        /// Where.
        side: Side,
        /// What it says; nothing ends the lie.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lie: Option<Lie>,
    },
    /// Somebody else binds the user's resource: the session ends with `conflict`.
    Conflict {
        /// Where.
        side: Side,
        /// Whose session.
        user: String,
    },
    /// The side sends a forced logout to CTI now, whatever its timers say.
    ForcedLogoutNow {
        /// Where.
        side: Side,
        /// Of whom.
        user: String,
    },
    /// The side accepts only this password from now on.
    PasswordChanged {
        /// Where; both if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<Side>,
        /// Whose.
        user: String,
        /// The new password.
        password: String,
    },
    /// The user's account is locked, as after five wrong passwords.
    LockUser {
        /// Where; both if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<Side>,
        /// Whose.
        user: String,
    },
    /// The side answers 404 for this user.
    UserUnknown {
        /// Where.
        side: Side,
        /// Who.
        user: String,
        /// On or off.
        on: bool,
    },
    /// The side's clock jumps.
    ClockStep {
        /// Where.
        side: Side,
        /// By how much, backwards if negative.
        millis: i64,
    },
    /// Commands are answered with 202 and lost, with this probability; 0 ends it.
    #[serde(rename = "lose_202")]
    Lose202 {
        /// Where.
        side: Side,
        /// From 0 to 1.
        probability: f64,
    },
    /// Every REST answer takes this many times as long; 1 ends it.
    Slow {
        /// Where.
        side: Side,
        /// Factor on the latency.
        factor: f64,
    },
    /// The subscription store is lost.
    LoseSubscriptions {
        /// Where.
        side: Side,
    },
}

impl Fault {
    /// The user it is about, if it is about one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::StreamReset { user, .. }
            | Self::HalfOpen { user, .. }
            | Self::CutStanza { user, .. }
            | Self::StreamError { user, .. } => user.as_deref(),
            Self::Conflict { user, .. }
            | Self::OfflineFlood { user, .. }
            | Self::ForcedLogoutNow { user, .. }
            | Self::PasswordChanged { user, .. }
            | Self::LockUser { user, .. }
            | Self::UserUnknown { user, .. } => Some(user),
            _ => None,
        }
    }

    /// Whether its numbers make sense.
    ///
    /// # Errors
    ///
    /// Which number does not, in words.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::User500 { probability, .. }
            | Self::Lose202 { probability, .. }
            | Self::DropEvents { probability, .. }
            | Self::DupEvents { probability, .. }
            | Self::RepeatEvents { probability, .. }
                if !(0.0..=1.0).contains(probability) =>
            {
                Err(format!("probability {probability} is not between 0 and 1"))
            }
            Self::StreamError { condition, .. }
                if condition.is_empty()
                    || !condition.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') =>
            {
                Err(format!("{condition:?} is no name of a condition"))
            }
            Self::OfflineFlood { count, .. } if *count > 10_000 => Err(format!("{count} is above 10000")),
            Self::DelayEvents { min, max, .. } if min > max => {
                Err(format!("the shortest delay, {min:?}, is above the longest, {max:?}"))
            }
            Self::Slow { factor, .. } if !(factor.is_finite() && *factor > 0.0) => {
                Err(format!("factor {factor} is not above 0"))
            }
            _ => Ok(()),
        }
    }
}

/// What a lying SystemInfo says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Lie {
    /// In service, whatever is true.
    InService,
    /// The last heartbeat is a failure and ages, while CTI is fine.
    StaleHeartbeat,
}
