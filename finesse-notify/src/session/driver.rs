//! The task of a link: moves stanzas, commands and time into the core, and carries out what it says.
//!
//! Outputs that concern the owner (events and answers) go through one queue, so that an answer never overtakes an event. While the queue is
//! not empty the transport is not read: a slow owner slows the server down and costs no memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use super::core::{Core, Input, Output, Token, closed};
use super::inbound::{Inbound, InboundReader};
use super::link::{Ended, Request};
use crate::error::{EndCause, LinkError};
use crate::event::Event;
use crate::stanza::{Frame, Stanza};
use crate::transport::{Activity, Transport};

/// How long the polite end of the stream may take. Together with the core's wait for unsubscribes it stays below one second.
pub(super) const CLOSE_STREAM: Duration = Duration::from_millis(400);

pub(super) struct Driver {
    pub(super) transport: Box<dyn Transport>,
    pub(super) core: Core,
    pub(super) started: Instant,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) commands: mpsc::Receiver<Request>,
    pub(super) activity: Activity,
    /// The transport has no clock of its own, so every stanza counts.
    pub(super) own_activity: bool,
    pub(super) send_timeout: Duration,
    pub(super) ended: Ended,
    pub(super) hurry: Arc<Notify>,
    pub(super) place: String,
}

/// What the owner is to be told, in order.
enum Tell {
    Event(Event),
    Reply(Token, Result<(), LinkError>),
}

/// What woke the driver.
enum Wake {
    Room(bool),
    Request(Option<Request>),
    Inbound(Result<Frame, LinkError>),
    OwnerGone,
    Timer,
}

#[derive(Default)]
struct Desk {
    tell: VecDeque<Tell>,
    waiting: BTreeMap<Token, oneshot::Sender<Result<(), LinkError>>>,
    next_token: u64,
    closers: Vec<oneshot::Sender<()>>,
    commands_closed: bool,
    owner_gone: bool,
}

impl Driver {
    pub(super) async fn run(mut self, early: Vec<Inbound>) {
        let mut desk = Desk::default();
        let mut end = None;
        for input in std::iter::once(Input::Begin).chain(early.into_iter().map(Input::Inbound)) {
            end = self.step(input, &mut desk).await;
            if end.is_some() {
                break;
            }
        }
        let cause = match end {
            Some(cause) => cause,
            None => self.live(&mut desk).await,
        };
        self.finish(cause, desk).await;
    }

    async fn live(&mut self, desk: &mut Desk) -> LinkError {
        let mut paused = false;
        let mut reader = InboundReader::default();
        loop {
            desk.flush(&self.events);
            if paused == desk.tell.is_empty() {
                paused = !paused;
                let input = if paused { Input::Paused } else { Input::Resumed };
                if let Some(cause) = self.step(input, desk).await {
                    return cause;
                }
                continue;
            }
            let input = match self.wake(desk).await {
                Wake::Room(true) => continue,
                Wake::Room(false) | Wake::OwnerGone => {
                    desk.owner_gone = true;
                    desk.drop_events();
                    Input::Close
                }
                Wake::Request(None) => {
                    desk.commands_closed = true;
                    continue;
                }
                Wake::Request(Some(Request::Close(done))) => {
                    desk.closers.push(done);
                    Input::Close
                }
                Wake::Request(Some(Request::Ask(command, reply))) => {
                    desk.next_token += 1;
                    let token = Token(desk.next_token);
                    desk.waiting.insert(token, reply);
                    Input::Command(token, command)
                }
                Wake::Inbound(Ok(frame)) => {
                    if self.own_activity {
                        self.activity.touch();
                    }
                    match reader.read(&frame) {
                        Ok(inbound) => Input::Inbound(inbound),
                        Err(cause) => return cause,
                    }
                }
                Wake::Inbound(Err(cause)) => return cause,
                Wake::Timer => {
                    let last = self.now().saturating_sub(self.activity.idle());
                    self.core.heard(last);
                    Input::Tick
                }
            };
            if let Some(cause) = self.step(input, desk).await {
                return cause;
            }
        }
    }

    async fn wake(&mut self, desk: &Desk) -> Wake {
        let timer = self.core.deadline().map(|at| self.started + at);
        let reading = desk.tell.is_empty();
        // In this order always, so that equal runs behave equally.
        tokio::select! {
            biased;
            permit = self.events.reserve(), if !reading => Wake::Room(permit.is_ok()),
            () = self.events.closed(), if reading && !desk.owner_gone => Wake::OwnerGone,
            request = self.commands.recv(), if !desk.commands_closed => Wake::Request(request),
            inbound = self.transport.next(), if reading => Wake::Inbound(inbound),
            () = sleep_until(timer) => Wake::Timer,
        }
    }

