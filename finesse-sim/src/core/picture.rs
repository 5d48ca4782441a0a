//! Plain pictures of an agent, from the world or from a side's copy by the same rules.

use super::call::Call;
use super::reason;
use super::site::Site;
use super::world::AgentState;
use crate::{DialogTruth, ParticipantTruth, Truth};

/// A user and the dialogs he has a leg in.
pub(crate) fn picture<'a>(
    site: &Site,
    user: &str,
    now: &AgentState,
    calls: impl Iterator<Item = &'a Call>,
) -> Truth {
    let reason = reason::Shown::of(site, now.state, now.reason);
    Truth {
        user: user.to_owned(),
        state: now.state.to_owned(),
        extension: now.extension.clone(),
        pending_state: now.pending.unwrap_or_default().to_owned(),
        reason_code_id: reason.id,
        reason_code: reason.code,
        dialogs: calls
            .filter(|call| call.leg_of(user).is_some())
            .map(|call| (call.id.to_string(), dialog(call)))
            .collect(),
    }
}

fn dialog(call: &Call) -> DialogTruth {
    DialogTruth {
        id: call.id.to_string(),
        state: call.state().to_owned(),
        secondary_id: call.secondary.map(|id| id.to_string()),
        participants: call
            .legs
            .iter()
            .map(|leg| ParticipantTruth { media_address: leg.address.clone(), state: leg.state.to_owned() })
            .collect(),
        call_variables: call.vars.clone(),
        wrap_up_reason: call.wrap_up_reason.clone(),
    }
}
