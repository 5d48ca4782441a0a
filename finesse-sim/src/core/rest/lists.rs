//! What a team's members may choose from: reasons, phone books, layouts, workflows. Under a user and under a team it is the same,
//! with other URIs here and there.

use super::answer::{Answer, Refusal};
use super::call::Call;
use super::configuration::{contact, layout, phone_book, reason_code, workflow, wrap_up_reason};
use crate::core::SimCore;
use crate::core::reason;
use crate::core::site::Collection;
use crate::core::xml::Elem;

/// Contacts that are given out at the most.
const CONTACTS: usize = 6000;

impl SimCore {
    /// Reason codes of the category a request asks for. Built-in ones cannot be chosen.
    pub(super) fn team_reason_codes(&self, team: &str, call: &Call<'_>) -> Result<Answer, Refusal> {
        let category = reason_code::category(call)?;
        let rows = self.site.for_team(Collection::ReasonCodes, team, reason::for_all);
        let wanted = rows
            .filter(|(_, row)| !reason::is_system(row))
            .filter(|(_, row)| category == "ALL" || row.get("category") == Some(&category));
        let list = wanted.fold(Elem::new("ReasonCodes").attr("category", &*category), |all, (id, row)| {
            all.child(reason_code::objects().show(id, row))
        });
        Ok(Answer::Document(list))
    }

    /// Wrap-up reasons. `base`: what their URIs begin with.
    pub(super) fn team_wrap_up_reasons(&self, team: &str, base: &str) -> Answer {
        let rows = self.site.for_team(Collection::WrapUpReasons, team, reason::for_all);
        let kind = &wrap_up_reason::WRAP_UP_REASON;
        Answer::Document(
            rows.fold(Elem::new(kind.list), |all, (id, row)| all.child(kind.show(base, id, row))),
        )
    }

    /// Layouts: the default one and the team's.
    pub(super) fn team_layouts(&self, team: &str) -> Answer {
        let rows = self.site.for_team(Collection::Layouts, team, |row| row.get("type") == Some("DEFAULT"));
        Answer::Document(
            rows.fold(Elem::new("MediaPropertiesLayouts"), |all, (id, row)| all.child(layout::show(id, row))),
        )
    }

    /// Workflows of the team.
    pub(super) fn team_workflows(&self, team: &str) -> Answer {
        let rows = self.site.for_team(Collection::Workflows, team, |_| false);
        Answer::Document(
            rows.fold(Elem::new("Workflows"), |all, (id, row)| {
                all.child(workflow::show(&self.site, id, row))
            }),
        )
    }

    /// Phone books with their contacts, those for all first; as many contacts as the range of a request lets through.
    pub(super) fn team_phone_books(&self, team: &str, call: &Call<'_>) -> Result<Answer, Refusal> {
        let range = call.range()?;
        let (first, last) = range.unwrap_or((1, CONTACTS));
        let rows = self.site.for_team(Collection::PhoneBooks, team, phone_book::is_global);
        let (global, own): (Vec<_>, Vec<_>) = rows.partition(|(_, row)| phone_book::is_global(row));
        let mut list = Elem::new("PhoneBooks");
        let mut seen = 0;
        for (id, row) in global.into_iter().chain(own) {
            let mut contacts = Elem::new("Contacts");
            let objects = contact::objects(&self.site, id)?;
            for (number, contact) in self.site.rows(objects.collection) {
                seen += 1;
                if (first..=last).contains(&seen) {
                    contacts = contacts.child(objects.show(number, contact));
                }
            }
            list = list.child(phone_book::objects().show(id, row).child(contacts));
        }
        let whole = first == 1 && seen <= last;
        if seen > 0 && first > seen {
            let message = "The range lies behind the last object";
            return Err(Refusal::new(416, "Range Not Satisfiable", message, &seen.to_string()));
        }
        Ok(if whole { Answer::Document(list) } else { Answer::Part(list) })
    }
}
