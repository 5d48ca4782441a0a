//! The agent: state, extension, roles, teams.
//!
//! An absent element is `None` and says nothing; an element that is there and empty says "none". Thin User notifications carry a few
//! elements only, so an absent one must never overwrite what is known.

use crate::ids::{ReasonCodeId, TeamId, UserId};
use crate::open_enum::open_enum;
use crate::resource::{id_in, resource};
use crate::resources::devices::Device;
use crate::resources::reason_code::ReasonCode;
use crate::scalar::{Number, Timestamp};

open_enum! {
    /// State of an agent. `Login` is asked for and never returned. "An agent can go from any state to any state, especially
    /// under failover", so no transition is ruled out.
    UserState {
        /// Asked for only.
        Login = "LOGIN",
        /// Signed out.
        Logout = "LOGOUT",
        /// Signed in, takes no calls.
        NotReady = "NOT_READY",
        /// Waits for a call.
        Ready = "READY",
        /// A call rings.
        Reserved = "RESERVED",
        /// Reserved for an outbound call.
        ReservedOutbound = "RESERVED_OUTBOUND",
        /// Reserved for an outbound call that he may refuse.
        ReservedOutboundPreview = "RESERVED_OUTBOUND_PREVIEW",
        /// On a call.
        Talking = "TALKING",
        /// On a call, held.
        Hold = "HOLD",
        /// After a call; not ready afterwards.
        Work = "WORK",
        /// After a call; ready afterwards.
        WorkReady = "WORK_READY",
        /// The server does not know.
        Unknown = "UNKNOWN",
    }
}

impl UserState {
    /// Signed in, as far as the state tells: not LOGOUT, not UNKNOWN, not empty.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        !matches!(self, Self::Logout | Self::Login | Self::Unknown) && !self.is_empty()
    }
}

open_enum! {
    /// What a user may do.
    Role {
        /// Takes calls.
        Agent = "Agent",
        /// Leads a team.
        Supervisor = "Supervisor",
    }
}

open_enum! {
    /// How a mobile agent is connected.
    MobileMode {
        /// The phone is called for each call.
        CallByCall = "CALL_BY_CALL",
        /// The phone stays connected from the sign-in on.
        NailedConnection = "NAILED_CONNECTION",
    }
}

open_enum! {
    /// Whether an agent has time for wrap-up after a call.
    WrapUpPolicy {
        /// Always.
        Required = "REQUIRED",
        /// Always, and a reason must be given.
        RequiredWithData = "REQUIRED_WITH_WRAP_UP_DATA",
        /// If the agent asks for it.
        Optional = "OPTIONAL",
        /// Never.
        NotAllowed = "NOT_ALLOWED",
    }
}

resource! {
    /// A user.
    User {
        uri: String = "uri",
        /// The id in every address. Letters on CCX, digits on CCE; leading zeros count.
        login_id: UserId = "loginId",
        /// CCE. Not the id; may be `name@domain`.
        login_name: String = "loginName",
        first_name: String = "firstName",
        last_name: String = "lastName",
        /// URI of the collection of dialogs.
        dialogs: String = "dialogs",
        /// Empty when signed out.
        extension: String = "extension",
        state: UserState = "state",
        /// The server's clock; empty until the first event of the agent.
        state_change_time: Timestamp = "stateChangeTime",
        /// The state that follows the present call; empty if none is pending.
        pending_state: UserState = "pendingState",
        /// Database id of the reason; −1 for none.
        reason_code_id: Number = "reasonCodeId",
        reason_code: ReasonCode = "reasonCode",
        /// Known to the side of the sign-in only.
        mobile_agent: MobileAgent = "mobileAgent",
        /// CCE, from 12.6(1).
        active_device_id: String = "activeDeviceId",
        /// CCE, from 12.6(1).
        devices: Vec<Device> as "device" = "devices",
        roles: Vec<Role> as "role" = "roles",
        /// CCE, from 12.6(1).
        services: Vec<String> as "service" = "services",
        settings: Settings = "settings",
        /// CCE, from 12.6(1).
        skill_target_id: String = "skillTargetId",
        team_id: TeamId = "teamId",
        team_name: String = "teamName",
        /// Teams that a supervisor leads.
        teams: Vec<TeamRef> as "Team" = "teams",
        /// 1 for voice; may be empty.
        media_type: String = "mediaType",
        /// CCX, inside of teams: BUSY or IDLE.
        media_state: String = "mediaState",
        /// Seconds.
        wrap_up_timer: Number = "wrapUpTimer",
    }
}

impl User {
    /// The id: `loginId`, or else the last part of the URI.
    #[must_use]
    pub fn id(&self) -> Option<UserId> {
        self.login_id.clone().or_else(|| id_in(self.uri.as_deref()))
    }

    /// The database id of the reason; `None` for −1, which means that there is none.
    #[must_use]
    pub fn reason_id(&self) -> Option<ReasonCodeId> {
        let id = self.reason_code_id.as_ref()?.value().filter(|id| **id >= 0)?;
        ReasonCodeId::new(id.to_string()).ok()
    }
}

resource! {
    /// How a mobile agent is reached.
    MobileAgent {
        mode: MobileMode = "mode",
        /// The number that is called.
        dial_number: String = "dialNumber",
    }
}

resource! {
    /// Settings of the agent's desk.
    Settings {
        /// Empty on CCX.
        wrap_up_on_incoming: WrapUpPolicy = "wrapUpOnIncoming",
        /// Newer releases of CCE.
        wrap_up_on_outgoing: WrapUpPolicy = "wrapUpOnOutgoing",
        /// enabled or disabled, from 12.6(1).
        device_selection: String = "deviceSelection",
    }
}

resource! {
    /// A team, as named in a user and in the list of teams.
    TeamRef {
        id: TeamId = "id",
        name: String = "name",
        uri: String = "uri",
    }
}
