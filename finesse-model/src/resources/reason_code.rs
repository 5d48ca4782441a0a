//! Reasons: why an agent is not ready or signed out, and how a call ended.

use crate::open_enum::open_enum;
use crate::resource::resource;
use crate::scalar::{Flag, Number};

open_enum! {
    /// What a reason code is for.
    ReasonCategory {
        /// Not taking calls.
        NotReady = "NOT_READY",
        /// Signing out.
        Logout = "LOGOUT",
        /// Both; asked for only.
        All = "ALL",
    }
}

resource! {
    /// Why an agent is not ready or signed out.
    ReasonCode {
        uri: String = "uri",
        category: ReasonCategory = "category",
        /// The number known to CTI and reports, 1 to 65535 (CCX: 999), unique in its category.
        code: Number = "code",
        /// At most 40 bytes.
        label: String = "label",
        /// For every team.
        for_all: Flag = "forAll",
        /// The database id; from 11.x.
        id: String = "id",
        /// Reserved and read-only; from 11.x.
        system_code: Flag = "systemCode",
    }
}

resource! {
    /// How a call ended.
    WrapUpReason {
        uri: String = "uri",
        /// At most 39 bytes, unique.
        label: String = "label",
        /// For every team.
        for_all: Flag = "forAll",
    }
}
