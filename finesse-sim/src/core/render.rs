//! Users, dialogs and SystemInfo as elements, in the order and spelling of the wire.

use super::call::{Call, leg};
use super::node::{CopiedAgent, CopiedCall};
use super::reason;
use super::site::Site;
use super::time::iso;
use super::world::state;
use super::xml::Elem;
use crate::{AgentSpec, Profile};

/// With an element that no release writes, so that no client can know it; what stands in it is not flat either.
pub(crate) fn novel(elem: Elem, extras: bool) -> Elem {
    if !extras {
        return elem;
    }
    elem.child(Elem::new("sinceNextRelease").leaf("part", "1").leaf("part", "2"))
}

fn time(millis: Option<i64>) -> String {
    millis.map(iso).unwrap_or_default()
}

/// A whole user. `root` is the name of the element.
pub(crate) fn user(root: &str, site: &Site, profile: &Profile, spec: &AgentSpec, copy: &CopiedAgent) -> Elem {
    let reason = reason::Shown::of(site, copy.now.state, copy.now.reason);
    let team = site.team_name(&spec.team);
    let mut elem = Elem::new(root)
        .leaf("dialogs", format!("/finesse/api/User/{}/Dialogs", spec.id))
        .leaf("extension", copy.now.extension.clone())
        .leaf("firstName", spec.first_name.clone())
        .leaf("lastName", spec.last_name.clone())
        .leaf("loginId", spec.id.clone())
        .leaf("loginName", spec.login_name.clone())
        .leaf("mediaType", "1")
        .leaf("pendingState", copy.now.pending.unwrap_or_default())
        .maybe("reasonCodeId", reason.id.map(|id| id.to_string()))
        .child(roles(spec))
        .child(settings(spec, profile))
        .leaf("state", copy.now.state)
        .leaf("stateChangeTime", time(copy.changed))
        .leaf("teamId", spec.team.clone())
        .leaf("teamName", team)
        .leaf("uri", format!("/finesse/api/User/{}", spec.id));
    if let Some(known) = reason.elem() {
        elem = elem.child(known);
    }
    if let Some((mode, number)) = copy.mobile.as_ref().filter(|_| copy.now.state != state::LOGOUT) {
        elem = elem
            .child(Elem::new("mobileAgent").leaf("dialNumber", number.clone()).leaf("mode", mode.clone()));
    }
    if spec.supervisor {
        let led = Elem::new("Team")
            .leaf("id", spec.team.clone())
            .leaf("name", team)
            .leaf("uri", format!("/finesse/api/Team/{}", spec.team));
        elem = elem.child(Elem::new("teams").child(novel(led, profile.extra_elements)));
    }
    if profile.extra_elements {
        elem = elem
            .leaf("skillTargetId", "6067")
            .leaf("wrapUpTimer", "7200")
            .child(Elem::new("services").leaf("service", "CallTranscript"));
    }
    novel(elem, profile.extra_elements).sorted()
}

/// The thin user of one capture, sent while a call rings.
pub(crate) fn thin_user(root: &str, spec: &AgentSpec, copy: &CopiedAgent) -> Elem {
    Elem::new(root)
        .leaf("dialogs", format!("/finesse/api/User/{}/Dialogs", spec.id))
        .leaf("extension", copy.now.extension.clone())
        .leaf("firstName", spec.first_name.clone())
        .leaf("lastName", spec.last_name.clone())
        .leaf("loginId", spec.id.clone())
        .leaf("mediaType", "")
        .leaf("state", copy.now.state)
        .leaf("stateChangeTime", time(copy.changed))
        .leaf("uri", format!("/finesse/api/User/{}", spec.id))
        .sorted()
}

