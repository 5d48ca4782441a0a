//! The session's part that deals with the agent himself at the beginning of an epoch: signing him in, the commit point of a move, READY.
//!
//! Invariants: a re-sync sends LOGIN at most once (the repair of a ghost logout may send another, later in the epoch), and never while somebody else
//! is known to have the agent; it asks for READY only where [`Choice`](crate::resync::guard::Choice) allows it.

use std::time::Duration;

use finesse_model::{RequestId, User, UserState};
use finesse_rest::{Accepted, Command, Error, ErrorKind};

use super::live::state_and_reason;
use super::{Op, Phase, Purpose, ResyncCore};
use crate::event::Event;
use crate::line::LineReport;
use crate::resync::claim::{self, Claim, Situation};
use crate::resync::guard::was_failure;
use crate::resync::news::News;

/// How often to look whether a sign-in has been carried out, if no notification says so. CTI takes up to 0.3 s.
pub(super) const SIGN_IN_LOOK: Duration = Duration::from_millis(500);

/// A sign-in under way.
#[derive(Debug)]
pub(super) struct Claiming {
    pub(super) request: RequestId,
    /// As read before.
    pub(super) user: User,
    /// The place at which it was asked for; what was heard before is not its effect.
    since: u64,
    /// The agent was signed out, so the effect has to be awaited.
    pub(super) signs_in: bool,
    /// When to stop waiting for the effect; `None` until the request is accepted.
    pub(super) deadline: Option<Duration>,
    pub(super) look_at: Option<Duration>,
}

impl ResyncCore {
    pub(super) fn decide(&mut self, now: Duration, user: User) {
        let was_signed_in = self.model.user().is_some_and(claim::is_signed_in);
        let gap = self.gap.map_or(Duration::ZERO, |gap| now.saturating_sub(gap.last_seen));
        let decision = claim::decide(&Situation {
            sign_in: self.open.sign_in.as_ref(),
            user: &user,
            cold: !self.was_live(),
            // Who has asked to be signed out is not signed in again, whoever carried it out.
            was_signed_in: was_signed_in && !self.ledger.wants_sign_out(),
            resumed: self.claimed,
            gap,
            max_gap: self.params.auto_relogin_max_gap,
        });
        self.taken = matches!(decision, Claim::TakenOver { .. });
        // A logout that was known before, or is told here, is nothing that a later read of this re-sync finds.
        self.signed_in =
            self.open.sign_in.is_some() && decision == Claim::Leave && claim::is_signed_in(&user);
        match decision {
            Claim::Leave => self.collect(now, Some(user)),
            Claim::Keep => self.claim(user, false),
            Claim::SignIn => {
                self.restore_ready = was_failure(&user) && self.choice.may_restore_after_sign_in(gap);
                self.claim(user, true);
            }
            Claim::TakenOver { extension } => {
                let why = format!(
                    "the agent is signed in on extension {extension}; this session does not sign him in"
                );
                self.feed(Event::SessionTakenOver { kind: String::from("extension"), why });
                self.collect(now, Some(user));
            }
            Claim::LoggedOut { why } => {
                self.feed(Event::LoggedOutDuringGap { kind: String::from("logout"), why });
                self.collect(now, Some(user));
            }
        }
    }

    fn claim(&mut self, user: User, signs_in: bool) {
        let Some(command) = self.sign_in_command() else { return };
        let request = self.request_id();
        self.phase = Phase::Claiming(Claiming {
            request: request.clone(),
            user,
            since: self.index,
            signs_in,
            deadline: None,
            look_at: None,
        });
        self.ask(Op::Submit(command, request), Purpose::Phase);
    }

    pub(super) fn sign_in_command(&self) -> Option<Command> {
        let sign_in = self.open.sign_in.clone()?;
        Some(Command::SignIn {
            user: self.open.user.clone(),
            extension: sign_in.extension,
            device: sign_in.device,
            mobile: sign_in.mobile,
        })
    }

