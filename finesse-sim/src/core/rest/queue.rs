//! `/Queue/{id}`: a skill group and its statistics.

use super::answer::{Answer, Refusal};
use super::roles::Who;
use super::routes::{Route, get};
use crate::Side;
use crate::core::SimCore;
use crate::core::world::state;
use crate::core::xml::Elem;

pub(super) const ROUTES: &[Route] = &[get("/Queue/{id}", Who::Known, |core, call| {
    let id = call.param("id");
    let found = id.parse().ok().and_then(|id| core.queue_elem(call.side, id));
    found.map(Answer::Document).ok_or_else(|| Refusal::not_found(id))
})
.cce()];

impl SimCore {
    /// A queue as a side counts it: agents from its copy, calls that wait from the configuration. Where nobody has the skill the
    /// numbers are -1. CCX does not count.
    pub(in crate::core) fn queue_elem(&self, side: Side, id: u32) -> Option<Elem> {
        let queue = self.site.queues.get(&id)?;
        let counted = !queue.teams.is_empty() && self.profile.is_cce();
        let states: Vec<&str> = self
            .world
            .agents
            .values()
            .filter(|agent| queue.teams.contains(&agent.spec.team.as_str()))
            .filter_map(|agent| Some(self.node(side).agents.get(&agent.spec.id)?.now.state))
            .collect();
        let count = |wanted: &[&str]| {
            if counted {
                states.iter().filter(|state| wanted.contains(state)).count().to_string()
            } else {
                "-1".to_owned()
            }
        };
        let signed_in = states.iter().filter(|known| **known != state::LOGOUT).count();
        let (waiting, since) = queue.waiting.unwrap_or((0, ""));
        let plain = |number: String| if counted { number } else { "-1".to_owned() };
        let statistics = Elem::new("statistics")
            .leaf("agentsBusyOther", plain("0".to_owned()))
            .leaf("agentsLoggedOn", plain(signed_in.to_string()))
            .leaf("agentsNotReady", count(&[state::NOT_READY]))
            .leaf("agentsReady", count(&[state::READY]))
            .leaf("agentsTalkingInbound", count(&[state::TALKING, state::HOLD]))
            .leaf("agentsTalkingInternal", plain("0".to_owned()))
            .leaf("agentsTalkingOutbound", plain("0".to_owned()))
            .leaf("agentsWrapUpNotReady", count(&[state::WORK]))
            .leaf("agentsWrapUpReady", count(&[state::WORK_READY]))
            .leaf("callsInQueue", plain(waiting.to_string()))
            .leaf("startTimeOfLongestCallInQueue", if counted { since } else { "" });
        Some(
            Elem::new("Queue")
                .leaf("name", queue.name)
                .child(statistics)
                .leaf("uri", format!("/finesse/api/Queue/{id}")),
        )
    }
}
