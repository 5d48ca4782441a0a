//! What can be done with calls, by agents through CTI and by the world outside.

use std::collections::BTreeMap;

use super::call::{Call, Leg, leg};
use super::command::{CallVerb, CtiError};
use super::world::{Later, World, state};

type Vars = BTreeMap<String, String>;

impl World {
    /// A call from outside rings at an agent.
    pub(crate) fn begin(&mut self, agent: &str, from: &str, to: &str, vars: Vars) -> Result<u64, String> {
        let extension = match self.agents.get(agent) {
            Some(known) if known.now.state != state::LOGOUT => known.now.extension.clone(),
            Some(_) => return Err(format!("agent {agent} is signed out")),
            None => return Err(format!("no agent {agent}")),
        };
        let legs =
            vec![Leg::new(from, None, leg::INITIATED), Leg::new(&extension, Some(agent), leg::ALERTING)];
        let id = self.insert_call(from, to, "PREROUTE_ACD_IN", legs, vars);
        self.settle(id, true);
        Ok(id)
    }

    /// The ringing party answers.
    pub(crate) fn answer(&mut self, id: u64) -> Result<(), String> {
        let call = self.calls.get_mut(&id).ok_or_else(|| format!("no call {id}"))?;
        let mut ringing = call.legs.iter_mut().filter(|leg| leg.state == leg::ALERTING);
        let leg = ringing.next().ok_or_else(|| format!("nobody rings on call {id}"))?;
        leg.state = leg::ACTIVE;
        let agent = leg.agent.clone();
        drop(ringing);
        connect(call);
        if let Some(agent) = agent {
            self.hold_others(&agent, id);
        }
        self.settle(id, true);
        Ok(())
    }

    /// An agent, or the only agent on the call, holds it or takes it back.
    pub(crate) fn hold(&mut self, id: u64, agent: Option<&str>, hold: bool) -> Result<(), String> {
        let call = self.calls.get(&id).ok_or_else(|| format!("no call {id}"))?;
        let (from, verb) = if hold { (leg::ACTIVE, CallVerb::Hold) } else { (leg::HELD, CallVerb::Retrieve) };
        let found = call
            .legs
            .iter()
            .find(|leg| {
                leg.state == from && leg.agent.is_some() && (agent.is_none() || leg.agent.as_deref() == agent)
            })
            .and_then(|leg| leg.agent.clone())
            .ok_or_else(|| format!("no agent on call {id} is {from}"))?;
        self.act(&found, id, verb).map_err(|err| err.message)
    }

    /// The outside party hangs up; without one, everybody does.
    pub(crate) fn end(&mut self, id: u64) -> Result<(), String> {
        let call = self.calls.get_mut(&id).ok_or_else(|| format!("no call {id}"))?;
        let outside = call.legs.iter().any(|leg| leg.agent.is_none() && leg.is_live());
        for leg in call.legs.iter_mut().filter(|leg| leg.agent.is_none() || !outside) {
            leg.drop_now();
        }
        self.settle(id, false);
        Ok(())
    }

    /// The call goes on under another id; with `to` the first agent on it is replaced by that agent or number.
    pub(crate) fn replace(&mut self, id: u64, to: Option<&str>) -> Result<u64, String> {
        let old = self.calls.get(&id).ok_or_else(|| format!("no call {id}"))?.clone();
        let mut legs: Vec<Leg> = old.legs.iter().filter(|leg| leg.is_present()).cloned().collect();
        if let Some(to) = to {
            let new = match self.agents.get(to) {
                Some(agent) if agent.now.state != state::LOGOUT => {
                    Leg::new(&agent.now.extension, Some(to), leg::ACTIVE)
                }
                Some(_) => return Err(format!("agent {to} is signed out")),
                None => Leg::new(to, None, leg::ACTIVE),
            };
            let first = legs.iter_mut().find(|leg| leg.agent.is_some());
            *first.ok_or_else(|| format!("no agent on call {id}"))? = new;
        }
        let call_type = if to.is_some() { "TRANSFER" } else { old.call_type };
        let new = self.insert_call(&old.from, &old.to, call_type, legs, old.vars.clone());
        if let Some(call) = self.calls.get_mut(&new) {
            call.secondary = Some(id);
            call.wrap_up_reason = old.wrap_up_reason;
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.legs.iter_mut().for_each(Leg::drop_now);
        }
        self.touch_call(id);
        self.settle(new, true);
        self.settle(id, true);
        Ok(new)
    }

