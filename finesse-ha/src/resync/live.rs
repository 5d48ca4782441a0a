//! The session while it is live: events, audits, commands, and the repair after a ghost logout.
//!
//! An *audit* is a read beside the live stream that is compared with the picture. It runs shortly after going live, at long intervals, when
//! something was taken or dropped without being certain, and when a command's outcome must be read. What was touched by a notification since the
//! audit's request was sent is left alone.
//!
//! Invariants: one audit at a time, and never two within [`AUDIT_DISTANCE`]; a command is written at most once; a repair is tried at most once
//! for a ghost logout.

use std::collections::BTreeMap;
use std::time::Duration;

use finesse_model::{Dialog, ParticipantState, ReasonClass, RequestId, Timestamp, User, UserState};
use finesse_rest::{Accepted, Command, Error, ErrorKind};

use super::collect::{Collect, Progress, Told};
use super::core::{Answer, Op, Output, Phase, Purpose, ResyncCore, live_words};
use super::guard::Hit;
use super::ledger::{Ended, Token};
use super::model::{Change, Model};
use super::news::News;
use crate::event::{Cause, Event, When};
use crate::line::{Fault, LineReport};
use crate::outcome::Outcome;
use crate::params::EARLY_AUDITS;

/// Audits may not follow each other faster, however doubtful things are.
const AUDIT_DISTANCE: Duration = Duration::from_secs(1);
/// After something uncertain: late publications have mostly come by then.
const DOUBT: Duration = Duration::from_secs(5);
/// After the agent became ready or not ready while a dialog is shown: the end of the dialog may have been lost.
const LEFTOVER: Duration = Duration::from_secs(2);
/// Audits that contradict the picture within this time mean that the stream is deaf.
const DEAF_WINDOW: Duration = Duration::from_secs(600);
/// So many contradictions.
const DEAF: usize = 2;
/// Five refused passwords within this time lock an account.
const AUTH_WINDOW: Duration = Duration::from_secs(300);
/// Commands under way at once; an agent's clicks are few, and a loop that floods a session is told so.
const MAX_COMMANDS: usize = 256;

/// When to audit, and the audit under way.
#[derive(Debug, Default)]
pub(super) struct Audits {
    due: Vec<Duration>,
    running: Option<Running>,
    not_before: Duration,
    contradictions: Vec<Duration>,
    /// Audits in a row that found everything moving.
    restless: u32,
    /// Something was uncertain since the last audit began, so that what the next one finds is no sign of a deaf stream.
    doubted: bool,
}

/// An audit under way.
#[derive(Debug)]
struct Running {
    collect: Collect,
    begun: Duration,
    /// The stream itself had said that something is uncertain.
    doubted: bool,
}

impl Audits {
    /// Something was taken or dropped without being certain.
    fn doubt(&mut self, now: Duration) {
        self.doubted = true;
        self.schedule(now + DOUBT);
    }

    fn schedule(&mut self, at: Duration) {
        // A later one that is due anyway is not worth an earlier twin within the same second.
        if !self.due.iter().any(|due| due.abs_diff(at) < AUDIT_DISTANCE) {
            self.due.push(at);
        }
    }

    #[cfg(test)]
    pub(super) fn pending(&self) -> usize {
        self.due.len() + self.contradictions.len()
    }

    /// Nothing was uncertain since the last read that tells.
    #[cfg(test)]
    pub(super) fn is_certain(&self) -> bool {
        !self.doubted && self.running.as_ref().is_none_or(|running| !running.doubted)
    }

    fn next(&self) -> Option<Duration> {
        if self.running.is_some() {
            return None;
        }
        self.due.iter().min().map(|due| (*due).max(self.not_before))
    }
}

/// A ghost logout that is being repaired.
#[derive(Debug)]
pub(super) struct Repair {
    /// When the next step is due, or given up.
    at: Duration,
    step: Step,
    wants_ready: bool,
    why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Another event of the same cause may follow.
    Settling,
    /// LOGIN was sent.
    SigningIn,
    /// READY was sent.
    BecomingReady,
}

