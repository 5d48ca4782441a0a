//! The seam between the failover layer and the re-sync layer: a line is one continuous sequence of epochs.
//!
//! Order of [`LineEvent`]s: `Attached` of an epoch, then its `Notification`s, then `GapOpened`, then perhaps `Told`s, then
//! `Attached` of a later epoch, and so on; `Ended` is last. No notification of an epoch follows its `GapOpened`. The first
//! `Attached` has no `GapOpened` before it.

use std::time::Duration;

use finesse_notify::Notification;
use tokio::sync::mpsc;

use crate::event::Event;
use crate::link::LinkHandle;
use crate::side::{Epoch, Side};

/// A request for a line.
#[derive(Debug, Clone, Default)]
pub struct OpenLine;

/// A line: what both sides together say, as one sequence.
pub struct Line {
    /// What happens, in order.
    pub events: mpsc::Receiver<LineEvent>,
    /// What the layer above reports back. Unbounded, so that the two tasks can never wait for each other; it stays small all the same: a
    /// few reports for each epoch, and facts only when they change.
    pub reports: mpsc::UnboundedSender<LineReport>,
}

/// What a line says.
#[derive(Debug)]
#[non_exhaustive]
pub enum LineEvent {
    /// A link is open, its side is in service and presence is not known to be lost: the layer above shall re-synchronise.
    Attached(Attached),
    /// One notification of the current epoch.
    Notification {
        /// The epoch it belongs to.
        epoch: Epoch,
        /// The notification.
        notification: Notification,
    },
    /// The epoch has ended: from now on events may be missed.
    GapOpened {
        /// The epoch that ended.
        epoch: Epoch,
        /// When the last byte of that epoch arrived.
        last_seen: Duration,
        /// When the loss was noticed.
        noticed: Duration,
        /// What was seen.
        why: String,
    },
    /// Something the application is told, unchanged: health, recovering, switching, waiting, …
    Told(Event),
    /// The line is over; nothing follows.
    Ended(LineEnd),
}

/// A new epoch begins.
#[derive(Debug)]
pub struct Attached {
    /// The new epoch.
    pub epoch: Epoch,
    /// Its side.
    pub side: Side,
    /// How to speak to that side in this epoch.
    pub handle: LinkHandle,
    /// True when the stream of the epoch before survived (out of service and back): subscriptions still stand and the
    /// agent is still claimed.
    pub resumed: bool,
    /// The side that the switch to this one left; said again with every epoch until one of this side is committed. It may
    /// yet send a forced logout, for which the ghost-logout guard waits.
    pub left: Option<Side>,
    /// When the link was ready.
    pub at: Duration,
}

/// What the layer above reports to the line.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LineReport {
    /// The commit point of a switch has passed: the agent is claimed on the new side (observers: the first snapshot was read).
    Committed(Epoch),
    /// The picture is whole again.
    Live(Epoch),
    /// The epoch could not be made live.
    Failed {
        /// Which epoch.
        epoch: Epoch,
        /// Whose fault it was.
        fault: Fault,
        /// In words.
        why: String,
    },
    /// What policies may want to know of the session.
    Facts(SessionFacts),
    /// End the line in an orderly way: unsubscribe, unavailable presence, close.
    Close,
}

/// Why an epoch could not be made live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The side did not answer or answered 5xx.
    Side,
    /// The credentials were refused (401).
    Credentials,
    /// The user is unknown to this side.
    UserUnknown,
    /// The stream answers pings and delivers nothing, although what is read has changed. The link is closed and opened anew.
    Deaf,
}

/// Facts of the session that a policy may weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionFacts {
    /// The agent has at least one dialog.
    pub on_call: bool,
    /// The agent is READY.
    pub ready: bool,
}

/// Why a line ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineEnd {
    /// Asked for.
    #[error("closed as asked for")]
    Closed,
    /// The credentials were refused; nobody tries them again.
    #[error("the credentials were refused: {0}")]
    Credentials(String),
    /// No side can be trusted by its certificate.
    #[error("no side can be trusted: {0}")]
    Trust(String),
    /// Another program took the session over.
    #[error("taken over by another program: {0}")]
    TakenOver(String),
    /// Anything else that is final.
    #[error("failed for good: {0}")]
    Failed(String),
}
