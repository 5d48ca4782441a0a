//! Forced logout: what a side does when a signed-in user's last stream is gone.
//!
//! | State | Event | Becomes | Effect |
//! |---|---|---|---|
//! | present | last available stream gone, side in service | armed for `forced_logout_wait` | |
//! | armed | an available stream of the user | present | |
//! | armed | timer, side in service | – | forced logout to CTI |
//! | armed | side out of service, profile says drop | – | |
//! | armed | timer while out of service, profile says defer | deferred | |
//! | deferred | side in service | – | forced logout to CTI |
//!
//! CTI carries a forced logout out at once, or when the agent's call ends.

use super::node::{Absence, Cti};
use super::reason::CONNECTION_FAILURE;
use super::world::state;
use super::{SimCore, Task};
use crate::profile::WhenOut;
use crate::{LogKind, Side};

impl SimCore {
    /// A stream of the user has become unavailable.
    pub(super) fn user_gone(&mut self, side: Side, user: &str) {
        let others = self.sessions.values().any(|session| session.side == side && session.is_available(user));
        if others && self.profile.second_resource_keeps_presence {
            return;
        }
        let node = self.node(side);
        let watches =
            node.in_service || (node.webapp_up && self.profile.forced_logout_when_out == WhenOut::Defer);
        if !watches || !node.is_signed_in(user) || node.absent.contains_key(user) {
            return;
        }
        let timer = self.number();
        self.node_mut(side).absent.insert(user.to_owned(), Absence::Armed(timer));
        self.note(side, LogKind::ForcedLogoutArmed { user: user.to_owned() });
        let wait = self.profile.forced_logout_wait;
        self.after(wait, Task::ForcedLogout { side, user: user.to_owned(), timer });
    }

    /// A stream of the user has become available.
    pub(super) fn user_back(&mut self, side: Side, user: &str) {
        self.cancel_forced_logout(side, user, "the user is back");
    }

    /// Stops the timer, if it runs.
    pub(super) fn cancel_forced_logout(&mut self, side: Side, user: &str, why: &str) {
        if self.node_mut(side).absent.remove(user).is_some() {
            self.note(side, LogKind::ForcedLogoutCancelled { user: user.to_owned(), why: why.to_owned() });
        }
    }

    /// A timer has run out.
    pub(super) fn forced_logout_due(&mut self, side: Side, user: &str, timer: u64) {
        let node = self.node_mut(side);
        if node.absent.get(user) != Some(&Absence::Armed(timer)) {
            return;
        }
        if node.in_service {
            node.absent.remove(user);
            if node.is_signed_in(user) {
                self.send_forced_logout(side, user);
            }
        } else {
            node.absent.insert(user.to_owned(), Absence::Deferred);
        }
    }

    /// The side tells CTI to log the user out.
    pub(super) fn send_forced_logout(&mut self, side: Side, user: &str) {
        self.note(side, LogKind::ForcedLogoutFired { user: user.to_owned() });
        let delay = self.draw(self.profile.cti_latency);
        self.after(delay, Task::Force { side, user: user.to_owned() });
    }

    /// CTI carries a forced logout out.
    pub(super) fn force(&mut self, side: Side, user: &str) {
        let (to, wait) = if self.profile.load {
            (state::LOGOUT, self.profile.load_waits_for_call)
        } else {
            (state::NOT_READY, true)
        };
        if matches!(self.node(side).cti, Cti::Up { .. }) {
            self.world.force(user, to, CONNECTION_FAILURE, wait);
            self.spread(None);
        }
    }
}
