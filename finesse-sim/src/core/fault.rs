//! Faults, each turned into what it does to a side.

use super::node::EventFault;
use super::{SimCore, StreamEnd};
use crate::{Fault, Lie, LogKind, Side};

impl SimCore {
    /// Puts a fault in, or ends one.
    pub(super) fn fault(&mut self, fault: Fault) {
        self.note(None, LogKind::Fault { fault: fault.clone() });
        let sides = |side: Option<Side>| match side {
            Some(one) => vec![one],
            None => Side::BOTH.to_vec(),
        };
        match fault {
            Fault::StopNotification { side } => self.stop_notification(side),
            Fault::StartNotification { side } => self.start_notification(side),
            Fault::StopTomcat { side } => self.stop_tomcat(side),
            Fault::StartTomcat { side } => self.start_tomcat(side),
            Fault::CrashWebapp { side } => self.crash_webapp(side),
            Fault::RestoreWebapp { side } => self.restore_webapp(side),
            Fault::CtiCut { side } => {
                for side in sides(side) {
                    let notice = self.draw(self.profile.cti_cut_notice);
                    self.cti_lost(side, notice, false);
                }
            }
            Fault::CtiSilent { side } => {
                let notice = self.profile.heartbeat_interval * self.profile.heartbeats_missed;
                sides(side).into_iter().for_each(|side| self.cti_lost(side, notice, true));
            }
            Fault::CtiRestore { side } => sides(side).into_iter().for_each(|side| self.cti_restored(side)),
            Fault::KillHost { side } => self.kill_host(side),
            Fault::Boot { side } => self.boot(side),
            Fault::StreamReset { side, user } => {
                self.end_streams(side, user.as_deref(), &StreamEnd::Reset);
            }
            Fault::CutStanza { side, user } => self.cut_streams(side, user.as_deref()),
            Fault::StreamError { side, user, condition } => {
                self.end_streams(side, user.as_deref(), &StreamEnd::StreamError(condition));
            }
            Fault::OfflineFlood { side, user, count } => {
                if let Some(id) = self.world.resolve(&user).map(|agent| agent.spec.id.clone()) {
                    self.pile_up(side, &id, count);
                }
            }
            Fault::HalfOpen { side, user } => self.half_open(side, user.as_deref()),
            Fault::RestHang { side, on: true, path } => {
                self.node_mut(side).faults.hang.insert(path.unwrap_or_default());
            }
            Fault::RestHang { side, on: false, path } => match path {
                Some(path) => drop(self.node_mut(side).faults.hang.remove(&path)),
                None => self.node_mut(side).faults.hang.clear(),
            },
            Fault::User500 { side, probability } => self.node_mut(side).faults.user_500 = probability,
            Fault::DropEvents { side, node, probability } => {
                set(&mut self.node_mut(side).faults.drop, node, probability, probability <= 0.0);
            }
            Fault::DupEvents { side, node, probability } => {
                set(&mut self.node_mut(side).faults.dup, node, probability, probability <= 0.0);
            }
            Fault::RepeatEvents { side, node, probability } => {
                set(&mut self.node_mut(side).faults.repeat, node, probability, probability <= 0.0);
            }
            Fault::DelayEvents { side, node, min, max } => {
                set(&mut self.node_mut(side).faults.delay, node, (min, max), max.is_zero());
            }
            Fault::SiLies { side, lie } => self.lie(side, lie),
            Fault::Conflict { side, user } => {
                let conflict = StreamEnd::StreamError("conflict".to_owned());
                self.end_streams(side, Some(&user), &conflict);
            }
            Fault::ForcedLogoutNow { side, user } => {
                if let Some(id) = self.world.resolve(&user).map(|agent| agent.spec.id.clone()) {
                    self.send_forced_logout(side, &id);
                }
            }
            Fault::PasswordChanged { side, user, password } => {
                let Some(id) = self.world.resolve(&user).map(|agent| agent.spec.id.clone()) else { return };
                for side in sides(side) {
                    self.node_mut(side).accounts.entry(id.clone()).or_default().password =
                        Some(password.clone());
                }
            }
            Fault::LockUser { side, user } => {
                let Some(id) = self.world.resolve(&user).map(|agent| agent.spec.id.clone()) else { return };
                let until = self.now + self.profile.lockout_time;
                for side in sides(side) {
                    self.node_mut(side).accounts.entry(id.clone()).or_default().locked_until = Some(until);
                }
            }
            Fault::UserUnknown { side, user, on } => {
                let unknown = &mut self.node_mut(side).faults.unknown;
                if on {
                    unknown.insert(user);
                } else {
                    unknown.remove(&user);
                }
            }
            Fault::ClockStep { side, millis } => {
                let node = self.node_mut(side);
                node.clock_step = node.clock_step.saturating_add(millis);
            }
            Fault::Lose202 { side, probability } => self.node_mut(side).faults.lose_202 = probability,
            Fault::Slow { side, factor } => {
                let usable = factor.is_finite() && factor > 0.0;
                self.node_mut(side).faults.slow = if usable { factor.min(10_000.0) } else { 1.0 };
            }
            Fault::LoseSubscriptions { side } => self.node_mut(side).subscriptions.clear(),
        }
    }

    fn lie(&mut self, side: Side, lie: Option<Lie>) {
        let (now, interval) = (self.now, self.profile.heartbeat_interval);
        let node = self.node_mut(side);
        node.faults.lie = lie.map(|lie| (lie, node.heartbeat(now, interval)));
    }
}

/// Replaces the fault with the same pattern, or ends it.
fn set<T>(faults: &mut Vec<EventFault<T>>, node: Option<String>, what: T, end: bool) {
    faults.retain(|fault| fault.node != node);
    if !end {
        faults.push(EventFault { node, what });
    }
}
