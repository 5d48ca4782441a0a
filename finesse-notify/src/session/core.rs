//! The live session as a pure state machine: requests and their answers, the ping schedule, subscriptions, notifications, the polite end.
//!
//! `step(now, input)` appends outputs in the order in which they must take effect; `deadline()` says when the next `Tick` is due. Time is a
//! `Duration` since the link was opened. The core has no clock, no task and no randomness except for its seeded ids.
//!
//! Invariants: an answer is given exactly once for every request; nothing follows `End`; memory is bounded by the caps below.

mod subscriptions;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::ids::IdSource;
use super::inbound::{Inbound, Message};
use super::items::{Said, Seen};
use super::liveness::{Liveness, Verdict};
use super::stanzas;
use crate::config::SessionConfig;
use crate::error::{EndCause, LinkError, quoted};
use crate::event::{Notification, Presence};
use crate::jid;
use crate::stanza::Stanza;

/// Requests that may wait for an answer at once. A supervisor of many teams subscribes to some hundred nodes.
const MAX_PENDING: usize = 4096;

/// Pings whose answers are recognised. Older ones have been followed by others.
const REMEMBERED_PINGS: usize = 4;

/// How long the polite end waits for answers to its unsubscribes. With writing and closing it stays below one second.
const CLOSING: Duration = Duration::from_millis(400);

/// A request of the owner, to be answered once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Token(pub(super) u64);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Subscribe(String),
    Unsubscribe(String),
    Barrier,
}

#[derive(Debug)]
pub(super) enum Input {
    /// The session begins.
    Begin,
    Inbound(Inbound),
    Command(Token, Command),
    /// The owner wants the link to end politely.
    Close,
    /// The events cannot be delivered at the moment, so nothing is read either.
    Paused,
    /// Reading goes on.
    Resumed,
    Tick,
}

#[derive(Debug)]
pub(super) enum Output {
    Send(Stanza),
    Notify(Notification),
    Presence(Presence),
    Reply(Token, Result<(), LinkError>),
    End(LinkError),
}

struct Pending {
    deadline: Duration,
    purpose: Purpose,
}

enum Purpose {
    Subscribe(String),
    Unsubscribe {
        node: String,
        /// The request named a subscription, so there is nothing more to find out.
        named: bool,
    },
    Barrier(Token, Order),
    /// Which subscriptions did earlier runs leave behind?
    FindStale,
    /// Which ids have our subscriptions to this node, one of which is not ours to guess?
    FindIds(String),
    /// A subscription that nobody needs; if it cannot be removed, no harm is done.
    Sweep,
}

/// A number of our requests, in the order in which they were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Order(u64);

impl Purpose {
    /// The beginning of the request's id, for whoever reads a log.
    fn word(&self) -> &'static str {
        match self {
            Self::Subscribe(_) => "sub",
            Self::Unsubscribe { .. } | Self::Sweep => "unsub",
            Self::Barrier(..) => "barrier",
            Self::FindStale | Self::FindIds(_) => "list",
        }
    }
}

/// What we know of one node.
enum Subscription {
    Asking(Vec<Token>),
    Active {
        subid: Option<String>,
    },
    Leaving(Vec<Token>),
    /// A request stayed unanswered: the server may or may not have it.
    Unknown,
}

pub(super) struct Core {
    jid: String,
    domain: String,
    config_domain: String,
    pubsub: String,
    request_timeout: Duration,
    ids: IdSource,
    pending: BTreeMap<String, Pending>,
    subscriptions: BTreeMap<String, Subscription>,
    /// Nodes whose last item may still be pushed at us because we subscribed, and when we did.
    may_repeat: BTreeMap<String, Order>,
    order: Order,
    stale_prefix: Option<String>,
    seen: Seen,
    liveness: Liveness,
    /// Ids of the latest regular pings. An answer counts even if no time has passed, as happens under simulated time.
    pings: VecDeque<(String, Order)>,
    paused_at: Option<Duration>,
    closing: Option<Duration>,
    over: bool,
}

