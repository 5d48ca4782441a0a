//! What becomes of commands: each ends in exactly one outcome, and none is sent twice.
//!
//! | Phase | Ends as |
//! |---|---|
//! | not a byte written | `NotSent` |
//! | refused by the answer, or later by an error notification with its request id | `Refused` |
//! | accepted (202), or written and unanswered | decided by the wanted condition: when a notification shows it, or by a read once `event_wait` has passed or the gap is over |
//!
//! "Applied" means that the wanted condition holds; who brought it about cannot be known. A condition that does not hold is "not applied" only if
//! the object is as it was before; anything else is unknown.

use std::collections::BTreeMap;
use std::time::Duration;

use finesse_model::{
    Dialog, DialogId, Extension, Participant, ParticipantState, RequestId, Scalar, User, UserState,
};
use finesse_rest::{CallAction, Command, Progress};

use super::claim;
use super::model::Model;
use crate::outcome::Outcome;

/// Two reads that show no made call must lie this far apart before it is said that none was made.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// What the application waits with for the outcome; the session's own commands have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Token(pub(crate) u64);

/// A command whose outcome is not known yet.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) command: Command,
    pub(crate) token: Option<Token>,
    before: Before,
    /// Accepted, or written without an answer; while `None`, the answer is still to come.
    waits_since: Option<Duration>,
    /// A read is asked for when this has passed.
    pub(crate) read_at: Option<Duration>,
    looked: Option<Duration>,
}

/// The object as it was when the command was given.
#[derive(Debug, Clone, Default)]
struct Before {
    user: Option<User>,
    dialog: Option<Dialog>,
    dialogs: Vec<DialogId>,
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) id: RequestId,
    pub(crate) command: Command,
    pub(crate) token: Option<Token>,
    pub(crate) outcome: Outcome,
}

/// All commands under way. A session has few: each is an agent's click.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: BTreeMap<RequestId, Entry>,
}

impl Ledger {
    /// A command is about to be written.
    pub(crate) fn open(&mut self, id: RequestId, command: Command, token: Option<Token>, model: &Model) {
        let before = Before {
            user: model.user().cloned(),
            dialog: command.dialog().and_then(|id| model.dialog(id)).cloned(),
            dialogs: model.dialogs().map(|dialog| dialog.id.clone()).collect(),
        };
        self.entries
            .insert(id, Entry { command, token, before, waits_since: None, read_at: None, looked: None });
    }

    /// How many are under way.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// True while a sign-out is under way.
    pub(crate) fn wants_sign_out(&self) -> bool {
        self.entries.values().any(|entry| matches!(entry.command, Command::SignOut { .. }))
    }

    /// The answer to a command came, or failed to come.
    pub(crate) fn answered(
        &mut self,
        now: Duration,
        id: &RequestId,
        answer: &Result<finesse_rest::Accepted, finesse_rest::Error>,
        event_wait: Duration,
    ) -> Option<Ended> {
        let outcome = match answer {
            Ok(_) => None,
            Err(error) => match error.progress() {
                Progress::NotSent => Some(Outcome::NotSent { why: error.to_string() }),
                Progress::Refused => Some(Outcome::Refused { why: error.to_string() }),
                // Unanswered, and whatever later versions add: nobody knows.
                _ => None,
            },
        };
        match outcome {
            Some(outcome) => self.close(id, outcome),
            None => {
                let entry = self.entries.get_mut(id)?;
                if entry.waits_since.is_none() {
                    entry.waits_since = Some(now);
                    entry.read_at = Some(now + event_wait);
                }
                None
            }
        }
    }

    /// The server refused a command that it had accepted.
    pub(crate) fn refused(&mut self, id: &RequestId, why: String) -> Option<Ended> {
        self.close(id, Outcome::Refused { why })
    }

    /// The model changed, or an answer came: whatever holds now is applied. Commands whose answer is still to come are included: an event may
    /// overtake it.
    pub(crate) fn settle_applied(&mut self, model: &Model) -> Vec<Ended> {
        let done: Vec<RequestId> = self
            .entries
            .iter()
            .filter(|(_, entry)| {
                let changed = entry.waits_since.is_some()
                    || !condition(&entry.command, &entry.before, &entry.before.view());
                changed && condition(&entry.command, &entry.before, &View::of(model))
            })
            .map(|(id, _)| id.clone())
            .collect();
        done.iter().filter_map(|id| self.close(id, Outcome::Applied)).collect()
    }

