//! `/User/{id}`: reading an agent, signing in and out, changing state; `/Users`; and the calls of an agent.

use super::answer::{Answer, Refusal};
use super::call::{Call, field, optional};
use super::roles::Who;
use super::routes::{Route, get, post, put};
use super::{dialog_body, monitoring};
use crate::core::command::Kind;
use crate::core::node::CopiedCall;
use crate::core::site::Collection;
use crate::core::world::state;
use crate::core::xml::Elem;
use crate::core::{SimCore, reason, render};
use crate::{AgentSpec, Profile};

pub(super) const ROUTES: &[Route] = &[
    put("/User/{id}", Who::Led, |core, call| {
        let spec = core.subject(call)?;
        let kind = core.user_command(call, &spec)?;
        Ok(Answer::Accepted(vec![call.command(&spec.id, None, kind)]))
    }),
    get("/User/{id}", Who::Reader, read),
    // The same door, under the name of another operation.
    get("/User/{loginName}", Who::Reader, read).cce(),
    get("/Users", Who::Administrator, |core, call| {
        let agents = core.world.agents.values();
        let node = core.node(call.side);
        let users = agents.filter_map(|agent| {
            let copy = node.agents.get(&agent.spec.id)?;
            Some(render::user("User", &core.site, &core.profile, &agent.spec, copy))
        });
        Ok(Answer::Document(Elem::new("Users").children(users)))
    }),
    get("/User/{id}/Dialogs", Who::LedOrAdministrator, dialogs),
    get("/User/{id}/Dialogs?includeNonVoice=true", Who::LedOrAdministrator, dialogs),
    get("/User/{id}/Dialogs/Reservation", Who::Own, |core, call| {
        let spec = core.subject(call)?;
        Ok(Answer::Document(core.dialogs_of(call, &spec.id, |copied| copied.call.is_reservation())))
    }),
    post("/User/{id}/Dialogs", Who::Own, |core, call| {
        let spec = core.subject(call)?;
        let body = call.root("Dialog")?;
        let kind = match field(body, "requestedAction")? {
            "MAKE_CALL" => make_call(body, &core.profile)?,
            "SILENT_MONITOR" => monitoring::monitor(core, call, body)?,
            "BARGE_CALL" => monitoring::barge(core, call, body)?,
            other => return Err(Refusal::invalid("requestedAction", other)),
        };
        Ok(Answer::Accepted(vec![call.command(&spec.id, None, kind)]))
    }),
];

fn read(core: &mut SimCore, call: &Call<'_>) -> Result<Answer, Refusal> {
    let spec = core.subject(call)?;
    let copy = core.node(call.side).agents.get(&spec.id).ok_or_else(|| Refusal::unknown_user(&spec.id))?;
    Ok(Answer::Document(render::user("User", &core.site, &core.profile, &spec, copy)))
}

impl SimCore {
    fn user_command(&self, call: &Call<'_>, spec: &AgentSpec) -> Result<Kind, Refusal> {
        let body = call.root("User")?;
        let wanted = field(body, "state")?;
        if wanted == "LOGIN" {
            if spec.id != call.asking {
                return Err(Refusal::foreign(&spec.id));
            }
            return self.login(body);
        }
        let known = state::requestable(wanted).filter(|to| *to != state::WORK_READY || self.profile.is_cce());
        let to = known.ok_or_else(|| Refusal::invalid("state", wanted))?;
        let reason = optional(body, "reasonCodeId");
        let now = self.node(call.side).agents.get(&spec.id).map_or(state::LOGOUT, |copy| copy.now.state);
        if spec.id != call.asking {
            return supervisor_command(to, now, reason);
        }
        let ready_to_go = now == state::READY && !self.profile.is_cce();
        if to == state::LOGOUT
            && !ready_to_go
            && !matches!(now, state::NOT_READY | state::LOGOUT | state::TALKING | state::HOLD)
        {
            return Err(Refusal::new(400, "Invalid State", "LOGOUT is possible only from NOT_READY", now));
        }
        let reason = match reason {
            None | Some("-1") if self.needs_reason(&spec.team, to) => {
                return Err(Refusal::missing("reasonCodeId"));
            }
            None | Some("-1") => None,
            Some(text) => {
                let id = text.parse().ok();
                let known = id.and_then(|id| reason::chosen(&self.site, &spec.team, to, id));
                Some(known.ok_or_else(|| Refusal::invalid("reasonCodeId", text))?)
            }
        };
        let all_media = to == state::LOGOUT && body.get("logoutAllMedia") == Some("true");
        Ok(Kind::State { state: to, reason, all_media })
    }

