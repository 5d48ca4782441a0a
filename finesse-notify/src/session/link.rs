//! What the owner of a link holds: the events, and the control for the other direction.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, mpsc, oneshot};

use super::core::Command;
use crate::error::{EndCause, LinkError};
use crate::event::Event;
use crate::transport::Activity;

/// Commands that may wait for the driver. They are taken at once, so a few are plenty.
pub(super) const COMMANDS: usize = 64;

/// When a polite end has taken this long, the driver drops whatever holds it up. Unsubscribing and closing are bounded by 400 ms each.
const PATIENCE: Duration = Duration::from_millis(900);

/// Longest pubsub node accepted. Real ones have some forty bytes.
const LONGEST_NODE: usize = 1024;

/// An open link. Dropping `events` ends it politely; dropping only `control` leaves it open for listening.
pub struct Link {
    /// What the server says, in its order; the last one is [`Event::Ended`]. Keep reading: when the queue is full the stream is not read.
    pub events: mpsc::Receiver<Event>,
    /// The way to speak.
    pub control: Arc<dyn LinkControl>,
    /// The full JID the server gave to this session.
    pub jid: String,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("jid", &self.jid).finish_non_exhaustive()
    }
}

/// The owner's side of a link.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LinkControl: Send + Sync {
    /// Subscribes this session's full JID to a node. Subscribing twice is once.
    ///
    /// A refusal by the server has the kind [`EndCause::Rejected`] and its condition (`item-not-found`, `forbidden`, …); the link lives on.
    async fn subscribe(&self, node: &str) -> Result<(), LinkError>;

    /// Removes a subscription of this session. That none exists is no error.
    async fn unsubscribe(&self, node: &str) -> Result<(), LinkError>;

    /// Returns when the server has answered a ping, and everything it said before the answer has been put into `events`. The events must be
    /// read meanwhile, or the answer may never be reached.
    async fn barrier(&self) -> Result<(), LinkError>;

    /// Removes the subscriptions of this link, sends unavailable presence and closes the stream, all within one second.
    async fn close(&self);

    /// Time since the last byte (or stanza, where the framing shows no bytes) from the server.
    fn idle(&self) -> Duration;
}

pub(super) enum Request {
    Ask(Command, oneshot::Sender<Result<(), LinkError>>),
    Close(oneshot::Sender<()>),
}

/// Why the link ended, once it has.
pub(super) type Ended = Arc<OnceLock<LinkError>>;

pub(super) struct Control {
    requests: mpsc::Sender<Request>,
    activity: Activity,
    ended: Ended,
    hurry: Arc<Notify>,
}

impl Control {
    pub(super) fn new(requests: mpsc::Sender<Request>, activity: Activity) -> Self {
        Self { requests, activity, ended: Ended::default(), hurry: Arc::default() }
    }

    /// Told when the driver must stop waiting for a peer that takes nothing.
    pub(super) fn hurry(&self) -> Arc<Notify> {
        Arc::clone(&self.hurry)
    }

    pub(super) fn ended(&self) -> Ended {
        Arc::clone(&self.ended)
    }

    async fn ask(&self, command: Command) -> Result<(), LinkError> {
        let (reply, answer) = oneshot::channel();
        if self.requests.send(Request::Ask(command, reply)).await.is_err() {
            return Err(self.why_ended());
        }
        answer.await.unwrap_or_else(|_| Err(self.why_ended()))
    }

    fn why_ended(&self) -> LinkError {
        self.ended.get().cloned().unwrap_or_else(|| LinkError::new(EndCause::Network, "the link has ended"))
    }
}

fn check_node(node: &str) -> Result<(), LinkError> {
    if node.is_empty() || node.len() > LONGEST_NODE || node.chars().any(char::is_control) {
        return Err(LinkError::new(EndCause::Rejected, "not the name of a node; nothing was sent"));
    }
    Ok(())
}

#[async_trait]
impl LinkControl for Control {
    async fn subscribe(&self, node: &str) -> Result<(), LinkError> {
        check_node(node)?;
        self.ask(Command::Subscribe(node.to_owned())).await
    }

    async fn unsubscribe(&self, node: &str) -> Result<(), LinkError> {
        check_node(node)?;
        self.ask(Command::Unsubscribe(node.to_owned())).await
    }

    async fn barrier(&self) -> Result<(), LinkError> {
        self.ask(Command::Barrier).await
    }

    async fn close(&self) {
        let (done, wait) = oneshot::channel();
        let polite = async {
            if self.requests.send(Request::Close(done)).await.is_ok() {
                // An error means that the driver is gone, which is as good.
                let _ = wait.await;
            }
        };
        if tokio::time::timeout(PATIENCE, polite).await.is_err() {
            self.hurry.notify_one();
        }
    }

    fn idle(&self) -> Duration {
        self.activity.idle()
    }
}