impl Core {
    pub(super) fn new(config: &SessionConfig, jid: String, ids: IdSource, now: Duration) -> Self {
        Self {
            domain: jid::domain_of(&jid).to_owned(),
            config_domain: config.domain.clone(),
            pubsub: config.pubsub_domain.clone(),
            jid,
            request_timeout: config.request_timeout,
            ids,
            pending: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            may_repeat: BTreeMap::new(),
            order: Order(0),
            stale_prefix: config.stale_prefix.clone(),
            seen: Seen::new(),
            liveness: Liveness::new(config.ping, now),
            pings: VecDeque::new(),
            paused_at: None,
            closing: None,
            over: false,
        }
    }

    /// Bytes arrived at this moment, even if no whole stanza.
    pub(super) fn heard(&mut self, at: Duration) {
        self.liveness.heard(at);
    }

    /// When the next tick is due.
    pub(super) fn deadline(&self) -> Option<Duration> {
        if self.over {
            return None;
        }
        let waiting = self.pending.values().map(|p| p.deadline).min().filter(|_| self.paused_at.is_none());
        let ping = self.liveness.deadline(self.paused_at.is_some()).filter(|_| self.closing.is_none());
        [waiting, ping, self.closing].into_iter().flatten().min()
    }

    pub(super) fn step(&mut self, now: Duration, input: Input, out: &mut Vec<Output>) {
        if self.over {
            if let Input::Command(token, _) = input {
                out.push(Output::Reply(token, Err(closed())));
            }
            return;
        }
        match input {
            Input::Begin => self.begin(now, out),
            Input::Inbound(inbound) => {
                self.liveness.heard(now);
                match inbound {
                    Inbound::Message(message) => self.on_message(message, out),
                    Inbound::Stanza(stanza) => self.on_stanza(now, &stanza, out),
                }
            }
            Input::Command(token, command) => self.on_command(now, token, command, out),
            Input::Close => self.begin_closing(now, out),
            Input::Paused => self.paused_at = self.paused_at.or(Some(now)),
            Input::Resumed => self.on_resumed(now),
            Input::Tick => self.on_tick(now, out),
        }
    }

    fn on_resumed(&mut self, now: Duration) {
        if let Some(since) = self.paused_at.take() {
            // Answers may lie unread in the buffers: whoever waits gets the time back.
            let lost = now.saturating_sub(since);
            for pending in self.pending.values_mut() {
                pending.deadline = pending.deadline.saturating_add(lost);
            }
            self.liveness.resumed(now);
        }
    }

    fn on_tick(&mut self, now: Duration, out: &mut Vec<Output>) {
        if let Some(deadline) = self.closing {
            if now >= deadline {
                self.say_goodbye(out);
            }
            return;
        }
        let paused = self.paused_at.is_some();
        if !paused {
            let late: Vec<String> =
                self.pending.iter().filter(|(_, p)| p.deadline <= now).map(|(id, _)| id.clone()).collect();
            for id in late {
                if let Some(pending) = self.pending.remove(&id) {
                    let error = LinkError::new(
                        EndCause::Timeout,
                        format!("no answer within {:?}", self.request_timeout),
                    );
                    self.settle(now, pending.purpose, Err(error), None, out);
                }
            }
        }
        match self.liveness.tick(now, paused) {
            Verdict::Fine => {}
            Verdict::Ping => {
                let id = self.ids.next("ping");
                out.push(Output::Send(stanzas::ping(&id, &self.domain)));
                let sent = self.next_order();
                self.pings.push_back((id, sent));
                if self.pings.len() > REMEMBERED_PINGS {
                    self.pings.pop_front();
                }
            }
            Verdict::Silent { misses, since } => {
                let detail = format!(
                    "{misses} pings unanswered and nothing else received for {:.1} s",
                    since.as_secs_f64()
                );
                self.end(LinkError::new(EndCause::Silent, detail), out);
            }
        }
    }

    fn on_stanza(&mut self, now: Duration, stanza: &Stanza, out: &mut Vec<Output>) {
        match stanza.name() {
            "message" => tracing::debug!("ignored a message without events"),
            "iq" => self.on_iq(now, stanza, out),
            "presence" => self.on_presence(stanza, out),
            _ if stanzas::is_stream_error(stanza) => self.end(stanzas::stream_error(stanza), out),
            other => tracing::debug!(element = other, "ignored an unknown element of the stream"),
        }
    }