impl ResyncCore {
    /// One notification of the current epoch.
    pub(super) fn apply_live(&mut self, now: Duration, news: News) {
        let before = Standing::of(&self.model);
        let applied = self.model.apply(self.index, now, &news);
        if applied.doubtful {
            self.audits.doubt(now);
        }
        let removed = match &news {
            News::Gone(dialogs) => dialogs.clone(),
            _ => Vec::new(),
        };
        let changed = !applied.changes.is_empty();
        self.watch_agent(now, &before, &applied.changes);
        self.tell(applied.changes, Cause::Live, |dialog| {
            removed.iter().find(|other| other.id == dialog.id).map_or(When::Unknown, ended_at)
        });
        match news {
            News::Unreadable(why) => self.feed(Event::Degraded { kind: String::from("unreadable"), why }),
            News::Errors { source, request_id, errors } => self.refused_later(source, request_id, errors),
            News::Other(update) => {
                if let Some(attachment) = self.attachment {
                    let (epoch, side) = (attachment.epoch, attachment.side);
                    let data =
                        update.data.as_ref().map(|data| serde_json::to_value(data).unwrap_or_default());
                    let verb = update.event.as_str().to_owned();
                    self.feed(Event::Update {
                        source: update.source,
                        verb,
                        data: data.unwrap_or_default(),
                        epoch,
                        side,
                    });
                }
            }
            _ => {}
        }
        if changed {
            self.settle_commands();
        }
    }

    fn refused_later(
        &mut self,
        source: String,
        request_id: Option<RequestId>,
        errors: finesse_model::ApiErrors,
    ) {
        let words = live_words(&errors);
        if let Some(attachment) = self.attachment {
            let (epoch, side) = (attachment.epoch, attachment.side);
            self.feed(Event::ApiError { source, errors, epoch, side });
        }
        if let Some(ended) =
            request_id.and_then(|id| self.ledger.refused(&id, format!("accepted, then refused: {words}")))
        {
            self.command_ended(ended);
        }
    }

    /// What the agent's own state means for the guard, the choice of READY and leftover dialogs.
    fn watch_agent(&mut self, now: Duration, before: &Standing, changes: &[Change]) {
        self.guard.look(now, !self.model.is_idle());
        let Some(user) = changes
            .iter()
            .rev()
            .find_map(|change| if let Change::User(user) = change { Some(user) } else { None })
        else {
            return;
        };
        if self.is_taken(before, user) {
            return;
        }
        let wants_ready = self.choice.is_ready();
        self.choice.see(user);
        if matches!(user.state, Some(UserState::Ready | UserState::NotReady)) && !self.model.is_idle() {
            self.audits.schedule(now + LEFTOVER);
        }
        if Standing::of(&self.model).is_same_state(before) {
            // Something else about him changed.
            return;
        }
        if self.repair.is_some() {
            // Whatever comes now belongs to the repair: what follows the logout, or what the sign-in leads to.
            self.advance_repair(now);
            return;
        }
        match self.guard.see(now, user) {
            Some(Hit::First { repair_at }) => {
                let why = words(user);
                self.repair = Some(Repair { at: repair_at, step: Step::Settling, wants_ready, why });
            }
            Some(Hit::Again) => {
                let why = format!("{} for the second time in five minutes; not repaired again", words(user));
                self.feed(Event::AttentionRequired { kind: String::from("logout"), why });
            }
            None => {}
        }
    }

    /// True once somebody else has the agent: he is signed in on another extension, or was signed out because of another session.
    fn is_taken(&mut self, before: &Standing, user: &User) -> bool {
        let Some(sign_in) = &self.open.sign_in else { return false };
        let signed_in = user.state.as_ref().is_some_and(UserState::is_signed_in);
        let extension = user.extension.as_deref().unwrap_or("");
        let elsewhere = signed_in && !extension.is_empty() && extension != sign_in.extension.as_str();
        let by_other = !signed_in && user.reason_class() == Some(ReasonClass::OtherSession);
        let was_taken = self.taken;
        self.taken = elsewhere || by_other || (was_taken && !signed_in);
        if self.taken && !was_taken && Standing::of(&self.model) != *before {
            let (kind, why) = if elsewhere {
                ("extension", format!("the agent is signed in on extension {extension} now"))
            } else {
                ("session", words(user))
            };
            self.choice.chose_otherwise();
            self.guard.disarm();
            self.give_up_repair("another session has the agent");
            self.feed(Event::SessionTakenOver { kind: kind.to_owned(), why });
        }
        self.taken
    }