    /// Call variables change.
    pub(crate) fn set_vars(&mut self, id: u64, vars: &Vars) -> Result<(), String> {
        let call = self.calls.get_mut(&id).ok_or_else(|| format!("no call {id}"))?;
        call.vars.extend(vars.clone());
        self.touch_call(id);
        Ok(())
    }

    /// Something happens by itself. Calls that are over by then are left alone.
    pub(crate) fn later(&mut self, what: Later) {
        match what {
            Later::Ring(id) => {
                let Some(call) = self.calls.get_mut(&id) else { return };
                let Some(first) = call.legs.first_mut().filter(|leg| leg.state == leg::INITIATING) else {
                    return;
                };
                first.state = leg::INITIATED;
                let to = call.to.clone();
                let callee = self.signed_in_at(&to).map(str::to_owned);
                if callee.is_none() {
                    self.wanted.push(Later::OutsideAnswers(id));
                }
                if let Some(call) = self.calls.get_mut(&id) {
                    call.legs.push(Leg::new(&to, callee.as_deref(), leg::ALERTING));
                }
                self.settle(id, false);
            }
            // Nobody answers a call that was given up meanwhile; that is no error.
            Later::OutsideAnswers(id) => drop(self.answer(id)),
            Later::WrapUpEnds(id) => {
                let Some(call) = self.calls.get_mut(&id) else { return };
                call.legs.iter_mut().filter(|leg| leg.state == leg::WRAP_UP).for_each(Leg::drop_now);
                self.settle(id, true);
            }
        }
    }

    /// The agent's extension, if he may do `verb` with the call now.
    pub(super) fn allowed(&self, user: &str, id: u64, verb: &str) -> Result<String, CtiError> {
        let extension = self.agents.get(user).map(|agent| agent.now.extension.clone()).unwrap_or_default();
        let refused = || CtiError::invalid_action(verb, &extension);
        let leg = self.calls.get(&id).and_then(|call| call.leg_of(user)).ok_or_else(refused)?;
        let other_active = self
            .calls
            .values()
            .any(|call| call.id != id && call.leg_of(user).is_some_and(|leg| leg.is_own(leg::ACTIVE)));
        match self.calls.get(&id) {
            Some(call) if call.actions(leg, other_active).contains(&verb) => Ok(leg.address.clone()),
            _ => Err(refused()),
        }
    }

    pub(super) fn make(&mut self, user: &str, from: &str, to: &str, vars: Vars) -> Result<u64, CtiError> {
        let Some(agent) = self.agents.get(user) else { return Err(CtiError::invalid_state()) };
        let free = matches!(agent.now.state, state::NOT_READY | state::READY) && agent.now.extension == from;
        if !free || self.on_call(user) {
            return Err(CtiError::invalid_state());
        }
        let legs = vec![Leg::new(from, Some(user), leg::INITIATING)];
        let call_type = if self.signed_in_at(to).is_some() { "AGENT_INSIDE" } else { "OUT" };
        let id = self.insert_call(from, to, call_type, legs, vars);
        self.wanted.push(Later::Ring(id));
        self.settle_agent(user);
        self.touch_call(id);
        Ok(id)
    }

