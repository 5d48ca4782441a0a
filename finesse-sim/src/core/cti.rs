//! The CTI link of each side: commands to the world, facts from it, loss and recovery.
//!
//! | Link | Event | Becomes | Side |
//! |---|---|---|---|
//! | up | socket breaks | unnoticed, for `cti_cut_notice` | serves its old copy |
//! | up | silence | unnoticed, for three heartbeats | serves its old copy, heartbeat ages |
//! | unnoticed | noticed | down | OUT_OF_SERVICE |
//! | unnoticed | a silent link speaks again | up | catches up |
//! | down | a server can be reached | recovering, for `cti_recovery` | OUT_OF_SERVICE |
//! | recovering | all read | up | IN_SERVICE, then every state as an event |

use std::collections::BTreeMap;
use std::time::Duration;

use super::call::Call;
use super::command::{Command, CtiError};
use super::node::{CopiedCall, Cti};
use super::reason::CONNECTION_FAILURE;
use super::world::{Fact, state};
use super::{SimCore, Task, node};
use crate::profile::Span;
use crate::{LogKind, Side};

impl SimCore {
    /// Takes a command that was answered with 202. It waits until the object's earlier commands are done.
    pub(super) fn enqueue(&mut self, side: Side, command: Command) {
        if self.chance(self.node(side).faults.lose_202) {
            return self.lost(side, &command);
        }
        let object = command.object();
        let queue = self.node_mut(side).queues.entry(object.clone()).or_default();
        queue.push_back(command);
        if queue.len() == 1 {
            self.send_next(side, &object);
        }
    }

    fn lost(&mut self, side: Side, command: &Command) {
        let (user, verb) = (command.user.clone(), command.verb().to_owned());
        self.note(side, LogKind::CommandLost { user, verb, request_id: command.request_id.clone() });
    }

    fn send_next(&mut self, side: Side, object: &str) {
        let node = self.node(side);
        let Some(command) = node.queues.get(object).and_then(|queue| queue.front()).cloned() else { return };
        let (cti, cti_life) = (node.cti, node.cti_life);
        match cti {
            Cti::Up { .. } => {
                let delay = self.draw(self.profile.cti_confirm);
                self.after(delay, Task::Execute { side, cti_life, command });
            }
            // Written into a dead socket. The object's queue stands still until the side goes out of service.
            Cti::Unnoticed { .. } if !self.profile.queue_survives_outage => self.lost(side, &command),
            _ => {}
        }
    }

    /// A command has arrived at CTI.
    pub(super) fn execute(&mut self, side: Side, cti_life: u64, command: Command) {
        if self.node(side).cti_life != cti_life {
            if !self.profile.queue_survives_outage {
                self.lost(side, &command);
            }
            return;
        }
        let result = self.world.execute(&self.site, &command, side, self.profile.relogin_publishes);
        self.note(
            side,
            LogKind::Executed {
                user: command.user.clone(),
                verb: command.verb().to_owned(),
                dialog: result.as_ref().ok().copied().flatten().or(command.dialog).map(|id| id.to_string()),
                request_id: command.request_id.clone(),
                error: result.as_ref().err().map(|err| err.message.clone()),
            },
        );
        if let (super::command::Kind::Login { mobile, .. }, Ok(_)) = (&command.kind, &result) {
            if let Some(agent) = self.node_mut(side).agents.get_mut(&command.user) {
                agent.mobile.clone_from(mobile);
            }
            if self.profile.login_elsewhere_cancels {
                self.cancel_forced_logout(side.other(), &command.user, "signed in on the other side");
            }
        }
        let cause = command.request_id.clone().map(|id| (side, id));
        self.spread(cause);
        let delay = self.draw(self.profile.cti_latency);
        let due = self.in_order(side, delay);
        self.at(due, Task::Confirm { side, cti_life, command, result });
    }

    /// CTI's word on a command has arrived.
    pub(super) fn confirm(
        &mut self,
        side: Side,
        cti_life: u64,
        command: Command,
        result: Result<Option<u64>, CtiError>,
    ) {
        if self.node(side).cti_life != cti_life {
            return;
        }
        if let Err(error) = result {
            self.publish_error(side, &command, &error);
        }
        let object = command.object();
        if let Some(queue) = self.node_mut(side).queues.get_mut(&object) {
            queue.pop_front();
            if queue.is_empty() {
                self.node_mut(side).queues.remove(&object);
            }
        }
        self.send_next(side, &object);
    }