    pub(super) fn begin_audits(&mut self, now: Duration, doubtful: bool) {
        self.audits = Audits { doubted: doubtful, ..Audits::default() };
        for after in EARLY_AUDITS {
            self.audits.schedule(now + after);
        }
        if doubtful {
            self.audits.schedule(now + DOUBT);
        }
        self.schedule_routine(now);
    }

    fn schedule_routine(&mut self, now: Duration) {
        if !self.params.audit.is_zero() {
            self.audits.schedule(now + self.params.audit);
        }
    }

    pub(super) fn live_wake_at(&self) -> Option<Duration> {
        let read = self
            .ledger
            .read_at()
            .filter(|_| self.audits.running.is_none())
            .map(|at| at.max(self.audits.not_before));
        let repair = self.repair.as_ref().map(|repair| repair.at);
        [self.audits.next(), read, repair, self.guard.ends_at()].into_iter().flatten().min()
    }

    pub(super) fn live_tick(&mut self, now: Duration) {
        self.guard.look(now, !self.model.is_idle());
        self.advance_repair(now);
        let audit_due = self.audits.next().is_some_and(|due| now >= due);
        let read_due = self.ledger.read_at().is_some_and(|at| now >= at);
        if (audit_due || read_due) && self.audits.running.is_none() && now >= self.audits.not_before {
            self.audits.due.retain(|due| *due > now);
            if self.audits.due.is_empty() {
                self.schedule_routine(now);
            }
            let (collect, ask) = Collect::start(self.index, None);
            let doubted = std::mem::take(&mut self.audits.doubted);
            self.audits.running = Some(Running { collect, begun: now, doubted });
            self.ask(Op::Read(ask), Purpose::Audit);
        }
    }

    pub(super) fn audit_answered(&mut self, now: Duration, answer: Answer) {
        let told = match answer {
            Answer::User(result) => result.map(Told::User),
            Answer::Dialogs(result) => result.map(Told::Dialogs),
            Answer::Dialog(result) => result.map(Told::Dialog),
            _ => return,
        };
        let Some(Running { collect, begun, doubted }) = &mut self.audits.running else { return };
        let (begun, doubted) = (*begun, *doubted);
        match collect.answer(self.index, told) {
            Progress::Ask(ask) => self.ask(Op::Read(ask), Purpose::Audit),
            Progress::Failed(error) => {
                self.audits.running = None;
                // The health layer has seen the error too; here it only means that the read is still owed.
                self.audits.not_before = now + DOUBT;
                self.audits.schedule(now + DOUBT);
                self.audits.doubted |= doubted;
                if error.kind() == ErrorKind::Unauthorized {
                    self.refused_credentials(now, &error);
                }
            }
            Progress::Done(snapshot) => {
                self.audits.running = None;
                self.audits.not_before = now + AUDIT_DISTANCE;
                if !snapshot.is_stable() {
                    self.audits.doubted |= doubted;
                    self.look_again(now);
                    return;
                }
                let before = Standing::of(&self.model);
                let calls = self.model.picture().dialogs;
                let settled = self.model.settle(now, &snapshot);
                let contradicts = !doubted && contradicts(&before, &calls, &settled.changes);
                self.watch_agent(now, &before, &settled.changes);
                self.tell(settled.changes, Cause::Audit, ended_at);
                if settled.doubtful {
                    self.look_again(now);
                } else {
                    self.audits.restless = 0;
                }
                let decided = self.ledger.decide(now, begun, &self.model, false);
                for ended in decided {
                    self.command_ended(ended);
                }
                self.settle_commands();
                if contradicts {
                    self.contradicted(now);
                }
            }
        }
    }

    /// Something moved while it was read.
    fn look_again(&mut self, now: Duration) {
        self.audits.restless += 1;
        let pause = if self.audits.restless < self.params.resync_rounds { AUDIT_DISTANCE } else { DOUBT };
        self.audits.schedule(now + pause);
    }

