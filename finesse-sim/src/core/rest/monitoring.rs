//! A supervisor's calls to listen to an agent and to join him: `SILENT_MONITOR` and `BARGE_CALL`.

use super::answer::Refusal;
use super::call::{Call, field};
use super::roles::Role;
use crate::core::SimCore;
use crate::core::call::{SUPERVISOR_MONITOR, leg};
use crate::core::command::Kind;
use crate::core::node::CopiedCall;
use crate::core::world::state;
use crate::core::xml::Elem;

/// Both numbers, if a supervisor asks for an agent of his team.
fn numbers(core: &SimCore, call: &Call<'_>, body: &Elem) -> Result<(String, String), Refusal> {
    if call.role != Role::Supervisor {
        return Err(Refusal::role(call.asking));
    }
    let (from, to) = (field(body, "fromAddress")?, field(body, "toAddress")?);
    if from == to {
        return Err(Refusal::new(400, "Invalid Destination", "The number called is the number calling", to));
    }
    let node = core.node(call.side);
    let agent = node.agents.iter().find(|(_, copy)| copy.now.extension == to);
    let Some((id, _)) = agent else {
        return Err(Refusal::new(400, "Invalid Destination", "No agent is signed in at the number", to));
    };
    if !core.is_led_by(call.asking, id) {
        let message = "The agent is in no team of the supervisor";
        return Err(Refusal::new(401, "Invalid Supervisor", message, id));
    }
    Ok((from.to_owned(), to.to_owned()))
}

/// `SILENT_MONITOR`.
pub(super) fn monitor(core: &SimCore, call: &Call<'_>, body: &Elem) -> Result<Kind, Refusal> {
    let (from, to) = numbers(core, call, body)?;
    let now = core.node(call.side).agents.get(call.asking).map_or(state::LOGOUT, |copy| copy.now.state);
    if now != state::NOT_READY {
        return Err(Refusal::new(400, "Invalid State", "A supervisor listens in NOT_READY only", now));
    }
    Ok(Kind::Monitor { from, to })
}

/// `BARGE_CALL`, by a supervisor who listens already.
pub(super) fn barge(core: &SimCore, call: &Call<'_>, body: &Elem) -> Result<Kind, Refusal> {
    let (from, to) = numbers(core, call, body)?;
    let uri = field(body, "associatedDialogUri")?;
    let calls = &core.node(call.side).calls;
    let id: Option<u64> = uri.rsplit('/').next().and_then(|id| id.parse().ok());
    let listens = |copied: &&CopiedCall| {
        copied.call.call_type == SUPERVISOR_MONITOR && copied.call.leg_of(call.asking).is_some()
    };
    let Some(monitoring) = id.and_then(|id| calls.get(&id)).filter(listens) else {
        return Err(Refusal::new(400, "Invalid State", "The dialog is no silent monitoring", uri));
    };
    let held = calls.values().flat_map(|copied| &copied.call.legs);
    if held.into_iter().any(|one| one.address == to && one.state == leg::HELD) {
        return Err(Refusal::new(400, "Invalid Destination", "The agent holds the call", &to));
    }
    Ok(Kind::Barge { from, to, monitoring: monitoring.call.id })
}
