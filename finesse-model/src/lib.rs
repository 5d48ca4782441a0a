//! The typed resources, notifications and errors of Cisco Finesse, and their XML.
//!
//! It reads leniently (any order, any case of a name, unknown elements kept, empty numbers kept as text) and writes strictly. It does no
//! I/O, knows no clock and needs no runtime.
//!
//! * [`Resource`] is any document of the REST API; each type of it has `from_xml` and `to_xml`.
//! * [`Update`] is what a notification carries; [`Update::change`] says what happened.
//! * [`decode`] reads whatever comes; [`json_schema`] describes the JSON that it can be turned into.
//! * [`request`] has the strict side: what the guide forbids is refused before it is sent.
//!
//! ```
//! use finesse_model::{User, UserState};
//!
//! let user = User::from_xml("<User><loginId>40217</loginId><state>READY</state><extension></extension></User>")?;
//! assert_eq!(user.state, Some(UserState::Ready));
//! assert_eq!(user.extension.as_deref(), Some("")); // there, and empty
//! assert_eq!(user.team_id, None); // absent
//! # Ok::<(), finesse_model::DecodeError>(())
//! ```

mod content;
mod cursor;
mod document;
mod element;
mod error;
pub mod framer;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod ids;
mod list;
mod open_enum;
mod reason;
pub mod request;
mod resource;
mod resources;
mod scalar;
mod schema;
mod secret;
mod stanza;
mod subject;
mod update;
mod writer;

pub use self::cursor::MAX_BYTES;
pub use self::document::lists::*;
pub use self::document::{Document, Resource, decode, decode_all, decode_bytes, utf8};
pub use self::element::{Element, Extra};
pub use self::error::{DecodeError, DecodeErrorKind};
pub use self::ids::{
    ConfigId, DialogId, Extension, InvalidId, MediaAddress, MediaId, QueueId, ReasonCodeId, RequestId,
    TeamId, TeamMessageId, UserId,
};
pub use self::list::List;
pub use self::reason::{ReasonClass, reason_class};
pub use self::resources::api_errors::ApiError;
pub use self::resources::client_log::ClientLog;
pub use self::resources::configuration::{
    ChatConfig, ClusterConfig, ClusterNode, ConfigInfo, CtiConfig, EccVariable, EccVariableConfig,
    EnterpriseDatabaseConfig, LayoutConfig, SystemConfig, TeamLayoutConfig,
};
pub use self::resources::devices::Device;
pub use self::resources::dialog::{
    Action, CallType, CallVariable, Dialog, DialogState, DispositionCode, MediaProperties,
    OutboundClassification, Participant, ParticipantState, ScheduledCallbackInfo, StateCause,
};
pub use self::resources::media::{DialogLogoutAction, InterruptAction, Media, MediaDomain, MediaState};
pub use self::resources::media_properties_layout::{
    LayoutColumn, LayoutEntry, LayoutType, MediaPropertiesLayout,
};
pub use self::resources::phone_book::{Contact, ContactsOf, PhoneBook, PhoneBookType};
pub use self::resources::queue::{Queue, QueueStatistics};
pub use self::resources::reason_code::{ReasonCategory, ReasonCode, WrapUpReason};
pub use self::resources::script_selector::ScriptSelector;
pub use self::resources::serviceability::{
    ConnectedUsersInfo, MaintenanceMode, RuntimeConfigInfo, UserDetail, UserSummary, UsersLoggedIn,
};
pub use self::resources::system_info::{AuthMode, CtiServer, DeploymentType, Node, SystemInfo, SystemStatus};
pub use self::resources::team::Team;
pub use self::resources::team_message::{Author, TeamMessage};
pub use self::resources::user::{
    MobileAgent, MobileMode, Role, Settings, TeamRef, User, UserState, WrapUpPolicy,
};
pub use self::resources::workflow::{
    ApplyMethod, Condition, ConditionSet, Param, SystemVariable, TriggerSet, Variable, VariableType,
    Workflow, WorkflowAction, WorkflowActionType,
};
pub use self::scalar::{Flag, Number, Scalar, Timestamp};
pub use self::schema::json_schema;
pub use self::secret::Secret;
pub use self::stanza::StanzaItem;
pub use self::subject::{Change, Subject};
pub use self::update::{Update, Verb};
