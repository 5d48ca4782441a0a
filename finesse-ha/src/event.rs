//! The feed: what the application is told.
//!
//! Folding `User`, `Dialog*` and `Resynced` gives the picture at any time. Every `GapOpened` is followed by exactly one
//! `Resynced` or by the end of the feed; what changed in the gap stands between the two, each change once, with
//! [`Cause::Gap`]; no live change stands inside. `Closed` is always last.
//!
//! The serialised form is one flat object with a field `event`; it is the machine output of the `finesse` command.

use std::time::Duration;

use finesse_model::{ApiErrors, Dialog, DialogId, Timestamp, User};
use serde::{Serialize, Serializer};

use crate::health::{Level, Status};
use crate::outcome::Outcome;
use crate::side::{Epoch, Side};

/// How a change became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// By a notification of the current epoch.
    Live,
    /// By comparing what was known before a gap with what was read, and heard meanwhile, after it.
    Gap,
    /// By a read beside the live stream, routine or for a command, that contradicted the picture.
    Audit,
    /// By the first read of a session.
    Cold,
}

/// When something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// The server's own time of it.
    Known(Timestamp),
    /// Between two moments of this client's clock, in milliseconds since its start.
    Between(
        #[serde(serialize_with = "milliseconds")] Duration,
        #[serde(serialize_with = "milliseconds")] Duration,
    ),
    /// Not known.
    Unknown,
}

/// The whole picture of an agent at one moment.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Picture {
    /// The agent, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The agent's dialogs, ordered by id.
    pub dialogs: Vec<Dialog>,
}

/// The end of a gap (or of the first read): the picture is whole and current.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Resynced {
    /// The side in use.
    pub side: Side,
    /// The epoch that is now live.
    pub epoch: Epoch,
    /// True for the first one of a session, which ends no gap.
    pub cold: bool,
    /// From the last byte before the gap to this moment.
    #[serde(rename = "gap_ms", serialize_with = "milliseconds")]
    pub gap: Duration,
    /// From the last byte before the gap to the moment the loss was noticed.
    #[serde(rename = "detect_ms", serialize_with = "milliseconds")]
    pub detect: Duration,
    /// From noticing to a link that is ready on the side in use.
    #[serde(rename = "switch_ms", serialize_with = "milliseconds")]
    pub switch: Duration,
    /// From that link to this moment.
    #[serde(rename = "resync_ms", serialize_with = "milliseconds")]
    pub resync: Duration,
    /// How many changes were found.
    pub changes: usize,
    /// True after every gap that is not cold: a call that began and ended inside cannot be known.
    pub unseen_possible: bool,
    /// The whole picture.
    #[serde(flatten)]
    pub picture: Picture,
}

/// One item of the feed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "fields are named as in the machine output of the command; each item says what is not obvious"
)]
pub enum Event {
    /// A side's health changed.
    Health { side: Side, status: Status, level: Level, why: String },
    /// From now on the picture may be stale.
    GapOpened {
        epoch: Epoch,
        #[serde(serialize_with = "milliseconds")]
        last_seen: Duration,
        why: String,
    },
    /// Trying to get the current side back.
    Recovering { side: Side, why: String },
    /// Nothing can be used now; waiting for whichever side becomes usable first.
    Waiting { why: String },
    /// Both sides say that they are out of service.
    BothOut { why: String },
    /// Neither side can be reached, or recovery is overdue.
    Offline { why: String },
    /// About to move. Exactly one for each move, before it.
    Switching { from: Side, to: Side, why: String },
    /// The move did not succeed.
    SwitchFailed { to: Side, why: String },
    /// The agent changed.
    User { user: Box<User>, cause: Cause, epoch: Epoch, side: Side },
    /// A dialog began.
    DialogStarted { dialog: Box<Dialog>, cause: Cause, epoch: Epoch, side: Side },
    /// A dialog changed.
    DialogChanged { dialog: Box<Dialog>, cause: Cause, epoch: Epoch, side: Side },
    /// A dialog ended. `dialog` is the last that is known of it.
    DialogEnded {
        id: DialogId,
        #[serde(skip_serializing_if = "Option::is_none")]
        dialog: Option<Box<Dialog>>,
        time: When,
        cause: Cause,
        epoch: Epoch,
        side: Side,
    },
    /// A dialog goes on under another id (transfer, conference).
    DialogReplaced { dialog: Box<Dialog>, replaces: DialogId, cause: Cause, epoch: Epoch, side: Side },
    /// Any other notification, as it came.
    Update { source: String, verb: String, data: serde_json::Value, epoch: Epoch, side: Side },
    /// The server refused something after it had accepted it.
    ApiError { source: String, errors: ApiErrors, epoch: Epoch, side: Side },
    /// The picture is whole and current again.
    Resynced(Box<Resynced>),
    /// A command ended. The outcome's own fields are `outcome` and, in words, `evidence`.
    Command {
        id: String,
        verb: String,
        #[serde(flatten, serialize_with = "outcome_fields")]
        outcome: Outcome,
    },
    /// The side left behind logged the agent out; see `recovered`.
    GhostLogout { kind: String, recovered: bool, why: String },
    /// Another program has taken the agent or the stream over.
    SessionTakenOver { kind: String, why: String },
    /// The agent was logged out while nothing was listening, and stays so.
    LoggedOutDuringGap { kind: String, why: String },
    /// A person has to do something.
    AttentionRequired { kind: String, why: String },
    /// Something works less well than it should.
    Degraded { kind: String, why: String },
    /// It works again.
    Recovered { kind: String, why: String },
    /// The side not in use could not be used if it were needed.
    StandbyUnready { side: Side, kind: String, why: String },
    /// The end. Nothing follows.
    Closed { why: String },
}

