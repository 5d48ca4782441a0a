//! The world the pair serves: agents and calls as CTI and the phones know them.
//!
//! The world has no clock. A change marks what it touched; the core takes the marks as [`Fact`]s and carries them to each
//! side over that side's CTI link. Things that happen by themselves later (ringing, answering, the end of wrap-up) are
//! handed out as [`Later`] and come back through [`World::later`].

use std::collections::BTreeMap;

use super::call::{Call, Leg, leg};
use super::command::CtiError;
use super::tasks::{MediaState, Task};
use crate::{AgentSpec, Side};

/// Agent states, in the words of the REST API.
pub(crate) mod state {
    /// Signed out.
    pub(crate) const LOGOUT: &str = "LOGOUT";
    /// Signed in, takes no calls.
    pub(crate) const NOT_READY: &str = "NOT_READY";
    /// Waits for calls.
    pub(crate) const READY: &str = "READY";
    /// A call rings.
    pub(crate) const RESERVED: &str = "RESERVED";
    /// A customer of a campaign is offered.
    pub(crate) const RESERVED_OUTBOUND_PREVIEW: &str = "RESERVED_OUTBOUND_PREVIEW";
    /// On a call.
    pub(crate) const TALKING: &str = "TALKING";
    /// All calls held.
    pub(crate) const HOLD: &str = "HOLD";
    /// After-call work, not ready afterwards.
    pub(crate) const WORK: &str = "WORK";
    /// After-call work, ready afterwards.
    pub(crate) const WORK_READY: &str = "WORK_READY";

    /// A state that can be asked for.
    pub(crate) fn requestable(text: &str) -> Option<&'static str> {
        [LOGOUT, NOT_READY, READY, WORK, WORK_READY].into_iter().find(|known| *known == text)
    }
}

/// What CTI says about an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AgentState {
    /// One of the constants of [`state`].
    pub(crate) state: &'static str,
    /// Extension signed in with; empty when signed out.
    pub(crate) extension: String,
    /// State after the present call.
    pub(crate) pending: Option<&'static str>,
    /// Number of the reason.
    pub(crate) reason: Option<i64>,
}

/// One agent.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    /// As configured.
    pub(crate) spec: AgentSpec,
    /// As he is now.
    pub(crate) now: AgentState,
    /// Mobile agent's mode and number, as given at the last sign-in.
    pub(crate) mobile: Option<(String, String)>,
    /// The side he last signed in at.
    pub(crate) owner: Option<Side>,
    /// State and reason to go back to after a call.
    resume: (&'static str, Option<i64>),
    /// State and reason forced on him when his call ends.
    pub(crate) forced: Option<(&'static str, i64)>,
    /// Reason of the pending state.
    pending_reason: Option<i64>,
}

impl Agent {
    fn is_busy(&self) -> bool {
        use state::{HOLD, RESERVED, RESERVED_OUTBOUND_PREVIEW, TALKING, WORK, WORK_READY};
        matches!(self.now.state, RESERVED | RESERVED_OUTBOUND_PREVIEW | TALKING | HOLD | WORK | WORK_READY)
    }

    fn enter(&mut self, to: &'static str, reason: Option<i64>) {
        self.now.state = to;
        self.now.reason = reason;
        if to == state::LOGOUT {
            self.now.extension.clear();
            self.now.pending = None;
            self.forced = None;
            self.mobile = None;
        }
    }
}

/// A fact CTI tells both sides.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// The agent as he is now. `again`: to be published even if nothing changed.
    Agent { id: String, now: AgentState, again: bool },
    /// The call as it is now.
    Call(Call),
    /// The agent in a media routing domain as he is now.
    Media { id: String, domain: u32, now: MediaState },
    /// The task as it is now.
    Task(Task),
}

/// What happens by itself after a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Later {
    /// The far end of a new call begins to ring.
    Ring(u64),
    /// An outside party answers.
    OutsideAnswers(u64),
    /// Wrap-up runs out.
    WrapUpEnds(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    Agent(String),
    Call(u64),
    Media(String, u32),
    Task(String),
}

/// Agents and calls.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// Agents by loginId.
    pub(crate) agents: BTreeMap<String, Agent>,
    /// Calls that are not over.
    pub(crate) calls: BTreeMap<u64, Call>,
    /// Agents in media routing domains; who was never signed in is not there.
    pub(crate) media: BTreeMap<(String, u32), MediaState>,
    /// Tasks that are not over, by dialog id.
    pub(crate) tasks: BTreeMap<String, Task>,
    /// Calls and states are those of CCX.
    pub(crate) ccx: bool,
    /// Counts tasks.
    pub(super) next_task: u64,
    /// Timers wanted since they were last taken.
    pub(crate) wanted: Vec<Later>,
    /// Forced states carried out since they were last taken: agent, state, reason.
    pub(crate) forced_done: Vec<(String, &'static str, i64)>,
    next_call: u64,
    marks: Vec<Mark>,
    again: Vec<String>,
}

