//! The session as a state machine: what it does from the beginning of an epoch until it is live, and how an epoch ends.
//!
//! | Phase | Left when | For |
//! |---|---|---|
//! | `Away` | a link is attached | `Preparing`, or `Deciding` where the stream survived |
//! | `Preparing` | subscriptions and barrier are answered | `Deciding` |
//! | `Deciding` | the user is read | `Claiming`, or `Collecting` |
//! | `Claiming` | LOGIN is refused for what it says, or accepted and (for a signed-out agent) shown or waited for in vain | `Collecting` |
//! | `Collecting` | everything is read | `Live` if stable or in the last round, else `Pausing` |
//! | `Pausing` | the pause is over | `Collecting` |
//! | all of these | the epoch ends, or the side fails an answer | `Away` |
//! | any | the line ends | `Over` |
//!
//! Invariants: an answer is used only if it was asked for in the epoch that is still current; a failure in any phase leaves the model as it was and
//! the gap open.

mod audits;
mod commands;
mod live;
mod reading;
mod repair;
mod seam;
mod signing;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use finesse_model::{Dialog, RequestId, UserId, UserState};
use finesse_notify::Notification;
use finesse_rest::{Error, ErrorKind};

use self::audits::Audits;
use self::repair::Repair;
pub(crate) use self::seam::{Answer, Attachment, Input, Op, Output};
use self::signing::{Claiming, SIGN_IN_LOOK};
use super::OpenSession;
use super::claim;
use super::collect::{Ask, Collect, Progress, Told};
use super::guard::{Choice, Guard};
use super::ledger::Ledger;
use super::model::{Change, Model};
use super::news;
use super::snapshot::Heard;
use crate::event::{Cause, Event, Picture, When};
use crate::line::{Fault, LineEnd, LineReport, SessionFacts};
use crate::outcome::Outcome;
use crate::params::Params;
use crate::side::Epoch;

/// What an operation was for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Purpose {
    /// The phase that is current.
    Phase,
    Audit,
    Submit(RequestId),
}

#[derive(Debug)]
enum Phase {
    Away,
    Preparing,
    Deciding,
    Claiming(Claiming),
    Collecting {
        collect: Collect,
        /// When this round of reading was begun.
        begun: Duration,
    },
    Pausing {
        until: Duration,
    },
    Live,
    Over,
}

/// The gap that is open.
#[derive(Debug, Clone, Copy)]
struct Gap {
    last_seen: Duration,
    noticed: Duration,
}

/// The session of one agent.
#[derive(Debug)]
pub(crate) struct ResyncCore {
    params: Params,
    open: OpenSession,
    random: fastrand::Rng,
    started: Duration,
    /// The place of the present input in the session.
    index: u64,
    next_op: u64,
    pending: BTreeMap<u64, Purpose>,
    phase: Phase,
    attachment: Option<Attachment>,
    gap: Option<Gap>,
    round: u32,
    heard: Vec<Heard>,
    heard_bytes: usize,
    overflowed: bool,
    /// What was heard, is no part of the picture and had to be dropped.
    dropped: usize,
    uncommitted: bool,
    /// Subscriptions and barrier stand on the current stream.
    prepared: bool,
    /// LOGIN was accepted on the current stream.
    claimed: bool,
    /// The agent was seen signed in during this re-sync.
    signed_in: bool,
    /// Somebody else has the agent; nothing is done to him.
    taken: bool,
    /// The agent was signed in again during this re-sync and had chosen READY before.
    restore_ready: bool,
    model: Model,
    ledger: Ledger,
    guard: Guard,
    choice: Choice,
    audits: Audits,
    repair: Option<Repair>,
    /// When the credentials were refused lately.
    refusals: Vec<Duration>,
    facts: Option<SessionFacts>,
    /// What the model shows.
    picture: Arc<Picture>,
    settled: bool,
    out: Vec<Output>,
}