    pub(super) fn act(&mut self, user: &str, id: u64, verb: CallVerb) -> Result<(), CtiError> {
        let extension = self.allowed(user, id, verb.as_str())?;
        let refused = || CtiError::invalid_action(verb.as_str(), &extension);
        match verb {
            CallVerb::Answer => {
                self.set_leg(user, id, leg::ACTIVE);
                if let Some(call) = self.calls.get_mut(&id) {
                    connect(call);
                }
                self.hold_others(user, id);
            }
            CallVerb::Hold => self.set_leg(user, id, leg::HELD),
            CallVerb::Retrieve => {
                self.set_leg(user, id, leg::ACTIVE);
                self.hold_others(user, id);
            }
            CallVerb::Drop => {
                let wraps = self.agents.get(user).is_some_and(|agent| agent.spec.wrap_up);
                if let Some(leg) = self.calls.get_mut(&id).and_then(|call| call.leg_of_mut(user)) {
                    if wraps && leg.is_connected() {
                        leg.state = leg::WRAP_UP;
                        self.wanted.push(Later::WrapUpEnds(id));
                    } else {
                        leg.drop_now();
                    }
                }
            }
            CallVerb::Transfer | CallVerb::Conference => {
                let consult = self
                    .calls
                    .values()
                    .find(|call| {
                        call.id != id && call.leg_of(user).is_some_and(|leg| leg.is_own(leg::ACTIVE))
                    })
                    .map(|call| call.id)
                    .ok_or_else(refused)?;
                self.merge(user, id, consult, verb == CallVerb::Conference);
                self.settle(consult, true);
            }
        }
        self.settle(id, verb == CallVerb::Answer);
        Ok(())
    }

    /// Moves the other parties of `consult` into `held`; the agent stays in it or leaves both.
    fn merge(&mut self, user: &str, held: u64, consult: u64, stay: bool) {
        let mut moved = Vec::new();
        if let Some(call) = self.calls.get_mut(&consult) {
            for leg in call.legs.iter_mut().filter(|leg| leg.is_present()) {
                if leg.agent.as_deref() != Some(user) {
                    moved.push(Leg { cause: "", ..leg.clone() });
                }
                leg.drop_now();
            }
        }
        if let Some(call) = self.calls.get_mut(&held) {
            call.secondary = Some(consult);
            call.call_type = if stay { "CONFERENCE" } else { "TRANSFER" };
            if let Some(leg) = call.leg_of_mut(user) {
                if stay {
                    leg.state = leg::ACTIVE;
                } else {
                    leg.drop_now();
                }
            }
            call.legs.extend(moved);
        }
        self.touch_call(consult);
    }

    pub(super) fn consult(&mut self, user: &str, id: u64, to: &str, vars: Vars) -> Result<u64, CtiError> {
        let extension = self.allowed(user, id, "CONSULT_CALL")?;
        self.set_leg(user, id, leg::HELD);
        let inherited = self.calls.get(&id).map(|call| call.vars.clone()).unwrap_or_default();
        let legs = vec![Leg::new(&extension, Some(user), leg::INITIATING)];
        let consult =
            self.insert_call(&extension, to, "CONSULT", legs, inherited.into_iter().chain(vars).collect());
        if let Some(call) = self.calls.get_mut(&consult) {
            call.associated = Some(id);
        }
        self.wanted.push(Later::Ring(consult));
        self.settle(id, false);
        self.touch_call(consult);
        Ok(consult)
    }

    pub(super) fn transfer_away(&mut self, user: &str, id: u64, to: &str) -> Result<(), CtiError> {
        self.allowed(user, id, "TRANSFER_SST")?;
        let callee = self.signed_in_at(to).map(str::to_owned);
        let new_state = if callee.is_some() { leg::ALERTING } else { leg::ACTIVE };
        if let Some(call) = self.calls.get_mut(&id) {
            call.call_type = "TRANSFER";
            if let Some(leg) = call.leg_of_mut(user) {
                leg.drop_now();
            }
            call.legs.push(Leg::new(to, callee.as_deref(), new_state));
        }
        self.settle(id, false);
        Ok(())
    }

