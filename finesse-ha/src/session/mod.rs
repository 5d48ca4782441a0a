//! What the application holds: one agent's session with a pair of sides.
//!
//! [`Session::builder`] opens one in a single call with good defaults. The feed ([`Session::next`]) tells what happens, the
//! picture ([`Session::picture`]) is what is known now and says when it is stale, and commands end in exactly one
//! [`Outcome`](crate::outcome::Outcome).
//!
//! Invariant: folding the whole feed gives the picture. The picture is never behind what was read of the feed, and may be ahead of it.

mod address;
mod builder;
mod choice;
mod commands;
mod transport;

use std::sync::{Arc, OnceLock};

use finesse_model::DialogId;
use tokio::sync::{mpsc, oneshot, watch};

use crate::event::Event;
use crate::failover::Pair;
pub use crate::resync::{OpenSession, Opened, SessionEnd, Shown, SignIn};
use crate::side::Side;

pub use address::{SideAddress, alternate};
pub use builder::{SessionBuilder, SetupError};
pub use commands::{Call, Commands};
pub use transport::{Chosen, Transport, TransportNotifications};

/// One agent's session. Read the feed for as long as you hold it: while nobody reads, the stream is not read either, and the picture becomes stale.
///
/// Dropping it ends it; the orderly good-bye then runs in the background for as long as the runtime lives. [`Session::close`] waits for it.
#[derive(Debug)]
pub struct Session {
    feed: mpsc::Receiver<Event>,
    shown: watch::Receiver<Shown>,
    commands: Commands,
    close: mpsc::Sender<()>,
    settled: Option<oneshot::Receiver<Result<(), SessionEnd>>>,
    ended: Arc<OnceLock<SessionEnd>>,
    transports: Option<Pair<Arc<TransportNotifications>>>,
}

impl Session {
    /// Starts to describe a session with a pair of sides.
    #[must_use]
    pub fn builder(pair: Pair<SideAddress>) -> SessionBuilder {
        SessionBuilder::new(pair)
    }

    /// Wraps what the re-sync layer opened, for stacks built by hand.
    #[must_use]
    pub fn from_opened(opened: Opened) -> Self {
        Self {
            feed: opened.feed,
            shown: opened.picture,
            commands: Commands::new(opened.commands, opened.user, opened.extension),
            close: opened.close,
            settled: Some(opened.settled),
            ended: opened.ended,
            transports: None,
        }
    }

    /// The notification transport that served a side the last time, and why it was chosen; `None` before the first connection to that side,
    /// and for a session that was put together by hand.
    #[must_use]
    pub fn transport(&self, side: Side) -> Option<Chosen> {
        let transports = self.transports.as_ref()?;
        match side {
            Side::A => transports.a.chosen(),
            Side::B => transports.b.as_ref()?.chosen(),
        }
    }

    /// Waits until the session is live, or has to wait and has said so in the feed. Reading the feed tells the same, and more. Safe to use in a
    /// `select`.
    ///
    /// # Errors
    ///
    /// It ended before: wrong credentials, no side to be trusted, taken over.
    pub async fn settled(&mut self) -> Result<(), SessionEnd> {
        let lost = || SessionEnd::Failed(String::from("the session's task has ended"));
        let Some(settled) = &mut self.settled else { return self.ended().map_or(Ok(()), Err) };
        let result = settled.await;
        self.settled = None;
        result.unwrap_or_else(|_| Err(self.ended().unwrap_or_else(lost)))
    }

    /// The next item of the feed; `None` after [`Event::Closed`]. Safe to use in a `select`.
    pub async fn next(&mut self) -> Option<Event> {
        self.feed.recv().await
    }

    /// What is known now. Its `stale` is true from the opening of a gap until it is re-synchronised.
    #[must_use]
    pub fn picture(&self) -> Shown {
        self.shown.borrow().clone()
    }

    /// A handle for commands that can be cloned and used while the feed is read elsewhere.
    #[must_use]
    pub fn commands(&self) -> Commands {
        self.commands.clone()
    }

    /// Commands on one dialog.
    #[must_use]
    pub fn call(&self, dialog: &DialogId) -> Call {
        self.commands.call(dialog)
    }

    /// Ends the session in an orderly way: unsubscribes, says that it is unavailable, closes the stream. It does not sign
    /// the agent out. The rest of the feed is read away; returns when the last item has come.
    pub async fn close(mut self) {
        // A failed send means that the session is over already.
        let _ = self.close.send(()).await;
        while self.feed.recv().await.is_some() {}
    }

    /// Why the session is over; `None` while it is not.
    #[must_use]
    pub fn ended(&self) -> Option<SessionEnd> {
        self.ended.get().cloned()
    }

    /// Asks for the orderly end and returns at once; the feed then ends with [`Event::Closed`].
    pub fn start_closing(&self) {
        let _ = self.close.try_send(());
    }
}