    fn on_message(&mut self, message: Message, out: &mut Vec<Output>) {
        // Services have no node part. A message of a user that looks like an event is not from Finesse.
        if message.from.as_deref().is_some_and(|from| jid::node_of(from).is_some())
            || message.kind.as_deref() == Some("error")
        {
            tracing::debug!("ignored a message that is not from a service");
            return;
        }
        for said in message.said {
            match said {
                Said::Item(mut notification, fingerprint) if self.seen.is_new(fingerprint) => {
                    // The first item after a subscribe may be the last one that was published, however old.
                    notification.delayed |= self.may_repeat.remove(&notification.node).is_some();
                    out.push(Output::Notify(notification));
                }
                Said::Item(notification, _) => {
                    tracing::debug!(node = notification.node, "dropped an item that was here before")
                }
                Said::NodeDeleted(node) => {
                    if matches!(
                        self.subscriptions.get(&node),
                        Some(Subscription::Active { .. } | Subscription::Unknown)
                    ) {
                        self.subscriptions.remove(&node);
                        tracing::warn!(node, "the server deleted a node this link had subscribed");
                    }
                }
            }
        }
    }

    fn on_presence(&self, presence: &Stanza, out: &mut Vec<Output>) {
        let Some(from) = presence.attribute("from") else { return };
        let domain = jid::domain_of(from);
        let ours =
            domain.eq_ignore_ascii_case(&self.domain) || domain.eq_ignore_ascii_case(&self.config_domain);
        if !ours || !jid::node_of(from).is_some_and(|node| node.eq_ignore_ascii_case("finesse")) {
            return;
        }
        match presence.attribute("type") {
            None => out.push(Output::Presence(Presence::Available)),
            Some("unavailable") => out.push(Output::Presence(Presence::Unavailable)),
            Some(_) => {}
        }
    }

    fn on_iq(&mut self, now: Duration, iq: &Stanza, out: &mut Vec<Output>) {
        let kind = iq.attribute("type").unwrap_or_default();
        if !matches!(kind, "result" | "error") {
            out.extend(stanzas::answer(iq).map(Output::Send));
            return;
        }
        // The sender is not compared: a server may answer from any of its names. The ids cannot be guessed.
        let Some(id) = iq.attribute("id") else { return };
        if let Some(sent) = self.pings.iter().find(|(ping, _)| ping == id).map(|(_, sent)| *sent) {
            self.passed(sent);
            return self.liveness.answered();
        }
        let Some(pending) = self.pending.remove(id) else { return };
        let result = if kind == "result" {
            Ok(())
        } else {
            let (condition, words) = stanzas::error_condition(iq);
            Err(LinkError::new(EndCause::Rejected, format!("the server refused: {words}"))
                .with_condition(condition))
        };
        self.settle(now, pending.purpose, result, Some(iq), out);
        if self.closing.is_some() && self.pending.is_empty() {
            self.say_goodbye(out);
        }
    }

    /// A request is over, one way or the other.
    fn settle(
        &mut self,
        now: Duration,
        purpose: Purpose,
        result: Result<(), LinkError>,
        iq: Option<&Stanza>,
        out: &mut Vec<Output>,
    ) {
        match purpose {
            // Any answer shows that everything before it has arrived. An error too: the server need not support pings.
            Purpose::Barrier(token, sent) => {
                self.passed(sent);
                let result = match result {
                    Err(e) if e.kind() == EndCause::Rejected => Ok(()),
                    other => other.map_err(|e| e.during("waiting for the barrier")),
                };
                out.push(Output::Reply(token, result));
            }
            Purpose::Subscribe(node) => self.subscribed(node, result, iq, out),
            Purpose::Unsubscribe { node, named: false } if iq.is_some_and(stanzas::wants_subid) => {
                self.ask(
                    now,
                    Purpose::FindIds(node),
                    |id, core| stanzas::subscriptions(id, &core.pubsub),
                    out,
                );
            }
            Purpose::Unsubscribe { node, .. } => self.unsubscribed(node, result, out),
            Purpose::FindStale => self.sweep(now, iq, out),
            Purpose::FindIds(node) => self.unsubscribe_each(now, node, iq, out),
            Purpose::Sweep => {}
        }
    }

    /// Everything the server said before it answered our request of this number has been read.
    fn passed(&mut self, sent: Order) {
        self.may_repeat.retain(|_, subscribed| *subscribed > sent);
    }

