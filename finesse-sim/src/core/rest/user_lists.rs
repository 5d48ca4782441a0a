//! `/User/{id}/…`: what a user may choose from, and what concerns him.

use super::answer::{Answer, Refusal};
use super::configuration::{layout, reason_code, wrap_up_reason};
use super::roles::Who;
use super::routes::{Route, get};
use crate::core::reason;
use crate::core::site::Collection;
use crate::core::xml::Elem;

pub(super) const ROUTES: &[Route] = &[
    get("/User/{id}/ReasonCode/{reasonCodeId}", Who::OwnOrAdministrator, |core, call| {
        let (team, id) = (core.subject(call)?.team, call.number("reasonCodeId")?);
        let mut rows = core.site.for_team(Collection::ReasonCodes, &team, reason::for_all);
        let (id, row) = rows
            .find(|(known, _)| *known == id)
            .ok_or_else(|| Refusal::not_found(call.param("reasonCodeId")))?;
        Ok(Answer::Document(reason_code::objects().show(id, row)))
    }),
    get("/User/{id}/ReasonCodes?category={category}", Who::OwnOrAdministrator, |core, call| {
        core.team_reason_codes(&core.subject(call)?.team, call)
    }),
    get("/User/{id}/WrapUpReason/{wrapUpReasonId}", Who::OwnOrAdministrator, |core, call| {
        let (spec, id) = (core.subject(call)?, call.number("wrapUpReasonId")?);
        let mut rows = core.site.for_team(Collection::WrapUpReasons, &spec.team, reason::for_all);
        let (id, row) = rows
            .find(|(known, _)| *known == id)
            .ok_or_else(|| Refusal::not_found(call.param("wrapUpReasonId")))?;
        let base = format!("/finesse/api/User/{}/WrapUpReason", spec.id);
        Ok(Answer::Document(wrap_up_reason::WRAP_UP_REASON.show(&base, id, row)))
    }),
    get("/User/{id}/WrapUpReasons", Who::OwnOrAdministrator, |core, call| {
        let spec = core.subject(call)?;
        let base = format!("/finesse/api/User/{}/WrapUpReason", spec.id);
        Ok(core.team_wrap_up_reasons(&spec.team, &base))
    }),
    get("/User/{id}/MediaPropertiesLayout", Who::Own, |core, _| {
        let mut rows = core.site.rows(Collection::Layouts);
        let (id, row) = rows.next().ok_or_else(|| Refusal::not_found("default"))?;
        Ok(Answer::Document(layout::show(id, row)))
    }),
    get("/User/{id}/MediaPropertiesLayouts", Who::Own, |core, call| {
        Ok(core.team_layouts(&core.subject(call)?.team))
    }),
    get("/User/{id}/PhoneBooks", Who::Own, |core, call| {
        core.team_phone_books(&core.subject(call)?.team, call)
    }),
    get("/User/{id}/Workflows", Who::Own, |core, call| Ok(core.team_workflows(&core.subject(call)?.team))),
    get("/User/{id}/Queues", Who::Known, |core, call| {
        let spec = core.subject(call)?;
        let queues = core.site.queues.iter().filter(|(_, queue)| queue.teams.contains(&spec.team.as_str()));
        let list =
            queues.fold(Elem::new("Queues"), |all, (id, _)| all.children(core.queue_elem(call.side, *id)));
        Ok(Answer::Document(list))
    }),
];