    /// One step of the core. Returns the cause when the link is over.
    async fn step(&mut self, input: Input, desk: &mut Desk) -> Option<LinkError> {
        let mut out = Vec::new();
        self.core.step(self.now(), input, &mut out);
        let mut end = None;
        let mut flight = Vec::new();
        for output in out {
            match output {
                Output::Send(stanza) => flight.push(stanza),
                Output::Notify(notification) => desk.tell(Tell::Event(Event::Notification(notification))),
                Output::Presence(presence) => desk.tell(Tell::Event(Event::FinessePresence(presence))),
                Output::Reply(token, result) => {
                    desk.tell(Tell::Reply(token, result.map_err(|e| e.at(self.place.as_str()))));
                }
                Output::End(cause) => end = Some(cause),
            }
        }
        if flight.is_empty() {
            return end;
        }
        // Whatever else ended it: what could not be said is the more telling cause.
        self.send(flight).await.err().or(end)
    }

    /// Writes all of them, in one piece where the framing can.
    async fn send(&mut self, flight: Vec<Stanza>) -> Result<(), LinkError> {
        let transport = &mut self.transport;
        let sending = async move {
            for stanza in flight {
                transport.send(stanza).await?;
            }
            transport.flush().await
        };
        tokio::select! {
            biased;
            sent = tokio::time::timeout(self.send_timeout, sending) => sent.unwrap_or_else(|_| {
                let detail = format!("the server took nothing we wrote for {:?}", self.send_timeout);
                Err(LinkError::new(EndCause::Silent, detail))
            }),
            () = self.hurry.notified() => Err(closed()),
        }
    }

    async fn finish(mut self, cause: LinkError, mut desk: Desk) {
        let cause = cause.at(self.place.as_str());
        tracing::debug!(%cause, "link ended");
        let mut out = Vec::new();
        self.core.fail_waiters(&cause, &mut out);
        desk.tell.extend(out.into_iter().filter_map(|output| match output {
            Output::Reply(token, result) => Some(Tell::Reply(token, result)),
            _ => None,
        }));
        let _ = self.ended.set(cause.clone());
        // Requests from now on find the cause instead of a reader.
        self.commands.close();
        while let Ok(request) = self.commands.try_recv() {
            match request {
                Request::Ask(_, reply) => drop(reply.send(Err(cause.clone()))),
                Request::Close(done) => desk.closers.push(done),
            }
        }
        desk.tell.push_back(Tell::Event(Event::Ended(cause.clone())));
        let Self { mut transport, events, .. } = self;
        let closers = std::mem::take(&mut desk.closers);
        let closing = async move {
            // Also after an error: a server that is merely disliked should not keep the session until its own timeout.
            if tokio::time::timeout(CLOSE_STREAM, transport.close()).await.is_err() {
                tracing::debug!("the stream did not close in time");
            }
            drop(transport);
            for done in closers {
                let _ = done.send(());
            }
        };
        if cause.kind() == EndCause::ClosedByUs {
            closing.await;
            desk.deliver_all(&events).await;
        } else {
            // The owner has a decision to take and need not wait for our manners.
            tokio::join!(biased; desk.deliver_all(&events), closing);
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Desk {
    fn tell(&mut self, what: Tell) {
        if !(self.owner_gone && matches!(what, Tell::Event(_))) {
            self.tell.push_back(what);
        }
    }

    fn drop_events(&mut self) {
        self.tell.retain(|t| matches!(t, Tell::Reply(..)));
    }

    /// Hands over what there is room for. Answers need none, but never overtake an event.
    fn flush(&mut self, events: &mpsc::Sender<Event>) {
        while let Some(next) = self.tell.pop_front() {
            match next {
                Tell::Reply(token, result) => self.reply(token, result),
                Tell::Event(event) => {
                    if let Err(mpsc::error::TrySendError::Full(event)) = events.try_send(event) {
                        return self.tell.push_front(Tell::Event(event));
                    }
                }
            }
        }
    }

    /// Hands over the rest. The owner may take its time over it; when it has gone, nobody needs it.
    async fn deliver_all(&mut self, events: &mpsc::Sender<Event>) {
        while let Some(next) = self.tell.pop_front() {
            match next {
                Tell::Event(event) => drop(events.send(event).await),
                Tell::Reply(token, result) => self.reply(token, result),
            }
        }
    }

    fn reply(&mut self, token: Token, result: Result<(), LinkError>) {
        if let Some(waiting) = self.waiting.remove(&token) {
            // Nobody waits any more if the owner dropped the future.
            let _ = waiting.send(result);
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
