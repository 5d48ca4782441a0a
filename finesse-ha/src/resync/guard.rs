//! The ghost-logout guard, and when READY is asked for again.
//!
//! A side that was left sees the agent's presence vanish and sends a forced logout 60 to 180 s later, or when the present call ends; one that is out
//! of service may put it off until it is back. That logout hits the agent on the new side. The guard waits for it, lets a second pass for an event that follows, and repairs it once.
//!
//! | Guard | Event | Becomes |
//! |---|---|---|
//! | disarmed | the session has moved and the agent is claimed | armed |
//! | armed | LOGOUT or NOT_READY of the connection class, not asked for | repair due after 1 s, disarmed |
//! | armed | 180 s passed and no dialog, or 30 s after the first moment without one, or 4 h | disarmed |
//! | any | a second hit within five minutes | reported, not repaired |
//!
//! READY is asked for only if the agent chose it in this session and nothing but a lost connection or back end took it away.

use std::time::Duration;

use finesse_model::{ReasonClass, User, UserState};

use crate::params::FORCED_LOGOUT_LATEST;

/// A forced logout deferred by a call comes with its end; events of the end itself may follow for a moment.
const AFTER_CALL: Duration = Duration::from_secs(30);
/// No call lasts longer than this for the guard.
const LONGEST: Duration = Duration::from_secs(4 * 3600);
/// The logout is often followed by another event of the same cause.
const SETTLE: Duration = Duration::from_secs(1);
/// A second hit so soon is no ghost.
const AGAIN: Duration = Duration::from_secs(300);
/// READY is not restored for an agent who has not been seen for longer: he would be available at an empty chair.
const READY_MAX_GAP: Duration = Duration::from_secs(300);

/// What the guard saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hit {
    /// A forced logout; the repair is due at that time.
    First { repair_at: Duration },
    /// Another one shortly after the first.
    Again,
}

#[derive(Debug, Clone, Copy)]
struct Armed {
    since: Duration,
    /// The first moment without a dialog after a call that was there when it was armed.
    idle_since: Option<Duration>,
    had_call: bool,
}

/// The guard of one session.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    armed: Option<Armed>,
    last_hit: Option<Duration>,
}

impl Guard {
    /// The session has left a side that may still send a forced logout.
    pub(crate) fn arm(&mut self, now: Duration, on_call: bool) {
        self.armed = Some(Armed { since: now, idle_since: (!on_call).then_some(now), had_call: on_call });
    }

    /// True while a forced logout is expected.
    #[cfg(test)]
    fn is_armed(&self) -> bool {
        self.armed.is_some()
    }

    /// No forced logout is to be repaired any more.
    pub(crate) fn disarm(&mut self) {
        self.armed = None;
    }

    /// Whether the agent is on a call now; lets the guard end.
    pub(crate) fn look(&mut self, now: Duration, on_call: bool) {
        if let Some(armed) = &mut self.armed {
            if on_call {
                armed.had_call = true;
                armed.idle_since = None;
            } else if armed.idle_since.is_none() {
                armed.idle_since = Some(now);
            }
        }
        if self.ends_at().is_some_and(|end| now >= end) {
            self.armed = None;
        }
    }

    /// When it ends by itself.
    pub(crate) fn ends_at(&self) -> Option<Duration> {
        let armed = self.armed?;
        let latest = armed.since + FORCED_LOGOUT_LATEST;
        Some(match armed.idle_since {
            Some(idle) if armed.had_call => latest.max(idle + AFTER_CALL),
            Some(_) => latest,
            None => armed.since + LONGEST,
        })
    }

    /// The agent's state or its reason changed.
    pub(crate) fn see(&mut self, now: Duration, user: &User) -> Option<Hit> {
        let hit = matches!(user.state, Some(UserState::Logout | UserState::NotReady))
            && user.reason_class() == Some(ReasonClass::Connection);
        if !hit {
            return None;
        }
        if self.last_hit.is_some_and(|last| now.saturating_sub(last) < AGAIN) {
            self.armed = None;
            self.last_hit = Some(now);
            return Some(Hit::Again);
        }
        self.armed.take()?;
        self.last_hit = Some(now);
        Some(Hit::First { repair_at: now + SETTLE })
    }
}