    fn answer_all(&self, waiters: Vec<Token>, result: &Result<(), LinkError>, out: &mut Vec<Output>) {
        out.extend(waiters.into_iter().map(|token| Output::Reply(token, result.clone())));
    }

    fn on_command(&mut self, now: Duration, token: Token, command: Command, out: &mut Vec<Output>) {
        if self.closing.is_some() {
            return out.push(Output::Reply(token, Err(closed())));
        }
        if self.pending.len() >= MAX_PENDING {
            let error = LinkError::new(
                EndCause::Rejected,
                format!("{MAX_PENDING} requests are waiting for answers already"),
            );
            return out.push(Output::Reply(token, Err(error)));
        }
        match command {
            Command::Barrier => {
                let sent = self.next_order();
                self.ask(now, Purpose::Barrier(token, sent), |id, core| stanzas::ping(id, &core.domain), out);
            }
            Command::Subscribe(node) => self.subscribe(now, token, node, out),
            Command::Unsubscribe(node) => self.unsubscribe(now, token, node, out),
        }
    }

    /// Sends a request and remembers what its answer is for.
    fn ask(
        &mut self,
        now: Duration,
        purpose: Purpose,
        stanza: impl FnOnce(&str, &Self) -> Stanza,
        out: &mut Vec<Output>,
    ) {
        let id = self.ids.next(purpose.word());
        out.push(Output::Send(stanza(&id, self)));
        self.pending.insert(id, Pending { deadline: now.saturating_add(self.request_timeout), purpose });
    }

    fn next_order(&mut self) -> Order {
        self.order.0 += 1;
        self.order
    }

    fn begin_closing(&mut self, now: Duration, out: &mut Vec<Output>) {
        if self.closing.is_some() {
            return;
        }
        // Whoever else waits is told now; their answers are of no use any more.
        for (_, pending) in std::mem::take(&mut self.pending) {
            if let Purpose::Barrier(token, _) = pending.purpose {
                out.push(Output::Reply(token, Err(closed())));
            }
        }
        for (node, subscription) in std::mem::take(&mut self.subscriptions) {
            let (waiters, subid) = match subscription {
                Subscription::Asking(waiters) | Subscription::Leaving(waiters) => (waiters, None),
                Subscription::Active { subid } => (Vec::new(), subid),
                Subscription::Unknown => (Vec::new(), None),
            };
            self.answer_all(waiters, &Err(closed()), out);
            let jid = self.jid.clone();
            self.send_unsubscribe(now, &node, &jid, subid.as_deref(), Purpose::Sweep, out);
        }
        if self.pending.is_empty() {
            self.say_goodbye(out);
        } else {
            self.closing = Some(now.saturating_add(CLOSING));
        }
    }

    fn say_goodbye(&mut self, out: &mut Vec<Output>) {
        out.push(Output::Send(stanzas::presence_unavailable()));
        self.end(closed(), out);
    }

    fn end(&mut self, cause: LinkError, out: &mut Vec<Output>) {
        self.fail_waiters(&cause, out);
        self.over = true;
        out.push(Output::End(cause));
    }

    /// Answers everybody who still waits, with the cause of the end.
    pub(super) fn fail_waiters(&mut self, cause: &LinkError, out: &mut Vec<Output>) {
        for (_, pending) in std::mem::take(&mut self.pending) {
            if let Purpose::Barrier(token, _) = pending.purpose {
                out.push(Output::Reply(token, Err(cause.clone())));
            }
        }
        for (_, subscription) in std::mem::take(&mut self.subscriptions) {
            if let Subscription::Asking(waiters) | Subscription::Leaving(waiters) = subscription {
                self.answer_all(waiters, &Err(cause.clone()), out);
            }
        }
    }
}

/// The cause of an end that the owner asked for.
pub(super) fn closed() -> LinkError {
    LinkError::new(EndCause::ClosedByUs, "the link was closed by its owner")
}

fn busy(operation: &str, node: &str, why: &str) -> LinkError {
    LinkError::new(EndCause::Rejected, why).during(format!("{operation} {}", quoted(node)))
}

#[cfg(test)]
#[path = "core_tests.rs"]
mod tests;
