//! Who may call what.

use super::answer::Refusal;
use super::call::Call;
use crate::core::SimCore;
use crate::core::node::CopiedCall;
use crate::{AgentSpec, Side};

/// As what somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// An agent.
    Agent,
    /// A supervisor, of his own team.
    Supervisor,
    /// The application account.
    Administrator,
}

/// Whose credentials an operation takes. The user or team meant is the first placeholder of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Nobody need say who he is.
    Anyone,
    /// Everybody who is known.
    Known,
    /// The user himself.
    Own,
    /// The user himself, or the administrator.
    OwnOrAdministrator,
    /// Who may read a User: as before, and a supervisor of his team where the switch allows it.
    Reader,
    /// The user himself, or a supervisor of his team.
    Led,
    /// The same, or the administrator.
    LedOrAdministrator,
    /// A supervisor, or the administrator.
    Supervisor,
    /// A supervisor of the team, or the administrator.
    Leader,
    /// Who belongs to the team.
    Member,
    /// The administrator.
    Administrator,
}

impl SimCore {
    /// As what somebody asks who has shown that he is `id`.
    pub(super) fn role_of(&self, id: &str) -> Role {
        match self.world.agents.get(id) {
            Some(agent) if agent.spec.supervisor => Role::Supervisor,
            Some(_) => Role::Agent,
            None => Role::Administrator,
        }
    }

    /// Lets a caller pass, or says why not.
    pub(super) fn admit(&self, call: &Call<'_>, who: Who) -> Result<(), Refusal> {
        let (admin, name) = (call.role == Role::Administrator, call.first());
        match who {
            Who::Anyone | Who::Known => Ok(()),
            Who::Administrator if admin => Ok(()),
            Who::Administrator => Err(Refusal::role(call.asking)),
            Who::Supervisor if admin || call.role == Role::Supervisor => Ok(()),
            Who::Supervisor => Err(Refusal::role(call.asking)),
            Who::Leader | Who::Member => {
                if !self.site.teams.contains_key(name) {
                    let kind = if who == Who::Member { "TeamId Not Found" } else { "Not Found" };
                    return Err(Refusal::new(404, kind, "The team does not exist", name));
                }
                let own = self.world.agents.get(call.asking).is_some_and(|agent| agent.spec.team == name);
                let may = match who {
                    Who::Leader => admin || (own && call.role == Role::Supervisor),
                    _ => own,
                };
                if may { Ok(()) } else { Err(Refusal::role(call.asking)) }
            }
            Who::Own | Who::OwnOrAdministrator | Who::Reader | Who::Led | Who::LedOrAdministrator => {
                let spec = self.known_user(call.side, name, who == Who::Reader)?;
                let leads = self.leads(call.asking, spec);
                let may = spec.id == call.asking
                    || match who {
                        Who::OwnOrAdministrator => admin,
                        Who::Reader => admin || (leads && self.profile.rest.supervisors_read_users),
                        Who::Led => leads,
                        Who::LedOrAdministrator => leads || admin,
                        _ => false,
                    };
                match (may, who, call.role) {
                    (true, ..) => Ok(()),
                    (false, Who::Led | Who::LedOrAdministrator, Role::Supervisor) => {
                        let message = "The agent is in no team of the supervisor";
                        Err(Refusal::new(401, "Invalid Supervisor", message, name))
                    }
                    _ => Err(Refusal::foreign(name)),
                }
            }
        }
    }

    /// The user a path names, unless this side does not know him. Names other than loginIds are known on CCE only.
    fn known_user(&self, side: Side, id: &str, by_name: bool) -> Result<&AgentSpec, Refusal> {
        let by_name = by_name && self.profile.is_cce();
        let agent = if by_name { self.world.resolve(id) } else { self.world.agents.get(id) };
        agent
            .map(|agent| &agent.spec)
            .filter(|spec| !self.node(side).faults.unknown.contains(&spec.id))
            .ok_or_else(|| Refusal::unknown_user(id))
    }

    /// The user the path of a call is about.
    pub(super) fn subject(&self, call: &Call<'_>) -> Result<AgentSpec, Refusal> {
        self.known_user(call.side, call.first(), true).cloned()
    }

    /// Whether `asking` leads the team of `spec`.
    pub(super) fn leads(&self, asking: &str, spec: &AgentSpec) -> bool {
        self.world.agents.get(asking).is_some_and(|one| one.spec.supervisor && one.spec.team == spec.team)
    }

    /// Whether somebody may see a dialog: an agent on it, his supervisor, the administrator.
    pub(super) fn may_see(&self, call: &Call<'_>, copied: &CopiedCall) -> bool {
        let mut agents = copied.call.legs.iter().filter_map(|leg| leg.agent.as_deref());
        call.role == Role::Administrator
            || agents.any(|id| id == call.asking || self.is_led_by(call.asking, id))
    }

    /// Whether `asking` leads the team of the agent with this id.
    pub(super) fn is_led_by(&self, asking: &str, id: &str) -> bool {
        self.world.agents.get(id).is_some_and(|agent| self.leads(asking, &agent.spec))
    }
}
