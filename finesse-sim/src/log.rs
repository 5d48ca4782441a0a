//! What the pair saw and did, for assertions: requests, log-ins, executed commands, forced logouts.
//!
//! The log is a ring: the profile's `log_cap` bounds it and the oldest entries go first.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Side, duration_text};

/// One entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Time since the start of the simulation.
    #[serde(with = "duration_text")]
    pub at: Duration,
    /// The side; none for the world.
    pub side: Option<Side>,
    /// What happened.
    #[serde(flatten)]
    pub kind: LogKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogKind {
    /// A REST request was answered.
    Request {
        /// GET, PUT, POST.
        method: String,
        /// Path without the query.
        path: String,
        /// Who asked, by the credentials given.
        user: Option<String>,
        /// The client's requestId.
        request_id: Option<String>,
        /// Body of a write, at most 2,000 characters.
        body: Option<String>,
        /// Status of the answer; 0 if there is none and never will be.
        status: u16,
    },
    /// A password or token was checked, by REST or by a stream's log-in.
    Credentials {
        /// Who.
        user: String,
        /// `rest` or `xmpp`.
        by: String,
        /// Whether it was right.
        ok: bool,
        /// Whether the account is (now) locked.
        locked: bool,
    },
    /// A command was carried out, or refused, by the world.
    Executed {
        /// Whose.
        user: String,
        /// LOGIN, READY, MAKE_CALL, ANSWER, ...
        verb: String,
        /// The dialog, if there is one.
        dialog: Option<String>,
        /// The client's requestId.
        request_id: Option<String>,
        /// The CTI error, if it was refused.
        error: Option<String>,
    },
    /// A command was accepted and lost.
    CommandLost {
        /// Whose.
        user: String,
        /// LOGIN, READY, MAKE_CALL, ANSWER, ...
        verb: String,
        /// The client's requestId.
        request_id: Option<String>,
    },
    /// A stream was bound.
    Bound {
        /// Who.
        user: String,
        /// Full JID.
        jid: String,
    },
    /// A stream ended.
    StreamEnded {
        /// Who, if the stream was logged in.
        user: Option<String>,
        /// Why.
        why: String,
    },
    /// A user's last stream is gone; the forced-logout timer runs.
    ForcedLogoutArmed {
        /// Who.
        user: String,
    },
    /// The user came back in time, or the timer was dropped.
    ForcedLogoutCancelled {
        /// Who.
        user: String,
        /// Why.
        why: String,
    },
    /// The timer ran out, and a forced logout went to CTI.
    ForcedLogoutFired {
        /// Who.
        user: String,
    },
    /// The world carried out a forced logout.
    ForcedLogoutApplied {
        /// Who.
        user: String,
        /// State that resulted.
        state: String,
    },
    /// A subscription was made.
    Subscribed {
        /// Node.
        node: String,
        /// JID.
        jid: String,
    },
    /// A subscription was removed.
    Unsubscribed {
        /// Node.
        node: String,
        /// JID.
        jid: String,
    },
    /// The side's status changed.
    Status {
        /// `IN_SERVICE` or `OUT_OF_SERVICE`.
        status: String,
        /// Why.
        why: String,
    },
    /// A fault was put in.
    Fault {
        /// The fault.
        fault: crate::Fault,
    },
    /// Something happened in the world.
    World {
        /// What.
        action: crate::WorldAction,
        /// With what result.
        reply: crate::WorldReply,
    },
}