impl World {
    /// An empty world. Dialog ids count from `first_call`.
    pub(crate) fn new(first_call: u64, ccx: bool) -> Self {
        Self { next_call: first_call, ccx, ..Self::default() }
    }

    /// Adds an agent, signed out.
    pub(crate) fn add(&mut self, spec: AgentSpec) {
        let now = AgentState { state: state::LOGOUT, extension: String::new(), pending: None, reason: None };
        let agent = Agent {
            now,
            mobile: None,
            owner: None,
            resume: (state::NOT_READY, None),
            forced: None,
            pending_reason: None,
            spec,
        };
        self.agents.insert(agent.spec.id.clone(), agent);
    }

    /// The agent with this loginId (case aside) or loginName.
    pub(crate) fn resolve(&self, name: &str) -> Option<&Agent> {
        self.agents.get(name).or_else(|| {
            self.agents.values().find(|agent| {
                agent.spec.id.eq_ignore_ascii_case(name) || agent.spec.login_name.eq_ignore_ascii_case(name)
            })
        })
    }

    /// The agent signed in with an extension.
    pub(crate) fn signed_in_at(&self, extension: &str) -> Option<&str> {
        self.agents
            .values()
            .find(|agent| agent.now.state != state::LOGOUT && agent.now.extension == extension)
            .map(|agent| agent.spec.id.as_str())
    }

    /// Whether the agent is on a call or ringing.
    pub(crate) fn on_call(&self, agent: &str) -> bool {
        self.calls.values().any(|call| call.leg_of(agent).is_some_and(|leg| leg.is_live() && !leg.monitored))
    }

    /// Takes what changed since the last time, in the order in which it first changed. Calls that are over go away.
    pub(crate) fn take_facts(&mut self) -> Vec<Fact> {
        let again = std::mem::take(&mut self.again);
        let mut facts = Vec::new();
        for mark in std::mem::take(&mut self.marks) {
            match mark {
                Mark::Agent(id) => {
                    if let Some(agent) = self.agents.get(&id) {
                        facts.push(Fact::Agent { now: agent.now.clone(), again: again.contains(&id), id });
                    }
                }
                Mark::Call(id) => {
                    if let Some(call) = self.calls.get(&id) {
                        facts.push(Fact::Call(call.clone()));
                        if call.is_over() {
                            self.calls.remove(&id);
                        }
                    }
                }
                Mark::Media(id, domain) => {
                    if let Some(now) = self.media.get(&(id.clone(), domain)).cloned() {
                        facts.push(Fact::Media { id, domain, now });
                    }
                }
                Mark::Task(id) => {
                    if let Some(task) = self.tasks.get(&id).cloned() {
                        if task.is_over() {
                            self.tasks.remove(&id);
                        }
                        facts.push(Fact::Task(task));
                    }
                }
            }
        }
        facts
    }

    fn mark(&mut self, mark: Mark) {
        if !self.marks.contains(&mark) {
            self.marks.push(mark);
        }
    }

    /// Marks an agent as changed.
    pub(super) fn touch_agent(&mut self, id: &str) {
        self.mark(Mark::Agent(id.to_owned()));
    }

    /// Marks a call as changed.
    pub(super) fn touch_call(&mut self, id: u64) {
        self.mark(Mark::Call(id));
    }

    /// Marks an agent in a media routing domain as changed.
    pub(super) fn touch_media(&mut self, id: &str, domain: u32) {
        self.mark(Mark::Media(id.to_owned(), domain));
    }

    /// Marks a task as changed.
    pub(super) fn touch_task(&mut self, id: &str) {
        self.mark(Mark::Task(id.to_owned()));
    }

