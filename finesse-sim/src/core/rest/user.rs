//! `/User/{id}`: reading an agent, signing in and out, changing state.

use http::Method;

use super::{Answer, Call, Refusal};
use crate::core::command::{Command, Kind};
use crate::core::node::CopiedCall;
use crate::core::world::{Agent, state};
use crate::core::xml::Elem;
use crate::core::{SimCore, reason, render};
use crate::{AgentSpec, Side};

impl SimCore {
    /// The user a path names, unless this side does not know him.
    fn rest_target(&self, side: Side, id: &str, by_name: bool) -> Result<&AgentSpec, Refusal> {
        let agent = if by_name { self.world.resolve(id) } else { self.world.agents.get(id) };
        agent
            .map(|agent| &agent.spec)
            .filter(|spec| !self.node(side).faults.unknown.contains(&spec.id))
            .ok_or_else(|| Refusal::new(404, "User Not Found", "UNKNOWN_USER", id))
    }

    /// Whether `asking` leads the team of `spec`.
    fn leads(&self, asking: &str, spec: &AgentSpec) -> bool {
        self.world.agents.get(asking).is_some_and(|one| one.spec.supervisor && one.spec.team == spec.team)
    }

    /// Lets the user himself pass, and his supervisor.
    fn own(&self, call: &Call<'_>, id: &str, by_name: bool) -> Result<AgentSpec, Refusal> {
        let spec = self.rest_target(call.side, id, by_name)?;
        if spec.id == call.asking || self.leads(call.asking, spec) {
            return Ok(spec.clone());
        }
        Err(Refusal::foreign(id))
    }

    /// `/User/{id}`.
    pub(super) fn rest_user(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, Refusal> {
        let reading = call.method == Method::GET;
        let spec = self.own(call, id, reading)?;
        if reading {
            let Some(copy) = self.node(call.side).agents.get(&spec.id) else {
                return Err(Refusal::new(404, "User Not Found", "UNKNOWN_USER", id));
            };
            return Ok(Answer::Document(render::user("User", &spec, copy, self.profile.extra_elements)));
        }
        if call.method != Method::PUT {
            return Err(Refusal::method());
        }
        let (kind, request_id) = (self.user_command(call, &spec)?, call.request_id.clone());
        Ok(Answer::Accepted(Command { user: spec.id, request_id, dialog: None, kind }))
    }

    fn user_command(&self, call: &Call<'_>, spec: &AgentSpec) -> Result<Kind, Refusal> {
        let bad = || Refusal::new(400, "Bad Request", "The request body is not a User", "");
        let body =
            call.body.as_ref().filter(|body| body.name.eq_ignore_ascii_case("User")).ok_or_else(bad)?;
        let wanted =
            body.get("state").filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing("state"))?;
        if wanted == "LOGIN" {
            if spec.id != call.asking {
                return Err(Refusal::foreign(&spec.id));
            }
            return login(body);
        }
        let to = state::requestable(wanted).ok_or_else(|| Refusal::invalid("state", wanted))?;
        let reason = body.get("reasonCodeId").filter(|text| !text.is_empty());
        if spec.id != call.asking {
            if reason.is_some() {
                return Err(Refusal::invalid("reasonCodeId", reason.unwrap_or_default()));
            }
            if matches!(to, state::WORK | state::WORK_READY) {
                return Err(Refusal::invalid("state", wanted));
            }
            return Ok(Kind::Supervisor { state: to });
        }
        let now = self.node(call.side).agents.get(&spec.id).map_or(state::LOGOUT, |copy| copy.now.state);
        if to == state::LOGOUT
            && !matches!(now, state::NOT_READY | state::LOGOUT | state::TALKING | state::HOLD)
        {
            return Err(Refusal::new(400, "Invalid State", "LOGOUT is possible only from NOT_READY", now));
        }
        let reason = match reason {
            None => None,
            Some("-1") => None,
            Some(text) => {
                let known = text.parse().ok().and_then(|id| reason::chosen(to, id));
                Some(known.ok_or_else(|| Refusal::invalid("reasonCodeId", text))?.code)
            }
        };
        Ok(Kind::State { state: to, reason })
    }

    /// `/User/{id}/Dialogs`.
    pub(super) fn rest_user_dialogs(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, Refusal> {
        let spec = self.own(call, id, false)?;
        if call.method == Method::GET {
            let calls = &self.node(call.side).calls;
            let extras = self.profile.extra_elements;
            let list = calls.values().filter(|copied| copied.call.leg_of(&spec.id).is_some());
            let list = list.map(|copied| dialog(copied, calls.values(), extras));
            return Ok(Answer::Document(list.fold(Elem::new("Dialogs"), Elem::child)));
        }
        if call.method != Method::POST {
            return Err(Refusal::method());
        }
        let (kind, request_id) = (make_call(call, &spec)?, call.request_id.clone());
        Ok(Answer::Accepted(Command { user: spec.id, request_id, dialog: None, kind }))
    }

    /// Whether somebody who is no supervisor of anybody on a dialog may see it.
    pub(super) fn may_see(&self, asking: &str, copied: &CopiedCall) -> bool {
        let mut agents = copied.call.legs.iter().filter_map(|leg| leg.agent.as_deref());
        let leads =
            |id: &str| self.world.agents.get(id).is_some_and(|agent: &Agent| self.leads(asking, &agent.spec));
        agents.any(|id| id == asking || leads(id))
    }
}

/// A dialog as REST shows it.
pub(super) fn dialog<'a>(
    copied: &CopiedCall,
    calls: impl Iterator<Item = &'a CopiedCall> + Clone,
    extras: bool,
) -> Elem {
    let id = copied.call.id;
    render::dialog("Dialog", copied, |one| render::other_active(calls.clone(), one, id), extras)
}

fn login(body: &Elem) -> Result<Kind, Refusal> {
    let extension =
        body.get("extension").filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing("extension"))?;
    if !extension.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::new(400, "Bad Request", "The extension is invalid", extension));
    }
    let mobile = match body.find("mobileAgent") {
        None => None,
        Some(elem) => {
            let mode =
                elem.get("mode").filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing("mode"))?;
            if !matches!(mode, "CALL_BY_CALL" | "NAILED_CONNECTION") {
                return Err(Refusal::invalid("mode", mode));
            }
            let number = elem.get("dialNumber").filter(|text| !text.is_empty());
            Some((mode.to_owned(), number.ok_or_else(|| Refusal::missing("dialNumber"))?.to_owned()))
        }
    };
    Ok(Kind::Login { extension: extension.to_owned(), mobile })
}

fn make_call(call: &Call<'_>, spec: &AgentSpec) -> Result<Kind, Refusal> {
    let bad = || Refusal::new(400, "Bad Request", "The request body is not a Dialog", "");
    let body = call.body.as_ref().filter(|body| body.name.eq_ignore_ascii_case("Dialog")).ok_or_else(bad)?;
    let field = |name: &str| {
        body.get(name)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| Refusal::missing(name))
    };
    let action = field("requestedAction")?;
    if action != "MAKE_CALL" {
        return Err(Refusal::invalid("requestedAction", &action));
    }
    if spec.id != call.asking {
        return Err(Refusal::foreign(&spec.id));
    }
    let (from, to) = (field("fromAddress")?, field("toAddress")?);
    if from == to {
        return Err(Refusal::new(400, "Invalid Destination", "The number called is the number calling", &to));
    }
    Ok(Kind::Make { from, to, vars: super::dialog::variables(body)? })
}
