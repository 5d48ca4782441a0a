//! The tower service, and the task that drives a session's state machine.
//!
//! The task translates: channels, requests and the clock into inputs, outputs into requests, events and answers. It decides nothing.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use finesse_model::UserId;
use finesse_notify::{EndCause, LinkError};
use finesse_rest::ErrorKind;
use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tower::Service;

use super::collect::{Ask, Told};
use super::core::{Answer, Attachment, Input, Op, Output, ResyncCore};
use super::ledger::Token;
use super::{CommandRequest, OpenSession, Opened, SessionEnd, Shown};
use crate::clock::Clock;
use crate::event::Event;
use crate::line::{Line, LineEvent, LineReport, OpenLine};
use crate::link::LinkHandle;
use crate::outcome::Outcome;
use crate::params::Params;
use crate::side::Epoch;

/// Items of the feed that may wait to be read. A recovery burst has some hundred; when nobody reads, the stream is not read either, and nothing is
/// lost.
const FEED: usize = 1024;
/// Commands that may wait to be taken. They are taken at once.
const COMMANDS: usize = 64;

/// Opens sessions over lines.
#[derive(Debug, Clone)]
pub struct ResyncService<S> {
    inner: S,
    params: Params,
    clock: Clock,
    random: fastrand::Rng,
}

impl<S> ResyncService<S> {
    pub(super) fn new(inner: S, params: Params, clock: Clock, random: fastrand::Rng) -> Self {
        Self { inner, params, clock, random }
    }
}

impl<S> Service<OpenSession> for ResyncService<S>
where
    S: Service<OpenLine, Response = Line, Error = SessionEnd>,
    S::Future: Send + 'static,
{
    type Response = Opened;
    type Error = SessionEnd;
    type Future = Pin<Box<dyn Future<Output = Result<Opened, SessionEnd>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), SessionEnd>> {
        self.inner.poll_ready(context)
    }

    /// Returns at once; the feed tells what happens, and [`Opened::settled`] when it is live.
    fn call(&mut self, request: OpenSession) -> Self::Future {
        let opening = self.inner.call(OpenLine);
        let (params, clock, random) = (self.params.clone(), self.clock, self.random.fork());
        Box::pin(async move {
            let line = opening.await?;
            let (user, extension) =
                (request.user.clone(), request.sign_in.as_ref().map(|sign_in| sign_in.extension.clone()));
            let core = ResyncCore::new(clock.now(), request, params, random);
            let (feed_in, feed) = mpsc::channel(FEED);
            let (shown_in, picture) = watch::channel(Shown { stale: true, ..Shown::default() });
            let (commands, commands_out) = mpsc::channel(COMMANDS);
            let (close, close_out) = mpsc::channel(1);
            let (settled_in, settled) = oneshot::channel();
            let ended = Arc::new(OnceLock::new());
            let driver = Driver {
                core,
                user: user.clone(),
                clock,
                line,
                handle: None,
                feed: feed_in,
                shown: shown_in,
                commands: commands_out,
                close: close_out,
                replies: BTreeMap::new(),
                next_token: 0,
                work: JoinSet::new(),
                settled: Some(settled_in),
                ended: Arc::clone(&ended),
            };
            tokio::spawn(driver.run());
            Ok(Opened { feed, picture, commands, close, settled, ended, user, extension })
        })
    }
}

struct Driver {
    core: ResyncCore,
    user: UserId,
    clock: Clock,
    line: Line,
    /// The way to speak to the side of the current epoch; nothing of an earlier one is kept.
    handle: Option<(Epoch, LinkHandle)>,
    feed: mpsc::Sender<Event>,
    shown: watch::Sender<Shown>,
    commands: mpsc::Receiver<CommandRequest>,
    close: mpsc::Receiver<()>,
    replies: BTreeMap<Token, oneshot::Sender<Outcome>>,
    next_token: u64,
    work: JoinSet<Input>,
    /// Who opens the session waits for this.
    settled: Option<oneshot::Sender<Result<(), SessionEnd>>>,
    ended: Arc<OnceLock<SessionEnd>>,
}