    /// Signs an agent in, or claims him if he is signed in with this extension: his state is kept then.
    pub(crate) fn login(
        &mut self,
        id: &str,
        extension: &str,
        mobile: Option<(String, String)>,
        side: Option<Side>,
        publish_again: bool,
    ) -> Result<(), CtiError> {
        if !self.agents.values().any(|agent| agent.spec.extension == extension) {
            return Err(CtiError::invalid_device());
        }
        if self.signed_in_at(extension).is_some_and(|other| other != id) {
            return Err(CtiError { kind: "Device Busy", ..CtiError::invalid_device() });
        }
        let Some(agent) = self.agents.get_mut(id) else { return Err(CtiError::invalid_state()) };
        agent.owner = side;
        agent.mobile = mobile;
        if agent.now.state == state::LOGOUT {
            agent.enter(state::NOT_READY, None);
            extension.clone_into(&mut agent.now.extension);
            self.touch_agent(id);
            self.settle_agent(id);
        } else if agent.now.extension != extension {
            extension.clone_into(&mut agent.now.extension);
            self.touch_agent(id);
        } else if publish_again {
            self.again.push(id.to_owned());
            self.touch_agent(id);
        }
        Ok(())
    }

    /// The agent signs in elsewhere, with a phone the site need not know.
    pub(crate) fn move_phone(&mut self, id: &str, extension: &str) -> Result<(), String> {
        if self.signed_in_at(extension).is_some_and(|other| other != id) {
            return Err(format!("extension {extension} is in use"));
        }
        let agent = self.agents.get_mut(id).ok_or_else(|| format!("no agent {id}"))?;
        agent.owner = None;
        if agent.now.state == state::LOGOUT {
            agent.enter(state::NOT_READY, None);
        }
        extension.clone_into(&mut agent.now.extension);
        self.touch_agent(id);
        Ok(())
    }

    /// The agent, his phone or a supervisor asks for a state. On a call it becomes pending.
    pub(crate) fn set_state(
        &mut self,
        id: &str,
        to: &'static str,
        reason: Option<i64>,
    ) -> Result<(), CtiError> {
        use state::{HOLD, LOGOUT, RESERVED, RESERVED_OUTBOUND_PREVIEW, TALKING, WORK, WORK_READY};
        let (ccx, on_call) = (self.ccx, self.on_call(id));
        let Some(agent) = self.agents.get_mut(id) else { return Err(CtiError::invalid_state()) };
        match agent.now.state {
            LOGOUT if to == LOGOUT => return Ok(()),
            LOGOUT => return Err(CtiError::invalid_state()),
            // CCX: nobody becomes ready on a call, and not ready waits once a call.
            _ if ccx && on_call && to == state::READY => return Err(CtiError::invalid_state()),
            TALKING | HOLD
                if ccx
                    && agent.now.pending == Some(state::NOT_READY)
                    && to == state::NOT_READY
                    && agent.pending_reason != reason =>
            {
                return Err(CtiError::new("Generic Error", "CF_INVALID_AGENT_WORKMODE", "265"));
            }
            TALKING | HOLD | RESERVED_OUTBOUND_PREVIEW => {
                agent.now.pending = Some(to);
                agent.pending_reason = reason;
            }
            RESERVED => {
                // The call that rings is not answered any more by this wish; it goes on ringing.
                agent.resume = (to, reason);
                agent.enter(to, reason);
            }
            WORK | WORK_READY if matches!(to, WORK | WORK_READY) => agent.enter(to, None),
            WORK | WORK_READY => {
                agent.resume = (to, reason);
                agent.now.pending = None;
                agent.enter(to, reason);
                self.end_wrap_up_of(id);
            }
            _ if matches!(to, WORK | WORK_READY) => return Err(CtiError::invalid_state()),
            _ => agent.enter(to, reason),
        }
        self.touch_agent(id);
        Ok(())
    }

    /// Forces a state on an agent: now, or when his call ends if `wait` is set and he is on one. Says whether it was now.
    pub(crate) fn force(&mut self, id: &str, to: &'static str, reason: i64, wait: bool) -> bool {
        let waiting = wait && self.on_call(id);
        let Some(agent) = self.agents.get_mut(id) else { return false };
        if agent.now.state == state::LOGOUT {
            return false;
        }
        if waiting {
            agent.forced = Some((to, reason));
            return false;
        }
        agent.now.pending = None;
        agent.enter(to, Some(reason));
        agent.resume = (state::NOT_READY, Some(reason));
        self.forced_done.push((id.to_owned(), to, reason));
        self.touch_agent(id);
        self.end_wrap_up_of(id);
        true
    }

    fn end_wrap_up_of(&mut self, agent: &str) {
        let calls: Vec<u64> = self
            .calls
            .values()
            .filter(|call| call.leg_of(agent).is_some_and(|leg| leg.state == leg::WRAP_UP))
            .map(|call| call.id)
            .collect();
        for id in calls {
            if let Some(leg) = self.calls.get_mut(&id).and_then(|call| call.leg_of_mut(agent)) {
                leg.drop_now();
            }
            self.touch_call(id);
        }
    }

