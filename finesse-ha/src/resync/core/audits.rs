//! Audits: reads beside the live stream that are compared with the picture.
//!
//! One runs shortly after going live, at long intervals, when something was taken or dropped without being certain, and when a command's outcome
//! must be read. What was touched by a notification since the audit's request was sent is left alone.
//!
//! Invariants: one audit at a time, and never two within [`AUDIT_DISTANCE`]; what the stream itself had called uncertain is no sign of a deaf stream.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use finesse_model::{Dialog, ParticipantState};
use finesse_rest::{Error, ErrorKind};

use super::live::{Standing, ended_at};
use super::{Op, Purpose, ResyncCore};
use crate::event::Cause;
use crate::line::{Fault, LineReport};
use crate::params::EARLY_AUDITS;
use crate::resync::collect::{Collect, Progress, Told};
use crate::resync::model::Change;

/// Audits may not follow each other faster, however doubtful things are.
const AUDIT_DISTANCE: Duration = Duration::from_secs(1);
/// After something uncertain: late publications have mostly come by then.
const DOUBT: Duration = Duration::from_secs(5);
/// Audits that contradict the picture within this time mean that the stream is deaf.
const DEAF_WINDOW: Duration = Duration::from_secs(600);
/// So many contradictions.
const DEAF: usize = 2;

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
    /// The credentials were refused. No read may use up the attempts that a person still has, until a request of his is answered otherwise.
    barred: bool,
    /// How many dialogs could not be read, as last told.
    unreadable: usize,
    /// The last read of the re-sync did not show how the mobile agent is reached. CTI may still have been carrying his LOGIN out, so the first audit
    /// decides.
    mobile_unseen: bool,
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
    pub(super) fn doubt(&mut self, now: Duration) {
        self.doubted = true;
        self.schedule(now + DOUBT);
    }

    pub(super) fn schedule(&mut self, at: Duration) {
        if self.barred {
            // One read will do, once reads are made again.
            let first = self.due.iter().copied().min().map_or(at, |first| first.min(at));
            self.due = vec![first];
            return;
        }
        // A later one that is due anyway is not worth an earlier twin within the same second.
        if !self.due.iter().any(|due| due.abs_diff(at) < AUDIT_DISTANCE) {
            self.due.push(at);
        }
    }

    /// The mobile agent is shown without the way to reach him.
    pub(super) fn note_mobile_unseen(&mut self) {
        self.mobile_unseen = true;
    }

    /// No read is made by itself.
    pub(super) fn is_barred(&self) -> bool {
        self.barred
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

    pub(super) fn next(&self) -> Option<Duration> {
        if self.running.is_some() || self.barred {
            return None;
        }
        self.due.iter().min().map(|due| (*due).max(self.not_before))
    }
}

impl ResyncCore {
    /// `unreadable` is how many dialogs the re-sync could not read and has told.
    pub(super) fn begin_audits(&mut self, now: Duration, doubtful: bool, unreadable: usize) {
        self.audits = Audits { doubted: doubtful, unreadable, ..Audits::default() };
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

    /// Starts an audit if one is due, or if a command's outcome has to be read.
    pub(super) fn audit_if_due(&mut self, now: Duration) {
        let audit_due = self.audits.next().is_some_and(|due| now >= due);
        let read_due = self.ledger.read_at().is_some_and(|at| now >= at);
        if (audit_due || read_due)
            && self.audits.running.is_none()
            && !self.audits.barred
            && now >= self.audits.not_before
        {
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

    pub(super) fn audit_answered(&mut self, now: Duration, told: Result<Told, Error>) {
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
                let known = Arc::clone(&self.picture);
                let settled = self.model.settle(now, &snapshot);
                let contradicts = !doubted && contradicts(&before, &known.dialogs, &settled.changes);
                self.watch_agent(now, &before, &settled.changes);
                self.tell(settled.changes, Cause::Audit, ended_at);
                self.tell_unreadable(snapshot.unreadable);
                if std::mem::take(&mut self.audits.mobile_unseen) && self.is_mobile_unseen() {
                    self.attention(
                        "mobile",
                        "the side does not show how the mobile agent is reached; signing out and in again restores it",
                    );
                }
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

    /// Tells that dialogs cannot be read, if that is news.
    fn tell_unreadable(&mut self, unreadable: usize) {
        if std::mem::replace(&mut self.audits.unreadable, unreadable) != unreadable && unreadable > 0 {
            self.degraded("unreadable", unreadable_dialogs(unreadable));
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
            self.degraded("deaf", why.clone());
            let epoch = self.epoch();
            self.report(LineReport::Failed { epoch, fault: Fault::Deaf, why });
        }
    }

    /// The credentials were refused: no read is made by itself any more.
    pub(super) fn bar_audits(&mut self) {
        self.audits.barred = true;
    }

    /// The credentials were accepted.
    pub(super) fn unbar_audits(&mut self) {
        self.audits.barred = false;
    }

    /// When the next read is wanted, for an audit or for a command.
    pub(super) fn audit_wake_at(&self) -> Option<Duration> {
        let read = self
            .ledger
            .read_at()
            .filter(|_| self.audits.running.is_none() && !self.audits.barred)
            .map(|at| at.max(self.audits.not_before));
        [self.audits.next(), read].into_iter().flatten().min()
    }
}

/// That so many dialogs of a list cannot be read, in words.
pub(super) fn unreadable_dialogs(count: usize) -> String {
    format!("{count} of the agent's dialogs cannot be read; they are shown as they were known, or not at all")
}

/// True if a read found something that a stream which can hear would have told: not details, which reads and notifications may show differently.
fn contradicts(before: &Standing, calls: &[Dialog], changes: &[Change]) -> bool {
    let states = |dialog: &Dialog| -> BTreeMap<Option<String>, Option<ParticipantState>> {
        dialog.participants().iter().map(|party| (party.media_address.clone(), party.state.clone())).collect()
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