impl ResyncCore {
    pub(crate) fn new(now: Duration, open: OpenSession, params: Params, random: fastrand::Rng) -> Self {
        Self {
            params,
            open,
            random,
            started: now,
            index: 0,
            next_op: 0,
            pending: BTreeMap::new(),
            phase: Phase::Away,
            attachment: None,
            gap: None,
            round: 0,
            heard: Vec::new(),
            heard_bytes: 0,
            overflowed: false,
            dropped: 0,
            uncommitted: false,
            prepared: false,
            claimed: false,
            signed_in: false,
            taken: false,
            restore_ready: false,
            model: Model::default(),
            ledger: Ledger::default(),
            guard: Guard::default(),
            choice: Choice::default(),
            audits: Audits::default(),
            repair: None,
            refusals: Vec::new(),
            facts: None,
            picture: Arc::default(),
            settled: false,
            out: Vec::new(),
        }
    }

    /// What is known now. The same allocation until something in it changes.
    pub(crate) fn picture(&self) -> &Arc<Picture> {
        &self.picture
    }

    /// Whether it may be out of date.
    pub(crate) fn is_stale(&self) -> bool {
        !matches!(self.phase, Phase::Live)
    }

    /// The current epoch; the one before the first until a link is attached.
    fn epoch(&self) -> Epoch {
        self.attachment.map_or_else(Epoch::default, |attachment| attachment.epoch)
    }

    /// Whether the session has been live, so that something is known from before.
    fn was_live(&self) -> bool {
        self.model.user().is_some()
    }

    /// When the next tick is due.
    pub(crate) fn wake_at(&self) -> Option<Duration> {
        match &self.phase {
            Phase::Pausing { until } => Some(*until),
            Phase::Claiming(claiming) => claiming.look_at.into_iter().chain(claiming.deadline).min(),
            Phase::Live => self.live_wake_at(),
            _ => None,
        }
    }

    pub(crate) fn step(&mut self, now: Duration, input: Input) -> Vec<Output> {
        self.index += 1;
        match input {
            _ if matches!(self.phase, Phase::Over) => self.after_the_end(input),
            Input::Attached(attachment) => self.attached(attachment),
            Input::Notification { epoch, notification } => self.notified(now, epoch, *notification),
            Input::GapOpened { epoch, last_seen, noticed, why } => {
                self.gap_opened(epoch, Gap { last_seen, noticed }, why)
            }
            Input::Told(event) => self.feed(*event),
            Input::LineEnded(end) => self.line_ended(end),
            Input::Answer { id, epoch, answer } => self.answered(now, id, epoch, *answer),
            Input::Command { token, command } => self.command(now, Some(token), command),
            Input::Close => self.report(LineReport::Close),
            Input::Tick => self.tick(now),
        }
        self.report_facts();
        std::mem::take(&mut self.out)
    }

    fn feed(&mut self, event: Event) {
        let settles = matches!(
            event,
            Event::Resynced(_) | Event::Waiting { .. } | Event::BothOut { .. } | Event::Offline { .. }
        );
        self.out.push(Output::Feed(event));
        if settles && !std::mem::replace(&mut self.settled, true) {
            self.out.push(Output::Settled);
        }
    }

    /// A person has to do something.
    fn attention(&mut self, kind: &str, why: impl Into<String>) {
        self.feed(Event::AttentionRequired { kind: kind.to_owned(), why: why.into() });
    }

    /// Something is worse than it should be; the session goes on.
    fn degraded(&mut self, kind: &str, why: impl Into<String>) {
        self.feed(Event::Degraded { kind: kind.to_owned(), why: why.into() });
    }

    fn report(&mut self, report: LineReport) {
        self.out.push(Output::Report(report));
    }

    fn ask(&mut self, op: Op, purpose: Purpose) {
        self.next_op += 1;
        self.pending.insert(self.next_op, purpose);
        self.out.push(Output::Do { id: self.next_op, epoch: self.epoch(), op });
    }

    /// An id for a request, not used before in this session.
    fn request_id(&mut self) -> RequestId {
        let text = format!("{:016x}{:016x}", self.random.u64(..), self.random.u64(..));
        match RequestId::new(text) {
            Ok(id) => id,
            Err(_) => unreachable!("32 hex digits are a valid id"),
        }
    }

    fn user_id(&self) -> &UserId {
        &self.open.user
    }

