//! Reason codes. Clients send and read the database id; CTI knows the number.

use super::site::{Collection, Site};
use super::world::state;
use super::xml::Elem;

/// Not ready after a forced logout, and the logout itself with LOAD 1.
pub(crate) const CONNECTION_FAILURE: i64 = 50002;
/// Reason of what a supervisor does on CCE.
const SUPERVISOR_CCE: i64 = 999;
/// The same on CCX.
const SUPERVISOR_CCX: i64 = 33;
/// The phone was unregistered.
pub(crate) const DEVICE_ERROR: i64 = 50003;

/// Reason of what a supervisor does.
pub(crate) fn supervisor(ccx: bool) -> i64 {
    if ccx { SUPERVISOR_CCX } else { SUPERVISOR_CCE }
}

/// By number, for a state.
pub(crate) fn by_code<'a>(site: &'a Site, category: &str, code: i64) -> Option<(u64, &'a Elem)> {
    let mut rows = site.rows(Collection::ReasonCodes);
    rows.find(|(_, row)| number(row) == Some(code) && row.get("category") == Some(category))
}

/// The number of a reason that a member of `team` may choose for a state, by database id.
pub(crate) fn chosen(site: &Site, team: &str, category: &str, id: i64) -> Option<i64> {
    let mut rows = site.for_team(Collection::ReasonCodes, team, for_all);
    let (_, row) = rows.find(|(known, row)| {
        i64::try_from(*known) == Ok(id) && row.get("category") == Some(category) && !is_system(row)
    })?;
    number(row)
}

/// Built in.
pub(crate) fn is_system(row: &Elem) -> bool {
    row.get("systemCode") == Some("true")
}

/// For every team; also right for wrap-up reasons.
pub(crate) fn for_all(row: &Elem) -> bool {
    row.get("forAll") == Some("true")
}

fn number(row: &Elem) -> Option<i64> {
    row.get("code")?.parse().ok()
}

/// What the API shows of the reason of an agent's state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown<'a> {
    /// `reasonCodeId`; none where the element is absent.
    pub(crate) id: Option<i64>,
    /// Number of the reason.
    pub(crate) code: Option<i64>,
    row: Option<&'a Elem>,
}

impl<'a> Shown<'a> {
    /// Of a state and the number of its reason.
    pub(crate) fn of(site: &'a Site, to: &str, code: Option<i64>) -> Self {
        if !matches!(to, state::NOT_READY | state::LOGOUT) {
            return Self::default();
        }
        let found = code.and_then(|code| by_code(site, to, code));
        let id = found.and_then(|(id, _)| i64::try_from(id).ok()).unwrap_or(-1);
        Self { id: Some(id), code, row: found.map(|(_, row)| row) }
    }

    /// The whole reason as an element of a user, if it is a known one.
    pub(crate) fn elem(&self) -> Option<Elem> {
        let (row, id) = (self.row?, self.id?);
        let text = |name| row.get(name).unwrap_or_default().to_owned();
        Some(
            Elem::new("reasonCode")
                .leaf("category", text("category"))
                .leaf("code", text("code"))
                .leaf("forAll", text("forAll"))
                .leaf("id", id.to_string())
                .leaf("label", text("label"))
                .leaf("systemCode", text("systemCode"))
                .leaf("uri", format!("/finesse/api/ReasonCode/{id}")),
        )
    }
}
