//! Tasks and agents in media routing domains as elements, in the order and spelling of the wire.

use super::node::{CopiedMedia, CopiedTask};
use super::reason;
use super::site::{Domain, Site};
use super::tasks::Task;
use super::time::iso;
use super::world::state;
use super::xml::{Elem, escape};
use crate::Side;

/// A task. `root` is the name of the element.
pub(crate) fn task(root: &str, site: &Site, task: &Task, copied: &CopiedTask) -> Elem {
    let name = site.domains.iter().find(|one| one.id == task.domain).map_or("", |one| one.name);
    let variables = task.vars.iter().fold(Elem::new("callvariables"), |all, (name, value)| {
        all.child(Elem::new("CallVariable").leaf("name", name.clone()).leaf("value", value.clone()))
    });
    let properties = Elem::new("mediaProperties")
        .leaf("mediaId", task.domain.to_string())
        .leaf("dialedNumber", "")
        .leaf("queueNumber", "5031")
        .leaf("queueName", "Chat.Sales.SG")
        .maybe("wrapUpReason", task.wrap_up_reason.clone())
        .child(variables);
    let actions = task.actions().iter().fold(Elem::new("actions"), |all, one| all.leaf("action", *one));
    let mut participant = Elem::new("Participant")
        .child(actions)
        .leaf("mediaAddress", task.agent.clone())
        .leaf("startTime", iso(copied.start))
        .leaf("state", task.state)
        .leaf("stateChangeTime", iso(copied.changed));
    if let Some(disposition) = task.disposition {
        participant = participant.child(Elem::new("dispositionCode").leaf("disposition", disposition));
    }
    Elem::new(root)
        .leaf("associatedDialogUri", "")
        .leaf("id", task.id.clone())
        .leaf("mediaType", name)
        .child(properties)
        .child(Elem::new("participants").child(participant))
        .leaf("state", task.state)
        .leaf("uri", format!("/finesse/api/Dialog/{}", task.id))
}

/// An agent in a domain. `skilled`: he has a skill group in it; otherwise only the domain is shown.
pub(crate) fn media(
    root: &str,
    site: &Site,
    user: &str,
    domain: &Domain,
    skilled: bool,
    copied: Option<&CopiedMedia>,
    side: Side,
) -> Elem {
    let elem = Elem::new(root)
        // Escaped here and once more when it is written.
        .leaf("description", escape(domain.description))
        .leaf("id", domain.id.to_string())
        .leaf("interruptible", domain.interruptible.to_string())
        .leaf("name", domain.name)
        .leaf("uri", format!("/finesse/api/User/{user}/Media/{}", domain.id));
    if !skilled {
        return elem;
    }
    let now = copied.map_or(state::LOGOUT, |copied| copied.now.state);
    let shown = reason::Shown::of(site, now, copied.and_then(|copied| copied.now.reason));
    // Only the side where he signed in knows what he chose.
    let settings = copied.filter(|copied| copied.now.owner == side).map(|copied| &copied.now.settings);
    let mut elem = elem
        .leaf("channel", "chat")
        .leaf("dialogLogoutAction", settings.map_or("CLOSE", |settings| settings.at_logout))
        .leaf("finesseAssociated", "true")
        .leaf("interruptAction", settings.map_or("ACCEPT", |settings| settings.interrupt))
        .leaf("maxDialogLimit", settings.map_or(1, |settings| settings.max_dialogs).to_string())
        .leaf("mediaClass", "Cisco_Chat")
        .leaf("mediaConnected", "true")
        .maybe("reasonCodeId", shown.id.map(|id| id.to_string()))
        .leaf("routable", copied.is_none_or(|copied| copied.now.routable).to_string())
        .leaf("state", now)
        .leaf("stateChangeTime", copied.map(|copied| iso(copied.changed)).unwrap_or_default());
    if let Some(mut reason) = shown.elem() {
        "ReasonCode".clone_into(&mut reason.name);
        reason.kids.retain(|kid| kid.name != "systemCode");
        elem = elem.child(reason);
    }
    elem
}
