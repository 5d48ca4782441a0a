//! Classes of reason codes: why an agent is not ready or signed out, as far as a client has to care.
//!
//! The numbers are CTI's, from Cisco's reporting and administration guides for CCE and CCX; unknown ones have no class.

use crate::resources::user::User;
use crate::scalar::Scalar;

/// What a reason code says about its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReasonClass {
    /// The connection of the agent's client was lost: what a failover leaves behind.
    Connection,
    /// Something behind Finesse failed or restarted.
    Backend,
    /// The phone.
    Device,
    /// The agent signed in elsewhere.
    OtherSession,
    /// A supervisor did it.
    Supervisor,
    /// A rule did it (inactivity, change of queues).
    Policy,
    /// A call could not be delivered.
    Routing,
    /// Finesse maintenance moves the agent.
    Migration,
}

/// The class of a reason code number.
#[must_use]
pub fn reason_class(code: i64) -> Option<ReasonClass> {
    use ReasonClass as Class;
    Some(match code {
        255 | 50001 | 50002 | 32765 => Class::Connection,
        32764 | 51004 | 32757 | 65533..=65535 => Class::Backend,
        50003 | 50030 | 50040 | 50042 | 32756 | 32759 => Class::Device,
        32740 | 32741 => Class::OtherSession,
        999 | 22 | 33 | 20001..=20003 => Class::Supervisor,
        50004 | 50020 => Class::Policy,
        32767 | 50010 | 50041 | 50005 | 50006 | 32762 => Class::Routing,
        50045 => Class::Migration,
        _ => return None,
    })
}

impl User {
    /// The number of the current reason, if there is one.
    #[must_use]
    pub fn reason_number(&self) -> Option<i64> {
        self.reason_code.as_ref()?.code.as_ref().and_then(Scalar::value).copied()
    }

    /// The class of the current reason, if it has one. An agent's own choice has none.
    #[must_use]
    pub fn reason_class(&self) -> Option<ReasonClass> {
        self.reason_number().and_then(reason_class)
    }
}
