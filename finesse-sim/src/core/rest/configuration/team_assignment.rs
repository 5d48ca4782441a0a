//! `/Teams`, and what each team has assigned: `/Team/{id}/ReasonCodes` and its like, and a desktop layout of its own.
//!
//! A PUT names the objects by `uri` and takes the place of the whole list; an empty list takes everything away.

use std::collections::BTreeSet;

use super::super::answer::{Answer, Refusal};
use super::super::call::{Call, field};
use super::super::roles::Who;
use super::super::routes::{Route, get, put};
use super::kind::Kind;
use super::{layout, phone_book, reason_code, settings, workflow, wrap_up_reason};
use crate::core::SimCore;
use crate::core::site::{Collection, Team};
use crate::core::xml::Elem;

/// Workflows of a team at the most.
const WORKFLOWS: usize = 20;

impl SimCore {
    fn team(&self, call: &Call<'_>) -> Result<&Team, Refusal> {
        let id = call.first();
        self.site.teams.get(id).ok_or_else(|| no_team(id))
    }

    /// What a team has assigned of a collection.
    fn assigned(
        &self,
        call: &Call<'_>,
        kind: &Kind,
        collection: Collection,
        show: impl Fn(u64, &Elem) -> Elem,
        wanted: impl Fn(&Elem) -> bool,
    ) -> Result<Elem, Refusal> {
        let ids = self.team(call)?.assigned.get(&collection);
        let rows = self.site.rows(collection);
        let mine = rows.filter(|(id, row)| ids.is_some_and(|ids| ids.contains(id)) && wanted(row));
        Ok(mine.fold(Elem::new(kind.list), |all, (id, row)| all.child(show(id, row))))
    }

    /// Assigns to a team what the body names; what `kept` says of the old ones stays.
    fn assign(
        &mut self,
        call: &Call<'_>,
        kind: &Kind,
        collection: Collection,
        kept: impl Fn(&Elem) -> bool,
    ) -> Result<Answer, Refusal> {
        let mut ids: BTreeSet<u64> = self.team(call)?.assigned.get(&collection).cloned().unwrap_or_default();
        ids.retain(|id| self.site.row(collection, *id).is_some_and(&kept));
        for reference in &call.root(kind.list)?.kids {
            let uri = field(reference, "uri")?;
            let last = uri.rsplit('/').next().unwrap_or_default();
            let id = if last == "default" { Some(1) } else { last.parse().ok() };
            let known = id.filter(|id| {
                uri.contains(kind.root) && self.site.row(collection, *id).is_some_and(|row| !kept(row))
            });
            ids.insert(known.ok_or_else(|| Refusal::api("The object does not exist", uri))?);
        }
        if collection == Collection::Workflows && ids.len() > WORKFLOWS {
            let message = format!("A team may have {WORKFLOWS} workflows at the most");
            return Err(Refusal::new(400, "Maximum Exceeded", &message, kind.list));
        }
        if let Some(team) = self.site.teams.get_mut(call.first()) {
            team.assigned.insert(collection, ids);
        }
        Ok(Answer::Done)
    }
}

fn no_team(id: &str) -> Refusal {
    Refusal::new(404, "Not Found", "finesse.api.team.team_assignment_invalid_team", id)
}

/// The category a request asks for, which is one of the two.
fn one_category(call: &Call<'_>) -> Result<String, Refusal> {
    let category = reason_code::category(call)?;
    if category == "ALL" { Err(Refusal::invalid("category", &category)) } else { Ok(category) }
}

fn all(_: &Elem) -> bool {
    true
}

fn none(_: &Elem) -> bool {
    false
}