    /// Whether an agent must give a reason for a state.
    fn needs_reason(&self, team: &str, to: &str) -> bool {
        let mut rows = self.site.for_team(Collection::ReasonCodes, team, reason::for_all);
        self.profile.rest.reason_code_required
            && rows.any(|(_, row)| row.get("category") == Some(to) && !reason::is_system(row))
    }

    fn login(&self, body: &Elem) -> Result<Kind, Refusal> {
        let extension = field(body, "extension")?;
        // E.164 on CCX only: a plus and at most 14 digits.
        let digits = if self.profile.is_cce() {
            extension
        } else {
            extension.strip_prefix('+').filter(|rest| rest.len() <= 14).unwrap_or(extension)
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::new(400, "Bad Request", "The extension is invalid", extension));
        }
        if let Some(device) = optional(body, "activeDeviceId")
            && self.device_at(extension).is_some_and(|known| known != device)
        {
            return Err(Refusal::invalid("activeDeviceId", device));
        }
        let mobile = match body.find("mobileAgent") {
            Some(_) if !self.profile.is_cce() => return Err(self.other_platform("mobileAgent")),
            None => None,
            Some(elem) => {
                let mode = field(elem, "mode")?;
                if !matches!(mode, "CALL_BY_CALL" | "NAILED_CONNECTION") {
                    return Err(Refusal::invalid("mode", mode));
                }
                Some((mode.to_owned(), field(elem, "dialNumber")?.to_owned()))
            }
        };
        Ok(Kind::Login { extension: extension.to_owned(), mobile })
    }

    /// The calls of an agent that `wanted` names.
    fn dialogs_of(&self, call: &Call<'_>, id: &str, wanted: impl Fn(&CopiedCall) -> bool) -> Elem {
        let calls = &self.node(call.side).calls;
        let mine = calls.values().filter(|copied| copied.call.leg_of(id).is_some() && wanted(copied));
        let extras = self.profile.extra_elements;
        Elem::new("Dialogs").children(mine.map(|copied| dialog(copied, calls.values(), extras)))
    }
}

/// Calls, and tasks where they are asked for.
fn dialogs(core: &mut SimCore, call: &Call<'_>) -> Result<Answer, Refusal> {
    let spec = core.subject(call)?;
    let mut list = core.dialogs_of(call, &spec.id, |_| true);
    if call.asked("includeNonVoice").as_deref() == Some("true") {
        list = list.children(core.tasks_of(call.side, &spec.id, None));
    }
    Ok(Answer::Document(list))
}

/// What a supervisor may ask of an agent in state `now`.
fn supervisor_command(to: &'static str, now: &str, reason: Option<&str>) -> Result<Kind, Refusal> {
    if let Some(reason) = reason {
        return Err(Refusal::invalid("reasonCodeId", reason));
    }
    if matches!(to, state::WORK | state::WORK_READY) {
        return Err(Refusal::invalid("state", to));
    }
    let busy = !matches!(
        now,
        state::READY | state::NOT_READY | state::WORK | state::WORK_READY | state::LOGOUT | state::RESERVED
    );
    if to == state::NOT_READY && busy {
        return Err(Refusal::new(400, "Invalid State", "NOT_READY is not possible from the state", now));
    }
    Ok(Kind::Supervisor { state: to })
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

fn make_call(body: &Elem, profile: &Profile) -> Result<Kind, Refusal> {
    let (from, to) = (field(body, "fromAddress")?, field(body, "toAddress")?);
    if from == to {
        return Err(Refusal::new(400, "Invalid Destination", "The number called is the number calling", to));
    }
    if body.find("mediaProperties").is_some() && !profile.is_cce() {
        return Err(Refusal::invalid("mediaProperties", "MAKE_CALL"));
    }
    Ok(Kind::Make { from: from.to_owned(), to: to.to_owned(), vars: dialog_body::variables(body)? })
}
