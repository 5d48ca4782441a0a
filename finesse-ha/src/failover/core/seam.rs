//! What goes into the engine and what comes out of it.

use std::time::Duration;

use finesse_notify::Event as LinkEvent;

use crate::health::SideHealth;
use crate::line::{LineEnd, LineEvent, LineReport};
use crate::link::OpenError;
use crate::side::{Epoch, Side};

/// The number of one opening and of the link that it yields. Whatever comes under another number than expected is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Attempt(pub(crate) u64);

/// What happens.
#[derive(Debug)]
pub(crate) enum Input {
    /// The time asked for by `wake_at` has come.
    Tick,
    /// A side's health, whenever anything in it has changed.
    Health(Box<SideHealth>),
    /// A link is open.
    Opened { attempt: Attempt },
    /// A link could not be opened.
    OpenFailed { attempt: Attempt, error: OpenError },
    /// Something came over a link.
    Link { attempt: Attempt, event: LinkEvent },
    /// The layer above says something.
    Report(LineReport),
}

/// What is to be done, in this order.
#[derive(Debug)]
pub(crate) enum Output {
    /// Open a link.
    Open { attempt: Attempt, side: Side, deadline: Duration },
    /// Give up an opening that is under way.
    Abandon { attempt: Attempt },
    /// Close a link politely, without waiting for it.
    Close { attempt: Attempt },
    /// Begin an epoch on a link.
    Attach(Attach),
    /// Put something into the line.
    Emit(LineEvent),
    /// Probe a side as soon as may be.
    CheckNow(Side),
    /// From now on this side is in use, and no other.
    InUse(Side),
    /// Close everything politely, wait for it, and say this as the last thing.
    End(LineEnd),
}

/// A new epoch; the shell adds the handle of the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attach {
    pub(crate) attempt: Attempt,
    pub(crate) epoch: Epoch,
    pub(crate) side: Side,
    pub(crate) resumed: bool,
    pub(crate) left: Option<Side>,
    pub(crate) at: Duration,
}