impl Driver {
    async fn run(mut self) {
        loop {
            let input = tokio::select! {
                biased;
                event = self.line.events.recv() => match event {
                    Some(event) => self.line_event(event),
                    None => Input::LineEnded(SessionEnd::Failed(String::from("the line was dropped"))),
                },
                Some(done) = self.work.join_next() => match done {
                    Ok(input) => input,
                    // Whatever panics in a task is made an answer there, and nobody aborts one.
                    Err(_) => continue,
                },
                Some(request) = self.commands.recv() => self.take(request),
                Some(()) = self.close.recv() => Input::Close,
                // Nobody holds the session any more.
                () = self.feed.closed() => {
                    let _ = self.line.reports.send(LineReport::Close);
                    break;
                }
                () = self.clock.sleep_until(self.core.wake_at()) => Input::Tick,
            };
            let outputs = self.core.step(self.clock.now(), input);
            self.show();
            // An application may wait for an outcome before it reads on, so outcomes never wait for the feed.
            let (told, done): (Vec<Output>, Vec<Output>) =
                outputs.into_iter().partition(|output| matches!(output, Output::Feed(_) | Output::End(_)));
            let mut over = false;
            for output in done.into_iter().chain(told) {
                over |= self.put(output).await;
            }
            if over {
                break;
            }
        }
        // What was not taken is not sent, and who gives a command from now on is told so at once.
        self.commands.close();
        while let Some(request) = self.commands.recv().await {
            let _ = request.reply.send(Outcome::NotSent { why: String::from("the session is closed") });
        }
    }

    fn line_event(&mut self, event: LineEvent) -> Input {
        match event {
            LineEvent::Attached(attached) => {
                self.handle = Some((attached.epoch, attached.handle));
                Input::Attached(Attachment {
                    epoch: attached.epoch,
                    side: attached.side,
                    resumed: attached.resumed,
                    left: attached.left,
                    at: attached.at,
                })
            }
            LineEvent::Notification { epoch, notification } => {
                Input::Notification { epoch, notification: Box::new(notification) }
            }
            LineEvent::GapOpened { epoch, last_seen, noticed, why } => {
                // What was not written before the gap must not be written behind what is judged in it.
                if let Some((_, handle)) = self.handle.take() {
                    handle.rest.withhold_waiting();
                }
                Input::GapOpened { epoch, last_seen, noticed, why }
            }
            LineEvent::Told(event) => Input::Told(Box::new(event)),
            LineEvent::Ended(end) => Input::LineEnded(end),
        }
    }

    fn take(&mut self, request: CommandRequest) -> Input {
        self.next_token += 1;
        let token = Token(self.next_token);
        self.replies.insert(token, request.reply);
        Input::Command { token, command: request.command }
    }

    /// Publishes what is known, before it is told, so that who reacts to an event finds it in the picture.
    fn show(&self) {
        let (picture, stale) = (self.core.picture(), self.core.is_stale());
        self.shown.send_if_modified(|shown| {
            if Arc::ptr_eq(&shown.picture, picture) && shown.stale == stale {
                return false;
            }
            *shown = Shown { picture: Arc::clone(picture), stale };
            true
        });
    }

    /// Carries out one output; true after the last.
    async fn put(&mut self, output: Output) -> bool {
        match output {
            Output::Do { id, epoch, op } => self.start(id, epoch, op),
            Output::Feed(event) => {
                self.tell(event).await;
            }
            Output::Settled => self.settle(Ok(())),
            // The line may be over; its end is on its way.
            Output::Report(report) => drop(self.line.reports.send(report)),
            Output::Outcome(token, outcome) => {
                if let Some(reply) = self.replies.remove(&token) {
                    // Who asked may have stopped waiting.
                    let _ = reply.send(outcome);
                }
            }
            Output::End(end) => {
                // Set once: the machine says its end once.
                let _ = self.ended.set(end.clone());
                self.settle(Err(end));
                return true;
            }
        }
        false
    }

