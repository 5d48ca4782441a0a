//! `/Team/{id}`: a team and the members who are signed in.

use super::answer::Answer;
use super::call::Call;
use super::roles::Who;
use super::routes::{Route, get};
use crate::core::SimCore;
use crate::core::render;
use crate::core::world::state;
use crate::core::xml::Elem;

pub(super) const ROUTES: &[Route] =
    &[get("/Team/{id}", Who::Leader, |core, call| Ok(Answer::Document(core.team_elem(call))))];

impl SimCore {
    fn team_elem(&self, call: &Call<'_>) -> Elem {
        let id = call.first();
        let everybody = call.asked("includeLoggedOutAgents").as_deref() == Some("true");
        let node = self.node(call.side);
        let mut users = Elem::new("users");
        for agent in self.world.agents.values().filter(|agent| agent.spec.team == id) {
            let Some(copy) = node.agents.get(&agent.spec.id) else { continue };
            if everybody || copy.now.state != state::LOGOUT {
                let busy = node.calls.values().any(|copied| copied.call.leg_of(&agent.spec.id).is_some());
                users = users.child(render::member(&self.site, &self.profile, &agent.spec, copy, busy));
            }
        }
        Elem::new("Team")
            .leaf("id", id)
            .leaf("name", self.site.team_name(id))
            .leaf("uri", format!("/finesse/api/Team/{id}"))
            .child(users)
    }
}
