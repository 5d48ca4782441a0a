//! The repair after a ghost logout: a moment for what follows it, LOGIN if the agent is signed out, READY if he had chosen it.
//!
//! Invariant: a repair sends each of the two at most once, and ends in exactly one report.

use std::time::Duration;

use finesse_model::{User, UserState};
use finesse_rest::Command;

use super::ResyncCore;
use super::live::state_and_reason;
use crate::event::Event;
use crate::resync::claim;
use crate::resync::guard::Hit;

/// A ghost logout that is being repaired.
#[derive(Debug)]
pub(super) struct Repair {
    /// When the next step is due, or given up.
    at: Duration,
    step: Step,
    pub(super) wants_ready: bool,
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

impl Repair {
    /// When the next step is due.
    pub(super) fn at(&self) -> Duration {
        self.at
    }
}

impl ResyncCore {
    /// Lets the guard look at the agent; true if it takes what it sees for a forced logout.
    pub(super) fn guard_sees(&mut self, now: Duration, user: &User) -> bool {
        // Who has asked to be signed out is not signed in again, whoever carried it out.
        if self.ledger.wants_sign_out() {
            return false;
        }
        match self.guard.see(now, user) {
            Some(Hit::First { repair_at: at }) => {
                let (wants_ready, why) = (self.choice.is_ready(), state_and_reason(user));
                self.repair = Some(Repair { at, step: Step::Settling, wants_ready, why });
                true
            }
            Some(Hit::Again) => {
                let why = format!(
                    "{} for the second time in five minutes; not repaired again",
                    state_and_reason(user)
                );
                self.attention("logout", why);
                true
            }
            None => false,
        }
    }

    /// Takes the next step of a repair, if it is due or its condition holds.
    pub(super) fn advance_repair(&mut self, now: Duration) {
        let Some(repair) = &self.repair else { return };
        let Some(user) = self.model.user() else { return };
        let (step, due, wants_ready) = (repair.step, now >= repair.at, repair.wants_ready);
        let signed_in = claim::is_signed_in(user);
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