impl Event {
    /// The names of all events, as the field `event` of their serialised form says them.
    pub const NAMES: &[&str] = &[
        "health",
        "gap-opened",
        "recovering",
        "waiting",
        "both-out",
        "offline",
        "switching",
        "switch-failed",
        "user",
        "dialog-started",
        "dialog-changed",
        "dialog-ended",
        "dialog-replaced",
        "update",
        "api-error",
        "resynced",
        "command",
        "ghost-logout",
        "session-taken-over",
        "logged-out-during-gap",
        "attention-required",
        "degraded",
        "recovered",
        "standby-unready",
        "closed",
    ];

    /// Its name, one of [`Event::NAMES`].
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Health { .. } => "health",
            Self::GapOpened { .. } => "gap-opened",
            Self::Recovering { .. } => "recovering",
            Self::Waiting { .. } => "waiting",
            Self::BothOut { .. } => "both-out",
            Self::Offline { .. } => "offline",
            Self::Switching { .. } => "switching",
            Self::SwitchFailed { .. } => "switch-failed",
            Self::User { .. } => "user",
            Self::DialogStarted { .. } => "dialog-started",
            Self::DialogChanged { .. } => "dialog-changed",
            Self::DialogEnded { .. } => "dialog-ended",
            Self::DialogReplaced { .. } => "dialog-replaced",
            Self::Update { .. } => "update",
            Self::ApiError { .. } => "api-error",
            Self::Resynced(_) => "resynced",
            Self::Command { .. } => "command",
            Self::GhostLogout { .. } => "ghost-logout",
            Self::SessionTakenOver { .. } => "session-taken-over",
            Self::LoggedOutDuringGap { .. } => "logged-out-during-gap",
            Self::AttentionRequired { .. } => "attention-required",
            Self::Degraded { .. } => "degraded",
            Self::Recovered { .. } => "recovered",
            Self::StandbyUnready { .. } => "standby-unready",
            Self::Closed { .. } => "closed",
        }
    }
}

fn milliseconds<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
}

fn outcome_fields<S: Serializer>(value: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry("outcome", value.name())?;
    map.serialize_entry("evidence", value.why())?;
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_named_as_it_is_serialised() {
        let why = String::from("because");
        let events = [
            Event::BothOut { why: why.clone() },
            Event::SwitchFailed { to: Side::B, why: why.clone() },
            Event::LoggedOutDuringGap { kind: String::new(), why: why.clone() },
            Event::StandbyUnready { side: Side::B, kind: String::new(), why: why.clone() },
            Event::Closed { why },
        ];
        for event in events {
            let value = serde_json::to_value(&event).unwrap();
            assert_eq!(value["event"], event.name());
            assert!(Event::NAMES.contains(&event.name()));
        }
    }
}