    /// A read is complete: decide what can be decided. A read tells of a command only if it was begun after its answer, and at the end of a gap
    /// (`all`) also if there is no answer yet, for then it was written before.
    pub(crate) fn decide(&mut self, now: Duration, begun: Duration, model: &Model, all: bool) -> Vec<Ended> {
        let mut decided = Vec::new();
        for (id, entry) in &mut self.entries {
            let waited = all || entry.read_at.is_some_and(|at| now >= at);
            let due = entry.waits_since.map_or(all, |since| begun >= since && waited);
            if !due {
                continue;
            }
            entry.waits_since.get_or_insert(now);
            match judge(entry, begun, model) {
                Some(outcome) => decided.push((id.clone(), outcome)),
                None => {
                    // The next read has to begin so much later than this one was complete.
                    entry.looked.get_or_insert(now);
                    entry.read_at = Some(now + SECOND_LOOK);
                }
            }
        }
        decided.into_iter().filter_map(|(id, outcome)| self.close(&id, outcome)).collect()
    }

    /// When the next read is needed.
    pub(crate) fn read_at(&self) -> Option<Duration> {
        self.entries.values().filter_map(|entry| entry.read_at).min()
    }

    /// Nothing can be read any more: what waits for a read is unknown.
    pub(crate) fn give_up(&mut self, why: &str) -> Vec<Ended> {
        let waiting = self.entries.iter().filter(|(_, entry)| entry.waits_since.is_some());
        let ids: Vec<RequestId> = waiting.map(|(id, _)| id.clone()).collect();
        ids.iter().filter_map(|id| self.close(id, Outcome::Unknown { why: why.to_owned() })).collect()
    }

    /// The session is over.
    pub(crate) fn end(&mut self, why: &str) -> Vec<Ended> {
        let ids: Vec<RequestId> = self.entries.keys().cloned().collect();
        ids.iter().filter_map(|id| self.close(id, Outcome::Unknown { why: why.to_owned() })).collect()
    }

    fn close(&mut self, id: &RequestId, outcome: Outcome) -> Option<Ended> {
        let entry = self.entries.remove(id)?;
        Some(Ended { id: id.clone(), command: entry.command, token: entry.token, outcome })
    }
}

/// The parts of a picture that conditions look at.
struct View<'a> {
    user: Option<&'a User>,
    dialogs: Vec<&'a Dialog>,
}

impl<'a> View<'a> {
    fn of(model: &'a Model) -> Self {
        Self { user: model.user(), dialogs: model.dialogs().collect() }
    }

    fn dialog(&self, id: &DialogId) -> Option<&'a Dialog> {
        self.dialogs.iter().copied().find(|dialog| dialog.id == *id)
    }
}

impl Before {
    fn view(&self) -> View<'_> {
        View { user: self.user.as_ref(), dialogs: self.dialog.iter().collect() }
    }
}