    /// Puts an event into the feed. While the application does not read, nothing more is read from the server either, so the picture counts as stale.
    async fn tell(&self, event: Event) {
        if let Err(mpsc::error::TrySendError::Full(event)) = self.feed.try_send(event) {
            self.shown.send_modify(|shown| shown.stale = true);
            // The receiver may be gone by now; the loop notices.
            let _ = self.feed.send(event).await;
            self.show();
        }
    }

    fn settle(&mut self, result: Result<(), SessionEnd>) {
        if let Some(settled) = self.settled.take() {
            let _ = settled.send(result);
        }
    }

    fn start(&mut self, id: u64, epoch: Epoch, op: Op) {
        // The machine asks only in the current epoch; should the link be gone by now, nothing is written.
        let handle = self.handle.clone().filter(|(current, _)| *current == epoch).map(|(_, handle)| handle);
        let Some(handle) = handle else {
            // An epoch that has ended needs no answer but to a command, and its end is on its way.
            if let Op::Submit(..) = op {
                let answer = Box::new(Answer::Submitted(Err(gone())));
                self.work.spawn(std::future::ready(Input::Answer { id, epoch, answer }));
            }
            return;
        };
        let user = self.user.clone();
        self.work.spawn(async move {
            // A transport of somebody else's that panics has not answered.
            let in_a_panic = unanswered(&op);
            let answer = AssertUnwindSafe(carry_out(&handle, &user, op)).catch_unwind().await;
            Input::Answer { id, epoch, answer: Box::new(answer.unwrap_or(in_a_panic)) }
        });
    }
}

fn gone() -> finesse_rest::Error {
    let why = "the epoch it was given in has ended; nothing was written";
    finesse_rest::Error::new(ErrorKind::Connect, finesse_rest::Progress::NotSent, why)
}

/// The answer to an operation whose transport panicked: something may have been written.
fn unanswered(op: &Op) -> Answer {
    let why = "the transport panicked; this is a defect of the transport";
    let error = || finesse_rest::Error::new(ErrorKind::Reset, finesse_rest::Progress::Unanswered, why);
    match op {
        Op::Prepare(_) => {
            Answer::Prepared { refused: Vec::new(), barrier: Err(LinkError::new(EndCause::Network, why)) }
        }
        Op::Read(_) => Answer::Read(Err(error())),
        Op::Submit(..) => Answer::Submitted(Err(error())),
    }
}

async fn carry_out(handle: &LinkHandle, user: &UserId, op: Op) -> Answer {
    match op {
        Op::Prepare(nodes) => prepare(handle, nodes).await,
        Op::Read(ask) => Answer::Read(read(handle, user, ask).await),
        Op::Submit(command, id) => Answer::Submitted(handle.rest.submit(&command, &id).await),
    }
}

async fn read(handle: &LinkHandle, user: &UserId, ask: Ask) -> Result<Told, finesse_rest::Error> {
    Ok(match ask {
        Ask::User => Told::User(Box::new(handle.rest.user(user).await?)),
        Ask::Dialogs => Told::Dialogs(handle.rest.dialogs(user).await?),
        Ask::Dialog(id) => Told::Dialog(Box::new(handle.rest.dialog(&id).await?)),
    })
}

/// Subscriptions and the ping go out together; the server answers in order, so the ping's answer proves that all subscriptions stand.
async fn prepare(handle: &LinkHandle, nodes: Vec<String>) -> Answer {
    let subscriptions = nodes.into_iter().map(|node| async move {
        let result = handle.control.subscribe(&node).await;
        result.err().map(|error| (node, error))
    });
    let (refused, barrier) =
        futures_util::future::join(futures_util::future::join_all(subscriptions), handle.control.barrier())
            .await;
    Answer::Prepared { refused: refused.into_iter().flatten().collect(), barrier }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