    /// Carries what changed in the world to each side whose link is up, and plans what happens by itself.
    pub(super) fn spread(&mut self, cause: Option<(Side, String)>) {
        for later in std::mem::take(&mut self.world.wanted) {
            let delay = match later {
                super::world::Later::Ring(_) => self.draw(self.profile.ring),
                super::world::Later::OutsideAnswers(_) => self.draw(self.profile.outside_answers),
                super::world::Later::WrapUpEnds(_) => self.profile.wrap_up,
            };
            self.after(delay, Task::World(later));
        }
        for (user, to, reason) in std::mem::take(&mut self.world.forced_done) {
            if reason == CONNECTION_FAILURE {
                self.note(None, LogKind::ForcedLogoutApplied { user, state: to.to_owned() });
            }
        }
        for fact in self.world.take_facts() {
            for side in Side::BOTH {
                let node = self.node(side);
                if matches!(node.cti, Cti::Up { .. }) {
                    let cti_life = node.cti_life;
                    let delay = self.draw(self.profile.cti_latency);
                    let due = self.in_order(side, delay);
                    self.at(due, Task::Arrive { side, cti_life, fact: fact.clone(), cause: cause.clone() });
                }
            }
        }
    }

    /// When something sent over a link now arrives: a link never overtakes itself.
    fn in_order(&mut self, side: Side, delay: Duration) -> Duration {
        let due = (self.now + delay).max(self.node(side).cti_order);
        self.node_mut(side).cti_order = due;
        due
    }

    /// Puts a fact into a side's copy and publishes what it changed.
    pub(super) fn apply(&mut self, side: Side, fact: Fact, cause: Option<&(Side, String)>) {
        let request_id = cause.filter(|(from, _)| *from == side).map(|(_, id)| id.as_str());
        match fact {
            Fact::Agent { id, now, again } => {
                let clock = self.clock(side);
                let Some(copy) = self.node_mut(side).agents.get_mut(&id) else { return };
                let changed = copy.now != now;
                if copy.now.state != now.state || copy.now.reason != now.reason {
                    copy.changed = Some(clock);
                }
                if now.state == state::LOGOUT {
                    copy.mobile = None;
                }
                copy.now = now;
                if changed {
                    self.queues_may_differ(side);
                }
                if changed || again {
                    self.publish_user(side, &id, request_id, Duration::ZERO);
                }
            }
            Fact::Call(call) => self.apply_call(side, call, request_id, Duration::ZERO),
            Fact::Media { id, domain, now } => self.apply_media(side, id, domain, now, Duration::ZERO),
            Fact::Task(task) => self.apply_task(side, task, Duration::ZERO),
        }
    }

    fn apply_call(&mut self, side: Side, call: Call, request_id: Option<&str>, delay: Duration) {
        let clock = self.clock(side);
        let old = self.node_mut(side).calls.remove(&call.id);
        let was_on = |agent: &str| old.as_ref().is_some_and(|old| old.call.leg_of(agent).is_some());
        let mut times = old.as_ref().map(|old| old.times.clone()).unwrap_or_default();
        for leg in &call.legs {
            let before =
                old.as_ref().and_then(|old| old.call.legs.iter().rfind(|known| known.address == leg.address));
            if before.is_none_or(|before| before.state != leg.state) {
                times.entry(leg.address.clone()).or_insert((clock, None)).1 = Some(clock);
            }
        }
        let changed = old.as_ref().is_none_or(|old| old.call != call);
        let mut agents: Vec<String> = call.legs.iter().filter_map(|leg| leg.agent.clone()).collect();
        agents.extend(old.iter().flat_map(|old| &old.call.legs).filter_map(|leg| leg.agent.clone()));
        agents.sort();
        agents.dedup();
        let copied = CopiedCall { call, times };
        if !copied.call.is_over() {
            self.node_mut(side).calls.insert(copied.call.id, copied.clone());
        }
        for agent in agents {
            match (was_on(&agent), copied.call.leg_of(&agent).is_some()) {
                (false, true) => self.publish_dialog(side, &agent, "POST", &copied, request_id, delay),
                (true, true) if changed => {
                    self.publish_dialog(side, &agent, "PUT", &copied, request_id, delay)
                }
                (true, false) => self.publish_dialog(side, &agent, "DELETE", &copied, request_id, delay),
                _ => {}
            }
        }
    }

