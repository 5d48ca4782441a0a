//! The agent: state, extension, roles, teams.
//!
//! An absent element is `None` and says nothing; an element that is there and empty says "none". Thin User notifications carry a few
//! elements only, so an absent one must never overwrite what is known.

use serde::Serialize;

use crate::cursor::{Cursor, Read};
use crate::element::Extra;
use crate::error::DecodeError;
use crate::ids::UserId;
use crate::open_enum::open_enum;
use crate::scalar::{Scalar, Timestamp};

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

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the REST API's own; what is not obvious is said")]
pub struct User {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// URI of the collection of dialogs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialogs: Option<String>,
    /// Empty when signed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<UserState>,
    /// The server's clock; empty until the first event of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_change_time: Option<Timestamp>,
    /// The state that follows the present call; empty if none is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_state: Option<UserState>,
    /// Database id of the reason; −1 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code_id: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<ReasonCode>,
    /// Known to the side of the sign-in only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile_agent: Option<MobileAgent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_device_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<Device>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Role>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_target_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_name: Option<String>,
    /// Teams that a supervisor leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teams: Option<Vec<TeamRef>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// CCX, inside of teams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_state: Option<String>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_up_timer: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Read for User {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut user = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "uri" => user.uri = Some(cursor.text()?),
                // An id that cannot be one is as good as absent; the uri still tells who it is.
                "loginId" => user.login_id = UserId::new(cursor.text()?).ok(),
                "loginName" => user.login_name = Some(cursor.text()?),
                "firstName" => user.first_name = Some(cursor.text()?),
                "lastName" => user.last_name = Some(cursor.text()?),
                "dialogs" => user.dialogs = Some(cursor.text()?),
                "extension" => user.extension = Some(cursor.text()?),
                "state" => user.state = Some(UserState::read(cursor)?),
                "stateChangeTime" => user.state_change_time = Some(cursor.time()?),
                "pendingState" => user.pending_state = Some(UserState::read(cursor)?),
                "reasonCodeId" => user.reason_code_id = Some(cursor.number()?),
                "reasonCode" | "ReasonCode" => user.reason_code = Some(ReasonCode::read(cursor)?),
                "mobileAgent" => user.mobile_agent = Some(MobileAgent::read(cursor)?),
                "activeDeviceId" => user.active_device_id = Some(cursor.text()?),
                "devices" | "Devices" => user.devices = Some(cursor.list("device")?),
                "roles" => user.roles = Some(cursor.list("role")?),
                "services" => user.services = Some(cursor.texts("service")?),
                "settings" => user.settings = Some(Settings::read(cursor)?),
                "skillTargetId" => user.skill_target_id = Some(cursor.text()?),
                "teamId" => user.team_id = Some(cursor.text()?),
                "teamName" => user.team_name = Some(cursor.text()?),
                "teams" => user.teams = Some(cursor.list("Team")?),
                "mediaType" => user.media_type = Some(cursor.text()?),
                "mediaState" => user.media_state = Some(cursor.text()?),
                "wrapUpTimer" => user.wrap_up_timer = Some(cursor.number()?),
                _ => cursor.keep(name, &mut user.extra)?,
            }
        }
        Ok(user)
    }
}

/// Why an agent is not ready or signed out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the REST API's own; what is not obvious is said")]
pub struct ReasonCode {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The number known to CTI and reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_all: Option<Scalar<bool>>,
    /// The database id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_code: Option<Scalar<bool>>,
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Read for ReasonCode {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut reason = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "uri" => reason.uri = Some(cursor.text()?),
                "category" => reason.category = Some(cursor.text()?),
                "code" => reason.code = Some(cursor.number()?),
                "label" => reason.label = Some(cursor.text()?),
                "forAll" => reason.for_all = Some(cursor.flag()?),
                "id" => reason.id = Some(cursor.text()?),
                "systemCode" => reason.system_code = Some(cursor.flag()?),
                _ => cursor.keep(name, &mut reason.extra)?,
            }
        }
        Ok(reason)
    }
}

/// How a mobile agent is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MobileAgent {
    /// CALL_BY_CALL or NAILED_CONNECTION.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The number that is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dial_number: Option<String>,
}

impl Read for MobileAgent {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut mobile = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "mode" => mobile.mode = Some(cursor.text()?),
                "dialNumber" => mobile.dial_number = Some(cursor.text()?),
                _ => cursor.skip()?,
            }
        }
        Ok(mobile)
    }
}

/// A phone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the REST API's own")]
pub struct Device {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_type: Option<Scalar<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_type_name: Option<String>,
}

impl Read for Device {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut device = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "deviceId" => device.device_id = Some(cursor.text()?),
                "deviceType" => device.device_type = Some(cursor.number()?),
                "deviceTypeName" => device.device_type_name = Some(cursor.text()?),
                _ => cursor.skip()?,
            }
        }
        Ok(device)
    }
}

/// Settings of the agent's desk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the REST API's own; what is not obvious is said")]
pub struct Settings {
    /// Empty on CCX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_up_on_incoming: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_up_on_outgoing: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_selection: Option<String>,
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Read for Settings {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut settings = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "wrapUpOnIncoming" => settings.wrap_up_on_incoming = Some(cursor.text()?),
                "wrapUpOnOutgoing" => settings.wrap_up_on_outgoing = Some(cursor.text()?),
                "deviceSelection" => settings.device_selection = Some(cursor.text()?),
                _ => cursor.keep(name, &mut settings.extra)?,
            }
        }
        Ok(settings)
    }
}

/// A team, as named in a user.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[allow(missing_docs, reason = "the names are the REST API's own")]
pub struct TeamRef {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
}

impl Read for TeamRef {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut team = Self::default();
        while let Some(name) = cursor.child()? {
            match name.as_str() {
                "id" => team.id = Some(cursor.text()?),
                "name" => team.name = Some(cursor.text()?),
                "uri" => team.uri = Some(cursor.text()?),
                _ => cursor.skip()?,
            }
        }
        Ok(team)
    }
}