    fn attached(&mut self, attachment: Attachment) {
        if attachment.epoch <= self.epoch() {
            return;
        }
        self.forget_phase();
        self.attachment = Some(attachment);
        self.uncommitted = true;
        self.round = 1;
        if !attachment.resumed {
            self.prepared = false;
            self.claimed = false;
        }
        if self.prepared {
            self.phase = Phase::Deciding;
            self.ask(Op::Read(Ask::User), Purpose::Phase);
        } else {
            self.phase = Phase::Preparing;
            self.ask(Op::Prepare(self.open.nodes.clone()), Purpose::Phase);
        }
    }

    /// Drops everything that belonged to the epoch before.
    fn forget_phase(&mut self) {
        self.phase = Phase::Away;
        self.heard.clear();
        self.heard_bytes = 0;
        self.overflowed = false;
        self.dropped = 0;
        self.audits = Audits::default();
    }

    fn notified(&mut self, now: Duration, epoch: Epoch, notification: Notification) {
        if epoch != self.epoch() {
            return;
        }
        let Some(news) = news::read(&self.open.user, notification) else { return };
        match &mut self.phase {
            Phase::Live => self.apply_live(now, news),
            Phase::Away | Phase::Over => {}
            _ => self.hear(now, news),
        }
    }

    fn gap_opened(&mut self, epoch: Epoch, gap: Gap, why: String) {
        if epoch != self.epoch() {
            return;
        }
        let is_live = matches!(self.phase, Phase::Live);
        self.forget_phase();
        if is_live {
            self.give_up_repair("the side failed meanwhile");
            self.feed(Event::GapOpened { epoch, last_seen: gap.last_seen, why });
        }
        // A gap that is open already only grows.
        if self.was_live() {
            self.gap.get_or_insert(gap);
        }
    }

    fn answered(&mut self, now: Duration, id: u64, epoch: Epoch, answer: Answer) {
        let Some(purpose) = self.pending.remove(&id) else { return };
        match (purpose, answer) {
            // Of an ended epoch only this is still of use: it tells how far the command got.
            (Purpose::Submit(request), Answer::Submitted(answer)) => self.submitted(now, &request, answer),
            (Purpose::Audit, Answer::Read(told)) if epoch == self.epoch() => self.audit_answered(now, told),
            (Purpose::Phase, answer) if epoch == self.epoch() => self.phase_answered(now, answer),
            _ => {}
        }
    }

    fn phase_answered(&mut self, now: Duration, answer: Answer) {
        match (&mut self.phase, answer) {
            (Phase::Preparing, Answer::Prepared { refused, barrier }) => {
                for (node, error) in refused {
                    self.degraded("subscription", format!("{node}: {error}"));
                }
                match barrier {
                    Ok(()) => {
                        self.prepared = true;
                        self.phase = Phase::Deciding;
                        self.ask(Op::Read(Ask::User), Purpose::Phase);
                    }
                    Err(error) => self.fail(Fault::Side, format!("the barrier was not answered: {error}")),
                }
            }
            (Phase::Deciding, Answer::Read(Ok(Told::User(user)))) => self.decide(now, *user),
            (Phase::Claiming(_), Answer::Submitted(answer)) => self.claim_answered(now, answer),
            (Phase::Claiming(claiming), Answer::Read(Ok(Told::User(user)))) => {
                if claim::is_signed_in(&user) {
                    self.sign_in_shown(now);
                } else {
                    claiming.look_at = Some(now + SIGN_IN_LOOK);
                }
            }
            (Phase::Collecting { collect, begun }, Answer::Read(told)) => {
                let begun = *begun;
                match collect.answer(self.index, told) {
                    Progress::Ask(ask) => self.ask(Op::Read(ask), Purpose::Phase),
                    Progress::Failed(error) => self.fail_by(&error),
                    Progress::Done(snapshot) => self.collected(now, begun, *snapshot),
                }
            }
            (Phase::Deciding | Phase::Claiming(_), Answer::Read(Err(error))) => self.fail_by(&error),
            _ => {}
        }
    }

