//! The typed resources, notifications and errors of Cisco Finesse, and their XML.
//!
//! It reads leniently (any order, either spelling, unknown elements kept, empty numbers kept as text) and writes strictly. It does no
//! I/O, knows no clock and needs no runtime.
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

mod api_errors;
mod cursor;
mod dialog;
mod document;
mod element;
mod error;
pub mod framer;
mod ids;
mod open_enum;
mod reason;
pub mod request;
mod scalar;
mod stanza;
mod system_info;
mod update;
mod user;

pub use api_errors::{ApiError, ApiErrors};
pub use cursor::MAX_BYTES;
pub use dialog::{
    Action, CallVariable, Dialog, DialogState, Dialogs, MediaProperties, Participant, ParticipantState,
    ScheduledCallbackInfo,
};
pub use document::{Document, Resource, decode, decode_all};
pub use element::{Element, Extra};
pub use error::{DecodeError, DecodeErrorKind};
pub use ids::{DialogId, Extension, InvalidId, QueueId, ReasonCodeId, RequestId, TeamId, UserId};
pub use reason::{ReasonClass, reason_class};
pub use scalar::{Scalar, Timestamp};
pub use stanza::StanzaItem;
pub use system_info::{CtiServer, Node, SystemInfo, SystemStatus};
pub use update::{Update, UpdateData, Verb};
pub use user::{Device, MobileAgent, ReasonCode, Role, Settings, TeamRef, User, UserState};