/// The summary of a user that members of a team's audience get.
pub(crate) fn summary(site: &Site, spec: &AgentSpec, copy: &CopiedAgent) -> Elem {
    let reason = reason::Shown::of(site, copy.now.state, copy.now.reason);
    Elem::new("user")
        .leaf("uri", format!("/finesse/api/User/{}", spec.id))
        .leaf("loginId", spec.id.clone())
        .leaf("firstName", spec.first_name.clone())
        .leaf("lastName", spec.last_name.clone())
        .leaf("extension", copy.now.extension.clone())
        .leaf("pendingState", copy.now.pending.unwrap_or_default())
        .maybe("reasonCodeId", reason.id.map(|id| id.to_string()))
        .leaf("state", copy.now.state)
        .leaf("stateChangeTime", time(copy.changed))
}

/// The summary of a user inside his team, as REST shows it. `busy`: he is on a call.
pub(crate) fn member(
    site: &Site,
    profile: &Profile,
    spec: &AgentSpec,
    copy: &CopiedAgent,
    busy: bool,
) -> Elem {
    let reason = reason::Shown::of(site, copy.now.state, copy.now.reason).elem().map(|mut elem| {
        elem.kids.retain(|kid| kid.name != "systemCode");
        elem
    });
    let media_state = (!profile.is_cce()).then(|| if busy { "BUSY" } else { "IDLE" }.to_owned());
    let mut elem = Elem::new("User")
        .leaf("dialogs", format!("/finesse/api/User/{}/Dialogs", spec.id))
        .leaf("extension", copy.now.extension.clone())
        .leaf("firstName", spec.first_name.clone())
        .leaf("lastName", spec.last_name.clone())
        .leaf("loginId", spec.id.clone())
        .maybe("mediaState", media_state)
        .leaf("pendingState", copy.now.pending.unwrap_or_default());
    if let Some(reason) = reason {
        elem = elem.child(reason);
    }
    elem.leaf("state", copy.now.state)
        .leaf("stateChangeTime", time(copy.changed))
        .leaf("uri", format!("/finesse/api/User/{}", spec.id))
}

fn roles(spec: &AgentSpec) -> Elem {
    let roles = Elem::new("roles").leaf("role", "Agent");
    if spec.supervisor { roles.leaf("role", "Supervisor") } else { roles }
}

fn settings(spec: &AgentSpec, profile: &Profile) -> Elem {
    if !profile.is_cce() {
        return Elem::new("settings").leaf("wrapUpOnIncoming", "");
    }
    let settings = Elem::new("settings")
        .leaf("wrapUpOnIncoming", if spec.wrap_up { "OPTIONAL" } else { "NOT_ALLOWED" })
        .leaf("wrapUpOnOutgoing", "NOT_ALLOWED");
    novel(settings, profile.extra_elements)
}

/// A whole dialog. `root` is the name of the element. `other_active` says of an agent whether he has another active call.
pub(crate) fn dialog(
    root: &str,
    copied: &CopiedCall,
    other_active: impl Fn(&str) -> bool,
    extras: bool,
) -> Elem {
    let call = &copied.call;
    let participants = call.legs.iter().fold(Elem::new("participants"), |all, leg| {
        let (start, changed) = copied.times.get(&leg.address).copied().unwrap_or((0, None));
        let other = leg.agent.as_deref().is_some_and(&other_active);
        let actions = call
            .actions(leg, other)
            .into_iter()
            .fold(Elem::new("actions"), |all, one| all.leaf("action", one));
        let one = Elem::new("Participant")
            .child(actions)
            .leaf("mediaAddress", leg.address.clone())
            .leaf("mediaAddressType", if leg.agent.is_some() { "AGENT_DEVICE" } else { "" })
            .leaf("startTime", iso(start))
            .leaf("state", leg.state)
            .leaf("stateCause", leg.cause)
            .leaf("stateChangeTime", time(changed));
        all.child(novel(one, extras).sorted())
    });
    let associated = call.associated.map(|id| format!("/finesse/api/Dialog/{id}")).unwrap_or_default();
    let mut elem = Elem::new(root)
        .leaf("associatedDialogUri", associated)
        .leaf("fromAddress", call.from.clone())
        .leaf("id", call.id.to_string())
        .child(media_properties(call, extras))
        .leaf("mediaType", "Voice")
        // The order of joining means something, so participants are not sorted; their children are in order already.
        .child(participants);
    if let Some((at, number)) = &call.callback {
        elem = elem.child(
            Elem::new("scheduledCallbackInfo")
                .leaf("callbackNumber", number.clone())
                .leaf("callbackTime", at.clone()),
        );
    }
    novel(elem.maybe("secondaryId", call.secondary.map(|id| id.to_string())), extras)
        .leaf("state", call.state())
        .leaf("toAddress", call.to.clone())
        .leaf("uri", format!("/finesse/api/Dialog/{}", call.id))
}