/// Whether the wanted condition holds.
fn condition(command: &Command, before: &Before, now: &View<'_>) -> bool {
    let state = now.user.and_then(|user| user.state.as_ref());
    match command {
        Command::SetState { state: wanted, reason: Some(reason), .. } if state == Some(wanted) => {
            // In the state already, but perhaps for another reason. A side that shows no reason cannot contradict.
            let user = now.user;
            let shown = user
                .and_then(|user| user.reason_code.as_ref())
                .and_then(|code| code.id.clone())
                .or_else(|| {
                    user.and_then(|user| user.reason_code_id.as_ref())
                        .and_then(Scalar::value)
                        .map(ToString::to_string)
                });
            shown.is_none_or(|shown| shown == reason.as_str())
        }
        Command::SetState { state: wanted, .. } => {
            state == Some(wanted) || now.user.and_then(|user| user.pending_state.as_ref()) == Some(wanted)
        }
        Command::SignIn { extension, .. } => {
            now.user.is_some_and(claim::is_signed_in)
                && now.user.and_then(|user| user.extension.as_deref()) == Some(extension.as_str())
        }
        // A logout for a reason of the system's own is somebody else's.
        Command::SignOut { .. } => {
            let pending = now.user.and_then(|user| user.pending_state.as_ref());
            pending == Some(&UserState::Logout)
                || state == Some(&UserState::Logout)
                    && now.user.is_some_and(|user| user.reason_class().is_none())
        }
        Command::MakeCall { from, to, .. } => now.dialogs.iter().any(|dialog| made(dialog, before, from, to)),
        Command::ConsultCall { target, to, .. } => {
            now.dialogs.iter().any(|dialog| made(dialog, before, target, to))
        }
        Command::Call { dialog: id, action, target } => {
            let leg = now.dialog(id).and_then(|dialog| dialog.participant(target));
            match action {
                CallAction::Answer => leg_is(leg, &[ParticipantState::Active, ParticipantState::Held]),
                CallAction::Hold => leg_is(leg, &[ParticipantState::Held]),
                CallAction::Retrieve => leg_is(leg, &[ParticipantState::Active]),
                CallAction::Drop => !is_on(leg),
                CallAction::Transfer => !is_on(leg),
                // Of a task that was never shown, its absence proves nothing.
                CallAction::Close | CallAction::Reject => before.dialog.is_some() && !is_on(leg),
                CallAction::Accept => leg_is(leg, &[ParticipantState::Accepted, ParticipantState::Active]),
                CallAction::Start | CallAction::Resume => leg_is(leg, &[ParticipantState::Active]),
                CallAction::Pause => leg_is(leg, &[ParticipantState::Paused]),
                CallAction::WrapUp => leg_is(leg, &[ParticipantState::WrappingUp]),
                CallAction::Conference => now.dialogs.iter().any(|dialog| merged(dialog, before, id)),
                _ => false,
            }
        }
        Command::BlindTransfer { dialog, target, .. } => {
            !is_on(now.dialog(dialog).and_then(|dialog| dialog.participant(target)))
        }
        Command::DropParticipant { dialog, party } => now.dialog(dialog).is_some_and(|dialog| {
            !dialog.participants().iter().any(|one| is_at(one, party) && is_on(Some(one)))
        }),
        Command::SilentMonitor { from, agent, .. } => {
            now.dialogs.iter().any(|dialog| made(dialog, before, from, agent.as_str()))
        }
        Command::TransferTask { dialog, agent, .. } => {
            let parties = now.dialog(dialog).map(Dialog::participants).unwrap_or_default();
            before.dialog.is_some()
                && !parties.iter().any(|one| is_at(one, agent.as_str()) && is_on(Some(one)))
        }
        Command::ScheduleCallback { dialog, time, number, .. } => {
            let info = now.dialog(dialog).and_then(|dialog| dialog.scheduled_callback_info.as_ref());
            info.is_some_and(|info| {
                (time.is_none() || info.callback_time == *time)
                    && (number.is_none() || info.callback_number == *number)
            })
        }
        Command::UpdateCallData { dialog, variables, wrap_up_reason, wrap_up_items, .. } => {
            now.dialog(dialog).is_some_and(|dialog| {
                has_data(dialog, variables, wrap_up_reason.as_deref()) && has_items(dialog, wrap_up_items)
            })
        }
        // Tones leave no trace, and neither does what `is_traceless` names.
        _ => false,
    }
}

/// What a read that was begun at that time says of a command, or `None` if a second look is needed.
fn judge(entry: &Entry, begun: Duration, model: &Model) -> Option<Outcome> {
    let view = View::of(model);
    if condition(&entry.command, &entry.before, &view) {
        return Some(Outcome::Applied);
    }
    let not_applied = |why: &str| Some(Outcome::NotApplied { why: why.to_owned() });
    let unknown = |why: &str| Some(Outcome::Unknown { why: why.to_owned() });
    match &entry.command {
        Command::SignIn { .. } if view.user.is_some_and(|user| user.state == Some(UserState::Logout)) => {
            not_applied("a read after it shows the agent signed out")
        }
        Command::SignOut { .. } if view.user.is_some_and(claim::is_signed_in) => {
            not_applied("a read after it shows the agent signed in")
        }
        Command::SetState { .. } | Command::SignIn { .. } | Command::SignOut { .. } => {
            let (before, user) = (entry.before.user.as_ref(), view.user);
            let same = |user: &User, before: &User| {
                user.state == before.state && user.state_change_time == before.state_change_time
            };
            if before.zip(user).is_some_and(|(before, user)| same(user, before)) {
                not_applied("a read after it shows the agent's state unchanged")
            } else {
                unknown("the agent's state is neither what was asked for nor what it was before")
            }
        }
        Command::MakeCall { .. } => match entry.looked {
            None => None,
            Some(looked) if begun < looked + SECOND_LOOK => None,
            Some(_) if view.user.and_then(|user| user.state.as_ref()) == Some(&UserState::Talking) => {
                unknown("no such call is shown, but the agent is talking")
            }
            Some(_) => not_applied("two reads show no such call"),
        },
        Command::UpdateCallData { dialog, variables, .. } => {
            match (view.dialog(dialog), &entry.before.dialog) {
                (Some(now), Some(before)) if same_data(now, before, variables) => {
                    not_applied("a read after it shows the old values")
                }
                (Some(_), _) => {
                    unknown("the values are neither what was asked for nor what they were before")
                }
                (None, _) => unknown("the dialog is over, and its data with it"),
            }
        }
        Command::SendDtmf { .. } => unknown("tones cannot be observed"),
        command if is_traceless(command) => unknown("nothing that is read shows whether it was done"),
        command => {
            let before = entry.before.dialog.as_ref();
            let unchanged =
                command.dialog().and_then(|id| view.dialog(id)).zip(before).is_some_and(|(now, before)| {
                    let target = target(command);
                    target.is_some_and(|target| {
                        let leg = |dialog: &Dialog| {
                            dialog
                                .participant(target)
                                .map(|leg| (leg.state.clone(), leg.state_change_time.clone()))
                        };
                        leg(now) == leg(before)
                    })
                });
            if unchanged {
                not_applied("a read after it shows the call as it was")
            } else {
                unknown("the call is neither as was asked for nor as it was before")
            }
        }
    }
}

