//! What was missed: the session of one agent over a line of epochs.
//!
//! Finesse has neither sequence numbers nor replay. So every discontinuity is repaired in the same way: subscribe, let a ping prove that the
//! subscriptions stand (the *barrier*), read until two reads agree and everything heard meanwhile is ordered against them, compare with what was
//! known before, tell each difference once, go on live. The same procedure runs at a cold start, and on a stream that never dropped when its side
//! was out of service; as an audit it runs beside the live stream.
//!
//! | Module | Holds |
//! |---|---|
//! | `core` | the state machine of the session: its phases; inside, `reading`, `signing`, `live`, `audits`, `commands`, `repair`, and `seam`, what goes in and out |
//! | `news` | what a notification means |
//! | `order`, `snapshot`, `collect` | reads, and what is newer |
//! | `model` | what is known; what changed |
//! | `claim` | whether to sign the agent in |
//! | `ledger` | what becomes of commands |
//! | `guard` | the old side's forced logout, and READY |
//!
//! Invariants: folding the feed gives the picture; every gap that opens closes once, or the feed ends; nothing live is delivered inside of a gap;
//! nothing of an ended epoch reaches the model; a command is sent at most once.

mod claim;
mod collect;
mod core;
mod guard;
#[cfg(test)]
mod kit;
mod layer;
mod ledger;
mod model;
mod news;
mod order;
mod service;
mod snapshot;

use std::sync::{Arc, OnceLock};

use finesse_model::{Extension, MobileAgent, UserId};
use finesse_rest::Command;
use tokio::sync::{mpsc, oneshot, watch};

pub use self::layer::ResyncLayer;
pub use self::service::ResyncService;
use crate::event::{Event, Picture};
pub use crate::line::LineEnd as SessionEnd;
use crate::outcome::Outcome;

/// A request for a session.
#[derive(Debug, Clone)]
pub struct OpenSession {
    /// The agent.
    pub user: UserId,
    /// How he signs in; `None` for a session that only observes.
    pub sign_in: Option<SignIn>,
    /// Nodes to subscribe to explicitly, on each side again.
    pub nodes: Vec<String>,
}

/// How the agent signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The extension.
    pub extension: Extension,
    /// Which of several devices with that extension.
    pub device: Option<String>,
    /// For agents who are called on another phone; sent again with every claim.
    pub mobile: Option<MobileAgent>,
}

/// What is known at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shown {
    /// The agent and his dialogs.
    pub picture: Arc<Picture>,
    /// True from the opening of a gap until it is re-synchronised, and before the first read.
    pub stale: bool,
}

/// A session as the re-sync layer opens it. Applications hold it as a [`Session`](crate::session::Session).
#[derive(Debug)]
pub struct Opened {
    /// What happens, in order; the last item is [`Event::Closed`].
    pub feed: mpsc::Receiver<Event>,
    /// What is known now.
    pub picture: watch::Receiver<Shown>,
    /// The way to give commands.
    pub commands: mpsc::Sender<CommandRequest>,
    /// The way to ask for the orderly end.
    pub close: mpsc::Sender<()>,
    /// Resolves when the session is live, or has to wait and has said so in the feed; with an error if it ended before.
    pub settled: oneshot::Receiver<Result<(), SessionEnd>>,
    /// Why it ended, once it has.
    pub ended: Arc<OnceLock<SessionEnd>>,
    /// The agent.
    pub user: UserId,
    /// His extension; `None` for an observer.
    pub extension: Option<Extension>,
}

/// A command on its way into the session.
#[derive(Debug)]
pub struct CommandRequest {
    /// What to do.
    pub command: Command,
    /// Where the one outcome goes.
    pub reply: oneshot::Sender<Outcome>,
}