    /// Who is on the call may change its data when his leg allows it; whoever else was let in may always.
    pub(super) fn data(
        &mut self,
        user: &str,
        id: u64,
        vars: &Vars,
        wrap_up: Option<&str>,
        items: Option<&[String]>,
    ) -> Result<(), CtiError> {
        if self.calls.get(&id).is_none_or(|call| call.leg_of(user).is_some()) {
            let extension =
                self.agents.get(user).map(|agent| agent.now.extension.clone()).unwrap_or_default();
            self.allowed(user, id, "UPDATE_CALL_DATA").map_err(|err| CtiError { data: extension, ..err })?;
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.vars.extend(vars.clone());
            if let Some(reason) = wrap_up {
                call.wrap_up_reason = Some(reason.to_owned());
            }
            if let Some(items) = items {
                items.clone_into(&mut call.wrap_up_items);
            }
        }
        self.touch_call(id);
        Ok(())
    }

    fn set_leg(&mut self, user: &str, id: u64, to: &'static str) {
        if let Some(leg) = self.calls.get_mut(&id).and_then(|call| call.leg_of_mut(user)) {
            leg.state = to;
        }
    }

    /// One phone talks on one call at a time.
    fn hold_others(&mut self, user: &str, id: u64) {
        let others: Vec<u64> = self
            .calls
            .values()
            .filter(|call| call.id != id && call.leg_of(user).is_some_and(|leg| leg.is_own(leg::ACTIVE)))
            .map(|call| call.id)
            .collect();
        for other in others {
            self.set_leg(user, other, leg::HELD);
            self.touch_call(other);
        }
    }
}