/// Whether the agent's last choice in this session was READY, and is still his.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    ready: bool,
}

impl Choice {
    /// The agent got the READY he asked for.
    pub(crate) fn chose_ready(&mut self) {
        self.ready = true;
    }

    /// The agent asked for something else.
    pub(crate) fn chose_otherwise(&mut self) {
        self.ready = false;
    }

    /// The agent's state as it became known: what others decide ends the choice, what a failure does leaves it.
    pub(crate) fn see(&mut self, user: &User) {
        if matches!(user.state, Some(UserState::NotReady | UserState::Logout)) && !was_failure(user) {
            self.ready = false;
        }
    }

    /// True if READY may be asked for: chosen here, taken away by a failure, the gap short.
    pub(crate) fn may_restore(&self, user: &User, gap: Duration) -> bool {
        user.state == Some(UserState::NotReady) && was_failure(user) && self.may_restore_after_sign_in(gap)
    }

    /// The same for an agent whom a failure had signed out: the reason is gone with the sign-in.
    pub(crate) fn may_restore_after_sign_in(&self, gap: Duration) -> bool {
        self.ready && gap <= READY_MAX_GAP
    }

    /// True if the agent had chosen READY.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready
    }
}

/// True if a lost connection or back end, and nobody's decision, brought the agent into his state.
pub(crate) fn was_failure(user: &User) -> bool {
    matches!(user.reason_class(), Some(ReasonClass::Connection | ReasonClass::Backend))
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn user(state: &str, reason: i64) -> User {
        User::from_xml(&format!(
            "<User><state>{state}</state><reasonCode><code>{reason}</code></reasonCode></User>"
        ))
        .unwrap()
    }

    #[test]
    fn a3_a_forced_logout_after_leaving_a_serving_side_is_a_hit() {
        let mut guard = Guard::default();
        guard.arm(10 * S, false);
        assert_eq!(guard.see(70 * S, &user("LOGOUT", 255)), Some(Hit::First { repair_at: 71 * S }));
        assert!(!guard.is_armed());
    }

    #[test]
    fn a_second_hit_within_five_minutes_is_not_repaired() {
        let mut guard = Guard::default();
        guard.arm(10 * S, false);
        guard.see(70 * S, &user("LOGOUT", 255));
        assert_eq!(guard.see(200 * S, &user("NOT_READY", 50002)), Some(Hit::Again));
    }

    #[test]
    fn without_having_left_a_serving_side_there_is_no_ghost() {
        assert_eq!(Guard::default().see(70 * S, &user("LOGOUT", 255)), None);
    }

    #[test]
    fn a5_a_supervisors_logout_is_no_ghost() {
        let mut guard = Guard::default();
        guard.arm(10 * S, false);
        assert_eq!(guard.see(70 * S, &user("LOGOUT", 999)), None);
        assert!(guard.is_armed());
    }

    #[test]
    fn a4_the_guard_outlives_a_call() {
        let mut guard = Guard::default();
        guard.arm(10 * S, true);
        guard.look(600 * S, true);
        assert!(guard.is_armed());
        guard.look(700 * S, false);
        assert!(guard.is_armed());
        guard.look(730 * S, false);
        assert!(!guard.is_armed());
    }

    #[test]
    fn without_a_call_the_guard_ends_after_three_minutes() {
        let mut guard = Guard::default();
        guard.arm(10 * S, false);
        guard.look(189 * S, false);
        assert!(guard.is_armed());
        guard.look(190 * S, false);
        assert!(!guard.is_armed());
    }

    #[test]
    fn ready_is_restored_only_if_chosen_here_and_lost_by_a_failure() {
        let mut choice = Choice::default();
        assert!(!choice.may_restore(&user("NOT_READY", 50002), S));
        choice.chose_ready();
        assert!(choice.may_restore(&user("NOT_READY", 50002), S));
        assert!(!choice.may_restore(&user("NOT_READY", 50002), 301 * S));
        assert!(!choice.may_restore(&user("WORK", 50002), S));
        choice.see(&user("NOT_READY", 50002));
        assert!(choice.is_ready());
        choice.see(&user("NOT_READY", 999));
        assert!(!choice.is_ready());
    }
}
