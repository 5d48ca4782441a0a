//! What supervisors do with the calls of agents: listen, join, put a party out.

use std::collections::BTreeMap;

use super::call::{Leg, SUPERVISOR_MONITOR, leg};
use super::command::CtiError;
use super::world::{World, state};

impl World {
    /// The call an agent talks on, by his extension.
    fn talking_at(&self, extension: &str) -> Option<(String, u64)> {
        let agent = self.signed_in_at(extension)?;
        let mut calls = self.calls.values();
        let call = calls.find(|call| {
            call.legs.iter().any(|one| one.agent.as_deref() == Some(agent) && one.is_own(leg::ACTIVE))
        })?;
        Some((agent.to_owned(), call.id))
    }

    /// A supervisor who is not ready begins to listen to an agent. Gives the dialog of the monitoring.
    pub(crate) fn monitor(&mut self, user: &str, from: &str, to: &str) -> Result<u64, CtiError> {
        let own = self.agents.get(user).filter(|agent| agent.now.extension == from);
        if own.is_none_or(|agent| agent.now.state != state::NOT_READY) {
            return Err(CtiError::invalid_state());
        }
        let Some((agent, call)) = self.talking_at(to) else {
            return Err(CtiError::new("13145", "CF_INVALID_OBJECT_STATE", "13145"));
        };
        let listened_to = Leg { monitored: true, ..Leg::new(to, Some(&agent), leg::ACTIVE) };
        let legs = vec![Leg::new(from, Some(user), leg::ACTIVE), listened_to];
        let id = self.insert_call(from, to, SUPERVISOR_MONITOR, legs, BTreeMap::new());
        if let Some(monitoring) = self.calls.get_mut(&id) {
            monitoring.associated = Some(call);
        }
        self.settle(id, true);
        Ok(id)
    }

    /// A supervisor who listens joins the call. Gives the call.
    pub(crate) fn barge(&mut self, user: &str, to: &str, monitoring: u64) -> Result<u64, CtiError> {
        let extension = self.allowed(user, monitoring, "BARGE_CALL")?;
        let Some((_, id)) = self.talking_at(to) else {
            return Err(CtiError::new("20700", "CF_INVALID_OBJECT_STATE", "20700"));
        };
        if let Some(call) = self.calls.get_mut(&monitoring) {
            call.legs.iter_mut().for_each(Leg::drop_now);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.call_type = "CONFERENCE";
            call.legs.push(Leg::new(&extension, Some(user), leg::ACTIVE));
        }
        self.settle(monitoring, true);
        self.settle(id, true);
        Ok(id)
    }

    /// Somebody on a conference puts another party out of it.
    pub(crate) fn drop_participant(&mut self, user: &str, id: u64, party: &str) -> Result<(), CtiError> {
        let extension = self.agents.get(user).map(|agent| agent.now.extension.clone()).unwrap_or_default();
        let refused = || CtiError::invalid_action("PARTICIPANT_DROP", &extension);
        let call =
            self.calls.get_mut(&id).filter(|call| call.call_type == "CONFERENCE").ok_or_else(refused)?;
        if call.leg_of(user).is_none() {
            return Err(refused());
        }
        let leg = call.legs.iter_mut().find(|leg| leg.is_present() && leg.address == party);
        leg.ok_or_else(refused)?.drop_now();
        self.settle(id, true);
        Ok(())
    }

    /// Ends the monitoring of agents whose leg on `id` is not talking any more.
    pub(super) fn end_monitoring_of(&mut self, id: u64) {
        let talks = |agent: &str| {
            self.calls.get(&id).is_some_and(|call| {
                call.legs.iter().any(|one| {
                    one.agent.as_deref() == Some(agent) && (one.is_own(leg::ACTIVE) || one.is_own(leg::HELD))
                })
            })
        };
        let over: Vec<u64> = self
            .calls
            .values()
            .filter(|call| call.call_type == SUPERVISOR_MONITOR && call.associated == Some(id))
            .filter(|call| {
                let mut listened = call.legs.iter().filter(|leg| leg.monitored && leg.is_present());
                listened.any(|leg| leg.agent.as_deref().is_some_and(|agent| !talks(agent)))
            })
            .map(|call| call.id)
            .collect();
        for monitoring in over {
            if let Some(call) = self.calls.get_mut(&monitoring) {
                call.legs.iter_mut().for_each(Leg::drop_now);
            }
            self.settle(monitoring, true);
        }
    }
}