    /// The link is lost. The side notices after `notice`.
    pub(super) fn cti_lost(&mut self, side: Side, notice: Duration, silent: bool) {
        let (now, interval) = (self.now, self.profile.heartbeat_interval);
        let node = self.node_mut(side);
        node.cti_reachable = false;
        if let Cti::Up { .. } = node.cti {
            node.last_heartbeat = node.heartbeat(now, interval);
            node.cti = Cti::Unnoticed { silent };
            node.cti_life += 1;
            let cti_life = node.cti_life;
            self.after(notice, Task::CtiNoticed { side, cti_life });
        } else if matches!(node.cti, Cti::Recovering)
            || (matches!(node.cti, Cti::Unnoticed { .. }) && !silent)
        {
            // A cut of a silent link is seen sooner, silence of a lost one changes nothing; a link lost while reading
            // starts over.
            if let Cti::Unnoticed { .. } = node.cti {
                node.cti = Cti::Unnoticed { silent };
            }
            node.cti_life += 1;
            let cti_life = node.cti_life;
            self.after(notice, Task::CtiNoticed { side, cti_life });
        }
    }

    /// The side sees that the link is gone.
    pub(super) fn cti_noticed(&mut self, side: Side, cti_life: u64) {
        let node = self.node_mut(side);
        if node.cti_life != cti_life || !matches!(node.cti, Cti::Unnoticed { .. } | Cti::Recovering) {
            return;
        }
        node.cti = Cti::Down;
        self.refresh_status(side, "CTI link lost");
        self.cti_try(side);
    }

    /// A CTI server can be reached again.
    pub(super) fn cti_restored(&mut self, side: Side) {
        let now = self.now;
        let node = self.node_mut(side);
        node.cti_reachable = true;
        if node.cti == (Cti::Unnoticed { silent: true }) {
            // The silence ended before three heartbeats were missed: nothing is lost, everything is late.
            node.cti_life += 1;
            node.cti = Cti::Up { since: now };
            self.read_world(side, false);
            self.resume_queues(side);
        }
        self.cti_try(side);
    }

    /// Begins to read from CTI, if the side looks for a server and one can be reached.
    pub(super) fn cti_try(&mut self, side: Side) {
        let node = self.node_mut(side);
        if node.cti != Cti::Down || !node.cti_reachable || !node.webapp_up {
            return;
        }
        node.cti = Cti::Recovering;
        node.cti_life += 1;
        let cti_life = node.cti_life;
        let mut delay = self.draw(self.profile.cti_recovery);
        if self.profile.cti_recovery_scales {
            let agents = u32::try_from(self.world.agents.len()).unwrap_or(u32::MAX);
            delay = delay.mul_f64(f64::from(agents.min(FULL_SITE)) / f64::from(FULL_SITE));
            delay = delay.max(self.profile.cti_recovery_floor);
        }
        self.after(delay, Task::CtiRecovered { side, cti_life });
    }

    /// Everything has been read from CTI.
    pub(super) fn cti_recovered(&mut self, side: Side, cti_life: u64) {
        let now = self.now;
        let node = self.node_mut(side);
        if node.cti_life != cti_life || node.cti != Cti::Recovering {
            return;
        }
        node.cti = Cti::Up { since: now };
        self.refresh_status(side, "");
        self.read_world(side, true);
        self.resume_queues(side);
    }

    fn resume_queues(&mut self, side: Side) {
        let objects: Vec<String> = self.node(side).queues.keys().cloned().collect();
        if self.profile.queue_survives_outage {
            for object in objects {
                self.send_next(side, &object);
            }
        } else {
            self.node_mut(side).queues.clear();
        }
    }

