//! World actions, each turned into what it does to agents and calls.

use super::SimCore;
use super::reason::{self, DEVICE_ERROR, supervisor};
use super::world::state;
use crate::{LogKind, WorldAction, WorldReply};

impl SimCore {
    /// Lets something happen in the world.
    pub(super) fn act(&mut self, action: WorldAction) -> WorldReply {
        let reply = match self.carry_out(&action) {
            Ok(call) => WorldReply { call, refused: None },
            Err(refused) => WorldReply { call: None, refused: Some(refused) },
        };
        self.note(None, LogKind::World { action, reply: reply.clone() });
        self.spread(None);
        reply
    }

    fn carry_out(&mut self, action: &WorldAction) -> Result<Option<String>, String> {
        let begun = |id: u64| Some(id.to_string());
        let id = |call: &str| call.parse::<u64>().map_err(|_| format!("no call {call:?}"));
        let (world, site) = (&mut self.world, &self.site);
        match action {
            WorldAction::CallBegin { agent, from, to, variables } => {
                let agent = agent_id(world, agent)?;
                let to = to.as_deref().unwrap_or("660150");
                world.begin(&agent, from, to, variables.clone()).map(begun)
            }
            WorldAction::PreviewOffer { agent, customer, direct, variables } => {
                let agent = agent_id(world, agent)?;
                world.offer_preview(&agent, customer, *direct, variables.clone()).map(begun)
            }
            WorldAction::TaskOffer { agent, domain, variables } => {
                let agent = agent_id(world, agent)?;
                world.offer_task(site, &agent, *domain, variables.clone()).map(Some)
            }
            WorldAction::CallAnswer { call } => world.answer(id(call)?).map(|()| None),
            WorldAction::CallHold { call, agent } => {
                world.hold(id(call)?, agent.as_deref(), true).map(|()| None)
            }
            WorldAction::CallRetrieve { call, agent } => {
                world.hold(id(call)?, agent.as_deref(), false).map(|()| None)
            }
            WorldAction::CallEnd { call } => world.end(id(call)?).map(|()| None),
            WorldAction::CallTransfer { call, to } => world.replace(id(call)?, Some(to)).map(begun),
            WorldAction::CallReplace { call } => world.replace(id(call)?, None).map(begun),
            WorldAction::CallVariables { call, variables } => {
                world.set_vars(id(call)?, variables).map(|()| None)
            }
            WorldAction::AgentState { agent, state, reason } => {
                let agent = agent_id(world, agent)?;
                let to = state::requestable(state)
                    .ok_or_else(|| format!("state {state:?} cannot be asked for"))?;
                let code = match reason {
                    Some(id) => {
                        let team = world.agents.get(&agent).map_or("", |agent| agent.spec.team.as_str());
                        let code = reason::chosen(site, team, to, *id);
                        Some(code.ok_or_else(|| format!("no reason code {id} for {to}"))?)
                    }
                    None => None,
                };
                world.set_state(&agent, to, code).map(|()| None).map_err(|err| err.message)
            }
            WorldAction::SupervisorNotReady { agent } => {
                let agent = agent_id(world, agent)?;
                world
                    .set_state(&agent, state::NOT_READY, Some(supervisor(world.ccx)))
                    .map(|()| None)
                    .map_err(|err| err.message)
            }
            WorldAction::SupervisorLogout { agent } => {
                let agent = agent_id(world, agent)?;
                world.force(&agent, state::LOGOUT, supervisor(world.ccx), true);
                Ok(None)
            }
            WorldAction::LoginElsewhere { agent, extension } => {
                let agent = agent_id(world, agent)?;
                world.move_phone(&agent, extension)?;
                Ok(None)
            }
            WorldAction::PhoneUnregister { agent } => {
                let agent = agent_id(world, agent)?;
                world.force(&agent, state::LOGOUT, DEVICE_ERROR, false);
                Ok(None)
            }
        }
    }
}

fn agent_id(world: &super::world::World, name: &str) -> Result<String, String> {
    world.resolve(name).map(|agent| agent.spec.id.clone()).ok_or_else(|| format!("no agent {name}"))
}
