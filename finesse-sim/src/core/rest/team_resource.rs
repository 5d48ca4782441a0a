//! `/TeamResource/{teamId}`: what the members of a team may choose from.

use super::answer::Answer;
use super::roles::Who;
use super::routes::{Route, get};
use crate::core::xml::Elem;

pub(super) const ROUTES: &[Route] = &[
    get("/TeamResource/{teamId}/ReasonCodes?category={category}", Who::Member, |core, call| {
        core.team_reason_codes(call.first(), call)
    }),
    get("/TeamResource/{teamId}/WrapUpReasons", Who::Member, |core, call| {
        Ok(core.team_wrap_up_reasons(call.first(), "/finesse/api/WrapUpReason"))
    }),
    get("/TeamResource/{teamId}/MediaPropertiesLayouts", Who::Member, |core, call| {
        Ok(core.team_layouts(call.first()))
    }),
    get("/TeamResource/{teamId}/PhoneBooks", Who::Member, |core, call| {
        core.team_phone_books(call.first(), call)
    }),
    get("/TeamResource/{teamId}/Workflows", Who::Member, |core, call| Ok(core.team_workflows(call.first()))),
    get("/TeamResource/{teamId}/Layout", Who::Member, |core, call| {
        let own = core.site.teams.get(call.first()).and_then(|team| team.layout.clone());
        let elem = Elem::new("TeamLayoutConfig")
            .leaf("useDefault", own.is_none().to_string())
            .leaf("layoutxml", own.unwrap_or_else(|| core.default_layout()));
        Ok(Answer::Document(elem))
    }),
];
