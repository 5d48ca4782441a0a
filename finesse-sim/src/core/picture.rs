//! Plain pictures of an agent, from the world or from a side's copy by the same rules.

use super::call::Call;
use super::reason;
use super::world::{AgentState, state};
use crate::{DialogTruth, ParticipantTruth, Truth};

/// `reasonCodeId` as the REST API shows it, and the number of the reason.
pub(crate) fn reason_of(now: &AgentState) -> (Option<i64>, Option<i64>) {
    if !matches!(now.state, state::NOT_READY | state::LOGOUT) {
        return (None, None);
    }
    match now.reason {
        Some(code) => (Some(reason::by_code(now.state, code).map_or(-1, |reason| reason.id)), Some(code)),
        None => (Some(-1), None),
    }
}

/// A user and the dialogs he has a leg in.
pub(crate) fn picture<'a>(user: &str, now: &AgentState, calls: impl Iterator<Item = &'a Call>) -> Truth {
    let (reason_code_id, reason_code) = reason_of(now);
    Truth {
        user: user.to_owned(),
        state: now.state.to_owned(),
        extension: now.extension.clone(),
        pending_state: now.pending.unwrap_or_default().to_owned(),
        reason_code_id,
        reason_code,
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