    /// The stream did not tell something that a read shows.
    fn contradicted(&mut self, now: Duration) {
        self.audits.contradictions.retain(|at| now.saturating_sub(*at) < DEAF_WINDOW);
        self.audits.contradictions.push(now);
        if self.audits.contradictions.len() >= DEAF {
            self.audits.contradictions.clear();
            let why = format!("{DEAF} audits found changes that the stream did not tell");
            self.feed(Event::Degraded { kind: String::from("deaf"), why: why.clone() });
            let epoch = self.epoch;
            self.report(LineReport::Failed { epoch, fault: Fault::Deaf, why });
        }
    }

    /// A command from the application (with a token), or one of the session's own.
    pub(super) fn command(&mut self, now: Duration, token: Option<Token>, command: Command) {
        let id = self.request_id();
        if token.is_some()
            && !is_ready(&command)
            && matches!(command, Command::SetState { .. } | Command::SignOut { .. })
        {
            // His wish counts even if it cannot be carried out now.
            self.choice.chose_otherwise();
            if matches!(command, Command::SignOut { .. }) {
                self.give_up_repair("the agent signs out himself");
            } else if let Some(repair) = &mut self.repair {
                repair.wants_ready = false;
            }
        }
        let refusal = if !matches!(self.phase, Phase::Live) {
            Some(String::from("the session is not live; nothing is carried out later than it was asked for"))
        } else if self.ledger.len() >= MAX_COMMANDS {
            Some(format!("{MAX_COMMANDS} commands are under way already"))
        } else if self.is_locked_out(now) {
            Some(String::from("the credentials were refused; another refusal could lock the account"))
        } else {
            None
        };
        if let Some(why) = refusal {
            self.command_ended(Ended { id, command, token, outcome: Outcome::NotSent { why } });
            return;
        }
        self.ledger.open(id.clone(), command.clone(), token, &self.model);
        self.ask(Op::Submit(command, id.clone()), Purpose::Submit(id));
    }

    pub(super) fn submitted(&mut self, now: Duration, id: &RequestId, answer: Result<Accepted, Error>) {
        if let Err(error) = &answer
            && error.kind() == ErrorKind::Unauthorized
        {
            self.refused_credentials(now, error);
        }
        if let Some(ended) = self.ledger.answered(now, id, &answer, self.params.event_wait) {
            self.command_ended(ended);
        }
        if matches!(self.phase, Phase::Live) {
            self.settle_commands();
        }
    }

    /// Whatever the picture shows now is applied.
    fn settle_commands(&mut self) {
        for ended in self.ledger.settle_applied(&self.model) {
            self.command_ended(ended);
        }
    }

    /// A gap is over: what was under way when it opened is decided by what was read.
    pub(super) fn settle_after_gap(&mut self, now: Duration) {
        for ended in self.ledger.decide(now, now, &self.model, true) {
            self.command_ended(ended);
        }
    }

    pub(super) fn command_ended(&mut self, ended: Ended) {
        let Ended { id, command, token, outcome } = ended;
        // The session's own READY repeats what the agent chose.
        if outcome == Outcome::Applied && is_ready(&command) {
            self.choice.chose_ready();
        }
        let verb = command.verb().to_owned();
        self.feed(Event::Command { id: id.to_string(), verb, outcome: outcome.clone() });
        if let Some(token) = token {
            self.out.push(Output::Outcome(token, outcome));
        }
    }

    fn refused_credentials(&mut self, now: Duration, error: &Error) {
        self.refusals.retain(|at| now.saturating_sub(*at) < AUTH_WINDOW);
        self.refusals.push(now);
        if self.is_locked_out(now) {
            // No read may use up the attempts that a person still has.
            self.audits.due = vec![now + AUTH_WINDOW];
            self.audits.not_before = now + AUTH_WINDOW;
        }
        self.feed(Event::AttentionRequired { kind: String::from("credentials"), why: error.to_string() });
    }

    fn is_locked_out(&self, now: Duration) -> bool {
        let lately = self.refusals.iter().filter(|at| now.saturating_sub(**at) < AUTH_WINDOW).count();
        lately >= usize::try_from(self.params.auth_budget).unwrap_or(usize::MAX)
    }

