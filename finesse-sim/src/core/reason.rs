//! Reason codes the pair is configured with. Clients send and read the database id; CTI knows the number.

use super::xml::Elem;

/// One reason code.
#[derive(Debug)]
pub(crate) struct Reason {
    /// Database id.
    pub(crate) id: i64,
    /// Number, as CTI knows it.
    pub(crate) code: i64,
    /// `NOT_READY` or `LOGOUT`.
    pub(crate) category: &'static str,
    /// Text.
    pub(crate) label: &'static str,
    /// Built in.
    pub(crate) system: bool,
}

const fn reason(id: i64, code: i64, category: &'static str, label: &'static str, system: bool) -> Reason {
    Reason { id, code, category, label, system }
}

/// Not ready after a forced logout, and the logout itself with LOAD 1.
pub(crate) const CONNECTION_FAILURE: i64 = 50002;
/// The phone was unregistered.
pub(crate) const DEVICE_ERROR: i64 = 50003;

const CATALOGUE: &[Reason] = &[
    reason(7, 41, "NOT_READY", "Coaching", false),
    reason(8, 42, "NOT_READY", "Break", false),
    reason(9, 1, "LOGOUT", "End of shift", false),
    reason(101, CONNECTION_FAILURE, "NOT_READY", "Connection Failure", true),
    reason(102, CONNECTION_FAILURE, "LOGOUT", "System Failure", true),
    reason(103, 999, "NOT_READY", "Supervisor", true),
    reason(104, 999, "LOGOUT", "Supervisor", true),
    reason(105, 32767, "NOT_READY", "Call Not Answered", true),
    reason(106, DEVICE_ERROR, "LOGOUT", "Device Error", true),
    reason(107, 255, "LOGOUT", "Connection Failure", true),
];

/// By number, for a state.
pub(crate) fn by_code(category: &str, code: i64) -> Option<&'static Reason> {
    CATALOGUE.iter().find(|reason| reason.code == code && reason.category == category)
}

/// By database id, among those an agent may choose for a state.
pub(crate) fn chosen(category: &str, id: i64) -> Option<&'static Reason> {
    CATALOGUE.iter().find(|reason| reason.id == id && reason.category == category && !reason.system)
}

impl Reason {
    /// As an element.
    pub(crate) fn elem(&self) -> Elem {
        Elem::new("reasonCode")
            .leaf("category", self.category)
            .leaf("code", self.code.to_string())
            .leaf("forAll", "true")
            .leaf("id", self.id.to_string())
            .leaf("label", self.label)
            .leaf("systemCode", self.system.to_string())
            .leaf("uri", format!("/finesse/api/ReasonCode/{}", self.id))
    }
}