/// Once somebody has answered, the caller is connected too.
fn connect(call: &mut Call) {
    for leg in call.legs.iter_mut().filter(|leg| leg.state == leg::INITIATED || leg.state == leg::INITIATING)
    {
        leg.state = leg::ACTIVE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::command::{Command, Kind};
    use crate::core::site::Site;
    use crate::core::world::Fact;
    use crate::{AgentSpec, Side};

    fn world() -> World {
        let mut world = World::new(100, false);
        for (id, ext) in [("1", "71"), ("2", "72")] {
            world.add(AgentSpec::new(id, "pw", ext));
            world.login(id, ext, None, Some(Side::A), false).unwrap();
            world.set_state(id, state::READY, None).unwrap();
        }
        world.take_facts();
        world
    }

    fn run(world: &mut World, user: &str, dialog: Option<u64>, kind: Kind) -> Result<Option<u64>, CtiError> {
        let command = Command { user: user.into(), request_id: None, dialog, kind };
        world.execute(&Site::new(), &command, Side::A, false)
    }

    pub(super) fn act(
        world: &mut World,
        user: &str,
        dialog: u64,
        verb: CallVerb,
    ) -> Result<Option<u64>, CtiError> {
        run(world, user, Some(dialog), Kind::Call { verb })
    }

    #[test]
    fn inbound_call_goes_from_reserved_to_talking_and_back_to_ready() {
        let mut world = world();
        let id = world.begin("1", "555", "800", Vars::new()).unwrap();
        assert_eq!(world.agents["1"].now.state, state::RESERVED);
        act(&mut world, "1", id, CallVerb::Answer).unwrap();
        assert_eq!(world.agents["1"].now.state, state::TALKING);
        act(&mut world, "1", id, CallVerb::Hold).unwrap();
        assert_eq!(world.agents["1"].now.state, state::HOLD);
        assert!(act(&mut world, "1", id, CallVerb::Answer).is_err());
        world.take_facts();
        world.end(id).unwrap();
        let facts = world.take_facts();
        assert_eq!(world.agents["1"].now.state, state::READY);
        assert!(facts.iter().any(|fact| matches!(fact, Fact::Call(call) if call.is_over())));
        assert!(world.calls.is_empty());
    }

    #[test]
    fn pending_state_follows_the_call_and_wrap_up_stands_between() {
        let mut world = world();
        world.agents.get_mut("1").unwrap().spec.wrap_up = true;
        let id = world.begin("1", "555", "800", Vars::new()).unwrap();
        world.answer(id).unwrap();
        world.set_state("1", state::NOT_READY, Some(41)).unwrap();
        assert_eq!(world.agents["1"].now.pending, Some(state::NOT_READY));
        world.end(id).unwrap();
        assert_eq!(world.agents["1"].now.state, state::WORK);
        assert_eq!(world.calls[&id].state(), leg::ACTIVE);
        world.later(Later::WrapUpEnds(id));
        assert_eq!((world.agents["1"].now.state, world.agents["1"].now.reason), (state::NOT_READY, Some(41)));
        world.take_facts();
        assert!(world.calls.is_empty());
    }

    #[test]
    fn consult_then_transfer_leaves_the_call_with_the_other_agent() {
        let mut world = world();
        let id = world.begin("1", "555", "800", Vars::new()).unwrap();
        world.answer(id).unwrap();
        let consult = run(&mut world, "1", Some(id), Kind::Consult { to: "72".into(), vars: Vars::new() })
            .unwrap()
            .unwrap();
        world.later(Later::Ring(consult));
        assert!(
            act(&mut world, "1", id, CallVerb::Transfer).is_err(),
            "nobody has answered the consult call"
        );
        act(&mut world, "2", consult, CallVerb::Answer).unwrap();
        act(&mut world, "1", id, CallVerb::Transfer).unwrap();
        world.take_facts();
        assert_eq!(world.calls.keys().collect::<Vec<_>>(), [&id]);
        assert!(world.calls[&id].leg_of("1").is_none());
        assert_eq!(world.calls[&id].leg_of("2").unwrap().state, leg::ACTIVE);
        assert_eq!(world.calls[&id].secondary, Some(consult));
        assert_eq!(
            (world.agents["1"].now.state, world.agents["2"].now.state),
            (state::READY, state::TALKING)
        );
    }

    #[test]
    fn a_forced_state_waits_for_the_end_of_the_call() {
        let mut world = world();
        let id = world.begin("1", "555", "800", Vars::new()).unwrap();
        world.answer(id).unwrap();
        assert!(!world.force("1", state::NOT_READY, 50002, true));
        assert_eq!(world.agents["1"].now.state, state::TALKING);
        world.end(id).unwrap();
        assert_eq!(
            (world.agents["1"].now.state, world.agents["1"].now.reason),
            (state::NOT_READY, Some(50002))
        );
    }

    #[test]
    fn make_call_rings_and_is_answered_outside() {
        let mut world = world();
        let make = Kind::Make { from: "71".into(), to: "0311".into(), vars: Vars::new() };
        let id = run(&mut world, "1", None, make.clone()).unwrap().unwrap();
        assert_eq!(world.calls[&id].state(), leg::INITIATING);
        assert_eq!(std::mem::take(&mut world.wanted), [Later::Ring(id)]);
        world.later(Later::Ring(id));
        assert_eq!(world.calls[&id].state(), leg::ALERTING);
        world.later(Later::OutsideAnswers(id));
        assert_eq!(world.calls[&id].state(), leg::ACTIVE);
        assert!(run(&mut world, "1", None, make).is_err());
        act(&mut world, "1", id, CallVerb::Drop).unwrap();
        world.take_facts();
        assert!(world.calls.is_empty());
    }

    #[test]
    fn sign_in_with_a_foreign_or_unknown_extension_is_refused() {
        let mut world = world();
        assert_eq!(world.login("1", "999", None, None, false).unwrap_err().data, "260");
        assert_eq!(world.login("1", "72", None, None, false).unwrap_err().kind, "Device Busy");
        world.login("1", "71", None, Some(Side::B), false).unwrap();
        assert_eq!(world.agents["1"].now.state, state::READY, "a claim keeps the state");
    }
}