    /// Takes the next step of a repair, if it is due or its condition holds.
    fn advance_repair(&mut self, now: Duration) {
        let Some(repair) = &self.repair else { return };
        let Some(user) = self.model.user() else { return };
        let (step, due, wants_ready) = (repair.step, now >= repair.at, repair.wants_ready);
        let signed_in = user.state.as_ref().is_some_and(UserState::is_signed_in);
        let ready = user.state == Some(UserState::Ready);
        let not_ready = user.state == Some(UserState::NotReady);
        match step {
            Step::Settling if !due => {}
            Step::Settling if !signed_in => match self.sign_in_command() {
                Some(command) => self.repair_by(now, Step::SigningIn, command),
                None => self.repair = None,
            },
            Step::Settling | Step::SigningIn if signed_in => {
                if wants_ready && not_ready {
                    let user = self.user_id().clone();
                    self.repair_by(
                        now,
                        Step::BecomingReady,
                        Command::SetState { user, state: UserState::Ready, reason: None },
                    );
                } else {
                    self.repaired(true);
                }
            }
            Step::BecomingReady if ready || !not_ready => self.repaired(ready || signed_in),
            Step::SigningIn | Step::BecomingReady if due => self.repaired(false),
            _ => {}
        }
    }

    fn repair_by(&mut self, now: Duration, step: Step, command: Command) {
        if let Some(repair) = &mut self.repair {
            repair.step = step;
            repair.at = now + self.params.request_timeout + self.params.event_wait;
        }
        self.command(now, None, command);
    }

    fn repaired(&mut self, recovered: bool) {
        if let Some(repair) = self.repair.take() {
            if recovered && repair.wants_ready && repair.step == Step::BecomingReady {
                // The agent's choice stands: only the old side had taken it away.
                self.choice.chose_ready();
            }
            let why = format!("the side that was left logged the agent out ({})", repair.why);
            self.feed(Event::GhostLogout { kind: String::from("forced-logout"), recovered, why });
        }
    }

    pub(super) fn give_up_repair(&mut self, why: &str) {
        if let Some(repair) = self.repair.take() {
            let why = format!("{}; {why}", repair.why);
            self.feed(Event::GhostLogout { kind: String::from("forced-logout"), recovered: false, why });
        }
    }
}

fn is_ready(command: &Command) -> bool {
    matches!(command, Command::SetState { state: UserState::Ready, .. })
}

/// How the agent stands, without the details.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    state: Option<UserState>,
    reason: Option<i64>,
    extension: Option<String>,
}

impl Standing {
    fn of(model: &Model) -> Self {
        let user = model.user();
        Self {
            state: user.and_then(|user| user.state.clone()),
            reason: user.and_then(User::reason_number),
            extension: user.and_then(|user| user.extension.clone()),
        }
    }

    fn is_same_state(&self, other: &Self) -> bool {
        self.state == other.state && self.reason == other.reason
    }
}

/// True if a read found something that a stream which can hear would have told: not details, which reads and notifications may show differently.
fn contradicts(before: &Standing, calls: &[Dialog], changes: &[Change]) -> bool {
    let states = |dialog: &Dialog| -> BTreeMap<Option<String>, Option<ParticipantState>> {
        dialog.participants.iter().map(|party| (party.media_address.clone(), party.state.clone())).collect()
    };
    changes.iter().any(|change| match change {
        Change::User(user) => before.state != user.state || before.extension != user.extension,
        Change::Changed(dialog) => calls
            .iter()
            .find(|other| other.id == dialog.id)
            .is_none_or(|other| states(other) != states(dialog)),
        Change::Started(_) | Change::Ended(_) | Change::Replaced { .. } => true,
    })
}

/// State and reason, for messages.
fn words(user: &User) -> String {
    let state = user.state.as_ref().map_or_else(|| String::from("no state"), ToString::to_string);
    user.reason_number()
        .map_or_else(|| format!("{state} without a reason"), |code| format!("{state} with reason {code}"))
}

/// The latest time that the server gives for any participant of a dialog that is over.
fn ended_at(dialog: &Dialog) -> When {
    let times = dialog.participants.iter().filter_map(|party| party.state_change_time.as_ref());
    let latest = times.filter(|time| time.unix_millis().is_some()).max_by_key(|time| time.unix_millis());
    latest.map_or(When::Unknown, |time: &Timestamp| When::Known(time.clone()))
}