    pub(super) fn claim_answered(&mut self, now: Duration, answer: Result<Accepted, Error>) {
        let Phase::Claiming(claiming) = &mut self.phase else { return };
        self.claimed |= answer.is_ok();
        match answer {
            Ok(_) if claiming.signs_in => {
                claiming.deadline = Some(now + self.params.event_wait);
                claiming.look_at = Some(now + SIGN_IN_LOOK);
                let since = claiming.since;
                self.commit(now);
                // The event may have overtaken the answer.
                let shown = self
                    .heard
                    .iter()
                    .filter(|heard| heard.index > since)
                    .any(|heard| matches!(&heard.news, News::User(user) if claim::is_signed_in(user)));
                if shown {
                    self.sign_in_shown(now);
                }
            }
            Ok(_) => {
                let user = claiming.user.clone();
                self.signed_in = true;
                self.commit(now);
                self.collect(now, Some(user));
            }
            // It is this sign-in that is wrong; another side would say the same.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::BadRequest
                        | ErrorKind::Conflict
                        | ErrorKind::Forbidden
                        | ErrorKind::InvalidRequest
                ) =>
            {
                let user = claiming.user.clone();
                self.attention("sign-in", error.to_string());
                self.collect(now, Some(user));
            }
            Err(error) => self.fail_by(&error),
        }
    }

    /// The sign-in has been carried out.
    pub(super) fn sign_in_shown(&mut self, now: Duration) {
        self.signed_in = true;
        self.collect(now, None);
    }

    /// The point after which a move is finished on the new side, whatever the old one does.
    pub(super) fn commit(&mut self, now: Duration) {
        if !std::mem::take(&mut self.uncommitted) {
            return;
        }
        self.report(LineReport::Committed(self.epoch()));
        // Even a side that was out of service may have put a forced logout off until it is back.
        let left = self.attachment.as_mut().and_then(|attachment| attachment.left.take());
        if left.is_some() && self.open.sign_in.is_some() {
            self.guard.arm(now, !self.model.is_idle());
        }
    }

    /// The agent was signed in when this re-sync began, and what was read after that shows him signed out.
    fn signed_out_since_claim(&mut self, now: Duration, user: &User) {
        if !self.guard_sees(now, user) {
            let why = format!("{}, after he had been signed in on this side", state_and_reason(user));
            self.feed(Event::LoggedOutDuringGap { kind: String::from("logout"), why });
        }
    }

    /// READY is asked for again where the agent had chosen it and a failure took it away.
    pub(super) fn after_resync(&mut self, now: Duration, gap: Duration) {
        let Some(user) = self.model.user().cloned() else { return };
        let relogged = std::mem::take(&mut self.restore_ready) && user.state == Some(UserState::NotReady);
        let restore =
            self.choice.may_restore(&user, gap) || (relogged && self.choice.may_restore_after_sign_in(gap));
        let signed_in = claim::is_signed_in(&user);
        if std::mem::take(&mut self.signed_in) && !self.taken && !signed_in {
            self.signed_out_since_claim(now, &user);
        }
        self.choice.see(&user);
        if restore && self.open.sign_in.is_some() && !self.taken {
            let user = self.open.user.clone();
            self.command(now, None, Command::SetState { user, state: UserState::Ready, reason: None });
        }
        if self.is_mobile_unseen() {
            self.audits.note_mobile_unseen();
        }
    }

    /// Our mobile agent is signed in, and the side does not show how he is reached.
    pub(super) fn is_mobile_unseen(&self) -> bool {
        let is_mobile = self.open.sign_in.as_ref().is_some_and(|sign_in| sign_in.mobile.is_some());
        let unseen = |user: &User| claim::is_signed_in(user) && user.mobile_agent.is_none();
        is_mobile && !self.taken && self.model.user().is_some_and(unseen)
    }
}