    /// Reads every agent and call from CTI. `outage`: what only the side knew is lost, and everything is published again.
    fn read_world(&mut self, side: Side, outage: bool) {
        let clock = self.clock(side);
        let mut agents: Vec<(String, super::world::AgentState)> =
            self.world.agents.iter().map(|(id, agent)| (id.clone(), agent.now.clone())).collect();
        let mut calls: Vec<Call> = self.world.calls.values().cloned().collect();
        if outage {
            self.rng.shuffle(&mut agents);
            self.rng.shuffle(&mut calls);
        }
        let ended: Vec<CopiedCall> = {
            let world = &self.world;
            let node = &mut self.nodes[side.index()];
            let (kept, ended): (BTreeMap<_, _>, BTreeMap<_, _>) =
                std::mem::take(&mut node.calls).into_iter().partition(|(id, _)| world.calls.contains_key(id));
            node.calls = kept;
            ended.into_values().collect()
        };
        for (id, mut now) in agents {
            if outage {
                // A pending state is known only to the side that was told of it.
                now.pending = None;
            }
            let Some(copy) = self.node_mut(side).agents.get_mut(&id) else { continue };
            let changed = copy.now != now;
            if copy.now.state != now.state || copy.now.reason != now.reason {
                copy.changed = Some(clock);
            }
            if outage || now.state == state::LOGOUT {
                copy.mobile = None;
            }
            let signed_in = now.state != state::LOGOUT;
            copy.now = now;
            if changed || (outage && signed_in) {
                let delay = self.burst(outage);
                self.publish_user(side, &id, None, delay);
            }
        }
        for mut copied in ended {
            if !outage || self.profile.burst_deletes {
                let present = copied.call.legs.iter().filter(|leg| leg.is_present());
                let agents: Vec<String> = present.filter_map(|leg| leg.agent.clone()).collect();
                copied.call.legs.iter_mut().for_each(super::call::Leg::drop_now);
                for agent in agents {
                    let delay = self.burst(outage);
                    self.publish_dialog(side, &agent, "DELETE", &copied, None, delay);
                }
            }
        }
        for call in calls {
            let delay = self.burst(outage);
            let known = self.node(side).calls.get(&call.id).is_some_and(|copied| copied.call == call);
            let id = call.id;
            if outage && known {
                self.forget_held_times(side, id);
                self.publish_again(side, id, delay);
            } else if !known {
                self.apply_call(side, call, None, delay);
                self.forget_held_times(side, id);
            }
        }
        self.read_tasks(side, outage);
        self.queues_may_differ(side);
    }

    /// The time since when a party is on hold does not survive an outage.
    fn forget_held_times(&mut self, side: Side, id: u64) {
        if let Some(copied) = self.node_mut(side).calls.get_mut(&id) {
            for leg in copied.call.legs.iter().filter(|leg| leg.state == super::call::leg::HELD) {
                if let Some(times) = copied.times.get_mut(&leg.address) {
                    times.1 = None;
                }
            }
        }
    }

    fn publish_again(&mut self, side: Side, id: u64, delay: Duration) {
        let Some(copied) = self.node(side).calls.get(&id).cloned() else { return };
        let agents: Vec<String> = copied
            .call
            .legs
            .iter()
            .filter(|leg| leg.is_present())
            .filter_map(|leg| leg.agent.clone())
            .collect();
        for agent in agents {
            self.publish_dialog(side, &agent, "PUT", &copied, None, delay);
        }
    }

    pub(super) fn burst(&mut self, outage: bool) -> Duration {
        let span = if outage { self.profile.burst_delay } else { Span::fixed(Duration::ZERO) };
        self.draw(span)
    }
}

/// Agents of a site whose recovery takes the whole of `cti_recovery`.
const FULL_SITE: u32 = 2000;

impl node::Node {
    /// Heartbeats that should have succeeded since the last one that did.
    pub(super) fn missed_heartbeats(&self, now: Duration, interval: Duration) -> u128 {
        let age = now.saturating_sub(self.heartbeat(now, interval));
        age.as_nanos().checked_div(interval.as_nanos()).unwrap_or(0)
    }
}
