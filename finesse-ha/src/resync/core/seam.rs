//! What goes into the session's state machine, and what comes out.

use std::time::Duration;

use finesse_model::RequestId;
use finesse_notify::{LinkError, Notification};
use finesse_rest::{Accepted, Command, Error};

use crate::event::Event;
use crate::line::{LineEnd, LineReport};
use crate::outcome::Outcome;
use crate::resync::SessionEnd;
use crate::resync::collect::{Ask, Told};
use crate::resync::ledger::Token;
use crate::side::{Epoch, Side};

/// Something to be done on the current link; answered once with the same number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Op {
    /// Subscribe to these nodes and ping, all at once.
    Prepare(Vec<String>),
    Read(Ask),
    Submit(Command, RequestId),
}

#[derive(Debug)]
pub(crate) enum Answer {
    /// Which subscriptions were refused, and whether the barrier stands.
    Prepared {
        refused: Vec<(String, LinkError)>,
        barrier: Result<(), LinkError>,
    },
    Read(Result<Told, Error>),
    Submitted(Result<Accepted, Error>),
}

/// The beginning of an epoch, without the way to speak to its side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attachment {
    pub(crate) epoch: Epoch,
    pub(crate) side: Side,
    pub(crate) resumed: bool,
    pub(crate) left: Option<Side>,
    pub(crate) at: Duration,
}

#[derive(Debug)]
pub(crate) enum Input {
    Attached(Attachment),
    Notification { epoch: Epoch, notification: Box<Notification> },
    GapOpened { epoch: Epoch, last_seen: Duration, noticed: Duration, why: String },
    Told(Box<Event>),
    LineEnded(LineEnd),
    Answer { id: u64, epoch: Epoch, answer: Box<Answer> },
    Command { token: Token, command: Command },
    Close,
    Tick,
}

#[derive(Debug)]
pub(crate) enum Output {
    Do {
        id: u64,
        epoch: Epoch,
        op: Op,
    },
    Feed(Event),
    Report(LineReport),
    Outcome(Token, Outcome),
    /// The session is live for the first time, or has to wait and says so: whoever opens it need not wait any longer. Said once, and not
    /// after `End`.
    Settled,
    /// The last one, but for the outcomes of commands that come too late.
    End(SessionEnd),
}