/// What changes nothing in the agent's state or in what is read of his calls; media routing domains are not read.
fn is_traceless(command: &Command) -> bool {
    matches!(
        command,
        Command::BargeCall { .. }
            | Command::Call { action: CallAction::CancelCallback | CallAction::StartRecording, .. }
            | Command::MediaSignIn { .. }
            | Command::MediaSignOut { .. }
            | Command::PutMedia { .. }
            | Command::Reclassify { .. }
            | Command::ScheduleCallback { .. }
            | Command::SetMediaState { .. }
            | Command::SetRoutable { .. }
    )
}

fn is_at(party: &Participant, address: &str) -> bool {
    party.media_address.as_deref() == Some(address.trim())
}

fn target(command: &Command) -> Option<&str> {
    match command {
        Command::Call { target, .. } => Some(target.as_str()),
        Command::BlindTransfer { target, .. } | Command::ConsultCall { target, .. } => Some(target.as_str()),
        _ => None,
    }
}

/// A dialog that was not there before, from us to the number dialled.
fn made(dialog: &Dialog, before: &Before, from: &Extension, to: &str) -> bool {
    let to = to.trim();
    let media = dialog.media_properties.as_ref();
    let dialled = [dialog.to_address.as_deref(), media.and_then(|media| media.dialed_number.as_deref())];
    !before.dialogs.contains(&dialog.id)
        && match dialog.from_address.as_deref() {
            None | Some("") => dialog.participant(from).is_some(),
            Some(address) => address == from.as_str(),
        }
        && (dialled.contains(&Some(to))
            || dialog.participants().iter().any(|party| party.media_address.as_deref() == Some(to)))
}

/// The held call with the other one joined to it.
fn merged(dialog: &Dialog, before: &Before, id: &DialogId) -> bool {
    let was = before.dialog.as_ref().map_or(0, |dialog| present(dialog.participants()));
    let is_it = dialog.id == *id || dialog.secondary_id.as_deref() == Some(id.as_str());
    is_it && present(dialog.participants()) > was
}

fn present(parties: &[Participant]) -> usize {
    parties.iter().filter(|party| is_on(Some(party))).count()
}

fn is_on(leg: Option<&Participant>) -> bool {
    let over = [
        ParticipantState::Closed,
        ParticipantState::Dropped,
        ParticipantState::Failed,
        ParticipantState::WrapUp,
    ];
    leg.is_some_and(|leg| leg.state.as_ref().is_none_or(|state| !over.contains(state)))
}

fn leg_is(leg: Option<&Participant>, states: &[ParticipantState]) -> bool {
    leg.and_then(|leg| leg.state.as_ref()).is_some_and(|state| states.contains(state))
}

fn has_data(dialog: &Dialog, variables: &[(String, String)], wrap_up: Option<&str>) -> bool {
    dialog.media_properties.is_some()
        && variables.iter().all(|(name, wanted)| variable(dialog, name) == wanted)
        && wrap_up.is_none_or(|wanted| wrap_up_reason(dialog) == wanted)
}

fn has_items(dialog: &Dialog, wanted: &[String]) -> bool {
    let items = dialog.media_properties.as_ref().and_then(|media| media.wrap_up_items.as_deref());
    wanted.iter().all(|item| items.is_some_and(|items| items.contains(item)))
}

/// Everything that the command would have changed is as it was.
fn same_data(now: &Dialog, before: &Dialog, variables: &[(String, String)]) -> bool {
    variables.iter().all(|(name, _)| variable(now, name) == variable(before, name))
        && wrap_up_reason(now) == wrap_up_reason(before)
}

/// A variable that is not there is as good as an empty one.
fn variable<'a>(dialog: &'a Dialog, name: &str) -> &'a str {
    let variables = dialog.media_properties.iter().flat_map(|media| media.call_variables.iter().flatten());
    variables
        .filter(|variable| variable.name.as_deref() == Some(name))
        .find_map(|variable| variable.value.as_deref())
        .unwrap_or("")
}

fn wrap_up_reason(dialog: &Dialog) -> &str {
    dialog.media_properties.as_ref().and_then(|media| media.wrap_up_reason.as_deref()).unwrap_or("")
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