fn media_properties(call: &Call, extras: bool) -> Elem {
    let variables = call.vars.iter().fold(Elem::new("callvariables"), |all, (name, value)| {
        let one = Elem::new("CallVariable").leaf("name", name.clone()).leaf("value", value.clone());
        all.child(novel(one, extras))
    });
    let setting_up = call.state() == leg::INITIATING;
    let dnis = call.legs.iter().find(|leg| leg.agent.is_some()).map(|leg| leg.address.clone());
    let mut elem = Elem::new("mediaProperties")
        .leaf("DNIS", if setting_up { String::new() } else { dnis.unwrap_or_default() })
        .leaf("callType", call.call_type)
        .child(variables)
        .leaf("dialedNumber", if setting_up { String::new() } else { call.to.clone() })
        .leaf("mediaId", "1")
        .leaf("outboundClassification", call.classification.clone())
        .maybe("wrapUpReason", call.wrap_up_reason.clone());
    if !call.wrap_up_items.is_empty() {
        let items = call.wrap_up_items.iter();
        elem = elem
            .child(items.fold(Elem::new("wrapUpItems"), |all, item| all.leaf("wrapUpItem", item.clone())));
    }
    if extras {
        elem = elem
            .leaf("callGUID", format!("7F3A{:012X}", call.id))
            .leaf("callKeyCallId", (call.id % 1000).to_string())
            .leaf("callKeyPrefix", "152018")
            .leaf("callKeySequenceNum", "1")
            .leaf("queueName", "UCM_PIM.Sales.SG")
            .leaf("queueNumber", "5022");
    }
    novel(elem, extras).sorted()
}

/// The body of a REST error.
pub(crate) fn api_errors(kind: &str, message: &str, data: &str) -> Elem {
    let error =
        Elem::new("ApiError").leaf("ErrorData", data).leaf("ErrorMessage", message).leaf("ErrorType", kind);
    Elem::new("ApiErrors").child(error)
}

/// The error of an event.
pub(crate) fn event_errors(error: &super::command::CtiError) -> Elem {
    let mut elem = Elem::new("apiError")
        .leaf("errorData", error.data.clone())
        .leaf("errorMessage", error.message.clone())
        .leaf("errorType", error.kind)
        .maybe("errorMedia", error.media.map(|domain| domain.to_string()));
    if let Some(code) = error.peripheral {
        elem = elem.leaf("peripheralErrorCode", code).leaf("peripheralErrorMsg", format!("PERERR_{code}"));
    }
    Elem::new("apiErrors").child(elem)
}

/// Whether an agent is one the copy knows to be on a call besides `than`.
pub(crate) fn other_active<'a>(calls: impl Iterator<Item = &'a CopiedCall>, agent: &str, than: u64) -> bool {
    calls
        .filter(|copied| copied.call.id != than)
        .any(|copied| copied.call.leg_of(agent).is_some_and(|one| one.is_own(leg::ACTIVE)))
}

/// A state that is shown as thin.
pub(crate) fn is_thin(text: &str) -> bool {
    text == state::RESERVED
}