pub(in crate::core::rest) const ROUTES: &[Route] = &[
    get("/Teams", Who::Administrator, |core, _| {
        let teams = core.site.teams.iter().fold(Elem::new("Teams"), |all, (id, team)| {
            all.child(
                Elem::new("Team")
                    .leaf("uri", format!("/finesse/api/Team/{id}"))
                    .leaf("id", id.clone())
                    .leaf("name", team.name.clone()),
            )
        });
        Ok(Answer::Document(teams))
    })
    .primary(),
    get("/Team/{id}/ReasonCodes?category={category}", Who::Administrator, |core, call| {
        let category = one_category(call)?;
        let show = |id, row: &Elem| reason_code::objects().show(id, row);
        let wanted = |row: &Elem| row.get("category") == Some(&category);
        let kind = &reason_code::REASON_CODE;
        let list = core.assigned(call, kind, Collection::ReasonCodes, show, wanted)?;
        Ok(Answer::Document(list.attr("category", &*category)))
    })
    .primary(),
    put("/Team/{id}/ReasonCodes?category={category}", Who::Administrator, |core, call| {
        let category = one_category(call)?;
        let other = |row: &Elem| row.get("category") != Some(&category);
        core.assign(call, &reason_code::REASON_CODE, Collection::ReasonCodes, other)
    })
    .primary(),
    get("/Team/{id}/WrapUpReasons", Who::Administrator, |core, call| {
        let show = |id, row: &Elem| wrap_up_reason::objects().show(id, row);
        let kind = &wrap_up_reason::WRAP_UP_REASON;
        core.assigned(call, kind, Collection::WrapUpReasons, show, all).map(Answer::Document)
    })
    .primary(),
    put("/Team/{id}/WrapUpReasons", Who::Administrator, |core, call| {
        core.assign(call, &wrap_up_reason::WRAP_UP_REASON, Collection::WrapUpReasons, none)
    })
    .primary(),
    get("/Team/{id}/PhoneBooks", Who::Administrator, |core, call| {
        let kind = &phone_book::PHONE_BOOK;
        core.assigned(call, kind, Collection::PhoneBooks, phone_book::show, all).map(Answer::Document)
    })
    .primary(),
    put("/Team/{id}/PhoneBooks", Who::Administrator, |core, call| {
        core.assign(call, &phone_book::PHONE_BOOK, Collection::PhoneBooks, none)
    })
    .primary(),
    get("/Team/{id}/LayoutConfig", Who::Administrator, |core, call| {
        let team = core.team(call)?;
        let own = team.layout.clone();
        let elem = Elem::new("TeamLayoutConfig")
            .leaf("useDefault", own.is_none().to_string())
            .leaf("layoutxml", own.unwrap_or_else(|| core.default_layout()));
        Ok(Answer::Document(elem))
    })
    .primary(),
    put("/Team/{id}/LayoutConfig", Who::Administrator, |core, call| {
        core.team(call)?;
        let body = call.root("TeamLayoutConfig")?;
        let layout = match field(body, "useDefault")? {
            "true" => None,
            "false" => {
                let text = field(body, "layoutxml")?;
                settings::check_layout(text)?;
                Some(text.to_owned())
            }
            other => return Err(Refusal::invalid("useDefault", other)),
        };
        if let Some(team) = core.site.teams.get_mut(call.first()) {
            team.layout = layout;
        }
        Ok(Answer::Done)
    })
    .primary(),
    get("/Team/{id}/Workflows", Who::Administrator, |core, call| {
        let show = |id, row: &Elem| workflow::show(&core.site, id, row);
        core.assigned(call, &workflow::WORKFLOW, Collection::Workflows, show, all).map(Answer::Document)
    })
    .primary(),
    put("/Team/{id}/Workflows", Who::Administrator, |core, call| {
        core.assign(call, &workflow::WORKFLOW, Collection::Workflows, none)
    })
    .primary(),
    get("/Team/{id}/MediaPropertiesLayouts", Who::Administrator, |core, call| {
        core.assigned(call, &layout::LAYOUT, Collection::Layouts, layout::show, all).map(Answer::Document)
    })
    .primary(),
    put("/Team/{id}/MediaPropertiesLayouts", Who::Administrator, |core, call| {
        core.assign(call, &layout::LAYOUT, Collection::Layouts, none)
    })
    .primary(),
];
