//! A link: one side's notification stream and REST base, bound together; and the act of opening one.
//!
//! Whatever opens links is a `tower::Service<OpenLink, Response = Link, Error = OpenError>`. [`SideConnector`](connector::SideConnector) is the
//! innermost one; the health layer wraps it. Nothing above a link holds a side's address.

use std::sync::Arc;
use std::time::Duration;

use finesse_notify::{EndCause, Event as LinkEvent, LinkControl};
use finesse_rest::SideApi;
use tokio::sync::mpsc;

use crate::side::Side;

pub mod connector;

/// A request for a link.
#[derive(Debug, Clone, Copy)]
pub struct OpenLink {
    /// The whole opening, from name resolution to presence sent, must end within this.
    pub deadline: Duration,
}

/// One side, connected: what it says and how to speak to it.
pub struct Link {
    /// Which side it belongs to.
    pub side: Side,
    /// What the side says, in its order; the last item is `Ended`.
    events: mpsc::Receiver<LinkEvent>,
    /// The way to speak to the side.
    pub handle: LinkHandle,
    observer: Option<Observer>,
}

/// Looks at every event in passing.
type Observer = Box<dyn Fn(&LinkEvent) + Send + Sync>;

impl Link {
    /// A link to a side.
    #[must_use]
    pub fn new(side: Side, events: mpsc::Receiver<LinkEvent>, handle: LinkHandle) -> Self {
        Self { side, events, handle, observer: None }
    }

    /// Lets somebody look at every event in passing. A second observer replaces the first.
    pub fn observe(&mut self, observer: impl Fn(&LinkEvent) + Send + Sync + 'static) {
        self.observer = Some(Box::new(observer));
    }

    /// The next event, after the observer has seen it; `None` after the last.
    pub async fn next(&mut self) -> Option<LinkEvent> {
        let event = self.events.recv().await?;
        if let Some(observer) = &self.observer {
            observer(&event);
        }
        Some(event)
    }
}

/// The two channels *to* a side. Cloned freely; whoever holds one of an ended epoch must not use it.
#[derive(Clone)]
pub struct LinkHandle {
    /// Commands and reads.
    pub rest: Arc<dyn SideApi>,
    /// Subscriptions, the barrier, the orderly close.
    pub control: Arc<dyn LinkControl>,
}

impl std::fmt::Debug for LinkHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkHandle")
    }
}

/// Why a link could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("opening a link to side {side}: {why}")]
pub struct OpenError {
    /// The side.
    pub side: Side,
    /// The class of failure, the same words as for a link that ended.
    pub cause: EndCause,
    /// What came back and what to do, in words.
    pub why: String,
}
