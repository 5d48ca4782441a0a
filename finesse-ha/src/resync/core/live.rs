//! The session while it is live: what notifications change, and what the agent's own state means.
//!
//! Invariant: a change is told if and only if it changed what is shown.

use std::time::Duration;

use finesse_model::{
    Dialog, ReasonClass, RequestId, Resource, SystemStatus, Timestamp, Update, User, UserState,
};

use super::repair::Repair;
use super::{ResyncCore, words_of};
use crate::event::{Cause, Event, When};
use crate::resync::claim;
use crate::resync::model::{Change, Model};
use crate::resync::news::News;

/// After the agent became ready or not ready while a dialog is shown: the end of the dialog may have been lost.
const LEFTOVER: Duration = Duration::from_secs(2);

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
            News::Unreadable { why, .. } => self.degraded("unreadable", why),
            News::Errors { source, request_id, errors } => self.refused_later(source, request_id, errors),
            News::Other(update) => {
                if is_back(&update) {
                    self.audits.doubt(now);
                }
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
        let words = words_of(&errors);
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
    pub(super) fn watch_agent(&mut self, now: Duration, before: &Standing, changes: &[Change]) {
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
        self.guard_sees(now, user);
    }

    /// True once somebody else has the agent: he is signed in on another extension, or was signed out because of another session.
    fn is_taken(&mut self, before: &Standing, user: &User) -> bool {
        let Some(sign_in) = &self.open.sign_in else { return false };
        let signed_in = claim::is_signed_in(user);
        let elsewhere = claim::elsewhere(user, sign_in);
        let by_other = !signed_in && user.reason_class() == Some(ReasonClass::OtherSession);
        let was_taken = self.taken;
        self.taken = elsewhere.is_some() || by_other || (was_taken && !signed_in);
        if self.taken && !was_taken && Standing::of(&self.model) != *before {
            let (kind, why) = match elsewhere {
                Some(extension) => {
                    ("extension", format!("the agent is signed in on extension {extension} now"))
                }
                None => ("session", state_and_reason(user)),
            };
            self.choice.chose_otherwise();
            self.guard.disarm();
            self.give_up_repair("another session has the agent");
            self.feed(Event::SessionTakenOver { kind: kind.to_owned(), why });
        }
        self.taken
    }

    pub(super) fn live_wake_at(&self) -> Option<Duration> {
        let repair = self.repair.as_ref().map(Repair::at);
        [self.audit_wake_at(), repair, self.guard.ends_at()].into_iter().flatten().min()
    }

    pub(super) fn live_tick(&mut self, now: Duration) {
        self.guard.look(now, !self.model.is_idle());
        self.advance_repair(now);
        self.audit_if_due(now);
    }
}

/// Whether a side says that it has come into service. Within an epoch nobody knew that it was out: where the web application's presence is not sent,
/// its stream stays up and silent while it is away, and what happened meanwhile is published by nobody.
fn is_back(update: &Update) -> bool {
    matches!(&update.data, Some(Resource::SystemInfo(info)) if info.status == Some(SystemStatus::InService))
}

/// How the agent stands, without the details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) state: Option<UserState>,
    reason: Option<i64>,
    pub(super) extension: Option<String>,
}

impl Standing {
    pub(super) fn of(model: &Model) -> Self {
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

/// State and reason, for messages.
pub(super) fn state_and_reason(user: &User) -> String {
    let state = user.state.as_ref().map_or_else(|| String::from("no state"), ToString::to_string);
    user.reason_number()
        .map_or_else(|| format!("{state} without a reason"), |code| format!("{state} with reason {code}"))
}

/// The latest time that the server gives for any participant of a dialog that is over.
pub(super) fn ended_at(dialog: &Dialog) -> When {
    let times = dialog.participants().iter().filter_map(|party| party.state_change_time.as_ref());
    let latest = times.filter(|time| time.unix_millis().is_some()).max_by_key(|time| time.unix_millis());
    latest.map_or(When::Unknown, |time: &Timestamp| When::Known(time.clone()))
}