    /// Puts a new call into the world and gives its id.
    pub(super) fn insert_call(
        &mut self,
        from: &str,
        to: &str,
        call_type: &'static str,
        legs: Vec<Leg>,
        vars: BTreeMap<String, String>,
    ) -> u64 {
        let id = self.next_call;
        self.next_call += 1;
        let call = Call {
            id,
            from: from.to_owned(),
            to: to.to_owned(),
            call_type,
            legs,
            vars,
            wrap_up_reason: None,
            wrap_up_items: Vec::new(),
            classification: String::new(),
            callback: None,
            secondary: None,
            associated: None,
        };
        self.calls.insert(id, call);
        id
    }

    /// After a change of legs: ends the call if too few are left, settles every agent on it, marks all of it. The agents'
    /// events come before the call's if `agents_first` is set.
    pub(super) fn settle(&mut self, id: u64, agents_first: bool) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let live = call.legs.iter().filter(|leg| leg.is_live()).count();
        if live == 1 && !call.is_reservation() {
            // A call that is being set up has only one leg yet.
            for one in call.legs.iter_mut().filter(|one| one.is_live() && one.state != leg::INITIATING) {
                let wraps = one.is_connected()
                    && !one.monitored
                    && one
                        .agent
                        .as_ref()
                        .and_then(|id| self.agents.get(id))
                        .is_some_and(|agent| agent.spec.wrap_up);
                if wraps {
                    one.state = leg::WRAP_UP;
                    self.wanted.push(Later::WrapUpEnds(id));
                } else {
                    one.drop_now();
                }
            }
        }
        let agents: Vec<String> = call.legs.iter().filter_map(|leg| leg.agent.clone()).collect();
        if !agents_first {
            self.touch_call(id);
        }
        for agent in agents {
            self.settle_agent(&agent);
        }
        self.touch_call(id);
        self.end_monitoring_of(id);
    }

    /// Lets an agent's state follow from his calls.
    pub(super) fn settle_agent(&mut self, id: &str) {
        // CCX: only calls of the contact centre change a state.
        let counts = |call: &&Call| !self.ccx || call.is_routed();
        let on = |wanted: &[&str]| {
            let legs = self.calls.values().filter(counts).filter_map(|call| call.leg_of(id));
            legs.filter(|leg| !leg.monitored).any(|leg| wanted.contains(&leg.state))
        };
        let offered = self.calls.values().any(|call| call.is_reservation() && call.leg_of(id).is_some());
        let (talking, held) = (on(&[leg::ACTIVE, leg::INITIATING, leg::INITIATED]), on(&[leg::HELD]));
        let (ringing, wrapping) = (on(&[leg::ALERTING]), on(&[leg::WRAP_UP]));
        let Some(agent) = self.agents.get_mut(id) else { return };
        if agent.now.state == state::LOGOUT {
            return;
        }
        let before = agent.now.clone();
        let base = if agent.is_busy() { agent.resume } else { (agent.now.state, agent.now.reason) };
        let forced = agent.forced.filter(|_| !talking && !held && !ringing);
        if let Some((to, reason)) = forced {
            agent.forced = None;
            agent.now.pending = None;
            agent.enter(to, Some(reason));
        } else if talking {
            agent.resume = base;
            agent.enter(state::TALKING, None);
        } else if held {
            agent.resume = base;
            agent.enter(if self.ccx { state::TALKING } else { state::HOLD }, None);
        } else if offered {
            agent.resume = base;
            agent.enter(state::RESERVED_OUTBOUND_PREVIEW, None);
        } else if ringing && (base.0 == state::READY || agent.now.state == state::RESERVED) {
            agent.resume = base;
            agent.enter(state::RESERVED, None);
        } else if wrapping {
            agent.resume = base;
            let ready = agent.now.pending.unwrap_or(base.0) == state::READY;
            agent.enter(if ready { state::WORK_READY } else { state::WORK }, None);
        } else if agent.is_busy() {
            match agent.now.pending.take() {
                Some(to) => {
                    let reason = agent.pending_reason.take();
                    agent.enter(to, reason);
                }
                None => agent.enter(base.0, base.1),
            }
        }
        if agent.now != before {
            self.touch_agent(id);
        }
        if let Some((to, reason)) = forced {
            self.forced_done.push((id.to_owned(), to, reason));
            self.end_wrap_up_of(id);
        }
    }
}