    /// Tells the changes that the model has just made, in their order, and shows them.
    fn tell(&mut self, changes: Vec<Change>, cause: Cause, ended: impl Fn(&Dialog) -> When) {
        let Some(Attachment { epoch, side, .. }) = self.attachment else { return };
        if !changes.is_empty() {
            self.picture = Arc::new(self.model.picture());
        }
        for change in changes {
            let event = match change {
                Change::User(user) => Event::User { user, cause, epoch, side },
                Change::Started(dialog) => Event::DialogStarted { dialog, cause, epoch, side },
                Change::Changed(dialog) => Event::DialogChanged { dialog, cause, epoch, side },
                Change::Replaced { dialog, replaces } => {
                    Event::DialogReplaced { dialog, replaces, cause, epoch, side }
                }
                Change::Ended(dialog) => {
                    let (id, time) = (dialog.id.clone(), ended(&dialog));
                    Event::DialogEnded { id, dialog: Some(dialog), time, cause, epoch, side }
                }
            };
            self.feed(event);
        }
    }

    fn fail_by(&mut self, error: &Error) {
        let fault = match error.kind() {
            ErrorKind::Unauthorized => Fault::Credentials,
            // Good credentials, but of somebody else: no other side will say otherwise.
            ErrorKind::Forbidden if error.status() == Some(401) => Fault::Credentials,
            ErrorKind::NotFound if !error.is_webapp_missing() => Fault::UserUnknown,
            _ => Fault::Side,
        };
        self.fail(fault, error.to_string());
    }

    fn fail(&mut self, fault: Fault, why: String) {
        let epoch = self.epoch();
        self.forget_phase();
        self.report(LineReport::Failed { epoch, fault, why });
    }

    fn tick(&mut self, now: Duration) {
        match &mut self.phase {
            Phase::Pausing { until } if now >= *until => self.collect(now, None),
            Phase::Claiming(claiming) => {
                if claiming.deadline.is_some_and(|deadline| now >= deadline) {
                    let why = format!(
                        "the agent was not signed in within {:?} of the accepted request",
                        self.params.event_wait
                    );
                    self.attention("sign-in", why);
                    self.collect(now, None);
                } else if claiming.look_at.is_some_and(|at| now >= at) {
                    claiming.look_at = None;
                    self.ask(Op::Read(Ask::User), Purpose::Phase);
                }
            }
            Phase::Live => self.live_tick(now),
            _ => {}
        }
    }

    fn line_ended(&mut self, end: LineEnd) {
        self.give_up_repair("the session ended");
        for ended in self.ledger.end("the session ended before the outcome was known") {
            self.command_ended(ended);
        }
        let why = end.to_string();
        match &end {
            LineEnd::Credentials(_) => self.attention("credentials", why.clone()),
            LineEnd::Trust(_) => self.attention("tls", why.clone()),
            LineEnd::TakenOver(_) => {
                self.feed(Event::SessionTakenOver { kind: String::from("stream"), why: why.clone() })
            }
            _ => {}
        }
        self.forget_phase();
        self.phase = Phase::Over;
        self.feed(Event::Closed { why });
        self.out.push(Output::End(end));
    }

    fn after_the_end(&mut self, input: Input) {
        if let Input::Command { token, .. } = input {
            self.out.push(Output::Outcome(
                token,
                Outcome::NotSent { why: String::from("the session is closed") },
            ));
        }
    }

    fn report_facts(&mut self) {
        let facts = SessionFacts {
            on_call: !self.model.is_idle(),
            ready: self.model.user().is_some_and(|user| user.state == Some(UserState::Ready)),
        };
        if self.facts != Some(facts) && !matches!(self.phase, Phase::Over) {
            self.facts = Some(facts);
            self.report(LineReport::Facts(facts));
        }
    }
}

/// What the server said, in one line.
fn words_of(errors: &finesse_model::ApiErrors) -> String {
    let words: Vec<String> = errors
        .items
        .iter()
        .map(|error| {
            let parts = [&error.error_type, &error.error_message, &error.error_data];
            parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
        })
        .collect();
    words.join("; ")
}

#[cfg(test)]
#[path = "core_tests/mod.rs"]
mod tests;
