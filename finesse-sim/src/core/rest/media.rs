//! `/User/{id}/Media`: an agent in media routing domains; `/MediaDomain` and `/ScriptSelectors`.

use super::answer::{Answer, Refusal};
use super::call::{Call, field, optional};
use super::roles::Who;
use super::routes::{Route, get, put};
use crate::core::command::{Command, Kind, MediaChange, MediaSettings};
use crate::core::tasks::task;
use crate::core::world::state;
use crate::core::xml::{Elem, escape};
use crate::core::{SimCore, reason};

pub(super) const ROUTES: &[Route] = &[
    get("/User/{id}/Media", Who::Own, |core, call| {
        let spec = core.subject(call)?;
        let all = core.site.domains.iter();
        let list = all.filter_map(|domain| core.media_elem(call.side, &spec.id, domain.id, "Media"));
        Ok(Answer::Document(Elem::new("MediaList").children(list)))
    })
    .cce(),
    put("/User/{id}/Media", Who::Own, |core, call| {
        let list = &call.root("MediaList")?.kids;
        if list.is_empty() {
            return Err(Refusal::missing("Media"));
        }
        let changes = list.iter().map(|one| core.media_commands(call, core.domain(field(one, "id")?)?, one));
        Ok(Answer::Accepted(changes.collect::<Result<Vec<_>, _>>()?.concat()))
    })
    .cce(),
    get("/User/{id}/Media/{mrdId}", Who::Own, |core, call| {
        let (spec, domain) = (core.subject(call)?, core.domain(call.param("mrdId"))?);
        let media = core.media_elem(call.side, &spec.id, domain, "Media");
        media.map(Answer::Document).ok_or_else(|| Refusal::not_found(call.param("mrdId")))
    })
    .cce(),
    put("/User/{id}/Media/{mrdId}", Who::Own, |core, call| {
        let domain = core.domain(call.param("mrdId"))?;
        core.media_commands(call, domain, call.root("Media")?).map(Answer::Accepted)
    })
    .cce(),
    get("/User/{id}/Media/{mrdId}/Dialogs", Who::LedOrAdministrator, |core, call| {
        let (spec, domain) = (core.subject(call)?, core.domain(call.param("mrdId"))?);
        let tasks = core.tasks_of(call.side, &spec.id, Some(domain));
        Ok(Answer::Document(Elem::new("Dialogs").children(tasks)))
    })
    .cce(),
    get("/User/{id}/Dialogs/Media", Who::LedOrAdministrator, |core, call| {
        let spec = core.subject(call)?;
        let tasks = core.tasks_of(call.side, &spec.id, None);
        Ok(Answer::Document(Elem::new("Dialogs").children(tasks)))
    })
    .cce(),
    get("/MediaDomain", Who::Known, |core, _| {
        let domains = core.site.domains.iter().map(|domain| {
            Elem::new("MediaDomain")
                .leaf("description", escape(domain.description))
                .leaf("id", domain.id.to_string())
                .leaf("interruptible", domain.interruptible.to_string())
                .leaf("name", domain.name)
        });
        Ok(Answer::Document(Elem::new("MediaDomains").children(domains)))
    })
    .cce(),
    get("/ScriptSelectors?mrdType={mrdType}", Who::Known, |core, call| {
        let wanted = call.asked("mrdType").unwrap_or_else(|| "all".to_owned());
        let (voice, digital) = match wanted.as_str() {
            "voice" => (true, false),
            "digitalchannel" => (false, true),
            "all" => (true, true),
            other => return Err(Refusal::invalid("mrdType", other)),
        };
        let selector = |id: u32, name: String, number: &str| {
            Elem::new("ScriptSelector")
                .leaf("MrdID", id.to_string())
                .leaf("Name", name)
                .leaf("DialedNumber", number)
        };
        let mut list = Elem::new("ScriptSelectors");
        if voice {
            let one = selector(1, "CVP_VRU_RC1.7000200000".to_owned(), "7000200000");
            list = list.child(one.leaf("Description", "Sales & service"));
        }
        if digital {
            let domains = core.site.domains.iter();
            list = list
                .children(domains.map(|one| selector(one.id, format!("{}.transfer", one.name), "transfer")));
        }
        Ok(Answer::Document(list))
    })
    .cce(),
];

impl SimCore {
    /// The domain with this id.
    fn domain(&self, text: &str) -> Result<u32, Refusal> {
        let found = self.site.domains.iter().find(|domain| domain.id.to_string() == text);
        found.map(|domain| domain.id).ok_or_else(|| Refusal::not_found(text))
    }

    /// The commands that a `Media` of a request asks for, in order.
    fn media_commands(&self, call: &Call<'_>, domain: u32, media: &Elem) -> Result<Vec<Command>, Refusal> {
        let spec = self.subject(call)?;
        let about = |refusal: Refusal| Refusal { media: Some(domain), ..refusal };
        let mut changes = Vec::new();
        if let Some(wanted) = optional(media, "state") {
            changes.push(self.media_state(&spec.team, wanted, media).map_err(about)?);
        }
        match optional(media, "routable") {
            None => {}
            Some("true") => changes.push(MediaChange::Routable(true)),
            Some("false") => changes.push(MediaChange::Routable(false)),
            Some(other) => return Err(about(Refusal::invalid("routable", other))),
        }
        if changes.is_empty() {
            return Err(about(Refusal::missing("state")));
        }
        let command = |change| call.command(&spec.id, None, Kind::Media { domain, change });
        Ok(changes.into_iter().map(command).collect())
    }

    fn media_state(&self, team: &str, wanted: &str, media: &Elem) -> Result<MediaChange, Refusal> {
        let to = match wanted {
            "LOGIN" => return login(media).map(MediaChange::Login),
            "READY" => state::READY,
            "NOT_READY" => state::NOT_READY,
            "LOGOUT" => state::LOGOUT,
            "ACTIVE" => task::ACTIVE,
            _ => return Err(Refusal::invalid("state", wanted)),
        };
        let reason = match optional(media, "reasonCodeId") {
            None | Some("-1") => None,
            Some(text) => {
                let known = text.parse().ok().and_then(|id| reason::chosen(&self.site, team, to, id));
                Some(known.ok_or_else(|| Refusal::invalid("reasonCodeId", text))?)
            }
        };
        Ok(MediaChange::State { state: to, reason })
    }
}

fn login(media: &Elem) -> Result<MediaSettings, Refusal> {
    let limit = field(media, "maxDialogLimit")?;
    let max_dialogs = limit.parse().ok().filter(|number| (1..=10).contains(number));
    let interrupt = match field(media, "interruptAction")? {
        "ACCEPT" => "ACCEPT",
        "IGNORE" => "IGNORE",
        other => return Err(Refusal::invalid("interruptAction", other)),
    };
    let at_logout = match optional(media, "dialogLogoutAction") {
        None | Some("CLOSE") => "CLOSE",
        Some("TRANSFER") => "TRANSFER",
        Some(other) => return Err(Refusal::invalid("dialogLogoutAction", other)),
    };
    let max_dialogs = max_dialogs.ok_or_else(|| Refusal::invalid("maxDialogLimit", limit))?;
    Ok(MediaSettings { max_dialogs, interrupt, at_logout })
}
